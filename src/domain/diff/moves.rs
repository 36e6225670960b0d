//! Blocks of lines that go away in one place and come in another, of the same file or of another one of
//! a set.
//!
//! Lines are compared without the white space at their ends, so that a block that was indented anew
//! is found; a few lines within may differ, come or go. It decides nothing: a moved line is still
//! removed here and added there, and each can be taken or left.
//!
//! Always holds: a line belongs to at most one block; a block has at least [`LEAST`] lines that are
//! the same on both sides; it begins and ends with such a line. Cost is bounded by [`STEPS`].

use std::{collections::BTreeMap, hash::BuildHasher as _, ops::Range};

use hashbrown::DefaultHashBuilder;

use super::{
    hunks::FileDiff,
    lines::{Lines, Op, OpKind},
    words::{ALIKE, Bag},
};

/// Lines of a block that must be the same in both places.
pub const LEAST: usize = 3;

/// Letters and digits that these lines must have together: brackets alone are not worth a word.
const LETTERS: usize = 20;

/// Places a line may come from that are tried.
const PLACES: usize = 8;

/// Comparisons of lines in one file.
const STEPS: usize = 1_000_000;

/// Lines within a block that may come or go in a row.
const GAP: usize = 2;

/// A block that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where it was: line indices from 0.
    pub old: Range<usize>,
    /// Where it is.
    pub new: Range<usize>,
    /// Lines within that are not the same on both sides.
    pub edited: usize,
}

/// A line of one side that belongs to a block, and the line it corresponds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    line: usize,
    other: Option<usize>,
    block: usize,
}

/// The blocks of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// By where they are now.
    pub blocks: Vec<Move>,
    olds: Vec<Link>,
    news: Vec<Link>,
}

/// What is known of a line that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its block.
    pub block: usize,
    /// The line of the other side that it corresponds to, from 0; none where it came or went within
    /// the block.
    pub other: Option<usize>,
    /// True for the first line of the block on this side.
    pub first: bool,
}

impl Moves {
    /// The block of an old line, by its index from 0.
    pub fn removed(&self, line: usize) -> Option<Moved> {
        self.of(&self.olds, line, |m| &m.old)
    }

    /// The block of a new line, by its index from 0.
    pub fn added(&self, line: usize) -> Option<Moved> {
        self.of(&self.news, line, |m| &m.new)
    }

    fn of(&self, links: &[Link], line: usize, side: fn(&Move) -> &Range<usize>) -> Option<Moved> {
        let at = links.binary_search_by_key(&line, |l| l.line).ok()?;
        let link = links.get(at)?;
        let first = self.blocks.get(link.block).is_some_and(|m| side(m).start == line);
        Some(Moved { block: link.block, other: link.other, first })
    }

    /// Looks for them among the lines that `ops` remove and add.
    pub fn find(old: &[u8], new: &[u8], old_lines: &Lines, new_lines: &Lines, ops: &[Op]) -> Self {
        // Within one step lines stand beside each other already.
        let changed = ops.iter().filter(|op| op.kind != OpKind::Equal).enumerate();
        let steps: Vec<Step> =
            changed.map(|(group, op)| Step { old: op.old.clone(), new: op.new.clone(), group }).collect();
        Self::linked(search(Side::Lines(old, old_lines), Side::Lines(new, new_lines), &steps))
    }

    fn linked(found: Vec<Found>) -> Self {
        let mut out = Self::default();
        for (block, (moved, pairs)) in found.into_iter().enumerate() {
            let (mut left, mut right) = (pairs.iter().peekable(), pairs.iter().peekable());
            for line in moved.old.clone() {
                let other = left.next_if(|p| p.0 == line).map(|p| p.1);
                out.olds.push(Link { line, other, block });
            }
            for line in moved.new.clone() {
                let other = right.next_if(|p| p.1 == line).map(|p| p.0);
                out.news.push(Link { line, other, block });
            }
            out.blocks.push(moved);
        }
        out.olds.sort_unstable_by_key(|l| l.line);
        out
    }
}

