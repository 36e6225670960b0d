//! One file with everything odd in it, at every size, in every theme, in both views.

use super::*;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];
const THEMES: [&str; 4] = ["dark", "light", "high-contrast", "mono"];

/// CRLF and not, no final line end, tabs, wide and combining characters, right-to-left text, a long
/// line, bytes that are not UTF-8, escapes, bidi controls, a letter that looks like another, a block
/// that moved, white space alone, and a mode.
fn odd() -> Change {
    let block = "fn total(items: &[Item]) -> u32 {\n    items.len() as u32 + 1\n}\nconst LAST: u32 = 3;\n";
    let rest: String = (1..=12).map(|i| format!("const STAYS_{i}: u8 = {i};\n")).collect();
    let long = "minified();".repeat(30);
    let old = format!(
        "let a = 1;\r\n{block}{rest}\tif x {{\nlet 図 = \"e\u{301}\";\nlet s = \"שלום\";\n{long}\nold\u{202e}line\nend\n"
    );
    let new = format!(
        "let a = 2;\r\n{rest}    if x {{\nlet 図 = \"é\";\nlet s = \"שלום עולם\";\n{long}more();\nold\u{202e}line\np\u{430}y\u{200b}(\"\u{1b}[31m\");\n{block}end"
    );
    let mut new = new.into_bytes();
    new.splice(0..0, b"// caf\xe9\n".iter().copied());
    let after = FileState { mode: Mode::Executable, ..FileState::regular(new) };
    Change { before: Some(FileState::regular(old)), after: Some(after), ..file("src/odd.rs", None, None) }
}

/// The styles of a buffer that are not those of plain text: each has a letter, and each row its runs.
fn runs(buf: &Buffer, plain: Style, legend: &mut Vec<String>) -> String {
    let color = |c: Color| match c {
        Color::Rgb(r, g, b) => format!("{r:02x}{g:02x}{b:02x}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut out = String::new();
    for y in 0..buf.area.height {
        let mut row: Vec<(u16, u16, usize)> = Vec::new();
        for x in 0..buf.area.width {
            let cell = &buf[(x, y)];
            if (cell.fg, cell.bg) == (plain.fg.unwrap_or(Color::Reset), plain.bg.unwrap_or(Color::Reset))
                && cell.modifier.is_empty()
            {
                continue;
            }
            let mut style = format!("{}/{}", color(cell.fg), color(cell.bg));
            if !cell.modifier.is_empty() {
                style.push_str(&format!("+{:?}", cell.modifier).replace(' ', ""));
            }
            let known = legend.iter().position(|l| *l == style);
            let index = known.unwrap_or_else(|| {
                legend.push(style);
                legend.len() - 1
            });
            match row.last_mut() {
                Some((_, to, last)) if *to == x && *last == index => *to = x + 1,
                _ => row.push((x, x + 1, index)),
            }
        }
        let row: Vec<String> = row.iter().map(|(a, b, s)| format!("{}{a}-{b}", letter(*s))).collect();
        if !row.is_empty() {
            out.push_str(&format!("{y} {}\n", row.join(" ")));
        }
    }
    out
}

fn letter(index: usize) -> String {
    let letter = char::from(b'a' + (index % 26) as u8);
    if index < 26 { letter.to_string() } else { letter.to_ascii_uppercase().to_string() }
}

fn album(split: bool) -> String {
    let mono = Theme::load(&shipped(), "mono").unwrap();
    let mut out = String::new();
    for (width, height) in SIZES {
        for (nth, theme) in THEMES.into_iter().enumerate() {
            let mut world = World::of(Story::working().proposed(Proposal::Change(odd()), &[]));
            world.styles = Styles::new(&Theme::load(&shipped(), theme).unwrap(), &mono, Capability::TrueColor);
            let mut panel = DiffPanel::plain();
            world.draw(&mut panel, width, height);
            if split != (width >= 100) {
                panel.act(Action::ToggleView, &world.ctx());
                world.draw(&mut panel, width, height);
            }
            panel.act(Action::NextHunk, &world.ctx());
            panel.act(Action::ToggleHunk, &world.ctx());
            let buf = world.draw(&mut panel, width, height);
            if nth == 0 {
                out.push_str(&format!("{width}x{height}\n{}\n", text(&buf)));
            }
            let mut legend = Vec::new();
            let runs = runs(&buf, world.styles.get(crate::config::theme::Role::Text), &mut legend);
            let legend: Vec<String> = legend.iter().enumerate().map(|(i, s)| format!("{} {s}", letter(i))).collect();
            out.push_str(&format!("{theme}: {}\n{runs}\n", legend.join(", ")));
        }
    }
    out
}

#[test]
fn odd_file_side_by_side() {
    insta::assert_snapshot!("odd_side_by_side", album(true));
}

#[test]
fn odd_file_unified() {
    insta::assert_snapshot!("odd_unified", album(false));
}
