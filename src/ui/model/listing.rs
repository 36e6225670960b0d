//! Lists that lie over the workbench: what belongs together, and the comments.
//!
//! Entries are made from the state and made again when it moves on; the cursor stays on its entry.
//! Texts are as they were written; cleaning them is the view's business.

mod comments;
mod files;
mod outline;
mod trace;

pub use self::comments::{OPEN, made_at};
use std::collections::BTreeSet;

use self::files::fuzzy;
use crate::{
    config::theme::Role,
    domain::{
        change::select::Taken,
        digest::Digest,
        path::RelPath,
        phase::Doc,
        session::State,
        trace::{Chain, things::Thing},
    },
    ui::{model::account::Pick, panels::FileMark},
};

/// What a list is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Criteria, design, tasks, changes, tests and commits, with what belongs to each.
    Trace,
    /// What belongs to one of them.
    Links(Thing),
    /// The comments of the spec.
    Comments,
    /// The files of the set under review.
    Files,
    /// The sections of a revision of a document.
    Outline(Doc, Digest),
    /// Who we are in AWS, and whom and where we could be.
    Places,
    /// The functions of a stack.
    Functions,
    /// How a stack differs from its template.
    Drift,
    /// What could be deployed.
    Apps,
}

impl Kind {
    /// True for a list whose entries are not made from the state.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Places | Self::Functions | Self::Drift | Self::Apps)
    }
}

/// Where an entry leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A line of a document as it stands.
    Line(Doc, usize),
    /// A revision of a document, at a line if one is given.
    Revision(Doc, Digest, Option<usize>),
    /// The last applied change of a file, at a line of it if one is given.
    File(RelPath, Option<usize>),
    /// What lies in a folder, which folds.
    Folder(String),
    /// What belongs to it.
    Links,
    /// Something in the account.
    Pick(Pick),
    /// Nothing that can be shown.
    Nowhere,
}

/// Entries of one sort, under a heading.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// What stands in each column of [`Entry::facts`].
    pub columns: &'static [&'static str],
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The heading it stands under.
    pub group: &'static Group,
    /// How it stands, as one character.
    pub mark: (&'static str, Role),
    /// Its number or place; empty where it has none.
    pub name: String,
    /// What it is.
    pub text: String,
    /// What belongs to it in a few characters each, the most telling first; as [`Group::columns`].
    pub facts: Vec<String>,
    /// What belongs to it in full: label and text.
    pub detail: Vec<(&'static str, String)>,
    /// Where it leads.
    pub target: Target,
    /// The comment it is, by number.
    pub comment: Option<u64>,
    /// The thing it is, for the way to what belongs to it.
    pub thing: Option<Thing>,
}

impl Entry {
    /// What it is found again by when the list is made anew.
    fn key(&self) -> (&'static str, &str, Option<u64>) {
        (self.group.title, if self.name.is_empty() { &self.text } else { &self.name }, self.comment)
    }

    fn holds(&self, wanted: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(wanted);
        has(&self.name) || has(&self.text) || self.facts.iter().any(|f| has(f)) || self.detail.iter().any(|d| has(&d.1))
    }
}

/// A list, and where one is in it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What it is of.
    pub kind: Kind,
    /// All entries; those of one heading stand together.
    pub entries: Vec<Entry>,
    /// What was counted, for the border.
    pub sum: String,
    /// The entry at the cursor, of those that are shown.
    pub selected: usize,
    /// What was typed to narrow it.
    pub filter: String,
    /// True while the filter is typed.
    pub typing: bool,
    /// The first line that is shown of what belongs to the entry at the cursor, and which entry that is.
    pub into: (usize, usize),
    /// The lists this one was reached through, with the entry that the cursor was on.
    trail: Vec<(Kind, usize)>,
    /// The record it was made after.
    seq: u64,
    /// The files of a set, their folders as they are folded.
    marks: Vec<FileMark>,
    folded: BTreeSet<String>,
    tree: Vec<Entry>,
}

impl Listing {
    /// A list of a spec, with the cursor on its first entry.
    pub fn new(kind: Kind, state: &State, marks: &[FileMark]) -> Self {
        let made = made(&kind, state, marks);
        let mut list = Self::given(kind, made);
        list.seq = state.seq;
        if list.kind == Kind::Files {
            list.marks = marks.to_vec();
            list.tree = files::folders(&list.marks, &list.folded);
        }
        list
    }

    /// Folds the folder at the cursor, or unfolds it. False where there is none.
    pub fn fold(&mut self) -> bool {
        let Some(Target::Folder(path)) = self.at_cursor().map(|e| e.target.clone()) else { return false };
        if !self.folded.remove(&path) {
            self.folded.insert(path);
        }
        self.tree = files::folders(&self.marks, &self.folded);
        true
    }

    /// A list of entries that are not made from the state, with the cursor on its first.
    pub fn given(kind: Kind, (entries, sum): (Vec<Entry>, String)) -> Self {
        Self {
            kind,
            entries,
            sum,
            selected: 0,
            filter: String::new(),
            typing: false,
            into: (0, 0),
            trail: Vec::new(),
            seq: 0,
            marks: Vec::new(),
            folded: BTreeSet::new(),
            tree: Vec::new(),
        }
    }

    /// Puts the cursor on a thing, where the list has it.
    pub fn select(&mut self, thing: &Thing) {
        let fits = |e: &&Entry| match (thing, &e.thing) {
            (Thing::Requirement(root), Some(Thing::Criterion(id))) => root.covers(id),
            (wanted, thing) => thing.as_ref() == Some(wanted),
        };
        self.selected = self.shown().iter().position(fits).unwrap_or(self.selected);
    }

