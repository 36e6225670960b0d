//! Models against a real server on loopback, in both protocols: what is sent, what arrives, and
//! every way in which it can fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::StreamExt;
use kiro_tui::{
    adapters::model::{Cassette, GenaiModel, ModelConfig, Pace, Recorder, ReplayModel},
    domain::turn::{
        Reasoning,
        message::{Message, Reply, Stop, ToolCall, ToolSpec, Usage},
    },
    ports::model::{Model, ModelError, ModelErrorKind, ModelEvent, Request, Scene},
};
use serde_json::{Value, json};
use support::provider::{Ending, Fault, Provider, ScriptedReply, Wire, system_text, tool_names};

const BOTH: [Wire; 2] = [Wire::Anthropic, Wire::OpenAi];

/// A variable that is set wherever tests run; its value is as good a key as any.
const KEY_ENV: &str = "PATH";

fn key() -> String {
    std::env::var(KEY_ENV).unwrap()
}

fn config(wire: Wire, provider: &Provider) -> ModelConfig {
    let name = match wire {
        Wire::Anthropic => "anthropic",
        Wire::OpenAi => "openai-compatible",
        Wire::Gemini => "gemini",
        Wire::Ollama => "ollama",
        Wire::Bedrock => "bedrock",
    };
    let mut config = ModelConfig::new(name, "test-model");
    config.endpoint = Some(if wire == Wire::Ollama { provider.root() } else { provider.url() });
    config.key_env = Some(KEY_ENV.into());
    config.first_wait = Duration::from_millis(1);
    config.attempts = 3;
    config
}

fn model(wire: Wire, provider: &Provider) -> GenaiModel {
    GenaiModel::new(config(wire, provider)).unwrap()
}

fn request() -> Request {
    Request {
        scene: Scene { name: "requirements 1".into(), step: 0 },
        system: "You write specs.".into(),
        messages: vec![Message::User { text: "Begin.".into() }],
        tools: vec![ToolSpec {
            name: "write_file".into(),
            description: "Proposes a file.".into(),
            schema: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
        }],
    }
}

type Event = Result<ModelEvent, ModelError>;

async fn collect(model: &impl Model, request: Request) -> Vec<Event> {
    model.stream(request).collect().await
}

/// What the events before the end amount to: text, reasoning, and the newest arguments by call.
fn delivered(events: &[Event]) -> (String, String, Vec<(String, String, String)>) {
    let (mut text, mut reasoning, mut calls) = (String::new(), String::new(), Vec::<(String, String, String)>::new());
    for event in events.iter().flatten() {
        match event {
            ModelEvent::Text(more) => text.push_str(more),
            ModelEvent::Reasoning(more) => reasoning.push_str(more),
            ModelEvent::Call { id, name, arguments } => match calls.iter_mut().find(|call| call.0 == *id) {
                Some(call) => {
                    assert!(arguments.starts_with(&call.2), "arguments only grow");
                    call.2.clone_from(arguments);
                }
                None => calls.push((id.clone(), name.clone(), arguments.clone())),
            },
            ModelEvent::Retrying { .. } | ModelEvent::End { .. } => {}
        }
    }
    (text, reasoning, calls)
}

fn error(events: &[Event]) -> &ModelError {
    assert_eq!(events.iter().filter(|event| event.is_err()).count(), 1, "{events:?}");
    events.last().unwrap().as_ref().expect_err("the last event is the error")
}

fn retries(events: &[Event]) -> Vec<(u32, Duration)> {
    let retry = |event: &Event| match event {
        Ok(ModelEvent::Retrying { attempt, after, .. }) => Some((*attempt, *after)),
        _ => None,
    };
    events.iter().filter_map(retry).collect()
}

