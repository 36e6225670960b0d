//! Failures, crashes and meddling at every point of an apply, for the tests; in the program every
//! point is passed.

use crate::{domain::path::RelPath, ports::files::FilesError};

#[cfg(test)]
pub(super) enum Fault {
    Fail,
    Crash,
    Meddle(Box<dyn FnOnce()>),
}

#[cfg(test)]
thread_local! {
    /// How many points to pass before it happens, and what.
    pub(super) static PLAN: std::cell::RefCell<Option<(u32, Fault)>> = const { std::cell::RefCell::new(None) };
    static CRASHED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "fails in tests")]
pub(super) fn point(_: &RelPath) -> Result<(), FilesError> {
    Ok(())
}

#[cfg(not(test))]
pub(super) fn crashed() -> bool {
    false
}

#[cfg(test)]
pub(super) fn point(path: &RelPath) -> Result<(), FilesError> {
    let failed = Err(FilesError::Io { path: path.to_string(), why: "a fault for the test".into() });
    match PLAN.take() {
        Some((0, Fault::Fail)) => failed,
        Some((0, Fault::Crash)) => {
            CRASHED.set(true);
            failed
        }
        Some((0, Fault::Meddle(act))) => {
            act();
            Ok(())
        }
        Some((n, fault)) => {
            PLAN.set(Some((n - 1, fault)));
            Ok(())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
pub(super) fn crashed() -> bool {
    CRASHED.take()
}
