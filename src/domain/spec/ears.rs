//! EARS: the sentence forms of an acceptance criterion.
//!
//! Recognised from key words alone; whether the sentence makes sense is not judged here.

use serde::{Deserialize, Serialize};

use super::text::bare;

/// Which of EARS' sentence forms a criterion has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// THE subject SHALL …
    Ubiquitous,
    /// WHEN …, THE subject SHALL …
    Event,
    /// IF …, THEN THE subject SHALL …
    Unwanted,
    /// WHILE …, THE subject SHALL …
    State,
    /// WHERE …, THE subject SHALL …
    Optional,
    /// FOR ALL …, THE subject SHALL …
    ForAll,
    /// Several of the conditions above.
    Complex,
    /// None of them.
    None,
}

impl Pattern {
    /// Its name in EARS.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ubiquitous => "ubiquitous",
            Self::Event => "event",
            Self::Unwanted => "unwanted",
            Self::State => "state",
            Self::Optional => "optional",
            Self::ForAll => "for all",
            Self::Complex => "complex",
            Self::None => "no form",
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What EARS sees in a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ears<'a> {
    /// The form.
    pub pattern: Pattern,
    /// Who does it: the words before SHALL, without the article.
    pub subject: Option<&'a str>,
    /// What it does: the words after SHALL.
    pub response: Option<&'a str>,
    /// True for an IF without a THEN.
    pub then_missing: bool,
}

/// Looks at one criterion's text.
pub fn classify(text: &str) -> Ears<'_> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let words = words(text);
    let shall = words
        .iter()
        .position(|w| matches!(w.1, "SHALL" | "MUST"))
        .or_else(|| words.iter().position(|w| w.1.eq_ignore_ascii_case("shall") || w.1.eq_ignore_ascii_case("must")));
    let Some(shall) = shall else {
        return Ears { pattern: Pattern::None, subject: None, response: None, then_missing: false };
    };
    let (before, after) = words.split_at(shall);
    let mut found = Vec::new();
    let mut open = true;
    for (index, (_, word, ends_clause)) in before.iter().enumerate() {
        let loud = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
        if open || loud {
            let next = before.get(index + 1).map(|w| w.1.to_ascii_uppercase());
            let pattern = match word.to_ascii_uppercase().as_str() {
                "WHEN" => Some(Pattern::Event),
                "IF" => Some(Pattern::Unwanted),
                "WHILE" => Some(Pattern::State),
                "WHERE" => Some(Pattern::Optional),
                "FOR" if matches!(next.as_deref(), Some("ALL" | "ANY" | "EACH" | "EVERY")) => Some(Pattern::ForAll),
                _ => None,
            };
            found.extend(pattern.filter(|p| !found.contains(p)));
        }
        // "and while …" goes on with the clause before it.
        open = *ends_clause || (open && word.eq_ignore_ascii_case("and"));
    }
    let then_missing = found.contains(&Pattern::Unwanted) && !before.iter().any(|w| w.1.eq_ignore_ascii_case("then"));
    let pattern = match found.as_slice() {
        [] => Pattern::Ubiquitous,
        [one] => *one,
        _ => Pattern::Complex,
    };
    let subject = subject(text, before, after.first().map_or(text.len(), |w| w.0), pattern);
    let response = after.first().and_then(|(at, word, _)| text.get(at + word.len()..)).map(str::trim);
    Ears { pattern, subject, response: response.filter(|r| !r.is_empty()), then_missing }
}

/// Offset, letters, and whether a comma or the like ends a clause behind it.
type Word<'a> = (usize, &'a str, bool);

fn words(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    for raw in text.split_whitespace() {
        let at = (raw.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
        let at = at + raw.find(word).unwrap_or(0);
        if !word.is_empty() {
            out.push((at, word, raw.ends_with([',', ':', ';', '、', '，'])));
        } else if let Some(last) = out.last_mut() {
            last.2 |= raw.ends_with([',', ':', ';', '、', '，']);
        }
    }
    out
}

fn subject<'a>(text: &'a str, before: &[Word<'a>], end: usize, pattern: Pattern) -> Option<&'a str> {
    let after = |w: &Word<'_>| w.0 + w.1.len();
    let the = before.iter().rposition(|w| w.1 == "THE");
    let then = before.iter().rposition(|w| w.1.eq_ignore_ascii_case("then"));
    let comma = before.iter().rposition(|w| w.2);
    let start = match (the, then.max(comma)) {
        (Some(the), other) if other.is_none_or(|o| the > o) => after(before.get(the)?),
        (_, Some(last)) => after(before.get(last)?),
        (_, None) if pattern == Pattern::Ubiquitous => 0,
        (_, None) => return None,
    };
    let subject = text
        .get(start..end)?
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | ';' | '、' | '，'));
    let subject = subject.trim();
    let subject = match subject.split_once(char::is_whitespace) {
        Some((article, rest)) if ["the", "a", "an", "then"].iter().any(|a| article.eq_ignore_ascii_case(a)) => rest,
        _ => subject,
    };
    Some(bare(subject)).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_recognised() {
        for (text, pattern, subject) in [
            ("THE Order_Service SHALL answer", Pattern::Ubiquitous, Some("Order_Service")),
            ("The GROW server shall answer", Pattern::Ubiquitous, Some("GROW server")),
            ("WHEN an order arrives, THE Order_Service SHALL store it", Pattern::Event, Some("Order_Service")),
            ("WHEN tests are run AND one fails THEN the system SHALL say so", Pattern::Event, Some("system")),
            ("When a page, or a part of it, loads, the `hook` shall scroll", Pattern::Event, Some("hook")),
            ("IF the disk is full, THEN THE Store SHALL refuse", Pattern::Unwanted, Some("Store")),
            ("WHILE offline, THE Client SHALL queue", Pattern::State, Some("Client")),
            ("WHERE printing is bought, THE Shop SHALL print", Pattern::Optional, Some("Shop")),
            ("FOR ALL valid files, THE Parser SHALL keep the order", Pattern::ForAll, Some("Parser")),
            ("WHILE online, WHEN a key is pressed, THE Editor SHALL echo", Pattern::Complex, Some("Editor")),
            ("WHEN a call comes, IF it fails, THEN THE Client SHALL retry", Pattern::Complex, Some("Client")),
            ("✅ WHEN done THEN I SHALL rest", Pattern::Event, Some("I")),
            ("**WHEN** done, **THE** Tool **SHALL** rest", Pattern::Event, Some("Tool")),
            ("WHEN a user looks where it is, THE Tool SHALL rest", Pattern::Event, Some("Tool")),
            ("Users can log in", Pattern::None, None),
            ("", Pattern::None, None),
        ] {
            let ears = classify(text);
            assert_eq!((ears.pattern, ears.subject), (pattern, subject), "{text}");
        }
    }

    #[test]
    fn an_if_wants_a_then() {
        assert!(classify("IF x, THE Y SHALL z").then_missing);
        assert!(!classify("IF x, THEN THE Y SHALL z").then_missing);
        assert_eq!(classify("THE Y SHALL z.").response, Some("z."));
        assert_eq!(classify("THE Y SHALL").response, None);
    }
}
