//! The diff panel: what stands at the gate of execution or merge, line by line, and what comes next
//! when nothing does.
//!
//! A change can be taken in part; the rest of what is proposed is taken as a whole.
//!
//! Always holds: a yes goes out only for the digest of what was drawn last, and only while exactly
//! that is at its gate; a part of a change is amended first and approved by its own digest.

mod answer;
mod away;
mod claim;
mod cloud;
mod command;
pub(super) mod content;
mod copy;
mod lead;
mod live;
mod merge;
mod next;
mod own;
mod remark;
mod resources;
mod search;
mod set;
mod stacks;
mod word;

use std::{collections::BTreeSet, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect};

pub(in crate::ui) use self::cloud::deploy_offers;
pub(super) use self::content::standing_waits;
use self::content::{CONFIRM, Content, Kind, Layout, REVIEW, plan};
use self::{search::Search, set::Counted};
use super::{
    Ctx, Intent, Panel, PromptFor, notice,
    pane::{Pane, Paper, Row, Tag, draw_view, frame, place, readable},
    syntax,
};
use crate::{
    config::theme::Role,
    domain::{
        change::select::{Selection, Taken},
        cloud::desk::Came,
        digest::Digest,
        gate::Subject,
        path::{RelPath, SpecName},
        phase::Cloud,
        session::State,
    },
    ui::{
        keys::{Action, Context},
        style::Styles,
    },
};

/// Columns that scroll at a time when lines are cut.
const STEP: usize = 8;

/// Columns beyond which nothing is scrolled: the largest file in one line.
const FARTHEST: usize = 64 * 1024 * 1024;

/// Lines that come into view at a time around a hunk.
const MORE: usize = 10;

/// What the content was made from. The state changes only with its records, what streams apart.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    spec: Option<SpecName>,
    seq: u64,
    streamed: usize,
    output: usize,
    plan: Option<(String, String, String)>,
    /// Where the files of the task lie in memory: they are replaced, never changed.
    set: (usize, usize),
    chosen: Option<RelPath>,
    layout: Layout,
    styles: Styles,
    /// Seconds, while something is shown that counts them.
    second: i64,
}

/// Where the cursor goes once it is laid out.
#[derive(Clone, Debug)]
enum Target {
    /// The head of a file.
    File(RelPath),
    /// A row of one of the files.
    Row(usize, Tag),
    /// So many rows below it.
    Below(usize, Tag, usize),
}

/// What is proposed, or what comes next.
#[derive(Debug)]
pub struct DiffPanel {
    pane: Pane,
    content: Content,
    key: Option<Key>,
    /// The colours that were known when rows were laid out.
    generation: u64,
    /// What is accepted of each file that can be taken in part, in the order of the content's files.
    selections: Vec<Selection>,
    /// That in numbers; empty when a selection has changed since.
    counted: Vec<Counted>,
    /// Files of a set whose lines are folded away.
    folded: BTreeSet<RelPath>,
    /// What is to be gone to once it is laid out.
    target: Option<Target>,
    /// The line after the change to go to once it is laid out.
    at_line: Option<usize>,
    /// The item that the pane and the selection are about.
    about: (Kind, Option<Digest>),
    chosen: Option<RelPath>,
    /// The infrastructure review is shown.
    stacks: bool,
    /// What was at the gate when the review was drawn first.
    stacks_at: Option<Option<Digest>>,
    /// The record of what came about in the account, once it was closed.
    closed: Option<u64>,
    /// What was at the gate when a file was chosen.
    chosen_at: Option<Digest>,
    split: Option<bool>,
    wrap: bool,
    shift: usize,
    no_spaces: bool,
    open: Vec<(usize, Range<usize>)>,
    search: Search,
    colours: bool,
    /// Whether any of it was on the screen.
    visible: bool,
    /// It was not drawn yet since something else came to be shown.
    opening: bool,
}

impl Default for DiffPanel {
    fn default() -> Self {
        Self {
            pane: Pane::default(),
            content: Content::default(),
            key: None,
            generation: 0,
            selections: Vec::new(),
            counted: Vec::new(),
            folded: BTreeSet::new(),
            target: None,
            at_line: None,
            about: (Kind::Other, None),
            chosen: None,
            stacks: false,
            stacks_at: None,
            closed: None,
            chosen_at: None,
            split: None,
            wrap: true,
            shift: 0,
            no_spaces: false,
            open: Vec::new(),
            search: Search::default(),
            colours: true,
            visible: false,
            opening: false,
        }
    }
}

