//! Bedrock by AWS's own settings: where it is asked, as whom, and what is said of what went wrong.
//!
//! The provider runs here; the model runs in this program once more, in an environment of its own.

use std::{env, time::Duration};

use futures_util::StreamExt;
use kiro_tui::{
    adapters::model::{GenaiModel, ModelConfig},
    domain::turn::message::{Message, Reply, ToolSpec},
    ports::model::{Model, ModelError, ModelErrorKind, ModelEvent, Request, Scene},
};
use serde_json::json;

use crate::{
    emulator::{KEYS, again},
    provider::{Captured, Fault, Provider, ScriptedReply},
};

const MODEL: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
/// A port that nobody listens at.
const NOWHERE: &str = "http://127.0.0.1:1";

fn config() -> ModelConfig {
    let mut config = ModelConfig::new("bedrock", MODEL);
    config.first_wait = Duration::from_millis(1);
    config.profile = env::var("KIRO_TUI_TEST_PROFILE").ok();
    config.region = env::var("KIRO_TUI_TEST_REGION").ok();
    config
}

fn request(messages: Vec<Message>) -> Request {
    Request {
        scene: Scene { name: "test".into(), step: 0 },
        system: "Be short.".into(),
        messages,
        tools: vec![ToolSpec {
            name: "read_file".into(),
            description: "Reads a file.".into(),
            schema: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
        }],
    }
}

fn ask(model: &GenaiModel, messages: Vec<Message>) -> Vec<Result<ModelEvent, ModelError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move { model.stream(request(messages)).collect().await })
}

fn hello() -> Vec<Message> {
    vec![Message::User { text: "Hello".into() }]
}

fn reply(events: &[Result<ModelEvent, ModelError>]) -> Reply {
    match events.last() {
        Some(Ok(ModelEvent::End { reply, .. })) => reply.clone(),
        other => panic!("{other:?}"),
    }
}

fn error(events: &[Result<ModelEvent, ModelError>]) -> ModelError {
    events.last().unwrap().as_ref().unwrap_err().clone()
}

