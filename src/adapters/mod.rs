//! The ports' implementations, each with the library that does the work.

pub mod model;
