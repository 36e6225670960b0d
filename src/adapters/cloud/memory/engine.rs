//! What CloudFormation does: change sets from two templates, and their execution event by event.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    Deployed, Inner,
    template::{Template, differing, named, plain, resolved},
    wrong,
};
use crate::{
    domain::{
        cloud::{
            ChangeSet, Function, Replacement, Role, SetAction, SetChange, SetDetail, Stack, StackEvent, StackResource,
            action::Preparation, failure::Failure,
        },
        stack::parameters::HIDDEN,
    },
    ports::cloud::{CloudError, CloudErrorKind},
};

/// What AWS says of a change set that would change nothing, and of what its checks found wrong, early and
/// late.
const UNCHANGED: &str = "The submitted information didn't contain changes.";
const EARLY: &str = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot \
                     Early Validation errors, use the DescribeEvents API for detailed failure information.";
const LATE: &str = "Validation failed with 1 error(s). Call DescribeEvents to retrieve the full list of issues with \
                    resource and property details, resolve each error, then retry the operation.";

/// A stack with all that belongs to it.
pub(super) struct Held {
    pub(super) stack: Stack,
    pub(super) template: String,
    pub(super) resources: Vec<(StackResource, Map<String, Value>)>,
    pub(super) events: Vec<StackEvent>,
    pub(super) sets: BTreeMap<String, ChangeSet>,
    /// What was found wrong: with which change set, else with what was done, and when.
    pub(super) failures: Vec<(Option<String>, Timestamp, Failure)>,
    pending: VecDeque<Step>,
    /// What a rollback could not undo.
    left: Vec<(String, SetAction)>,
    /// How it was before what is under way.
    before: Option<Box<Before>>,
}

struct Before {
    stack: Stack,
    template: String,
    resources: Vec<(StackResource, Map<String, Value>)>,
}

/// An event that will happen, and what it does.
struct Step {
    resource: String,
    status: &'static str,
    reason: Option<String>,
    deed: Deed,
}

enum Deed {
    Nothing,
    /// The resource is there, so.
    Put(String, String, Map<String, Value>),
    /// It is gone.
    Drop,
    /// The stack has this template.
    Settle(String, Vec<(String, String)>),
    /// This was found wrong.
    Wrong(Vec<Failure>),
    /// All is as before.
    Restore,
    /// The stack is there no more, but for those who know its id.
    Gone,
}

impl Held {
    fn step(&mut self, resource: &str, status: &'static str, reason: Option<&str>, deed: Deed) {
        let reason = reason.map(str::to_owned);
        self.pending.push_back(Step { resource: resource.to_owned(), status, reason, deed });
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.pending.is_empty()
    }
}