fn full() -> ScriptedReply {
    ScriptedReply::new()
        .reasoning("First I think — about é.", "sig-1")
        .text("Here is the draft: 日本語, \"quoted\".\n")
        .call("call_a", "write_file", &json!({"path": "a.rs", "content": "fn main() {\n    \"é\"\n}\n"}))
        .call("call_b", "write_file", &json!({"path": "b"}))
        .usage(120, 100, 33)
}

fn full_reply() -> Reply {
    Reply {
        text: "Here is the draft: 日本語, \"quoted\".\n".into(),
        reasoning: "First I think — about é.".into(),
        calls: vec![
            ToolCall {
                id: "call_a".into(),
                name: "write_file".into(),
                arguments: json!({"path": "a.rs", "content": "fn main() {\n    \"é\"\n}\n"}),
            },
            ToolCall { id: "call_b".into(), name: "write_file".into(), arguments: json!({"path": "b"}) },
        ],
        stop: Stop::End,
    }
}

#[tokio::test]
async fn a_reply_arrives_in_pieces_and_whole() {
    for wire in BOTH {
        let provider = Provider::scripted([full().chunk(3)]);
        let events = collect(&model(wire, &provider), request()).await;
        let usage = Usage { input: 120, output: 33, cached: 100 };
        assert_eq!(events.last(), Some(&Ok(ModelEvent::End { reply: full_reply(), usage })), "{wire:?}");
        let (text, reasoning, calls) = delivered(&events);
        assert_eq!((text, reasoning), (full_reply().text, full_reply().reasoning));
        let raw: Vec<Value> = calls.iter().map(|call| serde_json::from_str(&call.2).unwrap()).collect();
        assert_eq!(raw, [full_reply().calls[0].arguments.clone(), full_reply().calls[1].arguments.clone()]);
        assert!(events.len() > 30, "it streamed: {} events", events.len());
    }
}

#[tokio::test]
async fn endings_and_odd_arguments_are_told_apart() {
    for wire in BOTH {
        let cut = "{\"path\": \"a\", \"conte";
        let provider = Provider::scripted([
            ScriptedReply::new().text("cut of").ending(Ending::Length),
            ScriptedReply::new().text("no").ending(Ending::Refused),
            ScriptedReply::new().raw_call("c", "write_file", cut).ending(Ending::Length),
            ScriptedReply::new().raw_call("c", "write_file", "{oops}"),
            ScriptedReply::new().raw_call("c", "list_files", ""),
        ]);
        let model = model(wire, &provider);
        let mut replies = Vec::new();
        for _ in 0..5 {
            match collect(&model, request()).await.pop() {
                Some(Ok(ModelEvent::End { reply, .. })) => replies.push(reply),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(
            replies.iter().map(|reply| reply.stop).collect::<Vec<_>>(),
            [Stop::Length, Stop::Refused, Stop::Length, Stop::End, Stop::End]
        );
        let arguments: Vec<&Value> = replies[2..].iter().map(|reply| &reply.calls[0].arguments).collect();
        assert_eq!(arguments, [&json!(cut), &json!("{oops}"), &json!({})], "{wire:?}");
    }
}

/// A conversation with everything in it that a provider has to be told.
fn conversation() -> Request {
    let mut request = request();
    request.messages.extend([
        Message::Assistant(full_reply()),
        Message::Tool { call: "call_a".into(), content: "accepted".into(), is_error: false },
        Message::Tool { call: "call_b".into(), content: "refused: no".into(), is_error: true },
        Message::Assistant(Reply {
            calls: vec![ToolCall { id: "call_c".into(), name: "write_file".into(), arguments: json!("{oops}") }],
            ..Reply::default()
        }),
        Message::Tool { call: "call_c".into(), content: "not JSON".into(), is_error: true },
        Message::Assistant(Reply { text: "Done.".into(), ..Reply::default() }),
        Message::User { text: "Shorter, please.".into() },
    ]);
    request
}

#[tokio::test]
async fn anthropic_is_sent_the_conversation_in_its_form() {
    let provider = Provider::scripted([ScriptedReply::new().text("ok")]);
    let mut config = config(Wire::Anthropic, &provider);
    config.max_output_tokens = Some(777);
    config.headers = vec![("x-team".into(), "specs".into())];
    collect(&GenaiModel::new(config).unwrap(), conversation()).await;

    let sent = &provider.requests()[0];
    assert_eq!(sent.path, "/v1/messages");
    assert_eq!(sent.header("x-api-key"), Some(key().as_str()));
    assert_eq!(sent.header("x-team"), Some("specs"));
    assert!(sent.header("anthropic-version").is_some());
    let body = &sent.body;
    assert_eq!(
        (&body["model"], &body["max_tokens"], &body["stream"]),
        (&json!("test-model"), &json!(777), &json!(true))
    );
    let cached = json!({"type": "ephemeral"});
    assert_eq!(body["system"][0]["text"], "You write specs.");
    assert_eq!(body["system"][0]["cache_control"], cached);
    assert_eq!(body["tools"][0]["name"], "write_file");
    assert_eq!(body["tools"][0]["description"], "Proposes a file.");
    assert_eq!(body["tools"][0]["input_schema"], request().tools[0].schema);
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "user", "assistant", "user"]);
    assert_eq!(messages[1]["content"][0], json!({"type": "text", "text": full_reply().text}));
    assert_eq!(messages[1]["content"][1]["type"], "tool_use");
    assert_eq!(messages[1]["content"][1]["input"], full_reply().calls[0].arguments);
    let results = json!([
        {"type": "tool_result", "tool_use_id": "call_a", "content": "accepted"},
        {"type": "tool_result", "tool_use_id": "call_b", "content": "refused: no"},
    ]);
    assert_eq!(messages[2]["content"], results, "results of one reply go back together");
    assert_eq!(messages[3]["content"][0]["input"], json!({"unreadable_arguments": "{oops}"}));
    assert_eq!(messages[6]["content"][0]["cache_control"], cached);
    assert!(!body.to_string().contains("requirements 1"), "the scene is ours alone");
}

