//! What is pending, and what a commit takes of it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use kiro_tui::{
    domain::{
        change::{FileState, Mode},
        commit::Commit,
    },
    ports::vcs::{Vcs, VcsError},
};

use crate::support::{Place, git_in, path, try_git_in, write};

#[test]
fn pending_is_the_difference_to_the_branch() {
    let place = Place::with(&[("a", "a\n"), ("gone", "g\n"), ("run", "#!\n"), (".gitignore", "*.log\n")]);
    let tree = place.tree();
    assert_eq!(place.vcs.pending(&place.spec).unwrap(), []);
    write(&tree, "a", "A\n");
    write(&tree, "x.log", "ignored");
    write(&tree, ".kiro/specs/thumbs/tasks.md", "t");
    write(&tree, "bin", [0xff, 0]);
    symlink("a", tree.join("link")).unwrap();
    fs::remove_file(tree.join("gone")).unwrap();
    fs::set_permissions(tree.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
    // Staged and taken back is no difference.
    write(&tree, "staged", "s");
    git_in(&tree, &["add", "staged"]);
    fs::remove_file(tree.join("staged")).unwrap();
    let pending = place.vcs.pending(&place.spec).unwrap();
    let brief: Vec<_> = pending
        .iter()
        .map(|c| {
            let side = |s: &Option<FileState>| s.as_ref().map(|s| (s.bytes.to_vec(), s.mode));
            (c.path.as_str(), side(&c.before), side(&c.after))
        })
        .collect();
    let regular = |b: &[u8]| Some((b.to_vec(), Mode::Regular));
    assert_eq!(
        brief,
        [
            (".kiro/specs/thumbs/tasks.md", None, regular(b"t")),
            ("a", regular(b"a\n"), regular(b"A\n")),
            ("bin", None, regular(&[0xff, 0])),
            ("gone", regular(b"g\n"), None),
            ("link", None, Some((b"a".to_vec(), Mode::Symlink))),
            ("run", regular(b"#!\n"), Some((b"#!\n".to_vec(), Mode::Executable))),
        ]
    );
}

#[test]
fn pending_sees_through_no_link() {
    let place = Place::new();
    let tree = place.tree();
    let outside = place.dir.path().join("outside");
    write(&outside, "a.rs", "secret");
    fs::remove_dir_all(tree.join("src")).unwrap();
    symlink(&outside, tree.join("src")).unwrap();
    let pending = place.vcs.pending(&place.spec).unwrap();
    assert!(!format!("{pending:?}").contains("secret"));
    let gone: Vec<_> = pending.iter().filter(|c| c.after.is_none()).map(|c| c.path.as_str()).collect();
    assert_eq!(gone, ["src/a.rs", "src/b.rs"]);
}

#[test]
fn a_file_that_cannot_be_shown_is_an_error_not_a_gap() {
    let place = Place::new();
    write(&place.tree(), "bi\u{202e}di", "x");
    assert!(matches!(place.vcs.pending(&place.spec), Err(VcsError::Blocked(_))));
    fs::remove_file(place.tree().join("bi\u{202e}di")).unwrap();
    write(&place.tree(), "huge", vec![b'x'; 9 * 1024 * 1024]);
    assert!(matches!(place.vcs.pending(&place.spec), Err(VcsError::Blocked(why)) if why.contains("8 MiB")));
}

// Commits

#[test]
fn a_commit_takes_the_approved_paths_and_nothing_else() {
    let place = Place::new();
    let tree = place.tree();
    write(&tree, "src/a.rs", "fn a() { 1 }\n");
    write(&tree, "src/new.rs", "new\n");
    write(&tree, "README.md", "not approved\n");
    write(&tree, "staged.txt", "staged by hand\n");
    git_in(&tree, &["add", "staged.txt"]);
    fs::remove_file(tree.join("src/b.rs")).unwrap();
    let id = place.commit(&["src/a.rs", "src/new.rs", "src/b.rs"], "Task 1\n\nSpec: thumbs");
    assert_eq!(place.git(&["rev-parse", "kiro/thumbs"]), id);
    assert_eq!(
        place.git(&["show", "--name-status", "--format=%an %ae %cn%n%B", &id]),
        "Ada ada@example.org Ada\nTask 1\n\nSpec: thumbs\n\n\nM\tsrc/a.rs\nD\tsrc/b.rs\nA\tsrc/new.rs"
    );
    assert_eq!(git_in(&tree, &["status", "--porcelain"]), " M README.md\nA  staged.txt");
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    place.sound();
}

#[test]
fn content_that_is_not_what_was_approved_is_not_committed() {
    let place = Place::new();
    let tree = place.tree();
    let before = place.git(&["rev-parse", "kiro/thumbs"]);
    write(&tree, "src/a.rs", "approved\n");
    let commit = place.commit_of(&["src/a.rs"], "m");
    let moved = |r: Result<String, VcsError>| assert_eq!(r, Err(VcsError::Moved("src/a.rs".into())));
    write(&tree, "src/a.rs", "swapped\n");
    moved(place.try_commit(commit.clone()));
    write(&tree, "src/a.rs", "approved\n");
    fs::set_permissions(tree.join("src/a.rs"), fs::Permissions::from_mode(0o755)).unwrap();
    moved(place.try_commit(commit.clone()));
    fs::remove_file(tree.join("src/a.rs")).unwrap();
    moved(place.try_commit(commit.clone()));
    // The same bytes behind a link are not the same file.
    let outside = place.dir.path().join("outside");
    write(&outside, "a.rs", "approved\n");
    fs::remove_dir_all(tree.join("src")).unwrap();
    symlink(&outside, tree.join("src")).unwrap();
    moved(place.try_commit(commit));
    assert_eq!(place.git(&["rev-parse", "kiro/thumbs"]), before);
}

#[test]
fn a_commit_made_twice_is_one_commit() {
    let place = Place::new();
    let tree = place.tree();
    write(&tree, "src/a.rs", "one\n");
    let commit = place.commit_of(&["src/a.rs"], "Task 1");
    let id = place.try_commit(commit.clone()).unwrap();
    assert_eq!(place.try_commit(commit.clone()).unwrap(), id);
    // Cut off between the branch and the index.
    git_in(&tree, &["read-tree", "main"]);
    assert_ne!(git_in(&tree, &["status", "--porcelain"]), "");
    assert_eq!(place.try_commit(commit.clone()).unwrap(), id);
    place.clean();
    // Another decision is another commit, even when it changes no file.
    let other = place.try_commit(Commit { message: "Task 2".into(), ..commit }).unwrap();
    assert_ne!(other, id);
    assert_eq!(place.git(&["rev-list", "--count", "main..kiro/thumbs"]), "2");
}

#[test]
fn modes_links_and_odd_names_are_kept() {
    let place = Place::new();
    let tree = place.tree();
    write(&tree, "run.sh", "#!/bin/sh\n");
    fs::set_permissions(tree.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("src/a.rs", tree.join("link")).unwrap();
    write(&tree, "été/a b*?.md", "x");
    place.commit(&["run.sh", "link", "été/a b*?.md"], "m");
    let listed = place.git(&["-c", "core.quotePath=false", "ls-tree", "-r", "kiro/thumbs"]);
    assert!(listed.contains("100755") && listed.contains("120000") && listed.contains("été/a b*?.md"), "{listed}");
    place.clean();
    place.sound();
    let state = place.vcs.committed(&place.spec, &path("run.sh")).unwrap().unwrap();
    assert_eq!((state.mode, state.text()), (Mode::Executable, Some("#!/bin/sh\n")));
    assert_eq!(place.vcs.committed(&place.spec, &path("src")).unwrap(), None);
    assert_eq!(place.vcs.committed(&place.spec, &path("nothing/here")).unwrap(), None);
}

#[test]
fn a_file_and_a_directory_can_change_places() {
    let place = Place::new();
    let tree = place.tree();
    fs::remove_dir_all(tree.join("src")).unwrap();
    write(&tree, "src", "now a file\n");
    fs::remove_file(tree.join("README.md")).unwrap();
    write(&tree, "README.md/part", "now a directory\n");
    let pending = place.vcs.pending(&place.spec).unwrap();
    let paths: Vec<_> = pending.iter().map(|c| c.path.as_str()).collect();
    assert_eq!(paths, ["README.md", "README.md/part", "src", "src/a.rs", "src/b.rs"]);
    let all = pending.iter().map(|c| (c.path.clone(), c.after.as_ref().map(FileState::digest))).collect();
    place.try_commit(Commit { paths: all, message: "m".into() }).unwrap();
    assert_eq!(place.git(&["ls-tree", "-r", "--name-only", "kiro/thumbs"]), "README.md/part\nsrc");
    place.clean();
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    place.clean();
    assert_eq!(fs::read_to_string(place.root().join("src")).unwrap(), "now a file\n");
}

#[test]
fn line_endings_are_stored_as_git_would() {
    let place = Place::with(&[(".gitattributes", "*.txt text\n*.bin -text\n"), ("old.txt", "one\ntwo\nthree\n")]);
    place.git(&["config", "core.autocrlf", "input"]);
    let tree = place.tree();
    write(&tree, "dos.rs", "a\r\nb\r\n");
    write(&tree, "dos.bin", "a\r\nb\r\n");
    write(&tree, "old.txt", "one\r\n2\r\nthree\r\n");
    // Only the changed line shows.
    let pending = place.vcs.pending(&place.spec).unwrap();
    let old = pending.iter().find(|c| c.path.as_str() == "old.txt").unwrap();
    assert_eq!(old.before.as_ref().unwrap().text(), Some("one\r\ntwo\r\nthree\r\n"));
    place.commit(&["dos.rs", "dos.bin", "old.txt"], "m");
    for (name, stored) in [("dos.rs", "a\nb\n"), ("dos.bin", "a\r\nb\r\n"), ("old.txt", "one\n2\nthree\n")] {
        let state = place.vcs.committed(&place.spec, &path(name)).unwrap().unwrap();
        assert_eq!(state.text(), Some(stored), "{name}");
    }
    place.clean();
    // Git, adding the same, has nothing to add.
    git_in(&tree, &["add", "--renormalize", "."]);
    assert_eq!(git_in(&tree, &["status", "--porcelain"]), "");
}

#[test]
fn without_conversion_a_change_of_line_endings_shows() {
    let place = Place::with(&[("a", "one\ntwo\n")]);
    write(&place.tree(), "a", "one\r\ntwo\r\n");
    let pending = place.vcs.pending(&place.spec).unwrap();
    assert_eq!(pending[0].before.as_ref().unwrap().text(), Some("one\ntwo\n"));
}

#[test]
fn files_of_an_external_filter_are_refused() {
    let place = Place::with(&[(".gitattributes", "*.big filter=lfs\n*.w working-tree-encoding=UTF-16\n")]);
    place.git(&["config", "filter.lfs.clean", "cat"]);
    for name in ["x.big", "x.w"] {
        write(&place.tree(), name, "x");
        let refused = place.try_commit(place.commit_of(&[name], "m"));
        assert!(matches!(refused, Err(VcsError::Blocked(why)) if why.contains(name)));
    }
}

#[test]
fn no_hook_runs() {
    let place = Place::new();
    for hook in ["pre-commit", "commit-msg", "post-commit", "post-merge", "post-checkout", "reference-transaction"] {
        let file = place.root().join(".git/hooks").join(hook);
        write(
            &place.root(),
            &format!(".git/hooks/{hook}"),
            "#!/bin/sh\ntouch \"$(git rev-parse --git-common-dir)/ran\"\nexit 1\n",
        );
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    write(&place.tree(), "n", "n");
    place.commit(&["n"], "m");
    let plan = place.plan().unwrap();
    place.merge(plan).unwrap();
    assert!(!place.root().join(".git/ran").exists());
}

#[test]
fn nothing_is_committed_in_the_middle_of_a_merge_by_hand() {
    let place = Place::new();
    let tree = place.tree();
    write(&tree, "src/a.rs", "branch\n");
    place.commit(&["src/a.rs"], "m");
    place.commit_on_main("src/a.rs", "main\n");
    assert!(!try_git_in(&tree, &["merge", "main"]).0);
    let refused = place.try_commit(place.commit_of(&["src/b.rs"], "n"));
    assert!(matches!(refused, Err(VcsError::Blocked(why)) if why.contains("merge")));
}
