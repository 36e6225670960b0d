//! Where the account stands.

use serde::{Deserialize, Serialize};

use crate::domain::{digest::Digest, gate::Subject};

/// How an action at the gate of the account can end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudKind {
    /// A command on this machine, such as the one that makes the template. It touches no account, and
    /// an earlier permission for exactly this command covers it.
    Local,
    /// Assets and a change set are made. It can be stopped: nothing that runs is changed by it.
    Prepare,
    /// Everything else. It is one request, and ends by itself.
    Act,
}

/// Something at the gate of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CloudItem {
    /// Which bytes.
    pub digest: Digest,
    /// How it can end.
    pub kind: CloudKind,
}

impl CloudItem {
    /// What its gate is called.
    pub fn subject(self) -> Subject {
        match self.kind {
            CloudKind::Local => Subject::Command,
            CloudKind::Prepare | CloudKind::Act => Subject::Cloud,
        }
    }
}

/// Where the account stands: beside the documents, the tasks and the merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// Nothing is asked of it.
    #[default]
    Idle,
    /// Something waits for the developer.
    Review {
        /// What.
        item: CloudItem,
        /// The deploy that goes on in the account meanwhile.
        behind: Option<Digest>,
    },
    /// What was approved is being done.
    Doing {
        /// What.
        item: CloudItem,
        /// The deploy that goes on in the account meanwhile.
        behind: Option<Digest>,
    },
    /// The account carries it out by itself, and is followed.
    Running {
        /// What was approved for it.
        digest: Digest,
    },
}

impl Cloud {
    /// Where it stands when what is at the gate has gone.
    pub(super) fn after(behind: Option<Digest>) -> Self {
        behind.map_or(Self::Idle, |digest| Self::Running { digest })
    }
}
