//! What happens to a workflow, what it causes, and why it may not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Autonomy, CloudItem, Doc, Item, TaskId};
use crate::domain::digest::Digest;

/// Yes or no, as far as the gates care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes.
    Approve,
    /// No; with words for the agent, it tries again.
    Reject {
        /// Whether there are such words.
        feedback: bool,
    },
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The developer, now.
    Developer,
    /// The standing permission of batch autonomy.
    Standing,
    /// An earlier permission for exactly this command.
    Allowed,
}

/// What happens to a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The developer asks for a draft, the first or another.
    DraftAsked(Doc),
    /// The agent submitted one.
    DraftDone {
        /// Which document.
        doc: Doc,
        /// Its bytes.
        rev: Digest,
    },
    /// The turn ended without one.
    DraftFailed(Doc),
    /// The developer changed a document.
    Edited {
        /// Which.
        doc: Doc,
        /// Its new bytes.
        rev: Digest,
    },
    /// A document lies in the repository. `recorded`: the ledger there has an approval of its bytes.
    Found {
        /// Which.
        doc: Doc,
        /// Its bytes.
        rev: Digest,
        /// Approved by the record that travels with it.
        recorded: bool,
    },
    /// A document was judged.
    Judged {
        /// Which.
        doc: Doc,
        /// The bytes that were on the screen.
        rev: Digest,
        /// By whom.
        by: By,
        /// Yes or no.
        answer: Answer,
    },
    /// An approved document is on the branch. `ticked`: the tasks that are ticked in it.
    Saved {
        /// Which.
        doc: Doc,
        /// Tasks already done, where it is the tasks document.
        ticked: BTreeSet<TaskId>,
    },
    /// It could not be put there.
    SaveFailed(Doc),
    /// Strict or batch from now on.
    AutonomySet(Autonomy),
    /// The standing permission was granted or refused.
    StandingJudged {
        /// What was shown.
        digest: Digest,
        /// Yes or no.
        answer: Answer,
    },
    /// A task starts, or is taken up again.
    TaskStarted(TaskId),
    /// The agent proposes something in its task.
    Proposed(Item),
    /// The developer changed what is proposed, and now judges that.
    Amended {
        /// What was at the gate.
        from: Digest,
        /// What is there now.
        to: Digest,
    },
    /// What is proposed was judged.
    ItemJudged {
        /// The bytes that were on the screen.
        digest: Digest,
        /// By whom.
        by: By,
        /// Yes or no.
        answer: Answer,
        /// This command is allowed for the rest of the spec.
        remember: bool,
    },
    /// What was approved is done. `tasks`: the new bytes of `tasks.md` after a tick.
    ItemDone {
        /// Which.
        digest: Digest,
        /// What `tasks.md` is now.
        tasks: Option<Digest>,
    },
    /// It could not be done; the agent is told.
    ItemFailed {
        /// Which.
        digest: Digest,
    },
    /// The agent's turn in a task ended without an end of the task.
    TaskHalted,
    /// A merge was planned and is shown. `held`: tests did not pass or tasks are open.
    MergeShown {
        /// The plan.
        digest: Digest,
        /// It needs an override first.
        held: bool,
    },
    /// The developer says that it shall go in all the same.
    Overridden {
        /// The plan that was on the screen.
        digest: Digest,
    },
    /// Something is asked of the account, or of this machine for it.
    CloudProposed(CloudItem),
    /// It was judged.
    CloudJudged {
        /// The bytes that were on the screen.
        digest: Digest,
        /// By whom.
        by: By,
        /// Yes or no.
        answer: Answer,
        /// This command is allowed for the rest of the spec.
        remember: bool,
    },
    /// It is done.
    CloudDone {
        /// Which.
        digest: Digest,
    },
    /// It could not be done.
    CloudFailed {
        /// Which.
        digest: Digest,
    },
    /// The account took it, and carries it out by itself.
    CloudRunning {
        /// Which.
        digest: Digest,
    },
    /// The account was found to carry something out.
    CloudFollowed {
        /// What stands for it.
        digest: Digest,
    },
    /// It has come to its end there, or is followed no more.
    CloudEnded {
        /// Which.
        digest: Digest,
    },
    /// The developer is somebody else from now on, or elsewhere.
    PlaceChosen,
    /// The developer changed the worktree past this program; this is all that is open of it now.
    OwnFound {
        /// What.
        digest: Digest,
    },
    /// Nothing of it is left: it is as it was before.
    OwnGone,
    /// It was judged.
    OwnJudged {
        /// The bytes that were on the screen.
        digest: Digest,
        /// By whom.
        by: By,
        /// Yes or no.
        answer: Answer,
        /// What putting it back is, where the answer is no.
        back: Digest,
    },
    /// The developer answers it later.
    OwnLeft {
        /// The bytes that were on the screen.
        digest: Digest,
    },
    /// That it is put back was judged.
    PutBackJudged {
        /// The putting back that was on the screen.
        digest: Digest,
        /// By whom.
        by: By,
        /// Yes or no.
        answer: Answer,
    },
    /// It is put back.
    PutBackDone {
        /// Which putting back.
        digest: Digest,
    },
    /// It could not be, and nothing was touched.
    PutBackFailed {
        /// Which putting back.
        digest: Digest,
    },
    /// The merge was judged.
    MergeJudged {
        /// The plan that was on the screen.
        digest: Digest,
        /// Yes or no; a no with words starts a rework task of this name.
        answer: Answer,
        /// That name.
        rework: TaskId,
    },
    /// It is done.
    Merged,
    /// The main branch has all of it already, as in a clone of a repository in which it was merged.
    NothingToMerge,
    /// It could not be done, and nothing was touched.
    MergeFailed,
    /// The developer stops what is under way.
    Cancelled,
}

/// What has to happen in the world. The entry that caused it is in the journal before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The agent drafts a document.
    Draft(Doc),
    /// The agent works on a task.
    Work(TaskId),
    /// Write an approved document and its record, and commit them.
    Save {
        /// Which.
        doc: Doc,
        /// The approved bytes.
        rev: Digest,
    },
    /// Apply a change, run a command, or close a task with its commit.
    Do {
        /// In which task.
        task: TaskId,
        /// What.
        item: Item,
    },
    /// Merge.
    Merge {
        /// The approved plan.
        digest: Digest,
    },
    /// Do what was approved for the account.
    Cloud(CloudItem),
    /// Look on while the account carries it out.
    Follow {
        /// What was approved.
        digest: Digest,
    },
    /// Put the developer's own changes back.
    PutBack {
        /// The approved putting back.
        digest: Digest,
    },
    /// End the model's stream.
    AbortTurn,
    /// Kill the command that runs, with everything it started.
    StopCommand,
}

/// Why nothing happened. It is shown; it is never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// A document above it is not approved.
    #[error("not yet: what comes before it is not approved")]
    UpstreamNotApproved,
    /// The decision is about other bytes than those that wait.
    #[error("it changed since it was shown; look again")]
    Moved,
    /// Nothing of the kind waits, or something else is under way.
    #[error("not now: something else is under way, or nothing of that kind waits")]
    NotNow,
    /// No standing permission covers it.
    #[error("this needs your own decision: no standing permission covers it")]
    NotCovered,
    /// The merge needs an override first.
    #[error("not yet: tests did not pass or tasks are open; an override has to be recorded first")]
    Held,
}
