//! The last two lines: what happened, and what waits with the keys that answer it.

use ratatui::{layout::Rect, style::Modifier};

use super::canvas::{Canvas, Parts, columns, row, shifted};
use crate::{
    config::theme::Role,
    domain::{gate::Subject, session::Halt},
    ui::{
        keys::Action,
        model::{
            Model, Screen, WIDE, Waits,
            listing::{Kind, Listing, OPEN},
            overlay::Overlay,
        },
        panels::PanelId,
        text,
        update::waiting_words,
    },
};

/// Columns from which words of keys need not be short.
const ROOMY: u16 = 80;
/// Rows that the reason why the agent does not go on may take, and those of what to do about it.
const REASON: (usize, usize) = (4, 2);

/// A notice, or why the agent does not go on, or the chord being typed: the lines of it, at least one.
pub(super) fn status(model: &Model, columns: u16) -> Vec<Parts> {
    let parts = if !model.chord.is_empty() || model.keys.is_pending() {
        chord(model)
    } else if let Some(notice) = &model.notice {
        let (mark, role) = if notice.bad { ("✗", Role::Error) } else { ("·", Role::Info) };
        vec![(format!("{mark} {}", notice.text), role)]
    } else if model.screen != Screen::Workbench {
        Parts::new()
    } else if let Some(why) = &model.retry {
        vec![(format!("↻ {why}"), Role::Warn)]
    } else if let Some(halt) = model.state.as_ref().and_then(|s| s.halt.as_ref()) {
        return halted(model, halt, usize::from(columns.saturating_sub(1)));
    } else if let Some(doing) = super::header::doing(model).filter(|_| !model.is_wide()) {
        vec![(doing, Role::Accent)]
    } else {
        Parts::new()
    };
    vec![parts]
}

/// Why the agent does not go on and what to do, in one line where it fits, else wrapped: it is not to be
/// looked for elsewhere.
fn halted(model: &Model, halt: &Halt, room: usize) -> Vec<Parts> {
    let contexts = model.screen_contexts();
    let (why, remedy) = (text::line(&halt.why), text::line(&model.keys.with_keys(&halt.remedy, &contexts)));
    let key = model.keys.key_for(Action::Continue, &contexts);
    let mut end = Parts::new();
    if let Some(key) = key {
        end = vec![(format!("  {key}"), Role::Key), (" continue".into(), Role::Dim)];
    }
    let mut whole = vec![(format!("■ {why}"), Role::Error), (format!("  {remedy}"), Role::Info)];
    whole.extend(end.iter().cloned());
    if columns(&whole) <= room {
        return vec![whole];
    }
    let wrapped = |words: &str, most: usize| {
        let mut lines = text::wrap(words, room.saturating_sub(2));
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = format!("{}…", text::cut(last, room.saturating_sub(3)));
            }
        }
        lines
    };
    let marked =
        |(at, line): (usize, String)| vec![(format!("{} {line}", if at == 0 { "■" } else { " " }), Role::Error)];
    let mut lines: Vec<Parts> = wrapped(&why, REASON.0).into_iter().enumerate().map(marked).collect();
    lines.extend(wrapped(&remedy, REASON.1).into_iter().map(|line| vec![(format!("  {line}"), Role::Info)]));
    match lines.last_mut() {
        Some(last) if columns(last) + columns(&end) <= room => last.extend(end),
        _ => lines.push(end),
    }
    lines
}

/// Draws the lines of the status, one a row.
pub(super) fn draw_status(lines: &[Parts], area: Rect, canvas: &mut Canvas<'_>) {
    for (at, parts) in lines.iter().enumerate() {
        canvas.parts(shifted(row(area, at), 1), parts);
    }
}

fn chord(model: &Model) -> Parts {
    let mut parts = vec![(model.keys.pending(), Role::Key)];
    for row in &model.chord {
        let key = row.keys.first().cloned().unwrap_or_default();
        parts.push((format!("   {key}"), Role::Key));
        parts.push((format!(" {}", row.help), Role::Dim));
    }
    parts
}

