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
    lines::{self, Lines, Op, OpKind},
    moves::Moves,
    rows::{self, LineRef, Row, RowKind},
    slide::slide,
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
    /// Rows that differ in white space alone and are not shown; they open as a fold does.
    Spaces(Range<usize>),
    /// Says above the first old line of a block where it moved to.
    MovedTo(usize),
    /// Says above the first new line of a block where it came from.
    MovedFrom(usize),
}

/// What a view shows of the rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct View<'a> {
    /// Rows that are shown though nothing changed near them.
    pub open: &'a [Range<usize>],
    /// Rows that differ in white space alone are shown only near other changes.
    pub no_spaces: bool,
}

/// The difference of one file's two sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDiff {
    /// Lines of the old side.
    pub old: Lines,
    /// Lines of the new side.
    pub new: Lines,
    /// Steps from old to new.
    pub ops: Vec<Op>,
    /// Every row of the file, unchanged ones too.
    pub rows: Vec<Row>,
    /// The hunks.
    pub hunks: Vec<Hunk>,
    /// Counts of the file.
    pub stats: Stats,
    /// Blocks that moved within the file.
    pub moves: Moves,
    /// Rows that differ in white space alone.
    pub spaces: usize,
    /// True when the file was too large to search and all of it between the first and the last
    /// difference counts as replaced.
    pub coarse: bool,
}

impl FileDiff {
    /// Compares two sides, with `context` unchanged lines around each change.
    pub fn of(old: &[u8], new: &[u8], context: usize) -> Self {
        let (a, b) = (lines::split(old), lines::split(new));
        let (mut ops, coarse) = lines::diff(old, new, &a, &b);
        slide(&mut ops, old, new, &a, &b);
        let moves = Moves::find(old, new, &a, &b, &ops);
        let rows = rows::rows(old, new, &a, &b, &ops, &moves);
        let spaces = rows.iter().filter(|r| r.space).count();
        let hunks = hunks(&rows, context);
        Self { old: a, new: b, stats: stats(&ops), ops, rows, hunks, moves, spaces, coarse }
    }

    /// The lines of two different things, such as a link and a file: all old ones go and all new ones come,
    /// also where they read the same.
    pub fn apart(old: &[u8], new: &[u8], context: usize) -> Self {
        let (a, b) = (lines::split(old), lines::split(new));
        let kind = match (a.is_empty(), b.is_empty()) {
            (true, true) => return Self::default(),
            (false, true) => OpKind::Delete,
            (true, false) => OpKind::Insert,
            (false, false) => OpKind::Replace,
        };
        let ops = vec![Op { kind, old: 0..a.len(), new: 0..b.len() }];
        let rows = rows::apart(&a, &b);
        let hunks = hunks(&rows, context);
        Self { old: a, new: b, stats: stats(&ops), ops, rows, hunks, ..Self::default() }
    }

    /// The old line of a row.
    pub fn left(&self, row: &Row) -> Option<LineRef> {
        LineRef::of(&self.old, row.left()?)
    }

    /// The new line of a row.
    pub fn right(&self, row: &Row) -> Option<LineRef> {
        LineRef::of(&self.new, row.right()?)
    }

    /// The hunk a row belongs to.
    pub fn hunk_of(&self, row: usize) -> Option<usize> {
        let at = self.hunks.partition_point(|h| h.rows.end <= row);
        self.hunks.get(at).filter(|h| h.rows.contains(&row)).map(|h| h.index)
    }

    /// What a side-by-side view shows: hunk heads, their rows, folds between them.
    pub fn side_by_side(&self, view: View<'_>) -> Vec<Item> {
        self.list(view, |rows, out| {
            for (index, row) in rows.clone().zip(self.rows.get(rows).unwrap_or_default()) {
                out.extend(self.moved(row, Side::Old));
                out.extend(self.moved(row, Side::New));
                out.push(Item::Row(index));
            }
        })
    }

    /// What a unified view shows: as [`FileDiff::side_by_side`], but with the old sides of changed
    /// rows that follow each other before their new sides.
    pub fn unified(&self, view: View<'_>) -> Vec<Item> {
        self.list(view, |rows, out| {
            let mut news = Vec::new();
            for (index, row) in rows.clone().zip(self.rows.get(rows).unwrap_or_default()) {
                if row.kind == RowKind::Equal || (view.no_spaces && row.space) {
                    out.append(&mut news);
                    out.push(Item::Row(index));
                    continue;
                }
                if row.left().is_some() {
                    out.extend(self.moved(row, Side::Old));
                    out.push(Item::Left(index));
                }
                if row.right().is_some() {
                    news.extend(self.moved(row, Side::New));
                    news.push(Item::Right(index));
                }
            }
            out.append(&mut news);
        })
    }

