//! The version-control port on libgit2, in process and without a network.
//!
//! One branch `kiro/<name>` and one linked worktree a spec. Worktrees lie outside the developer's
//! checkout, which nothing but an approved merge touches. No hooks are run, and commits are not
//! signed even where `commit.gpgsign` is set: libgit2 does neither. Files whose attributes name an
//! external filter (Git LFS) or an encoding are refused, since libgit2 would store them unfiltered.

mod branch;
mod checkout;
mod commit;
mod locks;
mod merge;
mod submodule;
mod tree;
mod worktree;

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use etcetera::BaseStrategy;
use git2::{ErrorCode, Oid, Repository, RepositoryState};

use self::locks::Locks;

use crate::{
    domain::{
        change::{Change, FileState, own::SubmodulesBack},
        commit::{Commit, MergePlan},
        digest::Digest,
        gate::{Approved, Identity},
        path::{RelPath, SpecName},
    },
    ports::vcs::{Head, SpecFolder, Vcs, VcsError},
};

/// One repository, opened again at every call.
#[derive(Clone, Debug)]
pub struct GitRepo {
    root: PathBuf,
    common: PathBuf,
    worktrees: PathBuf,
    /// When this run began with it.
    since: SystemTime,
}

impl GitRepo {
    /// The repository that `start` lies in. Worktrees go to
    /// `$XDG_STATE_HOME/kiro-tui/worktrees/<folder>-<8 hex digits of the git directory's digest>`
    /// (`~/.local/state` where that is not set).
    ///
    /// # Errors
    /// [`VcsError::NoRepository`]; [`VcsError::Blocked`] for a bare repository or a submodule.
    pub fn open(start: &Path) -> Result<Self, VcsError> {
        let dirs = etcetera::choose_base_strategy()
            .map_err(|_| VcsError::Blocked("no home directory is known; set HOME".to_owned()))?;
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_dir());
        Self::open_below(start, &state.join("kiro-tui").join("worktrees"))
    }

    /// The repository that `start` lies in, with its worktrees in a folder of its own below `base`.
    ///
    /// # Errors
    /// As [`GitRepo::open`].
    pub fn open_below(start: &Path, base: &Path) -> Result<Self, VcsError> {
        let mut repo = Self::open_with(start, PathBuf::new())?;
        let digest = Digest::of(repo.common.as_os_str().as_encoded_bytes()).to_string();
        let folder = match repo.common.file_name() {
            Some(name) if name == ".git" => repo.common.parent().and_then(Path::file_name),
            other => other,
        };
        let folder = folder.map_or_else(|| "repository".into(), |f| f.to_string_lossy());
        repo.worktrees = base.join(format!("{folder}-{}", digest.get(..8).unwrap_or(&digest)));
        Ok(repo)
    }

    /// The repository that `start` lies in, with its worktrees in `worktrees`, one folder a spec.
    ///
    /// # Errors
    /// As [`GitRepo::open`].
    pub fn open_with(start: &Path, worktrees: PathBuf) -> Result<Self, VcsError> {
        let mut repo = Repository::discover(start).map_err(|e| match e.code() {
            ErrorCode::NotFound => VcsError::NoRepository(start.to_owned()),
            _ => git(e),
        })?;
        // Started inside a spec's worktree, the developer's checkout is meant.
        let in_spec = repo.is_worktree() && head_branch(&repo)?.is_some_and(|b| b.starts_with(branch::PREFIX));
        if in_spec {
            repo = Repository::open(repo.commondir()).map_err(git)?;
        }
        let Some(root) = repo.workdir() else {
            let why = "this is a bare repository; start inside a checkout of it (`git worktree add`)";
            return Err(VcsError::Blocked(why.to_owned()));
        };
        if !repo.is_worktree()
            && repo.config().and_then(|mut c| c.snapshot()).is_ok_and(|c| c.get_str("core.worktree").is_ok())
        {
            let why = "this checkout is a submodule (core.worktree is set), which linked worktrees do not work with; \
                       start inside a clone of its own";
            return Err(VcsError::Blocked(why.to_owned()));
        }
        let canonical = |p: &Path| p.canonicalize().map_err(|e| VcsError::Git(format!("{}: {e}", p.display())));
        let (root, common) = (canonical(root)?, canonical(repo.commondir())?);
        Ok(Self { root, common, worktrees, since: SystemTime::now() })
    }

    fn repo(&self) -> Result<Repository, VcsError> {
        Repository::open(&self.root).map_err(git)
    }

    fn locks(&self, spec: &SpecName) -> Locks {
        let note = self.private_dir().join("specs").join(spec.as_str()).join("git-locks");
        Locks::new(&self.common, note, self.since)
    }
}

/// libgit2's error in the port's terms.
fn git(e: git2::Error) -> VcsError {
    match e.code() {
        ErrorCode::Locked => VcsError::Blocked(format!(
            "another git is at work ({}); wait for it, or remove the lock file if no git runs",
            e.message()
        )),
        ErrorCode::Owner => VcsError::Blocked(format!(
            "{}; add it with `git config --global --add safe.directory <path>` if you trust it",
            e.message()
        )),
        _ => VcsError::Git(e.message().to_owned()),
    }
}

/// The branch that HEAD names, with or without a commit; `None` when detached.
fn head_branch(repo: &Repository) -> Result<Option<String>, VcsError> {
    let head = repo.find_reference("HEAD").map_err(git)?;
    let target = head.symbolic_target().map_err(git)?;
    Ok(target.and_then(|t| t.strip_prefix("refs/heads/")).map(str::to_owned))
}

