//! What a tool call asks for, as a [`Change`]: write, edit, delete, rename.
//!
//! Nothing is read or written here: the caller brings what lies at the path now, and the change
//! that comes out still has to pass its gate.
//!
//! Always holds: `.kiro` is never proposed (only the program itself writes there); neither are
//! symbolic links and submodules; a kept file keeps its mode; a whole file is what was given, byte
//! for byte.

use super::{
    Change, FileState, Mode,
    edit::{EditError, apply_edits},
};
use crate::domain::path::RelPath;

/// Largest file that can be proposed, in bytes; as large as the files port reads.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// What lies at a path now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Nothing.
    Free,
    /// A file or a symbolic link.
    File(&'a FileState),
    /// Another repository's checkout, or a path inside one.
    Submodule,
}

impl<'a> From<Option<&'a FileState>> for Place<'a> {
    fn from(state: Option<&'a FileState>) -> Self {
        state.map_or(Self::Free, Self::File)
    }
}

/// Why there is no proposal, in words for the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Below `.kiro`.
    #[error("`{0}` belongs to the specs and the rules; only the developer changes what is below `.kiro`")]
    Kiro(RelPath),
    /// A submodule.
    #[error("`{0}` is a submodule, another repository; it cannot be changed from here")]
    Submodule(RelPath),
    /// A symbolic link.
    #[error("`{0}` is a symbolic link; change the file it leads to")]
    Symlink(RelPath),
    /// There is no such file.
    #[error("`{0}` does not exist")]
    Missing(RelPath),
    /// There is something where the file shall go.
    #[error("`{0}` exists already")]
    Taken(RelPath),
    /// The file is not UTF-8.
    #[error("`{0}` is not UTF-8 text; it cannot be edited by its text")]
    NotText(RelPath),
    /// More than [`LARGEST`] bytes.
    #[error("`{0}` would be larger than 8 MiB")]
    Large(RelPath),
    /// The file is already so.
    #[error("`{0}` is already exactly so; nothing to change")]
    NoChange(RelPath),
    /// An edit that cannot be made.
    #[error("`{path}`: {error}")]
    Edit {
        /// Which file.
        path: RelPath,
        /// Why not.
        error: EditError,
    },
}

/// The whole file, new or instead of what is there.
///
/// # Errors
/// [`ProposeError`].
pub fn write(path: &RelPath, place: Place<'_>, content: &str) -> Result<Change, ProposeError> {
    let before = file(path, place)?;
    let mode = before.map(|b| b.mode).unwrap_or_default();
    finish(path, before, content.to_owned(), mode)
}

/// Edits of the text that is there; see [`apply_edits`].
///
/// # Errors
/// [`ProposeError`].
pub fn edit<S: AsRef<str>>(path: &RelPath, place: Place<'_>, edits: &[(S, S)]) -> Result<Change, ProposeError> {
    let before = file(path, place)?.ok_or_else(|| ProposeError::Missing(path.clone()))?;
    let text = before.text().ok_or_else(|| ProposeError::NotText(path.clone()))?;
    let after = apply_edits(text, edits).map_err(|error| ProposeError::Edit { path: path.clone(), error })?;
    finish(path, Some(before), after, before.mode)
}

/// The file is gone.
///
/// # Errors
/// [`ProposeError`].
pub fn delete(path: &RelPath, place: Place<'_>) -> Result<Change, ProposeError> {
    let before = file(path, place)?.ok_or_else(|| ProposeError::Missing(path.clone()))?;
    Ok(Change { path: path.clone(), from: None, before: Some(before.clone()), after: None })
}

/// The file, unchanged, under another path. `target` is what lies there now.
///
/// # Errors
/// [`ProposeError`].
pub fn rename(from: &RelPath, source: Place<'_>, to: &RelPath, target: Place<'_>) -> Result<Change, ProposeError> {
    let before = file(from, source)?.ok_or_else(|| ProposeError::Missing(from.clone()))?;
    if from == to {
        return Err(ProposeError::NoChange(to.clone()));
    }
    // A link at the target is refused as a link: the error then says what to do.
    if file(to, target)?.is_some() {
        return Err(ProposeError::Taken(to.clone()));
    }
    Ok(Change { path: to.clone(), from: Some(from.clone()), before: Some(before.clone()), after: Some(before.clone()) })
}

fn file<'a>(path: &RelPath, place: Place<'a>) -> Result<Option<&'a FileState>, ProposeError> {
    if path.is_kiro() {
        return Err(ProposeError::Kiro(path.clone()));
    }
    match place {
        Place::Free => Ok(None),
        Place::Submodule => Err(ProposeError::Submodule(path.clone())),
        Place::File(state) => match state.mode {
            Mode::Submodule => Err(ProposeError::Submodule(path.clone())),
            Mode::Symlink => Err(ProposeError::Symlink(path.clone())),
            Mode::Regular | Mode::Executable => Ok(Some(state)),
        },
    }
}

