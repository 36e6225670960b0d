//! A diagram laid out by a process of its own: this program, started again, with limits that the kernel
//! keeps.
//!
//! Always holds: it ends, by itself or by the kernel; it opens nothing, and what it writes is only lines
//! to be cleaned and measured.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    process::{Command, ExitCode, Stdio},
};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::ui::panels;

/// The hidden subcommand.
const SUBCOMMAND: &str = "__diagram";
/// Processor time that a layout may take, in seconds.
const SECONDS: u64 = 2;
/// Memory that it may take, in bytes.
const MEMORY: u64 = 1 << 30;
/// More is no diagram, in bytes.
const MOST: u64 = 1 << 20;

/// Handles `argv` when it is the hidden subcommand; `None` when it is anything else. To be called first
/// in `main`, before any thread starts.
pub fn diagram_main(argv: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut argv = argv.into_iter().skip(1);
    if argv.next()? != SUBCOMMAND {
        return None;
    }
    let columns = argv.next().and_then(|a| a.to_str()?.parse().ok());
    let drawn = columns.and_then(|columns| child(columns).ok());
    Some(if drawn.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn child(columns: usize) -> io::Result<()> {
    for (what, most) in [(Resource::Cpu, SECONDS), (Resource::As, MEMORY), (Resource::Core, 0)] {
        setrlimit(what, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let mut source = String::new();
    io::stdin().lock().take(MOST).read_to_string(&mut source)?;
    let lines = panels::lay_out_diagram(&source, columns).ok_or(io::ErrorKind::InvalidData)?;
    io::stdout().lock().write_all(lines.join("\n").as_bytes())
}

/// Has a diagram laid out; nothing where it cannot be drawn, or not within the limits.
pub(super) fn laid_out(source: &str, columns: usize) -> Option<Vec<String>> {
    let mut command = Command::new("/proc/self/exe");
    command.arg(SUBCOMMAND).arg(columns.to_string());
    by(command, source)
}

fn by(mut command: Command, source: &str) -> Option<Vec<String>> {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = pipes.spawn().ok()?;
    // It reads all before it writes anything, and what it is given is short: neither waits for the other.
    let sent = child.stdin.take().map(|mut to| to.write_all(source.as_bytes()));
    let mut drawn = String::new();
    let read = child.stdout.take().map(|from| from.take(MOST).read_to_string(&mut drawn));
    let ended = child.wait().ok()?;
    let whole = ended.success() && matches!((sent, read), (Some(Ok(())), Some(Ok(_))));
    whole.then(|| drawn.split('\n').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hidden_subcommand_is_handled() {
        let argv = |words: &[&str]| words.iter().map(|w| OsString::from(*w)).collect::<Vec<_>>();
        assert!(diagram_main(argv(&["kiro-tui"])).is_none());
        assert!(diagram_main(argv(&["kiro-tui", "check", SUBCOMMAND])).is_none());
        assert!(diagram_main(argv(&["kiro-tui", SUBCOMMAND, "many"])).is_some());
    }

    #[test]
    fn a_process_that_fails_or_is_ended_gives_nothing() {
        let shell = |words: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", words]);
            by(command, "graph LR")
        };
        assert_eq!(shell("cat >/dev/null; printf 'a\\nb'"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(shell("cat >/dev/null; printf a; exit 1"), None);
        assert_eq!(shell("cat >/dev/null; printf a; kill -XCPU $$"), None);
    }
}
