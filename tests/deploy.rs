//! Deploys through the gates, against an account in memory: approved by digest, followed, refused when
//! something moved, found again after a death at any record.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

#[path = "deploy/apps.rs"]
mod apps;
#[path = "deploy/leftovers.rs"]
mod leftovers;
#[path = "deploy/nested.rs"]
mod nested;
#[path = "deploy/reasons.rs"]
mod reasons;
#[path = "deploy/secrets.rs"]
mod secrets;
#[path = "deploy/seen.rs"]
mod seen;
#[path = "deploy/states.rs"]
mod states;
#[path = "deploy/stopped.rs"]
mod stopped;

use std::sync::Arc;

use kiro_tui::{
    adapters::cloud::MemoryCloud,
    domain::{
        brief,
        cloud::{
            Drift, Place,
            action::{CloudAction, Performed},
            desk::{Came, CloudAsk, Step, Target},
            sight::{Seen, Sight},
        },
        gate::Subject,
        journal::{Entry, Start},
        phase::Cloud as Where,
        stack::review,
        wire::Command,
    },
    ports::cloud::{Cloud as _, CloudErrorKind},
};
use serde_json::json;
use support::job::{Job, Opening, Scripted, World, reject, start, words};

const TEMPLATE: &str = r#"{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket"},"Queue":{"Type":"AWS::SQS::Queue"}}}"#;

fn spec() -> Start {
    Start { aws: true, ..start("infra", "") }
}

fn world() -> World {
    World::with(&[("template.json", TEMPLATE)])
}

fn opening(cloud: &MemoryCloud) -> Opening {
    let model = Scripted::new(|_| words("Nothing to say."));
    Opening { cloud: Arc::new(cloud.clone()), ..Opening::of(model) }
}

fn deploy() -> Command {
    Command::Cloud(CloudAsk::Deploy(Target::default()))
}

fn count(cloud: &MemoryCloud, call: &str) -> usize {
    cloud.calls().iter().filter(|c| c.ends_with(call)).count()
}

/// A job with a change set at the gate.
async fn prepared(world: &World, cloud: &MemoryCloud) -> Job {
    let mut job = world.start(opening(cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    assert_eq!(job.waits(), Some(Subject::Cloud), "{}", job.story());
    assert_eq!(count(cloud, "CreateChangeSet"), 0, "nothing is sent before it is approved");
    job.yes().await;
    assert!(at_gate_is_deploy(&job), "{}", job.story());
    assert_eq!(count(cloud, "ExecuteChangeSet"), 0, "nothing is executed before it is approved");
    job
}

/// A deploy that goes on in the account, slowly.
async fn under_way(world: &World, cloud: &MemoryCloud) -> Job {
    cloud.pace(1);
    let mut job = prepared(world, cloud).await;
    let yes = support::job::approve(job.state());
    job.send(yes).await;
    job.until_running().await;
    job
}

fn at_gate_is_deploy(job: &Job) -> bool {
    let step = job.state().cloud.at_gate.as_ref().map(|g| &g.step);
    matches!(step, Some(Step::Action(action)) if matches!(action.as_ref(), CloudAction::Deploy { .. }))
}

fn at_gate(job: &Job) -> &CloudAction {
    match job.state().cloud.at_gate.as_ref().map(|g| &g.step) {
        Some(Step::Action(action)) => action,
        other => panic!("{other:?}\n{}", job.story()),
    }
}

fn why(job: &Job) -> &str {
    job.state().cloud.at_gate.as_ref().map_or("", |g| &g.why)
}

fn ended(job: &Job) -> Option<String> {
    job.state().cloud.going.as_ref()?.ended.as_ref().map(|(end, _)| end.status.clone())
}

#[tokio::test]
async fn both_approvals_lead_to_a_stack_and_its_events_are_in_the_journal() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    let going = job.state().cloud.going.as_ref().unwrap();
    assert!(going.events.iter().any(|e| e.resource == "Queue" && e.status == "CREATE_COMPLETE"));
    assert_eq!(count(&cloud, "ExecuteChangeSet"), 1);
    let kinds: Vec<bool> =
        job.kept.0.lock().unwrap().iter().map(|r| matches!(r.entry, Entry::CloudEvents(_))).collect();
    assert!(kinds.contains(&true));
    // Again: there is nothing to do, and that is no failure of anything.
    job.act(deploy()).await;
    assert_eq!(job.waits(), None);
    assert!(job.state().halt.as_ref().unwrap().why.contains("nothing to deploy"), "{}", job.story());
    assert_eq!(count(&cloud, "CreateChangeSet"), 1);
}

#[tokio::test]
async fn a_no_changes_nothing() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    let no = reject(job.state(), "not today");
    job.act(no).await;
    assert_eq!(job.state().flow.cloud, Where::Idle);
    assert_eq!(count(&cloud, "CreateChangeSet"), 0, "{:?}", cloud.calls());
    let world = self::world();
    let mut job = prepared(&world, &cloud).await;
    let no = reject(job.state(), "");
    job.act(no).await;
    assert_eq!(count(&cloud, "ExecuteChangeSet"), 0);
}

