//! An account in memory, for tests and for trying things without one: stacks from JSON templates
//! with change sets, events, rollback and drift; functions, roles and policies; and faults.
//!
//! Faithful in what the port promises, and no further: a resource is its type and its properties,
//! it replaces itself when its name changes, and a function answers what it was told to. What always
//! holds: the same calls give the same account; time is counted, not read.

mod calls;
mod engine;
mod template;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use self::engine::Held;
use crate::{
    domain::cloud::{
        Account, AnalyzerFinding, ChangeSet, Drift, Function, LogLine, Place, Profile, Role, StackResource,
        failure::Failure,
    },
    ports::cloud::{CloudError, CloudErrorKind},
};

/// An account in memory. Clones are the same account.
#[derive(Clone)]
pub struct MemoryCloud(Arc<Mutex<Inner>>);

struct Inner {
    place: Place,
    /// Whose account it is, by profile; that of no profile is under the empty name.
    accounts: BTreeMap<String, String>,
    region: String,
    stacks: BTreeMap<String, Held>,
    functions: BTreeMap<String, Deployed>,
    roles: BTreeMap<String, Role>,
    drifts: BTreeMap<String, Vec<Drift>>,
    findings: Option<Vec<AnalyzerFinding>>,
    gains: Vec<String>,
    failing: BTreeMap<String, String>,
    /// What is wrong with a resource before it is made.
    wrong: BTreeMap<String, Failure>,
    /// That is found only when a change set is executed.
    late: bool,
    /// Nobody here knows of operations' events.
    old: bool,
    stuck: BTreeMap<String, String>,
    faults: Vec<Fault>,
    calls: Vec<String>,
    /// Nothing on the machine says that there are credentials.
    unsigned: bool,
    /// Events that happen at each look at them; all at once when absent.
    pace: Option<usize>,
    seconds: i64,
    count: u64,
}

/// A function, what it wrote, and what it answers.
struct Deployed {
    function: Function,
    logs: Vec<LogLine>,
    answer: (String, Option<String>),
}

struct Fault {
    call: String,
    kind: CloudErrorKind,
    times: usize,
}

impl Default for MemoryCloud {
    fn default() -> Self {
        Self::new("000000000000", "us-east-1")
    }
}

