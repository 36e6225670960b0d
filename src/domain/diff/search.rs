//! What two lists have in common: stretches that are the same on both sides, in order.
//!
//! Lists of numbers, one for each thing that is compared; equal things have equal numbers.
//!
//! Always holds: the runs grow on both sides, do not touch each other, and are the same on both. Cost is bounded by
//! [`SEARCHED`] and [`DEPTH`], never by a clock.

use std::{hash::Hash, ops::Range};

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Lines that are searched in one file, both sides together; what is left then is a replacement.
/// Lines of one side alone, and those between which unique lines anchor, are not among them: unrelated
/// texts cost no search at all, and neither do large ones that are mostly the same.
pub(super) const SEARCHED: usize = 60_000;

/// How often anchors are looked for between anchors.
const DEPTH: usize = 8;

/// A stretch that is the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) len: usize,
}

/// How many entries are the same at the beginning, and then at the end.
pub(super) fn ends(a: usize, b: usize, same: impl Fn(usize, usize) -> bool) -> (usize, usize) {
    let most = a.min(b);
    let prefix = (0..most).take_while(|k| same(*k, *k)).count();
    (prefix, (1..=most - prefix).take_while(|k| same(a - k, b - k)).count())
}

/// The longest common part that the search finds, and whether the search was given up; not more than `most` are
/// searched. Numbers are taken to be dense.
pub(super) fn search(a: Vec<u32>, b: Vec<u32>, most: usize) -> (Vec<Run>, bool) {
    let size = a.iter().chain(&b).max().map_or(0, |n| *n as usize + 1);
    let mut on = vec![0_u8; size];
    for (side, bit) in [(&a, 1), (&b, 2)] {
        side.iter().for_each(|n| on.get_mut(*n as usize).into_iter().for_each(|m| *m |= bit));
    }
    // What stands on one side alone can be no part of it.
    let both = |n: &u32| on.get(*n as usize) == Some(&3);
    let kept = |side: Vec<u32>| -> (Vec<u32>, Vec<u32>) {
        let all = side.iter().filter(|n| both(n)).count();
        let (mut places, mut numbers) = (Vec::with_capacity(all), Vec::with_capacity(all));
        for (place, number) in (0..).zip(side).filter(|(_, n)| both(n)) {
            places.push(place);
            numbers.push(number);
        }
        (places, numbers)
    };
    let ((at_a, x), (at_b, y)) = (kept(a), kept(b));
    if x.is_empty() {
        return (Vec::new(), false);
    }
    let mut search = Search { lines: most, levels: DEPTH, places: vec![[0; 2]; size], out: Vec::new() };
    let coarse = search.stretch(&x, &y, (0, 0));
    // What lies between two that were kept parts them.
    let mut out = Vec::with_capacity(search.out.len());
    for run in search.out {
        for k in 0..run.len {
            if let (Some(i), Some(j)) = (at_a.get(run.old + k), at_b.get(run.new + k)) {
                join(&mut out, Run { old: *i as usize, new: *j as usize, len: 1 });
            }
        }
    }
    (out, coarse)
}

fn join(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last) if last.old + last.len == run.old && last.new + last.len == run.new => last.len += run.len,
        _ if run.len > 0 => runs.push(run),
        _ => {}
    }
}

/// A search that is going on.
struct Search {
    /// Lines that may still be searched.
    lines: usize,
    /// Levels of anchors that may still be looked for.
    levels: usize,
    /// By number: where it stands on either side, from 1; 0 for nowhere, the largest for more than once.
    /// All are 0 between two uses.
    places: Vec<[u32; 2]>,
    out: Vec<Run>,
}

impl Search {
    fn found(&mut self, old: usize, new: usize, len: usize) {
        join(&mut self.out, Run { old, new, len });
    }

