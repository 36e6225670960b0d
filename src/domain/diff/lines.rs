//! Bytes to lines, and the operations that lead from one list of lines to another.
//!
//! A line ends at `\n`; a `\r` before it belongs to the end, so a change of line ends is a change of
//! the line. It knows nothing of hunks or of what is drawn.
//!
//! Always holds: the operations cover both sides in order without gaps; [`OpKind::Equal`] ranges are
//! equally long and equal byte for byte; two operations next to each other never have the same kind.

use std::ops::Range;

use super::{
    names::Names,
    search::{SEARCHED, ends, search},
};

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
    /// True when all of the text is printable ASCII: a column a byte.
    pub plain: bool,
}

impl Line {
    /// Byte range with the end.
    pub fn whole(&self) -> Range<usize> {
        self.text.start..self.text.end + self.end.len()
    }
}

/// The lines of a text. Small, since a large file has many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Where each ends, its end included, above [`FLAGS`] bits that say how, and whether it is plain.
    marks: Vec<u64>,
}

/// Bits of a mark that are no offset.
const FLAGS: u32 = 3;
const CRLF: u64 = 1;
const MISSING: u64 = 2;
const PLAIN: u64 = 4;

impl Lines {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// True for an empty text.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// A line, by its index from 0.
    pub fn get(&self, index: usize) -> Option<Line> {
        let mark = *self.marks.get(index)?;
        let end = match (mark & CRLF > 0, mark & MISSING > 0) {
            (true, _) => End::CrLf,
            (_, true) => End::Missing,
            _ => End::Lf,
        };
        let start = index.checked_sub(1).and_then(|i| self.marks.get(i)).map_or(0, |m| m >> FLAGS) as usize;
        Some(Line { text: start..(mark >> FLAGS) as usize - end.len(), end, plain: mark & PLAIN > 0 })
    }

    /// The last line.
    pub fn last(&self) -> Option<Line> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = Line> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// A line's text within the bytes that were split; empty where there is no such line.
    pub fn text<'a>(&self, bytes: &'a [u8], index: usize) -> &'a [u8] {
        self.get(index).and_then(|line| bytes.get(line.text)).unwrap_or_default()
    }

    /// As [`Lines::text`], with the line's end.
    pub(super) fn whole<'a>(&self, bytes: &'a [u8], index: usize) -> &'a [u8] {
        let offset = |index: usize| self.marks.get(index).map_or(0, |m| (m >> FLAGS) as usize);
        bytes.get(index.checked_sub(1).map_or(0, offset)..offset(index)).unwrap_or_default()
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

/// Splits a text into its lines. An empty text has none.
pub fn split(bytes: &[u8]) -> Lines {
    let mut marks = Vec::with_capacity(memchr::memchr_iter(b'\n', bytes).count() + 1);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).chain([bytes.len()]) {
        let piece = bytes.get(start..end).unwrap_or_default();
        let (text, flags) = match piece {
            // The text ended with a line's end.
            [] => break,
            [text @ .., b'\r', b'\n'] => (text, CRLF),
            [text @ .., b'\n'] => (text, 0),
            text => (text, MISSING),
        };
        // Without a way out of the loop it is done many bytes at a time.
        let odd = text.iter().fold(false, |odd, b| odd | (b.wrapping_sub(b' ') > b'~' - b' '));
        marks.push((end as u64) << FLAGS | flags | if odd { 0 } else { PLAIN });
        start = end;
    }
    marks.shrink_to_fit();
    Lines { marks }
}

/// The operations from `old` to `new`, and whether the search was given up for size (then all that
/// lies between the first and the last difference is one [`OpKind::Replace`]).
pub fn diff(old: &[u8], new: &[u8], old_lines: &Lines, new_lines: &Lines) -> (Vec<Op>, bool) {
    let (a, b) = (old_lines.len(), new_lines.len());
    let same = |i: usize, j: usize| old_lines.whole(old, i) == new_lines.whole(new, j);
    let (prefix, suffix) = ends(a, b, same);
    let (pairs, coarse) = {
        // Not the texts themselves: comparing numbers keeps the search's cost apart from the lines'
        // lengths.
        let mut names = Names::of(a + b - 2 * (prefix + suffix));
        let x: Vec<u32> = (prefix..a - suffix).map(|i| names.name(old_lines.whole(old, i))).collect();
        let y: Vec<u32> = (prefix..b - suffix).map(|j| names.name(new_lines.whole(new, j))).collect();
        drop(names);
        search(x, y, SEARCHED)
    };
    let mut ops = Vec::new();
    push(&mut ops, 0..prefix, 0..prefix, true);
    let (mut i, mut j) = (prefix, prefix);
    for run in pairs {
        let (x, y) = (prefix + run.old, prefix + run.new);
        push(&mut ops, i..x, j..y, false);
        push(&mut ops, x..x + run.len, y..y + run.len, true);
        (i, j) = (x + run.len, y + run.len);
    }
    push(&mut ops, i..a - suffix, j..b - suffix, false);
    push(&mut ops, a - suffix..a, b - suffix..b, true);
    ops.shrink_to_fit();
    (ops, coarse)
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
    use super::{super::search::SEARCHED, *};
    use proptest::prelude::*;

    fn run(old: &[u8], new: &[u8]) -> (Vec<Op>, bool) {
        diff(old, new, &split(old), &split(new))
    }

    #[test]
    fn lines_keep_their_ends() {
        let text = b"a\r\n\n\xff\rb\nend";
        let lines = split(text);
        let ends: Vec<_> = lines.iter().map(|l| (&text[l.text], l.end)).collect();
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
                        prop_assert_eq!(&old[a.get(x).unwrap().whole()], &new[b.get(y).unwrap().whole()]);
                    }
                }
            }
            prop_assert_eq!((i, j), (a.len(), b.len()));
        }
    }
}
