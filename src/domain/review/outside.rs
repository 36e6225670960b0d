//! What changed in a worktree between two looks at it.

use std::collections::BTreeSet;

use crate::domain::{
    change::{Change, FileState},
    path::RelPath,
};

/// What leads from one state of a worktree to another, each given as what it changes of the same
/// commit. One change a path, in the order of the paths; a move is a file that goes and one that comes.
pub fn between(then: &[Change], now: &[Change]) -> Vec<Change> {
    let paths: BTreeSet<&RelPath> = then.iter().chain(now).map(|c| &c.path).collect();
    let of = |set: &'_ [Change], path: &RelPath| set.iter().find(|c| c.path == *path).cloned();
    let changed = paths.into_iter().filter_map(|path| {
        let (old, new) = (of(then, path), of(now, path));
        // What a set does not name is as the commit has it, which the other one tells.
        let before: Option<FileState> = old.as_ref().map_or_else(|| new.clone()?.before, |c| c.after.clone());
        let after: Option<FileState> = new.as_ref().map_or_else(|| old.clone()?.before, |c| c.after.clone());
        (before != after).then(|| Change { path: path.clone(), from: None, before, after })
    });
    changed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let state = |s: Option<&str>| s.map(FileState::regular);
        Change { path: RelPath::parse(path).unwrap(), from: None, before: state(before), after: state(after) }
    }

    #[test]
    fn only_what_changed_in_between_is_told() {
        let then = [change("a", Some("1"), Some("2")), change("b", None, Some("x")), change("c", Some("1"), None)];
        let now = [change("a", Some("1"), Some("3")), change("b", None, Some("x")), change("d", Some("o"), Some("n"))];
        let wanted =
            [change("a", Some("2"), Some("3")), change("c", None, Some("1")), change("d", Some("o"), Some("n"))];
        assert_eq!(between(&then, &now), wanted);
        assert_eq!(between(&now, &now), []);
        assert_eq!(between(&then, &[]).len(), 3, "all of it was taken back");
        assert_eq!(between(&then, &[])[1], change("b", Some("x"), None));
    }
}
