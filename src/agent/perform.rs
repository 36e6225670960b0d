//! Doing what comes next: each step ends in an entry of the journal.

use tokio::sync::mpsc::Receiver;

use super::{
    account,
    next::Next,
    prompt,
    session::{Session, Stopped},
    why::{Why, say},
};
use crate::{
    domain::{
        change::{ChangeSet, FileState},
        claim::{Document, Standing},
        commit::Commit,
        digest::Digest,
        gate::{Approved, Decision, Shown, Subject, Verdict, Via, judge, ledger},
        journal::{Done, Entry, Origin, Proposal},
        phase::{Doc, Item, ItemKind, TaskId},
        settle::{Settlement, Surroundings, spec_path},
        spec::{edit, tasks::Mark},
        turn::message::Message,
        wire::{Command, Event},
    },
    ports::files::FilesError,
};

impl Session {
    /// Does one step. A command that is not the session's own comes back.
    pub(super) async fn perform(
        &mut self,
        step: Next,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        match step {
            Next::Wait => {}
            Next::OpenScene(name) => self.open_scene(name).await?,
            Next::Exchange => return self.exchange(commands).await,
            Next::Tell { call, content, is_error } => {
                self.record(Entry::Told(Message::Tool { call, content, is_error }))?;
            }
            Next::Call(call) => {
                // Without its worktree the checkout would be read in its place.
                if self.state.drafting().is_none()
                    && let Err(error) = self.ensure_worktree()
                {
                    self.record(Entry::TaskHalted { why: error.to_string() })?;
                    return Ok(None);
                }
                if self.has_account() && account::is_one(&call.name) {
                    return self.look_at_account(&call, commands).await;
                }
                self.call(&call)?;
            }
            Next::Nudge(text) => {
                self.record(Entry::Told(Message::User { text: text.into() }))?;
            }
            Next::Halt(why) => {
                let remedy = "continue to let it go on, or stop it and take another way".into();
                self.record(Entry::TurnFailed { why, remedy })?;
            }
            Next::Save { doc, rev } => self.save(doc, rev)?,
            Next::Do(item) => return self.carry_out(item, commands).await,
            Next::Merge(digest) => self.merge(digest)?,
            Next::SaveOverride(digest) => self.save_override(digest)?,
            Next::PlanMerge => self.ask_to_merge()?,
            Next::ShowStanding => {
                let standing = Standing { spec: self.name().clone(), rests_on: self.state.standing_base() };
                self.record(Entry::StandingShown(standing))?;
            }
            Next::JudgeBy { permission, subject, digest } => {
                self.decide(subject, digest, Verdict::Approve, false, "", Via::Standing(permission))?;
            }
            Next::CloudStage(stage) => return self.cloud_stage(stage, commands).await,
            Next::Cloud(item) => return self.carry_cloud(item, commands).await,
            Next::Follow(digest) => return self.follow_cloud(digest, commands).await,
            Next::PutBack(digest) => self.put_back(digest)?,
            Next::TellOwn(text) => {
                self.record(Entry::Told(Message::User { text }))?;
            }
            Next::Draft(doc) => {
                self.record(Entry::DraftAsked(doc))?;
            }
            Next::Start(task) => {
                self.record(Entry::TaskStarted(task))?;
            }
        }
        Ok(None)
    }

    async fn open_scene(&mut self, name: String) -> Result<(), Stopped> {
        // A task works in its worktree from its first look on.
        if self.state.drafting().is_none()
            && let Err(error) = self.ensure_worktree()
        {
            self.record(Entry::TaskHalted { why: error.to_string() })?;
            return Ok(());
        }
        let in_play: Vec<_> = self.state.applied.iter().map(|a| a.change.path.clone()).collect();
        let context = (self.ports.context)(self.files());
        let gathered = context.gather(&self.start, &in_play).await;
        for note in &gathered.notes {
            self.note(crate::domain::journal::Tone::Warning, note.clone())?;
        }
        let message = match (self.state.drafting(), self.state.task()) {
            (Some(doc), _) => prompt::document(&self.state, &self.start, doc, &gathered),
            (None, Some(task)) => {
                let feedback = self.rework_feedback(task);
                prompt::task(&self.state, &self.start, task, &gathered, feedback.as_deref())
            }
            (None, None) => return Ok(()),
        };
        self.record(Entry::SceneStarted { name, message }).map(drop)
    }

    fn rework_feedback(&self, task: &TaskId) -> Option<String> {
        if !task.0.starts_with("rework ") {
            return None;
        }
        if let Some((_, words)) = self.state.rework.as_ref().filter(|(of, _)| of == task) {
            return Some(words.clone());
        }
        self.state.decisions.iter().rev().find_map(|n| match &n.decision {
            Decision { subject: Subject::Merge, verdict: Verdict::Reject { feedback }, .. } => feedback.clone(),
            _ => None,
        })
    }

