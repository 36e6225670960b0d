use super::*;
use crate::{
    domain::prose::parse,
    ui::panels::{diagram::lay_out, pane::spans_width, tests::styles},
};

/// Colours, once the background has found those of line `line`.
fn colours(blocks: &[prose::Block], line: usize) -> Colours {
    let colours = Colours::of(blocks);
    while colours.of_line(line).is_none() {
        std::thread::yield_now();
    }
    colours
}

fn coloured(rows: &[Row]) -> String {
    let style = Style { bg: None, ..styles().get(Role::SyntaxString) };
    let spans = rows.iter().flat_map(|r| &r.line.spans).filter(|s| s.style.fg == style.fg);
    spans.map(|s| s.content.as_ref()).collect()
}

#[test]
fn code_keeps_its_colours_where_it_is_broken_and_in_the_source() {
    let text = "```js\nconst words = \"some words in a string\";\n```\n";
    let blocks = parse(text);
    let known = colours(&blocks, 2);
    for columns in [80, 30, 20, 9] {
        let rows = markdown(&blocks, columns, &known, &styles());
        assert!(coloured(&rows).contains("some words in a string"), "{columns}");
        assert!(rows.iter().all(|r| spans_width(&r.line.spans) <= columns));
        let plain = markdown(&blocks, columns, &Colours::default(), &styles());
        let texts = |rows: &[Row]| rows.iter().map(Row::text).collect::<Vec<_>>();
        assert_eq!(texts(&rows), texts(&plain));
    }
    let rows = source(text, 80, &known, &styles());
    assert!(coloured(&rows).contains("some words in a string"));
    // Behind an indentation, too.
    let listed = "- a\n  ```js\n  const words = \"some words in a string\";\n  ```\n";
    let blocks: Vec<prose::Block> = parse(listed).into_iter().skip(1).collect();
    let rows = source(listed, 80, &colours(&blocks, 3), &styles());
    assert!(coloured(&rows).contains("some words in a string"));
}

#[test]
fn a_diagram_stands_where_its_block_does_and_what_cannot_be_drawn_stays() {
    let text =
        "Before.\n\n```mermaid\ngraph LR\n  A[Upload] --> B[Resize]\n```\n\nAfter.\n\n```mermaid\nnonsense\n```\n";
    let drawn = |s: &str, c| lay_out(s, c).map(|lines| Drawn::Lines(lines.into()));
    let mut blocks = parse(text);
    diagrams(&mut blocks, 60, "mermaid, drawn (t shows the source)", drawn);
    let rows = markdown(&blocks, 60, &Colours::default(), &styles());
    let shown: String = rows.iter().map(|r| r.text() + "\n").collect();
    assert!(shown.contains("mermaid, drawn (t shows the source)") && shown.contains("│ Upload"), "{shown}");
    assert!(!shown.contains("graph LR") && shown.contains("nonsense"), "{shown}");
    let lines: Vec<usize> = rows.iter().filter_map(source_line).collect();
    assert!(lines.is_sorted(), "{lines:?}");
    let at = |words: &str| rows.iter().find(|r| r.text().contains(words)).and_then(source_line);
    assert_eq!((at("Upload"), at("After.")), (Some(3), Some(8)));
    // Where it has no room it stays as it is written.
    let mut blocks = parse(text);
    diagrams(&mut blocks, 12, "mermaid, drawn (t shows the source)", drawn);
    assert_eq!(blocks, parse(text));
    // And says so where it is known how many columns it needs.
    diagrams(&mut blocks, 12, "drawn", |_, _| Some(Drawn::Needs(30)));
    let rows = markdown(&blocks, 60, &Colours::default(), &styles());
    assert!(rows.iter().any(|r| r.text() == "mermaid, not drawn: it needs 30 columns, here are 12"), "{rows:?}");
}

#[test]
fn a_comment_takes_the_width_of_the_text() {
    let head = "you r1 criterion 1.2 → lines changed in r2";
    let words =
        "Please say in words what happens to an image that is larger than the limit, and what the reader sees then.";
    let mut rows = Vec::new();
    said(head, words, 76, Style::new(), &mut rows);
    let lines: Vec<String> = rows.iter().map(Row::text).collect();
    assert_eq!(lines[0].trim_end(), format!("   ┊ {head}"));
    assert!(lines.len() <= 3 && lines.iter().all(|l| width(l) <= 76), "{lines:#?}");
    // What is short stays in one line.
    rows.clear();
    said("you r2:11", "why 1024?", 76, Style::new(), &mut rows);
    assert_eq!(rows.iter().map(Row::text).collect::<Vec<_>>(), ["   ┊ you r2:11  why 1024?"]);
}
