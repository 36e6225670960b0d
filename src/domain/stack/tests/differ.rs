//! What differs.

use super::*;
use crate::domain::stack::{
    Risk,
    diff::{Effect, Fate, Update},
};

fn effects(diff: &StackDiff) -> Vec<(Effect, &str)> {
    diff.resources.iter().map(|r| (r.effect, r.id.as_str())).collect()
}

#[test]
fn the_demo_s_stack_differs_from_nothing_in_all_of_its_resources_and_from_itself_in_none() {
    let stack = parse(THUMBNAILS);
    let all = compare("Thumbnails", None, Some(&stack));
    assert_eq!(all.resources.len(), stack.resources.len());
    assert!(all.resources.iter().all(|r| r.effect == Effect::Add));
    assert_eq!(all.worst(), Risk::Warning, "rights are given, nothing is wide open: {:#?}", told(&all));
    assert!(compare("Thumbnails", Some(&stack), Some(&stack)).is_empty());
    let gone = compare("Thumbnails", Some(&stack), None);
    assert!(gone.resources.iter().all(|r| r.effect == Effect::Remove));
    let fates = |kind: &str| gone.resources.iter().filter(|r| r.kind == kind).map(|r| r.fate).collect::<Vec<_>>();
    assert_eq!(fates("AWS::S3::Bucket"), [Some(Fate::Retained), Some(Fate::Retained)]);
    assert_eq!(fates("AWS::SQS::Queue"), [Some(Fate::Deleted)]);
}

#[test]
fn a_new_bucket_name_replaces_the_bucket_and_is_followed_to_those_that_use_it() {
    let diff = diff(THUMBNAILS, &THUMBNAILS.replace("\"photo-uploads-\"", "\"pictures-\""));
    let first = &diff.resources[0];
    assert_eq!((first.effect, first.fate), (Effect::Replace, Some(Fate::Retained)));
    assert_eq!((first.properties[0].path.as_str(), first.properties[0].update), ("BucketName", Update::Replaces));
    let policy = diff.resources.iter().find(|r| r.kind == "AWS::S3::BucketPolicy").unwrap();
    assert_eq!(policy.effect, Effect::MayReplace);
    let because = policy.properties.iter().find(|p| p.path == "Bucket").unwrap();
    assert_eq!(because.because.as_deref(), Some(first.id.as_str()));
    assert!(diff.resources.iter().all(|r| r.iam.is_empty()), "no right changes: {:#?}", told(&diff));
}

#[test]
fn what_only_is_written_otherwise_does_not_differ() {
    let yaml = "
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties: { VisibilityTimeout: 30, FifoQueue: true }
    Metadata: { aws:cdk:path: A/Q }
";
    let json = r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue",
        "Properties": {"FifoQueue": "true", "VisibilityTimeout": "30"}}}}"#;
    assert!(diff(yaml, json).is_empty());
    let literal = r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "${A}"}}}}"#;
    let reference = r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "A"}}}}}"#;
    assert_eq!(diff(literal, reference).resources.len(), 1, "a text that looks like a reference is none");
}

fn one(kind: &str, rest: &str) -> String {
    format!("{{\"Resources\": {{\"It\": {{\"Type\": \"{kind}\", {rest}}}}}}}")
}

#[test]
fn the_property_that_forces_a_new_one_is_known_for_the_types_that_matter() {
    for (kind, path, update) in [
        ("AWS::S3::Bucket", "BucketName", Update::Replaces),
        ("AWS::S3::Bucket", "VersioningConfiguration.Status", Update::InPlace),
        ("AWS::SQS::Queue", "FifoQueue", Update::Replaces),
        ("AWS::SQS::Queue", "VisibilityTimeout", Update::InPlace),
        ("AWS::SNS::Topic", "TopicName", Update::Replaces),
        ("AWS::Lambda::Function", "FunctionName", Update::Replaces),
        ("AWS::Lambda::Function", "Code.S3Key", Update::InPlace),
        ("AWS::IAM::Role", "RoleName", Update::Replaces),
        ("AWS::IAM::Role", "AssumeRolePolicyDocument", Update::InPlace),
        ("AWS::DynamoDB::Table", "KeySchema[0].AttributeName", Update::Replaces),
        ("AWS::DynamoDB::Table", "BillingMode", Update::InPlace),
        ("AWS::RDS::DBInstance", "StorageEncrypted", Update::Replaces),
        ("AWS::RDS::DBInstance", "Engine", Update::Maybe),
        ("AWS::EC2::SecurityGroup", "GroupDescription", Update::Replaces),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress[0].CidrIp", Update::InPlace),
        ("AWS::EC2::VPC", "CidrBlock", Update::Replaces),
        ("AWS::EC2::Subnet", "AvailabilityZone", Update::Replaces),
        ("AWS::KMS::Key", "KeyPolicy", Update::InPlace),
        ("AWS::Logs::LogGroup", "LogGroupName", Update::Replaces),
        ("AWS::Events::Rule", "Name", Update::Replaces),
        ("AWS::SecretsManager::Secret", "Name", Update::Replaces),
        ("AWS::StepFunctions::StateMachine", "StateMachineType", Update::Replaces),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions[0].Image", Update::Replaces),
        ("AWS::EFS::FileSystem", "Encrypted", Update::Replaces),
        ("AWS::ElastiCache::ReplicationGroup", "AtRestEncryptionEnabled", Update::Replaces),
        ("AWS::Invented::Thing", "Name", Update::Unknown),
        ("Custom::Thing", "Name", Update::Maybe),
    ] {
        assert_eq!(crate::domain::stack::replace::update(kind, path), update, "{kind} {path}");
    }
}

