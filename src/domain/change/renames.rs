//! Files that moved, found among files that went and files that came: by their content, as git finds them.
//!
//! It says how a set is best shown. What is committed, explained and put back goes by single paths, and a pair
//! counts for both of them there.
//!
//! Always holds: every path of the set is in what comes out exactly once, as the place of a change or as where
//! it lay before; what lies below `.kiro` and what lies elsewhere are never a pair. The work is bounded.

use std::collections::{BTreeMap, HashMap};

use super::{Change, FileState, Mode};
use crate::domain::{digest::Digest, path::RelPath};

/// The part of the larger file, in percent, that must be in both.
const ALIKE: usize = 50;

/// Bytes of all files that are compared by their lines; what is beyond is paired only where it is the same.
const BYTES: usize = 4 * 1024 * 1024;

/// Lines looked up in all of it.
const LOOKS: usize = 1 << 20;

/// The set with each file that moved as one change, in the order of the set.
pub fn paired(set: &[&Change]) -> Vec<Change> {
    let gone = |c: &Change| c.from.is_none() && c.after.is_none() && c.before.as_ref().is_some_and(can_move);
    let come = |c: &Change| c.from.is_none() && c.before.is_none() && c.after.as_ref().is_some_and(can_move);
    let pick = |fits: &dyn Fn(&Change) -> bool| set.iter().copied().filter(|c| fits(c)).collect::<Vec<_>>();
    let (gone, come) = (pick(&gone), pick(&come));
    let mut found = Pairs::default();
    if !gone.is_empty() && !come.is_empty() {
        found.same(&gone, &come);
        found.alike(&gone, &come);
    }
    let went = |path: &RelPath| found.0.values().any(|from| from.path == *path);
    let one = |change: &&Change| match found.0.get(&change.path) {
        Some(from) => Some(Change { from: Some(from.path.clone()), before: from.before.clone(), ..(*change).clone() }),
        None => (change.from.is_some() || change.after.is_some() || !went(&change.path)).then(|| (*change).clone()),
    };
    set.iter().filter_map(one).collect()
}

/// Nothing is told by two empty files being the same; a submodule is no file.
fn can_move(state: &FileState) -> bool {
    state.mode != Mode::Submodule && !state.bytes.is_empty()
}

fn mode(change: &Change) -> Option<Mode> {
    change.before.as_ref().or(change.after.as_ref()).map(|s| s.mode)
}

/// Files that came, by path, and what went for them.
#[derive(Default)]
struct Pairs<'a>(BTreeMap<RelPath, &'a Change>);

impl<'a> Pairs<'a> {
    fn is_free(&self, from: &Change) -> bool {
        !self.0.values().any(|known| known.path == from.path)
    }

    fn put(&mut self, come: &Change, from: &'a Change) {
        self.0.insert(come.path.clone(), from);
    }

    /// Those that are the same, byte for byte; among several the one of the same name.
    fn same(&mut self, gone: &[&'a Change], come: &[&Change]) {
        let mut by_digest: HashMap<Digest, Vec<&'a Change>> = HashMap::new();
        for change in gone {
            let digest = change.before.as_ref().map(FileState::digest);
            digest.into_iter().for_each(|digest| by_digest.entry(digest).or_default().push(change));
        }
        // Those whose name stays choose first.
        for named in [true, false] {
            for change in come.iter().filter(|c| !self.0.contains_key(&c.path)).copied().collect::<Vec<_>>() {
                let Some(all) = change.after.as_ref().and_then(|s| by_digest.get_mut(&s.digest())) else { continue };
                let fits = |from: &&Change| {
                    from.path.is_kiro() == change.path.is_kiro() && (!named || from.path.name() == change.path.name())
                };
                if let Some(at) = all.iter().position(fits) {
                    self.put(change, all.remove(at));
                }
            }
        }
    }

    /// Those that have enough lines in common, the most alike first.
    fn alike(&mut self, gone: &[&'a Change], come: &[&Change]) {
        let plain = |c: &&Change| matches!(mode(c), Some(Mode::Regular | Mode::Executable));
        let gone: Vec<&'a Change> = gone.iter().copied().filter(|c| self.is_free(c)).filter(plain).collect();
        let come: Vec<&Change> = come.iter().copied().filter(|c| !self.0.contains_key(&c.path)).filter(plain).collect();
        let (mut bytes, mut looks) = (BYTES, LOOKS);
        let old: Vec<_> = gone.iter().map(|c| Lines::within(&mut bytes, c.before.as_ref())).collect();
        let new: Vec<_> = come.iter().map(|c| Lines::within(&mut bytes, c.after.as_ref())).collect();
        let mut found: Vec<(usize, bool, usize, usize)> = Vec::new();
        for (i, (from, old)) in gone.iter().zip(&old).enumerate() {
            for (j, (to, new)) in come.iter().zip(&new).enumerate() {
                let (Some(old), Some(new)) = (old, new) else { continue };
                if from.path.is_kiro() != to.path.is_kiro() || !old.may_be(new) {
                    continue;
                }
                let Some(left) = looks.checked_sub(old.counts.len().min(new.counts.len())) else { continue };
                looks = left;
                let percent = old.common(new).saturating_mul(100) / old.bytes.max(new.bytes).max(1);
                if percent >= ALIKE {
                    found.push((percent, from.path.name() == to.path.name(), i, j));
                }
            }
        }
        found.sort_by_key(|(percent, named, i, j)| (std::cmp::Reverse((*percent, *named)), *i, *j));
        for (_, _, i, j) in found {
            let (Some(from), Some(to)) = (gone.get(i).copied(), come.get(j)) else { continue };
            if self.is_free(from) && !self.0.contains_key(&to.path) {
                self.put(to, from);
            }
        }
    }
}

/// The lines of a file and how often each is there.
struct Lines<'a> {
    counts: HashMap<&'a [u8], usize>,
    bytes: usize,
}

impl<'a> Lines<'a> {
    /// Nothing where it is too large for what is left.
    fn within(left: &mut usize, state: Option<&'a FileState>) -> Option<Self> {
        let bytes: &[u8] = &state?.bytes;
        *left = left.checked_sub(bytes.len())?;
        let mut counts = HashMap::new();
        bytes.split_inclusive(|b| *b == b'\n').for_each(|line| *counts.entry(line).or_default() += 1);
        Some(Self { counts, bytes: bytes.len() })
    }

