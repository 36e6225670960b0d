//! The outside world: each module implements one port with its library.

pub mod shell;