/// What waits, and the keys that answer it.
pub(super) fn waiting(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let contexts = model.contexts();
    let waits = model.waits().filter(|_| model.screen == Screen::Workbench);
    let mut left: Parts = vec![(" ".into(), Role::Text)];
    let mut actions: Vec<(Action, &str)> = Vec::new();
    let modal = model.overlays.last().is_some();
    match &waits {
        Some(waits) => {
            canvas.wash(area, Role::Waiting);
            let label = if area.width < WIDE { "WAITING  " } else { "WAITING FOR YOU  " };
            left.push((label.into(), Role::Waiting));
            left.push((waiting_words(model, waits).unwrap_or_default(), Role::Waiting));
            if !modal {
                actions = answers(model, waits);
            }
        }
        None if model.screen == Screen::Workbench => {
            if let Some(step) = model.next_step() {
                left.push((step.words, Role::Accent));
                actions.push((Action::Continue, "go on"));
            } else if model.under_way().is_some() || !model.at_rest {
                left.push(("the agent is at work".into(), Role::Dim));
                actions.push((Action::CancelAgent, "stop it"));
            } else {
                left.push(("nothing is left to do".into(), Role::Dim));
            }
        }
        None => actions = screen(model),
    }
    if modal {
        actions = overlay(model);
    } else if model.screen != Screen::New {
        actions.push((Action::Help, "keys"));
    }
    let hints: Vec<Parts> = actions
        .into_iter()
        .filter_map(|(action, words)| {
            let key = model.keys.key_for(action, &contexts)?;
            Some(vec![(key, Role::Key), (format!(" {words}"), Role::Dim)])
        })
        .collect();
    // The words give way to the keys: what waits can be read on the panel too. The first two are yes and no,
    // the last tells of all others; under a window its own keys matter most.
    let room = usize::from(area.width).saturating_sub(1);
    let mut keys = Parts::new();
    let least = match (&waits, modal) {
        (None, _) => columns(&left),
        (Some(_), true) => columns(&left).min(usize::from(area.width) / 3),
        (Some(_), false) => {
            let first: usize = hints.iter().take(2).chain(hints.iter().skip(2).last()).map(|h| columns(h) + 3).sum();
            columns(&left).min(usize::from(area.width) / 2 + 8).min(room.saturating_sub(first))
        }
    };
    for (at, hint) in hints.iter().enumerate() {
        let last = if at + 1 == hints.len() { 0 } else { hints.last().map_or(0, |h| columns(h) + 3) };
        if least + 3 + columns(&keys) + 3 + columns(hint) + last > room {
            continue;
        }
        if !keys.is_empty() {
            keys.push(("   ".into(), Role::Dim));
        }
        keys.extend(hint.iter().cloned());
    }
    if let Some(Waits::Gate(waiting)) = &waits {
        let digest = format!(" (sha256 {})", waiting.digest.short());
        if columns(&left) + text::width(&digest) + 3 + columns(&keys) <= room {
            left.push((digest, Role::Waiting));
        }
    }
    let gap = if columns(&left) > 1 { 3 } else { 0 };
    let kept = room.saturating_sub(columns(&keys) + gap);
    let mut used = canvas.parts(Rect { width: area.width.min(u16::try_from(kept).unwrap_or(0)), ..area }, &left);
    used += u16::try_from(gap).unwrap_or(0);
    let rest = shifted(area, used);
    let mut at = 0;
    for (words, role) in &keys {
        // Other letters could not be read on the ground of what waits; there a key is underlined.
        let style = match (waits.is_some(), role) {
            (true, Role::Key) => canvas.styles.get(Role::Waiting).add_modifier(Modifier::UNDERLINED),
            (true, _) => canvas.styles.get(Role::Waiting),
            (false, role) => canvas.styles.get(*role),
        };
        at += canvas.put_styled(shifted(rest, at), words, style);
    }
}

fn answers(model: &Model, waits: &Waits) -> Vec<(Action, &'static str)> {
    let Waits::Gate(waiting) = waits else { return vec![(Action::Continue, "answer")] };
    match model.place() {
        Some(PanelId::Document) if model.focus != PanelId::Document => {
            return vec![(Action::PanelDocument, "go to it")];
        }
        Some(PanelId::Diff) if model.focus != PanelId::Diff => return vec![(Action::PanelDiff, "go to it")],
        _ => {}
    }
    match waiting.subject {
        Subject::Requirements | Subject::Design | Subject::Tasks => vec![
            (Action::Approve, "approve"),
            (Action::RequestChanges, if model.size.0 < ROOMY { "changes" } else { "request changes" }),
            (Action::Edit, "edit"),
            (Action::Comment, "comment"),
            (Action::ToggleDiffRevisions, "what changed"),
        ],
        Subject::Change => vec![
            (Action::Approve, "approve"),
            (Action::Reject, "reject"),
            (Action::ToggleHunk, "toggle hunk"),
            (Action::Edit, "edit"),
            (Action::NextHunk, "next hunk"),
        ],
        Subject::Command => vec![
            (Action::Approve, "run"),
            (Action::ApproveAlways, "run always"),
            (Action::Reject, "reject"),
            (Action::Edit, "edit"),
        ],
        Subject::Override => vec![(Action::OverrideMerge, "merge all the same"), (Action::Reject, "reject")],
        Subject::Task | Subject::Merge => vec![
            (Action::Approve, "approve"),
            (Action::Reject, "reject"),
            (Action::MarkReviewed, "read"),
            (Action::ListFiles, "files"),
            (Action::ToggleHunk, "accept or not"),
            (Action::Comment, "comment"),
        ],
        Subject::Own => vec![
            (Action::Approve, "yours in the task"),
            (Action::Reject, "put back"),
            (Action::Back, "leave open"),
            (Action::NextFile, "next file"),
        ],
        Subject::PutBack => vec![(Action::Approve, "put back"), (Action::Reject, "do not")],
        Subject::Standing | Subject::Cloud => {
            vec![(Action::Approve, "approve"), (Action::Reject, "reject")]
        }
    }
}

