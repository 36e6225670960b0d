//! How a deploy goes: the events of its stacks as a tree, and how it ended.
//!
//! A pure reading of events in the order they came. Always holds: every resource that had an event,
//! or was announced, is a row exactly once; a parent stands before its children; nothing loops,
//! whatever the events say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::StackEvent;

/// The kind of a stack among resources.
pub const STACK: &str = "AWS::CloudFormation::Stack";

/// How one resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Nothing has happened to it yet.
    Waits,
    /// It is under way.
    Going,
    /// It is done.
    Done,
    /// It is put back to what it was.
    Back,
    /// It failed.
    Failed,
}

/// What CloudFormation's word means.
pub fn mark(status: &str) -> Mark {
    if status.is_empty() {
        Mark::Waits
    } else if status.ends_with("_FAILED") {
        Mark::Failed
    } else if status.ends_with("_IN_PROGRESS") {
        Mark::Going
    } else if status.contains("ROLLBACK") {
        Mark::Back
    } else {
        Mark::Done
    }
}

/// True when a stack in this state changes no more by itself.
pub fn rests(status: &str) -> bool {
    !status.is_empty() && !status.ends_with("_IN_PROGRESS")
}

/// True when what was asked for has come about.
pub fn succeeded(status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE" | "DELETE_COMPLETE")
}

/// Why a stack in this state cannot be updated, and what to do about it.
pub fn blocks_update(status: &str) -> Option<&'static str> {
    Some(match status {
        "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => {
            "its creation failed, and CloudFormation takes no update then; delete the stack, then deploy anew"
        }
        "DELETE_FAILED" => "its deletion failed; look at what is left in it, delete it again, then deploy anew",
        "UPDATE_ROLLBACK_FAILED" => "its rollback failed; mend what is in the way, let the rollback go on, then deploy",
        "UPDATE_FAILED" => "its update failed and was not rolled back; roll it back in the console, then deploy",
        s if s.ends_with("_IN_PROGRESS") && s != "REVIEW_IN_PROGRESS" => {
            "something is under way in it; wait for its end, or follow it"
        }
        _ => return None,
    })
}

/// True when a deploy that ended like this left something that can be put away; empty when nothing was
/// begun, which leaves the change set.
pub fn leaves_something(status: &str) -> bool {
    let failed = ["CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"];
    status.is_empty() || status == "REVIEW_IN_PROGRESS" || failed.contains(&status)
}

/// One resource in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How deep it stands: 0 for the stack itself.
    pub depth: usize,
    /// Its logical id; the stack's name for the stack itself.
    pub id: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// CloudFormation's word; empty while nothing has happened to it.
    pub status: String,
    /// Why, in AWS's words.
    pub reason: Option<String>,
    /// Its first event.
    pub began: Option<Timestamp>,
    /// Its last event.
    pub last: Option<Timestamp>,
}

impl Row {
    /// How it stands.
    pub fn mark(&self) -> Mark {
        mark(&self.status)
    }

    /// Seconds from its first event to its last, or to `now` while it goes on.
    pub fn seconds(&self, now: Timestamp) -> Option<i64> {
        let end = if self.mark() == Mark::Going { now } else { self.last? };
        Some(end.duration_since(self.began?).as_secs().max(0))
    }
}

