//! What comes next, read from the state alone.

use crate::domain::{
    cloud::desk::Stage,
    digest::Digest,
    gate::Subject,
    phase::{Autonomy, Cloud, CloudItem, CloudKind, Doc, DocState, Effect, Item, ItemKind, Merge, Order, Run, TaskId},
    prose::clean,
    session::State,
    turn::message::{Message, Stop, ToolCall},
};

/// The next thing to do. Each ends in an entry, after which it is asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the developer is next.
    Wait,
    /// Start the conversation of this name.
    OpenScene(String),
    /// Send the conversation to the model.
    Exchange,
    /// Tell the model what became of a call.
    Tell {
        /// The call.
        call: String,
        /// The words.
        content: String,
        /// It did not do what it asked.
        is_error: bool,
    },
    /// Look at a call of the model.
    Call(ToolCall),
    /// Remind the model of what is expected.
    Nudge(&'static str),
    /// The turn goes nowhere: hand it to the developer.
    Halt(String),
    /// Commit an approved document.
    Save {
        /// Which.
        doc: Doc,
        /// Its bytes.
        rev: Digest,
    },
    /// Do what was approved.
    Do(Item),
    /// Carry out the approved merge.
    Merge(Digest),
    /// Put a recorded override on the branch, then plan the merge again.
    SaveOverride(Digest),
    /// Plan the merge and show it.
    PlanMerge,
    /// Show the standing permission.
    ShowStanding,
    /// Say yes by a permission given before.
    JudgeBy {
        /// That permission.
        permission: Digest,
        /// What is judged.
        subject: Subject,
        /// Its bytes.
        digest: Digest,
    },
    /// Look at what comes to the gate of the account next.
    CloudStage(Stage),
    /// Do what was approved for the account.
    Cloud(CloudItem),
    /// Follow what the account carries out.
    Follow(Digest),
    /// Put the developer's own changes back.
    PutBack(Digest),
    /// Tell the model that the developer changed files of its task.
    TellOwn(String),
    /// Ask for a draft: the phase before it was approved.
    Draft(Doc),
    /// Start a task, under the standing permission.
    Start(TaskId),
}

/// Replies of one scene before the developer is asked.
const REPLIES: usize = 80;
/// Failed calls in a row before the developer is asked.
const ERRORS: usize = 8;
/// The same call again before the developer is asked.
const SAME: usize = 4;
/// Characters told of the last answer.
const ANSWER: usize = 200;
/// Replies without a call before the developer is asked.
const NUDGES: usize = 3;

const NUDGE_DOCUMENT: &str = "Nothing was submitted. When the document is complete, call submit_document with its whole \
                              text; to ask something, call ask_developer.";
const NUDGE_TASK: &str = "No tool was called. Go on with the task: propose the next change, ask with ask_developer, or \
                          call finish_task when it is done.";
const NUDGE_CUT: &str = "Your reply was cut off at the output limit. Go on from there, in smaller parts.";

/// What comes next. `started` is false until the developer has done something since the spec was
/// opened: nothing that costs money or changes anything starts by itself on opening.
pub fn next(state: &State, started: bool) -> Next {
    match state.flow.due() {
        Some(Effect::Save { doc, rev }) => Next::Save { doc, rev },
        Some(Effect::Do { item, .. }) => Next::Do(item),
        Some(Effect::Merge { digest }) => Next::Merge(digest),
        // What is to be looked at while a deploy goes on is how to stop it.
        Some(Effect::Follow { digest }) => match &state.cloud.stage {
            Some(stage) if started => Next::CloudStage(stage.clone()),
            Some(_) | None => Next::Follow(digest),
        },
        Some(Effect::Cloud(item)) => Next::Cloud(item),
        Some(Effect::PutBack { digest }) => Next::PutBack(digest),
        Some(Effect::Draft(_) | Effect::Work(_)) if !started => Next::Wait,
        Some(Effect::Draft(_) | Effect::Work(_)) => turn(state),
        Some(Effect::AbortTurn | Effect::StopCommand) => Next::Wait,
        None => quiet(state, started),
    }
}

