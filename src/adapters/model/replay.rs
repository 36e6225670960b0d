//! A recording played back as a model: the demo, and the tests of everything above the port.
//!
//! What is asked does not matter, only where in the job: a request gets the reply that was recorded
//! for its scene, in pieces, as it would arrive from a provider. The same request always gets the
//! same pieces; only their pace is chosen.

use std::{collections::VecDeque, time::Duration};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::cassette::{Cassette, Exchange};
use crate::{
    domain::turn::message::ToolCall,
    ports::model::{Model, ModelError, ModelErrorKind, ModelEvent, Request, Scene},
};

/// The longest piece, in characters as they are seen.
const LONGEST_PIECE: usize = 16;
/// The most pieces that one call's arguments come in. Every piece carries all before it, so their
/// number has to be bounded.
const MOST_ARGUMENT_PIECES: usize = 1_000;

/// How fast a recording is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As fast as it is taken.
    Instant,
    /// So many pieces (about a word each) a second; 0 counts as 1.
    PerSecond(u32),
}

impl Pace {
    /// How long so many pieces take to arrive.
    fn wait(self, pieces: u32) -> Duration {
        match self {
            Self::Instant => Duration::ZERO,
            Self::PerSecond(rate) => Duration::from_secs(1).saturating_mul(pieces) / rate.max(1),
        }
    }
}

/// A recording as a model.
#[derive(Clone, Debug)]
pub struct ReplayModel {
    cassette: Cassette,
    pace: Pace,
}

impl ReplayModel {
    /// Plays `cassette` at `pace`.
    pub fn new(cassette: Cassette, pace: Pace) -> Self {
        Self { cassette, pace }
    }
}

impl Model for ReplayModel {
    fn name(&self) -> String {
        "recording".into()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let events = match self.cassette.get(&request.scene) {
            Some(exchange) => play(exchange),
            None => VecDeque::from([(0, Err(not_recorded(&request.scene)))]),
        };
        let pace = self.pace;
        stream::unfold(events, move |mut events| async move {
            let (pieces, event) = events.pop_front()?;
            let wait = pace.wait(pieces);
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            Some((event, events))
        })
        .boxed()
    }
}

fn not_recorded(scene: &Scene) -> ModelError {
    ModelError {
        kind: ModelErrorKind::NotRecorded,
        message: format!("the recording has no answer to this (scene `{}`, step {})", scene.name, scene.step),
        remedy: "approve or edit it yourself, or use a real model".into(),
    }
}

/// An event and the number of pieces that it is worth.
type Timed = (u32, Result<ModelEvent, ModelError>);

fn play(exchange: &Exchange) -> VecDeque<Timed> {
    let reply = &exchange.reply;
    let mut events: VecDeque<Timed> = VecDeque::new();
    events.extend(pieces(&reply.reasoning).map(|piece| (1, Ok(ModelEvent::Reasoning(piece.to_owned())))));
    events.extend(pieces(&reply.text).map(|piece| (1, Ok(ModelEvent::Text(piece.to_owned())))));
    for call in &reply.calls {
        events.extend(call_events(call));
    }
    events.push_back((
        0,
        match &exchange.error {
            Some(error) => Err(error.clone()),
            None => Ok(ModelEvent::End { reply: reply.clone(), usage: exchange.usage }),
        },
    ));
    events
}

fn call_events(call: &ToolCall) -> Vec<Timed> {
    let raw = match &call.arguments {
        Value::String(raw) => raw.clone(),
        whole => whole.to_string(),
    };
    let pieces: Vec<&str> = pieces(&raw).collect();
    let together = pieces.len().div_ceil(MOST_ARGUMENT_PIECES).max(1);
    let event = |arguments: &str| ModelEvent::Call {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: arguments.to_owned(),
    };
    let mut so_far = String::with_capacity(raw.len());
    let mut events = vec![(1, Ok(event("")))];
    for group in pieces.chunks(together) {
        so_far.extend(group.iter().copied());
        events.push((u32::try_from(group.len()).unwrap_or(u32::MAX), Ok(event(&so_far))));
    }
    events
}

