//! The composition of the program: the only place that names adapters.

pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod failure;
pub mod references;
pub mod settings;
pub mod status;
mod table;
