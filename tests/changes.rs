//! What is taken of a change, byte for byte: scenarios in folders, random texts with everything that
//! real files hold, and the commits of real repositories.
//!
//! A scenario is `tests/changes/<name>/` with `before/`, `after/`, and two lists of the same length:
//! `proposal.json`, what a model asks for, and `decisions.json`, what of each is taken.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kiro_tui::domain::{
    change::{
        Change, FileState, Mode,
        header::Header,
        propose::{self, Place},
        select::{Selection, Taken, rest, selected},
        submodule,
    },
    diff::{FileDiff, Item, RowKind, View},
    path::RelPath,
};
use kiro_tui::{
    adapters::files::DiskFiles,
    domain::gate::{self, Identity, Reviewable, Shown, Subject, Verdict, Via, judge},
    ports::files::Files,
};
use proptest::prelude::*;
use serde::Deserialize;

type Tree = BTreeMap<String, FileState>;

#[derive(Deserialize)]
#[serde(tag = "tool")]
enum Asked {
    #[serde(rename = "write_file")]
    Write { path: String, content: String },
    #[serde(rename = "edit_file")]
    Edit { path: String, edits: Vec<(String, String)> },
    #[serde(rename = "delete_file")]
    Delete { path: String },
    #[serde(rename = "rename_file")]
    Rename { from: String, to: String },
}

/// What is taken. Hunks and lines are counted from 1, as the screen shows them.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    All,
    None,
    Hunks(Vec<usize>),
    Lines {
        #[serde(default)]
        removed: Vec<usize>,
        #[serde(default)]
        added: Vec<usize>,
        /// Path, mode or existence.
        #[serde(default)]
        whole: bool,
    },
}

fn read(folder: &Path) -> Tree {
    let mut out = Tree::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        // A side without files may not be there at all: git keeps no empty folders.
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            let mode = if is_executable(&path) { Mode::Executable } else { Mode::Regular };
            out.insert(name, FileState { mode, ..FileState::regular(std::fs::read(&path).unwrap()) });
        }
    }
    out
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o100 != 0
}

fn json<T: for<'a> Deserialize<'a>>(path: PathBuf) -> T {
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn change(asked: &Asked, tree: &Tree) -> Change {
    let path = |p: &str| RelPath::parse(p).unwrap();
    let place = |p: &str| Place::from(tree.get(p));
    match asked {
        Asked::Write { path: p, content } => propose::write(&path(p), place(p), content),
        Asked::Edit { path: p, edits } => propose::edit(&path(p), place(p), edits),
        Asked::Delete { path: p } => propose::delete(&path(p), place(p)),
        Asked::Rename { from, to } => propose::rename(&path(from), place(from), &path(to), place(to)),
    }
    .unwrap()
}

fn choose(decision: &Decision, header: &Header) -> Selection {
    let mut selection = Selection::none();
    match decision {
        Decision::All => selection.set_file(header, true),
        Decision::None => {}
        Decision::Hunks(hunks) => hunks.iter().for_each(|h| selection.set_hunk(header, h - 1, true)),
        Decision::Lines { removed, added, whole } => {
            selection.set_whole(header, *whole);
            let rows = header.diff.as_ref().map_or(&[][..], |d| &d.rows);
            for (index, row) in rows.iter().enumerate() {
                if row.left().is_some_and(|l| removed.contains(&(l + 1))) {
                    selection.set_left(header, index, true);
                }
                if row.right().is_some_and(|l| added.contains(&(l + 1))) {
                    selection.set_right(header, index, true);
                }
            }
        }
    }
    selection
}

fn apply(tree: &mut Tree, change: &Change) {
    let from = change.from.as_ref().unwrap_or(&change.path);
    assert_eq!(tree.get(from.as_str()), change.before.as_ref(), "{from} is not what it was when it was read");
    tree.remove(from.as_str());
    if let Some(after) = &change.after {
        tree.insert(change.path.as_str().to_owned(), after.clone());
    }
}

#[test]
fn scenarios_end_as_their_folders_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/changes");
    let mut names: Vec<PathBuf> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.is_dir());
    names.sort();
    assert!(names.len() >= 8, "scenarios are missing");
    for folder in names {
        let mut tree = read(&folder.join("before"));
        let asked: Vec<Asked> = json(folder.join("proposal.json"));
        let decisions: Vec<Decision> = json(folder.join("decisions.json"));
        assert_eq!(asked.len(), decisions.len(), "{}", folder.display());
        for (asked, decision) in asked.iter().zip(&decisions) {
            let change = change(asked, &tree);
            let selection = choose(decision, &Header::of(&change, 3));
            apply(&mut tree, &selected(&change, &selection));
        }
        let wanted = read(&folder.join("after"));
        let (found, named): (Vec<_>, Vec<_>) = (tree.keys().collect(), wanted.keys().collect());
        assert_eq!(found, named, "{}", folder.display());
        for (path, state) in &wanted {
            assert_eq!(tree[path], *state, "{}: {path}", folder.display());
        }
    }
}

