//! What goes with a stack when it is deleted, and what stays: each resource with what becomes of it.
//!
//! Data only; [`crate::domain::leftovers`] makes it. Always holds: two deletions that take different
//! things differ here.

use serde::{Deserialize, Serialize};

/// What becomes of a resource when its stack is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// It is deleted.
    Deleted,
    /// Nobody could read it.
    Unknown,
    /// A snapshot is made, then it is deleted.
    Snapshot,
    /// It stays, in no stack: `Retain`.
    Retained,
    /// The same by `RetainExceptOnCreate`: that it was just created counts in a rollback alone.
    RetainedExceptOnCreate,
    /// It is in no stack any more: an operation before left it.
    LeftBefore,
}

impl Becomes {
    /// True when it is there afterwards as it is now.
    pub fn stays(self) -> bool {
        matches!(self, Self::Retained | Self::RetainedExceptOnCreate | Self::LeftBefore)
    }
}

/// One resource of a stack, or of one inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its logical id, after those that lead to it: `Network/Bucket`.
    pub id: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// Its physical id.
    pub physical: String,
    /// What becomes of it.
    pub becomes: Becomes,
}

/// Everything that a deletion is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// The resources, in their order by id.
    pub left: Vec<Left>,
    /// The account does not say what is in it, or not all.
    pub unlisted: bool,
    /// What could not be read, and why.
    pub notes: Vec<String>,
}

impl Remains {
    /// Each resource as logical id, kind and physical id.
    pub fn resources(&self) -> Vec<(String, String, String)> {
        self.left.iter().map(|l| (l.id.clone(), l.kind.clone(), l.physical.clone())).collect()
    }

    /// What becomes of each of them, in the same order.
    pub fn becomes(&self) -> Vec<Becomes> {
        self.left.iter().map(|l| l.becomes).collect()
    }

    /// True when this is what was approved with these fields of an action.
    pub fn is(&self, resources: &[(String, String, String)], becomes: &[Becomes], unlisted: bool) -> bool {
        self.resources() == resources && self.becomes() == becomes && self.unlisted == unlisted
    }
}
