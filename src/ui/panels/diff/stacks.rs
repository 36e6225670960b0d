//! The infrastructure review: what happens to each resource, the most dangerous first, each below a
//! head of its own that opens and closes.
//!
//! It draws [`review::Block`]s, so it says what the command line says. What is dangerous is open at
//! first. Always holds: secrets are hidden, and every text is cleaned.

use super::content::{Content, Layout, REVIEW};
use crate::{
    config::theme::Role,
    domain::{
        change::{Change, FileState},
        cloud::ChangeSet,
        policy::secrets::redact,
        prose::width::{middle, width},
        stack::{
            Risk, StackDiff, Template,
            assembly::is_template,
            compare,
            review::{self, Block, Tone},
        },
    },
    ui::{
        keys::Action,
        panels::{
            Ctx,
            pane::{Row, Tag, ink, paragraph},
        },
    },
};

/// Folds of reviews are numbered from here; below are those of files.
const FIRST: usize = 1 << 32;

/// The review of one change, where it is one of a template.
pub(super) fn of_change(change: &Change) -> Option<StackDiff> {
    let path = change.path.as_str();
    let text = |side: &Option<FileState>| {
        let text = side.as_ref().and_then(FileState::text)?;
        is_template(path, text).then(|| text.to_owned())
    };
    let (before, after) = (text(&change.before), text(&change.after));
    if before.is_none() && after.is_none() {
        return None;
    }
    let mut notes = Vec::new();
    let mut read = |text: Option<String>, when: &str| {
        Template::parse(&text?).map_err(|fault| notes.push(format!("the template {when} cannot be read: {fault}"))).ok()
    };
    let (before, after) = (read(before, "before"), read(after, "after"));
    // One side that cannot be read would make all of the other look new, or gone.
    let mut diff = if notes.is_empty() { compare(path, before.as_ref(), after.as_ref()) } else { StackDiff::default() };
    path.clone_into(&mut diff.name);
    diff.notes.extend(notes);
    (!diff.is_empty() || !diff.notes.is_empty()).then_some(diff)
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
