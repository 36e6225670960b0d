//! What every implementation of the files port does.

use kiro_tui::{
    domain::{
        change::{Change, FileState, Mode},
        path::RelPath,
    },
    ports::files::FilesError,
};
use proptest::prelude::*;

use crate::support::{change, moded, path, rename, text, worlds};

fn names(found: Result<(Vec<RelPath>, bool), FilesError>) -> (Vec<String>, bool) {
    let (paths, more) = found.unwrap();
    (paths.into_iter().map(String::from).collect(), more)
}

fn is_moved(result: Result<(), FilesError>, at: &str) {
    assert_eq!(result, Err(FilesError::Moved { path: path(at) }));
}

// Reading

#[test]
fn files_are_read_with_their_kind() {
    for world in worlds(&[("src/a.rs", "a"), ("empty", "")]) {
        world.put("run", moded("#!", Mode::Executable));
        world.put("link", moded("src/a.rs", Mode::Symlink));
        world.put("away", moded("/etc/passwd", Mode::Symlink));
        let read = |at| world.port().read(&path(at));
        assert_eq!(read("src/a.rs"), Ok(text("a")));
        assert_eq!(read("empty"), Ok(text("")));
        assert_eq!(read("run"), Ok(moded("#!", Mode::Executable)));
        assert_eq!(read("link"), Ok(moded("src/a.rs", Mode::Symlink)));
        assert_eq!(read("away"), Ok(moded("/etc/passwd", Mode::Symlink)));
        for nothing in ["nothing", "no/such/dir", "src/a.rs/below", "empty/x/y"] {
            assert_eq!(read(nothing), Ok(None), "{nothing}");
        }
        assert!(matches!(read("src"), Err(FilesError::Unsuitable { .. })));
    }
}

#[test]
fn the_largest_file_is_eight_mebibytes() {
    const MOST: usize = 8 * 1024 * 1024;
    for world in worlds(&[]) {
        world.put("most", Some(FileState::regular(vec![b'x'; MOST])));
        world.put("more", Some(FileState::regular(vec![b'x'; MOST + 1])));
        assert!(world.port().read(&path("most")).is_ok());
        assert!(matches!(world.port().read(&path("more")), Err(FilesError::Unsuitable { .. })));
        let create = change("new", None, Some(FileState::regular(vec![b'x'; MOST + 1])));
        assert!(matches!(world.apply(&[create]), Err(FilesError::Unsuitable { .. })));
    }
}

#[test]
fn a_directory_is_weighed_and_packed_without_a_trace() {
    for world in worlds(&[("code/a.js", &"x".repeat(50_000)), ("code/lib/b.js", "b"), ("code2", "c")]) {
        let (weighs, zipped) = (world.port().weigh(&path("code")), world.port().zipped(&path("code"), 1 << 20));
        assert_eq!(weighs, Ok(Some(50_001)));
        let zip = zipped.unwrap().unwrap();
        assert!(zip > 200 && zip < 1_000, "two members, packed: {zip}");
        assert_eq!(world.port().zipped(&path("code"), 50_000), Ok(None), "more than was asked for");
        assert_eq!(world.port().zipped(&path("nothing"), 1 << 20), Ok(None));
        assert!(world.port().zipped(&path("code/lib/b.js"), 10).unwrap().is_some(), "a file, too");
        assert_eq!(names(world.port().list(None, 10)).0, ["code/a.js", "code/lib/b.js", "code2"]);
    }
}

