//! Evidence that a task is done: which command runs a project's tests, and what a run said.
//!
//! Runs nothing. What a test runner printed is the project's own word and can be wrong; the exit
//! code always counts besides it.

pub mod detect;
pub mod named;
pub mod outcome;
