//! One key with its modifiers, as keymap files write it and as terminals send it.
//!
//! Both sides are brought to one form, so that a binding matches whichever of several encodings a
//! terminal uses. What no terminal can tell apart is refused when it is written, not silently dead.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::config::error::{nearest, quoted};

/// A key without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A character; a letter with shift is its capital.
    Char(char),
    /// A function key, 1 to 24.
    F(u8),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Escape.
    Esc,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
}

/// The first name of a key is the one shown; the others are also read.
const NAMED: &[(Key, &[&str])] = &[
    (Key::Char(' '), &["space", "spc"]),
    (Key::Enter, &["enter", "return", "ret"]),
    (Key::Tab, &["tab"]),
    (Key::Esc, &["esc", "escape"]),
    (Key::Backspace, &["backspace", "bs"]),
    (Key::Delete, &["del", "delete"]),
    (Key::Insert, &["insert", "ins"]),
    (Key::Home, &["home"]),
    (Key::End, &["end"]),
    (Key::PageUp, &["pgup", "pageup", "page-up"]),
    (Key::PageDown, &["pgdn", "pagedown", "page-down"]),
    (Key::Up, &["up"]),
    (Key::Down, &["down"]),
    (Key::Left, &["left"]),
    (Key::Right, &["right"]),
    (Key::Char('-'), &["minus"]),
];

/// A key with its modifiers, in normal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stroke {
    key: Key,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

/// Why a text is not a stroke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct StrokeError {
    /// What is wrong.
    pub what: String,
    /// The nearest name, if one is near.
    pub meant: Option<&'static str>,
}

fn wrong(what: String) -> StrokeError {
    StrokeError { what, meant: None }
}

impl Stroke {
    /// A character without modifiers.
    pub const fn char(c: char) -> Self {
        Self { key: Key::Char(c), ctrl: false, alt: false, shift: false }
    }

    /// The key.
    pub const fn key(self) -> Key {
        self.key
    }

    /// The character this stroke types in a text field, if it types one.
    pub const fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// What a terminal sent; nothing for key releases, lone modifiers and keys that cannot be bound.
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let held = event.modifiers;
        if held.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER) {
            return None;
        }
        let mut shift = held.contains(KeyModifiers::SHIFT);
        let key = match event.code {
            KeyCode::Char(c) => Key::Char(c),
            KeyCode::F(n @ 1..=24) => Key::F(n),
            KeyCode::Enter => Key::Enter,
            KeyCode::Tab => Key::Tab,
            KeyCode::BackTab => {
                shift = true;
                Key::Tab
            }
            KeyCode::Esc => Key::Esc,
            KeyCode::Backspace => Key::Backspace,
            KeyCode::Delete => Key::Delete,
            KeyCode::Insert => Key::Insert,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::Left => Key::Left,
            KeyCode::Right => Key::Right,
            _ => return None,
        };
        let alt = held.intersects(KeyModifiers::ALT | KeyModifiers::META);
        Some(Self { key, ctrl: held.contains(KeyModifiers::CONTROL), alt, shift }.normal())
    }

    /// One form for what different terminals send differently.
    fn normal(self) -> Self {
        let Key::Char(c) = self.key else { return self };
        if self.ctrl {
            // Without the newer protocol a terminal sends one byte for each of these, and the
            // library reports it as a digit.
            let key = match c {
                '4' => '\\',
                '5' => ']',
                '6' => '^',
                '7' | '_' => '/',
                _ => single(c.to_lowercase(), c),
            };
            return Self { key: Key::Char(key), shift: self.shift && key.is_alphabetic(), ..self };
        }
        let key = if self.shift { single(c.to_uppercase(), c) } else { c };
        Self { key: Key::Char(key), shift: self.shift && key == ' ', ..self }
    }

    /// Reads one stroke: modifiers (`ctrl-` or `C-`, `alt-`, `A-` or `M-`, `shift-` or `S-`), then a
    /// character or a name.
    ///
    /// # Errors
    /// What is wrong with it, and the nearest key name.
    pub fn parse(text: &str) -> Result<Self, StrokeError> {
        let mut stroke = Self::char(' ');
        let mut rest = text;
        loop {
            let held = |names: &[&str]| names.iter().find_map(|n| rest.strip_prefix(n)).filter(|r| !r.is_empty());
            let (flag, after) = if let Some(after) = held(&["ctrl-", "control-", "C-"]) {
                (&mut stroke.ctrl, after)
            } else if let Some(after) = held(&["alt-", "meta-", "A-", "M-"]) {
                (&mut stroke.alt, after)
            } else if let Some(after) = held(&["shift-", "S-"]) {
                (&mut stroke.shift, after)
            } else {
                break;
            };
            if std::mem::replace(flag, true) {
                return Err(wrong(format!("`{}` holds the same modifier twice", quoted(text))));
            }
            rest = after;
        }
        stroke.key = key(rest).ok_or_else(|| StrokeError {
            what: format!("there is no key called `{}`", quoted(rest)),
            meant: nearest(rest, NAMED.iter().flat_map(|(_, names)| names.iter().copied())),
        })?;
        stroke.possible(text)
    }

    fn possible(self, text: &str) -> Result<Self, StrokeError> {
        let Key::Char(c) = self.key else { return Ok(self) };
        if self.ctrl && !self.alt && !self.shift {
            let other = match c {
                'i' | 'I' => Some("tab"),
                'm' | 'M' => Some("enter"),
                '[' => Some("esc"),
                _ => None,
            };
            if let Some(other) = other {
                return Err(wrong(format!("terminals send `{}` as `{other}`; bind that", quoted(text))));
            }
        }
        if self.shift && !c.is_alphabetic() && c != ' ' {
            return Err(wrong(format!("write the character that `{}` types", quoted(text))));
        }
        Ok(self.normal())
    }
}

