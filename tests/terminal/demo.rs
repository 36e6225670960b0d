//! The demo from need to merge, at two sizes and with the power going out all the way.

use std::thread;

use kiro_tui::domain::gate::{Subject, Via, ledger};

use crate::{
    steps::{OVERRIDE, assert_demo_merged, demo, demo_dir, developer_is_next, go_on, go_on_until, is_held, tree},
    terminal::{Picture, Place, Terminal, has_node, path_without_node},
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

/// The whole job by keys. Where there is no Node the tests are recorded as not run, and the merge
/// asks for an override with its reason.
fn from_need_to_merge(columns: u16, rows: u16, node: bool) {
    let place = Place::new();
    let mut launch = demo(&place, "0").size(columns, rows);
    if !node {
        launch = launch.variable("PATH", &path_without_node(&place));
    }
    let mut terminal = launch.start();
    to_second_revision(&mut terminal);
    let mut seen: Vec<String> = Vec::new();
    let mut last: Picture = terminal.picture();
    while !last.bottom().contains("nothing is left") {
        assert!(seen.len() < 60, "it goes round: {seen:#?}");
        seen.push(last.bottom().to_owned());
        if last.bottom().contains("task 2 Event") {
            let evidence = if node { "npm test: 12 passed" } else { "not run" };
            assert!(last.flat().contains(evidence), "the evidence is on the screen that asks\n{last}");
        }
        if is_held(&last) {
            assert!(!node && last.flat().contains("not installed"), "why it is held is on the screen\n{last}");
            terminal.press("a");
            let refused = terminal.until("a plain yes is not enough", |p| !p.status().is_empty());
            assert!(is_held(&refused), "{refused}");
        }
        last = go_on(&mut terminal);
        assert!(!last.status().contains('✗'), "no key that the screen offers is refused after {seen:#?}\n{last}");
    }
    let asked = |words: &str| seen.iter().filter(|line| line.contains(words)).count();
    assert_eq!((asked("change "), asked("start task")), (7, 5), "{seen:#?}");
    assert_eq!((asked("approve design r1"), asked("approve tasks r1")), (1, 1), "{seen:#?}");
    assert_eq!(seen.iter().filter(|line| line.contains("merge")).count(), if node { 1 } else { 2 }, "{seen:#?}");
    assert!(last.top().contains("✓ Merge"), "{last}");
    terminal.press("ctrl-q");
    assert_eq!(terminal.ended().exit_code(), 0);
    let root = demo_dir(&place);
    assert_demo_merged(&root);
    let text = std::fs::read_to_string(root.join(".kiro/specs/image-thumbnails/approvals.jsonl")).unwrap();
    let lines = ledger::read(&text).unwrap();
    assert!(lines.iter().all(|line| line.decision.via == Via::Keyboard), "{text}");
    assert!(text.contains(REVIEW), "the words of a request for changes are kept");
    let overrides: Vec<_> = lines.iter().filter(|line| line.decision.subject == Subject::Override).collect();
    assert_eq!(overrides.len(), usize::from(!node), "{text}");
    assert!(overrides.iter().all(|line| line.about.contains(OVERRIDE)), "the reason travels with the branch: {text}");
}

#[test]
fn the_demo_goes_from_need_to_merge_in_80_columns() {
    from_need_to_merge(80, 24, has_node());
}

#[test]
fn the_demo_goes_from_need_to_merge_in_120_columns() {
    from_need_to_merge(120, 40, has_node());
}

#[test]
fn without_node_the_demo_asks_for_an_override_and_records_it() {
    from_need_to_merge(80, 24, false);
}

/// Starts the demo again after a crash, at another speed; what the screen says of the job has to be
/// what it said before.
fn again(place: &Place, speed: &str, before: &Picture) -> Terminal {
    let terminal = demo(place, speed).start();
    let marks = |picture: &Picture| picture.top().chars().filter(|c| "✓●○!".contains(*c)).collect::<String>();
    terminal.until("the phases as they were", |p| developer_is_next(p) && marks(p) == marks(before));
    terminal
}

#[test]
fn the_power_may_go_out_anywhere_and_the_result_is_the_same() {
    let uninterrupted = thread::spawn(|| {
        let place = Place::new();
        let mut terminal = demo(&place, "0").start();
        to_second_revision(&mut terminal);
        go_on_until(&mut terminal, "nothing is left");
        tree(&demo_dir(&place))
    });
    let place = Place::new();
    let mut crashes = 0;

    // While the model writes: what had come is on the screen again.
    let mut terminal = demo(&place, "120").start();
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    let before = terminal.until("a draft under way", |p| p.has("Glossary") && !p.bottom().contains("WAITING"));
    terminal.crash();
    crashes += 1;
    let mut terminal = again(&place, "0", &before);
    terminal.until("what had come of the draft", |p| p.has("Introduction") && p.bottom().contains("go on"));
    terminal.press("C");
    terminal.waits("approve requirements r1");

    // With words in a prompt: they are not handed in, and the gate stands as it was.
    terminal.press("r");
    terminal.shows("What shall change in requirements?");
    terminal.type_text("half a sent");
    let before = terminal.shows("half a sent");
    terminal.crash();
    crashes += 1;
    let mut terminal = again(&place, "0", &before);
    terminal.waits("approve requirements r1");
    terminal.press("r");
    terminal.shows("What shall change in requirements?");
    terminal.type_text(REVIEW);
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r2");

    // At every gate, and right after the key that answers it, in turn.
    let mut seen = Vec::new();
    loop {
        let now = terminal.until("the developer is next", developer_is_next);
        if now.bottom().contains("nothing is left") {
            break;
        }
        assert!(seen.len() < 90, "it goes round: {seen:#?}");
        seen.push(now.bottom().to_owned());
        if is_held(&now) {
            go_on(&mut terminal);
            continue;
        }
        let key = if now.bottom().contains("WAITING") { "a" } else { "C" };
        match seen.len() % 3 {
            0 => {
                terminal.crash();
                crashes += 1;
                terminal = again(&place, "0", &now);
                let then = terminal.until("the developer is next", developer_is_next);
                assert_eq!(words(&then), words(&now), "the same thing waits as before");
                terminal.press(key);
            }
            1 => {
                terminal.press(key);
                // As soon as anything at all has come of the key.
                terminal.until("the key was heard", |p| p != &now);
                terminal.crash();
                crashes += 1;
                terminal = demo(&place, "0").start();
                terminal.until("the developer is next", developer_is_next);
                continue;
            }
            _ => terminal.press(key),
        }
        terminal.until(&format!("what comes after `{}`", now.bottom()), |p| {
            developer_is_next(p) && words(p) != words(&now)
        });
    }
    assert!(crashes >= 12, "{crashes} crashes");
    let root = demo_dir(&place);
    assert_demo_merged(&root);
    assert_eq!(tree(&root), uninterrupted.join().expect("the job without crashes"));
}

/// What waits, without the keys.
fn words(picture: &Picture) -> String {
    picture.bottom().split("   ").next().unwrap_or_default().to_owned()
}
