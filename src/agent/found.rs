//! Opening a spec: from its journal, from the files that lie in the repository, or new.

use super::{
    ports::{Options, Ports},
    session::{Session, Stopped},
};
use crate::domain::{
    digest::Digest,
    gate::{Identity, Reviewable as _, ledger},
    journal::{Entry, Proposal, Start, Tone},
    path::SpecName,
    phase::{Autonomy, Cloud, CloudKind, Doc, DocState, Effect, ItemKind, Merge, Order},
    session::State,
    settle::spec_path,
    spec::{Depth, SpecKind},
    wire::Event,
};

/// Settings for a spec that was found and says nothing of them itself.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// Depth.
    pub depth: Depth,
    /// Autonomy.
    pub autonomy: Autonomy,
    /// AWS.
    pub aws: bool,
}

impl Defaults {
    /// The start of a spec of which nothing but its name is known.
    pub fn start(self, name: SpecName) -> Start {
        Start {
            name,
            need: String::new(),
            constraints: String::new(),
            documents: Vec::new(),
            aws_references: Vec::new(),
            kind: SpecKind::Feature,
            order: Order::RequirementsFirst,
            depth: self.depth,
            autonomy: self.autonomy,
            aws: self.aws,
        }
    }
}

impl Session {
    /// Opens a spec. `start` is given for a new one.
    ///
    /// # Errors
    /// One line for the developer: what is in the way and what to do.
    pub(super) fn open(
        ports: &Ports,
        options: &Options,
        name: &SpecName,
        start: Option<Start>,
        defaults: Defaults,
    ) -> Result<Self, String> {
        ports.vcs.main_branch().map_err(|e| e.to_string())?;
        let identity: Identity = ports.vcs.identity().map_err(|e| e.to_string())?;
        let mut journal = (ports.journal)(name).map_err(|e| e.to_string())?;
        let loaded = journal.load().map_err(|e| e.to_string())?;
        let mut state = State::default();
        for record in &loaded.records {
            state
                .apply(record)
                .map_err(|e| format!("the journal of {name} does not fold at record {}: {e}", record.seq))?;
        }
        let is_new = state.start.is_none();
        if start.is_some() && !is_new {
            return Err(format!("there is a spec named {name} already; choose another name, or open it"));
        }
        let (ports, options) = (ports.clone(), options.clone());
        let worktree = ports.vcs.worktree(name);
        let given = start.is_some();
        let start = match (&state.start, start) {
            (Some(start), _) => start.clone(),
            (None, Some(start)) => start,
            (None, None) => defaults.start(name.clone()),
        };
        let mut session = Self {
            ports,
            options,
            state,
            start,
            identity,
            journal,
            worktree,
            plan: None,
            pending: Vec::new(),
            left: None,
            given: Vec::new(),
            started: given,
            opened: false,
        };
        if given && let Some(file) = session.lies_there() {
            return Err(format!("{file} is in the repository already; open the spec {name}, or choose another name"));
        }
        session.settle_in(is_new, given, loaded.torn).map_err(|e| e.to_string())?;
        session.opened = true;
        Ok(session)
    }

    /// A document of this name that somebody wrote before.
    fn lies_there(&self) -> Option<String> {
        let files = ["requirements.md", "bugfix.md", "design.md", "tasks.md"];
        let there = files.into_iter().find(|file| self.text(file).is_some())?;
        Some(format!(".kiro/specs/{}/{there}", self.name()))
    }

    fn settle_in(&mut self, is_new: bool, given: bool, torn: usize) -> Result<(), Stopped> {
        if is_new {
            if !given {
                self.start.kind = self.found_kind();
                self.start.order = self.found_order();
            }
            self.record(Entry::Started(self.start.clone()))?;
        }
        if torn > 0 {
            self.note(Tone::Warning, format!("the journal's last record was torn ({torn} bytes) and was set aside"))?;
        }
        if !given {
            self.look()?;
        }
        self.interrupted()?;
        self.notice_on_opening()
    }

