//! Changes judged by keys alone: hunks and lines taken and left, the after side edited, comments, a
//! rejection; then the task's set and the merge, each sent back once; with the power going out in
//! between. What is on disk is compared byte for byte, what the model is told word for word.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{
    provider::{Provider, ScriptedReply, newest_text, tool_names},
    steps::developer_is_next,
    terminal::{Launch, Picture, Place, Terminal, git, write},
};

const SPEC: &str = "notes";
const REASON: &str = "Not this way: no try at all.";
const SENT_BACK: &str = "Nearly.";
const NOT_MERGED: &str = "One thing is missing.";

/// Sixty lines with ends of both kinds, tabs and wide characters, and no end at the last.
fn notes() -> String {
    let all = (1..=60).map(|n| match n {
        12 => "line 12\twith a tab\r\n".to_owned(),
        40 => "line 40 図 wide\n".to_owned(),
        60 => "line 60".to_owned(),
        n => format!("line {n:02}\n"),
    });
    all.collect()
}

fn project(place: &Place) -> PathBuf {
    let root = place.repository("notes", &[("README.md", "# Notes\n"), ("check.sh", "true\n")]);
    write(&root, "notes.txt", &notes());
    git(&root, &["add", "-A"]);
    git(&root, &["commit", "-q", "-m", "Notes"]);
    // The developer's shell: it changes two files and is left.
    let shell = place.path("shell");
    std::fs::write(&shell, "#!/bin/sh\necho mine >>README.md\necho own >own.txt\n").unwrap();
    std::fs::set_permissions(&shell, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    root
}

/// Looks at the last thing it was told and nothing else.
fn provider() -> Provider {
    let mut number = 0;
    Provider::with_brain(move |request| {
        number += 1;
        let (tool, arguments) = answer(request);
        ScriptedReply::new().text("Next. ").call(&format!("call_{number}"), tool, &arguments)
    })
}

fn answer(request: &Value) -> (&'static str, Value) {
    let told = newest_text(request);
    let submit = |text: &str| ("submit_document", json!({ "markdown": text }));
    if tool_names(request).iter().any(|name| name == "submit_document") {
        return match told.as_str() {
            t if t.contains("Now write requirements.md") => submit(
                "# Requirements Document\n\n## Introduction\n\nNotes.\n\n## Requirements\n\n### Requirement 1: Notes\n\n\
                 **User Story:** As a reader, I want notes, so that I know.\n\n#### Acceptance Criteria\n\n1. WHEN a \
                 reader looks, THE Notes SHALL be there.\n",
            ),
            t if t.contains("Now write design.md") => submit("# Design Document\n\n## Overview\n\nFiles.\n"),
            _ => submit("# Implementation Plan\n\n- [ ] 1. Write the notes\n  - _Requirements: 1.1_\n"),
        };
    }
    let put = |path: &str, text: &str| ("write_file", json!({"path": path, "content": text, "why": "For 1.1."}));
    let edit = |path: &str, edits: Value| ("edit_file", json!({"path": path, "edits": edits, "why": "For 1.1."}));
    match told.as_str() {
        t if t.contains("notes.txt was changed, but NOT") => put("settings.txt", "name = one\nsize = 2\n"),
        t if t.contains("settings.txt was created, but NOT") => put("try.txt", "first try\nsecond line\n"),
        t if t.contains(REASON) => put("done.txt", "it is done\nand more\n"),
        t if t.contains("done.txt was created") => ("finish_task", json!({"summary": "The notes are written."})),
        t if t.contains(SENT_BACK) => edit("settings.txt", json!([{"old": "size = 3", "new": "size = 4"}])),
        t if t.contains("settings.txt was changed") => ("finish_task", json!({"summary": "The size is four."})),
        t if t.contains(NOT_MERGED) => put("more.txt", "more\n"),
        t if t.contains("more.txt was created") => ("finish_task", json!({"summary": "There is more."})),
        _ => edit(
            "notes.txt",
            json!([
                {"old": "line 05", "new": "line five"},
                {"old": "line 30", "new": "line thirty\nand a half"},
                {"old": "line 55", "new": "line fifty-five\nkept\ndropped"},
            ]),
        ),
    }
}

struct Desk<'a> {
    terminal: Terminal,
    place: &'a Place,
    provider: Provider,
    root: PathBuf,
    size: (u16, u16),
}

