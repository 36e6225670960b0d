//! Puts the agent's ports together from their adapters.

use std::{path::PathBuf, sync::Arc};

use jiff::{Timestamp, Unit};

use crate::{
    adapters::{
        files::DiskFiles,
        journal::{self, FileJournal},
        shell::ProcessShell,
        vcs::GitRepo,
        web::HttpWeb,
    },
    agent::{Ports, ports::Tell},
    app::{references::References, status},
    ports::{clock::Clock, cloud::Cloud, files::Files, model::Model, vcs::Vcs},
};

/// The system's clock.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.round(Unit::Millisecond).unwrap_or(now)
    }
}

/// What is needed besides the adapters' own settings.
pub struct World {
    /// The repository.
    pub repo: GitRepo,
    /// The model, or why there is none.
    pub model: Result<Arc<dyn Model>, String>,
    /// Where commands run.
    pub shell: ProcessShell,
    /// The AWS account.
    pub cloud: Arc<dyn Cloud>,
    /// Steering for all repositories, `~/.kiro/steering`.
    pub steering: PathBuf,
}

/// The ports over the real world.
pub fn ports(world: World, tell: Tell) -> Ports {
    let repo = Arc::new(world.repo);
    let private = repo.private_dir();
    let shell = world.shell.with_cache(private.join("cache"));
    let (journals, vcs) = (private.clone(), repo.clone());
    let web = Arc::new(HttpWeb::default());
    let (steering, cloud) = (world.steering, world.cloud.clone());
    Ports {
        model: world.model,
        vcs: repo,
        shell: Arc::new(shell),
        clock: Arc::new(SystemClock),
        cloud: world.cloud,
        files: Arc::new(|root| Arc::new(DiskFiles::new(root)) as Arc<dyn Files>),
        journal: Arc::new(move |name| {
            FileJournal::open(&journal::path(&journals, name)).map(|journal| Box::new(journal) as _)
        }),
        context: Arc::new(move |files| {
            Arc::new(References::new(files, web.clone(), cloud.clone(), Some(steering.clone()))) as _
        }),
        summaries: Arc::new(move || status::summaries(vcs.as_ref(), &private).map_err(|e| e.to_string())),
        tell,
    }
}
