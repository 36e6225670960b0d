//! What the worktree holds beyond its branch, and commits of exactly the approved part of it.
//!
//! The commit's tree is the branch's tree with the approved paths put in; whatever else is staged
//! or lies in the worktree stays out. The worktree's index comes first and the branch last, so that
//! an error means that nothing was committed; after a crash the same is committed again.

use std::{collections::BTreeSet, fs, path::Path};

use git2::{Index, Repository, Signature, StatusOptions, Tree};

use super::{
    at_rest, branch, git,
    locks::{self, Locks},
    submodule, tip, tree,
};
use crate::{
    adapters::files::DiskFiles,
    domain::{
        change::{Bytes, Change, FileState},
        commit::Commit,
        gate::Identity,
        path::{RelPath, SpecName},
    },
    ports::{files::Files, vcs::VcsError},
};

fn workdir(worktree: &Repository) -> Result<&Path, VcsError> {
    worktree.workdir().ok_or_else(|| VcsError::Git("the worktree has no directory".to_owned()))
}

/// A worktree file as git sees it: nothing lies behind a symbolic link or in a submodule, and a directory is no file, but may
/// be a submodule.
fn on_disk(worktree: &Repository, base: &Tree<'_>, path: &RelPath) -> Result<Option<FileState>, VcsError> {
    let root = workdir(worktree)?;
    if submodule::is_below_one(worktree, path)? {
        return Ok(None);
    }
    let mut at = root.to_owned();
    for part in path.as_str().split('/') {
        let Ok(meta) = fs::symlink_metadata(&at) else { return Ok(None) };
        if meta.is_symlink() && at != *root {
            return Ok(None);
        }
        at.push(part);
    }
    if fs::symlink_metadata(&at).is_ok_and(|m| m.is_dir()) {
        return submodule::on_disk(worktree, root, base, path.as_str());
    }
    DiskFiles::new(root).read(path).map_err(|e| VcsError::Blocked(e.to_string()))
}

/// How the worktree differs from the branch, by path.
pub(super) fn pending(worktree: &Repository, spec: &SpecName) -> Result<Vec<Change>, VcsError> {
    let head = tip(worktree, &branch::name(spec))?.ok_or(VcsError::NoCommit)?;
    let base = tree::of(worktree, head)?;
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true).include_ignored(false);
    let mut paths = BTreeSet::new();
    let mut found: Vec<Vec<u8>> = submodule::all(worktree, &base)?.into_iter().map(String::into_bytes).collect();
    let statuses = worktree.statuses(Some(&mut options)).map_err(git)?;
    // A repository inside the worktree that is no submodule is listed as a directory, and is not this one's.
    found.extend(statuses.iter().map(|s| s.path_bytes().to_vec()).filter(|bytes| !bytes.ends_with(b"/")));
    for bytes in &found {
        let text = String::from_utf8_lossy(bytes);
        let named = std::str::from_utf8(bytes).ok().and_then(|t| RelPath::parse(t).ok());
        let Some(path) = named.filter(|p| p.as_str() == text) else {
            let why =
                format!("the worktree has a file whose name cannot be shown safely: {text:?}; rename or delete it");
            return Err(VcsError::Blocked(why));
        };
        paths.insert(path);
    }
    let mut changes = Vec::new();
    for path in paths {
        let after = on_disk(worktree, &base, &path)?;
        let mut before = tree::file(worktree, &base, &path)?;
        if let (Some(old), Some(new)) = (&mut before, &after) {
            as_checked_out(worktree, &path, old, new)?;
        }
        if before != after {
            changes.push(Change { path, from: None, before, after });
        }
    }
    Ok(changes)
}

/// Gives the stored file the line endings of the one on disk, where git converts them: the change
/// then shows what git would commit, and not every line.
fn as_checked_out(repo: &Repository, path: &RelPath, old: &mut FileState, new: &FileState) -> Result<(), VcsError> {
    let crlf = new.bytes.windows(2).any(|w| w == b"\r\n");
    if !crlf
        || old.bytes.contains(&b'\r')
        || old.mode != new.mode
        || tree::foreign_filter(repo, path.as_str())?.is_some()
    {
        return Ok(());
    }
    let raw = git2::Oid::hash_object(git2::ObjectType::Blob, &new.bytes).map_err(git)?;
    if tree::store(repo, path, new)?.1 != raw {
        let lines: Vec<&[u8]> = old.bytes.split(|b| *b == b'\n').collect();
        old.bytes = Bytes::from(lines.join(b"\r\n".as_slice()));
    }
    Ok(())
}

/// Commits the approved paths on the spec's branch; the commit's id.
pub(super) fn commit(
    worktree: &Repository,
    spec: &SpecName,
    commit: &Commit,
    by: &Identity,
    locks: &Locks,
) -> Result<String, VcsError> {
    at_rest(worktree, "the spec's worktree")?;
    let branch = branch::name(spec);
    let parent_id = tip(worktree, &branch)?.ok_or(VcsError::NoCommit)?;
    let parent = worktree.find_commit(parent_id).map_err(git)?;
    let base = parent.tree().map_err(git)?;

    let mut entries = Vec::new();
    for (path, digest) in &commit.paths {
        let file = on_disk(worktree, &base, path)?;
        if file.as_ref().map(FileState::digest) != *digest {
            return Err(VcsError::Moved(path.to_string()));
        }
        let entry = file.map(|file| tree::store(worktree, path, &file)).transpose()?;
        entries.push((path.as_str(), entry));
    }
    // What goes comes first: a directory may take the place of a file, or the other way round.
    entries.sort_by_key(|(_, entry)| entry.is_some());
    let put = |index: &mut Index| entries.iter().try_for_each(|(path, entry)| tree::put(index, path, *entry));

    let mut wanted = Index::new().map_err(git)?;
    wanted.read_tree(&base).map_err(git)?;
    put(&mut wanted)?;
    let tree_id = wanted.write_tree_to(worktree).map_err(git)?;
    let message = format!("{}\n", commit.message.trim_end());
    locks.holding(&[locks::of_index(worktree), locks::of_branch(worktree, &branch)], || {
        let mut index = worktree.index().map_err(git)?;
        index.read(true).map_err(git)?;
        put(&mut index)?;
        index.write().map_err(git)?;
        if tree_id == base.id() && parent.message().is_ok_and(|m| m.trim_end() == message.trim_end()) {
            return Ok(parent_id.to_string());
        }
        let tree = worktree.find_tree(tree_id).map_err(git)?;
        let by = Signature::now(&by.name, &by.email).map_err(git)?;
        let reference = format!("refs/heads/{branch}");
        match worktree.commit(Some(&reference), &by, &by, &message, &tree, &[&parent]) {
            Ok(id) => Ok(id.to_string()),
            // The branch went on while this was made.
            Err(e) if e.code() == git2::ErrorCode::Modified => Err(VcsError::Moved(branch.clone())),
            Err(e) => Err(git(e)),
        }
    })
}
