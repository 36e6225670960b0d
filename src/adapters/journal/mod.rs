//! Journals: one file of records a spec, held by one process at a time.
//!
//! A spec's journal lies at `<private directory>/specs/<name>/journal.jsonl`. [`FileJournal`] writes
//! it, [`MemoryJournal`] keeps the same bytes in memory, and [`peek`] folds it for a list without
//! taking it. How a record lies in the bytes is [`crate::domain::journal::line`]'s business.

mod disk;
mod log;
mod memory;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use disk::FileJournal;
pub use memory::MemoryJournal;

use crate::{
    domain::{journal::line, path::SpecName, session::State},
    ports::journal::JournalError,
};

/// Where the journal of a spec lies below the program's private directory.
pub fn path(private_dir: &Path, spec: &SpecName) -> PathBuf {
    private_dir.join("specs").join(spec.as_str()).join("journal.jsonl")
}

/// The specs that have a journal, by name. None when the directory does not exist yet.
///
/// # Errors
/// When the directory cannot be read.
pub fn list(private_dir: &Path) -> Result<Vec<SpecName>, JournalError> {
    let dir = private_dir.join("specs");
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(JournalError(format!("{} cannot be read: {e}", dir.display()))),
    };
    let named = |entry: io::Result<fs::DirEntry>| SpecName::parse(entry.ok()?.file_name().to_str()?).ok();
    let mut specs: Vec<SpecName> = entries.filter_map(named).filter(|s| path(private_dir, s).is_file()).collect();
    specs.sort();
    Ok(specs)
}

/// What a journal says, folded, without taking its lock and without changing it: another process may
/// be writing it, and then its last record may be missing.
///
/// # Errors
/// When it cannot be read, is damaged, or has a record that the gates refuse.
pub fn peek(path: &Path) -> Result<State, JournalError> {
    let bytes = fs::read(path).map_err(|e| JournalError(format!("{} cannot be read: {e}", path.display())))?;
    let read = line::decode(&bytes).map_err(|damage| log::damaged(&path.display().to_string(), &damage))?;
    let mut state = State::default();
    for record in &read.records {
        state.apply(record).map_err(|refused| {
            JournalError(format!("{}: record {} does not follow: {refused}", path.display(), record.seq))
        })?;
    }
    Ok(state)
}
