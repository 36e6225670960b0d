use super::{Command, EditPurpose, Model, Msg, PanelId, Request, Screen, start as begin, update};
use crate::{
    domain::{
        cloud::{
            Account,
            desk::{CloudAsk, Deployment, Target},
        },
        digest::Digest,
        gate::{Subject, Verdict},
        journal::{Anchor, Entry},
        path::SpecName,
        phase::{Autonomy, Doc, TaskId},
        wire::Event,
    },
    ui::{
        model::{form::Field, overlay::Overlay},
        msg::Exit,
        testing::*,
    },
};

fn name(text: &str) -> SpecName {
    SpecName::parse(text).unwrap()
}

fn requirements() -> Digest {
    Digest::of("# Requirements\n\n1. WHEN an image arrives THE SYSTEM SHALL make a thumbnail\n")
}

#[test]
fn the_list_is_asked_for_and_a_spec_is_opened_from_it() {
    let mut model = model(80, 24);
    assert_eq!(sent(&begin(&mut model)), [Command::List]);
    tell(&mut model, Event::Specs(vec![summary("alpha", "design", "", 0, 0), summary("beta", "tasks", "", 0, 0)]));
    assert_eq!(sent(&press(&mut model, "j<enter>")), [Command::Open(name("beta"))]);
    assert_eq!(sent(&press(&mut model, "jjj<enter>")), [Command::Open(name("beta"))], "the cursor stays in the list");
    assert_eq!(sent(&press(&mut model, "/alp<enter><enter>")), [Command::Open(name("alpha"))]);
    // The cursor stays on its spec when the list is told again.
    press(&mut model, "<esc>j");
    tell(&mut model, Event::Specs(vec![summary("beta", "tasks", "", 0, 0), summary("alpha", "design", "", 0, 0)]));
    assert_eq!(sent(&press(&mut model, "<enter>")), [Command::Open(name("beta"))]);
}

#[test]
fn a_need_becomes_a_spec_and_nothing_typed_is_lost_on_the_way() {
    let mut model = model(80, 24);
    press(&mut model, "n");
    assert_eq!(sent(&press(&mut model, "<ctrl-s>")), [], "an empty form starts nothing");
    assert!(model.notice.as_ref().is_some_and(|n| n.bad));
    press(&mut model, "I want thumbnails? q 1");
    press(&mut model, "<esc>");
    assert_eq!(model.screen, Screen::Home);
    press(&mut model, "n");
    let requests = press(&mut model, "<ctrl-s>");
    let [Command::New(start)] = &sent(&requests)[..] else { panic!("{requests:?}") };
    assert_eq!((start.need.as_str(), start.name.as_str()), ("I want thumbnails? q 1", "thumbnails-q-1"));
    // Refused: the form is still there.
    tell(&mut model, Event::Refused("a spec of this name exists".into()));
    assert_eq!(model.screen, Screen::New);
    assert_eq!(model.form.as_ref().map(|f| f.content(Field::Need)), Some("I want thumbnails? q 1".into()));
}

#[test]
fn every_field_of_the_form_reaches_the_start() {
    let mut model = model(80, 24);
    press(&mut model, "nneed<tab>limits<tab>docs/*.md<enter>https://example.org<tab>my-stack<tab>");
    press(&mut model, "<backspace><backspace><backspace><backspace>own-name<tab>");
    press(&mut model, "<right><right><tab><right><tab><right><tab> ");
    let requests = press(&mut model, "<ctrl-s>");
    let [Command::New(start)] = &sent(&requests)[..] else { panic!("{requests:?}") };
    let shown = format!(
        "{}|{}|{}|{:?}|{:?}|{:?}|{:?}|{:?}|{:?}",
        start.need,
        start.constraints,
        start.name,
        start.documents,
        start.aws_references,
        start.kind,
        start.depth,
        start.autonomy,
        start.aws
    );
    let expected =
        "need|limits|own-name|[\"docs/*.md\", \"https://example.org\"]|[\"my-stack\"]|Bugfix|Exhaustive|Batch|true";
    assert_eq!(shown, expected);
}

#[test]
fn a_filled_in_form_starts_just_that() {
    let filled = crate::ui::testing::start();
    let mut model = Model::new(config(&dark()), Some(&filled));
    assert_eq!(sent(&press(&mut model, "<ctrl-s>")), [Command::New(filled)]);
}

