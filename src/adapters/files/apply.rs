//! Putting a plan on disk, all or nothing.
//!
//! New content is written to siblings and synced before anything visible changes. Each file that
//! is replaced is first linked to a second name, compared once more under that name, and then
//! renamed over, so at every moment a file is the old one or the new one. A failure puts back what
//! was replaced. A crash leaves a mix that the same set, applied again, completes.

use std::{fs::File, io::Write, os::fd::AsFd, path::Path};

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, Mode as Bits, OFlags},
    io::Errno,
};

use super::{
    fault,
    plan::{self, Step},
    walk::{self, Made},
};
use crate::{
    domain::{
        change::{FileState, Mode},
        digest::Digest,
        path::RelPath,
    },
    ports::files::FilesError,
};

/// A step with its directory held open.
struct Staged<'a> {
    step: &'a Step,
    dir: OwnedFd,
    placed: bool,
}

/// Fixed names, so that a second run finds and removes what a crash left.
fn sibling(path: &RelPath, what: &str) -> String {
    let hex = Digest::of(path.as_str()).to_string();
    format!(".kiro-tui-{}.{what}", hex.get(..16).unwrap_or(&hex))
}

fn new_name(path: &RelPath) -> String {
    sibling(path, "new")
}

fn old_name(path: &RelPath) -> String {
    sibling(path, "old")
}

fn unlink(dir: &OwnedFd, name: &str) {
    // What is not there need not go; what cannot go stays as an untracked file that is seen.
    let _ = rustix::fs::unlinkat(dir, name, AtFlags::empty());
}

/// Removes what an interrupted run left beside `path`.
pub(super) fn clear(root: &Path, path: &RelPath) {
    if let Ok(Some(dir)) = walk::parent(root, path, None) {
        unlink(&dir, &new_name(path));
        unlink(&dir, &old_name(path));
    }
}

/// Does every step or none.
pub(super) fn apply(root: &Path, steps: &[Step]) -> Result<(), FilesError> {
    let mut made = Made::new();
    let mut staged: Vec<Staged<'_>> = Vec::new();
    let done = stage_all(root, steps, &mut made, &mut staged).and_then(|()| place_all(root, &mut staged));
    if let Err(e) = done {
        if fault::crashed() {
            return Err(e);
        }
        for item in staged.iter().rev() {
            if item.placed {
                put_back(item);
            }
            unlink(&item.dir, &new_name(&item.step.path));
            unlink(&item.dir, &old_name(&item.step.path));
        }
        for (dir, name) in made.iter().rev() {
            let _ = rustix::fs::unlinkat(dir, name.as_str(), AtFlags::REMOVEDIR);
        }
        return Err(e);
    }
    for item in &staged {
        unlink(&item.dir, &new_name(&item.step.path));
        unlink(&item.dir, &old_name(&item.step.path));
        // The renames above are done; a directory that cannot be synced changes nothing about that.
        let _ = rustix::fs::fsync(&item.dir);
    }
    for (above, _) in &made {
        let _ = rustix::fs::fsync(above);
    }
    for item in staged.iter().filter(|i| i.step.after.is_none()) {
        prune_empty(root, &item.step.path);
    }
    Ok(())
}

fn stage_all<'a>(
    root: &Path,
    steps: &'a [Step],
    made: &mut Made,
    staged: &mut Vec<Staged<'a>>,
) -> Result<(), FilesError> {
    for step in steps {
        let path = &step.path;
        let make = step.after.is_some().then_some(&mut *made);
        let dir = walk::parent(root, path, make)?.ok_or_else(|| FilesError::Moved { path: path.clone() })?;
        unlink(&dir, &new_name(path));
        unlink(&dir, &old_name(path));
        staged.push(Staged { step, dir, placed: false });
        let Some(Staged { dir, .. }) = staged.last() else { continue };
        if let Some(after) = &step.after {
            fault::point(path)?;
            write_new(root, dir, path, after)?;
        }
    }
    Ok(())
}

/// Writes `after` beside `path`, synced, with the permissions that the file had.
fn write_new(root: &Path, dir: &OwnedFd, path: &RelPath, after: &FileState) -> Result<(), FilesError> {
    let name = new_name(path);
    let failed = |e: Errno| walk::io(path, e);
    if after.mode == Mode::Symlink {
        stays_inside(root, path, after)?;
        let target = String::from_utf8_lossy(&after.bytes);
        return rustix::fs::symlinkat(target.as_ref(), dir, name.as_str()).map_err(failed);
    }
    let executable = after.mode == Mode::Executable;
    // The umask applies here, as it does for every program that makes a file.
    let bits = Bits::from_raw_mode(if executable { 0o777 } else { 0o666 });
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(dir, name.as_str(), flags, bits).map_err(failed)?;
    if let Some(old) = walk::permissions(dir, path.name()) {
        let execute = Bits::XUSR | Bits::XGRP | Bits::XOTH;
        let old = old & (Bits::RWXU | Bits::RWXG | Bits::RWXO);
        let readers = Bits::from_raw_mode((old & (Bits::RUSR | Bits::RGRP | Bits::ROTH)).as_raw_mode() >> 2);
        let bits = if executable { old | readers } else { old - execute };
        rustix::fs::fchmod(&fd, bits).map_err(failed)?;
    }
    let mut file = File::from(fd);
    file.write_all(&after.bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| FilesError::Io { path: path.to_string(), why: e.to_string() })
}

