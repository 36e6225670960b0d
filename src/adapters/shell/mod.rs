//! The shell port on Unix: one `sh -c` at a time, in a session of its own, with no terminal.
//!
//! What always holds: only an approved command is started; it gets no variable that looks like a
//! credential, but those of AWS where it was approved with them; when the run's future ends or is dropped, nothing that the command started goes on
//! (it gets a second to end by itself); a run that was approved as sandboxed never runs unconfined.
//! What it does not do: judge commands, or keep a command that runs unsandboxed from anything.

mod confine;
mod environment;
mod launcher;
mod net;
mod output;

use std::{
    ffi::OsString,
    io::PipeReader,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use futures_util::future::BoxFuture;
use rustix::process::{Pid, Signal};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    process::{Child, Command},
    time::sleep_until,
};

pub use launcher::confined_main;
use launcher::{Bounds, SUBCOMMAND};
use output::{Cleaner, HeadTail};

use crate::{
    domain::{
        command::{CommandLine, Confinement, Exit, Outcome},
        gate::Approved,
    },
    ports::shell::{OutputSink, Shell, ShellError},
};

/// How much of a command's output is kept, in bytes.
pub const OUTPUT_CAP: usize = 256 * 1024;

/// How long output is gathered before it goes to the sink.
const COALESCE: Duration = Duration::from_millis(40);
/// How much of it at most.
const CHUNK: usize = 32 * 1024;
/// How long to read on when the supervising process is gone and somebody still holds the pipe.
const PIPE_PATIENCE: Duration = Duration::from_millis(500);

/// Where credentials usually lie, below the home directory.
const HIDDEN: &[&str] = &[
    ".ssh",
    ".aws",
    ".gnupg",
    ".netrc",
    ".kiro",
    ".azure",
    ".kube",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".git-credentials",
    ".password-store",
    ".docker/config.json",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".config/gh",
    ".config/gcloud",
    ".config/git/credentials",
    ".config/kiro-tui",
    ".local/share/keyrings",
];

/// Runs commands through this program itself, started again as their supervisor.
#[derive(Clone, Debug)]
pub struct ProcessShell {
    launcher: PathBuf,
    hidden: Vec<PathBuf>,
    cache: Option<PathBuf>,
    /// Whether commands can have a network of their own, once somebody asked.
    loopback: Arc<OnceLock<Result<(), String>>>,
}

impl ProcessShell {
    /// `launcher` is a program whose `main` begins with [`confined_main`]: this one, by
    /// [`std::env::current_exe`]. Below `home`, the usual places of credentials cannot be read by
    /// sandboxed commands.
    pub fn new(launcher: PathBuf, home: Option<&Path>) -> Self {
        let hidden = home.map(|home| HIDDEN.iter().map(|h| home.join(h)).collect()).unwrap_or_default();
        Self { launcher, hidden, cache: None, loopback: Arc::default() }
    }

    /// Adds a directory in which sandboxed commands may write besides the worktree, for the caches
    /// of build tools. It is made when it is needed. Without one they use each run's own
    /// temporary directory.
    #[must_use]
    pub fn with_cache(mut self, cache: PathBuf) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Adds a file or directory that sandboxed commands cannot read.
    #[must_use]
    pub fn hiding(mut self, path: PathBuf) -> Self {
        self.hidden.push(path);
        self
    }

    async fn execute(self, root: PathBuf, line: CommandLine, sink: OutputSink) -> Result<Outcome, ShellError> {
        let temp = tempfile::Builder::new().prefix("kiro-tui-run-").tempdir().map_err(start)?;
        let temp_path = temp.path().canonicalize().map_err(start)?;
        let root = root.canonicalize().map_err(start)?;
        let mut env = environment::scrubbed(std::env::vars_os());
        if matches!(line.confinement, Confinement::Account { .. }) {
            env.extend(environment::account(std::env::vars_os()));
        }
        env.retain(|(name, _)| name != "TMPDIR");
        env.push(("TMPDIR".into(), temp_path.clone().into()));
        let bounds = match line.confinement {
            Confinement::Unsandboxed { .. } | Confinement::Account { .. } => None,
            Confinement::Sandboxed => {
                confine::supported().map_err(ShellError::NoSandbox)?;
                let cache = self.cache.clone().unwrap_or_else(|| temp_path.join("cache"));
                std::fs::create_dir_all(&cache).map_err(start)?;
                let cache = cache.canonicalize().map_err(start)?;
                for (name, place) in [("npm_config_cache", "npm"), ("GOCACHE", "go"), ("XDG_CACHE_HOME", "xdg")] {
                    env.retain(|(given, _)| given != name);
                    env.push((name.into(), cache.join(place).into()));
                }
                let loopback = self.loopback().is_ok();
                Some(Bounds { writable: vec![root.clone(), temp_path, cache], hidden: self.hidden, loopback })
            }
        };
        let bounds = serde_json::to_string(&bounds).map_err(start)?;
        let began = Instant::now();
        let (mut child, output) = spawn(&self.launcher, &root, env, &bounds, &line.text)?;
        let limit = Duration::from_secs(line.timeout_s.into());
        let (timed_out, output, omitted) = follow(&mut child, output, limit, &sink).await?;
        let exit = match (status(&mut child).await, timed_out) {
            (Status::Exit(exit), _) => exit,
            (_, true) => Exit::TimedOut,
            (Status::Error(e), false) => return Err(e),
            (Status::Unknown, false) => Exit::Signal(Signal::KILL.as_raw()),
        };
        Ok(Outcome { exit, output, omitted, elapsed: began.elapsed() })
    }
}

