//! How records lie in the file: one JSON line each, with a checksum.
//!
//! `{"v":1,"sum":"<first 16 hex digits of SHA-256 of the record's JSON>","record":{…}}`. A line that
//! was torn by a crash is the last one and is dropped with a notice; damage anywhere else is an
//! error, because what follows it cannot be trusted.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Record;
use crate::domain::digest::Digest;

/// The version this program writes.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Out<'a> {
    v: u32,
    sum: String,
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct In<'a> {
    v: u32,
    sum: String,
    #[serde(borrow)]
    record: &'a RawValue,
}

fn sum(json: &str) -> String {
    Digest::of(json).to_string().chars().take(16).collect()
}

/// One line, with its end.
///
/// # Errors
/// When a value cannot be JSON; no record of this program is such a value.
pub fn encode(record: &Record) -> Result<String, serde_json::Error> {
    let raw = serde_json::value::to_raw_value(record)?;
    let mut line = serde_json::to_string(&Out { v: VERSION, sum: sum(raw.get()), record: &raw })?;
    line.push('\n');
    Ok(line)
}

/// A journal that was read.
#[derive(Debug, Default)]
pub struct Journal {
    /// Its records, in order.
    pub records: Vec<Record>,
    /// How many bytes of the file are whole; what follows is torn.
    pub whole: usize,
    /// How many bytes of a torn last record were dropped.
    pub torn: usize,
}

/// What is wrong with a journal, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct JournalDamage {
    /// Line number, from 1.
    pub line: usize,
    /// What.
    pub why: String,
}

/// Reads a whole journal.
///
/// # Errors
/// [`JournalDamage`] for anything but a torn last line.
pub fn decode(bytes: &[u8]) -> Result<Journal, JournalDamage> {
    let mut journal = Journal::default();
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').enumerate().peekable();
    while let Some((index, raw)) = lines.next() {
        let wrong = |why: String| JournalDamage { line: index + 1, why };
        match read(raw) {
            Ok(record) => {
                let expected = journal.records.last().map_or(1, |r| r.seq + 1);
                if record.seq != expected {
                    return Err(wrong(format!("record {} where {expected} should be", record.seq)));
                }
                journal.whole += raw.len();
                journal.records.push(record);
            }
            // A version that is not known is never a torn line: nothing of it may be dropped.
            Err(Unread::Version(v)) => {
                return Err(wrong(format!("version {v} was written by a newer kiro-tui; this one reads {VERSION}")));
            }
            Err(Unread::Damaged(_)) if lines.peek().is_none() && !raw.ends_with(b"\n") => journal.torn = raw.len(),
            Err(Unread::Damaged(why)) => return Err(wrong(why)),
        }
    }
    Ok(journal)
}

enum Unread {
    Version(u32),
    Damaged(String),
}

fn read(raw: &[u8]) -> Result<Record, Unread> {
    let damaged = |why: &dyn std::fmt::Display| Unread::Damaged(why.to_string());
    let Some(raw) = raw.strip_suffix(b"\n") else { return Err(Unread::Damaged("it has no end".into())) };
    let line: In<'_> = serde_json::from_slice(raw).map_err(|e| damaged(&e))?;
    if line.v != VERSION {
        return Err(Unread::Version(line.v));
    }
    if line.sum != sum(line.record.get()) {
        return Err(Unread::Damaged("its checksum does not match".into()));
    }
    serde_json::from_str(line.record.get()).map_err(|e| damaged(&e))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::journal::{Entry, Tone};

    fn journal(n: u64) -> Vec<u8> {
        let record = |seq| Record {
            seq,
            at: Timestamp::UNIX_EPOCH,
            entry: Entry::Noted { tone: Tone::Info, text: format!("é\n\"{seq}\"") },
        };
        (1..=n).map(|seq| encode(&record(seq)).unwrap()).collect::<String>().into_bytes()
    }

    #[test]
    fn cut_anywhere_only_the_torn_record_is_lost() {
        let bytes = journal(3);
        let ends: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i] == b'\n').map(|i| i + 1).collect();
        for cut in 0..=bytes.len() {
            let read = decode(&bytes[..cut]).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
            let whole = ends.iter().filter(|e| **e <= cut).count();
            assert_eq!(read.records.len(), whole, "cut at {cut}");
            assert_eq!(read.whole + read.torn, cut);
        }
    }

    #[test]
    fn damage_in_the_middle_is_named() {
        let mut bytes = journal(3);
        let second = bytes.iter().position(|b| *b == b'\n').unwrap() + 60;
        bytes[second] ^= 1;
        assert_eq!(decode(&bytes).unwrap_err().line, 2);
        let gap: Vec<u8> = journal(3)
            .split_inclusive(|b| *b == b'\n')
            .enumerate()
            .filter(|(i, _)| *i != 1)
            .flat_map(|(_, l)| l.to_vec())
            .collect();
        assert_eq!(decode(&gap).unwrap_err().line, 2);
    }

    #[test]
    fn a_newer_version_is_not_taken_for_a_torn_line() {
        let bytes = String::from_utf8(journal(1)).unwrap().replace("\"v\":1", "\"v\":2");
        assert!(decode(bytes.as_bytes()).unwrap_err().why.contains("newer"));
    }
}
