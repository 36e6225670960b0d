//! What the checks find in the documents of the open spec, kept until one of them changes; and what
//! a finding is on the screen: a mark in the margin, a line in a list, a comment.
//!
//! While a document is being written, it is checked again with each line that is whole, and only for
//! what more text cannot mend.
//!
//! Always holds: findings are shown only beside the revision that was checked.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Intent,
    document::{FIELD, TOOL, source_line},
    notice,
    pane::{Pane, Row, Tag},
};
use crate::{
    config::theme::Role,
    domain::{
        digest::Digest,
        journal::Anchor,
        path::SpecName,
        phase::Doc,
        prose::width::{truncate, width},
        session::{Comment, State},
        spec::{
            SpecKind,
            bugfix::Bugfix,
            checks::{Finding, Severity, Texts, check_growing},
            criteria::Criterion,
            ears::Pattern,
            kind::File,
            requirements::Requirements,
        },
        turn::partial::PartialField,
        wire::Command,
    },
    ui::style::Styles,
};

/// What the findings were made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Key {
    spec: Option<SpecName>,
    current: Vec<Option<Digest>>,
    /// What a link means depends on the revisions before, too.
    revisions: Vec<usize>,
    /// The document that is being written, and how much of it is whole lines.
    growing: Option<(Doc, usize)>,
}

/// A criterion's place and form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    id: String,
    lines: (usize, usize),
    pattern: Pattern,
}

/// The findings of the open spec.
#[derive(Debug, Default)]
pub struct Checked {
    key: Option<Key>,
    findings: Vec<Finding>,
    forms: Vec<Form>,
    /// The call whose text is being read, by its id.
    call: Option<(String, PartialField)>,
    version: usize,
}