fn single(mut mapped: impl Iterator<Item = char>, otherwise: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(c), None) => c,
        _ => otherwise,
    }
}

fn key(name: &str) -> Option<Key> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(Key::Char(c));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(n) = lower.strip_prefix('f').and_then(|n| n.parse::<u8>().ok()) {
        return (1..=24).contains(&n).then_some(Key::F(n));
    }
    NAMED.iter().find(|(_, names)| names.contains(&lower.as_str())).map(|(key, _)| *key)
}

/// Reads a chord: strokes with spaces between; two characters without a space are two strokes.
///
/// # Errors
/// As [`Stroke::parse`]; also when it is empty or longer than four strokes.
pub fn parse_chord(text: &str) -> Result<Vec<Stroke>, StrokeError> {
    let mut strokes = Vec::new();
    for word in text.split_whitespace() {
        let mut chars = word.chars();
        match (chars.next(), chars.next(), chars.next()) {
            (Some(a), Some(b), None) if key(word).is_none() => {
                strokes.push(Stroke::parse(&a.to_string())?);
                strokes.push(Stroke::parse(&b.to_string())?);
            }
            _ => strokes.push(Stroke::parse(word)?),
        }
    }
    match strokes.len() {
        0 => Err(wrong("no key is named; the space bar is `space`".to_owned())),
        1..=4 => Ok(strokes),
        n => Err(wrong(format!("{n} keys in a row are too many; at most 4"))),
    }
}

