//! Layers of configuration, laid over one another, each value with where it came from.
//!
//! Lowest first: built-in, the user's file, the project's file, the environment, flags. What always
//! holds of a loaded [`Config`]: nothing in the project's file widened what the developer allows,
//! and every key that was given is known and in range. One mistake anywhere and there is no
//! configuration, only the list of mistakes.

use std::collections::BTreeMap;

use super::error::{ConfigError, ConfigErrors, nearest, quoted};
use super::provenance::{Layer, Provenance};
use super::rules;
use super::schema::{KEYS, Key, Kind, Project, find};
use super::settings::Settings;
use super::tree::{Entry, Node, Source, Value};
use crate::domain::phase::Autonomy;

/// A setting given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// As the developer wrote it, `--model`; for errors and `explain`.
    pub flag: String,
    /// The key it sets, `model.name`.
    pub key: String,
    /// The value as text.
    pub value: String,
}

/// Everything the configuration is made of, already read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layers {
    /// The developer's own file.
    pub user: Option<Source>,
    /// The repository's file.
    pub project: Option<Source>,
    /// The environment; variables that do not begin with `KIRO_TUI_` are passed over.
    pub environment: Vec<(String, String)>,
    /// The flags, in order.
    pub flags: Vec<Flag>,
    /// The providers that `model.provider` may name; any when empty.
    pub providers: Vec<String>,
}

/// The variables with the prefix that are not settings.
pub const OTHER_VARIABLES: [&str; 3] = ["KIRO_TUI_LOG", "KIRO_TUI_CONFIG_DIR", "KIRO_TUI_STATE_DIR"];

const PREFIX: &str = "KIRO_TUI_";

/// One line of `explain`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// `section.key`.
    pub key: &'static str,
    /// The value as it may be shown.
    pub value: String,
    /// Where it came from.
    pub provenance: Provenance,
    /// What the developer should know about it.
    pub note: Option<&'static str>,
}

/// The settings in force, and where each came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    settings: Settings,
    from: BTreeMap<&'static str, Provenance>,
}

impl Config {
    /// Lays the layers over one another.
    ///
    /// # Errors
    /// Every mistake in every layer, with its place.
    pub fn load(layers: &Layers) -> Result<Self, ConfigErrors> {
        let mut merge = Merge {
            providers: &layers.providers,
            settings: Settings::default(),
            from: BTreeMap::new(),
            errors: Vec::new(),
        };
        for (layer, source) in [(Layer::User, &layers.user), (Layer::Project, &layers.project)] {
            if let Some(source) = source {
                merge.file(layer, source);
            }
        }
        for (name, value) in &layers.environment {
            merge.variable(name, value);
        }
        for flag in &layers.flags {
            merge.flag(flag);
        }
        merge.whole();
        ConfigErrors::check(merge.errors)?;
        Ok(Self { settings: merge.settings, from: merge.from })
    }

    /// The settings in force.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the value of `section.key` came from.
    pub fn provenance(&self, key: &str) -> Provenance {
        let built_in = || Provenance { layer: Layer::BuiltIn, file: String::new(), line: None };
        self.from.get(key).cloned().unwrap_or_else(built_in)
    }

    /// Every key with its value and where it came from. Secrets are not shown.
    pub fn explain(&self) -> Vec<Explained> {
        let row = |key: &Key| {
            let provenance = self.provenance(key.name);
            let theirs = key.name == "tests.command" && provenance.layer == Layer::Project;
            let note = theirs.then_some("chosen by the project: it asks before it runs the first time");
            Explained { key: key.name, value: (key.show)(&self.settings), provenance, note }
        };
        KEYS.iter().map(row).collect()
    }
}

struct Merge<'a> {
    providers: &'a [String],
    settings: Settings,
    from: BTreeMap<&'static str, Provenance>,
    errors: Vec<ConfigError>,
}

