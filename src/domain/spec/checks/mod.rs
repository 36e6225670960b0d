//! Deterministic checks of spec documents: the same texts give the same findings, without a model.
//!
//! Findings are advice to the person at the gate; nothing here decides whether a document passes.

mod depth;
mod design;
mod statements;
mod tasks;
mod words;

use serde::Serialize;

use super::{
    bugfix::Bugfix,
    design::Design,
    kind::{Depth, File, SpecKind},
    refs::{Ref, ReqId},
    requirements::{Requirement, Requirements, Term},
    tasks::Tasks,
    text::Section,
    trace::{Trace, trace},
};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The documents contradict each other or cannot be carried out as they are.
    Error,
    /// Something is likely missing or unclear.
    Warning,
    /// Worth knowing.
    Info,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable name for this sort of finding, such as `ears-form`.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// Where: the file.
    pub document: File,
    /// Where: the line, from 1.
    pub line: usize,
    /// What was found.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do about it.
    pub todo: String,
}

/// The texts of one spec, as far as they exist.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    /// `requirements.md`, or `bugfix.md` for a bugfix.
    pub first: Option<&'a str>,
    /// `design.md`
    pub design: Option<&'a str>,
    /// `tasks.md`
    pub tasks: Option<&'a str>,
}

/// The documents of one spec, parsed, as far as they exist.
pub(crate) struct Spec {
    kind: SpecKind,
    depth: Depth,
    first: Option<First>,
    design: Option<Design>,
    tasks: Option<Tasks>,
}

/// The first document, of either kind.
struct First {
    file: File,
    requirements: Vec<Requirement>,
    glossary: Vec<Term>,
    sections: Vec<Section>,
    bugfix: Option<Bugfix>,
}

impl Spec {
    fn parse(kind: SpecKind, depth: Depth, texts: Texts<'_>) -> Self {
        let first = texts.first.map(|text| match kind {
            SpecKind::Feature => {
                let doc = Requirements::parse(text);
                First {
                    file: File::Requirements,
                    requirements: doc.requirements,
                    glossary: doc.glossary,
                    sections: doc.sections,
                    bugfix: None,
                }
            }
            SpecKind::Bugfix => {
                let doc = Bugfix::parse(text);
                First {
                    file: File::Bugfix,
                    requirements: doc.requirements(),
                    glossary: Vec::new(),
                    sections: doc.sections.clone(),
                    bugfix: Some(doc),
                }
            }
        });
        Self { kind, depth, first, design: texts.design.map(Design::parse), tasks: texts.tasks.map(Tasks::parse) }
    }

    fn requirements(&self) -> &[Requirement] {
        self.first.as_ref().map_or(&[], |f| &f.requirements)
    }

    fn trace(&self) -> Trace {
        trace(self.requirements(), self.design.as_ref(), self.tasks.as_ref())
    }
}

/// Checks all documents that are given, each by itself and against the others. Findings come in
/// the order of documents and lines.
pub fn check(kind: SpecKind, depth: Depth, texts: Texts<'_>) -> Vec<Finding> {
    let spec = Spec::parse(kind, depth, texts);
    let mut out = Vec::new();
    depth::check(&spec, &mut out);
    statements::check(&spec, &mut out);
    design::check(&spec, &mut out);
    tasks::check(&spec, &mut out);
    out.sort_by(|a, b| (a.document, a.line, a.severity, a.code).cmp(&(b.document, b.line, b.severity, b.code)));
    out
}

/// Checks that ids which a list names are there. A list may name a series of its own (such as
/// `NFR-1`) that the first document does not number: that is told, but not called wrong.
fn dangling(spec: &Spec, refs: &[Ref], document: File, whose: &str, out: &mut Vec<Finding>) {
    let Some(first) = &spec.first else { return };
    let exists = |id: &ReqId| {
        let criteria = first.requirements.iter().flat_map(|r| r.criteria.iter().map(|c| &c.id));
        first.requirements.iter().map(|r| &r.id).chain(criteria).any(|known| id == known)
    };
    let known_series = |id: &ReqId| first.requirements.iter().any(|r| r.id.series() == id.series());
    for r in refs {
        for id in r.ids().filter(|id| !exists(id)) {
            out.push(Finding {
                code: "dangling-reference",
                severity: if known_series(id) { Severity::Error } else { Severity::Info },
                document,
                line: r.line,
                what: format!("{whose} names {id}, which {} does not have", first.file),
                why: "A link that leads nowhere hides what is, and what is not, covered.",
                todo: match nearest(first, id) {
                    Some(near) => format!("Name an existing id ({} ends at {near}), or add {id}.", id.root()),
                    None => format!("Name an existing id, or add {id}."),
                },
            });
        }
    }
}

/// The last criterion of the requirement that an unknown id would belong to.
fn nearest(first: &First, id: &ReqId) -> Option<ReqId> {
    let requirement = first.requirements.iter().find(|r| r.id == id.root())?;
    requirement.criteria.last().map(|c| c.id.clone())
}

/// `a, b, c and 4 more`.
fn listed<T: ToString>(items: &[T]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = items.iter().take(SHOWN).map(ToString::to_string).collect();
    match items.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