fn one() -> GenaiModel {
    GenaiModel::new(config()).unwrap()
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn turn_is_whole() {
    let model = one();
    let first = reply(&ask(&model, hello()));
    assert_eq!((first.text.as_str(), first.calls[0].name.as_str()), ("Let me look.", "read_file"));
    assert_eq!(first.calls[0].arguments, json!({"path": "a.rs"}));
    let call = first.calls[0].id.clone();
    let more = [Message::Assistant(first), Message::Tool { call, content: "fn main() {}".into(), is_error: false }];
    assert_eq!(reply(&ask(&model, [hello(), more.to_vec()].concat())).text, "It is empty.");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn hello_is_answered() {
    assert_eq!(reply(&ask(&one(), hello())).text, "Hello.");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn throttled_it_waits() {
    let events = ask(&one(), hello());
    assert_eq!(reply(&events).text, "Hello.");
    let retried = events.iter().filter(|e| matches!(e, Ok(ModelEvent::Retrying { .. }))).count();
    assert_eq!(retried, 2, "by its status, and by an exception before anything came: {events:?}");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn expired_it_says_how_to_sign_in() {
    for _ in 0..2 {
        let error = error(&ask(&one(), hello()));
        assert_eq!(error.kind, ModelErrorKind::Credentials, "{error:?}");
        assert!(error.message.contains("is expired") && error.remedy.contains("aws sso login"), "{error:?}");
    }
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn broken_off_it_is_told_and_not_asked_again() {
    let events = ask(&one(), hello());
    assert!(matches!(&events[0], Ok(ModelEvent::Text(_))), "{events:?}");
    assert!(error(&events).message.contains("the scripted failure"), "{events:?}");
    assert!(!events.iter().any(|e| matches!(e, Ok(ModelEvent::Retrying { .. }))), "{events:?}");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn unsigned_it_says_how_to_sign_in() {
    let error = error(&ask(&one(), hello()));
    assert_eq!(error.kind, ModelErrorKind::Credentials, "{error:?}");
    assert!(error.remedy.contains("aws sso login"), "{error:?}");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn elsewhere_nothing_is_sent() {
    let error = error(&ask(&one(), hello()));
    assert!(["AWS_ACCESS_KEY_ID", "AWS_REGION="].iter().any(|words| error.remedy.contains(words)), "{error:?}");
}

fn said(text: &str) -> ScriptedReply {
    ScriptedReply::new().text(text)
}

/// Whose key signed a request, for which region.
fn signed(request: &Captured, by: &str) -> bool {
    request.header("authorization").is_some_and(|line| line.contains(by)) && request.path.ends_with("/converse-stream")
}

/// The model at a provider with these replies, in an environment; what it was asked.
fn asked(test: &str, replies: Vec<ScriptedReply>, home: &std::path::Path, more: &[(&str, &str)]) -> Vec<Captured> {
    let provider = Provider::scripted(replies);
    let root = provider.root();
    let more: Vec<(&str, String)> = more.iter().map(|(name, value)| (*name, value.replace("HERE", &root))).collect();
    let config = home.join(".aws/config");
    if config.exists() {
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace("HERE", &root)).unwrap();
    }
    let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
    again(&format!("bedrock::{test}"), home, &more);
    provider.requests()
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&KEYS[..], more].concat()
}

#[test]
fn bedrock_is_asked_where_aws_is_and_as_who_we_are() {
    let home = tempfile::tempdir().unwrap();
    let (key, here) = (format!("{}/", KEYS[0].1), ("AWS_ENDPOINT_URL", "HERE"));
    let tool = said("Let me look.").call("c1", "read_file", &json!({"path": "a.rs"}));
    let requests = asked("turn", vec![tool, said("It is empty.")], home.path(), &with(&[here]));
    assert!(requests.len() == 2 && signed(&requests[0], &key), "{requests:?}");
    assert!(requests[0].header("authorization").unwrap().contains("/us-east-1/bedrock/"), "{requests:?}");
    assert!(requests[1].body.to_string().contains("toolResult"), "{}", requests[1].body);
    // What is said of Bedrock alone goes before what is said of all.
    let own = with(&[("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "HERE"), ("AWS_ENDPOINT_URL", NOWHERE)]);
    assert_eq!(asked("hello", vec![said("Hello.")], home.path(), &own).len(), 1);
    // A profile has keys, region and URL of its own.
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let profile = "[profile work]\nregion = eu-north-1\nendpoint_url = HERE\naws_access_key_id = AKIAKIROTUITEST00001\n\
                   aws_secret_access_key = test-secret\n";
    std::fs::write(home.path().join(".aws/config"), profile).unwrap();
    let work = ("KIRO_TUI_TEST_PROFILE", "work");
    let requests = asked("hello", vec![said("Hello.")], home.path(), &[work]);
    assert!(signed(&requests[0], "AKIAKIROTUITEST00001/"), "{requests:?}");
    assert!(requests[0].header("authorization").unwrap().contains("/eu-north-1/bedrock/"), "{requests:?}");
    // As somebody else, or elsewhere, than was said, nothing is sent.
    let none = |more: &[(&str, &str)]| asked("elsewhere", vec![said("Hello.")], home.path(), more).len();
    assert_eq!(none(&with(&[work, here])), 0);
    assert_eq!(none(&with(&[here, ("KIRO_TUI_TEST_REGION", "eu-west-1")])), 0);
}

#[test]
fn what_goes_wrong_at_bedrock_is_told_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let here = ("AWS_ENDPOINT_URL", "HERE");
    let run = |test: &str, replies| asked(test, replies, home.path(), &with(&[here])).len();
    let throttled = ScriptedReply::status(429, json!({"message": "Too many requests, please wait."}));
    let in_stream = said("Hello.").fault(Fault::ErrorAfter(0, "throttlingException"));
    assert_eq!(run("throttled", vec![throttled, in_stream, said("Hello.")]), 3);
    let words = "The security token included in the request is expired";
    let expired = |status| ScriptedReply::status(status, json!({ "message": words }));
    assert_eq!(run("expired", vec![expired(403), expired(400)]), 2);
    let broken = said("A long text that comes in pieces.").fault(Fault::ErrorAfter(3, "modelStreamErrorException"));
    assert_eq!(run("broken_off", vec![broken]), 1);
    let nobody = [here, ("AWS_REGION", "us-east-1")];
    assert_eq!(asked("unsigned", vec![said("Hello.")], home.path(), &nobody).len(), 0);
}
