//! What an account tells, as it may be kept and handed on: without what [`withheld`] hides and what looks
//! like a secret.
//!
//! Of what the account answers the journal keeps no more than this. What stands at a gate it keeps as it
//! is, since an approval is bound to its bytes and has to find them again after a restart; that file is
//! the developer's alone, and what goes out of it as JSON is covered by [`record`]. Always holds: names,
//! digests and what AWS decides by stay.

use std::borrow::Cow;

use super::{
    cloud::{
        ChangeSet, Drift, SetDetail, StackEvent,
        action::{CloudAction, Performed},
        desk::{CloudAsk, Known, Step, StepDone},
        progress::{Reason, StackEnd},
    },
    journal::{Entry, Record},
    policy::secrets::redact,
    secret,
    stack::{Value, parameters, withheld},
    told,
};

/// The value of a parameter or an output.
pub fn value(name: &str, value: &str) -> String {
    let known = value.is_empty() || value == parameters::HIDDEN;
    if secret::is_name(name) && !known { withheld::HIDDEN.to_owned() } else { redact(value).into_owned() }
}

fn pairs(all: &mut [(String, String)]) {
    all.iter_mut().for_each(|(name, text)| *text = value(name, text));
}

fn text(words: &mut String) {
    if let Cow::Owned(redacted) = redact(words) {
        *words = redacted;
    }
}

/// How a resource has drifted.
pub fn drift(mut drift: Drift) -> Drift {
    for (path, expected, actual, _) in &mut drift.differences {
        (*expected, *actual) = withheld::words(path, expected, actual);
        [expected, actual].into_iter().for_each(text);
    }
    drift
}

/// What came of an action. A function may answer with anything.
pub fn performed(mut performed: Performed) -> Performed {
    if let Performed::Answered { payload, log, error, .. } = &mut performed {
        [payload, log].into_iter().chain(error).for_each(text);
    }
    performed
}

/// What happens to a stack.
pub fn events(mut events: Vec<StackEvent>) -> Vec<StackEvent> {
    events.iter_mut().filter_map(|e| e.reason.as_mut()).for_each(text);
    events
}

/// Why something failed.
pub fn reasons(mut reasons: Vec<Reason>) -> Vec<Reason> {
    reasons.iter_mut().for_each(|r| text(&mut r.text));
    reasons
}

/// How a deploy ended.
pub fn end(mut end: StackEnd) -> StackEnd {
    end.reasons = reasons(end.reasons);
    end.unknown.iter_mut().for_each(text);
    pairs(&mut end.outputs);
    end
}

/// A record of the account as it goes out; others as they are.
pub fn record(record: &Record) -> Cow<'_, Record> {
    let mut out = record.clone();
    match &mut out.entry {
        Entry::CloudAsked(CloudAsk::Invoke { payload, .. }) => event(payload),
        Entry::CloudProposed { step, base, known, .. } => {
            if let Step::Action(action) = step {
                cover(action);
            }
            base.iter_mut().for_each(template);
            let Known { inside, calls: _ } = known;
            inside.iter_mut().flat_map(|w| [&mut w.before, &mut w.after]).flatten().for_each(template);
        }
        Entry::CloudDone { done: StepDone::Performed(done), .. } => *done = performed(done.clone()),
        Entry::CloudEvents(all) => *all = events(std::mem::take(all)),
        Entry::CloudEnded { end: ended, .. } => *ended = end(ended.clone()),
        Entry::CloudFailed { unmade: Some(unmade), .. } => {
            unmade.reasons = reasons(std::mem::take(&mut unmade.reasons))
        }
        _ => return Cow::Borrowed(record),
    }
    Cow::Owned(out)
}

/// Any value as JSON, without what looks like a secret in its texts.
pub fn json(value: Value) -> Value {
    match value {
        Value::String(words) => Value::String(redact(&words).into_owned()),
        Value::Array(items) => Value::Array(items.into_iter().map(json).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, json(value))).collect()),
        other => other,
    }
}

