//! Reading a tool call's arguments while they are still arriving.
//!
//! A [`PartialField`] is fed the raw argument text as it grows and gives the value of one top-level
//! string field as far as it has come. It never rescans what it has read, so a megabyte that
//! arrives in small pieces costs one pass over it.
//!
//! It does not validate: text that is no JSON object gives `None` or a value that stops growing, and
//! the complete arguments are parsed by a real parser once they are whole. What always holds: what
//! it gives for a prefix of an object is a prefix of what it gives for the whole of it.

use std::mem;

/// The value of the top-level string field `name` in the incomplete JSON object `raw`, as far as
/// it has arrived; `None` until its opening quote has. Escapes that are cut in the middle are left
/// out until the rest is there. Where the name comes twice, the first counts.
pub fn partial_string(raw: &str, name: &str) -> Option<String> {
    let mut field = PartialField::new(name);
    field.update(raw);
    field.into_value()
}

/// One field of arguments in the making.
#[derive(Clone, Debug)]
pub struct PartialField {
    name: String,
    read: usize,
    place: Place,
    value: Option<String>,
}

/// Where in the object the reader stands.
#[derive(Clone, Debug)]
enum Place {
    BeforeObject,
    BeforeKey,
    InKey(Text),
    BeforeColon { wanted: bool },
    BeforeValue { wanted: bool },
    InWanted(Text),
    InOther(Skip),
    Finished,
}

/// A value that is read past.
#[derive(Clone, Copy, Debug, Default)]
struct Skip {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl PartialField {
    /// A reader for the field `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), read: 0, place: Place::BeforeObject, value: None }
    }

    /// Takes the argument text so far, which has to start with what was given before, and returns
    /// the field's value so far. A text that is shorter than the last is taken as a new object.
    pub fn update(&mut self, raw: &str) -> Option<&str> {
        let fresh = match raw.get(self.read..) {
            Some(fresh) => fresh,
            None => {
                *self = Self::new(mem::take(&mut self.name));
                raw
            }
        };
        self.read = raw.len();
        for c in fresh.chars() {
            if matches!(self.place, Place::Finished) {
                break;
            }
            self.step(c);
        }
        self.value()
    }

    /// The value as far as it has arrived.
    pub fn value(&self) -> Option<&str> {
        match &self.place {
            Place::InWanted(text) => Some(&text.out),
            Place::BeforeObject
            | Place::BeforeKey
            | Place::InKey(_)
            | Place::BeforeColon { .. }
            | Place::BeforeValue { .. }
            | Place::InOther(_)
            | Place::Finished => self.value.as_deref(),
        }
    }

    /// True when the value's closing quote has arrived.
    pub fn is_complete(&self) -> bool {
        self.value.is_some()
    }

    fn into_value(self) -> Option<String> {
        match self.place {
            Place::InWanted(text) => Some(text.out),
            Place::BeforeObject
            | Place::BeforeKey
            | Place::InKey(_)
            | Place::BeforeColon { .. }
            | Place::BeforeValue { .. }
            | Place::InOther(_)
            | Place::Finished => self.value,
        }
    }

    fn step(&mut self, c: char) {
        let blank = matches!(c, ' ' | '\t' | '\n' | '\r');
        match &mut self.place {
            Place::BeforeObject if blank => {}
            Place::BeforeObject => self.place = if c == '{' { Place::BeforeKey } else { Place::Finished },
            Place::BeforeKey if blank || c == ',' => {}
            Place::BeforeKey => {
                self.place = if c == '"' { Place::InKey(Text::default()) } else { Place::Finished };
            }
            Place::InKey(text) => {
                if text.push(c) {
                    let wanted = text.out == self.name;
                    self.place = Place::BeforeColon { wanted };
                }
            }
            Place::BeforeColon { .. } | Place::BeforeValue { .. } if blank => {}
            Place::BeforeColon { wanted } => {
                self.place = if c == ':' { Place::BeforeValue { wanted: *wanted } } else { Place::Finished };
            }
            Place::BeforeValue { wanted: true } if c == '"' => self.place = Place::InWanted(Text::default()),
            // The field is there but is not a string: there will be nothing to show.
            Place::BeforeValue { wanted: true } => self.place = Place::Finished,
            Place::BeforeValue { wanted: false } => {
                let mut skip = Skip::default();
                self.place = if skip.push(c) { Place::BeforeKey } else { Place::InOther(skip) };
            }
            Place::InWanted(text) => {
                if text.push(c) {
                    self.value = Some(mem::take(&mut text.out));
                    self.place = Place::Finished;
                }
            }
            Place::InOther(skip) => {
                // A bare number or word has no end of its own: the object's brace ends it too.
                if skip.depth == 0 && !skip.in_string && c == '}' {
                    self.place = Place::Finished;
                } else if skip.push(c) {
                    self.place = Place::BeforeKey;
                }
            }
            Place::Finished => {}
        }
    }
}

