//! Where settings come from on this machine, and what they are for the adapters.
//!
//! The only place that turns configuration into other modules' terms. What always holds: no value
//! of a key or header is in an error.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use etcetera::BaseStrategy;

use super::failure::Failure;
use crate::{
    adapters::model::{self, ModelConfig},
    agent::host::Defaults,
    cli::exit,
    config::{
        Config, ConfigErrors, Flag, Layer, Layers, Settings, load,
        settings::{self, Rule},
    },
    domain::policy::rules::{self, Capability, Rules, Scope},
    ui::{
        keys::{self, Keymap},
        style::{self, Styles},
    },
};

/// The program's folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The developer's home.
    pub home: PathBuf,
    /// Settings, keys and themes: `$KIRO_TUI_CONFIG_DIR`, else `~/.config/kiro-tui`.
    pub config: PathBuf,
    /// Logs and recordings: `$KIRO_TUI_STATE_DIR`, else `~/.local/state/kiro-tui`.
    pub state: PathBuf,
}

/// The environment, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Variables that are UTF-8, by name.
    pub variables: BTreeMap<String, String>,
    /// The program's folders.
    pub places: Places,
}

impl Environment {
    /// That of this process.
    ///
    /// # Errors
    /// When no home directory is known.
    pub fn read() -> Result<Self, Failure> {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let variables: BTreeMap<String, String> = std::env::vars_os().filter_map(utf8).collect();
        let dirs = etcetera::choose_base_strategy()
            .map_err(|_| Failure::new(exit::CONFIGURATION, "no home directory is known; set HOME"))?;
        let own = |name: &str| variables.get(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let state = || dirs.state_dir().unwrap_or_else(|| dirs.data_dir()).join("kiro-tui");
        let places = Places {
            home: dirs.home_dir().to_owned(),
            config: own("KIRO_TUI_CONFIG_DIR").unwrap_or_else(|| dirs.config_dir().join("kiro-tui")),
            state: own("KIRO_TUI_STATE_DIR").unwrap_or_else(state),
        };
        Ok(Self { variables, places })
    }

    /// One variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|v| !v.is_empty()).cloned()
    }

    /// The developer's own steering, `~/.kiro/steering`.
    pub fn steering(&self) -> PathBuf {
        self.places.home.join(".kiro/steering")
    }
}

/// Lays all layers over one another. `root` is the repository's, whose settings can only narrow.
///
/// # Errors
/// Every mistake in every layer, with its place.
pub fn read(env: &Environment, root: Option<&Path>, flags: Vec<Flag>) -> Result<Config, ConfigErrors> {
    Config::load(&Layers {
        user: load::user(&env.places.config)?,
        project: root.map(load::project).transpose()?.flatten(),
        environment: env.variables.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        flags,
        providers: model::providers(),
    })
}

/// The model that the settings name.
///
/// # Errors
/// Code 6 when the key is not set or the settings cannot work, 3 when a header names a variable
/// that is not set. The message says what to do.
pub fn model(env: &Environment, settings: &Settings) -> Result<ModelConfig, Failure> {
    let config = model_config(env, settings)?;
    match model::key_variable(&config) {
        Ok(Some(name)) if env.get(&name).is_none() => {
            let why = format!(
                "the key of {} is not set: put it into the environment variable {name}, name another one with \
                 model.key_env, or try `kiro-tui demo`, which needs none",
                config.provider
            );
            Err(Failure::new(exit::NO_MODEL, why))
        }
        Ok(_) => Ok(config),
        Err(e) => Err(Failure::new(exit::NO_MODEL, format!("{}; {}", e.message, e.remedy))),
    }
}

/// The settings in the adapter's terms, whether they can work or not.
///
/// # Errors
/// Code 3 when a header names a variable that is not set.
pub fn model_config(env: &Environment, settings: &Settings) -> Result<ModelConfig, Failure> {
    let given = &settings.model;
    let mut headers = Vec::new();
    for header in &given.headers {
        let value = header.value(|name| env.get(name)).map_err(|name| {
            let why =
                format!("model.headers: `{}` needs the environment variable {name}, which is not set", header.name);
            Failure::new(exit::CONFIGURATION, why)
        })?;
        headers.push((header.name.clone(), value));
    }
    let bedrock = given.provider == "bedrock";
    // Requests to Bedrock are signed for the region that AWS's own settings say.
    if bedrock
        && given.endpoint.is_none()
        && let (Some(region), Some(other)) = (&settings.aws.region, env.get("AWS_REGION"))
        && *region != other
    {
        let why =
            format!("the model is asked in AWS_REGION, which is {other}, but aws.region is {region}: set both alike");
        return Err(Failure::new(exit::CONFIGURATION, why));
    }
    Ok(ModelConfig {
        // Where AWS is, Bedrock is too.
        endpoint: given.endpoint.clone().or_else(|| settings.aws.endpoint.clone().filter(|_| bedrock)),
        key_env: given.key_env.clone(),
        profile: settings.aws.profile.clone(),
        region: settings.aws.region.clone().filter(|_| bedrock),
        headers,
        max_output_tokens: given.max_output_tokens,
        reasoning: given.reasoning,
        idle_timeout: given.idle_timeout,
        attempts: given.attempts,
        ..ModelConfig::new(given.provider.clone(), given.name.clone())
    })
}

