//! Markdown as a flat list of blocks with styled spans, each with its place in the source.
//!
//! For reading and reviewing, so nothing of a source may stay hidden: HTML and comments are shown as
//! they stand, link targets and titles beside their text, list numbers as written, cells beyond a
//! table's columns too. Link reference definitions are shown as the text they are and resolve
//! nothing; for that reason no block depends on another.
//!
//! Always holds: all text is cleaned; blocks come in source order; their line ranges grow.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{Alignment, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{
    block::{Align, Block, Cells, Ink, Kind, Marker, Span, Style},
    clean::clean,
};

/// Reads a whole document.
pub fn parse(source: &str) -> Vec<Block> {
    parse_from(source, 1)
}

/// Reads a part of a document that starts at line `first`, which must be 1 or the line after a
/// [`super::closed_prefix`].
pub fn parse_from(source: &str, first: usize) -> Vec<Block> {
    let source = source.strip_prefix('\u{feff}').filter(|_| first == 1).unwrap_or(source);
    let text = prepare(source);
    let mut builder = Builder::new(&text, first);
    for (event, range) in Parser::new_ext(&text, OPTIONS).into_offset_iter() {
        builder.event(event, range);
    }
    builder.close();
    builder.blocks
}

pub(super) const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_TASKLISTS).union(Options::ENABLE_STRIKETHROUGH);

/// Stands for the colon of what would be a link reference definition. A definition would turn text
/// anywhere before it into a link, and would itself be shown nowhere. It is punctuation as the colon
/// is, so that emphasis beside it is read the same.
const COLON: char = '\u{fe13}';

/// The text the parser reads: cleaned, line ends `\n`, without definitions; as many lines as the
/// source.
pub(super) fn prepare(source: &str) -> String {
    let text = if source.contains('\r') { Cow::Owned(source.replace("\r\n", "\n")) } else { Cow::Borrowed(source) };
    clean(&text).replace(COLON, "⟨U+FE13⟩").replace("]:", "]\u{fe13}")
}

fn restore(text: &str) -> String {
    clean(&text.replace(COLON, ":")).into_owned()
}

/// [`restore`] for text that stays on one line.
fn inline(text: &str) -> String {
    restore(text).replace(['\t', '\n'], " ")
}

/// What the spans being read belong to.
enum Open {
    Heading(u8),
    Paragraph,
    Item,
    Cell,
    Code { info: String, text: String, first: Option<usize> },
    Html { text: String, first: usize },
}

struct Builder<'a> {
    source: &'a str,
    /// Byte offsets at which lines start.
    starts: Vec<usize>,
    first: usize,
    blocks: Vec<Block>,
    quote: usize,
    depth: usize,
    /// Marker widths of the items around.
    markers: Vec<usize>,
    /// An item's marker and box, until its first block is there.
    item: Option<(Marker, Option<bool>, usize)>,
    open: Option<(Open, Range<usize>)>,
    spans: Vec<Span>,
    strong: usize,
    emphasis: usize,
    strike: usize,
    /// Targets of the links and images around, and whether they are still to be shown.
    links: Vec<Option<String>>,
    table: Option<(Vec<Align>, Vec<Cells>, Cells)>,
    cell_end: usize,
}

impl<'a> Builder<'a> {
    fn new(source: &'a str, first: usize) -> Self {
        let starts = [0].into_iter().chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self {
            source,
            starts,
            first,
            blocks: Vec::new(),
            quote: 0,
            depth: 0,
            markers: Vec::new(),
            item: None,
            open: None,
            spans: Vec::new(),
            strong: 0,
            emphasis: 0,
            strike: 0,
            links: Vec::new(),
            table: None,
            cell_end: 0,
        }
    }

