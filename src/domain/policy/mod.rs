//! What may be done without asking, and what is asked even then.

pub mod secrets;
