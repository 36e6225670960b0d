//! Operations to rows: which old line stands beside which new line.
//!
//! Within a replacement the lines that share the most words are paired, in order; what is left over
//! between two pairs shares rows in order too, without being called the same line. It does not fold
//! or draw anything.
//!
//! Always holds: reading the rows' left parts gives the old lines in order, the right parts the new
//! ones, each exactly once.

use std::ops::Range;

use super::{
    lines::{End, Line, Op, OpKind},
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
}

impl LineRef {
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

/// One row of a side-by-side view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The old side, `None` for [`RowKind::Added`].
    pub left: Option<LineRef>,
    /// The new side, `None` for [`RowKind::Removed`].
    pub right: Option<LineRef>,
    /// How the two belong together.
    pub kind: RowKind,
}

impl Row {
    /// True when the two sides end in different ways, which no emphasis shows.
    pub fn ends_differ(&self) -> bool {
        self.left.as_ref().zip(self.right.as_ref()).is_some_and(|(l, r)| l.end != r.end)
    }
}

/// Old lines times new lines above which a block is paired in order.
const BLOCK: usize = 1024;

/// Comparisons of lines in one file; blocks after that are paired in order.
const COMPARISONS: usize = 500_000;

/// Lines of a block paired in order that are still compared for being alike.
const COMPARED: usize = 20_000;

/// The rows of a whole file.
pub fn rows(old: &[u8], new: &[u8], old_lines: &[Line], new_lines: &[Line], ops: &[Op]) -> Vec<Row> {
    let mut out = Vec::new();
    let mut budget = COMPARISONS;
    for op in ops {
        match op.kind {
            OpKind::Equal => {
                for (i, j) in op.old.clone().zip(op.new.clone()) {
                    out.push(row(old_lines, new_lines, Some(i), Some(j), RowKind::Equal));
                }
            }
            OpKind::Delete => {
                for i in op.old.clone() {
                    out.push(row(old_lines, new_lines, Some(i), None, RowKind::Removed));
                }
            }
            OpKind::Insert => {
                for j in op.new.clone() {
                    out.push(row(old_lines, new_lines, None, Some(j), RowKind::Added));
                }
            }
            OpKind::Replace => {
                let cells = op.old.len().saturating_mul(op.new.len());
                let full = cells <= BLOCK && cells <= budget;
                let shared = op.old.len().min(op.new.len());
                let compared = full || shared <= COMPARED.min(budget);
                budget -= if full {
                    cells
                } else if compared {
                    shared
                } else {
                    0
                };
                let bags = |bytes: &[u8], lines: &[Line], range: &Range<usize>| -> Vec<Bag> {
                    let lines = lines.get(range.clone()).unwrap_or_default();
                    if !compared {
                        return Vec::new();
                    }
                    lines.iter().map(|l| Bag::of(bytes.get(l.text.clone()).unwrap_or_default())).collect()
                };
                let (a, b) = (bags(old, old_lines, &op.old), bags(new, new_lines, &op.new));
                let pairs = if full { align(&a, &b) } else { in_order(&a, &b) };
                let (mut i, mut j) = (op.old.start, op.new.start);
                let mut fill = |out: &mut Vec<Row>, to_i: usize, to_j: usize| {
                    while i < to_i || j < to_j {
                        let left = (i < to_i).then_some(i);
                        let right = (j < to_j).then_some(j);
                        let kind = match (left, right) {
                            (Some(_), None) => RowKind::Removed,
                            (None, _) => RowKind::Added,
                            (Some(_), Some(_)) => RowKind::Replaced,
                        };
                        out.push(row(old_lines, new_lines, left, right, kind));
                        i += usize::from(left.is_some());
                        j += usize::from(right.is_some());
                    }
                    i = to_i + 1;
                    j = to_j + 1;
                };
                for (x, y) in pairs {
                    let (x, y) = (op.old.start + x, op.new.start + y);
                    fill(&mut out, x, y);
                    out.push(row(old_lines, new_lines, Some(x), Some(y), RowKind::Changed));
                }
                fill(&mut out, op.old.end, op.new.end);
            }
        }
    }
    out
}

fn row(a: &[Line], b: &[Line], left: Option<usize>, right: Option<usize>, kind: RowKind) -> Row {
    let at = |lines: &[Line], index: Option<usize>| {
        let index = index?;
        let line = lines.get(index)?;
        Some(LineRef { number: index + 1, text: line.text.clone(), end: line.end })
    };
    Row { left: at(a, left), right: at(b, right), kind }
}

/// Pairs of like lines, in order on both sides, with the largest sum of likeness.
fn align(a: &[Bag], b: &[Bag]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    // best[i * width + j]: the best sum for a[i..] and b[j..]; take: whether i and j are a pair in it.
    let mut best = vec![0.0_f32; (a.len() + 1) * width];
    let mut take = vec![false; best.len()];
    let get = |best: &[f32], i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0.0);
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let skip = get(&best, i + 1, j).max(get(&best, i, j + 1));
            let like = x.likeness(y);
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
fn in_order(a: &[Bag], b: &[Bag]) -> Vec<(usize, usize)> {
    let alike = a.iter().zip(b).enumerate().filter(|(_, (x, y))| x.likeness(y) >= ALIKE);
    alike.map(|(i, _)| (i, i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::lines::{diff, split};

    fn run(old: &str, new: &str) -> Vec<(RowKind, Option<usize>, Option<usize>)> {
        let (a, b) = (split(old.as_bytes()), split(new.as_bytes()));
        let (ops, _) = diff(old.as_bytes(), new.as_bytes(), &a, &b);
        rows(old.as_bytes(), new.as_bytes(), &a, &b, &ops)
            .into_iter()
            .map(|r| (r.kind, r.left.map(|l| l.number), r.right.map(|l| l.number)))
            .collect()
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
    fn a_row_tells_when_only_its_end_changed() {
        let (old, new) = (b"a\r\nb\n", b"a\nb\n");
        let (a, b) = (split(old), split(new));
        let rows = rows(old, new, &a, &b, &diff(old, new, &a, &b).0);
        let kinds: Vec<_> = rows.iter().map(|r| (r.kind, r.ends_differ())).collect();
        assert_eq!(kinds, [(RowKind::Changed, true), (RowKind::Equal, false)]);
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
