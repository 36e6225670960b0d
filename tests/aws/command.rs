//! `kiro-tui aws …` by the real program: what is recorded, what is compared, how it ends.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
};

use kiro_tui::domain::gate::Subject;
use serde_json::{Value, json};

use crate::{
    greeting::{self, NEED, NO, SPEC},
    repo::{Repo, SHOWN, emulator},
    terminal::git,
};

fn bucket(name: &str, more: &str) -> String {
    format!(r#"{{"Resources":{{"B":{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"{name}"{more}}}}}}}}}"#)
}

/// A spec whose tasks are done, by a headless run that stops at the merge.
fn done_but_for_the_merge(repo: &Repo) {
    let provider = greeting::provider();
    let mut command = repo.command(&["run", SPEC, "--headless", "--aws", "--need", NEED]);
    command.envs(greeting::variables(&provider, "anthropic")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
    let (mut before, mut rejected) = (Value::Null, false);
    for line in output.lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if event["event"] != "waiting" || (event["for"] == before && !before.is_null()) {
            continue;
        }
        before = event["for"].clone();
        let said = match before["subject"].as_str() {
            Some("merge") => {
                input = None;
                continue;
            }
            Some(subject) => {
                let no = subject == "change" && !std::mem::replace(&mut rejected, true);
                let verdict = if no { json!({"reject": {"feedback": NO}}) } else { json!("approve") };
                json!({"decide": {"subject": subject, "digest": before["digest"], "verdict": verdict}})
            }
            None => json!("continue"),
        };
        if let Some(input) = &mut input {
            writeln!(input, "{said}").unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(5), "the merge waits");
}

#[test]
fn with_a_spec_the_decisions_are_in_the_ledger_and_the_ledger_in_a_commit() {
    let Some(emulator) = emulator() else { return };
    let template = bucket("recorded-bucket", "");
    let check = "test \"$(sh bye.sh)\" = bye && test \"$(sh hello.sh)\" = hello && echo fine\n";
    let files =
        [("template.json", template.as_str()), ("README.md", "# G\n"), ("bye.sh", "echo bye\n"), ("check.sh", check)];
    let repo = Repo::new("recorded", &emulator.url(), &files);
    done_but_for_the_merge(&repo);
    let (main, branch) = (git(&repo.root, &["rev-parse", "main"]), format!("kiro/{SPEC}"));
    let tip = || git(&repo.root, &["rev-parse", &branch]);
    let (before, spec) = (tip(), ["--spec", SPEC]);
    let first = repo.deploy(&spec).digest();
    assert_eq!(tip(), before, "nothing is recorded before something is done");
    let said = repo.deploy(&["--spec", SPEC, "--approve", &first]);
    let set = said.digest();
    let done = repo.deploy(&["--spec", SPEC, "--approve", &set]);
    assert_eq!(done.code, 0, "{}", done.text);
    assert!(done.has(&["recorded in"]), "{}", done.text);
    let ledger = git(&repo.root, &["show", &format!("{branch}:.kiro/specs/{SPEC}/approvals.jsonl")]);
    let lines = kiro_tui::domain::gate::ledger::read(&format!("{ledger}\n")).unwrap();
    let cloud: Vec<_> = lines.iter().filter(|l| l.decision.subject == Subject::Cloud).collect();
    let digests: Vec<String> = cloud.iter().map(|l| l.decision.digest.to_string()).collect();
    assert_eq!(digests, [first.clone(), set.clone()], "both decisions, in their order");
    assert!(ledger.contains("in account 000000000000, us-east-1") && ledger.contains(&before), "{ledger}");
    let journal = std::fs::read_to_string(repo.root.join(format!(".git/kiro-tui/specs/{SPEC}/journal.jsonl"))).unwrap();
    assert!(journal.contains(&set) && journal.contains("cloud_ended"), "the journal has it too");
    assert_eq!(git(&repo.root, &["rev-parse", "main"]), main, "the checkout is as it was");
    assert_eq!(git(&repo.root, &["status", "--porcelain"]), "");
}

#[test]
fn every_end_has_its_code() {
    let Some(emulator) = emulator() else { return };
    let one = bucket("codes-bucket", "");
    let repo = Repo::new("codes", &emulator.url(), &[("template.json", &one), ("old.json", &bucket("x", ""))]);
    let codes = |arguments: &[&str]| repo.run(arguments).code;
    assert_eq!(codes(&["aws", "status"]), 0);
    assert_eq!(codes(&["aws", "status", "--stack", "codes"]), 1, "there is none yet");
    assert_eq!(codes(&["aws", "diff", "--exit-code", "--app", "template.json"]), 1);
    assert_eq!(codes(&["aws", "diff", "--app", "template.json"]), 0);
    assert_eq!(codes(&["aws", "diff", "--exit-code", "old.json", "old.json"]), 0);
    assert_eq!(codes(&["aws", "diff", "no.json", "old.json"]), 2);
    assert_eq!(codes(&["aws", "deploy", "--approve", "nonsense"]), 2);
    assert_eq!(codes(&["aws", "deploy", "--app", "nowhere"]), 1);
    assert_eq!(codes(&["aws", "deploy", "--app", "template.json", "--parameter", "A=b"]), 1);
    let set = repo.prepared(&["--app", "template.json"]);
    let wrong = "0".repeat(64);
    let said = repo.deploy(&["--app", "template.json", "--approve", &wrong]);
    assert_eq!((said.code, said.digest()), (SHOWN, set.clone()), "{}", said.text);
    assert!(said.has(&["is not what waits"]), "{}", said.text);
    assert_eq!(codes(&["aws", "deploy", "--app", "template.json", "--approve", &set]), 0);
    assert_eq!(codes(&["aws", "deploy", "--app", "template.json"]), 0, "nothing to do");
    assert_eq!(codes(&["aws", "drift"]), 0);
    emulator.python("import boto3; boto3.client('s3').delete_bucket(Bucket='codes-bucket')");
    assert_eq!(codes(&["aws", "drift"]), 1);
    // Nobody is anybody without credentials.
    let mut bare = repo.command(&["aws", "deploy", "--app", "template.json"]);
    bare.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let out = bare.output().unwrap();
    assert_eq!(out.status.code(), Some(8), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_branch_is_held_against_another_without_an_account() {
    let repo = Repo::new("branches", "http://127.0.0.1:9", &[("template.json", &bucket("branches-bucket", ""))]);
    git(&repo.root, &["checkout", "-q", "-b", "feature"]);
    repo.commit("template.json", &bucket("branches-other", r#","Tags":[{"Key":"a","Value":"b"}]"#));
    let bare = |arguments: &[&str]| {
        let mut command = repo.command(&[&["aws", "diff", "--base", "main"], arguments].concat());
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let out = command.output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        (out.status.code().unwrap(), text.into_owned())
    };
    let (code, text) = bare(&["--exit-code"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("REPLACED") || text.contains("replaced"), "{text}");
    assert!(text.contains("- branches-bucket") && text.contains("+ branches-other"), "{text}");
    let (code, text) = bare(&["--json"]);
    assert_eq!(code, 0, "{text}");
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["worst"], "danger", "{text}");
    git(&repo.root, &["checkout", "-q", "main"]);
    assert_eq!(bare(&["--exit-code"]).0, 0);
    let mut command = repo.command(&["aws", "diff", "--base", "no-such-branch"]);
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}

/// What stands for the CDK's own command: it makes an assembly from a file of the app.
const CDK: &str = r#"#!/bin/sh
mkdir -p cdk.out
cp stack.json cdk.out/App.template.json
cat > cdk.out/manifest.json <<'END'
{"version":"36.0.0","artifacts":{"App":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"App.template.json"}}}}
END
"#;

#[test]
fn an_app_of_another_commit_is_made_with_the_packages_of_the_checkout() {
    let files = [
        (".gitignore", "node_modules\ncdk.out\n"),
        ("infra/cdk.json", "{\"app\": \"node app.mjs\"}"),
        ("infra/stack.json", &bucket("then-bucket", "")),
    ];
    let repo = Repo::new("lent", "http://127.0.0.1:9", &files);
    let bin = repo.root.join("node_modules/.bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("cdk"), CDK).unwrap();
    std::fs::set_permissions(bin.join("cdk"), std::fs::Permissions::from_mode(0o755)).unwrap();
    git(&repo.root, &["checkout", "-q", "-b", "feature"]);
    repo.commit("infra/stack.json", &bucket("now-bucket", ""));
    let said = repo.run(&["aws", "diff", "--base", "main"]);
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.has(&["- then-bucket"]) && said.has(&["+ now-bucket"]), "{}", said.text);
    assert!(repo.root.join("node_modules/.bin/cdk").exists(), "what was lent is still there");
}

#[test]
fn rights_that_no_call_needs_are_told_without_an_account() {
    let template = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{},"Policies":[{
        "PolicyName":"p","PolicyDocument":{"Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:DeleteBucket"],
        "Resource":"arn:aws:s3:::b/*"}]}}]}}}}"#;
    let code = "import {PutObjectCommand} from '@aws-sdk/client-s3'; new PutObjectCommand({})";
    let repo = Repo::new("unused", "http://127.0.0.1:9", &[("template.json", template), ("index.mjs", code)]);
    let said = repo.run(&["aws", "diff", "--base", "main"]);
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.has(&["may s3:DeleteBucket, and no call in the code needs it"]), "{}", said.text);
    assert!(!said.has(&["s3:PutObject", "no call"]), "{}", said.text);
}

