use crate::domain::spec::{
    bugfix::{Bugfix, Group},
    design::Design,
    ears::Pattern,
    requirements::Requirements,
};

fn shape(doc: &Requirements) -> Vec<(String, String, Vec<String>)> {
    let criteria = |r: &super::super::requirements::Requirement| r.criteria.iter().map(|c| c.id.to_string()).collect();
    doc.requirements.iter().map(|r| (r.id.to_string(), r.title.clone(), criteria(r))).collect()
}

fn row(id: &str, title: &str, criteria: &[&str]) -> (String, String, Vec<String>) {
    (id.to_owned(), title.to_owned(), criteria.iter().map(|c| (*c).to_owned()).collect())
}

const FEATURE: &str = "\
# Requirements Document

## Introduction
Requirement 9 is not here.

## Glossary
- **Order_Service**: takes orders
- **Basket** - holds
  goods
| Term | Meaning |
|---|---|
| `Till` | takes money |

## Requirements

### Requirement 1: Taking orders

**User Story:** As a buyer, I want to order,
so that I get goods.

#### Acceptance Criteria

1. WHEN an order comes, THE Order_Service SHALL store it
   and answer:
   - with an id
   - with a date
2. IF the store is full,
THEN THE Order_Service SHALL refuse

### Requirement 2

#### Acceptance Criteria
1. THE Basket SHALL be kept
---
### Derived Requirement 1: Speed
1. THE Order_Service SHALL answer within 200 ms

## Non-Functional Requirements
- fast

## Out of Scope
1. Payment
";

#[test]
fn a_feature_is_read() {
    let doc = Requirements::parse(FEATURE);
    assert_eq!(
        shape(&doc),
        [row("1", "Taking orders", &["1.1", "1.2"]), row("2", "", &["2.1"]), row("DR1", "Speed", &["DR1.1"])]
    );
    let first = &doc.requirements[0];
    assert_eq!(first.story.as_ref().unwrap().text, "As a buyer, I want to order, so that I get goods.");
    assert_eq!(
        first.criteria[0].text,
        "WHEN an order comes, THE Order_Service SHALL store it and answer: - with an id - with a date"
    );
    assert!(first.criteria[0].span.of(FEATURE).starts_with("1. WHEN"));
    assert!(first.criteria[0].span.of(FEATURE).ends_with("with a date"));
    assert_eq!((first.criteria[1].pattern, first.criteria[1].line), (Pattern::Unwanted, 27));
    assert_eq!(doc.requirements[1].criteria[0].text, "THE Basket SHALL be kept");
    let terms: Vec<_> = doc.glossary.iter().map(|t| (t.name.as_str(), t.meaning.as_str())).collect();
    assert_eq!(terms, [("Order_Service", "takes orders"), ("Basket", "holds"), ("Till", "takes money")]);
    assert_eq!(doc.glossary[2].span.of(FEATURE), "Till");
    assert_eq!(doc.to_string(), FEATURE);
    assert_eq!(doc.criterion(&"1.2".parse().unwrap()).unwrap().line, 27);
}

#[test]
fn windows_line_endings_change_nothing() {
    let doc = Requirements::parse(&FEATURE.replace('\n', "\r\n"));
    assert_eq!(shape(&doc), shape(&Requirements::parse(FEATURE)));
    assert_eq!(doc.glossary.len(), 3);
}

#[test]
fn older_and_other_forms_are_read() {
    for (source, want) in [
        ("### Requirement 1\n\n1. WHEN x THEN system SHALL y", vec![row("1", "", &["1.1"])]),
        (
            "## Requirement 2 - Name\n- **2.1** THE A SHALL b\n- **2.2** THE A SHALL c",
            vec![row("2", "Name", &["2.1", "2.2"])],
        ),
        (
            "### 1. Name\n**Acceptance Criteria:**\n- THE A SHALL b\n* THE A SHALL c",
            vec![row("1", "Name", &["1.1", "1.2"])],
        ),
        ("### R3: Name\n3.1 THE A SHALL b\n3.3 THE A SHALL c", vec![row("3", "Name", &["3.1", "3.3"])]),
        ("### DR1: Speed\n1. THE A SHALL b", vec![row("DR1", "Speed", &["DR1.1"])]),
        ("### NFR-2: Speed\n1. THE A SHALL b", vec![row("NFR2", "Speed", &["NFR2.1"])]),
        ("### 要件 4: 名前\n#### 受け入れ基準\n1. When x, the A shall b", vec![row("4", "名前", &["4.1"])]),
        ("### Requirement 1\n1. A\n1. B\n1. C", vec![row("1", "", &["1.1", "1.2", "1.3"])]),
        ("### Requirement 1\n1. A\n3. B", vec![row("1", "", &["1.1", "1.3"])]),
        ("### Requirement 1\n1. A\n2. B\n\n**More**\n1. C", vec![row("1", "", &["1.1", "1.2", "1.3"])]),
        ("### Requirement 1\n```\n1. A\n### Requirement 2\n```\n", vec![row("1", "", &[])]),
        (
            "### Name\n#### Acceptance Criteria\n1. A\n### Other\n#### Acceptance Criteria\n1. B",
            vec![row("1", "Name", &["1.1"]), row("2", "Other", &["2.1"])],
        ),
        ("### 1. Overview\ntext\n### Phase 2\n1. not a criterion", vec![]),
    ] {
        assert_eq!(shape(&Requirements::parse(source)), want, "{source}");
    }
}

