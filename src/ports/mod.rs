//! What the agent needs of the world, as traits. No implementation lives here.

pub mod clock;
pub mod cloud;
pub mod context;
pub mod files;
pub mod journal;
pub mod model;
pub mod shell;
pub mod vcs;
pub mod web;
