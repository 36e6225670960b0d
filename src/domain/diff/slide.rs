//! Where a block of added or removed lines is said to stand, when it could stand in several places.
//!
//! A block that begins with the line which follows it may as well be taken to lie one line further
//! down; both are the same difference. A reader takes in a function, an entry, a paragraph as one, so
//! the place is chosen where its two edges cut least: at little indentation, after an empty line, not
//! just before what closes a block. Where nothing speaks for one, it is the last, as in git.
//!
//! Always holds: only blocks between equal lines move, by lines that are the same byte for byte; no two
//! blocks come to touch that did not.

use super::lines::{Lines, Op, OpKind};

/// How far a block is moved either way. What repeats for longer has no edges to speak of.
const FURTHEST: usize = 100;
/// Lines compared for all blocks of one file together.
const BUDGET: usize = 200_000;
/// Indentation that still counts.
const DEEPEST: usize = 200;

/// Moves every block of lines that are on one side alone to its best place.
pub(super) fn slide(ops: &mut Vec<Op>, old: &[u8], new: &[u8], old_lines: &Lines, new_lines: &Lines) {
    let mut budget = BUDGET;
    // A block at either end of the file may leave equal lines behind it there.
    let equal = |op: Option<&Op>| op.is_none_or(|op| op.kind == OpKind::Equal);
    if !equal(ops.first()) {
        ops.insert(0, Op { kind: OpKind::Equal, old: 0..0, new: 0..0 });
    }
    if !equal(ops.last()) {
        let (a, b) = (old_lines.len(), new_lines.len());
        ops.push(Op { kind: OpKind::Equal, old: a..a, new: b..b });
    }
    for index in 0..ops.len() {
        let Some(op) = ops.get(index) else { break };
        let (side, block) = match op.kind {
            OpKind::Insert => (Side { bytes: new, lines: new_lines }, op.new.clone()),
            OpKind::Delete => (Side { bytes: old, lines: old_lines }, op.old.clone()),
            OpKind::Equal | OpKind::Replace => continue,
        };
        // Equal lines on both sides of it, of which the last one stays where another block follows.
        let room = |at: Option<usize>, end: bool| {
            let Some(equal) = at.and_then(|at| ops.get(at)).filter(|op| op.kind == OpKind::Equal) else { return 0 };
            equal.old.len().saturating_sub(usize::from(!end)).min(FURTHEST)
        };
        let up = room(index.checked_sub(1), index == 1);
        let down = room(Some(index + 1), index + 2 == ops.len());
        let above = (1..=up).take_while(|by| side.same(block.start - by, block.end - by, &mut budget)).count();
        let below = (0..down).take_while(|by| side.same(block.start + by, block.end + by, &mut budget)).count();
        let first = block.start - above;
        let best = (first..=block.start + below).rev().min_by_key(|at| side.cut(*at) + side.cut(at + block.len()));
        shift(ops, index, best.unwrap_or(block.start), block.start);
    }
    ops.retain(|op| !op.old.is_empty() || !op.new.is_empty());
    ops.shrink_to_fit();
}

/// Moves the operation at `index` from the line `from` of its side to `to`, and the equal lines with it.
fn shift(ops: &mut [Op], index: usize, to: usize, from: usize) {
    let by = |n: usize| (n + to).saturating_sub(from);
    if let Some(op) = ops.get_mut(index) {
        (op.old.start, op.old.end) = (by(op.old.start), by(op.old.end));
        (op.new.start, op.new.end) = (by(op.new.start), by(op.new.end));
    }
    if let Some(before) = index.checked_sub(1).and_then(|i| ops.get_mut(i)) {
        (before.old.end, before.new.end) = (by(before.old.end), by(before.new.end));
    }
    if let Some(after) = ops.get_mut(index + 1) {
        (after.old.start, after.new.start) = (by(after.old.start), by(after.new.start));
    }
}

struct Side<'a> {
    bytes: &'a [u8],
    lines: &'a Lines,
}

