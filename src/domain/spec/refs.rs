//! Ids of requirements and criteria, and the lists of them that design and tasks write.
//!
//! What a list says but cannot be read as an id is kept as free text, never dropped.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::text::{Span, bare};

/// The id of a requirement (`3`, `DR1`) or of a criterion (`3.2`, `DR1.5`). Ids order by number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReqId {
    series: String,
    parts: Vec<u32>,
}

impl ReqId {
    /// A requirement's id. `series` is empty or the capital letters before the number.
    pub fn requirement(series: &str, number: u32) -> Self {
        Self { series: series.to_owned(), parts: vec![number] }
    }

    /// The id of this requirement's item `item`, from 1.
    pub fn item(&self, item: u32) -> Self {
        let mut id = self.clone();
        id.parts.push(item);
        id
    }

    /// The letters before the number; empty for ordinary requirements.
    pub fn series(&self) -> &str {
        &self.series
    }

    /// The numbers: one for a requirement, two for a criterion; more only where a document goes
    /// deeper than the format does.
    pub fn parts(&self) -> &[u32] {
        &self.parts
    }

    /// The requirement this id is or belongs to.
    pub fn root(&self) -> Self {
        Self { series: self.series.clone(), parts: self.parts.iter().take(1).copied().collect() }
    }

    /// True for the id itself and for everything below it: `3` covers `3.2`.
    pub fn covers(&self, other: &Self) -> bool {
        self.series == other.series && other.parts.starts_with(&self.parts)
    }

    /// Reads an id at the start of `text`; gives it and the rest. A full stop between two digits
    /// belongs to the id, one at its end does not.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let letters = text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (word, mut rest) = (text.get(..letters)?, text.get(letters..)?);
        if letters > 0 {
            rest = rest.trim_start_matches([' ', '-', '#', '_']);
        }
        let series = series_of(word)?;
        let mut parts = Vec::new();
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            parts.push(rest.get(..digits)?.parse().ok()?);
            rest = rest.get(digits..)?;
            let deeper = rest.strip_prefix('.').filter(|r| r.starts_with(|c: char| c.is_ascii_digit()));
            match deeper {
                Some(more) => rest = more,
                None => break,
            }
        }
        // `3.x` is requirement 3 with all of its criteria.
        for all in [".x", ".X", ".*"] {
            rest = rest.strip_prefix(all).filter(|r| !r.starts_with(char::is_alphanumeric)).unwrap_or(rest);
        }
        // `2nd`, `1px`, `3_x` are words, not ids.
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && !rest.starts_with("_ ") {
            return None;
        }
        Some((Self { series, parts }, rest))
    }
}

/// The series that letters before a number stand for; `None` where they are an ordinary word.
fn series_of(word: &str) -> Option<String> {
    let upper = word.to_ascii_uppercase();
    match upper.as_str() {
        "" | "R" | "REQ" | "REQS" | "REQUIREMENT" | "REQUIREMENTS" | "AC" => Some(String::new()),
        _ if word.len() <= 5 && word == upper => Some(upper),
        _ => None,
    }
}

impl fmt::Display for ReqId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.series)?;
        for (i, part) in self.parts.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

/// The text is no id of a requirement or criterion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a requirement or criterion")]
pub struct NotAnId(String);

impl FromStr for ReqId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Self::read(text.trim()) {
            Some((id, "")) => Ok(id),
            _ => Err(NotAnId(text.chars().take(80).collect())),
        }
    }
}

impl Serialize for ReqId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ReqId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// What one entry of a list of references points at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One requirement or criterion.
    One(ReqId),
    /// All from the first to the second, both included.
    Range(ReqId, ReqId),
    /// Every requirement.
    All,
    /// Something in words.
    Free(String),
}

/// One entry of a list of references.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ref {
    /// What it points at.
    pub target: Target,
    /// Where it stands in the document.
    pub span: Span,
    /// Its line, from 1.
    pub line: usize,
}

impl Ref {
    /// True where this entry, as written, takes in `id`.
    pub fn covers(&self, id: &ReqId) -> bool {
        match &self.target {
            Target::One(one) => one.covers(id),
            Target::Range(from, to) => {
                from.series == id.series && to.series == id.series && *from <= *id && (*id <= *to || to.covers(id))
            }
            Target::All => true,
            Target::Free(_) => false,
        }
    }

