//! The chain from a criterion to the commits that carry it: requirements, design, properties, tasks,
//! changed files, tests, commits.
//!
//! Built from what is recorded, from the documents' own references and from what tests are called.
//! A test that names a criterion or a property serves it; one that names none serves what its file's
//! tasks serve, and is told apart. What always holds: a change serves what its task serves, and a task that
//! names no requirement serves what the nearest task above it names.

pub mod export;
pub mod things;

use super::{
    claim::{Evidence, TestResult},
    evidence::named,
    path::RelPath,
    phase::{Doc, TaskId},
    session::State,
    spec::{
        SpecKind,
        bugfix::Bugfix,
        checks::Texts,
        design::Design,
        ears::Pattern,
        refs::ReqId,
        requirements::{Requirement, Requirements},
        tasks::{Task, Tasks},
        trace::{self, Row, answers},
    },
};

/// Everything that belongs together in one spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// One for each criterion; for a requirement without criteria, one for itself.
    pub criteria: Vec<CriterionLinks>,
    /// The design's correctness properties.
    pub properties: Vec<PropertyLinks>,
    /// The tasks, in document order, and reworks that changed files.
    pub tasks: Vec<TaskLinks>,
    /// Changed files, by path.
    pub changes: Vec<ChangeLinks>,
    /// Requirements with their lines, in document order.
    pub requirements: Vec<(ReqId, usize)>,
    /// Lines of the design's headings.
    pub sections: Vec<usize>,
    /// Sections of the design that name criteria.
    pub parts: Vec<PartLinks>,
    /// Tests in changed files, by path and line.
    pub tests: Vec<TestLinks>,
    /// Commits of documents, tasks and records, oldest first: id and what it was.
    pub commits: Vec<(String, String)>,
    /// The last run of the tests.
    pub run: Option<RunLinks>,
    /// There is a design to name criteria.
    pub has_design: bool,
    /// There is a plan.
    pub has_plan: bool,
}

/// What a section of the design names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartLinks {
    /// Its heading's line, from 1.
    pub line: usize,
    /// Its title.
    pub title: String,
    /// The criteria that it names, in document order.
    pub serves: Vec<ReqId>,
}

/// A test and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestLinks {
    /// Its file.
    pub path: RelPath,
    /// Its line, from 1.
    pub line: usize,
    /// Its name or title.
    pub name: String,
    /// It names what it serves itself; else it serves what its file's tasks do.
    pub by_name: bool,
    /// The properties that it names.
    pub properties: Vec<u32>,
    /// The criteria that it serves, in document order.
    pub serves: Vec<ReqId>,
    /// The tasks that changed its file.
    pub tasks: Vec<TaskId>,
}

/// A run of the tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLinks {
    /// In which task.
    pub task: TaskId,
    /// What it said.
    pub evidence: Evidence,
    /// Files were changed after it.
    pub stale: bool,
}

impl RunLinks {
    /// True where the tests passed.
    pub fn passed(&self) -> bool {
        self.evidence.result == TestResult::Passed
    }

    /// In a line: `npm test: 12 passed (task 2)`.
    pub fn words(&self) -> String {
        let stale = if self.stale { "; files were changed since" } else { "" };
        format!("{} (task {}{stale})", self.evidence.line(), self.task)
    }
}

/// What answers to a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriterionLinks {
    /// The criterion, with the properties and tasks that name it.
    pub row: Row,
    /// The title of its requirement; empty where there is none.
    pub requirement: String,
    /// Its sentence form.
    pub form: Pattern,
    /// Tests that serve it, by their places in [`Chain::tests`].
    pub tests: Vec<usize>,
    /// The design's lines that name it or its requirement, from 1.
    pub design_lines: Vec<usize>,
    /// Files changed for it.
    pub files: Vec<RelPath>,
    /// Commits of tasks that serve it: id and what it was.
    pub commits: Vec<(String, String)>,
}

/// What a correctness property validates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyLinks {
    /// Its number.
    pub number: u32,
    /// Its title; empty where there is none.
    pub title: String,
    /// Its line in the design, from 1.
    pub line: usize,
    /// The criteria it validates, in document order.
    pub serves: Vec<ReqId>,
}

/// What a task serves and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLinks {
    /// Its id.
    pub id: TaskId,
    /// Its title; empty for a rework.
    pub title: String,
    /// Its line in the plan, from 1; nothing for a rework, which no plan has.
    pub line: Option<usize>,
    /// How far it is.
    pub stage: Stage,
    /// True where it may be left out.
    pub optional: bool,
    /// The criteria it serves, in document order.
    pub serves: Vec<ReqId>,
    /// It names criteria itself, not only through the task above.
    pub names: bool,
    /// The properties that it names.
    pub properties: Vec<u32>,
    /// Files it changed.
    pub files: Vec<RelPath>,
    /// Commits that finished it: id and what it was.
    pub commits: Vec<(String, String)>,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not begun.
    Open,
    /// Under way.
    Now,
    /// Done.
    Done,
}

