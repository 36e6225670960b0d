//! A set of changes under review: each file under a head of its own in one scroll, what the set comes
//! to before them, and which file a row belongs to.
//!
//! It takes nothing and sends nothing; answers to it are in [`super::answer`].
//!
//! Always holds: the members are the first of the content's files, in the same order; a member whose
//! lines are folded away says so under its head.

use std::sync::Arc;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
    widgets::{Clear, Widget as _},
};

use super::{
    DiffPanel,
    content::{Content, Layout, REVIEW},
    remark,
};
use crate::{
    config::theme::Role,
    domain::{
        change::{
            Change, FileState, Mode,
            header::Header,
            select::{Selection, Taken},
        },
        claim::TaskClaim,
        diff::Stats,
        digest::Digest,
        path::RelPath,
        prose::width::{middle, width},
        review::{Summary, Told},
        session::State,
    },
    ui::{
        keys::Action,
        panels::{
            Ctx, FileMark,
            pane::{Row, Tag, ink, paragraph, spans_width},
            shown::{Found, Shown},
        },
        style::Styles,
    },
};

/// Files, lines, dependencies and comments listed before the rest is only counted.
const LISTED: usize = 12;

/// A file of the set.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) path: RelPath,
    /// Lines added and removed; none while they are not compared.
    pub(super) lines: Option<(usize, usize)>,
    /// What it will be; none where it goes, or where that is not known yet.
    pub(super) after: Option<Digest>,
    /// The row of its head.
    pub(super) head: usize,
    /// Its lines are folded away.
    pub(super) folded: bool,
    /// The developer has read it as it is.
    pub(super) reviewed: bool,
    /// What kind of change it is, where that is not the usual.
    pub(super) kind: &'static str,
}

/// The files of a claim as they were read for it, in its order; nothing where they are not exactly
/// those that the claim names.
pub(super) fn of_claim<'a>(claim: &TaskClaim, set: &'a [Change]) -> Option<Vec<&'a Change>> {
    let found = claim.files.iter().map(|file| {
        let change = set.iter().find(|c| c.path == file.path)?;
        (change.after.as_ref().map(FileState::digest) == file.digest).then_some(change)
    });
    found.collect()
}

fn kind(change: &Change) -> &'static str {
    let is = |state: &Option<FileState>| state.as_ref().is_some_and(|s| s.mode == Mode::Submodule);
    match (is(&change.before), is(&change.after)) {
        (true, true) => return "submodule",
        (_, true) => return "new submodule",
        (true, false) if change.after.is_none() => return "submodule deleted",
        (true, false) | (false, false) => {}
    }
    match (&change.from, &change.before, &change.after) {
        (Some(_), ..) => "moved",
        (None, None, _) => "new",
        (None, _, None) => "deleted",
        (None, Some(_), Some(_)) => "",
    }
}

/// Places to look at twice of one file, in words.
fn place(told: &Told<'_>) -> String {
    let lines: Vec<u32> = told.at.iter().flat_map(|(_, lines)| lines).copied().collect();
    let named: Vec<String> = lines.iter().take(LISTED).map(u32::to_string).collect();
    let (named, more) = (named.join(", "), lines.len().saturating_sub(LISTED));
    match (lines.len(), told.more) {
        (_, more @ 1..) => format!("{}: {more} more reasons", told.found.what),
        (0, _) => told.found.words(),
        (1, _) => format!("line {named}  {}", told.found.words()),
        (_, _) if more > 0 => format!("lines {named} and {more} more  {}", told.found.words()),
        (_, _) => format!("lines {named}  {}", told.found.words()),
    }
}

