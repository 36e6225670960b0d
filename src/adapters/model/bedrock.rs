//! Where Bedrock is asked and as whom, by AWS's own settings, as everything else of AWS is.
//!
//! Reads the environment and the files of AWS; it asks nobody but, for a region, the machine itself.
//! Always holds: what would be signed as somebody else, or for elsewhere, than the settings say is an
//! error and not a request.

use std::{env, time::Duration};

use aws_types::service_config::ServiceConfigKey;

use super::config::ModelConfig;
use crate::ports::model::{ModelError, ModelErrorKind};

/// Finding out the region may ask the machine's own metadata service, which may not be there.
const LOAD: Duration = Duration::from_secs(15);

/// What to do about credentials.
pub(super) fn sign_in(profile: Option<&str>) -> String {
    let of = profile.map(|p| format!(" --profile {p}")).unwrap_or_default();
    format!(
        "sign in with `aws sso login{of}`, or set new keys; the role needs bedrock:InvokeModelWithResponseStream, and the \
         account access to the model"
    )
}

fn wrong(kind: ModelErrorKind, message: String, remedy: String) -> ModelError {
    ModelError { kind, message, remedy }
}

/// The URL that the settings of AWS name for it; none for AWS's own.
///
/// # Errors
/// When they name another identity or region than the settings of this program.
pub(super) async fn endpoint(config: &ModelConfig) -> Result<Option<String>, ModelError> {
    let keys = env::var("AWS_ACCESS_KEY_ID").is_ok_and(|key| !key.is_empty());
    if let Some(profile) = config.profile.as_ref().filter(|_| keys) {
        return Err(wrong(
            ModelErrorKind::Credentials,
            format!("Bedrock would be asked with the keys in the environment and not as profile {profile}"),
            "unset AWS_ACCESS_KEY_ID, or take `aws.profile` away".to_owned(),
        ));
    }
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    let sdk = tokio::time::timeout(LOAD, loader.load()).await.map_err(|_| {
        let why = format!("AWS's settings could not be read within {} s", LOAD.as_secs());
        wrong(ModelErrorKind::Network, why, "set the region with AWS_REGION".to_owned())
    })?;
    let signed = sdk.region().map(ToString::to_string);
    if let Some(wanted) = config.region.as_ref().filter(|wanted| signed.as_ref() != Some(wanted)) {
        let signed = signed.map_or_else(|| "no region".to_owned(), |region| format!("region {region}"));
        return Err(wrong(
            ModelErrorKind::BadRequest,
            format!("AWS's own settings say {signed} for the model, and aws.region is {wanted}"),
            format!("set AWS_REGION={wanted}, or the region of the profile"),
        ));
    }
    let key = ServiceConfigKey::builder().service_id("Bedrock Runtime").profile("endpoint_url").env("AWS_ENDPOINT_URL");
    let named = key.build().ok().and_then(|key| sdk.service_config()?.load_config(key));
    Ok(named.or_else(|| sdk.endpoint_url().map(str::to_owned)))
}
