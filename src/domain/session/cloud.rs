//! Taking in what happens with the account.

use super::{Halt, State};
use crate::domain::{
    cloud::{
        action::{CloudAction, Performed, Preparation},
        desk::{AtGate, Came, CloudAsk, Deployment, Desk, Going, Purpose, Stage, Step, StepDone, Unmade},
        progress,
    },
    command::Outcome,
    gate::{Decision, Reviewable, Verdict},
    journal::{Entry, Record, Tone},
    phase::Cloud,
};

impl State {
    /// The last deploy, where it has not come about and nothing was done about it yet.
    pub fn failed_deploy(&self) -> Option<&Going> {
        let open = self.cloud.ask.is_none() && self.flow.is_quiet() && self.task().is_none();
        self.cloud.failed().map(|(going, _)| going).filter(|_| open)
    }

    /// The change set that could not be made, while nothing else is what there is to see.
    pub fn unmade(&self) -> Option<&Unmade> {
        let open = self.cloud.stage.is_none() && self.flow.is_quiet() && self.task().is_none();
        self.cloud.unmade.as_ref().filter(|_| open)
    }

    pub(super) fn take_cloud(&mut self, record: &Record) {
        let desk = &mut self.cloud;
        match &record.entry {
            Entry::CloudAsked(_) | Entry::CloudProposed { .. } | Entry::CloudFollowed(_) | Entry::PlaceChosen(_) => {
                (desk.result, desk.unmade) = (None, None);
            }
            Entry::CloudEnded { end, .. } if end.succeeded => desk.result = Some((Came::End, record.seq)),
            Entry::CloudDone { done: StepDone::Performed(Performed::Answered { .. }), .. } => {
                desk.result = Some((Came::Answer, record.seq));
            }
            _ => {}
        }
        match &record.entry {
            Entry::CloudAsked(ask) => {
                self.halt = None;
                if let CloudAsk::Deploy(target) = ask {
                    desk.target = Some(target.clone());
                }
                (desk.ask, desk.stage, desk.again) = (Some(ask.clone()), Some(Stage::Asked), false);
            }
            Entry::CloudProposed { step, why, notes, base, known } => {
                self.halt = None;
                (desk.stage, desk.again) = (None, false);
                if let Step::Action(action) = step
                    && let Some(spoken_of) = spoken_of(action)
                {
                    desk.stack = Some(spoken_of);
                    desk.inside.clone_from(&known.inside);
                }
                desk.at_gate = Some(AtGate {
                    step: step.clone(),
                    why: why.clone(),
                    notes: notes.clone(),
                    base: base.clone(),
                    known: known.clone(),
                    decision: None,
                });
            }
            Entry::CloudBegun { after, .. } => {
                let going = match desk.at_gate.as_ref().map(|g| &g.step) {
                    Some(Step::Action(action)) => Deployment::of(action, after.clone()),
                    Some(Step::Local { .. }) | None => None,
                };
                // What stops a deploy is no deploy of its own.
                if let Some(deployment) = going
                    && !matches!(self.flow.cloud, Cloud::Doing { behind: Some(_), .. })
                {
                    desk.going = Some(Going::new(deployment, record.at));
                }
            }
            Entry::CloudDone { done, .. } => self.cloud_done(done),
            Entry::CloudFailed { digest, why, remedy, empty, unmade } => {
                desk.unmade = unmade.as_deref().cloned();
                (desk.stage, desk.at_gate) = (None, None);
                // AWS said no to it: there is nothing that goes on.
                let refused = |g: &Going| Some(g.deployment.digest) == *digest && g.ended.is_none();
                desk.going = desk.going.take().filter(|g| !refused(g));
                desk.again = !empty && desk.ask.is_some();
                self.halt = Some(Halt { why: why.clone(), remedy: remedy.clone() });
            }
            Entry::CloudRunning { .. } => desk.at_gate = None,
            Entry::CloudFollowed(deployment) => {
                self.halt = None;
                (desk.stage, desk.again) = (None, false);
                match &mut desk.going {
                    // Taken up again: what is known of it stays.
                    Some(going) if going.deployment.digest == deployment.digest && going.ended.is_none() => {}
                    _ => {
                        let deployment = deployment.as_ref().clone();
                        desk.going = Some(Going::new(deployment, record.at));
                    }
                }
            }
            Entry::CloudEvents(events) => {
                if let Some(going) = &mut desk.going {
                    going.events.extend(events.iter().cloned());
                }
            }
            Entry::CloudEnded { end, .. } => {
                if let Some(going) = &mut desk.going {
                    going.ended = Some((end.clone(), record.at));
                }
                (desk.ask, desk.again) = (None, false);
                let stopped = desk.going.as_ref().is_some_and(Going::was_stopped);
                if !end.succeeded {
                    let first = end.reasons.first().map(|r| format!(": {} {}", r.resource, r.text)).unwrap_or_default();
                    let word = if end.status.is_empty() { "nothing was begun" } else { &end.status };
                    let why = match stopped {
                        true => format!("the deploy was stopped ({word})"),
                        false => format!("the deploy did not come about ({word}){first}"),
                    };
                    let remedy = "the diff panel shows how it went, and what can be done".to_owned();
                    self.halt = Some(Halt { why, remedy });
                }
            }
            Entry::PlaceChosen(place) => {
                let withdrawn = match &desk.at_gate {
                    Some(AtGate { step: Step::Action(action), .. }) => Some(action.about()),
                    Some(AtGate { step: Step::Local { .. }, .. }) | None => None,
                };
                if withdrawn.is_some() {
                    desk.at_gate = None;
                }
                // What was being looked at belongs to where it was.
                let looked = desk.stage.take().is_some();
                (desk.place, desk.stack) = (Some(place.clone()), None);
                if !matches!(desk.ask, Some(CloudAsk::Deploy(_))) {
                    desk.ask = None;
                }
                if let Some(what) = withdrawn.or(looked.then(|| "what was looked at".to_owned())) {
                    let why = format!("withdrawn, since you are elsewhere now: {what}");
                    self.halt = Some(Halt { why, remedy: "ask for it again, and look at what is shown then".into() });
                }
            }
            Entry::CloudLost { why, remedy, .. } => {
                self.halt = Some(Halt { why: why.clone(), remedy: remedy.clone() });
            }
            Entry::CloudRecorded { commit } => {
                self.commits.push((commit.clone(), "record deploy".into()));
                self.ledgered = self.decisions.len();
            }
            _ => {}
        }
    }

