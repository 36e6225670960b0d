//! What the checks find in the documents of a spec as they stand, and the links that an edit of the
//! requirements left behind.
//!
//! A link means the requirements that stood when its line was written. What the agent drafted was
//! written for the requirements of that moment; a line that the developer did not touch keeps the
//! meaning it had. So a link is never called renumbered that was written after the renumbering.

use std::collections::BTreeMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{Revision, State};
use crate::domain::{
    digest::Digest,
    journal::Author,
    phase::Doc,
    spec::{
        SpecKind,
        bugfix::Bugfix,
        checks::{Finding, Moved, Texts, check_moved},
        renumber::{Relink, Renumbering, relinks, rewritten},
        requirements::{Requirement, Requirements},
    },
};

impl State {
    /// What is found in the documents that stand, renumbered links included.
    pub fn findings(&self) -> Vec<Finding> {
        let text = |doc| self.current(doc).map(|r| r.text.as_str());
        self.findings_in(Texts { first: text(Doc::Requirements), design: text(Doc::Design), tasks: text(Doc::Tasks) })
    }

    /// What is found in texts that lie on the disk. Of those that are revisions of this spec, the
    /// links are compared too.
    pub fn findings_in(&self, texts: Texts<'_>) -> Vec<Finding> {
        let Some(start) = &self.start else { return Vec::new() };
        let moved = |doc, text: Option<&str>| match (texts.first, text) {
            (Some(first), Some(text)) => self.relinks_of(doc, Digest::of(text), first),
            _ => Vec::new(),
        };
        let moved = Moved { design: moved(Doc::Design, texts.design), tasks: moved(Doc::Tasks, texts.tasks) };
        check_moved(start.kind, start.depth, texts, moved)
    }

    /// The links of a document that mean another criterion than when they were written.
    pub fn relinks(&self, doc: Doc) -> Vec<Relink> {
        match (self.current(doc), self.current(Doc::Requirements)) {
            (Some(revision), Some(first)) => self.relinks_of(doc, revision.digest, &first.text),
            _ => Vec::new(),
        }
    }

    /// A document with its renumbered links rewritten: the revision it is made from, its text, and
    /// how many links are other ones. Nothing where none can be rewritten.
    pub fn relinked(&self, doc: Doc) -> Option<(Digest, String, usize)> {
        let revision = self.current(doc)?;
        let links = self.relinks(doc);
        let count = links.iter().filter(|l| l.now.as_ref().is_some_and(|now| *now != l.was)).count();
        (count > 0).then(|| (revision.digest, rewritten(&revision.text, &links), count))
    }

    fn relinks_of(&self, doc: Doc, digest: Digest, first: &str) -> Vec<Relink> {
        let all = self.revisions(doc);
        let Some(at) = all.iter().rposition(|r| r.digest == digest).filter(|_| doc != Doc::Requirements) else {
            return Vec::new();
        };
        let Some((revision, written)) = all.get(at).zip(all.get(..=at)) else { return Vec::new() };
        let wrote = self.written_for(written);
        let now = self.parsed(first);
        let mut since: BTreeMap<usize, Renumbering> = BTreeMap::new();
        for base in wrote.iter().flatten() {
            let Some(old) = self.revisions(Doc::Requirements).get(*base).filter(|r| r.text != first) else { continue };
            since.entry(*base).or_insert_with(|| Renumbering::between(&self.parsed(&old.text), &now));
        }
        since.retain(|_, renumbering| !renumbering.is_empty());
        if since.is_empty() {
            return Vec::new();
        }
        relinks(&revision.text, |line| {
            let base = wrote.get(line.checked_sub(1)?).copied().flatten()?;
            since.get(&base)
        })
    }

    /// For each line of the last of these revisions, the requirements it was written for, by place.
    fn written_for(&self, written: &[Revision]) -> Vec<Option<usize>> {
        let mut lines: Vec<Option<usize>> = Vec::new();
        let mut before: Option<&Revision> = None;
        for revision in written {
            let now = self.revisions(Doc::Requirements).iter().rposition(|r| r.seq <= revision.seq);
            lines = match (before, revision.author) {
                (Some(before), Author::Developer | Author::Found) => kept(&before.text, &revision.text, &lines, now),
                (_, Author::Agent) | (None, _) => vec![now; revision.text.lines().count()],
            };
            before = Some(revision);
        }
        lines
    }

    fn parsed(&self, first: &str) -> Vec<Requirement> {
        match self.start.as_ref().map(|s| s.kind) {
            Some(SpecKind::Bugfix) => Bugfix::parse(first).requirements(),
            Some(SpecKind::Feature) | None => Requirements::parse(first).requirements,
        }
    }
}

/// What each line of the new text has: that of the line it was, or `now` where it was written anew.
fn kept<T: Copy>(old: &str, new: &str, had: &[Option<T>], now: Option<T>) -> Vec<Option<T>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = vec![now; new.len()];
    for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            let kept = had.iter().skip(old_index).take(len);
            lines.iter_mut().skip(new_index).zip(kept).for_each(|(line, kept)| *line = *kept);
        }
    }
    lines
}
