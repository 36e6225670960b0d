//! The options that a spec starts with.

use clap::{Args, ValueEnum};

use crate::{
    config::settings::SpecSettings,
    domain::{
        journal::Start,
        path::SpecName,
        phase::{Autonomy, Order},
        spec::{Depth, SpecKind},
    },
};

/// How much the documents must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DepthArg {
    /// For small, well-understood work
    Light,
    /// For ordinary work
    Standard,
    /// For work where an omission is expensive
    Exhaustive,
}

impl From<DepthArg> for Depth {
    fn from(given: DepthArg) -> Self {
        match given {
            DepthArg::Light => Self::Light,
            DepthArg::Standard => Self::Standard,
            DepthArg::Exhaustive => Self::Exhaustive,
        }
    }
}

/// How much is asked while tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AutonomyArg {
    /// Every change and every command
    Strict,
    /// After the design, only what is sensitive, and the merge
    Batch,
}

impl From<AutonomyArg> for Autonomy {
    fn from(given: AutonomyArg) -> Self {
        match given {
            AutonomyArg::Strict => Self::Strict,
            AutonomyArg::Batch => Self::Batch,
        }
    }
}

/// In which order the documents come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OrderArg {
    /// Requirements, then the design
    RequirementsFirst,
    /// The design, then requirements
    DesignFirst,
    /// All three are drafted without waiting, then judged one after the other
    Quick,
}

/// What a spec starts with. What is absent is taken from the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct StartArgs {
    /// The need in plain language; `-` reads it from standard input
    #[arg(long, value_name = "TEXT")]
    pub need: Option<String>,
    /// What the solution must keep to, in plain language
    #[arg(long, value_name = "TEXT")]
    pub constraints: Option<String>,
    /// Existing documentation: a path, directory or glob in the repository, or a URL. May be repeated
    #[arg(long = "doc", value_name = "PATH")]
    pub docs: Vec<String>,
    /// What exists in AWS: an ARN, a stack's name. May be repeated
    #[arg(long = "aws-ref", value_name = "X")]
    pub aws_refs: Vec<String>,
    /// How much the documents must hold
    #[arg(long, value_enum)]
    pub depth: Option<DepthArg>,
    /// How much is asked while tasks run
    #[arg(long, value_enum)]
    pub autonomy: Option<AutonomyArg>,
    /// In which order the documents come
    #[arg(long, value_enum)]
    pub order: Option<OrderArg>,
    /// Mend a defect: starts with an analysis of the bug in place of requirements
    #[arg(long)]
    pub bugfix: bool,
    /// AWS is part of it
    #[arg(long, conflicts_with = "no_aws")]
    pub aws: bool,
    /// AWS is no part of it
    #[arg(long)]
    pub no_aws: bool,
}

/// Options that make no spec.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// `--need` has nothing in it.
    #[error("the need is empty; say in a sentence or two what is needed")]
    NoNeed,
    /// `--need -` where standard input is for decisions.
    #[error("standard input is for decisions here; give the need as text: --need \"$(cat need.txt)\"")]
    InputTaken,
    /// Standard input could not be read.
    #[error("the need could not be read from standard input: {0}")]
    Input(String),
}

impl StartArgs {
    /// True when a spec can start without asking for its need.
    pub fn has_need(&self) -> bool {
        self.need.is_some()
    }

    /// The start of a spec. `input` reads standard input to its end; `None` where that is taken.
    /// Without a need the result is what a form begins with. Without a name, one is made from the
    /// need.
    ///
    /// # Errors
    /// [`StartError`]: a need that is empty or cannot be read.
    pub fn start(
        &self,
        name: Option<SpecName>,
        defaults: &SpecSettings,
        input: Option<&mut dyn std::io::Read>,
    ) -> Result<Start, StartError> {
        let need = match (self.need.as_deref(), input) {
            (Some("-"), None) => return Err(StartError::InputTaken),
            (Some("-"), Some(input)) => {
                let mut text = String::new();
                input.read_to_string(&mut text).map_err(|e| StartError::Input(e.to_string()))?;
                Some(text)
            }
            (given, _) => given.map(str::to_owned),
        };
        let need = match need.as_deref().map(str::trim) {
            Some("") => return Err(StartError::NoNeed),
            Some(text) => text.to_owned(),
            None => String::new(),
        };
        let listed = |all: &[String]| all.iter().map(|d| d.trim().to_owned()).filter(|d| !d.is_empty()).collect();
        Ok(Start {
            name: name.unwrap_or_else(|| SpecName::suggest(&need)),
            need,
            constraints: self.constraints.as_deref().unwrap_or_default().trim().to_owned(),
            documents: listed(&self.docs),
            aws_references: listed(&self.aws_refs),
            kind: if self.bugfix { SpecKind::Bugfix } else { SpecKind::Feature },
            order: match self.order {
                None | Some(OrderArg::RequirementsFirst) => Order::RequirementsFirst,
                Some(OrderArg::DesignFirst) => Order::DesignFirst,
                Some(OrderArg::Quick) => Order::Quick,
            },
            depth: self.depth.map_or(defaults.depth, Depth::from),
            autonomy: self.autonomy.map_or(defaults.autonomy, Autonomy::from),
            aws: (defaults.aws || self.aws) && !self.no_aws,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn given(line: &[&str]) -> (Option<SpecName>, StartArgs) {
        match Cli::try_parse_from([&["kiro-tui", "new"], line].concat()).unwrap().command {
            Some(Command::New { name, start }) => (name, start),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_option_reaches_the_start() {
        let (name, args) = given(&[
            "--need",
            " Resize images ",
            "--name",
            "thumbs",
            "--depth",
            "light",
            "--autonomy",
            "batch",
            "--no-aws",
            "--order",
            "design-first",
            "--bugfix",
            "--constraints",
            "no new crates",
            "--doc",
            "docs/*.md",
            "--doc",
            " ",
            "--aws-ref",
            "arn:aws:s3:::b",
        ]);
        let start = args.start(name, &SpecSettings { aws: true, ..SpecSettings::default() }, None).unwrap();
        let want = Start {
            name: SpecName::parse("thumbs").unwrap(),
            need: "Resize images".into(),
            constraints: "no new crates".into(),
            documents: vec!["docs/*.md".into()],
            aws_references: vec!["arn:aws:s3:::b".into()],
            kind: SpecKind::Bugfix,
            order: Order::DesignFirst,
            depth: Depth::Light,
            autonomy: Autonomy::Batch,
            aws: false,
        };
        assert_eq!(start, want);
    }

    #[test]
    fn what_is_absent_comes_from_the_settings() {
        let defaults =
            SpecSettings { depth: Depth::Exhaustive, autonomy: Autonomy::Batch, aws: true, main_branch: None };
        let (name, args) = given(&[]);
        assert!(!args.has_need());
        let start = args.start(name, &defaults, None).unwrap();
        assert_eq!((start.depth, start.autonomy, start.aws), (Depth::Exhaustive, Autonomy::Batch, true));
        assert_eq!(start.need, "");
    }

    #[test]
    fn the_need_can_come_from_standard_input() {
        let (_, args) = given(&["--need", "-"]);
        let start = args.start(None, &SpecSettings::default(), Some(&mut "Upload photos\n".as_bytes())).unwrap();
        assert_eq!((start.need.as_str(), start.name.as_str()), ("Upload photos", "upload-photos"));
        assert_eq!(args.start(None, &SpecSettings::default(), None), Err(StartError::InputTaken));
        let empty = args.start(None, &SpecSettings::default(), Some(&mut " \n".as_bytes()));
        assert_eq!(empty, Err(StartError::NoNeed));
    }
}
