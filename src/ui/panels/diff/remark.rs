//! Comments on lines of a change, files that were read, and what is folded away.
//!
//! Always holds: a comment names the digest of the change that was drawn and quotes its lines.

use super::{DiffPanel, Kind, Target, answer::COMPARING, content::Layout};
use crate::{
    config::theme::Role,
    domain::{
        change::{Change, FileState},
        diff::{FileDiff, Lines},
        gate::Reviewable,
        journal::{Proposal, Side, Spot},
        session::Remark,
        wire::Command,
    },
    ui::panels::{Ctx, Intent, PromptFor, lines, notes::Note, notice, pane::Tag, shown::Shown},
};

/// Lines that are quoted of a comment's; the numbers tell all of them.
const QUOTED: usize = 8;
/// Characters that are quoted of a line.
const LONGEST: usize = 400;

/// From so many columns on a comment is shown whole; in fewer while the cursor is on it.
const WIDE: usize = 98;

/// The lines that a comment is on, of its side of the change that is shown, from 1. Of another version than
/// the one it was made on they are looked for as they were quoted: nothing where they are gone, or stand there
/// more than once, and nothing where it is on all of the file.
pub(super) fn lines_now(remark: &Remark, shown: &Shown) -> Option<(usize, usize)> {
    let found = shown.found()?;
    let (from, to) = remark.spot.lines?;
    if remark.spot.change == found.digest {
        return Some((from, to));
    }
    let diff = found.header.diff.as_ref()?;
    let (old, new) = shown.change().bytes();
    let (bytes, lines) = match remark.spot.side {
        Side::Before => (old, &diff.old),
        Side::After => (new, &diff.new),
    };
    let quoted: Vec<&str> = remark.spot.quoted.split('\n').take(QUOTED).collect();
    let whole = |at: usize| {
        at + quoted.len() <= lines.len()
            && (at..).zip(&quoted).all(|(line, quoted)| is_quoted(lines.text(bytes, line), quoted))
    };
    let mut places = (0..lines.len()).filter(|at| whole(*at));
    let at = places.next().filter(|_| quoted.iter().any(|line| !line.trim().is_empty()))?;
    places.next().is_none().then_some((at + 1, at + quoted.len()))
}

/// True for the line that a quotation was made from.
fn is_quoted(line: &[u8], quoted: &str) -> bool {
    let odd = || line.len() > LONGEST || std::str::from_utf8(line).is_err();
    line == quoted.as_bytes() || (odd() && quote(line) == quoted)
}

fn quote(line: &[u8]) -> String {
    String::from_utf8_lossy(line).chars().take(LONGEST).collect()
}

/// Where an open comment stands in a change: the row and the side of its last line. Nothing where it is on
/// all of the file, or its lines are not to be found in this version of it.
pub(super) fn place(remark: &Remark, shown: &Shown) -> Option<(usize, lines::Side)> {
    let (_, last) = lines_now(remark, shown)?;
    let rows = &shown.diff()?.rows;
    let line = last.checked_sub(1)?;
    match remark.spot.side {
        Side::Before => Some((rows.iter().position(|r| r.left() == Some(line))?, lines::Side::Old)),
        Side::After => Some((rows.iter().position(|r| r.right() == Some(line))?, lines::Side::New)),
    }
}

/// What stands before a comment's words: whose it is and on which lines.
pub(super) fn head(remark: &Remark) -> (String, Role) {
    let line = match remark.spot.lines {
        Some((from, to)) if from == to => format!(" {from}"),
        Some((from, to)) => format!(" {from}-{to}"),
        None => String::new(),
    };
    let (mark, role) = if remark.sent { ("┊ → you", Role::Dim) } else { ("┊ ● you", Role::Comment) };
    (format!("{mark}{line}  "), role)
}

/// A comment's words, and whether the agent has them.
pub(super) fn words(remark: &Remark) -> String {
    format!("{}  ({})", remark.text, if remark.sent { "sent" } else { "not sent yet" })
}

pub(super) fn tag(remark: &Remark) -> Tag {
    Tag::Comment { id: remark.id, line: remark.spot.lines.map_or(0, |(from, _)| from) }
}

