//! Which key leads to which intent, and with which digest.

use super::*;

fn decide(subject: Subject, digest: Digest, remember: bool) -> Intent {
    Intent::Send(Command::Decide { subject, digest, verdict: Verdict::Approve, remember, note: String::new() })
}

fn is_notice(intents: &[Intent], word: &str) -> bool {
    matches!(intents, [Intent::Notice(text)] if text.contains(word))
}

fn drawn(story: Story) -> (World, DiffPanel) {
    let (world, mut panel) = (World::of(story), DiffPanel::plain());
    world.draw(&mut panel, 90, 40);
    (world, panel)
}

#[test]
fn a_document_is_approved_by_the_digest_that_was_drawn() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "no complete revision"), "nothing was drawn yet");
    world.draw(&mut panel, 80, 24);
    let two = Digest::of(DESIGN_2);
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Design, two, false)]);
    assert_eq!(
        panel.act(Action::RequestChanges, &world.ctx()),
        [Intent::Prompt(PromptFor::RequestChanges { doc: Doc::Design })]
    );
    assert_eq!(
        panel.act(Action::Reject, &world.ctx()),
        [Intent::Prompt(PromptFor::Reject { subject: Subject::Design, digest: two, with: String::new() })]
    );
    let edit = EditFor::Document { doc: Doc::Design, over: two, text: DESIGN_2.into() };
    assert_eq!(panel.act(Action::EditExternal, &world.ctx()), [Intent::Editor(edit.clone(), 1)]);
    panel.act(Action::NextSection, &world.ctx());
    assert_eq!(panel.act(Action::Edit, &world.ctx()), [Intent::EditHere(edit, Some(3))]);
}

#[test]
fn an_older_revision_cannot_be_approved_or_edited() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 24);
    assert!(panel.act(Action::RevisionOlder, &world.ctx()).is_empty());
    let shown = text(&world.draw(&mut panel, 80, 24));
    assert!(shown.contains("r1 older") && shown.contains("512 MB"), "{shown}");
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "another revision"));
    assert!(is_notice(&panel.act(Action::Edit, &world.ctx()), "older"));
    assert!(is_notice(&panel.act(Action::RevisionOlder, &world.ctx()), "first"));
    panel.act(Action::RevisionNewer, &world.ctx());
    world.draw(&mut panel, 80, 24);
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Design, Digest::of(DESIGN_2), false)]);
}

#[test]
fn what_arrived_after_the_last_frame_is_not_approved() {
    let story = Story::new(Autonomy::Strict).drafted(Doc::Requirements, "# one\n");
    let mut panel = DocumentPanel::default();
    World::of(story.clone()).draw(&mut panel, 80, 24);
    let edited = Entry::Drafted { doc: Doc::Requirements, text: "# two\n".into(), author: Author::Developer };
    let world = World::of(story.then(edited));
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "another revision"));

    let story = Story::working().proposed(Proposal::Change(change()), &[]);
    let (_, mut panel) = drawn(story.clone());
    let other = Proposal::Change(file("src/handler.ts", Some("a\n"), Some("b\n")));
    let world = World::of(story.then(Entry::Amended { from: change().digest(), proposal: other.clone() }));
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "changed since"));
    world.draw(&mut panel, 90, 40);
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Change, other.digest(), false)]);
}

#[test]
fn a_comment_names_the_lines_under_the_selection() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 40);
    panel.act(Action::ToggleSource, &world.ctx());
    world.draw(&mut panel, 80, 40);
    panel.act(Action::Top, &world.ctx());
    panel.act(Action::Down, &world.ctx());
    panel.act(Action::Down, &world.ctx());
    panel.act(Action::Mark, &world.ctx());
    panel.act(Action::Down, &world.ctx());
    panel.act(Action::Down, &world.ctx());
    let anchor = Anchor { doc: Doc::Design, rev: Digest::of(DESIGN_2), lines: Some((3, 5)) };
    assert_eq!(
        panel.act(Action::Copy, &world.ctx()),
        [Intent::Copy("## Overview\n\nOne function resizes, and skips what is no image.".into())]
    );
    assert_eq!(panel.act(Action::Comment, &world.ctx()), [Intent::Prompt(PromptFor::Comment { anchor })]);
}

#[test]
fn comments_are_found_and_taken_back() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 40);
    panel.act(Action::NextItem, &world.ctx());
    // The first went to the agent already: it is history, and can only be resolved.
    assert_eq!(
        panel.act(Action::DeleteComment, &world.ctx()),
        [Intent::Send(Command::CloseComment { id: 1, resolved: true })]
    );
    panel.act(Action::NextItem, &world.ctx());
    assert_eq!(
        panel.act(Action::DeleteComment, &world.ctx()),
        [Intent::Send(Command::CloseComment { id: 2, resolved: false })]
    );
}

