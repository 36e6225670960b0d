//! How a scripted reply looks in each protocol.

use serde_json::{Value, json};

use super::{Ending, Part, ScriptedReply, Wire};

impl Wire {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Anthropic | Self::OpenAi | Self::Gemini => "text/event-stream",
            Self::Ollama => "application/x-ndjson",
            Self::Bedrock => "application/vnd.amazon.eventstream",
        }
    }

    /// An event that is not JSON.
    pub(super) fn malformed(self) -> Vec<u8> {
        match self {
            Self::Anthropic => b"event: content_block_delta\ndata: {\"type\": oops}\n\n".to_vec(),
            Self::OpenAi | Self::Gemini => b"data: {\"choices\": oops}\n\n".to_vec(),
            Self::Ollama => b"{\"message\": oops}\n".to_vec(),
            Self::Bedrock => raw_frame("event", "contentBlockDelta", b"{\"delta\": oops}"),
        }
    }

    /// An error in the middle of a stream.
    pub(super) fn error(self, class: &str) -> Vec<u8> {
        let error = json!({"type": class, "message": "the scripted failure"});
        match self {
            Self::Anthropic => anthropic_event(&json!({"type": "error", "error": error})).into_bytes(),
            Self::OpenAi | Self::Gemini => data_event(&json!({ "error": error })).into_bytes(),
            Self::Ollama => format!("{}\n", json!({"error": error["message"]})).into_bytes(),
            // Its class is in the frame's head alone.
            Self::Bedrock => {
                let words =
                    if class.contains("throttl") { "Too many tokens, please wait." } else { "the scripted failure" };
                raw_frame("exception", class, json!({ "message": words }).to_string().as_bytes())
            }
        }
    }
}

impl ScriptedReply {
    /// The events of the whole stream in this protocol, as they go over the wire.
    pub fn events(&self, wire: Wire) -> Vec<Vec<u8>> {
        let text = |events: Vec<String>| events.into_iter().map(String::into_bytes).collect();
        match wire {
            Wire::Anthropic => text(self.anthropic()),
            Wire::OpenAi => text(self.openai()),
            Wire::Gemini => text(self.gemini()),
            Wire::Ollama => text(self.ollama()),
            Wire::Bedrock => self.bedrock(),
        }
    }

