//! What the tests of the screen share: a model, keys, records, and a drawn buffer as text.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{Timestamp, tz::TimeZone};
use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    UiConfig, album,
    keys::{Keymap, shipped},
    model::Model,
    msg::{Msg, Request},
    panels::{ActivityPanel, DiffPanel},
    style::{Capability, Styles},
    update::update,
    views,
};
use crate::{
    config::theme,
    domain::{
        change::{Change, FileState},
        digest::Digest,
        gate::{Decision, Identity, Subject, Verdict, Via},
        journal::{Anchor, Author, Entry, Record, Start},
        path::{RelPath, SpecName},
        phase::{Autonomy, Doc, Order, TaskId},
        session::{AppliedChange, State},
        spec::{Depth, SpecKind},
        wire::{Command, Event, SpecSummary},
    },
};

/// The dark theme in full colour.
pub(super) fn dark() -> Styles {
    Styles::load(&theme::shipped(), "dark", Capability::TrueColor).unwrap()
}

/// The default keys.
pub(super) fn config(styles: &Styles) -> UiConfig {
    let mut config = UiConfig::new(styles.clone(), Keymap::load(&shipped(), "default", None).unwrap());
    config.model = "a-model".into();
    config.demo = true;
    config
}

/// An empty screen of a size.
pub(super) fn model(columns: u16, rows: u16) -> Model {
    model_in(&dark(), (columns, rows))
}

/// An empty screen in these styles. What comes when it comes, or differs from machine to machine, is
/// not drawn.
pub(super) fn model_in(styles: &Styles, size: (u16, u16)) -> Model {
    let mut model = Model::new(config(styles), None);
    model.bench.activity = ActivityPanel::in_zone(TimeZone::UTC);
    model.bench.diff = DiffPanel::plain();
    model.size = size;
    model.now = Timestamp::from_second(1_000_000).unwrap();
    model
}

