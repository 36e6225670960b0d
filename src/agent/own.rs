//! What the developer changes in the worktree past this program: noted before and after, brought to its
//! gate, put back where they say so twice.
//!
//! Always holds: while they are out nothing is begun; what they changed is in the journal, with the bytes
//! from before and theirs, before anything is asked.

use super::{
    session::{Session, Stopped},
    why::{Why, say},
};
use crate::domain::{
    change::{Change, FileState, own::OwnChanges},
    digest::Digest,
    gate::{Shown, Subject, judge},
    journal::Entry,
    path::RelPath,
    phase::{Merge, Own, Refused, Run},
    review::between,
    wire::Event,
};

impl Session {
    /// Notes how the worktree is, before the developer changes it past this program.
    pub(super) fn step_out(&mut self) -> Result<(), Stopped> {
        if matches!(self.state.flow.run, Run::Doing { .. }) {
            let why = "a command is at work in the worktree, and what it changes would count as yours; wait for it, or stop it";
            self.tell(Event::Refused(why.into()));
            return Ok(());
        }
        match self.ports.vcs.pending(self.name()) {
            Ok(pending) => {
                self.left.get_or_insert(pending);
                self.tell(Event::SteppedOut);
            }
            Err(error) => self.tell(Event::Refused(error.to_string())),
        }
        Ok(())
    }

    /// Brings what the developer changed meanwhile to its gate, with what is open from before.
    pub(super) fn step_in(&mut self) -> Result<(), Stopped> {
        let Some(then) = self.left.take() else { return Ok(()) };
        let now = match self.ports.vcs.pending(self.name()) {
            Ok(now) => now,
            Err(error) => {
                self.tell(Event::Refused(error.to_string()));
                return Ok(());
            }
        };
        let changed = between(&then, &now);
        if !changed.is_empty() {
            let all = OwnChanges::joined(&self.state.own, &changed);
            self.found(all)?;
        }
        if matches!(self.state.flow.merge, Merge::Review { .. }) && !self.state.flow.own.is_busy() {
            // The branch may have moved: what is judged is what is there now.
            return self.plan_merge();
        }
        Ok(())
    }

    pub(super) fn found(&mut self, changes: Vec<Change>) -> Result<(), Stopped> {
        match (changes.is_empty(), self.state.flow.own) {
            (true, Own::None) => Ok(()),
            (true, _) => self.record(Entry::OwnGone).map(drop),
            (false, _) => self.record(Entry::OwnFound { changes }).map(drop),
        }
    }

    /// Brings what is open of the developer's own changes to its gate, as it is now.
    pub(super) fn show_own(&mut self) -> Result<(), Stopped> {
        if self.state.flow.own == Own::None {
            return Err(Refused::NotNow.into());
        }
        match self.own_now() {
            Ok(changes) => self.found(changes),
            Err(error) => {
                self.tell(Event::Refused(error.to_string()));
                Ok(())
            }
        }
    }

    /// What is open, with the files as they are on disk.
    fn own_now(&self) -> Result<Vec<Change>, Why> {
        let files = self.files();
        let now = |c: &Change| {
            let after =
                if c.is_submodule() { self.submodule_now(&c.path)? } else { files.read(&c.path).map_err(say)? };
            Ok(Change { after, ..c.clone() })
        };
        let all: Vec<Change> = self.state.own.iter().map(now).collect::<Result<_, Why>>()?;
        Ok(OwnChanges::joined(&[], &all))
    }

    /// Where a submodule of the worktree stands, or what is in its place.
    fn submodule_now(&self, path: &RelPath) -> Result<Option<FileState>, Why> {
        let pending = self.ports.vcs.pending(self.name()).map_err(say)?;
        match pending.into_iter().find(|c| c.path == *path) {
            Some(change) => Ok(change.after),
            None => self.ports.vcs.committed(self.name(), path).map_err(say),
        }
    }

    /// True when what stands at the gate is not what is on disk; then that is shown in its place.
    pub(super) fn own_moved(&mut self) -> Result<bool, Stopped> {
        let now = match self.own_now() {
            Ok(now) if now == self.state.own => return Ok(false),
            Ok(now) => now,
            Err(error) => {
                self.tell(Event::Refused(error.to_string()));
                return Ok(true);
            }
        };
        self.found(now)?;
        self.tell(Event::Refused(Refused::Moved.to_string()));
        Ok(true)
    }

    /// Puts back what the developer said twice that they do not want.
    pub(super) fn put_back(&mut self, digest: Digest) -> Result<(), Stopped> {
        let done = match self.approval(Subject::PutBack, digest) {
            None => Err("there is no approval of it".to_owned()),
            Some(decision) => {
                judge(Shown::new(self.state.put_back()), decision).map_err(|e| e.to_string()).and_then(|approved| {
                    self.ports.vcs.put_submodules(self.name(), approved.grant()).map_err(say)?;
                    self.files().apply(approved.grant()).map_err(say)
                })
            }
        };
        let Err(why) = done else { return self.record(Entry::PutBackDone { digest }).map(drop) };
        self.record(Entry::PutBackFailed { digest, why: why.clone() })?;
        self.tell(Event::Refused(why));
        self.show_own()
    }

    /// The files by name, for the record.
    pub(super) fn own_names(&self) -> String {
        self.state.own.iter().map(|c| c.path.as_str()).collect::<Vec<_>>().join(", ")
    }
}
