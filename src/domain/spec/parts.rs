//! The parts of a document that can be spoken of by name: requirements and criteria, properties,
//! tasks, sections.
//!
//! Always holds: parts come in document order, one that lies inside another after it; their lines are
//! lines of the text.

use super::{
    bugfix::Bugfix,
    design::Design,
    kind::File,
    requirements::{Requirement, Requirements},
    tasks::Tasks,
    text::{Scan, Span},
};

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is called: `criterion 1.2`, `section Overview`.
    pub name: String,
    /// Its first and last line, from 1.
    pub lines: (usize, usize),
}

impl Part {
    fn holds(&self, (from, to): (usize, usize)) -> bool {
        self.lines.0 <= from && to <= self.lines.1
    }
}

/// All parts of a document.
pub fn parts(file: File, text: &str) -> Vec<Part> {
    let lines = Lines::new(text);
    let mut parts = Vec::new();
    let scan = Scan::new(text);
    // A single heading of the first level is the document's title.
    let title = scan.sections.iter().filter(|s| s.level == 1).count() == 1;
    for section in scan.sections.iter().filter(|s| s.level > 1 || !title) {
        parts.push(lines.part(format!("section {}", section.title.trim()), section.span));
    }
    let required = |parts: &mut Vec<Part>, requirements: &[Requirement]| {
        for requirement in requirements {
            parts.push(lines.part(format!("requirement {}", requirement.id), requirement.span));
            for criterion in &requirement.criteria {
                parts.push(lines.part(format!("criterion {}", criterion.id), criterion.span));
            }
        }
    };
    match file {
        File::Requirements => required(&mut parts, &Requirements::parse(text).requirements),
        File::Bugfix => required(&mut parts, &Bugfix::parse(text).requirements()),
        File::Design => {
            for property in Design::parse(text).properties {
                parts.push(lines.part(format!("property {}", property.number), property.span));
            }
        }
        File::Tasks => {
            for task in Tasks::parse(text).tasks {
                parts.push(lines.part(format!("task {}", task.id), task.span));
            }
        }
    }
    // A requirement is its section too: the later name is the one that is spoken of.
    let named: Vec<(usize, usize)> =
        parts.iter().filter(|p| !p.name.starts_with("section ")).map(|p| p.lines).collect();
    parts.retain(|p| !p.name.starts_with("section ") || !named.contains(&p.lines));
    parts.sort_by_key(|p| (p.lines.0, std::cmp::Reverse(p.lines.1)));
    parts
}

/// The part that these lines are, all of it.
pub fn whole(parts: &[Part], lines: (usize, usize)) -> Option<&Part> {
    parts.iter().find(|p| p.lines == lines)
}

/// The smallest part that these lines lie in.
pub fn around(parts: &[Part], lines: (usize, usize)) -> Option<&Part> {
    parts.iter().filter(|p| p.holds(lines)).min_by_key(|p| p.lines.1 - p.lines.0)
}

/// The next larger part around one.
pub fn above(parts: &[Part], lines: (usize, usize)) -> Option<&Part> {
    parts.iter().filter(|p| p.holds(lines) && p.lines != lines).min_by_key(|p| p.lines.1 - p.lines.0)
}

/// How lines are called where they are spoken of: `criterion 1.2 (line 14)`, `line 15, in criterion
/// 1.2`, `lines 3 to 9`.
pub fn called(parts: &[Part], lines: (usize, usize)) -> String {
    let numbers = match lines {
        (from, to) if from == to => format!("line {from}"),
        (from, to) => format!("lines {from} to {to}"),
    };
    match (whole(parts, lines), around(parts, lines)) {
        (Some(part), _) => format!("{} ({numbers})", part.name),
        (None, Some(part)) => format!("{numbers}, in {}", part.name),
        (None, None) => numbers,
    }
}

struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, starts: [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect() }
    }

    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// Without the blank lines at its end.
    fn part(&self, name: String, span: Span) -> Part {
        let text = span.of(self.text);
        let last = span.start + text.trim_end().len().max(1) - 1;
        Part { name, lines: (self.line(span.start), self.line(last)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Requirements Document\n\n## Introduction\n\nWords.\n\n## Requirements\n\n### Requirement 1: \
                        Resize\n\n**User Story:** As a reader, I want it, so that it is fast.\n\n#### Acceptance \
                        Criteria\n\n1. WHEN an image is uploaded, THE Thumbnailer SHALL\n   write a thumbnail.\n2. IF \
                        it is no image, THEN THE Thumbnailer SHALL skip it.\n";

    #[test]
    fn lines_are_called_by_what_they_are_or_lie_in() {
        let parts = parts(File::Requirements, TEXT);
        for (lines, name) in [
            ((9, 17), "requirement 1 (lines 9 to 17)"),
            ((15, 16), "criterion 1.1 (lines 15 to 16)"),
            ((16, 16), "line 16, in criterion 1.1"),
            ((17, 17), "criterion 1.2 (line 17)"),
            ((11, 11), "line 11, in requirement 1"),
            ((5, 5), "line 5, in section Introduction"),
            ((3, 5), "section Introduction (lines 3 to 5)"),
            ((15, 17), "lines 15 to 17, in section Acceptance Criteria"),
        ] {
            assert_eq!(called(&parts, lines), name);
        }
        assert_eq!(above(&parts, (17, 17)).map(|p| p.name.as_str()), Some("section Acceptance Criteria"));
    }

    #[test]
    fn tasks_and_properties_have_their_numbers() {
        let tasks = "# Implementation Plan\n\n- [ ] 1. Resize\n  - [ ] 1.1 Sizes\n    - _Requirements: 1.1_\n";
        assert_eq!(called(&parts(File::Tasks, tasks), (5, 5)), "line 5, in task 1.1");
        let design = "# Design\n\n### Property 1: One\n\nFor any image.\n\n**Validates: Requirements 1.1**\n";
        assert_eq!(called(&parts(File::Design, design), (3, 7)), "property 1 (lines 3 to 7)");
        assert_eq!(called(&parts(File::Design, "no headings\n"), (1, 1)), "line 1");
    }
}
