//! What stands before a row of a difference: how much of it is taken, and whether it is commented on.

use ratatui::{style::Style, text::Span};

use super::{
    Kind,
    content::Content,
    remark,
    set::{Counted, boxed},
};
use crate::{
    config::theme::Role,
    domain::{
        change::select::{Selection, Taken},
        journal::Side,
        session::Remark,
    },
    ui::panels::{
        Ctx,
        pane::{Row, Tag},
        shown::Shown,
    },
};

/// Lines of one comment that are marked; its own words tell the rest.
const MARKED: usize = 1000;

/// Lines of a file with a comment that is open, where they stand in the version that is shown.
pub(super) fn noted<'a>(shown: &Shown, file: usize, ctx: &Ctx<'a>) -> Vec<(usize, bool, usize)> {
    let lines = |remark: &'a Remark| {
        let (from, to) = remark::lines_now(remark, shown)?;
        let after = remark.spot.side == Side::After;
        Some((from..=to.min(from.saturating_add(MARKED))).map(move |line| (file, after, line)))
    };
    remark::open(shown, ctx).filter_map(lines).flatten().collect()
}

/// The leads of all rows of a content.
pub(super) struct Leads<'a> {
    content: &'a Content,
    selections: &'a [Selection],
    counted: &'a [Counted],
    ctx: &'a Ctx<'a>,
}

impl<'a> Leads<'a> {
    pub(super) fn new(
        content: &'a Content,
        selections: &'a [Selection],
        counted: &'a [Counted],
        ctx: &'a Ctx<'a>,
    ) -> Self {
        Self { content, selections, counted, ctx }
    }

    fn styled(&self, text: &'static str, role: Role) -> Span<'static> {
        Span::styled(text, self.ctx.styles.get(role))
    }

    /// What stands before one row.
    pub(super) fn of(&self, row: &Row) -> Span<'static> {
        let header = self.content.files.get(row.file).and_then(|f| f.header());
        let (selection, counted) = (self.selections.get(row.file), self.counted.get(row.file));
        match (&row.tag, header, selection.zip(counted)) {
            (Tag::Hunk(hunk), Some(_), Some((_, counted))) => {
                self.styled(boxed(counted.hunks.get(*hunk).copied().unwrap_or(Taken::None)), Role::Accent)
            }
            (Tag::File, Some(_), Some((_, counted))) => self.styled(boxed(counted.file), Role::Accent),
            (Tag::Entry(_), Some(header), Some((selection, _)))
                if header.whole && self.content.kind != Kind::Command =>
            {
                let taken = if selection.whole() { Taken::All } else { Taken::None };
                self.styled(if header.diff.is_some() { boxed(taken) } else { "" }, Role::Accent)
            }
            (Tag::Diff { row: at, new, changed }, Some(header), taken) => {
                match taken.filter(|_| *changed).map(|(selection, _)| selection.row(header, *at)) {
                    Some(Taken::Part) => self.styled("╎ ", Role::Warn),
                    Some(Taken::None) => self.styled("✗ ", Role::Warn),
                    _ if self.is_noted(row.file, *at, *new) => self.styled("● ", Role::Comment),
                    _ => Span::raw("  "),
                }
            }
            (Tag::Diff { .. } | Tag::Moved { .. } | Tag::Away { .. }, ..) => Span::styled("  ", Style::new()),
            _ => Span::default(),
        }
    }

    fn is_noted(&self, file: usize, row: usize, new: Option<usize>) -> bool {
        if self.content.noted.is_empty() {
            return false;
        }
        let diff = self.content.files.get(file).and_then(|f| f.diff());
        let old = diff.and_then(|d| d.rows.get(row)?.left());
        new.is_some_and(|line| self.content.noted.contains(&(file, true, line)))
            || old.is_some_and(|line| self.content.noted.contains(&(file, false, line + 1)))
    }
}
