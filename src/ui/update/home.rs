//! The list of specs.

use crate::{
    domain::wire::Command,
    ui::{
        keys::Action,
        model::{Model, Screen, form::Form},
        msg::{Exit, Request},
    },
};

/// Does an action on the list.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    let count = model.listed().len();
    let home = &mut model.home;
    match action {
        Action::Up => home.selected = home.selected.saturating_sub(1),
        Action::Down => home.selected += 1,
        Action::PageUp | Action::HalfUp => home.selected = home.selected.saturating_sub(10),
        Action::PageDown | Action::HalfDown => home.selected += 10,
        Action::Top => home.selected = 0,
        Action::Bottom => home.selected = usize::MAX,
        Action::Filter | Action::Search => home.typing = true,
        Action::Back if home.typing || !home.filter.is_empty() => {
            if !std::mem::take(&mut home.typing) {
                home.filter.clear();
            }
        }
        Action::Back => model.say(false, "this is the outermost screen; everything is saved"),
        Action::Select if home.typing => home.typing = false,
        Action::Open | Action::Select => {
            let name = model.listed().get(model.home.selected).map(|s| s.name.clone());
            return match name {
                Some(name) => vec![Request::Send(Command::Open(name))],
                None => {
                    new(model);
                    Vec::new()
                }
            };
        }
        Action::NewSpec => new(model),
        Action::Refresh => return vec![Request::Send(Command::List)],
        Action::WatchDemo if model.config.demo => {
            return vec![Request::Send(Command::Quit), Request::Quit(Exit::Demo)];
        }
        other => model.say(true, format!("{other}: not in the list of specs")),
    }
    model.home.selected = model.home.selected.min(count.saturating_sub(1));
    Vec::new()
}

/// Shows the form, as it was left.
pub(super) fn new(model: &mut Model) {
    if model.form.is_none() {
        model.form = Some(Form::new(model.config.defaults));
    }
    model.screen = Screen::New;
}
