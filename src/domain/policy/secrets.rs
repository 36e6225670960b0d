//! Finds what looks like a secret in text, so that logs, prompts and commands do without it.
//!
//! Knows the fixed shapes of common keys and tokens, private key blocks, and values that are given
//! to names such as `password`. It cannot know every secret; nothing relies on it alone.

use std::borrow::Cow;

/// A secret in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Byte offset of its first byte.
    pub start: usize,
    /// Byte offset after its last.
    pub end: usize,
    /// What it looks like, in a word or two.
    pub kind: &'static str,
}

/// Tokens by how they begin: prefix, least number of characters after it, kind.
const PREFIXES: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "aws-key-id"),
    ("ASIA", 16, "aws-key-id"),
    ("github_pat_", 30, "github-token"),
    ("ghp_", 30, "github-token"),
    ("gho_", 30, "github-token"),
    ("ghu_", 30, "github-token"),
    ("ghs_", 30, "github-token"),
    ("ghr_", 30, "github-token"),
    ("glpat-", 20, "gitlab-token"),
    ("sk-ant-", 20, "api-key"),
    ("sk-proj-", 20, "api-key"),
    ("sk-", 32, "api-key"),
    ("sk_live_", 16, "api-key"),
    ("rk_live_", 16, "api-key"),
    ("xoxb-", 16, "slack-token"),
    ("xoxp-", 16, "slack-token"),
    ("xoxa-", 16, "slack-token"),
    ("xoxr-", 16, "slack-token"),
    ("xoxs-", 16, "slack-token"),
    ("xapp-", 16, "slack-token"),
    ("npm_", 36, "npm-token"),
    ("pypi-", 40, "pypi-token"),
    ("hf_", 30, "api-key"),
    ("AIza", 35, "google-key"),
    ("ya29.", 20, "google-token"),
    ("eyJ", 60, "jwt"),
];

/// Names whose value is a secret, in lower case without `_`, `-` and quotes.
const NAMES: &[&str] = &[
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

/// Replaces every secret by `‹redacted:kind›`. Redacting twice changes nothing more.
pub fn redact(text: &str) -> Cow<'_, str> {
    let found = find(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for secret in found {
        out.push_str(text.get(at..secret.start).unwrap_or_default());
        out.push_str(&format!("‹redacted:{}›", secret.kind));
        at = secret.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// True when the text holds anything that looks like a secret.
pub fn contains(text: &str) -> bool {
    !find(text).is_empty()
}

/// Every secret in the text, in order, none within another.
pub fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let before = text.get(..at).unwrap_or_default();
        let hit = key_block(rest).or_else(|| {
            // Each of the others begins where a word does.
            let starts = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            starts.then(|| prefixed(rest).or_else(|| named(rest)).or_else(|| in_url(rest))).flatten()
        });
        match hit {
            Some((from, to, kind)) => {
                // A name or a user before the secret may be one too.
                let ahead = find(rest.get(..from).unwrap_or_default()).into_iter();
                found.extend(ahead.map(|s| Secret { start: at + s.start, end: at + s.end, ..s }));
                found.push(Secret { start: at + from, end: at + to, kind });
                at += to;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    found
}

type Hit = (usize, usize, &'static str);

fn key_block(rest: &str) -> Option<Hit> {
    let header = rest.strip_prefix("-----BEGIN ")?;
    let title = header.split_once("-----")?.0;
    if title.len() > 40 || !title.contains("PRIVATE KEY") {
        return None;
    }
    let footer = format!("-----END {title}-----");
    // One that is cut off is one all the same.
    let end = rest.find(&footer).map_or(rest.len(), |i| i + footer.len());
    Some((0, end, "private-key"))
}

fn prefixed(rest: &str) -> Option<Hit> {
    let (prefix, least, kind) = PREFIXES.iter().find(|(p, ..)| rest.starts_with(p))?;
    let dotted = matches!(*kind, "jwt" | "google-token");
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || (dotted && c == '.');
    let body = rest.get(prefix.len()..)?;
    let length = body.find(|c: char| !fits(c)).unwrap_or(body.len());
    (length >= *least).then_some((0, prefix.len() + length, *kind))
}

/// `password=…`, `"api_key": "…"`, `Authorization: Bearer …`, `--token …`.
fn named(rest: &str) -> Option<Hit> {
    let name_end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))?;
    let raw = rest.get(..name_end)?;
    let name: String = raw.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if name.len() > 60 {
        return None;
    }
    let mut at = name_end;
    let skip = |at: &mut usize, set: &[char]| {
        while let Some(c) = rest.get(*at..).and_then(|r| r.chars().next()).filter(|c| set.contains(c)) {
            *at += c.len_utf8();
        }
    };
    skip(&mut at, &['"', '\'', ' ', '\t']);
    let separator = rest.get(at..)?.chars().next().filter(|c| matches!(c, '=' | ':'));
    if name == "authorization" {
        separator?;
        at += 1;
        skip(&mut at, &[' ', '\t', '"', '\'']);
        for scheme in ["Bearer ", "bearer ", "Basic ", "basic ", "token "] {
            if rest.get(at..)?.starts_with(scheme) {
                at += scheme.len();
            }
        }
        return value(rest, at, 8, "authorization");
    }
    let telling = NAMES.iter().any(|n| name == *n || (n.len() > 4 && name.ends_with(n)));
    if !telling {
        return None;
    }
    separator?;
    at += 1;
    skip(&mut at, &[' ', '\t']);
    let quoted = rest.get(at..)?.starts_with(['"', '\'', '`']);
    at += usize::from(quoted);
    let hit = value(rest, at, if quoted { 4 } else { 6 }, "value")?;
    let text = rest.get(hit.0..hit.1)?;
    // Code passes secrets around by names; only what is written out is one. Unquoted text counts
    // when it is not a name, a call or a place to be filled in.
    let plain_name = text.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.'));
    let placeholder =
        text.starts_with(['$', '<', '{', '%', '‹', '(', '&']) || text.contains("env.") || text.contains('(');
    let shell_like = separator == Some('=') && !rest.get(name_end..).is_some_and(|r| r.starts_with([' ', '\t']));
    let written = quoted || shell_like || !plain_name;
    (written && !placeholder).then_some((hit.0, hit.1, if name.contains("pass") { "password" } else { "secret" }))
}

fn value(rest: &str, at: usize, least: usize, kind: &'static str) -> Option<Hit> {
    let body = rest.get(at..)?;
    let stop =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '&' | '|' | ')' | '}' | ']' | '>');
    let length = body.find(stop).unwrap_or(body.len());
    if body.starts_with('‹') || body.get(..length)?.chars().count() < least {
        return None;
    }
    Some((at, at + length, kind))
}

/// `scheme://user:password@host`.
fn in_url(rest: &str) -> Option<Hit> {
    // No further than a scheme is long: this is asked at the start of every word.
    let scheme = rest.get(..rest.floor_char_boundary(19))?.find("://")?;
    let letters = rest.get(..scheme)?;
    if letters.is_empty() || !letters.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') {
        return None;
    }
    let authority = rest.get(scheme + 3..)?;
    let end = authority
        .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\''))
        .unwrap_or(authority.len());
    let at_sign = authority.get(..end)?.rfind('@')?;
    let colon = first_colon(authority.get(..at_sign)?)?;
    let password = authority.get(colon + 1..at_sign)?;
    if password.is_empty() || password.starts_with(['$', '‹', '{', '<']) {
        return None;
    }
    Some((scheme + 3 + colon + 1, scheme + 3 + at_sign, "password"))
}

