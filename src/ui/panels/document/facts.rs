//! What the border of a document says of its revision, the most telling first where there is no room
//! for all.
//!
//! Always holds: what is said is said whole, in one of its forms.

use std::collections::BTreeSet;

use super::{View, fold::Section};
use crate::{
    config::theme::Role,
    domain::{
        diff::FileDiff,
        journal::Author,
        prose::width::width,
        session::{Comment, Revision},
    },
};

/// What is worth more, from the most on.
pub(super) const STATE: u8 = 1;
pub(super) const CHECKS: u8 = 2;
const NEWS: u8 = 3;
const VIEW: u8 = 4;
const COMMENTS: u8 = 5;
const AUTHOR: u8 = 6;
const LINES: u8 = 7;
const DIGEST: u8 = 8;

/// Something to be said, in one or more forms, each shorter than the one before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fact {
    rank: u8,
    role: Role,
    forms: Vec<String>,
}

impl Fact {
    pub(super) fn new(rank: u8, words: impl Into<String>, role: Role) -> Self {
        Self { rank, role, forms: vec![words.into()] }
    }

    /// What it is all about: said in any case.
    pub(super) fn title(words: String) -> Self {
        Self::new(0, words, Role::Title)
    }

    /// As long as that has no room, shorter.
    pub(super) fn or(mut self, shorter: impl Into<String>) -> Self {
        self.forms.push(shorter.into());
        self
    }
}

/// The facts that fit into a border, as long as they can be: first as many as fit in their shortest form.
pub(super) fn fit(facts: &[Fact], columns: usize) -> Vec<(String, Role)> {
    // The corners, and a space on either side of each.
    let room = columns.saturating_sub(2);
    let taken = |form: &str| width(form) + 2;
    let mut order: Vec<usize> = (0..facts.len()).collect();
    order.sort_by_key(|at| facts.get(*at).map(|f| f.rank));
    let mut chosen: Vec<Option<&String>> = vec![None; facts.len()];
    let mut used = 0;
    for at in &order {
        let (Some(fact), Some(place)) = (facts.get(*at), chosen.get_mut(*at)) else { continue };
        *place = fact.forms.last().filter(|form| used == 0 || fact.rank < DIGEST && used + taken(form) <= room);
        used += place.map_or(0, |form| taken(form));
    }
    // That it waits is said in either form.
    order.sort_by_key(|at| facts.get(*at).map(|f| (f.rank == STATE, f.rank)));
    for at in &order {
        let (Some(fact), Some(Some(now))) = (facts.get(*at), chosen.get_mut(*at)) else { continue };
        let others = used - taken(now);
        if let Some(longer) = fact.forms.iter().find(|form| others + taken(form) <= room) {
            used = others + taken(longer);
            *now = longer;
        }
    }
    // For what is left: the line of what waits has it too.
    for (fact, place) in facts.iter().zip(&mut chosen).filter(|(fact, _)| fact.rank == DIGEST) {
        *place = fact.forms.first().filter(|form| used + taken(form) <= room);
        used += place.map_or(0, |form| taken(form));
    }
    facts.iter().zip(chosen).filter_map(|(fact, form)| Some((form?.clone(), fact.role))).collect()
}

/// A revision and those that it is compared with.
pub(super) struct Place<'a> {
    pub(super) revision: &'a Revision,
    /// The one that changes are shown from.
    pub(super) before: Option<&'a Revision>,
    /// The one that was read last, if any was.
    pub(super) read: Option<&'a Revision>,
    pub(super) view: View,
}

/// Whose a revision is, where it is not the agent's.
pub(super) fn author(revision: &Revision) -> Option<Fact> {
    match revision.author {
        Author::Agent => None,
        Author::Developer => Some(Fact::new(AUTHOR, "yours", Role::Accent)),
        Author::Found => Some(Fact::new(AUTHOR, "found", Role::Info)),
    }
}

/// What changed, what was said of it, and how it is shown.
pub(super) fn facts(
    place: &Place<'_>,
    sections: &[Section],
    changed: Option<&BTreeSet<usize>>,
    comments: &[&Comment],
) -> Vec<Fact> {
    let mut out = Vec::new();
    match place.view {
        View::Rendered => {}
        View::Source => out.push(Fact::new(VIEW, "source", Role::Badge)),
        View::Changes | View::Diff => {
            let from = place.before.map_or_else(|| "nothing".to_owned(), |r| format!("r{}", r.number));
            out.push(Fact::new(VIEW, format!("{from}→r{}", place.revision.number), Role::Badge));
        }
    }
    if let (Some(read), Some(changed)) = (place.read, changed)
        && !sections.is_empty()
    {
        let news = sections.iter().filter(|s| changed.range(s.line..s.own_end).next().is_some()).count();
        let (all, number) = (sections.len(), read.number);
        let role = if news > 0 { Role::Warn } else { Role::Info };
        let fact = Fact::new(NEWS, format!("{news} of {all} sections changed since you read r{number}"), role);
        let fact = fact.or(format!("{news} of {all} sections changed since r{number}"));
        out.push(fact.or(format!("{news} of {all} changed since r{number}")).or(format!("{news}/{all} changed")));
    }
    if let Some(before) = place.before {
        let stats = FileDiff::of(before.text.as_bytes(), place.revision.text.as_bytes(), 0).stats;
        let lines = format!("+{} −{}", stats.added, stats.removed);
        out.push(Fact::new(LINES, format!("{lines} since r{}", before.number), Role::Info).or(lines));
    }
    let open = comments.iter().filter(|c| !c.resolved).count();
    match open {
        0 => {}
        1 => out.push(Fact::new(COMMENTS, "1 comment", Role::Comment).or("┊ 1")),
        n => out.push(Fact::new(COMMENTS, format!("{n} comments"), Role::Comment).or(format!("┊ {n}"))),
    }
    out.push(Fact::new(DIGEST, format!("sha256 {}", place.revision.digest.short()), Role::Dim));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_facts_are_said_and_none_is_cut() {
        let facts = [
            Fact::title("Design".into()),
            Fact::new(STATE, "r2 ● waiting for you", Role::Waiting).or("r2 ● waiting"),
            Fact::new(CHECKS, "!4", Role::Warn),
            Fact::new(NEWS, "2 of 5 sections changed since r1", Role::Warn).or("2/5 changed"),
            Fact::new(LINES, "+18 −6 since r1", Role::Info).or("+18 −6"),
            Fact::new(COMMENTS, "2 comments", Role::Comment).or("┊ 2"),
            Fact::new(DIGEST, "sha256 4f2c…91a0", Role::Dim),
        ];
        let said = |columns| fit(&facts, columns).iter().map(|f| f.0.clone()).collect::<Vec<_>>().join("  ");
        assert_eq!(
            said(120),
            "Design  r2 ● waiting for you  !4  2 of 5 sections changed since r1  +18 −6 since r1  2 comments  sha256 4f2c…91a0"
        );
        assert_eq!(said(80), "Design  r2 ● waiting  !4  2 of 5 sections changed since r1  +18 −6  ┊ 2");
        assert_eq!(said(60), "Design  r2 ● waiting  !4  2/5 changed  +18 −6  ┊ 2");
        assert_eq!(said(30), "Design  r2 ● waiting  !4");
        for columns in 8..140 {
            let all = fit(&facts, columns);
            let used: usize = all.iter().map(|(words, _)| width(words) + 2).sum();
            assert!(used <= columns - 2 || all.len() == 1, "{columns}: {all:?}");
            assert!(all.iter().all(|(words, _)| facts.iter().any(|f| f.forms.contains(words))));
        }
    }
}
