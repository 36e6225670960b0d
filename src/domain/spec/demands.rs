//! What each depth demands of each document: data that prompts print and checks test.

use serde::Serialize;

use super::kind::{Depth, File, SpecKind};

/// One thing a document has to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Demand {
    /// The sentence that tells a writer.
    pub text: &'static str,
    /// What is tested.
    pub rule: Rule,
}

/// A demand in a form that can be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A section of this name: its title contains one of these, in lower case.
    Section(&'static str, &'static [&'static str]),
    /// The same, or a section of another language in its place.
    Introduction(&'static str, &'static [&'static str]),
    /// A user story in each requirement.
    Story,
    /// At least so many criteria in each requirement.
    Criteria(usize),
    /// An IF … THEN criterion somewhere.
    UnwantedSomewhere,
    /// An IF … THEN criterion in each requirement.
    UnwantedEach,
    /// At least so many clauses of unchanged behaviour.
    Unchanged(usize),
    /// As many clauses of expected behaviour as of current behaviour.
    ExpectedEach,
    /// At least so many correctness properties.
    Properties(usize),
    /// A correctness property for each requirement.
    PropertyEach,
    /// At least one task.
    Tasks,
    /// A checkpoint among the tasks.
    Checkpoint,
    /// A task, optional or not, for each correctness property.
    PropertyTask,
    /// A required task for each correctness property.
    PropertyTaskRequired,
    /// Details under each leaf task.
    Details,
    /// Dependency waves.
    Waves,
}

impl Demand {
    /// What to do where it is not met.
    pub fn todo(&self) -> String {
        let named = matches!(self.rule, Rule::Section(name, _) if self.text.starts_with(name));
        let mut rest = self.text.chars();
        match rest.next() {
            // The name of a section keeps its capitals.
            Some(first) if !named => format!("Add {}{}", first.to_lowercase(), rest.as_str()),
            _ => format!("Add {}", self.text),
        }
    }
}

/// What a document has to have. Empty where the file is not part of this kind of spec.
pub fn demands(kind: SpecKind, depth: Depth, file: File) -> &'static [Demand] {
    match (file, kind, depth) {
        (File::Requirements, SpecKind::Feature, Depth::Light) => &[INTRODUCTION, CRITERIA_1],
        (File::Requirements, SpecKind::Feature, Depth::Standard) => {
            &[INTRODUCTION, GLOSSARY, STORY, CRITERIA_2, UNWANTED_SOMEWHERE]
        }
        (File::Requirements, SpecKind::Feature, Depth::Exhaustive) => {
            &[INTRODUCTION, GLOSSARY, STORY, CRITERIA_3, UNWANTED_EACH, NON_FUNCTIONAL, OUT_OF_SCOPE]
        }
        (File::Bugfix, SpecKind::Bugfix, Depth::Light) => &[INTRODUCTION, UNCHANGED_1],
        (File::Bugfix, SpecKind::Bugfix, Depth::Standard) => &[INTRODUCTION, EXPECTED_EACH, UNCHANGED_2],
        (File::Bugfix, SpecKind::Bugfix, Depth::Exhaustive) => &[INTRODUCTION, EXPECTED_EACH, UNCHANGED_4],
        (File::Requirements, SpecKind::Bugfix, _) | (File::Bugfix, SpecKind::Feature, _) => &[],
        (File::Design, SpecKind::Feature, Depth::Light) => &[OVERVIEW, COMPONENTS, TESTING],
        (File::Design, SpecKind::Feature, Depth::Standard) => {
            &[OVERVIEW, ARCHITECTURE, COMPONENTS, DATA, PROPERTIES_1, ERRORS, TESTING]
        }
        (File::Design, SpecKind::Feature, Depth::Exhaustive) => {
            &[OVERVIEW, ARCHITECTURE, COMPONENTS, DATA, PROPERTY_EACH, ERRORS, SECURITY, ALTERNATIVES, TESTING]
        }
        (File::Design, SpecKind::Bugfix, Depth::Light) => &[OVERVIEW, CAUSE, FIX, TESTING],
        (File::Design, SpecKind::Bugfix, Depth::Standard) => {
            &[OVERVIEW, DETAILS_OF_BUG, CAUSE, PROPERTIES_2, FIX, TESTING]
        }
        (File::Design, SpecKind::Bugfix, Depth::Exhaustive) => {
            &[OVERVIEW, GLOSSARY, DETAILS_OF_BUG, CAUSE, PROPERTIES_2, FIX, ALTERNATIVES, TESTING]
        }
        (File::Tasks, _, Depth::Light) => &[TASKS],
        (File::Tasks, _, Depth::Standard) => &[TASKS, CHECKPOINT, PROPERTY_TASK],
        (File::Tasks, _, Depth::Exhaustive) => &[TASKS, CHECKPOINT, PROPERTY_TASK_REQUIRED, DETAILS, WAVES],
    }
}

const fn section(name: &'static str, text: &'static str, any: &'static [&'static str]) -> Demand {
    Demand { text, rule: Rule::Section(name, any) }
}

const fn demand(text: &'static str, rule: Rule) -> Demand {
    Demand { text, rule }
}

const INTRODUCTION: Demand = demand(
    "An Introduction that says what is wanted and why.",
    Rule::Introduction("Introduction", &["introduction", "overview", "はじめに", "概要"]),
);
const GLOSSARY: Demand = section(
    "Glossary",
    "A Glossary that defines every subject of a criterion.",
    &["glossary", "terms", "definitions", "用語"],
);
const NON_FUNCTIONAL: Demand = section(
    "Non-Functional Requirements",
    "A Non-Functional Requirements section: performance, security, operation, with numbers.",
    &["non-functional", "nonfunctional", "quality attributes", "derived requirement", "非機能"],
);
const OUT_OF_SCOPE: Demand = section(
    "Out of Scope",
    "An Out of Scope section that names what is left out.",
    &["out of scope", "non-goals", "scope", "boundary", "スコープ"],
);
const STORY: Demand = demand("A user story (As a …, I want …, so that …) in each requirement.", Rule::Story);
const CRITERIA_1: Demand = demand("At least one acceptance criterion in each requirement.", Rule::Criteria(1));
const CRITERIA_2: Demand = demand("At least two acceptance criteria in each requirement.", Rule::Criteria(2));
const CRITERIA_3: Demand = demand("At least three acceptance criteria in each requirement.", Rule::Criteria(3));
const UNWANTED_SOMEWHERE: Demand =
    demand("At least one IF … THEN criterion for what can go wrong.", Rule::UnwantedSomewhere);
const UNWANTED_EACH: Demand =
    demand("An IF … THEN criterion for what can go wrong in each requirement.", Rule::UnwantedEach);
const UNCHANGED_1: Demand =
    demand("At least one clause of unchanged behaviour (SHALL CONTINUE TO).", Rule::Unchanged(1));
const UNCHANGED_2: Demand =
    demand("At least two clauses of unchanged behaviour (SHALL CONTINUE TO).", Rule::Unchanged(2));
const UNCHANGED_4: Demand =
    demand("At least four clauses of unchanged behaviour (SHALL CONTINUE TO).", Rule::Unchanged(4));
const EXPECTED_EACH: Demand =
    demand("For each clause of current behaviour a clause of expected behaviour.", Rule::ExpectedEach);
const OVERVIEW: Demand =
    section("Overview", "An Overview of the solution.", &["overview", "introduction", "summary", "概要"]);
const ARCHITECTURE: Demand = section(
    "Architecture",
    "An Architecture section with a diagram or a list of parts.",
    &["architecture", "アーキテクチャ"],
);
const COMPONENTS: Demand = section(
    "Components and Interfaces",
    "Components and Interfaces: each part, what it offers and what it needs.",
    &["component", "interface", "architecture", "コンポーネント"],
);
const DATA: Demand = section(
    "Data Models",
    "Data Models: what is stored and exchanged.",
    &["data model", "data design", "schema", "データ"],
);
const ERRORS: Demand =
    section("Error Handling", "Error Handling: what fails, and what happens then.", &["error", "failure", "エラー"]);
const SECURITY: Demand = section(
    "Security Considerations",
    "Security Considerations: who may do what, and what is kept from whom.",
    &["security", "threat", "セキュリティ"],
);
const ALTERNATIVES: Demand = section(
    "Alternatives Considered",
    "Alternatives Considered: what was not chosen, and why.",
    &["alternative", "decision", "trade-off", "tradeoff", "rationale"],
);
const TESTING: Demand =
    section("Testing Strategy", "A Testing Strategy.", &["test", "validation", "verification", "テスト"]);
const DETAILS_OF_BUG: Demand = section(
    "Bug Details",
    "Bug Details: the condition under which the defect shows, with examples.",
    &["bug detail", "bug condition", "fault condition", "reproduc"],
);
const CAUSE: Demand =
    section("Root Cause", "The root cause, or the best hypothesis of it.", &["cause", "hypothes", "原因"]);
const FIX: Demand = section(
    "Fix Implementation",
    "The fix: which files change, and how.",
    &["fix", "implementation", "changes required", "修正"],
);
const PROPERTIES_1: Demand =
    demand("At least one correctness property that says which criteria it validates.", Rule::Properties(1));
const PROPERTIES_2: Demand = demand(
    "Two correctness properties: the fix (bug condition) and what it preserves, with the clauses they validate.",
    Rule::Properties(2),
);
const PROPERTY_EACH: Demand = demand("A correctness property for each requirement.", Rule::PropertyEach);
const TASKS: Demand = demand("Tasks as checkboxes, each a step that can be built and checked.", Rule::Tasks);
const CHECKPOINT: Demand = demand("A checkpoint task where all tests are run.", Rule::Checkpoint);
const PROPERTY_TASK: Demand = demand("A test task for each correctness property.", Rule::PropertyTask);
const PROPERTY_TASK_REQUIRED: Demand =
    demand("A required test task (no star) for each correctness property.", Rule::PropertyTaskRequired);
const DETAILS: Demand = demand("Details under each task: what is built, where, and how it is checked.", Rule::Details);
const WAVES: Demand = demand(
    "A Task Dependency Graph: a fenced json block {\"waves\": [{\"id\": 0, \"tasks\": [\"1.1\"]}]} with every task.",
    Rule::Waves,
);
