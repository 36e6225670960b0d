//! What is shown of a step at the gate of the account, as lines: the screen and standard output show
//! the same.
//!
//! Always holds: the account, the role and the region lead; what is dangerous comes before what is
//! not; every resource and every property of a change set is on a line; secrets are taken out.

use crate::domain::{
    cloud::{
        Account, ChangeSet, Replacement, SetAction, SetChange,
        action::{CloudAction, How, Preparation},
        desk::{AtGate, Step},
        progress::StackEnd,
    },
    command::{CommandLine, Confinement},
    policy::secrets::redact,
    stack::{
        Risk, StackDiff, Template, compare,
        diff::{Fate, ResourceDiff},
        text,
    },
};

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The head of a part.
    Heading,
    /// Look twice.
    Danger,
    /// Worth a thought.
    Warning,
    /// As it is.
    Plain,
    /// Beside the point.
    Dim,
    /// Code, whole.
    Code,
}

/// One line, with what stands before it when it is wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How much it matters.
    pub weight: Weight,
    /// Its mark: `⚠ `, `  `.
    pub mark: &'static str,
    /// Its words.
    pub text: String,
}

fn line(weight: Weight, mark: &'static str, text: impl Into<String>) -> Line {
    let text = text.into();
    Line { weight, mark, text: redact(&text).into_owned() }
}

fn heading(text: impl Into<String>) -> Line {
    line(Weight::Heading, "", text)
}

fn of_risk(risk: Risk) -> (Weight, &'static str) {
    match risk {
        Risk::Danger => (Weight::Danger, "⚠ "),
        Risk::Warning => (Weight::Warning, "! "),
        Risk::Info => (Weight::Plain, "• "),
    }
}

/// Its name in a few words, for a border or a heading.
pub fn title(step: &Step) -> String {
    let Step::Action(action) = step else { return "Make the template".to_owned() };
    match action.as_ref() {
        CloudAction::Prepare(p) => format!("Prepare {}", p.stack),
        CloudAction::Deploy { set, .. } => format!("Deploy {}", set.stack),
        CloudAction::CancelUpdate { stack, .. } => format!("Stop the update of {stack}"),
        CloudAction::DropChangeSet { stack, .. } => format!("Remove a change set of {stack}"),
        CloudAction::DeleteStack { stack, .. } => format!("Delete {stack}"),
        CloudAction::ContinueRollback { stack, .. } => format!("Roll {stack} back to its end"),
        CloudAction::Invoke { function, .. } => format!("Call {}", function.rsplit(':').next().unwrap_or(function)),
    }
}

/// Who and where, in one line.
pub fn place(account: &Account) -> String {
    let profile = account.profile.as_ref().map(|p| format!(", profile {p}")).unwrap_or_default();
    format!("account {}, {}, as {}{profile}", account.id, account.region, account.who())
}

/// All that is shown of a step.
pub fn lines(at_gate: &AtGate) -> Vec<Line> {
    let mut out = Vec::new();
    if let Step::Action(action) = &at_gate.step {
        out.push(line(Weight::Warning, "@ ", place(action.account())));
    }
    if !at_gate.why.is_empty() {
        out.push(line(Weight::Plain, "why ", at_gate.why.clone()));
    }
    out.extend(at_gate.notes.iter().map(|n| line(Weight::Danger, "⚠ ", n.clone())));
    match &at_gate.step {
        Step::Local { line: command, .. } => self::command(command, &mut out),
        Step::Action(action) => match action.as_ref() {
            CloudAction::Prepare(p) => prepare(p, at_gate.base.as_deref(), &mut out),
            CloudAction::Deploy { set, commit } => deploy(set, commit, at_gate.base.as_deref(), &mut out),
            CloudAction::DropChangeSet { stack, change_set, .. } => {
                out.push(line(Weight::Plain, "• ", format!("change set {change_set} of stack {stack}")));
            }
            CloudAction::DeleteStack { stack, resources, .. } => {
                out.push(line(Weight::Danger, "⚠ ", format!("stack {stack} is deleted")));
                for (id, kind, physical) in resources {
                    out.push(line(Weight::Warning, "− ", format!("{id}  {kind}  {physical}")));
                }
            }
            CloudAction::CancelUpdate { stack, .. } | CloudAction::ContinueRollback { stack, .. } => {
                out.push(line(Weight::Plain, "• ", format!("stack {stack}")));
            }
            CloudAction::Invoke { function, payload, .. } => {
                out.push(line(Weight::Plain, "• ", format!("function {function}")));
                out.push(heading("Event"));
                out.extend(payload.lines().map(|l| line(Weight::Code, "", l)));
            }
        },
    }
    out
}

