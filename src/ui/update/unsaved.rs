//! What is being written and is not handed in: told to the agent, which keeps it on the disk, and taken
//! up again.
//!
//! Always holds: what is in an editor, in a prompt, or closed with its words kept is in what is told;
//! what is handed in is, until the agent has recorded it. Only what is written for a deploy is kept in
//! memory alone: it may have values of parameters, and which of them are secret is not known yet.

use super::editor;
use crate::{
    domain::wire::{Command, Unsaved, UnsavedOf},
    ui::{
        keys::{Action, Context},
        model::{
            Model, Screen,
            overlay::{Overlay, Purpose},
        },
        msg::Request,
        panels::EditFor,
    },
};

/// Tells the agent what is being written, where that is not what it was told last.
pub(crate) fn keep(model: &mut Model) -> Vec<Request> {
    if model.screen != Screen::Workbench || model.state.is_none() {
        return Vec::new();
    }
    let all = collected(model);
    if all == model.kept {
        return Vec::new();
    }
    model.kept.clone_from(&all);
    vec![Request::Send(Command::Keep(all))]
}

/// True while something is open that is written into: it is told now and then. Everything else is told
/// at once.
pub(crate) fn is_writing(model: &Model) -> bool {
    model.screen == Screen::Workbench
        && model.overlays.iter().any(|o| matches!(o, Overlay::Editor(_) | Overlay::Prompt(_)))
}

/// What follows from any message: nothing is told that nothing was written of.
pub(super) fn settle(model: &mut Model, requests: &mut Vec<Request>) {
    let nothing = model.unsaved.is_empty() && model.drafts.is_empty() && model.kept.is_empty();
    if !is_writing(model) && !nothing {
        requests.extend(keep(model));
    }
}

/// What was kept is there again with the keys that it was written with.
pub(super) fn take_up(model: &mut Model, texts: Vec<Unsaved>) {
    let mut kept = Vec::new();
    let mut told = |model: &Model, what: &str, again: Option<(Action, &[Context])>| {
        let key = again.and_then(|(action, contexts)| model.keys.key_for(action, contexts));
        kept.push(key.map_or_else(|| what.to_owned(), |key| format!("{what} ({key} brings it back)")));
    };
    for Unsaved { of, text } in &texts {
        let text = text.clone();
        match of.clone() {
            UnsavedOf::Document { doc, over, before } => {
                told(model, &format!("the edited {}", doc.name()), Some((Action::Edit, &[Context::Document])));
                editor::keep(model, EditFor::Document { doc, over, text: before }, text);
            }
            UnsavedOf::Proposal { from, before } => {
                told(model, "the edited proposal", Some((Action::Edit, &[Context::Diff])));
                editor::keep(model, EditFor::Proposal { from, text: before }, text);
            }
            UnsavedOf::Prompt(name) => {
                told(model, &name, Purpose::again(&name));
                model.drafts.insert(name, text);
            }
        }
    }
    if !kept.is_empty() {
        let what = crate::ui::text::line(&kept.join(", "));
        model.say(false, format!("not handed in yet: {what}"));
    }
    model.kept = texts;
}

fn collected(model: &Model) -> Vec<Unsaved> {
    let mut all: Vec<Unsaved> = Vec::new();
    let not_on_disk = UnsavedOf::Prompt(Purpose::Deploy.key());
    let mut put = |of: UnsavedOf, text: String| {
        if of == not_on_disk {
            return;
        }
        let same = |u: &Unsaved| match (&u.of, &of) {
            (UnsavedOf::Document { doc: a, .. }, UnsavedOf::Document { doc: b, .. }) => a == b,
            (a, b) => a == b,
        };
        all.retain(|u| !same(u));
        all.push(Unsaved { of, text });
    };
    for (edit, text) in model.unsaved.values().chain(&model.handed_edit) {
        put(of(edit), text.clone());
    }
    for (name, words) in &model.drafts {
        put(UnsavedOf::Prompt(name.clone()), words.clone());
    }
    if let Some((name, words)) = &model.handed {
        put(UnsavedOf::Prompt(name.clone()), words.clone());
    }
    for overlay in &model.overlays {
        match overlay {
            Overlay::Editor(editor) => {
                let text = editor.content();
                if text != editor.original() {
                    put(of(&editor.edit), text);
                }
            }
            Overlay::Prompt(prompt) if !prompt.words().is_empty() && !prompt.purpose.one_line() => {
                put(UnsavedOf::Prompt(prompt.purpose.key()), prompt.words());
            }
            _ => {}
        }
    }
    all
}

