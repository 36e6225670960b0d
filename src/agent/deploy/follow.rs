//! Following what the account carries out by itself, from its first event to its end.
//!
//! Reading only. Always holds: it goes on from the last event in the journal, after a restart too; it
//! ends when the stack rests and an event after the beginning says so, or when it is known that
//! nothing was begun; what stands in the way is said once and waited for, as long as waiting helps.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::mpsc::Receiver;

use super::{Beside, why};
use crate::{
    agent::session::{Session, Stopped},
    domain::{
        cloud::{
            StackEvent,
            desk::{CloudAsk, Going},
            progress::{STACK, StackEnd, reasons, rests, succeeded},
        },
        covered,
        digest::Digest,
        journal::Entry,
        phase::Cloud as Where,
        session::State,
        wire::{Command, Event},
    },
    ports::cloud::{Cloud, CloudError, CloudErrorKind},
};

/// Looks in a row that fail before the developer is asked.
const PATIENCE: u32 = 30;

/// Looks in a row without an event after which a stack at rest counts as one in which nothing began.
const STILL: u32 = 3;

/// What one look at the account gave.
struct Seen {
    events: Vec<StackEvent>,
    end: Option<StackEnd>,
}

impl Session {
    /// Follows until the end, until something else is asked, or until the session ends.
    pub(in crate::agent) async fn follow_cloud(
        &mut self,
        digest: Digest,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let (mut failures, mut quiet): (u32, u32) = (0, 0);
        let mut first = true;
        loop {
            let Some(going) = self.state.cloud.going.clone().filter(|g| g.ended.is_none()) else {
                self.record(Entry::CloudEnded { digest, end: StackEnd::default() })?;
                return Ok(None);
            };
            let (cloud, pause) = (self.ports.cloud.clone(), self.options.follow_every * (failures + 1).min(10));
            let wait = !std::mem::take(&mut first);
            let looking = Box::pin(async move {
                if wait {
                    tokio::time::sleep(pause).await;
                }
                look(cloud, going, quiet).await
            });
            let still =
                move |state: &State| state.flow.cloud == Where::Running { digest } && state.cloud.stage.is_none();
            let seen = match self.beside(looking, commands, still).await? {
                Beside::Got(seen) => seen,
                Beside::Stopped => return Ok(None),
                Beside::Left(command) => return Ok(Some(command)),
            };
            match seen {
                Ok(Seen { events, end }) => {
                    failures = 0;
                    quiet = if events.is_empty() { quiet.saturating_add(1) } else { 0 };
                    if !events.is_empty() {
                        self.record(Entry::CloudEvents(covered::events(events)))?;
                    }
                    if let Some(end) = end {
                        return self.ended(digest, end).map(|()| None);
                    }
                }
                Err(error) if Self::passes(&error) && failures < PATIENCE => {
                    failures += 1;
                    let why = format!("{}; the deploy goes on, and is looked at again (try {failures})", error.message);
                    self.tell(Event::Retrying { why });
                }
                Err(error) => {
                    let why = format!("{}; the deploy goes on in the account, and is not followed", error.message);
                    let remedy = format!("{}; then continue, and it is followed from where it was", error.remedy);
                    self.record(Entry::CloudLost { digest, why, remedy })?;
                    return Ok(None);
                }
            }
        }
    }

    fn ended(&mut self, digest: Digest, end: StackEnd) -> Result<(), Stopped> {
        let never_begun = end.status.is_empty();
        let deploy = self.state.cloud.going.as_ref().map(|g| g.deployment.clone());
        let asked = self.state.cloud.ask.clone();
        let out_of_the_way = end.succeeded && deploy.as_ref().is_some_and(|d| d.deletes || d.rolls_back);
        self.record(Entry::CloudEnded { digest, end: covered::end(end) })?;
        if let Some(decision) = self.decision_of(digest) {
            self.note_in_ledger(&decision)?;
        }
        // What stood in the way of a deploy is gone, so that it is looked at again.
        if out_of_the_way && let Some(ask @ CloudAsk::Deploy(_)) = asked {
            self.record(Entry::CloudAsked(ask))?;
            return Ok(());
        }
        // Nothing was executed, and the change set is there still: it is shown again.
        if never_begun
            && let Some(deployment) = deploy
            && let Some(change_set) = deployment.change_set
        {
            let (stack, commit) = (deployment.stack, deployment.commit);
            self.record(Entry::CloudAsked(CloudAsk::Review { stack, change_set, commit }))?;
        }
        Ok(())
    }

    /// Takes up what is not followed any more.
    pub(in crate::agent) fn take_up_cloud(&mut self) -> Result<bool, Stopped> {
        let Some(going) = self.state.cloud.unfinished() else { return Ok(false) };
        let deployment = going.deployment.clone();
        self.record(Entry::CloudFollowed(Box::new(deployment)))?;
        Ok(true)
    }
}

