//! `kiro-tui completions`: a script that teaches a shell this program's command line.

use std::io::Write;

use clap_complete::Shell;

use super::failure::Failure;
use crate::cli::Cli;

/// Prints the script.
///
/// # Errors
/// When it cannot be written.
pub fn run(shell: Shell, out: &mut dyn Write) -> Result<(), Failure> {
    // The generator panics when writing fails, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::grammar(), "kiro-tui", &mut script);
    Ok(out.write_all(&script)?)
}
