//! The version-control port: the developer's repository, its spec branches and worktrees.

use std::path::{Path, PathBuf};

use crate::domain::{
    change::{Change, FileState, own::SubmodulesBack},
    commit::{Commit, MergePlan},
    gate::{Approved, Identity},
    path::{RelPath, SpecName},
};

/// Why the repository could not do something. Every message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VcsError {
    /// Not inside a repository.
    #[error("{0} is not in a git repository; run `git init` there, or start kiro-tui inside one")]
    NoRepository(PathBuf),
    /// A repository without a first commit.
    #[error("the repository has no commit yet; make a first one, then start again")]
    NoCommit,
    /// `user.name` or `user.email` is not set.
    #[error("git does not know who you are; run `git config user.name …` and `git config user.email …`")]
    NoIdentity,
    /// HEAD is not on a branch.
    #[error("HEAD is detached, so there is no branch to merge into; check out your main branch")]
    Detached,
    /// The checkout has changes in the files that a merge would touch.
    #[error("your checkout has uncommitted changes in {}; commit, stash (`git stash -u`) or move them aside, then merge", list(.0))]
    Dirty(Vec<String>),
    /// The branches changed the same lines.
    #[error("{into} and {from} conflict in {}; merge {into} into the worktree's branch by hand, then try again", list(.paths))]
    Conflict {
        /// The spec's branch.
        from: String,
        /// The main branch.
        into: String,
        /// Where.
        paths: Vec<String>,
    },
    /// A branch moved, or the worktree is not what was approved.
    #[error("{0} changed since it was shown; look again")]
    Moved(String),
    /// Nothing to merge.
    #[error("{0} has nothing that is not on the main branch already")]
    NothingToMerge(String),
    /// The repository is in the middle of something, or the branch name is taken.
    #[error("{0}")]
    Blocked(String),
    /// libgit2's words.
    #[error("git: {0}")]
    Git(String),
}

fn list(paths: &[String]) -> String {
    let head = paths.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if paths.len() > 5 { format!("{head} and {} more", paths.len() - 5) } else { head }
}

/// A spec that lies in the repository, on the checkout or on a `kiro/` branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFolder {
    /// Its name.
    pub name: SpecName,
    /// File names inside the folder, in order.
    pub files: Vec<String>,
    /// True when a branch `kiro/<name>` exists.
    pub has_branch: bool,
    /// When its newest file or commit was made, in seconds since 1970; 0 when unknown.
    pub changed_s: i64,
}

/// What is checked out somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The commit's id, hex.
    pub commit: String,
    /// Paths that are not as that commit has them, new ones included, ignored ones not.
    pub changed: Vec<String>,
}

/// One repository.
pub trait Vcs: Send + Sync {
    /// The root of the developer's checkout.
    fn root(&self) -> PathBuf;

    /// The program's private directory inside the repository's common git directory,
    /// `<git>/kiro-tui`; not created by this call.
    fn private_dir(&self) -> PathBuf;

    /// The branch that specs start from and are merged into: the checkout's branch, unless that is
    /// a `kiro/` branch, then `init.defaultBranch`, `main` or `master`.
    ///
    /// # Errors
    /// [`VcsError::Detached`], [`VcsError::NoCommit`].
    fn main_branch(&self) -> Result<String, VcsError>;

    /// Who commits, from git's configuration and environment.
    ///
    /// # Errors
    /// [`VcsError::NoIdentity`].
    fn identity(&self) -> Result<Identity, VcsError>;

    /// The specs of the checkout and of the `kiro/` branches, by name.
    ///
    /// # Errors
    /// [`VcsError::Git`].
    fn specs(&self) -> Result<Vec<SpecFolder>, VcsError>;

    /// Where the spec's worktree is, if there is one.
    fn worktree(&self, spec: &SpecName) -> Option<PathBuf>;

    /// Makes the spec's branch (from the main branch's commit) and linked worktree, or repairs and
    /// returns those that exist. The developer's checkout is not touched.
    ///
    /// # Errors
    /// [`VcsError`].
    fn ensure_worktree(&self, spec: &SpecName) -> Result<PathBuf, VcsError>;

    /// What is checked out at `root`, the checkout or a worktree.
    ///
    /// # Errors
    /// [`VcsError::NoCommit`], [`VcsError::Git`].
    fn head(&self, root: &Path) -> Result<Head, VcsError>;

    /// A file as it is on the spec's branch; `None` where there is none or no branch.
    ///
    /// # Errors
    /// [`VcsError::Git`].
    fn committed(&self, spec: &SpecName, path: &RelPath) -> Result<Option<FileState>, VcsError>;

    /// How the worktree differs from the spec's branch, by path; untracked files that are not
    /// ignored count as created. A submodule counts where it is at another commit, or holds what is not
    /// committed there.
    ///
    /// # Errors
    /// [`VcsError`].
    fn pending(&self, spec: &SpecName) -> Result<Vec<Change>, VcsError>;

    /// Commits on the spec's branch; returns the commit's id. When the branch's newest commit
    /// already has this message and leaves nothing of the paths to commit, that commit's id is
    /// returned: a commit interrupted by a crash can be made again.
    ///
    /// # Errors
    /// [`VcsError::Moved`] when the worktree does not hold what the approval says.
    fn commit(&self, spec: &SpecName, commit: Approved<Commit>) -> Result<String, VcsError>;

    /// The other repository, a submodule or not, that a path of the spec's worktree is or lies in: what is
    /// changed there is in no commit of this one. `None` where it lies in this one.
    ///
    /// # Errors
    /// [`VcsError::Git`].
    fn another(&self, spec: &SpecName, path: &RelPath) -> Result<Option<RelPath>, VcsError>;

    /// Puts submodules of the worktree back at the commits they were at, without a network.
    ///
    /// # Errors
    /// [`VcsError::Moved`], [`VcsError::Blocked`]; nothing was touched.
    fn put_submodules(&self, spec: &SpecName, back: Approved<SubmodulesBack>) -> Result<(), VcsError>;

    /// What merging the spec's branch into the main branch would do. Touches nothing.
    ///
    /// # Errors
    /// [`VcsError::Conflict`], [`VcsError::NothingToMerge`], [`VcsError::Dirty`].
    fn merge_plan(&self, spec: &SpecName) -> Result<MergePlan, VcsError>;

    /// Merges as approved: moves the main branch and updates the checkout's files when it is on
    /// that branch. Returns the main branch's new commit. A plan that is already done is a success.
    ///
    /// # Errors
    /// [`VcsError`]; nothing was touched.
    fn merge(&self, plan: Approved<MergePlan>) -> Result<String, VcsError>;
}
