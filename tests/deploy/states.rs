//! Stacks in states that take no update, and change sets that change nothing.

use super::*;

/// A job whose stack is deployed.
async fn deployed(cloud: &MemoryCloud) -> (World, Job) {
    let world = world();
    let mut job = prepared(&world, cloud).await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    (world, job)
}

#[tokio::test]
async fn each_state_that_takes_no_update_is_told_with_the_way_out_of_it() {
    for (status, way_out) in [
        ("ROLLBACK_COMPLETE", "delete"),
        ("ROLLBACK_FAILED", "delete"),
        ("CREATE_FAILED", "delete"),
        ("DELETE_FAILED", "delete"),
        ("UPDATE_ROLLBACK_FAILED", "roll"),
        ("UPDATE_FAILED", "console"),
    ] {
        let cloud = MemoryCloud::default();
        let (world, mut job) = deployed(&cloud).await;
        cloud.leave("repo", status, Vec::new(), TEMPLATE);
        commit(&world, &TEMPLATE.replace("Queue", "Other"));
        let calls = cloud.calls().len();
        job.act(deploy()).await;
        let gate = job.state().cloud.at_gate.as_ref().map(|g| g.step.clone());
        let action = if let Some(Step::Action(action)) = &gate { Some(action.as_ref()) } else { None };
        match (way_out, action) {
            ("delete", Some(CloudAction::DeleteStack { .. }))
            | ("roll", Some(CloudAction::ContinueRollback { .. })) => {
                assert!(why(&job).contains(status), "{}", job.story());
            }
            ("console", None) => {
                let halt = job.state().halt.clone().unwrap();
                assert!(halt.why.contains(status) && halt.remedy.contains("console"), "{halt:?}");
            }
            other => panic!("{status}: {other:?}\n{}", job.story()),
        }
        let sent = cloud.calls().split_off(calls);
        assert!(!sent.iter().any(|c| c.contains("CreateChangeSet") || c.contains("DeleteStack")), "{sent:?}");
    }
}

#[tokio::test]
async fn a_change_set_without_changes_is_no_failure_and_goes_when_it_is_asked_for() {
    let cloud = MemoryCloud::default();
    let (world, mut job) = deployed(&cloud).await;
    commit(&world, &TEMPLATE.replacen('{', r#"{"Description":"the same","#, 1));
    job.act(deploy()).await;
    assert!(matches!(at_gate(&job), CloudAction::Prepare(_)), "only AWS can tell: {}", job.story());
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("nothing to deploy") && halt.remedy.contains("clean-up-deploy"), "{halt:?}");
    assert_eq!((job.waits(), job.state().cloud.unmade.is_some(), job.state().cloud.again), (None, false, false));
    assert_eq!(count(&cloud, "DescribeEvents"), 0, "why is known");
    job.act(Command::Cloud(CloudAsk::CleanUp)).await;
    let CloudAction::DropChangeSet { change_set, .. } = at_gate(&job).clone() else { panic!("{}", job.story()) };
    assert!(cloud.change_set("repo", &change_set).await.unwrap().is_some());
    job.yes().await;
    assert_eq!(cloud.change_set("repo", &change_set).await, Ok(None));
    assert_eq!(cloud.stack("repo").await.unwrap().unwrap().status, "CREATE_COMPLETE", "the stack stays");
}