impl DiffPanel {
    /// Without the colours of source code, which come when they come.
    pub fn plain() -> Self {
        Self { colours: false, ..Self::default() }
    }

    /// Goes to a file of the set under review; else shows its last applied change, until something
    /// else comes to the gate. With a line, at that line as it is after the change.
    pub fn show_file(&mut self, path: &RelPath, line: Option<usize>) {
        self.at_line = line;
        if self.go_to(path) {
            return;
        }
        self.chosen = Some(path.clone());
        self.stacks = false;
        self.chosen_at = self.about.1;
    }

    /// Shows the infrastructure review, until something else comes to the gate.
    pub fn show_stacks(&mut self) {
        (self.stacks, self.stacks_at, self.chosen, self.key) = (true, None, None, None);
        self.open.clear();
        self.pane = Pane::default();
    }

    /// The applied file that is shown, where one was asked for.
    pub fn path(&self) -> Option<&RelPath> {
        self.chosen.as_ref()
    }

    /// Closes the top-most thing here: a selection of lines, a search, a chosen file or review. False when there
    /// is none.
    pub fn back(&mut self) -> bool {
        if self.pane.mark.take().is_some() {
            return true;
        }
        if !self.search.needle.is_empty() {
            self.search = Search::default();
            return true;
        }
        if std::mem::take(&mut self.stacks) {
            return true;
        }
        if self.chosen.take().is_some() {
            return true;
        }
        let shown = self.key.as_ref().filter(|k| k.layout.result).map(|k| k.seq);
        if shown.is_some() {
            self.closed = shown;
        }
        shown.is_some()
    }

    /// True when a deploy that has not come about is what is shown, with what can be done about it.
    pub fn tells_of_deploy(&self, state: &State) -> bool {
        let is_there = state.unmade().is_some() || state.failed_deploy().is_some();
        is_there && self.chosen.is_none() && !self.stacks
    }

    /// What came about in the account before the panel was there is not shown by it.
    pub fn close_result(&mut self, state: &State) {
        self.closed = Some(state.seq);
    }

    /// What came about in the account last, until it is closed.
    fn result(&self, state: &State) -> Option<Came> {
        let (came, seq) = state.cloud.result?;
        let rests = state.flow.is_quiet() && state.task().is_none() && state.cloud.stage.is_none();
        (rests && self.closed.is_none_or(|closed| closed < seq)).then_some(came)
    }

    fn layout(&mut self, columns: usize, ctx: &Ctx<'_>) {
        self.lay_out(columns, ctx);
        // Not before the lines are compared; and again where a fold had to open for it.
        for _ in 0..2 {
            if let Some(line) = self.at_line.take_if(|_| self.content.pending == 0) {
                self.go_to_line(line);
                self.lay_out(columns, ctx);
            }
        }
    }

