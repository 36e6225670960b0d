//! The journal: everything that happened to a spec, in order, as versioned records.
//!
//! A session's state is the fold of its journal ([`crate::domain::session::State::apply`]); nothing
//! else is stored. This module is the vocabulary; [`line`] is how a record lies in the file.

pub mod line;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    change::Change,
    claim::{Evidence, Standing, TaskClaim},
    cloud::{
        Place, StackEvent,
        desk::{CloudAsk, Deployment, Known, Step, StepDone, Unmade},
        progress::StackEnd,
    },
    command::{CommandLine, Outcome},
    digest::Digest,
    gate::{Decision, Reviewable, Subject},
    path::{RelPath, SpecName},
    phase::{Autonomy, Doc, ItemKind, Order, TaskId},
    spec::{Depth, SpecKind},
    turn::message::{Message, Reply, Usage},
};

/// One record: when, and what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Position, from 1, without gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What happened.
    pub entry: Entry,
}

/// How a spec starts: what the developer said in the form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Its name.
    pub name: SpecName,
    /// The business need, in plain language; empty for a spec that was found.
    pub need: String,
    /// Constraints, in plain language.
    #[serde(default)]
    pub constraints: String,
    /// Existing documentation: paths, globs, URLs.
    #[serde(default)]
    pub documents: Vec<String>,
    /// ARNs, stack names and the like.
    #[serde(default)]
    pub aws_references: Vec<String>,
    /// Feature or bugfix.
    pub kind: SpecKind,
    /// Requirements or design first.
    pub order: Order,
    /// How much the documents must hold.
    pub depth: Depth,
    /// Strict or batch.
    pub autonomy: Autonomy,
    /// Whether AWS is part of it.
    pub aws: bool,
}

impl Start {
    /// The file of a document in this spec's folder.
    pub fn file(&self, doc: Doc) -> &'static str {
        match (doc, self.kind) {
            (Doc::Requirements, SpecKind::Feature) => "requirements.md",
            (Doc::Requirements, SpecKind::Bugfix) => "bugfix.md",
            (Doc::Design, SpecKind::Feature | SpecKind::Bugfix) => "design.md",
            (Doc::Tasks, SpecKind::Feature | SpecKind::Bugfix) => "tasks.md",
        }
    }
}

/// Who wrote a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The model.
    Agent,
    /// The developer, here.
    Developer,
    /// Somebody, before: it lay in the repository.
    Found,
}

/// A piece of a reply while it streams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delta {
    /// More text.
    Text(String),
    /// More reasoning.
    Reasoning(String),
    /// More of a tool call's argument text.
    Call {
        /// Its id.
        id: String,
        /// The tool.
        name: String,
        /// What is new.
        more: String,
    },
}

/// Where a comment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The document.
    pub doc: Doc,
    /// The revision's digest.
    pub rev: Digest,
    /// First and last line, from 1; none for the document as a whole.
    pub lines: Option<(usize, usize)>,
}

/// A side of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The file as it was.
    Before,
    /// The file as it shall be, or is.
    After,
}

/// Where a comment on a change belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The file.
    pub path: RelPath,
    /// The digest of the change that was on the screen.
    pub change: Digest,
    /// On which side.
    pub side: Side,
    /// First and last line, from 1; none for the file as a whole.
    pub lines: Option<(usize, usize)>,
    /// Those lines, as they were then; the first of them where they are many.
    pub quoted: String,
}

/// What the agent proposes during execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proposal {
    /// One file.
    Change(Change),
    /// One command.
    Command(CommandLine),
    /// The finished task.
    Task(Box<TaskClaim>),
}

impl Proposal {
    /// Its kind.
    pub fn kind(&self) -> ItemKind {
        match self {
            Self::Change(_) => ItemKind::Change,
            Self::Command(_) => ItemKind::Command,
            Self::Task(_) => ItemKind::Task,
        }
    }

    /// What it is about, in a few words.
    pub fn about(&self) -> String {
        match self {
            Self::Change(change) => change.path.to_string(),
            Self::Command(command) => command.text.clone(),
            Self::Task(claim) => format!("{} {}", claim.task, claim.title),
        }
    }
}

impl Reviewable for Proposal {
    fn subject(&self) -> Subject {
        self.kind().subject()
    }

    fn digest(&self) -> Digest {
        match self {
            Self::Change(change) => change.digest(),
            Self::Command(command) => command.digest(),
            Self::Task(claim) => claim.digest(),
        }
    }
}

/// Why something is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The model called a tool; the id of that call.
    Call(String),
    /// The program wants to run the tests before the task is judged.
    Tests,
    /// The developer asked for it.
    Developer,
}

