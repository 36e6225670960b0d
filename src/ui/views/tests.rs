use proptest::prelude::*;
use ratatui::buffer::Buffer;

use crate::{
    domain::{
        change::{Change, FileState, select::Taken},
        journal::{Author, Delta, Entry, Origin, Proposal},
        path::RelPath,
        phase::{Doc, TaskId},
        wire::Event,
    },
    ui::{
        album::SIZES,
        keys::Action,
        model::{
            Model, Screen,
            listing::{Kind, Listing},
            overlay::Overlay,
        },
        msg::Msg,
        panels::FileMark,
        testing::*,
        update::{perform, update},
    },
};

fn snapshot(name: &str, content: String) {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, content);
    });
}

fn home(columns: u16, rows: u16) -> Model {
    let mut model = model(columns, rows);
    listed(&mut model);
    model
}

fn listed(model: &mut Model) {
    let specs = vec![
        summary("s3-thumbnails", "design", "approve design r2", 0, 0),
        summary("audit-log-export", "execute", "", 3, 10),
        summary("a-name-so-long-that-it-cannot-be-shown-in-full-beside-all-the-rest", "merged", "", 4, 4),
    ];
    tell(model, Event::Specs(specs));
}

#[test]
fn the_list_of_specs() {
    page("home", |model| {
        listed(model);
        press(model, "j");
    });
    page("home_empty", |model| drop(tell(model, Event::Specs(Vec::new()))));
}

#[test]
fn what_waits_in_the_spec_at_the_cursor_is_read_whole_and_said_once() {
    let words = "deploy under way, not followed to its end: Thumbs (the network is gone)";
    for (columns, rows) in SIZES {
        for waiting in ["task 2 to start", words] {
            let mut model = model(columns, rows);
            tell(&mut model, Event::Specs(vec![summary("s3-thumbnails", "merge", waiting, 3, 3)]));
            let drawn = text(&draw(&mut model));
            let flat = drawn.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(flat.matches(waiting).count(), 1, "{columns}: {drawn}");
        }
    }
}

#[test]
fn why_there_is_no_model_is_said_whole() {
    let why =
        "the key of anthropic is not set: put it into the environment variable ANTHROPIC_API_KEY, or try the demo";
    for (columns, rows) in [(60, 16), (80, 24)] {
        let mut model = model(columns, rows);
        model.config.no_model = Some(why.into());
        model.specs = Some(Vec::new());
        let drawn = text(&draw(&mut model));
        let words: Vec<&str> = drawn.split_whitespace().collect();
        assert!(why.split_whitespace().all(|w| words.contains(&w)), "{drawn}");
        assert!(drawn.contains("describe a need"), "{drawn}");
    }
}

#[test]
fn why_a_draft_stopped_is_said_whole() {
    let why = "the key of anthropic is not set: put it into the environment variable ANTHROPIC_API_KEY";
    let remedy = "configure a model, then start kiro-tui again and continue";
    for arrived in ["", "Half a sentence that had arrived"] {
        let mut model = model(60, 16);
        let stopped = Entry::TurnFailed { why: why.into(), remedy: remedy.into() };
        let streamed = Entry::Streamed(Delta::Text(arrived.into()));
        open(&mut model, vec![Entry::DraftAsked(Doc::Requirements), streamed, stopped]);
        let drawn = text(&draw(&mut model));
        let flat = drawn.replace(['┃', '▌'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&format!("■ {why} {remedy}. C goes on.")) && flat.contains(arrived), "{drawn}");
    }
}

#[test]
fn why_the_agent_stopped_is_said_whole_below_every_panel() {
    let why = "the provider answered 529 three times in a row: the service is overloaded and asks clients to come back \
               later; the request was not counted";
    let remedy = "wait a little, then continue; or choose another model with --model";
    for (columns, rows) in [(60, 16), (80, 24)] {
        for panel in ["1", "2", "3", "4"] {
            let mut model = model(columns, rows);
            open(&mut model, drafted());
            record(&mut model, Entry::DraftAsked(Doc::Requirements));
            record(&mut model, Entry::TurnFailed { why: why.into(), remedy: remedy.into() });
            tell(&mut model, Event::Waiting);
            press(&mut model, panel);
            let drawn = draw(&mut model);
            let last: Vec<String> = (rows - 7..rows).map(|y| row(&drawn, y)).collect();
            let flat = last.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(&format!("■ {why} {remedy} C continue")), "{}", text(&drawn));
        }
    }
}

