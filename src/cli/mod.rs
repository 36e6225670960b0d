//! The command line as plain data.
//!
//! Parses and explains; does nothing, and reads neither environment nor files. What the text of
//! `--help` promises of exit codes is what [`exit`] holds.

mod aws;
pub mod exit;
mod start;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

pub use self::aws::{AwsCommand, TargetArgs};
pub use self::start::{AutonomyArg, DepthArg, OrderArg, StartArgs, StartError};
use crate::{config::Flag, domain::path::SpecName};

/// A spec-driven coding agent in the terminal: you state a need, it writes requirements, a design
/// and tasks, carries the tasks out on a branch of their own, and you approve every step.
///
/// Without a command it opens the repository's list of specs. Nothing is written, run, committed or
/// merged that you have not approved.
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "kiro-tui", version, after_help = exit::HELP, max_term_width = 100)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; nothing opens the list of specs.
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// The grammar, for completions.
    pub fn grammar() -> clap::Command {
        Self::command()
    }
}

/// Options of every command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct Global {
    /// Work in this directory instead of the present one. For `demo`: where its repository is made
    #[arg(short = 'C', long, global = true, value_name = "DIR", help_heading = "Options of every command")]
    pub dir: Option<PathBuf>,
    /// Theme: auto, dark, light, high-contrast, mono, or one of your own
    #[arg(long, global = true, value_name = "NAME", help_heading = "Options of every command")]
    pub theme: Option<String>,
    /// Keymap: default, vim, emacs, or one of your own
    #[arg(long, global = true, value_name = "NAME", help_heading = "Options of every command")]
    pub keymap: Option<String>,
    /// The model's name at its provider
    #[arg(long, global = true, value_name = "NAME", help_heading = "Options of every command")]
    pub model: Option<String>,
    /// The model's provider: anthropic, openai, openai-compatible, gemini, bedrock, ollama, …
    #[arg(long, global = true, value_name = "NAME", help_heading = "Options of every command")]
    pub provider: Option<String>,
    /// Base URL of the model's API, for a provider other than its own
    #[arg(long, global = true, value_name = "URL", help_heading = "Options of every command")]
    pub endpoint: Option<String>,
    /// Record every exchange with the model to this file, to be replayed later
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        conflicts_with = "replay",
        help_heading = "Options of every command"
    )]
    pub record: Option<PathBuf>,
    /// Answer from this recording instead of a model; needs no key and no network
    #[arg(long, global = true, value_name = "FILE", help_heading = "Options of every command")]
    pub replay: Option<PathBuf>,
    /// Write the program's log to this file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Options of every command")]
    pub log: Option<PathBuf>,
}