impl Inner {
    /// Makes a change set, as AWS would of an approved preparation.
    pub(super) fn prepare(&mut self, preparation: &Preparation) -> Result<(), CloudError> {
        if preparation.template.len() > 51_200 && preparation.bucket.is_none() {
            return Err(wrong(CloudErrorKind::Invalid, "a template of more than 51200 bytes goes through a bucket"));
        }
        let template = Template::read(&preparation.template)?;
        let needed = template.capabilities();
        let given = |c: &String| {
            let named = "CAPABILITY_NAMED_IAM".to_owned();
            preparation.capabilities.contains(c) || c == "CAPABILITY_IAM" && preparation.capabilities.contains(&named)
        };
        if !needed.iter().all(given) {
            return Err(wrong(CloudErrorKind::Invalid, format!("Requires capabilities : [{}]", needed.join(", "))));
        }
        let (name, count) = (preparation.stack.clone(), self.next());
        if self.stacks.get(&name).is_some_and(Held::is_busy) {
            let words = format!("Stack {name} is in {} state and can not be updated.", self.status(&name));
            return Err(wrong(CloudErrorKind::Invalid, words));
        }
        let account = self.account();
        let status = self.status(&name);
        if ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"]
            .contains(&status.as_str())
        {
            let words = format!("Stack:{name} is in {status} state and can not be updated.");
            return Err(wrong(CloudErrorKind::Invalid, words));
        }
        if status.is_empty() {
            let id = format!("arn:aws:cloudformation:{}:{}:stack/{name}/{count}", account.region, account.id);
            let stack = Stack { name: name.clone(), id, status: "REVIEW_IN_PROGRESS".into(), ..empty() };
            let (resources, events, sets) = (Vec::new(), Vec::new(), BTreeMap::new());
            let held = Held {
                stack,
                template: String::new(),
                resources,
                events,
                sets,
                failures: Vec::new(),
                pending: VecDeque::new(),
                left: Vec::new(),
                before: None,
            };
            self.stacks.insert(name.clone(), held);
        }
        let early = if self.late { BTreeMap::new() } else { self.wrong.clone() };
        let at = if early.is_empty() { Timestamp::default() } else { self.tick() };
        let Some(held) = self.stacks.get_mut(&name) else { return Ok(()) };
        let void = |set: &ChangeSet| set.status == "FAILED" || set.execution == "OBSOLETE";
        held.sets.retain(|name, set| *name != preparation.change_set || !void(set));
        if held.sets.contains_key(&preparation.change_set) {
            let words = format!("ChangeSet {} already exists", preparation.change_set);
            return Err(wrong(CloudErrorKind::Invalid, words));
        }
        let mut parameters = Vec::new();
        for (name, default) in &template.parameters {
            let secret = preparation.secrets.iter().any(|(n, _)| n == name).then(|| (name.clone(), HIDDEN.to_owned()));
            let given = preparation.parameters.iter().chain(&secret).find(|(n, _)| n == name);
            let kept = held.stack.parameters.iter().find(|(n, _)| n == name);
            let value = given.or(kept).map(|(_, v)| v.clone()).or_else(|| default.clone());
            let Some(value) = value else {
                return Err(wrong(CloudErrorKind::Invalid, format!("Parameters: [{name}] must have values")));
            };
            parameters.push((name.clone(), value));
        }
        parameters.sort();
        let known: BTreeMap<_, _> = parameters.iter().cloned().collect();
        let changes = changes(&held.resources, &template, &known);
        let same = changes.is_empty();
        let wrong: Vec<Failure> = changes.iter().filter_map(|c| early.get(&c.id).cloned()).collect();
        let fails = same || !wrong.is_empty();
        let creates = held.stack.status == "REVIEW_IN_PROGRESS";
        let id = format!(
            "arn:aws:cloudformation:{}:{}:changeSet/{}/{count}",
            account.region, account.id, preparation.change_set
        );
        let set = ChangeSet {
            account,
            stack: name,
            stack_id: held.stack.id.clone(),
            name: preparation.change_set.clone(),
            id: id.clone(),
            creates,
            status: if fails { "FAILED" } else { "CREATE_COMPLETE" }.into(),
            execution: if fails { "UNAVAILABLE" } else { "AVAILABLE" }.into(),
            reason: fails.then(|| if same { UNCHANGED } else { EARLY }.to_owned()),
            changes,
            parameters,
            capabilities: preparation.capabilities.clone(),
            tags: held.stack.tags.clone(),
            options: Vec::new(),
            template: preparation.template.clone(),
            nested: Vec::new(),
        };
        held.failures.extend(wrong.into_iter().map(|failure| (Some(id.clone()), at, failure)));
        held.sets.insert(preparation.change_set.clone(), set);
        Ok(())
    }

    fn status(&self, stack: &str) -> String {
        self.stacks.get(stack).map(|h| h.stack.status.clone()).unwrap_or_default()
    }

