//! Stacks, change sets, events and drift, read whole: every page.

use std::time::Duration;

use aws_sdk_cloudformation::{operation::describe_change_set::DescribeChangeSetOutput, types};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::session::Session;
use crate::{
    domain::{
        cloud::{
            ChangeSet, Drift, Replacement, SetAction, SetChange, SetDetail, Stack, StackEvent, StackResource,
            Validation,
        },
        stack::parameters,
    },
    ports::cloud::{CloudError, CloudErrorKind},
};

/// What AWS takes of a template within a request, in bytes.
pub(super) const INLINE: usize = 51_200;
/// More pages than any stack has.
const PAGES: usize = 200;
/// How deep stacks may lie in one another.
const DEPTH: usize = 6;

impl Session {
    pub(super) async fn stack(&self, name: &str) -> Result<Option<Stack>, CloudError> {
        let found = self.cfn.describe_stacks().stack_name(name).send().await;
        match found {
            Ok(found) => Ok(found.stacks.unwrap_or_default().into_iter().next().map(stack)),
            Err(e) => absent(self.why("cloudformation:DescribeStacks").of(e)),
        }
    }

    pub(super) async fn resources(&self, stack: &str) -> Result<Vec<StackResource>, CloudError> {
        let mut pages = self.cfn.list_stack_resources().stack_name(stack).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| self.why("cloudformation:ListStackResources").of(e))?;
            all.extend(page.stack_resource_summaries.unwrap_or_default().into_iter().map(|r| StackResource {
                id: r.logical_resource_id.unwrap_or_default(),
                physical: r.physical_resource_id.unwrap_or_default(),
                kind: r.resource_type.unwrap_or_default(),
                status: r.resource_status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
                reason: r.resource_status_reason,
            }));
        }
        Ok(all)
    }

    /// The template of a stack, or of one of its change sets.
    pub(super) async fn template(&self, stack: &str, set: Option<&str>) -> Result<Option<String>, CloudError> {
        let call = match set {
            // A change set's ARN stands for both; its name needs the stack.
            Some(set) if set.starts_with("arn:") => self.cfn.get_template().change_set_name(set),
            Some(set) => self.cfn.get_template().change_set_name(set).stack_name(stack),
            None => self.cfn.get_template().stack_name(stack),
        };
        match call.template_stage(types::TemplateStage::Original).send().await {
            Ok(found) => Ok(found.template_body),
            Err(e) => absent(self.why("cloudformation:GetTemplate").of(e)),
        }
    }

    pub(super) async fn change_set(&self, stack: &str, name: &str) -> Result<Option<ChangeSet>, CloudError> {
        self.change_set_at(stack, name, 0).await
    }

    fn change_set_at<'a>(
        &'a self,
        stack: &'a str,
        name: &'a str,
        depth: usize,
    ) -> futures_util::future::BoxFuture<'a, Result<Option<ChangeSet>, CloudError>> {
        Box::pin(async move {
            let Some((head, changes, inside)) = self.described(stack, name).await? else { return Ok(None) };
            let account = self.identity().await?;
            let id = head.change_set_id.clone().unwrap_or_default();
            let stack_id = head.stack_id.clone().unwrap_or_default();
            let whole = if stack_id.is_empty() { stack } else { &stack_id };
            let creates = self.stack(whole).await?.is_none_or(|s| s.status == "REVIEW_IN_PROGRESS");
            let template =
                self.template(whole, Some(if id.is_empty() { name } else { &id })).await?.unwrap_or_default();
            let mut nested = Vec::new();
            for id in inside {
                if depth >= DEPTH {
                    let words = format!("stacks lie more than {DEPTH} deep in one another");
                    return Err(self.why("cloudformation:DescribeChangeSet").say(CloudErrorKind::Invalid, &words));
                }
                // One that cannot be described would be approved unseen.
                let Some(set) = self.change_set_at("", &id, depth + 1).await? else {
                    let words = format!("the change set {id} of a stack inside is not there");
                    return Err(self.why("cloudformation:DescribeChangeSet").say(CloudErrorKind::NotFound, &words));
                };
                nested.push(set);
            }
            let options = options(&head);
            let mut parameters = valued(head.parameters);
            parameters::hide(&template, &mut parameters);
            Ok(Some(ChangeSet {
                account,
                stack: head.stack_name.unwrap_or_else(|| stack.to_owned()),
                stack_id,
                name: head.change_set_name.unwrap_or_else(|| name.to_owned()),
                id,
                creates,
                status: head.status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
                execution: head.execution_status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
                reason: head.status_reason,
                changes,
                parameters,
                capabilities: capabilities(head.capabilities),
                tags: tags(head.tags),
                options,
                template,
                nested,
            }))
        })
    }

    /// The first page's words, all pages' changes, and the change sets of the stacks inside.
    async fn described(
        &self,
        stack: &str,
        name: &str,
    ) -> Result<Option<(DescribeChangeSetOutput, Vec<SetChange>, Vec<String>)>, CloudError> {
        let (mut head, mut token) = (None, None);
        let (mut changes, mut inside) = (Vec::new(), Vec::new());
        for _ in 0..PAGES {
            let mut call = self.cfn.describe_change_set().change_set_name(name).include_property_values(true);
            if !name.starts_with("arn:") {
                call = call.stack_name(stack);
            }
            let mut page = match call.set_next_token(token.take()).send().await {
                Ok(page) => page,
                Err(e) => return absent(self.why("cloudformation:DescribeChangeSet").of(e)),
            };
            for change in page.changes.take().unwrap_or_default().into_iter().filter_map(|c| c.resource_change) {
                inside.extend(change.change_set_id.clone());
                changes.push(set_change(change));
            }
            token = page.next_token.take();
            head.get_or_insert(page);
            if token.is_none() {
                break;
            }
        }
        if token.is_some() {
            let words = format!("the change set has more than {PAGES} pages, and what is not read would go unseen");
            return Err(self.why("cloudformation:DescribeChangeSet").say(CloudErrorKind::Invalid, &words));
        }
        // AWS promises no order; the same change set must always read the same.
        changes.sort_by(|a, b| a.id.cmp(&b.id));
        inside.sort();
        Ok(head.map(|head| (head, changes, inside)))
    }

    pub(super) async fn events(&self, stack: &str, after: Option<&str>) -> Result<Vec<StackEvent>, CloudError> {
        let mut pages = self.cfn.describe_stack_events().stack_name(stack).into_paginator().send();
        let mut newest_first = Vec::new();
        'all: for _ in 0..PAGES {
            let Some(page) = pages.next().await else { break };
            let page = page.map_err(|e| self.why("cloudformation:DescribeStackEvents").of(e))?;
            for event in page.stack_events.unwrap_or_default() {
                if after.is_some() && event.event_id.as_deref() == after {
                    break 'all;
                }
                newest_first.push(StackEvent {
                    id: event.event_id.unwrap_or_default(),
                    at: event.timestamp.map(time).unwrap_or_default(),
                    stack: event.stack_id.unwrap_or_default(),
                    resource: event.logical_resource_id.unwrap_or_default(),
                    physical: event.physical_resource_id.unwrap_or_default(),
                    kind: event.resource_type.unwrap_or_default(),
                    status: event.resource_status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
                    reason: event.resource_status_reason,
                });
            }
        }
        newest_first.reverse();
        Ok(newest_first)
    }

    pub(super) async fn validate(&self, template: &str) -> Result<Validation, CloudError> {
        if template.len() > INLINE {
            let words = format!(
                "the template has {} bytes; AWS checks one of more than {INLINE} when a change set is made of it",
                template.len()
            );
            return Err(self.why("cloudformation:ValidateTemplate").say(CloudErrorKind::Invalid, &words));
        }
        let found = self.cfn.validate_template().template_body(template).send().await;
        let found = found.map_err(|e| self.why("cloudformation:ValidateTemplate").of(e))?;
        let parameter = |p: types::TemplateParameter| {
            // A default that nobody may read is not passed on.
            let hidden = p.no_echo.unwrap_or(false);
            (p.parameter_key.unwrap_or_default(), p.default_value.filter(|_| !hidden), p.description)
        };
        Ok(Validation {
            parameters: found.parameters.unwrap_or_default().into_iter().map(parameter).collect(),
            capabilities: capabilities(found.capabilities),
            why: found.capabilities_reason,
        })
    }

    pub(super) async fn drift(&self, stack: &str) -> Result<Vec<Drift>, CloudError> {
        let begun = self.cfn.detect_stack_drift().stack_name(stack).send().await;
        let begun = begun.map_err(|e| self.why("cloudformation:DetectStackDrift").of(e))?;
        let id = begun.stack_drift_detection_id.unwrap_or_default();
        let mut wait = Duration::from_millis(500);
        // The caller's time limit ends this.
        let failed = loop {
            let now = self.cfn.describe_stack_drift_detection_status().stack_drift_detection_id(&id).send().await;
            let now = now.map_err(|e| self.why("cloudformation:DescribeStackDriftDetectionStatus").of(e))?;
            match now.detection_status {
                Some(types::StackDriftDetectionStatus::DetectionInProgress) => {
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Some(types::StackDriftDetectionStatus::DetectionComplete) => break None,
                _ => break Some(now.detection_status_reason.unwrap_or_else(|| "the detection failed".to_owned())),
            }
        };
        let mut pages = self.cfn.describe_stack_resource_drifts().stack_name(stack).into_paginator().send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| self.why("cloudformation:DescribeStackResourceDrifts").of(e))?;
            all.extend(page.stack_resource_drifts.unwrap_or_default().into_iter().map(drift));
        }
        match failed {
            // What could be looked at is worth more than nothing.
            Some(reason) if all.is_empty() => {
                Err(self.why("cloudformation:DetectStackDrift").say(CloudErrorKind::Other, &reason))
            }
            Some(_) | None => Ok(all),
        }
    }
}

