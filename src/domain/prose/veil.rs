//! Text that is edited on the screen: each character that must not reach a cell has another in its
//! place, one for one, and the text comes back as it was.
//!
//! [`super::clean`] is for reading: what it makes of a text cannot be turned back. Here a stand-in is a
//! private character of the planes 15 and 16; whoever draws puts [`picture`] in its cell.
//!
//! Always holds: [`unveil`] of what [`veil`] gives is the text; in what it gives nothing deceives.

use std::borrow::Cow;

use super::clean::deceives;

/// Where the stand-ins of the basic plane begin, and those of the others.
const BASIC: u32 = 0xf_0000;
const OTHERS: u32 = 0x10_0000;

/// The text with stand-ins. Nothing where the text itself has characters of those planes, as it could
/// not be told afterwards which were its own, or such as are no characters at all.
pub fn veil(text: &str) -> Option<Cow<'_, str>> {
    if text.chars().any(|c| u32::from(c) >= BASIC || u32::from(c) & 0xfffe == 0xfffe) {
        return None;
    }
    if !text.chars().any(hidden) {
        return Some(Cow::Borrowed(text));
    }
    Some(Cow::Owned(text.chars().map(|c| if hidden(c) { stand_in(c) } else { c }).collect()))
}

/// The text that was veiled.
pub fn unveil(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| original(c).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| original(c).unwrap_or(c)).collect())
}

/// What is drawn for a stand-in, in one column; nothing for any other character.
pub fn picture(c: char) -> Option<char> {
    let c = original(c)?;
    Some(match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('¤'),
        '\u{7f}' => '␡',
        _ => '¤',
    })
}

fn hidden(c: char) -> bool {
    !matches!(c, '\n' | '\t') && (c.is_control() || deceives(c))
}

/// Of what is hidden, no two characters beyond the basic plane have the same last four digits.
fn stand_in(c: char) -> char {
    let code = u32::from(c);
    let code = if code < 0x1_0000 { BASIC + code } else { OTHERS + (code & 0xffff) };
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn original(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(BASIC)?;
    char::from_u32(match code.checked_sub(OTHERS - BASIC) {
        None => code,
        Some(tag) if tag < 0x1000 => 0xe_0000 + tag,
        Some(other) => 0x1_0000 + other,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::prose::suspicious;

    #[test]
    fn what_deceives_has_a_stand_in_and_comes_back() {
        let text = "a\u{1b}[2J\u{202e}b\u{200b}\r\n\tc \u{e0041}\u{1bca0}\u{1d173} é ☀\u{fe0f}\n";
        let veiled = veil(text).unwrap();
        assert!(suspicious(&veiled).is_empty(), "{veiled:?}");
        assert_eq!(veiled.chars().count(), text.chars().count());
        assert_eq!(unveil(&veiled), text);
        let drawn: String = veiled.chars().map(|c| picture(c).unwrap_or(c)).collect();
        assert!(drawn.starts_with("a␛[2J¤b¤␍\n\tc ¤"), "{drawn}");
    }

    #[test]
    fn a_text_with_such_characters_of_its_own_is_not_veiled() {
        assert_eq!(veil("a\u{f0041}"), None);
        assert_eq!(veil("a\u{10fffd}"), None);
        assert_eq!(veil("a\u{1fffe}"), None);
        assert_eq!(veil("plain").as_deref(), Some("plain"));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            if let Some(veiled) = veil(&text) {
                prop_assert_eq!(unveil(&veiled).into_owned(), text.clone());
                prop_assert!(veiled.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()));
            }
        }
    }
}