fn command(command: &CommandLine, out: &mut Vec<Line>) {
    out.push(line(Weight::Code, "$ ", command.text.clone()));
    let (weight, words) = match &command.confinement {
        Confinement::Sandboxed => {
            (Weight::Dim, "sandboxed: writes only in the worktree and a temporary directory, no network".to_owned())
        }
        Confinement::Unsandboxed { reason } => (Weight::Danger, format!("not sandboxed, runs as you: {reason}")),
        Confinement::Account { reason } => {
            (Weight::Danger, format!("not sandboxed, runs as you and with the account's credentials: {reason}"))
        }
    };
    out.push(line(weight, "• ", words));
    out.push(line(Weight::Dim, "• ", format!("time limit {} s", command.timeout_s)));
}

fn bytes(n: u64) -> String {
    match n {
        0..=9_999 => format!("{n} B"),
        10_000..=9_999_999 => format!("{} kB", n / 1000),
        _ => format!("{}.{} MB", n / 1_000_000, n % 1_000_000 / 100_000),
    }
}

fn prepare(p: &Preparation, base: Option<&str>, out: &mut Vec<Line>) {
    templates(&p.stack, base, &p.template, out);
    out.push(heading(format!("Change set {} of stack {}", p.change_set, p.stack)));
    out.push(line(Weight::Plain, "• ", format!("from commit {}", p.commit)));
    if !p.capabilities.is_empty() {
        out.push(line(Weight::Warning, "! ", format!("permitted: {}", p.capabilities.join(", "))));
    }
    out.extend(p.parameters.iter().map(|(name, value)| line(Weight::Plain, "• ", format!("{name} = {value}"))));
    if !p.assets.is_empty() {
        out.push(heading("Published"));
    }
    for asset in &p.assets {
        out.push(line(Weight::Plain, "• ", format!("{}  {}", bytes(asset.bytes), asset.path)));
    }
    match &p.how {
        How::Cdk(line) => {
            out.push(heading("Command"));
            command(line, out);
        }
        How::Template => {
            let through = p.bucket.as_ref().map(|b| format!(" through s3://{b}")).unwrap_or_default();
            let words = format!("CreateChangeSet with the template's {}{through}", bytes(p.template.len() as u64));
            out.push(line(Weight::Plain, "• ", words));
        }
    }
}

fn deploy(set: &ChangeSet, commit: &str, base: Option<&str>, out: &mut Vec<Line>) {
    templates(&set.stack, base, &set.template, out);
    let creates = if set.creates { ", which is new" } else { "" };
    out.push(heading(format!("Change set {} of stack {}{creates}", set.name, set.stack)));
    changes(set, out);
    out.push(line(Weight::Plain, "• ", format!("made from commit {commit}")));
    if !set.capabilities.is_empty() {
        out.push(line(Weight::Warning, "! ", format!("permitted: {}", set.capabilities.join(", "))));
    }
    for (name, value) in set.parameters.iter().chain(&set.tags).chain(&set.options) {
        out.push(line(Weight::Plain, "• ", format!("{name} = {value}")));
    }
    for inner in &set.nested {
        out.push(heading(format!("Inside: {}", inner.stack)));
        changes(inner, out);
    }
}

/// Every resource of a change set, those that go first.
fn changes(set: &ChangeSet, out: &mut Vec<Line>) {
    let weigh = |c: &SetChange| match (c.action, c.replacement) {
        (SetAction::Remove, _) | (_, Replacement::Yes) => 0,
        (SetAction::Dynamic, _) | (_, Replacement::Maybe) => 1,
        (SetAction::Modify, Replacement::No) => 2,
        (SetAction::Add | SetAction::Import, _) => 3,
    };
    let mut all: Vec<&SetChange> = set.changes.iter().collect();
    all.sort_by_key(|c| weigh(c));
    for change in all {
        let (mark, word) = match (change.action, change.replacement) {
            (SetAction::Add, _) => ("+ ", "added"),
            (SetAction::Remove, _) => ("− ", "removed"),
            (SetAction::Import, _) => ("+ ", "imported"),
            (_, Replacement::Yes) => ("⚠ ", "REPLACED"),
            (_, Replacement::Maybe) => ("! ", "may be replaced"),
            (SetAction::Modify | SetAction::Dynamic, Replacement::No) => ("~ ", "changed"),
        };
        let weight = match weigh(change) {
            0 => Weight::Danger,
            1 => Weight::Warning,
            _ => Weight::Plain,
        };
        let policy =
            if change.policy.is_empty() { String::new() } else { format!("  (the old one: {})", change.policy) };
        out.push(line(weight, mark, format!("{word}  {}  {}  {}{policy}", change.id, change.kind, change.physical)));
        for detail in &change.details {
            let name = if detail.name.is_empty() { &detail.attribute } else { &detail.name };
            let values = match (&detail.before, &detail.after) {
                (None, None) => String::new(),
                (before, after) => {
                    format!(": {} → {}", before.as_deref().unwrap_or("nothing"), after.as_deref().unwrap_or("nothing"))
                }
            };
            let anew = if detail.recreation == "Always" { "  makes it anew" } else { "" };
            let cause = if detail.cause.is_empty() { String::new() } else { format!("  ({})", detail.cause) };
            out.push(line(Weight::Dim, "    ", format!("{name}{values}{anew}{cause}")));
        }
    }
}

