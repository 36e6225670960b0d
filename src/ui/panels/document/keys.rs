//! What keys do in the document panel.

use ratatui::{buffer::Buffer, layout::Rect};

use super::*;
use crate::ui::panels::{PromptFor, finding};

impl DocumentPanel {
    /// The revision that the developer has now had on the screen to its end, where that is news.
    pub fn finished(&mut self, state: &State) -> Option<Command> {
        let Some(Showing::Revision(doc, rev)) = self.showing else { return None };
        let told = self.told == Some(rev) || state.read.contains(&(doc, rev));
        if told || self.key.is_none() || !self.unread.is_subset(&self.seen) {
            return None;
        }
        self.told = Some(rev);
        Some(Command::Read { doc, rev })
    }

    /// The document that is shown, its revision, and the source line at the cursor.
    pub fn whereabouts(&self) -> Option<(Doc, Digest, usize)> {
        let Some(Showing::Revision(doc, rev)) = self.showing else { return None };
        Some((doc, rev, self.lines().map_or(1, |(from, _)| from)))
    }

    /// Goes to the next row that shows something new, where the one before it does not.
    fn next_news(&mut self, forward: bool) -> Vec<Intent> {
        if self.view == View::Diff {
            self.pane.seek(&self.rows, forward, |r| matches!(r.tag, Tag::Hunk(_)));
            return Vec::new();
        }
        let new = |at: usize| self.news.get(at).copied().unwrap_or(false);
        let starts = |at: &usize| new(*at) && !at.checked_sub(1).is_some_and(new);
        let at = self.pane.cursor;
        let found = if forward { (at + 1..self.news.len()).find(starts) } else { (0..at).rev().find(starts) };
        match found {
            Some(row) => {
                self.pane.jump(row);
                Vec::new()
            }
            None if self.news.iter().any(|n| *n) => {
                notice(if forward { "nothing below this changed" } else { "nothing above this changed" })
            }
            None => notice("nothing here is marked as changed since you read it"),
        }
    }

    fn fold(&mut self) {
        if self.view.is_of_changes() {
            self.open.clear();
            return;
        }
        let Some((line, _)) = self.lines() else { return };
        if let Some(heading) = fold::at(&self.sections, &self.folded, line) {
            self.folded.insert(heading);
            self.goto = Some(heading);
        }
    }

    fn unfold(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        match self.rows.get(self.pane.cursor).map(|r| r.tag.clone()) {
            Some(Tag::Fold(range)) => self.open.push(range),
            Some(Tag::Section(line) | Tag::Source { line, .. }) => {
                self.folded.remove(&line);
            }
            Some(Tag::Comment { id, .. }) => return self.answered(id, ctx),
            _ => {}
        }
        Vec::new()
    }

    /// The difference of the sources side by side; there, to one below the other and back.
    fn side_by_side(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        match self.view {
            View::Diff => {
                let now = self.key.as_ref().is_some_and(|k| k.split);
                self.split = Some(!now);
            }
            View::Changes => {
                self.pane.mark = None;
                self.open.clear();
                (self.view, self.split) = (View::Diff, Some(true));
            }
            View::Rendered | View::Source => {
                let key = ctx.key(Action::ToggleDiffRevisions, CONTEXTS);
                return notice(format!("{key} shows what changed; there the two revisions can stand side by side"));
            }
        }
        Vec::new()
    }

    /// Goes to what a revision made of the place of a comment.
    fn answered(&mut self, id: u64, ctx: &Ctx<'_>) -> Vec<Intent> {
        let comment = ctx.state.comments.iter().find(|c| c.id == id);
        let Some((comment, became)) = comment.and_then(|c| Some((c, ctx.state.aftermath(c)?))) else {
            return notice("no revision has come since this was said");
        };
        let doc = comment.anchor.doc;
        if self.showing == Some(Showing::Revision(doc, became.rev)) {
            self.go(became.line);
        } else if ctx.state.current(doc).is_some_and(|r| r.digest == became.rev) {
            self.show(doc, Some(became.line));
        } else {
            self.show_revision(doc, became.rev, Some(became.line));
        }
        Vec::new()
    }

    fn fold_all(&mut self, fold: bool) {
        if self.view.is_of_changes() {
            self.open = if fold { Vec::new() } else { std::iter::once(0..usize::MAX).collect() };
            return;
        }
        self.pane.mark = None;
        self.goto = self.lines().map(|(first, _)| first).filter(|_| self.pane.cursor > 0);
        self.folded = if fold { fold::all(&self.sections) } else { BTreeSet::new() };
        if let Some(line) = self.goto {
            // To the heading of what was folded around the cursor.
            let around = self.sections.iter().find(|s| self.folded.contains(&s.line) && s.line <= line && line < s.end);
            self.goto = Some(around.map_or(line, |s| s.line));
        }
    }
}

