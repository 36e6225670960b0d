//! The diff panel: what stands at the gate of execution or merge, line by line, and what comes next
//! when nothing does.
//!
//! A change can be taken in part; the rest of what is proposed is taken as a whole.
//!
//! Always holds: a yes goes out only for the digest of what was drawn last, and only while exactly
//! that is at its gate; a part of a change is amended first and approved by its own digest.

mod answer;
mod claim;
mod command;
mod content;
mod live;
mod merge;
mod next;

use std::ops::Range;

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

pub(super) use self::content::standing_waits;
use self::content::{CONFIRM, Content, Kind, Layout, REVIEW, plan};
use super::{
    Ctx, Intent, Panel, PromptFor, notice,
    pane::{Pane, Paper, Row, Tag, draw_rows, frame, hits, place, readable},
    syntax,
};
use crate::{
    config::theme::Role,
    domain::{
        change::{
            header::Header,
            select::{Selection, Taken},
        },
        digest::Digest,
        gate::Subject,
        path::{RelPath, SpecName},
    },
    ui::{
        keys::{Action, Context},
        style::Styles,
    },
};

/// Columns that scroll at a time when lines are cut.
const STEP: usize = 8;

/// What the content was made from. The state changes only with its records, what streams apart.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    spec: Option<SpecName>,
    seq: u64,
    streamed: usize,
    output: usize,
    plan: Option<(String, String, String)>,
    chosen: Option<RelPath>,
    layout: Layout,
    generation: u64,
    styles: Styles,
}

/// What is proposed, or what comes next.
#[derive(Debug)]
pub struct DiffPanel {
    pane: Pane,
    content: Content,
    key: Option<Key>,
    selection: Selection,
    /// The item that the pane and the selection are about.
    about: (Kind, Option<Digest>),
    chosen: Option<RelPath>,
    /// What was at the gate when a file was chosen.
    chosen_at: Option<Digest>,
    split: Option<bool>,
    wrap: bool,
    shift: usize,
    open: Vec<(usize, Range<usize>)>,
    find: String,
    colours: bool,
    /// Whether any of it was on the screen.
    visible: bool,
}

impl Default for DiffPanel {
    fn default() -> Self {
        Self {
            pane: Pane::default(),
            content: Content::default(),
            key: None,
            selection: Selection::none(),
            about: (Kind::Other, None),
            chosen: None,
            chosen_at: None,
            split: None,
            wrap: true,
            shift: 0,
            open: Vec::new(),
            find: String::new(),
            colours: true,
            visible: false,
        }
    }
}

impl DiffPanel {
    /// Without the colours of source code, which come when they come.
    pub fn plain() -> Self {
        Self { colours: false, ..Self::default() }
    }

    /// Shows the last applied change of a file, until something else comes to the gate.
    pub fn show_file(&mut self, path: &RelPath) {
        self.chosen = Some(path.clone());
        self.chosen_at = self.about.1;
    }

    /// Marks `text` and goes to its next place; an empty text ends the search.
    pub fn search(&mut self, text: &str) {
        text.clone_into(&mut self.find);
        let here = self.content.rows.get(self.pane.cursor).is_some_and(|r| !hits(&r.text(), text).is_empty());
        if !here {
            self.find_next(true);
        }
    }

    /// Closes the top-most thing here: a selection of lines, a search, a chosen file. False when there
    /// is none.
    pub fn back(&mut self) -> bool {
        if self.pane.mark.take().is_some() {
            return true;
        }
        if !self.find.is_empty() {
            self.find.clear();
            return true;
        }
        self.chosen.take().is_some()
    }

    fn find_next(&mut self, forward: bool) {
        let Self { pane, content, find, .. } = self;
        let fits = |r: &Row| !hits(&r.text(), find).is_empty();
        if !pane.seek(&content.rows, forward, fits) {
            let rows = &content.rows;
            let at = if forward { rows.iter().position(fits) } else { rows.iter().rposition(fits) };
            at.into_iter().for_each(|i| pane.jump(i));
        }
    }

