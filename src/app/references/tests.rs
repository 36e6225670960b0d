//! References over files in memory and a web of two pages.

use std::{fs, sync::Arc};

use super::*;
use crate::{
    adapters::{cloud::NoCloud, files::MemoryFiles},
    domain::{
        change::FileState,
        path::SpecName,
        phase::{Autonomy, Order},
        spec::{Depth, SpecKind},
    },
    ports::web::{Page, WebError},
};

struct Pages;

impl Web for Pages {
    fn fetch(&self, url: &str) -> BoxFuture<'_, Result<Page, WebError>> {
        let found = match url {
            "https://h/long" => Ok(Page { text: "long".into(), content_type: "text/plain".into(), truncated: true }),
            _ => Err(WebError(format!("{url}: the server answered 404"))),
        };
        Box::pin(async move { found })
    }
}

fn start(need: &str, documents: &[&str]) -> Start {
    Start {
        name: SpecName::parse("x").unwrap(),
        need: need.into(),
        constraints: String::new(),
        documents: documents.iter().map(|d| (*d).to_owned()).collect(),
        aws_references: Vec::new(),
        kind: SpecKind::Feature,
        order: Order::default(),
        depth: Depth::default(),
        autonomy: Autonomy::default(),
        aws: false,
    }
}

fn gather(files: MemoryFiles, user: Option<PathBuf>, start: &Start, in_play: &[&str]) -> Gathered {
    let in_play: Vec<RelPath> = in_play.iter().map(|p| RelPath::parse(p).unwrap()).collect();
    let references = References::new(Arc::new(files), Arc::new(Pages), Arc::new(NoCloud), user);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(references.gather(start, &in_play))
}

fn titles(texts: &[Attachment]) -> Vec<&str> {
    texts.iter().map(|t| t.title.as_str()).collect()
}

#[test]
fn documents_are_files_globs_folders_and_pages() {
    let files = MemoryFiles::new([
        ("README.md", "read me, AKIAIOSFODNN7EXAMPLE"),
        ("docs/a.md", "a"),
        ("docs/deep/b.md", "b"),
        ("api/x.yaml", "x"),
    ])
    .unwrap();
    files.put(RelPath::parse("logo.png").unwrap(), Some(FileState::regular(*b"\x89PNG\xff\0")));
    let start = start(
        "",
        &[
            "README.md",
            "docs/*.md",
            "docs/",
            "api/",
            "https://h/long",
            "https://h/gone",
            "logo.png",
            "no.md",
            "/etc/passwd",
            "*.x",
        ],
    );
    let gathered = gather(files, None, &start, &[]);
    assert_eq!(
        titles(&gathered.documents),
        ["README.md", "docs/a.md", "docs/deep/b.md", "api/x.yaml", "https://h/long"]
    );
    assert!(!gathered.documents[0].text.contains("AKIAIOSFODNN7EXAMPLE"), "secrets are redacted");
    let notes = gathered.notes.join("\n");
    for part in ["logo.png", "no `no.md`", "/etc/passwd", "`*.x`", "https://h/gone", "https://h/long is longer"] {
        assert!(notes.contains(part), "{part} in:\n{notes}");
    }
    assert_eq!(gathered.notes.len(), 6, "{notes}");
}

#[test]
fn texts_are_cut_to_their_bounds_between_characters() {
    // A character lies across the bound.
    let long = format!("{}é{}", "a".repeat(EACH - 1), "b".repeat(EACH));
    let names: Vec<String> = (0..6).map(|i| format!("d/{i}.md")).collect();
    let files = MemoryFiles::new(names.iter().map(|n| (n.as_str(), long.as_str()))).unwrap();
    let gathered = gather(files, None, &start("", &["d"]), &[]);
    assert_eq!(gathered.documents.len(), 4);
    let sizes: Vec<usize> = gathered.documents.iter().map(|d| d.text.len()).collect();
    assert_eq!(sizes, [EACH - 1; 4]);
    let left_out: Vec<&String> = gathered.notes.iter().filter(|n| n.contains("left out")).collect();
    assert!(left_out.len() == 1 && left_out[0].contains("d/4.md"), "{:?}", gathered.notes);
}

#[test]
fn steering_goes_from_the_general_to_the_particular() {
    let user = tempfile::tempdir().unwrap();
    fs::write(user.path().join("tech.md"), "mine, shadowed").unwrap();
    fs::write(user.path().join("style.md"), "---\ninclusion: auto\ndescription: d\n---\nmy style").unwrap();
    fs::write(user.path().join("odd.md"), b"\xff").unwrap();
    let files = MemoryFiles::new([
        (".kiro/steering/tech.md", "Rust. #[[file:docs/std.md]] #[[file:none.md]]"),
        (".kiro/steering/api.md", "---\ninclusion: fileMatch\nfileMatchPattern: 'src/api/**'\n---\napi"),
        (".kiro/steering/db.md", "---\ninclusion: auto\ndescription: when tables change\n---\ndb"),
        (".kiro/steering/release.md", "---\ninclusion: manual\n---\nrelease"),
        ("docs/std.md", "see #[[file:docs/std.md]]"),
        ("AGENTS.md", "root"),
        ("src/AGENTS.md", "src"),
        ("lib/AGENTS.md", "lib"),
    ])
    .unwrap();
    let gathered = gather(files, Some(user.path().into()), &start("ship it, see #release", &[]), &["src/api/x.rs"]);
    assert_eq!(
        titles(&gathered.steering),
        [
            "steering: ~/.kiro/steering/style.md",
            "steering: .kiro/steering/api.md",
            "steering: .kiro/steering/release.md",
            "steering: .kiro/steering/tech.md",
            "steering: AGENTS.md",
            "steering: src/AGENTS.md",
            "steering: more on demand",
        ]
    );
    let tech = &gathered.steering[3].text;
    assert!(tech.contains("Content of `docs/std.md`") && tech.contains("#[[file:none.md]]"), "{tech}");
    assert!(gathered.steering[6].text.contains("`.kiro/steering/db.md`: when tables change"));
    let notes = gathered.notes.join("\n");
    for part in ["odd.md", "put into itself", "no `none.md`"] {
        assert!(notes.contains(part), "{part} in:\n{notes}");
    }
}

#[test]
fn files_put_in_files_end_somewhere() {
    let names: Vec<String> = (0..8).map(|i| format!("f{i}.md")).collect();
    let texts: Vec<String> = (0..8).map(|i| format!("level {i} #[[file:f{}.md]]", i + 1)).collect();
    let mut all: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    all.push(("AGENTS.md", "#[[file:f0.md]]"));
    let gathered = gather(MemoryFiles::new(all).unwrap(), None, &start("", &[]), &[]);
    let text = &gathered.steering[0].text;
    assert!(text.contains("level 2") && !text.contains("level 3"), "{text}");
    assert!(gathered.notes.iter().any(|n| n.contains("3 files deep")), "{:?}", gathered.notes);
}
