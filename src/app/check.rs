//! `kiro-tui check`: what the deterministic checks find in the specs of a repository.
//!
//! Only reads, and asks no model. What always holds: a document that cannot be read as text is a
//! finding and hides nothing else, and nothing from a repository reaches the terminal as a command.

use std::{io::Write, path::Path};

use serde::Serialize;

use super::failure::Failure;
use crate::{
    adapters::{files::DiskFiles, journal, vcs::GitRepo},
    cli::exit,
    config::error::nearest,
    domain::{
        change::{FileState, Mode},
        path::SpecName,
        prose,
        settle::spec_path,
        spec::{
            Depth, File, SpecKind,
            bugfix::Bugfix,
            checks::{Finding, Moved, Severity, Texts, check_moved},
            ears::Pattern,
            refs::ReqId,
            renumber::{Relink, Renumbering, relinks_since},
            requirements::{Requirement, Requirements},
        },
    },
    ports::{files::Files, vcs::Vcs},
};

/// What was found in one spec.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The spec.
    pub name: SpecName,
    /// Errors first, then by document and line.
    pub findings: Vec<Finding>,
    /// The sentence form of each criterion, in document order.
    pub criteria: Vec<Form>,
}

/// The sentence form of a criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Its id.
    pub id: ReqId,
    /// Its line, from 1.
    pub line: usize,
    /// The form.
    pub form: Pattern,
}

/// Checks one spec, or all of the repository that `dir` lies in, and prints what is found. `depth`
/// is what a spec without a journal is held to. Returns the code to end with.
///
/// # Errors
/// Code 2 for a spec that is not there, 4 outside of a repository.
pub fn run(dir: &Path, depth: Depth, spec: Option<&SpecName>, json: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    let repo = GitRepo::open(dir)?;
    let mut names = names(&repo)?;
    if let Some(wanted) = spec {
        if !names.contains(wanted) {
            return Err(unknown(wanted, &names));
        }
        names.retain(|name| name == wanted);
    }
    let specs: Vec<Checked> = names
        .into_iter()
        .map(|name| {
            let (findings, criteria) = findings(&repo, &name, depth);
            Checked { name, findings, criteria }
        })
        .collect();
    if json {
        let text = serde_json::to_string_pretty(&serde_json::json!({ "specs": specs }));
        writeln!(out, "{}", text.map_err(std::io::Error::other)?)?;
    } else {
        print(&specs, spec.is_none(), out)?;
    }
    let wrong = specs.iter().flat_map(|s| &s.findings).any(|f| f.severity == Severity::Error);
    Ok(if wrong { exit::FAILURE } else { exit::OK })
}

/// The specs by name: those with a folder, and those that were just started.
pub(super) fn names(repo: &GitRepo) -> Result<Vec<SpecName>, Failure> {
    let mut names: Vec<SpecName> = repo.specs()?.into_iter().map(|folder| folder.name).collect();
    names.extend(journal::list(&repo.private_dir()).unwrap_or_default());
    names.sort();
    names.dedup();
    Ok(names)
}

pub(super) fn unknown(wanted: &SpecName, names: &[SpecName]) -> Failure {
    let meant = match nearest(wanted.as_str(), names.iter().map(SpecName::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "see `kiro-tui status`".to_owned(),
    };
    Failure::new(exit::USAGE, format!("there is no spec named {wanted}; {meant}"))
}

/// What is found in one spec. A journal that cannot be read says nothing of kind and depth; that it
/// is damaged is for `status` to tell.
fn findings(repo: &GitRepo, name: &SpecName, depth: Depth) -> (Vec<Finding>, Vec<Form>) {
    let state = journal::peek(&journal::path(&repo.private_dir(), name)).ok().filter(|state| state.start.is_some());
    let place = Place::of(repo, name);
    let kind = state.as_ref().and_then(|s| s.start.as_ref()).map_or_else(|| place.kind(), |start| start.kind);
    let mut all = Vec::new();
    let mut text = |file: File| {
        place.text(file).unwrap_or_else(|finding| {
            all.push(*finding);
            None
        })
    };
    let (first, design, tasks) = (text(kind.first_file()), text(File::Design), text(File::Tasks));
    let texts = Texts { first: first.as_deref(), design: design.as_deref(), tasks: tasks.as_deref() };
    // The journal has the revisions before, and so what was renumbered since links were written.
    all.extend(match &state {
        Some(state) => state.findings_in(texts),
        // Without one, the last commit tells what the links that stand in it meant.
        None => check_moved(kind, depth, texts, place.moved(kind, texts)),
    });
    all.sort_by_key(|f| (f.severity, f.document, f.line));
    (all, first.map(|text| forms(&text, kind)).unwrap_or_default())
}

fn forms(first: &str, kind: SpecKind) -> Vec<Form> {
    let form = |c: &crate::domain::spec::criteria::Criterion| Form { id: c.id.clone(), line: c.line, form: c.pattern };
    match kind {
        SpecKind::Feature => Requirements::parse(first).criteria().map(form).collect(),
        SpecKind::Bugfix => Bugfix::parse(first).clauses().map(form).collect(),
    }
}

fn required(first: &str, kind: SpecKind) -> Vec<Requirement> {
    match kind {
        SpecKind::Feature => Requirements::parse(first).requirements,
        SpecKind::Bugfix => Bugfix::parse(first).requirements(),
    }
}

/// Where a spec's files lie: in its worktree, else in the checkout, else on its branch.
pub(super) struct Place<'a> {
    repo: &'a GitRepo,
    name: &'a SpecName,
    disk: DiskFiles,
}

