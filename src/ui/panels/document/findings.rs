//! Where the document panel stands, and what the checks say of it there.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    CONTEXTS, DocumentPanel, Showing,
    facts::{self, Fact},
};
use crate::{
    domain::{digest::Digest, phase::Doc, prose::width::width, spec::checks::Finding},
    ui::{
        keys::Action,
        panels::{
            Ctx, finding,
            pane::{Row, Tag},
        },
    },
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

    /// What was found in the line at the cursor, as rows of a panel of this height.
    pub(super) fn below(&self, columns: usize, height: usize, ctx: &Ctx<'_>) -> Vec<Row> {
        let Some((doc, shown, line)) = self.at().filter(|_| ctx.focused && self.led && self.here().is_none()) else {
            return Vec::new();
        };
        let found: Vec<&Finding> = ctx.checked.of(doc, shown).filter(|f| f.line == line).collect();
        finding::rows(&found, columns, height, &ctx.key(Action::ShowChecks, CONTEXTS), ctx.styles)
    }

    /// The comment at the cursor.
    fn here(&self) -> Option<u64> {
        match self.rows.get(self.pane.cursor).map(|r| &r.tag) {
            Some(Tag::Comment { id, .. }) => Some(*id),
            _ => None,
        }
    }

    /// What can be done with the comment at the cursor.
    fn comment_told(&self, ctx: &Ctx<'_>) -> Option<String> {
        let id = self.here()?;
        let comment = ctx.state.comments.iter().find(|c| c.id == id && !c.resolved)?;
        let (close, again) = (ctx.key(Action::DeleteComment, CONTEXTS), ctx.key(Action::Comment, CONTEXTS));
        let does = if comment.sent { "resolves" } else { "deletes" };
        Some(format!("{close} {does} this comment, {again} words it anew"))
    }

    /// The place in the document, behind what is known of the line at the cursor.
    pub(super) fn foot(&self, place: String, findings: bool, columns: usize, ctx: &Ctx<'_>) -> String {
        let room = columns.saturating_sub(place.len() + 10);
        let told = self.at().filter(|_| ctx.focused && room > 16 && findings);
        let comment = self.comment_told(ctx).filter(|told| ctx.focused && width(told) <= room);
        let told = comment.or_else(|| told.and_then(|(doc, shown, line)| ctx.checked.told(doc, shown, line, room)));
        match told {
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
