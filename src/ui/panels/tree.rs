//! The files of a set as a tree: each folder with what lies in it, told together.
//!
//! It draws nothing. Always holds: every file is in the tree exactly once, below its folders, in the order
//! of the names; a folder that holds one folder and nothing else shares its line.

use std::collections::{BTreeMap, BTreeSet};

use super::FileMark;
use crate::domain::{change::select::Taken, path::RelPath};

/// A line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// How deep it lies.
    pub depth: usize,
    /// Its name; a folder's ends with `/`.
    pub name: String,
    /// The file, or none for a folder.
    pub file: Option<RelPath>,
    /// The folder's path, or the file's.
    pub path: String,
    /// True for a folder whose content is folded away.
    pub folded: bool,
    /// How much of it is accepted; none where the set is judged as a whole.
    pub taken: Option<Taken>,
    /// Files that were read, and files in all.
    pub read: (usize, usize),
    /// Lines added and removed; none while any of it is not compared.
    pub lines: Option<(usize, usize)>,
    /// Comments that are not sent.
    pub remarks: usize,
}

#[derive(Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    files: BTreeMap<&'a str, &'a FileMark>,
}

/// The lines of the tree; what lies in the `folded` folders is left out.
pub fn tree(marks: &[FileMark], folded: &BTreeSet<String>) -> Vec<Branch> {
    let mut root = Folder::default();
    for mark in marks {
        let path = mark.path.as_str();
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut at = &mut root;
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            at = at.folders.entry(part).or_default();
        }
        at.files.insert(name, mark);
    }
    let mut out = Vec::new();
    root.lines("", 0, folded, &mut out);
    out
}

/// What several are together.
fn joined(all: impl Iterator<Item = Option<Taken>>) -> Option<Taken> {
    all.reduce(|a, b| if a == b { a } else { a.and(b).and(Some(Taken::Part)) }).flatten()
}

impl<'a> Folder<'a> {
    fn all(&self) -> Vec<&'a FileMark> {
        let below = self.folders.values().flat_map(Folder::all);
        below.chain(self.files.values().copied()).collect()
    }

    fn lines(&self, path: &str, depth: usize, folded: &BTreeSet<String>, out: &mut Vec<Branch>) {
        for (name, folder) in &self.folders {
            let (mut name, mut folder) = (format!("{name}/"), folder);
            while let (1, true) = (folder.folders.len(), folder.files.is_empty()) {
                let Some((next, below)) = folder.folders.iter().next() else { break };
                name.push_str(&format!("{next}/"));
                folder = below;
            }
            let (path, all) = (format!("{path}{name}"), folder.all());
            let away = folded.contains(&path);
            let added = |sum: (usize, usize), m: &&FileMark| m.lines.map(|lines| (sum.0 + lines.0, sum.1 + lines.1));
            let lines = all.iter().try_fold((0, 0), added);
            out.push(Branch {
                depth,
                name,
                file: None,
                path: path.clone(),
                folded: away,
                taken: joined(all.iter().map(|m| m.taken)),
                read: (all.iter().filter(|m| m.reviewed).count(), all.len()),
                lines,
                remarks: all.iter().map(|m| m.remarks).sum(),
            });
            if !away {
                folder.lines(&path, depth + 1, folded, out);
            }
        }
        for (name, mark) in &self.files {
            out.push(Branch {
                depth,
                name: (*name).to_owned(),
                file: Some(mark.path.clone()),
                path: mark.path.to_string(),
                folded: false,
                taken: mark.taken,
                read: (usize::from(mark.reviewed), 1),
                lines: mark.lines,
                remarks: mark.remarks,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn mark(path: &str, taken: Taken, reviewed: bool) -> FileMark {
        let path = RelPath::parse(path).unwrap();
        FileMark { path, taken: Some(taken), reviewed, lines: Some((2, 1)), remarks: 0 }
    }

    #[test]
    fn a_folder_tells_what_lies_in_it() {
        let marks = [
            mark("src/ui/panels/a.rs", Taken::All, true),
            mark("src/ui/panels/b.rs", Taken::None, false),
            mark("src/ui/mod.rs", Taken::All, true),
            mark("README.md", Taken::All, false),
        ];
        let lines = |folded: &[&str]| -> Vec<String> {
            let folded = folded.iter().map(|f| (*f).to_owned()).collect();
            let line = |b: Branch| {
                let (taken, lines) = (b.taken.unwrap(), b.lines.unwrap());
                format!("{}{} {taken:?} {}/{} +{}", "  ".repeat(b.depth), b.name, b.read.0, b.read.1, lines.0)
            };
            tree(&marks, &folded).into_iter().map(line).collect()
        };
        let all = [
            "src/ui/ Part 2/3 +6",
            "  panels/ Part 1/2 +4",
            "    a.rs All 1/1 +2",
            "    b.rs None 0/1 +2",
            "  mod.rs All 1/1 +2",
            "README.md All 0/1 +2",
        ];
        assert_eq!(lines(&[]), all);
        assert_eq!(lines(&["src/ui/panels/"]), [all[0], all[1], all[4], all[5]]);
        assert_eq!(lines(&["src/ui/"]), [all[0], all[5]]);
    }

    #[test]
    fn a_folder_tells_no_more_than_is_known_of_what_lies_in_it() {
        let known = mark("src/a.rs", Taken::All, false);
        let of = |other: FileMark| {
            let folder = tree(&[known.clone(), other], &BTreeSet::new()).remove(0);
            (folder.taken, folder.lines)
        };
        let other = mark("src/b.rs", Taken::None, false);
        assert_eq!(of(other.clone()), (Some(Taken::Part), Some((4, 2))));
        assert_eq!(of(FileMark { taken: None, ..other.clone() }), (None, Some((4, 2))));
        assert_eq!(of(FileMark { lines: None, ..other }), (Some(Taken::Part), None));
    }

    proptest! {
        #[test]
        fn every_file_is_in_it_once(paths in prop::collection::btree_set("[ab]/[ab]/[a-c]|[ab]x/[a-c]|[c-e]", 0..12)) {
            let marks: Vec<FileMark> = paths.iter().map(|p| mark(p, Taken::All, false)).collect();
            let mut found: Vec<String> = tree(&marks, &BTreeSet::new()).into_iter().filter_map(|b| b.file.map(|f| f.to_string())).collect();
            found.sort();
            prop_assert_eq!(found, paths.into_iter().collect::<Vec<_>>());
        }
    }
}
