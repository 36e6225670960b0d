//! The linked worktree of a spec: found, made, repaired.
//!
//! Repairing never deletes a file of the developer's: a directory that is in the way and holds
//! anything is named and left alone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use git2::{ErrorCode, Repository, Worktree, WorktreeAddOptions, WorktreeLockStatus, build::CheckoutBuilder};

use super::{
    branch, git, head_branch,
    locks::{self, Locks},
    tip,
};
use crate::{domain::path::SpecName, ports::vcs::VcsError};

/// The name below `<git>/worktrees`; prefixed, since the developer's own worktrees are there too.
fn admin_name(spec: &SpecName) -> String {
    format!("kiro-{spec}")
}

fn registered(repo: &Repository, spec: &SpecName) -> Option<Worktree> {
    repo.find_worktree(&admin_name(spec)).ok()
}

/// Where the worktree is, if it is whole.
pub(super) fn find(repo: &Repository, spec: &SpecName) -> Option<PathBuf> {
    let worktree = registered(repo, spec)?;
    worktree.validate().ok()?;
    let path = worktree.path().to_owned();
    path.join(".git").is_file().then_some(path)
}

/// Opens the worktree on its branch.
pub(super) fn open(repo: &Repository, spec: &SpecName) -> Result<Repository, VcsError> {
    let path = find(repo, spec)
        .ok_or_else(|| VcsError::Blocked(format!("the worktree of {spec} is missing; open the spec again")))?;
    open_at(repo, &path, spec)
}

/// The worktree's own `.git` file can be written from inside it; it must still lead to this
/// repository.
fn open_at(repo: &Repository, path: &Path, spec: &SpecName) -> Result<Repository, VcsError> {
    let worktree = Repository::open(path).map_err(git)?;
    let admin = repo.commondir().join("worktrees").join(admin_name(spec));
    let same = matches!((admin.canonicalize(), worktree.path().canonicalize()), (Ok(a), Ok(b)) if a == b);
    if !same {
        let path = path.display();
        let why = format!("{path}/.git does not lead to this repository any more; run `git worktree repair {path}`");
        return Err(VcsError::Blocked(why));
    }
    on_its_branch(&worktree, path, spec)?;
    Ok(worktree)
}

fn on_its_branch(worktree: &Repository, path: &Path, spec: &SpecName) -> Result<(), VcsError> {
    let (wanted, head) = (branch::name(spec), head_branch(worktree)?);
    if head.as_ref() == Some(&wanted) {
        return Ok(());
    }
    let on = head.unwrap_or_else(|| "no branch".to_owned());
    let path = path.display();
    Err(VcsError::Blocked(format!("the worktree {path} is on {on}; run `git switch {wanted}` there")))
}

/// Makes or repairs branch and worktree.
pub(super) fn ensure(repo: &Repository, base: &Path, spec: &SpecName, locks: &Locks) -> Result<PathBuf, VcsError> {
    let branch = branch::name(spec);
    if tip(repo, &branch)?.is_none() {
        locks.holding(&[locks::of_branch(repo, &branch)], || create_branch(repo, &branch))?;
    }
    if let Some(path) = find(repo, spec) {
        let worktree = open_at(repo, &path, spec)?;
        // No index means that the first checkout did not finish, so nobody worked here yet.
        if !worktree.path().join("index").exists() {
            locks.holding(&[locks::of_index(&worktree)], || {
                worktree.checkout_head(Some(CheckoutBuilder::new().force())).map_err(git)
            })?;
        }
        return Ok(path);
    }
    forget_broken(repo, spec)?;
    if let Some(other) = checked_out_at(repo, &branch)? {
        let why = format!("{branch} is checked out in {}; switch that checkout to another branch", other.display());
        return Err(VcsError::Blocked(why));
    }
    let path = base.join(spec.as_str());
    clear_way(&path)?;
    fs::create_dir_all(base).map_err(|e| VcsError::Blocked(format!("{}: {e}", base.display())))?;
    let reference = repo.find_reference(&format!("refs/heads/{branch}")).map_err(git)?;
    let mut options = WorktreeAddOptions::new();
    options.reference(Some(&reference));
    let admin = repo.commondir().join("worktrees").join(admin_name(spec));
    let worktree = locks.holding(&["index.lock", "HEAD.lock"].map(|lock| admin.join(lock)), || {
        repo.worktree(&admin_name(spec), &path, Some(&options)).map_err(git)
    })?;
    Ok(worktree.path().to_owned())
}

