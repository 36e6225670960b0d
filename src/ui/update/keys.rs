//! From a key to what it does: chord, context, action, or text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{bench, form, home, overlay};
use crate::{
    domain::{session::State, wire::Command},
    ui::{
        keys::{Action, Context, Pressed, Stroke},
        model::{
            Model, Screen,
            overlay::{Help, Overlay, Palette},
        },
        msg::{Exit, Request},
    },
};

/// A key was pressed.
pub(super) fn press(model: &mut Model, event: &KeyEvent) -> Vec<Request> {
    let Some(stroke) = Stroke::from_event(event) else { return Vec::new() };
    model.notice = None;
    model.chord.clear();
    // What the last frame showed was there to be read until this key.
    let read = match &model.state {
        Some(state) if model.screen == Screen::Workbench => model.bench.document.finished(state),
        _ => None,
    };
    let mut requests: Vec<Request> = read.map(Request::Send).into_iter().collect();
    requests.extend(pressed(model, event, stroke));
    requests
}

fn pressed(model: &mut Model, event: &KeyEvent, stroke: Stroke) -> Vec<Request> {
    let contexts = model.contexts();
    match model.keys.press(stroke, &contexts) {
        Pressed::Action { action, count } => {
            disarm(model, action);
            let times = if repeats(action) { count.unwrap_or(1) } else { 1 };
            let mut requests = Vec::new();
            for _ in 0..times {
                requests.extend(act(model, action));
            }
            requests
        }
        Pressed::Pending { next, .. } => {
            model.chord = next;
            Vec::new()
        }
        Pressed::Broken { keys } => {
            model.say(true, format!("{keys}: no such keys here"));
            Vec::new()
        }
        Pressed::None => {
            disarm(model, Action::Redraw);
            if event.code == KeyCode::Char('z') && event.modifiers.contains(KeyModifiers::CONTROL) {
                return vec![Request::Suspend];
            }
            text(model, *event);
            Vec::new()
        }
    }
}

fn disarm(model: &mut Model, action: Action) {
    model.quit_armed &= action == Action::CancelAgent;
    model.leave_armed &= action == Action::Back;
}

fn repeats(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::Up
            | A::Down
            | A::PageUp
            | A::PageDown
            | A::HalfUp
            | A::HalfDown
            | A::Left
            | A::Right
            | A::NextSection
            | A::PrevSection
            | A::NextItem
            | A::PrevItem
            | A::NextChange
            | A::PrevChange
            | A::NextHunk
            | A::PrevHunk
            | A::NextFile
            | A::PrevFile
            | A::SearchNext
            | A::SearchPrev
            | A::RevisionOlder
            | A::RevisionNewer
    )
}

/// A key that means nothing in the keymap, where text is typed.
fn text(model: &mut Model, event: KeyEvent) {
    if model.overlays.is_empty() {
        match model.screen {
            Screen::Home if model.home.typing => {
                line(&mut model.home.filter, &event);
                model.home.selected = 0;
            }
            Screen::New => {
                if let Some(form) = &mut model.form {
                    form.key(event);
                }
            }
            Screen::Home | Screen::Workbench => {}
        }
    } else {
        overlay::text(model, event);
    }
}

/// Text was pasted.
pub(super) fn paste(model: &mut Model, pasted: &str) -> Vec<Request> {
    if !model.takes_text() {
        model.say(true, "pasted text goes into a text field only");
        return Vec::new();
    }
    // Terminals send the ends of lines as the return key does.
    let pasted = &pasted.replace("\r\n", "\n").replace('\r', "\n");
    if !model.overlays.is_empty() {
        overlay::paste(model, pasted);
    } else if model.screen == Screen::Home {
        model.home.filter.push_str(&crate::ui::text::line(pasted));
    } else if let Some(form) = &mut model.form {
        form.paste(pasted);
    }
    Vec::new()
}

/// The wheel was turned.
pub(super) fn scroll(model: &mut Model, down: bool) -> Vec<Request> {
    let action = if down { Action::Down } else { Action::Up };
    (0..3).flat_map(|_| act(model, action)).collect()
}

/// Edits one line of text.
pub(super) fn line(line: &mut String, event: &KeyEvent) {
    match event.code {
        KeyCode::Char('u') if event.modifiers.contains(KeyModifiers::CONTROL) => line.clear(),
        KeyCode::Char('w') if event.modifiers.contains(KeyModifiers::CONTROL) => {
            let kept = line.trim_end().rfind(' ').map_or(0, |at| at + 1);
            line.truncate(kept);
        }
        KeyCode::Char(c) if !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => line.push(c),
        KeyCode::Backspace => {
            line.pop();
        }
        _ => {}
    }
}

/// Does an action, from a key or from the palette.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    match action {
        Action::CancelAgent => cancel(model),
        Action::Quit => quit(model),
        Action::Redraw => vec![Request::Redraw],
        Action::ToggleMouse => {
            model.mouse = !model.mouse;
            model.say(false, if model.mouse { "mouse on" } else { "mouse off" });
            vec![Request::Mouse(model.mouse)]
        }
        Action::Help if !matches!(model.overlays.last(), Some(Overlay::Help(_))) => {
            let mut rows = model.keys.help(&model.contexts());
            if model.overlays.is_empty() {
                rows.retain(|row| model.means(row.action));
            }
            // What answers stands first.
            rows.sort_by_key(|r| r.context != Context::Gate);
            model.overlays.push(Overlay::Help(Help { rows, filter: String::new(), typing: false, top: 0 }));
            Vec::new()
        }
        _ if !model.overlays.is_empty() => overlay::act(model, action),
        Action::Palette => {
            let contexts = model.contexts();
            model.overlays.push(Overlay::Palette(Palette { query: String::new(), selected: 0, contexts }));
            Vec::new()
        }
        Action::Notices => {
            model.overlays.push(Overlay::Notices { back: 0 });
            Vec::new()
        }
        Action::Settings => {
            model.overlays.push(Overlay::Settings { top: 0 });
            Vec::new()
        }
        _ => match model.screen {
            Screen::Home => home::act(model, action),
            Screen::New => form::act(model, action),
            Screen::Workbench => bench::act(model, action),
        },
    }
}

fn cancel(model: &mut Model) -> Vec<Request> {
    if model.quit_armed {
        return quit(model);
    }
    model.quit_armed = true;
    let at_work = |s: &State| (s.flow.due().is_some() || s.cloud.stage.is_some()) && s.halt.is_none();
    if model.state.as_ref().is_some_and(at_work) {
        model.say(false, "stopping the agent; once more quits with everything saved");
        return vec![Request::Send(Command::Cancel)];
    }
    model.say(false, "nothing is under way; once more quits with everything saved");
    Vec::new()
}

fn quit(model: &mut Model) -> Vec<Request> {
    let mut requests = super::keep(model);
    requests.extend([Request::Send(Command::Quit), Request::Quit(Exit::Quit)]);
    requests
}
