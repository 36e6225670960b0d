//! Bringing templates into an account, step by step through the gates.
//!
//! The developer asks ([`CloudAsk`]); this looks, and puts the next step at the gate: a command that
//! makes the template, a change set to be made, a change set to be executed. What was approved is
//! done by [`carry`], and what the account then does by itself is followed by [`follow`].
//!
//! Always holds: looking changes nothing; everything else is approved first, by the digest of what is
//! shown; what moved in between is refused and shown again. Nothing is put away unasked. The value of a
//! parameter is in no record before a template that was read says that it is no secret.

mod analyze;
pub mod bundle;
mod carry;
pub mod find;
mod follow;
pub mod inside;
mod look;
mod remains;
mod why;

pub use self::{
    find::{assembled, own_cli},
    look::stack_name,
};
pub use super::stacks::calls;

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::Receiver;

use super::session::{Session, Stopped};
use crate::{
    domain::{
        cloud::{
            desk::{CloudAsk, Deployment, Stage, Step},
            progress::Reason,
        },
        journal::Entry,
        phase::{Cloud as Where, CloudItem},
        policy::secrets::redact,
        session::State,
        wire::{Command, Event},
    },
    ports::{
        cloud::{Cloud, CloudError, CloudErrorKind},
        files::Files,
    },
};

/// Reasons, a line each.
fn listed(reasons: &[Reason]) -> String {
    let lines: Vec<String> = reasons.iter().map(|reason| format!("- {}", redact(&reason.words()))).collect();
    lines.join("\n")
}

/// Why a look leads nowhere, and what to do.
pub type No = (String, String);

/// What a look gives.
pub type Look<T> = Result<T, No>;

pub(super) fn no(error: CloudError) -> No {
    (error.message, error.remedy)
}

/// How something ended that ran beside the developer's commands.
pub(super) enum Beside<T> {
    /// It came to its end.
    Got(T),
    /// The developer stopped it.
    Stopped,
    /// The session ends.
    Left(Command),
}

/// What a look needs of the world, apart from the session.
pub(super) struct World {
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) files: Arc<dyn Files>,
    /// Where the templates are read from.
    pub(super) root: PathBuf,
    /// The commit that is checked out there, and what is not as it has it.
    pub(super) head: Result<crate::ports::vcs::Head, String>,
    /// The CDK command is on the path.
    pub(super) has_cdk: bool,
    /// The name a stack gets when nothing else names it.
    pub(super) stack: String,
    /// The bucket for large templates that the settings name.
    pub(super) bucket: Option<String>,
    pub(super) every: std::time::Duration,
}

impl Session {
    /// Takes what the developer asks of the account.
    pub(super) fn ask_cloud(&mut self, ask: CloudAsk) -> Result<(), Stopped> {
        if !self.start.aws {
            self.tell(Event::Refused(
                "AWS is no part of this spec; start one with AWS on, or use `kiro-tui aws`".into(),
            ));
            return Ok(());
        }
        if ask == CloudAsk::Mend {
            return self.mend();
        }
        if let Some(why) = self.in_the_way(&ask) {
            self.tell(Event::Refused(why));
            return Ok(());
        }
        let flow = &self.state.flow;
        if matches!(ask, CloudAsk::Deploy(_))
            && flow.documents_approved()
            && let Some(task) = self.state.next_task()
        {
            self.tell(Event::Refused(format!("not yet: task {task} is open; a deploy comes after the tasks")));
            return Ok(());
        }
        let ask = match ask {
            CloudAsk::Deploy(target) => {
                for (name, value) in target.values() {
                    self.given.retain(|(known, _)| known != name);
                    self.given.push((name.clone(), value.clone()));
                }
                CloudAsk::Deploy(target.withheld())
            }
            other => other,
        };
        self.record(Entry::CloudAsked(ask)).map(drop)
    }

