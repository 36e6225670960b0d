use super::*;
use crate::{
    domain::{
        digest::Digest,
        journal::{Author, Entry},
        phase::Doc,
        wire::{Command, Event},
    },
    ui::{
        msg::Msg,
        testing::{drafted, draw, model, open, press, record, sent, tell, text},
        update::update,
    },
};

/// A text with all that an editor could lose.
const ODD: &str = "# T\r\n\r\n\tIt \u{1b}[2Jwas\u{202e} \u{200b}図 e\u{301} so.\r\nlast\u{0}";

fn odd() -> Vec<Entry> {
    let doc = Doc::Requirements;
    vec![Entry::DraftAsked(doc), Entry::Drafted { doc, text: ODD.into(), author: Author::Agent }]
}

fn editor(model: &Model) -> &Editor {
    match model.overlays.last() {
        Some(Overlay::Editor(editor)) => editor,
        other => panic!("no editor on top: {other:?}"),
    }
}

fn edit(over: &str, text: &str) -> Command {
    Command::Edit { doc: Doc::Requirements, over: Digest::of(over), text: text.into() }
}

#[test]
fn what_is_handed_in_is_the_text_with_what_was_typed_and_nothing_else() {
    let mut model = model(80, 24);
    open(&mut model, odd());
    press(&mut model, "E");
    let shown = text(&draw(&mut model));
    assert!(shown.contains("␛[2Jwas¤ ¤図") && shown.contains("␍") && shown.contains("last␀"), "{shown}");
    press(&mut model, "AB<backspace>");
    assert_eq!(sent(&press(&mut model, "<ctrl-s>")), [edit(ODD, &format!("A{ODD}"))]);
    assert!(model.overlays.is_empty());
}

#[test]
fn an_edit_without_a_change_sends_nothing() {
    let mut model = model(80, 24);
    open(&mut model, odd());
    press(&mut model, "Exy<backspace><backspace>");
    assert_eq!(sent(&press(&mut model, "<ctrl-s>")), []);
}

#[test]
fn steps_are_taken_back_and_done_again() {
    let mut model = model(80, 24);
    open(&mut model, odd());
    press(&mut model, "Ea<enter>b");
    let typed = editor(&model).content();
    press(&mut model, "<ctrl-u><ctrl-u><ctrl-u><ctrl-u>");
    assert_eq!(editor(&model).content(), ODD, "the text itself is no step");
    press(&mut model, "<ctrl-r><ctrl-r><ctrl-r>");
    assert_eq!(editor(&model).content(), typed);
}

#[test]
fn closed_or_refused_the_text_comes_back_with_the_next_edit() {
    let mut model = model(80, 24);
    open(&mut model, odd());
    press(&mut model, "Enew <esc>");
    assert!(model.overlays.is_empty() && model.notice.is_some());
    press(&mut model, "E");
    assert_eq!(editor(&model).content(), format!("new {ODD}"));
    press(&mut model, "<ctrl-s>");
    tell(&mut model, Event::Refused("it changed since it was shown".into()));
    // Also when another revision has come: then it is said.
    let other = Entry::Drafted { doc: Doc::Requirements, text: "other\n".into(), author: Author::Developer };
    record(&mut model, other);
    draw(&mut model);
    press(&mut model, "E");
    assert_eq!(editor(&model).content(), format!("new {ODD}"));
    assert!(editor(&model).title.contains("r2") && editor(&model).title.contains("older"), "{}", editor(&model).title);
    assert_eq!(sent(&press(&mut model, "<ctrl-s>")), [edit("other\n", &format!("new {ODD}"))]);
}

#[test]
fn a_large_paste_is_taken_whole_and_in_one_step() {
    let mut model = model(80, 24);
    open(&mut model, drafted());
    press(&mut model, "E");
    let before = editor(&model).content();
    let pasted: String = (0..5_000).map(|i| format!("pasted line {i} with \u{7} words and 図 in it\r\n")).collect();
    update(&mut model, Msg::Paste(pasted.clone()));
    let kept = pasted.replace("\r\n", "\n");
    assert!(kept.len() > 200_000 && editor(&model).content() == format!("{kept}{before}"));
    draw(&mut model);
    press(&mut model, "<ctrl-u>");
    assert_eq!(editor(&model).content(), before);
    // One line is as good as many.
    let long = "x".repeat(250_000);
    update(&mut model, Msg::Paste(long.clone()));
    draw(&mut model);
    assert_eq!(editor(&model).content(), format!("{long}{before}"));
}

#[test]
fn words_are_found_from_place_to_place_and_are_no_pattern() {
    let mut model = model(80, 24);
    let doc = Doc::Requirements;
    let body = "one (a+b)\ntwo\nthree (A+b) (a+b)\n";
    open(&mut model, vec![Entry::DraftAsked(doc), Entry::Drafted { doc, text: body.into(), author: Author::Agent }]);
    let place = |model: &Model| {
        let at = editor(model).text.cursor();
        (at.0, at.1)
    };
    press(&mut model, "E<ctrl-f>(a+b)<enter>");
    let first = place(&model);
    press(&mut model, "<ctrl-g>");
    let second = place(&model);
    press(&mut model, "<ctrl-g>");
    let third = place(&model);
    let mut all = [first, second, third];
    all.sort_unstable();
    assert_eq!(all, [(0, 4), (2, 6), (2, 12)]);
    press(&mut model, "<ctrl-f>nowhere<enter>");
    assert!(model.notice.as_ref().is_some_and(|n| n.text.contains("nowhere")));
}

#[test]
fn private_characters_are_left_to_another_editor() {
    let mut model = model(80, 24);
    let doc = Doc::Requirements;
    let entries =
        vec![Entry::DraftAsked(doc), Entry::Drafted { doc, text: "\u{f0041}\n".into(), author: Author::Agent }];
    open(&mut model, entries);
    press(&mut model, "E");
    assert!(model.overlays.is_empty() && model.notice.as_ref().is_some_and(|n| n.text.contains("$EDITOR")));
    let requests = press(&mut model, "<ctrl-e>");
    assert!(matches!(&requests[..], [Request::OpenEditor { text, .. }] if text == "\u{f0041}\n"), "{requests:?}");
}
