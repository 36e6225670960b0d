//! The gates as a pure function: requirements, design, tasks, execution, merge.
//!
//! [`step`] takes a [`Workflow`] and an [`Event`] and gives the next workflow and its [`Effect`]s, or
//! a [`Refused`] that the developer is shown. It is total: every state answers every event. What is
//! under way is part of the state, and [`Workflow::due`] tells it, so that after a crash the same
//! effect is due again. No document text, conversation or clock is here; digests stand for bytes.
//!
//! Always true, and checked on every reachable state by the tests beside this file:
//! no effect without its approval, no approval that outlives what it was built on, at most one
//! thing under way, and a way out of every state.

mod choices;
mod cloud;
mod event;
mod own;
mod step;
#[cfg(test)]
mod walk;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{
    choices::{Autonomy, Doc, Order},
    cloud::{Cloud, CloudItem, CloudKind},
    event::{Answer, By, Effect, Event, Refused},
    own::Own,
    step::step,
};
use crate::domain::{digest::Digest, gate::Subject};

/// Where one document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocState {
    /// There is none.
    Missing,
    /// The agent writes. A draft that fails leaves the revision before it.
    Drafting {
        /// That revision.
        over: Option<Digest>,
    },
    /// It waits for the developer.
    Review {
        /// The bytes to be judged.
        rev: Digest,
    },
    /// Approved, and on its way to the branch.
    Saving {
        /// The approved bytes.
        rev: Digest,
    },
    /// Approved and committed.
    Approved {
        /// The approved bytes.
        rev: Digest,
    },
    /// Something above it changed, or it was found without a record of approval above it.
    Stale {
        /// Its bytes, which have to be judged again.
        rev: Digest,
    },
}

impl DocState {
    /// The revision that stands there now, if any is complete.
    pub fn rev(self) -> Option<Digest> {
        match self {
            Self::Missing => None,
            Self::Drafting { over } => over,
            Self::Review { rev } | Self::Saving { rev } | Self::Approved { rev } | Self::Stale { rev } => Some(rev),
        }
    }

    /// True for [`DocState::Approved`].
    pub fn is_approved(self) -> bool {
        matches!(self, Self::Approved { .. })
    }
}

/// A task's number as `tasks.md` has it (`2.1`), or the name of a rework after a refused merge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can stand at a gate during execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// One file's change.
    Change,
    /// One command.
    Command,
    /// The finished task.
    Task,
}

impl ItemKind {
    /// What its gate is called.
    pub fn subject(self) -> Subject {
        match self {
            Self::Change => Subject::Change,
            Self::Command => Subject::Command,
            Self::Task => Subject::Task,
        }
    }
}

/// Something at a gate during execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Which bytes.
    pub digest: Digest,
    /// True when it asks even under a standing permission.
    pub sensitive: bool,
}

/// Where execution stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// No task is under way.
    #[default]
    Idle,
    /// The agent works on a task.
    Working {
        /// Which.
        task: TaskId,
    },
    /// It proposed something, which waits.
    Pending {
        /// In which task.
        task: TaskId,
        /// What.
        item: Item,
    },
    /// What was approved is being done.
    Doing {
        /// In which task.
        task: TaskId,
        /// What.
        item: Item,
    },
    /// The task stopped before its end and can be taken up again.
    Halted {
        /// Which.
        task: TaskId,
    },
}

/// Where the merge stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merge {
    /// Not asked for.
    #[default]
    No,
    /// It waits for the developer.
    Review {
        /// The plan shown.
        digest: Digest,
        /// Tests did not pass or tasks are open, and nobody has said that it shall go in all the same.
        held: bool,
    },
    /// Approved, and being done.
    Merging {
        /// The approved plan.
        digest: Digest,
    },
    /// Done.
    Merged {
        /// The plan that was carried out; none where the main branch had all of it already.
        digest: Option<Digest>,
    },
}

/// The whole state of a spec's gates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Workflow {
    /// The order of the documents; fixed when the spec starts.
    pub order: Order,
    /// Strict or batch.
    pub autonomy: Autonomy,
    /// Requirements, design, tasks (by [`Workflow::doc`]).
    docs: [DocState; 3],
    /// Execution.
    pub run: Run,
    /// Tasks that are done.
    pub done: BTreeSet<TaskId>,
    /// The standing permission of batch autonomy, by the digest of what was shown.
    pub standing: Option<Digest>,
    /// Commands that the developer allowed for the rest of this spec.
    pub allowed: BTreeSet<Digest>,
    /// The merge.
    pub merge: Merge,
    /// The account.
    #[serde(default)]
    pub cloud: Cloud,
    /// What the developer changed in the worktree past this program.
    #[serde(default)]
    pub own: Own,
}

impl Workflow {
    /// A spec with nothing in it.
    pub fn new(order: Order, autonomy: Autonomy) -> Self {
        Self {
            order,
            autonomy,
            docs: [DocState::Missing; 3],
            run: Run::Idle,
            done: BTreeSet::new(),
            standing: None,
            allowed: BTreeSet::new(),
            merge: Merge::No,
            cloud: Cloud::Idle,
            own: Own::None,
        }
    }

