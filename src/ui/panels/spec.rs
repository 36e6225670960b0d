//! The spec panel: documents, tasks, checks and changed files of the open spec, a row each.
//!
//! It approves nothing; a row leads to the panel that shows the thing itself.
//!
//! Always holds: a document's or task's state is told by its mark and a word, never by colour alone.

use std::collections::BTreeSet;

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{
    Checked, Ctx, FileMark, Intent, Panel, PanelId,
    checked::{SEVERITIES, document, mark, staged},
    diff::standing_waits,
    finding,
    later::Later,
    notice,
    pane::{Pane, Paper, Row, Tag, draw_rows, frame, ink, no_lead, place, spans_width},
    shown::counts,
    tree::tree,
};
use crate::{
    config::theme::Role,
    domain::{
        change::select::Taken,
        gate::Subject,
        journal::Proposal,
        path::{RelPath, SpecName},
        phase::{Doc, DocState, Run, TaskId},
        prose::width::{middle, truncate, width},
        session::State,
        spec::{
            bugfix::Bugfix,
            checks::Finding,
            kind::SpecKind,
            requirements::Requirements,
            tasks::{Mark, Tasks},
        },
    },
    ui::keys::{Action, Context},
};

/// Where a row leads.
#[derive(Clone, Debug)]
enum Target {
    Line(Doc, Option<usize>),
    /// One of the findings, by its place among them.
    Finding(usize),
    File(RelPath),
    /// A folder of the set under review, which folds.
    Folder(String),
    Gate,
}

/// The open spec in rows.
#[derive(Debug, Default)]
pub struct SpecPanel {
    pane: Pane,
    rows: Vec<Row>,
    targets: Vec<Target>,
    /// The row to go to for the checks.
    checks: Option<usize>,
    made_for: Option<(Option<SpecName>, u64, usize, bool, usize, usize)>,
    /// The checks are to be gone to once they are laid out.
    to_checks: bool,
    /// Lines added and removed by each applied change, and of which spec they are.
    counts: (Option<SpecName>, Vec<Counts>),
    /// The same of what is proposed, and as of which record.
    proposed: Option<(u64, Counts)>,
    /// Folders of the set under review that are folded.
    folded: BTreeSet<String>,
    /// How its files stood when the rows were made.
    marks: Vec<FileMark>,
}

/// Lines added and removed.
type Counts = Later<(usize, usize)>;

impl SpecPanel {
    /// Goes to the first finding of the checks, or to their heading where nothing was found.
    pub fn show_checks(&mut self) {
        self.to_checks = true;
    }

    /// The finding at the cursor.
    pub fn finding<'a>(&self, checked: &'a Checked) -> Option<&'a Finding> {
        let Some(Tag::Entry(index)) = self.rows.get(self.pane.cursor).map(|r| &r.tag) else { return None };
        match self.targets.get(*index) {
            Some(Target::Finding(at)) => checked.all().get(*at),
            _ => None,
        }
    }

    /// The line of a document that the row at the cursor leads to.
    pub fn line(&self, checked: &Checked) -> Option<(Doc, usize)> {
        let Some(Tag::Entry(index)) = self.rows.get(self.pane.cursor).map(|r| &r.tag) else { return None };
        match self.targets.get(*index)? {
            Target::Line(doc, line) => Some((*doc, (*line)?)),
            Target::Finding(at) => checked.all().get(*at).map(|f| (document(f), f.line)),
            _ => None,
        }
    }

    /// Goes to the next finding of the list, or the one before.
    pub fn next_finding(&mut self, forward: bool) {
        let Self { pane, rows, targets, .. } = self;
        let fits = |r: &Row| matches!(&r.tag, Tag::Entry(i) if matches!(targets.get(*i), Some(Target::Finding(_))));
        pane.seek(rows, forward, fits);
    }

    fn layout(&mut self, columns: usize, ctx: &Ctx<'_>) {
        let name = ctx.state.start.as_ref().map(|s| s.name.clone());
        // Colours may change without the state: the theme is part of what the rows are made of.
        // Findings come and go while a document is written, between two records.
        let plain = ctx.styles.capability() == crate::ui::style::Capability::None;
        self.count(&name, ctx.state);
        let counted = self.counts.1.iter().chain(self.proposed.iter().map(|(_, c)| c)).filter(|c| c.get().is_some());
        let key = (name, ctx.state.seq, columns, plain, ctx.checked.version(), counted.count());
        if self.made_for.as_ref() == Some(&key) && self.marks == ctx.files {
            return;
        }
        self.made_for = Some(key);
        self.marks = ctx.files.to_vec();
        let mut page = Page { rows: Vec::new(), targets: Vec::new(), checks: None, columns, ctx };
        for doc in ctx.state.flow.order.docs() {
            page.document(doc);
        }
        page.tasks();
        page.checks();
        page.files(&self.counts.1, self.proposed.as_ref().map(|(_, counts)| counts), &self.folded);
        (self.checks, self.rows, self.targets) = (page.checks, page.rows, page.targets);
    }

    fn count(&mut self, name: &Option<SpecName>, state: &State) {
        if self.counts.0 != *name || self.counts.1.len() > state.applied.len() {
            self.counts = (name.clone(), Vec::new());
            self.proposed = None;
        }
        for applied in state.applied.iter().skip(self.counts.1.len()) {
            self.counts.1.push(counts(&applied.change));
        }
        let proposed = state.proposal.as_ref().and_then(|p| match &p.proposal {
            Proposal::Change(change) => Some(change),
            Proposal::Command(_) | Proposal::Task(_) => None,
        });
        if self.proposed.as_ref().map(|(seq, _)| *seq) != proposed.map(|_| state.seq) {
            self.proposed = proposed.map(|change| (state.seq, counts(change)));
        }
    }
}

