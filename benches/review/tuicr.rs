//! How long `tuicr` takes from its start to the first lines of a change, in a terminal of its own and
//! a repository of its own. Its start is part of it: it has no way to be given a change otherwise.

use std::{
    num::NonZeroU16,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use portable_pty::CommandBuilder;

use crate::pty::Pty;

/// Nothing where it is not on the PATH. `word` stands in the first lines of the change.
pub fn first(old: &[u8], new: &[u8], word: &str) -> Result<Option<Duration>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("tuicr").is_file()) {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let root = folder.path().join("repository");
    std::fs::create_dir(&root)?;
    let file = root.join("large.rs");
    git(&root, &["init", "-q"])?;
    std::fs::write(&file, old)?;
    git(&root, &["add", "."])?;
    git(&root, &["-c", "user.name=Ada", "-c", "user.email=ada@localhost", "commit", "-qm", "before"])?;
    std::fs::write(&file, new)?;
    let mut command = CommandBuilder::new("tuicr");
    command.args(["--working-tree", "--no-update-check"]);
    command.cwd(&root);
    command.env("HOME", folder.path());
    command.env("TERM", "xterm-256color");
    let (rows, columns) = (NonZeroU16::new(40).context("rows")?, NonZeroU16::new(120).context("columns")?);
    let at = Instant::now();
    let terminal = Pty::start(rows, columns, command)?;
    Ok(Some(terminal.wait("tuicr's first lines", at, |shown| shown.contains(word))?))
}

fn git(root: &Path, args: &[&str]) -> Result<()> {
    let output = Command::new("git").arg("-C").arg(root).args(args).output().context("git cannot be started")?;
    if !output.status.success() {
        bail!("git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
