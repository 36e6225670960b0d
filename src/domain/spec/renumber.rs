//! Ids that an edit of the requirements renumbered, and the links that still name the old ones.
//!
//! Criteria have positional ids, so one that is put in or taken out moves all that follow, and every
//! link to them silently means another criterion. The criteria of two revisions are matched by their
//! words, not by their ids. Where nothing can be matched, nothing is claimed.
//!
//! Always holds: rewriting changes the ids of links and no other byte, and never guesses an id for a
//! criterion that is gone.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::domain::diff::{FileDiff, RowKind};

use super::{
    design::Design,
    refs::{Ref, ReqId, Target},
    requirements::Requirement,
    tasks::Tasks,
    text::Span,
};

/// How much two criteria have to have in common to be taken for one, of 100.
const ALIKE: usize = 60;

/// What became of each id from one revision of the requirements to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renumbering {
    /// In the old document's order.
    fates: Vec<(ReqId, Fate)>,
    /// Ids of the new document, in its order.
    new: Vec<ReqId>,
}

/// What became of one id.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fate {
    now: Option<ReqId>,
    text: String,
}

/// A link that no longer means what it meant when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relink {
    /// The line it stands in, from 1.
    pub line: usize,
    /// The ids as they are written.
    pub span: Span,
    /// The same, as text.
    pub was: String,
    /// What they have to be; nothing where all that they name is gone.
    pub now: Option<String>,
    /// Old ids that have another one now, with it and the criterion's words.
    pub moved: Vec<(ReqId, ReqId, String)>,
    /// Old ids of what is gone, with its words.
    pub gone: Vec<(ReqId, String)>,
}

impl Renumbering {
    /// What an edit did to the ids.
    pub fn between(old: &[Requirement], new: &[Requirement]) -> Self {
        let (olds, news) = (items(old), items(new));
        let criteria = matched(&olds, &news);
        let mut fates = Vec::new();
        let mut roots: Vec<(&Requirement, Option<&Requirement>)> = Vec::new();
        for requirement in old {
            roots.push((requirement, home(requirement, new, &criteria)));
        }
        let taken: BTreeSet<usize> = roots.iter().filter_map(|(_, n)| n.map(|n| n.line)).collect();
        for (requirement, now) in &mut roots {
            // Nothing of it is left, and nothing else claims its number: it was written anew.
            if now.is_none() {
                *now = new.iter().find(|n| n.id == requirement.id && !taken.contains(&n.line));
            }
            fates.push((
                requirement.id.clone(),
                Fate { now: now.map(|n| n.id.clone()), text: requirement.title.clone() },
            ));
            for criterion in &requirement.criteria {
                let now = criteria.get(&criterion.id).cloned();
                fates.push((criterion.id.clone(), Fate { now, text: criterion.text.clone() }));
            }
        }
        let all = |all: &[Requirement]| {
            let each = all.iter().flat_map(|r| std::iter::once(&r.id).chain(r.criteria.iter().map(|c| &c.id)));
            each.cloned().collect::<Vec<_>>()
        };
        let new = all(new);
        // An id that is there twice means nothing that could be followed.
        let double: BTreeSet<ReqId> = doubles(fates.iter().map(|(id, _)| id)).chain(doubles(new.iter())).collect();
        fates.retain(|(id, fate)| !double.contains(id) && fate.now.as_ref().is_none_or(|n| !double.contains(n)));
        Self { fates, new }
    }

    /// True where every id means what it meant.
    pub fn is_empty(&self) -> bool {
        self.fates.iter().all(|(id, fate)| fate.now.as_ref() == Some(id))
    }

    fn fate(&self, id: &ReqId) -> Option<&Fate> {
        self.fates.iter().find(|(old, _)| old == id).map(|(_, fate)| fate)
    }

