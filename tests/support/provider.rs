//! A model provider on loopback: a real HTTP/1.1 server that speaks the streaming forms of several
//! protocols, told apart by the path of a request ([`Wire::of`]).
//!
//! What it replies is scripted: a list, taken in order, or a brain that looks at each request. A
//! reply can fail in every way that a provider does. Every request is kept for the test to look at.
//! It runs on threads of its own and needs no async runtime; dropping it ends it.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

#[path = "wires.rs"]
mod wires;

/// The protocol of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Messages.
    Anthropic,
    /// Chat Completions.
    OpenAi,
    /// Generate Content.
    Gemini,
    /// Chat, a JSON object a line.
    Ollama,
    /// Converse, in the frames of AWS's event streams.
    Bedrock,
}

impl Wire {
    /// The protocol that is spoken at this path.
    pub fn of(path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        let known = [
            ("/messages", Self::Anthropic),
            ("/chat/completions", Self::OpenAi),
            (":streamGenerateContent", Self::Gemini),
            ("/api/chat", Self::Ollama),
            ("/converse-stream", Self::Bedrock),
        ];
        known.into_iter().find(|(end, _)| path.ends_with(end)).map(|(_, wire)| wire)
    }
}

/// One request, as it arrived.
#[derive(Clone, Debug)]
pub struct Captured {
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Captured {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a reply fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    None,
    /// The connection is closed before any answer.
    NoAnswer,
    /// The connection breaks after so many bytes of the body.
    DropAt(usize),
    /// The body ends properly after so many bytes.
    EndAt(usize),
    /// Nothing more comes after so many bytes, and the connection stays.
    StallAt(usize),
    /// So many events in, one comes that is not JSON.
    MalformedAfter(usize),
    /// So many events in, the provider reports an error and ends.
    ErrorAfter(usize, &'static str),
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Reasoning(String, String),
    Call(String, String, String),
}

/// Why a reply ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As a whole reply does.
    Natural,
    /// The output limit was reached.
    Length,
    /// The provider refused.
    Refused,
}

/// What is replied to one request.
#[derive(Clone, Debug)]
pub struct ScriptedReply {
    parts: Vec<Part>,
    ending: Ending,
    /// Input (cached included), cached, output.
    usage: (u64, u64, u64),
    status: Option<(u16, String)>,
    headers: Vec<(String, String)>,
    fault: Fault,
    delay: Duration,
    chunk: usize,
}

impl Default for ScriptedReply {
    fn default() -> Self {
        Self {
            parts: Vec::new(),
            ending: Ending::Natural,
            usage: (10, 0, 5),
            status: None,
            headers: Vec::new(),
            fault: Fault::None,
            delay: Duration::ZERO,
            chunk: 12,
        }
    }
}

impl ScriptedReply {
    /// An empty reply, to be added to.
    pub fn new() -> Self {
        Self::default()
    }

    /// An answer of this status and JSON body instead of a stream.
    pub fn status(code: u16, body: Value) -> Self {
        Self { status: Some((code, body.to_string())), ..Self::default() }
    }

    pub fn text(mut self, text: &str) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Reasoning, signed where the protocol does that.
    pub fn reasoning(mut self, text: &str, signature: &str) -> Self {
        self.parts.push(Part::Reasoning(text.into(), signature.into()));
        self
    }

    pub fn call(self, id: &str, name: &str, arguments: &Value) -> Self {
        self.raw_call(id, name, &arguments.to_string())
    }

    /// A call whose arguments need not be JSON.
    pub fn raw_call(mut self, id: &str, name: &str, arguments: &str) -> Self {
        self.parts.push(Part::Call(id.into(), name.into(), arguments.into()));
        self
    }

    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Tokens: input (cached included), cached, output.
    pub fn usage(mut self, input: u64, cached: u64, output: u64) -> Self {
        self.usage = (input, cached, output);
        self
    }

    /// A header of the answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn fault(mut self, fault: Fault) -> Self {
        self.fault = fault;
        self
    }

