//! What the diff panel shows: which thing it is, its rows, and what can be judged of it.
//!
//! Always holds: rows and the digest to be judged are made from the same value.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use ratatui::text::Span;

use super::{
    away::Away,
    claim, cloud, command, lead, live, merge, next, own,
    remark::remarks,
    set::{Member, many},
    stacks,
};
use crate::{
    config::theme::Role,
    domain::{
        change::{
            Change, Mode,
            header::{Ends, Fact},
            renames::paired,
        },
        commit::MergePlan,
        digest::Digest,
        gate::{Reviewable, Subject},
        journal::Proposal,
        path::RelPath,
        phase::{Autonomy, Doc, Merge, Run},
        policy::secrets,
        prose::Reads,
        review::dependencies,
        session::State,
        stack::StackDiff,
    },
    ui::{
        keys::{Action, Context},
        panels::{
            Ctx, Drawn,
            find::{Needle, Place},
            laid::Format,
            pane::{Row, Tag, ink, paragraph},
            sheet::{Rows, Sheet},
            shown::{AT_ONCE, Shown, left_of},
            syntax::BOUND,
        },
    },
};

/// What kind of thing is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ui::panels) enum Kind {
    Change,
    Command,
    Claim,
    Standing,
    Merge,
    Question,
    /// An action on the account.
    Cloud,
    /// What the developer changed past this program.
    Own,
    /// What can be done, by number.
    Offer,
    /// Nothing that can be answered.
    #[default]
    Other,
}

/// Contexts of a change, a claim, a merge.
pub(super) const REVIEW: &[Context] = &[Context::Diff, Context::Gate];
/// Contexts of a command or a question.
pub(super) const CONFIRM: &[Context] = &[Context::Confirm, Context::Gate];

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) kind: Kind,
    pub(super) facts: Vec<(String, Role)>,
    pub(super) rows: Rows,
    pub(super) drawn: Option<Drawn>,
    /// The files shown line by line.
    pub(super) files: Vec<Arc<Shown>>,
    /// The first of them, where they are a set to be reviewed file by file.
    pub(super) members: Vec<Member>,
    /// The row after the last of them.
    pub(super) members_end: usize,
    /// What stands at the gate cannot be shown in full, and so not be approved.
    pub(super) incomplete: bool,
    /// Files whose lines were not compared when this was begun.
    pub(super) pending: usize,
    /// Lines with a comment that is open: file, whether on its after side, number.
    pub(super) noted: BTreeSet<(usize, bool, usize)>,
    /// Blocks that moved between the files of a set.
    pub(super) away: Option<Away>,
    /// Whether they were known when it was laid out.
    with_away: bool,
    /// What the templates at the account's gate come to, and from what that was made.
    compared: Option<(Digest, Arc<Vec<StackDiff>>)>,
    /// The set with files that moved as one change each, and what that was made of.
    paired: Option<Paired>,
    /// What was shown before.
    before: Before,
    /// How much may still be compared before anything is drawn.
    at_once: usize,
    /// The end is what matters: something is still growing.
    pub(super) grows: bool,
}

/// What was shown before: a change that still is need not be compared again, nor laid out again.
#[derive(Debug, Default)]
struct Before {
    files: Vec<Arc<Shown>>,
    sheets: HashMap<usize, Box<Sheet>>,
    away: Option<Away>,
    compared: Option<(Digest, Arc<Vec<StackDiff>>)>,
    paired: Option<Paired>,
}

/// A set with files that moved as one change each.
#[derive(Debug)]
struct Paired {
    /// What stands at the gate, and where its changes lie in memory: they are replaced, never changed.
    of: (Option<Digest>, usize, usize),
    changes: Arc<Vec<Change>>,
}

impl Before {
    fn of(content: Content) -> Self {
        let sheets = content.rows.into_sheets().map(|sheet| (sheet.file(), sheet)).collect();
        Self { files: content.files, sheets, away: content.away, compared: content.compared, paired: content.paired }
    }
}

/// How the panel wants it laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) columns: usize,
    pub(super) split: bool,
    pub(super) wrap: bool,
    pub(super) shift: usize,
    /// Changes of white space alone are out of view.
    pub(super) no_spaces: bool,
    /// Open folds, with the file they are in.
    pub(super) open: Vec<(usize, Range<usize>)>,
    pub(super) colours: bool,
    /// Files of a set whose lines are folded away.
    pub(super) folded: BTreeSet<RelPath>,
    /// The comment under the cursor, which is shown whole.
    pub(super) whole: Option<u64>,
    /// The infrastructure review is shown.
    pub(super) review: bool,
    /// What came about in the account last is shown.
    pub(super) result: bool,
}

