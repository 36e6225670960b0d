//! What the developer sees and types.

pub mod keys;
pub mod style;
