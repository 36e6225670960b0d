//! From the command line to an exit code.

use std::{
    io::{self, IsTerminal, Write},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;

use super::{
    aws, check, completions,
    compose::{self, World},
    config, demo, doctor,
    failure::Failure,
    headless::{self, Ended},
    parts::{options, read, repository, shell},
    settings::{self, Environment},
    status, terminal,
    terminal::MakeAgent,
    trace,
};
use crate::{
    adapters::{
        cloud::NoCloud,
        journal,
        model::{Cassette, GenaiModel, Pace, Recorder, ReplayModel},
        vcs::GitRepo,
    },
    agent::{Options, host::Defaults},
    cli::{Cli, Command, Global, exit},
    config::{Config, Settings},
    domain::{gate::Via, journal::Start, path::SpecName, trace::export::Format, wire},
    ports::{model::Model, vcs::Vcs},
    ui::{self, Bell, Exit, UiConfig},
};

/// How fast a recording is played when nothing else is said, in tokens a second: as fast as one can
/// read along.
const DEMO_SPEED: u32 = 250;

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let result = Environment::read().and_then(|env| dispatch(&cli, &env, &mut out));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if failure.code != exit::OK {
                eprintln!("kiro-tui: {failure}");
            }
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(cli: &Cli, env: &Environment, out: &mut impl Write) -> Result<u8, Failure> {
    let global = &cli.global;
    log(global, env)?;
    let dir = global.dir.clone().unwrap_or_else(|| PathBuf::from("."));
    match &cli.command {
        None => on_screen(env, global, &dir, None, wire::Command::List),
        Some(Command::New { name, start }) => {
            let config = read(env, &dir, global)?;
            let mut input = io::stdin();
            let filled = start
                .start(name.clone(), &config.settings().spec, Some(&mut input))
                .map_err(|e| Failure::new(exit::USAGE, e.to_string()))?;
            if start.has_need() {
                on_screen(env, global, &dir, None, wire::Command::New(filled))
            } else {
                on_screen(env, global, &dir, Some(filled), wire::Command::List)
            }
        }
        Some(Command::Open { spec }) => on_screen(env, global, &dir, None, wire::Command::Open(spec.clone())),
        Some(Command::Demo { speed }) => show_demo(env, global, speed.unwrap_or(DEMO_SPEED), out),
        Some(Command::Run { spec, start, .. }) => without_screen(env, global, &dir, spec, start, out),
        Some(Command::Status { json }) => status::run(&dir, *json, out).map(|()| exit::OK),
        Some(Command::Check { spec, json }) => {
            let depth = settings::defaults(read(env, &dir, global)?.settings()).depth;
            check::run(&dir, depth, spec.as_ref(), *json, out)
        }
        Some(Command::Trace { spec, json, csv, markdown }) => {
            let format = match (json, csv, markdown) {
                (true, ..) => Some(Format::Json),
                (_, true, _) => Some(Format::Csv),
                (.., true) => Some(Format::Markdown),
                (false, false, false) => None,
            };
            trace::run(&dir, spec, format, out)
        }
        Some(Command::Aws(command)) => aws::run(env, &dir, global, command, out),
        Some(Command::Doctor { network, json }) => {
            let (shell, at) = (shell(env)?, doctor::Terminal::read());
            doctor::run(env, &dir, global, at, &shell, doctor::Asked { network: *network, json: *json }, out)
                .map(|()| exit::OK)
        }
        Some(Command::Config { json }) => config::run(env, &dir, global, *json, out).map(|()| exit::OK),
        Some(Command::Completions { shell }) => completions::run(*shell, out).map(|()| exit::OK),
    }
}

/// The log goes to a file or nowhere: the terminal is the screen's.
fn log(global: &Global, env: &Environment) -> Result<(), Failure> {
    let Some(path) = global.log.clone().or_else(|| env.get("KIRO_TUI_LOG").map(PathBuf::from)) else { return Ok(()) };
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| Failure::new(exit::USAGE, format!("the log {} cannot be written: {e}", path.display())))?;
    let filter = tracing_subscriber::EnvFilter::try_from_env("KIRO_TUI_LOG_LEVEL")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("kiro_tui=debug,warn"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Arc::new(file));
    subscriber.try_init().map_err(|e| Failure::new(exit::FAILURE, format!("no log: {e}")))
}

