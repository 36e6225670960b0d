//! From a drawn buffer to the fewest bytes that bring the terminal there.
//!
//! Knows what the terminal shows: its cells, its pen, where its cursor is and whether it is seen.
//! Always holds: a frame that changes nothing has no bytes; a large one appears at once
//! (synchronized output).

use std::fmt::Write as _;

use ratatui::{
    buffer::{Buffer, Cell},
    layout::{Position, Rect},
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr;

/// From so many bytes on a frame is wrapped, so that a terminal shows it at once.
const LARGE: usize = 1_024;

/// How the terminal draws the next character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    underline: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, underline: Color::Reset, modifier: Modifier::empty() };

/// What the terminal shows.
#[derive(Debug)]
pub struct Shown {
    cells: Buffer,
    /// The memory of the frame before, for the next one.
    spare: Buffer,
    pen: Pen,
    /// Nothing when it is not known.
    at: Option<(u16, u16)>,
    cursor: bool,
    /// The terminal holds what is not known, and is cleared first.
    unknown: bool,
}

impl Shown {
    /// A terminal of this size, of which nothing is known.
    pub fn new(columns: u16, rows: u16) -> Self {
        let cells = Buffer::empty(Rect::new(0, 0, columns, rows));
        Self { spare: cells.clone(), cells, pen: PLAIN, at: None, cursor: true, unknown: true }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        (self.cells.area.width, self.cells.area.height)
    }

    /// An empty buffer to draw the next frame into.
    pub fn blank(&mut self) -> Buffer {
        let mut next = std::mem::replace(&mut self.spare, Buffer::empty(Rect::ZERO));
        if next.area != self.cells.area {
            return Buffer::empty(self.cells.area);
        }
        next.reset();
        next
    }

    /// The bytes that bring the terminal to `next` with its cursor at `cursor`, or hidden.
    pub fn frame(&mut self, next: Buffer, cursor: Option<Position>) -> Vec<u8> {
        let mut out = String::new();
        if self.unknown || next.area != self.cells.area {
            self.cells = Buffer::empty(next.area);
            out.push_str("\x1b[0m\x1b[2J");
            self.pen = PLAIN;
            self.at = None;
            self.unknown = false;
        }
        let before = std::mem::replace(&mut self.cells, next);
        let cells = std::mem::replace(&mut self.cells, Buffer::empty(Rect::ZERO));
        for (x, y, cell) in before.diff_iter(&cells) {
            self.go(&mut out, x, y);
            self.ink(&mut out, cell);
            out.push_str(cell.symbol());
            self.advance(cell.symbol(), cells.area.width);
        }
        (self.cells, self.spare) = (cells, before);
        let large = out.len() > LARGE;
        if large && self.cursor {
            // It would be seen running across the screen.
            out.insert_str(0, "\x1b[?25l");
            self.cursor = false;
        }
        match cursor {
            Some(position) => {
                // The pen for what is typed next, so that a key costs no more than its character.
                if let Some(cell) = self.cells.cell(position).cloned() {
                    self.ink(&mut out, &cell);
                }
                self.go(&mut out, position.x, position.y);
                if !self.cursor {
                    out.push_str("\x1b[?25h");
                }
            }
            None if self.cursor => out.push_str("\x1b[?25l"),
            None => {}
        }
        self.cursor = cursor.is_some();
        if large {
            out = format!("\x1b[?2026h{out}\x1b[?2026l");
        }
        out.into_bytes()
    }

    fn go(&mut self, out: &mut String, x: u16, y: u16) {
        match self.at {
            Some(at) if at == (x, y) => {}
            Some((column, row)) if row == y && x > column => {
                let _ = match x - column {
                    1 => write!(out, "\x1b[C"),
                    n => write!(out, "\x1b[{n}C"),
                };
            }
            Some((column, row)) if row == y && column - x == 1 => out.push('\x08'),
            _ => {
                let _ = write!(out, "\x1b[{};{}H", y + 1, x + 1);
            }
        }
        self.at = Some((x, y));
    }

    fn advance(&mut self, symbol: &str, columns: u16) {
        // Terminals disagree about clusters of several characters and about what is not ASCII when
        // it may be wide; after those the cursor is placed, not assumed.
        let sure = symbol.is_ascii() || (symbol.chars().count() == 1 && symbol.width() == 1);
        self.at = self.at.map(|(x, y)| (x + 1, y)).filter(|(x, _)| sure && *x < columns);
    }

    fn ink(&mut self, out: &mut String, cell: &Cell) {
        let next = Pen { fg: cell.fg, bg: cell.bg, underline: cell.underline_color, modifier: cell.modifier };
        if next == self.pen {
            return;
        }
        let mut codes: Vec<String> = Vec::new();
        let lost = self.pen.modifier - next.modifier;
        let mut from = self.pen;
        if next == PLAIN {
            codes.push(String::new());
            from = PLAIN;
        }
        // One by one, so that the colours need not be said again.
        for (modifier, code) in OFF {
            if from.modifier.intersects(modifier) && lost.intersects(modifier) {
                codes.push(code.to_owned());
                from.modifier -= modifier;
            }
        }
        let added = next.modifier - from.modifier;
        codes.extend(MODIFIERS.iter().filter(|(m, _)| added.contains(*m)).map(|(_, code)| (*code).to_owned()));
        if next.fg != from.fg {
            codes.push(color(next.fg, 30));
        }
        if next.bg != from.bg {
            codes.push(color(next.bg, 40));
        }
        if next.underline != from.underline {
            codes.push(underline(next.underline));
        }
        let _ = write!(out, "\x1b[{}m", codes.join(";"));
        self.pen = next;
    }
}

const MODIFIERS: [(Modifier, &str); 9] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::SLOW_BLINK, "5"),
    (Modifier::RAPID_BLINK, "6"),
    (Modifier::REVERSED, "7"),
    (Modifier::HIDDEN, "8"),
    (Modifier::CROSSED_OUT, "9"),
];

