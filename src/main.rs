//! The program: argv in, exit code out.

use std::process::ExitCode;

use kiro_tui::{adapters::shell, app};

fn main() -> ExitCode {
    // First of all and with one thread: what runs commands, and what lays diagrams out, is this program,
    // started again.
    if let Some(code) = shell::confined_main(std::env::args_os()) {
        return code;
    }
    if let Some(code) = app::diagram_main(std::env::args_os()) {
        return code;
    }
    app::run::main()
}
