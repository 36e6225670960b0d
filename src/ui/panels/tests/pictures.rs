//! What is drawn in each state, as pages of the album.

use super::*;
use crate::ui::album;

/// A panel after some keys.
fn drawn<'a>(
    world: &'a World,
    mut panel: impl FnMut() -> Box<dyn Panel> + 'a,
    keys: &'a [Action],
) -> impl FnMut(&Styles, (u16, u16)) -> Buffer + 'a {
    move |styles, (width, height)| {
        let mut panel = panel();
        let mut buf = world.draw_in(styles, panel.as_mut(), width, height);
        for key in keys {
            panel.act(*key, &world.ctx());
            buf = world.draw_in(styles, panel.as_mut(), width, height);
        }
        buf
    }
}

/// A page of a panel after some keys.
#[track_caller]
pub(super) fn page(name: &str, world: &World, panel: impl FnMut() -> Box<dyn Panel>, keys: &[Action]) {
    album::page(name, drawn(world, panel, keys));
}

fn diff() -> Box<dyn Panel> {
    Box::new(DiffPanel::plain())
}

/// The demo's stack with another bucket's name and one more right.
fn review() -> Vec<crate::domain::stack::StackDiff> {
    use crate::domain::stack::{Template, compare};
    const STACK: &str = include_str!("../../../domain/stack/tests/thumbnails/Thumbnails.template.json");
    let before = Template::parse(STACK).unwrap();
    let after = STACK.replace("\"photo-uploads-\"", "\"pictures-\"").replace("\"s3:GetObject\"", "\"s3:*\"");
    vec![compare("Thumbnails", Some(&before), Some(&Template::parse(&after).unwrap()))]
}

fn stacks() -> Box<dyn Panel> {
    let mut panel = DiffPanel::plain();
    panel.show_stacks();
    Box::new(panel)
}

fn searching() -> Box<dyn Panel> {
    let mut panel = DocumentPanel::default();
    panel.search("one");
    Box::new(panel)
}

fn document() -> Box<dyn Panel> {
    Box::<DocumentPanel>::default()
}

fn spec() -> Box<dyn Panel> {
    Box::<SpecPanel>::default()
}

macro_rules! pictures {
    ($($name:ident: $world:expr, $panel:expr, $keys:expr;)*) => {
        $(#[test] fn $name() {
            let world = $world;
            page(stringify!($name), &world, $panel, &$keys);
        })*
    };
}

fn with(story: Story, change: impl FnOnce(&mut World)) -> World {
    let mut world = World::of(story);
    change(&mut world);
    world
}

fn running() -> World {
    let digest = command().digest();
    let story = Story::working().proposed(Proposal::Command(command()), &["deletes files"]);
    let story = story.decided(Subject::Command, digest, Verdict::Approve);
    with(story, |w| w.output = (1..=80).map(|i| format!("test {i} ... \u{1b}[32mok\u{1b}[0m\n")).collect())
}