/// Files and the lines in them, as many as help to see which.
fn files(at: &[(&RelPath, Vec<u32>)]) -> String {
    let one = |(path, lines): &(&RelPath, Vec<u32>)| {
        let named: String = lines.iter().take(LISTED).map(|line| format!(":{line}")).collect();
        let more = lines.len().saturating_sub(LISTED);
        if more > 0 { format!("{path}{named} and {more} more") } else { format!("{path}{named}") }
    };
    let mut out: Vec<String> = at.iter().take(LISTED).map(one).collect();
    if at.len() > LISTED {
        out.push(format!("and {} more files", at.len() - LISTED));
    }
    out.join(", ")
}

pub(super) fn many(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

impl Content {
    /// What the set comes to, told before any of its lines.
    pub(super) fn summary(&mut self, shown: &[Arc<Shown>], ctx: &Ctx<'_>, layout: &Layout) {
        let mut summary = Summary::default();
        shown.iter().filter_map(|s| s.found()).for_each(|found| summary.add(&found.summary));
        if summary.files < shown.len() {
            self.heading(&many(shown.len(), "file"), ctx);
            let text = format!("{} are compared; what they come to is told when all are", summary.files);
            self.say("⠹ ", &text, Role::PhaseNow, ctx, layout);
            return;
        }
        let kinds = [(summary.changed(), "changed"), (summary.created, "new"), (summary.moved, "moved")];
        let kinds = kinds.into_iter().chain([(summary.deleted, "deleted")]).filter(|(n, _)| *n > 0);
        let kinds: Vec<String> = kinds.map(|(n, what)| format!("{n} {what}")).collect();
        let title = format!(
            "{}: {}  +{} −{}",
            many(summary.files, "file"),
            kinds.join(", "),
            summary.lines.added,
            summary.lines.removed
        );
        self.heading(&title, ctx);
        if summary.submodules > 0 {
            let text = format!("{}: no line of what lies inside is shown here", many(summary.submodules, "submodule"));
            self.say("⚠ ", &text, Role::Danger, ctx, layout);
        }
        if summary.dependencies.is_empty() && summary.unread.is_empty() {
            self.say("• ", "no dependency is added, changed or removed", Role::Dim, ctx, layout);
        }
        for (path, dependency) in summary.dependencies.iter().take(LISTED) {
            self.say("⚠ ", &format!("dependency {dependency}  ({path})"), Role::Warn, ctx, layout);
        }
        self.rest(summary.dependencies.len(), "dependencies", ctx, layout);
        for (path, why) in &summary.unread {
            let text = format!("{path}: its dependencies cannot be told, {why}");
            self.say("⚠ ", &text, Role::Danger, ctx, layout);
        }
        if summary.sensitive.is_empty() {
            self.say("• ", "no sensitive place was found", Role::Dim, ctx, layout);
        }
        for told in summary.places() {
            let found = told.found;
            let text = match (&told.at[..], told.more) {
                (at, more @ 1..) => {
                    format!("{}: {more} more reasons, each under its file  ({})", found.what, files(at))
                }
                (at @ [_], _) => format!("{}  {}", files(at), found.words()),
                (at, _) => format!("{}: {}  ({})", found.what, found.why, files(at)),
            };
            self.say("⚠ ", &text, Role::Danger, ctx, layout);
        }
    }

    fn rest(&mut self, all: usize, what: &str, ctx: &Ctx<'_>, layout: &Layout) {
        if all > LISTED {
            self.say("  ", &format!("and {} more {what}", all - LISTED), Role::Dim, ctx, layout);
        }
    }

    /// All files of the set, one after the other.
    pub(super) fn members(&mut self, shown: &[Arc<Shown>], ctx: &Ctx<'_>, layout: &Layout) {
        self.of_set(shown);
        for (index, one) in shown.iter().enumerate() {
            self.member(one, index, shown.len(), ctx, layout);
        }
        self.members_end = self.rows.len();
        if shown.is_empty() {
            return;
        }
        let reviewed = self.members.iter().filter(|m| m.reviewed).count();
        let role = if reviewed == shown.len() { Role::Ok } else { Role::Info };
        self.facts.push((format!("{reviewed}/{} reviewed", shown.len()), role));
    }

    fn member(&mut self, shown: &Arc<Shown>, index: usize, of: usize, ctx: &Ctx<'_>, layout: &Layout) {
        self.blank();
        let (found, path) = (shown.found(), shown.path());
        let after = found.and_then(|f| f.after);
        let member = Member {
            path: path.clone(),
            lines: found.map(Found::lines),
            after,
            head: self.rows.len(),
            folded: layout.folded.contains(path),
            reviewed: found.is_some() && ctx.state.is_reviewed(path, after),
            kind: kind(shown.change()),
        };
        let spans = head(&member, &format!("file {} of {of}", index + 1), layout.columns, ctx.styles);
        self.rows.push(Row { file: index, ..Row::new(spans, Tag::File) });
        for told in found.iter().flat_map(|f| f.summary.places()) {
            // With its lines each such place is told by its column.
            if member.folded || !told.found.is_of_letters() {
                self.say("⚠ ", &place(&told), Role::Danger, ctx, layout);
            }
        }
        self.remarks(shown, index, ctx, layout);
        if member.folded {
            let key = ctx.key(Action::ExpandContext, REVIEW);
            self.say("⋯ ", &format!("folded; {key} on the head unfolds it"), Role::HunkHeader, ctx, layout);
            self.push_file(shown);
        } else {
            self.file(shown, ctx, layout);
        }
        self.members.push(member);
    }

    /// The comments on a file that are open and stand at no line that is shown: on all of it, on lines of
    /// another version, or on one that is folded away.
    pub(super) fn remarks(&mut self, shown: &Shown, file: usize, ctx: &Ctx<'_>, layout: &Layout) {
        let folded = layout.folded.contains(shown.path());
        let found = shown.found().filter(|_| !folded);
        for remark in remark::open(shown, ctx).filter(|r| found.is_none() || remark::place(r, shown).is_none()) {
            let (head, role) = remark::head(remark);
            let style = ctx.styles.get(role);
            let mut rows = Vec::new();
            let mut words = remark::words(remark);
            if remark.spot.lines.is_some() && found.is_some_and(|f| f.digest != remark.spot.change) {
                words.push_str(" (on another version: that line is gone, or there more than once)");
            }
            paragraph(&words, layout.columns, &ink(&head, style), style, &mut rows);
            rows.iter_mut().take(1).for_each(|r| r.tag = remark::tag(remark));
            self.rows.extend(rows.into_iter().map(|row| Row { file, ..row }));
        }
    }

    /// The member that a row belongs to: the one whose head is the last above it.
    pub(super) fn member_at(&self, row: usize) -> Option<usize> {
        if row >= self.members_end {
            return None;
        }
        self.members.partition_point(|m| m.head <= row).checked_sub(1)
    }
}

/// The head of a file: fold, place, what kind of change, how much, whether it was read.
fn head(member: &Member, place: &str, columns: usize, styles: &Styles) -> Vec<Span<'static>> {
    let mut right = match member.lines {
        Some((added, removed)) => vec![
            ink(&format!("  +{added}"), styles.get(Role::Added)),
            ink(&format!(" −{removed}"), styles.get(Role::Removed)),
        ],
        None => vec![ink("  ⠹", styles.get(Role::PhaseNow)), ink(" comparing", styles.get(Role::PhaseNow))],
    };
    if !member.kind.is_empty() {
        right.push(ink(&format!("  {}", member.kind), styles.get(Role::Warn)));
    }
    if member.reviewed {
        right.push(ink("  ✓ reviewed", styles.get(Role::Ok)));
    }
    right.push(ink(&format!("  {place}"), styles.get(Role::Dim)));
    let fold = if member.folded { "▸ " } else { "▾ " };
    // The box of what is accepted stands before it.
    let mut room = columns.saturating_sub(spans_width(&right) + width(fold) + 4);
    while room < 12 && right.len() > 2 {
        right.pop();
        room = columns.saturating_sub(spans_width(&right) + width(fold) + 4);
    }
    let path = middle(member.path.as_str(), room.max(8)).into_owned();
    let style = styles.get(Role::Heading2);
    let mut spans = vec![ink(fold, style), ink(&path, style)];
    spans.extend(right);
    spans
}