/// What the form makes.
pub(super) fn start() -> Start {
    Start {
        name: SpecName::parse("s3-thumbnails").unwrap(),
        need: "Thumbnails of uploaded images".into(),
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

/// Opens a spec with these entries in its journal.
pub(super) fn open(model: &mut Model, entries: Vec<Entry>) -> Vec<Request> {
    let mut state = State::default();
    for entry in std::iter::once(Entry::Started(start())).chain(entries) {
        let record = Record { seq: state.seq + 1, at: Timestamp::UNIX_EPOCH, entry };
        state.apply(&record).unwrap();
    }
    let at_work = state.flow.due().is_some() && state.halt.is_none();
    let mut requests = tell(model, Event::Opened(Box::new(state)));
    model.bench.activity = ActivityPanel::in_zone(TimeZone::UTC);
    if !at_work {
        requests.extend(tell(model, Event::Waiting));
    }
    let _ = draw(model);
    requests
}

/// The agent tells something.
pub(super) fn tell(model: &mut Model, event: Event) -> Vec<Request> {
    update(model, Msg::Agent(event))
}

/// The agent writes a record.
pub(super) fn record(model: &mut Model, entry: Entry) -> Vec<Request> {
    let seq = model.state.as_ref().map_or(0, |s| s.seq) + 1;
    tell(model, Event::Recorded(Box::new(Record { seq, at: Timestamp::UNIX_EPOCH, entry })))
}

/// Requirements drafted and waiting.
pub(super) fn drafted() -> Vec<Entry> {
    let text = "# Requirements\n\n1. WHEN an image arrives THE SYSTEM SHALL make a thumbnail\n";
    vec![
        Entry::DraftAsked(Doc::Requirements),
        Entry::Drafted { doc: Doc::Requirements, text: text.into(), author: Author::Agent },
    ]
}

/// A yes of the developer.
pub(super) fn approved(subject: Subject, digest: Digest) -> Entry {
    let by = Identity { name: "Ada".into(), email: "ada@example.org".into() };
    let at = Timestamp::UNIX_EPOCH;
    let decision = Decision { subject, digest, verdict: Verdict::Approve, by, at, via: Via::Keyboard };
    Entry::Decided { decision, about: subject.to_string(), remember: false }
}

/// All documents approved, with three tasks.
pub(super) fn ready() -> Vec<Entry> {
    let tasks = "# Implementation Plan\n\n- [ ] 1. Sizes\n- [ ] 2. Handler\n- [ ] 3. Stack\n";
    let mut entries = Vec::new();
    for (doc, text) in [(Doc::Requirements, "# Requirements\n"), (Doc::Design, "# Design\n"), (Doc::Tasks, tasks)] {
        entries.push(Entry::DraftAsked(doc));
        entries.push(Entry::Drafted { doc, text: text.into(), author: Author::Agent });
        entries.push(approved(doc.subject(), Digest::of(text)));
        entries.push(Entry::Saved { doc, commit: "0123456789abcdef".into() });
    }
    entries
}

/// All documents approved, with what belongs together in them: 1.1 done and committed, 1.2 under
/// way, 2.1 forgotten.
pub(super) fn traceable(model: &mut Model) {
    let requirements = "# Requirements Document\n\n## Requirements\n\n### Requirement 1: Thumbnails\n\n#### Acceptance \
                        Criteria\n\n1. WHEN an image is uploaded, THE Thumbnailer SHALL write a thumbnail of 128 \
                        pixels.\n2. IF the object is no image, THEN THE Thumbnailer SHALL skip it.\n\n### Requirement \
                        2: Cost\n\n#### Acceptance Criteria\n\n1. THE Thumbnailer SHALL use no more than 256 MB of \
                        memory, whatever the size of the image that was uploaded may be.\n";
    let design = "# Design\n\nMeets Requirement 1.\n\n### Property 1: One thumbnail an image\n\nFor any image there is \
                  one thumbnail.\n\n**Validates: Requirements 1.1**\n";
    let tasks = "# Implementation Plan\n\n- [ ] 1. Thumbnails\n  - [x] 1.1 Sizes\n    - _Requirements: 1.1_\n  - [ ] 1.2 \
                 Handler\n    - _Requirements: 1.2_\n- [ ]* 2. Measure\n";
    let texts = [(Doc::Requirements, requirements), (Doc::Design, design), (Doc::Tasks, tasks)];
    let found = texts.map(|(doc, text)| Entry::Found { doc, text: text.into(), recorded: true });
    let mut entries = Vec::from(found);
    entries.push(Entry::TaskStarted(TaskId("1.2".into())));
    open(model, entries);
    let state = model.state.as_mut().unwrap();
    for (task, path, committed) in
        [("1.1", "lambda/sizes.mjs", true), ("1.1", "test/sizes.test.mjs", true), ("1.2", "lambda/handler.mjs", false)]
    {
        let path = RelPath::parse(path).unwrap();
        let text = if path.as_str().contains(".test.") { "test('1.1: one thumbnail', f);\n" } else { "x\n" };
        let change = Change { path, from: None, before: None, after: Some(FileState::regular(text)) };
        state.applied.push(AppliedChange { task: TaskId(task.into()), change, committed, own: false });
    }
    state.commits.push(("c0ffee0123456789".into(), "task 1.1".into()));
    press(model, "2");
}

/// Requirements in their second revision, with a comment resolved, one sent, and two open.
pub(super) fn commented(model: &mut Model) {
    let first = "# Requirements\n\n1. THE Thumbnailer SHALL be fast.\n2. THE Thumbnailer SHALL be cheap.\n";
    let second =
        "# Requirements\n\n1. THE Thumbnailer SHALL answer within 2 seconds.\n2. THE Thumbnailer SHALL be cheap.\n";
    let comment = |id, text: &str, line, words: &str| {
        let lines = Some((line, line));
        let anchor = Anchor { doc: Doc::Requirements, rev: Digest::of(text), lines };
        Entry::Commented { id, anchor, text: words.into() }
    };
    let by = Identity { name: "Ada".into(), email: "a@example.org".into() };
    let (subject, digest, at, via) = (Subject::Requirements, Digest::of(first), Timestamp::UNIX_EPOCH, Via::Keyboard);
    let verdict = Verdict::Reject { feedback: Some("see the comments".into()) };
    let decision = Decision { subject, digest, verdict, by, at, via };
    let drafted = |text: &str| {
        let author = Author::Agent;
        [Entry::DraftAsked(Doc::Requirements), Entry::Drafted { doc: Doc::Requirements, text: text.into(), author }]
    };
    let mut entries = Vec::from(drafted(first));
    entries.extend([
        comment(1, first, 3, "How fast?"),
        comment(2, first, 4, "What may it cost in a month, and with how many images?"),
        comment(3, first, 1, "Name the Lambda."),
        Entry::Decided { decision, about: "requirements r1".into(), remember: false },
        Entry::CommentsAnswered {
            doc: Doc::Requirements,
            answers: vec![(1, "It answers within 2 seconds now; see line 3.".into())],
        },
        drafted(second)[1].clone(),
        Entry::CommentClosed { id: 3, resolved: true },
        comment(4, second, 4, "Say it in USD."),
        comment(5, second, 3, "At which percentile?"),
    ]);
    open(model, entries);
}

/// A spec in the list.
pub(super) fn summary(name: &str, phase: &str, waiting: &str, done: usize, tasks: usize) -> SpecSummary {
    SpecSummary {
        name: SpecName::parse(name).unwrap(),
        phase: phase.into(),
        waiting: waiting.into(),
        done,
        tasks,
        approved: if tasks > 0 { 3 } else { 1 },
        journaled: true,
        changed_s: 1_000_000 - 7_200,
    }
}

/// Presses keys, written one after another: `a`, `<esc>`, `<ctrl-s>`.
pub(super) fn press(model: &mut Model, keys: &str) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (name, after) = match rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
            Some((name, after)) if !name.is_empty() => (name.to_owned(), after),
            _ => (c.to_string(), &rest[c.len_utf8()..]),
        };
        rest = after;
        let (held, key) = match name.split_once('-') {
            Some(("ctrl", key)) => (KeyModifiers::CONTROL, key),
            Some(("alt", key)) => (KeyModifiers::ALT, key),
            Some(_) | None => (KeyModifiers::NONE, name.as_str()),
        };
        let code = match key {
            "esc" => KeyCode::Esc,
            "enter" => KeyCode::Enter,
            "tab" => KeyCode::Tab,
            "backtab" => KeyCode::BackTab,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "backspace" => KeyCode::Backspace,
            "f1" => KeyCode::F(1),
            key => KeyCode::Char(key.chars().next().unwrap()),
        };
        requests.extend(update(model, Msg::Key(KeyEvent::new(code, held))));
    }
    requests
}

