//! One revision of a document as rows: rendered or source, with its comments under their lines, or
//! as what changed since the revision before.
//!
//! Always holds: each row knows the source line it shows.

use std::{collections::BTreeSet, ops::Range};

use ratatui::{
    style::{Modifier, Style},
    text::Span,
};

use crate::{
    config::theme::Role,
    domain::{
        diff::{FileDiff, hunks::CONTEXT},
        prose::{
            self, Ink, Mark,
            changes::{Fate, changes as compared},
            clean, expand_tabs,
            width::width,
        },
        session::{Comment, Revision, State, reading::changed_lines},
        spec,
    },
    ui::{
        panels::{
            diagram::Drawn,
            lines::{Look, Sides},
            pane::{Row, Tag, ink, paragraph, wrap_words},
            syntax::Paint,
        },
        style::Styles,
    },
};

/// Rows of rendered Markdown.
pub(super) fn markdown(blocks: &[prose::Block], columns: usize, colours: &Colours, styles: &Styles) -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut last, mut from) = (0, 0);
    for line in prose::render(blocks, columns) {
        // A line of code that is too long goes on in the next row.
        from = if line.source_line == last { from } else { 0 };
        last = line.source_line;
        let taken = line.spans.last().map_or(0, |s| s.text.len());
        let painted = (line.role == prose::Role::Code).then(|| colours.part(last, from..from + taken)).flatten();
        from += taken;
        let row = rendered(line, painted, styles);
        // The marks before a heading may take it over the edge.
        let tag = row.tag.clone();
        rows.extend(wrap_words(row.line.spans, columns).into_iter().map(|spans| Row::new(spans, tag.clone())));
    }
    rows
}

/// The parts of a line that have a role, in order.
type Parts = Vec<(Range<usize>, Role)>;

/// The colours of a document's code, by source line, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Colours(Vec<Code>);

/// A code block whose language is named.
#[derive(Debug)]
struct Code {
    /// The source line of its first line.
    first: usize,
    lines: Vec<String>,
    paint: Paint,
}

impl Colours {
    /// Of these blocks. They become known while it is kept.
    pub(super) fn of(blocks: &[prose::Block]) -> Self {
        let code = |block: &prose::Block| {
            let prose::Kind::Code { info, text, first } = &block.kind else { return None };
            let paint = Paint::of_code(info.split_whitespace().next()?, text)?;
            Some(Code { first: *first, lines: text.split('\n').map(str::to_owned).collect(), paint })
        };
        Self(blocks.iter().filter_map(code).collect())
    }

    /// A line of code as it is drawn, and its parts.
    fn of_line(&self, line: usize) -> Option<(String, Parts)> {
        let code = self.0.iter().rev().find(|c| c.first <= line)?;
        let index = line - code.first;
        let text = code.lines.get(index)?;
        let parts = code.paint.line(index)?;
        let shown = |to: usize| expand_tabs(text.get(..to).unwrap_or(text), 0, prose::layout::TAB).len();
        let parts = parts.into_iter().map(|(r, role)| (shown(r.start)..shown(r.end), role)).collect();
        Some((expand_tabs(text, 0, prose::layout::TAB).into_owned(), parts))
    }

    /// A piece of a line of code: its parts, from the beginning of the piece.
    fn part(&self, line: usize, piece: Range<usize>) -> Option<Parts> {
        let (_, all) = self.of_line(line)?;
        let within = all.into_iter().filter(|(r, _)| r.start < piece.end && piece.start < r.end);
        let shift = |at: usize| at.clamp(piece.start, piece.end) - piece.start;
        Some(within.map(|(r, role)| (shift(r.start)..shift(r.end), role)).collect())
    }

    /// The parts of a line of the source that holds the code, perhaps behind an indentation.
    fn line(&self, line: usize, shown: &str) -> Option<Parts> {
        let (text, parts) = self.of_line(line)?;
        let before = shown.strip_suffix(text.as_str())?.len();
        Some(parts.into_iter().map(|(r, role)| (r.start + before..r.end + before, role)).collect())
    }
}

/// A text in the colours of its parts.
fn painted(text: &str, parts: &[(Range<usize>, Role)], base: Style, styles: &Styles) -> Vec<Span<'static>> {
    let (mut out, mut at) = (Vec::new(), 0);
    for (range, role) in parts {
        let (plain, part) = (text.get(at..range.start), text.get(range.clone()));
        let (Some(plain), Some(part)) = (plain, part) else { break };
        out.push(ink(plain, base));
        out.push(ink(part, base.patch(Style { bg: None, ..styles.get(*role) })));
        at = range.end;
    }
    out.push(ink(text.get(at..).unwrap_or_default(), base));
    out.retain(|s| !s.content.is_empty());
    out
}

