//! Which model is spoken to, and how: plain data, and its reading as genai's terms.
//!
//! Nothing here opens a connection or reads a key. What always holds: a header's value never
//! appears in what `Debug` prints, and the key itself is not in here at all, only the name of the
//! variable that holds it.

use std::{fmt, time::Duration};

use ::genai::{adapter::AdapterKind, chat::ReasoningEffort};

use crate::{
    domain::turn::Reasoning,
    ports::model::{ModelError, ModelErrorKind},
};

/// One model of one provider.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// `anthropic`, `openai`, `openai-compatible`, `gemini`, `bedrock`, `ollama`, … ([`providers`]).
    pub provider: String,
    /// The provider's name for the model.
    pub model: String,
    /// The base URL that `messages` or `chat/completions` is appended to; the provider's own when
    /// absent. For those two protocols a URL without a path gets `/v1`.
    pub endpoint: Option<String>,
    /// The name of the environment variable with the key; the provider's usual one when absent. An
    /// `openai-compatible` endpoint without one is spoken to without a key.
    pub key_env: Option<String>,
    /// The profile whose credentials sign requests to Bedrock; the one that AWS's own settings name when
    /// absent.
    pub profile: Option<String>,
    /// The region that requests to Bedrock are to be signed for; whatever AWS's own settings say when absent.
    pub region: Option<String>,
    /// Headers added to every request, by name and value.
    pub headers: Vec<(String, String)>,
    /// The most tokens a reply may have; the provider's bound when absent.
    pub max_output_tokens: Option<u32>,
    /// How much the model should reason; the provider's default when absent.
    pub reasoning: Option<Reasoning>,
    /// How long the connection may be silent before the exchange is given up.
    pub idle_timeout: Duration,
    /// How often a request is sent at most, the first time included; at least 1.
    pub attempts: u32,
    /// How long to wait before the second try; doubles from try to try, up to half a minute. A
    /// provider that says how long to wait is obeyed instead.
    pub first_wait: Duration,
}

impl ModelConfig {
    /// A model with the provider's endpoint and key, two minutes of patience and four tries.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            endpoint: None,
            key_env: None,
            profile: None,
            region: None,
            headers: Vec::new(),
            max_output_tokens: None,
            reasoning: None,
            idle_timeout: Duration::from_secs(120),
            attempts: 4,
            first_wait: Duration::from_secs(1),
        }
    }
}

impl fmt::Debug for ModelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ModelConfig")
            .field("provider", &self.provider)
            .field("model", &self.model)
            .field("endpoint", &self.endpoint)
            .field("key_env", &self.key_env)
            .field("profile", &self.profile)
            .field("region", &self.region)
            .field("headers", &headers)
            .field("max_output_tokens", &self.max_output_tokens)
            .field("reasoning", &self.reasoning)
            .field("idle_timeout", &self.idle_timeout)
            .field("attempts", &self.attempts)
            .field("first_wait", &self.first_wait)
            .finish()
    }
}

/// The names that [`ModelConfig::provider`] may have, in order.
pub fn providers() -> Vec<String> {
    let mut names: Vec<String> = AdapterKind::all().iter().map(|kind| kind.as_lower_str().replace('_', "-")).collect();
    names.extend(["openai-compatible", "bedrock"].map(str::to_owned));
    names.sort_unstable();
    names
}

/// The environment variable that must hold the key; `None` where the provider wants none or finds
/// its credentials itself.
///
/// # Errors
/// [`ModelErrorKind::BadRequest`] for a configuration that cannot work, with the remedy.
pub fn key_variable(config: &ModelConfig) -> Result<Option<String>, ModelError> {
    Ok(match Target::read(config)?.key {
        KeySource::Env(name) => Some(name),
        KeySource::Own | KeySource::Placeholder => None,
    })
}

/// Bedrock by AWS's own credentials, where AWS is built in.
#[cfg(feature = "aws")]
pub(super) const BEDROCK: Option<AdapterKind> = Some(AdapterKind::BedrockSigv4);
#[cfg(not(feature = "aws"))]
pub(super) const BEDROCK: Option<AdapterKind> = None;

/// A configuration whose provider is known, in genai's terms.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) kind: AdapterKind,
    pub(super) model: String,
    /// With a trailing slash; `None` for the provider's own.
    pub(super) endpoint: Option<String>,
    pub(super) key: KeySource,
}

/// Where the key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeySource {
    /// An environment variable of this name.
    Env(String),
    /// The provider wants none, or genai finds the credentials itself (AWS profiles).
    Own,
    /// A protocol that wants one, at a server that does not.
    Placeholder,
}