#[test]
fn yes_and_no_have_their_keys_in_sight_at_the_smallest_size() {
    let mut model = model(60, 16);
    open(&mut model, drafted());
    draw(&mut model);
    let last = row(&draw(&mut model), 15);
    assert!(last.contains("a approve") && last.contains("r changes") && last.contains("? keys"), "{last}");
    assert!(last.contains("WAITING  approve"), "{last}");
    open(&mut model, ready());
    record(&mut model, Entry::TaskStarted(TaskId("2".into())));
    let path = RelPath::parse("a/rather/long/path/to/a/file/of/the/project.rs").unwrap();
    let change = Change { path, from: None, before: None, after: Some(FileState::regular("x\n")) };
    let origin = Origin::Call("c".into());
    let proposal = Proposal::Change(change);
    record(&mut model, Entry::Proposed { proposal, sensitive: Vec::new(), why: String::new(), origin });
    draw(&mut model);
    let last = row(&draw(&mut model), 15);
    assert!(last.contains("a approve") && last.contains("r reject") && last.contains("? keys"), "{last}");
}

#[test]
fn the_form() {
    page("form", |model| {
        press(model, "nThumbnails of every uploaded image, in three sizes, within a minute of its upload<tab>");
        press(model, "at most 20 USD a month<enter>no VPC<tab>docs/*.md");
    });
}

#[test]
fn the_workbench() {
    page("workbench", commented);
    page("workbench_stopped", |model| {
        let why = "the connection was lost in the middle of a reply".to_owned();
        let remedy = "check the network, then continue".to_owned();
        let arrived = Entry::Streamed(Delta::Text("Half a sentence that had arrived".into()));
        open(model, vec![Entry::DraftAsked(Doc::Requirements), arrived, Entry::TurnFailed { why, remedy }]);
    });
}

#[test]
fn the_cursor_is_where_the_next_character_goes() {
    let mut model = model(80, 24);
    press(&mut model, "nabc");
    let mut buf = Buffer::empty(ratatui::layout::Rect::new(0, 0, 80, 24));
    let at = super::draw(&mut model, &mut buf).unwrap();
    assert_eq!((buf[(at.x - 1, at.y)].symbol(), buf[at].symbol()), ("c", " "));
    press(&mut model, "<esc>");
    tell(&mut model, Event::Specs(vec![summary("alpha", "design", "", 0, 0)]));
    assert_eq!(super::draw(&mut model, &mut buf), None);
    press(&mut model, "/al");
    let mut buf = Buffer::empty(buf.area);
    let at = super::draw(&mut model, &mut buf).unwrap();
    assert_eq!((buf[(at.x - 1, at.y)].symbol(), buf[at].symbol()), ("l", " "));
}

#[test]
fn help_palette_settings_and_notices() {
    page("help", |model| {
        listed(model);
        press(model, "?");
    });
    page("palette", |model| {
        listed(model);
        press(model, ":spec");
    });
    page("settings", |model| {
        let of = |name: &str| format!("{name} = \"dark\"   ~/.config/kiro-tui/config.toml:3");
        model.config.settings = ["ui.theme", "model.name", "spec.depth"].map(of).into();
        perform(model, Action::Settings);
    });
    page("notices", |model| {
        model.say(false, "copied 3 lines");
        model.say(true, "the agent refused this: another revision of design waits, and nothing was sent to it ");
        perform(model, Action::Notices);
    });
}

/// The first and the last two lines.
fn edges(model: &mut Model) -> String {
    let buf = draw(model);
    let rows = buf.area.height;
    [0, rows - 2, rows - 1].map(|y| row(&buf, y) + "\n").concat()
}

