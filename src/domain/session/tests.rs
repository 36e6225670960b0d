use std::collections::BTreeMap;

use super::*;
use crate::domain::{
    gate::{Identity, Subject, Verdict},
    journal::{Anchor, Author, Record},
    path::SpecName,
    spec::{Depth, SpecKind},
    turn::message::{Reply, ToolCall},
};

fn start() -> Start {
    Start {
        name: SpecName::parse("demo").unwrap(),
        need: "a need".into(),
        constraints: String::new(),
        documents: vec![],
        aws_references: vec![],
        kind: SpecKind::Feature,
        order: Order::RequirementsFirst,
        depth: Depth::Standard,
        autonomy: Autonomy::Strict,
        aws: false,
    }
}

fn fold(entries: Vec<Entry>) -> State {
    let mut state = State::default();
    for entry in entries {
        let seq = state.seq + 1;
        state.apply(&Record { seq, at: Timestamp::UNIX_EPOCH, entry }).unwrap();
    }
    state
}

fn decided(subject: Subject, digest: Digest, verdict: Verdict) -> Entry {
    let by = Identity { name: "Ada".into(), email: "a@example.org".into() };
    let decision = Decision { subject, digest, verdict, by, at: Timestamp::UNIX_EPOCH, via: Via::Keyboard };
    Entry::Decided { decision, about: "requirements r1".into(), remember: false }
}

#[test]
fn comments_go_out_once_with_the_lines_they_were_made_on() {
    let text = "# A\n\n1. THE System SHALL x\n";
    let anchor = Anchor { doc: Doc::Requirements, rev: Digest::of(text), lines: Some((3, 3)) };
    let mut entries = vec![
        Entry::Started(start()),
        Entry::DraftAsked(Doc::Requirements),
        Entry::Drafted { doc: Doc::Requirements, text: text.into(), author: Author::Agent },
        Entry::Commented { id: 1, anchor, text: "what of y?".into() },
    ];
    let state = fold(entries.clone());
    let words = state.feedback(Doc::Requirements, "Please extend.");
    assert_eq!(words, "Please extend.\n\nComment 1 on line 3: `1. THE System SHALL x`\nwhat of y?");
    entries.push(decided(Subject::Requirements, Digest::of(text), Verdict::Reject { feedback: Some(words) }));
    let state = fold(entries);
    assert_eq!(state.feedback(Doc::Requirements, ""), "");
    assert_eq!(state.wanted_scene().as_deref(), Some("requirements 2"));
}

#[test]
fn what_the_agent_says_of_a_comment_stands_beside_it_and_resolves_nothing() {
    let doc = Doc::Requirements;
    let (first, second) = ("# A\n\nx\n", "# A\n\ny\n");
    let anchor = Anchor { doc, rev: Digest::of(first), lines: Some((3, 3)) };
    let drafted = |text: &str| Entry::Drafted { doc, text: text.into(), author: Author::Agent };
    let no = Verdict::Reject { feedback: Some("see the comments".into()) };
    let state = fold(vec![
        Entry::Started(start()),
        Entry::DraftAsked(doc),
        drafted(first),
        Entry::Commented { id: 1, anchor, text: "why x?".into() },
        decided(Subject::Requirements, Digest::of(first), no),
        Entry::CommentsAnswered { doc, answers: vec![(1, "It is y now.".into()), (9, "of nothing".into())] },
        drafted(second),
        Entry::Commented { id: 2, anchor, text: "not sent".into() },
        Entry::CommentsAnswered { doc, answers: vec![(2, "too early".into())] },
    ]);
    let said: Vec<_> =
        state.comments.iter().map(|c| c.answer.as_ref().map(|a| (a.revision, a.words.as_str()))).collect();
    assert_eq!(said, [Some((2, "It is y now.")), None]);
    assert!(state.comments.iter().all(|c| !c.resolved));
}

