//! The shipped keymaps and themes, and files of a user's on top of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use kiro_tui::config::color::Rgb;
use kiro_tui::config::theme::{self, Color, Role, Theme};
use kiro_tui::config::tree::Source;
use kiro_tui::ui::keys::{Action, Context, Keymap, Keys, Pressed, Stroke, parse_chord, shipped};
use kiro_tui::ui::style::{Capability, Styles};
use proptest::prelude::*;
use ratatui::style::{Color as Cell, Modifier};

fn keys(name: &str) -> Keys {
    Keys::new(Keymap::load(&shipped(), name, None).unwrap_or_else(|e| panic!("{name}: {e}")))
}

fn with(own: &str) -> Result<Keymap, String> {
    Keymap::load(&shipped(), "default", Some(Source::new("keymap.toml", own))).map_err(|e| e.to_string())
}

/// Types a chord and gives what the last stroke came to.
fn typed(keys: &mut Keys, chord: &str, contexts: &[Context]) -> Pressed {
    let mut last = Pressed::None;
    for stroke in parse_chord(chord).unwrap() {
        last = keys.press(stroke, contexts);
    }
    last
}

fn acts(keys: &mut Keys, chord: &str, contexts: &[Context]) -> Option<Action> {
    match typed(keys, chord, contexts) {
        Pressed::Action { action, .. } => Some(action),
        _ => None,
    }
}

#[test]
fn every_shipped_keymap_loads() {
    for name in ["default", "vim", "emacs"] {
        keys(name);
    }
}

#[test]
fn the_keys_of_kiros_review_hold_in_a_document() {
    let mut keys = keys("default");
    for (key, action) in [
        ("up", Action::Up),
        ("down", Action::Down),
        ("j", Action::Down),
        ("k", Action::Up),
        ("pgup", Action::PageUp),
        ("pgdn", Action::PageDown),
        ("ctrl-u", Action::HalfUp),
        ("ctrl-d", Action::HalfDown),
        ("n", Action::NextSection),
        ("N", Action::PrevSection),
        ("]", Action::NextItem),
        ("[", Action::PrevItem),
        ("home", Action::Top),
        ("end", Action::Bottom),
        ("g", Action::Top),
        ("G", Action::Bottom),
        ("enter", Action::Comment),
        ("e", Action::Comment),
        ("del", Action::DeleteComment),
        ("m", Action::ToggleMouse),
        ("?", Action::Help),
        ("esc", Action::Back),
        ("q", Action::Back),
    ] {
        for stack in [&[Context::Document][..], &[Context::Document, Context::Gate]] {
            assert_eq!(acts(&mut keys, key, stack), Some(action), "{key}");
        }
    }
}

#[test]
fn the_waiting_line_has_its_keys() {
    let mut keys = keys("default");
    let document = [Context::Document, Context::Gate];
    let diff = [Context::Diff, Context::Gate];
    let command = [Context::Confirm, Context::Gate];
    for (stack, key, action) in [
        (&document, "a", Action::Approve),
        (&document, "r", Action::RequestChanges),
        (&document, "c", Action::Comment),
        (&document, "d", Action::ToggleDiffRevisions),
        (&document, "2", Action::PanelDocument),
        (&diff, "a", Action::Approve),
        (&diff, "space", Action::ToggleHunk),
        (&diff, "e", Action::Edit),
        (&diff, "r", Action::Reject),
        (&diff, "c", Action::Comment),
        (&diff, "s", Action::ToggleView),
        (&diff, "]h", Action::NextHunk),
        (&diff, "3", Action::PanelDiff),
        (&command, "2", Action::Answer2),
        (&command, "e", Action::Edit),
        (&command, "r", Action::Reject),
    ] {
        assert_eq!(acts(&mut keys, key, stack), Some(action), "{key} in {stack:?}");
    }
    assert_eq!(acts(&mut keys, "a", &[Context::Document]), None, "nothing waits, so nothing is approved");
    assert_eq!(keys.key_for(Action::NextHunk, &diff).as_deref(), Some("]h"));
}

#[test]
fn the_account_has_its_keys_in_every_panel_and_keymap() {
    let panels = [
        &[Context::Document][..],
        &[Context::Diff],
        &[Context::List],
        &[Context::Activity],
        &[Context::Confirm, Context::Diff],
    ];
    for name in ["default", "vim", "emacs"] {
        for panel in panels {
            for action in [Action::Deploy, Action::ShowStacks, Action::DeployWith, Action::ShowDrift] {
                let mut keys = keys(name);
                let key =
                    keys.key_for(action, panel).unwrap_or_else(|| panic!("{name}: no key for {action} in {panel:?}"));
                assert_eq!(acts(&mut keys, &key, panel), Some(action), "{name}: {key} in {panel:?}");
            }
        }
    }
}

