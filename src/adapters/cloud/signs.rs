//! Whether credentials for AWS could be found on this machine, by names alone.
//!
//! Looks at variables, at whether files are there, and at what the machine says of itself; opens no file
//! of AWS, prints no value, speaks to nobody.

use std::{fs, path::Path};

/// Where the kernel says what the machine's firmware says of it.
pub const FIRMWARE: &str = "/sys/class/dmi/id";

/// Where credentials could come from, in words. `firmware` is [`FIRMWARE`].
pub fn signs(variable: &dyn Fn(&str) -> Option<String>, home: &Path, firmware: &Path) -> Vec<String> {
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
    if may_have_a_role(variable, firmware) {
        found.push("this machine's role, if it has one".to_owned());
    }
    found
}

/// The machine says that it is one of EC2, or a variable says where its metadata is. Elsewhere asking
/// for its role would only take time.
fn may_have_a_role(variable: &dyn Fn(&str) -> Option<String>, firmware: &Path) -> bool {
    if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        return false;
    }
    let word = |name: &str| fs::read_to_string(firmware.join(name)).unwrap_or_default();
    variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").is_some_and(|v| !v.is_empty())
        || word("sys_vendor").trim() == "Amazon EC2"
        || word("bios_version").contains("amazon")
        || word("board_asset_tag").starts_with("i-")
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
        let signs = |variable: &dyn Fn(&str) -> Option<String>, home: &Path| super::signs(variable, home, home);
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
    #[test]
    fn a_machine_of_ec2_says_so_unless_its_metadata_is_switched_off() {
        let none = |_: &str| None;
        for (file, text) in
            [("sys_vendor", "Amazon EC2\n"), ("bios_version", "4.11.amazon\n"), ("board_asset_tag", "i-0abc\n")]
        {
            let machine = tempfile::tempdir().unwrap();
            let found =
                |variable: &dyn Fn(&str) -> Option<String>| super::signs(variable, machine.path(), machine.path());
            fs::write(machine.path().join(file), "Other\n").unwrap();
            assert!(found(&none).is_empty(), "{file}");
            fs::write(machine.path().join(file), text).unwrap();
            assert_eq!(found(&none).len(), 1, "{file}");
            let off = |name: &str| (name == "AWS_EC2_METADATA_DISABLED").then(|| "True".to_owned());
            assert!(found(&off).is_empty(), "{file}");
        }
        let home = tempfile::tempdir().unwrap();
        let named =
            |name: &str| (name == "AWS_EC2_METADATA_SERVICE_ENDPOINT").then(|| "http://[fd00:ec2::254]".to_owned());
        assert_eq!(super::signs(&named, home.path(), home.path()).len(), 1);
    }
}
