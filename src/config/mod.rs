//! Settings, keymap files and themes: text in, checked data out.
//!
//! Every value knows the layer, file and line it came from, and every error the place it is about.
//! Only [`load`] touches the disk; the rest takes names and texts, so that a mistake in a file is
//! found the same way in a test as on a developer's machine.

pub mod color;
pub mod error;
pub mod layers;
pub mod library;
pub mod load;
pub mod provenance;
mod role;
mod rules;
mod schema;
pub mod settings;
pub mod theme;
pub mod tree;

pub use error::{ConfigError, ConfigErrors};
pub use layers::{Config, Explained, Flag, Layers};
pub use provenance::{Layer, Provenance};
pub use settings::Settings;
