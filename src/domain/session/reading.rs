//! What of a document the developer has read: whole revisions, as the journal has them, and the lines
//! of a later one that are new since.
//!
//! Whether lines were on the screen is the screen's to say; nothing here decides what may be approved.
//!
//! Always holds: a line that differs from the revision that was read, or stands beside lines that were
//! taken out of it, counts as new.

use std::collections::BTreeSet;

use super::{Revision, State};
use crate::domain::{
    diff::{FileDiff, RowKind},
    journal::Author,
    phase::Doc,
};

impl State {
    /// True when the developer read this revision to its end, approved it, or made it of one that was
    /// read.
    pub fn was_read(&self, doc: Doc, revision: &Revision) -> bool {
        let all = self.revisions(doc);
        let mut at = all.iter().position(|r| r.number == revision.number);
        while let Some(revision) = at.and_then(|i| all.get(i)) {
            if self.read.contains(&(doc, revision.digest)) {
                return true;
            }
            if revision.author != Author::Developer {
                return false;
            }
            at = at.and_then(|i| i.checked_sub(1));
        }
        false
    }

    /// The newest revision before this one that was read.
    pub fn read_before(&self, doc: Doc, revision: &Revision) -> Option<&Revision> {
        self.revisions(doc).iter().rev().find(|r| r.number < revision.number && self.was_read(doc, r))
    }
}

/// The lines of `new`, from 1, that are not in `old` as they are, or stand where something was taken
/// out: the line after it, or the last one at the end.
pub fn changed_lines(old: &str, new: &str) -> BTreeSet<usize> {
    let diff = FileDiff::of(old.as_bytes(), new.as_bytes(), 0);
    let (mut lines, mut last, mut gap) = (BTreeSet::new(), 0, false);
    for row in &diff.rows {
        let Some(line) = diff.right(row).map(|l| l.number) else {
            gap = true;
            continue;
        };
        last = line;
        if gap || row.kind != RowKind::Equal {
            lines.insert(line);
        }
        gap = false;
    }
    if gap {
        lines.insert(last.max(1));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_and_the_places_of_those_that_are_gone_are_new() {
        for (old, new, wanted) in [
            ("a\nb\nc\n", "a\nb\nc\n", vec![]),
            ("a\nb\nc\n", "a\nB\nc\n", vec![2]),
            ("a\nb\nc\n", "a\nc\n", vec![2]),
            ("a\nb\nc\n", "a\nb\n", vec![2]),
            ("a\n", "a\nb\nc\n", vec![2, 3]),
            ("a\nb\n", "", vec![1]),
            ("", "a\n", vec![1]),
        ] {
            assert_eq!(changed_lines(old, new).into_iter().collect::<Vec<_>>(), wanted, "{old:?} to {new:?}");
        }
    }
}
