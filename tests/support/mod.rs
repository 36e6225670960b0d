//! What several integration tests share.

pub mod job;
pub mod provider;
