//! Submodules: another repository's commit as a change like any other. Made and judged by the real `git`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use kiro_tui::{
    domain::{
        change::{
            Change, FileState,
            header::{Fact, Header},
            own::{OwnChanges, PutBack},
            submodule::{self, Submodule},
        },
        commit::Commit,
        policy::sensitive,
    },
    ports::vcs::{Vcs, VcsError},
};

use crate::support::{Place, approve, git_in, init, path, write};

const LIB: &str = "vendor/lib";
const FILES: [&str; 2] = ["-c", "protocol.file.allow=always"];

/// A repository that has another one as a submodule, at its first commit.
struct Nested {
    place: Place,
    lib: PathBuf,
    first: String,
}

fn head(dir: &Path) -> String {
    git_in(dir, &["rev-parse", "HEAD"])
}

/// One more commit of the other repository.
fn grow(lib: &Path, subject: &str) -> String {
    write(lib, "lib.c", subject);
    git_in(lib, &["add", "-A"]);
    git_in(lib, &["commit", "-qm", subject]);
    head(lib)
}

fn submodule_git(dir: &Path, args: &[&str]) -> String {
    let all: Vec<&str> = FILES.iter().chain(args).copied().collect();
    git_in(dir, &all)
}

/// With a repository beside it that could be one.
fn beside() -> (Place, PathBuf, String) {
    let place = Place::new();
    let lib = place.dir.path().join("lib");
    init(&lib);
    let first = grow(&lib, "lib: first");
    (place, lib, first)
}

fn nested() -> Nested {
    let (place, lib, first) = beside();
    submodule_git(&place.root(), &["submodule", "--quiet", "add", lib.to_str().unwrap(), LIB]);
    place.git(&["commit", "-qm", "with a submodule"]);
    Nested { place, lib, first }
}

impl Nested {
    /// The worktree, with the submodule checked out in it.
    fn checked_out(&self) -> PathBuf {
        let tree = self.place.tree();
        submodule_git(&tree, &["submodule", "--quiet", "update", "--init"]);
        tree
    }

    /// Moves the worktree's submodule to the newest commit of the other repository.
    fn moved(&self, tree: &Path) {
        git_in(&tree.join(LIB), &["fetch", "-q"]);
        git_in(&tree.join(LIB), &["checkout", "-q", "origin/main"]);
    }
}

fn pending(place: &Place) -> Vec<Change> {
    place.vcs.pending(&place.spec).unwrap()
}

fn commit_all(place: &Place, message: &str) -> String {
    let paths = pending(place).into_iter().map(|c| (c.path, c.after.as_ref().map(FileState::digest))).collect();
    place.try_commit(Commit { paths, message: message.into() }).unwrap()
}

fn facts(change: &Change) -> (Option<String>, Option<String>, bool, Vec<String>) {
    let found = Header::of(change, 3).facts.into_iter().find_map(|fact| match fact {
        Fact::Submodule { before, after, dirty, told } => Some((before, after, dirty, told)),
        _ => None,
    });
    found.unwrap()
}

fn short(id: &str) -> Option<String> {
    Some(id[..10].to_owned())
}

fn is_sensitive(change: &Change) -> bool {
    sensitive::in_change(change).iter().any(|s| s.what == "submodule")
}

#[test]
fn one_that_did_not_move_is_no_change_checked_out_or_not() {
    let nested = nested();
    nested.place.tree();
    assert_eq!(pending(&nested.place), []);
    nested.checked_out();
    assert_eq!(pending(&nested.place), []);
}

