//! Text for people: cleaning what comes from outside, display width, wrapping, Markdown blocks.
//!
//! Plain data in and out; colours and cells belong to the renderer.
//!
//! Always holds: nothing that comes out of [`clean`] or [`markdown`] has a control, escape or
//! invisible character besides line feed and tab, and nothing hidden in a source stays hidden.

pub mod block;
pub mod changes;
pub mod clean;
pub mod closed;
pub mod layout;
pub mod markdown;
mod strings;
pub mod suspect;
pub mod table;
pub mod veil;
pub mod width;

pub use block::{Align, Block, Cells, Ink, Kind, Mark, Marker, Span, Style};
pub use clean::{Reads, clean, clean_bytes, expand_tabs, seen};
pub use closed::closed_prefix;
pub use layout::{Line, Role, render};
pub use markdown::{parse, parse_from};
pub use suspect::{Suspicion, What, suspicious, suspicious_in};
