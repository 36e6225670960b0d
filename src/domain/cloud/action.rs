//! What may be done to an account. One type, one gate, one method of the port.
//!
//! Always holds: every field that decides what happens is in the digest, the account among them.

use serde::{Deserialize, Serialize};

use super::{Account, ChangeSet, remains::Becomes};
use crate::domain::{
    command::CommandLine,
    digest::Digest,
    gate::{Approved, Grants, Reviewable, Subject},
};

/// A file or an image that has to be in the account before the stack can be made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Asset {
    /// The id in the cloud assembly.
    pub id: String,
    /// Where it lies, relative to the assembly.
    pub path: String,
    /// Its bytes, of all files together.
    pub bytes: u64,
}

/// How a change set is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// From the template's text, by CloudFormation itself.
    Template,
    /// By the project's own CDK command, which publishes the assets too. It needs the network and the
    /// account's credentials.
    Cdk(CommandLine),
}

/// Making a change set: assets and template go to the account, and nothing is executed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Preparation {
    /// Where, and as whom.
    pub account: Account,
    /// The stack's name.
    pub stack: String,
    /// The change set's name.
    pub change_set: String,
    /// The template's whole text.
    pub template: String,
    /// The bucket that the template goes to when it is larger than AWS takes with a request.
    #[serde(default)]
    pub bucket: Option<String>,
    /// Parameters. Those of the stack that are not named here keep their values.
    pub parameters: Vec<(String, String)>,
    /// Secret parameters, each with the variable of the environment that its value is taken from when
    /// it is sent; the value itself is never here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<(String, String)>,
    /// What the template needs to be permitted.
    pub capabilities: Vec<String>,
    /// What is published.
    pub assets: Vec<Asset>,
    /// The commit that the template was made from, hex.
    pub commit: String,
    /// How.
    pub how: How,
}

/// One action on an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudAction {
    /// Publish assets and make a change set.
    Prepare(Box<Preparation>),
    /// Execute a change set.
    Deploy {
        /// Exactly this one.
        set: Box<ChangeSet>,
        /// The commit that it was made from, hex.
        commit: String,
    },
    /// Stop an update that is under way; CloudFormation rolls it back.
    CancelUpdate {
        /// Where.
        account: Account,
        /// Which stack.
        stack: String,
    },
    /// Stop a creation that is under way: CloudFormation knows one way, which is to delete the stack with
    /// what it has made so far.
    CancelCreate {
        /// Where.
        account: Account,
        /// Which stack.
        stack: String,
        /// Its ARN: another one of the name is another one.
        id: String,
    },
    /// Delete a change set that is not wanted.
    DropChangeSet {
        /// Where.
        account: Account,
        /// Which stack.
        stack: String,
        /// Its name or ARN.
        change_set: String,
    },
    /// Delete what a failure left of a stack ([`super::Stack::is_remains`]); another one is refused.
    DeleteStack {
        /// Where.
        account: Account,
        /// Which stack.
        stack: String,
        /// What is in it, in the stacks inside too: logical id, kind, physical id.
        resources: Vec<(String, String, String)>,
        /// What becomes of each of these, in their order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        becomes: Vec<Becomes>,
        /// The account does not say what is in it, or not all.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unlisted: bool,
    },
    /// Go on with a rollback that failed.
    ContinueRollback {
        /// Where.
        account: Account,
        /// Which stack.
        stack: String,
    },
    /// Call a function.
    Invoke {
        /// Where.
        account: Account,
        /// Its name or ARN.
        function: String,
        /// The event, in JSON.
        payload: String,
    },
}

impl CloudAction {
    /// Where it happens, and as whom.
    pub fn account(&self) -> &Account {
        match self {
            Self::Prepare(p) => &p.account,
            Self::Deploy { set, .. } => &set.account,
            Self::CancelUpdate { account, .. }
            | Self::CancelCreate { account, .. }
            | Self::DropChangeSet { account, .. }
            | Self::DeleteStack { account, .. }
            | Self::ContinueRollback { account, .. }
            | Self::Invoke { account, .. } => account,
        }
    }

    /// What it is, in one line: the ledger's words.
    pub fn about(&self) -> String {
        let Account { id, region, .. } = self.account();
        let who = self.account().who();
        let what = match self {
            Self::Prepare(p) => format!("change set {} of stack {} from commit {}", p.change_set, p.stack, p.commit),
            Self::Deploy { set, commit } => {
                format!("deploy of stack {} by change set {} from commit {commit}", set.stack, set.name)
            }
            Self::CancelUpdate { stack, .. } => format!("stop of the update of stack {stack}"),
            Self::CancelCreate { stack, .. } => format!("stop of the creation of stack {stack}, which deletes it"),
            Self::DropChangeSet { stack, change_set, .. } => format!("removal of change set {change_set} of {stack}"),
            Self::DeleteStack { stack, .. } => format!("deletion of stack {stack}"),
            Self::ContinueRollback { stack, .. } => format!("end of the rollback of stack {stack}"),
            Self::Invoke { function, .. } => format!("test call of function {function}"),
        };
        format!("{what} in account {id}, {region}, as {who}")
    }
}

impl Reviewable for CloudAction {
    fn subject(&self) -> Subject {
        Subject::Cloud
    }

    fn digest(&self) -> Digest {
        // The name of a session is another with each sign-in: the role decides, and is in it.
        let mut bound = self.clone();
        match &mut bound {
            Self::Prepare(p) => p.account.settle(),
            Self::Deploy { set, .. } => set.settle(),
            Self::CancelUpdate { account, .. }
            | Self::CancelCreate { account, .. }
            | Self::DropChangeSet { account, .. }
            | Self::DeleteStack { account, .. }
            | Self::ContinueRollback { account, .. }
            | Self::Invoke { account, .. } => account.settle(),
        }
        // serde_json writes fields as declared, and there is no map in it. What cannot be written has
        // the digest of its own words, so that no two actions share one.
        let bytes = serde_json::to_vec(&bound).unwrap_or_else(|_| format!("{bound:?}").into_bytes());
        Digest::of_fields([b"cloud".as_slice(), &bytes])
    }
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Performed {
    /// It is done, or has begun and is followed by the stack's events.
    Accepted,
    /// A function has answered.
    Answered {
        /// Its answer, as text.
        payload: String,
        /// `Handled`, `Unhandled`; none when it ended well.
        error: Option<String>,
        /// The end of its log.
        log: String,
        /// How long it took, in milliseconds.
        millis: u64,
    },
}

/// The command that an approved preparation runs: it was shown whole, and is part of the digest.
impl Grants<Option<CommandLine>> for CloudAction {
    fn granted(approval: &Approved<Self>) -> Option<CommandLine> {
        match approval.item() {
            Self::Prepare(preparation) => match &preparation.how {
                How::Cdk(line) => Some(line.clone()),
                How::Template => None,
            },
            Self::Deploy { .. }
            | Self::CancelUpdate { .. }
            | Self::CancelCreate { .. }
            | Self::DropChangeSet { .. }
            | Self::DeleteStack { .. }
            | Self::ContinueRollback { .. }
            | Self::Invoke { .. } => None,
        }
    }
}
