//! Commands that are to be run in the worktree, and what became of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{
    digest::Digest,
    gate::{Reviewable, Subject},
};

/// Inside which bounds a command runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confinement {
    /// It writes in the worktree and a temporary directory only, and has no network.
    Sandboxed,
    /// It runs as the developer; the reason is shown with it.
    Unsandboxed {
        /// Why.
        reason: String,
    },
    /// It runs as the developer and with the credentials of their AWS account; the reason is shown
    /// with it. Only what prepares a deploy is run so.
    Account {
        /// Why.
        reason: String,
    },
}

/// One command line, as `sh -c` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CommandLine {
    /// The whole text.
    pub text: String,
    /// Its time limit, in seconds.
    pub timeout_s: u32,
    /// Its bounds.
    pub confinement: Confinement,
}

impl Reviewable for CommandLine {
    fn subject(&self) -> Subject {
        Subject::Command
    }

    fn digest(&self) -> Digest {
        let confinement = match &self.confinement {
            Confinement::Sandboxed => "sandboxed".to_owned(),
            Confinement::Unsandboxed { reason } => format!("unsandboxed: {reason}"),
            Confinement::Account { reason } => format!("account: {reason}"),
        };
        let timeout = self.timeout_s.to_string();
        Digest::of_fields([b"command".as_slice(), self.text.as_bytes(), timeout.as_bytes(), confinement.as_bytes()])
    }
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
    /// It ran into its time limit and was killed with everything it had started.
    TimedOut,
    /// The developer stopped it.
    Stopped,
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
            Self::TimedOut => f.write_str("out of time"),
            Self::Stopped => f.write_str("stopped by you"),
        }
    }
}

/// What a command left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub exit: Exit,
    /// Standard output and error in the order they came, control sequences removed, its middle cut
    /// out where it is long.
    pub output: String,
    /// How many bytes were cut out.
    pub omitted: u64,
    /// How long it ran.
    pub elapsed: Duration,
}

impl Outcome {
    /// True when it exited with 0.
    pub fn succeeded(&self) -> bool {
        self.exit == Exit::Code(0)
    }
}
