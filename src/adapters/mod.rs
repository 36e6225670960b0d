//! The ports' implementations, each with the library that does the work.

pub mod model;
//! The ports over real libraries: one folder a port.

pub mod files;
pub mod vcs;
//! The outside world: each module implements one port with its library.

pub mod shell;
