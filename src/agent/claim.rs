//! The end of a task: its tests, and the claim that the developer judges.

use super::{
    session::{Session, Stopped},
    why::{Why, say},
};
use crate::domain::{
    change::{Change, FileState},
    claim::{ClaimedFile, Evidence, TaskClaim, TestResult},
    command::{CommandLine, Confinement, Outcome},
    evidence::{detect::detect, outcome::read_outcome},
    gate::ledger,
    journal::{Entry, Origin, Proposal},
    path::RelPath,
    phase::{Doc, Own, TaskId},
    prose::clean,
    settle::spec_path,
    spec::{SpecKind, tasks},
    turn::message::{Message, ToolCall},
    wire::Event,
};

/// How much of a test run's output is kept as evidence, in characters.
const TAIL: usize = 4000;

/// What a run of the tests says.
pub(super) fn evidence(command: &CommandLine, outcome: &Outcome) -> Evidence {
    let summary = read_outcome(&command.text, &outcome.output, outcome.exit);
    let skip = outcome.output.chars().count().saturating_sub(TAIL);
    Evidence {
        command: Some(command.text.clone()),
        result: if summary.green() { TestResult::Passed } else { TestResult::Failed },
        passed: summary.passed,
        failed: summary.failed,
        tail: outcome.output.chars().skip(skip).collect(),
    }
}

/// What is to be done about the tests of a finished task.
enum Tests {
    Run(CommandLine, String),
    NotRun(String),
}

impl Session {
    /// The model says that the task is finished. Its tests come first, then the claim.
    pub(super) fn finish(&mut self, call: &ToolCall, summary: &str) -> Result<(), Stopped> {
        // What the developer left open goes into no commit unanswered: it asks now, and the call waits.
        if matches!(self.state.flow.own, Own::Open { .. }) {
            return self.show_own();
        }
        // What nothing here changed is no part of the task unanswered.
        if self.notice_outside()? {
            return Ok(());
        }
        let Some(evidence) = self.state.evidence.clone() else { return self.test() };
        if evidence.result == TestResult::Failed
            && self.state.failures <= self.options.test_attempts
            && !self.expects_failure()
            && !self.told_of_failure()
        {
            let content = format!(
                "The task is not finished: the tests failed (attempt {} of {}). Mend the cause, then finish again. \
                 Output of `{}`:\n{}",
                self.state.failures,
                self.options.test_attempts,
                evidence.command.as_deref().unwrap_or("the tests"),
                evidence.tail
            );
            return self
                .record(Entry::Told(Message::Tool { call: call.id.clone(), content, is_error: true }))
                .map(drop);
        }
        match self.claim(summary, evidence) {
            Ok((claim, sensitive)) => {
                // The screen has the files before it is asked to judge them.
                self.tell(Event::Files(self.pending.clone()));
                let proposal = Proposal::Task(Box::new(claim));
                let (why, origin) = (summary.to_owned(), Origin::Call(call.id.clone()));
                self.record(Entry::Proposed { proposal, sensitive, why, origin }).map(drop)
            }
            // The worktree, or a document of the spec, is such that nothing can be claimed: that is nothing
            // the model can mend, and the call is carried out once it is.
            Err(why) => {
                let why = format!("the task cannot be closed: {why}");
                let remedy = "mend that in the worktree (`shell`), then continue".into();
                self.record(Entry::TurnFailed { why, remedy }).map(drop)
            }
        }
    }

    /// True when the model has heard of these failed tests and says that it is finished all the
    /// same without having changed anything: then the developer decides.
    fn told_of_failure(&self) -> bool {
        self.state.conversation().iter().rev().find_map(|m| match m {
            Message::Tool { content, is_error, .. } => {
                Some(*is_error && content.starts_with("The task is not finished"))
            }
            Message::User { .. } | Message::Assistant(_) => None,
        }) == Some(true)
    }

    /// The first task of a bugfix shows the defect: its test has to fail.
    fn expects_failure(&self) -> bool {
        let (Some(task), Some(tasks)) = (self.state.task(), self.state.tasks()) else { return false };
        let shows_defect = |t: &tasks::Task| {
            t.properties.contains(&1) && t.details.iter().any(|d| d.text.to_lowercase().contains("bug condition"))
                || t.title.to_lowercase().contains("bug condition exploration")
        };
        self.start.kind == SpecKind::Bugfix && tasks.get(&task.0).is_some_and(shows_defect)
    }

    fn test(&mut self) -> Result<(), Stopped> {
        match self.tests() {
            Tests::Run(command, why) => {
                let ruled = self.ruled_command(&command);
                let (proposal, origin) = (Proposal::Command(command), Origin::Tests);
                self.record(Entry::Proposed { proposal, sensitive: ruled, why, origin }).map(drop)
            }
            Tests::NotRun(why) => self.record(Entry::Tested(Evidence::not_run(why))).map(drop),
        }
    }

