//! Stacks within stacks, and rights that no call uses, at the gate as in the review.

use super::{apps::app, *};

/// The reviews at the gate: the name of each, and its lines.
fn reviews(job: &Job) -> Vec<(String, String)> {
    let at_gate = job.state().cloud.at_gate.as_ref().unwrap();
    let text = |lines: Vec<(review::Tone, usize, String)>| {
        lines.into_iter().map(|(_, _, text)| text).collect::<Vec<_>>().join("\n")
    };
    let reviews = brief::reviews(at_gate, "").into_iter().zip(brief::sets(at_gate));
    reviews.map(|(diff, set)| (diff.name.clone(), text(review::lines(&diff, set)))).collect()
}

fn notes(job: &Job) -> String {
    job.state().cloud.at_gate.as_ref().unwrap().notes.join("\n")
}

#[tokio::test]
async fn a_stack_within_is_reviewed_as_it_is_deployed_against_as_it_will_be() {
    let manifest = super::apps::manifest(&[("Web", "")], json!({}));
    let web = r#"{"Resources":{"Net":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":{"Ref":"P"}},
        "Metadata":{"aws:asset:path":"Net.nested.template.json"}},
        "Far":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://b.s3.amazonaws.com/far"}}}}"#;
    let inner = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[{
        "Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]},"Policies":[{
        "PolicyName":"p","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":["s3:PutObject"],
        "Resource":"arn:aws:s3:::b/*"}]}}]}}}}"#;
    let code = "import {S3Client, PutObjectCommand} from '@aws-sdk/client-s3'; new PutObjectCommand({})";
    let files = [
        ("assembly/manifest.json", manifest.as_str()),
        ("assembly/Web.template.json", web),
        ("assembly/Web.assets.json", "{}"),
        ("assembly/Net.nested.template.json", inner),
        ("lambda/index.mjs", code),
    ];
    let Some(world) = app(&files) else { return };
    let cloud = MemoryCloud::default();
    // Into the account by their templates, the inner one under the id that it has there.
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    let by_hand = |file: &str, stack: &str| {
        let target = Target { app: Some(file.into()), stack: Some(stack.into()), ..Target::default() };
        Command::Cloud(CloudAsk::Deploy(target))
    };
    job.act(by_hand("assembly/Web.template.json", "Web")).await;
    assert_eq!(reviews(&job).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Web", "Web/Net"]);
    let found = &reviews(&job)[1].1;
    assert!(found.contains("added") && found.contains("widened") && found.contains("s3:PutObject"), "{found}");
    assert!(!found.contains("no call in the code needs"), "{found}");
    assert!(
        notes(&job).contains("Far: its template is at https://b.s3.amazonaws.com/far, not in the repository"),
        "{}",
        notes(&job)
    );
    job.yes().await;
    assert_eq!(reviews(&job)[1].0, "Web/Net", "at the change set's gate too, where the account does not describe it");
    assert!(!notes(&job).contains("Net, the account does not describe"), "{}", notes(&job));
    assert!(notes(&job).contains("Far, the account does not describe"), "{}", notes(&job));
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    let made = cloud.resources("Web").await.unwrap();
    let physical = made.iter().find(|r| r.id == "Net").unwrap().physical.clone();
    job.act(by_hand("assembly/Net.nested.template.json", &physical)).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    // The outer template differs in nothing but a word; the inner one permits more than the code needs.
    let at = |file: &str| world.root().join("assembly").join(file);
    std::fs::write(
        at("Net.nested.template.json"),
        inner.replace("\"s3:PutObject\"", "\"s3:PutObject\",\"s3:DeleteBucket\""),
    )
    .unwrap();
    std::fs::write(at("Web.template.json"), web.replace("\"P\"", "\"Q\"")).unwrap();
    world.git(&["commit", "-q", "-am", "More rights"]);
    job.act(by_hand("assembly/Web.template.json", "Web")).await;
    let found = reviews(&job);
    assert_eq!(found[1].0, "Web/Net", "{}", job.story());
    let inner = &found[1].1;
    assert!(inner.contains("Role") && inner.contains("widened") && inner.contains("s3:DeleteBucket"), "{inner}");
    assert!(inner.contains("changed") && !inner.contains("  added"), "against the deployed one: {inner}");
    assert!(inner.contains("may s3:DeleteBucket, and no call in the code needs it"), "{inner}");
    // What the account does not tell is said and stands in nobody's way.
    let no = reject(job.state(), "");
    job.act(no).await;
    cloud.fail("cloudformation:ListStackResources", CloudErrorKind::Denied, 1);
    job.act(by_hand("assembly/Web.template.json", "Web")).await;
    assert_eq!(reviews(&job).len(), 1, "what is not known is not compared");
    assert!(notes(&job).contains("the stacks inside are not compared with the deployed ones"), "{}", notes(&job));
}

#[tokio::test]
async fn templates_of_the_repository_are_reviewed_with_the_stacks_inside_them() {
    let outer = "Resources:
  Net: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: ../net/template.yaml } }
  App: { Type: 'AWS::Serverless::Application', Properties: { Location: https://x.s3.amazonaws.com/app } }
";
    let files =
        [("infra/template.yaml", outer), ("net/template.yaml", "Resources: { Q: { Type: 'AWS::SQS::Queue' } }\n")];
    let world = World::with(&files);
    let mut job = world.start(opening(&MemoryCloud::default()));
    job.act(Command::New(spec())).await;
    job.review_stacks().await;
    let found = job.stacks.clone();
    let mut names: Vec<_> = found.iter().map(|d| d.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["infra/template.yaml", "infra/template.yaml/Net"], "and not once more by itself");
    let notes: Vec<&String> = found.iter().flat_map(|d| &d.notes).collect();
    assert!(notes.iter().any(|n| n.starts_with("App: its template is at https://x.s3")), "{notes:?}");
}
