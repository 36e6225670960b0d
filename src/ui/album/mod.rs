//! Pictures of every view of the program, at four sizes and in every theme.
//!
//! A page is one view: for each size its text, once, and where its styles are. A style has one name for
//! all themes together, and the legend at the end of the page says what it is in each: a role that a
//! theme does not have, or shows like another, is seen there. Rows that are like the one above are
//! counted. Which views there are is said in [`views`].
//!
//! Always holds, or the page fails: a theme changes no text; letters can be read on their ground; what
//! a ground tells is told without any colour too.

#[macro_use]
pub(in crate::ui) mod views;

use std::{fmt::Write as _, sync::LazyLock};

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier, Style},
};

use crate::{
    config::{
        color::Rgb,
        theme::{Role, Theme, shipped},
    },
    domain::prose::width::width,
    ui::style::{Capability, Styles},
};

/// The sizes of a page.
pub(in crate::ui) const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

/// The shipped themes.
pub(in crate::ui) const THEMES: [&str; 4] = ["dark", "light", "high-contrast", "mono"];

static STYLES: LazyLock<[Styles; 4]> = LazyLock::new(|| {
    let mono = Theme::load(&shipped(), "mono").unwrap();
    THEMES.map(|name| Styles::new(&Theme::load(&shipped(), name).unwrap(), &mono, Capability::TrueColor))
});

/// What a cell looks like in each theme.
type Look = [(Color, Color, Modifier); 4];

/// Compares the pictures of a view with those that are kept. `draw` draws it in some styles at a size.
#[track_caller]
pub(in crate::ui) fn page(name: &str, draw: impl FnMut(&Styles, (u16, u16)) -> Buffer) {
    assert!(views::all().contains(&name), "{name} is in no list of views: see ui/album/views.rs");
    let page = pictures(draw);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "pages" }, {
        insta::assert_snapshot!(name, page);
    });
}

