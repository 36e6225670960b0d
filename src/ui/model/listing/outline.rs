//! The sections of a document, with what was said of each and found in it.

use super::{Entry, Group, Target, said};
use crate::{
    config::theme::Role,
    domain::{
        digest::Digest,
        phase::Doc,
        session::{State, reading::changed_lines},
        spec::{
            checks::{Texts, check},
            text::Scan,
        },
    },
};

const SECTIONS: Group = Group { title: "Sections", columns: &["lines", "comments", "findings", "since read"] };

/// An entry a heading, in document order.
pub(super) fn outline(doc: Doc, rev: Digest, state: &State) -> (Vec<Entry>, String) {
    let Some(revision) = state.revisions(doc).iter().find(|r| r.digest == rev) else { return Default::default() };
    let total = revision.text.lines().count();
    let sections = Scan::new(&revision.text).sections;
    let comments: Vec<usize> = {
        let all = state.comments.iter().filter(|c| c.anchor.doc == doc && !c.resolved);
        all.filter_map(|c| c.place(revision)).collect()
    };
    let current = state.current(doc).is_some_and(|r| r.digest == rev);
    let found: Vec<usize> = match &state.start {
        Some(start) if current => {
            let text = |doc| state.current(doc).map(|r| r.text.as_str());
            let texts = Texts { first: text(Doc::Requirements), design: text(Doc::Design), tasks: text(Doc::Tasks) };
            let all = check(start.kind, start.depth, texts);
            all.iter().filter(|f| f.document == state.file(doc)).map(|f| f.line).collect()
        }
        _ => Vec::new(),
    };
    let read = state.read_before(doc, revision);
    let changed = read.map(|r| changed_lines(&r.text, &revision.text)).unwrap_or_default();
    let mut entries = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        // Each line counts once: what stands under a smaller heading is counted there.
        let end = sections.get(at + 1).map_or(total + 1, |next| next.line);
        let of = |lines: &[usize]| lines.iter().filter(|l| section.line <= **l && **l < end).count();
        let (comments, found) = (of(&comments), of(&found));
        let news = changed.range(section.line..end).count();
        let count = |n: usize, one: &str, many: &str| match n {
            0 => String::new(),
            1 => format!("1 {one}"),
            n => format!("{n} {many}"),
        };
        let mark = match (comments, found, news) {
            (0, 0, 0) => ("·", Role::Dim),
            (0, 0, _) => ("┃", Role::Warn),
            (0, _, _) => ("!", Role::Warn),
            _ => ("●", Role::Comment),
        };
        let changed = if read.is_none() || news == 0 { String::new() } else { count(news, "new line", "new lines") };
        let text = revision.text.lines().skip(section.line).take(end - section.line - 1);
        let first = text.map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
        entries.push(Entry {
            group: &SECTIONS,
            mark,
            name: String::new(),
            text: format!("{}{}", "  ".repeat(usize::from(section.level.saturating_sub(1))), section.title),
            facts: vec![
                format!("{}-{}", section.line, end - 1),
                count(comments, "comment", "comments"),
                count(found, "finding", "findings"),
                changed,
            ],
            detail: said("begins", first.to_owned()).into_iter().collect(),
            target: Target::Revision(doc, rev, Some(section.line)),
            comment: None,
            thing: None,
        });
    }
    let sum = format!("{} r{}, {} sections", doc.name(), revision.number, entries.len());
    (entries, sum)
}
