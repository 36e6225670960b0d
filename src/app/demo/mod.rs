//! The demo: a recorded job, played through the ordinary model port.

pub mod content;
