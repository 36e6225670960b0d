//! A document reviewed by keys alone: read, commented on, sent back, compared, folded, edited here and
//! in another editor, approved; with the power going out in between.

use serde_json::json;

use crate::terminal::{Launch, Place, Terminal, git};

fn requirements(limit: &str, guest: &str) -> String {
    let filler: String = (1..=12).map(|i| format!("Background paragraph {i} of the greeter.\n\n")).collect();
    format!(
        "# Requirements Document\n\n## Introduction\n\nA greeter for visitors.\n\n{filler}## Requirements\n\n### Requirement 1: \
         Greeting\n\n**User Story:** As a visitor, I want to be greeted, so that I feel welcome.\n\n#### Acceptance \
         Criteria\n\n1. WHEN it runs, THE Greeter SHALL say hello within {limit}.\n2. IF nobody is there, THEN THE Greeter \
         SHALL stay silent.\n\n### Requirement 2: Guests\n\n**User Story:** As a guest, I want my name said, so that I \
         feel known.\n\n#### Acceptance Criteria\n\n1. WHEN a name is given, THE Greeter SHALL {guest}.\n\n## Notes\n\n\
         ```sh\necho hello\n```\n"
    )
}

fn recording() -> String {
    let line = |scene: &str, markdown: &str| {
        let call = json!({"id": scene, "name": "submit_document", "arguments": {"markdown": markdown}});
        let reply = json!({"text": "", "reasoning": "", "calls": [call]});
        json!({"v": 1, "scene": {"name": scene, "step": 0}, "reply": reply}).to_string() + "\n"
    };
    let (first, second) = (requirements("a moment", "say it"), requirements("2 seconds", "say it once"));
    line("requirements 1", &first) + &line("requirements 2", &second)
}

/// Goes to words. The search stays on: an escape that another key follows at once is another key.
fn go_to(terminal: &mut Terminal, words: &str) {
    terminal.press("/");
    terminal.shows("Search");
    terminal.type_text(words);
    terminal.press("enter");
    terminal.until(&format!("`{words}` in sight"), |p| p.has(words) && !p.has("Search"));
}

/// Looking for nothing ends a search.
fn end_search(terminal: &mut Terminal) {
    terminal.press("/");
    terminal.shows("Search");
    terminal.press("enter");
    terminal.until("no search", |p| !p.has("Search"));
}

/// Writes a comment with a key, and waits until the prompt names what it is on.
fn comment(terminal: &mut Terminal, key: &str, on: &str, words: &str) {
    terminal.press(key);
    terminal.until(&format!("a prompt on {on}"), |p| p.flat().contains(on));
    terminal.type_text(words);
    terminal.press("ctrl-s");
    terminal.until("the prompt is gone", |p| !p.has("sent with a request"));
}

/// Reads the document from its beginning to its end.
fn read(terminal: &mut Terminal) {
    terminal.press("g");
    terminal.shows("# Requirements Document");
    loop {
        let before = terminal.until("a whole frame", |_| true);
        terminal.press("pgdn");
        let now = terminal.until("the next page", |p| p != &before);
        if now.has("echo hello") {
            return;
        }
    }
}

fn start(place: &Place, root: &std::path::Path, more: &[&str]) -> Terminal {
    let tape = place.path("tape.jsonl");
    let mut arguments = vec!["--dir", root.to_str().unwrap(), "--replay", tape.to_str().unwrap()];
    arguments.extend(more);
    Launch::new(place, &arguments).variable("EDITOR", "sed -i s/Mine/Ours/").start()
}

