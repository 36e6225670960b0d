//! What a new template would change: against another file, another commit, or the account.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;

use super::{Account, failed, reviewed};
use crate::{
    adapters::{files::DiskFiles, shell::ProcessShell, vcs::GitRepo},
    agent::deploy::{self, find::App, inside},
    app::failure::Failure,
    cli::{TargetArgs, exit},
    domain::{
        cloud::prepare::{self, ASSEMBLY},
        command::{CommandLine, Confinement},
        covered,
        gate::{Decision, Reviewable, Shown, Verdict, Via, judge},
        path::RelPath,
        prose::clean,
        stack::{
            StackDiff, Template, code, compare,
            nested::{self, Inside},
        },
    },
    ports::{files::Files, shell::Shell, vcs::Vcs},
};

/// The exit code of a difference.
pub(super) fn code(wanted: bool, differs: bool) -> u8 {
    if wanted && differs { exit::FAILURE } else { exit::OK }
}

fn wrong(why: impl Into<String>) -> Failure {
    Failure::new(exit::FAILURE, why.into())
}

fn read(text: &str, what: &str) -> Result<Template, Failure> {
    Template::parse(text).map_err(|fault| wrong(format!("{what} cannot be read as a template: {fault}")))
}

/// Two files.
pub(super) fn files(old: &Path, new: &Path, as_json: bool, out: &mut impl Write) -> Result<bool, Failure> {
    let text = |path: &Path| {
        std::fs::read_to_string(path).map_err(|e| Failure::new(exit::USAGE, format!("{}: {e}", path.display())))
    };
    let (was, is) = (read(&text(old)?, &old.display().to_string())?, read(&text(new)?, &new.display().to_string())?);
    let name = new.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    tell(&[compare(&name, Some(&was), Some(&is))], as_json, out)
}

fn tell(diffs: &[StackDiff], as_json: bool, out: &mut impl Write) -> Result<bool, Failure> {
    if as_json {
        let worst = diffs.iter().map(StackDiff::worst).max().unwrap_or_default();
        let (stack, inside) = (diffs.first(), diffs.get(1..).unwrap_or_default());
        writeln!(out, "{:#}", covered::json(json!({ "stack": stack, "inside": inside, "worst": worst })))?;
    } else {
        for line in diffs.iter().flat_map(|diff| reviewed(diff, None)) {
            writeln!(out, "{}", clean(&line))?;
        }
    }
    Ok(diffs.iter().any(|diff| !diff.is_empty()))
}

/// A template and the stacks inside it against those of before, with the rights that none of these calls
/// needs.
fn compared(
    name: &str,
    old: Option<&Template>,
    new: &Template,
    (was, is): (&Inside, &Inside),
    calls: &code::Calls,
) -> Vec<StackDiff> {
    let mut own = compare(name, old, Some(new));
    own.notes.extend(nested::notes(was, is));
    own.standing.extend(code::unused(new, calls));
    let mut all = vec![own];
    for path in nested::paths(was, is) {
        let mut diff = compare(&format!("{name}/{path}"), was.template(path), is.template(path));
        diff.standing.extend(is.template(path).map(|t| code::unused(t, calls)).unwrap_or_default());
        all.push(diff);
    }
    all
}

/// The checkout, against another commit or the account.
pub(super) async fn worktree(
    repo: &GitRepo,
    shell: ProcessShell,
    cloud: Account,
    base: Option<&str>,
    target: &TargetArgs,
    as_json: bool,
    out: &mut impl Write,
) -> Result<bool, Failure> {
    let shell = shell.with_cache(repo.private_dir().join("cache"));
    let root = repo.root();
    let (stack, new, is) = made(repo, &shell, &root, target).await?;
    let new = read(&new, "the new template")?;
    let (old, was) = match base {
        Some(rev) => {
            let dir = tempfile::Builder::new().prefix("kiro-tui-base-").tempdir()?;
            repo.check_out(rev, dir.path()).map_err(|e| Failure::new(exit::USAGE, e.to_string()))?;
            lend_packages(&root, dir.path(), target)?;
            let (_, text, was) = made(repo, &shell, dir.path(), target).await?;
            (Some(read(&text, &format!("the template of {rev}"))?), was)
        }
        None => {
            let there = cloud.template(&stack).await.map_err(failed)?;
            let was = match there.as_deref().is_some_and(nested::has_any) {
                true => inside::deployed(cloud.as_ref(), &stack).await.map_err(failed)?,
                false => Inside::default(),
            };
            (there.map(|text| read(&text, "the deployed template")).transpose()?, was)
        }
    };
    let files: Arc<dyn Files> = Arc::new(DiskFiles::new(&root));
    tell(&compared(&stack, old.as_ref(), &new, (&was, &is), &deploy::calls(&files)), as_json, out)
}

