//! What a developer approves besides single files and commands: documents, finished tasks, the
//! standing permission, an override.

use serde::{Deserialize, Serialize};

use crate::domain::{
    change::Change,
    digest::Digest,
    gate::{Reviewable, Subject},
    path::{RelPath, SpecName},
    phase::{Doc, TaskId},
};

/// One revision of a document, at its gate. Its digest is the SHA-256 of the file's bytes and of
/// nothing else, so that anyone can take it again from the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Which document.
    pub doc: Doc,
    /// The exact text.
    pub text: String,
}

impl Reviewable for Document {
    fn subject(&self) -> Subject {
        self.doc.subject()
    }

    fn digest(&self) -> Digest {
        Digest::of(&self.text)
    }
}

/// How a run of the tests ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestResult {
    /// The command exited with 0.
    Passed,
    /// It did not.
    Failed,
    /// It was not run.
    NotRun {
        /// Why.
        why: String,
    },
}

/// What is known of the tests after a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The command, where there is one.
    pub command: Option<String>,
    /// How it ended.
    pub result: TestResult,
    /// Tests that passed, where the runner said so.
    pub passed: Option<u32>,
    /// Tests that failed, where the runner said so.
    pub failed: Option<u32>,
    /// The end of its output.
    pub tail: String,
}

impl Evidence {
    /// Tests were not run.
    pub fn not_run(why: impl Into<String>) -> Self {
        let result = TestResult::NotRun { why: why.into() };
        Self { command: None, result, passed: None, failed: None, tail: String::new() }
    }

    /// One line: `npm test: 12 passed`.
    pub fn line(&self) -> String {
        let counts = match (self.passed, self.failed) {
            (Some(p), Some(f)) if f > 0 => format!("{f} failed, {p} passed"),
            (Some(p), _) => format!("{p} passed"),
            (None, Some(f)) => format!("{f} failed"),
            (None, None) => String::new(),
        };
        let result = match &self.result {
            TestResult::Passed if counts.is_empty() => "passed".to_owned(),
            TestResult::Failed if counts.is_empty() => "failed".to_owned(),
            TestResult::Passed | TestResult::Failed => counts,
            TestResult::NotRun { why } => format!("not run: {why}"),
        };
        match &self.command {
            Some(command) => format!("{command}: {result}"),
            None => format!("tests {result}"),
        }
    }
}

/// One file of a task's commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedFile {
    /// Where.
    pub path: RelPath,
    /// The digest it must have ([`crate::domain::change::FileState::digest`]); `None` when it goes.
    pub digest: Option<Digest>,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// True when a command changed it and no approved change did.
    pub by_command: bool,
    /// True when it is as the developer left it, who changed it past this program and took it into the task.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_developer: bool,
}

/// Claims from before it could be told have the digest that they had.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// A finished task, at its gate: what the agent says, what the tests say, what will be committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskClaim {
    /// The spec.
    pub spec: SpecName,
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// The criteria it serves.
    pub requirements: Vec<String>,
    /// What the agent says it did. A claim, not a fact.
    pub summary: String,
    /// What goes into the commit.
    pub files: Vec<ClaimedFile>,
    /// What the tests say.
    pub evidence: Evidence,
    /// The tick in `tasks.md`; none for a rework, which is not listed there.
    pub tick: Option<Change>,
    /// The commit message, without the trailers of the approval.
    pub message: String,
}

impl Reviewable for TaskClaim {
    fn subject(&self) -> Subject {
        Subject::Task
    }

    fn digest(&self) -> Digest {
        // Field by field in a fixed order; serde_json writes struct fields as declared.
        Digest::of(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The standing permission of batch autonomy: what it covers is its text, and the documents it
/// rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The spec.
    pub spec: SpecName,
    /// Digests of the approved requirements and design.
    pub rests_on: Vec<Digest>,
}

impl Standing {
    /// The whole text that is shown.
    pub fn text(&self) -> String {
        let rests_on: Vec<String> = self.rests_on.iter().map(|d| format!("  {d}\n")).collect();
        format!(
            "Standing permission for {}\n\n\
             Until it is withdrawn, or requirements or design change, these run without asking:\n\
             - approval of tasks.md\n\
             - file changes and commands of its tasks, and the commit of each task\n\n\
             These still ask each time:\n\
             - sensitive choices: dependencies, permissions, secrets, deletions, CI, and what else is marked\n\
             - commands that are not confined, or that destroy or reach the network\n\
             - tasks whose tests did not pass\n\
             - the merge\n\n\
             It rests on the approved documents\n{}",
            self.spec,
            rests_on.concat()
        )
    }
}

impl Reviewable for Standing {
    fn subject(&self) -> Subject {
        Subject::Standing
    }

    fn digest(&self) -> Digest {
        Digest::of(self.text())
    }
}
