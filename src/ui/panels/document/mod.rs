//! The document panel: one document, rendered, as source, as changes since the revision before, or
//! while the agent writes it.
//!
//! It shows what waits, or what was chosen. Prompts and editors are asked for, not opened.
//!
//! Always holds: a yes, a no and a comment name the revision that was drawn last.

mod answer;
mod facts;
mod findings;
mod fold;
mod keys;
mod live;
mod margin;
mod render;
mod search;
mod spot;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use self::{facts::Fact, fold::Section, live::Live, margin::Margin, render::Colours};
pub(super) use self::{
    live::{FIELD, TOOL},
    render::source_line,
};
use super::{
    Ctx, Intent, Panel, diagram,
    lines::Look,
    notice,
    pane::{Pane, Paper, Row, Tag, draw_rows, frame, ink, own_lead, paragraph, place, readable},
    syntax,
};
use crate::{
    config::theme::Role,
    domain::{
        digest::Digest,
        phase::{Doc, DocState, Order},
        prose::{self, Reads, suspicious},
        session::{Comment, State, authors::authors, line_in, reading::changed_lines},
        wire::Command,
    },
    ui::{
        keys::{Action, Context},
        style::Styles,
    },
};

/// Hints are looked up as in this panel.
const CONTEXTS: &[Context] = &[Context::Document, Context::Gate];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum View {
    #[default]
    Rendered,
    Source,
    /// What changed, rendered.
    Changes,
    /// What changed, as lines of the source.
    Diff,
}

impl View {
    fn is_of_changes(self) -> bool {
        matches!(self, Self::Changes | Self::Diff)
    }
}

/// What is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Showing {
    Nothing(Doc),
    Live(Doc),
    Revision(Doc, Digest),
}

/// What rows of a revision are made of.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    showing: Showing,
    view: View,
    columns: usize,
    split: bool,
    open: Vec<Range<usize>>,
    folded: BTreeSet<usize>,
    /// The revision that changes are told from.
    base: Option<Digest>,
    authors: bool,
    /// What is known of colours and diagrams.
    generation: u64,
    comments: Vec<(u64, bool, bool, Option<usize>)>,
    /// What became of a comment depends on the revisions after it.
    revisions: usize,
    styles: Styles,
}

/// One document of the open spec.
#[derive(Debug, Default)]
pub struct DocumentPanel {
    pane: Pane,
    rows: Vec<Row>,
    key: Option<Key>,
    /// For each row, whether it shows something that changed since it was read.
    news: Vec<bool>,
    /// The sections of the revision that is shown.
    sections: Vec<Section>,
    /// The headings whose sections are folded, by line.
    folded: BTreeSet<usize>,
    /// What was folded of each document when it was shown last.
    folds: BTreeMap<Doc, BTreeSet<fold::Name>>,
    /// A search that leads on, forward or back, once everything is unfolded for it.
    seek: Option<bool>,
    /// Code has its colours and diagrams are drawn, when they come.
    lively: bool,
    /// The colours of the code of this revision.
    colours: Colours,
    coloured: Option<Digest>,
    /// Whose each line is stands in the margin.
    authors: bool,
    /// Source lines that have been on the screen, and those that have to be before it is read.
    seen: BTreeSet<usize>,
    unread: BTreeSet<usize>,
    /// The revision that was told to be read last.
    told: Option<Digest>,
    /// Facts that go with the rows.
    kept: Vec<Fact>,
    /// The text of the border.
    facts: Vec<Fact>,
    chosen: Option<Doc>,
    revision: Option<Digest>,
    view: View,
    split: Option<bool>,
    open: Vec<Range<usize>>,
    live: Live,
    find: String,
    /// The rows that have it, as they are now; none where they have changed since.
    stands: Option<Vec<usize>>,
    /// A source line to go to once it is laid out.
    goto: Option<usize>,
    showing: Option<Showing>,
    /// A key or a jump put the cursor where it is: what opens shows itself first.
    led: bool,
    /// Whether any of it was on the screen.
    visible: bool,
    waited: Option<Digest>,
}

impl DocumentPanel {
    /// With the colours of code, and with diagrams drawn: both come when they come.
    pub fn lively() -> Self {
        Self { lively: true, ..Self::default() }
    }

    /// Shows a document, at a source line if one is given.
    pub fn show(&mut self, doc: Doc, line: Option<usize>) {
        self.chosen = Some(doc);
        self.revision = None;
        self.goto = line;
        self.led |= line.is_some();
    }

