//! A change that is shown, and what is found out about it: where it is large, in the background.
//!
//! What is found is everything about the change that takes longer the larger it is: its lines
//! compared, what it comes to, its digest. It draws nothing.
//!
//! Always holds: what is found was found of exactly the change that is kept here.

use std::sync::Arc;

use super::{later::Later, lines::Sides, syntax::Paint};
use crate::domain::{
    change::{Change, FileState, header::Header},
    diff::{FileDiff, Stats, hunks::CONTEXT},
    digest::Digest,
    gate::Reviewable as _,
    path::RelPath,
    review::{self, Summary},
    stack::StackDiff,
};

/// What a line counts beside its bytes: a search among many short lines takes longer.
const LINE: usize = 12;

/// What was found out about a change.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) header: Header,
    /// What it comes to by itself.
    pub(super) summary: Summary,
    /// What it does to infrastructure, where it is of a template.
    pub(super) stacks: Option<StackDiff>,
    /// What the file will be; none where it goes.
    pub(super) after: Option<Digest>,
    /// Of the change itself.
    pub(super) digest: Digest,
    paint_old: Option<Paint>,
    paint_new: Option<Paint>,
}

/// One side of a change, as a text to be coloured.
struct Side(Arc<Change>, bool);

impl AsRef<[u8]> for Side {
    fn as_ref(&self) -> &[u8] {
        let (old, new) = self.0.sides();
        if self.1 { new } else { old }
    }
}

impl Found {
    fn of(change: &Arc<Change>, colours: bool) -> Self {
        let header = Header::of(change, CONTEXT);
        let lines = header.diff.as_ref().map_or_else(Stats::default, |d| d.stats);
        let paint = |new: bool| {
            let wanted = colours && header.diff.is_some();
            wanted.then(|| Paint::of(change.path.as_str(), Arc::new(Side(Arc::clone(change), new)))).flatten()
        };
        Self {
            paint_old: paint(false),
            paint_new: paint(true),
            summary: Summary::one(change, lines),
            stacks: review::stacks(change),
            after: change.after.as_ref().map(FileState::digest),
            digest: change.digest(),
            header,
        }
    }

    /// Lines added and removed.
    pub(super) fn lines(&self) -> (usize, usize) {
        (self.summary.lines.added, self.summary.lines.removed)
    }

    /// True when its text is too large to be coloured throughout.
    pub(super) fn partly_coloured(&self) -> bool {
        [&self.paint_old, &self.paint_new].into_iter().flatten().any(Paint::is_bounded)
    }
}

/// A change that is shown.
#[derive(Debug)]
pub(super) struct Shown {
    change: Arc<Change>,
    found: Later<Found>,
}

impl Shown {
    /// Looks at a change here and now; with `colours` those of its language are asked for.
    pub(super) fn of(change: &Change, colours: bool) -> Self {
        let change = Arc::new(change.clone());
        let found = Later::known(Found::of(&change, colours));
        Self { change, found }
    }

    /// Has a change looked at in the background.
    pub(super) fn later(change: &Change, colours: bool) -> Self {
        let change = Arc::new(change.clone());
        let looked_at = Arc::clone(&change);
        let found = Later::found_by(move || Found::of(&looked_at, colours));
        Self { change, found }
    }

    /// What was found out, if it is known by now.
    pub(super) fn found(&self) -> Option<&Found> {
        self.found.get()
    }

    pub(super) fn header(&self) -> Option<&Header> {
        self.found().map(|found| &found.header)
    }

    /// The lines, where they are compared by now and can be shown.
    pub(super) fn diff(&self) -> Option<&Arc<FileDiff>> {
        self.header()?.diff.as_ref()
    }

    pub(super) fn change(&self) -> &Change {
        &self.change
    }

    pub(super) fn path(&self) -> &RelPath {
        &self.change.path
    }

    /// True when it was made of exactly this change.
    pub(super) fn is_of(&self, change: &Change) -> bool {
        *self.change == *change
    }

    pub(super) fn sides<'a>(&'a self, diff: &'a FileDiff) -> Sides<'a> {
        let (old, new) = self.change.sides();
        let paint = |side: fn(&Found) -> &Option<Paint>| self.found().and_then(|f| side(f).as_ref());
        Sides { old, new, diff, paint_old: paint(|f| &f.paint_old), paint_new: paint(|f| &f.paint_new) }
    }
}

/// What is compared at once, by [`weight`]: a key never waits for more, and the usual change is there in
/// the frame that first shows it.
pub(super) const AT_ONCE: usize = 128 * 1024;

/// Lines that a change adds and removes.
pub(super) fn counts(change: &Change) -> Later<(usize, usize)> {
    let count = |change: &Change| {
        let stats = change.stats();
        (stats.added, stats.removed)
    };
    if weight(change) <= AT_ONCE {
        return Later::known(count(change));
    }
    let change = change.clone();
    Later::found_by(move || count(&change))
}

/// How much there is to compare: more than [`AT_ONCE`] is compared in the background.
pub(super) fn weight(change: &Change) -> usize {
    let (old, new) = change.sides();
    let lines = old.iter().chain(new).filter(|b| **b == b'\n').count();
    old.len() + new.len() + LINE * lines
}