impl Global {
    /// The options that are settings, as flags of the configuration.
    pub fn flags(&self) -> Vec<Flag> {
        let given = [
            ("--theme", "ui.theme", &self.theme),
            ("--keymap", "ui.keymap", &self.keymap),
            ("--model", "model.name", &self.model),
            ("--provider", "model.provider", &self.provider),
            ("--endpoint", "model.endpoint", &self.endpoint),
        ];
        let flag = |(flag, key, value): (&str, &str, &Option<String>)| {
            value.clone().map(|value| Flag { flag: flag.to_owned(), key: key.to_owned(), value })
        };
        given.into_iter().filter_map(flag).collect()
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum Command {
    /// Start a spec: with --need at once, else in a form
    New {
        /// The spec's name; made from the need when absent
        #[arg(long, value_name = "NAME", value_parser = SpecName::parse)]
        name: Option<SpecName>,
        /// What the spec starts with.
        #[command(flatten)]
        start: StartArgs,
    },
    /// Open a spec, whether made here or found in .kiro/specs
    Open {
        /// Its name
        #[arg(value_name = "SPEC", value_parser = SpecName::parse)]
        spec: SpecName,
    },
    /// Try everything on a made-up repository with a recorded model: no key, no network
    ///
    /// The repository is made in a temporary directory, or in --dir, which must be empty or absent.
    Demo {
        /// How fast the recorded model writes, in tokens a second; 0 is at once
        #[arg(long, value_name = "TOKENS_PER_S")]
        speed: Option<u32>,
    },
    /// List the specs: phase, progress, and what waits for you
    ///
    /// With --json: {"specs": [{"name", "phase", "waiting", "done", "tasks", "approved",
    /// "journaled", "changed_s"}]}, the newest first. `phase` is requirements, design, tasks,
    /// execute, merge or merged; `waiting` is empty when nothing waits; `changed_s` is in seconds
    /// since 1970, 0 when unknown.
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Check the documents of a spec, or of all: form, coverage, references, order of tasks
    ///
    /// The same texts give the same findings, without a model. A line a finding, errors first:
    /// `requirements.md:12: warning[vague]: what — why; what to do`. Ends with code 1 when there is
    /// an error; warnings alone end with 0.
    ///
    /// With --json: {"specs": [{"name", "findings": [{"code", "severity", "document", "line",
    /// "what", "why", "todo"}], "criteria": [{"id", "line", "form"}]}]}. `severity` is error, warning or info; `document` is the file's
    /// name, and `line` counts from 1. `form` is the form of EARS: ubiquitous, event, state, optional,
    /// unwanted, for_all, complex or none. Of a spec that was worked on here, links that an edit of the
    /// requirements renumbered are found too (`renumbered-id`).
    Check {
        /// Its name; all specs when absent
        #[arg(value_name = "SPEC", value_parser = SpecName::parse)]
        spec: Option<SpecName>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what belongs together in a spec: criteria, design, properties, tasks, tests, commits
    ///
    /// A row a criterion, what is missing first, and the totals. With --json everything: {"spec",
    /// "totals", "run", "criteria", "properties", "tasks", "files", "tests", "commits"}. Ends with
    /// code 2 for a spec that is not there.
    Trace {
        /// Its name
        #[arg(value_name = "SPEC", value_parser = SpecName::parse)]
        spec: SpecName,
        /// As JSON
        #[arg(long, group = "format")]
        json: bool,
        /// As CSV, a line a criterion
        #[arg(long, group = "format")]
        csv: bool,
        /// As a table in Markdown
        #[arg(long, group = "format")]
        markdown: bool,
    },
    /// Drive a spec without a screen: events to standard output, decisions from standard input
    ///
    /// Both are one JSON object a line. A spec of this name is gone on with; with --need it is
    /// started. Every gate asks as it does on the screen; when standard input ends while something
    /// waits, the run ends with code 5 and can be taken up again.
    Run {
        /// Its name
        #[arg(value_name = "SPEC", value_parser = SpecName::parse)]
        spec: SpecName,
        /// Confirm that there is no screen; to work on one, use `open`
        #[arg(long, required = true)]
        headless: bool,
        /// What the spec starts with, when it does not exist yet.
        #[command(flatten)]
        start: StartArgs,
    },
    /// AWS: who you are there, what a template would change, deploys by approval, drift
    #[command(subcommand)]
    Aws(AwsCommand),
    /// Look for what could be in the way: git, terminal, model, sandbox, AWS
    ///
    /// Uses no network unless --network is given, and prints no secret. Ends with code 1 when something
    /// has to be mended.
    Doctor {
        /// Ask AWS who the credentials are, and say how to sign in where they do not hold
        #[arg(long)]
        network: bool,
        /// As JSON: {"checks": [{"name", "level", "found", "remedy"}]}
        #[arg(long)]
        json: bool,
    },
    /// Show every setting, its value, and where it comes from
    Config {
        /// As JSON: {"settings": [{"key", "value", "layer", "from", "line", "note"}]}
        #[arg(long)]
        json: bool,
    },
    /// Print a completion script, such as: kiro-tui completions bash > ~/.local/share/bash-completion/completions/kiro-tui
    Completions {
        /// For which shell
        shell: Shell,
    },
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_grammar_is_consistent() {
        Cli::grammar().debug_assert();
    }

    #[test]
    fn global_options_are_taken_before_and_after_the_command() {
        for line in ["kiro-tui -C /x --theme dark status --json", "kiro-tui status --dir /x --json --theme dark"] {
            let cli = parse(line).unwrap();
            assert_eq!(cli.global.dir, Some("/x".into()));
            assert_eq!(cli.command, Some(Command::Status { json: true }));
            let flags = cli.global.flags();
            assert_eq!(flags, [Flag { flag: "--theme".into(), key: "ui.theme".into(), value: "dark".into() }]);
        }
        assert_eq!(parse("kiro-tui").unwrap().command, None);
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for line in [
            "kiro-tui open",
            "kiro-tui open ../x",
            "kiro-tui run thumbs",
            "kiro-tui check ../x",
            "kiro-tui status --record a --replay b",
            "kiro-tui new --depth deep",
            "kiro-tui new --aws --no-aws",
            "kiro-tui completions cmd",
            "kiro-tui frobnicate",
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.exit_code(), i32::from(exit::USAGE), "{line}: {error}");
        }
    }

    #[test]
    fn the_help_tells_every_exit_code() {
        let help = Cli::grammar().render_long_help().to_string();
        for code in
            [exit::OK, exit::FAILURE, exit::USAGE, exit::CONFIGURATION, exit::REPOSITORY, exit::WAITING, exit::NO_MODEL]
        {
            assert!(help.contains(&format!("\n  {code}  ")), "{code}");
        }
        for command in Cli::grammar().get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
            }
        }
    }
}
