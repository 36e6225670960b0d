//! Reaching a file below a root without following any symbolic link.
//!
//! Every directory on the way is opened relative to the one above it with `O_NOFOLLOW`, so a link
//! that is put in place while the walk goes on is refused as well, and what was opened stays what
//! it was. This holds on every Unix without help of a particular kernel.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, FileType, Mode as Bits, OFlags, Stat},
    io::Errno,
};

use super::{MAX_BYTES, plan};
use crate::{
    domain::{
        change::{Bytes, FileState, Mode},
        path::RelPath,
    },
    ports::files::FilesError,
};

const DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What the operating system says about `path`.
pub(super) fn io(path: &RelPath, e: Errno) -> FilesError {
    FilesError::Io { path: path.to_string(), why: std::io::Error::from(e).to_string() }
}

/// The root's descriptor. The root's own path may lead through links: it is the developer's.
pub(super) fn open_root(root: &Path) -> Result<OwnedFd, FilesError> {
    rustix::fs::open(root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Bits::empty())
        .map_err(|e| FilesError::Io { path: root.display().to_string(), why: std::io::Error::from(e).to_string() })
}

/// Directories that were made, each with the one it lies in.
pub(super) type Made = Vec<(OwnedFd, String)>;

/// The directory that holds `path`; `None` when there is none. With `make`, missing directories are
/// made and noted there.
pub(super) fn parent(root: &Path, path: &RelPath, mut make: Option<&mut Made>) -> Result<Option<OwnedFd>, FilesError> {
    let mut dir = open_root(root)?;
    for above in plan::ancestors(path.as_str()) {
        let part = above.rsplit('/').next().unwrap_or(above);
        let next = match rustix::fs::openat(&dir, part, DIR, Bits::empty()) {
            Err(Errno::NOENT) => {
                let Some(made) = make.as_mut() else { return Ok(None) };
                match rustix::fs::mkdirat(&dir, part, Bits::from_raw_mode(0o777)) {
                    Ok(()) => {
                        let above = dir
                            .try_clone()
                            .map_err(|e| FilesError::Io { path: path.to_string(), why: e.to_string() })?;
                        made.push((above, part.to_owned()));
                    }
                    Err(Errno::EXIST) => {}
                    Err(e) => return Err(io(path, e)),
                }
                rustix::fs::openat(&dir, part, DIR, Bits::empty())
            }
            other => other,
        };
        dir = match next {
            Ok(next) => next,
            Err(_) if is_link(&dir, part) => return Err(through_link(root, path, above)),
            Err(Errno::NOTDIR) if make.is_none() => return Ok(None),
            Err(Errno::NOTDIR) => {
                let why = format!("`{above}` is a file, not a directory");
                return Err(FilesError::Unsuitable { path: path.clone(), why });
            }
            Err(e) => return Err(io(path, e)),
        };
    }
    Ok(Some(dir))
}

fn is_link(dir: &OwnedFd, name: &str) -> bool {
    stat(dir, name).is_ok_and(|s| s.is_some_and(|s| kind(&s) == FileType::Symlink))
}

/// Says which of the two refusals it is. The answer decides only the words.
fn through_link(root: &Path, path: &RelPath, link: &str) -> FilesError {
    let inside = match (fs::canonicalize(root), fs::canonicalize(root.join(link))) {
        (Ok(root), Ok(target)) => target.starts_with(root),
        _ => false,
    };
    if !inside {
        return FilesError::Outside(path.clone());
    }
    let why = format!("`{link}` is a symbolic link; use the path that it leads to");
    FilesError::Unsuitable { path: path.clone(), why }
}

fn stat(dir: &OwnedFd, name: &str) -> rustix::io::Result<Option<Stat>> {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(e),
    }
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// Permission bits of what lies at `name`; `None` for nothing or a link.
pub(super) fn permissions(dir: &OwnedFd, name: &str) -> Option<Bits> {
    let stat = stat(dir, name).ok().flatten()?;
    (kind(&stat) == FileType::RegularFile).then(|| Bits::from_raw_mode(stat.st_mode))
}

/// True when both descriptors are the same directory.
pub(super) fn same(a: &OwnedFd, b: &OwnedFd) -> bool {
    match (rustix::fs::fstat(a), rustix::fs::fstat(b)) {
        (Ok(a), Ok(b)) => a.st_dev == b.st_dev && a.st_ino == b.st_ino,
        _ => false,
    }
}

/// Reads the file called `name` in `dir`; `path` is for the words of an error.
pub(super) fn read_at(dir: &OwnedFd, name: &str, path: &RelPath) -> Result<Option<FileState>, FilesError> {
    let unsuitable = |why: &str| Err(FilesError::Unsuitable { path: path.clone(), why: why.to_owned() });
    let Some(found) = stat(dir, name).map_err(|e| io(path, e))? else { return Ok(None) };
    match kind(&found) {
        FileType::Symlink => {
            let target = rustix::fs::readlinkat(dir, name, Vec::new()).map_err(|e| io(path, e))?;
            Ok(Some(FileState { bytes: Bytes::from(target.into_bytes()), mode: Mode::Symlink }))
        }
        FileType::RegularFile => {
            // Not blocking, should a pipe have taken the file's place.
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let file = rustix::fs::openat(dir, name, flags, Bits::empty()).map_err(|e| io(path, e))?;
            let stat = rustix::fs::fstat(&file).map_err(|e| io(path, e))?;
            if kind(&stat) != FileType::RegularFile {
                return unsuitable("is not a regular file");
            }
            let mut bytes = Vec::new();
            File::from(file)
                .take(MAX_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|e| FilesError::Io { path: path.to_string(), why: e.to_string() })?;
            if bytes.len() > MAX_BYTES {
                return unsuitable("is larger than 8 MiB");
            }
            let executable = Bits::from_raw_mode(stat.st_mode).contains(Bits::XUSR);
            let mode = if executable { Mode::Executable } else { Mode::Regular };
            Ok(Some(FileState { bytes: Bytes::from(bytes), mode }))
        }
        FileType::Directory => unsuitable("is a directory"),
        _ => unsuitable("is not a regular file"),
    }
}
