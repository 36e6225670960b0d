//! Every provider through the genai library: streaming, retries and the watchdog around it.
//!
//! What always holds: a stream ends with `End` or with one error. A request is sent again only as
//! long as nothing of a reply was delivered. The key is read at the first request and is in no
//! message. Starting up costs nothing: the client is made at the first request.

use std::{
    env, fmt, mem,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use ::genai::{
    Client, Headers, ModelIden, ServiceTarget, WebConfig,
    adapter::AdapterKind,
    chat::{ChatOptions, ChatStream, ChatStreamEvent, StreamEnd},
    resolver::{AuthData, Endpoint},
};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde_json::Value;

use super::{
    config::{BEDROCK, KeySource, ModelConfig, Target, effort},
    fault::{Fault, Retry, Speaker},
    translate::{self, Continuations, Partial},
};
use crate::{
    domain::turn::message::Stop,
    ports::model::{Model, ModelError, ModelErrorKind, ModelEvent, Request},
};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(15);
/// The longest wait of our own between two tries.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// A model behind a provider's API.
pub struct GenaiModel {
    shared: Arc<Shared>,
}

struct Shared {
    config: ModelConfig,
    target: Target,
    connected: OnceLock<Connected>,
    kept: Mutex<Continuations>,
}

/// What the first request makes.
struct Connected {
    client: Client,
    speaker: Speaker,
}

impl GenaiModel {
    /// A model. Neither the network nor the environment is touched.
    ///
    /// # Errors
    /// [`ModelErrorKind::BadRequest`] for an unknown provider, an empty model name, or an endpoint
    /// that is missing or no URL.
    pub fn new(config: ModelConfig) -> Result<Self, ModelError> {
        let target = Target::read(&config)?;
        let shared = Shared { config, target, connected: OnceLock::new(), kept: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for GenaiModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GenaiModel").field(&self.shared.config).finish()
    }
}

impl Model for GenaiModel {
    fn name(&self) -> String {
        self.shared.target.model.clone()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let shared = Arc::clone(&self.shared);
        let tries = shared.config.attempts.max(1);
        let exchange = Exchange {
            waits: ExponentialBuilder::default()
                .with_min_delay(shared.config.first_wait)
                .with_max_delay(LONGEST_BACKOFF)
                .with_factor(2.0)
                .with_max_times(usize::try_from(tries - 1).unwrap_or(usize::MAX))
                .with_jitter()
                .build(),
            shared,
            request,
            attempt: 1,
            phase: Phase::Send,
            partial: Partial::default(),
        };
        stream::unfold(exchange, |mut exchange| async move {
            let event = exchange.next().await?;
            Some((event, exchange))
        })
        .boxed()
    }
}

impl Shared {
    /// The client, made on a thread of its own: reading the system's certificates takes longer
    /// than a screen may stand still.
    async fn connected(self: &Arc<Self>) -> Result<&Connected, ModelError> {
        if let Some(connected) = self.connected.get() {
            return Ok(connected);
        }
        let shared = Arc::clone(self);
        let connected = tokio::task::spawn_blocking(move || shared.connect()).await.map_err(|error| ModelError {
            kind: ModelErrorKind::Network,
            message: format!("the HTTP client could not be made: {error}"),
            remedy: "start again".into(),
        })??;
        Ok(self.connected.get_or_init(|| connected))
    }

    /// The target with what only AWS's own settings say. Reads them, on a thread that may wait.
    #[cfg(feature = "aws")]
    fn target_now(&self) -> Result<Target, ModelError> {
        if Some(self.target.kind) != BEDROCK || self.target.endpoint.is_some() {
            return Ok(self.target.clone());
        }
        let named = tokio::runtime::Handle::current().block_on(super::bedrock::endpoint(&self.config))?;
        named.map_or_else(|| Ok(self.target.clone()), |url| self.target.at(&url))
    }

    #[cfg(not(feature = "aws"))]
    fn target_now(&self) -> Result<Target, ModelError> {
        Ok(self.target.clone())
    }

    /// What to do about AWS's credentials, where they are what signs.
    #[cfg(feature = "aws")]
    fn sign_in(&self) -> Option<String> {
        (Some(self.target.kind) == BEDROCK).then(|| super::bedrock::sign_in(self.config.profile.as_deref()))
    }

    #[cfg(not(feature = "aws"))]
    fn sign_in(&self) -> Option<String> {
        None
    }

    fn connect(&self) -> Result<Connected, ModelError> {
        let mut secrets: Vec<String> = self.config.headers.iter().map(|(_, value)| value.clone()).collect();
        let (auth, key_env) = match &self.target.key {
            KeySource::Own => (self.config.profile.as_deref().map(AuthData::from_single), None),
            KeySource::Placeholder => (Some(AuthData::from_single("none")), None),
            KeySource::Env(name) => {
                let key = env::var(name).map(|key| key.trim().to_owned()).unwrap_or_default();
                if key.is_empty() {
                    return Err(ModelError {
                        kind: ModelErrorKind::Credentials,
                        message: format!("no key for {}: the variable {name} is not set", self.target.place()),
                        remedy: format!("set {name} and start again, or name another variable with `key_env`"),
                    });
                }
                secrets.push(key.clone());
                (Some(AuthData::from_single(key)), Some(name.clone()))
            }
        };
        let target = self.target_now()?;
        let speaker =
            Speaker { model: target.model.clone(), place: target.place(), key_env, secrets, sign_in: self.sign_in() };
        let web = WebConfig { connect_timeout: Some(CONNECT), ..WebConfig::default() };
        let mut http = web.apply_to_builder(reqwest::Client::builder());
        if target.is_local() {
            http = http.no_proxy();
        }
        let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = http
            .user_agent(agent)
            .build()
            .map_err(|error| speaker.fault(ModelErrorKind::Network, &error.to_string(), Retry::No).error)?;
        let endpoint = target.endpoint.clone();
        let client = Client::builder()
            .with_reqwest(http)
            .with_service_target_resolver_fn(move |mut target: ServiceTarget| {
                if let Some(auth) = &auth {
                    target.auth = auth.clone();
                }
                if let Some(endpoint) = &endpoint {
                    target.endpoint = Endpoint::from_owned(endpoint.as_str());
                }
                Ok(target)
            })
            .build()
            .map_err(|error| speaker.read(&error).error)?;
        Ok(Connected { client, speaker })
    }

    fn options(&self, may_reason: bool) -> ChatOptions {
        let mut options = ChatOptions::default()
            .with_capture_usage(true)
            .with_capture_content(true)
            .with_capture_reasoning_content(true)
            .with_capture_tool_calls(true)
            .with_stream_header_timeout(self.config.idle_timeout)
            .with_stream_read_timeout(self.config.idle_timeout);
        options.max_tokens = self.config.max_output_tokens;
        if may_reason {
            options.reasoning_effort = self.config.reasoning.map(effort);
        }
        if !self.config.headers.is_empty() {
            options = options.with_extra_headers(Headers::from(self.config.headers.clone()));
        }
        options
    }

    async fn open(&self, connected: &Connected, request: &Request) -> Result<ChatStream, Fault> {
        let kind = self.target.kind;
        // A protocol's imitations may refuse a field that they do not know.
        let eager_tools = kind == AdapterKind::Anthropic && self.target.endpoint.is_none();
        let translated = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            translate::chat_request(request, kind, eager_tools, &kept)
        };
        let options = self.options(translated.may_reason);
        let model = ModelIden::new(kind, self.target.model.as_str());
        let (client, chat) = (connected.client.clone(), translated.chat);
        let sent = if Some(kind) == BEDROCK {
            // It waits for AWS's credentials in the middle of its work, which a runtime of one thread
            // allows on other threads only.
            let runtime = tokio::runtime::Handle::current();
            let send = move || runtime.block_on(client.exec_chat_stream(model, chat, Some(&options)));
            let ended = |error: tokio::task::JoinError| {
                connected.speaker.fault(ModelErrorKind::Network, &error.to_string(), Retry::No)
            };
            tokio::task::spawn_blocking(send).await.map_err(ended)?
        } else {
            client.exec_chat_stream(model, chat, Some(&options)).await
        };
        match sent {
            Ok(response) => Ok(response.stream),
            Err(error) => Err(connected.speaker.read(&error)),
        }
    }
}

/// One request on its way, with its tries.
struct Exchange {
    shared: Arc<Shared>,
    request: Request,
    attempt: u32,
    waits: ExponentialBackoff,
    phase: Phase,
    partial: Partial,
}

enum Phase {
    Send,
    Wait(Duration),
    Read(Box<ChatStream>),
    Over,
}

impl Exchange {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        let shared = Arc::clone(&self.shared);
        if matches!(self.phase, Phase::Over) {
            return None;
        }
        let connected = match shared.connected().await {
            Ok(connected) => connected,
            Err(error) => {
                self.phase = Phase::Over;
                return Some(Err(error));
            }
        };
        loop {
            match &mut self.phase {
                Phase::Over => return None,
                Phase::Wait(wait) => {
                    tokio::time::sleep(*wait).await;
                    self.phase = Phase::Send;
                }
                Phase::Send => match shared.open(connected, &self.request).await {
                    Ok(stream) => self.phase = Phase::Read(Box::new(stream)),
                    Err(fault) => return Some(self.failed(fault)),
                },
                Phase::Read(stream) => match stream.next().await {
                    None => return Some(self.failed(connected.speaker.cut_off())),
                    Some(Err(error)) => return Some(self.failed(connected.speaker.read(&error))),
                    Some(Ok(event)) => {
                        if let Some(event) = self.arrived(event, &connected.speaker) {
                            return Some(event);
                        }
                    }
                },
            }
        }
    }

    /// One event of the stream, as ours; `None` for those that carry nothing to show.
    fn arrived(&mut self, event: ChatStreamEvent, speaker: &Speaker) -> Option<Result<ModelEvent, ModelError>> {
        match event {
            ChatStreamEvent::Start | ChatStreamEvent::Heartbeat | ChatStreamEvent::ThoughtSignatureChunk(_) => None,
            ChatStreamEvent::Chunk(chunk) if chunk.content.is_empty() => None,
            ChatStreamEvent::Chunk(chunk) => {
                self.partial.text.push_str(&chunk.content);
                Some(Ok(ModelEvent::Text(chunk.content)))
            }
            ChatStreamEvent::ReasoningChunk(chunk) if chunk.content.is_empty() => None,
            ChatStreamEvent::ReasoningChunk(chunk) => {
                self.partial.reasoning.push_str(&chunk.content);
                Some(Ok(ModelEvent::Reasoning(chunk.content)))
            }
            ChatStreamEvent::ToolCallChunk(chunk) => {
                let call = chunk.tool_call;
                let arguments = match call.fn_arguments {
                    Value::String(raw) => raw,
                    whole => whole.to_string(),
                };
                self.partial.call(&call.call_id, &call.fn_name, &arguments);
                Some(Ok(ModelEvent::Call { id: call.call_id, name: call.fn_name, arguments }))
            }
            ChatStreamEvent::End(end) => Some(self.ended(end, speaker)),
        }
    }

    fn ended(&mut self, end: StreamEnd, speaker: &Speaker) -> Result<ModelEvent, ModelError> {
        let reply = mem::take(&mut self.partial).finish(&end);
        // Some servers close their stream properly after they failed in the middle of it. What they
        // do not say then is why the reply ended.
        let unexplained = end.captured_stop_reason.is_none();
        let nothing = reply.text.is_empty() && reply.calls.is_empty();
        let torn = reply.stop == Stop::End && reply.calls.iter().any(|call| call.arguments.is_string());
        // These always say it, Ollama together with its count; the library makes an end of its own where
        // the connection ended without.
        let cut = match self.shared.target.kind {
            AdapterKind::Gemini => unexplained,
            AdapterKind::Ollama | AdapterKind::OllamaCloud => unexplained && end.captured_usage.is_none(),
            _ => false,
        };
        if unexplained && nothing && reply.reasoning.is_empty() {
            return self.failed(speaker.cut_off());
        }
        if cut || unexplained && (nothing || torn) {
            self.phase = Phase::Over;
            return Err(speaker.cut_off().error);
        }
        self.phase = Phase::Over;
        let usage = translate::usage(end.captured_usage.as_ref());
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).keep(&reply, end.captured_content);
        Ok(ModelEvent::End { reply, usage })
    }

    /// A try failed: the request is sent again, or the stream ends.
    fn failed(&mut self, fault: Fault) -> Result<ModelEvent, ModelError> {
        let wait = match fault.retry {
            Retry::No => None,
            // What was delivered cannot be taken back, and a second reply would not continue it.
            Retry::Backoff | Retry::After(_) if !self.partial.is_empty() => None,
            Retry::Backoff => self.waits.next(),
            Retry::After(wait) => self.waits.next().map(|_| wait),
        };
        if let Some(after) = wait {
            self.attempt = self.attempt.saturating_add(1);
            self.phase = Phase::Wait(after);
            return Ok(ModelEvent::Retrying { attempt: self.attempt, after, why: fault.error.message });
        }
        self.phase = Phase::Over;
        let mut error = fault.error;
        if self.attempt > 1 {
            error.message = format!("{} (after {} tries)", error.message, self.attempt);
        }
        Err(error)
    }
}
