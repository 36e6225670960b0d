//! Tables laid out in columns that share a width.
//!
//! Cells wrap; where there is no room for columns at all, each cell becomes a line `header: text`.
//! Nothing is cut off.
//!
//! Always holds: no line is wider than asked, down to the widest single character.

use super::{
    block::{Align, Cells, Ink, Span, Style},
    layout::{Role, flow},
    width::width,
};

/// Columns below which a cell is not worth a column.
const NARROWEST: usize = 4;

/// Columns between two cells: a space, a bar, a space.
const GAP: usize = 3;

/// The lines of a table, each with its source line.
pub(super) fn layout(align: &[Align], head: &Cells, rows: &[Cells], room: usize) -> Vec<(Vec<Span>, usize, Role)> {
    let count = rows.iter().chain([head]).map(|r| r.cells.len()).max().unwrap_or(0);
    if count == 0 {
        return Vec::new();
    }
    let natural: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().chain([head]).filter_map(|r| r.cells.get(column));
            cells.map(|spans| spans.iter().map(|s| width(&s.text)).sum()).max().unwrap_or(0).max(1)
        })
        .collect();
    let gaps = GAP * (count - 1);
    let least: usize = natural.iter().map(|n| (*n).min(NARROWEST)).sum();
    if gaps + least > room {
        return stacked(head, rows, room);
    }
    let widths = share(&natural, room - gaps);
    let mut out = Vec::new();
    row(head, &widths, align, Role::TableHead, &mut out);
    let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
    out.push((vec![marker(&rule.join("─┼─"), head.line)], head.line, Role::Rule));
    for cells in rows {
        row(cells, &widths, align, Role::TableRow, &mut out);
    }
    out
}

/// True for rows that are drawn the same.
pub(super) fn same(a: &Cells, b: &Cells) -> bool {
    let cell = |(a, b): (&Vec<Span>, &Vec<Span>)| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (&a.text, a.style) == (&b.text, b.style))
    };
    a.cells.len() == b.cells.len() && a.cells.iter().zip(&b.cells).all(cell)
}

/// Gives every column its own width if it can, and what is short is taken from the widest.
fn share(natural: &[usize], room: usize) -> Vec<usize> {
    let mut widths = natural.to_vec();
    let mut over = widths.iter().sum::<usize>().saturating_sub(room);
    while over > 0 {
        let widest = widths.iter().copied().max().unwrap_or(0);
        let next = widths.iter().copied().filter(|w| *w < widest).max().unwrap_or(0);
        let count = widths.iter().filter(|w| **w == widest).count();
        let step = (widest - next).min(over.div_ceil(count)).max(1);
        for wide in widths.iter_mut().filter(|w| **w == widest) {
            let less = step.min(over);
            *wide -= less;
            over -= less;
        }
    }
    widths
}

fn row(cells: &Cells, widths: &[usize], align: &[Align], role: Role, out: &mut Vec<(Vec<Span>, usize, Role)>) {
    let none = Vec::new();
    let columns: Vec<Vec<(Vec<Span>, usize)>> = widths
        .iter()
        .enumerate()
        .map(|(column, wide)| flow(cells.cells.get(column).unwrap_or(&none), *wide, cells.line))
        .collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    for index in 0..height {
        let mut line = Vec::new();
        for (column, wide) in widths.iter().enumerate() {
            if column > 0 {
                line.push(marker(" │ ", cells.line));
            }
            let spans = columns.get(column).and_then(|c| c.get(index)).map_or(&[][..], |(spans, _)| spans);
            let used: usize = spans.iter().map(|s| width(&s.text)).sum();
            let free = wide.saturating_sub(used);
            let before = match align.get(column) {
                None | Some(Align::Left) => 0,
                Some(Align::Center) => free / 2,
                Some(Align::Right) => free,
            };
            line.push(marker(&" ".repeat(before), cells.line));
            line.extend(spans.iter().cloned());
            line.push(marker(&" ".repeat(free - before), cells.line));
        }
        line.retain(|s| !s.text.is_empty());
        out.push((line, cells.line, role));
    }
}

fn stacked(head: &Cells, rows: &[Cells], room: usize) -> Vec<(Vec<Span>, usize, Role)> {
    let mut out = Vec::new();
    let none = Vec::new();
    if rows.is_empty() {
        for cell in &head.cells {
            out.extend(flow(cell, room, head.line).into_iter().map(|(l, _)| (l, head.line, Role::TableHead)));
        }
    }
    for cells in rows {
        for (column, cell) in cells.cells.iter().enumerate() {
            let name = head.cells.get(column).unwrap_or(&none);
            let mut spans: Vec<Span> = name.clone();
            if !name.is_empty() {
                spans.push(marker(": ", cells.line));
            }
            spans.extend(cell.iter().cloned());
            out.extend(flow(&spans, room, cells.line).into_iter().map(|(l, _)| (l, cells.line, Role::TableRow)));
        }
    }
    out
}

fn marker(text: &str, line: usize) -> Span {
    Span { text: text.to_owned(), style: Style { ink: Ink::Marker, ..Style::default() }, line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::{layout::render, markdown::parse};

    fn drawn(source: &str, columns: usize) -> Vec<String> {
        let lines = render(&parse(source), columns);
        let text = |spans: &[Span]| spans.iter().map(|s| s.text.as_str()).collect::<String>();
        lines.iter().map(|l| format!("{} {}", l.source_line, text(&l.spans)).trim_end().to_owned()).collect()
    }

    const SOURCE: &str = "| Name | Meaning of it | n |\n|:-----|:---:|--:|\n| 図 | two words | 12 |\n| b | | 3 |\n";

    #[test]
    fn what_is_short_is_taken_from_the_widest() {
        assert_eq!(share(&[3, 5], 9), [3, 5]);
        assert_eq!(share(&[3, 20, 10], 20), [3, 8, 9]);
        assert_eq!(share(&[10, 10, 10], 28), [9, 9, 10]);
    }

    #[test]
    fn columns_line_up() {
        assert_eq!(
            drawn(SOURCE, 40),
            [
                "1 Name │ Meaning of it │  n",
                "1 ─────┼───────────────┼───",
                "3 図   │   two words   │ 12",
                "4 b    │               │  3",
                "4",
            ]
        );
    }

    #[test]
    fn wide_columns_give_room_and_wrap() {
        assert_eq!(
            drawn(SOURCE, 20),
            [
                "1 Name │ Meaning  │  n",
                "1      │  of it   │",
                "1 ─────┼──────────┼───",
                "3 図   │   two    │ 12",
                "3      │  words   │",
                "4 b    │          │  3",
                "4",
            ]
        );
    }

    #[test]
    fn without_room_cells_are_stacked() {
        assert_eq!(
            drawn(SOURCE, 12),
            [
                "3 Name: 図",
                "3 Meaning of",
                "3 it: two",
                "3 words",
                "3 n: 12",
                "4 Name: b",
                "4 Meaning of",
                "4 it:",
                "4 n: 3",
                "4",
            ]
        );
    }
}
