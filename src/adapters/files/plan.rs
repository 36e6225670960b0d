//! What a change set comes down to, given what the files are now.
//!
//! Reads through a closure, writes nothing. A plan exists only when every base is as the set says
//! or the change is already in place.

use std::collections::BTreeSet;

use super::MAX_BYTES;
use crate::{
    domain::{
        change::{Change, ChangeSet, FileState, Mode},
        path::RelPath,
    },
    ports::files::FilesError,
};

/// One file's part in a plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Where.
    pub path: RelPath,
    /// What lies there now, as it was compared.
    pub before: Option<FileState>,
    /// What shall lie there; never the same as `before`.
    pub after: Option<FileState>,
}

/// Compares every base with what is there.
pub(super) fn plan(
    set: &ChangeSet,
    read: impl Fn(&RelPath) -> Result<Option<FileState>, FilesError>,
) -> Result<Vec<Step>, FilesError> {
    check_form(set)?;
    let mut steps = Vec::new();
    let mut step = |path: &RelPath, before: Option<FileState>, after: &Option<FileState>| {
        if before != *after {
            steps.push(Step { path: path.clone(), before, after: after.clone() });
        }
    };
    for Change { path, from, before, after } in &set.changes {
        let now = read(path)?;
        let moved = |path: &RelPath| Err(FilesError::Moved { path: path.clone() });
        match from {
            None if now == *after || now == *before => step(path, now, after),
            None => return moved(path),
            Some(from) => {
                // The target goes first, so that a set cut off in between still has the content.
                let source = read(from)?;
                if now.is_some() && now != *after {
                    return moved(path);
                }
                if source != *before && !(source.is_none() && now.is_some()) {
                    return moved(from);
                }
                step(path, now, after);
                step(from, source, &None);
            }
        }
    }
    Ok(steps)
}

fn check_form(set: &ChangeSet) -> Result<(), FilesError> {
    let bad = |path: &RelPath, why: &str| Err(FilesError::Unsuitable { path: path.clone(), why: why.to_owned() });
    let mut touched = BTreeSet::new();
    for change in &set.changes {
        if change.from.is_some() && (change.before.is_none() || change.after.is_none()) {
            return bad(&change.path, "a rename needs the file before and after");
        }
        if let Some(after) = &change.after {
            if after.bytes.len() > MAX_BYTES {
                return bad(&change.path, "is larger than 8 MiB");
            }
            if after.mode == Mode::Symlink {
                link_target(&change.path, &after.bytes)?;
            }
        }
        if [&change.before, &change.after].into_iter().flatten().any(|s| s.mode == Mode::Submodule) {
            return bad(&change.path, "is a submodule, which is no file; change it with git in the worktree");
        }
        for path in std::iter::once(&change.path).chain(&change.from) {
            if !touched.insert(path.as_str()) {
                return bad(path, "is in the set twice");
            }
        }
    }
    for change in &set.changes {
        for path in std::iter::once(&change.path).chain(&change.from) {
            if ancestors(path.as_str()).any(|a| touched.contains(a)) {
                return bad(path, "the set makes a file and a directory of one name; propose them one after the other");
            }
        }
    }
    Ok(())
}

/// The directories above a path, outermost first: `a`, `a/b` for `a/b/c`.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}

/// Where a symbolic link at `path` leads, by its text alone.
///
/// `..` is taken only at the start, where it goes up real directories: behind another link it
/// would lead elsewhere than it says.
pub(super) fn link_target(path: &RelPath, target: &[u8]) -> Result<RelPath, FilesError> {
    let bad = |why: String| FilesError::Unsuitable { path: path.clone(), why };
    let text = std::str::from_utf8(target).map_err(|_| bad("the link's target is not UTF-8".into()))?;
    if text.is_empty() {
        return Err(bad("a link needs a target".into()));
    }
    let mut dir: Vec<&str> = path.as_str().split('/').collect();
    dir.pop();
    let mut down = false;
    for part in text.split('/').filter(|p| *p != ".") {
        if part == ".." {
            if down || dir.pop().is_none() {
                return Err(FilesError::Outside(path.clone()));
            }
        } else {
            down = true;
            dir.push(part);
        }
    }
    if text.starts_with('/') {
        return Err(FilesError::Outside(path.clone()));
    }
    RelPath::parse(&dir.join("/")).map_err(|e| bad(format!("the link's target does not stay inside: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_targets_stay_inside() {
        let at = RelPath::parse("a/b/link").unwrap();
        for (target, leads) in [("c", "a/b/c"), ("../c", "a/c"), ("../../c/./d", "c/d")] {
            assert_eq!(link_target(&at, target.as_bytes()).unwrap().as_str(), leads);
        }
        for target in ["/etc/passwd", "../../../c", "c/../d", "", "../..", "../../.git/config", "c\u{1b}"] {
            assert!(link_target(&at, target.as_bytes()).is_err(), "{target:?}");
        }
        assert!(link_target(&at, &[0xff]).is_err());
    }

    #[test]
    fn ancestors_are_the_directories_above() {
        assert_eq!(ancestors("a/b/c").collect::<Vec<_>>(), ["a", "a/b"]);
        assert_eq!(ancestors("a").count(), 0);
    }
}
