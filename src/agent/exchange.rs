//! One exchange with the model: the request out, the stream in, nothing of it lost.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::{sync::mpsc::Receiver, time::Instant};

use super::{
    account,
    pace::Paced,
    prompt,
    session::{Session, Stopped},
    tools::Toolbox,
};
use crate::{
    domain::{
        journal::{Delta, Entry},
        turn::message::{Message, Stop, ToolCall},
        wire::{Command, Event},
    },
    ports::model::{ModelEvent, Request, Scene},
};

/// Streamed text is written down this often, at least.
const KEEP_EVERY: Duration = Duration::from_millis(250);
/// Or when this much has come, in bytes.
const KEEP_AT: usize = 4096;

/// Pieces that are not in the journal yet.
#[derive(Default)]
struct Pieces {
    all: Vec<Delta>,
    bytes: usize,
}

impl Pieces {
    fn push(&mut self, delta: &Delta) {
        let joined = match (self.all.last_mut(), delta) {
            (Some(Delta::Text(last)), Delta::Text(more)) | (Some(Delta::Reasoning(last)), Delta::Reasoning(more)) => {
                last.push_str(more);
                Some(more.len())
            }
            (Some(Delta::Call { id: a, more: last, .. }), Delta::Call { id: b, more, .. }) if a == b => {
                last.push_str(more);
                Some(more.len())
            }
            (Some(_) | None, Delta::Text(_) | Delta::Reasoning(_) | Delta::Call { .. }) => None,
        };
        match joined {
            Some(bytes) => self.bytes += bytes,
            None => {
                self.bytes += 64;
                self.all.push(delta.clone());
            }
        }
    }

    fn take(&mut self) -> Vec<Delta> {
        self.bytes = 0;
        std::mem::take(&mut self.all)
    }
}

impl Session {
    /// Sends the conversation and takes the reply in. A command that is not the session's own ends
    /// it and comes back.
    pub(super) async fn exchange(&mut self, commands: &mut Receiver<Command>) -> Result<Option<Command>, Stopped> {
        let model = match &self.ports.model {
            Ok(model) => model.clone(),
            Err(why) => {
                let remedy = "configure a model, then start kiro-tui again and continue".into();
                self.record(Entry::TurnFailed { why: why.clone(), remedy })?;
                return Ok(None);
            }
        };
        let Some(scene) = self.state.scene.clone() else { return Ok(None) };
        let toolbox = self.toolbox();
        let request = Request {
            scene: Scene { name: scene.name.clone(), step: scene.step() },
            system: prompt::system(&self.start),
            messages: within_budget(&scene.talk),
            tools: match self.has_account() {
                true => toolbox.specs().into_iter().chain(account::specs()).collect(),
                false => toolbox.specs(),
            },
        };
        let mut stream = Paced::new(model.stream(request));
        let mut pieces = Pieces::default();
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut keep_at = Instant::now() + KEEP_EVERY;
        loop {
            let burst = tokio::select! {
                biased;
                command = commands.recv() => {
                    self.keep(pieces.take())?;
                    let Some(command) = command else { return Ok(Some(Command::Quit)) };
                    if let Some(other) = self.take(command)? {
                        return Ok(Some(other));
                    }
                    let stopped = self.state.halt.is_some()
                        || self.state.wanted_scene().as_ref() != Some(&scene.name);
                    if stopped {
                        return Ok(None);
                    }
                    continue;
                }
                () = tokio::time::sleep_until(keep_at), if !pieces.all.is_empty() => {
                    self.keep(pieces.take())?;
                    keep_at = Instant::now() + KEEP_EVERY;
                    continue;
                }
                burst = stream.next() => burst,
            };
            if burst.is_empty() {
                self.keep(pieces.take())?;
                let why = format!("{}: the stream ended without an end", model.name());
                self.record(Entry::TurnFailed { why, remedy: "continue to ask again".into() })?;
                return Ok(None);
            }
            // Told together: the screen is woken once.
            let mut news = Pieces::default();
            let mut last = None;
            for event in burst {
                match event {
                    Ok(ModelEvent::End { reply, usage }) => last = Some(Ok((reply, usage))),
                    Err(error) => last = Some(Err(error)),
                    Ok(event) => {
                        if let Some(delta) = self.delta(event, &mut seen) {
                            if pieces.all.is_empty() {
                                keep_at = Instant::now() + KEEP_EVERY;
                            }
                            pieces.push(&delta);
                            news.push(&delta);
                        }
                    }
                }
            }
            for delta in news.take() {
                self.tell(Event::Streaming(delta));
            }
            if pieces.bytes >= KEEP_AT {
                self.keep(pieces.take())?;
            }
            match last {
                None => {}
                Some(Ok((mut reply, usage))) => {
                    name_calls(&scene.talk, &mut reply.calls);
                    let refused = reply.stop == Stop::Refused;
                    self.record(Entry::Replied { reply, usage, model: model.name() })?;
                    if refused {
                        let why = "the provider ended the reply and says it refuses".into();
                        let remedy = "continue to ask again, or change the request".into();
                        self.record(Entry::TurnFailed { why, remedy })?;
                    }
                    return Ok(None);
                }
                Some(Err(error)) => {
                    self.keep(pieces.take())?;
                    self.record(Entry::TurnFailed { why: error.message, remedy: error.remedy })?;
                    return Ok(None);
                }
            }
        }
    }

