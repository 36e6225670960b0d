//! Real spec folders, where `KIRO_TUI_CORPUS` names a folder that has some: every document parses,
//! prints back as it was, and yields about as much as its text says. `KIRO_TUI_CORPUS_SHOW` prints
//! what was understood.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::path::PathBuf;

use kiro_tui::domain::{
    digest::Digest,
    spec::{
        Depth, SpecKind,
        bugfix::Bugfix,
        checks::{Texts, check},
        design::Design,
        edit,
        requirements::Requirements,
        tasks::{Mark, Tasks},
    },
};

fn corpus() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("KIRO_TUI_CORPUS")?);
    root.is_dir().then_some(root)
}

/// All files called `name` below a `.kiro/specs`.
fn files(name: &str) -> Vec<(PathBuf, String)> {
    let mut out = Vec::new();
    let mut folders: Vec<PathBuf> = corpus().into_iter().collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && path.ends_with(name) && path.to_string_lossy().contains(".kiro/specs/") {
                let bytes = std::fs::read(&path).unwrap();
                out.extend(String::from_utf8(bytes).ok().map(|text| (path, text)));
            }
        }
    }
    out.sort();
    out
}

fn show(text: impl FnOnce() -> String) {
    if std::env::var_os("KIRO_TUI_CORPUS_SHOW").is_some() {
        println!("{}", text());
    }
}

#[test]
fn requirements_are_understood() {
    for (path, text) in files("requirements.md") {
        let doc = Requirements::parse(&text);
        assert_eq!(doc.to_string(), text);
        show(|| {
            let rows = doc.requirements.iter().map(|r| {
                let odd = r.criteria.iter().filter(|c| c.written.is_some()).count();
                let last = r.criteria.last().map_or(String::new(), |c| c.text.chars().take(60).collect());
                let story = r.story.as_ref().map_or("-".to_owned(), |s| s.text.chars().take(30).collect());
                format!("  {} [{}] criteria={} odd={odd} story={story} last={last}", r.id, r.title, r.criteria.len())
            });
            let rows: Vec<_> = rows.collect();
            format!("{}\n{}", path.display(), rows.join("\n"))
        });
        let criteria = doc.criteria().count();
        let heads = |l: &&str| l.starts_with('#') && (l.contains("Acceptance Criteria") || l.contains("受け入れ基準"));
        let says = text.lines().filter(heads).count();
        assert!(doc.requirements.len() >= says, "{}: {} of {says}", path.display(), doc.requirements.len());
        let lists = text.lines().filter(|l| l.starts_with("1. ")).count();
        assert!(says == 0 || lists == 0 || criteria > 0, "{}", path.display());
        for criterion in doc.criteria() {
            assert!(!criterion.text.is_empty(), "{}:{}", path.display(), criterion.line);
            assert!(!criterion.span.of(&text).is_empty());
        }
    }
}

#[test]
fn bug_analyses_are_understood() {
    for (path, text) in files("bugfix.md") {
        let doc = Bugfix::parse(&text);
        assert_eq!(doc.to_string(), text);
        assert!(doc.clauses().count() > 0, "{}", path.display());
    }
}

#[test]
fn designs_are_understood() {
    for (path, text) in files("design.md") {
        let doc = Design::parse(&text);
        assert_eq!(doc.to_string(), text);
        show(|| {
            let free: Vec<_> = doc.mentions.iter().map(|m| m.span.of(&text)).collect();
            format!(
                "{}\n  sections={} properties={} mentions={free:?}",
                path.display(),
                doc.sections.len(),
                doc.properties.len()
            )
        });
        let headings = text.lines().filter(|l| l.starts_with("### Property ")).count();
        assert!(doc.properties.len() >= headings, "{}", path.display());
    }
}

#[test]
fn tasks_are_understood_and_ticked() {
    for (path, text) in files("tasks.md") {
        let doc = Tasks::parse(&text);
        assert_eq!(doc.to_string(), text);
        show(|| {
            let rows = doc.tasks.iter().map(|t| {
                let refs: Vec<_> = t.requirements.iter().map(|r| r.span.of(&text)).collect();
                let title: String = t.title.chars().take(50).collect();
                format!(
                    "  {}{} {:?}{} {title} {refs:?} {:?}",
                    "  ".repeat(t.depth),
                    t.id,
                    t.mark,
                    if t.optional { "*" } else { "" },
                    t.depends
                )
            });
            let rows: Vec<_> = rows.collect();
            format!("{}\n{}\n  {:?}", path.display(), rows.join("\n"), doc.run_order().problems)
        });
        let boxes = |mark: &str| text.lines().filter(|l| l.trim_start().starts_with(mark)).count();
        let said = boxes("- [ ]") + boxes("- [x]") + boxes("- [X]") + boxes("- [-]") + boxes("- [~]");
        let fenced = text.contains("```") || text.contains("<!--");
        assert!(
            doc.tasks.len() == said || fenced && doc.tasks.len() <= said,
            "{}: {} of {said}",
            path.display(),
            doc.tasks.len()
        );
        let linked = doc.tasks.iter().any(|t| !t.requirements.is_empty());
        assert!(linked || !text.contains("_Requirements:"), "{}", path.display());
        assert_eq!(doc.run_order().tasks.len(), doc.leaves().count());

        let seen = Digest::of(&text);
        for task in doc.leaves().filter(|t| t.mark != Mark::Active && doc.get(&t.id).is_some()) {
            let ticked = edit::tick(&text, seen, &task.id, Mark::Active).unwrap();
            let differ: Vec<usize> =
                text.bytes().zip(ticked.bytes()).enumerate().filter(|(_, (a, b))| a != b).map(|(i, _)| i).collect();
            assert_eq!((differ, ticked.len()), (vec![task.mark_span.start], text.len()));
            assert_eq!(edit::tick(&ticked, Digest::of(&ticked), &task.id, task.mark).unwrap(), text);
        }
    }
}

#[test]
fn whole_specs_are_checked() {
    for (path, first) in files("requirements.md") {
        let read = |name| std::fs::read_to_string(path.with_file_name(name)).ok();
        let (design, tasks) = (read("design.md"), read("tasks.md"));
        let texts = Texts { first: Some(&first), design: design.as_deref(), tasks: tasks.as_deref() };
        let findings = check(SpecKind::Feature, Depth::Standard, texts);
        for finding in &findings {
            assert!(finding.line >= 1 && !finding.what.is_empty() && !finding.todo.is_empty(), "{finding:?}");
        }
        show(|| {
            let rows = findings
                .iter()
                .map(|f| format!("  {:?} {} {}:{} {} -> {}", f.severity, f.code, f.document, f.line, f.what, f.todo));
            format!("{}\n{}", path.display(), rows.collect::<Vec<_>>().join("\n"))
        });
    }
}
