//! Looking at the account, and choosing whom and where to be.

use super::overlay;
use crate::{
    domain::{
        cloud::{
            Place,
            sight::{Seen, Sight},
        },
        wire::Command,
    },
    ui::{
        model::{
            Model,
            account::Pick,
            listing::{Kind, Listing},
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

fn is_part(model: &Model) -> bool {
    model.state.as_ref().and_then(|s| s.start.as_ref()).is_some_and(|s| s.aws)
}

pub(super) fn look(sight: Sight) -> Request {
    Request::Send(Command::Look(sight))
}

/// Takes in what was seen, in the lists that are open too.
pub(super) fn seen(model: &mut Model, seen: Seen) {
    model.account.take(seen);
    refresh(model);
}

fn refresh(model: &mut Model) {
    let Model { account, overlays, .. } = model;
    for overlay in overlays {
        if let Overlay::List(list) = overlay
            && list.kind == Kind::Places
        {
            list.put(account.places());
        }
    }
}

/// Puts up who we are, and whom and where we could be.
pub(super) fn places(model: &mut Model) -> Vec<Request> {
    if !is_part(model) {
        model.say(true, "AWS is no part of this spec; start one with AWS on");
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
