//! Submodules of a checkout: where they stand, what came between two of their commits, and a commit put
//! back that was there before.
//!
//! Nothing is fetched. Only [`put_back`] changes a submodule's own checkout, and only one that holds nothing
//! uncommitted; a merge moves what the index says and leaves the checkout, as git does.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use git2::{Commit, FileMode, Oid, Repository, StatusOptions, Tree, build::CheckoutBuilder};

use super::{
    git,
    locks::{self, Locks},
    tree::{self, Entry},
};
use crate::{
    domain::{
        change::{FileState, own::SubmodulesBack, submodule},
        path::RelPath,
        prose::clean,
    },
    ports::vcs::VcsError,
};

/// How git's trees call a submodule.
pub(super) const BITS: u32 = 0o160_000;
/// Subjects told of each side.
const TOLD: usize = 20;
/// Subjects told of a submodule that comes in.
const NEWEST: usize = 5;
/// Characters of a subject.
const SUBJECT: usize = 160;

/// True for an entry that is a submodule.
pub(super) fn is_link(entry: Option<Entry>) -> bool {
    entry.is_some_and(|(bits, _)| bits == BITS)
}

/// Paths that are submodules in a tree or in the index.
pub(super) fn all(worktree: &Repository, base: &Tree<'_>) -> Result<BTreeSet<String>, VcsError> {
    let index = worktree.index().map_err(git)?;
    let diff = worktree.diff_tree_to_index(Some(base), Some(&index), None).map_err(git)?;
    let gone = diff.deltas().filter(|d| d.old_file().mode() == FileMode::Commit);
    let gone = gone.filter_map(|d| d.old_file().path_bytes().map(<[u8]>::to_vec)).collect::<Vec<_>>();
    let there = index.iter().filter(|e| e.mode == BITS).map(|e| e.path);
    Ok(there.chain(gone).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
}

/// True when no part of a path below `root` is a symbolic link.
fn is_plain(root: &Path, path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    !ends.filter_map(|end| path.get(..end)).any(|part| root.join(part).is_symlink())
}

/// The repository whose checkout lies at a path, itself and not one around it.
fn checked_out(root: &Path, path: &str) -> Option<Repository> {
    let at = root.join(path);
    let has = is_plain(root, path) && fs::symlink_metadata(at.join(".git")).is_ok();
    Repository::open(at).ok().filter(|_| has)
}

fn head(repo: &Repository) -> Option<Oid> {
    repo.head().ok()?.peel_to_commit().ok().map(|c| c.id())
}

fn is_dirty(repo: &Repository) -> Result<bool, VcsError> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).include_ignored(false);
    Ok(!repo.statuses(Some(&mut options)).map_err(git)?.is_empty())
}

/// The submodule at a directory of the worktree; nothing where git knows of none there. One that is not
/// checked out is where the index has it, as git sees it.
pub(super) fn on_disk(
    worktree: &Repository,
    root: &Path,
    base: &Tree<'_>,
    path: &str,
) -> Result<Option<FileState>, VcsError> {
    let staged = worktree.index().map_err(git)?.get_path(Path::new(path), 0).filter(|e| e.mode == BITS).map(|e| e.id);
    let stored = tree::entry(base, path)?.filter(|e| is_link(Some(*e))).map(|(_, id)| id);
    let Some(known) = staged.or(stored) else { return Ok(None) };
    let Some(there) = checked_out(root, path) else {
        return Ok(Some(submodule::state(&known.to_string(), false, &[])));
    };
    let Some(at) = head(&there) else {
        return Err(VcsError::Blocked(format!("the submodule {path} has no commit; make one there, or remove it")));
    };
    let told = if Some(at) == stored { Vec::new() } else { between(&there, stored, at).unwrap_or_else(unknown) };
    Ok(Some(submodule::state(&at.to_string(), is_dirty(&there)?, &told)))
}

/// A submodule's state in a tree, with what can be told of the way there from where it was.
pub(super) fn told(repo: &Repository, path: &RelPath, was: Option<Oid>, is: Oid) -> FileState {
    let found = places(repo, path).into_iter().find_map(|at| between(&Repository::open(at).ok()?, was, is));
    let told = found.unwrap_or_else(unknown);
    submodule::state(&is.to_string(), false, &told)
}

