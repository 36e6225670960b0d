use std::{fs, path::PathBuf};

use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::{
    adapters::journal::FileJournal,
    domain::{
        journal::{Entry, Record, Start},
        phase::{Autonomy, Order},
    },
    ports::journal::JournalStore,
};

const GOOD: &str = "# Requirements Document\n\n## Introduction\n\nThumbnails.\n\n## Glossary\n\n- **Resizer**: \
                    makes thumbnails\n\n## Requirements\n\n### Requirement 1: Thumbnails\n\n**User Story:** As an \
                    author, I want thumbnails, so that pages load early.\n\n#### Acceptance Criteria\n\n1. WHEN a \
                    photo is stored, THE Resizer SHALL make a thumbnail 200 pixels wide.\n";
const DANGLING: &str = "# Implementation Plan\n\n- [ ] 1. Make thumbnails\n  - _Requirements: 1.1, 1.7_\n";

struct Repo {
    dir: TempDir,
}

impl Repo {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = git2::RepositoryInitOptions::new();
        let repo = git2::Repository::init_opts(dir.path().join("repo"), options.initial_head("main")).unwrap();
        let by = git2::Signature::now("Ada", "ada@example.org").unwrap();
        let tree = repo.find_tree(repo.index().unwrap().write_tree().unwrap()).unwrap();
        repo.commit(Some("HEAD"), &by, &by, "first", &tree, &[]).unwrap();
        Self { dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        write(&self.root(), file, bytes);
    }

    fn commit(&self) {
        let repo = git2::Repository::open(self.root()).unwrap();
        let mut index = repo.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
        let by = git2::Signature::now("Ada", "ada@example.org").unwrap();
        let parent = repo.head().unwrap().peel_to_commit().unwrap();
        repo.commit(Some("HEAD"), &by, &by, "more", &tree, &[&parent]).unwrap();
    }

    fn start(&self, name: &str, kind: SpecKind, depth: Depth) {
        let start = Start {
            name: SpecName::parse(name).unwrap(),
            need: "thumbnails".into(),
            constraints: String::new(),
            documents: Vec::new(),
            aws_references: Vec::new(),
            kind,
            order: Order::default(),
            depth,
            autonomy: Autonomy::default(),
            aws: false,
        };
        let path = journal::path(&self.root().join(".git/kiro-tui"), &start.name);
        let entry = Entry::Started(start);
        FileJournal::open(&path).unwrap().append(&Record { seq: 1, at: Timestamp::UNIX_EPOCH, entry }).unwrap();
    }