    /// What was under way when the program ended.
    fn interrupted(&mut self) -> Result<(), Stopped> {
        match self.state.flow.due() {
            Some(Effect::Draft(_) | Effect::Work(_)) if self.state.halt.is_none() && self.state.question.is_none() => {
                let why = "kiro-tui ended in the middle of this turn; what had arrived is kept".into();
                self.record(Entry::TurnFailed { why, remedy: "continue to take it up again".into() })?;
            }
            Some(Effect::Do { item, .. }) if item.kind == ItemKind::Command => {
                self.after_cut_off()?;
                let why = "kiro-tui ended while the command ran; it is not known how far it came".to_owned();
                self.record(Entry::Failed { digest: item.digest, why: why.clone() })?;
                self.record(Entry::TurnFailed { why, remedy: "continue to tell the agent".into() })?;
            }
            Some(Effect::Cloud(item)) => {
                if item.kind == CloudKind::Local {
                    self.after_cut_off()?;
                }
                self.interrupted_cloud(item)?;
            }
            Some(_) | None => {}
        }
        if matches!(self.state.proposal.as_ref().map(|p| &p.proposal), Some(Proposal::Task(_))) {
            // What it changes is read again; the claim's digests say whether it is still that.
            self.pending = self.ports.vcs.pending(self.name()).unwrap_or_default();
        }
        match self.state.flow.merge {
            // The plan is made again: the branches may have moved.
            Merge::Review { .. } if self.state.flow.cloud == Cloud::Idle && !self.state.override_due() => {
                self.plan_merge()
            }
            // Something of the account comes first, and no merge is shown anew meanwhile: the plan that waits
            // is taken up where it is the same still.
            Merge::Review { digest, .. } if self.state.flow.cloud != Cloud::Idle => {
                self.plan = self.ports.vcs.merge_plan(self.name()).ok().filter(|plan| plan.digest() == digest);
                Ok(())
            }
            Merge::Review { .. } | Merge::No | Merge::Merging { .. } | Merge::Merged { .. } => Ok(()),
        }
    }

    /// Compares the documents with what lies in the repository. Nothing is taken as approved that
    /// has no record there of exactly these bytes.
    pub(super) fn look(&mut self) -> Result<(), Stopped> {
        if !self.state.flow.is_quiet() {
            return Ok(());
        }
        // What is on the branch, where there is one: a command may write in the worktree.
        let ledger = self.committed(ledger::FILE).or_else(|| self.text(ledger::FILE)).unwrap_or_default();
        let lines = match ledger::read(&ledger) {
            Ok(lines) => lines,
            Err(error) => {
                self.note(Tone::Warning, format!("{error}; its approvals do not count"))?;
                Vec::new()
            }
        };
        for doc in self.start.order.docs() {
            let Some(text) = self.text(self.start.file(doc)) else { continue };
            let rev = Digest::of(&text);
            let recorded = ledger::approves(&lines, doc.subject(), rev);
            let known = match self.state.flow.doc(doc) {
                DocState::Missing => self.state.revisions(doc).iter().any(|r| r.digest == rev),
                // A revision in review is newer than the file by design: it is not written yet.
                DocState::Review { rev: seen } | DocState::Stale { rev: seen } => {
                    seen == rev || self.state.revisions(doc).iter().any(|r| r.digest == rev)
                }
                DocState::Approved { rev: seen } => seen == rev,
                DocState::Drafting { .. } | DocState::Saving { .. } => true,
            };
            if !known {
                self.record(Entry::Found { doc, text, recorded })?;
            }
        }
        Ok(())
    }

    /// A file of the spec on its branch.
    fn committed(&self, file: &str) -> Option<String> {
        let path = spec_path(self.name(), file).ok()?;
        let state = self.ports.vcs.committed(self.name(), &path).ok().flatten()?;
        state.text().map(str::to_owned)
    }

    /// A file of the spec: from its worktree, else from its branch, else from the checkout.
    fn text(&self, file: &str) -> Option<String> {
        let path = spec_path(self.name(), file).ok()?;
        let on_disk = || self.files().read(&path).ok().flatten();
        let on_branch = || self.ports.vcs.committed(self.name(), &path).ok().flatten();
        let state = if self.worktree.is_some() { on_disk().or_else(on_branch) } else { on_branch().or_else(on_disk) }?;
        match state.text() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.tell(Event::Refused(format!("{path} is not UTF-8 text and cannot be opened here")));
                None
            }
        }
    }

    fn found_kind(&self) -> SpecKind {
        let config = self.text(".config.kiro");
        SpecKind::found(config.as_deref(), |file| self.text(file.name()).is_some())
    }

    /// What Kiro's own `.config.kiro` says, which is only ever read.
    fn config_says(&self, key: &str, value: &str) -> bool {
        let config = self.text(".config.kiro").and_then(|t| serde_json::from_str::<serde_json::Value>(&t).ok());
        config.as_ref().and_then(|c| c.get(key)).and_then(|v| v.as_str()) == Some(value)
    }

    fn found_order(&self) -> Order {
        let says_nothing = self.text(".config.kiro").is_none();
        let named = |key: &str| self.config_says(key, "design-first");
        let only_design = self.text("design.md").is_some() && self.text(self.start.file(Doc::Requirements)).is_none();
        if named("workflowType") || named("generationMode") || (says_nothing && only_design) {
            Order::DesignFirst
        } else {
            Order::RequirementsFirst
        }
    }
}
