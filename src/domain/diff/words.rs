//! How alike two lines are, and which words of them differ.
//!
//! It sees two lines at a time and does not decide which lines belong together.
//!
//! Always holds: emphasis ranges lie on character boundaries, in order, without touching each
//! other; removing them from both lines leaves the same text. Cost is bounded by [`LONGEST`] bytes
//! and [`TOKENS`] tokens a line; beyond, it is one pass from either end.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};
use unicode_segmentation::{UWordBounds, UnicodeSegmentation};

/// Lines above this many bytes differ in one stretch, and are compared by their beginnings only.
pub const LONGEST: usize = 4096;

/// Lines above this many tokens are compared by common beginning and end only.
const TOKENS: usize = 512;

/// The share of a line's text that must be common for two lines to count as one line changed.
pub const ALIKE: f32 = 0.4;

/// The parts of each line that differ, as byte ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emphasis {
    /// Ranges in the old line.
    pub old: Vec<Range<usize>>,
    /// Ranges in the new line.
    pub new: Vec<Range<usize>>,
}

/// The words of a line that differ. Empty for lines that are equal or not UTF-8.
pub fn emphasis(old: &[u8], new: &[u8]) -> Emphasis {
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return Emphasis::default();
    };
    if old == new {
        return Emphasis::default();
    }
    if old.len() > LONGEST || new.len() > LONGEST {
        return stretch(old, new);
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (tokens(old).collect(), tokens(new).collect());
    let mut out = Emphasis::default();
    if a.len() > TOKENS || b.len() > TOKENS {
        let prefix: usize = a.iter().zip(&b).take_while(|(x, y)| x == y).map(|(x, _)| x.len()).sum();
        let room = old.len().min(new.len()) - prefix;
        let mut suffix = 0;
        for (x, y) in a.iter().rev().zip(b.iter().rev()) {
            if x != y || suffix + x.len() > room {
                break;
            }
            suffix += x.len();
        }
        mark(&mut out.old, prefix..old.len() - suffix);
        mark(&mut out.new, prefix..new.len() - suffix);
        return out;
    }
    let (mut i, mut j) = (0, 0);
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        let size = |tokens: &[&str], range: Range<usize>| -> usize {
            tokens.get(range).unwrap_or_default().iter().map(|t| t.len()).sum()
        };
        let (x, y) = (size(&a, op.old_range()), size(&b, op.new_range()));
        if op.tag() != DiffTag::Equal {
            mark(&mut out.old, i..i + x);
            mark(&mut out.new, j..j + y);
        }
        (i, j) = (i + x, j + y);
    }
    out
}

/// What lies between the common beginning and the common end.
fn stretch(old: &str, new: &str) -> Emphasis {
    let mut prefix = old.bytes().zip(new.bytes()).take_while(|(x, y)| x == y).count();
    while !(old.is_char_boundary(prefix) && new.is_char_boundary(prefix)) {
        prefix -= 1;
    }
    let room = old.len().min(new.len()) - prefix;
    let mut suffix = old.bytes().rev().zip(new.bytes().rev()).take(room).take_while(|(x, y)| x == y).count();
    while !(old.is_char_boundary(old.len() - suffix) && new.is_char_boundary(new.len() - suffix)) {
        suffix -= 1;
    }
    let mut out = Emphasis::default();
    mark(&mut out.old, prefix..old.len() - suffix);
    mark(&mut out.new, prefix..new.len() - suffix);
    out
}

/// Words, and every other character on its own.
fn tokens(line: &str) -> Tokens<'_> {
    if line.is_ascii() { Tokens::Ascii(line) } else { Tokens::Any(line.split_word_bounds()) }
}

/// What is left of a line's tokens.
enum Tokens<'a> {
    /// Most lines; the same tokens by less.
    Ascii(&'a str),
    Any(UWordBounds<'a>),
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        match self {
            Self::Any(rest) => rest.next(),
            Self::Ascii(rest) => {
                let (token, after) = rest.split_at_checked(first(rest.as_bytes()))?;
                *rest = after;
                (!token.is_empty()).then_some(token)
            }
        }
    }
}

/// How long the first token of some ASCII is.
fn first(text: &[u8]) -> usize {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match text {
        [b'\r', b'\n', ..] => 2,
        [b' ', ..] => text.iter().take_while(|b| **b == b' ').count(),
        [b, ..] if letter(*b) => {
            let mut at = 1;
            loop {
                at += match text.get(at - 1..) {
                    Some([_, b, ..]) if letter(*b) => 1,
                    // A point between letters or digits parts no word.
                    Some([a, b'.' | b':' | b'\'', b, ..]) if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => 2,
                    Some([a, b'.' | b',' | b';' | b'\'', b, ..]) if a.is_ascii_digit() && b.is_ascii_digit() => 2,
                    _ => return at,
                };
            }
        }
        [] => 0,
        _ => 1,
    }
}