#[test]
fn a_chord_that_goes_nowhere_is_used_up_but_stopping_is_never_held_up() {
    let mut keys = keys("default");
    let stack = [Context::Diff];
    let Pressed::Pending { keys: shown, next } = typed(&mut keys, "]", &stack) else { panic!() };
    assert_eq!(shown, "]");
    assert_eq!(next.iter().map(|r| r.keys[0].as_str()).collect::<Vec<_>>(), ["c", "h", "f"]);
    assert_eq!(keys.press(Stroke::char('q'), &stack), Pressed::Broken { keys: "]q".into() });
    typed(&mut keys, "]", &stack);
    assert_eq!(typed(&mut keys, "esc", &stack), Pressed::Broken { keys: "] esc".into() });
    typed(&mut keys, "]", &stack);
    assert_eq!(acts(&mut keys, "ctrl-c", &stack), Some(Action::CancelAgent));
    assert!(!keys.is_pending());
}

#[test]
fn text_gets_its_characters_in_every_keymap() {
    for name in ["default", "vim", "emacs"] {
        let mut keys = keys(name);
        for context in [Context::Text, Context::Form, Context::Palette] {
            let stack = [context, Context::Document, Context::Gate];
            for c in ' '..='~' {
                assert_eq!(keys.press(Stroke::char(c), &stack), Pressed::None, "{name}: {c:?} in {context:?}");
            }
            for (key, action) in [("ctrl-c", Action::CancelAgent), ("ctrl-q", Action::Quit), ("esc", Action::Back)] {
                assert_eq!(acts(&mut keys, key, &stack), Some(action), "{name}");
            }
        }
        assert_eq!(acts(&mut keys, "ctrl-d", &[Context::Text]), None, "moves belong to the text");
    }
}

#[test]
fn vim_counts_and_keeps_numbered_answers() {
    let mut keys = keys("vim");
    let stack = [Context::Document];
    assert_eq!(typed(&mut keys, "1 2", &stack), Pressed::Pending { keys: "12".into(), next: vec![] });
    assert_eq!(typed(&mut keys, "j", &stack), Pressed::Action { action: Action::Down, count: Some(12) });
    assert_eq!(typed(&mut keys, "1 0 G", &stack), Pressed::Action { action: Action::Bottom, count: Some(10) });
    assert_eq!(typed(&mut keys, "0", &stack), Pressed::Action { action: Action::Left, count: None });
    assert_eq!(typed(&mut keys, "3 esc", &stack), Pressed::Broken { keys: "3 esc".into() });
    assert_eq!(typed(&mut keys, "gg", &stack), Pressed::Action { action: Action::Top, count: None });
    assert_eq!(acts(&mut keys, "3", &[Context::Confirm, Context::Gate]), Some(Action::Answer3));
    assert_eq!(acts(&mut keys, "g3", &stack), Some(Action::PanelDiff));
    for _ in 0..4 {
        typed(&mut keys, "9 9 9", &stack);
    }
    assert_eq!(typed(&mut keys, "j", &stack), Pressed::Action { action: Action::Down, count: Some(9_999) });
}

#[test]
fn the_help_says_exactly_what_the_keys_do() {
    let stacks: &[&[Context]] = &[
        &[Context::Home],
        &[Context::Document, Context::Gate],
        &[Context::Diff, Context::Gate],
        &[Context::Confirm, Context::Gate],
        &[Context::Text, Context::Diff],
        &[Context::Form],
        &[Context::Palette, Context::Document],
        &[Context::Help, Context::Document],
        &[Context::List, Context::Diff],
        &[Context::Activity],
    ];
    for name in ["default", "vim", "emacs"] {
        let mut keys = keys(name);
        for stack in stacks {
            let rows = keys.help(stack);
            assert!(!rows.is_empty());
            for row in rows {
                for chord in &row.keys {
                    assert_eq!(acts(&mut keys, chord, stack), Some(row.action), "{name} {chord} in {stack:?}");
                }
            }
        }
    }
}

