//! Two readings of a document as one that shows what changed: the blocks of the new one in their order,
//! what was taken out where it stood, and in a block that changed the words that differ.
//!
//! Always holds: without what was taken out it is the new document, without what was added the old one,
//! up to the pieces that a code block is cut into.

use super::{
    block::{Block, Cells, Kind, Mark, Span},
    table,
};
use crate::domain::diff::{FileDiff, RowKind, words::emphasis};

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is as it was.
    Same,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// Words of it differ; they are marked.
    Changed,
}

/// A block and what became of it. Lines are those of the new document; what is gone has those of the
/// place where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The block.
    pub block: Block,
    /// What became of it.
    pub fate: Fate,
}

/// What changed from `old` to `new`.
pub fn changes(old: &[Block], new: &[Block]) -> Vec<Shown> {
    let joined = |blocks: &[Block]| blocks.iter().map(|b| flat(b) + "\n").collect::<String>();
    let (before, after) = (joined(old), joined(new));
    let diff = FileDiff::of(before.as_bytes(), after.as_bytes(), 0);
    let mut out: Vec<Shown> = Vec::new();
    // What is gone stands before what is new in its place.
    let (mut gone, mut fresh): (Vec<Shown>, Vec<Shown>) = (Vec::new(), Vec::new());
    let mut line = 1;
    for row in &diff.rows {
        let at = |blocks: &[Block], number: usize| blocks.get(number - 1).cloned();
        let left = diff.left(row).and_then(|l| at(old, l.number));
        let right = diff.right(row).and_then(|l| at(new, l.number));
        if let Some(block) = &right {
            line = block.lines.start;
        }
        let settled = match (row.kind, &left, right.clone()) {
            (RowKind::Equal, _, Some(block)) => Some(vec![Shown { block, fate: Fate::Same }]),
            (RowKind::Changed | RowKind::Replaced, Some(left), Some(right)) => merged(left, &right),
            _ => None,
        };
        match settled {
            Some(blocks) => {
                put(&mut out, &mut gone, &mut fresh);
                out.extend(blocks);
            }
            None => {
                gone.extend(left.map(|block| Shown { block: moved(block, line), fate: Fate::Removed }));
                fresh.extend(right.clone().map(|block| Shown { block, fate: Fate::Added }));
            }
        }
        if let Some(block) = right {
            line = block.lines.end;
        }
    }
    put(&mut out, &mut gone, &mut fresh);
    out
}

/// What went, all of it at the place where it began to, and then what came.
fn put(out: &mut Vec<Shown>, gone: &mut Vec<Shown>, fresh: &mut Vec<Shown>) {
    let at = gone.first().into_iter().chain(fresh.first()).map(|s| s.block.lines.start).min();
    out.extend(gone.drain(..).map(|s| Shown { block: moved(s.block, at.unwrap_or(1)), ..s }));
    out.append(fresh);
}

/// A block on one line, equal for blocks that are drawn the same.
fn flat(block: &Block) -> String {
    let mut out = format!("{} {} ", block.quote, block.depth);
    let spans = |out: &mut String, spans: &[Span]| {
        for span in spans {
            if span.style != super::block::Style::default() {
                out.push_str(&format!("\u{1}{:?}", span.style));
            }
            out.push_str(&span.text);
        }
    };
    match &block.kind {
        Kind::Heading { level, spans: text } => {
            out.push_str(&format!("h{level} "));
            spans(&mut out, text);
        }
        Kind::Paragraph { spans: text } => spans(&mut out, text),
        Kind::Item { marker, task, spans: text } => {
            out.push_str(&format!("{marker:?} {task:?} "));
            spans(&mut out, text);
        }
        Kind::Code { info, text, .. } => out.push_str(&format!("code {info} {text}")),
        Kind::Html { text, .. } => out.push_str(&format!("html {text}")),
        Kind::Diagram { info, lines, .. } => out.push_str(&format!("diagram {info} {}", lines.join("\u{2}"))),
        Kind::Table { align, head, rows } => {
            out.push_str(&format!("table {align:?} "));
            for cells in std::iter::once(head).chain(rows) {
                for cell in &cells.cells {
                    spans(&mut out, cell);
                    out.push('\u{3}');
                }
                out.push('\u{2}');
            }
        }
        Kind::Rule => out.push_str("rule"),
    }
    out.replace('\n', "\u{2}")
}

