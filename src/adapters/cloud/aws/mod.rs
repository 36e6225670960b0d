//! The account through AWS's own SDK: the standard chain of credentials, clients made when first
//! needed, every call bounded in time.
//!
//! Does not: decide what may be done (the gate does), keep anything on disk, or print a credential.
//! What always holds: making an [`AwsCloud`] touches neither the network nor a file; after a switch
//! nothing of the earlier identity is used; what has an effect is sent once.

mod act;
mod failures;
mod functions;
mod profiles;
mod roles;
mod session;
mod signed;
mod stacks;
mod why;

use std::{
    future::Future,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use self::session::Session;
use crate::{
    domain::{
        cloud::{
            Account, AnalyzerFinding, ChangeSet, Drift, Function, LogLine, Place, Profile, Role, Simulated, Stack,
            StackEvent, StackResource, Validation,
            action::{CloudAction, Performed},
            failure::Failure,
        },
        gate::Approved,
    },
    ports::cloud::{Cloud, CloudError, CloudErrorKind, CloudResult},
};

/// How long reading may take, all pages and tries together.
const READING: Duration = Duration::from_secs(90);
/// How long AWS may look for drift, and make a change set.
const WAITING: Duration = Duration::from_secs(300);
/// The longest that a function may run, and a little.
const INVOKING: Duration = Duration::from_secs(930);

/// An account of AWS.
pub struct AwsCloud {
    endpoint: Option<String>,
    now: Mutex<Now>,
}

/// What is chosen, and the session made for it. Sessions in use when it is switched end by themselves.
struct Now {
    place: Place,
    session: Arc<tokio::sync::OnceCell<Arc<Session>>>,
}

impl AwsCloud {
    /// As whom and where, and at which URL when it is not AWS itself. What is not given comes from the
    /// environment and the files of AWS, when it is first needed.
    pub fn new(place: Place, endpoint: Option<String>) -> Self {
        Self { endpoint, now: Mutex::new(Now { place, session: Arc::default() }) }
    }

    async fn session(&self) -> Result<Arc<Session>, CloudError> {
        let (place, cell) = {
            let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            (now.place.clone(), now.session.clone())
        };
        cell.get_or_try_init(|| Session::open(place, self.endpoint.clone())).await.cloned()
    }

    /// Who was refused may have signed in by the next call: the files are read anew then.
    fn forget(&self, session: &Arc<Session>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.session.get().is_some_and(|known| Arc::ptr_eq(known, session)) {
            now.session = Arc::default();
        }
    }

    /// Does something with the session, within bounds.
    fn call<'a, T, F, Fut>(&'a self, most: Duration, work: F) -> CloudResult<'a, T>
    where
        T: Send + 'a,
        F: FnOnce(Arc<Session>) -> Fut + Send + 'a,
        Fut: Future<Output = Result<T, CloudError>> + Send + 'a,
    {
        Box::pin(async move {
            let all = async {
                let session = self.session().await?;
                let done = work(session.clone()).await;
                if done
                    .as_ref()
                    .is_err_and(|e| matches!(e.kind, CloudErrorKind::NoCredentials | CloudErrorKind::Expired))
                {
                    self.forget(&session);
                }
                done
            };
            tokio::time::timeout(most, all).await.unwrap_or_else(|_| {
                Err(CloudError::new(
                    CloudErrorKind::Network,
                    format!("AWS has not answered within {} s", most.as_secs()),
                    "look at the connection and at AWS's own console, then try again",
                ))
            })
        })
    }
}

impl Cloud for AwsCloud {
    fn has_signs(&self) -> bool {
        let variable = |name: &str| std::env::var(name).ok();
        let home = variable("HOME").map(std::path::PathBuf::from).unwrap_or_default();
        self.place().profile.is_some()
            || !super::signs(&variable, &home, Path::new(super::FIRMWARE)).is_empty()
            || super::has_config(&variable, &home)
    }

    fn has_variable(&self, name: &str) -> bool {
        std::env::var_os(name).is_some_and(|value| value.to_str().is_some())
    }

    fn place(&self) -> Place {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).place.clone()
    }

    fn switch(&self, place: Place) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Now { place, session: Arc::default() };
    }

    fn profiles(&self) -> CloudResult<'_, Vec<Profile>> {
        Box::pin(async { profiles::read().await })
    }

    fn identity(&self) -> CloudResult<'_, Account> {
        self.call(READING, |s| async move { s.identity().await })
    }

    fn stack<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Stack>> {
        self.call(READING, move |s| async move { s.stack(name).await })
    }

    fn resources<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<StackResource>> {
        self.call(READING, move |s| async move { s.resources(stack).await })
    }

    fn template<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<String>> {
        self.call(READING, move |s| async move { s.template(stack, None).await })
    }

    fn change_set<'a>(&'a self, stack: &'a str, name: &'a str) -> CloudResult<'a, Option<ChangeSet>> {
        self.call(READING, move |s| async move { s.change_set(stack, name).await })
    }

    fn events<'a>(&'a self, stack: &'a str, after: Option<&'a str>) -> CloudResult<'a, Vec<StackEvent>> {
        self.call(READING, move |s| async move { s.events(stack, after).await })
    }

    fn failures<'a>(
        &'a self,
        stack: &'a str,
        set: Option<&'a str>,
        since: Timestamp,
    ) -> CloudResult<'a, Option<Vec<Failure>>> {
        self.call(READING, move |s| async move { s.failures(stack, set, since).await })
    }

    fn function<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Function>> {
        self.call(READING, move |s| async move { Ok(s.function(name).await?.map(|(function, _)| function)) })
    }

    fn logs<'a>(&'a self, function: &'a str, minutes: u32, limit: usize) -> CloudResult<'a, Vec<LogLine>> {
        self.call(READING, move |s| async move { s.logs(function, minutes, limit).await })
    }

    fn role<'a>(&'a self, name: &'a str) -> CloudResult<'a, Option<Role>> {
        self.call(READING, move |s| async move { s.role(name).await })
    }

    fn validate<'a>(&'a self, template: &'a str) -> CloudResult<'a, Validation> {
        self.call(READING, move |s| async move { s.validate(template).await })
    }

    fn simulate<'a>(
        &'a self,
        policies: &'a [String],
        actions: &'a [String],
        resources: &'a [String],
    ) -> CloudResult<'a, Vec<Simulated>> {
        self.call(READING, move |s| async move { s.simulate(policies, actions, resources).await })
    }

    fn drift<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Vec<Drift>> {
        self.call(WAITING, move |s| async move { s.drift(stack).await })
    }

    fn analyze<'a>(&'a self, policy: &'a str) -> CloudResult<'a, Option<Vec<AnalyzerFinding>>> {
        self.call(READING, move |s| async move { s.analyze(policy).await })
    }

    fn gains<'a>(&'a self, before: &'a str, after: &'a str) -> CloudResult<'a, Option<Vec<String>>> {
        self.call(READING, move |s| async move { s.gains(before, after).await })
    }

    fn perform(&self, action: Approved<CloudAction>) -> CloudResult<'_, Performed> {
        let most = if matches!(action.item(), CloudAction::Invoke { .. }) { INVOKING } else { WAITING };
        let deleted = match action.item() {
            CloudAction::DeleteStack { stack, .. } => Some(stack.clone()),
            _ => None,
        };
        Box::pin(async move {
            let remains = match deleted {
                Some(stack) => Some(self.remains(&stack).await?),
                None => None,
            };
            self.call(most, move |s| async move { s.perform(action, remains).await }).await
        })
    }
}
