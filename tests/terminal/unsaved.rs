//! What was written and not handed in, when the power goes out or the line drops.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::{
    steps::{demo, demo_dir},
    terminal::{Place, Terminal},
};

fn editing(terminal: &mut Terminal, words: &str) {
    terminal.press("E");
    terminal.shows("Edit requirements r1");
    terminal.type_text(words);
    terminal.shows(words);
}

fn begin(place: &Place) -> Terminal {
    let mut terminal = demo(place, "0").start();
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r1");
    terminal
}

/// Opened again, the words are offered and come back with their key.
fn comes_back(place: &Place, words: &str) {
    let mut again = demo(place, "0").start();
    again.shows("not handed in yet: the edited requirements (E brings it back)");
    again.press("E");
    again.shows("what you wrote before");
    again.shows(words);
}

#[test]
fn a_text_outlives_the_program_that_was_killed() {
    let place = Place::new();
    let mut terminal = begin(&place);
    editing(&mut terminal, "Mine, not handed in. ");
    // It is kept a moment later.
    let beside = demo_dir(&place).join(".git/kiro-tui/specs/image-thumbnails/unsaved.json");
    let (kept, words) = (|| std::fs::read_to_string(&beside).unwrap_or_default(), "Mine, not handed in.");
    let since = Instant::now();
    while !kept().contains(words) {
        assert!(since.elapsed() < Duration::from_secs(60), "{}", kept());
        std::thread::yield_now();
    }
    terminal.crash();
    comes_back(&place, "Mine, not handed in.");
}

#[test]
fn a_text_outlives_a_line_that_drops() {
    let place = Place::new();
    let mut terminal = begin(&place);
    editing(&mut terminal, "At once. ");
    terminal.kill(Signal::HUP);
    terminal.ended();
    comes_back(&place, "At once.");
}
