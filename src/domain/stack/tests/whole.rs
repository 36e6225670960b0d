//! Assemblies, rights against code, the trace, and the review as it is printed.

use super::*;
use crate::domain::stack::{
    assembly::{self, Source},
    code, review, trace,
};

const MANIFEST: &str = include_str!("thumbnails/manifest.json");
const ASSETS: &str = include_str!("thumbnails/Thumbnails.assets.json");

fn file(path: &str) -> Option<String> {
    match path {
        "manifest.json" => Some(MANIFEST.to_owned()),
        "Thumbnails.assets.json" => Some(ASSETS.to_owned()),
        "Thumbnails.template.json" => Some(THUMBNAILS.to_owned()),
        _ => None,
    }
}

#[test]
fn the_demo_s_assembly_is_read() {
    let assembly = assembly::read(&file, &|path| path.starts_with("asset.").then_some(17)).unwrap();
    assert_eq!(assembly.notes, [""; 0]);
    let stack = &assembly.stacks[0];
    assert_eq!((stack.name.as_str(), &stack.account, &stack.region), ("Thumbnails", &None, &None));
    assert_eq!(stack.template.resources.len(), 20);
    let assets: Vec<_> = assembly.assets.iter().map(|a| (a.name.as_str(), a.packaging.as_str(), a.bytes)).collect();
    assert_eq!(assets, [("Resizer/Code", "zip", Some(17))]);
}

#[test]
fn stages_nested_stacks_and_missing_look_ups_are_told() {
    let file = |path: &str| {
        let text = match path {
            "manifest.json" => {
                r#"{"version": "55.0.0", "missing": [{"key": "k", "provider": "ssm",
                    "props": {"account": "1", "region": "eu-west-1", "parameterName": "/a"}}],
                    "artifacts": {
                      "assembly-Prod": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
                      "Out": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../../etc/passwd"}},
                      "Gone": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "gone.json"}}}}"#
            }
            "assembly-Prod/manifest.json" => {
                r#"{"artifacts": {"ProdS": {"type": "aws:cloudformation:stack", "displayName": "Prod/S",
                    "environment": "aws://111122223333/eu-west-1", "dependencies": ["Other", "ProdS.assets"],
                    "properties": {"templateFile": "S.template.json", "stackName": "prod-s"}}}}"#
            }
            "assembly-Prod/S.template.json" => {
                r#"{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack",
                    "Metadata": {"aws:asset:path": "N.nested.template.json"}},
                    "Far": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x"}}}}"#
            }
            "assembly-Prod/N.nested.template.json" => r#"{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}"#,
            _ => return None,
        };
        Some(text.to_owned())
    };
    let assembly = assembly::read(&file, &|_| None).unwrap();
    let names: Vec<_> = assembly.templates().into_keys().collect();
    assert_eq!(names, ["prod-s", "prod-s/N"]);
    let stack = &assembly.stacks[0];
    assert_eq!((stack.account.as_deref(), stack.region.as_deref()), (Some("111122223333"), Some("eu-west-1")));
    assert_eq!(stack.after, ["Other"]);
    let notes = assembly.notes.join("\n");
    for told in [
        "looks up the parameter /a in account 1 and region eu-west-1",
        "Out: the manifest names no template of it within the assembly",
        "Gone: gone.json is not there",
        "Far: its template is at https://x, not in the repository",
    ] {
        assert!(notes.contains(told), "{told}: {notes}");
    }
    let none = assembly::read(&|_| None, &|_| None).unwrap_err().to_string();
    assert_eq!(none, "there is no manifest.json; synthesise the app: `cdk synth`");
}

