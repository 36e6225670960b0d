//! What lies over the screen.

use crossterm::event::{KeyCode, KeyEvent};

use super::{account, bench, editor, keys, listing};
use crate::{
    domain::{
        cloud::desk::{CloudAsk, Target},
        gate::{Subject, Verdict},
        session::State,
        wire::Command,
    },
    ui::{
        keys::Action,
        model::{
            Model,
            form::area,
            overlay::{Overlay, Prompt, Purpose},
        },
        msg::{EditPurpose, Request},
        text,
    },
};

/// Puts the agent's question up when there is one and takes it away when there is none.
pub(super) fn question(model: &mut Model) {
    let asked = model.state.as_ref().is_some_and(|s| s.question.is_some());
    let at = model.overlays.iter().position(|o| matches!(o, Overlay::Question { .. }));
    match (asked, at) {
        // Below what is already open: whoever writes goes on writing.
        (true, None) if model.seen_waits != model.waits() => {
            model.overlays.insert(0, Overlay::Question { selected: 0 })
        }
        (false, Some(at)) => {
            model.overlays.remove(at);
        }
        (true | false, _) => {}
    }
}

/// Puts the question up again after it was closed.
pub(super) fn reopen_question(model: &mut Model) {
    if !bench::asks(model) {
        model.overlays.push(Overlay::Question { selected: 0 });
    }
}

/// Asks for text, with what was typed for the same purpose before.
pub(super) fn ask(model: &mut Model, purpose: Purpose) {
    let (title, hint) = match &purpose {
        Purpose::RequestChanges { doc, .. } => {
            let doc = *doc;
            let staged = model.state.as_ref().map_or(0, |s| s.open_comments(doc).filter(|c| !c.sent).count());
            let with = match staged {
                0 => String::new(),
                1 => "1 comment goes with it".into(),
                n => format!("{n} comments go with it"),
            };
            (format!("What shall change in {}?", doc.name()), with)
        }
        Purpose::RejectPart { doc, digest, lines } => {
            let called = model.state.as_ref().map(|s| s.called(*doc, *digest, *lines)).unwrap_or_default();
            (format!("What shall change in {called}?"), "the request names it; staged comments go with it".into())
        }
        Purpose::Reject { subject, with, .. } => {
            let staged = model.state.as_ref().map_or(0, |s| s.staged_remarks().count());
            let comments = match staged {
                0 => None,
                1 => Some("1 comment".to_owned()),
                n => Some(format!("{n} comments")),
            };
            let refused = (!with.is_empty()).then(|| "what is not accepted".to_owned());
            let goes: Vec<String> = [comments, refused].into_iter().flatten().collect();
            let hint = if goes.is_empty() {
                "the agent is told; with no words it is not asked again".to_owned()
            } else {
                format!("with it: {}", goes.join(", "))
            };
            (format!("Why is the {subject} rejected?"), hint)
        }
        Purpose::Remark(spot) => {
            let lines = match spot.lines {
                Some((from, to)) if from == to => format!(", line {from}"),
                Some((from, to)) => format!(", lines {from} to {to}"),
                None => String::new(),
            };
            let name = spot.path.name();
            (format!("Comment on {name}{lines}"), "sent with your next answer to the agent".into())
        }
        Purpose::Reremark { spot, sent, .. } => {
            let hint = if *sent { "the one that was sent is resolved" } else { "takes the place of the comment" };
            (format!("Comment on {} again", spot.path.name()), hint.into())
        }
        Purpose::Comment(anchor) => {
            let lines = match (anchor.lines, &model.state) {
                (Some(lines), Some(state)) => format!(", {}", state.called(anchor.doc, anchor.rev, lines)),
                _ => String::new(),
            };
            (format!("Comment on {}{lines}", anchor.doc.name()), "sent with a request for changes".into())
        }
        Purpose::Recomment { anchor, sent, .. } => {
            let hint = if *sent { "the one that was sent is resolved" } else { "takes the place of the comment" };
            (format!("Comment on {} again", anchor.doc.name()), hint.into())
        }
        Purpose::Override { .. } => {
            let held = model.state.as_ref().map(|s| s.merge.held.join("; ")).unwrap_or_default();
            (
                format!("Merge although: {}", text::line(&held)),
                "say why; your reason goes into the record that travels with the branch".into(),
            )
        }
        Purpose::Answer => {
            let question = model.state.as_ref().and_then(|s| s.question.as_ref());
            (question.map(|q| text::line(&q.text)).unwrap_or_default(), "your answer".into())
        }
        Purpose::Invoke(Some(function)) => {
            let name = text::line(function.rsplit(':').next().unwrap_or(function));
            (format!("Call {name} with which event?"), "in JSON; it asks first".into())
        }
        Purpose::Invoke(None) => {
            ("Call which function?".into(), "its name on the first line, the event in JSON below; it asks first".into())
        }
        Purpose::Region => {
            ("In which region?".into(), "such as eu-west-1; what was prepared elsewhere is withdrawn".into())
        }
        Purpose::Deploy => (
            "Deploy what?".into(),
            "a line each: app PATH, stack NAME, NAME=VALUE for a parameter, secret NAME=VARIABLE; it asks first".into(),
        ),
        Purpose::Search => ("Search".into(), String::new()),
    };
    let kept = model.drafts.remove(&purpose.key()).unwrap_or_default();
    let text = area(&kept, "");
    model.overlays.push(Overlay::Prompt(Box::new(Prompt { purpose, title, hint, text })));
}