/// Puts diagrams in the place of the blocks that describe one, where `draw` has them, under `info`.
pub(super) fn diagrams(
    blocks: &mut [prose::Block],
    columns: usize,
    info: &str,
    draw: impl Fn(&str, usize) -> Option<Drawn>,
) {
    for block in blocks {
        let prose::Kind::Code { info: language, text, .. } = &block.kind else { continue };
        if language.split_whitespace().next() != Some("mermaid") {
            continue;
        }
        let room = columns.saturating_sub(2 * block.quote + block.indent);
        match draw(text, room) {
            Some(Drawn::Lines(lines)) => {
                block.kind = prose::Kind::Diagram { info: info.to_owned(), lines: lines.to_vec() };
            }
            Some(Drawn::Needs(columns)) => {
                if let prose::Kind::Code { info, .. } = &mut block.kind {
                    *info = format!("mermaid, not drawn: it needs {columns} columns, here are {room}");
                }
            }
            None => {}
        }
    }
}

fn rendered(line: prose::Line, parts: Option<Parts>, styles: &Styles) -> Row {
    let base = match line.role {
        prose::Role::Heading(1) => Role::Heading1,
        prose::Role::Heading(2) => Role::Heading2,
        prose::Role::Heading(_) => Role::Heading3,
        prose::Role::Text | prose::Role::TableRow | prose::Role::Diagram | prose::Role::Blank => Role::Text,
        prose::Role::CodeInfo | prose::Role::Html => Role::Dim,
        prose::Role::Code => Role::Code,
        prose::Role::TableHead => Role::Strong,
        prose::Role::Rule => Role::Rule,
    };
    let base = styles.get(base);
    let mut spans = Vec::new();
    if let prose::Role::Heading(level) = line.role {
        // The level is told by more than its colour.
        spans.push(Span::styled(format!("{} ", "#".repeat(level.into())), styles.get(Role::Dim)));
    }
    let last = line.spans.len().saturating_sub(1);
    for (at, span) in line.spans.into_iter().enumerate() {
        let style = base.patch(inked(span.style, styles));
        match &parts {
            Some(parts) if at == last => spans.extend(painted(&span.text, parts, style, styles)),
            _ => spans.push(ink(&span.text, style)),
        }
    }
    let heading = matches!(line.role, prose::Role::Heading(_));
    Row::new(spans, Tag::Source { line: line.source_line, heading })
}

fn inked(style: prose::Style, styles: &Styles) -> Style {
    let mut out = match style.ink {
        Ink::Text => Style::new(),
        Ink::Code => styles.get(Role::Code),
        Ink::Link => styles.get(Role::Link),
        Ink::Url | Ink::Html => styles.get(Role::Dim),
        Ink::Marker => styles.get(Role::Quote),
    };
    if style.strong {
        out = out.patch(styles.get(Role::Strong));
    }
    if style.emphasis {
        out = out.patch(styles.get(Role::Emphasis));
    }
    if style.strike {
        out = out.add_modifier(Modifier::CROSSED_OUT);
    }
    match style.mark {
        Mark::None => out,
        Mark::Added => out.patch(styles.get(Role::AddedWord)),
        Mark::Removed => out.patch(styles.get(Role::RemovedWord)).add_modifier(Modifier::CROSSED_OUT),
    }
}

/// Rows of the source, numbered.
pub(super) fn source(text: &str, columns: usize, colours: &Colours, styles: &Styles) -> Vec<Row> {
    let digits = text.lines().count().max(1).to_string().len();
    let mut rows = Vec::new();
    let mut fenced = false;
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        let heading = !fenced && line.starts_with('#');
        let role = match (heading, fenced || fence) {
            (true, _) => Role::Heading2,
            (false, true) => Role::Code,
            (false, false) => Role::Text,
        };
        fenced ^= fence;
        let shown = expand_tabs(&clean(line), 0, 4).into_owned();
        let spans = match colours.line(index + 1, &shown) {
            Some(parts) => painted(&shown, &parts, styles.get(role), styles),
            None => vec![Span::styled(shown, styles.get(role))],
        };
        for (nth, spans) in wrap_words(spans, columns.saturating_sub(digits + 2)).into_iter().enumerate() {
            let number = if nth == 0 { format!("{:>digits$}  ", index + 1) } else { " ".repeat(digits + 2) };
            let gutter = Span::styled(number, styles.get(Role::Gutter));
            let tag = Tag::Source { line: index + 1, heading: heading && nth == 0 };
            rows.push(Row::new(std::iter::once(gutter).chain(spans).collect(), tag));
        }
    }
    rows
}