/// Nothing instead of an error that says that there is nothing.
pub(super) fn absent<T>(error: CloudError) -> Result<Option<T>, CloudError> {
    if error.kind == CloudErrorKind::NotFound { Ok(None) } else { Err(error) }
}

pub(super) fn time(at: DateTime) -> Timestamp {
    let nanos = i32::try_from(at.subsec_nanos()).unwrap_or(0);
    Timestamp::new(at.secs(), nanos).unwrap_or_default()
}

fn stack(s: types::Stack) -> Stack {
    let output = |o: types::Output| (o.output_key.unwrap_or_default(), o.output_value.unwrap_or_default());
    Stack {
        name: s.stack_name.unwrap_or_default(),
        id: s.stack_id.unwrap_or_default(),
        status: s.stack_status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
        reason: s.stack_status_reason,
        changed: s.last_updated_time.or(s.creation_time).map(time),
        parameters: valued(s.parameters),
        outputs: s.outputs.unwrap_or_default().into_iter().map(output).collect(),
        tags: tags(s.tags),
        capabilities: capabilities(s.capabilities),
        protected: s.enable_termination_protection.unwrap_or(false),
    }
}

fn valued(all: Option<Vec<types::Parameter>>) -> Vec<(String, String)> {
    let one = |p: types::Parameter| {
        let value = p.resolved_value.or(p.parameter_value);
        (p.parameter_key.unwrap_or_default(), value.unwrap_or_default())
    };
    sorted(all.unwrap_or_default().into_iter().map(one).collect())
}

