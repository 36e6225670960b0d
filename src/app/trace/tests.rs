use super::*;

const FIRST: &str = "### Requirement 1: Thumbnails\n\n#### Acceptance Criteria\n\n1. WHEN a photo is stored, THE \
                     Resizer SHALL make a thumbnail.\n2. THE Resizer SHALL say =1+1 | \"so\".\n";

fn shown(format: Option<Format>) -> (u8, String) {
    let dir = tempfile::tempdir().unwrap();
    let repo = git2::Repository::init(dir.path()).unwrap();
    let by = git2::Signature::now("Ada", "ada@example.org").unwrap();
    let tree = repo.find_tree(repo.index().unwrap().write_tree().unwrap()).unwrap();
    repo.commit(Some("HEAD"), &by, &by, "first", &tree, &[]).unwrap();
    let folder = dir.path().join(".kiro/specs/thumbs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("requirements.md"), FIRST).unwrap();
    std::fs::write(folder.join("tasks.md"), "- [x] 1. Work\n  - _Requirements: 1.1_\n").unwrap();
    let mut out = Vec::new();
    let code = run(dir.path(), &SpecName::parse("thumbs").unwrap(), format, &mut out).unwrap();
    let unknown = run(dir.path(), &SpecName::parse("thumb").unwrap(), format, &mut Vec::new()).unwrap_err();
    assert!(unknown.code == exit::USAGE && unknown.to_string().contains("thumbs"));
    (code, String::from_utf8(out).unwrap())
}

#[test]
fn a_spec_without_a_journal_is_traced_through_its_documents() {
    let (code, text) = shown(None);
    assert_eq!(code, exit::OK);
    let rows: Vec<String> = text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        rows[1..],
        [
            "1.1 event - - 1 - - test commit",
            "1.2 ubiquitous - - - - - task",
            "2 criteria: design 0, property 0, task 1, test 0, commit 0",
        ]
    );
}

#[test]
fn no_text_of_a_document_becomes_markup_or_a_formula() {
    let (_, csv) = shown(Some(Format::Csv));
    assert!(csv.lines().count() == 3 && csv.contains("\"THE Resizer SHALL say =1+1 | \"\"so\"\".\""), "{csv}");
    let (_, markdown) = shown(Some(Format::Markdown));
    assert!(markdown.contains("=1+1 \\| \"so\""), "{markdown}");
    let (_, json) = shown(Some(Format::Json));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["criteria"][0]["missing"], serde_json::json!(["test", "commit"]));
    assert_eq!((&json["totals"]["criteria"], &json["criteria"][0]["form"]), (&2.into(), &"event".into()));
}