#[test]
fn a_document_is_reviewed_by_keys_alone() {
    let place = Place::new();
    let root = place.repository("greeter", &[("README.md", "# Greeter\n")]);
    std::fs::write(place.path("tape.jsonl"), recording()).unwrap();
    let mut terminal = start(&place, &root, &["new", "--need", "Greet"]);
    terminal.waits("approve requirements r1");
    read(&mut terminal);

    // On a line, a range, a requirement, the document.
    go_to(&mut terminal, "say hello");
    comment(&mut terminal, "c", "criterion 1.1 (line", "Too vague.");
    go_to(&mut terminal, "A greeter for");
    terminal.press("V");
    terminal.press("j");
    terminal.press("j");
    comment(&mut terminal, "c", "lines 5 to", "Shorter, please.");
    go_to(&mut terminal, "As a guest");
    comment(&mut terminal, "p", "requirement 2 (lines", "Only once.");
    comment(&mut terminal, "D", "Comment on requirements", "In general fine.");
    terminal.press("L");
    let list = terminal.shows("4 open, 0 sent");
    assert!(list.has("In general fine."), "{list}");

    // One is edited in the list, one deleted there.
    terminal.press("g");
    terminal.until("the first entry at the cursor", |p| p.has("▸● requirements   "));
    terminal.press("e");
    terminal.shows("Comment on requirements again");
    terminal.type_text(" Really.");
    terminal.press("ctrl-s");
    terminal.shows("In general fine. Really.");
    terminal.press("/");
    terminal.type_text("Shorter");
    terminal.press("enter");
    terminal.until("one entry", |p| p.has("Shorter") && !p.has("Too vague"));
    terminal.press("x");
    terminal.shows("3 open, 0 sent");
    terminal.press("esc");
    terminal.shows("Too vague");
    terminal.press("esc");
    terminal.until("the list is gone", |p| !p.has("3 open"));

    // One request with all of them, that names a part.
    go_to(&mut terminal, "stay silent");
    terminal.press("P");
    terminal.until("the part is named", |p| p.flat().contains("What shall change in criterion 1.2"));
    terminal.type_text("Silent for how long?");
    terminal.press("ctrl-s");

    // What changed since it was read, and whether the comments were answered.
    let second = terminal.waits("approve requirements r2");
    assert!(second.has("changed since r1"), "{second}");
    terminal.press(")");
    terminal.until("the first change", |p| p.has("within 2 seconds"));
    terminal.press("d");
    let changes = terminal.shows("r1→r2");
    assert!(changes.flat().contains("within [-a-]{+2+} ~ [-moment-]{+seconds+}."), "{changes}");
    terminal.press("t");
    terminal.until("as lines", |p| p.has("hunk 1 of"));
    terminal.press("d");
    terminal.press("t");
    terminal.until("rendered again", |p| !p.has("hunk 1 of") && !p.has("r1→r2"));
    terminal.press("g");
    terminal.press("]");
    terminal.press("]");
    let at = terminal.shows("lines changed in r2  Too vague.");
    assert!(at.has("Too vague."), "{at}");
    go_to(&mut terminal, "Too vague.");
    terminal.press("x");
    terminal.shows("✓ resolved  Too vague.");

    end_search(&mut terminal);

    // Folds never hide that there is a comment; a section is gone to from the list of them.
    terminal.press("_");
    let folded = terminal.shows("folded");
    assert!(folded.flat().contains("comments (+ unfolds)"), "{folded}");
    terminal.press("o");
    terminal.shows("Requirement 2: Guests");
    terminal.press("/");
    terminal.type_text("Guests");
    terminal.press("enter");
    terminal.press("enter");
    terminal.shows("▌· ### Requirement 2: Guests");
    terminal.press("=");
    terminal.until("nothing is folded", |p| !p.has("folded"));

    // Edited here: a new revision that asks again, and whose it is can be told.
    go_to(&mut terminal, "A greeter for");
    terminal.press("E");
    terminal.shows("Edit requirements r2");
    terminal.type_text("Mine. ");
    terminal.shows("Mine. A greeter");
    terminal.press("ctrl-s");
    let third = terminal.waits("approve requirements r3");
    assert!(third.has("yours"), "{third}");
    terminal.press("B");
    terminal.until("the developer's line", |p| p.rows.iter().any(|r| r.contains("r3 you") && r.contains("Mine.")));
    terminal.press("B");

    // In another editor.
    terminal.press("ctrl-e");
    terminal.waits("approve requirements r4");
    terminal.shows("Ours. A greeter");

    // What was read is known after a crash.
    terminal.crash();
    let mut terminal = start(&place, &root, &[]);
    terminal.shows("greet");
    terminal.press("enter");
    let again = terminal.waits("approve requirements r4");
    assert!(again.has("┃ Ours. A greeter") && again.has("· Background paragraph 1"), "{again}");

    // A large paste arrives whole.
    go_to(&mut terminal, "Ours. A greeter");
    terminal.press("E");
    terminal.shows("Edit requirements r4");
    let pasted: String =
        (0..4_000).map(|i| format!("Pasted line {i}, with enough words to weigh something.\r")).collect();
    assert!(pasted.len() > 200_000);
    terminal.paste(&pasted);
    terminal.until("the end of the paste", |p| p.has("line 4005 of"));
    terminal.press("ctrl-s");
    terminal.waits("approve requirements r5");
    terminal.press("a");
    terminal.until("approved", |p| p.top().contains("✓ Req"));
    terminal.press("ctrl-q");
    terminal.ended();

    let shown = |path: &str| git(&root, &["show", &format!("kiro/greet:.kiro/specs/greet/{path}")]);
    let wanted = requirements("2 seconds", "say it once");
    let kept = pasted.replace('\r', "\n");
    let wanted = wanted.replace("A greeter for visitors.", &format!("{kept}Ours. A greeter for visitors."));
    assert!(shown("requirements.md") == wanted.trim_end(), "what was approved is what was there and was typed");
    let ledger = shown("approvals.jsonl");
    for words in [
        "In criterion 1.2 (line",
        "Silent for how long?",
        "on criterion 1.1 (line",
        "on requirement 2 (lines",
        "Really.",
    ] {
        assert!(ledger.contains(words), "{words}: {ledger}");
    }
    assert!(!ledger.contains("Shorter, please."), "what was deleted was not sent");
}