/// The merge plan, while it is what the gates speak of.
pub(super) fn plan<'a>(ctx: &Ctx<'a>) -> Option<&'a MergePlan> {
    let plan = ctx.plan?;
    matches!(ctx.state.flow.merge, Merge::Review { .. } | Merge::Merging { .. }).then_some(plan)
}

/// True while the standing permission waits for an answer.
pub(in crate::ui::panels) fn standing_waits(state: &State) -> bool {
    let flow = &state.flow;
    let above = flow.upstream_approved(Doc::Tasks);
    state.standing_shown.is_some()
        && flow.autonomy == Autonomy::Batch
        && flow.standing.is_none()
        && above
        && flow.run == Run::Idle
        && flow.due().is_none()
}

impl Content {
    /// What there is to see now: the infrastructure review where `review` says so. `chosen` is a file whose last
    /// applied change was asked for, `before` what was shown before.
    pub(super) fn of(ctx: &Ctx<'_>, layout: &Layout, chosen: Option<&Change>, before: Content) -> Self {
        let mut content = Self { before: Before::of(before), at_once: AT_ONCE, ..Self::default() };
        if layout.review {
            content.facts.push(("Infrastructure".to_owned(), Role::Title));
            stacks::show(&mut content, ctx.stacks, ctx, layout);
        } else {
            content.fill(ctx, layout, chosen);
        }
        content.before = Before::default();
        if content.pending > 0 {
            let (all, at) = (content.files.len(), content.facts.len().min(1));
            let word = match all {
                1 => "⠹ comparing".to_owned(),
                _ => format!("⠹ compared {}/{all}", all - content.pending),
            };
            content.facts.insert(at, (word, Role::PhaseNow));
        }
        content
    }

    /// Takes note of the files of a set: blocks that moved between them are looked for once all are
    /// compared.
    pub(super) fn of_set(&mut self, shown: &[Arc<Shown>]) {
        if shown.len() > 1 && shown.iter().all(|s| s.found().is_some()) {
            let away = Away::of(shown, self.before.away.take());
            self.with_away = away.known().is_some();
            self.away = Some(away);
        }
    }

    /// What templates come to: as it was made before, where that was from the same. Large ones take a
    /// while to compare.
    pub(super) fn compared(&mut self, from: Digest, make: impl FnOnce() -> Vec<StackDiff>) -> Arc<Vec<StackDiff>> {
        let known = self.before.compared.take().filter(|(of, _)| *of == from);
        let (_, diffs) = known.unwrap_or_else(|| (from, Arc::new(make())));
        self.compared = Some((from, diffs.clone()));
        diffs
    }

    /// What stands at the gate with files that moved as one change each. A set that comes with its paths alone
    /// has none: git tells of moves only where it is asked. `from` is where it lies in memory.
    pub(super) fn paired(&mut self, set: &[&Change], from: &[Change]) -> Arc<Vec<Change>> {
        let of = (self.drawn.map(|d| d.digest), from.as_ptr() as usize, from.len());
        let known = self.before.paired.take().filter(|known| known.of == of).map(|known| known.changes);
        let changes = known.unwrap_or_else(|| Arc::new(paired(set)));
        self.paired = Some(Paired { of, changes: Arc::clone(&changes) });
        changes
    }

    /// True when more is known of the set than is laid out.
    pub(super) fn is_behind(&self) -> bool {
        !self.with_away && self.away.as_ref().is_some_and(|a| a.known().is_some())
    }

    /// Files shown whose lines are not compared by now.
    pub(super) fn uncompared(&self) -> usize {
        self.files.iter().filter(|f| f.found().is_none()).count()
    }