impl Desk<'_> {
    /// Where the work is done.
    fn worktree(&self) -> PathBuf {
        let all = git(&self.root, &["worktree", "list", "--porcelain"]);
        let mut lines = all.lines().filter_map(|l| l.strip_prefix("worktree "));
        lines.find(|l| l.ends_with(SPEC) && Path::new(l) != self.root).expect("a worktree").into()
    }

    fn file(&self, path: &str) -> String {
        std::fs::read_to_string(self.worktree().join(path)).unwrap()
    }

    /// What the model was told last.
    fn told(&self) -> String {
        newest_text(&self.provider.requests().last().unwrap().body)
    }

    fn press(&mut self, keys: &[&str]) {
        keys.iter().for_each(|key| self.terminal.press(key));
    }

    /// Waits for what is to be judged.
    #[track_caller]
    fn gate(&mut self, words: &str) -> Picture {
        self.terminal.until(&format!("`{words}` at its gate"), |p| {
            developer_is_next(p) && p.bottom().contains(words) && !p.has("Search")
        })
    }

    /// Goes to words. The search stays on: an escape that another key follows at once is another key.
    #[track_caller]
    fn go_to(&mut self, words: &str) {
        self.terminal.press("/");
        self.terminal.shows("Search");
        self.terminal.type_text(words);
        self.terminal.press("enter");
        let at_cursor = |row: &String| row.contains('▌') && row.contains(words);
        self.terminal.until(&format!("`{words}` at the cursor"), |p| !p.has("Search") && p.rows.iter().any(at_cursor));
    }

    /// Cuts the power and opens the spec again.
    fn crash(&mut self) {
        self.terminal.crash();
        self.terminal = launch(self.place, &self.provider, &self.root, self.size, &[]);
        self.terminal.shows(SPEC);
        self.press(&["enter"]);
    }

    /// Hands words in where they are asked for.
    #[track_caller]
    fn say(&mut self, asked: &str, words: &str) {
        self.terminal.until(&format!("`{asked}`"), |p| p.flat().contains(asked));
        self.terminal.type_text(words);
        self.terminal.press("ctrl-s");
        self.terminal.until("the prompt is gone", |p| !p.flat().contains(asked));
    }
}

fn launch(place: &Place, provider: &Provider, root: &Path, size: (u16, u16), more: &[&str]) -> Terminal {
    let mut arguments = vec!["--dir", root.to_str().unwrap()];
    arguments.extend(more);
    let mut launch = Launch::new(place, &arguments).size(size.0, size.1).variable("NOTES_KEY", "a-key-for-tests");
    for (name, value) in [
        ("PROVIDER", "anthropic"),
        ("NAME", "test-model"),
        ("ENDPOINT", provider.url().as_str()),
        ("KEY_ENV", "NOTES_KEY"),
    ] {
        launch = launch.variable(&format!("KIRO_TUI_MODEL_{name}"), value);
    }
    let launch = launch.variable("SHELL", place.path("shell").to_str().unwrap());
    launch.variable("KIRO_TUI_TESTS_COMMAND", "sh check.sh").start()
}

/// Three hunks: the first is taken, the second left, of the third one line is left; a line is commented on.
fn in_part(desk: &mut Desk<'_>) {
    desk.gate("change notes.txt");
    desk.go_to("line thirty");
    desk.press(&[" "]);
    desk.terminal.shows("2 of 3 hunks taken");
    desk.go_to("dropped");
    desk.press(&["x"]);
    desk.terminal.until("a line is left", |p| p.rows.iter().any(|r| r.contains("✗") && r.contains("dropped")));
    desk.go_to("kept");
    desk.press(&["c"]);
    desk.say("Comment on notes.txt, line 57", "Good as it is.");
    desk.press(&["a"]);
    desk.gate("change settings.txt");
    let wanted = notes().replace("line 05", "line five").replace("line 55\n", "line fifty-five\nkept\n");
    assert_eq!(desk.file("notes.txt"), wanted, "what was taken, byte for byte");
    let told = format!(
        "The developer approved this in part or with changes of their own. notes.txt was changed, but NOT as you \
         proposed.\n\nFrom your proposal to the file as it is now (lines with - were not taken, do not assume them; lines \
         with + stand there instead):\n\n@@ -29,4 +29,3 @@\n line 29\n-line thirty\n-and a half\n+line 30\n line 31\n@@ \
         -57,3 +56,2 @@\n kept\n-dropped\n line 56\n\nThey comment:\n\nnotes.txt, line 57 of your proposal:\n> kept\nGood \
         as it is.\n\nnotes.txt now holds exactly:\n\n{wanted}"
    );
    assert_eq!(desk.told(), told, "word for word");
}