    /// The ids written in this entry: none, one or the two ends of a range.
    pub fn ids(&self) -> impl Iterator<Item = &ReqId> {
        let (a, b) = match &self.target {
            Target::One(id) => (Some(id), None),
            Target::Range(from, to) => (Some(from), Some(to)),
            Target::All | Target::Free(_) => (None, None),
        };
        a.into_iter().chain(b)
    }
}

/// Reads a list such as `1.1, 2.3-2.5, R4 and Req 5`. `base` is where `text` starts in its
/// document and `line` its line.
pub fn parse_list(text: &str, base: usize, line: usize) -> Vec<Ref> {
    let mut out = Vec::new();
    // "Derived Requirements 1.1, 2.1": the words hold for the whole list.
    let mut carried = None;
    // "Test Findings 2, 4 & 5": the numbers behind are of the same list in words.
    let mut worded = false;
    for piece in pieces(text) {
        let piece = bare(piece).trim_matches(|c: char| matches!(c, '.' | '[' | ']' | '(' | ')' | '"'));
        let piece = bare(piece);
        if piece.is_empty() {
            continue;
        }
        let span = Span::within(text, base, piece);
        let (series, rest) = lead(piece);
        if series.is_some() {
            carried = series;
        }
        let whole = piece.chars().all(|c| c.is_ascii_digit());
        let found = target(rest, carried.unwrap_or("")).filter(|_| !(worded && whole));
        let target = found.unwrap_or_else(|| {
            let lower = piece.to_ascii_lowercase();
            if lower == "all" || lower.starts_with("all requirements") || lower.starts_with("全要件") {
                Target::All
            } else {
                Target::Free(piece.to_owned())
            }
        });
        let ends = piece.ends_with(|c: char| c.is_ascii_digit());
        worded = matches!(target, Target::Free(_)) && ends && (worded || !whole);
        out.push(Ref { target, span, line });
    }
    out
}

/// The entries of a list; a separator inside brackets separates nothing.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    let mut cut = |from: usize, to: usize| {
        if let Some(piece) = text.get(from..to) {
            // "1.1 and 1.2", "1.1/1.2"
            for part in piece.split(" and ").flat_map(|p| p.split(" & ")) {
                let ids = part.contains('/') && part.split('/').all(|p| ReqId::read(p.trim()).is_some());
                if ids { out.extend(part.split('/')) } else { out.push(part) }
            }
        }
    };
    for (at, c) in text.char_indices() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            ',' | ';' | '、' | '，' | '；' if depth == 0 => {
                cut(start, at);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    cut(start, text.len());
    out
}

/// Takes off the words that introduce ids; gives the series they mean, where they mean one.
fn lead(piece: &str) -> (Option<&'static str>, &str) {
    const WORDS: &[(&str, &str)] = &[
        ("derived requirements", "DR"),
        ("derived requirement", "DR"),
        ("derived", "DR"),
        ("requirements", ""),
        ("requirement", ""),
        ("reqs", ""),
        ("req", ""),
        ("criteria", ""),
        ("criterion", ""),
        ("acceptance criteria", ""),
        ("要件", ""),
        ("需求", ""),
        ("요구사항", ""),
    ];
    for (word, series) in WORDS {
        let Some(head) = piece.get(..word.len()) else { continue };
        if head.eq_ignore_ascii_case(word)
            && let Some(rest) = piece.get(word.len()..)
        {
            let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | ':' | '.' | '-' | '*'));
            if rest.starts_with(|c: char| c.is_ascii_digit()) {
                return (Some(series), rest);
            }
        }
    }
    (None, piece)
}

fn target(text: &str, series: &'static str) -> Option<Target> {
    let place = |mut id: ReqId| {
        if id.series.is_empty() && !series.is_empty() {
            id.series = series.to_owned();
        }
        id
    };
    let (from, rest) = ReqId::read(text)?;
    let from = place(from);
    let after = rest.trim_start();
    let dash =
        ["...", "..", "-", "–", "—", "~", "〜", "～", "to ", "through "].iter().find_map(|d| after.strip_prefix(d));
    if let Some(more) = dash {
        let (_, more) = lead(more.trim_start());
        if let Some((to, rest)) = ReqId::read(more)
            && is_aside(rest)
        {
            let mut to = place(to);
            // "DR1-3" and "1.1-5" leave out what stays the same.
            if to.series.is_empty() {
                to.series.clone_from(&from.series);
            }
            if let ([_, item], [last]) = (from.parts.as_slice(), to.parts.as_slice())
                && last > item
            {
                to = from.root().item(*last);
            }
            return Some(Target::Range(from, to));
        }
    }
    is_aside(rest).then_some(Target::One(from))
}

