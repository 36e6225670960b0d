//! A deploy by keys, in a terminal.

use crate::{
    relay::{Deed, Relay},
    repo::{Repo, emulator, signal, waiting},
    terminal::Terminal,
};

/// A spec of this name with a preparation at its gate.
fn spec(name: &str, relay: &Relay) -> Repo {
    let template = waiting(&format!("{name}-bucket"));
    let repo = Repo::new(name, &relay.url, &[("template.json", &template)]);
    repo.deploy(&["--spec", "infra"]).digest();
    repo
}

/// Waits until the bucket is there and what comes after it is under way.
fn made(terminal: &Terminal) {
    terminal.until("the bucket", |p| p.rows.iter().any(|r| r.contains("Bucket ") && r.contains("CREATE_COMPLETE")));
}

#[test]
fn killed_while_it_goes_on_the_screen_finds_it_again() {
    let Some(emulator) = emulator() else { return };
    let relay = Relay::new(emulator.port);
    let repo = spec("screen-killed", &relay);
    let mut terminal = repo.terminal().start();
    terminal.shows("infra");
    terminal.press("enter");
    terminal.shows("WAITING  Prepare screen-killed");
    terminal.press("a");
    terminal.shows("Deploy screen-killed");
    relay.next("ExecuteChangeSet", 1, Deed::Hold);
    terminal.press("a");
    relay.until("ExecuteChangeSet", 1);
    terminal.crash();
    let mut terminal = repo.terminal().start();
    terminal.shows("infra");
    terminal.press("enter");
    made(&terminal);
    // Once more, in the middle of its events.
    terminal.crash();
    let mut terminal = repo.terminal().start();
    terminal.shows("infra");
    terminal.press("enter");
    made(&terminal);
    signal(&emulator, "screen-killed");
    terminal.shows("stack screen-killed: CREATE_COMPLETE");
    assert_eq!(relay.count("ExecuteChangeSet"), 1);
    terminal.press("ctrl-q");
    assert_eq!(terminal.ended().exit_code(), 0);
}

#[test]
fn alt_s_stops_a_creation_after_it_has_asked() {
    let Some(emulator) = emulator() else { return };
    let relay = Relay::new(emulator.port);
    let repo = spec("screen-stopped", &relay);
    let mut terminal = repo.terminal().start();
    terminal.shows("infra");
    terminal.press("enter");
    terminal.shows("WAITING  Prepare screen-stopped");
    terminal.press("a");
    terminal.shows("Deploy screen-stopped");
    terminal.press("a");
    made(&terminal);
    terminal.type_text("\x1bs");
    terminal.shows("Stop the creation of screen-stopped");
    assert_eq!(relay.count("DeleteStack"), 0);
    terminal.press("a");
    terminal.shows("DELETE_COMPLETE");
    terminal.until("its end", |p| p.flat().contains("was stopped") && p.flat().contains("deploy it again"));
    assert!(!terminal.picture().flat().contains("let the agent mend it"), "it did not fail");
    assert_eq!((relay.count("DeleteStack"), relay.count("ExecuteChangeSet")), (1, 1));
    let left = emulator.python(
        "import boto3; print([s['StackName'] for s in boto3.client('cloudformation').describe_stacks()['Stacks']])",
    );
    assert!(!left.contains("screen-stopped"), "{left}");
}

#[test]
fn alt_s_stops_an_update_which_is_rolled_back() {
    let Some(emulator) = emulator() else { return };
    let relay = Relay::new(emulator.port);
    let bucket =
        r#"{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"screen-update-bucket"}}}}"#;
    let repo = Repo::new("screen-update", &relay.url, &[("template.json", bucket)]);
    let set = repo.prepared(&["--spec", "infra"]);
    assert_eq!(repo.deploy(&["--spec", "infra", "--approve", &set]).code, 0);
    repo.commit("template.json", &waiting("screen-update-bucket"));
    repo.deploy(&["--spec", "infra"]).digest();
    let mut terminal = repo.terminal().start();
    terminal.shows("infra");
    terminal.press("enter");
    terminal.shows("WAITING  Prepare screen-update");
    terminal.press("a");
    terminal.shows("Deploy screen-update");
    terminal.press("a");
    terminal.until("its waiting", |p| p.rows.iter().any(|r| r.contains("Wait  ") && r.contains("IN_PROGRESS")));
    terminal.type_text("\x1bs");
    terminal.shows("Stop the update of screen-update");
    terminal.press("a");
    relay.until("CancelUpdateStack", 1);
    // The emulator looks up from what it waits for when that is over.
    signal(&emulator, "screen-update");
    terminal.shows("stack screen-update: UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(relay.count("CancelUpdateStack"), 1);
}

#[test]
fn a_no_by_key_changes_nothing_in_the_account() {
    let Some(emulator) = emulator() else { return };
    let relay = Relay::new(emulator.port);
    let bucket =
        r#"{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"screen-no-bucket"}}}}"#;
    let repo = Repo::new("screen-no", &relay.url, &[("template.json", bucket)]);
    let set = repo.prepared(&["--spec", "infra"]);
    assert_eq!(repo.deploy(&["--spec", "infra", "--approve", &set]).code, 0);
    repo.commit("template.json", &bucket.replace("screen-no-bucket", "screen-no-other"));
    repo.prepared(&["--spec", "infra"]);
    let buckets = "import boto3; print(sorted(b['Name'] for b in boto3.client('s3').list_buckets()['Buckets'] if 'screen-no' in b['Name']))";
    let before = emulator.python(buckets);
    let mut terminal = repo.terminal().start();
    terminal.shows("infra");
    terminal.press("enter");
    terminal.shows("WAITING  Deploy screen-no");
    terminal.press("r");
    terminal.shows("rejected?");
    terminal.type_text("not today");
    terminal.shows("not today");
    terminal.press("ctrl-s");
    terminal.until("what came of it", |p| p.flat().contains("not done, as you decided"));
    assert_eq!(relay.count("ExecuteChangeSet"), 1, "the first one");
    assert_eq!(emulator.python(buckets), before);
}
