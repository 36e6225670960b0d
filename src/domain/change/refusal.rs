//! What a developer does not accept of a change that is already made, in words for the agent: which
//! file, which lines, and how they read.
//!
//! Always holds: it names every line that is not accepted and no other.

use std::ops::Range;

use super::{
    Change, FileState,
    header::Header,
    select::{Selection, Taken},
};
use crate::domain::diff::{FileDiff, Row, RowKind};

/// Lines quoted of one stretch; the numbers tell all of them.
const QUOTED: usize = 3;
/// Stretches named of one file; what is more than that is best refused as a whole.
const STRETCHES: usize = 40;
/// Longest quoted line, in characters.
const LONGEST: usize = 160;

/// What of a change is not accepted; nothing when all is.
pub fn refusal(change: &Change, header: &Header, selection: &Selection) -> Option<String> {
    let path = &change.path;
    match selection.file(header) {
        Taken::All => return None,
        Taken::None => return Some(format!("- {path}: nothing of this change is accepted")),
        Taken::Part => {}
    }
    let mut out = format!("- {path}: accepted, but for");
    if header.whole && !selection.whole() {
        out.push_str("\n  - that it is created, deleted, moved or changes its mode");
    }
    let Some(diff) = &header.diff else { return Some(out) };
    let mut named = 0;
    for (old, new) in stretches(diff, header, selection) {
        named += 1;
        if named > STRETCHES {
            out.push_str("\n  - and more stretches like these");
            break;
        }
        let sides = [("removed", &old, &change.before, &diff.old), ("added", &new, &change.after, &diff.new)];
        let words: Vec<String> = sides
            .into_iter()
            .filter(|(_, lines, ..)| !lines.is_empty())
            .map(|(what, lines, state, all)| {
                let quoted: Vec<String> = lines.clone().take(QUOTED).map(|at| quote(state, all, at)).collect();
                let more = if lines.len() > QUOTED { " …" } else { "" };
                format!("{what} {}: {}{more}", numbers(lines), quoted.join(" / "))
            })
            .collect();
        out.push_str(&format!("\n  - {}", words.join("; ")));
    }
    Some(out)
}

/// Neighbouring lines that are not accepted: old ones that shall not have gone, new ones that shall
/// not have come.
fn stretches(diff: &FileDiff, header: &Header, selection: &Selection) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut out, mut open) = (Vec::new(), false);
    let (mut old_at, mut new_at) = (0, 0);
    for (index, row) in diff.rows.iter().enumerate() {
        let (left, right) = sides(row);
        (old_at, new_at) = (left.unwrap_or(old_at), right.unwrap_or(new_at));
        if row.kind == RowKind::Equal || selection.row(header, index) == Taken::All {
            open = false;
        } else {
            if !open {
                out.push((old_at..old_at, new_at..new_at));
                open = true;
            }
            if let Some((old, new)) = out.last_mut() {
                widen(old, left.filter(|at| !selection.takes_removed(*at)));
                widen(new, right.filter(|at| !selection.takes_added(*at)));
            }
        }
        (old_at, new_at) = (left.map_or(old_at, |l| l + 1), right.map_or(new_at, |r| r + 1));
    }
    out
}

fn widen(range: &mut Range<usize>, at: Option<usize>) {
    if let Some(at) = at {
        let start = if range.start >= range.end { at } else { range.start };
        *range = start..at + 1;
    }
}

/// Indices of a row's lines, from 0.
fn sides(row: &Row) -> (Option<usize>, Option<usize>) {
    (row.left(), row.right())
}

fn numbers(lines: &Range<usize>) -> String {
    if lines.len() == 1 {
        format!("line {}", lines.start + 1)
    } else {
        format!("lines {}-{}", lines.start + 1, lines.end)
    }
}

