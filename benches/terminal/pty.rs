//! A program in a terminal of its own, watched: what it writes, when, and what it costs.
//!
//! It knows nothing of the program. Memory and processor time are read from `/proc`.

use std::{
    io::{Read as _, Write},
    num::NonZeroU16,
    path::Path,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What has come from the program.
struct Seen {
    screen: vt100::Parser,
    bytes: u64,
    /// When the newest bytes came.
    at: Instant,
    ended: bool,
}

/// A running program.
pub struct Pty {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    input: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    pid: u32,
    started: Instant,
    // Closing it would hang up the terminal.
    _master: Box<dyn MasterPty + Send>,
}

impl Pty {
    /// Starts a program in a terminal of so many rows and columns.
    pub fn start(rows: NonZeroU16, cols: NonZeroU16, command: CommandBuilder) -> Result<Self> {
        let pair = native_pty_system().openpty(PtySize { rows: rows.get(), cols: cols.get(), ..PtySize::default() })?;
        let mut output = pair.master.try_clone_reader()?;
        let input = Arc::new(Mutex::new(pair.master.take_writer()?));
        let screen = vt100::Parser::new(rows, cols, 0);
        let started = Instant::now();
        let seen = Arc::new((Mutex::new(Seen { screen, bytes: 0, at: started, ended: false }), Condvar::new()));
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let (watched, answers) = (Arc::clone(&seen), Arc::clone(&input));
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let count = output.read(&mut buffer).unwrap_or(0);
                let (seen, news) = &*watched;
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let new = &buffer[..count];
                seen.at = Instant::now();
                seen.screen.process(new);
                seen.bytes += count as u64;
                seen.ended = count == 0;
                news.notify_all();
                drop(seen);
                if count == 0 {
                    return;
                }
                // A terminal answers these; without an answer a program would wait for one.
                for (question, answer) in [(&b"\x1b[c"[..], &b"\x1b[?62;22c"[..]), (b"\x1b[6n", b"\x1b[1;1R")] {
                    if new.windows(question.len()).any(|w| w == question) {
                        let mut input = answers.lock().unwrap_or_else(PoisonError::into_inner);
                        let _ = input.write_all(answer);
                    }
                }
            }
        });
        let pid = child.process_id().context("the program has no process id")?;
        Ok(Self { seen, input, child, pid, started, _master: pair.master })
    }

    /// Types.
    pub fn send(&self, keys: &str) -> Result<()> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.write_all(keys.as_bytes())?;
        Ok(input.flush()?)
    }

    /// Waits until the screen's text is as wanted; when that was, counted from `since`.
    pub fn wait(&self, what: &str, since: Instant, wanted: impl Fn(&str) -> bool) -> Result<Duration> {
        let until = Instant::now() + Duration::from_secs(30);
        let (seen, news) = &*self.seen;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = seen.screen.screen().contents();
            if wanted(&text) {
                return Ok(seen.at.saturating_duration_since(since));
            }
            let left = until.saturating_duration_since(Instant::now());
            if seen.ended || left.is_zero() {
                bail!("waited in vain for {what}; the screen:\n{text}");
            }
            seen = news.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// From the start to the first text on the screen.
    pub fn first_frame(&self) -> Result<Duration> {
        self.wait("a first frame", self.started, |text| !text.trim().is_empty())
    }

    /// Waits until nothing has come for a while.
    pub fn settle(&self, quiet: Duration) {
        let (seen, news) = &*self.seen;
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        while !seen.ended && seen.at.elapsed() < quiet {
            let left = quiet.saturating_sub(seen.at.elapsed());
            seen = news.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
    }

    /// Processor time of all its threads that are alive.
    pub fn processor(&self) -> Result<Duration> {
        let mut total = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.pid))? {
            total += nanoseconds(&thread?.path())?;
        }
        Ok(Duration::from_nanos(total))
    }
}

fn nanoseconds(thread: &Path) -> Result<u64> {
    let text = std::fs::read_to_string(thread.join("schedstat"))?;
    Ok(text.split(' ').next().context("an empty schedstat")?.trim().parse()?)
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