#[test]
fn a_search_is_walked_with_the_section_keys() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 40);
    panel.search("function");
    let at = |panel: &mut DocumentPanel| {
        let Intent::Copy(line) = panel.act(Action::Copy, &world.ctx()).remove(0) else { panic!() };
        line
    };
    assert_eq!(at(&mut panel), "One function resizes, and skips what is no image.");
    panel.act(Action::NextSection, &world.ctx());
    assert_eq!(at(&mut panel), "### ThumbnailFunction");
    panel.act(Action::PrevSection, &world.ctx());
    assert_eq!(at(&mut panel), "One function resizes, and skips what is no image.");
    assert!(panel.back(), "the search is closed first");
    panel.act(Action::NextSection, &world.ctx());
    assert_eq!(at(&mut panel), "## Components and Interfaces");
}

#[test]
fn a_draft_follows_its_end_until_the_developer_moves() {
    let long: String = (1..=60).map(|i| format!("line {i}\\n\\n")).collect();
    let raw = format!("{{\"markdown\":\"# T\\n\\n{long}");
    let story = Story::new(Autonomy::Strict).drafting(Doc::Requirements).streaming("submit_document", &raw);
    let mut world = World::of(story);
    let mut panel = DocumentPanel::default();
    assert!(text(&world.draw(&mut panel, 60, 16)).contains("line 60"));
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "no complete revision"));
    world.state.stream(&Delta::Call { id: "c".into(), name: "submit_document".into(), more: "end 61\\n\\n".into() });
    assert!(text(&world.draw(&mut panel, 60, 16)).contains("end 61"));
    panel.act(Action::PageUp, &world.ctx());
    world.draw(&mut panel, 60, 16);
    world.state.stream(&Delta::Call { id: "c".into(), name: "submit_document".into(), more: "end 62\\n\\n".into() });
    assert!(!text(&world.draw(&mut panel, 60, 16)).contains("end 62"));
}

#[test]
fn part_of_a_change_is_amended_and_approved_by_its_own_digest() {
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Change(change()), &[]));
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Change, change().digest(), false)]);
    panel.act(Action::NextHunk, &world.ctx());
    assert!(panel.act(Action::ToggleHunk, &world.ctx()).is_empty());
    let shown = text(&world.draw(&mut panel, 90, 40));
    assert!(shown.contains("[ ] hunk 1 of 2") && shown.contains("[x] hunk 2 of 2"), "{shown}");
    let intents = panel.act(Action::Approve, &world.ctx());
    let [Intent::Send(Command::Amend { from, proposal: Proposal::Change(part) }), decision] = intents.as_slice() else {
        panic!("{intents:?}");
    };
    assert_eq!(*from, change().digest());
    let result = part.after.as_ref().unwrap().text().unwrap();
    assert!(result.contains("SIZES = [128];") && result.contains("added"), "only the second hunk is in");
    assert_eq!(*decision, decide(Subject::Change, part.digest(), false));
    panel.act(Action::ToggleAll, &world.ctx());
    panel.act(Action::ToggleAll, &world.ctx());
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "nothing of it"));
}

#[test]
fn single_lines_can_be_left_out() {
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Change(change()), &[]));
    panel.search("added");
    assert!(panel.act(Action::ToggleLine, &world.ctx()).is_empty());
    let shown = text(&world.draw(&mut panel, 90, 40));
    assert!(shown.contains("[-] hunk 2 of 2"), "{shown}");
    let intents = panel.act(Action::Approve, &world.ctx());
    let [Intent::Send(Command::Amend { proposal: Proposal::Change(part), .. }), _] = intents.as_slice() else {
        panic!("{intents:?}");
    };
    let result = part.after.as_ref().unwrap().text().unwrap();
    assert!(result.contains("[128, 512]") && !result.contains("added"));
}

#[test]
fn folds_open_and_close() {
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Change(change()), &[]));
    go(&world, &mut panel, "22 unchanged lines");
    assert!(!text(&world.draw(&mut panel, 90, 60)).contains("unchanged20 "));
    panel.act(Action::Open, &world.ctx());
    assert!(text(&world.draw(&mut panel, 90, 60)).contains("unchanged20 "));
    panel.act(Action::Collapse, &world.ctx());
    assert!(!text(&world.draw(&mut panel, 90, 60)).contains("unchanged20 "));
}