    /// What a link has to become; nothing where it can stay as it is.
    fn relink(&self, link: &Ref, source: &str) -> Option<Relink> {
        let text = link.span.of(source);
        let (named, first, last): (Vec<&ReqId>, _, _) = match &link.target {
            Target::One(id) => {
                let place = number(text, id, 0)?;
                (vec![self.fates.iter().map(|(old, _)| old).find(|old| *old == id)?], place, None)
            }
            Target::Range(from, to) => {
                let first = number(text, from, 0)?;
                let last = number(text, to, first.end).map(|p| (p, false)).or_else(|| {
                    // "1.1-5" leaves out what stays the same.
                    let short = ReqId::requirement("", *to.parts().last()?);
                    number(text, &short, first.end).map(|p| (p, true))
                })?;
                let depth = from.parts().len();
                let inside = |id: &&ReqId| id.parts().len() == depth && link.covers(id);
                let named: Vec<&ReqId> = self.fates.iter().map(|(old, _)| old).filter(inside).collect();
                (named, first, Some(last))
            }
            Target::All | Target::Free(_) => return None,
        };
        let mut moved = Vec::new();
        let mut gone = Vec::new();
        let mut image = Vec::new();
        for id in named {
            let fate = self.fate(id)?;
            match &fate.now {
                Some(now) => {
                    image.push(now.clone());
                    if now != id {
                        moved.push((id.clone(), now.clone(), fate.text.clone()));
                    }
                }
                None => gone.push((id.clone(), fate.text.clone())),
            }
        }
        if moved.is_empty() && gone.is_empty() {
            return None;
        }
        let end = last.as_ref().map_or(first.end, |(place, _)| place.end);
        let span = Span::new(link.span.start + first.start, link.span.start + end);
        let between = last.as_ref().and_then(|(place, short)| Some((text.get(first.end..place.start)?, *short)));
        let now = (!image.is_empty()).then(|| self.written(&image, between));
        Some(Relink { line: link.line, span, was: span.of(source).to_owned(), now, moved, gone })
    }

    /// Ids as a list or a range in the manner of the link that is rewritten.
    fn written(&self, image: &[ReqId], range: Option<(&str, bool)>) -> String {
        let Some((between, short)) = range else {
            return image.iter().map(numbers).collect::<Vec<_>>().join(", ");
        };
        let depth = image.first().map_or(0, |id| id.parts().len());
        let order: Vec<&ReqId> = self.new.iter().filter(|id| id.parts().len() == depth).collect();
        let mut places: Vec<usize> = image.iter().filter_map(|id| order.iter().position(|o| *o == id)).collect();
        places.sort_unstable();
        places.dedup();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for place in places {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == place => *last = place,
                _ => runs.push((place, place)),
            }
        }
        let run = |(from, to): &(usize, usize)| {
            let (Some(from), Some(to)) = (order.get(*from), order.get(*to)) else { return String::new() };
            if from == to {
                return numbers(from);
            }
            let last = match to.parts().last() {
                Some(last) if short && from.root() == to.root() => last.to_string(),
                _ => numbers(to),
            };
            format!("{}{between}{last}", numbers(from))
        };
        runs.iter().map(run).collect::<Vec<_>>().join(", ")
    }
}

/// The links of a document that mean something else by now. `since` gives for a line, from 1, what
/// was renumbered since its links were written.
pub fn relinks<'a>(source: &str, since: impl Fn(usize) -> Option<&'a Renumbering>) -> Vec<Relink> {
    links(source).iter().filter_map(|link| since(link.line)?.relink(link, source)).collect()
}

/// The links in those lines of a document that are as they were in `before`, when the requirements were
/// others. What was written since was written for the requirements of now.
pub fn relinks_since(before: &str, source: &str, since: &Renumbering) -> Vec<Relink> {
    let diff = FileDiff::of(before.as_bytes(), source.as_bytes(), 0);
    let same = diff.rows.iter().filter(|row| row.kind == RowKind::Equal);
    let kept: BTreeSet<usize> = same.filter_map(|row| Some(row.right()? + 1)).collect();
    relinks(source, |line| kept.contains(&line).then_some(since))
}

/// The document with these links rewritten, as far as they can be.
pub fn rewritten(source: &str, relinks: &[Relink]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for relink in relinks {
        let (Some(now), Some(before)) = (&relink.now, source.get(at..relink.span.start)) else { continue };
        out.push_str(before);
        out.push_str(now);
        at = relink.span.end;
    }
    out.push_str(source.get(at..).unwrap_or_default());
    out
}

/// Every place that names a requirement or criterion, in order and without overlaps.
fn links(source: &str) -> Vec<Ref> {
    let design = Design::parse(source);
    let tasks = Tasks::parse(source);
    let properties = design.properties.iter().flat_map(|p| p.validates.iter().cloned());
    let mut all: Vec<Ref> = tasks.tasks.iter().flat_map(|t| t.requirements.iter().cloned()).chain(properties).collect();
    all.extend(design.mentions.iter().cloned());
    all.retain(|r| r.ids().next().is_some());
    all.sort_by_key(|r| (r.span.start, Reverse(r.span.end)));
    let mut end = 0;
    all.retain(|r| {
        let fits = r.span.start >= end;
        end = end.max(r.span.end);
        fits
    });
    all
}

