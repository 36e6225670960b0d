use jiff::Timestamp;

use super::*;
use crate::domain::{
    change::{Change, FileState},
    journal::{Author, Entry, Record, Start},
    path::SpecName,
    phase::{Autonomy, Order},
    session::AppliedChange,
    spec::Depth,
};

const REQUIREMENTS: &str = "# Requirements Document\n\n## Requirements\n\n### Requirement 1: Thumbnails\n\n#### \
                            Acceptance Criteria\n\n1. WHEN a photo is stored, THE Resizer SHALL make a thumbnail.\n2. \
                            IF it is no photo, THEN THE Resizer SHALL skip it.\n\n### Requirement 2: Cost\n\n#### \
                            Acceptance Criteria\n\n1. THE Resizer SHALL use 256 MB.\n";
const DESIGN: &str = "# Design\n\nMeets Requirement 1.\n\n### Property 1: Once\n\nFor any photo there is one \
                      thumbnail.\n\n**Validates: Requirements 1.1**\n";
const TASKS: &str = "# Implementation Plan\n\n- [ ] 1. Make thumbnails\n  - _Requirements: 1.1_\n  - [x] 1.1 \
                     Resize\n  - [ ] 1.2 Skip\n    - _Requirements: 1.2_\n- [ ]* 2. Measure\n";

fn state() -> State {
    let start = Start {
        name: SpecName::parse("thumbs").unwrap(),
        need: "thumbnails".into(),
        constraints: String::new(),
        documents: Vec::new(),
        aws_references: Vec::new(),
        kind: SpecKind::Feature,
        order: Order::RequirementsFirst,
        depth: Depth::Light,
        autonomy: Autonomy::Strict,
        aws: false,
    };
    let mut state = State::default();
    let found = |doc, text: &str| Entry::Found { doc, text: text.into(), recorded: true };
    let entries = [
        Entry::Started(start),
        found(Doc::Requirements, REQUIREMENTS),
        found(Doc::Design, DESIGN),
        found(Doc::Tasks, TASKS),
        Entry::TaskStarted(TaskId("1.2".into())),
    ];
    for (seq, entry) in (1..).zip(entries) {
        state.apply(&Record { seq, at: Timestamp::UNIX_EPOCH, entry }).unwrap();
    }
    for (task, path, committed) in
        [("1.1", "resize.mjs", true), ("1.2", "resize.mjs", false), ("1.1", "test.mjs", true), ("rework 1", "a", true)]
    {
        let path = RelPath::parse(path).unwrap();
        let change = Change { path, from: None, before: None, after: Some(FileState::regular("x")) };
        state.applied.push(AppliedChange { task: TaskId(task.into()), change, committed });
    }
    state.commits.push(("c0ffee".into(), "approve tasks".into()));
    state.commits.push(("c0ffee1".into(), "task 1.1".into()));
    state
}

fn ids(ids: &[ReqId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn paths(paths: &[RelPath]) -> Vec<&str> {
    paths.iter().map(RelPath::as_str).collect()
}

#[test]
fn a_criterion_leads_to_design_tasks_files_and_commits() {
    let chain = Chain::of(&state());
    let first = chain.criterion(&"1.1".parse().unwrap()).unwrap();
    assert_eq!((first.requirement.as_str(), first.row.line, &first.row.properties), ("Thumbnails", 9, &vec![1]));
    assert_eq!(first.design_lines, [3, 9]);
    assert_eq!(paths(&first.files), ["resize.mjs", "test.mjs"]);
    assert_eq!(first.commits, [("c0ffee1".to_owned(), "task 1.1".to_owned())]);
    let second = chain.criterion(&"1.2".parse().unwrap()).unwrap();
    assert_eq!((paths(&second.files), second.commits.len()), (vec!["resize.mjs"], 0));
    let bare = chain.criterion(&"2.1".parse().unwrap()).unwrap();
    assert!(!bare.row.in_design && bare.row.tasks.is_empty() && bare.files.is_empty());
    assert_eq!(chain.coverage(), (2, 3));
}

#[test]
fn a_task_without_requirements_serves_those_of_the_task_above() {
    let chain = Chain::of(&state());
    let task = |id: &str| chain.task(&TaskId(id.into())).unwrap();
    assert_eq!(ids(&task("1.1").serves), ["1.1"]);
    assert_eq!(ids(&task("1.2").serves), ["1.2"]);
    assert!(task("2").serves.is_empty() && task("2").optional);
    assert_eq!([task("1.1").stage, task("1.2").stage, task("2").stage], [Stage::Done, Stage::Now, Stage::Open]);
    assert_eq!(task("1.1").line, Some(5));
}

#[test]
fn a_changed_file_serves_what_all_its_tasks_serve() {
    let chain = Chain::of(&state());
    let change = |path: &str| chain.changes.iter().find(|c| c.path.as_str() == path).unwrap();
    assert_eq!(ids(&change("resize.mjs").serves), ["1.1", "1.2"]);
    assert!(!change("resize.mjs").committed && change("test.mjs").committed);
    assert_eq!(change("resize.mjs").tasks, [TaskId("1.1".into()), TaskId("1.2".into())]);
    // A rework is in no plan, and is not lost.
    assert!(change("a").serves.is_empty());
    assert_eq!(chain.task(&TaskId("rework 1".into())).unwrap().line, None);
}

#[test]
fn a_property_names_the_criteria_it_validates() {
    let chain = Chain::of(&state());
    let only = &chain.properties[0];
    assert_eq!((only.number, only.title.as_str(), only.line, ids(&only.serves)), (1, "Once", 5, vec!["1.1".into()]));
    assert_eq!(Chain::of(&State::default()), Chain::default());
}

#[test]
fn a_draft_counts_before_it_is_at_its_gate() {
    let mut state = State::default();
    let text = REQUIREMENTS.to_owned();
    for (seq, entry) in (1..).zip([
        Entry::DraftAsked(Doc::Requirements),
        Entry::Drafted { doc: Doc::Requirements, text, author: Author::Agent },
    ]) {
        state.apply(&Record { seq, at: Timestamp::UNIX_EPOCH, entry }).unwrap();
    }
    assert_eq!(Chain::of(&state).coverage(), (0, 3));
}
