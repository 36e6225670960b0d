//! Proposed file changes: exact bytes before and after.
//!
//! A change says what a file was when it was read and what it shall be. It never touches a disk:
//! the files port applies it, and only if the file still is what `before` says.

pub mod edit;
pub mod header;
pub mod own;
mod picked;
pub mod propose;
pub mod refusal;
pub mod renames;
pub mod select;
pub mod submodule;

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::domain::{
    digest::Digest,
    gate::{Approved, Grants, Reviewable, Subject},
    path::RelPath,
};

/// A file's exact bytes, which never change and are shared by all that hold them. In JSON: a string
/// where they are UTF-8, else `{"hex": "…"}`.
#[derive(Clone, Default)]
pub struct Bytes(Arc<Kept>);

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// What [`FileState::digest`] gave for each mode: taking it again of a large file is felt.
    digests: [OnceLock<Digest>; 4],
}

impl From<Vec<u8>> for Bytes {
    fn from(mut bytes: Vec<u8>) -> Self {
        bytes.shrink_to_fit();
        Self(Arc::new(Kept { bytes, digests: Default::default() }))
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.bytes
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl Eq for Bytes {}

impl std::hash::Hash for Bytes {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(self))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WireBytes {
    Text(String),
    Hex { hex: String },
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self) {
            Ok(text) => s.serialize_str(text),
            Err(_) => {
                let hex = self.iter().map(|b| format!("{b:02x}")).collect();
                WireBytes::Hex { hex }.serialize(s)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        match WireBytes::deserialize(d)? {
            WireBytes::Text(text) => Ok(text.into_bytes().into()),
            WireBytes::Hex { hex } => hex
                .as_bytes()
                .chunks(2)
                .map(|pair| {
                    let pair = std::str::from_utf8(pair).map_err(de::Error::custom)?;
                    u8::from_str_radix(pair, 16).map_err(de::Error::custom)
                })
                .collect::<Result<Vec<u8>, _>>()
                .map(Self::from),
        }
    }
}

/// What kind of file it is; the four that git knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 100644
    #[default]
    Regular,
    /// 100755
    Executable,
    /// 120000; the bytes are the target.
    Symlink,
    /// 160000, a commit of another repository; see [`submodule`] for the bytes.
    Submodule,
}

/// A file as it is or shall be.
#[derive(Clone, Debug, Eq, Default, Serialize, Deserialize)]
pub struct FileState {
    /// Its content.
    pub bytes: Bytes,
    /// Its kind.
    #[serde(default)]
    pub mode: Mode,
}

impl FileState {
    /// A regular file.
    pub fn regular(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: Bytes::from(bytes.into()), mode: Mode::Regular }
    }

    /// The content, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Digest of kind and content.
    pub fn digest(&self) -> Digest {
        let find = || Digest::of_fields([format!("{:?}", self.mode).as_bytes(), submodule::essence(self)]);
        let [regular, executable, symlink, submodule] = &self.bytes.0.digests;
        let known = match self.mode {
            Mode::Regular => regular,
            Mode::Executable => executable,
            Mode::Symlink => symlink,
            Mode::Submodule => submodule,
        };
        *known.get_or_init(find)
    }
}

// As the digest: what is told of a submodule is no part of it.
impl PartialEq for FileState {
    fn eq(&self, other: &Self) -> bool {
        self.mode == other.mode && (self.bytes == other.bytes || submodule::essence(self) == submodule::essence(other))
    }
}

impl std::hash::Hash for FileState {
    fn hash<H: std::hash::Hasher>(&self, into: &mut H) {
        self.mode.hash(into);
        submodule::essence(self).hash(into);
    }
}

/// One file's change. `before: None` creates, `after: None` deletes, `from` renames (`before` is
/// then what lies at `from`, and nothing may lie at `path`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// Where the result lies.
    pub path: RelPath,
    /// Where it lay before, when it moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<RelPath>,
    /// The file as it was read.
    pub before: Option<FileState>,
    /// The file as it shall be.
    pub after: Option<FileState>,
}

