//! What is shown of a step at the gate of the account: the screen and standard output show the same.
//!
//! What a step brings into the stack is a [`review`] of the templates, drawn as any other; here are the
//! lines of what is no difference: who and where before it, what is published and run after it. Always
//! holds: the account, the role and the region lead; secrets are taken out, but for the test event
//! that the developer typed.

use crate::domain::{
    cloud::{
        Account, ChangeSet,
        action::{CloudAction, How, Preparation},
        desk::{AtGate, Step, Unmade},
        progress::{Reason, StackEnd},
        remains::{Becomes, Left},
    },
    command::{CommandLine, Confinement},
    covered,
    digest::Digest,
    gate::Reviewable as _,
    leftovers,
    policy::secrets::redact,
    stack::{
        Risk, StackDiff, Template, code, compare,
        parameters::{HIDDEN, declared},
        trace,
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

fn valued(name: &str, value: &str) -> String {
    format!("{name} = {}", covered::value(name, value))
}

fn heading(text: impl Into<String>) -> Line {
    line(Weight::Heading, "", text)
}

/// Its name in a few words, for a border or a heading.
pub fn title(step: &Step) -> String {
    let Step::Action(action) = step else { return "Make the template".to_owned() };
    match action.as_ref() {
        CloudAction::Prepare(p) => format!("Prepare {}", p.stack),
        CloudAction::Deploy { set, .. } => format!("Deploy {}", set.stack),
        CloudAction::CancelUpdate { stack, .. } => format!("Stop the update of {stack}"),
        CloudAction::CancelCreate { stack, .. } => format!("Stop the creation of {stack}"),
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

/// Who and where, why, and what to look at twice: what leads.
pub fn head(at_gate: &AtGate) -> Vec<Line> {
    let mut out = Vec::new();
    if let Step::Action(action) = &at_gate.step {
        out.push(line(Weight::Warning, "@ ", place(action.account())));
    }
    if !at_gate.why.is_empty() {
        out.push(line(Weight::Plain, "why ", at_gate.why.clone()));
    }
    out.extend(at_gate.notes.iter().map(|n| line(Weight::Danger, "⚠ ", n.clone())));
    out
}

/// What a step makes of its stack and of those inside it: the new templates against the deployed ones,
/// with the requirements that each resource serves, and the rights that no call in the code needs. None
/// for a step that brings no template. The same step and design give the same, so that it can be kept.
pub fn reviews(at_gate: &AtGate, design: &str) -> Vec<StackDiff> {
    let Step::Action(action) = &at_gate.step else { return Vec::new() };
    let (stack, template) = match action.as_ref() {
        CloudAction::Prepare(p) => (&p.stack, &p.template),
        CloudAction::Deploy { set, .. } => (&set.stack, &set.template),
        _ => return Vec::new(),
    };
    let calls = &at_gate.known.calls;
    let mut all = vec![compared(stack, at_gate.base.as_deref(), Some(template), design, calls)];
    for within in &at_gate.known.inside {
        let name = format!("{stack}/{}", within.path);
        all.push(compared(&name, within.before.as_deref(), within.after.as_deref(), design, calls));
    }
    let sets = sets(at_gate);
    let inside: Vec<String> = sets.iter().skip(1).take(all.len() - 1).flatten().map(|s| s.stack.clone()).collect();
    for diff in &mut all {
        diff.inside.clone_from(&inside);
    }
    all
}

/// What stands for everything that [`reviews`] are made from.
pub fn compared_from(at_gate: &AtGate, design: &str) -> Digest {
    let known = &at_gate.known;
    let step = at_gate.step.digest().to_string();
    let mut fields = vec![step.as_bytes(), design.as_bytes(), at_gate.base.as_deref().unwrap_or_default().as_bytes()];
    for within in &known.inside {
        let texts = [Some(&within.path), within.before.as_ref(), within.after.as_ref()];
        fields.extend(texts.map(|text| text.map_or(&b""[..], |t| t.as_bytes())));
    }
    fields.extend(known.calls.iter().map(|call| call.as_bytes()));
    Digest::of_fields(fields)
}

/// What AWS's change set says of each of [`reviews`], where there is one.
pub fn sets(at_gate: &AtGate) -> Vec<Option<&ChangeSet>> {
    let set = match &at_gate.step {
        Step::Action(action) => match action.as_ref() {
            CloudAction::Deploy { set, .. } => Some(set.as_ref()),
            _ => None,
        },
        Step::Local { .. } => None,
    };
    let inside = set.map(ChangeSet::inside).unwrap_or_default();
    let of = |path: &str| inside.iter().find(|(at, _)| at == path).map(|(_, set)| *set);
    std::iter::once(set).chain(at_gate.known.inside.iter().map(|within| of(&within.path))).collect()
}

fn compared(name: &str, old: Option<&str>, new: Option<&str>, design: &str, calls: &code::Calls) -> StackDiff {
    let mut notes = Vec::new();
    let mut read = |text: &str, which: &str| {
        let failed =
            |fault| notes.push(format!("the {which} template cannot be read, so nothing is compared: {fault}"));
        Template::parse(text).map_err(failed).ok()
    };
    let old = old.and_then(|text| read(text, "deployed"));
    let new = new.and_then(|text| read(text, "new"));
    // One side that cannot be read would make all of the other look new, or gone.
    let mut diff = if notes.is_empty() { compare(name, old.as_ref(), new.as_ref()) } else { StackDiff::default() };
    name.clone_into(&mut diff.name);
    diff.notes.extend(notes);
    if let Some(new) = &new {
        trace::requirements(&mut diff, new, design);
        diff.standing.extend(code::unused(new, calls));
    }
    diff
}

/// The rest of what is done: by which command, with what, from which commit.
pub fn rest(at_gate: &AtGate) -> Vec<Line> {
    let mut out = Vec::new();
    match &at_gate.step {
        Step::Local { line: command, .. } => self::command(command, &mut out),
        Step::Action(action) => match action.as_ref() {
            CloudAction::Prepare(p) => prepare(p, &mut out),
            CloudAction::Deploy { set, commit } => deploy(set, commit, &mut out),
            CloudAction::DropChangeSet { stack, change_set, .. } => {
                out.push(line(Weight::Plain, "• ", format!("change set {change_set} of stack {stack}")));
            }
            CloudAction::DeleteStack { stack, resources, becomes, unlisted, .. } => {
                deletion(stack, resources, becomes, *unlisted, &mut out);
            }
            CloudAction::CancelCreate { stack, id, .. } => {
                let words = format!("stack {stack} is deleted, with what it has made so far and what is in it");
                out.push(line(Weight::Danger, "⚠ ", words));
                out.push(line(Weight::Dim, "• ", id.clone()));
            }
            CloudAction::CancelUpdate { stack, .. } | CloudAction::ContinueRollback { stack, .. } => {
                out.push(line(Weight::Plain, "• ", format!("stack {stack}")));
            }
            CloudAction::Invoke { function, payload, .. } => {
                out.push(line(Weight::Plain, "• ", format!("function {function}")));
                out.push(heading("Event"));
                // Exactly what is sent, or two events that differ would look the same: the developer typed it, and
                // is the only one who sees it here.
                out.extend(payload.lines().map(|l| Line { weight: Weight::Code, mark: "", text: l.to_owned() }));
            }
        },
    }
    out
}

/// What goes with a stack and what stays, the worst first.
fn deletion(stack: &str, there: &[(String, String, String)], becomes: &[Becomes], unlisted: bool, out: &mut Vec<Line>) {
    out.push(line(Weight::Danger, "⚠ ", format!("stack {stack} is deleted; it is not protected from that")));
    if unlisted {
        out.push(line(Weight::Danger, "⚠ ", "what is in it is not all listed here, and goes too"));
    } else if there.is_empty() {
        out.push(line(Weight::Plain, "• ", "nothing is in it"));
    }
    let becomes = becomes.iter().copied().chain(std::iter::repeat(Becomes::Unknown));
    let left = there.iter().zip(becomes).map(|((id, kind, physical), becomes)| Left {
        id: id.clone(),
        kind: kind.clone(),
        physical: physical.clone(),
        becomes,
    });
    let left = leftovers::worst_first(left.collect());
    let part = |stays: bool, heading: &str, mark: &'static str, out: &mut Vec<Line>| {
        let of: Vec<&Left> = left.iter().filter(|l| l.becomes.stays() == stays).collect();
        if !of.is_empty() {
            out.push(self::heading(format!("{heading}: {}", of.len())));
        }
        for one in of {
            let weight = match leftovers::danger(one) {
                Some(Risk::Danger) => Weight::Danger,
                Some(_) => Weight::Warning,
                None => Weight::Plain,
            };
            out.push(line(weight, mark, format!("{}  {}  {}", one.id, one.kind, one.physical)));
            let words = leftovers::words(one, &left);
            if words != "goes" {
                out.push(line(Weight::Dim, "    ", words));
            }
        }
    };
    part(false, "Goes with it", "− ", out);
    part(true, "Stays", "= ", out);
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

/// A size in few characters.
pub fn bytes(n: u64) -> String {
    match n {
        0..=9_999 => format!("{n} B"),
        10_000..=9_999_999 => format!("{} kB", n / 1000),
        _ => format!("{}.{} MB", n / 1_000_000, n % 1_000_000 / 100_000),
    }
}

fn prepare(p: &Preparation, out: &mut Vec<Line>) {
    out.push(heading(format!("Change set {} of stack {}", p.change_set, p.stack)));
    out.push(line(Weight::Plain, "• ", format!("from commit {}", p.commit)));
    if !p.capabilities.is_empty() {
        permitted(&p.capabilities, out);
    }
    parameters(p, out);
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

fn permitted(capabilities: &[String], out: &mut Vec<Line>) {
    out.push(line(Weight::Warning, "! ", format!("permitted: {}", capabilities.join(", "))));
    if capabilities.iter().any(|c| c == "CAPABILITY_AUTO_EXPAND") {
        let words =
            "macros may rewrite the template in the account, as SAM's does; what came of it is in the change set";
        out.push(line(Weight::Dim, "• ", words));
    }
}

/// What the template's parameters will be, those that nobody gives as well.
fn parameters(p: &Preparation, out: &mut Vec<Line>) {
    out.extend(p.parameters.iter().map(|(name, value)| line(Weight::Plain, "• ", valued(name, value))));
    for (name, variable) in &p.secrets {
        let words = format!("{name} = {HIDDEN}, from the variable {variable} when it is sent");
        out.push(line(Weight::Plain, "• ", words));
    }
    let given = |name: &str| p.parameters.iter().chain(&p.secrets).any(|(n, _)| n == name);
    for declared in declared(&p.template).unwrap_or_default().iter().filter(|d| !given(&d.name)) {
        let words = match &declared.default {
            // What a stack has is kept, and that of a secret one is not known here.
            _ if declared.secret => format!("{} = {HIDDEN}, as it is", declared.name),
            Some(default) => format!("{}, by the template", valued(&declared.name, default)),
            None => format!("{}, as it is", declared.name),
        };
        out.push(line(Weight::Dim, "• ", words));
    }
}

fn deploy(set: &ChangeSet, commit: &str, out: &mut Vec<Line>) {
    let creates = if set.creates { ", which is new" } else { "" };
    out.push(heading(format!("Change set {} of stack {}{creates}", set.name, set.stack)));
    out.push(line(Weight::Plain, "• ", format!("made from commit {commit}")));
    if !set.capabilities.is_empty() {
        permitted(&set.capabilities, out);
    }
    for (name, value) in set.parameters.iter().chain(&set.tags).chain(&set.options) {
        out.push(line(Weight::Plain, "• ", valued(name, value)));
    }
    for inner in &set.nested {
        for (name, value) in inner.parameters.iter().chain(&inner.tags).chain(&inner.options) {
            out.push(line(Weight::Plain, "• ", format!("{}: {}", inner.stack, valued(name, value))));
        }
    }
}

fn reasons(reasons: &[Reason], out: &mut Vec<Line>) {
    out.extend(reasons.iter().map(|reason| line(Weight::Danger, "⚠ ", reason.words())));
}

/// A change set that could not be made.
pub fn unmade(unmade: &Unmade) -> Vec<Line> {
    let mut out = vec![line(Weight::Danger, "✗ ", format!("change set {} could not be made", unmade.change_set))];
    reasons(&unmade.reasons, &mut out);
    out
}

/// How a deploy ended.
pub fn end(stack: &str, end: &StackEnd) -> Vec<Line> {
    let mut out = Vec::new();
    let word = if end.status.is_empty() { "nothing was begun" } else { &end.status };
    let (weight, mark) = if end.succeeded { (Weight::Plain, "✓ ") } else { (Weight::Danger, "✗ ") };
    out.push(line(weight, mark, format!("stack {stack}: {word}")));
    reasons(&end.reasons, &mut out);
    out.extend(end.unknown.iter().map(|words| line(Weight::Warning, "! ", words.clone())));
    if !end.outputs.is_empty() {
        out.push(heading("Outputs"));
    }
    out.extend(end.outputs.iter().map(|(name, value)| line(Weight::Plain, "• ", valued(name, value))));
    out
}
