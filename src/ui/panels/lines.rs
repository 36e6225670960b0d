//! The lines of a change as rows: unified or side by side, wrapped or cut, with line numbers, signs,
//! words that differ, and colours of source code where they are known.
//!
//! It does not decide what is folded or selected.
//!
//! Always holds: every byte of a shown line is on some row when lines are wrapped; added and removed
//! lines have their sign beside the colour.

use std::ops::Range;

use ratatui::{style::Style, text::Span};

use super::{
    pane::{Row, Tag, clip_spans, spans_width, wrap_spans, wrap_words},
    syntax::Painted,
};
use crate::{
    config::theme::Role,
    domain::{
        diff::{
            FileDiff, Item, LineRef, RowKind,
            lines::End,
            words::{Emphasis, emphasis},
        },
        prose::{clean, clean_bytes, expand_tabs, width::width},
    },
    ui::style::Styles,
};

/// How lines are laid out.
pub(super) struct Look<'a> {
    pub(super) styles: &'a Styles,
    pub(super) columns: usize,
    pub(super) split: bool,
    pub(super) wrap: bool,
    /// Lines are prose and broken at spaces; else anywhere.
    pub(super) prose: bool,
    /// Columns scrolled to the right, when lines are cut.
    pub(super) shift: usize,
    /// Folds that are open.
    pub(super) open: &'a [Range<usize>],
    /// The key that opens a fold.
    pub(super) unfold: &'a str,
    pub(super) file: usize,
}

/// Both sides of a file.
pub(super) struct Sides<'a> {
    pub(super) old: &'a [u8],
    pub(super) new: &'a [u8],
    pub(super) diff: &'a FileDiff,
    pub(super) paint_old: Option<Painted>,
    pub(super) paint_new: Option<Painted>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

impl Sides<'_> {
    /// The rows of the file.
    pub(super) fn rows(&self, look: &Look<'_>, out: &mut Vec<Row>) {
        let items = if look.split { self.diff.side_by_side(look.open) } else { self.diff.unified(look.open) };
        let digits = self.diff.old.len().max(self.diff.new.len()).to_string().len();
        for item in items {
            match item {
                Item::Hunk(index) => out.push(self.hunk(index, look)),
                Item::Fold(rows) => {
                    let lines = if rows.len() == 1 { "line" } else { "lines" };
                    let text = format!("⋯ {} unchanged {lines} ({} unfolds) ⋯", rows.len(), look.unfold);
                    let style = look.styles.get(Role::HunkHeader);
                    out.push(Row {
                        file: look.file,
                        ..Row::new(vec![super::pane::ink(&text, style)], Tag::Fold(rows))
                    });
                }
                Item::Row(index) if look.split => self.pair(index, digits, look, out),
                Item::Row(index) => self.unified(index, None, digits, look, out),
                Item::Left(index) => self.unified(index, Some(Side::Old), digits, look, out),
                Item::Right(index) => self.unified(index, Some(Side::New), digits, look, out),
            }
        }
    }

    fn hunk(&self, index: usize, look: &Look<'_>) -> Row {
        let Some(hunk) = self.diff.hunks.get(index) else { return Row::default() };
        let of = self.diff.hunks.len();
        let text =
            format!("hunk {} of {of}  {}  +{} −{}", index + 1, hunk.head(), hunk.stats.added, hunk.stats.removed);
        let span = super::pane::ink(&text, look.styles.get(Role::HunkHeader));
        Row { file: look.file, ..Row::new(vec![span], Tag::Hunk(index)) }
    }

    fn emphasis(&self, kind: RowKind, left: Option<&LineRef>, right: Option<&LineRef>) -> Emphasis {
        match (kind, left, right) {
            (RowKind::Changed, Some(l), Some(r)) => emphasis(
                self.old.get(l.text.clone()).unwrap_or_default(),
                self.new.get(r.text.clone()).unwrap_or_default(),
            ),
            _ => Emphasis::default(),
        }
    }

    fn unified(&self, index: usize, side: Option<Side>, digits: usize, look: &Look<'_>, out: &mut Vec<Row>) {
        let Some(row) = self.diff.rows.get(index) else { return };
        let emphasis = self.emphasis(row.kind, row.left.as_ref(), row.right.as_ref());
        let blank = " ".repeat(digits);
        let number = |line: Option<&LineRef>| line.map_or_else(|| blank.clone(), |l| format!("{:>digits$}", l.number));
        let (numbers, line, which, new) = match side {
            None => {
                let new = row.right.as_ref();
                (format!("{} {} ", number(row.left.as_ref()), number(new)), new, Side::New, new)
            }
            Some(Side::Old) => (format!("{} {blank} ", number(row.left.as_ref())), row.left.as_ref(), Side::Old, None),
            Some(Side::New) => {
                let new = row.right.as_ref();
                (format!("{blank} {} ", number(new)), new, Side::New, new)
            }
        };
        let Some(line) = line else { return };
        let gutter = look.styles.get(Role::Gutter);
        let body = self.body(line, which, side.is_some(), row.kind, &emphasis, look.styles);
        let room = look.columns.saturating_sub(width(&numbers));
        for (nth, spans) in fold(body, room, look).into_iter().enumerate() {
            let head = if nth == 0 { numbers.clone() } else { " ".repeat(width(&numbers)) };
            let spans = std::iter::once(Span::styled(head, gutter)).chain(spans).collect();
            let tag = Tag::Diff { row: index, new: new.map(|l| l.number), changed: side.is_some() };
            out.push(Row { file: look.file, ..Row::new(spans, tag) });
        }
    }

    fn pair(&self, index: usize, digits: usize, look: &Look<'_>, out: &mut Vec<Row>) {
        let Some(row) = self.diff.rows.get(index) else { return };
        let emphasis = self.emphasis(row.kind, row.left.as_ref(), row.right.as_ref());
        let half = look.columns.saturating_sub(3) / 2;
        let room = half.saturating_sub(digits + 1);
        let changed = row.kind != RowKind::Equal;
        let gutter = look.styles.get(Role::Gutter);
        let cells = |line: Option<&LineRef>, side: Side| -> Vec<Vec<Span<'static>>> {
            let Some(line) = line else { return Vec::new() };
            let body = self.body(line, side, changed, row.kind, &emphasis, look.styles);
            let folded = fold(body, room, look).into_iter().enumerate();
            let numbered = folded.map(|(nth, spans)| {
                let head = if nth == 0 { format!("{:>digits$} ", line.number) } else { " ".repeat(digits + 1) };
                std::iter::once(Span::styled(head, gutter)).chain(spans).collect::<Vec<_>>()
            });
            numbered.collect()
        };
        let (left, right) = (cells(row.left.as_ref(), Side::Old), cells(row.right.as_ref(), Side::New));
        let rows = left.len().max(right.len());
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        for _ in 0..rows {
            let mut spans = left.next().unwrap_or_default();
            let pad = half.saturating_sub(spans_width(&spans));
            spans.push(Span::raw(" ".repeat(pad)));
            spans.push(Span::styled(" │ ", gutter));
            spans.extend(right.next().unwrap_or_default());
            let tag = Tag::Diff { row: index, new: row.right.as_ref().map(|l| l.number), changed };
            out.push(Row { file: look.file, ..Row::new(spans, tag) });
        }
    }

    /// Sign and text of one line, and how it ends where that may matter.
    fn body(
        &self,
        line: &LineRef,
        side: Side,
        changed: bool,
        kind: RowKind,
        emphasis: &Emphasis,
        styles: &Styles,
    ) -> Vec<Span<'static>> {
        let (bytes, paint, words, sign, role, word) = match side {
            Side::Old => (self.old, &self.paint_old, &emphasis.old, "-", Role::Removed, Role::RemovedWord),
            Side::New => (self.new, &self.paint_new, &emphasis.new, "+", Role::Added, Role::AddedWord),
        };
        let base = styles.get(if changed { role } else { Role::Context });
        let mut out = vec![Span::styled(if changed { sign } else { " " }, base)];
        let painted = paint.as_ref().and_then(|p| p.get(line.number.saturating_sub(1))).map_or(&[][..], Vec::as_slice);
        let text = bytes.get(line.text.clone()).unwrap_or_default();
        let words: &[Range<usize>] = if kind == RowKind::Changed { words } else { &[] };
        pieces(text, painted, words, base, styles.get(word), styles, &mut out);
        let end = match line.end {
            End::CrLf if changed => "␍",
            End::Missing if changed => " (no line end)",
            End::Lf | End::CrLf | End::Missing => "",
        };
        if !end.is_empty() {
            out.push(Span::styled(end, base.patch(styles.get(Role::Dim))));
        }
        out
    }
}