impl Merge<'_> {
    fn file(&mut self, layer: Layer, source: &Source) {
        let sections = match source.parse() {
            Ok(sections) => sections,
            Err(errors) => return self.errors.extend(errors.into_vec()),
        };
        for section in sections {
            let prefix = format!("{}.", section.key);
            if !KEYS.iter().any(|k| k.name.starts_with(&prefix)) {
                let names = KEYS.iter().filter_map(|k| k.name.split('.').next());
                let what = format!("there is no section `{}`", quoted(&section.key));
                self.errors.push(source.error(section.at, what, nearest(&section.key, names)));
                continue;
            }
            let Value::Table(entries) = &section.node.value else {
                let what = format!("`{}` is a table of settings, not {}", section.key, section.node.value.kind());
                self.errors.push(source.error(section.node.at, what, None));
                continue;
            };
            for entry in entries {
                self.entry(layer, source, &prefix, entry);
            }
        }
    }

    fn entry(&mut self, layer: Layer, source: &Source, prefix: &str, entry: &Entry) {
        let Some(key) = find(&format!("{prefix}{}", entry.key)) else {
            let within = KEYS.iter().filter_map(|k| k.name.strip_prefix(prefix));
            let all = KEYS.iter().map(|k| k.name);
            // A key in the wrong section is as common a slip as a misspelt one.
            let meant = nearest(&entry.key, within)
                .or_else(|| all.clone().find(|n| n.split_once('.').is_some_and(|(_, k)| k == entry.key)));
            let what = format!("there is no setting `{prefix}{}`", quoted(&entry.key));
            self.errors.push(source.error(entry.at, what, meant));
            return;
        };
        if let (Layer::Project, Project::Never(why)) = (layer, key.project) {
            let what = format!("a project may not set `{}`: {why}; set it in your own configuration", key.name);
            self.errors.push(source.error(entry.at, what, None));
            return;
        }
        let before = self.errors.len();
        self.value(layer, source, key, &entry.node);
        if self.errors.len() == before {
            let (line, _) = source.position(entry.at);
            self.from.insert(key.name, Provenance { layer, file: source.file.clone(), line: Some(line) });
        }
    }

    fn value(&mut self, layer: Layer, source: &Source, key: &Key, node: &Node) {
        let wrong = match (&key.kind, &node.value) {
            (Kind::Rules, _) => {
                let rules = rules::rules(layer, source, node, &mut self.errors);
                self.settings.permissions.extend(rules);
                return;
            }
            (Kind::Headers, _) => {
                self.settings.model.headers = rules::headers(source, node, &mut self.errors);
                return;
            }
            (Kind::Flag(put), Value::Bool(on)) => {
                let before = self.settings.spec.aws;
                put(&mut self.settings, *on);
                if layer == Layer::Project && self.settings.spec.aws && !before {
                    self.settings.spec.aws = false;
                    let what = "a project may turn AWS off, never on again; that is for you to choose";
                    Some((what.to_owned(), None))
                } else {
                    None
                }
            }
            (Kind::Whole(..), Value::Integer(n)) => {
                self.whole_number(key, n.and_then(|n| u32::try_from(n).ok())).err().map(|what| (what, None))
            }
            (Kind::Text(_) | Kind::Choice(..) | Kind::Provider, Value::Text(text)) => self.text(layer, key, text).err(),
            (kind, given) => Some((format!("`{}` takes {}, not {}", key.name, wanted(kind), given.kind()), None)),
        };
        if let Some((what, meant)) = wrong {
            self.errors.push(source.error(node.at, what, meant.as_deref()));
        }
    }

    fn text(&mut self, layer: Layer, key: &Key, text: &str) -> Result<(), (String, Option<String>)> {
        match &key.kind {
            Kind::Text(put) => {
                put(&mut self.settings, text).map_err(|what| (format!("`{}` {what}", key.name), None))?;
                if let Some(command) = self.settings.tests.command.as_mut().filter(|_| key.name == "tests.command") {
                    command.from_project = layer == Layer::Project;
                }
                Ok(())
            }
            Kind::Provider => {
                if !self.providers.is_empty() && !self.providers.iter().any(|p| p == text) {
                    let meant = nearest(text, self.providers.iter().map(String::as_str)).map(str::to_owned);
                    return Err((format!("there is no provider `{}`", quoted(text)), meant));
                }
                text.clone_into(&mut self.settings.model.provider);
                Ok(())
            }
            Kind::Choice(names, put) => {
                if !names.contains(&text) {
                    let what = format!("`{}` is {}, not `{}`", key.name, listed(names), quoted(text));
                    return Err((what, nearest(text, names.iter().copied()).map(str::to_owned)));
                }
                let before = self.settings.spec.autonomy;
                put(&mut self.settings, text);
                if layer == Layer::Project && self.settings.spec.autonomy > before {
                    let what = "a project may make autonomy `strict`, never `batch`; that is for you to choose";
                    self.settings.spec.autonomy = Autonomy::Strict;
                    return Err((what.to_owned(), None));
                }
                Ok(())
            }
            kind @ (Kind::Whole(..) | Kind::Flag(_) | Kind::Headers | Kind::Rules) => {
                Err((format!("`{}` takes {}", key.name, wanted(kind)), None))
            }
        }
    }

    fn whole_number(&mut self, key: &Key, n: Option<u32>) -> Result<(), String> {
        let Kind::Whole(least, most, put) = key.kind else { return Ok(()) };
        match n.filter(|n| (least..=most).contains(n)) {
            Some(n) => put(&mut self.settings, n),
            None => return Err(format!("`{}` is a whole number from {least} to {most}", key.name)),
        }
        Ok(())
    }

    /// A value from outside a file, which is text whatever the key takes.
    fn plain(&mut self, layer: Layer, file: &str, key: &Key, text: &str) {
        let result = match &key.kind {
            Kind::Text(_) | Kind::Choice(..) | Kind::Provider => self.text(layer, key, text),
            Kind::Whole(..) => self.whole_number(key, text.trim().parse().ok()).map_err(|what| (what, None)),
            Kind::Flag(put) => match text.trim() {
                "true" | "1" | "yes" | "on" => {
                    put(&mut self.settings, true);
                    Ok(())
                }
                "false" | "0" | "no" | "off" => {
                    put(&mut self.settings, false);
                    Ok(())
                }
                _ => Err((format!("`{}` is true or false", key.name), None)),
            },
            Kind::Headers | Kind::Rules => Err((format!("`{}` can only be set in a file", key.name), None)),
        };
        match result {
            Ok(()) => {
                self.from.insert(key.name, Provenance { layer, file: file.to_owned(), line: None });
            }
            Err((what, meant)) => self.outside(file, what, meant),
        }
    }

    fn variable(&mut self, name: &str, value: &str) {
        let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !OTHER_VARIABLES.contains(&name)) else { return };
        let variable = |key: &Key| key.name.replace('.', "_").to_uppercase();
        match KEYS.iter().find(|k| variable(k) == rest) {
            // An empty variable is how a shell says that there is none.
            Some(_) if value.is_empty() => {}
            Some(key) => self.plain(Layer::Environment, name, key, value),
            None => {
                let names: Vec<String> = KEYS.iter().map(|k| format!("{PREFIX}{}", variable(k))).collect();
                let meant = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
                self.outside(name, "there is no setting of this name".to_owned(), meant);
            }
        }
    }

    fn flag(&mut self, flag: &Flag) {
        match find(&flag.key) {
            Some(key) => self.plain(Layer::Flag, &flag.flag, key, &flag.value),
            None => {
                let meant = nearest(&flag.key, KEYS.iter().map(|k| k.name)).map(str::to_owned);
                self.outside(&flag.flag, format!("there is no setting `{}`", quoted(&flag.key)), meant);
            }
        }
    }

    /// What is only seen with every layer in place.
    fn whole(&mut self) {
        let (Some(from), None) = (self.from.get("model.provider"), self.from.get("model.name")) else { return };
        let built_in = Settings::default().model;
        if self.settings.model.provider != built_in.provider {
            let what = format!(
                "`model.provider` is `{}` but no `model.name` is set; the built-in `{}` is of {}",
                quoted(&self.settings.model.provider),
                built_in.name,
                built_in.provider
            );
            self.errors.push(ConfigError { file: from.file.clone(), line: from.line, column: None, what, meant: None });
        }
    }

    fn outside(&mut self, file: &str, what: String, meant: Option<String>) {
        self.errors.push(ConfigError { file: file.to_owned(), line: None, column: None, what, meant });
    }
}

fn wanted(kind: &Kind) -> String {
    match kind {
        Kind::Text(_) | Kind::Provider => "a string".to_owned(),
        Kind::Choice(names, _) => listed(names),
        Kind::Whole(least, most, _) => format!("a whole number from {least} to {most}"),
        Kind::Flag(_) => "true or false".to_owned(),
        Kind::Headers => "a table".to_owned(),
        Kind::Rules => "an array of tables".to_owned(),
    }
}

fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("`{}` or `{last}`", rest.join("`, `")),
        _ => names.concat(),
    }
}
