//! The files port: one contract on disk and in memory, then what only a disk can do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod contract;
mod disk;
mod support;
