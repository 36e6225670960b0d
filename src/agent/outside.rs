//! What is found changed in the worktree though nothing that was approved here changed it: by the developer
//! in another terminal, by another program, or while this one was not running.
//!
//! Always holds: it comes to the gate of the developer's own changes before a task is claimed with it; what a
//! command of the agent's changed is told apart, by what was there before it ran and after.

use super::session::{Session, Stopped};
use crate::domain::{
    change::{Change, FileState, own::OwnChanges},
    digest::Digest,
    journal::Entry,
    path::RelPath,
    phase::Merge,
    review::between,
};

fn digest(state: &Option<FileState>) -> Option<Digest> {
    state.as_ref().map(FileState::digest)
}

impl Session {
    /// Brings what nothing explains to the gate. True where there is something: it is answered first.
    pub(super) fn notice_outside(&mut self) -> Result<bool, Stopped> {
        if self.worktree.is_none() || self.state.flow.own.is_busy() {
            return Ok(false);
        }
        // What cannot be read is told by what needs it: the claim, the commit.
        let Ok(found) = self.unexplained() else { return Ok(false) };
        if found.is_empty() {
            return Ok(false);
        }
        let all = OwnChanges::joined(&self.state.own, &found);
        if self.state.check(&Entry::OwnFound { changes: all.clone() }).is_err() {
            return Ok(false);
        }
        self.found(all)?;
        Ok(true)
    }

    /// On opening: while the program was not running, or had died, somebody may have changed something.
    pub(super) fn notice_on_opening(&mut self) -> Result<(), Stopped> {
        let at_work = self.state.task().is_some() || !self.state.flow.done.is_empty();
        if at_work && !matches!(self.state.flow.merge, Merge::Merged { .. }) {
            self.notice_outside()?;
        }
        Ok(())
    }

    /// What is in the worktree, or is not there any more, that nothing here made so. What lies below `.kiro`
    /// has gates of its own.
    fn unexplained(&self) -> Result<Vec<Change>, crate::ports::vcs::VcsError> {
        let pending = self.ports.vcs.pending(self.name())?;
        let is_there = |path: &RelPath| pending.iter().any(|c| c.path == *path);
        let (mut all, files) = (Vec::new(), self.files());
        // What was approved and is not committed may have been undone.
        for path in self.state.uncommitted() {
            if !is_there(path) {
                // A submodule is as committed where it is not pending; a directory is in nobody's way.
                let Ok(now) = files.read(path) else { continue };
                all.push(Change { path: path.clone(), from: None, before: now.clone(), after: now });
            }
        }
        all.extend(pending);
        all.retain(|c| !c.path.is_kiro() && !self.state.explains(&c.path, digest(&c.after)));
        let known = |c: Change| {
            let before = self.state.last_approved(&c.path).cloned().unwrap_or(c.before);
            Change { before, ..c }
        };
        Ok(all.into_iter().map(known).filter(|c| c.before != c.after).collect())
    }

    /// How the worktree is before a command runs in it.
    pub(super) fn before_command(&self) -> Option<Vec<Change>> {
        self.ports.vcs.pending(self.name()).ok()
    }

    /// Notes what a command changed. A file that somebody else had changed before it stays unexplained.
    pub(super) fn after_command(&mut self, before: Option<Vec<Change>>) -> Result<(), Stopped> {
        let Some((before, after)) = before.zip(self.ports.vcs.pending(self.name()).ok()) else { return Ok(()) };
        let explained = |path: &RelPath| {
            let was = before.iter().find(|c| c.path == *path);
            was.is_none_or(|was| self.state.explains(path, digest(&was.after)))
        };
        let files: Vec<_> = between(&before, &after)
            .into_iter()
            .filter(|c| !c.path.is_kiro() && explained(&c.path))
            .map(|c| (c.path, c.after.as_ref().map(FileState::digest)))
            .collect();
        if files.is_empty() { Ok(()) } else { self.record(Entry::CommandChanged { files }).map(drop) }
    }

    /// A command was cut off with the program: what nothing else explains counts as its doing, and is named
    /// at the task's gate as what no approved change made.
    pub(super) fn after_cut_off(&mut self) -> Result<(), Stopped> {
        let Ok(found) = self.unexplained() else { return Ok(()) };
        let files: Vec<_> = found.into_iter().map(|c| (c.path, c.after.as_ref().map(FileState::digest))).collect();
        if files.is_empty() { Ok(()) } else { self.record(Entry::CommandChanged { files }).map(drop) }
    }
}