    /// Why nothing can be asked of the account now, and what can be done instead.
    fn in_the_way(&self, ask: &CloudAsk) -> Option<String> {
        let flow = &self.state.flow;
        if matches!(ask, CloudAsk::Stop) && matches!(flow.cloud, Where::Running { .. }) {
            return None;
        }
        if let Some(task) = self.state.task() {
            // What there is to do stands first: on a narrow screen the rest may be cut off.
            let instead = match ask {
                CloudAsk::Synthesise { .. } => "tell the agent to synthesise in it, or wait for its end",
                _ => "the account is asked after it",
            };
            return Some(format!(
                "task {task} is under way: {instead}; what it has at its gate is bound to files that nothing else may change"
            ));
        }
        let why = match flow.cloud {
            Where::Review { .. } => "something for the account waits for your decision; decide on that first",
            Where::Doing { .. } => "what you approved for the account is being done; wait for its end",
            Where::Running { .. } => "a deploy is under way in the account; follow it to its end, or ask to stop it",
            Where::Idle if flow.own.is_busy() => "your own changes wait for your decision; decide on them first",
            Where::Idle if !flow.is_quiet() => "the agent is at work; wait for its end, or stop it, then ask again",
            Where::Idle if !flow.may_deploy() => {
                "not before the documents are approved: what goes into the account follows from them"
            }
            Where::Idle => return None,
        };
        Some(why.to_owned())
    }

    /// What was asked for, with the values that no record has.
    fn whole(&self, ask: CloudAsk) -> Look<CloudAsk> {
        let CloudAsk::Deploy(target) = ask else { return Ok(ask) };
        target.restored(&self.given).map(CloudAsk::Deploy).map_err(|name| {
            let why = format!(
                "the value of parameter {name} is not known any more: it is in no record before the template says that \
                 it is no secret"
            );
            (why, "deploy again, with the values".to_owned())
        })
    }

    /// The reasons of a failure go to the agent as a rework.
    fn mend(&mut self) -> Result<(), Stopped> {
        if let Some(unmade) = &self.state.cloud.unmade {
            let words = format!(
                "Change set {} of stack {} could not be made. What AWS says of it:\n\n{}\n\nMend the cause in the \
                 templates or the code. Nothing in the account can be changed from here.",
                unmade.change_set,
                unmade.stack,
                listed(&unmade.reasons)
            );
            return self.rework(words);
        }
        let Some((going, end)) = self.state.cloud.failed() else {
            self.tell(Event::Refused("there is no failed deploy to mend".into()));
            return Ok(());
        };
        if going.was_stopped() {
            let why = format!(
                "the deploy of stack {} was stopped and did not fail: there is nothing to mend; deploy again when you like",
                going.deployment.stack
            );
            self.tell(Event::Refused(why));
            return Ok(());
        }
        let words = format!(
            "The deploy of stack {} failed and ended as {}. What AWS says of it:\n\n{}\n\nMend the cause in the templates \
             or the code. Nothing in the account can be changed from here.",
            going.deployment.stack,
            end.status,
            listed(&end.reasons)
        );
        self.rework(words)
    }

    /// Starts a rework with these words for the agent.
    pub(super) fn rework(&mut self, words: String) -> Result<(), Stopped> {
        let task = self.state.next_rework();
        self.record(Entry::ReworkAsked { task, words }).map(drop)
    }

    /// What was being done for the account when the program ended. Nothing is sent a second time.
    pub(super) fn interrupted_cloud(&mut self, item: CloudItem) -> Result<(), Stopped> {
        let digest = item.digest;
        let step = self.state.cloud.at_gate.as_ref().map(|g| g.step.clone());
        let begun = self.state.cloud.unfinished().is_some_and(|g| g.deployment.digest == digest);
        if begun {
            // Whether it arrived, the account knows: following it tells.
            return self.record(Entry::CloudRunning { digest }).map(drop);
        }
        let (why, remedy) = match step {
            Some(Step::Action(action)) if Deployment::of(&action, None).is_some() => {
                ("kiro-tui ended before this was sent; nothing was done", "ask for it again")
            }
            Some(_) | None => (
                "kiro-tui ended while this was done; it is not known how far it came",
                "ask for it again: what is there already is found",
            ),
        };
        self.record(Entry::CloudFailed {
            digest: Some(digest),
            why: why.into(),
            remedy: remedy.into(),
            empty: false,
            unmade: None,
        })
        .map(drop)
    }

