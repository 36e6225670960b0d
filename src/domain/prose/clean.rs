//! Untrusted text made safe to draw: controls, escapes, bidi controls and invisible characters
//! become visible marks.
//!
//! It changes only what is drawn, never what is stored or approved. Confusable letters are left as
//! they are and reported by [`suspicious`].
//!
//! Always holds: the result has no control character besides `\n` and `\t`, no bidi control, and no
//! character without a mark of its own; cleaning twice is cleaning once.

use std::{borrow::Cow, ops::Range};

/// Combining marks in a row that are drawn; real scripts rarely stack more.
const STACKED: usize = 4;

/// Makes every deceptive character visible: `␛` for escape, `⟨U+202E⟩` for one without a picture.
/// `\n` and `\t` stay; see [`expand_tabs`].
pub fn clean(text: &str) -> Cow<'_, str> {
    let mut marks = Marks::default();
    let Some(first) = text.char_indices().find(|(_, c)| marks.hidden(*c)).map(|(at, _)| at) else {
        return Cow::Borrowed(text);
    };
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = Marks::default();
    for (at, c) in text.char_indices() {
        // Called for each character: it counts the stacked marks.
        if marks.hidden(c) && at >= first {
            show(c, &mut out);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// [`clean`] for bytes that may not be UTF-8; those that are not are shown as `\xNN`.
pub fn clean_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return clean(text);
    }
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(&clean(chunk.valid()));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02X}"));
        }
    }
    Cow::Owned(out)
}

/// Replaces tabs by the spaces up to the next stop, for text that starts at display column
/// `column` and has no line feed. A `size` of 0 counts as 1.
pub fn expand_tabs(text: &str, column: usize, size: usize) -> Cow<'_, str> {
    if !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let size = size.max(1);
    let mut out = String::with_capacity(text.len() + 16);
    let mut column = column;
    for (index, piece) in text.split('\t').enumerate() {
        if index > 0 {
            let gap = size - column % size;
            out.extend(std::iter::repeat_n(' ', gap));
            column += gap;
        }
        out.push_str(piece);
        column += super::width::width(piece);
    }
    Cow::Owned(out)
}

/// A line cut into plain and marked pieces, each cleaned, tabs expanded: what a renderer draws of a
/// line of a diff. `marks` are byte ranges in order, on character boundaries.
pub fn pieces(line: &[u8], marks: &[Range<usize>], tab: usize) -> Vec<(String, bool)> {
    let mut out: Vec<(String, bool)> = Vec::new();
    let (mut at, mut column) = (0, 0);
    let ends = marks.iter().flat_map(|m| [(m.start, false), (m.end, true)]).chain([(line.len(), false)]);
    for (end, marked) in ends {
        let Some(part) = line.get(at..end).filter(|part| !part.is_empty()) else { continue };
        let text = expand_tabs(&clean_bytes(part), column, tab).into_owned();
        column += super::width::width(&text);
        out.push((text, marked));
        at = end;
    }
    out
}

/// Follows a text from character to character and tells which must be shown as a mark.
#[derive(Default)]
struct Marks {
    before: Option<char>,
    stacked: usize,
}

impl Marks {
    fn hidden(&mut self, c: char) -> bool {
        let before = self.before.replace(c);
        if c == '\n' || c == '\t' {
            self.stacked = 0;
            return false;
        }
        if c.is_ascii() {
            self.stacked = 0;
            return c.is_ascii_control();
        }
        // The one selector in everyday use: a symbol drawn as a picture. Nothing else may carry it.
        if matches!(c, '\u{fe0e}' | '\u{fe0f}') {
            return !before.is_some_and(|b| !b.is_ascii() && !b.is_alphanumeric() && !invisible(b) && !combining(b));
        }
        if combining(c) && !invisible(c) {
            self.stacked += 1;
            let bare = before.is_none_or(|b| b.is_whitespace() || invisible(b) || b.is_control());
            return bare || self.stacked > STACKED;
        }
        self.stacked = 0;
        c.is_control() || bidi(c) || invisible(c)
    }
}

fn show(c: char, out: &mut String) {
    match c {
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('␡'),
        _ => out.push_str(&name(c)),
    }
}

fn name(c: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(c))
}

