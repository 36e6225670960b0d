//! What is opened, and the worktrees of specs.

use std::{fs, path::PathBuf};

use kiro_tui::{
    adapters::vcs::GitRepo,
    domain::{gate::Identity, path::SpecName},
    ports::vcs::{Vcs, VcsError},
};
use tempfile::TempDir;

use crate::support::{Place, git_in, init, write};

#[test]
fn a_directory_without_a_repository_is_named() {
    let dir = TempDir::new().unwrap();
    let opened = GitRepo::open_with(dir.path(), dir.path().join("w"));
    assert!(matches!(opened, Err(VcsError::NoRepository(at)) if at == dir.path()));
}

#[test]
fn a_repository_without_a_commit_has_no_main_branch() {
    let dir = TempDir::new().unwrap();
    init(dir.path());
    let vcs = GitRepo::open_with(dir.path(), dir.path().join("w")).unwrap();
    assert_eq!(vcs.main_branch(), Err(VcsError::NoCommit));
    assert_eq!(vcs.ensure_worktree(&SpecName::parse("x").unwrap()), Err(VcsError::NoCommit));
}

#[test]
fn a_subdirectory_and_a_linked_worktree_lead_to_their_checkout() {
    let place = Place::new();
    let below = GitRepo::open_with(&place.root().join("src"), place.dir.path().join("w")).unwrap();
    assert_eq!(below.root(), place.root());
    let linked = place.dir.path().join("linked");
    place.git(&["worktree", "add", "-q", "-b", "other", linked.to_str().unwrap()]);
    let there = GitRepo::open_with(&linked, place.dir.path().join("w")).unwrap();
    assert_eq!(there.root(), linked.canonicalize().unwrap());
    assert_eq!(there.main_branch().unwrap(), "other");
    assert_eq!(there.private_dir(), place.vcs.private_dir());
    // Inside a spec's worktree, the checkout is meant.
    let inside = GitRepo::open_with(&place.tree(), place.dir.path().join("w")).unwrap();
    assert_eq!(inside.root(), place.root());
}

#[test]
fn bare_repositories_and_submodules_are_refused_in_words() {
    let place = Place::new();
    let bare = place.dir.path().join("bare.git");
    git_in(place.dir.path(), &["clone", "-q", "--bare", "repo", "bare.git"]);
    assert!(matches!(GitRepo::open_with(&bare, PathBuf::new()), Err(VcsError::Blocked(why)) if why.contains("bare")));
    let bare = bare.to_str().unwrap();
    place.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", bare, "sub"]);
    let sub = GitRepo::open_with(&place.root().join("sub"), PathBuf::new());
    assert!(matches!(sub, Err(VcsError::Blocked(why)) if why.contains("submodule")));
}

#[test]
fn the_default_place_for_worktrees_is_outside_the_checkout() {
    let place = Place::new();
    let vcs = GitRepo::open(&place.root()).unwrap();
    let text = format!("{vcs:?}");
    assert!(text.contains("kiro-tui/worktrees/repo-"), "{text}");
}

// Branches and identity

#[test]
fn the_main_branch_is_the_checkouts_unless_that_is_a_specs() {
    let place = Place::new();
    assert_eq!(place.vcs.main_branch().unwrap(), "main");
    place.git(&["checkout", "-q", "-b", "feature"]);
    assert_eq!(place.vcs.main_branch().unwrap(), "feature");
    place.git(&["checkout", "-q", "-b", "kiro/x"]);
    assert_eq!(place.vcs.main_branch().unwrap(), "main");
    place.git(&["checkout", "-q", "--detach"]);
    assert_eq!(place.vcs.main_branch(), Err(VcsError::Detached));
}

#[test]
fn the_identity_is_gits() {
    let place = Place::new();
    let ada = Identity { name: "Ada".into(), email: "ada@example.org".into() };
    assert_eq!(place.vcs.identity().unwrap(), ada);
    place.git(&["config", "user.name", " "]);
    assert_eq!(place.vcs.identity(), Err(VcsError::NoIdentity));
}

#[test]
fn specs_are_found_in_the_checkout_and_on_branches() {
    let place = Place::with(&[(".kiro/specs/old/tasks.md", "t"), (".kiro/specs/old/design.md", "d"), ("x", "")]);
    write(&place.root(), ".kiro/specs/not a name/tasks.md", "t");
    write(&place.tree(), ".kiro/specs/thumbs/requirements.md", "r");
    place.commit(&[".kiro/specs/thumbs/requirements.md"], "requirements");
    let specs = place.vcs.specs().unwrap();
    let names: Vec<_> = specs.iter().map(|s| (s.name.as_str(), s.files.clone(), s.has_branch)).collect();
    let files = |f: &[&str]| f.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        names,
        [("old", files(&["design.md", "tasks.md"]), false), ("thumbs", files(&["requirements.md"]), true)]
    );
    assert!(specs.iter().all(|s| s.changed_s > 0));
}