impl Skip {
    /// Takes one character; true when the value is over.
    fn push(&mut self, c: char) -> bool {
        if self.in_string {
            match c {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = true,
                '"' => {
                    self.in_string = false;
                    return self.depth == 0;
                }
                _ => {}
            }
            return false;
        }
        match c {
            '"' => self.in_string = true,
            '{' | '[' => self.depth = self.depth.saturating_add(1),
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            ',' => return self.depth == 0,
            _ => {}
        }
        false
    }
}

/// The inside of a JSON string, decoded as it comes.
#[derive(Clone, Debug, Default)]
struct Text {
    out: String,
    escape: Escape,
    /// The first half of a surrogate pair, waiting for the second.
    high: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Escape {
    #[default]
    None,
    Backslash,
    Unicode {
        code: u32,
        digits: u8,
    },
}

impl Text {
    /// Takes one character; true when it was the closing quote.
    fn push(&mut self, c: char) -> bool {
        match self.escape {
            Escape::None => match c {
                '"' => {
                    self.drop_half();
                    return true;
                }
                '\\' => self.escape = Escape::Backslash,
                _ => self.emit(c),
            },
            Escape::Backslash => {
                self.escape = Escape::None;
                match c {
                    'u' => self.escape = Escape::Unicode { code: 0, digits: 0 },
                    'n' => self.emit('\n'),
                    't' => self.emit('\t'),
                    'r' => self.emit('\r'),
                    'b' => self.emit('\u{8}'),
                    'f' => self.emit('\u{c}'),
                    _ => self.emit(c),
                }
            }
            Escape::Unicode { code, digits } => match c.to_digit(16) {
                Some(digit) if digits < 3 => {
                    self.escape = Escape::Unicode { code: code * 16 + digit, digits: digits + 1 };
                }
                Some(digit) => {
                    self.escape = Escape::None;
                    self.unit(code * 16 + digit);
                }
                None => {
                    self.escape = Escape::None;
                    self.emit(char::REPLACEMENT_CHARACTER);
                }
            },
        }
        false
    }

