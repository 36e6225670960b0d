//! Every variant of the documents that is seen in the wild, and the properties of parsing and
//! ticking.

mod documents;
mod properties;
mod renumber;
mod tasks;