    fn fill(&mut self, ctx: &Ctx<'_>, layout: &Layout, chosen: Option<&Change>) {
        let content = self;
        let state = ctx.state;
        if let Some(change) = chosen {
            content.facts.push((format!("{} (applied)", change.path), Role::Title));
            content.change(change, ctx, layout);
            return;
        }
        if own::show(content, ctx, layout) {
            return;
        }
        if let Some(proposed) = &state.proposal {
            let drawn = Drawn { subject: proposed.proposal.subject(), digest: proposed.proposal.digest() };
            content.drawn = Some(drawn);
            match &proposed.proposal {
                Proposal::Change(change) => {
                    content.kind = Kind::Change;
                    content.facts.push((change.path.to_string(), Role::Title));
                    content.doing(ctx, "⠹ applying");
                    if !proposed.sensitive.is_empty() {
                        content.facts.push((format!("⚠ {} sensitive", proposed.sensitive.len()), Role::Danger));
                    }
                    content.why(&proposed.why, &proposed.sensitive, ctx, layout);
                    content.edited(proposed.original.is_some(), ctx, layout);
                    content.dependencies(change, ctx, layout);
                    let shown = content.look([change], ctx, layout);
                    shown.iter().for_each(|one| content.remarks(one, 0, ctx, layout));
                    stacks::of_files(content, &shown, ctx, layout);
                    shown.iter().for_each(|one| content.file(one, ctx, layout));
                }
                Proposal::Command(line) => {
                    content.kind = Kind::Command;
                    command::show(content, line, proposed, ctx, layout);
                }
                Proposal::Task(claim) => {
                    content.kind = Kind::Claim;
                    claim::show(content, claim, proposed, ctx, layout);
                }
            }
        } else if let Some(question) = &state.question {
            content.kind = Kind::Question;
            next::question(content, question, ctx, layout);
        } else if cloud::show(content, ctx, layout) {
            // The account has its own.
        } else if let Some(plan) = plan(ctx) {
            content.kind = Kind::Merge;
            content.drawn = Some(Drawn { subject: Subject::Merge, digest: plan.digest() });
            merge::show(content, plan, ctx, layout);
        } else if let Some(standing) = state.standing_shown.as_ref().filter(|_| standing_waits(state)) {
            content.kind = Kind::Standing;
            content.drawn = Some(Drawn { subject: Subject::Standing, digest: standing.digest() });
            next::standing(content, standing, ctx, layout);
        } else if !live::show(content, ctx, layout) {
            next::show(content, ctx, layout);
        }
    }

    /// Says in the border that what is shown is approved and under way.
    pub(super) fn doing(&mut self, ctx: &Ctx<'_>, word: &str) -> bool {
        let doing = matches!(ctx.state.flow.run, Run::Doing { .. });
        if doing {
            self.facts.push((word.to_owned(), Role::PhaseNow));
        }
        doing
    }

    /// A paragraph behind a mark.
    pub(super) fn say(&mut self, mark: &str, text: &str, role: Role, ctx: &Ctx<'_>, layout: &Layout) {
        let style = ctx.styles.get(role);
        let mut rows = Vec::new();
        paragraph(text, layout.columns, &ink(mark, style), style, &mut rows);
        self.rows.extend(rows);
    }

    pub(super) fn blank(&mut self) {
        self.rows.push(Row::default());
    }

    /// The agent's reason and the reasons to look twice.
    pub(super) fn why(&mut self, why: &str, sensitive: &[String], ctx: &Ctx<'_>, layout: &Layout) {
        if !why.trim().is_empty() {
            self.say("why ", why, Role::Info, ctx, layout);
        }
        for reason in sensitive {
            self.say("⚠ ", reason, Role::Danger, ctx, layout);
        }
    }

    pub(super) fn edited(&mut self, edited: bool, ctx: &Ctx<'_>, layout: &Layout) {
        if edited {
            self.say("✎ ", "changed by you; this is what you approve now", Role::Info, ctx, layout);
        }
    }

    /// Which dependencies a change of a manifest touches.
    fn dependencies(&mut self, change: &Change, ctx: &Ctx<'_>, layout: &Layout) {
        match dependencies(change) {
            Ok(found) => {
                for dependency in found {
                    self.say("⚠ ", &format!("dependency {dependency}"), Role::Warn, ctx, layout);
                }
            }
            Err(why) => self.say("⚠ ", &format!("its dependencies cannot be told: {why}"), Role::Danger, ctx, layout),
        }
    }

