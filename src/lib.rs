//! kiro-tui: a spec-driven coding agent whose every phase a developer validates.

pub mod adapters;
pub mod agent;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod ports;
pub mod ui;
