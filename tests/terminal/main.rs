//! The program as a developer uses it: started in a terminal, driven by keys.

#[path = "../support/provider.rs"]
mod provider;
#[path = "../support/terminal.rs"]
mod terminal;

mod demo;
