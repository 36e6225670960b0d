//! The settings as the program uses them, with their built-in values.
//!
//! Where a value came from is [`super::layers`]' business, and which values are allowed the
//! schema's. What always holds: no secret is printed by `Debug`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::provenance::Provenance;
use crate::domain::{phase::Autonomy, spec::Depth, turn::Reasoning};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// `[model]`
    pub model: ModelSettings,
    /// `[spec]`
    pub spec: SpecSettings,
    /// `[aws]`
    pub aws: AwsSettings,
    /// `[tests]`
    pub tests: TestSettings,
    /// `[ui]`
    pub ui: UiSettings,
    /// `[permissions]`: the rules of every layer together; no layer takes away another's.
    pub permissions: Vec<Rule>,
    /// `[paths]`
    pub paths: PathSettings,
}

/// Which model is spoken to, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSettings {
    /// The provider's name.
    pub provider: String,
    /// The model's name at that provider.
    pub name: String,
    /// The base URL; the provider's own when absent.
    pub endpoint: Option<String>,
    /// The environment variable that holds the key; the provider's usual one when absent.
    pub key_env: Option<String>,
    /// Headers sent with every request.
    pub headers: Vec<Header>,
    /// The most tokens of one reply; the provider's bound when absent.
    pub max_output_tokens: Option<u32>,
    /// How long the connection may be silent.
    pub idle_timeout: Duration,
    /// How often a request is sent at most, the first time included.
    pub attempts: u32,
    /// How much the model should reason; the provider's default when absent.
    pub reasoning: Option<Reasoning>,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            provider: "anthropic".to_owned(),
            name: "claude-sonnet-4-5".to_owned(),
            endpoint: None,
            key_env: None,
            headers: Vec::new(),
            max_output_tokens: None,
            idle_timeout: Duration::from_secs(120),
            attempts: 4,
            reasoning: None,
        }
    }
}

/// A header of every request to the model. Its value may be a secret and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, a valid header name.
    pub name: String,
    pub(super) value: String,
}

impl Header {
    /// The value with every `${NAME}` replaced by that environment variable.
    ///
    /// # Errors
    /// The name of a variable that is not set.
    pub fn value(&self, env: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = self.value.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, tail)) = after.split_once('}') else { break };
            out.push_str(before);
            out.push_str(&env(name).ok_or_else(|| name.to_owned())?);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: (hidden)", self.name)
    }
}

/// What a new spec starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecSettings {
    /// How much the documents have to say.
    pub depth: Depth,
    /// How much is asked while tasks run.
    pub autonomy: Autonomy,
    /// Whether the AWS parts are on.
    pub aws: bool,
    /// The branch that specs are merged into; found out from the repository when absent.
    pub main_branch: Option<String>,
}

impl Default for SpecSettings {
    fn default() -> Self {
        Self { depth: Depth::default(), autonomy: Autonomy::default(), aws: true, main_branch: None }
    }
}

/// Which AWS account, and where. What is not said comes from the environment and the files of AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsSettings {
    /// The profile.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The URL to speak to, where it is not AWS itself.
    pub endpoint: Option<String>,
    /// The bucket for templates that are too large to be sent with a request.
    pub bucket: Option<String>,
}

/// How tests are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestSettings {
    /// The command; none is run when absent.
    pub command: Option<TestCommand>,
    /// How long it may take.
    pub timeout: Duration,
    /// How often the agent may try to mend what fails before it stops and asks.
    pub attempts: u32,
}

impl Default for TestSettings {
    fn default() -> Self {
        Self { command: None, timeout: Duration::from_secs(600), attempts: 3 }
    }
}

/// A test command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCommand {
    /// The command line.
    pub line: String,
    /// True when the repository chose it and not the developer: it has to be shown and approved
    /// before it runs the first time.
    pub from_project: bool,
}

/// What the screen and the keys are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UiSettings {
    /// The theme's name; `auto` chooses light or dark.
    pub theme: String,
    /// The keymap's name.
    pub keymap: String,
    /// The colours to use: `auto`, `truecolor`, `256`, `16` or `none`.
    pub color: String,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// The columns a diff needs to be shown side by side.
    pub side_by_side_min_width: u16,
    /// Whether the bell rings when something waits.
    pub bell: bool,
    /// Whether copying goes to the terminal's clipboard.
    pub osc52: bool,
    /// Whether the mouse is used.
    pub mouse: bool,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: "auto".to_owned(),
            keymap: "default".to_owned(),
            color: "auto".to_owned(),
            wrap: true,
            side_by_side_min_width: 100,
            bell: true,
            osc52: true,
            mouse: false,
        }
    }
}

/// One permission rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is about: `shell`, `fs_write`, …
    pub capability: String,
    /// The patterns it holds for; everything when empty, which only `ask` and `deny` may be.
    pub matches: Vec<String>,
    /// The patterns it does not hold for.
    pub exclude: Vec<String>,
    /// What it says.
    pub effect: Effect,
    /// Where it stands.
    pub provenance: Provenance,
}

/// What a rule says. The strictest of all that hold wins; the order here is that of strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Without asking.
    Allow,
    /// Ask.
    Ask,
    /// Never.
    Deny,
}

impl Effect {
    pub(super) const NAMES: [&'static str; 3] = ["allow", "ask", "deny"];

    /// Its name in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Allow, Self::Ask, Self::Deny].into_iter().find(|e| e.name() == name)
    }
}

/// Where things are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathSettings {
    /// Where the worktrees of specs are made, absolute or from `~/`; the program's own place when absent.
    pub worktrees: Option<String>,
}

impl PathSettings {
    /// The worktrees' folder, with `~/` taken from `home`.
    pub fn worktrees(&self, home: &Path) -> Option<PathBuf> {
        let path = self.worktrees.as_deref()?;
        Some(path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |rest| home.join(rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headers_value_takes_variables_and_is_never_printed() {
        let header = Header { name: "x".into(), value: "Bearer ${TOKEN}-${N}".into() };
        let env = |n: &str| (n != "N").then(|| n.to_lowercase());
        assert_eq!(header.value(|n| Some(n.to_lowercase())), Ok("Bearer token-n".into()));
        assert_eq!(header.value(env), Err("N".into()));
        assert_eq!(format!("{header:?}"), "x: (hidden)");
    }

    #[test]
    fn the_lists_of_names_are_those_that_are_read() {
        assert!(Effect::NAMES.iter().all(|n| Effect::parse(n).is_some_and(|e| e.name() == *n)));
        assert!(Effect::Deny > Effect::Ask && Effect::Ask > Effect::Allow);
    }
}
