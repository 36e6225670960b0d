//! The review of a difference as lines: what happens to each resource, why that is dangerous, which
//! rights change, which properties.
//!
//! Screen, command line and gate draw the same [`Block`]s. Always holds: everything that the difference
//! and the change set name is in them, the most dangerous first; values stand in them as they are in
//! the difference, so whoever draws them cleans them and takes out what looks like a secret.

use super::{
    Risk, StackDiff, Value,
    diff::{Effect, EntryDiff, Fate, PropertyDiff, ResourceDiff, Update},
    iam::{Effect as Way, Statement, StatementChange},
    risk::{self, Finding},
    text, withheld,
};
use crate::domain::cloud::{ChangeSet, Replacement, SetAction, SetChange, SetDetail};

/// How a line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As any other.
    Plain,
    /// Of less weight.
    Dim,
    /// A title.
    Title,
    /// As bad as this.
    Risk(Risk),
    /// What was.
    Before,
    /// What will be.
    After,
}

/// A line below a block's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it is meant.
    pub tone: Tone,
    /// What stands before it, a column or two.
    pub mark: &'static str,
    /// Its text.
    pub text: String,
}

/// A part of the review with a head of its own: a resource, or what is no resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The worst of it.
    pub risk: Risk,
    /// What happens, in a word: `REPLACED`.
    pub effect: String,
    /// The logical id, or a title.
    pub name: String,
    /// `AWS::S3::Bucket`, or nothing.
    pub kind: String,
    /// The one reason to look at it.
    pub reason: String,
    /// All of it.
    pub lines: Vec<Line>,
}

/// What the difference is in all, in a line.
pub fn summary(diff: &StackDiff) -> String {
    if diff.is_empty() {
        let known = if diff.notes.is_empty() { "nothing changes" } else { "nothing changes, as far as is known" };
        return known.to_owned();
    }
    let mut parts = Vec::new();
    for effect in [Effect::Replace, Effect::Remove, Effect::MayReplace, Effect::Change, Effect::Add] {
        let count = diff.count(effect);
        if count > 0 {
            parts.push(format!("{count} {}", effect.word().to_lowercase()));
        }
    }
    let widened = diff.widened().count();
    if widened > 0 {
        parts.push(counted(widened, "right") + " widened");
    }
    if !diff.entries.is_empty() {
        parts.push(format!("{} of parameters, outputs and the like", diff.entries.len()));
    }
    parts.join(", ")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The whole review, with what a change set says where there is one.
pub fn blocks(diff: &StackDiff, set: Option<&ChangeSet>) -> Vec<Block> {
    let said = |id: &str| set.and_then(|s| s.changes.iter().find(|c| c.id == id));
    let mut out: Vec<Block> = diff.resources.iter().map(|r| resource(r, said(&r.id))).collect();
    if let Some(set) = set {
        let unknown = set.changes.iter().filter(|c| !diff.resources.iter().any(|r| r.id == c.id));
        let words = "the templates do not differ in it; AWS says that it changes";
        out.extend(unknown.map(|change| only_said(change, change.id.clone(), words)));
        set.nested.iter().for_each(|inner| within(inner, &diff.inside, &mut out));
        // What AWS says may be worse than what the templates say.
        out.sort_by_key(|b| std::cmp::Reverse(b.risk));
    }
    if !diff.entries.is_empty() {
        out.push(entries(&diff.entries));
    }
    if !diff.standing.is_empty() {
        out.push(standing(&diff.standing));
    }
    if !diff.notes.is_empty() {
        let lines = diff.notes.iter().map(|n| line(Tone::Risk(Risk::Warning), "! ", n)).collect();
        let reason = match diff.notes.as_slice() {
            [first, _, ..] => format!("{first}; and {} more", diff.notes.len() - 1),
            notes => notes.concat(),
        };
        out.push(Block { risk: Risk::Warning, reason, ..titled("not known", "in this review", lines) });
    }
    out
}

/// The whole review as lines of text: the tone, how far it is moved in, the text.
pub fn lines(diff: &StackDiff, set: Option<&ChangeSet>) -> Vec<(Tone, usize, String)> {
    let mut out = vec![(Tone::Title, 0, format!("{}: {}", diff.name, summary(diff)))];
    for block in blocks(diff, set) {
        let kind = if block.kind.is_empty() { String::new() } else { format!("  {}", block.kind) };
        let reason = if block.reason.is_empty() { String::new() } else { format!("  {}", block.reason) };
        let head = format!("{:<7}  {:<9}  {}{kind}{reason}", block.risk, block.effect, block.name);
        out.push((Tone::Risk(block.risk), 0, head.trim_end().to_owned()));
        out.extend(block.lines.into_iter().map(|l| (l.tone, 2, format!("{}{}", l.mark, l.text))));
    }
    out
}

fn line(tone: Tone, mark: &'static str, text: impl Into<String>) -> Line {
    Line { tone, mark, text: text.into() }
}

fn titled(effect: &str, name: &str, lines: Vec<Line>) -> Block {
    Block {
        risk: Risk::Info,
        effect: effect.to_owned(),
        name: name.to_owned(),
        kind: String::new(),
        reason: String::new(),
        lines,
    }
}

fn mark(risk: Risk) -> &'static str {
    match risk {
        Risk::Danger => "✗ ",
        Risk::Warning => "! ",
        Risk::Info => "· ",
    }
}

