//! A model that attacks the terminal: what it writes is shown, and does nothing.

use serde_json::json;

use crate::{
    steps::{developer_is_next, go_on, go_on_until},
    terminal::{Launch, Place},
};

/// Sets the clipboard, names the window, clears the screen, writes what is read back as typed keys.
const EVIL: &str = "\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b[2J\x1b[6n\x1bP$q\x1b\\\u{9b}2J";
/// Makes text read otherwise than it is.
const TURNED: &str = "\u{202e}nur\u{202c}\u{2066}\u{200b}";

/// A recording of a job whose every text has it.
fn recording() -> String {
    let line = |scene: &str, step: u32, tool: &str, arguments: serde_json::Value| {
        let call = json!({"id": format!("{scene}{step}"), "name": tool, "arguments": arguments});
        let text = format!("Before {EVIL}{TURNED} after. ");
        let reply = json!({"text": text, "reasoning": text, "calls": [call]});
        json!({"v": 1, "scene": {"name": scene, "step": step}, "reply": reply}).to_string() + "\n"
    };
    let requirements = format!(
        "# Requirements Document\n\n## Introduction\n\nText {EVIL}{TURNED} here.\n\n## Requirements\n\n### Requirement 1: \
         Greeting\n\n**User Story:** As a visitor, I want to be greeted, so that I feel welcome.\n\n#### Acceptance \
         Criteria\n\n1. WHEN it runs, THE Greeter SHALL say hello.\n"
    );
    let tasks = "# Implementation Plan\n\n- [ ] 1. Say hello\n  - _Requirements: 1.1_\n";
    let evil = format!("echo {EVIL}{TURNED}\n");
    [
        line("requirements 1", 0, "submit_document", json!({ "markdown": requirements })),
        line("design 1", 0, "submit_document", json!({"markdown": "# Design Document\n\n## Overview\n\nOne.\n"})),
        line("tasks 1", 0, "submit_document", json!({ "markdown": tasks })),
        line("task 1", 0, "write_file", json!({"path": "hello.sh", "content": evil, "why": format!("{EVIL}{TURNED}")})),
        line("task 1", 1, "run_command", json!({"command": format!("echo {EVIL}{TURNED}"), "why": EVIL})),
        line("task 1", 2, "finish_task", json!({ "summary": format!("{EVIL}{TURNED}") })),
    ]
    .concat()
}

#[test]
fn nothing_that_a_model_writes_reaches_the_terminal_as_a_command() {
    let place = Place::new();
    let root = place.repository("greeter", &[("README.md", "# Greeter\n")]);
    let tape = place.path("tape.jsonl");
    std::fs::write(&tape, recording()).unwrap();
    let arguments = ["--dir", root.to_str().unwrap(), "--replay", tape.to_str().unwrap(), "new", "--need", "Greet"];
    let mut terminal = Launch::new(&place, &arguments).size(120, 40).start();
    let requirements = terminal.waits("approve requirements r1");
    assert!(requirements.flat().contains("Text") && requirements.flat().contains("here."), "{requirements}");
    assert!(requirements.has("]52;c;ZXZpbA=="), "what was taken out of force is in sight\n{requirements}");
    let mut change = go_on_until(&mut terminal, "change ");
    if !change.bottom().contains("hello.sh") {
        change = go_on_until(&mut terminal, "change hello.sh");
    }
    assert!(change.has("]0;owned"), "{change}");
    let command = go_on(&mut terminal);
    assert!(command.has("]52;c;"), "{command}");
    go_on(&mut terminal);
    terminal.until("the developer is next", developer_is_next);
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    // The program clears the screen itself, and then always begins at its corner.
    assert_eq!(raw.matches("\x1b[2J").count(), raw.matches("\x1b[2J\x1b[1;1H").count());
    for bad in ["\x1b]52", "\x1b]0;", "\x1b[6n", "\x1bP", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200b}"] {
        let at = raw.find(bad);
        assert!(at.is_none(), "{bad:?} reached the terminal: {:?}", at.and_then(|at| raw.get(at..at + 40)));
    }
}