fn turn(state: &State) -> Next {
    if state.halt.is_some() || state.question.is_some() {
        return Next::Wait;
    }
    let Some(wanted) = state.wanted_scene() else { return Next::Wait };
    let Some(scene) = state.scene.as_ref().filter(|s| s.name == wanted) else { return Next::OpenScene(wanted) };
    let open = scene.open_calls();
    if let Some(call) = open.first() {
        let known = state.results.iter().find(|(id, ..)| *id == call.id);
        return match known {
            Some((call, content, is_error)) => {
                Next::Tell { call: call.clone(), content: content.clone(), is_error: *is_error }
            }
            None => Next::Call((*call).clone()),
        };
    }
    if let Some(words) = &state.untold {
        return Next::TellOwn(words.clone());
    }
    if let Some(why) = bounds(&scene.talk) {
        return Next::Halt(why);
    }
    match scene.talk.last() {
        Some(Message::Assistant(reply)) if reply.stop == Stop::Length => Next::Nudge(NUDGE_CUT),
        Some(Message::Assistant(_)) if state.drafting().is_some() => Next::Nudge(NUDGE_DOCUMENT),
        Some(Message::Assistant(_)) => Next::Nudge(NUDGE_TASK),
        Some(Message::User { .. } | Message::Tool { .. }) | None => Next::Exchange,
    }
}

/// Why a conversation goes nowhere, if it does. Counted since the developer last spoke in it.
pub fn bounds(talk: &[Message]) -> Option<String> {
    let spoke = talk.iter().rposition(|m| matches!(m, Message::User { text } if text.starts_with(GO_ON)));
    let since = talk.get(spoke.unwrap_or(0)..).unwrap_or_default();
    let replies: Vec<_> = since
        .iter()
        .filter_map(|m| match m {
            Message::Assistant(reply) => Some(reply),
            Message::User { .. } | Message::Tool { .. } => None,
        })
        .collect();
    if replies.len() >= REPLIES {
        return Some(format!("the model took {REPLIES} replies without finishing"));
    }
    let silent = replies.iter().rev().take_while(|r| r.calls.is_empty()).count();
    if silent >= NUDGES {
        return Some(format!("the model answered {NUDGES} times without doing anything"));
    }
    let is_error = |m: &Message| matches!(m, Message::Tool { is_error: true, .. });
    let results = since.iter().rev().filter(|m| matches!(m, Message::Tool { .. }));
    if results.take_while(|m| is_error(m)).count() >= ERRORS {
        return Some(format!("{ERRORS} calls of the model in a row came to nothing{}", last_answer(since)));
    }
    let calls: Vec<_> = replies.iter().flat_map(|r| &r.calls).map(|c| (&c.name, &c.arguments)).collect();
    let last = calls.last()?;
    if calls.iter().rev().take_while(|c| *c == last).count() >= SAME {
        return Some(format!("the model made the same call {SAME} times{}", last_answer(since)));
    }
    None
}

/// What the model was told last, where that was a no: the beginning of it, in visible characters.
fn last_answer(talk: &[Message]) -> String {
    match talk.iter().rev().find(|m| matches!(m, Message::Tool { .. })) {
        Some(Message::Tool { content, is_error: true, .. }) => {
            let line = content.lines().next().unwrap_or_default();
            let short: String = line.chars().take(ANSWER).collect();
            let cut = if short.len() < line.len() { "…" } else { "" };
            format!("; it was told: {}{cut}", clean(&short))
        }
        Some(_) | None => String::new(),
    }
}

/// How a message begins by which the developer lets a turn go on that had come to nothing.
pub const GO_ON: &str = "The developer asks you to go on.";