/// True where nothing, or only an aside, follows an id.
fn is_aside(rest: &str) -> bool {
    let rest = rest.trim_start();
    let rest = rest
        .strip_prefix('.')
        .map_or(rest, |after| if after.starts_with(char::is_alphanumeric) { rest } else { after });
    rest.is_empty() || rest.starts_with(['(', '（', ':', ' ', '*', '_', '`', '[', ']', ')', '）', '—', '–', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        parse_list(text, 0, 1)
            .into_iter()
            .map(|r| match r.target {
                Target::One(id) => id.to_string(),
                Target::Range(a, b) => format!("{a}..{b}"),
                Target::All => "all".to_owned(),
                Target::Free(text) => format!("'{text}'"),
            })
            .collect()
    }

    #[test]
    fn every_form_of_a_list_is_read() {
        for (text, want) in [
            ("1.1, 2.3", vec!["1.1", "2.3"]),
            ("1.1-1.5", vec!["1.1..1.5"]),
            ("4.2–4.8", vec!["4.2..4.8"]),
            ("1.1 to 1.5; 2", vec!["1.1..1.5", "2"]),
            ("1.1-5", vec!["1.1..1.5"]),
            ("1-3", vec!["1..3"]),
            ("R1, R2.1", vec!["1", "2.1"]),
            ("Req 1", vec!["1"]),
            ("Requirements 2.2, 2.5", vec!["2.2", "2.5"]),
            ("Requirement 1 and Requirement 2", vec!["1", "2"]),
            ("DR1, DR2.5", vec!["DR1", "DR2.5"]),
            ("Derived Requirements 1.1-1.5, 2.1-2.5", vec!["DR1.1..DR1.5", "DR2.1..DR2.5"]),
            ("NFR-1", vec!["NFR1"]),
            ("Derived 1.1, Derived 1.2", vec!["DR1.1", "DR1.2"]),
            ("All requirements", vec!["all"]),
            ("All requirements validation", vec!["all"]),
            ("all", vec!["all"]),
            ("All foundation requirements", vec!["'All foundation requirements'"]),
            ("1.3, Integration Test Findings 2, 4 & 5", vec!["1.3", "'Integration Test Findings 2'", "'4'", "'5'"]),
            ("要件 2.8 (umbrella)", vec!["2.8"]),
            ("1.1/1.2", vec!["1.1", "1.2"]),
            ("1.1 (part a, part b), 1.2", vec!["1.1", "1.2"]),
            ("User accessibility", vec!["'User accessibility'"]),
            ("3px, 2nd, 1.y", vec!["'3px'", "'2nd'", "'1.y'"]),
            ("1.x, 2.*", vec!["1", "2"]),
            ("99999999999", vec!["'99999999999'"]),
            (" , ", vec![]),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn an_entry_covers_what_lies_below_it() {
        let covers = |list: &str, id: &str| parse_list(list, 0, 1)[0].covers(&id.parse().unwrap());
        assert!(covers("3", "3.2"));
        assert!(!covers("3", "30.2"));
        assert!(covers("1.2-1.4", "1.4"));
        assert!(!covers("1.2-1.4", "1.1"));
        assert!(!covers("1.2-1.4", "1.10"));
        assert!(covers("1-3", "3.7"));
        assert!(!covers("1-3", "DR2"));
        assert!(covers("all", "DR2"));
    }

    #[test]
    fn spans_point_at_the_entry() {
        let text = "x: 1.1, **R2**";
        let list = parse_list(&text[3..], 3, 7);
        assert_eq!(list[0].span.of(text), "1.1");
        assert_eq!((list[1].span.of(text), list[1].line), ("R2", 7));
    }

    #[test]
    fn ids_order_by_number() {
        let id = |text: &str| text.parse::<ReqId>().unwrap();
        assert!(id("1.9") < id("1.10"));
        assert!(id("2") < id("2.1"));
        assert!("Requirement".parse::<ReqId>().is_err());
        assert_eq!(serde_json::to_string(&id("DR1.2")).unwrap(), "\"DR1.2\"");
    }
}
