//! The activity panel: what happened, a line each, the newest at the bottom.
//!
//! Always holds: the newest line stays in view until the developer moves away from it.

use jiff::tz::TimeZone;
use ratatui::{buffer::Buffer, layout::Rect, text::Span};

use super::{
    Ctx, Intent, Panel,
    pane::{Pane, Paper, Row, Tag, draw_rows, frame, ink, no_lead, place, spans_width},
};
use crate::{
    config::theme::Role,
    domain::{
        journal::Tone,
        prose::width::{truncate, wrap},
        session::Activity,
    },
    ui::keys::{Action, Context},
};

/// What happened.
#[derive(Debug)]
pub struct ActivityPanel {
    pane: Pane,
    /// Entries that are shown in full.
    open: std::collections::BTreeSet<usize>,
    rows: Vec<Row>,
    zone: TimeZone,
    find: String,
}

impl Default for ActivityPanel {
    fn default() -> Self {
        Self::in_zone(TimeZone::system())
    }
}

impl ActivityPanel {
    /// With times of day in this zone.
    pub fn in_zone(zone: TimeZone) -> Self {
        Self { pane: Pane::new(true), open: Default::default(), rows: Vec::new(), zone, find: String::new() }
    }

    /// Marks `text` and goes to its last place; an empty text ends the search.
    pub fn search(&mut self, text: &str) {
        text.clone_into(&mut self.find);
        self.pane.seek(&self.rows, false, |r| !super::pane::hits(&r.text(), text).is_empty());
    }

    fn layout(&mut self, columns: usize, ctx: &Ctx<'_>) {
        self.rows.clear();
        let style = |role| ctx.styles.get(role);
        if ctx.state.activity.is_empty() {
            self.rows.push(Row::new(vec![ink("Nothing has happened yet.", style(Role::Dim))], Tag::None));
        }
        for (index, Activity { at, tone, text, .. }) in ctx.state.activity.iter().enumerate() {
            let (mark, role) = match tone {
                Tone::Info => ("·", Role::Text),
                Tone::Warning => ("!", Role::Warn),
                Tone::Attempt => ("✗", Role::Danger),
            };
            let time = at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string();
            let head = [ink(&time, style(Role::Gutter)), Span::raw(" "), ink(mark, style(role)), Span::raw(" ")];
            let room = columns.saturating_sub(spans_width(&head)).max(4);
            let indent = " ".repeat(spans_width(&head));
            let all = ink(text, style(role));
            if !self.open.contains(&index) {
                let text = truncate(&all.content, room).into_owned();
                let spans = head.into_iter().chain([Span::styled(text, all.style)]).collect();
                self.rows.push(Row::new(spans, Tag::Entry(index)));
                continue;
            }
            for (nth, range) in wrap(&all.content, room).into_iter().enumerate() {
                let text = all.content.get(range).unwrap_or_default().to_owned();
                let text = Span::styled(text, all.style);
                let spans = if nth == 0 {
                    head.iter().cloned().chain([text]).collect()
                } else {
                    vec![Span::raw(indent.clone()), text]
                };
                self.rows.push(Row::new(spans, Tag::Entry(index)));
            }
        }
    }

    /// The line of the list at the cursor.
    pub fn entry(&self) -> Option<usize> {
        match self.rows.get(self.pane.cursor)?.tag {
            Tag::Entry(index) => Some(index),
            _ => None,
        }
    }
}

impl Panel for ActivityPanel {
    fn act(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.pane.act(action) {
            return Vec::new();
        }
        match action {
            Action::ExpandContext | Action::Open | Action::Select => {
                if let Some(index) = self.entry()
                    && !self.open.remove(&index)
                {
                    self.pane.follow = false;
                    self.open.insert(index);
                }
            }
            Action::Collapse => self.open.clear(),
            Action::Copy => {
                let text = self.entry().and_then(|i| ctx.state.activity.get(i)).map(|a| a.text.clone());
                return text.into_iter().map(Intent::Copy).collect();
            }
            Action::Search => return vec![Intent::Prompt(super::PromptFor::Search)],
            Action::SearchNext | Action::NextSection if !self.find.is_empty() => {
                self.pane.seek(&self.rows, true, |r| !super::pane::hits(&r.text(), &self.find).is_empty());
            }
            Action::SearchPrev | Action::PrevSection if !self.find.is_empty() => {
                self.pane.seek(&self.rows, false, |r| !super::pane::hits(&r.text(), &self.find).is_empty());
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        self.layout(usize::from(area.width).saturating_sub(3), ctx);
        let usage = ctx.state.usage;
        let mut title = vec![("Activity".to_owned(), Role::Title)];
        if usage.input + usage.output > 0 {
            title.push((format!("{} tok in", short(usage.input)), Role::Dim));
            title.push((format!("{} out", short(usage.output)), Role::Dim));
        }
        let height = usize::from(area.height).saturating_sub(2);
        self.pane.fit(self.rows.len(), height);
        let foot = place(&self.pane, self.rows.len(), height);
        let inner = frame(area, buf, ctx.styles, ctx.focused, &title, &foot);
        let paper = Paper { styles: ctx.styles, focused: ctx.focused, find: &self.find, lead: &no_lead };
        draw_rows(inner, buf, &mut self.pane, &self.rows, &paper);
    }

    fn contexts(&self) -> &'static [Context] {
        &[Context::Activity]
    }
}

/// A count in few characters: `812`, `31.2k`, `1.2M`.
pub(super) fn short(count: u64) -> String {
    match count {
        0..=9_999 => count.to_string(),
        10_000..=999_999 => format!("{}.{}k", count / 1_000, count % 1_000 / 100),
        _ => format!("{}.{}M", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}
