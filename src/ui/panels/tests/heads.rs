//! The heads of a set's files, and what is told above them.

use super::{
    sets::{Desk, at_gate},
    *,
};
use crate::domain::claim::Evidence;

#[test]
fn a_head_at_the_top_is_there_once_with_the_cursor_on_it() {
    let mut desk = Desk::new(at_gate());
    for height in [12, 24] {
        desk.size.1 = height;
        desk.act(Action::Top);
        desk.act(Action::NextFile);
        let shown = desk.draw();
        assert_eq!(shown.matches("▾ src/handler.ts").count(), 1, "{shown}");
        assert!(shown.lines().nth(1).unwrap_or_default().contains("▌[x] ▾ src/handler.ts  +2 −2"), "{shown}");
        // Its rows follow as before, and further down it stays.
        desk.act(Action::NextHunk);
        assert!(desk.draw().lines().nth(1).unwrap_or_default().contains("hunk 1 of 2  file 1 of 2"), "{}", desk.draw());
        desk.act(Action::NextHunk);
        desk.act(Action::PageDown);
        desk.act(Action::HalfUp);
        assert!(desk.draw().matches("▾ src/handler.ts").count() <= 1, "{}", desk.draw());
    }
}

#[test]
fn tests_that_did_not_run_are_told_once_in_the_panel() {
    let evidence = Evidence::not_run("the project has no test command");
    let claim = TaskClaim { evidence: evidence.clone(), ..claim() };
    for sensitive in [vec![evidence.line()], Vec::new()] {
        let sensitive: Vec<&str> = sensitive.iter().map(String::as_str).collect();
        let mut desk = Desk::new(Story::working().proposed(Proposal::Task(Box::new(claim.clone())), &sensitive));
        let shown = desk.draw();
        let mark = if sensitive.is_empty() { "! " } else { "⚠ " };
        assert_eq!(shown.matches("the project has no test command").count(), 1, "{shown}");
        assert!(shown.contains(&format!("{mark}{}", evidence.line())), "{shown}");
    }
}
