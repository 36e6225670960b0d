//! One open spec: its state, its journal, and the loop that carries it on.

use std::{path::PathBuf, sync::Arc};

use tokio::sync::mpsc::Receiver;

use super::{
    next::{GO_ON, Next, bounds, next},
    ports::{Options, Ports},
};
use crate::{
    domain::{
        change::Change,
        commit::MergePlan,
        gate::{Decision, Identity, Reviewable, Subject, Verdict, Via},
        journal::{Author, Delta, Entry, Proposal, Record, Start, Tone},
        path::SpecName,
        phase::{Doc, Effect, Refused, Run},
        session::State,
        turn::message::Message,
        wire::{Command, Event, Unsaved},
    },
    ports::{files::Files, journal::JournalError, journal::JournalStore},
};

/// What stops an entry.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    /// The gates say no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It could not be written down; nothing may follow from it.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// One open spec.
pub struct Session {
    pub(super) ports: Ports,
    pub(super) options: Options,
    pub(super) state: State,
    pub(super) start: Start,
    pub(super) identity: Identity,
    pub(super) journal: Box<dyn JournalStore>,
    pub(super) worktree: Option<PathBuf>,
    /// The plan on the screen.
    pub(super) plan: Option<MergePlan>,
    /// What the task at the gate changes.
    pub(super) pending: Vec<Change>,
    /// How the worktree was when the developer went to change it past this program.
    pub(super) left: Option<Vec<Change>>,
    /// Values of parameters that were given for a deploy: in no record, until a template says that they
    /// are no secrets.
    pub(super) given: Vec<(String, String)>,
    /// The developer has done something since the spec was opened.
    pub(super) started: bool,
    /// The screen has the state: from now on it is told each record.
    pub(super) opened: bool,
}

/// How a session's loop ended.
pub(super) enum Left {
    /// By a command that is not the session's own.
    For(Command),
    /// Because nobody is there any more.
    Gone,
    /// Because the journal cannot be written: nothing more may be done.
    Broken(JournalError),
}

impl Session {
    /// The spec's name.
    pub(super) fn name(&self) -> &SpecName {
        &self.start.name
    }

    /// Writes an entry down, folds it in and tells it. In this order: what is not on disk has not
    /// happened.
    pub(super) fn record(&mut self, entry: Entry) -> Result<Vec<Effect>, Stopped> {
        self.state.check(&entry)?;
        let record = Record { seq: self.state.seq + 1, at: self.ports.clock.now(), entry };
        self.journal.append(&record)?;
        let effects = self.state.apply(&record)?;
        // The screen has streamed text already, piece by piece.
        if !matches!(record.entry, Entry::Streamed(_)) {
            self.tell(Event::Recorded(Box::new(record)));
        }
        Ok(effects)
    }

    /// Tells the screen. What comes about while the spec is being opened is in the state that it
    /// gets then; until that, it shows another spec, or none.
    pub(super) fn tell(&self, event: Event) {
        if self.opened || matches!(event, Event::Refused(_)) {
            (self.ports.tell)(event);
        }
    }

    pub(super) fn note(&mut self, tone: Tone, text: impl Into<String>) -> Result<(), Stopped> {
        self.record(Entry::Noted { tone, text: text.into() }).map(drop)
    }

    /// Runs until a command that is not the session's.
    pub(super) async fn run(&mut self, commands: &mut Receiver<Command>) -> Left {
        loop {
            // Commands first: a stop must not wait behind work that is about to start.
            match commands.try_recv() {
                Ok(command) => match self.take(command) {
                    Ok(None) => continue,
                    Ok(Some(other)) => return Left::For(other),
                    Err(broken) => return Left::Broken(broken),
                },
                Err(tokio::sync::mpsc::error::TryRecvError::Disconnected) => return Left::Gone,
                Err(tokio::sync::mpsc::error::TryRecvError::Empty) => {}
            }
            // While the developer changes the worktree nothing is begun in it.
            let step = if self.left.is_some() { Next::Wait } else { next(&self.state, self.started) };
            if step == Next::Wait {
                self.tell(Event::Waiting);
                match commands.recv().await {
                    Some(command) => match self.take(command) {
                        Ok(None) => continue,
                        Ok(Some(other)) => return Left::For(other),
                        Err(broken) => return Left::Broken(broken),
                    },
                    None => return Left::Gone,
                }
            }
            match self.perform(step, commands).await {
                Ok(None) => {}
                Ok(Some(other)) => return Left::For(other),
                Err(Stopped::Journal(broken)) => return Left::Broken(broken),
                Err(Stopped::Refused(refused)) => {
                    // The next step was read from the state that refuses it: a fault of this
                    // program. Waiting for the developer is the safe answer; going round is not.
                    let why = format!("internal: a step was refused by the gates: {refused}");
                    let halt = Entry::TurnFailed { why, remedy: "continue, or stop with ctrl-c".into() };
                    if let Err(Stopped::Journal(broken)) = self.record(halt) {
                        return Left::Broken(broken);
                    }
                    self.started = false;
                }
            }
        }
    }

