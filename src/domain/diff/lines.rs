//! Bytes to lines, and the operations that lead from one list of lines to another.
//!
//! A line ends at `\n`; a `\r` before it belongs to the end, so a change of line ends is a change of
//! the line. It knows nothing of hunks or of what is drawn.
//!
//! Always holds: the operations cover both sides in order without gaps; [`OpKind::Equal`] ranges are
//! equally long and equal byte for byte; two operations next to each other never have the same kind.

use std::{collections::HashMap, hash::Hash, ops::Range};

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// How a line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// Nothing: the last line of a text without a final newline.
    Missing,
}

impl End {
    /// Length in bytes.
    pub fn len(self) -> usize {
        match self {
            Self::Lf => 1,
            Self::CrLf => 2,
            Self::Missing => 0,
        }
    }

    /// True for [`End::Missing`].
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// One line of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Byte range of the text, without its end.
    pub text: Range<usize>,
    /// What follows it.
    pub end: End,
}

impl Line {
    /// Byte range with the end.
    pub fn whole(&self) -> Range<usize> {
        self.text.start..self.text.end + self.end.len()
    }
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpKind {
    /// Lines on both sides.
    Equal,
    /// Lines on the old side only.
    Delete,
    /// Lines on the new side only.
    Insert,
    /// Different lines on both sides.
    Replace,
}

/// One step from old to new, as ranges of line indices from 0. A range may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// What it does.
    pub kind: OpKind,
    /// Lines of the old side.
    pub old: Range<usize>,
    /// Lines of the new side.
    pub new: Range<usize>,
}

/// Lines that are searched in one file, both sides together; what is left then is a replacement.
/// Lines of one side alone, and those between which unique lines anchor, are not among them: unrelated
/// texts cost no search at all, and neither do large ones that are mostly the same.
const SEARCHED: usize = 60_000;

/// How often anchors are looked for between anchors.
const DEPTH: usize = 8;

/// Splits a text into its lines. An empty text has none.
pub fn split(bytes: &[u8]) -> Vec<Line> {
    let mut start = 0;
    let mut lines = Vec::new();
    for piece in bytes.split_inclusive(|b| *b == b'\n') {
        let end = match piece {
            [.., b'\r', b'\n'] => End::CrLf,
            [.., b'\n'] => End::Lf,
            _ => End::Missing,
        };
        lines.push(Line { text: start..start + piece.len() - end.len(), end });
        start += piece.len();
    }
    lines
}

/// The operations from `old` to `new`, and whether the search was given up for size (then all that
/// lies between the first and the last difference is one [`OpKind::Replace`]).
pub fn diff<'a>(old: &'a [u8], new: &'a [u8], old_lines: &[Line], new_lines: &[Line]) -> (Vec<Op>, bool) {
    let (a, b) = (texts(old, old_lines), texts(new, new_lines));
    let (prefix, suffix) = ends(&a, &b);
    let mut names = HashMap::new();
    let mut number = |texts: &[&'a [u8]]| -> Vec<u32> {
        // Not the texts themselves: comparing numbers keeps the search's cost apart from the lines'
        // lengths.
        let mut out = Vec::with_capacity(texts.len());
        for text in texts {
            let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
            out.push(*names.entry(*text).or_insert(next));
        }
        out
    };
    let x = number(a.get(prefix..a.len() - suffix).unwrap_or_default());
    let y = number(b.get(prefix..b.len() - suffix).unwrap_or_default());
    let (pairs, coarse) = search(&x, &y);
    let mut ops = Vec::new();
    push(&mut ops, 0..prefix, 0..prefix, true);
    let (mut i, mut j) = (prefix, prefix);
    for (x, y) in pairs {
        let (x, y) = (prefix + x, prefix + y);
        push(&mut ops, i..x, j..y, false);
        push(&mut ops, x..x + 1, y..y + 1, true);
        (i, j) = (x + 1, y + 1);
    }
    push(&mut ops, i..a.len() - suffix, j..b.len() - suffix, false);
    push(&mut ops, a.len() - suffix..a.len(), b.len() - suffix..b.len(), true);
    (ops, coarse)
}

fn texts<'a>(bytes: &'a [u8], lines: &[Line]) -> Vec<&'a [u8]> {
    lines.iter().map(|l| bytes.get(l.whole()).unwrap_or_default()).collect()
}

/// How many entries are the same at the beginning, and then at the end.
fn ends<T: PartialEq>(a: &[T], b: &[T]) -> (usize, usize) {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (a.get(prefix..).unwrap_or_default(), b.get(prefix..).unwrap_or_default());
    (prefix, rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(x, y)| x == y).count())
}

