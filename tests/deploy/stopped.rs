//! A deploy that the developer stops or that the stack outran, and what can be asked for while something else is under way.

use super::*;

#[tokio::test]
async fn a_creation_that_goes_on_can_be_stopped_and_asks_first() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = under_way(&world, &cloud).await;
    cloud.pace(0);
    job.act(Command::Cloud(CloudAsk::Stop)).await;
    assert!(matches!(at_gate(&job), CloudAction::CancelCreate { .. }), "{}", job.story());
    assert_eq!(count(&cloud, "DeleteStack"), 0);
    cloud.pace(1);
    job.yes().await;
    assert_eq!(count(&cloud, "DeleteStack"), 1);
    assert_eq!(ended(&job).as_deref(), Some("DELETE_COMPLETE"), "{}", job.story());
    assert!(!job.state().cloud.going.as_ref().unwrap().ended.as_ref().unwrap().0.succeeded);
    assert_eq!(cloud.stack("repo").await, Ok(None));
    // It did not fail: there is nothing to mend, and the agent is not asked to.
    assert!(job.state().cloud.going.as_ref().unwrap().was_stopped());
    assert!(job.state().halt.as_ref().unwrap().why.contains("was stopped"), "{}", job.story());
    job.act(Command::Cloud(CloudAsk::Mend)).await;
    assert!(job.refused.last().unwrap().contains("nothing to mend"), "{:?}", job.refused);
    cloud.pace(100);
    job.act(deploy()).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[tokio::test]
async fn a_stopped_update_has_nothing_to_mend_either_and_what_was_asked_for_can_be_asked_again() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    commit(&world, &TEMPLATE.replace("AWS::SQS::Queue\"", "AWS::SQS::Queue\",\"Properties\":{\"B\":1}"));
    job.act(deploy()).await;
    job.yes().await;
    cloud.pace(1);
    let yes = support::job::approve(job.state());
    job.send(yes).await;
    job.until_running().await;
    cloud.pace(0);
    job.act(Command::Cloud(CloudAsk::Stop)).await;
    assert!(matches!(at_gate(&job), CloudAction::CancelUpdate { .. }), "{}", job.story());
    cloud.pace(1);
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("UPDATE_ROLLBACK_COMPLETE"), "{}", job.story());
    assert!(job.state().cloud.going.as_ref().unwrap().was_stopped(), "{}", job.story());
    assert_eq!(job.state().cloud.target, Some(Target::default()), "it can be asked for again");
}

#[tokio::test]
async fn what_cannot_be_asked_for_now_says_why_and_what_to_do() {
    use support::small;
    let files = [("cdk.json", "{}"), ("README.md", "# Greeter\n"), ("check.sh", "true\n")];
    let (world, cloud) = (World::with(&files), MemoryCloud::default());
    let opening = Opening {
        cloud: Arc::new(cloud.clone()),
        tests: Some(small::TESTS.into()),
        ..Opening::of(Scripted::new(small::honest))
    };
    let mut job = world.start(opening);
    let synthesise = || Command::Cloud(CloudAsk::Synthesise { app: None });
    job.act(Command::New(Start { aws: true, ..start("infra", "A greeting") })).await;
    job.act(synthesise()).await;
    assert!(job.refused.last().unwrap().contains("not before the documents are approved"), "{:?}", job.refused);
    job.until_subject(Subject::Change).await;
    job.act(synthesise()).await;
    let why = job.refused.last().unwrap().clone();
    assert!(why.starts_with("task 1 is under way: tell the agent to synthesise"), "{why}");
    assert_eq!(job.waits(), Some(Subject::Change), "what the task has at its gate stays there");
}

#[tokio::test]
async fn a_change_set_that_the_stack_outran_is_said_to_be_obsolete_and_is_made_anew() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    let name = job.state().cloud.stack.clone().unwrap().1.unwrap();
    assert!(cloud.meddle("repo", &name, |set| {
        set.execution = "OBSOLETE".into();
        set.reason = Some(String::new());
    }));
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("stack repo was changed after") && halt.remedy.contains("`deploy`"), "{halt:?}");
    let stack = cloud.stack("repo").await.unwrap().unwrap();
    assert_eq!(stack.status, "REVIEW_IN_PROGRESS", "nothing was executed");
    job.act(deploy()).await;
    job.yes().await;
    assert!(at_gate_is_deploy(&job), "{}", job.story());
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
}

#[test]
fn a_stack_is_called_after_the_repository_as_far_as_a_stack_may_be() {
    for (word, name) in [
        ("shop2", "shop2"),
        ("api-v2", "api-v2"),
        ("2nd.shop", "nd-shop"),
        ("my_app_", "my-app"),
        ("42", "stack"),
        ("", "stack"),
    ] {
        assert_eq!(kiro_tui::agent::deploy::stack_name(word), name, "{word}");
    }
}
