//! Doing what was approved for the account: a command on this machine, or one request.
//!
//! Always holds: what is done is made from the decision and the bytes that were shown, compared once
//! more; who we are and what is checked out are compared with what was shown before anything is sent.

use std::sync::Arc;

use tokio::sync::mpsc::Receiver;

use super::{
    Beside,
    find::{self, App},
    look,
};
use crate::{
    agent::{
        session::{Session, Stopped},
        tail,
    },
    domain::{
        cloud::{
            action::{CloudAction, Performed, Preparation},
            desk::{AtGate, CloudAsk, Deployment, Purpose, Step, StepDone},
            prepare,
        },
        command::{CommandLine, Confinement, Exit, Outcome},
        covered,
        digest::Digest,
        gate::{Approved, Decision, Shown, Subject, judge},
        journal::{Entry, Tone},
        phase::{Cloud, CloudItem},
        session::State,
        settle::Settlement,
        wire::{Command, Event},
    },
    ports::cloud::CloudErrorKind,
};

impl Session {
    /// Does one approved step.
    pub(in crate::agent) async fn carry_cloud(
        &mut self,
        item: CloudItem,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let digest = item.digest;
        let at_gate = self.state.cloud.at_gate.clone().filter(|g| g.step.item() == item);
        let (Some(at_gate), Some(decision)) = (at_gate, self.approval(item.subject(), digest)) else {
            self.cloud_failed(digest, "there is no approval of it".into(), "ask for it again".into())?;
            return Ok(None);
        };
        match at_gate.step.clone() {
            Step::Local { line, purpose } => self.run_local(line, purpose, decision, commands).await,
            Step::Action(action) => self.act(*action, &at_gate, decision, commands).await,
        }
    }

    fn cloud_failed(&mut self, digest: Digest, why: String, remedy: String) -> Result<(), Stopped> {
        self.record(Entry::CloudFailed { digest: Some(digest), why, remedy, empty: false, unmade: None }).map(drop)
    }

    /// Runs a command of a step; what comes back is none when the developer stopped it.
    async fn run_for_cloud(
        &mut self,
        approved: Approved<CommandLine>,
        commands: &mut Receiver<Command>,
    ) -> Result<Beside<Result<Outcome, String>>, Stopped> {
        let root = self.worktree.clone().unwrap_or_else(|| self.ports.vcs.root());
        let tell = self.ports.tell.clone();
        let sink = Arc::new(move |text: &str| tell(Event::Output(text.to_owned())));
        let running = self.ports.shell.run(root, approved, sink);
        let running = Box::pin(async move { running.await.map_err(|e| e.to_string()) });
        let doing = |state: &State| matches!(state.flow.cloud, Cloud::Doing { .. });
        let before = self.before_command().filter(|_| self.worktree.is_some());
        // Dropping the future kills the command with everything it started.
        let ran = self.beside(running, commands, doing).await?;
        self.after_command(before)?;
        Ok(ran)
    }

    async fn run_local(
        &mut self,
        line: CommandLine,
        purpose: Purpose,
        decision: Decision,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let digest = decision.digest;
        let approved = match judge(Shown::new(line.clone()), decision) {
            Ok(approved) => approved,
            Err(error) => {
                self.cloud_failed(digest, error.to_string(), "look again".into())?;
                return Ok(None);
            }
        };
        let outcome = match self.run_for_cloud(approved, commands).await? {
            Beside::Got(Ok(outcome)) => outcome,
            Beside::Got(Err(why)) => {
                self.cloud_failed(digest, why, "mend it, then deploy again".into())?;
                return Ok(None);
            }
            Beside::Stopped => return Ok(None),
            Beside::Left(command) => return Ok(Some(command)),
        };
        if outcome.succeeded() {
            self.record(Entry::CloudDone { digest, done: StepDone::Ran(outcome) })?;
            return Ok(None);
        }
        if purpose == Purpose::Synthesise && prepare::looks_up(&outcome.output) {
            let target = match &self.state.cloud.ask {
                Some(CloudAsk::Deploy(target)) => target.app.clone(),
                Some(CloudAsk::Synthesise { app }) => app.clone(),
                Some(_) | None => None,
            };
            let files = self.files();
            let dir = match find::chosen(files.as_ref(), target.as_deref()) {
                Ok(App::Cdk(dir)) => dir,
                Ok(App::Template(_)) | Err(_) => String::new(),
            };
            let (why, remedy) = find::has_to_look_up(files.as_ref(), &dir);
            self.cloud_failed(digest, why, remedy)?;
            return Ok(None);
        }
        let (what, last) = (ended(&line, &outcome), last_line(&outcome.output));
        self.cloud_failed(digest, format!("{what}: {last}"), "mend the cause, then deploy again".into())?;
        // The sandbox has no network: what needs one asks for it, with the reason that was seen.
        if line.confinement == Confinement::Sandboxed
            && let Some(sign) = prepare::wants_out(&outcome.output)
        {
            let sign: String = sign.chars().take(200).collect();
            let reason = format!("in the sandbox it failed: {sign}");
            let line = prepare::let_out(&line, reason.clone());
            let notes = vec![format!("the project's code runs as you, not in the sandbox; {reason}")];
            let why = "the same command, outside of the sandbox".to_owned();
            self.record(look::proposed(Step::Local { line, purpose }, why, notes))?;
        }
        Ok(None)
    }