#[test]
fn a_sent_comment_tells_whether_the_next_revision_touched_its_lines() {
    let doc = Doc::Requirements;
    let drafted = |text: &str, author| Entry::Drafted { doc, text: text.into(), author };
    let comment = |id, text: &str, line| {
        let anchor = Anchor { doc, rev: Digest::of(text), lines: Some((line, line)) };
        Entry::Commented { id, anchor, text: "?".into() }
    };
    let no = |text: &str, feedback: &str| {
        decided(Subject::Requirements, Digest::of(text), Verdict::Reject { feedback: Some(feedback.into()) })
    };
    let mut entries = vec![
        Entry::Started(start()),
        Entry::DraftAsked(doc),
        drafted("a\nb\n", Author::Agent),
        comment(1, "a\nb\n", 1),
        comment(2, "a\nb\n", 2),
        comment(3, "a\nb\n", 2),
        Entry::CommentClosed { id: 3, resolved: true },
        drafted("A\nb\n", Author::Developer),
    ];
    let became = |entries: &[Entry]| -> Vec<Option<String>> {
        let state = fold(entries.to_vec());
        state.comments.iter().map(|c| state.aftermath(c).map(|a| a.to_string())).collect()
    };
    assert_eq!(became(&entries), [None, None, None], "nothing was sent");
    entries.push(no("A\nb\n", "see the comments"));
    assert_eq!(became(&entries), [None, None, None], "the agent has not answered");
    entries.push(drafted("A\nb\nc\n", Author::Agent));
    entries.push(comment(4, "A\nb\nc\n", 3));
    let answered = |s: &str| Some(s.to_owned());
    assert_eq!(became(&entries), [answered("lines changed in r3"), answered("lines changed in r3"), None, None]);
    // Later rounds change nothing of what the first answer was.
    entries.push(no("A\nb\nc\n", "again"));
    entries.push(drafted("z\nb\nc\n", Author::Agent));
    let last = answered("untouched in r4");
    assert_eq!(became(&entries), [answered("lines changed in r3"), answered("lines changed in r3"), None, last]);
}

#[test]
fn what_was_sent_for_a_revision_that_never_came_is_sent_again() {
    let doc = Doc::Requirements;
    let drafted = |text: &str, author| Entry::Drafted { doc, text: text.into(), author };
    let comment = |id, text: &str| Entry::Commented {
        id,
        anchor: Anchor { doc, rev: Digest::of(text), lines: Some((1, 1)) },
        text: "why?".into(),
    };
    let no = |text: &str| {
        let feedback = Some("see the comments".into());
        decided(Subject::Requirements, Digest::of(text), Verdict::Reject { feedback })
    };
    let mut entries = vec![
        Entry::Started(start()),
        Entry::DraftAsked(doc),
        drafted("a\n", Author::Agent),
        comment(1, "a\n"),
        no("a\n"),
        drafted("b\n", Author::Agent),
        comment(2, "b\n"),
        comment(3, "b\n"),
        no("b\n"),
        Entry::CommentClosed { id: 3, resolved: true },
        Entry::TurnFailed { why: "stopped".into(), remedy: String::new() },
    ];
    let sent = |entries: &[Entry]| fold(entries.to_vec()).comments.iter().map(|c| c.sent).collect::<Vec<_>>();
    assert_eq!(sent(&entries), [true, true, true], "it may still go on");
    entries.push(Entry::Cancelled);
    assert_eq!(sent(&entries), [true, false, true], "one was answered, one is resolved");
    let state = fold(entries.clone());
    assert!(state.feedback(doc, "").contains("Comment 2 ") && !state.feedback(doc, "").contains("Comment 1 "));
    entries.push(no("b\n"));
    assert_eq!(sent(&entries), [true, true, true]);
    entries.push(drafted("c\n", Author::Agent));
    assert_eq!(sent(&entries), [true, true, true], "what was answered stays so");
}

#[test]
fn a_decision_on_other_bytes_is_refused_and_changes_nothing() {
    let mut state = fold(vec![
        Entry::Started(start()),
        Entry::DraftAsked(Doc::Requirements),
        Entry::Drafted { doc: Doc::Requirements, text: "a".into(), author: Author::Agent },
    ]);
    let entry = decided(Subject::Requirements, Digest::of("b"), Verdict::Approve);
    assert_eq!(state.check(&entry), Err(Refused::Moved));
    let before = format!("{state:?}");
    let record = Record { seq: state.seq + 1, at: Timestamp::UNIX_EPOCH, entry };
    assert!(state.apply(&record).is_err());
    assert_eq!(format!("{state:?}"), before);
}

#[test]
fn only_replies_that_led_on_count_as_steps() {
    let call = |id: &str| ToolCall { id: id.into(), name: "write_file".into(), arguments: serde_json::json!({}) };
    let reply = |id: &str| Message::Assistant(Reply { calls: vec![call(id)], ..Reply::default() });
    let tool = |id: &str, is_error| Message::Tool { call: id.into(), content: String::new(), is_error };
    let mut scene = Scene { name: "task 1".into(), talk: vec![Message::User { text: "go".into() }] };
    assert_eq!(scene.step(), 0);
    scene.talk.push(reply("a"));
    assert_eq!(scene.open_calls().iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["a"]);
    scene.talk.push(tool("a", true));
    assert_eq!((scene.step(), scene.open_calls().len()), (0, 0));
    scene.talk.extend([reply("b"), tool("b", false)]);
    assert_eq!(scene.step(), 1);
}