#[test]
fn nothing_is_reached_through_a_link() {
    for world in worlds(&[("real/a", "a")]) {
        world.put("inside", moded("real", Mode::Symlink));
        world.put("outside", moded("../", Mode::Symlink));
        world.put("absolute", moded("/", Mode::Symlink));
        let read = |at| world.port().read(&path(at));
        assert!(matches!(read("inside/a"), Err(FilesError::Unsuitable { why, .. }) if why.contains("`inside`")));
        assert_eq!(read("outside/x"), Err(FilesError::Outside(path("outside/x"))));
        assert_eq!(read("absolute/etc/passwd"), Err(FilesError::Outside(path("absolute/etc/passwd"))));
        let before = world.all();
        for at in ["inside/new", "inside/a", "outside/new", "absolute/tmp/kiro-tui-test-file", "outside/new/deep"] {
            assert!(world.apply(&[change(at, None, text("x"))]).is_err(), "{at}");
        }
        assert_eq!(world.all(), before);
    }
}

// Listing and searching

#[test]
fn ignored_files_are_not_listed() {
    let files = [
        (".gitignore", "target/\n*.log\n!keep.log\n/top\n"),
        (".kiroignore", "secret*\n"),
        ("sub/.gitignore", "local\n!again.log\n"),
        (".github/ci.yml", ""),
        ("a-b", ""),
        ("a/b", ""),
        ("a.b", ""),
        ("keep.log", ""),
        ("x.log", ""),
        ("top", ""),
        ("sub/top", ""),
        ("sub/local", ""),
        ("sub/again.log", ""),
        ("sub/secret.txt", ""),
        ("target/x/keep.log", ""),
    ];
    for world in worlds(&files) {
        let all = [
            ".github/ci.yml",
            ".gitignore",
            ".kiroignore",
            "a-b",
            "a.b",
            "a/b",
            "keep.log",
            "sub/.gitignore",
            "sub/again.log",
            "sub/top",
        ];
        let list = |glob, limit| names(world.port().list(glob, limit));
        assert_eq!(list(None, 100), (all.map(str::to_owned).to_vec(), false));
        assert!(!list(None, 10).1);
        assert_eq!(list(None, 3), (all[..3].iter().map(|s| (*s).to_owned()).collect(), true));
        assert_eq!(list(None, 0), (vec![], true));
    }
}

#[test]
fn globs_match_names_paths_and_directories() {
    for world in worlds(&[("a.rs", ""), ("src/a.rs", ""), ("src/deep/b.rs", ""), ("src/x.md", ""), ("src2/y", "")]) {
        for (glob, expected) in [
            ("*.rs", &["a.rs", "src/a.rs", "src/deep/b.rs"][..]),
            ("src/*.rs", &["src/a.rs"]),
            ("./src/**/*.rs", &["src/a.rs", "src/deep/b.rs"]),
            ("src", &["src/a.rs", "src/deep/b.rs", "src/x.md"]),
            ("src/", &["src/a.rs", "src/deep/b.rs", "src/x.md"]),
            ("src/deep", &["src/deep/b.rs"]),
            ("*.{md,txt}", &["src/x.md"]),
            ("nothing", &[]),
            ("", &["a.rs", "src/a.rs", "src/deep/b.rs", "src/x.md", "src2/y"]),
            (".", &["a.rs", "src/a.rs", "src/deep/b.rs", "src/x.md", "src2/y"]),
        ] {
            assert_eq!(names(world.port().list(Some(glob), 100)).0, expected, "{glob}");
        }
        assert!(matches!(world.port().list(Some("a{b"), 9), Err(FilesError::Pattern { .. })));
    }
}

