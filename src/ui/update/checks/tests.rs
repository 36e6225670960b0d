use crate::{
    domain::{
        digest::Digest,
        journal::{Anchor, Author, Delta, Entry},
        phase::Doc,
        wire::{Command, Event},
    },
    ui::{model::Model, msg::Request, panels::PanelId, testing::*},
};

const FIRST: &str = "# Requirements Document\n\n## Introduction\n\nOrders.\n\n### Requirement 1: Orders\n\n#### \
                     Acceptance Criteria\n\n1. WHEN an order comes, THE Shop SHALL store it quickly.\n2. IF the store is \
                     full, THEN THE Shop SHALL refuse it.\n3. THE Shop SHALL answer in several languages.\n";

/// The same with a criterion put in before all others.
fn second() -> String {
    FIRST
        .replace("3. THE Shop", "4. THE Shop")
        .replace("2. IF", "3. IF")
        .replace("1. WHEN", "1. THE Till SHALL take cards.\n2. WHEN")
}

const DESIGN: &str = "# Design\n\nStores orders (Requirement 1.1).\n\nRefuses them (Requirements 1.2-1.3).\n";

fn drafted(doc: Doc, text: &str, author: Author) -> Vec<Entry> {
    let drafted = Entry::Drafted { doc, text: text.into(), author };
    if author == Author::Agent { vec![Entry::DraftAsked(doc), drafted] } else { vec![drafted] }
}

fn approved_doc(doc: Doc, text: &str) -> Vec<Entry> {
    let saved = Entry::Saved { doc, commit: "0123456789abcdef".into() };
    vec![approved(doc.subject(), Digest::of(text)), saved]
}

/// Requirements with findings, at their gate.
fn vague(columns: u16, rows: u16) -> Model {
    let mut model = model(columns, rows);
    open(&mut model, drafted(Doc::Requirements, FIRST, Author::Agent));
    model
}

/// The design is approved, then the requirements are edited and approved again.
fn renumbered(columns: u16, rows: u16) -> Model {
    let mut model = model(columns, rows);
    let mut entries = drafted(Doc::Requirements, FIRST, Author::Agent);
    entries.extend(approved_doc(Doc::Requirements, FIRST));
    entries.extend(drafted(Doc::Design, DESIGN, Author::Agent));
    entries.extend(approved_doc(Doc::Design, DESIGN));
    entries.extend(drafted(Doc::Requirements, &second(), Author::Developer));
    entries.extend(approved_doc(Doc::Requirements, &second()));
    open(&mut model, entries);
    model
}

fn comment(requests: &[Request]) -> (Anchor, String) {
    match sent(requests).as_slice() {
        [Command::Comment { anchor, text }] => (*anchor, text.clone()),
        other => panic!("no comment: {other:?}"),
    }
}

fn line(model: &Model) -> usize {
    model.bench.document.at().map_or(0, |(.., line)| line)
}

fn notice(model: &Model) -> String {
    model.notice.as_ref().map(|n| n.text.clone()).unwrap_or_default()
}

#[test]
fn one_key_goes_to_each_finding_and_tells_it() {
    let mut model = vague(80, 24);
    let mut seen = Vec::new();
    for _ in 0..4 {
        press(&mut model, "}");
        draw(&mut model);
        seen.push(line(&model));
    }
    // After the last comes the first.
    assert_eq!(seen, [7, 11, 13, 1], "{:?}", model.checked.all());
    for _ in 0..2 {
        press(&mut model, "}");
        draw(&mut model);
    }
    assert_eq!(notice(&model), "finding 3 of 4; F makes it a comment for the agent");
    press(&mut model, "{");
    draw(&mut model);
    assert_eq!(line(&model), 7);
}

/// All words of a finding, in order, are on the screen, whatever the lines they are broken into.
fn is_whole(shown: &str, finding: &crate::domain::spec::checks::Finding) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let all: Vec<String> = shown.lines().flat_map(|l| words(l.trim_matches(['┃', '│', ' ']))).collect();
    let has = |text: &str| all.windows(words(text).len()).any(|w| w == words(text));
    has(&finding.what) && has(finding.why) && has(&finding.todo)
}

#[test]
fn what_was_found_at_the_cursor_is_told_whole() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut model = vague(columns, rows);
        for _ in 0..model.checked.all().len() {
            press(&mut model, "}");
            draw(&mut model);
            let shown = text(&draw(&mut model));
            let (at, all) = (line(&model), model.checked.all().to_vec());
            let here: Vec<_> = all.iter().filter(|f| f.line == at).collect();
            assert!(!here.is_empty() && here.iter().all(|f| is_whole(&shown, f)), "{here:?}\n{shown}");
        }
        // And in the list of the checks, of the one that is chosen.
        press(&mut model, "v");
        for finding in model.checked.all().to_vec() {
            let shown = text(&draw(&mut model));
            assert!(is_whole(&shown, &finding), "{finding:?}\n{shown}");
            press(&mut model, "j");
        }
    }
}