fn screen(model: &Model) -> Vec<(Action, &'static str)> {
    match model.screen {
        Screen::Home if model.home.typing => vec![(Action::Select, "done"), (Action::Back, "done")],
        Screen::Home => {
            let mut actions = vec![(Action::NewSpec, "new spec")];
            if model.specs.as_ref().is_some_and(|s| !s.is_empty()) {
                actions.extend([(Action::Open, "open"), (Action::Filter, "filter")]);
            }
            if model.config.demo {
                actions.push((Action::WatchDemo, "demo"));
            }
            actions.push((Action::Quit, "quit"));
            actions
        }
        Screen::New => vec![
            (Action::Submit, "start"),
            (Action::NextField, "next field"),
            (Action::EditExternal, "$EDITOR"),
            (Action::Back, "leave, kept"),
            (Action::Help, "keys"),
        ],
        Screen::Workbench => Vec::new(),
    }
}

/// True where the entry at the cursor is a comment that the agent has: it is resolved, not deleted.
fn sent(list: &Listing) -> bool {
    list.at_cursor().is_some_and(|entry| entry.group.title != OPEN.title)
}

fn overlay(model: &Model) -> Vec<(Action, &'static str)> {
    match model.overlays.last() {
        Some(Overlay::Help(help)) if help.typing => vec![(Action::Select, "done"), (Action::Back, "done")],
        Some(Overlay::Help(_)) => vec![(Action::Filter, "search"), (Action::Down, "down"), (Action::Back, "close")],
        Some(Overlay::Palette(_)) => vec![(Action::Select, "do it"), (Action::Down, "next"), (Action::Back, "close")],
        Some(Overlay::Prompt(prompt)) if prompt.purpose.one_line() => {
            vec![(Action::Select, "take it"), (Action::Back, "close, kept")]
        }
        Some(Overlay::Prompt(_)) => {
            vec![(Action::Submit, "hand in"), (Action::EditExternal, "$EDITOR"), (Action::Back, "close, kept")]
        }
        Some(Overlay::Editor(_)) => vec![
            (Action::Submit, "make it a revision"),
            (Action::Search, "search"),
            (Action::Undo, "undo"),
            (Action::EditExternal, "$EDITOR"),
            (Action::Back, "close, kept"),
        ],
        Some(Overlay::Question { .. }) => {
            vec![(Action::Select, "answer"), (Action::Down, "next"), (Action::Back, "later")]
        }
        Some(Overlay::List(list)) if list.typing => vec![(Action::Select, "done"), (Action::Back, "done")],
        Some(Overlay::List(list)) if list.kind == Kind::Comments => vec![
            (Action::Select, "go there"),
            (Action::DeleteComment, if sent(list) { "resolve" } else { "delete" }),
            (Action::Edit, "edit"),
            (Action::Filter, "filter"),
            (Action::Back, "close"),
        ],
        Some(Overlay::List(list)) if list.kind == Kind::Functions => vec![
            (Action::Select, "call with an event"),
            (Action::Filter, "filter"),
            (Action::Down, "down"),
            (Action::Back, "close"),
        ],
        Some(Overlay::List(list)) if list.kind == Kind::Drift => vec![
            (Action::StageFinding, "comment on the design"),
            (Action::Comment, "on the tasks"),
            (Action::Filter, "filter"),
            (Action::Back, "close"),
        ],
        Some(Overlay::List(list)) if matches!(list.kind, Kind::Places | Kind::Apps) => vec![
            (Action::Select, "choose"),
            (Action::Filter, "filter"),
            (Action::Down, "down"),
            (Action::Back, "close"),
        ],
        Some(Overlay::List(_)) => {
            vec![
                (Action::Select, "go there"),
                (Action::ShowLinks, "what belongs to it"),
                (Action::Filter, "filter"),
                (Action::Down, "down"),
                (Action::Back, "close"),
            ]
        }
        Some(Overlay::Notices { .. } | Overlay::Settings { .. }) => {
            vec![(Action::Down, "down"), (Action::Back, "close")]
        }
        None => Vec::new(),
    }
}