    fn lay_out(&mut self, columns: usize, ctx: &Ctx<'_>) {
        let gate = ctx.state.flow.waiting().map(|w| w.digest);
        if self.chosen.is_some() && gate.is_some() && gate != self.chosen_at {
            self.chosen = None;
        }
        if self.stacks && gate.is_some() && gate != *self.stacks_at.get_or_insert(gate) {
            self.stacks = false;
        }
        self.stacks_at.get_or_insert(gate);
        let layout = Layout {
            columns,
            split: self.split.unwrap_or(ctx.side_by_side),
            wrap: self.wrap,
            shift: if self.wrap { 0 } else { self.shift },
            no_spaces: self.no_spaces,
            open: self.open.clone(),
            colours: self.colours,
            folded: self.folded.clone(),
            whole: match self.content.rows.tag(self.pane.cursor) {
                Tag::Comment { id, .. } => Some(id),
                _ => None,
            },
            review: self.stacks,
            result: self.result(ctx.state).is_some(),
        };
        let partial = &ctx.state.partial;
        let key = Key {
            spec: ctx.state.start.as_ref().map(|s| s.name.clone()),
            seq: ctx.state.seq,
            streamed: partial.text.len() + partial.calls.iter().map(|(_, _, raw)| raw.len()).sum::<usize>(),
            output: ctx.output.len(),
            set: (ctx.set.as_ptr() as usize, ctx.set.len()),
            plan: plan(ctx).map(|p| (p.tree.clone(), p.from_commit.clone(), p.into_commit.clone())),
            chosen: self.chosen.clone(),
            layout: layout.clone(),
            styles: ctx.styles.clone(),
            second: match ctx.state.flow.cloud {
                Cloud::Running { .. } => ctx.now.as_second(),
                Cloud::Idle | Cloud::Review { .. } | Cloud::Doing { .. } => 0,
            },
        };
        let generation = if self.colours { syntax::generation() } else { 0 };
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.content.rows.repaint();
        }
        // Lines that were compared meanwhile are shown.
        let more = self.content.pending > 0 && self.content.uncompared() < self.content.pending;
        if self.key.as_ref() == Some(&key) && !more && !self.content.is_behind() && self.target.is_none() {
            return;
        }
        self.key = Some(key);
        let chosen = self
            .chosen
            .as_ref()
            .and_then(|path| ctx.state.applied.iter().rev().map(|a| &a.change).find(|c| c.path == *path));
        let grew = self.content.grows;
        let held = (self.content.rows.file(self.pane.cursor), self.content.rows.tag(self.pane.cursor));
        let before = std::mem::take(&mut self.content);
        self.content = Content::of(ctx, &layout, chosen, before);
        let about = (self.content.kind, self.content.drawn.map(|d| d.digest));
        if about != self.about {
            self.about = about;
            self.opening = self.content.kind == Kind::Change;
            self.pane = Pane::new(self.content.grows);
            self.open.clear();
            self.shift = 0;
            self.folded.clear();
            self.selections.clear();
            self.counted.clear();
            if !layout.open.is_empty() || !layout.folded.is_empty() {
                // Folds that were open belong to what was shown before.
                let before = std::mem::take(&mut self.content);
                let layout = Layout { open: Vec::new(), folded: BTreeSet::new(), ..layout };
                self.content = Content::of(ctx, &layout, chosen, before);
            }
        } else if self.content.grows && !grew {
            self.pane.follow = true;
        } else if held.1 != Tag::None
            && self.content.rows.tag(self.pane.cursor) != held.1
            && let Some(row) = self.content.rows.locate(held.0, &held.1)
        {
            // What was under the cursor stays under it, and on its line of the screen.
            let down = self.pane.cursor.saturating_sub(self.pane.top);
            (self.pane.cursor, self.pane.top) = (row, row.saturating_sub(down));
        }
        if self.selections.is_empty() && self.content.pending == 0 {
            let taken_in_part = match self.content.kind {
                Kind::Change => 1,
                Kind::Claim | Kind::Merge => self.content.members.len(),
                _ => 0,
            };
            let found = self.content.files.iter().take(taken_in_part).filter_map(|f| f.found());
            self.selections = found.map(|f| f.all.clone()).collect();
            self.counted.clear();
        }
        self.search.stale();
        self.pane.holds(self.content.rows.len());
        match self.target.take() {
            Some(Target::File(path)) => drop(self.go_to(&path)),
            Some(Target::Row(file, tag)) => {
                let row = self.content.rows.locate(file, &tag);
                row.into_iter().for_each(|row| self.pane.jump(row));
            }
            Some(Target::Below(file, tag, down)) => {
                let row = self.content.rows.locate(file, &tag).map(|row| row + down);
                row.into_iter().for_each(|row| self.pane.aim(row));
            }
            None => {}
        }
        if !self.content.grows && self.content.kind != Kind::Other {
            self.pane.follow = false;
        }
    }

    /// Enter: the entry under the cursor, a fold, or the other place of a block that moved.
    fn enter(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let row = self.pane.cursor;
        match (self.content.rows.tag(row), self.content.kind) {
            (Tag::Fold(range), _) => {
                let fold = (self.content.rows.file(row), range);
                match self.open.iter().position(|known| *known == fold) {
                    Some(at) => drop(self.open.remove(at)),
                    None => self.open.push(fold),
                }
                Vec::new()
            }
            (Tag::Moved { .. }, _) => {
                self.content.rows.other_place(row).into_iter().for_each(|row| self.pane.jump(row));
                Vec::new()
            }
            (Tag::Away { file, line, new }, _) => {
                self.go_away(file, line, new);
                Vec::new()
            }
            (Tag::File, _) => {
                self.fold(None);
                Vec::new()
            }
            (Tag::Entry(index), Kind::Question | Kind::Command | Kind::Offer) => self.choose(index, ctx),
            (_, Kind::Question) => vec![Intent::Prompt(PromptFor::Answer)],
            _ => Vec::new(),
        }
    }

    /// Some more lines around the hunk at the cursor, or at both ends of the fold under it.
    fn expand(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let row = self.pane.cursor;
        let file = self.content.rows.file(row);
        let diff = self.content.files.get(file).and_then(|f| f.diff());
        let more = match (self.content.rows.tag(row), diff) {
            (Tag::Fold(range), Some(_)) if range.len() > 2 * MORE => {
                vec![range.start..range.start + MORE, range.end - MORE..range.end]
            }
            (Tag::Hunk(hunk), Some(diff)) => self.around(file, diff.hunks.get(hunk).map(|h| h.rows.clone())),
            (Tag::Diff { row, .. }, Some(diff)) => {
                let hunk = diff.hunk_of(row).and_then(|h| diff.hunks.get(h));
                self.around(file, Some(hunk.map_or(row..row + 1, |h| h.rows.clone())))
            }
            _ => return self.enter(ctx),
        };
        self.open.extend(more.into_iter().map(|range| (file, range)));
        Vec::new()
    }

    /// The rows next to those that are shown around some.
    fn around(&self, file: usize, rows: Option<Range<usize>>) -> Vec<Range<usize>> {
        let Some(Range { mut start, mut end }) = rows else { return Vec::new() };
        // Ranges that were opened may touch: as far as they reach, nothing is folded.
        let open = || self.open.iter().filter(|(f, _)| *f == file).map(|(_, range)| range);
        while let Some(more) = open().find(|r| r.start < start && r.end >= start) {
            start = more.start;
        }
        while let Some(more) = open().find(|r| r.end > end && r.start <= end) {
            end = more.end;
        }
        vec![start.saturating_sub(MORE)..start, end..end.saturating_add(MORE)]
    }

    fn seek(&mut self, forward: bool, fits: impl Fn(&Tag) -> bool) -> Vec<Intent> {
        let found = self.content.rows.seek(self.pane.cursor, forward, &fits);
        found.into_iter().for_each(|row| self.pane.jump(row));
        Vec::new()
    }

    /// Changes of white space alone that are out of view though a yes to what waits is for them too.
    pub fn hidden(&self) -> usize {
        self.content.drawn.map_or(0, |_| self.out_of_view())
    }

    fn out_of_view(&self) -> usize {
        if self.no_spaces { self.content.spaces() } else { 0 }
    }

    fn facts(&self) -> Vec<(String, Role)> {
        let mut facts = self.content.facts.clone();
        if let Some(counted) = self.counted.first().filter(|_| self.content.kind == Kind::Change)
            && counted.file != Taken::All
        {
            facts.insert(1, (counted.words(), Role::Warn));
        }
        let of = self.content.members.len();
        if !self.selections.is_empty() && of > 0 && self.all_taken() != Taken::All {
            let whole = (0..of).filter(|at| self.taken(*at) == Taken::All).count();
            facts.insert(1, (format!("{} {whole} of {of} accepted", set::boxed(self.all_taken()).trim()), Role::Warn));
        }
        if self.out_of_view() > 0 {
            let at = facts.len().min(1);
            facts.insert(at, (format!("{} of white space hidden", self.out_of_view()), Role::Warn));
        }
        if let Some(drawn) = self.content.drawn {
            facts.push((format!("sha256 {}", drawn.digest.short()), Role::Dim));
        }
        facts
    }
}

