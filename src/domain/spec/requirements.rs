//! `requirements.md`: requirements, user stories, acceptance criteria and the glossary.
//!
//! Headings are recognised by their words and numbers, in the languages seen; where no heading has
//! a number, those that have acceptance criteria are counted.

use serde::Serialize;

use super::{
    criteria::{Criterion, collect},
    refs::ReqId,
    text::{Line, Scan, Section, Span, bare, squeeze},
};

/// A parsed `requirements.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirements {
    source: String,
    /// All requirements in document order.
    pub requirements: Vec<Requirement>,
    /// All glossary terms in document order.
    pub glossary: Vec<Term>,
    /// All sections in document order.
    pub sections: Vec<Section>,
}

/// One requirement, or one group of a bug analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// Its id, such as `3` or `DR1`.
    pub id: ReqId,
    /// Its title without the number; empty where there is none.
    pub title: String,
    /// The heading's line, from 1.
    pub line: usize,
    /// The heading.
    pub heading: Span,
    /// Heading and all that stands under it.
    pub span: Span,
    /// The user story (or objective), where there is one.
    pub story: Option<Story>,
    /// The acceptance criteria in document order.
    pub criteria: Vec<Criterion>,
}

/// A user story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Its text without the label, white space squeezed.
    pub text: String,
    /// Its first line, from 1.
    pub line: usize,
    /// Where it stands, label included.
    pub span: Span,
}

/// A glossary term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// The term as written, without emphasis.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Its line, from 1.
    pub line: usize,
    /// The term itself.
    pub span: Span,
}

impl Requirements {
    /// Indexes the text. Never fails: what is not understood is simply not in the index.
    pub fn parse(source: &str) -> Self {
        let scan = Scan::new(source);
        let mut requirements: Vec<Requirement> = Vec::new();
        for section in &scan.sections {
            // A numbered heading inside a requirement is part of it.
            if requirements.last().is_some_and(|r| r.span.contains(section.heading.start)) {
                continue;
            }
            let Some((id, title)) = heading(&scan, section) else { continue };
            requirements.push(Requirement {
                criteria: criteria(&scan, section, &id),
                id,
                title: bare(title).to_owned(),
                line: section.line,
                heading: section.heading,
                span: section.span,
                story: story(&scan, section.span),
            });
        }
        if requirements.is_empty() {
            requirements = unnumbered(&scan);
        }
        Self { glossary: glossary(&scan), requirements, sections: scan.sections, source: source.to_owned() }
    }

    /// The text that was parsed, byte for byte.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// All criteria in document order.
    pub fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        self.requirements.iter().flat_map(|r| &r.criteria)
    }

    /// The requirement with this id; the first, where several have it.
    pub fn get(&self, id: &ReqId) -> Option<&Requirement> {
        self.requirements.iter().find(|r| r.id == *id)
    }

    /// The criterion with this id; the first, where several have it.
    pub fn criterion(&self, id: &ReqId) -> Option<&Criterion> {
        self.criteria().find(|c| c.id == *id)
    }
}

impl std::fmt::Display for Requirements {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.source)
    }
}

/// Words that stand before a requirement's number.
const WORDS: &[(&str, &str)] = &[
    ("derived requirement", "DR"),
    ("non-functional requirement", "NFR"),
    ("functional requirement", "FR"),
    ("requirement", ""),
    ("req", ""),
    ("要件", ""),
    ("需求", ""),
    ("요구사항", ""),
    ("요구 사항", ""),
    ("anforderung", ""),
    ("exigence", ""),
    ("requisito", ""),
    ("требование", ""),
];

