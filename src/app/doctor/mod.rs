//! `kiro-tui doctor`: what could be in the way, and how to mend it.
//!
//! Looks and never changes anything; uses no network unless it is told to. What always holds: no value of a key, token
//! or credentials file is printed, only whether it is there.

mod aws;
mod git;
mod machine;

use std::{io::Write, path::Path};

use serde::Serialize;

use super::{
    failure::Failure,
    settings::{self, Environment},
};
use crate::{
    cli::{Global, exit},
    config::{ConfigErrors, Settings},
    domain::prose,
    ports::shell::Shell,
};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Something will be less good.
    Warn,
    /// Something will not work.
    Fail,
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at: `git identity`.
    pub name: &'static str,
    /// How it stands.
    pub level: Level,
    /// What was found, in a line.
    pub found: String,
    /// What to do about it; absent when all is well.
    pub remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, level: Level::Ok, found: found.into(), remedy: None }
    }

    fn warn(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, level: Level::Warn, found: found.into(), remedy: Some(remedy.into()) }
    }

    fn fail(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, level: Level::Fail, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// The terminal that the program was started in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Standard input and output are one.
    pub attached: bool,
    /// Columns and rows, when they are known.
    pub size: Option<(u16, u16)>,
}

impl Terminal {
    /// That of this process.
    pub fn read() -> Self {
        use std::io::IsTerminal;
        let attached = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self { attached, size: attached.then(|| crossterm::terminal::size().ok()).flatten() }
    }
}

/// Looks at everything. `network`: AWS may be asked who we are.
pub fn checks(
    env: &Environment,
    dir: &Path,
    global: &Global,
    terminal: Terminal,
    shell: &dyn Shell,
    network: bool,
) -> Vec<Check> {
    let mut all = Vec::new();
    let root = git::look(dir, shell, &mut all);
    let settings = configuration(env, root.as_deref(), global, &mut all);
    machine::terminal(env, terminal, &mut all);
    model(env, global, settings.as_ref(), &mut all);
    machine::sandbox(shell, &mut all);
    machine::node(root.as_deref().unwrap_or(dir), shell, &mut all);
    aws::look(env, settings.as_ref(), shell, network, &mut all);
    all
}

fn configuration(env: &Environment, root: Option<&Path>, global: &Global, all: &mut Vec<Check>) -> Option<Settings> {
    let read = || -> Result<Settings, ConfigErrors> {
        let config = settings::read(env, root, global.flags())?;
        settings::keymap(env, config.settings())?;
        settings::styles(env, config.settings())?;
        Ok(config.settings().clone())
    };
    match read() {
        Ok(settings) => {
            all.push(match settings::rules(&settings) {
                Ok(_) => Check::ok("settings", "every file, variable and flag can be read"),
                Err(e) => Check::fail("settings", e.message, "mend that rule"),
            });
            Some(settings)
        }
        Err(errors) => {
            for error in errors.all() {
                let remedy = "mend it; `kiro-tui config` shows all settings once they can be read";
                all.push(Check::fail("settings", error.to_string(), remedy));
            }
            None
        }
    }
}

fn model(env: &Environment, global: &Global, settings: Option<&Settings>, all: &mut Vec<Check>) {
    const NAME: &str = "model";
    if let Some(file) = &global.replay {
        all.push(match file.is_file() {
            true => Check::ok(NAME, format!("the recording {}", file.display())),
            false => Check::fail(NAME, format!("there is no recording {}", file.display()), "name one that exists"),
        });
        return;
    }
    let Some(settings) = settings else {
        all.push(Check::warn(NAME, "not known while the settings cannot be read", "mend the settings"));
        return;
    };
    let named = format!("{} at {}", settings.model.name, settings.model.provider);
    all.push(match settings::model(env, settings) {
        Ok(config) => match crate::adapters::model::key_variable(&config) {
            Ok(Some(name)) => Check::ok(NAME, format!("{named}; its key is in {name} (not tried: no network)")),
            Ok(None) | Err(_) => Check::ok(NAME, format!("{named}; needs no key variable (not tried: no network)")),
        },
        Err(failure) => Check::fail(NAME, named, failure.message),
    });
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// AWS may be asked who we are.
    pub network: bool,
    /// As JSON.
    pub json: bool,
}

/// Prints what was found.
///
/// # Errors
/// Code 1 when something fails.
pub fn run(
    env: &Environment,
    dir: &Path,
    global: &Global,
    terminal: Terminal,
    shell: &dyn Shell,
    asked: Asked,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let all = checks(env, dir, global, terminal, shell, asked.network);
    if asked.json {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "checks": all }));
        writeln!(out, "{}", text.map_err(std::io::Error::other)?)?;
    } else {
        print(&all, out)?;
    }
    match all.iter().filter(|c| c.level == Level::Fail).count() {
        0 => Ok(()),
        1 => Err(Failure::new(exit::FAILURE, "one thing has to be mended")),
        n => Err(Failure::new(exit::FAILURE, format!("{n} things have to be mended"))),
    }
}

fn print(all: &[Check], out: &mut dyn Write) -> std::io::Result<()> {
    let widest = all.iter().map(|c| c.name.len()).max().unwrap_or(0);
    for check in all {
        let level = match check.level {
            Level::Ok => "ok  ",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        writeln!(out, "{level}  {:widest$}  {}", check.name, prose::clean(&check.found))?;
        if let Some(remedy) = &check.remedy {
            writeln!(out, "      {:widest$}  → {}", "", prose::clean(remedy))?;
        }
    }
    Ok(())
}
