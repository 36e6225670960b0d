//! `kiro-tui status`, and the list of specs that the screen shows.
//!
//! Reads journals without taking them and changes nothing. A spec whose journal cannot be read is
//! listed with the reason, by what lies in its folder.

use std::{collections::BTreeMap, io::Write, path::Path};

use super::{failure::Failure, table::Table};
use crate::{
    adapters::{files::DiskFiles, journal, vcs::GitRepo},
    domain::{
        brief,
        digest::Digest,
        gate::{Subject, ledger},
        path::SpecName,
        phase::{Autonomy, Doc, Merge, Waiting},
        session::State,
        settle::spec_path,
        spec::tasks::Tasks,
        wire::SpecSummary,
    },
    ports::{
        files::Files,
        vcs::{SpecFolder, Vcs, VcsError},
    },
};

/// Prints the specs of the repository that a directory lies in.
///
/// # Errors
/// Code 4 outside of a repository.
pub fn run(dir: &Path, json: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let repo = GitRepo::open(dir)?;
    let specs = summaries(&repo, &repo.private_dir())?;
    if json {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "specs": specs }));
        return Ok(writeln!(out, "{}", text.map_err(std::io::Error::other)?)?);
    }
    if specs.is_empty() {
        writeln!(out, "There is no spec here yet. `kiro-tui new` starts one, `kiro-tui demo` shows how.")?;
        return Ok(());
    }
    let mut table = Table::new(["SPEC", "PHASE", "APPROVED", "TASKS", "WAITING FOR YOU"]);
    for spec in specs {
        let tasks = if spec.tasks == 0 { "-".to_owned() } else { format!("{}/{}", spec.done, spec.tasks) };
        table.row([spec.name.to_string(), spec.phase, format!("{}/3", spec.approved), tasks, spec.waiting]);
    }
    Ok(write!(out, "{table}")?)
}

/// Every spec of the repository, the most recently changed first.
///
/// # Errors
/// When the repository cannot be read.
pub fn summaries(vcs: &dyn Vcs, private_dir: &Path) -> Result<Vec<SpecSummary>, VcsError> {
    let mut folders: BTreeMap<SpecName, SpecFolder> =
        vcs.specs()?.into_iter().map(|folder| (folder.name.clone(), folder)).collect();
    // A spec that was just started has a journal and nothing else.
    let journaled = journal::list(private_dir).map_err(|e| VcsError::Blocked(e.to_string()))?;
    for name in &journaled {
        folders.entry(name.clone()).or_insert_with(|| SpecFolder {
            name: name.clone(),
            files: Vec::new(),
            has_branch: false,
            changed_s: 0,
        });
    }
    let files = DiskFiles::new(vcs.root());
    let mut specs: Vec<SpecSummary> = folders
        .into_values()
        .map(|folder| {
            if !journaled.contains(&folder.name) {
                return from_files(vcs, &files, &folder);
            }
            match journal::peek(&journal::path(private_dir, &folder.name)) {
                Ok(state) => from_state(&folder, &state),
                Err(e) => SpecSummary { waiting: e.to_string(), journaled: true, ..from_files(vcs, &files, &folder) },
            }
        })
        .collect();
    specs.sort_by(|a, b| b.changed_s.cmp(&a.changed_s).then_with(|| a.name.cmp(&b.name)));
    Ok(specs)
}

fn from_state(folder: &SpecFolder, state: &State) -> SpecSummary {
    let (done, tasks) = state.progress();
    SpecSummary {
        name: folder.name.clone(),
        phase: phase(state).to_owned(),
        waiting: waiting(state),
        done,
        tasks,
        approved: Doc::ALL.iter().filter(|d| state.flow.doc(**d).is_approved()).count(),
        journaled: true,
        changed_s: folder.changed_s.max(state.at.as_second()),
    }
}

fn phase(state: &State) -> &'static str {
    match state.flow.merge {
        Merge::Merged { .. } => return "merged",
        Merge::Review { .. } | Merge::Merging { .. } => return "merge",
        Merge::No => {}
    }
    match state.flow.order.docs().into_iter().find(|d| !state.flow.doc(*d).is_approved()) {
        Some(doc) => doc.name(),
        None if state.task().is_none() && state.next_task().is_none() => "merge",
        None => "execute",
    }
}

