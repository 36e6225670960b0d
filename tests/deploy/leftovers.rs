//! The deletion of what a failure left: everything that goes and that stays is at the gate, is what was
//! approved, and is shown again when it moved.

use kiro_tui::domain::cloud::{StackResource, remains::Becomes};

use super::*;

const LEFT: &str = r#"{"Resources":{"Bucket":{"Type":"AWS::S3::Bucket"},"Queue":{"Type":"AWS::SQS::Queue"},
"Role":{"Type":"AWS::IAM::Role"},"Table":{"Type":"AWS::DynamoDB::Table","DeletionPolicy":"Retain"}}}"#;

fn there(id: &str, kind: &str) -> StackResource {
    let (physical, status) = (format!("{}-1", id.to_lowercase()), "CREATE_COMPLETE".to_owned());
    StackResource { id: id.into(), physical, kind: kind.into(), status, reason: None }
}

fn left() -> Vec<StackResource> {
    vec![
        there("Role", "AWS::IAM::Role"),
        there("Table", "AWS::DynamoDB::Table"),
        there("Bucket", "AWS::S3::Bucket"),
        there("Queue", "AWS::SQS::Queue"),
    ]
}

/// A job after a failure that left the stack like this.
async fn failed(cloud: &MemoryCloud) -> (World, Job) {
    let world = world();
    let mut job = prepared(&world, cloud).await;
    job.yes().await;
    cloud.leave("repo", "ROLLBACK_FAILED", left(), LEFT);
    (world, job)
}

fn shown(job: &Job) -> Vec<String> {
    let at_gate = job.state().cloud.at_gate.as_ref().unwrap();
    let lines = brief::head(at_gate).into_iter().chain(brief::rest(at_gate));
    lines.map(|l| format!("{}{}", l.mark, l.text)).collect()
}

#[tokio::test]
async fn what_goes_and_what_stays_is_shown_with_data_first_and_is_what_is_approved() {
    let cloud = MemoryCloud::default();
    let (_world, mut job) = failed(&cloud).await;
    job.act(Command::Cloud(CloudAsk::CleanUp)).await;
    let CloudAction::DeleteStack { becomes, unlisted, resources, .. } = at_gate(&job) else { panic!() };
    assert_eq!((resources.len(), *unlisted), (4, false));
    assert_eq!(becomes, &[Becomes::Deleted, Becomes::Deleted, Becomes::Deleted, Becomes::Retained]);
    let shown = shown(&job);
    let at = |words: &str| shown.iter().position(|l| l.contains(words)).unwrap_or_else(|| panic!("{words}: {shown:?}"));
    let order = ["3 in it go with it", "Goes with it: 3", "Bucket", "Queue", "Role", "Stays: 1", "Table"];
    assert!(order.map(at).is_sorted(), "{shown:?}");
    assert!(shown[at("bucket-1") + 1].contains("DELETE_FAILED"), "{shown:?}");
    assert!(shown[at("table-1") + 1].contains("stays in the account"), "{shown:?}");
    // Somebody changes what becomes of something: another deletion, which is shown anew.
    let seen = job.state().flow.waiting().unwrap().digest;
    cloud.leave("repo", "ROLLBACK_FAILED", left(), &LEFT.replace(",\"DeletionPolicy\":\"Retain\"", ""));
    job.yes().await;
    assert!(cloud.stack("repo").await.unwrap().is_some(), "{}", job.story());
    assert!(matches!(at_gate(&job), CloudAction::DeleteStack { .. }), "{}", job.story());
    assert_ne!(job.state().flow.waiting().unwrap().digest, seen);
    assert!(!shown_has(&job, "Stays"), "{:?}", self::shown(&job));
    job.yes().await;
    assert_eq!(cloud.stack("repo").await, Ok(None), "{}", job.story());
}

fn shown_has(job: &Job, words: &str) -> bool {
    shown(job).iter().any(|l| l.contains(words))
}

#[tokio::test]
async fn before_a_new_creation_the_same_list_is_shown_and_after_the_yes_the_deploy_goes_on() {
    let cloud = MemoryCloud::default();
    let (_world, mut job) = failed(&cloud).await;
    job.act(deploy()).await;
    assert!(shown_has(&job, "Stays: 1") && shown_has(&job, "Bucket  AWS::S3::Bucket  bucket-1"), "{}", job.story());
    // Something more is in it by then.
    let mut more = left();
    more.push(there("More", "AWS::SNS::Topic"));
    cloud.leave("repo", "ROLLBACK_FAILED", more, LEFT);
    job.yes().await;
    assert!(shown_has(&job, "More  AWS::SNS::Topic"), "{}", job.story());
    job.yes().await;
    assert!(matches!(at_gate(&job), CloudAction::Prepare(_)), "{}", job.story());
}

#[tokio::test]
async fn what_may_not_be_read_is_said_and_can_be_deleted_all_the_same() {
    for (call, wanted) in [
        ("cloudformation:ListStackResources", "what is in it is not all listed here"),
        ("cloudformation:GetTemplate", "has a policy that could not be read"),
    ] {
        let cloud = MemoryCloud::default();
        let (_world, mut job) = failed(&cloud).await;
        cloud.fail(call, CloudErrorKind::Denied, 100);
        job.act(Command::Cloud(CloudAsk::CleanUp)).await;
        assert!(shown_has(&job, wanted) && shown_has(&job, "could not be read: "), "{:?}", shown(&job));
        assert!(!shown_has(&job, "nothing is in it") && !shown_has(&job, "Stays"), "{:?}", shown(&job));
        job.yes().await;
        assert_eq!(cloud.stack("repo").await, Ok(None), "{call}: {}", job.story());
    }
}

#[tokio::test]
async fn a_protected_stack_is_not_offered_and_one_protected_in_between_is_not_deleted() {
    let cloud = MemoryCloud::default();
    let (_world, mut job) = failed(&cloud).await;
    job.act(Command::Cloud(CloudAsk::CleanUp)).await;
    assert!(shown_has(&job, "not protected"), "{:?}", shown(&job));
    cloud.protect("repo");
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("protected from deletion") && halt.remedy.contains("console"), "{halt:?}");
    assert_eq!(job.waits(), None);
    assert!(cloud.stack("repo").await.unwrap().is_some());
}

#[test]
fn a_deletion_of_before_reads_and_keeps_its_digest() {
    let old = json!({"delete_stack": {"account": {"id": "1", "arn": "arn:aws:iam::1:user/ada", "region": "eu-west-1",
        "profile": null}, "stack": "repo", "resources": [["Bucket", "AWS::S3::Bucket", "b"]]}});
    let action: CloudAction = serde_json::from_value(old.clone()).unwrap();
    assert_eq!(serde_json::to_value(&action).unwrap(), old, "nothing is added to its bytes");
}
