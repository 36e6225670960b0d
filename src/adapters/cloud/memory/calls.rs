//! The port over the account in memory.

use jiff::Timestamp;
use serde_json::Value;

use super::{Inner, MemoryCloud, engine::Held, template::Template, wrong};
use crate::{
    domain::{
        cloud::{
            Account, AnalyzerFinding, ChangeSet, Drift, Function, LogLine, Place, Profile, Role, Simulated, Stack,
            StackEvent, StackResource, Validation,
            action::{CloudAction, How, Performed},
            failure::Failure,
            remains::Remains,
        },
        gate::Approved,
    },
    ports::cloud::{Cloud, CloudError, CloudErrorKind, CloudResult},
};

impl MemoryCloud {
    /// One call, done when it is awaited.
    fn call<'a, T: Send + 'a>(
        &'a self,
        name: &'static str,
        work: impl FnOnce(&mut Inner) -> Result<T, CloudError> + Send + 'a,
    ) -> CloudResult<'a, T> {
        Box::pin(async move {
            let mut inner = self.inner();
            inner.called(name)?;
            work(&mut inner)
        })
    }
}

/// A stack by name or ARN.
fn held<'a>(inner: &'a Inner, name: &str) -> Option<&'a Held> {
    // One that was deleted is known by its id alone.
    let is_it = |h: &&Held| h.stack.id == name || h.stack.name == name && h.stack.status != "DELETE_COMPLETE";
    inner.stacks.values().find(is_it)
}

fn present<'a>(inner: &'a Inner, name: &str) -> Result<&'a Held, CloudError> {
    held(inner, name).ok_or_else(|| wrong(CloudErrorKind::NotFound, format!("Stack with id {name} does not exist")))
}

fn set<'a>(held: &'a Held, name: &str) -> Option<&'a ChangeSet> {
    held.sets.values().find(|set| set.name == name || set.id == name)
}

impl Cloud for MemoryCloud {
    fn has_signs(&self) -> bool {
        !self.inner().unsigned
    }

    fn has_variable(&self, name: &str) -> bool {
        !name.starts_with("UNSET")
    }

    fn place(&self) -> Place {
        self.inner().place.clone()
    }

    fn switch(&self, place: Place) {
        self.inner().place = place;
    }