    /// Begins the execution of a change set.
    pub(super) fn execute(&mut self, set: &ChangeSet) -> Result<(), CloudError> {
        let template = Template::read(&set.template)?;
        let (failing, count) = (self.failing.clone(), self.next());
        let late = if self.late { self.wrong.clone() } else { BTreeMap::new() };
        let Some(held) = self.stacks.get_mut(&set.stack) else { return Ok(()) };
        if set.execution != "AVAILABLE" || held.is_busy() {
            let words = format!("ChangeSet [{}] cannot be executed in its current status of [{}]", set.id, set.status);
            return Err(wrong(CloudErrorKind::Invalid, words));
        }
        // AWS takes a stack's change sets away with the execution of one.
        held.sets.clear();
        let before =
            Before { stack: held.stack.clone(), template: held.template.clone(), resources: held.resources.clone() };
        held.before = Some(Box::new(before));
        let own = set.stack.as_str();
        let known: BTreeMap<_, _> = set.parameters.iter().cloned().collect();
        let (begin, end) = match set.creates {
            true => ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"),
            false => ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"),
        };
        held.step(own, begin, Some("User Initiated"), Deed::Nothing);
        let found: Vec<Failure> = set.changes.iter().filter_map(|c| late.get(&c.id).cloned()).collect();
        if !found.is_empty() {
            let broken = if set.creates { "CREATE_FAILED" } else { "UPDATE_FAILED" };
            held.step(own, broken, Some(LATE), Deed::Wrong(found));
            let why = "Validation failure detected. See the operation's FAILED event for details.";
            roll_back(held, own, set.creates, why, Vec::new(), &self.stuck);
            self.happen(&set.stack.clone(), true);
            return Ok(());
        }
        let (mut undo, mut failed) = (Vec::new(), None);
        for (id, kind, properties) in &template.resources {
            let Some(change) = set.changes.iter().find(|c| c.id == *id) else { continue };
            let (doing, done, broken) = match change.action {
                SetAction::Add => ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED"),
                _ => ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED"),
            };
            held.step(id, doing, None, Deed::Nothing);
            if let Some(reason) = failing.get(id) {
                held.step(id, broken, Some(reason), Deed::Nothing);
                failed = Some((id.clone(), change.action));
                break;
            }
            let values = resolved(&Value::Object(properties.clone()), &known).as_object().cloned().unwrap_or_default();
            let fresh = change.physical.is_empty() || change.replacement == Replacement::Yes;
            let physical = match (named(&values), fresh) {
                (Some(name), _) => name,
                (None, true) => format!("{own}-{id}-{count}").to_ascii_lowercase(),
                (None, false) => change.physical.clone(),
            };
            held.step(id, done, None, Deed::Put(kind.clone(), physical, values));
            undo.push((id.clone(), change.action));
        }
        match failed {
            Some((id, action)) => {
                let verb = if action == SetAction::Add { "create" } else { "update" };
                let reason = format!("The following resource(s) failed to {verb}: [{id}]. ");
                roll_back(held, own, set.creates, &reason, undo, &self.stuck);
            }
            None => {
                let removed: Vec<_> = set.changes.iter().filter(|c| c.action == SetAction::Remove).collect();
                let replaced = set.changes.iter().any(|c| c.replacement == Replacement::Yes);
                if !removed.is_empty() || replaced {
                    held.step(own, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, Deed::Nothing);
                }
                for change in removed {
                    held.step(&change.id, "DELETE_IN_PROGRESS", None, Deed::Nothing);
                    held.step(&change.id, "DELETE_COMPLETE", None, Deed::Drop);
                }
                let settle = Deed::Settle(set.template.clone(), set.parameters.clone());
                held.step(own, end, None, settle);
            }
        }
        self.happen(&set.stack.clone(), true);
        Ok(())
    }

    /// Stops what is under way, and rolls back.
    pub(super) fn cancel(&mut self, stack: &str) -> Result<(), CloudError> {
        let Some(held) = self.stacks.get_mut(stack).filter(|h| h.stack.status == "UPDATE_IN_PROGRESS") else {
            let words = "CancelUpdateStack cannot be called from current stack status";
            return Err(wrong(CloudErrorKind::Invalid, words));
        };
        held.pending.clear();
        roll_back(held, stack, false, "User Initiated", Vec::new(), &self.stuck);
        Ok(())
    }

    /// Deletes a stack whose creation is under way.
    pub(super) fn cancel_create(&mut self, id: &str) -> Result<(), CloudError> {
        let found = self.stacks.values_mut().find(|h| h.stack.id == id);
        let Some(held) = found.filter(|h| h.stack.status == "CREATE_IN_PROGRESS") else {
            return Err(wrong(CloudErrorKind::Moved, "its creation is not under way any more"));
        };
        held.pending.clear();
        let own = held.stack.name.clone();
        held.step(&own, "DELETE_IN_PROGRESS", Some("User Initiated"), Deed::Nothing);
        for id in held.resources.iter().map(|(r, _)| r.id.clone()).collect::<Vec<_>>() {
            held.step(&id, "DELETE_IN_PROGRESS", None, Deed::Nothing);
            held.step(&id, "DELETE_COMPLETE", None, Deed::Drop);
        }
        held.step(&own, "DELETE_COMPLETE", None, Deed::Gone);
        self.happen(&own, true);
        Ok(())
    }

    /// Lets a rollback that failed go on.
    pub(super) fn roll_on(&mut self, stack: &str) -> Result<(), CloudError> {
        let status = self.status(stack);
        let Some(held) = self.stacks.get_mut(stack).filter(|_| status == "UPDATE_ROLLBACK_FAILED") else {
            return Err(wrong(CloudErrorKind::Invalid, format!("{stack} is {status}")));
        };
        let left = std::mem::take(&mut held.left);
        roll_back(held, stack, false, "User Initiated", left, &self.stuck);
        self.happen(stack, true);
        Ok(())
    }

    pub(super) fn delete(&mut self, stack: &str) {
        if let Some(held) = self.stacks.remove(stack) {
            for (resource, _) in held.resources {
                self.functions.remove(&resource.physical);
                self.roles.remove(&resource.physical);
            }
        }
    }

