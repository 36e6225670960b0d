//! What goes into history: commits on the spec's branch and the merge into the main branch.

use serde::{Deserialize, Serialize};

use crate::domain::{
    change::Change,
    digest::Digest,
    gate::{Reviewable, Subject},
    path::{RelPath, SpecName},
};

/// One commit on a spec's branch: exactly these paths with exactly this content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The paths to take from the worktree, each with the digest
    /// ([`crate::domain::change::FileState::digest`]) it must have; `None` where it must be gone.
    pub paths: Vec<(RelPath, Option<Digest>)>,
    /// The whole message, trailers included.
    pub message: String,
}

/// How a branch can come into the main branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeKind {
    /// The main branch has nothing new: it moves forward.
    FastForward,
    /// Both have something new, and it goes together.
    MergeCommit,
}

/// A merge as it is shown, and as it will be done or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergePlan {
    /// The spec.
    pub spec: SpecName,
    /// The branch that is merged, `kiro/<name>`.
    pub from: String,
    /// Its commit, hex.
    pub from_commit: String,
    /// The branch that is merged into.
    pub into: String,
    /// Its commit now, hex.
    pub into_commit: String,
    /// How.
    pub kind: MergeKind,
    /// The resulting tree's id, hex.
    pub tree: String,
    /// The commits that come in, newest first: id and first line.
    pub commits: Vec<(String, String)>,
    /// What changes on the main branch.
    pub changes: Vec<Change>,
    /// The message of the merge commit, where there is one.
    pub message: String,
}

impl Reviewable for MergePlan {
    fn subject(&self) -> Subject {
        Subject::Merge
    }

    fn digest(&self) -> Digest {
        let kind = format!("{:?}", self.kind);
        let changes: Vec<String> = self.changes.iter().map(|c| c.digest().to_string()).collect();
        let mut fields: Vec<&[u8]> = vec![
            b"merge",
            self.spec.as_str().as_bytes(),
            self.from.as_bytes(),
            self.from_commit.as_bytes(),
            self.into.as_bytes(),
            self.into_commit.as_bytes(),
            kind.as_bytes(),
            self.tree.as_bytes(),
            self.message.as_bytes(),
        ];
        fields.extend(changes.iter().map(String::as_bytes));
        Digest::of_fields(fields)
    }
}
