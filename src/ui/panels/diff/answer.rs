//! Answers to what the diff panel drew: yes, no, another version, a part of it.
//!
//! Always holds: what is sent names the digest that was drawn, and only while exactly that waits.

use super::{
    DiffPanel,
    content::{Kind, REVIEW, standing_waits},
};
use crate::{
    domain::{
        change::{
            Change, FileState,
            select::{Taken, selected},
        },
        gate::{Reviewable, Subject},
        journal::Proposal,
        wire::Command,
    },
    ui::{
        keys::Action,
        panels::{Ctx, Drawn, EditFor, Intent, PromptFor, notice, pane::Tag},
    },
};

const NO_HUNK: &str = "the cursor is on no hunk";

impl DiffPanel {
    /// What was drawn, where exactly that waits; else why it cannot be answered.
    pub(super) fn judged(&self, ctx: &Ctx<'_>) -> Result<Drawn, String> {
        let Some(drawn) = self.content.drawn.filter(|_| self.visible) else {
            return Err(match ctx.state.flow.waiting() {
                Some(w) => format!("what is shown here does not wait; the {} does", w.subject),
                None => "nothing waits for you here".to_owned(),
            });
        };
        if drawn.subject == Subject::Standing {
            let same = ctx.state.standing_shown.as_ref().is_some_and(|s| s.digest() == drawn.digest);
            return if same && standing_waits(ctx.state) {
                Ok(drawn)
            } else {
                Err("the standing permission does not wait any more".to_owned())
            };
        }
        match ctx.state.flow.waiting() {
            Some(w) if w.digest == drawn.digest && (w.subject == drawn.subject || w.subject == Subject::Override) => {
                Ok(drawn)
            }
            Some(w) if w.subject == drawn.subject => Err(format!("the {} changed since it was drawn", w.subject)),
            Some(w) => Err(format!("the {} waits, not this", w.subject)),
            None => Err("this is answered already".to_owned()),
        }
    }

