//! Why something failed, asked of the account where what it told by itself leaves that open.
//!
//! Reading only. Always holds: what cannot be asked is said in one line and fails nothing; no more is
//! asked than somebody reads.

use jiff::Timestamp;

use crate::{
    domain::{
        cloud::{
            ChangeSet, StackEvent,
            failure::{Failure, leaves_open, led_by, points_elsewhere},
            progress::{Mark, Reason, STACK, mark},
        },
        covered,
    },
    ports::cloud::{Cloud, CloudError, CloudErrorKind},
};

/// More stacks within one another are not asked about.
const MOST: usize = 5;

/// What is known of a failure, and why it is not known better.
pub(super) type Why = (Vec<Reason>, Option<String>);

/// Why a change set could not be made.
pub(super) async fn of_set(cloud: &dyn Cloud, set: &ChangeSet) -> Why {
    let inside = set.inside().into_iter().map(|(_, inner)| inner).filter(|inner| inner.status == "FAILED");
    let mut found = Vec::new();
    for failed in std::iter::once(set).chain(inside).take(MOST) {
        if !points_elsewhere(failed.reason.as_deref().unwrap_or_default()) {
            continue;
        }
        match cloud.failures(&failed.stack_id, Some(&failed.id), Timestamp::MIN).await {
            Ok(Some(told)) => found.extend(told),
            Ok(None) => return (reasons(&found, Vec::new()), Some(UNKNOWN.to_owned())),
            Err(error) => return (reasons(&found, Vec::new()), Some(unread(&error))),
        }
    }
    (reasons(&found, Vec::new()), None)
}

/// Why a deploy failed of which these are the events, the first one's time being when it began, and these
/// the reasons in them.
pub(super) async fn of_deploy(cloud: &dyn Cloud, stack: &str, events: &[StackEvent], known: Vec<Reason>) -> Why {
    let Some(first) = events.first().filter(|_| leaves_open(&known)) else { return (known, None) };
    let mut asked = vec![stack];
    for event in events.iter().filter(|e| e.kind == STACK && e.physical != e.stack) {
        let physical = event.physical.as_str();
        if mark(&event.status) == Mark::Failed && !physical.is_empty() && !asked.contains(&physical) {
            asked.push(physical);
        }
    }
    let mut found = Vec::new();
    for stack in asked.into_iter().take(MOST) {
        match cloud.failures(stack, None, first.at).await {
            Ok(Some(told)) => found.extend(told),
            Ok(None) => return (reasons(&found, known), Some(UNKNOWN.to_owned())),
            // One that was rolled back is not there any more.
            Err(error) if error.kind == CloudErrorKind::NotFound => {}
            Err(error) => return (reasons(&found, known), Some(unread(&error))),
        }
    }
    (reasons(&found, known), None)
}

/// What stands for the reasons where nobody can be asked.
const UNKNOWN: &str = "AWS may know more in the events of its operations, which are not told here; look in its console";

fn unread(error: &CloudError) -> String {
    format!("AWS may know more in the events of its operations, which could not be read: {}", error.message)
}

fn reasons(found: &[Failure], known: Vec<Reason>) -> Vec<Reason> {
    covered::reasons(led_by(found, known))
}
