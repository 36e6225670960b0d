//! Nothing goes in unseen: whatever a file was and whatever it will be, what is approved is on the screen,
//! or its size and digest are.

use super::{sets::Desk, *};
use crate::{
    config::theme::Role,
    domain::{
        change::{select::Taken, submodule},
        digest::Digest,
    },
};

/// A file as it may be, and words of it that must be on the screen where it comes or goes.
struct Kind {
    name: &'static str,
    state: Option<FileState>,
    seen: Vec<String>,
    lines: usize,
}

fn kinds() -> Vec<Kind> {
    let of = |name, mode, bytes: &[u8], seen: &[&str], lines| Kind {
        name,
        state: Some(FileState { mode, ..FileState::regular(bytes) }),
        seen: seen.iter().map(|s| (*s).to_owned()).collect(),
        lines,
    };
    let binary: &[u8] = b"\x7fELF\0\0\x01";
    let blob = format!("{} bytes, sha256 {}", binary.len(), Digest::of(binary).short());
    let commit = submodule::state(&"5".repeat(40), false, &["> a subject".to_owned()]);
    vec![
        Kind { name: "absent", state: None, seen: Vec::new(), lines: 0 },
        of("empty", Mode::Regular, b"", &["the file is empty"], 0),
        of("text", Mode::Regular, b"one plain line\nb\n", &["one plain line"], 2),
        of("unfinished", Mode::Regular, b"../target", &["../target"], 1),
        of("binary", Mode::Regular, binary, &[&blob], 0),
        of("not UTF-8", Mode::Regular, b"caf\xe9 au lait\n", &["caf\\xE9 au lait"], 1),
        of("link", Mode::Symlink, b"../target", &["../target"], 1),
        of("odd link", Mode::Symlink, b"../t\xe9rget/of/it", &["../t\\xE9rget/of/it"], 1),
        of("unreadable link", Mode::Symlink, b"../t\0x", &[&format!("sha256 {}", Digest::of("../t\0x").short())], 0),
        of("program", Mode::Executable, b"#!/bin/sh\n", &["#!/bin/sh", "executable"], 1),
        of("binary program", Mode::Executable, binary, &[&blob, "executable"], 0),
        Kind { name: "submodule", state: Some(commit), seen: vec!["5".repeat(10), "a subject".into()], lines: 0 },
    ]
}

fn sized(world: World) -> Desk {
    let mut desk = Desk { world, panel: DiffPanel::plain(), size: (100, 60) };
    desk.draw();
    desk
}

/// The change among the own changes, at a task's gate, or at the gate of a merge.
fn gate(nth: usize, change: &Change) -> Desk {
    match nth % 3 {
        0 => sized(World::of(Story::working().then(Entry::OwnFound { changes: vec![change.clone()] }))),
        1 => {
            let mut claim = claim();
            let digest = change.after.as_ref().map(FileState::digest);
            claim.files = vec![ClaimedFile { path: change.path.clone(), digest, ..claim.files[0].clone() }];
            let mut task = World::of(Story::working().proposed(Proposal::Task(Box::new(claim)), &[]));
            task.set = vec![change.clone()];
            sized(task)
        }
        _ => {
            let mut merged = plan();
            merged.changes = vec![change.clone()];
            let (digest, into_commit) = (merged.digest(), merged.into_commit.clone());
            let shown = Entry::MergeShown { digest, into_commit, held: Vec::new() };
            let mut merge = World::of(Story::planned(Autonomy::Strict).then(shown));
            merge.plan = Some(merged);
            sized(merge)
        }
    }
}

fn between(before: &Kind, after: &Kind) -> Change {
    let path = RelPath::parse("some/place").unwrap();
    Change { path, from: None, before: before.state.clone(), after: after.state.clone() }
}

#[test]
fn what_comes_is_on_the_screen_whatever_was_there_before() {
    let kinds = kinds();
    for (nth, (before, after)) in kinds.iter().flat_map(|b| kinds.iter().map(move |a| (b, a))).enumerate() {
        let change = between(before, after);
        if change.before == change.after {
            continue;
        }
        let (same_kind, gone) = (before.name.contains("link") == after.name.contains("link"), before.lines);
        // One gate each: they are drawn by the same code.
        let mut desk = gate(nth, &change);
        desk.panel.show_file(&change.path, None);
        let shown = desk.draw();
        let name = format!("{} → {}\n{shown}", before.name, after.name);
        for seen in &after.seen {
            assert!(shown.contains(seen.as_str()), "{seen:?}: {name}");
        }
        // Lines that come have their sign, and lines that go have theirs: also what reads the same.
        if !same_kind {
            let counts = format!("+{} −{gone}", after.lines);
            assert!(shown.contains(&counts), "{counts}: {name}");
            let come = after.seen.iter().any(|s| shown.contains(&format!("+{s}")));
            assert!(after.lines == 0 || come, "added: {name}");
            let went = before.seen.iter().any(|s| shown.contains(&format!("-{s}")));
            assert!(before.lines == 0 || went, "removed: {name}");
        }
    }
}