impl<'a> Place<'a> {
    pub(super) fn of(repo: &'a GitRepo, name: &'a SpecName) -> Self {
        Self { repo, name, disk: DiskFiles::new(repo.worktree(name).unwrap_or_else(|| repo.root())) }
    }

    /// What the files that are there make of it.
    pub(super) fn kind(&self) -> SpecKind {
        let config = self.read(".config.kiro").ok().flatten();
        let config = config.as_ref().and_then(FileState::text);
        SpecKind::found(config, |file| !matches!(self.read(file.name()), Ok(None)))
    }

    fn read(&self, file: &str) -> Result<Option<FileState>, String> {
        let path = spec_path(self.name, file).map_err(|e| e.to_string())?;
        match self.disk.read(&path).map_err(|e| e.to_string())? {
            Some(state) => Ok(Some(state)),
            None => self.repo.committed(self.name, &path).map_err(|e| e.to_string()),
        }
    }

    /// A document as it was committed last.
    fn before(&self, document: File) -> Option<String> {
        let path = spec_path(self.name, document.name()).ok()?;
        let on_branch = self.repo.committed(self.name, &path).ok().flatten();
        let state = on_branch.or_else(|| self.repo.at_head(&path).ok().flatten())?;
        state.text().map(str::to_owned)
    }

    /// The links that mean another criterion since the requirements were edited, after the last commit.
    fn moved(&self, kind: SpecKind, texts: Texts<'_>) -> Moved {
        let Some((now, was)) = texts.first.zip(self.before(kind.first_file())).filter(|(now, was)| now != was) else {
            return Moved::default();
        };
        let since = Renumbering::between(&required(&was, kind), &required(now, kind));
        if since.is_empty() {
            return Moved::default();
        }
        let links = |document: File, text: Option<&str>| -> Vec<Relink> {
            let before = text.zip(self.before(document));
            before.map(|(text, before)| relinks_since(&before, text, &since)).unwrap_or_default()
        };
        Moved { design: links(File::Design, texts.design), tasks: links(File::Tasks, texts.tasks) }
    }

    /// A document's text; nothing where there is none, a finding where it is no text.
    pub(super) fn text(&self, document: File) -> Result<Option<String>, Box<Finding>> {
        let unreadable = |what| {
            let todo = "Put a regular file with the document's text in its place.".to_owned();
            not_text("unreadable", document, 1, what, todo)
        };
        let state = match self.read(document.name()) {
            Ok(None) => return Ok(None),
            Ok(Some(state)) if state.mode == Mode::Symlink => {
                return Err(unreadable(format!("{document} is a symbolic link, which is not followed")));
            }
            Ok(Some(state)) => state,
            Err(why) => return Err(unreadable(why)),
        };
        match std::str::from_utf8(&state.bytes) {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(e) => {
                let before = state.bytes.get(..e.valid_up_to()).unwrap_or_default();
                let line = before.iter().filter(|b| **b == b'\n').count() + 1;
                let what = format!("{document} is not UTF-8 text from this line on");
                let todo = "Save the file as UTF-8.".to_owned();
                Err(not_text("not-utf-8", document, line, what, todo))
            }
        }
    }
}

fn not_text(code: &'static str, document: File, line: usize, what: String, todo: String) -> Box<Finding> {
    let why = "What cannot be read can be neither checked nor reviewed.";
    Box::new(Finding { code, severity: Severity::Error, document, line, what, why, todo })
}

fn print(specs: &[Checked], named: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let mut all: Vec<(&SpecName, &Finding)> =
        specs.iter().flat_map(|s| s.findings.iter().map(move |f| (&s.name, f))).collect();
    // Stable: within a severity, specs stay together.
    all.sort_by_key(|(_, finding)| finding.severity);
    for (name, finding) in &all {
        let folder = if named { format!("{name}/") } else { String::new() };
        writeln!(out, "{folder}{}", prose::clean(&line(finding)))?;
    }
    let of = |severity| all.iter().filter(|(_, f)| f.severity == severity).count();
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (errors, warnings) = (many(of(Severity::Error), "error"), many(of(Severity::Warning), "warning"));
    let (checked, info) = (many(specs.len(), "spec"), of(Severity::Info));
    writeln!(out, "{checked} checked: {errors}, {warnings}, {info} info")?;
    Ok(())
}

/// A finding in one line: `requirements.md:12: warning[vague]: what — why; what to do`.
fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let Finding { code, document, line, what, why, todo, .. } = finding;
    let todo = within(todo);
    format!("{document}:{line}: {severity}[{code}]: {what} — {}; {todo}", within(why)).replace(['\n', '\r', '\t'], " ")
}

/// A sentence as a part of another: without its full stop, and without a capital that only a
/// beginning has.
fn within(sentence: &str) -> String {
    let body = sentence.strip_suffix('.').unwrap_or(sentence);
    let mut chars = body.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(body.chars().skip(1)).collect()
        }
        _ => body.to_owned(),
    }
}

#[cfg(test)]
mod tests;