    /// Lets events happen: as many as one look is worth. `begun` for those that come before any look.
    pub(super) fn happen(&mut self, stack: &str, begun: bool) {
        let many = match (self.pace, begun) {
            (Some(_), true) => 1,
            (Some(pace), false) => pace,
            (None, _) => usize::MAX,
        };
        for _ in 0..many {
            let (at, count) = (self.tick(), self.next());
            let Some(held) = self.stacks.get_mut(stack) else { return };
            let Some(step) = held.pending.pop_front() else { return };
            let own = step.resource == held.stack.name;
            let physical = match (&step.deed, own) {
                (Deed::Put(_, physical, _), _) => physical.clone(),
                (_, true) => held.stack.id.clone(),
                (_, false) => held
                    .resources
                    .iter()
                    .find(|(r, _)| r.id == step.resource)
                    .map(|(r, _)| r.physical.clone())
                    .unwrap_or_default(),
            };
            let known = held.resources.iter().find(|(r, _)| r.id == step.resource).map(|(r, _)| r.kind.clone());
            let kind = match (&step.deed, own) {
                (_, true) => "AWS::CloudFormation::Stack".to_owned(),
                (Deed::Put(kind, ..), _) => kind.clone(),
                (_, false) => known.unwrap_or_default(),
            };
            held.events.push(StackEvent {
                id: format!("event-{count}"),
                at,
                stack: held.stack.id.clone(),
                resource: step.resource.clone(),
                physical,
                kind,
                status: step.status.to_owned(),
                reason: step.reason.clone(),
            });
            if own {
                step.status.clone_into(&mut held.stack.status);
                held.stack.reason.clone_from(&step.reason);
                held.stack.changed = Some(at);
            }
            self.do_it(stack, step);
        }
    }

    fn do_it(&mut self, stack: &str, step: Step) {
        let account = self.account();
        let Some(held) = self.stacks.get_mut(stack) else { return };
        let is_it = |r: &StackResource| r.id == step.resource;
        match step.deed {
            Deed::Nothing => {}
            Deed::Wrong(found) => {
                let at = held.stack.changed.unwrap_or_default();
                held.failures.extend(found.into_iter().map(|failure| (None, at, failure)));
            }
            Deed::Drop => held.resources.retain(|(r, _)| !is_it(r)),
            Deed::Put(kind, physical, properties) => {
                held.resources.retain(|(r, _)| !is_it(r));
                let (id, status) = (step.resource, step.status.to_owned());
                let resource =
                    StackResource { id, physical: physical.clone(), kind: kind.clone(), status, reason: None };
                held.resources.push((resource, properties.clone()));
                match kind.as_str() {
                    "AWS::Lambda::Function" => {
                        let function = function(&physical, &properties, &account.region, &account.id);
                        let kept = self.functions.remove(&physical);
                        let (logs, answer) =
                            kept.map_or_else(|| (Vec::new(), ("null".to_owned(), None)), |k| (k.logs, k.answer));
                        self.functions.insert(physical, Deployed { function, logs, answer });
                    }
                    "AWS::IAM::Role" => {
                        let role = role(&physical, &properties, &account.id);
                        self.roles.insert(physical, role);
                    }
                    _ => {}
                }
            }
            Deed::Settle(template, parameters) => {
                let mut known: BTreeMap<String, String> = parameters.iter().cloned().collect();
                known.extend(held.resources.iter().map(|(r, _)| (r.id.clone(), r.physical.clone())));
                let outputs = Template::read(&template).map(|t| t.outputs).unwrap_or_default();
                held.stack.outputs = outputs.iter().map(|(n, v)| (n.clone(), plain(&resolved(v, &known)))).collect();
                held.stack.parameters = parameters;
                held.template = template;
                held.before = None;
            }
            Deed::Gone => {
                if let Some(held) = self.stacks.remove(stack) {
                    self.stacks.insert(held.stack.id.clone(), held);
                }
            }
            Deed::Restore => {
                if let Some(before) = held.before.take() {
                    held.resources = before.resources;
                    held.template = before.template;
                    held.stack.parameters = before.stack.parameters;
                    held.stack.outputs = before.stack.outputs;
                }
            }
        }
    }
}

