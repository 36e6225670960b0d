//! Kiro's spec documents: requirements, bug analysis, design and tasks.
//!
//! What always holds: parsing never fails and never changes a byte. A parsed document is an index
//! of spans over its untouched source, and printing it gives that source back. The only edits are a
//! task's mark, one byte a task ([`edit`]), and, when the developer asks for it, the ids of links that
//! an edit of the requirements renumbered ([`renumber`]). Everything here is a pure function of texts.
//!
//! Not here: where the files lie, and which phase a spec is in.

pub mod bugfix;
pub mod checks;
pub mod criteria;
pub mod demands;
pub mod design;
pub mod ears;
pub mod edit;
pub mod kind;
pub mod parts;
pub mod refs;
pub mod renumber;
pub mod requirements;
mod task_line;
pub mod tasks;
pub mod text;
pub mod trace;
pub mod waves;

pub use kind::{Depth, File, SpecKind, UnknownName};

#[cfg(test)]
mod tests;
