//! A whole file's difference: hunks with context, counts, and the list of what a view shows, with
//! unchanged stretches folded.
//!
//! It decides what belongs on the screen and in which order; colours, widths and words are the
//! renderer's.
//!
//! Always holds: hunks are numbered from 0 in order and never overlap; every changed row lies in
//! exactly one hunk; unified and side-by-side lists come from the same rows.

use std::{collections::BTreeSet, ops::Range};

use super::{
    lines::{self, Line, Op, OpKind},
    rows::{self, Row, RowKind},
};

/// Unchanged lines shown around a change unless asked otherwise.
pub const CONTEXT: usize = 3;

/// Counts of changed lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Lines on the new side only.
    pub added: usize,
    /// Lines on the old side only.
    pub removed: usize,
}

/// Changes that are shown and judged together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Its place among the file's hunks, from 0.
    pub index: usize,
    /// Its rows, context included.
    pub rows: Range<usize>,
    /// Old line indices from 0, context included.
    pub old: Range<usize>,
    /// New line indices from 0, context included.
    pub new: Range<usize>,
    /// Counts within it.
    pub stats: Stats,
}

impl Hunk {
    /// The head line of a unified diff: `@@ -3,7 +3,8 @@`.
    pub fn head(&self) -> String {
        let side = |range: &Range<usize>| match range.len() {
            // As diff(1) counts: an empty range names the line before it.
            0 => format!("{},0", range.start),
            1 => format!("{}", range.start + 1),
            n => format!("{},{n}", range.start + 1),
        };
        format!("@@ -{} +{} @@", side(&self.old), side(&self.new))
    }
}

/// One thing in a view's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The head of a hunk, by its index.
    Hunk(usize),
    /// Rows that are not shown; opening some of them is adding their range to `open`.
    Fold(Range<usize>),
    /// A row with both sides (side by side), or an unchanged line (unified).
    Row(usize),
    /// The old side of a changed row, in a unified view.
    Left(usize),
    /// The new side of a changed row, in a unified view.
    Right(usize),
}

/// The difference of one file's two sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDiff {
    /// Lines of the old side.
    pub old: Vec<Line>,
    /// Lines of the new side.
    pub new: Vec<Line>,
    /// Steps from old to new.
    pub ops: Vec<Op>,
    /// Every row of the file, unchanged ones too.
    pub rows: Vec<Row>,
    /// The hunks.
    pub hunks: Vec<Hunk>,
    /// Counts of the file.
    pub stats: Stats,
    /// True when the file was too large to search and all of it between the first and the last
    /// difference counts as replaced.
    pub coarse: bool,
}

impl FileDiff {
    /// Compares two sides, with `context` unchanged lines around each change.
    pub fn of(old: &[u8], new: &[u8], context: usize) -> Self {
        let (a, b) = (lines::split(old), lines::split(new));
        let (ops, coarse) = lines::diff(old, new, &a, &b);
        let rows = rows::rows(old, new, &a, &b, &ops);
        let mut stats = Stats::default();
        for op in &ops {
            match op.kind {
                OpKind::Equal => {}
                OpKind::Delete | OpKind::Insert | OpKind::Replace => {
                    stats.added += op.new.len();
                    stats.removed += op.old.len();
                }
            }
        }
        let hunks = hunks(&rows, context);
        Self { old: a, new: b, ops, rows, hunks, stats, coarse }
    }

    /// The hunk a row belongs to.
    pub fn hunk_of(&self, row: usize) -> Option<usize> {
        let at = self.hunks.partition_point(|h| h.rows.end <= row);
        self.hunks.get(at).filter(|h| h.rows.contains(&row)).map(|h| h.index)
    }

    /// What a side-by-side view shows: hunk heads, their rows, folds between them. Rows in `open`
    /// are shown though they are unchanged.
    pub fn side_by_side(&self, open: &[Range<usize>]) -> Vec<Item> {
        self.list(open, |rows, out| out.extend(rows.map(Item::Row)))
    }