/// A block at another line.
fn moved(mut block: Block, line: usize) -> Block {
    block.lines = line..line;
    block
}

/// Both sides of a block that changed as one, where they can be.
fn merged(old: &Block, new: &Block) -> Option<Vec<Shown>> {
    let around = |b: &Block| (b.quote, b.depth, b.indent);
    if around(old) != around(new) {
        return None;
    }
    let kind = match (&old.kind, &new.kind) {
        (Kind::Heading { level: a, spans: from }, Kind::Heading { level: b, spans: to }) if a == b => {
            Kind::Heading { level: *b, spans: words(from, to)? }
        }
        (Kind::Paragraph { spans: from }, Kind::Paragraph { spans: to }) => Kind::Paragraph { spans: words(from, to)? },
        (Kind::Item { marker: a, task: x, spans: from }, Kind::Item { marker: b, task: y, spans: to })
            if a == b && x == y =>
        {
            Kind::Item { marker: b.clone(), task: *y, spans: words(from, to)? }
        }
        (Kind::Code { info: a, text: from, .. }, Kind::Code { info: b, text: to, first }) if a == b => {
            return Some(code(b, from, to, *first, new));
        }
        (Kind::Table { align: a, head: h, rows: from }, Kind::Table { align: b, head, rows: to })
            if a == b && table::same(h, head) =>
        {
            Kind::Table { align: b.clone(), head: head.clone(), rows: rows(from, to) }
        }
        _ => return None,
    };
    Some(vec![Shown { block: Block { kind, ..new.clone() }, fate: Fate::Changed }])
}

/// The words of both, marked where they differ; nothing where it is not words that differ.
fn words(old: &[Span], new: &[Span]) -> Option<Vec<Span>> {
    let text = |spans: &[Span]| spans.iter().map(|s| s.text.as_str()).collect::<String>();
    let (before, after) = (text(old), text(new));
    let found = emphasis(before.as_bytes(), after.as_bytes());
    if found.old.is_empty() && found.new.is_empty() {
        return None;
    }
    let line = new.first().map_or(1, |s| s.line);
    let (mut out, mut i, mut j) = (Vec::new(), 0, 0);
    let (mut gone, mut fresh) = (found.old.into_iter().peekable(), found.new.into_iter().peekable());
    while i < before.len() || j < after.len() {
        let last = out.last().map_or(line, |s: &Span| s.line);
        if let Some(range) = gone.next_if(|r| r.start == i) {
            i = range.end;
            let words = cut(old, range, Mark::Removed).map(|s| Span { line: last, ..s });
            out.extend(bracketed(words.collect(), Mark::Removed));
        } else if let Some(range) = fresh.next_if(|r| r.start == j) {
            j = range.end;
            out.extend(bracketed(cut(new, range, Mark::Added).collect(), Mark::Added));
        } else {
            let most = gone.peek().map_or(before.len(), |r| r.start).saturating_sub(i);
            let common = fresh.peek().map_or(after.len(), |r| r.start).saturating_sub(j).min(most);
            if common == 0 {
                return None;
            }
            out.extend(cut(new, j..j + common, Mark::None));
            (i, j) = (i + common, j + common);
        }
    }
    Some(out)
}

/// What differs, between the signs that are common for it: not every terminal strikes words through,
/// and none says a colour aloud.
fn bracketed(mut spans: Vec<Span>, mark: Mark) -> Vec<Span> {
    let (before, after) = match mark {
        Mark::None => return spans,
        Mark::Added => ("{+", "+}"),
        Mark::Removed => ("[-", "-]"),
    };
    if let Some(first) = spans.first_mut() {
        first.text.insert_str(0, before);
    }
    if let Some(last) = spans.last_mut() {
        last.text.push_str(after);
    }
    spans
}

/// The spans of a range of their text.
fn cut(spans: &[Span], range: std::ops::Range<usize>, mark: Mark) -> impl Iterator<Item = Span> {
    let mut at = 0;
    spans.iter().filter_map(move |span| {
        let (from, to) = (range.start.max(at), range.end.min(at + span.text.len()));
        let text = (from < to).then(|| span.text.get(from - at..to - at)).flatten();
        at += span.text.len();
        let mut span = Span { text: text?.to_owned(), ..span.clone() };
        span.style.mark = mark;
        Some(span)
    })
}