fn mark(ranges: &mut Vec<Range<usize>>, range: Range<usize>) {
    if range.is_empty() {
        return;
    }
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}

/// What is compared of a line when lines are paired: its words, as sorted hashes with their weight.
/// Cheap to compare, so that a block of lines can be paired by all its combinations.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bag {
    words: Vec<(u64, u32)>,
    weight: u32,
}

impl Bag {
    pub(crate) fn of(line: &[u8]) -> Self {
        let head = line.get(..LONGEST).unwrap_or(line);
        let text = String::from_utf8_lossy(head);
        let mut words: Vec<(u64, u32)> = tokens(&text)
            .filter(|t| !t.trim().is_empty())
            .take(TOKENS)
            // Brackets and commas are alike in all lines of a language; letters are what tells
            // lines apart.
            .map(|t| {
                (fnv(t.as_bytes()), if t.chars().any(char::is_alphanumeric) { 1 + t.len().min(16) as u32 } else { 1 })
            })
            .collect();
        words.sort_unstable();
        let weight = words.iter().map(|w| w.1).sum();
        Self { words, weight }
    }

    /// From 0 (nothing in common) to 1 (the same words).
    pub(crate) fn likeness(&self, other: &Self) -> f32 {
        let (mut a, mut b) = (self.words.iter().peekable(), other.words.iter().peekable());
        let mut common = 0;
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => drop(a.next()),
                std::cmp::Ordering::Greater => drop(b.next()),
                std::cmp::Ordering::Equal => {
                    common += x.1;
                    a.next();
                    b.next();
                }
            }
        }
        let total = self.weight + other.weight;
        if total == 0 { 1.0 } else { 2.0 * common as f32 / total as f32 }
    }
}

/// FNV-1a: the standard library's hasher is not promised to be the same from release to release.
pub(crate) fn fnv(text: &[u8]) -> u64 {
    text.iter()
        .copied()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
        let e = emphasis(old.as_bytes(), new.as_bytes());
        let cut = |s: &str, r: &[Range<usize>]| r.iter().map(|r| s[r.clone()].to_owned()).collect();
        (cut(old, &e.old), cut(new, &e.new))
    }

    #[test]
    fn only_the_words_that_differ_are_marked() {
        assert_eq!(
            shown("let total = sum(a);", "let count = sum(a, b);"),
            (vec!["total".to_owned()], vec!["count".to_owned(), ", b".to_owned()])
        );
        assert_eq!(shown("same", "same"), (vec![], vec![]));
        assert_eq!(shown("un café", "un thé"), (vec!["café".to_owned()], vec!["thé".to_owned()]));
    }

    #[test]
    fn long_lines_are_bounded() {
        let (a, b) = ("x, ".repeat(400), format!("{}y", "x, ".repeat(399)));
        let e = emphasis(a.as_bytes(), b.as_bytes());
        assert_eq!(format!("{:?} {:?}", e.old, e.new), "[1197..1200] [1197..1198]");
        let (a, b) =
            (format!("{}é{}", "a".repeat(5000), "c".repeat(9)), format!("{}è{}", "a".repeat(5000), "c".repeat(9)));
        let e = emphasis(a.as_bytes(), b.as_bytes());
        assert_eq!(format!("{:?} {:?}", e.old, e.new), "[5000..5002] [5000..5002]");
        assert_eq!(emphasis(b"\xff", b"a"), Emphasis::default());
    }

    #[test]
    fn lines_with_the_same_words_are_alike() {
        let like = |a: &str, b: &str| Bag::of(a.as_bytes()).likeness(&Bag::of(b.as_bytes()));
        assert!(like("let total = 1;", "let total = 2;") > ALIKE);
        assert!(like("let total = 1;", "return Err(Refused);") < ALIKE);
        assert!(like("", "") > ALIKE);
        assert!(like("", "a") < ALIKE);
    }

    proptest! {
        #[test]
        fn the_tokens_of_ascii_are_those_of_any_text(line in "([a-b0-1_.,:;' ]|\r\n|[\\x00-\\x7f]){0,20}") {
            prop_assert_eq!(tokens(&line).collect::<Vec<_>>(), line.split_word_bounds().collect::<Vec<_>>());
        }

        #[test]
        fn what_is_not_marked_is_the_same(old in "[a-c é,.]{0,30}", new in "[a-c é,.]{0,30}") {
            let e = emphasis(old.as_bytes(), new.as_bytes());
            let rest = |s: &str, ranges: &[Range<usize>]| {
                let mut out = s.to_owned();
                for r in ranges.iter().rev() {
                    out.replace_range(r.clone(), "");
                }
                out
            };
            prop_assert_eq!(rest(&old, &e.old), rest(&new, &e.new));
        }
    }
}
