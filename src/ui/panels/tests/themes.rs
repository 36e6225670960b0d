//! One file with everything odd in it, in both views.

use super::*;
use crate::ui::album::page;

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

fn drawn(split: bool) -> impl FnMut(&Styles, (u16, u16)) -> Buffer {
    let world = World::of(Story::working().proposed(Proposal::Change(odd()), &[]));
    move |styles, (width, height)| {
        let mut panel = DiffPanel::plain();
        world.draw_in(styles, &mut panel, width, height);
        if split != (width >= 100) {
            panel.act(Action::ToggleView, &world.ctx());
            world.draw_in(styles, &mut panel, width, height);
        }
        panel.act(Action::NextHunk, &world.ctx());
        panel.act(Action::ToggleHunk, &world.ctx());
        world.draw_in(styles, &mut panel, width, height)
    }
}

#[test]
fn odd_file_side_by_side() {
    page("odd_side_by_side", drawn(true));
}

#[test]
fn odd_file_unified() {
    page("odd_unified", drawn(false));
}