    /// Goes on to what belongs to the entry at the cursor. False where it is nothing to go on from.
    pub fn walk(&mut self, state: &State) -> bool {
        let Some(thing) = self.at_cursor().and_then(|e| e.thing.clone()) else { return false };
        let kind = std::mem::replace(&mut self.kind, Kind::Links(thing));
        self.trail.push((kind, self.selected));
        self.remake(state, 0);
        true
    }

    /// Goes back to the list that this one was reached through. False where there is none.
    pub fn walk_back(&mut self, state: &State) -> bool {
        let Some((kind, selected)) = self.trail.pop() else { return false };
        self.kind = kind;
        self.remake(state, selected);
        true
    }

    fn remake(&mut self, state: &State, selected: usize) {
        self.filter.clear();
        self.seq = state.seq;
        (self.entries, self.sum) = made(&self.kind, state, &[]);
        self.selected = selected.min(self.entries.len().saturating_sub(1));
    }

    /// Makes the entries again where the state or the files have moved on.
    pub fn refresh(&mut self, state: &State, marks: &[FileMark]) {
        let same = self.seq == state.seq && (self.kind != Kind::Files || self.marks == marks);
        if same || self.kind.is_given() {
            return;
        }
        self.seq = state.seq;
        if self.kind == Kind::Files {
            let at = self.at_cursor().map(|e| e.target.clone());
            self.marks = marks.to_vec();
            (self.entries, self.sum) = made(&self.kind, state, marks);
            self.tree = files::folders(&self.marks, &self.folded);
            let again = at.and_then(|at| self.shown().iter().position(|e| e.target == at));
            self.selected = again.unwrap_or(self.selected).min(self.shown().len().saturating_sub(1));
            return;
        }
        self.put(made(&self.kind, state, marks));
    }

    /// Puts other entries in the place of these; the cursor stays on its entry.
    pub fn put(&mut self, (entries, sum): (Vec<Entry>, String)) {
        let old = std::mem::replace(&mut self.entries, entries);
        self.sum = sum;
        let shown = |entries: &[Entry], filter: &str| -> Vec<(&'static str, String, Option<u64>)> {
            let keys = narrowed(entries, filter).into_iter().map(Entry::key);
            keys.map(|(group, name, comment)| (group, name.to_owned(), comment)).collect()
        };
        let (before, now) = (shown(&old, &self.filter), shown(&self.entries, &self.filter));
        let again = before.get(self.selected).and_then(|key| now.iter().position(|k| k == key));
        self.selected = again.unwrap_or(self.selected).min(now.len().saturating_sub(1));
    }

    /// The entries that the filter leaves.
    pub fn shown(&self) -> Vec<&Entry> {
        if self.kind == Kind::Files && self.filter.trim().is_empty() {
            return self.tree.iter().collect();
        }
        narrowed(&self.entries, &self.filter)
    }

    /// Goes so many lines further into what belongs to the entry at the cursor, or back.
    pub fn go_into(&mut self, lines: isize) {
        let from = if self.into.1 == self.selected { self.into.0 } else { 0 };
        self.into = (from.saturating_add_signed(lines), self.selected);
    }

    /// The entry at the cursor.
    pub fn at_cursor(&self) -> Option<&Entry> {
        self.shown().get(self.selected).copied()
    }
}

fn narrowed<'a>(entries: &'a [Entry], filter: &str) -> Vec<&'a Entry> {
    if !filter.trim().is_empty() && entries.first().is_some_and(|e| e.group == &files::FILES) {
        return fuzzy(entries, filter);
    }
    let wanted = filter.to_lowercase();
    entries.iter().filter(|e| wanted.is_empty() || e.holds(&wanted)).collect()
}

fn made(kind: &Kind, state: &State, marks: &[FileMark]) -> (Vec<Entry>, String) {
    match kind {
        Kind::Files => {
            let read = marks.iter().filter(|m| m.reviewed).count();
            let mut sum = format!("{read}/{of} read", of = marks.len());
            if marks.iter().any(|m| m.taken.is_some()) {
                let taken = marks.iter().filter(|m| m.taken == Some(Taken::All)).count();
                sum.push_str(&format!(", {taken}/{of} accepted", of = marks.len()));
            }
            (files::flat(marks), sum)
        }
        Kind::Trace => {
            let chain = Chain::of(state);
            let [(_, all), rest @ ..] = chain.totals();
            let totals: Vec<String> = rest.iter().map(|(what, n)| format!("{what} {n}")).collect();
            (trace::traced(&chain), format!("of {all}: {}", totals.join(" ")))
        }
        Kind::Links(thing) => {
            let chain = Chain::of(state);
            let linked = chain.linked(thing);
            let mut entries = trace::traced(&chain);
            entries.retain(|e| e.thing.as_ref().is_some_and(|t| linked.contains(t)));
            let sum = chain.run.as_ref().map_or_else(String::new, |run| run.words());
            (entries, sum)
        }
        Kind::Outline(doc, rev) => outline::outline(*doc, *rev, state),
        Kind::Places | Kind::Functions | Kind::Drift | Kind::Apps => Default::default(),
        Kind::Comments => comments::listed(state),
    }
}

/// A detail, where there is something to say.
fn said(label: &'static str, text: String) -> Option<(&'static str, String)> {
    (!text.is_empty()).then_some((label, text))
}
