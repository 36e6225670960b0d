//! A whole job in a Python project through a provider on loopback, in both wire formats, with
//! everything that a developer answers and everything that a provider does wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use kiro_tui::{
    adapters::model::{GenaiModel, ModelConfig},
    domain::{
        change::{Change, FileState},
        gate::{Subject, ledger},
        journal::Proposal,
        phase::Merge,
        wire::Command,
    },
};
use serde_json::{Value, json};
use support::{
    job::{Job, Opening, World, approve, put, reject, start},
    provider::{Fault, Provider, ScriptedReply, Wire, newest_text, tool_names},
};

const SPEC: &str = "slugs";
const WRONG: &str = "def slug(title):\n    return title.lower().replace(\" \", \"_\")\n";
const BROKEN: &str = "def slug(title):\n    return title.replace(\" \", \"-\")\n";
const AMENDED: &str =
    "def slug(title):\n    \"\"\"A title as part of a URL.\"\"\"\n    return title.replace(\" \", \"-\")\n";
const TEST: &str = "import unittest\n\nfrom titles import slug\n\n\nclass SlugTest(unittest.TestCase):\n    def \
                    test_slug(self):\n        self.assertEqual(slug(\"Two Words\"), \"two-words\")\n";
const NO: &str = "Hyphens, not underscores: \"two-words\" — see the README.";
const CHECK: &str = "python3 -m compileall -q titles.py";

fn world() -> World {
    let world = World::with(&[("README.md", "# Titles\n\nURLs have hyphens.\n"), (".gitignore", "__pycache__/\n")]);
    put(world.root(), &[("titles.py", "def title(text):\n    return text.title()\n")]);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", "Titles"]);
    put(
        world.root(),
        &[(
            "test_titles.py",
            "import unittest\n\nfrom titles import title\n\n\nclass TitleTest(unittest.TestCase):\n    def test_title(self):\n        self.assertEqual(title(\"a b\"), \"A B\")\n",
        )],
    );
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", "A test of titles"]);
    world
}

/// Looks at the last thing it was told and nothing else.
fn brain(request: &Value, number: usize) -> ScriptedReply {
    let told = newest_text(request);
    let id = format!("call_{number}");
    let reply = |tool: &str, arguments: Value| ScriptedReply::new().text("Next.").call(&id, tool, &arguments);
    let submit = |text: String| reply("submit_document", json!({ "markdown": text }));
    if tool_names(request).iter().any(|t| t == "submit_document") {
        return match told.as_str() {
            t if t.contains("The developer answered:") => submit(format!(
                "# Requirements Document\n\n## Introduction\n\nSlugs ({}).\n\n## Requirements\n\n### Requirement 1: Slug\n\n\
                 **User Story:** As a reader, I want short URLs, so that I can type them.\n\n#### Acceptance Criteria\n\n\
                 1. WHEN a title is given, THE Titles SHALL give its slug.\n",
                t.rsplit("\n").next().unwrap_or_default()
            )),
            t if t.contains("Now write requirements.md") => {
                reply("ask_developer", json!({"question": "Which separator?", "options": ["-", "_"]}))
            }
            t if t.contains("Now write design.md") => {
                submit("# Design Document\n\n## Overview\n\nOne function.\n".into())
            }
            _ => submit("# Implementation Plan\n\n- [ ] 1. Slug with its test\n  - _Requirements: 1.1_\n".into()),
        };
    }
    let write =
        |path: &str, content: &str| reply("write_file", json!({"path": path, "content": content, "why": "For 1.1."}));
    let keep = "def title(text):\n    return text.title()\n\n\n";
    match told.as_str() {
        t if t.contains(NO) => write("titles.py", &format!("{keep}{BROKEN}")),
        t if t.contains("NOT as you proposed") => write("test_slug.py", TEST),
        t if t.contains("test_slug.py was created") => {
            reply("run_command", json!({"command": CHECK, "why": "It compiles."}))
        }
        t if t.contains("The task is not finished") => reply(
            "edit_file",
            json!({"path": "titles.py", "why": "Lower case.", "edits": [{"old": "title.replace", "new": "title.lower().replace"}]}),
        ),
        t if t.contains("titles.py was changed") => reply("run_command", json!({"command": CHECK, "why": "Still."})),
        t if t.contains("It exited with 0") => reply("finish_task", json!({"summary": "Slugs, with a test."})),
        _ => write("titles.py", &format!("{keep}{WRONG}")),
    }
}

