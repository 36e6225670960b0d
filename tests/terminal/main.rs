//! The program as a developer uses it: started in a terminal, driven by keys.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/greeting.rs"]
mod greeting;
#[path = "../support/provider.rs"]
mod provider;
#[path = "../support/terminal.rs"]
mod terminal;

mod account;
mod attack;
mod changes;
mod demo;
mod job;
mod leaving;
mod review;
mod sizes;
mod start;
mod steps;
mod unsaved;