/// A code block as the runs of its lines that stayed, went and came.
fn code(info: &str, old: &str, new: &str, first: usize, block: &Block) -> Vec<Shown> {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let diff = FileDiff::of(old.as_bytes(), new.as_bytes(), 0);
    let mut runs: Vec<(Fate, String, usize)> = Vec::new();
    let (mut gone, mut fresh): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut line = first;
    for row in &diff.rows {
        let left = diff.left(row).and_then(|l| old.get(l.text.clone()));
        let right = diff.right(row).and_then(|l| new.get(l.text.clone()));
        if row.kind == RowKind::Equal {
            flush(&mut gone, &mut fresh, &mut runs, line);
            let text = right.unwrap_or_default();
            match runs.last_mut() {
                Some((Fate::Same, run, _)) => {
                    run.push('\n');
                    run.push_str(text);
                }
                _ => runs.push((Fate::Same, text.to_owned(), line)),
            }
        } else {
            gone.extend(left);
            fresh.extend(right);
        }
        line += usize::from(right.is_some());
    }
    flush(&mut gone, &mut fresh, &mut runs, line);
    let last = runs.len().saturating_sub(1);
    let pieces = runs.into_iter().enumerate().map(|(at, (fate, text, from))| {
        let info = if at == 0 { info.to_owned() } else { String::new() };
        let lines = match (at, fate) {
            _ if at == last => from..block.lines.end.max(from),
            (_, Fate::Removed) => from..from,
            _ => from..from + text.matches('\n').count() + 1,
        };
        let lines = if at == 0 { block.lines.start..lines.end.max(block.lines.start) } else { lines };
        Shown { block: Block { kind: Kind::Code { info, text, first: from }, lines, ..block.clone() }, fate }
    });
    pieces.collect()
}

/// Puts down the lines that went and those that came up to `line`.
fn flush(gone: &mut Vec<&str>, fresh: &mut Vec<&str>, runs: &mut Vec<(Fate, String, usize)>, line: usize) {
    let from = line.saturating_sub(fresh.len());
    for (fate, lines) in [(Fate::Removed, std::mem::take(gone)), (Fate::Added, std::mem::take(fresh))] {
        if !lines.is_empty() {
            runs.push((fate, lines.join("\n"), from));
        }
    }
}

