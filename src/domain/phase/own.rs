//! Where the developer's own changes of the worktree stand.

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;

/// What the developer changed in the worktree past this program, and what becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// There is none, or all of it is answered.
    #[default]
    None,
    /// It waits for the developer, and the agent with it.
    Review {
        /// What.
        digest: Digest,
    },
    /// The developer left it open: work goes on, but no task is closed before it is answered.
    Open {
        /// What.
        digest: Digest,
    },
    /// The developer does not want it. That it is put back destroys work, and is asked by itself.
    Back {
        /// The putting back.
        digest: Digest,
        /// Of what.
        of: Digest,
    },
    /// Approved, and being put back.
    PuttingBack {
        /// The putting back.
        digest: Digest,
        /// Of what.
        of: Digest,
    },
}

impl Own {
    /// True while it waits for the developer or is being put back: nothing else goes on meanwhile.
    pub fn is_busy(self) -> bool {
        match self {
            Self::Review { .. } | Self::Back { .. } | Self::PuttingBack { .. } => true,
            Self::None | Self::Open { .. } => false,
        }
    }
}