#[tokio::test]
async fn openai_is_sent_the_conversation_in_its_form() {
    let provider = Provider::scripted([ScriptedReply::new().text("ok")]);
    let mut config = config(Wire::OpenAi, &provider);
    config.headers = vec![("x-team".into(), "specs".into())];
    collect(&GenaiModel::new(config).unwrap(), conversation()).await;

    let sent = &provider.requests()[0];
    assert_eq!(sent.path, "/v1/chat/completions");
    assert_eq!(sent.header("authorization"), Some(format!("Bearer {}", key()).as_str()));
    assert_eq!(sent.header("x-team"), Some("specs"));
    let body = &sent.body;
    assert_eq!((&body["model"], &body["stream"]), (&json!("test-model"), &json!(true)));
    assert_eq!(body["stream_options"]["include_usage"], true);
    assert_eq!(body["tools"][0]["function"]["name"], "write_file");
    assert_eq!(body["tools"][0]["function"]["parameters"], request().tools[0].schema);
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool", "assistant", "tool", "assistant", "user"]);
    assert_eq!(messages[0]["content"], "You write specs.");
    let call = &messages[2]["tool_calls"][0];
    assert_eq!((&call["id"], &call["function"]["name"]), (&json!("call_a"), &json!("write_file")));
    let arguments: Value = serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert_eq!(arguments, full_reply().calls[0].arguments);
    assert_eq!(messages[3]["tool_call_id"], "call_a");
    assert_eq!(messages[4]["content"], "refused: no");
}

