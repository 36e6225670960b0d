//! The lines of a change as rows: unified or side by side, wrapped or cut, with line numbers, signs,
//! words that differ, and colours of source code where they are known.
//!
//! An item of a difference is laid out on its own, so that a large file costs what is in view. It
//! does not decide what is folded or selected.
//!
//! Always holds: every byte of a shown line is on some row when lines are wrapped; an item has as many
//! rows as [`Sides::height`] says; added and removed lines have their sign beside the colour.

use std::{borrow::Cow, ops::Range};

use ratatui::{style::Style, text::Span};
use unicode_width::UnicodeWidthChar;

use super::{
    find::Needle,
    pane::{Row, Tag, clip_spans, ink, rows_of, spans_width, wrap_spans, wrap_words},
    strip::{LONG, Strip, Strips},
    syntax::Paint,
};
use crate::{
    config::theme::Role,
    domain::{
        diff::{
            FileDiff, Item, LineRef, Moved, RowKind, View,
            lines::End,
            words::{Emphasis, emphasis},
        },
        prose::{
            Reads, clean, expand_tabs, seen,
            width::{pad, width},
        },
    },
    ui::style::Styles,
};

/// Columns from one tab stop to the next.
pub(super) const TAB: usize = 4;

/// How lines are laid out.
#[derive(Clone, Debug)]
pub(super) struct Look<'a> {
    pub(super) styles: &'a Styles,
    pub(super) columns: usize,
    pub(super) split: bool,
    pub(super) wrap: bool,
    /// Lines are prose and broken at spaces; else anywhere.
    pub(super) prose: bool,
    /// Whether spaces that only look like one are made visible.
    pub(super) reads: Reads,
    /// Columns scrolled to the right, when lines are cut.
    pub(super) shift: usize,
    /// Folds that are open.
    pub(super) open: &'a [Range<usize>],
    /// Changes of white space alone are out of view.
    pub(super) no_spaces: bool,
    /// Lines of either side that stand in another file of the set, by index from 0.
    pub(super) away: &'a [(Side, Range<usize>)],
    /// The key that opens a fold.
    pub(super) unfold: &'a str,
    pub(super) file: usize,
}

/// Both sides of a file.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) old: &'a [u8],
    pub(super) new: &'a [u8],
    pub(super) diff: &'a FileDiff,
    pub(super) paint_old: Option<&'a Paint>,
    pub(super) paint_new: Option<&'a Paint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Old,
    New,
}

/// One line as it is to be drawn.
pub(super) struct Ink<'a> {
    line: LineRef,
    text: &'a [u8],
    sign: &'static str,
    base: Style,
    word: Style,
    words: Vec<Range<usize>>,
    /// It differs in white space alone, which then is to be seen.
    space: bool,
    painted: Vec<(Range<usize>, Role)>,
    end: &'static str,
    dim: Style,
    reads: Reads,
}

