//! Which branch is the main one, who commits, and which specs there are. Reads only.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
    time::UNIX_EPOCH,
};

use git2::{BranchType, ObjectType, Repository};

use super::{git, head_branch, tip, tree};
use crate::{
    domain::{gate::Identity, path::SpecName},
    ports::vcs::{SpecFolder, VcsError},
};

/// What every spec's branch starts with.
pub(super) const PREFIX: &str = "kiro/";
const SPECS: &str = ".kiro/specs";

/// The spec's branch.
pub(super) fn name(spec: &SpecName) -> String {
    format!("{PREFIX}{spec}")
}

/// The branch that specs start from and go back to.
pub(super) fn main(repo: &Repository) -> Result<String, VcsError> {
    let head = head_branch(repo)?.ok_or(VcsError::Detached)?;
    if !head.starts_with(PREFIX) {
        return if tip(repo, &head)?.is_some() { Ok(head) } else { Err(VcsError::NoCommit) };
    }
    let configured = repo.config().and_then(|c| c.get_string("init.defaultBranch")).ok();
    for branch in configured.iter().map(String::as_str).chain(["main", "master"]) {
        if tip(repo, branch)?.is_some() {
            return Ok(branch.to_owned());
        }
    }
    let why = format!("your checkout is on {head}, and there is no branch main or master; check out your main branch");
    Err(VcsError::Blocked(why))
}

/// The author, as `git commit` finds it.
pub(super) fn identity(repo: &Repository) -> Result<Identity, VcsError> {
    let config = repo.config().map_err(git)?;
    let find = |variable: &str, keys: [&str; 2]| {
        let set = |text: String| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        env::var(variable)
            .ok()
            .and_then(set)
            .or_else(|| keys.iter().find_map(|key| config.get_string(key).ok().and_then(set)))
            .ok_or(VcsError::NoIdentity)
    };
    Ok(Identity {
        name: find("GIT_AUTHOR_NAME", ["author.name", "user.name"])?,
        email: find("GIT_AUTHOR_EMAIL", ["author.email", "user.email"])?,
    })
}

#[derive(Default)]
struct Seen {
    files: BTreeSet<String>,
    has_branch: bool,
    changed_s: i64,
}

/// The specs of the checkout, and those of the branches whose folder may be nowhere else.
pub(super) fn specs(repo: &Repository, root: &Path) -> Result<Vec<SpecFolder>, VcsError> {
    let mut specs: BTreeMap<SpecName, Seen> = BTreeMap::new();
    for folder in fs::read_dir(root.join(SPECS)).into_iter().flatten().flatten() {
        let Ok(name) = SpecName::parse(&folder.file_name().to_string_lossy()) else { continue };
        if folder.file_type().is_ok_and(|t| t.is_dir()) {
            let seen = specs.entry(name).or_default();
            for file in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let Ok(meta) = file.metadata() else { continue };
                if meta.is_file() {
                    seen.files.insert(file.file_name().to_string_lossy().into_owned());
                    let since = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
                    let at = since.and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0);
                    seen.changed_s = seen.changed_s.max(at);
                }
            }
        }
    }
    for branch in repo.branches(Some(BranchType::Local)).map_err(git)? {
        let (branch, _) = branch.map_err(git)?;
        // A branch whose name or commit cannot be read is nobody's spec.
        let Some(spec) = branch.name().ok().flatten().and_then(|n| n.strip_prefix(PREFIX)) else { continue };
        let (Ok(spec), Ok(commit)) = (SpecName::parse(spec), branch.get().peel_to_commit()) else { continue };
        let seen = specs.entry(spec.clone()).or_default();
        seen.has_branch = true;
        seen.changed_s = seen.changed_s.max(commit.time().seconds());
        let tree = tree::of(repo, commit.id())?;
        let Ok(entry) = tree.get_path(&Path::new(SPECS).join(spec.as_str())) else { continue };
        let Ok(folder) = entry.to_object(repo).and_then(|o| o.peel_to_tree()) else { continue };
        let files = folder.iter().filter(|e| e.kind() == Some(ObjectType::Blob));
        seen.files.extend(files.filter_map(|e| e.name().ok().map(str::to_owned)));
    }
    Ok(specs
        .into_iter()
        .map(|(name, seen)| SpecFolder {
            name,
            files: seen.files.into_iter().collect(),
            has_branch: seen.has_branch,
            changed_s: seen.changed_s,
        })
        .collect())
}