impl Target {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`ModelErrorKind::BadRequest`] for an unknown provider or a provider that needs an endpoint.
    pub(super) fn read(config: &ModelConfig) -> Result<Self, ModelError> {
        let refuse =
            |message: String, remedy: String| Err(ModelError { kind: ModelErrorKind::BadRequest, message, remedy });
        let name = config.provider.trim().to_ascii_lowercase().replace('-', "_");
        let compatible = name == "openai_compatible";
        let kind = match name.as_str() {
            "openai_compatible" => Some(AdapterKind::OpenAI),
            "bedrock" if BEDROCK.is_none() => {
                return refuse(
                    "this build has no AWS in it, and requests to `bedrock` are signed by that".into(),
                    "build with the feature `aws`, or use the provider `bedrock-api` with an API key of Bedrock".into(),
                );
            }
            "bedrock" => BEDROCK,
            "google" => Some(AdapterKind::Gemini),
            "grok" => Some(AdapterKind::Xai),
            // Newer models are served by the Responses API only; another endpoint is taken to speak
            // Chat Completions.
            "openai" if config.endpoint.is_none() => match AdapterKind::from_model(&config.model) {
                Ok(AdapterKind::OpenAIResp) => Some(AdapterKind::OpenAIResp),
                _ => Some(AdapterKind::OpenAI),
            },
            other => AdapterKind::from_lower_str(other),
        };
        let Some(kind) = kind else {
            return refuse(
                format!("there is no model provider `{}`", config.provider),
                format!("set `provider` to one of: {}", providers().join(", ")),
            );
        };
        if config.model.trim().is_empty() {
            return refuse("no model is set".into(), format!("set `model` to a model of {}", config.provider));
        }
        if compatible && config.endpoint.is_none() {
            return refuse(
                "the provider `openai-compatible` has no endpoint".into(),
                "set `endpoint` to the server's base URL, such as http://localhost:8080/v1".into(),
            );
        }
        let endpoint = match &config.endpoint {
            None => None,
            Some(url) => match base_url(kind, url) {
                Some(url) => Some(url),
                None => {
                    return refuse(
                        format!("`{url}` is not a URL that requests can be sent to"),
                        "set `endpoint` to an http:// or https:// URL".into(),
                    );
                }
            },
        };
        let key = match (&config.key_env, kind.default_key_env_name()) {
            (Some(name), _) => KeySource::Env(name.clone()),
            (None, _) if compatible => KeySource::Placeholder,
            (None, Some(name)) => KeySource::Env(name.to_owned()),
            (None, None) => KeySource::Own,
        };
        Ok(Self { kind, model: config.model.trim().to_owned(), endpoint, key })
    }

    /// The same at the URL that the settings of AWS name.
    ///
    /// # Errors
    /// When that is none.
    #[cfg(feature = "aws")]
    pub(super) fn at(&self, url: &str) -> Result<Self, ModelError> {
        let endpoint = base_url(self.kind, url).ok_or_else(|| ModelError {
            kind: ModelErrorKind::BadRequest,
            message: format!("`{url}` is not a URL that requests can be sent to"),
            remedy: "set AWS_ENDPOINT_URL, or endpoint_url of the profile, to an http:// or https:// URL".into(),
        })?;
        Ok(Self { endpoint: Some(endpoint), ..self.clone() })
    }

    /// True when requests stay on this machine, where a proxy has no place.
    pub(super) fn is_local(&self) -> bool {
        let host = self.endpoint.as_deref().and_then(|url| reqwest::Url::parse(url).ok());
        let host = host.as_ref().and_then(|url| url.host_str()).unwrap_or("");
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    }

    /// Host of the endpoint, for messages; the provider's name when it is the provider's own.
    pub(super) fn place(&self) -> String {
        let url = self.endpoint.as_deref().and_then(|url| reqwest::Url::parse(url).ok());
        match url.as_ref().and_then(|url| url.host_str().map(|host| (host, url.port()))) {
            Some((host, Some(port))) => format!("{host}:{port}"),
            Some((host, None)) => host.to_owned(),
            None => self.kind.as_str().to_owned(),
        }
    }
}

