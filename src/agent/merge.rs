//! The end: planning the merge, recording an override, merging.

use super::{
    session::{Session, Stopped},
    why::{Why, say},
};
use crate::{
    domain::{
        claim::TestResult,
        digest::Digest,
        gate::{Reviewable, Shown, Subject, judge},
        journal::Entry,
        settle::Settlement,
        wire::Event,
    },
    ports::vcs::VcsError,
};

impl Session {
    /// Plans the merge, unless something was changed past the program: that is answered first.
    pub(super) fn ask_to_merge(&mut self) -> Result<(), Stopped> {
        if self.notice_outside()? { Ok(()) } else { self.plan_merge() }
    }

    /// Plans the merge and shows it. Touches nothing.
    pub(super) fn plan_merge(&mut self) -> Result<(), Stopped> {
        let plan = match self.ports.vcs.merge_plan(self.name()) {
            Ok(plan) => plan,
            // Merged elsewhere: by hand, or this is a clone of where it was.
            Err(VcsError::NothingToMerge(_)) if self.own_open().is_empty() && self.tasks_open().is_empty() => {
                return self.record(Entry::NothingToMerge).map(drop);
            }
            Err(error) => {
                let remedy = "mend it, then continue to plan the merge again".to_owned();
                return self.record(Entry::TurnFailed { why: error.to_string(), remedy }).map(drop);
            }
        };
        let overridden = &self.state.merge.overridden;
        let held: Vec<String> = self.reasons_to_hold().into_iter().filter(|r| !overridden.contains(r)).collect();
        let entry = Entry::MergeShown { digest: plan.digest(), into_commit: plan.into_commit.clone(), held };
        self.state.check(&entry)?;
        // The screen has the plan before it is asked to judge it.
        self.tell(Event::Plan(Box::new(plan.clone())));
        self.plan = Some(plan);
        self.record(entry).map(drop)
    }

    /// Files that the developer changed past the program and that are in no commit.
    fn own_open(&self) -> Vec<&str> {
        let open = self.state.own.iter().map(|c| c.path.as_str());
        let taken = self.state.applied.iter().filter(|a| a.own && !a.committed).map(|a| a.change.path.as_str());
        open.chain(taken).collect()
    }

    /// Tasks that have to be done and are not.
    fn tasks_open(&self) -> Vec<String> {
        let Some(tasks) = self.state.tasks() else { return Vec::new() };
        let required = tasks.leaves().filter(|t| !tasks.is_optional(t));
        required.filter(|t| !tasks.is_done(t)).map(|t| t.id.clone()).collect()
    }

    fn reasons_to_hold(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        let open = self.tasks_open();
        if !open.is_empty() {
            reasons.push(format!("tasks are open: {}", open.join(", ")));
        }
        let own = self.own_open();
        if !own.is_empty() {
            reasons.push(format!("changes of your own in the worktree are not committed: {}", own.join(", ")));
        }
        match &self.state.evidence {
            None => reasons.push("no tests have run since the last change".into()),
            Some(evidence) => match &evidence.result {
                TestResult::Passed => {}
                TestResult::Failed => reasons.push(format!("tests failed: {}", evidence.line())),
                TestResult::NotRun { .. } => reasons.push(evidence.line()),
            },
        }
        reasons
    }

    pub(super) fn save_override(&mut self, plan: Digest) -> Result<(), Stopped> {
        match self.try_save_override(plan) {
            Ok(commit) => {
                self.record(Entry::OverrideSaved { commit })?;
                // The branch has one more commit now, so it is another plan, and it asks again.
                self.plan_merge()
            }
            Err(why) => {
                let remedy = "mend it, then continue to plan the merge again".to_owned();
                self.record(Entry::TurnFailed { why, remedy })?;
                self.plan_merge()
            }
        }
    }

    fn try_save_override(&mut self, plan: Digest) -> Result<String, Why> {
        let decision = self.approval(Subject::Override, plan).ok_or("there is no override of this plan")?;
        let around = self.surroundings(None)?;
        let settlement = Settlement::override_of(plan, &self.state.merge.held, &around).map_err(say)?;
        self.settle(settlement, decision)
    }

    pub(super) fn merge(&mut self, digest: Digest) -> Result<(), Stopped> {
        let entry = match self.try_merge(digest) {
            Ok(commit) => Entry::Merged { commit },
            Err(why) => Entry::MergeFailed { why },
        };
        self.plan = None;
        self.record(entry).map(drop)
    }

    fn try_merge(&mut self, digest: Digest) -> Result<String, Why> {
        let decision = self.approval(Subject::Merge, digest).ok_or("there is no approval of this merge")?;
        let plan = match self.ports.vcs.merge_plan(self.name()) {
            Ok(plan) => plan,
            // Merged before the program died, and asked again after it.
            Err(VcsError::NothingToMerge(_)) => {
                let root = self.ports.vcs.worktree(self.name()).unwrap_or_else(|| self.ports.vcs.root());
                return self.ports.vcs.head(&root).map(|head| head.commit).map_err(say);
            }
            Err(error) => return Err(error.to_string()),
        };
        let approved = judge(Shown::new(plan), decision).map_err(say)?;
        self.ports.vcs.merge(approved).map_err(say)
    }
}