/// The commands among some requests.
pub(super) fn sent(requests: &[Request]) -> Vec<Command> {
    let command = |r: &Request| if let Request::Send(c) = r { Some(c.clone()) } else { None };
    // That a document was read, and what is being written, is told beside what a key does.
    let beside = |c: &Command| matches!(c, Command::Read { .. } | Command::Keep(_));
    requests.iter().filter_map(command).filter(|c| !beside(c)).collect()
}

/// Draws the model at its size.
pub(super) fn draw(model: &mut Model) -> Buffer {
    let mut buf = Buffer::empty(Rect::new(0, 0, model.size.0, model.size.1));
    views::draw(model, &mut buf);
    buf
}

/// A row of a buffer as text.
pub(super) fn row(buf: &Buffer, y: u16) -> String {
    let text: String = (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect();
    text.trim_end().to_owned()
}

/// A whole buffer as text.
pub(super) fn text(buf: &Buffer) -> String {
    (0..buf.area.height).map(|y| row(buf, y) + "\n").collect()
}

/// A page of the whole screen, after something was done to an empty one.
#[track_caller]
pub(super) fn page(name: &str, make: impl Fn(&mut Model)) {
    album::page(name, |styles, size| {
        let mut model = model_in(styles, size);
        make(&mut model);
        // What the first drawing finds out, such as where a search leads, is there in the second.
        draw(&mut model);
        let shown = album::views::of_model(&model);
        assert!(shown.contains(&name), "this is {shown:?}");
        draw(&mut model)
    });
}
