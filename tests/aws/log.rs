//! The log of a function while it is called: by the real program, from a log of the emulator.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{
    greeting,
    repo::{Repo, emulator},
};

/// Waits until it may end, and says when it has begun.
const CODE: &str = "import os, time\ndef handler(event, context):\n    open(event['begun'], 'w').close()\n    \
                    while not os.path.exists(event['until']):\n        time.sleep(0.05)\n    return 'three sizes'\n";

#[test]
fn what_is_written_to_the_log_during_a_call_is_shown_before_the_answer() {
    let Some(emulator) = emulator() else { return };
    let template = json!({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {
        "FunctionName": "tailed", "Runtime": "python3.12", "Handler": "index.handler", "Timeout": 120,
        "Role": "arn:aws:iam::000000000000:role/any", "Code": {"ZipFile": CODE}}}}});
    let repo = Repo::new("tailed", &emulator.url(), &[("template.json", &template.to_string())]);
    let spec = ["--spec", "infra"];
    let set = repo.prepared(&spec);
    let done = repo.deploy(&[&spec[..], &["--approve", &set]].concat());
    assert_eq!(done.code, 0, "{}", done.text);

    let (begun, until) = (repo.place.path("begun"), repo.place.path("until"));
    let provider = greeting::provider();
    let mut command = repo.command(&["run", "infra", "--headless"]);
    command.envs(greeting::variables(&provider, "anthropic")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
    let event = json!({"begun": begun, "until": until}).to_string();
    let ask = json!({"cloud": {"invoke": {"function": "tailed", "payload": event}}});
    let outside = format!(
        r#"
import boto3, os, time
while not os.path.exists({begun:?}):
    time.sleep(0.05)
logs, group = boto3.client('logs'), '/aws/lambda/tailed'
try:
    logs.create_log_group(logGroupName=group)
except logs.exceptions.ResourceAlreadyExistsException:
    pass
logs.create_log_stream(logGroupName=group, logStreamName='live')
at = int(time.time() * 1000)
logs.put_log_events(logGroupName=group, logStreamName='live', logEvents=[
    {{'timestamp': at, 'message': 'resizing one\n'}}, {{'timestamp': at + 1, 'message': 'password=hunter2hunter2\n'}}])
"#
    );
    let (mut asked, mut shown, mut answer) = (false, String::new(), Value::Null);
    for line in output.lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let mut say = |value: &Value| writeln!(input.as_mut().unwrap(), "{value}").unwrap();
        match event["event"].as_str() {
            Some("waiting") if event["for"]["subject"] == "cloud" => {
                let digest = &event["for"]["digest"];
                say(&json!({"decide": {"subject": "cloud", "digest": digest, "verdict": "approve"}}));
                emulator.python(&outside);
            }
            Some("waiting") if !std::mem::replace(&mut asked, true) => say(&ask),
            Some("output") => {
                shown.push_str(event["text"].as_str().unwrap());
                // It ends only now: what was shown came before the answer.
                if shown.contains("resizing one\n") && shown.contains("password=") {
                    std::fs::write(&until, "").unwrap();
                }
            }
            Some("recorded") if !event["record"]["entry"]["cloud_done"].is_null() => {
                answer = event["record"]["entry"]["cloud_done"]["done"]["performed"]["answered"].clone();
                input = None;
            }
            _ => {}
        }
    }
    child.wait().unwrap();
    assert_eq!(answer["payload"], "\"three sizes\"", "{answer}\n{shown}");
    assert!(!shown.contains("hunter2") && shown.matches("resizing one").count() == 1, "{shown}");
}
