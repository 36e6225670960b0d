//! Changes that are too large to be compared before they are drawn: the screen goes on meanwhile.

use super::{super::later::settle, *};

fn lines(words: &str, n: usize) -> String {
    (0..n).map(|i| format!("const {words}_{i}: u32 = {i};\n")).collect()
}

fn large(path: &str) -> Change {
    let old = lines("OLD", 4000);
    file(path, Some(&old), Some(&old.replace("OLD_17:", "NEW_17:").replace("OLD_3900:", "NEW_3900:")))
}

fn is_notice(intents: &[Intent], word: &str) -> bool {
    matches!(intents, [Intent::Notice(text)] if text.contains(word))
}

#[test]
fn a_large_change_is_compared_while_the_screen_goes_on_and_cannot_be_approved_before() {
    let change = large("src/large.rs");
    let world = World::of(Story::working().proposed(Proposal::Change(change.clone()), &[]));
    // Nothing is compared before this is answered.
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let held = super::super::later::Later::found_by(move || gate.recv());
    let mut panel = DiffPanel::plain();
    let shown = text(&world.draw(&mut panel, 80, 24));
    assert!(shown.contains("⠹ comparing") && shown.contains("KiB: its lines are being compared"), "{shown}");
    for action in [Action::Approve, Action::ToggleAll, Action::ToggleHunk, Action::ToggleLine] {
        let intents = panel.act(action, &world.ctx());
        assert!(is_notice(&intents, "still being compared"), "{action}: {intents:?}");
    }
    // A no needs no lines, and keys are answered.
    assert!(matches!(&panel.act(Action::Reject, &world.ctx())[..], [Intent::Prompt(PromptFor::Reject { .. })]));
    panel.act(Action::Bottom, &world.ctx());
    let mut spec = SpecPanel::default();
    let listed = text(&world.draw(&mut spec, 80, 40));
    assert!(listed.contains("⠹ counting"), "{listed}");
    open.send(()).unwrap();
    settle();
    drop(held);
    let shown = text(&world.draw(&mut panel, 80, 24));
    assert!(shown.contains("2 hunks") && !shown.contains("comparing"), "{shown}");
    panel.act(Action::NextHunk, &world.ctx());
    assert!(text(&world.draw(&mut panel, 80, 24)).contains("+const NEW_17"));
    let yes = panel.act(Action::Approve, &world.ctx());
    let digest = change.digest();
    assert!(
        matches!(&yes[..], [Intent::Send(Command::Decide { digest: d, verdict: Verdict::Approve, .. })] if *d == digest),
        "{yes:?}"
    );
    let listed = text(&world.draw(&mut spec, 80, 40));
    assert!(listed.contains("+2 −2"), "{listed}");
}

#[test]
fn the_files_of_a_set_come_in_as_they_are_compared() {
    let mut merged = plan();
    merged.changes = (0..6).map(|n| large(&format!("src/part_{n}.rs"))).collect();
    merged.changes.insert(0, change());
    let story = Story::planned(Autonomy::Strict).then(Entry::MergeShown {
        digest: merged.digest(),
        held: Vec::new(),
        into_commit: merged.into_commit.clone(),
    });
    let mut world = World::of(story);
    world.plan = Some(merged);
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let held = super::super::later::Later::found_by(move || gate.recv());
    let mut panel = DiffPanel::plain();
    let shown = text(&world.draw(&mut panel, 100, 60));
    assert!(shown.contains("⠹ compared 1/7") && shown.contains("1 are compared; what they come to"), "{shown}");
    assert!(shown.contains("src/handler.ts  +2 −2"), "the first one is small\n{shown}");
    panel.act(Action::NextFile, &world.ctx());
    panel.act(Action::NextFile, &world.ctx());
    let shown = text(&world.draw(&mut panel, 100, 60));
    assert!(shown.contains("▌▾ src/part_0.rs  ⠹ comparing"), "{shown}");
    assert!(is_notice(&panel.act(Action::MarkReviewed, &world.ctx()), "still being compared"));
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "still being compared"));
    open.send(()).unwrap();
    settle();
    drop(held);
    let shown = text(&world.draw(&mut panel, 100, 60));
    // The cursor stays on what it was on.
    assert!(shown.contains("▌[x] ▾ src/part_0.rs  +2 −2"), "{shown}");
    assert_eq!(panel.marks(&world.state).len(), 7);
    panel.act(Action::Top, &world.ctx());
    let shown = text(&world.draw(&mut panel, 100, 60));
    assert!(shown.contains("7 files: 7 changed  +14 −14") && !shown.contains("compar"), "{shown}");
}
