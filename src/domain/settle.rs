//! From an approval of a document or a task to its files and its commit.
//!
//! A [`Settlement`] is judged like what it holds, and carries with it the permission to write the
//! document (or the tick), to add the decisions to the ledger, and to commit exactly that.

use crate::domain::{
    change::{Change, ChangeSet, FileState},
    claim::{Document, TaskClaim},
    commit::Commit,
    digest::Digest,
    gate::{
        Approved, Decision, Grants, Reviewable, Subject,
        ledger::{self, LedgerError},
    },
    path::{PathError, RelPath, SpecName},
};

/// What is settled.
#[derive(Clone, Debug)]
pub enum Settled {
    /// An approved document goes to the branch.
    Document(Document),
    /// An approved task is ticked and committed.
    Task(Box<TaskClaim>),
    /// An override is recorded: the digest of the plan it was given for, and why it was needed.
    Override {
        /// The plan's digest.
        plan: Digest,
        /// Why the merge was held.
        reasons: Vec<String>,
    },
    /// What was done to an account is recorded: the digest of the action, and what it was.
    Cloud {
        /// The action's digest.
        action: Digest,
        /// In words: what, which stack, which account and region, from which commit.
        about: String,
    },
}

/// Something approved on its way into history.
#[derive(Clone, Debug)]
pub struct Settlement {
    spec: SpecName,
    settled: Settled,
    document_change: Option<Change>,
    ledger: Change,
    message: String,
}

/// Why a settlement could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// The ledger does not verify; nothing is added to a broken chain.
    #[error("{0}; restore the file from git, then try again")]
    Ledger(#[from] LedgerError),
    /// The ledger is not text.
    #[error("{0} is not UTF-8; restore it from git, then try again")]
    NotText(RelPath),
    /// A path could not be made.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Where a file of a spec lies.
///
/// # Errors
/// [`PathError`] when `file` is no file name.
pub fn spec_path(spec: &SpecName, file: &str) -> Result<RelPath, PathError> {
    RelPath::parse(&format!(".kiro/specs/{spec}/{file}"))
}

/// What a settlement is made from, besides what was approved.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The spec.
    pub spec: SpecName,
    /// The ledger as it is on disk.
    pub ledger: Option<FileState>,
    /// The decisions that are not in it yet, oldest first, each with what it was about and what
    /// `tasks.md` became by it. The decision that is being settled is the last.
    pub decisions: Vec<(String, Decision, Option<Digest>)>,
}

impl Settlement {
    /// Puts an approved document, its record and its commit message together. `before` is the file
    /// as it is on disk; `file` its name.
    ///
    /// # Errors
    /// [`SettleError`].
    pub fn document(
        document: Document,
        revision: usize,
        file: &str,
        before: Option<FileState>,
        around: &Surroundings,
    ) -> Result<Self, SettleError> {
        let path = spec_path(&around.spec, file)?;
        let mode = before.as_ref().map(|b| b.mode).unwrap_or_default();
        let mut after = FileState::regular(document.text.clone());
        after.mode = mode;
        let change = Change { path, from: None, before, after: Some(after) };
        let message = format!("{}: approve {} r{revision}\n", around.spec, document.doc.name());
        Self::new(Settled::Document(document), Some(change), message, around)
    }

    /// Puts an approved task, its tick, its record and its commit message together.
    ///
    /// # Errors
    /// [`SettleError`].
    pub fn task(claim: TaskClaim, around: &Surroundings) -> Result<Self, SettleError> {
        let (tick, message) = (claim.tick.clone(), claim.message.clone());
        Self::new(Settled::Task(Box::new(claim)), tick, message, around)
    }

    /// Puts the record of an override and its commit message together.
    ///
    /// # Errors
    /// [`SettleError`].
    pub fn override_of(plan: Digest, reasons: &[String], around: &Surroundings) -> Result<Self, SettleError> {
        let listed: Vec<String> = reasons.iter().map(|r| format!("- {}\n", r.replace('\n', " "))).collect();
        let message = format!("{}: record override\n\n{}", around.spec, listed.concat());
        let reasons = reasons.to_vec();
        Self::new(Settled::Override { plan, reasons }, None, message, around)
    }

    /// Puts the record of what was done to an account and its commit message together.
    ///
    /// # Errors
    /// [`SettleError`].
    pub fn cloud(action: Digest, about: &str, around: &Surroundings) -> Result<Self, SettleError> {
        let about = about.replace(['\n', '\r'], " ");
        let message = format!("{}: record of the account\n\n{about}\n", around.spec);
        Self::new(Settled::Cloud { action, about }, None, message, around)
    }

    fn new(
        settled: Settled,
        document_change: Option<Change>,
        message: String,
        around: &Surroundings,
    ) -> Result<Self, SettleError> {
        let path = spec_path(&around.spec, ledger::FILE)?;
        let mut text = match &around.ledger {
            Some(state) => state.text().ok_or_else(|| SettleError::NotText(path.clone()))?.to_owned(),
            None => String::new(),
        };
        let known = ledger::read(&text)?;
        for (about, decision, yields) in &around.decisions {
            // Written before a crash, and asked for again after it.
            if known.iter().any(|line| line.decision == *decision) {
                continue;
            }
            text = ledger::append(&text, about, decision, *yields)?;
        }
        let after = Some(FileState::regular(text));
        let ledger = Change { path, from: None, before: around.ledger.clone(), after };
        Ok(Self { spec: around.spec.clone(), settled, document_change, ledger, message })
    }

