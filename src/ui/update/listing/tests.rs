use crate::{
    domain::{
        change::FileState,
        digest::Digest,
        journal::{Anchor, Entry, Tone},
        path::RelPath,
        phase::Doc,
        session::Activity,
        trace::things::Thing,
        wire::Command,
    },
    ui::{
        model::{
            Model,
            listing::{Kind, Listing},
            overlay::Overlay,
        },
        msg::Request,
        panels::PanelId,
        testing::*,
    },
};

fn list(model: &Model) -> &Listing {
    match model.overlays.last() {
        Some(Overlay::List(list)) => list,
        other => panic!("no list on top: {other:?}"),
    }
}

fn names(model: &Model) -> Vec<String> {
    list(model).shown().iter().map(|e| if e.name.is_empty() { e.text.clone() } else { e.name.clone() }).collect()
}

#[test]
fn what_belongs_together_is_listed_from_criteria_to_files() {
    let mut model = model(120, 40);
    traceable(&mut model);
    press(&mut model, "i");
    assert_eq!(
        names(&model),
        // What is missing stands first.
        [
            "2.1",
            "1.1",
            "1.2",
            "line 1",
            "P1",
            "1",
            "1.1",
            "1.2",
            "2",
            "lambda/handler.mjs",
            "lambda/sizes.mjs",
            "test/sizes.test.mjs",
            "1.1: one thumbnail",
            "c0ffee0"
        ]
    );
    assert_eq!(list(&model).sum, "of 3: design 2 property 1 task 2 test 1 commit 1");
    let facts = |at: usize| list(&model).shown()[at].facts.join("|");
    assert_eq!(facts(0), "—|—|—|—|—");
    assert_eq!(facts(1), "✓|P1|✓1.1|1|c0ffee0");
    assert_eq!(facts(2), "✓|—|▸1.2|—|—");
    // A change tells the texts of what it is for.
    let change = list(&model).shown()[9].clone();
    assert!(change.detail.iter().any(|(label, text)| *label == "serves" && text.contains("1.2 IF the object")));
}