#[test]
fn one_that_moved_is_told_committed_and_merged_as_that_commit() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.checked_out());
    grow(&nested.lib, "lib: second \u{1b}[2J\u{202e}");
    let third = grow(&nested.lib, "lib: third");
    nested.moved(&tree);
    let found = pending(place);
    let told = ["2 commits come in:", "> lib: third", "> lib: second"];
    let (before, after, dirty, said) = facts(&found[0]);
    assert_eq!(
        (found.len(), found[0].path.as_str(), before, after, dirty),
        (1, LIB, short(&nested.first), short(&third), false)
    );
    assert_eq!(said.len(), 3);
    assert!(said.iter().zip(told).all(|(is, wanted)| is.starts_with(wanted)), "{said:?}");
    assert!(said.iter().all(|line| !line.contains(['\u{1b}', '\u{202e}'])), "{said:?}");
    assert!(is_sensitive(&found[0]));

    let id = commit_all(place, "moves it");
    assert_eq!(commit_all(place, "moves it"), id, "a commit cut off can be made again");
    assert_eq!(place.git(&["ls-tree", "kiro/thumbs", LIB]), format!("160000 commit {third}\t{LIB}"));
    assert_eq!(git_in(&tree, &["status", "--porcelain"]), "");

    let plan = place.plan().unwrap();
    let (before, after, _, again) = facts(&plan.changes[0]);
    assert_eq!((before, after, &again), (short(&nested.first), short(&third), &said), "told from the worktree's");
    place.merge(plan).unwrap();
    assert_eq!(place.git(&["ls-tree", "main", LIB]), format!("160000 commit {third}\t{LIB}"));
    // As after `git merge`: the submodule's checkout is the developer's to update.
    assert_eq!(head(&place.root().join(LIB)), nested.first);
    assert_eq!(place.git(&["status", "--porcelain"]), format!(" M {LIB}"));
    submodule_git(&place.root(), &["submodule", "--quiet", "update"]);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert_eq!(head(&place.root().join(LIB)), third);
    place.sound();
}

#[test]
fn what_goes_again_is_told_too_and_nothing_is_where_nobody_has_it() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.checked_out());
    grow(&nested.lib, "lib: second");
    nested.moved(&tree);
    commit_all(place, "moves it");
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    // Back, on a branch of its own: one goes, one comes.
    git_in(&tree.join(LIB), &["checkout", "-q", &nested.first]);
    for (key, value) in [("user.name", "Ada"), ("user.email", "ada@example.org")] {
        git_in(&tree.join(LIB), &["config", key, value]);
    }
    grow(&tree.join(LIB), "lib: another second");
    let told = ["1 commit comes in:", "> lib: another second", "1 commit goes:", "< lib: second"];
    assert_eq!(facts(&pending(place)[0]).3, told);
    commit_all(place, "moves it back");
    // The only repository that has the commit goes: the plan says so, and still names both.
    git_in(&tree, &["submodule", "--quiet", "deinit", "-f", LIB]);
    let modules = git_in(&tree, &["rev-parse", "--git-path", "modules"]);
    fs::remove_dir_all(tree.join(modules)).unwrap();
    let told = facts(&place.plan().unwrap().changes[0]).3;
    assert!(told.len() == 1 && told[0].starts_with("not checked out here"), "{told:?}");
}

#[test]
fn many_commits_are_counted_and_the_newest_named() {
    let nested = nested();
    let tree = nested.checked_out();
    for n in 0..25 {
        grow(&nested.lib, &format!("lib: {n} {}", "x".repeat(300)));
    }
    nested.moved(&tree);
    let told = facts(&pending(&nested.place)[0]).3;
    assert_eq!((told.len(), told[0].as_str(), told[21].as_str()), (22, "25 commits come in:", "> and 5 more"));
    assert!(told[1].starts_with("> lib: 24 xxx") && told[1].len() < 200);
}

