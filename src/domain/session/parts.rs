//! The parts of a session's state.

use jiff::Timestamp;

use crate::domain::{
    change::Change,
    digest::Digest,
    gate::Decision,
    journal::{Anchor, Author, Delta, Origin, Proposal, Spot, Tone},
    phase::TaskId,
    turn::message::{Message, ToolCall},
};

/// One revision of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: usize,
    /// Its text.
    pub text: String,
    /// SHA-256 of the text.
    pub digest: Digest,
    /// Who wrote it.
    pub author: Author,
    /// When.
    pub at: Timestamp,
    /// The record that brought it.
    pub seq: u64,
}

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// Where it belongs.
    pub anchor: Anchor,
    /// The first line it was made on, as it was then.
    pub quoted: Option<String>,
    /// What it says.
    pub text: String,
    /// It went to the agent with a request for changes.
    pub sent: bool,
    /// How many revisions its document had when it went; 0 before.
    pub sent_over: usize,
    /// The developer declared it resolved.
    pub resolved: bool,
    /// What the agent says it did about it.
    pub answer: Option<Said>,
    /// When it was made.
    pub at: Timestamp,
}

/// What the agent says of a comment: its claim, for the developer to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The number of the revision that it came with.
    pub revision: usize,
    /// Its words.
    pub words: String,
}

/// One comment on a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Its number.
    pub id: u64,
    /// Where it belongs.
    pub spot: Spot,
    /// What it says.
    pub text: String,
    /// The agent has it.
    pub sent: bool,
    /// The developer declared it resolved.
    pub resolved: bool,
    /// When it was made.
    pub at: Timestamp,
}

impl Comment {
    /// The line of a revision that it belongs to: the last of its own, or where the line it was made on
    /// stands by now.
    pub fn place(&self, shown: &Revision) -> Option<usize> {
        let (first, last) = self.anchor.lines?;
        if self.anchor.rev == shown.digest {
            return Some(last);
        }
        let quoted = self.quoted.as_deref().filter(|q| !q.trim().is_empty());
        let same = shown.text.lines().enumerate().filter(|(_, l)| Some(*l) == quoted).map(|(i, _)| i + 1);
        let found = same.min_by_key(|l| l.abs_diff(first)).unwrap_or(last);
        Some(found.min(shown.text.lines().count().max(1)))
    }
}

/// One conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scene {
    /// What it is about: `requirements 1`, `task 2.1`.
    pub name: String,
    /// The messages.
    pub talk: Vec<Message>,
}

impl Scene {
    /// How many replies led on: all their tool calls were answered, none with a no.
    pub fn step(&self) -> u32 {
        let mut step = 0;
        let mut open: Option<bool> = None;
        for message in &self.talk {
            match message {
                Message::Assistant(_) => {
                    step += u32::from(open == Some(true));
                    open = Some(true);
                }
                Message::Tool { is_error: true, .. } => open = Some(false),
                Message::Tool { is_error: false, .. } | Message::User { .. } => {}
            }
        }
        step + u32::from(open == Some(true))
    }

    /// The calls of the last reply that have no result yet, in order.
    pub fn open_calls(&self) -> Vec<&ToolCall> {
        let mut answered = Vec::new();
        for message in self.talk.iter().rev() {
            match message {
                Message::Tool { call, .. } => answered.push(call),
                Message::Assistant(reply) => {
                    return reply.calls.iter().filter(|c| !answered.contains(&&c.id)).collect();
                }
                Message::User { .. } => return Vec::new(),
            }
        }
        Vec::new()
    }
}

/// What has arrived of a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// Its text.
    pub text: String,
    /// Its reasoning.
    pub reasoning: String,
    /// Its tool calls: id, tool, raw argument text so far.
    pub calls: Vec<(String, String, String)>,
}

impl Partial {
    /// True when nothing has arrived.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.calls.is_empty()
    }

    /// Takes in one piece.
    pub fn take(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(more) => self.text.push_str(more),
            Delta::Reasoning(more) => self.reasoning.push_str(more),
            Delta::Call { id, name, more } => match self.calls.iter_mut().find(|(i, ..)| i == id) {
                Some((_, _, arguments)) => arguments.push_str(more),
                None => self.calls.push((id.clone(), name.clone(), more.clone())),
            },
        }
    }
}

/// Why a turn does not go on by itself, and what the developer can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halt {
    /// What happened.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

/// Something that the agent proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// In which task.
    pub task: TaskId,
    /// What is at the gate now.
    pub proposal: Proposal,
    /// What the agent proposed, where the developer changed it.
    pub original: Option<Proposal>,
    /// Why it asks even under a standing permission.
    pub sensitive: Vec<String>,
    /// The agent's reason.
    pub why: String,
    /// Where it comes from.
    pub origin: Origin,
    /// The decision on it, once there is one.
    pub decision: Option<Decision>,
}

/// A question of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The tool call it came with.
    pub call: String,
    /// The question.
    pub text: String,
    /// Answers to choose from.
    pub options: Vec<String>,
}

/// An approved change that is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedChange {
    /// In which task.
    pub task: TaskId,
    /// The change.
    pub change: Change,
    /// True when the task it belongs to is committed.
    pub committed: bool,
    /// The developer made it past this program, and took it into the task.
    pub own: bool,
}

/// A decision with what it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// In words.
    pub about: String,
    /// The decision.
    pub decision: Decision,
    /// What `tasks.md` became by it.
    pub yields: Option<Digest>,
}

/// What is known of the merge besides the gate's own state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeNote {
    /// Why it is held.
    pub held: Vec<String>,
    /// Reasons that an override on the branch covers.
    pub overridden: Vec<String>,
    /// The main branch's commit after the merge.
    pub commit: Option<String>,
    /// The record of the override is on the branch, which has another plan now, not shown yet.
    pub moved: bool,
}

/// One line of the activity list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When.
    pub at: Timestamp,
    /// How it is shown.
    pub tone: Tone,
    /// The line.
    pub text: String,
    /// The commit that it is about.
    pub commit: Option<String>,
}
