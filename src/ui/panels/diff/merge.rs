//! A planned merge at its gate: commits, files, why it is held, and every file's difference.

use super::{
    content::{Content, Layout, REVIEW},
    stacks,
};
use crate::{
    config::theme::Role,
    domain::{
        change::Change,
        commit::{MergeKind, MergePlan},
        gate::ledger,
        phase::Merge,
        trace::Chain,
    },
    ui::{keys::Action, panels::Ctx},
};

pub(super) fn show(content: &mut Content, plan: &MergePlan, ctx: &Ctx<'_>, layout: &Layout) {
    content.facts.push((format!("Merge {} into {}", plan.from, plan.into), Role::Title));
    let held = match ctx.state.flow.merge {
        Merge::Review { held, .. } => held,
        Merge::Merging { .. } => {
            content.facts.push(("⠹ merging".to_owned(), Role::PhaseNow));
            false
        }
        Merge::No | Merge::Merged { .. } => false,
    };
    if held {
        content.facts.push(("⚠ held".to_owned(), Role::Danger));
    }
    let reasons = &ctx.state.merge.held;
    if held {
        for reason in reasons {
            content.say("⚠ ", reason, Role::Danger, ctx, layout);
        }
        let key = ctx.key(Action::OverrideMerge, REVIEW);
        let text = format!("The merge is held. {key} records why it shall go in all the same.");
        content.say("", &text, Role::Warn, ctx, layout);
    }
    for reason in &ctx.state.merge.overridden {
        content.say("✓ ", &format!("overridden: {reason}"), Role::Warn, ctx, layout);
    }
    let kind = match plan.kind {
        MergeKind::FastForward => "fast-forward",
        MergeKind::MergeCommit => "a merge commit",
    };
    let at = plan.into_commit.get(..10).unwrap_or(&plan.into_commit);
    content.say("• ", &format!("{kind} onto {} at {at}", plan.into), Role::Info, ctx, layout);
    content.heading(&format!("{} commits", plan.commits.len()), ctx);
    for (id, text) in &plan.commits {
        content.say(&format!("{} ", id.get(..7).unwrap_or(id)), text, Role::Text, ctx, layout);
    }
    if !plan.message.is_empty() {
        content.heading("Message", ctx);
        content.say("  ", &plan.message, Role::Text, ctx, layout);
    }
    let shown = content.look(ordered(plan), ctx, layout);
    stacks::of_files(content, &shown, ctx, layout);
    content.summary(&shown, ctx, layout);
    if let Some(evidence) = &ctx.state.evidence {
        content.say("• ", &format!("tests  {}", evidence.line()), Role::Info, ctx, layout);
    }
    let (served, all) = Chain::of(ctx.state).coverage();
    content.say("• ", &format!("requirements  {served} of {all} criteria have a task"), Role::Info, ctx, layout);
    content.members(&shown, ctx, layout);
}

/// The files in the order they are reviewed in: the work, then the documents of specs, the ledgers last.
pub(super) fn ordered(plan: &MergePlan) -> Vec<&Change> {
    let mut all: Vec<&Change> = plan.changes.iter().collect();
    all.sort_by_key(|c| (c.path.is_kiro(), c.path.name() == ledger::FILE));
    all
}