/// The account that the settings name. Nothing is looked up yet.
#[cfg(feature = "aws")]
pub fn cloud(settings: &Settings) -> Arc<dyn crate::ports::cloud::Cloud> {
    let given = &settings.aws;
    let place = crate::domain::cloud::Place { profile: given.profile.clone(), region: given.region.clone() };
    Arc::new(crate::adapters::cloud::AwsCloud::new(place, given.endpoint.clone()))
}

/// No account: AWS is not built in.
#[cfg(not(feature = "aws"))]
pub fn cloud(_: &Settings) -> Arc<dyn crate::ports::cloud::Cloud> {
    Arc::new(crate::adapters::cloud::NoCloud)
}

/// What a spec starts with that says nothing itself.
pub fn defaults(settings: &Settings) -> Defaults {
    Defaults { depth: settings.spec.depth, autonomy: settings.spec.autonomy, aws: settings.spec.aws }
}

/// The permission rules of every layer. Capabilities that this program has nothing for are let go.
///
/// # Errors
/// Code 3 for a pattern that cannot be read: nothing may be decided then.
pub fn rules(settings: &Settings) -> Result<Rules, Failure> {
    let mut rules = Rules::new();
    for rule in &settings.permissions {
        let scope = match rule.provenance.layer {
            Layer::BuiltIn => Scope::BuiltIn,
            Layer::Project => Scope::Project,
            Layer::User | Layer::Environment | Layer::Flag => Scope::User,
        };
        let read: Vec<rules::Rule> = capabilities(rule).iter().map(|c| one(rule, *c)).collect();
        rules
            .add(scope, &read)
            .map_err(|e| Failure::new(exit::CONFIGURATION, format!("{}: {}: {}", rule.provenance, e.pattern, e.why)))?;
    }
    Ok(rules)
}

fn capabilities(rule: &Rule) -> &'static [Capability] {
    use Capability::{Cloud, FsRead, FsWrite, Shell, Web};
    match rule.capability.as_str() {
        "all" | "builtin" => &[Shell, FsWrite, FsRead, Web, Cloud],
        "filesystem" => &[FsRead, FsWrite],
        "fs_read" => &[FsRead],
        "fs_write" => &[FsWrite],
        "shell" => &[Shell],
        "web_fetch" | "web_search" => &[Web],
        "cloud" => &[Cloud],
        _ => &[],
    }
}

fn one(rule: &Rule, capability: Capability) -> rules::Rule {
    let everything = match capability {
        Capability::FsRead | Capability::FsWrite => "**",
        Capability::Shell | Capability::Web | Capability::Cloud => "*",
    };
    let matches = if rule.matches.is_empty() { vec![everything.to_owned()] } else { rule.matches.clone() };
    let effect = match rule.effect {
        settings::Effect::Allow => rules::Effect::Allow,
        settings::Effect::Ask => rules::Effect::Ask,
        settings::Effect::Deny => rules::Effect::Deny,
    };
    rules::Rule { capability, matches, exclude: rule.exclude.clone(), effect }
}

/// The keys in force: the keymap that the settings name, with the developer's own on top.
///
/// # Errors
/// The mistakes in the keymap's files.
pub fn keymap(env: &Environment, settings: &Settings) -> Result<Keymap, ConfigErrors> {
    let mut library = keys::shipped();
    load::extend(&mut library, &env.places.config.join("keymaps"))?;
    Keymap::load(&library, &settings.ui.keymap, load::own_keys(&env.places.config)?)
}

/// The theme in force, fitted to the terminal.
///
/// # Errors
/// The mistakes in the theme's files.
pub fn styles(env: &Environment, settings: &Settings) -> Result<Styles, ConfigErrors> {
    let get = |name: &str| env.get(name);
    let library = load::themes(&env.places.config)?;
    let name = match settings.ui.theme.as_str() {
        "auto" => style::automatic_theme(get),
        name => name,
    };
    let capability = style::Capability::parse(&settings.ui.color).unwrap_or_else(|| style::Capability::detect(get));
    Styles::load(&library, name, capability)
}
