//! The files of the set under review: as a tree of folders, and by what is typed of their names.

use std::collections::BTreeSet;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{Entry, Group, Target};
use crate::{
    config::theme::Role,
    domain::change::select::Taken,
    ui::panels::{
        FileMark,
        tree::{Branch, tree},
    },
};

pub(super) const FILES: Group = Group { title: "Files", columns: &["lines", "read", "comments"] };

/// All files, each by its whole path.
pub(super) fn flat(marks: &[FileMark]) -> Vec<Entry> {
    let files = tree(marks, &BTreeSet::new()).into_iter().filter(|b| b.file.is_some());
    files.map(|branch| entry(&branch, branch.path.clone())).collect()
}

/// Folders and files, but for what is folded away.
pub(super) fn folders(marks: &[FileMark], folded: &BTreeSet<String>) -> Vec<Entry> {
    let line = |branch: &Branch| {
        let fold = match (&branch.file, branch.folded) {
            (Some(_), _) => "  ",
            (None, true) => "▸ ",
            (None, false) => "▾ ",
        };
        entry(branch, format!("{}{fold}{}", "  ".repeat(branch.depth), branch.name))
    };
    tree(marks, folded).iter().map(line).collect()
}

fn entry(branch: &Branch, text: String) -> Entry {
    let (read, of) = branch.read;
    let shown = match (&branch.file, read == of) {
        (_, true) => "✓ read".to_owned(),
        (Some(_), false) => String::new(),
        (None, false) => format!("{read}/{of} read"),
    };
    let taken = branch.taken.map(|taken| match taken {
        Taken::All => "all of it",
        Taken::Part => "a part of it",
        Taken::None => "nothing of it",
    });
    let now = match (&branch.file, read == of) {
        (Some(_), true) => "yes, as it is now".to_owned(),
        (Some(_), false) => "not yet".to_owned(),
        (None, _) => format!("{read} of {of} files, as they are now"),
    };
    let what = if branch.file.is_some() { "file" } else { "folder" };
    Entry {
        group: &FILES,
        mark: match branch.taken {
            Some(Taken::All) => ("x", Role::Ok),
            Some(Taken::Part) => ("-", Role::Warn),
            Some(Taken::None) | None => (" ", Role::Warn),
        },
        name: String::new(),
        text,
        facts: vec![
            branch.lines.map_or_else(|| "⠹".to_owned(), |(added, removed)| format!("+{added} −{removed}")),
            shown,
            if branch.remarks == 0 { String::new() } else { format!("● {}", branch.remarks) },
        ],
        detail: std::iter::once((what, branch.path.clone()))
            .chain(taken.map(|taken| ("taken", taken.to_owned())))
            .chain(std::iter::once(("read", now)))
            .chain(branch.lines.is_none().then(|| ("lines", "still being compared".to_owned())))
            .collect(),
        target: match &branch.file {
            Some(path) => Target::File(path.clone(), None),
            None => Target::Folder(branch.path.clone()),
        },
        comment: None,
        thing: None,
    }
}

/// The entries that fit what is typed letter by letter, the best first.
pub(super) fn fuzzy<'a>(entries: &'a [Entry], filter: &str) -> Vec<&'a Entry> {
    let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
    let pattern = Pattern::parse(filter, CaseMatching::Smart, Normalization::Smart);
    let mut buffer = Vec::new();
    let scored = entries.iter().filter_map(|entry| {
        let score = pattern.score(Utf32Str::new(&entry.text, &mut buffer), &mut matcher)?;
        Some((score, entry))
    });
    let mut scored: Vec<(u32, &Entry)> = scored.collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}
