//! The model port: one exchange, streamed.

use std::time::Duration;

use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::domain::turn::message::{Message, Reply, ToolSpec, Usage};

/// One request to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Where in the job this exchange stands. Providers never see it; recordings are keyed by it.
    pub scene: Scene,
    /// The system prompt.
    pub system: String,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The tools of this phase. A call of any other is refused by the agent.
    pub tools: Vec<ToolSpec>,
}

/// Where in the job an exchange stands, so that a recording played back after a restart goes on at
/// the same place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scene {
    /// `requirements 1`, `design 2`, `task 2.1`: the purpose, and for documents the revision to come.
    pub name: String,
    /// How many replies in this scene have led on: every tool call of theirs was taken.
    pub step: u32,
}

/// What arrives while a reply is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelEvent {
    /// More of the text.
    Text(String),
    /// More of the visible reasoning.
    Reasoning(String),
    /// A tool call in the making; `arguments` is all that has arrived of the JSON so far.
    Call {
        /// The provider's id.
        id: String,
        /// The tool's name.
        name: String,
        /// The raw argument text so far (not the new part alone).
        arguments: String,
    },
    /// The request failed before anything arrived and will be sent again.
    Retrying {
        /// Which try is next, from 2.
        attempt: u32,
        /// How long until then.
        after: Duration,
        /// Why, in one line.
        why: String,
    },
    /// The reply is complete. Always the last event of a stream that worked; a stream that ends
    /// without it was cut off and ends with an error instead.
    End {
        /// The whole reply.
        reply: Reply,
        /// What it cost.
        usage: Usage,
    },
}

/// What went wrong, as a class that decides what the developer is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelErrorKind {
    /// No key, or the provider refused it.
    Credentials,
    /// The provider does not know the model or the endpoint.
    NotFound,
    /// The request was refused as malformed or too long.
    BadRequest,
    /// Too many requests, and waiting did not help.
    RateLimited,
    /// The provider failed or was overloaded, and trying again did not help.
    Provider,
    /// No connection.
    Network,
    /// The connection ended in the middle of the reply.
    CutOff,
    /// What arrived could not be read.
    Malformed,
    /// Nothing arrived for longer than the watchdog waits.
    Stalled,
    /// A recording has nothing for this request.
    NotRecorded,
}

/// One failed exchange. What had arrived before it was delivered as events.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct ModelError {
    /// The class.
    pub kind: ModelErrorKind,
    /// One line: what failed and where.
    pub message: String,
    /// One line: what to do about it.
    pub remedy: String,
}

/// A language model.
pub trait Model: Send + Sync {
    /// What the header shows: `claude-sonnet-4-5`, `demo recording`.
    fn name(&self) -> String;

    /// Sends one request. Dropping the stream ends the connection. The stream ends with
    /// [`ModelEvent::End`] or with one error, and nothing after either.
    fn stream(&self, request: Request) -> BoxStream<'static, Result<ModelEvent, ModelError>>;
}