    /// How long to wait before each event.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// How many characters of text or arguments an event carries.
    pub fn chunk(mut self, characters: usize) -> Self {
        self.chunk = characters.max(1);
        self
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The text of the newest message of a request: what a brain answers to.
pub fn newest_text(request: &Value) -> String {
    let last = list(&request["messages"]).last().or(list(&request["contents"]).last());
    last.map(|message| flat(&message["content"]) + &flat(&message["parts"])).unwrap_or_default()
}

/// The system prompt of a request.
pub fn system_text(request: &Value) -> String {
    let own = flat(&request["system"]) + &flat(&request["systemInstruction"]["parts"]);
    if !own.is_empty() {
        return own;
    }
    list(&request["messages"]).iter().filter(|one| one["role"] == "system").map(|one| flat(&one["content"])).collect()
}

/// The names of the tools that a request offers.
pub fn tool_names(request: &Value) -> Vec<String> {
    let all = list(&request["tools"]).iter().chain(list(&request["toolConfig"]["tools"]));
    let all = all.flat_map(|tool| match list(&tool["functionDeclarations"]) {
        [] => std::slice::from_ref(tool),
        declared => declared,
    });
    let name = |tool: &Value| {
        [&tool["name"], &tool["function"]["name"], &tool["toolSpec"]["name"]]
            .into_iter()
            .find_map(Value::as_str)
            .map(str::to_owned)
    };
    all.filter_map(name).collect()
}

/// How many results of tools a request carries, over its whole conversation.
pub fn tool_results(request: &Value) -> usize {
    let messages = request["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let in_blocks = messages.iter().filter_map(|message| message["content"].as_array()).flatten();
    in_blocks.filter(|block| block["type"] == "tool_result").count()
        + messages.iter().filter(|message| message["role"] == "tool").count()
}

fn flat(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks
            .iter()
            .map(|block| match block["text"].as_str() {
                Some(text) => text.to_owned(),
                // A result of a tool, wherever a protocol puts it.
                None => [&block["content"], &block["toolResult"]["content"], &block["functionResponse"]["response"]]
                    .into_iter()
                    .map(flat)
                    .collect(),
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Object(fields) => fields.values().map(flat).collect(),
        _ => String::new(),
    }
}

type Brain = Box<dyn FnMut(&Value) -> ScriptedReply + Send>;

struct State {
    brain: Mutex<Brain>,
    captured: Mutex<Vec<Captured>>,
    hung_up: Mutex<usize>,
    changed: Condvar,
    over: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A running provider.
pub struct Provider {
    address: SocketAddr,
    state: Arc<State>,
}

impl Provider {
    /// A provider that gives these replies in order, and refuses everything after them.
    pub fn scripted(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        Self::with_brain(move |_| {
            replies.pop().unwrap_or_else(|| {
                ScriptedReply::status(400, json!({"error": {"message": "the script has no more replies"}}))
            })
        })
    }

    /// A provider that decides on each reply by looking at the request's JSON.
    pub fn with_brain(brain: impl FnMut(&Value) -> ScriptedReply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("the port's number");
        let state = Arc::new(State {
            brain: Mutex::new(Box::new(brain)),
            captured: Mutex::default(),
            hung_up: Mutex::default(),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), state) = (stream, Arc::clone(&shared)) else { continue };
                thread::spawn(move || {
                    // A client that goes away is part of what is tested.
                    let _ = serve(&stream, &state);
                });
            }
        });
        Self { address, state }
    }

    /// The base URL, with `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The base URL without a version.
    pub fn root(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in order.
    pub fn requests(&self) -> Vec<Captured> {
        lock(&self.state.captured).clone()
    }

    /// Waits until so many clients have hung up on a stalled reply; false when it takes too long.
    pub fn wait_hung_up(&self, count: usize) -> bool {
        let hung_up = lock(&self.state.hung_up);
        let limit = Duration::from_secs(20);
        let waited = self.state.changed.wait_timeout_while(hung_up, limit, |so_far| *so_far < count);
        waited.is_ok_and(|(so_far, _)| *so_far >= count)
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: &TcpStream, state: &State) -> io::Result<()> {
    let Some(request) = read_request(stream)? else { return Ok(()) };
    stream.set_nodelay(true)?;
    let known = Wire::of(&request.path);
    let wire = known.unwrap_or(Wire::OpenAi);
    let reply = if known.is_some() {
        (lock(&state.brain))(&request.body)
    } else {
        ScriptedReply::status(404, json!({"error": {"message": format!("no such path: {}", request.path)}}))
    };
    lock(&state.captured).push(request);
    if reply.fault == Fault::NoAnswer {
        return Ok(());
    }
    let extra: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    if let Some((code, body)) = &reply.status {
        return write!(
            stream,
            "HTTP/1.1 {code} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{extra}connection: \
             close\r\n\r\n{body}",
            body.len()
        );
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ntransfer-encoding: chunked\r\n{extra}connection: close\r\n\r\n",
        wire.content_type()
    )?;
    let mut events = reply.events(wire);
    match reply.fault {
        Fault::MalformedAfter(count) => events.insert(count.min(events.len()), wire.malformed()),
        Fault::ErrorAfter(count, class) => {
            events.truncate(count);
            events.push(wire.error(class));
        }
        Fault::None | Fault::NoAnswer | Fault::DropAt(_) | Fault::EndAt(_) | Fault::StallAt(_) => {}
    }
    let mut left = match reply.fault {
        Fault::DropAt(bytes) | Fault::EndAt(bytes) | Fault::StallAt(bytes) => bytes,
        _ => usize::MAX,
    };
    for event in &events {
        let bytes = event.as_slice();
        let sent = bytes.len().min(left);
        left -= sent;
        if sent > 0 {
            if !reply.delay.is_zero() {
                thread::sleep(reply.delay);
            }
            // In one piece, as a server sends an event.
            stream.write_all(&[format!("{sent:x}\r\n").as_bytes(), &bytes[..sent], b"\r\n"].concat())?;
        }
        if left == 0 {
            break;
        }
    }
    match reply.fault {
        Fault::DropAt(_) => Ok(()),
        Fault::StallAt(_) => hold(stream, state),
        _ => stream.write_all(b"0\r\n\r\n"),
    }
}

/// Keeps the connection open until the client closes it or the provider ends.
fn hold(mut stream: &TcpStream, state: &State) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_millis(50)))?;
    let mut byte = [0];
    while !state.over.load(Ordering::SeqCst) {
        match stream.read(&mut byte) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Ok(0) | Err(_) => {
                *lock(&state.hung_up) += 1;
                state.changed.notify_all();
                return Ok(());
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

fn read_request(stream: &TcpStream) -> io::Result<Option<Captured>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Some(Captured { path, headers, body }))
}