#[test]
fn enter_goes_to_the_line_in_its_document_or_to_the_file() {
    for (down, panel, wanted) in [
        (2, PanelId::Document, "IF the object is no image"),
        (4, PanelId::Document, "Property 1"),
        (7, PanelId::Document, "1.2"),
        (10, PanelId::Diff, "sizes.mjs"),
    ] {
        let mut model = model(80, 24);
        traceable(&mut model);
        press(&mut model, "i");
        press(&mut model, &"j".repeat(down));
        press(&mut model, "<enter>");
        assert!(model.overlays.is_empty() && model.focus == panel, "{wanted}: {:?}", model.focus);
        let shown = text(&draw(&mut model));
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
}

#[test]
fn a_filter_narrows_by_every_word_of_an_entry_and_is_closed_before_the_list() {
    let mut model = model(80, 24);
    traceable(&mut model);
    press(&mut model, "i/SIZES.mjs<enter>");
    // The criterion, the task and the commit by their files, the file by its name.
    assert_eq!(names(&model), ["1.1", "1.1", "lambda/sizes.mjs", "c0ffee0"]);
    press(&mut model, "jjjjjj");
    assert_eq!(list(&model).selected, 3);
    press(&mut model, "<esc>");
    assert_eq!((list(&model).shown().len(), list(&model).selected), (14, 0));
    press(&mut model, "/nothing like this<esc><esc><esc>");
    assert!(model.overlays.is_empty());
}

#[test]
fn the_list_follows_the_state_and_the_cursor_its_entry() {
    let mut model = model(80, 24);
    commented(&mut model);
    press(&mut model, "Lj");
    let before = list(&model).at_cursor().and_then(|e| e.comment);
    let anchor = Anchor { doc: Doc::Requirements, rev: Digest::of("other"), lines: None };
    record(&mut model, Entry::Commented { id: 9, anchor, text: "Of the whole.".into() });
    assert_eq!((list(&model).entries.len(), list(&model).at_cursor().and_then(|e| e.comment)), (6, before));
    assert_eq!(list(&model).selected, 2);
    // A comment on a revision that is not known leads nowhere, and says so.
    press(&mut model, "kk<enter>");
    assert!(list(&model).kind == Kind::Comments && model.notice.as_ref().is_some_and(|n| n.bad));
}

#[test]
fn open_comments_are_deleted_sent_ones_resolved_and_resolved_ones_kept() {
    let mut model = model(80, 24);
    commented(&mut model);
    press(&mut model, "L");
    let ids: Vec<Option<u64>> = list(&model).shown().iter().map(|e| e.comment).collect();
    assert_eq!(ids, [5, 4, 1, 2, 3].map(Some));
    assert_eq!(sent(&press(&mut model, "x")), [Command::CloseComment { id: 5, resolved: false }]);
    record(&mut model, Entry::CommentClosed { id: 5, resolved: false });
    assert_eq!(sent(&press(&mut model, "jx")), [Command::CloseComment { id: 1, resolved: true }]);
    assert_eq!(sent(&press(&mut model, "Gx")), []);
}

#[test]
fn a_comment_is_edited_by_a_new_one_in_its_place() {
    let mut model = model(80, 24);
    commented(&mut model);
    press(&mut model, "Le<ctrl-e>");
    let requests = press(&mut model, " With what load?<ctrl-s>");
    let [Command::Comment { anchor, text }, Command::CloseComment { id: 5, resolved: false }] = &sent(&requests)[..]
    else {
        panic!("{requests:?}")
    };
    assert!(anchor.lines == Some((3, 3)) && text.contains("At which percentile?") && text.contains("With what load?"));
    // What is typed and not handed in is kept for that comment alone.
    press(&mut model, "je Rather in EUR.<esc>e");
    let Some(Overlay::Prompt(prompt)) = model.overlays.last() else { panic!() };
    assert!(prompt.words().contains("USD") && prompt.words().contains("EUR"), "{}", prompt.words());
    press(&mut model, "<esc>i");
    assert!(matches!(model.overlays.last(), Some(Overlay::List(_))));
}

#[test]
fn one_key_leads_to_the_checks_and_one_more_comments_on_a_finding() {
    let mut model = model(80, 24);
    traceable(&mut model);
    press(&mut model, "v");
    draw(&mut model);
    assert_eq!(model.focus, PanelId::Spec);
    let requests = press(&mut model, "c");
    let [Command::Comment { text, .. }] = &sent(&requests)[..] else { panic!("{requests:?}") };
    assert!(text.contains("there is no section Introduction"), "{text}");
}

#[test]
fn one_key_leads_to_what_became_of_a_comment_and_one_to_where_it_was_made() {
    let mut model = model(80, 24);
    commented(&mut model);
    press(&mut model, "Ljj<enter>");
    let shown = text(&draw(&mut model));
    assert!(shown.contains("within 2 seconds") && !shown.contains("older"), "{shown}");
    assert_eq!(model.bench.document.at().map(|at| at.2), Some(3));
    press(&mut model, "LjjI");
    let shown = text(&draw(&mut model));
    assert!(shown.contains("SHALL be fast") && shown.contains("r1 older"), "{shown}");
    // The same from the comment itself, in the document.
    press(&mut model, "j+");
    let shown = text(&draw(&mut model));
    assert!(shown.contains("within 2 seconds") && !shown.contains("older"), "{shown}");
    press(&mut model, "L<enter>");
    assert!(text(&draw(&mut model)).contains("within 2 seconds"));
}

#[test]
fn what_belongs_to_the_thing_at_the_cursor_is_one_key_away_and_one_key_back() {
    let mut model = model(80, 24);
    traceable(&mut model);
    model.bench.document.show(Doc::Requirements, Some(9));
    draw(&mut model);
    press(&mut model, "I");
    assert_eq!(list(&model).kind, Kind::Links(Thing::Criterion("1.1".parse().unwrap())));
    let linked = ["line 1", "P1", "1.1", "lambda/sizes.mjs", "test/sizes.test.mjs", "1.1: one thumbnail", "c0ffee0"];
    assert_eq!(names(&model), linked);
    // On from the file to what it is for, and back to where the cursor was.
    press(&mut model, "jjjI");
    assert_eq!(names(&model), ["1.1", "1.1", "c0ffee0"]);
    press(&mut model, "h");
    assert_eq!((names(&model).len(), list(&model).selected), (7, 3));
    press(&mut model, "<enter>");
    assert_eq!(model.focus, PanelId::Diff);
    assert!(text(&draw(&mut model)).contains("lambda/sizes.mjs"));
    // From the changed file the same key leads to its criteria.
    press(&mut model, "I");
    assert_eq!(names(&model), ["1.1", "1.1", "c0ffee0"]);
    press(&mut model, "<enter>");
    draw(&mut model);
    assert_eq!(model.bench.document.at().map(|(doc, _, line)| (doc, line)), Some((Doc::Requirements, 9)));
    // And by the other key back the way it came.
    press(&mut model, "b");
    assert_eq!(model.focus, PanelId::Diff);
    press(&mut model, "b");
    draw(&mut model);
    assert_eq!((model.focus, model.bench.document.at().map(|at| at.2)), (PanelId::Document, Some(9)));
}

#[test]
fn from_a_property_a_task_and_a_commit_the_same_key_leads_on() {
    for (doc, line, wanted) in [
        (Doc::Design, 5, vec!["1.1"]),
        (Doc::Tasks, 4, vec!["1.1", "lambda/sizes.mjs", "test/sizes.test.mjs", "1.1: one thumbnail", "c0ffee0"]),
    ] {
        let mut model = model(120, 40);
        traceable(&mut model);
        model.bench.document.show(doc, Some(line));
        draw(&mut model);
        press(&mut model, "I");
        assert_eq!(names(&model), wanted, "{doc:?}");
    }
    // From a line of the activity to the commit that it is about, and from a line about none to the last.
    let mut model = model(120, 40);
    traceable(&mut model);
    let state = model.state.as_mut().unwrap();
    state.commits.push(("beef000123456789".into(), "task 1.2".into()));
    let line = |text: &str, commit: Option<&str>| Activity {
        at: jiff::Timestamp::UNIX_EPOCH,
        tone: Tone::Info,
        text: text.into(),
        commit: commit.map(str::to_owned),
    };
    state.activity = vec![line("task committed c0ffee0", Some("c0ffee0123456789")), line("you: yes", None)];
    for (keys, commit) in [("4ggI", "c0ffee0123456789"), ("4GI", "beef000123456789")] {
        draw(&mut model);
        press(&mut model, keys);
        assert_eq!(list(&model).kind, Kind::Links(Thing::Commit(commit.into())), "{keys}");
        press(&mut model, "<esc>");
    }
    // And from the commit of a document to what stands in it, and back.
    for (doc, id, inside) in [
        (Doc::Requirements, "aaaa000123456789", "1.1"),
        (Doc::Design, "bbbb000123456789", "P1"),
        (Doc::Tasks, "cccc000123456789", "1.1"),
    ] {
        let mut model = crate::ui::testing::model(120, 40);
        traceable(&mut model);
        let state = model.state.as_mut().unwrap();
        state.commits.insert(0, (id.into(), format!("approve {}", doc.name())));
        state.activity = vec![line("committed", Some(id))];
        draw(&mut model);
        press(&mut model, "4GI");
        assert_eq!(list(&model).kind, Kind::Links(Thing::Commit(id.into())));
        assert!(names(&model).iter().any(|n| n == inside), "{doc:?}: {:?}", names(&model));
        let thing = match doc {
            Doc::Requirements => Thing::Criterion("1.1".parse().unwrap()),
            Doc::Design => Thing::Property(1),
            Doc::Tasks => Thing::Task(crate::domain::phase::TaskId("1.1".into())),
        };
        let chain = crate::domain::trace::Chain::of(model.state.as_ref().unwrap());
        assert!(chain.linked(&Thing::Commit(id.into())).contains(&thing), "{doc:?}");
        assert!(chain.linked(&thing).contains(&Thing::Commit(id.into())), "{doc:?}: and back");
    }
    let mut model = crate::ui::testing::model(120, 40);
    traceable(&mut model);
    press(&mut model, "iG<enter>");
    assert_eq!(list(&model).kind, Kind::Links(Thing::Commit("c0ffee0123456789".into())));
    assert_eq!(names(&model), ["1.1", "1.1", "lambda/sizes.mjs", "test/sizes.test.mjs"]);
}

#[test]
fn a_test_opens_at_its_line() {
    let mut model = model(120, 40);
    traceable(&mut model);
    let path = RelPath::parse("test/sizes.test.mjs").unwrap();
    let before: String = (1..=60).map(|i| format!("const line{i} = {i};\n")).collect();
    let after = format!("{}test('1.1: one thumbnail', f);\n{}", &before, before.replace("line", "more"));
    // The test stands among lines that stay and are folded, and is none of the changed ones.
    let old = after.replace("const line1 = 1;", "const other = 1;");
    let applied = &mut model.state.as_mut().unwrap().applied;
    let its = applied.iter_mut().find(|a| a.change.path == path).unwrap();
    (its.change.before, its.change.after) = (Some(FileState::regular(old)), Some(FileState::regular(after)));
    press(&mut model, "i/one thumbnail<enter>G<enter>");
    assert_eq!(model.focus, PanelId::Diff);
    draw(&mut model);
    let shown = text(&draw(&mut model));
    let at_cursor = shown.lines().find(|l| l.contains('▌')).unwrap_or_default();
    assert!(at_cursor.contains("test('1.1: one thumbnail', f);"), "{shown}");
}

#[test]
fn the_table_opens_at_the_cursors_criterion_and_is_written_to_a_file() {
    let mut model = model(120, 40);
    traceable(&mut model);
    model.bench.document.show(Doc::Requirements, Some(10));
    draw(&mut model);
    press(&mut model, "i");
    assert_eq!(list(&model).at_cursor().map(|e| e.name.as_str()), Some("1.2"));
    let requests = press(&mut model, "X");
    let [Request::Export { name, text }] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(name == "s3-thumbnails-trace.md" && text.contains("| 2.1 | ubiquitous |"), "{text}");
}