#[test]
fn kinds_of_infrastructure_are_told_by_names() {
    let found = assembly::detect([
        "cdk.json",
        "sam/template.yaml",
        "sam/samconfig.toml",
        "infra/queue.yml",
        "src/template.rs",
        "node_modules/x/template.json",
        "package.json",
        "cdk.out/A.template.json",
    ]);
    let expected = [
        Source::Cdk(String::new()),
        Source::Sam("sam/template.yaml".into()),
        Source::Template("infra/queue.yml".into()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn rights_that_no_call_needs_are_told() {
    let js = "import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';\nimport { SNSClient } from '@aws-sdk/client-sns';\nawait s3.send(new GetObjectCommand({}));\nawait sns.send(new PublishCommand({}));";
    let calls = code::calls("lambda/handler.mjs", js);
    assert!(calls.contains("s3:getobject") && calls.contains("sns:publish"), "{calls:?}");
    let found = code::unused(&parse(THUMBNAILS), &calls);
    let texts: Vec<_> = found.iter().map(|f| f.text.as_str()).collect();
    let role = "ResizerServiceRoleE2D7EDB8 may s3:PutObject, and no call in the code needs it";
    assert!(texts.contains(&role), "{texts:#?}");
    assert!(
        !texts.iter().any(|t| t.contains("sns:Publish") || t.contains("sqs:") || t.contains("GetObject")),
        "{texts:#?}"
    );
    let py = "s3 = boto3.client('s3')\ns3.get_object(Bucket=b)\nboto3.resource(\"dynamodb\").Table(t).put_item(Item=i)";
    let calls = code::calls("f.py", py);
    assert!(calls.contains("s3:getobject") && calls.contains("dynamodb:putitem"), "{calls:?}");
    let rs = "use aws_sdk_sqs::Client;\nclient.send_message_batch().send().await?;";
    assert!(code::calls("src/a.rs", rs).contains("sqs:sendmessage"));
    assert!(code::calls("notes.md", rs).is_empty());
}

#[test]
fn requirements_are_traced_by_metadata_and_by_the_design() {
    let template = parse(
        "Resources:
  Uploads1A2B: { Type: AWS::S3::Bucket, Metadata: { aws:cdk:path: S/Uploads/Resource } }
  Q: { Type: AWS::SQS::Queue, Metadata: { Requirements: [8.1, '8.2'] } }
  Other: { Type: AWS::SNS::Topic }
",
    );
    let mut diff = compare("S", None, Some(&template));
    let design = "The bucket `Uploads` keeps 30 days (Requirements 1.1, 6.3).\n| Uploads | 2.4 | 5 MB |\nUploadsLater: Requirements 9.9";
    trace::requirements(&mut diff, &template, design);
    let of = |id: &str| diff.resources.iter().find(|r| r.id == id).unwrap().requirements.join(" ");
    assert_eq!(of("Uploads1A2B"), "1.1 2.4 6.3");
    assert_eq!(of("Q"), "8.1 8.2");
    assert_eq!(of("Other"), "");
}

#[test]
fn a_heading_that_names_a_resource_covers_its_section() {
    let template = parse(
        "Resources: { Bucket: { Type: AWS::S3::Bucket }, Queue: { Type: AWS::SQS::Queue }, Topic: { Type: AWS::SNS::Topic } }",
    );
    let mut diff = compare("S", None, Some(&template));
    let design = "# Components\n\n### Bucket\n\nKeeps 1.5 GB for 30.5 days.\n\n#### Rules\n\n**Validates: Requirements 1.1, \
                  2.3**\n\n```\n# Topic\n```\n\n### Queue\n\n_Requirements: 4.1_\n\nThe requirement 9.9 is not met.\n\n## \
                  Other\n\n**Validates: Requirements 8.1**\n";
    trace::requirements(&mut diff, &template, design);
    let of = |id: &str| diff.resources.iter().find(|r| r.id == id).unwrap().requirements.join(" ");
    assert_eq!((of("Bucket"), of("Queue"), of("Topic")), ("1.1 2.3".into(), "4.1".into(), String::new()));
}

#[test]
fn the_review_begins_with_the_worst_and_leaves_nothing_out() {
    let before = "
Parameters: { P: { Type: String, Default: a } }
Resources:
  Table: { Type: AWS::DynamoDB::Table, Properties: { KeySchema: [{ AttributeName: id }], BillingMode: PROVISIONED } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies: [{ PolicyDocument: { Statement: { Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*' } } }]
  Db: { Type: AWS::RDS::DBInstance, Properties: { StorageEncrypted: true, MasterUserPassword: hunter2 } }
";
    let after = before
        .replace("AttributeName: id", "AttributeName: key")
        .replace("'s3:GetObject'", "['s3:GetObject', 's3:PutObject']")
        .replace("hunter2", "hunter3")
        .replace("Default: a", "Default: b");
    let diff = diff(before, &after);
    let text: Vec<String> =
        review::lines(&diff, None).into_iter().map(|(_, depth, text)| format!("{}{text}", " ".repeat(depth))).collect();
    insta::assert_snapshot!("review", text.join("\n"));
    // As data it comes back whole.
    let json = serde_json::to_string(&diff).unwrap();
    assert_eq!(serde_json::from_str::<StackDiff>(&json).unwrap(), diff);
}
