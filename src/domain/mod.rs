//! The pure core: values in, values out. No I/O, clock, randomness, threads or panics.

pub mod change;
pub mod command;
pub mod commit;
pub mod digest;
pub mod evidence;
pub mod gate;
pub mod path;
pub mod policy;
pub mod turn;
