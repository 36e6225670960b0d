//! Why a command ends without having done what it was asked: words and an exit code.

use std::io;

use crate::{cli::exit, config::ConfigErrors, ports::vcs::VcsError};

/// What goes to standard error, and the code to end with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// One of [`exit`].
    pub code: u8,
    /// What went wrong and what to do.
    pub message: String,
}

impl Failure {
    /// A failure with its code.
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        Self::new(exit::CONFIGURATION, errors.to_string())
    }
}

impl From<VcsError> for Failure {
    fn from(error: VcsError) -> Self {
        let code = match &error {
            VcsError::NoRepository(_)
            | VcsError::NoCommit
            | VcsError::NoIdentity
            | VcsError::Detached
            | VcsError::Blocked(_) => exit::REPOSITORY,
            VcsError::Dirty(_)
            | VcsError::Conflict { .. }
            | VcsError::Moved(_)
            | VcsError::NothingToMerge(_)
            | VcsError::Git(_) => exit::FAILURE,
        };
        Self::new(code, error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // A reader that has seen enough, such as `head`, is no failure.
        let code = if error.kind() == io::ErrorKind::BrokenPipe { exit::OK } else { exit::FAILURE };
        Self::new(code, error.to_string())
    }
}