    /// One UTF-16 unit of a `\u` escape.
    fn unit(&mut self, unit: u32) {
        match (self.high.take(), unit) {
            (Some(high), 0xDC00..=0xDFFF) => {
                let code = 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00);
                self.out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            (high, 0xD800..=0xDBFF) => {
                self.high = high;
                self.drop_half();
                self.high = Some(unit);
            }
            (high, _) => {
                self.high = high;
                self.emit(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
    }

    fn emit(&mut self, c: char) {
        self.drop_half();
        self.out.push(c);
    }

    /// A first half whose second never came.
    fn drop_half(&mut self) {
        if self.high.take().is_some() {
            self.out.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    #[test]
    fn the_value_grows_with_the_text() {
        for (raw, value) in [
            ("", None),
            ("{", None),
            (r#"{"content"#, None),
            (r#"{"content" : "#, None),
            (r#"{"content":""#, Some("")),
            (r#"{"path":"a.rs", "content":"fn a() {\n"#, Some("fn a() {\n")),
            (r#"{"content":"a\"#, Some("a")),
            (r#"{"content":"a\u00e"#, Some("a")),
            (r#"{"content":"a\u00e9b"#, Some("aéb")),
            (r#"{"content":"\ud83d"#, Some("")),
            (r#"{"content":"\ud83d\ude0"#, Some("")),
            (r#"{"content":"\ud83d\ude00"#, Some("😀")),
            (r#"{"content":"\ud83dx"#, Some("\u{fffd}x")),
            (r#"{"content":"done","n":1}"#, Some("done")),
        ] {
            assert_eq!(partial_string(raw, "content").as_deref(), value, "{raw}");
        }
    }

    #[test]
    fn only_a_top_level_string_of_that_name_counts() {
        for (raw, value) in [
            (r#"{"edit":{"content":"inner"},"list":[{"content":"x"},"]}"],"content":"outer"}"#, Some("outer")),
            (r#"{"n":-1.5e3,"t":true,"z":null,"content":"c"}"#, Some("c")),
            (r#"{"s":"\"content\":\"no\"","content":"yes"}"#, Some("yes")),
            (r#"{"c\u006fntent":"escaped name"}"#, Some("escaped name")),
            (r#"{"content":null,"x":"y"}"#, None),
            (r#"{"content":["a"]}"#, None),
            (r#"{"n":1}{"content":"after the end"}"#, None),
            (r#"["content","a"]"#, None),
            ("plain words", None),
        ] {
            assert_eq!(partial_string(raw, "content").as_deref(), value, "{raw}");
        }
    }

    #[test]
    fn completeness_is_the_closing_quote() {
        let mut field = PartialField::new("a");
        field.update(r#"{"a":"b"#);
        assert!(!field.is_complete());
        assert_eq!(field.update(r#"{"a":"b""#), Some("b"));
        assert!(field.is_complete());
        assert_eq!(field.update(r#"{"a":"#), None, "a shorter text starts over");
    }

    #[test]
    fn a_megabyte_in_small_pieces_is_one_pass() {
        let content = "line of text with \"quotes\" and \\ and é\n".repeat(25_000);
        let raw = json!({ "path": "a", "content": content }).to_string();
        assert!(raw.len() > 1_000_000);
        let mut field = PartialField::new("content");
        let mut end = 0;
        while end < raw.len() {
            end = raw.ceil_char_boundary((end + 7).min(raw.len()));
            field.update(&raw[..end]);
        }
        assert_eq!(field.value(), Some(content.as_str()));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Spells every character beyond ASCII as `\u` escapes, as some providers do.
    fn ascii(json: &str) -> String {
        let mut out = String::new();
        for c in json.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        out
    }

    proptest! {
        #[test]
        fn every_prefix_gives_a_prefix_of_the_final_value(
            before in prop::collection::vec((any::<String>(), any_value()), 0..4),
            content in any::<String>(),
            after in any_value(),
            pretty in any::<bool>(),
            escaped in any::<bool>(),
        ) {
            let mut object = Map::new();
            object.extend(before.into_iter().filter(|(name, _)| name != "content"));
            object.insert("content".into(), Value::from(content.clone()));
            object.insert("zz".into(), after);
            let mut raw = if pretty {
                serde_json::to_string_pretty(&object).unwrap()
            } else {
                serde_json::to_string(&object).unwrap()
            };
            if escaped {
                raw = ascii(&raw);
            }
            let mut growing = PartialField::new("content");
            for end in (0..=raw.len()).filter(|end| raw.is_char_boundary(*end)) {
                let prefix = &raw[..end];
                let at_once = partial_string(prefix, "content");
                if let Some(so_far) = &at_once {
                    prop_assert!(content.starts_with(so_far.as_str()), "{so_far:?} of {content:?}");
                }
                prop_assert_eq!(growing.update(prefix), at_once.as_deref());
            }
            prop_assert_eq!(growing.value(), Some(content.as_str()));
        }

        #[test]
        fn no_text_makes_it_panic(raw in any::<String>(), tail in any::<String>()) {
            let mut field = PartialField::new("a");
            field.update(&raw);
            field.update(&format!("{{\"a\":\"{raw}\\u{tail}"));
            field.update(&tail);
        }
    }
}
