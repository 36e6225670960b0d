//! Edits as a model proposes them: this exact text becomes that text.
//!
//! A text must be found exactly once. Nothing is guessed: where it is not found, the error says what
//! the file has at the place that comes closest, so that the next attempt can be right.
//!
//! Always holds: bytes outside the part that differs between `old` and `new` stay as they are, line
//! ends included. In a file with CRLF line ends a plain `\n` stands for the file's own.

use std::{borrow::Cow, fmt};

use crate::domain::diff::words::{ALIKE, Bag};

/// Why an edit was refused, in words for the model. Edits are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There are no edits.
    #[error("there are no edits")]
    Nothing,
    /// The text to replace is empty.
    #[error(
        "edit {edit}: the text to replace is empty; give the exact text that stands there, or write the whole file"
    )]
    EmptyOld {
        /// Which edit.
        edit: usize,
    },
    /// The text to replace is not there.
    #[error("edit {edit}: the text to replace was not found{near}")]
    NotFound {
        /// Which edit.
        edit: usize,
        /// The place that comes closest.
        near: Near,
    },
    /// The text to replace is there more than once.
    #[error("edit {edit}: the text to replace was found {} times, at {}; add lines around it until it is unique", times(.lines), listed(.lines))]
    Ambiguous {
        /// Which edit.
        edit: usize,
        /// Line numbers, from 1, where it starts; at most [`COUNTED`].
        lines: Vec<usize>,
    },
    /// Old and new are the same, or the file ends up as it was.
    #[error("edit {edit}: it changes nothing; the old and the new text are the same")]
    NoChange {
        /// Which edit.
        edit: usize,
    },
}

/// Occurrences that are counted.
pub const COUNTED: usize = 100;

/// Lines of the file times lines of the wanted text that are compared for the closest place.
const COMPARED: usize = 2_000_000;

/// The place in a file that comes closest to a text that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Near {
    /// Nothing like it.
    Nowhere,
    /// The same but for white space.
    Space {
        /// Line number, from 1.
        line: usize,
        /// The file's text there, its first line.
        text: String,
    },
    /// Some lines are the same; this is the first that is not.
    Differs {
        /// Line number, from 1.
        line: usize,
        /// The file's line.
        text: String,
        /// The line that was looked for.
        wanted: String,
    },
    /// A line that is like the first wanted line.
    Like {
        /// Line number, from 1.
        line: usize,
        /// The file's line.
        text: String,
    },
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str(", nor anything like it; read the file again"),
            Self::Space { line, text } => {
                write!(f, "; line {line} on is the same but for white space, beginning `{text}`")
            }
            Self::Differs { line, text, wanted } => {
                write!(f, "; the closest place differs at line {line}: the file has `{text}`, the edit has `{wanted}`")
            }
            Self::Like { line, text } => write!(f, "; the most similar line is {line}: `{text}`"),
        }
    }
}

fn times(lines: &[usize]) -> String {
    if lines.len() >= COUNTED { format!("at least {COUNTED}") } else { lines.len().to_string() }
}

fn listed(lines: &[usize]) -> String {
    let shown: Vec<String> = lines.iter().take(10).map(usize::to_string).collect();
    format!("lines {}{}", shown.join(", "), if lines.len() > shown.len() { ", …" } else { "" })
}

/// Applies edits one after the other, each to what the ones before it left.
///
/// # Errors
/// [`EditError`]: none of the edits counts then.
pub fn apply_edits<S: AsRef<str>>(before: &str, edits: &[(S, S)]) -> Result<String, EditError> {
    if edits.is_empty() {
        return Err(EditError::Nothing);
    }
    let mut text = before.to_owned();
    for (index, (old, new)) in edits.iter().enumerate() {
        text = apply(&text, old.as_ref(), new.as_ref(), index + 1)?;
    }
    if text == before { Err(EditError::NoChange { edit: edits.len() }) } else { Ok(text) }
}