#[test]
fn where_it_stands_and_what_waits_at_every_size() {
    for (columns, rows) in SIZES {
        let mut out = String::new();
        let mut model = model(columns, rows);
        let mut show = |what: &str, model: &mut Model| out.push_str(&format!("--- {what}\n{}", edges(model)));
        open(&mut model, vec![]);
        show("new", &mut model);
        record(&mut model, Entry::DraftAsked(Doc::Requirements));
        show("drafting", &mut model);
        tell(&mut model, Event::Retrying { why: "try 2 of 4 in 3 s: the model is overloaded".into() });
        show("retrying", &mut model);
        open(&mut model, drafted());
        show("waiting", &mut model);
        press(&mut model, "1");
        show("waiting elsewhere", &mut model);
        press(&mut model, "]");
        press(&mut model, "<ctrl-c>");
        show("ctrl-c", &mut model);
        open(&mut model, ready());
        record(&mut model, Entry::TaskStarted(TaskId("2".into())));
        let call = Delta::Call { id: "c".into(), name: "write_file".into(), more: "{".into() };
        tell(&mut model, Event::Streaming(call));
        show("task", &mut model);
        let why = "the connection was lost in the middle of a reply".into();
        record(&mut model, Entry::TurnFailed { why, remedy: "check the network, then continue".into() });
        tell(&mut model, Event::Waiting);
        show("failed", &mut model);
        let mut stale = ready();
        let text = "# Requirements\n\nmore\n".into();
        stale.push(Entry::Drafted { doc: Doc::Requirements, text, author: crate::domain::journal::Author::Developer });
        open(&mut model, stale);
        show("stale", &mut model);
        snapshot(&format!("edges_{columns}x{rows}"), out);
    }
}

#[test]
fn a_question_and_prompts_over_the_workbench() {
    let asked = |model: &mut Model| {
        open(model, vec![Entry::DraftAsked(Doc::Requirements)]);
        let question = "Which image formats are uploaded? The answer decides whether the function needs a native \
                        library, and with it the size of its package.";
        let options = vec!["JPEG and PNG".into(), "Also HEIC, which phones send".into()];
        record(model, Entry::Asked { call: "c".into(), question: question.into(), options });
    };
    page("question", asked);
    page("prompt", |model| {
        asked(model);
        press(model, "3HEIC<enter>and WebP");
    });
    page("prompt_search", |model| {
        commented(model);
        press(model, "/thumb");
    });
}

#[test]
fn a_text_that_is_edited() {
    page("editor", |model| {
        open(model, drafted());
        press(model, "E");
        press(model, "<down><down>New words. ");
    });
}

#[test]
fn lists() {
    page("trace", |model| {
        traceable(model);
        press(model, "ij");
    });
    page("links", |model| {
        traceable(model);
        press(model, "ijI");
    });
    page("comments", |model| {
        commented(model);
        press(model, "L");
    });
    page("outline", |model| {
        traceable(model);
        draw(model);
        press(model, "o");
    });
    page("files", |model| {
        open(model, ready());
        let mark = |path: &str, taken, reviewed, lines, remarks| FileMark {
            path: RelPath::parse(path).unwrap(),
            taken: Some(taken),
            reviewed,
            lines: Some(lines),
            remarks,
        };
        model.marks = vec![
            mark("lambda/thumbnails.mjs", Taken::Part, true, (61, 8), 2),
            mark(
                "lambda/a/path/that/is/too/long/for/the/columns/of/a/small/terminal/handler.mjs",
                Taken::All,
                false,
                (140, 0),
                0,
            ),
            mark("README.md", Taken::None, false, (0, 3), 0),
        ];
        let listing = Listing::new(Kind::Files, model.state.as_ref().unwrap(), &model.marks);
        model.overlays.push(Overlay::List(Box::new(listing)));
    });
}

