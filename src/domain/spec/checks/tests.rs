use super::*;

const REQUIREMENTS: &str = "\
# Requirements Document
## Introduction
A shop.
## Glossary
- **Order_Service**: takes orders
## Requirements
### Requirement 1: Orders
**User Story:** As a buyer, I want to order, so that I get goods.
#### Acceptance Criteria
1. WHEN an order comes, THE Order_Service SHALL store it
2. IF the store is full, THEN THE Order_Service SHALL refuse the order
### Requirement 2: Receipts
**User Story:** As a buyer, I want a receipt, so that I can prove it.
#### Acceptance Criteria
1. WHEN an order is paid, THE Order_Service SHALL send a receipt within 5 s
2. THE Order_Service SHALL keep receipts for 10 years
";

const DESIGN: &str = "\
# Design Document: Shop
## Overview
Meets Requirement 1 and Requirement 2.
## Architecture
## Components and Interfaces
## Data Models
## Correctness Properties
### Property 1: Nothing is lost
*For any* order, it is stored or refused.

**Validates: Requirements 1.1, 1.2**
## Error Handling
## Testing Strategy
";

const TASKS: &str = "\
# Implementation Plan: Shop
- [ ] 1. Orders
  - [ ] 1.1 Store them
    - In a table
    - _Requirements: 1.1, 1.2_
  - [ ]* 1.2 Test
    - **Property 1: Nothing is lost**
    - **Validates: Requirements 1.1**
- [ ] 2. Receipts
  - Send and keep them
  - _Requirements: 2.1-2.2_
- [ ] 3. Checkpoint - all tests pass
";

fn feature(first: &str, design: &str, tasks: &str) -> Vec<Finding> {
    let texts = Texts { first: Some(first), design: Some(design), tasks: Some(tasks) };
    let mut found = check(SpecKind::Feature, Depth::Standard, texts);
    // Requirement 2 has no property; that has a test of its own.
    found.retain(|f| f.code != "requirement-without-property");
    found
}

/// Code, line and file of each finding.
fn codes(findings: &[Finding]) -> Vec<(&'static str, usize, File)> {
    findings.iter().map(|f| (f.code, f.line, f.document)).collect()
}

#[test]
fn a_sound_spec_has_no_findings() {
    assert_eq!(feature(REQUIREMENTS, DESIGN, TASKS), []);
    assert_eq!(check(SpecKind::Feature, Depth::Exhaustive, Texts::default()), []);
}