/// Id and title, where the heading is a requirement's.
fn heading<'a>(scan: &Scan<'_>, section: &'a Section) -> Option<(ReqId, &'a str)> {
    if section.level < 2 {
        return None;
    }
    let text = bare(&section.title);
    let text = text.strip_prefix("[").unwrap_or(text);
    for (word, series) in WORDS {
        let Some(head) = text.get(..word.len()) else { continue };
        if head.to_lowercase() != *word {
            continue;
        }
        let rest = text
            .get(word.len()..)?
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '#' | '-' | '_' | ':'));
        if let Some((id, title)) = number(rest, series) {
            return Some((id, title));
        }
    }
    let (id, rest) = ReqId::read(text)?;
    let [_] = id.parts() else { return None };
    // `DR1: Title` says what it is; `1. Title` does only where criteria stand under it.
    let fits = !id.series().is_empty() || text.starts_with(['R', 'r']) || has_criteria(scan, section);
    fits.then(|| (id, title_of(rest)))
}

fn number<'a>(text: &'a str, series: &str) -> Option<(ReqId, &'a str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = text.get(..digits)?.parse().ok()?;
    let mut rest = text.get(digits..)?;
    let mut id = ReqId::requirement(series, number);
    // "Requirement 1.2: …" is an id of its own.
    while let Some(more) = rest.strip_prefix('.').filter(|r| r.starts_with(|c: char| c.is_ascii_digit())) {
        let digits = more.len() - more.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        id = id.item(more.get(..digits)?.parse().ok()?);
        rest = more.get(digits..)?;
    }
    (!rest.starts_with(|c: char| c.is_alphanumeric())).then(|| (id, title_of(rest)))
}

fn title_of(rest: &str) -> &str {
    rest.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, ':' | '.' | '-' | '–' | '—' | ')' | ']' | '：' | '、' | '*')
    })
}

fn has_criteria(scan: &Scan<'_>, section: &Section) -> bool {
    scan.sections
        .iter()
        .any(|s| section.span.contains(s.heading.start) && s.line > section.line && is_criteria(&s.title))
        || scan.lines_in(section.own).any(|l| l.plain && criteria_label(l))
}

/// True for "Acceptance Criteria" in the languages seen.
fn is_criteria(title: &str) -> bool {
    let title = bare(title).trim_end_matches([':', '：']).to_lowercase();
    title.contains("acceptance criteri")
        || [
            "受け入れ",
            "受入",
            "验收",
            "驗收",
            "수용 기준",
            "인수 조건",
            "akzeptanzkriterien",
            "critères d",
            "criterios de ac",
            "critérios de ac",
        ]
        .iter()
        .any(|w| title.contains(w))
}

/// True for a line such as `**Acceptance Criteria:**`.
fn criteria_label(line: &Line<'_>) -> bool {
    line.heading().is_none() && line.text.chars().count() < 60 && line.item().is_none() && is_criteria(line.text)
}

/// Requirements without numbers: the headings that have criteria, counted from 1.
fn unnumbered(scan: &Scan<'_>) -> Vec<Requirement> {
    let mut out: Vec<Requirement> = Vec::new();
    for (index, section) in scan.sections.iter().enumerate() {
        let deeper = scan.sections.get(index + 1..).unwrap_or_default();
        let direct = scan.lines_in(section.own).any(criteria_label)
            || deeper.iter().take_while(|s| s.level > section.level).take(1).any(|s| is_criteria(&s.title));
        if section.level < 2 || is_criteria(&section.title) || !direct {
            continue;
        }
        let id = ReqId::requirement("", u32::try_from(out.len() + 1).unwrap_or(u32::MAX));
        out.push(Requirement {
            criteria: criteria(scan, section, &id),
            id,
            title: bare(&section.title).to_owned(),
            line: section.line,
            heading: section.heading,
            span: section.span,
            story: story(scan, section.span),
        });
    }
    out
}