#[test]
fn findings() {
    let first = "# Requirements\n\n## Introduction\n\nOrders.\n\n### Requirement 1: Orders\n\n1. WHEN an order comes, \
                 THE Shop SHALL store it quickly.\n2. IF the store is full, THEN THE Shop SHALL refuse it.\n3. THE Shop \
                 SHALL answer within 2 seconds.\n4. THE Shop SHALL answer within 5 seconds.\n";
    let drafted = || Entry::Drafted { doc: Doc::Requirements, text: first.into(), author: Author::Agent };
    page("findings", |model| {
        open(model, vec![Entry::DraftAsked(Doc::Requirements), drafted()]);
        press(model, "{");
    });
    page("checks", |model| {
        open(model, vec![Entry::DraftAsked(Doc::Requirements), drafted()]);
        press(model, "{");
        draw(model);
        press(model, "v");
    });
}

/// Own changes at their gate, of these files.
fn own_changes(model: &mut Model, paths: &[&str]) {
    let change = |path: &&str| {
        let state = |text: &str| Some(FileState::regular(text));
        Change { path: RelPath::parse(path).unwrap(), from: None, before: state("a\n"), after: state("b\nc\n") }
    };
    let changes = paths.iter().map(change).collect();
    let mut entries = ready();
    entries.extend([Entry::TaskStarted(TaskId("1".into())), Entry::OwnFound { changes }]);
    open(model, entries);
    press(model, "3");
    draw(model);
}

#[test]
fn folders_fold_in_the_files_of_a_set_and_what_is_typed_narrows_by_whole_paths() {
    let mut model = model(80, 24);
    own_changes(&mut model, &["src/thumbnails/handler.ts", "src/thumbnails/sizes.ts", "src/index.ts"]);
    press(&mut model, "f");
    draw(&mut model);
    press(&mut model, "<down><enter>");
    let folded = text(&draw(&mut model));
    assert!(folded.contains("▸ thumbnails/") && !folded.contains("handler.ts"), "{folded}");
    press(&mut model, "handl");
    assert!(text(&draw(&mut model)).contains("src/thumbnails/handler.ts"));
    press(&mut model, "<enter>");
    assert!(model.overlays.is_empty());
}

#[test]
fn own_changes_have_a_list_of_files_without_boxes_and_its_keys_are_true() {
    let mut model = model(80, 24);
    own_changes(&mut model, &["src/thumbnails/handler.ts", "src/thumbnails/sizes.ts", "src/index.ts"]);
    let foot = |model: &mut Model| row(&draw(model), 23);
    model.size.0 = 120;
    assert!(foot(&mut model).contains("f files"), "{}", foot(&mut model));
    model.size.0 = 80;
    press(&mut model, "f");
    let list = text(&draw(&mut model));
    for told in ["Files under review", "0/3 read", "▾ src/", "▾ thumbnails/", "sizes.ts", "+4 −2", "+2 −1"] {
        assert!(list.contains(told), "{told}: {list}");
    }
    assert!(!list.contains("accepted") && !list.contains("taken"), "{list}");
    // Letters are the filter's, whatever keys they are elsewhere, and Enter does not only end the typing.
    assert!(foot(&mut model).contains("enter fold or unfold"), "{}", foot(&mut model));
    assert!(foot(&mut model).contains("esc stop typing"), "{}", foot(&mut model));
    press(&mut model, "siz");
    assert!(foot(&mut model).contains("enter go there"), "{}", foot(&mut model));
    press(&mut model, "<esc>");
    assert!(foot(&mut model).contains("q show all"), "{}", foot(&mut model));
    press(&mut model, "<esc>");
    assert!(foot(&mut model).contains("q close") && foot(&mut model).contains("/ filter"));
    press(&mut model, "/siz<enter>");
    assert!(model.overlays.is_empty());
    assert!(text(&draw(&mut model)).contains("▌▾ src/thumbnails/sizes.ts"), "{}", text(&draw(&mut model)));
    // What is read is told to the list while it is open.
    press(&mut model, "f");
    let path = RelPath::parse("src/index.ts").unwrap();
    record(&mut model, Entry::Reviewed { path, after: Some(FileState::regular("b\nc\n").digest()), read: true });
    draw(&mut model);
    assert!(text(&draw(&mut model)).contains("1/3 read"), "{}", text(&draw(&mut model)));
}

