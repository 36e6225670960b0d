//! Which parts of a change are taken: lines, hunks, the file as a whole.
//!
//! A selection is data over one change. What comes of it, [`selected`], is a new [`Change`] with a
//! digest of its own, and passes the gate as such.
//!
//! Always holds: all taken is the change's after side, nothing taken its before side, byte for byte;
//! whatever was taken, [`rest`] leads from there to the after side. Of what is undivided all is taken or
//! nothing.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Change, FileState,
    header::{Header, is_undivided},
    picked::Picked,
};
use crate::domain::diff::{End, FileDiff, LineRef, Row, RowKind, Stats};

/// How much of something is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Taken {
    /// Nothing of it.
    None,
    /// Some of it.
    Part,
    /// All of it.
    All,
}

impl Taken {
    fn of(taken: usize, all: usize) -> Self {
        match taken {
            0 => Self::None,
            n if n == all => Self::All,
            _ => Self::Part,
        }
    }
}

/// What is taken of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// What is no line; see [`Header::whole`].
    whole: bool,
    /// Old lines that may go, by index from 0.
    removed: Picked,
    /// New lines that may come, by index from 0.
    added: Picked,
}

impl Selection {
    /// Nothing is taken.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything is taken.
    pub fn all(header: &Header) -> Self {
        let mut all = Self::none();
        all.set_file(header, true);
        all
    }

    /// Takes or leaves everything.
    pub fn set_file(&mut self, header: &Header, take: bool) {
        self.whole = header.whole && take;
        self.put(rows(header, 0..usize::MAX), take);
    }

    /// Takes or leaves what is no line: path, mode, a binary file. Does nothing where there is no
    /// such thing.
    pub fn set_whole(&mut self, header: &Header, take: bool) {
        match header.undivided {
            true => self.set_file(header, take),
            false => self.whole = header.whole && take,
        }
    }

    /// Takes or leaves a hunk, by its index.
    pub fn set_hunk(&mut self, header: &Header, hunk: usize, take: bool) {
        self.set(header, hunk_rows(header, hunk), take);
    }

    /// Takes or leaves rows, by their indices: both sides of each.
    pub fn set_rows(&mut self, header: &Header, range: Range<usize>, take: bool) {
        self.set(header, range, take);
    }

    /// Takes or leaves the old side of a row alone.
    pub fn set_left(&mut self, header: &Header, row: usize, take: bool) {
        if header.undivided {
            return self.set_rows(header, row..row.saturating_add(1), take);
        }
        self.removed.set(rows(header, row..row.saturating_add(1)).iter().filter_map(left), take);
    }

    /// Takes or leaves the new side of a row alone.
    pub fn set_right(&mut self, header: &Header, row: usize, take: bool) {
        if header.undivided {
            return self.set_rows(header, row..row.saturating_add(1), take);
        }
        self.added.set(rows(header, row..row.saturating_add(1)).iter().filter_map(right), take);
    }

    /// How much of the whole change is taken.
    pub fn file(&self, header: &Header) -> Taken {
        let (taken, all) = self.count(rows(header, 0..usize::MAX));
        Taken::of(taken + usize::from(self.whole && header.whole), all + usize::from(header.whole))
    }

    /// How many added and removed lines are taken.
    pub fn lines(&self, header: &Header) -> Stats {
        let rows = rows(header, 0..usize::MAX);
        let removed = self.removed.count(rows.iter().filter_map(left));
        Stats { added: self.added.count(rows.iter().filter_map(right)), removed }
    }

    /// True when what is no line is taken.
    pub fn whole(&self) -> bool {
        self.whole
    }

    /// True when an old line, by its index, may go.
    pub fn takes_removed(&self, line: usize) -> bool {
        self.removed.contains(line)
    }

    /// True when a new line, by its index, may come.
    pub fn takes_added(&self, line: usize) -> bool {
        self.added.contains(line)
    }

    /// How much of a hunk is taken.
    pub fn hunk(&self, header: &Header, hunk: usize) -> Taken {
        let (taken, all) = self.count(rows(header, hunk_rows(header, hunk)));
        Taken::of(taken, all)
    }

    /// How much of a row is taken; [`Taken::None`] for an unchanged one.
    pub fn row(&self, header: &Header, row: usize) -> Taken {
        let (taken, all) = self.count(rows(header, row..row.saturating_add(1)));
        Taken::of(taken, all)
    }

