//! The files port: the worktree of one spec.

use crate::domain::{
    change::{ChangeSet, FileState},
    gate::Approved,
    path::{PathError, RelPath},
};

/// Why a file was not read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilesError {
    /// The path itself is refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A part of the path is a symbolic link that leads out of the worktree.
    #[error("{0} leads out of the repository through a symbolic link")]
    Outside(RelPath),
    /// The file is not what the change was made from.
    #[error("{path} changed since the proposal was made; nothing was written")]
    Moved {
        /// Which file.
        path: RelPath,
    },
    /// A directory, a device, or too large to be a source file.
    #[error("{path}: {why}")]
    Unsuitable {
        /// Which file.
        path: RelPath,
        /// What is wrong with it.
        why: String,
    },
    /// A glob or search pattern that cannot be read.
    #[error("the pattern `{pattern}` is not valid: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// The operating system said no.
    #[error("{path}: {why}")]
    Io {
        /// Which file.
        path: String,
        /// In its words.
        why: String,
    },
}

/// One line that a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: RelPath,
    /// Line number, from 1.
    pub line: u64,
    /// The line, without its end, cut at 400 characters.
    pub text: String,
}

/// The files of one worktree. Ignored files (`.gitignore`, `.kiroignore`) are neither listed nor
/// searched.
pub trait Files: Send + Sync {
    /// Reads a file; `None` where there is none. A symbolic link is read as a link.
    ///
    /// # Errors
    /// [`FilesError`]; files over 8 MiB are [`FilesError::Unsuitable`].
    fn read(&self, path: &RelPath) -> Result<Option<FileState>, FilesError>;

    /// Bytes of a file, or of all files below a directory, ignored ones too; links are not followed.
    /// `None` where there is nothing.
    ///
    /// # Errors
    /// [`FilesError`].
    fn weigh(&self, path: &RelPath) -> Result<Option<u64>, FilesError>;

    /// Bytes of the zip that a file, or all files below a directory, make, ignored ones too. Reads and packs
    /// all of it, and writes nothing. `None` where there is nothing, or more than `most` bytes.
    ///
    /// # Errors
    /// [`FilesError`].
    fn zipped(&self, path: &RelPath, most: u64) -> Result<Option<u64>, FilesError>;

    /// Paths in order, at most `limit`, with whether there were more.
    ///
    /// # Errors
    /// [`FilesError::Pattern`] for a bad glob.
    fn list(&self, glob: Option<&str>, limit: usize) -> Result<(Vec<RelPath>, bool), FilesError>;

    /// Lines that match a regular expression, at most `limit`, with whether there were more.
    ///
    /// # Errors
    /// [`FilesError::Pattern`] for a bad expression or glob.
    fn search(&self, regex: &str, glob: Option<&str>, limit: usize) -> Result<(Vec<Found>, bool), FilesError>;

    /// Applies approved changes, all or none: every base is compared first, the new content is
    /// written beside the old and synced, then renamed into place. A set that is already in place
    /// is a success, so that a set interrupted by a crash can be applied again.
    ///
    /// # Errors
    /// [`FilesError`]; what was there before is there still.
    fn apply(&self, changes: Approved<ChangeSet>) -> Result<(), FilesError>;
}
