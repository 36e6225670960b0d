//! Lists that lie over the workbench: what belongs together, and the comments.
//!
//! Entries are made from the state and made again when it moves on; the cursor stays on its entry.
//! Texts are as they were written; cleaning them is the view's business.

mod outline;
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::{
    config::theme::Role,
    domain::{
        change::select::Taken,
        digest::Digest,
        path::RelPath,
        phase::Doc,
        session::{Comment, Remark, State},
        spec::refs::ReqId,
        trace::{Chain, CriterionLinks, Stage, TaskLinks, TestLinks, things::Thing},
    },
    ui::{model::account::Pick, panels::FileMark},
};

/// What a list is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Criteria, design, tasks, changes, tests and commits, with what belongs to each.
    Trace,
    /// What belongs to one of them.
    Links(Thing),
    /// The comments of the spec.
    Comments,
    /// The files of the set under review.
    Files,
    /// The sections of a revision of a document.
    Outline(Doc, Digest),
    /// Who we are in AWS, and whom and where we could be.
    Places,
    /// The functions of a stack.
    Functions,
    /// How a stack differs from its template.
    Drift,
    /// What could be deployed.
    Apps,
}

impl Kind {
    /// True for a list whose entries are not made from the state.
    fn is_given(&self) -> bool {
        matches!(self, Self::Places | Self::Functions | Self::Drift | Self::Apps)
    }
}

/// Where an entry leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A line of a document as it stands.
    Line(Doc, usize),
    /// A revision of a document, at a line if one is given.
    Revision(Doc, Digest, Option<usize>),
    /// The last applied change of a file.
    File(RelPath),
    /// What belongs to it.
    Links,
    /// Something in the account.
    Pick(Pick),
    /// Nothing that can be shown.
    Nowhere,
}

/// Entries of one sort, under a heading.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// What stands in each column of [`Entry::facts`].
    pub columns: &'static [&'static str],
}

const CRITERIA: Group = Group { title: "Criteria", columns: &["design", "property", "task", "test", "commit"] };
const PARTS: Group = Group { title: "Parts of the design", columns: &["names"] };
const PROPERTIES: Group = Group { title: "Properties of the design", columns: &["validates"] };
const TASKS: Group = Group { title: "Tasks", columns: &["serves", "files", "commits"] };
const CHANGES: Group = Group { title: "Changed files", columns: &["serves", "tasks"] };
const TESTS: Group = Group { title: "Tests", columns: &["serves", "tasks"] };
const COMMITS: Group = Group { title: "Commits", columns: &["serves", "files"] };

/// What stands for nothing in a cell of the table.
const NOTHING: &str = "—";

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The heading it stands under.
    pub group: &'static Group,
    /// How it stands, as one character.
    pub mark: (&'static str, Role),
    /// Its number or place; empty where it has none.
    pub name: String,
    /// What it is.
    pub text: String,
    /// What belongs to it in a few characters each, the most telling first; as [`Group::columns`].
    pub facts: Vec<String>,
    /// What belongs to it in full: label and text.
    pub detail: Vec<(&'static str, String)>,
    /// Where it leads.
    pub target: Target,
    /// The comment it is, by number.
    pub comment: Option<u64>,
    /// The thing it is, for the way to what belongs to it.
    pub thing: Option<Thing>,
}

impl Entry {
    /// What it is found again by when the list is made anew.
    fn key(&self) -> (&'static str, &str, Option<u64>) {
        (self.group.title, if self.name.is_empty() { &self.text } else { &self.name }, self.comment)
    }

    fn holds(&self, wanted: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(wanted);
        has(&self.name) || has(&self.text) || self.facts.iter().any(|f| has(f)) || self.detail.iter().any(|d| has(&d.1))
    }
}

/// A list, and where one is in it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What it is of.
    pub kind: Kind,
    /// All entries; those of one heading stand together.
    pub entries: Vec<Entry>,
    /// What was counted, for the border.
    pub sum: String,
    /// The entry at the cursor, of those that are shown.
    pub selected: usize,
    /// What was typed to narrow it.
    pub filter: String,
    /// True while the filter is typed.
    pub typing: bool,
    /// The lists this one was reached through, with the entry that the cursor was on.
    trail: Vec<(Kind, usize)>,
    /// The record it was made after.
    seq: u64,
}

