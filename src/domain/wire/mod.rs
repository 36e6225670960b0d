//! The only language the screen and the agent share: commands one way, events the other.

use serde::{Deserialize, Serialize};

use crate::domain::{
    change::Change,
    cloud::{
        Place,
        desk::CloudAsk,
        sight::{Seen, Sight},
    },
    commit::MergePlan,
    digest::Digest,
    gate::{Subject, Verdict},
    journal::{Anchor, Delta, Proposal, Record, Spot, Start},
    path::{RelPath, SpecName},
    phase::{Autonomy, Doc},
    session::State,
    stack::StackDiff,
};

/// What the developer wants, from a key or a line on standard input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Tell which specs there are.
    List,
    /// Start a spec.
    New(Start),
    /// Open a spec that has a journal or lies in the repository.
    Open(SpecName),
    /// Leave the open spec; nothing is lost.
    Close,
    /// Draft a document, or draft it anew.
    Draft(Doc),
    /// Go on: take up a turn that failed or was stopped, or start the next task.
    Continue,
    /// Judge what waits. The digest is that of the bytes on the screen.
    Decide {
        /// What kind of thing.
        subject: Subject,
        /// Which bytes.
        digest: Digest,
        /// Yes or no.
        verdict: Verdict,
        /// For a command: allow exactly it for the rest of this spec.
        #[serde(default)]
        remember: bool,
        /// The reason of an override; it goes into the record.
        #[serde(default)]
        note: String,
    },
    /// The developer's own text of a document, made from the revision `over`.
    Edit {
        /// Which document.
        doc: Doc,
        /// The revision it was made from.
        over: Digest,
        /// The new text.
        text: String,
    },
    /// The developer's own version of what is proposed.
    Amend {
        /// What was on the screen.
        from: Digest,
        /// What it shall be.
        proposal: Proposal,
    },
    /// Comment on a document.
    Comment {
        /// Where.
        anchor: Anchor,
        /// What.
        text: String,
    },
    /// Comment on a change.
    Remark {
        /// Where.
        spot: Spot,
        /// What.
        text: String,
    },
    /// A file of a set was read, or that is taken back.
    MarkReviewed {
        /// Which.
        path: RelPath,
        /// What it is ([`crate::domain::change::FileState::digest`]); none where it goes.
        after: Option<Digest>,
        /// Read; else not any more.
        read: bool,
    },
    /// A revision was read to its end. Nothing follows from it but marks on the screen.
    Read {
        /// Of which document.
        doc: Doc,
        /// The revision's digest.
        rev: Digest,
    },
    /// Delete a comment or declare it resolved.
    CloseComment {
        /// Which.
        id: u64,
        /// Resolved; else deleted.
        resolved: bool,
    },
    /// Answer the agent's question.
    Answer {
        /// The answer.
        text: String,
    },
    /// The developer is about to change the worktree past this program: note how it is.
    StepOut,
    /// They are back: tell what they changed.
    StepIn,
    /// Answer what they changed later.
    LeaveOwn {
        /// What was on the screen.
        digest: Digest,
    },
    /// Show what of it was left open.
    ShowOwn,
    /// Plan the merge and show it.
    PlanMerge,
    /// Strict or batch from now on.
    SetAutonomy(Autonomy),
    /// Show how the infrastructure of the worktree differs from that of the checkout. No account is
    /// asked.
    ReviewStacks,
    /// Look at something in the account, and tell when it is seen. Nothing follows from it.
    Look(Sight),
    /// Be somebody else in AWS from now on, or elsewhere.
    ChoosePlace(Place),
    /// Ask something of the account.
    Cloud(CloudAsk),
    /// Keep what is being written, in the place of what was kept before; nothing follows from it.
    Keep(Vec<Unsaved>),
    /// Stop what is under way.
    Cancel,
    /// End, with everything saved.
    Quit,
}

/// Words of the developer that are not handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaved {
    /// What they are for.
    pub of: UnsavedOf,
    /// The words.
    pub text: String,
}

/// What words are for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsavedOf {
    /// A text of a document.
    Document {
        /// Which.
        doc: Doc,
        /// The revision it was made from.
        over: Digest,
        /// That revision's text.
        before: String,
    },
    /// A version of what was proposed.
    Proposal {
        /// What.
        from: Digest,
        /// Its text.
        before: String,
    },
    /// The answer to a prompt, by the prompt's name.
    Prompt(String),
}

/// A spec in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecSummary {
    /// Its name.
    pub name: SpecName,
    /// Where it stands, in a word: `requirements`, `design`, `tasks`, `execute`, `merge`, `merged`.
    pub phase: String,
    /// What waits for the developer, in words; empty when nothing does.
    pub waiting: String,
    /// Tasks done.
    pub done: usize,
    /// Tasks in all.
    pub tasks: usize,
    /// Documents approved, of three.
    pub approved: usize,
    /// True when this program has a journal of it.
    pub journaled: bool,
    /// When it last changed, in seconds since 1970; 0 when unknown.
    pub changed_s: i64,
}

/// What the agent tells.
#[derive(Clone, Debug)]
pub enum Event {
    /// The specs of the repository.
    Specs(Vec<SpecSummary>),
    /// A spec is open; its whole state.
    Opened(Box<State>),
    /// The spec was left.
    Closed,
    /// One more record, to be folded in.
    Recorded(Box<Record>),
    /// A piece of a reply, before it is in the journal.
    Streaming(Delta),
    /// The request will be sent again.
    Retrying {
        /// In one line: which try, when, why.
        why: String,
    },
    /// Output of a command that runs.
    Output(String),
    /// The merge that is planned, to be shown.
    Plan(Box<MergePlan>),
    /// What the task at the gate changes, file by file, as its claim has it; told before the spec is open.
    Files(Vec<Change>),
    /// How the worktree is was noted; the developer may change it.
    SteppedOut,
    /// How the infrastructure differs, a template each.
    Stacks(Vec<StackDiff>),
    /// What was looked at in the account.
    Seen(Box<Seen>),
    /// A command was refused: why, and what to do.
    Refused(String),
    /// Nothing is under way: the developer is next.
    Waiting,
    /// What was being written when the spec was left, however that ended.
    Kept(Vec<Unsaved>),
    /// The worktree of the open spec, once there is one.
    Worktree(std::path::PathBuf),
    /// The agent has ended; everything is saved.
    Stopped,
}
