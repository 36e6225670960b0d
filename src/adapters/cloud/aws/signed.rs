//! The few calls of services whose SDK would be compiled for one call each: signed by hand.
//!
//! What always holds: an answer is bounded in size and time; a redirect is not followed, since the
//! signature is for one host; credentials are asked of the chain anew before they expire.

use std::{
    env,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use backon::{ExponentialBuilder, Retryable};
use futures_util::StreamExt;
use reqwest::{Client, Method, Url, redirect::Policy};
use tokio::sync::OnceCell;

use super::why::Why;
use crate::ports::cloud::{CloudError, CloudErrorKind};

/// The most of an answer, in bytes.
const MOST: usize = 16 << 20;
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(30);
/// Credentials are renewed this long before they end.
const EARLY: Duration = Duration::from_secs(60);
/// Those without an end are asked for again after this.
const KEEP: Duration = Duration::from_secs(900);

/// A service: its name in a signature, in a host, and in the variable that names another endpoint.
pub(super) struct Service {
    sign: &'static str,
    host: &'static str,
    variable: &'static str,
}

pub(super) const LOGS: Service = Service { sign: "logs", host: "logs", variable: "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS" };
pub(super) const S3: Service = Service { sign: "s3", host: "s3", variable: "AWS_ENDPOINT_URL_S3" };
pub(super) const ANALYZER: Service =
    Service { sign: "access-analyzer", host: "access-analyzer", variable: "AWS_ENDPOINT_URL_ACCESSANALYZER" };

/// One request. It may be sent more than once: none of these has an effect that adds up.
pub(super) struct Request<'a> {
    pub(super) service: &'a Service,
    /// For messages: `logs:FilterLogEvents`.
    pub(super) call: &'static str,
    pub(super) method: &'static str,
    /// With its query.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

/// Signs and sends.
pub(super) struct Signed {
    provider: Option<SharedCredentialsProvider>,
    kept: Mutex<Option<(Credentials, SystemTime)>>,
    client: OnceCell<Client>,
    /// Said by the settings, and else by the environment or the profile.
    endpoint: Option<String>,
    fallback: Option<String>,
    region: String,
    profile: Option<String>,
}

impl Signed {
    pub(super) fn new(sdk: &SdkConfig, endpoint: Option<String>, region: String, profile: Option<String>) -> Self {
        Self {
            provider: sdk.credentials_provider(),
            kept: Mutex::default(),
            client: OnceCell::new(),
            endpoint,
            fallback: sdk.endpoint_url().map(str::to_owned),
            region,
            profile,
        }
    }

    /// The URL that a service has.
    pub(super) fn base(&self, service: &Service) -> String {
        let said = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
        let other = self.endpoint.clone().or_else(|| said(service.variable)).or_else(|| self.fallback.clone());
        let url = other.unwrap_or_else(|| {
            let china = if self.region.starts_with("cn-") { ".cn" } else { "" };
            format!("https://{}.{}.amazonaws.com{china}", service.host, self.region)
        });
        url.trim_end_matches('/').to_owned()
    }

    /// Sends, and gives the body of a good answer.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Vec<u8>, CloudError> {
        self.send_coded(request).await.map_err(|(_, error)| error)
    }

    /// The same, with AWS's own code of an error.
    pub(super) async fn send_coded(&self, request: &Request<'_>) -> Result<Vec<u8>, (String, CloudError)> {
        let again = |e: &(String, CloudError)| matches!(e.1.kind, CloudErrorKind::Throttled | CloudErrorKind::Network);
        let waits = ExponentialBuilder::default().with_min_delay(Duration::from_millis(300)).with_max_times(3);
        (|| self.once(request)).retry(waits).when(again).await
    }

    fn why<'a>(&'a self, call: &'a str) -> Why<'a> {
        let endpoint = self.endpoint.as_deref().or(self.fallback.as_deref());
        Why { call, region: &self.region, profile: self.profile.as_deref(), endpoint }
    }

    async fn once(&self, request: &Request<'_>) -> Result<Vec<u8>, (String, CloudError)> {
        let why = || self.why(request.call);
        let plain = |e: CloudError| (String::new(), e);
        let wrong = |words: String| plain(why().say(CloudErrorKind::Other, &words));
        let url = Url::parse(&format!("{}{}", self.base(request.service), request.path))
            .map_err(|e| wrong(format!("the endpoint is no URL: {e}")))?;
        let credentials = self.credentials(request.call).await.map_err(plain)?;
        let headers = self.headers(request, &url, credentials).map_err(|e| wrong(format!("not signed: {e}")))?;
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|e| wrong(e.to_string()))?;
        let client = self.client.get_or_try_init(client).await.map_err(wrong)?;
        let mut sending = client.request(method, url).body(request.body.clone());
        for (name, value) in headers {
            sending = sending.header(name, value);
        }
        let answer = sending.send().await.map_err(|e| plain(why().unsent(&e)))?;
        let (status, code) = (answer.status(), answer.headers().get("x-amzn-errortype").cloned());
        let body = body(answer).await.map_err(|e| plain(why().say(CloudErrorKind::Network, &e)))?;
        if status.is_success() {
            return Ok(body);
        }
        let code = code.as_ref().and_then(|c| c.to_str().ok()).map(str::to_owned);
        let (code, message) = read_error(code, &body);
        let error = match status.as_u16() {
            429 | 503 => {
                why().say(CloudErrorKind::Throttled, if message.is_empty() { "too many requests" } else { &message })
            }
            _ if code.is_empty() => why().say(CloudErrorKind::Other, &format!("answered {status}")),
            _ => why().answered(&code, &message),
        };
        Err((code, error))
    }

    async fn credentials(&self, call: &'static str) -> Result<Credentials, CloudError> {
        let now = SystemTime::now();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((credentials, until)) = kept
            && now < until
        {
            return Ok(credentials);
        }
        let Some(provider) = &self.provider else {
            return Err(self.why(call).say(CloudErrorKind::NoCredentials, "no credentials were found"));
        };
        let fresh = provider.provide_credentials().await.map_err(|e| self.why(call).unsent(&e))?;
        let until = fresh.expiry().and_then(|end| end.checked_sub(EARLY)).unwrap_or(now + KEEP);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((fresh.clone(), until));
        Ok(fresh)
    }

    fn headers(
        &self,
        request: &Request<'_>,
        url: &Url,
        credentials: Credentials,
    ) -> Result<Vec<(String, String)>, String> {
        let mut settings = SigningSettings::default();
        if request.service.sign == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(request.service.sign)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|e| e.to_string())?
            .into();
        let own = request.headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new(request.method, url.as_str(), own, SignableBody::Bytes(&request.body))
            .map_err(|e| e.to_string())?;
        let (instructions, _) = sign(signable, &parameters).map_err(|e| e.to_string())?.into_parts();
        let signed = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(request.headers.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).chain(signed).collect())
    }
}

