//! A journal in a file, locked while it is open.
//!
//! The file and the directories made for it are the developer's alone (0600, 0700). The lock is the
//! kernel's and goes with the process, however that ends.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::log::{Log, Medium};
use crate::{
    domain::journal::Record,
    ports::journal::{JournalError, JournalStore, Loaded},
};

struct Disk {
    path: PathBuf,
    file: File,
}

impl Medium for Disk {
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.rewind()?;
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, at)
    }

    fn cut(&mut self, at: u64) -> io::Result<()> {
        self.file.set_len(at)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn set_aside(&mut self, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.with_extension("jsonl.torn");
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        file.write_all(bytes)?;
        file.write_all(b"\n")?;
        file.sync_all()
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// One spec's journal on disk. Other processes are kept out until it is dropped.
pub struct FileJournal {
    log: Log<Disk>,
    /// Where a text beside it lies.
    beside: PathBuf,
}

/// The name of the text beside a journal.
const BESIDE: &str = "unsaved.json";
/// A longer one is not read, in bytes.
const LONGEST: u64 = 64 * 1024 * 1024;

impl FileJournal {
    /// Opens or makes the journal at a path ([`super::path`]) and takes its lock. Reads nothing yet.
    ///
    /// # Errors
    /// When another process has the spec open, or the file cannot be made.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let failed = |e: io::Error| JournalError(format!("{} cannot be opened: {e}", path.display()));
        let dir = path.parent().unwrap_or_else(|| Path::new("."));
        make(dir).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let spec = dir.file_name().map_or_else(|| dir.display().to_string(), |n| n.display().to_string());
                return Err(JournalError(format!(
                    "the spec `{spec}` is open in another kiro-tui; close it there, then open it here"
                )));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        if file.metadata().map_err(failed)?.len() == 0 {
            file.sync_all().and_then(|()| File::open(dir)?.sync_all()).map_err(failed)?;
        }
        Ok(Self { log: Log::new(Disk { path: path.to_owned(), file }), beside: dir.join(BESIDE) })
    }
}

/// Makes a directory with those above it, each synced into the one that holds it.
fn make(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    make(above)?;
    match DirBuilder::new().mode(0o700).create(dir) {
        // Another instance was quicker.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && fs::metadata(dir)?.is_dir() => Ok(()),
        Err(e) => Err(e),
        Ok(()) => File::open(above)?.sync_all(),
    }
}

impl JournalStore for FileJournal {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        self.log.load()
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.log.append(record)
    }

    fn keep(&mut self, text: &str) -> Result<(), JournalError> {
        let failed = |e: io::Error| JournalError(format!("{} cannot be written: {e}", self.beside.display()));
        let written = match text {
            "" => fs::remove_file(&self.beside).or_else(|e| match e.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(e),
            }),
            text => replace(&self.beside, text),
        };
        written.map_err(failed)
    }

    fn kept(&mut self) -> Result<String, JournalError> {
        let read = File::open(&self.beside).and_then(|file| {
            let mut text = String::new();
            file.take(LONGEST).read_to_string(&mut text).map(|_| text)
        });
        match read {
            Ok(text) => Ok(text),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(e) => Err(JournalError(format!("{} cannot be read: {e}", self.beside.display()))),
        }
    }
}

/// Writes a file whole in the place of another.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("json.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(path.parent().unwrap_or_else(|| Path::new(".")))?.sync_all()
}