/// What a changed file is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeLinks {
    /// The file.
    pub path: RelPath,
    /// The tasks that changed it, in the order they did.
    pub tasks: Vec<TaskId>,
    /// True when all of it is committed.
    pub committed: bool,
    /// The criteria that these tasks serve, in document order.
    pub serves: Vec<ReqId>,
}

impl Chain {
    /// The chain of a spec, from its documents as they stand (else as they were last drafted).
    pub fn of(state: &State) -> Self {
        let text = |doc| state.current(doc).or_else(|| state.latest(doc)).map(|r| r.text.as_str());
        let bugfix = state.start.as_ref().is_some_and(|s| s.kind == SpecKind::Bugfix);
        let texts = Texts { first: text(Doc::Requirements), design: text(Doc::Design), tasks: text(Doc::Tasks) };
        Self::of_texts(bugfix, texts, state)
    }

    /// The chain of these documents, with what was done for them.
    pub fn of_texts(bugfix: bool, texts: Texts<'_>, state: &State) -> Self {
        let requirements = match texts.first {
            Some(text) if bugfix => Bugfix::parse(text).requirements(),
            Some(text) => Requirements::parse(text).requirements,
            None => Vec::new(),
        };
        let design = texts.design.map(Design::parse);
        let plan = texts.tasks.map(Tasks::parse);
        let matrix = trace::trace(&requirements, design.as_ref(), plan.as_ref());
        let ids: Vec<&ReqId> = matrix.rows.iter().map(|r| &r.id).collect();
        let tasks = tasks(state, plan.as_ref(), &ids);
        let properties = design.as_ref().map(|d| properties(d, &ids)).unwrap_or_default();
        let changes = changes(state, &tasks, &ids);
        let tests = tests(state, &changes, &properties, &ids);
        let of = |row| criterion(row, &requirements, design.as_ref(), &tasks, &tests);
        Self {
            criteria: matrix.rows.iter().map(of).collect(),
            requirements: requirements.iter().map(|r| (r.id.clone(), r.line)).collect(),
            sections: design.iter().flat_map(|d| d.sections.iter().map(|s| s.line)).collect(),
            parts: design.as_ref().map(|d| parts(d, &ids)).unwrap_or_default(),
            commits: state.commits.clone(),
            run: state.tested.as_ref().map(|(task, evidence, applied)| RunLinks {
                task: task.clone(),
                evidence: evidence.clone(),
                stale: state.applied.len() > *applied,
            }),
            has_design: design.is_some(),
            has_plan: plan.is_some(),
            properties,
            changes,
            tests,
            tasks,
        }
    }

    /// The test in this line of a file.
    pub fn test(&self, path: &RelPath, line: usize) -> Option<&TestLinks> {
        self.tests.iter().find(|t| t.path == *path && t.line == line)
    }

    /// The criterion with this id.
    pub fn criterion(&self, id: &ReqId) -> Option<&CriterionLinks> {
        self.criteria.iter().find(|c| c.row.id == *id)
    }

    /// The task with this id.
    pub fn task(&self, id: &TaskId) -> Option<&TaskLinks> {
        self.tasks.iter().find(|t| t.id == *id)
    }

    /// Criteria that at least one task serves, and all criteria.
    pub fn coverage(&self) -> (usize, usize) {
        let served = |c: &&CriterionLinks| !c.row.tasks.is_empty();
        (self.criteria.iter().filter(served).count(), self.criteria.len())
    }
}

fn properties(design: &Design, ids: &[&ReqId]) -> Vec<PropertyLinks> {
    let links = design.properties.iter().map(|p| PropertyLinks {
        number: p.number,
        title: p.title.clone(),
        line: p.line,
        serves: ids.iter().filter(|id| answers(&p.validates, id)).map(|id| (*id).clone()).collect(),
    });
    links.collect()
}

fn tasks(state: &State, plan: Option<&Tasks>, ids: &[&ReqId]) -> Vec<TaskLinks> {
    let stage = |id: &TaskId, done: bool| {
        if state.task() == Some(id) {
            Stage::Now
        } else if done || state.flow.done.contains(id) {
            Stage::Done
        } else {
            Stage::Open
        }
    };
    let of = |id: TaskId, title: &str, line, optional, done, serves| TaskLinks {
        names: false,
        properties: Vec::new(),
        stage: stage(&id, done),
        files: distinct(state.applied.iter().filter(|a| a.task == id).map(|a| a.change.path.clone())),
        commits: state.commits.iter().filter(|(_, what)| *what == format!("task {id}")).cloned().collect(),
        title: title.to_owned(),
        line,
        optional,
        serves,
        id,
    };
    let planned = plan.into_iter().flat_map(|plan| plan.tasks.iter().map(move |task| (plan, task)));
    let mut all: Vec<TaskLinks> = planned
        .map(|(plan, task)| {
            let serves = serves(plan, task, ids);
            let id = TaskId(task.id.clone());
            let links = of(id, &task.title, Some(task.line), plan.is_optional(task), plan.is_done(task), serves);
            TaskLinks {
                names: !task.requirements.is_empty() || task.is_leaf(),
                properties: task.properties.clone(),
                ..links
            }
        })
        .collect();
    // What was changed for a task that the plan does not have: a rework, or an earlier plan's.
    let others = distinct(state.applied.iter().map(|a| a.task.clone()));
    for id in others {
        if !all.iter().any(|t| t.id == id) {
            all.push(of(id, "", None, false, false, Vec::new()));
        }
    }
    all
}