    fn cloud_done(&mut self, done: &StepDone) {
        let desk = &mut self.cloud;
        let Some(at_gate) = desk.at_gate.take() else { return };
        match (at_gate.step, done) {
            (Step::Local { purpose: Purpose::Install, .. }, _) => desk.stage = Some(Stage::Asked),
            (Step::Local { purpose: Purpose::Synthesise, .. }, _) => {
                let alone = matches!(desk.ask, Some(CloudAsk::Synthesise { .. }));
                desk.stage = (!alone).then_some(Stage::Assembled);
                self.synthesised = Some(self.applied.len());
            }
            (Step::Action(action), StepDone::Performed(performed)) => match *action {
                CloudAction::Prepare(p) => desk.review(*p),
                action @ CloudAction::Invoke { .. } => desk.answered = Some((action, performed.clone())),
                CloudAction::CancelUpdate { .. } | CloudAction::CancelCreate { .. } => {
                    desk.going.iter_mut().for_each(|going| going.stopped = true);
                }
                CloudAction::Deploy { .. }
                | CloudAction::DropChangeSet { .. }
                | CloudAction::DeleteStack { .. }
                | CloudAction::ContinueRollback { .. } => {}
            },
            // A change set that the project's own command made.
            (Step::Action(action), StepDone::Ran(_)) => {
                if let CloudAction::Prepare(p) = *action {
                    desk.review(*p);
                }
            }
        }
    }

    /// Notes a decision on what stands at the gate of the account. True when it was about that.
    pub(super) fn decide_cloud(&mut self, decision: &Decision) -> bool {
        let Some(at_gate) = &mut self.cloud.at_gate else { return false };
        let own = at_gate.step.subject() == decision.subject && at_gate.step.digest() == decision.digest;
        if !own || at_gate.decision.is_some() {
            return false;
        }
        match decision.verdict {
            Verdict::Approve => at_gate.decision = Some(decision.clone()),
            Verdict::Reject { .. } => {
                let about = at_gate.step.about();
                (self.cloud.at_gate, self.cloud.stage) = (None, None);
                let why = format!("not done, as you decided: {}", about.lines().next().unwrap_or_default());
                self.halt = Some(Halt { why, remedy: "ask for it again when you like".into() });
            }
        }
        true
    }

