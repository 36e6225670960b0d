//! What belongs together as entries: criteria first, what is missing before what is not.

use super::{Entry, Group, Target, said};
use crate::{
    config::theme::Role,
    domain::{
        path::RelPath,
        phase::Doc,
        spec::refs::ReqId,
        trace::{Chain, CriterionLinks, Stage, TaskLinks, TestLinks, things::Thing},
    },
};

const CRITERIA: Group = Group { title: "Criteria", columns: &["design", "property", "task", "test", "commit"] };
const PARTS: Group = Group { title: "Parts of the design", columns: &["names"] };
const PROPERTIES: Group = Group { title: "Properties of the design", columns: &["validates"] };
const TASKS: Group = Group { title: "Tasks", columns: &["serves", "files", "commits"] };
const CHANGES: Group = Group { title: "Changed files", columns: &["serves", "tasks"] };
const TESTS: Group = Group { title: "Tests", columns: &["serves", "tasks"] };
const COMMITS: Group = Group { title: "Commits", columns: &["serves", "files"] };

/// What stands for nothing in a cell of the table.
const NOTHING: &str = "—";

fn joined<T: ToString>(items: &[T], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn short(commits: &[(String, String)]) -> String {
    let heads: Vec<&str> = commits.iter().map(|(id, _)| id.get(..7).unwrap_or(id)).collect();
    joined(&heads, " ")
}

fn files(files: &[RelPath]) -> String {
    match files.len() {
        0 => String::new(),
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    }
}

fn mark(task: &TaskLinks) -> (&'static str, Role) {
    match task.stage {
        Stage::Done => ("✓", Role::PhaseDone),
        Stage::Now => ("▸", Role::PhaseNow),
        Stage::Open => ("○", Role::PhaseNext),
    }
}

pub(super) fn traced(chain: &Chain) -> Vec<Entry> {
    // What is missing stands first; of what misses as much, what comes first in the document.
    let mut rows: Vec<(usize, Entry)> =
        chain.criteria.iter().map(|c| (chain.missing(&c.row.id).len(), criterion(c, chain))).collect();
    rows.sort_by_key(|(missing, _)| std::cmp::Reverse(*missing));
    let mut entries: Vec<Entry> = rows.into_iter().map(|(_, entry)| entry).collect();
    entries.extend(chain.parts.iter().map(|part| Entry {
        group: &PARTS,
        mark: ("·", Role::Info),
        name: format!("line {}", part.line),
        text: part.title.clone(),
        facts: vec![joined(&part.serves, " ")],
        detail: served(&part.serves, chain),
        target: Target::Line(Doc::Design, part.line),
        comment: None,
        thing: Some(Thing::Part(part.line)),
    }));
    entries.extend(chain.properties.iter().map(|property| Entry {
        group: &PROPERTIES,
        mark: if property.serves.is_empty() { ("!", Role::Warn) } else { ("·", Role::Info) },
        name: format!("P{}", property.number),
        text: property.title.clone(),
        facts: vec![joined(&property.serves, " ")],
        detail: served(&property.serves, chain),
        target: Target::Line(Doc::Design, property.line),
        comment: None,
        thing: Some(Thing::Property(property.number)),
    }));
    entries.extend(chain.tasks.iter().map(|task| {
        Entry {
            group: &TASKS,
            mark: mark(task),
            name: task.id.to_string(),
            text: format!("{}{}", task.title, if task.optional { " (optional)" } else { "" }),
            facts: vec![joined(&task.serves, " "), files(&task.files), short(&task.commits)],
            detail: served(&task.serves, chain)
                .into_iter()
                .chain(said("files", joined(&task.files, ", ")))
                .chain(said("commits", short(&task.commits)))
                .collect(),
            target: task.line.map_or(Target::Nowhere, |line| Target::Line(Doc::Tasks, line)),
            comment: None,
            thing: Some(Thing::Task(task.id.clone())),
        }
    }));
    entries.extend(chain.changes.iter().map(|change| {
        let titled = |id| match chain.task(id) {
            Some(task) if !task.title.is_empty() => format!("{id} {}", task.title),
            Some(_) | None => id.to_string(),
        };
        let tasks: Vec<String> = change.tasks.iter().map(titled).collect();
        Entry {
            group: &CHANGES,
            mark: if change.committed { ("✓", Role::PhaseDone) } else { ("▸", Role::PhaseNow) },
            name: String::new(),
            text: change.path.to_string(),
            facts: vec![joined(&change.serves, " "), joined(&change.tasks, " ")],
            detail: said("tasks", tasks.join("; ")).into_iter().chain(served(&change.serves, chain)).collect(),
            target: Target::File(change.path.clone(), None),
            comment: None,
            thing: Some(Thing::File(change.path.clone())),
        }
    }));
    entries.extend(chain.tests.iter().map(|test| {
        Entry {
            group: &TESTS,
            mark: match &chain.run {
                Some(run) if run.passed() && !run.stale => ("✓", Role::PhaseDone),
                Some(run) if !run.passed() => ("✗", Role::Error),
                Some(_) | None => ("○", Role::PhaseNext),
            },
            name: String::new(),
            text: test.name.clone(),
            facts: vec![joined(&test.serves, " "), joined(&test.tasks, " ")],
            detail: std::iter::once(("in", format!("{}:{}", test.path, test.line)))
                .chain(said("last run", chain.run.as_ref().map(|run| run.words()).unwrap_or_default()))
                .chain((!test.by_name).then(|| ("serves", "named by no test; what its file's tasks serve:".to_owned())))
                .chain(served(&test.serves, chain))
                .collect(),
            target: Target::File(test.path.clone(), Some(test.line)),
            comment: None,
            thing: Some(Thing::Test(test.path.clone(), test.line)),
        }
    }));
    entries.extend(chain.commits.iter().map(|(id, what)| {
        let thing = Thing::Commit(id.clone());
        let serves = chain.criteria_of(&thing);
        let of = chain.tasks.iter().filter(|t| t.commits.iter().any(|(commit, _)| commit == id));
        let changed: Vec<RelPath> = of.flat_map(|t| t.files.iter().cloned()).collect();
        Entry {
            group: &COMMITS,
            mark: ("✓", Role::PhaseDone),
            name: id.get(..7).unwrap_or(id).to_owned(),
            text: what.clone(),
            facts: vec![
                match (chain.document_of(id), serves.len()) {
                    (None, _) => joined(&serves, " "),
                    (Some(_), 1) => "1 criterion".to_owned(),
                    (Some(_), n) => format!("{n} criteria"),
                },
                files(&changed),
            ],
            detail: said("files", joined(&changed, ", ")).into_iter().chain(served(&serves, chain)).collect(),
            target: Target::Links,
            comment: None,
            thing: Some(thing),
        }
    }));
    entries
}

fn criterion(links: &CriterionLinks, chain: &Chain) -> Entry {
    let row = &links.row;
    let tasks: Vec<&TaskLinks> = row.tasks.iter().filter_map(|id| chain.tasks.iter().find(|t| t.id.0 == *id)).collect();
    let properties = chain.properties.iter().filter(|p| row.properties.contains(&p.number));
    let properties: Vec<String> = properties.map(|p| format!("P{} {}", p.number, p.title).trim().to_owned()).collect();
    let missing = chain.missing(&row.id);
    let or = |text: String| if text.is_empty() { NOTHING.to_owned() } else { text };
    let numbers: Vec<String> = row.properties.iter().map(|n| format!("P{n}")).collect();
    let tests: Vec<&TestLinks> = links.tests.iter().filter_map(|i| chain.tests.get(*i)).collect();
    let test = |t: &&TestLinks| format!("{}:{} {}", t.path, t.line, t.name);
    let marked: Vec<String> = tasks.iter().map(|t| format!("{}{}", mark(t).0, t.id)).collect();
    let titled: Vec<String> = tasks.iter().map(|t| format!("{} {} {}", mark(t).0, t.id, t.title)).collect();
    let lines = match links.design_lines.as_slice() {
        [] => String::new(),
        [one] => format!("line {one}"),
        all => format!("lines {}", joined(all, ", ")),
    };
    let design_words = [properties.join("; "), lines].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>();
    Entry {
        group: &CRITERIA,
        mark: match (!missing.is_empty(), row.done) {
            (true, _) => ("✗", Role::Warn),
            (false, true) => ("✓", Role::PhaseDone),
            (false, false) => ("○", Role::PhaseNext),
        },
        name: row.id.to_string(),
        text: row.text.clone(),
        facts: vec![
            if row.in_design { "✓" } else { NOTHING }.to_owned(),
            or(numbers.join(" ")),
            or(marked.join(" ")),
            if tests.is_empty() { NOTHING.to_owned() } else { tests.len().to_string() },
            or(short(&links.commits)),
        ],
        detail: said("of", links.requirement.clone())
            .into_iter()
            .chain(said("says", row.text.clone()))
            .chain(said("form", links.form.to_string()))
            .chain(said("missing", missing.join(", ")))
            .chain(Some(("design", if design_words.is_empty() { "not named".into() } else { design_words.join("; ") })))
            .chain(Some(("tasks", if titled.is_empty() { "none".into() } else { titled.join("; ") })))
            .chain(said("files", joined(&links.files, ", ")))
            .chain(said("tests", tests.iter().map(test).collect::<Vec<_>>().join("; ")))
            .chain(said("commits", short(&links.commits)))
            .collect(),
        target: Target::Line(Doc::Requirements, row.line),
        comment: None,
        thing: Some(Thing::Criterion(row.id.clone())),
    }
}

/// The texts of the criteria that something serves.
fn served(ids: &[ReqId], chain: &Chain) -> Vec<(&'static str, String)> {
    if ids.is_empty() {
        return vec![("serves", "no criterion by name".to_owned())];
    }
    let words = |id: &ReqId| chain.criterion(id).map(|c| ("serves", format!("{id} {}", c.row.text)));
    ids.iter().filter_map(words).collect()
}
