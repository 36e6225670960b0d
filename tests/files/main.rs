//! The files port: one contract on disk and in memory, then what only a disk can do.

mod contract;
mod disk;
mod support;
