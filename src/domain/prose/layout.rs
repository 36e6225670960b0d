//! Markdown blocks laid out as lines of a given width, still plain data.
//!
//! Colours are the renderer's. Blank lines follow the source: one after a block, unless the next
//! stands directly below it.
//!
//! Always holds: no line is wider than asked, down to the widest single character; every line names
//! the source line it shows, and those never go back.

use super::{
    block::{Block, Ink, Kind, Marker, Span, Style},
    clean::expand_tabs,
    table,
    width::{width, wrap},
};

/// What a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A heading of this level.
    Heading(u8),
    /// Prose, list items included.
    Text,
    /// The line above a code block that names its language.
    CodeInfo,
    /// A line of code.
    Code,
    /// A line of a diagram.
    Diagram,
    /// A line of HTML.
    Html,
    /// A table's header.
    TableHead,
    /// A table's row.
    TableRow,
    /// A line drawn across: a thematic break or the one below a table's header.
    Rule,
    /// Nothing.
    Blank,
}

/// One line to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its text; all on this line, cleaned, without tabs.
    pub spans: Vec<Span>,
    /// Source line it shows, from 1.
    pub source_line: usize,
    /// What it belongs to.
    pub role: Role,
}

/// Columns of a tab stop in code.
pub const TAB: usize = 4;

/// Lays blocks out in `columns`; fewer than 8 count as 8.
pub fn render(blocks: &[Block], columns: usize) -> Vec<Line> {
    let columns = columns.max(8);
    let mut out = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let bars = "▎ ".repeat(block.quote.min(columns / 8));
        let indent = block.indent.min(columns / 2 - width(&bars).min(columns / 2));
        let mut page = Page { out: &mut out, columns, bars, indent, at: block.lines.start };
        page.block(block);
        let adjacent = blocks.get(index + 1).is_some_and(|next| next.lines.start <= block.lines.end);
        if !adjacent {
            let source_line = out.last().map_or(1, |l: &Line| l.source_line).max(block.lines.end - 1);
            out.push(Line { spans: Vec::new(), source_line, role: Role::Blank });
        }
    }
    out
}

/// Where the lines of one block go.
struct Page<'a> {
    out: &'a mut Vec<Line>,
    columns: usize,
    bars: String,
    indent: usize,
    at: usize,
}

impl Page<'_> {
    fn block(&mut self, block: &Block) {
        match &block.kind {
            Kind::Heading { level, spans } => self.text(spans, "", "", Role::Heading(*level)),
            Kind::Paragraph { spans } => self.text(spans, "", "", Role::Text),
            Kind::Item { marker, task, spans } => {
                let marker = match marker {
                    Marker::Bullet => "•",
                    Marker::Number(number) => number,
                };
                let first = match task {
                    None => format!("{marker} "),
                    Some(true) => format!("{marker} [x] "),
                    Some(false) => format!("{marker} [ ] "),
                };
                self.text(spans, &first, &" ".repeat(width(&first)), Role::Text);
            }
            Kind::Code { info, text, first } => {
                if !info.is_empty() {
                    let spans = [span(info, Ink::Code, block.lines.start)];
                    self.text(&spans, "", "", Role::CodeInfo);
                }
                self.verbatim(text, |at| first + at, Ink::Code, Role::Code);
            }
            Kind::Diagram { info, lines } => {
                let spans = [span(info, Ink::Code, block.lines.start)];
                self.text(&spans, "", "", Role::CodeInfo);
                self.verbatim(&lines.join("\n"), |_| block.lines.start, Ink::Text, Role::Diagram);
            }
            Kind::Html { text, first } => self.verbatim(text, |at| first + at, Ink::Html, Role::Html),
            Kind::Table { align, head, rows } => {
                let room = self.room();
                for (spans, line, role) in table::layout(align, head, rows, room) {
                    self.line(spans, line, role, None);
                }
            }
            Kind::Rule => {
                let rule = span(&"─".repeat(self.room()), Ink::Marker, self.at);
                self.line(vec![rule], self.at, Role::Rule, None);
            }
        }
    }

    /// Columns that are left beside bars and indentation.
    fn room(&self) -> usize {
        self.columns.saturating_sub(width(&self.bars) + self.indent).max(1)
    }

    /// Wrapped text with a marker before its first line and as much space before the others.
    fn text(&mut self, spans: &[Span], first: &str, others: &str, role: Role) {
        let cut = self.room() / 2;
        let (first, others) = if width(first) > cut { (" ", " ") } else { (first, others) };
        let room = self.room() - width(first);
        for (index, (spans, line)) in flow(spans, room, self.at).into_iter().enumerate() {
            let marker = if index == 0 { first } else { others };
            self.line(spans, line, role, (!marker.is_empty()).then_some(marker));
        }
    }

    /// Lines as they stand, broken where they are too long.
    fn verbatim(&mut self, text: &str, source_line: impl Fn(usize) -> usize, ink: Ink, role: Role) {
        if text.is_empty() {
            return;
        }
        for (index, line) in text.split('\n').enumerate() {
            let line = expand_tabs(line, 0, TAB);
            let mut rest: &str = &line;
            loop {
                let part = match super::width::head(rest, self.room()) {
                    // A character wider than the room has a line of its own.
                    "" => rest.get(..rest.chars().next().map_or(0, char::len_utf8)).unwrap_or(rest),
                    part => part,
                };
                rest = rest.get(part.len()..).unwrap_or_default();
                self.line(vec![span(part, ink, source_line(index))], source_line(index), role, None);
                if rest.is_empty() {
                    break;
                }
            }
        }
    }

    fn line(&mut self, spans: Vec<Span>, source_line: usize, role: Role, marker: Option<&str>) {
        self.at = self.at.max(source_line);
        let source_line = self.at;
        let before = [self.bars.as_str(), &" ".repeat(self.indent), marker.unwrap_or("")];
        let before = before.iter().filter(|t| !t.is_empty()).map(|t| span(t, Ink::Marker, source_line));
        let spans = before.chain(spans.into_iter().filter(|s| !s.text.is_empty())).collect();
        self.out.push(Line { spans, source_line, role });
    }
}