impl Panel for DocumentPanel {
    fn act(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        self.led = true;
        if self.pane.act(action) {
            return Vec::new();
        }
        let section = |r: &Row| matches!(r.tag, Tag::Source { heading: true, .. } | Tag::Hunk(_));
        let comment = |r: &Row| matches!(r.tag, Tag::Comment { .. });
        match action {
            Action::Approve
            | Action::ApproveAlways
            | Action::Reject
            | Action::RequestChanges
            | Action::SendComments => {
                return self.answer(action, ctx);
            }
            Action::Edit | Action::EditExternal => return self.edit(action, ctx),
            Action::Comment | Action::CommentPart | Action::CommentDocument => return self.comment(action, ctx),
            Action::RejectPart => return self.reject_part(ctx),
            Action::DeleteComment => return self.delete_comment(ctx),
            Action::Mark => self.pane.mark = self.pane.mark.is_none().then_some(self.pane.cursor),
            Action::Back => {
                self.back();
            }
            Action::NextSection | Action::SearchNext if !self.find.is_empty() => self.find_next(true),
            Action::PrevSection | Action::SearchPrev if !self.find.is_empty() => self.find_next(false),
            Action::NextSection | Action::SearchNext => {
                self.pane.seek(&self.rows, true, section);
            }
            Action::PrevSection | Action::SearchPrev => {
                self.pane.seek(&self.rows, false, section);
            }
            Action::NextItem => {
                self.pane.seek(&self.rows, true, comment);
            }
            Action::PrevItem => {
                self.pane.seek(&self.rows, false, comment);
            }
            Action::NextChange | Action::NextHunk => return self.next_news(true),
            Action::PrevChange | Action::PrevHunk => return self.next_news(false),
            Action::Search => return vec![Intent::Prompt(PromptFor::Search)],
            Action::ToggleSource => {
                self.pane.mark = None;
                self.open.clear();
                self.view = match self.view {
                    View::Rendered => View::Source,
                    View::Source => View::Rendered,
                    View::Changes => View::Diff,
                    View::Diff => View::Changes,
                };
            }
            Action::ToggleDiffRevisions => {
                self.pane.mark = None;
                self.open.clear();
                self.view = match self.view {
                    View::Rendered => View::Changes,
                    View::Changes => View::Rendered,
                    View::Source => View::Diff,
                    View::Diff => View::Source,
                };
            }
            Action::ToggleView => return self.side_by_side(ctx),
            Action::ExpandContext | Action::Open | Action::Select => return self.unfold(ctx),
            Action::Collapse => self.fold(),
            Action::FoldAll => self.fold_all(true),
            Action::UnfoldAll => self.fold_all(false),
            Action::ToggleAuthors => {
                self.pane.mark = None;
                self.authors = !self.authors;
            }
            Action::RevisionOlder => return self.turn(ctx, false),
            Action::RevisionNewer => return self.turn(ctx, true),
            Action::Left | Action::PrevFile => self.neighbour(ctx, false),
            Action::Right | Action::NextFile => self.neighbour(ctx, true),
            Action::Copy => {
                let (Some((_, revision)), Some((from, to))) = (self.revision_text(ctx), self.lines()) else {
                    return Vec::new();
                };
                let lines = revision.text.lines().skip(from.saturating_sub(1)).take(to + 1 - from);
                return vec![Intent::Copy(lines.collect::<Vec<_>>().join("\n"))];
            }
            _ => {}
        }
        Vec::new()
    }

    fn draw(&mut self, area: Rect, buf: &mut Buffer, ctx: &Ctx<'_>) {
        self.layout(usize::from(area.width).saturating_sub(3), ctx);
        let height = usize::from(area.height).saturating_sub(2);
        self.pane.fit(self.rows.len(), height);
        if self.seek.take().is_some() {
            self.find_here();
        }
        // What was found in the line at the cursor stands below the document, whole.
        let below = self.below(usize::from(area.width).saturating_sub(3), height, ctx);
        let height = height.saturating_sub(below.len());
        self.pane.fit(self.rows.len(), height);
        let here = [self.found(), place(&self.pane, self.rows.len(), height)];
        let here = here.into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("  ");
        let foot = self.foot(here, below.is_empty(), area.width.into(), ctx);
        let facts = facts::fit(&self.counted(ctx), area.width.into());
        let inner = frame(area, buf, ctx.styles, ctx.focused, &facts, &foot);
        self.visible = readable(inner);
        let inner = finding::draw(&below, inner, buf);
        let paper = Paper { styles: ctx.styles, focused: ctx.focused, find: &self.find, lead: &own_lead };
        draw_rows(inner, buf, &mut self.pane, &self.rows, &paper);
        self.margin(inner, buf, ctx);
        if self.visible && ctx.focused {
            let total = self.sections.last().map_or(usize::MAX - 1, |s| s.end - 1);
            let shown = margin::lines(&self.rows, total).into_iter().skip(self.pane.top).take(inner.height.into());
            self.seen.extend(shown.flatten().flat_map(|lines| self.unread.range(lines).copied().collect::<Vec<_>>()));
        }
    }

    fn contexts(&self) -> &'static [Context] {
        CONTEXTS
    }
}