    fn cut(&self, text: &str) -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        characters.chunks(self.chunk).map(|chunk| chunk.iter().collect()).collect()
    }

    fn anthropic(&self) -> Vec<String> {
        let (input, cached, output) = self.usage;
        let mut events = vec![json!({"type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "scripted",
            "stop_reason": null, "usage": {
                "input_tokens": input - cached, "cache_read_input_tokens": cached,
                "cache_creation_input_tokens": 0, "output_tokens": 1,
            },
        }})];
        events.push(json!({"type": "ping"}));
        for (index, part) in self.parts.iter().enumerate() {
            let (start, deltas): (Value, Vec<Value>) = match part {
                Part::Text(text) => (
                    json!({"type": "text", "text": ""}),
                    self.cut(text).iter().map(|text| json!({"type": "text_delta", "text": text})).collect(),
                ),
                Part::Reasoning(text, signature) => (
                    json!({"type": "thinking", "thinking": "", "signature": ""}),
                    self.cut(text)
                        .iter()
                        .map(|text| json!({"type": "thinking_delta", "thinking": text}))
                        .chain([json!({"type": "signature_delta", "signature": signature})])
                        .collect(),
                ),
                Part::Call(id, name, arguments) => (
                    json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
                    self.cut(arguments)
                        .iter()
                        .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
                        .collect(),
                ),
            };
            events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
            for delta in deltas {
                events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            }
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        let called = self.called();
        let stop = match self.ending {
            Ending::Natural if called => "tool_use",
            Ending::Natural => "end_turn",
            Ending::Length => "max_tokens",
            Ending::Refused => "refusal",
        };
        events.push(json!({
            "type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null},
            "usage": {"output_tokens": output},
        }));
        events.push(json!({"type": "message_stop"}));
        events.iter().map(anthropic_event).collect()
    }

    fn openai(&self) -> Vec<String> {
        let chunk = |delta: Value, finish: Option<&str>| {
            data_event(&json!({
                "id": "chatcmpl-1", "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }))
        };
        let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), None)];
        let mut calls = 0;
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    events.extend(self.cut(text).iter().map(|text| chunk(json!({"content": text}), None)));
                }
                Part::Reasoning(text, _) => {
                    events.extend(self.cut(text).iter().map(|text| chunk(json!({"reasoning_content": text}), None)));
                }
                Part::Call(id, name, arguments) => {
                    let head = json!({
                        "index": calls, "id": id, "type": "function", "function": {"name": name, "arguments": ""},
                    });
                    events.push(chunk(json!({ "tool_calls": [head] }), None));
                    for piece in self.cut(arguments) {
                        let more = json!({"index": calls, "function": {"arguments": piece}});
                        events.push(chunk(json!({ "tool_calls": [more] }), None));
                    }
                    calls += 1;
                }
            }
        }
        let stop = match self.ending {
            Ending::Natural if calls > 0 => "tool_calls",
            Ending::Natural => "stop",
            Ending::Length => "length",
            Ending::Refused => "content_filter",
        };
        events.push(chunk(json!({}), Some(stop)));
        let (input, cached, output) = self.usage;
        events.push(data_event(&json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [],
            "usage": {
                "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
                "prompt_tokens_details": {"cached_tokens": cached},
            },
        })));
        events.push("data: [DONE]\n\n".into());
        events
    }

    fn called(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Call(..)))
    }

    fn gemini(&self) -> Vec<String> {
        let (input, cached, output) = self.usage;
        let usage = json!({
            "promptTokenCount": input, "cachedContentTokenCount": cached, "candidatesTokenCount": output,
            "totalTokenCount": input + output,
        });
        let chunk = |part: Value| {
            let candidate = json!({"index": 0, "content": {"role": "model", "parts": [part]}});
            data_event(&json!({"candidates": [candidate], "usageMetadata": usage}))
        };
        let mut events: Vec<String> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => events.extend(self.cut(text).iter().map(|text| chunk(json!({ "text": text })))),
                Part::Reasoning(text, _) => {
                    events.extend(self.cut(text).iter().map(|text| chunk(json!({"text": text, "thought": true}))));
                }
                Part::Call(id, name, arguments) => {
                    let arguments: Value = serde_json::from_str(arguments).expect("this protocol has no other");
                    events.push(chunk(json!({"functionCall": {"id": id, "name": name, "args": arguments}})));
                }
            }
        }
        let reason = match self.ending {
            Ending::Natural => "STOP",
            Ending::Length => "MAX_TOKENS",
            Ending::Refused => "SAFETY",
        };
        events.push(data_event(&json!({
            "candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": reason}],
            "usageMetadata": usage,
        })));
        events
    }

    fn ollama(&self) -> Vec<String> {
        let line = |message: Value| format!("{}\n", json!({"model": "scripted", "message": message, "done": false}));
        let mut events: Vec<String> = Vec::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    events.extend(self.cut(text).iter().map(|text| line(json!({"role": "assistant", "content": text}))))
                }
                Part::Reasoning(text, _) => events.extend(
                    self.cut(text)
                        .iter()
                        .map(|text| line(json!({"role": "assistant", "content": "", "thinking": text}))),
                ),
                Part::Call(id, name, arguments) => {
                    let arguments: Value = serde_json::from_str(arguments).expect("this protocol has no other");
                    let call = json!({"id": id, "function": {"name": name, "arguments": arguments}});
                    events.push(line(json!({"role": "assistant", "content": "", "tool_calls": [call]})));
                }
            }
        }
        let (input, _, output) = self.usage;
        let reason = if self.ending == Ending::Length { "length" } else { "stop" };
        let end = json!({
            "model": "scripted", "message": {"role": "assistant", "content": ""}, "done": true,
            "done_reason": reason, "prompt_eval_count": input, "eval_count": output,
        });
        events.push(format!("{end}\n"));
        events
    }

    fn bedrock(&self) -> Vec<Vec<u8>> {
        let mut events = vec![frame("messageStart", &json!({"role": "assistant"}))];
        for (index, part) in self.parts.iter().enumerate() {
            let mut delta = |delta: Value| {
                events.push(frame("contentBlockDelta", &json!({"contentBlockIndex": index, "delta": delta})))
            };
            match part {
                Part::Text(text) => self.cut(text).iter().for_each(|text| delta(json!({ "text": text }))),
                Part::Reasoning(text, signature) => {
                    self.cut(text).iter().for_each(|text| delta(json!({"reasoningContent": {"text": text}})));
                    delta(json!({"reasoningContent": {"signature": signature}}));
                }
                Part::Call(id, name, arguments) => {
                    let start = json!({"toolUse": {"toolUseId": id, "name": name}});
                    events.push(frame("contentBlockStart", &json!({"contentBlockIndex": index, "start": start})));
                    for piece in self.cut(arguments) {
                        let delta = json!({"toolUse": {"input": piece}});
                        events.push(frame("contentBlockDelta", &json!({"contentBlockIndex": index, "delta": delta})));
                    }
                }
            }
            events.push(frame("contentBlockStop", &json!({"contentBlockIndex": index})));
        }
        let reason = match self.ending {
            Ending::Natural if self.called() => "tool_use",
            Ending::Natural => "end_turn",
            Ending::Length => "max_tokens",
            Ending::Refused => "content_filtered",
        };
        events.push(frame("messageStop", &json!({ "stopReason": reason })));
        let (input, cached, output) = self.usage;
        let usage = json!({
            "inputTokens": input - cached, "cacheReadInputTokens": cached, "outputTokens": output,
            "totalTokens": input + output,
        });
        events.push(frame("metadata", &json!({"usage": usage, "metrics": {"latencyMs": 1}})));
        events
    }
}

fn anthropic_event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or("message"))
}

fn data_event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// A frame of an event stream: lengths, their checksum, headers, payload, checksum.
fn frame(kind: &str, payload: &Value) -> Vec<u8> {
    raw_frame("event", kind, payload.to_string().as_bytes())
}

fn raw_frame(message: &str, kind: &str, payload: &[u8]) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in [(":message-type", message), (":event-type", kind), (":content-type", "application/json")] {
        headers.push(name.len() as u8);
        headers.extend(name.bytes());
        headers.push(7);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend(value.bytes());
    }
    let mut out = Vec::new();
    out.extend((16 + headers.len() as u32 + payload.len() as u32).to_be_bytes());
    out.extend((headers.len() as u32).to_be_bytes());
    out.extend(crc32(&out).to_be_bytes());
    out.extend(headers);
    out.extend(payload);
    out.extend(crc32(&out).to_be_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !bytes.iter().fold(!0, step)
}
