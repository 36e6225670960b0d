//! Searching what the diff panel shows, also where it is folded away.
//!
//! Always holds: each line counts once for each row it is drawn on; what is gone to is unfolded.

use super::{DiffPanel, STEP};
use crate::{
    domain::prose::{expand_tabs, width::width},
    ui::panels::{
        find::{Needle, Place},
        lines::TAB,
        pane::Tag,
    },
};

/// Unchanged rows that come into view around a place that was out of view.
const AROUND: usize = 3;

/// A search, and what it found.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) needle: Needle,
    /// As the rows are now; none where they have changed since.
    places: Option<Vec<Place>>,
}

impl Search {
    /// The rows are others.
    pub(super) fn stale(&mut self) {
        self.places = None;
    }
}

impl DiffPanel {
    /// Marks `text` and goes to its next place; an empty text ends the search. Tells in how many places it
    /// stands.
    pub fn search(&mut self, text: &str) -> usize {
        self.search = Search { needle: Needle::of(text), places: None };
        let cursor = self.pane.cursor;
        let here = |place: &Place| place.hidden.is_none() && (place.row..place.row + place.rows).contains(&cursor);
        let places = self.places();
        let found = places.len();
        if !places.iter().any(here) {
            self.find_next(true);
        }
        found
    }

    fn places(&mut self) -> &[Place] {
        let Self { search, content, .. } = self;
        let Search { needle, places } = search;
        places.get_or_insert_with(|| if needle.is_empty() { Vec::new() } else { content.places(needle) })
    }

    /// Which of how many places is under the cursor, in words; nothing while nothing is searched for.
    pub(super) fn found(&mut self) -> String {
        if self.search.needle.is_empty() {
            return String::new();
        }
        let cursor = self.pane.cursor;
        let places = self.places();
        let of = places.len();
        let here = |place: &Place| place.hidden.is_none() && (place.row..place.row + place.rows).contains(&cursor);
        match places.iter().position(here) {
            Some(at) => format!("match {}/{of}", at + 1),
            None if of == 1 => "1 match".to_owned(),
            None => format!("{of} matches"),
        }
    }

    /// Goes to the next place after the cursor or the last before it, from the other end where there is
    /// none.
    pub(super) fn find_next(&mut self, forward: bool) {
        let cursor = self.pane.cursor;
        if self.within_line(forward) {
            return;
        }
        let places = self.places();
        // What a fold under the cursor hides comes after it.
        let after = |p: &&Place| p.row > cursor || (p.row == cursor && p.hidden.is_some());
        let before = |p: &&Place| p.row + p.rows <= cursor;
        let found = if forward {
            places.iter().find(after).or_else(|| places.first())
        } else {
            places.iter().rev().find(before).or_else(|| places.last())
        };
        let Some(place) = found.copied() else { return };
        match place.hidden {
            Some((file, row)) => {
                let new = self.with_it(file, row);
                self.uncover(file, row, new);
            }
            None => self.land(place, forward),
        }
    }

    /// Goes on within a line that takes many rows; false where nothing more of it fits.
    fn within_line(&mut self, forward: bool) -> bool {
        let cursor = self.pane.cursor;
        let inside = |p: &&Place| p.hidden.is_none() && p.rows > 1 && (p.row..p.row + p.rows).contains(&cursor);
        let Some(place) = self.places().iter().find(inside).copied() else { return false };
        let rest = if forward { cursor + 1..place.row + place.rows } else { place.row..cursor };
        match self.row_with(rest, forward) {
            Some(row) => self.pane.jump(row),
            None => return false,
        }
        true
    }

    /// The first or the last of some rows that has it, looked for a screen at a time.
    fn row_with(&mut self, rows: std::ops::Range<usize>, forward: bool) -> Option<usize> {
        const SCREEN: usize = 256;
        let (mut from, mut to) = (rows.start, rows.end);
        while from < to {
            let part = if forward { from..to.min(from + SCREEN) } else { from.max(to.saturating_sub(SCREEN))..to };
            let view = self.content.rows.view(part.clone());
            let has = |row: &crate::ui::panels::pane::Row| !self.search.needle.hits(&row.text()).is_empty();
            let at = if forward { view.iter().position(has) } else { view.iter().rposition(has) };
            if let Some(at) = at {
                return Some(part.start + at);
            }
            (from, to) = if forward { (part.end, to) } else { (from, part.start) };
        }
        None
    }

    /// Puts the cursor on a place in view, and the place into view where the line is cut.
    fn land(&mut self, place: Place, forward: bool) {
        let row = self.row_with(place.row..place.row + place.rows, forward).unwrap_or(place.row);
        self.pane.jump(row);
        if self.wrap {
            return;
        }
        let Tag::Diff { row, new, .. } = self.content.rows.tag(row) else { return };
        let Some(shown) = self.content.files.get(self.content.rows.file(self.pane.cursor)) else { return };
        let Some(diff) = shown.diff() else { return };
        let (old, after) = shown.change().bytes();
        let line = match (new, diff.rows.get(row)) {
            (Some(line), _) => diff.new.text(after, line - 1),
            (None, Some(row)) => row.left().map_or(&[][..], |l| diff.old.text(old, l)),
            (None, None) => &[],
        };
        let text = crate::domain::prose::clean_bytes(line);
        let Some(hit) = self.search.needle.hits(&text).into_iter().next() else { return };
        let column = |to: usize| width(&expand_tabs(text.get(..to).unwrap_or_default(), 0, TAB));
        let (from, to) = (column(hit.start), column(hit.end));
        // Half of a screen side by side, without its numbers.
        let room =
            self.key.as_ref().map_or(40, |k| if k.layout.split { k.layout.columns / 2 } else { k.layout.columns });
        if from < self.shift || to + 16 > self.shift + room {
            self.shift = from.saturating_sub(room / 3) / STEP * STEP;
        }
    }

    /// The line of a row's new side, where that has it. Unified, the two sides of a row are apart.
    fn with_it(&self, file: usize, row: usize) -> Option<usize> {
        let shown = self.content.files.get(file)?;
        let (diff, (_, after)) = (shown.diff()?, shown.change().bytes());
        let right = diff.right(diff.rows.get(row)?)?;
        self.search.needle.is_in(after.get(right.text.clone())?).then_some(right.number)
    }

    /// Unfolds what hides a row of a file, and has the cursor put there once it is laid out; on its new
    /// side where that has a line.
    pub(super) fn uncover(&mut self, file: usize, row: usize, new: Option<usize>) {
        let Some(shown) = self.content.files.get(file) else { return };
        self.folded.remove(shown.path());
        let Some(diff) = shown.diff() else { return };
        let changed = diff.rows.get(row).is_some_and(|r| r.kind != crate::domain::diff::RowKind::Equal);
        let around = row.saturating_sub(AROUND)..(row + 1 + AROUND).min(diff.rows.len());
        if (!changed || self.no_spaces) && !self.open.contains(&(file, around.clone())) {
            self.open.push((file, around));
        }
        self.target = Some(super::Target::Row(file, Tag::Diff { row, new, changed }));
    }
}