impl Side<'_> {
    fn line(&self, at: usize) -> Option<&[u8]> {
        (at < self.lines.len()).then(|| self.lines.whole(self.bytes, at))
    }

    fn same(&self, one: usize, other: usize, budget: &mut usize) -> bool {
        *budget = budget.saturating_sub(1);
        *budget > 0 && self.line(one).is_some() && self.line(one) == self.line(other)
    }

    /// Columns before the first letter, as far as they count; nothing for an empty line.
    fn indent(&self, at: usize) -> Option<usize> {
        let mut columns = 0;
        for byte in self.line(at)?.iter().take(DEEPEST) {
            match byte {
                b' ' => columns += 1,
                b'\t' => columns += 8 - columns % 8,
                b'\r' | b'\n' => return None,
                _ => return Some(columns.min(DEEPEST)),
            }
        }
        None
    }

    /// How much is torn apart by an edge before the line `at`: less is better. Indentation weighs more
    /// than all the rest.
    fn cut(&self, at: usize) -> usize {
        if at == 0 || at >= self.lines.len() {
            return 0;
        }
        let near = |at: &usize| self.indent(*at).is_some();
        let above = (0..at).rev().take(FURTHEST).find(near).and_then(|at| self.indent(at)).unwrap_or(0);
        let below = (at..self.lines.len()).take(FURTHEST).find(near).and_then(|at| self.indent(at)).unwrap_or(0);
        let after_empty = self.indent(at - 1).is_none();
        let before_empty = self.indent(at).is_none();
        let closes = below < above && !after_empty && !before_empty;
        10 * below + 4 * usize::from(closes) + 2 * usize::from(!after_empty) + usize::from(before_empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::lines::{self, split};
    use proptest::prelude::*;

    fn diff(old: &str, new: &str) -> Vec<Op> {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let (a, b) = (split(old), split(new));
        let mut ops = lines::diff(old, new, &a, &b).0;
        slide(&mut ops, old, new, &a, &b);
        ops
    }

    /// What git and people would call the added lines.
    fn added(old: &str, new: &str) -> Vec<String> {
        let lines = split(new.as_bytes());
        let ops = diff(old, new);
        let blocks = ops.iter().filter(|op| op.old.is_empty());
        let text = |at: usize| lines.get(at).and_then(|l| new.get(l.whole())).unwrap_or_default();
        blocks.map(|op| op.new.clone().map(text).collect()).collect()
    }

    #[test]
    fn a_block_begins_and_ends_where_a_reader_would_say() {
        for (old, new, want) in [
            // A function after the last one: with its own brace, not with that of the one before.
            ("f {\n  1\n}\n", "f {\n  1\n}\n\ng {\n  2\n}\n", "\ng {\n  2\n}\n"),
            // One before another.
            ("f {\n  1\n}\n\nh {\n}\n", "f {\n  1\n}\n\ng {\n  2\n}\n\nh {\n}\n", "g {\n  2\n}\n\n"),
            // With what introduces it.
            ("/// one\nf\n/// two\ng\n", "/// one\nf\n/// one\nh\n/// two\ng\n", "/// one\nh\n"),
            // A block within a block.
            (
                "a\n  for {\n    x\n  }\n  for {\n    z\n  }\n",
                "a\n  for {\n    x\n  }\n  for {\n    y\n  }\n  for {\n    z\n  }\n",
                "  for {\n    y\n  }\n",
            ),
            // At the end of what was changed before.
            ("x\nf {\n  1\n}\n", "y\nf {\n  1\n}\n\ng {\n  2\n}\n", "\ng {\n  2\n}\n"),
            // Nothing speaks for one of them: the last.
            ("a\na\n", "a\na\na\n", "a\n"),
            ("- a\n- b\n", "- a\n- b\n- b\n", "- b\n"),
        ] {
            assert_eq!(added(old, new), [want], "{old:?} {new:?}");
        }
    }

    proptest! {
        #[test]
        fn it_is_still_the_same_difference(
            head in "[ab\n ]{0,12}", block in "[ab\n ]{1,12}", tail in "[ab\n ]{0,12}",
        ) {
            let (old, new) = (format!("{head}\n{tail}"), format!("{head}\n{block}\n{tail}"));
            let (x, y) = (split(old.as_bytes()), split(new.as_bytes()));
            let ops = diff(&old, &new);
            let (mut i, mut j) = (0, 0);
            for pair in ops.windows(2) {
                prop_assert_ne!(pair[0].kind, pair[1].kind);
            }
            for op in &ops {
                prop_assert_eq!((op.old.start, op.new.start), (i, j));
                if op.kind == OpKind::Equal {
                    for (a, b) in op.old.clone().zip(op.new.clone()) {
                        prop_assert_eq!(x.whole(old.as_bytes(), a), y.whole(new.as_bytes(), b));
                    }
                }
                (i, j) = (op.old.end, op.new.end);
            }
            prop_assert_eq!((i, j), (x.len(), y.len()));
        }
    }
}
