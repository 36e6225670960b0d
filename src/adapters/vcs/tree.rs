//! Files as they lie in git's trees, and what git would store for a file of the worktree.

use std::{io::Write, path::Path};

use git2::{AttrCheckFlags, AttrValue, ErrorCode, Index, IndexEntry, IndexTime, Oid, Repository, Tree};

use super::git;
use crate::{
    domain::{
        change::{
            Bytes, FileState, Mode,
            submodule::{self, Submodule},
        },
        path::RelPath,
    },
    ports::vcs::VcsError,
};

/// A tree entry: git's mode, and the blob or a submodule's commit.
pub(super) type Entry = (u32, Oid);

/// The tree of a commit.
pub(super) fn of(repo: &Repository, commit: Oid) -> Result<Tree<'_>, VcsError> {
    repo.find_commit(commit).and_then(|c| c.tree()).map_err(git)
}

/// The mode in git's numbers.
pub(super) fn mode_bits(mode: Mode) -> u32 {
    match mode {
        Mode::Regular => 0o100_644,
        Mode::Executable => 0o100_755,
        Mode::Symlink => 0o120_000,
        Mode::Submodule => super::submodule::BITS,
    }
}

fn mode_of(bits: u32) -> Option<Mode> {
    match bits {
        0o100_644 | 0o100_664 => Some(Mode::Regular),
        0o100_755 => Some(Mode::Executable),
        0o120_000 => Some(Mode::Symlink),
        super::submodule::BITS => Some(Mode::Submodule),
        _ => None,
    }
}

/// The entry at a path; `None` for nothing or a directory.
pub(super) fn entry(tree: &Tree<'_>, path: &str) -> Result<Option<Entry>, VcsError> {
    match tree.get_path(Path::new(path)) {
        Ok(entry) => {
            let bits = u32::try_from(entry.filemode()).ok();
            Ok(bits.and_then(mode_of).map(|mode| (mode_bits(mode), entry.id())))
        }
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(git(e)),
    }
}

/// The file at a path, as it is stored.
pub(super) fn file(repo: &Repository, tree: &Tree<'_>, path: &RelPath) -> Result<Option<FileState>, VcsError> {
    entry(tree, path.as_str())?.map(|entry| state(repo, entry)).transpose()
}

/// An entry's content.
pub(super) fn state(repo: &Repository, (bits, id): Entry) -> Result<FileState, VcsError> {
    if bits == super::submodule::BITS {
        return Ok(submodule::state(&id.to_string(), false, &[]));
    }
    let blob = repo.find_blob(id).map_err(git)?;
    Ok(FileState { bytes: Bytes::from(blob.content().to_vec()), mode: mode_of(bits).unwrap_or_default() })
}

/// Stores a worktree file's bytes as `git add` would: line endings and `$Id$` as the attributes say.
pub(super) fn store(repo: &Repository, path: &RelPath, file: &FileState) -> Result<Entry, VcsError> {
    let bits = mode_bits(file.mode);
    if let Some(submodule) = Submodule::of(file) {
        return Ok((bits, Oid::from_str(submodule.commit).map_err(git)?));
    }
    if file.mode == Mode::Symlink {
        return Ok((bits, repo.blob(&file.bytes).map_err(git)?));
    }
    if let Some(why) = foreign_filter(repo, path.as_str())? {
        return Err(VcsError::Blocked(format!("{path} {why}; commit it by hand in the worktree")));
    }
    let mut writer = repo.blob_writer(Some(Path::new(path.as_str()))).map_err(git)?;
    writer.write_all(&file.bytes).map_err(|e| VcsError::Git(format!("{path}: {e}")))?;
    Ok((bits, writer.commit().map_err(git)?))
}

/// Why libgit2 cannot convert this file as git would, if so.
pub(super) fn foreign_filter(repo: &Repository, path: &str) -> Result<Option<String>, VcsError> {
    let attribute = |name: &str| -> Result<Option<String>, VcsError> {
        let value = repo.get_attr_bytes(Path::new(path), name, AttrCheckFlags::default()).map_err(git)?;
        Ok(match AttrValue::from_bytes(value) {
            AttrValue::String(text) => Some(text.to_owned()),
            AttrValue::Bytes(_) | AttrValue::True | AttrValue::False | AttrValue::Unspecified => None,
        })
    };
    if let Some(driver) = attribute("filter")? {
        let config = repo.config().and_then(|mut c| c.snapshot()).map_err(git)?;
        let key = |end: &str| format!("filter.{driver}.{end}");
        if ["clean", "smudge", "process"].iter().any(|end| config.get_bytes(&key(end)).is_ok()) {
            return Ok(Some(format!("goes through the git filter `{driver}`, which kiro-tui does not run")));
        }
    }
    Ok(attribute("working-tree-encoding")?
        .filter(|e| !e.eq_ignore_ascii_case("utf-8"))
        .map(|encoding| format!("is stored in another encoding ({encoding}), which kiro-tui does not convert")))
}

/// An index entry without times, so that git looks at the file itself.
pub(super) fn index_entry(path: &str, (mode, id): Entry) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// Puts an entry into an index, or takes away what is there.
pub(super) fn put(index: &mut Index, path: &str, entry: Option<Entry>) -> Result<(), VcsError> {
    match entry {
        Some(entry) => index.add(&index_entry(path, entry)).map_err(git),
        None if index.get_path(Path::new(path), 0).is_some() => index.remove(Path::new(path), 0).map_err(git),
        None => Ok(()),
    }
}
