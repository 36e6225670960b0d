//! Submodules under review: told by their commits, taken or left whole.

use super::{
    sets::{Desk, is_notice},
    *,
};
use crate::domain::change::submodule;

/// A submodule that moved, with what came in.
pub(super) fn moved(path: &str) -> Change {
    let at = |digit: &str, told: &[&str]| {
        let told: Vec<String> = told.iter().map(|&line| line.to_owned()).collect();
        Some(submodule::state(&digit.repeat(40), false, &told))
    };
    let told =
        ["2 commits come in:", "> lib: bound the queue", "> lib: read the \u{202e}size", "1 commit goes:", "< lib: no"];
    Change { path: RelPath::parse(path).unwrap(), from: None, before: at("1", &[]), after: at("2", &told) }
}

/// A merge that brings one in, moves one, takes one out; and one that holds what is not committed.
pub(super) fn merge() -> World {
    let moved = moved("vendor/lib");
    let each = |path: &str, before: &Option<FileState>, after: Option<FileState>| Change {
        path: RelPath::parse(path).unwrap(),
        from: None,
        before: before.clone(),
        after,
    };
    let unknown = submodule::state(&"5".repeat(40), true, &["not checked out here with both commits".to_owned()]);
    let mut merged = plan();
    merged.changes = vec![
        file(".gitmodules", None, Some("[submodule \"vendor/lib\"]\n\tpath = vendor/lib\n\turl = ../lib\n")),
        each("vendor/far", &moved.before, Some(unknown)),
        each("vendor/gone", &moved.before, None),
        each("vendor/new", &None, moved.before.clone()),
        moved,
    ];
    let entry =
        Entry::MergeShown { digest: merged.digest(), held: Vec::new(), into_commit: merged.into_commit.clone() };
    let mut world = World::of(Story::planned(Autonomy::Strict).then(entry));
    world.plan = Some(merged);
    world
}

#[test]
fn a_submodule_is_taken_or_left_as_a_whole() {
    let mut desk = Desk { world: merge(), panel: DiffPanel::plain(), size: (90, 120) };
    desk.draw();
    let path = RelPath::parse("vendor/lib").unwrap();
    desk.panel.show_file(&path, None);
    assert!(desk.draw().contains("[x] ▾ vendor/lib  +0 −0  submodule"), "{}", desk.draw());
    desk.act(Action::ToggleHunk);
    assert!(desk.draw().contains("[ ] ▾ vendor/lib  +0 −0  submodule"), "{}", desk.draw());
    // What is left out goes back by name; nothing is merged in part.
    let sent = desk.act(Action::Approve);
    let asks = |i: &Intent| matches!(i, Intent::Prompt(PromptFor::Reject { .. }));
    assert!(!sent.iter().any(|i| matches!(i, Intent::Send(_))), "{sent:?}");
    assert!(sent.iter().any(asks) || is_notice(&sent, "accepted"), "{sent:?}");
}
