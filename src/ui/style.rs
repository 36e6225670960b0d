//! Styles for the screen: a theme fitted to what the terminal can show.
//!
//! Colours become the nearest that the terminal has and stay readable on their ground. Where a
//! ground cannot be told from the screen's any more, and where there is no colour at all, the
//! attributes of the theme `mono` carry the meaning instead.

use std::sync::Arc;

use ratatui::style::{Color as Cell, Modifier, Style};

use crate::config::color::Rgb;
use crate::config::error::ConfigErrors;
use crate::config::library::Library;
use crate::config::theme::{Color, Look, Role, Theme, shipped};

/// What colours a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Attributes only, or colours are not wanted.
    None,
    /// The sixteen of every colour terminal.
    Ansi16,
    /// The 256 of most.
    Ansi256,
    /// Any.
    TrueColor,
}

impl Capability {
    /// The value of the setting `ui.color`; nothing for `auto`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "16" => Some(Self::Ansi16),
            "256" => Some(Self::Ansi256),
            "truecolor" => Some(Self::TrueColor),
            _ => None,
        }
    }

    /// What the environment says, by `NO_COLOR`, `COLORTERM`, `TERM` and what terminals call
    /// themselves. `COLORTERM` does not travel over SSH by itself, so terminals are also known by name.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| env(name).unwrap_or_default().to_ascii_lowercase();
        let term = get("TERM");
        // An empty NO_COLOR is as good as none: the convention asks for a value.
        if !get("NO_COLOR").is_empty() || term == "dumb" || term.ends_with("-mono") || term.starts_with("vt1") {
            return Self::None;
        }
        let full = matches!(get("COLORTERM").as_str(), "truecolor" | "24bit");
        // GNU screen passes the variable on but not the colours.
        let screen = term.starts_with("screen") && get("TMUX").is_empty();
        let named = ["direct", "kitty", "alacritty", "wezterm", "ghostty", "foot", "contour"];
        let program = matches!(get("TERM_PROGRAM").as_str(), "iterm.app" | "wezterm" | "ghostty" | "vscode");
        if !screen && (full || program || !get("WT_SESSION").is_empty() || named.iter().any(|n| term.contains(n))) {
            return Self::TrueColor;
        }
        if full || term.contains("256") || get("TERM_PROGRAM") == "apple_terminal" {
            return Self::Ansi256;
        }
        if term.is_empty() { Self::None } else { Self::Ansi16 }
    }
}

/// The theme for the setting `auto`: by `COLORFGBG`, which some terminals set; dark when nothing is known.
pub fn automatic_theme(env: impl Fn(&str) -> Option<String>) -> &'static str {
    let ground = env("COLORFGBG").and_then(|v| v.rsplit(';').next()?.parse::<u8>().ok());
    match ground {
        Some(7 | 9..=15) => "light",
        _ => "dark",
    }
}

/// A style for every role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styles {
    styles: Arc<[Style]>,
    capability: Capability,
}

impl Styles {
    /// Loads a theme from `library` and fits it to the terminal. Without colours it is the shipped
    /// `mono` that is fitted, after `name` was checked all the same.
    ///
    /// # Errors
    /// The mistakes in the theme's files.
    pub fn load(library: &Library, name: &str, capability: Capability) -> Result<Self, ConfigErrors> {
        let mono = Theme::load(&shipped(), "mono")?;
        Ok(Self::new(&Theme::load(library, name)?, &mono, capability))
    }

    /// Fits a theme; `mono` has the attributes that stand in for colours.
    pub fn new(theme: &Theme, mono: &Theme, capability: Capability) -> Self {
        let theme = if capability == Capability::None { mono } else { theme };
        let text = theme.look(Role::Text);
        let styles = Role::ALL.iter().map(|r| fit(theme.look(*r), text, mono.look(*r), capability)).collect();
        Self { styles, capability }
    }