/// Where the first colon is that is not one of a redaction.
fn first_colon(user: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = user.get(at..)?;
        let colon = rest.find(':')?;
        match rest.find("‹redacted:").filter(|mark| *mark < colon) {
            Some(mark) => at += mark + rest.get(mark..)?.find('›')? + '›'.len_utf8(),
            None => return Some(at + colon),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_replaced_by_their_kind() {
        for (given, kept) in [
            ("id AKIAIOSFODNN7EXAMPLE.", "id ‹redacted:aws-key-id›."),
            (
                "curl -H 'Authorization: Bearer abc.def-123456'",
                "curl -H 'Authorization: Bearer ‹redacted:authorization›'",
            ),
            ("password=hunter2!", "password=‹redacted:password›"),
            (r#"{"api_key": "0123456789"}"#, r#"{"api_key": "‹redacted:secret›"}"#),
            ("DB_PASSWORD=correct-horse x", "DB_PASSWORD=‹redacted:password› x"),
            ("postgres://ada:s3cret@db/x", "postgres://ada:‹redacted:password›@db/x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter",
                "‹redacted:private-key›\nafter",
            ),
            ("ghp_0123456789abcdefghijklmnopqrstuvwxyz", "‹redacted:github-token›"),
        ] {
            assert_eq!(redact(given), kept);
        }
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "the token is read from the environment",
            "let password = read_password()?;",
            "password: String,",
            "token = self.token.clone()",
            "API_KEY=$API_KEY make",
            "PASSWORD=${{ secrets.PASSWORD }}",
            "sk-short and task-oriented-programming-in-the-large-with-words",
            "const secret = process.env.SECRET",
            "https://example.org:8080/a@b",
            "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn a_user_in_an_url_is_redacted_as_well_as_its_password() {
        let both = redact("a://AKIA0AAA00AA0AA0A0A0:geheim@host");
        assert_eq!(both, "a://‹redacted:aws-key-id›:‹redacted:password›@host");
        let again = |text: &str| redact(&redact(text)).into_owned();
        assert_eq!(again("a://AKIA0AAA00AA0AA0A0A0@"), "a://‹redacted:aws-key-id›@");
        assert_eq!(again("a://éAKIA0AAA00AA0AA0A0A0@"), "a://é‹redacted:aws-key-id›@");
    }

    proptest! {
        #[test]
        fn redacting_is_total_and_settles(text in "(password|token|sk-|AKIA[A-Z0-9]{16}|://|@|:|=| |é|\"|-----BEGIN PRIVATE KEY-----|[a-z]{1,9}|\n){0,12}") {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once), once.clone());
        }
    }
}
