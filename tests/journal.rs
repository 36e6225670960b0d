//! Journals on disk and in memory keep the same promises.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use kiro_tui::{
    adapters::journal::{self, FileJournal, MemoryJournal},
    domain::{
        journal::{Author, Delta, Entry, Record, Start, Tone, line},
        path::SpecName,
        phase::{Autonomy, Doc, Order},
        spec::{Depth, SpecKind},
    },
    ports::journal::JournalStore,
};

fn records() -> Vec<Record> {
    let start = Start {
        name: SpecName::parse("thumbs").unwrap(),
        need: "Schnelle Vorschaubilder — für Ärzte".into(),
        constraints: String::new(),
        documents: vec!["docs/*.md".into()],
        aws_references: Vec::new(),
        kind: SpecKind::Feature,
        order: Order::default(),
        depth: Depth::default(),
        autonomy: Autonomy::default(),
        aws: false,
    };
    let entries = [
        Entry::Started(start),
        Entry::DraftAsked(Doc::Requirements),
        Entry::Streamed(Delta::Text("line\nand \"quotes\"".into())),
        Entry::Drafted { doc: Doc::Requirements, text: "# Requirements\n".into(), author: Author::Agent },
        Entry::Noted { tone: Tone::Info, text: "done".into() },
    ];
    let record = |(i, entry)| Record { seq: i as u64 + 1, at: Timestamp::from_second(1_700_000_000).unwrap(), entry };
    entries.into_iter().enumerate().map(record).collect()
}

fn bytes(records: &[Record]) -> Vec<u8> {
    records.iter().map(|r| line::encode(r).unwrap()).collect::<String>().into_bytes()
}

/// A kind of journal: made from bytes, opened again, looked into.
trait Kind {
    fn open(&mut self) -> Box<dyn JournalStore>;
    fn bytes(&self) -> Vec<u8>;
    fn torn(&self) -> Vec<u8>;
}

struct OnDisk {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Kind for OnDisk {
    fn open(&mut self) -> Box<dyn JournalStore> {
        Box::new(FileJournal::open(&self.path).unwrap())
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    fn torn(&self) -> Vec<u8> {
        let kept = fs::read(self.path.with_extension("jsonl.torn")).unwrap_or_default();
        kept.strip_suffix(b"\n").unwrap_or(&kept).to_vec()
    }
}

impl Kind for MemoryJournal {
    fn open(&mut self) -> Box<dyn JournalStore> {
        Box::new(self.reopen())
    }

    fn bytes(&self) -> Vec<u8> {
        Self::bytes(self)
    }