impl Ink<'_> {
    /// Spans of a stretch of the line that begins at a column; the sign before its first, how it ends
    /// after its last.
    pub(super) fn spans(&self, within: Range<usize>, column: usize, styles: &Styles) -> Vec<Span<'static>> {
        let body = self.body(within.clone(), column, styles);
        if within.start == 0 { signed(self.sign(), body) } else { body }
    }

    /// What stands before the text.
    pub(super) fn sign(&self) -> Span<'static> {
        Span::styled(self.sign, self.base)
    }

    /// The parts of the text that differ.
    pub(super) fn words(&self) -> &[Range<usize>] {
        &self.words
    }

    /// [`Ink::spans`] without the sign.
    pub(super) fn body(&self, within: Range<usize>, column: usize, styles: &Styles) -> Vec<Span<'static>> {
        let mut out = Vec::new();
        self.pieces(within.clone(), column, styles, &mut out);
        if within.end >= self.text.len() && !self.end.is_empty() {
            out.push(Span::styled(self.end, self.base.patch(self.dim)));
        }
        out
    }

    /// Cuts a stretch where its style changes and cleans each piece.
    fn pieces(&self, within: Range<usize>, column: usize, styles: &Styles, out: &mut Vec<Span<'static>>) {
        let Range { start, end } = within;
        let painted = self.painted.iter().flat_map(|(r, _)| [r.start, r.end]);
        let edges = painted.chain(self.words.iter().flat_map(|r| [r.start, r.end]));
        let mut edges: Vec<usize> = edges.filter(|e| (start..end).contains(e)).chain([start, end]).collect();
        edges.sort_unstable();
        edges.dedup();
        let tabs = self.text.get(start..end).unwrap_or_default().contains(&b'\t');
        let mut column = column;
        let (mut painted, mut words) = (self.painted.iter().peekable(), self.words.iter().peekable());
        for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
            while painted.next_if(|(r, _)| r.end <= *from).is_some() {}
            while words.next_if(|r| r.end <= *from).is_some() {}
            let mut style = self.base;
            let mut space = false;
            if let Some((_, role)) = painted.peek().filter(|(r, _)| r.contains(from)) {
                let syntax = styles.get(*role);
                // Only letters are coloured: the ground tells what is added.
                style = style.patch(Style { bg: None, ..syntax });
            }
            if words.peek().is_some_and(|r| r.contains(from)) {
                style = style.patch(self.word);
                space = self.space;
            }
            let piece = self.text.get(*from..*to).unwrap_or_default();
            let pieces = if space && piece.iter().all(|b| matches!(b, b' ' | b'\t')) {
                vec![(blanks(piece, column), false)]
            } else {
                pieces(piece, column, self.reads)
            };
            for (shown, made) in pieces {
                if tabs {
                    column += width(&shown);
                }
                // What stands for a byte looks another than its spelling does.
                out.push(Span::styled(shown, if made { style.patch(styles.get(Role::Unseen)) } else { style }));
            }
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        self.text
    }

    /// Columns of what stands before and after the text.
    pub(super) fn around(&self) -> usize {
        width(self.sign) + width(self.end)
    }
}

/// A line's text behind its sign, which stays where the text is scrolled.
pub(super) fn signed(sign: Span<'static>, mut body: Vec<Span<'static>>) -> Vec<Span<'static>> {
    body.insert(0, sign);
    body
}

/// The columns of a stretch of a line that is drawn from a column on.
pub(super) fn columns(bytes: &[u8], column: usize, reads: Reads) -> usize {
    pieces(bytes, column, reads).iter().map(|(text, _)| width(text)).sum()
}

/// A stretch of a line as it is drawn from a column on, in pieces: each with whether it stands for what cannot
/// be seen.
fn pieces(bytes: &[u8], mut column: usize, reads: Reads) -> Vec<(String, bool)> {
    let drawn = |(cleaned, made): (Cow<'_, str>, bool)| {
        let text = expand_tabs(&cleaned, column, TAB);
        if bytes.contains(&b'\t') {
            column += width(&text);
        }
        (if text.contains('\n') { text.replace('\n', "␊") } else { text.into_owned() }, made)
    };
    seen(bytes, reads).into_iter().map(drawn).collect()
}

/// White space that differs, where it would look like nothing.
fn blanks(bytes: &[u8], mut column: usize) -> String {
    let mut out = String::new();
    for b in bytes {
        let wide = if *b == b'\t' { TAB - column % TAB } else { 1 };
        out.push(if *b == b'\t' { '→' } else { '·' });
        out.extend(std::iter::repeat_n(' ', wide - 1));
        column += wide;
    }
    out
}

