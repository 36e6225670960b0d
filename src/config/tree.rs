//! A TOML text as an owned tree in which every key and value knows its offset.
//!
//! Does not know which keys exist; its readers do. Entries stand in the order of the file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigErrors};

/// A file's name and text, for turning offsets into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// As it is shown in errors.
    pub file: String,
    /// The whole text.
    pub text: String,
}

/// A value and the byte offset at which it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Offset in bytes.
    pub at: usize,
}

/// A TOML value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer; nothing when it does not fit 64 bits.
    Integer(Option<i64>),
    /// A float; its text.
    Float(String),
    /// A boolean.
    Bool(bool),
    /// A date or time; its text.
    Date(String),
    /// An array.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<Entry>),
}

impl Value {
    /// The kind of value with its article, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Bool(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

/// One key of a table and what it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, unquoted.
    pub key: String,
    /// Where the key starts.
    pub at: usize,
    /// What it holds.
    pub node: Node,
}

impl Source {
    /// Names a text.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Self {
        Self { file: file.into(), text: text.into() }
    }

    /// Line and column, both from 1, of a byte offset.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// A mistake at an offset of this text.
    pub fn error(&self, at: usize, what: impl Into<String>, meant: Option<&str>) -> ConfigError {
        let (line, column) = self.position(at);
        ConfigError {
            file: self.file.clone(),
            line: Some(line),
            column: Some(column),
            what: what.into(),
            meant: meant.map(str::to_owned),
        }
    }

    /// Parses the text into its top-level entries.
    ///
    /// # Errors
    /// Every syntax error in it, with its place.
    pub fn parse(&self) -> Result<Vec<Entry>, ConfigErrors> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let mut errors: Vec<ConfigError> = errors
            .into_iter()
            .map(|e| self.error(e.span().map_or(0, |s| s.start), e.message().replace('\n', ", "), None))
            .collect();
        errors.sort_by_key(|e| (e.line, e.column));
        ConfigErrors::check(errors)?;
        Ok(entries(table.into_inner()))
    }
}

fn entries(table: DeTable<'_>) -> Vec<Entry> {
    let mut list: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry { at: key.span().start, key: key.into_inner().into_owned(), node: node(value) })
        .collect();
    list.sort_by_key(|e| e.at);
    list
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let at = value.span().start;
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(i) => Value::Integer(i64::from_str_radix(i.as_str(), i.radix()).ok()),
        DeValue::Float(f) => Value::Float(f.as_str().to_owned()),
        DeValue::Boolean(b) => Value::Bool(b),
        DeValue::Datetime(d) => Value::Date(d.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(node).collect()),
        DeValue::Table(table) => Value::Table(entries(table)),
    };
    Node { value, at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let source = Source::new("a.toml", "é = 1\n[t]\nüb = \"x\"\n");
        let parsed = Source::new("a.toml", "\"é\" = 1\n[t]\n\"üb\" = 0x10\n").parse().unwrap();
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position("é = ".len()), (1, 5));
        assert_eq!(parsed.iter().map(|e| e.key.as_str()).collect::<Vec<_>>(), ["é", "t"]);
        let Value::Table(inner) = &parsed[1].node.value else { panic!() };
        assert_eq!(inner[0].node.value, Value::Integer(Some(16)));
    }

    #[test]
    fn every_syntax_error_is_reported_with_its_line() {
        let errors = Source::new("a.toml", "a = \nb = 1\nc = [\n").parse().unwrap_err();
        assert_eq!(errors.all()[0].line, Some(1));
        assert!(errors.all().iter().any(|e| e.line == Some(3)), "{errors}");
    }
}