fn span(text: &str, ink: Ink, line: usize) -> Span {
    Span { text: text.to_owned(), style: Style { ink, ..Style::default() }, line }
}

/// Spans wrapped to `columns`: each line with the source line it starts on, at least one line.
pub(super) fn flow(spans: &[Span], columns: usize, first: usize) -> Vec<(Vec<Span>, usize)> {
    let text: String = spans.iter().map(|s| s.text.as_str()).collect();
    let mut out = Vec::new();
    let mut from = 0;
    let mut source = first;
    for part in text.split('\n') {
        for range in wrap(part, columns) {
            let (start, end) = (from + range.start, from + range.end);
            let (mut at, mut line) = (0, Vec::new());
            for span in spans {
                let (low, high) = (start.max(at), end.min(at + span.text.len()));
                if low < high
                    && let Some(text) = span.text.get(low - at..high - at)
                {
                    line.push(Span { text: text.to_owned(), ..span.clone() });
                }
                at += span.text.len();
                if at >= end {
                    break;
                }
            }
            source = line.first().map_or(source, |s: &Span| s.line);
            out.push((line, source));
        }
        from += part.len() + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::prose::markdown::parse;
    use proptest::prelude::*;

    fn drawn(source: &str, columns: usize) -> Vec<String> {
        let text = |l: &Line| l.spans.iter().map(|s| s.text.as_str()).collect::<String>();
        render(&parse(source), columns)
            .iter()
            .map(|l| format!("{} {}", l.source_line, text(l)).trim_end().to_owned())
            .collect()
    }

    #[test]
    fn lists_hang_and_quotes_have_bars() {
        let source = "# T\nSome words that wrap\nover lines\n\n- [ ] first item text\n  - sub\n    more\n\n> quoted words here\n";
        assert_eq!(
            drawn(source, 14),
            [
                "1 T",
                "2 Some words",
                "2 that wrap over",
                "3 lines",
                "3",
                "5 • [ ] first",
                "5       item",
                "5       text",
                "6   • sub more",
                "7",
                "9 ▎ quoted words",
                "9 ▎ here",
                "9",
            ]
        );
    }

    #[test]
    fn code_is_kept_and_broken_only_when_too_long() {
        assert_eq!(
            drawn("```rust\n\tlet a = 1;\n\nb\n```\n", 12),
            ["1 rust", "2     let a =", "2 1;", "3", "4 b", "5"]
        );
    }

    #[test]
    fn breaks_and_rules() {
        assert_eq!(drawn("a  \nb\n\n---\n", 8), ["1 a", "2 b", "2", "4 ────────", "4"]);
    }

    proptest! {
        #[test]
        fn lines_fit_and_never_go_back(pieces in prop::collection::vec(prop::sample::select(vec![
            "word ", "図図 ", "longlonglonglonglong", "\n", "\n\n", "- ", "1. ", "100000000. ", "> ", "    ", "  ", "```\n", "# ", "| a | 図 |\n", "|---|--:|\n", "| b | cc `d` |\n", "**", "`", "\t", "<b>", "[a](http://u)", "[x] ", "&#9;", "e\u{301}",
        ]), 0..24), columns in 8usize..40) {
            let source = pieces.concat();
            let mut last = 0;
            for line in render(&parse(&source), columns) {
                let text: String = line.spans.iter().map(|s| s.text.as_str()).collect();
                prop_assert!(width(&text) <= columns, "{:?} in {:?}", text, source);
                prop_assert!(!text.contains(['\n', '\t']), "{:?}", text);
                prop_assert!(line.source_line >= last && line.source_line >= 1, "{:?}", source);
                prop_assert!(line.source_line <= source.matches('\n').count() + 1);
                last = line.source_line;
            }
        }
    }
}
