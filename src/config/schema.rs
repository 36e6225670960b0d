//! Which keys there are: for each what it takes, what a project may do with it, how it is shown.

use std::time::Duration;

use super::settings::{Settings, TestCommand};
use crate::domain::{phase::Autonomy, spec::Depth, turn::Reasoning};

/// One key.
pub(super) struct Key {
    /// `section.key`.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
    /// Whether a project may set it.
    pub(super) project: Project,
    /// The value as it is shown; secrets hidden.
    pub(super) show: fn(&Settings) -> String,
}

/// What a key takes, and how it is put in place once its kind and range are right.
pub(super) enum Kind {
    /// A string; the error says what is wrong without repeating the value.
    Text(fn(&mut Settings, &str) -> Result<(), &'static str>),
    /// The name of a provider, one of those the caller knows.
    Provider,
    /// One of a few names.
    Choice(&'static [&'static str], fn(&mut Settings, &str)),
    /// An integer within bounds.
    Whole(u32, u32, fn(&mut Settings, u32)),
    /// True or false.
    Flag(fn(&mut Settings, bool)),
    /// A table of header names and values.
    Headers,
    /// An array of permission rules.
    Rules,
}

/// What a project's file may do with a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Project {
    /// Set it.
    May,
    /// Nothing, for this reason.
    Never(&'static str),
    /// Set it to something at least as strict as the developer did.
    Narrow,
}

const KEY: Project = Project::Never("a repository must not choose where your key is sent");
const HANDS: Project = Project::Never("it is about your own terminal");
const PLACE: Project = Project::Never("a repository must not choose where files are written");

const ACCOUNT: Project =
    Project::Never("a repository must not choose whose credentials are used, or where they are sent");

fn or_default(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "(default)".to_owned(), |v| v.to_string())
}

const fn key(name: &'static str, project: Project, kind: Kind, show: fn(&Settings) -> String) -> Key {
    Key { name, kind, project, show }
}

/// Every key, in the order it is shown.
pub(super) const KEYS: &[Key] = &[
    key("model.provider", KEY, Kind::Provider, |s| s.model.provider.clone()),
    key("model.name", Project::May, Kind::Text(|s, v| word(v).map(|v| s.model.name = v)), |s| s.model.name.clone()),
    key("model.endpoint", KEY, Kind::Text(|s, v| url(v).map(|v| s.model.endpoint = Some(v))), |s| {
        // A query may carry a key.
        or_default(s.model.endpoint.as_deref().map(|e| e.split_once('?').map_or(e, |(base, _)| base)))
    }),
    key("model.key_env", KEY, Kind::Text(|s, v| variable(v).map(|v| s.model.key_env = Some(v))), |s| {
        or_default(s.model.key_env.as_deref())
    }),
    key("model.headers", KEY, Kind::Headers, |s| {
        let shown: Vec<String> = s.model.headers.iter().map(|h| format!("{h:?}")).collect();
        if shown.is_empty() { "(none)".to_owned() } else { shown.join(", ") }
    }),
    key(
        "model.max_output_tokens",
        Project::May,
        Kind::Whole(256, 1_000_000, |s, n| s.model.max_output_tokens = Some(n)),
        |s| or_default(s.model.max_output_tokens),
    ),
    key(
        "model.idle_timeout_s",
        Project::May,
        Kind::Whole(5, 3_600, |s, n| s.model.idle_timeout = Duration::from_secs(n.into())),
        |s| s.model.idle_timeout.as_secs().to_string(),
    ),
    key("model.attempts", Project::May, Kind::Whole(1, 10, |s, n| s.model.attempts = n), |s| {
        s.model.attempts.to_string()
    }),
    key(
        "model.reasoning",
        Project::May,
        Kind::Text(|s, v| {
            s.model.reasoning =
                Some(Reasoning::parse(v).ok_or("is `off`, `low`, `medium`, `high`, `max` or a number of tokens")?);
            Ok(())
        }),
        |s| or_default(s.model.reasoning),
    ),
    key(
        "spec.depth",
        Project::May,
        Kind::Choice(&Depth::NAMES, |s, v| s.spec.depth = v.parse().unwrap_or_default()),
        |s| s.spec.depth.to_string(),
    ),
    key(
        "spec.autonomy",
        Project::Narrow,
        Kind::Choice(&Autonomy::NAMES, |s, v| s.spec.autonomy = v.parse().unwrap_or_default()),
        |s| s.spec.autonomy.to_string(),
    ),
    key("spec.aws", Project::Narrow, Kind::Flag(|s, on| s.spec.aws = on), |s| s.spec.aws.to_string()),
    key("spec.main_branch", Project::May, Kind::Text(|s, v| branch(v).map(|v| s.spec.main_branch = Some(v))), |s| {
        s.spec.main_branch.clone().unwrap_or_else(|| "(the repository's)".to_owned())
    }),
    key("aws.profile", ACCOUNT, Kind::Text(|s, v| profile(v).map(|v| s.aws.profile = Some(v))), |s| {
        or_default(s.aws.profile.as_deref())
    }),
    key("aws.region", Project::May, Kind::Text(|s, v| region(v).map(|v| s.aws.region = Some(v))), |s| {
        or_default(s.aws.region.as_deref())
    }),
    key("aws.endpoint", ACCOUNT, Kind::Text(|s, v| url(v).map(|v| s.aws.endpoint = Some(v))), |s| {
        or_default(s.aws.endpoint.as_deref().map(|e| e.split_once('?').map_or(e, |(base, _)| base)))
    }),
    key("aws.bucket", Project::May, Kind::Text(|s, v| word(v).map(|v| s.aws.bucket = Some(v))), |s| {
        or_default(s.aws.bucket.as_deref())
    }),
    key(
        "tests.command",
        Project::May,
        Kind::Text(|s, v| line(v).map(|line| s.tests.command = Some(TestCommand { line, from_project: false }))),
        |s| s.tests.command.as_ref().map_or_else(|| "(none)".to_owned(), |c| c.line.clone()),
    ),
    key(
        "tests.timeout_s",
        Project::May,
        Kind::Whole(1, 86_400, |s, n| s.tests.timeout = Duration::from_secs(n.into())),
        |s| s.tests.timeout.as_secs().to_string(),
    ),
    key("tests.attempts", Project::May, Kind::Whole(0, 20, |s, n| s.tests.attempts = n), |s| {
        s.tests.attempts.to_string()
    }),
    key("ui.theme", Project::May, Kind::Text(|s, v| word(v).map(|v| s.ui.theme = v)), |s| s.ui.theme.clone()),
    key("ui.keymap", HANDS, Kind::Text(|s, v| word(v).map(|v| s.ui.keymap = v)), |s| s.ui.keymap.clone()),
    key(
        "ui.color",
        HANDS,
        Kind::Choice(&["auto", "truecolor", "256", "16", "none"], |s, v| v.clone_into(&mut s.ui.color)),
        |s| s.ui.color.clone(),
    ),
    key("ui.wrap", Project::May, Kind::Flag(|s, on| s.ui.wrap = on), |s| s.ui.wrap.to_string()),
    key(
        "ui.side_by_side_min_width",
        Project::May,
        Kind::Whole(40, 1_000, |s, n| s.ui.side_by_side_min_width = u16::try_from(n).unwrap_or(u16::MAX)),
        |s| s.ui.side_by_side_min_width.to_string(),
    ),
    key("ui.bell", HANDS, Kind::Flag(|s, on| s.ui.bell = on), |s| s.ui.bell.to_string()),
    key("ui.osc52", HANDS, Kind::Flag(|s, on| s.ui.osc52 = on), |s| s.ui.osc52.to_string()),
    key("ui.mouse", HANDS, Kind::Flag(|s, on| s.ui.mouse = on), |s| s.ui.mouse.to_string()),
    key("permissions.rules", Project::Narrow, Kind::Rules, |s| match s.permissions.len() {
        0 => "(none)".to_owned(),
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    }),
    key("paths.worktrees", PLACE, Kind::Text(|s, v| place(v).map(|v| s.paths.worktrees = Some(v))), |s| {
        or_default(s.paths.worktrees.as_deref())
    }),
];