impl Sides<'_> {
    /// The rows of the whole file.
    pub(super) fn rows(&self, look: &Look<'_>, out: &mut Vec<Row>) {
        let strips = Strips::default();
        for item in self.items(look) {
            self.item(&item, 0..usize::MAX, look, &strips, out);
        }
    }

    /// What is shown of the file, in order.
    pub(super) fn items(&self, look: &Look<'_>) -> Vec<Item> {
        let view = View { open: look.open, no_spaces: look.no_spaces };
        if look.split { self.diff.side_by_side(view) } else { self.diff.unified(view) }
    }

    /// Rows `part` of an item.
    pub(super) fn item(&self, item: &Item, part: Range<usize>, look: &Look<'_>, strips: &Strips, out: &mut Vec<Row>) {
        let file = look.file;
        let header =
            |text: &str, tag: Tag| Row { file, ..Row::new(vec![ink(text, look.styles.get(Role::HunkHeader))], tag) };
        match item {
            Item::Hunk(index) => out.push(header(&self.words(item), Tag::Hunk(*index))),
            Item::Fold(rows) => {
                let lines = if rows.len() == 1 { "line" } else { "lines" };
                let text = format!("⋯ {} unchanged {lines} ({} unfolds) ⋯", rows.len(), look.unfold);
                out.push(header(&text, Tag::Fold(rows.clone())));
            }
            Item::Spaces(rows) => {
                let hidden = self.diff.rows.get(rows.clone()).unwrap_or_default().iter().filter(|r| r.space).count();
                let lines = if hidden == 1 { "change" } else { "changes" };
                let text = format!("⋯ {hidden} {lines} of white space alone ({} shows) ⋯", look.unfold);
                out.push(header(&text, Tag::Fold(rows.clone())));
            }
            Item::MovedTo(block) | Item::MovedFrom(block) => {
                let here = matches!(item, Item::MovedTo(_));
                let text = self.words(item);
                let half = look.columns.saturating_sub(3) / 2;
                let text = match (look.split, here) {
                    (false, _) => text,
                    (true, true) => format!("{} │", pad(&text, half)),
                    (true, false) => format!("{} │ {text}", " ".repeat(half)),
                };
                let tag = Tag::Moved { block: *block, new: here };
                out.push(header(&text, tag));
            }
            Item::Row(index) if look.split => self.pair(*index, part, look, strips, out),
            Item::Row(index) => self.unified(*index, None, part, look, strips, out),
            Item::Left(index) => self.unified(*index, Some(Side::Old), part, look, strips, out),
            Item::Right(index) => self.unified(*index, Some(Side::New), part, look, strips, out),
        }
    }

    /// How many rows an item takes.
    pub(super) fn height(&self, item: &Item, look: &Look<'_>, strips: &Strips) -> usize {
        let (index, sides): (&usize, &[Side]) = match item {
            Item::Row(index) if look.split => (index, &[Side::Old, Side::New]),
            Item::Row(index) | Item::Right(index) => (index, &[Side::New]),
            Item::Left(index) => (index, &[Side::Old]),
            Item::Hunk(_) | Item::Fold(_) | Item::Spaces(_) | Item::MovedTo(_) | Item::MovedFrom(_) => return 1,
        };
        if !look.wrap {
            return 1;
        }
        let changed = self.changed(item, look);
        let room = self.room(look);
        let heights = sides.iter().filter_map(|side| {
            let (line, text) = self.line(*index, *side)?;
            let tail = width(end(line.end, changed));
            let columns = if line.plain { Some(text.len()) } else { plain(text) };
            if let Some(columns) = columns {
                let columns = 1 + columns + tail;
                if columns <= room {
                    return Some(1);
                }
                if !look.prose && text.len() <= LONG {
                    return Some(columns.div_ceil(room.max(2)));
                }
            }
            if let Some(shown) = std::str::from_utf8(text).ok().filter(|text| text.len() <= LONG && is_steady(text)) {
                let sign = match (changed, self.diff.rows.get(*index).is_some_and(|r| r.space)) {
                    (true, _) => "+",
                    (false, true) => "~",
                    (false, false) => " ",
                };
                let shown = format!("{sign}{}{}", expand_tabs(shown, 0, TAB), end(line.end, changed));
                return Some(rows_of(&shown, room, look.prose));
            }
            let ink = self.ink(*index, *side, changed, look, strips)?;
            Some(if text.len() > LONG {
                strips.get(*side, &ink, room, look).rows
            } else {
                fold(ink.spans(0..text.len(), 0, look.styles), room, look).len()
            })
        });
        heights.max().unwrap_or(1).max(1)
    }

    /// What stands above lines: the head of a hunk, where a block moved.
    pub(super) fn words(&self, item: &Item) -> String {
        match item {
            Item::Hunk(index) => self.hunk(*index),
            Item::MovedTo(block) | Item::MovedFrom(block) => self.moved(*block, matches!(item, Item::MovedTo(_))),
            Item::Fold(_) | Item::Spaces(_) | Item::Row(_) | Item::Left(_) | Item::Right(_) => String::new(),
        }
    }

    fn hunk(&self, index: usize) -> String {
        let Some(hunk) = self.diff.hunks.get(index) else { return String::new() };
        let of = self.diff.hunks.len();
        format!("hunk {} of {of}  {}  +{} −{}", index + 1, hunk.head(), hunk.stats.added, hunk.stats.removed)
    }

    /// Where a block moved to, or came from.
    fn moved(&self, block: usize, to: bool) -> String {
        let Some(moved) = self.diff.moves.blocks.get(block) else { return String::new() };
        let (lines, line) = if to { (moved.old.len(), moved.new.start) } else { (moved.new.len(), moved.old.start) };
        let way = if to { "to" } else { "here from" };
        let edited = if moved.edited > 0 { format!(", {} edited", moved.edited) } else { String::new() };
        let mark = if to { "⇢" } else { "⇠" };
        format!("{mark} {lines} lines moved {way} line {}{edited}", line + 1)
    }

    /// Whether an item's lines have signs.
    pub(super) fn changed(&self, item: &Item, look: &Look<'_>) -> bool {
        match item {
            Item::Row(index) => {
                self.diff.rows.get(*index).is_some_and(|r| r.kind != RowKind::Equal && !(look.no_spaces && r.space))
            }
            _ => true,
        }
    }

    fn digits(&self) -> usize {
        self.diff.old.len().max(self.diff.new.len()).checked_ilog10().map_or(1, |digits| digits as usize + 1)
    }

    /// Columns for a line, its sign included.
    pub(super) fn room(&self, look: &Look<'_>) -> usize {
        let digits = self.digits();
        if look.split {
            (look.columns.saturating_sub(3) / 2).saturating_sub(digits + 1)
        } else {
            look.columns.saturating_sub(2 * digits + 2)
        }
    }

    fn line(&self, row: usize, side: Side) -> Option<(LineRef, &[u8])> {
        let row = self.diff.rows.get(row)?;
        let (line, bytes) = match side {
            Side::Old => (self.diff.left(row)?, self.old),
            Side::New => (self.diff.right(row)?, self.new),
        };
        let text = bytes.get(line.text.clone()).unwrap_or_default();
        Some((line, text))
    }

    /// One side of a row as it is drawn.
    pub(super) fn ink(
        &self,
        index: usize,
        side: Side,
        changed: bool,
        look: &Look<'_>,
        strips: &Strips,
    ) -> Option<Ink<'_>> {
        let styles = look.styles;
        let row = self.diff.rows.get(index)?;
        let (line, text) = self.line(index, side)?;
        let at = line.number.saturating_sub(1);
        let (paint, sign, role, word) = match side {
            Side::Old => (self.paint_old, "-", Role::Removed, Role::RemovedWord),
            Side::New => (self.paint_new, "+", Role::Added, Role::AddedWord),
        };
        let moved = if changed { self.moved_line(side, at) } else { None };
        let words = |there: &[u8]| {
            let find = || words(side, text, there);
            if text.len().max(there.len()) > LONG { strips.words(side, line.number, find) } else { find() }
        };
        let marked = |other: Side, kind: RowKind| {
            if kind != RowKind::Changed {
                return Vec::new();
            }
            let there = self.line(index, other).map_or(&[][..], |(_, text)| text);
            words(there)
        };
        let (role, words) = match moved {
            // The line stands elsewhere too: what differs from there is what was edited.
            Some(Moved { other: Some(other), .. }) => {
                let (lines, bytes) = match side {
                    Side::Old => (&self.diff.new, self.new),
                    Side::New => (&self.diff.old, self.old),
                };
                (Role::Moved, words(lines.text(bytes, other)))
            }
            None if changed && look.away.iter().any(|(of, lines)| *of == side && lines.contains(&at)) => {
                (Role::Moved, Vec::new())
            }
            Some(Moved { other: None, .. }) | None => {
                let other = if side == Side::Old { Side::New } else { Side::Old };
                (role, if changed { marked(other, row.kind) } else { Vec::new() })
            }
        };
        // What differs in white space alone says so where it is drawn as unchanged.
        let sign = match (changed, row.space) {
            (true, _) => sign,
            (false, true) => "~",
            (false, false) => " ",
        };
        let base = styles.get(if changed { role } else { Role::Context });
        let painted = paint.and_then(|p| p.line(at)).unwrap_or_default();
        let (word, dim) = (styles.get(word), styles.get(Role::Dim));
        let space = row.space;
        let (end, reads) = (end(line.end, changed), look.reads);
        Some(Ink { end, line, text, sign, base, word, words, space, painted, dim, reads })
    }

    fn moved_line(&self, side: Side, line: usize) -> Option<Moved> {
        match side {
            Side::Old => self.diff.moves.removed(line),
            Side::New => self.diff.moves.added(line),
        }
    }

    fn unified(
        &self,
        index: usize,
        side: Option<Side>,
        part: Range<usize>,
        look: &Look<'_>,
        strips: &Strips,
        out: &mut Vec<Row>,
    ) {
        let item = if side.is_some() { Item::Left(index) } else { Item::Row(index) };
        let changed = self.changed(&item, look);
        let digits = self.digits();
        let which = side.unwrap_or(Side::New);
        let Some(ink) = self.ink(index, which, changed, look, strips) else { return };
        let blank = " ".repeat(digits);
        let number =
            |side| self.line(index, side).map_or_else(|| blank.clone(), |(l, _)| format!("{:>digits$}", l.number));
        let numbers = match side {
            None => format!("{} {} ", number(Side::Old), number(Side::New)),
            Some(Side::Old) => format!("{} {blank} ", number(Side::Old)),
            Some(Side::New) => format!("{blank} {} ", number(Side::New)),
        };
        let new = (which == Side::New).then_some(ink.line.number);
        let gutter = look.styles.get(Role::Gutter);
        let room = self.room(look);
        let tag = Tag::Diff { row: index, new, changed: self.differs(index) };
        for (nth, spans) in laid(which, &ink, room, part, look, strips) {
            let head = if nth == 0 { numbers.clone() } else { " ".repeat(numbers.len()) };
            let spans = std::iter::once(Span::styled(head, gutter)).chain(spans).collect();
            out.push(Row { file: look.file, ..Row::new(spans, tag.clone()) });
        }
    }

    fn differs(&self, row: usize) -> bool {
        self.diff.rows.get(row).is_some_and(|r| r.kind != RowKind::Equal)
    }

    fn pair(&self, index: usize, part: Range<usize>, look: &Look<'_>, strips: &Strips, out: &mut Vec<Row>) {
        let changed = self.changed(&Item::Row(index), look);
        let digits = self.digits();
        let half = look.columns.saturating_sub(3) / 2;
        let room = self.room(look);
        let gutter = look.styles.get(Role::Gutter);
        let cells = |side: Side| -> Vec<(usize, Vec<Span<'static>>)> {
            let Some(ink) = self.ink(index, side, changed, look, strips) else { return Vec::new() };
            let numbered = laid(side, &ink, room, part.clone(), look, strips).into_iter().map(|(nth, spans)| {
                let number = ink.line.number;
                let head = if nth == 0 { format!("{number:>digits$} ") } else { " ".repeat(digits + 1) };
                (nth, std::iter::once(Span::styled(head, gutter)).chain(spans).collect::<Vec<_>>())
            });
            numbered.collect()
        };
        let (left, right) = (cells(Side::Old), cells(Side::New));
        let rows = left.len().max(right.len());
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        let new = self.line(index, Side::New).map(|(l, _)| l.number);
        for _ in 0..rows {
            let mut spans = left.next().map(|c| c.1).unwrap_or_default();
            let pad = half.saturating_sub(spans_width(&spans));
            spans.push(Span::raw(" ".repeat(pad)));
            spans.push(Span::styled(" │ ", gutter));
            spans.extend(right.next().map(|c| c.1).unwrap_or_default());
            let tag = Tag::Diff { row: index, new, changed: self.differs(index) };
            out.push(Row { file: look.file, ..Row::new(spans, tag) });
        }
    }

    /// True where one of a row's lines has a text.
    pub(super) fn has(&self, row: usize, needle: &Needle) -> bool {
        let equal = self.diff.rows.get(row).is_some_and(|r| r.kind == RowKind::Equal);
        let sides: &[Side] = if equal { &[Side::New] } else { &[Side::Old, Side::New] };
        sides.iter().filter_map(|side| self.line(row, *side)).any(|(_, text)| needle.is_in(text))
    }

    /// The text of each side that an item shows.
    pub(super) fn texts(&self, item: &Item, look: &Look<'_>) -> Vec<&[u8]> {
        let (index, sides): (&usize, &[Side]) = match item {
            Item::Row(index) if look.split => (index, &[Side::Old, Side::New]),
            Item::Row(index) | Item::Right(index) => (index, &[Side::New]),
            Item::Left(index) => (index, &[Side::Old]),
            Item::Hunk(_) | Item::Fold(_) | Item::Spaces(_) | Item::MovedTo(_) | Item::MovedFrom(_) => {
                return Vec::new();
            }
        };
        sides.iter().filter_map(|side| self.line(*index, *side)).map(|(_, text)| text).collect()
    }
}

