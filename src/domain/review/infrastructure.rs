//! What a change of a template does to infrastructure.

use crate::domain::{
    change::{Change, FileState},
    stack::{StackDiff, Template, assembly::is_template, compare},
};

/// The review of one change, where it is one of a template.
pub fn stacks(change: &Change) -> Option<StackDiff> {
    let path = change.path.as_str();
    let text = |side: &Option<FileState>| {
        let text = side.as_ref().and_then(FileState::text)?;
        is_template(path, text).then(|| text.to_owned())
    };
    let (before, after) = (text(&change.before), text(&change.after));
    if before.is_none() && after.is_none() {
        return None;
    }
    let mut notes = Vec::new();
    let mut read = |text: Option<String>, when: &str| {
        Template::parse(&text?).map_err(|fault| notes.push(format!("the template {when} cannot be read: {fault}"))).ok()
    };
    let (before, after) = (read(before, "before"), read(after, "after"));
    // One side that cannot be read would make all of the other look new, or gone.
    let mut diff = if notes.is_empty() { compare(path, before.as_ref(), after.as_ref()) } else { StackDiff::default() };
    path.clone_into(&mut diff.name);
    diff.notes.extend(notes);
    (!diff.is_empty() || !diff.notes.is_empty()).then_some(diff)
}
