//! The one edit of a spec document that the program makes itself: a task's mark.
//!
//! Each edit is one byte for one byte, made only to the text whose digest the caller has seen. All
//! other bytes stay as they are.

use serde::{Deserialize, Serialize};

use super::tasks::{Mark, Task, Tasks};
use crate::domain::digest::Digest;

/// One byte that becomes another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteEdit {
    /// The task whose mark it is.
    pub task: String,
    /// Where the byte lies in the document.
    pub at: usize,
    /// The byte before; ASCII.
    pub was: u8,
    /// The byte after; ASCII.
    pub now: u8,
}

impl ByteEdit {
    /// The edit that takes this one back.
    pub fn inverse(&self) -> Self {
        Self { task: self.task.clone(), at: self.at, was: self.now, now: self.was }
    }
}

/// Why a mark was not set. The document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The document is not the one that was seen.
    #[error("the document has changed since it was read ({} seen, {} found)", expected.short(), found.short())]
    Changed {
        /// The digest the caller saw.
        expected: Digest,
        /// The digest of the text given.
        found: Digest,
    },
    /// No task has this id.
    #[error("there is no task `{0}`")]
    Unknown(String),
    /// Several tasks have this id.
    #[error("task `{id}` is there {count} times")]
    Ambiguous {
        /// The id.
        id: String,
        /// How many tasks have it.
        count: usize,
    },
    /// The task has this mark already.
    #[error("task `{0}` is marked so already")]
    Already(String),
    /// The old or the new mark is not one byte.
    #[error("the mark of task `{0}` is not one of ` `, `x`, `-`, `~`")]
    Mark(String),
    /// An edit does not fit the text: the byte it replaces is not there.
    #[error("byte {0} is not what the edit replaces")]
    Misfit(usize),
}

/// Sets one task's mark: exactly one byte of `source` changes.
///
/// # Errors
/// Where `source` is not the text `expected` names, the task is unknown or ambiguous, or its mark
/// is that already.
pub fn tick(source: &str, expected: Digest, id: &str, mark: Mark) -> Result<String, EditError> {
    let tasks = seen(source, expected)?;
    let edit = edit(find(&tasks, id)?, source, mark)?;
    apply(source, expected, &[edit])
}

/// The edits that set a task's mark and, where that closes its parents (the last required child is
/// done) or opens them again, theirs. The task's own edit comes first.
///
/// # Errors
/// As [`tick`].
pub fn tick_edits(source: &str, expected: Digest, id: &str, mark: Mark) -> Result<Vec<ByteEdit>, EditError> {
    let mut tasks = seen(source, expected)?;
    let task = find(&tasks, id)?;
    let mut edits = vec![edit(task, source, mark)?];
    let mut next = task.parent;
    let at = task.mark_span.start;
    for own in tasks.tasks.iter_mut().filter(|t| t.mark_span.start == at) {
        own.mark = mark;
    }
    while let Some(parent) = next.and_then(|i| tasks.tasks.get(i)) {
        let wanted = match (tasks.is_done(parent), parent.mark) {
            (true, Mark::Done) | (false, Mark::Open | Mark::Active | Mark::Queued | Mark::Other(_)) => break,
            (true, Mark::Open | Mark::Active | Mark::Queued | Mark::Other(_)) => Mark::Done,
            (false, Mark::Done) => Mark::Open,
        };
        edits.push(edit(parent, source, wanted)?);
        let above = parent.parent;
        if let Some(parent) = next.and_then(|i| tasks.tasks.get_mut(i)) {
            parent.mark = wanted;
        }
        next = above;
    }
    Ok(edits)
}

/// Makes the edits.
///
/// # Errors
/// Where `source` is not the text `expected` names, or an edit does not fit it. Nothing is done
/// then.
pub fn apply(source: &str, expected: Digest, edits: &[ByteEdit]) -> Result<String, EditError> {
    check(source, expected)?;
    let mut bytes = source.as_bytes().to_vec();
    for edit in edits {
        match bytes.get_mut(edit.at) {
            Some(byte) if *byte == edit.was && edit.was.is_ascii() && edit.now.is_ascii() => *byte = edit.now,
            _ => return Err(EditError::Misfit(edit.at)),
        }
    }
    // ASCII for ASCII keeps UTF-8 whole.
    String::from_utf8(bytes).map_err(|e| EditError::Misfit(e.utf8_error().valid_up_to()))
}

fn check(source: &str, expected: Digest) -> Result<(), EditError> {
    let found = Digest::of(source);
    if found == expected { Ok(()) } else { Err(EditError::Changed { expected, found }) }
}

fn seen(source: &str, expected: Digest) -> Result<Tasks, EditError> {
    check(source, expected)?;
    Ok(Tasks::parse(source))
}

fn find<'a>(tasks: &'a Tasks, id: &str) -> Result<&'a Task, EditError> {
    let found: Vec<&Task> = tasks.tasks.iter().filter(|t| t.id == id).collect();
    match found.as_slice() {
        [task] => Ok(task),
        [] => Err(EditError::Unknown(id.to_owned())),
        many => Err(EditError::Ambiguous { id: id.to_owned(), count: many.len() }),
    }
}

fn edit(task: &Task, source: &str, mark: Mark) -> Result<ByteEdit, EditError> {
    let wrong = || EditError::Mark(task.id.clone());
    let &[was] = task.mark_span.of(source).as_bytes() else { return Err(wrong()) };
    let now = match mark {
        Mark::Open | Mark::Done | Mark::Active | Mark::Queued => u8::try_from(mark.char()).map_err(|_| wrong())?,
        Mark::Other(_) => return Err(wrong()),
    };
    if task.mark == mark {
        return Err(EditError::Already(task.id.clone()));
    }
    Ok(ByteEdit { task: task.id.clone(), at: task.mark_span.start, was, now })
}
