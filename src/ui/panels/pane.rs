//! What the panels share: a frame with facts in its border, rows under a cursor, cleaned text.
//!
//! It knows nothing of documents or changes.
//!
//! Always holds: a [`Span`] made by [`ink`] has no control character; the cursor is on a row and the
//! row on the screen, whatever the sizes.

use std::ops::Range;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, BorderType, Widget},
};

use crate::{
    config::theme::Role,
    domain::prose::{
        clean, expand_tabs,
        width::{graphemes, truncate, width, wrap},
    },
    ui::{keys::Action, style::Styles},
};

/// What a row stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Tag {
    /// Nothing that can be acted on.
    #[default]
    None,
    /// A source line of a document, from 1.
    Source { line: usize, heading: bool },
    /// A comment, and the line it stands under.
    Comment { id: u64, line: usize },
    /// The head of a hunk.
    Hunk(usize),
    /// Unchanged rows that are not shown.
    Fold(Range<usize>),
    /// What is not shown of a section, by the line of its heading.
    Section(usize),
    /// A row of a diff; `new` is the line on the new side, if any.
    Diff { row: usize, new: Option<usize>, changed: bool },
    /// Says where a block moved to (`new`) or came from.
    Moved { block: usize, new: bool },
    /// Says which file a block went to or came from, and where there: a line from 0 on its new side (`new`)
    /// or its old one.
    Away { file: usize, line: usize, new: bool },
    /// Where a file begins.
    File,
    /// An entry, by its index.
    Entry(usize),
}

/// One row on the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// What is drawn.
    pub(super) line: Line<'static>,
    /// What it stands for.
    pub(super) tag: Tag,
    /// What stands before it, between it and the cursor's mark.
    pub(super) lead: Span<'static>,
    /// Which of several files it belongs to.
    pub(super) file: usize,
}

impl Row {
    pub(super) fn new(spans: Vec<Span<'static>>, tag: Tag) -> Self {
        Self { line: Line::from(spans), tag, lead: Span::default(), file: 0 }
    }

    pub(super) fn text(&self) -> String {
        self.line.spans.iter().map(|s| s.content.as_ref()).collect()
    }
}

/// Rows, a cursor on one of them, and how far they are scrolled.
#[derive(Clone, Debug, Default)]
pub(super) struct Pane {
    pub(super) top: usize,
    pub(super) cursor: usize,
    /// The other end of a selection of rows.
    pub(super) mark: Option<usize>,
    /// The end stays in view as rows are added.
    pub(super) follow: bool,
    height: usize,
    len: usize,
}

impl Pane {
    /// At the top, or at the end of something that grows.
    pub(super) fn new(follow: bool) -> Self {
        Self { follow, ..Self::default() }
    }

    /// The same for other rows in the same view.
    pub(super) fn anew(&self, follow: bool) -> Self {
        Self { follow, height: self.height, ..Self::default() }
    }

