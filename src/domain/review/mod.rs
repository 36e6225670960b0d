//! What a set of changes comes to, told before the yes: how much, which dependencies, which places
//! to look at twice.
//!
//! It reads the changes alone. That it finds nothing is no praise of them.

mod dependencies;
mod infrastructure;
mod outside;

pub use dependencies::{Dependency, dependencies};
pub use infrastructure::stacks;
pub use outside::between;

use crate::domain::{
    change::Change,
    diff::Stats,
    path::RelPath,
    policy::sensitive::{self, Sensitive},
};

/// A set of changes in numbers and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files in all.
    pub files: usize,
    /// Those that there were not.
    pub created: usize,
    /// Those that there will not be.
    pub deleted: usize,
    /// Those that lie elsewhere.
    pub moved: usize,
    /// How many of all are submodules, or were.
    pub submodules: usize,
    /// Lines added and removed.
    pub lines: Stats,
    /// Dependencies that come, go or change, manifest by manifest.
    pub dependencies: Vec<(RelPath, Dependency)>,
    /// Manifests whose dependencies could not be read, and why.
    pub unread: Vec<(RelPath, String)>,
    /// Places to look at twice.
    pub sensitive: Vec<(RelPath, Sensitive)>,
}

/// Files, and the lines in them from 1; no lines where it is about a whole file.
pub type Places<'a> = Vec<(&'a RelPath, Vec<u32>)>;

/// Reasons of one kind that are told apart.
pub const REASONS: usize = 12;

/// Places to look at twice, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// What and why, of the first of them.
    pub found: &'a Sensitive,
    /// How many reasons of the kind are told as one here; none where it is the one of `found`.
    pub more: usize,
    /// Where.
    pub at: Places<'a>,
}