/// The rows of a table, marked where they differ.
fn rows(old: &[Cells], new: &[Cells]) -> Vec<Cells> {
    let flat = |rows: &[Cells]| -> String {
        let cell = |spans: &Vec<Span>| spans.iter().map(|s| s.text.as_str()).collect::<String>() + "\u{3}";
        rows.iter().map(|r| r.cells.iter().map(cell).collect::<String>().replace('\n', "\u{2}") + "\n").collect()
    };
    let (before, after) = (flat(old), flat(new));
    let diff = FileDiff::of(before.as_bytes(), after.as_bytes(), 0);
    let mut out: Vec<Cells> = Vec::new();
    let whole = |cells: &Cells, mark: Mark, line: usize| {
        let mut cells = cells.clone();
        cells.line = line;
        for span in cells.cells.iter_mut().flatten() {
            span.style.mark = mark;
            span.line = line;
        }
        cells.cells = cells.cells.into_iter().map(|spans| bracketed(spans, mark)).collect();
        cells
    };
    let mut line = new.first().map_or(1, |r| r.line);
    for row in &diff.rows {
        let left = diff.left(row).and_then(|l| old.get(l.number - 1));
        let right = diff.right(row).and_then(|l| new.get(l.number - 1));
        line = right.map_or(line, |r| r.line);
        match (row.kind, left, right) {
            (RowKind::Equal, _, Some(right)) => out.push(right.clone()),
            (RowKind::Changed, Some(left), Some(right)) if left.cells.len() == right.cells.len() => {
                let cells = left.cells.iter().zip(&right.cells);
                let cells = cells.map(|(from, to)| words(from, to).unwrap_or_else(|| to.to_vec())).collect();
                out.push(Cells { cells, line: right.line });
            }
            (_, left, right) => {
                out.extend(left.map(|cells| whole(cells, Mark::Removed, line)));
                out.extend(right.map(|cells| whole(cells, Mark::Added, line)));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::prose::{markdown::parse, render};

    /// The text of the blocks that one side has, without what is the other's.
    fn side(shown: &[Shown], without: (Fate, Mark)) -> String {
        let kept = shown.iter().filter(|s| s.fate != without.0);
        let lines = kept.flat_map(|s| render(std::slice::from_ref(&s.block), 200));
        let spans = lines.flat_map(|l| l.spans.into_iter().filter(|s| s.style.mark != without.1).map(|s| s.text));
        let text: String = spans.collect::<Vec<_>>().join("");
        let text = ["{+", "+}", "[-", "-]"].iter().fold(text, |text, sign| text.replace(sign, ""));
        // Neither where lines end nor how wide a column is belongs to the text.
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '─' | '┼' | '│')).collect()
    }

    fn plain(source: &str) -> String {
        let blocks: Vec<Shown> = parse(source).into_iter().map(|block| Shown { block, fate: Fate::Same }).collect();
        side(&blocks, (Fate::Removed, Mark::Removed))
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        let lines = |s: &Shown| {
            let sign = match s.fate {
                Fate::Same => " ",
                Fate::Added => "+",
                Fate::Removed => "-",
                Fate::Changed => "~",
            };
            let lines = render(std::slice::from_ref(&s.block), 60).into_iter().filter(|l| !l.spans.is_empty());
            lines
                .map(|l| format!("{sign} {}", l.spans.iter().map(|s| s.text.as_str()).collect::<String>()))
                .collect::<Vec<_>>()
        };
        changes(&parse(old), &parse(new)).iter().flat_map(lines).collect()
    }

    #[test]
    fn words_that_differ_are_marked_where_they_stand() {
        let old = "# T\n\nMemory 512 MB, timeout 30 s.\n\nGone.\n\n- a\n- b\n";
        let new = "# T\n\nMemory 1024 MB, timeout 30 s, always.\n\n- a\n- b\n- c\n";
        assert_eq!(
            told(old, new),
            ["  T", "~ Memory [-512-]{+1024+} MB, timeout 30 s{+, always+}.", "- Gone.", "  • a", "  • b", "+ • c"]
        );
    }

    #[test]
    fn code_changes_by_its_lines_and_a_table_by_its_rows() {
        let old = "```js\na();\nb();\nc();\n```\n\n| p | q |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n";
        let new = "```js\na();\nB();\nc();\nd();\n```\n\n| p | q |\n|---|---|\n| 1 | 2 |\n| five | 6 |\n";
        let told = told(old, new);
        assert_eq!(told[..6], ["  js", "  a();", "- b();", "+ B();", "  c();", "+ d();"]);
        assert!(told[8..].concat().contains("[-3-]") && told[8..].concat().contains("{+five+}"), "{told:?}");
    }

    #[test]
    fn a_change_that_is_not_of_words_is_a_block_out_and_a_block_in() {
        assert_eq!(told("a *b* c\n", "a b c\n"), ["- a b c", "+ a b c"]);
        assert_eq!(told("- [ ] x\n", "- [x] x\n"), ["- • [ ] x", "+ • [x] x"]);
        assert_eq!(told("## A\n", "### A\n"), ["- A", "+ A"]);
        assert_eq!(told("same\n", "same\n"), ["  same"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn each_side_is_there_whole(
            old in prop::collection::vec(prop::sample::select(PIECES), 0..16),
            new in prop::collection::vec(prop::sample::select(PIECES), 0..16),
        ) {
            let (old, new) = (old.concat(), new.concat());
            let shown = changes(&parse(&old), &parse(&new));
            prop_assert_eq!(side(&shown, (Fate::Removed, Mark::Removed)), plain(&new));
            // An info line belongs to whichever piece of its code block comes first.
            if !old.contains("```") && !new.contains("```") {
                prop_assert_eq!(side(&shown, (Fate::Added, Mark::Added)), plain(&old));
            }
            let lines: Vec<usize> = shown.iter().map(|s| s.block.lines.start).collect();
            prop_assert!(lines.is_sorted(), "{:?}", lines);
        }
    }

    const PIECES: &[&str] = &[
        "one two three\n",
        "one 2 three\n",
        "\n",
        "\n\n",
        "- a\n",
        "- [ ] a b\n",
        "## H x\n",
        "## H y\n",
        "```\nx\ny\n```\n",
        "```\nx\nz\n```\n",
        "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "| 3 | *4* |\n",
        "> q\n",
        "`c` *d*\n",
        "---\n",
        "<b>\n",
    ];
}
