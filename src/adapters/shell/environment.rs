//! The environment a command gets: the developer's, without what opens doors.
//!
//! Credentials are recognised by name and by value. What this cannot recognise gets through: it is
//! a net below the approval of each command, not a wall.

use std::ffi::OsString;

use crate::domain::policy::secrets;

/// Parts of a name that speak of credentials.
const TELLING: &[&str] =
    &["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "AUTH", "COOKIE", "_PAT", "_PSK"];

/// Beginnings of names that belong to cloud and model accounts, and to this program.
const ACCOUNTS: &[&str] =
    &["AWS_", "ANTHROPIC_", "OPENAI_", "AZURE_", "GOOGLE_", "GCP_", "GEMINI_", "GH_", "HF_", "KIRO_"];

/// What would make a shell or git do something else than the command says.
const DIVERTING: &[&str] = &[
    "ENV",
    "BASH_ENV",
    "PROMPT_COMMAND",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
];

/// Set for every command: no colours, pager or questions.
const SET: &[(&str, &str)] = &[
    ("NO_COLOR", "1"),
    ("TERM", "dumb"),
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // `git status` would else try to write the index, which lies outside of the sandbox.
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_EDITOR", "true"),
    ("EDITOR", "true"),
    ("CI", "1"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("npm_config_update_notifier", "false"),
    ("npm_config_fund", "false"),
    ("PYTHONUNBUFFERED", "1"),
];

/// The variables a command gets, made from `given`.
pub fn scrubbed(given: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let mut kept: Vec<(OsString, OsString)> = given
        .into_iter()
        .filter(|(name, value)| match (name.to_str(), value.to_str()) {
            (Some(name), Some(value)) => !is_secret(name, value),
            (Some(name), None) => !is_secret(name, ""),
            (None, _) => false,
        })
        .filter(|(name, _)| !SET.iter().any(|(set, _)| name == set))
        .collect();
    kept.extend(SET.iter().map(|(name, value)| (name.into(), value.into())));
    kept
}

/// The variables of the AWS account among `given`.
pub fn account(given: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    given.into_iter().filter(|(name, _)| name.to_str().is_some_and(|n| n.starts_with("AWS_"))).collect()
}

fn is_secret(name: &str, value: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    TELLING.iter().any(|part| upper.contains(part))
        || ACCOUNTS.iter().any(|start| upper.starts_with(start))
        || DIVERTING.contains(&upper.as_str())
        || secrets::contains(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_behind_and_the_rest_goes_along() {
        let given = [
            ("PATH", "/usr/bin"),
            ("HOME", "/home/ada"),
            ("LANG", "C.UTF-8"),
            ("CARGO_HOME", "/home/ada/.cargo"),
            ("TERM", "xterm-256color"),
            ("ANTHROPIC_API_KEY", "x"),
            ("AWS_PROFILE", "prod"),
            ("npm_config__authToken", "x"),
            ("MY_DB_PASSWORD", "x"),
            ("SSH_AUTH_SOCK", "/tmp/agent"),
            ("DATABASE_URL", "postgres://ada:hunter2@db/prod"),
            ("HARMLESS", "ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
            ("GIT_DIR", "/elsewhere"),
            ("BASH_ENV", "/tmp/x.sh"),
        ];
        let env = scrubbed(given.map(|(n, v)| (n.into(), v.into())));
        let get = |name: &str| env.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect::<Vec<_>>();
        for kept in ["PATH", "HOME", "LANG", "CARGO_HOME"] {
            assert_eq!(get(kept).len(), 1, "{kept}");
        }
        assert_eq!(get("TERM"), ["dumb"]);
        for gone in &given[5..] {
            assert!(get(gone.0).is_empty(), "{}", gone.0);
        }
    }
}