/// The tree of a deploy. `stack` is its name, `stack_id` its ARN where it is known, `expected` what
/// was announced.
pub fn tree(stack: &str, stack_id: &str, expected: &[(String, String)], events: &[StackEvent]) -> Vec<Row> {
    let root_id = if stack_id.is_empty() { events.first().map_or("", |e| e.stack.as_str()) } else { stack_id };
    let mut groups: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
    let fresh = |id: &str, kind: &str| Row {
        depth: 0,
        id: id.to_owned(),
        kind: kind.to_owned(),
        status: String::new(),
        reason: None,
        began: None,
        last: None,
    };
    let mut root = fresh(stack, STACK);
    groups.insert(root_id, expected.iter().map(|(id, kind)| fresh(id, kind)).collect());
    // Which group of rows stands below which resource: a nested stack is known by its physical id.
    let mut below: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let known: BTreeSet<&str> = events.iter().map(|e| e.stack.as_str()).collect();
    for event in events {
        let own = event.kind == STACK && event.physical == event.stack;
        if own && event.stack != root_id {
            continue;
        }
        let row = if own {
            &mut root
        } else {
            if event.kind == STACK && known.contains(event.physical.as_str()) && event.physical != root_id {
                below.insert((event.stack.as_str(), event.resource.as_str()), event.physical.as_str());
            }
            let rows = groups.entry(event.stack.as_str()).or_default();
            let at = rows.iter().position(|r| r.id == event.resource).unwrap_or_else(|| {
                rows.push(fresh(&event.resource, &event.kind));
                rows.len() - 1
            });
            let Some(row) = rows.get_mut(at) else { continue };
            row
        };
        // What is taken away again was made before: that took its own time.
        if event.status == "DELETE_IN_PROGRESS" && row.status != event.status {
            row.began = Some(event.at);
        }
        event.status.clone_into(&mut row.status);
        if event.reason.is_some() || mark(&event.status) != Mark::Failed {
            row.reason.clone_from(&event.reason);
        }
        row.began.get_or_insert(event.at);
        row.last = Some(event.at);
    }
    let mut out = vec![root];
    place(root_id, 1, &mut groups, &below, &mut out);
    // Stacks that no event has put below another.
    while let Some(id) = groups.keys().next().copied() {
        place(id, 1, &mut groups, &below, &mut out);
    }
    out
}

fn place<'a>(
    stack: &'a str,
    depth: usize,
    groups: &mut BTreeMap<&'a str, Vec<Row>>,
    below: &BTreeMap<(&'a str, &'a str), &'a str>,
    out: &mut Vec<Row>,
) {
    // Taken out first: a stack that says it lies in itself ends here.
    let rows = groups.remove(stack).unwrap_or_default();
    for row in rows {
        let nested = below.iter().find(|((s, r), _)| *s == stack && *r == row.id).map(|(_, id)| *id);
        out.push(Row { depth, ..row });
        if let Some(nested) = nested {
            place(nested, depth + 1, groups, below, out);
        }
    }
}

/// The same rows with what failed first and what is under way after it, within each stack; what lies in
/// another stays below it.
pub fn urgent_first(rows: Vec<Row>) -> Vec<Row> {
    let depth = rows.iter().map(|row| row.depth).min().unwrap_or_default();
    let mut parts: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        match parts.last_mut() {
            Some(part) if row.depth > depth => part.push(row),
            Some(_) | None => parts.push(vec![row]),
        }
    }
    let urgency = |part: &Vec<Row>| {
        let of = |row: &Row| match row.mark() {
            Mark::Failed => 0,
            Mark::Going => 1,
            Mark::Waits | Mark::Done | Mark::Back => 2,
        };
        part.iter().map(of).min()
    };
    parts.sort_by_key(urgency);
    let whole = |mut part: Vec<Row>| {
        let below = part.split_off(part.len().min(1));
        part.extend(if below.is_empty() { below } else { urgent_first(below) });
        part
    };
    parts.into_iter().flat_map(whole).collect()
}

/// Resources that are done, and all of them.
pub fn counts(rows: &[Row]) -> (usize, usize) {
    let resources = rows.iter().skip(1);
    let done = resources.clone().filter(|r| matches!(r.mark(), Mark::Done | Mark::Back)).count();
    (done, resources.count())
}

/// What stands for a reason that AWS does not give.
pub const NO_REASON: &str = "AWS gives no reason";

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The logical id.
    pub resource: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// In AWS's words.
    pub text: String,
}

impl Reason {
    /// In a line: what failed, of which kind, as far as AWS says, and why.
    pub fn words(&self) -> String {
        let Self { resource, kind, text } = self;
        match (resource.as_str(), kind.as_str()) {
            ("", "") => text.clone(),
            ("", what) | (what, "") => format!("{what}: {text}"),
            (resource, kind) => format!("{resource} ({kind}): {text}"),
        }
    }
}

