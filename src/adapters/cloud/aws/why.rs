//! What went wrong, in one line, with what to do: AWS's many words for a few things.
//!
//! What always holds: a message is one line, bounded, without control characters, and what looks
//! like a secret is blanked out.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};

use crate::{
    domain::{policy::secrets, prose},
    ports::cloud::{CloudError, CloudErrorKind},
};

/// The most of AWS's own words.
const MOST: usize = 600;

/// Where a call was made.
#[derive(Clone, Copy)]
pub(super) struct Why<'a> {
    pub(super) call: &'a str,
    pub(super) region: &'a str,
    pub(super) profile: Option<&'a str>,
    /// Where it was asked, when not AWS itself.
    pub(super) endpoint: Option<&'a str>,
}

impl Why<'_> {
    /// An error of the SDK.
    pub(super) fn of<E, R>(self, error: SdkError<E, R>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        if let Some(service) = error.as_service_error() {
            let message = service.message().map_or_else(|| service.to_string(), str::to_owned);
            return self.answered(service.code().unwrap_or_default(), &message);
        }
        match &error {
            SdkError::TimeoutError(_) => self.say(CloudErrorKind::Network, "no answer in time"),
            SdkError::ResponseError(_) => {
                self.say(CloudErrorKind::Other, &format!("unreadable answer: {}", deepest(&error)))
            }
            _ => self.unsent(&error),
        }
    }

    /// A request that was not answered: no credentials, or no connection.
    pub(super) fn unsent(self, error: &(dyn Error + 'static)) -> CloudError {
        let (mut credentials, mut words) = (None, Vec::new());
        let mut at = Some(error);
        while let Some(error) = at {
            if let Some(found) = error.downcast_ref::<CredentialsError>() {
                credentials = Some(found);
            }
            words.push(error.to_string());
            at = error.source();
        }
        let deepest = words.last().cloned().unwrap_or_default();
        let all = words.join(": ").to_ascii_lowercase();
        match credentials {
            Some(_) if all.contains("expired") || all.contains("refresh") && all.contains("token") => {
                self.say(CloudErrorKind::Expired, &deepest)
            }
            // Where a profile was chosen, why it gives none is worth more than that it does not.
            Some(CredentialsError::CredentialsNotLoaded(_)) if self.profile.is_none() => {
                self.say(CloudErrorKind::NoCredentials, "no credentials were found")
            }
            Some(_) => self.say(CloudErrorKind::NoCredentials, &format!("no credentials: {deepest}")),
            // The region makes the host's name.
            None if all.contains("dns error") || all.contains("failed to lookup") => {
                self.say(CloudErrorKind::Network, "the host cannot be found")
            }
            None => self.say(CloudErrorKind::Network, &format!("no connection: {deepest}")),
        }
    }

    /// AWS answered with an error.
    pub(super) fn answered(self, code: &str, message: &str) -> CloudError {
        let kind = classify(code, message);
        let words = if message.trim().is_empty() { code } else { message };
        let said = self.say(kind, words);
        // Signed at another time than AWS's: no credentials help against that.
        if message.contains("Signature expired") || message.contains("Signature not yet current") {
            let remedy = "set this machine's clock (it is compared with AWS's), then try again".to_owned();
            return CloudError { kind: CloudErrorKind::Other, remedy, ..said };
        }
        said
    }

    /// An error with the remedy of its class.
    pub(super) fn say(self, kind: CloudErrorKind, words: &str) -> CloudError {
        let profile = self.profile.map(|p| format!(" as profile {p}")).unwrap_or_default();
        let message = format!("{} in {}{profile}: {}", self.call, self.region, tidy(words));
        CloudError { kind, message, remedy: self.remedy(kind) }
    }

    fn remedy(self, kind: CloudErrorKind) -> String {
        let of = self.profile.map(|p| format!(" --profile {p}")).unwrap_or_default();
        match kind {
            CloudErrorKind::NoCredentials => {
                let role = match self.profile {
                    Some(p) => format!(", look at the role or process that profile {p} names in ~/.aws/config"),
                    None => String::new(),
                };
                format!(
                    "sign in with `aws sso login{of}`, set keys with `aws configure{of}`{role}, or choose another profile"
                )
            }
            CloudErrorKind::Expired => {
                format!("sign in again with `aws sso login{of}`, or set new keys, then try again")
            }
            CloudErrorKind::Region => "choose another region, or have it enabled for the account".to_owned(),
            CloudErrorKind::Denied => format!("have {} permitted to this role, or choose another profile", self.call),
            CloudErrorKind::Throttled => "AWS takes no more requests at the moment; try again in a minute".to_owned(),
            CloudErrorKind::Network if self.endpoint.is_some() => {
                let at = tidy(self.endpoint.and_then(|at| at.split('?').next()).unwrap_or_default());
                format!("look whether {at} (AWS_ENDPOINT_URL or `aws.endpoint`) answers, then try again")
            }
            CloudErrorKind::Network => {
                format!(
                    "look at the connection and the proxy, and that the region {} exists; then try again",
                    self.region
                )
            }
            CloudErrorKind::NotFound => format!("look whether it is in this account and in {}", self.region),
            CloudErrorKind::Moved => "look again at what is there now, and decide anew".to_owned(),
            CloudErrorKind::Off => "build with the feature `aws`".to_owned(),
            CloudErrorKind::Invalid => "mend what AWS names, then try again".to_owned(),
            CloudErrorKind::Other => "try again; if it stays, AWS's status page may know more".to_owned(),
        }
    }
}

