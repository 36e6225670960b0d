//! The cloud port: one contract on an account in memory and, where there is one, on an emulator; then
//! what only the adapter to AWS can get wrong.
//!
//! The emulator is `ministack`, found on the path or named by `KIRO_TUI_MINISTACK`. It is started on a
//! free loopback port with a home of its own, and the tests run once more against it, in a process
//! that has the environment for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

#[cfg(feature = "aws")]
#[path = "../support/emulator.rs"]
mod account;
#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "aws")]
mod bedrock;
mod contract;
#[cfg(feature = "aws")]
mod emulator;
#[cfg(feature = "aws")]
#[path = "../support/provider.rs"]
mod provider;
#[cfg(feature = "aws")]
mod roles;
mod support;
