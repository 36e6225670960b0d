//! Killed and cut off at the worst moments: the deploy is found again, followed to its end, and nothing
//! is sent twice.

use crate::{
    relay::{Deed, Relay},
    repo::{Repo, SHOWN, emulator, signal, waiting},
};

const EXECUTE: &str = "ExecuteChangeSet";
const EVENTS: &str = "DescribeStackEvents";
const SPEC: &[&str] = &["--spec", "infra"];

/// A deploy whose change set is at the gate, and the relay that it goes through.
fn at_the_gate(name: &str, port: u16, more: &[&str]) -> (Repo, Relay, String) {
    let relay = Relay::new(port);
    let template = waiting(&format!("{name}-bucket"));
    let repo = Repo::new(name, &relay.url, &[("template.json", &template)]);
    let set = repo.prepared(more);
    assert_eq!(relay.count(EXECUTE), 0);
    (repo, relay, set)
}

fn approve<'a>(more: &[&'a str], set: &'a str) -> Vec<&'a str> {
    [&["aws", "deploy"], more, &["--approve", set]].concat()
}

#[test]
fn killed_between_the_request_and_its_answer_it_is_found_again() {
    let Some(emulator) = emulator() else { return };
    let (repo, relay, set) = at_the_gate("killed-at-once", emulator.port, SPEC);
    relay.next(EXECUTE, 1, Deed::Hold);
    let running = repo.start(&approve(SPEC, &set));
    relay.until(EXECUTE, 1);
    running.kill();
    signal(&emulator, "killed-at-once");
    // The approval is in the journal: nothing has to be approved again, and nothing is sent again.
    let said = repo.deploy(SPEC);
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(
        said.has(&["CREATE_COMPLETE", "Queue"]) && said.has(&["stack killed-at-once: CREATE_COMPLETE"]),
        "{}",
        said.text
    );
    assert_eq!(relay.count(EXECUTE), 1);
    // Again: all is done.
    let said = repo.deploy(SPEC);
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.has(&["nothing to deploy"]), "{}", said.text);
}

#[test]
fn killed_before_the_request_arrived_it_is_shown_again_and_not_done_unasked() {
    let Some(emulator) = emulator() else { return };
    let (repo, relay, set) = at_the_gate("killed-before", emulator.port, SPEC);
    relay.next(EXECUTE, 1, Deed::Swallow);
    let running = repo.start(&approve(SPEC, &set));
    relay.until(EXECUTE, 1);
    running.kill();
    let said = repo.deploy(SPEC);
    assert_eq!((said.code, said.digest()), (SHOWN, set.clone()), "{}", said.text);
    assert_eq!(relay.count(EXECUTE), 0);
    let running = repo.start(&approve(SPEC, &set));
    running.prints("CREATE_IN_PROGRESS");
    signal(&emulator, "killed-before");
    let said = running.ends();
    assert_eq!((said.code, relay.count(EXECUTE)), (0, 1), "{}", said.text);
}

#[test]
fn killed_in_the_middle_it_goes_on_from_the_last_event() {
    let Some(emulator) = emulator() else { return };
    for (name, more) in [("killed-with-a-spec", SPEC), ("killed-without", &[])] {
        let (repo, relay, set) = at_the_gate(name, emulator.port, more);
        let running = repo.start(&approve(more, &set));
        running.prints("CREATE_COMPLETE  Bucket");
        let before = relay.asked(EVENTS);
        relay.until(EVENTS, before + 1);
        running.kill();
        // Without a journal it is found in the account by its state.
        let before = relay.asked(EVENTS);
        let running = repo.start(&[&["aws", "deploy"], more].concat());
        relay.until(EVENTS, before + 1);
        signal(&emulator, name);
        let said = running.ends();
        assert_eq!((said.code, relay.count(EXECUTE)), (0, 1), "{}", said.text);
        let again = said.text.matches("CREATE_COMPLETE  Bucket").count();
        assert_eq!(again, usize::from(more.is_empty()), "each event is told once:\n{}", said.text);
        let journal = repo.root.join(".git/kiro-tui/specs/infra/journal.jsonl");
        if !more.is_empty() {
            let kept = std::fs::read_to_string(&journal).unwrap();
            let events = kept.matches("\"resource\":\"Bucket\"").count();
            assert_eq!(events, 2, "begun and done, once each:\n{kept}");
        }
    }
}

#[test]
fn an_answer_that_was_lost_is_asked_of_the_account() {
    let Some(emulator) = emulator() else { return };
    let (repo, relay, set) = at_the_gate("lost", emulator.port, SPEC);
    relay.next(EXECUTE, 1, Deed::Lose);
    let running = repo.start(&approve(SPEC, &set));
    running.prints("CREATE_COMPLETE  Bucket");
    signal(&emulator, "lost");
    let said = running.ends();
    assert_eq!((said.code, relay.count(EXECUTE)), (0, 1), "{}", said.text);
}

