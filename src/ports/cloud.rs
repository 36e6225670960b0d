//! The cloud port: an AWS account. Reading is free of approval; changing it is one method that
//! takes one.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    cloud::{
        Account, AnalyzerFinding, ChangeSet, Drift, Function, LogLine, Place, Profile, Role, Simulated, Stack,
        StackEvent, StackResource, Validation,
        action::{CloudAction, Performed},
        failure::Failure,
        progress::STACK,
        remains::Remains,
    },
    gate::Approved,
    leftovers,
};

/// What went wrong, as a class that decides what the developer is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudErrorKind {
    /// AWS is off, or not built in.
    Off,
    /// No credentials were found.
    NoCredentials,
    /// They have expired.
    Expired,
    /// No region is set, or it does not exist.
    Region,
    /// The account says no.
    Denied,
    /// Too many requests, and waiting did not help.
    Throttled,
    /// No connection.
    Network,
    /// There is no such thing.
    NotFound,
    /// The request makes no sense to AWS: a bad template, a stack in the wrong state.
    Invalid,
    /// What is there is not what was approved.
    Moved,
    /// Anything else.
    Other,
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct CloudError {
    /// The class.
    pub kind: CloudErrorKind,
    /// One line: what failed and where.
    pub message: String,
    /// One line: what to do about it.
    pub remedy: String,
}

impl CloudError {
    /// Of this class.
    pub fn new(kind: CloudErrorKind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind, message: message.into(), remedy: remedy.into() }
    }
}

/// What a call gives.
pub type CloudResult<'a, T> = BoxFuture<'a, Result<T, CloudError>>;

/// One account in one region, as one identity.
///
/// Nothing is looked up, and no client is built, before the first call. Every call ends in bounded
/// time. Reading calls change nothing; drift detection counts as reading.
pub trait Cloud: Send + Sync {
    /// True when there is nothing behind it: every call is [`CloudErrorKind::Off`].
    fn is_off(&self) -> bool {
        false
    }

    /// True when something on this machine says that credentials could be found: a variable, a file of
    /// AWS, or the machine, which says that it is one of EC2. Opens no file of AWS and calls nobody.
    fn has_signs(&self) -> bool {
        !self.is_off()
    }

    /// True when a variable of the environment is set that a secret parameter is to be taken from when a
    /// preparation is sent. Its value is not read.
    fn has_variable(&self, name: &str) -> bool;

    /// What the developer chose to be.
    fn place(&self) -> Place;

    /// Goes on as somebody else or elsewhere. Nothing is called; what was known of the identity is
    /// forgotten.
    fn switch(&self, place: Place);

    /// The profiles to choose from, by name. Reads the files of AWS and calls nobody.
    fn profiles(&self) -> CloudResult<'_, Vec<Profile>>;

    /// Who we are. Asked of AWS once and remembered.
    fn identity(&self) -> CloudResult<'_, Account>;

    /// A stack by name or ARN; `None` where there is none.
    fn stack<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Stack>>;

    /// Its resources.
    fn resources<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<StackResource>>;

    /// What goes with it when it is deleted, and what stays, in the stacks inside it too. What may not be read
    /// is said in there.
    fn remains<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Remains> {
        Box::pin(remains(self, stack))
    }

    /// Its template as it was handed in; `None` where there is no such stack.
    fn template<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<String>>;