fn provider() -> Provider {
    let number = AtomicUsize::new(0);
    Provider::with_brain(move |request| {
        let n = number.fetch_add(1, Ordering::SeqCst);
        let overloaded = json!({"error": {"type": "rate_limit_error", "message": "slow down"}});
        match n {
            0 => ScriptedReply::status(401, json!({"error": {"type": "authentication_error", "message": "bad key"}})),
            // After the question and the requirements: the design.
            3 => ScriptedReply::status(429, overloaded),
            5 => brain(request, n).fault(Fault::DropAt(700)),
            _ => brain(request, n),
        }
    })
}

fn model(wire: Wire, provider: &Provider) -> Arc<GenaiModel> {
    let name = match wire {
        Wire::Anthropic => "anthropic",
        Wire::OpenAi => "openai-compatible",
        Wire::Gemini | Wire::Ollama | Wire::Bedrock => panic!("these go to merge by keys"),
    };
    let mut config = ModelConfig::new(name, "test-model");
    config.endpoint = Some(provider.url());
    // A variable that is set wherever tests run.
    config.key_env = Some("PATH".into());
    config.first_wait = std::time::Duration::from_millis(1);
    config.attempts = 3;
    Arc::new(GenaiModel::new(config).unwrap())
}

fn remember(job: &Job) -> Command {
    let Command::Decide { subject, digest, verdict, note, .. } = approve(job.state()) else { panic!() };
    Command::Decide { subject, digest, verdict, remember: true, note }
}

async fn documents(job: &mut Job, provider: &Provider) {
    job.act(Command::New(start(SPEC, "Titles need slugs for URLs."))).await;
    let halt = job.state().halt.clone().expect("the key was refused");
    assert!(halt.why.to_lowercase().contains("key"), "{halt:?}");
    assert!(halt.remedy.contains("PATH"), "the remedy names the variable: {halt:?}");
    job.act(Command::Continue).await;
    let question = job.state().question.clone().unwrap_or_else(|| panic!("{}", job.story()));
    assert_eq!(question.options, ["-", "_"]);
    job.act(Command::Answer { text: "-".into() }).await;
    assert!(newest_text(&provider.requests().last().unwrap().body).ends_with("The developer answered:\n\n-"));
    assert_eq!(job.waits(), Some(Subject::Requirements), "{}", job.story());
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Design), "429 is tried again by itself: {}", job.story());
    job.yes().await;
    let halt = job.state().halt.clone().unwrap_or_else(|| panic!("the stream was cut: {}", job.story()));
    assert!(!job.state().partial.is_empty(), "what had arrived is kept: {halt:?}");
    job.act(Command::Continue).await;
    assert_eq!(job.waits(), Some(Subject::Tasks), "{}", job.story());
    assert!(job.state().partial.is_empty());
    job.yes().await;
}