#[test]
fn context_grows_around_a_hunk_line_by_line() {
    let old: String = (1..=90).map(|i| format!("let stays_{i} = {i};\n")).collect();
    let change = file("a.rs", Some(&old), Some(&old.replace("stays_45 ", "changed ")));
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Change(change), &[]));
    panel.act(Action::NextHunk, &world.ctx());
    let shows =
        |panel: &mut DiffPanel, line: usize| text(&world.draw(panel, 90, 100)).contains(&format!("let stays_{line} "));
    assert!(shows(&mut panel, 42) && !shows(&mut panel, 41));
    panel.act(Action::ExpandContext, &world.ctx());
    assert!(shows(&mut panel, 32) && !shows(&mut panel, 31) && shows(&mut panel, 58) && !shows(&mut panel, 59));
    panel.act(Action::ExpandContext, &world.ctx());
    assert!(shows(&mut panel, 22) && !shows(&mut panel, 21) && shows(&mut panel, 68));
    panel.act(Action::Collapse, &world.ctx());
    assert!(!shows(&mut panel, 41));
}

#[test]
fn white_space_can_go_out_of_view_but_not_out_of_the_yes() {
    let old: String = (1..=40).map(|i| format!("call_{i}();\n")).collect();
    let new = old.replace("call_5()", "  call_5()").replace("call_30()", "other_30()");
    let change = file("a.rs", Some(&old), Some(&new));
    let digest = change.digest();
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Change(change), &[]));
    assert!(is_notice(&panel.act(Action::HideSpace, &world.ctx()), "a yes is for them too"));
    let shown = text(&world.draw(&mut panel, 90, 60));
    assert!(shown.contains("1 of white space hidden") && !shown.contains("call_5()"), "{shown}");
    assert!(shown.contains("1 change of white space alone") && shown.contains("other_30()"), "{shown}");
    assert_eq!(panel.hidden(), 1);
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Change, digest, false)]);
    go(&world, &mut panel, "of white space alone");
    panel.act(Action::Open, &world.ctx());
    let opened = text(&world.draw(&mut panel, 90, 60));
    assert!(opened.contains("~  call_5()"), "{opened}");
    assert!(panel.act(Action::HideSpace, &world.ctx()).is_empty());
    assert!(text(&world.draw(&mut panel, 90, 60)).contains("+··call_5()"));
}

#[test]
fn a_moved_block_leads_to_its_other_place() {
    let block = "fn total(items: &[Item]) {\n    items.len() + 1\n}\nconst LAST: u8 = 3;\n";
    let rest: String = (0..30).map(|i| format!("const STAYS_{i}: u8 = {i};\n")).collect();
    let change = file("a.rs", Some(&format!("{block}{rest}")), Some(&format!("{rest}{block}")));
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Change(change), &[]));
    go(&world, &mut panel, "moved to line");
    let at = |panel: &mut DiffPanel| {
        let Intent::Copy(line) = panel.act(Action::Copy, &world.ctx()).remove(0) else { panic!() };
        line.trim().to_owned()
    };
    assert_eq!(at(&mut panel), "⇢ 4 lines moved to line 31");
    panel.act(Action::Open, &world.ctx());
    assert_eq!(at(&mut panel), "⇠ 4 lines moved here from line 1");
    panel.act(Action::Open, &world.ctx());
    assert_eq!(at(&mut panel), "⇢ 4 lines moved to line 31");
}

#[test]
fn a_command_is_answered_by_letters_and_numbers() {
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Command(command()), &[]));
    let digest = command().digest();
    assert_eq!(panel.contexts(), [Context::Confirm, Context::Gate]);
    let mut act = |action| panel.act(action, &world.ctx());
    assert_eq!(act(Action::Approve), [decide(Subject::Command, digest, false)]);
    assert_eq!(act(Action::Answer1), [decide(Subject::Command, digest, false)]);
    assert_eq!(act(Action::ApproveAlways), [decide(Subject::Command, digest, true)]);
    assert_eq!(act(Action::Answer2), [decide(Subject::Command, digest, true)]);
    let edit = Intent::EditHere(EditFor::Proposal { from: digest, text: command().text }, Some(1));
    assert_eq!(act(Action::Edit), std::slice::from_ref(&edit));
    assert_eq!(act(Action::Answer3), [edit]);
    let no = PromptFor::Reject { subject: Subject::Command, digest, with: String::new() };
    assert_eq!(act(Action::Answer4), [Intent::Prompt(no)]);
    assert!(act(Action::Select).is_empty(), "Enter on the command itself answers nothing");
}

