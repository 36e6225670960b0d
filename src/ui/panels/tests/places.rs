//! Places in a difference that are found again: what is searched for, and lines that were commented on in
//! another version.

use super::{
    sets::{Desk, foot},
    *,
};
use crate::domain::journal::{Side, Spot};

#[test]
fn heads_of_hunks_and_notes_of_moved_blocks_are_found() {
    let block: String = (1..=6).map(|n| format!("let moved{n} = compute(of, {n});\n")).collect();
    let rest: String = (1..=30).map(|n| format!("const stays{n} = {n};\n")).collect();
    let (old, new) = (format!("{block}{rest}"), format!("{rest}{block}"));
    let mut desk = Desk::new(Story::working().proposed(Proposal::Change(file("a.ts", Some(&old), Some(&new))), &[]));
    for size in [(60, 40), (140, 40)] {
        desk.size = size;
        desk.draw();
        for (words, line) in [("hunk 2 of", "hunk 2 of 2"), ("moved to line", "⇢ 6 lines"), ("here from", "⇠ 6 lines")]
        {
            assert_eq!(desk.panel.search(words), 1, "{words} at {size:?}");
            let shown = desk.draw();
            let at = shown.lines().find(|l| l.contains('▌')).unwrap_or_default();
            assert!(at.contains(line) && foot(&shown).contains("match 1/1"), "{words}\n{shown}");
        }
    }
}

/// A comment on a line, made on this version of a file.
fn on(version: &Change, line: usize, quoted: &str) -> Entry {
    let (path, change) = (version.path.clone(), version.digest());
    let spot = Spot { path, change, side: Side::After, lines: Some((line, line)), quoted: quoted.into() };
    Entry::Remarked { id: line as u64, spot, text: format!("on {line}") }
}

#[test]
fn a_comment_follows_its_line_into_another_version_or_says_that_it_is_gone() {
    let version = |after: &str| file("a.ts", Some("old\n"), Some(after));
    let first = version("one\ntwo\nthree\n}\n");
    let second = version("zero\none\n}\nthree, said otherwise\ntwo\n}\n");
    let story = Story::working().proposed(Proposal::Change(first.clone()), &[]);
    let story = story.then(on(&first, 2, "two")).then(on(&first, 3, "three")).then(on(&first, 4, "}"));
    let mut desk = Desk::new(story.clone());
    let marked = |shown: &str| -> Vec<String> {
        let lines = shown.lines().filter(|l| l.contains('●') && l.contains(" +"));
        lines.map(|l| l.rsplit('+').next().unwrap().trim_end_matches(['┃', ' ']).to_owned()).collect()
    };
    for size in [(60, 40), (80, 40)] {
        desk.size = size;
        let shown = desk.draw();
        assert_eq!(marked(&shown), ["two", "three", "}"], "{shown}");
        assert!(!shown.contains("another version"), "{shown}");
    }
    let no = Verdict::Reject { feedback: Some("otherwise".into()) };
    let story = story.decided(Subject::Change, first.digest(), no).proposed(Proposal::Change(second), &[]);
    let mut desk = Desk::new(story);
    for size in [(60, 40), (80, 40)] {
        desk.size = size;
        let shown = desk.draw();
        assert_eq!(marked(&shown), ["two"], "{shown}");
        let row = |words: &str| shown.lines().position(|l| l.contains(words)).unwrap_or_else(|| panic!("{shown}"));
        assert_eq!(row("on 2"), row("+two") + 1, "below its line\n{shown}");
        let words = shown.replace('┃', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words.matches("(on another version: that line is gone, or there more than once)").count(),
            2,
            "{shown}"
        );
        assert!(row("on 3") < row("hunk 1") && row("on 4") < row("hunk 1"), "{shown}");
    }
}
