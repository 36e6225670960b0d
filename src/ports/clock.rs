//! The clock port.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole milliseconds, so that what is stored reads back the same.
    fn now(&self) -> Timestamp;
}