/// Rows of what changed from one revision to the next, rendered. What stayed is folded but for what is
/// next to a change; `open` are the folds that are not, by their blocks.
pub(super) fn changed(
    old: &str,
    new: &str,
    columns: usize,
    open: &[Range<usize>],
    unfold: &str,
    styles: &Styles,
) -> Vec<Row> {
    let shown = compared(&prose::parse(old), &prose::parse(new));
    let is_news = |at: usize| shown.get(at).is_some_and(|s| s.fate != Fate::Same);
    let heads = |at: &usize| shown.get(*at).is_some_and(|s| matches!(s.block.kind, prose::Kind::Heading { .. }));
    let mut visible: BTreeSet<usize> = BTreeSet::new();
    for at in (0..shown.len()).filter(|at| is_news(*at)) {
        visible.extend(at.saturating_sub(1)..(at + 2).min(shown.len()));
        // Under which heading it stands.
        visible.extend((0..at).rev().find(heads));
    }
    visible.extend((0..shown.len()).filter(|at| open.iter().any(|r| r.contains(at))));
    let mut rows = Vec::new();
    let mut at = 0;
    while let Some(one) = shown.get(at) {
        if !visible.contains(&at) {
            let end = (at..shown.len()).find(|i| visible.contains(i)).unwrap_or(shown.len());
            let blocks = if end - at == 1 { "block" } else { "blocks" };
            let text = format!("⋯ {} unchanged {blocks} ({unfold} unfolds) ⋯", end - at);
            rows.push(Row::new(vec![ink(&text, styles.get(Role::HunkHeader))], Tag::Fold(at..end)));
            at = end;
            continue;
        }
        let (sign, ground) = match one.fate {
            Fate::Same => ("  ", None),
            Fate::Added => ("+ ", Some(Role::Added)),
            Fate::Removed => ("- ", Some(Role::Removed)),
            Fate::Changed => ("~ ", None),
        };
        let mut own =
            markdown(std::slice::from_ref(&one.block), columns.saturating_sub(2), &Colours::default(), styles);
        let next = shown.get(at + 1).map_or(usize::MAX, |s| s.block.lines.start);
        if next <= one.block.lines.end {
            own.truncate(own.len().saturating_sub(1));
        }
        for row in &mut own {
            if one.fate == Fate::Removed {
                row.tag = Tag::Source { line: one.block.lines.start, heading: false };
            }
            if row.line.spans.is_empty() {
                continue;
            }
            if let Some(role) = ground {
                row.line.spans.iter_mut().for_each(|s| s.style = s.style.patch(styles.get(role)));
            }
            let role = ground.unwrap_or(if one.fate == Fate::Changed { Role::Warn } else { Role::Dim });
            row.lead = ink(sign, styles.get(role));
        }
        rows.extend(own);
        at += 1;
    }
    rows.extend(unseen(old, new, &shown, styles));
    rows
}

/// What differs and cannot be seen when it is rendered.
fn unseen(old: &str, new: &str, shown: &[prose::changes::Shown], styles: &Styles) -> Option<Row> {
    let news: Vec<&Range<usize>> = shown.iter().filter(|s| s.fate != Fate::Same).map(|s| &s.block.lines).collect();
    let told = |line: &usize| news.iter().any(|r| r.contains(line) || r.start == *line || r.end == *line);
    let text = match changed_lines(old, new).iter().filter(|l| !told(l)).count() {
        0 if news.is_empty() && old == new => "Nothing changed between these revisions.".to_owned(),
        0 => return None,
        1 => "1 line differs only in how it is written; the source shows it".to_owned(),
        n => format!("{n} lines differ only in how they are written; the source shows them"),
    };
    Some(Row::new(vec![ink(&text, styles.get(Role::Dim))], Tag::None))
}

