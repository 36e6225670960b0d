//! `kiro-tui aws …`: the account without a screen, through the same gates.

mod deploy;
mod diff;
mod look;

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use super::{
    failure::Failure,
    parts,
    settings::{self, Environment},
};
use crate::{
    adapters::{files::DiskFiles, vcs::GitRepo},
    cli::{AwsCommand, Global, TargetArgs, exit},
    domain::{
        brief::{Line, Weight},
        cloud::{ChangeSet, desk::Target},
        policy::secrets::redact,
        prose::clean,
        stack::{StackDiff, review},
    },
    ports::{
        cloud::{Cloud, CloudError, CloudErrorKind},
        files::Files,
        vcs::Vcs,
    },
};

/// Does it, and tells the exit code.
///
/// # Errors
/// Words and a code.
pub fn run(
    env: &Environment,
    dir: &Path,
    global: &Global,
    command: &AwsCommand,
    out: &mut impl Write,
) -> Result<u8, Failure> {
    let out = &mut Heard { out, gone: false };
    let config = parts::read(env, dir, global)?;
    let settings = config.settings();
    let repo = parts::repository(env, settings, dir);
    match command {
        AwsCommand::Diff { old: Some(old), new: Some(new), exit_code, json, .. } => {
            diff::files(&dir.join(old), &dir.join(new), *json, out).map(|differs| diff::code(*exit_code, differs))
        }
        AwsCommand::Status { stack, json } => {
            let cloud = settings::cloud(settings);
            let here = repo.ok().map(|repo| stacks(&repo)).unwrap_or_default();
            block(look::status(cloud, stack.as_deref(), &here, *json, out))
        }
        AwsCommand::Drift { stack, json } => {
            let named = match stack {
                Some(stack) => stack.clone(),
                None => the_one(&repo?)?,
            };
            block(look::drift(settings::cloud(settings), &named, *json, out))
        }
        AwsCommand::Diff { base, target, exit_code, json, .. } => {
            let (cloud, repo) = (settings::cloud(settings), repo?);
            let target = &TargetArgs { app: from_root(&repo.root(), dir, target.app.as_deref()), ..target.clone() };
            let differs = block(diff::worktree(&repo, parts::shell(env)?, cloud, base.as_deref(), target, *json, out))?;
            Ok(diff::code(*exit_code, differs))
        }
        AwsCommand::Deploy { target, approve, spec, json } => {
            let repo = repo?;
            let app = from_root(&repo.root(), dir, target.app.as_deref());
            let target = Target { app, ..target.target() };
            let wanted = deploy::Wanted { target, approve, spec: spec.as_ref(), json: *json };
            let defaults = settings::defaults(settings);
            let options = parts::options(settings, crate::domain::gate::Via::Headless)?;
            let world = super::compose::World {
                repo,
                model: Err("no model is asked here".to_owned()),
                shell: parts::shell(env)?,
                steering: env.steering(),
                cloud: settings::cloud(settings),
            };
            block(deploy::run(world, options, defaults, &wanted, out))
        }
    }
}

/// An output whose reader may go away. What is done goes on then, and ends with the code that it has: a
/// pipe that is closed is no deploy that came about.
struct Heard<'a, W> {
    out: &'a mut W,
    gone: bool,
}

impl<W: Write> Heard<'_, W> {
    fn unless_gone<T>(&mut self, away: T, work: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.gone {
            return Ok(away);
        }
        match work(self.out) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(away)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Heard<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_gone(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_gone((), Write::flush)
    }
}

/// The path of an app from the repository's root: it is given from where one is, or from the root.
fn from_root(root: &Path, here: &Path, app: Option<&str>) -> Option<String> {
    let app = app?;
    let whole = |path: &Path| path.canonicalize().ok();
    let found = whole(&here.join(app)).zip(whole(root)).and_then(|(path, root)| {
        let path = path.strip_prefix(root).ok()?.to_str()?.to_owned();
        Some(if path.is_empty() { ".".to_owned() } else { path })
    });
    Some(found.unwrap_or_else(|| app.to_owned()))
}

/// The stacks that the apps of the checkout make, as they were synthesised last.
fn stacks(repo: &GitRepo) -> Vec<String> {
    let files: Arc<dyn Files> = Arc::new(DiskFiles::new(repo.root()));
    crate::agent::stacks_of(&files)
}

/// The stack that is meant where none is named: the only one that the app here makes, else the one that
/// is named after the repository.
fn the_one(repo: &GitRepo) -> Result<String, Failure> {
    match stacks(repo).as_slice() {
        [] => Ok(crate::agent::deploy::stack_name(&name_of(&repo.root()))),
        [one] => Ok(one.clone()),
        several => {
            let why = format!("the app here has several stacks: {}; say which by --stack", several.join(", "));
            Err(Failure::new(exit::USAGE, why))
        }
    }
}

fn name_of(root: &Path) -> String {
    root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn block<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

fn failed(error: CloudError) -> Failure {
    let code = match error.kind {
        CloudErrorKind::Off | CloudErrorKind::NoCredentials | CloudErrorKind::Expired | CloudErrorKind::Region => {
            exit::NO_ACCOUNT
        }
        _ => exit::FAILURE,
    };
    Failure::new(code, format!("{}; {}", error.message, error.remedy))
}

/// Lines as text.
fn print(lines: &[Line], out: &mut impl Write) -> Result<(), Failure> {
    for line in lines {
        let text = clean(&line.text);
        if line.weight == Weight::Heading {
            writeln!(out)?;
        }
        writeln!(out, "{}{text}", line.mark)?;
    }
    Ok(())
}

/// The review of a difference as text, without secrets.
fn reviewed(diff: &StackDiff, set: Option<&ChangeSet>) -> Vec<String> {
    let lines = review::lines(diff, set).into_iter();
    lines.map(|(_, indent, text)| redact(&format!("{}{text}", " ".repeat(indent))).into_owned()).collect()
}

/// A port of an account.
type Account = Arc<dyn Cloud>;