/// Whatever a view does, its rows are both sides; and what is taken and what is left make the whole.
fn check(change: &Change, picks: &[bool]) {
    let header = Header::of(change, 3);
    let all = Selection::all(&header);
    assert_eq!(header.diff.is_none() || header.whole, header.whole, "what has no lines is judged as a whole");
    assert_eq!(&selected(change, &all), change);
    let none = selected(change, &Selection::none());
    assert_eq!(none.after, change.before);
    assert!(none.from.is_none());
    let mut some = Selection::none();
    let pick = |i: usize| picks[i % picks.len()];
    if let Some(diff) = &header.diff {
        let (old, new) = change.sides();
        rebuilt(diff, old, new);
        for row in 0..diff.rows.len() {
            match row % 3 {
                0 => some.set_left(&header, row, pick(row)),
                1 => some.set_right(&header, row, pick(row)),
                _ => some.set_rows(&header, row..row + 1, pick(row)),
            }
        }
    }
    some.set_whole(&header, pick(0));
    let part = selected(change, &some);
    let left = rest(change, &some);
    assert_eq!(left.before, part.after);
    let again = selected(&left, &Selection::all(&Header::of(&left, 3)));
    assert_eq!((&again.after, &again.path), (&change.after, &change.path));
    assert_eq!(all.file(&header), if header.whole || has_changes(&header) { Taken::All } else { all.file(&header) });
}

fn has_changes(header: &Header) -> bool {
    header.diff.as_ref().is_some_and(|d| !d.hunks.is_empty())
}

fn rebuilt(diff: &FileDiff, old: &[u8], new: &[u8]) {
    let sides = |items: &[Item]| {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut add = |row: usize, l: bool, r: bool| {
            let row = &diff.rows[row];
            left.extend(diff.left(row).filter(|_| l).map(|l| l.whole()).into_iter().flat_map(|r| old[r].to_vec()));
            right.extend(diff.right(row).filter(|_| r).map(|l| l.whole()).into_iter().flat_map(|r| new[r].to_vec()));
        };
        for item in items {
            match item {
                Item::Hunk(_) | Item::MovedTo(_) | Item::MovedFrom(_) => {}
                Item::Fold(rows) | Item::Spaces(rows) => rows.clone().for_each(|row| add(row, true, true)),
                Item::Row(row) => add(*row, true, true),
                Item::Left(row) => add(*row, true, false),
                Item::Right(row) => add(*row, false, true),
            }
        }
        (left, right)
    };
    for no_spaces in [false, true] {
        let view = View { no_spaces, ..View::default() };
        for items in [diff.side_by_side(view), diff.unified(view)] {
            let (left, right) = sides(&items);
            assert!(left == old && right == new, "the rows are not what the file was and will be");
        }
    }
    for row in &diff.rows {
        let text =
            |line: Option<kiro_tui::domain::diff::LineRef>, bytes: &[u8]| line.map(|l| bytes[l.whole()].to_vec());
        let (l, r) = (text(diff.left(row), old), text(diff.right(row), new));
        assert_eq!(row.kind == RowKind::Equal, l == r);
        if row.space {
            let bare =
                |t: Option<Vec<u8>>| t.map(|t| t.into_iter().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<_>>());
            assert_eq!(bare(l), bare(r));
        }
    }
}

fn odd_line() -> impl Strategy<Value = Vec<u8>> {
    let lines: [&[u8]; 14] = [
        b"",
        b" ",
        b"\t",
        b"}",
        b"let total = sum(items);",
        b"  let total = sum(items);",
        b"return Err(Error::TooMany);",
        "let é = 図; // cafe\u{301}".as_bytes(),
        "\u{202e}txt.exe\u{202c} \u{5e9}\u{5dc}\u{5d5}\u{5dd}".as_bytes(),
        "p\u{430}ypal\u{200b}".as_bytes(),
        b"caf\xe9 \xff",
        b"x\ry\x1b[2J",
        b"\0binary",
        &[b'z'; 5000],
    ];
    let weights = lines.map(|l| (if l.starts_with(b"\0") { 1 } else { 12 }, Just(l.to_vec()).boxed()));
    proptest::strategy::Union::new_weighted(weights.to_vec())
}