    /// Source line of a byte offset.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1) - 1 + self.first
    }

    /// Source lines of a byte range, without the blank lines at its end.
    fn lines(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let last = range.start + text.trim_end().len().max(1) - 1;
        self.line(range.start)..self.line(last) + 1
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(text) => match &mut self.open {
                Some((Open::Code { text: code, first, .. }, _)) => {
                    code.push_str(&restore(&text));
                    if first.is_none() {
                        *first = Some(range.start);
                    }
                }
                _ => {
                    let ink = if self.links.is_empty() { Ink::Text } else { Ink::Link };
                    self.push(&inline(&text), ink, range);
                }
            },
            Event::Code(text) => self.push(&inline(&text), Ink::Code, range),
            Event::InlineHtml(text) => self.push(&inline(&text), Ink::Html, range),
            Event::Html(text) => match &mut self.open {
                Some((Open::Html { text: html, .. }, _)) => html.push_str(&restore(&text)),
                _ => self.push(&inline(&text), Ink::Html, range),
            },
            Event::SoftBreak => self.push(" ", Ink::Text, range),
            Event::HardBreak => self.push("\n", Ink::Text, range),
            Event::Rule => {
                self.begin_block();
                self.block(Kind::Rule, range);
            }
            Event::TaskListMarker(done) => match &mut self.item {
                Some((_, task, _)) => *task = Some(done),
                None => self.push(if done { "[x] " } else { "[ ] " }, Ink::Marker, range),
            },
            // Not enabled; shown as they stand if they ever come.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.push(&inline(&text), Ink::Code, range);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Paragraph => {
                self.close();
                let open = if self.item.is_some() { Open::Item } else { Open::Paragraph };
                self.open = Some((open, range));
            }
            Tag::Heading { level, .. } => {
                self.begin_block();
                self.open = Some((Open::Heading(level as u8), range));
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                self.quote += 1;
            }
            Tag::CodeBlock(kind) => {
                self.begin_block();
                let info = match kind {
                    CodeBlockKind::Fenced(info) => inline(&info),
                    CodeBlockKind::Indented => String::new(),
                };
                self.open = Some((Open::Code { info, text: String::new(), first: None }, range));
            }
            Tag::HtmlBlock => {
                self.begin_block();
                let first = self.line(range.start);
                self.open = Some((Open::Html { text: String::new(), first }, range));
            }
            Tag::List(_) => {
                self.begin_block();
                self.depth += 1;
            }
            Tag::Item => {
                self.close();
                let marker = self.marker(range.start);
                self.item = Some((marker, None, range.start));
            }
            Tag::Table(align) => {
                self.begin_block();
                let side = |a: &Alignment| match a {
                    Alignment::None | Alignment::Left => Align::Left,
                    Alignment::Center => Align::Center,
                    Alignment::Right => Align::Right,
                };
                self.table = Some((align.iter().map(side).collect(), Vec::new(), Cells::default()));
            }
            Tag::TableHead | Tag::TableRow => {
                let line = self.line(range.start);
                if let Some((_, _, row)) = &mut self.table {
                    *row = Cells { cells: Vec::new(), line };
                }
            }
            Tag::TableCell => self.open = Some((Open::Cell, range)),
            Tag::Emphasis => self.emphasis += 1,
            Tag::Strong => self.strong += 1,
            Tag::Strikethrough => self.strike += 1,
            Tag::Link { link_type, dest_url, title, .. } => {
                let plain = matches!(link_type, LinkType::Autolink | LinkType::Email);
                self.links.push((!plain).then(|| target(&dest_url, &title)));
            }
            Tag::Image { dest_url, title, .. } => {
                self.push("!", Ink::Marker, range);
                self.links.push(Some(target(&dest_url, &title)));
            }
            // Not enabled.
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock => self.close(),
            TagEnd::BlockQuote(_) => {
                self.close();
                self.quote = self.quote.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.close();
                self.depth = self.depth.saturating_sub(1);
            }
            TagEnd::Item => {
                self.begin_block();
                self.markers.pop();
            }
            TagEnd::TableCell => {
                self.open = None;
                self.cell_end = range.end;
                let spans = std::mem::take(&mut self.spans);
                if let Some((_, _, row)) = &mut self.table {
                    row.cells.push(spans);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.end_row(),
            TagEnd::Table => {
                if let Some((align, rows, _)) = self.table.take() {
                    let mut rows = rows.into_iter();
                    let head = rows.next().unwrap_or_default();
                    self.block(Kind::Table { align, head, rows: rows.collect() }, range);
                }
            }
            TagEnd::Emphasis => self.emphasis = self.emphasis.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.strike = self.strike.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => {
                if let Some(Some(target)) = self.links.pop() {
                    let at = range.end.saturating_sub(1);
                    self.push(&format!(" <{target}>"), Ink::Url, at..at);
                }
            }
            TagEnd::FootnoteDefinition
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn end_row(&mut self) {
        // The parser lets go what stands beyond the table's columns.
        let rest = self.source.get(self.cell_end..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default().trim().trim_start_matches('|').trim_end_matches('|').trim();
        let Some((_, rows, row)) = &mut self.table else { return };
        let mut row = std::mem::take(row);
        if !rest.is_empty() && !row.cells.is_empty() {
            let style = Style { ink: Ink::Html, ..Style::default() };
            row.cells.push(vec![Span { text: inline(rest), style, line: row.line }]);
        }
        rows.push(row);
    }

    fn push(&mut self, text: &str, ink: Ink, range: Range<usize>) {
        match &mut self.open {
            Some((_, whole)) => whole.end = whole.end.max(range.end),
            // A tight list's item has its text without a paragraph around it.
            None => {
                let open = if self.item.is_some() { Open::Item } else { Open::Paragraph };
                self.open = Some((open, range.clone()));
            }
        }
        let line = self.line(range.start);
        let style = Style {
            ink,
            strong: self.strong > 0,
            emphasis: self.emphasis > 0,
            strike: self.strike > 0,
            ..Style::default()
        };
        match self.spans.last_mut() {
            Some(last) if last.style == style && last.line == line => last.text.push_str(text),
            _ if text.is_empty() => {}
            _ => self.spans.push(Span { text: text.to_owned(), style, line }),
        }
    }

    /// Ends what is open, and gives an item that begins with another block its own.
    fn begin_block(&mut self) {
        self.close();
        if let Some((_, _, at)) = &self.item {
            self.open = Some((Open::Item, *at..*at + 1));
            self.close();
        }
    }

    fn close(&mut self) {
        let Some((open, range)) = self.open.take() else { return };
        let spans = std::mem::take(&mut self.spans);
        match open {
            Open::Heading(level) => self.block(Kind::Heading { level, spans }, range),
            Open::Paragraph | Open::Cell => self.block(Kind::Paragraph { spans }, range),
            Open::Item => {
                let Some((marker, task, at)) = self.item.take() else {
                    self.block(Kind::Paragraph { spans }, range);
                    return;
                };
                let wide = match &marker {
                    Marker::Bullet => 1,
                    Marker::Number(number) => number.len(),
                };
                self.block(Kind::Item { marker, task, spans }, at..range.end.max(at));
                self.markers.push(wide + 1);
            }
            Open::Code { info, mut text, first } => {
                if text.ends_with('\n') {
                    text.pop();
                }
                let first = first.map_or_else(|| self.line(range.start) + 1, |at| self.line(at));
                self.block(Kind::Code { info, text, first }, range);
            }
            Open::Html { mut text, first } => {
                if text.ends_with('\n') {
                    text.pop();
                }
                self.block(Kind::Html { text, first }, range);
            }
        }
    }

    fn block(&mut self, kind: Kind, range: Range<usize>) {
        let lines = self.lines(range);
        let indent = self.markers.iter().sum();
        self.blocks.push(Block { kind, quote: self.quote, depth: self.depth, indent, lines });
    }

    /// The marker that stands at an item's start.
    fn marker(&self, at: usize) -> Marker {
        let text = self.source.get(at..).unwrap_or_default().trim_start_matches(' ');
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 { Marker::Bullet } else { Marker::Number(text.get(..=digits).unwrap_or(text).to_owned()) }
    }
}

fn target(url: &str, title: &str) -> String {
    if title.is_empty() { inline(url) } else { format!("{} \"{}\"", inline(url), inline(title)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(spans: &[Span]) -> String {
        spans.iter().map(|s| s.text.as_str()).collect()
    }

    /// Kind, depth, lines and text of each block.
    fn outline(source: &str) -> Vec<String> {
        let one = |b: &Block| {
            let text = match &b.kind {
                Kind::Heading { level, spans } => format!("h{level} {}", plain(spans)),
                Kind::Paragraph { spans } => format!("p {}", plain(spans)),
                Kind::Item { marker, task, spans } => {
                    let marker = match marker {
                        Marker::Bullet => "-",
                        Marker::Number(n) => n,
                    };
                    let task = task.map_or("", |t| if t { "[x] " } else { "[ ] " });
                    format!("{marker} {task}{}", plain(spans))
                }
                Kind::Code { info, text, first } => format!("code {info} {first} {text:?}"),
                Kind::Html { text, first } => format!("html {first} {text:?}"),
                Kind::Table { head, rows, .. } => {
                    let row = |c: &Cells| c.cells.iter().map(|c| plain(c)).collect::<Vec<_>>().join("|");
                    format!("table {} / {}", row(head), rows.iter().map(row).collect::<Vec<_>>().join(" / "))
                }
                Kind::Diagram { .. } => String::new(),
                Kind::Rule => "rule".to_owned(),
            };
            format!(
                "{}{}{}:{} {text}",
                ">".repeat(b.quote),
                b.depth,
                if b.indent > 0 { "+" } else { "" },
                b.lines.start
            )
        };
        parse(source).iter().map(one).collect()
    }

    #[test]
    fn blocks_come_flat_with_their_depth_and_line() {
        let source = "# Title\n\nText *one*\ntwo\n\n1. first\n   - [ ] sub\n   - [x] done\n\n   more\n3. third\n\n> quoted\n> - item\n\n```rust ignore\nfn a() {}\n\n```\n---\n";
        assert_eq!(
            outline(source),
            [
                "0:1 h1 Title",
                "0:3 p Text one two",
                "1:6 1. first",
                "2+:7 - [ ] sub",
                "2+:8 - [x] done",
                "1+:10 p more",
                "1:11 3. third",
                ">0:13 p quoted",
                ">1:14 - item",
                "0:16 code rust ignore 17 \"fn a() {}\\n\"",
                "0:20 rule",
            ]
        );
    }

    #[test]
    fn spans_carry_styles_and_lines() {
        let blocks = parse("a **b _c_**\n`d` ~~e~~ [f](http://g \"h\")");
        let Kind::Paragraph { spans } = &blocks[0].kind else { panic!("{blocks:?}") };
        let all: Vec<_> = spans
            .iter()
            .map(|s| (s.text.as_str(), s.style.ink, s.style.strong, s.style.emphasis, s.style.strike, s.line))
            .collect();
        assert_eq!(
            all,
            [
                ("a ", Ink::Text, false, false, false, 1),
                ("b ", Ink::Text, true, false, false, 1),
                ("c", Ink::Text, true, true, false, 1),
                (" ", Ink::Text, false, false, false, 1),
                ("d", Ink::Code, false, false, false, 2),
                (" ", Ink::Text, false, false, false, 2),
                ("e", Ink::Text, false, false, true, 2),
                (" ", Ink::Text, false, false, false, 2),
                ("f", Ink::Link, false, false, false, 2),
                (" <http://g \"h\">", Ink::Url, false, false, false, 2),
            ]
        );
    }

    #[test]
    fn nothing_of_the_source_is_hidden() {
        let shown = outline(
            "<!-- run rm -->\n\ntext <b>x</b> <!-- y -->\n\n[ref]: http://evil \"t\"\n\n![alt](u)\n\n| a |\n|---|\n| b | secret | more |\n\nuse [ref]\n",
        );
        assert_eq!(
            shown,
            [
                "0:1 html 1 \"<!-- run rm -->\"",
                "0:3 p text <b>x</b> <!-- y -->",
                "0:5 p [ref]: http://evil \"t\"",
                "0:7 p !alt <u>",
                "0:9 table a / b|secret | more",
                "0:13 p use [ref]",
            ]
        );
    }

    #[test]
    fn text_is_cleaned_even_when_written_as_entities() {
        let all = outline("a\u{1b}[2J &#27;[0m &#x202e;\n\n    co\u{200b}de\r\n");
        assert_eq!(all, ["0:1 p a␛[2J ␛[0m ⟨U+202E⟩", "0:3 code  3 \"co⟨U+200B⟩de\""]);
    }

    #[test]
    fn an_item_that_begins_with_a_block_has_its_marker() {
        assert_eq!(
            outline("- ```\n  x\n  ```\n-\n- > q\n"),
            ["1:1 - ", "1+:1 code  2 \"x\"", "1:4 - ", "1:5 - ", ">1+:5 p q"]
        );
    }
}
