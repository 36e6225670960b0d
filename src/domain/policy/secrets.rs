//! Finds what looks like a secret in text, so that logs, prompts and commands do without it.
//!
//! Knows the fixed shapes of common keys and tokens, private key blocks, and values that are given
//! to names such as `password`. It cannot know every secret; nothing relies on it alone.

use std::borrow::Cow;

use crate::domain::secret::NAMES;

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

/// What a key block begins with: the one thing here that goes over lines.
const BLOCK: &str = "-----BEGIN ";

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
    let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let bytes = rest.as_bytes();
        let within = at.checked_sub(1).and_then(|before| text.as_bytes().get(before)).is_some_and(word);
        // A key block begins with a dash, each of the others where a word or its dashes do: what is neither is
        // passed at once, for this is asked about whole files.
        let letters = bytes.iter().take_while(|b| word(b)).count();
        let dash = bytes.first() == Some(&b'-');
        let hit = match (within, letters > 0, dash) {
            (true, true, _) | (_, false, false) => None,
            (true, false, true) => key_block(rest),
            (false, ..) => key_block(rest).or_else(|| prefixed(rest)).or_else(|| named(rest)).or_else(|| in_url(rest)),
        };
        match hit {
            Some((from, to, kind)) => {
                // A name or a user before the secret may be one too.
                let ahead = find(rest.get(..from).unwrap_or_default()).into_iter();
                found.extend(ahead.map(|s| Secret { start: at + s.start, end: at + s.end, ..s }));
                found.push(Secret { start: at + from, end: at + to, kind });
                at += to;
            }
            None => at += letters.max(rest.chars().next().map_or(1, char::len_utf8)),
        }
    }
    found
}

/// The secrets of a text that lie in lines which come in: each with its line and kind.
pub(super) fn in_lines(text: &str, brought: &[(u32, &str)]) -> Vec<(u32, &'static str)> {
    if memchr::memmem::find(text.as_bytes(), BLOCK.as_bytes()).is_some() {
        return over_lines(text, brought);
    }
    // Only a key block goes over lines: those that stay need not be looked at.
    let kinds = |(number, line): &(u32, &str)| {
        let number = *number;
        find(line).into_iter().map(move |secret| (number, secret.kind))
    };
    brought.iter().flat_map(kinds).collect()
}

fn over_lines(text: &str, brought: &[(u32, &str)]) -> Vec<(u32, &'static str)> {
    let mut starts = Vec::from([0]);
    starts.extend(text.match_indices('\n').map(|(i, _)| i + 1));
    let mut out = Vec::new();
    for secret in find(text) {
        let index = starts.partition_point(|s| *s <= secret.start);
        // A key block is new when any of its lines is.
        let until = starts.partition_point(|s| *s < secret.end);
        let first = brought.get(brought.partition_point(|(n, _)| (*n as usize) < index));
        if first.is_some_and(|(n, _)| *n as usize <= until) {
            out.push((u32::try_from(index).unwrap_or(u32::MAX), secret.kind));
        }
    }
    out
}

