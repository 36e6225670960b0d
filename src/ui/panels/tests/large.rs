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

/// A megabyte on one line, with a number changed in the middle and one near the end, then two short lines.
fn minified() -> Change {
    let old = format!("{}\nlet b = 1;\nlet c = 2;\n", "v(1234);".repeat(131_072));
    let mut new = old.clone();
    new.replace_range(524_290..524_294, "9876");
    new = new.replace("let c = 2", "let c = 3");
    file("dist/app.min.js", Some(&old), Some(&new))
}

#[test]
fn a_word_that_changed_far_along_a_line_is_in_sight_at_once_and_one_key_from_the_next() {
    let world = World::of(Story::working().proposed(Proposal::Change(minified()), &[]));
    let mut panel = DiffPanel::plain();
    world.draw(&mut panel, 80, 24);
    settle();
    let mut see = |action: Option<Action>| {
        let intents = action.map(|a| panel.act(a, &world.ctx())).unwrap_or_default();
        let shown = text(&world.draw(&mut panel, 80, 24));
        let here = shown.lines().find(|l| l.contains('▌')).unwrap_or_default().to_owned();
        (shown, here, intents)
    };
    let (shown, here, _) = see(None);
    assert!(here.contains("1234") && !shown.contains("9876"), "the old side of it is under the cursor\n{shown}");
    let top = shown.lines().last().unwrap().to_owned();
    assert!(see(Some(Action::NextChange)).1.contains("9876"), "then the new side");
    let (_, here, _) = see(Some(Action::NextChange));
    assert!(here.contains("-let c = 2;"), "{here}");
    assert!(see(Some(Action::NextChange)).1.contains("+let c = 3;"));
    let (_, here, none) = see(Some(Action::NextChange));
    assert!(here.contains("+let c = 3;") && is_notice(&none, "]h"), "{none:?}");
    see(Some(Action::PrevChange));
    assert!(see(Some(Action::PrevChange)).1.contains("9876"));
    assert_eq!(see(Some(Action::PrevChange)).0.lines().last().unwrap(), top);
    // Along the line, and back to where it was: the head of the panel is further up.
    assert!(see(Some(Action::LineStart)).1.contains("-v(1234)"));
    see(Some(Action::LineEnd));
    let (shown, ..) = see(Some(Action::Down));
    assert!(shown.contains("+v(1234)"), "the new side begins below the old one's end\n{shown}");
    // Cut instead of wrapped, the same way.
    see(Some(Action::LineStart));
    let (shown, ..) = see(Some(Action::Wrap));
    assert!(shown.contains("+v(1234)") && shown.contains("-v(1234)"), "signs are there\n{shown}");
    let (shown, here, _) = see(Some(Action::NextChange));
    assert!(here.contains("9876") && here.contains('+'), "scrolled sideways the sign stays\n{shown}");
    assert!(shown.contains("-v(1234)") || shown.lines().any(|l| l.contains("  -")), "{shown}");
    assert!(see(Some(Action::NextChange)).1.contains("-let c = 2;"));
    assert!(see(Some(Action::PrevChange)).1.contains("9876"));
    see(Some(Action::LineStart));
    assert!(see(None).1.contains("+v(1234)"));
    let (_, here, _) = see(Some(Action::LineEnd));
    assert!(here.trim_end_matches([' ', '│', '┃']).ends_with("v(1234);"), "{here}");
    // What was in sight stays in sight.
    see(Some(Action::PrevChange));
    let (shown, ..) = see(Some(Action::Wrap));
    assert!(shown.contains("9876"), "{shown}");
    let (shown, ..) = see(Some(Action::Wrap));
    assert!(shown.contains("9876"), "{shown}");
}
