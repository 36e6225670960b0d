//! The steps that are measured, in terms of the program: how it is started, what is typed, and what
//! the screen shows then.

use std::{path::Path, time::Duration};

use anyhow::Result;
use portable_pty::CommandBuilder;

use crate::provider::{Provider, ScriptedReply, tool_names};

/// Tokens that the model streams.
pub const TOKENS: usize = 2000;
/// How many a second.
pub const RATE: u32 = 100;
/// Submits the form of a new spec.
pub const SUBMIT: &str = "\x13";
/// Opens the list of keys, and closes it.
pub const HELP: &str = "?";
/// What is on the screen while the keys are open, and not else.
pub const HELP_SHOWN: &str = "┌ Keys";

/// A repository with one commit, as a spec needs it.
pub fn repository(dir: &Path) -> Result<()> {
    let repo = git2::Repository::init(dir)?;
    let mut config = repo.config()?;
    config.set_str("user.name", "Bench")?;
    config.set_str("user.email", "bench@localhost")?;
    std::fs::write(dir.join("README.md"), "# Measured\n")?;
    let mut index = repo.index()?;
    index.add_path(Path::new("README.md"))?;
    index.write()?;
    let (tree, who) = (repo.find_tree(index.write_tree()?)?, repo.signature()?);
    repo.commit(Some("HEAD"), &who, &who, "First", &tree, &[])?;
    Ok(())
}

/// A model that streams its words at the rate, one a token, as the text of a reply.
pub fn provider() -> Provider {
    Provider::with_brain(|request| {
        let tokens = if tool_names(request).is_empty() { 1 } else { TOKENS };
        let text: String = (0..tokens).map(|n| if n % 12 == 11 { "and\n\n" } else { "word " }).collect();
        ScriptedReply::new().text(&text).chunk(5).delay(Duration::from_secs(1) / RATE)
    })
}

/// The program in that repository, with the form of a new spec, spoken to by that model.
pub fn program(repository: &Path, home: &Path, endpoint: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kiro-tui"));
    command.arg("new");
    command.cwd(repository);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KIRO_TUI_") {
            command.env_remove(name);
        }
    }
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("KIRO_TUI_MODEL_PROVIDER", "openai-compatible"),
        ("KIRO_TUI_MODEL_NAME", "scripted"),
        ("KIRO_TUI_MODEL_ENDPOINT", endpoint),
    ] {
        command.env(name, value);
    }
    for name in ["HOME", "KIRO_TUI_CONFIG_DIR", "KIRO_TUI_STATE_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, home);
    }
    command
}
