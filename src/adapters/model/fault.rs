//! What went wrong with an exchange: its class, its words, and whether sending it again may help.
//!
//! Words of providers are cleaned: one line, no control characters, a bounded length, and nothing
//! of what is secret in the configuration.

use std::{
    error::Error as StdError,
    time::{Duration, SystemTime},
};

use ::genai::{Error, webc};
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::ports::model::{ModelError, ModelErrorKind};

/// A provider's wait that is longer than this is reported instead of sat out.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The most characters of a provider's message that are shown.
const LONGEST_MESSAGE: usize = 300;

/// One failure of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) error: ModelError,
    pub(super) retry: Retry,
}

/// Whether the same request may work in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// It will fail again.
    No,
    /// Perhaps, after a wait of our own choosing.
    Backoff,
    /// Perhaps, after the wait that the provider asked for.
    After(Duration),
}

/// What the messages need to know of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Speaker {
    /// The model, as configured.
    pub(super) model: String,
    /// Host of the endpoint or name of the provider.
    pub(super) place: String,
    /// The variable with the key, when there is one.
    pub(super) key_env: Option<String>,
    /// What may not be shown: the key and the headers' values.
    pub(super) secrets: Vec<String>,
    /// What to do about credentials, where AWS's sign the requests.
    pub(super) sign_in: Option<String>,
}

impl Speaker {
    /// A fault with a message about `place`.
    pub(super) fn fault(&self, kind: ModelErrorKind, what: &str, retry: Retry) -> Fault {
        let message = format!("{}: {}", self.place, self.clean(what));
        Fault { error: ModelError { kind, message, remedy: self.remedy(kind) }, retry }
    }

    /// The connection was closed before the reply was whole.
    pub(super) fn cut_off(&self) -> Fault {
        self.fault(ModelErrorKind::CutOff, "the connection ended in the middle of the reply", Retry::Backoff)
    }

    /// Reads an error of genai.
    pub(super) fn read(&self, error: &Error) -> Fault {
        match error {
            Error::HttpError { status, body, headers, .. } => self.status(*status, body, headers),
            Error::WebModelCall { webc_error, .. } | Error::WebAdapterCall { webc_error, .. } => self.web(webc_error),
            Error::WebStream { error, .. } => self.stream(error.as_ref()),
            Error::StreamParse { serde_error, .. } => self.json(serde_error),
            Error::SerdeJson(serde_error) => self.json(serde_error),
            Error::ChatResponse { body, .. } => self.event(body),
            Error::Resolver { .. }
            | Error::RequiresApiKey { .. }
            | Error::NoAuthResolver { .. }
            | Error::NoAuthData { .. } => self.fault(ModelErrorKind::Credentials, &error.to_string(), Retry::No),
            // Its words for what AWS's chain of credentials says.
            Error::AdapterNotSupported { feature, .. } if self.sign_in.is_some() => {
                self.fault(ModelErrorKind::Credentials, feature, Retry::No)
            }
            Error::JsonValueExt(_)
            | Error::InvalidJsonResponseElement { .. }
            | Error::ChatResponseGeneration { .. } => {
                self.fault(ModelErrorKind::Malformed, "the reply lacks a part that it must have", Retry::No)
            }
            other => self.fault(ModelErrorKind::BadRequest, &other.to_string(), Retry::No),
        }
    }

    fn web(&self, error: &webc::Error) -> Fault {
        match error {
            webc::Error::ResponseFailedStatus { status, body, headers } => self.status(*status, body, headers),
            webc::Error::Reqwest(error) => self.stream(error),
            webc::Error::ResponseFailedNotJson { .. }
            | webc::Error::ResponseFailedInvalidJson { .. }
            | webc::Error::JsonValueExt(_) => {
                self.fault(ModelErrorKind::Malformed, "the answer is not JSON", Retry::No)
            }
        }
    }

    fn json(&self, error: &serde_json::Error) -> Fault {
        // The last event of a body that ends early is cut somewhere in its JSON.
        if error.is_eof() {
            return self.cut_off();
        }
        self.fault(ModelErrorKind::Malformed, &format!("an event of the reply is not JSON ({error})"), Retry::No)
    }

