//! Looking at the account, and choosing whom and where to be.

use super::overlay;
use crate::{
    domain::{
        cloud::{
            Place,
            desk::{CloudAsk, Target},
            sight::{Seen, Sight},
        },
        journal::Anchor,
        phase::Doc,
        wire::Command,
    },
    ui::{
        model::{
            Model,
            account::{AccountView, Looked, Pick},
            listing::{self, Kind, Listing},
            overlay::{Overlay, Purpose},
        },
        msg::Request,
    },
};

/// What is asked for when a spec opens: who we are, where AWS is part of it. The answer comes when it
/// comes.
pub(super) fn opened(model: &mut Model) -> Vec<Request> {
    model.account = Default::default();
    model.account.asked = is_part(model);
    if model.account.asked { vec![look(Sight::Identity)] } else { Vec::new() }
}

const NO_PART: &str = "AWS is no part of this spec; start one with AWS on";

fn is_part(model: &Model) -> bool {
    model.state.as_ref().and_then(|s| s.start.as_ref()).is_some_and(|s| s.aws)
}

pub(super) fn look(sight: Sight) -> Request {
    Request::Send(Command::Look(sight))
}

/// Takes in what was seen, in the lists that are open too.
pub(super) fn seen(model: &mut Model, seen: Seen) -> Vec<Request> {
    let apps = matches!(seen, Seen::Apps(_));
    model.account.take(seen);
    refresh(model);
    if apps { chosen_app(model) } else { Vec::new() }
}

fn refresh(model: &mut Model) {
    let Model { account, overlays, .. } = model;
    for overlay in overlays {
        if let Overlay::List(list) = overlay {
            match list.kind {
                Kind::Places => list.put(account.places()),
                Kind::Functions => list.put(account.function_list()),
                Kind::Drift => list.put(account.drift_list()),
                _ => {}
            }
        }
    }
}

/// Puts up the functions of the stack, and looks at them.
pub(super) fn functions(model: &mut Model) -> Vec<Request> {
    let sight = model.account.stack.clone().map_or(Sight::Functions, Sight::FunctionsOf);
    list(model, Kind::Functions, sight, |view| {
        view.functions = Looked::Asked;
        view.function_list()
    })
}

/// Puts up how the stack has drifted; what was seen before stays until it was looked at anew.
pub(super) fn drift(model: &mut Model) -> Vec<Request> {
    let sight = model.account.stack.clone().map_or(Sight::Drift, Sight::DriftOf);
    list(model, Kind::Drift, sight, |view| {
        if view.drift == Looked::Never {
            view.drift = Looked::Asked;
        }
        view.drift_list()
    })
}

fn list(
    model: &mut Model,
    kind: Kind,
    sight: Sight,
    entries: impl FnOnce(&mut AccountView) -> (Vec<listing::Entry>, String),
) -> Vec<Request> {
    if !is_part(model) {
        model.say(true, NO_PART);
        return Vec::new();
    }
    let entries = entries(&mut model.account);
    model.overlays.push(Overlay::List(Box::new(Listing::given(kind, entries))));
    vec![look(sight)]
}

/// Asks which app and stack, where there are several.
pub(super) fn deploy(model: &mut Model) -> Vec<Request> {
    // Refused with its reason.
    if !is_part(model) {
        return vec![ask_for(Target::default())];
    }
    vec![look(Sight::Apps)]
}

fn chosen_app(model: &mut Model) -> Vec<Request> {
    if model.account.choices().len() < 2 {
        return vec![ask_for(Target::default())];
    }
    model.overlays.retain(|o| !matches!(o, Overlay::List(list) if list.kind == Kind::Apps));
    // What was asked for without saying which keeps what else was said.
    let asked = model.state.as_ref().map(|s| &s.cloud).filter(|desk| desk.again).and_then(|desk| desk.ask.as_ref());
    let base = match asked {
        Some(CloudAsk::Deploy(target)) if target.stack.is_none() => target.clone(),
        _ => Target::default(),
    };
    model.overlays.push(Overlay::List(Box::new(Listing::given(Kind::Apps, model.account.app_list(&base)))));
    Vec::new()
}