#[tokio::test]
async fn signed_reasoning_goes_back_while_it_is_known_and_reasoning_rests_when_it_is_not() {
    let provider = Provider::scripted([full(), ScriptedReply::new().text("ok"), ScriptedReply::new().text("ok")]);
    let mut config = config(Wire::Anthropic, &provider);
    config.model = "claude-sonnet-4-5".into();
    config.reasoning = Some(Reasoning::Low);
    let model = GenaiModel::new(config.clone()).unwrap();
    let Some(Ok(ModelEvent::End { reply, .. })) = collect(&model, request()).await.pop() else { panic!("no reply") };
    let mut next = request();
    next.messages.extend([
        Message::Assistant(reply),
        Message::Tool { call: "call_a".into(), content: "accepted".into(), is_error: false },
        Message::Tool { call: "call_b".into(), content: "accepted".into(), is_error: false },
    ]);
    collect(&model, next.clone()).await;
    // As after a restart.
    collect(&GenaiModel::new(config).unwrap(), next).await;

    let sent = provider.requests();
    assert!(sent[0].body["thinking"].is_object());
    let thought = json!({"type": "thinking", "thinking": full_reply().reasoning, "signature": "sig-1"});
    assert_eq!(sent[1].body["messages"][1]["content"][0], thought);
    assert!(sent[1].body["thinking"].is_object());
    assert_eq!(sent[2].body["messages"][1]["content"][0]["type"], "text");
    assert!(sent[2].body["thinking"].is_null(), "{}", sent[2].body);
}

#[tokio::test]
async fn an_anthropic_body_cut_at_any_byte_is_never_taken_for_a_whole_reply() {
    cut_at_every_byte(Wire::Anthropic).await;
}

#[tokio::test]
async fn an_openai_body_cut_at_any_byte_is_never_taken_for_a_whole_reply() {
    cut_at_every_byte(Wire::OpenAi).await;
}

#[tokio::test]
async fn a_gemini_body_cut_at_any_byte_is_never_taken_for_a_whole_reply() {
    cut_at_every_byte(Wire::Gemini).await;
}

#[tokio::test]
async fn an_ollama_body_cut_at_any_byte_is_never_taken_for_a_whole_reply() {
    cut_at_every_byte(Wire::Ollama).await;
}

/// These two hand a call in whole.
#[tokio::test]
async fn a_reply_of_gemini_or_ollama_arrives_in_pieces_and_whole() {
    for wire in [Wire::Gemini, Wire::Ollama] {
        let provider = Provider::scripted([full().chunk(3)]);
        let events = collect(&model(wire, &provider), request()).await;
        // Ollama has no cache to count.
        let cached = if wire == Wire::Gemini { 100 } else { 0 };
        let usage = Usage { input: 120, output: 33, cached };
        assert_eq!(events.last(), Some(&Ok(ModelEvent::End { reply: full_reply(), usage })), "{wire:?}");
        let (text, reasoning, calls) = delivered(&events);
        assert_eq!((text, reasoning), (full_reply().text, full_reply().reasoning), "{wire:?}");
        let whole = full_reply().calls.into_iter().map(|c| (c.id, c.name, c.arguments.to_string()));
        assert_eq!(calls, whole.collect::<Vec<_>>(), "{wire:?}");
        let sent = &provider.requests()[0];
        assert_eq!(tool_names(&sent.body), ["write_file"], "{wire:?}: {}", sent.body);
        assert_eq!(system_text(&sent.body), "You write specs.", "{wire:?}: {}", sent.body);
        if wire == Wire::Gemini {
            assert_eq!(sent.header("x-goog-api-key"), Some(key().as_str()));
        }
    }
}

