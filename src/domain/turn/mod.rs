//! One turn of the model: its messages, its stream and the bounds it runs in.

pub mod message;
pub mod partial;
mod reasoning;

pub use reasoning::Reasoning;
