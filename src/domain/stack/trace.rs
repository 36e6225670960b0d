//! From requirements to resources: where a resource's metadata or the design says which it serves.

use std::collections::BTreeSet;

use super::{StackDiff, Template, listed, template::Resource, text};
use crate::domain::spec::refs::ReqId;

/// Writes down for every resource of the difference which requirements it serves.
///
/// Metadata says it under `Requirements`, as a text or a list. The design says it in a line that has
/// the resource's name (its logical id, or its construct's) and ids of requirements after the word.
pub fn requirements(diff: &mut StackDiff, template: &Template, design: &str) {
    for at in &mut diff.resources {
        let Some(resource) = template.resource(&at.id) else { continue };
        let mut found = BTreeSet::new();
        for value in listed(resource.metadata.get("Requirements").or_else(|| resource.metadata.get("requirements"))) {
            ids(&text::whole(value), &mut found);
        }
        let names = names(resource);
        for line in design.lines().filter(|l| names.iter().any(|name| has_word(l, name))) {
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
