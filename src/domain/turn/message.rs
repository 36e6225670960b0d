//! The conversation with a model, as plain data that any provider's adapter can translate.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// What the program or the developer says.
    User {
        /// Markdown.
        text: String,
    },
    /// What the model said, whole.
    Assistant(Reply),
    /// What became of one tool call.
    Tool {
        /// The call's id, as the model gave it.
        call: String,
        /// What the model is told.
        content: String,
        /// True when the call did not do what it asked.
        is_error: bool,
    },
}

/// One complete reply of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Markdown; may be empty when there are calls.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What a reasoning model let be seen of its reasoning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    /// Tool calls, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// Why it ended.
    #[serde(default)]
    pub stop: Stop,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The model had said what it wanted to, or called tools.
    #[default]
    End,
    /// The output limit was reached: the text or the last call's arguments are cut.
    Length,
    /// The provider stopped it.
    Refused,
}

/// One call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id, echoed in the result.
    pub id: String,
    /// The tool's name; may be one that does not exist.
    pub name: String,
    /// The arguments. A JSON string holds the raw text where it was not valid JSON.
    pub arguments: Value,
}

/// A tool as it is described to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments, an object.
    pub schema: Value,
}

/// Tokens of one exchange, as the provider counted them; zero where it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens in the request, cached ones included.
    pub input: u64,
    /// Tokens of the reply, reasoning included.
    pub output: u64,
    /// Tokens of the request that were read from the provider's cache.
    #[serde(default)]
    pub cached: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cached = self.cached.saturating_add(other.cached);
    }
}
