//! The changes that are measured. Made up, and the same on every run.

use kiro_tui::domain::{
    change::{Change, FileState},
    commit::{MergeKind, MergePlan},
    path::{RelPath, SpecName},
};

/// Lines of the large file.
pub const LINES: usize = 100_000;

fn change(path: &str, old: String, new: String) -> Change {
    let state = |text: String| Some(FileState::regular(text));
    Change { path: RelPath::parse(path).unwrap(), from: None, before: state(old), after: state(new) }
}

fn line(index: usize, word: &str) -> String {
    match index % 5 {
        0 => format!("fn compute_{index}(items: &[Item], {word}: u32) -> Result<u32, Error> {{\n"),
        1 => format!("    let {word}_{index} = items.iter().map(|item| item.total * {index}).sum::<u32>();\n"),
        2 => format!("    // {word}: what is left of {index} after the others were taken\n"),
        3 => format!("    if {word} > {index} {{ return Err(Error::TooMany(\"{index}\")); }}\n"),
        _ => "}\n".to_owned(),
    }
}

/// One line in ten changed, evenly: the worst for a search that looks for what stays.
pub fn large() -> Change {
    let text = |edited: bool| -> String {
        let word = |i: usize| if edited && i % 10 == 3 { "rest" } else { "limit" };
        (0..LINES).map(|i| line(i, word(i))).collect()
    };
    change("src/large.rs", text(false), text(true))
}

/// A file with one change.
pub fn small() -> Change {
    change("src/small.rs", line(0, "a") + &line(4, "a"), line(0, "b") + &line(4, "b"))
}

/// A thousand files of two hundred lines.
pub fn set() -> MergePlan {
    let text = |file: usize, word: &str| -> String {
        (0..200).map(|i| line(file * 200 + i, if i % 20 == 3 { word } else { "limit" })).collect()
    };
    let file = |n: usize| change(&format!("src/part_{n}.rs"), text(n, "limit"), text(n, "rest"));
    merge((0..1000).map(file).collect())
}

/// As many files as a large task has, one of them of 10 MB; not all of its letters are of ASCII.
pub fn uneven() -> MergePlan {
    let text = |from: usize, lines: usize, word: &str| -> String {
        (from..from + lines)
            .map(|i| line(i, if i % 20 == 3 { word } else { "limit" }).replace("items", "élements"))
            .collect()
    };
    let file = |n: usize| {
        let lines = if n == 100 { 180_000 } else { 200 };
        change(&format!("src/part_{n}.rs"), text(n * 200, lines, "limit"), text(n * 200, lines, "rest"))
    };
    merge((0..259).map(file).collect())
}

fn merge(changes: Vec<Change>) -> MergePlan {
    MergePlan {
        spec: SpecName::parse("large").unwrap(),
        from: "kiro/large".into(),
        from_commit: "1".repeat(40),
        into: "main".into(),
        into_commit: "2".repeat(40),
        kind: MergeKind::FastForward,
        tree: "3".repeat(40),
        commits: vec![("4".repeat(40), "All of it".into())],
        changes,
        message: String::new(),
    }
}

/// A megabyte on one line, with a word changed.
pub fn one_line() -> Change {
    let text: String = (0..40_000).map(|i| format!("var a{i}=[{i},\"é\"];")).collect();
    change("dist/app.js", text.clone(), text.replace("var a20000=", "let a20000="))
}

/// What takes a careless search long.
pub fn hostile() -> Vec<(&'static str, Change)> {
    let lines = |n: usize, line: &dyn Fn(usize) -> String| -> String { (0..n).map(line).collect() };
    // A fixed sequence without order: the top bits of a congruential generator.
    let noise = |seed: u64, of: u64| {
        let mut state = seed;
        move |_: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("word number {} of the few there are\n", (state >> 33) % of)
        }
    };
    let draw = |seed, of, n: usize| -> String {
        let mut next = noise(seed, of);
        (0..n).map(&mut next).collect()
    };
    let reversed = |n: usize| -> String { (0..n).rev().map(|i| line(i, "limit")).collect() };
    vec![
        ("all lines alike", change("a.rs", lines(100_000, &|_| "}\n".into()), lines(90_000, &|_| "}\n".into()))),
        (
            "all lines different",
            change("a.rs", lines(100_000, &|i| line(i, "one")), lines(100_000, &|i| format!("// {}", line(i, "two")))),
        ),
        ("few lines in no order", change("a.rs", draw(1, 7, 60_000), draw(2, 7, 60_000))),
        ("many lines in no order", change("a.rs", draw(3, 20_000, 60_000), draw(4, 20_000, 60_000))),
        ("turned upside down", change("a.rs", lines(90_000, &|i| line(i, "limit")), reversed(90_000))),
        (
            "all indented",
            change("a.rs", lines(100_000, &|i| line(i, "x")), lines(100_000, &|i| format!("  {}", line(i, "x")))),
        ),
        ("1 MB on one line", one_line()),
    ]
}