impl Shell for ProcessShell {
    fn sandbox(&self) -> Result<(), String> {
        confine::supported()
    }

    fn loopback(&self) -> Result<(), String> {
        self.loopback.get_or_init(|| net::supported(&self.launcher)).clone()
    }

    fn has(&self, program: &str) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut places = std::env::split_paths(&path);
        places.any(|dir| rustix::fs::access(dir.join(program), rustix::fs::Access::EXEC_OK).is_ok())
    }

    fn run(
        &self,
        root: PathBuf,
        command: Approved<CommandLine>,
        output: OutputSink,
    ) -> BoxFuture<'static, Result<Outcome, ShellError>> {
        let (line, _) = command.into_parts();
        Box::pin(self.clone().execute(root, line, output))
    }
}

fn start(e: impl std::fmt::Display) -> ShellError {
    ShellError::Start(e.to_string())
}

fn spawn(
    launcher: &Path,
    root: &Path,
    env: Vec<(OsString, OsString)>,
    bounds: &str,
    text: &str,
) -> Result<(Child, pipe::Receiver), ShellError> {
    let (reader, writer): (PipeReader, _) = std::io::pipe().map_err(start)?;
    // Its standard input is its lifeline: dropping our end, or this whole process, ends it all.
    let child = Command::new(launcher)
        .args([SUBCOMMAND, "supervise", bounds, text])
        .current_dir(root)
        .env_clear()
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::from(writer))
        .spawn()
        .map_err(start)?;
    let reader = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)).map_err(start)?;
    Ok((child, reader))
}

/// Reads the output to its end, or until nobody watches over the command any more.
async fn follow(
    child: &mut Child,
    mut pipe: pipe::Receiver,
    limit: Duration,
    sink: &OutputSink,
) -> Result<(bool, String, u64), ShellError> {
    let mut lifeline = child.stdin.take();
    let deadline = tokio::time::Instant::now() + limit;
    let (mut timed_out, mut gone) = (false, None);
    let (mut cleaner, mut kept) = (Cleaner::default(), HeadTail::new(OUTPUT_CAP));
    let (mut pending, mut flush_at) = (String::new(), None);
    let mut buffer = vec![0; CHUNK];
    let far = deadline + Duration::from_secs(86_400);
    loop {
        tokio::select! {
            read = pipe.read(&mut buffer) => {
                let read = read.map_err(start)?;
                if read == 0 {
                    break;
                }
                cleaner.push(buffer.get(..read).unwrap_or_default(), &mut pending);
                flush_at.get_or_insert_with(|| tokio::time::Instant::now() + COALESCE);
            }
            () = sleep_until(deadline), if lifeline.is_some() => {
                timed_out = true;
                lifeline = None;
            }
            _ = child.wait(), if gone.is_none() => {
                gone = Some(tokio::time::Instant::now() + PIPE_PATIENCE);
            }
            () = sleep_until(gone.unwrap_or(far)), if gone.is_some() => break,
            () = sleep_until(flush_at.unwrap_or(far)), if flush_at.is_some() => {}
        }
        if pending.len() >= CHUNK || flush_at.is_some_and(|at| at <= tokio::time::Instant::now()) {
            flush(&mut pending, &mut kept, sink);
            flush_at = None;
        }
    }
    cleaner.finish(&mut pending);
    flush(&mut pending, &mut kept, sink);
    // The output may be closed long before the command ends.
    if gone.is_none() && !timed_out {
        tokio::select! {
            _ = child.wait() => {}
            () = sleep_until(deadline) => timed_out = true,
        }
    }
    drop(lifeline);
    if gone.is_none() && timed_out {
        child.wait().await.map_err(start)?;
    }
    let (output, omitted) = kept.finish();
    Ok((timed_out, output, omitted))
}

fn flush(pending: &mut String, kept: &mut HeadTail, sink: &OutputSink) {
    if !pending.is_empty() {
        kept.push(pending);
        sink(pending);
        pending.clear();
    }
}

enum Status {
    Exit(Exit),
    Error(ShellError),
    /// The supervising process was killed before it could say.
    Unknown,
}

/// What the supervising process, which is gone by now, had reported.
async fn status(child: &mut Child) -> Status {
    let mut report = String::new();
    if let Some(stdout) = child.stdout.take() {
        let read = async { stdout.take(64 * 1024).read_to_string(&mut report).await };
        let _ = tokio::time::timeout(PIPE_PATIENCE, read).await;
    }
    let mut group = None;
    for line in report.lines() {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (what, rest.parse::<i32>()) {
            ("pid", Ok(pid)) => group = Pid::from_raw(pid),
            ("code", Ok(code)) => return Status::Exit(Exit::Code(code)),
            ("signal", Ok(signal)) => return Status::Exit(Exit::Signal(signal)),
            ("unconfined", _) => return Status::Error(ShellError::NoSandbox(rest.to_owned())),
            ("failed", _) => return Status::Error(ShellError::Start(rest.to_owned())),
            _ => {}
        }
    }
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    Status::Unknown
}
