//! What a spec is for, how deep it goes, and the files it is made of.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a spec is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecKind {
    /// New behaviour: starts with `requirements.md`.
    #[default]
    Feature,
    /// A defect: starts with `bugfix.md`.
    Bugfix,
}

impl SpecKind {
    /// The kind of a spec that was found: by what Kiro's `.config.kiro` says, where there is one, and
    /// the files that are there. Requirements make a feature, whatever else lies beside them.
    pub fn found(config: Option<&str>, has: impl Fn(File) -> bool) -> Self {
        let config = config.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
        let says_bugfix = config.as_ref().and_then(|c| c.get("specType")?.as_str()) == Some("bugfix");
        if !has(File::Requirements) && (says_bugfix || has(File::Bugfix)) { Self::Bugfix } else { Self::Feature }
    }

    /// The file that says what is wanted.
    pub fn first_file(self) -> File {
        match self {
            Self::Feature => File::Requirements,
            Self::Bugfix => File::Bugfix,
        }
    }
}

/// How much a spec's documents have to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Small, well-understood work.
    Light,
    /// Ordinary work.
    #[default]
    Standard,
    /// Work where an omission is expensive.
    Exhaustive,
}

impl Depth {
    /// Their names, the least first.
    pub const NAMES: [&'static str; 3] = ["light", "standard", "exhaustive"];
}

/// One of a spec's Markdown files. Serialised as the file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum File {
    /// `requirements.md`
    #[serde(rename = "requirements.md")]
    Requirements,
    /// `bugfix.md`
    #[serde(rename = "bugfix.md")]
    Bugfix,
    /// `design.md`
    #[serde(rename = "design.md")]
    Design,
    /// `tasks.md`
    #[serde(rename = "tasks.md")]
    Tasks,
}

impl File {
    /// The file's name in the spec's folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requirements => "requirements.md",
            Self::Bugfix => "bugfix.md",
            Self::Design => "design.md",
            Self::Tasks => "tasks.md",
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no kind or depth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is none of: {known}")]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// What would have been understood.
    pub known: &'static str,
}

impl fmt::Display for SpecKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Feature => "feature",
            Self::Bugfix => "bugfix",
        })
    }
}

impl FromStr for SpecKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "feature" => Ok(Self::Feature),
            "bugfix" => Ok(Self::Bugfix),
            _ => Err(UnknownName { given: text.to_owned(), known: "feature, bugfix" }),
        }
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Light => "light",
            Self::Standard => "standard",
            Self::Exhaustive => "exhaustive",
        })
    }
}

impl FromStr for Depth {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "light" => Ok(Self::Light),
            "standard" => Ok(Self::Standard),
            "exhaustive" => Ok(Self::Exhaustive),
            _ => Err(UnknownName { given: text.to_owned(), known: "light, standard, exhaustive" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_found_spec_is_a_bugfix_only_without_requirements() {
        let bugfix = Some(r#"{"specType": "bugfix"}"#);
        let kind = |config, files: &[File]| SpecKind::found(config, |f| files.contains(&f));
        assert_eq!(kind(None, &[]), SpecKind::Feature);
        assert_eq!(kind(None, &[File::Bugfix]), SpecKind::Bugfix);
        assert_eq!(kind(bugfix, &[File::Design]), SpecKind::Bugfix);
        assert_eq!(kind(bugfix, &[File::Bugfix, File::Requirements]), SpecKind::Feature);
        assert_eq!(kind(Some("not JSON"), &[File::Design]), SpecKind::Feature);
        assert_eq!(kind(Some(r#"{"specType": 7}"#), &[]), SpecKind::Feature);
    }

    #[test]
    fn names_are_read_back() {
        for depth in [Depth::Light, Depth::Standard, Depth::Exhaustive] {
            assert_eq!(depth.to_string().parse(), Ok(depth));
            assert_eq!(serde_json::to_string(&depth).unwrap(), format!("\"{depth}\""));
        }
        assert!(Depth::NAMES.iter().all(|n| n.parse::<Depth>().is_ok_and(|d| d.to_string() == *n)));
        for kind in [SpecKind::Feature, SpecKind::Bugfix] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for file in [File::Requirements, File::Bugfix, File::Design, File::Tasks] {
            assert_eq!(serde_json::to_string(&file).unwrap(), format!("\"{file}\""));
        }
        assert!("deep".parse::<Depth>().is_err());
    }
}