/// The packages of a commit are in none: the app as it was then is made with those of the checkout.
fn lend_packages(root: &Path, base: &Path, target: &TargetArgs) -> Result<(), Failure> {
    let Ok(App::Cdk(dir)) = deploy::find::chosen(&DiskFiles::new(base), target.app.as_deref()) else { return Ok(()) };
    for above in Path::new(&dir).ancestors() {
        let (packages, place) = (root.join(above).join("node_modules"), base.join(above).join("node_modules"));
        if packages.is_dir() && !place.exists() {
            std::os::unix::fs::symlink(&packages, &place)?;
        }
    }
    Ok(())
}

/// The stack's name, the template that the files below `root` give, and the stacks inside it.
async fn made(
    repo: &GitRepo,
    shell: &ProcessShell,
    root: &Path,
    target: &TargetArgs,
) -> Result<(String, String, Inside), Failure> {
    let files: Arc<dyn Files> = Arc::new(DiskFiles::new(root));
    let no = |(why, remedy): (String, String)| Failure::new(exit::FAILURE, format!("{why}; {remedy}"));
    match deploy::find::chosen(files.as_ref(), target.app.as_deref()).map_err(no)? {
        App::Template(path) => {
            let state = files.read(&path).map_err(|e| wrong(e.to_string()))?;
            let text = state.as_ref().and_then(|s| s.text()).ok_or_else(|| wrong(format!("{path} is not text")))?;
            let stack = target.stack.clone().unwrap_or_else(|| deploy::stack_name(&super::name_of(&repo.root())));
            Ok((stack, text.to_owned(), inside::of_file(&files, path.as_str(), text)))
        }
        App::Cdk(dir) => {
            // A commit has no packages; those of the checkout are lent to it.
            let own = deploy::own_cli(&DiskFiles::new(repo.root()), &dir);
            if !own && !shell.has("cdk") {
                return Err(wrong("there is no CDK command here; install the project's packages first"));
            }
            let confinement = match &target.unconfined {
                Some(reason) => Confinement::Unsandboxed { reason: reason.clone() },
                None => Confinement::Sandboxed,
            };
            synthesise(repo, shell, root, prepare::synth(&dir, own, confinement)).await?;
            let assembled = deploy::assembled(files.as_ref(), &dir, target.stack.as_deref()).map_err(no)?;
            let path = RelPath::parse(&format!("{}/{}", assembled.at, assembled.stack.template))
                .map_err(|e| wrong(e.to_string()))?;
            let state = files.read(&path).map_err(|e| wrong(e.to_string()))?;
            let text =
                state.as_ref().and_then(|s| s.text()).ok_or_else(|| wrong(format!("{ASSEMBLY} has no template")))?;
            Ok((assembled.stack.name, text.to_owned(), inside::of_file(&files, path.as_str(), text)))
        }
    }
}

/// Runs the command that the developer asked for by running this one.
async fn synthesise(repo: &GitRepo, shell: &ProcessShell, root: &Path, line: CommandLine) -> Result<(), Failure> {
    let decision = Decision {
        subject: line.subject(),
        digest: line.digest(),
        verdict: Verdict::Approve,
        by: repo.identity()?,
        at: jiff::Timestamp::now(),
        via: Via::Headless,
    };
    let text = line.text.clone();
    let approved = judge(Shown::new(line), decision).map_err(|e| wrong(e.to_string()))?;
    let root: PathBuf = root.to_path_buf();
    let outcome = shell.run(root, approved, Arc::new(|_| {})).await.map_err(|e| wrong(e.to_string()))?;
    if outcome.succeeded() {
        return Ok(());
    }
    if prepare::looks_up(&outcome.output) {
        let why = "the app looks things up in the account that are not in cdk.context.json";
        return Err(wrong(format!("{why}; {}\n{}", prepare::LOOK_UP, outcome.output)));
    }
    let hint = if prepare::wants_out(&outcome.output).is_some() {
        "; does it need the network? then say why: --unconfined WHY"
    } else {
        ""
    };
    Err(wrong(format!("`{text}`: {}{hint}\n{}", outcome.exit, outcome.output)))
}