#[test]
fn while_it_runs_nothing_is_approved_again() {
    let digest = command().digest();
    let story = Story::working().proposed(Proposal::Command(command()), &[]);
    let (world, mut panel) = drawn(story.decided(Subject::Command, digest, Verdict::Approve));
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "answered already"));
    assert!(is_notice(&panel.act(Action::Edit, &world.ctx()), "answered already"));
}

#[test]
fn a_task_is_committed_by_its_claim() {
    let (world, mut panel) = drawn(Story::working().proposed(Proposal::Task(Box::new(claim())), &[]));
    let digest = claim().digest();
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Task, digest, false)]);
    assert!(is_notice(&panel.act(Action::ApproveAlways, &world.ctx()), "only a command"));
    assert!(is_notice(&panel.act(Action::ToggleHunk, &world.ctx()), "on no hunk"));
    // Nothing is approved that could not be shown, or is not what the claim names.
    for set in [Vec::new(), vec![file("src/handler.ts", None, Some("other\n")), set().remove(1)]] {
        let world = World { set, ..World::of(Story::working().proposed(Proposal::Task(Box::new(claim())), &[])) };
        let mut panel = DiffPanel::plain();
        let shown = text(&world.draw(&mut panel, 90, 40));
        assert!(shown.contains("a file has changed since") && shown.contains("package-lock.json"), "{shown}");
        assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "not all of it can be shown"));
    }
}

#[test]
fn the_standing_permission_is_granted_by_its_text() {
    let story = Story::new(Autonomy::Batch).approved(Doc::Requirements, REQUIREMENTS).approved(Doc::Design, DESIGN_2);
    let (world, mut panel) = drawn(story.clone().then(Entry::StandingShown(standing())));
    let digest = standing().digest();
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Standing, digest, false)]);
    let story = story.then(Entry::StandingShown(standing())).decided(Subject::Standing, digest, Verdict::Approve);
    let world = World::of(story);
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "does not wait"));
}

#[test]
fn a_held_merge_asks_for_its_override_first() {
    let mut world = World::of(Story::merging(&["tests did not pass"]));
    world.plan = Some(plan());
    let mut panel = DiffPanel::plain();
    world.draw(&mut panel, 90, 40);
    let digest = plan().digest();
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "tests did not pass"));
    assert_eq!(panel.act(Action::OverrideMerge, &world.ctx()), [Intent::Prompt(PromptFor::Override { digest })]);
    let mut world = World::of(Story::merging(&[]));
    world.plan = Some(plan());
    world.draw(&mut panel, 90, 40);
    assert_eq!(panel.act(Action::Approve, &world.ctx()), [decide(Subject::Merge, digest, false)]);
    assert!(is_notice(&panel.act(Action::OverrideMerge, &world.ctx()), "nothing holds"));
    // A plan that is not the one at the gate is drawn, but answers nothing.
    let mut other = plan();
    other.tree = "9".repeat(40);
    world.plan = Some(other);
    world.draw(&mut panel, 90, 40);
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "changed since"));
}

#[test]
fn a_question_is_answered_by_its_numbers() {
    let asked = Entry::Asked { call: "q".into(), question: "?".into(), options: vec!["a".into(), "b".into()] };
    let (world, mut panel) = drawn(Story::working().then(asked));
    let mut act = |action| panel.act(action, &world.ctx());
    assert_eq!(act(Action::Answer2), [Intent::Send(Command::Answer { text: "b".into() })]);
    assert!(is_notice(&act(Action::Answer3), "no such answer"));
    assert_eq!(act(Action::Select), [Intent::Prompt(PromptFor::Answer)]);
    act(Action::Down);
    act(Action::Down);
    assert_eq!(act(Action::Select), [Intent::Send(Command::Answer { text: "a".into() })]);
}

#[test]
fn rows_of_the_spec_lead_to_what_they_name() {
    let story = Story::working().applied(&file("src/sizes.ts", None, Some("a\n")));
    let world = World::of(story.proposed(Proposal::Change(change()), &[]));
    let mut panel = SpecPanel::default();
    world.draw(&mut panel, 40, 60);
    assert_eq!(panel.act(Action::Select, &world.ctx()), [Intent::ShowDocument { doc: Doc::Requirements, line: None }]);
    let mut led = Vec::new();
    for _ in 0..40 {
        panel.act(Action::Down, &world.ctx());
        led.extend(panel.act(Action::Select, &world.ctx()));
    }
    let file = Intent::ShowFile(RelPath::parse("src/sizes.ts").unwrap());
    for wanted in [Intent::ShowDocument { doc: Doc::Tasks, line: Some(4) }, file, Intent::Show(PanelId::Diff)] {
        assert!(led.contains(&wanted), "{wanted:?} is not in {led:?}");
    }
    let intents = panel.act(Action::Approve, &world.ctx());
    assert!(matches!(intents.as_slice(), [Intent::Show(PanelId::Diff), Intent::Notice(_)]), "{intents:?}");
}

