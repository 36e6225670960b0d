//! Editing a text on the screen: opening, what its keys do, closing, handing in.
//!
//! Always holds: what is closed without handing it in, or refused, is there again with the next edit
//! of the same thing.

use super::bench;
use crate::ui::{
    keys::Action,
    model::{
        Model,
        editor::Editor,
        overlay::{Overlay, Purpose},
    },
    msg::{EditPurpose, Request},
    panels::EditFor,
    text,
};

/// Opens the editor, with what was written before and not handed in.
pub(super) fn open(model: &mut Model, edit: EditFor, line: Option<usize>) {
    let kept = model.unsaved.remove(&key(&edit));
    let mut title = title(model, &edit);
    let text = match (&kept, &edit) {
        (Some((before, text)), EditFor::Document { over, .. }) => {
            let other = matches!(before, EditFor::Document { over: o, .. } if o != over);
            title.push_str(if other { ": what you wrote on an older one" } else { ": what you wrote before" });
            text
        }
        (Some((_, text)), EditFor::Proposal { .. }) => text,
        (None, EditFor::Document { text, .. } | EditFor::Proposal { text, .. }) => text,
    };
    match Editor::new(edit.clone(), title, text, line) {
        Ok(editor) => model.overlays.push(Overlay::Editor(Box::new(editor))),
        Err(why) => {
            if let Some((_, text)) = kept {
                keep(model, edit, text);
            }
            model.say(true, why);
        }
    }
}

fn title(model: &Model, edit: &EditFor) -> String {
    match edit {
        EditFor::Document { doc, over, .. } => {
            let all = model.state.as_ref().map_or(&[][..], |s| s.revisions(*doc));
            let number = all.iter().find(|r| r.digest == *over).map_or(0, |r| r.number);
            format!("Edit {} r{number}", doc.name())
        }
        EditFor::Proposal { .. } => {
            let proposed = model.state.as_ref().and_then(|s| s.proposal.as_ref());
            let about = proposed.map_or_else(String::new, |p| text::line(&p.proposal.about()));
            format!("Edit {about}")
        }
    }
}

/// What an edited text is kept under. A document has one, whatever revision it was made from: nobody
/// wants the words they wrote to be gone because the agent was faster.
fn key(edit: &EditFor) -> String {
    match edit {
        EditFor::Document { doc, .. } => doc.name().to_owned(),
        EditFor::Proposal { from, .. } => from.to_string(),
    }
}

/// What an editor begins with: what was written before and not handed in, else the text as it is.
pub(super) fn text(model: &mut Model, edit: &EditFor) -> String {
    let (EditFor::Document { text, .. } | EditFor::Proposal { text, .. }) = edit;
    model.unsaved.remove(&key(edit)).map_or_else(|| text.clone(), |(_, kept)| kept)
}

/// Keeps an edited text for the next time.
pub(super) fn keep(model: &mut Model, edit: EditFor, text: String) {
    model.unsaved.insert(key(&edit), (edit, text));
}

/// Does an action on the editor on top.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    let Some(Overlay::Editor(editor)) = model.overlays.last_mut() else { return Vec::new() };
    match action {
        Action::Submit => {
            let (edit, text) = (editor.edit.clone(), editor.content());
            model.overlays.pop();
            return bench::edited(model, edit, text);
        }
        Action::EditExternal => {
            let text = editor.content();
            let line = editor.text.cursor().0 + 1;
            let suffix = bench::suffix(model);
            return vec![Request::OpenEditor { text, suffix, line, purpose: EditPurpose::Prompt }];
        }
        Action::Undo if !editor.text.undo() => model.say(false, "there is nothing to take back"),
        Action::Redo if !editor.text.redo() => model.say(false, "there is nothing to do again"),
        Action::Search => super::overlay::ask(model, Purpose::Search),
        Action::SearchNext | Action::SearchPrev => {
            if editor.find.is_empty() {
                super::overlay::ask(model, Purpose::Search);
            } else if !editor.again(action == Action::SearchNext) {
                let words = text::line(&editor.find);
                model.say(true, format!("\"{words}\" is not in the text"));
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Looks for words in the editor on top; false when there is none.
pub(super) fn search(model: &mut Model, words: &str) -> bool {
    let Some(Overlay::Editor(editor)) = model.overlays.last_mut() else { return false };
    if !editor.look(words) && !words.is_empty() {
        model.say(true, format!("\"{}\" is not in the text", text::line(words)));
    }
    true
}

/// The editor was closed: what was changed is kept.
pub(super) fn closed(model: &mut Model, editor: Editor) {
    let text = editor.content();
    if text != editor.original() {
        keep(model, editor.edit, text);
        model.say(false, "what you wrote is kept; the same key brings it back");
    }
}

#[cfg(test)]
mod tests;