/// Refuses a link whose target exists and lies outside, whatever its text says.
fn stays_inside(root: &Path, path: &RelPath, link: &FileState) -> Result<(), FilesError> {
    let leads = plan::link_target(path, &link.bytes)?;
    let root = root.canonicalize().map_err(|e| FilesError::Io { path: path.to_string(), why: e.to_string() })?;
    let mut at = root.join(leads.as_str());
    while at.starts_with(&root) {
        if at.symlink_metadata().is_ok() {
            // A link to nothing could lead anywhere later.
            return match at.canonicalize() {
                Ok(real) if real.starts_with(&root) => Ok(()),
                _ => Err(FilesError::Outside(path.clone())),
            };
        }
        if !at.pop() {
            break;
        }
    }
    Ok(())
}

fn place_all(root: &Path, staged: &mut [Staged<'_>]) -> Result<(), FilesError> {
    for item in staged {
        fault::point(&item.step.path)?;
        place(root, item)?;
        item.placed = true;
    }
    Ok(())
}

fn place(root: &Path, item: &Staged<'_>) -> Result<(), FilesError> {
    let Staged { step, dir, .. } = item;
    let path = &step.path;
    let (name, new, old) = (path.name(), new_name(path), old_name(path));
    let failed = |e: Errno| walk::io(path, e);
    let moved = || FilesError::Moved { path: path.clone() };
    // The directory that was opened must still be the one that the path leads to.
    if !walk::parent(root, path, None)?.is_some_and(|now| walk::same(&now, dir)) {
        return Err(moved());
    }
    if step.before.is_none() {
        // A link never replaces anything, where a rename would.
        return match rustix::fs::linkat(dir, new.as_str(), dir, name, AtFlags::empty()) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(moved()),
            Err(_) => rustix::fs::renameat(dir, new.as_str(), dir, name).map_err(failed),
        };
    }
    // Without hard links the old content is still known from the step.
    let linked = rustix::fs::linkat(dir, name, dir, old.as_str(), AtFlags::empty()).is_ok();
    if walk::read_at(dir, if linked { &old } else { name }, path)? != step.before {
        return Err(moved());
    }
    fault::point(path)?;
    match step.after {
        Some(_) => rustix::fs::renameat(dir, new.as_str(), dir, name).map_err(failed),
        None => rustix::fs::unlinkat(dir, name, AtFlags::empty()).map_err(failed),
    }
}

/// Undoes one placed step, as far as the disk lets it.
fn put_back(item: &Staged<'_>) {
    let Staged { step, dir, .. } = item;
    let (name, new, old) = (step.path.name(), new_name(&step.path), old_name(&step.path));
    // What another program put there since is not ours to take away.
    if !walk::read_at(dir, name, &step.path).is_ok_and(|now| now == step.after) {
        return;
    }
    let Some(before) = &step.before else { return unlink(dir, name) };
    if rustix::fs::renameat(dir, old.as_str(), dir, name).is_ok() {
        return;
    }
    unlink(dir, &new);
    if write_plain(dir, &new, before).is_ok() {
        let _ = rustix::fs::renameat(dir, new.as_str(), dir, name);
    }
}

fn write_plain(dir: &OwnedFd, name: &str, state: &FileState) -> std::io::Result<()> {
    if state.mode == Mode::Symlink {
        return Ok(rustix::fs::symlinkat(String::from_utf8_lossy(&state.bytes).as_ref(), dir, name)?);
    }
    let bits = Bits::from_raw_mode(if state.mode == Mode::Executable { 0o777 } else { 0o666 });
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(dir.as_fd(), name, flags, bits)?);
    file.write_all(&state.bytes)?;
    file.sync_all()
}

