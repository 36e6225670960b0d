//! A spec's whole state, as the fold of its journal.
//!
//! [`State::check`] says what an entry would do to the gates, before it is written; [`State::apply`]
//! takes it in afterwards. The agent and the screen each fold the same records and so cannot
//! disagree. Nothing here decides to do anything: that is read from [`State`] by the agent's driver.

mod aftermath;
mod apply;
pub mod authors;
mod cloud;
mod known;
mod links;
mod parts;
pub mod reading;
#[cfg(test)]
mod tests;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

pub use self::{
    aftermath::{Aftermath, Touched, line_in},
    parts::*,
};
use crate::domain::{
    change::{
        Change,
        own::{OwnChanges, PutBack},
    },
    claim::Standing,
    cloud::desk::Desk,
    digest::Digest,
    gate::{Decision, Via},
    journal::{Delta, Entry, Start},
    path::RelPath,
    phase::{self, Autonomy, By, Doc, DocState, Effect, Merge, Order, Refused, Run, TaskId, Waiting, Workflow},
    spec::{self, File, SpecKind, tasks::Tasks},
    turn::message::{Message, Usage},
};

/// Everything that is known of a spec.
#[derive(Clone, Debug)]
pub struct State {
    /// How it started; `None` before the first record.
    pub start: Option<Start>,
    /// The gates.
    pub flow: Workflow,
    /// Every revision of every document, oldest first.
    pub revisions: BTreeMap<Doc, Vec<Revision>>,
    /// Revisions that the developer read to the end or approved.
    pub read: BTreeSet<(Doc, Digest)>,
    /// Comments that are not deleted.
    pub comments: Vec<Comment>,
    /// Comments on changes that are not deleted.
    pub remarks: Vec<Remark>,
    /// What the files were that the developer has read; see [`State::is_reviewed`].
    pub reviewed: BTreeMap<RelPath, Option<Digest>>,
    /// The conversation of the present scene.
    pub scene: Option<Scene>,
    /// What has arrived of a reply that is not complete.
    pub partial: Partial,
    /// Why the turn does not go on by itself.
    pub halt: Option<Halt>,
    /// What is proposed and not done yet.
    pub proposal: Option<Proposed>,
    /// The question that waits for the developer.
    pub question: Option<Question>,
    /// What the model has to be told of calls that are settled: the call's id, the words, and
    /// whether the call did not do what it asked.
    pub results: Vec<(String, String, bool)>,
    /// The standing permission that was shown.
    pub standing_shown: Option<Standing>,
    /// The last thing known of the tests, unless a change was applied since.
    pub evidence: Option<crate::domain::claim::Evidence>,
    /// The last run of the tests: in which task, what it said, and how many changes were applied then.
    pub tested: Option<(TaskId, crate::domain::claim::Evidence, usize)>,
    /// How often the tests have failed in this task.
    pub failures: u32,
    /// Files changed by approved changes in the present task, and all finished ones before.
    pub applied: Vec<AppliedChange>,
    /// What commands left of files that no approved change has touched since, until it is committed.
    pub by_command: BTreeMap<RelPath, Option<Digest>>,
    /// What the developer changed past this program and has not answered.
    pub own: Vec<Change>,
    /// What the model has to be told of such changes that belong to its task now.
    pub untold: Option<String>,
    /// Commits made, oldest first: id and what they were.
    pub commits: Vec<(String, String)>,
    /// Decisions, oldest first.
    pub decisions: Vec<Noted>,
    /// How many of them are in the ledger on the branch.
    pub ledgered: usize,
    /// The plan shown: why it is held, and whether an override of it is on the branch.
    pub merge: MergeNote,
    /// The account.
    pub cloud: Desk,
    /// How many changes were applied when the templates were made last from the project's code.
    pub synthesised: Option<usize>,
    /// What of the synthesised templates was asked about with a task that was approved.
    pub accepted: BTreeSet<String>,
    /// What the rework under way is about, where the developer or an account asked for it.
    pub rework: Option<(TaskId, String)>,
    /// What happened, a line each.
    pub activity: Vec<Activity>,
    /// Tokens so far.
    pub usage: Usage,
    /// The number of the last record.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
}

