//! Text for people: cleaning what comes from outside, display width, wrapping, Markdown blocks.
//!
//! Plain data in and out; colours and cells belong to the renderer.
//!
//! Always holds: nothing that comes out of [`clean`] has a control, escape or
//! invisible character besides line feed and tab, and nothing hidden in a source stays hidden.

pub mod clean;
pub mod width;

pub use clean::{Suspicion, What, clean, clean_bytes, expand_tabs, suspicious};