impl Listing {
    /// A list of a spec, with the cursor on its first entry.
    pub fn new(kind: Kind, state: &State, marks: &[FileMark]) -> Self {
        let (entries, sum) = made(&kind, state, marks);
        let (filter, trail) = (String::new(), Vec::new());
        Self { kind, entries, sum, selected: 0, filter, typing: false, trail, seq: state.seq }
    }

    /// A list of entries that are not made from the state, with the cursor on its first.
    pub fn given(kind: Kind, (entries, sum): (Vec<Entry>, String)) -> Self {
        let (filter, trail) = (String::new(), Vec::new());
        Self { kind, entries, sum, selected: 0, filter, typing: false, trail, seq: 0 }
    }

    /// Puts the cursor on a thing, where the list has it.
    pub fn select(&mut self, thing: &Thing) {
        let fits = |e: &&Entry| match (thing, &e.thing) {
            (Thing::Requirement(root), Some(Thing::Criterion(id))) => root.covers(id),
            (wanted, thing) => thing.as_ref() == Some(wanted),
        };
        self.selected = self.shown().iter().position(fits).unwrap_or(self.selected);
    }

    /// Goes on to what belongs to the entry at the cursor. False where it is nothing to go on from.
    pub fn walk(&mut self, state: &State) -> bool {
        let Some(thing) = self.at_cursor().and_then(|e| e.thing.clone()) else { return false };
        let kind = std::mem::replace(&mut self.kind, Kind::Links(thing));
        self.trail.push((kind, self.selected));
        self.remake(state, 0);
        true
    }

    /// Goes back to the list that this one was reached through. False where there is none.
    pub fn walk_back(&mut self, state: &State) -> bool {
        let Some((kind, selected)) = self.trail.pop() else { return false };
        self.kind = kind;
        self.remake(state, selected);
        true
    }

    fn remake(&mut self, state: &State, selected: usize) {
        self.filter.clear();
        self.seq = state.seq;
        (self.entries, self.sum) = made(&self.kind, state, &[]);
        self.selected = selected.min(self.entries.len().saturating_sub(1));
    }

    /// Makes the entries again where the state has moved on.
    pub fn refresh(&mut self, state: &State, marks: &[FileMark]) {
        if self.seq == state.seq || self.kind.is_given() {
            return;
        }
        self.seq = state.seq;
        self.put(made(&self.kind, state, marks));
    }

    /// Puts other entries in the place of these; the cursor stays on its entry.
    pub fn put(&mut self, (entries, sum): (Vec<Entry>, String)) {
        let old = std::mem::replace(&mut self.entries, entries);
        self.sum = sum;
        let shown = |entries: &[Entry], filter: &str| -> Vec<(&'static str, String, Option<u64>)> {
            let keys = narrowed(entries, filter).into_iter().map(Entry::key);
            keys.map(|(group, name, comment)| (group, name.to_owned(), comment)).collect()
        };
        let (before, now) = (shown(&old, &self.filter), shown(&self.entries, &self.filter));
        let again = before.get(self.selected).and_then(|key| now.iter().position(|k| k == key));
        self.selected = again.unwrap_or(self.selected).min(now.len().saturating_sub(1));
    }

    /// The entries that the filter leaves.
    pub fn shown(&self) -> Vec<&Entry> {
        narrowed(&self.entries, &self.filter)
    }

    /// The entry at the cursor.
    pub fn at_cursor(&self) -> Option<&Entry> {
        self.shown().get(self.selected).copied()
    }
}

fn narrowed<'a>(entries: &'a [Entry], filter: &str) -> Vec<&'a Entry> {
    if !filter.trim().is_empty() && entries.first().is_some_and(|e| e.group == &FILES) {
        return fuzzy(entries, filter);
    }
    let wanted = filter.to_lowercase();
    entries.iter().filter(|e| wanted.is_empty() || e.holds(&wanted)).collect()
}

