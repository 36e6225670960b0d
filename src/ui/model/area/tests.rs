use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;

use super::*;

fn key(code: KeyCode, held: KeyModifiers) -> KeyEvent {
    KeyEvent::new(code, held)
}

/// A text as it lies in rows of so many columns.
fn laid(line: &str, columns: usize) -> Vec<&str> {
    rows(line, columns).into_iter().map(|row| &line[row]).collect()
}

#[test]
fn a_line_breaks_behind_spaces_and_within_long_words() {
    assert_eq!(laid("one two three", 8), ["one two ", "three"]);
    assert_eq!(laid("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(laid("ab 図図図図", 6), ["ab ", "図図図", "図"]);
    assert_eq!(laid("\tab", 4), ["\t", "ab"]);
    assert_eq!(laid("", 4), [""]);
}

#[test]
fn up_and_down_go_by_rows_and_keep_the_column() {
    let mut area = Area::new("one two three\nx\nfour five");
    area.size.set((8, 5));
    let mut press = |code| {
        area.input(key(code, KeyModifiers::NONE));
        area.cursor()
    };
    for _ in 0..5 {
        press(KeyCode::Right);
    }
    assert_eq!(press(KeyCode::Down), (0, 13), "the second row of the same line is shorter");
    assert_eq!(press(KeyCode::Down), (1, 1));
    assert_eq!(press(KeyCode::Down), (2, 4), "behind the last character of a row that goes on is the next row");
    assert_eq!(press(KeyCode::Up), (1, 1));
    assert_eq!(press(KeyCode::Up), (0, 13));
    assert_eq!(press(KeyCode::Up), (0, 5));
}

#[test]
fn words_lines_and_what_is_selected_go_and_come_back() {
    let mut area = Area::new("let héllo = a;\nb");
    let (ctrl, shift) = (KeyModifiers::CONTROL, KeyModifiers::SHIFT);
    area.input(key(KeyCode::End, KeyModifiers::NONE));
    area.input(key(KeyCode::Char('w'), ctrl));
    area.input(key(KeyCode::Char('w'), ctrl));
    assert_eq!(area.text(), "let héllo = \nb");
    area.input(key(KeyCode::Char('k'), ctrl));
    assert_eq!(area.text(), "let héllo = b");
    area.input(key(KeyCode::Home, shift));
    area.input(key(KeyCode::Char('x'), ctrl));
    assert_eq!(area.text(), "b");
    area.input(key(KeyCode::End, KeyModifiers::NONE));
    area.input(key(KeyCode::Char('y'), ctrl));
    assert_eq!(area.text(), "blet héllo = ");
    area.input(key(KeyCode::Backspace, KeyModifiers::NONE));
    while area.undo() {}
    assert_eq!((area.text().as_str(), area.is_changed()), ("let héllo = a;\nb", false));
    area.input(key(KeyCode::Down, shift));
    area.insert("x");
    assert!(area.is_changed());
}

#[test]
fn words_are_found_in_either_case_and_around_the_ends() {
    let mut area = Area::new("Äpfel\näpfel und ÄPFEL\n");
    area.look_for("äpfel");
    let mut next = |forward| {
        assert!(area.search(forward));
        area.cursor()
    };
    assert_eq!([next(true), next(true), next(true), next(false)], [(1, 0), (1, 11), (0, 0), (1, 11)]);
    area.look_for("ÄPFEL");
    let hits = area.hits("äpfel und ÄPFEL", &(12..14)).into_iter();
    assert_eq!(hits.map(|hit| (hit.start, hit.end)).collect::<Vec<_>>(), [(11, 17)]);
    assert!(area.search(true) && area.cursor() == (1, 11));
    area.look_for("birnen");
    assert!(!area.search(true) && area.cursor() == (1, 11));
}

#[test]
fn a_text_longer_than_a_jump_reaches_is_gone_through_and_replaced_whole() {
    let mut area = Area::new(&"a\n".repeat(66_000));
    area.go_to_line(65_900);
    assert_eq!(area.cursor(), (65_900, 0));
    area.size.set((10, 11));
    area.input(key(KeyCode::PageDown, KeyModifiers::NONE));
    assert_eq!(area.cursor(), (65_910, 0));
    area.set("b");
    assert_eq!(area.text(), "b");
    let mut long = Area::new(&"ab ".repeat(22_000));
    long.size.set((60, 5));
    long.go_to_end();
    long.input(key(KeyCode::Up, KeyModifiers::NONE));
    assert_eq!(long.cursor(), (0, 66_000 - 61));
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    use KeyCode::*;
    let codes = prop_oneof![
        prop::sample::select(vec![
            'a', 'é', '図', ' ', '\u{301}', '\t', 'b', 'f', 'd', 'h', 'k', 'j', 'w', 'x', 'y', 'v'
        ])
        .prop_map(Char),
        prop::sample::select(vec![Enter, Tab, Backspace, Delete, Left, Right, Up, Down, Home, End, PageUp, PageDown]),
    ];
    let held = prop::sample::select(vec![
        KeyModifiers::NONE,
        KeyModifiers::NONE,
        KeyModifiers::SHIFT,
        KeyModifiers::CONTROL,
        KeyModifiers::ALT,
    ]);
    (codes, held).prop_map(|(code, held)| key(code, held))
}

proptest! {
    #[test]
    fn rows_are_the_line_and_none_is_too_wide(line in "[a-c \t図é\u{301}]{0,40}", columns in 2usize..12) {
        let all = rows(&line, columns);
        prop_assert_eq!(all.iter().map(|row| &line[row.clone()]).collect::<String>(), line.clone());
        for row in &all {
            let wide = column(&line, row, row.end);
            prop_assert!(wide <= columns.max(TAB), "{:?}", &line[row.clone()]);
            prop_assert!(!row.is_empty() || line.is_empty());
        }
    }

    #[test]
    fn whatever_is_typed_is_taken_back_and_done_again(
        text in "([a-c \t図é]{0,12}\n){0,4}[a-c]{0,3}",
        keys in prop::collection::vec(any_key(), 0..40),
    ) {
        let mut area = Area::new(&text);
        area.size.set((7, 3));
        for key in keys {
            area.input(key);
            let (row, at) = area.cursor();
            prop_assert!(area.lines().get(row).is_some_and(|line| line.is_char_boundary(at)));
        }
        let typed = area.text();
        let mut steps = 0;
        while area.undo() {
            steps += 1;
        }
        prop_assert_eq!(area.text(), text);
        prop_assert!(!area.is_changed());
        for _ in 0..steps {
            prop_assert!(area.redo());
        }
        prop_assert_eq!(area.text(), typed);
    }
}