/// Removes the directories that a deletion left empty, as git does.
fn prune_empty(root: &Path, path: &RelPath) {
    let mut at = path.as_str();
    while let Some((above, _)) = at.rsplit_once('/') {
        let Ok(dir) = RelPath::parse(above) else { return };
        let Ok(Some(parent)) = walk::parent(root, &dir, None) else { return };
        if rustix::fs::unlinkat(&parent, dir.name(), AtFlags::REMOVEDIR).is_err() {
            return;
        }
        at = above;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::PathBuf};

    use crate::{
        adapters::files::{
            DiskFiles,
            fault::{Fault, PLAN},
        },
        domain::{
            change::{Change, ChangeSet, FileState},
            path::RelPath,
        },
        ports::files::FilesError,
    };

    struct Place {
        dir: tempfile::TempDir,
        files: DiskFiles,
        set: ChangeSet,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("edit", "old"), ("go/away", "x"), ("from", "f"), ("last", "l")] {
            let full = dir.path().join(name);
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, text).unwrap();
        }
        let path = |p| RelPath::parse(p).unwrap();
        let text = |t: &str| Some(FileState::regular(t));
        let change = |p, before, after| Change { path: path(p), from: None, before, after };
        let changes = vec![
            change("new/deep/file", None, text("n")),
            change("edit", text("old"), text("new")),
            change("go/away", text("x"), None),
            Change { path: path("to/here"), from: Some(path("from")), before: text("f"), after: text("g") },
            change("last", text("l"), text("L")),
        ];
        Place { files: DiskFiles::new(dir.path()), dir, set: ChangeSet { changes } }
    }

    /// Every file and directory, so that nothing left behind goes unseen.
    fn all(at: &std::path::Path) -> BTreeMap<PathBuf, Option<String>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(all(&path));
                found.insert(path, None);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(path, Some(text));
            }
        }
        found
    }

    fn run(place: &Place, at: u32, fault: Fault) -> Result<(), FilesError> {
        PLAN.set(Some((at, fault)));
        let result = place.files.apply_set(&place.set);
        PLAN.set(None);
        result
    }

    /// How many points the set passes.
    fn points() -> u32 {
        (0..).find(|at| run(&place(), *at, Fault::Fail).is_ok()).unwrap()
    }

    #[test]
    fn a_failure_at_any_point_leaves_everything_as_it_was() {
        assert!(points() > 10);
        for at in 0..points() {
            let place = place();
            let before = all(place.dir.path());
            assert!(run(&place, at, Fault::Fail).is_err());
            assert_eq!(all(place.dir.path()), before, "at {at}");
        }
    }

    #[test]
    fn a_crash_at_any_point_is_completed_by_the_same_set() {
        let whole = place();
        whole.files.apply_set(&whole.set).unwrap();
        let relative = |p: &Place| {
            let strip = |(path, text): (PathBuf, _)| (path.strip_prefix(p.dir.path()).unwrap().to_owned(), text);
            all(p.dir.path()).into_iter().map(strip).collect::<Vec<_>>()
        };
        for at in 0..points() {
            let place = place();
            assert!(run(&place, at, Fault::Crash).is_err());
            place.files.apply_set(&place.set).unwrap();
            // An emptied directory may stay where its file went before the crash.
            let left: Vec<_> = relative(&place).into_iter().filter(|(p, _)| !p.ends_with("go")).collect();
            assert_eq!(left, relative(&whole), "at {at}");
        }
    }

    #[test]
    fn what_another_program_wrote_is_not_rolled_back() {
        let place = place();
        let last = place.dir.path().join("last");
        let edit = place.dir.path().join("edit");
        let theirs = edit.clone();
        let meddle = move || {
            assert_eq!(fs::read_to_string(&theirs).unwrap(), "new", "the edit is in place by now");
            fs::write(&theirs, "theirs").unwrap();
            fs::write(&last, "moved").unwrap();
        };
        assert!(run(&place, points() - 3, Fault::Meddle(Box::new(meddle))).is_err());
        assert_eq!(fs::read_to_string(edit).unwrap(), "theirs");
    }

    #[test]
    fn what_another_program_writes_meanwhile_is_kept_or_the_set_is_whole() {
        let points = points();
        for (name, text) in
            [("edit", Some("theirs")), ("go/away", Some("theirs")), ("last", None), ("to/here", Some("t"))]
        {
            let mut refused = 0;
            for at in 0..points {
                let place = place();
                let full = place.dir.path().join(name);
                let meddle = {
                    let full = full.clone();
                    move || match text {
                        Some(text) => {
                            fs::create_dir_all(full.parent().unwrap()).unwrap();
                            // As editors do: a new file in the old one's place.
                            fs::write(full.with_extension("theirs"), text).unwrap();
                            fs::rename(full.with_extension("theirs"), full).unwrap();
                        }
                        None => drop(fs::remove_file(full)),
                    }
                };
                if run(&place, at, Fault::Meddle(Box::new(meddle))).is_err() {
                    refused += 1;
                    assert_eq!(fs::read_to_string(&full).ok().as_deref(), text, "{name} at {at}");
                    let edit = fs::read_to_string(place.dir.path().join("edit")).unwrap();
                    assert!(edit == "old" || name == "edit", "{edit}");
                    assert!(place.dir.path().join("from").exists());
                }
            }
            assert!(refused > 3, "{name}");
        }
    }
}
