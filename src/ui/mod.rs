//! What the developer sees and types.

pub mod keys;
pub mod panels;
pub mod style;
