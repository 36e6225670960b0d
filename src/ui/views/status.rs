//! The lines above the last one: what was said, why the agent does not go on, the chord being typed.
//!
//! Always holds: what was refused or failed can be read whole. It is wrapped; where that takes too many
//! rows its end names the key that shows all of it, and where no key can, it takes the rows.

use ratatui::layout::Rect;

use super::{
    canvas::{Canvas, Parts, columns, row, shifted},
    header, home,
};
use crate::{
    config::theme::Role,
    domain::session::{Halt, State},
    ui::{
        keys::Action,
        model::{Model, Screen, overlay::Overlay},
        panels::PanelId,
        text,
    },
};

/// Rows that a notice may take, the reason why the agent does not go on, and what to do about it.
const NOTICE: usize = 4;
const REASON: usize = 4;
const REMEDY: usize = 2;

/// A notice, or why the agent does not go on, or the chord being typed: the lines of it, at least one.
pub(super) fn lines(model: &Model, columns: u16) -> Vec<Parts> {
    let room = usize::from(columns.saturating_sub(1));
    if !model.chord.is_empty() || model.keys.is_pending() {
        return chord(model, room);
    }
    // There it is whole.
    if matches!(model.overlays.last(), Some(Overlay::Notices { .. })) {
        return empty();
    }
    if let Some(notice) = &model.notice {
        let (mark, role) = if notice.bad { ("✗", Role::Error) } else { ("·", Role::Info) };
        return said(model, mark, &notice.text, role, room);
    }
    if model.screen == Screen::Home {
        return home::cut_off(model, room).map_or_else(empty, |words| said(model, "·", &words, Role::Dim, room));
    }
    if model.screen != Screen::Workbench {
        return empty();
    }
    if let Some(why) = &model.retry {
        return said(model, "↻", why, Role::Warn, room);
    }
    // The panel tells of a deploy that has not come about, and what can be done, in more room than there is here.
    let shown = |state: &State| model.is_in_sight(PanelId::Diff) && model.bench.diff.tells_of_deploy(state);
    if model.state.as_ref().is_some_and(shown) {
        return empty();
    }
    if let Some(halt) = model.state.as_ref().and_then(|s| s.halt.as_ref()) {
        return halted(model, halt, room);
    }
    match header::doing(model).filter(|_| !model.is_wide()) {
        Some(doing) => vec![vec![(doing, Role::Accent)]],
        None => empty(),
    }
}

fn empty() -> Vec<Parts> {
    vec![Parts::new()]
}

/// Words after a mark, on as many lines as they take.
fn said(model: &Model, mark: &str, words: &str, role: Role, room: usize) -> Vec<Parts> {
    let key = model.keys.key_for(Action::Notices, &model.contexts());
    // Where text is typed no key tells the rest.
    let most = if key.is_some() { NOTICE } else { usize::from(model.size.1 / 2) };
    let end =
        key.map_or_else(Parts::new, |key| vec![(format!("  {key}"), Role::Key), (" all of it".into(), Role::Dim)]);
    marked(mark, wrapped(&text::line(words), most, &end, room), role)
}

/// The lines of some words below a mark. The last of at most `most` tells how to see the rest.
fn wrapped(words: &str, most: usize, end: &Parts, room: usize) -> Vec<(String, Parts)> {
    let room = room.saturating_sub(2);
    let mut lines = text::wrap(words, room);
    let mut last = Parts::new();
    if lines.len() > most {
        lines.truncate(most);
        if let Some(line) = lines.last_mut() {
            *line = format!("{}…", text::cut(line, room.saturating_sub(columns(end) + 1)).trim_end_matches('…'));
        }
        last.clone_from(end);
    }
    let count = lines.len();
    let with = |(at, line)| (line, if at + 1 == count { std::mem::take(&mut last) } else { Parts::new() });
    lines.into_iter().enumerate().map(with).collect()
}

fn marked(mark: &str, lines: Vec<(String, Parts)>, role: Role) -> Vec<Parts> {
    let line = |(at, (words, end)): (usize, (String, Parts))| {
        let mark = if at == 0 { mark } else { " " };
        std::iter::once((format!("{mark} {words}"), role)).chain(end).collect()
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Why the agent does not go on and what to do, in one line where it fits, else wrapped: it is not to be
/// looked for elsewhere.
fn halted(model: &Model, halt: &Halt, room: usize) -> Vec<Parts> {
    let contexts = model.screen_contexts();
    let (why, remedy) = (text::line(&halt.why), text::line(&model.keys.with_keys(&halt.remedy, &contexts)));
    let key = |action, words: &str| {
        let key = model.keys.key_for(action, &contexts);
        key.map_or_else(Parts::new, |key| vec![(format!("  {key}"), Role::Key), (format!(" {words}"), Role::Dim)])
    };
    let end = key(Action::Continue, "continue");
    let mut whole = vec![(format!("■ {why}"), Role::Error), (format!("  {remedy}"), Role::Info)];
    whole.extend(end.iter().cloned());
    if columns(&whole) <= room {
        return vec![whole];
    }
    let rest = key(Action::Notices, "all of it");
    let mut lines = marked("■", wrapped(&why, REASON, &rest, room), Role::Error);
    lines.extend(marked(" ", wrapped(&remedy, REMEDY, &rest, room), Role::Info));
    match lines.last_mut() {
        Some(last) if columns(last) + columns(&end) <= room => last.extend(end),
        _ => lines.push(end),
    }
    lines
}

/// Draws them, one a row.
pub(super) fn draw(lines: &[Parts], area: Rect, canvas: &mut Canvas<'_>) {
    for (at, parts) in lines.iter().enumerate() {
        canvas.parts(shifted(row(area, at), 1), parts);
    }
}

/// The keys typed, and each way on.
fn chord(model: &Model, room: usize) -> Vec<Parts> {
    let mut lines = vec![vec![(model.keys.pending(), Role::Key)]];
    for row in &model.chord {
        let key = row.keys.first().cloned().unwrap_or_default();
        let way = vec![(format!("   {key}"), Role::Key), (format!(" {}", row.help), Role::Dim)];
        match lines.last_mut() {
            Some(line) if columns(line) + columns(&way) <= room => line.extend(way),
            _ => lines.push(way),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