    /// Takes note of how many rows there are and how many fit.
    pub(super) fn fit(&mut self, len: usize, height: usize) {
        let last = len.saturating_sub(1);
        (self.len, self.height) = (len, height.max(1));
        if self.follow {
            self.cursor = last;
        }
        self.cursor = self.cursor.min(last);
        self.mark = self.mark.map(|m| m.min(last));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(self.height));
        self.top = self.top.min(len.saturating_sub(self.height));
    }

    /// Takes note of how many rows there are now, before the cursor is put on one of them.
    pub(super) fn holds(&mut self, len: usize) {
        self.len = len;
    }

    /// Moves the cursor; false when the action is no movement.
    pub(super) fn act(&mut self, action: Action) -> bool {
        let page = self.height.saturating_sub(1).max(1);
        let half = (self.height / 2).max(1);
        let (down, by, scroll) = match action {
            Action::Up => (false, 1, 0),
            Action::Down => (true, 1, 0),
            Action::PageUp => (false, page, page),
            Action::PageDown => (true, page, page),
            Action::HalfUp => (false, half, half),
            Action::HalfDown => (true, half, half),
            Action::Top => (false, self.len, self.len),
            Action::Bottom => (true, self.len, self.len),
            _ => return false,
        };
        let last = self.len.saturating_sub(1);
        if down {
            self.cursor = self.cursor.saturating_add(by).min(last);
            self.top = self.top.saturating_add(scroll);
            self.follow |= self.cursor == last;
        } else {
            self.follow = false;
            self.cursor = self.cursor.saturating_sub(by);
            self.top = self.top.saturating_sub(scroll);
        }
        let height = self.height;
        let follow = self.follow;
        self.fit(self.len, height);
        self.follow = follow;
        true
    }

    /// Puts the cursor on a row, with a little above it in view and more of what follows.
    pub(super) fn jump(&mut self, row: usize) {
        self.follow = false;
        self.cursor = row;
        let little = self.height / 4;
        if row < self.top || row + little >= self.top + self.height {
            self.top = row.saturating_sub(little);
        }
        let (len, height) = (self.len, self.height);
        self.fit(len, height);
    }

    /// Puts the cursor on a row of what is laid out anew and not fitted yet.
    pub(super) fn aim(&mut self, row: usize) {
        self.follow = false;
        (self.cursor, self.top) = (row, row.saturating_sub(self.height / 4));
    }

    /// Puts the cursor on a row and the row at the top of the view.
    pub(super) fn top_at(&mut self, row: usize) {
        self.follow = false;
        (self.cursor, self.top) = (row, row);
        let (len, height) = (self.len, self.height);
        self.fit(len, height);
    }

    /// Goes to the next or the last row before the cursor that fits; false when there is none.
    pub(super) fn seek(&mut self, rows: &[Row], forward: bool, fits: impl Fn(&Row) -> bool) -> bool {
        let found = if forward {
            rows.iter().enumerate().skip(self.cursor + 1).find(|(_, r)| fits(r))
        } else {
            rows.iter().enumerate().take(self.cursor).rev().find(|(_, r)| fits(r))
        };
        let found = found.map(|(i, _)| i);
        found.into_iter().for_each(|i| self.jump(i));
        found.is_some()
    }

    /// Rows of the selection, or the row of the cursor.
    pub(super) fn selected(&self) -> Range<usize> {
        let other = self.mark.unwrap_or(self.cursor);
        self.cursor.min(other)..self.cursor.max(other) + 1
    }
}

/// How rows are drawn.
pub(super) struct Paper<'a> {
    pub(super) styles: &'a Styles,
    pub(super) focused: bool,
    /// What is searched for; empty for nothing.
    pub(super) find: &'a str,
    /// What stands before a row, between it and the cursor's mark.
    pub(super) lead: &'a dyn Fn(&Row) -> Span<'static>,
}

/// A row's lead that is nothing.
pub(super) fn no_lead(_: &Row) -> Span<'static> {
    Span::default()
}

/// The lead that a row has of itself.
pub(super) fn own_lead(row: &Row) -> Span<'static> {
    row.lead.clone()
}

/// Draws the rows that are in view. The first column is the cursor's.
pub(super) fn draw_rows(area: Rect, buf: &mut Buffer, pane: &mut Pane, rows: &[Row], paper: &Paper<'_>) {
    pane.fit(rows.len(), area.height.into());
    draw_view(area, buf, pane, rows.get(pane.top..).unwrap_or_default(), paper);
}

/// [`draw_rows`] for a pane that was fitted, with its rows from the top-most on.
pub(super) fn draw_view(area: Rect, buf: &mut Buffer, pane: &Pane, view: &[Row], paper: &Paper<'_>) {
    let chosen = pane.selected();
    for (y, (index, row)) in (area.y..area.bottom()).zip((pane.top..).zip(view)) {
        let under = index == pane.cursor;
        let (mark, role) = match (under, pane.mark.is_some() && chosen.contains(&index)) {
            (true, _) => ("▌", Role::Accent),
            (false, true) => ("▎", Role::Selection),
            (false, false) => (" ", Role::Text),
        };
        if paper.focused || pane.mark.is_some() {
            buf.set_stringn(area.x, y, mark, area.width.into(), paper.styles.get(role));
        }
        let lead = (paper.lead)(row);
        let x = area.x.saturating_add(1);
        let room = area.right().saturating_sub(x);
        let (x, _) = buf.set_span(x, y, &lead, room);
        let start = x;
        buf.set_line(x, y, &row.line, area.right().saturating_sub(x));
        let line = Rect { x: area.x, y, width: area.width, height: 1 };
        if pane.mark.is_some() && chosen.contains(&index) {
            buf.set_style(line, paper.styles.get(Role::Selection));
        } else if under && paper.focused {
            buf.set_style(line, paper.styles.get(Role::Cursor));
        }
        if !paper.find.is_empty() {
            let text = row.text();
            let role = if under { Role::SearchCurrent } else { Role::SearchMatch };
            for at in hits(&text, paper.find) {
                let skip = |to: usize| width(text.get(..to).unwrap_or_default()).min(usize::from(u16::MAX)) as u16;
                let (from, to) = (start.saturating_add(skip(at.start)), start.saturating_add(skip(at.end)));
                let hit = Rect { x: from, y, width: to.saturating_sub(from), height: 1 };
                buf.set_style(hit.intersection(line), paper.styles.get(role));
            }
        }
    }
}

