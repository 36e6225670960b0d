//! Where the developer was before a jump, and the way back.

use super::bench;
use crate::ui::{
    model::{Model, Place},
    panels::PanelId,
};

/// Jumps that are remembered.
const MOST: usize = 50;

/// Takes note of where the screen stands, before it goes elsewhere.
pub(super) fn leave(model: &mut Model) {
    let at = model.bench.document.at();
    let place = Place { focus: model.focus, document: at, file: model.bench.diff.path().cloned() };
    if model.trail.last() != Some(&place) {
        model.trail.push(place);
    }
    if model.trail.len() > MOST {
        model.trail.remove(0);
    }
}

/// Goes back to where the last jump began.
pub(super) fn back(model: &mut Model) {
    let Some(place) = model.trail.pop() else {
        return model.say(false, "there is no jump to come back from");
    };
    if let Some((doc, shown, line)) = place.document {
        let current = model.state.as_ref().and_then(|s| s.current(doc)).map(|r| r.digest);
        match shown {
            Some(digest) if current != shown => model.bench.document.show_revision(doc, digest, Some(line)),
            Some(_) | None => model.bench.document.show(doc, Some(line)),
        }
    }
    if let (Some(path), PanelId::Diff) = (&place.file, place.focus) {
        model.bench.diff.show_file(path, None);
    }
    bench::focus(model, place.focus);
}