    /// The decision that approved these bytes.
    pub(super) fn approval(&self, subject: Subject, digest: Digest) -> Option<Decision> {
        let is_it = |d: &&Decision| d.subject == subject && d.digest == digest && d.verdict == Verdict::Approve;
        self.state.decisions.iter().rev().map(|n| &n.decision).find(is_it).cloned()
    }

    /// What a settlement needs to know of the ledger.
    pub(super) fn surroundings(&self, yields: Option<Digest>) -> Result<Surroundings, Why> {
        let ledger = self.own_ledger()?;
        let open = self.state.decisions.get(self.state.ledgered..).unwrap_or_default();
        let mut decisions: Vec<_> = open.iter().map(|n| (n.about.clone(), n.decision.clone(), n.yields)).collect();
        if let Some((_, _, last)) = decisions.last_mut()
            && yields.is_some()
        {
            *last = yields;
        }
        Ok(Surroundings { spec: self.name().clone(), ledger, decisions })
    }

    /// The ledger in the worktree: what is committed and, after a crash, decisions of this journal.
    /// Anything else was put there by a command or by hand, and is not taken along.
    fn own_ledger(&self) -> Result<Option<FileState>, Why> {
        let path = spec_path(self.name(), ledger::FILE).map_err(say)?;
        let there = self.files().read(&path).map_err(say)?;
        let committed = self.ports.vcs.committed(self.name(), &path).map_err(say)?;
        if there == committed {
            return Ok(there);
        }
        let text = |state: &Option<FileState>| state.as_ref().and_then(|s| s.text().map(str::to_owned));
        let (now, before) = (text(&there).unwrap_or_default(), text(&committed).unwrap_or_default());
        let added = now.strip_prefix(before.as_str()).is_some();
        let known = before.lines().filter(|l| !l.trim().is_empty()).count();
        let is_ours = |line: &ledger::Line| self.state.decisions.iter().any(|n| n.decision == line.decision);
        if added && ledger::read(&now).map_err(say)?.iter().skip(known).all(is_ours) {
            return Ok(there);
        }
        Err(format!("{path} was changed in the worktree by something else; restore it with git, then try again"))
    }

    /// Writes and commits what an approval settles; gives the commit's id.
    pub(super) fn settle(&mut self, settlement: Settlement, decision: Decision) -> Result<String, Why> {
        let approved = judge(Shown::new(settlement), decision).map_err(say)?;
        self.ensure_worktree().map_err(say)?;
        let files: Approved<ChangeSet> = approved.grant();
        let commit: Approved<Commit> = approved.grant();
        self.files().apply(files).map_err(say)?;
        self.ports.vcs.commit(self.name(), commit).map_err(say)
    }

    fn save(&mut self, doc: Doc, rev: Digest) -> Result<(), Stopped> {
        let entry = match self.try_save(doc, rev) {
            Ok(commit) => Entry::Saved { doc, commit },
            Err(why) => Entry::SaveFailed { doc, why },
        };
        self.record(entry).map(drop)
    }

    fn try_save(&mut self, doc: Doc, rev: Digest) -> Result<String, Why> {
        let revision = self.state.current(doc).ok_or("the approved revision is not in the journal")?.clone();
        let decision = self.approval(doc.subject(), rev).ok_or("there is no approval of this revision")?;
        self.ensure_worktree().map_err(say)?;
        let file = self.start.file(doc);
        let path = spec_path(self.name(), file).map_err(say)?;
        let before = self.files().read(&path).map_err(say)?;
        // What lies there must be a text that the developer has seen here, or an old one of the
        // branch: somebody else's work is not written over.
        if let Some(there) = &before {
            let digest = Digest::of(&*there.bytes);
            let seen = self.state.revisions(doc).iter().any(|r| r.digest == digest);
            let committed = self.ports.vcs.committed(self.name(), &path).map_err(say)?;
            if !seen && committed.as_ref() != Some(there) {
                return Err(format!("{path} was changed in the worktree by something else; move that aside first"));
            }
        }
        let around = self.surroundings(None)?;
        let document = Document { doc, text: revision.text };
        let settlement = Settlement::document(document, revision.number, file, before, &around).map_err(say)?;
        self.settle(settlement, decision)
    }

    async fn carry_out(&mut self, item: Item, commands: &mut Receiver<Command>) -> Result<Option<Command>, Stopped> {
        let digest = item.digest;
        let Some(proposed) = self.state.proposal.clone() else {
            self.record(Entry::Failed { digest, why: "it is not in the journal".into() })?;
            return Ok(None);
        };
        let Some(decision) = self.approval(item.kind.subject(), digest) else {
            self.record(Entry::Failed { digest, why: "there is no approval of it".into() })?;
            return Ok(None);
        };
        // Never into the checkout, should the worktree have gone.
        if let Err(error) = self.ensure_worktree() {
            self.record(Entry::Failed { digest, why: error.to_string() })?;
            return Ok(None);
        }
        let result = match proposed.proposal {
            Proposal::Change(change) => judge(Shown::new(change), decision)
                .map_err(say)
                .and_then(|approved| self.files().apply(approved.grant()).map_err(|e: FilesError| say(e)))
                .map(|()| Done::Applied),
            Proposal::Task(claim) => self.close_task(*claim, decision),
            Proposal::Command(command) => {
                debug_assert_eq!(item.kind, ItemKind::Command);
                let tests = proposed.origin == Origin::Tests;
                return self.run_command(digest, command, decision, tests, commands).await;
            }
        };
        let entry = match result {
            Ok(done) => Entry::Finished { digest, done },
            Err(why) => Entry::Failed { digest, why },
        };
        self.record(entry)?;
        Ok(None)
    }

