//! A small job in a shell project, for a provider on loopback: what a model says at each turn.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    provider::{Provider, ScriptedReply, newest_text, tool_names},
    terminal::{Place, git, write},
};

/// Why the first proposal is rejected.
pub const NO: &str = "Say hello, not howdy.";
/// What the developer asks for.
pub const NEED: &str = "A script that greets";
/// The spec's name, as it is suggested from the need.
pub const SPEC: &str = "greeter";

/// A project of two commits with a check of its own.
pub fn project(place: &Place) -> PathBuf {
    let root = place.repository("greeter", &[("README.md", "# Greeter\n"), ("bye.sh", "echo bye\n")]);
    write(&root, "check.sh", "test \"$(sh bye.sh)\" = bye && test \"$(sh hello.sh)\" = hello && echo fine\n");
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "-m", "A check"]);
    root
}

/// What names the provider to the program.
pub fn variables(provider: &Provider, name: &str) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("KIRO_TUI_MODEL_PROVIDER", name.to_owned()),
        ("KIRO_TUI_MODEL_NAME", "test-model".to_owned()),
        ("KIRO_TUI_MODEL_ENDPOINT", if name == "ollama" { provider.root() } else { provider.url() }),
        ("KIRO_TUI_TESTS_COMMAND", "sh check.sh".to_owned()),
    ];
    match name {
        "bedrock" => all.extend([
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "a-key-for-tests".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
        ]),
        "ollama" => {}
        _ => all.extend([
            ("KIRO_TUI_MODEL_KEY_ENV", "GREETER_KEY".to_owned()),
            ("GREETER_KEY", "a-key-for-tests".to_owned()),
        ]),
    }
    all
}

/// Looks at the last thing it was told and nothing else.
pub fn provider() -> Provider {
    let mut number = 0;
    Provider::with_brain(move |request| {
        number += 1;
        let (tool, arguments) = answer(request);
        ScriptedReply::new().text("Next. ").call(&format!("call_{number}"), tool, &arguments)
    })
}

fn answer(request: &Value) -> (&'static str, Value) {
    let told = newest_text(request);
    let submit = |text: &str| ("submit_document", json!({ "markdown": text }));
    if tool_names(request).iter().any(|name| name == "submit_document") {
        return match told.as_str() {
            t if t.contains("Now write requirements.md") => submit(
                "# Requirements Document\n\n## Introduction\n\nA greeting.\n\n## Requirements\n\n### Requirement 1: \
                 Greeting\n\n**User Story:** As a visitor, I want to be greeted, so that I feel welcome.\n\n#### \
                 Acceptance Criteria\n\n1. WHEN the script runs, THE Greeter SHALL say hello.\n",
            ),
            t if t.contains("Now write design.md") => submit("# Design Document\n\n## Overview\n\nOne script.\n"),
            _ => submit("# Implementation Plan\n\n- [ ] 1. Say hello\n  - _Requirements: 1.1_\n"),
        };
    }
    let hello = |word: &str| {
        let content = format!("echo {word}\n");
        ("write_file", json!({"path": "hello.sh", "content": content, "why": "For 1.1."}))
    };
    match told.as_str() {
        t if t.contains(NO) => hello("hello"),
        t if t.contains("hello.sh was created") => ("run_command", json!({"command": "sh hello.sh", "why": "A look."})),
        t if t.contains("It exited with 0") => ("finish_task", json!({"summary": "It says hello."})),
        _ => hello("howdy"),
    }
}
