//! What is asked of an account, what stands at its gate, and what became of it: the state beside
//! documents, tasks and merge, as the journal tells it.
//!
//! It decides nothing: [`crate::domain::phase`] says what may be, and the agent does it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Account, Place, StackEvent,
    action::{CloudAction, Performed},
    progress::{Reason, StackEnd},
};
use crate::domain::{
    command::{CommandLine, Outcome},
    digest::Digest,
    gate::{Decision, Reviewable, Subject},
    phase::{CloudItem, CloudKind},
};

/// What the developer wants of the account. Each of these only looks; what changes anything comes to
/// the gate first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloudAsk {
    /// Bring the templates of the repository into the account.
    Deploy(Target),
    /// Make the templates of an app, and nothing more.
    Synthesise {
        /// The directory of the app; found when there is only one.
        #[serde(default)]
        app: Option<String>,
    },
    /// Look at a change set that is there, and ask whether it is to be executed.
    Review {
        /// In which stack.
        stack: String,
        /// Its name.
        change_set: String,
        /// The commit that it was made from, hex.
        commit: String,
    },
    /// Stop what goes on in the account.
    Stop,
    /// Put away what a failed deploy left.
    CleanUp,
    /// Let the agent mend what made a deploy fail.
    Mend,
    /// Call a function once.
    Invoke {
        /// Its name or ARN.
        function: String,
        /// The event, in JSON.
        payload: String,
    },
}

/// Which templates, and into which stack. What is left out is found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The directory of a CDK app, or a template's path.
    #[serde(default)]
    pub app: Option<String>,
    /// The stack's name.
    #[serde(default)]
    pub stack: Option<String>,
    /// Parameters. Their values are not recorded before a template says that they are no secrets
    /// ([`Target::withheld`]).
    #[serde(default)]
    pub parameters: Vec<(String, String)>,
    /// The bucket for a template that is too large for a request.
    #[serde(default)]
    pub bucket: Option<String>,
    /// Secret parameters, each with the variable of the environment that has its value.
    #[serde(default)]
    pub secrets: Vec<(String, String)>,
    /// Why the template has to be made outside of the sandbox, where it has to.
    #[serde(default)]
    pub unconfined: Option<String>,
}

/// What stands in a record for the value of a parameter, of which it is not known yet that it is no
/// secret.
const WITHHELD: &str = "(not recorded)";

impl Target {
    /// The same as it may be recorded: without the values of parameters, since only the template says
    /// which of them are secret.
    pub fn withheld(&self) -> Self {
        let parameters = self.parameters.iter().map(|(name, _)| (name.clone(), WITHHELD.to_owned()));
        Self { parameters: parameters.collect(), ..self.clone() }
    }

    /// The values that it has, of parameters whose value was not left out.
    pub fn values(&self) -> impl Iterator<Item = &(String, String)> {
        self.parameters.iter().filter(|(_, value)| value != WITHHELD)
    }

    /// The same with the values that were left out.
    ///
    /// # Errors
    /// The name of a parameter whose value is not among these.
    pub fn restored(&self, values: &[(String, String)]) -> Result<Self, String> {
        let mut restored = self.clone();
        for (name, value) in restored.parameters.iter_mut().filter(|(_, value)| value == WITHHELD) {
            let known = values.iter().find(|(given, _)| given == name);
            known.ok_or_else(|| name.clone())?.1.clone_into(value);
        }
        Ok(restored)
    }

    /// Reads what was typed, a line each: `app PATH`, `stack NAME`, `bucket NAME`, `secret NAME=VARIABLE`,
    /// and `NAME=VALUE` for a parameter. Empty lines say nothing.
    ///
    /// # Errors
    /// The line that cannot be read.
    pub fn read(words: &str) -> Result<Self, String> {
        let mut target = Self::default();
        for line in words.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let pair = |text: &str| text.split_once('=').map(|(n, v)| (n.trim().to_owned(), v.trim().to_owned()));
            match line.split_once(char::is_whitespace).map(|(word, rest)| (word, rest.trim())) {
                Some(("app", path)) => target.app = Some(path.to_owned()),
                Some(("stack", name)) => target.stack = Some(name.to_owned()),
                Some(("bucket", name)) => target.bucket = Some(name.to_owned()),
                Some(("secret", rest)) if pair(rest).is_some() => target.secrets.extend(pair(rest)),
                _ => match pair(line) {
                    Some((name, value)) if !name.is_empty() && !name.contains(' ') => {
                        target.parameters.push((name, value));
                    }
                    Some(_) | None => {
                        return Err(format!("`{line}` is none of: app, stack, bucket, secret, NAME=VALUE"));
                    }
                },
            }
        }
        Ok(target)
    }
}

/// What is to be looked at next, when nothing stands at the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// What was asked for.
    Asked,
    /// The assembly that was just made.
    Assembled,
}