/// The class of an error by AWS's code for it.
pub(super) fn classify(code: &str, message: &str) -> CloudErrorKind {
    let code = code.strip_suffix("Exception").unwrap_or(code);
    let lower = message.to_ascii_lowercase();
    match code {
        "ExpiredToken" | "RequestExpired" | "TokenRefreshRequired" => CloudErrorKind::Expired,
        "InvalidSignature" if lower.contains("expired") => CloudErrorKind::Expired,
        "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidSignature"
        | "AuthFailure"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => CloudErrorKind::NoCredentials,
        "OptInRequired" | "PermanentRedirect" | "AuthorizationHeaderMalformed" => CloudErrorKind::Region,
        "AccessDenied"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "NotAuthorized"
        | "Forbidden"
        | "AllAccessDisabled" => CloudErrorKind::Denied,
        "Throttling"
        | "Throttled"
        | "ThrottledRequest"
        | "RequestThrottled"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "RequestThrottledFault" => CloudErrorKind::Throttled,
        "ChangeSetNotFound" | "NoSuchEntity" | "ResourceNotFound" | "StackNotFound" | "NoSuchBucket" | "NoSuchKey" => {
            CloudErrorKind::NotFound
        }
        "ValidationError" if lower.contains("does not exist") => CloudErrorKind::NotFound,
        "InternalFailure" | "InternalError" | "InternalServer" | "ServiceUnavailable" | "Service" | "" => {
            CloudErrorKind::Other
        }
        _ => CloudErrorKind::Invalid,
    }
}

/// One bounded line without secrets.
pub(super) fn tidy(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let redacted = secrets::redact(&line);
    let kept = redacted.get(..redacted.floor_char_boundary(MOST)).unwrap_or_default();
    let dots = if kept.len() < redacted.len() { "…" } else { "" };
    format!("{}{dots}", prose::clean(kept))
}

fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_told_from_awss_codes_and_has_a_remedy() {
        let why =
            Why { call: "cloudformation:DescribeStacks", region: "eu-west-1", profile: Some("dev"), endpoint: None };
        for (code, message, kind, remedy) in [
            (
                "ExpiredTokenException",
                "The security token included in the request is expired",
                CloudErrorKind::Expired,
                "aws sso login --profile dev",
            ),
            (
                "InvalidClientTokenId",
                "The security token is invalid",
                CloudErrorKind::NoCredentials,
                "aws configure --profile dev",
            ),
            ("AccessDeniedException", "ada is not authorized", CloudErrorKind::Denied, "cloudformation:DescribeStacks"),
            ("Throttling", "Rate exceeded", CloudErrorKind::Throttled, "a minute"),
            ("ValidationError", "Stack with id x does not exist", CloudErrorKind::NotFound, "eu-west-1"),
            ("ValidationError", "Template format error", CloudErrorKind::Invalid, "mend"),
            ("OptInRequired", "not subscribed", CloudErrorKind::Region, "region"),
            ("ChangeSetNotFoundException", "gone", CloudErrorKind::NotFound, "account"),
            ("InternalFailure", "", CloudErrorKind::Other, "again"),
            ("InvalidSignatureException", "Signature expired: 2020 is now earlier", CloudErrorKind::Other, "clock"),
        ] {
            let error = why.answered(code, message);
            assert_eq!(error.kind, kind, "{code}");
            assert!(error.remedy.contains(remedy), "{code}: {}", error.remedy);
            assert!(
                error.message.starts_with("cloudformation:DescribeStacks in eu-west-1 as profile dev: "),
                "{error}"
            );
        }
    }

    #[test]
    fn messages_are_one_clean_line_without_secrets() {
        let why = Why { call: "x", region: "r", profile: None, endpoint: None };
        let long = "a ".repeat(2000);
        let error = why.answered("ValidationError", &format!("key AKIAIOSFODNN7EXAMPLE\n\u{1b}[2J{long}"));
        assert!(
            !error.message.contains("AKIAIOSFODNN7EXAMPLE") && !error.message.contains(['\n', '\u{1b}']),
            "{error}"
        );
        assert!(error.message.len() < 700, "{}", error.message.len());
    }
}