#[test]
fn one_that_is_not_committed_inside_is_said_and_stays_where_it_is() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.checked_out());
    write(&tree.join(LIB), "new.c", "int n;\n");
    let found = pending(place);
    assert_eq!(facts(&found[0]), (short(&nested.first), short(&nested.first), true, Vec::new()));
    assert!(found[0].is_dirt() && is_sensitive(&found[0]));
    // Moved and not committed inside: the commit takes the place where it stands, and nothing more.
    let second = grow(&nested.lib, "lib: second");
    nested.moved(&tree);
    let found = pending(place);
    assert!(!found[0].is_dirt() && facts(&found[0]).2);
    commit_all(place, "moves it");
    assert_eq!(place.git(&["ls-tree", "kiro/thumbs", LIB]), format!("160000 commit {second}\t{LIB}"));
    assert!(pending(place)[0].is_dirt());
    assert_eq!(fs::read_to_string(tree.join(LIB).join("new.c")).unwrap(), "int n;\n");
}

#[test]
fn what_was_approved_of_one_is_committed_or_nothing() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.checked_out());
    grow(&nested.lib, "lib: second");
    nested.moved(&tree);
    let shown = pending(place);
    let paths = shown.iter().map(|c| (c.path.clone(), c.after.as_ref().map(FileState::digest))).collect();
    grow(&nested.lib, "lib: third");
    nested.moved(&tree);
    let moved = place.try_commit(Commit { paths, message: "m".into() });
    assert_eq!(moved, Err(VcsError::Moved(LIB.into())));
    assert_ne!(shown[0].after, pending(place)[0].after);
}

#[test]
fn one_comes_in_with_a_merge_and_goes_with_another() {
    let (place, lib, first) = beside();
    let tree = place.tree();
    submodule_git(&tree, &["submodule", "--quiet", "add", lib.to_str().unwrap(), LIB]);
    let found = pending(&place);
    assert_eq!(found.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), [".gitmodules", LIB]);
    assert_eq!(
        facts(&found[1]),
        (None, short(&first), false, vec!["its newest commits:".into(), "> lib: first".into()])
    );
    commit_all(&place, "adds it");
    let plan = place.plan().unwrap();
    assert_eq!(plan.changes.len(), 2);
    // Something of the developer's in its place is not taken away.
    write(&place.root(), "vendor/lib/mine.txt", "mine\n");
    assert_eq!(place.plan(), Err(VcsError::Dirty(vec![LIB.into()])));
    fs::remove_dir_all(place.root().join("vendor")).unwrap();
    place.merge(plan).unwrap();
    assert_eq!(place.git(&["ls-files", "-s", LIB]), format!("160000 {first} 0\t{LIB}"));
    place.clean();
    submodule_git(&place.root(), &["submodule", "--quiet", "update", "--init"]);
    place.clean();

    git_in(&tree, &["rm", "-q", LIB]);
    let found = pending(&place);
    assert_eq!(facts(&found[1]), (short(&first), None, false, Vec::new()));
    assert!(is_sensitive(&found[1]));
    commit_all(&place, "takes it out");
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    assert_eq!(place.git(&["ls-files", "-s", LIB]), "");
    assert_eq!(place.git(&["ls-tree", "main", LIB]), "");
    // As git does: what is checked out there is left behind.
    assert_eq!(place.git(&["status", "--porcelain"]), "?? vendor/");
    place.sound();
}

#[test]
fn files_that_become_a_submodule_are_merged_and_a_file_that_does_is_not() {
    let (place, lib, first) = beside();
    place.commit_on_main("vendor/lib/lib.c", "copied\n");
    place.commit_on_main("one", "a file\n");
    let tree = place.tree();
    git_in(&tree, &["rm", "-rq", LIB]);
    submodule_git(&tree, &["submodule", "--quiet", "add", lib.to_str().unwrap(), LIB]);
    commit_all(&place, "takes the repository instead of the copy");
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    assert_eq!(place.git(&["ls-files", "-s", LIB]), format!("160000 {first} 0\t{LIB}"));
    place.clean();
    git_in(&tree, &["rm", "-q", "--cached", "one"]);
    git_in(&tree, &["update-index", "--add", "--cacheinfo", &format!("160000,{first},one")]);
    git_in(&tree, &["commit", "-qm", "by hand"]);
    assert!(matches!(place.plan(), Err(VcsError::Blocked(why)) if why.contains("submodule of the file one")));
}