fn many(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

struct Page<'a> {
    rows: Vec<Row>,
    targets: Vec<Target>,
    checks: Option<usize>,
    columns: usize,
    ctx: &'a Ctx<'a>,
}

impl Page<'_> {
    fn style(&self, role: Role) -> Style {
        self.ctx.styles.get(role)
    }

    fn row(&mut self, left: Vec<Span<'static>>, right: Vec<Span<'static>>, target: Option<Target>) {
        let tag = target.map_or(Tag::None, |target| {
            self.targets.push(target);
            Tag::Entry(self.targets.len() - 1)
        });
        let room = self.columns.saturating_sub(if right.is_empty() { 0 } else { spans_width(&right) + 1 });
        let mut spans = super::pane::clip_spans(left, 0, room);
        if !right.is_empty() {
            let gap = room.saturating_sub(spans_width(&spans)) + 1;
            spans.push(Span::raw(" ".repeat(gap)));
            spans.extend(right);
        }
        self.rows.push(Row::new(spans, tag));
    }

    fn heading(&mut self, text: &str, right: &str) {
        if !self.rows.is_empty() {
            self.rows.push(Row::default());
        }
        let (left, right) = (ink(text, self.style(Role::Title)), ink(right, self.style(Role::Dim)));
        self.row(vec![left], vec![right], None);
    }

    fn document(&mut self, doc: Doc) {
        let state = self.ctx.state;
        let stands = state.flow.doc(doc);
        let waits = state.flow.waiting().is_some_and(|w| w.subject == doc.subject());
        let (mark, role, word) = match stands {
            DocState::Missing => ("○", Role::PhaseNext, ""),
            DocState::Drafting { .. } if state.halt.is_some() => ("■", Role::Error, "stopped"),
            DocState::Drafting { .. } => ("⠹", Role::PhaseNow, "drafting"),
            DocState::Review { .. } if waits => ("●", Role::Waiting, "waiting"),
            DocState::Review { .. } => ("●", Role::PhaseNow, "not yet"),
            DocState::Saving { .. } => ("⠹", Role::PhaseDone, "saving"),
            DocState::Approved { .. } => ("✓", Role::PhaseDone, "approved"),
            DocState::Stale { .. } if waits => ("◐", Role::Waiting, "look again"),
            DocState::Stale { .. } => ("◐", Role::PhaseStale, "stale"),
        };
        let revision = state.current(doc);
        let number = revision.map(|r| format!(" r{}", r.number)).unwrap_or_default();
        let mut right = vec![ink(word, self.style(role))];
        let name = self.ctx.file(doc).trim_end_matches(".md");
        let left = vec![
            ink(mark, self.style(role)),
            Span::raw(" "),
            ink(name, self.style(Role::Text)),
            ink(&number, self.style(Role::Dim)),
        ];
        // Which revision it is matters more than what it holds.
        if let Some(count) = revision.and_then(|r| self.tally(doc, &r.text)) {
            let count = ink(&format!("{count} "), self.style(Role::Dim));
            if spans_width(&left) + 1 + count.width() + spans_width(&right) <= self.columns {
                right.insert(0, count);
            }
        }
        self.row(left, right, Some(Target::Line(doc, None)));
    }

    /// What a document holds: criteria, or tasks done.
    fn tally(&self, doc: Doc, text: &str) -> Option<String> {
        let bugfix = self.ctx.state.start.as_ref().is_some_and(|s| s.kind == SpecKind::Bugfix);
        match doc {
            Doc::Requirements if bugfix => Some(format!("{} clauses", Bugfix::parse(text).clauses().count())),
            Doc::Requirements => Some(format!("{} criteria", Requirements::parse(text).criteria().count())),
            Doc::Design => None,
            Doc::Tasks => {
                let (done, all) = Tasks::parse(text).progress();
                Some(format!("{done}/{all}"))
            }
        }
    }

    fn tasks(&mut self) {
        let Some(tasks) = self.ctx.state.tasks() else { return };
        let (done, all) = tasks.progress();
        self.heading("Tasks", &format!("{done}/{all} done"));
        let now = self.ctx.state.task().cloned();
        let halted = matches!(self.ctx.state.flow.run, Run::Halted { .. });
        for task in &tasks.tasks {
            let present = now.as_ref().is_some_and(|t| t.0 == task.id);
            let ended = tasks.is_done(task) || self.ctx.state.flow.done.contains(&TaskId(task.id.clone()));
            let (mark, role) = match (present, task.mark) {
                (true, _) if halted => ("‖", Role::Warn),
                (true, _) => ("▸", Role::PhaseNow),
                (false, _) if ended => ("✓", Role::PhaseDone),
                (false, Mark::Open | Mark::Done | Mark::Active | Mark::Queued | Mark::Other(_)) => {
                    ("○", Role::PhaseNext)
                }
            };
            let number = if task.numbered { format!("{} ", task.id) } else { String::new() };
            let star = if task.optional { " (optional)" } else { "" };
            let left = vec![
                Span::raw("  ".repeat(task.depth.min(6))),
                ink(mark, self.style(role)),
                Span::raw(" "),
                ink(&number, self.style(Role::Dim)),
                ink(&task.title, self.style(if present { Role::Accent } else { Role::Text })),
                ink(star, self.style(Role::Dim)),
            ];
            self.row(left, Vec::new(), Some(Target::Line(Doc::Tasks, Some(task.line))));
        }
    }

    fn checks(&mut self) {
        let checked = self.ctx.checked;
        let findings = checked.all();
        if self.ctx.state.revisions.values().all(Vec::is_empty) && !checked.grows() {
            return;
        }
        let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
        let counts = SEVERITIES.map(of);
        let sum = match counts {
            [0, 0, 0] => "✓ nothing found".to_owned(),
            [errors, warnings, 0] if self.columns >= 44 => {
                format!("{}, {}", many(errors, "error"), many(warnings, "warning"))
            }
            [errors, warnings, info] => format!("✗{errors} !{warnings} ·{info}"),
        };
        let heading = if checked.grows() { "Checks so far" } else { "Checks" };
        self.heading(heading, &sum);
        self.forms();
        self.checks = Some(self.rows.len().saturating_sub(usize::from(findings.is_empty())));
        for (at, finding) in findings.iter().enumerate() {
            let (mark, role) = mark(finding.severity);
            let staged = if staged(finding, self.ctx.state).is_some() { "✎ " } else { "" };
            let name = match document(finding) {
                Doc::Requirements if self.columns < 44 => "req",
                doc => doc.name(),
            };
            let place = format!("{staged}{name}:{}", finding.line);
            let what = truncate(&finding.what, self.columns.saturating_sub(width(&place) + 3)).into_owned();
            let left = vec![ink(mark, self.style(role)), Span::raw(" "), ink(&what, self.style(Role::Text))];
            let right = vec![ink(&place, self.style(Role::Dim))];
            self.row(left, right, Some(Target::Finding(at)));
        }
    }

    /// How many criteria have one of the forms of EARS, and which.
    fn forms(&mut self) {
        let (formed, all, counts) = self.ctx.checked.patterns();
        if all == 0 {
            return;
        }
        let (mark, role) = if formed == all { ("✓", Role::Ok) } else { ("!", Role::Warn) };
        let names: Vec<String> = counts.iter().map(|(pattern, n)| format!("{n} {pattern}")).collect();
        let left = vec![
            ink(mark, self.style(role)),
            ink(&format!(" EARS {formed}/{all}"), self.style(Role::Text)),
            ink(&format!("  {}", names.join(", ")), self.style(Role::Dim)),
        ];
        let line = self.ctx.checked.formless();
        self.row(left, Vec::new(), Some(Target::Line(Doc::Requirements, line)));
    }

    /// The files of the set under review as a tree: how much of each is accepted, and what was read.
    fn set(&mut self, folded: &BTreeSet<String>) {
        let marks = self.ctx.files;
        let read = marks.iter().filter(|m| m.reviewed).count();
        self.heading("Files under review", &format!("{read}/{} read", marks.len()));
        for branch in tree(marks, folded) {
            let (mark, role) = match branch.taken {
                Some(Taken::All) => ("[x] ", Role::Ok),
                Some(Taken::Part) => ("[-] ", Role::Warn),
                Some(Taken::None) => ("[ ] ", Role::Warn),
                None => ("", Role::Text),
            };
            let (read, of) = branch.read;
            let mut right = match branch.lines {
                Some((added, removed)) => vec![
                    ink(&format!("+{added}"), self.style(Role::Added)),
                    ink(&format!(" −{removed}"), self.style(Role::Removed)),
                ],
                None => vec![ink("⠹", self.style(Role::PhaseNow))],
            };
            if branch.remarks > 0 {
                right.insert(0, ink(&format!("●{} ", branch.remarks), self.style(Role::Comment)));
            }
            right.push(ink(if read == of { " ✓" } else { "  " }, self.style(Role::Ok)));
            let fold = match (&branch.file, branch.folded) {
                (Some(_), _) => "",
                (None, true) => "▸ ",
                (None, false) => "▾ ",
            };
            let indent = "  ".repeat(branch.depth.min(6));
            let room =
                self.columns.saturating_sub(spans_width(&right) + width(mark) + width(&indent) + width(fold) + 1);
            let left = vec![
                ink(mark, self.style(role)),
                Span::raw(indent),
                ink(fold, self.style(Role::Dim)),
                ink(&middle(&branch.name, room.max(6)), self.style(Role::Text)),
            ];
            let target = branch.file.map_or_else(|| Target::Folder(branch.path), Target::File);
            self.row(left, right, Some(target));
        }
    }

    fn files(&mut self, counted: &[Counts], proposed: Option<&Counts>, folded: &BTreeSet<String>) {
        let state = self.ctx.state;
        if !self.ctx.files.is_empty() {
            return self.set(folded);
        }
        let open = state.applied.iter().zip(counted).filter(|(a, _)| !a.committed);
        let mut files: Vec<(&RelPath, Option<(usize, usize)>)> = Vec::new();
        for (applied, counts) in open {
            let counts = counts.get().copied();
            match files.iter_mut().find(|(path, _)| *path == &applied.change.path) {
                Some((_, sum)) => *sum = sum.zip(counts).map(|((a, r), (b, s))| (a + b, r + s)),
                None => files.push((&applied.change.path, counts)),
            }
        }
        let proposed = state.proposal.as_ref().zip(proposed).and_then(|(p, counts)| match &p.proposal {
            Proposal::Change(change) => Some((&change.path, counts.get().copied())),
            Proposal::Command(_) | Proposal::Task(_) => None,
        });
        if files.is_empty() && proposed.is_none() {
            return;
        }
        self.heading("Files of this task", "");
        let files = files.into_iter().map(|(path, n)| ("✓", Role::Ok, path, n, Target::File(path.clone())));
        let proposed = proposed.map(|(path, n)| ("▸", Role::Waiting, path, n, Target::Gate));
        for (mark, role, path, counts, target) in files.chain(proposed) {
            let right = match counts {
                Some((added, removed)) => vec![
                    ink(&format!("+{added}"), self.style(Role::Added)),
                    Span::raw(" "),
                    ink(&format!("−{removed}"), self.style(Role::Removed)),
                ],
                None => vec![ink("⠹ counting", self.style(Role::PhaseNow))],
            };
            let path = middle(path.as_str(), self.columns.saturating_sub(spans_width(&right) + 4)).into_owned();
            let left = vec![ink(mark, self.style(role)), Span::raw(" "), ink(&path, self.style(Role::Text))];
            self.row(left, right, Some(target));
        }
    }
}

