//! A planned merge at its gate: commits, files, why it is held, and every file's difference.

use super::content::{Content, Layout, REVIEW};
use crate::{
    config::theme::Role,
    domain::{
        commit::{MergeKind, MergePlan},
        phase::Merge,
        prose::width::{middle, width},
    },
    ui::{
        keys::Action,
        panels::{
            Ctx,
            pane::{Row, Tag, ink},
            spec::counts,
        },
    },
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
    content.facts.push((format!("{} files", plan.changes.len()), Role::Dim));
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
    let counted: Vec<(usize, usize)> = plan.changes.iter().map(counts).collect();
    content.heading("Files", ctx);
    for (change, (added, removed)) in plan.changes.iter().zip(&counted) {
        let right = format!("  +{added} −{removed}");
        let path = middle(change.path.as_str(), layout.columns.saturating_sub(width(&right)).max(8)).into_owned();
        let spans = vec![ink(&path, ctx.styles.get(Role::Text)), ink(&right, ctx.styles.get(Role::Info))];
        content.rows.push(Row::new(spans, Tag::None));
    }
    for (index, (change, (added, removed))) in plan.changes.iter().zip(&counted).enumerate() {
        content.blank();
        let of = plan.changes.len();
        let title = format!("━━ {}  file {} of {of}  +{added} −{removed}", change.path, index + 1);
        let row = Row::new(vec![ink(&title, ctx.styles.get(Role::Heading2))], Tag::File);
        content.rows.push(Row { file: index, ..row });
        content.change(change, ctx, layout);
    }
}