#[test]
fn a_finding_is_marked_in_the_margin_and_told_in_the_border() {
    let mut model = vague(100, 30);
    press(&mut model, "2g");
    let shown = text(&draw(&mut model));
    let marked = shown.lines().find(|l| l.contains("quickly") && l.contains("WHEN an order")).unwrap();
    assert!(marked.contains("┃!"), "{shown}");
    press(&mut model, "}");
    draw(&mut model);
    press(&mut model, "}");
    let shown = text(&draw(&mut model));
    assert!(shown.lines().any(|l| l.contains("! 1.1 says \"quickly\"")), "{shown}");
    // Beside a criterion without findings stands its form.
    press(&mut model, "j");
    let shown = text(&draw(&mut model));
    assert!(shown.contains("1.2 unwanted"), "{shown}");
}

#[test]
fn one_key_makes_the_finding_a_comment_on_its_line() {
    let mut model = vague(80, 24);
    press(&mut model, "2}");
    draw(&mut model);
    press(&mut model, "}");
    draw(&mut model);
    let requests = press(&mut model, "F");
    let anchor = Anchor { doc: Doc::Requirements, rev: Digest::of(FIRST), lines: Some((11, 11)) };
    let (at, text) = comment(&requests);
    assert_eq!(at, anchor);
    assert!(text.starts_with("1.1 says \"quickly\". No test can decide it") && text.contains("within what time"));
    record(&mut model, Entry::Commented { id: 1, anchor, text });
    assert_eq!(sent(&press(&mut model, "F")), [], "it is staged once");
    assert!(notice(&model).contains("staged already"));
    press(&mut model, "gjjF");
    assert!(notice(&model).contains("nothing was found on this line"), "{}", notice(&model));
    // From the list of checks the same key does the same.
    press(&mut model, "v");
    draw(&mut model);
    press(&mut model, "G");
    let (anchor, _) = comment(&press(&mut model, "F"));
    assert_eq!(anchor.lines, Some((13, 13)));
}

#[test]
fn a_jump_to_a_finding_is_taken_back_by_one_key() {
    let mut model = vague(120, 40);
    press(&mut model, "v");
    draw(&mut model);
    press(&mut model, "G<enter>");
    draw(&mut model);
    assert_eq!((model.focus, line(&model)), (PanelId::Document, 13));
    press(&mut model, "b");
    assert_eq!(model.focus, PanelId::Spec);
    press(&mut model, "b");
    assert!(notice(&model).contains("no jump"));
}

#[test]
fn renumbered_links_are_rewritten_by_one_key_as_an_edit_of_the_developer() {
    let mut model = renumbered(80, 24);
    assert_eq!(model.focus, PanelId::Document);
    let own: Vec<(usize, String)> =
        model.checked.all().iter().filter(|f| f.code == "renumbered-id").map(|f| (f.line, f.what.clone())).collect();
    assert_eq!(own.len(), 2);
    assert!(own[0].0 == 3 && own[0].1.starts_with("1.1 is 1.2 by now (\"WHEN an order comes"), "{own:?}");
    let requests = press(&mut model, "W");
    let text = "# Design\n\nStores orders (Requirement 1.2).\n\nRefuses them (Requirements 1.3-1.4).\n";
    let edit = Command::Edit { doc: Doc::Design, over: Digest::of(DESIGN), text: text.into() };
    assert_eq!(sent(&requests), [edit]);
    for entry in drafted(Doc::Design, text, Author::Developer) {
        record(&mut model, entry);
    }
    let waiting = model.state.as_ref().unwrap().flow.waiting().unwrap();
    assert_eq!(waiting.digest, Digest::of(text), "it asks again");
    assert!(!model.checked.all().iter().any(|f| f.code == "renumbered-id"));
    assert_eq!(sent(&press(&mut model, "W")), []);
    assert!(notice(&model).contains("no link has to be rewritten"), "{}", notice(&model));
}

#[test]
fn what_is_being_written_is_checked_line_by_line() {
    let mut model = model(120, 40);
    open(&mut model, vec![Entry::DraftAsked(Doc::Requirements)]);
    let raw = serde_json::json!({ "markdown": FIRST }).to_string();
    let mut counts = Vec::new();
    for piece in raw.as_bytes().chunks(7) {
        let more = String::from_utf8(piece.to_vec()).unwrap();
        let delta = Delta::Call { id: "c".into(), name: "submit_document".into(), more };
        tell(&mut model, Event::Streaming(delta));
        counts.push(model.checked.all().len());
    }
    assert_eq!(counts.first(), Some(&0));
    assert!(counts.is_sorted() && counts.last() == Some(&2), "{counts:?}");
    let shown = text(&draw(&mut model));
    assert!(shown.contains("Checks so") && shown.contains("EARS 3/3"), "{shown}");
    // It cannot be commented on before it is whole.
    press(&mut model, "2}F");
    assert!(notice(&model).contains("still being written"), "{}", notice(&model));
}
