use proptest::prelude::*;

use super::*;
use crate::domain::{
    change::{
        header::Header,
        select::{Selection, selected},
    },
    path::RelPath,
};

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// A side: text, whether it is executable, or nothing.
fn side(text: Option<&str>, executable: bool) -> Option<FileState> {
    let mode = if executable { Mode::Executable } else { Mode::Regular };
    text.map(|text| FileState { mode, ..FileState::regular(text) })
}

fn change(before: Option<&str>, after: Option<&str>) -> Change {
    Change { path: path("a.txt"), from: None, before: side(before, false), after: side(after, false) }
}

fn told(applied_change: &Change, proposed: &Change, comments: &str) -> String {
    applied(applied_change, Some(&Proposal::Change(proposed.clone())), comments)
}

/// Every change that can be proposed, beside every version of it that can be approved: what is told
/// says what the file now holds, and says that it is another than proposed exactly when it is.
#[test]
fn every_combination_says_what_the_file_now_holds() {
    let texts = [None, Some("one\ntwo\nthree\n"), Some("one\n2\nthree\nfour\n"), Some("one\r\n2"), Some("")];
    let mut seen = 0;
    for before in texts {
        for proposed_text in texts {
            for taken_text in texts {
                for (proposed_exec, taken_exec) in [(false, false), (true, false), (false, true)] {
                    let mut proposed = change(before, None);
                    proposed.after = side(proposed_text, proposed_exec);
                    let mut taken = proposed.clone();
                    taken.after = side(taken_text, taken_exec);
                    if proposed.is_empty() || taken.is_empty() {
                        continue;
                    }
                    seen += 1;
                    let words = told(&taken, &proposed, "");
                    let case = format!("{before:?} → {proposed_text:?} / {taken_text:?}\n{words}");
                    let same = taken == proposed;
                    assert_eq!(words.contains("exactly as you proposed"), same, "{case}");
                    assert_eq!(words.contains("NOT as you proposed"), !same, "{case}");
                    let happened = match (before, taken_text) {
                        (None, Some(_)) => "a.txt was created",
                        (Some(_), None) => "a.txt was deleted",
                        _ => "a.txt was changed",
                    };
                    assert!(words.contains(happened), "{case}");
                    if same {
                        continue;
                    }
                    match taken_text {
                        Some(text) => assert!(words.ends_with(&format!("now holds exactly:\n\n{text}")), "{case}"),
                        None => assert!(words.ends_with("a.txt does not exist."), "{case}"),
                    }
                    if let (Some(yours), Some(theirs)) = (proposed_text, taken_text) {
                        for line in yours.lines().filter(|l| !theirs.lines().any(|t| t == *l)) {
                            assert!(words.contains(&format!("\n-{line}")), "{line} was not taken: {case}");
                        }
                        assert_eq!(words.contains("not executable as"), proposed_exec && !taken_exec, "{case}");
                        assert_eq!(words.contains("It is executable, not"), taken_exec && !proposed_exec, "{case}");
                    }
                }
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn comments_go_with_a_yes_and_their_place_is_told() {
    let spot = |side, lines| Spot {
        path: path("a.txt"),
        change: crate::domain::digest::Digest::of("x"),
        side,
        lines,
        quoted: "two\nthree".into(),
    };
    let two = comment(&spot(Side::After, Some((2, 3))), " why? ", false);
    assert_eq!(two, "a.txt, lines 2 to 3:\n> two\n> three\nwhy?");
    assert_eq!(
        comment(&Spot { quoted: "two".into(), ..spot(Side::Before, Some((2, 2))) }, "keep", true),
        "a.txt, line 2 before the change:\n> two\nkeep"
    );
    assert_eq!(
        comment(&Spot { quoted: String::new(), ..spot(Side::After, None) }, "all of it", false),
        "a.txt:\nall of it"
    );
    assert!(
        comment(&spot(Side::After, Some((2, 3))), "why?", true).starts_with("a.txt, lines 2 to 3 of your proposal:\n")
    );
    let proposed = change(Some("one\n"), Some("two\n"));
    let whole = told(&proposed, &proposed, &two);
    assert!(
        whole.contains("exactly as you proposed") && whole.ends_with(&format!("They comment:\n\n{two}")),
        "{whole}"
    );
    let part = told(&change(Some("one\n"), Some("one\ntwo\n")), &proposed, &two);
    assert!(part.contains("> two") && part.ends_with("now holds exactly:\n\none\ntwo\n"), "{part}");
}

#[test]
fn a_move_that_was_not_taken_is_told() {
    let proposed = Change { from: Some(path("old.txt")), ..change(Some("a\n"), Some("b\n")) };
    let stays = Change { path: path("old.txt"), from: None, ..proposed.clone() };
    let words = told(&stays, &proposed, "");
    assert!(words.contains("old.txt was changed, but NOT") && words.contains("a.txt was not taken"), "{words}");
    assert!(words.ends_with("old.txt now holds exactly:\n\nb\n"), "{words}");
    let moved = Change { after: side(Some("c\n"), false), ..proposed.clone() };
    assert!(told(&moved, &proposed, "").contains("old.txt is now a.txt, but NOT"));
}

#[test]
fn what_is_long_or_no_text_is_not_repeated() {
    let long = format!("{}\n", "x".repeat(LONGEST));
    let words = told(&change(Some("a\n"), Some(&long)), &change(Some("a\n"), Some("b\n")), "");
    assert!(words.ends_with("a.txt is too long to repeat here: read it with read_file."), "{}", words.len());
    assert!(words.len() < 2 * LONGEST);
    let mut binary = change(Some("a\n"), None);
    binary.after = Some(FileState::regular(vec![0xff, 0, 1]));
    let words = told(&binary, &change(Some("a\n"), Some("b\n")), "");
    assert!(words.ends_with("(3 bytes that are not UTF-8)") && !words.contains("lines with -"), "{words}");
}

#[test]
fn a_rejection_says_that_nothing_changed_and_repeats_the_words() {
    for (before, after, state) in [
        (Some("a"), Some("b"), "a.txt is unchanged"),
        (None, Some("b"), "a.txt does not exist"),
        (Some("a"), None, "a.txt is unchanged"),
    ] {
        let told = rejected(&Proposal::Change(change(before, after)), Some("use the helper"));
        assert!(told.contains(state) && told.ends_with("Their words:\n\nuse the helper"), "{told}");
    }
    let moved = Change { from: Some(path("old.txt")), ..change(Some("a"), Some("a")) };
    let told = rejected(&Proposal::Change(moved), None);
    assert!(told.contains("old.txt is where it was, and a.txt does not exist"), "{told}");
    assert!(told.ends_with("They gave no reason. Ask them, or propose something else."), "{told}");
}

#[test]
fn what_the_developer_changed_is_told_without_its_secrets() {
    let key = "AKIAIOSFODNN7EXAMPLE";
    let theirs = [change(Some("one\n"), Some(&format!("one\naws_access_key_id = {key}\n"))), change(None, Some("x\n"))];
    let words = own(&theirs);
    assert!(words.contains("a.txt was changed.\n\n@@") && words.contains("a.txt was created."), "{words}");
    assert!(!words.contains(key) && words.contains("redacted"), "{words}");
    let words = told(&theirs[0], &change(Some("one\n"), Some("two\n")), "");
    assert!(!words.contains(key) && !words.contains("holds exactly"), "{words}");
}

/// The text that a difference in words makes of another, told by its lines alone.
fn patched(text: &str, patch: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut out, mut at) = (String::new(), 0);
    let mut last = ' ';
    for line in patch.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("@@ -") {
            let numbers = head.split_once(' ').unwrap().0;
            let (from, count) = numbers.split_once(',').unwrap_or((numbers, "1"));
            let (from, count): (usize, usize) = (from.parse().unwrap(), count.parse().unwrap());
            // Of nothing the line before is named.
            let begin = if count == 0 { from } else { from - 1 };
            out.extend(old[at..begin].iter().copied());
            at = begin;
            continue;
        }
        let (sign, rest) = line.split_at(1);
        match sign {
            " " | "-" => {
                assert_eq!(
                    old[at].trim_end_matches('\n'),
                    rest.trim_end_matches('\n'),
                    "the proposal has another line"
                );
                if sign == " " {
                    out.push_str(old[at]);
                }
                at += 1;
            }
            "+" => out.push_str(rest),
            "\\" if last == '+' => assert_eq!(out.pop(), Some('\n')),
            "\\" => {}
            _ => panic!("no line of a difference: {line:?}"),
        }
        last = sign.chars().next().unwrap();
    }
    out.extend(old[at..].iter().copied());
    out
}

fn odd_text() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "",
        " ",
        "a",
        "b",
        "a b",
        "\tlet é = 図;  ",
        "}",
        "\u{202e}x",
        "x\ry",
        "-- a",
        "@@ -1",
    ]);
    let end = prop::sample::select(vec!["\n", "\n", "\r\n"]);
    (prop::collection::vec((line, end), 0..14), any::<bool>()).prop_map(|(lines, finished)| {
        let mut text: String = lines.iter().flat_map(|(l, e)| [*l, *e]).collect();
        if !finished && text.ends_with('\n') {
            text.pop();
        }
        text
    })
}

