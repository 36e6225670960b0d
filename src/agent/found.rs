//! Opening a spec: from its journal, from the files that lie in the repository, or new.

use super::{
    ports::{Options, Ports},
    session::{Session, Stopped},
};
use crate::domain::{
    digest::Digest,
    gate::{Identity, ledger},
    journal::{Entry, Start, Tone},
    path::SpecName,
    phase::{Autonomy, Doc, DocState, Effect, ItemKind, Merge, Order},
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
            (None, None) => Start {
                name: name.clone(),
                need: String::new(),
                constraints: String::new(),
                documents: Vec::new(),
                aws_references: Vec::new(),
                kind: SpecKind::Feature,
                order: Order::RequirementsFirst,
                depth: defaults.depth,
                autonomy: defaults.autonomy,
                aws: defaults.aws,
            },
        };
        let mut session =
            Self { ports, options, state, start, identity, journal, worktree, plan: None, started: given };
        session.settle_in(is_new, given, loaded.torn).map_err(|e| e.to_string())?;
        Ok(session)
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
        self.interrupted()
    }

    /// What was under way when the program ended.
    fn interrupted(&mut self) -> Result<(), Stopped> {
        match self.state.flow.due() {
            Some(Effect::Draft(_) | Effect::Work(_)) if self.state.halt.is_none() && self.state.question.is_none() => {
                let why = "kiro-tui ended in the middle of this turn; what had arrived is kept".into();
                self.record(Entry::TurnFailed { why, remedy: "continue to take it up again".into() })?;
            }
            Some(Effect::Do { item, .. }) if item.kind == ItemKind::Command => {
                let why = "kiro-tui ended while the command ran; it is not known how far it came".into();
                self.record(Entry::Failed { digest: item.digest, why })?;
            }
            Some(_) | None => {}
        }
        if matches!(self.state.flow.merge, Merge::Review { .. }) {
            // The plan is made again: the branches may have moved.
            self.plan_merge()?;
        }
        Ok(())
    }

    /// Compares the documents with what lies in the repository. Nothing is taken as approved that
    /// has no record there of exactly these bytes.
    fn look(&mut self) -> Result<(), Stopped> {
        if !self.state.flow.is_quiet() {
            return Ok(());
        }
        let ledger = self.text(ledger::FILE).unwrap_or_default();
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

    /// A file of the spec: from its worktree, else from the checkout, else from its branch.
    fn text(&self, file: &str) -> Option<String> {
        let path = spec_path(self.name(), file).ok()?;
        let on_disk = self.files().read(&path).ok().flatten();
        let state = on_disk.or_else(|| self.ports.vcs.committed(self.name(), &path).ok().flatten())?;
        match state.text() {
            Some(text) => Some(text.to_owned()),
            None => {
                self.tell(Event::Refused(format!("{path} is not UTF-8 text and cannot be opened here")));
                None
            }
        }
    }

    fn found_kind(&self) -> SpecKind {
        let bugfix = self.text("bugfix.md").is_some() && self.text("requirements.md").is_none();
        if bugfix { SpecKind::Bugfix } else { SpecKind::Feature }
    }

    /// From Kiro's own `.config.kiro`, which is only ever read.
    fn found_order(&self) -> Order {
        let config = self.text(".config.kiro").and_then(|t| serde_json::from_str::<serde_json::Value>(&t).ok());
        let named =
            |key: &str| config.as_ref().and_then(|c| c.get(key)).and_then(|v| v.as_str()) == Some("design-first");
        let only_design = self.text("design.md").is_some() && self.text(self.start.file(Doc::Requirements)).is_none();
        if named("workflowType") || named("generationMode") || (config.is_none() && only_design) {
            Order::DesignFirst
        } else {
            Order::RequirementsFirst
        }
    }
}