    fn proposal<'a>(&self, ctx: &Ctx<'a>, drawn: Drawn) -> Option<&'a Proposal> {
        let proposal = &ctx.state.proposal.as_ref()?.proposal;
        (proposal.digest() == drawn.digest).then_some(proposal)
    }

    pub(super) fn approve(&mut self, remember: bool, ctx: &Ctx<'_>) -> Vec<Intent> {
        let drawn = match self.judged(ctx) {
            Ok(drawn) => drawn,
            Err(why) => return notice(why),
        };
        if remember && drawn.subject != Subject::Command {
            return notice("only a command can be allowed for the rest of the spec");
        }
        let held = ctx.state.flow.waiting().is_some_and(|w| w.subject == Subject::Override);
        if drawn.subject == Subject::Merge && held {
            let key = ctx.key(Action::OverrideMerge, REVIEW);
            return notice(format!("the merge is held: {}; {key} overrides it", ctx.state.merge.held.join("; ")));
        }
        if let (Subject::Change, Some(shown)) = (drawn.subject, self.content.files.first()) {
            match self.selection.file(&shown.header) {
                Taken::All => {}
                Taken::None => {
                    let key = ctx.key(Action::Reject, REVIEW);
                    return notice(format!("nothing of it is taken; {key} rejects it with a reason"));
                }
                Taken::Part => return self.approve_part(drawn, ctx),
            }
        }
        vec![drawn.approve(remember)]
    }

    /// Puts what is taken in the place of the whole, and approves exactly that.
    fn approve_part(&self, drawn: Drawn, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Some(Proposal::Change(change)) = self.proposal(ctx, drawn) else {
            return notice("the change is not the one that was drawn");
        };
        let part = selected(change, &self.selection);
        if part.is_empty() {
            return notice("what is taken changes nothing");
        }
        let decided = Drawn { digest: part.digest(), ..drawn };
        let amend = Command::Amend { from: drawn.digest, proposal: Proposal::Change(part) };
        vec![Intent::Send(amend), decided.approve(false)]
    }

    pub(super) fn edit(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.content.kind == Kind::Question {
            return vec![Intent::Prompt(PromptFor::Answer)];
        }
        let drawn = match self.judged(ctx) {
            Ok(drawn) => drawn,
            Err(why) => return notice(why),
        };
        let text = match self.proposal(ctx, drawn) {
            Some(Proposal::Change(Change { after: None, .. })) => {
                return notice("the file is deleted; there is nothing to edit");
            }
            Some(Proposal::Change(change)) => change.after.as_ref().and_then(FileState::text).map(str::to_owned),
            Some(Proposal::Command(line)) => Some(line.text.clone()),
            Some(Proposal::Task(claim)) => Some(claim.message.clone()),
            None => return notice("this cannot be edited, only approved or rejected"),
        };
        match text {
            Some(text) => vec![Intent::Editor(EditFor::Proposal { from: drawn.digest, text })],
            None => notice("this file is not text"),
        }
    }

    pub(super) fn toggle(&mut self, action: Action) -> Vec<Intent> {
        let (Kind::Change, Some(shown)) = (self.content.kind, self.content.files.first()) else {
            return notice("only a change can be taken in part");
        };
        let header = &shown.header;
        if header.diff.is_none() {
            return notice("this change can only be taken as a whole");
        }
        self.taken = None;
        let (rows, chosen) = (&self.content.rows, self.pane.selected());
        let selection = &mut self.selection;
        if action == Action::ToggleAll {
            let take = selection.file(header) != Taken::All;
            selection.set_file(header, take);
            return Vec::new();
        }
        let changed: Vec<usize> = chosen
            .clone()
            .filter_map(|row| match rows.tag(row) {
                Tag::Diff { row, changed: true, .. } => Some(row),
                _ => None,
            })
            .collect();
        let here = rows.tag(chosen.start);
        match (action, here) {
            (_, Tag::Entry(_)) if header.whole => {
                let take = !selection.whole();
                selection.set_whole(header, take);
            }
            (Action::ToggleLine, _) if !changed.is_empty() => {
                let take = changed.iter().any(|row| selection.row(header, *row) != Taken::All);
                changed.iter().for_each(|row| selection.set_rows(header, *row..row + 1, take));
            }
            (Action::ToggleLine, _) => return notice("no changed line is selected"),
            (_, Tag::Hunk(hunk)) => {
                let take = selection.hunk(header, hunk) != Taken::All;
                selection.set_hunk(header, hunk, take);
            }
            (_, Tag::Diff { row, .. }) => {
                let hunk = header.diff.as_ref().and_then(|d| d.hunk_of(row));
                let Some(hunk) = hunk else { return notice(NO_HUNK) };
                let take = selection.hunk(header, hunk) != Taken::All;
                selection.set_hunk(header, hunk, take);
            }
            (
                _,
                Tag::None
                | Tag::Source { .. }
                | Tag::Comment { .. }
                | Tag::Fold(_)
                | Tag::Moved { .. }
                | Tag::File
                | Tag::Entry(_),
            ) => return notice(NO_HUNK),
        }
        Vec::new()
    }

    pub(super) fn choose(&mut self, index: usize, ctx: &Ctx<'_>) -> Vec<Intent> {
        match self.content.kind {
            Kind::Question => {
                let options = ctx.state.question.as_ref().map_or(&[][..], |q| &q.options);
                match options.get(index) {
                    Some(text) => vec![Intent::Send(Command::Answer { text: text.clone() })],
                    None => notice("there is no such answer"),
                }
            }
            Kind::Command => match index {
                0 => self.approve(false, ctx),
                1 => self.approve(true, ctx),
                2 => self.edit(ctx),
                3 => self.reject(ctx),
                _ => notice("there is no such answer"),
            },
            Kind::Change | Kind::Claim | Kind::Standing | Kind::Merge | Kind::Other => Vec::new(),
        }
    }

    pub(super) fn reject(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        match self.judged(ctx) {
            Ok(drawn) => vec![drawn.reject()],
            Err(why) => notice(why),
        }
    }
}
