//! How much of a growing Markdown document is settled, so that only its end is read again.
//!
//! Always holds: for every text that may follow, reading the closed part and the rest apart gives
//! the blocks of the whole. It is careful: it may call closed less than it could.

use pulldown_cmark::{Event, Parser};

use super::markdown::{OPTIONS, prepare};

/// Length in bytes of the part of `source` that can no longer change, whatever is appended. It ends
/// after a blank line, outside lists, fences, tables and HTML.
///
/// May be called on what follows an earlier result, which keeps the cost of a stream linear.
pub fn closed_prefix(source: &str) -> usize {
    // Read as nothing at a document's start and shown elsewhere; from here it cannot be told which.
    if source.starts_with('\u{feff}') {
        return 0;
    }
    let text = prepare(source);
    let starts: Vec<usize> = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_at = |line: usize| {
        let end = starts.get(line + 1).copied().unwrap_or(text.len());
        starts.get(line).and_then(|start| text.get(*start..end)).unwrap_or_default()
    };
    let mut depth = 0_usize;
    let mut closed = 0;
    for (event, range) in Parser::new_ext(&text, OPTIONS).into_offset_iter() {
        let starts_block = depth == 0 && !matches!(event, Event::End(_));
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
        if !starts_block {
            continue;
        }
        let line = starts.partition_point(|start| *start <= range.start).max(1) - 1;
        // The block's first line must be whole: `-` after a list could still become its next item
        // or a rule. And the line before must be blank, so that nothing reaches over it.
        let whole = line_at(line).ends_with('\n');
        let parted = line > 0 && line_at(line - 1).trim().is_empty();
        let alone =
            starts.get(line).is_some_and(|start| text.get(*start..range.start).is_some_and(|s| s.trim().is_empty()));
        if whole && parted && alone {
            closed = line;
        }
    }
    if closed == 0 {
        return 0;
    }
    // Cleaning changes lengths but no line.
    source.match_indices('\n').nth(closed - 1).map_or(0, |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::{
        layout::render,
        markdown::{Block, parse, parse_from},
    };
    use proptest::prelude::*;

    const SAMPLES: &[&str] = &[
        "# Title\n\nText one\ntwo\n\n- a\n- b\n\n  more\n\n    code in item\n\n- c\n\nAfter\n\n1. x\n\n2) y\n\n* z\n",
        "```rust\nfn a() {\n\n}\n```\n\ntext\n\n~~~\nopen\n\nfence\n",
        "> quote\n\n> other\n\nlazy\n\n    indented\n\n    code\n\ntext\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n| x |\n|--|\n\nend\n",
        "<!-- comment\n\nstill -->\n\ntext <!-- inline\n\nnot closed\n\n<div>\n\nx\n\n</div>\n\n<script>\n\nlet a\n\n</script>\n\nend\n",
        "use [ref] here\n\nand [ref][] *[a*]\n\n[ref]: http://x\n\n[ref]: y\n",
        "Setext\n===\n\nother\n---\n\n***\n\n- - -\n\n---\n",
        "a\r\n\r\n- b\r\n\r\n  c\r\n\r\nd \u{1b}[0m\r\n\r\n\u{feff}# x\r\n\r\n",
        "- [ ] 1. Task\n  - [ ] 1.1 Sub\n    - detail\n    - _Requirements: 1.1_\n\n- [x] 2. Other\n\n## Notes\n\nText\n\n1. WHEN a THE SYSTEM SHALL b\n2. IF c THEN d\n\n",
        "\u{feff}- a\n\n  b\n\nc\n\nd\n",
        "-\n\n  x\n\n+\n\ny\n\n10. a\n\n     b\n\n  c\n\n\ttab\n\nend\n",
    ];

    fn streamed(source: &str, cut: usize) -> (Vec<Block>, usize) {
        let closed = closed_prefix(&source[..cut]);
        let (head, tail) = source.split_at(closed);
        let mut blocks = parse(head);
        blocks.extend(parse_from(tail, 1 + head.matches('\n').count()));
        (blocks, closed)
    }

    #[test]
    fn every_split_reads_as_the_whole() {
        for source in SAMPLES {
            let whole = parse(source);
            let mut most = 0;
            for cut in (0..=source.len()).filter(|at| source.is_char_boundary(*at)) {
                let (blocks, closed) = streamed(source, cut);
                assert_eq!(blocks, whole, "{:?} closed {:?}", &source[..cut], &source[..closed]);
                let (head, tail) = blocks.split_at(parse(&source[..closed]).len());
                let lines = [render(head, 30), render(tail, 30)].concat();
                assert_eq!(lines, render(&whole, 30), "{:?}", &source[..cut]);
                most = most.max(closed);
            }
            assert!(most > 0 || source.starts_with(['-', '\u{feff}']), "something closes: {source:?}");
        }
    }

    #[test]
    fn lists_and_fences_stay_open() {
        assert_eq!(closed_prefix("# T\n\ntext\n\nmore\n"), 11);
        assert_eq!(closed_prefix("text\n\nmor"), 0, "a line that grows");
        assert_eq!(closed_prefix("- a\n\n- b\n\n"), 0);
        assert_eq!(closed_prefix("- a\n\ntext\n"), 5);
        assert_eq!(closed_prefix("```\n\na\n\nb\n"), 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]
        #[test]
        fn any_soup_reads_as_the_whole(pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "b\n", "\n", "\n\n", "- ", "1. ", "> ", "    ", "  ", "```", "```\n", "~~~\n", "# ", "| a |\n", "|---|\n", "<!--", "-->", "<div>\n",
            "</div>", "<?", "?>", "<!A", "<![CDATA[", "]]>", "[a]", "[a]: ", "(u)", "*", "**", "_", "`", "---\n", "===\n", "\t", "\r\n", "\\", "&#10;", "[ ] ", "é", "\u{1b}", "<script>\n", "+\n", "* ", ":", "<a", "\"",
        ]), 0..24), cut in any::<prop::sample::Index>()) {
            let source: String = pieces.concat();
            let cuts: Vec<usize> = (0..=source.len()).filter(|at| source.is_char_boundary(*at)).collect();
            let cut = cuts[cut.index(cuts.len())];
            let (blocks, closed) = streamed(&source, cut);
            prop_assert_eq!(blocks, parse(&source), "closed {:?} of {:?}", &source[..closed], source);
        }
    }
}