impl Default for State {
    fn default() -> Self {
        Self {
            start: None,
            flow: Workflow::new(Order::default(), Autonomy::default()),
            revisions: BTreeMap::new(),
            read: BTreeSet::new(),
            comments: Vec::new(),
            remarks: Vec::new(),
            reviewed: BTreeMap::new(),
            scene: None,
            partial: Partial::default(),
            halt: None,
            proposal: None,
            question: None,
            results: Vec::new(),
            standing_shown: None,
            evidence: None,
            tested: None,
            failures: 0,
            applied: Vec::new(),
            by_command: BTreeMap::new(),
            own: Vec::new(),
            untold: None,
            commits: Vec::new(),
            decisions: Vec::new(),
            ledgered: 0,
            merge: MergeNote::default(),
            cloud: Desk::default(),
            synthesised: None,
            accepted: BTreeSet::new(),
            rework: None,
            activity: Vec::new(),
            usage: Usage::default(),
            seq: 0,
            at: Timestamp::UNIX_EPOCH,
        }
    }
}

impl State {
    /// The event that an entry is for the gates, if it is one.
    pub fn phase_event(&self, entry: &Entry) -> Option<phase::Event> {
        use phase::Event as E;
        match entry {
            Entry::Found { doc, text, recorded } => {
                Some(E::Found { doc: *doc, rev: Digest::of(text), recorded: *recorded })
            }
            Entry::DraftAsked(doc) => Some(E::DraftAsked(*doc)),
            Entry::Drafted { doc, text, author } => {
                let (doc, rev) = (*doc, Digest::of(text));
                Some(match author {
                    crate::domain::journal::Author::Agent => E::DraftDone { doc, rev },
                    crate::domain::journal::Author::Developer => E::Edited { doc, rev },
                    crate::domain::journal::Author::Found => E::Found { doc, rev, recorded: false },
                })
            }
            Entry::Decided { decision, remember, .. } => Some(self.decided(decision, *remember)),
            Entry::Saved { doc, .. } => {
                let ticked = if *doc == Doc::Tasks { self.ticked() } else { Default::default() };
                Some(E::Saved { doc: *doc, ticked })
            }
            Entry::SaveFailed { doc, .. } => Some(E::SaveFailed(*doc)),
            Entry::TaskStarted(task) => Some(E::TaskStarted(task.clone())),
            Entry::Proposed { proposal, sensitive, .. } => {
                use crate::domain::gate::Reviewable;
                let (kind, digest) = (proposal.kind(), proposal.digest());
                Some(E::Proposed(phase::Item { kind, digest, sensitive: !sensitive.is_empty() }))
            }
            Entry::Amended { from, proposal } => {
                use crate::domain::gate::Reviewable;
                Some(E::Amended { from: *from, to: proposal.digest() })
            }
            Entry::Finished { digest, done } => {
                let tasks = match done {
                    crate::domain::journal::Done::Committed { tasks, .. } => tasks.as_ref().map(|(d, _)| *d),
                    crate::domain::journal::Done::Applied | crate::domain::journal::Done::Ran(_) => None,
                };
                Some(E::ItemDone { digest: *digest, tasks })
            }
            Entry::Failed { digest, .. } => Some(E::ItemFailed { digest: *digest }),
            Entry::TaskHalted { .. } => Some(E::TaskHalted),
            Entry::MergeShown { digest, held, .. } => Some(E::MergeShown { digest: *digest, held: !held.is_empty() }),
            Entry::OwnFound { changes } => Some(E::OwnFound { digest: own_digest(changes) }),
            Entry::OwnGone => Some(E::OwnGone),
            Entry::OwnLeft { digest } => Some(E::OwnLeft { digest: *digest }),
            Entry::PutBackDone { digest } => Some(E::PutBackDone { digest: *digest }),
            Entry::PutBackFailed { digest, .. } => Some(E::PutBackFailed { digest: *digest }),
            Entry::Merged { .. } => Some(E::Merged),
            Entry::NothingToMerge => Some(E::NothingToMerge),
            Entry::MergeFailed { .. } => Some(E::MergeFailed),
            Entry::CloudProposed { step, .. } => Some(E::CloudProposed(step.item())),
            Entry::CloudDone { digest, .. } => Some(E::CloudDone { digest: *digest }),
            Entry::CloudFailed { digest, .. } => digest.map(|digest| E::CloudFailed { digest }),
            Entry::CloudRunning { digest } => Some(E::CloudRunning { digest: *digest }),
            Entry::CloudFollowed(deployment) => Some(E::CloudFollowed { digest: deployment.digest }),
            Entry::CloudEnded { digest, .. } | Entry::CloudLost { digest, .. } => {
                Some(E::CloudEnded { digest: *digest })
            }
            Entry::PlaceChosen(_) => Some(E::PlaceChosen),
            Entry::ReworkAsked { task, .. } => Some(E::TaskStarted(task.clone())),
            Entry::AutonomySet(autonomy) => Some(E::AutonomySet(*autonomy)),
            Entry::Cancelled => Some(E::Cancelled),
            Entry::Started(_)
            | Entry::CommandChanged { .. }
            | Entry::SceneStarted { .. }
            | Entry::Streamed(_)
            | Entry::Replied { .. }
            | Entry::Told(_)
            | Entry::TurnFailed { .. }
            | Entry::Continued
            | Entry::CommentsAnswered { .. }
            | Entry::Commented { .. }
            | Entry::CommentClosed { .. }
            | Entry::Remarked { .. }
            | Entry::Reviewed { .. }
            | Entry::Read { .. }
            | Entry::StandingShown(_)
            | Entry::Tested(_)
            | Entry::Asked { .. }
            | Entry::Answered { .. }
            | Entry::OverrideSaved { .. }
            | Entry::CloudAsked(_)
            | Entry::CloudBegun { .. }
            | Entry::CloudEvents(_)
            | Entry::CloudRecorded { .. }
            | Entry::Noted { .. } => None,
        }
    }