/// Words with the white space before them; long ones are cut between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut end = 0;
        let mut length = 0;
        for part in rest.split_word_bounds() {
            let blank = part.trim().is_empty();
            for character in part.graphemes(true) {
                end += character.len();
                length += 1;
                if length == LONGEST_PIECE {
                    break;
                }
            }
            if !blank || length >= LONGEST_PIECE {
                break;
            }
        }
        let (piece, after) = rest.split_at_checked(end)?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::turn::message::{Reply, Stop, Usage};

    fn request(name: &str, step: u32) -> Request {
        Request {
            scene: Scene { name: name.into(), step },
            system: String::new(),
            messages: Vec::new(),
            tools: Vec::new(),
        }
    }

    fn exchange(reply: Reply, error: Option<ModelError>) -> Exchange {
        let scene = Scene { name: "design 1".into(), step: 2 };
        Exchange { scene, reply, usage: Usage { input: 1, output: 2, cached: 0 }, error }
    }

    fn reply() -> Reply {
        Reply {
            text: "Some words,\n  and 日本語 too.".into(),
            reasoning: "Let me think.".into(),
            calls: vec![
                ToolCall { id: "a".into(), name: "write".into(), arguments: json!({"content": "x ".repeat(9_000)}) },
                ToolCall { id: "b".into(), name: "torn".into(), arguments: Value::String("{\"pa".into()) },
            ],
            stop: Stop::Length,
        }
    }

    #[tokio::test]
    async fn a_scene_gets_its_reply_in_pieces() {
        let model = ReplayModel::new(Cassette::new(vec![exchange(reply(), None)]), Pace::Instant);
        let events: Vec<_> = model.stream(request("design 1", 2)).collect().await;
        let mut text = String::new();
        let mut reasoning = String::new();
        let mut calls: Vec<(String, String)> = Vec::new();
        for event in &events {
            match event.as_ref().unwrap() {
                ModelEvent::Text(piece) => text.push_str(piece),
                ModelEvent::Reasoning(piece) => reasoning.push_str(piece),
                ModelEvent::Call { id, arguments, .. } => match calls.last_mut() {
                    Some((known, so_far)) if known == id => {
                        assert!(arguments.starts_with(so_far.as_str()), "arguments only grow");
                        so_far.clone_from(arguments);
                    }
                    _ => calls.push((id.clone(), arguments.clone())),
                },
                ModelEvent::Retrying { .. } | ModelEvent::End { .. } => {}
            }
        }
        assert_eq!((text, reasoning), (reply().text, reply().reasoning));
        assert_eq!(calls[0].1, reply().calls[0].arguments.to_string());
        assert_eq!(calls[1], ("b".into(), "{\"pa".into()));
        let usage = Usage { input: 1, output: 2, cached: 0 };
        assert_eq!(events.last(), Some(&Ok(ModelEvent::End { reply: reply(), usage })));
        assert!(events.len() > 12 && events.len() < 1_100, "{} events", events.len());
    }

    #[tokio::test]
    async fn a_failure_is_played_with_what_came_before_it() {
        let error = ModelError { kind: ModelErrorKind::CutOff, message: "m".into(), remedy: "r".into() };
        let failed = exchange(Reply { text: "par".into(), ..Reply::default() }, Some(error.clone()));
        let model = ReplayModel::new(Cassette::new(vec![failed]), Pace::Instant);
        let events: Vec<_> = model.stream(request("design 1", 2)).collect().await;
        assert_eq!(events, [Ok(ModelEvent::Text("par".into())), Err(error)]);
    }

    #[tokio::test]
    async fn an_unknown_scene_is_named() {
        let model = ReplayModel::new(Cassette::new(vec![exchange(reply(), None)]), Pace::Instant);
        for (name, step) in [("design 1", 1), ("design 2", 2)] {
            let events: Vec<_> = model.stream(request(name, step)).collect().await;
            let [Err(error)] = events.as_slice() else { panic!("{events:?}") };
            assert_eq!(error.kind, ModelErrorKind::NotRecorded);
            assert!(error.message.contains(name) && error.remedy.contains("real model"));
        }
    }

    #[test]
    fn the_pace_is_pieces_a_second() {
        assert_eq!(Pace::Instant.wait(7), Duration::ZERO);
        assert_eq!(Pace::PerSecond(20).wait(1), Duration::from_millis(50));
        assert_eq!(Pace::PerSecond(20).wait(40), Duration::from_secs(2));
        assert_eq!(Pace::PerSecond(0).wait(1), Duration::from_secs(1));
    }

    proptest! {
        #[test]
        fn pieces_are_the_text_and_none_is_long(text in any::<String>()) {
            let cut: Vec<&str> = pieces(&text).collect();
            prop_assert_eq!(cut.concat(), text.as_str());
            prop_assert!(cut.iter().all(|piece| !piece.is_empty()));
            prop_assert!(cut.iter().all(|piece| piece.graphemes(true).count() <= LONGEST_PIECE));
        }
    }
}
