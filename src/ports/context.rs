//! The context port: what else the model is told, besides the developer's own words.

use futures_util::future::BoxFuture;

use crate::domain::{journal::Start, path::RelPath};

/// A text that goes into a prompt, with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// A path, a URL, or `steering: product`.
    pub title: String,
    /// Its text, secrets redacted.
    pub text: String,
}

/// What was gathered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Steering that applies: `.kiro/steering`, `~/.kiro/steering`, `AGENTS.md`.
    pub steering: Vec<Attachment>,
    /// The documentation that the developer named.
    pub documents: Vec<Attachment>,
    /// What could not be read or was cut, a line each, for the developer to see.
    pub notes: Vec<String>,
}

/// Gathers steering and documentation.
pub trait Context: Send + Sync {
    /// For a spec, and the files that its present task has touched or names. Never fails: what
    /// cannot be had is in the notes.
    fn gather(&self, start: &Start, in_play: &[RelPath]) -> BoxFuture<'_, Gathered>;
}
