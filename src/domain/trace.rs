//! The chain from a criterion to the commits that carry it: requirements, design, tasks, changed
//! files, commits.
//!
//! Built from what is recorded and from the documents' own references; nothing is guessed from the
//! content of a change. What always holds: a change serves what its task serves, and a task that
//! names no requirement serves what the nearest task above it names.

use super::{
    path::RelPath,
    phase::{Doc, TaskId},
    session::State,
    spec::{
        SpecKind,
        bugfix::Bugfix,
        design::Design,
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
}

/// What answers to a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriterionLinks {
    /// The criterion, with the properties and tasks that name it.
    pub row: Row,
    /// The title of its requirement; empty where there is none.
    pub requirement: String,
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
        let requirements = match text(Doc::Requirements) {
            Some(text) if bugfix => Bugfix::parse(text).requirements(),
            Some(text) => Requirements::parse(text).requirements,
            None => Vec::new(),
        };
        let design = text(Doc::Design).map(Design::parse);
        let plan = text(Doc::Tasks).map(Tasks::parse);
        let matrix = trace::trace(&requirements, design.as_ref(), plan.as_ref());
        let ids: Vec<&ReqId> = matrix.rows.iter().map(|r| &r.id).collect();
        let tasks = tasks(state, plan.as_ref(), &ids);
        Self {
            criteria: matrix.rows.iter().map(|row| criterion(row, &requirements, design.as_ref(), &tasks)).collect(),
            properties: design.as_ref().map(|d| properties(d, &ids)).unwrap_or_default(),
            changes: changes(state, &tasks, &ids),
            tasks,
        }
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
            of(id, &task.title, Some(task.line), plan.is_optional(task), plan.is_done(task), serves)
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

fn criterion(row: &Row, requirements: &[Requirement], design: Option<&Design>, tasks: &[TaskLinks]) -> CriterionLinks {
    let serving = || tasks.iter().filter(|t| t.serves.contains(&row.id));
    let named = design.into_iter().flat_map(|d| &d.mentions).filter(|r| answers(std::slice::from_ref(r), &row.id));
    CriterionLinks {
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