fn ask_for(target: Target) -> Request {
    Request::Send(Command::Cloud(CloudAsk::Deploy(target)))
}

/// Makes the drift at the cursor a comment: of the line of the document that names the resource, else
/// of the whole.
pub(super) fn comment(model: &mut Model, doc: Doc) -> Vec<Request> {
    let at = match model.overlays.last() {
        Some(Overlay::List(list)) => list.at_cursor().map(|e| e.target.clone()),
        _ => None,
    };
    let Some(listing::Target::Pick(Pick::Drifted(drifted))) = at else { return Vec::new() };
    let revision = model.state.as_ref().and_then(|s| s.current(doc));
    let Some(revision) = revision else {
        model.say(true, format!("there is no {} to comment on", doc.name()));
        return Vec::new();
    };
    let line = revision.text.lines().position(|l| l.contains(&drifted.id)).map(|n| (n + 1, n + 1));
    let anchor = Anchor { doc, rev: revision.digest, lines: line };
    model.say(false, format!("a comment on {}, sent with your next request for changes", doc.name()));
    vec![Request::Send(Command::Comment { anchor, text: drifted.words })]
}

/// Puts up who we are, and whom and where we could be.
pub(super) fn places(model: &mut Model) -> Vec<Request> {
    if !is_part(model) {
        model.say(true, NO_PART);
        return Vec::new();
    }
    let mut requests = vec![look(Sight::Places)];
    if model.account.account.is_none() {
        requests.push(again(model));
    }
    model.overlays.push(Overlay::List(Box::new(Listing::given(Kind::Places, model.account.places()))));
    requests
}

fn again(model: &mut Model) -> Request {
    (model.account.asked, model.account.account, model.account.trouble) = (true, None, None);
    refresh(model);
    look(Sight::Identity)
}

/// Takes an entry of a list of the account.
pub(super) fn picked(model: &mut Model, pick: Pick) -> Vec<Request> {
    match pick {
        Pick::Again => vec![again(model)],
        Pick::OtherRegion => {
            overlay::ask(model, Purpose::Region);
            Vec::new()
        }
        Pick::Place(place) => choose(model, place),
        Pick::Invoke(function) => {
            let purpose = Purpose::Invoke(Some(function.clone()));
            let last = model.account.events.get(&function).cloned().unwrap_or_else(|| "{}".to_owned());
            model.drafts.entry(purpose.key()).or_insert(last);
            model.overlays.pop();
            overlay::ask(model, purpose);
            Vec::new()
        }
        Pick::Drifted(_) => comment(model, Doc::Design),
        Pick::Stack(stack) => {
            let Some(Overlay::List(list)) = model.overlays.last() else { return Vec::new() };
            let drift = list.kind == Kind::Drift;
            model.account.stack = Some(stack.clone());
            if drift {
                model.account.drift = Looked::Asked;
            } else {
                model.account.functions = Looked::Asked;
            }
            refresh(model);
            vec![look(if drift { Sight::DriftOf(stack) } else { Sight::FunctionsOf(stack) })]
        }
        Pick::Deploy(target) => {
            model.overlays.pop();
            vec![ask_for(*target)]
        }
    }
}

/// Goes on as somebody else, or elsewhere.
fn choose(model: &mut Model, place: Place) -> Vec<Request> {
    model.overlays.retain(|o| !matches!(o, Overlay::List(list) if list.kind == Kind::Places));
    model.say(false, format!("from now on: {}", crate::ui::text::line(&place.words())));
    vec![Request::Send(Command::ChoosePlace(place))]
}

/// A region was typed.
pub(super) fn typed(model: &mut Model, region: &str) -> Vec<Request> {
    match Place::chosen(model.account.place.profile.as_deref(), Some(region)) {
        Ok(place) if place.region.is_some() => choose(model, place),
        Ok(_) => {
            model.say(true, "write the region's name, such as eu-west-1");
            Vec::new()
        }
        Err(why) => {
            model.say(true, why);
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;
