//! Templates of every kind into the emulator: SAM in both languages, one that is too large for a
//! request, one of five hundred resources.

use crate::repo::{Repo, emulator};

const YAML: &str = "\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage:
    Type: String
    Default: dev
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub 'sam-yaml-${Stage}'
      Runtime: python3.12
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            return {'hello': event['name']}
Outputs:
  Arn:
    Value: !GetAtt Hello.Arn
";

const JSON: &str = r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Hello": {
  "Type": "AWS::Serverless::Function", "Properties": {"FunctionName": "sam-json-fn", "Runtime": "python3.12",
  "Handler": "index.handler", "InlineCode": "def handler(event, context):\n    return {'hello': event['name']}\n"}}},
  "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Hello", "Arn"]}}}}
"#;

#[test]
fn sam_goes_in_with_what_it_is_permitted_shown() {
    let Some(emulator) = emulator() else { return };
    for (name, file, text) in [("sam-yaml", "template.yaml", YAML), ("sam-json", "template.json", JSON)] {
        let repo = Repo::new(name, &emulator.url(), &[(file, text)]);
        let shown = repo.deploy(&[]);
        let first = shown.digest();
        assert!(shown.has(&["permitted: CAPABILITY_IAM, CAPABILITY_AUTO_EXPAND"]), "{}", shown.text);
        assert!(shown.has(&["macros may rewrite the template"]), "{}", shown.text);
        assert_eq!(shown.has(&["Stage = dev, by the template"]), name == "sam-yaml", "{}", shown.text);
        let shown = repo.deploy(&["--approve", &first]);
        if shown.text.contains("aws-sam-translator") {
            assert!(std::env::var_os("CI").is_none(), "in CI the emulator knows SAM: {}", shown.text);
            println!("skipped: the emulator has no aws-sam-translator");
            return;
        }
        let set = shown.digest();
        // What the macro made of it is in the change set.
        assert!(shown.has(&["added", "AWS::Lambda::Function"]), "{}", shown.text);
        assert!(shown.has(&["added", "AWS::IAM::Role"]), "{}", shown.text);
        let done = repo.deploy(&["--approve", &set]);
        assert_eq!(done.code, 0, "{}", done.text);
        assert!(done.has(&["Arn = arn:aws:lambda:"]), "{}", done.text);
        let again = repo.deploy(&[]);
        assert!(again.code == 0 && again.has(&["nothing to deploy"]), "{}", again.text);
    }
}

#[test]
fn code_that_is_not_packaged_is_told_before_anything_is_sent() {
    let Some(emulator) = emulator() else { return };
    let text = "Transform: AWS::Serverless-2016-10-31
Resources:
  Hello: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: ./src, Handler: a.b, Runtime: python3.12 } }
";
    let repo = Repo::new("unpackaged", &emulator.url(), &[("template.yaml", text)]);
    let said = repo.deploy(&[]);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.has(&["Hello.CodeUri is ./src", "sam package"]), "{}", said.text);
}

#[test]
fn a_large_template_goes_through_a_bucket_and_without_one_it_is_said_which() {
    let Some(emulator) = emulator() else { return };
    let words = "x".repeat(60_000);
    let text = format!(r#"{{"Metadata":{{"Words":"{words}"}},"Resources":{{"Queue":{{"Type":"AWS::SQS::Queue"}}}}}}"#);
    let repo = Repo::new("too-large", &emulator.url(), &[("template.json", &text)]);
    let said = repo.deploy(&[]);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.has(&["CDKToolkit", "aws.bucket"]), "{}", said.text);
    // By the settings.
    emulator.python("import boto3; boto3.client('s3').create_bucket(Bucket='of-the-settings')");
    repo.commit(".kiro/kiro-tui.toml", "[aws]\nbucket = \"of-the-settings\"\n");
    let shown = repo.deploy(&[]);
    assert!(shown.has(&["goes through the bucket of-the-settings"]), "{}", shown.text);
    let set = repo.deploy(&["--approve", &shown.digest()]).digest();
    let done = repo.deploy(&["--approve", &set]);
    assert_eq!(done.code, 0, "{}", done.text);
    let keys = "import boto3; print([o['Key'] for o in boto3.client('s3').list_objects_v2(Bucket='of-the-settings')['Contents']])";
    assert!(emulator.python(keys).contains("kiro-tui/"), "{}", emulator.python(keys));
    // By what `cdk bootstrap` made.
    emulator.python(
        "import boto3, json\n\
         t = {'Resources': {'StagingBucket': {'Type': 'AWS::S3::Bucket', 'Properties': {'BucketName': 'of-the-toolkit'}}}}\n\
         c = boto3.client('cloudformation')\n\
         c.create_stack(StackName='CDKToolkit', TemplateBody=json.dumps(t))\n\
         c.get_waiter('stack_create_complete').wait(StackName='CDKToolkit')",
    );
    let other = Repo::new("large-too", &emulator.url(), &[("template.json", &text)]);
    let shown = other.deploy(&[]);
    assert!(shown.has(&["goes through the bucket of-the-toolkit"]), "{}", shown.text);
    other.deploy(&["--approve", &shown.digest()]).digest();
}

#[test]
fn five_hundred_resources_are_all_shown_and_all_followed() {
    let Some(emulator) = emulator() else { return };
    let queue = |n: usize| format!(r#""Q{n}":{{"Type":"AWS::SQS::Queue","Properties":{{"QueueName":"many-{n}"}}}}"#);
    let text = format!("{{\"Resources\":{{{}}}}}", (0..500).map(queue).collect::<Vec<_>>().join(","));
    assert!(text.len() < 51_200, "{}", text.len());
    let repo = Repo::new("many", &emulator.url(), &[("template.json", &text)]);
    let first = repo.deploy(&[]).digest();
    let shown = repo.deploy(&["--approve", &first]);
    let is_added = |l: &&str| l.contains("AWS::SQS::Queue") && l.to_lowercase().contains("added");
    let added: std::collections::BTreeSet<&str> =
        shown.text.lines().filter(is_added).flat_map(str::split_whitespace).collect();
    for n in 0..500 {
        assert!(added.contains(format!("Q{n}").as_str()), "Q{n} is not shown:\n{}", shown.text);
    }
    let done = repo.deploy(&["--approve", &shown.digest()]);
    assert_eq!(done.code, 0, "{}", done.text);
    assert_eq!(done.text.matches("CREATE_COMPLETE  Q").count(), 500);
}
