//! What the program tells its caller when it ends.

/// Everything went well.
pub const OK: u8 = 0;
/// Something failed; standard error says what. For a check: it found an error.
pub const FAILURE: u8 = 1;
/// The command line could not be understood, or names a spec that is not there.
pub const USAGE: u8 = 2;
/// A configuration file, variable or flag is wrong.
pub const CONFIGURATION: u8 = 3;
/// Not a repository that specs can be kept in.
pub const REPOSITORY: u8 = 4;
/// A headless run came to a decision and standard input had ended.
pub const WAITING: u8 = 5;
/// No model is configured, or its key is not set.
pub const NO_MODEL: u8 = 6;
/// Something was shown and waits for an approval by its digest.
pub const APPROVAL: u8 = 7;
/// There is no account: no credentials, expired ones, no region, or AWS is not built in.
pub const NO_ACCOUNT: u8 = 8;

/// The codes as `--help` shows them.
pub(super) const HELP: &str = "\
Exit codes:
  0  everything went well
  1  something failed; standard error says what; for `check`, it found an error; for `aws drift`,
     something has drifted
  2  the command line could not be understood, or names a spec that is not there
  3  a configuration file, variable or flag is wrong
  4  not a git repository that specs can be kept in
  5  a headless run waits for a decision and standard input has ended
  6  no model is configured, or its key is not set
  7  what was printed waits for an approval by its digest
  8  no AWS account: no credentials, expired ones, no region, or not built in

Settings come from ~/.config/kiro-tui/config.toml, then .kiro/kiro-tui.toml in the repository, then
KIRO_TUI_… variables, then flags; `kiro-tui config` shows each value and where it comes from.";
