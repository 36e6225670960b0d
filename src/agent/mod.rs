//! The agent: one thread that carries out what the gates allow.
//!
//! [`host::Host`] takes commands and opens specs; [`session::Session`] runs one. What to do next is
//! read from the folded state alone ([`next`]), so a session that was killed goes on where it was.
//! Every entry is in the journal before anything follows from it. There is no other way to a port
//! with a side effect than an approval from the gate.

mod account;
mod claim;
pub mod deploy;
mod exchange;
mod found;
pub mod host;
mod merge;
pub mod next;
mod outside;
mod own;
mod pace;
mod perform;
pub mod ports;
mod prompt;
mod proposals;
mod session;
mod sight;
mod sights;
mod stacks;
mod tail;
pub mod tools;
mod why;

pub use self::{
    ports::{Options, Ports},
    sights::stacks_of,
};
