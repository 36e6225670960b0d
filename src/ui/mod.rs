//! What the developer sees and types.
//!
//! A model, messages, and an update function without I/O ([`update`]); views that only draw
//! ([`views`]); and a runtime that owns the terminal ([`runtime`]). The agent is met only through
//! [`crate::domain::wire`]: its records are folded here into the same state that it has.

#[cfg(test)]
#[macro_use]
mod album;
pub mod keys;
pub mod model;
pub mod msg;
pub mod panels;
pub mod runtime;
pub mod style;
#[cfg(test)]
mod testing;
pub mod text;
pub mod update;
pub mod views;

pub use model::{Bell, Defaults, UiConfig};
pub use msg::Exit;
pub use runtime::{Mailbox, UiError, diagram_main, run};