    /// The developer stopped what was under way.
    pub(super) fn cancel_cloud(&mut self) {
        (self.cloud.stage, self.cloud.again) = (None, false);
        // What is being done and cannot be stopped ends by itself.
        if matches!(self.flow.cloud, Cloud::Idle | Cloud::Running { .. }) {
            self.cloud.at_gate = None;
        }
    }
}

impl Desk {
    /// A change set was made: it is looked at next.
    fn review(&mut self, made: Preparation) {
        let Preparation { stack, change_set, commit, .. } = made;
        self.ask = Some(CloudAsk::Review { stack, change_set, commit });
        self.stage = Some(Stage::Asked);
    }
}

/// The stack that an action is about, and its change set.
fn spoken_of(action: &CloudAction) -> Option<(String, Option<String>)> {
    match action {
        CloudAction::Prepare(p) => Some((p.stack.clone(), Some(p.change_set.clone()))),
        CloudAction::Deploy { set, .. } => Some((set.stack.clone(), Some(set.name.clone()))),
        CloudAction::DropChangeSet { stack, .. } | CloudAction::DeleteStack { stack, .. } => {
            Some((stack.clone(), None))
        }
        CloudAction::CancelUpdate { .. }
        | CloudAction::CancelCreate { .. }
        | CloudAction::ContinueRollback { .. }
        | CloudAction::Invoke { .. } => None,
    }
}

/// The activity line of what happened with the account.
pub(super) fn line(entry: &Entry) -> Option<(Tone, String)> {
    let info = |text: String| Some((Tone::Info, text));
    let warning = |text: String| Some((Tone::Warning, text));
    match entry {
        Entry::CloudAsked(ask) => info(match ask {
            CloudAsk::Deploy(_) => "you asked for a deploy".into(),
            CloudAsk::Synthesise { .. } => "you asked for the templates to be made".into(),
            CloudAsk::Review { change_set, .. } => format!("change set {change_set} is looked at"),
            CloudAsk::Stop => "you asked to stop the deploy".into(),
            CloudAsk::CleanUp => "you asked to put away what the deploy left".into(),
            CloudAsk::Mend => "you asked the agent to mend it".into(),
            CloudAsk::Invoke { function, .. } => format!("you asked for a test call of {function}"),
        }),
        Entry::CloudProposed { step, notes, .. } => {
            let text = format!("asks: {}", step.about());
            if notes.is_empty() { info(text) } else { warning(text) }
        }
        Entry::PlaceChosen(place) => info(format!("you chose for AWS: {}", place.words())),
        Entry::CloudBegun { .. } => info("sent to the account".into()),
        Entry::CloudDone { done, .. } => match done {
            StepDone::Ran(Outcome { elapsed, exit, .. }) => info(format!("ran {:.1} s: {exit}", elapsed.as_secs_f32())),
            StepDone::Performed(Performed::Accepted) => info("done by the account".into()),
            StepDone::Performed(Performed::Answered { error: None, millis, .. }) => {
                info(format!("the function answered in {millis} ms"))
            }
            StepDone::Performed(Performed::Answered { error: Some(error), .. }) => {
                warning(format!("the function failed: {error}"))
            }
        },
        Entry::CloudFailed { why, empty: true, .. } => info(why.clone()),
        Entry::CloudFailed { why, .. } | Entry::CloudLost { why, .. } => warning(why.clone()),
        Entry::CloudRunning { .. } => info("the account carries it out".into()),
        Entry::CloudFollowed(deployment) => info(format!("followed: {}", deployment.about)),
        Entry::CloudEvents(events) => {
            let failed = events.iter().find(|e| progress::mark(&e.status) == progress::Mark::Failed);
            match (failed, events.last()) {
                (Some(e), _) => {
                    warning(format!("{} {}: {}", e.resource, e.status, e.reason.as_deref().unwrap_or_default()))
                }
                (None, Some(e)) => info(format!("{} {}", e.resource, e.status)),
                (None, None) => None,
            }
        }
        Entry::CloudEnded { end, .. } if end.succeeded => info(format!("done in the account: {}", end.status)),
        Entry::CloudEnded { end, .. } => warning(format!("the deploy did not come about: {}", end.status)),
        Entry::CloudRecorded { commit } => info(format!("record committed {}", commit.get(..7).unwrap_or(commit))),
        _ => None,
    }
}