/// Making it reads the system's certificates, which is not for the caller's thread.
async fn client() -> Result<Client, String> {
    let make = || {
        Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ATTEMPT)
            .redirect(Policy::none())
            .referer(false)
            .user_agent(concat!("kiro-tui/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| e.to_string())
    };
    tokio::task::spawn_blocking(make).await.map_err(|e| e.to_string())?
}

async fn body(answer: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut chunks = answer.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(|e| format!("the answer was cut off: {}", e.without_url()))?);
        if body.len() > MOST {
            return Err(format!("the answer is longer than {MOST} bytes"));
        }
    }
    Ok(body)
}

/// AWS's code and words for an error, from JSON or XML.
fn read_error(header: Option<String>, body: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |names: &[&str]| names.iter().find_map(|n| json.get(*n)?.as_str()).map(str::to_owned);
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.to_owned())
    };
    let code = header.or_else(|| field(&["__type", "code", "Code"])).or_else(|| tag("Code")).unwrap_or_default();
    // `com.amazonaws.logs#ResourceNotFoundException:http://…`
    let code = code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
    (code, field(&["message", "Message", "errorMessage"]).or_else(|| tag("Message")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_in_each_of_awss_ways() {
        let json = br#"{"__type":"com.amazonaws.logs#ResourceNotFoundException","message":"no such group"}"#;
        assert_eq!(read_error(None, json), ("ResourceNotFoundException".into(), "no such group".into()));
        let xml = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        assert_eq!(read_error(None, xml), ("AccessDenied".into(), "Access Denied".into()));
        let header = Some("ValidationException:http://internal".to_owned());
        assert_eq!(read_error(header, b"{\"Message\":\"m\"}"), ("ValidationException".into(), "m".into()));
        assert_eq!(read_error(None, b"<html>"), (String::new(), String::new()));
    }
}