    /// Goes to a source line of what is shown.
    pub fn go(&mut self, line: usize) {
        self.led = true;
        self.goto = Some(line);
    }

    /// Shows a revision that is not the present one, at a source line if one is given.
    pub fn show_revision(&mut self, doc: Doc, revision: Digest, line: Option<usize>) {
        self.show(doc, line);
        self.revision = Some(revision);
    }

    /// Closes the top-most thing here: a selection, a search, an older revision. False when there is
    /// none.
    pub fn back(&mut self) -> bool {
        if self.pane.mark.take().is_some() {
            return true;
        }
        if !self.find.is_empty() {
            self.find.clear();
            self.stands = None;
            // Where the search has led stays in view, also within a section that was folded.
            if !self.folded.is_empty() {
                self.goto = self.lines().map(|(first, _)| first);
            }
            return true;
        }
        if self.view.is_of_changes() {
            self.view = View::Rendered;
            self.open.clear();
            return true;
        }
        self.revision.take().is_some() || self.chosen.take().is_some()
    }

    fn doc(&self, state: &State) -> Doc {
        if let Some(doc) = self.chosen {
            return doc;
        }
        let waiting = state.flow.waiting().and_then(|w| Doc::ALL.into_iter().find(|d| d.subject() == w.subject));
        let docs = state.flow.order.docs();
        let last = docs.into_iter().rev().find(|d| state.latest(*d).is_some());
        waiting.or_else(|| state.drafting()).or(last).unwrap_or(docs[0])
    }

    fn showing(&mut self, state: &State) -> Showing {
        // What comes to its gate is shown, whatever was looked at before.
        let waits = state.flow.waiting().filter(|w| Doc::ALL.into_iter().any(|d| d.subject() == w.subject));
        let waits = waits.map(|w| w.digest);
        if waits != self.waited {
            self.waited = waits;
            if waits.is_some() {
                (self.chosen, self.revision) = (None, None);
            }
        }
        let doc = self.doc(state);
        let known = |digest: &Digest| state.revisions(doc).iter().any(|r| r.digest == *digest);
        self.revision = self.revision.filter(known);
        if let Some(digest) = self.revision {
            return Showing::Revision(doc, digest);
        }
        // A draft that was stopped is still worth reading while there is nothing else to read, where its
        // own document is shown.
        let own = || state.scene.as_ref().and_then(|s| s.name.split_once(' ')).is_some_and(|(of, _)| of == doc.name());
        let stopped = state.flow.doc(doc).rev().is_none() && !state.partial.is_empty() && own();
        if matches!(state.flow.doc(doc), DocState::Drafting { .. }) || stopped {
            return Showing::Live(doc);
        }
        let revision = state.current(doc).or_else(|| state.latest(doc));
        revision.map_or(Showing::Nothing(doc), |r| Showing::Revision(doc, r.digest))
    }

    fn layout(&mut self, columns: usize, ctx: &Ctx<'_>) {
        let showing = self.showing(ctx.state);
        if self.showing != Some(showing) {
            // What changed is a question about one revision; the next one is read as it is.
            if self.view.is_of_changes() && !self.one_document(showing) {
                self.view = View::Rendered;
            }
            self.keep_folds();
            self.keep_place(showing, ctx.state);
            self.showing = Some(showing);
            self.pane = self.pane.anew(matches!(showing, Showing::Live(_)));
            self.open.clear();
            self.seek = None;
            self.led = self.goto.is_some();
            self.find_folds(showing, ctx.state);
            self.seen.clear();
            self.unread.clear();
            self.key = None;
            self.rows.clear();
            self.live.forget();
        }
        if let Some(line) = self.goto {
            let hides = |at: &usize| self.sections.iter().any(|s| s.line == *at && *at < line && line < s.end);
            self.folded.retain(|at| !hides(at));
        }
        match showing {
            Showing::Nothing(doc) => {
                self.key = None;
                self.nothing(doc, columns, ctx);
            }
            Showing::Live(doc) => {
                self.key = None;
                self.facts = vec![Fact::title(title(ctx, doc))];
                let (partial, seq) = (&ctx.state.partial, ctx.state.seq);
                let view = spot::View::of(&self.pane, &self.rows);
                let document = self.live.lay_out(&mut self.rows, partial, seq, columns, self.lively, ctx.styles);
                let under_way =
                    matches!(ctx.state.flow.doc(doc), DocState::Drafting { .. }) && ctx.state.halt.is_none();
                let what = match (under_way, document) {
                    (true, true) => "⠹ being written, not yet to be approved",
                    (true, false) => "⠹ drafting",
                    (false, _) if partial.is_empty() => "■ stopped",
                    (false, _) => "■ stopped: this is what had arrived",
                };
                self.facts.push(Fact::new(facts::STATE, what, Role::Provisional));
                self.news.clear();
                self.stopped(columns, ctx);
                view.restore(&mut self.pane, &self.rows);
            }
            Showing::Revision(doc, digest) => {
                // Only what is being written leads the cursor along.
                self.pane.follow = false;
                self.revision(doc, digest, showing, columns, ctx);
            }
        }
        if let Some(line) = self.goto.take() {
            self.pane.holds(self.rows.len());
            spot::Spot::of_line(line).find(&self.rows).into_iter().for_each(|row| self.pane.jump(row));
        }
    }