#[test]
fn a_secret_that_is_given_openly_is_in_no_byte_of_what_is_kept() {
    let Some(emulator) = emulator() else { return };
    let template = r#"{"Parameters":{"Password":{"Type":"String","NoEcho":true}},
        "Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"secretive"}}}}"#;
    let repo = Repo::new("secretive", &emulator.url(), &[("template.json", template)]);
    let with = |more: &[&str]| repo.deploy(&[&["--spec", "infra"], more].concat());
    let said = with(&["--parameter", "Password=correct-horse-battery"]);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.has(&["Password is secret (NoEcho)", "--secret Password=VARIABLE"]), "{}", said.text);
    let said = with(&["--json", "--parameter", "Password=correct-horse-battery"]);
    assert!(said.code == 1 && !said.text.contains("correct-horse"), "{}", said.text);
    let mut folders = vec![repo.root.join(".git/kiro-tui")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let bytes = std::fs::read(&entry).unwrap();
            read += usize::from(entry.ends_with("journal.jsonl") && bytes.len() > 100);
            assert!(!String::from_utf8_lossy(&bytes).contains("correct-horse"), "{}", entry.display());
        }
    }
    assert_eq!(read, 1, "the journal was read");
}

#[test]
fn json_has_no_secret_that_the_text_hides() {
    let Some(emulator) = emulator() else { return };
    let with = |value: &str| {
        format!(
            r#"{{"Parameters":{{"Pin":{{"Type":"String","NoEcho":true,"Default":"{value}"}}}},
            "Resources":{{"Q":{{"Type":"AWS::SQS::Queue","Properties":{{"QueueName":"quiet-queue"}}}},
            "F":{{"Type":"AWS::Lambda::Function","Properties":{{"FunctionName":"quiet-fn","Runtime":"python3.12",
            "Handler":"index.handler","Role":"arn:aws:iam::000000000000:role/r","Code":{{"ZipFile":"def handler(e, c): pass"}},
            "Environment":{{"Variables":{{"API_TOKEN":"{value}"}}}}}}}}}},
            "Outputs":{{"Url":{{"Value":"password={value}"}},"ApiToken":{{"Value":"{value}"}}}}}}"#
        )
    };
    let repo = Repo::new("quiet", &emulator.url(), &[("template.json", &with("s3kr1t-first"))]);
    let told = |said: crate::repo::Said, words: &[&str]| {
        assert!(!said.text.contains("s3kr1t"), "{}", said.text);
        words.iter().for_each(|word| assert!(said.text.contains(word), "{word}: {}", said.text));
    };
    told(repo.deploy(&["--json"]), &["cloud_proposed", "API_TOKEN", "‹hidden›"]);
    let first = repo.deploy(&[]).digest();
    let second = repo.deploy(&["--approve", &first]).digest();
    // A digest that approves nothing is told here too.
    let other = "0".repeat(64);
    told(repo.deploy(&["--json", "--approve", &other]), &["not_approved", &other, "is not what waits"]);
    told(repo.deploy(&["--json", "--approve", &second]), &["cloud_ended", "CREATE_COMPLETE"]);
    told(repo.run(&["aws", "status", "--stack", "quiet", "--json"]), &["ApiToken", "outputs"]);
    told(repo.run(&["aws", "status", "--stack", "quiet"]), &["ApiToken", " B "]);
    std::fs::write(repo.root.join("old.json"), with("s3kr1t-first")).unwrap();
    std::fs::write(repo.root.join("new.json"), with("s3kr1t-second")).unwrap();
    for more in [&["--json"][..], &[]] {
        let said = repo.run(&[&["aws", "diff", "old.json", "new.json"], more].concat());
        told(said, &["Environment.Variables.API_TOKEN", "‹hidden, changed›"]);
    }
    std::fs::remove_file(repo.root.join("old.json")).unwrap();
    std::fs::remove_file(repo.root.join("new.json")).unwrap();
    repo.commit("template.json", &with("s3kr1t-third"));
    told(repo.deploy(&["--json"]), &["‹hidden, changed›"]);
    told(repo.run(&["aws", "drift", "--stack", "quiet", "--json"]), &["resources"]);
}