fn templates(stack: &str, base: Option<&str>, new: &str, out: &mut Vec<Line>) {
    let read = |text: &str| Template::parse(text);
    match (base.map(read).transpose(), read(new)) {
        (Ok(old), Ok(new)) => difference(&compare(stack, old.as_ref(), Some(&new)), out),
        (Err(fault), _) => {
            out.push(line(
                Weight::Danger,
                "⚠ ",
                format!("the deployed template cannot be read, so nothing is compared: {fault}"),
            ));
        }
        (_, Err(fault)) => out.push(line(Weight::Danger, "⚠ ", format!("the template cannot be read: {fault}"))),
    }
}

/// A new template against the old one, the most dangerous first.
pub fn difference(diff: &StackDiff, out: &mut Vec<Line>) {
    out.push(heading(format!("Templates of {}", diff.name)));
    if diff.is_empty() {
        out.push(line(Weight::Plain, "• ", "no difference"));
    }
    for resource in &diff.resources {
        of_resource(resource, out);
    }
    for entry in &diff.entries {
        let value =
            |v: &Option<crate::domain::stack::Value>| v.as_ref().map_or_else(|| "nothing".to_owned(), text::value);
        let words = format!("{} {}: {} → {}", entry.section, entry.name, value(&entry.before), value(&entry.after));
        out.push(line(Weight::Dim, "• ", words));
    }
    for finding in &diff.standing {
        let (weight, mark) = of_risk(finding.risk);
        let weight = if weight == Weight::Danger { Weight::Warning } else { weight };
        out.push(line(weight, mark, format!("as before: {} {}", finding.resource, finding.text)));
    }
    out.extend(diff.notes.iter().map(|n| line(Weight::Dim, "• ", n.clone())));
}

fn of_resource(resource: &ResourceDiff, out: &mut Vec<Line>) {
    let (weight, mark) = of_risk(resource.risk);
    let fate = match resource.fate {
        Some(Fate::Deleted) => "; the old one is deleted",
        Some(Fate::Retained) => "; the old one stays outside the stack",
        Some(Fate::Snapshot) => "; a snapshot of the old one stays",
        None => "",
    };
    out.push(line(weight, mark, format!("{}  {}  {}{fate}", resource.effect.word(), resource.id, resource.kind)));
    for change in &resource.iam {
        let weight = if change.class.widens() { Weight::Danger } else { Weight::Plain };
        let mark = if change.class.widens() { "  ⚠ " } else { "    " };
        out.push(line(weight, mark, format!("IAM {}: {}", change.class.word(), change.sentence)));
    }
    for finding in &resource.findings {
        let weight = of_risk(finding.risk).0;
        out.push(line(weight, "    ", format!("{}: {}", finding.text, finding.why)));
    }
    for property in &resource.properties {
        let value =
            |v: &Option<crate::domain::stack::Value>| v.as_ref().map_or_else(|| "nothing".to_owned(), text::value);
        let words = match &property.because {
            Some(other) => format!("{} changes with {other}", property.path),
            None => format!("{}: {} → {}", property.path, value(&property.before), value(&property.after)),
        };
        out.push(line(Weight::Dim, "    ", words));
    }
}

/// How a deploy ended.
pub fn end(stack: &str, end: &StackEnd) -> Vec<Line> {
    let mut out = Vec::new();
    let word = if end.status.is_empty() { "nothing was begun" } else { &end.status };
    let (weight, mark) = if end.succeeded { (Weight::Plain, "✓ ") } else { (Weight::Danger, "✗ ") };
    out.push(line(weight, mark, format!("stack {stack}: {word}")));
    for reason in &end.reasons {
        out.push(line(Weight::Danger, "⚠ ", format!("{} ({}): {}", reason.resource, reason.kind, reason.text)));
    }
    if !end.outputs.is_empty() {
        out.push(heading("Outputs"));
    }
    out.extend(end.outputs.iter().map(|(name, value)| line(Weight::Plain, "• ", format!("{name} = {value}"))));
    out
}