fn resource(resource: &ResourceDiff, said: Option<&SetChange>) -> Block {
    let mut lines = Vec::new();
    for finding in &resource.findings {
        about(finding, &mut lines);
    }
    for change in &resource.iam {
        rights(change, &mut lines);
    }
    if let Some(from) = &resource.renamed_from {
        lines.push(line(Tone::Dim, "  ", format!("was {from}")));
    }
    if let Some(before) = &resource.kind_before {
        lines.push(line(Tone::Before, "- ", before.clone()));
        lines.push(line(Tone::After, "+ ", resource.kind.clone()));
    }
    let statements = !resource.iam.is_empty();
    for property in &resource.properties {
        changed(property, statements, &mut lines);
    }
    if let Some(fate) = resource.fate {
        let text = match fate {
            Fate::Retained => "the old one stays, outside the stack",
            Fate::Snapshot => "a snapshot of the old one stays",
            Fate::Deleted => "the old one is deleted",
        };
        lines.push(line(Tone::Dim, "  ", text));
    }
    if !resource.requirements.is_empty() {
        lines.push(line(Tone::Dim, "  ", format!("for requirement {}", resource.requirements.join(", "))));
    }
    if let Some(construct) = &resource.construct {
        lines.push(line(Tone::Dim, "  ", format!("construct {construct}")));
    }
    let mut block = Block {
        risk: resource.risk,
        effect: resource.effect.word().to_owned(),
        name: resource.id.clone(),
        kind: resource.kind.clone(),
        reason: reason(resource),
        lines,
    };
    if let Some(said) = said {
        compared(resource, said, &mut block);
    }
    block
}

/// The one thing to know first.
fn reason(resource: &ResourceDiff) -> String {
    let finding = resource.findings.first().map(|f| (f.risk, f.text.clone()));
    let right = resource.iam.first().map(|c| (risk::of_statement(c), c.sentence.clone()));
    let worst = [finding, right].into_iter().flatten().reduce(|a, b| if b.0 > a.0 { b } else { a });
    let forced =
        resource.properties.iter().find(|p| p.update == Update::Replaces).map(|p| format!("{} forces it", p.path));
    let property = || match resource.properties.as_slice() {
        // What is new has all of them.
        _ if resource.effect == Effect::Add => String::new(),
        [] => String::new(),
        [one] => one.because.as_ref().map_or_else(|| one.path.clone(), |id| format!("follows {id}")),
        [one, rest @ ..] => format!("{} and {} more", one.path, rest.len()),
    };
    match (worst, forced) {
        (Some((_, text)), None) => text,
        (Some((Risk::Info, text)), Some(forced)) => format!("{forced}; {text}"),
        (Some((_, text)), Some(forced)) => format!("{text}; {forced}"),
        (None, Some(forced)) => forced,
        (None, None) => property(),
    }
}

