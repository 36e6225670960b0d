//! Settings, keymap files and themes: text in, checked data out.
//!
//! Every value knows the layer, file and line it came from, and every error the place it is about.
//! Only [`load`] touches the disk; the rest takes `(path, text)` pairs, so that a mistake in a file
//! is found the same way in a test as on a developer's machine.

pub mod color;
pub mod error;
pub mod library;
pub mod theme;
pub mod tree;
