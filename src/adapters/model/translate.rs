//! The conversation in genai's terms, and its replies in ours.
//!
//! Providers that sign their reasoning want it back unchanged with the tool results that follow.
//! Our conversation has no place for it, so [`Continuations`] keeps the signed form of recent
//! replies in memory. After a restart it is gone, and [`chat_request`] says so: reasoning is then
//! left off for that one request where the provider would refuse it otherwise.

use std::collections::{HashMap, VecDeque};

use ::genai::{
    adapter::AdapterKind,
    chat::{
        CacheControl, ChatMessage, ChatRequest, ContentPart, MessageContent, StopReason, StreamEnd, Tool,
        ToolCall as GenaiCall, ToolResponse, Usage as GenaiUsage,
    },
};
use serde_json::{Map, Value};

use crate::{
    domain::{
        digest::Digest,
        turn::message::{Message, Reply, Stop, ToolCall, Usage},
    },
    ports::model::Request,
};

/// How many signed replies are remembered: far more than one run of tool calls has.
const KEPT: usize = 64;

/// Recent replies as the provider gave them, where that holds more than our form does.
#[derive(Debug, Default)]
pub(super) struct Continuations {
    by_reply: HashMap<Digest, Vec<ContentPart>>,
    order: VecDeque<Digest>,
}

impl Continuations {
    /// Remembers a reply's parts if they carry anything signed.
    pub(super) fn keep(&mut self, reply: &Reply, content: Option<MessageContent>) {
        let parts = content.map(MessageContent::into_parts).unwrap_or_default();
        let signed = parts.iter().any(|part| match part {
            ContentPart::ThoughtSignature(_) | ContentPart::Custom(_) => true,
            ContentPart::ToolCall(call) => call.thought_signatures.is_some(),
            _ => false,
        });
        if !signed {
            return;
        }
        let key = key(reply);
        if self.by_reply.insert(key, parts).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_reply.remove(&oldest);
        }
    }

    fn get(&self, reply: &Reply) -> Option<&Vec<ContentPart>> {
        self.by_reply.get(&key(reply))
    }
}

fn key(reply: &Reply) -> Digest {
    let calls = reply.calls.iter().flat_map(|call| [call.id.clone(), call.name.clone(), call.arguments.to_string()]);
    let fields: Vec<String> = std::iter::once(reply.text.clone()).chain(calls).collect();
    Digest::of_fields(fields.iter().map(String::as_bytes))
}

/// A request in genai's terms.
pub(super) struct Translated {
    pub(super) chat: ChatRequest,
    /// False when the run of tool calls at the end lacks the signed reasoning that its provider
    /// wants back as long as reasoning is on.
    pub(super) may_reason: bool,
}

/// Translates a request.
pub(super) fn chat_request(
    request: &Request,
    kind: AdapterKind,
    eager_tools: bool,
    kept: &Continuations,
) -> Translated {
    let caches = kind == AdapterKind::Anthropic;
    let open_run = request.messages.iter().rposition(|message| matches!(message, Message::User { .. })).unwrap_or(0);
    let mut may_reason = true;
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut results: Vec<ToolResponse> = Vec::new();
    let mut messages: Vec<ChatMessage> = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        if let Message::Tool { call, content, is_error: _ } = message {
            let mut result = ToolResponse::new(call, content);
            result.fn_name = names.get(call.as_str()).map(|name| (*name).to_owned());
            results.push(result);
            continue;
        }
        // Results that belong to one reply go back in one message.
        flush(&mut results, &mut messages);
        match message {
            Message::User { text } => messages.push(ChatMessage::user(text.as_str())),
            Message::Tool { .. } => {}
            Message::Assistant(reply) => {
                names.extend(reply.calls.iter().map(|call| (call.id.as_str(), call.name.as_str())));
                let kept = kept.get(reply);
                let in_open_run = at > open_run;
                if in_open_run && !reply.calls.is_empty() && kept.is_none() && kind == AdapterKind::Anthropic {
                    may_reason = false;
                }
                let parts = kept.cloned().unwrap_or_else(|| reply_parts(reply, kind, in_open_run));
                if !parts.is_empty() {
                    messages.push(ChatMessage::assistant(MessageContent::from_parts(parts)));
                }
            }
        }
    }
    flush(&mut results, &mut messages);

    let mut chat = ChatRequest::default();
    if caches {
        // Two breakpoints: what never changes, and the conversation up to here.
        if let Some(last) = messages.last_mut() {
            last.options = Some(CacheControl::Ephemeral.into());
        }
        if !request.system.is_empty() {
            messages.insert(0, ChatMessage::system(request.system.as_str()).with_options(CacheControl::Ephemeral));
        }
    } else if !request.system.is_empty() {
        chat = chat.with_system(request.system.as_str());
    }
    chat.messages = messages;
    if !request.tools.is_empty() {
        chat = chat.with_tools(request.tools.iter().map(|spec| {
            let mut tool = Tool::new(spec.name.as_str()).with_description(spec.description.as_str());
            tool.schema = Some(spec.schema.clone());
            tool.eager_input_streaming = eager_tools.then_some(true);
            tool
        }));
    }
    Translated { chat, may_reason }
}

