//! The infrastructure review without an account: the checkout's templates against the worktree's.
//!
//! Reads and tells; it runs nothing and writes nothing. What a CDK app would synthesise is read from
//! its `cdk.out` as the developer or an approved command left it, and that is said.

use std::sync::Arc;

use super::session::Session;
use crate::{
    domain::{
        change::FileState,
        path::RelPath,
        phase::Doc,
        stack::{
            StackDiff, Template,
            assembly::{self, Assembly, Source, is_template},
            code, compare, trace,
        },
        wire::Event,
    },
    ports::files::Files,
};

/// More paths are not looked at.
const MOST_PATHS: usize = 20_000;
/// More code is not searched for calls.
const MOST_CODE: usize = 400;

impl Session {
    /// Tells the screen how the infrastructure of the worktree differs from that of the checkout.
    pub(super) fn review_stacks(&self) {
        let old = (self.ports.files)(self.ports.vcs.root());
        let new = self.files();
        let design = self.state.current(Doc::Design).map_or("", |d| d.text.as_str());
        match reviews(&old, &new, design) {
            Ok(diffs) if diffs.is_empty() => self.tell(Event::Refused(
                "there is no infrastructure here: no template of CloudFormation or SAM, and no cdk.json".into(),
            )),
            Ok(diffs) => self.tell(Event::Stacks(diffs)),
            Err(why) => self.tell(Event::Refused(why)),
        }
    }
}

fn text(files: &Arc<dyn Files>, path: &str) -> Option<String> {
    let path = RelPath::parse(path).ok()?;
    files.read(&path).ok()?.as_ref().and_then(FileState::text).map(str::to_owned)
}

fn reviews(old: &Arc<dyn Files>, new: &Arc<dyn Files>, design: &str) -> Result<Vec<StackDiff>, String> {
    let list = |files: &Arc<dyn Files>| files.list(None, MOST_PATHS).map_err(|e| e.to_string());
    let ((before, _), (after, more)) = (list(old)?, list(new)?);
    let mut paths: Vec<&str> = before.iter().chain(&after).map(RelPath::as_str).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut calls = code::Calls::new();
    for path in after.iter().filter(|p| code::is_code(p.as_str())).take(MOST_CODE) {
        if let Some(text) = text(new, path.as_str()) {
            calls.extend(code::calls(path.as_str(), &text));
        }
    }
    let mut out = Vec::new();
    for source in assembly::detect(paths) {
        match source {
            Source::Cdk(folder) => app(&folder, old, new, &mut out),
            Source::Sam(path) | Source::Template(path) => file(&path, old, new, &mut out),
        }
    }
    let mut diffs = Vec::new();
    for (mut diff, template) in out {
        if let Some(template) = template {
            trace::requirements(&mut diff, &template, design);
            diff.standing.extend(code::unused(&template, &calls));
        }
        if more {
            diff.notes.push(format!("only the first {MOST_PATHS} files were looked at"));
        }
        diffs.push(diff);
    }
    diffs.sort_by_key(|d| std::cmp::Reverse(d.worst()));
    Ok(diffs)
}

type Reviewed = (StackDiff, Option<Template>);

/// A template that is a file of the repository.
fn file(path: &str, old: &Arc<dyn Files>, new: &Arc<dyn Files>, out: &mut Vec<Reviewed>) {
    let template =
        |files: &Arc<dyn Files>| text(files, path).filter(|t| is_template(path, t)).map(|t| Template::parse(&t));
    let (before, after) = (template(old), template(new));
    if before.is_none() && after.is_none() {
        return;
    }
    let mut notes = Vec::new();
    for (side, when) in [(&before, "on the main branch"), (&after, "on the spec's branch")] {
        if let Some(Err(fault)) = side {
            notes.push(format!("the template {when} cannot be read: {fault}"));
        }
    }
    let (before, after) = (before.and_then(Result::ok), after.and_then(Result::ok));
    let mut diff = if notes.is_empty() { compare(path, before.as_ref(), after.as_ref()) } else { StackDiff::default() };
    path.clone_into(&mut diff.name);
    diff.notes.extend(notes);
    out.push((diff, after));
}

/// What a CDK app synthesised, on both sides.
fn app(folder: &str, old: &Arc<dyn Files>, new: &Arc<dyn Files>, out: &mut Vec<Reviewed>) {
    let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let place = text(new, &format!("{above}cdk.json")).or_else(|| text(old, &format!("{above}cdk.json")));
    let settings = place.and_then(|t| serde_json::from_str::<serde_json::Value>(&t).ok());
    let output = settings.as_ref().and_then(|s| s.get("output")?.as_str()).unwrap_or("cdk.out");
    let from = format!("{above}{output}/");
    let assembly = |files: &Arc<dyn Files>| -> Result<Assembly, String> {
        let read = |path: &str| text(files, &format!("{from}{path}"));
        assembly::read(&read, &|_| None).map_err(|fault| fault.to_string())
    };
    let after = match assembly(new) {
        Ok(after) => after,
        Err(why) => {
            let name = if folder.is_empty() { "CDK app".to_owned() } else { format!("CDK app in {folder}") };
            let notes = vec![format!("{why}. In the worktree: npx cdk synth --quiet --output {output}")];
            out.push((StackDiff { name, notes, ..StackDiff::default() }, None));
            return;
        }
    };
    let before = assembly(old);
    let known = before.as_ref().map(Assembly::templates).unwrap_or_default();
    let mut notes = vec![format!("read from {from} as it was synthesised last; what changed since is not in it")];
    if before.is_err() {
        notes.push("the checkout has no cdk.out, so everything counts as new; synthesise there too to compare".into());
    }
    notes.extend(after.notes.iter().cloned());
    let stacks = after.templates();
    for (name, template) in &stacks {
        let mut diff = compare(name, known.get(name).copied(), Some(template));
        diff.notes.append(&mut notes);
        out.push((diff, Some((*template).clone())));
    }
    for (name, template) in known.iter().filter(|(name, _)| !stacks.contains_key(*name)) {
        out.push((compare(name, Some(template), None), None));
    }
    if !notes.is_empty() {
        out.push((StackDiff { name: from, notes, ..StackDiff::default() }, None));
    }
}
