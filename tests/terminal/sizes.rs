//! The smallest screen, smaller ones, and sizes that change while the model writes.

use crate::{
    steps::{demo, demo_dir},
    terminal::{Launch, Place},
};

#[test]
fn the_smallest_screen_works_and_a_smaller_one_says_what_is_needed() {
    let place = Place::new();
    let mut terminal = demo(&place, "0").size(60, 16).start();
    terminal.shows("generates 3 sizes");
    terminal.press("ctrl-s");
    let small = terminal.waits("approve");
    assert!(small.bottom().contains("keys"), "{small}");
    assert!(small.bottom().contains("a approve") && small.bottom().contains("r changes"), "{small}");
    terminal.press("a");
    terminal.waits("approve design");
    terminal.resize(59, 16);
    terminal.until("too small", |p| p.flat().contains("The terminal is too small") && p.flat().contains("60 by 16"));
    terminal.resize(40, 8);
    terminal.until("too small", |p| p.flat().contains("too small: 40 by 8"));
    terminal.resize(80, 24);
    terminal.waits("approve design r1");
}

#[test]
fn a_size_that_changes_while_the_model_writes_leaves_a_whole_screen() {
    let place = Place::new();
    let mut terminal = demo(&place, "400").start();
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.shows("I look at what the repository says");
    for (columns, rows) in [(120, 40), (60, 16), (200, 50), (81, 25), (120, 40)] {
        terminal.resize(columns, rows);
        terminal.until("a screen of the new size", |p| p.rows.len() == usize::from(rows) && p.top().contains("Req"));
    }
    terminal.waits("approve requirements r1");
    terminal.press("ctrl-l");
    // What is drawn piece by piece and what is drawn at once are the same.
    let grown =
        terminal.until("no notice", |p| p.status().is_empty() && p.bottom().contains("approve requirements r1"));
    terminal.press("ctrl-q");
    terminal.ended();
    let dir = demo_dir(&place).display().to_string();
    let fresh = Launch::new(&place, &["demo", "--dir", &dir, "--speed", "0"]).size(120, 40).start();
    let fresh = fresh.waits("approve requirements r1");
    assert_eq!(grown.rows.last(), fresh.rows.last());
    assert_eq!(grown.rows.get(1), fresh.rows.get(1), "\n{grown}\n{fresh}");
}