    fn layout(&mut self, columns: usize, ctx: &Ctx<'_>) {
        let gate = ctx.state.flow.waiting().map(|w| w.digest);
        if self.chosen.is_some() && gate.is_some() && gate != self.chosen_at {
            self.chosen = None;
        }
        let layout = Layout {
            columns,
            split: self.split.unwrap_or(ctx.side_by_side),
            wrap: self.wrap,
            shift: if self.wrap { 0 } else { self.shift },
            open: self.open.clone(),
            colours: self.colours,
        };
        let partial = &ctx.state.partial;
        let key = Key {
            spec: ctx.state.start.as_ref().map(|s| s.name.clone()),
            seq: ctx.state.seq,
            streamed: partial.text.len() + partial.calls.iter().map(|(_, _, raw)| raw.len()).sum::<usize>(),
            output: ctx.output.len(),
            plan: plan(ctx).map(|p| (p.tree.clone(), p.from_commit.clone(), p.into_commit.clone())),
            chosen: self.chosen.clone(),
            layout: layout.clone(),
            generation: if self.colours { syntax::generation() } else { 0 },
            styles: ctx.styles.clone(),
        };
        if self.key.as_ref() == Some(&key) {
            return;
        }
        self.key = Some(key);
        let chosen = self
            .chosen
            .as_ref()
            .and_then(|path| ctx.state.applied.iter().rev().map(|a| &a.change).find(|c| c.path == *path));
        let grew = self.content.grows;
        self.content = Content::of(ctx, &layout, chosen);
        let about = (self.content.kind, self.content.drawn.map(|d| d.digest));
        if about != self.about {
            self.about = about;
            self.pane = Pane::new(self.content.grows);
            self.open.clear();
            self.shift = 0;
            self.selection = self.content.files.first().map(Selection::all).unwrap_or_default();
            if !layout.open.is_empty() {
                // Folds that were open belong to what was shown before.
                self.content = Content::of(ctx, &Layout { open: Vec::new(), ..layout }, chosen);
            }
        } else if self.content.grows && !grew {
            self.pane.follow = true;
        }
        if !self.content.grows && self.content.kind != Kind::Other {
            self.pane.follow = false;
        }
    }

    /// Enter: the entry under the cursor, or a fold.
    fn enter(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Some(row) = self.content.rows.get(self.pane.cursor) else { return Vec::new() };
        match (&row.tag, self.content.kind) {
            (Tag::Fold(range), _) => {
                self.open.push((row.file, range.clone()));
                Vec::new()
            }
            (Tag::Entry(index), Kind::Question | Kind::Command) => {
                let index = *index;
                self.choose(index, ctx)
            }
            (_, Kind::Question) => vec![Intent::Prompt(PromptFor::Answer)],
            _ => Vec::new(),
        }
    }

    fn seek(&mut self, forward: bool, fits: impl Fn(&Row) -> bool) -> Vec<Intent> {
        self.pane.seek(&self.content.rows, forward, fits);
        Vec::new()
    }

    fn facts(&self) -> Vec<(String, Role)> {
        let mut facts = self.content.facts.clone();
        let header = self.content.files.first().filter(|_| self.content.kind == Kind::Change);
        if let Some(header) = header
            && self.selection.file(header) != Taken::All
        {
            let hunks = header.diff.as_ref().map_or(0, |d| d.hunks.len());
            let taken = (0..hunks).filter(|h| self.selection.hunk(header, *h) != Taken::None).count();
            facts.insert(1, (format!("{taken} of {hunks} hunks taken"), Role::Warn));
        }
        if let Some(drawn) = self.content.drawn {
            facts.push((format!("sha256 {}", drawn.digest.short()), Role::Dim));
        }
        facts
    }
}