    /// Where a document stands.
    pub fn doc(&self, doc: Doc) -> DocState {
        let [requirements, design, tasks] = self.docs;
        match doc {
            Doc::Requirements => requirements,
            Doc::Design => design,
            Doc::Tasks => tasks,
        }
    }

    fn set(&mut self, doc: Doc, state: DocState) {
        let [requirements, design, tasks] = &mut self.docs;
        *match doc {
            Doc::Requirements => requirements,
            Doc::Design => design,
            Doc::Tasks => tasks,
        } = state;
    }

    /// True when every document is approved.
    pub fn documents_approved(&self) -> bool {
        self.docs.iter().all(|d| d.is_approved())
    }

    /// True when `doc` may be approved as far as the documents above it go.
    pub fn upstream_approved(&self, doc: Doc) -> bool {
        self.order.upstream(doc).is_none_or(|u| self.doc(u).is_approved())
    }

    /// True when `doc` may be drafted as far as the documents above it go: they are approved, or it
    /// is a quick spec and they are complete drafts that nothing has made stale.
    pub fn upstream_drafted(&self, doc: Doc) -> bool {
        let quick = self.order == Order::Quick;
        let fine = |above| match self.doc(above) {
            DocState::Approved { .. } => true,
            DocState::Review { .. } => quick,
            DocState::Missing | DocState::Drafting { .. } | DocState::Saving { .. } | DocState::Stale { .. } => false,
        };
        self.order.docs().into_iter().take_while(|d| *d != doc).all(fine)
    }

    /// What is under way: the one effect that this state asks for. After a crash it is due again.
    pub fn due(&self) -> Option<Effect> {
        if let Own::PuttingBack { digest, .. } = self.own {
            return Some(Effect::PutBack { digest });
        }
        // What the developer changed is answered before the agent goes on.
        let waits = self.own.is_busy();
        for doc in Doc::ALL {
            match self.doc(doc) {
                DocState::Drafting { .. } if waits => {}
                DocState::Drafting { .. } => return Some(Effect::Draft(doc)),
                DocState::Saving { rev } => return Some(Effect::Save { doc, rev }),
                DocState::Missing | DocState::Review { .. } | DocState::Approved { .. } | DocState::Stale { .. } => {}
            }
        }
        match &self.run {
            Run::Working { .. } if waits => {}
            Run::Working { task } => return Some(Effect::Work(task.clone())),
            Run::Doing { task, item } => return Some(Effect::Do { task: task.clone(), item: *item }),
            Run::Idle | Run::Pending { .. } | Run::Halted { .. } => {}
        }
        match self.merge {
            Merge::Merging { digest } => return Some(Effect::Merge { digest }),
            Merge::No | Merge::Review { .. } | Merge::Merged { .. } => {}
        }
        match self.cloud {
            Cloud::Doing { item, .. } => Some(Effect::Cloud(item)),
            Cloud::Running { digest } => Some(Effect::Follow { digest }),
            Cloud::Idle | Cloud::Review { .. } => None,
        }
    }

    /// True when nothing is under way, and nothing of a task, of the account or of the developer's own
    /// changes waits.
    pub fn is_quiet(&self) -> bool {
        let waits = matches!(self.run, Run::Pending { .. }) || matches!(self.cloud, Cloud::Review { .. });
        self.due().is_none() && !waits && !self.own.is_busy()
    }

    /// True when the account may be asked for something: no task is open, and the documents are all
    /// approved, or there are none and the templates speak for themselves.
    pub fn may_deploy(&self) -> bool {
        let none = self.docs.iter().all(|d| *d == DocState::Missing);
        self.run == Run::Idle && (none || self.documents_approved())
    }

    /// What waits for the developer, in the order in which it can be answered.
    pub fn waiting(&self) -> Option<Waiting> {
        if self.due().is_some() {
            return None;
        }
        match self.own {
            Own::Review { digest } => return Some(Waiting { subject: Subject::Own, digest }),
            Own::Back { digest, .. } => return Some(Waiting { subject: Subject::PutBack, digest }),
            Own::None | Own::Open { .. } | Own::PuttingBack { .. } => {}
        }
        if let Run::Pending { item, .. } = &self.run {
            return Some(Waiting { subject: item.kind.subject(), digest: item.digest });
        }
        if let Cloud::Review { item, .. } = self.cloud {
            return Some(Waiting { subject: item.subject(), digest: item.digest });
        }
        for doc in self.order.docs() {
            match self.doc(doc) {
                DocState::Review { rev } | DocState::Stale { rev } if self.upstream_approved(doc) => {
                    return Some(Waiting { subject: doc.subject(), digest: rev });
                }
                DocState::Missing
                | DocState::Drafting { .. }
                | DocState::Review { .. }
                | DocState::Saving { .. }
                | DocState::Approved { .. }
                | DocState::Stale { .. } => {}
            }
        }
        match self.merge {
            Merge::Review { digest, held } => {
                Some(Waiting { subject: if held { Subject::Override } else { Subject::Merge }, digest })
            }
            Merge::No | Merge::Merging { .. } | Merge::Merged { .. } => None,
        }
    }
}

/// Something that waits for the developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What kind of thing.
    pub subject: Subject,
    /// Which bytes.
    pub digest: Digest,
}
