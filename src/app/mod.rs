//! The composition of the program: the only place that names adapters.

mod aws;
mod check;
pub mod completions;
mod compose;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod failure;
mod headless;
mod parts;
pub mod references;
pub mod run;
pub mod settings;
pub mod status;
mod table;
mod terminal;
pub mod trace;
