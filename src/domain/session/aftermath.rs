//! What became of a comment: whether the next revision touched the lines it was about.
//!
//! It tells where to look, not whether the comment was heard: that is for the developer to judge.

use super::{Comment, State};
use crate::domain::{
    diff::{FileDiff, RowKind},
    journal::Author,
};

/// The first revision of the agent after a comment was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// Its number.
    pub revision: usize,
    /// True where it changed one of the comment's lines, or added something right below one. For a
    /// comment on the whole document: where it differs at all.
    pub changed: bool,
}

impl std::fmt::Display for Aftermath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in r{}", if self.changed { "changed" } else { "untouched" }, self.revision)
    }
}

impl State {
    /// What became of a comment that was sent; nothing before the agent has answered with a revision.
    pub fn aftermath(&self, comment: &Comment) -> Option<Aftermath> {
        if !comment.sent {
            return None;
        }
        let all = self.revisions(comment.anchor.doc);
        let on = all.iter().find(|r| r.digest == comment.anchor.rev)?;
        let next = all.iter().find(|r| r.number > comment.sent_over && r.author == Author::Agent)?;
        let changed = match comment.anchor.lines {
            Some(lines) => touches(&on.text, &next.text, lines),
            None => on.text != next.text,
        };
        Some(Aftermath { revision: next.number, changed })
    }
}

/// True where one of the old text's lines `from` to `to` is not in the new text as it was, or new
/// lines stand right below one.
fn touches(old: &str, new: &str, (from, to): (usize, usize)) -> bool {
    let diff = FileDiff::of(old.as_bytes(), new.as_bytes(), 0);
    let mut last = 0;
    diff.rows.iter().any(|row| {
        last = row.left().map_or(last, |line| line + 1);
        row.kind != RowKind::Equal && (from..=to).contains(&last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_beside_the_lines_does_not_count() {
        let old = "a\nb\nc\nd\n";
        for (new, lines, touched) in [
            (old, (1, 4), false),
            ("a\nB\nc\nd\n", (2, 2), true),
            ("a\nB\nc\nd\n", (1, 1), false),
            ("a\nB\nc\nd\n", (3, 4), false),
            ("a\nc\nd\n", (2, 3), true),
            ("a\nb\nnew\nc\nd\n", (2, 2), true),
            ("a\nb\nnew\nc\nd\n", (3, 3), false),
            ("new\na\nb\nc\nd\n", (1, 1), false),
            ("d\n", (4, 4), false),
        ] {
            assert_eq!(touches(old, new, lines), touched, "{new:?} {lines:?}");
        }
    }
}
