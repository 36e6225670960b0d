//! A submodule as the state of a path: the commit of another repository that stands there.
//!
//! Its bytes are lines of text. The first is what git itself writes of a submodule in a diff, and is all
//! that it is; what follows was told by whoever looked into the other repository, for whoever reviews it.
//! The adapters make those lines; nothing here reads a repository.
//!
//! Always holds: two submodules at one commit, both with or both without uncommitted content, are equal and
//! have one digest, whatever was told of them.

use super::{Bytes, FileState, Mode};

/// What the first line begins with.
const HEAD: &str = "Subproject commit ";
/// What it ends with where something inside is not committed.
const DIRTY: &str = "-dirty";
/// Digits of a commit's id that are shown.
const SHORT: usize = 10;

/// What a submodule's state says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submodule<'a> {
    /// The commit, hex.
    pub commit: &'a str,
    /// Something inside is not committed there, which no commit here can take in.
    pub dirty: bool,
    /// What was told of the way there, a line each.
    told: &'a str,
}

impl<'a> Submodule<'a> {
    /// Reads a state; nothing where it is no submodule.
    pub fn of(state: &'a FileState) -> Option<Self> {
        if state.mode != Mode::Submodule {
            return None;
        }
        let text = state.text()?;
        let (head, told) = text.split_once('\n').unwrap_or((text, ""));
        let commit = head.strip_prefix(HEAD)?;
        let (commit, dirty) = commit.strip_suffix(DIRTY).map_or((commit, false), |commit| (commit, true));
        Some(Self { commit, dirty, told })
    }

    /// What was told of the way there.
    pub fn told(&self) -> impl Iterator<Item = &'a str> {
        self.told.lines()
    }

    /// The commit, shortened.
    pub fn short(&self) -> &'a str {
        self.commit.get(..SHORT).unwrap_or(self.commit)
    }
}

/// The state of a submodule at a commit, hex, with what is told of it.
pub fn state(commit: &str, dirty: bool, told: &[String]) -> FileState {
    let dirty = if dirty { DIRTY } else { "" };
    let mut text = format!("{HEAD}{commit}{dirty}\n");
    told.iter().for_each(|line| {
        text.push_str(line);
        text.push('\n');
    });
    FileState { bytes: Bytes::from(text.into_bytes()), mode: Mode::Submodule }
}

/// The bytes that make a state what it is: all of a file's, the first line of a submodule's.
pub(super) fn essence(state: &FileState) -> &[u8] {
    let bytes = &*state.bytes;
    match state.mode {
        Mode::Submodule => bytes.split(|b| *b == b'\n').next().unwrap_or(bytes),
        Mode::Regular | Mode::Executable | Mode::Symlink => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_submodule_is_no_part_of_what_it_is() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let told = ["> a subject".to_owned(), "< another".to_owned()];
        let full = state(&one, true, &told);
        let read = Submodule::of(&full).unwrap();
        assert_eq!((read.commit, read.dirty, read.short()), (one.as_str(), true, "1111111111"));
        assert_eq!(read.told().collect::<Vec<_>>(), told);
        assert_eq!((full.digest(), &full), (state(&one, true, &[]).digest(), &state(&one, true, &[])));
        for other in [state(&one, false, &told), state(&two, true, &told)] {
            assert_ne!((full.digest(), &full), (other.digest(), &other));
        }
        let file = FileState::regular(full.bytes.to_vec());
        assert_eq!(Submodule::of(&file), None);
        assert_ne!((file.digest(), &file), (full.digest(), &full));
        assert_ne!(file, FileState::regular(state(&one, true, &[]).bytes.to_vec()), "all of a file is what it is");
    }
}
