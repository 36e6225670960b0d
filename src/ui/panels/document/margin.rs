//! What stands left of a document's rows: what changed since it was read, or whose each line is; and
//! which lines the developer has had on the screen.
//!
//! Always holds: a row is marked by the source lines that it shows; what a fold hides was not seen.

use std::{collections::BTreeSet, ops::Range};

use ratatui::text::Span;

use super::fold::Section;
use crate::{
    config::theme::Role,
    domain::{journal::Author, session::authors::Origin},
    ui::{
        panels::pane::{Row, Tag, ink},
        style::Styles,
    },
};

/// What is shown there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Margin {
    /// Nothing.
    #[default]
    Nothing,
    /// Which of these lines are new since the revision that was read.
    Changed(BTreeSet<usize>),
    /// The origin of each line.
    Authors(Vec<Origin>),
}

impl Margin {
    /// Columns that it takes.
    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Changed(_) => 2,
            Self::Authors(lines) => {
                let last = lines.iter().map(|o| o.revision).max().unwrap_or(1);
                last.to_string().len() + 9
            }
        }
    }

    /// Puts it before the rows, and tells for each whether it shows a line that is new.
    pub(super) fn put(&self, rows: &mut [Row], sections: &[Section], total: usize, styles: &Styles) -> Vec<bool> {
        let shown = lines(rows, total);
        let mut news = Vec::with_capacity(rows.len());
        let mut last: Option<Origin> = None;
        for (row, lines) in rows.iter_mut().zip(shown) {
            let hidden = match row.tag {
                Tag::Section(line) => sections.iter().find(|s| s.line == line).map(|s| line + 1..s.end),
                _ => None,
            };
            let lines = lines.or(hidden);
            let mut new = false;
            row.lead = match (self, lines) {
                (Self::Nothing, _) => Span::default(),
                // A line between two blocks says nothing.
                (Self::Changed(_), Some(_)) if row.line.spans.is_empty() => Span::raw("  "),
                (Self::Changed(_), None) => Span::raw("  "),
                (Self::Changed(changed), Some(lines)) => {
                    new = changed.range(lines).next().is_some();
                    if new { ink("┃ ", styles.get(Role::Warn)) } else { ink("· ", styles.get(Role::Dim)) }
                }
                (Self::Authors(origins), lines) => {
                    let own = lines.and_then(|l| {
                        let all = origins.get(l.start.saturating_sub(1)..l.end.saturating_sub(1).min(origins.len()));
                        all.unwrap_or_default().iter().max_by_key(|o| o.revision).copied()
                    });
                    let said = own.filter(|o| last != Some(*o));
                    last = own.or(last);
                    author(said, own, self.columns(), styles)
                }
            };
            news.push(new);
        }
        news
    }
}

fn author(said: Option<Origin>, own: Option<Origin>, columns: usize, styles: &Styles) -> Span<'static> {
    let who = |o: Origin| match o.author {
        Author::Agent => "agent",
        Author::Developer => "you",
        Author::Found => "found",
    };
    // Those of the developer are told by more than the word, on each of their lines.
    let (bar, role) = match own.map(|o| o.author) {
        Some(Author::Developer) => ("┃", Role::Accent),
        Some(Author::Agent | Author::Found) => ("│", Role::Dim),
        None => (" ", Role::Dim),
    };
    let words = said.map(|o| format!("r{} {}", o.revision, who(o))).unwrap_or_default();
    let room = columns.saturating_sub(2);
    ink(&format!("{words:<room$}{bar} "), styles.get(role))
}

/// The source lines that each row shows; none for a comment, a fold, a finding.
pub(super) fn lines(rows: &[Row], total: usize) -> Vec<Option<Range<usize>>> {
    let own = |row: &Row| match row.tag {
        Tag::Source { line, .. } => Some(line),
        Tag::Diff { new, .. } => new,
        _ => None,
    };
    let mut out: Vec<Option<Range<usize>>> = vec![None; rows.len()];
    // From the end: where the next row begins, this one ends.
    let mut next = total + 1;
    for (row, place) in rows.iter().zip(&mut out).rev() {
        match (&row.tag, own(row)) {
            (Tag::Source { .. }, Some(line)) => {
                *place = Some(line..next.max(line + 1));
                next = line;
            }
            (Tag::Diff { .. }, Some(line)) => {
                *place = Some(line..line + 1);
                next = line;
            }
            // What is hidden belongs to nobody's row.
            (Tag::Section(line), _) => next = line + 1,
            (Tag::Fold(_), _) => next = 0,
            _ => {}
        }
    }
    // What stands before the first row, such as the fence of a block of code, is shown with it.
    if let Some((Tag::Source { .. }, Some(first))) =
        rows.first().map(|r| &r.tag).zip(out.first_mut()).map(|(t, o)| (t.clone(), o.as_mut()))
    {
        first.start = 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize) -> Row {
        Row::new(vec![], Tag::Source { line, heading: false })
    }

    #[test]
    fn a_row_shows_the_lines_up_to_the_next() {
        let comment = Row::new(vec![], Tag::Comment { id: 1, line: 3 });
        let rows = [row(1), row(3), comment, row(3), row(4), Row::new(vec![], Tag::Section(4)), row(9)];
        let shown = lines(&rows, 12);
        assert_eq!(shown, [Some(1..3), Some(3..4), None, Some(3..4), Some(4..5), None, Some(9..13)]);
    }
}