    fn delta(&self, event: ModelEvent, seen: &mut HashMap<String, usize>) -> Option<Delta> {
        match event {
            ModelEvent::Text(more) => Some(Delta::Text(more)),
            ModelEvent::Reasoning(more) => Some(Delta::Reasoning(more)),
            ModelEvent::Call { id, name, arguments } => {
                let from = seen.insert(id.clone(), arguments.len()).unwrap_or(0);
                let more = arguments.get(from..).unwrap_or_default().to_owned();
                (from == 0 || !more.is_empty()).then_some(Delta::Call { id, name, more })
            }
            ModelEvent::Retrying { attempt, after, why } => {
                let why = format!("{why}; try {attempt} in {:.0} s", after.as_secs_f32().ceil());
                self.tell(Event::Retrying { why });
                None
            }
            ModelEvent::End { .. } => None,
        }
    }

    /// The tools of the present phase.
    pub(super) fn toolbox(&self) -> Toolbox {
        if self.state.drafting().is_some() { Toolbox::Document } else { Toolbox::Execution }
    }
}

/// Gives every call a name of its own in its conversation: results are matched by it, here and by
/// the providers, and a model may leave it out or use one twice.
fn name_calls(talk: &[Message], calls: &mut [ToolCall]) {
    let before = talk.iter().flat_map(|m| match m {
        Message::Assistant(reply) => reply.calls.as_slice(),
        Message::User { .. } | Message::Tool { .. } => &[],
    });
    let mut taken: HashSet<String> = before.map(|c| c.id.clone()).collect();
    for call in calls {
        let stem = if call.id.trim().is_empty() { "call".to_owned() } else { call.id.clone() };
        let mut number = 2;
        while call.id.trim().is_empty() || taken.contains(&call.id) {
            call.id = format!("{stem}-{number}");
            number += 1;
        }
        taken.insert(call.id.clone());
    }
}

/// Characters of a conversation above which old tool results are left out.
const BUDGET: usize = 400_000;
/// The newest messages stay whole as long as leaving out older ones is enough.
const RECENT: usize = 24;
/// And these in any case: what the model has just been told.
const NEWEST: usize = 4;

/// The conversation, with the oldest long tool results left out where it has grown too long. What
/// is left out can be read again with a tool.
fn within_budget(talk: &[Message]) -> Vec<Message> {
    let length = |m: &Message| match m {
        Message::User { text } => text.len(),
        Message::Assistant(reply) => {
            reply.text.len() + reply.calls.iter().map(|c| c.arguments.to_string().len()).sum::<usize>()
        }
        Message::Tool { content, .. } => content.len(),
    };
    let mut total: usize = talk.iter().map(length).sum();
    let mut kept = talk.to_vec();
    for whole in [RECENT, NEWEST] {
        let old = kept.len().saturating_sub(whole);
        for message in kept.iter_mut().take(old) {
            if let Message::Tool { content, .. } = message
                && total > BUDGET
                && content.len() > 1000
            {
                total -= content.len();
                *content = "(left out: this conversation grew long; read it again if you need it)".to_owned();
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_a_name_of_its_own() {
        let call = |id: &str| ToolCall { id: id.into(), name: "x".into(), arguments: serde_json::Value::Null };
        let mut calls = vec![call("a"), call(""), call("a"), call("a-2"), call("")];
        name_calls(&[], &mut calls);
        let ids: HashSet<&str> = calls.iter().map(|c| c.id.as_str()).collect();
        assert_eq!((ids.len(), calls[0].id.as_str()), (5, "a"));
    }

    #[test]
    fn old_results_are_left_out_first_and_only_when_it_is_too_long() {
        let tool = |n: usize, size| Message::Tool { call: n.to_string(), content: "x".repeat(size), is_error: false };
        let short: Vec<_> = (0..60).map(|n| tool(n, 2000)).collect();
        assert_eq!(within_budget(&short), short);
        let long: Vec<_> = (0..60).map(|n| tool(n, 10_000)).collect();
        let kept = within_budget(&long);
        let is_short = |m: &Message| matches!(m, Message::Tool { content, .. } if content.starts_with("(left out"));
        assert_eq!(kept.iter().filter(|m| is_short(m)).count(), 20);
        assert!(kept[..20].iter().all(is_short) && !kept[20..].iter().any(is_short));
        let recent: Vec<_> = (0..20).map(|n| tool(n, 60_000)).collect();
        let kept = within_budget(&recent);
        assert!(
            kept[..14].iter().all(is_short) && !kept[14..].iter().any(is_short),
            "recent ones where there is no other way"
        );
    }
}