fn doubles<'a>(ids: impl Iterator<Item = &'a ReqId>) -> impl Iterator<Item = ReqId> {
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            twice.insert(id.clone());
        }
    }
    twice.into_iter()
}

/// `1.2` of `DR1.2`.
fn numbers(id: &ReqId) -> String {
    id.parts().iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

/// Where the numbers of an id stand in a text, from `from` on.
fn number(text: &str, id: &ReqId, from: usize) -> Option<Span> {
    let wanted = numbers(id);
    let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    text.match_indices(&wanted).map(|(at, _)| Span::new(at, at + wanted.len())).find(|place| {
        let before = text.get(..place.start).unwrap_or_default();
        let after = text.get(place.end..).unwrap_or_default();
        let deeper = after.strip_prefix('.').is_some_and(|rest| part(rest.chars().next()));
        let below = before.strip_suffix('.').is_some_and(|rest| part(rest.chars().next_back()));
        place.start >= from && !part(before.chars().next_back()) && !part(after.chars().next()) && !deeper && !below
    })
}

/// A criterion to be matched.
struct Item<'a> {
    id: &'a ReqId,
    words: Vec<String>,
}

fn items(all: &[Requirement]) -> Vec<Item<'_>> {
    all.iter().flat_map(|r| &r.criteria).map(|c| Item { id: &c.id, words: words(&c.text) }).collect()
}

/// The words that tell criteria apart: those that every one of them has are left out.
fn words(text: &str) -> Vec<String> {
    const COMMON: &[&str] = &["when", "if", "then", "while", "where", "the", "shall", "a", "an", "of", "to", "and"];
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).filter(|w| !COMMON.contains(&w.as_str())).collect()
}

/// How much two lists of words have in common, of 100.
fn alike(a: &[String], b: &[String]) -> usize {
    let mut left: Vec<&String> = b.iter().collect();
    let mut shared = 0_usize;
    for word in a {
        if let Some(at) = left.iter().position(|w| *w == word) {
            left.swap_remove(at);
            shared += 1;
        }
    }
    (2 * shared * 100).checked_div(a.len() + b.len()).unwrap_or(0)
}

/// The new id of each old criterion that is still there.
fn matched(olds: &[Item<'_>], news: &[Item<'_>]) -> BTreeMap<ReqId, ReqId> {
    let mut pairs: Vec<(usize, bool, usize, usize, usize)> = Vec::new();
    for (o, old) in olds.iter().enumerate() {
        for (n, new) in news.iter().enumerate() {
            let score = if old.words == new.words { 101 } else { alike(&old.words, &new.words) };
            if score >= ALIKE && old.id.series() == new.id.series() {
                // Of two that are as good, the one that kept its id, then the nearer one.
                pairs.push((score, old.id == new.id, o.abs_diff(n), o, n));
            }
        }
    }
    pairs.sort_by_key(|(score, same, far, o, n)| (Reverse(*score), Reverse(*same), *far, *o, *n));
    let (mut taken_o, mut taken_n) = (BTreeSet::new(), BTreeSet::new());
    let mut out = BTreeMap::new();
    for (.., o, n) in pairs {
        let (Some(old), Some(new)) = (olds.get(o), news.get(n)) else { continue };
        if !taken_o.contains(&o) && !taken_n.contains(&n) {
            taken_o.insert(o);
            taken_n.insert(n);
            out.insert(old.id.clone(), new.id.clone());
        }
    }
    // Two that nothing else claims and that share an id: one criterion in other words.
    for (_, old) in olds.iter().enumerate().filter(|(o, _)| !taken_o.contains(o)) {
        let free = news.iter().enumerate().find(|(n, new)| new.id == old.id && !taken_n.contains(n));
        if let Some((n, new)) = free {
            taken_n.insert(n);
            out.entry(old.id.clone()).or_insert_with(|| new.id.clone());
        }
    }
    out
}

/// The requirement that most of an old one's criteria are in by now; without criteria, the one with
/// its title.
fn home<'a>(old: &Requirement, new: &'a [Requirement], criteria: &BTreeMap<ReqId, ReqId>) -> Option<&'a Requirement> {
    let here = |n: &&Requirement| {
        old.criteria.iter().filter(|c| criteria.get(&c.id).is_some_and(|now| n.id.covers(now))).count()
    };
    let best = new.iter().max_by_key(|n| (here(n), n.id == old.id, n.title == old.title));
    let title = |n: &&Requirement| !old.title.is_empty() && n.title == old.title && n.id.series() == old.id.series();
    best.filter(|n| here(n) > 0).or_else(|| new.iter().find(title))
}