fn apply(text: &str, old: &str, new: &str, edit: usize) -> Result<String, EditError> {
    let crlf = text.contains("\r\n");
    let plain = |s: &'_ str| -> String { if crlf { s.replace("\r\n", "\n") } else { s.to_owned() } };
    let (old, new, flat) = (plain(old), plain(new), plain(text));
    if old.is_empty() {
        return Err(EditError::EmptyOld { edit });
    }
    if old == new {
        return Err(EditError::NoChange { edit });
    }
    let found = occurrences(&flat, &old);
    let at = match found.as_slice() {
        [] => return Err(EditError::NotFound { edit, near: near(&flat, &old) }),
        [at] => *at,
        many => {
            let mut lines = Vec::with_capacity(many.len());
            let (mut line, mut last) = (1, 0);
            for at in many {
                line += newlines(flat.get(last..*at).unwrap_or_default());
                last = *at;
                lines.push(line);
            }
            return Err(EditError::Ambiguous { edit, lines });
        }
    };
    // Only what differs is written, so that lines given for their place keep their own ends.
    let head = common(old.chars(), new.chars());
    let room = old.len().min(new.len()) - head;
    let tail = common_within(old.chars().rev(), new.chars().rev(), room);
    let (from, to) = (at + head, at + old.len() - tail);
    let dropped: Vec<usize> = if crlf { dropped(text) } else { Vec::new() };
    let place = |flat_at: usize| flat_at + dropped.partition_point(|d| *d < flat_at);
    let middle = new.get(head..new.len() - tail).unwrap_or_default();
    let whole = text.get(place(at)..place(at + old.len())).unwrap_or_default();
    let middle = if crlf && ends_are_crlf(whole).unwrap_or_else(|| mostly_crlf(text)) {
        Cow::Owned(middle.replace('\n', "\r\n"))
    } else {
        Cow::Borrowed(middle)
    };
    let (left, right) = (text.get(..place(from)).unwrap_or_default(), text.get(place(to)..).unwrap_or_default());
    Ok(format!("{left}{middle}{right}"))
}

/// Where `old` starts, overlapping occurrences included: those are as ambiguous as others.
fn occurrences(text: &str, old: &str) -> Vec<usize> {
    let step = old.chars().next().map_or(1, char::len_utf8);
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(old)) {
        out.push(from + at);
        if out.len() >= COUNTED {
            break;
        }
        from += at + step;
    }
    out
}

/// Bytes of the common beginning.
fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    common_within(a, b, usize::MAX)
}

fn common_within(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>, room: usize) -> usize {
    let mut len = 0;
    for (x, y) in a.zip(b) {
        if x != y || len + x.len_utf8() > room {
            break;
        }
        len += x.len_utf8();
    }
    len
}

/// Places, in the text without them, before which a `\r` of a line end was left out.
fn dropped(text: &str) -> Vec<usize> {
    text.match_indices("\r\n").enumerate().map(|(count, (at, _))| at - count).collect()
}

/// How the first line of a part ends; `None` when the part has no line end.
fn ends_are_crlf(part: &str) -> Option<bool> {
    part.find('\n').map(|at| part.get(..at).is_some_and(|head| head.ends_with('\r')))
}

fn mostly_crlf(text: &str) -> bool {
    text.matches("\r\n").count() * 2 > newlines(text)
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count()
}

/// The place in `text` that comes closest to `old`. Bounded by [`COMPARED`].
fn near(text: &str, old: &str) -> Near {
    let lines: Vec<&str> = text.lines().collect();
    let most = (COMPARED / lines.len().max(1)).max(1);
    let wanted: Vec<&str> = old.lines().skip_while(|l| l.trim().is_empty()).take(most).collect();
    let telling = |line: &str| line.chars().any(char::is_alphanumeric);
    let (mut best, mut place) = (0, 0);
    for start in 0..lines.len() {
        let here = lines.get(start..).unwrap_or_default().iter().zip(&wanted);
        let same = here.filter(|(have, want)| telling(want) && squeezed(have).eq(squeezed(want))).count();
        if same > best {
            (best, place) = (same, start);
        }
    }
    if best > 0 {
        let here = lines.get(place..).unwrap_or_default();
        for (index, want) in wanted.iter().enumerate() {
            let have = here.get(index).copied().unwrap_or("");
            if !squeezed(have).eq(squeezed(want)) {
                return Near::Differs { line: place + index + 1, text: clip(have), wanted: clip(want) };
            }
        }
        return Near::Space { line: place + 1, text: clip(here.first().copied().unwrap_or("")) };
    }
    let Some(first) = wanted.first() else { return Near::Nowhere };
    let bag = Bag::of(first.as_bytes());
    let (mut best, mut place) = (ALIKE, None);
    for (index, line) in lines.iter().enumerate().take(50_000).filter(|(_, l)| telling(l)) {
        let like = bag.likeness(&Bag::of(line.as_bytes()));
        if like > best {
            (best, place) = (like, Some(index));
        }
    }
    place.map_or(Near::Nowhere, |index| Near::Like {
        line: index + 1,
        text: clip(lines.get(index).copied().unwrap_or("")),
    })
}