fn unknown() -> Vec<String> {
    vec!["not checked out here with both commits: what lies between cannot be shown".to_owned()]
}

/// Where the submodule's repository may be: in any checkout of this one, or in its git directory.
fn places(repo: &Repository, path: &RelPath) -> Vec<PathBuf> {
    let path = path.as_str();
    let main = Repository::open(repo.commondir()).ok().and_then(|main| main.workdir().map(Path::to_owned));
    let names = repo.worktrees().ok();
    let linked = names.iter().flat_map(|names| names.iter().flatten().flatten());
    let linked = linked.filter_map(|name| repo.find_worktree(name).ok()).map(|w| w.path().to_owned());
    let roots = repo.workdir().map(Path::to_owned).into_iter().chain(main).chain(linked);
    let roots = roots.filter(|root| checked_out(root, path).is_some()).map(|root| root.join(path));
    let modules = [repo.path(), repo.commondir()].map(|at| at.join("modules").join(path));
    roots.chain(modules.into_iter().filter(|at| at.is_dir())).collect()
}

/// What comes and what goes between two commits, in lines; nothing where the repository does not have both.
fn between(repo: &Repository, was: Option<Oid>, is: Oid) -> Option<Vec<String>> {
    repo.find_commit(is).ok()?;
    let Some(was) = was else {
        let (_, newest) = subjects(repo, is, None, NEWEST)?;
        let newest = newest.iter().map(|subject| format!("> {subject}"));
        return Some(std::iter::once("its newest commits:".to_owned()).chain(newest).collect());
    };
    repo.find_commit(was).ok()?;
    let mut out = Vec::new();
    for (to, from, mark, what) in [(is, was, '>', "come in"), (was, is, '<', "go")] {
        let (all, listed) = subjects(repo, to, Some(from), TOLD)?;
        match all {
            0 => continue,
            1 => out.push(format!("1 commit {}:", if mark == '>' { "comes in" } else { "goes" })),
            n => out.push(format!("{n} commits {what}:")),
        }
        let more = all - listed.len();
        out.extend(listed.into_iter().map(|subject| format!("{mark} {subject}")));
        if more > 0 {
            out.push(format!("{mark} and {more} more"));
        }
    }
    Some(out)
}

/// How many commits lead from one to another, and the subjects of the newest.
fn subjects(repo: &Repository, to: Oid, from: Option<Oid>, most: usize) -> Option<(usize, Vec<String>)> {
    let mut walk = repo.revwalk().ok()?;
    walk.push(to).ok()?;
    if let Some(from) = from {
        walk.hide(from).ok()?;
    }
    let (mut all, mut listed) = (0, Vec::new());
    for id in walk {
        let id = id.ok()?;
        all += 1;
        if listed.len() < most {
            listed.push(subject(&repo.find_commit(id).ok()?));
        } else if from.is_none() {
            break;
        }
    }
    Some((all, listed))
}

fn subject(commit: &Commit<'_>) -> String {
    let message = String::from_utf8_lossy(commit.message_bytes());
    let first: String = message.lines().next().unwrap_or_default().chars().take(SUBJECT).collect();
    clean(&first).into_owned()
}

/// True for a path below a submodule, which is the other repository's.
pub(super) fn is_below_one(worktree: &Repository, path: &RelPath) -> Result<bool, VcsError> {
    let index = worktree.index().map_err(git)?;
    let path = path.as_str();
    let mut above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
    Ok(above.any(|part| index.get_path(Path::new(part), 0).is_some_and(|e| e.mode == BITS)))
}

/// The repository that a path of the worktree lies in, where that is another one.
pub(super) fn around(worktree: &Repository, root: &Path, path: &RelPath) -> Result<Option<RelPath>, VcsError> {
    let index = worktree.index().map_err(git)?;
    let path = path.as_str();
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let is_other = |part: &&str| {
        index.get_path(Path::new(part), 0).is_some_and(|e| e.mode == BITS) || checked_out(root, part).is_some()
    };
    let found = ends.filter_map(|end| path.get(..end)).find(is_other);
    Ok(found.and_then(|part| RelPath::parse(part).ok()))
}