/// What of a file and of each of its hunks is taken.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) file: Taken,
    pub(super) hunks: Vec<Taken>,
    /// Lines that are taken.
    lines: Stats,
}

impl Counted {
    fn of(header: &Header, selection: &Selection) -> Self {
        let hunks = header.diff.as_ref().map_or(0, |d| d.hunks.len());
        let hunks = (0..hunks).map(|h| selection.hunk(header, h)).collect();
        Self { file: selection.file(header), hunks, lines: selection.lines(header) }
    }

    /// What is taken of a file, where that is not all: hunks that are, hunks of which a part is, lines.
    pub(super) fn words(&self) -> String {
        let of = |wanted: Taken| self.hunks.iter().filter(|taken| **taken == wanted).count();
        let part = match of(Taken::Part) {
            0 => String::new(),
            n => format!(", {n} in part"),
        };
        let Stats { added, removed } = self.lines;
        format!("{} of {} hunks taken{part}: +{added} −{removed}", of(Taken::All), self.hunks.len())
    }
}

/// A box for how much is taken.
pub(super) fn boxed(taken: Taken) -> &'static str {
    match taken {
        Taken::All => "[x] ",
        Taken::Part => "[-] ",
        Taken::None => "[ ] ",
    }
}

impl DiffPanel {
    /// The line that stays above the rows of a set: the file in view, or the set before its files.
    pub(super) fn bar(&self, columns: usize, styles: &Styles) -> Option<Line<'static>> {
        let of = self.content.members.len();
        if of == 0 {
            return None;
        }
        let spans = match self.content.member_at(self.pane.top) {
            Some(at) => {
                let member = self.content.members.get(at)?;
                let place = match self.hunk_in_view(at) {
                    Some((hunk, hunks)) => format!("hunk {hunk} of {hunks}  file {} of {of}", at + 1),
                    None => format!("file {} of {of}", at + 1),
                };
                let taken = if self.selections.is_empty() { "" } else { boxed(self.taken(at)) };
                let taken = Span::styled(taken, styles.get(Role::Accent));
                std::iter::once(taken).chain(head(member, &place, columns, styles)).collect()
            }
            None if self.selections.is_empty() => vec![ink(&many(of, "file"), styles.get(Role::Heading2))],
            None => {
                let whole = (0..of).filter(|at| self.taken(*at) == Taken::All).count();
                let text = format!("{}, {whole} accepted", many(of, "file"));
                vec![
                    Span::styled(boxed(self.all_taken()), styles.get(Role::Accent)),
                    ink(&text, styles.get(Role::Heading2)),
                ]
            }
        };
        Some(Line::from(spans))
    }

    /// Draws it; `headed` where it is the row of the head itself, which the cursor may be on.
    pub(super) fn draw_bar(&self, bar: &Line<'_>, headed: bool, line: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        let text = Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line };
        Clear.render(text, buf);
        buf.set_style(text, ctx.styles.get(Role::Text));
        buf.set_line(text.x, text.y, bar, text.width);
        if headed && self.pane.mark.is_some() && self.pane.selected().contains(&self.pane.top) {
            buf.set_style(line, ctx.styles.get(Role::Selection));
        } else if headed && ctx.focused && self.pane.cursor == self.pane.top {
            buf.set_style(line, ctx.styles.get(Role::Cursor));
        }
        buf.set_style(line, Modifier::UNDERLINED);
    }

    /// True where the first row in view is the head of a file, which that line takes the place of.
    pub(super) fn is_at_head(&self) -> bool {
        let top = self.pane.top;
        self.content.member_at(top).and_then(|at| self.content.members.get(at)).is_some_and(|m| m.head == top)
    }

    /// The hunk at the cursor and how many its file has.
    fn hunk_in_view(&self, member: usize) -> Option<(usize, usize)> {
        let row = Some(self.pane.cursor).filter(|row| self.content.rows.file(*row) == member)?;
        let diff = self.content.files.get(member)?.diff()?;
        let hunk = match self.content.rows.tag(row) {
            Tag::Hunk(hunk) => Some(hunk),
            Tag::Diff { row, .. } => diff.hunk_of(row),
            _ => None,
        };
        hunk.map(|hunk| (hunk + 1, diff.hunks.len()))
    }

    /// How much of a file that can be taken in part is accepted.
    pub(super) fn taken(&self, file: usize) -> Taken {
        self.counted.get(file).map_or(Taken::None, |c| c.file)
    }

    /// Counts what is taken of each file, where that was not done since the selection changed.
    pub(super) fn count(&mut self) {
        if self.counted.len() == self.selections.len() {
            return;
        }
        let files = self.content.files.iter().zip(&self.selections);
        self.counted = files.filter_map(|(shown, selection)| Some(Counted::of(shown.header()?, selection))).collect();
    }

    /// How much of everything that can be taken is.
    pub(super) fn all_taken(&self) -> Taken {
        let all: Vec<Taken> = (0..self.selections.len()).map(|at| self.taken(at)).collect();
        if all.iter().all(|t| *t == Taken::All) {
            Taken::All
        } else if all.iter().all(|t| *t == Taken::None) {
            Taken::None
        } else {
            Taken::Part
        }
    }

    /// How each file of the set stands, as it was drawn last.
    pub fn marks(&self, state: &State) -> Vec<FileMark> {
        let members = self.content.members.iter().enumerate();
        members
            .map(|(at, member)| FileMark {
                path: member.path.clone(),
                taken: (!self.selections.is_empty()).then(|| self.taken(at)),
                reviewed: member.reviewed,
                lines: member.lines,
                remarks: state.staged_remarks().filter(|r| r.spot.path == member.path).count(),
            })
            .collect()
    }

    /// Puts the cursor on the head of a file of the set; false where it is none of them.
    pub(super) fn go_to(&mut self, path: &RelPath) -> bool {
        let Content { members, files, .. } = &self.content;
        // A file that moved is found by its old place, too.
        let moved = || files.iter().position(|f| f.change().from.as_ref() == Some(path)).and_then(|at| members.get(at));
        let head = members.iter().find(|m| m.path == *path).or_else(moved).map(|m| m.head);
        head.into_iter().for_each(|row| self.pane.top_at(row));
        head.is_some()
    }

    /// Puts the cursor on a line of the file that is shown, or of the one at the cursor, as it is after
    /// the change; a fold around it opens.
    pub(super) fn go_to_line(&mut self, line: usize) {
        let file = self.content.rows.file(self.pane.cursor);
        let diff = self.content.files.get(file).and_then(|f| f.diff());
        let row = diff.and_then(|d| d.rows.iter().position(|r| r.right() == Some(line - 1)));
        let Some(row) = row else { return };
        let is_it = |tag: &Tag| matches!(tag, Tag::Diff { row: at, new: Some(_), .. } if *at == row);
        let hides = |tag: &Tag| matches!(tag, Tag::Fold(rows) if rows.contains(&row));
        if let Some(at) = self.content.rows.first_of(file, &is_it) {
            self.pane.aim(at);
        } else if let Some(Tag::Fold(rows)) =
            self.content.rows.first_of(file, &hides).map(|at| self.content.rows.tag(at))
        {
            self.open.push((file, rows));
            // It is laid out anew with the fold open, and then the line is there.
            self.at_line = Some(line);
        }
    }

    /// The member at the cursor.
    pub(super) fn here(&self) -> Option<usize> {
        self.content.member_at(self.pane.cursor)
    }
}