/// A block, and which of its lines correspond.
type Found = (Move, Vec<(usize, usize)>);

/// Lines that go and lines that come together. Blocks are looked for between steps of different groups.
struct Step {
    old: Range<usize>,
    new: Range<usize>,
    group: usize,
}

fn search(gone: Side<'_>, come: Side<'_>, steps: &[Step]) -> Vec<Found> {
    let hash = DefaultHashBuilder::default();
    // Lines that go, by what they are: each with its step.
    let mut places: Vec<(u64, u32, u32)> = Vec::new();
    for (index, step) in (0..).zip(steps) {
        for at in step.old.clone() {
            let text = gone.text(at);
            if let (true, Ok(line)) = (letters(text) > 2, u32::try_from(at)) {
                places.push((hash.hash_one(text), line, index));
            }
        }
    }
    places.sort_unstable();
    let mut search = Search { gone, come, steps: STEPS, taken: BTreeMap::new() };
    let mut found: Vec<Found> = Vec::new();
    if places.is_empty() {
        return found;
    }
    for step in steps {
        let mut line = step.new.start;
        while line < step.new.end {
            let text = search.come.text(line);
            let from = if letters(text) > 2 { of_key(&places, hash.hash_one(text)) } else { &[] };
            let mut best: Option<Walk> = None;
            for (_, place, of) in from {
                let Some(other) = steps.get(*of as usize).filter(|other| other.group != step.group) else { continue };
                let walk =
                    search.walk(*place as usize, line, &other.old, &step.new, found.last().map_or(0, |f| f.0.new.end));
                if walk.letters > best.as_ref().map_or(LETTERS - 1, |b| b.letters) && walk.same >= LEAST {
                    best = Some(walk);
                }
            }
            match best {
                Some(walk) => {
                    line = walk.block.new.end;
                    search.take(walk.block.old.clone());
                    found.push((walk.block, walk.pairs));
                }
                None => line += 1,
            }
        }
    }
    found
}

/// The places of one key; none where they are more than are tried.
fn of_key(places: &[(u64, u32, u32)], key: u64) -> &[(u64, u32, u32)] {
    let from = places.get(places.partition_point(|p| p.0 < key)..).unwrap_or_default();
    let many = from.iter().take(PLACES + 1).take_while(|p| p.0 == key).count();
    from.get(..many).filter(|_| many <= PLACES).unwrap_or_default()
}

/// A block that moved from one file of a set to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abroad {
    /// Where it was: which file, and its lines there by index from 0.
    pub from: (usize, Range<usize>),
    /// Where it is.
    pub to: (usize, Range<usize>),
    /// Lines within that are not the same on both sides.
    pub edited: usize,
}

/// One file of a set: its sides and their difference.
pub type Compared<'a> = (&'a [u8], &'a [u8], &'a FileDiff);

/// The blocks that moved between the files of a set. A line that moved within its file is part of none.
pub fn across(files: &[Compared<'_>]) -> Vec<Abroad> {
    // The lines that go and come, of all files one after the other.
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut olds, mut news) = (Vec::<(usize, usize)>::new(), Vec::<(usize, usize)>::new());
    let mut steps = Vec::new();
    for (group, (old, new, diff)) in files.iter().enumerate() {
        for op in diff.ops.iter().filter(|op| op.kind != OpKind::Equal) {
            for range in runs(op.old.clone(), |line| diff.moves.removed(line).is_none()) {
                let start = olds.len();
                gone.extend(range.clone().map(|line| diff.old.text(old, line)));
                olds.extend(range.map(|line| (group, line)));
                steps.push(Step { old: start..olds.len(), new: 0..0, group });
            }
            for range in runs(op.new.clone(), |line| diff.moves.added(line).is_none()) {
                let start = news.len();
                come.extend(range.clone().map(|line| diff.new.text(new, line)));
                news.extend(range.map(|line| (group, line)));
                steps.push(Step { old: 0..0, new: start..news.len(), group });
            }
        }
    }
    let place = |all: &[(usize, usize)], range: &Range<usize>| {
        let (file, line) = all.get(range.start).copied()?;
        Some((file, line..line + range.len()))
    };
    let found = search(Side::Texts(gone), Side::Texts(come), &steps).into_iter();
    let abroad = found.filter_map(|(block, _)| {
        Some(Abroad { from: place(&olds, &block.old)?, to: place(&news, &block.new)?, edited: block.edited })
    });
    abroad.collect()
}

