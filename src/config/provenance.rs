//! Where a value came from: its layer, and the file, variable or flag.
//!
//! It orders the layers and says nothing of what each may set.

use std::fmt;

/// Where a value can come from, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The program.
    BuiltIn,
    /// The developer's own file.
    User,
    /// The repository's file.
    Project,
    /// An environment variable.
    Environment,
    /// A flag.
    Flag,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuiltIn => "built-in",
            Self::User => "user",
            Self::Project => "project",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The layer.
    pub layer: Layer,
    /// The file, the variable or the flag; empty for what is built in.
    pub file: String,
    /// The line, from 1, in a file.
    pub line: Option<usize>,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.layer)?;
        if !self.file.is_empty() {
            write!(f, " {}", self.file)?;
        }
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}
