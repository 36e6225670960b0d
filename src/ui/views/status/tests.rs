use crate::{
    domain::{
        cloud::desk::CloudAsk,
        journal::Entry,
        phase::Doc,
        wire::{Command, Event},
    },
    ui::{
        keys::Action,
        model::{Model, overlay::Overlay},
        testing::*,
        update::perform,
    },
};

const SIZES: [(u16, u16); 3] = [(60, 16), (80, 24), (120, 40)];

/// What is on the screen, its words in a row.
fn flat(model: &mut Model) -> String {
    let drawn = text(&draw(model)).replace(['│', '┃', '█'], " ");
    drawn.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True when each of so many words is seen on the way from the end of what was said to its begin.
fn told(model: &mut Model, words: usize) -> bool {
    let mut seen = String::new();
    for _ in 0..40 {
        seen += &(flat(model) + " ");
        press(model, "k");
    }
    let seen: Vec<&str> = seen.split(|c: char| !c.is_alphanumeric()).collect();
    (1..=words).all(|n| seen.contains(&format!("word{n}").as_str()))
}

fn long(words: usize) -> String {
    (1..=words).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_refusal_is_read_whole_where_it_stands_or_behind_the_key_that_it_names() {
    for (columns, rows) in SIZES {
        for words in [3, 14, 30, 120] {
            let mut model = model(columns, rows);
            open(&mut model, drafted());
            let why = long(words);
            tell(&mut model, Event::Refused(why.clone()));
            let seen = flat(&mut model);
            if seen.contains(&why) {
                continue;
            }
            assert!(words > 20, "so few words have room: {seen}");
            assert!(seen.contains("… M all of it"), "{seen}");
            press(&mut model, "M");
            assert!(told(&mut model, words), "{columns}: {}", text(&draw(&mut model)));
        }
    }
}

#[test]
fn a_refusal_below_a_field_is_read_whole() {
    for (columns, rows) in SIZES {
        let mut model = model(columns, rows);
        open(&mut model, drafted());
        perform(&mut model, Action::DeployWith);
        press(&mut model, &format!("nonsense {}<ctrl-s>", long(20)));
        let seen = flat(&mut model);
        assert!(seen.contains("word20` is none of: app, stack, bucket, secret, NAME=VALUE"), "{columns}: {seen}");
    }
}

#[test]
fn why_the_agent_stopped_is_read_whole_behind_the_key_that_it_names() {
    for (columns, rows) in SIZES {
        let mut model = model(columns, rows);
        open(&mut model, vec![Entry::DraftAsked(Doc::Requirements)]);
        record(&mut model, Entry::TurnFailed { why: long(90), remedy: "wait".into() });
        tell(&mut model, Event::Waiting);
        let seen = flat(&mut model);
        assert!(seen.contains(&long(90)) || seen.contains("… M all of it"), "{seen}");
        press(&mut model, "M");
        assert!(told(&mut model, 90), "{}", text(&draw(&mut model)));
    }
}

#[test]
fn what_is_asked_and_what_is_told_of_it_stand_whole_in_every_prompt() {
    for (columns, rows) in SIZES {
        let mut model = model(columns, rows);
        open(&mut model, drafted());
        for action in [Action::DeployWith, Action::InvokeFunction] {
            perform(&mut model, action);
            let Some(Overlay::Prompt(prompt)) = model.overlays.last() else { panic!("{action}") };
            let words = [prompt.title.clone(), prompt.hint.clone()];
            let seen = flat(&mut model);
            for words in words {
                assert!(seen.contains(&words), "{columns}: {words}\n{}", text(&draw(&mut model)));
            }
            model.overlays.clear();
        }
        // Also where both are long, and there is still a row to type in.
        let (question, options) = (long(30), vec![]);
        record(&mut model, Entry::Asked { call: "c".into(), question: question.clone(), options });
        press(&mut model, "1mine");
        let seen = flat(&mut model);
        // Beside other panels its lines do not follow each other.
        let whole = seen.contains(&question) || columns == 120 && seen.contains("word29 word30");
        assert!(whole && seen.contains("mine"), "{}", text(&draw(&mut model)));
    }
}

#[test]
fn what_a_deploy_is_asked_with_goes_out_as_typed_below_the_words_that_tell_of_it() {
    let mut model = model(60, 16);
    open(&mut model, drafted());
    perform(&mut model, Action::DeployWith);
    let asked = press(&mut model, "stack Thumbs<ctrl-s>");
    assert!(matches!(&sent(&asked)[..], [Command::Cloud(CloudAsk::Deploy(t))] if t.stack.as_deref() == Some("Thumbs")));
}

#[test]
fn each_way_on_of_a_chord_is_in_sight() {
    for (columns, rows) in SIZES {
        let mut model = model(columns, rows);
        open(&mut model, ready());
        press(&mut model, "3]");
        let (ways, seen) = (model.chord.clone(), flat(&mut model));
        assert!(!ways.is_empty());
        for way in ways {
            assert!(seen.contains(way.help), "{columns}: {} in {seen}", way.help);
        }
    }
}
