//! What may be done without asking, and what is asked even then.
//!
//! [`command`] takes command lines apart and says what each part could do, [`rules`] decides by the
//! developer's and the project's rules, [`sensitive`] finds what batch autonomy must ask about, and
//! [`secrets`] finds what must not be shown or sent. Nothing here does anything by itself.

mod classify;
pub mod command;
mod paths;
pub mod rules;
pub mod secrets;
pub mod sensitive;
pub mod stacks;
