//! Checks of the tasks, by themselves and against the other documents.

use super::{Finding, Severity, Spec, dangling, listed};
use crate::domain::spec::{
    bugfix::Group,
    kind::File,
    refs::Target,
    tasks::{Mark, Task, Tasks},
    waves::OrderProblem,
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(tasks) = &spec.tasks else { return };
    alone(tasks, out);
    order(tasks, out);
    for task in &tasks.tasks {
        let whose = format!("task {}", task.id);
        dangling(spec, &task.requirements, File::Tasks, &whose, out);
        if let Some(design) = &spec.design {
            for number in task.properties.iter().filter(|n| design.property(**n).is_none()) {
                let what = format!("{whose} names Property {number}, which design.md does not have");
                out.push(at(
                    task,
                    "dangling-reference",
                    Severity::Error,
                    what,
                    "A link that leads nowhere hides what is, and what is not, covered.",
                    format!("Name an existing property, or add Property {number} to the design."),
                ));
            }
        }
    }
    links(spec, tasks, out);
}

/// What only a whole plan can be held to.
pub(super) fn complete(spec: &Spec, out: &mut Vec<Finding>) {
    if spec.tasks.is_some() {
        coverage(spec, out);
    }
}

fn at(task: &Task, code: &'static str, severity: Severity, what: String, why: &'static str, todo: String) -> Finding {
    Finding { code, severity, document: File::Tasks, line: task.line, what, why, todo }
}

fn alone(tasks: &Tasks, out: &mut Vec<Finding>) {
    for line in &tasks.odd_boxes {
        out.push(Finding {
            code: "odd-checkbox",
            severity: Severity::Warning,
            document: File::Tasks,
            line: *line,
            what: "the brackets hold no mark, so this is not read as a task".to_owned(),
            why: "The step would be left out of every run.",
            todo: "Write `- [ ]` with one space between the brackets.".to_owned(),
        });
    }
    for (index, task) in tasks.tasks.iter().enumerate() {
        let id = &task.id;
        if let Some(before) = tasks.tasks.iter().take(index).find(|t| t.id == *id) {
            out.push(at(
                task,
                "duplicate-id",
                Severity::Error,
                format!("{id} is the number of the task in line {} already", before.line),
                "A mark, a link or a wave could mean either, so neither can be set.",
                format!("Renumber one of the two {id}."),
            ));
        }
        match task.mark {
            Mark::Open | Mark::Done => {}
            Mark::Active | Mark::Queued => out.push(at(
                task,
                "interrupted",
                Severity::Info,
                format!("task {id} is marked [{}]", task.mark.char()),
                "In a file at rest this is what an interrupted run left behind.",
                "Look at what was done, then mark it open or done.".to_owned(),
            )),
            Mark::Other(c) => out.push(at(
                task,
                "unknown-mark",
                Severity::Warning,
                format!("task {id} is marked [{c}]"),
                "The mark means nothing here, and cannot be changed in place.",
                "Use [ ], [x], [-] or [~].".to_owned(),
            )),
        }
        // One that is numbered as a sub-task has its parent in a heading.
        if task.optional && task.depth == 0 && !task.id.contains('.') {
            out.push(at(
                task,
                "optional-top-task",
                Severity::Info,
                format!("task {id} is a top-level task and optional"),
                "Only sub-tasks may be optional in the format.",
                "Remove the star, or make it a sub-task.".to_owned(),
            ));
        }
        if task.depth == 2 {
            out.push(at(
                task,
                "too-deep",
                Severity::Info,
                format!("task {id} is on a third level"),
                "The format has two levels; other tools may not see it.",
                "Make it a sub-task or a detail.".to_owned(),
            ));
        }
    }
}