/// One change to a sound spec, and what has to be found then.
fn found(document: File, from: &str, to: &str) -> Vec<(&'static str, usize, File)> {
    let change = |file: File, text: &str| {
        if file != document {
            return text.to_owned();
        }
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let findings =
        feature(&change(File::Requirements, REQUIREMENTS), &change(File::Design, DESIGN), &change(File::Tasks, TASKS));
    codes(&findings)
}

#[test]
fn each_fault_is_found_where_it_is() {
    use File::{Design, Requirements, Tasks};
    for (document, from, to, want) in [
        (
            Requirements,
            "THE Order_Service SHALL keep receipts for",
            "receipts are kept",
            vec![("ears-form", 16, Requirements)],
        ),
        (
            Requirements,
            "THE Order_Service SHALL keep",
            "THE Order_Service SHALL properly keep",
            vec![("vague-word", 16, Requirements)],
        ),
        (Requirements, "THE Order_Service SHALL keep", "THE Order_Service SHALL `properly` keep", vec![]),
        (Requirements, "2. THE Order_Service", "2. THE Archive", vec![("unknown-subject", 16, Requirements)]),
        (Requirements, "full, THEN THE", "full, THE", vec![("if-without-then", 11, Requirements)]),
        (
            Requirements,
            "### Requirement 2: Receipts",
            "### Requirement 1: Receipts",
            vec![
                ("duplicate-id", 12, Requirements),
                ("dangling-reference", 11, Tasks),
                ("dangling-reference", 11, Tasks),
            ],
        ),
        (
            Requirements,
            "2. THE Order_Service",
            "3. THE Order_Service",
            vec![
                ("criterion-without-task", 16, Requirements),
                ("number-and-place", 16, Requirements),
                ("dangling-reference", 11, Tasks),
            ],
        ),
        (
            Requirements,
            "## Glossary\n- **Order_Service**: takes orders\n",
            "",
            vec![("depth-demands", 1, Requirements)],
        ),
        (
            Requirements,
            "**User Story:** As a buyer, I want a receipt, so that I can prove it.\n",
            "",
            vec![("depth-demands", 12, Requirements)],
        ),
        (Design, "and Requirement 2", "", vec![("requirement-not-in-design", 1, Design)]),
        (Design, "1.1, 1.2**", "1.1, 1.7**", vec![("dangling-reference", 11, Design)]),
        (Design, "**Validates: Requirements 1.1, 1.2**", "", vec![("property-validates-nothing", 8, Design)]),
        (Design, "Property 1", "Property 4", vec![("depth-demands", 1, Tasks), ("dangling-reference", 6, Tasks)]),
        (Design, "## Error Handling\n", "", vec![("depth-demands", 1, Design)]),
        (Tasks, "2.1-2.2", "2.1", vec![("criterion-without-task", 16, Requirements)]),
        (Tasks, "2.1-2.2", "All requirements", vec![]),
        (Tasks, "2.1-2.2", "R2", vec![]),
        (
            Tasks,
            "    - _Requirements: 1.1, 1.2_\n",
            "    - _Requirements: 1.2_\n",
            vec![("criterion-only-optional", 10, Requirements)],
        ),
        (
            Tasks,
            "  - _Requirements: 2.1-2.2_\n",
            "",
            vec![
                ("criterion-without-task", 15, Requirements),
                ("criterion-without-task", 16, Requirements),
                ("task-without-criterion", 9, Tasks),
            ],
        ),
        (
            Tasks,
            "2.1-2.2",
            "2.1-2.2, 9.1, NFR-3",
            vec![("dangling-reference", 11, Tasks), ("dangling-reference", 11, Tasks)],
        ),
        (Tasks, "- [ ] 2. Receipts", "- [-] 1. Receipts", vec![("duplicate-id", 9, Tasks), ("interrupted", 9, Tasks)]),
        (
            Tasks,
            "- [ ] 2. Receipts",
            "- [?]* 2. Receipts",
            vec![
                ("criterion-only-optional", 15, Requirements),
                ("criterion-only-optional", 16, Requirements),
                ("unknown-mark", 9, Tasks),
                ("optional-top-task", 9, Tasks),
            ],
        ),
        (
            Tasks,
            "- [ ] 3. Checkpoint",
            "- [] 3. Checkpoint",
            vec![("depth-demands", 1, Tasks), ("odd-checkbox", 12, Tasks)],
        ),
        (
            Tasks,
            "  - Send and",
            "  - _Depends: 2, 3, 8_\n  - Send and",
            vec![("cycle", 9, Tasks), ("dangling-reference", 9, Tasks), ("too-early", 9, Tasks)],
        ),
        (
            Tasks,
            "tests pass\n",
            "tests pass\n```json\n{\"waves\": [[\"1\", \"7\"], [\"1.1\"]]}\n```\n",
            vec![("dangling-reference", 13, Tasks), ("task-in-two-waves", 13, Tasks), ("waves-incomplete", 13, Tasks)],
        ),
    ] {
        assert_eq!(found(document, from, to), want, "{document}: {from:?} -> {to:?}");
    }
}

#[test]
fn where_nothing_is_linked_it_is_said_once() {
    use File::{Design, Tasks as Plan};
    let design = DESIGN.replace("Requirement 1", "").replace("Requirement 2", "").replace("Requirements 1.1, 1.2", "");
    let found = codes(&feature(REQUIREMENTS, &design, TASKS));
    let silent: Vec<_> = found.iter().filter(|f| f.0 == "requirement-not-in-design").collect();
    assert_eq!(silent, [&("requirement-not-in-design", 1, Design)], "{design}");
    let tasks: String = TASKS.split_inclusive('\n').filter(|l| !l.contains("Requirements")).collect();
    let found = codes(&feature(REQUIREMENTS, DESIGN, &tasks));
    assert_eq!(found, [("criterion-without-task", 1, Plan), ("task-without-criterion", 3, Plan)], "{tasks}");
}

const BUGFIX: &str = "\
# Bugfix Requirements Document
## Introduction
It crashes.
### Current Behavior (Defect)
1.1 WHEN a file is empty THEN the system crashes
### Expected Behavior (Correct)
2.1 WHEN a file is empty THEN the system SHALL say so
### Unchanged Behavior (Regression Prevention)
3.1 WHEN a file has rows THEN the system SHALL CONTINUE TO read them
";

fn bugfix(text: &str) -> Vec<(&'static str, usize, File)> {
    let texts = Texts { first: Some(text), design: None, tasks: None };
    codes(&check(SpecKind::Bugfix, Depth::Light, texts))
}

#[test]
fn a_bug_analysis_without_what_must_stay_is_found() {
    assert_eq!(bugfix(BUGFIX), []);
    let cut = BUGFIX.split("### Unchanged").next().unwrap();
    assert_eq!(bugfix(cut), [("no-unchanged-behaviour", 1, File::Bugfix), ("depth-demands", 1, File::Bugfix)]);
    let said = BUGFIX.replace("SHALL CONTINUE TO read", "SHALL read");
    assert_eq!(bugfix(&said), [("unchanged-form", 9, File::Bugfix)]);
    assert_eq!(bugfix("").iter().filter(|c| c.0.starts_with("no-")).count(), 3);
}

#[test]
fn a_bugs_defect_needs_no_task() {
    let tasks = "- [ ] 1. Fix\n  - _Requirements: 2.1_\n";
    let texts = Texts { first: Some(BUGFIX), design: None, tasks: Some(tasks) };
    let found = codes(&check(SpecKind::Bugfix, Depth::Light, texts));
    assert_eq!(found, [("criterion-without-task", 9, File::Bugfix)]);
}

#[test]
fn depths_demand_more_and_more() {
    use crate::domain::spec::demands::demands;
    let count = |depth| {
        let texts = Texts { first: Some(REQUIREMENTS), design: Some(DESIGN), tasks: Some(TASKS) };
        check(SpecKind::Feature, depth, texts).len()
    };
    assert_eq!((count(Depth::Light), count(Depth::Standard)), (0, 1));
    assert!(count(Depth::Exhaustive) >= 8, "{}", count(Depth::Exhaustive));
    for (kind, files) in [
        (SpecKind::Feature, [File::Requirements, File::Design, File::Tasks]),
        (SpecKind::Bugfix, [File::Bugfix, File::Design, File::Tasks]),
    ] {
        for file in files {
            let sizes = [Depth::Light, Depth::Standard, Depth::Exhaustive].map(|d| demands(kind, d, file).len());
            assert!(sizes[0] > 0 && sizes.is_sorted(), "{kind} {file}: {sizes:?}");
        }
    }
    assert!(demands(SpecKind::Bugfix, Depth::Standard, File::Requirements).is_empty());
}

#[test]
fn other_scripts_are_not_judged_by_english_words() {
    let source = "### Requirement 1\n1. システムは注文を保存すること\n";
    let texts = Texts { first: Some(source), ..Texts::default() };
    let found = check(SpecKind::Feature, Depth::Light, texts);
    assert!(!found.iter().any(|f| f.code == "ears-form"), "{found:?}");
}

#[test]
fn the_matrix_says_what_answers_to_what() {
    use crate::domain::spec::{design::Design, requirements::Requirements, tasks::Tasks};
    let done = TASKS.replace("- [ ] 1.1", "- [x] 1.1");
    let (design, tasks) = (Design::parse(DESIGN), Tasks::parse(&done));
    let trace = trace(&Requirements::parse(REQUIREMENTS).requirements, Some(&design), Some(&tasks));
    let rows: Vec<_> =
        trace.rows.iter().map(|r| (r.id.to_string(), r.properties.clone(), r.tasks.join(" "), r.done)).collect();
    let row =
        |id: &str, properties: &[u32], tasks: &str, done| (id.to_owned(), properties.to_vec(), tasks.to_owned(), done);
    assert_eq!(
        rows,
        [
            row("1.1", &[1], "1.1 1.2", true),
            row("1.2", &[1], "1.1", true),
            row("2.1", &[], "2", false),
            row("2.2", &[], "2", false)
        ]
    );
    assert!(trace.rows.iter().all(|r| r.in_design));
    assert_eq!(trace.coverage(), (4, 4));
    assert_eq!(trace.of_task("1.1"), ["1.1".parse().unwrap(), "1.2".parse().unwrap()]);
    assert!(trace.of_task("3").is_empty());
}

fn contradicting(lines: &[&str]) -> Vec<(&'static str, usize)> {
    let list: String = lines.iter().zip(1..).map(|(line, n)| format!("{n}. {line}\n")).collect();
    let source = format!("### Requirement 1\n{list}");
    let texts = Texts { first: Some(&source), ..Texts::default() };
    let found = check(SpecKind::Feature, Depth::Light, texts);
    let own = ["contradiction", "said-twice", "different-numbers"];
    found.iter().filter(|f| own.contains(&f.code)).map(|f| (f.code, f.line)).collect()
}

#[test]
fn criteria_that_cannot_both_hold_are_found_and_exceptions_are_not() {
    for (lines, want) in [
        (
            ["WHEN x comes, THE Shop SHALL log it", "WHEN x comes, THE Shop SHALL NOT log it"],
            vec![("contradiction", 3)],
        ),
        (
            ["WHEN x comes, THE Shop SHALL log it.", "When x comes, the shop shall never log it"],
            vec![("contradiction", 3)],
        ),
        (["WHEN x comes, THE Shop SHALL log it", "WHEN y comes, THE Shop SHALL NOT log it"], vec![]),
        (["THE Shop SHALL log it", "WHERE privacy is on, THE Shop SHALL NOT log it"], vec![]),
        (["THE Shop SHALL log it", "THE Till SHALL NOT log it"], vec![]),
        (
            ["THE Shop SHALL answer within 2 seconds", "THE Shop SHALL answer within 5 seconds"],
            vec![("different-numbers", 3)],
        ),
        (
            ["THE Shop SHALL retry at most 3 times", "THE Shop SHALL retry at most 5 times"],
            vec![("different-numbers", 3)],
        ),
        (
            ["THE Shop SHALL keep logs for 30 days", "THE Shop SHALL keep logs for 90 days"],
            vec![("different-numbers", 3)],
        ),
        (["THE Shop SHALL keep logs for 30 days", "THE Shop SHALL keep orders for 90 days"], vec![]),
        (["THE Shop SHALL make a picture of 160 pixels", "THE Shop SHALL make a picture of 800 pixels"], vec![]),
        (["WHEN idle, THE Shop SHALL poll every 60 s", "WHEN busy, THE Shop SHALL poll every 5 s"], vec![]),
        (["THE Shop SHALL resize to 160 pixels", "THE Shop SHALL resize to 800 pixels"], vec![]),
        (["WHEN x comes, THE Shop SHALL log it", "WHEN x comes, THE Shop SHALL log it"], vec![("said-twice", 3)]),
        (["the shop is open", "the shop is not open"], vec![]),
    ] {
        assert_eq!(contradicting(&lines), want, "{lines:?}");
    }
}

#[test]
fn requirements_without_a_property_are_told_once_where_there_are_properties() {
    let design = DESIGN.replace("1.1, 1.2**", "1.1**");
    let of = |design: &str| {
        let texts = Texts { first: Some(REQUIREMENTS), design: Some(design), tasks: Some(TASKS) };
        let found = check(SpecKind::Feature, Depth::Standard, texts);
        found.into_iter().filter(|f| f.code == "requirement-without-property").collect::<Vec<_>>()
    };
    let found = of(&design);
    assert_eq!((found.len(), found[0].line, found[0].severity), (1, 8, Severity::Info));
    assert!(found[0].what.ends_with("validates 2"), "{}", found[0].what);
    assert_eq!(of(&design.replace("1.1**", "1.1, 2.2**")), []);
    assert_eq!(of(&design.replace("### Property 1: Nothing is lost", "### Nothing")), []);
}

#[test]
fn of_a_document_that_grows_only_what_stays_is_found() {
    let lines: Vec<&str> = REQUIREMENTS.lines().collect();
    for upto in 0..=lines.len() {
        let text: String = lines[..upto].iter().map(|l| format!("{l}\n")).collect();
        let texts = Texts { first: Some(&text), ..Texts::default() };
        assert_eq!(check_growing(SpecKind::Feature, Depth::Standard, texts, File::Requirements), [], "{text}");
        for (file, whole) in [(File::Design, DESIGN), (File::Tasks, TASKS)] {
            let part: String = whole.lines().take(upto).map(|l| format!("{l}\n")).collect();
            let mut texts = Texts { first: Some(REQUIREMENTS), design: Some(DESIGN), tasks: None };
            match file {
                File::Design => texts.design = Some(&part),
                _ => texts.tasks = Some(&part),
            }
            assert_eq!(check_growing(SpecKind::Feature, Depth::Standard, texts, file), [], "{part}");
        }
    }
    let vague = "### Requirement 1: X\n#### Acceptance Criteria\n1. THE Shop SHALL answer quickly\n";
    let texts = Texts { first: Some(vague), ..Texts::default() };
    let found = codes(&check_growing(SpecKind::Feature, Depth::Standard, texts, File::Requirements));
    assert_eq!(found, [("vague-word", 3, File::Requirements)]);
}

#[test]
fn what_only_looks_like_a_gap_is_not_told() {
    let codes = |first: &str, design: &str, tasks: &str| -> Vec<&'static str> {
        feature(first, design, tasks).into_iter().map(|f| f.code).collect()
    };
    assert_eq!(codes(REQUIREMENTS, DESIGN, TASKS), [""; 0]);
    // A measure of success is no task where tasks have numbers.
    let measures = format!("{TASKS}\n## Success\n- [ ] Nine of ten orders within a second\n");
    assert_eq!(codes(REQUIREMENTS, DESIGN, &measures), [""; 0]);
    // A sub-task whose parent is a heading may be optional.
    let headed = TASKS.replace("- [ ] 1. Orders\n", "## 1. Orders\n").replace("  - [ ]", "- [ ]");
    assert!(!codes(REQUIREMENTS, DESIGN, &headed).contains(&"optional-top-task"), "{headed}");
    // A failure may be told by WHEN.
    let when = REQUIREMENTS.replace("IF the store is full, THEN", "WHEN the store fails,");
    assert_eq!(codes(&when, DESIGN, TASKS), [""; 0]);
    let neither = REQUIREMENTS.replace("IF the store is full, THEN", "WHEN an order is large,");
    assert_eq!(codes(&neither, DESIGN, TASKS), ["depth-demands"]);
    // A criterion in brackets by itself is named.
    let brackets =
        DESIGN.replace("Meets Requirement 1 and Requirement 2.", "Meets Requirement 1, and keeps receipts (2.2).");
    assert_eq!(codes(REQUIREMENTS, &brackets, TASKS), [""; 0]);
    // An introduction in another language is known by its place.
    let other = REQUIREMENTS.replace("## Introduction", "## 導入");
    assert_eq!(codes(&other, DESIGN, TASKS), [""; 0]);
}