    /// Takes a command. One that ends the session comes back.
    pub(super) fn take(&mut self, command: Command) -> Result<Option<Command>, JournalError> {
        // Only asked for: a turn or a command under way goes on.
        if command == Command::List {
            self.tell(match (self.ports.summaries)() {
                Ok(specs) => Event::Specs(specs),
                Err(why) => Event::Refused(why),
            });
            return Ok(None);
        }
        // Looking is no work: nothing starts by it.
        if matches!(command, Command::StepOut | Command::StepIn) {
            let done = if command == Command::StepOut { self.step_out() } else { self.step_in() };
            return match done {
                Ok(()) => Ok(None),
                Err(Stopped::Journal(broken)) => Err(broken),
                Err(Stopped::Refused(refused)) => {
                    self.tell(Event::Refused(refused.to_string()));
                    Ok(None)
                }
            };
        }
        if let Command::Look(sight) = command {
            self.see(sight);
            return Ok(None);
        }
        if let Command::Keep(texts) = command {
            self.keep_unsaved(&texts);
            return Ok(None);
        }
        let leaves = matches!(command, Command::New(_) | Command::Open(_) | Command::Close | Command::Quit);
        if self.left.is_some() && !leaves && command != Command::Cancel {
            let why = "not while you are at work in the worktree yourself; leave the shell or the editor first";
            self.tell(Event::Refused(why.into()));
            return Ok(None);
        }
        if command == Command::ReviewStacks {
            self.review_stacks();
            return Ok(None);
        }
        if leaves {
            return Ok(Some(command));
        }
        // Reading is no reason to take up what was interrupted.
        self.started |= !matches!(command, Command::Read { .. } | Command::ChoosePlace(_));
        match self.command(command) {
            Ok(()) => Ok(None),
            Err(Stopped::Journal(broken)) => Err(broken),
            Err(Stopped::Refused(refused)) => {
                self.tell(Event::Refused(refused.to_string()));
                Ok(None)
            }
        }
    }

    fn command(&mut self, command: Command) -> Result<(), Stopped> {
        match command {
            Command::Draft(doc) => self.record(Entry::DraftAsked(doc)).map(drop),
            Command::Continue => self.go_on(),
            Command::Decide { subject, digest, verdict, remember, note } => {
                let via = self.options.via;
                self.decide(subject, digest, verdict, remember, &note, via)
            }
            Command::Edit { doc, over, text } => self.edit(doc, over, text),
            Command::Amend { from, proposal } => self.amend(from, proposal),
            Command::Comment { anchor, text } => {
                let id = self.state.seq + 1;
                self.record(Entry::Commented { id, anchor, text }).map(drop)
            }
            Command::Remark { spot, text } => {
                let id = self.state.seq + 1;
                self.record(Entry::Remarked { id, spot, text }).map(drop)
            }
            Command::MarkReviewed { path, after, read } => self.record(Entry::Reviewed { path, after, read }).map(drop),
            Command::Read { doc, rev } => {
                let known = self.state.revisions(doc).iter().any(|r| r.digest == rev);
                if !known || self.state.read.contains(&(doc, rev)) {
                    return Ok(());
                }
                self.record(Entry::Read { doc, rev }).map(drop)
            }
            Command::LeaveOwn { digest } => self.record(Entry::OwnLeft { digest }).map(drop),
            Command::ShowOwn => self.show_own(),
            Command::CloseComment { id, resolved } => self.record(Entry::CommentClosed { id, resolved }).map(drop),
            Command::Answer { text } => {
                if self.state.question.is_none() {
                    return Err(Refused::NotNow.into());
                }
                self.record(Entry::Answered { text }).map(drop)
            }
            Command::PlanMerge => self.ask_to_merge(),
            Command::SetAutonomy(autonomy) => self.record(Entry::AutonomySet(autonomy)).map(drop),
            Command::Cloud(ask) => self.ask_cloud(ask),
            Command::ChoosePlace(place) => self.choose_place(place),
            Command::Cancel => self.record(Entry::Cancelled).map(drop),
            Command::StepOut
            | Command::StepIn
            | Command::ReviewStacks
            | Command::Look(_)
            | Command::List
            | Command::Keep(_)
            | Command::New(_)
            | Command::Open(_)
            | Command::Close
            | Command::Quit => Ok(()),
        }
    }