#[test]
fn searching_finds_lines() {
    let long = format!("needle {}", "é".repeat(500));
    let files = [
        ("b.txt", "one\r\nneedle two\r\nthree needle"),
        ("a/x.rs", "fn needle() {}\n"),
        ("long", long.as_str()),
        (".gitignore", "hidden\n"),
        ("hidden", "needle\n"),
        ("bin", "needle\n\0\n"),
    ];
    for world in worlds(&files) {
        world.put("link", moded("needle", Mode::Symlink));
        let search = |regex, glob, limit| world.port().search(regex, glob, limit);
        let (found, more) = search("needle", None, 10).unwrap();
        let brief: Vec<_> =
            found.iter().map(|f| (f.path.as_str(), f.line, f.text.chars().take(12).collect())).collect();
        let line = |at: &'static str, n: u64, text: &str| (at, n, text.to_owned());
        assert_eq!(
            brief,
            [
                line("a/x.rs", 1, "fn needle() "),
                line("b.txt", 2, "needle two"),
                line("b.txt", 3, "three needle"),
                line("long", 1, "needle ééééé")
            ]
        );
        assert!(!more);
        assert_eq!(found.last().unwrap().text.chars().count(), 400);
        assert_eq!(search("needle", None, 4).unwrap(), (found.clone(), false));
        assert_eq!(search("needle", None, 2).unwrap(), (found[..2].to_vec(), true));
        assert_eq!(search("^fn ", Some("*.rs"), 9).unwrap().0, found[..1]);
        assert!(matches!(search("(", None, 9), Err(FilesError::Pattern { .. })));
        assert!(matches!(search("x", Some("[z"), 9), Err(FilesError::Pattern { .. })));
    }
}

// Applying

#[test]
fn a_set_creates_changes_deletes_and_renames() {
    for world in worlds(&[("edit", "old"), ("go", "x"), ("dir/from", "f"), ("keep", "k")]) {
        world
            .apply(&[
                change("new/deep/file", None, text("n")),
                change("edit", text("old"), text("new")),
                change("go", text("x"), None),
                rename("dir/from", "other/to", "f", "g"),
                change("link", None, moded("new/deep/file", Mode::Symlink)),
                change("run", None, moded("#!", Mode::Executable)),
            ])
            .unwrap();
        let all = world.all();
        let expected = [
            ("edit", text("new")),
            ("keep", text("k")),
            ("link", moded("new/deep/file", Mode::Symlink)),
            ("new/deep/file", text("n")),
            ("other/to", text("g")),
            ("run", moded("#!", Mode::Executable)),
        ];
        assert_eq!(all, expected.map(|(p, f)| (p.to_owned(), f.unwrap())));
        // The name of a directory that a change emptied is free again.
        world.apply(&[change("dir", None, text("d"))]).unwrap();
    }
}

#[test]
fn kinds_change_both_ways() {
    for world in worlds(&[("a", "t"), ("t", "")]) {
        let kinds = [text("t"), moded("t", Mode::Executable), moded("t", Mode::Symlink), text("t")];
        for pair in kinds.windows(2) {
            world.apply(&[change("a", pair[0].clone(), pair[1].clone())]).unwrap();
            assert_eq!(world.port().read(&path("a")), Ok(pair[1].clone()));
        }
        is_moved(world.apply(&[change("a", moded("t", Mode::Executable), text("u"))]), "a");
    }
}

#[test]
fn one_base_that_moved_stops_the_whole_set() {
    let good = change("good", text("g"), text("G"));
    for world in worlds(&[("good", "g"), ("a", "a"), ("b", "b")]) {
        let before = world.all();
        for (bad, at) in [
            (change("a", text("other"), text("new")), "a"),
            (change("a", text("other"), None), "a"),
            (change("a", None, text("new")), "a"),
            (change("gone", text("x"), text("new")), "gone"),
            (rename("a", "b", "a", "x"), "b"),
            (rename("a", "c", "other", "x"), "a"),
            (rename("gone", "c", "a", "x"), "gone"),
        ] {
            is_moved(world.apply(&[good.clone(), bad.clone()]), at);
            is_moved(world.apply(&[bad, good.clone()]), at);
            assert_eq!(world.all(), before);
        }
    }
}