impl Panel for DiffPanel {
    fn act(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.pane.act(action) {
            return Vec::new();
        }
        if let Some(index) = action.answer() {
            return self.choose(index, ctx);
        }
        match action {
            Action::Approve => self.approve(false, ctx),
            Action::ApproveAlways => self.approve(true, ctx),
            Action::Reject | Action::RequestChanges => self.reject(ctx),
            Action::SendComments => self.send_comments(ctx),
            Action::Edit | Action::EditExternal => self.edit(action == Action::EditExternal, ctx),
            Action::OverrideMerge => match (self.judged(ctx), ctx.state.flow.waiting().map(|w| w.subject)) {
                (Ok(drawn), Some(Subject::Override)) => {
                    vec![Intent::Prompt(PromptFor::Override { digest: drawn.digest })]
                }
                (Ok(_), _) => notice("nothing holds this; it can be approved"),
                (Err(why), _) => notice(why),
            },
            Action::ToggleHunk | Action::ToggleLine | Action::ToggleAll => self.toggle(action),
            Action::Select | Action::Open => self.enter(ctx),
            Action::ExpandContext => self.expand(ctx),
            Action::Collapse => {
                if self.open.is_empty() {
                    self.fold(Some(true));
                }
                self.open.clear();
                Vec::new()
            }
            Action::MarkReviewed => self.mark_reviewed(ctx),
            Action::Mark => {
                self.pane.mark = self.pane.mark.is_none().then_some(self.pane.cursor);
                Vec::new()
            }
            Action::Back => {
                self.back();
                Vec::new()
            }
            Action::SearchNext | Action::NextSection if !self.search.needle.is_empty() => {
                self.find_next(true);
                Vec::new()
            }
            Action::SearchPrev | Action::PrevSection if !self.search.needle.is_empty() => {
                self.find_next(false);
                Vec::new()
            }
            Action::NextItem | Action::PrevItem => self.next_comment(action == Action::NextItem),
            Action::NextHunk | Action::NextSection | Action::SearchNext => {
                self.seek(true, |tag| matches!(tag, Tag::Hunk(_)))
            }
            Action::PrevHunk | Action::PrevSection | Action::SearchPrev => {
                self.seek(false, |tag| matches!(tag, Tag::Hunk(_)))
            }
            Action::NextFile | Action::PrevFile => self.next_file(action == Action::NextFile),
            Action::Search => vec![Intent::Prompt(PromptFor::Search)],
            Action::ToggleView => {
                let now = self.key.as_ref().is_some_and(|k| k.layout.split);
                self.split = Some(!now);
                Vec::new()
            }
            Action::Wrap => {
                self.toggle_wrap();
                Vec::new()
            }
            Action::NextChange | Action::PrevChange => self.next_word(action == Action::NextChange, ctx),
            Action::LineStart | Action::LineEnd => self.line_end(action == Action::LineEnd),
            Action::Left => {
                self.shift = self.shift.saturating_sub(STEP);
                Vec::new()
            }
            Action::Right => {
                self.shift = if self.wrap { 0 } else { self.shift.saturating_add(STEP).min(FARTHEST) };
                Vec::new()
            }
            Action::HideSpace => {
                self.no_spaces = !self.no_spaces;
                match (self.no_spaces, self.content.spaces()) {
                    (true, 0) => notice("no change here is of white space alone"),
                    (true, n) => {
                        notice(format!("{n} changes of white space alone are out of view; a yes is for them too"))
                    }
                    (false, _) => Vec::new(),
                }
            }
            Action::Copy => vec![Intent::Copy(self.copied(ctx))],
            Action::Comment => self.comment(ctx),
            Action::DeleteComment => self.uncomment(ctx),
            _ => Vec::new(),
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        self.layout(usize::from(area.width).saturating_sub(3), ctx);
        let barred = u16::from(!self.content.members.is_empty());
        let height = usize::from(area.height.saturating_sub(2 + barred));
        self.count();
        self.pane.fit(self.content.rows.len(), height);
        if self.content.pending == 0 && std::mem::take(&mut self.opening) && self.pane.cursor == 0 {
            self.open_at_word(height);
        }
        let found = self.found();
        let foot = place(&self.pane, self.content.rows.len(), height);
        let foot = [found, foot].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("  ");
        let inner = frame(area, buf, ctx.styles, ctx.focused, &self.facts(), &foot);
        self.visible = readable(inner);
        let bar = self.bar(usize::from(inner.width).saturating_sub(1), ctx.styles).filter(|_| inner.height > 1);
        let line = Rect { height: 1, ..inner };
        // A head is there once: at the top the line that stays is the file's own row.
        let headed = bar.is_some() && self.is_at_head();
        let inner = match bar {
            Some(_) if !headed => Rect { y: inner.y + 1, height: inner.height - 1, ..inner },
            _ => inner,
        };
        let Self { content, pane, selections, counted, search, .. } = self;
        let view = content.rows.view(pane.top..pane.top + usize::from(inner.height));
        let leads = lead::Leads::new(content, selections, counted, ctx);
        let lead = |row: &Row| leads.of(row);
        let find = search.needle.text();
        let paper = Paper { styles: ctx.styles, focused: ctx.focused, find, lead: &lead };
        draw_view(inner, buf, pane, &view, &paper);
        if let Some(bar) = bar {
            self.draw_bar(&bar, headed, line, buf, ctx);
        }
    }

    fn contexts(&self) -> &'static [Context] {
        match self.content.kind {
            Kind::Command | Kind::Question | Kind::Offer => CONFIRM,
            Kind::Change | Kind::Claim | Kind::Standing | Kind::Merge | Kind::Cloud | Kind::Own | Kind::Other => REVIEW,
        }
    }
}
