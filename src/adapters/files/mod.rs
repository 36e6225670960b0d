//! The files port: [`DiskFiles`] on a directory, [`MemoryFiles`] for tests of what uses the port.
//!
//! Both plan a change set with the same code and pass the same contract tests. Paths that lead
//! through a symbolic link are refused, even when the link stays inside the root: git does not
//! track what lies behind one either, and a link could lead to a path with stricter rules.
//!
//! Nothing outside the root is ever read or written.

mod apply;
mod disk;
mod fault;
mod find;
pub mod memory;
mod plan;
mod walk;
mod zip;

pub use disk::DiskFiles;
pub use memory::MemoryFiles;

/// The largest file that is read or written, in bytes.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