#[test]
fn a_users_file_lies_on_top() {
    let own = "[document]\n\"z\" = \"approve\"\nn = \"none\"\n[diff]\n\"] h\" = \"none\"\n";
    let mut keys = Keys::new(with(own).unwrap());
    assert_eq!(acts(&mut keys, "z", &[Context::Document]), Some(Action::Approve));
    assert_eq!(acts(&mut keys, "n", &[Context::Document]), None, "silenced here, though [global] binds it");
    assert_eq!(acts(&mut keys, "n", &[Context::Diff]), Some(Action::SearchNext));
    assert_eq!(acts(&mut keys, "]h", &[Context::Diff]), None);
    assert_eq!(acts(&mut keys, "]f", &[Context::Diff]), Some(Action::NextFile));
}

#[test]
fn mistakes_name_the_place_and_what_was_meant() {
    for (own, says) in [
        ("\n[documnt]\n", "keymap.toml:2:2: there is no context called `documnt`; did you mean `document`?"),
        ("[gate]\na = \"aprove\"\n", "keymap.toml:2:5: there is no action called `aprove`; did you mean `approve`?"),
        ("[gate]\nspcae = \"approve\"\n", "keymap.toml:2:1: there is no key called `spcae`; did you mean `space`?"),
        ("[gate]\na = 1\n", "keymap.toml:2:5: a key takes the name of an action, not an integer"),
        ("[gate]\n\"ctrl-i\" = \"approve\"\n", "bind that"),
        ("[gate]\n\"C-y\" = \"approve\"\n\"ctrl-y\" = \"reject\"\n", "keymap.toml:3:1: `ctrl-y` is bound twice"),
        ("[text]\nx = \"submit\"\n", "keymap.toml:2:1: `x` could then not be typed in [text]"),
        ("a = \"approve\"\n", "keys stand in the table of a context"),
        ("counts = 3\n", "`counts` is true or false"),
        ("inherits = \"vim\"\n", "they inherit nothing"),
        ("[global]\n\"ctrl-c\" = \"none\"\n", "leaves `cancel-agent` without a key"),
        ("[global]\n\"ctrl-q\" = \"none\"\nq = \"quit\"\n", "leaves `quit` without a key"),
    ] {
        let error = with(own).unwrap_err();
        assert!(error.contains(says), "{own}\n{error}");
    }
}

#[test]
fn a_chord_that_could_never_be_pressed_is_an_error_at_the_later_of_the_two() {
    let error = with("[diff]\n\"]\" = \"next-hunk\"\n").unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(error.starts_with("keymap.toml:2:1: in [diff] `]"), "{error}");
    assert!(error.contains("built-in keymaps/default.toml:"), "{error}");
    let error = with("[document]\n\"]h\" = \"next-hunk\"\n").unwrap_err();
    assert!(error.starts_with("keymap.toml:2:1: in [document] `]h` (next-hunk) can never be pressed, since `]`"));
    with("[document]\n\"]\" = \"none\"\n\"]h\" = \"next-hunk\"\n").unwrap();
}

#[test]
fn all_mistakes_of_a_file_come_at_once() {
    let error = with("[gate]\na = \"aprove\"\nb = \"rejct\"\n[hlp]\n").unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
}

const THEMES: [&str; 4] = ["dark", "light", "high-contrast", "mono"];

