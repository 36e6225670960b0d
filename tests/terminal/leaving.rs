//! Leaving: by keys, by a signal, as closing the window sends one too. The terminal is given back and everything
//! is saved.

use rustix::process::Signal;

use crate::{
    steps::demo,
    terminal::{Place, Terminal},
};

/// The terminal is as it was before the program: each mode was turned off after it was last turned
/// on.
fn assert_given_back(terminal: &Terminal) {
    let raw = terminal.raw();
    let last = |mark: &str| raw.windows(mark.len()).rposition(|bytes| bytes == mark.as_bytes());
    for (on, off, what) in [
        ("\x1b[?1049h", "\x1b[?1049l", "the alternate screen"),
        ("\x1b[?2004h", "\x1b[?2004l", "marked pastes"),
        ("\x1b[?25l", "\x1b[?25h", "the hidden cursor"),
    ] {
        assert!(last(on).is_some() && last(off) > last(on), "{what} is left behind");
    }
    for (on, off) in [("\x1b[?1000h", "\x1b[?1000l"), ("\x1b[?2026h", "\x1b[?2026l")] {
        assert!(last(off) >= last(on), "{on:?} is left on");
    }
    assert!(!terminal.picture().alternate);
}

/// A demo with its first requirements waiting, and a developer who leaves in some way.
fn leave(how: impl FnOnce(&mut Terminal)) {
    let place = Place::new();
    let mut terminal = demo(&place, "0").start();
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r1");
    how(&mut terminal);
    assert_eq!(terminal.ended().exit_code(), 0);
    assert_given_back(&terminal);
    let again = demo(&place, "0").start();
    again.waits("approve requirements r1");
}

/// The same while the model writes.
fn leave_streaming(how: impl FnOnce(&mut Terminal)) {
    let place = Place::new();
    let mut terminal = demo(&place, "150").start();
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.shows("I look at what the repository says");
    how(&mut terminal);
    assert_eq!(terminal.ended().exit_code(), 0);
    assert_given_back(&terminal);
    let mut again = demo(&place, "0").start();
    again.waits("go on");
    again.press("C");
    again.waits("approve requirements r1");
}

#[test]
fn ctrl_q_leaves() {
    leave(|terminal| terminal.press("ctrl-q"));
}

#[test]
fn ctrl_c_twice_leaves_and_once_says_so() {
    leave(|terminal| {
        terminal.press("ctrl-c");
        terminal.shows("once more quits");
        terminal.press("ctrl-c");
    });
}

#[test]
fn ctrl_c_stops_the_model_and_says_how_to_go_on() {
    leave_streaming(|terminal| {
        terminal.press("ctrl-c");
        terminal.waits("go on");
        terminal.shows("stopped by you");
        terminal.press("ctrl-q");
    });
}

#[test]
fn a_request_to_end_leaves() {
    leave(|terminal| terminal.kill(Signal::TERM));
    leave_streaming(|terminal| terminal.kill(Signal::TERM));
}

#[test]
fn a_hang_up_leaves() {
    leave(|terminal| terminal.kill(Signal::HUP));
    leave_streaming(|terminal| terminal.kill(Signal::HUP));
}

#[test]
fn leaving_a_spec_goes_to_the_list_and_q_leaves_that() {
    let place = Place::new();
    let mut terminal = demo(&place, "0").start();
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r1");
    terminal.press("esc");
    terminal.shows("once more leaves this spec");
    terminal.press("esc");
    // The spec's own screen has its name too: only the list offers to open one.
    terminal.waits("open");
    let list = terminal.shows("image-thumbnails");
    assert!(list.flat().contains("requirements"), "{list}");
    terminal.press("enter");
    terminal.waits("approve requirements r1");
    terminal.press("q");
    terminal.shows("once more leaves this spec");
    terminal.press("q");
    terminal.waits("quit");
    terminal.press("q");
    assert_eq!(terminal.ended().exit_code(), 0);
    assert_given_back(&terminal);
}
