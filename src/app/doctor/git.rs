//! Git: its version, the repository's state, who commits, and whether records can be kept.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Check;
use crate::{
    adapters::vcs::GitRepo,
    ports::{
        shell::Shell,
        vcs::{Vcs, VcsError},
    },
};

/// Looks, and gives the checkout's root when there is one.
pub(super) fn look(dir: &Path, shell: &dyn Shell, all: &mut Vec<Check>) -> Option<PathBuf> {
    version(shell, all);
    let repo = match GitRepo::open(dir) {
        Ok(repo) => repo,
        Err(e) => {
            all.push(Check::fail("repository", e.to_string(), "or try `kiro-tui demo`, which makes its own"));
            return None;
        }
    };
    all.push(match repo.main_branch() {
        Ok(branch) => Check::ok("repository", format!("{}, specs are merged into `{branch}`", repo.root().display())),
        Err(e) => fail("repository", &e),
    });
    all.push(match repo.identity() {
        Ok(identity) => Check::ok("git identity", identity.to_string()),
        Err(e) => fail("git identity", &e),
    });
    match repo.specs() {
        Ok(specs) => all.push(Check::ok("specs", format!("{} in this repository", specs.len()))),
        Err(e) => all.push(fail("specs", &e)),
    }
    all.push(private(&repo.private_dir()));
    Some(repo.root())
}

/// The error's own words say both what is wrong and what to do; the part after the last `;` is the
/// remedy.
fn fail(name: &'static str, error: &VcsError) -> Check {
    let text = error.to_string();
    match text.rsplit_once("; ") {
        Some((found, remedy)) => Check::fail(name, found, remedy),
        None => Check::fail(name, text, "look at it with `git status`"),
    }
}

fn version(shell: &dyn Shell, all: &mut Vec<Check>) {
    const NAME: &str = "git";
    if !shell.has("git") {
        let remedy = "kiro-tui works without it; install it to look at branches and to push";
        all.push(Check::warn(NAME, "the `git` program is not on the path", remedy));
        return;
    }
    let run = Command::new("git").arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let said = run.ok().map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default();
    let mut numbers = said.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    // The first whose worktrees and `safe.directory` behave as libgit2's do.
    all.push(match version {
        (0, _) => Check::warn(NAME, "`git --version` says nothing that can be read", "check the installation"),
        old if old < (2, 36) => Check::warn(NAME, said, "update it to 2.36 or newer"),
        _ => Check::ok(NAME, said),
    });
}

/// Whether journals can be written. Asks the system, and writes nothing.
fn private(dir: &Path) -> Check {
    const NAME: &str = "records";
    let there = dir.ancestors().find(|d| fs::metadata(d).is_ok_and(|m| m.is_dir()));
    let writable = there.is_some_and(|d| rustix::fs::access(d, rustix::fs::Access::WRITE_OK).is_ok());
    if writable {
        Check::ok(NAME, format!("kept in {}", dir.display()))
    } else {
        Check::fail(
            NAME,
            format!("{} cannot be written", dir.display()),
            "make it yours with `chown`, or free the disk",
        )
    }
}