impl Checked {
    /// Checks again what has changed.
    pub fn refresh(&mut self, state: &State) {
        let growing = self.growing(state);
        let (doc, text) = growing.map_or((None, String::new()), |(doc, text)| (Some(doc), text));
        let key = Key {
            spec: state.start.as_ref().map(|s| s.name.clone()),
            current: Doc::ALL.into_iter().map(|d| state.current(d).map(|r| r.digest)).collect(),
            revisions: Doc::ALL.into_iter().map(|d| state.revisions(d).len()).collect(),
            growing: doc.map(|d| (d, text.len())),
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        self.findings = state.findings();
        if let (Some(doc), Some(start)) = (doc, &state.start) {
            let of = |d| if d == doc { Some(text.as_str()) } else { state.current(d).map(|r| r.text.as_str()) };
            let texts = Texts { first: of(Doc::Requirements), design: of(Doc::Design), tasks: of(Doc::Tasks) };
            self.findings.retain(|f| document(f) != doc);
            self.findings.extend(check_growing(start.kind, start.depth, texts, file(doc, start.kind)));
            self.findings.sort_by_key(|f| f.document);
        }
        let first = match doc {
            Some(Doc::Requirements) => Some(text.as_str()),
            _ => state.current(Doc::Requirements).map(|r| r.text.as_str()),
        };
        let kind = state.start.as_ref().map_or_else(SpecKind::default, |s| s.kind);
        self.forms = first.map(|text| forms(text, kind)).unwrap_or_default();
        self.key = Some(key);
        self.version = self.version.wrapping_add(1);
    }

    /// The document that is being written, up to the end of its last whole line.
    fn growing(&mut self, state: &State) -> Option<(Doc, String)> {
        let doc = state.drafting()?;
        let (id, _, raw) = state.partial.calls.iter().rev().find(|(_, name, _)| name == TOOL)?;
        if self.call.as_ref().is_none_or(|(known, _)| known != id) {
            self.call = Some((id.clone(), PartialField::new(FIELD)));
        }
        let text = self.call.as_mut()?.1.update(raw)?;
        let end = text.rfind('\n').map_or(0, |at| at + 1);
        Some((doc, text.get(..end)?.to_owned()))
    }

    /// Another number whenever the findings may be others.
    pub(super) fn version(&self) -> usize {
        self.version
    }

    /// All of them, by document and line.
    pub fn all(&self) -> &[Finding] {
        &self.findings
    }

    /// Those of a document, where it is shown as it was checked: this revision, or, without one, as
    /// far as it is written.
    pub fn of(&self, doc: Doc, shown: Option<Digest>) -> impl Iterator<Item = &Finding> {
        let key = self.key.as_ref();
        let fits = key.is_some_and(|key| match (shown, key.growing) {
            (None, Some((growing, _))) => growing == doc,
            (Some(digest), growing) => growing.is_none_or(|(d, _)| d != doc) && revision(key, doc) == Some(digest),
            (None, None) => false,
        });
        self.findings.iter().filter(move |f| fits && document(f) == doc)
    }

    /// The revision of a document that was checked.
    fn rev(&self, doc: Doc) -> Option<Digest> {
        let key = self.key.as_ref().filter(|key| key.growing.is_none_or(|(d, _)| d != doc))?;
        revision(key, doc)
    }

    /// True while a document is checked as far as it is written.
    pub(super) fn grows(&self) -> bool {
        self.key.as_ref().is_some_and(|key| key.growing.is_some())
    }

    /// The criterion that a line of the first document belongs to, and its form.
    fn form(&self, line: usize) -> Option<&Form> {
        self.forms.iter().find(|f| (f.lines.0..=f.lines.1).contains(&line))
    }

    /// How many criteria have a form, how many there are, and how many of each form, the most first.
    pub(super) fn patterns(&self) -> (usize, usize, Vec<(Pattern, usize)>) {
        let mut counts: Vec<(Pattern, usize)> = Vec::new();
        for form in self.forms.iter().filter(|f| f.pattern != Pattern::None) {
            match counts.iter_mut().find(|(pattern, _)| *pattern == form.pattern) {
                Some((_, n)) => *n += 1,
                None => counts.push((form.pattern, 1)),
            }
        }
        counts.sort_by_key(|(pattern, n)| (std::cmp::Reverse(*n), *pattern));
        (counts.iter().map(|(_, n)| n).sum(), self.forms.len(), counts)
    }

    /// The first criterion without a form.
    pub(super) fn formless(&self) -> Option<usize> {
        self.forms.iter().find(|f| f.pattern == Pattern::None).map(|f| f.lines.0)
    }

    /// The counts of a document's findings, for its border; nothing where there are none.
    pub(super) fn facts(&self, doc: Doc, shown: Option<Digest>) -> Option<(String, Role)> {
        let found: Vec<&Finding> = self.of(doc, shown).collect();
        let worst = found.iter().map(|f| f.severity).min()?;
        let counts = SEVERITIES.iter().filter_map(|severity| {
            let n = found.iter().filter(|f| f.severity == *severity).count();
            (n > 0).then(|| format!("{}{n}", mark(*severity).0))
        });
        Some((counts.collect::<Vec<_>>().join(" "), mark(worst).1))
    }

    /// What is known of a line, for the border: what was found, else the form of its criterion.
    pub(super) fn told(&self, doc: Doc, shown: Option<Digest>, line: usize, columns: usize) -> Option<String> {
        let mut here = self.of(doc, shown).filter(|f| f.line == line);
        if let Some(finding) = here.next() {
            let more = match here.count() {
                0 => String::new(),
                n => format!(" (and {n} more)"),
            };
            let what = format!("{} {}", mark(finding.severity).0, finding.what);
            return Some(format!("{}{more}", truncate(&what, columns.saturating_sub(width(&more)))));
        }
        let checked = match shown {
            Some(digest) => self.rev(doc) == Some(digest),
            None => self.grows(),
        };
        let form = self.form(line).filter(|_| doc == Doc::Requirements && checked)?;
        Some(format!("{} {}", form.id, form.pattern))
    }

    /// Draws the marks of findings into the first column, which is the cursor's where it stands.
    pub(super) fn margin(
        &self,
        (doc, shown): (Doc, Option<Digest>),
        pane: &Pane,
        rows: &[Row],
        styles: &Styles,
        inner: Rect,
        buf: &mut Buffer,
    ) {
        let mut last = pane.top.checked_sub(1).and_then(|i| rows.get(i)).and_then(source_line);
        for (y, (index, row)) in (inner.y..inner.bottom()).zip(rows.iter().enumerate().skip(pane.top)) {
            let line = source_line(row).filter(|_| matches!(row.tag, Tag::Source { .. } | Tag::Diff { .. }));
            let worst = line.filter(|_| line != last && index != pane.cursor);
            let worst = worst.and_then(|line| self.of(doc, shown).filter(|f| f.line == line).map(|f| f.severity).min());
            if let Some(severity) = worst {
                let (mark, role) = mark(severity);
                buf.set_stringn(inner.x, y, mark, inner.width.into(), styles.get(role));
            }
            last = line.or(last);
        }
    }

    /// Makes a finding a comment that goes with the next request for changes. The comment belongs to
    /// the line of the revision that was checked.
    pub fn stage(&self, finding: &Finding, state: &State) -> Vec<Intent> {
        let doc = document(finding);
        if staged(finding, state).is_some() {
            return notice("it is staged already; it goes with your next request for changes");
        }
        let Some(rev) = self.rev(doc) else {
            return notice(format!("{} is still being written; it can be commented on when it is whole", doc.name()));
        };
        let anchor = Anchor { doc, rev, lines: Some((finding.line, finding.line)) };
        let told = format!("staged; it goes with your next request for changes to {}", doc.name());
        vec![Intent::Send(Command::Comment { anchor, text: words(finding) }), Intent::Notice(told)]
    }
}

fn revision(key: &Key, doc: Doc) -> Option<Digest> {
    Doc::ALL.into_iter().zip(&key.current).find(|(d, _)| *d == doc).and_then(|(_, digest)| *digest)
}

/// All severities, the worst first.
pub(super) const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

/// The mark of a severity: told by more than its colour.
pub(super) fn mark(severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Error => ("✗", Role::Error),
        Severity::Warning => ("!", Role::Warn),
        Severity::Info => ("·", Role::Info),
    }
}

