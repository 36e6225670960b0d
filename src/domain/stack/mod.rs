//! Infrastructure as data: what a template says, and what a new one would change.
//!
//! [`template`] reads CloudFormation and SAM, [`assembly`] what a CDK app synthesised; [`diff`] holds
//! the old against the new, with [`iam`] and [`risk`] for what the difference permits and endangers,
//! and [`code`] for rights that no call needs; [`review`] puts it into lines. No account is needed for
//! any of it: what only an account knows is in [`crate::domain::cloud`].
//!
//! Always holds: what cannot be understood is said and counted as the worse of what it could be,
//! never left out; a difference has no value that [`withheld`] hides, and others as they stand in the
//! templates, so whoever draws them cleans them and takes out what looks like a secret.

pub mod assembly;
pub mod code;
pub mod diff;
pub mod iam;
mod json;
pub mod nested;
pub mod packaging;
pub mod parameters;
pub mod policies;
mod replace;
pub mod review;
pub mod risk;
mod sam;
pub mod template;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trace;
pub mod withheld;
mod yaml;

use std::fmt;

pub use diff::{StackDiff, compare};
use serde::{Deserialize, Serialize};
pub use serde_json::{Map, Value};
pub use template::Template;

/// How bad it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Worth knowing.
    #[default]
    Info,
    /// Worth a thought before it is approved.
    Warning,
    /// Data, money or the account can be lost by it.
    Danger,
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Danger => "danger",
        })
    }
}

/// Why a text could not be read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Fault {
    /// The line, from 1, where one can be named.
    pub line: Option<u32>,
    /// What is wrong.
    pub what: String,
}

impl Fault {
    fn new(what: impl Into<String>) -> Self {
        Self { line: None, what: what.into() }
    }

    fn at(line: u32, what: impl Into<String>) -> Self {
        Self { line: Some(line), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// A list as it is written: one thing may stand for a list of one.
fn listed(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

/// True when a value says yes, as a boolean or as its word.
fn truthy(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(word)) => word.eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// True when a value says no, as a boolean or as its word.
fn falsy(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(yes)) => !yes,
        Some(Value::String(word)) => word.eq_ignore_ascii_case("false"),
        _ => false,
    }
}
