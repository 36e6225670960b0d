//! `bugfix.md`: what a defect does, what should happen, and what must stay.
//!
//! Each group reads as a requirement and each clause as a criterion, so that design, tasks and
//! checks treat both kinds of spec alike. Clauses carry written ids such as `2.1`.

use serde::{Deserialize, Serialize};

use super::{
    criteria::{Criterion, collect, explicit},
    refs::ReqId,
    requirements::Requirement,
    text::{Line, Scan, Section, Span, bare},
};

/// A parsed `bugfix.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bugfix {
    source: String,
    /// The groups in document order, each with what it is about.
    pub groups: Vec<(Group, Requirement)>,
    /// All sections in document order.
    pub sections: Vec<Section>,
}

/// What a group of clauses is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// What happens now, and is wrong. Ids `1.N`.
    Current,
    /// What should happen. Ids `2.N`.
    Expected,
    /// What must go on as it is. Ids `3.N`.
    Unchanged,
}

impl Group {
    /// The first number of its ids.
    pub fn number(self) -> u32 {
        match self {
            Self::Current => 1,
            Self::Expected => 2,
            Self::Unchanged => 3,
        }
    }

    fn of(title: &str) -> Option<Self> {
        let title = title.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| title.contains(w));
        if has(&["unchanged", "regression", "preserv", "不变", "変更しない", "変わらない"]) {
            Some(Self::Unchanged)
        } else if has(&["expected", "correct behav", "期待", "预期"]) {
            Some(Self::Expected)
        } else if has(&["current", "defect", "actual behav", "現在", "現状", "当前"]) {
            Some(Self::Current)
        } else {
            None
        }
    }
}

impl Bugfix {
    /// Indexes the text. Never fails: what is not understood is simply not in the index.
    pub fn parse(source: &str) -> Self {
        let scan = Scan::new(source);
        let mut groups: Vec<(Group, Requirement)> = Vec::new();
        for (index, section) in scan.sections.iter().enumerate() {
            let Some(group) = Group::of(&section.title).filter(|_| section.level > 1) else { continue };
            let inner = scan.sections.iter().skip(index + 1);
            let holds =
                inner.take_while(|s| section.span.contains(s.heading.start)).any(|s| Group::of(&s.title).is_some());
            let taken = groups.iter().any(|(g, r)| *g == group || r.span.contains(section.heading.start));
            if holds || taken {
                continue;
            }
            let id = ReqId::requirement("", group.number());
            let lines: Vec<&Line<'_>> = scan.lines_in(section.span).skip(1).collect();
            groups.push((
                group,
                requirement(
                    id.clone(),
                    section.title.clone(),
                    section.line,
                    section.heading,
                    section.span,
                    clauses(&lines, &id),
                ),
            ));
        }
        if groups.iter().all(|(_, r)| r.criteria.is_empty()) {
            groups.extend(without_headings(&scan, &groups));
        }
        Self { groups, sections: scan.sections, source: source.to_owned() }
    }

    /// The text that was parsed, byte for byte.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// One group, where the document has it.
    pub fn group(&self, group: Group) -> Option<&Requirement> {
        self.groups.iter().find(|(g, _)| *g == group).map(|(_, r)| r)
    }

    /// The groups as requirements `1`, `2` and `3`.
    pub fn requirements(&self) -> Vec<Requirement> {
        self.groups.iter().map(|(_, r)| r.clone()).collect()
    }

    /// All clauses in document order.
    pub fn clauses(&self) -> impl Iterator<Item = &Criterion> {
        self.groups.iter().flat_map(|(_, r)| &r.criteria)
    }
}

impl std::fmt::Display for Bugfix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

/// The clauses under a heading: with written ids, whatever their first number, or as a list.
fn clauses(lines: &[&Line<'_>], id: &ReqId) -> Vec<Criterion> {
    let first = lines.iter().filter(|l| l.plain).find_map(|l| explicit(l, None));
    match first {
        Some((written, _)) => collect(lines, &written.root(), true),
        None => collect(lines, id, true),
    }
}

fn requirement(
    id: ReqId,
    title: String,
    line: usize,
    heading: Span,
    span: Span,
    criteria: Vec<Criterion>,
) -> Requirement {
    Requirement { id, title: bare(&title).to_owned(), line, heading, span, story: None, criteria }
}

/// Groups by the clauses' own numbers, for a document whose headings say nothing.
fn without_headings(scan: &Scan<'_>, have: &[(Group, Requirement)]) -> Vec<(Group, Requirement)> {
    let lines: Vec<&Line<'_>> = scan.lines.iter().collect();
    [Group::Current, Group::Expected, Group::Unchanged]
        .into_iter()
        .filter(|group| !have.iter().any(|(g, _)| g == group))
        .filter_map(|group| {
            let id = ReqId::requirement("", group.number());
            let criteria: Vec<Criterion> = if lines.iter().any(|l| l.plain && explicit(l, Some(&id)).is_some()) {
                collect(&lines, &id, false)
            } else {
                Vec::new()
            };
            let (first, last) = (criteria.first()?, criteria.last()?);
            let (line, span) = (first.line, first.span.to(last.span));
            let heading = Span::new(span.start, span.start);
            Some((group, requirement(id, String::new(), line, heading, span, criteria)))
        })
        .collect()
}
