//! Names whose value is a secret: the one list, for texts, templates and what an account tells.
//!
//! A name alone decides nothing about its value: who asks looks at that too.

/// Names as they stand in `name=value`, in lower case without what is no letter or digit.
pub const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secretkey",
    "apikey",
    "accesskey",
    "secretaccesskey",
    "clientsecret",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "sessiontoken",
    "privatekey",
    "token",
];

/// Parts that tell wherever they stand in the name of a property, a parameter or a variable.
const PARTS: &[&str] =
    &["password", "passwd", "passphrase", "secret", "apikey", "privatekey", "accesskey", "authtoken", "credential"];

/// Ends of names that say where the secret lies, or how it is made, and not what it is.
const ABOUT: &[&str] = &["arn", "name", "id", "ref", "path", "file", "url", "uri", "endpoint", "length", "policy"];

/// True for the name of a property, a parameter or a variable whose value is a secret: `DB_PASSWORD`,
/// `SLACK_TOKEN`, `MasterUserPassword`; false for `SECRET_ARN`.
pub fn is_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let word = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
    let ends = |n: &&str| word == **n || (n.len() > 4 && plain.ends_with(*n));
    (PARTS.iter().any(|part| plain.contains(part)) || NAMES.iter().any(ends))
        && !ABOUT.iter().any(|end| plain.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_those_of_what_is_about_one() {
        for name in [
            "DB_PASSWORD",
            "SLACK_TOKEN",
            "API_TOKEN",
            "Token",
            "apiKey",
            "API_KEY",
            "MasterUserPassword",
            "AuthToken",
            "SecretString",
            "db-pwd",
            "ClientSecret",
            "AWS_SECRET_ACCESS_KEY",
            "githubToken",
            "SECRET_VALUE",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "SECRET_ARN",
            "SecretId",
            "PASSWORD_FILE",
            "AWS_ACCESS_KEY_ID",
            "TOKEN_URL",
            "MAX_TOKENS",
            "Tokenizer",
            "SecretName",
            "PasswordLength",
            "TABLE",
            "PWDR",
            "",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
