//! Answers to the revision that the document panel drew: yes, no, a comment, another text.
//!
//! Always holds: what is sent names the revision that was drawn; a yes or no goes out only while
//! exactly that waits.

use super::{DocumentPanel, Showing};
use crate::{
    domain::{
        journal::Anchor,
        phase::{Doc, DocState},
        session::{Revision, State},
        spec::parts::{self, Part},
        wire::Command,
    },
    ui::{
        keys::Action,
        panels::{Ctx, Drawn, EditFor, Intent, PromptFor, notice, pane::Tag},
    },
};

impl DocumentPanel {
    /// What was drawn last, where it is complete.
    fn drawn(&self) -> Option<(Doc, Drawn)> {
        match self.showing? {
            Showing::Revision(doc, digest) => Some((doc, Drawn { subject: doc.subject(), digest })),
            Showing::Nothing(_) | Showing::Live(_) => None,
        }
    }

    /// What was drawn last, where exactly that waits; else why not.
    pub(super) fn judged(&self, ctx: &Ctx<'_>) -> Result<(Doc, Drawn), String> {
        let Some((doc, drawn)) = self.drawn().filter(|_| self.visible) else {
            return Err("there is no complete revision here to answer".to_owned());
        };
        match ctx.state.flow.waiting() {
            Some(w) if w.subject == drawn.subject && w.digest == drawn.digest => Ok((doc, drawn)),
            Some(w) if w.subject == drawn.subject => Err(format!("another revision of {} waits", doc.name())),
            Some(w) => Err(format!("the {} waits, not {}", w.subject, doc.name())),
            None => Err(format!("{} does not wait for an answer", doc.name())),
        }
    }

    pub(super) fn revision_text<'a>(&self, ctx: &Ctx<'a>) -> Option<(Doc, &'a Revision)> {
        let (doc, drawn) = self.drawn()?;
        let found = ctx.state.revisions(doc).iter().find(|r| r.digest == drawn.digest)?;
        Some((doc, found))
    }

    pub(super) fn comment(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        let at = self.rows.get(self.pane.cursor).map(|r| r.tag.clone());
        if let (Some(Tag::Comment { id, .. }), Action::Comment, None) = (at, action, self.pane.mark) {
            return vec![Intent::Prompt(PromptFor::Recomment { id })];
        }
        let Some((doc, revision)) = self.revision_text(ctx) else {
            return notice("there is nothing complete to comment on yet");
        };
        let lines = match action {
            Action::CommentDocument => None,
            Action::CommentPart => match self.part(ctx, doc, revision) {
                Some(part) => Some(part.lines),
                None => return notice("this line is in no section, requirement or task"),
            },
            _ => self.lines(),
        };
        self.pane.mark = None;
        vec![Intent::Prompt(PromptFor::Comment { anchor: Anchor { doc, rev: revision.digest, lines } })]
    }

    /// The requirement, task or section that the selection is or lies in.
    fn part(&self, ctx: &Ctx<'_>, doc: Doc, revision: &Revision) -> Option<Part> {
        let all = parts::parts(ctx.state.file(doc), &revision.text);
        parts::around(&all, self.lines()?).cloned()
    }

    /// A request for changes that names the part at the cursor.
    pub(super) fn reject_part(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let (doc, drawn) = match self.judged(ctx) {
            Ok(judged) => judged,
            Err(why) => return notice(why),
        };
        let part = self.revision_text(ctx).and_then(|(_, revision)| self.part(ctx, doc, revision));
        let Some(part) = part else { return notice("this line is in no section, requirement or task") };
        self.pane.mark = None;
        vec![Intent::Prompt(PromptFor::RejectPart { doc, digest: drawn.digest, lines: part.lines })]
    }

    /// The revision that stands while the draft after it does not go on, where either is shown.
    pub(super) fn before<'a>(&self, state: &'a State) -> Option<&'a Revision> {
        let (Showing::Live(doc) | Showing::Revision(doc, _)) = self.showing? else { return None };
        let DocState::Drafting { over: Some(over) } = state.flow.doc(doc) else { return None };
        state.halt.as_ref()?;
        state.revisions(doc).iter().rfind(|r| r.digest == over)
    }

    pub(super) fn edit(&self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        let live = match self.showing {
            Some(Showing::Live(doc)) => self.before(ctx.state).map(|revision| (doc, revision)),
            _ => None,
        };
        let Some((doc, revision)) = live.or_else(|| self.revision_text(ctx)) else {
            return notice("there is nothing complete to edit yet");
        };
        if ctx.state.current(doc).is_none_or(|r| r.digest != revision.digest) {
            return notice("this is an older revision; the newest one is edited");
        }
        let (over, text) = (revision.digest, revision.text.clone());
        let edit = EditFor::Document { doc, over, text };
        vec![match action {
            Action::EditExternal => Intent::Editor(edit, self.lines().map_or(1, |(from, _)| from)),
            _ => Intent::EditHere(edit, self.lines().map(|(from, _)| from)),
        }]
    }

    pub(super) fn delete_comment(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Some(Tag::Comment { id, .. }) = self.rows.get(self.pane.cursor).map(|r| r.tag.clone()) else {
            return notice("there is no comment on this line");
        };
        // What the agent was told is history: such a comment is resolved, not deleted.
        let resolved = ctx.state.comments.iter().any(|c| c.id == id && c.sent);
        vec![Intent::Send(Command::CloseComment { id, resolved })]
    }

    pub(super) fn answer(&mut self, action: Action, ctx: &Ctx<'_>) -> Vec<Intent> {
        // Nothing waits while a draft has stopped half way: it is given up, and the one before waits again.
        if let Some(before) = self.before(ctx.state) {
            let told = format!("the draft is given up; r{} waits again, look at it and answer", before.number);
            return vec![Intent::Send(Command::Cancel), Intent::Notice(told)];
        }
        let (doc, drawn) = match self.judged(ctx) {
            Ok(judged) => judged,
            Err(why) => return notice(why),
        };
        match action {
            Action::Approve | Action::ApproveAlways => vec![drawn.approve(false)],
            Action::Reject => vec![drawn.reject(String::new())],
            _ => vec![Intent::Prompt(PromptFor::RequestChanges { doc })],
        }
    }
}
