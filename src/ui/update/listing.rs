//! The lists of what belongs together and of comments: opening, moving, and what their entries do.

use super::{account, bench, overlay, trail};
use crate::{
    domain::{
        digest::Digest,
        journal::Proposal,
        phase::Doc,
        trace::{Chain, export, things::Thing},
        wire::Command,
    },
    ui::{
        keys::Action,
        model::{
            Model,
            listing::{Entry, Kind, Listing, Target, made_at},
            overlay::{Overlay, Purpose},
        },
        msg::Request,
        panels::{Intent, PanelId},
    },
};

/// Puts a list up.
pub(super) fn open(model: &mut Model, kind: Kind) {
    let Some(state) = &model.state else { return };
    let mut list = Listing::new(kind, state, &model.marks);
    if let (Kind::Trace, Some(thing)) = (&list.kind, here(model)) {
        list.select(&thing);
    }
    model.overlays.push(Overlay::List(Box::new(list)));
}

/// Puts the files of the set under review up.
pub(super) fn open_files(model: &mut Model) {
    if model.marks.is_empty() {
        return model
            .say(true, "there is no set of files to review; a finished task, a merge and your own changes have one");
    }
    if !matches!(model.overlays.last(), Some(Overlay::List(list)) if list.kind == Kind::Files) {
        open(model, Kind::Files);
    }
    if let Some(Overlay::List(list)) = model.overlays.last_mut() {
        list.typing = true;
    }
}

/// Puts up what belongs to the thing at the cursor; where it stands on none, all that belongs together.
pub(super) fn links(model: &mut Model) {
    let kind = here(model).map_or(Kind::Trace, Kind::Links);
    open(model, kind);
}

/// The thing that the panel with the keys stands on.
fn here(model: &Model) -> Option<Thing> {
    let chain = Chain::of(model.state.as_ref()?);
    match model.focus {
        PanelId::Document => {
            let (doc, _, line) = model.bench.document.at()?;
            chain.at(doc, line)
        }
        PanelId::Spec => {
            let (doc, line) = model.bench.spec.line(&model.checked)?;
            chain.at(doc, line)
        }
        PanelId::Diff => {
            let state = model.state.as_ref()?;
            let proposed = state.proposal.as_ref().and_then(|p| match &p.proposal {
                Proposal::Change(change) => Some(&change.path),
                Proposal::Command(_) | Proposal::Task(_) => None,
            });
            let file = model.bench.diff.path().or(proposed).cloned();
            let known = file.filter(|path| chain.changes.iter().any(|c| c.path == *path)).map(Thing::File);
            // A file that is new to the chain belongs to the task that proposes it.
            known.or_else(|| state.task().cloned().map(Thing::Task))
        }
        PanelId::Activity => {
            let at = model.bench.activity.entry().and_then(|i| model.state.as_ref()?.activity.get(i));
            // The commit that the line is about, of a document or a task; else the last of a task.
            let own = at.and_then(|a| a.commit.clone()).filter(|id| chain.commits.iter().any(|(c, _)| c == id));
            own.or_else(|| chain.last_of_tasks().map(str::to_owned)).map(Thing::Commit)
        }
    }
}