    /// What a unified view shows: as [`FileDiff::side_by_side`], but with the old sides of changed
    /// rows that follow each other before their new sides.
    pub fn unified(&self, open: &[Range<usize>]) -> Vec<Item> {
        self.list(open, |rows, out| {
            let mut news = Vec::new();
            for index in rows {
                let Some(row) = self.rows.get(index) else { continue };
                if row.kind == RowKind::Equal {
                    out.append(&mut news);
                    out.push(Item::Row(index));
                    continue;
                }
                if row.left.is_some() {
                    out.push(Item::Left(index));
                }
                if row.right.is_some() {
                    news.push(Item::Right(index));
                }
            }
            out.append(&mut news);
        })
    }

    fn list(&self, open: &[Range<usize>], mut show: impl FnMut(Range<usize>, &mut Vec<Item>)) -> Vec<Item> {
        let mut out = Vec::new();
        let mut at = 0;
        let ends = self.hunks.iter().map(|h| (Some(h.index), h.rows.clone()));
        for (hunk, rows) in ends.chain([(None, self.rows.len()..self.rows.len())]) {
            for (shown, range) in split_open(at..rows.start, open) {
                if shown {
                    show(range, &mut out);
                } else {
                    out.push(Item::Fold(range));
                }
            }
            at = rows.end;
            if let Some(hunk) = hunk {
                out.push(Item::Hunk(hunk));
                show(rows, &mut out);
            }
        }
        out
    }
}

/// Cuts a stretch into parts that are open and parts that are not.
fn split_open(stretch: Range<usize>, open: &[Range<usize>]) -> Vec<(bool, Range<usize>)> {
    let inside = open.iter().flat_map(|r| [r.start, r.end]).filter(|edge| stretch.contains(edge));
    let edges: BTreeSet<usize> = inside.chain([stretch.start, stretch.end]).collect();
    let mut parts: Vec<(bool, Range<usize>)> = Vec::new();
    for (from, to) in edges.iter().copied().zip(edges.iter().copied().skip(1)) {
        let shown = open.iter().any(|r| r.contains(&from));
        match parts.last_mut() {
            Some(last) if last.0 == shown => last.1.end = to,
            _ => parts.push((shown, from..to)),
        }
    }
    parts
}