fn base_url(kind: AdapterKind, text: &str) -> Option<String> {
    let mut url = reqwest::Url::parse(text.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return None;
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let versioned = matches!(kind, AdapterKind::Anthropic | AdapterKind::OpenAI | AdapterKind::OpenAIResp);
    let path = if path.is_empty() && versioned { "/v1".to_owned() } else { path };
    url.set_path(&format!("{path}/"));
    Some(url.into())
}

/// How much to reason, in genai's terms.
pub(super) fn effort(reasoning: Reasoning) -> ReasoningEffort {
    match reasoning {
        Reasoning::Off => ReasoningEffort::Zero,
        Reasoning::Low => ReasoningEffort::Low,
        Reasoning::Medium => ReasoningEffort::Medium,
        Reasoning::High => ReasoningEffort::High,
        Reasoning::Max => ReasoningEffort::Max,
        Reasoning::Tokens(tokens) => ReasoningEffort::Budget(tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(provider: &str, model: &str, endpoint: Option<&str>) -> Result<Target, ModelError> {
        let mut config = ModelConfig::new(provider, model);
        config.endpoint = endpoint.map(str::to_owned);
        Target::read(&config)
    }

    #[test]
    fn every_listed_provider_is_read() {
        for name in providers().into_iter().filter(|name| BEDROCK.is_some() || name != "bedrock") {
            assert!(target(&name, "m", Some("http://localhost:1")).is_ok(), "{name}");
        }
        for (name, kind) in [
            ("anthropic", AdapterKind::Anthropic),
            ("Gemini", AdapterKind::Gemini),
            ("open-router", AdapterKind::OpenRouter),
            ("deepseek", AdapterKind::DeepSeek),
            ("xai", AdapterKind::Xai),
        ] {
            assert_eq!(target(name, "m", None).unwrap().kind, kind);
        }
        assert_eq!(target("openai", "gpt-4o", None).unwrap().kind, AdapterKind::OpenAI);
        assert_eq!(target("openai", "gpt-5", None).unwrap().kind, AdapterKind::OpenAIResp);
        assert_eq!(target("openai", "gpt-5", Some("http://h/v1")).unwrap().kind, AdapterKind::OpenAI);
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_remedy() {
        for (provider, model, endpoint, remedy) in [
            ("claude", "m", None, "provider"),
            ("anthropic", " ", None, "model"),
            ("openai-compatible", "m", None, "endpoint"),
            ("openai-compatible", "m", Some("localhost:8080"), "endpoint"),
            ("anthropic", "m", Some("file:///etc/passwd"), "endpoint"),
        ] {
            let error = target(provider, model, endpoint).unwrap_err();
            assert_eq!(error.kind, ModelErrorKind::BadRequest);
            assert!(error.remedy.contains(&format!("`{remedy}`")), "{error:?}");
        }
    }

    #[test]
    fn endpoints_end_in_a_slash_and_have_a_version_where_one_is_missing() {
        for (provider, given, used) in [
            ("anthropic", "http://127.0.0.1:9", "http://127.0.0.1:9/v1/"),
            ("openai-compatible", "https://h.example/", "https://h.example/v1/"),
            ("openai-compatible", "https://h.example/api/v2", "https://h.example/api/v2/"),
            ("ollama", "http://localhost:11434", "http://localhost:11434/"),
            ("openai", "https://h.example/x?api-version=1", "https://h.example/x/?api-version=1"),
        ] {
            assert_eq!(target(provider, "m", Some(given)).unwrap().endpoint.as_deref(), Some(used));
        }
    }

    #[test]
    fn keys_come_from_the_named_variable_or_the_providers() {
        assert_eq!(target("anthropic", "m", None).unwrap().key, KeySource::Env("ANTHROPIC_API_KEY".into()));
        assert_eq!(target("ollama", "m", None).unwrap().key, KeySource::Own);
        assert_eq!(target("openai-compatible", "m", Some("http://h")).unwrap().key, KeySource::Placeholder);
        let mut config = ModelConfig::new("anthropic", "m");
        config.key_env = Some("MY_KEY".into());
        assert_eq!(Target::read(&config).unwrap().key, KeySource::Env("MY_KEY".into()));
    }

    #[test]
    fn bedrock_is_signed_where_aws_is_built_in_and_says_what_is_missing_where_not() {
        match (target("bedrock", "m", None), BEDROCK) {
            (Ok(found), Some(kind)) => assert_eq!((found.kind, found.key), (kind, KeySource::Own)),
            (Err(error), None) => assert!(error.remedy.contains("feature `aws`"), "{error:?}"),
            (found, _) => panic!("{found:?}"),
        }
        assert_eq!(target("bedrock-api", "m", None).unwrap().kind, AdapterKind::BedrockApi);
    }

    #[test]
    fn header_values_are_not_printed() {
        let mut config = ModelConfig::new("anthropic", "m");
        config.headers = vec![("authorization".into(), "Bearer s3cret".into())];
        let printed = format!("{config:?}");
        assert!(printed.contains("authorization") && !printed.contains("s3cret"), "{printed}");
    }
}
