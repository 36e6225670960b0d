//! Locks of git's, and those that a run of this program left behind when it was killed.
//!
//! Whoever writes an index or a reference makes `<name>.lock` beside it first; one that is killed
//! meanwhile leaves it, and everybody is locked out until somebody removes it by hand. So the locks
//! that are about to be taken are noted first, in a file that goes when the work is done. Where the
//! note is still there, the run that wrote it was cut off: what appeared of its locks after the note,
//! and before this run began, is its own, and goes. Any other lock is somebody else's and stays.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Component, Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use crate::ports::vcs::VcsError;

/// How often a lock of somebody else's is looked at again, and the pause before each: `git status`
/// in an editor holds the index for some milliseconds.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The locks of one spec's work.
#[derive(Debug)]
pub(super) struct Locks {
    /// The git directory: nothing outside it is removed.
    common: PathBuf,
    note: PathBuf,
    since: SystemTime,
}

impl Locks {
    /// With the note in a file, for a run that began at `since`.
    pub(super) fn new(common: &Path, note: PathBuf, since: SystemTime) -> Self {
        Self { common: common.to_owned(), note, since }
    }

    /// Does what takes these locks.
    ///
    /// # Errors
    /// [`VcsError::Blocked`] when somebody else has one of them; else those of the work.
    pub(super) fn holding<T>(
        &self,
        locks: &[PathBuf],
        work: impl FnOnce() -> Result<T, VcsError>,
    ) -> Result<T, VcsError> {
        self.clear()?;
        wait_for(locks)?;
        let failed = |e: std::io::Error| VcsError::Blocked(format!("{}: {e}", self.note.display()));
        if let Some(dir) = self.note.parent() {
            fs::create_dir_all(dir).map_err(failed)?;
        }
        let lines: Vec<&[u8]> = locks.iter().map(|l| l.as_os_str().as_encoded_bytes()).collect();
        let mut note = fs::File::create(&self.note).map_err(failed)?;
        note.write_all(&lines.join(b"\0".as_slice())).map_err(failed)?;
        let done = work();
        // Left behind, it would only have locks looked at that are not there.
        let _ = fs::remove_file(&self.note);
        done
    }

    /// Removes what a run that was cut off left.
    ///
    /// # Errors
    /// [`VcsError::Blocked`] for what cannot be removed.
    pub(super) fn clear(&self) -> Result<(), VcsError> {
        use std::os::unix::ffi::OsStrExt as _;
        let failed = |path: &Path, e: std::io::Error| VcsError::Blocked(format!("{}: {e}", path.display()));
        let noted = match fs::read(&self.note) {
            Ok(noted) => noted,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(&self.note, e)),
        };
        let from = changed(&self.note);
        for lock in noted.split(|b| *b == 0).map(|b| Path::new(std::ffi::OsStr::from_bytes(b))) {
            let appeared = changed(lock);
            let is_its = appeared >= from && appeared.is_some_and(|at| at <= self.since);
            let inside = lock.starts_with(&self.common) && !lock.components().any(|part| part == Component::ParentDir);
            if is_its && inside && lock.extension().is_some_and(|e| e == "lock") {
                fs::remove_file(lock).map_err(|e| failed(lock, e))?;
            }
        }
        fs::remove_file(&self.note).map_err(|e| failed(&self.note, e))
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).and_then(|m| m.modified()).ok()
}

