//! Display columns: measuring, cutting, padding and wrapping by grapheme.
//!
//! It expects cleaned text ([`super::clean`]) without line feeds or tabs; others have no width here.
//!
//! Always holds: a grapheme is never cut; nothing returned is wider than asked, except a single
//! grapheme that is itself wider than a line.

use std::{borrow::Cow, ops::Range};

use unicode_segmentation::{GraphemeIndices, UnicodeSegmentation};
use unicode_width::UnicodeWidthStr;

/// Columns a text takes.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) { text.len() } else { graphemes(text).map(|g| g.2).sum() }
}

/// The graphemes of a text: start, end, columns. Measured one by one, as a terminal draws them: the
/// sum must not depend on how a text is cut.
pub fn graphemes(text: &str) -> Graphemes<'_> {
    Graphemes { text, at: 0, odd: None }
}

/// See [`graphemes`]. Letters of ASCII are one each and most of most texts; what they touch that is not is looked at
/// closely.
#[derive(Clone, Debug)]
pub struct Graphemes<'a> {
    text: &'a str,
    at: usize,
    /// A stretch that is not all letters of ASCII, and where it begins.
    odd: Option<(usize, GraphemeIndices<'a>)>,
}

impl Iterator for Graphemes<'_> {
    type Item = (usize, usize, usize);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((from, odd)) = &mut self.odd {
            if let Some((at, g)) = odd.next() {
                return Some((*from + at, *from + at + g.len(), g.width()));
            }
            self.odd = None;
        }
        let rest = self.text.as_bytes().get(self.at..)?;
        let from = self.at;
        // Between a letter of ASCII and whatever of ASCII follows it there is always a boundary.
        let parted = |pair: &[u8]| matches!(pair, [b' '..=b'~', next] if next.is_ascii());
        let letter = match rest {
            [] => return None,
            [one] => (b' '..=b'~').contains(one),
            [one, next, ..] => parted(&[*one, *next]),
        };
        if letter {
            self.at += 1;
            return Some((from, from + 1, 1));
        }
        self.at += rest.windows(2).position(parted).map_or(rest.len(), |last| last + 1);
        self.odd = Some((from, self.text.get(from..self.at)?.grapheme_indices(true)));
        self.next()
    }
}

/// The longest beginning that takes at most `columns`.
pub fn head(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (from, _, wide) in graphemes(text) {
        used += wide;
        if used > columns {
            return text.get(..from).unwrap_or_default();
        }
    }
    text
}

/// The longest ending that takes at most `columns`.
pub fn tail(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, g) in text.grapheme_indices(true).rev() {
        used += g.width();
        if used > columns {
            return text.get(at + g.len()..).unwrap_or_default();
        }
    }
    text
}

/// At most `columns`, with `…` at the end where something was cut.
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", head(text, columns - 1)))
}

/// Exactly `columns`: cut with `…`, or filled with spaces on the right.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = truncate(text, columns).into_owned();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&out))));
    out
}

/// A path in at most `columns`, cut in the middle so that its last part stays: `src/…/mod.rs`.
pub fn middle(path: &str, columns: usize) -> Cow<'_, str> {
    if width(path) <= columns {
        return Cow::Borrowed(path);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    let room = columns - 1;
    let name = path.rfind('/').and_then(|at| path.get(at..)).unwrap_or("");
    // Whole parts where the name and a first part fit, else characters.
    if !name.is_empty() && width(name) <= room {
        let dirs = path.get(..path.len() - name.len()).unwrap_or_default();
        let mut end = name;
        for (at, _) in dirs.rmatch_indices('/') {
            let longer = path.get(at..).unwrap_or_default();
            if width(longer) > room - room / 3 {
                break;
            }
            end = longer;
        }
        let start = head(dirs, room - width(end));
        let start = start.rfind('/').and_then(|at| start.get(..=at)).unwrap_or(start);
        return Cow::Owned(format!("{start}…{end}"));
    }
    let end = tail(path, room - room / 3);
    Cow::Owned(format!("{}…{end}", head(path, room - width(end))))
}

