//! What the agent tells.

use super::{account, bench, editor, overlay, unsaved};
use crate::{
    domain::{
        cloud::{
            desk::{CloudAsk, Step},
            sight::Seen,
        },
        gate::Subject,
        journal::{Entry, Record},
        session::Halt,
        wire::{Command, Event},
    },
    ui::{
        model::{Bench, Model, Notice, Outing, Screen, account::AccountView},
        msg::{Exit, Request},
        panels::PanelId,
        text,
    },
};

/// The output of a command is kept up to so many bytes from its end.
const KEPT: usize = 64 * 1024;

/// Takes in one event.
pub(super) fn event(model: &mut Model, event: Event) -> Vec<Request> {
    match event {
        Event::Specs(specs) => {
            let at = model.listed().get(model.home.selected).map(|s| s.name.clone());
            model.specs = Some(specs);
            let listed = model.listed();
            let kept = at.and_then(|name| listed.iter().position(|s| s.name == name));
            let last = listed.len().saturating_sub(1);
            model.home.selected = kept.unwrap_or_else(|| model.home.selected.min(last));
        }
        Event::Opened(state) => {
            let same = |form: &crate::ui::model::form::Form| {
                form.start().is_ok_and(|s| state.start.as_ref().is_some_and(|o| o.name == s.name))
            };
            if model.form.as_ref().is_some_and(same) {
                model.form = None;
            }
            model.notices.extend(state.halt.as_ref().map(why));
            model.state = Some(*state);
            model.plan = None;
            model.marks.clear();
            model.stacks.clear();
            model.worktree = None;
            model.bench = Bench::default();
            model.state.iter().for_each(|state| model.bench.diff.close_result(state));
            (model.focus, model.main) = (PanelId::Document, PanelId::Document);
            (model.seen_place, model.seen_waits, model.called) = (None, None, None);
            model.output.clear();
            // What was written in another spec is kept with that.
            model.unsaved.clear();
            model.drafts.clear();
            model.kept.clear();
            (model.handed, model.handed_edit) = (None, None);
            model.retry = None;
            model.overlays.clear();
            model.screen = Screen::Workbench;
            model.at_rest = false;
            return account::opened(model);
        }
        Event::Closed => {
            model.state = None;
            model.plan = None;
            model.worktree = None;
            model.overlays.clear();
            if model.screen == Screen::Workbench {
                model.screen = Screen::Home;
            }
            return vec![Request::Send(Command::List)];
        }
        Event::Recorded(record) => {
            recorded(model, &record);
            let ask = model.state.as_ref().and_then(|s| s.cloud.ask.as_ref());
            // Made to be looked at.
            if matches!((&record.entry, ask), (Entry::CloudDone { .. }, Some(CloudAsk::Synthesise { .. })))
                && model.state.as_ref().is_some_and(|s| s.cloud.stage.is_none())
            {
                return vec![Request::Send(Command::ReviewStacks)];
            }
        }
        Event::Streaming(delta) => {
            model.retry = None;
            if let Some(state) = &mut model.state {
                state.stream(&delta);
            }
        }
        Event::Retrying { why } => model.retry = Some(text::line(&why)),
        Event::Output(more) => {
            model.output.push_str(&more);
            if model.output.len() > KEPT {
                let cut = model.output.len() - KEPT / 2;
                let cut = (cut..model.output.len()).find(|i| model.output.is_char_boundary(*i)).unwrap_or(0);
                model.output.drain(..cut);
            }
        }
        Event::Files(changes) => model.set = changes,
        Event::SteppedOut => {
            return match model.outing.take() {
                Some(Outing::Shell(path)) => vec![Request::Shell(path)],
                Some(Outing::File(path, line)) => vec![Request::EditFile { path, line }],
                // Nobody goes out any more: the agent need not wait for them.
                None => vec![Request::Send(Command::StepIn)],
            };
        }
        Event::Stacks(stacks) => {
            model.stacks = stacks;
            model.bench.diff.show_stacks();
            bench::focus(model, PanelId::Diff);
        }
        Event::Seen(seen) => return account::seen(model, *seen),
        Event::Plan(plan) => model.plan = Some(*plan),
        Event::Refused(why) => {
            // What was written for it is not lost with it.
            if let Some((key, words)) = model.handed.take() {
                model.drafts.insert(key, words);
            }
            if let Some((edit, text)) = model.handed_edit.take() {
                editor::keep(model, edit, text);
            }
            model.outing = None;
            model.say(true, text::line(&why));
        }
        Event::Kept(texts) => unsaved::take_up(model, texts),
        Event::Waiting => model.at_rest = true,
        Event::Worktree(path) => model.worktree = Some(path),
        Event::Stopped => return vec![Request::Quit(Exit::Stopped)],
    }
    Vec::new()
}

/// Why the agent does not go on, to be read again.
fn why(halt: &Halt) -> Notice {
    Notice { bad: true, text: text::line(&format!("{}: {}", halt.why, halt.remedy)) }
}

fn recorded(model: &mut Model, record: &Record) {
    model.retry = None;
    model.at_rest = false;
    model.handed = None;
    model.handed_edit = None;
    match &record.entry {
        Entry::Decided { decision, .. } if matches!(decision.subject, Subject::Command | Subject::Cloud) => {
            model.output.clear()
        }
        Entry::Merged { .. } | Entry::NothingToMerge | Entry::MergeFailed { .. } => model.plan = None,
        // What comes to the gate says who we are, for certain.
        Entry::CloudProposed { step: Step::Action(action), .. } => {
            let (account, trouble) = (Some(action.account().clone()), None);
            model.account.take(Seen::Identity { account, trouble });
        }
        Entry::PlaceChosen(place) => {
            model.account = AccountView { asked: true, place: place.clone(), ..AccountView::default() };
        }
        _ => {}
    }
    let Some(state) = &mut model.state else { return };
    let (halted, waited) = (state.halt.clone(), state.waiting());
    let result = state.apply(record);
    // Why the agent stopped is more important than what was said before; and what a key could not do is
    // not true any more once something else waits.
    let stopped = state.halt.is_some() && state.halt != halted;
    let hint = model.notice.as_ref().is_some_and(|n| !n.bad);
    if let Some(halt) = state.halt.as_ref().filter(|_| stopped) {
        model.notices.push(why(halt));
    }
    if stopped || (hint && state.waiting().is_some() && state.waiting() != waited) {
        model.notice = None;
    }
    if let Err(refused) = result {
        model.say(true, format!("record {} does not fit what is shown ({refused}); open the spec again", record.seq));
    }
    overlay::question(model);
}