async fn task(job: &mut Job, provider: &Provider) {
    job.act(Command::Continue).await;
    assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
    job.act(reject(job.state(), NO)).await;
    let told = newest_text(&provider.requests().last().unwrap().body);
    assert!(told.contains(NO) && told.contains("titles.py is unchanged"), "word for word: {told}");

    let Some(Proposal::Change(shown)) = job.state().proposal.as_ref().map(|p| p.proposal.clone()) else { panic!() };
    let text = shown.after.as_ref().unwrap().text().unwrap().replace(BROKEN, AMENDED);
    let from = job.state().flow.waiting().unwrap().digest;
    let proposal = Proposal::Change(Change { after: Some(FileState::regular(text.clone())), ..shown });
    job.act(Command::Amend { from, proposal }).await;
    job.yes().await;
    let told = newest_text(&provider.requests().last().unwrap().body);
    assert!(told.contains("NOT as you proposed") && told.trim_end().ends_with(text.trim_end()), "{told}");

    assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
    job.act(remember(job)).await;
    // The tests, which fail, and go back with their output.
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
    job.act(remember(job)).await;
    let told = newest_text(&provider.requests().last().unwrap().body);
    assert!(told.contains("The task is not finished") && told.contains("two-words"), "{told}");
    assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
    job.yes().await;
    // The command and the tests were allowed for good: neither asks.
    assert_eq!(job.waits(), Some(Subject::Task), "{}", job.story());
    let Some(Proposal::Task(claim)) = job.state().proposal.as_ref().map(|p| p.proposal.clone()) else { panic!() };
    assert_eq!((claim.evidence.passed, claim.evidence.failed.unwrap_or(0)), (Some(2), 0), "{:?}", claim.evidence);
    let paths: Vec<&str> = claim.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["test_slug.py", "titles.py"]);
    job.yes().await;
}

async fn whole(wire: Wire) {
    let (world, provider) = (world(), provider());
    let before = (world.git(&["rev-parse", "main"]), std::fs::read(world.root().join("titles.py")).unwrap());
    let mut job = world.start(Opening::of(model(wire, &provider)));
    documents(&mut job, &provider).await;
    task(&mut job, &provider).await;
    assert_eq!(job.waits(), Some(Subject::Merge), "{}", job.story());
    let now = (world.git(&["rev-parse", "main"]), std::fs::read(world.root().join("titles.py")).unwrap());
    assert_eq!((now, world.git(&["status", "--porcelain"])), (before, String::new()), "the checkout was touched");
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());

    assert_eq!(world.git(&["status", "--porcelain"]), "");
    let merged = std::fs::read_to_string(world.root().join("titles.py")).unwrap();
    assert!(merged.contains("A title as part of a URL") && merged.contains("title.lower().replace"), "{merged}");
    assert_eq!(std::fs::read_to_string(world.root().join("test_slug.py")).unwrap(), TEST);
    let trailer = |key: &str, commit: &str| {
        let format = format!("--format=%(trailers:key={key},valueonly)");
        world.git(&["log", &format, "-1", commit]).trim().to_owned()
    };
    assert_eq!(trailer("Spec", "main"), SPEC);
    assert_eq!(trailer("Task", "main"), "1");
    assert_eq!(trailer("Requirements", "main"), "1.1");
    assert!(trailer("Tests", "main").contains("2 passed"), "{}", trailer("Tests", "main"));
    assert_eq!(trailer("Approved-by", "main"), "Ada <ada@example.org>");
    assert_eq!(trailer("Document", "main~1"), "tasks");
    let text = std::fs::read_to_string(world.root().join(".kiro/specs/slugs/approvals.jsonl")).unwrap();
    let lines = ledger::read(&text).unwrap();
    let digest = lines.iter().rev().find(|l| l.decision.subject == Subject::Task).unwrap().decision.digest;
    assert_eq!(trailer("Approval-digest", "main"), format!("sha256:{digest}"));
    // Every request that went out has a result for each call before it.
    for request in provider.requests() {
        assert_eq!(calls_of(&request.body), support::provider::tool_results(&request.body));
    }
}

fn calls_of(request: &Value) -> usize {
    let messages = request["messages"].as_array().unwrap();
    let blocks = messages.iter().filter_map(|m| m["content"].as_array()).flatten();
    let anthropic = blocks.filter(|b| b["type"] == "tool_use").count();
    anthropic + messages.iter().filter_map(|m| m["tool_calls"].as_array()).map(Vec::len).sum::<usize>()
}

#[tokio::test]
async fn a_python_job_from_need_to_merge_in_the_anthropic_format() {
    whole(Wire::Anthropic).await;
}

#[tokio::test]
async fn a_python_job_from_need_to_merge_in_the_openai_format() {
    whole(Wire::OpenAi).await;
}