    fn close_task(&mut self, claim: crate::domain::claim::TaskClaim, decision: Decision) -> Result<Done, Why> {
        let tasks = claim.tick.as_ref().and_then(|tick| tick.after.as_ref()).and_then(|after| after.text());
        let tasks = tasks.map(|text| (Digest::of(text), text.to_owned()));
        let around = self.surroundings(tasks.as_ref().map(|(digest, _)| *digest))?;
        let settlement = Settlement::task(claim, &around).map_err(say)?;
        let commit = self.settle(settlement, decision)?;
        Ok(Done::Committed { commit, tasks })
    }

    async fn run_command(
        &mut self,
        digest: Digest,
        command: crate::domain::command::CommandLine,
        decision: Decision,
        tests: bool,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let approved = match judge(Shown::new(command.clone()), decision) {
            Ok(approved) => approved,
            Err(error) => {
                self.record(Entry::Failed { digest, why: error.to_string() })?;
                return Ok(None);
            }
        };
        let root = match self.ensure_worktree() {
            Ok(root) => root,
            Err(error) => {
                self.record(Entry::Failed { digest, why: error.to_string() })?;
                return Ok(None);
            }
        };
        let tell = self.ports.tell.clone();
        let sink = std::sync::Arc::new(move |text: &str| tell(Event::Output(text.to_owned())));
        let before = self.before_command();
        let mut running = self.ports.shell.run(root, approved, sink);
        let outcome = loop {
            tokio::select! {
                biased;
                taken = commands.recv() => {
                    let Some(taken) = taken else { return Ok(Some(Command::Quit)) };
                    if let Some(other) = self.take(taken)? {
                        return Ok(Some(other));
                    }
                    // Dropping the future kills the command with everything it started.
                    if self.state.flow.due().is_none() {
                        drop(running);
                        self.after_command(before)?;
                        return Ok(None);
                    }
                }
                outcome = &mut running => break outcome,
            }
        };
        // Before it counts as done: should the program die in between, it was cut off.
        self.after_command(before)?;
        match outcome {
            Ok(outcome) => {
                let evidence = tests.then(|| super::claim::evidence(&command, &outcome));
                self.record(Entry::Finished { digest, done: Done::Ran(outcome) })?;
                if let Some(evidence) = evidence {
                    self.record(Entry::Tested(evidence))?;
                }
            }
            Err(error) => {
                self.record(Entry::Failed { digest, why: error.to_string() })?;
                if tests {
                    let evidence = crate::domain::claim::Evidence::not_run(error.to_string());
                    self.record(Entry::Tested(evidence))?;
                }
            }
        }
        Ok(None)
    }

    /// The tick of a task in `tasks.md`, as a change of exactly the bytes between the brackets.
    pub(super) fn tick(&self, task: &TaskId) -> Result<Option<crate::domain::change::Change>, Why> {
        if task.0.starts_with("rework ") {
            return Ok(None);
        }
        let path = spec_path(self.name(), self.start.file(Doc::Tasks)).map_err(say)?;
        let before = self.files().read(&path).map_err(say)?.ok_or_else(|| format!("{path} is not there"))?;
        let text = before.text().ok_or_else(|| format!("{path} is not UTF-8"))?;
        let approved = self.state.flow.doc(Doc::Tasks).rev().ok_or("tasks.md is not approved")?;
        let ticked = |text: &str| {
            let edits = edit::tick_edits(text, approved, &task.0, Mark::Done)?;
            edit::apply(text, approved, &edits)
        };
        let (before, after) = match ticked(text) {
            Ok(after) => (before.clone(), after),
            Err(error) => {
                // Ticked for a commit that then failed: the tick is made from what is committed.
                let committed = self.ports.vcs.committed(self.name(), &path).map_err(say)?;
                let again = committed.and_then(|state| Some((ticked(state.text()?).ok()?, state)));
                match again {
                    Some((after, state)) if after == text => (state, after),
                    Some(_) | None => return Err(say(error)),
                }
            }
        };
        let mut ticked = before.clone();
        ticked.bytes = after.into_bytes().into();
        let after = ticked;
        Ok(Some(crate::domain::change::Change { path, from: None, before: Some(before), after: Some(after) }))
    }
}