    /// Remembers what is folded of the document that was shown.
    fn keep_folds(&mut self) {
        if let Some(Showing::Revision(doc, _)) = self.showing {
            self.folds.insert(doc, fold::named(&self.sections, &self.folded));
        }
    }

    /// Folds what was folded of a document before, in whichever revision, by the titles of the sections.
    fn find_folds(&mut self, showing: Showing, state: &State) {
        self.folded.clear();
        self.sections.clear();
        if let Showing::Revision(doc, digest) = showing
            && let Some(names) = self.folds.get(&doc).filter(|names| !names.is_empty())
            && let Some(revision) = state.revisions(doc).iter().find(|r| r.digest == digest)
        {
            self.sections = fold::sections(&revision.text);
            self.folded = fold::of_names(&self.sections, names);
        }
    }

    /// Why the draft does not go on, whole: the line below the panels may have room for its
    /// beginning only.
    fn stopped(&mut self, columns: usize, ctx: &Ctx<'_>) {
        let Some(halt) = &ctx.state.halt else { return };
        if ctx.state.partial.is_empty() {
            self.rows.clear();
        } else {
            self.rows.push(Row::default());
        }
        let (mark, style) = (ink("■ ", ctx.styles.get(Role::Error)), ctx.styles.get(Role::Text));
        paragraph(&halt.why, columns, &mark, style, &mut self.rows);
        let key = ctx.key(Action::Continue, CONTEXTS);
        let remedy = ctx.keys.with_keys(&halt.remedy, CONTEXTS);
        let mut todo = format!("{}. {key} goes on.", remedy.trim_end_matches('.'));
        if let Some(before) = self.before(ctx.state) {
            let (yes, edit) = (ctx.key(Action::Approve, CONTEXTS), ctx.key(Action::Edit, CONTEXTS));
            let number = before.number;
            todo.push_str(&format!(" {edit} edits r{number}, which is the last; {yes} brings it back to its gate."));
        }
        paragraph(&todo, columns, &ink("  ", style), ctx.styles.get(Role::Info), &mut self.rows);
    }

    /// True when another revision of the document that is shown already is to be shown.
    fn one_document(&self, showing: Showing) -> bool {
        let doc = |s| match s {
            Showing::Nothing(doc) | Showing::Live(doc) | Showing::Revision(doc, _) => doc,
        };
        self.showing.is_some_and(|before| doc(before) == doc(showing))
    }

    fn nothing(&mut self, doc: Doc, columns: usize, ctx: &Ctx<'_>) {
        self.facts = vec![Fact::title(title(ctx, doc))];
        self.rows.clear();
        self.news.clear();
        let flow = &ctx.state.flow;
        let text = match flow.order.upstream(doc) {
            Some(above) if !flow.upstream_drafted(doc) => {
                let state = if flow.order == Order::Quick { "there" } else { "approved" };
                format!("There is no {} yet. It is drafted once {} is {state}.", ctx.file(doc), ctx.file(above))
            }
            Some(_) | None => {
                let key = ctx.key(Action::Continue, CONTEXTS);
                format!("There is no {} yet. {key} lets the agent draft it.", ctx.file(doc))
            }
        };
        paragraph(&text, columns, &ink("", ctx.styles.get(Role::Text)), ctx.styles.get(Role::Dim), &mut self.rows);
    }