    /// False where their sizes alone tell that they are not alike.
    fn may_be(&self, other: &Self) -> bool {
        self.bytes.min(other.bytes).saturating_mul(100) >= self.bytes.max(other.bytes).saturating_mul(ALIKE)
    }

    /// Bytes of the lines that are in both.
    fn common(&self, other: &Self) -> usize {
        let (few, many) = if self.counts.len() <= other.counts.len() { (self, other) } else { (other, self) };
        let shared = |(line, n): (&&[u8], &usize)| line.len() * many.counts.get(line).map_or(0, |m| *m.min(n));
        few.counts.iter().map(shared).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
        let state = |s: Option<&str>| s.map(FileState::regular);
        Change { path: RelPath::parse(path).unwrap(), from: None, before: state(before), after: state(after) }
    }

    fn told(set: &[Change]) -> Vec<String> {
        let all: Vec<&Change> = set.iter().collect();
        let from = |c: &Change| c.from.as_ref().map_or_else(String::new, |f| format!("{f} → "));
        paired(&all).iter().map(|c| format!("{}{}", from(c), c.path)).collect()
    }

    #[test]
    fn a_file_that_moved_is_one_change_with_both_its_places() {
        let text: String = (0..20).map(|n| format!("line {n}\n")).collect();
        let edited = text.replace("line 7", "line seven");
        let set = [
            change("a.js", Some("x\n"), Some("y\n")),
            change("new.js", None, Some(&edited)),
            change("old.js", Some(&text), None),
        ];
        assert_eq!(told(&set), ["a.js", "old.js → new.js"]);
        let all: Vec<&Change> = set.iter().collect();
        let moved = paired(&all).remove(1);
        assert_eq!((moved.before, moved.after), (set[2].before.clone(), set[1].after.clone()));
    }

    #[test]
    fn what_is_the_same_goes_before_what_is_alike_and_the_name_decides_between_equals() {
        let set = [
            change("a/one.js", Some("same\nlines\n"), None),
            change("a/two.js", Some("same\nlines\n"), None),
            change("b/other.js", None, Some("same\nlines\n")),
            change("b/two.js", None, Some("same\nlines\n")),
        ];
        assert_eq!(told(&set), ["a/one.js → b/other.js", "a/two.js → b/two.js"]);
        let set = [
            change("gone", Some("1\n2\n3\n4\n"), None),
            change("like", None, Some("1\n2\n3\n5\n")),
            change("same", None, Some("1\n2\n3\n4\n")),
        ];
        assert_eq!(told(&set), ["like", "gone → same"]);
    }

    #[test]
    fn what_has_little_in_common_is_no_move() {
        assert_eq!(told(&[change("a", Some("1\n2\n3\n"), None), change("b", None, Some("1\n8\n9\n"))]), ["a", "b"]);
        assert_eq!(told(&[change("a", Some(""), None), change("b", None, Some(""))]), ["a", "b"], "both are empty");
        let kiro = ".kiro/specs/x/design.md";
        assert_eq!(told(&[change(kiro, None, Some("1\n")), change("b", Some("1\n"), None)]), [kiro, "b"]);
        let mut link = change("b", None, Some("a"));
        link.after.as_mut().unwrap().mode = Mode::Symlink;
        assert_eq!(told(&[change("a", Some("a"), None), link]), ["a", "b"], "a link is another kind of thing");
    }

    proptest! {
        #[test]
        fn no_path_is_lost_and_none_is_there_twice(
            files in prop::collection::btree_map("[a-d]/[a-d]", (0..3_usize, "[xy\n]{0,6}"), 0..10),
        ) {
            let make = |(path, (kind, text)): (&String, &(usize, String))| match kind {
                0 => change(path, Some(text), None),
                1 => change(path, None, Some(text)),
                _ => change(path, Some("q"), Some(text)),
            };
            let set: Vec<Change> = files.iter().map(make).collect();
            let all: Vec<&Change> = set.iter().collect();
            let out = paired(&all);
            let paths: Vec<&RelPath> = out.iter().flat_map(|c| c.from.iter().chain([&c.path])).collect();
            prop_assert_eq!(paths.len(), set.len());
            prop_assert_eq!(paths.into_iter().collect::<BTreeSet<_>>(), set.iter().map(|c| &c.path).collect());
            let before = |path: &RelPath| set.iter().find(|c| c.path == *path).and_then(|c| c.before.clone());
            prop_assert!(out.iter().all(|c| c.before == before(c.from.as_ref().unwrap_or(&c.path))));
        }
    }
}
