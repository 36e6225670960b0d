//! Very long lines, laid out a stretch at a time.
//!
//! Such a line is cut into pieces once; what is in view is found by its row or its column and laid
//! out from the piece it begins in. A piece is cleaned on its own, so that what is drawn does not
//! depend on how far one has scrolled.
//!
//! Always holds: the pieces together are the line; laying out a screen costs some pieces, never the
//! line.

use std::{cell::RefCell, collections::HashMap, ops::Range, sync::Arc};

use ratatui::text::Span;

use super::{
    lines::{Ink, Look, Side, columns as drawn, fold, signed},
    pane::clip_spans,
};

/// Lines above this many bytes are laid out a stretch at a time.
pub(super) const LONG: usize = 4096;

/// Bytes of a piece when lines are cut.
const PIECE: usize = 2048;

/// Rows of a piece when lines are wrapped.
const ROWS: usize = 32;

/// Long lines whose pieces are remembered.
const KEPT: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it begins: byte, row and column.
    from: usize,
    row: usize,
    column: usize,
}

/// How a long line is cut.
#[derive(Debug)]
pub(super) struct Strip {
    pieces: Vec<Piece>,
    /// Rows it takes.
    pub(super) rows: usize,
}

/// What differs of lines.
type Words = HashMap<(Side, usize), Vec<Range<usize>>>;

/// The strips of a file's long lines.
#[derive(Debug, Default)]
pub(super) struct Strips {
    known: RefCell<HashMap<(Side, usize), Arc<Strip>>>,
    /// The words of those that differ: comparing them takes longer than drawing what is in view.
    words: RefCell<Words>,
}

impl Strips {
    pub(super) fn get(&self, side: Side, ink: &Ink<'_>, room: usize, look: &Look<'_>) -> Arc<Strip> {
        let key = (side, ink.number());
        if let Some(strip) = self.known.borrow().get(&key) {
            return Arc::clone(strip);
        }
        let strip = Arc::new(Strip::of(ink, room, look));
        let mut known = self.known.borrow_mut();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(key, Arc::clone(&strip));
        strip
    }

    /// The words of a line that differ, found by `find` when they are not known.
    pub(super) fn words(
        &self,
        side: Side,
        number: usize,
        find: impl FnOnce() -> Vec<Range<usize>>,
    ) -> Vec<Range<usize>> {
        let mut known = self.words.borrow_mut();
        if known.len() >= KEPT && !known.contains_key(&(side, number)) {
            known.clear();
        }
        known.entry((side, number)).or_insert_with(find).clone()
    }
}

impl Strip {
    fn of(ink: &Ink<'_>, room: usize, look: &Look<'_>) -> Self {
        let text = ink.text();
        let room = room.max(2);
        let size = if look.wrap { (room * ROWS).max(room) } else { PIECE };
        let (mut pieces, mut from, mut row, mut column) = (Vec::new(), 0, 0, 0);
        while from < text.len() {
            pieces.push(Piece { from, row, column });
            // Whole rows, so that no row ends early where one letter is one column: the first has
            // the sign too.
            let to = boundary(text, from + if look.wrap && from == 0 { size - 1 } else { size });
            let piece = text.get(from..to).unwrap_or_default();
            let last = to >= text.len();
            let simple = piece.iter().all(|b| (0x20..0x7f).contains(b));
            let columns = if simple { piece.len() } else { drawn(piece, column, look.reads) };
            if !look.wrap {
                row = 1;
            } else if simple && !look.prose && !last {
                row += (columns + usize::from(from == 0)).div_ceil(room);
            } else {
                row += fold(ink.spans(from..to, column, look.styles), room, look).len();
            }
            column += columns;
            from = to;
        }
        Self { pieces, rows: row.max(1) }
    }

    fn piece(&self, index: usize, ink: &Ink<'_>) -> Range<usize> {
        let from = self.pieces.get(index).map_or(0, |p| p.from);
        from..self.pieces.get(index + 1).map_or(ink.text().len(), |p| p.from)
    }

    /// The piece that a byte is in, its first row and its column.
    pub(super) fn around(&self, byte: usize, ink: &Ink<'_>) -> (Range<usize>, usize, usize) {
        let index = self.pieces.partition_point(|p| p.from <= byte).saturating_sub(1);
        let (row, column) = self.pieces.get(index).map_or((0, 0), |p| (p.row, p.column));
        (self.piece(index, ink), row, column)
    }

    /// Rows `part`, each with its place.
    pub(super) fn laid(
        &self,
        ink: &Ink<'_>,
        room: usize,
        part: Range<usize>,
        look: &Look<'_>,
    ) -> Vec<(usize, Vec<Span<'static>>)> {
        if !look.wrap {
            return vec![(0, self.cut(ink, room, look))];
        }
        let first = self.pieces.partition_point(|p| p.row <= part.start).saturating_sub(1);
        let mut out = Vec::new();
        for (index, piece) in self.pieces.iter().enumerate().skip(first).take_while(|(_, p)| p.row < part.end) {
            let spans = ink.spans(self.piece(index, ink), piece.column, look.styles);
            let rows = fold(spans, room.max(2), look).into_iter().enumerate();
            out.extend(rows.map(|(nth, spans)| (piece.row + nth, spans)).filter(|(nth, _)| part.contains(nth)));
        }
        out
    }

    /// The one row of a line that is cut.
    fn cut(&self, ink: &Ink<'_>, room: usize, look: &Look<'_>) -> Vec<Span<'static>> {
        let shift = look.shift;
        let first = self.pieces.partition_point(|p| p.column <= shift).saturating_sub(1);
        let start = self.pieces.get(first).map_or(0, |p| p.column);
        let mut spans = Vec::new();
        for (index, piece) in self.pieces.iter().enumerate().skip(first) {
            if piece.column > shift + room + ink.around() {
                break;
            }
            spans.extend(ink.body(self.piece(index, ink), piece.column, look.styles));
        }
        signed(ink.sign(), clip_spans(spans, shift.saturating_sub(start), room.saturating_sub(1)))
    }
}

/// The last place up to `at` where no character is cut.
fn boundary(text: &[u8], at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    let starts = |i: &usize| text.get(*i).is_none_or(|b| b & 0xc0 != 0x80);
    (at.saturating_sub(3)..=at).rev().find(starts).unwrap_or(at)
}