const FILES: Group = Group { title: "Files", columns: &["lines", "read", "comments"] };

fn marked(marks: &[FileMark]) -> Vec<Entry> {
    let entry = |mark: &FileMark| Entry {
        group: &FILES,
        mark: match mark.taken {
            Taken::All => ("x", Role::Ok),
            Taken::Part => ("-", Role::Warn),
            Taken::None => (" ", Role::Warn),
        },
        name: String::new(),
        text: mark.path.to_string(),
        facts: vec![
            format!("+{} −{}", mark.lines.0, mark.lines.1),
            if mark.reviewed { "✓ read".into() } else { String::new() },
            if mark.remarks == 0 { String::new() } else { format!("● {}", mark.remarks) },
        ],
        detail: vec![
            ("file", mark.path.to_string()),
            (
                "taken",
                match mark.taken {
                    Taken::All => "all of it".into(),
                    Taken::Part => "a part of it".into(),
                    Taken::None => "nothing of it".into(),
                },
            ),
            ("read", if mark.reviewed { "yes, as it is now".into() } else { "not yet".into() }),
        ],
        target: Target::File(mark.path.clone()),
        comment: None,
        thing: None,
    };
    marks.iter().map(entry).collect()
}

/// The entries that fit what is typed letter by letter, the best first.
fn fuzzy<'a>(entries: &'a [Entry], filter: &str) -> Vec<&'a Entry> {
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::parse(filter, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    let scored = entries.iter().filter_map(|entry| {
        let score = pattern.score(Utf32Str::new(&entry.text, &mut buffer), &mut matcher)?;
        Some((score, entry))
    });
    let mut scored: Vec<(u32, &Entry)> = scored.collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}

fn made(kind: &Kind, state: &State, marks: &[FileMark]) -> (Vec<Entry>, String) {
    match kind {
        Kind::Files => {
            let read = marks.iter().filter(|m| m.reviewed).count();
            let taken = marks.iter().filter(|m| m.taken == Taken::All).count();
            (marked(marks), format!("{read}/{of} read, {taken}/{of} accepted", of = marks.len()))
        }
        Kind::Trace => {
            let chain = Chain::of(state);
            let [(_, all), rest @ ..] = chain.totals();
            let totals: Vec<String> = rest.iter().map(|(what, n)| format!("{what} {n}")).collect();
            (traced(&chain), format!("of {all}: {}", totals.join(" ")))
        }
        Kind::Links(thing) => {
            let chain = Chain::of(state);
            let linked = chain.linked(thing);
            let mut entries = traced(&chain);
            entries.retain(|e| e.thing.as_ref().is_some_and(|t| linked.contains(t)));
            let sum = chain.run.as_ref().map_or_else(String::new, |run| run.words());
            (entries, sum)
        }
        Kind::Outline(doc, rev) => outline::outline(*doc, *rev, state),
        Kind::Places | Kind::Functions | Kind::Drift | Kind::Apps => Default::default(),
        Kind::Comments => {
            let mut entries: Vec<Entry> = comments(state);
            entries.extend(remarks(state));
            entries.sort_by_key(|e| [&OPEN, &SENT, &RESOLVED].iter().position(|g| *g == e.group));
            let of = |group: &Group| entries.iter().filter(|e| e.group == group).count();
            let sum = format!("{} open, {} sent, {} resolved", of(&OPEN), of(&SENT), of(&RESOLVED));
            (entries, sum)
        }
    }
}

fn joined<T: ToString>(items: &[T], between: &str) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn short(commits: &[(String, String)]) -> String {
    let heads: Vec<&str> = commits.iter().map(|(id, _)| id.get(..7).unwrap_or(id)).collect();
    joined(&heads, " ")
}

fn files(files: &[RelPath]) -> String {
    match files.len() {
        0 => String::new(),
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    }
}

