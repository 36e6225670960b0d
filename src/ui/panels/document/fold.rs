//! Folding a document's sections.
//!
//! Always holds: a fold says how many lines it hides, how many comments, and whether any of it
//! changed; what is outside of folded sections stays as it was.

use std::collections::BTreeSet;

use ratatui::text::Span;

use super::render::source_line;
use crate::{
    config::theme::Role,
    domain::spec::text::Scan,
    ui::{
        panels::pane::{Row, Tag, ink},
        style::Styles,
    },
};

/// One section: its heading and all that stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) level: u8,
    pub(super) title: String,
    /// The heading's line, from 1.
    pub(super) line: usize,
    /// The line after its own text, where the next heading of any level is.
    pub(super) own_end: usize,
    /// The line after all that belongs to it.
    pub(super) end: usize,
}

/// The sections of a text.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let total = text.lines().count();
    let all = Scan::new(text).sections;
    let line_after = |at: usize, fits: &dyn Fn(u8) -> bool| {
        all.iter().skip(at + 1).find(|s| fits(s.level)).map_or(total + 1, |s| s.line)
    };
    all.iter()
        .enumerate()
        .map(|(at, s)| Section {
            level: s.level,
            title: s.title.trim().to_owned(),
            line: s.line,
            own_end: line_after(at, &|_| true),
            end: line_after(at, &|level| level <= s.level),
        })
        .collect()
}

/// What a section is known by in another revision: level and title, and which of those that are called
/// so.
pub(super) type Name = (u8, String, usize);

fn names(sections: &[Section]) -> impl Iterator<Item = (Name, usize)> {
    sections.iter().enumerate().map(|(at, s)| {
        let same = sections.iter().take(at).filter(|o| (o.level, &o.title) == (s.level, &s.title)).count();
        ((s.level, s.title.clone(), same), s.line)
    })
}

/// The names of the sections that are folded.
pub(super) fn named(sections: &[Section], folded: &BTreeSet<usize>) -> BTreeSet<Name> {
    names(sections).filter(|(_, line)| folded.contains(line)).map(|(name, _)| name).collect()
}

/// The headings of the sections with these names.
pub(super) fn of_names(sections: &[Section], wanted: &BTreeSet<Name>) -> BTreeSet<usize> {
    names(sections).filter(|(name, _)| wanted.contains(name)).map(|(_, line)| line).collect()
}

/// The headings that folding everything folds: those of the highest level that has more than one.
pub(super) fn all(sections: &[Section]) -> BTreeSet<usize> {
    let of = |level: u8| sections.iter().filter(move |s| s.level == level);
    let level = (1..=6).find(|l| of(*l).count() > 1).unwrap_or(6);
    of(level).map(|s| s.line).collect()
}

/// The section to fold at a line: the innermost one there that is not folded yet.
pub(super) fn at(sections: &[Section], folded: &BTreeSet<usize>, line: usize) -> Option<usize> {
    let open = sections.iter().filter(|s| s.line <= line && line < s.end && !folded.contains(&s.line));
    open.max_by_key(|s| s.line).map(|s| s.line)
}

/// Takes out the rows of folded sections and says so in their place.
pub(super) fn apply(
    rows: Vec<Row>,
    sections: &[Section],
    folded: &BTreeSet<usize>,
    changed: &BTreeSet<usize>,
    unfold: &str,
    styles: &Styles,
) -> Vec<Row> {
    let mut out = Vec::new();
    let mut rows = rows.into_iter().peekable();
    while let Some(row) = rows.next() {
        let section = match row.tag {
            Tag::Source { line, .. } if folded.contains(&line) => sections.iter().find(|s| s.line == line),
            _ => None,
        };
        out.push(row);
        let Some(section) = section else { continue };
        // The rest of a heading that takes several rows, and what was said of it.
        while let Some(more) = rows.next_if(|r| source_line(r) == Some(section.line) && !blank(r)) {
            out.push(more);
        }
        let (mut comments, mut any) = (BTreeSet::new(), false);
        while let Some(hidden) = rows.next_if(|r| source_line(r).is_none_or(|l| l < section.end)) {
            any = true;
            if let Tag::Comment { id, .. } = hidden.tag {
                comments.insert(id);
            }
        }
        if !any {
            continue;
        }
        let lines = section.end - section.line - 1;
        let mut words = format!("  ▸ {lines} {} folded", if lines == 1 { "line" } else { "lines" });
        let mut spans: Vec<Span<'static>> = Vec::new();
        if changed.iter().any(|l| section.line < *l && *l < section.end) {
            words.push_str(", changed");
        }
        spans.push(ink(&words, styles.get(Role::HunkHeader)));
        match comments.len() {
            0 => {}
            1 => spans.push(ink(", 1 comment", styles.get(Role::Comment))),
            n => spans.push(ink(&format!(", {n} comments"), styles.get(Role::Comment))),
        }
        spans.push(ink(&format!(" ({unfold} unfolds)"), styles.get(Role::Dim)));
        out.push(Row::new(spans, Tag::Section(section.line)));
    }
    out
}

fn blank(row: &Row) -> bool {
    row.line.spans.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# T\n\n## A\n\na\n\n### B\n\nb\n\n## C\n\nc\n";

    #[test]
    fn a_section_reaches_to_the_next_of_its_level() {
        let all: Vec<_> = sections(TEXT).iter().map(|s| (s.level, s.line, s.own_end, s.end)).collect();
        assert_eq!(all, [(1, 1, 3, 14), (2, 3, 7, 11), (3, 7, 11, 11), (2, 11, 14, 14)]);
        assert_eq!(super::all(&sections(TEXT)), BTreeSet::from([3, 11]));
    }

    #[test]
    fn folds_are_found_again_by_their_titles() {
        let old = sections(TEXT);
        let folded = BTreeSet::from([3, 7]);
        let new = sections("# T\n\nNew.\n\n## C\n\nc\n\n## A\n\na\n\n### B\n\nb\n\n## A\n\nanother\n");
        assert_eq!(of_names(&new, &named(&old, &folded)), BTreeSet::from([9, 13]));
        let renamed = sections("# T\n\n## Another\n\na\n");
        assert_eq!(of_names(&renamed, &named(&old, &folded)), BTreeSet::new());
    }

    #[test]
    fn folding_again_folds_what_is_around() {
        let sections = sections(TEXT);
        let mut folded = BTreeSet::new();
        for wanted in [Some(7), Some(3), Some(1), None] {
            let line = at(&sections, &folded, 9);
            assert_eq!(line, wanted);
            folded.extend(line);
        }
    }
}
