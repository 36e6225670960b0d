//! The checks by keys: to the next finding, a finding to the agent, links that were renumbered.

use super::{bench, trail};
use crate::{
    domain::{phase::Doc, spec::checks::Finding, wire::Command},
    ui::{
        keys::Action,
        model::Model,
        msg::Request,
        panels::{PanelId, checked},
    },
};

/// Does one of the actions of the checks.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    match action {
        Action::NextFinding => next(model, true),
        Action::PrevFinding => next(model, false),
        Action::StageFinding => return stage(model),
        Action::RewriteLinks => return rewrite(model),
        _ => {}
    }
    Vec::new()
}

fn next(model: &mut Model, forward: bool) {
    if model.focus == PanelId::Spec {
        model.bench.spec.next_finding(forward);
        return;
    }
    let at = model.bench.document.at().filter(|_| model.focus == PanelId::Document);
    let Some((doc, shown, line)) = at else {
        return model.say(true, "findings are of documents; go to one, or to the checks");
    };
    let found: Vec<&Finding> = model.checked.of(doc, shown).collect();
    let next = match forward {
        true => found.iter().find(|f| f.line > line).or_else(|| found.first()),
        false => found.iter().rev().find(|f| f.line < line).or_else(|| found.last()),
    };
    let Some(finding) = next else {
        let older = shown.is_some() && model.state.as_ref().is_some_and(|s| s.current(doc).map(|r| r.digest) != shown);
        let why = if older { "older revisions are not checked" } else { "nothing was found in this document" };
        return model.say(false, why);
    };
    let place = found.iter().position(|f| f == finding).map_or(1, |at| at + 1);
    let (line, of) = (finding.line, found.len());
    let key = model.keys.key_for(Action::StageFinding, &model.screen_contexts());
    let key = key.unwrap_or_else(|| format!(":{}", Action::StageFinding));
    // A revision that stands is shown as such; what is being written stays in view by itself.
    model.bench.document.go(line);
    // What it says stands in the panel, where it has room.
    model.say(false, format!("finding {place} of {of}; {key} makes it a comment for the agent"));
}

/// The findings that the cursor is on.
fn here(model: &Model) -> Vec<Finding> {
    match model.focus {
        PanelId::Spec => model.bench.spec.finding(&model.checked).cloned().into_iter().collect(),
        PanelId::Document => {
            let Some((doc, shown, line)) = model.bench.document.at() else { return Vec::new() };
            model.checked.of(doc, shown).filter(|f| f.line == line).cloned().collect()
        }
        PanelId::Diff | PanelId::Activity => Vec::new(),
    }
}

fn stage(model: &mut Model) -> Vec<Request> {
    let Some(state) = &model.state else { return Vec::new() };
    let here = here(model);
    // Of several on one line each press takes the next.
    let open = here.iter().find(|f| checked::staged(f, state).is_none()).or(here.first());
    let Some(finding) = open else {
        let key = model.keys.key_for(Action::NextFinding, &model.screen_contexts());
        let key = key.unwrap_or_else(|| format!(":{}", Action::NextFinding));
        model.say(true, format!("nothing was found on this line; {key} goes to the next finding"));
        return Vec::new();
    };
    let intents = model.checked.stage(finding, state);
    bench::fulfil(model, intents)
}

/// Makes the developer's edit that names the ids as they are by now. It is a revision like any other
/// and waits for its own yes.
fn rewrite(model: &mut Model) -> Vec<Request> {
    let Some(state) = &model.state else { return Vec::new() };
    let at = match model.focus {
        PanelId::Document => model.bench.document.at().map(|(doc, ..)| doc),
        _ => here(model).first().map(checked::document),
    };
    let wanted = at.filter(|doc| *doc != Doc::Requirements);
    let docs = wanted.map_or_else(|| vec![Doc::Design, Doc::Tasks], |doc| vec![doc]);
    let found = docs.into_iter().find_map(|doc| Some((doc, state.relinked(doc)?)));
    match found {
        Some((doc, (over, text, count))) => {
            let links = if count == 1 { "1 link" } else { &format!("{count} links") };
            let gone = state.relinks(doc).iter().filter(|l| !l.gone.is_empty()).count();
            let rest = match gone {
                0 => String::new(),
                1 => "; 1 names what is gone and is left to you".to_owned(),
                n => format!("; {n} name what is gone and are left to you"),
            };
            let words = format!("{links} of {} rewritten; the new revision asks again{rest}", doc.name());
            trail::leave(model);
            model.bench.document.show(doc, None);
            bench::focus(model, PanelId::Document);
            model.say(false, words);
            vec![Request::Send(Command::Edit { doc, over, text })]
        }
        None => {
            model.say(false, "no link has to be rewritten: every id means what it meant");
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests;
