//! Plans and merges.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use kiro_tui::{
    domain::{
        change::{
            Mode,
            header::{Fact, Header},
        },
        commit::MergeKind,
        diff::Stats,
        path::RelPath,
    },
    ports::vcs::VcsError,
};

use crate::support::{Place, git_in, try_git_in, write};

fn one_commit_ahead() -> Place {
    let place = Place::new();
    let tree = place.tree();
    write(&tree, "src/a.rs", "fn a() { 1 }\n");
    write(&tree, "src/new/deep.rs", "deep\n");
    fs::remove_file(tree.join("src/b.rs")).unwrap();
    place.commit(&["src/a.rs", "src/new/deep.rs", "src/b.rs"], "Task 1\n\nbody");
    place
}

#[test]
fn a_branch_with_nothing_new_has_nothing_to_merge() {
    let place = Place::new();
    assert_eq!(place.plan(), Err(VcsError::NothingToMerge("kiro/thumbs".into())));
    place.tree();
    assert_eq!(place.plan(), Err(VcsError::NothingToMerge("kiro/thumbs".into())));
}

#[test]
fn a_plan_says_what_comes_in_and_touches_nothing() {
    let place = one_commit_ahead();
    let (refs, head) = (place.git(&["show-ref"]), place.git(&["rev-parse", "HEAD"]));
    let plan = place.plan().unwrap();
    assert_eq!((plan.kind, plan.into.as_str(), &plan.into_commit), (MergeKind::FastForward, "main", &head));
    assert_eq!(plan.commits, [(plan.from_commit.clone(), "Task 1".to_owned())]);
    let paths: Vec<_> = plan.changes.iter().map(|c| c.path.as_str()).collect();
    assert_eq!(paths, ["src/a.rs", "src/b.rs", "src/new/deep.rs"]);
    assert_eq!((place.git(&["show-ref"]), place.git(&["status", "--porcelain"])), (refs, String::new()));
}

#[test]
fn a_fast_forward_moves_branch_and_checkout() {
    let place = one_commit_ahead();
    write(&place.root(), "README.md", "my own edit\n");
    write(&place.root(), "notes.txt", "mine\n");
    let plan = place.plan().unwrap();
    let id = place.merge(plan.clone()).unwrap();
    assert_eq!(id, plan.from_commit);
    assert_eq!(place.git(&["rev-parse", "main", "HEAD"]), format!("{id}\n{id}"));
    assert_eq!(place.git(&["status", "--porcelain"]), " M README.md\n?? notes.txt");
    assert_eq!(fs::read_to_string(place.root().join("src/new/deep.rs")).unwrap(), "deep\n");
    assert!(!place.root().join("src/b.rs").exists());
    assert!(place.git(&["reflog", "-1"]).contains("merge kiro/thumbs: Fast-forward"));
    // Done already.
    assert_eq!(place.merge(plan).unwrap(), id);
    place.sound();
}

#[test]
fn diverged_branches_get_a_merge_commit() {
    let place = one_commit_ahead();
    place.commit_on_main("other.md", "main's\n");
    let head = place.git(&["rev-parse", "main"]);
    let plan = place.plan().unwrap();
    assert_eq!(plan.kind, MergeKind::MergeCommit);
    assert!(plan.changes.iter().all(|c| c.path.as_str() != "other.md"));
    let id = place.merge(plan.clone()).unwrap();
    assert_eq!(place.git(&["log", "-1", "--format=%P", "main"]), format!("{head} {}", plan.from_commit));
    assert_eq!(place.git(&["log", "-1", "--format=%T", "main"]), plan.tree);
    place.clean();
    place.sound();
    assert_eq!(place.merge(plan.clone()).unwrap(), id);
    // Done, and the developer went on: still done.
    place.commit_on_main("later", "x");
    assert_eq!(place.merge(plan).unwrap(), place.git(&["rev-parse", "main"]));
}