const OFF: [(Modifier, &str); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), "22"),
    (Modifier::ITALIC, "23"),
    (Modifier::UNDERLINED, "24"),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), "25"),
    (Modifier::REVERSED, "27"),
    (Modifier::HIDDEN, "28"),
    (Modifier::CROSSED_OUT, "29"),
];

/// The code of a colour; `base` is 30 for letters and 40 for the ground.
fn color(color: Color, base: u8) -> String {
    let code = match color {
        Color::Reset => base + 9,
        Color::Black => base,
        Color::Red => base + 1,
        Color::Green => base + 2,
        Color::Yellow => base + 3,
        Color::Blue => base + 4,
        Color::Magenta => base + 5,
        Color::Cyan => base + 6,
        Color::Gray => base + 7,
        Color::DarkGray => base + 60,
        Color::LightRed => base + 61,
        Color::LightGreen => base + 62,
        Color::LightYellow => base + 63,
        Color::LightBlue => base + 64,
        Color::LightMagenta => base + 65,
        Color::LightCyan => base + 66,
        Color::White => base + 67,
        Color::Indexed(n) => return format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", base + 8),
    };
    code.to_string()
}

/// The code of an underline's colour. Terminals that do not know it skip it in this form.
fn underline(color: Color) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("58:2::{r}:{g}:{b}"),
        Color::Indexed(n) => format!("58:5:{n}"),
        _ => "59".into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Style;

    use super::*;

    /// The bytes of a frame with these lines.
    fn lines(shown: &mut Shown, lines: &[&str], style: Style, cursor: Option<Position>) -> Vec<u8> {
        let mut next = shown.blank();
        for (y, line) in lines.iter().enumerate() {
            next.set_string(0, y as u16, line, style);
        }
        shown.frame(next, cursor)
    }

    #[test]
    fn a_frame_that_changes_nothing_has_no_bytes() {
        let mut shown = Shown::new(20, 3);
        let at = Some(Position { x: 3, y: 1 });
        let first = lines(&mut shown, &["hello", "you"], Style::new(), at);
        assert!(first.starts_with(b"\x1b[0m\x1b[2J"));
        assert_eq!(lines(&mut shown, &["hello", "you"], Style::new(), at), b"");
    }

    #[test]
    fn a_pen_is_changed_by_what_differs() {
        let bold = Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD | Modifier::DIM);
        let mut shown = Shown::new(20, 1);
        let mut next = shown.blank();
        next.set_string(0, 0, "a", bold);
        next.set_string(1, 0, "b", bold.remove_modifier(Modifier::BOLD));
        next.set_string(2, 0, "c", Style::new().fg(Color::Rgb(1, 2, 3)));
        next.set_string(3, 0, "d", Style::new());
        let bytes = shown.frame(next, None);
        let expected = "\x1b[0m\x1b[2J\x1b[1;1H\x1b[1;2;38;2;1;2;3ma\x1b[22;2mb\x1b[22mc\x1b[md\x1b[?25l";
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }

    #[test]
    fn a_typed_character_is_that_character() {
        let style = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(4, 5, 6));
        let mut shown = Shown::new(20, 3);
        lines(&mut shown, &["hell  "], style, Some(Position { x: 4, y: 0 }));
        assert_eq!(lines(&mut shown, &["hello "], style, Some(Position { x: 5, y: 0 })), b"o");
    }

    #[test]
    fn hiding_and_showing_are_said_once() {
        let mut shown = Shown::new(20, 3);
        let mut blank = |cursor| lines(&mut shown, &[], Style::new(), cursor);
        blank(None);
        assert_eq!(blank(Some(Position { x: 0, y: 0 })), b"\x1b[1;1H\x1b[?25h");
        assert_eq!(blank(None), b"\x1b[?25l");
        assert_eq!(blank(None), b"");
    }

    #[test]
    fn a_large_frame_appears_at_once() {
        let mut shown = Shown::new(100, 40);
        let line = "x".repeat(100);
        let bytes = lines(&mut shown, &[line.as_str(); 40], Style::new(), None);
        assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
    }

    proptest! {
        // What a terminal makes of the bytes is what was drawn, after any sequence of frames.
        #[test]
        fn the_terminal_shows_what_was_drawn(
            frames in prop::collection::vec(
                prop::collection::vec(("[ -~é漢⠋]{0,12}", 0u16..20, 0u16..5, 0u8..5, any::<bool>()), 0..6), 1..5)
        ) {
            let mut terminal = vt100::Parser::new(5u16.try_into().unwrap(), 20u16.try_into().unwrap(), 0);
            let mut shown = Shown::new(20, 5);
            for frame in frames {
                let mut next = shown.blank();
                for (words, x, y, color, bold) in frame {
                    let mut style = Style::new().fg(Color::Indexed(color));
                    if bold { style = style.add_modifier(Modifier::BOLD); }
                    next.set_stringn(x, y, words, usize::from(20 - x), style);
                }
                let expected = next.clone();
                terminal.process(&shown.frame(next, Some(Position { x: 2, y: 2 })));
                prop_assert_eq!(terminal.screen().cursor_position(), (2, 2));
                let mut skip = 0;
                for y in 0..5u16 {
                    for x in 0..20u16 {
                        if skip > 0 { skip -= 1; continue; }
                        let want = &expected[(x, y)];
                        let got = terminal.screen().cell(y, x).unwrap();
                        let text = if got.contents().is_empty() { " " } else { got.contents() };
                        prop_assert_eq!(text, want.symbol(), "at {},{}", x, y);
                        if want.symbol() != " " {
                            prop_assert_eq!(got.bold(), want.modifier.contains(Modifier::BOLD));
                        }
                        skip = want.symbol().width().saturating_sub(1);
                    }
                    skip = 0;
                }
            }
        }
    }
}
