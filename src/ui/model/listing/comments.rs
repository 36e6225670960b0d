//! The comments of a spec as entries, each with where it was made and what came of it.

use super::{Entry, Group, Target, said};
use crate::{
    config::theme::Role,
    domain::{
        journal::Side,
        session::{Comment, Remark, State},
    },
};

/// The comments that no answer has taken along yet.
pub const OPEN: Group = Group { title: "Open: sent with your next answer", columns: &["on"] };
const SENT: Group = Group { title: "Sent to the agent", columns: &["on", "since then"] };
const RESOLVED: Group = Group { title: "Resolved", columns: &["on", "since then"] };

/// All comments of a spec, on documents and on changes, and how many of each kind there are.
pub(super) fn listed(state: &State) -> (Vec<Entry>, String) {
    let mut entries: Vec<Entry> = comments(state);
    entries.extend(remarks(state));
    entries.sort_by_key(|e| [&OPEN, &SENT, &RESOLVED].iter().position(|g| *g == e.group));
    let of = |group: &Group| entries.iter().filter(|e| e.group == group).count();
    let sum = format!("{} open, {} sent, {} resolved", of(&OPEN), of(&SENT), of(&RESOLVED));
    (entries, sum)
}

/// The comments: open ones first, then sent, then resolved; within each by document and line.
fn comments(state: &State) -> Vec<Entry> {
    let group = |c: &Comment| match (c.resolved, c.sent) {
        (true, _) => (2, &RESOLVED),
        (false, true) => (1, &SENT),
        (false, false) => (0, &OPEN),
    };
    let mut all: Vec<&Comment> = state.comments.iter().collect();
    all.sort_by_key(|c| (group(c).0, c.anchor.doc, c.anchor.lines, c.id));
    all.into_iter().map(|c| comment(c, group(c).1, state)).collect()
}

/// The comments on changes, in the order of the files and lines they were made on.
fn remarks(state: &State) -> Vec<Entry> {
    let mut all: Vec<_> = state.remarks.iter().collect();
    all.sort_by_key(|r| (&r.spot.path, r.spot.lines, r.id));
    let entry = |remark: &Remark| {
        let place = match remark.spot.lines {
            Some((from, to)) if from == to => format!(":{from}"),
            Some((from, to)) => format!(":{from}-{to}"),
            None => String::new(),
        };
        let (group, mark) = match (remark.resolved, remark.sent) {
            (true, _) => (&RESOLVED, ("✓", Role::PhaseDone)),
            (false, true) => (&SENT, ("→", Role::PhaseNow)),
            (false, false) => (&OPEN, ("●", Role::Waiting)),
        };
        Entry {
            group,
            mark,
            name: format!("{}{place}", remark.spot.path.name()),
            text: remark.text.clone(),
            facts: vec!["change".into(), String::new()],
            detail: [("file", remark.spot.path.to_string()), ("line", remark.spot.quoted.clone())]
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .chain([("says", remark.text.clone())])
                .collect(),
            target: {
                let after = remark.spot.side == Side::After;
                Target::File(remark.spot.path.clone(), remark.spot.lines.map(|(from, _)| from).filter(|_| after))
            },
            comment: Some(remark.id),
            thing: None,
        }
    };
    all.into_iter().map(entry).collect()
}

/// Where a comment was made.
pub fn made_at(comment: &Comment, state: &State) -> Option<Target> {
    let anchor = comment.anchor;
    let known = state.revisions(anchor.doc).iter().any(|r| r.digest == anchor.rev);
    known.then(|| Target::Revision(anchor.doc, anchor.rev, anchor.lines.map(|(from, _)| from)))
}

fn comment(comment: &Comment, group: &'static Group, state: &State) -> Entry {
    let anchor = comment.anchor;
    let revision = state.revisions(anchor.doc).iter().find(|r| r.digest == anchor.rev);
    let number = revision.map(|r| format!("r{}", r.number)).unwrap_or_default();
    let place = match anchor.lines {
        Some((from, to)) if from == to => format!(":{from}"),
        Some((from, to)) => format!(":{from}-{to}"),
        None => String::new(),
    };
    Entry {
        group,
        mark: match (comment.resolved, comment.sent) {
            (true, _) => ("✓", Role::PhaseDone),
            (false, true) => ("→", Role::PhaseNow),
            (false, false) => ("●", Role::Waiting),
        },
        name: format!("{}{place}", anchor.doc.name()),
        text: comment.text.clone(),
        facts: vec![number, state.aftermath(comment).map(|a| a.to_string()).unwrap_or_default()],
        detail: said("line", comment.quoted.as_deref().unwrap_or_default().trim().to_owned())
            .into_iter()
            .chain(Some(("says", comment.text.clone())))
            .chain(comment.answer.iter().map(|said| ("agent", format!("(r{}) {}", said.revision, said.words))))
            .collect(),
        // Where there is something new to look at, that; else where it was made.
        target: match state.aftermath(comment) {
            Some(became) => Target::Revision(anchor.doc, became.rev, Some(became.line)),
            None => made_at(comment, state).unwrap_or(Target::Nowhere),
        },
        comment: Some(comment.id),
        thing: None,
    }
}