#[test]
fn a_secrets_variable_that_is_not_set_is_told_before_anything_is_asked() {
    let Some(emulator) = emulator() else { return };
    let template = r#"{"Parameters":{"Password":{"Type":"String","NoEcho":true}},
        "Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"unset"}}}}"#;
    let repo = Repo::new("unset", &emulator.url(), &[("template.json", template)]);
    let said = repo.deploy(&["--secret", "Password=KIRO_TUI_TEST_UNSET"]);
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.has(&["variable KIRO_TUI_TEST_UNSET", "Password", "is not set"]), "{}", said.text);
    assert_eq!(repo.deploy(&["--secret", "Password=HOME"]).code, SHOWN);
}

#[test]
fn a_reader_that_goes_away_makes_no_deploy_come_about() {
    let Some(emulator) = emulator() else { return };
    let template = bucket("unheard-bucket", "");
    let repo = Repo::new("unheard", &emulator.url(), &[("template.json", &template), ("sub/readme", "")]);
    for arguments in [&["aws", "deploy"][..], &["aws", "deploy", "--json"]] {
        let mut command = repo.command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(SHOWN), "{arguments:?}: it waits for an approval");
    }
    // A template is named from where one is, or from the root.
    for app in ["../template.json", "template.json"] {
        let mut command = repo.command(&["aws", "diff", "--app", app]);
        let said = command.current_dir(repo.root.join("sub")).output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout);
        assert!(text.contains("1 added"), "{app}: {text}{}", String::from_utf8_lossy(&said.stderr));
    }
}

