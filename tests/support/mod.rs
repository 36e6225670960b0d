//! What several integration tests share. Each uses a part of it.
#![allow(dead_code)]

pub mod job;
pub mod provider;
pub mod small;
