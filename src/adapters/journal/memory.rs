//! A journal in memory, for the demo and for tests.
//!
//! Clones share the bytes, so that a journal can be opened again after a session on it has ended.
//! Holds no lock.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::log::{Log, Medium};
use crate::{
    domain::journal::Record,
    ports::journal::{JournalError, JournalStore, Loaded},
};

/// The bytes of a journal in memory.
#[derive(Clone, Debug, Default)]
struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
    torn: Arc<Mutex<Vec<u8>>>,
    beside: Arc<Mutex<Vec<u8>>>,
}

fn own(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    // No call leaves the bytes half changed.
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Medium for Memory {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        Ok(own(&self.bytes).clone())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut own = own(&self.bytes);
        own.truncate(usize::try_from(at).unwrap_or(usize::MAX));
        own.extend_from_slice(bytes);
        Ok(())
    }

    fn cut(&mut self, at: u64) -> io::Result<()> {
        own(&self.bytes).truncate(usize::try_from(at).unwrap_or(usize::MAX));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn set_aside(&mut self, bytes: &[u8]) -> io::Result<()> {
        own(&self.torn).extend_from_slice(bytes);
        Ok(())
    }

    fn name(&self) -> String {
        "the journal in memory".into()
    }
}

/// A journal that is gone with the process.
pub struct MemoryJournal {
    medium: Memory,
    log: Log<Memory>,
}

impl MemoryJournal {
    /// One that holds these bytes: none, or those of another journal.
    pub fn new(bytes: Vec<u8>) -> Self {
        let medium = Memory { bytes: Arc::new(Mutex::new(bytes)), torn: Arc::default(), beside: Arc::default() };
        Self { log: Log::new(medium.clone()), medium }
    }

    /// The same journal, opened again.
    pub fn reopen(&self) -> Self {
        Self { log: Log::new(self.medium.clone()), medium: self.medium.clone() }
    }

    /// What is in it.
    pub fn bytes(&self) -> Vec<u8> {
        own(&self.medium.bytes).clone()
    }

    /// What was set aside.
    pub fn torn(&self) -> Vec<u8> {
        own(&self.medium.torn).clone()
    }
}

impl JournalStore for MemoryJournal {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        self.log.load()
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.log.append(record)
    }

    fn keep(&mut self, text: &str) -> Result<(), JournalError> {
        *own(&self.medium.beside) = text.as_bytes().to_vec();
        Ok(())
    }

    fn kept(&mut self) -> Result<String, JournalError> {
        Ok(String::from_utf8_lossy(&own(&self.medium.beside)).into_owned())
    }
}
