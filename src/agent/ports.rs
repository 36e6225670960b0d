//! What a session is given: its ports and its settings.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    domain::{
        gate::Via,
        path::SpecName,
        policy::rules::Rules,
        wire::{Event, SpecSummary},
    },
    ports::{
        clock::Clock,
        cloud::Cloud,
        context::Context,
        files::Files,
        journal::{JournalError, JournalStore},
        model::Model,
        shell::Shell,
        vcs::Vcs,
    },
};

/// Makes the files port of a directory.
pub type OpenFiles = Arc<dyn Fn(PathBuf) -> Arc<dyn Files> + Send + Sync>;
/// Opens a spec's journal.
pub type OpenJournal = Arc<dyn Fn(&SpecName) -> Result<Box<dyn JournalStore>, JournalError> + Send + Sync>;
/// Tells which specs there are, or why that cannot be told.
pub type Summaries = Arc<dyn Fn() -> Result<Vec<SpecSummary>, String> + Send + Sync>;
/// Takes what the agent tells. Never blocks.
pub type Tell = Arc<dyn Fn(Event) + Send + Sync>;
/// Makes the context port over a worktree.
pub type OpenContext = Arc<dyn Fn(Arc<dyn Files>) -> Arc<dyn Context> + Send + Sync>;

/// The world, as the agent sees it.
#[derive(Clone)]
pub struct Ports {
    /// The model, or why there is none.
    pub model: Result<Arc<dyn Model>, String>,
    /// The repository.
    pub vcs: Arc<dyn Vcs>,
    /// Commands.
    pub shell: Arc<dyn Shell>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The AWS account, or nothing ([`Cloud::is_off`]).
    pub cloud: Arc<dyn Cloud>,
    /// Files of a worktree or a checkout.
    pub files: OpenFiles,
    /// Journals.
    pub journal: OpenJournal,
    /// Steering and documentation.
    pub context: OpenContext,
    /// The list of specs.
    pub summaries: Summaries,
    /// The screen, or standard output.
    pub tell: Tell,
}

/// The agent's settings.
#[derive(Clone)]
pub struct Options {
    /// The bucket for templates that are too large for a request, where the settings name one.
    pub bucket: Option<String>,
    /// The test command, when it is configured.
    pub tests: Option<String>,
    /// Its time limit, in seconds.
    pub test_timeout_s: u32,
    /// How often failed tests go back to the agent before the developer decides.
    pub test_attempts: u32,
    /// The permission rules of all scopes.
    pub rules: Rules,
    /// How decisions come in.
    pub via: Via,
    /// How long to wait before a deploy is looked at again.
    pub follow_every: Duration,
}
