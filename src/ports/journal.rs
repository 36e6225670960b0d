//! The journal port: where a spec's records are kept.

use crate::domain::journal::Record;

/// What was in the journal.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every whole record, in order.
    pub records: Vec<Record>,
    /// Bytes of a torn last record that were set aside; 0 when there was none.
    pub torn: usize,
}

/// A journal that cannot be read or written. The text says which file and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// One spec's journal, held exclusively while it is open.
pub trait JournalStore: Send {
    /// Everything in it.
    ///
    /// # Errors
    /// Damage before the last record; nothing is changed then.
    fn load(&mut self) -> Result<Loaded, JournalError>;

    /// Adds one record. Returns only when it is on the disk, synced, if
    /// [`crate::domain::journal::Entry::is_durable`].
    ///
    /// # Errors
    /// When it could not be written; the journal is as it was.
    fn append(&mut self, record: &Record) -> Result<(), JournalError>;

    /// Keeps a text beside the records, in the place of the one before: whole, synced, or as it was.
    /// An empty one is not kept.
    ///
    /// # Errors
    /// When it could not be written.
    fn keep(&mut self, text: &str) -> Result<(), JournalError>;

    /// The text that is kept beside the records; empty when there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    fn kept(&mut self) -> Result<String, JournalError>;
}