async fn cut_at_every_byte(wire: Wire) {
    let reply = ScriptedReply::new()
        .reasoning("Hm é", "s")
        .text("日本 \"x\"")
        .call("c1", "write_file", &json!({"path": "é"}))
        .chunk(8);
    let length: usize = reply.events(wire).iter().map(Vec::len).sum();
    let faults: Vec<Fault> = (0..length).flat_map(|at| [Fault::DropAt(at), Fault::EndAt(at)]).collect();
    let script = faults.iter().map(|fault| reply.clone().fault(*fault));
    let provider = Provider::scripted(std::iter::once(reply.clone()).chain(script));
    let mut config = config(wire, &provider);
    config.attempts = 1;
    let model = GenaiModel::new(config).unwrap();
    let Some(Ok(ModelEvent::End { reply: whole, .. })) = collect(&model, request()).await.pop() else {
        panic!("the whole body is a whole reply");
    };
    let whole_arguments = whole.calls[0].arguments.to_string();
    for fault in faults {
        let (Fault::DropAt(at) | Fault::EndAt(at)) = fault else { continue };
        let events = collect(&model, request()).await;
        let (text, reasoning, calls) = delivered(&events);
        assert!(whole.text.starts_with(&text) && whole.reasoning.starts_with(&reasoning), "{wire:?} {fault:?}");
        for (id, name, arguments) in calls {
            assert_eq!((id.as_str(), name.as_str()), ("c1", "write_file"));
            assert!(whole_arguments.starts_with(&arguments), "{wire:?} {fault:?}: {arguments}");
        }
        match events.last().unwrap() {
            Ok(ModelEvent::End { reply, .. }) => {
                assert_eq!(reply, &whole, "{wire:?} {fault:?}");
                assert!(at + 30 > length, "{wire:?} {fault:?}: only the closing event may be cut");
            }
            Ok(other) => panic!("{wire:?} {fault:?}: {other:?} is no end"),
            Err(error) => assert!(
                matches!(error.kind, ModelErrorKind::CutOff | ModelErrorKind::Malformed),
                "{wire:?} {fault:?}: {error:?}"
            ),
        }
    }
}

