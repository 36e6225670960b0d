//! Recordings: exchanges with a model, one JSON object a line.
//!
//! ```json
//! {"v":1,"scene":{"name":"requirements 1","step":0},"reply":{"text":"…"},"usage":{"input":9,"output":3}}
//! ```
//!
//! A line holds what was replied, never what was asked, and nothing of the provider's address or
//! key. An exchange that failed has an `error`, and its `reply` is what had arrived before it, with
//! the arguments of calls as raw text. Every line ends in a newline; blank lines are passed over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    domain::turn::message::{Reply, Usage},
    ports::model::{ModelError, Scene},
};

/// The version of the lines that this program writes, and the only one it reads.
const VERSION: u32 = 1;

/// One exchange, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Where in the job it stood.
    pub scene: Scene,
    /// What was replied; what had arrived of it when there is an error.
    #[serde(default)]
    pub reply: Reply,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ModelError>,
}

#[derive(Serialize)]
struct LineOut<'a> {
    v: u32,
    #[serde(flatten)]
    exchange: &'a Exchange,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Exchange {
    /// The exchange as a line of a recording, newline included.
    ///
    /// # Errors
    /// Those of serialisation, which plain data does not have.
    pub(super) fn line(&self) -> serde_json::Result<String> {
        let mut line = serde_json::to_string(&LineOut { v: VERSION, exchange: self })?;
        line.push('\n');
        Ok(line)
    }
}

/// A line that is no exchange.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the recording: {why}")]
pub struct CassetteError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// A recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cassette {
    by_scene: BTreeMap<Scene, Exchange>,
}

impl Cassette {
    /// A recording of these exchanges. Of those with the same scene the last without an error
    /// counts, or the last of all when every one failed.
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        let mut by_scene: BTreeMap<Scene, Exchange> = BTreeMap::new();
        for exchange in exchanges {
            let worked_before = by_scene.get(&exchange.scene).is_some_and(|known| known.error.is_none());
            if exchange.error.is_none() || !worked_before {
                by_scene.insert(exchange.scene.clone(), exchange);
            }
        }
        Self { by_scene }
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// [`CassetteError`] for the first line that is not an exchange of this version.
    pub fn parse(text: &str) -> Result<Self, CassetteError> {
        let mut exchanges = Vec::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let wrong = |why: String| CassetteError { line: at + 1, why };
            let read = |error: serde_json::Error| wrong(error.to_string());
            let version: Version = serde_json::from_str(line).map_err(read)?;
            if version.v != VERSION {
                return Err(wrong(format!("version {} is not known, only {VERSION}", version.v)));
            }
            exchanges.push(serde_json::from_str(line).map_err(read)?);
        }
        Ok(Self::new(exchanges))
    }

    /// The exchange of a scene.
    pub fn get(&self, scene: &Scene) -> Option<&Exchange> {
        self.by_scene.get(scene)
    }

    /// The exchanges that count, by scene.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.by_scene.values()
    }

    /// True when nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.by_scene.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        domain::turn::message::{Stop, ToolCall},
        ports::model::ModelErrorKind,
    };

    fn exchange(step: u32, text: &str, failed: bool) -> Exchange {
        let error = ModelError { kind: ModelErrorKind::CutOff, message: "m".into(), remedy: "r".into() };
        Exchange {
            scene: Scene { name: "task 2.1".into(), step },
            reply: Reply {
                text: text.into(),
                reasoning: "hm".into(),
                calls: vec![ToolCall { id: "c1".into(), name: "read".into(), arguments: json!({"path": "a"}) }],
                stop: Stop::Length,
            },
            usage: Usage { input: 5, output: 2, cached: 1 },
            error: failed.then_some(error),
        }
    }

    #[test]
    fn lines_are_read_as_they_were_written() {
        let exchanges = vec![exchange(0, "a\nb \u{2028} \"c\"", false), exchange(1, "", true)];
        let text: String = exchanges.iter().map(|one| one.line().unwrap()).collect();
        assert_eq!(text.lines().count(), 2);
        assert_eq!(Cassette::parse(&text).unwrap(), Cassette::new(exchanges));
    }

    #[test]
    fn the_last_that_worked_counts() {
        let cassette = Cassette::new(vec![
            exchange(0, "first", false),
            exchange(0, "second", false),
            exchange(0, "failed", true),
            exchange(1, "failed", true),
            exchange(1, "failed again", true),
        ]);
        let text = |step| cassette.get(&Scene { name: "task 2.1".into(), step }).map(|one| one.reply.text.as_str());
        assert_eq!([text(0), text(1), text(2)], [Some("second"), Some("failed again"), None]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let good = exchange(0, "a", false).line().unwrap();
        for (bad, why) in [
            ("{\"v\":1", "EOF"),
            ("{\"v\":2}", "version 2"),
            ("{\"v\":1}", "scene"),
            ("{\"scene\":{\"name\":\"a\",\"step\":0}}", "`v`"),
        ] {
            let error = Cassette::parse(&format!("{good}\n{bad}\n{good}")).unwrap_err();
            assert_eq!(error.line, 3);
            assert!(error.why.contains(why), "{error}");
        }
    }

    #[test]
    fn a_line_can_be_written_by_hand() {
        let cassette =
            Cassette::parse(r#"{"v":1,"scene":{"name":"design 1","step":0},"reply":{"text":"hello"}}"#).unwrap();
        assert_eq!(cassette.exchanges().next().map(|one| one.reply.text.as_str()), Some("hello"));
    }
}
