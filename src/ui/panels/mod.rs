//! The four panels of the workbench: spec, document, diff, activity.
//!
//! A panel draws the state it is given and turns an action into [`Intent`]s; it sends nothing, opens
//! nothing and reads no clock. Prompts, editors and the clipboard belong to the screen around it.
//!
//! Always holds: a decision names the digest of the item that this panel drew last, taken from that
//! item, and only while exactly that is at the gate; every character drawn went through
//! [`crate::domain::prose::clean`].

mod activity;
pub mod checked;
mod diagram;
mod diff;
mod document;
mod find;
mod finding;
mod laid;
mod later;
mod lines;
mod notes;
mod pane;
mod sheet;
mod shown;
mod spec;
mod stops;
mod strip;
mod syntax;
#[cfg(test)]
pub(super) mod tests;
pub mod tree;

use ratatui::{buffer::Buffer, layout::Rect};

pub(super) use self::diff::deploy_offers;
pub use self::{
    activity::ActivityPanel,
    checked::Checked,
    diagram::{THREAD as DIAGRAMS, lay_out as lay_out_diagram, lay_out_by as lay_out_diagrams_by},
    diff::DiffPanel,
    document::DocumentPanel,
    spec::SpecPanel,
    syntax::more_known,
};
use crate::{
    domain::{
        change::{Change, select::Taken},
        commit::MergePlan,
        digest::Digest,
        gate::{Subject, Verdict},
        journal::{Anchor, Spot},
        path::RelPath,
        phase::Doc,
        session::State,
        stack::StackDiff,
        wire::Command,
    },
    ui::{
        keys::{Action, Context, Keys},
        style::Styles,
    },
};

/// What a panel sees.
#[derive(Clone, Copy)]
pub struct Ctx<'a> {
    /// The open spec.
    pub state: &'a State,
    /// The merge that was planned last, if any.
    pub plan: Option<&'a MergePlan>,
    /// What the checks find in the documents.
    pub checked: &'a Checked,
    /// What the task at the gate changes, as the agent read it for the claim.
    pub set: &'a [Change],
    /// The files of the set under review, as the diff panel drew them last.
    pub files: &'a [FileMark],
    /// How the infrastructure differs, when it was asked for.
    pub stacks: &'a [StackDiff],
    /// Styles for every role.
    pub styles: &'a Styles,
    /// The keymap, for hints.
    pub keys: &'a Keys,
    /// Output of the command that runs.
    pub output: &'a str,
    /// The time now.
    pub now: jiff::Timestamp,
    /// Whether this panel has the keys.
    pub focused: bool,
    /// Differences are shown side by side unless the developer asks otherwise.
    pub side_by_side: bool,
}

impl Ctx<'_> {
    /// The key of an action in these contexts, or its name where no key has it.
    fn key(&self, action: Action, contexts: &[Context]) -> String {
        self.keys.key_for(action, contexts).unwrap_or_else(|| format!(":{}", action.name()))
    }

    /// The file name of a document in this spec.
    fn file(&self, doc: Doc) -> &'static str {
        match (&self.state.start, doc) {
            (Some(start), doc) => start.file(doc),
            (None, Doc::Requirements) => "requirements.md",
            (None, Doc::Design) => "design.md",
            (None, Doc::Tasks) => "tasks.md",
        }
    }
}

/// How a file of the set under review stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMark {
    /// Which.
    pub path: RelPath,
    /// How much of it is accepted; none where the set is judged as a whole.
    pub taken: Option<Taken>,
    /// The developer has read it as it is.
    pub reviewed: bool,
    /// Lines added and removed; none while they are not compared.
    pub lines: Option<(usize, usize)>,
    /// Comments on it that are not sent.
    pub remarks: usize,
}

/// A part of the workbench.
pub trait Panel {
    /// Does what an action means here. An action that means nothing here gives nothing.
    fn act(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent>;

    /// Draws it into `area`, frame included.
    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>);

