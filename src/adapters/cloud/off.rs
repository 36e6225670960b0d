//! No account: what the port is where AWS is not built in or not wanted.

use jiff::Timestamp;

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

/// Answers every call with [`CloudErrorKind::Off`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCloud;

fn off<'a, T: Send + 'a>() -> CloudResult<'a, T> {
    Box::pin(std::future::ready(Err(CloudError::new(
        CloudErrorKind::Off,
        "there is no AWS here",
        "use a kiro-tui that was built with the feature `aws`",
    ))))
}

impl Cloud for NoCloud {
    fn is_off(&self) -> bool {
        true
    }

    fn has_variable(&self, _name: &str) -> bool {
        false
    }

    fn place(&self) -> Place {
        Place::default()
    }

    fn switch(&self, _: Place) {}

    fn profiles(&self) -> CloudResult<'_, Vec<Profile>> {
        off()
    }

    fn identity(&self) -> CloudResult<'_, Account> {
        off()
    }

    fn stack<'a>(&'a self, _: &'a str) -> CloudResult<'a, Option<Stack>> {
        off()
    }

    fn resources<'a>(&'a self, _: &'a str) -> CloudResult<'a, Vec<StackResource>> {
        off()
    }

    fn template<'a>(&'a self, _: &'a str) -> CloudResult<'a, Option<String>> {
        off()
    }

    fn change_set<'a>(&'a self, _: &'a str, _: &'a str) -> CloudResult<'a, Option<ChangeSet>> {
        off()
    }

    fn events<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> CloudResult<'a, Vec<StackEvent>> {
        off()
    }

    fn failures<'a>(&'a self, _: &'a str, _: Option<&'a str>, _: Timestamp) -> CloudResult<'a, Option<Vec<Failure>>> {
        off()
    }

    fn function<'a>(&'a self, _: &'a str) -> CloudResult<'a, Option<Function>> {
        off()
    }

    fn logs<'a>(&'a self, _: &'a str, _: u32, _: usize) -> CloudResult<'a, Vec<LogLine>> {
        off()
    }

    fn role<'a>(&'a self, _: &'a str) -> CloudResult<'a, Option<Role>> {
        off()
    }

    fn validate<'a>(&'a self, _: &'a str) -> CloudResult<'a, Validation> {
        off()
    }

    fn simulate<'a>(&'a self, _: &'a [String], _: &'a [String], _: &'a [String]) -> CloudResult<'a, Vec<Simulated>> {
        off()
    }

    fn drift<'a>(&'a self, _: &'a str) -> CloudResult<'a, Vec<Drift>> {
        off()
    }

    fn analyze<'a>(&'a self, _: &'a str) -> CloudResult<'a, Option<Vec<AnalyzerFinding>>> {
        off()
    }

    fn gains<'a>(&'a self, _: &'a str, _: &'a str) -> CloudResult<'a, Option<Vec<String>>> {
        off()
    }

    fn perform(&self, _: Approved<CloudAction>) -> CloudResult<'_, Performed> {
        off()
    }
}