    fn revision(&mut self, doc: Doc, digest: Digest, showing: Showing, columns: usize, ctx: &Ctx<'_>) {
        let all = ctx.state.revisions(doc);
        let Some(at) = all.iter().rposition(|r| r.digest == digest) else { return };
        let Some(revision) = all.get(at) else { return };
        // What was read last is what the developer knows; else the one before.
        let read = ctx.state.read_before(doc, revision);
        let before = read.or_else(|| at.checked_sub(1).and_then(|i| all.get(i)));
        let comments: Vec<&Comment> = ctx.state.comments.iter().filter(|c| c.anchor.doc == doc).collect();
        let split = self.split.unwrap_or(ctx.side_by_side);
        let key = Key {
            showing,
            view: self.view,
            columns,
            split,
            open: self.open.clone(),
            // While something is looked for nothing is hidden.
            folded: if self.find.is_empty() { self.folded.clone() } else { BTreeSet::new() },
            base: read.map(|r| r.digest),
            authors: self.authors,
            generation: if self.lively { syntax::generation() } else { 0 },
            comments: comments
                .iter()
                .map(|c| (c.id, c.sent, c.resolved, c.answer.as_ref().map(|a| a.revision)))
                .collect(),
            revisions: all.len(),
            styles: ctx.styles.clone(),
        };
        if self.key.as_ref() != Some(&key) {
            let total = revision.text.lines().count();
            self.sections = fold::sections(&revision.text);
            let changed = read.map(|r| changed_lines(&r.text, &revision.text));
            let margin = match (self.view, self.authors, &changed) {
                (View::Changes | View::Diff, ..) => Margin::Nothing,
                (_, true, _) => Margin::Authors(authors(all.get(..=at).unwrap_or_default())),
                (_, false, Some(changed)) => Margin::Changed(changed.clone()),
                (_, false, None) => Margin::Nothing,
            };
            let columns = columns.saturating_sub(margin.columns());
            if self.lively && self.coloured != Some(digest) {
                (self.colours, self.coloured) = (Colours::of(&prose::parse(&revision.text)), Some(digest));
            }
            let mut rows = Vec::new();
            for finding in suspicious(&revision.text).iter().take(20) {
                let head = ink("⚠ ", ctx.styles.get(Role::Danger));
                paragraph(&finding.to_string(), columns, &head, ctx.styles.get(Role::Danger), &mut rows);
            }
            let unfold = ctx.key(Action::ExpandContext, CONTEXTS);
            rows.extend(match self.view {
                View::Rendered => {
                    let mut blocks = prose::parse(&revision.text);
                    if self.lively {
                        let source = ctx.key(Action::ToggleSource, CONTEXTS);
                        let info = format!("mermaid, drawn ({source} shows the source)");
                        render::diagrams(&mut blocks, columns, &info, diagram::drawn);
                    }
                    render::markdown(&blocks, columns, &self.colours, ctx.styles)
                }
                View::Source => render::source(&revision.text, columns, &self.colours, ctx.styles),
                View::Changes => {
                    let old = before.map_or("", |r| r.text.as_str());
                    render::changed(old, &revision.text, columns, &self.open, &unfold, ctx.styles)
                }
                View::Diff => {
                    let look = Look {
                        away: &[],
                        styles: ctx.styles,
                        columns,
                        split,
                        wrap: true,
                        prose: true,
                        reads: Reads::Prose,
                        shift: 0,
                        open: &self.open,
                        no_spaces: false,
                        unfold: &unfold,
                        file: 0,
                    };
                    render::changes(before.map_or("", |r| r.text.as_str()), &revision.text, &look).0
                }
            });
            render::comments(&mut rows, &comments, revision, ctx.state, columns, &unfold, ctx.styles);
            if !self.view.is_of_changes() && !key.folded.is_empty() {
                let none = BTreeSet::new();
                let changed = changed.as_ref().unwrap_or(&none);
                rows = fold::apply(rows, &self.sections, &key.folded, changed, &unfold, ctx.styles);
            }
            self.news = match self.view {
                View::Changes => rows.iter().map(|r| !r.lead.content.trim().is_empty()).collect(),
                View::Diff => Vec::new(),
                View::Rendered | View::Source => margin.put(&mut rows, &self.sections, total, ctx.styles),
            };
            self.unread = unread(&revision.text, changed.as_ref());
            let place = facts::Place { revision, before, read, view: self.view };
            self.kept = facts::facts(&place, &self.sections, changed.as_ref(), &comments);
            let view = spot::View::of(&self.pane, &self.rows);
            let top = self.pane.cursor == 0 && self.key.as_ref().is_none_or(|before| before.view != key.view);
            (self.rows, self.key, self.stands) = (rows, Some(key), None);
            // The first line may be folded away; the top is the top in every view.
            if !top {
                view.restore(&mut self.pane, &self.rows);
            }
        }
        // Where it stands is not part of the rows: it may change without them.
        let waits = ctx.state.flow.waiting().is_some_and(|w| w.subject == doc.subject() && w.digest == digest);
        let current = ctx.state.current(doc).is_some_and(|r| r.digest == digest);
        let (word, role) = match ctx.state.flow.doc(doc) {
            _ if !current => ("older", Role::Dim),
            _ if waits => ("● waiting for you", Role::Waiting),
            DocState::Approved { .. } => ("✓ approved", Role::PhaseDone),
            DocState::Saving { .. } => ("⠹ saving", Role::PhaseDone),
            DocState::Stale { .. } => ("◐ stale", Role::PhaseStale),
            DocState::Review { .. } => ("● not yet", Role::PhaseNow),
            DocState::Drafting { .. } if ctx.state.halt.is_some() => ("■ the next one stopped", Role::Provisional),
            DocState::Drafting { .. } => ("⠹ a new one is drafted", Role::Provisional),
            DocState::Missing => ("", Role::Dim),
        };
        let state = Fact::new(facts::STATE, format!("r{} {word}", revision.number), role);
        let state = if waits { state.or(format!("r{} ● waiting", revision.number)) } else { state };
        self.facts = vec![Fact::title(title(ctx, doc)), state];
        self.facts.extend(facts::author(revision));
        self.facts.extend(self.kept.iter().cloned());
    }