#[test]
fn a_finding_leads_to_its_line() {
    // No design section answers a criterion, and a task names one that is not there.
    let tasks = "# Implementation Plan\n\n- [ ] 1. A\n  - _Requirements: 9.9_\n";
    let story = Story::new(Autonomy::Strict).approved(Doc::Requirements, REQUIREMENTS).approved(Doc::Design, DESIGN_2);
    let world = World::of(story.drafted(Doc::Tasks, tasks));
    let mut panel = SpecPanel::default();
    let shown = text(&world.draw(&mut panel, 60, 40));
    let at = shown.lines().position(|l| l.contains("tasks:4")).expect("the finding is a row");
    panel.act(Action::Top, &world.ctx());
    (1..at).for_each(|_| drop(panel.act(Action::Down, &world.ctx())));
    let there = Intent::ShowDocument { doc: Doc::Tasks, line: Some(4) };
    assert_eq!(panel.act(Action::Open, &world.ctx()), [there]);
}

#[test]
fn a_finding_becomes_a_comment_of_the_next_request_once() {
    let tasks = "# Implementation Plan\n\n- [ ] 1. A\n  - _Requirements: 9.9_\n";
    let story = Story::new(Autonomy::Strict).approved(Doc::Requirements, REQUIREMENTS).approved(Doc::Design, DESIGN_2);
    let story = story.drafted(Doc::Tasks, tasks);
    let world = World::of(story.clone());
    let mut panel = SpecPanel::default();
    let mut act_at = |world: &World, place: &str| {
        let shown = text(&world.draw(&mut panel, 60, 40));
        let at = shown.lines().position(|l| l.contains(place)).expect("it is a row");
        panel.act(Action::Top, &world.ctx());
        (1..at).for_each(|_| drop(panel.act(Action::Down, &world.ctx())));
        (panel.act(Action::Comment, &world.ctx()), shown)
    };
    let (intents, _) = act_at(&world, "tasks:4");
    let [Intent::Send(Command::Comment { anchor, text: words }), Intent::Notice(_)] = intents.as_slice() else {
        panic!("{intents:?}")
    };
    assert_eq!(*anchor, Anchor { doc: Doc::Tasks, rev: Digest::of(tasks), lines: Some((4, 4)) });
    assert!(words.contains("9.9") && words.contains("Name an existing id"), "{words}");
    let world = World::of(story.then(Entry::Commented { id: 1, anchor: *anchor, text: words.clone() }));
    assert!(world.state.feedback(Doc::Tasks, "").contains(" on line 4, in task 1: `- _Requirements: 9.9_`"));
    let (again, shown) = act_at(&world, "tasks:4");
    assert!(is_notice(&again, "already") && shown.contains("✎ tasks:4"), "{again:?}\n{shown}");
    assert!(is_notice(&act_at(&world, "requirements r1").0, "finding"));
}

#[test]
fn a_chosen_file_is_shown_and_gives_way_to_the_gate() {
    let sizes = file("src/sizes.ts", None, Some("export const SIZES = [128];\n"));
    let story = Story::working().applied(&sizes).applied(&file("b.ts", None, Some("b\n")));
    let (world, mut panel) = drawn(story.clone());
    panel.show_file(&sizes.path, None);
    let shown = text(&world.draw(&mut panel, 90, 40));
    assert!(shown.contains("src/sizes.ts (applied)") && shown.contains("+export const SIZES"), "{shown}");
    assert!(is_notice(&panel.act(Action::Approve, &world.ctx()), "nothing waits"));
    let world = World::of(story.proposed(Proposal::Change(change()), &[]));
    assert!(text(&world.draw(&mut panel, 90, 40)).contains("src/handler.ts"));
}

#[test]
fn a_long_line_of_activity_opens() {
    let long = format!("{}the end", "word ".repeat(40));
    let story =
        Story::new(Autonomy::Strict).then(Entry::Noted { tone: crate::domain::journal::Tone::Info, text: long });
    let (world, mut panel) = (World::of(story), activity());
    assert!(!text(&world.draw(&mut panel, 60, 16)).contains("the end"));
    panel.act(Action::ExpandContext, &world.ctx());
    assert!(text(&world.draw(&mut panel, 60, 16)).contains("the end"));
}
