//! `kiro-tui aws …`: what it takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::domain::{cloud::desk::Target, digest::Digest, path::SpecName};

/// Which app and stack are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub struct TargetArgs {
    /// The directory of a CDK app, or a template; found when there is only one
    #[arg(long, value_name = "PATH")]
    pub app: Option<String>,
    /// The stack's name; that of the app, or made from the repository's name, when absent
    #[arg(long, value_name = "NAME")]
    pub stack: Option<String>,
    /// A parameter of the template. May be repeated
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<(String, String)>,
    /// A parameter of the template that is declared NoEcho: its value is taken from the environment
    /// variable VARIABLE when it is sent, and is in no record. May be repeated
    #[arg(long = "secret", value_name = "NAME=VARIABLE", value_parser = parameter)]
    pub secrets: Vec<(String, String)>,
    /// The bucket for a template that is too large for a request; the setting aws.bucket, else that of
    /// `cdk bootstrap`, when absent
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// Make the template outside of the sandbox, with the network; say why
    #[arg(long, value_name = "WHY")]
    pub unconfined: Option<String>,
}

impl TargetArgs {
    /// As it is asked for.
    pub fn target(&self) -> Target {
        Target {
            app: self.app.clone(),
            stack: self.stack.clone(),
            parameters: self.parameters.clone(),
            bucket: self.bucket.clone(),
            secrets: self.secrets.clone(),
            unconfined: self.unconfined.clone(),
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    if name.is_empty() { Err("the name is empty".into()) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// What to do with an account.
#[derive(Clone, Debug, PartialEq, Subcommand)]
pub enum AwsCommand {
    /// Show who you are there, and how a stack stands: resources, outputs, functions
    ///
    /// With --json: {"account": {"id", "arn", "region", "profile"}, "stack": null or {"name", "status",
    /// "reason", "outputs", "resources", "functions"}, "stacks": those that the app here makes}. Values of a function's environment are never
    /// read, only their names.
    Status {
        /// The stack's name
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a new template would change: replacements, permissions and dangers first
    ///
    /// With two templates, or with --base, no account is needed; else the deployed stack is what it is
    /// held against. A CDK app is synthesised in the sandbox, or outside of it with --unconfined. Ends
    /// with 0; with --exit-code with 1 where there is a difference.
    ///
    /// With --json: {"stack": the difference by resource, "inside": those of the stacks within it,
    /// "worst": "info", "warning" or "danger"}.
    Diff {
        /// The template of before
        #[arg(value_name = "OLD", requires = "new")]
        old: Option<PathBuf>,
        /// The new one
        #[arg(value_name = "NEW")]
        new: Option<PathBuf>,
        /// Hold it against this commit or branch, in place of the account
        #[arg(long, value_name = "REV", conflicts_with = "old")]
        base: Option<String>,
        /// Which app and stack.
        #[command(flatten)]
        target: TargetArgs,
        /// End with 1 where there is a difference
        #[arg(long)]
        exit_code: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Bring the templates into the account, in steps that are each approved by a digest
    ///
    /// A CDK app is synthesised in the sandbox. Then what would be sent is printed with its digest, and
    /// the command ends with code 7. The same command with --approve DIGEST publishes the assets and
    /// makes the change set, prints that whole, and ends with 7 again; with the digest of the change
    /// set it executes exactly that, and prints the stack's events until the end. What moved in
    /// between has another digest, and is printed again. A deploy that is under way is found and
    /// followed. Ends with 0 when the stack is deployed or nothing had to be, with 1 when it failed.
    ///
    /// With --json every line is an event, as `run --headless` prints them; what waits for an approval
    /// is {"event": "approval", "subject", "digest", "account", "lines"}.
    Deploy {
        /// Which app and stack.
        #[command(flatten)]
        target: TargetArgs,
        /// What is approved: the digest that was printed. May be repeated
        #[arg(long, value_name = "DIGEST")]
        approve: Vec<Digest>,
        /// Record what is asked and decided in this spec, which is made when it is not there, and deploy from
        /// its worktree where it has one
        #[arg(long, value_name = "SPEC", value_parser = SpecName::parse)]
        spec: Option<SpecName>,
        /// As JSON, a line an event
        #[arg(long)]
        json: bool,
    },
    /// Show how a deployed stack differs from its template, property by property
    ///
    /// AWS looks, which may take a minute. Ends with 1 when something has drifted. With --json:
    /// {"stack", "resources": [{"id", "kind", "status", "differences"}]}.
    Drift {
        /// The stack's name; when absent that of the app's only stack, else made from the repository's name
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}
