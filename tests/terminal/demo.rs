//! The demo from need to merge, at two sizes and with the power going out all the way.

use kiro_tui::domain::gate::{Via, ledger};

use crate::{
    steps::{assert_demo_merged, demo, demo_dir, go_on},
    terminal::{Picture, Place, Terminal, has_node},
};

const REVIEW: &str = "What happens to files that are too large?";

/// From the form to the second revision of the requirements.
fn to_second_revision(terminal: &mut Terminal) {
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r1");
    terminal.press("r");
    terminal.shows("What shall change in requirements?");
    terminal.type_text(REVIEW);
    terminal.shows(REVIEW);
    terminal.press("ctrl-s");
    let second = terminal.waits("approve requirements r2");
    assert!(second.flat().contains("since r1"), "what changed is told\n{second}");
}

fn from_need_to_merge(columns: u16, rows: u16) {
    let place = Place::new();
    let mut terminal = demo(&place, "0").size(columns, rows).start();
    to_second_revision(&mut terminal);
    let mut seen: Vec<String> = Vec::new();
    let mut last: Picture = terminal.picture();
    while !last.bottom().contains("nothing is left") {
        assert!(seen.len() < 60, "it goes round: {seen:#?}");
        seen.push(last.bottom().to_owned());
        if last.bottom().contains("task 2 Event") && has_node() {
            let text = last.flat();
            assert!(text.contains("npm test: 12 passed"), "the evidence is on the screen that asks\n{last}");
        }
        last = go_on(&mut terminal);
        assert!(!last.status().contains('✗'), "no key that the screen offers is refused\n{last}");
    }
    let asked = |words: &str| seen.iter().filter(|line| line.contains(words)).count();
    assert_eq!((asked("change "), asked("start task")), (7, 4), "{seen:#?}");
    assert_eq!((asked("approve design r1"), asked("approve tasks r1"), asked("merge")), (1, 1, 1), "{seen:#?}");
    assert!(last.top().contains("✓ Merge"), "{last}");
    terminal.press("ctrl-q");
    assert_eq!(terminal.ended().exit_code(), 0);
    let root = demo_dir(&place);
    assert_demo_merged(&root);
    let text = std::fs::read_to_string(root.join(".kiro/specs/image-thumbnails/approvals.jsonl")).unwrap();
    let lines = ledger::read(&text).unwrap();
    assert!(lines.iter().all(|line| line.decision.via == Via::Keyboard), "{text}");
    assert!(text.contains(REVIEW), "the words of a request for changes are kept");
}

#[test]
fn the_demo_goes_from_need_to_merge_in_80_columns() {
    from_need_to_merge(80, 24);
}

#[test]
fn the_demo_goes_from_need_to_merge_in_120_columns() {
    from_need_to_merge(120, 40);
}