fn of(edit: &EditFor) -> UnsavedOf {
    match edit.clone() {
        EditFor::Document { doc, over, text } => UnsavedOf::Document { doc, over, before: text },
        EditFor::Proposal { from, text } => UnsavedOf::Proposal { from, before: text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            journal::{Author, Entry},
            phase::Doc,
            wire::Event,
        },
        ui::testing::*,
    };

    fn told(requests: &[Request]) -> Vec<Vec<(String, String)>> {
        let name = |u: &Unsaved| match &u.of {
            UnsavedOf::Document { doc, .. } => doc.name().to_owned(),
            UnsavedOf::Proposal { .. } => "proposal".to_owned(),
            UnsavedOf::Prompt(name) => name.clone(),
        };
        let keep = |r: &Request| match r {
            Request::Send(Command::Keep(all)) => Some(all.iter().map(|u| (name(u), u.text.clone())).collect()),
            _ => None,
        };
        requests.iter().filter_map(keep).collect()
    }

    #[test]
    fn what_is_written_is_told_until_it_is_recorded_and_taken_up_again() {
        let mut model = model(80, 24);
        open(&mut model, drafted());
        assert!(told(&press(&mut model, "E")).is_empty() && keep(&mut model).is_empty(), "nothing is written yet");
        assert!(told(&press(&mut model, "New. ")).is_empty(), "not with every key");
        let all = told(&keep(&mut model));
        assert!(matches!(&all[..], [one] if one.len() == 1 && one[0].1.starts_with("New. # Requirements")), "{all:?}");
        assert!(keep(&mut model).is_empty(), "it is told already");
        // Closed, it is told at once where there is more; it is the same.
        assert!(told(&press(&mut model, "x<esc>")).len() == 1 && model.unsaved.len() == 1);
        // Another terminal, after this one died.
        let kept = model.kept.clone();
        let mut again = crate::ui::testing::model(80, 24);
        open(&mut again, drafted());
        tell(&mut again, Event::Kept(kept));
        assert!(
            text(&draw(&mut again)).contains("not handed in yet: the edited requirements (E brings it back)"),
            "{}",
            text(&draw(&mut again))
        );
        press(&mut again, "E");
        assert!(text(&draw(&mut again)).contains("New. x# Requirements"), "{}", text(&draw(&mut again)));
        // Handed in it is still kept, recorded no more.
        let Some(Command::Edit { text: edited, .. }) = sent(&press(&mut again, "<ctrl-s>")).into_iter().next() else {
            panic!()
        };
        assert_eq!(again.kept.len(), 1);
        let recorded = Entry::Drafted { doc: Doc::Requirements, text: edited, author: Author::Developer };
        assert_eq!(told(&record(&mut again, recorded)), [vec![]]);
    }

    #[test]
    fn words_of_a_prompt_are_kept_and_those_of_one_spec_are_not_in_another() {
        let mut model = model(80, 24);
        open(&mut model, drafted());
        press(&mut model, "DMore about cost.");
        let all = told(&keep(&mut model));
        assert_eq!(all, [vec![("the comment on requirements".to_owned(), "More about cost.".to_owned())]]);
        press(&mut model, "<esc>");
        open(&mut model, drafted());
        assert!(model.drafts.is_empty() && model.unsaved.is_empty());
        press(&mut model, "D");
        assert!(!text(&draw(&mut model)).contains("More about cost."));
    }

    #[test]
    fn what_is_written_for_a_deploy_stays_in_memory() {
        let mut model = model(80, 24);
        open(&mut model, drafted());
        crate::ui::update::overlay::ask(&mut model, Purpose::Deploy);
        press(&mut model, "Password=hunter2");
        assert!(text(&draw(&mut model)).contains("hunter2"), "{}", text(&draw(&mut model)));
        assert!(told(&keep(&mut model)).is_empty());
        assert!(told(&press(&mut model, "<esc>")).is_empty() && model.drafts.len() == 1);
        crate::ui::update::overlay::ask(&mut model, Purpose::Deploy);
        assert!(text(&draw(&mut model)).contains("hunter2"), "closed, it is still there");
    }
}