#[test]
fn approval_names_what_was_drawn() {
    let mut model = model(80, 24);
    let calls = |requests: &[Request]| requests.iter().filter(|r| matches!(r, Request::Bell(_))).count();
    assert_eq!(calls(&open(&mut model, drafted())), 1, "something newly waits");
    assert_eq!(calls(&tell(&mut model, Event::Waiting)), 0, "once");
    assert_eq!(model.focus, PanelId::Document);
    let expected = Command::Decide {
        subject: Subject::Requirements,
        digest: requirements(),
        verdict: Verdict::Approve,
        remember: false,
        note: String::new(),
    };
    assert_eq!(sent(&press(&mut model, "a")), [expected]);
}

#[test]
fn a_request_for_changes_takes_the_words_and_the_comments() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    press(&mut model, "r");
    assert_eq!(sent(&press(&mut model, "<ctrl-s>")), [], "there is nothing to send yet");
    let anchor = Anchor { doc: Doc::Requirements, rev: requirements(), lines: None };
    record(&mut model, Entry::Commented { id: 1, anchor, text: "and HEIC?".into() });
    // The comments are added where all of them are known.
    let requests = press(&mut model, "Quit: ?<ctrl-s>");
    let expected = Command::Decide {
        subject: Subject::Requirements,
        digest: requirements(),
        verdict: Verdict::Reject { feedback: Some("Quit: ?".into()) },
        remember: false,
        note: String::new(),
    };
    assert_eq!(sent(&requests), [expected]);
    assert!(model.overlays.is_empty());
}

#[test]
fn words_survive_escape_and_a_refusal() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    press(&mut model, "rshorter<esc>");
    assert!(model.overlays.is_empty());
    press(&mut model, "r please<ctrl-s>");
    tell(&mut model, Event::Refused("it changed since it was shown".into()));
    press(&mut model, "r");
    let Some(Overlay::Prompt(prompt)) = model.overlays.last() else { panic!("no prompt") };
    assert_eq!(prompt.words(), "shorter please");
}

#[test]
fn the_first_ctrl_c_stops_and_the_second_quits() {
    let mut model = model(80, 24);
    open(&mut model, vec![Entry::DraftAsked(Doc::Requirements)]);
    assert_eq!(sent(&press(&mut model, "<ctrl-c>")), [Command::Cancel]);
    assert!(press(&mut model, "<ctrl-c>").contains(&Request::Quit(Exit::Quit)));
    // Another key in between begins anew; with nothing under way nothing is cancelled.
    record(&mut model, Entry::Cancelled);
    press(&mut model, "j");
    assert_eq!(press(&mut model, "<ctrl-c>"), []);
    assert!(press(&mut model, "<ctrl-c>").contains(&Request::Quit(Exit::Quit)));
}

#[test]
fn ctrl_c_works_while_text_is_typed_and_in_the_middle_of_a_chord() {
    let mut model = model(80, 24);
    open(&mut model, vec![Entry::DraftAsked(Doc::Requirements)]);
    press(&mut model, ":");
    assert_eq!(sent(&press(&mut model, "<ctrl-c>")), [Command::Cancel]);
    press(&mut model, "<esc>3]");
    assert_eq!(sent(&press(&mut model, "<ctrl-c>")), [Command::Cancel]);
}

#[test]
fn a_question_is_answered_by_number_or_in_own_words() {
    let mut model = model(80, 24);
    open(&mut model, vec![Entry::DraftAsked(Doc::Requirements)]);
    let asked = || Entry::Asked { call: "c".into(), question: "Which?".into(), options: vec!["A".into(), "B".into()] };
    let requests = record(&mut model, asked());
    let rings = |requests: &[Request]| requests.iter().any(|r| matches!(r, Request::Bell(_)));
    assert!(!rings(&requests), "the agent may go on by itself");
    let requests = tell(&mut model, Event::Waiting);
    assert!(requests.iter().any(|r| matches!(r, Request::Bell(w) if w.contains("Which?"))));
    assert_eq!(sent(&press(&mut model, "2")), [Command::Answer { text: "B".into() }]);
    record(&mut model, Entry::Answered { text: "B".into() });
    record(&mut model, asked());
    press(&mut model, "3my own<esc>3");
    assert_eq!(sent(&press(&mut model, " way<ctrl-s>")), [Command::Answer { text: "my own way".into() }]);
    record(&mut model, Entry::Answered { text: "my own way".into() });
    assert!(model.overlays.is_empty(), "an answered question is gone");
}