/// What a task names, else what the nearest task above it does.
fn serves(plan: &Tasks, task: &Task, ids: &[&ReqId]) -> Vec<ReqId> {
    let named = std::iter::once(task).chain(plan.ancestors(task)).find(|t| !t.requirements.is_empty());
    let Some(named) = named else { return Vec::new() };
    ids.iter().filter(|id| answers(&named.requirements, id)).map(|id| (*id).clone()).collect()
}

/// Sections that name criteria in their own text. Properties are things of their own.
fn parts(design: &Design, ids: &[&ReqId]) -> Vec<PartLinks> {
    let of_property = |line: usize| design.properties.iter().any(|p| p.line == line);
    let sections = design.sections.iter().filter(|s| !of_property(s.line)).map(|section| {
        let named = design.mentions.iter().filter(|m| section.own.contains(m.span.start));
        let named: Vec<_> = named.cloned().collect();
        PartLinks {
            line: section.line,
            title: section.title.clone(),
            serves: ids.iter().filter(|id| answers(&named, id)).map(|id| (*id).clone()).collect(),
        }
    });
    sections.filter(|part| !part.serves.is_empty()).collect()
}

/// The tests of the files as their last applied change left them.
fn tests(state: &State, changes: &[ChangeLinks], properties: &[PropertyLinks], ids: &[&ReqId]) -> Vec<TestLinks> {
    let mut all = Vec::new();
    for change in changes {
        let last = state.applied.iter().rev().find(|a| a.change.path == change.path);
        let text = last.and_then(|a| a.change.after.as_ref()).and_then(|file| file.text());
        let Some(text) = text.filter(|text| named::is_test(change.path.as_str(), text)) else { continue };
        for test in named::tests(change.path.as_str(), text) {
            let says = |id: &ReqId| {
                let names = |n: &ReqId| n.covers(id) || id.covers(n);
                let property = |p: &&PropertyLinks| test.properties.contains(&p.number) && p.serves.contains(id);
                test.ids.iter().any(names) || test.perhaps.contains(id) || properties.iter().any(|p| property(&p))
            };
            let said: Vec<ReqId> = ids.iter().filter(|id| says(id)).map(|id| (*id).clone()).collect();
            let by_name = !said.is_empty();
            all.push(TestLinks {
                path: change.path.clone(),
                line: test.line,
                name: test.name,
                by_name,
                properties: test.properties,
                serves: if by_name { said } else { change.serves.clone() },
                tasks: change.tasks.clone(),
            });
        }
    }
    all
}

fn criterion(
    row: &Row,
    requirements: &[Requirement],
    design: Option<&Design>,
    tasks: &[TaskLinks],
    tests: &[TestLinks],
) -> CriterionLinks {
    let serving = || tasks.iter().filter(|t| t.serves.contains(&row.id));
    let named = design.into_iter().flat_map(|d| &d.mentions).filter(|r| answers(std::slice::from_ref(r), &row.id));
    let form =
        requirements.iter().flat_map(|r| &r.criteria).find(|c| c.id == row.id).map_or(Pattern::None, |c| c.pattern);
    CriterionLinks {
        form,
        tests: (0..tests.len()).filter(|i| tests.get(*i).is_some_and(|t| t.serves.contains(&row.id))).collect(),
        requirement: requirements.iter().find(|r| r.id == row.id.root()).map(|r| r.title.clone()).unwrap_or_default(),
        design_lines: distinct(named.map(|r| r.line)),
        files: distinct(serving().flat_map(|t| t.files.iter().cloned())),
        commits: distinct(serving().flat_map(|t| t.commits.iter().cloned())),
        row: row.clone(),
    }
}

fn changes(state: &State, tasks: &[TaskLinks], ids: &[&ReqId]) -> Vec<ChangeLinks> {
    let mut paths: Vec<&RelPath> = state.applied.iter().map(|a| &a.change.path).collect();
    paths.sort();
    paths.dedup();
    let links = paths.into_iter().map(|path| {
        let of = || state.applied.iter().filter(|a| a.change.path == *path);
        let by = distinct(of().map(|a| a.task.clone()));
        let served = |id: &&&ReqId| tasks.iter().any(|t| by.contains(&t.id) && t.serves.contains(id));
        ChangeLinks {
            path: path.clone(),
            committed: of().all(|a| a.committed),
            serves: ids.iter().filter(served).map(|id| (*id).clone()).collect(),
            tasks: by,
        }
    });
    links.collect()
}

/// Each once, in the order of first appearance.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all = Vec::new();
    for item in items {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

#[cfg(test)]
mod tests;