#[test]
fn a_number_that_differs_from_the_place_is_told() {
    let doc = Requirements::parse("### Requirement 1\n1. A\n3. B");
    let written: Vec<_> = doc.criteria().map(|c| c.written).collect();
    assert_eq!(written, [None, Some(3)]);
}

#[test]
fn a_bug_analysis_is_read() {
    let source = "\
# Bugfix Requirements Document
## Introduction
Expected nothing.
## Bug Analysis
### Current Behavior (Defect)
1.1 WHEN a file is empty THEN the system crashes
1.2 WHEN it is large
THEN the system hangs

### Expected Behavior (Correct)
- 2.1 WHEN a file is empty THEN the system SHALL say so
### Unchanged Behavior (Regression Prevention)
3.1 WHEN a file has rows THEN the system SHALL CONTINUE TO read them
";
    let doc = Bugfix::parse(source);
    let groups: Vec<_> = doc.groups.iter().map(|(g, r)| (*g, r.criteria.len())).collect();
    assert_eq!(groups, [(Group::Current, 2), (Group::Expected, 1), (Group::Unchanged, 1)]);
    let clauses: Vec<_> = doc.clauses().map(|c| (c.id.to_string(), c.line)).collect();
    assert_eq!(clauses, [("1.1".into(), 6), ("1.2".into(), 7), ("2.1".into(), 11), ("3.1".into(), 13)]);
    assert_eq!(doc.clauses().nth(1).unwrap().text, "WHEN it is large THEN the system hangs");
    assert_eq!(doc.to_string(), source);
}

#[test]
fn clauses_are_found_without_their_headings_and_numbers() {
    let bare = Bugfix::parse("1.1 WHEN a THEN b\n2.1 WHEN a THEN c\n3.1 WHEN d THEN e");
    assert_eq!(
        bare.groups.iter().map(|(g, _)| *g).collect::<Vec<_>>(),
        [Group::Current, Group::Expected, Group::Unchanged]
    );
    let listed = Bugfix::parse("## Current\n1. a\n2. b\n## Expected\n- c\n");
    let ids: Vec<_> = listed.clauses().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, ["1.1", "1.2", "2.1"]);
    assert!(listed.group(Group::Unchanged).is_none());
}

#[test]
fn a_design_is_read() {
    let source = "\
# Design Document: Shop
## Overview
Meets Requirement 3.2 and Req 4.
| Requirement | Part |
|---|---|
| 5 | Store |

| Code | Meaning |
|---|---|
| 404 | not found |
| 6.1, 6.2 | see there |
## Correctness Properties
### Property 1: Order is kept

*For any* file, the order SHALL
be kept.

**Validates: Requirements 2.2, 2.5**

**Property 2: Nothing is lost**
For any file.
- **Validates:** Requirement 7.1
## Error Handling
`Requirements` as a word. 8.1 alone.
```
Requirement 9
```
";
    let doc = Design::parse(source);
    let properties: Vec<_> = doc.properties.iter().map(|p| (p.number, p.title.as_str(), p.text.as_str())).collect();
    assert_eq!(
        properties,
        [(1, "Order is kept", "*For any* file, the order SHALL be kept."), (2, "Nothing is lost", "For any file.")]
    );
    let validates =
        |n: usize| doc.properties[n].validates.iter().map(|r| r.ids().next().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(validates(0), ["2.2", "2.5"]);
    assert_eq!(validates(1), ["7.1"]);
    let mentions: Vec<_> = doc.mentions.iter().flat_map(|m| m.ids()).map(ToString::to_string).collect();
    assert_eq!(mentions, ["3.2", "4", "5", "6.1", "6.2", "2.2", "2.5", "7.1"]);
    assert_eq!(doc.to_string(), source);
}

#[test]
fn criteria_in_brackets_by_themselves_are_named_and_are_no_links() {
    let source = "# Design\n\nOnly from the list (1.4). 一覧から（3.1/3.2、5.2）。 Both (4.x). At 0.7 (0.7), in step (3), \
                  see (the 1.2 release) and (2.1, later).\n\n```\n(9.1)\n```\n";
    let doc = Design::parse(source);
    let ids: Vec<String> = doc.asides.iter().flat_map(|r| r.ids()).map(ToString::to_string).collect();
    assert_eq!(ids, ["1.4", "3.1", "3.2", "5.2", "4"]);
    assert!(doc.mentions.is_empty());
}

#[test]
fn criteria_under_two_headings_of_criteria_are_read_once() {
    let text = "# R\n\n## Requirement 1: A\n\n### Acceptance Criteria\n\n1. THE System SHALL a.\n\n#### More \
                acceptance criteria\n\n2. THE System SHALL b.\n";
    let doc = Requirements::parse(text);
    let ids: Vec<String> = doc.criteria().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, ["1.1", "1.2"]);
}
