//! The program killed at each single step that changes something on disk, and the same done again.
//!
//! The job runs in a process of its own under `strace`, which kills it as it enters the n-th system
//! call that changes a file, for every n. Where there is no `strace` that may trace, nothing is
//! tried, and said so.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use kiro_tui::{
    adapters::vcs::GitRepo,
    domain::path::SpecName,
    ports::vcs::{Vcs, VcsError},
};

use crate::support::{Task, approve, commit_in, git_in, init, write};

/// Where the child works.
const DIR: &str = "KIRO_TUI_KILLED_IN";

/// What may leave something behind. A file that was made is seen at the first write to it, or at
/// whatever comes next. `strace` counts each of them by itself.
const CHANGES: [&str; 20] = [
    "write",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "symlink",
    "symlinkat",
    "ftruncate",
    "chmod",
    "fchmod",
    "fchmodat",
    "fsync",
    "fdatasync",
];

/// What the branch does to the files, a commit each: new content, `None` for one that goes.
const COMMITS: [&[(&str, Option<&str>)]; 2] =
    [&[("new/a", Some("a\n"))], &[("b", Some("B\n")), ("dir/c", None), ("dir", Some("d\n")), ("gone", None)]];

/// From a branch and a worktree over two commits to the merge.
fn job(dir: &Path) -> Result<(), VcsError> {
    let vcs = GitRepo::open_with(&dir.join("repo"), dir.join("worktrees"))?;
    let spec = SpecName::parse("thumbs").unwrap();
    for (n, files) in COMMITS.iter().enumerate() {
        let (tree, message) = (vcs.ensure_worktree(&spec)?, format!("change {n}"));
        // What came before the newest commit is done; that one itself may have been cut off.
        if git_in(&tree, &["log", "--format=%s"]).lines().skip(1).any(|subject| subject == message) {
            continue;
        }
        for (file, text) in *files {
            match text {
                Some(text) if tree.join(file).is_dir() => {
                    fs::remove_dir(tree.join(file)).unwrap();
                    write(&tree, file, text);
                }
                Some(text) => write(&tree, file, text),
                None => drop(fs::remove_file(tree.join(file))),
            }
        }
        let paths: Vec<&str> = files.iter().map(|(file, _)| *file).collect();
        vcs.commit(&spec, approve(Task(commit_in(&tree, &paths, &message))).grant())?;
    }
    match vcs.merge_plan(&spec) {
        Ok(plan) => vcs.merge(approve(plan)).map(drop),
        Err(VcsError::NothingToMerge(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[test]
fn the_child() {
    if let Some(dir) = std::env::var_os(DIR) {
        job(Path::new(&dir)).unwrap();
    }
}

fn fresh(dir: &Path) {
    let root = dir.join("repo");
    init(&root);
    write(&root, "README.md", "hello\n");
    for file in ["b", "dir/c", "gone"] {
        write(&root, file, "old\n");
    }
    git_in(&root, &["add", "-A"]);
    git_in(&root, &["commit", "-q", "-m", "first"]);
}

/// Runs the job under `strace`; true when it was killed as it entered the n-th call of this kind.
fn killed_at(call: &str, n: usize, dir: &Path) -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={call}:signal=KILL:when={n}"));
    strace.arg(std::env::current_exe().unwrap()).args(["killed::the_child", "--exact", "--test-threads=1"]);
    let status = strace.env(DIR, dir).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    status.signal() == Some(9)
}

fn locks(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => locks(&path),
            path if path.extension().is_some_and(|e| e == "lock") => vec![path.display().to_string()],
            _ => Vec::new(),
        })
        .collect()
}

#[test]
fn what_was_killed_anywhere_is_done_by_doing_it_again() {
    let can = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no strace here, or it may not trace");
        return;
    }
    let sweep = |call: &'static str| {
        let (mut places, mut wrong) = (0, Vec::new());
        for n in 1.. {
            let dir = tempfile::tempdir().unwrap();
            fresh(dir.path());
            if !killed_at(call, n, dir.path()) {
                break;
            }
            places += 1;
            wrong.extend(again(dir.path()).into_iter().map(|what| format!("at {call} {n}: {what}")));
        }
        (places, wrong)
    };
    let found: Vec<(usize, Vec<String>)> = thread::scope(|scope| {
        let all: Vec<_> = CHANGES.iter().map(|call| scope.spawn(|| sweep(call))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let places: usize = found.iter().map(|(places, _)| places).sum();
    let wrong: Vec<String> = found.into_iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(places > 50, "{places} places are too few: nothing was traced");
    assert!(wrong.is_empty(), "{places} places\n{}", wrong.join("\n"));
}

/// Does the job again where it was killed; what is not as it should be then.
fn again(dir: &Path) -> Vec<String> {
    let left = locks(&dir.join("repo/.git"));
    if let Err(error) = job(dir) {
        return vec![format!("{error}; locks: {left:?}")];
    }
    let mut wrong: Vec<String> = locks(&dir.join("repo/.git")).into_iter().map(|l| format!("{l} stays")).collect();
    let (root, tree) = (dir.join("repo"), dir.join("worktrees/thumbs"));
    for at in [&root, &tree] {
        let status = git_in(at, &["status", "--porcelain"]);
        if !status.is_empty() {
            wrong.push(format!("{} is left with {status}", at.display()));
        }
    }
    let log = git_in(&root, &["log", "--format=%s", "main"]);
    if log != "change 1\nchange 0\nfirst" {
        wrong.push(log);
    }
    let is = |file: &str| fs::read_to_string(root.join(file)).ok();
    let all = ["new/a", "b", "dir", "gone"].map(is);
    if all != [Some("a\n"), Some("B\n"), Some("d\n"), None].map(|text| text.map(str::to_owned)) {
        wrong.push(format!("{all:?}"));
    }
    let found = git_in(&root, &["fsck", "--strict", "--no-dangling"]);
    if found.contains("error") || found.contains("missing") {
        wrong.push(found);
    }
    wrong
}
