//! kiro-tui: a spec-driven coding agent whose every phase a developer validates.
//!
//! # Layers
//!
//! A layer uses those named after it and itself, never one that is not named:
//! [`domain`] (nothing) · [`ports`] (domain) · [`config`] (domain) · [`agent`] (domain, ports) ·
//! [`adapters`] (domain, ports) · [`ui`] (domain, config) · `cli` (domain, config) · [`app`]
//! (everything). Modules of one layer form no circle. `tests/architecture.rs` holds this to be so.
//!
//! # Invariants
//!
//! 1. [`domain`] is total and deterministic: time and identifiers come in as values.
//! 2. Nothing is written to a worktree, run, committed or merged without a
//!    [`domain::gate::Approved`] value. Only [`domain::gate::judge`] makes one, after comparing
//!    digests, and the port takes it by value: forgetting to ask does not compile. A standing
//!    decision is recorded too and goes through the same function.
//! 3. What is approved is what was drawn: a decision carries the digest of exactly what was shown.
//!    What changes afterwards has another digest, and asks again.
//! 4. A decision is on the disk before its effect begins. Replaying a journal gives the state that
//!    the running program had.
//! 5. A project's files may narrow what is permitted, never widen it. A rule that cannot be read is
//!    an error, and nothing starts.
//! 6. A refusal is a value that the developer sees, never a silent drop.
//! 7. Text from models, tools and files is cleaned of control characters before it reaches a cell.

pub mod adapters;
pub mod agent;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod ports;
pub mod ui;