/// The longest common part that the search finds, as pairs of indices that grow on both sides, and
/// whether the search was given up. Numbers are taken to be dense.
pub(super) fn search(a: &[u32], b: &[u32]) -> (Vec<(usize, usize)>, bool) {
    let size = a.iter().chain(b).max().map_or(0, |n| *n as usize + 1);
    let marks = |side: &[u32]| {
        let mut marks = vec![false; size];
        side.iter().for_each(|n| marks.get_mut(*n as usize).into_iter().for_each(|m| *m = true));
        marks
    };
    let (in_a, in_b) = (marks(a), marks(b));
    // What stands on one side alone can be no part of it.
    let kept = |side: &[u32], other: &[bool]| -> Vec<(usize, u32)> {
        let both = |n: &u32| other.get(*n as usize).copied().unwrap_or(false);
        side.iter().copied().enumerate().filter(|(_, n)| both(n)).collect()
    };
    let (a, b) = (kept(a, &in_b), kept(b, &in_a));
    let numbers = |kept: &[(usize, u32)]| -> Vec<u32> { kept.iter().map(|k| k.1).collect() };
    let (x, y) = (numbers(&a), numbers(&b));
    let mut pairs = Vec::new();
    let mut left = (SEARCHED, DEPTH);
    let coarse = stretch(&x, &y, (0, 0), &mut left, &mut pairs);
    let places = pairs.into_iter().filter_map(|(i, j): (usize, usize)| Some((a.get(i)?.0, b.get(j)?.0)));
    (places.collect(), coarse)
}

/// Pairs what is the same in two stretches that begin at `at`; true when the search was given up
/// in some part of them. `left` are the lines and the levels of anchors that may still be searched.
fn stretch(a: &[u32], b: &[u32], at: (usize, usize), left: &mut (usize, usize), out: &mut Vec<(usize, usize)>) -> bool {
    let (prefix, suffix) = ends(a, b);
    let (end_a, end_b) = (a.len() - suffix, b.len() - suffix);
    out.extend((0..prefix).map(|k| (at.0 + k, at.1 + k)));
    let (x, y) = (a.get(prefix..end_a).unwrap_or_default(), b.get(prefix..end_b).unwrap_or_default());
    let at_middle = (at.0 + prefix, at.1 + prefix);
    let mut coarse = false;
    if x.is_empty() || y.is_empty() {
        // Nothing to pair.
    } else if x.len() + y.len() <= left.0 {
        left.0 -= x.len() + y.len();
        for (from, to) in common(x, y) {
            out.extend(from.zip(to).map(|(i, j)| (at_middle.0 + i, at_middle.1 + j)));
        }
    } else {
        let anchors = if left.1 > 0 { anchors(x, y) } else { Vec::new() };
        coarse = anchors.is_empty();
        let levels = left.1;
        left.1 = levels.saturating_sub(1);
        let (mut i, mut j) = (0, 0);
        for (p, q) in anchors.iter().copied().chain((!coarse).then_some((x.len(), y.len()))) {
            // What follows an anchor may have been paired with the one before it.
            if p < i || q < j {
                continue;
            }
            let (before, after) = (x.get(i..p).unwrap_or_default(), y.get(j..q).unwrap_or_default());
            coarse |= stretch(before, after, (at_middle.0 + i, at_middle.1 + j), left, out);
            if p < x.len() {
                out.push((at_middle.0 + p, at_middle.1 + q));
            }
            (i, j) = (p + 1, q + 1);
        }
        left.1 = levels;
    }
    out.extend((0..suffix).map(|k| (at.0 + end_a + k, at.1 + end_b + k)));
    coarse
}

/// The longest row of what is unique on both sides and in the same order on both.
fn anchors(a: &[u32], b: &[u32]) -> Vec<(usize, usize)> {
    let unique = |side: &[u32]| {
        let mut seen: HashMap<u32, Option<usize>> = HashMap::new();
        for (index, n) in side.iter().enumerate() {
            seen.entry(*n).and_modify(|place| *place = None).or_insert(Some(index));
        }
        seen
    };
    let (in_a, in_b) = (unique(a), unique(b));
    let place = |seen: &HashMap<u32, Option<usize>>, n| seen.get(n).copied().flatten();
    let pairs: Vec<(usize, usize)> = a.iter().filter_map(|n| Some((place(&in_a, n)?, place(&in_b, n)?))).collect();
    // Piles of growing places, as in the game of patience: each top is the least that ends a row of
    // that length, and knows what lies before it.
    let (mut tops, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), vec![None; pairs.len()]);
    let there = |index: usize| pairs.get(index).map_or(0, |p| p.1);
    for (index, (_, q)) in pairs.iter().enumerate() {
        let pile = tops.partition_point(|top| there(*top) < *q);
        let under = pile.checked_sub(1).and_then(|i| tops.get(i).copied());
        before.get_mut(index).into_iter().for_each(|b| *b = under);
        match tops.get_mut(pile) {
            Some(top) => *top = index,
            None => tops.push(index),
        }
    }
    let mut out: Vec<(usize, usize)> = Vec::with_capacity(tops.len());
    let mut next = tops.last().copied();
    while let Some(index) = next {
        out.extend(pairs.get(index));
        next = before.get(index).copied().flatten();
    }
    out.reverse();
    out
}

