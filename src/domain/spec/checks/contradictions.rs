//! Criteria that cannot both hold, and criteria that say the same twice.
//!
//! Told only where it can be told without a model and without noise: the same subject under the same
//! condition shall and shall not do the same, or keeps the same bound at two numbers. What differs in
//! a condition may be an exception, and is not compared.

use super::{Finding, First, Severity, Spec, words};
use crate::domain::spec::{criteria::Criterion, ears::classify};

pub(super) fn check(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(first) = &spec.first else { return };
    let said: Vec<Said<'_>> = criteria(first).filter_map(Said::of).collect();
    for (index, later) in said.iter().enumerate() {
        // Each is told once, against the first that it quarrels with.
        let found = said.iter().take(index).find_map(|earlier| quarrel(earlier, later));
        let Some((code, severity, what, why, todo)) = found else { continue };
        out.push(Finding { code, severity, document: first.file, line: later.criterion.line, what, why, todo });
    }
}

/// Criteria that state what shall be. The defect of a bug analysis states what is.
fn criteria(first: &First) -> impl Iterator<Item = &Criterion> {
    let skipped = usize::from(first.bugfix.is_some());
    let all = first.requirements.iter().filter(move |r| skipped == 0 || r.id.parts() != [1]);
    all.flat_map(|r| &r.criteria).filter(|c| !words::is_foreign(&c.text))
}

/// A criterion in comparable words.
struct Said<'a> {
    criterion: &'a Criterion,
    subject: String,
    condition: Vec<String>,
    /// What it does, without the negation.
    response: Vec<String>,
    negated: bool,
}

impl<'a> Said<'a> {
    fn of(criterion: &'a Criterion) -> Option<Self> {
        let ears = classify(&criterion.text);
        let (subject, response) = (ears.subject?, ears.response?);
        let before = criterion.text.find(subject).and_then(|at| criterion.text.get(..at)).unwrap_or_default();
        let mut response = plain(response);
        let negated = response.first().is_some_and(|w| w == "not" || w == "never");
        if negated {
            response.remove(0);
        }
        let condition = plain(before).into_iter().filter(|w| !KEYWORDS.contains(&w.as_str())).collect();
        (response.len() > 1).then(|| Self { criterion, subject: plain(subject).concat(), condition, response, negated })
    }
}

const KEYWORDS: &[&str] = &["when", "if", "then", "while", "where"];

/// Words in lower case, without articles and without marks at either end.
fn plain(text: &str) -> Vec<String> {
    let words = text.split_whitespace().map(|w| w.trim_matches(|c: char| !(c.is_alphanumeric() || c == '%')));
    words
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .filter(|w| !matches!(w.as_str(), "a" | "an" | "the"))
        .collect()
}

type Quarrel = (&'static str, Severity, String, &'static str, String);

fn quarrel(earlier: &Said<'_>, later: &Said<'_>) -> Option<Quarrel> {
    if earlier.subject != later.subject || earlier.condition != later.condition {
        return None;
    }
    let (a, b) = (&earlier.criterion.id, &later.criterion.id);
    if a == b {
        return None;
    }
    if earlier.response == later.response {
        return Some(match earlier.negated == later.negated {
            false => (
                "contradiction",
                Severity::Error,
                format!("{b} and {a} say SHALL and SHALL NOT of the same"),
                "No program can do both, so one of them is going to be broken.",
                format!("Take one of {a} and {b} out, or say when each holds."),
            ),
            true => (
                "said-twice",
                Severity::Warning,
                format!("{b} says the same as {a}"),
                "When one of them is changed, they contradict each other.",
                format!("Take one of {a} and {b} out."),
            ),
        });
    }
    let (bound_a, bound_b) = bound(&earlier.response, &later.response)?;
    (earlier.negated == later.negated).then(|| {
        (
            "different-numbers",
            Severity::Warning,
            format!("{b} says {bound_b} where {a} says {bound_a}"),
            "One thing has two bounds, and a test can hold only one of them against it.",
            format!("Keep one of the two numbers, or say in {a} and {b} when each holds."),
        )
    })
}

/// Words before a number that make it a bound of something, and not one of several things.
const BOUNDS: &[&str] = &[
    "within", "most", "least", "to", "than", "exactly", "for", "every", "maximum", "minimum", "after", "of", "under",
    "over", "below", "above",
];
/// `to` and `of` bound only behind one of these: "up to 3", "a maximum of 3".
const LEADS: &[&str] = &["up", "limited", "maximum", "minimum", "limit", "timeout", "total"];

/// The bounds that two responses keep differently, where that is all in which they differ.
fn bound(a: &[String], b: &[String]) -> Option<(String, String)> {
    if a.len() != b.len() {
        return None;
    }
    let differ: Vec<usize> = (0..a.len()).filter(|i| a.get(*i) != b.get(*i)).collect();
    let [at] = differ.as_slice() else { return None };
    let (one, other) = (a.get(*at)?, b.get(*at)?);
    let number = |w: &str| w.starts_with(|c: char| c.is_ascii_digit());
    let before = a.get(at.checked_sub(1)?)?.as_str();
    let lead = at.checked_sub(2).and_then(|i| a.get(i)).map_or("", String::as_str);
    let bounds = BOUNDS.contains(&before) && (!matches!(before, "to" | "of") || LEADS.contains(&lead));
    let unit = a.get(at + 1).map_or(String::new(), |w| format!(" {w}"));
    (number(one) && number(other) && bounds).then(|| (format!("{one}{unit}"), format!("{other}{unit}")))
}