/// Replaces the text of the prompt on top.
pub(super) fn replace(model: &mut Model, words: &str) -> Vec<Request> {
    match model.overlays.last_mut() {
        Some(Overlay::Prompt(prompt)) => prompt.text = area(words.trim_end(), ""),
        // What cannot be edited here any more asks at its gate as it is.
        Some(Overlay::Editor(editor)) => {
            let taken = editor.replace(words);
            if !taken {
                let edit = editor.edit.clone();
                model.overlays.pop();
                return bench::edited(model, edit, words.to_owned());
            }
        }
        _ => {}
    }
    Vec::new()
}

/// A key that types.
pub(super) fn text(model: &mut Model, event: KeyEvent) {
    match model.overlays.last_mut() {
        Some(Overlay::Prompt(prompt)) if !(prompt.purpose.one_line() && event.code == KeyCode::Enter) => {
            prompt.text.input(event);
        }
        Some(Overlay::Editor(editor)) => match event.code {
            // A terminal without marked pastes types them.
            KeyCode::Char(c) if c.is_control() || !c.is_ascii() => {
                editor.insert(&c.to_string());
            }
            _ => {
                editor.text.input(event);
            }
        },
        Some(Overlay::Palette(palette)) => {
            keys::line(&mut palette.query, &event);
            palette.selected = 0;
        }
        Some(Overlay::Help(help)) if help.typing => {
            keys::line(&mut help.filter, &event);
            help.top = 0;
        }
        Some(Overlay::List(list)) if list.typing => {
            keys::line(&mut list.filter, &event);
            list.selected = 0;
        }
        _ => {}
    }
}

/// Text was pasted.
pub(super) fn paste(model: &mut Model, pasted: &str) {
    match model.overlays.last_mut() {
        Some(Overlay::Prompt(prompt)) => {
            let pasted = if prompt.purpose.one_line() { text::line(pasted) } else { text::block(pasted) };
            prompt.text.insert(&pasted);
        }
        Some(Overlay::Editor(editor)) => {
            let taken = editor.insert(pasted);
            if !taken {
                model.say(true, "it has private characters that cannot be edited here; nothing was pasted");
            }
        }
        Some(Overlay::Palette(palette)) => palette.query.push_str(&text::line(pasted)),
        Some(Overlay::Help(help)) => help.filter.push_str(&text::line(pasted)),
        Some(Overlay::List(list)) if list.typing => {
            list.filter.push_str(&text::line(pasted));
            list.selected = 0;
        }
        _ => {}
    }
}

