//! The terminal, the sandbox and Node.

use std::path::Path;

use super::{Check, Terminal};
use crate::{app::settings::Environment, ports::shell::Shell, ui::style::Capability};

/// The size from which every panel has room.
const WIDE: (u16, u16) = (80, 24);
/// The smallest that is drawn at all.
const LEAST: (u16, u16) = (60, 16);

/// What the screen will be like.
pub(super) fn terminal(env: &Environment, terminal: Terminal, all: &mut Vec<Check>) {
    const NAME: &str = "terminal";
    let term = env.get("TERM").unwrap_or_default();
    if !terminal.attached {
        let remedy = "start it in one; without, use `kiro-tui run --headless`";
        all.push(Check::warn(NAME, "standard input and output are not a terminal", remedy));
    } else if term.is_empty() || term == "dumb" {
        let remedy = "set TERM to what your terminal is, such as xterm-256color";
        all.push(Check::fail(NAME, format!("TERM is `{term}`, which cannot show a full screen"), remedy));
    } else {
        all.push(size(&term, terminal.size));
    }
    colours(env, all);
    locale(env, all);
    around(env, all);
}

fn size(term: &str, size: Option<(u16, u16)>) -> Check {
    const NAME: &str = "terminal";
    match size {
        None => Check::warn(NAME, format!("{term}, of unknown size"), "run `resize`, or set COLUMNS and LINES"),
        Some((w, h)) if w < LEAST.0 || h < LEAST.1 => {
            let remedy =
                format!("make it at least {} by {}; {} by {} is comfortable", LEAST.0, LEAST.1, WIDE.0, WIDE.1);
            Check::fail(NAME, format!("{term}, {w} by {h}"), remedy)
        }
        Some((w, h)) if w < WIDE.0 || h < WIDE.1 => Check::warn(
            NAME,
            format!("{term}, {w} by {h}"),
            format!("{} by {} has room for everything", WIDE.0, WIDE.1),
        ),
        Some((w, h)) => Check::ok(NAME, format!("{term}, {w} by {h}")),
    }
}

fn colours(env: &Environment, all: &mut Vec<Check>) {
    const NAME: &str = "colours";
    all.push(match Capability::detect(|name| env.get(name)) {
        Capability::TrueColor => Check::ok(NAME, "true colour"),
        Capability::Ansi256 => {
            let found = "256 colours";
            match env.get("SSH_CONNECTION").is_some() && env.get("COLORTERM").is_none() {
                true => Check { remedy: Some(FORWARD.to_owned()), ..Check::ok(NAME, found) },
                false => Check::ok(NAME, found),
            }
        }
        Capability::Ansi16 => Check::ok(NAME, "16 colours; `ui.color` can say otherwise"),
        Capability::None if env.get("NO_COLOR").is_some() => Check::ok(NAME, "none, as NO_COLOR asks"),
        Capability::None => Check::ok(NAME, "none; nothing is told by colour alone"),
    });
}

const FORWARD: &str = "COLORTERM does not travel over SSH by itself; if your terminal has true colour, set `ui.color`";

fn locale(env: &Environment, all: &mut Vec<Check>) {
    const NAME: &str = "locale";
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|n| env.get(n).map(|v| (n, v)));
    let utf8 = |v: &str| v.to_ascii_lowercase().replace('-', "").contains("utf8");
    all.push(match named {
        Some((name, value)) if utf8(&value) => Check::ok(NAME, format!("{name}={value}")),
        // macOS sets it in its terminals; elsewhere a missing locale is plain ASCII.
        Some((name, value)) => {
            Check::warn(NAME, format!("{name}={value} is not UTF-8"), "export LANG=C.UTF-8, or your own language's")
        }
        None => Check::warn(NAME, "none is set", "export LANG=C.UTF-8, or your own language's"),
    });
}

/// What lies between the program and the eye.
fn around(env: &Environment, all: &mut Vec<Check>) {
    let term = env.get("TERM").unwrap_or_default();
    if env.get("TMUX").is_some() {
        let remedy = "in tmux.conf: set -s set-clipboard on, set -g focus-events on, set -s escape-time 10";
        let check = if term.starts_with("tmux") || term.starts_with("screen") {
            Check { remedy: Some(remedy.to_owned()), ..Check::ok("tmux", format!("inside tmux, TERM={term}")) }
        } else {
            let remedy =
                "set -g default-terminal tmux-256color in tmux.conf: another TERM inside of tmux draws wrongly";
            Check::warn("tmux", format!("inside tmux, but TERM={term}"), remedy)
        };
        all.push(check);
    }
    if env.get("SSH_CONNECTION").is_some() || env.get("SSH_TTY").is_some() {
        let found = "over SSH: a session goes on where it was after the connection breaks";
        all.push(Check::ok("ssh", found));
    }
}

/// Whether commands can be confined.
pub(super) fn sandbox(shell: &dyn Shell, all: &mut Vec<Check>) {
    all.push(match (shell.sandbox(), shell.loopback()) {
        (Ok(()), Ok(())) => {
            Check::ok("sandbox", "commands are confined to the worktree, with no network but a loopback of their own")
        }
        (Ok(()), Err(why)) => {
            let remedy = "tests that open a socket fail confined; allow user namespaces, or run those unconfined";
            let found = format!("commands are confined to the worktree, without network or loopback: {why}");
            Check::warn("sandbox", found, remedy)
        }
        (Err(why), _) => {
            let remedy = "every command then asks to run unconfined and says so; Linux 5.13 or newer with Landlock can";
            Check::warn("sandbox", format!("commands cannot be confined here: {why}"), remedy)
        }
    });
}

/// Node, where the project is one of its.
pub(super) fn node(root: &Path, shell: &dyn Shell, all: &mut Vec<Check>) {
    const NAME: &str = "node";
    let needed = root.join("package.json").is_file();
    all.push(match (shell.has("node"), needed) {
        (true, _) => Check::ok(NAME, "on the path"),
        (false, true) => {
            Check::warn(NAME, "this project has a package.json, but `node` is not on the path", "install Node")
        }
        (false, false) => Check::ok(NAME, "not on the path, and this project does not ask for it"),
    });
}
