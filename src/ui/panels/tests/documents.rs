//! Pictures of a document in each of its views.

use ratatui::{buffer::Cell, style::Style};

use super::*;
use crate::{config::theme::Role, ui::album::page};

/// A design whose second revision was read, edited by the developer, and revised again.
pub(super) fn revised() -> Story {
    let edited = DESIGN_2.replace("Unit tests.", "Unit tests, and one against a bucket.");
    let third = edited.replace("30 s", "20 s");
    let no = Verdict::Reject { feedback: Some("shorter".into()) };
    Story::design()
        .then(Entry::Read { doc: Doc::Design, rev: Digest::of(DESIGN_2) })
        .then(Entry::Drafted { doc: Doc::Design, text: edited.clone(), author: Author::Developer })
        .decided(Subject::Design, Digest::of(&edited), no)
        .then(Entry::Drafted { doc: Doc::Design, text: third, author: Author::Agent })
}

macro_rules! pictures {
    ($($name:ident: $keys:expr;)*) => {
        $(#[test] fn $name() {
            let world = World::of(revised());
            super::pictures::page(stringify!($name), &world, || Box::<DocumentPanel>::default(), &$keys);
        })*
    };
}

pictures! {
    review_rendered: [];
    review_source: [Action::ToggleSource];
    review_next_change: [Action::NextChange];
    review_authors: [Action::ToggleAuthors];
    review_authors_of_the_source: [Action::ToggleSource, Action::ToggleAuthors];
    review_folded: [Action::FoldAll, Action::Bottom];
    review_changes: [Action::ToggleDiffRevisions];
    review_changes_in_the_source: [Action::ToggleSource, Action::ToggleDiffRevisions];
}

const DRAWN: &str = "# Design\n\nOne *function* resizes; see [uploads](docs/uploads.md).\n\n```ts\nexport const handler = async () => \"done\";\n```\n\n```mermaid\ngraph LR\n  A[Upload] -->|event| B{Image?}\n  B -->|yes| C[Resize]\n```\n\n- [x] sizes\n- [ ] formats\n\n> Kept short.\n";

#[test]
fn code_has_colours_and_diagrams_are_drawn() {
    let world =
        World::of(Story::new(Autonomy::Strict).approved(Doc::Requirements, REQUIREMENTS).drafted(Doc::Design, DRAWN));
    page("document_diagram", |styles, (width, height)| {
        let mut panel = DocumentPanel::lively();
        let keyword = styles.get(Role::Code).patch(Style { bg: None, ..styles.get(Role::SyntaxKeyword) });
        // Both come when they come.
        loop {
            let buf = world.draw_in(styles, &mut panel, width, 80);
            let is_keyword = |c: &Cell| c.fg == keyword.fg.unwrap_or(c.fg) && c.modifier == keyword.add_modifier;
            let coloured = buf.content().iter().any(|c| c.symbol() == "x" && is_keyword(c));
            if coloured && text(&buf).contains("mermaid, drawn") {
                return world.draw_in(styles, &mut panel, width, height);
            }
            std::thread::yield_now();
        }
    });
}

/// The row of the cursor.
fn here(shown: &str) -> String {
    shown.lines().find(|l| l.contains('▌')).unwrap_or_default().to_owned()
}

#[test]
fn a_search_looks_into_folds_and_what_it_led_to_stays_open() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    let draw = |panel: &mut DocumentPanel| text(&world.draw(panel, 80, 40));
    draw(&mut panel);
    panel.act(Action::FoldAll, &world.ctx());
    let folded = draw(&mut panel);
    assert!(!folded.contains("reserved concurrency") && !folded.contains("Unit tests"), "{folded}");
    panel.search("reserved");
    let found = draw(&mut panel);
    assert!(here(&found).contains("reserved concurrency") && !found.contains("folded"), "{found}");
    assert!(panel.back());
    let after = draw(&mut panel);
    assert!(here(&after).contains("reserved concurrency") && after.contains("folded"), "{after}");
    assert!(!after.contains("Unit tests"), "{after}");
    // What stayed between two revisions is looked into as well.
    panel.act(Action::ToggleDiffRevisions, &world.ctx());
    assert!(!draw(&mut panel).contains("Unit tests"));
    panel.search("Unit");
    let found = draw(&mut panel);
    assert!(here(&found).contains("Unit tests"), "{found}");
}

#[test]
fn a_search_says_which_of_how_many_places_is_at_the_cursor() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    for action in [Action::Redraw, Action::ToggleSource, Action::ToggleDiffRevisions] {
        panel.act(action, &world.ctx());
        let foot = |panel: &mut DocumentPanel| {
            let shown = text(&world.draw(panel, 70, 60));
            shown.trim_end().lines().last().unwrap_or_default().to_owned()
        };
        foot(&mut panel);
        panel.search("function");
        let shown = text(&world.draw(&mut panel, 70, 60));
        let body: Vec<&str> = shown.trim_end().lines().collect();
        let lines = body[1..body.len() - 1].iter().filter(|l| l.to_lowercase().contains("function")).count();
        assert!(lines > 1, "{shown}");
        let mut seen = Vec::new();
        for _ in 0..lines {
            let foot = foot(&mut panel);
            let number = foot.split("match ").nth(1).and_then(|n| n.split(' ').next()).unwrap_or(&foot).to_owned();
            seen.push(number);
            panel.act(Action::SearchNext, &world.ctx());
        }
        seen.sort();
        assert_eq!(seen, (1..=lines).map(|n| format!("{n}/{lines}")).collect::<Vec<_>>());
        panel.search("stands nowhere");
        assert!(foot(&mut panel).contains("0 matches"));
        panel.back();
        assert!(!foot(&mut panel).contains("match"));
    }
}