/// Cuts a line where its style changes and cleans each piece.
fn pieces(
    text: &[u8],
    painted: &[(Range<usize>, Role)],
    words: &[Range<usize>],
    base: Style,
    word: Style,
    styles: &Styles,
    out: &mut Vec<Span<'static>>,
) {
    let edges = painted.iter().flat_map(|(r, _)| [r.start, r.end]).chain(words.iter().flat_map(|r| [r.start, r.end]));
    let mut edges: Vec<usize> = edges.chain([0, text.len()]).filter(|e| *e <= text.len()).collect();
    edges.sort_unstable();
    edges.dedup();
    let tabs = text.contains(&b'\t');
    let mut column = 0;
    let (mut painted, mut words) = (painted.iter().peekable(), words.iter().peekable());
    for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
        while painted.next_if(|(r, _)| r.end <= *from).is_some() {}
        while words.next_if(|r| r.end <= *from).is_some() {}
        let mut style = base;
        if let Some((_, role)) = painted.peek().filter(|(r, _)| r.contains(from)) {
            let syntax = styles.get(*role);
            // Only letters are coloured: the ground tells what is added.
            style = style.patch(Style { bg: None, ..syntax });
        }
        if words.peek().is_some_and(|r| r.contains(from)) {
            style = style.patch(word);
        }
        let bytes = text.get(*from..*to).unwrap_or_default();
        let cleaned = match std::str::from_utf8(bytes) {
            Ok(text) => clean(text),
            Err(_) => clean_bytes(bytes),
        };
        let shown = expand_tabs(&cleaned, column, 4).replace('\n', "␊");
        if tabs {
            column += width(&shown);
        }
        out.push(Span::styled(shown, style));
    }
}

fn fold(body: Vec<Span<'static>>, room: usize, look: &Look<'_>) -> Vec<Vec<Span<'static>>> {
    match (look.wrap, look.prose) {
        (false, _) => vec![clip_spans(body, look.shift, room)],
        (true, false) => wrap_spans(body, room),
        (true, true) => wrap_words(body, room),
    }
}