#[test]
fn streamed_pieces_are_kept_until_the_reply_is_whole() {
    let mut state = fold(vec![
        Entry::Started(start()),
        Entry::DraftAsked(Doc::Requirements),
        Entry::SceneStarted { name: "requirements 1".into(), message: "go".into() },
        Entry::Streamed(Delta::Text("Hel".into())),
        Entry::Streamed(Delta::Call { id: "c".into(), name: "submit_document".into(), more: "{\"mark".into() }),
    ]);
    state.stream(&Delta::Call { id: "c".into(), name: "submit_document".into(), more: "down\"".into() });
    assert_eq!(state.partial.text, "Hel");
    assert_eq!(state.partial.calls, [("c".into(), "submit_document".into(), "{\"markdown\"".to_owned())]);
    let _: &BTreeMap<Doc, Vec<Revision>> = &state.revisions;
}

mod renumbered {
    use super::*;

    const FIRST: &str = "# Requirements\n\n### Requirement 1: Orders\n\n#### Acceptance Criteria\n\n1. WHEN an order \
                         comes, THE Shop SHALL store it\n2. IF the store is full, THEN THE Shop SHALL refuse it\n";
    const SECOND: &str = "# Requirements\n\n### Requirement 1: Orders\n\n#### Acceptance Criteria\n\n1. THE Till SHALL \
                          take cards\n2. WHEN an order comes, THE Shop SHALL store it\n3. IF the store is full, THEN \
                          THE Shop SHALL refuse it\n";
    const DESIGN: &str = "# Design\n\nStores them (Requirement 1.1).\n\nRefuses them (Requirement 1.2).\n";

    fn drafted(doc: Doc, text: &str, author: Author) -> Vec<Entry> {
        let drafted = Entry::Drafted { doc, text: text.into(), author };
        match author {
            Author::Agent => vec![Entry::DraftAsked(doc), drafted],
            Author::Developer | Author::Found => vec![drafted],
        }
    }

    fn approved(doc: Doc, text: &str) -> Vec<Entry> {
        vec![decided(doc.subject(), Digest::of(text), Verdict::Approve), Entry::Saved { doc, commit: "c0ffee".into() }]
    }

    /// Requirements and design, then the requirements edited by the developer.
    fn edited() -> Vec<Entry> {
        let mut entries = vec![Entry::Started(start())];
        entries.extend(drafted(Doc::Requirements, FIRST, Author::Agent));
        entries.extend(approved(Doc::Requirements, FIRST));
        entries.extend(drafted(Doc::Design, DESIGN, Author::Agent));
        entries.extend(approved(Doc::Design, DESIGN));
        entries.extend(drafted(Doc::Requirements, SECOND, Author::Developer));
        entries.extend(approved(Doc::Requirements, SECOND));
        entries
    }

    fn moved(state: &State) -> Vec<(usize, String)> {
        let found = state.findings();
        let own = found.iter().filter(|f| f.code == crate::domain::spec::checks::RENUMBERED);
        own.map(|f| (f.line, f.todo.split(';').next().unwrap_or_default().to_owned())).collect()
    }

    #[test]
    fn links_that_an_edit_renumbered_are_found_and_rewritten_once() {
        let state = fold(edited());
        let (one, two) = ("Rewrite the link 1.1 to 1.2".to_owned(), "Rewrite the link 1.2 to 1.3".to_owned());
        assert_eq!(moved(&state), [(3, one), (5, two.clone())]);
        let (over, text, count) = state.relinked(Doc::Design).unwrap();
        assert_eq!((over, count), (Digest::of(DESIGN), 2));
        assert_eq!(text, DESIGN.replace("1.2", "1.3").replace("1.1", "1.2"));
        let mut entries = edited();
        entries.extend(drafted(Doc::Design, &text, Author::Developer));
        let state = fold(entries.clone());
        assert!(moved(&state).is_empty() && state.relinked(Doc::Design).is_none());
        // It is another revision, and waits for its own yes.
        assert_eq!(state.flow.waiting().map(|w| w.digest), Some(Digest::of(&text)));
        // An edit beside the links does not make them mean something else.
        let beside = DESIGN.replace("Refuses them (", "Refuses all of them (");
        let mut entries = edited();
        entries.extend(drafted(
            Doc::Design,
            &beside.replace("(Requirement 1.2)", "(Requirement 1.3)"),
            Author::Developer,
        ));
        assert_eq!(moved(&fold(entries)), [(3, "Rewrite the link 1.1 to 1.2".to_owned())]);
    }

    #[test]
    fn what_is_drafted_after_the_renumbering_is_taken_at_its_word() {
        let mut entries = edited();
        entries.extend(drafted(Doc::Design, &format!("{DESIGN}\nMore.\n"), Author::Agent));
        assert_eq!(moved(&fold(entries)), []);
        // A draft that is not finished changes nothing of what stands.
        let mut entries = edited();
        entries.push(Entry::DraftAsked(Doc::Design));
        assert_eq!(fold(entries).relinked(Doc::Design).map(|(over, ..)| over), Some(Digest::of(DESIGN)));
    }
}
