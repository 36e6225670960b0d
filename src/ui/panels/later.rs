//! Values that take long to find, found in the background one after the other.
//!
//! A [`Later`] is asked for its value and answers at once: with the value, or with nothing while it is
//! not known. When more are known [`super::syntax::generation`] grows and a frame is worth drawing.
//!
//! Always holds: the caller never waits; what nobody holds any more is not begun; however many values
//! are found, no more than ten frames a second are asked for because of them.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        mpsc::{Sender, channel},
    },
    time::{Duration, Instant},
};

use super::syntax::announce;

/// Between two times that it is told that more is known, while there is more to find.
const BETWEEN: Duration = Duration::from_millis(100);

type Job = Box<dyn FnOnce() + Send>;

static WORKER: OnceLock<Option<Sender<Job>>> = OnceLock::new();

/// A value that is known, or will be.
pub(super) struct Later<T>(Arc<OnceLock<T>>);

impl<T> fmt::Debug for Later<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.get().is_some() { "Later(known)" } else { "Later(not known)" })
    }
}

impl<T> Later<T> {
    /// One that is known.
    pub(super) fn known(value: T) -> Self {
        Self(Arc::new(OnceLock::from(value)))
    }

    /// The value, if it is known by now.
    pub(super) fn get(&self) -> Option<&T> {
        self.0.get()
    }
}

impl<T: Send + Sync + 'static> Later<T> {
    /// One that is found in the background, after those that were asked for before.
    pub(super) fn found_by(find: impl FnOnce() -> T + Send + 'static) -> Self {
        let place = Arc::new(OnceLock::new());
        let wanted = Arc::downgrade(&place);
        let job: Job = Box::new(move || {
            if let Some(place) = wanted.upgrade() {
                place.get_or_init(find);
            }
        });
        match WORKER.get_or_init(start) {
            Some(worker) => {
                // A worker that is gone gives the job back.
                if let Err(gone) = worker.send(job) {
                    (gone.0)();
                }
            }
            None => job(),
        }
        Self(place)
    }
}

fn start() -> Option<Sender<Job>> {
    let (send, receive) = channel::<Job>();
    let work = move || {
        while let Ok(first) = receive.recv() {
            let (mut next, mut told) = (Some(first), Instant::now());
            while let Some(job) = next {
                job();
                next = receive.try_recv().ok();
                if next.is_some() && told.elapsed() >= BETWEEN {
                    announce();
                    told = Instant::now();
                }
            }
            announce();
        }
    };
    std::thread::Builder::new().name("compare".into()).spawn(work).ok()?;
    Some(send)
}

/// Waits until all that was asked for so far was found.
#[cfg(test)]
pub(super) fn settle() {
    let (done, wait) = std::sync::mpsc::channel();
    let last = Later::found_by(move || done.send(()));
    wait.recv().expect("the worker lives");
    drop(last);
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, mpsc};

    use super::*;

    #[test]
    fn a_value_comes_later_and_what_nobody_holds_is_not_begun() {
        assert_eq!(Later::known(1).get(), Some(&1));
        // The worker is held up until the second one was dropped.
        let gate = Arc::new(Barrier::new(2));
        let held = Arc::clone(&gate);
        let first = Later::found_by(move || {
            held.wait();
            "first"
        });
        assert_eq!(first.get(), None, "nobody waits for it");
        let (begun, seen) = mpsc::channel();
        let dropped = begun.clone();
        drop(Later::found_by(move || dropped.send("dropped")));
        let kept = Later::found_by(move || begun.send("kept"));
        gate.wait();
        assert_eq!(seen.recv(), Ok("kept"));
        assert_eq!(first.get(), Some(&"first"));
        drop(kept);
    }
}