    /// The note above the first line of a block that moved.
    fn moved(&self, row: &Row, side: Side) -> Option<Item> {
        if self.moves.blocks.is_empty() || row.kind == RowKind::Equal {
            return None;
        }
        match side {
            Side::Old => self.moves.removed(row.left()?).filter(|m| m.first).map(|m| Item::MovedTo(m.block)),
            Side::New => self.moves.added(row.right()?).filter(|m| m.first).map(|m| Item::MovedFrom(m.block)),
        }
    }

    fn list(&self, view: View<'_>, mut show: impl FnMut(Range<usize>, &mut Vec<Item>)) -> Vec<Item> {
        let mut out = Vec::new();
        let mut at = 0;
        let ends = self.hunks.iter().map(|h| (Some(h.index), h.rows.clone()));
        for (hunk, rows) in ends.chain([(None, self.rows.len()..self.rows.len())]) {
            fold(at..rows.start, view.open, Item::Fold, &mut show, &mut out);
            at = rows.end;
            let Some(hunk) = hunk else { continue };
            out.push(Item::Hunk(hunk));
            if !view.no_spaces {
                show(rows, &mut out);
                continue;
            }
            let mut from = rows.start;
            for near in self.beside(rows.clone()) {
                fold(from..near.start, view.open, Item::Spaces, &mut show, &mut out);
                from = near.end;
                show(near, &mut out);
            }
            fold(from..rows.end, view.open, Item::Spaces, &mut show, &mut out);
        }
        out
    }

    /// The parts of a hunk that lie around changes of more than white space.
    fn beside(&self, hunk: Range<usize>) -> Vec<Range<usize>> {
        let rows = self.rows.get(hunk.clone()).unwrap_or_default();
        let told = rows.iter().enumerate().filter(|(_, r)| r.kind != RowKind::Equal && !r.space);
        around(told.map(|(index, _)| hunk.start + index), CONTEXT, hunk.clone())
    }
}