fn story(scan: &Scan<'_>, span: Span) -> Option<Story> {
    const LABELS: &[&str] = &["user story", "story", "objective", "ユーザーストーリー", "目的", "用户故事"];
    let lines: Vec<&Line<'_>> = scan.lines_in(span).filter(|l| l.plain).collect();
    let at = lines.iter().position(|line| {
        let text = line.item().map_or(line.text, |(_, rest)| rest);
        let text = bare(text).to_lowercase();
        line.heading().is_none()
            && (text.starts_with("as a ") || text.starts_with("as an ") || LABELS.iter().any(|l| text.starts_with(l)))
    })?;
    let lines: Vec<&&Line<'_>> = lines
        .iter()
        .skip(at)
        .enumerate()
        .take_while(|(i, l)| *i == 0 || !(l.is_blank() || l.heading().is_some() || l.item().is_some()))
        .map(|(_, l)| l)
        .collect();
    let (first, last) = (lines.first()?, lines.last()?);
    let text = squeeze(&lines.iter().map(|l| l.text).collect::<Vec<_>>().join(" "));
    let text = match text.split_once([':', '：']) {
        Some((label, rest)) if LABELS.iter().any(|l| bare(label).to_lowercase().ends_with(l)) => bare(rest).to_owned(),
        _ => text,
    };
    Some(Story { text, line: first.number, span: Span::new(first.span.start, last.span.end) })
}

/// The criteria of one requirement.
fn criteria(scan: &Scan<'_>, section: &Section, id: &ReqId) -> Vec<Criterion> {
    let inner: Vec<&Section> =
        scan.sections.iter().filter(|s| s.line > section.line && section.span.contains(s.heading.start)).collect();
    let mut under: Vec<Span> = Vec::new();
    for section in inner.iter().filter(|s| is_criteria(&s.title)) {
        // Below another such heading the lines are read already.
        if !under.last().is_some_and(|above| above.contains(section.heading.start)) {
            under.push(section.span);
        }
    }
    let label = scan.lines_in(section.span).find(|l| l.plain && criteria_label(l)).map(|l| l.span.end);
    let (spans, marked) = match label {
        _ if !under.is_empty() => (under, true),
        Some(end) => (vec![Span::new(end, section.span.end)], true),
        None => (vec![Span::new(section.heading.end, section.span.end)], false),
    };
    let lines: Vec<&Line<'_>> =
        spans.iter().flat_map(|span| scan.lines_in(*span)).filter(|l| l.span.start > section.heading.start).collect();
    collect(&lines, id, marked)
}

fn glossary(scan: &Scan<'_>) -> Vec<Term> {
    let Some(section) = scan.sections.iter().find(|s| {
        let title = bare(&s.title).to_lowercase();
        title.contains("glossary") || ["用語", "术语", "용어"].iter().any(|w| title.contains(w))
    }) else {
        return Vec::new();
    };
    scan.lines_in(section.span).filter(|l| l.plain && l.heading().is_none()).filter_map(term).collect()
}

/// `- **Term**: meaning`, `**Term** - meaning`, `| Term | meaning |`.
fn term(line: &Line<'_>) -> Option<Term> {
    let text = line.text.trim();
    let (name, meaning) = if let Some(row) = text.strip_prefix('|') {
        let (name, rest) = row.split_once('|')?;
        let meaning = rest.split('|').next().unwrap_or("");
        if bare(name).chars().all(|c| matches!(c, '-' | ':' | ' ')) || bare(name).eq_ignore_ascii_case("term") {
            return None;
        }
        (name, meaning)
    } else {
        let item = line.item().map(|(_, rest)| rest);
        let body = item.unwrap_or(text);
        if item.is_none() && !body.starts_with("**") || line.indent() > 3 {
            return None;
        }
        [": ", "：", ":**", " - ", " – ", " — "]
            .iter()
            .filter_map(|s| body.split_once(s))
            .min_by_key(|(name, _)| name.len())?
    };
    let bare_name = bare(name).trim_end_matches([':', '：']);
    let bare_name = bare(bare_name);
    (!bare_name.is_empty()).then(|| Term {
        name: bare_name.to_owned(),
        meaning: squeeze(bare(meaning)),
        line: line.number,
        span: line.span_of(bare_name),
    })
}