impl Summary {
    /// Reads a set.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut out = Self::default();
        changes.into_iter().for_each(|change| out.add(&Self::one(change, change.stats())));
        out
    }

    /// Reads one change, whose lines were counted.
    pub fn one(change: &Change, lines: Stats) -> Self {
        let mut out = Self { files: 1, lines, ..Self::default() };
        match (&change.from, &change.before, &change.after) {
            (Some(_), ..) => out.moved = 1,
            (None, None, Some(_)) => out.created = 1,
            (None, Some(_), None) => out.deleted = 1,
            (None, ..) => {}
        }
        out.submodules = usize::from(change.is_submodule());
        match dependencies(change) {
            Ok(found) => out.dependencies.extend(found.into_iter().map(|d| (change.path.clone(), d))),
            Err(why) => out.unread.push((change.path.clone(), why)),
        }
        out.sensitive.extend(sensitive::in_change(change).into_iter().map(|s| (change.path.clone(), s)));
        out
    }

    /// Takes in what other changes come to.
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.created += other.created;
        self.deleted += other.deleted;
        self.moved += other.moved;
        self.submodules += other.submodules;
        self.lines.added += other.lines.added;
        self.lines.removed += other.lines.removed;
        self.dependencies.extend_from_slice(&other.dependencies);
        self.unread.extend_from_slice(&other.unread);
        self.sensitive.extend_from_slice(&other.sensitive);
    }

    /// Places to look at twice, the worst first: those for one reason together. A kind with more than
    /// [`REASONS`] has the rest of them in one, so that none hides another.
    pub fn places(&self) -> Vec<Told<'_>> {
        let mut out: Vec<Told<'_>> = Vec::new();
        let mut known = hashbrown::HashMap::<(&str, &str), usize>::new();
        for (path, found) in &self.sensitive {
            let at = *known.entry((&found.what, &found.why)).or_insert(out.len());
            if at == out.len() {
                out.push(Told { found, more: 0, at: Vec::new() });
            }
            let Some(told) = out.get_mut(at) else { continue };
            match told.at.last_mut().filter(|(last, _)| *last == path) {
                Some((_, lines)) => lines.extend(found.line),
                None => told.at.push((path, Vec::from_iter(found.line))),
            }
        }
        out.sort_by_key(|told| told.found.rank());
        let mut kinds = hashbrown::HashMap::<&str, (usize, usize)>::new();
        let mut few: Vec<Told<'_>> = Vec::with_capacity(out.len());
        for told in out {
            let (reasons, last) = kinds.entry(&told.found.what).or_default();
            *reasons += 1;
            match few.get_mut(*last).filter(|_| *reasons > REASONS + 1) {
                Some(rest) => {
                    rest.more += 1;
                    rest.at.extend(told.at);
                }
                None => {
                    *last = few.len();
                    few.push(told);
                }
            }
        }
        for rest in few.iter_mut().filter(|told| told.more > 0) {
            rest.more += 1;
            // Which line is for which reason stands under each file.
            rest.at.iter_mut().for_each(|(_, lines)| lines.clear());
            rest.at.sort();
            rest.at.dedup();
        }
        few
    }

    /// Files that were there and stay.
    pub fn changed(&self) -> usize {
        self.files.saturating_sub(self.created + self.deleted + self.moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::FileState;

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let state = |s: Option<&str>| s.map(FileState::regular);
        Change { path: RelPath::parse(path).unwrap(), from: None, before: state(before), after: state(after) }
    }

    #[test]
    fn a_set_is_told_in_numbers_and_names() {
        let manifest = |deps: &str| format!("{{\"dependencies\": {{{deps}}}}}\n");
        let (old, new) = (manifest("\"sharp\": \"^0.32.0\""), manifest("\"sharp\": \"^0.33.0\", \"p-map\": \"7\""));
        let moved = Change { from: Some(RelPath::parse("b").unwrap()), ..change("c", Some("x\n"), Some("x\n")) };
        let set = [
            change("src/a.rs", None, Some("one\ntwo\n")),
            change("old.rs", Some("one\n"), None),
            moved,
            change("package.json", Some(&old), Some(&new)),
            change("go.mod", Some("module x\n"), Some("module x\nrequire (\n")),
            change("broken/package.json", None, Some("{")),
        ];
        let summary = Summary::of(&set);
        let kinds = (summary.files, summary.created, summary.deleted, summary.moved, summary.changed());
        assert_eq!(kinds, (6, 2, 1, 1, 2));
        assert_eq!(summary.lines, Stats { added: 5, removed: 2 });
        let told: Vec<String> = summary.dependencies.iter().map(|(path, d)| format!("{path}: {d}")).collect();
        assert_eq!(told, ["package.json: p-map new 7", "package.json: sharp ^0.32.0 → ^0.33.0"]);
        assert_eq!(summary.unread.len(), 1, "{:?}", summary.unread);
        let places: Vec<_> = summary.places().into_iter().map(|t| (t.found.what.as_str(), t.at.len())).collect();
        assert_eq!(places, [("deletion", 1), ("dependencies", 3), ("rename", 1)], "the worst first");
        let what: Vec<&str> = summary.sensitive.iter().map(|(_, s)| s.what.as_str()).collect();
        assert_eq!(what, ["deletion", "rename", "dependencies", "dependencies", "dependencies"]);
    }
    #[test]
    fn many_places_of_one_kind_bury_no_other() {
        let mut set: Vec<Change> = (0..100).map(|n| change(&format!("many/f{n:03}.ts"), Some("x\n"), None)).collect();
        let renamed = |n: usize| Change {
            from: Some(RelPath::parse(&format!("old/{n}")).unwrap()),
            ..change(&format!("new/{n}"), Some("x\n"), Some("x\n"))
        };
        set.extend((0..50).map(renamed));
        let link = |n: usize| {
            Some(crate::domain::change::FileState {
                mode: crate::domain::change::Mode::Symlink,
                ..FileState::regular(format!("t{n}"))
            })
        };
        set.extend((0..50).map(|n| Change { after: link(n), ..change(&format!("link/{n}"), None, None) }));
        set.push(change("z.ts", None, Some("a\u{202e}b\n")));
        let summary = Summary::of(&set);
        let places: Vec<_> = summary.places().iter().map(|t| (t.found.what.as_str(), t.at.len(), t.more)).collect();
        let wanted = [("hidden text", 1, 0), ("symbolic link", 50, 0), ("deletion", 100, 0), ("rename", 50, 0)];
        assert_eq!(places, wanted);
        // Reasons that are many by their nature are told as one in the end.
        let sensitive = |n: usize| {
            (RelPath::parse(&format!("f{}", n % 7)).unwrap(), Sensitive::new(Some(1), "wider right", n.to_string()))
        };
        let many = Summary { sensitive: (0..100).map(sensitive).collect(), ..Summary::default() };
        let places = many.places();
        assert_eq!(places.len(), REASONS + 1);
        assert_eq!((places[REASONS].more, places[REASONS].at.len()), (100 - REASONS, 7));
        assert!(places[..REASONS].iter().all(|t| t.more == 0 && t.at.len() == 1));
    }
}
