//! What became of a comment: what the next revision of the agent did to its lines, and to the
//! requirement, property or task that they lie in.
//!
//! It tells where to look, not whether the comment was heard: that is for the developer to judge.

use super::{Comment, State};
use crate::domain::{
    diff::{FileDiff, RowKind},
    digest::Digest,
    journal::Author,
    session::reading::changed_lines,
    spec::{
        File,
        parts::{self, Part},
    },
};

/// What a revision did to the place of a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// It changed one of the lines, or added something right below one.
    Lines,
    /// The lines stay, the part that they lie in is another.
    Part(String),
    /// That part is not there any more.
    Gone(String),
    /// A comment on the whole document: it differs.
    Document,
    /// Nothing of it.
    Nothing,
}

/// The first revision of the agent after a comment was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aftermath {
    /// Its number.
    pub revision: usize,
    /// Its digest.
    pub rev: Digest,
    /// What it did there.
    pub touched: Touched,
    /// The line of that revision to look at, from 1.
    pub line: usize,
}

impl std::fmt::Display for Aftermath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.touched {
            Touched::Lines => write!(f, "lines changed")?,
            Touched::Part(name) => write!(f, "{name} changed")?,
            Touched::Gone(name) => write!(f, "{name} gone")?,
            Touched::Document => write!(f, "document changed")?,
            Touched::Nothing => write!(f, "untouched")?,
        }
        write!(f, " in r{}", self.revision)
    }
}

impl State {
    /// What became of a comment that was sent; nothing before the agent has answered with a revision.
    pub fn aftermath(&self, comment: &Comment) -> Option<Aftermath> {
        if !comment.sent {
            return None;
        }
        let doc = comment.anchor.doc;
        let all = self.revisions(doc);
        let on = all.iter().find(|r| r.digest == comment.anchor.rev)?;
        let next = all.iter().find(|r| r.number > comment.sent_over && r.author == Author::Agent)?;
        let (touched, line) = match comment.anchor.lines {
            Some(lines) => became(self.file(doc), &on.text, &next.text, lines),
            None => match changed_lines(&on.text, &next.text).first() {
                Some(line) => (Touched::Document, *line),
                None => (Touched::Nothing, 1),
            },
        };
        Some(Aftermath { revision: next.number, rev: next.digest, touched, line })
    }
}

/// What became of lines `from` to `to` of the old text, and the line of the new one where it is seen.
fn became(file: File, old: &str, new: &str, lines: (usize, usize)) -> (Touched, usize) {
    let (touched, here) = followed(old, new, lines);
    if let Some(line) = touched {
        return (Touched::Lines, line);
    }
    let (before, after) = (parts::parts(file, old), parts::parts(file, new));
    let mut part = parts::around(&before, lines);
    while let Some(of) = part {
        part = parts::above(&before, of.lines);
        // A section is spoken of by its title, which has to be one of its own; and what is above a
        // requirement changes with every other one.
        let same = |all: &[Part]| all.iter().filter(|p| p.name == of.name).count();
        let section = of.name.starts_with("section ");
        if section && (same(&before) > 1 || same(&after) > 1 || Some(of) != parts::around(&before, lines)) {
            continue;
        }
        let Some(now) = after.iter().find(|p| p.name == of.name) else {
            return (Touched::Gone(of.name.clone()), here);
        };
        if within(old, of.lines) != within(new, now.lines) {
            let changed = changed_lines(old, new).range(now.lines.0..=now.lines.1).next().copied();
            return (Touched::Part(of.name.clone()), changed.unwrap_or(now.lines.0));
        }
    }
    (Touched::Nothing, here)
}

/// Where a line of the old text, from 1, stands in the new one, or would.
pub fn line_in(old: &str, new: &str, line: usize) -> usize {
    followed(old, new, (line, line)).1
}

fn within(text: &str, (from, to): (usize, usize)) -> Vec<&str> {
    text.lines().skip(from - 1).take(to + 1 - from).collect()
}

/// Where one of the old text's lines `from` to `to` is not in the new text as it was, or new lines stand
/// right below one; and where the first of them is now, or would be.
fn followed(old: &str, new: &str, (from, to): (usize, usize)) -> (Option<usize>, usize) {
    let diff = FileDiff::of(old.as_bytes(), new.as_bytes(), 0);
    let (mut left, mut right, mut here, mut touched) = (0, 0, None, None);
    for row in &diff.rows {
        left = row.left().map_or(left, |line| line + 1);
        right = row.right().map_or(right, |line| line + 1);
        if (from..=to).contains(&left) {
            here.get_or_insert(right.max(1));
            if row.kind != RowKind::Equal {
                touched.get_or_insert(right.max(1));
            }
        }
    }
    (touched, here.unwrap_or(right.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_beside_the_lines_does_not_count_as_theirs() {
        let old = "a\nb\nc\nd\n";
        for (new, lines, touched) in [
            (old, (1, 4), None),
            ("a\nB\nc\nd\n", (2, 2), Some(2)),
            ("a\nB\nc\nd\n", (1, 1), None),
            ("a\nB\nc\nd\n", (3, 4), None),
            ("a\nc\nd\n", (2, 3), Some(1)),
            ("a\nb\nnew\nc\nd\n", (2, 2), Some(3)),
            ("a\nb\nnew\nc\nd\n", (3, 3), None),
            ("new\na\nb\nc\nd\n", (1, 1), None),
            ("d\n", (4, 4), None),
        ] {
            assert_eq!(followed(old, new, lines).0, touched, "{new:?} {lines:?}");
        }
        assert_eq!(followed(old, "new\na\nb\nc\nd\n", (3, 3)).1, 4, "it moved down");
    }

    const OLD: &str = "# Requirements Document\n\n## Requirements\n\n### Requirement 1: Resize\n\n#### Acceptance \
                       Criteria\n\n1. THE Thumbnailer SHALL resize.\n2. THE Thumbnailer SHALL skip.\n\n### Requirement \
                       2: Cost\n\n#### Acceptance Criteria\n\n1. THE Thumbnailer SHALL be cheap.\n";

    #[test]
    fn what_changed_around_the_lines_is_called_by_its_name() {
        let part = |name: &str| Touched::Part(name.to_owned());
        for (from, to, lines, wanted) in [
            ("skip.", "skip.\n   And say so.", (10, 10), (Touched::Lines, 11)),
            ("resize.", "resize in 2 s.", (10, 10), (part("requirement 1"), 9)),
            ("be cheap.", "cost 20 USD.", (10, 10), (Touched::Nothing, 10)),
            ("2: Cost", "3: Cost", (16, 16), (Touched::Gone("criterion 2.1".to_owned()), 16)),
            ("# Requirements Document", "# Requirements Document\n\nNew.", (16, 16), (Touched::Nothing, 18)),
        ] {
            let new = OLD.replace(from, to);
            assert_eq!(became(File::Requirements, OLD, &new, lines), wanted, "{from} -> {to}");
        }
    }
}