    /// Changes that are to be shown, each looked at once: as many as can be before anything is drawn, the
    /// others in the background.
    pub(super) fn look<'a>(
        &mut self,
        changes: impl IntoIterator<Item = &'a Change>,
        ctx: &Ctx<'_>,
        layout: &Layout,
    ) -> Vec<Arc<Shown>> {
        let first = self.files.len();
        let look = |(nth, change): (usize, &Change)| {
            let known = &self.before.files;
            let known =
                known.get(first + nth).filter(|s| s.is_of(change)).or_else(|| known.iter().find(|s| s.is_of(change)));
            known.map(Arc::clone).unwrap_or_else(|| match left_of(self.at_once, change) {
                Some(left) => {
                    self.at_once = left;
                    Arc::new(Shown::of(change, layout.colours))
                }
                None => {
                    let format = format(change, first + nth, layout, ctx);
                    Arc::new(Shown::later(change, layout.colours, format))
                }
            })
        };
        let all: Vec<Arc<Shown>> = changes.into_iter().enumerate().map(look).collect();
        // Before any of them is drawn: one that is found out about meanwhile may be drawn in part as if it were not.
        self.pending += all.iter().filter(|shown| shown.found().is_none()).count();
        all
    }

    /// [`Content::file`] for a change that stands alone.
    pub(super) fn change(&mut self, change: &Change, ctx: &Ctx<'_>, layout: &Layout) {
        for shown in self.look([change], ctx, layout) {
            self.file(&shown, ctx, layout);
        }
    }

    /// Adds a file that was looked at to those shown.
    pub(super) fn push_file(&mut self, shown: &Arc<Shown>) {
        self.files.push(Arc::clone(shown));
    }

    /// Facts and lines of one file. Adds it to the files shown.
    pub(super) fn file(&mut self, shown: &Arc<Shown>, ctx: &Ctx<'_>, layout: &Layout) {
        let file = self.files.len();
        let Some(found) = shown.found() else {
            let size = shown.change().size() / 1024;
            let text = format!("{size} KiB: its lines are being compared");
            self.push_file(shown);
            self.say("⠹ ", &text, Role::PhaseNow, ctx, layout);
            return;
        };
        let header = &found.header;
        if let (Some(diff), Kind::Change | Kind::Other) = (&header.diff, self.kind) {
            let hunks = diff.hunks.len();
            if hunks > 1 && self.kind == Kind::Change {
                self.facts.push((many(hunks, "hunk"), Role::Dim));
            }
            self.facts.push((format!("+{} −{}", diff.stats.added, diff.stats.removed), Role::Info));
        }
        let mut rows = Vec::new();
        let mut say = |mark: &str, text: &str, role: Role| {
            let style = ctx.styles.get(role);
            paragraph(text, layout.columns, &ink(mark, style), style, &mut rows);
        };
        for fact in &header.facts {
            say("• ", &describe(fact), Role::Warn);
        }
        if found.partly_coloured() {
            say("• ", &format!("source code has colours in its first {} KiB only", BOUND / 1024), Role::Dim);
        }
        const MOST: usize = 20;
        for finding in header.suspicions.iter().take(MOST) {
            say("⚠ ", &finding.to_string(), Role::Danger);
        }
        for finding in header.standing.iter().take(MOST) {
            say("• ", &format!("{finding} (it was there before)"), Role::Dim);
        }
        let more = header.suspicions.len().saturating_sub(MOST) + header.standing.len().saturating_sub(MOST);
        if more > 0 {
            say("• ", &format!("and {more} more such places"), Role::Danger);
        }
        if header.whole {
            // What is no line is taken or left on the first of its facts.
            rows.iter_mut().take(1).for_each(|r| r.tag = Tag::Entry(0));
        }
        self.rows.extend(rows.into_iter().map(|row| Row { file, ..row }));
        let (mut notes, away) = self.away(file, found);
        notes.extend(remarks(shown, ctx, layout));
        self.noted.extend(lead::noted(shown, file, ctx));
        // What is commented on is in view, and the comment with it.
        let noted: Vec<_> = notes.iter().filter(|note| !note.above).map(|note| note.row..note.row + 1).collect();
        let mut format = format(shown.change(), file, layout, ctx);
        format.open.extend(noted);
        (format.notes, format.away) = (notes, away);
        let before = self.before.sheets.remove(&file).and_then(|sheet| sheet.again(shown, &format));
        let sheet = before.or_else(|| Sheet::of(shown, format).map(Box::new));
        sheet.into_iter().for_each(|sheet| self.rows.push_sheet(sheet));
        self.push_file(shown);
    }

    /// Changes of white space alone in the files shown.
    pub(super) fn spaces(&self) -> usize {
        self.files.iter().filter_map(|f| f.diff()).map(|d| d.spaces).sum()
    }

    /// The last part of a growing output, in as many rows as it takes.
    pub(super) fn output(&mut self, text: &str, ctx: &Ctx<'_>, layout: &Layout) {
        const LINES: usize = 500;
        const BYTES: usize = 64 * 1024;
        let mut from = text.len().saturating_sub(BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let text = text.get(from..).unwrap_or_default().trim_end_matches('\n');
        let skip = text.split('\n').count().saturating_sub(LINES);
        if from > 0 || skip > 0 {
            self.say("", "⋯ earlier output is not shown ⋯", Role::Dim, ctx, layout);
        }
        for line in text.split('\n').skip(skip) {
            // A line that was drawn over itself ends as its last version.
            let line = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
            let span = ink(line, ctx.styles.get(Role::Text));
            for spans in crate::ui::panels::pane::wrap_spans(vec![span], layout.columns) {
                self.rows.push(Row::new(spans, Tag::None));
            }
        }
    }

    /// The places of a text, also in files whose lines are folded away.
    pub(super) fn places(&self, needle: &Needle) -> Vec<Place> {
        let folded = |row: &Row| {
            let away = row.tag == Tag::File && self.members.get(row.file).is_some_and(|m| m.folded);
            self.files.get(row.file).filter(|_| away).map(Arc::clone)
        };
        self.rows.places(needle, &folded)
    }

    /// A short title above a part.
    pub(super) fn heading(&mut self, text: &str, ctx: &Ctx<'_>) {
        if !self.rows.is_empty() {
            self.blank();
        }
        self.rows.push(Row::new(vec![ink(text, ctx.styles.get(Role::Heading3))], Tag::None));
    }

    /// Numbered entries that can be chosen.
    pub(super) fn options<'a>(&mut self, options: impl Iterator<Item = &'a str>, ctx: &Ctx<'_>, layout: &Layout) {
        for (index, option) in options.enumerate() {
            let head: Span<'static> = ink(&format!("{}  ", index + 1), ctx.styles.get(Role::Key));
            let mut rows = Vec::new();
            paragraph(option, layout.columns, &head, ctx.styles.get(Role::Text), &mut rows);
            self.rows.extend(rows.into_iter().map(|row| Row { tag: Tag::Entry(index), ..row }));
        }
    }
}

