//! Why something failed, where AWS tells it only by the events of operations: it leads, and goes to the
//! agent.

use kiro_tui::domain::cloud::failure::{Failure, FoundBy};

use super::{support::small, *};

fn wrong(text: &str) -> Failure {
    Failure {
        resource: "Queue".into(),
        kind: "AWS::SQS::Queue".into(),
        by: FoundBy::Validation("PROPERTY_VALIDATION".into()),
        path: "/Resources/Queue/Properties/DelaySeconds".into(),
        text: text.into(),
        warns: false,
    }
}

/// A job whose change set AWS could not make.
async fn unmade(cloud: &MemoryCloud) -> (World, Job) {
    let world = world();
    let mut job = world.start(opening(cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    job.yes().await;
    (world, job)
}

#[tokio::test]
async fn what_was_found_before_anything_was_made_leads_and_goes_to_the_agent() {
    let cloud = MemoryCloud::default();
    cloud.is_wrong(wrong("the key AKIAIOSFODNN7EXAMPLE is no number"), false);
    let files = [("template.json", TEMPLATE), ("README.md", "# Greeter\n"), ("check.sh", "true\n")];
    let (world, model) = (World::with(&files), Scripted::new(small::honest));
    let mut job = world.start(Opening { tests: Some(small::TESTS.into()), model: model.clone(), ..opening(&cloud) });
    job.act(Command::New(Start { aws: true, ..start("infra", "A greeting") })).await;
    job.until_subject(Subject::Merge).await;
    job.act(deploy()).await;
    job.yes().await;
    assert_eq!(job.state().flow.cloud, Where::Idle, "{}", job.story());
    let found = job.state().cloud.unmade.clone().unwrap();
    assert_eq!((found.stack.as_str(), found.account.region.as_str()), ("repo", "us-east-1"));
    let said: Vec<&str> = found.reasons.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("Properties/DelaySeconds: the key ") && said[0].contains("is no number"), "{said:?}");
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("Queue (AWS::SQS::Queue): Properties/DelaySeconds"), "{halt:?}");
    let kept = serde_json::to_string(&*job.kept.0.lock().unwrap()).unwrap();
    assert!(!kept.contains("AKIAIOSFODNN7EXAMPLE"), "a secret in AWS's words is in no record");
    // The agent gets it, and what it mends is not offered twice.
    job.act(Command::Cloud(CloudAsk::Mend)).await;
    let told = format!("{:?}", model.requests.lock().unwrap().last().unwrap().messages);
    assert!(told.contains("Properties/DelaySeconds") && told.contains("could not be made"), "{told}");
    assert_eq!(job.state().cloud.unmade, None);
}

#[tokio::test]
async fn a_change_set_that_could_not_be_made_is_put_away_when_it_is_asked_for_and_the_next_is_made() {
    let cloud = MemoryCloud::default();
    cloud.is_wrong(wrong("no number"), false);
    let (_world, mut job) = unmade(&cloud).await;
    job.act(Command::Cloud(CloudAsk::CleanUp)).await;
    assert!(matches!(at_gate(&job), CloudAction::DeleteStack { .. }), "the stack is only reviewed: {}", job.story());
    assert_eq!(job.state().cloud.unmade, None, "what is asked for next takes its place");
    let no = reject(job.state(), "");
    job.act(no).await;
    cloud.mended();
    job.act(deploy()).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn what_is_found_when_it_is_executed_leads_the_reasons_of_the_deploy() {
    let (world, cloud) = (world(), MemoryCloud::default());
    cloud.is_wrong(wrong("no number"), true);
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    let (_, end) = job.state().cloud.failed().unwrap();
    assert_eq!((end.status.as_str(), &end.unknown), ("ROLLBACK_COMPLETE", &None), "{}", job.story());
    assert_eq!(end.reasons[0].resource, "Queue");
    assert!(end.reasons[0].text.contains("no number") && end.reasons[0].text.contains("PROPERTY_VALIDATION"));
    assert!(!end.reasons.iter().any(|r| r.text.contains("DescribeEvents")), "{:?}", end.reasons);
    assert_eq!(count(&cloud, "DescribeEvents"), 1);
}

#[tokio::test]
async fn where_it_may_not_be_asked_or_nobody_knows_that_is_one_line_and_no_failure() {
    for (denied, wanted) in [(true, "could not be read"), (false, "look in its console")] {
        let (world, cloud) = (world(), MemoryCloud::default());
        cloud.is_wrong(wrong("no number"), true);
        if denied {
            cloud.fail("cloudformation:DescribeEvents", CloudErrorKind::Denied, 1);
        } else {
            cloud.is_old();
        }
        let mut job = prepared(&world, &cloud).await;
        job.yes().await;
        let (_, end) = job.state().cloud.failed().unwrap();
        assert_eq!(end.status, "ROLLBACK_COMPLETE", "{}", job.story());
        assert!(end.unknown.as_ref().unwrap().contains(wanted), "{:?}", end.unknown);
        assert!(end.reasons[0].text.contains("DescribeEvents"), "what AWS says is kept: {:?}", end.reasons);
        let shown: Vec<String> = brief::end("repo", end).into_iter().map(|l| l.text).collect();
        assert!(shown.iter().any(|l| l.contains(wanted)), "{shown:?}");
    }
    // Nor of the change set.
    let cloud = MemoryCloud::default();
    cloud.is_wrong(wrong("no number"), false);
    cloud.fail("cloudformation:DescribeEvents", CloudErrorKind::Denied, 1);
    let (_world, job) = unmade(&cloud).await;
    let why = &job.state().halt.as_ref().unwrap().why;
    assert!(why.contains("Early Validation errors") && why.contains("could not be read"), "{why}");
    assert_eq!(job.state().cloud.unmade, None);
}

#[tokio::test]
async fn where_the_events_say_why_nobody_is_asked_more() {
    let (world, cloud) = (world(), MemoryCloud::default());
    cloud.failing("Queue", "the name is taken");
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    assert_eq!(count(&cloud, "DescribeEvents"), 0, "{}", job.story());
}