impl MemoryCloud {
    /// An empty account.
    pub fn new(account: &str, region: &str) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            place: Place::default(),
            accounts: BTreeMap::from([(String::new(), account.to_owned())]),
            region: region.to_owned(),
            stacks: BTreeMap::new(),
            functions: BTreeMap::new(),
            roles: BTreeMap::new(),
            drifts: BTreeMap::new(),
            findings: None,
            gains: Vec::new(),
            failing: BTreeMap::new(),
            wrong: BTreeMap::new(),
            late: false,
            old: false,
            stuck: BTreeMap::new(),
            faults: Vec::new(),
            calls: Vec::new(),
            unsigned: false,
            pace: None,
            seconds: 0,
            count: 0,
        })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A profile, and whose account it leads to.
    pub fn profile(&self, name: &str, account: &str) {
        self.inner().accounts.insert(name.to_owned(), account.to_owned());
    }

    /// The next `times` calls whose name begins with `call` fail so.
    pub fn fail(&self, call: &str, kind: CloudErrorKind, times: usize) {
        self.inner().faults.push(Fault { call: call.to_owned(), kind, times });
    }

    /// Making or changing the resource of this logical id fails.
    pub fn failing(&self, resource: &str, reason: &str) {
        self.inner().failing.insert(resource.to_owned(), reason.to_owned());
    }

    /// Somebody else leaves a stack like this: in this state, with these resources, of this template.
    pub fn leave(&self, stack: &str, status: &str, resources: Vec<StackResource>, template: &str) {
        if let Some(held) = self.inner().stacks.get_mut(stack) {
            status.clone_into(&mut held.stack.status);
            template.clone_into(&mut held.template);
            held.resources = resources.into_iter().map(|r| (r, serde_json::Map::new())).collect();
        }
    }

    /// Somebody else protects a stack from deletion.
    pub fn protect(&self, stack: &str) {
        if let Some(held) = self.inner().stacks.get_mut(stack) {
            held.stack.protected = true;
        }
    }

    /// Something is wrong with the resource of [`Failure::resource`] before it is made: found when a change
    /// set is made of it, or, if `late`, when that is executed.
    pub fn is_wrong(&self, failure: Failure, late: bool) {
        let mut inner = self.inner();
        inner.late = late;
        inner.wrong.insert(failure.resource.clone(), failure);
    }

    /// The account is of before operations had events.
    pub fn is_old(&self) {
        self.inner().old = true;
    }

    /// Nothing on the machine says any more that there are credentials.
    pub fn unsigned(&self) {
        self.inner().unsigned = true;
    }

    /// Undoing a change of the resource of this logical id fails, so that a rollback does.
    pub fn stuck(&self, resource: &str, reason: &str) {
        self.inner().stuck.insert(resource.to_owned(), reason.to_owned());
    }

    /// No resource fails any more.
    pub fn mended(&self) {
        let mut inner = self.inner();
        inner.failing.clear();
        inner.wrong.clear();
        inner.stuck.clear();
    }

    /// So many events happen at each look at a stack's events, instead of all at once.
    pub fn pace(&self, events: usize) {
        self.inner().pace = Some(events);
    }

    /// Every call that was made, by its name: `cloudformation:DescribeStacks`.
    pub fn calls(&self) -> Vec<String> {
        self.inner().calls.clone()
    }

    /// Somebody else changes a change set.
    ///
    /// True when there was one.
    pub fn meddle(&self, stack: &str, set: &str, with: impl FnOnce(&mut ChangeSet)) -> bool {
        let mut inner = self.inner();
        let found = inner.stacks.get_mut(stack).and_then(|held| held.sets.get_mut(set));
        found.map(with).is_some()
    }

    /// What has drifted of a stack; what is not named is in sync.
    pub fn drifted(&self, stack: &str, drifts: Vec<Drift>) {
        self.inner().drifts.insert(stack.to_owned(), drifts);
    }

    /// Access Analyzer is there, and finds this.
    pub fn findings(&self, findings: Vec<AnalyzerFinding>) {
        self.inner().findings = Some(findings);
    }

    /// What Access Analyzer, where it is there, says that any new policy permits beyond the old one.
    pub fn gains(&self, gains: &[&str]) {
        self.inner().gains = gains.iter().map(|g| (*g).to_owned()).collect();
    }

    /// A function that is in no stack.
    pub fn function_is(&self, function: Function) {
        let held = Deployed { function, logs: Vec::new(), answer: ("null".to_owned(), None) };
        self.inner().functions.insert(held.function.name.clone(), held);
    }

    /// What a function answers, and the error it ends with.
    pub fn answers(&self, function: &str, payload: &str, error: Option<&str>) {
        if let Some(held) = self.inner().functions.get_mut(function) {
            held.answer = (payload.to_owned(), error.map(str::to_owned));
        }
    }

    /// A line in a function's log.
    pub fn logged(&self, function: &str, text: &str) {
        let mut inner = self.inner();
        let at = inner.tick();
        if let Some(held) = inner.functions.get_mut(function) {
            held.logs.push(LogLine { at, text: text.to_owned() });
        }
    }

    /// A role that is in no stack.
    pub fn role_is(&self, role: Role) {
        self.inner().roles.insert(role.name.clone(), role);
    }
}

impl Inner {
    /// A second later.
    fn tick(&mut self) -> Timestamp {
        self.seconds += 1;
        Timestamp::from_second(1_767_225_600 + self.seconds).unwrap_or_default()
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn account(&self) -> Account {
        let profile = self.place.profile.clone();
        let id = self.accounts.get(profile.as_deref().unwrap_or_default()).cloned().unwrap_or_default();
        let region = self.place.region.clone().unwrap_or_else(|| self.region.clone());
        Account { arn: format!("arn:aws:iam::{id}:user/ada"), id, region, profile }
    }

    fn list_profiles(&self) -> Vec<Profile> {
        let named = self.accounts.keys().filter(|name| !name.is_empty());
        named.map(|name| Profile { name: name.clone(), region: None }).collect()
    }

    /// Notes a call, and fails it when a fault is due or the profile leads nowhere.
    fn called(&mut self, call: &str) -> Result<(), CloudError> {
        self.calls.push(call.to_owned());
        let due = self.faults.iter_mut().find(|f| f.times > 0 && call.starts_with(&f.call));
        if let Some(fault) = due {
            fault.times -= 1;
            return Err(wrong(fault.kind, format!("{call}: a fault for the test")));
        }
        let profile = self.place.profile.as_deref().unwrap_or_default();
        if self.accounts.contains_key(profile) {
            return Ok(());
        }
        Err(wrong(CloudErrorKind::NoCredentials, format!("{call}: there is no profile {profile}")))
    }
}

fn wrong(kind: CloudErrorKind, message: impl Into<String>) -> CloudError {
    CloudError::new(kind, message, "this account is in memory")
}