fn quiet(state: &State, started: bool) -> Next {
    let flow = &state.flow;
    if flow.own.is_busy() {
        return Next::Wait;
    }
    if let Cloud::Review { item, .. } = flow.cloud {
        let allowed = started && item.kind == CloudKind::Local && flow.allowed.contains(&item.digest);
        let (permission, subject, digest) = (item.digest, item.subject(), item.digest);
        return if allowed { Next::JudgeBy { permission, subject, digest } } else { Next::Wait };
    }
    if let Some(stage) = state.cloud.stage.clone().filter(|_| started) {
        return Next::CloudStage(stage);
    }
    if let Run::Pending { item, .. } = &flow.run {
        return match flow.standing {
            _ if !started => Next::Wait,
            _ if item.kind == ItemKind::Command && flow.allowed.contains(&item.digest) => {
                Next::JudgeBy { permission: item.digest, subject: Subject::Command, digest: item.digest }
            }
            Some(permission) if !item.sensitive => {
                Next::JudgeBy { permission, subject: item.kind.subject(), digest: item.digest }
            }
            Some(_) | None => Next::Wait,
        };
    }
    if let Merge::Review { digest, .. } = flow.merge
        && state.override_due()
        && state.halt.is_none()
    {
        return Next::SaveOverride(digest);
    }
    if state.halt.is_some() || !started || state.start.as_ref().is_none_or(|s| s.need.is_empty()) {
        return Next::Wait;
    }
    // A quick spec is drafted to its end before anything of it is judged.
    let ahead = flow.order.docs().into_iter().find(|d| flow.doc(*d) == DocState::Missing);
    if let Some(doc) = ahead.filter(|d| flow.order == Order::Quick && flow.upstream_drafted(*d))
        && state.revisions(doc).is_empty()
    {
        return Next::Draft(doc);
    }
    for doc in flow.order.docs() {
        let standing = if doc == Doc::Tasks { flow.standing } else { None };
        match flow.doc(doc) {
            DocState::Approved { .. } => {}
            DocState::Missing if !flow.upstream_approved(doc) => return Next::Wait,
            DocState::Missing if doc == Doc::Tasks && asks_standing(state) => return Next::ShowStanding,
            DocState::Missing if doc == Doc::Tasks && waits_standing(state) => return Next::Wait,
            // A document that the developer threw away is not written again unasked.
            DocState::Missing if state.revisions(doc).is_empty() => return Next::Draft(doc),
            DocState::Review { rev } | DocState::Stale { rev } => {
                return match standing {
                    Some(permission) if flow.upstream_approved(doc) => {
                        Next::JudgeBy { permission, subject: doc.subject(), digest: rev }
                    }
                    Some(_) | None => Next::Wait,
                };
            }
            DocState::Missing | DocState::Drafting { .. } | DocState::Saving { .. } => return Next::Wait,
        }
    }
    if flow.run != Run::Idle || flow.merge != Merge::No {
        return Next::Wait;
    }
    match state.next_task() {
        Some(task) if flow.standing.is_some() => Next::Start(task),
        Some(_) if asks_standing(state) => Next::ShowStanding,
        Some(_) => Next::Wait,
        None if flow.done.is_empty() => Next::Wait,
        None => Next::PlanMerge,
    }
}

fn asks_standing(state: &State) -> bool {
    state.flow.autonomy == Autonomy::Batch && state.flow.standing.is_none() && state.standing_shown.is_none()
}

fn waits_standing(state: &State) -> bool {
    state.flow.autonomy == Autonomy::Batch && state.flow.standing.is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::turn::message::Reply;

    fn talk(turns: &[(&str, &str, bool)]) -> Vec<Message> {
        let mut all = vec![Message::User { text: "Do it.".into() }];
        for (n, (arguments, content, is_error)) in turns.iter().enumerate() {
            let call = ToolCall { id: n.to_string(), name: "finish_task".into(), arguments: json!({ "a": arguments }) };
            all.push(Message::Assistant(Reply { calls: vec![call], ..Reply::default() }));
            all.push(Message::Tool { call: n.to_string(), content: (*content).into(), is_error: *is_error });
        }
        all
    }

    #[test]
    fn a_turn_that_goes_nowhere_says_what_the_model_was_told() {
        let no = ("x", "The task could not be closed: \u{1b}[2Jlocked\nmore", true);
        assert_eq!(bounds(&talk(&[no; SAME - 1])), None);
        let why = bounds(&talk(&[no; SAME])).unwrap();
        assert!(why.starts_with("the model made the same call 4 times; it was told: The task could"), "{why}");
        assert!(!why.contains('\u{1b}') && !why.contains("more"), "{why}");
        let yes = ("x", "fine", false);
        assert_eq!(bounds(&talk(&[yes; SAME])).unwrap(), "the model made the same call 4 times");
        let letters: Vec<String> = (0..ERRORS).map(|n| n.to_string()).collect();
        let long = "é".repeat(ANSWER + 1);
        let others: Vec<_> = letters.iter().map(|l| (l.as_str(), long.as_str(), true)).collect();
        let why = bounds(&talk(&others)).unwrap();
        assert!(why.ends_with(&format!("it was told: {}…", "é".repeat(ANSWER))), "{why}");
        let mut again = talk(&[no; SAME]);
        again.push(Message::User { text: format!("{GO_ON} Try another way than before.") });
        assert_eq!(bounds(&again), None);
    }
}