/// A detail, where there is something to say.
fn said(label: &'static str, text: String) -> Option<(&'static str, String)> {
    (!text.is_empty()).then_some((label, text))
}

fn mark(task: &TaskLinks) -> (&'static str, Role) {
    match task.stage {
        Stage::Done => ("✓", Role::PhaseDone),
        Stage::Now => ("▸", Role::PhaseNow),
        Stage::Open => ("○", Role::PhaseNext),
    }
}

fn traced(chain: &Chain) -> Vec<Entry> {
    // What is missing stands first; of what misses as much, what comes first in the document.
    let mut rows: Vec<(usize, Entry)> =
        chain.criteria.iter().map(|c| (chain.missing(&c.row.id).len(), criterion(c, chain))).collect();
    rows.sort_by_key(|(missing, _)| std::cmp::Reverse(*missing));
    let mut entries: Vec<Entry> = rows.into_iter().map(|(_, entry)| entry).collect();
    entries.extend(chain.parts.iter().map(|part| Entry {
        group: &PARTS,
        mark: ("·", Role::Info),
        name: format!("line {}", part.line),
        text: part.title.clone(),
        facts: vec![joined(&part.serves, " ")],
        detail: served(&part.serves, chain),
        target: Target::Line(Doc::Design, part.line),
        comment: None,
        thing: Some(Thing::Part(part.line)),
    }));
    entries.extend(chain.properties.iter().map(|property| Entry {
        group: &PROPERTIES,
        mark: if property.serves.is_empty() { ("!", Role::Warn) } else { ("·", Role::Info) },
        name: format!("P{}", property.number),
        text: property.title.clone(),
        facts: vec![joined(&property.serves, " ")],
        detail: served(&property.serves, chain),
        target: Target::Line(Doc::Design, property.line),
        comment: None,
        thing: Some(Thing::Property(property.number)),
    }));
    entries.extend(chain.tasks.iter().map(|task| {
        Entry {
            group: &TASKS,
            mark: mark(task),
            name: task.id.to_string(),
            text: format!("{}{}", task.title, if task.optional { " (optional)" } else { "" }),
            facts: vec![joined(&task.serves, " "), files(&task.files), short(&task.commits)],
            detail: served(&task.serves, chain)
                .into_iter()
                .chain(said("files", joined(&task.files, ", ")))
                .chain(said("commits", short(&task.commits)))
                .collect(),
            target: task.line.map_or(Target::Nowhere, |line| Target::Line(Doc::Tasks, line)),
            comment: None,
            thing: Some(Thing::Task(task.id.clone())),
        }
    }));
    entries.extend(chain.changes.iter().map(|change| {
        let titled = |id| match chain.task(id) {
            Some(task) if !task.title.is_empty() => format!("{id} {}", task.title),
            Some(_) | None => id.to_string(),
        };
        let tasks: Vec<String> = change.tasks.iter().map(titled).collect();
        Entry {
            group: &CHANGES,
            mark: if change.committed { ("✓", Role::PhaseDone) } else { ("▸", Role::PhaseNow) },
            name: String::new(),
            text: change.path.to_string(),
            facts: vec![joined(&change.serves, " "), joined(&change.tasks, " ")],
            detail: said("tasks", tasks.join("; ")).into_iter().chain(served(&change.serves, chain)).collect(),
            target: Target::File(change.path.clone()),
            comment: None,
            thing: Some(Thing::File(change.path.clone())),
        }
    }));
    entries.extend(chain.tests.iter().map(|test| {
        Entry {
            group: &TESTS,
            mark: match &chain.run {
                Some(run) if run.passed() && !run.stale => ("✓", Role::PhaseDone),
                Some(run) if !run.passed() => ("✗", Role::Error),
                Some(_) | None => ("○", Role::PhaseNext),
            },
            name: String::new(),
            text: test.name.clone(),
            facts: vec![joined(&test.serves, " "), joined(&test.tasks, " ")],
            detail: std::iter::once(("in", format!("{}:{}", test.path, test.line)))
                .chain(said("last run", chain.run.as_ref().map(|run| run.words()).unwrap_or_default()))
                .chain((!test.by_name).then(|| ("serves", "named by no test; what its file's tasks serve:".to_owned())))
                .chain(served(&test.serves, chain))
                .collect(),
            target: Target::File(test.path.clone()),
            comment: None,
            thing: Some(Thing::Test(test.path.clone(), test.line)),
        }
    }));
    entries.extend(chain.commits.iter().map(|(id, what)| {
        let thing = Thing::Commit(id.clone());
        let serves = chain.criteria_of(&thing);
        let of = chain.tasks.iter().filter(|t| t.commits.iter().any(|(commit, _)| commit == id));
        let changed: Vec<RelPath> = of.flat_map(|t| t.files.iter().cloned()).collect();
        Entry {
            group: &COMMITS,
            mark: ("✓", Role::PhaseDone),
            name: id.get(..7).unwrap_or(id).to_owned(),
            text: what.clone(),
            facts: vec![joined(&serves, " "), files(&changed)],
            detail: said("files", joined(&changed, ", ")).into_iter().chain(served(&serves, chain)).collect(),
            target: Target::Links,
            comment: None,
            thing: Some(thing),
        }
    }));
    entries
}

