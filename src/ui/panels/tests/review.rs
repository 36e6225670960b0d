//! Reviewing a document: folds, what changed since it was read, parts and whose lines are.

use super::{documents::revised, *};

fn at(panel: &mut DocumentPanel, world: &World) -> String {
    match panel.act(Action::Copy, &world.ctx()).pop() {
        Some(Intent::Copy(line)) => line,
        other => panic!("{other:?}"),
    }
}

fn shown(world: &World, panel: &mut DocumentPanel) -> String {
    text(&world.draw(panel, 80, 40))
}

#[test]
fn a_fold_tells_what_it_hides_and_never_hides_that_there_is_a_comment() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    shown(&world, &mut panel);
    panel.act(Action::FoldAll, &world.ctx());
    let folded = shown(&world, &mut panel);
    assert!(folded.contains("## Overview") && folded.contains("▸ 3 lines folded, 1 comment (+ unfolds)"), "{folded}");
    assert!(folded.contains("▸ 13 lines folded, 1 comment") && !folded.contains("ThumbnailFunction"), "{folded}");
    // Sections are walked as before, and each opens by itself.
    panel.act(Action::Top, &world.ctx());
    panel.act(Action::NextSection, &world.ctx());
    panel.act(Action::ExpandContext, &world.ctx());
    let one = shown(&world, &mut panel);
    assert!(one.contains("what about other files?") && one.contains("▸ 13 lines folded"), "{one}");
    panel.act(Action::UnfoldAll, &world.ctx());
    assert!(!shown(&world, &mut panel).contains("folded"));
}

#[test]
fn the_section_at_the_cursor_is_folded_and_then_the_one_around_it() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    shown(&world, &mut panel);
    panel.search("Memory");
    panel.back();
    panel.act(Action::Collapse, &world.ctx());
    let one = shown(&world, &mut panel);
    assert!(one.contains("### ThumbnailFunction") && !one.contains("Memory 1024") && one.contains("Overview"), "{one}");
    assert_eq!(at(&mut panel, &world), "### ThumbnailFunction");
    panel.act(Action::Collapse, &world.ctx());
    let two = shown(&world, &mut panel);
    assert!(two.contains("## Components") && !two.contains("### ThumbnailFunction"), "{two}");
    // What is looked for is not hidden, and a line that is gone to is unfolded.
    panel.search("Memory");
    assert!(shown(&world, &mut panel).contains("Memory 1024"));
    panel.back();
    panel.show(Doc::Design, Some(11));
    assert!(shown(&world, &mut panel).contains("Memory 1024"));
}

#[test]
fn what_changed_since_it_was_read_is_counted_marked_and_gone_to() {
    let world = World::of(revised());
    let mut panel = DocumentPanel::default();
    let drawn = text(&world.draw(&mut panel, 120, 40));
    // The developer's own revision of what was read counts as read.
    assert!(drawn.contains("1 of 5 sections changed since you read r3"), "{drawn}");
    let marked: Vec<&str> = drawn.lines().filter(|l| l.chars().nth(2) == Some('┃')).collect();
    assert!(marked.len() == 1 && marked[0].contains("20 s"), "{drawn}");
    assert!(drawn.lines().any(|l| l.chars().nth(2) == Some('·') && l.contains("One function")), "{drawn}");
    panel.act(Action::NextChange, &world.ctx());
    assert!(at(&mut panel, &world).contains("timeout 20 s"));
    assert!(matches!(&panel.act(Action::NextChange, &world.ctx())[..], [Intent::Notice(_)]));
    // A fold has the mark of what it hides, and can be gone to.
    panel.act(Action::FoldAll, &world.ctx());
    panel.act(Action::Top, &world.ctx());
    let folded = shown(&world, &mut panel);
    assert!(folded.contains("┃   ▸ 13 lines folded, changed"), "{folded}");
    panel.act(Action::NextChange, &world.ctx());
    panel.act(Action::ExpandContext, &world.ctx());
    assert!(shown(&world, &mut panel).contains("timeout 20 s"));
    // What changed is shown from what was read, not from what nobody looked at.
    panel.act(Action::ToggleDiffRevisions, &world.ctx());
    assert!(shown(&world, &mut panel).contains("r3→r4"));
}

#[test]
fn a_revision_is_read_when_all_that_is_new_in_it_was_on_the_screen() {
    let long: String = (1..=60).map(|i| format!("## Section {i}\n\nText {i}.\n\n")).collect();
    let story = Story::new(Autonomy::Strict).drafted(Doc::Requirements, &long);
    let world = World::of(story.clone());
    let mut panel = DocumentPanel::default();
    let read = |text: &str| Some(Command::Read { doc: Doc::Requirements, rev: Digest::of(text) });
    world.draw(&mut panel, 80, 24);
    assert_eq!(panel.finished(&world.state), None);
    // The end alone is not all of it.
    panel.act(Action::Bottom, &world.ctx());
    world.draw(&mut panel, 80, 24);
    assert_eq!(panel.finished(&world.state), None);
    panel.act(Action::Top, &world.ctx());
    for _ in 0..12 {
        world.draw(&mut panel, 80, 24);
        panel.act(Action::PageDown, &world.ctx());
    }
    assert_eq!(panel.finished(&world.state), read(&long));
    assert_eq!(panel.finished(&world.state), None, "told once");

    // Of the next one only what is new has to be seen; folded it is not.
    let next = long.replace("Text 50.", "Text fifty.");
    let no = Verdict::Reject { feedback: Some("x".into()) };
    let story = story.then(Entry::Read { doc: Doc::Requirements, rev: Digest::of(&long) });
    let story = story.decided(Subject::Requirements, Digest::of(&long), no);
    let world =
        World::of(story.then(Entry::Drafted { doc: Doc::Requirements, text: next.clone(), author: Author::Agent }));
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 24);
    panel.act(Action::FoldAll, &world.ctx());
    world.draw(&mut panel, 80, 24);
    panel.act(Action::NextChange, &world.ctx());
    world.draw(&mut panel, 80, 24);
    assert_eq!(panel.finished(&world.state), None);
    panel.act(Action::UnfoldAll, &world.ctx());
    world.draw(&mut panel, 80, 24);
    panel.act(Action::NextChange, &world.ctx());
    world.draw(&mut panel, 80, 24);
    assert_eq!(panel.finished(&world.state), read(&next));
    // Nobody reads a panel that has not the keys.
    let mut world = world;
    world.focused = false;
    let mut panel = DocumentPanel::default();
    panel.act(Action::NextChange, &world.ctx());
    world.draw(&mut panel, 80, 200);
    assert_eq!(panel.finished(&world.state), None);
}