/// The stretches of a range in which all fit.
fn runs(range: Range<usize>, fits: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for line in range.filter(|line| fits(*line)) {
        match out.last_mut() {
            Some(last) if last.end == line => last.end = line + 1,
            _ => out.push(line..line + 1),
        }
    }
    out
}

/// One side's lines.
enum Side<'a> {
    /// Those of a text.
    Lines(&'a [u8], &'a Lines),
    Texts(Vec<&'a [u8]>),
}

impl<'a> Side<'a> {
    /// A line without the white space at its ends.
    fn text(&self, line: usize) -> &'a [u8] {
        match self {
            Self::Lines(bytes, lines) => lines.text(bytes, line),
            Self::Texts(texts) => texts.get(line).copied().unwrap_or_default(),
        }
        .trim_ascii()
    }
}

fn letters(text: &[u8]) -> usize {
    text.iter().filter(|b| b.is_ascii_alphanumeric() || !b.is_ascii()).count()
}

/// How far two places are the same.
struct Walk {
    block: Move,
    /// Lines that correspond, in order.
    pairs: Vec<(usize, usize)>,
    same: usize,
    letters: usize,
}

struct Search<'a> {
    gone: Side<'a>,
    come: Side<'a>,
    steps: usize,
    /// Old lines that belong to a block already: where each begins and ends.
    taken: BTreeMap<usize, usize>,
}

