//! A finished task at its gate: what the agent says, what the tests say, what goes into the commit.

use super::{
    content::{Content, Layout},
    set, stacks,
};
use crate::{
    config::theme::Role,
    domain::{
        claim::{TaskClaim, TestResult},
        phase::Doc,
        prose::width::{middle, width},
        session::Proposed,
        spec::{bugfix::Bugfix, kind::SpecKind, refs::ReqId, requirements::Requirement, requirements::Requirements},
    },
    ui::panels::{
        Ctx,
        pane::{Row, Tag, ink},
    },
};

pub(super) fn show(content: &mut Content, claim: &TaskClaim, proposed: &Proposed, ctx: &Ctx<'_>, layout: &Layout) {
    content.facts.push((format!("Task {}  {}", claim.task, claim.title), Role::Title));
    content.doing(ctx, "⠹ committing");
    let (mark, role) = match claim.evidence.result {
        TestResult::Passed => ("✓ ", Role::Ok),
        TestResult::Failed => ("✗ ", Role::Error),
        TestResult::NotRun { .. } => ("! ", Role::Warn),
    };
    let word = match claim.evidence.result {
        TestResult::Passed => "✓ tests passed",
        TestResult::Failed => "✗ tests failed",
        TestResult::NotRun { .. } => "! tests not run",
    };
    content.facts.push((word.to_owned(), role));
    content.why("", &proposed.sensitive, ctx, layout);
    content.edited(proposed.original.is_some(), ctx, layout);
    // Tests that did not pass are among what is to be looked at twice.
    let evidence = claim.evidence.line();
    if !proposed.sensitive.contains(&evidence) {
        content.say(mark, &evidence, role, ctx, layout);
    }
    content.heading("What the agent says it did", ctx);
    content.say("", &claim.summary, Role::Text, ctx, layout);
    let changes = set::of_claim(claim, ctx.set);
    let paired = changes.as_ref().map(|changes| content.paired(changes, ctx.set));
    let shown = content.look(paired.iter().flat_map(|all| all.iter()), ctx, layout);
    stacks::of_files(content, &shown, ctx, layout);
    match &changes {
        Some(_) => content.summary(&shown, ctx, layout),
        None => {
            let text = "The differences of these files are not here, or a file has changed since the task was closed. \
                        Reject it, and the agent closes it again with the files as they are.";
            content.say("⚠ ", text, Role::Danger, ctx, layout);
            content.incomplete = true;
        }
    }
    if changes.is_none() || claim.files.iter().any(|f| f.by_command) {
        listed(content, claim, changes.is_none(), ctx, layout);
    }
    for file in claim.files.iter().filter(|f| f.by_developer) {
        content.say("✎ ", &format!("{} has changes of your own", file.path), Role::Info, ctx, layout);
    }
    requirements(content, claim, ctx, layout);
    content.heading("Commit message", ctx);
    content.say("  ", &claim.message, Role::Text, ctx, layout);
    content.members(&shown, ctx, layout);
    if let Some(tick) = &claim.tick {
        content.heading("And the tick in tasks.md", ctx);
        content.change(tick, ctx, layout);
    }
    if !claim.evidence.tail.trim().is_empty() {
        content.heading("What the tests printed", ctx);
        content.output(&claim.evidence.tail, ctx, layout);
    }
}

/// The files by name: all where their lines cannot be shown, else those that a command changed.
fn listed(content: &mut Content, claim: &TaskClaim, all: bool, ctx: &Ctx<'_>, layout: &Layout) {
    content.heading(if all { "Files" } else { "Files that no approved change explains" }, ctx);
    for file in claim.files.iter().filter(|f| all || f.by_command) {
        let counts = format!("  +{} −{}", file.added, file.removed);
        let note = match (file.by_command, file.digest.is_none()) {
            (true, _) => "  ⚠ changed by a command, not by an approved change",
            (false, true) => "  deleted",
            (false, false) => "",
        };
        let room = layout.columns.saturating_sub(width(&counts) + 2).max(8);
        let role = if file.by_command { Role::Warn } else { Role::Text };
        let mut spans = vec![
            ink(&middle(file.path.as_str(), room), ctx.styles.get(role)),
            ink(&counts, ctx.styles.get(Role::Info)),
        ];
        if width(note) + width(&counts) + width(file.path.as_str()) <= layout.columns {
            spans.push(ink(note, ctx.styles.get(role)));
            content.rows.push(Row::new(spans, Tag::None));
        } else {
            content.rows.push(Row::new(spans, Tag::None));
            content.say("  ", note.trim_start(), role, ctx, layout);
        }
    }
}

fn requirements(content: &mut Content, claim: &TaskClaim, ctx: &Ctx<'_>, layout: &Layout) {
    if claim.requirements.is_empty() {
        return;
    }
    let text = ctx.state.current(Doc::Requirements).map_or("", |r| r.text.as_str());
    let bugfix = ctx.state.start.as_ref().is_some_and(|s| s.kind == SpecKind::Bugfix);
    let all: Vec<Requirement> =
        if bugfix { Bugfix::parse(text).requirements() } else { Requirements::parse(text).requirements };
    content.heading("Requirements it serves", ctx);
    for id in &claim.requirements {
        let parsed = id.parse::<ReqId>().ok();
        let criterion = all.iter().flat_map(|r| &r.criteria).find(|c| Some(&c.id) == parsed.as_ref());
        let whole = all.iter().find(|r| Some(&r.id) == parsed.as_ref());
        let words = match (criterion, whole) {
            (Some(c), _) => c.text.clone(),
            (None, Some(r)) => r.title.clone(),
            (None, None) => "is not in the requirements".to_owned(),
        };
        content.say(&format!("{id}  "), &words, Role::Text, ctx, layout);
    }
}