/// Where `find` stands in `text`, letters of ASCII in either case unless `find` has capitals.
pub(super) fn hits(text: &str, find: &str) -> Vec<Range<usize>> {
    if find.is_empty() {
        return Vec::new();
    }
    let exact = find.chars().any(char::is_uppercase);
    let text = if exact { text.to_owned() } else { text.to_ascii_lowercase() };
    text.match_indices(find).map(|(i, m)| i..i + m.len()).collect()
}

/// Draws a frame with pieces of text in its upper border, as many as fit, and gives the inside.
pub(super) fn frame(
    area: Rect,
    buf: &mut Buffer,
    styles: &Styles,
    focused: bool,
    title: &[(String, Role)],
    foot: &str,
) -> Rect {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return Rect::ZERO;
    }
    ratatui::widgets::Clear.render(area, buf);
    buf.set_style(area, styles.get(Role::Text));
    let border = if focused { Role::BorderFocus } else { Role::Border };
    // Which panel has the keys is also told by the lines of its frame.
    let kind = if focused { BorderType::Thick } else { BorderType::Plain };
    let block = Block::bordered().border_type(kind).border_style(styles.get(border));
    let inner = block.inner(area);
    block.render(area, buf);
    let mut room = usize::from(area.width).saturating_sub(4);
    let (mut x, y) = (area.x.saturating_add(1), area.y);
    for (index, (text, role)) in title.iter().enumerate() {
        let text = one_line(text);
        let text = if index == 0 { truncate(&text, room).into_owned() } else { text };
        let text = format!(" {text} ");
        let columns = width(&text);
        if columns > room + 2 || room == 0 {
            break;
        }
        let style = styles.get(*role);
        (x, _) = buf.set_stringn(x, y, &text, columns, style);
        room = room.saturating_sub(columns);
    }
    let foot = one_line(foot);
    let columns = width(&foot) + 2;
    if !foot.is_empty() && columns + 2 <= usize::from(area.width) && area.height > 1 {
        let x = area.right().saturating_sub(columns as u16 + 1);
        let y = area.bottom().saturating_sub(1);
        buf.set_stringn(x, y, format!(" {foot} "), columns, styles.get(Role::Dim));
    }
    inner
}

/// True where enough is in view to be judged: nobody has seen what fits in fewer columns.
pub(super) fn readable(inner: Rect) -> bool {
    inner.width >= 16 && inner.height > 0
}

/// The place of the view in its rows, for the lower border; empty when all is in view.
pub(super) fn place(pane: &Pane, len: usize, height: usize) -> String {
    if len <= height { String::new() } else { format!("{}/{len}", (pane.cursor + 1).min(len)) }
}

/// Cleaned text on one line.
fn one_line(text: &str) -> String {
    let text = clean(text);
    let text = if text.contains('\n') { text.replace('\n', "␊") } else { text.into_owned() };
    expand_tabs(&text, 0, 4).into_owned()
}

/// A span of cleaned text on one line.
pub(super) fn ink(text: &str, style: Style) -> Span<'static> {
    Span::styled(one_line(text), style)
}

/// Text of several lines, cleaned, each wrapped at spaces to `columns` and put behind `first` or, for
/// all but the first row, as many spaces.
pub(super) fn paragraph(text: &str, columns: usize, first: &Span<'static>, style: Style, out: &mut Vec<Row>) {
    let indent = width(&first.content);
    let columns = columns.saturating_sub(indent).max(8);
    let mut head = Some(first.clone());
    for line in text.trim_end_matches(['\n', '\r']).split('\n') {
        let line = one_line(line.strip_suffix('\r').unwrap_or(line));
        for range in wrap(&line, columns) {
            let lead = head.take().unwrap_or_else(|| Span::raw(" ".repeat(indent)));
            let text = line.get(range).unwrap_or_default().to_owned();
            out.push(Row::new(vec![lead, Span::styled(text, style)], Tag::None));
        }
    }
}

