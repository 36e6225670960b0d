//! The run without a screen: JSON lines out, decisions in, exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/greeting.rs"]
mod greeting;
#[path = "support/provider.rs"]
mod provider;
#[path = "support/terminal.rs"]
mod terminal;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command as Process, Stdio},
};

use greeting::{NEED, NO, SPEC, project, provider, variables};
use provider::Provider;
use serde_json::{Value, json};
use terminal::{Place, git};

struct Run {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    events: Vec<Value>,
}

impl Run {
    fn start(place: &Place, root: &Path, provider: &Provider, more: &[&str]) -> Self {
        let mut process = Process::new(env!("CARGO_BIN_EXE_kiro-tui"));
        process.env_clear().envs(place.environment()).envs(variables(provider, "anthropic"));
        process.args(["run", SPEC, "--headless", "--dir"]).arg(root).args(more);
        let mut child = process.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output, events: Vec::new() }
    }

    /// The next event; every line of the output is one, an object with its kind.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.output.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let event: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(event["event"].is_string(), "{line}");
        self.events.push(event.clone());
        Some(event)
    }

    /// Everything up to an event of this kind.
    fn until(&mut self, kind: &str) -> Value {
        while let Some(event) = self.next() {
            if event["event"] == kind {
                return event;
            }
        }
        panic!("no `{kind}` comes: {:#?}", self.events.iter().rev().take(5).collect::<Vec<_>>());
    }

    fn say(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{line}").and_then(|()| input.flush()).unwrap();
    }

    fn decide(&mut self, waits: &Value, digest: &Value, verdict: Value) {
        let decision = json!({"subject": waits["subject"], "digest": digest, "verdict": verdict});
        self.say(&json!({ "decide": decision }).to_string());
    }

    /// Ends the input and tells the exit code.
    fn end(mut self) -> (i32, Vec<Value>) {
        self.input = None;
        while self.next().is_some() {}
        (self.child.wait().unwrap().code().unwrap(), self.events)
    }
}

#[test]
fn decisions_are_piped_in_by_digest_and_the_job_survives_the_end_of_input() {
    let (place, provider) = (Place::new(), provider());
    let root = project(&place);
    let mut run = Run::start(&place, &root, &provider, &["--need", NEED]);
    let waiting = run.until("waiting");
    assert_eq!(waiting["for"]["subject"], "requirements");

    run.say("{\"decide\": ");
    assert!(run.until("refused")["why"].as_str().unwrap().starts_with("not a command"));
    run.say("\"approve everything\"");
    assert!(run.until("refused")["why"].as_str().unwrap().starts_with("not a command"));

    let digest = waiting["for"]["digest"].as_str().unwrap();
    let last = if digest.ends_with('0') { "1" } else { "0" };
    let wrong = json!(format!("{}{last}", &digest[..digest.len() - 1]));
    run.decide(&waiting["for"], &wrong, json!("approve"));
    run.until("refused");
    let still = run.until("waiting");
    assert_eq!(still["for"], waiting["for"], "a decision on other bytes decides nothing");

    run.decide(&still["for"], &still["for"]["digest"], json!("approve"));
    let design = loop {
        let waiting = run.until("waiting");
        if waiting["for"]["subject"] == "design" {
            break waiting;
        }
    };
    let (code, _) = run.end();
    assert_eq!(code, 5, "something waits for a decision");
    let branch = git(&root, &["log", "--all", "--format=%s"]);
    assert!(branch.contains("approve requirements r1"), "{branch}");

    let mut run = Run::start(&place, &root, &provider, &[]);
    assert_eq!(run.until("opened")["spec"], SPEC);
    let mut asked = Vec::new();
    let mut waiting = run.until("waiting");
    assert_eq!(waiting["for"], design["for"], "the same bytes wait as before");
    loop {
        let subject = waiting["for"]["subject"].as_str().map(str::to_owned);
        match &subject {
            Some(subject) => {
                let first_change = subject == "change" && !asked.contains(subject);
                asked.push(subject.clone());
                let reject = json!({"reject": {"feedback": NO}});
                let verdict = if first_change { reject } else { json!("approve") };
                let of = waiting["for"].clone();
                run.decide(&of, &of["digest"], verdict);
                if subject == "merge" {
                    break;
                }
            }
            None => run.say("\"continue\""),
        }
        assert!(asked.len() < 20, "it goes round: {asked:?}");
        // What waits next is something else; a report in between is not the answer.
        let before = waiting["for"].clone();
        waiting = loop {
            let next = run.until("waiting");
            if next["for"] != before || next["for"].is_null() {
                break next;
            }
        };
    }
    let (code, events) = run.end();
    assert_eq!(code, 0, "{asked:?} {:#?}", events.iter().rev().take(4).collect::<Vec<_>>());
    for subject in ["design", "tasks", "change", "command", "task", "merge"] {
        assert!(asked.iter().any(|s| s == subject), "{subject} was not asked: {asked:?}");
    }
    assert_eq!(std::fs::read_to_string(root.join("hello.sh")).unwrap(), "echo hello\n");
    assert_eq!(git(&root, &["status", "--porcelain"]), "");
    let ledger = std::fs::read_to_string(root.join(format!(".kiro/specs/{SPEC}/approvals.jsonl"))).unwrap();
    assert!(ledger.contains("headless") && !ledger.contains("keyboard"), "{ledger}");
}

#[test]
fn a_spec_that_is_not_there_is_told_apart_from_one_that_waits() {
    let (place, provider) = (Place::new(), provider());
    let root = project(&place);
    let (code, events) = Run::start(&place, &root, &provider, &[]).end();
    assert_eq!((code, events.len()), (2, 0));
}