#[test]
fn conflicts_are_listed_and_solved_by_hand() {
    let place = one_commit_ahead();
    place.commit_on_main("src/a.rs", "fn a() { 2 }\n");
    let conflict =
        VcsError::Conflict { from: "kiro/thumbs".into(), into: "main".into(), paths: vec!["src/a.rs".into()] };
    assert_eq!(place.plan(), Err(conflict));
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    let tree = place.tree();
    assert!(!try_git_in(&tree, &["merge", "main"]).0);
    write(&tree, "src/a.rs", "fn a() { 3 }\n");
    git_in(&tree, &["commit", "-q", "-a", "-m", "solved"]);
    let plan = place.plan().unwrap();
    assert_eq!(plan.kind, MergeKind::FastForward);
    place.merge(plan).unwrap();
    place.clean();
}

#[test]
fn changes_of_the_developers_are_never_overwritten() {
    for (name, prepare) in [
        ("src/a.rs", (|root| write(root, "src/a.rs", "mine\n")) as fn(&Path)),
        ("src/b.rs", |root| write(root, "src/b.rs", "mine\n")),
        ("src/a.rs", |root| fs::remove_file(root.join("src/a.rs")).unwrap()),
        ("src/a.rs", |root| fs::set_permissions(root.join("src/a.rs"), fs::Permissions::from_mode(0o755)).unwrap()),
        ("src/new/deep.rs", |root| write(root, "src/new/deep.rs", "mine\n")),
        ("src/new/deep.rs", |root| {
            write(root, ".git/info/exclude", "deep.rs\n");
            write(root, "src/new/deep.rs", "ignored and mine\n");
        }),
        ("src/new", |root| write(root, "src/new", "a file where a directory comes\n")),
        ("src/new", |root| symlink("/tmp", root.join("src/new")).unwrap()),
        ("src/new/deep.rs", |root| write(root, "src/new/deep.rs/more/mine", "")),
        ("src/a.rs", |root| {
            write(root, "src/a.rs", "staged\n");
            git_in(root, &["add", "src/a.rs"]);
            write(root, "src/a.rs", "fn a() {}\n");
        }),
        // In place already on disk, but something else is staged.
        ("src/a.rs", |root| {
            write(root, "src/a.rs", "staged\n");
            git_in(root, &["add", "src/a.rs"]);
            write(root, "src/a.rs", "fn a() { 1 }\n");
        }),
    ] {
        let place = one_commit_ahead();
        let plan = place.plan().unwrap();
        prepare(&place.root());
        let before = (place.git(&["status", "--porcelain", "--ignored"]), place.git(&["diff"]));
        let dirty = VcsError::Dirty(vec![name.to_owned()]);
        assert_eq!(place.plan(), Err(dirty.clone()), "{before:?}");
        assert_eq!(place.merge(plan.clone()), Err(dirty), "{before:?}");
        assert_eq!((place.git(&["status", "--porcelain", "--ignored"]), place.git(&["diff"])), before);
        assert_eq!(place.git(&["rev-parse", "main"]), plan.into_commit);
    }
}

#[test]
fn a_merge_cut_off_at_any_file_is_completed() {
    // The files come first, so the branch still stands where it was.
    let steps: [fn(&Path); 5] = [
        |_| {},
        |root| write(root, "src/a.rs", "fn a() { 1 }\n"),
        |root| write(root, "src/new/deep.rs", "deep\n"),
        |root| fs::remove_file(root.join("src/b.rs")).unwrap(),
        |root| drop(git_in(root, &["add", "-A"])),
    ];
    for count in 1..=steps.len() {
        let place = one_commit_ahead();
        let plan = place.plan().unwrap();
        steps[..count].iter().for_each(|step| step(&place.root()));
        place.merge(plan.clone()).unwrap();
        assert_eq!(place.git(&["rev-parse", "main"]), plan.from_commit);
        place.clean();
    }
}

#[test]
fn branches_that_moved_after_the_plan_are_refused() {
    let place = one_commit_ahead();
    let plan = place.plan().unwrap();
    place.commit_on_main("other.md", "x\n");
    assert_eq!(place.merge(plan), Err(VcsError::Moved("main".into())));
    let plan = place.plan().unwrap();
    write(&place.tree(), "late.rs", "late\n");
    place.commit(&["late.rs"], "late");
    assert_eq!(place.merge(plan), Err(VcsError::Moved("kiro/thumbs".into())));
    place.clean();
}

