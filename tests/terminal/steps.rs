//! What a developer does at each screen of a job, as far as it is the same in every test.

use std::path::{Path, PathBuf};

use crate::terminal::{Launch, Picture, Place, Terminal};

/// Where the demo is made.
pub fn demo_dir(place: &Place) -> PathBuf {
    place.path("photo-uploads")
}

/// The demo, at a speed in tokens a second.
pub fn demo<'a>(place: &'a Place, speed: &str) -> Launch<'a> {
    let dir = demo_dir(place).display().to_string();
    Launch::new(place, &["demo", "--dir", &dir, "--speed", speed])
}

/// True when the developer is next, and not asked for words just now.
pub fn developer_is_next(picture: &Picture) -> bool {
    let bottom = picture.bottom();
    bottom.contains("WAITING") || bottom.contains("go on") || bottom.contains("nothing is left")
}

/// Why the merge shall go in although the tests have not run.
pub const OVERRIDE: &str = "there is no Node on this machine; they run before the release";

/// True when the merge is held, as it is where the tests cannot run.
pub fn is_held(picture: &Picture) -> bool {
    picture.bottom().contains("merge all the same")
}

/// Presses what goes on from here, and waits until there is something else to answer. Tells what it
/// has come to.
pub fn go_on(terminal: &mut Terminal) -> Picture {
    let now = terminal.until("the developer is next", developer_is_next);
    let before = now.bottom().to_owned();
    if is_held(&now) {
        terminal.press("O");
        terminal.shows("Merge although");
        terminal.type_text(OVERRIDE);
        terminal.shows("say why");
        terminal.press("enter");
    } else {
        terminal.press(if before.contains("WAITING") { "a" } else { "C" });
    }
    terminal.until(&format!("what comes after `{before}`"), |p| {
        let prompted = p.has("Merge although");
        developer_is_next(p) && !prompted && p.bottom().split("   ").next() != before.split("   ").next()
    })
}

/// Goes on until the last line has these words.
pub fn go_on_until(terminal: &mut Terminal, words: &str) -> Picture {
    let mut steps = Vec::new();
    loop {
        let now = terminal.until("the developer is next", developer_is_next);
        if now.bottom().contains(words) {
            return now;
        }
        assert!(!now.bottom().contains("nothing is left") && steps.len() < 60, "`{words}` never comes: {steps:#?}");
        steps.push(now.bottom().to_owned());
        go_on(terminal);
    }
}

/// The files of the demo, as they are to be at its end.
pub fn assert_demo_merged(root: &Path) {
    use crate::terminal::git;
    let log = git(root, &["log", "--format=%s", "main"]);
    for subject in ["approve requirements r2", "approve design r1", "approve tasks r1"] {
        assert!(log.contains(subject), "{subject} is not in\n{log}");
    }
    assert_eq!(git(root, &["status", "--porcelain"]), "", "the checkout follows main");
    for (path, text) in kiro_tui::app::demo::content::FINAL_FILES {
        assert_eq!(&std::fs::read_to_string(root.join(path)).unwrap(), text, "{path}");
    }
    let tasks = std::fs::read_to_string(root.join(".kiro/specs/image-thumbnails/tasks.md")).unwrap();
    assert!(!tasks.contains("[ ]") && tasks.contains("[x]"), "{tasks}");
}

/// Every file of `main` and its content, but for the ledger: that holds when each decision was made.
pub fn tree(root: &Path) -> String {
    let all = crate::terminal::git(root, &["ls-tree", "-r", "main"]);
    all.lines().filter(|line| !line.ends_with("approvals.jsonl")).collect::<Vec<_>>().join("\n")
}