/// Rows of what changed from one revision to the next, as lines of the source.
pub(super) fn changes(old: &str, new: &str, look: &Look<'_>) -> (Vec<Row>, FileDiff) {
    let diff = FileDiff::of(old.as_bytes(), new.as_bytes(), CONTEXT);
    let mut rows = Vec::new();
    let sides = Sides { old: old.as_bytes(), new: new.as_bytes(), diff: &diff, paint_old: None, paint_new: None };
    sides.rows(look, &mut rows);
    if diff.hunks.is_empty() {
        rows.push(Row::new(
            vec![ink("Nothing changed between these revisions.", look.styles.get(Role::Dim))],
            Tag::None,
        ));
    }
    (rows, diff)
}

/// Puts comments under the rows they belong to.
pub(super) fn comments(
    rows: &mut Vec<Row>,
    all: &[&Comment],
    shown: &Revision,
    state: &State,
    columns: usize,
    goes: &str,
    styles: &Styles,
) {
    let mut placed: Vec<(usize, usize, Vec<Row>)> = Vec::new();
    for (order, comment) in all.iter().enumerate() {
        let line = comment.place(shown);
        let at = match line {
            None => 0,
            Some(line) => rows
                .iter()
                .rposition(|row| source_line(row).is_some_and(|l| l <= line) && row_is_text(row))
                .map_or(0, |i| i + 1),
        };
        let role = if comment.resolved { Role::CommentResolved } else { Role::Comment };
        let on = state.revisions(comment.anchor.doc).iter().find(|r| r.digest == comment.anchor.rev);
        let number = on.map_or_else(|| "r?".to_owned(), |r| format!("r{}", r.number));
        // A requirement is spoken of by its number, which outlives its lines.
        let named = comment.anchor.lines.zip(on).and_then(|(lines, on)| {
            let all = spec::parts::parts(state.file(comment.anchor.doc), &on.text);
            spec::parts::whole(&all, lines).map(|part| part.name.clone())
        });
        let place = match (comment.anchor.lines, named) {
            (_, Some(name)) => format!("{number} {name}"),
            (Some((from, to)), None) if from == to => format!("{number}:{from}"),
            (Some((from, to)), None) => format!("{number}:{from}-{to}"),
            (None, None) => format!("{number}, all of it"),
        };
        let became = match (comment.resolved, comment.sent, state.aftermath(comment)) {
            (true, ..) => " ✓ resolved".to_owned(),
            (false, true, Some(became)) if became.rev != shown.digest => format!(" → {became} ({goes} goes there)"),
            (false, true, Some(became)) => format!(" → {became}"),
            (false, true, None) => " → sent".to_owned(),
            (false, false, _) => String::new(),
        };
        let mut drawn = Vec::new();
        said(&format!("you {place}{became}"), &comment.text, columns, styles.get(role), &mut drawn);
        if let Some(answer) = &comment.answer {
            let head = format!("agent r{}", answer.revision);
            said(&head, &answer.words, columns, styles.get(Role::Info), &mut drawn);
        }
        let tag = Tag::Comment { id: comment.id, line: line.unwrap_or(1) };
        drawn.iter_mut().for_each(|row| row.tag = tag.clone());
        placed.push((at, order, drawn));
    }
    placed.sort_by_key(|(at, order, _)| (*at, *order));
    for (at, _, drawn) in placed.into_iter().rev() {
        let at = at.min(rows.len());
        rows.splice(at..at, drawn);
    }
}

/// What somebody said: behind who and where it is, or below that where it would leave a narrow strip.
fn said(head: &str, words: &str, columns: usize, style: Style, out: &mut Vec<Row>) {
    const SHORT: usize = 16;
    let behind = ink(&format!("{BAR}{head}  "), style);
    if width(head) <= SHORT || (!words.contains('\n') && behind.width() + width(words) <= columns) {
        return paragraph(words, columns, &behind, style, out);
    }
    let bar = ink(BAR, style);
    paragraph(head, columns, &bar, style, out);
    paragraph(words, columns, &bar, style, out);
}

/// What stands before a comment.
const BAR: &str = "   ┊ ";

fn row_is_text(row: &Row) -> bool {
    // A comment goes under the text, not under the blank line after it.
    !row.line.spans.is_empty() && width(&row.text()) > 0
}

/// The source line that a row shows.
pub(in crate::ui::panels) fn source_line(row: &Row) -> Option<usize> {
    match row.tag {
        Tag::Source { line, .. } | Tag::Comment { line, .. } => Some(line),
        Tag::Diff { new, .. } => new,
        Tag::Section(line) => Some(line),
        Tag::None | Tag::Hunk(_) | Tag::Fold(_) | Tag::Moved { .. } | Tag::Away { .. } | Tag::File | Tag::Entry(_) => {
            None
        }
    }
}

#[cfg(test)]
mod tests;
