//! An AWS account as data: who we are there, its stacks, a change set, and what may be done to it.
//!
//! Reading needs no approval. Everything that changes an account is one [`action::CloudAction`] and
//! passes the gate as such. Templates and what they mean are [`crate::domain::stack`]'s business.

pub mod action;
pub mod assembly;
pub mod desk;
pub mod failure;
pub mod prepare;
pub mod progress;
pub mod remains;
pub mod sight;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who we are, and where: part of everything that is approved about an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The ARN of the user or assumed role.
    pub arn: String,
    /// The region, `eu-west-1`.
    pub region: String,
    /// The profile, when one was chosen.
    pub profile: Option<String>,
}

impl Account {
    /// Who, without the account: the role or the user, `Admin` or `ada`.
    pub fn who(&self) -> &str {
        let name = self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn);
        match name.split_once('/') {
            // The session's name is chosen by whoever took the role; the role is what decides.
            Some(("assumed-role", role)) => role.split('/').next().unwrap_or(role),
            Some((_, user)) => user.rsplit('/').next().unwrap_or(user),
            None => name,
        }
    }

    /// Leaves the session's name out of the ARN of an assumed role.
    pub fn settle(&mut self) {
        if let Some((before, rest)) = self.arn.split_once(":assumed-role/") {
            let role = rest.split('/').next().unwrap_or(rest);
            self.arn = format!("{before}:assumed-role/{role}");
        }
    }

    /// The same identity in the same account and region, whatever the session is called.
    pub fn is_same(&self, other: &Self) -> bool {
        let settled = |account: &Self| {
            let mut account = account.clone();
            account.settle();
            (account.id, account.arn, account.region)
        };
        settled(self) == settled(other)
    }
}

/// What the developer chose to be: empty fields are left to the environment and the files of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The profile.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl Place {
    /// A choice that was typed or came from a list: names without what no name has.
    ///
    /// # Errors
    /// One line: what is no name.
    pub fn chosen(profile: Option<&str>, region: Option<&str>) -> Result<Self, String> {
        let given = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let (profile, region) = (given(profile), given(region));
        if let Some(name) = profile.as_ref().filter(|n| n.len() > 128 || n.chars().any(char::is_control)) {
            return Err(format!("{name:?} is no name of a profile"));
        }
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match region.as_ref().filter(|r| r.len() > 32 || !r.chars().all(fine)) {
            Some(region) => Err(format!("{region:?} is no name of a region; one is `eu-west-1`")),
            None => Ok(Self { profile, region }),
        }
    }

    /// In words, for a line.
    pub fn words(&self) -> String {
        let region = self.region.as_ref().map(|r| format!(", {r}")).unwrap_or_default();
        match &self.profile {
            Some(profile) => format!("profile {profile}{region}"),
            None => format!("no profile of its own{region}"),
        }
    }
}

/// A profile in the files of AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its region, where the files say one.
    pub region: Option<String>,
}

/// A stack as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// CloudFormation's word: `UPDATE_COMPLETE`.
    pub status: String,
    /// Why it is in it, where AWS says so.
    pub reason: Option<String>,
    /// When it was last updated, or created.
    pub changed: Option<Timestamp>,
    /// Parameters and their values; AWS hides those that are `NoEcho`.
    pub parameters: Vec<(String, String)>,
    /// Outputs and their values.
    pub outputs: Vec<(String, String)>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// What it may create: `CAPABILITY_IAM`.
    pub capabilities: Vec<String>,
    /// It is protected from deletion.
    pub protected: bool,
}

impl Stack {
    /// It is what a failure left: its creation did not succeed, or its deletion. Nobody relies on it as
    /// a stack, and all that AWS permits is to delete it.
    pub fn is_remains(&self) -> bool {
        matches!(
            self.status.as_str(),
            "REVIEW_IN_PROGRESS" | "CREATE_FAILED" | "ROLLBACK_FAILED" | "ROLLBACK_COMPLETE" | "DELETE_FAILED"
        )
    }
}

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackResource {
    /// Its logical id in the template.
    pub id: String,
    /// Its physical id; empty while there is none.
    pub physical: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// CloudFormation's word.
    pub status: String,
    /// Why, where AWS says so.
    pub reason: Option<String>,
}

/// One event of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackEvent {
    /// The event's id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The stack's ARN; that of a nested stack differs from its parent's.
    pub stack: String,
    /// The resource's logical id; the stack's name for the stack itself.
    pub resource: String,
    /// Its physical id.
    pub physical: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// CloudFormation's word.
    pub status: String,
    /// Why, where AWS says so.
    pub reason: Option<String>,
}

/// What a change set does to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAction {
    /// It is created.
    Add,
    /// It is changed.
    Modify,
    /// It is deleted.
    Remove,
    /// It is taken into the stack.
    Import,
    /// Only known when it is done.
    Dynamic,
}

/// Whether a resource is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replacement {
    /// It stays.
    No,
    /// Depends on what is only known when it is done.
    Maybe,
    /// A new one is made, and the old one goes.
    Yes,
}

