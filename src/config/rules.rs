//! Reads what is more than one value: permission rules and headers.
//!
//! A rule with any mistake is a mistake of the whole file, so that a deny rule that was misspelt
//! never silently lets something through. Header values are not repeated in errors.

use globset::Glob;

use super::error::{ConfigError, nearest, quoted};
use super::provenance::{Layer, Provenance};
use super::settings::{Effect, Header, Rule};
use super::tree::{Entry, Node, Source, Value};

const CAPABILITIES: [&str; 16] = [
    "all",
    "builtin",
    "cloud",
    "context",
    "diagnostics",
    "filesystem",
    "fs_read",
    "fs_write",
    "mcp",
    "power",
    "sandbox_network",
    "shell",
    "skill",
    "subagent",
    "web_fetch",
    "web_search",
];

/// Reads the array of rules of one layer; mistakes are added to `errors`.
pub(super) fn rules(layer: Layer, source: &Source, node: &Node, errors: &mut Vec<ConfigError>) -> Vec<Rule> {
    let Value::List(items) = &node.value else {
        let what = format!("`permissions.rules` takes an array of tables, not {}", node.value.kind());
        errors.push(source.error(node.at, what, None));
        return Vec::new();
    };
    let mut rules = Vec::new();
    for item in items {
        let before = errors.len();
        let rule = rule(layer, source, item, errors);
        if errors.len() == before {
            rules.extend(rule);
        }
    }
    rules
}

fn rule(layer: Layer, source: &Source, node: &Node, errors: &mut Vec<ConfigError>) -> Option<Rule> {
    let Value::Table(entries) = &node.value else {
        errors.push(source.error(node.at, format!("a rule is a table, not {}", node.value.kind()), None));
        return None;
    };
    // An array of tables begins at its header, which is what a developer looks for.
    let (line, _) = source.position(node.at);
    let provenance = Provenance { layer, file: source.file.clone(), line: Some(line) };
    let (mut capability, mut effect) = (None, None);
    let (mut matches, mut exclude) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry.key.as_str() {
            "capability" => capability = choice(source, entry, &CAPABILITIES, errors),
            "effect" => {
                effect = choice(source, entry, &Effect::NAMES, errors).and_then(Effect::parse).map(|e| (e, entry))
            }
            "match" => matches = patterns(source, entry, errors),
            "exclude" => exclude = patterns(source, entry, errors),
            other => {
                let what = format!("a rule has no `{}`", quoted(other));
                let meant = nearest(other, ["capability", "match", "exclude", "effect"]);
                errors.push(source.error(entry.at, what, meant));
            }
        }
    }
    for (given, name) in [(capability.is_some(), "capability"), (effect.is_some(), "effect")] {
        if !given && !entries.iter().any(|e| e.key == name) {
            errors.push(source.error(node.at, format!("the rule has no `{name}`"), None));
        }
    }
    let (capability, (effect, at)) = (capability?, effect?);
    if effect == Effect::Allow && layer == Layer::Project {
        let what = "a project's rules may `ask` and `deny`, never `allow`; allow it in your own configuration";
        errors.push(source.error(at.node.at, what, None));
    }
    if effect == Effect::Allow && matches.is_empty() {
        errors.push(source.error(at.node.at, "an `allow` rule needs a `match`; `[\"*\"]` is everything", None));
    }
    if matches!(capability, "fs_read" | "fs_write" | "filesystem") {
        for entry in entries.iter().filter(|e| e.key == "match" || e.key == "exclude") {
            globs(source, entry, errors);
        }
    }
    Some(Rule { capability: capability.to_owned(), matches, exclude, effect, provenance })
}

fn choice(
    source: &Source,
    entry: &Entry,
    names: &[&'static str],
    errors: &mut Vec<ConfigError>,
) -> Option<&'static str> {
    let Value::Text(text) = &entry.node.value else {
        let what = format!("`{}` takes a string, not {}", entry.key, entry.node.value.kind());
        errors.push(source.error(entry.node.at, what, None));
        return None;
    };
    let found = names.iter().copied().find(|n| n == text);
    if found.is_none() {
        let what = format!("there is no {} `{}`", entry.key, quoted(text));
        errors.push(source.error(entry.node.at, what, nearest(text, names.iter().copied())));
    }
    found
}

fn patterns(source: &Source, entry: &Entry, errors: &mut Vec<ConfigError>) -> Vec<String> {
    let Value::List(items) = &entry.node.value else {
        let what = format!("`{}` takes an array of strings, not {}", entry.key, entry.node.value.kind());
        errors.push(source.error(entry.node.at, what, None));
        return Vec::new();
    };
    let mut patterns = Vec::new();
    for item in items {
        match &item.value {
            Value::Text(text) if !text.trim().is_empty() => patterns.push(text.clone()),
            Value::Text(_) => errors.push(source.error(item.at, "the pattern is empty", None)),
            other => errors.push(source.error(item.at, format!("a pattern is a string, not {}", other.kind()), None)),
        }
    }
    if items.is_empty() && entry.key == "match" {
        errors.push(source.error(
            entry.node.at,
            "an empty `match` holds for nothing; leave it out for everything",
            None,
        ));
    }
    patterns
}

fn globs(source: &Source, entry: &Entry, errors: &mut Vec<ConfigError>) {
    let Value::List(items) = &entry.node.value else { return };
    for item in items {
        if let Value::Text(text) = &item.value
            && let Err(error) = Glob::new(text)
        {
            errors.push(source.error(item.at, format!("the pattern is broken: {}", error.kind()), None));
        }
    }
}

/// Reads the table of headers; mistakes are added to `errors`.
pub(super) fn headers(source: &Source, node: &Node, errors: &mut Vec<ConfigError>) -> Vec<Header> {
    let Value::Table(entries) = &node.value else {
        let what = format!("`model.headers` takes a table of names and values, not {}", node.value.kind());
        errors.push(source.error(node.at, what, None));
        return Vec::new();
    };
    let mut headers: Vec<Header> = Vec::new();
    for entry in entries {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if entry.key.is_empty() || !entry.key.chars().all(token) {
            errors.push(source.error(entry.at, format!("`{}` cannot name a header", quoted(&entry.key)), None));
            continue;
        }
        if headers.iter().any(|h| h.name.eq_ignore_ascii_case(&entry.key)) {
            errors.push(source.error(entry.at, format!("the header `{}` is given twice", entry.key), None));
            continue;
        }
        match &entry.node.value {
            Value::Text(value) if !value.contains(char::is_control) => {
                headers.push(Header { name: entry.key.clone(), value: value.clone() });
            }
            Value::Text(_) => {
                let what = format!("the value of `{}` has a control character", entry.key);
                errors.push(source.error(entry.node.at, what, None));
            }
            other => {
                let what = format!("the value of `{}` is a string, not {}", entry.key, other.kind());
                errors.push(source.error(entry.node.at, what, None));
            }
        }
    }
    headers
}