/// What is said of a document in which one piece is another, by the sort of finding.
fn told(document: File, from: &str, to: &str, code: &str) -> (String, String) {
    let (mut first, mut design, tasks) = (REQUIREMENTS.to_owned(), DESIGN.to_owned(), TASKS);
    match document {
        File::Design => design = design.replacen(from, to, 1),
        _ => first = first.replacen(from, to, 1),
    }
    let all = feature(&first, &design, tasks);
    let found = all.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("{all:?}"));
    (found.what.clone(), found.todo.clone())
}

#[test]
fn the_words_of_a_finding_are_true_and_say_each_thing_once() {
    let (what, _) = told(File::Requirements, "2. IF", "3. IF", "number-and-place");
    assert_eq!(what, "1.3 is written as number 3 but stands second");
    let (what, todo) = told(File::Design, "## Data Models\n", "", "depth-demands");
    assert_eq!(what, "there is no section Data Models");
    assert_eq!(todo, "Add Data Models: what is stored and exchanged.");
    let (_, todo) = told(File::Requirements, "## Glossary\n- **Order_Service**: takes orders\n", "", "depth-demands");
    assert_eq!(todo, "Add a Glossary that defines every subject of a criterion.");
    let (what, todo) = told(File::Requirements, "store it", "store it quickly on several disks", "vague-word");
    assert_eq!(what, "1.1 says \"quickly\", \"several\"");
    assert_eq!(todo, "Say within what time and how many, in terms that can be observed.");
    // What is to be done is never what was found once more.
    for depth in [Depth::Light, Depth::Standard, Depth::Exhaustive] {
        for (kind, first) in [(SpecKind::Feature, "# R\n\n### Requirement 1: A\n"), (SpecKind::Bugfix, "# B\n")] {
            let texts = Texts { first: Some(first), design: Some("# D\n"), tasks: Some("# T\n") };
            for finding in check(kind, depth, texts) {
                let Finding { what, todo, .. } = &finding;
                assert!(!todo.contains(what.as_str()) && !what.contains(todo.trim_end_matches('.')), "{finding:?}");
                assert!(todo.starts_with(char::is_uppercase) && todo.ends_with(['.', '…', '`']), "{finding:?}");
            }
        }
    }
}
