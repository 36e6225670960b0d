//! The ports over real libraries: one folder a port, named after what it adapts.

pub mod cloud;
pub mod files;
pub mod journal;
pub mod model;
pub mod shell;
pub mod vcs;
pub mod web;
