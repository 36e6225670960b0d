//! Text on its way into cells: cleaned, measured, cut.
//!
//! Nothing that came from a model, a tool, a file or the clipboard reaches a cell but through here.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One line without control characters and without what turns or hides text: line feeds and tabs
/// become spaces, the others a visible mark.
pub fn line(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { visible(c) }).collect()
}

/// Several lines, each cleaned; tabs become four spaces.
pub fn block(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            '\t' => out.push_str("    "),
            '\r' => {}
            c => out.push(visible(c)),
        }
    }
    out
}

fn visible(c: char) -> char {
    let hidden = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    match u32::from(c) {
        n @ 0..=0x1f => char::from_u32(0x2400 + n).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ if c.is_control() || hidden => '\u{fffd}',
        _ => c,
    }
}

/// Columns that a cleaned text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a line in at most `columns` columns, with `…` where it was cut.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide + 1 > columns {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// Lines of at most `columns` columns, broken between words, and within a word that is too long.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut current = String::new();
        let mut used = 0;
        for word in paragraph.split_word_bounds() {
            let wide = word.width();
            if used + wide <= columns {
                current.push_str(word);
                used += wide;
                continue;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut current).trim_end().to_owned());
                used = 0;
            }
            if word.trim().is_empty() {
                continue;
            }
            for grapheme in word.graphemes(true) {
                let wide = grapheme.width();
                if used + wide > columns && used > 0 {
                    lines.push(std::mem::take(&mut current));
                    used = 0;
                }
                current.push_str(grapheme);
                used += wide;
            }
        }
        lines.push(current.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(line("a\u{1b}[2J\u{202e}b\u{200b}\tc\nd\u{7f}"), "a␛[2J\u{fffd}b\u{fffd} c d␡");
        assert_eq!(block("a\r\n\tb\u{9b}"), "a\n    b\u{fffd}");
    }

    proptest! {
        #[test]
        fn wrapped_and_cut_lines_fit(text in "\\PC{0,80}", columns in 2usize..40) {
            for row in wrap(&text, columns) {
                prop_assert!(width(&row) <= columns, "{row:?}");
            }
            prop_assert!(width(&cut(&text, columns)) <= columns);
        }

        #[test]
        fn wrapping_loses_no_word(words in prop::collection::vec("[a-z]{1,9}", 0..30), columns in 10usize..40) {
            let rows = wrap(&words.join(" "), columns);
            let back: Vec<&str> = rows.iter().flat_map(|r| r.split_whitespace()).collect();
            prop_assert_eq!(back, words);
        }
    }
}
