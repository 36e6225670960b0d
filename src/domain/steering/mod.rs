//! Steering: Markdown files that tell the agent how this project is worked on.
//!
//! [`parse`] reads one file, [`select`] says which of them a prompt takes. Reading the files, and
//! those they point at, is the caller's. What always holds: a file whose front matter cannot be
//! understood is taken always, with a note, since guidance that silently falls away is worse than
//! guidance too much.

mod front;
#[cfg(test)]
mod tests;

use std::ops::Range;

use globset::GlobBuilder;

use crate::domain::path::RelPath;

/// When a file is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inclusion {
    /// In every prompt.
    Always,
    /// When a file in play matches one of these globs.
    FileMatch(Vec<String>),
    /// When the developer names it: `#name`.
    Manual,
    /// When the agent finds by its description that it applies; the agent is offered it.
    Auto,
}

/// One steering file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steering {
    /// Where it lies, as given to [`parse`].
    pub origin: String,
    /// What it is called: its front matter's `name`, else the file's name without `.md`.
    pub name: String,
    /// When it is taken.
    pub inclusion: Inclusion,
    /// What it is for, from the front matter; may be empty.
    pub description: String,
    /// The text below the front matter.
    pub body: String,
    /// What the developer should know of it, a line each.
    pub notes: Vec<String>,
}

/// Reads a file. `origin` is its path.
pub fn parse(origin: &str, text: &str) -> Steering {
    let name = origin.rsplit('/').next().unwrap_or(origin);
    let name = name.strip_suffix(".md").unwrap_or(name);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (front, body) = front::split(text);
    let mut steering = Steering {
        origin: origin.to_owned(),
        name: name.to_owned(),
        inclusion: Inclusion::Always,
        description: String::new(),
        body: body.trim_matches(['\r', '\n']).to_owned(),
        notes: Vec::new(),
    };
    let Some(front) = front else { return steering };
    if let Some(given) = front.text("name").filter(|n| !n.is_empty()) {
        steering.name = given.to_owned();
    }
    steering.description = front.text("description").unwrap_or_default().to_owned();
    let patterns = front.list("fileMatchPattern");
    steering.inclusion = match front.text("inclusion") {
        None | Some("always") => Inclusion::Always,
        Some("manual") => Inclusion::Manual,
        Some("auto") if steering.description.is_empty() => {
            steering.note("has inclusion `auto` but no description to choose it by; it is always included");
            Inclusion::Always
        }
        Some("auto") => Inclusion::Auto,
        Some("fileMatch") => match usable(patterns, &mut steering) {
            kept if kept.is_empty() => {
                steering.note("has inclusion `fileMatch` but no usable fileMatchPattern; it is always included");
                Inclusion::Always
            }
            kept => Inclusion::FileMatch(kept),
        },
        Some(other) => {
            let shown: String = other.chars().take(40).flat_map(char::escape_debug).collect();
            steering.note(&format!("has the unknown inclusion `{shown}`; it is always included"));
            Inclusion::Always
        }
    };
    steering
}

fn usable(patterns: Vec<String>, steering: &mut Steering) -> Vec<String> {
    let (good, bad): (Vec<_>, Vec<_>) = patterns.into_iter().partition(|p| glob(p).is_some());
    for pattern in bad {
        let shown: String = pattern.chars().take(60).flat_map(char::escape_debug).collect();
        steering.note(&format!("has a fileMatchPattern that is not a glob: `{shown}`"));
    }
    good
}

/// A pattern without `/` matches names at any depth; `*` does not cross `/`.
fn glob(pattern: &str) -> Option<globset::GlobMatcher> {
    let pattern = pattern.trim_start_matches("./").trim_start_matches('/');
    if pattern.is_empty() {
        return None;
    }
    let anchored = if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") };
    GlobBuilder::new(&anchored).literal_separator(true).build().ok().map(|g| g.compile_matcher())
}

impl Steering {
    fn note(&mut self, what: &str) {
        self.notes.push(format!("steering `{}` {what}", self.name));
    }

    fn matches(&self, paths: &[RelPath]) -> bool {
        match &self.inclusion {
            Inclusion::FileMatch(patterns) => {
                patterns.iter().filter_map(|p| glob(p)).any(|g| paths.iter().any(|p| g.is_match(p.as_str())))
            }
            Inclusion::Always | Inclusion::Manual | Inclusion::Auto => false,
        }
    }
}

/// Which files a prompt takes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Selected<'a> {
    /// Those whose text goes in, in the order given.
    pub included: Vec<&'a Steering>,
    /// Those the agent may read when their description applies.
    pub offered: Vec<&'a Steering>,
}

/// Chooses. `paths` are the files that the work touches or names; `mentions` are the names that the
/// developer wrote ([`mentions`]).
pub fn select<'a>(all: &'a [Steering], paths: &[RelPath], mentions: &[String]) -> Selected<'a> {
    let mut selected = Selected::default();
    for steering in all {
        let named = mentions.iter().any(|m| m.eq_ignore_ascii_case(&steering.name));
        let (taken, offered) = match steering.inclusion {
            Inclusion::Always => (true, false),
            Inclusion::FileMatch(_) => (named || steering.matches(paths), false),
            Inclusion::Manual => (named, false),
            Inclusion::Auto => (named, !named),
        };
        if taken {
            selected.included.push(steering);
        }
        if offered {
            selected.offered.push(steering);
        }
    }
    selected
}

/// The names that a text mentions as `#name`, without the `#`, each once.
pub fn mentions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "(),;\"'`".contains(c)) {
        let Some(name) = word.strip_prefix('#') else { continue };
        let name = name.trim_end_matches(['.', ':', '!', '?']);
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !name.is_empty() && name.chars().all(fits) && !found.iter().any(|f| f == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// Where a text asks for a file to be put in, `#[[file:path]]`: the marker's byte range and the
/// path as written.
pub fn file_markers(text: &str) -> Vec<(Range<usize>, &str)> {
    const OPEN: &str = "#[[file:";
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(OPEN)).map(|i| from + i) {
        let inner = at + OPEN.len();
        let line = text.get(inner..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        match line.find("]]") {
            Some(length) => {
                let end = inner + length + 2;
                found.push((at..end, line.get(..length).unwrap_or_default().trim()));
                from = end;
            }
            None => from = inner,
        }
    }
    found
}
