//! The ports over real libraries: one folder a port.

pub mod files;
pub mod vcs;
