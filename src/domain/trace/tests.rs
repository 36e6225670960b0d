use jiff::Timestamp;

use super::{things::Thing, *};
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
        state.applied.push(AppliedChange { task: TaskId(task.into()), change, committed, own: false });
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

/// The state with a test file of task 1.1.
fn tested() -> Chain {
    let mut state = state();
    let path = RelPath::parse("test/resize.test.mjs").unwrap();
    let text = "test('Property 1: once', f);\ntest('1.2 is skipped', f);\ntest('works with 9.9', f);\n";
    let change = Change { path, from: None, before: None, after: Some(FileState::regular(text)) };
    state.applied.push(AppliedChange { task: TaskId("1.1".into()), change, committed: true, own: false });
    Chain::of(&state)
}

#[test]
fn a_test_serves_what_it_names_else_what_its_file_is_for() {
    let chain = tested();
    let of = |at: usize| (ids(&chain.tests[at].serves).join(" "), chain.tests[at].by_name);
    assert_eq!([of(0), of(1), of(2)], [("1.1".into(), true), ("1.2".into(), true), ("1.1".into(), false)]);
    assert_eq!(chain.criterion(&"1.2".parse().unwrap()).unwrap().tests, [1]);
    assert_eq!(chain.tests[0].properties, [1]);
}

#[test]
fn the_chain_is_walked_both_ways() {
    let chain = tested();
    let mut walked = 0;
    for criterion in &chain.criteria {
        let thing = Thing::Criterion(criterion.row.id.clone());
        for other in chain.linked(&thing) {
            assert!(chain.linked(&other).contains(&thing), "{thing} leads to {other} and not back");
            walked += 1;
        }
    }
    assert!(walked >= 10, "{walked}");
    let linked = |thing: &Thing| chain.linked(thing).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(linked(&Thing::Property(1)), ["1.1", "test/resize.test.mjs:1"]);
    assert_eq!(linked(&Thing::Commit("c0ffee1".into()))[..2], ["1.1", "task 1.1"]);
    assert!(linked(&Thing::Requirement("2".parse().unwrap())).contains(&"2.1".to_owned()));
}

#[test]
fn a_line_of_a_document_is_a_thing() {
    let chain = tested();
    let at = |doc, line| chain.at(doc, line).map(|t| t.to_string());
    assert_eq!(at(Doc::Requirements, 1), None);
    assert_eq!(at(Doc::Requirements, 5).as_deref(), Some("requirement 1"));
    assert_eq!(at(Doc::Requirements, 10).as_deref(), Some("1.2"));
    assert_eq!(at(Doc::Design, 3).as_deref(), Some("line 1 of the design"));
    assert_eq!(at(Doc::Design, 9).as_deref(), Some("property 1"));
    assert_eq!(at(Doc::Tasks, 6).as_deref(), Some("task 1.2"));
}

#[test]
fn only_what_should_be_there_by_now_is_missing() {
    let chain = tested();
    let missing = |id: &str| chain.missing(&id.parse().unwrap());
    assert!(missing("2.1") == ["design", "task"] && missing("1.2").is_empty());
    assert_eq!(chain.totals().map(|(_, n)| n), [3, 2, 1, 2, 2, 1]);
    let bare = Chain::of(&state());
    assert_eq!(bare.missing(&"1.1".parse().unwrap()), ["test"]);
}
