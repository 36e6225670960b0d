//! Whether credentials for AWS could be found on this machine, by names alone.
//!
//! Looks at variables and at whether files are there; opens none, prints no value, speaks to nobody.

use std::{fs, path::Path};

/// Where credentials could come from, in words.
pub fn signs(variable: &dyn Fn(&str) -> Option<String>, home: &Path) -> Vec<String> {
    let set = |name: &str| variable(name).is_some_and(|v| !v.is_empty());
    let mut found = Vec::new();
    if set("AWS_ACCESS_KEY_ID") && set("AWS_SECRET_ACCESS_KEY") {
        let kind = if set("AWS_SESSION_TOKEN") { "temporary keys" } else { "keys" };
        found.push(format!("{kind} in the environment"));
    }
    if set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        found.push("a web identity".to_owned());
    }
    if set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
        found.push("a container's role".to_owned());
    }
    if let Some(name) = variable("AWS_PROFILE").filter(|v| !v.is_empty()) {
        found.push(format!("profile `{name}`"));
    }
    if is_there(variable, home, "AWS_SHARED_CREDENTIALS_FILE", "credentials") {
        found.push("a credentials file".to_owned());
    }
    let cached = |path: &Path| fs::read_dir(path).is_ok_and(|mut d| d.next().is_some());
    if cached(&home.join(".aws/sso/cache")) {
        found.push("an SSO sign-in (perhaps expired)".to_owned());
    }
    found
}

/// There is a file of settings, which may name profiles.
pub fn has_config(variable: &dyn Fn(&str) -> Option<String>, home: &Path) -> bool {
    is_there(variable, home, "AWS_CONFIG_FILE", "config")
}

fn is_there(variable: &dyn Fn(&str) -> Option<String>, home: &Path, named: &str, usual: &str) -> bool {
    match variable(named).filter(|v| !v.is_empty()) {
        Some(path) => Path::new(&path).is_file(),
        None => home.join(".aws").join(usual).is_file(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_files_are_signs_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        let none = |_: &str| None;
        assert!(signs(&none, home.path()).is_empty() && !has_config(&none, home.path()));
        let half = |name: &str| (name == "AWS_ACCESS_KEY_ID").then(|| "A".to_owned());
        assert!(signs(&half, home.path()).is_empty(), "half a key is none");
        let empty = |_: &str| Some(String::new());
        assert!(signs(&empty, home.path()).is_empty(), "an empty variable is none");
        for name in ["AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            let one = |asked: &str| (asked == name).then(|| "x".to_owned());
            assert_eq!(signs(&one, home.path()).len(), 1, "{name}");
        }
        fs::create_dir_all(home.path().join(".aws/sso/cache")).unwrap();
        assert!(signs(&none, home.path()).is_empty(), "an empty folder is none");
        fs::write(home.path().join(".aws/config"), "").unwrap();
        assert!(has_config(&none, home.path()));
        fs::write(home.path().join(".aws/credentials"), "").unwrap();
        fs::write(home.path().join(".aws/sso/cache/token.json"), "").unwrap();
        assert_eq!(signs(&none, home.path()).len(), 2);
        let elsewhere = |name: &str| (name == "AWS_CONFIG_FILE").then(|| "/no/such/file".to_owned());
        assert!(!has_config(&elsewhere, home.path()));
    }
}
