//! Untrusted text made safe to draw: controls, escapes, bidi controls and invisible characters
//! become visible marks.
//!
//! It changes only what is drawn, never what is stored or approved. Confusable letters are left as
//! they are and reported by [`super::suspicious`].
//!
//! Always holds: the result has no control character besides `\n` and `\t`, no bidi control, and no
//! character without a mark of its own; cleaning twice is cleaning once.

use std::borrow::Cow;

/// Combining marks in a row that are drawn; real scripts rarely stack more.
const STACKED: usize = 4;

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reads {
    /// By people, who space it as they like.
    Prose,
    /// By a program, to which a space that only looks like one is another character.
    Code,
    /// As code in which what stands between back quotes is a string, also over several lines.
    Quoted,
    /// As YAML: keys and indentation are code, and values that are no commands are not.
    Yaml,
}

impl Reads {
    /// What the name of a file says.
    pub fn of(path: &str) -> Self {
        const PROSE: &[&str] = &[
            "md", "markdown", "mdx", "txt", "rst", "adoc", "html", "htm", "tex", "po", "pot", "ftl", "strings", "csv",
            "srt", "svg", "xml", "xhtml", "xlf", "xliff", "resx",
        ];
        const QUOTED: &[&str] = &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro", "go"];
        let name = path.rsplit('/').next().unwrap_or(path);
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        let among = |ends: &[&str]| ends.iter().any(|known| end.eq_ignore_ascii_case(known));
        match () {
            () if among(PROSE) => Self::Prose,
            () if among(QUOTED) => Self::Quoted,
            () if among(&["yml", "yaml"]) => Self::Yaml,
            () => Self::Code,
        }
    }

    /// True for what a program reads.
    pub fn is_code(self) -> bool {
        self != Self::Prose
    }
}

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

/// [`clean_bytes`] in pieces, each with whether it was made visible: what stands for a character must look
/// another than those same characters in the text. In code spaces that only look like one are made visible too.
pub fn seen(bytes: &[u8], reads: Reads) -> Vec<(Cow<'_, str>, bool)> {
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        let (mut marks, mut from) = (Marks::of(reads), 0);
        let text = chunk.valid();
        for (at, c) in text.char_indices() {
            if marks.hidden(c) {
                out.push((Cow::Borrowed(text.get(from..at).unwrap_or_default()), false));
                let mut mark = String::new();
                show(c, &mut mark);
                out.push((Cow::Owned(mark), true));
                from = at + c.len_utf8();
            }
        }
        out.push((Cow::Borrowed(text.get(from..).unwrap_or_default()), false));
        let odd: String = chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")).collect();
        out.push((Cow::Owned(odd), true));
    }
    out.retain(|(text, _)| !text.is_empty());
    out
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

/// Follows a text from character to character and tells which must be shown as a mark.
#[derive(Default)]
pub(super) struct Marks {
    before: Option<char>,
    stacked: usize,
    /// Spaces that only look like one count.
    spaces: bool,
}

impl Marks {
    pub(super) fn of(reads: Reads) -> Self {
        Self { spaces: reads.is_code(), ..Self::default() }
    }

    /// Called for each character in order.
    pub(super) fn hidden(&mut self, c: char) -> bool {
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
            // Some pictures count as letters.
            let picture = |b: char| !b.is_alphanumeric() || matches!(b, 'ℹ' | 'Ⓜ' | '🅰' | '🅱' | '🅾' | '🅿');
            return !before.is_some_and(|b| !b.is_ascii() && picture(b) && !invisible(b) && !combining(b));
        }
        if combining(c) && !invisible(c) {
            self.stacked += 1;
            let bare = before.is_none_or(|b| b.is_whitespace() || invisible(b) || b.is_control());
            return bare || self.stacked > STACKED;
        }
        self.stacked = 0;
        // The wide one is at home between wide letters.
        let at_home = || c == '\u{3000}' && before.is_some_and(|b| matches!(b, '\u{2e80}'..='\u{ffef}') && b != c);
        c.is_control() || bidi(c) || invisible(c) || (self.spaces && c.is_whitespace() && !at_home())
    }
}

fn show(c: char, out: &mut String) {
    match c {
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('␡'),
        _ => out.push_str(&name(c)),
    }
}

pub(super) fn name(c: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(c))
}

/// Overrides, embeddings, isolates and marks that reorder what is read.
pub(super) fn bidi(c: char) -> bool {
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
    fn what_was_made_visible_is_known_from_what_reads_the_same() {
        let seen = |bytes: &[u8], reads| -> Vec<(String, bool)> {
            super::seen(bytes, reads).into_iter().map(|(text, made)| (text.into_owned(), made)).collect()
        };
        let piece = |text: &str, made| (text.to_owned(), made);
        assert_eq!(seen(b"caf\xe9", Reads::Code), [piece("caf", false), piece("\\xE9", true)]);
        assert_eq!(seen(b"caf\\xE9", Reads::Code), [piece("caf\\xE9", false)]);
        let space = "if\u{a0}x".as_bytes();
        assert_eq!(seen(space, Reads::Prose), [piece("if\u{a0}x", false)]);
        assert_eq!(seen(space, Reads::Code), [piece("if", false), piece("⟨U+00A0⟩", true), piece("x", false)]);
        assert_eq!(seen("は　は".as_bytes(), Reads::Code), [piece("は　は", false)]);
    }

    #[test]
    fn tabs_reach_the_next_stop() {
        assert_eq!(expand_tabs("a\tb\t\tc", 0, 4), "a   b       c");
        assert_eq!(expand_tabs("\tx", 3, 4), " x");
        assert_eq!(expand_tabs("図\tx", 0, 4), "図  x");
        assert_eq!(expand_tabs("\t\t", 0, 0), "  ");
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
            let mut pieces = seen(&bytes, Reads::Prose);
            prop_assert_eq!(pieces.iter().map(|(piece, _)| &**piece).collect::<String>(), shown);
            // What was not made visible is as it was in the bytes.
            let mut rest = &bytes[..];
            pieces.retain(|(_, made)| !made);
            for (piece, _) in pieces {
                let at = rest.windows(piece.len()).position(|w| w == piece.as_bytes());
                prop_assert!(at.is_some(), "{:?}", piece);
                rest = &rest[at.unwrap() + piece.len()..];
            }
        }
    }
}