    fn tests(&self) -> Tests {
        let files = self.files();
        let (text, why) = match &self.options.tests {
            Some(command) => (command.clone(), "the configured test command".to_owned()),
            None => {
                let listed = match files.list(None, 20_000) {
                    Ok((listed, _)) => listed,
                    Err(error) => return Tests::NotRun(error.to_string()),
                };
                let names: Vec<&str> = listed.iter().map(RelPath::as_str).collect();
                let read = |name: &str| {
                    let state = files.read(&RelPath::parse(name).ok()?).ok()??;
                    state.text().map(str::to_owned)
                };
                let found = detect(&names, &read);
                let Some(first) = found.iter().find(|t| self.ports.shell.has(t.needs)).or(found.first()) else {
                    return Tests::NotRun("no test command was found; set tests.command in the configuration".into());
                };
                if !self.ports.shell.has(first.needs) {
                    return Tests::NotRun(format!("`{}` needs {}, which is not installed", first.command, first.needs));
                }
                (first.command.clone(), first.why.clone())
            }
        };
        let confinement = self.confinement();
        Tests::Run(CommandLine { text, timeout_s: self.options.test_timeout_s, confinement }, why)
    }

    /// Confined where the system can, else said so.
    pub(super) fn confinement(&self) -> Confinement {
        match self.ports.shell.sandbox() {
            Ok(()) => Confinement::Sandboxed,
            Err(reason) => {
                Confinement::Unsandboxed { reason: format!("this system cannot confine commands: {reason}") }
            }
        }
    }

    fn claim(&mut self, summary: &str, evidence: Evidence) -> Result<(TaskClaim, Vec<String>), Why> {
        let task = self.state.task().cloned().ok_or("no task is under way")?;
        let tick = self.tick(&task)?;
        let pending = self.ports.vcs.pending(self.name()).map_err(say)?;
        let (files, mut sensitive) = self.claimed(&pending);
        sensitive.extend(self.synthesised(&pending));
        self.pending = pending;
        match &evidence.result {
            TestResult::Passed => {}
            TestResult::Failed if self.expects_failure() => {}
            TestResult::Failed | TestResult::NotRun { .. } => sensitive.push(evidence.line()),
        }
        let (title, requirements) = self.described(&task);
        // What git prints to a terminal later must not steer it.
        let message = clean(&format!("{}: {task} {title}\n\n{}\n", self.name(), summary.trim())).into_owned();
        let (spec, summary) = (self.name().clone(), summary.to_owned());
        Ok((TaskClaim { spec, task, title, requirements, summary, files, evidence, tick, message }, sensitive))
    }

    fn described(&self, task: &TaskId) -> (String, Vec<String>) {
        let tasks = self.state.tasks();
        let Some(found) = tasks.as_ref().and_then(|t| t.get(&task.0)) else {
            return ("rework after review".into(), Vec::new());
        };
        let ids = found.requirements.iter().flat_map(|r| r.ids()).map(ToString::to_string).collect();
        (found.title.clone(), ids)
    }

    /// The files of the commit. What a command changed below `.kiro` is left out and said.
    fn claimed(&self, pending: &[Change]) -> (Vec<ClaimedFile>, Vec<String>) {
        let (mut files, mut sensitive) = (Vec::new(), Vec::new());
        for change in pending {
            if change.path.is_kiro() {
                // The program's own, of a commit that failed after they were written.
                let own = [self.start.file(Doc::Tasks), ledger::FILE];
                let is_own = |file: &&str| spec_path(self.name(), file).is_ok_and(|p| p == change.path);
                if !own.iter().any(is_own) {
                    sensitive.push(format!("{} was changed by something else and is left out", change.path));
                }
                continue;
            }
            if change.is_dirt() {
                let path = &change.path;
                sensitive.push(format!(
                    "{path} is a submodule with something inside that is not committed there: no commit here can take \
                     it in, and it is left out"
                ));
                continue;
            }
            let digest = change.after.as_ref().map(FileState::digest);
            let approved = self
                .state
                .applied
                .iter()
                .rev()
                .find(|a| a.change.path == change.path || a.change.from.as_ref() == Some(&change.path));
            let by_command = match approved {
                Some(a) if a.change.path == change.path => a.change.after.as_ref().map(FileState::digest) != digest,
                // The old place of a rename that was approved.
                Some(_) => digest.is_some(),
                None => true,
            };
            let by_developer = !by_command && approved.is_some_and(|a| a.own);
            if by_command {
                sensitive.push(format!("{} was not changed by an approved change", change.path));
            }
            let stats = change.stats();
            let path = change.path.clone();
            files.push(ClaimedFile {
                path,
                digest,
                added: stats.added,
                removed: stats.removed,
                by_command,
                by_developer,
            });
        }
        (files, sensitive)
    }
}