/// The commit of a local branch.
fn tip(repo: &Repository, branch: &str) -> Result<Option<Oid>, VcsError> {
    match repo.refname_to_id(&format!("refs/heads/{branch}")) {
        Ok(id) => Ok(Some(id)),
        Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
        Err(e) => Err(git(e)),
    }
}

/// Refuses a repository in the middle of a merge, rebase or the like.
fn at_rest(repo: &Repository, what: &str) -> Result<(), VcsError> {
    let doing = match repo.state() {
        RepositoryState::Clean => return Ok(()),
        RepositoryState::Merge => "merge",
        RepositoryState::Revert | RepositoryState::RevertSequence => "revert",
        RepositoryState::CherryPick | RepositoryState::CherryPickSequence => "cherry-pick",
        RepositoryState::Bisect => "bisect",
        RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => "rebase",
        RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => "git am",
    };
    Err(VcsError::Blocked(format!("{what} is in the middle of a {doing}; finish or abort it, then try again")))
}

impl GitRepo {
    /// A file as the checkout's last commit has it.
    ///
    /// # Errors
    /// When the repository cannot be read.
    pub fn at_head(&self, path: &RelPath) -> Result<Option<FileState>, VcsError> {
        let repo = self.repo()?;
        match repo.head().ok().and_then(|head| head.target()) {
            Some(id) => tree::file(&repo, &tree::of(&repo, id)?, path),
            None => Ok(None),
        }
    }
}

impl GitRepo {
    /// Checks a revision out into an empty directory, which is no worktree afterwards.
    ///
    /// # Errors
    /// [`VcsError::Git`] for a revision that does not exist; what libgit2 and the disk say.
    pub fn check_out(&self, revision: &str, into: &Path) -> Result<(), VcsError> {
        let repo = self.repo()?;
        let found = repo.revparse_single(revision).and_then(|o| o.peel_to_tree());
        let tree = found.map_err(|e| VcsError::Git(format!("{revision}: {}", e.message())))?;
        let admin = tempfile::tempdir().map_err(|e| VcsError::Git(e.to_string()))?;
        checkout::aside(&repo, tree.id(), None, admin.path(), into)
    }
}

impl Vcs for GitRepo {
    fn root(&self) -> PathBuf {
        self.root.clone()
    }

    fn private_dir(&self) -> PathBuf {
        self.common.join("kiro-tui")
    }

    fn main_branch(&self) -> Result<String, VcsError> {
        branch::main(&self.repo()?)
    }

    fn identity(&self) -> Result<Identity, VcsError> {
        branch::identity(&self.repo()?)
    }

    fn specs(&self) -> Result<Vec<SpecFolder>, VcsError> {
        branch::specs(&self.repo()?, &self.root)
    }

    fn worktree(&self, spec: &SpecName) -> Option<PathBuf> {
        worktree::find(&self.repo().ok()?, spec)
    }

    fn ensure_worktree(&self, spec: &SpecName) -> Result<PathBuf, VcsError> {
        let locks = self.locks(spec);
        locks.clear()?;
        worktree::ensure(&self.repo()?, &self.worktrees, spec, &locks)
    }

    fn head(&self, root: &Path) -> Result<Head, VcsError> {
        let there = Repository::open(root).map_err(git)?;
        let commit = there.head().and_then(|h| h.peel_to_commit()).map_err(|_| VcsError::NoCommit)?.id().to_string();
        let mut options = git2::StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(false).exclude_submodules(true);
        let statuses = there.statuses(Some(&mut options)).map_err(git)?;
        let changed = statuses.iter().map(|s| String::from_utf8_lossy(s.path_bytes()).into_owned()).collect();
        Ok(Head { commit, changed })
    }

    fn committed(&self, spec: &SpecName, path: &RelPath) -> Result<Option<FileState>, VcsError> {
        let repo = self.repo()?;
        match tip(&repo, &branch::name(spec))? {
            Some(id) => tree::file(&repo, &tree::of(&repo, id)?, path),
            None => Ok(None),
        }
    }

    fn pending(&self, spec: &SpecName) -> Result<Vec<Change>, VcsError> {
        commit::pending(&worktree::open(&self.repo()?, spec)?, spec)
    }

    fn commit(&self, spec: &SpecName, commit: Approved<Commit>) -> Result<String, VcsError> {
        let repo = self.repo()?;
        let by = branch::identity(&repo)?;
        commit::commit(&worktree::open(&repo, spec)?, spec, commit.item(), &by, &self.locks(spec))
    }

    fn another(&self, spec: &SpecName, path: &RelPath) -> Result<Option<RelPath>, VcsError> {
        let Some(root) = self.worktree(spec) else { return Ok(None) };
        submodule::around(&Repository::open(&root).map_err(git)?, &root, path)
    }

    fn put_submodules(&self, spec: &SpecName, back: Approved<SubmodulesBack>) -> Result<(), VcsError> {
        let worktree = worktree::open(&self.repo()?, spec)?;
        let root = worktree.workdir().ok_or_else(|| VcsError::Git("the worktree has no directory".to_owned()))?;
        submodule::put_back(root, back.item(), &self.locks(spec))
    }

    fn merge_plan(&self, spec: &SpecName) -> Result<MergePlan, VcsError> {
        let repo = self.repo()?;
        let into = branch::main(&repo)?;
        let plan = merge::plan(&repo, spec, &into)?;
        merge::check_checkout(&repo, &plan)?;
        Ok(plan)
    }

    fn merge(&self, plan: Approved<MergePlan>) -> Result<String, VcsError> {
        let repo = self.repo()?;
        let by = branch::identity(&repo)?;
        merge::merge(&repo, plan.item(), &by, &self.locks(&plan.item().spec))
    }
}