/// The reasons of a failure, the first one first; what was only broken off because of another comes
/// after it, and only where there is no other.
pub fn reasons(events: &[StackEvent]) -> Vec<Reason> {
    let failed = events.iter().filter(|e| mark(&e.status) == Mark::Failed && e.physical != e.stack);
    let reason = |e: &StackEvent| Reason {
        resource: e.resource.clone(),
        kind: e.kind.clone(),
        text: e.reason.clone().filter(|r| !r.trim().is_empty()).unwrap_or_else(|| NO_REASON.to_owned()),
    };
    let mut own: Vec<Reason> = Vec::new();
    let mut broken_off = Vec::new();
    for event in failed {
        let cancelled = event.reason.as_deref().is_some_and(|r| r.to_lowercase().contains("cancelled"));
        // A parent says of its nested stack only that it failed.
        let parent = event.kind == STACK;
        let found = reason(event);
        if cancelled || parent {
            broken_off.push(found);
        } else if !own.contains(&found) {
            own.push(found);
        }
    }
    if !own.is_empty() {
        return own;
    }
    let says = |e: &&StackEvent| e.reason.as_deref().is_some_and(|r| !r.trim().is_empty());
    let of_stack = events.iter().filter(|e| e.physical == e.stack).filter(says);
    let of_stack = of_stack.filter(|e| e.status.contains("ROLLBACK") || mark(&e.status) == Mark::Failed).map(reason);
    broken_off.into_iter().chain(of_stack).take(10).collect()
}