#[test]
fn a_question_closed_for_later_comes_back() {
    let mut model = model(80, 24);
    open(&mut model, vec![Entry::DraftAsked(Doc::Requirements)]);
    record(&mut model, Entry::Asked { call: "c".into(), question: "Which?".into(), options: vec!["A".into()] });
    press(&mut model, "<esc>");
    record(&mut model, Entry::Noted { tone: crate::domain::journal::Tone::Info, text: "news".into() });
    assert!(model.overlays.is_empty());
    press(&mut model, "C");
    assert_eq!(sent(&press(&mut model, "<enter>")), [Command::Answer { text: "A".into() }]);
}

#[test]
fn what_arrives_while_a_sentence_is_written_waits_below_it() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    press(&mut model, "rsome words");
    model.state.as_mut().unwrap().question =
        Some(crate::domain::session::Question { call: "c".into(), text: "Which?".into(), options: vec!["A".into()] });
    tell(&mut model, Event::Output(String::new()));
    press(&mut model, "1");
    let Some(Overlay::Prompt(prompt)) = model.overlays.last() else { panic!("the prompt was covered") };
    assert_eq!(prompt.words(), "some words1");
}

#[test]
fn what_a_key_could_not_do_is_not_said_any_more_once_it_can() {
    let mut model = model(80, 24);
    open(&mut model, vec![]);
    press(&mut model, "a");
    assert!(model.notice.is_some());
    for entry in drafted() {
        record(&mut model, entry);
    }
    assert_eq!(model.notice, None);
}

#[test]
fn continue_does_the_next_thing() {
    let mut model = model(80, 24);
    open(&mut model, vec![]);
    assert_eq!(sent(&press(&mut model, "C")), [Command::Draft(Doc::Requirements)]);
    open(&mut model, ready());
    assert_eq!(sent(&press(&mut model, "C")), [Command::Continue]);
    assert_eq!(model.next_step().map(|s| s.words), Some("start task 1".into()));
    record(&mut model, Entry::TaskStarted(TaskId("1".into())));
    assert_eq!(sent(&press(&mut model, "C")), [], "it is under way");
    record(&mut model, Entry::TurnFailed { why: "no network".into(), remedy: "try again".into() });
    assert_eq!(sent(&press(&mut model, "R")), [], "the agent may still go on by itself");
    tell(&mut model, Event::Waiting);
    assert_eq!(sent(&press(&mut model, "R")), [Command::Continue]);
    open(&mut model, drafted());
    assert_eq!(sent(&press(&mut model, "C")), [], "what waits comes first");
}

#[test]
fn what_was_begun_in_an_account_is_gone_on_with_before_the_merge() {
    let mut model = model(80, 24);
    open(&mut model, ready());
    record(&mut model, Entry::CloudAsked(CloudAsk::Deploy(Target::default())));
    assert_eq!(sent(&press(&mut model, "<ctrl-c>")), [Command::Cancel], "looking can be stopped");
    record(&mut model, Entry::Cancelled);
    tell(&mut model, Event::Waiting);
    assert_eq!(model.next_step().map(|s| s.words), Some("start task 1".into()));

    record(&mut model, Entry::CloudAsked(CloudAsk::Deploy(Target::default())));
    let (why, remedy) = ("no connection".to_owned(), "try again".to_owned());
    record(&mut model, Entry::CloudFailed { digest: None, why, remedy, empty: false, unmade: None });
    tell(&mut model, Event::Waiting);
    assert_eq!(model.next_step().map(|s| s.words), Some("ask the account again".into()));
    assert_eq!(sent(&press(&mut model, "C")), [Command::Continue]);
    assert_eq!(sent(&press(&mut model, "<alt-g>")), [Command::PlanMerge], "there is a way past it");

    let account = Account { id: "1".into(), arn: String::new(), region: "eu-west-1".into(), profile: None };
    let deployment = Deployment {
        digest: Digest::of("x"),
        about: "Deploy shop".into(),
        account,
        stack: "shop".into(),
        stack_id: String::new(),
        change_set: None,
        commit: String::new(),
        expected: Vec::new(),
        deletes: false,
        rolls_back: false,
        after: None,
    };
    record(&mut model, Entry::CloudFollowed(Box::new(deployment)));
    record(&mut model, Entry::Cancelled);
    tell(&mut model, Event::Waiting);
    assert_eq!(model.next_step().map(|s| s.words), Some("follow the deploy of shop".into()));
    assert_eq!(sent(&press(&mut model, "C")), [Command::Continue]);
}