/// What stands before a row: what of it is taken.
fn lead(row: &Row, header: Option<&Header>, selection: &Selection, styles: &Styles) -> Span<'static> {
    let boxed = |taken| match taken {
        Taken::All => "[x] ",
        Taken::Part => "[-] ",
        Taken::None => "[ ] ",
    };
    match (&row.tag, header) {
        (Tag::Hunk(hunk), Some(header)) => Span::styled(boxed(selection.hunk(header, *hunk)), styles.get(Role::Accent)),
        (Tag::Entry(_), Some(header)) if header.whole => {
            let taken = if selection.whole() { Taken::All } else { Taken::None };
            Span::styled(if header.diff.is_some() { boxed(taken) } else { "" }, styles.get(Role::Accent))
        }
        (Tag::Diff { row, changed: true, .. }, Some(header)) => match selection.row(header, *row) {
            Taken::All => Span::raw("  "),
            Taken::Part => Span::styled("╎ ", styles.get(Role::Warn)),
            Taken::None => Span::styled("✗ ", styles.get(Role::Warn)),
        },
        (Tag::Diff { .. }, _) => Span::styled("  ", Style::new()),
        _ => Span::default(),
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
            Action::Edit | Action::EditExternal => self.edit(ctx),
            Action::OverrideMerge => match (self.judged(ctx), ctx.state.flow.waiting().map(|w| w.subject)) {
                (Ok(drawn), Some(Subject::Override)) => {
                    vec![Intent::Prompt(PromptFor::Override { digest: drawn.digest })]
                }
                (Ok(_), _) => notice("nothing holds this; it can be approved"),
                (Err(why), _) => notice(why),
            },
            Action::ToggleHunk | Action::ToggleLine | Action::ToggleAll => self.toggle(action),
            Action::Select | Action::Open | Action::ExpandContext => self.enter(ctx),
            Action::Collapse => {
                self.open.clear();
                Vec::new()
            }
            Action::Mark => {
                self.pane.mark = self.pane.mark.is_none().then_some(self.pane.cursor);
                Vec::new()
            }
            Action::Back => {
                self.back();
                Vec::new()
            }
            Action::SearchNext | Action::NextSection if !self.find.is_empty() => {
                self.find_next(true);
                Vec::new()
            }
            Action::SearchPrev | Action::PrevSection if !self.find.is_empty() => {
                self.find_next(false);
                Vec::new()
            }
            Action::NextHunk | Action::NextSection | Action::NextItem | Action::SearchNext => {
                self.seek(true, |r| matches!(r.tag, Tag::Hunk(_)))
            }
            Action::PrevHunk | Action::PrevSection | Action::PrevItem | Action::SearchPrev => {
                self.seek(false, |r| matches!(r.tag, Tag::Hunk(_)))
            }
            Action::NextFile => self.seek(true, |r| r.tag == Tag::File),
            Action::PrevFile => self.seek(false, |r| r.tag == Tag::File),
            Action::Search => vec![Intent::Prompt(PromptFor::Search)],
            Action::ToggleView => {
                let now = self.key.as_ref().is_some_and(|k| k.layout.split);
                self.split = Some(!now);
                Vec::new()
            }
            Action::Wrap => {
                self.wrap = !self.wrap;
                self.shift = 0;
                Vec::new()
            }
            Action::Left => {
                self.shift = self.shift.saturating_sub(STEP);
                Vec::new()
            }
            Action::Right => {
                self.shift = if self.wrap { 0 } else { self.shift.saturating_add(STEP).min(4 * 1024) };
                Vec::new()
            }
            Action::Copy => {
                let rows = self.content.rows.get(self.pane.selected()).unwrap_or_default();
                vec![Intent::Copy(rows.iter().map(Row::text).collect::<Vec<_>>().join("\n"))]
            }
            Action::Comment => notice(format!(
                "a comment goes with the reason: {} rejects this with words for the agent",
                ctx.key(Action::Reject, self.contexts())
            )),
            _ => Vec::new(),
        }
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        self.layout(usize::from(area.width).saturating_sub(3), ctx);
        let height = usize::from(area.height).saturating_sub(2);
        self.pane.fit(self.content.rows.len(), height);
        let foot = place(&self.pane, self.content.rows.len(), height);
        let inner = frame(area, buf, ctx.styles, ctx.focused, &self.facts(), &foot);
        self.visible = readable(inner);
        let header = self.content.files.first().filter(|_| self.content.kind == Kind::Change);
        let lead = |row: &Row| lead(row, header, &self.selection, ctx.styles);
        let paper = Paper { styles: ctx.styles, focused: ctx.focused, find: &self.find, lead: &lead };
        draw_rows(inner, buf, &mut self.pane, &self.content.rows, &paper);
    }

    fn contexts(&self) -> &'static [Context] {
        match self.content.kind {
            Kind::Command | Kind::Question => CONFIRM,
            Kind::Change | Kind::Claim | Kind::Standing | Kind::Merge | Kind::Other => REVIEW,
        }
    }
}
