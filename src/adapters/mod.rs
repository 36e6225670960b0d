//! The ports' implementations, each with the library that does the work.

pub mod model;
//! The ports over real libraries: one folder a port.

pub mod files;
pub mod vcs;