#[test]
fn a_merge_that_was_cut_off_is_done_again() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.checked_out());
    let second = grow(&nested.lib, "lib: second");
    nested.moved(&tree);
    write(&tree, "README.md", "new\n");
    commit_all(place, "moves it");
    let plan = place.plan().unwrap();
    // Files and index are in place, the branch is not.
    write(&place.root(), "README.md", "new\n");
    place.git(&["update-index", "--cacheinfo", &format!("160000,{second},{LIB}")]);
    place.merge(plan).unwrap();
    assert_eq!(place.git(&["diff", "--cached", "--name-only"]), "");
    // Staged elsewhere is the developer's own work.
    let third = grow(&nested.lib, "lib: third");
    nested.moved(&tree);
    commit_all(place, "moves it again");
    assert_ne!(third, second);
    place.git(&["update-index", "--cacheinfo", &format!("160000,{},{LIB}", nested.first)]);
    assert_eq!(place.plan(), Err(VcsError::Dirty(vec![LIB.into()])));
}

#[test]
fn a_path_inside_another_repository_is_told_from_ones_own() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.place.tree());
    let another = |at: &str| place.vcs.another(&place.spec, &path(at)).unwrap();
    for at in [LIB, "vendor/lib/lib.c", "vendor/lib/a/b.c"] {
        assert_eq!(another(at), Some(path(LIB)), "{at}, not checked out");
    }
    assert_eq!((another("vendor/lib.c"), another("README.md")), (None, None));
    init(&tree.join("cloned"));
    assert_eq!(another("cloned/x"), Some(path("cloned")));
}

fn back(place: &Place, changes: Vec<Change>) -> Result<(), VcsError> {
    place.vcs.put_submodules(&place.spec, approve(PutBack { own: OwnChanges { changes } }).grant())
}

#[test]
fn one_is_put_back_at_its_old_commit_and_what_would_be_lost_stops_it() {
    let nested = nested();
    let (place, tree) = (&nested.place, nested.checked_out());
    grow(&nested.lib, "lib: second");
    nested.moved(&tree);
    let moved = pending(place);
    write(&tree.join(LIB), "new.c", "int n;\n");
    let why = back(place, moved.clone()).unwrap_err().to_string();
    assert!(why.contains("would be lost"), "{why}");
    fs::remove_file(tree.join(LIB).join("new.c")).unwrap();
    grow(&nested.lib, "lib: third");
    nested.moved(&tree);
    assert_eq!(back(place, moved), Err(VcsError::Moved(LIB.into())), "not what was shown");
    back(place, pending(place)).unwrap();
    assert_eq!((head(&tree.join(LIB)), pending(place)), (nested.first.clone(), vec![]));
    assert_eq!(fs::read_to_string(tree.join(LIB).join("lib.c")).unwrap(), "lib: first");
    assert_eq!(git_in(&tree, &["status", "--porcelain"]), "");
    // Done again it is done already; a commit that is not there is named with what to do.
    let at = |id: &str| Some(submodule::state(id, false, &[]));
    let change = |before, after| vec![Change { path: path(LIB), from: None, before, after }];
    back(place, change(at(&nested.first), at(&"2".repeat(40)))).unwrap();
    let why = back(place, change(at(&"2".repeat(40)), at(&nested.first))).unwrap_err().to_string();
    assert!(why.contains("does not have the commit") && why.contains("git submodule update"), "{why}");
    let why = back(place, change(None, at(&nested.first))).unwrap_err().to_string();
    assert!(why.contains("is not put back from here"), "{why}");
    assert_eq!(Submodule::of(&at(&nested.first).unwrap()).unwrap().commit, nested.first);
}