    /// Keeps what the developer is writing beside the journal: it is no record, and goes when it is handed
    /// in.
    fn keep_unsaved(&mut self, texts: &[Unsaved]) {
        let kept = match texts {
            [] => self.journal.keep(""),
            texts => match serde_json::to_string(texts) {
                Ok(text) => self.journal.keep(&text),
                Err(error) => Err(JournalError(error.to_string())),
            },
        };
        if let Err(error) = kept {
            self.tell(Event::Refused(format!("what you write is not kept: {error}")));
        }
    }

    /// What was kept of what the developer wrote.
    ///
    /// # Errors
    /// Why it cannot be read; it stays where it is.
    pub(super) fn unsaved(&mut self) -> Result<Vec<Unsaved>, String> {
        let text = self.journal.kept().map_err(|e| e.to_string())?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        serde_json::from_str(&text).map_err(|e| format!("what you wrote and did not hand in cannot be read: {e}"))
    }

    fn go_on(&mut self) -> Result<(), Stopped> {
        if self.state.flow.is_quiet() && self.take_up_cloud()? {
            return Ok(());
        }
        if self.state.cloud.again
            && self.state.flow.is_quiet()
            && self.state.flow.run == Run::Idle
            && let Some(ask) = self.state.cloud.ask.clone()
        {
            return self.ask_cloud(ask);
        }
        if self.state.cloud.stage.is_some() {
            return self.record(Entry::Continued).map(drop);
        }
        if let Run::Halted { task } = &self.state.flow.run {
            let task = task.clone();
            self.record(Entry::TaskStarted(task))?;
        } else if self.state.halt.is_none() && self.state.flow.is_quiet() {
            return match self.state.next_task() {
                Some(task) if self.state.flow.documents_approved() => self.record(Entry::TaskStarted(task)).map(drop),
                Some(_) | None if self.state.flow.documents_approved() => self.plan_merge(),
                Some(_) | None => self.draft_next(),
            };
        } else {
            self.record(Entry::Continued)?;
        }
        // A word between a call and its result would leave the call without one.
        let stuck = self.state.scene.as_ref().is_some_and(|s| s.open_calls().is_empty() && bounds(&s.talk).is_some());
        if stuck {
            let text = format!("{GO_ON} Try another way than before.");
            self.record(Entry::Told(Message::User { text }))?;
        }
        Ok(())
    }

    fn draft_next(&mut self) -> Result<(), Stopped> {
        let flow = &self.state.flow;
        let missing = flow.order.docs().into_iter().find(|d| flow.doc(*d).rev().is_none());
        match missing.filter(|doc| flow.upstream_drafted(*doc)) {
            Some(doc) => self.record(Entry::DraftAsked(doc)).map(drop),
            None => Err(Refused::NotNow.into()),
        }
    }

    /// Records a decision on what waits.
    pub(super) fn decide(
        &mut self,
        subject: Subject,
        digest: crate::domain::digest::Digest,
        verdict: Verdict,
        remember: bool,
        note: &str,
        via: Via,
    ) -> Result<(), Stopped> {
        if subject == Subject::Override && verdict != Verdict::Approve {
            return Err(Refused::NotNow.into());
        }
        let mut about = self.about(subject);
        if !note.trim().is_empty() {
            about = format!("{about}: {}", note.trim());
        }
        let by_developer = !matches!(via, Via::Standing(_));
        let closes = matches!(subject, Subject::Task | Subject::Merge) && verdict == Verdict::Approve;
        if closes && by_developer && self.state.staged_remarks().next().is_some() {
            let why = "a comment of yours is not sent yet, and after a yes nobody would hear of it; send it back, or delete the comment";
            self.tell(Event::Refused(why.into()));
            return Ok(());
        }
        let verdict = match verdict {
            Verdict::Approve => Verdict::Approve,
            Verdict::Reject { feedback } => Verdict::Reject { feedback: self.with_comments(subject, feedback) },
        };
        let (by, at) = (self.identity.clone(), self.ports.clock.now());
        // A no with words about what was to be deployed is a task for the agent.
        let rework = match &verdict {
            Verdict::Reject { feedback: Some(words) } if subject == Subject::Cloud => {
                Some(format!("The developer does not want this in the account: {about}.\n\n{words}"))
            }
            Verdict::Reject { .. } | Verdict::Approve => None,
        };
        let own = subject == Subject::Own && verdict == Verdict::Approve;
        if own && self.own_moved()? {
            return Ok(());
        }
        let decision = Decision { subject, digest, verdict, by, at, via };
        self.record(Entry::Decided { decision, about, remember })?;
        if own {
            // A document that was changed by hand asks at its own gate.
            self.look()?;
        }
        match rework {
            Some(words) if self.state.flow.documents_approved() && self.state.flow.is_quiet() => self.rework(words),
            Some(_) | None => Ok(()),
        }
    }

