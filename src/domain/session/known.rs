//! What the journal explains of the files in the worktree: which approved change or which command left them
//! as they are.

use std::collections::BTreeSet;

use super::{AppliedChange, State};
use crate::domain::{change::FileState, digest::Digest, path::RelPath};

impl State {
    /// The last approved change that is about a path.
    fn approved(&self, path: &RelPath) -> Option<&AppliedChange> {
        self.applied.iter().rev().find(|a| a.change.path == *path || a.change.from.as_ref() == Some(path))
    }

    /// What an approved change that is not committed left at a path; `Some(None)` where it took the file away.
    pub fn last_approved(&self, path: &RelPath) -> Option<&Option<FileState>> {
        let last = self.approved(path).filter(|a| !a.committed)?;
        Some(if last.change.path == *path { &last.change.after } else { &None })
    }

    /// The paths of approved changes that are not committed.
    pub fn uncommitted(&self) -> BTreeSet<&RelPath> {
        let open = self.applied.iter().filter(|a| !a.committed);
        open.flat_map(|a| std::iter::once(&a.change.path).chain(&a.change.from)).collect()
    }

    /// True where it is known who left a file so: an approved change, a command that ran, or the developer,
    /// whose own change stands at its gate or is left open.
    pub fn explains(&self, path: &RelPath, is: Option<Digest>) -> bool {
        let approved = match self.approved(path) {
            Some(last) if last.change.path == *path => last.change.after.as_ref().map(FileState::digest) == is,
            // The old place of a file that moved.
            Some(_) => is.is_none(),
            None => false,
        };
        approved || self.by_command.get(path) == Some(&is) || self.own.iter().any(|c| c.path == *path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{change::Change, phase::TaskId};

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    fn digest(text: &str) -> Option<Digest> {
        Some(FileState::regular(text).digest())
    }

    #[test]
    fn only_what_was_left_so_is_explained() {
        let state = |s: &str| Some(FileState::regular(s));
        let change = |at: &str, from: Option<&str>, after| Change {
            path: path(at),
            from: from.map(path),
            before: state("0"),
            after,
        };
        let applied = |change| AppliedChange { task: TaskId("1".into()), change, committed: false, own: false };
        let mut known = State {
            applied: vec![
                applied(change("a", None, state("1"))),
                applied(change("a", None, state("2"))),
                applied(change("new", Some("old"), state("0"))),
                applied(change("gone", None, None)),
            ],
            own: vec![change("mine", None, state("?"))],
            ..State::default()
        };
        known.by_command.insert(path("made"), digest("m"));
        known.by_command.insert(path("cleaned"), None);
        for (at, is, explained) in [
            ("a", digest("2"), true),
            ("a", digest("1"), false),
            ("a", None, false),
            ("new", digest("0"), true),
            ("old", None, true),
            ("old", digest("0"), false),
            ("gone", None, true),
            ("gone", digest("0"), false),
            ("made", digest("m"), true),
            ("made", digest("n"), false),
            ("cleaned", None, true),
            ("mine", digest("anything"), true),
            ("other", digest("x"), false),
        ] {
            assert_eq!(known.explains(&path(at), is), explained, "{at}");
        }
        assert_eq!(known.last_approved(&path("a")), Some(&state("2")));
        assert_eq!((known.last_approved(&path("old")), known.last_approved(&path("other"))), (Some(&None), None));
        let open: Vec<_> = known.uncommitted().into_iter().map(RelPath::as_str).collect();
        assert_eq!(open, ["a", "gone", "new", "old"]);
        known.applied.iter_mut().for_each(|a| a.committed = true);
        assert!(known.uncommitted().is_empty() && known.last_approved(&path("a")).is_none());
    }
}