#[tokio::test]
async fn a_change_set_that_moved_is_refused_and_shown_again() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    let name = job.state().cloud.stack.clone().unwrap().1.unwrap();
    let seen = job.state().flow.waiting().unwrap().digest;
    assert!(cloud.meddle("repo", &name, |set| {
        set.changes.pop();
    }));
    job.yes().await;
    let stack = cloud.stack("repo").await.unwrap().unwrap();
    assert_eq!(stack.status, "REVIEW_IN_PROGRESS", "nothing was executed");
    assert!(at_gate_is_deploy(&job), "{}", job.story());
    assert_ne!(job.state().flow.waiting().unwrap().digest, seen, "it is another digest now");
    assert!(job.story().contains("Warning"), "{}", job.story());
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn somebody_else_than_approved_does_nothing() {
    let (world, cloud) = (world(), MemoryCloud::default());
    cloud.profile("other", "111111111111");
    let mut job = prepared(&world, &cloud).await;
    cloud.switch(Place { profile: Some("other".into()), region: None });
    job.yes().await;
    assert_eq!(count(&cloud, "ExecuteChangeSet"), 0);
    assert!(job.state().halt.as_ref().unwrap().why.contains("111111111111"), "{}", job.story());
}

#[tokio::test]
async fn another_place_withdraws_what_was_prepared_and_no_approval_carries_over() {
    let (world, cloud) = (world(), MemoryCloud::default());
    cloud.profile("other", "111111111111");
    let mut job = prepared(&world, &cloud).await;
    let yes = support::job::approve(job.state());
    let other = Place { profile: Some("other".into()), region: Some("eu-west-1".into()) };
    job.act(Command::ChoosePlace(other.clone())).await;
    assert_eq!((job.waits(), job.state().flow.cloud), (None, Where::Idle), "{}", job.story());
    let why = &job.state().halt.as_ref().unwrap().why;
    assert!(why.contains("withdrawn") && why.contains("000000000000"), "{why}");
    job.act(yes.clone()).await;
    assert!(!job.refused.is_empty() && count(&cloud, "ExecuteChangeSet") == 0, "{}", job.story());
    // What is prepared there is another thing with another digest.
    job.act(deploy()).await;
    job.act(yes.clone()).await;
    assert_eq!(job.waits(), Some(Subject::Cloud));
    let step = job.state().cloud.at_gate.as_ref().unwrap().step.about();
    assert!(step.contains("account 111111111111, eu-west-1, as ada"), "{step}");
    // Opened again, the spec is where it was; another spec is where the settings say.
    job.quit().await;
    cloud.switch(Place::default());
    let mut job = world.start(opening(&cloud));
    job.act(Command::Open(spec().name)).await;
    assert_eq!(cloud.place(), other);
    let places: Vec<_> = job
        .kept
        .0
        .lock()
        .unwrap()
        .iter()
        .filter_map(|r| if let Entry::PlaceChosen(place) = &r.entry { Some(place.clone()) } else { None })
        .collect();
    assert_eq!(places, [other], "the journal says it");
    job.act(Command::ChoosePlace(Place { profile: None, region: Some("x y".into()) })).await;
    assert!(job.refused.last().unwrap().contains("no name of a region"), "{:?}", job.refused);
}

