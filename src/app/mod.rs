//! The composition of the program.

pub mod demo;
pub mod references;