fn theme(name: &str) -> Theme {
    Theme::load(&theme::shipped(), name).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn own_theme(text: &str) -> Result<Theme, String> {
    let mut library = theme::shipped();
    library.add("mine", Source::new("mine.toml", text));
    Theme::load(&library, "mine").map_err(|e| e.to_string())
}

#[test]
fn every_shipped_theme_defines_every_role() {
    for name in THEMES {
        theme(name);
    }
    assert_eq!(theme::shipped().names(), ["dark", "high-contrast", "light", "mono"]);
}

fn rgb(color: Color) -> Rgb {
    match color {
        Color::Rgb(r, g, b) => Rgb(r, g, b),
        other => panic!("{other:?} has no value of its own"),
    }
}

/// Lines only have to be seen, not read.
const LINES: [Role; 2] = [Role::Border, Role::Rule];

#[test]
fn text_reads_on_its_ground_in_true_colour() {
    for (name, least) in [("dark", 4.5), ("light", 4.5), ("high-contrast", 7.0)] {
        let theme = theme(name);
        let text = theme.look(Role::Text);
        let ground = |role: Role| rgb(theme.look(role).bg.or(text.bg).unwrap());
        for &role in Role::ALL.iter().filter(|r| !LINES.contains(r)) {
            let fg = rgb(theme.look(role).fg.or(text.fg).unwrap());
            let found = fg.contrast(ground(role));
            assert!(found >= least, "{name}: {} has {found:.2}", role.name());
            // Source code is also shown in diffs, below the cursor and in a selection.
            if role.name().starts_with("syntax.") {
                for under in
                    [Role::Added, Role::Removed, Role::AddedWord, Role::RemovedWord, Role::Selection, Role::Cursor]
                {
                    let found = fg.contrast(ground(under));
                    assert!(found >= least, "{name}: {} on {} has {found:.2}", role.name(), under.name());
                }
            }
        }
    }
}

fn drawn(color: Cell) -> Option<Rgb> {
    let sixteen = [
        Cell::Black,
        Cell::Red,
        Cell::Green,
        Cell::Yellow,
        Cell::Blue,
        Cell::Magenta,
        Cell::Cyan,
        Cell::Gray,
        Cell::DarkGray,
        Cell::LightRed,
        Cell::LightGreen,
        Cell::LightYellow,
        Cell::LightBlue,
        Cell::LightMagenta,
        Cell::LightCyan,
        Cell::White,
    ];
    match color {
        Cell::Reset => None,
        Cell::Rgb(r, g, b) => Some(Rgb(r, g, b)),
        Cell::Indexed(i) => Some(Rgb::indexed(i)),
        other => Some(Rgb::indexed(sixteen.iter().position(|c| *c == other).unwrap() as u8)),
    }
}

#[test]
fn fewer_colours_stay_readable() {
    for name in ["dark", "light", "high-contrast"] {
        for capability in [Capability::Ansi16, Capability::Ansi256] {
            let styles = Styles::load(&theme::shipped(), name, capability).unwrap();
            let text = styles.get(Role::Text);
            for &role in Role::ALL.iter().filter(|r| !LINES.contains(r)) {
                let style = text.patch(styles.get(role));
                let found = drawn(style.fg.unwrap()).unwrap().contrast(drawn(style.bg.unwrap()).unwrap());
                assert!(found >= 4.5, "{name} {capability:?}: {} has {found:.2}: {style:?}", role.name());
            }
        }
    }
}

/// Roles that stand beside each other and mean different things.
const APART: &[(Role, Role)] = &[
    (Role::Selection, Role::Text),
    (Role::Cursor, Role::Text),
    (Role::Waiting, Role::Text),
    (Role::Added, Role::Removed),
    (Role::Added, Role::Context),
    (Role::Removed, Role::Context),
    (Role::Added, Role::AddedWord),
    (Role::Removed, Role::RemovedWord),
    (Role::SearchMatch, Role::Text),
    (Role::SearchMatch, Role::SearchCurrent),
    (Role::Border, Role::BorderFocus),
    (Role::PhaseDone, Role::PhaseNow),
    (Role::PhaseNow, Role::PhaseNext),
    (Role::PhaseStale, Role::PhaseDone),
    (Role::Ok, Role::Error),
    (Role::Ok, Role::Warn),
    (Role::Warn, Role::Error),
    (Role::Provisional, Role::Text),
    (Role::Comment, Role::CommentResolved),
    (Role::Key, Role::Text),
    (Role::Danger, Role::Text),
];

#[test]
fn what_means_different_things_looks_different_whatever_the_terminal_can() {
    for name in THEMES {
        for capability in [Capability::None, Capability::Ansi16, Capability::Ansi256, Capability::TrueColor] {
            let styles = Styles::load(&theme::shipped(), name, capability).unwrap();
            let text = styles.get(Role::Text);
            for (a, b) in APART {
                let (x, y) = (text.patch(styles.get(*a)), text.patch(styles.get(*b)));
                assert_ne!(x, y, "{name} {capability:?}: {} and {}", a.name(), b.name());
            }
        }
    }
}

/// What may look like plain text without colours: ordinary text itself, and what always has a mark of its
/// own beside it (`✓`).
const MARKED: [Role; 4] = [Role::Text, Role::Context, Role::Ok, Role::PhaseDone];

#[test]
fn what_a_role_tells_is_told_without_colours_too() {
    let mono = theme("mono");
    for &role in Role::ALL.iter().filter(|r| !r.name().starts_with("syntax.") && !MARKED.contains(r)) {
        assert!(mono.look(role).has_attribute(), "{} is told by colour alone", role.name());
    }
}

#[test]
fn without_colours_no_style_has_one() {
    for name in THEMES {
        let styles = Styles::load(&theme::shipped(), name, Capability::None).unwrap();
        for &role in Role::ALL {
            let style = styles.get(role);
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{name} {}", role.name());
        }
        assert!(styles.get(Role::Selection).add_modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn a_childs_palette_recolours_what_it_inherits() {
    let mine =
        own_theme("inherits = \"dark\"\n[palette]\ngreen = \"#010203\"\n[roles]\ntitle = \"bright-red\"\n").unwrap();
    assert_eq!(mine.look(Role::Ok).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(mine.look(Role::SyntaxString).fg, Some(Color::Rgb(1, 2, 3)));
    assert_eq!(mine.look(Role::Title).fg, Some(Color::Ansi(9)));
    assert_eq!(mine.look(Role::Error), theme("dark").look(Role::Error));
}

#[test]
fn mistakes_in_a_theme_name_the_place_and_what_was_meant() {
    for (text, says) in [
        ("inherits = \"drk\"", "mine.toml:1:12: there is no theme called `drk` to inherit from; did you mean `dark`?"),
        (
            "inherits = \"dark\"\n[roles]\nselecton = \"blue\"\n",
            "mine.toml:3:1: there is no role `selecton`; did you mean `selection`?",
        ),
        (
            "inherits = \"dark\"\n[syntax]\nkeywrd = \"blue\"\n",
            "mine.toml:3:1: there is no role `syntax.keywrd`; did you mean `keyword`?",
        ),
        (
            "inherits = \"dark\"\n[roles]\nok = \"grren\"\n",
            "mine.toml:3:6: there is no colour `grren`; did you mean `green`?",
        ),
        ("inherits = \"dark\"\n[palette]\nx = \"#12345\"\n", "mine.toml:3:5: `#12345` is not a colour"),
        ("inherits = \"dark\"\n[palette]\nx = \"ground\"\n", "mine.toml:3:5: there is no colour `ground`"),
        (
            "inherits = \"dark\"\n[roles]\nok = { fg = 3 }\n",
            "mine.toml:3:13: a colour is a name or `#rrggbb`, not an integer",
        ),
        (
            "inherits = \"dark\"\n[roles]\nok = { bld = true }\n",
            "mine.toml:3:8: a style has no `bld`; did you mean `bold`?",
        ),
        ("inherits = \"dark\"\n[roles]\nok = { bold = 1 }\n", "`bold` is true or false, not an integer"),
        ("inherits = \"dark\"\n[colors]\n", "a theme has no table `colors`"),
        ("x = 1\n", "a theme has tables only"),
        ("[roles]\ntext = \"white\"\n", "mine.toml: no style for dim, accent"),
        ("inherits = \"mine\"", "there is no theme called `mine` to inherit from"),
    ] {
        let error = own_theme(text).unwrap_err();
        assert!(error.contains(says), "{text}\n{error}");
    }
}

#[test]
fn every_action_has_a_key_somewhere() {
    for name in ["default", "vim", "emacs"] {
        let keys = keys(name);
        for &action in Action::ALL {
            let found = Context::ALL.iter().any(|c| keys.key_for(action, &[*c]).is_some());
            assert!(found, "{name}: {action}");
        }
    }
}

#[test]
fn nothing_is_approved_by_keys_that_are_pressed_without_looking() {
    for name in ["default", "vim", "emacs"] {
        let mut keys = keys(name);
        for panel in [Context::Document, Context::Diff, Context::Confirm] {
            for key in ["enter", "space", "tab", "esc", "backspace", "y"] {
                let got = acts(&mut keys, key, &[panel, Context::Gate]);
                keys.reset();
                assert!(!matches!(got, Some(Action::Approve | Action::ApproveAlways | Action::OverrideMerge)), "{key}");
            }
        }
    }
}

proptest! {
    #[test]
    fn a_key_is_pending_only_when_it_says_so(
        name in prop::sample::select(vec!["default", "vim", "emacs"]),
        stack in prop::sample::subsequence(Context::ALL.to_vec(), 0..4),
        typed in prop::collection::vec("[!-~]|ctrl-[cdglnpqswx]|esc|space|enter|up", 1..12),
    ) {
        let mut keys = keys(name);
        for text in typed {
            let Ok(stroke) = Stroke::parse(&text) else { continue };
            let before = keys.is_pending();
            match keys.press(stroke, &stack) {
                Pressed::Pending { keys: shown, .. } => prop_assert!(keys.is_pending() && !shown.is_empty()),
                Pressed::Broken { .. } => prop_assert!(before && !keys.is_pending()),
                Pressed::Action { .. } | Pressed::None => prop_assert!(!keys.is_pending()),
            }
        }
    }
}