fn hunks(rows: &[Row], context: usize) -> Vec<Hunk> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        if row.kind == RowKind::Equal {
            continue;
        }
        let range = index.saturating_sub(context)..(index + 1 + context).min(rows.len());
        match ranges.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end,
            _ => ranges.push(range),
        }
    }
    let (mut at, mut old, mut new) = (0, 0, 0);
    let mut out = Vec::with_capacity(ranges.len());
    for (index, range) in ranges.into_iter().enumerate() {
        let count = |range: Range<usize>| {
            let rows = rows.get(range).unwrap_or_default();
            let left = rows.iter().filter(|r| r.left.is_some()).count();
            (left, rows.iter().filter(|r| r.right.is_some()).count())
        };
        let (before_old, before_new) = count(at..range.start);
        let (inside_old, inside_new) = count(range.clone());
        let same = rows.get(range.clone()).unwrap_or_default().iter().filter(|r| r.kind == RowKind::Equal).count();
        (old, new) = (old + before_old, new + before_new);
        at = range.end;
        out.push(Hunk {
            index,
            rows: range,
            old: old..old + inside_old,
            new: new..new + inside_new,
            stats: Stats { added: inside_new - same, removed: inside_old - same },
        });
        (old, new) = (old + inside_old, new + inside_new);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbered(changed: &[usize]) -> String {
        (1..=30).map(|i| if changed.contains(&i) { format!("new {i}\n") } else { format!("line {i}\n") }).collect()
    }

    fn diff(old: &str, new: &str) -> FileDiff {
        FileDiff::of(old.as_bytes(), new.as_bytes(), CONTEXT)
    }

    #[test]
    fn changes_close_together_share_a_hunk() {
        let d = diff(&numbered(&[]), &numbered(&[5, 11, 20]));
        assert_eq!(d.hunks.iter().map(Hunk::head).collect::<Vec<_>>(), ["@@ -2,13 +2,13 @@", "@@ -17,7 +17,7 @@"]);
        assert_eq!(d.hunks[0].stats, Stats { added: 2, removed: 2 });
        assert_eq!(d.stats, Stats { added: 3, removed: 3 });
        assert_eq!((d.hunk_of(0), d.hunk_of(1), d.hunk_of(19)), (None, Some(0), Some(1)));
    }

    #[test]
    fn heads_count_as_diff_does() {
        assert_eq!(diff("", "a\nb\n").hunks[0].head(), "@@ -0,0 +1,2 @@");
        assert_eq!(diff("a\n", "").hunks[0].head(), "@@ -1 +0,0 @@");
        assert!(diff("a\n", "a\n").hunks.is_empty());
    }

    #[test]
    fn unchanged_stretches_fold_and_open() {
        let d = diff(&numbered(&[]), &numbered(&[15]));
        let list = d.side_by_side(&[]);
        assert_eq!(list[0], Item::Fold(0..11));
        assert_eq!(list[1], Item::Hunk(0));
        assert_eq!(list.last(), Some(&Item::Fold(18..30)));
        let list = d.side_by_side(&[8..11, 7..9]);
        assert_eq!(
            list[..6],
            [Item::Fold(0..7), Item::Row(7), Item::Row(8), Item::Row(9), Item::Row(10), Item::Hunk(0)]
        );
    }

    #[test]
    fn a_unified_view_puts_old_before_new() {
        let d = diff("a 1\nb 2\nz\n", "a 3\nb 4\nz\n");
        assert_eq!(
            d.unified(&[]),
            [Item::Hunk(0), Item::Left(0), Item::Left(1), Item::Right(0), Item::Right(1), Item::Row(2)]
        );
    }

    proptest! {
        #[test]
        fn rows_rebuild_both_sides(
            old in prop::collection::vec(prop::sample::select(&b"ab \r\n\xc3\xff"[..]), 0..80),
            new in prop::collection::vec(prop::sample::select(&b"ab \r\n\xc3\xff"[..]), 0..80),
            context in 0usize..4,
            open in prop::collection::vec((0usize..20, 0usize..20), 0..3),
        ) {
            let d = FileDiff::of(&old, &new, context);
            let side = |f: &dyn Fn(&Row) -> Option<Range<usize>>, bytes: &[u8]| -> Vec<u8> {
                d.rows.iter().filter_map(f).flat_map(|r| bytes[r].to_vec()).collect()
            };
            prop_assert_eq!(side(&|r| r.left.as_ref().map(|l| l.whole()), &old), old.clone());
            prop_assert_eq!(side(&|r| r.right.as_ref().map(|l| l.whole()), &new), new.clone());
            for (i, row) in d.rows.iter().enumerate() {
                prop_assert!(row.kind == RowKind::Equal || d.hunk_of(i).is_some());
            }

            // Both views show every row once, folded or not, and in order.
            let open: Vec<_> = open.into_iter().map(|(a, b)| a.min(b)..a.max(b)).collect();
            let seen: Vec<usize> = d.side_by_side(&open).into_iter().flat_map(|item| match item {
                Item::Hunk(_) => vec![],
                Item::Fold(r) => r.collect(),
                Item::Row(i) | Item::Left(i) | Item::Right(i) => vec![i],
            }).collect();
            prop_assert_eq!(seen, (0..d.rows.len()).collect::<Vec<_>>());
            let (mut left, mut right) = (vec![], vec![]);
            for item in d.unified(&open) {
                match item {
                    Item::Hunk(_) => {}
                    Item::Fold(r) => { left.extend(r.clone()); right.extend(r) }
                    Item::Row(i) => { left.push(i); right.push(i) }
                    Item::Left(i) => left.push(i),
                    Item::Right(i) => right.push(i),
                }
            }
            prop_assert_eq!(left, (0..d.rows.len()).filter(|i| d.rows[*i].left.is_some()).collect::<Vec<_>>());
            prop_assert_eq!(right, (0..d.rows.len()).filter(|i| d.rows[*i].right.is_some()).collect::<Vec<_>>());
        }
    }
}
