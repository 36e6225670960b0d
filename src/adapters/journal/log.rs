//! What a journal does with its bytes, whatever keeps them.
//!
//! Opens nothing and locks nothing. What always holds: between two calls the bytes are whole
//! records; when that cannot be brought about, nothing more is written.

use std::io;

use crate::{
    domain::journal::{
        Record,
        line::{self, JournalDamage},
    },
    ports::journal::{JournalError, Loaded},
};

/// What keeps the bytes.
pub(super) trait Medium {
    /// All bytes.
    fn read(&mut self) -> io::Result<Vec<u8>>;
    /// Writes at a position, which is the end. May leave a part behind when it fails.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts everything from a position on.
    fn cut(&mut self, at: u64) -> io::Result<()>;
    /// Returns when everything written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Sets bytes aside where somebody can look at them.
    fn set_aside(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Its name in messages.
    fn name(&self) -> String;
}

/// Where the next record goes.
struct End {
    at: u64,
    seq: u64,
}

pub(super) struct Log<M> {
    medium: M,
    /// `None` until it was read.
    end: Option<End>,
    /// Why nothing may be written any more.
    broken: Option<String>,
}

pub(super) fn damaged(name: &str, damage: &JournalDamage) -> JournalError {
    JournalError(format!(
        "{name}, {damage}. The file was left as it is; restore it from a backup, or move it away to start \
         the spec again from the documents on its branch"
    ))
}

impl<M: Medium> Log<M> {
    pub(super) fn new(medium: M) -> Self {
        Self { medium, end: None, broken: None }
    }

    fn error(&self, what: &str, why: &dyn std::fmt::Display) -> JournalError {
        JournalError(format!("{} could not be {what}: {why}", self.medium.name()))
    }

    pub(super) fn load(&mut self) -> Result<Loaded, JournalError> {
        let bytes = self.medium.read().map_err(|e| self.error("read", &e))?;
        let journal = line::decode(&bytes).map_err(|damage| damaged(&self.medium.name(), &damage))?;
        let at = journal.whole as u64;
        if let Some(torn) = bytes.get(journal.whole..).filter(|torn| !torn.is_empty()) {
            // Aside first: a crash between the two leaves the bytes twice, never not at all.
            self.medium.set_aside(torn).map_err(|e| self.error("mended", &e))?;
            self.medium.cut(at).and_then(|()| self.medium.sync()).map_err(|e| self.error("mended", &e))?;
        }
        self.end = Some(End { at, seq: journal.records.last().map_or(0, |r| r.seq) });
        Ok(Loaded { records: journal.records, torn: journal.torn })
    }

    pub(super) fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        if let Some(why) = &self.broken {
            return Err(JournalError(why.clone()));
        }
        if self.end.is_none() {
            self.load()?;
        }
        let (at, seq) = self.end.as_ref().map_or((0, 0), |end| (end.at, end.seq));
        if record.seq != seq + 1 {
            let why = format!("internal: record {} where {} should be", record.seq, seq + 1);
            return Err(self.error("written", &why));
        }
        let line = line::encode(record).map_err(|e| self.error("written", &e))?;
        if let Err(e) = self.medium.write_at(at, line.as_bytes()) {
            self.take_back(at, &e);
            return Err(self.error("written", &format!("{e}; make room or mend the disk, then start again")));
        }
        if record.entry.is_durable()
            && let Err(e) = self.medium.sync()
        {
            self.take_back(at, &e);
            // What a failed sync left on the disk cannot be known from here.
            let why = self.error("synced", &format!("{e}; check the disk, then start again"));
            self.broken = Some(why.0.clone());
            return Err(why);
        }
        self.end = Some(End { at: at + line.len() as u64, seq: record.seq });
        Ok(())
    }

    fn take_back(&mut self, at: u64, first: &io::Error) {
        if let Err(e) = self.medium.cut(at) {
            let why = format!("{first}, and the part written could not be cut off again: {e}; start again");
            self.broken = Some(self.error("written", &why).0);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::journal::{Entry, Tone};

    /// Bytes with a limit, and calls that can be made to fail.
    #[derive(Default)]
    struct Faulty {
        bytes: Vec<u8>,
        room: usize,
        no_cut: bool,
        no_sync: bool,
        syncs: usize,
    }

    impl Medium for Faulty {
        fn read(&mut self) -> io::Result<Vec<u8>> {
            Ok(self.bytes.clone())
        }

        fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
            assert_eq!(at as usize, self.bytes.len());
            let fits = bytes.len().min(self.room - self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..fits]);
            if fits == bytes.len() { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
        }

        fn cut(&mut self, at: u64) -> io::Result<()> {
            if self.no_cut {
                return Err(io::ErrorKind::Other.into());
            }
            self.bytes.truncate(at as usize);
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            self.syncs += 1;
            if self.no_sync { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
        }

        fn set_aside(&mut self, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn name(&self) -> String {
            "journal.jsonl".into()
        }
    }

    fn note(seq: u64) -> Record {
        let entry = Entry::Noted { tone: Tone::Info, text: "a line".into() };
        Record { seq, at: Timestamp::UNIX_EPOCH, entry }
    }

    fn kept(seq: u64) -> Record {
        Record { seq, at: Timestamp::UNIX_EPOCH, entry: Entry::Continued }
    }

    #[test]
    fn a_full_disk_leaves_what_was_there_wherever_it_stops() {
        let first = line::encode(&note(1)).unwrap().len();
        let second = line::encode(&kept(2)).unwrap().len();
        for room in first..first + second {
            let mut log = Log::new(Faulty { room, ..Faulty::default() });
            log.append(&note(1)).unwrap();
            let error = log.append(&kept(2)).unwrap_err();
            assert!(error.0.contains("journal.jsonl") && error.0.contains("make room"), "{error}");
            assert_eq!(log.medium.bytes.len(), first);
            log.medium.room = usize::MAX;
            log.append(&kept(2)).unwrap();
            assert_eq!(line::decode(&log.medium.bytes).unwrap().records.len(), 2);
        }
    }

    #[test]
    fn after_a_failure_that_cannot_be_taken_back_nothing_is_written() {
        let mut log = Log::new(Faulty { room: 20, no_cut: true, ..Faulty::default() });
        log.append(&note(1)).unwrap_err();
        log.medium.room = usize::MAX;
        log.append(&note(1)).unwrap_err();
        assert_eq!(log.medium.bytes.len(), 20);

        let mut log = Log::new(Faulty { room: usize::MAX, no_sync: true, ..Faulty::default() });
        assert!(log.append(&kept(1)).is_err() && log.medium.bytes.is_empty());
        log.medium.no_sync = false;
        assert!(log.append(&kept(1)).is_err(), "a failed sync is final");
    }

    #[test]
    fn durable_records_are_synced_and_streamed_ones_are_not_waited_for() {
        let mut log = Log::new(Faulty { room: usize::MAX, ..Faulty::default() });
        log.append(&note(1)).unwrap();
        assert_eq!(log.medium.syncs, 0);
        log.append(&kept(2)).unwrap();
        assert_eq!(log.medium.syncs, 1);
    }
}
