//! AWS: whether credentials could be found. Opens no credentials file beyond looking whether it is
//! there, and speaks to nobody.

use std::{fs, path::PathBuf};

use super::Check;
use crate::{app::settings::Environment, config::Settings, ports::shell::Shell};

/// Looks; what is missing matters only where AWS is used.
pub(super) fn look(env: &Environment, settings: Option<&Settings>, shell: &dyn Shell, all: &mut Vec<Check>) {
    const NAME: &str = "aws";
    let bedrock = settings.is_some_and(|s| s.model.provider.starts_with("bedrock"));
    let wanted = bedrock || settings.is_some_and(|s| s.spec.aws);
    let found = sources(env);
    let why = if bedrock { "the model is at Bedrock" } else { "spec.aws is on" };
    all.push(match (found.is_empty(), wanted) {
        (false, _) => Check::ok(NAME, format!("{} (not tried: no network)", found.join(", "))),
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
            None if wanted && !config_file(env).is_file() => {
                all.push(Check::warn("aws region", "none is set", "set AWS_REGION, or a region in ~/.aws/config"));
            }
            None => {}
        }
    }
    if wanted && !shell.has("aws") {
        all.push(Check::warn("aws cli", "the `aws` program is not on the path", "install it to sign in with SSO"));
    }
}

fn config_file(env: &Environment) -> PathBuf {
    env.get("AWS_CONFIG_FILE").map_or_else(|| env.places.home.join(".aws/config"), PathBuf::from)
}

/// Where credentials could come from, named without a value.
fn sources(env: &Environment) -> Vec<String> {
    let mut found = Vec::new();
    if env.get("AWS_ACCESS_KEY_ID").is_some() && env.get("AWS_SECRET_ACCESS_KEY").is_some() {
        let kind = if env.get("AWS_SESSION_TOKEN").is_some() { "temporary keys" } else { "keys" };
        found.push(format!("{kind} in the environment"));
    }
    if env.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
        found.push("a web identity".to_owned());
    }
    if env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
        || env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some()
    {
        found.push("a container's role".to_owned());
    }
    let home = &env.places.home;
    let credentials =
        env.get("AWS_SHARED_CREDENTIALS_FILE").map_or_else(|| home.join(".aws/credentials"), PathBuf::from);
    let profile = env.get("AWS_PROFILE");
    if let Some(name) = &profile {
        found.push(format!("profile `{name}`"));
    }
    if credentials.is_file() {
        found.push("a credentials file".to_owned());
    }
    let cached = |path: &PathBuf| fs::read_dir(path).is_ok_and(|mut d| d.next().is_some());
    if cached(&home.join(".aws/sso/cache")) {
        found.push("an SSO sign-in (perhaps expired)".to_owned());
    }
    found
}
