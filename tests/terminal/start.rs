//! Beginnings: no model, a spec that is there already.

use crate::terminal::{Launch, Place};

#[test]
fn without_a_model_the_program_says_how_to_set_one_up_and_offers_the_demo() {
    let place = Place::new();
    let root = place.repository("project", &[("README.md", "# A\n")]);
    let mut terminal = Launch::new(&place, &["--dir", root.to_str().unwrap()]).size(100, 30).start();
    let first = terminal.until("what is missing", |p| p.has("No model is ready") && p.has("watch the demo"));
    for whole in ["key of", "ANTHROPIC_API_KEY", "kiro-tui demo", "config.toml", "kiro-tui doctor"] {
        assert!(first.flat().contains(whole), "{whole} in\n{first}");
    }
    terminal.press("d");
    terminal.shows("I want an AWS Lambda");
    terminal.press("ctrl-s");
    terminal.shows("Requirements");
    terminal.press("ctrl-q");
    assert_eq!(terminal.ended().exit_code(), 0);
    let said = String::from_utf8_lossy(&terminal.raw()).into_owned();
    let dir = said.lines().find_map(|line| line.trim().strip_prefix("Remove it:     rm -r ")).expect("where it is");
    std::fs::remove_dir_all(dir.trim()).unwrap();
}

#[test]
fn a_spec_that_is_there_opens_where_it_stands() {
    let place = Place::new();
    let requirements = "# Requirements Document\n\n## Introduction\n\nThumbnails.\n\n## Requirements\n\n### Requirement 1: \
                        Thumbnails\n\n**User Story:** As a reader, I want thumbnails, so that pages load fast.\n\n#### \
                        Acceptance Criteria\n\n1. WHEN an image arrives, THE Resizer SHALL make a thumbnail.\n";
    let design = "# Design Document\n\n## Overview\n\nOne function.\n";
    let root = place.repository(
        "project",
        &[
            ("README.md", "# A\n"),
            (".kiro/specs/thumbnails/requirements.md", requirements),
            (".kiro/specs/thumbnails/design.md", design),
        ],
    );
    let mut terminal = Launch::new(&place, &["--dir", root.to_str().unwrap()]).size(100, 30).start();
    terminal.shows("thumbnails");
    terminal.press("enter");
    let open = terminal.until("the open spec", |p| p.top().contains("Requirements") && p.bottom().contains("WAITING"));
    assert!(open.has("Thumbnails") && open.bottom().contains("approve requirements"), "{open}");
    terminal.press("a");
    let next = terminal.waits("approve design");
    assert!(next.top().contains("✓ Requirements") && next.has("One function."), "{next}");
}
