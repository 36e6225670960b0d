//! The demo's CDK stack, for real: synthesised, shown, approved and deployed by `kiro-tui aws deploy`
//! into an emulator of AWS; an image goes in, three sizes and a message come out. Then a change that
//! widens permissions and makes a bucket anew: seen as what it is, refused, and deployed.
//!
//! Needs `ministack` (`KIRO_TUI_MINISTACK`) and the demo's npm packages (`KIRO_TUI_DEMO_MODULES`, a
//! `node_modules`). Without them it says that it is skipped; in CI that is a failure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/emulator.rs"]
mod emulator;

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use emulator::Emulator;
use kiro_tui::app::demo::content::{FINAL_FILES, SEED};

const SHOWN: i32 = 7;
const UNCONFINED: &str = "the bundle's packages come from the registry";

/// What was printed and how it ended.
struct Said {
    code: i32,
    text: String,
}

impl Said {
    fn of(out: Output) -> Self {
        let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        Self { code: out.status.code().unwrap(), text: text.into_owned() }
    }

    fn digest(&self) -> String {
        assert_eq!(self.code, SHOWN, "{}", self.text);
        let line = self.text.lines().rev().find_map(|l| l.trim().strip_prefix("--approve "));
        line.unwrap_or_else(|| panic!("no digest in\n{}", self.text)).to_owned()
    }

    fn has(&self, words: &[&str]) -> bool {
        self.text.lines().any(|l| words.iter().all(|w| l.contains(w)))
    }
}

/// All that a no must leave as it is: the stack with its template, its resources, its events and change
/// sets, the buckets, and what the roles permit.
const ACCOUNT: &str = r#"
import boto3, json
cfn, s3, iam = (boto3.client(c) for c in ('cloudformation', 's3', 'iam'))
plain = lambda answer: {k: v for k, v in answer.items() if k != 'ResponseMetadata'}
name = 'Thumbnails'
sets = cfn.list_change_sets(StackName=name)['Summaries']
roles = [r['RoleName'] for r in iam.list_roles()['Roles']]
print(json.dumps({
    'stack': cfn.describe_stacks(StackName=name)['Stacks'][0],
    'template': cfn.get_template(StackName=name)['TemplateBody'],
    'resources': cfn.list_stack_resources(StackName=name)['StackResourceSummaries'],
    'events': len(cfn.describe_stack_events(StackName=name)['StackEvents']),
    'sets': sets,
    'whole sets': [plain(cfn.describe_change_set(StackName=name, ChangeSetName=s['ChangeSetId'])) for s in sets],
    'buckets': sorted(b['Name'] for b in s3.list_buckets()['Buckets']),
    'rights': {r: {p: iam.get_role_policy(RoleName=r, PolicyName=p)['PolicyDocument']
                   for p in iam.list_role_policies(RoleName=r)['PolicyNames']} for r in roles},
}, default=str, sort_keys=True, indent=1))
"#;

struct Demo<'a> {
    emulator: &'a Emulator,
    root: PathBuf,
    /// The spec that what is asked and decided is recorded in.
    spec: Option<&'a str>,
}