/// Overrides, embeddings, isolates and marks that reorder what is read.
fn bidi(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters that take no room or look like nothing, and noncharacters.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// True for what reorders a text or cannot be seen in it; a selector of a picture is left where it is.
pub(super) fn deceives(c: char) -> bool {
    !matches!(c, '\u{fe0e}' | '\u{fe0f}') && u32::from(c) < 0xf_0000 && (bidi(c) || invisible(c))
}

/// Marks drawn over the character before them.
fn combining(c: char) -> bool {
    !c.is_ascii() && unicode_width::UnicodeWidthChar::width(c) == Some(0) && !bidi(c)
}

/// What is suspicious about a place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A control character, such as an escape.
    Control(char),
    /// A bidi control: the order on a screen is not the order in the file.
    Bidi(char),
    /// A character that cannot be seen.
    Invisible(char),
    /// A word that mixes Latin letters with letters of another script that look like them.
    Confusable(String),
}

/// A finding, for a reviewer to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub col: usize,
    /// What is there.
    pub what: What,
}

impl std::fmt::Display for Suspicion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.line, self.col)?;
        match &self.what {
            What::Control(c) => write!(f, "control character {}", name(*c)),
            What::Bidi(c) => write!(f, "{} changes the reading order", name(*c)),
            What::Invisible(c) => write!(f, "invisible character {}", name(*c)),
            What::Confusable(word) => {
                write!(f, "`{}` mixes scripts:", clean(word))?;
                let odd = word.chars().filter(|c| !c.is_ascii());
                odd.take(8).try_for_each(|c| write!(f, " {}", name(c)))
            }
        }
    }
}

/// Places to look at, in order; at most [`REPORTED`]. A `\r` before `\n`, and a byte-order mark at
/// the very beginning, are none.
pub fn suspicious(text: &str) -> Vec<Suspicion> {
    suspicious_in(text, |_| true)
}

/// [`suspicious`] in some lines only, asked by their number from 1.
pub fn suspicious_in(text: &str, wanted: impl Fn(usize) -> bool) -> Vec<Suspicion> {
    let mut out = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        // Most lines are plain, and cheaper to see as such than to ask about.
        if line.bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\t') || !wanted(index + 1) {
            continue;
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut marks = Marks::default();
        let mut word = String::new();
        let mut start = 0;
        for (col, c) in line.chars().chain(['\n']).enumerate() {
            if out.len() >= REPORTED {
                return out;
            }
            let at = |col: usize, what| Suspicion { line: index + 1, col: col + 1, what };
            if c.is_alphanumeric() || c == '_' {
                if word.is_empty() {
                    start = col;
                }
                word.push(c);
                marks.hidden(c);
                continue;
            }
            if mixed(&word) {
                out.push(at(start, What::Confusable(word.clone())));
            }
            word.clear();
            if !marks.hidden(c) || (c == '\u{feff}' && index == 0 && col == 0) {
                continue;
            }
            out.push(at(
                col,
                if c.is_control() {
                    What::Control(c)
                } else if bidi(c) {
                    What::Bidi(c)
                } else {
                    What::Invisible(c)
                },
            ));
        }
    }
    out
}

/// Findings that are reported for one text.
pub const REPORTED: usize = 1000;

