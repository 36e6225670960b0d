//! The last line: what waits, and the keys that do something now.

use ratatui::{layout::Rect, style::Modifier};

use super::{
    canvas::{Canvas, Parts, columns, shifted},
    offers::{self, Keys, Stands},
};
use crate::{
    config::theme::Role,
    ui::{
        keys::Action,
        model::{Model, Screen, WIDE, Waits},
        text,
        update::waiting_words,
    },
};

/// What waits, and the keys that answer it.
pub(super) fn waiting(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let contexts = model.contexts();
    let waits = model.waits().filter(|_| model.screen == Screen::Workbench);
    let mut left: Parts = vec![(" ".into(), Role::Text)];
    let mut actions = Keys::new();
    let mut failed = false;
    let modal = model.overlays.last().is_some();
    match &waits {
        Some(waits) => {
            canvas.wash(area, Role::Waiting);
            let label = if area.width < WIDE { "WAITING  " } else { "WAITING FOR YOU  " };
            left.push((label.into(), Role::Waiting));
            left.push((waiting_words(model, waits).unwrap_or_default(), Role::Waiting));
            if !modal {
                actions = offers::answers(model, waits);
            }
        }
        // Under a window its own keys matter alone.
        None if modal => {}
        None if model.screen == Screen::Workbench => {
            let (stands, keys) = offers::idle(model);
            failed = matches!(stands, Stands::Failed(_));
            left.push(match stands {
                Stands::Failed(words) => (words, Role::Error),
                Stands::Next(words) => (words, Role::Accent),
                Stands::Rests(words) => (words.into(), Role::Dim),
                Stands::Works(words) => (words, Role::Dim),
            });
            actions = keys;
        }
        None => actions = offers::screen(model),
    }
    if modal {
        actions = offers::overlay(model);
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
        // What failed, and why, is on the panel too; what can be done about it has to be here.
        (None, _) if failed => columns(&left).min(usize::from(area.width) / 4),
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