fn odd_side() -> impl Strategy<Value = Option<FileState>> {
    let ends = prop::sample::select(vec!["\n", "\n", "\r\n", "\r\n", "\r"]);
    let text = (prop::collection::vec((odd_line(), ends), 0..24), any::<bool>()).prop_map(|(lines, finished)| {
        let mut text: Vec<u8> = lines.iter().flat_map(|(l, e)| [l.as_slice(), e.as_bytes()].concat()).collect();
        if !finished && text.last() == Some(&b'\n') {
            text.pop();
        }
        text
    });
    let mode = prop::sample::select(vec![Mode::Regular, Mode::Regular, Mode::Regular, Mode::Executable, Mode::Symlink]);
    let file = (text, mode).prop_map(|(text, mode)| FileState { mode, ..FileState::regular(text) });
    let told =
        prop::collection::vec(prop::sample::select(vec!["> lib: one".to_owned(), "< lib: two".to_owned()]), 0..3);
    let commit = prop::sample::select(vec!["1", "2"]);
    let other = (commit, any::<bool>(), told);
    let other = other.prop_map(|(digit, dirty, told)| submodule::state(&digit.repeat(40), dirty, &told));
    prop::option::weighted(0.9, prop_oneof![9 => file, 1 => other])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]
    #[test]
    fn parts_of_any_change_make_the_whole(
        before in odd_side(),
        after in odd_side(),
        moved: bool,
        picks in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let from = (moved && before.is_some() && after.is_some()).then(|| RelPath::parse("old").unwrap());
        let change = Change { path: RelPath::parse("new").unwrap(), from, before, after };
        prop_assume!(change.before.is_some() || change.after.is_some());
        check(&change, &picks);
    }
}

/// Applies a change as the program does: through its approval, by the adapter that writes to disk.
fn approve(files: &DiskFiles, change: &Change) {
    let by = Identity { name: "Ada".into(), email: "ada@example.org".into() };
    let at = jiff::Timestamp::UNIX_EPOCH;
    let (subject, digest) = (Subject::Change, change.digest());
    let decision = gate::Decision { subject, digest, verdict: Verdict::Approve, by, at, via: Via::Keyboard };
    files.apply(judge(Shown::new(change.clone()), decision).unwrap().grant()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    /// On a real disk: what was accepted is there, byte for byte, and the rest after it makes the whole.
    #[test]
    fn what_is_accepted_is_what_is_on_disk(
        before in odd_side(),
        after in odd_side(),
        moved: bool,
        picks in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        // A submodule is no file: git moves it.
        let odd = [Mode::Symlink, Mode::Submodule];
        let is_link = |s: &Option<FileState>| s.as_ref().is_some_and(|s| odd.contains(&s.mode));
        prop_assume!(!is_link(&before) && !is_link(&after));
        let from = (moved && before.is_some() && after.is_some()).then(|| RelPath::parse("old").unwrap());
        let change = Change { path: RelPath::parse("a/new").unwrap(), from, before, after };
        prop_assume!(!change.is_empty());
        let header = Header::of(&change, 3);
        let mut some = Selection::none();
        for row in 0..60 {
            some.set_rows(&header, row..row + 1, picks[row % picks.len()]);
        }
        some.set_whole(&header, picks[0]);
        for selection in [Selection::all(&header), Selection::none(), some] {
            let dir = tempfile::tempdir().unwrap();
            let files = DiskFiles::new(dir.path());
            let old = change.from.as_ref().unwrap_or(&change.path);
            let start = Change { path: old.clone(), from: None, before: None, after: change.before.clone() };
            if !start.is_empty() {
                approve(&files, &start);
            }
            let part = selected(&change, &selection);
            if !part.is_empty() {
                approve(&files, &part);
            }
            prop_assert_eq!(&files.read(&part.path).unwrap(), &part.after);
            if part.path != *old {
                prop_assert_eq!(files.read(old).unwrap(), None);
            }
            let left = rest(&change, &selection);
            if !left.is_empty() {
                approve(&files, &left);
            }
            prop_assert_eq!(&files.read(&change.path).unwrap(), &change.after, "and the rest makes the whole");
            let others = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
            prop_assert!(others.len() <= 1, "nothing else is left: {others:?}");
        }
    }
}

/// The changes of some commits to their first parents, newest first, at most `most` files.
fn changes_of(repo: &git2::Repository, commits: usize, most: usize) -> Vec<Change> {
    let mut walk = repo.revwalk().unwrap();
    walk.push_head().unwrap();
    let mut out = Vec::new();
    for id in walk.take(commits) {
        let commit = repo.find_commit(id.unwrap()).unwrap();
        let parent = commit.parent(0).ok().map(|p| p.tree().unwrap());
        let mut diff = repo.diff_tree_to_tree(parent.as_ref(), Some(&commit.tree().unwrap()), None).unwrap();
        diff.find_similar(None).unwrap();
        for delta in diff.deltas() {
            let side = |file: git2::DiffFile<'_>| {
                let mode = match file.mode() {
                    git2::FileMode::Blob | git2::FileMode::BlobGroupWritable => Mode::Regular,
                    git2::FileMode::BlobExecutable => Mode::Executable,
                    git2::FileMode::Link => Mode::Symlink,
                    git2::FileMode::Commit => return Some(submodule::state(&file.id().to_string(), false, &[])),
                    _ => return None,
                };
                let blob = repo.find_blob(file.id()).ok()?;
                Some(FileState { mode, ..FileState::regular(blob.content()) })
            };
            let name = |file: git2::DiffFile<'_>| RelPath::parse(file.path().unwrap().to_str().unwrap()).ok();
            let (Some(old), Some(path)) = (name(delta.old_file()), name(delta.new_file())) else { continue };
            let from = (delta.status() == git2::Delta::Renamed && old != path).then_some(old);
            let change = Change { path, from, before: side(delta.old_file()), after: side(delta.new_file()) };
            if (change.before.is_some() || change.after.is_some()) && out.len() < most {
                out.push(change);
            }
        }
    }
    out
}

