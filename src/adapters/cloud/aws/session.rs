//! One identity in one region, with its clients. Made at the first call, and anew after a switch.

use std::{env, time::Duration};

use aws_config::{
    AppName, Region, SdkConfig, default_provider::region::DefaultRegionChain, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use tokio::sync::OnceCell;

use super::{profiles, signed::Signed, why::Why};
use crate::{
    domain::cloud::{Account, Place},
    ports::cloud::{CloudError, CloudErrorKind},
};

/// How often a reading request is sent at most; the waits in between double.
const TRIES: u32 = 4;
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(30);
const OPERATION: Duration = Duration::from_secs(75);
/// Finding out the region may ask the machine's own metadata service, which may not be there.
const LOAD: Duration = Duration::from_secs(15);

/// The clients of one identity.
pub(super) struct Session {
    pub(super) cfn: aws_sdk_cloudformation::Client,
    pub(super) iam: aws_sdk_iam::Client,
    pub(super) lambda: aws_sdk_lambda::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) signed: Signed,
    pub(super) region: String,
    pub(super) profile: Option<String>,
    /// Where it is asked, when not AWS itself.
    endpoint: Option<String>,
    /// The same for what has an effect: sent once.
    pub(super) once: Once,
    account: OnceCell<Account>,
}

/// Clients that send a request once.
pub(super) struct Once {
    pub(super) cfn: aws_sdk_cloudformation::Client,
    /// With patience for a function that runs as long as it may.
    pub(super) lambda: aws_sdk_lambda::Client,
}

/// A profile that was chosen has to be in the files; the words of the SDK would not say that it is not.
async fn is_there(profile: &str) -> Result<(), CloudError> {
    let known: Vec<String> = profiles::read().await?.into_iter().map(|p| p.name).collect();
    if known.iter().any(|name| name == profile) {
        return Ok(());
    }
    let has = match known.as_slice() {
        [] => "there are no profiles there".to_owned(),
        [..] => format!("there are: {}", known.join(", ")),
    };
    Err(CloudError::new(
        CloudErrorKind::NoCredentials,
        format!("there is no profile {profile} in ~/.aws/config or ~/.aws/credentials"),
        format!("choose another profile, or add it with `aws configure --profile {profile}`; {has}"),
    ))
}

impl Session {
    pub(super) async fn open(place: Place, endpoint: Option<String>) -> Result<std::sync::Arc<Self>, CloudError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(OPERATION)
            .build();
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .timeout_config(timeouts);
        if let Ok(name) = AppName::new("kiro-tui") {
            loader = loader.app_name(name);
        }
        if let Some(profile) = &place.profile {
            is_there(profile).await?;
            // Chosen by name, it goes before keys in the environment, which the chain would take first. A role
            // is assumed in a region.
            let region = match &place.region {
                Some(region) => Some(Region::new(region.clone())),
                None => DefaultRegionChain::builder().profile_name(profile).build().region().await,
            };
            let provider = ProfileFileCredentialsProvider::builder()
                .configure(&ProviderConfig::default().with_region(region))
                .profile_name(profile)
                .build();
            loader = loader.profile_name(profile).credentials_provider(provider);
        }
        if let Some(region) = &place.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &endpoint {
            loader = loader.endpoint_url(url);
        }
        let variable = |name: &str| env::var(name).ok().filter(|v| !v.is_empty());
        // Keys in the environment are who we are, whatever profile it names beside them.
        let named = || variable("AWS_PROFILE").filter(|_| variable("AWS_ACCESS_KEY_ID").is_none());
        let profile = place.profile.or_else(named);
        let sdk: SdkConfig = tokio::time::timeout(LOAD, loader.load()).await.map_err(|_| {
            let why = format!("AWS's settings could not be read within {} s", LOAD.as_secs());
            CloudError::new(CloudErrorKind::Network, why, "set the region with `aws.region` or AWS_REGION")
        })?;
        // A variable that is set to nothing is a region to the library.
        let Some(region) = sdk.region().map(ToString::to_string).filter(|region| !region.trim().is_empty()) else {
            let whose = profile.as_ref().map(|p| format!(" for profile {p}")).unwrap_or_default();
            return Err(CloudError::new(
                CloudErrorKind::Region,
                format!("no AWS region is set{whose}"),
                "set `aws.region`, AWS_REGION, or a region in the profile",
            ));
        };
        let once = sdk.to_builder().retry_config(RetryConfig::disabled()).build();
        let patient = once.to_builder().timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build());
        let patient = aws_sdk_lambda::config::Builder::from(&patient.build())
            .stalled_stream_protection(aws_sdk_lambda::config::StalledStreamProtectionConfig::disabled())
            .build();
        Ok(std::sync::Arc::new(Self {
            cfn: aws_sdk_cloudformation::Client::new(&sdk),
            iam: aws_sdk_iam::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            sts: aws_sdk_sts::Client::new(&sdk),
            signed: Signed::new(&sdk, endpoint.clone(), region.clone(), profile.clone()),
            endpoint: endpoint.or_else(|| sdk.endpoint_url().map(str::to_owned)),
            once: Once {
                cfn: aws_sdk_cloudformation::Client::new(&once),
                lambda: aws_sdk_lambda::Client::from_conf(patient),
            },
            region,
            profile,
            account: OnceCell::new(),
        }))
    }

    /// Words for a failure of this session.
    pub(super) fn why(&self, call: &'static str) -> Why<'_> {
        Why { call, region: &self.region, profile: self.profile.as_deref(), endpoint: self.endpoint.as_deref() }
    }

    /// Who we are; asked once.
    pub(super) async fn identity(&self) -> Result<Account, CloudError> {
        self.account.get_or_try_init(|| self.identity_now()).await.cloned()
    }

    /// Who we are now.
    pub(super) async fn identity_now(&self) -> Result<Account, CloudError> {
        let who = self.sts.get_caller_identity().send().await.map_err(|e| self.why("sts:GetCallerIdentity").of(e))?;
        Ok(Account {
            id: who.account.unwrap_or_default(),
            arn: without_session(&who.arn.unwrap_or_default()),
            region: self.region.clone(),
            profile: self.profile.clone(),
        })
    }
}

/// The role without the session's name, which is another after every login.
fn without_session(arn: &str) -> String {
    match arn.split_once(":assumed-role/") {
        Some((head, role)) => {
            let role = role.rsplit_once('/').map_or(role, |(role, _)| role);
            format!("{head}:assumed-role/{role}")
        }
        None => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_the_same_after_the_next_login() {
        for (given, kept) in [
            ("arn:aws:sts::1:assumed-role/Admin/ada", "arn:aws:sts::1:assumed-role/Admin"),
            ("arn:aws:iam::1:user/team/ada", "arn:aws:iam::1:user/team/ada"),
            ("arn:aws:iam::1:root", "arn:aws:iam::1:root"),
        ] {
            assert_eq!(without_session(given), kept);
        }
    }
}
