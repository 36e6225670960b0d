//! Deterministic checks of spec documents: the same texts give the same findings, without a model.
//!
//! Findings are advice to the person at the gate; nothing here decides whether a document passes.

mod contradictions;
mod depth;
mod design;
mod renumbered;
mod statements;
mod tasks;
mod words;

use serde::Serialize;

use super::{
    bugfix::Bugfix,
    design::Design,
    kind::{Depth, File, SpecKind},
    refs::{Ref, ReqId},
    renumber::Relink,
    requirements::{Requirement, Requirements, Term},
    tasks::Tasks,
    text::Section,
    trace::{Trace, trace},
};

/// The code of a link that an edit of the requirements renumbered: it can be rewritten.
pub const RENUMBERED: &str = "renumbered-id";

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

/// Links that mean something else since the requirements were edited, by the document they stand in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Those of `design.md`.
    pub design: Vec<Relink>,
    /// Those of `tasks.md`.
    pub tasks: Vec<Relink>,
}

impl Moved {
    /// True where a link of this line is told to have been renumbered, and need not be told to dangle.
    fn tells(&self, document: File, line: usize, id: &ReqId) -> bool {
        let links = match document {
            File::Design => &self.design,
            File::Tasks => &self.tasks,
            File::Requirements | File::Bugfix => return false,
        };
        let names = |l: &Relink| l.moved.iter().any(|(was, ..)| was == id) || l.gone.iter().any(|(was, _)| was == id);
        links.iter().any(|l| l.line == line && names(l))
    }
}

/// The documents of one spec, parsed, as far as they exist.
pub(crate) struct Spec {
    moved: Moved,
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
    fn parse(kind: SpecKind, depth: Depth, texts: Texts<'_>, moved: Moved) -> Self {
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
        let (design, tasks) = (texts.design.map(Design::parse), texts.tasks.map(Tasks::parse));
        Self { moved, kind, depth, first, design, tasks }
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
    check_moved(kind, depth, texts, Moved::default())
}

/// As [`check`], with the links that an edit of the requirements renumbered among the findings.
pub fn check_moved(kind: SpecKind, depth: Depth, texts: Texts<'_>, moved: Moved) -> Vec<Finding> {
    let spec = Spec::parse(kind, depth, texts, moved);
    let mut out = Vec::new();
    depth::check(&spec, &mut out);
    whole(&spec, &mut out);
    tasks::complete(&spec, &mut out);
    design::complete(&spec, &mut out);
    sorted(out)
}

/// Checks documents of which `growing` is still being written, up to the end of its last whole line:
/// only what text to come cannot mend is found.
pub fn check_growing(kind: SpecKind, depth: Depth, texts: Texts<'_>, growing: File) -> Vec<Finding> {
    let spec = Spec::parse(kind, depth, texts, Moved::default());
    let mut out = Vec::new();
    whole(&spec, &mut out);
    out.retain(|f| f.document == growing && !LATER.contains(&f.code));
    sorted(out)
}

/// What more text can still mend.
const LATER: &[&str] = &[
    "no-requirements",
    "no-current-behaviour",
    "no-expected-behaviour",
    "no-unchanged-behaviour",
    "property-validates-nothing",
    "task-without-criterion",
    "waves-incomplete",
];

/// What each document says by itself and of the others, as far as it is written.
fn whole(spec: &Spec, out: &mut Vec<Finding>) {
    statements::check(spec, out);
    contradictions::check(spec, out);
    design::check(spec, out);
    tasks::check(spec, out);
    renumbered::check(spec, out);
}

fn sorted(mut out: Vec<Finding>) -> Vec<Finding> {
    out.sort_by(|a, b| (a.document, a.line, a.severity, a.code).cmp(&(b.document, b.line, b.severity, b.code)));
    out
}

/// Checks that ids which a list names are there. A list may name a series of its own (such as
/// `NFR-1`) that the first document does not number: that is told, but not called wrong.
fn dangling(spec: &Spec, refs: &[Ref], document: File, whose: &str, out: &mut Vec<Finding>) {
    let Some(first) = &spec.first else { return };
    let exists = |id: &ReqId| {
        // Below a requirement whose criteria were not understood, any id may be right.
        first.requirements.iter().any(|r| {
            r.id == *id || (r.criteria.is_empty() && r.id.covers(id)) || r.criteria.iter().any(|c| c.id == *id)
        })
    };
    let known_series = |id: &ReqId| first.requirements.iter().any(|r| r.id.series() == id.series());
    for r in refs {
        for id in r.ids().filter(|id| !exists(id) && !spec.moved.tells(document, r.line, id)) {
            out.push(Finding {
                code: "dangling-reference",
                severity: if known_series(id) { Severity::Error } else { Severity::Info },
                document,
                line: r.line,
                what: format!("{whose} names {id}, which {} does not have", first.file),
                why: "A link that leads nowhere hides what is, and what is not, covered.",
                todo: match nearest(first, id) {
                    Some(near) => format!("Name an existing id (the last there is {near}), or add {id}."),
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