#[test]
fn of_several_stacks_one_has_to_be_named_and_what_there_is_is_told() {
    let Some(emulator) = emulator() else { return };
    let artifact = |id: &str| {
        format!(r#""{id}":{{"type":"aws:cloudformation:stack","properties":{{"templateFile":"{id}.template.json"}}}}"#)
    };
    let manifest = |ids: &[&str]| {
        let all: Vec<String> = ids.iter().map(|id| artifact(id)).collect();
        format!(r#"{{"version":"55.0.0","artifacts":{{{}}}}}"#, all.join(","))
    };
    let template = r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
    let files = [
        ("cdk.json", "{}"),
        ("cdk.out/manifest.json", &manifest(&["DriftData", "DriftWeb"])),
        ("cdk.out/DriftData.template.json", template),
        ("cdk.out/DriftWeb.template.json", template),
    ];
    let repo = Repo::new("drift-several", &emulator.url(), &files);
    let said = repo.run(&["aws", "drift"]);
    assert_eq!(said.code, 2, "{}", said.text);
    assert!(said.has(&["DriftData, DriftWeb", "--stack"]), "{}", said.text);
    let said = repo.run(&["aws", "status"]);
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.has(&["--stack NAME", "DriftData, DriftWeb"]), "{}", said.text);
    let json: serde_json::Value = serde_json::from_str(&repo.run(&["aws", "status", "--json"]).text).unwrap();
    assert_eq!(json["stacks"], serde_json::json!(["DriftData", "DriftWeb"]));
    let said = repo.run(&["aws", "drift", "--stack", "DriftWeb"]);
    assert!(said.code == 1 && said.has(&["there is no stack DriftWeb"]), "{}", said.text);
    // The only one there is is meant.
    repo.commit("cdk.out/manifest.json", &manifest(&["DriftOnly"]));
    repo.commit("cdk.out/DriftOnly.template.json", template);
    let said = repo.run(&["aws", "drift"]);
    assert!(said.code == 1 && said.has(&["there is no stack DriftOnly"]), "{}", said.text);
}
