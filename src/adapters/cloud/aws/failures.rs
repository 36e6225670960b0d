//! Why operations failed, by the events of operations, which are others than those of stacks.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::{
    error::ProvideErrorMetadata,
    types::{EventFilter, EventType, HookFailureMode, OperationEvent, ValidationStatus},
};
use jiff::Timestamp;

use super::{session::Session, stacks::time};
use crate::{
    domain::cloud::failure::{Failure, FoundBy},
    ports::cloud::CloudError,
};

/// More than one can read, and more pages than are asked for.
const MOST: usize = 50;
const PAGES: usize = 10;

impl Session {
    pub(super) async fn failures(
        &self,
        stack: &str,
        set: Option<&str>,
        since: Timestamp,
    ) -> Result<Option<Vec<Failure>>, CloudError> {
        let mut events: Vec<OperationEvent> = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let only = EventFilter::builder().failed_events(true).build();
            let call = self.cfn.describe_events().filters(only).set_next_token(token.take());
            let call = match set {
                Some(set) => call.change_set_name(set),
                None => call.stack_name(stack),
            };
            let page = match call.send().await {
                Ok(page) => page,
                Err(error) if error.code().is_some_and(is_unknown) => return Ok(None),
                Err(error) => return Err(self.why("cloudformation:DescribeEvents").of(error)),
            };
            events.extend(page.operation_events.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        if set.is_none() {
            events = since_then(events, since);
        }
        // AWS promises no order of pages; within one time the one that it gave stays.
        events.sort_by_key(|event| event.timestamp.map(time));
        Ok(Some(events.into_iter().filter_map(failure).take(MOST).collect()))
    }
}

/// The endpoint, or AWS in that region, has no such call.
fn is_unknown(code: &str) -> bool {
    matches!(code.strip_suffix("Exception").unwrap_or(code), "InvalidAction" | "UnknownOperation" | "UnknownAction")
}

/// What belongs to operations that had something to tell since then: a check comes before the first event
/// of the stack.
fn since_then(mut events: Vec<OperationEvent>, since: Timestamp) -> Vec<OperationEvent> {
    let late = |event: &OperationEvent| event.timestamp.map(time).is_none_or(|at| at >= since);
    let operations: BTreeSet<String> =
        events.iter().filter(|e| late(e)).filter_map(|e| e.operation_id.clone()).collect();
    events.retain(|event| late(event) || event.operation_id.as_ref().is_some_and(|id| operations.contains(id)));
    events
}

fn failure(event: OperationEvent) -> Option<Failure> {
    let warns = |mode: &Option<HookFailureMode>| *mode == Some(HookFailureMode::Warn);
    let (by, path, text, warns) = match event.event_type? {
        EventType::ValidationError if event.validation_status != Some(ValidationStatus::Skipped) => (
            FoundBy::Validation(event.validation_name.unwrap_or_default()),
            event.validation_path.unwrap_or_default(),
            event.validation_status_reason,
            warns(&event.validation_failure_mode),
        ),
        EventType::HookInvocationError => (
            FoundBy::Hook(event.hook_type.unwrap_or_default()),
            String::new(),
            event.hook_status_reason,
            warns(&event.hook_failure_mode),
        ),
        EventType::ProvisioningError => (FoundBy::Provisioning, String::new(), event.resource_status_reason, false),
        // What is no failure, and words of AWS's that came after this program.
        _ => return None,
    };
    Some(Failure {
        resource: event.logical_resource_id.unwrap_or_default(),
        kind: event.resource_type.unwrap_or_default(),
        by,
        path,
        text: text.unwrap_or_default(),
        warns,
    })
}
