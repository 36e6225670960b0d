//! Typed text: as many rows as there is room for, around the cursor.
//!
//! Only what is in sight is laid out, however long the text is.

use std::{collections::HashMap, ops::Range, rc::Rc};

use ratatui::layout::{Position, Rect};

use super::canvas::{Canvas, shifted};
use crate::{
    config::theme::Role,
    domain::prose::{veil, width::graphemes},
    ui::model::area::{Area, TAB, column, rows},
};

/// A row that is shown: its line, which row of it, and the bytes.
type Shown = (usize, usize, Range<usize>);

/// Draws a text and tells where its cursor is; with the numbers of the lines where they are wanted.
pub(super) fn draw(area: &Area, place: Rect, numbered: bool, canvas: &mut Canvas<'_>) -> Option<Position> {
    let place = place.intersection(canvas.buf.area);
    if place.is_empty() {
        return None;
    }
    let digits = area.lines().len().to_string().len();
    let gutter = if numbered { u16::try_from(digits + 2).unwrap_or(0).min(place.width - 1) } else { 0 };
    let columns = usize::from(place.width - gutter);
    area.size.set((columns, place.height.into()));
    canvas.buf.set_style(place, canvas.styles.get(Role::Text));
    if area.is_empty() && !area.placeholder_text().is_empty() {
        // Behind the cursor.
        canvas.put(shifted(place, gutter + 1), area.placeholder_text(), Role::Dim);
        return Some(Position { x: place.x + gutter, y: place.y });
    }
    let (shown, cursor) = in_sight(area, columns, place.height.into());
    area.top.set(shown.first().map_or((0, 0), |(line, nth, _)| (*line, *nth)));
    for (y, (line, nth, bytes)) in (place.y..place.bottom()).zip(&shown) {
        if gutter > 0 && *nth == 0 {
            let number = format!("{:>width$}", line + 1, width = digits + 1);
            canvas.put(Rect { y, height: 1, width: gutter, ..place }, &number, Role::Gutter);
        }
        let text = Rect { x: place.x + gutter, y, height: 1, width: place.width - gutter };
        row(area, *line, bytes, text, canvas);
    }
    let (line, _, bytes) = shown.get(cursor)?;
    let at = column(area.line(*line), bytes, area.cursor().1).min(columns - 1);
    let (x, y) = (u16::try_from(at).unwrap_or(0), u16::try_from(cursor).unwrap_or(0));
    Some(Position { x: place.x + gutter + x, y: place.y + y })
}

/// The rows of lines, each laid out once.
struct Rows<'a> {
    area: &'a Area,
    columns: usize,
    known: HashMap<usize, Rc<[Range<usize>]>>,
}

impl Rows<'_> {
    fn of(&mut self, line: usize) -> Rc<[Range<usize>]> {
        let known = self.known.entry(line).or_insert_with(|| rows(self.area.line(line), self.columns).into());
        Rc::clone(known)
    }

    /// So many rows further up, or the first.
    fn up(&mut self, (mut line, mut nth): (usize, usize), by: usize) -> (usize, usize) {
        for _ in 0..by {
            if nth > 0 {
                nth -= 1;
            } else if line > 0 {
                line -= 1;
                nth = self.of(line).len() - 1;
            }
        }
        (line, nth)
    }

    /// The rows from one on.
    fn from(&mut self, (line, nth): (usize, usize), height: usize) -> Vec<Shown> {
        let (mut out, mut skip) = (Vec::new(), nth);
        for line in line..self.area.lines().len() {
            let all = self.of(line);
            let more = all.iter().cloned().enumerate().skip(skip).map(|(nth, bytes)| (line, nth, bytes));
            out.extend(more.take(height - out.len()));
            skip = 0;
            if out.len() == height {
                break;
            }
        }
        out
    }
}

/// The rows in sight, and which of them the cursor is in: from where it was drawn last, as far up or down as the
/// cursor asks for.
fn in_sight(area: &Area, columns: usize, height: usize) -> (Vec<Shown>, usize) {
    let mut all = Rows { area, columns, known: HashMap::new() };
    let (line, at) = area.cursor();
    let here = (line, all.of(line).partition_point(|row| row.start <= at).saturating_sub(1));
    let (top, nth) = area.top.get();
    let top = if top < area.lines().len() { (top, nth.min(all.of(top).len() - 1)) } else { here };
    let is_here = |(line, nth, _): &Shown| (*line, *nth) == here;
    let mut shown = all.from(top.min(here), height);
    let mut cursor = shown.iter().position(is_here);
    if cursor.is_none() {
        // One row further down it moves by one; after a jump there is something on both sides.
        let near = shown.last().is_some_and(|(line, ..)| here.0 <= line + height);
        let from = all.up(here, if near { height - 1 } else { height / 2 });
        shown = all.from(from, height);
        cursor = shown.iter().position(is_here);
    }
    (shown, cursor.unwrap_or(0))
}

/// Draws one row: what is looked for and what is selected in their styles, stand-ins as their pictures.
fn row(area: &Area, line: usize, bytes: &Range<usize>, place: Rect, canvas: &mut Canvas<'_>) {
    let text = area.line(line);
    let hits = area.hits(text, bytes);
    let selected = |at: usize| area.selection().is_some_and(|(from, to)| from <= (line, at) && (line, at) < to);
    let mut x = 0;
    for (from, to, _) in graphemes(text.get(bytes.clone()).unwrap_or_default()) {
        let (from, to) = (bytes.start + from, bytes.start + to);
        let grapheme = text.get(from..to).unwrap_or_default();
        let picture = grapheme.chars().next().and_then(veil::picture);
        let role = match picture {
            _ if selected(from) => Role::Selection,
            _ if hits.iter().any(|hit| hit.start < to && from < hit.end) => Role::SearchMatch,
            // The end of a line of another system is no reason to look twice.
            Some('␍') => Role::Dim,
            Some(_) => Role::Danger,
            None => Role::Text,
        };
        let style = canvas.styles.get(role);
        let room = usize::from(place.width).saturating_sub(x);
        let at = place.x + u16::try_from(x).unwrap_or(0);
        let drawn = match picture {
            Some(picture) => picture.to_string(),
            None if grapheme == "\t" => " ".repeat(TAB - x % TAB),
            None => grapheme.to_owned(),
        };
        let (end, _) = canvas.buf.set_stringn(at, place.y, drawn, room, style);
        x = usize::from(end - place.x);
    }
    // A line that is selected to its end and beyond.
    if bytes.end == text.len() && selected(text.len()) {
        let at = place.x.saturating_add(u16::try_from(x).unwrap_or(u16::MAX)).min(place.right() - 1);
        canvas.buf.set_style(Rect { x: at, width: 1, ..place }, canvas.styles.get(Role::Selection));
    }
}
