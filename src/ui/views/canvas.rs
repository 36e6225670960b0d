//! Putting text into cells, cut at the edge of its place.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Block, Clear, Widget},
};

use crate::{
    config::theme::Role,
    ui::{style::Styles, text},
};

/// Cells and the styles to draw with.
pub(super) struct Canvas<'a> {
    /// The cells.
    pub(super) buf: &'a mut Buffer,
    /// The styles.
    pub(super) styles: &'a Styles,
}

/// A line in parts, each with its role.
pub(super) type Parts = Vec<(String, Role)>;

/// Columns of a line in parts.
pub(super) fn columns(parts: &Parts) -> usize {
    parts.iter().map(|(t, _)| text::width(t)).sum()
}

impl Canvas<'_> {
    /// Puts cleaned text at the left of `area`'s first row and tells the columns used.
    pub(super) fn put(&mut self, area: Rect, words: &str, role: Role) -> u16 {
        self.put_styled(area, words, self.styles.get(role))
    }

    /// As [`Canvas::put`], in any style.
    pub(super) fn put_styled(&mut self, area: Rect, words: &str, style: Style) -> u16 {
        let area = area.intersection(self.buf.area);
        if area.is_empty() {
            return 0;
        }
        let cut = text::cut(&text::line(words), area.width.into());
        let (x, _) = self.buf.set_stringn(area.x, area.y, cut, area.width.into(), style);
        x.saturating_sub(area.x)
    }

    /// Puts parts one after another and tells the columns used.
    pub(super) fn parts(&mut self, area: Rect, parts: &Parts) -> u16 {
        let mut used = 0;
        for (words, role) in parts {
            used += self.put(shifted(area, used), words, *role);
        }
        used
    }

    /// Gives a whole area a style. What has a ground of its own keeps it: its letters are made for that.
    pub(super) fn wash(&mut self, area: Rect, role: Role) {
        let (style, plain) = (self.styles.get(role), self.styles.get(Role::Text).bg);
        for at in area.intersection(self.buf.area).positions() {
            if let Some(cell) = self.buf.cell_mut(at) {
                let own = plain.is_some_and(|ground| cell.bg != ground);
                cell.set_style(if own { Style { fg: None, bg: None, ..style } } else { style });
            }
        }
    }

    /// Clears an area, frames it, and gives what is inside.
    pub(super) fn window(&mut self, area: Rect, title: &str, hint: &str) -> Rect {
        let area = area.intersection(self.buf.area);
        Clear.render(area, self.buf);
        self.buf.set_style(area, self.styles.get(Role::Text));
        let title = text::cut(&text::line(title), usize::from(area.width.saturating_sub(4)));
        let title = Line::from(Span::styled(format!(" {title} "), self.styles.get(Role::Title)));
        let mut block = Block::bordered().border_style(self.styles.get(Role::BorderFocus)).title(title);
        if !hint.is_empty() {
            let hint = text::cut(&text::line(hint), usize::from(area.width.saturating_sub(4)));
            let hint = Span::styled(format!(" {hint} "), self.styles.get(Role::Dim));
            block = block.title_bottom(Line::from(hint).right_aligned());
        }
        let inner = block.inner(area);
        block.render(area, self.buf);
        inner
    }
}

/// The area without its first `columns`.
pub(super) fn shifted(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect { x: area.x + columns, width: area.width - columns, ..area }
}

/// One row of an area; empty below its end.
pub(super) fn row(area: Rect, row: usize) -> Rect {
    let row = u16::try_from(row).unwrap_or(u16::MAX);
    if row >= area.height {
        return Rect { height: 0, ..area };
    }
    Rect { y: area.y + row, height: 1, ..area }
}

/// An area in the middle of another, at most so large.
pub(super) fn centered(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// The first row to show so that row `at` of `count` is in sight.
pub(super) fn top(at: usize, count: usize, height: usize) -> usize {
    at.saturating_sub(height.saturating_sub(1)).min(count.saturating_sub(height))
}
