//! One thing of a spec, and all that belongs to it: the chain walked in both directions.

use super::{Chain, Stage};
use crate::domain::{
    path::RelPath,
    phase::{Doc, TaskId},
    spec::refs::ReqId,
};

/// A thing that the chain is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A requirement with all of its criteria.
    Requirement(ReqId),
    /// A criterion.
    Criterion(ReqId),
    /// A section of the design, by its line.
    Part(usize),
    /// A correctness property.
    Property(u32),
    /// A task.
    Task(TaskId),
    /// A changed file.
    File(RelPath),
    /// A test, by its file and line.
    Test(RelPath, usize),
    /// A commit.
    Commit(String),
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Requirement(id) => write!(f, "requirement {id}"),
            Self::Criterion(id) => write!(f, "{id}"),
            Self::Part(line) => write!(f, "line {line} of the design"),
            Self::Property(number) => write!(f, "property {number}"),
            Self::Task(id) => write!(f, "task {id}"),
            Self::File(path) => write!(f, "{path}"),
            Self::Test(path, line) => write!(f, "{path}:{line}"),
            Self::Commit(id) => write!(f, "commit {}", id.get(..7).unwrap_or(id)),
        }
    }
}

impl Chain {
    /// The criteria that a thing serves or is, in document order.
    pub fn criteria_of(&self, thing: &Thing) -> Vec<ReqId> {
        let all = || self.criteria.iter().map(|c| &c.row.id);
        match thing {
            Thing::Requirement(root) => all().filter(|id| root.covers(id)).cloned().collect(),
            Thing::Criterion(id) => all().filter(|c| *c == id).cloned().collect(),
            Thing::Part(line) => {
                self.parts.iter().find(|p| p.line == *line).map(|p| p.serves.clone()).unwrap_or_default()
            }
            Thing::Property(n) => {
                self.properties.iter().find(|p| p.number == *n).map(|p| p.serves.clone()).unwrap_or_default()
            }
            Thing::Task(id) => self.task(id).map(|t| t.serves.clone()).unwrap_or_default(),
            Thing::File(path) => {
                self.changes.iter().find(|c| c.path == *path).map(|c| c.serves.clone()).unwrap_or_default()
            }
            Thing::Test(path, line) => self.test(path, *line).map(|t| t.serves.clone()).unwrap_or_default(),
            Thing::Commit(id) if self.document_of(id).is_some() => {
                let named: Vec<&ReqId> = match self.document_of(id) {
                    Some(Doc::Design) => {
                        let parts = self.parts.iter().flat_map(|p| &p.serves);
                        parts.chain(self.properties.iter().flat_map(|p| &p.serves)).collect()
                    }
                    Some(Doc::Tasks) => self.tasks.iter().flat_map(|t| &t.serves).collect(),
                    Some(Doc::Requirements) | None => all().collect(),
                };
                all().filter(|id| named.contains(id)).cloned().collect()
            }
            Thing::Commit(id) => {
                let serves = |c: &ReqId| {
                    self.tasks.iter().any(|t| t.serves.contains(c) && t.commits.iter().any(|(commit, _)| commit == id))
                };
                all().filter(|c| serves(c)).cloned().collect()
            }
        }
    }

    /// The document that a commit put on the branch, as it was approved.
    pub fn document_of(&self, commit: &str) -> Option<Doc> {
        let (_, what) = self.commits.iter().find(|(id, _)| id == commit)?;
        Doc::ALL.into_iter().find(|doc| *what == format!("approve {}", doc.name()))
    }

    /// The last commit of a document.
    fn commit_of(&self, doc: Doc) -> Option<&str> {
        let all = self.commits.iter().rev().map(|(id, _)| id.as_str());
        all.into_iter().find(|id| self.document_of(id) == Some(doc))
    }

    /// The last commit of a task.
    pub fn last_of_tasks(&self) -> Option<&str> {
        let of = |id: &str| self.tasks.iter().any(|t| t.commits.iter().any(|(commit, _)| commit == id));
        self.commits.iter().rev().map(|(id, _)| id.as_str()).find(|id| of(id))
    }