    /// True when the app that is to be deployed was synthesised to several stacks.
    fn has_several(&self, ask: &CloudAsk) -> bool {
        let CloudAsk::Deploy(target) = ask else { return false };
        let files = self.files();
        match find::chosen(files.as_ref(), target.app.as_deref()) {
            Ok(find::App::Cdk(dir)) => find::stacks(files.as_ref(), &dir).is_ok_and(|all| all > 1),
            Ok(find::App::Template(_)) | Err(_) => false,
        }
    }

    pub(super) fn world(&self) -> World {
        let root = self.worktree.clone().unwrap_or_else(|| self.ports.vcs.root());
        let named = self.ports.vcs.root().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        World {
            cloud: self.ports.cloud.clone(),
            files: self.files(),
            head: self.ports.vcs.head(&root).map_err(|e| e.to_string()),
            root,
            has_cdk: self.ports.shell.has("cdk"),
            stack: look::stack_name(&named),
            bucket: self.options.bucket.clone(),
            every: self.options.follow_every,
        }
    }

    /// Looks at what comes next, and puts it at the gate.
    pub(super) async fn cloud_stage(
        &mut self,
        stage: Stage,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let Some(ask) = self.state.cloud.ask.clone() else {
            let why = "nothing was asked of the account".to_owned();
            self.record(Entry::CloudFailed {
                digest: None,
                why,
                remedy: "ask for it again".into(),
                empty: false,
                unmade: None,
            })?;
            return Ok(None);
        };
        let ask = match self.whole(ask) {
            Ok(ask) => ask,
            Err((why, remedy)) => {
                self.record(Entry::CloudFailed { digest: None, why, remedy, empty: false, unmade: None })?;
                return Ok(None);
            }
        };
        let mut offers = false;
        let several = stage == Stage::Assembled
            && matches!(&ask, CloudAsk::Deploy(target) if target.stack.is_none())
            && self.has_several(&ask);
        let (world, desk, confinement) = (self.world(), self.state.cloud.clone(), self.confinement());
        let looking = look::look(world, desk, ask, stage.clone(), confinement);
        let still = move |state: &State| state.cloud.stage.as_ref() == Some(&stage);
        let entry = match self.beside(Box::pin(looking), commands, still).await? {
            Beside::Got(Ok(entry)) => entry,
            Beside::Got(Err((why, remedy))) => {
                offers = several;
                Entry::CloudFailed { digest: None, why, remedy, empty: false, unmade: None }
            }
            Beside::Stopped => return Ok(None),
            Beside::Left(command) => return Ok(Some(command)),
        };
        match self.record(entry) {
            // A deploy that is stopped may have ended while this was looked at.
            Err(Stopped::Refused(refused)) => {
                let remedy = "ask for it again".to_owned();
                self.record(Entry::CloudFailed {
                    digest: None,
                    why: refused.to_string(),
                    remedy,
                    empty: false,
                    unmade: None,
                })?;
            }
            other => drop(other?),
        }
        if offers {
            // Which there are is known only now that they are made.
            self.offer_apps();
        }
        Ok(None)
    }

    /// Waits for something while the developer's commands are taken, as long as `still` holds.
    pub(super) async fn beside<T>(
        &mut self,
        mut running: BoxFuture<'static, T>,
        commands: &mut Receiver<Command>,
        still: impl Fn(&State) -> bool,
    ) -> Result<Beside<T>, Stopped> {
        loop {
            tokio::select! {
                biased;
                taken = commands.recv() => {
                    let Some(taken) = taken else { return Ok(Beside::Left(Command::Quit)) };
                    if let Some(other) = self.take(taken)? {
                        return Ok(Beside::Left(other));
                    }
                    if !still(&self.state) {
                        return Ok(Beside::Stopped);
                    }
                }
                got = &mut running => return Ok(Beside::Got(got)),
            }
        }
    }

    /// True for what waiting can mend.
    pub(super) fn passes(error: &CloudError) -> bool {
        match error.kind {
            CloudErrorKind::Throttled | CloudErrorKind::Network | CloudErrorKind::Other => true,
            CloudErrorKind::Off
            | CloudErrorKind::NoCredentials
            | CloudErrorKind::Expired
            | CloudErrorKind::Region
            | CloudErrorKind::Denied
            | CloudErrorKind::NotFound
            | CloudErrorKind::Invalid
            | CloudErrorKind::Moved => false,
        }
    }
}