impl Change {
    /// True when applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.from.is_none() && self.before == self.after
    }

    /// The way back of a change that moves nothing.
    pub fn undone(&self) -> Self {
        Self { before: self.after.clone(), after: self.before.clone(), ..self.clone() }
    }

    /// True when all that there is to it is something uncommitted inside a submodule, which no commit of this
    /// repository can take in.
    pub fn is_dirt(&self) -> bool {
        let read = |state: &'_ Option<FileState>| {
            state.as_ref().and_then(submodule::Submodule::of).map(|s| s.commit.to_owned())
        };
        !self.is_empty()
            && self.is_submodule()
            && read(&self.before).is_some()
            && read(&self.before) == read(&self.after)
    }

    /// True when there is or was a submodule.
    pub fn is_submodule(&self) -> bool {
        [&self.before, &self.after].into_iter().flatten().any(|s| s.mode == Mode::Submodule)
    }
}

impl Reviewable for Change {
    fn subject(&self) -> Subject {
        Subject::Change
    }

    fn digest(&self) -> Digest {
        let side = |s: &Option<FileState>| s.as_ref().map_or_else(String::new, |s| s.digest().to_string());
        let (before, after) = (side(&self.before), side(&self.after));
        let from = self.from.as_ref().map_or("", RelPath::as_str);
        Digest::of_fields([
            b"change".as_slice(),
            self.path.as_str().as_bytes(),
            from.as_bytes(),
            before.as_bytes(),
            after.as_bytes(),
        ])
    }
}

/// Changes that are applied all or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ChangeSet {
    /// At most one change a path.
    pub changes: Vec<Change>,
}

impl Grants<ChangeSet> for Change {
    fn granted(approval: &Approved<Self>) -> ChangeSet {
        ChangeSet { changes: vec![approval.item().clone()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_json_whatever_they_are() {
        for bytes in [b"".to_vec(), "é\u{0}\r\n".as_bytes().to_vec(), vec![0xff, 0x00, 0x80]] {
            let json = serde_json::to_string(&Bytes::from(bytes.clone())).unwrap();
            assert_eq!(*serde_json::from_str::<Bytes>(&json).unwrap(), bytes, "{json}");
        }
        assert!(serde_json::from_str::<Bytes>(r#"{"hex":"f"}"#).is_ok_and(|b| *b == [15]));
        assert!(serde_json::from_str::<Bytes>(r#"{"hex":"zz"}"#).is_err());
    }

    #[test]
    fn a_digest_that_was_taken_before_is_of_the_same_bytes_and_mode() {
        let file = FileState::regular("#!/bin/sh\n");
        let first = file.digest();
        let program = FileState { mode: Mode::Executable, ..file.clone() };
        assert_ne!(program.digest(), first, "they share bytes, not the mode");
        for state in [file, program, FileState::regular("other")] {
            let fresh = FileState { bytes: state.bytes.to_vec().into(), mode: state.mode };
            assert_eq!((state.digest(), state.digest()), (fresh.digest(), fresh.digest()), "{state:?}");
            assert_eq!(fresh, state);
        }
    }

    #[test]
    fn every_part_of_a_change_is_in_its_digest() {
        let path = |p| RelPath::parse(p).unwrap();
        let base = Change { path: path("a"), from: None, before: None, after: Some(FileState::regular("x")) };
        let mut seen = std::collections::BTreeSet::from([base.digest()]);
        let exec = FileState { mode: Mode::Executable, ..FileState::regular("x") };
        for other in [
            Change { path: path("b"), ..base.clone() },
            Change { from: Some(path("b")), ..base.clone() },
            Change { before: Some(FileState::default()), ..base.clone() },
            Change { after: Some(exec), ..base.clone() },
            Change { after: Some(FileState::regular("y")), ..base.clone() },
            Change { after: None, before: Some(FileState::regular("x")), ..base.clone() },
        ] {
            assert!(seen.insert(other.digest()), "{other:?}");
        }
    }
}