#[test]
fn sets_that_contradict_themselves_are_refused() {
    for world in worlds(&[("a", "a"), ("d/x", "x")]) {
        let before = world.all();
        let same = rename("a", "a", "a", "b");
        let no_after = Change { after: None, ..rename("a", "b", "a", "") };
        for bad in [
            vec![change("n", None, text("1")), change("n", None, text("1"))],
            vec![rename("a", "b", "a", "a"), change("a", text("a"), None)],
            vec![change("n", None, text("1")), change("n/below", None, text("1"))],
            vec![same],
            vec![no_after],
        ] {
            assert!(matches!(world.apply(&bad), Err(FilesError::Unsuitable { .. })), "{bad:?}");
        }
        for bad in [change("a/below", None, text("1")), change("d", None, text("1"))] {
            let set = [change("new", None, text("1")), bad];
            assert!(matches!(world.apply(&set), Err(FilesError::Unsuitable { .. })), "{set:?}");
        }
        assert_eq!(world.all(), before);
    }
}

#[test]
fn links_are_made_only_to_places_inside() {
    for world in worlds(&[("dir/a", "a")]) {
        world.put("out", moded("/tmp", Mode::Symlink));
        let before = world.all();
        for target in ["/etc/passwd", "../x", "dir/../../x", ".git/config", "", "dir/../a"] {
            let refused = world.apply(&[change("link", None, moded(target, Mode::Symlink))]);
            assert!(
                matches!(refused, Err(FilesError::Unsuitable { .. } | FilesError::Outside(_))),
                "{target:?}: {refused:?}"
            );
        }
        assert_eq!(world.all(), before);
        // A link that leads out already can be taken away.
        world.apply(&[change("out", moded("/tmp", Mode::Symlink), None)]).unwrap();
        world.apply(&[change("dir/link", None, moded("../dir/a", Mode::Symlink))]).unwrap();
    }
}

#[test]
fn an_empty_set_and_an_empty_change_do_nothing() {
    for world in worlds(&[("a", "a")]) {
        world.apply(&[]).unwrap();
        world.apply(&[change("a", text("a"), text("a")), change("no", None, None)]).unwrap();
        is_moved(world.apply(&[change("a", text("b"), text("b"))]), "a");
        assert_eq!(world.all(), [("a".to_owned(), text("a").unwrap())]);
    }
}

const PLACES: [&str; 5] = ["a", "b", "d/a", "d/e/b", "f/g"];

fn file() -> impl Strategy<Value = Option<FileState>> {
    let mode = prop_oneof![Just(Mode::Regular), Just(Mode::Executable)];
    prop::option::of(("[xy]{0,2}", mode).prop_map(|(t, mode)| moded(&t, mode).unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the set and whatever lies there: both worlds answer the same, a refusal changes
    /// nothing, and a success can be applied again.
    #[test]
    fn disk_and_memory_agree(
        there in prop::collection::vec(file(), PLACES.len()),
        changes in prop::collection::vec((0..PLACES.len(), prop::option::weighted(0.2, 0..PLACES.len()), any::<bool>(), file(), file()), 1..4),
    ) {
        let worlds = worlds(&[]);
        for world in &worlds {
            for (at, file) in PLACES.iter().zip(&there) {
                world.put(at, file.clone());
            }
        }
        let set: Vec<Change> = changes
            .iter()
            .map(|(to, from, honest, before, after)| {
                let base = if *honest { there[from.unwrap_or(*to)].clone() } else { before.clone() };
                Change { path: path(PLACES[*to]), from: from.map(|f| path(PLACES[f])), before: base, after: after.clone() }
            })
            .collect();
        let start = worlds[0].all();
        let results: Vec<_> = worlds.iter().map(|w| w.apply(&set)).collect();
        prop_assert_eq!(&results[0], &results[1]);
        prop_assert_eq!(worlds[0].all(), worlds[1].all());
        if results[0].is_ok() {
            let done = worlds[0].all();
            for change in &set {
                prop_assert_eq!(worlds[0].port().read(&change.path).unwrap(), change.after.clone());
            }
            for world in &worlds {
                prop_assert_eq!(world.apply(&set), Ok(()));
                prop_assert_eq!(world.all(), done.clone());
            }
        } else {
            prop_assert_eq!(worlds[0].all(), start);
        }
    }
}
