//! What the diff panel shows beside proposals: a question, the standing permission, or what comes
//! next and the change that was applied last.

use super::content::{Content, Layout, REVIEW};
use crate::{
    config::theme::Role,
    domain::{
        claim::Standing,
        gate::Subject,
        phase::{Doc, DocState, Effect, Merge, Own, Run},
        session::Question,
    },
    ui::{
        keys::{Action, Context},
        panels::Ctx,
    },
};

pub(super) fn question(content: &mut Content, question: &Question, ctx: &Ctx<'_>, layout: &Layout) {
    content.facts.push(("The agent asks".to_owned(), Role::Title));
    content.facts.push(("● waiting for you".to_owned(), Role::Waiting));
    content.say("", &question.text, Role::Text, ctx, layout);
    content.blank();
    content.options(question.options.iter().map(String::as_str), ctx, layout);
    let own = ctx.key(Action::Edit, &[Context::Confirm, Context::Gate]);
    content.say("", &format!("{own} answers in your own words"), Role::Dim, ctx, layout);
}

pub(super) fn standing(content: &mut Content, standing: &Standing, ctx: &Ctx<'_>, layout: &Layout) {
    content.facts.push(("Standing permission".to_owned(), Role::Title));
    content.facts.push(("● waiting for you".to_owned(), Role::Waiting));
    content.say("", &standing.text(), Role::Text, ctx, layout);
    content.blank();
    let (yes, no) = (ctx.key(Action::Approve, REVIEW), ctx.key(Action::Reject, REVIEW));
    content.say("", &format!("{yes} grants it, {no} goes on step by step"), Role::Dim, ctx, layout);
}

pub(super) fn show(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) {
    let state = ctx.state;
    content.facts.push(("Changes".to_owned(), Role::Title));
    if let Some(halt) = &state.halt {
        content.say("! ", &halt.why, Role::Warn, ctx, layout);
        content.say("  ", &ctx.keys.with_keys(&halt.remedy, REVIEW), Role::Text, ctx, layout);
    }
    content.say("", &comes_next(ctx), Role::Text, ctx, layout);
    if let Own::Open { .. } = state.flow.own {
        let key = ctx.key(Action::ShowOwn, REVIEW);
        let text = format!(
            "your own changes in the worktree are open; {key} shows them, and no task closes before you answer"
        );
        content.say("! ", &text, Role::Warn, ctx, layout);
    }
    super::cloud::last(content, ctx, layout);
    if let Some(evidence) = &state.evidence {
        content.say("tests  ", &evidence.line(), Role::Info, ctx, layout);
    }
    if let Some(last) = state.applied.last().filter(|a| !a.committed) {
        content.heading(&format!("Applied last: {}", last.change.path), ctx);
        content.change(&last.change, ctx, layout);
    } else if !ctx.output.is_empty() && state.task().is_some() {
        content.heading("Output of the last command", ctx);
        content.output(ctx.output, ctx, layout);
    }
}

/// What comes next, and the key for it.
fn comes_next(ctx: &Ctx<'_>) -> String {
    let (state, flow) = (ctx.state, &ctx.state.flow);
    let go = ctx.key(Action::Continue, REVIEW);
    if let Some(effect) = flow.due() {
        if state.halt.is_some() {
            return format!("{go} goes on.");
        }
        return match effect {
            Effect::Draft(doc) => format!("The agent drafts {}.", ctx.file(doc)),
            Effect::Save { doc, .. } => format!("{} is being committed.", ctx.file(doc)),
            Effect::Work(task) => format!("The agent works on task {task}."),
            Effect::Do { .. } => "What you approved is being done.".to_owned(),
            Effect::Merge { .. } => "The branch is being merged.".to_owned(),
            Effect::Cloud(_) => "What you approved for the account is being done.".to_owned(),
            Effect::PutBack { .. } => "Your own changes are being put back.".to_owned(),
            Effect::Follow { .. } => "The account carries out what you approved.".to_owned(),
            Effect::AbortTurn | Effect::StopCommand => "It is being stopped.".to_owned(),
        };
    }
    if let Some(waiting) = flow.waiting() {
        let panel = match waiting.subject {
            Subject::Requirements | Subject::Design | Subject::Tasks => ctx.key(Action::PanelDocument, REVIEW),
            Subject::Merge | Subject::Override => {
                return format!("The merge waits. {go} plans and shows it again.");
            }
            Subject::Standing
            | Subject::Change
            | Subject::Command
            | Subject::Task
            | Subject::Cloud
            | Subject::Own
            | Subject::PutBack => ctx.key(Action::PanelDiff, REVIEW),
        };
        return format!("The {} waits for you; {panel} shows it.", waiting.subject);
    }
    if let Run::Halted { task } = &flow.run {
        return format!("Task {task} stopped. {go} takes it up again.");
    }
    if let Some(going) = state.cloud.unfinished() {
        return format!("Stack {} is under way in the account. {go} follows it.", going.deployment.stack);
    }
    if state.cloud.stage.is_some() || state.cloud.again && state.cloud.ask.is_some() {
        return format!(
            "{go} asks the account again; {} leaves it and plans the merge.",
            ctx.key(Action::PlanMerge, REVIEW)
        );
    }
    let open = flow.order.docs().into_iter().find(|d| !flow.doc(*d).is_approved());
    if let Some(doc) = open {
        return match flow.doc(doc) {
            DocState::Missing => format!("There is no {} yet. {go} lets the agent draft it.", ctx.file(doc)),
            DocState::Drafting { .. }
            | DocState::Review { .. }
            | DocState::Saving { .. }
            | DocState::Approved { .. }
            | DocState::Stale { .. } => format!("{} is not approved yet.", ctx.file(doc)),
        };
    }
    match flow.merge {
        Merge::Merged { .. } => {
            let merged = match state.merge.commit.as_deref() {
                Some(commit) => format!("Merged as {}. This spec is done.", commit.get(..10).unwrap_or(commit)),
                None => "The main branch has all of it. This spec is done.".to_owned(),
            };
            if state.start.as_ref().is_some_and(|s| s.aws) {
                return format!("{merged} {} brings it into the account.", ctx.key(Action::Deploy, REVIEW));
            }
            return merged;
        }
        Merge::No | Merge::Review { .. } | Merge::Merging { .. } => {}
    }
    match state.next_task() {
        Some(task) => {
            let tasks = ctx.file(Doc::Tasks).trim_end_matches(".md");
            format!("The {tasks} are approved. {go} starts task {task}.")
        }
        None if state.start.as_ref().is_some_and(|s| s.aws) => format!(
            "All tasks are done. {go} plans the merge and shows it, {} prepares a deploy and shows that.",
            ctx.key(Action::Deploy, REVIEW)
        ),
        None => format!("All tasks are done. {go} plans the merge and shows it."),
    }
}