    fn torn(&self) -> Vec<u8> {
        Self::torn(self)
    }
}

fn both(bytes: &[u8]) -> [Box<dyn Kind>; 2] {
    let dir = tempfile::tempdir().unwrap();
    let path = journal::path(dir.path(), &SpecName::parse("thumbs").unwrap());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    [Box::new(OnDisk { _dir: dir, path }), Box::new(MemoryJournal::new(bytes.to_vec()))]
}

#[test]
fn what_was_written_is_read_back_and_goes_on() {
    let all = records();
    for mut kind in both(b"") {
        let mut journal = kind.open();
        assert!(journal.load().unwrap().records.is_empty());
        for record in &all[..3] {
            journal.append(record).unwrap();
        }
        drop(journal);
        let mut journal = kind.open();
        assert_eq!(journal.load().unwrap().records, all[..3]);
        journal.append(&all[3]).unwrap();
        drop(journal);
        // Without a load before it, too.
        kind.open().append(&all[4]).unwrap();
        assert_eq!(kind.open().load().unwrap().records, all);
        assert_eq!(kind.bytes(), bytes(&all));
    }
}

#[test]
fn a_text_beside_the_records_is_kept_whole_and_is_no_record() {
    let all = records();
    for mut kind in both(&bytes(&all)) {
        let mut journal = kind.open();
        assert_eq!(journal.kept().unwrap(), "");
        journal.keep("").unwrap();
        journal.keep("first, and longer than the second").unwrap();
        journal.keep("second é").unwrap();
        drop(journal);
        let mut journal = kind.open();
        assert_eq!((journal.kept().unwrap().as_str(), journal.load().unwrap().records.len()), ("second é", all.len()));
        journal.keep("").unwrap();
        assert_eq!(journal.kept().unwrap(), "");
        assert_eq!(kind.bytes(), bytes(&all));
    }
}

#[test]
fn cut_at_every_byte_only_the_torn_record_goes_and_it_is_kept_aside() {
    let all = records();
    let whole = bytes(&all);
    for cut in 0..=whole.len() {
        let given = &whole[..cut];
        let ends = given.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        for mut kind in both(given) {
            let mut journal = kind.open();
            let loaded = journal.load().unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
            let count = loaded.records.len();
            assert_eq!(loaded.records, all[..count], "cut at {cut}");
            assert_eq!(loaded.torn, cut - ends);
            assert_eq!(kind.bytes(), given[..ends]);
            assert_eq!(kind.torn(), given[ends..]);
            if let Some(next) = all.get(count) {
                journal.append(next).unwrap();
            }
            drop(journal);
            assert_eq!(kind.bytes(), bytes(&all[..all.len().min(count + 1)]), "cut at {cut}");
        }
    }
}

#[test]
fn damage_in_the_middle_is_named_and_left_alone() {
    let mut damaged = bytes(&records());
    let second = damaged.iter().position(|b| *b == b'\n').unwrap() + 70;
    damaged[second] ^= 1;
    for mut kind in both(&damaged) {
        let mut journal = kind.open();
        let error = journal.load().unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("move it away"), "{error}");
        assert!(journal.append(&records()[0]).is_err(), "nothing is added to a damaged journal");
        assert_eq!(kind.bytes(), damaged);
        assert!(kind.torn().is_empty());
    }
}

#[test]
fn a_record_out_of_its_place_is_refused() {
    let all = records();
    for mut kind in both(b"") {
        let mut journal = kind.open();
        assert!(journal.append(&all[1]).is_err());
        journal.append(&all[0]).unwrap();
        assert!(journal.append(&all[0]).is_err());
        assert_eq!(kind.bytes(), bytes(&all[..1]));
    }
}

fn new_path(dir: &Path) -> PathBuf {
    journal::path(&dir.join("private"), &SpecName::parse("thumbs").unwrap())
}

#[test]
fn a_second_instance_is_told_who_has_the_spec() {
    let dir = tempfile::tempdir().unwrap();
    let path = new_path(dir.path());
    let first = FileJournal::open(&path).unwrap();
    let Err(error) = FileJournal::open(&path) else { panic!("opened twice") };
    let error = error.to_string();
    assert!(error.contains("`thumbs`") && error.contains("another kiro-tui"), "{error}");
    drop(first);
    assert!(FileJournal::open(&path).is_ok());
}

#[test]
fn only_the_developer_can_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = new_path(dir.path());
    drop(FileJournal::open(&path).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    for above in path.ancestors().skip(1).take(3) {
        assert_eq!(mode(above), 0o700, "{}", above.display());
    }
}

#[test]
fn a_list_and_a_peek_take_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("private");
    assert_eq!(journal::list(&private).unwrap(), []);
    let path = new_path(dir.path());
    let mut held = FileJournal::open(&path).unwrap();
    for record in records() {
        held.append(&record).unwrap();
    }
    fs::create_dir_all(private.join("specs/no-journal")).unwrap();
    fs::create_dir_all(private.join("specs/-odd")).unwrap();
    assert_eq!(journal::list(&private).unwrap(), [SpecName::parse("thumbs").unwrap()]);

    let state = journal::peek(&path).unwrap();
    assert_eq!(state.seq, 5);
    assert_eq!(state.latest(Doc::Requirements).unwrap().text, "# Requirements\n");

    // A record that is just being written is not seen, and not cut away either.
    let whole = fs::read(&path).unwrap();
    let torn = [whole.as_slice(), b"{\"v\":1,"].concat();
    fs::write(&path, &torn).unwrap();
    assert_eq!(journal::peek(&path).unwrap().seq, 5);
    assert_eq!(fs::read(&path).unwrap(), torn);
}
