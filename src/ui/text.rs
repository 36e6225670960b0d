//! Text on its way into cells: cleaned, cut and wrapped.
//!
//! Nothing that came from a model, a tool, a file or the clipboard reaches a cell but through here or
//! through [`crate::domain::prose`], which this brings into the forms that the screen needs.

use crate::domain::prose::{clean, expand_tabs, width as prose};

/// One cleaned line: line feeds and tabs become spaces.
pub fn line(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

/// Several lines, each cleaned, with spaces for tabs and without carriage returns.
pub fn block(text: &str) -> String {
    let text = text.replace('\r', "");
    let lines: Vec<String> = clean(&text).split('\n').map(|l| expand_tabs(l, 0, 4).into_owned()).collect();
    lines.join("\n")
}

/// Columns that a cleaned text takes.
pub fn width(text: &str) -> usize {
    prose::width(text)
}

/// The beginning of a line in at most `columns` columns, with `…` where it was cut.
pub fn cut(text: &str, columns: usize) -> String {
    prose::truncate(text, columns).into_owned()
}

/// Cleaned lines of at most `columns` columns, broken between words, and within a word that is too
/// long.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let rows = |line: &str| {
        let ranges = prose::wrap(line, columns.max(1));
        ranges.into_iter().map(|r| line.get(r).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    text.split('\n').flat_map(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let cleaned = line("a\u{1b}[2J\u{202e}b\tc\nd");
        assert_eq!(cleaned, "a␛[2J⟨U+202E⟩b c d");
        assert_eq!(block("a\r\n\tb\u{7}"), "a\n    b␇");
    }

    #[test]
    fn wrapping_keeps_words_and_line_ends() {
        assert_eq!(wrap("one two three\nfour", 8), ["one two", "three", "four"]);
        assert_eq!(cut("one two three", 8), "one two…");
    }
}