/// A template as JSON without values; one that cannot be read is its length.
fn template(words: &mut String) {
    *words = told::template(words)
        .unwrap_or_else(|_| format!("‹hidden, {} bytes that cannot be read as a template›", words.len()));
}

/// A test event: the developer typed it, and it is nobody else's.
fn event(payload: &mut String) {
    *payload = format!("‹hidden, an event of {} bytes›", payload.len());
}

fn cover(action: &mut CloudAction) {
    match action {
        CloudAction::Prepare(p) => {
            template(&mut p.template);
            pairs(&mut p.parameters);
        }
        CloudAction::Deploy { set: one, .. } => set(one),
        CloudAction::Invoke { payload, .. } => event(payload),
        CloudAction::CancelUpdate { .. }
        | CloudAction::CancelCreate { .. }
        | CloudAction::DropChangeSet { .. }
        | CloudAction::DeleteStack { .. }
        | CloudAction::ContinueRollback { .. } => {}
    }
}

fn set(one: &mut ChangeSet) {
    if !one.template.is_empty() {
        template(&mut one.template);
    }
    pairs(&mut one.parameters);
    for SetDetail { name, before, after, .. } in one.changes.iter_mut().flat_map(|c| &mut c.details) {
        let (was, is) = (before.clone().unwrap_or_default(), after.clone().unwrap_or_default());
        let (mut was, mut is) = withheld::words(name, &was, &is);
        [&mut was, &mut is].into_iter().for_each(text);
        (*before, *after) = (before.take().map(|_| was), after.take().map(|_| is));
    }
    one.nested.iter_mut().for_each(set);
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::cloud::{
        Account,
        action::{How, Preparation},
    };

    fn account() -> Account {
        Account { id: "1".into(), arn: "arn".into(), region: "r".into(), profile: None }
    }

    fn out(entry: Entry) -> String {
        let kept = Record { seq: 1, at: Timestamp::UNIX_EPOCH, entry };
        serde_json::to_string(&record(&kept)).unwrap()
    }

    fn proposed(action: CloudAction, base: Option<String>) -> Entry {
        Entry::CloudProposed {
            step: Step::Action(Box::new(action)),
            why: String::new(),
            notes: Vec::new(),
            base,
            known: Known::default(),
        }
    }

    #[test]
    fn no_value_of_a_template_an_event_or_an_answer_goes_out_with_a_record() {
        let template = r#"{"Resources":{"F":{"Type":"AWS::Lambda::Function","Properties":{"MemorySize":256,
            "Environment":{"Variables":{"LEVEL":"s3kr1t-value"}}}}}}"#;
        let preparation = Preparation {
            account: account(),
            stack: "S".into(),
            change_set: "c".into(),
            template: template.into(),
            bucket: None,
            parameters: vec![("ApiToken".into(), "s3kr1t-token".into()), ("Stage".into(), "prod".into())],
            secrets: Vec::new(),
            capabilities: Vec::new(),
            assets: Vec::new(),
            commit: "0".into(),
            how: How::Template,
        };
        let told = out(proposed(CloudAction::Prepare(Box::new(preparation)), Some(template.into())));
        assert!(!told.contains("s3kr1t") && told.contains("LEVEL") && told.contains("256"), "{told}");
        assert!(told.contains("\"prod\""), "{told}");
        let payload = "{\"card\": \"s3kr1t-card\"}".to_owned();
        let call = CloudAction::Invoke { account: account(), function: "f".into(), payload: payload.clone() };
        for entry in [
            proposed(call, None),
            Entry::CloudAsked(CloudAsk::Invoke { function: "f".into(), payload }),
            Entry::CloudEnded {
                digest: crate::domain::digest::Digest::of("x"),
                end: StackEnd {
                    status: "CREATE_COMPLETE".into(),
                    succeeded: true,
                    reasons: Vec::new(),
                    outputs: vec![("Url".into(), "password=s3kr1t-output".into()), ("Token".into(), "s3kr1t".into())],
                    unknown: None,
                },
            },
        ] {
            let told = out(entry);
            assert!(!told.contains("s3kr1t"), "{told}");
        }
    }
}