/// What a command on this machine is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Packages that the project's own tools need.
    Install,
    /// The template is made from the project's code.
    Synthesise,
}

/// What stands at the gate of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A command on this machine, as any other command.
    Local {
        /// The command.
        line: CommandLine,
        /// What for.
        purpose: Purpose,
    },
    /// An action on the account.
    Action(Box<CloudAction>),
}

impl Step {
    /// What the gates know of it.
    pub fn item(&self) -> CloudItem {
        let kind = match self {
            Self::Local { .. } => CloudKind::Local,
            Self::Action(action) => match action.as_ref() {
                CloudAction::Prepare(_) => CloudKind::Prepare,
                CloudAction::Deploy { .. }
                | CloudAction::CancelUpdate { .. }
                | CloudAction::CancelCreate { .. }
                | CloudAction::DropChangeSet { .. }
                | CloudAction::DeleteStack { .. }
                | CloudAction::ContinueRollback { .. }
                | CloudAction::Invoke { .. } => CloudKind::Act,
            },
        };
        CloudItem { digest: self.digest(), kind }
    }

    /// What it is, in one line.
    pub fn about(&self) -> String {
        match self {
            Self::Local { line, .. } => line.text.clone(),
            Self::Action(action) => action.about(),
        }
    }
}

impl Reviewable for Step {
    fn subject(&self) -> Subject {
        match self {
            Self::Local { line, .. } => line.subject(),
            Self::Action(action) => action.subject(),
        }
    }

    fn digest(&self) -> Digest {
        match self {
            Self::Local { line, .. } => line.digest(),
            Self::Action(action) => action.digest(),
        }
    }
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepDone {
    /// A command ran to its end.
    Ran(Outcome),
    /// The account did it.
    Performed(Performed),
}

/// What is known for the review of a step that brings a template, beside that template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The templates of the stacks inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Within>,
    /// The calls of AWS in the code, as actions of IAM: `s3:getobject`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub calls: BTreeSet<String>,
}

/// A stack within a stack: its template as it is deployed and as it will be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    /// The logical ids that lead to it: `Network/Subnets`.
    pub path: String,
    /// As it is deployed; none where it is new.
    #[serde(default)]
    pub before: Option<String>,
    /// As it will be; none where it goes.
    #[serde(default)]
    pub after: Option<String>,
}

/// A step at the gate, with what is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtGate {
    /// The step.
    pub step: Step,
    /// Why it is asked for.
    pub why: String,
    /// What to look at twice.
    pub notes: Vec<String>,
    /// The template that is deployed now, for a step that brings another.
    pub base: Option<String>,
    /// What else is known for its review.
    pub known: Known,
    /// The decision on it, once there is one.
    pub decision: Option<Decision>,
}

/// A change set that AWS could not make, for reasons that somebody can mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmade {
    /// Where, and as whom.
    pub account: Account,
    /// The stack's name.
    pub stack: String,
    /// Its name.
    pub change_set: String,
    /// Why, what can be mended first.
    pub reasons: Vec<Reason>,
}

/// Something that the account carries out by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// What stands for it at the gates.
    pub digest: Digest,
    /// What it is, in one line.
    pub about: String,
    /// Where.
    pub account: Account,
    /// The stack's name.
    pub stack: String,
    /// The stack's ARN, where it is known.
    #[serde(default)]
    pub stack_id: String,
    /// The change set that is executed, where it is one.
    #[serde(default)]
    pub change_set: Option<String>,
    /// The commit it was made from, hex; empty when nobody here knows.
    #[serde(default)]
    pub commit: String,
    /// What was announced: logical id and kind of each resource that changes.
    #[serde(default)]
    pub expected: Vec<(String, String)>,
    /// True when the stack is deleted.
    #[serde(default)]
    pub deletes: bool,
    /// True when a rollback that failed goes on, whose end is what was asked for.
    #[serde(default)]
    pub rolls_back: bool,
    /// The stack's last event before it began.
    #[serde(default)]
    pub after: Option<String>,
}

impl Deployment {
    /// What an action begins, where the account carries it out by itself.
    pub fn of(action: &CloudAction, after: Option<String>) -> Option<Self> {
        let digest = action.digest();
        let (about, account) = (action.about(), action.account().clone());
        let bare = |stack: &str| Self {
            digest,
            about: about.clone(),
            account: account.clone(),
            stack: stack.to_owned(),
            stack_id: String::new(),
            change_set: None,
            commit: String::new(),
            expected: Vec::new(),
            deletes: false,
            rolls_back: false,
            after: after.clone(),
        };
        match action {
            CloudAction::Deploy { set, commit } => Some(Self {
                stack_id: set.stack_id.clone(),
                change_set: Some(set.name.clone()),
                commit: commit.clone(),
                expected: set.changes.iter().map(|c| (c.id.clone(), c.kind.clone())).collect(),
                ..bare(&set.stack)
            }),
            CloudAction::DeleteStack { stack, resources, .. } => Some(Self {
                expected: resources.iter().map(|(id, kind, _)| (id.clone(), kind.clone())).collect(),
                deletes: true,
                ..bare(stack)
            }),
            CloudAction::ContinueRollback { stack, .. } => Some(Self { rolls_back: true, ..bare(stack) }),
            CloudAction::Prepare(_)
            | CloudAction::CancelUpdate { .. }
            | CloudAction::CancelCreate { .. }
            | CloudAction::DropChangeSet { .. }
            | CloudAction::Invoke { .. } => None,
        }
    }
}

