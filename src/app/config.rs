//! `kiro-tui config`: every setting, its value, and where it comes from.

use std::{io::Write, path::Path};

use serde::Serialize;

use super::{
    failure::Failure,
    settings::{self, Environment},
    table::Table,
};
use crate::{
    adapters::vcs::GitRepo,
    cli::Global,
    config::{Config, Explained, load},
    ports::vcs::Vcs,
};

#[derive(Serialize)]
struct Setting<'a> {
    key: &'a str,
    value: &'a str,
    layer: String,
    from: Option<&'a str>,
    line: Option<usize>,
    note: Option<&'a str>,
}

/// Prints the settings in force in a directory, which need not be in a repository.
///
/// # Errors
/// Code 3 with every mistake, when there is any.
pub fn run(env: &Environment, dir: &Path, global: &Global, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let root = GitRepo::open(dir).ok().map(|repo| repo.root());
    let config = settings::read(env, root.as_deref(), global.flags())?;
    // Names of themes and keymaps are known only when their files are read.
    settings::keymap(env, config.settings())?;
    settings::styles(env, config.settings())?;
    if json { as_json(&config, out) } else { as_table(env, root.as_deref(), &config, out) }
}

fn as_json(config: &Config, out: &mut dyn Write) -> Result<(), Failure> {
    let rows = config.explain();
    let setting = |row: &'_ Explained| {
        let from = &row.provenance.file;
        serde_json::to_value(Setting {
            key: row.key,
            value: &row.value,
            layer: row.provenance.layer.to_string(),
            from: (!from.is_empty()).then_some(from.as_str()),
            line: row.provenance.line,
            note: row.note,
        })
    };
    let settings = rows.iter().map(setting).collect::<Result<Vec<_>, _>>().map_err(std::io::Error::other)?;
    let text = serde_json::to_string_pretty(&serde_json::json!({ "settings": settings }));
    Ok(writeln!(out, "{}", text.map_err(std::io::Error::other)?)?)
}

fn as_table(env: &Environment, root: Option<&Path>, config: &Config, out: &mut dyn Write) -> Result<(), Failure> {
    let mut table = Table::new(["SETTING", "VALUE", "FROM"]);
    for row in config.explain() {
        let from = match row.note {
            Some(note) => format!("{} ({note})", row.provenance),
            None => row.provenance.to_string(),
        };
        table.row([row.key.to_owned(), row.value, from]);
    }
    write!(out, "{table}")?;
    writeln!(out)?;
    let files = [Some(env.places.config.join(load::USER_FILE)), root.map(|r| r.join(load::PROJECT_FILE))];
    for file in files.into_iter().flatten() {
        let there = if file.is_file() { "read" } else { "not there" };
        writeln!(out, "{}: {there}", file.display())?;
    }
    Ok(())
}