    /// Takes or leaves rows; of what is undivided any of them stands for all.
    fn set(&mut self, header: &Header, range: Range<usize>, take: bool) {
        match rows(header, range) {
            [] => {}
            _ if header.undivided => self.set_file(header, take),
            rows => self.put(rows, take),
        }
    }

    fn put(&mut self, rows: &[Row], take: bool) {
        self.removed.set(rows.iter().filter_map(left), take);
        self.added.set(rows.iter().filter_map(right), take);
    }

    /// Lines taken and lines changed.
    fn count(&self, rows: &[Row]) -> (usize, usize) {
        let all = rows.iter().filter_map(left).count() + rows.iter().filter_map(right).count();
        let taken = self.removed.count(rows.iter().filter_map(left)) + self.added.count(rows.iter().filter_map(right));
        (taken, all)
    }

    /// What was taken and what was not, in words for the agent. Line numbers of removed lines are
    /// those before the change, of added lines those of the proposal.
    pub fn describe(&self, header: &Header) -> String {
        let path = &header.path;
        match self.file(header) {
            Taken::All => return format!("{path}: all of the change was taken."),
            Taken::None => return format!("{path}: nothing of the change was taken."),
            Taken::Part => {}
        }
        let mut out = format!("{path}: the change was taken in part.");
        if header.whole {
            let taken = if self.whole { "taken" } else { "not taken" };
            out.push_str(&format!("\n- path, mode or existence of the file: {taken}"));
        }
        for hunk in header.diff.iter().flat_map(|d| d.hunks.iter()) {
            let rows = rows(header, hunk.rows.clone());
            let lines = |take: bool| {
                let pick = |side: fn(&Row) -> Option<usize>, set: &Picked| {
                    spans(rows.iter().filter_map(side).filter(|line| set.contains(*line) == take))
                };
                let (gone, come) = (pick(left, &self.removed), pick(right, &self.added));
                let parts = [("removed lines", gone), ("added lines", come)];
                let parts = parts.iter().filter(|(_, spans)| !spans.is_empty());
                parts.map(|(what, spans)| format!("{what} {spans}")).collect::<Vec<_>>().join(", ")
            };
            let words = match self.hunk(header, hunk.index) {
                Taken::All => format!("taken ({})", lines(true)),
                Taken::None => format!("not taken ({})", lines(false)),
                Taken::Part => format!("taken: {}; not taken: {}", lines(true), lines(false)),
            };
            out.push_str(&format!("\n- hunk {}: {words}", hunk.index + 1));
        }
        out
    }
}

/// The change that does only what is taken. When nothing is, it [`Change::is_empty`].
pub fn selected(change: &Change, selection: &Selection) -> Change {
    if is_undivided(change) {
        return if selection.whole { change.clone() } else { refused(change) };
    }
    let header = Header::of(change, 0);
    let whole = selection.whole && header.whole;
    let Some(diff) = &header.diff else {
        return if whole { change.clone() } else { refused(change) };
    };
    let side = |state: &Option<FileState>| state.as_ref().map(|s| s.bytes.to_vec()).unwrap_or_default();
    let (old, new) = (side(&change.before), side(&change.after));
    let bytes = merged(&old, &new, diff, selection);
    let after = match (&change.before, &change.after) {
        (None, None) => None,
        // Of a new file there is nothing but its lines to take; it exists once one is taken.
        (None, Some(after)) => {
            let exists = if diff.rows.is_empty() { whole } else { !bytes.is_empty() };
            exists.then(|| FileState { mode: after.mode, ..FileState::regular(bytes) })
        }
        (Some(before), None) => {
            let gone = if diff.rows.is_empty() { whole } else { bytes.is_empty() };
            (!gone).then(|| FileState { mode: before.mode, ..FileState::regular(bytes) })
        }
        (Some(before), Some(after)) => {
            let mode = if whole { after.mode } else { before.mode };
            Some(FileState { mode, ..FileState::regular(bytes) })
        }
    };
    let place = if whole { change.clone() } else { refused(change) };
    Change { path: place.path, from: place.from, before: change.before.clone(), after }
}

