//! The two small processes between the program and a command, both this program started again.
//!
//! `supervise` starts the command, adopts everything it leaves behind, and kills all of it when its
//! standard input closes: when the program wants that, and just as well when the program is gone.
//! `exec` makes itself a session, confines itself, and becomes the shell. Nothing here decides
//! whether a command may run, and no confinement that was asked for is ever left out: what cannot
//! be confined does not start.
//!
//! On standard output `supervise` reports, one a line: `pid N`, then `code N` or `signal N`, or
//! `unconfined WHY` or `failed WHY` where nothing ran. Standard error is the command's output.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    os::{fd::AsFd, unix::process::CommandExt},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use serde::{Deserialize, Serialize};

use super::{confine, net};

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "__confined";

/// How long what a command left running may go on after it, for instance to finish its output.
const LINGER: Duration = Duration::from_millis(300);
/// How long processes get between being asked to end and being made to.
const GRACE: Duration = Duration::from_secs(1);
/// How long to go on killing what does not die.
const PERSISTENCE: Duration = Duration::from_secs(5);

/// What a confined command may reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Directories in which it writes. Absolute.
    pub writable: Vec<PathBuf>,
    /// Files and directories whose content it cannot read. Absolute; they need not exist.
    pub hidden: Vec<PathBuf>,
    /// It gets a network of its own; else none at all.
    pub loopback: bool,
}

/// Handles `argv` when it is the hidden subcommand; `None` when it is anything else. To be called
/// first in `main`, before any thread starts.
pub fn confined_main(argv: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut argv = argv.into_iter();
    let program = argv.next()?;
    if argv.next()? != SUBCOMMAND {
        return None;
    }
    let rest: Vec<OsString> = argv.collect();
    let why = match rest.as_slice() {
        [stage, bounds, text] if stage == "supervise" => match supervise(&program, bounds, text) {
            Ok(()) => return Some(ExitCode::SUCCESS),
            Err(e) => format!("failed {e}"),
        },
        [stage, bounds, text] if stage == "exec" => exec(bounds, text),
        [stage] if stage == "net" => match net::enter() {
            Ok(()) => return Some(ExitCode::SUCCESS),
            Err(why) => why,
        },
        _ => "failed this is not for calling by hand".to_owned(),
    };
    report(&why);
    Some(ExitCode::from(126))
}

fn report(line: &str) {
    // With nobody left to tell there is nothing to do about it either.
    let _ = writeln!(io::stdout(), "{}", line.replace('\n', " "));
}

/// Becomes the shell; returns only why it could not.
fn exec(bounds: &OsString, text: &OsString) -> String {
    // Without a session of its own the command could write to the program's terminal.
    if let Err(e) = rustix::process::setsid() {
        return format!("failed no session: {e}");
    }
    let bounds: Option<Bounds> = match bounds.to_str().map(serde_json::from_str) {
        Some(Ok(bounds)) => bounds,
        Some(Err(e)) => return format!("failed bounds: {e}"),
        None => return "failed bounds: not UTF-8".to_owned(),
    };
    if let Some(bounds) = bounds {
        let network = if bounds.loopback { net::enter() } else { Ok(()) };
        if let Err(why) = network.and_then(|()| confine::confine(&bounds)) {
            return format!("unconfined {why}");
        }
    }
    let output = match io::stderr().as_fd().try_clone_to_owned() {
        Ok(output) => output,
        Err(e) => return format!("failed output: {e}"),
    };
    let error = Command::new("sh").arg("-c").arg(text).stdout(Stdio::from(output)).exec();
    format!("failed sh: {error}")
}

enum News {
    /// The command itself ended.
    Ended(WaitStatus),
    /// Nothing is left of it.
    Empty,
    /// The program closed our standard input, or is gone.
    Cut,
}

fn supervise(program: &OsString, bounds: &OsString, text: &OsString) -> io::Result<()> {
    // A terminal that hangs up shall not end this process before its work.
    let _ = rustix::process::setsid();
    adopt_orphans();
    let program = std::env::current_exe().unwrap_or_else(|_| program.into());
    let main = Command::new(program)
        .args([SUBCOMMAND.as_ref(), "exec".as_ref(), bounds.as_os_str(), text.as_os_str()])
        .stdin(Stdio::null())
        .spawn()?;
    let main = i32::try_from(main.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    report(&format!("pid {}", main.as_raw_nonzero()));

    let (tell, news) = channel();
    let cut = tell.clone();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
        let _ = cut.send(News::Cut);
    });
    std::thread::spawn(move || reap(main, &tell));

    let mut ended = false;
    loop {
        let next = if ended { news.recv_timeout(LINGER) } else { news.recv().map_err(RecvTimeoutError::from) };
        match next {
            Ok(News::Ended(status)) => {
                ended = true;
                match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => report(&format!("code {code}")),
                    (None, signal) => report(&format!("signal {}", signal.unwrap_or_default())),
                }
            }
            Ok(News::Empty) => return Ok(()),
            Ok(News::Cut) | Err(_) => {
                kill_all(main, ended, &news);
                return Ok(());
            }
        }
    }
}

/// Waits for every child, adopted ones too, until there is none.
fn reap(main: Pid, tell: &Sender<News>) {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == main => {
                if tell.send(News::Ended(status)).is_err() {
                    return;
                }
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => {
                let _ = tell.send(News::Empty);
                return;
            }
        }
    }
}

/// Asks everything below this process to end, and soon makes it.
fn kill_all(main: Pid, mut ended: bool, news: &Receiver<News>) {
    let start = Instant::now();
    let mut signal = Signal::TERM;
    while start.elapsed() < GRACE + PERSISTENCE {
        for pid in descendants() {
            let _ = rustix::process::kill_process(pid, signal);
        }
        if !ended {
            let _ = rustix::process::kill_process_group(main, signal);
        }
        let patience = if signal == Signal::TERM { GRACE } else { Duration::from_millis(20) };
        let until = Instant::now() + patience;
        loop {
            match news.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(News::Empty) => return,
                Ok(News::Ended(_)) => ended = true,
                Ok(News::Cut) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        signal = Signal::KILL;
    }
}

#[cfg(target_os = "linux")]
fn adopt_orphans() {
    // Fails on no kernel that has Landlock; without it only the process group is killed.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() {}

/// Every process below this one. A process that left its group or session is still here: orphans
/// are adopted.
#[cfg(target_os = "linux")]
fn descendants() -> Vec<Pid> {
    let mut parents: Vec<(i32, i32)> = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The second field is the program's name and may hold anything, parentheses too.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parents.extend(parent.map(|parent| (parent, pid)));
    }
    let mut found = vec![rustix::process::getpid().as_raw_nonzero().get()];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        found.extend(parents.iter().filter(|(p, _)| *p == parent).map(|(_, child)| *child));
        at += 1;
    }
    found.into_iter().skip(1).filter_map(Pid::from_raw).collect()
}

#[cfg(not(target_os = "linux"))]
fn descendants() -> Vec<Pid> {
    Vec::new()
}
