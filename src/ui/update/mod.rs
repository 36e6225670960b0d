//! What a message does to the model, and what it asks of the world. No I/O.
//!
//! Always holds: no key drops what was typed, and no decision leaves here that a panel did not make
//! from what it drew.

mod account;
mod agent;
mod bench;
mod checks;
mod editor;
mod form;
mod home;
mod keys;
mod listing;
mod overlay;
#[cfg(test)]
mod tests;
mod trail;
mod unsaved;

use super::{
    model::{Bell, Model, Screen, Waits},
    msg::{EditPurpose, Msg, Request},
    panels::PanelId,
    text,
};
use crate::domain::{brief, gate::Subject, wire::Command};

/// What is asked at the start, before any message.
pub fn start(model: &mut Model) -> Vec<Request> {
    let mut requests = vec![Request::Send(Command::List)];
    settle(model, &mut requests);
    requests
}

/// Takes one message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Request> {
    let mut requests = match msg {
        Msg::Key(event) => keys::press(model, &event),
        Msg::Paste(pasted) => keys::paste(model, &pasted),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Agent(event) => agent::event(model, event),
        Msg::Keep => unsaved::keep(model),
        Msg::Tick => {
            model.spinner = model.spinner.wrapping_add(1);
            Vec::new()
        }
        Msg::EditorDone { purpose, text } => edited(model, purpose, text),
        Msg::Exported(Ok(path)) => {
            model.say(false, format!("written to {}", path.display()));
            Vec::new()
        }
        Msg::Exported(Err(why)) => {
            model.say(true, format!("not written: {why}"));
            Vec::new()
        }
        Msg::ShellDone(ended) => {
            if let Err(why) = ended {
                model.say(true, why);
            }
            // Also after an error: it may have been at work before.
            vec![Request::Send(Command::StepIn)]
        }
        Msg::Scroll { down } => keys::scroll(model, down),
        Msg::Click(column, row) => {
            let hit = model.areas.iter().find(|(_, area)| area.contains((column, row).into())).map(|(id, _)| *id);
            if let Some(id) = hit.filter(|_| model.overlays.is_empty() && model.screen == Screen::Workbench) {
                bench::focus(model, id);
            }
            Vec::new()
        }
    };
    settle(model, &mut requests);
    requests
}

pub(crate) use unsaved::{is_writing, keep};

/// Does an action as if its key had been pressed.
#[cfg(test)]
pub(crate) fn perform(model: &mut Model, action: super::keys::Action) -> Vec<Request> {
    let mut requests = keys::act(model, action);
    settle(model, &mut requests);
    requests
}

fn edited(model: &mut Model, purpose: EditPurpose, result: Result<String, String>) -> Vec<Request> {
    let edited = match result {
        Ok(text) => text,
        Err(why) => {
            model.say(true, format!("nothing was changed: {why}"));
            return Vec::new();
        }
    };
    match purpose {
        EditPurpose::Panel(edit) => bench::edited(model, edit, edited),
        EditPurpose::Field(field) => {
            if let Some(form) = &mut model.form {
                form.set(field, &edited);
            }
            Vec::new()
        }
        EditPurpose::Prompt => overlay::replace(model, &edited),
    }
}

/// What follows from the model as it now is: the panel that is shown, the window's name, the call
/// when something newly waits.
fn settle(model: &mut Model, requests: &mut Vec<Request>) {
    let place = model.place();
    let waits = model.waits();
    if place != model.seen_place || waits != model.seen_waits {
        // Not while a sentence is being written: the screen waits until it is handed in.
        let writing = model.takes_text() && model.screen == Screen::Workbench;
        if let Some(id) = place.filter(|_| !writing) {
            bench::focus(model, id);
        }
        if !writing {
            model.seen_place = place;
        }
    }
    if waits != model.seen_waits {
        if waits.is_some() {
            model.keys.reset();
        }
        model.seen_waits.clone_from(&waits);
        overlay::question(model);
    }
    // What a permission answers in the next moment, or a quick spec goes past, calls nobody.
    let called = waits.filter(|_| model.at_rest);
    if model.at_rest && called != model.called {
        let words = called.as_ref().and_then(|w| waiting_words(model, w));
        requests.extend(words.filter(|_| model.config.bell != Bell::Off).map(Request::Bell));
        model.called = called;
    }
    model.refresh_lists();
    if let Some(state) = &model.state {
        model.checked.refresh(state);
    }
    unsaved::settle(model, requests);
    let title = title(model);
    if title != model.title {
        model.title.clone_from(&title);
        requests.push(Request::SetTitle(title));
    }
}

/// What waits, in words.
pub fn waiting_words(model: &Model, waits: &Waits) -> Option<String> {
    let state = model.state.as_ref()?;
    Some(match waits {
        Waits::Question(_) => format!("answer: {}", text::line(&state.question.as_ref()?.text)),
        Waits::Gate(waiting) => match Model::doc_of(waiting.subject) {
            Some(doc) => {
                let number = state.current(doc).map_or(0, |r| r.number);
                format!("approve {} r{number}", doc.name())
            }
            None if matches!(waiting.subject, Subject::Own | Subject::PutBack) => {
                let files =
                    if state.own.len() == 1 { "1 file".to_owned() } else { format!("{} files", state.own.len()) };
                match waiting.subject {
                    Subject::PutBack => format!("put back {files}?"),
                    _ => format!("your changes in {files}"),
                }
            }
            None => match &state.proposal {
                Some(proposed) if proposed.proposal.kind().subject() == waiting.subject => {
                    format!("{} {}{}", waiting.subject, text::line(&proposed.proposal.about()), out_of_view(model))
                }
                _ => match &state.cloud.at_gate {
                    Some(at_gate) => text::line(&brief::title(&at_gate.step)),
                    None => format!("{}{}", waiting.subject, out_of_view(model)),
                },
            },
        },
    })
}

/// What a yes would be for though it is not in view.
fn out_of_view(model: &Model) -> String {
    match model.bench.diff.hidden() {
        0 => String::new(),
        n => format!(" with {n} hidden changes of white space"),
    }
}

fn title(model: &Model) -> String {
    let Some(start) = model.state.as_ref().and_then(|s| s.start.as_ref()) else { return "kiro-tui".into() };
    match (model.waits(), model.under_way()) {
        (Some(_), _) => format!("{} - waiting for you", start.name),
        (None, Some(_)) => format!("{} - at work", start.name),
        (None, None) => format!("{} - kiro-tui", start.name),
    }
}

/// The panels in the order of their keys.
pub(crate) const PANELS: [PanelId; 4] = [PanelId::Spec, PanelId::Document, PanelId::Diff, PanelId::Activity];