#[tokio::test]
async fn what_goes_on_in_an_account_is_not_left_for_another() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = under_way(&world, &cloud).await;
    job.send(Command::ChoosePlace(Place { profile: None, region: Some("eu-west-1".into()) })).await;
    job.until_waiting().await;
    assert!(job.refused.iter().any(|r| r.contains("under way in account 000000000000")), "{:?}", job.refused);
    assert_eq!(cloud.place(), Place::default());
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn a_failure_is_followed_through_its_rollback_and_what_it_leaves_asks_before_it_goes() {
    let (world, cloud) = (world(), MemoryCloud::default());
    cloud.failing("Queue", "the name is taken");
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("ROLLBACK_COMPLETE"), "{}", job.story());
    let (_, end) = job.state().cloud.failed().unwrap();
    assert_eq!(end.reasons[0].resource, "Queue");
    assert!(end.reasons[0].text.contains("the name is taken"), "{:?}", end.reasons);
    // It takes no update, and the way out is shown.
    job.act(deploy()).await;
    assert!(why(&job).contains("ROLLBACK_COMPLETE"), "{}", job.story());
    assert!(matches!(at_gate(&job), CloudAction::DeleteStack { .. }));
    assert_eq!(count(&cloud, "DeleteStack"), 0, "nothing is put away by itself");
    let no = reject(job.state(), "");
    job.act(no).await;
    assert_eq!(count(&cloud, "DeleteStack"), 0);
    job.act(Command::Cloud(CloudAsk::CleanUp)).await;
    assert!(matches!(at_gate(&job), CloudAction::DeleteStack { .. }), "{}", job.story());
    let no = reject(job.state(), "");
    job.act(no).await;
    job.act(deploy()).await;
    job.yes().await;
    assert_eq!(count(&cloud, "DeleteStack"), 1);
    // What was in the way is gone, and what was asked for comes to the gate.
    assert!(matches!(at_gate(&job), CloudAction::Prepare(_)), "{}", job.story());
    cloud.mended();
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn a_rollback_that_failed_is_shown_and_let_go_on() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    let next = r#"{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket","Properties":{"A":1}},
        "Queue":{"Type":"AWS::SQS::Queue","Properties":{"B":1}}}}"#;
    commit(&world, next);
    cloud.failing("Queue", "there is no such thing");
    cloud.stuck("Bucket", "somebody holds it");
    job.act(deploy()).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("UPDATE_ROLLBACK_FAILED"), "{}", job.story());
    cloud.mended();
    job.act(deploy()).await;
    assert!(matches!(at_gate(&job), CloudAction::ContinueRollback { .. }), "{}", job.story());
    assert!(why(&job).contains("UPDATE_ROLLBACK_FAILED"), "{}", why(&job));
    job.yes().await;
    assert_eq!(count(&cloud, "ContinueUpdateRollback"), 1);
    // It ended as was asked for, so that the deploy is next.
    assert!(matches!(at_gate(&job), CloudAction::Prepare(_)), "{}", job.story());
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("UPDATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn what_stands_in_the_way_is_told_and_one_word_goes_on() {
    use CloudErrorKind::{Denied, Expired, NoCredentials, Region, Throttled};
    for (kind, call) in [
        (Expired, "sts:GetCallerIdentity"),
        (NoCredentials, "sts:GetCallerIdentity"),
        (Region, "cloudformation:DescribeStacks"),
        (Denied, "cloudformation:CreateChangeSet"),
        (Throttled, "cloudformation:CreateChangeSet"),
        (Expired, "cloudformation:ExecuteChangeSet"),
        (Denied, "cloudformation:ExecuteChangeSet"),
    ] {
        let (world, cloud) = (world(), MemoryCloud::default());
        let mut job = world.start(opening(&cloud));
        job.act(Command::New(spec())).await;
        cloud.fail(call, kind, 1);
        job.act(deploy()).await;
        for _ in 0..8 {
            if ended(&job).is_some_and(|status| !status.is_empty()) {
                break;
            }
            if job.waits().is_some() {
                job.yes().await;
                continue;
            }
            let halt = job.state().halt.clone().unwrap();
            assert!(halt.why.contains(call) && !halt.remedy.is_empty(), "{halt:?}");
            job.act(Command::Continue).await;
        }
        assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{kind:?} at {call}\n{}", job.story());
        assert!(job.story().contains("a fault for the test"), "{}", job.story());
    }
}

