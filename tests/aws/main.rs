//! Deploys by the real program, into the emulator of AWS: killed, cut off, refused, stopped; by the
//! command line and by keys.
//!
//! Needs `ministack` (`KIRO_TUI_MINISTACK`, or on the path). Without it the tests say that they are
//! skipped; in CI that is a failure.

#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/emulator.rs"]
mod emulator;
#[path = "../support/greeting.rs"]
mod greeting;
#[path = "../support/provider.rs"]
mod provider;
#[path = "../support/relay.rs"]
mod relay;
#[path = "../support/terminal.rs"]
mod terminal;

mod command;
mod faults;
mod log;
mod nested;
mod repo;
mod screen;
mod templates;