/// Waits a second at most until nobody has any of them.
fn wait_for(locks: &[PathBuf]) -> Result<(), VcsError> {
    let taken = || locks.iter().find(|lock| fs::symlink_metadata(lock).is_ok());
    for _ in 0..PATIENCE {
        if taken().is_none() {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    match taken() {
        None => Ok(()),
        Some(lock) => Err(VcsError::Blocked(format!(
            "another git is at work: {} is there; wait for it, or remove that file if no git runs",
            lock.display()
        ))),
    }
}

/// The lock of a repository's or worktree's index.
pub(super) fn of_index(repo: &git2::Repository) -> PathBuf {
    repo.path().join("index.lock")
}

/// The lock of a branch.
pub(super) fn of_branch(repo: &git2::Repository, branch: &str) -> PathBuf {
    repo.commondir().join("refs/heads").join(format!("{branch}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place {
        dir: tempfile::TempDir,
        locks: Locks,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let since = SystemTime::now() + Duration::from_secs(60);
            let locks = Locks::new(dir.path(), dir.path().join("specs/a/git-locks"), since);
            Self { dir, locks }
        }

        /// A lock that was made so many seconds from now.
        fn lock(&self, name: &str, seconds: i64) -> PathBuf {
            let path = self.dir.path().join(name);
            let file = fs::File::create(&path).unwrap();
            let by = Duration::from_secs(seconds.unsigned_abs());
            let now = SystemTime::now();
            file.set_modified(if seconds < 0 { now - by } else { now + by }).unwrap();
            path
        }

        /// What a run leaves that is killed while it has these.
        fn killed(&self, locks: &[PathBuf]) {
            let lines: Vec<_> = locks.iter().map(|l| l.as_os_str().as_encoded_bytes()).collect();
            fs::create_dir_all(self.locks.note.parent().unwrap()).unwrap();
            fs::write(&self.locks.note, lines.join(b"\0".as_slice())).unwrap();
        }
    }

    #[test]
    fn only_a_lock_of_the_run_that_was_killed_goes() {
        let place = Place::new();
        for (name, seconds, goes) in [
            ("index.lock", 1, true),
            ("before-it.lock", -100, false),
            ("since-this-run-began.lock", 100, false),
            ("no-lock", 1, false),
        ] {
            let lock = place.lock(name, seconds);
            place.killed(std::slice::from_ref(&lock));
            place.locks.clear().unwrap();
            assert_eq!(!lock.exists(), goes, "{name}");
            assert!(!place.locks.note.exists());
        }
        let unnoted = place.lock("unnoted.lock", 1);
        place.locks.clear().unwrap();
        assert!(unnoted.exists());
        let elsewhere = Place::new();
        let lock = elsewhere.lock("index.lock", 1);
        let around = place.dir.path().join("..").join(lock.strip_prefix(std::env::temp_dir()).unwrap());
        for named in [&lock, &around] {
            place.killed(std::slice::from_ref(named));
            place.locks.clear().unwrap();
            assert!(lock.exists(), "outside the git directory nothing goes");
        }
    }

    #[test]
    fn work_is_noted_while_it_goes_on_and_only_then() {
        let place = Place::new();
        let lock = place.dir.path().join("index.lock");
        for outcome in [Ok(7), Err(VcsError::NoCommit)] {
            let done = place.locks.holding(std::slice::from_ref(&lock), || {
                assert!(place.locks.note.exists());
                outcome.clone()
            });
            assert_eq!(done, outcome);
            assert!(!place.locks.note.exists());
        }
    }

    #[test]
    fn what_was_cut_off_is_done_without_being_asked_for_anything() {
        let place = Place::new();
        let lock = place.lock("index.lock", 1);
        place.killed(std::slice::from_ref(&lock));
        assert_eq!(place.locks.holding(std::slice::from_ref(&lock), || Ok(lock.exists())), Ok(false));
    }

    #[test]
    fn a_lock_of_somebody_elses_stays_and_is_named() {
        let place = Place::new();
        let lock = place.lock("index.lock", -1);
        let done = place.locks.holding(std::slice::from_ref(&lock), || -> Result<(), VcsError> { unreachable!() });
        let Err(VcsError::Blocked(why)) = done else { panic!("{done:?}") };
        assert!(why.contains(&lock.display().to_string()) && why.contains("remove that file"), "{why}");
        assert!(lock.exists());
    }

    #[test]
    fn a_lock_that_goes_in_time_is_waited_for() {
        let place = Place::new();
        let lock = place.lock("index.lock", -1);
        thread::scope(|scope| {
            scope.spawn(|| fs::remove_file(&lock).unwrap());
            assert_eq!(place.locks.holding(std::slice::from_ref(&lock), || Ok(1)), Ok(1));
        });
    }
}