    /// All that belongs to a thing: criteria, parts of the design, properties, tasks, files, tests,
    /// commits, each in its own order. The thing itself is not among it.
    pub fn linked(&self, thing: &Thing) -> Vec<Thing> {
        let criteria = self.criteria_of(thing);
        let serves = |ids: &[ReqId]| ids.iter().any(|id| criteria.contains(id));
        let whole = matches!(thing, Thing::Requirement(_) | Thing::Criterion(_));
        let carries = |doc| matches!(thing, Thing::Commit(id) if self.document_of(id) == Some(doc));
        let mut out: Vec<Thing> = criteria.iter().cloned().map(Thing::Criterion).collect();
        out.extend(
            self.parts
                .iter()
                .filter(|p| whole && serves(&p.serves) || carries(Doc::Design))
                .map(|p| Thing::Part(p.line)),
        );
        let property = |number: u32, ids: &[ReqId]| match thing {
            Thing::Requirement(_) | Thing::Criterion(_) => serves(ids),
            Thing::Task(id) => self.task(id).is_some_and(|t| t.properties.contains(&number)),
            Thing::Test(path, line) => self.test(path, *line).is_some_and(|t| t.properties.contains(&number)),
            Thing::Commit(_) => carries(Doc::Design),
            Thing::Part(_) | Thing::Property(_) | Thing::File(_) => false,
        };
        out.extend(self.properties.iter().filter(|p| property(p.number, &p.serves)).map(|p| Thing::Property(p.number)));
        out.extend(
            self.tasks
                .iter()
                .filter(|t| {
                    self.has_task(thing, t, whole && serves(&t.serves)) || carries(Doc::Tasks) && t.line.is_some()
                })
                .map(|t| Thing::Task(t.id.clone())),
        );
        out.extend(
            self.changes
                .iter()
                .filter(|c| self.has_file(thing, c, whole && serves(&c.serves)))
                .map(|c| Thing::File(c.path.clone())),
        );
        out.extend(
            self.tests
                .iter()
                .filter(|t| self.has_test(thing, t, whole && serves(&t.serves)))
                .map(|t| Thing::Test(t.path.clone(), t.line)),
        );
        let home = match thing {
            Thing::Requirement(_) | Thing::Criterion(_) => self.commit_of(Doc::Requirements),
            Thing::Part(_) | Thing::Property(_) => self.commit_of(Doc::Design),
            Thing::Task(_) => self.commit_of(Doc::Tasks),
            Thing::File(_) | Thing::Test(..) | Thing::Commit(_) => None,
        };
        let commits = self.commits.iter().filter(|(id, _)| match thing {
            _ if home == Some(id.as_str()) => true,
            Thing::Task(task) => self.task(task).is_some_and(|t| t.commits.iter().any(|(c, _)| c == id)),
            Thing::Requirement(_) | Thing::Criterion(_) => {
                self.tasks.iter().any(|t| serves(&t.serves) && t.commits.iter().any(|(c, _)| c == id))
            }
            Thing::File(path) => {
                self.tasks.iter().any(|t| t.files.contains(path) && t.commits.iter().any(|(c, _)| c == id))
            }
            Thing::Part(_) | Thing::Property(_) | Thing::Test(..) | Thing::Commit(_) => false,
        });
        out.extend(commits.map(|(id, _)| Thing::Commit(id.clone())));
        out.retain(|t| t != thing);
        out
    }

    fn has_task(&self, thing: &Thing, task: &super::TaskLinks, serves: bool) -> bool {
        match thing {
            // A task above others says what they say; those that do the work are enough.
            Thing::Requirement(_) | Thing::Criterion(_) => serves && task.names,
            Thing::Property(number) => task.properties.contains(number),
            Thing::File(path) => task.files.contains(path),
            Thing::Test(path, line) => self.test(path, *line).is_some_and(|t| t.tasks.contains(&task.id)),
            Thing::Commit(id) => task.commits.iter().any(|(commit, _)| commit == id),
            Thing::Part(_) | Thing::Task(_) => false,
        }
    }