/// New events of the stack and of those nested in it, and whether it has come to its end.
async fn look(cloud: Arc<dyn Cloud>, going: Going, quiet: u32) -> Result<Seen, CloudError> {
    let deployment = &going.deployment;
    let name = if deployment.stack_id.is_empty() { &deployment.stack } else { &deployment.stack_id };
    let now = cloud.identity().await?;
    if (&now.id, &now.region) != (&deployment.account.id, &deployment.account.region) {
        let why = format!(
            "the deploy runs in account {}, {}, and you are in {}, {}",
            deployment.account.id, deployment.account.region, now.id, now.region
        );
        return Err(CloudError::new(CloudErrorKind::Moved, why, "switch the profile or the region back"));
    }
    let last_of = |stack: &str| going.events.iter().rev().find(|e| e.stack == stack).map(|e| e.id.clone());
    let root = going.events.first().map(|e| e.stack.clone());
    let after = root.as_deref().and_then(last_of).or_else(|| deployment.after.clone());
    let (mut events, gone) = match cloud.events(name, after.as_deref()).await {
        Ok(events) => (events, false),
        // Somebody deleted it, and what is left of it is known no more.
        Err(e) if e.kind == CloudErrorKind::NotFound => (Vec::new(), true),
        Err(e) => return Err(e),
    };
    // Stacks that were seen to be nested in it have events of their own.
    let root = root.or_else(|| events.first().map(|e| e.stack.clone())).unwrap_or_default();
    let mut asked = BTreeSet::from([root.clone()]);
    loop {
        let nested = |e: &&StackEvent| e.kind == STACK && !e.physical.is_empty() && !asked.contains(&e.physical);
        let Some(inner) = going.events.iter().chain(&events).find(nested).map(|e| e.physical.clone()) else { break };
        let after = going.events.iter().rev().find(|e| e.stack == inner).map(|e| e.id.clone());
        let more = match cloud.events(&inner, after.as_deref()).await {
            Ok(more) => more,
            Err(e) if e.kind == CloudErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e),
        };
        // What a stack did before this deploy is not this deploy's.
        let since = going.events.first().or(events.first()).map(|e| e.at);
        events.extend(more.into_iter().filter(|e| since.is_none_or(|s| e.at >= s)));
        asked.insert(inner);
    }
    let ends = |e: &StackEvent| e.kind == STACK && e.physical == e.stack && e.stack == root && rests(&e.status);
    let said = going.events.iter().chain(&events).any(ends);
    let mut end = None;
    if said || (events.is_empty() && going.events.is_empty()) || deployment.deletes || gone {
        end = ended(&cloud, &going, &events, said, quiet).await?;
    }
    if let Some(end) = end.as_mut().filter(|end| !end.succeeded && !end.status.is_empty() && !going.stopped) {
        let all: Vec<StackEvent> = going.events.iter().chain(&events).cloned().collect();
        let known = std::mem::take(&mut end.reasons);
        (end.reasons, end.unknown) = why::of_deploy(cloud.as_ref(), name, &all, known).await;
    }
    Ok(Seen { events, end })
}

async fn ended(
    cloud: &Arc<dyn Cloud>,
    going: &Going,
    events: &[StackEvent],
    said: bool,
    quiet: u32,
) -> Result<Option<StackEnd>, CloudError> {
    let deployment = &going.deployment;
    let name = if deployment.stack_id.is_empty() { &deployment.stack } else { &deployment.stack_id };
    let all: Vec<StackEvent> = going.events.iter().chain(events).cloned().collect();
    let with = |status: &str, outputs: Vec<(String, String)>| {
        let good = match deployment.rolls_back {
            true => status == "UPDATE_ROLLBACK_COMPLETE",
            false => succeeded(status) && (status == "DELETE_COMPLETE") == deployment.deletes,
        };
        StackEnd {
            status: status.to_owned(),
            succeeded: good,
            reasons: if good { Vec::new() } else { reasons(&all) },
            outputs,
            unknown: None,
        }
    };
    let Some(stack) = cloud.stack(name).await? else {
        return Ok(Some(with("DELETE_COMPLETE", Vec::new())));
    };
    if said || (deployment.deletes && stack.status.starts_with("DELETE_")) {
        return Ok(rests(&stack.status).then(|| with(&stack.status, stack.outputs)));
    }
    // Not one event: was it begun at all? A state that has not turned yet is looked at a few times more.
    let Some(change_set) = deployment.change_set.as_deref() else {
        let still = rests(&stack.status) && quiet >= STILL;
        return Ok(still.then(|| with(&stack.status, stack.outputs)));
    };
    Ok(match cloud.change_set(&deployment.stack, change_set).await? {
        Some(set) if set.execution == "AVAILABLE" => Some(with("", Vec::new())),
        Some(set) if set.execution == "EXECUTE_COMPLETE" && rests(&stack.status) => {
            Some(with(&stack.status, stack.outputs))
        }
        Some(_) | None => None,
    })
}
