//! The composition of the program: the only place that names adapters.

mod aws;
mod check;
pub mod completions;
mod compose;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod failure;
mod headless;
mod parts;
pub mod references;
pub mod run;
pub mod settings;
pub mod status;
mod table;
mod terminal;
pub mod trace;

/// Handles `argv` when it is the hidden subcommand that lays a diagram out; `None` when it is anything
/// else. To be called before any thread starts.
pub fn diagram_main(argv: impl IntoIterator<Item = std::ffi::OsString>) -> Option<std::process::ExitCode> {
    crate::ui::diagram_main(argv)
}
