//! The git adapter on real repositories, judged by the real `git`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod commit;
mod killed;
mod merge;
mod open;
mod submodules;
mod support;
