//! What is done about a deploy that is under way or failed: it is stopped, or what it left goes.
//!
//! Reads the account and changes nothing: what comes of it stands at the gate.

use super::{Look, World, look::proposed, no};
use crate::domain::{
    cloud::{
        Account, Stack,
        action::CloudAction,
        desk::{Desk, Step},
    },
    journal::Entry,
};

/// What can be done here about a stack that takes no update; it asks first, as everything does.
pub(super) async fn way_out(world: &World, account: Account, stack: Stack, why: &str) -> Look<Option<Entry>> {
    match stack.status.as_str() {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => {
            deletion(world, account, stack, why).await.map(Some)
        }
        "UPDATE_ROLLBACK_FAILED" => {
            let there = world.cloud.resources(&stack.id).await.map_err(no)?;
            let stuck = there.into_iter().filter(|r| r.status.ends_with("_FAILED"));
            let notes = stuck.map(|r| {
                let reason = r.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{} ({}) could not be put back{reason}", r.id, r.kind)
            });
            let notes = notes.collect();
            let step = Step::Action(Box::new(CloudAction::ContinueRollback { account, stack: stack.name }));
            Ok(Some(proposed(step, why, notes)))
        }
        _ => Ok(None),
    }
}

/// The stack that is spoken of, as it is.
async fn spoken_of(world: &World, desk: &Desk) -> Look<(Account, Stack, Option<String>)> {
    let going = desk.going.as_ref().map(|g| &g.deployment);
    let (name, set) = match (&desk.stack, going) {
        (Some((name, set)), _) => (name.clone(), set.clone()),
        (None, Some(d)) => (d.stack.clone(), d.change_set.clone()),
        (None, None) => (world.stack.clone(), None),
    };
    let account = world.cloud.identity().await.map_err(no)?;
    match world.cloud.stack(&name).await.map_err(no)? {
        Some(stack) => Ok((account, stack, set)),
        None => {
            let why = format!("there is no stack {name} in account {}, {}", account.id, account.region);
            Err((why, "deploy it first, or switch the profile or the region".to_owned()))
        }
    }
}

pub(super) async fn stop(world: &World, desk: &Desk) -> Look<Entry> {
    let (account, stack, _) = spoken_of(world, desk).await?;
    let (action, why) = match stack.status.as_str() {
        "UPDATE_IN_PROGRESS" => {
            let why = "stops the update; CloudFormation rolls back what it has done";
            (CloudAction::CancelUpdate { account, stack: stack.name }, why)
        }
        "CREATE_IN_PROGRESS" => {
            let why = "stops the creation; CloudFormation knows no other way than to delete the stack";
            (CloudAction::CancelCreate { account, stack: stack.name, id: stack.id }, why)
        }
        other => {
            let why = format!("stack {} is in {other}, which cannot be stopped", stack.name);
            return Err((why, "follow it to its end".to_owned()));
        }
    };
    let step = Step::Action(Box::new(action));
    Ok(proposed(step, why, Vec::new()))
}

async fn deletion(world: &World, account: Account, stack: Stack, why: &str) -> Look<Entry> {
    if stack.protected {
        let remedy = "take its protection from deletion away in AWS's console, then try again".to_owned();
        return Err((format!("{why}; but the stack is protected from deletion"), remedy));
    }
    let remains = world.cloud.remains(&stack.id).await.map_err(no)?;
    let mut notes = remains.notes.clone();
    let stays = remains.left.iter().filter(|l| l.becomes.stays()).count();
    match (remains.left.len() - stays, stays) {
        (0, 0) => {}
        (0, n) => notes.push(format!("{n} in it stay in the account, in no stack")),
        (n, 0) => notes.push(format!("{n} in it go with it, and what they hold; nothing in it stays")),
        (n, m) => notes.push(format!("{n} in it go with it, and what they hold; {m} stay in the account, in no stack")),
    }
    let (resources, becomes, unlisted) = (remains.resources(), remains.becomes(), remains.unlisted);
    let action = CloudAction::DeleteStack { account, stack: stack.name, resources, becomes, unlisted };
    Ok(proposed(Step::Action(Box::new(action)), why, notes))
}

pub(super) async fn clean_up(world: &World, desk: &Desk) -> Look<Entry> {
    let (account, stack, set) = spoken_of(world, desk).await?;
    if stack.status == "REVIEW_IN_PROGRESS" {
        return deletion(world, account, stack, "removes the empty stack of a change set that was not executed").await;
    }
    let why = match stack.status.as_str() {
        "UPDATE_ROLLBACK_FAILED" => "lets the rollback that failed go on",
        _ => "removes a stack that takes no update, so that it can be deployed anew",
    };
    if let Some(entry) = way_out(world, account.clone(), stack.clone(), why).await? {
        return Ok(entry);
    }
    if let Some(name) = set
        && let Some(found) = world.cloud.change_set(&stack.name, &name).await.map_err(no)?
        && !found.execution.starts_with("EXECUTE")
    {
        let action = CloudAction::DropChangeSet { account, stack: stack.name, change_set: name };
        let why = "removes a change set that was not executed; the stack stays as it is".to_owned();
        return Ok(proposed(Step::Action(Box::new(action)), why, Vec::new()));
    }
    Err((format!("there is nothing to put away in stack {} ({})", stack.name, stack.status), String::new()))
}