    /// The words of a no with the comments that go with it. They are put together here, where all of them
    /// are known: what counts as sent is in what is sent.
    fn with_comments(&self, subject: Subject, feedback: Option<String>) -> Option<String> {
        let words = match (subject, Doc::ALL.into_iter().find(|doc| doc.subject() == subject)) {
            (_, Some(doc)) => self.state.feedback(doc, &feedback?),
            (Subject::Change | Subject::Command | Subject::Task | Subject::Merge, None) => {
                let parts = [feedback.unwrap_or_default(), self.state.remarks_in_words()];
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
            }
            (_, None) => feedback?,
        };
        Some(words).filter(|words| !words.is_empty())
    }

    fn about(&self, subject: Subject) -> String {
        let doc = |doc: Doc| {
            let number = self.state.current(doc).map_or(0, |r| r.number);
            format!("{} r{number}", doc.name())
        };
        match subject {
            Subject::Requirements => doc(Doc::Requirements),
            Subject::Design => doc(Doc::Design),
            Subject::Tasks => doc(Doc::Tasks),
            Subject::Standing => "standing permission".into(),
            Subject::Command | Subject::Cloud if self.state.cloud.at_gate.is_some() => {
                self.state.cloud.at_gate.as_ref().map_or_else(|| subject.to_string(), |g| g.step.about())
            }
            Subject::Change | Subject::Command | Subject::Task => {
                self.state.proposal.as_ref().map_or_else(|| subject.to_string(), |p| p.proposal.about())
            }
            Subject::Override => format!("merge although {}", self.state.merge.held.join("; ")),
            Subject::Merge => format!("merge of {}", self.start.name),
            Subject::Cloud => subject.to_string(),
            Subject::Own => format!("own changes: {}", self.own_names()),
            Subject::PutBack => format!("putting back of own changes: {}", self.own_names()),
        }
    }

    fn edit(&mut self, doc: Doc, over: crate::domain::digest::Digest, text: String) -> Result<(), Stopped> {
        if self.state.flow.doc(doc).rev() != Some(over) {
            return Err(Refused::Moved.into());
        }
        if crate::domain::digest::Digest::of(&text) == over {
            self.tell(Event::Refused("nothing was changed".into()));
            return Ok(());
        }
        // A draft that stopped half way gives way to what the developer wrote.
        if self.state.halt.is_some() && self.state.drafting() == Some(doc) {
            self.record(Entry::Cancelled)?;
        }
        self.record(Entry::Drafted { doc, text, author: Author::Developer }).map(drop)
    }

    /// Takes the developer's version of what is proposed. It is theirs, but it is checked like any:
    /// the same path and base, so that it cannot become another file's change on the way.
    fn amend(&mut self, from: crate::domain::digest::Digest, proposal: Proposal) -> Result<(), Stopped> {
        let Some(there) = &self.state.proposal else { return Err(Refused::NotNow.into()) };
        let fits = match (&there.proposal, &proposal) {
            (Proposal::Change(was), Proposal::Change(new)) => {
                // Of a move the file may also be left where it is.
                let stays = new.from.is_none() && was.from.as_ref() == Some(&new.path);
                (was.path == new.path && was.from == new.from || stays) && was.before == new.before
            }
            (Proposal::Command(_), Proposal::Command(new)) => !new.text.trim().is_empty(),
            (Proposal::Change(_) | Proposal::Command(_) | Proposal::Task(_), _) => false,
        };
        if !fits {
            self.tell(Event::Refused("that is not a version of what waits".into()));
            return Ok(());
        }
        if there.proposal.digest() == proposal.digest() {
            return Ok(());
        }
        self.record(Entry::Amended { from, proposal }).map(drop)
    }

    /// The files to read from: the spec's worktree, or the checkout while there is none.
    pub(super) fn files(&self) -> Arc<dyn Files> {
        let root = self.worktree.clone().unwrap_or_else(|| self.ports.vcs.root());
        (self.ports.files)(root)
    }

    /// The worktree, made when it is first needed.
    pub(super) fn ensure_worktree(&mut self) -> Result<PathBuf, crate::ports::vcs::VcsError> {
        let path = self.ports.vcs.ensure_worktree(&self.start.name)?;
        if self.worktree.as_ref() != Some(&path) {
            self.worktree = Some(path.clone());
            self.tell(Event::Worktree(path.clone()));
        }
        Ok(path)
    }

    /// Writes streamed pieces down.
    pub(super) fn keep(&mut self, pieces: Vec<Delta>) -> Result<(), Stopped> {
        for piece in pieces {
            self.record(Entry::Streamed(piece))?;
        }
        Ok(())
    }
}