fn tags(all: Option<Vec<types::Tag>>) -> Vec<(String, String)> {
    let one = |t: types::Tag| (t.key.unwrap_or_default(), t.value.unwrap_or_default());
    sorted(all.unwrap_or_default().into_iter().map(one).collect())
}

fn capabilities(all: Option<Vec<types::Capability>>) -> Vec<String> {
    sorted(all.unwrap_or_default().iter().map(|c| c.as_str().to_owned()).collect())
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

/// What else AWS was told for the execution.
fn options(head: &DescribeChangeSetOutput) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut push = |name: &str, value: Option<String>| all.extend(value.map(|v| (name.to_owned(), v)));
    push("OnStackFailure", head.on_stack_failure.as_ref().map(|v| v.as_str().to_owned()));
    push("ImportExistingResources", head.import_existing_resources.map(|v| v.to_string()));
    push("DeploymentMode", head.deployment_mode.as_ref().map(|v| v.as_str().to_owned()));
    for arn in head.notification_arns() {
        push("NotificationARN", Some(arn.clone()));
    }
    if let Some(rollback) = &head.rollback_configuration {
        push("MonitoringTimeInMinutes", rollback.monitoring_time_in_minutes.map(|v| v.to_string()));
        for trigger in rollback.rollback_triggers() {
            push("RollbackTrigger", trigger.arn.clone());
        }
    }
    sorted(all)
}

