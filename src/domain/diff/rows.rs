//! Operations to rows: which old line stands beside which new line.
//!
//! Within a replacement the lines that share the most words are paired, in order; what is left over
//! between two pairs shares rows in order too, without being called the same line. It does not fold
//! or draw anything.
//!
//! Always holds: reading the rows' left parts gives the old lines in order, the right parts the new
//! ones, each exactly once.

use std::{num::NonZeroU32, ops::Range};

use super::{
    lines::{End, Lines, Op, OpKind},
    moves::{Moved, Moves},
    names::Names,
    search::{SEARCHED, search},
    words::{ALIKE, Bag},
};

/// One line on one side of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRef {
    /// Line number, from 1.
    pub number: usize,
    /// Byte range of its text in that side's bytes, without the end.
    pub text: Range<usize>,
    /// How it ends.
    pub end: End,
    /// True when all of the text is printable ASCII: a column a byte.
    pub plain: bool,
}

impl LineRef {
    pub(super) fn of(lines: &Lines, index: usize) -> Option<Self> {
        let line = lines.get(index)?;
        Some(Self { number: index + 1, text: line.text, end: line.end, plain: line.plain })
    }

    /// Byte range with the end.
    pub fn whole(&self) -> Range<usize> {
        self.text.start..self.text.end + self.end.len()
    }
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RowKind {
    /// The same line on both sides.
    Equal,
    /// A line on the old side only.
    Removed,
    /// A line on the new side only.
    Added,
    /// One line that changed in part: words that differ are worth emphasis.
    Changed,
    /// Two lines that have little in common and share a row to save space.
    Replaced,
}

/// One row of a side-by-side view: which lines stand beside each other, by index from 0. Small,
/// since a large file has many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    left: Option<NonZeroU32>,
    right: Option<NonZeroU32>,
    /// How the two belong together.
    pub kind: RowKind,
    /// True where the sides differ in white space alone, line ends included.
    pub space: bool,
}

impl Row {
    fn new(left: Option<usize>, right: Option<usize>, kind: RowKind) -> Self {
        let number = |line: Option<usize>| u32::try_from(line? + 1).ok().and_then(NonZeroU32::new);
        Self { left: number(left), right: number(right), kind, space: false }
    }

    /// Index of the old line, `None` for [`RowKind::Added`].
    pub fn left(&self) -> Option<usize> {
        self.left.map(|n| n.get() as usize - 1)
    }

    /// Index of the new line, `None` for [`RowKind::Removed`].
    pub fn right(&self) -> Option<usize> {
        self.right.map(|n| n.get() as usize - 1)
    }
}

/// The rows of lines that have nothing to do with each other.
pub(super) fn apart(old: &Lines, new: &Lines) -> Vec<Row> {
    let gone = (0..old.len()).map(|i| Row::new(Some(i), None, RowKind::Removed));
    gone.chain((0..new.len()).map(|j| Row::new(None, Some(j), RowKind::Added))).collect()
}

/// Old lines times new lines above which a block is paired in order.
const BLOCK: usize = 1024;

/// Comparisons of lines in one file; blocks after that are paired in order.
const COMPARISONS: usize = 500_000;

/// Lines of a block paired in order that are still compared for being alike.
const COMPARED: usize = 20_000;

/// The rows of a whole file. Lines of a block that moved are not paired with others.
pub fn rows(old: &[u8], new: &[u8], old_lines: &Lines, new_lines: &Lines, ops: &[Op], moves: &Moves) -> Vec<Row> {
    let out = Vec::with_capacity(old_lines.len().max(new_lines.len()));
    let mut pairing = Pairing { old, new, old_lines, new_lines, moves, budget: COMPARISONS, out };
    for op in ops {
        match op.kind {
            OpKind::Equal => {
                let same = op.old.clone().zip(op.new.clone());
                pairing.out.extend(same.map(|(i, j)| Row::new(Some(i), Some(j), RowKind::Equal)));
            }
            OpKind::Delete => pairing.out.extend(op.old.clone().map(|i| Row::new(Some(i), None, RowKind::Removed))),
            OpKind::Insert => pairing.out.extend(op.new.clone().map(|j| Row::new(None, Some(j), RowKind::Added))),
            OpKind::Replace => pairing.replace(op),
        }
    }
    pairing.out.shrink_to_fit();
    pairing.out
}

