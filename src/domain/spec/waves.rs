//! Dependency waves of `tasks.md` and the order in which its tasks run.
//!
//! Waves decide where they name every required leaf; otherwise the document's order does. What is
//! wrong with them (unknown ids, cycles, doubles) is reported and never fatal.

use serde::Serialize;
use serde_json::Value;

use super::{
    task_line::task_id,
    tasks::{Task, Tasks},
    text::{Scan, Span},
};

/// The waves a document lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waves {
    /// In listed order.
    pub waves: Vec<Wave>,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// The JSON text.
    pub span: Span,
}

/// One wave: tasks that may run beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wave {
    /// Its id or number, as written; its place from 0 where it has none.
    pub id: String,
    /// The ids of its tasks.
    pub tasks: Vec<String>,
    /// The ids of the waves it says it comes after.
    pub depends_on: Vec<String>,
}

/// The order in which leaves run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunOrder {
    /// Indices into [`Tasks::tasks`]; each leaf once.
    pub tasks: Vec<usize>,
    /// True where the waves decided.
    pub by_waves: bool,
    /// What is wrong with waves and dependencies.
    pub problems: Vec<OrderProblem>,
}

/// Something wrong with waves or dependencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderProblem {
    /// A wave names a task that is not there.
    UnknownTask {
        /// The wave.
        wave: String,
        /// The id it names.
        task: String,
    },
    /// A wave comes after a wave that is not there.
    UnknownWave {
        /// The wave.
        wave: String,
        /// The id it names.
        depends_on: String,
    },
    /// A task is in several waves.
    Twice {
        /// The task.
        task: String,
    },
    /// Required leaves that no wave names: the document's order is used.
    Incomplete {
        /// Their ids.
        tasks: Vec<String>,
    },
    /// Waves or tasks that wait for each other.
    Cycle {
        /// Their ids.
        among: Vec<String>,
    },
    /// A task depends on a task that is not there.
    UnknownDependency {
        /// The task.
        task: String,
        /// The id it names.
        depends_on: String,
    },
    /// A task would run before one that it depends on.
    TooEarly {
        /// The task.
        task: String,
        /// The one that has to come first.
        depends_on: String,
    },
}

/// Finds the waves in a fenced block.
pub(super) fn find(scan: &Scan<'_>) -> Option<Waves> {
    scan.fences.iter().filter(|f| f.language.is_empty() || f.language.starts_with("json")).find_map(|fence| {
        let text = fence.body.of(scan.source);
        let value = serde_json::from_str(text).or_else(|_| serde_json::from_str(&forgiving(text))).ok()?;
        Some(Waves { waves: read(&value)?, line: fence.line, span: fence.body })
    })
}

/// The text without `//` comments and commas before a closing bracket.
fn forgiving(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    let mut escaped = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
            continue;
        }
        match c {
            '/' if chars.peek() == Some(&'/') => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            ']' | '}' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                if out.trim_end().ends_with(',') {
                    out.truncate(kept);
                }
                out.push(c);
            }
            _ => {
                quoted = c == '"';
                out.push(c);
            }
        }
    }
    out
}

fn read(value: &Value) -> Option<Vec<Wave>> {
    let list = match value {
        Value::Object(map) => map.get("waves").or_else(|| map.values().find_map(|v| v.get("waves")))?,
        _ => return None,
    };
    let waves = match list {
        Value::Array(waves) => waves.iter().enumerate().map(|(place, w)| wave(w, place.to_string())).collect(),
        Value::Object(map) => map.iter().map(|(id, w)| wave(w, id.clone())).collect(),
        _ => return None,
    };
    Some(waves)
}

fn wave(value: &Value, place: String) -> Wave {
    let ids = |key: &[&str]| key.iter().find_map(|k| value.get(k)).map_or_else(Vec::new, words);
    match value {
        Value::Object(map) => Wave {
            id: ["id", "wave", "number", "name"].iter().find_map(|k| map.get(*k)).and_then(word).unwrap_or(place),
            tasks: ids(&["tasks", "taskIds", "task_ids"]).iter().map(|t| normal(t)).collect(),
            depends_on: ids(&["depends_on", "dependsOn", "dependencies", "depends"]),
        },
        other => Wave { id: place, tasks: words(other).iter().map(|t| normal(t)).collect(), depends_on: Vec::new() },
    }
}

