//! How alike two lines are, and which words of them differ.
//!
//! It sees two lines at a time and does not decide which lines belong together.
//!
//! Always holds: emphasis ranges lie on character boundaries, in order, without touching each
//! other; removing them from both lines leaves the same text. Cost is bounded by [`LONGEST`] bytes
//! and [`TOKENS`] tokens a line; beyond, words that stand on each side once part what is alike from what is not,
//! and no more than [`SEARCHED`] are searched in between.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};
use unicode_segmentation::{UWordBounds, UnicodeSegmentation};

use super::{names::Names, search::search};

/// Of lines above this many bytes the words that differ are looked for by [`long`], and likeness goes by their
/// beginnings only.
pub const LONGEST: usize = 4096;

/// As [`LONGEST`], in tokens.
const TOKENS: usize = 512;

/// Tokens of both sides that are searched between those that anchor.
const SEARCHED: usize = 20_000;

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
        return long(old, new);
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (tokens(old).collect(), tokens(new).collect());
    if a.len() > TOKENS || b.len() > TOKENS {
        return long(old, new);
    }
    let mut out = Emphasis::default();
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

/// The words of a long line that differ: between the common beginning and the common end, as far as a bounded
/// search finds what is alike there.
fn long(old: &str, new: &str) -> Emphasis {
    let (from, behind) = middle(old, new);
    let (to_old, to_new) = (old.len() - behind, new.len() - behind);
    let (a, b) = (old.get(from..to_old).unwrap_or_default(), new.get(from..to_new).unwrap_or_default());
    let starts = |text: &str| -> Vec<usize> {
        let ends = tokens(text).scan(0, |at, token| {
            *at += token.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect()
    };
    let runs = {
        let mut names = Names::of(256);
        let mut named = |text| -> Vec<u32> { tokens(text).map(|token: &str| names.name(token.as_bytes())).collect() };
        let (x, y) = (named(a), named(b));
        search(x, y, SEARCHED).0
    };
    let (at_a, at_b) = (starts(a), starts(b));
    let place = |starts: &[usize], nth: usize, last: usize| starts.get(nth).copied().unwrap_or(last);
    let mut out = Emphasis::default();
    let (mut i, mut j) = (0, 0);
    for run in runs {
        let (x, to_x) = (place(&at_a, run.old, a.len()), place(&at_a, run.old + run.len, a.len()));
        let (y, to_y) = (place(&at_b, run.new, b.len()), place(&at_b, run.new + run.len, b.len()));
        // A bracket or a comma between two changes tells nothing, and there are many.
        let whole = x == i || y == j || a.get(x..to_x).is_some_and(|same| same.contains(char::is_alphanumeric));
        if !whole {
            continue;
        }
        mark(&mut out.old, from + i..from + x);
        mark(&mut out.new, from + j..from + y);
        (i, j) = (to_x, to_y);
    }
    mark(&mut out.old, from + i..to_old);
    mark(&mut out.new, from + j..to_new);
    out
}

/// How many bytes are the same at the beginning of two lines and at their ends, as far as whole words are.
fn middle(old: &str, new: &str) -> (usize, usize) {
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    // Where a word goes on on either side, it is none of what is the same.
    let parts = |text: &str, at: usize| {
        let letter = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || !b.is_ascii());
        let bytes = text.as_bytes();
        text.is_char_boundary(at) && !(letter(at.checked_sub(1).and_then(|i| bytes.get(i))) && letter(bytes.get(at)))
    };
    let prefix = (0..=same).rev().find(|at| parts(old, *at) && parts(new, *at)).unwrap_or(0);
    let room = a.len().min(b.len()) - prefix;
    let same = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(x, y)| x == y).count();
    let fits = |behind: &usize| parts(old, a.len() - behind) && parts(new, b.len() - behind);
    (prefix, (0..=same).rev().find(fits).unwrap_or(0))
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
    fn a_long_line_with_three_changes_far_apart_has_three_stretches() {
        // Minified: few names, again and again, and among them some that are there once.
        let line = |numbers: [u32; 3]| {
            let mut out = String::new();
            for n in 0..20_000 {
                match n {
                    100 => out.push_str(&format!("r={};", numbers[0])),
                    9_000 => out.push_str(&format!("r={};", numbers[1])),
                    19_900 => out.push_str(&format!("r={};", numbers[2])),
                    _ if n % 50 == 0 => out.push_str(&format!("function f{n}(e,t){{")),
                    _ => out.push_str("e=t.a(1,2);if(e){t=n(e)}"),
                }
            }
            out
        };
        let (old, new) = (line([10, 20, 30]), line([10, 21, 31]));
        assert!(old.len() > 400_000);
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(shown(&old, &new), (words(&["20", "30"]), words(&["21", "31"])));
        let new = line([11, 2, 333]);
        assert_eq!(shown(&old, &new), (words(&["10", "20", "30"]), words(&["11", "2", "333"])));
        // One that came in and one that is gone.
        let (a, b) = (old.replace("r=20;", ""), old.replace("r=30;", ""));
        assert_eq!(shown(&a, &b), (words(&["r=30;"]), words(&["r=20;"])));
    }

    #[test]
    fn brackets_between_two_changes_of_a_long_line_part_nothing() {
        let line = |middle: &str| format!("{} {middle} {}", "a ".repeat(2500), "b ".repeat(9));
        let (old, new) = (line("alpha(beta),gamma"), line("one(two),three"));
        assert_eq!(shown(&old, &new), (vec!["alpha(beta),gamma".to_owned()], vec!["one(two),three".to_owned()]));
    }

    #[test]
    fn long_lines_are_bounded() {
        let (a, b) = ("x, ".repeat(400), format!("{}y", "x, ".repeat(399)));
        let e = emphasis(a.as_bytes(), b.as_bytes());
        assert_eq!(format!("{:?} {:?}", e.old, e.new), "[1197..1200] [1197..1198]");
        // Words are told whole, and characters never in part.
        let (a, b) =
            (format!("{} é{}", "a ".repeat(2500), "c".repeat(9)), format!("{} è{}", "a ".repeat(2500), "c".repeat(9)));
        let e = emphasis(a.as_bytes(), b.as_bytes());
        assert_eq!(format!("{:?} {:?}", e.old, e.new), "[5001..5012] [5001..5012]");
        assert_eq!(emphasis(b"\xff", b"a"), Emphasis::default());
        // Without anything to anchor on it is one stretch, and not a search without end.
        let digits = |seed: u64| -> String {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'0' + (state >> 60) as u8 % 10)
            };
            (0..100_000).flat_map(|_| [next(), '+']).collect()
        };
        let (a, b) = (digits(1), digits(2));
        let e = emphasis(a.as_bytes(), b.as_bytes());
        assert!(e.old.len() <= 1 && e.new.len() <= 1, "{} {}", e.old.len(), e.new.len());
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
            for e in [emphasis(old.as_bytes(), new.as_bytes()), long(&old, &new)] {
                let rest = |s: &str, ranges: &[Range<usize>]| {
                    let mut out = s.to_owned();
                    for r in ranges.iter().rev() {
                        out.replace_range(r.clone(), "");
                    }
                    out
                };
                prop_assert_eq!(rest(&old, &e.old), rest(&new, &e.new));
                for ranges in [&e.old, &e.new] {
                    prop_assert!(ranges.iter().zip(ranges.iter().skip(1)).all(|(a, b)| a.end < b.start));
                }
            }
        }
    }
}