fn squeezed(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
}

fn clip(line: &str) -> String {
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(before: &str, old: &str, new: &str) -> Result<String, EditError> {
        apply_edits(before, &[(old, new)])
    }

    #[test]
    fn edits_follow_each_other() {
        let out = apply_edits("a\nb\nc\n", &[("b", "bb"), ("bb\nc", "d")]);
        assert_eq!(out.as_deref(), Ok("a\nd\n"));
    }

    #[test]
    fn what_is_not_unique_is_refused_with_its_lines() {
        let error = one("x\ny\nx\n", "x", "z").unwrap_err();
        assert_eq!(error, EditError::Ambiguous { edit: 1, lines: vec![1, 3] });
        assert_eq!(
            error.to_string(),
            "edit 1: the text to replace was found 2 times, at lines 1, 3; add lines around it until it is unique"
        );
        assert!(matches!(one("aaa", "aa", "b"), Err(EditError::Ambiguous { .. })), "overlapping ones count");
    }

    #[test]
    fn what_changes_nothing_is_refused() {
        assert_eq!(one("a", "a", "a"), Err(EditError::NoChange { edit: 1 }));
        assert_eq!(apply_edits("a b", &[("a", "c"), ("c", "a")]), Err(EditError::NoChange { edit: 2 }));
        assert_eq!(one("a", "", "b"), Err(EditError::EmptyOld { edit: 1 }));
        assert_eq!(apply_edits::<&str>("a", &[]), Err(EditError::Nothing));
    }

    #[test]
    fn what_is_not_found_is_told_with_the_closest_place() {
        let file = "fn main() {\n    let total = sum(items);\n    print(total);\n}\n";
        let near = |old: &str| match one(file, old, "x") {
            Err(EditError::NotFound { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            near("let total  =  sum(items);\nprint(total);"),
            Near::Space { line: 2, text: "    let total = sum(items);".into() }
        );
        assert_eq!(
            near("    let total = sum(items);\n    show(total);"),
            Near::Differs { line: 3, text: "    print(total);".into(), wanted: "    show(total);".into() }
        );
        assert_eq!(
            near("let total = sum(values);"),
            Near::Like { line: 2, text: "    let total = sum(items);".into() }
        );
        assert_eq!(near("struct Quite { other: u8 }"), Near::Nowhere);
    }

    #[test]
    fn files_with_crlf_keep_their_line_ends() {
        assert_eq!(one("a\r\nb\r\nc\r\n", "a\nb", "a\nx\ny").as_deref(), Ok("a\r\nx\r\ny\r\nc\r\n"));
        assert_eq!(one("a\r\nb\r\n", "a\r\nb", "c").as_deref(), Ok("c\r\n"));
        assert_eq!(one("a\r\nb\r\n", "b", "b\nc").as_deref(), Ok("a\r\nb\r\nc\r\n"));
        // Mixed: the lines given for their place keep their own.
        assert_eq!(one("a\nb\r\nc\n", "a\nb\nc", "a\nb\nd").as_deref(), Ok("a\nb\r\nd\n"));
        assert_eq!(
            one("a\nb\n", "a", "x\r\ny").as_deref(),
            Ok("x\r\ny\nb\n"),
            "a file without CRLF is written as given"
        );
    }

    proptest! {
        #[test]
        fn only_the_found_text_changes(head in "[é\r\n]{0,8}", old in "[ab]([ab\n]{0,6}[ab])?", new in "[xyé\n]{0,8}", tail in "[é\r\n]{0,8}") {
            let own = |s: &str| s.replace('\n', "\r\n");
            let before = format!("{}{}{}\r\n", own(&head), own(&old), own(&tail));
            let after = format!("{}{}{}\r\n", own(&head), own(&new), own(&tail));
            prop_assert_eq!(one(&before, &old, &new), Ok(after));
        }
    }
}