    /// The putting back of the developer's own changes that are open.
    pub fn put_back(&self) -> PutBack {
        PutBack { own: OwnChanges { changes: self.own.clone() } }
    }

    fn decided(&self, decision: &Decision, remember: bool) -> phase::Event {
        use crate::domain::gate::{Reviewable, Subject, Verdict};
        use phase::{Answer, Event as E};
        let answer = match &decision.verdict {
            Verdict::Approve => Answer::Approve,
            Verdict::Reject { feedback } => Answer::Reject { feedback: feedback.is_some() },
        };
        let by = match decision.via {
            Via::Keyboard | Via::Headless => By::Developer,
            Via::Standing(permission) if self.flow.standing == Some(permission) => By::Standing,
            Via::Standing(_) => By::Allowed,
        };
        let digest = decision.digest;
        let document = |doc| E::Judged { doc, rev: digest, by, answer };
        match decision.subject {
            Subject::Requirements => document(Doc::Requirements),
            Subject::Design => document(Doc::Design),
            Subject::Tasks => document(Doc::Tasks),
            Subject::Standing => E::StandingJudged { digest, answer },
            Subject::Command if matches!(self.flow.cloud, phase::Cloud::Review { .. }) => {
                E::CloudJudged { digest, by, answer, remember }
            }
            Subject::Change | Subject::Command | Subject::Task => E::ItemJudged { digest, by, answer, remember },
            Subject::Override => E::Overridden { digest },
            Subject::Cloud => E::CloudJudged { digest, by, answer, remember },
            Subject::Own => E::OwnJudged { digest, by, answer, back: self.put_back().digest() },
            Subject::PutBack => E::PutBackJudged { digest, by, answer },
            Subject::Merge => E::MergeJudged { digest, answer, rework: self.next_rework() },
        }
    }

    /// What an entry would do to the gates. Asked before the entry is written.
    ///
    /// # Errors
    /// [`Refused`]: then it must not be written.
    pub fn check(&self, entry: &Entry) -> Result<Vec<Effect>, Refused> {
        self.fits(entry)?;
        match self.phase_event(entry) {
            Some(event) => phase::step(&self.flow, &event).map(|(_, effects)| effects),
            None => Ok(Vec::new()),
        }
    }