fn quote(state: &Option<FileState>, lines: &crate::domain::diff::Lines, at: usize) -> String {
    let bytes = state.as_ref().map_or(&[][..], |s| &*s.bytes);
    let text = String::from_utf8_lossy(lines.text(bytes, at));
    let text: String = text.trim().chars().take(LONGEST).collect();
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::path::RelPath;

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        let state = |s: Option<&str>| s.map(FileState::regular);
        Change { path: RelPath::parse("a.rs").unwrap(), from: None, before: state(before), after: state(after) }
    }

    #[test]
    fn what_is_not_accepted_is_named_with_its_lines() {
        let old: String = (1..=20).map(|i| format!("line {i}\n")).collect();
        let new = old.replace("line 3\n", "line three\n").replace("line 17\n", "line seventeen\nmore\n");
        let change = change(Some(&old), Some(&new));
        let header = Header::of(&change, 3);
        let mut selection = Selection::all(&header);
        assert_eq!(refusal(&change, &header, &selection), None);
        selection.set_hunk(&header, 0, false);
        let told = "- a.rs: accepted, but for\n  - removed line 3: `line 3`; added line 3: `line three`";
        assert_eq!(refusal(&change, &header, &selection).as_deref(), Some(told));
        let added = header.diff.as_ref().unwrap().rows.iter().position(|r| r.kind == RowKind::Added).unwrap();
        selection.set_rows(&header, added..added + 1, false);
        let told = format!("{told}\n  - added line 18: `more`");
        assert_eq!(refusal(&change, &header, &selection), Some(told));
        selection.set_file(&header, false);
        let told = "- a.rs: nothing of this change is accepted";
        assert_eq!(refusal(&change, &header, &selection).as_deref(), Some(told));
    }

    #[test]
    fn a_long_stretch_is_quoted_by_its_beginning() {
        let new: String = (1..=9).map(|i| format!("new {i}\n")).collect();
        let change = change(Some("first\n"), Some(&format!("first\n{new}last\n")));
        let header = Header::of(&change, 3);
        let mut selection = Selection::all(&header);
        selection.set_rows(&header, 1..10, false);
        let told = "- a.rs: accepted, but for\n  - added lines 2-10: `new 1` / `new 2` / `new 3` …";
        assert_eq!(refusal(&change, &header, &selection).as_deref(), Some(told));
    }

    fn odd_text() -> impl Strategy<Value = String> {
        let line =
            prop::sample::select(vec!["", "a", "b", "a b", "\tlet é = 図;", "}", "lines 3-9", "`; added line 1: `"]);
        let end = prop::sample::select(vec!["\n", "\r\n"]);
        (prop::collection::vec((line, end), 0..20), any::<bool>()).prop_map(|(lines, finished)| {
            let mut text: String = lines.iter().flat_map(|(l, e)| [*l, *e]).collect();
            if !finished && text.ends_with('\n') {
                text.pop();
            }
            text
        })
    }

    /// The numbers that the words name, from 1: `removed lines 3-4: …; added line 2: …`.
    fn named(told: &str) -> (Vec<usize>, Vec<usize>) {
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        for line in told.lines().filter_map(|l| l.strip_prefix("  - ")) {
            let first = line.split_once(' ').unwrap().0;
            let mut parts = vec![(first.to_owned(), line.to_owned())];
            // Quoted lines may hold anything: what comes after is told from the numbers alone.
            if first == "removed"
                && let Some(at) = line.rfind("; added line")
            {
                parts.push(("added".to_owned(), line[at + 2..].to_owned()));
            }
            for (what, words) in parts {
                let numbers = words.split(' ').nth(2).unwrap().trim_end_matches(':').to_owned();
                let (from, to) = numbers.split_once('-').unwrap_or((&numbers, &numbers));
                let all = from.parse::<usize>().unwrap()..=to.parse().unwrap();
                if what == "removed" { removed.extend(all) } else { added.extend(all) }
            }
        }
        (removed, added)
    }

    proptest! {
        #[test]
        fn every_line_that_is_not_accepted_is_named_and_no_other(
            before in odd_text(),
            after in odd_text(),
            picks in prop::collection::vec(any::<bool>(), 1..30),
        ) {
            let change = change(Some(&before), Some(&after));
            let header = Header::of(&change, 3);
            let mut selection = Selection::none();
            for row in 0..60 {
                selection.set_rows(&header, row..row + 1, picks[row % picks.len()]);
            }
            let told = refusal(&change, &header, &selection);
            prop_assert_eq!(told.is_none(), selection.file(&header) == Taken::All);
            let told = told.unwrap_or_default();
            if selection.file(&header) == Taken::Part && !told.contains("`; added line 1: `") {
                let rows = &header.diff.as_ref().unwrap().rows;
                let changed = rows.iter().filter(|r| r.kind != RowKind::Equal);
                let lines = |side: fn(&Row) -> Option<usize>, taken: &dyn Fn(usize) -> bool| {
                    changed.clone().filter_map(side).filter(|at| !taken(*at)).map(|at| at + 1).collect::<Vec<_>>()
                };
                let removed = lines(Row::left, &|at| selection.takes_removed(at));
                let added = lines(Row::right, &|at| selection.takes_added(at));
                prop_assert_eq!(named(&told), (removed, added), "{}", told);
            }
        }
    }
}