/// The parts of this side's text that the other side does not have.
fn words(side: Side, here: &[u8], there: &[u8]) -> Vec<Range<usize>> {
    let Emphasis { old, new } = match side {
        Side::Old => emphasis(here, there),
        Side::New => emphasis(there, here),
    };
    if side == Side::Old { old } else { new }
}

fn end(end: End, changed: bool) -> &'static str {
    match end {
        End::CrLf if changed => "␍",
        End::Missing if changed => " (no line end)",
        End::Lf | End::CrLf | End::Missing => "",
    }
}

/// True for a text that is drawn as it is, wherever it is cut: its rows can be told without its colours and without
/// the words that differ.
fn is_steady(text: &str) -> bool {
    let alone = |c: char| match c {
        '\t' | ' '..='~' => true,
        _ => !c.is_ascii() && !c.is_whitespace() && UnicodeWidthChar::width(c).is_some_and(|columns| columns > 0),
    };
    text.chars().all(alone) && matches!(clean(text), Cow::Borrowed(_))
}

/// The columns of a line of printable ASCII and tabs; nothing for others.
fn plain(text: &[u8]) -> Option<usize> {
    text.iter().try_fold(0, |column, b| match b {
        b'\t' => Some(column + TAB - column % TAB),
        0x20..0x7f => Some(column + 1),
        _ => None,
    })
}

/// Rows `part` of a line, each with its place among them.
fn laid(
    side: Side,
    ink: &Ink<'_>,
    room: usize,
    part: Range<usize>,
    look: &Look<'_>,
    strips: &Strips,
) -> Vec<(usize, Vec<Span<'static>>)> {
    if ink.text.len() > LONG {
        let strip: std::sync::Arc<Strip> = strips.get(side, ink, room, look);
        return strip.laid(ink, room, part, look);
    }
    if !look.wrap {
        let body = ink.body(0..ink.text.len(), 0, look.styles);
        return vec![(0, signed(ink.sign(), clip_spans(body, look.shift, room.saturating_sub(1))))];
    }
    let rows = fold(ink.spans(0..ink.text.len(), 0, look.styles), room, look);
    let wanted = part.end.saturating_sub(part.start);
    rows.into_iter().enumerate().skip(part.start).take(wanted).collect()
}

/// Breaks a line into rows.
pub(super) fn fold(body: Vec<Span<'static>>, room: usize, look: &Look<'_>) -> Vec<Vec<Span<'static>>> {
    if look.prose { wrap_words(body, room) } else { wrap_spans(body, room) }
}

impl Ink<'_> {
    pub(super) fn number(&self) -> usize {
        self.line.number
    }
}