    fn stream(&self, error: &(dyn StdError + 'static)) -> Fault {
        if let Some(error) = error.downcast_ref::<Error>() {
            return self.read(error);
        }
        if error.downcast_ref::<webc::StreamTimeout>().is_some() {
            return self.fault(ModelErrorKind::Stalled, "nothing arrived for too long", Retry::No);
        }
        if error.downcast_ref::<std::string::FromUtf8Error>().is_some() {
            return self.fault(ModelErrorKind::Malformed, "the reply is not UTF-8", Retry::No);
        }
        let Some(http) = error.downcast_ref::<reqwest::Error>() else {
            return self.fault(ModelErrorKind::CutOff, &root(error), Retry::Backoff);
        };
        if let Some(status) = http.status() {
            return self.status(status, "", &HeaderMap::new());
        }
        if http.is_builder() {
            return self.fault(ModelErrorKind::BadRequest, &root(error), Retry::No);
        }
        if http.is_connect() || http.is_timeout() {
            return self.fault(ModelErrorKind::Network, &format!("no connection ({})", root(error)), Retry::Backoff);
        }
        self.fault(ModelErrorKind::CutOff, &format!("the connection broke ({})", root(error)), Retry::Backoff)
    }

    fn status(&self, status: StatusCode, body: &str, headers: &HeaderMap) -> Fault {
        let parsed: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        let words = words(&parsed).unwrap_or_else(|| plain(body));
        let spent = code(&parsed).is_some_and(|code| code.contains("insufficient_quota"));
        let kind = match status.as_u16() {
            401..=403 => ModelErrorKind::Credentials,
            404 | 405 | 410 => ModelErrorKind::NotFound,
            408 => ModelErrorKind::Provider,
            400 if self.sign_in.is_some() && is_expired(&words) => ModelErrorKind::Credentials,
            429 => ModelErrorKind::RateLimited,
            500.. => ModelErrorKind::Provider,
            _ => ModelErrorKind::BadRequest,
        };
        let refused = headers.get("x-should-retry").is_some_and(|value| value == "false");
        let wait = wait(headers, SystemTime::now());
        let retry = match (kind, wait) {
            _ if refused || spent => Retry::No,
            (ModelErrorKind::RateLimited | ModelErrorKind::Provider, Some(wait)) if wait > LONGEST_WAIT => Retry::No,
            (ModelErrorKind::RateLimited | ModelErrorKind::Provider, Some(wait)) => Retry::After(wait),
            (ModelErrorKind::RateLimited | ModelErrorKind::Provider, None) => Retry::Backoff,
            _ => Retry::No,
        };
        let name = status.canonical_reason().map(|reason| format!(" {reason}")).unwrap_or_default();
        let mut what = format!("{}{name}", status.as_u16());
        if !words.is_empty() {
            what = format!("{what}: {words}");
        }
        let mut fault = self.fault(kind, &what, retry);
        if let Some(wait) = wait.filter(|wait| *wait > LONGEST_WAIT) {
            fault.error.remedy = format!("the provider asks to wait {} s; try again then", wait.as_secs());
        } else if spent || status == StatusCode::PAYMENT_REQUIRED {
            fault.error.remedy = "check the credit and the limits of your account at the provider".into();
        }
        fault
    }

    /// An error that came as an event of the stream.
    fn event(&self, body: &Value) -> Fault {
        let words = words(body).unwrap_or_else(|| body.to_string());
        let code = code(body).unwrap_or_default();
        let has = |parts: &[&str]| parts.iter().any(|part| code.contains(part));
        // The library keeps an exception's words alone, not its class.
        let said = |parts: &[&str]| {
            let words = words.to_ascii_lowercase();
            self.sign_in.is_some() && parts.iter().any(|part| words.contains(part))
        };
        let (kind, retry) = if has(&["rate_limit", "429", "throttl"]) || said(&["throttl", "too many", "rate exceeded"])
        {
            (ModelErrorKind::RateLimited, Retry::Backoff)
        } else if has(&["authentication", "permission", "api_key", "billing", "401", "403"])
            || self.sign_in.is_some() && is_expired(&words)
        {
            (ModelErrorKind::Credentials, Retry::No)
        } else if has(&["not_found", "404"]) {
            (ModelErrorKind::NotFound, Retry::No)
        } else if has(&["invalid_request", "validation", "400", "context_length"]) {
            (ModelErrorKind::BadRequest, Retry::No)
        } else {
            (ModelErrorKind::Provider, Retry::Backoff)
        };
        let what = if code.is_empty() { words } else { format!("{code}: {words}") };
        self.fault(kind, &what, retry)
    }

    /// What to do about an error of this class.
    fn remedy(&self, kind: ModelErrorKind) -> String {
        let key = match &self.key_env {
            _ if self.sign_in.is_some() => self.sign_in.clone().unwrap_or_default(),
            Some(name) => format!("set {name} to a valid key, or name another variable with `key_env`"),
            None => "check the credentials of this provider, or name a variable with a key with `key_env`".into(),
        };
        match kind {
            ModelErrorKind::Credentials => key,
            ModelErrorKind::NotFound => {
                format!("check `model` ({}) and `endpoint` in the configuration", self.model)
            }
            ModelErrorKind::BadRequest => {
                "check `model` and `reasoning` in the configuration; a long conversation may have to start anew".into()
            }
            ModelErrorKind::RateLimited => "wait a little, then try again".into(),
            ModelErrorKind::Provider => "try again; if it goes on, look at the provider's status page".into(),
            ModelErrorKind::Network => "check the network and `endpoint` in the configuration, then try again".into(),
            ModelErrorKind::CutOff => {
                "try again; if it happens every time, check `endpoint` in the configuration".into()
            }
            ModelErrorKind::Malformed => "try again; if it happens every time, check `provider` and `endpoint`".into(),
            ModelErrorKind::Stalled => "try again, or allow a longer silence with `idle_timeout_s`".into(),
            ModelErrorKind::NotRecorded => "use a real model".into(),
        }
    }

    /// One line without secrets and control characters, of a bounded length.
    fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Longest first, so that no secret hides a part of another.
        let mut secrets: Vec<&String> = self.secrets.iter().filter(|secret| secret.len() >= 4).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            text = text.replace(secret.as_str(), "[hidden]");
        }
        // Cut last: half a secret would not be found.
        let line = plain(&text);
        match line.char_indices().nth(LONGEST_MESSAGE) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or("")),
            None => line,
        }
    }
}