fn normal(text: &str) -> String {
    task_id(text).unwrap_or_else(|| text.trim().to_owned())
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(word).collect(),
        other => word(other).into_iter().collect(),
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(map) => ["id", "task", "number"].iter().find_map(|k| map.get(*k)).and_then(word),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// Works out the order of a document's leaves.
pub(super) fn order(tasks: &Tasks) -> RunOrder {
    let mut problems = Vec::new();
    let document: Vec<usize> = indices(tasks, |t| t.is_leaf());
    let (order, by_waves) = match tasks.waves.as_ref().and_then(|w| by_waves(tasks, w, &document, &mut problems)) {
        Some(order) => (order, true),
        None => (document, false),
    };
    dependencies(tasks, &order, &mut problems);
    RunOrder { tasks: order, by_waves, problems }
}

fn indices(tasks: &Tasks, keep: impl Fn(&Task) -> bool) -> Vec<usize> {
    tasks.tasks.iter().enumerate().filter(|(_, t)| keep(t)).map(|(i, _)| i).collect()
}

fn by_waves(tasks: &Tasks, waves: &Waves, document: &[usize], problems: &mut Vec<OrderProblem>) -> Option<Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    for wave in sorted(waves, problems) {
        for id in &wave.tasks {
            let leaves = leaves_of(tasks, id);
            if leaves.is_empty() {
                problems.push(OrderProblem::UnknownTask { wave: wave.id.clone(), task: id.clone() });
            }
            let parent = tasks.tasks.iter().any(|t| t.id == *id && !t.is_leaf());
            for leaf in leaves {
                if !order.contains(&leaf) {
                    order.push(leaf);
                } else if !parent {
                    problems.push(OrderProblem::Twice { task: id.clone() });
                }
            }
        }
    }
    let missing: Vec<usize> = document.iter().filter(|i| !order.contains(i)).copied().collect();
    let required = |i: &&usize| tasks.tasks.get(**i).is_some_and(|t| !tasks.is_optional(t));
    let left: Vec<String> =
        missing.iter().filter(required).filter_map(|i| tasks.tasks.get(*i)).map(|t| t.id.clone()).collect();
    if !left.is_empty() {
        problems.push(OrderProblem::Incomplete { tasks: left });
        return None;
    }
    order.extend(missing);
    Some(order)
}

/// The leaves an id stands for: itself, or all below it.
fn leaves_of(tasks: &Tasks, id: &str) -> Vec<usize> {
    indices(tasks, |t| t.is_leaf() && (t.id == id || tasks.ancestors(t).any(|a| a.id == id)))
}

/// The waves, each after those it depends on; listed order where that says nothing or runs round.
fn sorted<'a>(waves: &'a Waves, problems: &mut Vec<OrderProblem>) -> Vec<&'a Wave> {
    for wave in &waves.waves {
        for id in &wave.depends_on {
            if !waves.waves.iter().any(|w| w.id == *id) {
                problems.push(OrderProblem::UnknownWave { wave: wave.id.clone(), depends_on: id.clone() });
            }
        }
    }
    let mut left: Vec<&Wave> = waves.waves.iter().collect();
    let mut out: Vec<&Wave> = Vec::new();
    while !left.is_empty() {
        let ready = left.iter().position(|w| !w.depends_on.iter().any(|id| left.iter().any(|l| l.id == *id)));
        match ready {
            Some(index) => out.push(left.remove(index)),
            None => {
                problems.push(OrderProblem::Cycle { among: left.iter().map(|w| w.id.clone()).collect() });
                out.append(&mut left);
            }
        }
    }
    out
}

/// Looks at what tasks themselves say they depend on.
fn dependencies(tasks: &Tasks, order: &[usize], problems: &mut Vec<OrderProblem>) {
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for (index, task) in tasks.tasks.iter().enumerate() {
        for id in &task.depends {
            // Which of two is meant cannot be told; that there are two is told elsewhere.
            if tasks.tasks.iter().filter(|t| t.id == *id).count() > 1 {
                continue;
            }
            let Some(on) = tasks.tasks.iter().position(|t| t.id == *id) else {
                problems.push(OrderProblem::UnknownDependency { task: task.id.clone(), depends_on: id.clone() });
                continue;
            };
            edges.push((index, on));
            let first = |i: usize| {
                tasks
                    .tasks
                    .get(i)
                    .map(|t| leaves_of(tasks, &t.id))
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|l| order.iter().position(|o| *o == l))
                    .collect::<Vec<_>>()
            };
            let (mine, theirs) = (first(index), first(on));
            if mine.iter().min() < theirs.iter().max() && index != on {
                problems.push(OrderProblem::TooEarly { task: task.id.clone(), depends_on: id.clone() });
            }
        }
    }
    // What cannot be taken away as "depends on nothing that is left" lies on or behind a cycle; the
    // same from the other side leaves the cycles themselves and what lies between them.
    loop {
        let before = edges.len();
        let froms: Vec<usize> = edges.iter().map(|e| e.0).collect();
        edges.retain(|e| froms.contains(&e.1));
        let tos: Vec<usize> = edges.iter().map(|e| e.1).collect();
        edges.retain(|e| tos.contains(&e.0));
        if edges.len() == before {
            break;
        }
    }
    let mut among: Vec<usize> = edges.iter().map(|e| e.0).collect();
    among.sort_unstable();
    among.dedup();
    if !among.is_empty() {
        let among = among.iter().filter_map(|i| tasks.tasks.get(*i)).map(|t| t.id.clone()).collect();
        problems.push(OrderProblem::Cycle { among });
    }
}
