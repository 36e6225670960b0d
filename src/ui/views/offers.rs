//! Which keys the last line names: those that do something now, in the order of what one would most
//! likely want. What does not fit is left out from the end.

use crate::{
    domain::{
        cloud::desk::{CloudAsk, Going},
        gate::Subject,
        phase::{Doc, Effect, Merge},
        session::State,
        wire::Command,
    },
    ui::{
        keys::{Action, Context},
        model::{
            Model, Screen, Waits,
            account::Pick,
            listing::{Kind, Listing, OPEN, Target},
            overlay::Overlay,
        },
        panels::{self, PanelId},
        text,
    },
};

/// Actions, each with what it does in a word or two.
pub(super) type Keys = Vec<(Action, &'static str)>;

/// Columns from which words of keys need not be short.
const ROOMY: u16 = 80;

/// How the work stands while nothing waits.
pub(super) enum Stands {
    /// Something failed.
    Failed(String),
    /// The developer can go on with this.
    Next(String),
    /// There is nothing to be done now.
    Rests(&'static str),
    /// The agent or the account is at work.
    Works(String),
}

/// How it stands while nothing waits, and the keys for it.
pub(super) fn idle(model: &Model) -> (Stands, Keys) {
    let Some(state) = &model.state else { return (Stands::Rests("no spec is open"), Keys::new()) };
    let effect = model.under_way();
    if let (Some(Effect::Follow { .. }), Some(going)) = (&effect, state.cloud.unfinished()) {
        let stop = if going.deployment.deletes { None } else { Some((Action::StopDeploy, "stop it")) };
        let keys = stop.into_iter().chain([(Action::CancelAgent, "stop following")]).collect();
        return (Stands::Works(going_on(going)), keys);
    }
    if effect.is_some() || !model.at_rest {
        return (Stands::Works("the agent is at work".into()), vec![(Action::CancelAgent, "stop it")]);
    }
    let next = model.next_step();
    let mut keys = Keys::new();
    let mut stands = match &next {
        Some(step) => Stands::Next(step.words.clone()),
        None => Stands::Rests("nothing is left to do"),
    };
    let offers = panels::deploy_offers(state);
    let failed = match state.unmade() {
        Some(unmade) => Some(format!("no change set for {}", text::line(&unmade.stack))),
        None => state.failed_deploy().map(ended),
    };
    if let Some(failed) = failed.filter(|_| !offers.is_empty()) {
        stands = Stands::Failed(failed);
        let numbered = model.focus == PanelId::Diff && model.screen_contexts().contains(&Context::Confirm);
        for (at, ask) in offers.iter().enumerate() {
            let (action, words) = match ask {
                CloudAsk::Mend if model.is_wide() => (Action::MendDeploy, "let the agent mend it"),
                CloudAsk::Mend => (Action::MendDeploy, "mend it"),
                CloudAsk::CleanUp => (Action::CleanUpDeploy, "clean up"),
                _ => (Action::Deploy, "deploy again"),
            };
            let number = Action::ALL.iter().copied().find(|a| numbered && a.answer() == Some(at));
            keys.push((number.unwrap_or(action), words));
        }
        keys.extend(next.as_ref().map(|step| match step.command {
            Command::PlanMerge => (Action::Continue, "plan the merge"),
            _ => (Action::Continue, "go on"),
        }));
    } else if next.is_some() {
        keys.push((Action::Continue, "go on"));
        // Past an account that does not answer.
        let past = (state.cloud.stage.is_some() || state.cloud.again && state.cloud.ask.is_some())
            && state.flow.documents_approved()
            && state.next_task().is_none();
        keys.extend(past.then_some((Action::PlanMerge, "leave it, plan the merge")));
    }
    keys.extend(in_the_account(model, state, &offers));
    (stands, keys)
}

/// What can be asked of the account, where AWS is part of the spec and its tasks are done.
fn in_the_account(model: &Model, state: &State, offered: &[CloudAsk]) -> Keys {
    let aws = state.start.as_ref().is_some_and(|s| s.aws);
    let open = state.next_task().is_some() || !state.flow.documents_approved();
    if !aws || open || state.cloud.unfinished().is_some() {
        return Keys::new();
    }
    // Nobody is asked to deploy as nobody.
    if model.account.trouble.is_some() {
        return vec![(Action::ShowAccount, "why AWS is not known"), (Action::ShowStacks, "infrastructure")];
    }
    let deployed = state.cloud.going.is_some();
    let mut keys = Keys::new();
    if state.task().is_some() || !state.flow.is_quiet() {
        // What is at hand comes first; looking stands in the way of nothing.
        keys.extend(deployed.then_some((Action::ShowFunctions, "functions")));
        return keys;
    }
    if !offered.iter().any(|ask| matches!(ask, CloudAsk::Deploy(_))) {
        keys.push((Action::Deploy, if deployed { "deploy again" } else { "deploy" }));
    }
    if deployed {
        keys.extend([(Action::ShowFunctions, "functions"), (Action::ShowDrift, "drift")]);
    } else {
        keys.push((Action::ShowStacks, "infrastructure"));
    }
    keys.push((Action::DeployWith, "other stack"));
    // Before the merge it is worth a look; after it there is nothing else.
    if matches!(state.flow.merge, Merge::Merged { .. }) { keys } else { keys.into_iter().take(3).collect() }
}

fn going_on(going: &Going) -> String {
    let what = if going.deployment.deletes { "deletion" } else { "deploy" };
    format!("{what} of {} under way", text::line(&going.deployment.stack))
}

fn ended(going: &Going) -> String {
    let how = if going.was_stopped() { "was stopped" } else { "failed" };
    let what = if going.deployment.deletes { "deletion of" } else { "deploy of" };
    format!("{what} {} {how}", text::line(&going.deployment.stack))
}

/// Keys that answer what waits.
pub(super) fn answers(model: &Model, waits: &Waits) -> Keys {
    let Waits::Gate(waiting) = waits else { return vec![(Action::Continue, "answer")] };
    match model.place() {
        Some(PanelId::Document) if model.focus != PanelId::Document => {
            return vec![(Action::PanelDocument, "go to it")];
        }
        Some(PanelId::Diff) if model.focus != PanelId::Diff => return vec![(Action::PanelDiff, "go to it")],
        _ => {}
    }
    match waiting.subject {
        Subject::Requirements | Subject::Design | Subject::Tasks => vec![
            (Action::Approve, "approve"),
            (Action::RequestChanges, if model.size.0 < ROOMY { "changes" } else { "request changes" }),
            (Action::Edit, "edit"),
            (Action::Comment, "comment"),
            (Action::ToggleDiffRevisions, "what changed"),
        ],
        Subject::Change => vec![
            (Action::Approve, "approve"),
            (Action::Reject, "reject"),
            (Action::ToggleHunk, "toggle hunk"),
            (Action::Edit, "edit"),
            (Action::NextHunk, "next hunk"),
        ],
        Subject::Command => {
            let mut keys =
                vec![(Action::Approve, "run"), (Action::ApproveAlways, "run always"), (Action::Reject, "reject")];
            // What makes templates is made anew from what is asked, not edited.
            if model.state.as_ref().is_some_and(|s| s.cloud.at_gate.is_none()) {
                keys.push((Action::Edit, "edit"));
            }
            keys
        }
        Subject::Override => vec![(Action::OverrideMerge, "merge all the same"), (Action::Reject, "reject")],
        Subject::Task | Subject::Merge => vec![
            (Action::Approve, "approve"),
            (Action::Reject, "reject"),
            (Action::MarkReviewed, "read"),
            (Action::ListFiles, "files"),
            (Action::ToggleHunk, "accept or not"),
            (Action::Comment, "comment"),
        ],
        Subject::Own => vec![
            (Action::Approve, "yours in the task"),
            (Action::Reject, "put back"),
            (Action::Back, "leave open"),
            (Action::ListFiles, "files"),
            (Action::MarkReviewed, "read"),
            (Action::NextFile, "next file"),
        ],
        Subject::PutBack => {
            vec![(Action::Approve, "put back"), (Action::Reject, "do not"), (Action::ListFiles, "files")]
        }
        Subject::Standing => vec![(Action::Approve, "approve"), (Action::Reject, "reject")],
        Subject::Cloud => {
            vec![(Action::Approve, "approve"), (Action::Reject, "reject"), (Action::Open, "open or close")]
        }
    }
}

/// Keys of a screen that is not the workbench.
pub(super) fn screen(model: &Model) -> Keys {
    match model.screen {
        Screen::Home if model.home.typing => vec![(Action::Select, "done"), (Action::Back, "done")],
        Screen::Home => {
            let there = model.specs.as_ref().is_some_and(|s| !s.is_empty());
            let mut actions = Keys::new();
            if !model.listed().is_empty() {
                actions.push((Action::Open, "open"));
            }
            actions.push((Action::NewSpec, "new spec"));
            if there {
                actions.push((Action::Filter, "filter"));
            }
            if !model.home.filter.is_empty() {
                actions.push((Action::Back, "show all"));
            }
            if model.config.demo {
                actions.push((Action::WatchDemo, "demo"));
            }
            actions.push((Action::Quit, "quit"));
            actions
        }
        Screen::New => vec![
            (Action::Submit, "start"),
            (Action::NextField, "next field"),
            (Action::EditExternal, "$EDITOR"),
            (Action::Back, "leave, kept"),
            (Action::Help, "keys"),
        ],
        Screen::Workbench => Vec::new(),
    }
}

/// True where the entry at the cursor is a comment that the agent has: it is resolved, not deleted.
fn sent(list: &Listing) -> bool {
    list.at_cursor().is_some_and(|entry| entry.group.title != OPEN.title)
}

/// Keys of what lies over the screen.
pub(super) fn overlay(model: &Model) -> Keys {
    match model.overlays.last() {
        Some(Overlay::Help(help)) if help.typing => vec![(Action::Select, "done"), (Action::Back, "done")],
        Some(Overlay::Help(_)) => vec![(Action::Filter, "search"), (Action::Down, "down"), (Action::Back, "close")],
        Some(Overlay::Palette(palette)) if palette.found().is_empty() => vec![(Action::Back, "close")],
        Some(Overlay::Palette(_)) => vec![(Action::Select, "do it"), (Action::Down, "next"), (Action::Back, "close")],
        Some(Overlay::Prompt(prompt)) if prompt.purpose.one_line() => {
            vec![(Action::Select, "take it"), (Action::Back, "close, kept")]
        }
        Some(Overlay::Prompt(_)) => {
            vec![(Action::Submit, "hand in"), (Action::EditExternal, "$EDITOR"), (Action::Back, "close, kept")]
        }
        Some(Overlay::Editor(_)) => vec![
            (Action::Submit, "make it a revision"),
            (Action::Search, "search"),
            (Action::Undo, "undo"),
            (Action::EditExternal, "$EDITOR"),
            (Action::Back, "close, kept"),
        ],
        Some(Overlay::Question { .. }) => {
            vec![(Action::Select, "answer"), (Action::Down, "next"), (Action::Back, "later")]
        }
        Some(Overlay::List(list)) if list.typing && list.kind == Kind::Files => typing_files(list),
        Some(Overlay::List(list)) if list.typing => vec![(Action::Select, "done"), (Action::Back, "done")],
        Some(Overlay::List(list)) => of_list(model, list),
        Some(Overlay::Notices { .. }) if model.notices.len() < 2 => vec![(Action::Back, "close")],
        Some(Overlay::Notices { .. }) => vec![(Action::Up, "earlier"), (Action::Back, "close")],
        Some(Overlay::Settings { .. }) => vec![(Action::Down, "down"), (Action::Back, "close")],
        None => Vec::new(),
    }
}

/// Keys of the files under review while a filter is typed: letters go into it, and Enter leads on all the same.
fn typing_files(list: &Listing) -> Keys {
    let enter = match list.at_cursor().map(|entry| &entry.target) {
        Some(Target::Folder(_)) => Some((Action::Select, "fold or unfold")),
        Some(_) => Some((Action::Select, "go there")),
        None => None,
    };
    enter.into_iter().chain([(Action::Down, "down"), (Action::Back, "stop typing")]).collect()
}

/// Keys of a list: what the entry at the cursor is good for, and nothing where there is none.
fn of_list(model: &Model, list: &Listing) -> Keys {
    let at = list.at_cursor();
    let there = |doc| model.state.as_ref().is_some_and(|s| s.current(doc).is_some());
    let mut keys = Keys::new();
    match at.map(|entry| &entry.target) {
        Some(Target::Pick(Pick::Invoke(_))) => keys.push((Action::Select, "call with an event")),
        Some(Target::Pick(Pick::Drifted(_))) => {
            keys.extend(there(Doc::Design).then_some((Action::StageFinding, "comment on the design")));
            keys.extend(there(Doc::Tasks).then_some((Action::Comment, "on the tasks")));
        }
        Some(Target::Pick(Pick::Again)) => keys.push((Action::Select, "ask again")),
        Some(Target::Pick(Pick::OtherRegion)) => keys.push((Action::Select, "type it")),
        Some(Target::Pick(Pick::Stack(_))) => keys.push((Action::Select, "look at it")),
        Some(Target::Pick(Pick::Place(_) | Pick::Deploy(_))) => keys.push((Action::Select, "choose")),
        Some(Target::Folder(_)) => keys.push((Action::Select, "fold or unfold")),
        Some(Target::Links) => keys.push((Action::Select, "what belongs to it")),
        Some(Target::Line(..) | Target::Revision(..) | Target::File(..)) => keys.push((Action::Select, "go there")),
        Some(Target::Nowhere) | None => {}
    }
    if at.is_some() && list.kind == Kind::Comments {
        keys.push((Action::DeleteComment, if sent(list) { "resolve" } else { "delete" }));
        keys.push((Action::Edit, "edit"));
    } else if at.is_some_and(|entry| entry.thing.is_some() && entry.target != Target::Links) {
        keys.push((Action::ShowLinks, "what belongs to it"));
    }
    if !list.entries.is_empty() {
        keys.push((Action::Filter, "filter"));
    }
    if list.shown().len() > 1 {
        keys.push((Action::Down, "down"));
    }
    keys.push((Action::Back, if list.filter.is_empty() { "close" } else { "show all" }));
    keys
}

#[cfg(test)]
mod tests;