/// A deployment with what is known of how it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Going {
    /// What it is.
    pub deployment: Deployment,
    /// When it began.
    pub began: Timestamp,
    /// Its events, in the order they came.
    pub events: Vec<StackEvent>,
    /// How it ended, and when.
    pub ended: Option<(StackEnd, Timestamp)>,
    /// The developer had it stopped.
    pub stopped: bool,
}

impl Going {
    /// It has just begun.
    pub fn new(deployment: Deployment, began: Timestamp) -> Self {
        Self { deployment, began, events: Vec::new(), ended: None, stopped: false }
    }

    /// It was stopped, or its stack deleted, before its end: there is nothing to be mended.
    pub fn was_stopped(&self) -> bool {
        let deleted = |end: &StackEnd| end.status == "DELETE_COMPLETE" && !self.deployment.deletes;
        self.stopped || self.ended.as_ref().is_some_and(|(end, _)| deleted(end))
    }
}

/// What came about in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// A function answered.
    Answer,
    /// A deploy came to its end.
    End,
}

/// Everything that is known of the account in this spec.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Whom and where the developer chose to be in this spec, since it was last chosen.
    pub place: Option<Place>,
    /// What was asked for last.
    pub ask: Option<CloudAsk>,
    /// What was to be deployed last.
    pub target: Option<Target>,
    /// What is to be looked at next.
    pub stage: Option<Stage>,
    /// What was asked for came to nothing, and asking again may help.
    pub again: bool,
    /// What stands at the gate, or is being done.
    pub at_gate: Option<AtGate>,
    /// The deploy that goes on, or the one that ended last.
    pub going: Option<Going>,
    /// The stack that was spoken of last, and its change set, where there is one.
    pub stack: Option<(String, Option<String>)>,
    /// The change set that could not be made, when that is what came of what was asked for.
    pub unmade: Option<Unmade>,
    /// The stacks inside it, as they were when that change set was prepared.
    pub inside: Vec<Within>,
    /// The last call of a function, and its answer.
    pub answered: Option<(CloudAction, Performed)>,
    /// What came about last and nothing was asked for since: which, and by which record.
    pub result: Option<(Came, u64)>,
}

impl Desk {
    /// The deploy that has not come to its end.
    pub fn unfinished(&self) -> Option<&Going> {
        self.going.as_ref().filter(|g| g.ended.is_none())
    }

    /// The last deploy, when it failed.
    pub fn failed(&self) -> Option<(&Going, &StackEnd)> {
        let going = self.going.as_ref()?;
        let (end, _) = going.ended.as_ref()?;
        (!end.succeeded).then_some((going, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_a_target() {
        let words = "app infra\n\n stack Web \nStage = prod\nNote=a = b\nsecret Password=DB_PASSWORD\nbucket b\n";
        let target = Target::read(words).unwrap();
        assert_eq!((target.app.as_deref(), target.stack.as_deref()), (Some("infra"), Some("Web")));
        let pairs: Vec<_> = target.parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("Stage", "prod"), ("Note", "a = b")]);
        assert_eq!(target.secrets, [("Password".to_owned(), "DB_PASSWORD".to_owned())]);
        assert_eq!((target.bucket.as_deref(), target.unconfined), (Some("b"), None));
        assert_eq!(Target::read(""), Ok(Target::default()));
        for wrong in ["stack", "hello there", "secret Password", "two words=x"] {
            assert!(Target::read(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_target_is_recorded_without_values_and_is_whole_again_with_them() {
        let target = Target::read("Stage=prod\nPassword=hunter2\nsecret Token=VARIABLE").unwrap();
        let kept = target.withheld();
        let text = serde_json::to_string(&kept).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("prod") && text.contains("VARIABLE"), "{text}");
        assert_eq!((target.values().count(), kept.values().count()), (2, 0));
        assert_eq!(kept.restored(&target.parameters), Ok(target.clone()));
        assert_eq!(kept.restored(&target.parameters[..1]), Err("Password".to_owned()));
        assert_eq!(target.restored(&[]), Ok(target.clone()), "records of before have their values");
    }
}