#[test]
fn a_network_that_goes_in_the_middle_is_told_and_waited_for() {
    let Some(emulator) = emulator() else { return };
    let (repo, relay, set) = at_the_gate("cut", emulator.port, SPEC);
    let running = repo.start(&approve(SPEC, &set));
    running.prints("CREATE_COMPLETE  Bucket");
    relay.cut();
    running.prints("no connection");
    running.prints("is looked at again (try 1)");
    signal(&emulator, "cut");
    relay.mend();
    let said = running.ends();
    assert_eq!((said.code, relay.count(EXECUTE)), (0, 1), "{}", said.text);
    assert!(said.has(&["CREATE_COMPLETE  Queue"]), "{}", said.text);
}

#[test]
fn throttling_is_waited_out_where_it_is_said_that_nothing_was_taken() {
    let Some(emulator) = emulator() else { return };
    let (repo, relay, set) = at_the_gate("throttled", emulator.port, SPEC);
    for (action, status) in [(EXECUTE, 400), (EVENTS, 429), ("GetCallerIdentity", 400)] {
        relay.next(action, 2, Deed::Answer(status, "Throttling", "Rate exceeded"));
    }
    let running = repo.start(&approve(SPEC, &set));
    running.prints("CREATE_COMPLETE  Bucket");
    signal(&emulator, "throttled");
    let said = running.ends();
    assert_eq!((said.code, relay.count(EXECUTE)), (0, 1), "{}", said.text);
    assert!(relay.asked(EXECUTE) >= 3, "it was told no twice");
}

#[test]
fn a_token_that_expires_in_the_middle_is_told_with_its_remedy_and_nothing_is_lost() {
    let Some(emulator) = emulator() else { return };
    let (repo, relay, set) = at_the_gate("expired", emulator.port, SPEC);
    let running = repo.start(&approve(SPEC, &set));
    running.prints("CREATE_COMPLETE  Bucket");
    let expired = Deed::Answer(403, "ExpiredToken", "The security token included in the request is expired");
    relay.next(EVENTS, 1, expired.clone());
    let said = running.ends();
    assert_eq!(said.code, 1, "{}", said.text);
    // Before anything is begun it has a code of its own.
    relay.next("GetCallerIdentity", 1, expired);
    let said = repo.deploy(SPEC);
    assert_eq!(said.code, 8, "{}", said.text);
    assert!(said.has(&["is expired", "aws sso login"]), "{}", said.text);
    signal(&emulator, "expired");
    let said = repo.deploy(SPEC);
    assert_eq!((said.code, relay.count(EXECUTE)), (0, 1), "{}", said.text);
}

#[test]
fn what_is_found_before_anything_is_made_leads_the_reasons() {
    let Some(emulator) = emulator() else { return };
    let bucket = |id: &str| {
        format!(
            r#"{{"Resources":{{"{id}":{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"conflict-bucket"}}}}}}}}"#
        )
    };
    let url = emulator.url();
    let first = Repo::new("conflict-first", &url, &[("template.json", &bucket("Bucket"))]);
    let set = first.prepared(&[]);
    assert_eq!(first.deploy(&["--approve", &set]).code, 0);
    let second = Repo::new("conflict-second", &url, &[("template.json", &bucket("Copy"))]);
    let set = second.prepared(&[]);
    let said = second.deploy(&["--approve", &set]);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.has(&["Copy (AWS::S3::Bucket): ", "NAME_CONFLICT_VALIDATION"]), "{}", said.text);
    let end = said.text.split("stack conflict-second: ").nth(1).unwrap_or_default();
    assert!(!end.contains("DescribeEvents"), "what only points to it does not stand there: {}", said.text);
}

#[test]
fn what_is_not_permitted_names_what_is_missing_and_the_same_approval_goes_on() {
    let Some(emulator) = emulator() else { return };
    let relay = Relay::new(emulator.port);
    let repo = Repo::new("denied", &relay.url, &[("template.json", &waiting("denied-bucket"))]);
    let first = repo.deploy(SPEC).digest();
    for (action, code, words, remedy) in [
        ("CreateChangeSet", "AccessDenied", "ada is not authorized", "have cloudformation:CreateChangeSet permitted"),
        ("CreateChangeSet", "OptInRequired", "The AWS Access Key needs a subscription", "choose another region"),
    ] {
        relay.next(action, 1, Deed::Answer(403, code, words));
        let said = repo.deploy(&[SPEC, &["--approve", &first]].concat());
        assert_eq!(said.code, 1, "{}", said.text);
        assert!(said.has(&[words, remedy]), "{}", said.text);
    }
    let set = repo.deploy(&[SPEC, &["--approve", &first]].concat()).digest();
    relay.next(EXECUTE, 1, Deed::Answer(403, "AccessDenied", "ada is not authorized"));
    let said = repo.deploy(&[SPEC, &["--approve", &set]].concat());
    assert_eq!((said.code, relay.count(EXECUTE)), (1, 0), "{}", said.text);
    let running = repo.start(&approve(SPEC, &set));
    running.prints("CREATE_COMPLETE  Bucket");
    signal(&emulator, "denied");
    assert_eq!((running.ends().code, relay.count(EXECUTE)), (0, 1));
}