struct Pairing<'a> {
    old: &'a [u8],
    new: &'a [u8],
    old_lines: &'a Lines,
    new_lines: &'a Lines,
    moves: &'a Moves,
    /// Comparisons that are left.
    budget: usize,
    out: Vec<Row>,
}

impl<'a> Pairing<'a> {
    fn old_text(&self, line: usize) -> &'a [u8] {
        self.old_lines.text(self.old, line)
    }

    fn new_text(&self, line: usize) -> &'a [u8] {
        self.new_lines.text(self.new, line)
    }

    /// Pairs the lines of a replacement: those that differ in white space alone first, and between
    /// them those that share words.
    fn replace(&mut self, op: &Op) {
        let (mut i, mut j) = (op.old.start, op.new.start);
        for (x, y) in self.spaced(op) {
            self.words(i..x, j..y);
            self.out.push(Row { space: true, ..Row::new(Some(x), Some(y), RowKind::Changed) });
            (i, j) = (x + 1, y + 1);
        }
        self.words(i..op.old.end, j..op.new.end);
    }

    /// Pairs of lines that are the same but for white space.
    fn spaced(&self, op: &Op) -> Vec<(usize, usize)> {
        // Nothing is the same as a line that moved.
        let old = op.old.clone().filter(|i| self.moves.removed(*i).is_none());
        let new = op.new.clone().filter(|j| self.moves.added(*j).is_none());
        if op.old.len() == 1 && op.new.len() == 1 {
            // Most are one line each.
            let same = |(i, j): &(usize, usize)| black(self.old_text(*i)).eq(black(self.new_text(*j)));
            return old.zip(new).filter(same).collect();
        }
        let (old, new): (Vec<usize>, Vec<usize>) = (old.collect(), new.collect());
        // The lines without their white space, one after the other.
        let texts = old.iter().map(|i| self.old_text(*i)).chain(new.iter().map(|j| self.new_text(*j)));
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(old.len() + new.len()));
        for line in texts {
            text.extend(black(line));
            ends.push(text.len());
        }
        let mut names = Names::of(ends.len());
        let mut start = 0;
        let numbers = ends
            .into_iter()
            .map(|end| names.name(text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()));
        let mut a: Vec<u32> = numbers.collect();
        let b = a.split_off(old.len());
        let pairs = search(a, b, SEARCHED).0.into_iter().flat_map(|run| (run.old..run.old + run.len).zip(run.new..));
        pairs.filter_map(|(i, j)| Some((*old.get(i)?, *new.get(j)?))).collect()
    }

    /// Pairs lines that share words.
    fn words(&mut self, old: Range<usize>, new: Range<usize>) {
        let cells = old.len().saturating_mul(new.len());
        let full = cells <= BLOCK && cells <= self.budget;
        let shared = old.len().min(new.len());
        let compared = full || shared <= COMPARED.min(self.budget);
        self.budget -= if full {
            cells
        } else if compared {
            shared
        } else {
            0
        };
        let pairs = if compared {
            let bag = |moved: Option<Moved>, text: &[u8]| moved.is_none().then(|| Bag::of(text));
            let a = old.clone().map(|i| bag(self.moves.removed(i), self.old_text(i)));
            let b = new.clone().map(|j| bag(self.moves.added(j), self.new_text(j)));
            if full { align(&a.collect::<Vec<_>>(), &b.collect::<Vec<_>>()) } else { in_order(a, b) }
        } else {
            Vec::new()
        };
        let (mut i, mut j) = (old.start, new.start);
        for (x, y) in pairs {
            let (x, y) = (old.start + x, new.start + y);
            self.fill(i..x, j..y);
            self.out.push(Row::new(Some(x), Some(y), RowKind::Changed));
            (i, j) = (x + 1, y + 1);
        }
        self.fill(i..old.end, j..new.end);
    }

    /// Rows for lines that are not the same line.
    fn fill(&mut self, old: Range<usize>, new: Range<usize>) {
        for k in 0..old.len().max(new.len()) {
            let side = |range: &Range<usize>| (k < range.len()).then_some(range.start + k);
            let (left, right) = (side(&old), side(&new));
            let kind = match (left, right) {
                (Some(_), None) => RowKind::Removed,
                (None, _) => RowKind::Added,
                (Some(_), Some(_)) => RowKind::Replaced,
            };
            self.out.push(Row::new(left, right, kind));
        }
    }
}

/// A line without its white space.
fn black(line: &[u8]) -> impl Iterator<Item = u8> + '_ {
    line.iter().copied().filter(|b| !b.is_ascii_whitespace())
}