/// What became of something approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// The change is on disk.
    Applied,
    /// The command ran.
    Ran(Outcome),
    /// The task is committed.
    Committed {
        /// The commit's id.
        commit: String,
        /// What `tasks.md` is now, and its text, where a tick changed it.
        tasks: Option<(Digest, String)>,
    },
}

/// What kind of line it is in the activity list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// News.
    Info,
    /// Something the developer should see.
    Warning,
    /// The model tried something that it may not.
    Attempt,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// The spec starts. Always the first entry.
    Started(Start),
    /// A document lies in the repository; `recorded`: the ledger there approves its bytes.
    Found {
        /// Which.
        doc: Doc,
        /// Its text.
        text: String,
        /// Approved by that record.
        recorded: bool,
    },
    /// The developer asked for a draft.
    DraftAsked(Doc),
    /// A conversation starts; the ones before it are over.
    SceneStarted {
        /// Its name ([`crate::domain::turn`]).
        name: String,
        /// What the model is told first.
        message: String,
    },
    /// Part of a reply arrived. Kept so that nothing is lost when the program dies in the middle.
    Streamed(Delta),
    /// A reply is complete.
    Replied {
        /// The reply.
        reply: Reply,
        /// What it cost.
        usage: Usage,
        /// Which model.
        model: String,
    },
    /// The model is told something: a tool's result, or a nudge.
    Told(Message),
    /// The exchange failed. What had arrived is kept, and the turn waits for the developer.
    TurnFailed {
        /// What failed.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The developer lets a failed or interrupted turn go on.
    Continued,
    /// A document has a new revision.
    Drafted {
        /// Which document.
        doc: Doc,
        /// Its text.
        text: String,
        /// By whom.
        author: Author,
    },
    /// The agent says what it did about comments, in the revision that comes next.
    CommentsAnswered {
        /// Of which document.
        doc: Doc,
        /// The comments' numbers, each with the agent's words.
        answers: Vec<(u64, String)>,
    },
    /// The developer comments.
    Commented {
        /// A number of its own.
        id: u64,
        /// Where.
        anchor: Anchor,
        /// What.
        text: String,
    },
    /// The developer comments on a change.
    Remarked {
        /// A number of its own, among those of all comments.
        id: u64,
        /// Where.
        spot: Spot,
        /// What.
        text: String,
    },
    /// The developer has read a file of a set, or takes that back.
    Reviewed {
        /// Which.
        path: RelPath,
        /// What it was then ([`crate::domain::change::FileState::digest`]); none where it goes.
        after: Option<Digest>,
        /// Read; else not any more.
        read: bool,
    },
    /// The developer takes a comment back, or declares it resolved.
    CommentClosed {
        /// Which.
        id: u64,
        /// Resolved; else deleted.
        resolved: bool,
    },
    /// The developer has read a revision to its end.
    Read {
        /// Of which document.
        doc: Doc,
        /// The revision's digest.
        rev: Digest,
    },
    /// A decision.
    Decided {
        /// The decision.
        decision: Decision,
        /// What it was about, in words.
        about: String,
        /// The command is allowed for the rest of the spec.
        #[serde(default)]
        remember: bool,
    },
    /// An approved document is on the branch.
    Saved {
        /// Which.
        doc: Doc,
        /// The commit's id.
        commit: String,
    },
    /// It could not be put there.
    SaveFailed {
        /// Which.
        doc: Doc,
        /// Why.
        why: String,
    },
    /// The standing permission is asked for.
    StandingShown(Standing),
    /// A task starts or goes on.
    TaskStarted(TaskId),
    /// Something is proposed.
    Proposed {
        /// What.
        proposal: Proposal,
        /// Why it asks even under a standing permission; empty when it does not.
        sensitive: Vec<String>,
        /// Why it is proposed: the agent's words.
        why: String,
        /// Where it comes from.
        origin: Origin,
    },
    /// The developer changed what is proposed.
    Amended {
        /// What was there.
        from: Digest,
        /// What is there now.
        proposal: Proposal,
    },
    /// What was approved is done.
    Finished {
        /// Which.
        digest: Digest,
        /// How.
        done: Done,
    },
    /// It could not be done; the agent is told.
    Failed {
        /// Which.
        digest: Digest,
        /// Why.
        why: String,
    },
    /// What is known of the tests.
    Tested(Evidence),
    /// The agent's work on a task ended before the task did.
    TaskHalted {
        /// Why.
        why: String,
    },
    /// The agent asks.
    Asked {
        /// The tool call's id.
        call: String,
        /// The question.
        question: String,
        /// Answers to choose from; the developer may write another.
        options: Vec<String>,
    },
    /// The developer answers.
    Answered {
        /// The answer.
        text: String,
    },
    /// What the command at work, or one that was cut off, left of files; `None` where it took one away.
    CommandChanged {
        /// One a path.
        files: Vec<(RelPath, Option<Digest>)>,
    },
    /// The developer changed the worktree past this program: all of it that is not answered yet, with the
    /// bytes from before and theirs.
    OwnFound {
        /// One a path.
        changes: Vec<Change>,
    },
    /// Nothing of it is left: the worktree is as it was before.
    OwnGone,
    /// The developer answers it later.
    OwnLeft {
        /// What was on the screen.
        digest: Digest,
    },
    /// What the developer did not want of it is put back.
    PutBackDone {
        /// Which putting back.
        digest: Digest,
    },
    /// It could not be, and nothing was touched.
    PutBackFailed {
        /// Which putting back.
        digest: Digest,
        /// Why.
        why: String,
    },
    /// A merge was planned. The plan itself can be made again and is not stored.
    MergeShown {
        /// The plan's digest.
        digest: Digest,
        /// The commit on the main branch it rests on.
        into_commit: String,
        /// Why an override is needed first; empty when none is.
        held: Vec<String>,
    },
    /// The override is on the branch, so that the record travels with it.
    OverrideSaved {
        /// The commit's id.
        commit: String,
    },
    /// The merge is done.
    Merged {
        /// The main branch's new commit.
        commit: String,
    },
    /// There was nothing to merge: the main branch has all of it already.
    NothingToMerge,
    /// It could not be done, and nothing was touched.
    MergeFailed {
        /// Why.
        why: String,
    },
    /// The developer wants something of the account.
    CloudAsked(CloudAsk),
    /// Something is at the gate of the account.
    CloudProposed {
        /// What.
        step: Step,
        /// Why.
        why: String,
        /// What to look at twice.
        notes: Vec<String>,
        /// The template that is deployed now.
        #[serde(default)]
        base: Option<String>,
        /// What else is known for the review of the new one.
        #[serde(default)]
        known: Known,
    },
    /// An approved action is about to be sent; `after` is the stack's last event before it.
    CloudBegun {
        /// Which.
        digest: Digest,
        /// That event's id.
        after: Option<String>,
    },
    /// What was approved is done.
    CloudDone {
        /// Which.
        digest: Digest,
        /// How.
        done: StepDone,
    },
    /// It could not be done, or what was asked for leads nowhere (then without a digest).
    CloudFailed {
        /// Which.
        #[serde(default)]
        digest: Option<Digest>,
        /// Why.
        why: String,
        /// What to do.
        remedy: String,
        /// There was nothing to do, and that is no failure.
        #[serde(default)]
        empty: bool,
        /// The change set that could not be made, where that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unmade: Option<Box<Unmade>>,
    },
    /// The account carries out what was approved.
    CloudRunning {
        /// What.
        digest: Digest,
    },
    /// The account was found to carry something out, or is looked at again.
    CloudFollowed(Box<Deployment>),
    /// What happened there.
    CloudEvents(Vec<StackEvent>),
    /// It has come to its end.
    CloudEnded {
        /// Which.
        digest: Digest,
        /// How.
        end: StackEnd,
    },
    /// It is not looked at any more, and goes on.
    CloudLost {
        /// Which.
        digest: Digest,
        /// Why.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The decision on it is on the branch.
    CloudRecorded {
        /// The commit's id.
        commit: String,
    },
    /// The developer goes on as somebody else, or elsewhere. What was prepared is withdrawn.
    PlaceChosen(Place),
    /// The agent is to mend what made a deploy fail, or was refused; a rework of its own.
    ReworkAsked {
        /// The rework's name.
        task: TaskId,
        /// What is wrong, for the agent.
        words: String,
    },
    /// Strict or batch from now on.
    AutonomySet(Autonomy),
    /// The developer stopped what was under way.
    Cancelled,
    /// Something worth a line in the activity list.
    Noted {
        /// How it is shown.
        tone: Tone,
        /// The line.
        text: String,
    },
}

impl Entry {
    /// True when it must be on the disk, synced, before anything follows from it. Streamed text is
    /// the exception, and marks that no effect follows from: they are written at once and survive the
    /// death of the process, and a power cut may take the last of them.
    pub fn is_durable(&self) -> bool {
        !matches!(self, Self::Streamed(_) | Self::Noted { .. } | Self::Read { .. })
    }
}