fn set_change(change: types::ResourceChange) -> SetChange {
    let mut details: Vec<SetDetail> = change.details.unwrap_or_default().into_iter().map(detail).collect();
    details.sort_by(|a, b| (&a.attribute, &a.name, &a.cause).cmp(&(&b.attribute, &b.name, &b.cause)));
    SetChange {
        id: change.logical_resource_id.unwrap_or_default(),
        physical: change.physical_resource_id.unwrap_or_default(),
        kind: change.resource_type.unwrap_or_default(),
        action: match change.action {
            Some(types::ChangeAction::Add) => SetAction::Add,
            Some(types::ChangeAction::Modify) => SetAction::Modify,
            Some(types::ChangeAction::Remove) => SetAction::Remove,
            Some(types::ChangeAction::Import) => SetAction::Import,
            // A word of AWS's that came after this program: the least that can be said.
            _ => SetAction::Dynamic,
        },
        replacement: match change.replacement {
            Some(types::Replacement::True) => Replacement::Yes,
            Some(types::Replacement::False) | None => Replacement::No,
            Some(_) => Replacement::Maybe,
        },
        policy: change.policy_action.map(|p| p.as_str().to_owned()).unwrap_or_default(),
        details,
    }
}

fn detail(detail: types::ResourceChangeDetail) -> SetDetail {
    let target = detail.target;
    let of = |get: fn(&types::ResourceTargetDefinition) -> Option<String>| target.as_ref().and_then(get);
    let path = of(|t| t.path.clone()).map(|p| p.trim_start_matches("/Properties/").to_owned());
    SetDetail {
        attribute: of(|t| t.attribute.as_ref().map(|a| a.as_str().to_owned())).unwrap_or_default(),
        name: path.filter(|p| !p.is_empty()).or_else(|| of(|t| t.name.clone())).unwrap_or_default(),
        recreation: of(|t| t.requires_recreation.as_ref().map(|r| r.as_str().to_owned())).unwrap_or_default(),
        cause: match (detail.change_source, detail.causing_entity) {
            (Some(source), Some(entity)) => format!("{} {entity}", source.as_str()),
            (Some(source), None) => source.as_str().to_owned(),
            (None, entity) => entity.unwrap_or_default(),
        },
        before: of(|t| t.before_value.clone()),
        after: of(|t| t.after_value.clone()),
    }
}

fn drift(d: types::StackResourceDrift) -> Drift {
    let difference = |p: types::PropertyDifference| {
        (
            p.property_path.unwrap_or_default(),
            p.expected_value.unwrap_or_default(),
            p.actual_value.unwrap_or_default(),
            p.difference_type.map(|t| t.as_str().to_owned()).unwrap_or_default(),
        )
    };
    Drift {
        id: d.logical_resource_id.unwrap_or_default(),
        physical: d.physical_resource_id.unwrap_or_default(),
        kind: d.resource_type.unwrap_or_default(),
        status: d.stack_resource_drift_status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
        differences: d.property_differences.unwrap_or_default().into_iter().map(difference).collect(),
    }
}
