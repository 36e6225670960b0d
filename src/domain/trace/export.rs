//! The chain as a file: Markdown to be read, CSV for a spreadsheet, JSON for a program.
//!
//! Always holds: what a document or a test is called cannot become markup, another cell or a formula.

use serde_json::{Value, json};

use super::{Chain, CriterionLinks, Stage};
use crate::domain::prose::clean;

/// How a chain is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table, with totals and what is missing.
    Markdown,
    /// One line a criterion.
    Csv,
    /// Everything.
    Json,
}

impl Format {
    /// The end of the file's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Markdown => ".md",
            Self::Csv => ".csv",
            Self::Json => ".json",
        }
    }
}

const COLUMNS: [&str; 10] =
    ["id", "form", "criterion", "design lines", "properties", "tasks", "files", "tests", "commits", "missing"];

/// The chain of the spec `name` in a format.
pub fn write(chain: &Chain, name: &str, format: Format) -> String {
    match format {
        Format::Markdown => markdown(chain, name),
        Format::Csv => csv(chain),
        Format::Json => format!("{:#}\n", json(chain, name)),
    }
}

fn cells(chain: &Chain, links: &CriterionLinks) -> [String; 10] {
    let row = &links.row;
    let joined = |items: Vec<String>| items.join(" ");
    let task = |id: &String| {
        let done = chain.tasks.iter().any(|t| t.id.0 == *id && t.stage == Stage::Done);
        format!("{id}{}", if done { " (done)" } else { "" })
    };
    let tests = links.tests.iter().filter_map(|i| chain.tests.get(*i));
    [
        row.id.to_string(),
        links.form.to_string(),
        row.text.clone(),
        joined(links.design_lines.iter().map(ToString::to_string).collect()),
        joined(row.properties.iter().map(|n| format!("P{n}")).collect()),
        row.tasks.iter().map(task).collect::<Vec<_>>().join("; "),
        links.files.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        tests.map(|t| format!("{}:{} {}", t.path, t.line, t.name)).collect::<Vec<_>>().join("; "),
        joined(links.commits.iter().map(|(id, _)| id.get(..12).unwrap_or(id).to_owned()).collect()),
        joined(chain.missing(&row.id).into_iter().map(str::to_owned).collect()),
    ]
}

fn markdown(chain: &Chain, name: &str) -> String {
    let cell = |text: &str| clean(text).replace(['\n', '\r', '\t'], " ").replace('\\', "\\\\").replace('|', "\\|");
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut out = format!("# Trace of {name}\n\n");
    let [(_, all), rest @ ..] = chain.totals();
    let totals: Vec<String> = rest.iter().map(|(what, n)| format!("{what} {n}")).collect();
    out.push_str(&format!("{all} criteria, of which have a … {}.\n", totals.join(", ")));
    if let Some(run) = &chain.run {
        out.push_str(&format!("\nTests: {}\n", cell(&run.words())));
    }
    out.push('\n');
    out.push_str(&line(&COLUMNS.map(str::to_owned)));
    out.push_str(&line(&COLUMNS.map(|_| "---".to_owned())));
    for links in &chain.criteria {
        out.push_str(&line(&cells(chain, links).map(|c| cell(&c))));
    }
    out
}

fn csv(chain: &Chain) -> String {
    // A spreadsheet takes a cell that begins so for a formula.
    let guarded = |text: &str| match text.starts_with(['=', '+', '-', '@']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    let cell =
        |text: &str| format!("\"{}\"", guarded(&clean(text).replace(['\n', '\r', '\t'], " ")).replace('"', "\"\""));
    let line = |cells: &[String; 10]| cells.iter().map(|c| cell(c)).collect::<Vec<_>>().join(",") + "\r\n";
    let rows = chain.criteria.iter().map(|links| line(&cells(chain, links)));
    std::iter::once(line(&COLUMNS.map(str::to_owned))).chain(rows).collect()
}

/// The chain as a value: `{"spec", "totals", "run", "criteria", "properties", "tasks", "files",
/// "tests", "commits"}`.
pub fn json(chain: &Chain, name: &str) -> Value {
    let commits = |all: &[(String, String)]| all.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    let criteria = chain.criteria.iter().map(|c| {
        json!({
            "id": c.row.id, "line": c.row.line, "form": c.form, "requirement": c.requirement, "text": c.row.text,
            "in_design": c.row.in_design, "design_lines": c.design_lines, "properties": c.row.properties,
            "tasks": c.row.tasks, "done": c.row.done, "files": c.files, "tests": c.tests,
            "commits": commits(&c.commits), "missing": chain.missing(&c.row.id),
        })
    });
    let stage = |stage| match stage {
        Stage::Open => "open",
        Stage::Now => "now",
        Stage::Done => "done",
    };
    let tasks = chain.tasks.iter().map(|t| {
        json!({
            "id": t.id.0, "title": t.title, "line": t.line, "stage": stage(t.stage), "optional": t.optional,
            "serves": t.serves, "properties": t.properties, "files": t.files, "commits": commits(&t.commits),
        })
    });
    let tests = chain.tests.iter().map(|t| {
        json!({
            "path": t.path, "line": t.line, "name": t.name, "by_name": t.by_name, "properties": t.properties,
            "serves": t.serves, "tasks": t.tasks.iter().map(|t| &t.0).collect::<Vec<_>>(),
        })
    });
    json!({
        "spec": name,
        "totals": chain.totals().iter().map(|(what, n)| ((*what).to_owned(), json!(n))).collect::<serde_json::Map<_, _>>(),
        "run": chain.run.as_ref().map(|r| json!({
            "task": r.task.0, "line": r.evidence.line(), "passed": r.passed(), "stale": r.stale,
        })),
        "criteria": criteria.collect::<Vec<_>>(),
        "properties": chain.properties.iter().map(|p| json!({
            "number": p.number, "title": p.title, "line": p.line, "serves": p.serves,
        })).collect::<Vec<_>>(),
        "tasks": tasks.collect::<Vec<_>>(),
        "files": chain.changes.iter().map(|c| json!({
            "path": c.path, "committed": c.committed, "serves": c.serves,
            "tasks": c.tasks.iter().map(|t| &t.0).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "tests": tests.collect::<Vec<_>>(),
        "commits": chain.commits.iter().map(|(id, what)| json!({ "id": id, "what": what })).collect::<Vec<_>>(),
    })
}