    /// How a role is drawn. Lay it over what is below with [`Style::patch`].
    pub fn get(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The style of a TextMate scope in source code; of ordinary text where the scope says nothing.
    pub fn scope(&self, scope: &str) -> Style {
        Role::of_scope(scope).map_or_else(Style::new, |role| self.get(role))
    }

    /// What it was fitted to.
    pub const fn capability(&self) -> Capability {
        self.capability
    }
}

fn fit(look: Look, text: Look, mono: Look, capability: Capability) -> Style {
    let screen = text.bg.unwrap_or(Color::Default);
    let under = look.bg.unwrap_or(screen);
    let bg = look.bg.map(|c| cell(c, None, capability));
    let letters = |c: Color| cell(c, readable(c, under, capability), capability);
    // A ground alone keeps the letters of what it lies under, unless they could not be read on it.
    let kept = || text.fg.filter(|c| look.bg.is_some() && letters(*c) != cell(*c, None, capability));
    let fg = look.fg.or_else(kept).map(letters);
    let mut style = attributes(look);
    // A ground that the terminal cannot tell from the screen's, or letters left without colour.
    let lost = look.bg.is_some_and(|c| c != screen) && bg == Some(cell(screen, None, capability));
    if lost {
        style = style.patch(attributes(mono));
    }
    style.fg = fg.filter(|_| capability != Capability::None);
    style.bg = bg.filter(|_| capability != Capability::None);
    if capability >= Capability::Ansi256 {
        style.underline_color = look.underline_color.map(|c| cell(c, None, capability));
    }
    style
}

/// The ground and the contrast that must be kept on it; nothing where the theme leaves a colour to
/// the terminal.
fn readable(fg: Color, under: Color, capability: Capability) -> Option<(Rgb, f64)> {
    let (fg, ground) = (value(fg)?, value(under)?);
    let least = fg.contrast(ground).min(4.5);
    // What is really drawn is the ground as the terminal has it.
    let drawn = match capability {
        Capability::TrueColor | Capability::None => ground,
        Capability::Ansi256 => Rgb::indexed(ground.nearest(16, 255, None)),
        Capability::Ansi16 => Rgb::indexed(ground.nearest(0, 15, None)),
    };
    Some((drawn, least))
}

fn value(color: Color) -> Option<Rgb> {
    match color {
        Color::Default => None,
        Color::Ansi(n) => Some(Rgb::indexed(n)),
        Color::Rgb(r, g, b) => Some(Rgb(r, g, b)),
    }
}

fn cell(color: Color, on: Option<(Rgb, f64)>, capability: Capability) -> Cell {
    match (color, capability) {
        (Color::Default, _) | (_, Capability::None) => Cell::Reset,
        (Color::Ansi(n), _) => sixteen(n),
        (Color::Rgb(r, g, b), Capability::TrueColor) => Cell::Rgb(r, g, b),
        (Color::Rgb(r, g, b), Capability::Ansi256) => Cell::Indexed(Rgb(r, g, b).nearest(16, 255, on)),
        (Color::Rgb(r, g, b), Capability::Ansi16) => sixteen(Rgb(r, g, b).nearest(0, 15, on)),
    }
}

const fn sixteen(index: u8) -> Cell {
    match index {
        0 => Cell::Black,
        1 => Cell::Red,
        2 => Cell::Green,
        3 => Cell::Yellow,
        4 => Cell::Blue,
        5 => Cell::Magenta,
        6 => Cell::Cyan,
        7 => Cell::Gray,
        8 => Cell::DarkGray,
        9 => Cell::LightRed,
        10 => Cell::LightGreen,
        11 => Cell::LightYellow,
        12 => Cell::LightBlue,
        13 => Cell::LightMagenta,
        14 => Cell::LightCyan,
        15 => Cell::White,
        other => Cell::Indexed(other),
    }
}

fn attributes(look: Look) -> Style {
    let mut modifier = Modifier::empty();
    for (on, which) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.italic, Modifier::ITALIC),
        (look.underline, Modifier::UNDERLINED),
        (look.reverse, Modifier::REVERSED),
        (look.strike, Modifier::CROSSED_OUT),
    ] {
        if on {
            modifier |= which;
        }
    }
    Style::new().add_modifier(modifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(vars: &[(&str, &str)]) -> Capability {
        Capability::detect(|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_environment_says_what_the_terminal_can() {
        use Capability::{Ansi16, Ansi256, None, TrueColor};
        for (vars, expected) in [
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], TrueColor),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], TrueColor),
            (&[("TERM", "xterm-256color")], Ansi256),
            (&[("TERM", "xterm-kitty")], TrueColor),
            (&[("TERM", "xterm-direct")], TrueColor),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "truecolor"), ("TMUX", "/s,1,0")], TrueColor),
            (&[("TERM", "screen-256color"), ("COLORTERM", "truecolor")], Ansi256),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], Ansi256),
            (&[("TERM", "linux")], Ansi16),
            (&[("TERM", "vt100")], None),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], None),
            (&[], None),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("NO_COLOR", "1")], None),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Ansi256),
        ] {
            assert_eq!(detected(vars), expected, "{vars:?}");
        }
    }

    #[test]
    fn the_ground_chooses_the_theme() {
        let theme = |v: Option<&str>| automatic_theme(|_| v.map(str::to_owned));
        assert_eq!(theme(Some("0;15")), "light");
        assert_eq!(theme(Some("15;default;0")), "dark");
        assert_eq!(theme(Some("nonsense")), "dark");
        assert_eq!(theme(None), "dark");
    }
}