    /// A decision must be about the kind of thing that waits; the gates themselves see only digests.
    fn fits(&self, entry: &Entry) -> Result<(), Refused> {
        use crate::domain::gate::{Reviewable, Subject, Verdict};
        let Entry::Decided { decision, .. } = entry else { return Ok(()) };
        if let phase::Cloud::Review { item, .. } = self.flow.cloud
            && matches!(decision.subject, Subject::Command | Subject::Cloud)
            && item.subject() != decision.subject
        {
            return Err(Refused::NotNow);
        }
        match decision.subject {
            Subject::Change | Subject::Command | Subject::Task => match &self.flow.run {
                Run::Pending { item, .. } if item.kind.subject() != decision.subject => Err(Refused::NotNow),
                Run::Pending { .. } | Run::Idle | Run::Working { .. } | Run::Doing { .. } | Run::Halted { .. } => {
                    Ok(())
                }
            },
            Subject::Standing => match &self.standing_shown {
                None => Err(Refused::NotNow),
                Some(shown) if shown.digest() != decision.digest => Err(Refused::Moved),
                Some(_) if self.flow.standing.is_some() && decision.verdict == Verdict::Approve => Err(Refused::NotNow),
                Some(_) => Ok(()),
            },
            Subject::Merge if self.override_due() || self.merge.moved => Err(Refused::NotNow),
            Subject::Requirements
            | Subject::Design
            | Subject::Tasks
            | Subject::Override
            | Subject::Merge
            | Subject::Cloud
            | Subject::Own
            | Subject::PutBack => Ok(()),
        }
    }

    /// True from the override of a held merge until its record is on the branch: what was shown goes
    /// in no more, the plan with the record does.
    pub fn override_due(&self) -> bool {
        matches!(self.flow.merge, Merge::Review { held: false, .. }) && !self.merge.held.is_empty()
    }

    /// What waits for the developer.
    pub fn waiting(&self) -> Option<Waiting> {
        use crate::domain::gate::Subject;
        let merges = |w: &Waiting| matches!(w.subject, Subject::Merge | Subject::Override);
        self.flow.waiting().filter(|w| !merges(w) || !(self.override_due() || self.merge.moved))
    }

    /// What a standing permission would rest on now: the approved documents above the tasks.
    pub fn standing_base(&self) -> Vec<Digest> {
        let approved = |doc| self.flow.doc(doc).rev().filter(|_| self.flow.doc(doc).is_approved());
        [Doc::Requirements, Doc::Design].into_iter().filter_map(approved).collect()
    }

    /// The newest revision of a document.
    pub fn latest(&self, doc: Doc) -> Option<&Revision> {
        self.revisions.get(&doc).and_then(|all| all.last())
    }

    /// The revision that the gates speak of: the one in review, approved or stale.
    pub fn current(&self, doc: Doc) -> Option<&Revision> {
        let rev = self.flow.doc(doc).rev()?;
        self.revisions.get(&doc)?.iter().rev().find(|r| r.digest == rev)
    }

    /// All revisions of a document.
    pub fn revisions(&self, doc: Doc) -> &[Revision] {
        self.revisions.get(&doc).map_or(&[], Vec::as_slice)
    }

    /// The tasks document as it stands, read.
    pub fn tasks(&self) -> Option<Tasks> {
        self.current(Doc::Tasks).map(|r| Tasks::parse(&r.text))
    }

    fn ticked(&self) -> std::collections::BTreeSet<TaskId> {
        let Some(tasks) = self.tasks() else { return Default::default() };
        tasks.leaves().filter(|t| tasks.is_done(t)).map(|t| TaskId(t.id.clone())).collect()
    }

    /// The next task to run, by the dependency graph and the order in the document. Optional tasks are
    /// left to the developer.
    pub fn next_task(&self) -> Option<TaskId> {
        let tasks = self.tasks()?;
        let open = tasks.open_leaves();
        let required = open.iter().filter(|t| !tasks.is_optional(t));
        required.map(|t| TaskId(t.id.clone())).find(|id| !self.flow.done.contains(id))
    }

    /// Done and all tasks that are run. Optional ones count when they are done.
    pub fn progress(&self) -> (usize, usize) {
        self.tasks().map_or((0, 0), |t| t.progress())
    }

    /// Comments on a document's present or earlier revisions that are not resolved.
    pub fn open_comments(&self, doc: Doc) -> impl Iterator<Item = &Comment> {
        self.comments.iter().filter(move |c| c.anchor.doc == doc && !c.resolved)
    }

    /// The comments and words of a request for changes, as they go to the agent.
    pub fn feedback(&self, doc: Doc, words: &str) -> String {
        let mut out = words.trim().to_owned();
        for comment in self.open_comments(doc).filter(|c| !c.sent) {
            if !out.is_empty() {
                out.push_str("\n\n");
            }
            // By its number the agent can answer it.
            out.push_str(&format!("Comment {}", comment.id));
            if let Some(lines) = comment.anchor.lines {
                out.push_str(&format!(" on {}", self.called(doc, comment.anchor.rev, lines)));
            }
            out.push_str(": ");
            if let Some(quoted) = &comment.quoted {
                out.push_str(&format!("`{}`\n", quoted.trim()));
            }
            out.push_str(comment.text.trim());
        }
        out
    }

