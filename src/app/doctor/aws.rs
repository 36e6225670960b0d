//! AWS: whether credentials could be found and, where the network is permitted, who they are. Without
//! that it opens no file of AWS beyond looking whether it is there, and speaks to nobody.

use std::path::Path;

use super::Check;
use crate::{
    adapters::cloud::{FIRMWARE, has_config, signs},
    app::settings::{self, Environment},
    config::Settings,
    domain::brief,
    ports::{
        cloud::{CloudError, CloudErrorKind},
        shell::Shell,
    },
};

/// Looks; what is missing matters only where AWS is used. With `network` AWS is asked who we are.
pub(super) fn look(
    env: &Environment,
    settings: Option<&Settings>,
    shell: &dyn Shell,
    network: bool,
    all: &mut Vec<Check>,
) {
    const NAME: &str = "aws";
    let bedrock = settings.is_some_and(|s| s.model.provider.starts_with("bedrock"));
    let wanted = bedrock || settings.is_some_and(|s| s.spec.aws);
    let variable = |name: &str| env.get(name);
    let found = signs(&variable, &env.places.home, Path::new(FIRMWARE));
    let why = if bedrock { "the model is at Bedrock" } else { "spec.aws is on" };
    all.push(match (found.is_empty(), wanted) {
        (false, _) if network => Check::ok(NAME, found.join(", ")),
        (false, _) => Check::ok(NAME, format!("{} (not tried; --network does)", found.join(", "))),
        (true, true) => {
            let remedy = "run `aws sso login` or `aws configure`, or set AWS_PROFILE";
            Check::warn(NAME, format!("no credentials were found, and {why}"), remedy)
        }
        (true, false) => Check::ok(NAME, "no credentials, and none are needed"),
    });
    if !found.is_empty() {
        let region = env.get("AWS_REGION").or_else(|| env.get("AWS_DEFAULT_REGION"));
        match region {
            Some(region) => all.push(Check::ok("aws region", region)),
            None if wanted && !has_config(&variable, &env.places.home) => {
                all.push(Check::warn("aws region", "none is set", "set AWS_REGION, or a region in ~/.aws/config"));
            }
            None => {}
        }
    }
    // Not every machine that has a role says so: with the network it is looked for all the same.
    if let (true, true, Some(settings)) = (network, wanted || !found.is_empty(), settings) {
        all.push(identity(settings, wanted));
    }
    if wanted && !shell.has("aws") {
        all.push(Check::warn("aws cli", "the `aws` program is not on the path", "install it to sign in with SSO"));
    }
}

/// Who the credentials are, as AWS says.
fn identity(settings: &Settings, wanted: bool) -> Check {
    const NAME: &str = "aws identity";
    let failed = |error: CloudError| match error.kind {
        // Nobody has to be somebody.
        CloudErrorKind::NoCredentials | CloudErrorKind::Off if !wanted => Check::ok(NAME, error.message),
        _ => Check::warn(NAME, error.message, error.remedy),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return Check::warn(NAME, format!("AWS cannot be asked: {e}"), "try again"),
    };
    match runtime.block_on(settings::cloud(settings).identity()) {
        Ok(account) => Check::ok(NAME, format!("{}  {}", brief::place(&account), account.arn)),
        Err(error) => failed(error),
    }
}