fn order(tasks: &Tasks, out: &mut Vec<Finding>) {
    let waves = tasks.waves.as_ref().map_or(1, |w| w.line);
    let line_of = |id: &str| tasks.tasks.iter().find(|t| t.id == id).map_or(waves, |t| t.line);
    for problem in tasks.run_order().problems {
        let (code, severity, line, what, why, todo) = match problem {
            OrderProblem::UnknownTask { wave, task } => (
                "dangling-reference",
                Severity::Error,
                waves,
                format!("wave {wave} names task {task}, which is not there"),
                "The order was made for another list of tasks.",
                format!("Remove {task} from the wave, or add the task."),
            ),
            OrderProblem::UnknownWave { wave, depends_on } => (
                "dangling-reference",
                Severity::Warning,
                waves,
                format!("wave {wave} comes after wave {depends_on}, which is not there"),
                "The order was made for another list of waves.",
                format!("Correct `depends_on` of wave {wave}."),
            ),
            OrderProblem::Twice { task } => (
                "task-in-two-waves",
                Severity::Warning,
                waves,
                format!("task {task} is in more than one wave"),
                "It runs once, in the first of them.",
                format!("Keep {task} in one wave."),
            ),
            OrderProblem::Incomplete { tasks } => (
                "waves-incomplete",
                Severity::Warning,
                waves,
                format!("no wave has the tasks {}", listed(&tasks)),
                "The waves are not used; tasks run in the document's order.",
                "Add the missing tasks to a wave.".to_owned(),
            ),
            OrderProblem::Cycle { among } => (
                "cycle",
                Severity::Error,
                among.first().map_or(waves, |id| line_of(id)),
                format!("the tasks {} wait for each other", listed(&among)),
                "None of them could ever come first.",
                "Remove one of the dependencies.".to_owned(),
            ),
            OrderProblem::UnknownDependency { task, depends_on } => (
                "dangling-reference",
                Severity::Error,
                line_of(&task),
                format!("task {task} depends on task {depends_on}, which is not there"),
                "Nobody can tell when it may begin.",
                "Name an existing task.".to_owned(),
            ),
            OrderProblem::TooEarly { task, depends_on } => (
                "too-early",
                Severity::Warning,
                line_of(&task),
                format!("task {task} would run before task {depends_on}, on which it depends"),
                "It would be built on what is not there yet.",
                format!("Put task {depends_on} before task {task}."),
            ),
        };
        out.push(Finding { code, severity, document: File::Tasks, line, what, why, todo });
    }
}

/// Tasks that answer to no criterion, themselves or through the tasks above and below: each by itself, or
/// once when none of several does.
fn links(spec: &Spec, tasks: &Tasks, out: &mut Vec<Finding>) {
    if spec.first.is_none() {
        return;
    }
    // Where tasks have numbers, a box without one is a measure of success or a note.
    let numbered = |t: &Task| !t.id.starts_with('#');
    let all = tasks.tasks.iter().any(numbered);
    let asked: Vec<_> = tasks.leaves().filter(|t| !t.is_checkpoint() && (!all || numbered(t))).collect();
    let linked = |t: &Task| t.requirements.iter().any(|r| !matches!(r.target, Target::Free(_)));
    let free = |t: &&&Task| std::iter::once(**t).chain(tasks.ancestors(t)).all(|t| !linked(t));
    let left: Vec<_> = asked.iter().filter(free).collect();
    let (why, todo) = ("Work that nobody asked for cannot be accepted against anything.", "`_Requirements: N.M_`");
    if let ([first, _, ..], true) = (&left[..], left.len() == asked.len()) {
        let what = format!("none of the {} tasks names a criterion", left.len());
        let todo = format!("Add {todo} to the details of each.");
        return out.push(at(first, "task-without-criterion", Severity::Warning, what, why, todo));
    }
    for task in left {
        let own = task.requirements.iter().find_map(|r| match &r.target {
            Target::Free(text) => Some(text),
            Target::One(_) | Target::Range(..) | Target::All => None,
        });
        let what = match own {
            Some(text) => format!("task {} names only \"{text}\", which is no criterion", task.id),
            None => format!("task {} names no criterion", task.id),
        };
        out.push(at(
            task,
            "task-without-criterion",
            Severity::Warning,
            what,
            why,
            format!("Add {todo} to its details, or remove it."),
        ));
    }
}

/// Criteria that no task, or only optional ones, answer to: each by itself, or once when the tasks answer
/// to none of several.
fn coverage(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(first) = &spec.first else { return };
    let mut rows = spec.trace().rows;
    // Clauses of current behaviour tell the defect; there is nothing to build.
    rows.retain(|r| first.bugfix.is_none() || r.id.parts().first() != Some(&Group::Current.number()));
    let why = "When all required tasks are done, it may still not be built.";
    if rows.len() > 1 && rows.iter().all(|r| r.tasks.is_empty()) {
        return out.push(Finding {
            code: "criterion-without-task",
            severity: Severity::Error,
            document: File::Tasks,
            line: 1,
            what: format!("the tasks answer to none of the {} criteria", rows.len()),
            why,
            todo: "Add `_Requirements: N.M_` to the tasks that build them, or add such tasks.".to_owned(),
        });
    }
    for row in rows.into_iter().filter(|r| !r.required) {
        let (code, severity, what) = if row.tasks.is_empty() {
            ("criterion-without-task", Severity::Error, format!("no task answers to {}", row.id))
        } else {
            let only = listed(&row.tasks);
            (
                "criterion-only-optional",
                Severity::Warning,
                format!("only optional tasks answer to {} (tasks {only})", row.id),
            )
        };
        out.push(Finding {
            code,
            severity,
            document: first.file,
            line: row.line,
            what,
            why,
            todo: format!("Add `_Requirements: {}_` to the task that builds it, or add such a task.", row.id),
        });
    }
}
