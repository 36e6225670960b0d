//! The infrastructure review without an account: the checkout's templates against the worktree's.
//!
//! Reads and tells; it runs nothing and writes nothing. What a CDK app would synthesise is read from
//! its `cdk.out` as the developer or an approved command left it, and that is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::session::Session;
use crate::{
    domain::{
        change::{Change, FileState},
        path::RelPath,
        phase::Doc,
        policy::stacks::in_synthesised,
        stack::{
            StackDiff, Template,
            assembly::{self, Assembly, Source, is_template},
            code, compare, nested, trace,
        },
        wire::Event,
    },
    ports::files::Files,
};

/// More paths are not looked at.
const MOST_PATHS: usize = 20_000;
/// Where there is more code, no calls are searched for.
const MOST_CODE: usize = 400;
/// More calls are not kept with what waits at a gate.
const MOST_CALLS: usize = 5_000;

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

impl Session {
    /// What the templates of a CDK app ask for that this task changed: compared with those of the
    /// checkout, without what a task before was approved with. Where they are older than the app, that
    /// asks, since what it permits cannot be known.
    pub(super) fn synthesised(&self, pending: &[Change]) -> Vec<String> {
        let (old, new) = ((self.ports.files)(self.ports.vcs.root()), self.files());
        let Ok((paths, _)) = new.list(Some("**/cdk.json"), MOST_PATHS) else { return Vec::new() };
        let mut asks = Vec::new();
        for folder in paths.iter().map(|p| p.as_str().trim_end_matches("cdk.json").trim_end_matches('/')) {
            let is_app = |change: &Change| is_of_app(change, folder);
            if !pending.iter().any(is_app) {
                continue;
            }
            let since = self.state.synthesised.unwrap_or(0);
            let stale =
                self.state.synthesised.is_none() || self.state.applied.iter().skip(since).any(|a| is_app(&a.change));
            let name = if folder.is_empty() { "the CDK app".to_owned() } else { format!("the CDK app in {folder}") };
            let mut found = Vec::new();
            if !stale {
                app(folder, &old, &new, &mut found);
            }
            if stale || found.iter().all(|(_, template)| template.is_none()) {
                asks.push(format!(
                    "infrastructure: {name} changed and was not synthesised since, so what it permits and replaces is \
                     not known; `npx cdk synth` in the task tells"
                ));
                continue;
            }
            let found = found.iter().flat_map(|(diff, _)| in_synthesised(diff));
            asks.extend(found.filter(|ask| !self.state.accepted.contains(ask)));
        }
        asks
    }
}

/// True for a file that what an app synthesises depends on, as far as can be told: its settings, and
/// code that speaks of CDK. What only runs in a function is none.
fn is_of_app(change: &Change, folder: &str) -> bool {
    let path = change.path.as_str();
    let inside = folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let speaks = |side: &Option<FileState>| side.as_ref().and_then(FileState::text).is_some_and(|t| t.contains("cdk"));
    let settings = matches!(path.rsplit('/').next(), Some("cdk.json" | "cdk.context.json"));
    inside && (settings || code::is_code(path) && (speaks(&change.before) || speaks(&change.after)))
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
    let calls = called(new, &after);
    let mut out = Vec::new();
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in assembly::detect(paths) {
        match source {
            Source::Cdk(folder) => app(&folder, old, new, &mut out),
            Source::Sam(path) | Source::Template(path) => {
                let inside = file(&path, old, new, &mut out);
                parents.insert(path, inside);
            }
        }
    }
    // A template that is a stack inside another is reviewed there.
    let is_of = |child: &str, parent: &str| parents.get(parent).is_some_and(|inside| inside.contains(child));
    out.retain(|(diff, _)| !parents.keys().any(|p| is_of(&diff.name, p) && !is_of(p, &diff.name)));
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

/// The calls of AWS in the code of a worktree.
pub fn calls(files: &Arc<dyn Files>) -> code::Calls {
    let paths = files.list(None, MOST_PATHS).map(|(paths, _)| paths).unwrap_or_default();
    let calls = called(files, &paths);
    if calls.len() > MOST_CALLS { code::Calls::new() } else { calls }
}

fn called(files: &Arc<dyn Files>, paths: &[RelPath]) -> code::Calls {
    let mut calls = code::Calls::new();
    let code: Vec<&RelPath> = paths.iter().filter(|p| code::is_code(p.as_str())).collect();
    // Without all of them, rights that are used would look unused.
    if code.len() > MOST_CODE {
        return calls;
    }
    for path in code {
        if let Some(text) = text(files, path.as_str()) {
            calls.extend(code::calls(path.as_str(), &text));
        }
    }
    calls
}

type Reviewed = (StackDiff, Option<Template>);

/// A template that is a file of the repository, and the stacks inside it. Gives the files of those.
fn file(path: &str, old: &Arc<dyn Files>, new: &Arc<dyn Files>, out: &mut Vec<Reviewed>) -> BTreeSet<String> {
    let template =
        |files: &Arc<dyn Files>| text(files, path).filter(|t| is_template(path, t)).map(|t| Template::parse(&t));
    let (before, after) = (template(old), template(new));
    if before.is_none() && after.is_none() {
        return BTreeSet::new();
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
    let inside = |of: &Option<Template>, files: &Arc<dyn Files>| {
        of.as_ref().map(|t| nested::inside(path, t, &|at| text(files, at))).unwrap_or_default()
    };
    let (was, is) = (inside(&before, old), inside(&after, new));
    diff.notes.extend(nested::notes(&was, &is));
    out.push((diff, after));
    for at in nested::paths(&was, &is) {
        let template = is.template(at);
        out.push((compare(&format!("{path}/{at}"), was.template(at), template), template.cloned()));
    }
    was.read.into_iter().chain(is.read).map(|inner| inner.file).collect()
}

/// Where a CDK app leaves what it synthesises, with a slash at its end.
pub(super) fn output(folder: &str, new: &Arc<dyn Files>, old: &Arc<dyn Files>) -> String {
    let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let place = text(new, &format!("{above}cdk.json")).or_else(|| text(old, &format!("{above}cdk.json")));
    let settings = place.and_then(|t| serde_json::from_str::<serde_json::Value>(&t).ok());
    let output = settings.as_ref().and_then(|s| s.get("output")?.as_str()).unwrap_or("cdk.out");
    format!("{above}{output}/")
}

/// What was synthesised there last.
pub(super) fn assembly(files: &Arc<dyn Files>, from: &str) -> Result<Assembly, String> {
    let read = |path: &str| text(files, &format!("{from}{path}"));
    assembly::read(&read, &|_| None).map_err(|fault| fault.to_string())
}

/// What a CDK app synthesised, on both sides.
fn app(folder: &str, old: &Arc<dyn Files>, new: &Arc<dyn Files>, out: &mut Vec<Reviewed>) {
    let from = output(folder, new, old);
    let after = match assembly(new, &from) {
        Ok(after) => after,
        Err(why) => {
            let name = if folder.is_empty() { "CDK app".to_owned() } else { format!("CDK app in {folder}") };
            let notes =
                vec![format!("{why}. In the worktree: npx cdk synth --quiet --output {}", from.trim_end_matches('/'))];
            out.push((StackDiff { name, notes, ..StackDiff::default() }, None));
            return;
        }
    };
    let before = assembly(old, &from);
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
