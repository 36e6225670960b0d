use jiff::Timestamp;

use super::*;
use crate::domain::{
    cloud::{
        Account,
        action::CloudAction,
        desk::{AtGate, CloudAsk, Deployment, Going, Known, Step},
        progress::StackEnd,
    },
    gate::Reviewable as _,
    phase::{Cloud, CloudItem, CloudKind},
};

fn action() -> CloudAction {
    let account = Account {
        id: "123456789012".into(),
        arn: "arn:aws:iam::123456789012:user/ada".into(),
        region: "eu-west-1".into(),
        profile: None,
    };
    CloudAction::DeleteStack {
        account,
        stack: "Thumbs".into(),
        resources: Vec::new(),
        becomes: Vec::new(),
        unlisted: false,
    }
}

fn state(end: Option<&str>) -> State {
    let mut state = State::default();
    let deployment = Deployment { deletes: false, ..Deployment::of(&action(), None).unwrap() };
    let mut going = Going::new(deployment, Timestamp::UNIX_EPOCH);
    going.ended = end.map(|status| {
        let succeeded = status == "UPDATE_COMPLETE";
        (StackEnd { status: status.into(), succeeded, ..StackEnd::default() }, Timestamp::UNIX_EPOCH)
    });
    state.cloud.going = Some(going);
    state
}

#[test]
fn a_deploy_that_has_not_come_about_is_what_waits() {
    assert_eq!(waiting(&state(None)), "deploy under way, not followed to its end: Thumbs");
    let mut halted = state(None);
    halted.halt = Some(crate::domain::session::Halt { why: "the network is gone".into(), remedy: String::new() });
    assert_eq!(waiting(&halted), "deploy under way, not followed to its end: Thumbs (the network is gone)");
    assert_eq!(waiting(&state(Some("ROLLBACK_COMPLETE"))), "deploy failed: Thumbs, ROLLBACK_COMPLETE");
    assert_eq!(waiting(&state(Some("UPDATE_COMPLETE"))), "");
    // Something else was asked for since.
    let mut again = state(Some("ROLLBACK_COMPLETE"));
    again.cloud.ask = Some(CloudAsk::CleanUp);
    assert_eq!(waiting(&again), "");
    let mut stopped = state(Some("UPDATE_ROLLBACK_COMPLETE"));
    stopped.cloud.going.as_mut().unwrap().stopped = true;
    assert_eq!(waiting(&stopped), "deploy stopped: Thumbs, UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn what_stands_at_the_gate_of_the_account_is_named() {
    let mut state = State::default();
    let step = Step::Action(Box::new(action()));
    state.flow.cloud = Cloud::Review { item: CloudItem { digest: step.digest(), kind: CloudKind::Act }, behind: None };
    state.cloud.at_gate = Some(AtGate {
        step,
        why: String::new(),
        notes: Vec::new(),
        base: None,
        known: Known::default(),
        decision: None,
    });
    assert_eq!(waiting(&state), "the account: Delete Thumbs");
}
