//! A command at its gate: the whole of it, what each part of it could do, what
//! bounds it, the answers, and its output while it runs.
//!
//! Always holds: every character of the command is on some row, wrapped and never cut.

use super::content::{CONFIRM, Content, Layout};
use crate::{
    config::theme::Role,
    domain::{
        command::{CommandLine, Confinement},
        journal::Origin,
        policy::command::{Risk, split},
        session::Proposed,
    },
    ui::{
        keys::Action,
        panels::{
            Ctx,
            pane::{Row, Tag, ink, wrap_spans},
        },
    },
};

pub(super) fn show(content: &mut Content, line: &CommandLine, proposed: &Proposed, ctx: &Ctx<'_>, layout: &Layout) {
    let origin = match proposed.origin {
        Origin::Tests => "Run the tests",
        Origin::Call(_) => "Run a command",
        Origin::Developer => "Run your command",
    };
    content.facts.push((origin.to_owned(), Role::Title));
    let running = content.doing(ctx, "⠹ running");
    let (bound, role) = match &line.confinement {
        Confinement::Sandboxed => ("sandboxed", Role::Ok),
        Confinement::Unsandboxed { .. } => ("⚠ not sandboxed", Role::Danger),
        Confinement::Account { .. } => ("⚠ not sandboxed, with the account's credentials", Role::Danger),
    };
    content.facts.push((bound.to_owned(), role));
    for (nth, text) in line.text.split('\n').enumerate() {
        let mark = if nth == 0 { "$ " } else { "  " };
        // Broken anywhere, not at spaces: wrapping must not swallow one.
        let span = ink(text, ctx.styles.get(Role::Code));
        for (row, spans) in wrap_spans(vec![span], layout.columns.saturating_sub(2)).into_iter().enumerate() {
            let mark = ink(if row == 0 { mark } else { "  " }, ctx.styles.get(Role::Accent));
            content.rows.push(Row::new(std::iter::once(mark).chain(spans).collect(), Tag::None));
        }
    }
    content.blank();
    parts(content, &line.text, ctx, layout);
    content.why(&proposed.why, &proposed.sensitive, ctx, layout);
    content.edited(proposed.original.is_some(), ctx, layout);
    match &line.confinement {
        Confinement::Sandboxed => content.say(
            "• ",
            "sandboxed: writes only in the worktree and a temporary directory, no network",
            Role::Ok,
            ctx,
            layout,
        ),
        Confinement::Unsandboxed { reason } => {
            content.say("⚠ ", &format!("not sandboxed, runs as you: {reason}"), Role::Danger, ctx, layout);
        }
        Confinement::Account { reason } => {
            let text = format!("not sandboxed, runs as you and with the account's credentials: {reason}");
            content.say("⚠ ", &text, Role::Danger, ctx, layout);
        }
    }
    content.say("• ", &format!("time limit {}", seconds(line.timeout_s)), Role::Dim, ctx, layout);
    if running {
        content.heading("Output", ctx);
        content.grows = true;
        if ctx.output.is_empty() {
            content.say("", "none yet", Role::Dim, ctx, layout);
        } else {
            content.output(ctx.output, ctx, layout);
        }
        return;
    }
    content.blank();
    let key = |action| ctx.key(action, CONFIRM);
    let options = [
        format!("run it once ({})", key(Action::Approve)),
        format!("run it, and exactly this again in this spec without asking ({})", key(Action::ApproveAlways)),
        format!("edit it first ({})", key(Action::Edit)),
        format!("reject it, with a reason for the agent ({})", key(Action::Reject)),
    ];
    content.options(options.iter().map(String::as_str), ctx, layout);
}

/// Every part of the line, with what it could do and why.
fn parts(content: &mut Content, text: &str, ctx: &Ctx<'_>, layout: &Layout) {
    let parts = split(text);
    let several = parts.len() > 1;
    for part in parts {
        let (mark, role) = match part.risk {
            Risk::ReadOnly | Risk::Build | Risk::Writes => ("• ", Role::Text),
            Risk::Unknown => ("? ", Role::Warn),
            Risk::Network | Risk::Destructive | Risk::Unreadable => ("⚠ ", Role::Danger),
        };
        let words = if several {
            format!("{}: {}  `{}`", part.risk, part.why, part.text)
        } else {
            format!("{}: {}", part.risk, part.why)
        };
        content.say(mark, &words, role, ctx, layout);
    }
}

fn seconds(s: u32) -> String {
    match (s / 60, s % 60) {
        (0, s) => format!("{s} s"),
        (m, 0) => format!("{m} min"),
        (m, s) => format!("{m} min {s} s"),
    }
}
