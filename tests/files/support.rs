//! Approved change sets, and both implementations behind one face.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use kiro_tui::{
    adapters::files::{DiskFiles, MemoryFiles},
    domain::{
        change::{Bytes, Change, ChangeSet, FileState, Mode},
        digest::Digest,
        gate::{Approved, Decision, Grants, Identity, Reviewable, Shown, Subject, Verdict, Via, judge},
        path::RelPath,
    },
    ports::files::{Files, FilesError},
};
use tempfile::TempDir;

/// Stands for whatever the program shows before it writes several files at once.
struct Several(ChangeSet);

impl Reviewable for Several {
    fn subject(&self) -> Subject {
        Subject::Change
    }
    fn digest(&self) -> Digest {
        Digest::of(format!("{:?}", self.0))
    }
}

impl Grants<ChangeSet> for Several {
    fn granted(approval: &Approved<Self>) -> ChangeSet {
        approval.item().0.clone()
    }
}

pub fn approve(changes: &[Change]) -> Approved<ChangeSet> {
    let shown = Shown::new(Several(ChangeSet { changes: changes.to_vec() }));
    let decision = Decision {
        subject: Subject::Change,
        digest: shown.digest(),
        verdict: Verdict::Approve,
        by: Identity { name: "Ada".into(), email: "ada@example.org".into() },
        at: Timestamp::UNIX_EPOCH,
        via: Via::Keyboard,
    };
    judge(shown, decision).unwrap().grant()
}

pub fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

pub fn text(text: &str) -> Option<FileState> {
    Some(FileState::regular(text))
}

pub fn moded(text: &str, mode: Mode) -> Option<FileState> {
    Some(FileState { bytes: Bytes::from(text.as_bytes().to_vec()), mode })
}

pub fn change(at: &str, before: Option<FileState>, after: Option<FileState>) -> Change {
    Change { path: path(at), from: None, before, after }
}

pub fn rename(from: &str, to: &str, before: &str, after: &str) -> Change {
    Change { path: path(to), from: Some(path(from)), before: text(before), after: text(after) }
}

/// One implementation with a way to look and meddle past the port.
pub trait World {
    fn port(&self) -> &dyn Files;
    /// What another program would do.
    fn put(&self, at: &str, file: Option<FileState>);
    /// Every file there is, ignored or not.
    fn all(&self) -> Vec<(String, FileState)>;

    fn apply(&self, changes: &[Change]) -> Result<(), FilesError> {
        self.port().apply(approve(changes))
    }
}

pub struct Memory(MemoryFiles);

impl World for Memory {
    fn port(&self) -> &dyn Files {
        &self.0
    }
    fn put(&self, at: &str, file: Option<FileState>) {
        self.0.put(path(at), file);
    }
    fn all(&self) -> Vec<(String, FileState)> {
        self.0.all().into_iter().map(|(p, f)| (p.to_string(), f)).collect()
    }
}

pub struct Disk {
    pub files: DiskFiles,
    pub root: PathBuf,
    pub dir: TempDir,
}

impl Disk {
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        Self { files: DiskFiles::new(&root), root, dir }
    }
}

impl World for Disk {
    fn port(&self) -> &dyn Files {
        &self.files
    }
    fn put(&self, at: &str, file: Option<FileState>) {
        let full = self.root.join(at);
        let _ = fs::remove_file(&full);
        let Some(file) = file else { return };
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        if file.mode == Mode::Symlink {
            symlink(String::from_utf8(file.bytes.to_vec()).unwrap(), full).unwrap();
        } else {
            fs::write(&full, &*file.bytes).unwrap();
            let bits = if file.mode == Mode::Executable { 0o755 } else { 0o644 };
            fs::set_permissions(full, fs::Permissions::from_mode(bits)).unwrap();
        }
    }
    fn all(&self) -> Vec<(String, FileState)> {
        let mut all = Vec::new();
        walk(&self.root, &self.root, &mut all);
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

fn walk(root: &Path, dir: &Path, all: &mut Vec<(String, FileState)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let at = entry.unwrap().path();
        let meta = fs::symlink_metadata(&at).unwrap();
        if meta.is_dir() {
            walk(root, &at, all);
            continue;
        }
        let (bytes, mode) = if meta.is_symlink() {
            (fs::read_link(&at).unwrap().into_os_string().into_encoded_bytes(), Mode::Symlink)
        } else if meta.permissions().mode() & 0o100 != 0 {
            (fs::read(&at).unwrap(), Mode::Executable)
        } else {
            (fs::read(&at).unwrap(), Mode::Regular)
        };
        let name = at.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        all.push((name, FileState { bytes: Bytes::from(bytes), mode }));
    }
}

/// Both, with the same files.
pub fn worlds(files: &[(&str, &str)]) -> Vec<Box<dyn World>> {
    let worlds: Vec<Box<dyn World>> = vec![Box::new(Disk::new()), Box::new(Memory(MemoryFiles::default()))];
    for world in &worlds {
        for (at, content) in files {
            world.put(at, text(content));
        }
    }
    worlds
}