#[test]
fn comments_are_made_on_a_requirement_a_criterion_and_the_whole_document() {
    let world = World::of(Story::new(Autonomy::Strict).drafted(Doc::Requirements, REQUIREMENTS));
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 40);
    let rev = Digest::of(REQUIREMENTS);
    let mut comment = |words: &str, action| {
        panel.search(words);
        panel.back();
        match panel.act(action, &world.ctx()).pop() {
            Some(Intent::Prompt(PromptFor::Comment { anchor })) => anchor.lines,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(comment("User Story", Action::CommentPart), Some((9, 16)));
    assert_eq!(comment("no image", Action::CommentPart), Some((16, 16)));
    assert_eq!(comment("no image", Action::CommentDocument), None);
    let called = |lines| world.state.called(Doc::Requirements, rev, lines);
    assert_eq!(called((9, 16)), "requirement 1 (lines 9 to 16)");
    assert_eq!(called((16, 16)), "criterion 1.2 (line 16)");
    panel.search("no image");
    let reject = PromptFor::RejectPart { doc: Doc::Requirements, digest: rev, lines: (16, 16) };
    assert_eq!(panel.act(Action::RejectPart, &world.ctx()), [Intent::Prompt(reject)]);
}

#[test]
fn a_comment_under_the_cursor_is_edited_in_its_place() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 40);
    panel.act(Action::NextItem, &world.ctx());
    panel.act(Action::NextItem, &world.ctx());
    assert_eq!(panel.act(Action::Comment, &world.ctx()), [Intent::Prompt(PromptFor::Recomment { id: 2 })]);
}

#[test]
fn what_changed_is_shown_rendered_and_as_lines() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    shown(&world, &mut panel);
    panel.act(Action::ToggleDiffRevisions, &world.ctx());
    let drawn = shown(&world, &mut panel);
    assert!(drawn.contains("~ One function resizes{+, and skips what is no image+}."), "{drawn}");
    assert!(drawn.contains("~ Memory [-512-]{+1024+} MB") && drawn.contains("⋯ 1 unchanged block"), "{drawn}");
    assert!(!drawn.contains("Unit tests."), "{drawn}");
    // A table changes by its cells.
    assert!(drawn.lines().any(|l| l.contains("~ Function") && l.contains("1.1{+, 1.2+}")), "{drawn}");
    panel.act(Action::Top, &world.ctx());
    panel.act(Action::NextChange, &world.ctx());
    assert_eq!(at(&mut panel, &world), "One function resizes, and skips what is no image.");
    panel.act(Action::UnfoldAll, &world.ctx());
    assert!(shown(&world, &mut panel).contains("Unit tests."));
    panel.act(Action::ToggleSource, &world.ctx());
    let lines = shown(&world, &mut panel);
    assert!(lines.contains("hunk 1 of") && lines.contains("-Memory 512 MB"), "{lines}");
    assert!(panel.back() && shown(&world, &mut panel).contains("Unit tests."));
}

#[test]
fn what_cannot_be_seen_rendered_is_told() {
    let story = Story::new(Autonomy::Strict).drafted(Doc::Requirements, "# T\n\n* a\n* b\n");
    let no = Verdict::Reject { feedback: Some("x".into()) };
    let story = story.decided(Subject::Requirements, Digest::of("# T\n\n* a\n* b\n"), no);
    let text = "# T\n\n- a\n- b\n".to_owned();
    let world = World::of(story.then(Entry::Drafted { doc: Doc::Requirements, text, author: Author::Agent }));
    let mut panel = DocumentPanel::default();
    shown(&world, &mut panel);
    panel.act(Action::ToggleDiffRevisions, &world.ctx());
    let drawn = shown(&world, &mut panel);
    assert!(drawn.contains("2 lines differ only in how they are written"), "{drawn}");
}

#[test]
fn each_line_tells_whose_it_is() {
    let world = World::of(revised());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 40);
    panel.act(Action::ToggleSource, &world.ctx());
    panel.act(Action::ToggleAuthors, &world.ctx());
    let drawn = text(&world.draw(&mut panel, 100, 40));
    let of = |words: &str| drawn.lines().find(|l| l.contains(words)).unwrap_or_else(|| panic!("{words}\n{drawn}"));
    assert!(of("One function").contains("r2 agent"), "{drawn}");
    assert!(of("20 s").contains("r4 agent"), "{drawn}");
    assert!(of("against a bucket").contains("r3 you"), "{drawn}");
}