/// A template that has to go through a bucket.
fn large() -> String {
    let words = "x".repeat(60_000);
    format!(r#"{{"Metadata":{{"Words":"{words}"}},"Resources":{{"Queue":{{"Type":"AWS::SQS::Queue"}}}}}}"#)
}

#[tokio::test]
async fn a_large_template_goes_through_the_bucket_of_the_settings_or_of_cdk() {
    let cloud = MemoryCloud::default();
    let world = || World::with(&[("template.json", large().as_str())]);
    let through = |job: &Job| match at_gate(job) {
        CloudAction::Prepare(p) => p.bucket.clone(),
        other => panic!("{other:?}"),
    };
    let one = world();
    let mut job = one.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("CDKToolkit") && halt.remedy.contains("aws.bucket"), "{halt:?}");
    let other = world();
    let mut job = other.start(Opening { bucket: Some("of-the-settings".into()), ..opening(&cloud) });
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    assert_eq!(through(&job).as_deref(), Some("of-the-settings"));
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    let toolkit =
        r#"{"Resources":{"StagingBucket":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"cdk-assets"}}}}"#;
    let bootstrap = World::with(&[("template.json", toolkit)]);
    let mut job = bootstrap.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(Command::Cloud(CloudAsk::Deploy(Target { stack: Some("CDKToolkit".into()), ..Target::default() }))).await;
    job.yes().await;
    job.yes().await;
    let third = world();
    let mut job = third.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(Command::Cloud(CloudAsk::Deploy(Target { stack: Some("third".into()), ..Target::default() }))).await;
    assert_eq!(through(&job).as_deref(), Some("cdk-assets"), "{}", job.story());
}

#[tokio::test]
async fn parameters_are_asked_for_and_secret_ones_are_in_no_record() {
    let template = r#"{"Parameters":{"Stage":{"Type":"String"},"Size":{"Type":"Number","Default":3},
        "Password":{"Type":"String","NoEcho":true}},
        "Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Ref":"Stage"}}}}}"#;
    let (world, cloud) = (World::with(&[("template.json", template)]), MemoryCloud::default());
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("Stage (String); Password (String, secret)"), "{halt:?}");
    let given = Target {
        parameters: vec![("Stage".into(), "dev".into())],
        secrets: vec![("Password".into(), "DB_PASSWORD".into())],
        ..Target::default()
    };
    job.act(Command::Cloud(CloudAsk::Deploy(given))).await;
    let lines = brief::rest(job.state().cloud.at_gate.as_ref().unwrap());
    for shown in ["Stage = dev", "Size = 3, by the template", "Password = ****, from the variable DB_PASSWORD"] {
        assert!(lines.iter().any(|l| l.text.starts_with(shown)), "{shown}: {lines:#?}");
    }
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    let stack = cloud.stack("repo").await.unwrap().unwrap();
    assert!(stack.parameters.contains(&("Password".into(), "****".into())), "{:?}", stack.parameters);
}