/// What is left of a change after [`selected`] was applied.
pub fn rest(change: &Change, selection: &Selection) -> Change {
    let done = selected(change, selection);
    let from = (done.path != change.path).then_some(done.path);
    Change { path: change.path.clone(), from, before: done.after, after: change.after.clone() }
}

/// Nothing taken: the file stays where and as it was.
fn refused(change: &Change) -> Change {
    let path = change.from.as_ref().unwrap_or(&change.path).clone();
    Change { path, from: None, before: change.before.clone(), after: change.before.clone() }
}

fn merged(old: &[u8], new: &[u8], diff: &FileDiff, selection: &Selection) -> Vec<u8> {
    let crlf =
        diff.old.iter().chain(diff.new.iter()).find(|l| l.end != End::Missing).is_some_and(|l| l.end == End::CrLf);
    let mut out = Vec::with_capacity(new.len());
    let mut emit = |line: Option<LineRef>, bytes: &[u8]| {
        let Some(line) = line else { return };
        // A last line without an end is no longer last when lines after it are taken or kept.
        if out.last().is_some_and(|b| *b != b'\n') {
            out.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
        }
        out.extend_from_slice(bytes.get(line.whole()).unwrap_or_default());
    };
    for row in &diff.rows {
        let (old_line, new_line) = (diff.left(row), diff.right(row));
        if row.kind == RowKind::Equal {
            emit(old_line, old);
            continue;
        }
        emit(old_line.filter(|l| !selection.removed.contains(l.number - 1)), old);
        emit(new_line.filter(|l| selection.added.contains(l.number - 1)), new);
    }
    out
}

fn hunk_rows(header: &Header, hunk: usize) -> Range<usize> {
    header.diff.as_ref().and_then(|d| d.hunks.get(hunk)).map_or(0..0, |h| h.rows.clone())
}

fn rows(header: &Header, range: Range<usize>) -> &[Row] {
    let rows = header.diff.as_ref().map_or(&[][..], |d| &d.rows);
    rows.get(range.start..range.end.min(rows.len())).unwrap_or_default()
}

/// Index of the old line, in a changed row.
fn left(row: &Row) -> Option<usize> {
    row.left().filter(|_| row.kind != RowKind::Equal)
}

/// Index of the new line, in a changed row.
fn right(row: &Row) -> Option<usize> {
    row.right().filter(|_| row.kind != RowKind::Equal)
}