/// True for words of Latin letters and letters that could pass for them. Greek letters that stand
/// in formulas and units (Δ, μ, Ω, π) look like no Latin letter and do not count.
fn mixed(word: &str) -> bool {
    let latin =
        word.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'));
    latin
        && word.chars().any(|c| {
            matches!(c, '\u{0400}'..='\u{052f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}'
                | '\u{ff21}'..='\u{ff5a}' | '\u{1d400}'..='\u{1d7ff}' | '\u{13a0}'..='\u{13f4}' | '\u{0531}'..='\u{0587}')
                || "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγικνορτυχϲϳͿ".contains(c)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_plain_is_borrowed() {
        for text in ["", "a\n\tb", "été 図 ⚠️ Δt e\u{301}", "العربية", "हिन्दी", "ไทยที่นี่"]
        {
            assert!(matches!(clean(text), Cow::Borrowed(_)), "{text:?} {:?}", clean(text));
        }
    }

    #[test]
    fn what_could_deceive_is_shown() {
        for (text, shown) in [
            ("\u{1b}[2J", "␛[2J"),
            ("a\rb\0\u{7f}", "a␍b␀␡"),
            ("\u{9b}31m", "⟨U+009B⟩31m"),
            ("a\u{202e}b", "a⟨U+202E⟩b"),
            ("\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩"),
            ("ad\u{200b}min\u{200d}", "ad⟨U+200B⟩min⟨U+200D⟩"),
            ("\u{e0041}", "⟨U+E0041⟩"),
            ("a\u{fe0f}", "a⟨U+FE0F⟩"),
            ("⚠\u{fe0f}\u{fe0f}", "⚠\u{fe0f}⟨U+FE0F⟩"),
            ("\u{301}", "⟨U+0301⟩"),
            ("a\u{301}\u{301}\u{301}\u{301}\u{301}", "a\u{301}\u{301}\u{301}\u{301}⟨U+0301⟩"),
            ("\u{feff}x\u{3164}", "⟨U+FEFF⟩x⟨U+3164⟩"),
        ] {
            assert_eq!(clean(text), shown);
        }
        assert_eq!(clean_bytes(b"a\xffb\x1b\xc3"), "a\\xFFb␛\\xC3");
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(expand_tabs("a\tb\t\tc", 0, 4), "a   b       c");
        assert_eq!(expand_tabs("\tx", 3, 4), " x");
        assert_eq!(expand_tabs("図\tx", 0, 4), "図  x");
        assert_eq!(expand_tabs("\t\t", 0, 0), "  ");
    }

    #[test]
    fn pieces_are_cleaned_and_keep_their_columns() {
        let pieces = pieces("a\t\u{1b}b\tc".as_bytes(), &[2..4, 5..6], 4);
        let pieces: Vec<_> = pieces.iter().map(|(text, marked)| (text.as_str(), *marked)).collect();
        assert_eq!(pieces, [("a   ", false), ("␛b", true), ("  ", false), ("c", true)]);
        assert!(super::pieces(b"", &[], 4).is_empty());
    }

    #[test]
    fn findings_say_where_and_what() {
        let found = suspicious("ok\r\nif a\u{202e}dmin \u{200b}{\nlet p\u{430}ss = \u{1b};\n");
        assert_eq!(
            found,
            [
                Suspicion { line: 2, col: 5, what: What::Bidi('\u{202e}') },
                Suspicion { line: 2, col: 11, what: What::Invisible('\u{200b}') },
                Suspicion { line: 3, col: 5, what: What::Confusable("p\u{430}ss".into()) },
                Suspicion { line: 3, col: 12, what: What::Control('\u{1b}') },
            ]
        );
        assert_eq!(found[2].to_string(), "3:5: `p\u{430}ss` mixes scripts: ⟨U+0430⟩");
        assert_eq!(suspicious("\u{feff}Δt kΩ μs привет мир Ελλάδα café"), []);
        assert_eq!(suspicious("last p\u{3b1}ss").len(), 1, "at the end of the text");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in "(?s).{0,60}") {
            let shown = clean(&text);
            let mut marks = Marks::default();
            prop_assert!(!shown.chars().any(|c| marks.hidden(c)), "{:?}", shown);
            prop_assert!(!shown.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || bidi(c)));
            prop_assert_eq!(clean(&shown), shown.clone());
        }

        #[test]
        fn odd_characters_are_never_left(picks in prop::collection::vec(prop::sample::select(
            vec!['a', ' ', '\n', '\t', '\r', '\u{1b}', '\u{9c}', '\u{200d}', '\u{202a}', '\u{fe0f}', '⚠', '\u{301}', '\u{e0100}', 'é'],
        ), 0..30), bytes in prop::collection::vec(any::<u8>(), 0..30)) {
            let text: String = picks.iter().collect();
            let shown = clean(&text);
            let mut marks = Marks::default();
            prop_assert!(!shown.chars().any(|c| marks.hidden(c)), "{:?}", shown);
            prop_assert_eq!(clean(&shown), shown.clone());
            let shown = clean_bytes(&bytes);
            prop_assert_eq!(clean(&shown), shown.clone());
        }
    }
}
