//! The workbench: which panel has the keys, and what panels ask for.

use super::{PANELS, account, checks, editor, home, listing, overlay, trail};
use crate::{
    domain::{
        change::FileState,
        cloud::desk::CloudAsk,
        gate::{Subject, Verdict},
        journal::Proposal,
        path::RelPath,
        phase::{Autonomy, Own},
        wire::Command,
    },
    ui::{
        keys::Action,
        model::{
            Model, Outing, Waits,
            listing::Kind,
            overlay::{Overlay, Purpose},
        },
        msg::{EditPurpose, Request},
        panels::{EditFor, Intent, PanelId, PromptFor},
        text,
    },
};

/// Gives the keys to a panel and puts it in sight.
pub(super) fn focus(model: &mut Model, id: PanelId) {
    model.focus = id;
    if matches!(id, PanelId::Document | PanelId::Diff) {
        model.main = id;
    }
}

/// Does an action on the workbench.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    match action {
        Action::PanelSpec => focus(model, PanelId::Spec),
        Action::PanelDocument => focus(model, PanelId::Document),
        Action::PanelDiff => focus(model, PanelId::Diff),
        Action::PanelActivity => focus(model, PanelId::Activity),
        Action::NextPanel => cycle(model, 1),
        Action::PrevPanel => cycle(model, PANELS.len() - 1),
        Action::NewSpec => home::new(model),
        Action::Continue | Action::Retry => return go_on(model),
        Action::ToggleAutonomy => {
            let Some(state) = &model.state else { return Vec::new() };
            let other = match state.flow.autonomy {
                Autonomy::Strict => Autonomy::Batch,
                Autonomy::Batch => Autonomy::Strict,
            };
            return vec![Request::Send(Command::SetAutonomy(other))];
        }
        Action::Shell => match &model.worktree {
            Some(path) => {
                model.outing = Some(Outing::Shell(path.clone()));
                return vec![Request::Send(Command::StepOut)];
            }
            None => model.say(true, "there is no worktree yet; it comes with the first approval"),
        },
        Action::ShowChecks => {
            model.bench.spec.show_checks();
            focus(model, PanelId::Spec);
        }
        Action::NextFinding | Action::PrevFinding | Action::StageFinding | Action::RewriteLinks => {
            return checks::act(model, action);
        }
        Action::JumpBack => trail::back(model),
        Action::ShowTrace => listing::open(model, Kind::Trace),
        Action::ListFiles => listing::open_files(model),
        Action::ShowLinks => listing::links(model),
        Action::PlanMerge if model.state.is_some() => return vec![Request::Send(Command::PlanMerge)],
        Action::Deploy => return account::deploy(model),
        Action::DeployWith => overlay::ask(model, Purpose::Deploy),
        Action::StopDeploy => return cloud(CloudAsk::Stop),
        Action::CleanUpDeploy => return cloud(CloudAsk::CleanUp),
        Action::MendDeploy => return cloud(CloudAsk::Mend),
        Action::InvokeFunction => overlay::ask(model, Purpose::Invoke(None)),
        Action::ShowFunctions => return account::functions(model),
        Action::ShowDrift => return account::drift(model),
        Action::ShowAccount => return account::places(model),
        Action::Synthesise => return cloud(CloudAsk::Synthesise { app: None }),
        Action::ShowOwn if model.state.is_some() => return vec![Request::Send(Command::ShowOwn)],
        Action::ShowStacks if model.state.is_some() => return vec![Request::Send(Command::ReviewStacks)],
        Action::ShowOutline => match model.bench.document.whereabouts() {
            Some((doc, rev, line)) => listing::outline(model, doc, rev, line),
            None => model.say(true, "no document with sections is shown"),
        },
        Action::ListComments => listing::open(model, Kind::Comments),
        Action::Back => return back(model),
        other => {
            let intents = ask(model, other);
            if intents.is_empty() && is_answer(other) {
                model.say(true, not_here(model, other));
            }
            return fulfil(model, intents);
        }
    }
    Vec::new()
}

fn cloud(ask: CloudAsk) -> Vec<Request> {
    vec![Request::Send(Command::Cloud(ask))]
}

/// Actions that answer something: when they do nothing, the developer is told why.
fn is_answer(action: Action) -> bool {
    use Action as A;
    matches!(action, A::Approve | A::ApproveAlways | A::Reject | A::RequestChanges | A::OverrideMerge)
}

