//! Files of a commit brought into a checkout, each whole or not at all.
//!
//! They are made in the git directory first, with the line endings and filters that git gives them,
//! and each takes its place by being renamed: one that is killed in between leaves files that are
//! the old ones or the new ones, which the same again completes. The index follows at the end.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use git2::{Oid, Repository, build::CheckoutBuilder};

use super::{
    git, locks,
    locks::Locks,
    tree::{self, Entry},
};
use crate::{
    domain::{change::Mode, digest::Digest},
    ports::vcs::VcsError,
};

/// A file that changes in the checkout: what lies there now and what shall.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move<'a> {
    /// Where.
    pub path: &'a str,
    /// What lies there, unless it is in place already.
    pub old: Option<Entry>,
    /// What shall.
    pub new: Option<Entry>,
}

/// Brings files of a tree to where they belong, and the index after them.
///
/// # Errors
/// [`VcsError::Moved`] when somebody changed one of the files meanwhile; then, as with every error,
/// some may be in place.
pub(super) fn bring(repo: &Repository, tree: Oid, moves: &[Move<'_>], locks: &Locks) -> Result<(), VcsError> {
    if moves.is_empty() {
        return Ok(());
    }
    let root = repo.workdir().ok_or_else(|| VcsError::Git("the checkout has no directory".to_owned()))?;
    let ready = repo.path().join("kiro-tui-checkout");
    clear(&ready)?;
    let coming: Vec<&Move<'_>> = moves.iter().filter(|m| m.new.is_some()).collect();
    let files = if coming.is_empty() { PathBuf::new() } else { make(repo, tree, &coming, &ready)? };
    // What goes comes first: a directory may take the place of a file, or the other way round.
    let (going, coming): (Vec<_>, Vec<_>) = moves.iter().partition(|m| m.new.is_none());
    for it in going.into_iter().chain(coming) {
        place(repo, root, &files, it)?;
    }
    clear(&ready)?;
    locks.holding(&[locks::of_index(repo)], || {
        let mut index = repo.index().map_err(git)?;
        index.read(true).map_err(git)?;
        moves.iter().try_for_each(|m| tree::put(&mut index, m.path, m.new))?;
        index.write().map_err(git)
    })
}

fn failed(path: &Path, e: &io::Error) -> VcsError {
    VcsError::Blocked(format!("{}: {e}", path.display()))
}

/// Takes away what an earlier run left.
fn clear(ready: &Path) -> Result<(), VcsError> {
    match fs::remove_dir_all(ready) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(ready, &e)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes the files as git would check them out where nothing is yet, below `ready`. Tells where they are.
fn make(repo: &Repository, tree: Oid, coming: &[&Move<'_>], ready: &Path) -> Result<PathBuf, VcsError> {
    let files = ready.join("files");
    let paths: Vec<&str> = coming.iter().map(|it| it.path).collect();
    fs::create_dir_all(&files).map_err(|e| failed(ready, &e))?;
    aside(repo, tree, Some(&paths), ready, &files)?;
    for it in coming {
        let made = files.join(it.path);
        if fs::symlink_metadata(&made).map_err(|e| failed(&made, &e))?.is_file() {
            fs::File::open(&made).and_then(|file| file.sync_all()).map_err(|e| failed(&made, &e))?;
        }
    }
    Ok(files)
}

/// Checks a tree out, or these paths of it, into an empty directory: by a worktree of its own, described in
/// `admin`, which has the tree's attributes and no commit, so that nothing else decides what is written.
///
/// # Errors
/// libgit2's, and those of the disk.
pub(super) fn aside(
    repo: &Repository,
    tree: Oid,
    paths: Option<&[&str]>,
    admin: &Path,
    files: &Path,
) -> Result<(), VcsError> {
    let wrong = |e: io::Error| failed(admin, &e);
    let common = repo.commondir().canonicalize().map_err(wrong)?;
    let line = |path: &Path| [path.as_os_str().as_encoded_bytes(), b"\n"].concat();
    fs::write(admin.join("commondir"), line(&common)).map_err(wrong)?;
    fs::write(admin.join("gitdir"), line(&files.join(".git"))).map_err(wrong)?;
    fs::write(admin.join("HEAD"), "ref: refs/heads/kiro-tui/checkout\n").map_err(wrong)?;
    let blank = Repository::open(admin).map_err(git)?;
    let tree = blank.find_tree(tree).map_err(git)?;
    let mut index = blank.index().map_err(git)?;
    index.read_tree(&tree).and_then(|()| index.write()).map_err(git)?;
    let mut builder = CheckoutBuilder::new();
    builder.force().update_index(false).disable_pathspec_match(true);
    for path in paths.unwrap_or_default() {
        builder.path(*path);
    }
    blank.checkout_tree(tree.as_object(), Some(&mut builder)).map_err(git)
}

fn place(repo: &Repository, root: &Path, files: &Path, it: &Move<'_>) -> Result<(), VcsError> {
    let at = root.join(it.path);
    match on_disk(repo, root, it.path, it.old)? {
        Here::File(file) if file == it.new => return Ok(()),
        Here::File(file) if file == it.old => {}
        // Emptied by what went before it; not removed while it holds anything.
        Here::Directory if it.old.is_none() => remove_empty(&at).map_err(|e| failed(&at, &e))?,
        Here::File(_) | Here::Directory => return Err(VcsError::Moved(format!("{} in your checkout", it.path))),
    }
    if it.new.is_none() {
        fs::remove_file(&at).map_err(|e| failed(&at, &e))?;
        // Directories that hold nothing any more go, as git has it.
        let above = at.ancestors().skip(1).take_while(|dir| *dir != root);
        let _ = above.map(fs::remove_dir).take_while(Result::is_ok).count();
        return Ok(());
    }
    if let Some(above) = at.parent() {
        fs::create_dir_all(above).map_err(|e| failed(above, &e))?;
    }
    let made = files.join(it.path);
    match fs::rename(&made, &at) {
        Err(e) if e.kind() == io::ErrorKind::CrossesDevices => across(&made, &at).map_err(|e| failed(&at, &e)),
        done => done.map_err(|e| failed(&at, &e)),
    }
}

/// Removes a directory, and those in it, when there is no file in any.
fn remove_empty(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    fs::remove_dir(dir)
}

/// The git directory lies on another file system: the file is copied beside its place first.
fn across(made: &Path, at: &Path) -> io::Result<()> {
    let beside = beside(at);
    let _ = fs::remove_file(&beside);
    if fs::symlink_metadata(made)?.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(made)?, &beside)?;
    } else {
        fs::copy(made, &beside)?;
        fs::File::open(&beside)?.sync_all()?;
    }
    fs::rename(&beside, at)
}

/// A fixed name, so that a second run finds what a crash left.
fn beside(at: &Path) -> PathBuf {
    let hex = Digest::of(at.as_os_str().as_encoded_bytes()).to_string();
    at.with_file_name(format!(".kiro-tui-{}.new", hex.get(..16).unwrap_or(&hex)))
}

/// What lies at a path of the checkout.
#[derive(PartialEq, Eq)]
pub(super) enum Here {
    /// A file, as git would store it; or nothing.
    File(Option<Entry>),
    /// A directory.
    Directory,
}

/// What git would store for the checkout's file.
pub(super) fn on_disk(repo: &Repository, root: &Path, path: &str, staged: Option<Entry>) -> Result<Here, VcsError> {
    use std::os::unix::fs::PermissionsExt;
    let full = root.join(path);
    // Behind a link lies nothing of this checkout.
    let linked = path
        .match_indices('/')
        .filter_map(|(at, _)| path.get(..at))
        .any(|a| fs::symlink_metadata(root.join(a)).is_ok_and(|m| m.is_symlink()));
    let Ok(meta) = fs::symlink_metadata(&full) else { return Ok(Here::File(None)) };
    if linked {
        return Ok(Here::File(None));
    }
    if meta.is_dir() {
        return Ok(Here::Directory);
    }
    let keeps_modes = repo.config().and_then(|c| c.get_bool("core.filemode")).unwrap_or(true);
    let mode = if meta.is_symlink() {
        tree::mode_bits(Mode::Symlink)
    } else if !keeps_modes {
        staged.map_or(tree::mode_bits(Mode::Regular), |(mode, _)| mode)
    } else if meta.permissions().mode() & 0o100 != 0 {
        tree::mode_bits(Mode::Executable)
    } else {
        tree::mode_bits(Mode::Regular)
    };
    let id = if meta.is_symlink() {
        let target = fs::read_link(&full).map_err(|e| VcsError::Blocked(format!("{path}: {e}")))?;
        Oid::hash_object(git2::ObjectType::Blob, target.as_os_str().as_encoded_bytes()).map_err(git)?
    } else {
        repo.blob_path(&full).map_err(git)?
    };
    Ok(Here::File(Some((mode, id))))
}