/// Does an action on what lies on top.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Request> {
    if action == Action::Back {
        close(model);
        return Vec::new();
    }
    let page = usize::from(model.size.1 / 2).max(1);
    match model.overlays.last_mut() {
        Some(Overlay::Help(help)) => {
            match action {
                Action::Filter | Action::Search => help.typing = true,
                Action::Select => help.typing = false,
                other => help.top = moved(help.top, other, page),
            }
            help.top = help.top.min(help.shown().len().saturating_sub(1));
            Vec::new()
        }
        Some(Overlay::Palette(palette)) => {
            if !matches!(action, Action::Select | Action::Submit) {
                let last = palette.found().len().saturating_sub(1);
                palette.selected = moved(palette.selected, action, page).min(last);
                return Vec::new();
            }
            let chosen = palette.found().get(palette.selected).copied();
            model.overlays.pop();
            chosen.map_or_else(Vec::new, |action| keys::act(model, action))
        }
        Some(Overlay::Prompt(prompt)) => match action {
            Action::Submit | Action::Select => submit(model),
            Action::EditExternal => {
                let (text, line) = (prompt.words(), prompt.text.cursor().0 + 1);
                vec![Request::OpenEditor { text, suffix: ".md".into(), line, purpose: EditPurpose::Prompt }]
            }
            Action::Undo => {
                prompt.text.undo();
                Vec::new()
            }
            Action::Redo => {
                prompt.text.redo();
                Vec::new()
            }
            _ => Vec::new(),
        },
        Some(Overlay::Editor(_)) => editor::act(model, action),
        Some(Overlay::Question { .. }) => answer(model, action),
        Some(Overlay::List(_)) => listing::act(model, action),
        Some(Overlay::Notices { back }) => {
            // At the least as many as there are on any screen; drawing stops at the first.
            let last = model.notices.iter().map(|n| n.text.len() / 20 + 1).sum::<usize>();
            *back = match action {
                Action::Up => *back + 1,
                Action::Down => back.saturating_sub(1),
                Action::PageUp | Action::HalfUp => *back + page,
                Action::PageDown | Action::HalfDown => back.saturating_sub(page),
                Action::Top => last,
                Action::Bottom => 0,
                _ => *back,
            }
            .min(last);
            Vec::new()
        }
        Some(Overlay::Settings { top }) => {
            *top = moved(*top, action, page).min(model.config.settings.len().saturating_sub(1));
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// The row that an action of moving leads to; not bounded by the end.
pub(super) fn moved(at: usize, action: Action, page: usize) -> usize {
    match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => at + 1,
        Action::PageUp | Action::HalfUp => at.saturating_sub(page),
        Action::PageDown | Action::HalfDown => at + page,
        Action::Top => 0,
        Action::Bottom => usize::MAX,
        _ => at,
    }
}

fn close(model: &mut Model) {
    if let Some(Overlay::Help(help)) = model.overlays.last_mut()
        && help.typing
    {
        help.typing = false;
        return;
    }
    if let Some(Overlay::List(list)) = model.overlays.last_mut()
        && listing::back(list)
    {
        return;
    }
    match model.overlays.pop() {
        Some(Overlay::Prompt(prompt)) if !prompt.words().is_empty() => {
            model.drafts.insert(prompt.purpose.key(), prompt.words());
            model.say(false, "what you wrote is kept; the same key brings it back");
        }
        Some(Overlay::Editor(editor)) => editor::closed(model, *editor),
        _ => {}
    }
}

fn submit(model: &mut Model) -> Vec<Request> {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last() else { return Vec::new() };
    let (purpose, words) = (prompt.purpose.clone(), prompt.words());
    let handed = (purpose.key(), words.clone());
    let decide = |subject, digest, verdict, note: &str| {
        let note = note.to_owned();
        Command::Decide { subject, digest, verdict, remember: false, note }
    };
    let command = match purpose {
        // The comments that go with a no are added by the agent, which knows of all of them.
        Purpose::RequestChanges { doc, digest } => {
            let commented = |s: &State| s.open_comments(doc).any(|c| !c.sent);
            if words.is_empty() && !model.state.as_ref().is_some_and(commented) {
                model.say(true, "say what shall change, or comment on lines first");
                return Vec::new();
            }
            decide(doc.subject(), digest, Verdict::Reject { feedback: Some(words) }, "")
        }
        Purpose::RejectPart { .. } if words.is_empty() => {
            model.say(true, "say what shall change in it");
            return Vec::new();
        }
        Purpose::RejectPart { doc, digest, lines } => {
            let Some(state) = &model.state else { return Vec::new() };
            let feedback = format!("In {}: {words}", state.called(doc, digest, lines));
            decide(doc.subject(), digest, Verdict::Reject { feedback: Some(feedback) }, "")
        }
        Purpose::Reject { subject, digest, with } => {
            let words = [words, with].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
            decide(subject, digest, Verdict::Reject { feedback: Some(words) }, "")
        }
        Purpose::Comment(_)
        | Purpose::Recomment { .. }
        | Purpose::Remark(_)
        | Purpose::Reremark { .. }
        | Purpose::Answer
            if words.is_empty() =>
        {
            model.say(true, "there is nothing written yet");
            return Vec::new();
        }
        Purpose::Comment(anchor) => Command::Comment { anchor, text: words },
        Purpose::Remark(spot) => Command::Remark { spot, text: words },
        Purpose::Reremark { id, sent, spot } => {
            model.overlays.pop();
            model.handed = Some(handed);
            let close = Command::CloseComment { id, resolved: sent };
            return vec![Request::Send(Command::Remark { spot, text: words }), Request::Send(close)];
        }
        Purpose::Recomment { id, sent, anchor } => {
            model.overlays.pop();
            model.handed = Some(handed);
            // The new one first: whatever happens between the two, nothing is lost.
            let close = Command::CloseComment { id, resolved: sent };
            return vec![Request::Send(Command::Comment { anchor, text: words }), Request::Send(close)];
        }
        Purpose::Override { digest } => {
            if words.trim().is_empty() {
                model.say(true, "say why it shall be merged all the same; your reason goes into the record");
                return Vec::new();
            }
            decide(Subject::Override, digest, Verdict::Approve, &words)
        }
        Purpose::Answer => Command::Answer { text: words },
        Purpose::Invoke(named) => {
            let (function, event) = match &named {
                Some(function) => (function.as_str(), words.as_str()),
                None => words.split_once('\n').unwrap_or((&words, "")),
            };
            let (function, event) = (function.trim().to_owned(), event.trim());
            if function.is_empty() {
                model.say(true, "write the function's name on the first line");
                return Vec::new();
            }
            let payload = if event.is_empty() { "{}".to_owned() } else { event.to_owned() };
            if named.is_some() {
                model.account.events.insert(function.clone(), payload.clone());
            }
            Command::Cloud(CloudAsk::Invoke { function, payload })
        }
        Purpose::Region => {
            model.overlays.pop();
            return account::typed(model, &words);
        }
        Purpose::Deploy => match Target::read(&words) {
            Ok(target) => Command::Cloud(CloudAsk::Deploy(target)),
            Err(why) => {
                model.say(true, why);
                return Vec::new();
            }
        },
        Purpose::Search => {
            model.overlays.pop();
            if !editor::search(model, &words) {
                bench::search(model, &words);
            }
            return Vec::new();
        }
    };
    model.overlays.pop();
    model.handed = Some(handed);
    vec![Request::Send(command)]
}

fn answer(model: &mut Model, action: Action) -> Vec<Request> {
    let options = match model.state.as_ref().and_then(|s| s.question.as_ref()) {
        Some(question) => question.options.clone(),
        None => return Vec::new(),
    };
    let Some(Overlay::Question { selected }) = model.overlays.last_mut() else { return Vec::new() };
    let chosen = match action {
        Action::Select => Some(*selected),
        other => other.answer(),
    };
    let Some(chosen) = chosen else {
        *selected = moved(*selected, action, options.len()).min(options.len());
        return Vec::new();
    };
    match options.get(chosen) {
        Some(option) => {
            model.overlays.pop();
            vec![Request::Send(Command::Answer { text: option.clone() })]
        }
        // After the last option: words of one's own.
        None if chosen == options.len() => {
            ask(model, Purpose::Answer);
            Vec::new()
        }
        None => Vec::new(),
    }
}