#[test]
fn this_repositorys_own_commits_are_shown_as_they_are() {
    // Not there in a package from a registry.
    let Ok(repo) = git2::Repository::open(env!("CARGO_MANIFEST_DIR")) else { return };
    let changes = changes_of(&repo, 60, 250);
    for change in &changes {
        check(change, &[true, false, false, true, true]);
    }
}

#[test]
fn made_up_commits_are_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let repo = git2::Repository::init_bare(folder.path()).unwrap();
    let who = git2::Signature::new("Ada", "ada@localhost", &git2::Time::new(0, 0)).unwrap();
    let mut state = 7_u64;
    let mut next = move |of: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % of
    };
    let mut files: BTreeMap<String, (Vec<Vec<u8>>, i32)> = BTreeMap::new();
    let mut parent: Option<git2::Oid> = None;
    let words: [&[u8]; 8] = [
        b"fn a() {\n",
        b"}\n",
        b"\n",
        b"  let x = 1;\r\n",
        "caf\u{e9} \u{56f3}\n".as_bytes(),
        b"\xff\xfe\n",
        b"\tx\n",
        b"end",
    ];
    for step in 0..40 {
        let name = format!("file {}.txt", next(6));
        match next(9) {
            0 => drop(files.remove(&name)),
            1 => {
                if let Some(file) = files.remove(&name) {
                    files.insert(format!("moved/{step}.txt"), file);
                }
            }
            2 => files.entry(name).or_default().1 = 0o100_755,
            3 => drop(files.insert(name, (vec![b"a\0b".to_vec(), vec![step as u8]], 0o100_644))),
            4 => drop(files.insert(name, (vec![b"file 1.txt".to_vec()], 0o120_000))),
            5 => drop(files.insert(name, (Vec::new(), 0o100_644))),
            6 => drop(files.insert(name, (vec![vec![step as u8]], 0o160_000))),
            _ => {
                let (lines, mode) = files.entry(name).or_default();
                *mode = 0o100_644;
                for _ in 0..=next(40) {
                    let at = next(lines.len() + 1);
                    match next(3) {
                        0 if at < lines.len() => drop(lines.remove(at)),
                        _ => lines.insert(at, words[next(words.len())].to_vec()),
                    }
                }
            }
        }
        let mut index = git2::Index::new().unwrap();
        for (path, (lines, mode)) in &files {
            // A submodule's commit need not be there.
            let id = match mode {
                0o160_000 => git2::Oid::hash_object(git2::ObjectType::Blob, &lines.concat()).unwrap(),
                _ => repo.blob(&lines.concat()).unwrap(),
            };
            index.add(&entry(path, id, if *mode == 0 { 0o100_644 } else { *mode as u32 })).unwrap();
        }
        let tree = repo.find_tree(index.write_tree_to(&repo).unwrap()).unwrap();
        let parents: Vec<git2::Commit<'_>> = parent.iter().map(|id| repo.find_commit(*id).unwrap()).collect();
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        parent = Some(repo.commit(Some("HEAD"), &who, &who, "step", &tree, &parents).unwrap());
    }
    let changes = changes_of(&repo, 40, 500);
    assert!(
        changes.len() > 20
            && changes.iter().any(|c| c.from.is_some())
            && changes.iter().any(|c| c.after.is_none())
            && changes.iter().any(Change::is_submodule)
    );
    for change in &changes {
        check(change, &[true, false, true]);
    }
}

fn entry(path: &str, id: git2::Oid, mode: u32) -> git2::IndexEntry {
    let zero = git2::IndexTime::new(0, 0);
    let path = path.as_bytes().to_vec();
    git2::IndexEntry {
        ctime: zero,
        mtime: zero,
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path,
    }
}