/// Equal stretches of both sides. Patience anchors on what is unique on both sides, in near-linear
/// time, and searches only between anchors, with a bounded search. Histogram takes quadratic time on
/// many changes at even distances.
fn common<T: Eq + Hash + Ord>(a: &[T], b: &[T]) -> Vec<(Range<usize>, Range<usize>)> {
    let ops = capture_diff_slices(Algorithm::Patience, a, b);
    let equal = ops.iter().filter(|op| op.tag() == DiffTag::Equal);
    equal.map(|op| (op.old_range(), op.new_range())).collect()
}

/// Adds a step; changes next to each other become one.
fn push(ops: &mut Vec<Op>, mut old: Range<usize>, mut new: Range<usize>, equal: bool) {
    if old.is_empty() && new.is_empty() {
        return;
    }
    if let Some(last) = ops.last()
        && (last.kind == OpKind::Equal) == equal
    {
        old.start = last.old.start;
        new.start = last.new.start;
        ops.pop();
    }
    let kind = match (equal, old.is_empty(), new.is_empty()) {
        (true, _, _) => OpKind::Equal,
        (false, _, true) => OpKind::Delete,
        (false, true, false) => OpKind::Insert,
        (false, false, false) => OpKind::Replace,
    };
    ops.push(Op { kind, old, new });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(old: &[u8], new: &[u8]) -> (Vec<Op>, bool) {
        diff(old, new, &split(old), &split(new))
    }

    #[test]
    fn lines_keep_their_ends() {
        let text = b"a\r\n\n\xff\rb\nend";
        let lines = split(text);
        let ends: Vec<_> = lines.iter().map(|l| (&text[l.text.clone()], l.end)).collect();
        assert_eq!(
            ends,
            [(&b"a"[..], End::CrLf), (&b""[..], End::Lf), (&b"\xff\rb"[..], End::Lf), (&b"end"[..], End::Missing)]
        );
        assert!(split(b"").is_empty());
    }

    #[test]
    fn a_change_of_the_line_end_is_a_change() {
        let (ops, _) = run(b"a\r\nb\n", b"a\nb\n");
        assert_eq!(ops.iter().map(|o| o.kind).collect::<Vec<_>>(), [OpKind::Replace, OpKind::Equal]);
        assert_eq!(run(b"a", b"a\n").0.len(), 1);
    }

    #[test]
    fn unique_lines_anchor_the_difference() {
        let (ops, _) = run(b"fn a() {\n}\n", b"fn b() {\n}\n\nfn a() {\n}\n");
        assert_eq!(ops[0], Op { kind: OpKind::Insert, old: 0..0, new: 0..3 });
        assert_eq!(ops[1], Op { kind: OpKind::Equal, old: 0..2, new: 3..5 });
    }

    #[test]
    fn many_changes_at_even_distances_are_found_each() {
        let text = |mark: &str| -> String {
            (0..100_000).map(|i| if i % 10 == 0 { format!("{mark}{i}\n") } else { format!("line {i}\n") }).collect()
        };
        let (ops, coarse) = run(text("old").as_bytes(), text("new").as_bytes());
        assert!(!coarse);
        assert_eq!(ops.iter().filter(|o| o.kind == OpKind::Replace).count(), 10_000);
    }

    #[test]
    fn what_is_too_much_to_search_is_one_replacement() {
        let text = |mark: char| -> Vec<u8> {
            let middle: String = (0..200_000).map(|i| format!("{mark}{i}\n")).collect();
            format!("same\n{middle}end\n").into_bytes()
        };
        let kinds = |ops: &[Op]| ops.iter().map(|o| o.kind).collect::<Vec<_>>();
        let (ops, coarse) = run(&text('a'), &text('b'));
        assert!(!coarse, "nothing is common, so nothing is searched");
        assert_eq!(kinds(&ops), [OpKind::Equal, OpKind::Replace, OpKind::Equal]);
        // Each line twice: nothing is unique, so nothing anchors.
        let lines = |turned: bool| -> Vec<u8> {
            let mut middle: Vec<String> = (0..SEARCHED).map(|i| format!("{}\n", i % (SEARCHED / 2))).collect();
            if turned {
                middle.reverse();
            }
            format!("same\n{}end\n", middle.concat()).into_bytes()
        };
        let (ops, coarse) = run(&lines(false), &lines(true));
        assert!(coarse);
        assert_eq!(kinds(&ops), [OpKind::Equal, OpKind::Replace, OpKind::Equal]);
    }

    #[test]
    fn a_large_text_of_which_a_part_moved_is_not_given_up() {
        let line = |i: usize| if i.is_multiple_of(3) { "}\n".to_owned() } else { format!("line {i}\n") };
        let text = |order: &mut dyn Iterator<Item = usize>| -> String { order.map(line).collect() };
        let n = 2 * SEARCHED;
        let (old, new) = (text(&mut (0..n)), text(&mut (10..n).chain(0..10)));
        let (ops, coarse) = run(old.as_bytes(), new.as_bytes());
        assert!(!coarse);
        let kept: usize = ops.iter().filter(|o| o.kind == OpKind::Equal).map(|o| o.old.len()).sum();
        assert!(kept >= n - 10, "{kept} of {n}");
    }

    thread_local! {
        static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    /// A number that counts how often it is compared.
    #[derive(Clone, Copy, Debug, Eq, PartialOrd, Ord)]
    struct Counted(u32);

    impl PartialEq for Counted {
        fn eq(&self, other: &Self) -> bool {
            STEPS.set(STEPS.get() + 1);
            self.0 == other.0
        }
    }

    impl Hash for Counted {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    #[test]
    fn hostile_lines_cost_a_bounded_number_of_comparisons() {
        // Without order, and the same on every run: the top bits of a congruential generator.
        let noise = |seed: u64, of: u64, n: usize| -> Vec<u32> {
            let mut state = seed;
            let mut next = move || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((state >> 33) % of) as u32
            };
            (0..n).map(|_| next()).collect()
        };
        // A tenth of what is searched: the cost of a line grows little with their number.
        let half = SEARCHED / 20;
        let n = half as u32;
        let cases: Vec<(&str, Vec<u32>, Vec<u32>)> = vec![
            ("two words", noise(1, 2, half), noise(2, 2, half)),
            ("few words", noise(1, 7, half), noise(2, 7, half)),
            ("hundreds", noise(1, 300, half), noise(2, 300, half)),
            ("as many as lines", noise(1, half as u64, half), noise(2, half as u64, half)),
            ("upside down", (0..n).collect(), (0..n).rev().collect()),
            ("each twice, upside down", (0..n).map(|i| i / 2).collect(), (0..n).rev().map(|i| i / 2).collect()),
            ("halves changed places", (0..n).collect(), (n / 2..n).chain(0..n / 2).collect()),
            ("a period", (0..n).map(|i| i % 97).collect(), (0..n).map(|i| i % 89).collect()),
            ("alike but for the ends", [vec![1], vec![0; half]].concat(), [vec![0; half - 9], vec![1]].concat()),
        ];
        for (what, a, b) in cases {
            let counted = |side: &[u32]| side.iter().copied().map(Counted).collect::<Vec<_>>();
            STEPS.set(0);
            common(&counted(&a), &counted(&b));
            let each = STEPS.get() / (a.len() + b.len()) as u64;
            assert!(each <= 500, "{what}: {each} comparisons a line");
        }
    }

    proptest! {
        #[test]
        fn operations_cover_both_sides(old in "[ab\r\n]{0,40}", new in "[ab\r\n]{0,40}") {
            let (old, new) = (old.as_bytes(), new.as_bytes());
            let (a, b) = (split(old), split(new));
            let (ops, _) = diff(old, new, &a, &b);
            let (mut i, mut j, mut last) = (0, 0, None);
            for op in ops {
                prop_assert_eq!((op.old.start, op.new.start), (i, j));
                (i, j) = (op.old.end, op.new.end);
                let changed = op.kind != OpKind::Equal;
                prop_assert_ne!(last, Some(changed));
                last = Some(changed);
                if !changed {
                    prop_assert_eq!(op.old.len(), op.new.len());
                    for (x, y) in op.old.zip(op.new) {
                        prop_assert_eq!(&old[a[x].whole()], &new[b[y].whole()]);
                    }
                }
            }
            prop_assert_eq!((i, j), (a.len(), b.len()));
        }
    }
}