/// How a deploy ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEnd {
    /// CloudFormation's last word; empty when nothing was begun.
    pub status: String,
    /// What was approved has come about.
    pub succeeded: bool,
    /// Why not.
    pub reasons: Vec<Reason>,
    /// Why it is not known better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Outputs of the stack.
    pub outputs: Vec<(String, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: i64, stack: &str, resource: &str, kind: &str, status: &str) -> StackEvent {
        StackEvent {
            id: format!("e{n}"),
            at: Timestamp::from_second(n).unwrap(),
            stack: stack.into(),
            resource: resource.into(),
            physical: if kind == STACK && resource == "app" { stack.into() } else { format!("{resource}-1") },
            kind: kind.into(),
            status: status.into(),
            reason: None,
        }
    }

    fn shape(rows: &[Row]) -> Vec<(usize, &str, &str)> {
        rows.iter().map(|r| (r.depth, r.id.as_str(), r.status.as_str())).collect()
    }

    #[test]
    fn nested_stacks_stand_below_the_resource_that_they_are() {
        let mut nested = event(2, "arn:app", "Inner", STACK, "CREATE_IN_PROGRESS");
        nested.physical = "arn:inner".into();
        let mut own = event(3, "arn:inner", "app-inner", STACK, "CREATE_IN_PROGRESS");
        own.physical = "arn:inner".into();
        let events = [
            event(1, "arn:app", "app", STACK, "CREATE_IN_PROGRESS"),
            nested,
            own,
            event(4, "arn:inner", "Queue", "AWS::SQS::Queue", "CREATE_COMPLETE"),
            event(5, "arn:app", "Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE"),
        ];
        let expected = [("Bucket".into(), "AWS::S3::Bucket".into()), ("Topic".into(), "AWS::SNS::Topic".into())];
        let rows = tree("app", "", &expected, &events);
        let want = [
            (0, "app", "CREATE_IN_PROGRESS"),
            (1, "Bucket", "CREATE_COMPLETE"),
            (1, "Topic", ""),
            (1, "Inner", "CREATE_IN_PROGRESS"),
            (2, "Queue", "CREATE_COMPLETE"),
        ];
        assert_eq!(shape(&rows), want);
        assert_eq!(counts(&rows), (2, 4));
        assert_eq!(rows[0].seconds(Timestamp::from_second(9).unwrap()), Some(8), "it goes on");
        assert_eq!(rows[1].seconds(Timestamp::from_second(9).unwrap()), Some(0), "one event took no time");
    }

    #[test]
    fn what_failed_leads_within_its_stack_and_a_deletion_takes_its_own_time() {
        let mut nested = event(2, "arn:app", "Inner", STACK, "CREATE_IN_PROGRESS");
        nested.physical = "arn:inner".into();
        let events = [
            event(1, "arn:app", "app", STACK, "ROLLBACK_IN_PROGRESS"),
            event(2, "arn:app", "Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE"),
            event(3, "arn:app", "Topic", "AWS::SNS::Topic", "CREATE_IN_PROGRESS"),
            nested,
            event(4, "arn:inner", "Fine", "AWS::SQS::Queue", "CREATE_COMPLETE"),
            event(5, "arn:inner", "Queue", "AWS::SQS::Queue", "CREATE_FAILED"),
            event(60, "arn:app", "Bucket", "AWS::S3::Bucket", "DELETE_IN_PROGRESS"),
            event(64, "arn:app", "Bucket", "AWS::S3::Bucket", "DELETE_COMPLETE"),
        ];
        let rows = tree("app", "", &[("Last".into(), "AWS::X::Y".into())], &events);
        let bucket = rows.iter().find(|r| r.id == "Bucket").unwrap();
        assert_eq!(bucket.seconds(Timestamp::from_second(99).unwrap()), Some(4));
        let sorted = urgent_first(rows.clone());
        let names: Vec<(usize, &str)> = sorted.iter().map(|r| (r.depth, r.id.as_str())).collect();
        let want = [(0, "app"), (1, "Inner"), (2, "Queue"), (2, "Fine"), (1, "Topic"), (1, "Last"), (1, "Bucket")];
        assert_eq!(names, want);
        assert_eq!(sorted.len(), rows.len());
        assert!(urgent_first(Vec::new()).is_empty());
    }

    #[test]
    fn a_reason_of_nothing_is_none() {
        let mut failed = event(1, "arn:app", "app", STACK, "ROLLBACK_COMPLETE");
        failed.reason = Some(" ".into());
        assert!(reasons(&[failed.clone()]).is_empty());
        failed.resource = "Queue".into();
        (failed.physical, failed.status) = ("q".into(), "CREATE_FAILED".into());
        assert_eq!(reasons(&[failed])[0].text, "AWS gives no reason");
    }

    #[test]
    fn a_stack_that_lies_in_itself_ends() {
        let mut odd = event(1, "arn:a", "A", STACK, "CREATE_IN_PROGRESS");
        odd.physical = "arn:b".into();
        let mut back = event(2, "arn:b", "B", STACK, "CREATE_IN_PROGRESS");
        back.physical = "arn:a".into();
        let rows = tree("app", "arn:x", &[], &[odd, back]);
        assert_eq!(rows.len(), 3, "{rows:?}");
    }

    #[test]
    fn the_first_own_reason_leads_and_what_was_broken_off_does_not_hide_it() {
        let failed = |n, resource: &str, why: &str| StackEvent {
            reason: Some(why.into()),
            ..event(n, "arn:app", resource, "AWS::S3::Bucket", "CREATE_FAILED")
        };
        let events =
            [failed(1, "B", "Resource creation cancelled"), failed(2, "A", "name taken"), failed(3, "A", "name taken")];
        let found = reasons(&events);
        assert_eq!(found.iter().map(|r| r.text.as_str()).collect::<Vec<_>>(), ["name taken"]);
        assert_eq!(reasons(&events[..1])[0].text, "Resource creation cancelled");
        assert!(reasons(&[event(1, "arn:app", "A", "AWS::S3::Bucket", "CREATE_COMPLETE")]).is_empty());
    }

    #[test]
    fn what_rests_what_succeeded_and_what_takes_no_update() {
        for (status, at_rest, good, blocked) in [
            ("CREATE_IN_PROGRESS", false, false, true),
            ("REVIEW_IN_PROGRESS", false, false, false),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false, false, true),
            ("UPDATE_COMPLETE", true, true, false),
            ("UPDATE_ROLLBACK_COMPLETE", true, false, false),
            ("ROLLBACK_COMPLETE", true, false, true),
            ("UPDATE_ROLLBACK_FAILED", true, false, true),
            ("DELETE_FAILED", true, false, true),
        ] {
            assert_eq!((rests(status), succeeded(status)), (at_rest, good), "{status}");
            assert_eq!(blocks_update(status).is_some(), blocked, "{status}");
        }
        assert_eq!(mark("UPDATE_ROLLBACK_COMPLETE"), Mark::Back);
        assert_eq!(mark(""), Mark::Waits);
    }
}
