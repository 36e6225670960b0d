//! The infrastructure review: what happens to each resource, the most dangerous first, each below a
//! head of its own that opens and closes.
//!
//! It draws [`review::Block`]s, so it says what the command line says. What is dangerous is open at
//! first. Always holds: secrets are hidden, and every text is cleaned.

use std::sync::Arc;

use super::content::{Content, Layout, REVIEW};
use crate::{
    config::theme::Role,
    domain::{
        cloud::ChangeSet,
        policy::secrets::redact,
        prose::width::{middle, width},
        stack::{
            Risk, StackDiff,
            review::{self, Block, Tone},
        },
    },
    ui::{
        keys::Action,
        panels::{
            Ctx,
            pane::{Row, Tag, ink, paragraph},
            shown::Shown,
        },
    },
};

/// Folds of reviews are numbered from here; below are those of files.
const FIRST: usize = 1 << 32;

/// Draws what files do to infrastructure, those of them that are compared.
pub(super) fn of_files(content: &mut Content, shown: &[Arc<Shown>], ctx: &Ctx<'_>, layout: &Layout) {
    let reviews: Vec<&StackDiff> = shown.iter().filter_map(|s| s.found()?.stacks.as_ref()).collect();
    for (index, diff) in reviews.into_iter().enumerate() {
        one(content, index, diff, None, ctx, layout);
    }
}

/// Draws several reviews, each below a heading.
pub(super) fn show(content: &mut Content, diffs: &[StackDiff], ctx: &Ctx<'_>, layout: &Layout) {
    for (index, diff) in diffs.iter().enumerate() {
        one(content, index, diff, None, ctx, layout);
    }
}

/// Draws one review, with what a change set says where there is one.
pub(super) fn one(
    content: &mut Content,
    index: usize,
    diff: &StackDiff,
    set: Option<&ChangeSet>,
    ctx: &Ctx<'_>,
    layout: &Layout,
) {
    content.heading(&format!("Infrastructure: {}", diff.name), ctx);
    let worst = diff.worst();
    let (mark, role) = look(worst);
    content.say(mark, &review::summary(diff), role, ctx, layout);
    let key = ctx.key(Action::Open, REVIEW);
    let blocks = review::blocks(diff, set);
    if !blocks.is_empty() {
        content.say("", &format!("{key} opens and closes what is under the cursor"), Role::Dim, ctx, layout);
    }
    if layout.review && diff.notes.iter().any(|note| note.contains("synth")) {
        let key = ctx.key(Action::Synthesise, REVIEW);
        content.say("", &format!("{key} synthesises the app; that asks first"), Role::Dim, ctx, layout);
    }
    for (at, block) in blocks.iter().enumerate() {
        draw(content, FIRST + index, at, block, ctx, layout);
    }
    content.blank();
}

fn look(risk: Risk) -> (&'static str, Role) {
    match risk {
        Risk::Danger => ("✗ ", Role::Danger),
        Risk::Warning => ("! ", Role::Warn),
        Risk::Info => ("· ", Role::Info),
    }
}

fn draw(content: &mut Content, file: usize, at: usize, block: &Block, ctx: &Ctx<'_>, layout: &Layout) {
    let turned = layout.open.iter().any(|(f, r)| *f == file && r.start == at);
    let open = (block.risk == Risk::Danger) != turned;
    let (mark, role) = look(block.risk);
    let style = ctx.styles.get(role);
    let effect = format!("{:<9} ", block.effect);
    let kind = block.kind.strip_prefix("AWS::").unwrap_or(&block.kind);
    let lead = width(mark) + 2 + width(&effect);
    let room = layout.columns.saturating_sub(lead + 2).max(8);
    let kind = middle(kind, room / 2).into_owned();
    let name = middle(&block.name, room.saturating_sub(width(&kind)).max(8)).into_owned();
    let mut rows = vec![Row::new(
        vec![
            ink(mark, style),
            ink(if open { "▾ " } else { "▸ " }, ctx.styles.get(Role::Accent)),
            ink(&effect, style),
            ink(&name, ctx.styles.get(Role::Heading3)),
            ink(&format!("  {kind}"), ctx.styles.get(Role::Dim)),
        ],
        Tag::Fold(at..at + 1),
    )];
    let mut say = |lead: &str, text: &str, role: Role| {
        let style = ctx.styles.get(role);
        paragraph(&redact(text), layout.columns, &ink(lead, style), style, &mut rows);
    };
    if !open && !block.reason.is_empty() {
        say("    ", &block.reason, Role::Text);
    }
    for line in block.lines.iter().filter(|_| open) {
        let role = match line.tone {
            Tone::Plain => Role::Text,
            Tone::Dim => Role::Dim,
            Tone::Title => Role::Heading3,
            Tone::Risk(risk) => look(risk).1,
            Tone::Before => Role::Removed,
            Tone::After => Role::Added,
        };
        say(&format!("    {}", line.mark), &line.text, role);
    }
    content.rows.extend(rows.into_iter().map(|row| Row { file, ..row }));
}