/// The key of this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.name == name)
}

fn word(text: &str) -> Result<String, &'static str> {
    let fine = !text.is_empty() && text.len() <= 200 && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if fine { Ok(text.to_owned()) } else { Err("is a name without spaces") }
}

fn profile(text: &str) -> Result<String, &'static str> {
    let fine = !text.trim().is_empty() && text.len() <= 200 && !text.contains(char::is_control);
    if fine { Ok(text.trim().to_owned()) } else { Err("is the name of a profile") }
}

fn region(text: &str) -> Result<String, &'static str> {
    // It becomes part of a host's name.
    let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fine = text.len() <= 40 && text.contains('-') && text.chars().all(name) && !text.starts_with('-');
    if fine { Ok(text.to_owned()) } else { Err("is the name of a region, such as eu-west-1") }
}

fn line(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("is empty");
    }
    if text.contains(char::is_control) {
        return Err("has a control character; give one line, or a script");
    }
    Ok(text.to_owned())
}

fn url(text: &str) -> Result<String, &'static str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|r| !r.is_empty() && !r.contains(|c: char| c.is_whitespace() || c.is_control()))
    else {
        return Err("is a URL that begins with `https://` or `http://`");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err("has a user or password in it; name a variable that holds the key with `model.key_env`");
    }
    Ok(text.to_owned())
}

fn variable(text: &str) -> Result<String, &'static str> {
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let fine = !text.is_empty()
        && text.len() <= 100
        && text.chars().all(name)
        && !text.starts_with(|c: char| c.is_ascii_digit());
    if fine {
        Ok(text.to_owned())
    } else {
        Err("is the name of an environment variable that holds the key, not the key")
    }
}

fn branch(text: &str) -> Result<String, &'static str> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    let wrong = text.is_empty()
        || text.starts_with(['-', '/', '.'])
        || text.ends_with(['/', '.'])
        || text.contains(odd)
        || text.contains("..")
        || text.contains("@{")
        || text.ends_with(".lock");
    if wrong { Err("is not the name of a branch") } else { Ok(text.to_owned()) }
}

fn place(text: &str) -> Result<String, &'static str> {
    let fine = (text.starts_with('/') || text.starts_with("~/")) && !text.contains(char::is_control);
    if fine { Ok(text.to_owned()) } else { Err("is an absolute path, or one from `~/`") }
}