/// The document that a finding is about.
pub fn document(finding: &Finding) -> Doc {
    match finding.document {
        File::Requirements | File::Bugfix => Doc::Requirements,
        File::Design => Doc::Design,
        File::Tasks => Doc::Tasks,
    }
}

fn file(doc: Doc, kind: SpecKind) -> File {
    match doc {
        Doc::Requirements => kind.first_file(),
        Doc::Design => File::Design,
        Doc::Tasks => File::Tasks,
    }
}

/// A finding as the words of a comment.
fn words(finding: &Finding) -> String {
    format!("{}. {} {}", finding.what.trim_end_matches('.'), finding.why, finding.todo)
}

/// The open comment that says what a finding says, if one is staged.
pub fn staged<'a>(finding: &Finding, state: &'a State) -> Option<&'a Comment> {
    let (doc, words) = (document(finding), words(finding));
    state.open_comments(doc).find(|c| !c.sent && c.text == words)
}

fn forms(text: &str, kind: SpecKind) -> Vec<Form> {
    let form = |c: &Criterion| Form {
        id: c.id.to_string(),
        lines: (c.line, c.line + c.span.of(text).trim_end().matches('\n').count()),
        pattern: c.pattern,
    };
    match kind {
        SpecKind::Feature => Requirements::parse(text).criteria().map(form).collect(),
        // The defect is told as it is, in no form.
        SpecKind::Bugfix => {
            Bugfix::parse(text).clauses().filter(|c| c.id.parts().first() != Some(&1)).map(form).collect()
        }
    }
}
