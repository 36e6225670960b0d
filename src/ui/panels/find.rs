//! What is searched for, and the places where it stands.
//!
//! A text is searched as it is drawn: what is hidden in it has a mark, and can be found by the mark.
//!
//! Always holds: places are in the order of the rows; a place that is out of view names the row that
//! hides it.

use std::ops::Range;

use crate::domain::prose::clean_bytes;

/// What is searched for. Letters of ASCII fit in either case unless it has capitals.
#[derive(Debug, Default)]
pub(super) struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), exact: text.chars().any(char::is_uppercase) }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Where it stands in a text that is drawn.
    pub(super) fn hits(&self, text: &str) -> Vec<Range<usize>> {
        super::pane::hits(text, &self.text)
    }

    /// Where it first stands in a line of a file as it is drawn, as bytes of what is drawn.
    pub(super) fn first(&self, line: &[u8]) -> Option<Range<usize>> {
        self.hits(&clean_bytes(line)).into_iter().next()
    }

    /// True where it stands in a line of a file.
    pub(super) fn is_in(&self, line: &[u8]) -> bool {
        // Most lines are drawn as they are, and there are many.
        if line.iter().all(|b| (0x20..0x7f).contains(b) || *b == b'\t') {
            self.plain(line)
        } else {
            self.first(line).is_some()
        }
    }

    fn plain(&self, line: &[u8]) -> bool {
        let wanted = self.text.as_bytes();
        let Some(begin) = wanted.first() else { return false };
        let fits = |part: &[u8]| if self.exact { part == wanted } else { part.eq_ignore_ascii_case(wanted) };
        let begins = |b: &u8| if self.exact { b == begin } else { b.eq_ignore_ascii_case(begin) };
        line.windows(wanted.len()).any(|part| part.first().is_some_and(begins) && fits(part))
    }
}

/// Where what is searched for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its row, or the row that hides it.
    pub(super) row: usize,
    /// How many rows the line takes from there on.
    pub(super) rows: usize,
    /// Out of view: the file and the row of its difference.
    pub(super) hidden: Option<(usize, usize)>,
}

impl Place {
    /// A place that is in view.
    pub(super) fn at(row: usize, rows: usize) -> Self {
        Self { row, rows, hidden: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_line_is_searched_as_it_is_drawn(line in "[a-cA-C \t]{0,12}(\u{202e}|\u{1b}|é)?[a-cA-C]{0,6}", wanted in "[a-cA-C ]{1,3}|U\\+202E") {
            let needle = Needle::of(&wanted);
            prop_assert_eq!(needle.is_in(line.as_bytes()), !needle.hits(&clean_bytes(line.as_bytes())).is_empty());
        }
    }
}
