//! Which parts of a program's text are strings over several lines, and which of YAML are values.
//!
//! As far as can be told without knowing the language: a string that nothing closes is none.
//!
//! Always holds: the ranges are in order, do not overlap, and lie on character boundaries.

use std::ops::Range;

use super::clean::Reads;

/// A string over several lines is at most so long: what is closed further down was hardly opened here.
const LONGEST: usize = 64 * 1024;

/// And one of one line so long.
const SHORT: usize = 1024;

/// Bytes that are searched for ends in one text; beyond, nothing more is taken for a string.
const SEARCHED: usize = 16 * 1024 * 1024;

/// Strings that reach over lines, with their quotes.
pub(super) fn strings(text: &str, reads: Reads) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Found { strings: Vec::new(), left: SEARCHED }, 0);
    let line = |at: usize, most: usize| -> &[u8] {
        let rest = bytes.get(at..bytes.len().min(at.saturating_add(most))).unwrap_or_default();
        rest.split(|b| *b == b'\n').next().unwrap_or_default()
    };
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let alone = at == 0 || !bytes.get(at - 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        at += match rest.as_bytes() {
            [b'/', b'/', ..] if at == 0 || bytes.get(at - 1) != Some(&b':') => line(at, usize::MAX).len(),
            [b'#', b' ', ..] => line(at, usize::MAX).len(),
            [b'"', b'"', b'"', ..] => string(rest, at, "\"\"\"", "\"\"\"", &mut out),
            [b'\'', b'\'', b'\'', ..] => string(rest, at, "'''", "'''", &mut out),
            [b'r', b'"' | b'#', ..] if alone => {
                let signs = rest.bytes().skip(1).take_while(|b| *b == b'#').count();
                let opening = rest.get(..signs + 2).filter(|opening| opening.ends_with('"'));
                opening.map_or(1, |opening| string(rest, at, opening, &format!("\"{}", "#".repeat(signs)), &mut out))
            }
            [b'`', ..] if reads == Reads::Quoted => string(rest, at, "`", "`", &mut out),
            // A string of one line; what no one closes there opens nothing.
            [quote @ (b'"' | b'\'' | b'`'), ..] => closed(line(at, SHORT), *quote).unwrap_or(1),
            [b'\\', next, ..] if next.is_ascii() => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
    }
    out.strings
}

/// What was found, and how much may still be searched for ends.
struct Found {
    strings: Vec<Range<usize>>,
    left: usize,
}

/// How long the string is that begins here, its quotes included, and takes note of it where it reaches over lines.
fn string(rest: &str, at: usize, opening: &str, closing: &str, out: &mut Found) -> usize {
    let body = rest.get(opening.len()..).unwrap_or_default();
    let mut most = body.len().min(LONGEST).min(out.left);
    while !body.is_char_boundary(most) {
        most -= 1;
    }
    let body = body.get(..most).unwrap_or_default();
    let raw = opening.starts_with('r');
    let escaped = |end: usize| body.bytes().take(end).rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    let end = body.match_indices(closing).map(|(end, _)| end).find(|end| raw || !escaped(*end));
    out.left -= end.unwrap_or(most);
    let Some(end) = end else { return opening.len() };
    let len = opening.len() + end + closing.len();
    if rest.get(..len).is_some_and(|whole| whole.contains('\n')) {
        out.strings.push(at..at + len);
    }
    len
}

/// Where a string of one line ends that begins with its first byte.
fn closed(line: &[u8], quote: u8) -> Option<usize> {
    let mut escaped = false;
    for (at, b) in line.iter().copied().enumerate().skip(1) {
        match b {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if b == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Follows YAML from line to line.
#[derive(Default)]
pub(super) struct Yaml {
    /// The indentation of the key whose block goes on, and whether that is commands.
    block: Option<(usize, bool)>,
}

impl Yaml {
    /// How many bytes of the next line are code: its key; all of it where it is of commands.
    pub(super) fn code(&mut self, line: &str) -> usize {
        let indent = line.bytes().take_while(|b| *b == b' ').count();
        let blank = line.trim().is_empty();
        if let Some((_, commands)) = self.block.filter(|(outer, _)| blank || indent > *outer) {
            return if commands { line.len() } else { 0 };
        }
        self.block = None;
        let Some(key) = key(line) else { return 0 };
        let name = key.trim_start_matches([' ', '-']).trim_end_matches(':').trim();
        let commands = ["run", "script", "command", "cmd", "exec", "shell", "code", "zipfile", "entrypoint"];
        let commands = commands.iter().any(|word| name.to_ascii_lowercase().contains(word));
        let value = line.get(key.len()..).unwrap_or_default().trim_start();
        if value.starts_with(['|', '>']) {
            self.block = Some((indent, commands));
        }
        if commands { line.len() } else { key.len() }
    }
}

/// A line's beginning to its first key with the colon.
fn key(line: &str) -> Option<&str> {
    let colon = line
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| line.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r', '\t'])))?;
    line.get(..=colon)
}