fn not_here(model: &Model, action: Action) -> String {
    match (model.waits(), model.place()) {
        (Some(Waits::Gate(waiting)), Some(place)) if place != model.focus => {
            format!("the {} is in another panel; go there to {action}", waiting.subject)
        }
        (Some(Waits::Question(_)), _) => "the agent asks; answer it first".into(),
        (Some(Waits::Gate(waiting)), _) => format!("{action}: not for this {}", waiting.subject),
        (None, _) => format!("{action}: nothing waits for you"),
    }
}

fn cycle(model: &mut Model, step: usize) {
    let at = PANELS.iter().position(|p| *p == model.focus).unwrap_or(0);
    let mut next = PANELS.get((at + step) % PANELS.len()).copied().unwrap_or(PanelId::Document);
    // Side by side, only one of document and diff is in sight.
    let hidden = matches!(next, PanelId::Document | PanelId::Diff) && next != model.main;
    if model.is_wide() && hidden {
        next = PANELS.get((at + 2 * step) % PANELS.len()).copied().unwrap_or(next);
    }
    focus(model, next);
}

fn go_on(model: &mut Model) -> Vec<Request> {
    if matches!(model.waits(), Some(Waits::Question(_))) {
        overlay::reopen_question(model);
        return Vec::new();
    }
    if model.waits().is_some() {
        model.say(true, "first answer what waits for you");
        return Vec::new();
    }
    match model.next_step() {
        Some(step) => vec![Request::Send(step.command)],
        None if model.under_way().is_some() || !model.at_rest => {
            model.say(false, "the agent is at work already");
            Vec::new()
        }
        None => {
            model.say(false, "there is nothing left to do here");
            Vec::new()
        }
    }
}

/// What leaves the developer's own changes as they are, where they wait in the panel with the keys.
fn later(model: &Model) -> Option<Command> {
    let state = model.state.as_ref().filter(|_| model.focus == PanelId::Diff)?;
    match state.flow.own {
        Own::Review { digest } => Some(Command::LeaveOwn { digest }),
        Own::Back { digest, .. } => {
            let (subject, verdict) = (Subject::PutBack, Verdict::Reject { feedback: None });
            Some(Command::Decide { subject, digest, verdict, remember: false, note: String::new() })
        }
        Own::None | Own::Open { .. } | Own::PuttingBack { .. } => None,
    }
}

fn back(model: &mut Model) -> Vec<Request> {
    let closed = match model.focus {
        PanelId::Document => model.bench.document.back(),
        PanelId::Diff => model.bench.diff.back(),
        PanelId::Spec | PanelId::Activity => false,
    };
    if closed {
        return Vec::new();
    }
    if let Some(command) = later(model) {
        return vec![Request::Send(command)];
    }
    if !model.is_wide() && model.focus != model.main {
        focus(model, model.main);
        return Vec::new();
    }
    if model.leave_armed {
        model.leave_armed = false;
        return vec![Request::Send(Command::Close)];
    }
    model.leave_armed = true;
    let stops = if model.under_way().is_some() { "; the agent stops" } else { "" };
    model.say(false, format!("once more leaves this spec{stops}; everything is saved"));
    Vec::new()
}

/// Lets the panel that has the keys do an action.
pub(super) fn ask(model: &mut Model, action: Action) -> Vec<Intent> {
    let focus = model.focus;
    let Some((bench, ctx)) = model.desk(true) else { return Vec::new() };
    bench.panel(focus).act(action, &ctx)
}

pub(super) fn fulfil(model: &mut Model, intents: Vec<Intent>) -> Vec<Request> {
    let mut requests = Vec::new();
    for intent in intents {
        match intent {
            Intent::Send(command) => requests.push(Request::Send(command)),
            Intent::Prompt(what) => prompt(model, what),
            Intent::OpenFile { path, line } => requests.extend(open_file(model, &path, line)),
            Intent::Editor(edit, line) => {
                let suffix = suffix_of(model, &edit);
                let text = editor::text(model, &edit);
                requests.push(Request::OpenEditor { text, suffix, line, purpose: EditPurpose::Panel(edit) });
            }
            Intent::EditHere(edit, line) => editor::open(model, edit, line),
            Intent::Copy(copied) => {
                if model.config.osc52 {
                    model.say(false, "copied");
                    requests.push(Request::Copy(copied));
                } else {
                    model.say(true, "copying is off (ui.osc52)");
                }
            }
            Intent::Notice(words) => model.say(false, text::line(&words)),
            Intent::Show(id) => focus(model, id),
            Intent::ShowDocument { doc, line } => {
                trail::leave(model);
                model.bench.document.show(doc, line);
                focus(model, PanelId::Document);
            }
            Intent::ShowFile(path) => {
                trail::leave(model);
                model.bench.diff.show_file(&path, None);
                focus(model, PanelId::Diff);
            }
        }
    }
    requests
}

