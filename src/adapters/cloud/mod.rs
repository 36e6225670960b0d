//! The cloud port: over AWS, in memory, and off.

mod off;

pub use self::off::NoCloud;