    /// Comments on changes that go with the next answer that reaches the agent.
    pub fn staged_remarks(&self) -> impl Iterator<Item = &Remark> {
        self.remarks.iter().filter(|r| !r.sent && !r.resolved)
    }

    /// The staged comments on changes, as they go to the agent.
    pub fn remarks_in_words(&self) -> String {
        self.remarks_on(self.proposal.as_ref(), None)
    }

    /// The same while something is judged, or has just been applied: lines of what is not on disk so are
    /// said to be those of the proposal.
    fn remarks_on(&self, proposed: Option<&Proposed>, applied: Option<Digest>) -> String {
        use crate::domain::gate::Reviewable;
        let versions = proposed.into_iter().flat_map(|p| [Some(&p.proposal), p.original.as_ref()]).flatten();
        let versions: Vec<Digest> = versions.map(Reviewable::digest).filter(|d| Some(*d) != applied).collect();
        let told = self.staged_remarks().map(|r| words::comment(&r.spot, &r.text, versions.contains(&r.spot.change)));
        told.collect::<Vec<_>>().join("\n\n")
    }

    /// True while a file is as it was when the developer had read it.
    pub fn is_reviewed(&self, path: &RelPath, after: Option<Digest>) -> bool {
        self.reviewed.get(path) == Some(&after)
    }

    /// What lines of a revision are called where they are spoken of.
    pub fn called(&self, doc: Doc, rev: Digest, lines: (usize, usize)) -> String {
        let text = self.revisions(doc).iter().find(|r| r.digest == rev).map_or("", |r| r.text.as_str());
        spec::parts::called(&spec::parts::parts(self.file(doc), text), lines)
    }

    /// Which of the files a document of this spec is.
    pub fn file(&self, doc: Doc) -> File {
        let bugfix = self.start.as_ref().is_some_and(|s| s.kind == SpecKind::Bugfix);
        match doc {
            Doc::Requirements if bugfix => File::Bugfix,
            Doc::Requirements => File::Requirements,
            Doc::Design => File::Design,
            Doc::Tasks => File::Tasks,
        }
    }

    /// The name of the next rework.
    pub fn next_rework(&self) -> TaskId {
        let n = self.flow.done.iter().filter(|t| t.0.starts_with("rework ")).count() + 1;
        TaskId(format!("rework {n}"))
    }

    /// The task under way, if one is.
    pub fn task(&self) -> Option<&TaskId> {
        match &self.flow.run {
            Run::Working { task } | Run::Pending { task, .. } | Run::Doing { task, .. } | Run::Halted { task } => {
                Some(task)
            }
            Run::Idle => None,
        }
    }

    /// The document being drafted, if one is.
    pub fn drafting(&self) -> Option<Doc> {
        Doc::ALL.into_iter().find(|d| matches!(self.flow.doc(*d), DocState::Drafting { .. }))
    }

    /// The name of the scene that the gates ask for: what the conversation has to be about.
    pub fn wanted_scene(&self) -> Option<String> {
        if let Some(doc) = self.drafting() {
            let by_agent = |r: &&Revision| r.author == crate::domain::journal::Author::Agent;
            return Some(format!("{} {}", doc.name(), self.revisions(doc).iter().filter(by_agent).count() + 1));
        }
        match &self.flow.run {
            Run::Working { task } | Run::Pending { task, .. } | Run::Doing { task, .. } => {
                Some(if task.0.starts_with("rework ") { task.0.clone() } else { format!("task {task}") })
            }
            Run::Idle | Run::Halted { .. } => None,
        }
    }

    /// Takes in a piece of a reply.
    pub fn stream(&mut self, delta: &Delta) {
        self.partial.take(delta);
    }

    /// What the developer is asked in one line of words, and whether a key can answer it.
    pub fn conversation(&self) -> &[Message] {
        self.scene.as_ref().map_or(&[], |s| &s.talk)
    }
}

fn own_digest(changes: &[Change]) -> Digest {
    use crate::domain::gate::Reviewable;
    OwnChanges { changes: changes.to_vec() }.digest()
}
