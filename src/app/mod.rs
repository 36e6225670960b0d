//! The composition of the program: the only place that names adapters.

pub mod demo;
pub mod references;
