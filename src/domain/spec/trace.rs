//! Traceability: which properties and tasks answer to a criterion, and which criteria a task serves.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{
    design::Design,
    refs::{Ref, ReqId},
    requirements::Requirement,
    tasks::{Task, Tasks},
};

/// The matrix: one row a criterion, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// One for each criterion; for a requirement without criteria, one for itself.
    pub rows: Vec<Row>,
    /// For each task that names something, its id and the rows' ids it serves, in document order.
    pub tasks: Vec<(String, Vec<ReqId>)>,
}

/// What answers to one criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The criterion, or the requirement where it has none.
    pub id: ReqId,
    /// The criterion's text, or the requirement's title.
    pub text: String,
    /// Its line in the first document, from 1.
    pub line: usize,
    /// True where the design speaks of it or of its requirement.
    pub in_design: bool,
    /// The numbers of the properties that validate it.
    pub properties: Vec<u32>,
    /// The ids of the tasks that name it.
    pub tasks: Vec<String>,
    /// True where one of these tasks is required.
    pub required: bool,
    /// True where there are such tasks and all that are required are done.
    pub done: bool,
}

impl Trace {
    /// Rows with at least one task, and all rows.
    pub fn coverage(&self) -> (usize, usize) {
        (self.rows.iter().filter(|r| !r.tasks.is_empty()).count(), self.rows.len())
    }

    /// The criteria that a task serves.
    pub fn of_task(&self, id: &str) -> &[ReqId] {
        self.tasks.iter().find(|(task, _)| task == id).map_or(&[], |(_, ids)| ids)
    }

    /// The row of one criterion.
    pub fn row(&self, id: &ReqId) -> Option<&Row> {
        self.rows.iter().find(|r| r.id == *id)
    }
}

/// Builds the matrix from what is there.
pub fn trace(requirements: &[Requirement], design: Option<&Design>, tasks: Option<&Tasks>) -> Trace {
    let mut rows = Vec::new();
    for requirement in requirements {
        if requirement.criteria.is_empty() {
            rows.push(row(&requirement.id, &requirement.title, requirement.line, design, tasks));
        }
        for criterion in &requirement.criteria {
            rows.push(row(&criterion.id, &criterion.text, criterion.line, design, tasks));
        }
    }
    let ids: Vec<&ReqId> = rows.iter().map(|r| &r.id).collect();
    let serves = |task: &Task| {
        let served = ids.iter().filter(|id| answers(&task.requirements, id)).map(|id| (*id).clone());
        let mut seen = BTreeSet::new();
        served.filter(|id| seen.insert(id.clone())).collect::<Vec<_>>()
    };
    let served = tasks.into_iter().flat_map(|t| &t.tasks).map(|t| (t.id.clone(), serves(t)));
    let served = served.filter(|(_, ids)| !ids.is_empty()).collect();
    Trace { tasks: served, rows }
}

/// True where one of the references takes in the id, or names something below it.
pub fn answers(refs: &[Ref], id: &ReqId) -> bool {
    refs.iter().any(|r| r.covers(id) || r.ids().any(|named| id.covers(named)))
}

fn row(id: &ReqId, text: &str, line: usize, design: Option<&Design>, tasks: Option<&Tasks>) -> Row {
    let properties = design.into_iter().flat_map(|d| &d.properties);
    let properties: Vec<u32> = properties.filter(|p| answers(&p.validates, id)).map(|p| p.number).collect();
    let serving: Vec<(&Tasks, &Task)> = tasks
        .into_iter()
        .flat_map(|all| all.tasks.iter().map(move |t| (all, t)))
        .filter(|(_, t)| answers(&t.requirements, id))
        .collect();
    let required: Vec<&(&Tasks, &Task)> = serving.iter().filter(|(all, t)| !all.is_optional(t)).collect();
    let done = |(all, t): &(&Tasks, &Task)| all.is_done(t);
    let counted_done = if required.is_empty() { serving.iter().all(done) } else { required.iter().all(|s| done(s)) };
    Row {
        in_design: !properties.is_empty() || design.is_some_and(|d| answers(&d.mentions, id) || answers(&d.asides, id)),
        id: id.clone(),
        text: text.to_owned(),
        line,
        properties,
        required: !required.is_empty(),
        done: !serving.is_empty() && counted_done,
        tasks: serving.iter().map(|(_, t)| t.id.clone()).collect(),
    }
}