impl Demo<'_> {
    fn deploy(&self, approve: Option<&str>) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiro-tui"));
        self.emulator.environment(&mut command);
        command.current_dir(&self.root).args(["aws", "deploy", "--unconfined", UNCONFINED]);
        command.args(self.spec.iter().flat_map(|spec| ["--spec", spec]));
        if let Some(digest) = approve {
            command.args(["--approve", digest]);
        }
        Said::of(command.output().unwrap())
    }

    /// Says no to what waits in the spec, as a developer without a screen does; gives what was told.
    fn reject(&self, digest: &str, why: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiro-tui"));
        self.emulator.environment(&mut command);
        // Whatever the model is: nobody asks it anything.
        command.env("KIRO_TUI_MODEL_PROVIDER", "ollama").env("KIRO_TUI_MODEL_NAME", "none");
        command.env("KIRO_TUI_MODEL_ENDPOINT", "http://127.0.0.1:9");
        command.current_dir(&self.root).args(["run", self.spec.unwrap(), "--headless"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let no = serde_json::json!({"decide": {"subject": "cloud", "digest": digest,
            "verdict": {"reject": {"feedback": why}}}});
        let mut told = String::new();
        for line in output.lines() {
            let line = line.unwrap();
            let event: serde_json::Value = serde_json::from_str(&line).unwrap();
            told.push_str(&(line + "\n"));
            if event["event"] != "waiting" {
                continue;
            }
            if event["for"]["digest"] == digest {
                writeln!(input.as_mut().unwrap(), "{no}").unwrap();
            } else {
                input = None;
            }
        }
        child.wait().unwrap();
        told
    }

    fn commit(&self, message: &str) {
        for arguments in [&["add", "-A"][..], &["commit", "-q", "-m", message]] {
            assert!(Command::new("git").current_dir(&self.root).args(arguments).status().unwrap().success());
        }
    }

    fn change(&self, path: &str, from: &str, to: &str) {
        let at = self.root.join(path);
        let text = std::fs::read_to_string(&at).unwrap();
        assert!(text.contains(from), "{path} has no {from}");
        std::fs::write(at, text.replacen(from, to, 1)).unwrap();
    }
}

/// The emulator and the packages, or why there are none.
fn needed() -> Result<(PathBuf, PathBuf), String> {
    let at = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from).ok_or(format!("{name} is not set"))?;
        if path.exists() { Ok(path) } else { Err(format!("{name}: {} is not there", path.display())) }
    };
    Ok((at("KIRO_TUI_MINISTACK")?, at("KIRO_TUI_DEMO_MODULES")?))
}