    fn check(&self, spec: Option<&str>, depth: Depth) -> (u8, String) {
        let mut out = Vec::new();
        let spec = spec.map(|s| SpecName::parse(s).unwrap());
        let code = run(&self.root(), depth, spec.as_ref(), false, &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    fn json(&self) -> serde_json::Value {
        let mut out = Vec::new();
        run(&self.root(), Depth::Light, None, true, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }
}

fn write(root: &Path, file: &str, bytes: impl AsRef<[u8]>) {
    let path = root.join(".kiro/specs").join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_error_comes_first_and_decides_the_code() {
    let repo = Repo::new();
    repo.write("thumbs/requirements.md", format!("{GOOD}2. THE Resizer SHALL answer quickly.\n"));
    let (code, shown) = repo.check(Some("thumbs"), Depth::Light);
    assert_eq!(code, exit::OK, "warnings do not fail: {shown}");
    assert!(shown.contains("requirements.md:20: warning[vague-word]"), "{shown}");
    repo.write("thumbs/tasks.md", DANGLING);
    let (code, shown) = repo.check(Some("thumbs"), Depth::Light);
    assert_eq!(code, exit::FAILURE, "{shown}");
    let errors: Vec<&str> = shown.lines().take_while(|l| l.contains(": error[")).collect();
    let first = errors.last().unwrap();
    assert!(first.starts_with("tasks.md:4: error[dangling-reference]: task 1 names 1.7"), "{shown}");
    assert!(first.contains(" — a link that leads nowhere") && first.contains("; name an existing id"), "{first}");
    assert!(shown.lines().last().unwrap().starts_with("1 spec checked: 2 errors, 1 warning"), "{shown}");
}

#[test]
fn without_a_name_every_spec_is_checked_and_named() {
    let repo = Repo::new();
    assert_eq!(repo.check(None, Depth::Light), (exit::OK, "0 specs checked: 0 errors, 0 warnings, 0 info\n".into()));
    repo.write("alpha/requirements.md", GOOD);
    repo.write("alpha/tasks.md", DANGLING);
    // Its warning comes after the errors of all others.
    repo.write("aaa/requirements.md", format!("{GOOD}2. THE Resizer SHALL answer quickly.\n"));
    repo.write("beta/notes.txt", "nothing of a spec");
    repo.start("gamma", SpecKind::Feature, Depth::Light);
    let (code, shown) = repo.check(None, Depth::Light);
    assert!(code == exit::FAILURE && shown.starts_with("alpha/tasks.md:4: error["), "{shown}");
    assert!(shown.contains("aaa/requirements.md:20: warning["), "{shown}");
    assert!(shown.ends_with('\n') && shown.lines().last().unwrap().starts_with("4 specs checked"), "{shown}");
}

#[test]
fn the_json_has_the_promised_shape() {
    let repo = Repo::new();
    repo.write("thumbs/requirements.md", GOOD);
    repo.write("thumbs/tasks.md", DANGLING);
    let json = repo.json();
    let findings = json["specs"][0]["findings"].as_array().unwrap();
    let first = findings.first().unwrap().as_object().unwrap();
    let mut keys: Vec<&str> = first.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["code", "document", "line", "severity", "todo", "what", "why"]);
    assert_eq!(
        (&first["severity"], &first["document"], &first["line"]),
        (&"error".into(), &"tasks.md".into(), &4.into())
    );
    assert_eq!(json["specs"][0]["name"], "thumbs");
    assert_eq!(json["specs"][0].as_object().unwrap().len(), 3);
    let form = serde_json::json!({ "id": "1.1", "line": 19, "form": "event" });
    assert_eq!(json["specs"][0]["criteria"], serde_json::json!([form]));
}

#[test]
fn documents_that_are_no_text_are_findings() {
    let repo = Repo::new();
    repo.write("thumbs/requirements.md", b"# R\n\ncaf\xe9 \x1b[2J\n");
    repo.write("thumbs/design.md/inside.txt", "a folder in place of a file");
    repo.write("thumbs/.config.kiro", b"\xff{");
    repo.write("other/tasks.md", "x");
    std::os::unix::fs::symlink("../other/tasks.md", repo.root().join(".kiro/specs/thumbs/tasks.md")).unwrap();
    let (code, shown) = repo.check(Some("thumbs"), Depth::Standard);
    assert_eq!(code, exit::FAILURE);
    assert!(shown.contains("requirements.md:3: error[not-utf-8]"), "{shown}");
    assert!(shown.contains("design.md:1: error[unreadable]"), "{shown}");
    assert!(shown.contains("tasks.md:1: error[unreadable]: tasks.md is a symbolic link"), "{shown}");
}

#[test]
fn nothing_from_a_document_reaches_the_terminal_as_a_command() {
    let repo = Repo::new();
    repo.write("thumbs/requirements.md", GOOD.replace("THE Resizer SHALL", "THE \u{1b}[2JOther\u{202e} SHALL quickly"));
    repo.write("thumbs/tasks.md", DANGLING.replace("1. Make", "1. \u{1b}]0;x\u{7}Make"));
    let (_, shown) = repo.check(None, Depth::Light);
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown:?}");
}

#[test]
fn a_spec_that_is_not_there_is_a_usage_error_with_the_nearest_name() {
    let repo = Repo::new();
    repo.write("thumbnails/requirements.md", GOOD);
    let failure = |name: &str| {
        let name = SpecName::parse(name).unwrap();
        run(&repo.root(), Depth::Light, Some(&name), false, &mut Vec::new()).unwrap_err()
    };
    assert_eq!(failure("thumbnals").code, exit::USAGE);
    assert!(failure("thumbnals").message.contains("did you mean `thumbnails`?"), "{}", failure("thumbnals"));
    assert!(failure("zzz").message.contains("kiro-tui status"), "{}", failure("zzz"));
    let outside = tempfile::tempdir().unwrap();
    let ended = run(outside.path(), Depth::Light, None, false, &mut Vec::new());
    assert_eq!(ended.unwrap_err().code, exit::REPOSITORY);
}

#[test]
fn kind_and_depth_are_those_of_the_journal() {
    let repo = Repo::new();
    repo.write("thumbs/requirements.md", GOOD);
    let (_, light) = repo.check(None, Depth::Light);
    let (_, deep) = repo.check(None, Depth::Exhaustive);
    assert!(!light.contains("[depth-demands]") && deep.contains("[depth-demands]"), "{light}{deep}");
    repo.start("thumbs", SpecKind::Feature, Depth::Exhaustive);
    assert_eq!(repo.check(None, Depth::Light).1, deep);
    // A bugfix is checked by its analysis, whatever else lies there.
    repo.start("crash", SpecKind::Bugfix, Depth::Light);
    repo.write("crash/requirements.md", b"\xff");
    assert!(!repo.check(Some("crash"), Depth::Light).1.contains("not-utf-8"));
    let journal = journal::path(&repo.root().join(".git/kiro-tui"), &SpecName::parse("thumbs").unwrap());
    fs::write(journal, "damaged\n").unwrap();
    assert_eq!(repo.check(Some("thumbs"), Depth::Light).1, light.replace("thumbs/", ""));
}

#[test]
fn files_are_those_of_the_worktree_then_of_the_checkout() {
    let repo = Repo::new();
    let name = SpecName::parse("thumbs").unwrap();
    repo.write("thumbs/requirements.md", GOOD);
    repo.write("thumbs/tasks.md", DANGLING);
    assert_eq!(repo.check(None, Depth::Light).0, exit::FAILURE);
    let git = GitRepo::open_below(&repo.root(), &repo.dir.path().join("worktrees")).unwrap();
    let worktree = git.ensure_worktree(&name).unwrap();
    write(&worktree, "thumbs/requirements.md", GOOD);
    write(&worktree, "thumbs/tasks.md", DANGLING.replace(", 1.7", ""));
    let (code, shown) = repo.check(None, Depth::Light);
    assert_eq!(code, exit::OK, "{shown}");
}

#[test]
fn without_a_journal_the_last_commit_tells_what_links_meant() {
    let repo = Repo::new();
    let two = format!("{GOOD}2. IF the photo is no image, THEN THE Resizer SHALL skip it.\n");
    let tasks = "# Implementation Plan\n\n- [ ] 1. Make thumbnails\n  - _Requirements: 1.1_\n- [ ] 2. Skip\n  - \
                 _Requirements: 1.2_\n";
    repo.write("photos/requirements.md", &two);
    repo.write("photos/tasks.md", tasks);
    let renumbered = |repo: &Repo| -> Vec<(usize, String)> {
        let open = GitRepo::open(&repo.root()).unwrap();
        let (found, _) = findings(&open, &SpecName::parse("photos").unwrap(), Depth::Light);
        found.into_iter().filter(|f| f.code == "renumbered-id").map(|f| (f.line, f.what)).collect()
    };
    assert_eq!(renumbered(&repo), [], "nothing was committed");
    repo.commit();
    assert_eq!(renumbered(&repo), [], "nothing was changed");
    // A criterion is put in before the two, and one link is written for that.
    let three = two.replace("1. WHEN a photo", "1. THE Resizer SHALL keep the photo.\n2. WHEN a photo");
    let three = three.replace("2. IF the photo", "3. IF the photo");
    repo.write("photos/requirements.md", &three);
    repo.write(
        "photos/tasks.md",
        tasks.replace("2. Skip\n  - _Requirements: 1.2_", "2. Skip\n  - _Requirements: 1.3_"),
    );
    let found = renumbered(&repo);
    assert!(matches!(&found[..], [(4, what)] if what.starts_with("1.1 is 1.2 by now")), "{found:?}");
    repo.commit();
    assert_eq!(renumbered(&repo), [], "what is committed is what is meant");
}