/// The after side is edited on the screen.
fn edited(desk: &mut Desk<'_>) {
    desk.go_to("size = 2");
    desk.press(&["e"]);
    desk.terminal.shows("Edit settings.txt");
    desk.terminal.type_text("size = 3\nand ");
    desk.terminal.shows("and size = 2");
    desk.press(&["ctrl-s"]);
    desk.terminal.until("the edited change", |p| p.has("changed by you") && p.has("and size = 2"));
    desk.press(&["a"]);
    desk.gate("change try.txt");
    assert_eq!(desk.file("settings.txt"), "name = one\nsize = 3\nand size = 2\n");
    assert_eq!(
        desk.told(),
        "The developer approved this in part or with changes of their own. settings.txt was created, but NOT as you \
         proposed.\n\nFrom your proposal to the file as it is now (lines with - were not taken, do not assume them; lines \
         with + stand there instead):\n\n@@ -1,2 +1,3 @@\n name = one\n-size = 2\n+size = 3\n+and size = 2\n\nsettings.txt \
         now holds exactly:\n\nname = one\nsize = 3\nand size = 2\n"
    );
}

/// A file is rejected with a reason and a comment on a line.
fn rejected(desk: &mut Desk<'_>) {
    desk.go_to("second line");
    desk.press(&["c"]);
    desk.say("Comment on try.txt, line 2", "Why a second?");
    desk.press(&["r"]);
    desk.say("Why is the change rejected?", REASON);
    desk.gate("change done.txt");
    assert!(!desk.worktree().join("try.txt").exists());
    assert_eq!(
        desk.told(),
        format!(
            "The developer rejected this change. try.txt does not exist. Their words:\n\n{REASON}\n\ntry.txt, line \
             2 of your proposal:\n> second line\nWhy a second?"
        )
    );
    desk.press(&["a"]);
    desk.gate("command sh check.sh");
    desk.press(&["A"]);
}

/// The task's set: one file is read, another left, a line commented on; it goes back.
fn set_sent_back(desk: &mut Desk<'_>) {
    let set = desk.gate("task 1");
    assert!(set.has("0/3 reviewed"), "{set}");
    desk.press(&["]f"]);
    desk.terminal.until("the first file", |p| p.rows.iter().any(|r| r.contains("▌[x] ▾ done.txt")));
    desk.press(&["m"]);
    desk.terminal.shows("1/3 reviewed");
    desk.press(&["f"]);
    desk.terminal.until("the list of files", |p| p.has("settings.txt") && p.bottom().contains("stop typing"));
    desk.terminal.type_text("settings");
    desk.press(&["enter"]);
    desk.terminal.until("that file", |p| p.rows.iter().any(|r| r.contains("▌[x] ▾ settings.txt")));
    desk.press(&[" "]);
    desk.terminal.until("it is left", |p| p.rows.iter().any(|r| r.contains("▌[ ] ▾ settings.txt")));
    desk.press(&["a"]);
    desk.terminal.shows("1 of 3 files are not accepted");
    desk.go_to("line fifty-five");
    desk.press(&["c"]);
    desk.say("Comment on notes.txt, line 55", "Fine.");
    desk.press(&["r"]);
    desk.say("Why is the task rejected?", SENT_BACK);
    desk.gate("change settings.txt");
    assert_eq!(
        desk.told(),
        format!(
            "The developer does not accept the task as finished. Nothing was committed; the files are as they were. Their \
             words:\n\n{SENT_BACK}\n\nNot accepted:\n- settings.txt: nothing of this change is accepted\n\nnotes.txt, line \
             55:\n> line fifty-five\nFine."
        )
    );
}

/// The second round: what was read and is the same is read still, what changed is not.
fn set_accepted(desk: &mut Desk<'_>) {
    desk.press(&["a"]);
    let set = desk.gate("task 1");
    assert!(set.has("1/3 reviewed"), "{set}");
    desk.press(&["]f", "]f", "]f"]);
    desk.terminal.until("the last file", |p| p.rows.iter().any(|r| r.contains("▌[x] ▾ settings.txt")));
    desk.press(&["m"]);
    desk.terminal.shows("2/3 reviewed");
    desk.crash();
    let again = desk.gate("task 1");
    assert!(again.has("2/3 reviewed"), "the marks are there after a crash\n{again}");
    desk.press(&["]f"]);
    desk.terminal.until("the mark is at its file", |p| {
        p.rows.iter().any(|r| r.contains("▌[x] ▾ done.txt") && r.contains("✓ reviewed"))
    });
    desk.press(&["a"]);
}

/// The merge: a file is left, it goes back; then what came of it is merged.
fn merged(desk: &mut Desk<'_>) {
    let review = desk.gate("merge");
    let reviewed = |p: &Picture, words: &str| p.has(words);
    assert!(reviewed(&review, "2/"), "what was read in the task is read in the merge\n{review}");
    desk.go_to("it is done");
    desk.press(&["x"]);
    desk.press(&["a"]);
    desk.terminal.shows("files are not accepted");
    desk.press(&["r"]);
    desk.say("Why is the merge rejected?", NOT_MERGED);
    desk.gate("change more.txt");
    let told = desk.told();
    let words =
        format!("{NOT_MERGED}\n\nNot accepted:\n- done.txt: accepted, but for\n  - added line 1: `it is done`\n");
    assert!(told.contains(&words), "{told}");
    desk.press(&["a"]);
    desk.gate("task rework 1");
    desk.press(&["a"]);
    let again = desk.gate("merge");
    assert!(reviewed(&again, "2/"), "{again}");
    desk.press(&["a"]);
    desk.terminal.until("all is done", |p| p.bottom().contains("nothing is left"));
    desk.press(&["ctrl-q"]);
    desk.terminal.ended();
}

