//! A file that the model writes anew, while it does.

use super::*;
use crate::domain::{
    change::{Change, FileState},
    path::RelPath,
    turn::message::{Message, Reply, ToolCall, Usage},
};

const WRITING: &str = r#"{"path":"src/a.ts","content":"one\ntwo changed\nthree\nfou"#;

fn shown(story: Story) -> String {
    text(&World::of(story.streaming("write_file", WRITING)).draw(&mut DiffPanel::plain(), 80, 24))
}

fn compared(seen: &str) {
    for words in ["- two", "+ two changed", "  three", "+ fou"] {
        assert!(seen.contains(words), "{words}\n{seen}");
    }
    assert!(!seen.contains("+ one") && !seen.contains("- four"), "{seen}");
    assert!(seen.contains("provisional"), "{seen}");
}

#[test]
fn it_is_held_against_what_the_last_change_left() {
    let path = RelPath::parse("src/a.ts").unwrap();
    let after = Some(FileState::regular("one\ntwo\nthree\nfour\n"));
    compared(&shown(Story::working().applied(&Change { path, from: None, before: None, after })));
}

#[test]
fn it_is_held_against_what_the_model_read_of_it() {
    let read = |arguments: serde_json::Value| {
        let call = ToolCall { id: "r".into(), name: "read_file".into(), arguments };
        let reply = Reply { calls: vec![call], ..Reply::default() };
        let (content, is_error) = ("one\ntwo\nthree\nfour\n".to_owned(), false);
        Story::working()
            .then(Entry::Replied { reply, usage: Usage::default(), model: "m".into() })
            .then(Entry::Told(Message::Tool { call: "r".into(), content, is_error }))
    };
    compared(&shown(read(serde_json::json!({"path": "src/a.ts"}))));
    for other in [serde_json::json!({"path": "src/b.ts"}), serde_json::json!({"path": "src/a.ts", "from_line": 2})] {
        let seen = shown(read(other));
        assert!(seen.contains("+ one") && !seen.contains("- two"), "what was not read whole is not compared\n{seen}");
    }
}