/// The open comments on a file.
pub(super) fn open<'a>(shown: &Shown, ctx: &Ctx<'a>) -> impl Iterator<Item = &'a Remark> {
    ctx.state.remarks.iter().filter(|r| !r.resolved && r.spot.path == *shown.path())
}

/// The open comments on lines of a change, each below its last line.
pub(super) fn remarks(shown: &Shown, ctx: &Ctx<'_>, layout: &Layout) -> Vec<Note> {
    let open = open(shown, ctx);
    let placed = open.filter_map(|remark| {
        let (row, side) = place(remark, shown)?;
        let (head, role) = head(remark);
        let whole = layout.columns >= WIDE || layout.whole == Some(remark.id);
        Some(Note {
            row,
            side,
            above: false,
            role,
            head: format!("  {head}"),
            text: words(remark),
            whole,
            tag: tag(remark),
        })
    });
    placed.collect()
}

impl DiffPanel {
    /// The changes that are drawn, in the order of the content's files.
    pub(super) fn changes<'a>(&'a self, ctx: &'a Ctx<'_>) -> Vec<&'a Change> {
        let state = ctx.state;
        if let Some(path) = &self.chosen {
            return state.applied.iter().rev().map(|a| &a.change).find(|c| c.path == *path).into_iter().collect();
        }
        match (self.content.kind, state.proposal.as_ref().map(|p| &p.proposal)) {
            (Kind::Change, Some(Proposal::Change(change))) => vec![change],
            (Kind::Claim | Kind::Merge | Kind::Own, _) => self.content.files.iter().map(|f| f.change()).collect(),
            (Kind::Other, _) => {
                let last = state.applied.last().filter(|a| !a.committed && !self.content.files.is_empty());
                last.map(|a| &a.change).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The change at the cursor, with its place among the content's files.
    pub(super) fn change_here<'a>(&'a self, ctx: &'a Ctx<'_>) -> Option<(usize, &'a Change)> {
        let row = self.pane.cursor;
        let file = match self.content.members.is_empty() {
            true => 0,
            false if self.content.rows.tag(row) == Tag::None => self.here()?,
            false => self.content.rows.file(row),
        };
        let change = *self.changes(ctx).get(file)?;
        (*self.content.files.get(file)?.path() == change.path).then_some((file, change))
    }

    /// The lines under the selection: which file, which side, first and last.
    pub(super) fn lines_here(&self, file: usize) -> Option<(Side, usize, usize)> {
        let diff = self.content.files.get(file)?.diff()?;
        let rows = &self.content.rows;
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for row in self.pane.selected().filter(|row| rows.file(*row) == file) {
            match rows.tag(row) {
                Tag::Diff { row, new: after, .. } => {
                    new.extend(after);
                    old.extend(diff.rows.get(row).and_then(|r| r.left()).map(|l| l + 1));
                }
                Tag::Hunk(hunk) => {
                    let hunk = diff.hunks.get(hunk)?;
                    new.extend(hunk.new.clone().map(|line| line + 1));
                    old.extend(hunk.old.clone().map(|line| line + 1));
                }
                _ => {}
            }
        }
        let (side, lines) = if new.is_empty() { (Side::Before, old) } else { (Side::After, new) };
        Some((side, *lines.iter().min()?, *lines.iter().max()?))
    }

    pub(super) fn comment(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        if self.content.kind == Kind::Own {
            return notice("these changes are your own; nobody would be told of a comment on them");
        }
        if let (Tag::Comment { id, .. }, None) = (self.content.rows.tag(self.pane.cursor), self.pane.mark) {
            return vec![Intent::Prompt(PromptFor::Recomment { id })];
        }
        if self.content.grows && self.content.kind == Kind::Other {
            return notice("this is still being written; comment on it when it is complete");
        }
        let Some((file, change)) = self.change_here(ctx) else {
            return notice("go to a file's head or to lines of a difference to comment on them");
        };
        let lines = self.lines_here(file);
        let side = lines.map_or(Side::After, |(side, ..)| side);
        let quoted = match (lines, self.content.files.get(file).and_then(|f| f.diff())) {
            (Some((side, from, to)), Some(diff)) => quoted(change, diff, side, from, to),
            _ => String::new(),
        };
        let (path, change) = (change.path.clone(), change.digest());
        self.pane.mark = None;
        let lines = lines.map(|(_, from, to)| (from, to));
        vec![Intent::Prompt(PromptFor::Remark { spot: Spot { path, change, side, lines, quoted } })]
    }

    /// Goes to the first row of the next comment, or of the last one before.
    pub(super) fn next_comment(&mut self, forward: bool) -> Vec<Intent> {
        let rows = &self.content.rows;
        let here = rows.tag(self.pane.cursor);
        let found = rows.seek(self.pane.cursor, forward, &|tag| matches!(tag, Tag::Comment { .. }) && *tag != here);
        if let Some(mut row) = found {
            let tag = rows.tag(row);
            while row > 0 && rows.tag(row - 1) == tag {
                row -= 1;
            }
            self.pane.jump(row);
        }
        Vec::new()
    }

    pub(super) fn uncomment(&self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Tag::Comment { id, .. } = self.content.rows.tag(self.pane.cursor) else {
            return notice("the cursor is on no comment");
        };
        let sent = ctx.state.remarks.iter().any(|r| r.id == id && r.sent);
        vec![Intent::Send(Command::CloseComment { id, resolved: sent })]
    }

    /// Notes that the file at the cursor was read, folds it and goes on to the next that was not; or
    /// takes that back.
    pub(super) fn mark_reviewed(&mut self, ctx: &Ctx<'_>) -> Vec<Intent> {
        let Some(at) = self.here() else {
            return notice("only the files of a task or a merge are marked as read; go to one of them");
        };
        let Some(member) = self.content.members.get(at) else { return Vec::new() };
        if member.lines.is_none() {
            return notice(COMPARING);
        }
        let (path, after, read) =
            (member.path.clone(), member.after, !ctx.state.is_reviewed(&member.path, member.after));
        if read {
            self.folded.insert(path.clone());
            let all = &self.content.members;
            let next = all.iter().skip(at + 1).chain(all.iter().take(at)).find(|m| !m.reviewed);
            // The rows are made again before the next key: the place is kept by its file.
            self.target = Some(Target::File(next.map_or_else(|| path.clone(), |m| m.path.clone())));
        } else {
            self.folded.remove(&path);
            self.target = Some(Target::File(path.clone()));
        }
        vec![Intent::Send(Command::MarkReviewed { path, after, read })]
    }

    /// Folds the file at the cursor away, or unfolds it; `None` for the other of the two.
    pub(super) fn fold(&mut self, away: Option<bool>) {
        let Some(member) = self.here().and_then(|at| self.content.members.get(at)) else { return };
        let path = member.path.clone();
        let away = away.unwrap_or_else(|| !self.folded.contains(&path));
        if away {
            self.folded.insert(path.clone());
        } else {
            self.folded.remove(&path);
        }
        self.target = Some(Target::File(path));
    }

    /// Goes to the next or the last file's head.
    pub(super) fn next_file(&mut self, forward: bool) -> Vec<Intent> {
        let found = self.content.rows.seek(self.pane.cursor, forward, &|tag| *tag == Tag::File);
        found.into_iter().for_each(|row| self.pane.top_at(row));
        Vec::new()
    }
}

/// Lines as they are on a side, the first of them where they are many.
fn quoted(change: &Change, diff: &FileDiff, side: Side, from: usize, to: usize) -> String {
    let (state, lines): (&Option<FileState>, &Lines) = match side {
        Side::Before => (&change.before, &diff.old),
        Side::After => (&change.after, &diff.new),
    };
    let bytes = state.as_ref().map_or(&[][..], |s| &*s.bytes);
    let text = |at: usize| quote(lines.text(bytes, at.saturating_sub(1)));
    let mut out: Vec<String> = (from..=to).take(QUOTED).map(text).collect();
    if to + 1 - from > QUOTED {
        out.push("…".to_owned());
    }
    out.join("\n")
}