impl Panel for SpecPanel {
    fn act(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.pane.act(action) {
            self.pane.follow = false;
            return Vec::new();
        }
        match action {
            Action::Open | Action::Select | Action::ExpandContext => {
                let Some(Tag::Entry(index)) = self.rows.get(self.pane.cursor).map(|r| r.tag.clone()) else {
                    return Vec::new();
                };
                match self.targets.get(index) {
                    Some(Target::Folder(path)) => {
                        let path = path.clone();
                        if !self.folded.remove(&path) {
                            self.folded.insert(path);
                        }
                        self.made_for = None;
                        Vec::new()
                    }
                    Some(Target::Finding(at)) => match ctx.checked.all().get(*at) {
                        Some(finding) => {
                            vec![Intent::ShowDocument { doc: document(finding), line: Some(finding.line) }]
                        }
                        None => Vec::new(),
                    },
                    Some(Target::Line(doc, line)) => vec![Intent::ShowDocument { doc: *doc, line: *line }],
                    Some(Target::File(path)) => vec![Intent::ShowFile(path.clone())],
                    Some(Target::Gate) => vec![Intent::Show(PanelId::Diff)],
                    None => Vec::new(),
                }
            }
            Action::Comment => {
                let Some(Tag::Entry(index)) = self.rows.get(self.pane.cursor).map(|r| r.tag.clone()) else {
                    return notice("a check's finding can be staged as a comment here");
                };
                match self.targets.get(index) {
                    Some(Target::Finding(at)) => {
                        let finding = ctx.checked.all().get(*at);
                        finding.map(|finding| ctx.checked.stage(finding, ctx.state)).unwrap_or_default()
                    }
                    _ => notice("a check's finding can be staged as a comment here; other lines in their document"),
                }
            }
            Action::NextSection | Action::SearchNext => {
                self.pane.seek(&self.rows, true, |r| r.line.spans.is_empty());
                self.pane.act(Action::Down);
                Vec::new()
            }
            Action::PrevSection | Action::SearchPrev => {
                let at = self.pane.cursor.saturating_sub(1);
                let above = self.rows.iter().take(at).rposition(|r| r.line.spans.is_empty());
                self.pane.jump(above.map_or(0, |i| i + 1));
                Vec::new()
            }
            // Nothing is approved unseen: the answer belongs to the panel that shows it.
            Action::Approve
            | Action::ApproveAlways
            | Action::Reject
            | Action::RequestChanges
            | Action::Edit
            | Action::OverrideMerge => match ctx.state.flow.waiting() {
                Some(waiting) => {
                    let panel = match waiting.subject {
                        Subject::Requirements | Subject::Design | Subject::Tasks => PanelId::Document,
                        Subject::Standing
                        | Subject::Change
                        | Subject::Command
                        | Subject::Task
                        | Subject::Override
                        | Subject::Merge
                        | Subject::Cloud
                        | Subject::Own
                        | Subject::PutBack => PanelId::Diff,
                    };
                    vec![Intent::Show(panel), Intent::Notice("this is what waits; answer it here".into())]
                }
                None if standing_waits(ctx.state) => vec![Intent::Show(PanelId::Diff)],
                None => notice("nothing waits for you"),
            },
            _ => Vec::new(),
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        self.layout(usize::from(area.width).saturating_sub(3), ctx);
        let name = ctx.state.start.as_ref().map_or_else(|| "Spec".to_owned(), |s| s.name.to_string());
        let height = usize::from(area.height).saturating_sub(2);
        self.pane.fit(self.rows.len(), height);
        if std::mem::take(&mut self.to_checks) {
            self.checks.into_iter().for_each(|row| self.pane.jump(row));
        }
        let found: Vec<&Finding> = self.finding(ctx.checked).filter(|_| ctx.focused).into_iter().collect();
        let below = finding::rows(&found, usize::from(area.width).saturating_sub(3), height, "", ctx.styles);
        let height = height.saturating_sub(below.len());
        self.pane.fit(self.rows.len(), height);
        let foot = place(&self.pane, self.rows.len(), height);
        let inner = frame(area, buf, ctx.styles, ctx.focused, &[(name, Role::Title)], &foot);
        let paper = Paper { styles: ctx.styles, focused: ctx.focused, find: "", lead: &no_lead };
        let inner = finding::draw(&below, inner, buf);
        draw_rows(inner, buf, &mut self.pane, &self.rows, &paper);
    }

    fn contexts(&self) -> &'static [Context] {
        &[Context::List]
    }
}