/// The pictures of a view.
#[track_caller]
pub(in crate::ui) fn pictures(mut draw: impl FnMut(&Styles, (u16, u16)) -> Buffer) -> String {
    let (mut out, mut legend) = (String::new(), Vec::new());
    for size in SIZES {
        let drawn: Vec<Buffer> = STYLES.iter().map(|styles| draw(styles, size)).collect();
        let rows = text(&drawn[0]);
        for (buf, theme) in drawn.iter().zip(THEMES) {
            assert_eq!(text(buf), rows, "the theme {theme} changes the text at {size:?}");
            readable(buf, theme, size);
        }
        told_without_colour(&drawn, size);
        let _ = writeln!(out, "{}x{}", size.0, size.1);
        let mut rows = rows.lines().peekable();
        while let Some(row) = rows.next() {
            let _ = writeln!(out, "{row}");
            let mut more = 0;
            while rows.next_if_eq(&row).is_some() {
                more += 1;
            }
            if more > 0 {
                let _ = writeln!(out, "⋮ {more} more");
            }
        }
        let runs: Vec<String> = (0..size.1).map(|y| runs(&drawn, y, &mut legend)).collect();
        let mut y = 0;
        while let Some(row) = runs.get(y) {
            let same = runs.iter().skip(y).take_while(|r| *r == row).count();
            let last = if same > 1 { format!("-{}", y + same - 1) } else { String::new() };
            if !row.is_empty() {
                let _ = writeln!(out, "{y}{last}{row}");
            }
            y += same;
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", THEMES.join(", "));
    for (index, look) in legend.iter().enumerate() {
        let each: Vec<String> = look.iter().map(written).collect();
        let _ = writeln!(out, "{} {}{}", letters(index), each.join(" "), named(look));
    }
    out
}

/// The runs of a row, without those that are plain text in every theme.
fn runs(drawn: &[Buffer], y: u16, legend: &mut Vec<Look>) -> String {
    let mut row: Vec<(u16, u16, usize)> = Vec::new();
    for (x, columns) in shown(&drawn[0], y) {
        let look = std::array::from_fn(|theme| of_cell(&drawn[theme][(x, y)]));
        if look == plain() {
            continue;
        }
        let index = legend.iter().position(|l| *l == look).unwrap_or_else(|| {
            legend.push(look);
            legend.len() - 1
        });
        match row.last_mut() {
            Some((_, to, last)) if *to + 1 == x && *last == index => *to = x + columns - 1,
            _ => row.push((x, x + columns - 1, index)),
        }
    }
    let run = |(from, to, index): &(u16, u16, usize)| match from == to {
        true => format!(" {}{from}", letters(*index)),
        false => format!(" {}{from}-{to}", letters(*index)),
    };
    row.iter().map(run).collect()
}

fn of_cell(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

fn of_style(style: Style) -> (Color, Color, Modifier) {
    (style.fg.unwrap_or(Color::Reset), style.bg.unwrap_or(Color::Reset), style.add_modifier)
}

fn plain() -> Look {
    std::array::from_fn(|theme| of_style(STYLES[theme].get(Role::Text)))
}

/// The role that looks so on plain ground, if one does.
fn named(look: &Look) -> String {
    let of = |role: &&Role| {
        let own: Look = std::array::from_fn(|theme| {
            let styles = &STYLES[theme];
            of_style(styles.get(Role::Text).patch(styles.get(**role)))
        });
        own == *look
    };
    Role::ALL.iter().find(of).map_or_else(String::new, |role| format!(" {}", role.name()))
}

fn written((fg, bg, modifier): &(Color, Color, Modifier)) -> String {
    let color = |c: &Color| match c {
        Color::Rgb(r, g, b) => format!("{r:02x}{g:02x}{b:02x}"),
        Color::Reset => "-".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    let signs = [
        (Modifier::BOLD, 'b'),
        (Modifier::DIM, 'd'),
        (Modifier::ITALIC, 'i'),
        (Modifier::UNDERLINED, 'u'),
        (Modifier::REVERSED, 'r'),
        (Modifier::CROSSED_OUT, 's'),
    ];
    let signs: String = signs.iter().filter(|(m, _)| modifier.contains(*m)).map(|(_, c)| *c).collect();
    let plus = if signs.is_empty() { "" } else { "+" };
    format!("{}/{}{plus}{signs}", color(fg), color(bg))
}

fn letters(index: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(index % 26).unwrap());
    if index < 26 { letter.to_string() } else { format!("{}{letter}", letters(index / 26 - 1)) }
}

/// The cells of a row that are put on the screen, each with its columns: behind a wide character lies
/// one that is not.
fn shown(buf: &Buffer, y: u16) -> impl Iterator<Item = (u16, u16)> {
    let mut next = 0;
    (0..buf.area.width).filter_map(move |x| {
        let columns = u16::try_from(width(buf[(x, y)].symbol()).max(1)).unwrap();
        let is_first = x >= next;
        next = if is_first { x + columns } else { next };
        is_first.then_some((x, columns))
    })
}

/// The text of a buffer, a line a row.
pub(in crate::ui) fn text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buf.area.height {
        let line: String = shown(buf, y).map(|(x, _)| buf[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn places(buf: &Buffer) -> impl Iterator<Item = (u16, u16)> {
    (0..buf.area.height).flat_map(|y| shown(buf, y).map(move |(x, _)| (x, y)))
}

fn rgb(color: Color) -> Option<Rgb> {
    if let Color::Rgb(r, g, b) = color { Some(Rgb(r, g, b)) } else { None }
}

/// Lines only have to be seen, not read.
fn is_line(symbol: &str) -> bool {
    symbol.chars().all(|c| c.is_whitespace() || matches!(c, '\u{2500}'..='\u{259f}'))
}

/// Letters have a contrast of at least 4.5 to one on their ground.
#[track_caller]
fn readable(buf: &Buffer, theme: &str, size: (u16, u16)) {
    for (x, y) in places(buf) {
        let cell = &buf[(x, y)];
        let (Some(fg), Some(bg)) = (rgb(cell.fg), rgb(cell.bg)) else { continue };
        let found = fg.contrast(bg);
        if !is_line(cell.symbol()) && found < 4.5 {
            panic!("{theme} {size:?}: {found:.2} at {x},{y}, {}\n{}", written(&of_cell(cell)), text(buf));
        }
    }
}

/// Where a ground of its own tells something, something else than the colour tells it too.
#[track_caller]
fn told_without_colour(drawn: &[Buffer], size: (u16, u16)) {
    let ground = plain()[0].1;
    for (x, y) in places(&drawn[0]) {
        let (cell, bare) = (&drawn[0][(x, y)], &drawn[3][(x, y)]);
        assert!(bare.fg == Color::Reset && bare.bg == Color::Reset, "the theme mono has a colour: {bare:?}");
        if cell.bg != ground && bare.modifier.is_empty() {
            panic!("{size:?}: the ground {:?} at {x},{y} is told by colour alone\n{}", cell.bg, text(&drawn[0]));
        }
    }
}