#[tokio::test]
async fn a_failure_goes_to_the_agent_and_comes_back_as_a_change_that_deploys() {
    use support::{job::calls, small};
    let brain = |request: &kiro_tui::ports::model::Request| match request.scene.name.as_str() {
        rework if rework.starts_with("rework") => {
            let mended = json!({"path": "template.json", "edits": [{"old": "\"Queue\"", "new": "\"Queue2\""}], "why": "the name"});
            let plan = [("edit_file", mended), ("finish_task", json!({"summary": "Another name."}))];
            calls(request, &plan[(request.scene.step as usize).min(1)..][..1])
        }
        _ => small::honest(request),
    };
    let files = [("template.json", TEMPLATE), ("README.md", "# Greeter\n"), ("check.sh", "true\n")];
    let (world, cloud) = (World::with(&files), MemoryCloud::default());
    let model = Scripted::new(brain);
    let opening =
        Opening { cloud: Arc::new(cloud.clone()), tests: Some(small::TESTS.into()), ..Opening::of(model.clone()) };
    let mut job = world.start(opening);
    job.act(Command::New(Start { aws: true, ..start("infra", "A greeting") })).await;
    job.until_subject(Subject::Merge).await;
    cloud.failing("Queue", "the name is taken by somebody");
    job.act(deploy()).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("ROLLBACK_COMPLETE"), "{}", job.story());
    job.act(Command::Cloud(CloudAsk::Mend)).await;
    assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
    let told = model.requests.lock().unwrap().last().unwrap().messages.clone();
    assert!(format!("{told:?}").contains("the name is taken by somebody"), "the model has AWS's reason");
    job.until_subject(Subject::Merge).await;
    job.act(deploy()).await;
    for wanted in ["deletion", "change set", "deploy"] {
        assert!(at_gate(&job).about().starts_with(wanted), "{wanted}: {}", job.story());
        job.yes().await;
    }
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    let made = cloud.resources("repo").await.unwrap();
    assert!(made.iter().any(|r| r.id == "Queue2"), "{made:?}");
}

#[tokio::test]
async fn a_merge_that_waits_beside_a_deploy_does_not_keep_the_spec_from_being_opened() {
    use support::small;
    let files = [("template.json", TEMPLATE), ("README.md", "# Greeter\n"), ("check.sh", "true\n")];
    let (world, cloud) = (World::with(&files), MemoryCloud::default());
    cloud.pace(1);
    let opening = || Opening {
        cloud: Arc::new(cloud.clone()),
        tests: Some(small::TESTS.into()),
        ..Opening::of(Scripted::new(small::honest))
    };
    let mut job = world.start(opening());
    job.act(Command::New(Start { aws: true, ..start("infra", "A greeting") })).await;
    job.until_subject(Subject::Merge).await;
    job.act(deploy()).await;
    for step in 0..2 {
        assert_eq!(job.waits(), Some(Subject::Cloud), "{}", job.story());
        job.quit().await;
        job = world.start(opening());
        job.act(Command::Open(spec().name)).await;
        assert!(!job.closed && job.waits() == Some(Subject::Cloud), "{step}: {}", job.story());
        if step == 0 {
            job.yes().await;
        }
    }
    // In the middle of the deploy, too.
    let yes = support::job::approve(job.state());
    job.send(yes).await;
    job.until_running().await;
    cloud.pace(0);
    job.quit().await;
    cloud.pace(100);
    let mut job = world.start(opening());
    job.act(Command::Open(spec().name)).await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    assert_eq!(count(&cloud, "ExecuteChangeSet"), 1);
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    assert!(matches!(job.state().flow.merge, kiro_tui::domain::phase::Merge::Merged { .. }), "{}", job.story());
}

fn commit(world: &World, template: &str) {
    std::fs::write(world.root().join("template.json"), template).unwrap();
    world.git(&["commit", "-q", "-am", "Another template"]);
}