    fn profiles(&self) -> CloudResult<'_, Vec<Profile>> {
        Box::pin(async { Ok(self.inner().list_profiles()) })
    }

    fn identity(&self) -> CloudResult<'_, Account> {
        self.call("sts:GetCallerIdentity", move |inner| Ok(inner.account()))
    }

    fn stack<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Stack>> {
        self.call("cloudformation:DescribeStacks", move |inner| Ok(held(inner, name).map(|h| h.stack.clone())))
    }

    fn resources<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<StackResource>> {
        self.call("cloudformation:ListStackResources", move |inner| {
            Ok(present(inner, stack)?.resources.iter().map(|(r, _)| r.clone()).collect())
        })
    }

    fn template<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<String>> {
        self.call("cloudformation:GetTemplate", move |inner| Ok(held(inner, stack).map(|h| h.template.clone())))
    }

    fn change_set<'a>(&'a self, stack: &'a str, name: &'a str) -> CloudResult<'a, Option<ChangeSet>> {
        self.call("cloudformation:DescribeChangeSet", move |inner| {
            let found = held(inner, stack).and_then(|h| set(h, name)).cloned();
            // Read by whoever asks now.
            Ok(found.map(|set| ChangeSet { account: inner.account(), ..set }))
        })
    }

    fn events<'a>(&'a self, stack: &'a str, after: Option<&'a str>) -> CloudResult<'a, Vec<StackEvent>> {
        self.call("cloudformation:DescribeStackEvents", move |inner| {
            let name = present(inner, stack)?.stack.name.clone();
            inner.happen(&name, false);
            let events = &present(inner, stack)?.events;
            let from = after.and_then(|id| events.iter().position(|e| e.id == id)).map_or(0, |at| at + 1);
            Ok(events.get(from..).unwrap_or_default().to_vec())
        })
    }

    fn failures<'a>(
        &'a self,
        stack: &'a str,
        set: Option<&'a str>,
        since: Timestamp,
    ) -> CloudResult<'a, Option<Vec<Failure>>> {
        self.call("cloudformation:DescribeEvents", move |inner| {
            if inner.old {
                return Ok(None);
            }
            let told = &present(inner, stack)?.failures;
            let belongs = |of: &Option<String>, at: Timestamp| match set {
                Some(set) => of.as_deref() == Some(set),
                None => of.is_none() && at >= since,
            };
            Ok(Some(told.iter().filter(|(of, at, _)| belongs(of, *at)).map(|(.., f)| f.clone()).collect()))
        })
    }

    fn function<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Function>> {
        self.call("lambda:GetFunctionConfiguration", move |inner| {
            let is_it = |f: &&Function| f.name == name || f.arn == name;
            Ok(inner.functions.values().map(|d| &d.function).find(is_it).cloned())
        })
    }

    fn logs<'a>(&'a self, function: &'a str, _: u32, limit: usize) -> CloudResult<'a, Vec<LogLine>> {
        self.call("logs:FilterLogEvents", move |inner| {
            let found = inner.functions.values().find(|d| d.function.name == function || d.function.arn == function);
            let missing = || wrong(CloudErrorKind::NotFound, format!("there is no function {function}"));
            let logs = &found.ok_or_else(missing)?.logs;
            Ok(logs.get(logs.len().saturating_sub(limit)..).unwrap_or_default().to_vec())
        })
    }

    fn role<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Role>> {
        self.call("iam:GetRole", move |inner| Ok(inner.roles.get(name.rsplit('/').next().unwrap_or(name)).cloned()))
    }

    fn validate<'a>(&'a self, template: &'a str) -> CloudResult<'a, Validation> {
        self.call("cloudformation:ValidateTemplate", move |_| Ok(Template::read(template)?.validation()))
    }

    fn simulate<'a>(
        &'a self,
        policies: &'a [String],
        actions: &'a [String],
        resources: &'a [String],
    ) -> CloudResult<'a, Vec<Simulated>> {
        self.call("iam:SimulateCustomPolicy", move |_| {
            let everything = ["*".to_owned()];
            let resources = if resources.is_empty() { &everything } else { resources };
            let pairs = actions.iter().flat_map(|a| resources.iter().map(move |r| (a, r)));
            let one = |(action, resource): (&String, &String)| Simulated {
                action: action.clone(),
                resource: resource.clone(),
                decision: decision(policies, action, resource).to_owned(),
            };
            Ok(pairs.map(one).collect())
        })
    }

    fn drift<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<Drift>> {
        self.call("cloudformation:DetectStackDrift", move |inner| {
            let known = inner.drifts.get(stack).cloned().unwrap_or_default();
            let one = |r: &StackResource| {
                let drifted = known.iter().find(|d| d.id == r.id).cloned();
                drifted.unwrap_or_else(|| Drift {
                    id: r.id.clone(),
                    physical: r.physical.clone(),
                    kind: r.kind.clone(),
                    status: "IN_SYNC".into(),
                    differences: Vec::new(),
                })
            };
            Ok(present(inner, stack)?.resources.iter().map(|(r, _)| one(r)).collect())
        })
    }

    fn analyze<'a>(&'a self, _: &'a str) -> CloudResult<'a, Option<Vec<AnalyzerFinding>>> {
        self.call("access-analyzer:ValidatePolicy", move |inner| Ok(inner.findings.clone()))
    }

    fn gains<'a>(&'a self, _: &'a str, _: &'a str) -> CloudResult<'a, Option<Vec<String>>> {
        self.call("access-analyzer:CheckNoNewAccess", move |inner| {
            Ok(inner.findings.as_ref().map(|_| inner.gains.clone()))
        })
    }

    fn perform(&self, action: Approved<CloudAction>) -> CloudResult<'_, Performed> {
        let (action, _) = action.into_parts();
        let name = match &action {
            CloudAction::Prepare(_) => "cloudformation:CreateChangeSet",
            CloudAction::Deploy { .. } => "cloudformation:ExecuteChangeSet",
            CloudAction::CancelUpdate { .. } => "cloudformation:CancelUpdateStack",
            CloudAction::CancelCreate { .. } => "cloudformation:DeleteStack",
            CloudAction::DropChangeSet { .. } => "cloudformation:DeleteChangeSet",
            CloudAction::DeleteStack { .. } => "cloudformation:DeleteStack",
            CloudAction::ContinueRollback { .. } => "cloudformation:ContinueUpdateRollback",
            CloudAction::Invoke { .. } => "lambda:InvokeFunction",
        };
        Box::pin(async move {
            let remains = match &action {
                CloudAction::DeleteStack { stack, .. } => Some(self.remains(stack).await?),
                _ => None,
            };
            self.call(name, |inner| act(inner, action, remains)).await
        })
    }
}

