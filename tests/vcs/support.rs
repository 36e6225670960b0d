//! A repository in a temporary directory, and the real `git` to look at it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use jiff::Timestamp;
use kiro_tui::{
    adapters::vcs::GitRepo,
    domain::{
        change::{FileState, Mode},
        commit::{Commit, MergePlan},
        digest::Digest,
        gate::{Approved, Decision, Grants, Identity, Reviewable, Shown, Subject, Verdict, Via, judge},
        path::{RelPath, SpecName},
    },
    ports::vcs::{Vcs, VcsError},
};
use tempfile::TempDir;

/// A yes to exactly this.
pub fn approve<T: Reviewable>(item: T) -> Approved<T> {
    let shown = Shown::new(item);
    let decision = Decision {
        subject: shown.item().subject(),
        digest: shown.digest(),
        verdict: Verdict::Approve,
        by: Identity { name: "Ada".into(), email: "ada@example.org".into() },
        at: Timestamp::UNIX_EPOCH,
        via: Via::Keyboard,
    };
    judge(shown, decision).unwrap()
}

/// Stands for whatever the program shows before it commits.
pub struct Task(pub Commit);

impl Reviewable for Task {
    fn subject(&self) -> Subject {
        Subject::Task
    }
    fn digest(&self) -> Digest {
        Digest::of(format!("{:?}", self.0))
    }
}

impl Grants<Commit> for Task {
    fn granted(approval: &Approved<Self>) -> Commit {
        approval.item().0.clone()
    }
}

pub fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// The commit that takes these paths as they are in a worktree now.
pub fn commit_in(tree: &Path, paths: &[&str], message: &str) -> Commit {
    let digest = |p: &str| {
        let full = tree.join(p);
        let meta = fs::symlink_metadata(&full).ok()?;
        let state = if meta.is_symlink() {
            let target = fs::read_link(&full).unwrap().into_os_string().into_encoded_bytes();
            FileState { mode: Mode::Symlink, ..FileState::regular(target) }
        } else {
            let exec = meta.permissions().mode() & 0o100 != 0;
            let mode = if exec { Mode::Executable } else { Mode::Regular };
            FileState { mode, ..FileState::regular(fs::read(&full).unwrap()) }
        };
        Some(state.digest())
    };
    Commit { paths: paths.iter().map(|p| (path(p), digest(p))).collect(), message: message.to_owned() }
}

/// A repository with one commit on `main`, and somewhere for worktrees.
pub struct Place {
    pub dir: TempDir,
    pub vcs: GitRepo,
    pub spec: SpecName,
}

pub fn git_in(dir: &Path, args: &[&str]) -> String {
    let (ok, out) = try_git_in(dir, args);
    assert!(ok, "git {args:?}: {out}");
    out
}

pub fn try_git_in(dir: &Path, args: &[&str]) -> (bool, String) {
    let out = Command::new("git")
        .current_dir(dir)
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("LC_ALL", "C")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    (out.status.success(), text.trim_end().to_owned())
}

pub fn write(dir: &Path, name: &str, text: impl AsRef<[u8]>) {
    let full = dir.join(name);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(full, text).unwrap();
}

pub fn init(dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    git_in(dir, &["init", "-q", "-b", "main"]);
    // What this machine's own configuration says must not matter.
    for (key, value) in [
        ("user.name", "Ada"),
        ("user.email", "ada@example.org"),
        ("core.autocrlf", "false"),
        ("core.excludesFile", "/dev/null"),
        ("core.attributesFile", "/dev/null"),
        ("commit.gpgsign", "false"),
        ("init.defaultBranch", "main"),
    ] {
        git_in(dir, &["config", key, value]);
    }
}

impl Place {
    pub fn new() -> Self {
        Self::with(&[("README.md", "hello\n"), ("src/a.rs", "fn a() {}\n"), ("src/b.rs", "fn b() {}\n")])
    }

    pub fn with(files: &[(&str, &str)]) -> Self {
        let dir = TempDir::new().unwrap();
        let root = dir.path().join("repo");
        init(&root);
        for (name, text) in files {
            write(&root, name, text);
        }
        git_in(&root, &["add", "-A"]);
        git_in(&root, &["commit", "-q", "-m", "first"]);
        let vcs = GitRepo::open_with(&root, dir.path().join("worktrees")).unwrap();
        Self { dir, vcs, spec: SpecName::parse("thumbs").unwrap() }
    }

    pub fn root(&self) -> PathBuf {
        self.vcs.root()
    }

    pub fn tree(&self) -> PathBuf {
        self.vcs.ensure_worktree(&self.spec).unwrap()
    }

    pub fn git(&self, args: &[&str]) -> String {
        git_in(&self.root(), args)
    }

    /// The commit that takes these paths as they are in the worktree now.
    pub fn commit_of(&self, paths: &[&str], message: &str) -> Commit {
        commit_in(&self.tree(), paths, message)
    }

    pub fn try_commit(&self, commit: Commit) -> Result<String, VcsError> {
        self.vcs.commit(&self.spec, approve(Task(commit)).grant())
    }

    pub fn commit(&self, paths: &[&str], message: &str) -> String {
        self.try_commit(self.commit_of(paths, message)).unwrap()
    }

    pub fn plan(&self) -> Result<MergePlan, VcsError> {
        self.vcs.merge_plan(&self.spec)
    }

    pub fn merge(&self, plan: MergePlan) -> Result<String, VcsError> {
        self.vcs.merge(approve(plan))
    }

    /// A commit on the main branch by the developer.
    pub fn commit_on_main(&self, name: &str, text: &str) {
        write(&self.root(), name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "on main"]);
    }

    /// Git itself finds nothing wrong.
    pub fn sound(&self) {
        let out = self.git(&["fsck", "--strict", "--no-dangling"]);
        assert!(!out.contains("error") && !out.contains("missing") && !out.contains("broken"), "{out}");
    }

    pub fn clean(&self) {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        if let Some(tree) = self.vcs.worktree(&self.spec) {
            assert_eq!(git_in(&tree, &["status", "--porcelain"]), "");
        }
    }
}
