//! A change that is shown, and what is found out about it: where it is large, in the background.
//!
//! What is found is everything about the change that takes longer the larger it is: its lines
//! compared, where each begins in the layout it is first wanted in, what it comes to, its digest. It draws
//! nothing.
//!
//! Always holds: what is found was found of exactly the change that is kept here.

use std::sync::{Arc, Mutex};

use super::{
    laid::{Format, Laid},
    later::Later,
    lines::Sides,
    syntax::Paint,
};
use crate::domain::{
    change::{Change, FileState, header::Header, select::Selection},
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
    /// All of it, as a selection.
    pub(super) all: Selection,
    /// Laid out, until it is taken.
    laid: Mutex<Option<Laid>>,
    paint_old: Option<Paint>,
    paint_new: Option<Paint>,
}

/// One side of a change, as a text to be coloured.
struct Side(Arc<Change>, bool);

impl AsRef<[u8]> for Side {
    fn as_ref(&self) -> &[u8] {
        let (old, new) = self.0.bytes();
        if self.1 { new } else { old }
    }
}

impl Found {
    fn of(change: &Arc<Change>, colours: bool, format: Option<Format>) -> Self {
        let header = Header::of(change, CONTEXT);
        let (old, new) = change.sides();
        // Colours change no row's place.
        let sides = header.diff.as_deref().map(|diff| Sides { old, new, diff, paint_old: None, paint_new: None });
        let laid = Mutex::new(sides.zip(format).map(|(sides, format)| Laid::of(&sides, format)));
        let lines = header.diff.as_ref().map_or_else(Stats::default, |d| d.stats);
        let paint = |new: bool| {
            let lines = |diff: &Arc<FileDiff>| if new { !diff.new.is_empty() } else { !diff.old.is_empty() };
            let wanted = colours && header.diff.as_ref().is_some_and(lines);
            wanted.then(|| Paint::of(change.path.as_str(), Arc::new(Side(Arc::clone(change), new)))).flatten()
        };
        Self {
            paint_old: paint(false),
            paint_new: paint(true),
            summary: Summary::one(change, lines),
            stacks: review::stacks(change),
            after: change.after.as_ref().map(FileState::digest),
            digest: change.digest(),
            all: Selection::all(&header),
            laid,
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
        let found = Later::known(Found::of(&change, colours, None));
        Self { change, found }
    }

    /// Has a change looked at in the background, and laid out as it will be wanted.
    pub(super) fn later(change: &Change, colours: bool, format: Format) -> Self {
        let change = Arc::new(change.clone());
        let looked_at = Arc::clone(&change);
        let found = Later::found_by(move || Found::of(&looked_at, colours, Some(format)));
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

    /// Where its rows begin, where that was found for exactly this layout; once.
    pub(super) fn laid(&self, format: &Format) -> Option<Laid> {
        self.found()?.laid.lock().ok()?.take().filter(|laid| laid.format == *format)
    }

    pub(super) fn sides<'a>(&'a self, diff: &'a FileDiff) -> Sides<'a> {
        let (old, new) = self.change.bytes();
        let paint = |side: fn(&Found) -> &Option<Paint>| self.found().and_then(|f| side(f).as_ref());
        Sides { old, new, diff, paint_old: paint(|f| &f.paint_old), paint_new: paint(|f| &f.paint_new) }
    }
}

/// What is compared at once, in bytes and a little for each line: a key never waits for more, and the usual
/// change is there in the frame that first shows it.
pub(super) const AT_ONCE: usize = 128 * 1024;

/// Lines that a change adds and removes.
pub(super) fn counts(change: &Change) -> Later<(usize, usize)> {
    let count = |change: &Change| {
        let stats = change.stats();
        (stats.added, stats.removed)
    };
    if left_of(AT_ONCE, change).is_some() {
        return Later::known(count(change));
    }
    let change = change.clone();
    Later::found_by(move || count(&change))
}

/// What is left of such room after a change; nothing where it is too large for it.
pub(super) fn left_of(room: usize, change: &Change) -> Option<usize> {
    // Its lines are not counted where its bytes are too many by themselves.
    let room = room.checked_sub(change.size())?;
    let (old, new) = change.sides();
    let lines: usize = [old, new].iter().map(|side| memchr::memchr_iter(b'\n', side).count()).sum();
    room.checked_sub(LINE * lines)
}
