//! Mistakes in configuration: where, what, and the name that was probably meant.

use std::fmt;

/// One mistake. Shown as `file:line:column: what; did you mean …?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, the variable or the flag.
    pub file: String,
    /// From 1; nothing for what has no lines, such as a variable.
    pub line: Option<usize>,
    /// From 1, in characters; nothing where there is no line.
    pub column: Option<usize>,
    /// What is wrong, as a sentence without its full stop. Never holds a secret value.
    pub what: String,
    /// The valid name nearest to the one given.
    pub meant: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.what)?;
        match &self.meant {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Every mistake found in one go, so that a developer mends a file once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// `Ok` when there are none.
    ///
    /// # Errors
    /// The mistakes, when there are any.
    pub fn check(errors: Vec<ConfigError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self(errors)) }
    }

    /// The mistakes, at least one.
    pub fn all(&self) -> &[ConfigError] {
        &self.0
    }

    /// The mistakes themselves.
    pub fn into_vec(self) -> Vec<ConfigError> {
        self.0
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The candidate that `given` most likely stands for, if any is near enough to be worth naming.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&given, &c.to_lowercase()), c))
        .filter(|(distance, c)| *distance <= 1 + c.chars().count().max(given.chars().count()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// A text that may hold anything, made short and harmless enough to be quoted in an error.
pub fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().count() > 60 {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let names = ["endpoint", "provider", "name"];
        assert_eq!(nearest("endpont", names), Some("endpoint"));
        assert_eq!(nearest("PROVIDER", names), Some("provider"));
        assert_eq!(nearest("zebra-crossing", names), None);
    }

    #[test]
    fn an_error_reads_as_editors_expect() {
        let error = ConfigError {
            file: "a.toml".into(),
            line: Some(3),
            column: Some(1),
            what: "no such key `x`".into(),
            meant: Some("y".into()),
        };
        assert_eq!(error.to_string(), "a.toml:3:1: no such key `x`; did you mean `y`?");
    }
}