/// The model that is configured, or the recording that is played in its place.
fn model(env: &Environment, global: &Global, settings: &Settings) -> Result<Arc<dyn Model>, Failure> {
    if let Some(path) = &global.replay {
        let wrong = |why: String| Failure::new(exit::USAGE, format!("the recording {}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?;
        let cassette = Cassette::parse(&text).map_err(|e| wrong(e.to_string()))?;
        return Ok(Arc::new(ReplayModel::new(cassette, Pace::PerSecond(DEMO_SPEED))));
    }
    let config = settings::model(env, settings)?;
    let model =
        GenaiModel::new(config).map_err(|e| Failure::new(exit::NO_MODEL, format!("{}; {}", e.message, e.remedy)))?;
    match &global.record {
        None => Ok(Arc::new(model)),
        Some(path) => {
            let recorder = Recorder::new(model, path).map_err(|e| {
                Failure::new(exit::USAGE, format!("the recording {} cannot be written: {e}", path.display()))
            })?;
            Ok(Arc::new(recorder))
        }
    }
}

/// What the agent's thread makes its ports from.
fn agent(world: World, options: Options, defaults: Defaults) -> MakeAgent {
    Box::new(move |tell| (compose::ports(world, tell), options, defaults))
}

fn screen(env: &Environment, config: &Config, model: String) -> Result<UiConfig, Failure> {
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        let why = "this needs a terminal; without one, use `kiro-tui run SPEC --headless`";
        return Err(Failure::new(exit::USAGE, why));
    }
    let settings = config.settings();
    let defaults = settings::defaults(settings);
    let explained = config.explain();
    let lines = explained.iter().map(|e| format!("{} = {}  ({})", e.key, e.value, e.provenance));
    let desktop = matches!(env.get("TERM_PROGRAM").as_deref(), Some("iTerm.app" | "WezTerm" | "ghostty"));
    Ok(UiConfig {
        model,
        bell: match (settings.ui.bell, desktop) {
            (false, _) => Bell::Off,
            (true, false) => Bell::Bell,
            (true, true) => Bell::Notice,
        },
        side_by_side: settings.ui.side_by_side_min_width,
        osc52: settings.ui.osc52,
        mouse: settings.ui.mouse,
        editor: env.get("VISUAL").or_else(|| env.get("EDITOR")).unwrap_or_else(|| "vi".into()),
        shell: env.get("SHELL").unwrap_or_else(|| "sh".into()),
        defaults: ui::Defaults { depth: defaults.depth, autonomy: defaults.autonomy, aws: defaults.aws },
        demo: true,
        settings: lines.collect(),
        exports: Some(env.places.state.join("exports")),
        ..UiConfig::new(settings::styles(env, settings)?, settings::keymap(env, settings)?)
    })
}

fn on_screen(
    env: &Environment,
    global: &Global,
    dir: &Path,
    prefilled: Option<Start>,
    first: wire::Command,
) -> Result<u8, Failure> {
    let config = read(env, dir, global)?;
    let settings = config.settings();
    let repo = repository(env, settings, dir)?;
    repo.main_branch()?;
    let model = model(env, global, settings).map_err(|failure| failure.message);
    let name = model.as_ref().map_or_else(|_| "no model".to_owned(), |m| m.name());
    // Said at once and not at the first turn: nobody should fill in a form for nothing.
    let no_model = model.as_ref().err().map(|why| {
        let file = env.places.config.join("config.toml");
        format!(
            "{why}. The model is chosen by [model] provider and name in {}; `kiro-tui doctor` tells more.",
            file.display()
        )
    });
    let screen = UiConfig { no_model, ..screen(env, &config, name)? };
    let world = World { repo, model, shell: shell(env)?, cloud: settings::cloud(settings), steering: env.steering() };
    let make = agent(world, options(settings, Via::Keyboard)?, settings::defaults(settings));
    match terminal::run(screen, prefilled, first, make).map_err(failed)? {
        Exit::Demo => Err(become_demo(global)),
        Exit::Quit | Exit::Signal | Exit::Stopped => Ok(exit::OK),
    }
}

/// Starts this program again as the demo, in its place: a second screen in one process would share
/// the reader of the terminal with the first. Comes back only when that fails.
fn become_demo(global: &Global) -> Failure {
    let failed = |e: io::Error| Failure::new(exit::FAILURE, format!("the demo cannot begin: {e}"));
    let own = match std::env::current_exe() {
        Ok(own) => own,
        Err(e) => return failed(e),
    };
    let mut command = std::process::Command::new(own);
    command.arg("demo");
    for (flag, value) in [("--theme", &global.theme), ("--keymap", &global.keymap)] {
        if let Some(value) = value {
            command.args([flag, value]);
        }
    }
    failed(command.exec())
}

/// The ordinary program, with a recording for a model and a repository of its own.
fn show_demo(env: &Environment, global: &Global, speed: u32, out: &mut impl Write) -> Result<u8, Failure> {
    let failure = |e: anyhow::Error| Failure::new(exit::FAILURE, format!("the demo cannot begin: {e:#}"));
    // Tried before a repository is made for nobody.
    screen(env, &settings::read(env, None, global.flags())?, String::new())?;
    let (root, worktrees, kept) = match &global.dir {
        Some(dir) => (demo::prepare(dir).map_err(failure)?, env.places.state.join("worktrees"), None),
        None => {
            let base = tempfile::Builder::new().prefix("kiro-tui-demo-").tempdir()?.keep();
            let root = demo::prepare(&base.join("photo-uploads")).map_err(failure)?;
            (root, base.join("worktrees"), Some(base))
        }
    };
    let config = settings::read(env, Some(&root), global.flags())?;
    let repo = GitRepo::open_below(&root, &worktrees)?;
    let start = demo::start().map_err(failure)?;
    let known = journal::path(&repo.private_dir(), &start.name).is_file();
    let pace = if speed == 0 { Pace::Instant } else { Pace::PerSecond(speed) };
    let model: Arc<dyn Model> = Arc::new(ReplayModel::new(demo::cassette(), pace));
    let screen = UiConfig { demo: false, ..screen(env, &config, model.name())? };
    let (first, prefilled) = match known {
        true => (wire::Command::Open(start.name), None),
        false => (wire::Command::List, Some(start)),
    };
    let world =
        World { repo, model: Ok(model), shell: shell(env)?, cloud: Arc::new(NoCloud), steering: env.steering() };
    let settings = config.settings();
    let make = agent(world, options(settings, Via::Keyboard)?, settings::defaults(settings));
    terminal::run(screen, prefilled, first, make).map_err(failed)?;
    if let Some(base) = kept {
        writeln!(out, "The demo's repository is in {}", root.display())?;
        writeln!(out, "Open it again: kiro-tui demo --dir {}", root.display())?;
        writeln!(out, "Remove it:     rm -r {}", base.display())?;
    }
    Ok(exit::OK)
}

fn without_screen(
    env: &Environment,
    global: &Global,
    dir: &Path,
    spec: &SpecName,
    start: &crate::cli::StartArgs,
    out: &mut impl Write,
) -> Result<u8, Failure> {
    let config = read(env, dir, global)?;
    let settings = config.settings();
    let repo = repository(env, settings, dir)?;
    repo.main_branch()?;
    let known = journal::path(&repo.private_dir(), spec).is_file() || repo.specs()?.iter().any(|s| s.name == *spec);
    let first = match (known, start.has_need()) {
        (true, _) => wire::Command::Open(spec.clone()),
        (false, true) => {
            let start = start
                .start(Some(spec.clone()), &settings.spec, None)
                .map_err(|e| Failure::new(exit::USAGE, e.to_string()))?;
            wire::Command::New(start)
        }
        (false, false) => {
            let why = format!("there is no spec named {spec}; start it with --need, or see `kiro-tui status`");
            return Err(Failure::new(exit::USAGE, why));
        }
    };
    let model = model(env, global, settings)?;
    let world = World {
        repo,
        model: Ok(model),
        shell: shell(env)?,
        cloud: settings::cloud(settings),
        steering: env.steering(),
    };
    let make = agent(world, options(settings, Via::Headless)?, settings::defaults(settings));
    let ended = headless::run(first, make, io::BufReader::new(io::stdin()), out).map_err(failed)?;
    Ok(match ended {
        Ended::Merged => exit::OK,
        Ended::Waiting => exit::WAITING,
        Ended::NotOpened => exit::FAILURE,
    })
}

fn failed(error: anyhow::Error) -> Failure {
    Failure::new(exit::FAILURE, format!("{error:#}"))
}