    /// Where its keys are looked up, by what was drawn last, the innermost first.
    fn contexts(&self) -> &'static [Context];
}

/// What a panel asks of the screen around it.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Send this to the agent.
    Send(Command),
    /// Ask the developer for words.
    Prompt(PromptFor),
    /// Let the developer edit a text in their own editor, at this line, from 1.
    Editor(EditFor, usize),
    /// Let the developer edit a text on the screen, with the cursor at this line, from 1.
    EditHere(EditFor, Option<usize>),
    /// Copy to the clipboard.
    Copy(String),
    /// Tell the developer in a line.
    Notice(String),
    /// Go to a panel.
    Show(PanelId),
    /// Go to the document panel with this document ([`DocumentPanel::show`]).
    ShowDocument {
        /// Which.
        doc: Doc,
        /// At which source line, from 1.
        line: Option<usize>,
    },
    /// Open a file of the worktree in the developer's editor.
    OpenFile {
        /// Which.
        path: RelPath,
        /// At which line, from 1.
        line: usize,
    },
    /// Go to the diff panel with the last applied change of this file ([`DiffPanel::show_file`]).
    ShowFile(RelPath),
}

/// What the developer is asked for words about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptFor {
    /// A request for changes to a document.
    RequestChanges {
        /// Which.
        doc: Doc,
    },
    /// The reason of a rejection.
    Reject {
        /// What kind of thing.
        subject: Subject,
        /// Which bytes were drawn.
        digest: Digest,
        /// What of it is not accepted, in words; empty where it is judged as a whole.
        with: String,
    },
    /// A comment on a change.
    Remark {
        /// Where.
        spot: Spot,
    },
    /// A comment.
    Comment {
        /// Where.
        anchor: Anchor,
    },
    /// Other words in the place of a comment.
    Recomment {
        /// The comment.
        id: u64,
    },
    /// A request for changes to one part of a document.
    RejectPart {
        /// Of which document.
        doc: Doc,
        /// The revision drawn.
        digest: Digest,
        /// The part's first and last line.
        lines: (usize, usize),
    },
    /// Why the merge shall go in though it is held.
    Override {
        /// The plan drawn.
        digest: Digest,
    },
    /// An answer in own words.
    Answer,
    /// What to search for.
    Search,
}

/// A text that the developer edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditFor {
    /// A document.
    Document {
        /// Which.
        doc: Doc,
        /// The revision it starts from.
        over: Digest,
        /// Its text.
        text: String,
    },
    /// What is proposed: a file's text after the change, a command line, a commit message.
    Proposal {
        /// The proposal drawn.
        from: Digest,
        /// The text.
        text: String,
    },
}

/// The panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PanelId {
    /// Documents, tasks, checks, files.
    Spec,
    /// One document.
    Document,
    /// What is proposed.
    Diff,
    /// What happened.
    Activity,
}

/// What a panel drew that can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Drawn {
    subject: Subject,
    digest: Digest,
}

impl Drawn {
    /// The yes to what was drawn.
    fn approve(self, remember: bool) -> Intent {
        let Self { subject, digest } = self;
        Intent::Send(Command::Decide { subject, digest, verdict: Verdict::Approve, remember, note: String::new() })
    }

    /// The no to what was drawn, without words for anybody.
    fn refuse(self) -> Intent {
        let (Self { subject, digest }, verdict) = (self, Verdict::Reject { feedback: None });
        Intent::Send(Command::Decide { subject, digest, verdict, remember: false, note: String::new() })
    }

    /// The question for a reason to say no to what was drawn.
    fn reject(self, with: String) -> Intent {
        Intent::Prompt(PromptFor::Reject { subject: self.subject, digest: self.digest, with })
    }
}

/// A line for the developer.
fn notice(text: impl Into<String>) -> Vec<Intent> {
    vec![Intent::Notice(text.into())]
}