    fn has_file(&self, thing: &Thing, change: &super::ChangeLinks, serves: bool) -> bool {
        match thing {
            Thing::Requirement(_) | Thing::Criterion(_) => serves,
            Thing::Task(id) => change.tasks.contains(id),
            Thing::Test(path, _) => change.path == *path,
            Thing::Commit(id) => self
                .tasks
                .iter()
                .any(|t| change.tasks.contains(&t.id) && t.commits.iter().any(|(commit, _)| commit == id)),
            Thing::Part(_) | Thing::Property(_) | Thing::File(_) => false,
        }
    }

    fn has_test(&self, thing: &Thing, test: &super::TestLinks, serves: bool) -> bool {
        match thing {
            Thing::Requirement(_) | Thing::Criterion(_) => serves,
            Thing::Property(number) => test.properties.contains(number),
            Thing::Task(id) => test.tasks.contains(id),
            Thing::File(path) => test.path == *path,
            Thing::Part(_) | Thing::Test(..) | Thing::Commit(_) => false,
        }
    }

    /// What stands in a line of a document: the innermost thing whose lines hold it.
    pub fn at(&self, doc: Doc, line: usize) -> Option<Thing> {
        let last =
            |lines: &[(usize, Thing)]| lines.iter().rev().find(|(from, _)| *from <= line).map(|(_, t)| t.clone());
        match doc {
            Doc::Requirements => {
                let criteria = self.criteria.iter().map(|c| (c.row.line, Thing::Criterion(c.row.id.clone())));
                let heads = self.requirements.iter().map(|(id, line)| (*line, Thing::Requirement(id.clone())));
                let mut all: Vec<(usize, Thing)> = heads.chain(criteria).collect();
                all.sort_by_key(|(line, _)| *line);
                last(&all)
            }
            Doc::Design => {
                let parts = self.sections.iter().map(|line| (*line, Thing::Part(*line)));
                let properties = self.properties.iter().map(|p| (p.line, Thing::Property(p.number)));
                let mut all: Vec<(usize, Thing)> = parts.chain(properties).collect();
                all.sort_by_key(|(line, _)| *line);
                last(&all)
            }
            Doc::Tasks => {
                let tasks = self.tasks.iter().filter_map(|t| Some((t.line?, Thing::Task(t.id.clone()))));
                last(&tasks.collect::<Vec<_>>())
            }
        }
    }

    /// What is missing of a criterion, of what should be there by now: a place in the design, a task,
    /// and for what is done a test and a commit.
    pub fn missing(&self, id: &ReqId) -> Vec<&'static str> {
        let Some(links) = self.criterion(id) else { return Vec::new() };
        let done = links.row.done;
        let tasks = |stage: Stage| self.tasks.iter().any(|t| t.serves.contains(id) && t.stage == stage);
        let worked = done || tasks(Stage::Done);
        [
            ("design", self.has_design && !links.row.in_design),
            ("task", self.has_plan && links.row.tasks.is_empty()),
            ("test", worked && links.tests.is_empty()),
            ("commit", done && links.commits.is_empty()),
        ]
        .into_iter()
        .filter_map(|(what, missing)| missing.then_some(what))
        .collect()
    }

    /// How many criteria there are, and how many of them have a place in the design, a property, a
    /// task, a test, a commit.
    pub fn totals(&self) -> [(&'static str, usize); 6] {
        let of = |has: &dyn Fn(&super::CriterionLinks) -> bool| self.criteria.iter().filter(|c| has(c)).count();
        [
            ("criteria", self.criteria.len()),
            ("design", of(&|c| c.row.in_design)),
            ("property", of(&|c| !c.row.properties.is_empty())),
            ("task", of(&|c| !c.row.tasks.is_empty())),
            ("test", of(&|c| !c.tests.is_empty())),
            ("commit", of(&|c| !c.commits.is_empty())),
        ]
    }
}