#[test]
fn a_plan_that_says_something_else_than_the_branches_is_refused() {
    let place = one_commit_ahead();
    let mut plan = place.plan().unwrap();
    plan.changes.pop();
    assert!(matches!(place.merge(plan.clone()), Err(VcsError::Moved(_))));
    assert_eq!(place.git(&["rev-parse", "main"]), plan.into_commit);
}

#[test]
fn on_another_branch_only_the_ref_moves() {
    let place = one_commit_ahead();
    let plan = place.plan().unwrap();
    place.git(&["checkout", "-q", "-b", "feature"]);
    write(&place.root(), "src/a.rs", "my edit on feature\n");
    let id = place.merge(plan).unwrap();
    assert_eq!(place.git(&["rev-parse", "main"]), id);
    assert_eq!(fs::read_to_string(place.root().join("src/a.rs")).unwrap(), "my edit on feature\n");
    assert_eq!(place.git(&["status", "--porcelain"]), " M src/a.rs");
}

#[test]
fn a_main_branch_that_is_checked_out_elsewhere_is_left_alone() {
    let place = one_commit_ahead();
    let plan = place.plan().unwrap();
    place.git(&["checkout", "-q", "-b", "feature"]);
    let linked = place.dir.path().join("linked");
    place.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    assert!(matches!(place.merge(plan), Err(VcsError::Blocked(why)) if why.contains("linked")));
}

#[test]
fn a_checkout_in_the_middle_of_something_is_left_alone() {
    let place = one_commit_ahead();
    let plan = place.plan().unwrap();
    let head = place.git(&["rev-parse", "HEAD"]);
    write(&place.root(), ".git/MERGE_HEAD", format!("{head}\n"));
    assert!(matches!(place.merge(plan), Err(VcsError::Blocked(why)) if why.contains("middle of a merge")));
}