    /// Finds what is the same in two stretches that begin at `at`; true when the search was given up in
    /// some part of them.
    fn stretch(&mut self, a: &[u32], b: &[u32], at: (usize, usize)) -> bool {
        let (prefix, suffix) = ends(a.len(), b.len(), |i, j| a.get(i) == b.get(j));
        let (end_a, end_b) = (a.len() - suffix, b.len() - suffix);
        self.found(at.0, at.1, prefix);
        let (x, y) = (a.get(prefix..end_a).unwrap_or_default(), b.get(prefix..end_b).unwrap_or_default());
        let middle = (at.0 + prefix, at.1 + prefix);
        let mut coarse = false;
        if x.is_empty() || y.is_empty() {
            // Nothing to pair.
        } else if x.len() + y.len() <= self.lines {
            self.lines -= x.len() + y.len();
            for (from, to) in common(x, y) {
                self.found(middle.0 + from.start, middle.1 + to.start, from.len().min(to.len()));
            }
        } else {
            let anchors = if self.levels > 0 { self.anchors(x, y) } else { Vec::new() };
            coarse = anchors.is_empty();
            let levels = self.levels;
            self.levels = levels.saturating_sub(1);
            let (mut i, mut j) = (0, 0);
            let anchors = anchors.into_iter().map(|(p, q)| (p as usize, q as usize));
            for (p, q) in anchors.chain((!coarse).then_some((x.len(), y.len()))) {
                // What follows an anchor may have been paired with the one before it.
                if p < i || q < j {
                    continue;
                }
                let (before, after) = (x.get(i..p).unwrap_or_default(), y.get(j..q).unwrap_or_default());
                coarse |= self.stretch(before, after, (middle.0 + i, middle.1 + j));
                if p < x.len() {
                    self.found(middle.0 + p, middle.1 + q, 1);
                }
                (i, j) = (p + 1, q + 1);
            }
            self.levels = levels;
        }
        self.found(at.0 + end_a, at.1 + end_b, suffix);
        coarse
    }

    /// The longest row of what is unique on both sides and in the same order on both.
    fn anchors(&mut self, a: &[u32], b: &[u32]) -> Vec<(u32, u32)> {
        for (side, list) in [a, b].into_iter().enumerate() {
            for (place, n) in (1..).zip(list) {
                let known = self.places.get_mut(*n as usize).and_then(|p| p.get_mut(side));
                known.into_iter().for_each(|known| *known = if *known == 0 { place } else { u32::MAX });
            }
        }
        let once = |place: &u32| (1..u32::MAX).contains(place).then(|| place - 1);
        let place = |n: &u32| self.places.get(*n as usize).and_then(|[i, j]| Some((once(i)?, once(j)?)));
        let pairs: Vec<(u32, u32)> = a.iter().filter_map(place).collect();
        for n in a.iter().chain(b) {
            self.places.get_mut(*n as usize).into_iter().for_each(|p| *p = [0; 2]);
        }
        // Piles of growing places, as in the game of patience: each top is the least that ends a row of
        // that length, and knows what lies before it.
        const NONE: u32 = u32::MAX;
        let (mut tops, mut before): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::with_capacity(pairs.len()));
        let there = |index: u32| pairs.get(index as usize).map_or(0, |p| p.1);
        for (index, (_, q)) in (0..).zip(&pairs) {
            // Most come in order.
            let pile = match tops.last() {
                Some(top) if there(*top) < *q => tops.len(),
                _ => tops.partition_point(|top| there(*top) < *q),
            };
            before.push(pile.checked_sub(1).and_then(|i| tops.get(i).copied()).unwrap_or(NONE));
            match tops.get_mut(pile) {
                Some(top) => *top = index,
                None => tops.push(index),
            }
        }
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(tops.len());
        let mut next = tops.last().copied().unwrap_or(NONE);
        while let Some(pair) = pairs.get(next as usize) {
            out.push(*pair);
            next = before.get(next as usize).copied().unwrap_or(NONE);
        }
        out.reverse();
        out
    }
}

/// Equal stretches of both sides. Patience anchors on what is unique on both sides, in near-linear
/// time, and searches only between anchors, with a bounded search. Histogram takes quadratic time on
/// many changes at even distances.
fn common<T: Eq + Hash + Ord>(a: &[T], b: &[T]) -> Vec<(Range<usize>, Range<usize>)> {
    let ops = capture_diff_slices(Algorithm::Patience, a, b);
    let equal = ops.iter().filter(|op| op.tag() == DiffTag::Equal);
    equal.map(|op| (op.old_range(), op.new_range())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        fn runs_are_the_same_on_both_sides_and_in_order(
            a in prop::collection::vec(0..9_u32, 0..40),
            b in prop::collection::vec(0..9_u32, 0..40),
            lines in 0..40_usize,
        ) {
            // With little that may be searched it anchors, and gives up.
            let mut search = Search { lines, levels: DEPTH, places: vec![[0; 2]; 9], out: Vec::new() };
            search.stretch(&a, &b, (0, 0));
            prop_assert!(search.places.iter().all(|p| *p == [0; 2]));
            let (some, _) = super::search(a.clone(), b.clone(), SEARCHED);
            for runs in [search.out, some] {
                let (mut i, mut j, mut apart) = (0, 0, true);
                for run in runs {
                    prop_assert!(run.len > 0 && run.old >= i && run.new >= j && (apart || run.old > i || run.new > j));
                    prop_assert_eq!(&a[run.old..run.old + run.len], &b[run.new..run.new + run.len]);
                    (i, j, apart) = (run.old + run.len, run.new + run.len, false);
                }
            }
        }
    }
}