fn criterion(links: &CriterionLinks, chain: &Chain) -> Entry {
    let row = &links.row;
    let tasks: Vec<&TaskLinks> = row.tasks.iter().filter_map(|id| chain.tasks.iter().find(|t| t.id.0 == *id)).collect();
    let properties = chain.properties.iter().filter(|p| row.properties.contains(&p.number));
    let properties: Vec<String> = properties.map(|p| format!("P{} {}", p.number, p.title).trim().to_owned()).collect();
    let missing = chain.missing(&row.id);
    let or = |text: String| if text.is_empty() { NOTHING.to_owned() } else { text };
    let numbers: Vec<String> = row.properties.iter().map(|n| format!("P{n}")).collect();
    let tests: Vec<&TestLinks> = links.tests.iter().filter_map(|i| chain.tests.get(*i)).collect();
    let test = |t: &&TestLinks| format!("{}:{} {}", t.path, t.line, t.name);
    let marked: Vec<String> = tasks.iter().map(|t| format!("{}{}", mark(t).0, t.id)).collect();
    let titled: Vec<String> = tasks.iter().map(|t| format!("{} {} {}", mark(t).0, t.id, t.title)).collect();
    let lines = match links.design_lines.as_slice() {
        [] => String::new(),
        [one] => format!("line {one}"),
        all => format!("lines {}", joined(all, ", ")),
    };
    let design_words = [properties.join("; "), lines].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>();
    Entry {
        group: &CRITERIA,
        mark: match (!missing.is_empty(), row.done) {
            (true, _) => ("✗", Role::Warn),
            (false, true) => ("✓", Role::PhaseDone),
            (false, false) => ("○", Role::PhaseNext),
        },
        name: row.id.to_string(),
        text: row.text.clone(),
        facts: vec![
            if row.in_design { "✓" } else { NOTHING }.to_owned(),
            or(numbers.join(" ")),
            or(marked.join(" ")),
            if tests.is_empty() { NOTHING.to_owned() } else { tests.len().to_string() },
            or(short(&links.commits)),
        ],
        detail: said("of", links.requirement.clone())
            .into_iter()
            .chain(said("says", row.text.clone()))
            .chain(said("form", links.form.to_string()))
            .chain(said("missing", missing.join(", ")))
            .chain(Some(("design", if design_words.is_empty() { "not named".into() } else { design_words.join("; ") })))
            .chain(Some(("tasks", if titled.is_empty() { "none".into() } else { titled.join("; ") })))
            .chain(said("files", joined(&links.files, ", ")))
            .chain(said("tests", tests.iter().map(test).collect::<Vec<_>>().join("; ")))
            .chain(said("commits", short(&links.commits)))
            .collect(),
        target: Target::Line(Doc::Requirements, row.line),
        comment: None,
        thing: Some(Thing::Criterion(row.id.clone())),
    }
}

