//! Names that come from outside: paths inside a worktree and the names of specs.
//!
//! A [`RelPath`] says nothing about symbolic links: that a path stays inside the worktree on disk
//! is checked again where it is opened, by the files adapter.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path below the worktree's root, `/` between parts, no part empty, `.`, `..`, or one that git
/// or a terminal could take for something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(String);

/// Why a path was refused. The text is shown to the developer and told to the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing but white space.
    #[error("the path is empty")]
    Empty,
    /// It starts with `/`, `~` or a drive letter.
    #[error("`{0}` is absolute; give it relative to the repository's root")]
    Absolute(String),
    /// It has a `..` part.
    #[error("`{0}` leaves the repository")]
    Escapes(String),
    /// It has a control or invisible character, or a backslash.
    #[error("`{0}` has a character that a path may not have here")]
    Character(String),
    /// It lies in git's own directory.
    #[error("`{0}` belongs to git")]
    Git(String),
    /// It is longer than any file system takes.
    #[error("the path is longer than 4096 bytes")]
    Long,
}

impl RelPath {
    /// Reads a path as a model or a person writes it; a leading `./` and doubled slashes are let go.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let shown = || text.chars().take(120).flat_map(char::escape_debug).collect::<String>();
        if text.len() > 4096 {
            return Err(PathError::Long);
        }
        if text.trim().is_empty() {
            return Err(PathError::Empty);
        }
        if text.chars().any(|c| c == '\\' || hidden(c)) {
            return Err(PathError::Character(shown()));
        }
        let drive = text.as_bytes().get(1) == Some(&b':');
        if text.starts_with(['/', '~']) || drive {
            return Err(PathError::Absolute(shown()));
        }
        let parts: Vec<&str> = text.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
        if parts.contains(&"..") {
            return Err(PathError::Escapes(shown()));
        }
        // Case-insensitive file systems and git's own check agree that `.GIT` is `.git`; the other
        // spellings are those NTFS takes for it.
        let is_git = |p: &str| {
            let p = p.trim_end_matches([' ', '.']).to_ascii_lowercase();
            p == ".git" || p == "git~1"
        };
        if parts.iter().any(|p| is_git(p)) {
            return Err(PathError::Git(shown()));
        }
        if parts.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(Self(parts.join("/")))
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The first part.
    pub fn first(&self) -> &str {
        self.0.split('/').next().unwrap_or(&self.0)
    }

    /// True below `.kiro`, where only the program itself writes.
    pub fn is_kiro(&self) -> bool {
        self.first().trim_end_matches([' ', '.']).eq_ignore_ascii_case(".kiro")
    }
}

/// Controls, bidi overrides and characters without width: what a path on a screen could lie with.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RelPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        Self::parse(&text)
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> Self {
        path.0
    }
}

/// A spec's name: the folder below `.kiro/specs` and the end of its branch `kiro/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpecName(String);

/// The text cannot name a spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot name a spec: letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 80")]
pub struct SpecNameError(String);

impl SpecName {
    /// Takes a folder's name as it is. Wider than what [`SpecName::suggest`] makes, since folders
    /// that already exist are named by others.
    pub fn parse(text: &str) -> Result<Self, SpecNameError> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let wrong = text.len() > 80
            || !text.starts_with(|c: char| c.is_ascii_alphanumeric())
            || !text.chars().all(fits)
            || text.contains("..")
            || text.ends_with('.')
            || text.ends_with(".lock");
        if wrong {
            return Err(SpecNameError(text.chars().take(80).flat_map(char::escape_debug).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// A kebab-case name from the first words of a need that carry meaning.
    pub fn suggest(need: &str) -> Self {
        const EMPTY: &[&str] = &[
            "a", "an", "the", "i", "we", "want", "need", "would", "like", "to", "that", "which", "and", "or", "of",
            "for", "in", "on", "with", "is", "are", "be", "it", "its", "please", "so", "as", "my", "our", "should",
        ];
        let words = need
            .split(|c: char| !c.is_ascii_alphanumeric())
            .map(str::to_ascii_lowercase)
            .filter(|w| !w.is_empty() && !EMPTY.contains(&w.as_str()));
        let mut name = String::new();
        for word in words.take(4) {
            if name.len() + word.len() > 40 {
                break;
            }
            if !name.is_empty() {
                name.push('-');
            }
            name.push_str(&word);
        }
        if name.is_empty() { Self("spec".to_owned()) } else { Self(name) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SpecName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for SpecName {
    type Error = SpecNameError;

    fn try_from(text: String) -> Result<Self, SpecNameError> {
        Self::parse(&text)
    }
}

impl From<SpecName> for String {
    fn from(name: SpecName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_or_lie_are_refused() {
        for bad in [
            "",
            "  ",
            "/etc/passwd",
            "~/x",
            "C:/x",
            "a/../b",
            "..",
            "a/..",
            "a\\b",
            "a\u{1b}[2Jb",
            "a\u{202e}b",
            ".git/config",
            "a/.GIT/x",
            ".git./x",
            "git~1/x",
            "a\nb",
            "zero\u{200b}width",
            "./",
            "/",
        ] {
            assert!(RelPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn ordinary_paths_are_kept() {
        for (given, kept) in [
            ("src/a.rs", "src/a.rs"),
            ("./src//a.rs", "src/a.rs"),
            ("été/図.md", "été/図.md"),
            (".github/x", ".github/x"),
        ] {
            assert_eq!(RelPath::parse(given).map(String::from), Ok(kept.to_owned()));
        }
    }

    #[test]
    fn kiro_is_recognised_in_any_case() {
        assert!(RelPath::parse(".KIRO/specs/a").is_ok_and(|p| p.is_kiro()));
        assert!(RelPath::parse("src/.kiro").is_ok_and(|p| !p.is_kiro()));
    }

    #[test]
    fn a_name_is_suggested_from_the_need() {
        assert_eq!(
            SpecName::suggest("I want an AWS Lambda that processes S3 image uploads").as_str(),
            "aws-lambda-processes-s3"
        );
        assert_eq!(SpecName::suggest("  … ").as_str(), "spec");
        for bad in ["", "-x", "a/b", "a..b", "x.lock", "a\u{1b}b", ".hidden"] {
            assert!(SpecName::parse(bad).is_err(), "{bad:?}");
        }
    }
}