#[test]
fn the_demos_stack_goes_the_whole_way() {
    let (ministack, modules) = match needed() {
        Ok(found) => found,
        Err(why) => {
            assert!(env::var_os("CI").is_none(), "in CI the demo's deploy must be tried: {why}");
            println!("skipped: {why}");
            return;
        }
    };
    let emulator = Emulator::start(&ministack);
    let dir = tempfile::tempdir().unwrap();
    let mut demo = Demo { emulator: &emulator, root: dir.path().join("photo-uploads"), spec: None };
    for (path, text) in SEED.iter().chain(FINAL_FILES) {
        let at = demo.root.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    }
    for arguments in
        [&["init", "-q", "-b", "main"][..], &["config", "user.name", "Ada"], &["config", "user.email", "a@b.c"]]
    {
        assert!(Command::new("git").current_dir(&demo.root).args(arguments).status().unwrap().success());
    }
    demo.commit("The feature");
    // A copy: what a link leads to lies outside of the app, and CDK resolves its modules from there.
    let copied = Command::new("cp").args(["-r"]).arg(&modules).arg(demo.root.join("node_modules")).status().unwrap();
    assert!(copied.success());
    let mut bootstrap = Command::new("npx");
    emulator.environment(&mut bootstrap);
    bootstrap.current_dir(&demo.root).args(["--no-install", "cdk", "bootstrap", "--no-notices"]);
    let out = bootstrap.arg("aws://000000000000/us-east-1").output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));

    // Nothing is in the account before what is shown has been approved, twice.
    let stacks = "import boto3; print(' '.join(s['StackName'] for s in \
                  boto3.client('cloudformation').describe_stacks()['Stacks']))";
    let shown = demo.deploy(None);
    let preparation = shown.digest();
    assert!(shown.has(&["account 000000000000, us-east-1"]), "{}", shown.text);
    assert!(shown.has(&["widened", "s3:GetObject"]), "{}", shown.text);
    assert!(shown.has(&["--method=prepare-change-set"]), "{}", shown.text);
    assert!(!emulator.python(stacks).contains("Thumbnails"));
    let other = "0".repeat(64);
    let refused = demo.deploy(Some(&other));
    assert_eq!(refused.digest(), preparation, "the same is shown again, and a wrong digest does nothing");
    let shown = demo.deploy(Some(&preparation));
    let set = shown.digest();
    assert!(shown.has(&["added", "AWS::Lambda::Function"]), "{}", shown.text);
    let done = demo.deploy(Some(&set));
    assert_eq!(done.code, 0, "{}", done.text);
    assert!(done.has(&["CREATE_COMPLETE", "Thumbnails"]), "{}", done.text);

    // An image goes in; three sizes and a message come out.
    let image = demo.root.join("node_modules/in.jpg");
    let make = "import('sharp').then(m => m.default({create: {width: 2400, height: 1600, channels: 3, background: \
                '#369'}}).jpeg().toFile('node_modules/in.jpg'))";
    let made = Command::new("node").current_dir(&demo.root).args(["-e", make]).status().unwrap();
    assert!(made.success() && image.is_file());
    let found = emulator.python(&format!(
        r#"
import boto3, json, time
cfn, s3, sns, sqs = (boto3.client(c) for c in ('cloudformation', 's3', 'sns', 'sqs'))
out = {{o['OutputKey']: o['OutputValue'] for o in cfn.describe_stacks(StackName='Thumbnails')['Stacks'][0]['Outputs']}}
queue = sqs.create_queue(QueueName='listener')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
sns.subscribe(TopicArn=out['ImageTopic'], Protocol='sqs', Endpoint=arn)
s3.upload_file({image:?}, out['UploadBucket'], 'incoming/in.jpg')
message = None
for _ in range(60):
    got = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get('Messages', [])
    if got:
        message = json.loads(json.loads(got[0]['Body'])['Message'])
        break
keys = sorted(o['Key'].split('/')[0] for o in s3.list_objects_v2(Bucket=out['RenditionBucket']).get('Contents', []))
print(json.dumps({{'keys': keys, 'event': message and message['event'], 'widths': sorted(r['width'] for r in (message or {{}}).get('renditions', []))}}))
"#
    ));
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["keys"], serde_json::json!(["large", "medium", "thumb"]), "{found}");
    assert_eq!(found["event"], "image.ready", "{found}");
    assert_eq!(found["widths"], serde_json::json!([160, 800, 1920]), "{found}");

    // A change that permits more and makes a bucket anew is shown as that.
    demo.change("infra/app.mjs", "actions: ['s3:GetObject'],", "actions: ['s3:*'],");
    demo.change("infra/app.mjs", "`photo-${purpose}-", "`photos-${purpose}-");
    demo.commit("Widen, and rename the buckets");
    demo.spec = Some("thumbnails");
    let shown = demo.deploy(None);
    let preparation = shown.digest();
    assert!(shown.has(&["widened", "s3:*"]), "{}", shown.text);
    assert!(shown.has(&["REPLACED", "AWS::S3::Bucket"]), "{}", shown.text);
    let buckets = "import boto3; print(' '.join(b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']))";
    let before = emulator.python(buckets);
    // Left unapproved, nothing has changed.
    assert!(before.contains("photo-uploads") && !before.contains("photos-uploads"), "{before}");
    let shown = demo.deploy(Some(&preparation));
    let set = shown.digest();
    assert!(shown.has(&["REPLACED", "Uploads"]), "{}", shown.text);
    assert_eq!(emulator.python(buckets), before, "a change set that is not executed changes nothing");

    // Rejected, it changes nothing in the account, not even the change set, which is shown again.
    let account = emulator.python(ACCOUNT);
    for words in ["photo-uploads", "s3:GetObject", "kiro-", "Replacement"] {
        assert!(account.contains(words), "{words}: {account}");
    }
    let told = demo.reject(&set, "s3:* is too much");
    assert!(told.contains("not done, as you decided") && told.contains("s3:* is too much"), "{told}");
    assert_eq!(emulator.python(ACCOUNT), account);
    let shown = demo.deploy(None);
    assert_eq!(shown.digest(), set, "the same change set: {}", shown.text);
    assert_eq!(emulator.python(ACCOUNT), account);

    // Approved, it is deployed.
    let done = demo.deploy(Some(&set));
    assert_eq!(done.code, 0, "{}", done.text);
    assert!(emulator.python(buckets).contains("photos-uploads"));
}
