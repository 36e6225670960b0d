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
            refusal::refusal,
            select::{Taken, selected},
        },
        gate::{Reviewable, Subject},
        journal::{Proposal, Side},
        wire::Command,
    },
    ui::{
        keys::Action,
        panels::{Ctx, Drawn, EditFor, Intent, PromptFor, notice, pane::Tag},
    },
};

/// Why something has to wait.
pub(super) const COMPARING: &str = "its lines are still being compared; that takes a moment";

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

    /// False for an action that could do nothing to what is shown, whatever the cursor is on.
    pub fn means(&self, action: Action) -> bool {
        let kind = self.content.kind;
        match action {
            Action::ToggleHunk | Action::ToggleLine | Action::ToggleAll => {
                matches!(kind, Kind::Change | Kind::Claim | Kind::Merge)
            }
            Action::ListFiles | Action::MarkReviewed | Action::NextFile | Action::PrevFile => {
                !self.content.members.is_empty()
            }
            Action::Comment | Action::SendComments => kind != Kind::Own,
            Action::ApproveAlways => kind == Kind::Command,
            Action::OverrideMerge => kind == Kind::Merge,
            _ => true,
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
        if self.content.pending > 0 {
            return notice(COMPARING);
        }
        self.count();
        if let Some(why) = self.unfinished(drawn, ctx) {
            return notice(why);
        }
        if drawn.subject == Subject::Change && !self.selections.is_empty() {
            match self.taken(0) {
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

    /// Why a set cannot be approved as it stands: some of it was not shown, is not accepted, or is
    /// commented on for an agent that would never hear of it.
    fn unfinished(&self, drawn: Drawn, ctx: &Ctx<'_>) -> Option<String> {
        if !matches!(drawn.subject, Subject::Task | Subject::Merge) {
            return None;
        }
        let no = ctx.key(Action::Reject, REVIEW);
        if self.content.incomplete {
            return Some(format!("not all of it can be shown, so it cannot be approved; {no} sends it back"));
        }
        let of = self.content.members.len();
        let whole = (0..of).filter(|at| self.taken(*at) == Taken::All).count();
        if whole < of {
            return Some(format!(
                "{} of {of} files are not accepted; {no} sends them back with your words",
                of - whole
            ));
        }
        let staged = ctx.state.staged_remarks().count();
        (staged > 0).then(|| {
            let list = ctx.key(Action::ListComments, REVIEW);
            let comments = if staged == 1 { "a comment is" } else { "comments are" };
            format!(
                "{comments} not sent yet; {no} sends the {} back with it, {list} lists what you wrote",
                drawn.subject
            )
        })
    }

    /// Puts what is taken in the place of the whole, and approves exactly that.
    fn approve_part(&self, drawn: Drawn, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Some(Proposal::Change(change)) = self.proposal(ctx, drawn) else {
            return notice("the change is not the one that was drawn");
        };
        let Some(selection) = self.selections.first() else { return notice(NO_HUNK) };
        let part = selected(change, selection);
        if part.is_empty() {
            return notice("what is taken changes nothing");
        }
        let decided = Drawn { digest: part.digest(), ..drawn };
        let amend = Command::Amend { from: drawn.digest, proposal: Proposal::Change(part) };
        vec![Intent::Send(amend), decided.approve(false)]
    }

    /// Edits what is proposed: here, or in the developer's editor when `outside`. Of what is on disk
    /// already the file itself is opened.
    pub(super) fn edit(&self, outside: bool, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.content.kind == Kind::Question {
            return vec![Intent::Prompt(PromptFor::Answer)];
        }
        if matches!(self.content.kind, Kind::Claim | Kind::Own | Kind::Other) {
            return self.open_file(ctx);
        }
        let drawn = match self.judged(ctx) {
            Ok(drawn) => drawn,
            Err(why) => return notice(why),
        };
        let (text, is_change) = match self.proposal(ctx, drawn) {
            Some(Proposal::Change(Change { after: None, .. })) => {
                return notice("the file is deleted; there is nothing to edit");
            }
            Some(Proposal::Change(change)) => match change.after.as_ref().and_then(FileState::text) {
                Some(text) => (text.to_owned(), true),
                None => return notice("this file is not text"),
            },
            Some(Proposal::Command(line)) => (line.text.clone(), false),
            Some(Proposal::Task(_)) | None => {
                return notice("this cannot be edited, only approved or rejected");
            }
        };
        let line =
            self.lines_here(0).filter(|(side, ..)| is_change && *side == Side::After).map_or(1, |(_, line, _)| line);
        let edit = EditFor::Proposal { from: drawn.digest, text };
        vec![if outside { Intent::Editor(edit, line) } else { Intent::EditHere(edit, Some(line)) }]
    }

    /// Opens the file at the cursor as it lies in the worktree.
    fn open_file(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Some((file, change)) = self.change_here(ctx) else {
            return notice("go to a file or its lines to open it in your editor");
        };
        if change.after.is_none() {
            return notice("the file is deleted; there is nothing to open");
        }
        let line = match self.lines_here(file) {
            Some((Side::After, line, _)) => line,
            Some((Side::Before, ..)) | None => 1,
        };
        vec![Intent::OpenFile { path: change.path.clone(), line }]
    }

    /// Takes or leaves what the cursor is on, or everything.
    pub(super) fn toggle(&mut self, action: Action) -> Vec<Intent> {
        if self.content.pending > 0 {
            return notice(COMPARING);
        }
        if self.selections.is_empty() {
            return notice("only a change, a task's files or a merge's can be taken in part");
        }
        self.counted.clear();
        let Self { content, selections, pane, .. } = self;
        let files = content.files.iter().filter_map(|f| f.header());
        if action == Action::ToggleAll {
            let all = files.clone().zip(selections.iter()).all(|(header, s)| s.file(header) == Taken::All);
            for (header, selection) in files.zip(selections) {
                selection.set_file(header, !all);
            }
            return Vec::new();
        }
        let (rows, chosen) = (&content.rows, pane.selected());
        let header = |file: usize| content.files.get(file)?.header();
        if action == Action::ToggleLine {
            let changed: Vec<(usize, usize)> = chosen
                .filter_map(|row| match rows.tag(row) {
                    Tag::Diff { row: at, changed: true, .. } => Some((rows.file(row), at)),
                    _ => None,
                })
                .filter(|(file, _)| *file < selections.len())
                .collect();
            let left = |(file, row): &(usize, usize)| {
                header(*file).zip(selections.get(*file)).is_some_and(|(h, s)| s.row(h, *row) != Taken::All)
            };
            let take = changed.iter().any(left);
            for (file, row) in &changed {
                if let Some((header, selection)) = header(*file).zip(selections.get_mut(*file)) {
                    selection.set_rows(header, *row..row + 1, take);
                }
            }
            return if changed.is_empty() { notice("no changed line is selected") } else { Vec::new() };
        }
        let (file, here) = (rows.file(chosen.start), rows.tag(chosen.start));
        let Some((header, selection)) = header(file).zip(selections.get_mut(file)) else { return notice(NO_HUNK) };
        if header.diff.is_none() && content.members.is_empty() {
            return notice("this change can only be taken as a whole");
        }
        let hunk = match here {
            Tag::File => {
                let take = selection.file(header) != Taken::All;
                selection.set_file(header, take);
                return Vec::new();
            }
            Tag::Entry(_) if header.whole => {
                let take = !selection.whole();
                selection.set_whole(header, take);
                return Vec::new();
            }
            Tag::Hunk(hunk) => Some(hunk),
            Tag::Diff { row, .. } => header.diff.as_ref().and_then(|d| d.hunk_of(row)),
            Tag::None
            | Tag::Source { .. }
            | Tag::Comment { .. }
            | Tag::Fold(_)
            | Tag::Section(_)
            | Tag::Moved { .. }
            | Tag::Away { .. }
            | Tag::Entry(_) => None,
        };
        let Some(hunk) = hunk else { return notice(NO_HUNK) };
        let take = selection.hunk(header, hunk) != Taken::All;
        selection.set_hunk(header, hunk, take);
        Vec::new()
    }

    /// What of the set is not accepted, in words; nothing when all of it is.
    fn refused(&self, ctx: &Ctx<'_>) -> Vec<String> {
        let files = self.content.files.iter().filter_map(|f| f.header()).zip(&self.selections);
        let changes = self.changes(ctx);
        let shown = files.zip(changes).filter(|_| !self.content.members.is_empty());
        shown.filter_map(|((header, selection), change)| refusal(change, header, selection)).collect()
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
            Kind::Offer => super::cloud::offer(index, ctx),
            // A command for the account cannot be edited: it is made anew from what is asked.
            Kind::Command if ctx.state.cloud.at_gate.is_some() && index > 1 => match index {
                2 => self.reject(ctx),
                _ => notice("there is no such answer"),
            },
            Kind::Command => match index {
                0 => self.approve(false, ctx),
                1 => self.approve(true, ctx),
                2 => self.edit(false, ctx),
                3 => self.reject(ctx),
                _ => notice("there is no such answer"),
            },
            Kind::Change | Kind::Claim | Kind::Standing | Kind::Merge | Kind::Cloud | Kind::Own | Kind::Other => {
                Vec::new()
            }
        }
    }

    /// Comments go with a no: nothing else tells the agent of them.
    pub(super) fn send_comments(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.content.kind == Kind::Own || ctx.state.staged_remarks().next().is_none() {
            return notice("there is no comment on these changes that is not sent");
        }
        self.reject(ctx)
    }

    pub(super) fn reject(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let drawn = match self.judged(ctx) {
            Ok(drawn) => drawn,
            Err(why) => return notice(why),
        };
        if self.content.kind == Kind::Own {
            return vec![drawn.refuse()];
        }
        let refused = self.refused(ctx);
        let with = if refused.is_empty() { String::new() } else { format!("Not accepted:\n{}", refused.join("\n")) };
        vec![drawn.reject(with)]
    }
}
