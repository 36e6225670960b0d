//! The shell port: one approved command at a time.

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

use crate::domain::{
    command::{CommandLine, Outcome},
    gate::Approved,
};

/// Takes output while it comes, cleaned of control sequences.
pub type OutputSink = Arc<dyn Fn(&str) + Send + Sync>;

/// A command that could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShellError {
    /// The operating system said no.
    #[error("the command could not be started: {0}")]
    Start(String),
    /// The kernel has no sandbox and the approval was for a sandboxed run.
    #[error("this system cannot confine commands ({0}); it can be run unconfined if you approve that")]
    NoSandbox(String),
}

/// Runs commands.
pub trait Shell: Send + Sync {
    /// Whether commands can be confined here; if not, why.
    fn sandbox(&self) -> Result<(), String>;

    /// Whether a confined command has a network of its own, with a loopback and nothing else; if
    /// not, why. It then has no network at all.
    fn loopback(&self) -> Result<(), String>;

    /// True when a program of this name is on the path.
    fn has(&self, program: &str) -> bool;

    /// Runs a command in `root` in a process group of its own, with no terminal and nothing on
    /// standard input. Dropping the future, or its time limit, kills the whole group.
    fn run(
        &self,
        root: PathBuf,
        command: Approved<CommandLine>,
        output: OutputSink,
    ) -> BoxFuture<'static, Result<Outcome, ShellError>>;
}