impl Search<'_> {
    fn take(&mut self, lines: Range<usize>) {
        self.taken.insert(lines.start, lines.end);
    }

    /// The stretch of free old lines around one.
    fn free(&self, line: usize, within: &Range<usize>) -> Range<usize> {
        let from = self.taken.range(..=line).next_back().map_or(0, |(_, end)| *end);
        let to = self.taken.range(line..).next().map_or(usize::MAX, |(start, _)| *start);
        within.start.max(from)..within.end.min(to)
    }

    fn same(&mut self, i: usize, j: usize) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0 && self.gone.text(i) == self.come.text(j)
    }

    /// From a pair of equal lines as far as it goes, up and down.
    fn walk(&mut self, i: usize, j: usize, old: &Range<usize>, new: &Range<usize>, after: usize) -> Walk {
        let old = self.free(i, old);
        let new = new.start.max(after)..new.end;
        let (mut same, mut weight, mut edited, mut pairs) = (0, 0, 0, Vec::new());
        let none = Walk { block: Move { old: i..i, new: j..j, edited }, pairs: Vec::new(), same, letters: 0 };
        if !old.contains(&i) {
            return none;
        }
        // Upwards only what is the same: a block begins with it.
        let (mut top_i, mut top_j) = (i, j);
        while top_i > old.start && top_j > new.start && self.same(top_i - 1, top_j - 1) {
            (top_i, top_j) = (top_i - 1, top_j - 1);
        }
        let (mut x, mut y) = (top_i, top_j);
        let mut end = (x, y);
        while x < old.end && y < new.end {
            if self.same(x, y) {
                pairs.push((x, y));
                same += 1;
                weight += letters(self.gone.text(x));
                (x, y) = (x + 1, y + 1);
                end = (x, y);
                continue;
            }
            let Some((down, right)) = self.resume(x, y, &old, &new) else { break };
            let both = down.min(right);
            for k in 0..both {
                let (a, b) = (Bag::of(self.gone.text(x + k)), Bag::of(self.come.text(y + k)));
                if a.likeness(&b) >= ALIKE {
                    pairs.push((x + k, y + k));
                }
            }
            edited += down.max(right);
            (x, y) = (x + down, y + right);
        }
        Walk { block: Move { old: top_i..end.0, new: top_j..end.1, edited }, pairs, same, letters: weight }
    }

    /// How many lines to pass on each side until two in a row are the same again.
    fn resume(&mut self, x: usize, y: usize, old: &Range<usize>, new: &Range<usize>) -> Option<(usize, usize)> {
        for lines in 1..=2 * GAP {
            for down in 0..=lines.min(GAP) {
                let right = lines - down;
                let fits = right <= GAP && x + down + 1 < old.end && y + right + 1 < new.end;
                if fits && self.same(x + down, y + right) && self.same(x + down + 1, y + right + 1) {
                    return Some((down, right));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::diff::lines::{diff, split};
    use proptest::prelude::*;

    fn find(old: &str, new: &str) -> Moves {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let (a, b) = (split(old), split(new));
        let (ops, _) = diff(old, new, &a, &b);
        Moves::find(old, new, &a, &b, &ops)
    }

    fn text(lines: &[&str]) -> String {
        lines.iter().map(|l| format!("{l}\n")).collect()
    }

    const BLOCK: [&str; 5] =
        ["fn total(items: &[Item]) -> u32 {", "    let mut sum = 0;", "    sum += items.len();", "    sum", "}"];

    fn around(before: &[&str], after: &[&str]) -> String {
        let rest: Vec<String> = (0..12).map(|i| format!("const STAYS_{i}: u8 = {i};")).collect();
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        text(&[before, &rest, after].concat())
    }

    #[test]
    fn a_block_that_moved_is_found_in_both_places() {
        let moves = find(&around(&BLOCK, &[]), &around(&[], &BLOCK));
        assert_eq!(moves.blocks, [Move { old: 0..5, new: 12..17, edited: 0 }]);
        assert_eq!(moves.removed(0), Some(Moved { block: 0, other: Some(12), first: true }));
        assert_eq!(moves.added(14), Some(Moved { block: 0, other: Some(2), first: false }));
        assert_eq!((moves.removed(5), moves.added(0)), (None, None));
    }

    #[test]
    fn a_block_may_be_indented_and_edited_within() {
        let edited = [
            "  fn total(items: &[Item]) -> u32 {",
            "      let mut sum = 0;",
            "      // every one",
            "      sum += items.len() + 1;",
            "      sum",
            "  }",
        ];
        let moves = find(&around(&BLOCK, &[]), &around(&[], &edited));
        assert_eq!(moves.blocks, [Move { old: 0..5, new: 12..18, edited: 2 }]);
        assert_eq!(moves.added(14).map(|m| m.other), Some(None), "it came within the block");
    }

    #[test]
    fn few_lines_or_brackets_alone_are_no_block() {
        assert!(find(&around(&BLOCK[..2], &[]), &around(&[], &BLOCK[..2])).blocks.is_empty());
        let brackets = ["if a {", "}", "}", "}"];
        assert!(find(&around(&brackets, &[]), &around(&[], &brackets)).blocks.is_empty());
        let indented: Vec<String> = BLOCK.iter().map(|l| format!("    {l}")).collect();
        let indented: Vec<&str> = indented.iter().map(String::as_str).collect();
        assert!(find(&around(&BLOCK, &[]), &around(&indented, &[])).blocks.is_empty(), "it stayed where it was");
    }

    #[test]
    fn a_block_that_went_to_another_file_is_found_there() {
        let compared = |old: &str, new: &str| FileDiff::of(old.as_bytes(), new.as_bytes(), 3);
        let edited = [
            "pub fn total(items: &[Item]) -> u32 {",
            "    let mut sum = 0;",
            "    sum += items.len();",
            "    sum",
            "}",
        ];
        let sides = [
            (around(&BLOCK, &[]), around(&[], &[])),
            (text(&["use a;"]), text(&[&["use a;", "use b;"][..], &edited].concat())),
            (text(&["nothing of it"]), text(&["something else"])),
        ];
        let diffs: Vec<FileDiff> = sides.iter().map(|(old, new)| compared(old, new)).collect();
        let files: Vec<Compared<'_>> =
            sides.iter().zip(&diffs).map(|((old, new), diff)| (old.as_bytes(), new.as_bytes(), diff)).collect();
        assert_eq!(across(&files), [Abroad { from: (0, 1..5), to: (1, 3..7), edited: 0 }]);
        // What moved within its file has moved there, and a file alone has nowhere else.
        let within = (around(&BLOCK, &[]), around(&[], &BLOCK));
        let diff = compared(&within.0, &within.1);
        let one: Compared<'_> = (within.0.as_bytes(), within.1.as_bytes(), &diff);
        assert!(across(&[one]).is_empty() && across(&[]).is_empty());
        let copy = (String::new(), text(&BLOCK));
        let created = compared(&copy.0, &copy.1);
        assert!(across(&[one, (b"", copy.1.as_bytes(), &created)]).is_empty());
    }

    #[test]
    fn a_copy_has_one_origin() {
        let twice = [BLOCK, BLOCK].concat();
        let moves = find(&around(&BLOCK, &[]), &around(&[], &twice));
        assert_eq!(moves.blocks.len(), 1);
    }

    #[test]
    fn lines_that_are_all_alike_cost_no_more_than_the_bound() {
        // Nine groups: each line stands in more places than are tried.
        let group = |n: usize| text(&vec!["the same line of words again"; 400][..n]);
        let old: String = (0..9).map(|i| format!("{}const OLD_{i}: u8 = 1;\n", group(400))).collect();
        let new: String = (0..9).map(|i| format!("const NEW_{i}: u8 = 1;\n{}", group(399))).collect();
        find(&old, &new);
        let mut search =
            Search { gone: Side::Texts(Vec::new()), come: Side::Texts(Vec::new()), steps: 10, taken: BTreeMap::new() };
        let walk = search.walk(0, 0, &(0..1000), &(0..1000), 0);
        assert!(walk.same < 10, "the steps are counted down");
    }

    proptest! {
        #[test]
        fn a_line_is_in_one_block(order in prop::collection::vec(0..6_usize, 0..12), turned in prop::collection::vec(0..6_usize, 0..12)) {
            let words = ["let alpha = beta(gamma);", "call(the, other, part);", "}", "return everything + 1;", "", "match found {"];
            let text = |order: &[usize]| -> String { order.iter().map(|i| format!("{}\n", words[*i])).collect() };
            let moves = find(&text(&order), &text(&turned));
            let (mut olds, mut news): (Vec<usize>, Vec<usize>) =
                (moves.blocks.iter().flat_map(|b| b.old.clone()).collect(), moves.blocks.iter().flat_map(|b| b.new.clone()).collect());
            let (a, b) = (olds.len(), news.len());
            olds.sort_unstable();
            news.sort_unstable();
            olds.dedup();
            news.dedup();
            prop_assert_eq!((olds.len(), news.len()), (a, b));
            for (index, block) in moves.blocks.iter().enumerate() {
                let pairs: Vec<_> = block.new.clone().filter_map(|j| Some((moves.added(j)?.other?, j))).collect();
                let same = pairs.iter().filter(|(i, j)| words[order[*i]] == words[turned[*j]]).count();
                prop_assert!(same >= LEAST);
                prop_assert!(pairs.iter().all(|(i, j)| moves.removed(*i).is_some_and(|m| m.other == Some(*j) && m.block == index)));
            }
        }
    }
}