#[test]
fn folds_stay_with_their_sections_in_the_next_revision() {
    let (story, mut panel) = (Story::design(), DocumentPanel::default());
    let world = World::of(story.clone());
    world.draw(&mut panel, 80, 40);
    panel.act(Action::FoldAll, &world.ctx());
    assert!(!text(&world.draw(&mut panel, 80, 40)).contains("Unit tests"));
    let third = DESIGN_2.replace("## Overview", "## Goals\n\nFew of them.\n\n## Overview");
    let no = Verdict::Reject { feedback: Some("say the goals".into()) };
    let story = story.decided(Subject::Design, Digest::of(DESIGN_2), no);
    let drafting = World::of(story.clone());
    drafting.draw(&mut panel, 80, 40);
    let world = World::of(story.then(Entry::Drafted { doc: Doc::Design, text: third, author: Author::Agent }));
    let shown = text(&world.draw(&mut panel, 80, 40));
    assert!(shown.contains("Few of them.") && shown.contains("folded"), "{shown}");
    assert!(!shown.contains("Unit tests") && !shown.contains("One function resizes"), "{shown}");
}

#[test]
fn what_is_being_drafted_is_shown_as_no_other_document() {
    let raw = "{\"markdown\":\"# Requirements Document\\n\\nOnly of the requirements.\\n";
    let story = Story::new(Autonomy::Strict).drafting(Doc::Requirements).streaming("submit_document", raw);
    let stopped = story.clone().then(Entry::Cancelled);
    for (story, under_way) in [(story, true), (stopped, false)] {
        let world = World::of(story);
        let mut panel = DocumentPanel::default();
        let own = text(&world.draw(&mut panel, 80, 24));
        assert!(own.contains("Only of the requirements") && own.contains("stopped") != under_way, "{own}");
        for doc in [Doc::Design, Doc::Tasks] {
            panel.show(doc, None);
            let shown = text(&world.draw(&mut panel, 80, 24));
            assert!(!shown.contains("Only of the requirements") && !shown.contains("had arrived"), "{shown}");
            assert!(shown.contains(&format!("There is no {}.md yet", doc.name())), "{shown}");
        }
    }
}

#[test]
fn one_key_puts_what_changed_side_by_side() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    // Both revisions of a line stand in one row.
    let both = |l: &str| l.contains("Memory 512") && l.contains("Memory 1024");
    let split = |panel: &mut DocumentPanel| text(&world.draw(panel, 120, 40)).lines().any(both);
    assert!(!split(&mut panel));
    // Where nothing is compared, it says where it works.
    let told = panel.act(Action::ToggleView, &world.ctx());
    assert!(matches!(&told[..], [Intent::Notice(words)] if words.starts_with("d shows what changed")), "{told:?}");
    panel.act(Action::ToggleDiffRevisions, &world.ctx());
    assert!(!split(&mut panel));
    panel.act(Action::ToggleView, &world.ctx());
    assert!(split(&mut panel));
    panel.act(Action::ToggleView, &world.ctx());
    assert!(!split(&mut panel));
}

#[test]
fn what_closes_a_comment_is_said_where_the_cursor_is_on_it() {
    let world = World::of(Story::design());
    let mut panel = DocumentPanel::default();
    world.draw(&mut panel, 80, 24);
    for says in ["x resolves this comment", "x deletes this comment"] {
        panel.act(Action::NextItem, &world.ctx());
        let shown = text(&world.draw(&mut panel, 80, 24));
        assert!(shown.contains(says), "{shown}");
    }
}

#[test]
fn the_revision_before_a_draft_that_stopped_is_answered_and_edited_from_there() {
    let no = Verdict::Reject { feedback: Some("more".into()) };
    let story = Story::design().decided(Subject::Design, Digest::of(DESIGN_2), no);
    let failed = Entry::TurnFailed { why: "no answer".into(), remedy: "approve or edit it yourself".into() };
    let world = World::of(story.then(failed));
    let mut panel = DocumentPanel::default();
    let shown = text(&world.draw(&mut panel, 80, 24));
    let words = shown.split(['┃', ' ', '▌', '\n']).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    assert!(words.contains("E edits r2, which is the last; a brings it back to its gate"), "{shown}");
    let older = [Action::Redraw, Action::RevisionOlder];
    for step in older {
        panel.act(step, &world.ctx());
        world.draw(&mut panel, 80, 24);
        for action in [Action::Approve, Action::RequestChanges] {
            let intents = panel.act(action, &world.ctx());
            assert!(matches!(&intents[..], [Intent::Send(Command::Cancel), Intent::Notice(_)]), "{intents:?}");
        }
        let intents = panel.act(Action::Edit, &world.ctx());
        let [Intent::EditHere(EditFor::Document { over, text, .. }, _)] = &intents[..] else { panic!("{intents:?}") };
        assert_eq!((*over, text.as_str()), (Digest::of(DESIGN_2), DESIGN_2));
    }
    // Given up, it waits again.
    let mut state = world.state.clone();
    let record = Record { seq: state.seq + 1, at: Timestamp::UNIX_EPOCH, entry: Entry::Cancelled };
    state.apply(&record).unwrap();
    assert_eq!(state.flow.waiting().map(|w| w.digest), Some(Digest::of(DESIGN_2)));
}