/// One line without control characters.
/// AWS's words for credentials that have expired.
fn is_expired(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("token") && words.contains("expired")
}

fn plain(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.starts_with("<!") || line.to_ascii_lowercase().starts_with("<html") {
        return "the answer is an HTML page".into();
    }
    line
}

/// The deepest cause says what happened; those above it say what was being done.
fn root(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The provider's message, wherever its error body has it.
fn words(body: &Value) -> Option<String> {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error").unwrap_or(body);
    let found = [error.get("message"), body.get("message"), body.get("detail"), Some(error)];
    found.into_iter().flatten().find_map(Value::as_str).map(plain).filter(|text| !text.is_empty())
}

/// The provider's class of the error: all of `type`, `code` and `status` that is there.
fn code(body: &Value) -> Option<String> {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error").unwrap_or(body);
    let parts: Vec<String> = ["type", "code", "status"]
        .into_iter()
        .filter_map(|name| match error.get(name) {
            Some(Value::String(text)) => Some(text.to_ascii_lowercase()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// How long the provider asks to wait.
fn wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(milliseconds) = text("retry-after-ms").and_then(|text| text.parse::<u64>().ok()) {
        return Some(Duration::from_millis(milliseconds));
    }
    let text = text("retry-after")?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    // A date that has passed means now.
    Some(SystemTime::from(date).duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn speaker() -> Speaker {
        Speaker {
            model: "m-1".into(),
            place: "h.example".into(),
            key_env: Some("MY_KEY".into()),
            secrets: vec!["sk-verysecret".into(), "sk-verysecret-longer".into(), String::new()],
            sign_in: None,
        }
    }

    fn status(status: u16, body: &str, headers: &[(&'static str, &'static str)]) -> Fault {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        speaker().status(StatusCode::from_u16(status).unwrap(), body, &headers)
    }

    #[test]
    fn statuses_have_their_class_and_retry() {
        use ModelErrorKind::{BadRequest, Credentials, NotFound, Provider, RateLimited};
        for (code, kind, retry) in [
            (400, BadRequest, Retry::No),
            (401, Credentials, Retry::No),
            (402, Credentials, Retry::No),
            (403, Credentials, Retry::No),
            (404, NotFound, Retry::No),
            (408, Provider, Retry::Backoff),
            (413, BadRequest, Retry::No),
            (429, RateLimited, Retry::Backoff),
            (500, Provider, Retry::Backoff),
            (503, Provider, Retry::Backoff),
            (529, Provider, Retry::Backoff),
        ] {
            let fault = status(code, "", &[]);
            assert_eq!((fault.error.kind, fault.retry), (kind, retry), "{code}");
            assert!(fault.error.message.contains(&code.to_string()));
            assert!(!fault.error.remedy.is_empty());
        }
    }

    #[test]
    fn the_providers_wait_is_obeyed_when_it_is_bearable() {
        assert_eq!(status(429, "", &[("retry-after", "7")]).retry, Retry::After(Duration::from_secs(7)));
        assert_eq!(status(503, "", &[("retry-after-ms", "1500")]).retry, Retry::After(Duration::from_millis(1500)));
        assert_eq!(
            status(429, "", &[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]).retry,
            Retry::After(Duration::ZERO)
        );
        let long = status(429, "", &[("retry-after", "3600")]);
        assert_eq!(long.retry, Retry::No);
        assert!(long.error.remedy.contains("3600 s"), "{}", long.error.remedy);
        assert_eq!(status(500, "", &[("x-should-retry", "false")]).retry, Retry::No);
        assert_eq!(status(400, "", &[("retry-after", "7")]).retry, Retry::No);
        assert_eq!(status(429, r#"{"error":{"code":"insufficient_quota"}}"#, &[]).retry, Retry::No);
    }

    #[test]
    fn a_date_to_wait_for_is_measured_from_now() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 20);
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(wait(&headers, now), Some(Duration::from_secs(20)));
        headers.insert("retry-after", HeaderValue::from_static("soon"));
        assert_eq!(wait(&headers, now), None);
    }

    #[test]
    fn messages_are_one_clean_line_without_secrets() {
        let body = json!({"error": {"message": "key sk-verysecret-longer\n\u{1b}[31mis\u{7} wrong"}}).to_string();
        let fault = status(401, &body, &[]);
        assert_eq!(fault.error.message, "h.example: 401 Unauthorized: key [hidden] [31mis wrong");
        assert!(fault.error.remedy.contains("MY_KEY"));
        let long = status(400, &"x".repeat(5_000), &[]);
        assert!(long.error.message.chars().count() < 400);
        for before in 270..300 {
            let fault = status(401, &format!("{}sk-verysecret", "x".repeat(before)), &[]);
            assert!(!fault.error.message.contains("sk-"), "{}", fault.error.message);
        }
        assert!(status(502, "<!DOCTYPE html><html>…", &[]).error.message.ends_with("the answer is an HTML page"));
    }

    #[test]
    fn messages_are_found_in_every_common_shape() {
        for body in [
            r#"{"type":"error","error":{"type":"x","message":"found it"}}"#,
            r#"{"error":"found it"}"#,
            r#"{"message":"found it"}"#,
            r#"{"detail":"found it"}"#,
            r#"[{"error":{"code":400,"message":"found it"}}]"#,
            "found it",
        ] {
            assert!(status(400, body, &[]).error.message.ends_with(": found it"), "{body}");
        }
    }

    #[test]
    fn error_events_have_their_class() {
        for (body, kind) in [
            (json!({"type":"error","error":{"type":"overloaded_error","message":"m"}}), ModelErrorKind::Provider),
            (json!({"type":"error","error":{"type":"rate_limit_error","message":"m"}}), ModelErrorKind::RateLimited),
            (json!({"message":"m","type":"server_error","code":null}), ModelErrorKind::Provider),
            (json!({"message":"m","code":401}), ModelErrorKind::Credentials),
            (json!({"error":{"type":"invalid_request_error","message":"m"}}), ModelErrorKind::BadRequest),
            (json!("just words"), ModelErrorKind::Provider),
        ] {
            assert_eq!(speaker().event(&body).error.kind, kind, "{body}");
        }
    }
}
