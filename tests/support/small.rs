//! A small job that runs in a second: two tasks, a check written in shell.

use kiro_tui::{domain::turn::message::Reply, ports::model::Request};
use serde_json::{Value, json};

use super::job::{World, calls};

pub const SPEC: &str = "greeting";
/// The test command that the jobs configure.
pub const TESTS: &str = "sh check.sh";

pub const REQUIREMENTS: &str = "# Requirements Document\n\n## Introduction\n\nA greeting.\n\n## Requirements\n\n### \
    Requirement 1: Greeting\n\n**User Story:** As a visitor, I want to be greeted, so that I feel welcome.\n\n#### \
    Acceptance Criteria\n\n1. THE Greeter SHALL say hello.\n2. THE Greeter SHALL say goodbye.\n";
pub const DESIGN: &str = "# Design Document\n\n## Overview\n\nTwo files.\n";
pub const TASKS: &str = "# Implementation Plan\n\n- [ ] 1. Say hello\n  - _Requirements: 1.1_\n- [ ] 2. Say goodbye\n  - \
    _Requirements: 1.2_\n";

pub fn world() -> World {
    World::with(&[("README.md", "# Greeter\n"), ("check.sh", "test \"$(cat hello.txt)\" = hello\n")])
}

pub fn document(name: &str) -> &'static str {
    match name.split(' ').next() {
        Some("requirements") => REQUIREMENTS,
        Some("design") => DESIGN,
        _ => TASKS,
    }
}

/// What an honest model does, told by scene and step alone.
pub fn honest(request: &Request) -> Reply {
    let scene = &request.scene;
    let plan: Vec<(&str, Value)> = match scene.name.as_str() {
        "task 1" => vec![
            ("write_file", json!({"path": "hello.txt", "content": "hello\n", "why": "1.1"})),
            ("finish_task", json!({"summary": "Says hello."})),
        ],
        "task 2" => vec![
            ("write_file", json!({"path": "bye/bye.txt", "content": "bye\n", "why": "1.2"})),
            ("run_command", json!({"command": "cp bye/bye.txt bye/copy.txt", "why": "a copy"})),
            (
                "edit_file",
                json!({"path": "README.md", "edits": [{"old": "# Greeter\n", "new": "# Greeter\n\nSays bye.\n"}],
                "why": "told"}),
            ),
            ("finish_task", json!({"summary": "Says goodbye."})),
        ],
        rework if rework.starts_with("rework") => vec![
            ("write_file", json!({"path": "more.txt", "content": "more\n", "why": "asked for"})),
            ("finish_task", json!({"summary": "Reworked."})),
        ],
        document_scene => vec![("submit_document", json!({"markdown": document(document_scene)}))],
    };
    let at = (scene.step as usize).min(plan.len() - 1);
    calls(request, &plan[at..=at])
}