fn about(finding: &Finding, out: &mut Vec<Line>) {
    out.push(line(Tone::Risk(finding.risk), mark(finding.risk), finding.text.clone()));
    out.push(line(Tone::Dim, "    ", finding.why.clone()));
}

fn rights(change: &StatementChange, out: &mut Vec<Line>) {
    let risk = risk::of_statement(change);
    out.push(line(Tone::Risk(risk), mark(risk), format!("{}: {}", change.class.word(), change.sentence)));
    if let Some(before) = &change.before {
        out.push(line(Tone::Before, "  - ", statement(before)));
    }
    if let Some(after) = &change.after {
        out.push(line(Tone::After, "  + ", statement(after)));
    }
}

/// A statement in a line: `Allow s3:GetObject on … to … when …`, nothing left out.
pub fn statement(of: &Statement) -> String {
    let set = |set: &super::iam::Set| {
        let names = set.items.join(", ");
        if set.but { format!("all but {names}") } else { names }
    };
    let mut out = format!("{} {}", if of.effect == Way::Allow { "Allow" } else { "Deny" }, set(&of.actions));
    if of.resources.but || !of.resources.items.is_empty() {
        out.push_str(&format!(" on {}", set(&of.resources)));
    }
    if of.principals.but || !of.principals.items.is_empty() {
        out.push_str(&format!(" to {}", set(&of.principals)));
    }
    for (operator, keys) in &of.conditions {
        for (key, values) in keys {
            out.push_str(&format!(" when {operator} {key} [{}]", values.join(", ")));
        }
    }
    out
}

fn changed(property: &PropertyDiff, statements: bool, out: &mut Vec<Line>) {
    let word = match property.update {
        Update::InPlace => "",
        Update::Unknown => "  (whether it makes a new one is not known)",
        Update::Maybe => "  (may make a new one)",
        Update::Replaces => "  (makes a new one)",
    };
    let tone = if property.update == Update::Replaces { Tone::Risk(Risk::Warning) } else { Tone::Plain };
    if let Some(because) = &property.because {
        out.push(line(Tone::Dim, "~ ", format!("{} follows {because}{word}", property.path)));
        return;
    }
    out.push(line(tone, "~ ", format!("{}{word}", property.path)));
    let policy = |v: &Option<Value>| v.as_ref().is_some_and(|v| v.get("Statement").is_some());
    if policy(&property.before) || policy(&property.after) {
        let text = if statements { "its statements stand above" } else { "it permits what it permitted before" };
        out.push(line(Tone::Dim, "    ", text));
        return;
    }
    if let Some(before) = &property.before {
        out.push(line(Tone::Before, "  - ", text::value(before)));
    }
    if let Some(after) = &property.after {
        out.push(line(Tone::After, "  + ", text::value(after)));
    }
}

/// What AWS says beside what the templates say; the worse counts.
fn compared(resource: &ResourceDiff, said: &SetChange, block: &mut Block) {
    let ours = resource.effect;
    let theirs = match (said.action, said.replacement) {
        (SetAction::Add | SetAction::Import, _) => Effect::Add,
        (SetAction::Remove, _) => Effect::Remove,
        (SetAction::Dynamic, _) | (SetAction::Modify, Replacement::Maybe) => Effect::MayReplace,
        (SetAction::Modify, Replacement::Yes) => Effect::Replace,
        (SetAction::Modify, Replacement::No) => Effect::Change,
    };
    if theirs != ours {
        let text = format!("AWS says: {} (the templates say: {})", theirs.word(), ours.word());
        block.lines.insert(0, line(Tone::Risk(Risk::Warning), "! ", text));
        if theirs > ours {
            block.effect = theirs.word().to_owned();
            block.risk = block.risk.max(Risk::Warning);
        }
    }
    for detail in &said.details {
        block.lines.push(line(Tone::Dim, "  ", format!("AWS: {}", in_words(detail))));
    }
    if !said.policy.is_empty() {
        block.lines.push(line(Tone::Dim, "  ", format!("AWS: the old one: {}", said.policy)));
    }
    if !said.physical.is_empty() {
        block.lines.push(line(Tone::Dim, "  ", format!("physical id {}", said.physical)));
    }
}