/// Shows what is open of a stretch, and folds the rest.
fn fold(
    stretch: Range<usize>,
    open: &[Range<usize>],
    folded: fn(Range<usize>) -> Item,
    show: &mut impl FnMut(Range<usize>, &mut Vec<Item>),
    out: &mut Vec<Item>,
) {
    for (shown, range) in split_open(stretch, open) {
        if shown {
            show(range, out);
        } else {
            out.push(folded(range));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Old,
    New,
}

/// Counts of changed lines, by the operations alone.
fn stats(ops: &[Op]) -> Stats {
    let changed = ops.iter().filter(|op| op.kind != OpKind::Equal);
    changed.fold(Stats::default(), |s, op| Stats { added: s.added + op.new.len(), removed: s.removed + op.old.len() })
}

/// Counts of changed lines of two sides, without rows: what a list of many files needs.
pub fn count(old: &[u8], new: &[u8]) -> Stats {
    let (a, b) = (lines::split(old), lines::split(new));
    stats(&lines::diff(old, new, &a, &b).0)
}

/// Each index with its surroundings, what touches joined, within bounds.
fn around(indices: impl Iterator<Item = usize>, context: usize, within: Range<usize>) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for index in indices {
        let range = index.saturating_sub(context).max(within.start)..(index + 1 + context).min(within.end);
        match ranges.last_mut() {
            Some(last) if last.end >= range.start => last.end = range.end,
            _ => ranges.push(range),
        }
    }
    ranges
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
    let changed = rows.iter().enumerate().filter(|(_, r)| r.kind != RowKind::Equal);
    let ranges = around(changed.map(|(index, _)| index), context, 0..rows.len());
    let (mut at, mut old, mut new) = (0, 0, 0);
    let mut out = Vec::with_capacity(ranges.len());
    for (index, range) in ranges.into_iter().enumerate() {
        let count = |range: Range<usize>| {
            let rows = rows.get(range).unwrap_or_default();
            let left = rows.iter().filter(|r| r.left().is_some()).count();
            (left, rows.iter().filter(|r| r.right().is_some()).count())
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
        let list = d.side_by_side(View::default());
        assert_eq!(list[0], Item::Fold(0..11));
        assert_eq!(list[1], Item::Hunk(0));
        assert_eq!(list.last(), Some(&Item::Fold(18..30)));
        let list = d.side_by_side(View { open: &[8..11, 7..9], ..View::default() });
        assert_eq!(
            list[..6],
            [Item::Fold(0..7), Item::Row(7), Item::Row(8), Item::Row(9), Item::Row(10), Item::Hunk(0)]
        );
    }

    #[test]
    fn a_unified_view_puts_old_before_new() {
        let d = diff("a 1\nb 2\nz\n", "a 3\nb 4\nz\n");
        assert_eq!(
            d.unified(View::default()),
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
            let left = d.rows.iter().filter_map(|r| d.left(r)).flat_map(|l| old[l.whole()].to_vec());
            prop_assert_eq!(left.collect::<Vec<u8>>(), old.clone());
            let right = d.rows.iter().filter_map(|r| d.right(r)).flat_map(|l| new[l.whole()].to_vec());
            prop_assert_eq!(right.collect::<Vec<u8>>(), new.clone());
            prop_assert_eq!(count(&old, &new), d.stats);
            for (i, row) in d.rows.iter().enumerate() {
                prop_assert!(row.kind == RowKind::Equal || d.hunk_of(i).is_some());
            }

            // Both views show every row once, folded or not, and in order.
            let open: Vec<_> = open.into_iter().map(|(a, b)| a.min(b)..a.max(b)).collect();
            for no_spaces in [false, true] {
                let view = View { open: &open, no_spaces };
                let seen: Vec<usize> = d.side_by_side(view).into_iter().flat_map(|item| match item {
                    Item::Hunk(_) | Item::MovedTo(_) | Item::MovedFrom(_) => vec![],
                    Item::Spaces(r) => {
                        assert!(no_spaces && r.clone().all(|i| d.rows[i].kind == RowKind::Equal || d.rows[i].space));
                        r.collect()
                    }
                    Item::Fold(r) => r.collect(),
                    Item::Row(i) | Item::Left(i) | Item::Right(i) => vec![i],
                }).collect();
                prop_assert_eq!(seen, (0..d.rows.len()).collect::<Vec<_>>());
                let (mut left, mut right) = (vec![], vec![]);
                for item in d.unified(view) {
                    match item {
                        Item::Hunk(_) | Item::MovedTo(_) | Item::MovedFrom(_) => {}
                        Item::Fold(r) | Item::Spaces(r) => { left.extend(r.clone()); right.extend(r) }
                        Item::Row(i) => { left.push(i); right.push(i) }
                        Item::Left(i) => left.push(i),
                        Item::Right(i) => right.push(i),
                    }
                }
                prop_assert_eq!(left, (0..d.rows.len()).filter(|i| d.rows[*i].left().is_some()).collect::<Vec<_>>());
                prop_assert_eq!(right, (0..d.rows.len()).filter(|i| d.rows[*i].right().is_some()).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn changes_of_white_space_alone_can_stay_out_of_the_list() {
        let old: String = (1..=30).map(|i| format!("line {i}\n")).collect();
        let new = old
            .replace("line 3\n", "\tline 3\n")
            .replace("line 20\n", "line twenty\n")
            .replace("line 21\n", "line 21 \n");
        let d = diff(&old, &new);
        assert_eq!((d.spaces, d.hunks.len()), (2, 2));
        let view = View { no_spaces: true, ..View::default() };
        let list = d.side_by_side(view);
        assert_eq!(list[..4], [Item::Hunk(0), Item::Spaces(0..6), Item::Fold(6..16), Item::Hunk(1)]);
        assert_eq!(d.unified(view)[..2], list[..2]);
        assert!(list.contains(&Item::Row(20)), "what is near another change stays in view");
        let opened = d.side_by_side(View { open: &[0..6, 0..1], ..view });
        assert_eq!(opened[1], Item::Row(0));
    }

    #[test]
    fn a_block_that_moved_is_named_in_both_places() {
        let block = "fn total(items: &[Item]) {\n    items.len() + 1\n}\nconst LAST: u8 = 3;\n";
        let rest: String = (0..20).map(|i| format!("const STAYS_{i}: u8 = {i};\n")).collect();
        let d = diff(&format!("{block}{rest}"), &format!("{rest}{block}"));
        for list in [d.side_by_side(View::default()), d.unified(View::default())] {
            assert_eq!(list.iter().filter(|i| **i == Item::MovedTo(0)).count(), 1);
            let at = list.iter().position(|i| *i == Item::MovedFrom(0)).unwrap();
            assert!(matches!(list[at + 1], Item::Row(24) | Item::Right(24)) || d.rows.len() != 28, "{list:?}");
        }
    }
}
