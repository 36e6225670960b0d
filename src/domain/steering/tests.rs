//! Steering files as people write them.

use super::*;

fn paths(all: &[&str]) -> Vec<RelPath> {
    all.iter().map(|p| RelPath::parse(p).unwrap()).collect()
}

fn names(all: &[&Steering]) -> Vec<String> {
    all.iter().map(|s| s.name.clone()).collect()
}

#[test]
fn a_file_without_front_matter_is_always_taken() {
    let steering = parse("product", "\u{feff}# Product\r\n\r\nWe sell tea.\r\n");
    assert_eq!(steering.inclusion, Inclusion::Always);
    assert_eq!(steering.body, "# Product\r\n\r\nWe sell tea.");
    let ruled = parse("x", "---\nno end of it\n");
    assert_eq!((ruled.inclusion, ruled.body.as_str()), (Inclusion::Always, "---\nno end of it"));
}

#[test]
fn patterns_come_as_a_string_a_list_or_lines() {
    for front in [
        "fileMatchPattern: \"src/**/*.ts\"",
        "fileMatchPattern: ['src/**/*.ts']  # one",
        "fileMatchPattern:\n  - src/**/*.ts",
        "fileMatchPattern:\n- \"src/**/*.ts\" # comment",
    ] {
        let steering = parse("api", &format!("---\r\ninclusion: fileMatch # when\n{front}\n---\n\nBody\n"));
        assert_eq!(steering.inclusion, Inclusion::FileMatch(vec!["src/**/*.ts".into()]), "{front}");
        assert_eq!(steering.body, "Body");
    }
    let two = parse("api", "---\ninclusion: fileMatch\nfileMatchPattern: [\"*.{ts,tsx}\", lib/*.js]\n---\n");
    assert_eq!(two.inclusion, Inclusion::FileMatch(vec!["*.{ts,tsx}".into(), "lib/*.js".into()]));
}

#[test]
fn what_cannot_be_understood_is_taken_with_a_note() {
    for front in [
        "inclusion: sometimes",
        "inclusion: fileMatch",
        "inclusion: auto",
        "inclusion: fileMatch\nfileMatchPattern: \"a[\"",
    ] {
        let steering = parse("odd", &format!("---\n{front}\n---\nBody"));
        assert_eq!(steering.inclusion, Inclusion::Always, "{front}");
        assert!(steering.notes.iter().all(|n| n.contains("`odd`")) && !steering.notes.is_empty(), "{front}");
    }
}

#[test]
fn each_inclusion_has_its_occasion() {
    let all = [
        parse("product", "always"),
        parse("ts", "---\ninclusion: fileMatch\nfileMatchPattern: \"src/**/*.ts\"\n---\nx"),
        parse("names", "---\ninclusion: fileMatch\nfileMatchPattern: \"*.py\"\n---\nx"),
        parse(".kiro/steering/release.md", "---\ninclusion: manual\n---\nx"),
        parse("file", "---\ninclusion: auto\nname: sql\ndescription: when a query changes\n---\nx"),
    ];
    let chosen = |p: &[&str], m: &[&str]| {
        let mentions: Vec<String> = m.iter().map(|m| (*m).to_owned()).collect();
        let selected = select(&all, &paths(p), &mentions);
        (names(&selected.included), names(&selected.offered))
    };
    assert_eq!(chosen(&[], &[]), (vec!["product".into()], vec!["sql".into()]));
    assert_eq!(chosen(&["src/a/b.ts"], &[]).0, ["product", "ts"]);
    assert_eq!(chosen(&["lib/a.ts", "deep/down/x.py"], &[]).0, ["product", "names"]);
    let (included, offered) = chosen(&[], &["Release", "sql"]);
    assert_eq!(included, ["product", "release", "sql"]);
    assert!(offered.is_empty());
}

#[test]
fn mentions_are_words_that_begin_with_a_hash() {
    assert_eq!(
        mentions("Use #release, and (#api-rules). Not a#b, # or #[[file:x]]; #release"),
        ["release", "api-rules"]
    );
}

#[test]
fn markers_are_found_where_they_are_closed() {
    let text = "a #[[file: docs/x.md ]] b #[[file:open\n]] #[[file:y]]";
    let found: Vec<(&str, &str)> = file_markers(text).into_iter().map(|(r, p)| (&text[r], p)).collect();
    assert_eq!(found, [("#[[file: docs/x.md ]]", "docs/x.md"), ("#[[file:y]]", "y")]);
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_read(text in "(---\n)?[ -~\n\u{e9}]{0,200}") {
        let steering = parse("x", &text);
        for (range, path) in file_markers(&steering.body) {
            proptest::prop_assert!(steering.body[range].contains(path));
        }
    }
}