/// Puts the sections of a revision up, with the cursor on the one that a line is in.
pub(super) fn outline(model: &mut Model, doc: Doc, rev: Digest, line: usize) {
    let Some(state) = &model.state else { return };
    let mut list = Listing::new(Kind::Outline(doc, rev), state, &[]);
    let begins = |e: &&Entry| matches!(e.target, Target::Revision(_, _, Some(at)) if at <= line);
    list.selected = list.entries.iter().filter(begins).count().saturating_sub(1);
    if list.entries.is_empty() {
        return model.say(true, "there are no headings in this document");
    }
    model.overlays.push(Overlay::List(Box::new(list)));
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
        Action::Left | Action::Right if list.kind == Kind::Files => {
            list.fold();
        }
        Action::ShowLinks | Action::Right if list.kind == Kind::Comments => {
            let id = list.at_cursor().and_then(|e| e.comment);
            let state = model.state.as_ref();
            let comment = state.and_then(|s| s.comments.iter().find(|c| Some(c.id) == id).zip(Some(s)));
            let target = comment.and_then(|(comment, state)| made_at(comment, state));
            jump(model, target.or(Some(Target::Nowhere)));
        }
        Action::ShowLinks | Action::Right => walk(model),
        Action::Left => {
            if let (Some(Overlay::List(list)), Some(state)) = (model.overlays.last_mut(), &model.state) {
                list.walk_back(state);
            }
        }
        Action::Export => return export(model),
        Action::Copy => {
            let name = list.at_cursor().map(|e| match &e.thing {
                Some(Thing::Commit(id)) => id.clone(),
                _ => e.text.clone(),
            });
            return bench::fulfil(model, name.map(Intent::Copy).into_iter().collect());
        }
        Action::Select | Action::Open if list.fold() => {}
        Action::Select | Action::Open => {
            let target = list.at_cursor().map(|e| e.target.clone());
            if let Some(Target::Pick(pick)) = target {
                return account::picked(model, pick);
            }
            jump(model, target);
        }
        Action::StageFinding | Action::Comment if list.kind == Kind::Drift => {
            let doc = if action == Action::Comment { Doc::Tasks } else { Doc::Design };
            return account::comment(model, doc);
        }
        Action::ExpandContext => list.go_into(4),
        Action::Collapse => list.go_into(-4),
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
    if !matches!(target, Target::Nowhere | Target::Links | Target::Folder(_)) {
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
        Target::File(path, line) => {
            model.bench.diff.show_file(&path, line);
            bench::focus(model, PanelId::Diff);
        }
        // A folder folds, and leads nowhere.
        Target::Folder(_) => return,
        Target::Links => return walk(model),
        Target::Pick(_) | Target::Nowhere => return model.say(true, "there is nothing to go to"),
    }
    model.overlays.retain(|o| !matches!(o, Overlay::List(_)));
}

fn walk(model: &mut Model) {
    let (Some(Overlay::List(list)), Some(state)) = (model.overlays.last_mut(), &model.state) else { return };
    if !list.walk(state) {
        model.say(true, "nothing belongs to this");
    }
}

/// Writes the table to a file.
fn export(model: &mut Model) -> Vec<Request> {
    let (Some(Overlay::List(list)), Some(state)) = (model.overlays.last(), &model.state) else { return Vec::new() };
    if !matches!(list.kind, Kind::Trace | Kind::Links(_)) {
        model.say(true, "only what belongs together is written to a file");
        return Vec::new();
    }
    let Some(start) = &state.start else { return Vec::new() };
    let text = export::write(&Chain::of(state), start.name.as_str(), export::Format::Markdown);
    vec![Request::Export { name: format!("{}-trace.md", start.name), text }]
}

/// The comment at the cursor, if the list is of comments.
fn at_cursor(model: &mut Model) -> Option<Of> {
    let Some(Overlay::List(list)) = model.overlays.last() else { return None };
    if list.kind != Kind::Comments {
        model.say(true, "only comments can be changed here");
        return None;
    }
    let id = list.at_cursor()?.comment?;
    of(model, id)
}

/// A comment by its number.
fn of(model: &Model, id: u64) -> Option<Of> {
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
    if let Some(comment) = at_cursor(model) {
        rewrite(model, comment);
    }
}

/// Asks for other words in the place of a comment.
pub(super) fn edit(model: &mut Model, id: u64) {
    match of(model, id) {
        Some(comment) => rewrite(model, comment),
        None => model.say(true, "that comment is gone"),
    }
}

fn rewrite(model: &mut Model, comment: Of) {
    if comment.resolved {
        return model.say(true, "it is resolved; make a new comment in the document");
    }
    let purpose = comment.purpose;
    model.drafts.entry(purpose.key()).or_insert(comment.text);
    overlay::ask(model, purpose);
}

#[cfg(test)]
mod tests;
