//! One revision of a document as rows: rendered or source, with its comments under their lines, or
//! as what changed since the revision before.
//!
//! Always holds: each row knows the source line it shows.

use ratatui::{style::Style, text::Span};

use crate::{
    config::theme::Role,
    domain::{
        diff::{FileDiff, hunks::CONTEXT},
        prose::{self, Ink, clean, expand_tabs, width::width},
        session::{Comment, Revision, State},
    },
    ui::{
        panels::{
            lines::{Look, Sides},
            pane::{Row, Tag, ink, paragraph, wrap_words},
        },
        style::Styles,
    },
};

/// Rows of rendered Markdown.
pub(super) fn markdown(blocks: &[prose::Block], columns: usize, styles: &Styles) -> Vec<Row> {
    let rows = prose::render(blocks, columns).into_iter().map(|line| rendered(line, styles));
    rows.flat_map(|row| {
        // The marks before a heading may take it over the edge.
        let tag = row.tag.clone();
        wrap_words(row.line.spans, columns).into_iter().map(move |spans| Row::new(spans, tag.clone()))
    })
    .collect()
}

fn rendered(line: prose::Line, styles: &Styles) -> Row {
    let base = match line.role {
        prose::Role::Heading(1) => Role::Heading1,
        prose::Role::Heading(2) => Role::Heading2,
        prose::Role::Heading(_) => Role::Heading3,
        prose::Role::Text | prose::Role::TableRow | prose::Role::Blank => Role::Text,
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
    spans.extend(line.spans.into_iter().map(|span| {
        let style = base.patch(inked(span.style, styles));
        ink(&span.text, style)
    }));
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
        out = out.add_modifier(ratatui::style::Modifier::CROSSED_OUT);
    }
    out
}

/// Rows of the source, numbered.
pub(super) fn source(text: &str, columns: usize, styles: &Styles) -> Vec<Row> {
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
        let spans = vec![Span::styled(shown, styles.get(role))];
        for (nth, spans) in wrap_words(spans, columns.saturating_sub(digits + 2)).into_iter().enumerate() {
            let number = if nth == 0 { format!("{:>digits$}  ", index + 1) } else { " ".repeat(digits + 2) };
            let gutter = Span::styled(number, styles.get(Role::Gutter));
            let tag = Tag::Source { line: index + 1, heading: heading && nth == 0 };
            rows.push(Row::new(std::iter::once(gutter).chain(spans).collect(), tag));
        }
    }
    rows
}

/// Rows of what changed from one revision to the next.
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
    styles: &Styles,
) {
    let mut placed: Vec<(usize, usize, Vec<Row>)> = Vec::new();
    for (order, comment) in all.iter().enumerate() {
        let line = place(comment, shown);
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
        let place = match comment.anchor.lines {
            Some((from, to)) if from == to => format!("{number}:{from}"),
            Some((from, to)) => format!("{number}:{from}-{to}"),
            None => number,
        };
        let became = match (comment.resolved, comment.sent, state.aftermath(comment)) {
            (true, ..) => " ✓ resolved".to_owned(),
            (false, true, Some(became)) => format!(" → {became}"),
            (false, true, None) => " → sent".to_owned(),
            (false, false, _) => String::new(),
        };
        let head = ink(&format!("   ┊ you {place}{became}  "), styles.get(role));
        let mut drawn = Vec::new();
        paragraph(&comment.text, columns, &head, styles.get(role), &mut drawn);
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

fn row_is_text(row: &Row) -> bool {
    // A comment goes under the text, not under the blank line after it.
    !row.line.spans.is_empty() && width(&row.text()) > 0
}

/// The source line that a row shows.
pub(in crate::ui::panels) fn source_line(row: &Row) -> Option<usize> {
    match row.tag {
        Tag::Source { line, .. } | Tag::Comment { line, .. } => Some(line),
        Tag::Diff { new, .. } => new,
        Tag::None | Tag::Hunk(_) | Tag::Fold(_) | Tag::Moved { .. } | Tag::File | Tag::Entry(_) => None,
    }
}

/// The line of the shown revision that a comment belongs to: its own, or where the line it was made
/// on stands by now.
fn place(comment: &Comment, shown: &Revision) -> Option<usize> {
    let (_, line) = comment.anchor.lines?;
    let first = comment.anchor.lines.map_or(line, |(from, _)| from);
    if comment.anchor.rev == shown.digest {
        return Some(line);
    }
    let quoted = comment.quoted.as_deref().filter(|q| !q.trim().is_empty());
    let same = shown.text.lines().enumerate().filter(|(_, l)| Some(*l) == quoted).map(|(i, _)| i + 1);
    let found = same.min_by_key(|l| l.abs_diff(first)).unwrap_or(line);
    Some(found.min(shown.text.lines().count().max(1)))
}
