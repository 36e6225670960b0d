//! The cloud port: over AWS, in memory, and off.

#[cfg(feature = "aws")]
mod aws;
mod memory;
mod off;
mod signs;

#[cfg(feature = "aws")]
pub use self::aws::AwsCloud;
pub use self::{
    memory::MemoryCloud,
    off::NoCloud,
    signs::{FIRMWARE, has_config, signs},
};