#[tokio::test]
async fn failures_before_the_reply_are_tried_again() {
    let refuse = |status| ScriptedReply::status(status, json!({"error": {"type": "x", "message": "busy"}}));
    for wire in BOTH {
        for fault in [
            refuse(429).header("retry-after", "0"),
            refuse(429).header("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
            refuse(500),
            refuse(503),
            refuse(529),
            ScriptedReply::new().fault(Fault::NoAnswer),
            ScriptedReply::new().text("x").fault(Fault::DropAt(20)),
            ScriptedReply::new().text("x").fault(Fault::EndAt(0)),
            ScriptedReply::new().text("x").fault(Fault::ErrorAfter(1, "overloaded_error")),
        ] {
            let provider = Provider::scripted([fault.clone(), fault.clone(), full()]);
            let events = collect(&model(wire, &provider), request()).await;
            let tries: Vec<u32> = retries(&events).iter().map(|(attempt, _)| *attempt).collect();
            assert_eq!(tries, [2, 3], "{wire:?} {fault:?}: {:?}", events.last());
            assert!(matches!(events.last(), Some(Ok(ModelEvent::End { reply, .. })) if *reply == full_reply()));
            let sent = provider.requests();
            assert_eq!(sent.len(), 3);
            assert_eq!(sent[0].body, sent[2].body, "the same request is sent again");
        }
    }
}

#[tokio::test]
async fn tries_are_counted_and_the_last_failure_is_told() {
    for (status, kind) in [(429, ModelErrorKind::RateLimited), (500, ModelErrorKind::Provider)] {
        let brain = move |_: &Value| ScriptedReply::status(status, json!({"error": {"message": "busy\u{1b}[2J"}}));
        let provider = Provider::with_brain(brain);
        let events = collect(&model(Wire::Anthropic, &provider), request()).await;
        assert_eq!(provider.requests().len(), 3);
        assert_eq!(error(&events).kind, kind);
        let message = &error(&events).message;
        assert!(message.contains("busy [2J") && message.contains("after 3 tries"), "{message}");
    }
}

#[tokio::test]
async fn a_wait_that_the_provider_asks_for_is_kept() {
    let busy = ScriptedReply::status(429, json!({})).header("retry-after-ms", "20");
    let provider = Provider::scripted([busy, full()]);
    let events = collect(&model(Wire::OpenAi, &provider), request()).await;
    assert_eq!(retries(&events), [(2, Duration::from_millis(20))]);
}

#[tokio::test]
async fn refusals_are_not_tried_again_and_say_what_to_do() {
    for wire in BOTH {
        for (status, kind, remedy) in [
            (401, ModelErrorKind::Credentials, KEY_ENV),
            (403, ModelErrorKind::Credentials, KEY_ENV),
            (404, ModelErrorKind::NotFound, "`model`"),
            (400, ModelErrorKind::BadRequest, "`model`"),
            (413, ModelErrorKind::BadRequest, "conversation"),
        ] {
            let words = format!("no, not with {}", key());
            let provider = Provider::scripted([ScriptedReply::status(status, json!({"error": {"message": words}}))]);
            let events = collect(&model(wire, &provider), request()).await;
            let error = error(&events);
            assert_eq!((error.kind, provider.requests().len()), (kind, 1), "{error:?}");
            assert!(error.message.contains(&status.to_string()) && error.message.contains("no, not with [hidden]"));
            assert!(error.remedy.contains(remedy), "{error:?}");
        }
    }
}

#[tokio::test]
async fn failures_in_the_middle_are_told_and_never_tried_again() {
    let text = "A text that is long enough to be in several events of the stream.";
    for wire in BOTH {
        for (fault, kind) in [
            (Fault::DropAt(900), ModelErrorKind::CutOff),
            (Fault::EndAt(900), ModelErrorKind::CutOff),
            (Fault::MalformedAfter(5), ModelErrorKind::Malformed),
            (Fault::ErrorAfter(5, "overloaded_error"), ModelErrorKind::Provider),
            (Fault::ErrorAfter(5, "rate_limit_error"), ModelErrorKind::RateLimited),
        ] {
            let provider = Provider::scripted([ScriptedReply::new().text(text).fault(fault), full()]);
            let events = collect(&model(wire, &provider), request()).await;
            assert_eq!(error(&events).kind, kind, "{wire:?} {fault:?}: {events:?}");
            let (so_far, ..) = delivered(&events);
            assert!(!so_far.is_empty() && text.starts_with(&so_far), "{wire:?} {fault:?}: {so_far:?}");
            assert_eq!(provider.requests().len(), 1, "{wire:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn silence_is_noticed() {
    for wire in BOTH {
        for (at, some) in [(0, false), (900, true)] {
            let text = "A text that is long enough to be in several events of the stream.";
            let provider = Provider::scripted([ScriptedReply::new().text(text).fault(Fault::StallAt(at))]);
            let mut config = config(wire, &provider);
            config.idle_timeout = Duration::from_millis(200);
            let events = collect(&GenaiModel::new(config).unwrap(), request()).await;
            assert_eq!(error(&events).kind, ModelErrorKind::Stalled, "{wire:?}: {events:?}");
            assert!(error(&events).remedy.contains("idle_timeout_s"));
            assert_eq!(!delivered(&events).0.is_empty(), some);
            assert_eq!(provider.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn dropping_the_stream_ends_the_connection() {
    let provider = Provider::scripted([ScriptedReply::new().text("some words").fault(Fault::StallAt(900))]);
    let mut stream = model(Wire::OpenAi, &provider).stream(request());
    assert!(matches!(stream.next().await, Some(Ok(ModelEvent::Text(_)))));
    drop(stream);
    let noticed = tokio::task::spawn_blocking(move || provider.wait_hung_up(1)).await.unwrap();
    assert!(noticed, "the provider sees that nobody listens any more");
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let provider = Provider::scripted([full()]);
    let mut config = config(Wire::Anthropic, &provider);
    config.key_env = Some("KIRO_TUI_TEST_NO_SUCH_KEY".into());
    let events = collect(&GenaiModel::new(config).unwrap(), request()).await;
    assert_eq!(error(&events).kind, ModelErrorKind::Credentials);
    assert!(error(&events).remedy.contains("KIRO_TUI_TEST_NO_SUCH_KEY"));
    assert!(provider.requests().is_empty());
}

#[tokio::test]
async fn nobody_there_is_a_network_error() {
    let url = Provider::scripted([]).url();
    // The port may be taken by another test in between; one that nobody can bind is not.
    let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    let mut config = ModelConfig::new("openai-compatible", "m");
    config.endpoint = Some(url.replace(&port, "1"));
    config.first_wait = Duration::from_millis(1);
    config.attempts = 2;
    let events = collect(&GenaiModel::new(config).unwrap(), request()).await;
    assert_eq!((error(&events).kind, retries(&events).len()), (ModelErrorKind::Network, 1));
    assert!(error(&events).message.contains("127.0.0.1:1"), "{}", error(&events).message);
}

#[tokio::test]
async fn what_is_recorded_plays_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassette.jsonl");
    for wire in BOTH {
        let _ = std::fs::remove_file(&path);
        let broken = full().fault(Fault::DropAt(1_400));
        let provider = Provider::scripted([broken, full()]);
        let recorder = Recorder::new(model(wire, &provider), &path).unwrap();
        let failed = collect(&recorder, request()).await;
        let failed_text = std::fs::read_to_string(&path).unwrap();
        let replay = ReplayModel::new(Cassette::parse(&failed_text).unwrap(), Pace::Instant);
        let replayed = collect(&replay, request()).await;
        assert_eq!(delivered(&replayed), delivered(&failed), "{wire:?}");
        assert_eq!(error(&replayed), error(&failed));

        // Another run, at the end of the same file.
        let recorder = Recorder::new(model(wire, &provider), &path).unwrap();
        let live = collect(&recorder, request()).await;
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(&failed_text) && text.lines().count() == 2);
        assert!(!text.contains(&key()) && !text.contains("You write specs."), "neither keys nor questions");
        let replay = ReplayModel::new(Cassette::parse(&text).unwrap(), Pace::Instant);
        let replayed = collect(&replay, request()).await;
        assert_eq!(replayed.last(), live.last());
        let (live, replayed) = (delivered(&live), delivered(&replayed));
        assert_eq!((live.0, live.1), (replayed.0, replayed.1));
    }
}

#[tokio::test]
async fn a_torn_line_does_not_swallow_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassette.jsonl");
    std::fs::write(&path, "{\"v\":1,\"sce").unwrap();
    let provider = Provider::scripted([full()]);
    collect(&Recorder::new(model(Wire::OpenAi, &provider), &path).unwrap(), request()).await;
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(Cassette::parse(&text).unwrap_err().line, 1);
    assert!(Cassette::parse(text.split_once('\n').unwrap().1).is_ok());
}

#[tokio::test]
async fn a_brain_can_answer_by_the_conversation() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    for wire in BOTH {
        let provider = Provider::with_brain(|request| {
            CALLS.fetch_add(1, Ordering::SeqCst);
            assert_eq!(support::provider::system_text(request), "You write specs.");
            assert_eq!(support::provider::tool_names(request), ["write_file"]);
            match support::provider::tool_results(request) {
                0 => ScriptedReply::new().call("c1", "write_file", &json!({"path": "a"})),
                _ => ScriptedReply::new().text(&format!("heard: {}", support::provider::newest_text(request))),
            }
        });
        let model = model(wire, &provider);
        let mut next = request();
        let Some(Ok(ModelEvent::End { reply, .. })) = collect(&model, next.clone()).await.pop() else { panic!() };
        next.messages.push(Message::Assistant(reply));
        next.messages.push(Message::Tool { call: "c1".into(), content: "written".into(), is_error: false });
        let Some(Ok(ModelEvent::End { reply, .. })) = collect(&model, next).await.pop() else { panic!() };
        assert_eq!(reply.text, "heard: written");
    }
    assert_eq!(CALLS.load(Ordering::SeqCst), 4);
}
