use crate::domain::{
    digest::Digest,
    spec::{
        edit::{EditError, apply, tick, tick_edits},
        refs::Target,
        tasks::{Mark, Task, Tasks},
        waves::OrderProblem,
    },
};

fn one(line: &str) -> Task {
    let tasks = Tasks::parse(line).tasks;
    assert_eq!(tasks.len(), 1, "{line}");
    tasks[0].clone()
}

#[test]
fn every_form_of_a_task_line_is_read() {
    for (line, id, title, optional) in [
        ("- [ ] 1. Top", "1", "Top", false),
        ("- [ ] 1 Top", "1", "Top", false),
        ("- [ ] 1) Top", "1", "Top", false),
        ("* [ ] 1: Top", "1", "Top", false),
        ("+ [ ] 1.1 Sub", "1.1", "Sub", false),
        ("- [ ] 1.1. Sub", "1.1", "Sub", false),
        ("- [ ] 1.1.1 Third level", "1.1.1", "Third level", false),
        ("- [ ]* 1.2 Test", "1.2", "Test", true),
        ("- [x]* 1.2 Test", "1.2", "Test", true),
        ("- [ ] * 1.2 Test", "1.2", "Test", true),
        ("- [ ] 1.2* Test", "1.2", "Test", true),
        ("- [ ] 1.2.* Test", "1.2", "Test", true),
        ("- [ ] **1.1 Bold**", "1.1", "Bold", false),
        ("- [ ] **1.1** Bold", "1.1", "Bold", false),
        ("- [ ] **1.** Bold", "1", "Bold", false),
        ("- [ ] **Bold only**", "#1", "Bold only", false),
        ("- [ ] **NEW**: more", "#1", "**NEW**: more", false),
        ("- [ ] No number", "#1", "No number", false),
        ("- [ ] *soft* start", "#1", "*soft* start", false),
        ("- [ ] Task 1.2: Named", "1.2", "Named", false),
        ("- [ ] T001 Other tool", "T001", "Other tool", false),
        ("1. [ ] Listed", "1", "Listed", false),
        ("  - [ ] 1.1 Indented\r", "1.1", "Indented", false),
        ("- [ ]", "#1", "", false),
        ("- [ ] 3D view", "#1", "3D view", false),
        ("- [ ] 日本語", "#1", "日本語", false),
    ] {
        let task = one(line);
        assert_eq!((task.id.as_str(), task.title.as_str(), task.optional), (id, title, optional), "{line}");
        assert_eq!(task.numbered, !id.starts_with('#'), "{line}");
    }
    assert!(one("- [ ] 1.1 (P) Beside").parallel);
    assert!(one("- [ ] 1.1 Beside (P)").parallel);
}

#[test]
fn every_mark_is_read() {
    for (line, mark) in [
        ("- [ ] a", Mark::Open),
        ("- [x] a", Mark::Done),
        ("- [X] a", Mark::Done),
        ("- [-] a", Mark::Active),
        ("- [~] a", Mark::Queued),
        ("- [✓] a", Mark::Other('✓')),
    ] {
        let task = one(line);
        assert_eq!(task.mark, mark, "{line}");
        assert_eq!(Mark::of(task.mark_span.of(line).chars().next().unwrap()), mark);
    }
}

#[test]
fn what_is_no_task_is_left_alone() {
    let source =
        "- [link](x)\n- [x](y)\n- [] odd\n```\n- [ ] 1. code\n```\n<!--\n- [ ] 2. hidden\n-->\n- a [ ] b\n[ ] c\n";
    let doc = Tasks::parse(source);
    assert_eq!(doc.tasks, []);
    assert_eq!(doc.odd_boxes, [3]);
}

const PLAN: &str = "\
# Implementation Plan: Shop

- [ ] 1. Store
  - [x] 1.1 Table
    - Make the table
    - _Requirements: 1.1, 2.1-2.3_
  - [ ]* 1.2 Property test
    - **Property 3: Order is kept**
    - **Validates: Requirements 2.2**

- [ ] 2. Checkpoint - all tests pass
- [ ] 3 Ship
  - _Requirements: All requirements_
  - [ ] Pack
  - [ ] Send
    - _Depends: 1.1, 3#1_ _Boundary: mail_
";

fn ids(doc: &Tasks, indices: &[usize]) -> Vec<String> {
    indices.iter().map(|i| doc.tasks[*i].id.clone()).collect()
}

