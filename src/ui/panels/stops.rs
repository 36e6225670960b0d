//! Where the words of a line that differ are drawn, so that one can go from each to the next.
//!
//! Of a stretch that takes more than its row both ends are places to stop at: a change in a line of a megabyte
//! may be hundreds of rows long.
//!
//! Always holds: a stop names the row, among its item's, on which [`Sides::item`] draws the byte it is of.

use std::ops::Range;

use ratatui::text::Span;

use super::{
    lines::{Ink, Look, Side, Sides, fold},
    pane::spans_width,
    strip::{LONG, Strips},
};
use crate::domain::diff::Item;

/// A place to stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stop {
    /// Its row among those of its line.
    pub(super) row: usize,
    /// Its column in the line's text, as if nothing were scrolled or broken.
    pub(super) column: usize,
}

/// A line of a difference as it is drawn.
#[derive(Clone, Debug, Default)]
pub(super) struct Lie {
    /// Its rows.
    pub(super) rows: Range<usize>,
    /// Where words differ, in order.
    pub(super) stops: Vec<Stop>,
    /// Columns of its text that are in sight at once.
    pub(super) room: usize,
    /// Columns of all of its text, or of the longer of two beside each other.
    pub(super) columns: usize,
}

impl Sides<'_> {
    /// How the line of an item lies; nothing for an item that is none.
    pub(super) fn lie(&self, item: &Item, look: &Look<'_>, strips: &Strips) -> Option<Lie> {
        let (index, sides): (&usize, &[Side]) = match item {
            Item::Row(index) if look.split => (index, &[Side::Old, Side::New]),
            Item::Row(index) | Item::Right(index) => (index, &[Side::New]),
            Item::Left(index) => (index, &[Side::Old]),
            Item::Hunk(_) | Item::Fold(_) | Item::Spaces(_) | Item::MovedTo(_) | Item::MovedFrom(_) => return None,
        };
        let (changed, room) = (self.changed(item, look), self.room(look));
        let mut lie = Lie { room: room.saturating_sub(1), ..Lie::default() };
        for side in sides {
            let Some(ink) = self.ink(*index, *side, changed, look, strips) else { continue };
            let spot = |byte: usize| spot(&ink, *side, byte, room, look, strips);
            lie.columns = lie.columns.max(spot(ink.text().len()).column);
            for word in ink.words() {
                let (first, last) = (spot(word.start), spot(last_of(ink.text(), word)));
                lie.stops.push(first);
                if last.row > first.row || last.column >= first.column + lie.room {
                    lie.stops.push(last);
                }
            }
        }
        lie.stops.sort_unstable();
        lie.stops.dedup();
        Some(lie)
    }
}

/// Where the last character of a stretch begins.
fn last_of(text: &[u8], word: &Range<usize>) -> usize {
    let begins = |at: &usize| text.get(*at).is_none_or(|b| b & 0xc0 != 0x80);
    (word.start..word.end).rev().find(begins).unwrap_or(word.start)
}

/// Where a byte of a line is drawn.
fn spot(ink: &Ink<'_>, side: Side, byte: usize, room: usize, look: &Look<'_>, strips: &Strips) -> Stop {
    let all = ink.text().len();
    let (piece, row, begins) = match all > LONG {
        true => strips.get(side, ink, room, look).around(byte, ink),
        false => (0..all, 0, 0),
    };
    let head = ink.body(piece.start..byte.min(piece.end), begins, look.styles);
    let column = begins + spans_width(&head);
    if !look.wrap {
        return Stop { row: 0, column };
    }
    // What is drawn before it, in bytes: rows leave nothing out. The sign is one more.
    let before = usize::from(piece.start == 0) + drawn(&head);
    let rows = fold(ink.spans(piece, begins, look.styles), room.max(2), look);
    let ends = rows.iter().scan(0, |end, row| {
        *end += drawn(row);
        Some(*end)
    });
    let at = ends.take_while(|end| *end <= before).count().min(rows.len().saturating_sub(1));
    Stop { row: row + at, column }
}

fn drawn(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|s| s.content.len()).sum()
}