fn prompt(model: &mut Model, what: PromptFor) {
    let purpose = match what {
        PromptFor::RequestChanges { doc } => match model.judged(doc) {
            Some(digest) => Purpose::RequestChanges { doc, digest },
            None => return model.say(true, format!("there is no {} yet", doc.name())),
        },
        PromptFor::Reject { subject, digest, with } => Purpose::Reject { subject, digest, with },
        PromptFor::Remark { spot } => Purpose::Remark(spot),
        PromptFor::RejectPart { doc, digest, lines } => Purpose::RejectPart { doc, digest, lines },
        PromptFor::Recomment { id } => return listing::edit(model, id),
        PromptFor::Comment { anchor } => Purpose::Comment(anchor),
        PromptFor::Override { digest } => Purpose::Override { digest },
        PromptFor::Answer => Purpose::Answer,
        PromptFor::Search => Purpose::Search,
    };
    overlay::ask(model, purpose);
}

/// The end of the name of the file that an editor is given, so that it knows what it is.
fn suffix_of(model: &Model, edit: &EditFor) -> String {
    match edit {
        EditFor::Document { .. } => ".md".into(),
        EditFor::Proposal { .. } => {
            let proposal = model.state.as_ref().and_then(|s| s.proposal.as_ref()).map(|p| &p.proposal);
            match proposal {
                Some(Proposal::Change(change)) => {
                    let name = change.path.as_str().rsplit('/').next().unwrap_or_default();
                    name.rfind('.').and_then(|at| name.get(at..)).unwrap_or_default().to_owned()
                }
                Some(Proposal::Command(_)) => ".sh".into(),
                Some(Proposal::Task(_)) | None => ".txt".into(),
            }
        }
    }
}

/// The same for the text in the editor on top.
pub(super) fn suffix(model: &Model) -> String {
    match model.overlays.last() {
        Some(Overlay::Editor(editor)) => suffix_of(model, &editor.edit),
        _ => ".md".into(),
    }
}

/// Opens a file of the worktree in the developer's editor.
fn open_file(model: &mut Model, path: &RelPath, line: usize) -> Vec<Request> {
    let Some(root) = &model.worktree else {
        model.say(true, "there is no worktree yet; it comes with the first approval");
        return Vec::new();
    };
    let path = root.join(path.as_str());
    model.outing = Some(Outing::File(path, line));
    vec![Request::Send(Command::StepOut)]
}

/// The editor was closed.
pub(super) fn edited(model: &mut Model, edit: EditFor, edited: String) -> Vec<Request> {
    match &edit {
        EditFor::Document { text, .. } | EditFor::Proposal { text, .. } if *text == edited => {
            model.say(false, "nothing was changed");
            Vec::new()
        }
        EditFor::Document { doc, over, .. } => {
            let (doc, over) = (*doc, *over);
            model.handed_edit = Some((edit, edited.clone()));
            vec![Request::Send(Command::Edit { doc, over, text: edited })]
        }
        EditFor::Proposal { from, .. } => {
            let from = *from;
            let proposed = model.state.as_ref().and_then(|s| s.proposal.as_ref()).map(|p| p.proposal.clone());
            let proposal = match proposed {
                Some(Proposal::Change(mut change)) => {
                    let mode = change.after.as_ref().or(change.before.as_ref()).map(|f| f.mode).unwrap_or_default();
                    change.after = Some(FileState { mode, ..FileState::regular(edited) });
                    Proposal::Change(change)
                }
                Some(Proposal::Command(mut command)) => {
                    command.text = edited.trim_end().to_owned();
                    Proposal::Command(command)
                }
                Some(Proposal::Task(mut claim)) => {
                    claim.message = edited;
                    Proposal::Task(claim)
                }
                None => {
                    model.say(true, "what was edited does not wait any more; the text is not used");
                    return Vec::new();
                }
            };
            vec![Request::Send(Command::Amend { from, proposal })]
        }
    }
}

/// Hands the words of a search to the panel that has the keys.
pub(super) fn search(model: &mut Model, words: &str) {
    match model.focus {
        PanelId::Document => model.bench.document.search(words),
        PanelId::Diff => {
            if model.bench.diff.search(words) == 0 && !words.is_empty() {
                model.say(true, format!("`{}` stands nowhere in these changes", text::line(words)));
            }
        }
        PanelId::Activity => model.bench.activity.search(words),
        PanelId::Spec => model.say(true, "there is nothing to search in this panel"),
    }
}

/// True when the overlay on top is the agent's question.
pub(super) fn asks(model: &Model) -> bool {
    matches!(model.overlays.last(), Some(Overlay::Question { .. }))
}