/// Every file of the main branch and the checkout, as it has to be in the end.
fn assert_merged(root: &Path) {
    let noted = notes().replace("line 05", "line five").replace("line 55\n", "line fifty-five\nkept\n");
    let files = [
        ("notes.txt", noted.as_str()),
        ("settings.txt", "name = one\nsize = 4\nand size = 2\n"),
        ("done.txt", "it is done\nand more\n"),
        ("more.txt", "more\n"),
        ("README.md", "# Notes\n"),
    ];
    for (path, text) in files {
        assert_eq!(std::fs::read_to_string(root.join(path)).unwrap(), text, "{path}");
    }
    assert!(!root.join("try.txt").exists());
    assert_eq!(git(root, &["status", "--porcelain"]), "");
    let ledger = std::fs::read_to_string(root.join(".kiro/specs/notes/approvals.jsonl")).unwrap();
    for words in [REASON, SENT_BACK, NOT_MERGED, "Why a second?", "Fine."] {
        assert!(ledger.contains(words), "{words}: {ledger}");
    }
}

/// A spec whose first change comes to its gate.
fn at_work(place: &Place, size: (u16, u16)) -> Desk<'_> {
    let (root, provider) = (project(place), provider());
    let terminal = launch(place, &provider, &root, size, &["new", "--need", "Notes"]);
    let mut desk = Desk { terminal, place, provider, root, size };
    for document in ["requirements", "design", "tasks"] {
        desk.gate(&format!("approve {document} r1"));
        desk.press(&["a"]);
    }
    desk.terminal.until("the task can start", |p| p.bottom().contains("start task 1"));
    desk.press(&["C"]);
    desk
}

fn by_keys_alone(columns: u16, rows: u16) {
    let place = Place::new();
    let mut desk = at_work(&place, (columns, rows));
    in_part(&mut desk);
    edited(&mut desk);
    rejected(&mut desk);
    set_sent_back(&mut desk);
    set_accepted(&mut desk);
    merged(&mut desk);
    assert_merged(&desk.root);
}

#[test]
fn changes_are_judged_by_keys_alone_in_80_columns() {
    by_keys_alone(80, 24);
}

#[test]
fn changes_are_judged_by_keys_alone_in_120_columns() {
    by_keys_alone(120, 40);
}

/// Yours, put back, left open: each by its key, at the smallest usual size and at a larger one.
fn own_changes(columns: u16, rows: u16) {
    let place = Place::new();
    let mut desk = at_work(&place, (columns, rows));
    desk.gate("change notes.txt");
    desk.press(&["!"]);
    let own = desk.gate("your changes in 2 files");
    assert!(own.has("Changed past this program") && own.bottom().contains("put back"), "{own}");
    desk.press(&["]f"]);
    desk.terminal.until("the first file", |p| p.rows.iter().any(|r| r.contains("▌▾ README.md")));
    // Left open, and looked at again.
    desk.press(&["esc"]);
    desk.gate("change notes.txt");
    desk.press(&["o"]);
    desk.gate("your changes in 2 files");
    // A no asks once more; no to that keeps everything.
    desk.press(&["r"]);
    let back = desk.gate("put back 2 files?");
    assert!(back.flat().contains("kept in the spec's journal only"), "{back}");
    desk.press(&["r"]);
    desk.gate("your changes in 2 files");
    assert_eq!(desk.file("own.txt"), "own\n");
    desk.press(&["r"]);
    desk.gate("put back 2 files?");
    desk.press(&["a"]);
    desk.gate("change notes.txt");
    assert_eq!(desk.file("README.md"), "# Notes\n");
    assert!(!desk.worktree().join("own.txt").exists());
    // And a yes.
    desk.press(&["!"]);
    desk.gate("your changes in 2 files");
    desk.press(&["a"]);
    desk.gate("change notes.txt");
    assert_eq!(desk.file("README.md"), "# Notes\nmine\n");
    desk.press(&["4"]);
    // Beside other panels its lines are cut.
    desk.terminal.until("what was decided", |p| p.flat().contains("you: approved own chan"));
}

#[test]
fn what_was_changed_in_a_shell_is_answered_by_keys_in_80_columns() {
    own_changes(80, 24);
}

#[test]
fn what_was_changed_in_a_shell_is_answered_by_keys_in_120_columns() {
    own_changes(120, 40);
}