    /// A change set, described whole: every page, with its template. `None` where there is none.
    fn change_set<'a>(&'a self, stack: &'a str, name: &'a str) -> CloudResult<'a, Option<ChangeSet>>;

    /// Events of a stack, oldest first; those after the one with the id `after`, if it is given.
    fn events<'a>(&'a self, stack: &'a str, after: Option<&'a str>) -> CloudResult<'a, Vec<StackEvent>>;

    /// Why operations on a stack failed, as AWS tells it apart from the stack's events: what its checks
    /// found, and what hooks said. Of the making of the change set with the ARN `set`, else of what was
    /// done with the stack at `since` or later; oldest first, so many as one can read. `None` where
    /// nobody there knows such a question.
    fn failures<'a>(
        &'a self,
        stack: &'a str,
        set: Option<&'a str>,
        since: Timestamp,
    ) -> CloudResult<'a, Option<Vec<Failure>>>;

    /// A function by name or ARN.
    fn function<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Function>>;

    /// The functions of a stack, in the order of its resources.
    fn functions<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<Function>> {
        Box::pin(async move {
            let mut functions = Vec::new();
            for resource in self.resources(stack).await? {
                if resource.kind == "AWS::Lambda::Function" && !resource.physical.is_empty() {
                    functions.extend(self.function(&resource.physical).await?);
                }
            }
            Ok(functions)
        })
    }

    /// Lines of a function's log of the last `minutes`, oldest first, at most `limit`, the newest.
    fn logs<'a>(&'a self, function: &'a str, minutes: u32, limit: usize) -> CloudResult<'a, Vec<LogLine>>;

    /// A role by name or ARN.
    fn role<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Role>>;

    /// What AWS says of a template's text.
    fn validate<'a>(&'a self, template: &'a str) -> CloudResult<'a, Validation>;

    /// What policy documents (JSON) say of actions on resources.
    fn simulate<'a>(
        &'a self,
        policies: &'a [String],
        actions: &'a [String],
        resources: &'a [String],
    ) -> CloudResult<'a, Vec<Simulated>>;

    /// How a stack's resources differ from its template. Waits for AWS to have looked.
    fn drift<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<Drift>>;

    /// What Access Analyzer says of a policy document; `None` where the account has none.
    fn analyze<'a>(&'a self, policy: &'a str) -> CloudResult<'a, Option<Vec<AnalyzerFinding>>>;

    /// What a policy document permits that the one of before does not, by Access Analyzer, a line each;
    /// none when it permits nothing more; `None` where the account has no analyzer. AWS charges for it.
    fn gains<'a>(&'a self, before: &'a str, after: &'a str) -> CloudResult<'a, Option<Vec<String>>>;

    /// Does what was approved. Who we are is asked anew first: another account, role or region than
    /// approved is [`CloudErrorKind::Moved`]. So is a change set that, described again, is not exactly
    /// what was approved, and a stack to be deleted that has other resources.
    ///
    /// A preparation comes back when AWS has made the change set, or failed to, which the change set
    /// says. One by [`crate::domain::cloud::action::How::Cdk`] is the shell's to run, and refused here.
    /// It is sent once: what has an effect is not tried again after the connection broke.
    fn perform(&self, action: Approved<CloudAction>) -> CloudResult<'_, Performed>;
}

/// More stacks within one another, and deeper ones, are not looked into.
const MOST: usize = 50;
const DEEPEST: usize = 5;

async fn remains<C: Cloud + ?Sized>(cloud: &C, stack: &str) -> Result<Remains, CloudError> {
    let mut out = Remains::default();
    let (mut todo, mut seen) = (vec![(String::new(), stack.to_owned(), 0, None)], 0);
    while let Some((above, name, depth, kept)) = todo.pop() {
        seen += 1;
        let whose = if above.is_empty() { "the stack".to_owned() } else { above.trim_end_matches('/').to_owned() };
        if depth > DEEPEST || seen > MOST {
            out.unlisted = true;
            out.notes.push(format!("what is in {whose} is not listed: stacks lie too deep in one another"));
            continue;
        }
        let there = match cloud.resources(&name).await {
            Ok(there) => there,
            Err(error) if error.kind == CloudErrorKind::Denied => {
                out.unlisted = true;
                out.notes.push(format!("what is in {whose} could not be read: {error}"));
                continue;
            }
            // One inside that is gone took what was in it along.
            Err(error) if error.kind == CloudErrorKind::NotFound && depth > 0 => continue,
            Err(error) => return Err(error),
        };
        // Without anything in it there is no template to ask for either.
        let template = match there.is_empty() {
            true => None,
            false => match cloud.template(&name).await {
                Ok(template) => template,
                Err(error) if error.kind == CloudErrorKind::Denied => {
                    out.notes.push(format!("what becomes of what is in {whose} could not be read: {error}"));
                    None
                }
                Err(error) => return Err(error),
            },
        };
        let left = leftovers::of(&above, &there, template.as_deref(), kept);
        for inner in left.iter().filter(|l| l.kind == STACK) {
            let kept = inner.becomes.stays().then_some(inner.becomes);
            todo.push((format!("{}/", inner.id), inner.physical.clone(), depth + 1, kept));
        }
        out.left.extend(left);
    }
    out.left.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(out)
}