#[tokio::test]
async fn an_expired_token_in_the_middle_loses_nothing() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = under_way(&world, &cloud).await;
    cloud.fail("cloudformation:DescribeStackEvents", CloudErrorKind::Expired, 1);
    job.until_waiting().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("goes on in the account"), "{halt:?}");
    assert!(halt.remedy.contains("continue"), "{halt:?}");
    job.act(Command::Continue).await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    let ids: Vec<String> = job.state().cloud.going.as_ref().unwrap().events.iter().map(|e| e.id.clone()).collect();
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "an event was taken twice: {ids:?}");
}

#[tokio::test]
async fn throttling_while_it_is_followed_is_waited_out() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = under_way(&world, &cloud).await;
    cloud.fail("cloudformation:DescribeStackEvents", CloudErrorKind::Throttled, 3);
    cloud.fail("cloudformation:DescribeStackEvents", CloudErrorKind::Network, 2);
    job.until_waiting().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn a_request_that_did_not_arrive_is_found_out_and_shown_again() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    cloud.fail("cloudformation:ExecuteChangeSet", CloudErrorKind::Network, 1);
    job.yes().await;
    assert!(at_gate_is_deploy(&job), "{}", job.story());
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn five_hundred_resources_are_all_shown_and_all_followed() {
    let resources: Vec<String> = (0..500).map(|n| format!("\"Q{n}\":{{\"Type\":\"AWS::SQS::Queue\"}}")).collect();
    let template = format!("{{\"Resources\":{{{}}}}}", resources.join(","));
    let (world, cloud) = (World::with(&[("template.json", &template)]), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    let reviews = brief::reviews(job.state().cloud.at_gate.as_ref().unwrap(), "");
    let lines = review::lines(&reviews[0], brief::sets(job.state().cloud.at_gate.as_ref().unwrap())[0]);
    for n in 0..500 {
        let shown = format!("  Q{n}  ");
        assert!(lines.iter().any(|(_, _, l)| l.contains("added") && l.contains(&shown)), "{shown}");
    }
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"));
}

#[tokio::test]
async fn what_is_in_no_commit_is_not_deployed() {
    let (world, cloud) = (world(), MemoryCloud::default());
    std::fs::write(world.root().join("template.json"), "{\"Resources\":{}}").unwrap();
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    assert!(job.state().halt.as_ref().unwrap().why.contains("template.json"), "{}", job.story());
    assert!(cloud.calls().is_empty(), "{:?}", cloud.calls());
}

#[tokio::test]
async fn a_death_at_any_record_sends_nothing_twice_and_the_deploy_is_found_again() {
    let reference = {
        let (world, cloud) = (world(), MemoryCloud::default());
        let mut job = prepared(&world, &cloud).await;
        job.yes().await;
        job.kept.0.lock().unwrap().len()
    };
    for after in 2..reference {
        for written in [false, true] {
            let (world, cloud) = (world(), MemoryCloud::default());
            let mut job = world.start(Opening { ends: Some((after, written)), ..opening(&cloud) });
            job.act(Command::New(spec())).await;
            job.act(deploy()).await;
            for _ in 0..2 {
                if !job.closed && job.waits().is_some() {
                    job.yes().await;
                }
            }
            job.quit().await;
            let mut job = world.start(opening(&cloud));
            job.act(Command::Open(spec().name)).await;
            for _ in 0..8 {
                match (ended(&job), job.waits()) {
                    (Some(status), _) if !status.is_empty() => break,
                    (_, Some(_)) => job.yes().await,
                    (_, None) if job.state().cloud.stage.is_some() || job.state().cloud.unfinished().is_some() => {
                        job.act(Command::Continue).await;
                    }
                    (_, None) => job.act(deploy()).await,
                }
            }
            // Where the end was reached before the death, the stack is there and nothing has to be done.
            let done = ended(&job).as_deref() == Some("CREATE_COMPLETE")
                || job.state().halt.as_ref().is_some_and(|h| h.why.contains("nothing to deploy"));
            assert!(done, "died at {after}, {written}\n{}", job.story());
            assert_eq!(count(&cloud, "ExecuteChangeSet"), 1, "died at {after}, {written}: {:?}", cloud.calls());
        }
    }
}