/// What AWS says of one property, in a line.
fn in_words(detail: &SetDetail) -> String {
    let name = if detail.name.is_empty() { &detail.attribute } else { &detail.name };
    let (before, after) = withheld::words(
        name,
        detail.before.as_deref().unwrap_or_default(),
        detail.after.as_deref().unwrap_or_default(),
    );
    let value = |v: &Option<String>, shown| if v.is_some() { shown } else { "nothing".to_owned() };
    let values = match (&detail.before, &detail.after) {
        (None, None) => String::new(),
        (was, is) => format!(": {} → {}", value(was, before), value(is, after)),
    };
    let anew = match detail.recreation.as_str() {
        "Always" => ", makes it anew",
        "Conditionally" => ", may make it anew",
        _ => "",
    };
    let cause = if detail.cause.is_empty() { String::new() } else { format!("  ({})", detail.cause) };
    format!("{name}{values}{anew}{cause}")
}

/// The changes of a stack inside, as AWS says them.
fn within(set: &ChangeSet, reviewed: &[String], out: &mut Vec<Block>) {
    if !reviewed.contains(&set.stack) {
        let words = format!("in the stack {} inside, by AWS's change set", set.stack);
        out.extend(set.changes.iter().map(|c| only_said(c, format!("{}/{}", set.stack, c.id), &words)));
    }
    set.nested.iter().for_each(|inner| within(inner, reviewed, out));
}

/// A change that only AWS knows of: by drift, by a macro, by a default.
fn only_said(said: &SetChange, name: String, words: &str) -> Block {
    let (effect, risk) = match (said.action, said.replacement) {
        (SetAction::Add, _) => (Effect::Add.word(), Risk::Info),
        (SetAction::Import, _) => ("imported", Risk::Info),
        (SetAction::Remove, _) => (Effect::Remove.word(), Risk::Warning),
        (SetAction::Dynamic, _) | (SetAction::Modify, Replacement::Maybe) => (Effect::MayReplace.word(), Risk::Warning),
        (SetAction::Modify, Replacement::Yes) => (Effect::Replace.word(), Risk::Danger),
        (SetAction::Modify, Replacement::No) => (Effect::Change.word(), Risk::Info),
    };
    let mut lines = vec![line(Tone::Dim, "  ", words)];
    lines.extend(said.details.iter().map(|detail| line(Tone::Plain, "~ ", in_words(detail))));
    if !said.policy.is_empty() {
        lines.push(line(Tone::Dim, "  ", format!("the old one: {}", said.policy)));
    }
    if !said.physical.is_empty() {
        lines.push(line(Tone::Dim, "  ", format!("physical id {}", said.physical)));
    }
    Block {
        risk,
        effect: effect.to_owned(),
        name,
        kind: said.kind.clone(),
        reason: "by AWS's change set".to_owned(),
        lines,
    }
}

fn entries(entries: &[EntryDiff]) -> Block {
    let mut lines = Vec::new();
    for entry in entries {
        let used = match entry.used_by.as_slice() {
            [] => String::new(),
            users => format!("  used by {}", users.join(", ")),
        };
        lines.push(line(Tone::Plain, "~ ", format!("{} {}{used}", entry.section, entry.name)));
        lines.extend(entry.before.iter().map(|v| line(Tone::Before, "  - ", text::value(v))));
        lines.extend(entry.after.iter().map(|v| line(Tone::After, "  + ", text::value(v))));
    }
    titled("changed", "parameters, outputs and the like", lines)
}

fn standing(findings: &[Finding]) -> Block {
    let mut lines = Vec::new();
    for finding in findings {
        let text = format!("{}: {}", finding.resource, finding.text);
        lines.push(line(Tone::Risk(finding.risk), mark(finding.risk), text));
        lines.push(line(Tone::Dim, "    ", finding.why.clone()));
    }
    let worst = findings.iter().map(|f| f.risk).max().unwrap_or_default();
    let reason = format!("{}, the worst is {worst}", counted(findings.len(), "finding"));
    // It was so before: it is told, and does not come before what this change brings.
    Block { reason, ..titled("as before", "not by this change", lines) }
}