/// Breaks spans into lines of at most `columns`, between any two graphemes; at least one line.
pub(super) fn wrap_spans(spans: Vec<Span<'static>>, columns: usize) -> Vec<Vec<Span<'static>>> {
    break_spans(spans, columns, false)
}

/// Breaks spans after spaces where there are any, and never leaves one out.
pub(super) fn wrap_words(spans: Vec<Span<'static>>, columns: usize) -> Vec<Vec<Span<'static>>> {
    break_spans(spans, columns, true)
}

/// Where the lines of a text end so that each takes at most `columns`: byte offsets.
fn breaks(text: &str, columns: usize, words: bool) -> Vec<usize> {
    let (mut out, mut at, mut from) = (Vec::new(), 0, 0);
    // The end of the last space in the line, and the columns up to there.
    let mut space: Option<(usize, usize)> = None;
    for (index, end, w) in graphemes(text) {
        if at + w > columns && at > 0 {
            if let Some((end, taken)) = space.filter(|(end, _)| words && *end > from) {
                out.push(end);
                (from, at) = (end, at - taken);
            }
            if at + w > columns && at > 0 {
                out.push(index);
                (from, at) = (index, 0);
            }
            space = None;
        }
        at += w;
        if text.get(index..end) == Some(" ") {
            space = Some((end, at));
        }
    }
    out
}

/// How many lines a text takes that is broken so.
pub(super) fn rows_of(text: &str, columns: usize, words: bool) -> usize {
    if text.len() <= columns { 1 } else { breaks(text, columns.max(2), words).len() + 1 }
}

fn break_spans(spans: Vec<Span<'static>>, columns: usize, words: bool) -> Vec<Vec<Span<'static>>> {
    // No character takes more columns than bytes: most lines fit without being measured.
    if spans.iter().map(|s| s.content.len()).sum::<usize>() <= columns {
        return vec![spans];
    }
    let text: String = spans.iter().map(|s| s.content.as_ref()).collect();
    let mut ends = breaks(&text, columns.max(2), words).into_iter().peekable();
    let (mut lines, mut line, mut at) = (Vec::new(), Vec::new(), 0);
    for span in spans {
        let mut rest = span.content.as_ref();
        while let Some(end) = ends.peek().copied().filter(|end| *end <= at + rest.len()) {
            // A grapheme that two spans share stays where it ends.
            let (head, tail) = rest.split_at_checked(end.saturating_sub(at)).unwrap_or((rest, ""));
            if !head.is_empty() {
                line.push(Span::styled(head.to_owned(), span.style));
            }
            lines.push(std::mem::take(&mut line));
            at += head.len();
            rest = tail;
            ends.next();
        }
        if !rest.is_empty() {
            at += rest.len();
            line.push(Span::styled(rest.to_owned(), span.style));
        }
    }
    lines.push(line);
    lines
}

/// The part of spans from column `from`, at most `columns` wide, with `…` where more follows.
pub(super) fn clip_spans(spans: Vec<Span<'static>>, from: usize, columns: usize) -> Vec<Span<'static>> {
    let total: usize = spans.iter().map(|s| width(&s.content)).sum();
    let more = total > from + columns;
    let to = if more { from + columns.saturating_sub(1) } else { from + columns };
    let mut at = 0;
    let mut out = Vec::new();
    let mut last = Style::default();
    for span in spans {
        let mut run = String::new();
        for (start, end, w) in graphemes(&span.content) {
            if at >= from && at + w <= to {
                run.push_str(span.content.get(start..end).unwrap_or_default());
            }
            at += w;
        }
        if !run.is_empty() {
            last = span.style;
            out.push(Span::styled(run, span.style));
        }
    }
    if more {
        out.push(Span::styled("…", last));
    }
    out
}

/// Columns that spans take.
pub(super) fn spans_width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|s| width(&s.content)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn broken_lines_hold_all_of_the_text(
            parts in prop::collection::vec("[a-z é図 ]{0,12}", 0..8),
            columns in 2..30_usize,
            words: bool,
        ) {
            let spans: Vec<Span<'static>> = parts.iter().map(|p| Span::raw(p.clone())).collect();
            let lines = break_spans(spans, columns, words);
            let all: String = lines.iter().flatten().map(|s| s.content.as_ref()).collect();
            prop_assert_eq!(all, parts.concat());
            prop_assert!(lines.iter().all(|l| spans_width(l) <= columns), "{:?}", lines);
        }
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        let lines = |text: &'static str, words| {
            let lines = break_spans(vec![Span::raw(text)], 8, words);
            lines.into_iter().map(|l| l.iter().map(|s| s.content.as_ref()).collect()).collect::<Vec<String>>()
        };
        assert_eq!(lines("one two three", true), ["one two ", "three"]);
        assert_eq!(lines("one two three", false), ["one two ", "three"]);
        assert_eq!(lines("a longest word", true), ["a ", "longest ", "word"]);
        assert_eq!(lines("a longest word", false), ["a longes", "t word"]);
        assert_eq!(lines("unbreakable", true), ["unbreaka", "ble"]);
    }
}