    async fn act(
        &mut self,
        action: CloudAction,
        at_gate: &AtGate,
        decision: Decision,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let digest = decision.digest;
        let again = || "ask for it again, and look at what is shown then".to_owned();
        if let CloudAction::Prepare(p) = &action
            && let Err(why) = self.still_checked_out(&p.commit)
        {
            self.cloud_failed(digest, why, again())?;
            return Ok(None);
        }
        let approved = match judge(Shown::new(action.clone()), decision.clone()) {
            Ok(approved) => approved,
            Err(error) => {
                self.cloud_failed(digest, error.to_string(), again())?;
                return Ok(None);
            }
        };
        let (cloud, shown) = (self.ports.cloud.clone(), action.account().clone());
        let of = Deployment::of(&action, None);
        let looking = Box::pin(async move {
            let now = cloud.identity().await?;
            let after = match &of {
                Some(d) => {
                    let name = if d.stack_id.is_empty() { &d.stack } else { &d.stack_id };
                    match cloud.events(name, None).await {
                        Ok(events) => events.last().map(|e| e.id.clone()),
                        Err(e) if e.kind == CloudErrorKind::NotFound => None,
                        Err(e) => return Err(e),
                    }
                }
                None => None,
            };
            Ok((now, after))
        });
        let doing = |state: &State| matches!(state.flow.cloud, Cloud::Doing { .. });
        let after = match self.beside(looking, commands, doing).await? {
            Beside::Got(Ok((now, after))) if now.is_same(&shown) => after,
            Beside::Got(Ok((now, _))) => {
                let why = format!(
                    "you are {} in account {}, {} now, and this was approved for {} in {}, {}",
                    now.arn, now.id, now.region, shown.arn, shown.id, shown.region
                );
                self.cloud_failed(digest, why, again())?;
                return Ok(None);
            }
            Beside::Got(Err(error)) => {
                self.cloud_failed(digest, error.message, error.remedy)?;
                return Ok(None);
            }
            Beside::Stopped => return Ok(None),
            Beside::Left(command) => return Ok(Some(command)),
        };
        self.record(Entry::CloudBegun { digest, after })?;
        if let CloudAction::Prepare(shown) = &action
            && let Some(command) = approved.grant::<Option<CommandLine>>().transpose()
        {
            return self.prepare_by_command(shown.as_ref().clone(), digest, command, commands).await;
        }
        let cloud = self.ports.cloud.clone();
        let (called, every, tell) = (called(&action), self.options.follow_every, self.ports.tell.clone());
        let sending = Box::pin(async move {
            match called {
                Some(function) => tail::beside(cloud.perform(approved), cloud.clone(), function, every, tell).await,
                None => cloud.perform(approved).await,
            }
        });
        let result = match self.beside(sending, commands, doing).await? {
            Beside::Got(result) => result,
            Beside::Stopped => return Ok(None),
            Beside::Left(command) => return Ok(Some(command)),
        };
        let runs = Deployment::of(&action, None).is_some();
        let behind = matches!(self.state.flow.cloud, Cloud::Doing { behind: Some(_), .. });
        match result {
            Ok(Performed::Accepted) if runs && !behind => self.record(Entry::CloudRunning { digest }).map(drop)?,
            Ok(performed) => {
                let done = StepDone::Performed(covered::performed(performed));
                self.record(Entry::CloudDone { digest, done })?;
                self.note_in_ledger(&decision)?;
            }
            // Nobody knows whether it arrived: following it tells.
            Err(error) if runs && !behind && unknown(error.kind) => {
                self.note(Tone::Warning, format!("{}; whether it began is looked at", error.message))?;
                self.record(Entry::CloudRunning { digest })?;
            }
            Err(error) => {
                self.cloud_failed(digest, error.message.clone(), error.remedy)?;
                if error.kind != CloudErrorKind::Moved || at_gate.decision.is_none() {
                    return Ok(None);
                }
                match &action {
                    CloudAction::Deploy { set, commit } => {
                        let (stack, change_set, commit) = (set.stack.clone(), set.name.clone(), commit.clone());
                        self.record(Entry::CloudAsked(CloudAsk::Review { stack, change_set, commit }))?;
                    }
                    // What led to it leads to what is there now.
                    CloudAction::DeleteStack { .. } => {
                        if let Some(ask) = self.state.cloud.ask.clone() {
                            self.record(Entry::CloudAsked(ask))?;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(None)
    }

    async fn prepare_by_command(
        &mut self,
        shown: Preparation,
        digest: Digest,
        command: Approved<CommandLine>,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let line = command.item().clone();
        match self.run_for_cloud(command, commands).await? {
            Beside::Got(Ok(outcome)) if outcome.succeeded() => {
                self.record(Entry::CloudDone { digest, done: StepDone::Ran(outcome) })?;
            }
            Beside::Got(Ok(outcome)) => {
                let looking = Box::pin(unmade(self.ports.cloud.clone(), shown, digest));
                let doing = |state: &State| matches!(state.flow.cloud, Cloud::Doing { .. });
                match self.beside(looking, commands, doing).await? {
                    Beside::Got(Some(entry)) => return self.record(entry).map(|_| None),
                    Beside::Got(None) => {}
                    Beside::Stopped => return Ok(None),
                    Beside::Left(command) => return Ok(Some(command)),
                }
                let why = format!("{}: {}", ended(&line, &outcome), last_line(&outcome.output));
                let remedy = if outcome.output.contains("bootstrap") {
                    "is the account bootstrapped? `npx cdk bootstrap` does it, once".to_owned()
                } else {
                    "mend the cause, then deploy again".to_owned()
                };
                self.cloud_failed(digest, why, remedy)?;
            }
            Beside::Got(Err(why)) => self.cloud_failed(digest, why, "mend it, then deploy again".into())?,
            Beside::Stopped => {}
            Beside::Left(command) => return Ok(Some(command)),
        }
        Ok(None)
    }

    /// What is checked out must be what was shown.
    fn still_checked_out(&self, commit: &str) -> Result<(), String> {
        let head = self.world().head?;
        if head.commit != commit {
            return Err(format!("commit {} is checked out now, and {commit} was shown", head.commit));
        }
        match head.changed.first() {
            Some(first) => Err(format!("{first} was changed since it was shown")),
            None => Ok(()),
        }
    }

    /// Puts the decision on the branch, so that the record travels with it. A spec without a branch
    /// has it in its journal alone.
    pub(super) fn note_in_ledger(&mut self, decision: &Decision) -> Result<(), Stopped> {
        let unwritten = self.state.decisions.len() > self.state.ledgered;
        if self.worktree.is_none() || !unwritten || !self.state.flow.is_quiet() {
            return Ok(());
        }
        let written = self.surroundings(None).and_then(|around| {
            let about = self.state.decisions.iter().rev().find(|n| n.decision == *decision).map(|n| n.about.clone());
            let settlement = Settlement::cloud(decision.digest, &about.unwrap_or_default(), &around);
            self.settle(settlement.map_err(|e| e.to_string())?, decision.clone())
        });
        match written {
            Ok(commit) => {
                self.record(Entry::CloudRecorded { commit })?;
                // The branch has one more commit now: a merge that was planned is another one.
                if matches!(self.state.flow.merge, crate::domain::phase::Merge::Review { .. }) {
                    self.plan_merge()?;
                }
                Ok(())
            }
            Err(why) => self.note(Tone::Warning, format!("the decision is in the journal only: {why}")),
        }
    }

    /// The decision that a deploy runs by.
    pub(super) fn decision_of(&self, digest: Digest) -> Option<Decision> {
        self.approval(Subject::Cloud, digest)
    }
}

/// What AWS says of the change set that a command failed to make, where it says more than the command.
async fn unmade(cloud: Arc<dyn crate::ports::cloud::Cloud>, shown: Preparation, digest: Digest) -> Option<Entry> {
    let set = cloud.change_set(&shown.stack, &shown.change_set).await.ok().flatten()?;
    if set.status != "FAILED" || look::is_empty(&set) {
        return None;
    }
    let entry = look::unmade(cloud.as_ref(), set, Some(digest)).await;
    matches!(entry, Entry::CloudFailed { unmade: Some(_), .. }).then_some(entry)
}

/// The function that an action calls.
fn called(action: &CloudAction) -> Option<String> {
    if let CloudAction::Invoke { function, .. } = action { Some(function.clone()) } else { None }
}

/// True when it cannot be told whether the request arrived.
fn unknown(kind: CloudErrorKind) -> bool {
    matches!(kind, CloudErrorKind::Network | CloudErrorKind::Throttled | CloudErrorKind::Other)
}

fn ended(line: &CommandLine, outcome: &Outcome) -> String {
    let text: String = line.text.chars().take(80).collect();
    match outcome.exit {
        Exit::Code(code) => format!("`{text}` ended with {code}"),
        other => format!("`{text}`: {other}"),
    }
}

/// The last line that says something.
fn last_line(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let telling = |l: &&&str| l.to_lowercase().contains("error") || l.contains("❌") || l.contains("failed");
    let line = lines.iter().rev().find(telling).or(lines.last()).copied().unwrap_or("it said nothing");
    line.chars().take(300).collect()
}