#[test]
fn the_help_of_own_changes_names_what_works_there() {
    let mut model = model(120, 40);
    own_changes(&mut model, &["src/index.ts"]);
    press(&mut model, "?");
    let Some(Overlay::Help(help)) = model.overlays.last() else { panic!() };
    let has = |action| help.rows.iter().any(|row| row.action == action);
    for works in [Action::ListFiles, Action::MarkReviewed, Action::NextFile, Action::Approve, Action::Reject] {
        assert!(has(works), "{works}");
    }
    for not in [Action::ToggleHunk, Action::ToggleLine, Action::ToggleAll, Action::Comment, Action::ApproveAlways] {
        assert!(!has(not), "{not}");
    }
}

#[test]
fn without_colour_every_meaning_is_still_there() {
    let mut plain = home(80, 24);
    let library = crate::config::theme::shipped();
    let capability = crate::ui::style::Capability::None;
    plain.config.styles = crate::ui::style::Styles::load(&library, "dark", capability).unwrap();
    let (buf, coloured) = (draw(&mut plain), draw(&mut home(80, 24)));
    assert_eq!(text(&buf), text(&coloured));
    assert!(buf.content.iter().all(|c| c.fg == ratatui::style::Color::Reset && c.bg == ratatui::style::Color::Reset));
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    for (columns, rows) in [(59, 16), (60, 15), (20, 4), (1, 1), (0, 0)] {
        let mut model = home(columns, rows);
        let drawn = text(&draw(&mut model));
        assert!(columns < 20 || drawn.contains("too"), "{drawn}");
    }
}

#[test]
fn what_models_and_files_say_is_drawn_without_control_characters() {
    let mut model = model(120, 40);
    open(&mut model, drafted());
    let evil = "a\u{1b}]0;x\u{7}\u{202e}b\u{9b}2J";
    record(&mut model, Entry::Asked { call: "c".into(), question: evil.into(), options: vec![evil.into()] });
    model.specs = Some(vec![summary("alpha", evil, evil, 1, 2)]);
    tell(&mut model, Event::Refused(evil.into()));
    model.retry = Some(evil.into());
    for screen in [Screen::Workbench, Screen::Home] {
        model.screen = screen;
        let buf = draw(&mut model);
        for cell in &buf.content {
            assert!(!cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", cell.symbol());
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Act(Action),
    Type(char),
    Paste(String),
    Size(u16, u16),
    Record(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::sample::select(Action::ALL).prop_map(Step::Act),
        3 => any::<char>().prop_map(Step::Type),
        1 => ".{0,40}".prop_map(Step::Paste),
        2 => (0u16..220, 0u16..70).prop_map(|(c, r)| Step::Size(c, r)),
        2 => (0usize..16).prop_map(Step::Record),
    ];
    prop::collection::vec(step, 1..60)
}

fn entries() -> Vec<Entry> {
    let mut entries = ready();
    entries.push(Entry::TaskStarted(TaskId("1".into())));
    entries.push(Entry::Asked { call: "c".into(), question: "Which?".into(), options: vec!["A".into()] });
    entries.push(Entry::Answered { text: "A".into() });
    entries.push(Entry::TaskHalted { why: "budget".into() });
    entries
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_actions_panics_at_any_size(steps in steps()) {
        let mut model = home(80, 24);
        open(&mut model, Vec::new());
        let mut due = entries().into_iter();
        for step in steps {
            match step {
                Step::Act(action) => { perform(&mut model, action); }
                Step::Type(c) => { press(&mut model, &c.to_string()); }
                Step::Paste(pasted) => { update(&mut model, Msg::Paste(pasted)); }
                Step::Size(columns, rows) => { update(&mut model, Msg::Resize(columns, rows)); }
                Step::Record(n) => for entry in due.by_ref().take(n) { record(&mut model, entry); },
            }
            let buf = draw(&mut model);
            prop_assert_eq!(buf.area.as_size(), model.size.into());
        }
    }
}
