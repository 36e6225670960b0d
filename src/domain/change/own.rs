//! What the developer changed in the worktree past this program, as something that stands at a gate.
//!
//! A yes makes it theirs in the task: nothing is done in the world by it. A no asks for [`PutBack`],
//! which is another thing with another digest, since it destroys what they wrote.

use super::{Change, ChangeSet};
use crate::domain::{
    digest::Digest,
    gate::{Approved, Grants, Reviewable, Subject},
};

/// The developer's own changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnChanges {
    /// At most one a path: what lay there before, and what they made of it.
    pub changes: Vec<Change>,
}

impl OwnChanges {
    /// What is left to be answered after more was changed: what lay there before anything of it was.
    pub fn joined(open: &[Change], more: &[Change]) -> Vec<Change> {
        let mut all = open.to_vec();
        for change in more {
            match all.iter_mut().find(|c| c.path == change.path) {
                Some(known) => known.after.clone_from(&change.after),
                None => all.push(change.clone()),
            }
        }
        all.retain(|c| c.before != c.after);
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    fn name(&self, what: &str) -> Digest {
        let each: Vec<String> = self.changes.iter().map(|c| c.digest().to_string()).collect();
        Digest::of_fields(std::iter::once(what.as_bytes()).chain(each.iter().map(String::as_bytes)))
    }
}

impl Reviewable for OwnChanges {
    fn subject(&self) -> Subject {
        Subject::Own
    }

    fn digest(&self) -> Digest {
        self.name("own changes")
    }
}

/// That the developer's own changes are put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutBack {
    /// What is put back.
    pub own: OwnChanges,
}

impl Reviewable for PutBack {
    fn subject(&self) -> Subject {
        Subject::PutBack
    }

    fn digest(&self) -> Digest {
        self.own.name("put back")
    }
}

impl PutBack {
    /// The way back, of the files or of the submodules.
    fn back(&self, submodules: bool) -> Vec<Change> {
        let of_one = |c: &&Change| c.is_submodule() == submodules;
        self.own.changes.iter().filter(of_one).map(Change::undone).collect()
    }
}

impl Grants<ChangeSet> for PutBack {
    fn granted(approval: &Approved<Self>) -> ChangeSet {
        ChangeSet { changes: approval.item().back(false) }
    }
}

/// Submodules that go back to the commits they were at. They are no files: git moves them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmodulesBack {
    /// From what is there now to what was there before.
    pub changes: Vec<Change>,
}

impl Grants<SubmodulesBack> for PutBack {
    fn granted(approval: &Approved<Self>) -> SubmodulesBack {
        SubmodulesBack { changes: approval.item().back(true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{change::FileState, path::RelPath};

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let state = |s: Option<&str>| s.map(FileState::regular);
        Change { path: RelPath::parse(path).unwrap(), from: None, before: state(before), after: state(after) }
    }

    #[test]
    fn what_was_open_and_what_came_are_one_from_the_first_to_the_last() {
        let open = [change("b", Some("1"), Some("2")), change("d", None, Some("x"))];
        let more = [change("a", None, Some("n")), change("b", Some("2"), Some("3")), change("d", Some("x"), None)];
        let wanted = [change("a", None, Some("n")), change("b", Some("1"), Some("3"))];
        assert_eq!(OwnChanges::joined(&open, &more), wanted, "what is as it was before is no change");
        assert_eq!(OwnChanges::joined(&open, &[]), open);
    }

    #[test]
    fn a_yes_and_the_putting_back_never_share_a_digest() {
        let own = OwnChanges { changes: vec![change("a", Some("1"), Some("2"))] };
        let other = OwnChanges { changes: vec![change("a", Some("1"), Some("3"))] };
        let back = PutBack { own: own.clone() };
        assert_ne!(own.digest(), back.digest());
        assert_ne!(own.digest(), other.digest());
        assert_ne!(back.digest(), PutBack { own: other }.digest());
    }
}