/// Indices from 0 as numbers from 1: `2-4, 7`.
fn spans(lines: impl Iterator<Item = usize>) -> String {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for line in lines.map(|l| l + 1) {
        match out.last_mut() {
            Some(last) if last.1 + 1 == line => last.1 = line,
            _ => out.push((line, line)),
        }
    }
    let words = out.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::{Mode, submodule},
        diff::OpKind,
        path::RelPath,
    };
    use proptest::prelude::*;

    fn change(before: Option<&str>, after: Option<&str>) -> Change {
        let state = |s: Option<&str>| s.map(FileState::regular);
        Change { path: RelPath::parse("a").unwrap(), from: None, before: state(before), after: state(after) }
    }

    fn text(change: &Change) -> Option<String> {
        change.after.as_ref().map(|a| String::from_utf8_lossy(&a.bytes).into_owned())
    }

    #[test]
    fn a_hunk_is_taken_without_the_other() {
        let old: String = (1..=20).map(|i| format!("line {i}\n")).collect();
        let new = old.replace("line 3\n", "line three\n").replace("line 17\n", "line seventeen\nmore\n");
        let change = change(Some(&old), Some(&new));
        let header = Header::of(&change, 3);
        let mut selection = Selection::none();
        selection.set_hunk(&header, 1, true);
        assert_eq!((selection.hunk(&header, 0), selection.hunk(&header, 1)), (Taken::None, Taken::All));
        assert_eq!(selection.file(&header), Taken::Part);
        assert_eq!(text(&selected(&change, &selection)), Some(old.replace("line 17\n", "line seventeen\nmore\n")));
        assert_eq!(
            selection.describe(&header),
            "a: the change was taken in part.\n\
             - hunk 1: not taken (removed lines 3, added lines 3)\n\
             - hunk 2: taken (removed lines 17, added lines 17-18)"
        );
        let added = header.diff.as_ref().unwrap().rows.iter().position(|r| r.kind == RowKind::Added).unwrap();
        selection.set_rows(&header, added..added + 1, false);
        assert_eq!(selection.hunk(&header, 1), Taken::Part);
        assert_eq!(selection.lines(&header), Stats { added: 1, removed: 1 });
        assert_eq!(text(&selected(&change, &selection)), Some(old.replace("line 17\n", "line seventeen\n")));
        assert!(
            selection
                .describe(&header)
                .ends_with("- hunk 2: taken: removed lines 17, added lines 17; not taken: added lines 18")
        );
        selection.set_left(&header, 16, false);
        selection.set_right(&header, added, true);
        assert_eq!(
            text(&selected(&change, &selection)),
            Some(old.replace("line 17\n", "line 17\nline seventeen\nmore\n"))
        );
    }

    #[test]
    fn lines_are_never_glued_together() {
        let change = change(Some("a\nb"), Some("a\nx\ny\n"));
        let header = Header::of(&change, 3);
        let mut selection = Selection::all(&header);
        for row in 0..3 {
            selection.set_left(&header, row, false);
        }
        assert_eq!(text(&selected(&change, &selection)).as_deref(), Some("a\nb\nx\ny\n"));
    }

    #[test]
    fn path_and_mode_are_judged_beside_the_lines() {
        let path = |p| RelPath::parse(p).unwrap();
        let mut moved = change(Some("a\nb\n"), Some("a\nc\n"));
        moved.from = Some(path("old"));
        moved.after.as_mut().unwrap().mode = Mode::Executable;
        let header = Header::of(&moved, 3);
        let mut lines = Selection::none();
        lines.set_hunk(&header, 0, true);
        assert_eq!(lines.file(&header), Taken::Part);
        let result = selected(&moved, &lines);
        assert_eq!(
            (result.path.clone(), result.from.clone(), text(&result)),
            (path("old"), None, Some("a\nc\n".into()))
        );
        assert_eq!(result.after.as_ref().unwrap().mode, Mode::Regular);
        assert!(lines.describe(&header).contains("path, mode or existence of the file: not taken"));
        let left = rest(&moved, &lines);
        assert_eq!((left.from, left.before, left.after), (Some(path("old")), result.after, moved.after.clone()));
        let mut whole = Selection::none();
        whole.set_whole(&header, true);
        let result = selected(&moved, &whole);
        assert_eq!(
            (result.path.clone(), result.from.clone(), text(&result)),
            (path("a"), Some(path("old")), Some("a\nb\n".into()))
        );
        assert_eq!(result.after.unwrap().mode, Mode::Executable);
    }

    #[test]
    fn files_without_lines_are_taken_whole() {
        for change in [
            change(None, Some("")),
            change(Some(""), None),
            change(Some("a\0"), Some("b\0")),
            change(Some("a\0"), None),
        ] {
            let header = Header::of(&change, 3);
            assert_eq!(selected(&change, &Selection::all(&header)), change);
            assert!(selected(&change, &Selection::none()).is_empty(), "{change:?}");
            assert_eq!(Selection::all(&header).file(&header), Taken::All);
        }
    }

    fn odd_text() -> impl Strategy<Value = Option<String>> {
        let line = prop::sample::select(vec!["", "a", "b", "a b", "let é = 図;", "}", "\u{202e}", "x\ry"]);
        let end = prop::sample::select(vec!["\n", "\r\n"]);
        let lines = prop::collection::vec((line, end), 0..14);
        prop::option::weighted(
            0.9,
            (lines, any::<bool>()).prop_map(|(lines, finished)| {
                let mut text: String = lines.iter().flat_map(|(l, e)| [*l, *e]).collect();
                if !finished && text.ends_with('\n') {
                    text.pop();
                }
                text
            }),
        )
    }

    /// A file of any kind, or none.
    fn odd_state() -> impl Strategy<Value = Option<FileState>> {
        let mode = prop::sample::select(vec![Mode::Regular, Mode::Regular, Mode::Executable, Mode::Symlink]);
        let odd = prop::sample::select(vec![&b"a\0b"[..], b"caf\xe9\nb\n", b"", b"a", b"\xff\xfe"]);
        let bytes =
            prop_oneof![odd_text().prop_map(|t| t.unwrap_or_default().into_bytes()), odd.prop_map(<[u8]>::to_vec)];
        let file = (bytes, mode).prop_map(|(bytes, mode)| FileState { mode, ..FileState::regular(bytes) });
        let commit = "[12]".prop_map(|digit| submodule::state(&digit.repeat(40), false, &[]));
        prop::option::weighted(0.9, prop_oneof![6 => file, 1 => commit])
    }

    proptest! {
        #[test]
        fn whatever_a_file_was_and_will_be_its_bytes_are_those_of_one_side_or_of_its_lines(
            before in odd_state(), after in odd_state(), picks in prop::collection::vec((0..4_u8, 0..12_usize, any::<bool>()), 0..20)
        ) {
            let change = Change { path: RelPath::parse("a").unwrap(), from: None, before, after };
            prop_assume!(change.before != change.after);
            let header = Header::of(&change, 3);
            prop_assert_eq!(&selected(&change, &Selection::all(&header)), &change);
            prop_assert_eq!(&selected(&change, &Selection::none()).after, &change.before);
            let mut some = Selection::none();
            for (what, at, take) in picks {
                match what {
                    0 => some.set_left(&header, at, take),
                    1 => some.set_right(&header, at, take),
                    2 => some.set_hunk(&header, at, take),
                    _ => some.set_whole(&header, take),
                }
            }
            let taken = selected(&change, &some);
            if header.undivided {
                prop_assert_ne!(some.file(&header), Taken::Part);
                let wanted = if some.file(&header) == Taken::All { &change.after } else { &change.before };
                prop_assert_eq!(&taken.after, wanted);
            }
            prop_assert_eq!(&selected(&rest(&change, &some), &Selection::all(&Header::of(&rest(&change, &some), 3))).after, &change.after);
            prop_assert_eq!(header.diff.map_or_else(Default::default, |d| d.stats), change.stats());
        }

        #[test]
        fn taking_all_none_and_some(before in odd_text(), after in odd_text(), picks in prop::collection::vec(any::<bool>(), 40)) {
            let change = change(before.as_deref(), after.as_deref());
            let header = Header::of(&change, 3);
            prop_assert_eq!(&selected(&change, &Selection::all(&header)), &change);
            prop_assert_eq!(selected(&change, &Selection::none()).after, change.before.clone());

            let mut some = Selection::none();
            for (row, pick) in picks.iter().enumerate() {
                match row % 3 {
                    0 => some.set_left(&header, row, *pick),
                    1 => some.set_right(&header, row, *pick),
                    _ => some.set_rows(&header, row..row + 1, *pick),
                }
            }
            some.set_whole(&header, picks[0]);
            let rest = rest(&change, &some);
            prop_assert_eq!(&rest.before, &selected(&change, &some).after);
            let all = Selection::all(&Header::of(&rest, 3));
            prop_assert_eq!(selected(&rest, &all).after, change.after);
            let again: Selection = serde_json::from_str(&serde_json::to_string(&some).unwrap()).unwrap();
            prop_assert_eq!(again, some);
        }

        #[test]
        fn whole_blocks_are_old_or_new(before in odd_text(), after in odd_text(), picks in prop::collection::vec(any::<bool>(), 40)) {
            // Told by the operations instead of the rows. With ends everywhere nothing is inserted.
            let finish = |t: Option<String>| { let t = t.unwrap_or_default(); if t.is_empty() || t.ends_with('\n') { t } else { t + "\n" } };
            let (old, new) = (finish(before), finish(after));
            let change = change(Some(&old), Some(&new));
            let header = Header::of(&change, 0);
            let diff = header.diff.as_ref().unwrap();
            let mut selection = Selection::none();
            let mut expected = String::new();
            for (i, op) in diff.ops.iter().enumerate() {
                let take = op.kind != OpKind::Equal && picks[i % picks.len()];
                for (row, r) in diff.rows.iter().enumerate() {
                    let within = |side: Option<usize>, range: &Range<usize>| side.is_some_and(|l| range.contains(&l));
                    if within(r.left(), &op.old) || within(r.right(), &op.new) {
                        selection.set_rows(&header, row..row + 1, take);
                    }
                }
                let (lines, range) = if take { (&diff.new, op.new.clone()) } else { (&diff.old, op.old.clone()) };
                let side = if take { &new } else { &old };
                expected.extend(range.map(|at| &side[lines.get(at).unwrap().whole()]));
            }
            prop_assert_eq!(text(&selected(&change, &selection)), Some(expected));
        }
    }
}
