//! Models: every provider behind one client, a recorder around any model, and recordings played
//! back as a model.

#[cfg(feature = "aws")]
mod bedrock;
mod cassette;
mod config;
mod fault;
mod genai;
mod record;
mod replay;
mod translate;

pub use cassette::{Cassette, CassetteError, Exchange};
pub use config::{ModelConfig, key_variable, providers};
pub use genai::GenaiModel;
pub use record::Recorder;
pub use replay::{Pace, ReplayModel};