/// One property that changes in a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SetDetail {
    /// `Properties`, `Tags`, `Metadata`, …
    pub attribute: String,
    /// The property's name or path; empty for what is no property.
    pub name: String,
    /// `Never`, `Conditionally`, `Always`; empty when AWS does not say.
    pub recreation: String,
    /// What caused it: `DirectModification`, `ResourceReference`, …
    pub cause: String,
    /// The value before, where AWS says it.
    pub before: Option<String>,
    /// The value after, where AWS says it.
    pub after: Option<String>,
}

/// One resource in a change set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SetChange {
    /// The logical id.
    pub id: String,
    /// The physical id; empty where there is none yet.
    pub physical: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// What happens.
    pub action: SetAction,
    /// Whether it is made anew.
    pub replacement: Replacement,
    /// What happens to the old one: `Delete`, `Retain`, `Snapshot`; empty when AWS does not say.
    pub policy: String,
    /// Which properties.
    pub details: Vec<SetDetail>,
}

/// A change set, described whole. Executing it needs the approval of exactly this.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Where it would be executed, and as whom.
    pub account: Account,
    /// The stack's name.
    pub stack: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// True when the stack does not exist yet.
    pub creates: bool,
    /// CloudFormation's word: `CREATE_COMPLETE`.
    pub status: String,
    /// `AVAILABLE` when it can be executed.
    pub execution: String,
    /// Why it failed, where it did: "didn't contain changes".
    pub reason: Option<String>,
    /// Resources, in AWS's order.
    pub changes: Vec<SetChange>,
    /// Parameters.
    pub parameters: Vec<(String, String)>,
    /// What it may create.
    pub capabilities: Vec<String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// What else decides what happens, by AWS's names: `OnStackFailure`, `NotificationARN`, …
    #[serde(default)]
    pub options: Vec<(String, String)>,
    /// The template that it carries, as text.
    pub template: String,
    /// The change sets of the stacks inside, described whole too.
    #[serde(default)]
    pub nested: Vec<ChangeSet>,
}

impl ChangeSet {
    /// Leaves the session's name out, in the stacks inside too.
    pub fn settle(&mut self) {
        self.account.settle();
        self.nested.iter_mut().for_each(Self::settle);
    }

    /// The change sets of the stacks inside, each with the logical ids that lead to it: `Net/Deep`.
    pub fn inside(&self) -> Vec<(String, &Self)> {
        let mut out = Vec::new();
        for inner in &self.nested {
            // A stack that is there has its ARN; a new one is named after its parent and its logical id.
            let is_it = |c: &&SetChange| {
                let named = inner.stack.strip_prefix(&format!("{}-{}", self.stack, c.id));
                c.physical == inner.stack_id || named.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            let stacks = || self.changes.iter().filter(|c| c.kind == progress::STACK);
            let known = stacks().find(|c| !c.physical.is_empty() && c.physical == inner.stack_id);
            let id = known.or_else(|| stacks().find(is_it)).map_or(&inner.stack, |c| &c.id);
            out.push((id.clone(), inner));
            out.extend(inner.inside().into_iter().map(|(path, deeper)| (format!("{id}/{path}"), deeper)));
        }
        out
    }
}

/// A Lambda function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `nodejs22.x`; empty for an image.
    pub runtime: String,
    /// `index.handler`; empty for an image.
    pub handler: String,
    /// Megabytes of memory.
    pub memory_mb: u32,
    /// Seconds until it is stopped.
    pub timeout_s: u32,
    /// Bytes of its package.
    pub code_bytes: u64,
    /// Names of its environment variables; values are never read.
    pub environment: Vec<String>,
    /// The ARN of its role.
    pub role: String,
    /// `Active`, `Pending`, …
    pub state: String,
    /// When it was last changed, as AWS writes it.
    pub changed: String,
}

/// A role, with all that it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who may take it: a policy document in JSON.
    pub trust: String,
    /// Its policies, inline and attached: name and document in JSON.
    pub policies: Vec<(String, String)>,
    /// The ARN of its permissions boundary.
    pub boundary: Option<String>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Timestamp,
    /// The line, as it was written.
    pub text: String,
}

/// What AWS says of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validation {
    /// Parameters: name, default, description.
    pub parameters: Vec<(String, Option<String>, Option<String>)>,
    /// What it needs to be permitted: `CAPABILITY_IAM`.
    pub capabilities: Vec<String>,
    /// Why, in AWS's words.
    pub why: Option<String>,
}

/// What a policy says of one action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulated {
    /// `s3:GetObject`.
    pub action: String,
    /// On what.
    pub resource: String,
    /// `allowed`, `implicitDeny`, `explicitDeny`.
    pub decision: String,
}

/// How one resource has drifted from its template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The logical id.
    pub id: String,
    /// The physical id.
    pub physical: String,
    /// `AWS::IAM::Role`.
    pub kind: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED`, `NOT_CHECKED`.
    pub status: String,
    /// Each property that differs: path, expected, actual, `ADD`, `REMOVE` or `NOT_EQUAL`.
    pub differences: Vec<(String, String, String, String)>,
}

/// A finding of IAM Access Analyzer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalyzerFinding {
    /// `ERROR`, `SECURITY_WARNING`, `SUGGESTION`, `WARNING`.
    pub kind: String,
    /// AWS's code: `PASS_ROLE_WITH_STAR_IN_RESOURCE`.
    pub code: String,
    /// What is wrong, in AWS's words.
    pub text: String,
    /// Where to read on.
    pub link: String,
}
