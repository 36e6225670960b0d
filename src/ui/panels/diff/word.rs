//! Going from one changed word to the next, and along a line that is longer than what is in sight.
//!
//! Always holds: what is gone to is in sight then, wrapped or cut; a line without words that differ, because
//! all of it is new or gone, is passed over.

use super::{DiffPanel, FARTHEST, STEP, Target, content::REVIEW};
use crate::ui::{
    keys::Action,
    panels::{
        Ctx, Intent, notice,
        pane::Tag,
        stops::{Lie, Stop},
    },
};

/// Columns of a word that should be in sight.
const WORD: usize = 16;

impl DiffPanel {
    /// Goes to the next changed word, or the last before: in the line at the cursor, then in others.
    pub(super) fn next_word(&mut self, forward: bool, ctx: &Ctx<'_>) -> Vec<Intent> {
        let rows = &self.content.rows;
        let here = rows.lie(self.pane.cursor);
        if let Some((lie, stop)) = here.as_ref().and_then(|lie| Some((lie, self.stop_within(lie, forward)?))) {
            self.land_on(&lie.clone(), stop);
            return Vec::new();
        }
        let end = |lie: &Lie| if forward { lie.rows.end.saturating_sub(1) } else { lie.rows.start };
        let mut at = here.as_ref().map_or(self.pane.cursor, end);
        while let Some(row) = rows.seek(at, forward, &|tag| matches!(tag, Tag::Diff { changed: true, .. })) {
            let Some(lie) = rows.lie(row) else { break };
            let stop = if forward { lie.stops.first() } else { lie.stops.last() };
            if let Some(stop) = stop.copied() {
                self.land_on(&lie, stop);
                return Vec::new();
            }
            at = end(&lie);
        }
        let (way, action) = if forward { ("further down", Action::NextHunk) } else { ("further up", Action::PrevHunk) };
        let key = ctx.key(action, REVIEW);
        notice(format!("no word differs {way}, only whole lines; {key} goes from hunk to hunk"))
    }

    /// The next stop in the line at the cursor that is not in sight where the cursor is.
    fn stop_within(&self, lie: &Lie, forward: bool) -> Option<Stop> {
        let row = self.pane.cursor.saturating_sub(lie.rows.start);
        let (first, beyond) = (self.shift, self.shift + lie.room);
        let fits = |stop: &&Stop| match (self.wrap, forward) {
            (true, true) => stop.row > row,
            (true, false) => stop.row < row,
            (false, true) => stop.column >= beyond,
            (false, false) => stop.column < first,
        };
        let mut fitting = lie.stops.iter().filter(fits);
        if forward { fitting.next() } else { fitting.next_back() }.copied()
    }

    fn land_on(&mut self, lie: &Lie, stop: Stop) {
        self.pane.jump(lie.rows.start + stop.row.min(lie.rows.len().saturating_sub(1)));
        let (from, to) = (stop.column, (stop.column + WORD).min(lie.columns));
        if !self.wrap && (from < self.shift || to > self.shift + lie.room) {
            self.shift = from.saturating_sub(lie.room / 3) / STEP * STEP;
        }
    }

    /// To where the line at the cursor begins or ends.
    pub(super) fn line_end(&mut self, end: bool) -> Vec<Intent> {
        let Some(lie) = self.content.rows.lie(self.pane.cursor) else {
            self.shift = 0;
            return Vec::new();
        };
        if self.wrap {
            self.pane.jump(if end { lie.rows.end.saturating_sub(1) } else { lie.rows.start });
        } else {
            let last = lie.columns.saturating_sub(lie.room).div_ceil(STEP) * STEP;
            self.shift = if end { last.min(FARTHEST) } else { 0 };
        }
        Vec::new()
    }

    /// Wraps lines or cuts them; the part of the line at the cursor that was in sight stays there.
    pub(super) fn toggle_wrap(&mut self) {
        let lie = self.content.rows.lie(self.pane.cursor).filter(|lie| lie.columns > lie.room);
        self.wrap = !self.wrap;
        let shift = std::mem::take(&mut self.shift);
        let Some(lie) = lie else { return };
        if self.wrap {
            let down = shift / (lie.room + 1).max(1);
            let row = self.pane.cursor;
            let (file, tag) = (self.content.rows.file(row), self.content.rows.tag(row));
            self.target = Some(Target::Below(file, tag, down));
        } else {
            let down = self.pane.cursor.saturating_sub(lie.rows.start);
            self.shift = (down * (lie.room + 1) / STEP * STEP).min(FARTHEST);
        }
    }

    /// Puts the first changed word in sight where its line alone takes more than the screen before it.
    pub(super) fn open_at_word(&mut self, height: usize) {
        let rows = &self.content.rows;
        let first = rows.seek(0, true, &|tag| matches!(tag, Tag::Diff { changed: true, .. }));
        let Some(lie) = first.and_then(|row| rows.lie(row)) else { return };
        if let Some(stop) = lie.stops.first().copied().filter(|stop| stop.row >= height) {
            self.land_on(&lie, stop);
        }
    }
}
