//! A theme: what each part of the screen looks like, as plain data without a terminal.
//!
//! A file has a `[palette]` of named colours, `[roles]` and `[syntax]`. A child's palette also recolours
//! the roles it inherits, since names are looked up after all files are laid over one another. What
//! always holds of a loaded theme: every role is defined and every colour known.

use std::collections::BTreeMap;

use super::error::{ConfigError, ConfigErrors, nearest, quoted};
use super::library::{Library, Link};
use super::tree::{Entry, Node, Source, Value};

pub use super::role::Role;

const SHIPPED: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// The shipped themes; the caller adds the user's own files.
pub fn shipped() -> Library {
    Library::new("theme", SHIPPED)
}

/// A colour as a theme names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// The terminal's own foreground or background.
    Default,
    /// One of the terminal's sixteen colours, 0 to 15.
    Ansi(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How a role is drawn. What is `None` is taken from what lies under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The characters' colour.
    pub fg: Option<Color>,
    /// The ground's colour.
    pub bg: Option<Color>,
    /// The underline's colour, where the terminal can.
    pub underline_color: Option<Color>,
    /// Bold.
    pub bold: bool,
    /// Faint.
    pub dim: bool,
    /// Italic.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Foreground and background exchanged.
    pub reverse: bool,
    /// Struck through.
    pub strike: bool,
}

impl Look {
    /// True when it differs from plain text without any colour.
    pub const fn has_attribute(&self) -> bool {
        self.bold || self.dim || self.italic || self.underline || self.reverse || self.strike
    }
}

/// A theme with every role defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    looks: Vec<Look>,
}

impl Theme {
    /// Loads the theme `name`.
    ///
    /// # Errors
    /// Every mistake in any of the files, with its place and the name that was probably meant; roles
    /// that no file defines.
    pub fn load(library: &Library, name: &str) -> Result<Self, ConfigErrors> {
        let links = library.chain(name)?;
        let mut merged = Merged { links: &links, palette: BTreeMap::new(), roles: BTreeMap::new(), errors: Vec::new() };
        for link in &links {
            merged.layer(link);
        }
        let (looks, mut errors) = merged.looks();
        let missing: Vec<&str> =
            Role::ALL.iter().zip(&looks).filter(|(_, look)| look.is_none()).map(|(r, _)| r.name()).collect();
        if errors.is_empty() && !missing.is_empty() {
            let file = links.last().map(|l| l.source.file.clone()).unwrap_or_default();
            let what = format!("no style for {}; inherit from a theme that has it", missing.join(", "));
            errors.push(ConfigError { file, line: None, column: None, what, meant: None });
        }
        ConfigErrors::check(errors)?;
        Ok(Self { looks: looks.into_iter().map(Option::unwrap_or_default).collect() })
    }

    /// How a role is drawn.
    pub fn look(&self, role: Role) -> Look {
        self.looks.get(role as usize).copied().unwrap_or_default()
    }
}

struct Merged<'a> {
    links: &'a [Link],
    palette: BTreeMap<&'a str, (&'a Source, &'a Entry)>,
    roles: BTreeMap<Role, (&'a Source, &'a Entry)>,
    errors: Vec<ConfigError>,
}

impl<'a> Merged<'a> {
    fn layer(&mut self, link: &'a Link) {
        for entry in &link.entries {
            let Value::Table(inner) = &entry.node.value else {
                let what = format!("`{}` is {}; a theme has tables only", quoted(&entry.key), entry.node.value.kind());
                self.errors.push(link.source.error(entry.at, what, None));
                continue;
            };
            match entry.key.as_str() {
                "palette" => self.palette.extend(inner.iter().map(|e| (e.key.as_str(), (&link.source, e)))),
                "roles" => self.roles(&link.source, "", inner),
                "syntax" => self.roles(&link.source, "syntax.", inner),
                other => {
                    let what = format!("a theme has no table `{}`", quoted(other));
                    let meant = nearest(other, ["palette", "roles", "syntax"]);
                    self.errors.push(link.source.error(entry.at, what, meant));
                }
            }
        }
    }

    fn roles(&mut self, source: &'a Source, prefix: &str, entries: &'a [Entry]) {
        let within = || Role::ALL.iter().filter(|r| r.name().starts_with("syntax.") != prefix.is_empty());
        for entry in entries {
            let role = within().find(|r| r.name().strip_prefix(prefix) == Some(&entry.key));
            if let Some(role) = role {
                self.roles.insert(*role, (source, entry));
            } else {
                let what = format!("there is no role `{prefix}{}`", quoted(&entry.key));
                let meant = nearest(&entry.key, within().filter_map(|r| r.name().strip_prefix(prefix)));
                self.errors.push(source.error(entry.at, what, meant));
            }
        }
    }

