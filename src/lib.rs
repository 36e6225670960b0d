//! kiro-tui: a spec-driven coding agent whose every phase a developer validates.

pub mod app;
pub mod domain;
pub mod ports;
