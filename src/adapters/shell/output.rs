//! What a command prints, made fit to show: control sequences taken out, its middle cut out where
//! it is long.
//!
//! Both parts take the output in pieces of any size, cut anywhere; how it was cut never shows in
//! the result. Neither says anything about characters that print oddly (bidi, zero width): the
//! views make those visible.

use std::collections::VecDeque;

/// Longest control string (window titles, links, images) that is swallowed. A program that opens
/// one and never closes it must not hide the rest of its output.
const LONGEST_STRING: usize = 4096;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// After ESC and an intermediate: one more final byte.
    Intermediate,
    /// After CSI.
    Parameters,
    /// In OSC, DCS, SOS, PM or APC, with its length so far.
    String(usize),
    /// In such a string, after ESC.
    StringEscape,
}

/// Takes control sequences out of a stream of bytes. Leaves text, `\n` and `\t`; a carriage return
/// ends a line, so that the steps of a progress bar stand below each other.
#[derive(Debug, Default)]
pub struct Cleaner {
    state: State,
    /// The first bytes of a character whose rest has not come yet; at most three.
    partial: Vec<u8>,
    after_return: bool,
}

impl Cleaner {
    /// Takes the next piece and appends what can be shown of it to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        let joined;
        let mut rest = bytes;
        if !self.partial.is_empty() {
            joined = [std::mem::take(&mut self.partial).as_slice(), bytes].concat();
            rest = &joined;
        }
        for chunk in rest.utf8_chunks() {
            chunk.valid().chars().for_each(|c| self.take(c, out));
            let invalid = chunk.invalid();
            let at_end = invalid.as_ptr_range().end == rest.as_ptr_range().end;
            if at_end && may_continue(invalid) {
                self.partial = invalid.to_vec();
            } else if !invalid.is_empty() {
                self.take(char::REPLACEMENT_CHARACTER, out);
            }
        }
    }

    /// Says that nothing more comes: a character that was cut off becomes U+FFFD.
    pub fn finish(&mut self, out: &mut String) {
        if !std::mem::take(&mut self.partial).is_empty() {
            self.take(char::REPLACEMENT_CHARACTER, out);
        }
    }

    fn take(&mut self, c: char, out: &mut String) {
        self.state = match (self.state, c) {
            // Cancel and substitute end any sequence, and so does a line's end in a string.
            (_, '\u{18}' | '\u{1a}') => State::Ground,
            (State::String(_) | State::StringEscape, '\n') => {
                out.push('\n');
                State::Ground
            }
            (State::String(_), '\u{7}' | '\u{9c}') => State::Ground,
            (State::String(_), '\u{1b}') => State::StringEscape,
            (State::String(n), _) if n >= LONGEST_STRING => State::Ground,
            (State::String(n), _) => State::String(n.saturating_add(1)),
            (State::StringEscape, '\\') => State::Ground,
            (State::Escape | State::StringEscape, '[') => State::Parameters,
            (State::Escape | State::StringEscape, ']' | 'P' | 'X' | '^' | '_') => State::String(0),
            (State::Escape | State::StringEscape, ' '..='/') => State::Intermediate,
            (State::Intermediate, ' '..='/') => State::Intermediate,
            (State::Escape | State::StringEscape | State::Intermediate, '0'..='~') => State::Ground,
            (State::Parameters, ' '..='?') => State::Parameters,
            (State::Parameters, '@'..='~') => State::Ground,
            (_, '\u{1b}') => State::Escape,
            (_, '\u{9b}') => State::Parameters,
            (_, '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}') => State::String(0),
            // A terminal carries out controls in the middle of a sequence and goes on with it.
            (state @ (State::Escape | State::Intermediate | State::Parameters), '\0'..='\u{1f}' | '\u{7f}') => {
                self.text(c, out);
                state
            }
            // Anything else, and what no sequence may hold, is text.
            (State::Ground | State::Escape | State::StringEscape | State::Intermediate | State::Parameters, _) => {
                self.text(c, out);
                State::Ground
            }
        };
    }

    fn text(&mut self, c: char, out: &mut String) {
        let after_return = std::mem::replace(&mut self.after_return, c == '\r');
        match c {
            '\n' if after_return => {}
            '\r' | '\n' => out.push('\n'),
            '\t' => out.push('\t'),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

/// True for the beginning of a character that more bytes could complete.
fn may_continue(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|e| e.error_len().is_none())
}

/// Keeps the beginning and the end of a text.
#[derive(Debug)]
pub struct HeadTail {
    half: usize,
    head: String,
    tail: VecDeque<char>,
    tail_bytes: usize,
    omitted: u64,
}

impl HeadTail {
    /// Keeps at most `cap` bytes, half of them at each end.
    pub fn new(cap: usize) -> Self {
        Self { half: cap / 2, head: String::new(), tail: VecDeque::new(), tail_bytes: 0, omitted: 0 }
    }

    /// Takes the next piece.
    pub fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.tail.is_empty() && self.omitted == 0 && self.head.len() + c.len_utf8() <= self.half {
                self.head.push(c);
                continue;
            }
            self.tail.push_back(c);
            self.tail_bytes += c.len_utf8();
            while self.tail_bytes > self.half {
                let Some(gone) = self.tail.pop_front() else { break };
                self.tail_bytes -= gone.len_utf8();
                self.omitted = self.omitted.saturating_add(gone.len_utf8() as u64);
            }
        }
    }

    /// The text, with a line that says how much is missing where something is, and how many bytes
    /// that is.
    pub fn finish(self) -> (String, u64) {
        let mut text = self.head;
        if self.omitted > 0 {
            text.push_str(&format!("\n⋯ {} bytes left out ⋯\n", self.omitted));
        }
        text.extend(self.tail);
        (text, self.omitted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(pieces: &[&[u8]]) -> String {
        let (mut cleaner, mut out) = (Cleaner::default(), String::new());
        pieces.iter().for_each(|p| cleaner.push(p, &mut out));
        cleaner.finish(&mut out);
        out
    }

    #[test]
    fn sequences_go_and_text_stays() {
        for (given, kept) in [
            ("plain\ttext\n", "plain\ttext\n"),
            ("\x1b[1;31mred\x1b[0m", "red"),
            ("\x1b]0;title\x07after", "after"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1bPq#0\x1b\\after", "after"),
            ("\x1b(Bascii", "ascii"),
            ("\u{9b}2Jc1", "c1"),
            ("a\u{9d}0;t\u{9c}b", "ab"),
            ("10%\r20%\r\ndone", "10%\n20%\ndone"),
            ("a\x08b\x07c\x7f\0", "abc"),
            ("\x1b[3\x1b[31mx", "x"),
            ("\x1b]52;c;never closed\nstill shown", "\nstill shown"),
            ("é\x1b[é", "éé"),
        ] {
            assert_eq!(clean(&[given.as_bytes()]), kept, "{given:?}");
        }
        assert_eq!(clean(&[b"a\xffb\xe2\x82"]), "a\u{fffd}b\u{fffd}");
        let long = format!("\x1b]{}end", "x".repeat(LONGEST_STRING + 1));
        assert_eq!(clean(&[long.as_bytes()]), "end");
    }

    #[test]
    fn the_middle_is_cut_out_and_counted() {
        let mut kept = HeadTail::new(8);
        kept.push("abcdefgh");
        kept.push("ijé");
        assert_eq!(kept.finish(), ("abcd\n⋯ 4 bytes left out ⋯\nijé".to_owned(), 4));
        let mut whole = HeadTail::new(8);
        whole.push("abcdefgh");
        assert_eq!(whole.finish(), ("abcdefgh".to_owned(), 0));
    }

    /// Bytes that are mostly the ones that matter to a terminal.
    fn noise() -> impl Strategy<Value = Vec<u8>> {
        let special = prop::sample::select(b"\x1b[]P\\;m0\x07\r\n\x18\xc2\x9b\xe2\x82\xacab".to_vec());
        prop::collection::vec(prop_oneof![4 => special, 1 => any::<u8>()], 0..60)
    }

    proptest! {
        #[test]
        fn cuts_never_show(bytes in noise(), cuts in prop::collection::vec(0usize..60, 0..6)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]).collect();
            let cleaned = clean(&pieces);
            prop_assert_eq!(&cleaned, &clean(&[&bytes]));
            prop_assert!(cleaned.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
        }

        #[test]
        fn nothing_is_lost_uncounted(text in "[a-zé€\n]{0,80}", cap in 0usize..60, at in 0usize..80) {
            let mut kept = HeadTail::new(cap);
            let at = text.char_indices().map(|(i, _)| i).nth(at).unwrap_or(text.len());
            kept.push(&text[..at]);
            kept.push(&text[at..]);
            let (out, omitted) = kept.finish();
            let marker = format!("\n⋯ {omitted} bytes left out ⋯\n");
            if omitted == 0 {
                prop_assert_eq!(out, text);
            } else {
                prop_assert_eq!(out.len() - marker.len() + omitted as usize, text.len());
                prop_assert!(out.len() - marker.len() <= cap);
                let (head, tail) = out.split_once(&marker).unwrap();
                prop_assert!(text.starts_with(head) && text.ends_with(tail));
            }
        }
    }
}