fn roll_back(
    held: &mut Held,
    own: &str,
    creates: bool,
    reason: &str,
    undo: Vec<(String, SetAction)>,
    stuck: &BTreeMap<String, String>,
) {
    let (begin, end) = match creates {
        true => ("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"),
        false => ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
    };
    held.step(own, begin, Some(reason), Deed::Nothing);
    if let Some(why) = undo.iter().find_map(|(id, _)| Some((id.clone(), stuck.get(id)?.clone()))) {
        held.step(&why.0, "UPDATE_FAILED", Some(&why.1), Deed::Nothing);
        let reason = format!("The following resource(s) failed to update: [{}]. ", why.0);
        held.step(own, "UPDATE_ROLLBACK_FAILED", Some(&reason), Deed::Nothing);
        held.left = undo;
        return;
    }
    for (id, action) in undo.into_iter().rev() {
        if action == SetAction::Add {
            held.step(&id, "DELETE_IN_PROGRESS", None, Deed::Nothing);
            held.step(&id, "DELETE_COMPLETE", None, Deed::Drop);
        } else {
            held.step(&id, "UPDATE_IN_PROGRESS", None, Deed::Nothing);
            held.step(&id, "UPDATE_COMPLETE", None, Deed::Nothing);
        }
    }
    held.step(own, end, None, Deed::Restore);
}

fn empty() -> Stack {
    Stack {
        name: String::new(),
        id: String::new(),
        status: String::new(),
        reason: None,
        changed: None,
        parameters: Vec::new(),
        outputs: Vec::new(),
        tags: Vec::new(),
        capabilities: Vec::new(),
        protected: false,
    }
}

fn changes(
    there: &[(StackResource, Map<String, Value>)],
    template: &Template,
    known: &BTreeMap<String, String>,
) -> Vec<SetChange> {
    let mut all = Vec::new();
    let blank = |id: &str, kind: &str, action| SetChange {
        id: id.to_owned(),
        physical: String::new(),
        kind: kind.to_owned(),
        action,
        replacement: Replacement::No,
        policy: String::new(),
        details: Vec::new(),
    };
    for (id, kind, properties) in &template.resources {
        let Some((resource, before)) = there.iter().find(|(r, _)| r.id == *id) else {
            all.push(blank(id, kind, SetAction::Add));
            continue;
        };
        let after = resolved(&Value::Object(properties.clone()), known).as_object().cloned().unwrap_or_default();
        let differing = differing(before, &after);
        if differing.is_empty() {
            continue;
        }
        let renews = differing.iter().any(|(_, renews)| *renews);
        let detail = |(name, renews): &(String, bool)| SetDetail {
            attribute: "Properties".into(),
            name: name.clone(),
            recreation: if *renews { "Always" } else { "Never" }.into(),
            cause: "DirectModification".into(),
            before: before.get(name).map(plain),
            after: after.get(name).map(plain),
        };
        all.push(SetChange {
            physical: resource.physical.clone(),
            replacement: if renews { Replacement::Yes } else { Replacement::No },
            policy: if renews { "ReplaceAndDelete".into() } else { String::new() },
            details: differing.iter().map(detail).collect(),
            ..blank(id, kind, SetAction::Modify)
        });
    }
    for (resource, _) in there.iter().filter(|(r, _)| !template.resources.iter().any(|(id, ..)| *id == r.id)) {
        let (physical, policy) = (resource.physical.clone(), "Delete".to_owned());
        all.push(SetChange { physical, policy, ..blank(&resource.id, &resource.kind, SetAction::Remove) });
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

fn function(name: &str, properties: &Map<String, Value>, region: &str, account: &str) -> Function {
    let text = |key: &str| properties.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |key: &str, usual| {
        properties.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(usual)
    };
    let variables = properties.get("Environment").and_then(|e| e.get("Variables")).and_then(Value::as_object);
    let mut environment: Vec<String> = variables.into_iter().flat_map(Map::keys).cloned().collect();
    environment.sort();
    Function {
        name: name.to_owned(),
        arn: format!("arn:aws:lambda:{region}:{account}:function:{name}"),
        runtime: text("Runtime"),
        handler: text("Handler"),
        memory_mb: number("MemorySize", 128),
        timeout_s: number("Timeout", 3),
        code_bytes: 256,
        environment,
        role: text("Role"),
        state: "Active".into(),
        changed: "2026-01-01T00:00:00.000+0000".into(),
    }
}

fn role(name: &str, properties: &Map<String, Value>, account: &str) -> Role {
    let document = |v: Option<&Value>| v.map(Value::to_string).unwrap_or_default();
    let inline = properties.get("Policies").and_then(Value::as_array).cloned().unwrap_or_default();
    let policy = |p: &Value| (p.get("PolicyName").map(plain).unwrap_or_default(), document(p.get("PolicyDocument")));
    Role {
        name: name.to_owned(),
        arn: format!("arn:aws:iam::{account}:role/{name}"),
        trust: document(properties.get("AssumeRolePolicyDocument")),
        policies: inline.iter().map(policy).collect(),
        boundary: properties.get("PermissionsBoundary").and_then(Value::as_str).map(str::to_owned),
    }
}