    fn trailers(&self, decision: &Decision) -> String {
        let mut lines = vec![format!("Spec: {}", self.spec)];
        match &self.settled {
            Settled::Document(document) => lines.push(format!("Document: {}", document.doc.name())),
            Settled::Task(claim) => {
                lines.push(format!("Task: {}", claim.task));
                if !claim.requirements.is_empty() {
                    lines.push(format!("Requirements: {}", claim.requirements.join(", ")));
                }
                let own: Vec<&str> = claim.files.iter().filter(|f| f.by_developer).map(|f| f.path.as_str()).collect();
                if !own.is_empty() {
                    lines.push(format!("Changed-by-developer: {}", own.join(", ")));
                }
                lines.push(format!("Tests: {}", claim.evidence.line()));
            }
            Settled::Override { reasons, .. } => lines.push(format!("Override: {}", reasons.join("; "))),
            Settled::Cloud { about, .. } => lines.push(format!("Account: {about}")),
        }
        lines.push(format!("Approved-by: {}", decision.by));
        lines.push(format!("Approval-digest: sha256:{}", decision.digest));
        // A value with a line end in it could pose as a trailer of its own.
        lines.iter().map(|l| format!("{}\n", l.replace(['\n', '\r'], " "))).collect()
    }
}

impl Reviewable for Settlement {
    fn subject(&self) -> Subject {
        match &self.settled {
            Settled::Document(document) => document.subject(),
            Settled::Task(claim) => claim.subject(),
            Settled::Override { .. } => Subject::Override,
            Settled::Cloud { .. } => Subject::Cloud,
        }
    }

    fn digest(&self) -> Digest {
        match &self.settled {
            Settled::Document(document) => document.digest(),
            Settled::Task(claim) => claim.digest(),
            Settled::Override { plan, .. } => *plan,
            Settled::Cloud { action, .. } => *action,
        }
    }
}

impl Grants<ChangeSet> for Settlement {
    fn granted(approval: &Approved<Self>) -> ChangeSet {
        let it = approval.item();
        let changes = it.document_change.iter().chain([&it.ledger]).filter(|c| !c.is_empty());
        ChangeSet { changes: changes.cloned().collect() }
    }
}

impl Grants<Commit> for Settlement {
    fn granted(approval: &Approved<Self>) -> Commit {
        let it = approval.item();
        let mut paths = Vec::new();
        if let Settled::Task(claim) = &it.settled {
            paths.extend(claim.files.iter().map(|f| (f.path.clone(), f.digest)));
        }
        for change in it.document_change.iter().chain([&it.ledger]) {
            paths.retain(|(path, _)| *path != change.path);
            paths.push((change.path.clone(), change.after.as_ref().map(FileState::digest)));
        }
        let message = format!("{}\n\n{}", it.message.trim_end(), it.trailers(approval.decision()));
        Commit { paths, message }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::gate::{Identity, Shown, Verdict, Via, judge};
    use crate::domain::phase::Doc;

    fn decision(digest: Digest) -> Decision {
        let by = Identity { name: "Ada\nTask: 9".into(), email: "ada@example.org".into() };
        let at = Timestamp::UNIX_EPOCH;
        Decision { subject: Subject::Design, digest, verdict: Verdict::Approve, by, at, via: Via::Keyboard }
    }

    #[test]
    fn an_approved_document_brings_its_file_its_record_and_its_commit() {
        let document = Document { doc: Doc::Design, text: "# Design\n".into() };
        let yes = decision(document.digest());
        let spec = SpecName::parse("thumbs").unwrap();
        let decisions = vec![("design r2".to_owned(), yes.clone(), None)];
        let around = Surroundings { spec, ledger: None, decisions };
        let settlement = Settlement::document(document, 2, "design.md", None, &around).unwrap();
        let approved = judge(Shown::new(settlement), yes).unwrap();
        let set: Approved<ChangeSet> = approved.grant();
        let paths: Vec<&str> = set.item().changes.iter().map(|c| c.path.as_str()).collect();
        assert_eq!(paths, [".kiro/specs/thumbs/design.md", ".kiro/specs/thumbs/approvals.jsonl"]);
        let commit: Approved<Commit> = approved.grant();
        let message = &commit.item().message;
        assert!(message.starts_with("thumbs: approve design r2\n\nSpec: thumbs\n"), "{message}");
        assert!(!message.contains("\nTask: 9"), "a name posed as a trailer: {message}");
        assert_eq!(commit.item().paths.len(), 2);
    }

    #[test]
    fn a_broken_ledger_is_not_continued() {
        let document = Document { doc: Doc::Design, text: "x".into() };
        let decisions = vec![("design".to_owned(), decision(document.digest()), None)];
        let ledger = Some(FileState::regular("{}\n"));
        let around = Surroundings { spec: SpecName::parse("a").unwrap(), ledger, decisions };
        assert!(matches!(Settlement::document(document, 1, "design.md", None, &around), Err(SettleError::Ledger(_))));
    }
}