#[test]
fn data_that_goes_is_the_first_thing_said() {
    let table = |key: &str, more: &str| {
        one(
            "AWS::DynamoDB::Table",
            &format!("{more} \"Properties\": {{\"KeySchema\": [{{\"AttributeName\": \"{key}\"}}]}}"),
        )
    };
    let lost = diff(&table("id", ""), &table("key", ""));
    assert_eq!(lost.resources[0].risk, Risk::Danger);
    assert!(told(&lost)[1].contains("danger data-lost: is replaced, and the old one is deleted"), "{:#?}", told(&lost));
    let kept = diff(&table("id", ""), &table("key", "\"UpdateReplacePolicy\": \"Retain\","));
    assert_eq!(kept.resources[0].fate, Some(Fate::Retained));
    assert_eq!(kept.resources[0].risk, Risk::Warning);
    // What leaves the stack goes by the policy that the deployed template has.
    let stack = table("id", "\"DeletionPolicy\": \"Retain\",");
    let empty = "{\"Resources\": {}}";
    assert_eq!(diff(&stack, empty).resources[0].risk, Risk::Info);
    assert_eq!(diff(&table("id", ""), empty).resources[0].risk, Risk::Danger);
    let database = one("AWS::RDS::DBInstance", "\"Properties\": {\"Engine\": \"postgres\"}");
    assert_eq!(diff(&database, empty).resources[0].fate, Some(Fate::Snapshot), "CloudFormation's own default");
}

#[test]
fn a_given_name_and_a_forced_new_one_cannot_both_be() {
    let queue = |fifo: &str| {
        one("AWS::SQS::Queue", &format!("\"Properties\": {{\"QueueName\": \"jobs\", \"FifoQueue\": {fifo}}}"))
    };
    let diff = diff(&queue("false"), &queue("true"));
    assert!(told(&diff).iter().any(|l| l.contains("danger name-taken")), "{:#?}", told(&diff));
}

#[test]
fn another_logical_id_for_the_same_thing_is_seen() {
    let before = r#"{"Resources": {"Old": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "data"}}}}"#;
    let diff = diff(before, &before.replace("\"Old\"", "\"New\""));
    let new = diff.resources.iter().find(|r| r.id == "New").unwrap();
    assert_eq!(new.renamed_from.as_deref(), Some("Old"));
    assert_eq!(new.risk, Risk::Danger);
    assert_eq!(effects(&diff).len(), 2);
}

#[test]
fn parameters_conditions_and_outputs_differ_too() {
    let before = "
Parameters: { Size: { Type: String, Default: small } }
Conditions: { Big: !Equals [!Ref Size, big] }
Resources:
  Q: { Type: AWS::SQS::Queue, Condition: Big, Properties: { QueueName: !Sub 'q-${Size}' } }
Outputs: { Url: { Value: !Ref Q } }
";
    let after = before.replace("Default: small", "Default: big").replace("Url:", "Address:");
    let diff = diff(before, &after);
    assert!(diff.resources.is_empty());
    let entries: Vec<_> = diff.entries.iter().map(|e| (e.section.as_str(), e.name.as_str(), e.used_by.len())).collect();
    assert_eq!(entries, [("Parameters", "Size", 1), ("Outputs", "Url", 0), ("Outputs", "Address", 0)]);
}

#[test]
fn another_type_under_the_same_id_is_another_thing() {
    let diff = diff(&one("AWS::SQS::Queue", "\"Properties\": {}"), &one("AWS::SNS::Topic", "\"Properties\": {}"));
    assert_eq!(diff.resources[0].effect, Effect::Replace);
    assert_eq!(diff.resources[0].kind_before.as_deref(), Some("AWS::SQS::Queue"));
}