fn create_branch(repo: &Repository, branch: &str) -> Result<(), VcsError> {
    let main = branch::main(repo)?;
    let start = tip(repo, &main)?.ok_or(VcsError::NoCommit)?;
    if tip(repo, "kiro")?.is_some() {
        let why =
            format!("a branch named `kiro` keeps git from making {branch}; rename it with `git branch -m kiro …`");
        return Err(VcsError::Blocked(why));
    }
    let commit = repo.find_commit(start).map_err(git)?;
    match repo.branch(branch, &commit, false) {
        Ok(_) => Ok(()),
        Err(e) if e.code() == ErrorCode::Exists => Ok(()),
        Err(e) => Err(git(e)),
    }
}

/// Takes away git's record of a worktree whose directory is gone or was never finished.
fn forget_broken(repo: &Repository, spec: &SpecName) -> Result<(), VcsError> {
    let admin = repo.commondir().join("worktrees").join(admin_name(spec));
    if !admin.exists() {
        return Ok(());
    }
    if let Some(worktree) = registered(repo, spec) {
        if let Ok(WorktreeLockStatus::Locked(reason)) = worktree.is_locked() {
            let (path, reason) = (worktree.path().display(), reason.unwrap_or_default());
            let why = format!(
                "the worktree {path} is locked ({}) and not there; mount it, or run `git worktree unlock {path}`",
                reason.trim()
            );
            return Err(VcsError::Blocked(why));
        }
        let path = worktree.path().to_owned();
        if fs::read_dir(&path).is_ok_and(|mut d| d.next().is_some()) {
            return Err(in_the_way(&path));
        }
    }
    fs::remove_dir_all(&admin).map_err(|e| VcsError::Blocked(format!("{}: {e}", admin.display())))
}

/// Makes sure that nothing lies where the worktree goes.
fn clear_way(path: &Path) -> Result<(), VcsError> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    // What a run that was cut off left: the link to git and nothing else.
    let names: Vec<_> = fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.file_name()).collect();
    if names.iter().any(|n| n != ".git") {
        return Err(in_the_way(path));
    }
    let link = path.join(".git");
    if link.is_file() {
        fs::remove_file(&link).map_err(|_| in_the_way(path))?;
    }
    fs::remove_dir(path).map_err(|_| in_the_way(path))
}

fn in_the_way(path: &Path) -> VcsError {
    VcsError::Blocked(format!(
        "move away what lies in the worktree's place: {} is not empty and no worktree of this repository",
        path.display()
    ))
}

/// The checkout, main or linked, whose HEAD is on a branch.
pub(super) fn checked_out_at(repo: &Repository, branch: &str) -> Result<Option<PathBuf>, VcsError> {
    let on = |at: &Repository| head_branch(at).is_ok_and(|head| head.as_deref() == Some(branch));
    if let Ok(main) = Repository::open(repo.commondir())
        && on(&main)
        && let Some(dir) = main.workdir()
    {
        return Ok(Some(dir.to_owned()));
    }
    for name in repo.worktrees().map_err(git)?.iter().flatten().flatten() {
        let Ok(worktree) = repo.find_worktree(name) else { continue };
        if let Ok(linked) = Repository::open(worktree.path())
            && on(&linked)
        {
            return Ok(Some(worktree.path().to_owned()));
        }
    }
    Ok(None)
}
