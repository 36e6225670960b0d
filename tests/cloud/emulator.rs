//! Starts the emulator and runs the contract against it, in this program once more.

use std::{env, process::Command};

use futures_util::StreamExt;
use kiro_tui::{
    adapters::model::{GenaiModel, ModelConfig},
    domain::turn::message::Message,
    ports::model::{Model, ModelEvent, Request, Scene},
};

use crate::{account::Emulator, support::ENDPOINT};

/// This program once more, with the tests of a name and the environment of an account.
pub fn again(filter: &str, home: &std::path::Path, more: &[(&str, &str)]) {
    let mut command = Command::new(env::current_exe().unwrap());
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true").envs(more.iter().copied());
    let out = command.args([filter, "--include-ignored", "--test-threads", "4"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    assert!(!text.contains(" 0 passed"), "no test has the name {filter}:\n{text}");
}

pub const KEYS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIAKIROTUITEST00000"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];

#[test]
fn the_contract_holds_on_the_emulator() {
    if env::var_os(ENDPOINT).is_some() {
        return;
    }
    let Some(emulator) = Emulator::found() else { return };
    let endpoint = emulator.url();
    let home = tempfile::tempdir().unwrap();
    let environment = [&KEYS[..], &[(ENDPOINT, endpoint.as_str())]].concat();
    again("contract::", home.path(), &environment);
    let bedrock = [&KEYS[..], &[("AWS_ENDPOINT_URL", endpoint.as_str())]].concat();
    again("emulator::bedrock", home.path(), &bedrock);
}

/// On the one thread that the agent has: looking credentials up must not need another.
#[test]
#[ignore = "needs the emulator; run by `the_contract_holds_on_the_emulator`"]
fn bedrock_speaks_with_the_same_credentials() {
    let config = ModelConfig::new("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0");
    let model = GenaiModel::new(config).unwrap();
    let request = Request {
        scene: Scene { name: "test".into(), step: 0 },
        system: "Be short.".into(),
        messages: vec![Message::User { text: "Hello".into() }],
        tools: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let events: Vec<_> = runtime.block_on(async move { model.stream(request).collect().await });
    let text: String = events
        .iter()
        .filter_map(|e| match e {
            Ok(ModelEvent::Text(t)) => Some(t.as_str()),
            _ => None,
        })
        .collect();
    assert!(!text.is_empty() && matches!(events.last(), Some(Ok(ModelEvent::End { .. }))), "{events:?}");
}