/// True when a submodule can come to a path of the checkout: nothing is there, an empty directory, or the
/// submodule itself.
pub(super) fn is_free(root: &Path, path: &str, new: Oid) -> bool {
    let at = root.join(path);
    match fs::symlink_metadata(&at) {
        Err(_) => true,
        Ok(meta) if !meta.is_dir() => false,
        Ok(_) => {
            fs::read_dir(&at).is_ok_and(|mut d| d.next().is_none())
                || checked_out(root, path).and_then(|there| head(&there)) == Some(new)
        }
    }
}

/// Brings submodules into a checkout as git does: what the index says moves, an empty directory stands for
/// one that comes, and one that goes leaves its checkout behind where that holds anything. Files that make way
/// for one are given with it.
pub(super) fn place(repo: &Repository, root: &Path, paths: &[(&str, Option<Entry>)]) -> Result<(), VcsError> {
    if paths.is_empty() {
        return Ok(());
    }
    let failed = |path: &str, e: std::io::Error| VcsError::Blocked(format!("{path}: {e}"));
    let mut index = repo.index().map_err(git)?;
    index.read(true).map_err(git)?;
    let (come, go): (Vec<_>, Vec<_>) = paths.iter().partition(|(_, entry)| entry.is_some());
    for (path, _) in go {
        tree::put(&mut index, path, None)?;
        let at = root.join(path);
        if fs::symlink_metadata(&at).is_ok_and(|m| !m.is_dir()) {
            fs::remove_file(&at).map_err(|e| failed(path, e))?;
        }
        // Directories that hold nothing any more; what holds something stays, as git leaves it.
        let above = at.ancestors().take_while(|dir| *dir != root);
        let _ = above.filter(|dir| dir.exists()).try_for_each(fs::remove_dir);
    }
    for (path, entry) in come {
        tree::put(&mut index, path, entry)?;
        fs::create_dir_all(root.join(path)).map_err(|e| failed(path, e))?;
    }
    index.write().map_err(git)
}

/// Puts submodules back at the commits that they were at. All are looked at before the first is touched.
pub(super) fn put_back(root: &Path, back: &SubmodulesBack, locks: &Locks) -> Result<(), VcsError> {
    let mut ready = Vec::new();
    for change in &back.changes {
        let path = &change.path;
        let by_hand = |why: &str| {
            let how = format!("`git submodule update --init {path}` in the worktree puts it back");
            Err(VcsError::Blocked(format!("the submodule {path} {why}; {how}")))
        };
        let read = |state: &'_ Option<FileState>| {
            let state = state.as_ref().and_then(submodule::Submodule::of);
            state.and_then(|s| Some((Oid::from_str(s.commit).ok()?, s.dirty)))
        };
        let (Some((now, _)), Some((wanted, _))) = (read(&change.before), read(&change.after)) else {
            return by_hand("came, went or took a file's place, and is not put back from here");
        };
        let Some(there) = checked_out(root, path.as_str()) else { return by_hand("is not checked out") };
        let at = head(&there);
        if is_dirty(&there)? {
            return by_hand("holds what is not committed there and would be lost; commit or stash it there first");
        }
        if at == Some(wanted) {
            continue;
        }
        if at != Some(now) {
            return Err(VcsError::Moved(path.to_string()));
        }
        if there.find_commit(wanted).is_err() {
            return by_hand("does not have the commit that it was at");
        }
        ready.push((there, wanted));
    }
    for (there, wanted) in ready {
        let commit = there.find_commit(wanted).map_err(git)?;
        let mut safe = CheckoutBuilder::new();
        let head = there.path().join("HEAD.lock");
        locks.holding(&[locks::of_index(&there), head], || {
            there.checkout_tree(commit.as_object(), Some(safe.safe())).map_err(git)?;
            there.set_head_detached(wanted).map_err(git)
        })?;
    }
    Ok(())
}