/// What the developer is asked, in a few words.
fn waiting(state: &State) -> String {
    if let Some(question) = &state.question {
        return format!("a question: {}", first_line(&question.text));
    }
    if let Some(Waiting { subject, .. }) = state.waiting() {
        let document = |doc: Doc| {
            let number = state.current(doc).map_or(0, |r| r.number);
            format!("{} r{number} to approve", doc.name())
        };
        let about = || state.proposal.as_ref().map(|p| p.proposal.about()).unwrap_or_default();
        return match subject {
            Subject::Requirements => document(Doc::Requirements),
            Subject::Design => document(Doc::Design),
            Subject::Tasks => document(Doc::Tasks),
            Subject::Standing => "the standing permission".to_owned(),
            Subject::Change => format!("a change: {}", first_line(&about())),
            Subject::Command if state.cloud.at_gate.is_some() => in_the_account(state),
            Subject::Command => format!("a command: {}", first_line(&about())),
            Subject::Task => format!("a finished task: {}", first_line(&about())),
            Subject::Override => format!("the merge, although {}", first_line(&state.merge.held.join("; "))),
            Subject::Merge => "the merge".to_owned(),
            Subject::Cloud => in_the_account(state),
            Subject::Own => "your own changes in the worktree".to_owned(),
            Subject::PutBack => "the putting back of your own changes".to_owned(),
        };
    }
    if let Some(deploy) = deploy(state) {
        return deploy;
    }
    if let Some(halt) = &state.halt {
        return format!("to go on: {}", first_line(&halt.why));
    }
    let flow = &state.flow;
    if flow.due().is_some() || flow.merge != Merge::No {
        return String::new();
    }
    if state.standing_shown.is_some() && flow.standing.is_none() && flow.autonomy == Autonomy::Batch {
        return "the standing permission".to_owned();
    }
    match (flow.documents_approved(), state.next_task()) {
        (true, Some(task)) => format!("task {task} to start"),
        (true, None) => "the merge, to be planned".to_owned(),
        (false, _) => String::new(),
    }
}

/// What stands at the gate of the account.
fn in_the_account(state: &State) -> String {
    let step = state.cloud.at_gate.as_ref().map(|at_gate| brief::title(&at_gate.step));
    format!("the account: {}", step.as_deref().map_or_else(String::new, first_line))
}

/// How a deploy stands that has not come about; what is known of it here, nobody is asked.
fn deploy(state: &State) -> Option<String> {
    let going = state.cloud.going.as_ref()?;
    let what = if going.deployment.deletes { "deletion" } else { "deploy" };
    let stack = &going.deployment.stack;
    let Some((end, _)) = &going.ended else {
        let why = state.halt.as_ref().map(|halt| format!(" ({})", first_line(&halt.why))).unwrap_or_default();
        return Some(format!("{what} under way, not followed to its end: {stack}{why}"));
    };
    // Once a task mends it, or something else is asked of the account, that is what there is to say.
    state.failed_deploy()?;
    let how = if going.was_stopped() { "stopped" } else { "failed" };
    let status = if end.status.is_empty() { String::new() } else { format!(", {}", end.status) };
    Some(format!("{what} {how}: {stack}{status}"))
}

fn first_line(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= MOST { line.to_owned() } else { line.chars().take(MOST - 1).chain(['…']).collect() }
}

/// What the folder alone tells: the furthest document, its tasks, and the approvals on record.
fn from_files(vcs: &dyn Vcs, files: &dyn Files, folder: &SpecFolder) -> SpecSummary {
    let text = |file: &str| -> Option<String> {
        folder.files.iter().any(|f| f == file).then_some(())?;
        let path = spec_path(&folder.name, file).ok()?;
        let on_disk = files.read(&path).ok().flatten();
        on_disk.or_else(|| vcs.committed(&folder.name, &path).ok().flatten())?.text().map(str::to_owned)
    };
    let lines = text(ledger::FILE).and_then(|t| ledger::read(&t).ok()).unwrap_or_default();
    let has = |file: &str| folder.files.iter().any(|f| f == file);
    let first = if has("requirements.md") { "requirements.md" } else { "bugfix.md" };
    let documents = [(Doc::Requirements, first), (Doc::Design, "design.md"), (Doc::Tasks, "tasks.md")];
    let recorded =
        |(doc, file): &(Doc, &str)| text(file).is_some_and(|t| ledger::approves(&lines, doc.subject(), Digest::of(&t)));
    let (done, tasks) = text("tasks.md").map_or((0, 0), |t| Tasks::parse(&t).progress());
    let phase = match documents.iter().rfind(|(_, file)| has(file)) {
        Some((Doc::Tasks, _)) if done > 0 => "execute",
        Some((doc, _)) => doc.name(),
        None => Doc::Requirements.name(),
    };
    SpecSummary {
        name: folder.name.clone(),
        phase: phase.to_owned(),
        waiting: String::new(),
        done,
        tasks,
        approved: documents.iter().filter(|d| recorded(d)).count(),
        journaled: false,
        changed_s: folder.changed_s,
    }
}

#[cfg(test)]
mod tests;