fn flush(results: &mut Vec<ToolResponse>, messages: &mut Vec<ChatMessage>) {
    if !results.is_empty() {
        messages.push(ChatMessage::from(std::mem::take(results)));
    }
}

fn reply_parts(reply: &Reply, kind: AdapterKind, in_open_run: bool) -> Vec<ContentPart> {
    let mut parts = Vec::new();
    // These want their unsigned reasoning back while a run of tool calls lasts; some of them refuse
    // it later, and others at any time.
    let wants_reasoning = in_open_run
        && !reply.calls.is_empty()
        && matches!(
            kind,
            AdapterKind::DeepSeek
                | AdapterKind::Kimi
                | AdapterKind::Moonshot
                | AdapterKind::Mimo
                | AdapterKind::Mistral
                | AdapterKind::Zai
        );
    if wants_reasoning && !reply.reasoning.is_empty() {
        parts.push(ContentPart::ReasoningContent(reply.reasoning.clone()));
    }
    // Blank text blocks are refused by some providers.
    if !reply.text.trim().is_empty() {
        parts.push(ContentPart::from_text(reply.text.as_str()));
    }
    parts.extend(reply.calls.iter().map(|call| {
        ContentPart::ToolCall(GenaiCall {
            call_id: call.id.clone(),
            fn_name: call.name.clone(),
            fn_arguments: object(&call.arguments),
            thought_signatures: None,
        })
    }));
    parts
}

/// Providers take back only objects; what was none is told as text inside one.
fn object(arguments: &Value) -> Value {
    match arguments {
        Value::Object(_) => arguments.clone(),
        Value::Null => Value::Object(Map::new()),
        Value::String(text) => serde_json::json!({ "unreadable_arguments": text }),
        other => serde_json::json!({ "unreadable_arguments": other.to_string() }),
    }
}

/// What has been delivered of a reply so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Partial {
    pub(super) text: String,
    pub(super) reasoning: String,
    /// Id, name and raw arguments, in order of first sight.
    pub(super) calls: Vec<(String, String, String)>,
}

impl Partial {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.calls.is_empty()
    }

    /// Takes the newest state of a call.
    pub(super) fn call(&mut self, id: &str, name: &str, arguments: &str) {
        let arguments = arguments.to_owned();
        match self.calls.iter_mut().find(|(known, ..)| known == id) {
            Some(call) => call.2 = arguments,
            None => self.calls.push((id.to_owned(), name.to_owned(), arguments)),
        }
    }

    /// The whole reply, when the stream said that it is whole.
    pub(super) fn finish(self, end: &StreamEnd) -> Reply {
        let stop = match &end.captured_stop_reason {
            Some(StopReason::MaxTokens(_)) => Stop::Length,
            Some(StopReason::ContentFilter(_)) => Stop::Refused,
            Some(
                StopReason::Completed(_) | StopReason::ToolCall(_) | StopReason::StopSequence(_) | StopReason::Other(_),
            )
            | None => Stop::End,
        };
        let captured = end.captured_content.as_ref().map(MessageContent::tool_calls).unwrap_or_default();
        let calls = if captured.is_empty() {
            self.calls
                .into_iter()
                .map(|(id, name, raw)| ToolCall { id, name, arguments: arguments(Value::String(raw), stop) })
                .collect()
        } else {
            captured
                .into_iter()
                .map(|call| ToolCall {
                    id: call.call_id.clone(),
                    name: call.fn_name.clone(),
                    arguments: arguments(call.fn_arguments.clone(), stop),
                })
                .collect()
        };
        Reply { text: self.text, reasoning: self.reasoning, calls, stop }
    }
}

/// Arguments as a value. A call of a tool without parameters may come with no text at all.
fn arguments(value: Value, stop: Stop) -> Value {
    match value {
        Value::String(raw) if raw.trim().is_empty() && stop == Stop::End => Value::Object(Map::new()),
        Value::String(raw) => match serde_json::from_str(&raw) {
            Ok(Value::String(_)) | Err(_) => Value::String(raw),
            Ok(parsed) => parsed,
        },
        Value::Null => Value::Object(Map::new()),
        other => other,
    }
}

/// Tokens, as far as the provider counted them.
pub(super) fn usage(usage: Option<&GenaiUsage>) -> Usage {
    let count = |tokens: Option<i32>| tokens.and_then(|tokens| u64::try_from(tokens).ok()).unwrap_or(0);
    let Some(usage) = usage else { return Usage::default() };
    Usage {
        input: count(usage.prompt_tokens),
        output: count(usage.completion_tokens),
        cached: count(usage.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens)),
    }
}
