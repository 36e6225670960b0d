//! The lists of what belongs together and of comments: opening, moving, and what their entries do.

use super::{bench, overlay, trail};
use crate::{
    domain::wire::Command,
    ui::{
        keys::Action,
        model::{
            Model,
            listing::{Kind, Listing, Target},
            overlay::{Overlay, Purpose},
        },
        msg::Request,
        panels::PanelId,
    },
};

/// Puts a list up.
pub(super) fn open(model: &mut Model, kind: Kind) {
    let Some(state) = &model.state else { return };
    model.overlays.push(Overlay::List(Box::new(Listing::new(kind, state, &model.marks))));
}

/// Puts the files of the set under review up.
pub(super) fn open_files(model: &mut Model) {
    if model.marks.is_empty() {
        return model.say(true, "there is no set of files to review; a finished task and a merge have one");
    }
    if !matches!(model.overlays.last(), Some(Overlay::List(list)) if list.kind == Kind::Files) {
        open(model, Kind::Files);
    }
    if let Some(Overlay::List(list)) = model.overlays.last_mut() {
        list.typing = true;
    }
}

/// Brings the lists that are open up to the state.
pub(super) fn refresh(model: &mut Model) {
    match &model.state {
        Some(state) => {
            for overlay in &mut model.overlays {
                if let Overlay::List(list) = overlay {
                    list.refresh(state, &model.marks);
                }
            }
        }
        None => model.overlays.retain(|o| !matches!(o, Overlay::List(_))),
    }
}

/// Closes the top-most thing in the list on top: the filter's typing, the filter. False when only
/// the list itself is left.
pub(super) fn back(list: &mut Listing) -> bool {
    if std::mem::take(&mut list.typing) {
        return true;
    }
    if list.filter.is_empty() {
        return false;
    }
    list.filter.clear();
    list.selected = 0;
    true
}

/// Does an action on the list on top.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    let page = usize::from(model.size.1 / 2).max(1);
    let Some(Overlay::List(list)) = model.overlays.last_mut() else { return Vec::new() };
    match action {
        Action::Filter | Action::Search => list.typing = true,
        Action::Select if list.typing && list.kind != Kind::Files => list.typing = false,
        Action::Select | Action::Open => {
            let target = list.at_cursor().map(|e| e.target.clone());
            jump(model, target);
        }
        Action::DeleteComment => return close_comment(model),
        Action::Edit | Action::EditExternal => edit_comment(model),
        other => {
            let last = list.shown().len().saturating_sub(1);
            list.selected = overlay::moved(list.selected, other, page).min(last);
        }
    }
    Vec::new()
}

fn jump(model: &mut Model, target: Option<Target>) {
    let Some(target) = target else { return };
    if target != Target::Nowhere {
        trail::leave(model);
    }
    match target {
        Target::Line(doc, line) => {
            model.bench.document.show(doc, Some(line));
            bench::focus(model, PanelId::Document);
        }
        Target::Revision(doc, digest, line) => {
            let current = model.state.as_ref().and_then(|s| s.current(doc)).is_some_and(|r| r.digest == digest);
            match current {
                true => model.bench.document.show(doc, line),
                false => model.bench.document.show_revision(doc, digest, line),
            }
            bench::focus(model, PanelId::Document);
        }
        Target::File(path) => {
            model.bench.diff.show_file(&path);
            bench::focus(model, PanelId::Diff);
        }
        Target::Nowhere => return model.say(true, "there is nothing to go to"),
    }
    model.overlays.retain(|o| !matches!(o, Overlay::List(_)));
}

/// The comment at the cursor, if the list is of comments.
fn at_cursor(model: &mut Model) -> Option<Of> {
    let Some(Overlay::List(list)) = model.overlays.last() else { return None };
    if list.kind != Kind::Comments {
        model.say(true, "only comments can be changed here");
        return None;
    }
    let id = list.at_cursor()?.comment?;
    let state = model.state.as_ref()?;
    let of_document = state.comments.iter().find(|c| c.id == id).map(|c| {
        let purpose = Purpose::Recomment { id, sent: c.sent, anchor: c.anchor };
        Of { id, sent: c.sent, resolved: c.resolved, text: c.text.clone(), purpose }
    });
    of_document.or_else(|| {
        let remark = state.remarks.iter().find(|r| r.id == id)?;
        let purpose = Purpose::Reremark { id, sent: remark.sent, spot: remark.spot.clone() };
        Some(Of { id, sent: remark.sent, resolved: remark.resolved, text: remark.text.clone(), purpose })
    })
}

/// A comment on a document or a change.
struct Of {
    id: u64,
    sent: bool,
    resolved: bool,
    text: String,
    /// Writing it again.
    purpose: Purpose,
}

/// What the agent was told is history: such a comment is resolved, not deleted.
fn close_comment(model: &mut Model) -> Vec<Request> {
    match at_cursor(model) {
        Some(comment) if comment.resolved => {
            model.say(false, "it is resolved already; it stays as a record of what was asked");
            Vec::new()
        }
        Some(comment) => vec![Request::Send(Command::CloseComment { id: comment.id, resolved: comment.sent })],
        None => Vec::new(),
    }
}

fn edit_comment(model: &mut Model) {
    let Some(comment) = at_cursor(model) else { return };
    if comment.resolved {
        return model.say(true, "it is resolved; make a new comment in the document");
    }
    let purpose = comment.purpose;
    model.drafts.entry(purpose.key()).or_insert(comment.text);
    overlay::ask(model, purpose);
}

#[cfg(test)]
mod tests;