#[test]
fn the_panel_follows_the_work_and_stays_where_it_was_put() {
    let mut model = model(80, 24);
    open(&mut model, ready());
    record(&mut model, Entry::TaskStarted(TaskId("1".into())));
    assert_eq!(model.focus, PanelId::Diff);
    press(&mut model, "4");
    assert_eq!(model.focus, PanelId::Activity);
    tell(&mut model, Event::Streaming(crate::domain::journal::Delta::Text("a".into())));
    assert_eq!(model.focus, PanelId::Activity);
    press(&mut model, "<tab>");
    assert_eq!(model.focus, PanelId::Spec);
}

#[test]
fn leaving_a_spec_takes_two_escapes() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    assert_eq!(sent(&press(&mut model, "<esc>")), []);
    assert_eq!(sent(&press(&mut model, "<esc>")), [Command::Close]);
    assert_eq!(sent(&tell(&mut model, Event::Closed)), [Command::List]);
    assert_eq!(model.screen, Screen::Home);
}

#[test]
fn the_palette_finds_an_action_by_its_help_and_does_it() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    let requests = press(&mut model, ":strict batch<enter>");
    assert_eq!(sent(&requests), [Command::SetAutonomy(Autonomy::Batch)]);
    assert!(model.overlays.is_empty());
}

#[test]
fn help_lists_the_keys_of_what_lies_below_and_is_searched() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    press(&mut model, "?");
    let Some(Overlay::Help(help)) = model.overlays.last() else { panic!("no help") };
    assert!(help.rows.iter().any(|r| r.help == "approve what is shown"));
    press(&mut model, "/approve what");
    let Some(Overlay::Help(help)) = model.overlays.last() else { panic!("no help") };
    assert_eq!(help.shown().len(), 1);
    press(&mut model, "<esc><esc>");
    assert!(model.overlays.is_empty());
}

#[test]
fn the_window_is_named_once_a_change() {
    let mut model = model(80, 24);
    let named = |requests: &[Request]| {
        requests.iter().filter_map(|r| if let Request::SetTitle(t) = r { Some(t.clone()) } else { None }).next_back()
    };
    assert_eq!(named(&begin(&mut model)), Some("kiro-tui".into()));
    let requests = open(&mut model, drafted());
    assert_eq!(named(&requests), Some("s3-thumbnails - waiting for you".into()));
    assert_eq!(named(&press(&mut model, "j")), None);
}

#[test]
fn an_edit_of_a_document_names_what_it_was_made_from() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    let edit =
        crate::ui::panels::EditFor::Document { doc: Doc::Requirements, over: requirements(), text: "old".into() };
    let done = |text: &str| Msg::EditorDone { purpose: EditPurpose::Panel(edit.clone()), text: Ok(text.into()) };
    assert_eq!(sent(&update(&mut model, done("old"))), [], "nothing was changed");
    let expected = Command::Edit { doc: Doc::Requirements, over: requirements(), text: "new".into() };
    assert_eq!(sent(&update(&mut model, done("new"))), [expected]);
}

#[test]
fn control_characters_that_are_pasted_never_reach_a_cell() {
    let mut model = model(80, 24);
    press(&mut model, "n");
    update(&mut model, Msg::Paste("a\u{1b}[2Jb\rc".into()));
    let drawn = text(&draw(&mut model));
    assert!(drawn.contains("a␛[2Jb") && !drawn.contains("bc"), "{drawn}");
}

#[test]
fn what_hands_in_any_text_hands_in_one_line_too() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    press(&mut model, "/wel");
    assert!(matches!(model.overlays.last(), Some(Overlay::Prompt(p)) if p.purpose.one_line() && p.words() == "wel"));
    press(&mut model, "<ctrl-s>");
    assert!(model.overlays.is_empty());
}
