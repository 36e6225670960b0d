//! The pure core: values in, values out. No I/O, clock, randomness, threads or panics.

pub mod brief;
pub mod change;
pub mod claim;
pub mod cloud;
pub mod command;
pub mod commit;
pub mod diff;
pub mod digest;
pub mod evidence;
pub mod gate;
pub mod journal;
pub mod path;
pub mod phase;
pub mod policy;
pub mod prose;
pub mod review;
pub mod session;
pub mod settle;
pub mod spec;
pub mod stack;
pub mod steering;
pub mod told;
pub mod trace;
pub mod turn;
pub mod wire;