    fn looks(mut self) -> (Vec<Option<Look>>, Vec<ConfigError>) {
        let mut errors = std::mem::take(&mut self.errors);
        // Also those that no role uses: a slip in a palette is a slip.
        for (source, entry) in self.palette.values() {
            if let Err(error) = self.color(source, &entry.node, false) {
                errors.push(error);
            }
        }
        if !errors.is_empty() {
            // A broken palette would repeat itself in every role that uses it.
            return (vec![None; Role::ALL.len()], errors);
        }
        let mut looks = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            let look = self.roles.get(role).map(|(source, entry)| self.look(source, &entry.node, &mut errors));
            looks.push(look);
        }
        let order = |e: &ConfigError| {
            (self.links.iter().position(|l| l.source.file == e.file), e.line.unwrap_or(0), e.column.unwrap_or(0))
        };
        errors.sort_by_key(order);
        (looks, errors)
    }

    /// A colour alone is the foreground; otherwise a table.
    fn look(&self, source: &Source, node: &Node, errors: &mut Vec<ConfigError>) -> Look {
        let mut look = Look::default();
        let Value::Table(entries) = &node.value else {
            match self.color(source, node, true) {
                Ok(color) => look.fg = Some(color),
                Err(error) => errors.push(error),
            }
            return look;
        };
        for entry in entries {
            let color = match entry.key.as_str() {
                "fg" => &mut look.fg,
                "bg" => &mut look.bg,
                "underline-color" => &mut look.underline_color,
                _ => {
                    if let Err(error) = attribute(&mut look, source, entry) {
                        errors.push(error);
                    }
                    continue;
                }
            };
            match self.color(source, &entry.node, true) {
                Ok(value) => *color = Some(value),
                Err(error) => errors.push(error),
            }
        }
        look
    }

    fn color(&self, source: &Source, node: &Node, named: bool) -> Result<Color, ConfigError> {
        let Value::Text(name) = &node.value else {
            let what = format!("a colour is a name or `#rrggbb`, not {}", node.value.kind());
            return Err(source.error(node.at, what, None));
        };
        if let Some((home, entry)) = self.palette.get(name.as_str()).filter(|_| named) {
            return self.color(home, &entry.node, false);
        }
        if let Some(digits) = name.strip_prefix('#') {
            return hex(digits).ok_or_else(|| {
                let what = format!("`{}` is not a colour; write `#rrggbb` or `#rgb`", quoted(name));
                source.error(node.at, what, None)
            });
        }
        if name == "default" {
            return Ok(Color::Default);
        }
        if let Some(index) = ANSI.iter().position(|n| n == name).and_then(|i| u8::try_from(i).ok()) {
            return Ok(Color::Ansi(index));
        }
        let own = self.palette.keys().copied().filter(|_| named);
        let meant = nearest(name, own.chain(ANSI.iter().copied()).chain(["default"]));
        Err(source.error(node.at, format!("there is no colour `{}`", quoted(name)), meant))
    }
}

const ANSI: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

fn hex(digits: &str) -> Option<Color> {
    let digits: Vec<u8> = digits.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    match digits.as_slice() {
        [r, g, b] => Some(Color::Rgb(r * 17, g * 17, b * 17)),
        [r1, r0, g1, g0, b1, b0] => Some(Color::Rgb(r1 * 16 + r0, g1 * 16 + g0, b1 * 16 + b0)),
        _ => None,
    }
}

fn attribute(look: &mut Look, source: &Source, entry: &Entry) -> Result<(), ConfigError> {
    let flag = match entry.key.as_str() {
        "bold" => &mut look.bold,
        "dim" => &mut look.dim,
        "italic" => &mut look.italic,
        "underline" => &mut look.underline,
        "reverse" => &mut look.reverse,
        "strike" => &mut look.strike,
        other => {
            const KEYS: [&str; 9] =
                ["fg", "bg", "underline-color", "bold", "dim", "italic", "underline", "reverse", "strike"];
            let what = format!("a style has no `{}`", quoted(other));
            return Err(source.error(entry.at, what, nearest(other, KEYS)));
        }
    };
    match entry.node.value {
        Value::Bool(on) => *flag = on,
        ref other => {
            let what = format!("`{}` is true or false, not {}", entry.key, other.kind());
            return Err(source.error(entry.node.at, what, None));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_colours_have_three_or_six_digits() {
        assert_eq!(hex("fff"), Some(Color::Rgb(255, 255, 255)));
        assert_eq!(hex("0a0B0c"), Some(Color::Rgb(10, 11, 12)));
        for bad in ["", "ff", "ffff", "gggggg", "+12345"] {
            assert_eq!(hex(bad), None, "{bad}");
        }
    }
}