#[test]
fn what_is_a_link_on_one_side_only_is_taken_or_left_as_one() {
    let kinds = kinds();
    let find = |name: &str| kinds.iter().find(|k| k.name == name).unwrap();
    for (before, after) in [("link", "text"), ("text", "link"), ("binary", "text"), ("submodule", "text")] {
        let change = between(find(before), find(after));
        let mut desk = gate(1, &change);
        let taken = |desk: &Desk| desk.panel.marks(&desk.world.state)[0].taken;
        for action in [Action::ToggleLine, Action::ToggleHunk] {
            assert_eq!(taken(&desk), Some(Taken::All), "{before} → {after}");
            desk.panel.show_file(&change.path, None);
            desk.draw();
            desk.act(Action::NextHunk);
            desk.act(Action::Down);
            desk.act(action);
            assert_eq!(taken(&desk), Some(Taken::None), "{before} → {after}: {}", desk.draw());
            desk.act(action);
        }
    }
}

/// Cells of a row from the first that reads so, each with its style.
fn cells(world: &World, needle: &str) -> Vec<(String, ratatui::style::Style)> {
    let buf = world.draw(&mut DiffPanel::plain(), 100, 40);
    let row = |y: u16| -> Vec<_> { (0..100).map(|x| (buf[(x, y)].symbol().to_owned(), buf[(x, y)].style())).collect() };
    let reads = |row: &[(String, _)]| row.iter().map(|(s, _)| s.as_str()).collect::<String>();
    let rows = (0..40).map(row).find(|row| reads(row).contains(needle)).expect(needle);
    let at = (0..rows.len()).find(|at| reads(&rows[*at..]).starts_with(needle)).unwrap();
    rows[at..at + needle.chars().count()].to_vec()
}

#[test]
fn what_was_made_visible_looks_another_than_its_spelling() {
    let path = RelPath::parse("src/a.rs").unwrap();
    let (before, after) = (FileState::regular(b"x = \"caf\xe9\";\n"), FileState::regular(b"x = \"caf\\xE9\";\n"));
    let change = Change { path, from: None, before: Some(before), after: Some(after) };
    let world = World::of(Story::working().proposed(Proposal::Change(change), &[]));
    let (byte, spelt) = (cells(&world, "-x = \"caf\\xE9"), cells(&world, "+x = \"caf\\xE9"));
    let unseen = styles().get(Role::Unseen);
    let is_unseen = |(_, style): &(String, ratatui::style::Style)| (style.fg, style.bg) == (unseen.fg, unseen.bg);
    assert!(byte[9..].iter().all(is_unseen) && !byte[..9].iter().any(is_unseen), "{byte:?}");
    assert!(!spelt.iter().any(is_unseen), "{spelt:?}");
    // In code a space that only looks like one is seen, in prose it is what it is.
    for (name, seen) in [("a.rs", true), ("a.md", false)] {
        let world =
            World::of(Story::working().proposed(Proposal::Change(file(name, None, Some("if\u{a0}(x)\n"))), &[]));
        let shown = text(&world.draw(&mut DiffPanel::plain(), 100, 40));
        assert_eq!(shown.contains("+if⟨U+00A0⟩(x)"), seen, "{shown}");
    }
}

#[test]
fn what_is_taken_in_part_is_not_told_as_taken() {
    let lines = |n: usize| (0..n).map(|i| format!("line {i}\n")).collect::<String>();
    let change = file("src/a.rs", None, Some(&lines(53)));
    let mut desk = sized(World::of(Story::working().proposed(Proposal::Change(change), &[])));
    desk.act(Action::NextHunk);
    desk.act(Action::Down);
    desk.act(Action::ToggleLine);
    let shown = desk.draw();
    assert!(shown.contains("0 of 1 hunks taken, 1 in part: +52 −0") && shown.contains("+53 −0"), "{shown}");
    desk.act(Action::ToggleHunk);
    desk.act(Action::ToggleHunk);
    assert!(desk.draw().contains("0 of 1 hunks taken: +0 −0"), "{}", desk.draw());
}

#[test]
fn a_hundred_deletions_leave_the_rest_of_the_summary_on_the_screen() {
    let mut all: Vec<Change> = (0..100).map(|n| file(&format!("many/f{n:03}.ts"), Some("x\n"), None)).collect();
    all.push(file("src/z.ts", None, Some("a();\nif\u{202e} (x) {}\n")));
    let mut desk = sized(World::of(Story::working().then(Entry::OwnFound { changes: all })));
    desk.size = (80, 24);
    let shown = desk.draw();
    let place = |needle: &str| shown.lines().position(|l| l.contains(needle)).expect(&shown);
    assert!(place("src/z.ts:2  hidden text: ⟨U+202E⟩") < place("deletion: deletes the file  (many/f000.ts"), "{shown}");
}