/// The texts of the criteria that something serves.
fn served(ids: &[ReqId], chain: &Chain) -> Vec<(&'static str, String)> {
    if ids.is_empty() {
        return vec![("serves", "no criterion by name".to_owned())];
    }
    let words = |id: &ReqId| chain.criterion(id).map(|c| ("serves", format!("{id} {}", c.row.text)));
    ids.iter().filter_map(words).collect()
}

const OPEN: Group = Group { title: "Open: sent with your next answer", columns: &["on"] };
const SENT: Group = Group { title: "Sent to the agent", columns: &["on", "since then"] };
const RESOLVED: Group = Group { title: "Resolved", columns: &["on", "since then"] };

/// The comments: open ones first, then sent, then resolved; within each by document and line.
fn comments(state: &State) -> Vec<Entry> {
    let group = |c: &Comment| match (c.resolved, c.sent) {
        (true, _) => (2, &RESOLVED),
        (false, true) => (1, &SENT),
        (false, false) => (0, &OPEN),
    };
    let mut all: Vec<&Comment> = state.comments.iter().collect();
    all.sort_by_key(|c| (group(c).0, c.anchor.doc, c.anchor.lines, c.id));
    all.into_iter().map(|c| comment(c, group(c).1, state)).collect()
}

/// The comments on changes, in the order of the files and lines they were made on.
fn remarks(state: &State) -> Vec<Entry> {
    let mut all: Vec<_> = state.remarks.iter().collect();
    all.sort_by_key(|r| (&r.spot.path, r.spot.lines, r.id));
    let entry = |remark: &Remark| {
        let place = match remark.spot.lines {
            Some((from, to)) if from == to => format!(":{from}"),
            Some((from, to)) => format!(":{from}-{to}"),
            None => String::new(),
        };
        let (group, mark) = match (remark.resolved, remark.sent) {
            (true, _) => (&RESOLVED, ("✓", Role::PhaseDone)),
            (false, true) => (&SENT, ("→", Role::PhaseNow)),
            (false, false) => (&OPEN, ("●", Role::Waiting)),
        };
        Entry {
            group,
            mark,
            name: format!("{}{place}", remark.spot.path.name()),
            text: remark.text.clone(),
            facts: vec!["change".into(), String::new()],
            detail: [("file", remark.spot.path.to_string()), ("line", remark.spot.quoted.clone())]
                .into_iter()
                .filter(|(_, text)| !text.is_empty())
                .chain([("says", remark.text.clone())])
                .collect(),
            target: Target::File(remark.spot.path.clone()),
            comment: Some(remark.id),
            thing: None,
        }
    };
    all.into_iter().map(entry).collect()
}

fn comment(comment: &Comment, group: &'static Group, state: &State) -> Entry {
    let anchor = comment.anchor;
    let revision = state.revisions(anchor.doc).iter().find(|r| r.digest == anchor.rev);
    let number = revision.map(|r| format!("r{}", r.number)).unwrap_or_default();
    let place = match anchor.lines {
        Some((from, to)) if from == to => format!(":{from}"),
        Some((from, to)) => format!(":{from}-{to}"),
        None => String::new(),
    };
    Entry {
        group,
        mark: match (comment.resolved, comment.sent) {
            (true, _) => ("✓", Role::PhaseDone),
            (false, true) => ("→", Role::PhaseNow),
            (false, false) => ("●", Role::Waiting),
        },
        name: format!("{}{place}", anchor.doc.name()),
        text: comment.text.clone(),
        facts: vec![number, state.aftermath(comment).map(|a| a.to_string()).unwrap_or_default()],
        detail: said("line", comment.quoted.as_deref().unwrap_or_default().trim().to_owned())
            .into_iter()
            .chain(Some(("says", comment.text.clone())))
            .collect(),
        target: match revision {
            Some(revision) => Target::Revision(anchor.doc, revision.digest, anchor.lines.map(|(from, _)| from)),
            None => Target::Nowhere,
        },
        comment: Some(comment.id),
        thing: None,
    }
}
