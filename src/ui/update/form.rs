//! The form of a new spec.

use crate::{
    domain::wire::Command,
    ui::{
        keys::Action,
        model::{Model, Screen},
        msg::{EditPurpose, Request},
    },
};

/// Does an action on the form.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    let Some(form) = &mut model.form else {
        model.screen = Screen::Home;
        return Vec::new();
    };
    match action {
        Action::NextField | Action::NextPanel => form.go(true),
        Action::PrevField | Action::PrevPanel => form.go(false),
        Action::EditExternal if form.focus.is_text() => {
            let (field, text) = (form.focus, form.content(form.focus));
            return vec![Request::OpenEditor {
                text,
                suffix: ".md".into(),
                line: 1,
                purpose: EditPurpose::Field(field),
            }];
        }
        Action::EditExternal => model.say(true, "the editor is for text; here left and right choose"),
        Action::Submit => match form.start() {
            Ok(start) => return vec![Request::Send(Command::New(start))],
            Err((field, why)) => {
                form.focus = field;
                model.say(true, why);
            }
        },
        Action::Back => {
            model.screen = if model.state.is_some() { Screen::Workbench } else { Screen::Home };
            if form.content(crate::ui::model::form::Field::Need).trim().is_empty() {
                model.form = None;
            } else {
                model.say(false, "what you wrote is kept");
            }
        }
        other => model.say(true, format!("{other}: not in a form")),
    }
    Vec::new()
}