fn act(inner: &mut Inner, action: CloudAction, remains: Option<Remains>) -> Result<Performed, CloudError> {
    let moved = |words: &str| Err(wrong(CloudErrorKind::Moved, words));
    if inner.account() != *action.account() {
        return moved("approved for somebody else, or elsewhere");
    }
    match action {
        CloudAction::Prepare(preparation) => match preparation.how {
            How::Cdk(_) => {
                return Err(wrong(CloudErrorKind::Invalid, "this change set is made by the project's CDK command"));
            }
            How::Template => inner.prepare(&preparation)?,
        },
        CloudAction::Deploy { set: approved, .. } => {
            let there = held(inner, &approved.stack).and_then(|h| set(h, &approved.id)).cloned();
            let Some(there) = there.map(|s| ChangeSet { account: inner.account(), ..s }) else {
                return moved("the change set is not there any more");
            };
            if there != *approved {
                return moved("the change set is not what was approved");
            }
            inner.execute(&there)?;
        }
        CloudAction::CancelUpdate { stack, .. } => inner.cancel(&stack)?,
        CloudAction::CancelCreate { id, .. } => inner.cancel_create(&id)?,
        CloudAction::DropChangeSet { stack, change_set, .. } => {
            if let Some(held) = inner.stacks.get_mut(&stack) {
                held.sets.retain(|_, set| set.name != change_set && set.id != change_set);
            }
        }
        CloudAction::DeleteStack { stack, resources, becomes, unlisted, .. } => {
            let held = present(inner, &stack)?;
            if !held.stack.is_remains() {
                let words =
                    format!("{stack} is {}: only what a failed creation left is deleted here", held.stack.status);
                return Err(wrong(CloudErrorKind::Invalid, words));
            }
            if held.stack.protected || !remains.is_some_and(|now| now.is(&resources, &becomes, unlisted)) {
                return moved("the stack has other resources than were shown");
            }
            inner.delete(&stack);
        }
        CloudAction::ContinueRollback { stack, .. } => {
            inner.roll_on(&stack)?;
        }
        CloudAction::Invoke { function, .. } => {
            let at = inner.tick();
            let found =
                inner.functions.values_mut().find(|d| d.function.name == function || d.function.arn == function);
            let missing = || wrong(CloudErrorKind::NotFound, format!("there is no function {function}"));
            let found = found.ok_or_else(missing)?;
            let (payload, error) = found.answer.clone();
            let log = "START\nEND\nREPORT Duration: 12.00 ms".to_owned();
            found.logs.extend(log.lines().map(|text| LogLine { at, text: text.to_owned() }));
            return Ok(Performed::Answered { payload, error, log, millis: 12 });
        }
    }
    Ok(Performed::Accepted)
}

/// What policies say, conditions left aside.
fn decision(policies: &[String], action: &str, resource: &str) -> &'static str {
    let mut allowed = false;
    for policy in policies {
        let value: Value = serde_json::from_str(policy).unwrap_or_default();
        let statements = match value.get("Statement") {
            Some(Value::Array(all)) => all.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        for statement in statements {
            let list = |key: &str| match statement.get(key) {
                Some(Value::Array(all)) => all.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
                Some(Value::String(one)) => vec![one.clone()],
                _ => Vec::new(),
            };
            let fits = list("Action").iter().any(|p| matches(&p.to_ascii_lowercase(), &action.to_ascii_lowercase()))
                && list("Resource").iter().any(|p| matches(p, resource));
            match statement.get("Effect").and_then(Value::as_str) {
                Some("Deny") if fits => return "explicitDeny",
                Some("Allow") if fits => allowed = true,
                _ => {}
            }
        }
    }
    if allowed { "allowed" } else { "implicitDeny" }
}

fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text
            .strip_prefix(head)
            .is_some_and(|left| (0..=left.len()).any(|at| left.get(at..).is_some_and(|tail| matches(rest, tail)))),
    }
}