type Hit = (usize, usize, &'static str);

fn key_block(rest: &str) -> Option<Hit> {
    let header = rest.strip_prefix(BLOCK)?;
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
    let first = rest.as_bytes().first();
    let (prefix, least, kind) = PREFIXES.iter().find(|(p, ..)| p.as_bytes().first() == first && rest.starts_with(p))?;
    let dotted = matches!(*kind, "jwt" | "google-token");
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || (dotted && c == '.');
    let body = rest.get(prefix.len()..)?;
    let length = body.find(|c: char| !fits(c)).unwrap_or(body.len());
    (length >= *least).then_some((0, prefix.len() + length, *kind))
}

/// `password=…`, `"api_key": "…"`, `Authorization: Bearer …`, `--token …`.
fn named(rest: &str) -> Option<Hit> {
    // In a row of many dashes it is asked again behind each: what is so long is no name.
    let (mut letters, mut dashes) = (0, 0);
    let mut is_name = |b: &u8| {
        letters += usize::from(b.is_ascii_alphanumeric());
        dashes += usize::from(*b == b'-');
        (b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) && letters <= 60 && dashes <= 60
    };
    let name_end = rest.as_bytes().iter().take_while(|b| is_name(b)).count();
    let raw = rest.get(..name_end).filter(|raw| raw.len() < rest.len())?;
    let mut at = name_end;
    let skip = |at: &mut usize, set: &[u8]| {
        *at += rest.as_bytes().get(*at..).unwrap_or_default().iter().take_while(|b| set.contains(b)).count();
    };
    skip(&mut at, b"\"' \t");
    // Most words are followed by something else.
    let separator = rest.as_bytes().get(at).copied().filter(|b| matches!(b, b'=' | b':'))?;
    let name: String = raw.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if name == "authorization" {
        at += 1;
        skip(&mut at, b" \t\"'");
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
    at += 1;
    skip(&mut at, b" \t");
    let quoted = rest.get(at..)?.starts_with(['"', '\'', '`']);
    at += usize::from(quoted);
    let hit = value(rest, at, if quoted { 4 } else { 6 }, "value")?;
    let text = rest.get(hit.0..hit.1)?;
    // Code passes secrets around by names; only what is written out is one. Unquoted text counts
    // when it is not a name, a call or a place to be filled in.
    let plain_name = text.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '.'));
    let placeholder =
        text.starts_with(['$', '<', '{', '%', '‹', '(', '&']) || text.contains("env.") || text.contains('(');
    let shell_like = separator == b'=' && !rest.get(name_end..).is_some_and(|r| r.starts_with([' ', '\t']));
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
    let scheme = rest.bytes().take(17).take_while(|b| b.is_ascii_alphanumeric() || *b == b'+').count();
    if !(1..=16).contains(&scheme) {
        return None;
    }
    let authority = rest.get(scheme..)?.strip_prefix("://")?;
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

    /// What [`find`] passes at once, asked about one by one.
    fn slowly(text: &str) -> Vec<Secret> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
            let starts = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let others = || prefixed(rest).or_else(|| named(rest)).or_else(|| in_url(rest)).filter(|_| starts);
            let Some((from, to, kind)) = key_block(rest).or_else(others) else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            let ahead = slowly(&rest[..from]).into_iter();
            found.extend(ahead.map(|s| Secret { start: at + s.start, end: at + s.end, ..s }));
            found.push(Secret { start: at + from, end: at + to, kind });
            at += to;
        }
        found
    }

    #[test]
    fn a_row_of_dashes_costs_what_other_text_costs() {
        let text = format!("{}password=hunter2!{}", "-".repeat(40_000), "a-".repeat(40_000));
        let found = find(&text);
        assert_eq!(found, [Secret { start: 40_009, end: text.len(), kind: "password" }]);
        assert!(find(&"a-".repeat(40_000)).is_empty());
    }

    proptest! {
        #[test]
        fn secrets_in_some_lines_are_those_of_the_whole_text(
            text in "(password|token|sk-ant-[a-z]{20}|AKIA[A-Z0-9]{16}|https://a:b@|=|: |'|é| |\r?\n|[a-z]{1,9}){0,24}",
            picks in prop::collection::vec(prop::bool::ANY, 24),
        ) {
            let lines = (1..).zip(text.lines()).zip(&picks).filter(|(_, pick)| **pick);
            let brought: Vec<(u32, &str)> = lines.map(|(line, _)| line).collect();
            prop_assert_eq!(in_lines(&text, &brought), over_lines(&text, &brought));
        }

        #[test]
        fn nothing_is_passed_that_is_a_secret(text in "(password|token|_|-|sk-|AKIA[A-Z0-9]{16}|x\\+[a-z]{9,14}|://|@|:|=| |é|\"|-----BEGIN PRIVATE KEY-----|[a-z]{1,9}|\n){0,14}") {
            prop_assert_eq!(find(&text), slowly(&text));
        }

        #[test]
        fn redacting_is_total_and_settles(text in "(password|token|sk-|AKIA[A-Z0-9]{16}|://|@|:|=| |é|\"|-----BEGIN PRIVATE KEY-----|[a-z]{1,9}|\n){0,12}") {
            let once = redact(&text).into_owned();
            prop_assert_eq!(redact(&once), once.clone());
        }
    }
}