/// How a file is laid out, without anything written beside its lines.
fn format(change: &Change, file: usize, layout: &Layout, ctx: &Ctx<'_>) -> Format {
    Format {
        styles: ctx.styles.clone(),
        columns: layout.columns.saturating_sub(2),
        // Beside nothing there is nothing to compare with.
        split: layout.split && change.before.is_some() && change.after.is_some(),
        wrap: layout.wrap,
        prose: change.path.as_str().ends_with(".md"),
        reads: Reads::of(change.path.as_str()),
        shift: layout.shift,
        no_spaces: layout.no_spaces,
        open: layout.open.iter().filter(|(f, _)| *f == file).map(|(_, r)| r.clone()).collect(),
        unfold: ctx.key(Action::Open, REVIEW),
        file,
        notes: Vec::new(),
        away: Vec::new(),
    }
}

/// A fact in words.
fn describe(fact: &Fact) -> String {
    let mode = |m: Mode| match m {
        Mode::Regular => "100644 regular",
        Mode::Executable => "100755 executable",
        Mode::Symlink => "120000 symbolic link",
        Mode::Submodule => "160000 submodule",
    };
    let ends = |e: Ends| match e {
        Ends::Lf => "LF",
        Ends::CrLf => "CRLF",
        Ends::Mixed => "mixed",
    };
    let blob = |b: &Option<(usize, crate::domain::digest::Digest)>| match b {
        Some((size, digest)) => format!("{size} bytes, sha256 {}", digest.short()),
        None => "no file".to_owned(),
    };
    match fact {
        Fact::Created => "new file".to_owned(),
        Fact::Deleted => "the file is deleted".to_owned(),
        Fact::Renamed { from } => format!("moved from {from}"),
        Fact::Mode { before: Some(before), after } => format!("mode: {} → {}", mode(*before), mode(*after)),
        Fact::Mode { before: None, after } => format!("mode: {}", mode(*after)),
        Fact::Link { before, after } => {
            let target = |t: &Option<String>| t.clone().unwrap_or_else(|| "no link".to_owned());
            format!("link: {} → {}", target(before), target(after))
        }
        Fact::Submodule { before, after, dirty, told } => {
            let at = |commit: &Option<String>| match commit {
                Some(commit) => format!("commit {commit}"),
                None => "none".to_owned(),
            };
            let mut text = match (before, after) {
                (Some(was), Some(is)) if was == is => format!("submodule: stays at {}", at(after)),
                _ => format!("submodule: {} → {}", at(before), at(after)),
            };
            if *dirty {
                text.push_str("\nwhat is not committed inside cannot be committed from here; commit it there first");
            }
            told.iter().for_each(|line| {
                text.push('\n');
                text.push_str(&secrets::redact(line));
            });
            text
        }
        Fact::Binary { before, after } => format!("binary: {} → {}", blob(before), blob(after)),
        Fact::NotUtf8 => "not all of it is UTF-8; other bytes are shown as \\xNN".to_owned(),
        Fact::Ends { before, after } => format!("line ends: {} → {}", ends(*before), ends(*after)),
        Fact::NoFinalNewline => "no line end after the last line".to_owned(),
        Fact::Empty => "the file is empty".to_owned(),
        Fact::Coarse => "too large to compare line by line; shown as one replacement".to_owned(),
    }
}
