//! The composition of the program.

pub mod demo;
