//! Where the document panel stands, and what the checks say of it there.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    DocumentPanel, Showing,
    facts::{self, Fact},
};
use crate::{
    domain::{digest::Digest, phase::Doc},
    ui::panels::Ctx,
};

impl DocumentPanel {
    /// The document that was drawn, its revision (none while it is written), and the line at the
    /// cursor, from 1.
    pub fn at(&self) -> Option<(Doc, Option<Digest>, usize)> {
        let line = self.lines().map_or(1, |(first, _)| first);
        match self.showing? {
            Showing::Nothing(_) => None,
            Showing::Live(doc) => Some((doc, None, line)),
            Showing::Revision(doc, digest) => Some((doc, Some(digest), line)),
        }
    }

    /// The facts of the border, with what the checks count.
    pub(super) fn counted(&self, ctx: &Ctx<'_>) -> Vec<Fact> {
        let mut facts = self.facts.clone();
        let counts = self.at().and_then(|(doc, shown, _)| ctx.checked.facts(doc, shown));
        if let Some((counts, role)) = counts {
            facts.insert(facts.len().min(2), Fact::new(facts::CHECKS, counts, role));
        }
        facts
    }

    /// The place in the document, behind what is known of the line at the cursor.
    pub(super) fn foot(&self, place: String, columns: usize, ctx: &Ctx<'_>) -> String {
        let room = columns.saturating_sub(place.len() + 10);
        let told = self.at().filter(|_| ctx.focused && room > 16);
        match told.and_then(|(doc, shown, line)| ctx.checked.told(doc, shown, line, room)) {
            Some(told) if place.is_empty() => told,
            Some(told) => format!("{told}  {place}"),
            None => place,
        }
    }

    pub(super) fn margin(&self, inner: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        if let Some((doc, shown, _)) = self.at() {
            ctx.checked.margin((doc, shown), &self.pane, &self.rows, ctx.styles, inner, buf);
        }
    }
}