fn finish(path: &RelPath, before: Option<&FileState>, text: String, mode: Mode) -> Result<Change, ProposeError> {
    if text.len() > LARGEST {
        return Err(ProposeError::Large(path.clone()));
    }
    let after = FileState { mode, ..FileState::regular(text) };
    let change = Change { path: path.clone(), from: None, before: before.cloned(), after: Some(after) };
    if change.is_empty() { Err(ProposeError::NoChange(path.clone())) } else { Ok(change) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).unwrap()
    }

    #[test]
    fn nothing_is_proposed_where_only_the_developer_writes() {
        let state = FileState::regular("x");
        let link = FileState { mode: Mode::Symlink, ..state.clone() };
        let kiro = path(".Kiro/specs/a/tasks.md");
        let a = path("a");
        let file = Place::File(&state);
        assert_eq!(write(&kiro, Place::Free, "y"), Err(ProposeError::Kiro(kiro.clone())));
        assert_eq!(edit(&kiro, file, &[("x", "y")]), Err(ProposeError::Kiro(kiro.clone())));
        assert_eq!(delete(&kiro, file), Err(ProposeError::Kiro(kiro.clone())));
        assert_eq!(rename(&kiro, file, &a, Place::Free), Err(ProposeError::Kiro(kiro.clone())));
        assert_eq!(rename(&a, file, &kiro, Place::Free), Err(ProposeError::Kiro(kiro.clone())));
        for (place, error) in [
            (Place::File(&link), ProposeError::Symlink(a.clone())),
            (Place::Submodule, ProposeError::Submodule(a.clone())),
        ] {
            assert_eq!(write(&a, place, "y"), Err(error.clone()));
            assert_eq!(edit(&a, place, &[("x", "y")]), Err(error.clone()));
            assert_eq!(delete(&a, place), Err(error.clone()));
            assert_eq!(rename(&a, place, &path("b"), Place::Free), Err(error.clone()));
            assert_eq!(rename(&path("b"), file, &a, place), Err(error));
        }
    }

    #[test]
    fn a_written_file_is_what_was_given_and_keeps_its_mode() {
        let script = FileState { mode: Mode::Executable, ..FileState::regular("a\r\nb\r\n") };
        let change = write(&path("run"), Place::File(&script), "a\nc\n").unwrap();
        assert_eq!(change.after, Some(FileState { mode: Mode::Executable, ..FileState::regular("a\nc\n") }));
        assert_eq!(change.before, Some(script.clone()));
        let change = edit(&path("run"), Place::File(&script), &[("b", "c")]).unwrap();
        assert_eq!(change.after, Some(FileState { mode: Mode::Executable, ..FileState::regular("a\r\nc\r\n") }));
        let change = write(&path("new"), Place::Free, "").unwrap();
        assert_eq!((change.before, change.after), (None, Some(FileState::regular(""))));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let (a, b) = (path("a"), path("b"));
        let state = FileState::regular("x");
        let odd = FileState::regular(vec![0xff]);
        let file = Place::File(&state);
        assert_eq!(edit(&a, Place::Free, &[("x", "y")]), Err(ProposeError::Missing(a.clone())));
        assert_eq!(delete(&a, Place::Free), Err(ProposeError::Missing(a.clone())));
        assert_eq!(rename(&a, Place::Free, &b, Place::Free), Err(ProposeError::Missing(a.clone())));
        assert_eq!(rename(&a, file, &b, file), Err(ProposeError::Taken(b.clone())));
        assert_eq!(rename(&a, file, &a, file), Err(ProposeError::NoChange(a.clone())));
        assert_eq!(write(&a, file, "x"), Err(ProposeError::NoChange(a.clone())));
        assert_eq!(edit(&a, Place::File(&odd), &[("x", "y")]), Err(ProposeError::NotText(a.clone())));
        assert_eq!(write(&a, Place::Free, &"x".repeat(LARGEST + 1)), Err(ProposeError::Large(a.clone())));
        let error = edit(&a, file, &[("z", "y")]).unwrap_err();
        assert!(error.to_string().starts_with("`a`: edit 1: the text to replace was not found"), "{error}");
        let moved = rename(&a, file, &b, Place::Free).unwrap();
        assert_eq!((moved.from, moved.before, moved.after), (Some(a), Some(state.clone()), Some(state)));
    }
}
