//! One line of `tasks.md`: the checkbox with its number and title, and the labelled fields below it.

use super::text::{Line, bare};

/// A task line taken apart.
pub(super) struct Head<'a> {
    /// The character between the brackets.
    pub(super) mark: char,
    /// Where it stands in the document.
    pub(super) mark_at: usize,
    /// The number as written, without a full stop at its end.
    pub(super) number: Option<&'a str>,
    /// What is left of the line.
    pub(super) title: &'a str,
    /// A star is there.
    pub(super) optional: bool,
    /// `(P)` is there.
    pub(super) parallel: bool,
}

impl<'a> Head<'a> {
    /// Takes a line apart, where it is a list item with a checkbox.
    pub(super) fn read(line: &Line<'a>) -> Option<Self> {
        let (marker, rest) = line.item()?;
        let inner = rest.strip_prefix('[')?;
        let mark = inner.chars().next()?;
        let after = inner.get(mark.len_utf8()..)?.strip_prefix(']')?;
        let mark_at = line.span_of(inner).start;
        let (starred, after) = star(after);
        // `- [x](link)` is a link.
        if !(starred || after.is_empty() || after.starts_with(char::is_whitespace)) {
            return None;
        }
        let (starred_later, text) = star(after.trim_start());
        let text = text.trim();
        let (number, text, starred_last) = number(text);
        // `1. [ ] Title`: the list's own number.
        let number = number.or_else(|| {
            let digits = marker.trim_end_matches(['.', ')']);
            (digits.len() < marker.len()).then_some(digits)
        });
        let (before, text) = parallel(text);
        let title = whole_bare(text);
        let optional = starred || starred_later || starred_last;
        Some(Self { mark, mark_at, number, title, optional, parallel: before })
    }
}

/// Takes off a single star that stands alone.
fn star(text: &str) -> (bool, &str) {
    match text.strip_prefix('*') {
        Some(rest) if rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c.is_ascii_digit()) => {
            (true, rest)
        }
        _ => (false, text),
    }
}

fn parallel(text: &str) -> (bool, &str) {
    if let Some(rest) = text.strip_prefix("(P)").or_else(|| text.strip_prefix("[P]")) {
        return (true, rest.trim_start());
    }
    match text.strip_suffix("(P)") {
        Some(rest) => (true, rest.trim_end()),
        None => (false, text),
    }
}

/// Number, title, and whether a star follows the number: `1.2 x`, `1. x`, `1.2* x`, `**1.2 x**`,
/// `Task 1: x`, `T001 x`.
fn number(text: &str) -> (Option<&str>, &str, bool) {
    let none = (None, text, false);
    let inner = text.trim_start_matches("**");
    let bold = inner.len() < text.len();
    let rest = inner.strip_prefix("Task ").unwrap_or(inner);
    let worded = rest.len() < inner.len();
    let digits_from = if rest.starts_with('T') { 1 } else { 0 };
    let mut end = digits_from;
    let bytes = rest.as_bytes();
    while bytes.get(end).is_some_and(|b| b.is_ascii_digit())
        || (end > digits_from
            && bytes.get(end) == Some(&b'.')
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit()))
    {
        end += 1;
    }
    if end == digits_from {
        return none;
    }
    let (Some(id), Some(after)) = (rest.get(..end), rest.get(end..)) else { return none };
    let after = after.strip_prefix("**").filter(|_| bold).unwrap_or(after);
    let after = after.strip_prefix(['.', ')', ':']).unwrap_or(after);
    let after = after.strip_prefix("**").filter(|_| bold).unwrap_or(after);
    let (starred, after) = match after.strip_prefix('*') {
        Some(rest) if !rest.starts_with('*') => (true, rest.strip_prefix(['.', ')', ':']).unwrap_or(rest)),
        _ => (false, after),
    };
    let dashed = worded && after.starts_with(['-', '–', '—']);
    if !(after.is_empty() || after.starts_with(char::is_whitespace) || dashed) {
        return none;
    }
    // "3 retries for uploads" is a title when a bare number is not followed by a full stop; the
    // format's own `1 Title` looks the same, and is by far the more common.
    let title = after.trim_start();
    let title = if bold { title.strip_suffix("**").filter(|t| !t.contains("**")).unwrap_or(title) } else { title };
    (Some(id), title, starred)
}

/// The text without emphasis around the whole of it.
fn whole_bare(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix("**").and_then(|t| t.strip_suffix("**")) {
        Some(inner) if !inner.contains("**") => inner.trim(),
        _ => text,
    }
}

/// The task id at the start of `text`: `1.1`, `Task 1.1`, `1.1 Title`, `2.`.
pub(super) fn task_id(text: &str) -> Option<String> {
    let text = bare(text);
    let text = text.strip_prefix("Tasks ").or_else(|| text.strip_prefix("Task ")).unwrap_or(text);
    // The ids of unnumbered tasks: `#2`, `3#1`.
    let first = text.split_whitespace().next()?;
    if first.contains('#') && first.chars().all(|c| c.is_ascii_digit() || matches!(c, '#' | '.')) {
        return Some(first.to_owned());
    }
    number(text).0.map(str::to_owned)
}

/// The labelled values in a line: `_A: x_ _B: y_`, `**A:** x`, `**A: x**`, `A: x`.
pub(super) fn fields(text: &str) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    if text.starts_with('_') {
        let mut rest = text;
        while let Some(inner) = rest.strip_prefix('_') {
            let (one, more) = match inner.split_once("_ _") {
                // The second underscore opens the next field.
                Some((one, more)) => (one, rest.get(rest.len().saturating_sub(more.len() + 1)..).unwrap_or("")),
                None => (inner, ""),
            };
            out.extend(label(one));
            rest = more;
        }
        return out;
    }
    out.extend(label(text));
    out
}

fn label(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once([':', '：'])?;
    let name = bare(name);
    let value = bare(value);
    let plausible = !name.is_empty()
        && name.chars().count() <= 30
        && name.split_whitespace().count() <= 3
        && name.starts_with(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-'));
    (plausible && !value.is_empty()).then_some((name, value))
}

/// Adds the numbers in `Property 3`, `Properties 1, 2`.
pub(super) fn properties(text: &str, into: &mut Vec<u32>) {
    for word in ["Property ", "Properties ", "property ", "properties "] {
        for (at, _) in text.match_indices(word) {
            let mut rest = text.get(at + word.len()..).unwrap_or("");
            loop {
                let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let Some(number) = rest.get(..digits).and_then(|d| d.parse::<u32>().ok()) else { break };
                if !into.contains(&number) {
                    into.push(number);
                }
                rest = rest.get(digits..).unwrap_or("");
                let next = [", and ", ", ", " and ", " & "].iter().find_map(|s| rest.strip_prefix(s));
                match next {
                    Some(more) if word.trim().ends_with('s') => rest = more,
                    _ => break,
                }
            }
        }
    }
}
