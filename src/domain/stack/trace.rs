//! From requirements to resources: where a resource's metadata or the design says which it serves.

use std::collections::BTreeSet;

use super::{StackDiff, Template, listed, template::Resource, text};
use crate::domain::spec::refs::ReqId;

/// Writes down for every resource of the difference which requirements it serves.
///
/// Metadata says it under `Requirements`, as a text or a list. The design says it in a line that has
/// the resource's name (its logical id, or its construct's) and ids of requirements after the word; a
/// heading that has the name covers the lines of its section.
pub fn requirements(diff: &mut StackDiff, template: &Template, design: &str) {
    for at in &mut diff.resources {
        let Some(resource) = template.resource(&at.id) else { continue };
        let mut found = BTreeSet::new();
        for value in listed(resource.metadata.get("Requirements").or_else(|| resource.metadata.get("requirements"))) {
            ids(&text::whole(value), &mut found);
        }
        let names = names(resource);
        for line in about(design, &names) {
            // Numbers alone are sizes and times; a list of ids follows its word, or stands in a table.
            let table = line.trim_start().starts_with('|');
            if let Some(at) = line.find("Requirement").or_else(|| line.find("Validates")) {
                ids(line.get(at..).unwrap_or_default(), &mut found);
            } else if table {
                line.split('|').filter(|cell| only_ids(cell)).for_each(|cell| ids(cell, &mut found));
            }
        }
        at.requirements = found.iter().map(ReqId::to_string).collect();
    }
}

/// The lines that are about what has one of these names: those that have it, and those of a section whose
/// heading has it, as far as they say what it is validated by.
fn about<'a>(design: &'a str, names: &[String]) -> Vec<&'a str> {
    let named = |line: &str| names.iter().any(|name| has_word(line, name));
    // How deep the heading is that has the name; a fence has no headings.
    let (mut section, mut fenced): (Option<usize>, bool) = (None, false);
    let mut out = Vec::new();
    for line in design.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let depth = line.bytes().take_while(|b| *b == b'#').count();
        let heading =
            !fenced && (1..=6).contains(&depth) && line.get(depth..).is_some_and(|l| l.starts_with([' ', '\t']));
        if heading {
            let inside = section.is_some_and(|of| depth > of);
            // One below it is about a part of it.
            section = if named(line) { Some(depth) } else { section.filter(|_| inside) };
        }
        let says = || {
            line.contains("Validates")
                || line.trim_start().trim_start_matches(['*', '_', '-', ' ']).starts_with("Requirement")
        };
        if named(line) || (section.is_some() && !heading && says()) {
            out.push(line);
        }
    }
    out
}

/// What a design calls a resource: its logical id, and the construct's own name.
fn names(resource: &Resource) -> Vec<String> {
    let construct = resource.construct().map(|path| {
        let steps: Vec<&str> = path.split('/').filter(|s| *s != "Resource" && *s != "Default").collect();
        steps.last().copied().unwrap_or_default().to_owned()
    });
    let mut out = vec![resource.id.clone()];
    out.extend(construct.filter(|name| name.len() > 2 && *name != "Policy" && *name != "ServiceRole"));
    out
}

fn has_word(line: &str, word: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|l| l.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|l| l.chars().next());
        !before.is_some_and(inner) && !after.is_some_and(inner)
    })
}

/// True for a cell that has ids and nothing else.
fn only_ids(cell: &str) -> bool {
    let mut words = cell.split([',', ' ', ';', '–']).filter(|w| !w.is_empty()).peekable();
    words.peek().is_some() && words.all(|w| w.contains('.') && w.parse::<ReqId>().is_ok())
}

fn ids(text: &str, out: &mut BTreeSet<ReqId>) {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    out.extend(
        words
            .map(|w| w.trim_matches('.'))
            .filter(|w| w.contains(|c: char| c.is_ascii_digit()))
            .filter_map(|w| w.parse().ok()),
    );
}
