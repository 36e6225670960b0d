//! How a line of typed text lies in rows: broken behind spaces, and within a word that is too long.
//!
//! Always holds: the rows of a line are its bytes in order, each once, and there is at least one.

use std::ops::Range;

use crate::domain::prose::width::graphemes;

/// Columns of a tab stop.
pub const TAB: usize = 4;

/// The columns of a grapheme that begins at a column.
fn columns(text: &str, at: usize, width: usize) -> usize {
    if text == "\t" { TAB - at % TAB } else { width }
}

/// The rows of a line in so many columns.
pub fn rows(line: &str, width: usize) -> Vec<Range<usize>> {
    let width = width.max(1);
    let whole = 0..line.len();
    if line.len() <= width && line.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return vec![whole];
    }
    let mut out = Vec::new();
    // The row's beginning, the column, and the last place to break with the columns that lie behind it.
    let (mut start, mut at, mut space) = (0, 0, None);
    for (from, to, wide) in graphemes(line) {
        let text = line.get(from..to).unwrap_or_default();
        let mut takes = columns(text, at, wide);
        if at + takes > width && from > start {
            let (cut, behind) = space.map_or((from, 0), |(cut, column)| (cut, at - column));
            out.push(start..cut);
            (start, at, space) = (cut, behind, None);
            takes = columns(text, at, wide);
            if at + takes > width && from > start {
                out.push(start..from);
                (start, at) = (from, 0);
                takes = columns(text, at, wide);
            }
        }
        at += takes;
        if text == " " || text == "\t" {
            space = Some((to, at));
        }
    }
    out.push(start..line.len());
    out
}

/// The column of a byte of a row.
pub fn column(line: &str, row: &Range<usize>, byte: usize) -> usize {
    let text = line.get(row.clone()).unwrap_or_default();
    let mut at = 0;
    for (from, to, wide) in graphemes(text) {
        if row.start + to > byte {
            break;
        }
        at += columns(text.get(from..to).unwrap_or_default(), at, wide);
    }
    at
}

/// The byte of a row at a column, or the last one that a cursor can be at in it: behind the end of a row that goes
/// on it would be in the next.
pub(super) fn byte(line: &str, row: &Range<usize>, column: usize) -> usize {
    let text = line.get(row.clone()).unwrap_or_default();
    let (mut at, mut last) = (0, row.start);
    for (from, to, wide) in graphemes(text) {
        let takes = columns(text.get(from..to).unwrap_or_default(), at, wide);
        last = row.start + from;
        if at + takes > column {
            return last;
        }
        at += takes;
    }
    if row.end == line.len() { row.end } else { last }
}

/// Which of the rows a byte is in.
pub(super) fn row_of(rows: &[Range<usize>], byte: usize) -> usize {
    rows.partition_point(|row| row.start <= byte).saturating_sub(1)
}
