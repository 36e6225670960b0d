//! What the border of a document says of its revision.

use std::collections::BTreeSet;

use super::{View, fold::Section};
use crate::{
    config::theme::Role,
    domain::{
        diff::FileDiff,
        journal::Author,
        session::{Comment, Revision},
    },
};

/// A revision and those that it is compared with.
pub(super) struct Place<'a> {
    pub(super) revision: &'a Revision,
    /// The one that changes are shown from.
    pub(super) before: Option<&'a Revision>,
    /// The one that was read last, if any was.
    pub(super) read: Option<&'a Revision>,
    pub(super) view: View,
    /// Columns of the panel.
    pub(super) columns: usize,
}

/// Whose a revision is, where it is not the agent's.
pub(super) fn author(revision: &Revision) -> Option<(String, Role)> {
    match revision.author {
        Author::Agent => None,
        Author::Developer => Some(("yours".to_owned(), Role::Accent)),
        Author::Found => Some(("found".to_owned(), Role::Info)),
    }
}

/// What changed, what was said of it, and how it is shown.
pub(super) fn facts(
    place: &Place<'_>,
    sections: &[Section],
    changed: Option<&BTreeSet<usize>>,
    comments: &[&Comment],
) -> Vec<(String, Role)> {
    let mut out = Vec::new();
    match place.view {
        View::Rendered => {}
        View::Source => out.push(("source".to_owned(), Role::Badge)),
        View::Changes | View::Diff => {
            let from = place.before.map_or_else(|| "nothing".to_owned(), |r| format!("r{}", r.number));
            out.push((format!("{from}→r{}", place.revision.number), Role::Badge));
        }
    }
    if let (Some(read), Some(changed)) = (place.read, changed)
        && !sections.is_empty()
    {
        let news = sections.iter().filter(|s| changed.range(s.line..s.own_end).next().is_some()).count();
        let (all, number) = (sections.len(), read.number);
        let words = if place.columns < 70 {
            format!("{news} of {all} changed since r{number}")
        } else if place.columns < 100 {
            format!("{news} of {all} sections changed since r{number}")
        } else {
            format!("{news} of {all} sections changed since you read r{number}")
        };
        out.push((words, if news > 0 { Role::Warn } else { Role::Info }));
    }
    if let Some(before) = place.before {
        let stats = FileDiff::of(before.text.as_bytes(), place.revision.text.as_bytes(), 0).stats;
        out.push((format!("+{} −{} since r{}", stats.added, stats.removed, before.number), Role::Info));
    }
    let open = comments.iter().filter(|c| !c.resolved).count();
    match open {
        0 => {}
        1 => out.push(("1 comment".to_owned(), Role::Comment)),
        n => out.push((format!("{n} comments"), Role::Comment)),
    }
    out.push((format!("sha256 {}", place.revision.digest.short()), Role::Dim));
    out
}