    /// First and last source line of the selection, or of the cursor.
    fn lines(&self) -> Option<(usize, usize)> {
        let rows = self.rows.get(self.pane.selected()).unwrap_or_default();
        let lines = rows.iter().filter_map(render::source_line);
        Some((lines.clone().min()?, lines.max()?))
    }

    fn turn(&mut self, ctx: &Ctx<'_>, newer: bool) -> Vec<Intent> {
        let Some(showing) = self.showing else { return Vec::new() };
        let (doc, at) = match showing {
            Showing::Revision(doc, digest) => {
                (doc, ctx.state.revisions(doc).iter().rposition(|r| r.digest == digest).unwrap_or(0))
            }
            Showing::Live(doc) => (doc, ctx.state.revisions(doc).len()),
            Showing::Nothing(_) => return notice("there is no revision yet"),
        };
        let all = ctx.state.revisions(doc);
        let next = if newer { Some(at + 1) } else { at.checked_sub(1) };
        match next.and_then(|i| all.get(i)) {
            Some(revision) => {
                self.chosen = Some(doc);
                let newest = next == Some(all.len() - 1) && ctx.state.drafting() != Some(doc);
                self.revision = (!newest).then_some(revision.digest);
                Vec::new()
            }
            None if newer && ctx.state.drafting() == Some(doc) => {
                self.revision = None;
                Vec::new()
            }
            None => notice(if newer { "this is the newest revision" } else { "this is the first revision" }),
        }
    }

    fn neighbour(&mut self, ctx: &Ctx<'_>, next: bool) {
        let docs = ctx.state.flow.order.docs();
        let doc = self.doc(ctx.state);
        let at = docs.iter().position(|d| *d == doc).unwrap_or(0);
        let to = if next { at + 1 } else { at.saturating_sub(1) };
        if let Some(doc) = docs.get(to) {
            (self.chosen, self.revision) = (Some(*doc), None);
        }
    }

    /// Goes to where the cursor's line stands in another revision of the same document.
    fn keep_place(&mut self, showing: Showing, state: &State) {
        let (Some(Showing::Revision(doc, old)), Showing::Revision(other, new)) = (self.showing, showing) else {
            return;
        };
        let text = |digest| state.revisions(doc).iter().find(|r| r.digest == digest).map(|r| r.text.as_str());
        let line = self.lines().map(|(first, _)| first).filter(|_| self.pane.cursor > 0);
        if let (true, None, Some(line), Some(old), Some(new)) = (doc == other, self.goto, line, text(old), text(new)) {
            self.goto = Some(line_in(old, new, line));
        }
    }
}

/// A document's title: `Design`.
fn title(ctx: &Ctx<'_>, doc: Doc) -> String {
    let name = ctx.file(doc).trim_end_matches(".md");
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// The lines that have to be on the screen before a revision is read: what is new since the one that
/// was read, and of one that nothing was read of, all that is not blank.
fn unread(text: &str, changed: Option<&BTreeSet<usize>>) -> BTreeSet<usize> {
    match changed {
        Some(changed) => changed.clone(),
        None => text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()).map(|(at, _)| at + 1).collect(),
    }
}