#[test]
fn the_tree_and_the_links_are_read() {
    let doc = Tasks::parse(PLAN);
    let shape: Vec<_> = doc.tasks.iter().map(|t| (t.id.as_str(), t.depth)).collect();
    assert_eq!(shape, [("1", 0), ("1.1", 1), ("1.2", 1), ("2", 0), ("3", 0), ("3#1", 1), ("3#2", 1)]);
    let targets = |id: &str| {
        let all = doc.get(id).unwrap().requirements.iter();
        all.map(|r| r.span.of(PLAN).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets("1.1"), ["1.1", "2.1-2.3"]);
    assert_eq!(targets("1.2"), ["Requirements 2.2"]);
    assert_eq!(doc.get("1.2").unwrap().properties, [3]);
    assert_eq!(doc.get("3").unwrap().requirements[0].target, Target::All);
    let send = doc.get("3#2").unwrap();
    assert_eq!(send.depends, ["1.1", "3#1"]);
    assert_eq!(send.field("boundary"), Some("mail"));
    assert!(doc.get("2").unwrap().is_checkpoint());
    assert_eq!(doc.get("1.1").unwrap().details[0].text, "Make the table");
    assert_eq!(doc.requirements_below(doc.get("1").unwrap()).len(), 3);
    assert_eq!(doc.progress(), (1, 4));
    assert_eq!(doc.next_open().unwrap().id, "2");
    assert_eq!(doc.open_leaves()[0].id, "1.2");
    assert!(doc.is_done(doc.get("1").unwrap()), "only an optional child is left");
}

#[test]
fn a_line_belongs_to_the_nearest_task_further_left() {
    let source = "- [ ] 1. A\n  - first\n  - [ ] 1.1 B\n    - of B\n\n    more of B\n  - _Requirements: 1.1_\n\n- no task\n  - of none\n";
    let doc = Tasks::parse(source);
    let details = |id: &str| doc.get(id).unwrap().details.iter().map(|d| d.text.as_str()).collect::<Vec<_>>();
    assert_eq!(details("1"), ["first", "_Requirements: 1.1_"]);
    assert_eq!(details("1.1"), ["of B", "more of B"]);
    assert_eq!(doc.get("1").unwrap().span.of(source), "- [ ] 1. A\n  - first");
    assert_eq!(doc.get("1").unwrap().requirements.len(), 1);
}

#[test]
fn numbers_make_the_tree_where_nothing_is_indented() {
    let doc = Tasks::parse("- [ ] 1. A\n- [ ] 1.1 B\n- [ ] 1.1.1 C\n\n## More\n- [ ] 2.1 D\n- [ ] 1.2 E\n");
    let shape: Vec<_> = doc.tasks.iter().map(|t| (t.id.as_str(), t.depth)).collect();
    assert_eq!(shape, [("1", 0), ("1.1", 1), ("1.1.1", 2), ("2.1", 0), ("1.2", 1)]);
}

fn with_waves(json: &str) -> Tasks {
    Tasks::parse(&format!("- [ ] 1. A\n  - [ ] 1.1 B\n  - [ ]* 1.2 C\n- [ ] 2. D\n\n## Graph\n```json\n{json}\n```\n"))
}

#[test]
fn every_form_of_waves_is_read() {
    for json in [
        r#"{"waves": [{"id": 0, "tasks": ["2"]}, {"id": 1, "tasks": ["1.1"]}]}"#,
        r#"{"waves": [{"wave": 1, "description": "x", "tasks": ["2"]}, {"wave": 2, "tasks": ["1.1"]}]}"#,
        r#"{"waves": [{"id": 2, "name": "b", "tasks": ["1.1"], "depends_on": [1]}, {"id": 1, "tasks": ["2."]}]}"#,
        r#"{"waves": [["2"], ["1.1"]]}"#,
        r#"{"waves": [[2], [1.1]]}"#,
        r#"{"waves": {"0": ["2"], "1": ["1"]}}"#,
        r#"{"graph": {"waves": [["2 D"], [{"id": "1.1"}]]}}"#,
        "{\"waves\": [ // first\n [\"2\",], [\"1.1\"],],}",
    ] {
        let doc = with_waves(json);
        let order = doc.run_order();
        assert_eq!(order.problems, [], "{json}");
        let got = ids(&doc, &order.tasks);
        assert_eq!(got.iter().position(|t| t == "2"), Some(0), "{json}: {got:?}");
        assert_eq!(got.len(), 3, "{json}");
        assert!(order.by_waves);
    }
}

#[test]
fn without_whole_waves_the_document_decides() {
    let doc = with_waves(r#"{"waves": [["2"]]}"#);
    let order = doc.run_order();
    assert!(!order.by_waves);
    assert_eq!(ids(&doc, &order.tasks), ["1.1", "1.2", "2"]);
    assert_eq!(order.problems, [OrderProblem::Incomplete { tasks: vec!["1.1".to_owned()] }]);
    for text in ["1.1 -> 2", "{\"waves\": 3}", "{", "[[\"1\"]]", ""] {
        let doc = with_waves(text);
        assert_eq!((doc.waves.as_ref(), doc.run_order().by_waves), (None, false), "{text}");
    }
}

#[test]
fn what_is_wrong_with_an_order_is_told() {
    let has = |doc: &Tasks, problem: OrderProblem| {
        let problems = doc.run_order().problems;
        assert!(problems.contains(&problem), "{problem:?} in {problems:?}");
    };
    let s = str::to_owned;
    let doc = with_waves(r#"{"waves": [["9", "1"], ["2", "1.1"]]}"#);
    has(&doc, OrderProblem::UnknownTask { wave: s("0"), task: s("9") });
    has(&doc, OrderProblem::Twice { task: s("1.1") });
    let doc = with_waves(
        r#"{"waves": [{"id":"a","tasks":["1"],"depends_on":["b"]},{"id":"b","tasks":["2"],"depends_on":["a","c"]}]}"#,
    );
    has(&doc, OrderProblem::Cycle { among: vec![s("a"), s("b")] });
    has(&doc, OrderProblem::UnknownWave { wave: s("b"), depends_on: s("c") });
    assert_eq!(doc.run_order().tasks.len(), 3);
    let doc = Tasks::parse(
        "- [ ] 1. A\n  - _Depends: 2_\n- [ ] 2. B\n  - _Depends: 3_\n- [ ] 3. C\n  - _Depends: 2, 7_\n- [ ] 4. D\n  - _Depends: 4_\n",
    );
    has(&doc, OrderProblem::Cycle { among: vec![s("2"), s("3"), s("4")] });
    has(&doc, OrderProblem::TooEarly { task: s("1"), depends_on: s("2") });
    has(&doc, OrderProblem::UnknownDependency { task: s("3"), depends_on: s("7") });
}

#[test]
fn a_tick_changes_one_byte_of_the_text_that_was_seen() {
    let seen = Digest::of(PLAN);
    let ticked = tick(PLAN, seen, "3#2", Mark::Done).unwrap();
    assert_eq!(ticked, PLAN.replace("- [ ] Send", "- [x] Send"));
    let other = Digest::of("x");
    assert_eq!(tick(PLAN, other, "2", Mark::Done), Err(EditError::Changed { expected: other, found: seen }));
    assert_eq!(tick(PLAN, seen, "9", Mark::Done), Err(EditError::Unknown("9".to_owned())));
    assert_eq!(tick(PLAN, seen, "1.1", Mark::Done), Err(EditError::Already("1.1".to_owned())));
    assert_eq!(tick(PLAN, seen, "2", Mark::Other('é')), Err(EditError::Mark("2".to_owned())));
    let twice = "- [ ] 1. A\n- [ ] 1. B\n";
    let ambiguous = EditError::Ambiguous { id: "1".to_owned(), count: 2 };
    assert_eq!(tick(twice, Digest::of(twice), "1", Mark::Done), Err(ambiguous));
    let wide = "- [✓] 1. A\n";
    assert_eq!(tick(wide, Digest::of(wide), "1", Mark::Open), Err(EditError::Mark("1".to_owned())));
}

#[test]
fn a_parent_closes_with_its_last_required_child() {
    let source = "- [ ] 1. A\r\n- [-] 1.1 B\r\n- [ ] 1.1.1 C\r\n- [x] 1.1.2 D\r\n- [ ]* 1.2 E\r\n- [ ] 2. F";
    let seen = Digest::of(source);
    let edits = tick_edits(source, seen, "1.1.1", Mark::Done).unwrap();
    assert_eq!(edits.iter().map(|e| e.task.as_str()).collect::<Vec<_>>(), ["1.1.1", "1.1", "1"]);
    let closed = apply(source, seen, &edits).unwrap();
    assert_eq!(closed, "- [x] 1. A\r\n- [x] 1.1 B\r\n- [x] 1.1.1 C\r\n- [x] 1.1.2 D\r\n- [ ]* 1.2 E\r\n- [ ] 2. F");
    let back: Vec<_> = edits.iter().map(|e| e.inverse()).collect();
    assert_eq!(apply(&closed, Digest::of(&closed), &back).unwrap(), source);
    let opened = tick_edits(&closed, Digest::of(&closed), "1.1.2", Mark::Active).unwrap();
    assert_eq!(
        opened.iter().map(|e| (e.task.as_str(), e.now)).collect::<Vec<_>>(),
        [("1.1.2", b'-'), ("1.1", b' '), ("1", b' ')]
    );
    assert_eq!(tick_edits(source, seen, "2", Mark::Done).unwrap().len(), 1);
    assert_eq!(tick_edits(source, seen, "1.1.1", Mark::Active).unwrap().len(), 1);
    assert_eq!(apply(source, seen, &back), Err(EditError::Misfit(edits[0].at)));
}