fn likeness(a: &Option<Bag>, b: &Option<Bag>) -> f32 {
    a.as_ref().zip(b.as_ref()).map_or(0.0, |(a, b)| a.likeness(b))
}

/// Pairs of like lines, in order on both sides, with the largest sum of likeness.
fn align(a: &[Option<Bag>], b: &[Option<Bag>]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    // best[i * width + j]: the best sum for a[i..] and b[j..]; take: whether i and j are a pair in it.
    let mut best = vec![0.0_f32; (a.len() + 1) * width];
    let mut take = vec![false; best.len()];
    let get = |best: &[f32], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0.0);
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let skip = get(&best, i + 1, j).max(get(&best, i, j + 1));
            let like = likeness(x, y);
            let pair = if like >= ALIKE { like + get(&best, i + 1, j + 1) } else { 0.0 };
            if let (Some(cell), Some(taken)) = (best.get_mut(i * width + j), take.get_mut(i * width + j)) {
                *cell = pair.max(skip);
                *taken = pair > 0.0 && pair >= skip;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if take.get(i * width + j).copied().unwrap_or(false) {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if get(&best, i + 1, j) >= get(&best, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Lines at the same place that are alike.
fn in_order(a: impl Iterator<Item = Option<Bag>>, b: impl Iterator<Item = Option<Bag>>) -> Vec<(usize, usize)> {
    let alike = a.zip(b).enumerate().filter(|(_, (x, y))| likeness(x, y) >= ALIKE);
    alike.map(|(i, _)| (i, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::lines::{diff, split};

    fn run(old: &str, new: &str) -> Vec<(RowKind, Option<usize>, Option<usize>)> {
        let (a, b) = (split(old.as_bytes()), split(new.as_bytes()));
        let (ops, _) = diff(old.as_bytes(), new.as_bytes(), &a, &b);
        let moves = Moves::default();
        let rows = rows(old.as_bytes(), new.as_bytes(), &a, &b, &ops, &moves).into_iter();
        rows.map(|r| (r.kind, r.left().map(|l| l + 1), r.right().map(|l| l + 1))).collect()
    }

    #[test]
    fn lines_with_common_words_stand_side_by_side() {
        let rows = run(
            "let total = sum(items);\nprint(total);\n",
            "// adds them\nlet total = sum(items, tax);\nlog::info(\"done\");\n",
        );
        assert_eq!(
            rows,
            [
                (RowKind::Added, None, Some(1)),
                (RowKind::Changed, Some(1), Some(2)),
                (RowKind::Replaced, Some(2), Some(3)),
            ]
        );
    }

    #[test]
    fn lines_that_differ_in_white_space_alone_are_paired_at_any_distance() {
        let (old, new) = ("a\r\nb\nif x {\n  y\n}\n", "a\nb\nif x  {\nnew\n\ty\n}");
        let (a, b) = (split(old.as_bytes()), split(new.as_bytes()));
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let rows = rows(old, new, &a, &b, &diff(old, new, &a, &b).0, &Moves::default());
        let seen: Vec<_> = rows.iter().map(|r| (r.kind, r.space)).collect();
        let spaced = (RowKind::Changed, true);
        assert_eq!(seen, [spaced, (RowKind::Equal, false), spaced, (RowKind::Added, false), spaced, spaced]);
        let text = |indent: &str| -> String { (0..200).map(|i| format!("{indent}call_{i}();\n")).collect() };
        let (old, new) = (text(""), format!("let first = 1;\n{}", text("    ")));
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let (a, b) = (split(old), split(new));
        let rows = super::rows(old, new, &a, &b, &diff(old, new, &a, &b).0, &Moves::default());
        assert_eq!(rows.iter().filter(|r| r.space).count(), 200);
    }

    #[test]
    fn a_large_block_is_paired_in_order() {
        let text = |word: &str| -> String { (0..50).map(|i| format!("{word} number {i}\n")).collect() };
        let rows = run(&text("alpha"), &text("beta"));
        assert_eq!(rows.len(), 50);
        assert!(rows.iter().enumerate().all(|(i, r)| *r == (RowKind::Changed, Some(i + 1), Some(i + 1))));
        assert!(
            run("a\n".repeat(40).as_str(), "b\n".repeat(41).as_str())[..40].iter().all(|r| r.0 == RowKind::Replaced)
        );
    }
}
