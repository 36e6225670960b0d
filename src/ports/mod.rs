//! What the agent needs of the world, as traits. No implementation lives here.

pub mod files;
pub mod model;
pub mod shell;
pub mod vcs;
