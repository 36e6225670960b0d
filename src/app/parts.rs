//! What every command of the program begins with: settings, the repository, the shell, the agent's
//! options.

use std::path::Path;

use super::{
    failure::Failure,
    settings::{self, Environment},
};
use crate::{
    adapters::{shell::ProcessShell, vcs::GitRepo},
    agent::Options,
    cli::{Global, exit},
    config::{Config, Settings},
    domain::gate::Via,
    ports::vcs::Vcs,
};

/// The settings in force. Outside a repository those of the project are simply not there.
pub(super) fn read(env: &Environment, dir: &Path, global: &Global) -> Result<Config, Failure> {
    let root = GitRepo::open(dir).ok().map(|repo| repo.root());
    Ok(settings::read(env, root.as_deref(), global.flags())?)
}

pub(super) fn repository(env: &Environment, settings: &Settings, dir: &Path) -> Result<GitRepo, Failure> {
    let base = settings.paths.worktrees(&env.places.home).unwrap_or_else(|| env.places.state.join("worktrees"));
    Ok(GitRepo::open_below(dir, &base)?)
}

pub(super) fn shell(env: &Environment) -> Result<ProcessShell, Failure> {
    let own = std::env::current_exe()
        .map_err(|e| Failure::new(exit::FAILURE, format!("this program's own path is not known: {e}")))?;
    Ok(ProcessShell::new(own, Some(&env.places.home)))
}

pub(super) fn options(settings: &Settings, via: Via) -> Result<Options, Failure> {
    Ok(Options {
        bucket: settings.aws.bucket.clone(),
        tests: settings.tests.command.as_ref().map(|c| c.line.clone()),
        test_timeout_s: u32::try_from(settings.tests.timeout.as_secs()).unwrap_or(u32::MAX),
        test_attempts: settings.tests.attempts,
        rules: settings::rules(settings)?,
        via,
        follow_every: std::time::Duration::from_secs(2),
    })
}