/// Shows a chord as it can be written in a keymap.
pub fn show_chord(strokes: &[Stroke]) -> String {
    if let [a, b] = strokes
        && let (Some(x), Some(y)) = (a.typed(), b.typed())
        && x != ' '
        && y != ' '
    {
        let word: String = [x, y].iter().collect();
        if key(&word).is_none() {
            return word;
        }
    }
    strokes.iter().map(Stroke::to_string).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match self.key {
            Key::Char(c) if c != ' ' => write!(f, "{c}"),
            Key::F(n) => write!(f, "f{n}"),
            key => {
                let names = NAMED.iter().find(|(k, _)| *k == key).and_then(|(_, names)| names.first());
                f.write_str(names.copied().unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(code: KeyCode, modifiers: KeyModifiers) -> Option<Stroke> {
        Stroke::from_event(&KeyEvent::new(code, modifiers))
    }

    #[test]
    fn what_is_written_is_what_terminals_send() {
        use KeyModifiers as M;
        for (text, code, held) in [
            ("ctrl-d", KeyCode::Char('d'), M::CONTROL),
            ("C-d", KeyCode::Char('d'), M::CONTROL),
            ("G", KeyCode::Char('G'), M::SHIFT),
            ("G", KeyCode::Char('G'), M::NONE),
            ("S-g", KeyCode::Char('g'), M::SHIFT),
            ("?", KeyCode::Char('?'), M::SHIFT),
            ("space", KeyCode::Char(' '), M::NONE),
            ("S-tab", KeyCode::BackTab, M::SHIFT),
            ("shift-tab", KeyCode::Tab, M::SHIFT),
            ("shift-tab", KeyCode::BackTab, M::NONE),
            ("f1", KeyCode::F(1), M::NONE),
            ("alt-x", KeyCode::Char('x'), M::ALT),
            ("A-x", KeyCode::Char('x'), M::ALT),
            ("alt-<", KeyCode::Char('<'), M::ALT),
            ("ctrl-/", KeyCode::Char('7'), M::CONTROL),
            ("ctrl-_", KeyCode::Char('7'), M::CONTROL),
            ("ctrl-]", KeyCode::Char('5'), M::CONTROL),
            ("ctrl--", KeyCode::Char('-'), M::CONTROL),
            ("-", KeyCode::Char('-'), M::NONE),
            ("del", KeyCode::Delete, M::NONE),
            ("ctrl-space", KeyCode::Char(' '), M::CONTROL),
        ] {
            assert_eq!(Stroke::parse(text).ok(), sent(code, held), "{text}");
        }
    }

    #[test]
    fn releases_and_window_manager_keys_are_nothing() {
        let mut event = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(Stroke::from_event(&event), None);
        event.kind = KeyEventKind::Repeat;
        assert_eq!(Stroke::from_event(&event), Some(Stroke::char('a')));
        assert_eq!(sent(KeyCode::Char('a'), KeyModifiers::SUPER), None);
        assert_eq!(sent(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }

    #[test]
    fn chords_are_read_with_and_without_spaces() {
        assert_eq!(parse_chord("]h"), parse_chord("] h"));
        assert_eq!(parse_chord("gg").map(|c| c.len()), Ok(2));
        assert_eq!(parse_chord("f1").map(|c| c.len()), Ok(1));
        assert_eq!(parse_chord("ctrl-x ctrl-s").map(|c| c.len()), Ok(2));
        assert_eq!(show_chord(&parse_chord("] h").unwrap()), "]h");
        assert_eq!(show_chord(&parse_chord("f 1").unwrap()), "f 1");
    }

    #[test]
    fn what_cannot_be_pressed_is_refused_with_a_reason() {
        for (text, says) in [
            ("ctrl-i", "`tab`"),
            ("C-m", "`enter`"),
            ("shift-1", "types"),
            ("ctrl-ctrl-x", "twice"),
            ("f25", "no key"),
            ("", "space bar"),
            ("a b c d e", "too many"),
        ] {
            let error = parse_chord(text).unwrap_err();
            assert!(error.what.contains(says), "{text}: {error}");
        }
        assert_eq!(parse_chord("spcae").unwrap_err().meant, Some("space"));
        assert_eq!(parse_chord("ctrl-entr").unwrap_err().meant, Some("enter"));
    }

    proptest! {
        #[test]
        fn a_stroke_shown_is_read_back(c in any::<char>(), bits in 0u8..8) {
            let mut held = KeyModifiers::NONE;
            for (bit, m) in [(1, KeyModifiers::CONTROL), (2, KeyModifiers::ALT), (4, KeyModifiers::SHIFT)] {
                if bits & bit != 0 { held |= m; }
            }
            if let Some(stroke) = sent(KeyCode::Char(c), held)
                && let Ok(read) = Stroke::parse(&stroke.to_string())
            {
                prop_assert_eq!(read, stroke);
            }
        }

        #[test]
        fn a_chord_shown_is_read_back(text in "([!-~]|ctrl-[a-hj-ln-z]|f[1-9]|up|space)( ([!-~]|alt-[a-z]|esc|f1)){0,3}") {
            let chord = parse_chord(&text).unwrap();
            prop_assert_eq!(parse_chord(&show_chord(&chord)), Ok(chord));
        }
    }
}