proptest! {
    /// The file is rebuilt from what is told in both ways: from its content, and from the proposal and what
    /// of it was not taken. A comment changes nothing of that.
    #[test]
    fn the_file_can_be_rebuilt_from_the_words(
        before in prop::option::weighted(0.8, odd_text()),
        after in odd_text(),
        picks in prop::collection::vec(any::<bool>(), 1..30),
        comments in prop::sample::select(vec!["", "a.txt, line 1 of your proposal:\n> a\nWhy?"]),
    ) {
        let proposed = change(before.as_deref(), Some(&after));
        prop_assume!(!proposed.is_empty());
        let header = Header::of(&proposed, 3);
        let mut selection = Selection::none();
        for row in 0..60 {
            selection.set_rows(&header, row..row + 1, picks[row % picks.len()]);
        }
        selection.set_whole(&header, picks[0]);
        let taken = selected(&proposed, &selection);
        prop_assume!(!taken.is_empty());
        let words = told(&taken, &proposed, comments);
        prop_assert_eq!(words.contains("exactly as you proposed"), taken == proposed, "{}", words);
        if taken != proposed {
            let file = taken.after.as_ref().unwrap().text().unwrap();
            let holds = "a.txt now holds exactly:\n\n";
            let (told, content) = words.split_at(words.find(holds).unwrap() + holds.len());
            prop_assert_eq!(content, file);
            if let Some((_, patch)) = told.split_once("stand there instead):\n\n") {
                let end = if comments.is_empty() { format!("\n\n{holds}") } else { "\n\nThey comment:\n\n".to_owned() };
                let patch = format!("{}\n", patch.split_once(end.as_str()).unwrap().0);
                prop_assert_eq!(patched(&after, &patch), file, "{}", words);
            } else {
                prop_assert_eq!(file, after.as_str());
            }
        }
    }
}