/// Breaks a text at spaces, and between wide graphemes, into lines of at most `columns`; a longer
/// word is broken where it must be. Byte ranges, without the spaces around a break; at least one.
pub fn wrap(text: &str, columns: usize) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    // The line being filled, and its columns. Spaces at the start of a text stay: they indent.
    let (mut line, mut used) = (0..0, 0);
    for (word, wide) in words(text) {
        let gap = width(text.get(line.end..word.start).unwrap_or_default());
        if used + gap + wide <= columns {
            line.end = word.end;
            used += gap + wide;
            continue;
        }
        if !line.is_empty() {
            lines.push(line);
        }
        (line, used) = (word.start..word.start, 0);
        for (from, to, wide) in graphemes(text.get(word.clone()).unwrap_or_default()) {
            if used + wide > columns && !line.is_empty() {
                lines.push(line);
                (line, used) = (word.start + from..word.start + from, 0);
            }
            line.end = word.start + to;
            used += wide;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Runs between spaces, and within them between wide graphemes, with their columns.
fn words(text: &str) -> Vec<(Range<usize>, usize)> {
    let mut out: Vec<(Range<usize>, usize)> = Vec::new();
    let mut last_wide = false;
    for (from, to, wide) in graphemes(text) {
        if text.get(from..to).is_some_and(|g| g != "\u{a0}" && g.chars().all(char::is_whitespace)) {
            last_wide = false;
            continue;
        }
        match out.last_mut() {
            Some((word, columns)) if word.end == from && wide < 2 && !last_wide => {
                word.end = to;
                *columns += wide;
            }
            _ => out.push((from..to, wide)),
        }
        last_wide = wide > 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(text: &str, columns: usize) -> Vec<&str> {
        wrap(text, columns).into_iter().map(|r| &text[r]).collect()
    }

    #[test]
    fn width_counts_columns() {
        assert_eq!((width("abc"), width("図a"), width("e\u{301}"), width("⚠️")), (3, 3, 1, 2));
    }

    #[test]
    fn cutting_never_splits_a_grapheme() {
        assert_eq!(truncate("図図図", 4), "図…");
        assert_eq!(truncate("abc", 3), "abc");
        assert_eq!(truncate("abc", 0), "");
        assert_eq!(pad("図図図", 4), "図… ");
        assert_eq!(pad("a", 3), "a  ");
        assert_eq!(tail("a図", 2), "図");
        assert_eq!(tail("a図", 1), "");
    }

    #[test]
    fn a_path_keeps_its_name() {
        let path = "src/domain/change/very/deep/mod.rs";
        assert_eq!(middle(path, 40), path);
        assert_eq!(middle(path, 20), "src/…/deep/mod.rs");
        assert_eq!(middle(path, 10), "sr…/mod.rs");
        assert_eq!(middle(path, 5), "s….rs");
        assert_eq!(middle(path, 1), "…");
    }

    #[test]
    fn words_stay_whole_where_they_fit() {
        assert_eq!(wrapped("the quick  brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrapped("abcdefghij klm", 4), ["abcd", "efgh", "ij", "klm"]);
        assert_eq!(wrapped("図図図図", 5), ["図図", "図図"]);
        assert_eq!(wrapped("ab 図図", 5), ["ab 図", "図"]);
        assert_eq!(wrapped("  indented text", 10), ["  indented", "text"]);
        assert_eq!(wrapped("", 5), [""]);
        assert_eq!(wrapped("図", 1), ["図"]);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_words_and_fits(text in "[a-c図é ]{0,40}", columns in 2usize..12) {
            let lines = wrapped(&text, columns);
            for line in &lines {
                prop_assert!(width(line) <= columns, "{:?}", line);
            }
            let bare = |s: &str| s.split_whitespace().collect::<String>();
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
        }

        #[test]
        fn graphemes_are_those_of_the_whole_text(text in "([a-c ]|e\u{301}|\r\n|\u{600}|\u{1f1e9}\u{1f1ea}|\u{1f469}\u{200d}\u{1f680}|\u{fe0f}|図|\\PC|[\\x00-\\x7f]){0,24}") {
            let all: Vec<_> = text.grapheme_indices(true).map(|(at, g)| (at, at + g.len(), g.width())).collect();
            prop_assert_eq!(graphemes(&text).map(|(from, to, _)| (from, to)).collect::<Vec<_>>(), all.iter().map(|(from, to, _)| (*from, *to)).collect::<Vec<_>>());
            prop_assert_eq!(graphemes(&text).map(|g| g.2).sum::<usize>(), all.iter().map(|g| g.2).sum::<usize>());
        }

        #[test]
        fn what_is_cut_fits(text in "\\PC{0,30}", columns in 0usize..20) {
            for cut in [truncate(&text, columns), middle(&text, columns)] {
                prop_assert!(width(&cut) <= columns, "{:?}", cut);
            }
            prop_assert_eq!(width(&pad(&text, columns)), columns);
        }
    }
}
