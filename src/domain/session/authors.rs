//! Whose each line of a document is: the revision that brought it, and who wrote that one.
//!
//! Always holds: one entry for each line of the last revision; a line that was taken over as it was
//! keeps its author.

use super::Revision;
use crate::domain::{
    diff::{FileDiff, RowKind},
    journal::Author,
};

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The number of the revision that brought it.
    pub revision: usize,
    /// Who wrote that revision.
    pub author: Author,
}

/// The origin of each line of the last of these revisions, which are in order.
pub fn authors(revisions: &[Revision]) -> Vec<Origin> {
    let mut lines: Vec<Origin> = Vec::new();
    let mut before = "";
    for revision in revisions {
        let own = Origin { revision: revision.number, author: revision.author };
        let diff = FileDiff::of(before.as_bytes(), revision.text.as_bytes(), 0);
        let kept = |row: &crate::domain::diff::Row| {
            diff.right(row)?;
            let old = diff.left(row).filter(|_| row.kind == RowKind::Equal);
            Some(old.and_then(|l| lines.get(l.number - 1).copied()).unwrap_or(own))
        };
        lines = diff.rows.iter().filter_map(kept).collect();
        before = &revision.text;
    }
    lines
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::digest::Digest;

    #[test]
    fn a_line_keeps_its_author_as_long_as_it_stays_as_it_is() {
        let revision = |number, text: &str, author| Revision {
            number,
            text: text.into(),
            digest: Digest::of(text),
            author,
            at: Timestamp::UNIX_EPOCH,
            seq: number as u64,
        };
        let all = [
            revision(1, "a\nb\nc\n", Author::Agent),
            revision(2, "a\nmine\nc\n", Author::Developer),
            revision(3, "new\na\nmine\nC\n", Author::Agent),
        ];
        let shown: Vec<(usize, Author)> = authors(&all).iter().map(|o| (o.revision, o.author)).collect();
        let (agent, me) = (Author::Agent, Author::Developer);
        assert_eq!(shown, [(3, agent), (1, agent), (2, me), (3, agent)]);
        assert_eq!(authors(&all[..1]).len(), 3);
        assert!(authors(&[]).is_empty());
    }
}