pictures! {
    spec_at_design: World::of(Story::design()), spec, [];
    spec_at_work: World::of(Story::working().applied(&file("src/sizes.ts", None, Some("a\nb\n")))
        .proposed(Proposal::Change(change()), &[])), spec, [Action::Down];
    document_at_its_gate: World::of(Story::design()), document, [];
    document_source: World::of(Story::design()), document, [Action::ToggleSource, Action::NextSection, Action::Mark, Action::Down];
    document_changes: World::of(Story::design()), document, [Action::ToggleDiffRevisions];
    document_older: World::of(Story::design()), document, [Action::RevisionOlder];
    document_live: World::of(Story::new(Autonomy::Strict).approved(Doc::Requirements, REQUIREMENTS).drafting(Doc::Design)
        .streaming("submit_document", "{\"markdown\":\"# Design\\n\\n## Overview\\n\\nOne *fun")), document, [];
    document_search: World::of(Story::design()), searching, [Action::SearchNext];
    document_missing: World::of(Story::new(Autonomy::Strict)), document, [];
    document_without_focus: with(Story::design(), |w| w.focused = false), document, [];
    diff_change: World::of(Story::working().proposed(Proposal::Change(change()), &["adds a dependency"])), diff, [Action::NextHunk, Action::ToggleHunk];
    diff_change_unified: World::of(Story::working().proposed(Proposal::Change(change()), &[])), diff, [Action::Wrap];
    diff_facts: World::of(Story::working().proposed(Proposal::Change(Change {
        from: Some(RelPath::parse("old/name.sh").unwrap()),
        after: Some(FileState { bytes: Bytes::from(b"a\0b".to_vec()), mode: Mode::Executable }),
        ..file("bin/name.sh", Some("echo\n"), None)
    }), &[])), diff, [];
    diff_command: World::of(Story::working().proposed(Proposal::Command(command()), &["deletes files", "pushes"])), diff, [];
    diff_running: running(), diff, [];
    diff_claim: World::of(Story::working().proposed(Proposal::Task(Box::new(claim())), &[])), diff, [];
    diff_standing: World::of(Story::new(Autonomy::Batch).approved(Doc::Requirements, REQUIREMENTS)
        .approved(Doc::Design, DESIGN_2).then(Entry::StandingShown(standing()))), diff, [];
    diff_template: World::of(Story::working().proposed(Proposal::Change(super::stacks::template_change()),
        &["wider right: Role may now also s3:* on arn:aws:s3:::photos/*"])), diff, [Action::Down];
    diff_stacks: with(Story::working(), |w| w.stacks = review()), stacks, [];
    diff_merge: with(Story::merging(&[]), |w| w.plan = Some(plan())), diff, [];
    diff_merge_held: with(Story::merging(&["tests did not pass"]), |w| w.plan = Some(plan())), diff, [Action::NextFile];
    diff_comments: World::of(super::sets::commented()), diff, [Action::NextFile, Action::NextHunk];
    diff_comment_whole: World::of(super::sets::commented()), diff, [Action::NextItem, Action::NextItem];
    diff_moved_away: super::sets::apart(), diff, [Action::NextFile, Action::NextHunk];
    diff_question: World::of(Story::working().then(Entry::Asked {
        call: "q".into(), question: "Which sizes?".into(), options: vec!["128".into(), "128 and 512".into()],
    })), diff, [];
    diff_live: World::of(Story::working().streaming("edit_file", r#"{"path":"src/a.ts","edits":[{"old":"a\nb","new":"a\u001b[2Jc"#)), diff, [];
    diff_applied: World::of(Story::working().applied(&change())), diff, [];
    diff_own: World::of(Story::working().then(Entry::OwnFound { changes: vec![change()] })), diff, [];
    diff_submodules: super::submodules::merge(), diff, [Action::NextFile, Action::NextFile];
    diff_next: World::of(Story::planned(Autonomy::Strict)), diff, [];
    activity_lines: World::of(Story::design().then(Entry::Noted {
        tone: crate::domain::journal::Tone::Attempt,
        text: "tried to write outside of the worktree: \u{202e}/etc/passwd ".repeat(3),
    })), || Box::new(activity()), [Action::ExpandContext];
}

#[test]
fn without_colours_signs_and_marks_remain() {
    let mut world = World::of(Story::working().proposed(Proposal::Change(change()), &["adds a dependency"]));
    world.styles = styles_of(Capability::None);
    let buf = world.draw(&mut DiffPanel::plain(), 80, 40);
    let shown = text(&buf);
    for sign in ["-const SIZES", "+const SIZES", "⚠ adds a dependency", "[x] hunk 1 of"] {
        assert!(shown.contains(sign), "{sign} is missing\n{shown}");
    }
    assert!(buf.content().iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset));
}

#[test]
fn hostile_text_is_only_ever_a_picture() {
    let evil = "a\u{1b}]52;c;x\u{7}\u{202e}b\u{200b}\r\u{9b}31m\u{0}\u{feff}";
    let text = format!("# {evil}\n\n{evil}\n\n```\n{evil}\n```\n\n| {evil} | b |\n|---|---|\n| 1 | {evil} |\n");
    let anchor = Anchor { doc: Doc::Requirements, rev: Digest::of(&text), lines: Some((3, 3)) };
    let story = Story::new(Autonomy::Strict).drafted(Doc::Requirements, &text);
    let world = World::of(story.then(Entry::Commented { id: 1, anchor, text: evil.into() }));
    let mut panel = DocumentPanel::default();
    for action in [Action::Redraw, Action::ToggleSource, Action::ToggleDiffRevisions, Action::ToggleDiffRevisions] {
        panel.act(action, &world.ctx());
        marked(&world.draw(&mut panel, 70, 50));
    }
    marked(&world.draw(&mut activity(), 70, 50));

    let mut line = command();
    line.text = format!("echo {evil}\n{evil}");
    line.confinement = Confinement::Unsandboxed { reason: evil.into() };
    let mut bad = claim();
    (bad.summary, bad.message, bad.title, bad.evidence.tail) = (evil.into(), evil.into(), evil.into(), evil.into());
    let changed = file("a.rs", Some(&format!("old {evil}\n")), Some(&format!("new {evil}\n")));
    let proposals = [Proposal::Command(line), Proposal::Task(Box::new(bad)), Proposal::Change(changed)];
    for proposal in proposals {
        let mut world = World::of(Story::working().proposed(proposal, &[evil]));
        world.output = evil.into();
        marked(&world.draw(&mut DiffPanel::plain(), 70, 60));
        marked(&world.draw(&mut DiffPanel::plain(), 140, 60));
    }
    let raw = serde_json::json!({ "path": evil, "content": evil }).to_string();
    marked(&World::of(Story::working().streaming("write_file", &raw)).draw(&mut DiffPanel::plain(), 70, 20));
    let question = Entry::Asked { call: "q".into(), question: evil.into(), options: vec![evil.into()] };
    marked(&World::of(Story::working().then(question)).draw(&mut DiffPanel::plain(), 70, 20));
    let mut merged = plan();
    merged.commits = vec![(evil.into(), evil.into())];
    merged.message = evil.into();
    let story = Story::planned(Autonomy::Strict).then(Entry::MergeShown {
        digest: merged.digest(),
        held: vec![evil.into()],
        into_commit: "2".into(),
    });
    let mut world = World::of(story);
    world.plan = Some(merged);
    marked(&world.draw(&mut DiffPanel::plain(), 70, 60));
}

/// What is hidden in a text is shown as a mark, and not left out either.
fn marked(buf: &Buffer) {
    let shown = super::text(buf);
    assert!(shown.contains("⟨U+202E⟩") && shown.contains('␛') | shown.contains("⟨U+001B⟩"), "{shown}");
}

#[test]
fn a_command_is_never_cut() {
    let line = command();
    let world = World::of(Story::working().proposed(Proposal::Command(line.clone()), &[]));
    for width in [24, 40, 61, 100] {
        let shown = text(&world.draw(&mut DiffPanel::plain(), width, 60));
        // Frame, cursor and prompt are no part of it.
        let rows = shown.lines().skip(1).map(|l| l.trim_end_matches('┃').chars().skip(4).collect::<String>());
        let all: String = rows.take_while(|l| !l.trim().is_empty()).collect();
        let squeeze = |s: &str| s.split_whitespace().collect::<String>();
        assert_eq!(squeeze(&all), squeeze(&line.text), "at width {width}\n{shown}");
    }
}

#[test]
fn each_part_of_a_command_says_what_it_could_do() {
    let world = World::of(Story::working().proposed(Proposal::Command(command()), &[]));
    let shown = text(&world.draw(&mut DiffPanel::plain(), 120, 40));
    for part in ["builds or tests: ", "⚠ destructive: ", "`npm  test`", "`git push --force origin main`"] {
        assert!(shown.contains(part), "{part} is missing\n{shown}");
    }
}