#[test]
fn renames_modes_and_links_come_through_a_merge() {
    let long = "a line that makes this file long enough to be recognised\n".repeat(8);
    let place = Place::with(&[("old.txt", &long), ("run", "#!\n"), ("x", "x\n")]);
    let tree = place.tree();
    fs::rename(tree.join("old.txt"), tree.join("new.txt")).unwrap();
    fs::set_permissions(tree.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("x", tree.join("link")).unwrap();
    place.commit(&["old.txt", "new.txt", "run", "link"], "m");
    let plan = place.plan().unwrap();
    let moved = plan.changes.iter().find(|c| c.path.as_str() == "new.txt").unwrap();
    assert_eq!(moved.from.as_ref().map(RelPath::as_str), Some("old.txt"));
    place.merge(plan).unwrap();
    place.clean();
    assert!(!place.root().join("old.txt").exists());
    assert_eq!(fs::read_link(place.root().join("link")).unwrap(), Path::new("x"));
    assert_ne!(fs::metadata(place.root().join("run")).unwrap().permissions().mode() & 0o100, 0);
}

#[test]
fn every_kind_of_change_is_in_the_plan_as_it_is() {
    let place = Place::with(&[("gone.txt", "gone\n"), ("run", "#!\n"), ("full.txt", "text\n"), ("old.txt", "")]);
    let long: String = (0..20).map(|i| format!("line {i} of a file that moves and is edited\n")).collect();
    place.commit_on_main("old.txt", &long);
    let tree = place.tree();
    fs::remove_file(tree.join("gone.txt")).unwrap();
    fs::set_permissions(tree.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../elsewhere", tree.join("link")).unwrap();
    write(&tree, "full.txt", "");
    write(&tree, "empty.txt", "");
    write(&tree, "image.png", b"\x89PNG\0\xff");
    write(&tree, "latin.txt", b"caf\xe9 au lait\n");
    fs::remove_file(tree.join("old.txt")).unwrap();
    write(&tree, "new.txt", long.replace("line 7 ", "line seven "));
    let names = ["gone.txt", "run", "link", "full.txt", "empty.txt", "image.png", "latin.txt", "old.txt", "new.txt"];
    place.commit(&names, "m");
    let plan = place.plan().unwrap();
    let facts = |name: &str| {
        let change = plan.changes.iter().find(|c| c.path.as_str() == name).unwrap_or_else(|| panic!("{name}"));
        Header::of(change, 3)
    };
    assert_eq!(facts("gone.txt").facts, [Fact::Deleted]);
    assert_eq!(facts("run").facts, [Fact::Mode { before: Some(Mode::Regular), after: Mode::Executable }]);
    let link = Fact::Link { before: None, after: Some("../elsewhere".into()) };
    assert_eq!(facts("link").facts, [Fact::Created, Fact::Mode { before: None, after: Mode::Symlink }, link]);
    assert_eq!(facts("full.txt").facts, [Fact::Empty]);
    assert_eq!(facts("empty.txt").facts, [Fact::Created, Fact::Empty]);
    assert!(matches!(
        facts("image.png").facts[..],
        [Fact::Created, Fact::Binary { before: None, after: Some((6, _)) }]
    ));
    assert_eq!(facts("latin.txt").facts, [Fact::Created, Fact::NotUtf8]);
    let moved = facts("new.txt");
    assert_eq!(moved.facts, [Fact::Renamed { from: RelPath::parse("old.txt").unwrap() }]);
    assert_eq!(moved.diff.unwrap().stats, Stats { added: 1, removed: 1 });
    place.merge(plan).unwrap();
    place.clean();
}

#[test]
fn line_endings_survive_a_merge() {
    let place = Place::with(&[("a.txt", "one\ntwo\n")]);
    place.git(&["config", "core.autocrlf", "true"]);
    place.git(&["rm", "-q", "--cached", "-r", "."]);
    place.git(&["reset", "-q", "--hard"]);
    let tree = place.tree();
    assert_eq!(fs::read(tree.join("a.txt")).unwrap(), b"one\r\ntwo\r\n");
    write(&tree, "a.txt", "one\r\n2\r\n");
    place.commit(&["a.txt"], "m");
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    assert_eq!(fs::read(place.root().join("a.txt")).unwrap(), b"one\r\n2\r\n");
    place.clean();
}

#[test]
fn directories_without_a_file_are_in_nobodys_way() {
    let place = one_commit_ahead();
    fs::create_dir_all(place.root().join("src/new/deep.rs/more")).unwrap();
    place.merge(place.plan().unwrap()).unwrap();
    place.clean();
    assert!(place.root().join("src/new/deep.rs").is_file());
}

#[test]
fn files_are_checked_out_as_the_attributes_that_come_with_them_say() {
    let place = Place::with(&[("a.bat", "old\n"), ("keep/.gitattributes", "*.txt eol=crlf\n")]);
    let tree = place.tree();
    write(&tree, ".gitattributes", "*.bat text eol=crlf\n*.id ident\n");
    write(&tree, "b.bat", "new\n");
    write(&tree, "keep/c.txt", "c\n");
    write(&tree, "x.id", "$Id$\n");
    place.commit(&[".gitattributes", "b.bat", "keep/c.txt", "x.id"], "with attributes");
    place.merge(place.plan().unwrap()).unwrap();
    place.clean();
    let is = |name: &str| fs::read_to_string(place.root().join(name)).unwrap();
    assert_eq!((is("a.bat"), is("b.bat"), is("keep/c.txt")), ("old\n".into(), "new\r\n".into(), "c\r\n".into()));
    assert!(is("x.id").starts_with("$Id: "), "{}", is("x.id"));
    assert!(!place.root().join(".git/kiro-tui-checkout").exists());
}

#[test]
fn a_directory_that_holds_more_is_not_replaced_by_a_file() {
    let place = Place::new();
    let tree = place.tree();
    fs::remove_dir_all(tree.join("src")).unwrap();
    write(&tree, "src", "now a file\n");
    place.commit(&["src", "src/a.rs", "src/b.rs"], "m");
    write(&place.root(), "src/mine.txt", "mine\n");
    assert_eq!(place.plan(), Err(VcsError::Dirty(vec!["src".into()])));
    fs::remove_file(place.root().join("src/mine.txt")).unwrap();
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    place.clean();
}