// Worktrees

#[test]
fn a_specs_worktree_is_made_once_and_the_checkout_is_untouched() {
    let place = Place::new();
    assert_eq!(place.vcs.worktree(&place.spec), None);
    let tree = place.tree();
    assert_eq!(place.tree(), tree);
    assert_eq!(place.vcs.worktree(&place.spec), Some(tree.clone()));
    assert_eq!(fs::read_to_string(tree.join("src/a.rs")).unwrap(), "fn a() {}\n");
    assert_eq!(git_in(&tree, &["branch", "--show-current"]), "kiro/thumbs");
    assert_eq!(place.git(&["rev-parse", "kiro/thumbs"]), place.git(&["rev-parse", "main"]));
    assert_eq!(place.git(&["worktree", "list"]).lines().count(), 2);
    assert_eq!(place.git(&["branch", "--show-current"]), "main");
    place.clean();
    place.sound();
}

#[test]
fn a_lost_worktree_comes_back_with_what_was_committed() {
    let place = Place::new();
    let tree = place.tree();
    write(&tree, "new.rs", "new\n");
    place.commit(&["new.rs"], "new");
    fs::remove_dir_all(&tree).unwrap();
    assert_eq!(place.vcs.worktree(&place.spec), None);
    assert_eq!(place.tree(), tree);
    assert_eq!(fs::read_to_string(tree.join("new.rs")).unwrap(), "new\n");
    place.clean();
    // The same when git forgot it as well, and when its making was cut off.
    fs::remove_dir_all(&tree).unwrap();
    place.git(&["worktree", "prune"]);
    assert_eq!(place.tree(), tree);
    fs::remove_dir_all(&tree).unwrap();
    write(&tree, ".git", "gitdir: nowhere\n");
    fs::remove_file(place.root().join(".git/worktrees/kiro-thumbs/gitdir")).unwrap();
    assert_eq!(place.tree(), tree);
    place.clean();
    place.sound();
}

#[test]
fn a_checkout_that_was_cut_off_is_finished() {
    let place = Place::new();
    let tree = place.tree();
    fs::remove_file(place.root().join(".git/worktrees/kiro-thumbs/index")).unwrap();
    fs::remove_file(tree.join("src/a.rs")).unwrap();
    place.tree();
    place.clean();
}

#[test]
fn what_is_in_a_worktrees_way_is_named_and_left_alone() {
    let place = Place::new();
    let tree = place.dir.path().join("worktrees/thumbs");
    write(&tree, "precious.txt", "mine");
    let refused = place.vcs.ensure_worktree(&place.spec);
    assert!(matches!(refused, Err(VcsError::Blocked(why)) if why.contains("thumbs")));
    assert_eq!(fs::read_to_string(tree.join("precious.txt")).unwrap(), "mine");
}

#[test]
fn a_locked_worktree_that_is_away_stays_registered() {
    let place = Place::new();
    let tree = place.tree();
    place.git(&["worktree", "lock", "--reason", "on a stick", tree.to_str().unwrap()]);
    fs::remove_dir_all(&tree).unwrap();
    let refused = place.vcs.ensure_worktree(&place.spec);
    assert!(matches!(refused, Err(VcsError::Blocked(why)) if why.contains("on a stick")));
}

#[test]
fn a_worktree_or_branch_that_is_used_otherwise_is_refused() {
    let place = Place::new();
    let tree = place.tree();
    git_in(&tree, &["switch", "-q", "-c", "elsewhere"]);
    for refused in [place.vcs.ensure_worktree(&place.spec).map(drop), place.vcs.pending(&place.spec).map(drop)] {
        assert!(matches!(refused, Err(VcsError::Blocked(why)) if why.contains("git switch kiro/thumbs")));
    }
    place.git(&["switch", "-q", "-c", "kiro/other"]);
    let other = SpecName::parse("other").unwrap();
    assert!(matches!(place.vcs.ensure_worktree(&other), Err(VcsError::Blocked(why)) if why.contains("checked out in")));
    let place = Place::new();
    place.git(&["branch", "kiro"]);
    assert!(matches!(place.vcs.ensure_worktree(&place.spec), Err(VcsError::Blocked(why)) if why.contains("`kiro`")));
}

#[test]
fn a_worktree_that_was_pointed_at_another_repository_is_refused() {
    let place = Place::new();
    let tree = place.tree();
    let other = place.dir.path().join("other");
    init(&other);
    git_in(&other, &["commit", "-q", "--allow-empty", "-m", "x"]);
    git_in(&other, &["switch", "-q", "-c", "kiro/thumbs"]);
    write(&tree, ".git", format!("gitdir: {}\n", other.join(".git").display()));
    for refused in [place.vcs.ensure_worktree(&place.spec).map(drop), place.vcs.pending(&place.spec).map(drop)] {
        assert!(matches!(refused, Err(VcsError::Blocked(why)) if why.contains("git worktree repair")));
    }
}
