//! The resources of a deploy as a tree, a row each: what failed and what is under way first, counted in
//! the heading.
//!
//! Always holds: how a resource stands and for how long is in its row at every width; its kind and the
//! middle of its name give way. What failed is told whole.

use super::content::{Content, Layout};
use crate::{
    config::theme::Role,
    domain::{
        cloud::{
            desk::Going,
            progress::{self, Mark, Row as Resource},
        },
        policy::secrets::redact,
        prose::width::{middle, pad, width},
    },
    ui::panels::Ctx,
};

/// Columns that a name keeps.
const LEAST: usize = 12;

/// Draws them below a heading that counts them.
pub(super) fn show(content: &mut Content, going: &Going, ctx: &Ctx<'_>, layout: &Layout) {
    let deployment = &going.deployment;
    let rows = progress::tree(&deployment.stack, &deployment.stack_id, &deployment.expected, &going.events);
    content.heading(&counted(&rows, going.ended.is_some()), ctx);
    let rows = progress::urgent_first(rows);
    let stood: Vec<String> = rows.iter().map(|row| stands(row, going, ctx)).collect();
    let widest = stood.iter().map(|words| width(words)).max().unwrap_or_default();
    // The names in a column, so that how each stands can be read down.
    let room = layout.columns.saturating_sub(widest + 2).max(LEAST);
    let lead = |row: &Resource| 2 * row.depth.min(8) + 2;
    let names = rows.iter().map(|row| lead(row) + width(&row.id)).max().unwrap_or_default().min(room);
    for (row, stood) in rows.iter().zip(&stood) {
        draw(content, row, stood, names, ctx, layout);
    }
}

fn draw(content: &mut Content, row: &Resource, stood: &str, names: usize, ctx: &Ctx<'_>, layout: &Layout) {
    let mark = row.mark();
    let (sign, role) = match mark {
        Mark::Waits => ("○", Role::Dim),
        Mark::Going => ("●", Role::PhaseNow),
        Mark::Done => ("✓", Role::Ok),
        Mark::Back => ("↶", Role::Warn),
        Mark::Failed => ("✗", Role::Danger),
    };
    let indent = "  ".repeat(row.depth.min(8));
    let sign = format!("{indent}{sign} ");
    if mark == Mark::Failed {
        content.say(&sign, &format!("{}  {stood}  {}", row.id, row.kind), role, ctx, layout);
    } else {
        let room = names.saturating_sub(width(&sign)).max(LEAST);
        let line = format!("{}  {stood}", pad(&middle(&row.id, room), room));
        let kind = row.kind.strip_prefix("AWS::").unwrap_or(&row.kind);
        let fits = width(&sign) + width(&line) + 2 + width(kind) <= layout.columns;
        let kind = if fits { format!("  {kind}") } else { String::new() };
        content.say(&sign, &format!("{line}{kind}"), role, ctx, layout);
    }
    if let Some(reason) = row.reason.as_ref().filter(|r| !r.is_empty()) {
        content.say(&format!("{indent}  "), &redact(reason), Role::Dim, ctx, layout);
    }
}

/// CloudFormation's word, and the time it took or takes.
fn stands(row: &Resource, going: &Going, ctx: &Ctx<'_>) -> String {
    let status = match (row.status.as_str(), &going.ended) {
        ("", Some(_)) => "was not begun",
        ("", None) => "waits",
        (status, _) => status,
    };
    let time = row.seconds(ctx.now).map(|s| format!("  {}", lasted(s))).unwrap_or_default();
    format!("{status}{time}")
}

fn lasted(seconds: i64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// How many there are of each kind of state; the stack itself is not one of them.
fn counted(rows: &[Resource], ended: bool) -> String {
    let (done, all) = progress::counts(rows);
    let of = |mark: Mark| rows.iter().skip(1).filter(|row| row.mark() == mark).count();
    let waits = if ended { "not begun" } else { "wait" };
    let parts = [(of(Mark::Failed), "failed"), (of(Mark::Going), "under way"), (of(Mark::Waits), waits)];
    let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!(", {n} {words}"));
    format!("{done} of {all} resources{}", parts.collect::<String>())
}
