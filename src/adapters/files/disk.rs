//! The files port on a directory.

use std::{path::PathBuf, sync::Mutex};

use ignore::WalkBuilder;

use super::{apply, find, plan, walk, zip};
use crate::{
    domain::{
        change::{ChangeSet, FileState, Mode},
        gate::Approved,
        path::RelPath,
    },
    ports::files::{Files, FilesError, Found},
};

/// The files below one directory.
#[derive(Debug)]
pub struct DiskFiles {
    root: PathBuf,
    /// One set at a time; two processes on one worktree are kept apart by whoever owns it.
    applying: Mutex<()>,
}

impl DiskFiles {
    /// The files below `root`, which is opened again at every call.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), applying: Mutex::new(()) }
    }

    /// Applies a set that was approved, which is for the caller to see to.
    pub(super) fn apply_set(&self, set: &ChangeSet) -> Result<(), FilesError> {
        let _one = self.applying.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let steps = plan::plan(set, |path| self.read(path))?;
        apply::apply(&self.root, &steps)?;
        // Steps of an earlier, interrupted run may be done already and have left siblings behind.
        for change in &set.changes {
            for path in std::iter::once(&change.path).chain(&change.from) {
                apply::clear(&self.root, path);
            }
        }
        Ok(())
    }

    fn paths(&self, glob: Option<&str>) -> Result<Vec<RelPath>, FilesError> {
        let glob = find::glob(glob)?;
        let walk = WalkBuilder::new(&self.root)
            .hidden(false)
            .parents(false)
            .ignore(false)
            .require_git(false)
            .follow_links(false)
            .add_custom_ignore_filename(".kiroignore")
            .filter_entry(|e| e.file_name() != ".git")
            .build();
        let mut paths: Vec<RelPath> = walk
            // What cannot be looked into is left out, as git does.
            .filter_map(Result::ok)
            .filter(|e| e.file_type().is_some_and(|t| t.is_file() || t.is_symlink()))
            .filter_map(|e| RelPath::parse(e.path().strip_prefix(&self.root).ok()?.to_str()?).ok())
            .filter(|p| glob.as_ref().is_none_or(|g| g.is_match(p.as_str())))
            .collect();
        paths.sort();
        Ok(paths)
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &RelPath) -> Result<Option<FileState>, FilesError> {
        match walk::parent(&self.root, path, None)? {
            Some(dir) => walk::read_at(&dir, path.name(), path),
            None => Ok(None),
        }
    }

    fn weigh(&self, path: &RelPath) -> Result<Option<u64>, FilesError> {
        if walk::parent(&self.root, path, None)?.is_none() {
            return Ok(None);
        }
        let at = self.root.join(path.as_str());
        if at.symlink_metadata().is_err() {
            return Ok(None);
        }
        let files = WalkBuilder::new(at).standard_filters(false).follow_links(false).build().filter_map(Result::ok);
        Ok(Some(files.filter_map(|e| e.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len()).sum()))
    }

    fn zipped(&self, path: &RelPath, most: u64) -> Result<Option<u64>, FilesError> {
        if self.weigh(path)?.is_none_or(|bytes| bytes > most) {
            return Ok(None);
        }
        let at = self.root.join(path.as_str());
        let mut zip = zip::Zip::default();
        let files = WalkBuilder::new(&at).standard_filters(false).follow_links(false).build().filter_map(Result::ok);
        for file in files.filter(|e| e.file_type().is_some_and(|t| t.is_file())) {
            let name = file.path().strip_prefix(&at).unwrap_or(file.path()).to_string_lossy().into_owned();
            let wrong = |e: std::io::Error| FilesError::Io { path: name.clone(), why: e.to_string() };
            zip.put(&name, std::fs::File::open(file.path()).map_err(wrong)?).map_err(wrong)?;
        }
        Ok(Some(zip.bytes()))
    }

    fn list(&self, glob: Option<&str>, limit: usize) -> Result<(Vec<RelPath>, bool), FilesError> {
        Ok(find::cut(self.paths(glob)?, limit))
    }

    fn search(&self, regex: &str, glob: Option<&str>, limit: usize) -> Result<(Vec<Found>, bool), FilesError> {
        let mut search = find::Search::new(regex, limit)?;
        for path in self.paths(glob)? {
            // A file that went away, or is too large to be read, has no lines.
            let Ok(Some(file)) = self.read(&path) else { continue };
            if file.mode != Mode::Symlink && !search.file(&path, &file.bytes)? {
                break;
            }
        }
        Ok(search.finish())
    }

    fn apply(&self, changes: Approved<ChangeSet>) -> Result<(), FilesError> {
        self.apply_set(changes.item())
    }
}
