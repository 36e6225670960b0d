//! What a change does to a file as a whole, beside its lines: the facts above a diff.
//!
//! It words nothing for the screen; a renderer does.
//!
//! Always holds: whatever the lines of a diff cannot show of a change is a [`Fact`] here, so that a
//! change without lines to show is never without words; of what will be there, whatever it was before,
//! the lines are shown, or size and digest, or the commit.

use std::sync::Arc;

use super::{Change, FileState, Mode, submodule::Submodule};
use crate::domain::{
    diff::{self, End, FileDiff, OpKind, Stats},
    digest::Digest,
    path::RelPath,
    prose::{Reads, Suspicion, suspicious_in},
};

/// How lines end in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ends {
    /// All `\n`.
    Lf,
    /// All `\r\n`.
    CrLf,
    /// Some of each.
    Mixed,
}

/// One fact about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// There was no such file.
    Created,
    /// There will be no such file.
    Deleted,
    /// It lay elsewhere.
    Renamed {
        /// Where.
        from: RelPath,
    },
    /// Its kind changes, or a new file is not a regular one.
    Mode {
        /// Before; `None` for a new file.
        before: Option<Mode>,
        /// After.
        after: Mode,
    },
    /// A symbolic link; the targets as text, lossy where they are not UTF-8.
    Link {
        /// Where it led, if it was one.
        before: Option<String>,
        /// Where it will lead, if it will be one.
        after: Option<String>,
    },
    /// A submodule: the commits of another repository, and what could be told of the way from one to the
    /// other.
    Submodule {
        /// Where it was, if it was one.
        before: Option<String>,
        /// Where it will be, if it will be one.
        after: Option<String>,
        /// Something inside is not committed there.
        dirty: bool,
        /// What came and went, a line each.
        told: Vec<String>,
    },
    /// Not text: sizes in bytes and digests are all there is to show.
    Binary {
        /// Before.
        before: Option<(usize, Digest)>,
        /// After.
        after: Option<(usize, Digest)>,
    },
    /// Text with bytes that are not UTF-8.
    NotUtf8,
    /// The line ends change throughout.
    Ends {
        /// Before.
        before: Ends,
        /// After.
        after: Ends,
    },
    /// The last line will have no line end.
    NoFinalNewline,
    /// The file is empty, or becomes so.
    Empty,
    /// Too large to compare line by line; see [`FileDiff::coarse`].
    Coarse,
}

/// The facts of a change and, where its lines can be shown, their difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the result lies.
    pub path: RelPath,
    /// What is so, the most telling first.
    pub facts: Vec<Fact>,
    /// True when something is to be judged beside lines: a new path or mode, a file that is created
    /// or deleted empty, or one that is judged as a whole.
    pub whole: bool,
    /// True when it is taken or left as one: half of a link and half of a file is neither. Its lines are
    /// shown all the same.
    pub undivided: bool,
    /// Places in lines that the change adds which a reviewer should look at twice, by the line
    /// numbers of the after side.
    pub suspicions: Vec<Suspicion>,
    /// Such places in lines that stay as they were.
    pub standing: Vec<Suspicion>,
    /// The lines; `None` where neither side has any to show. Shared with what draws them.
    pub diff: Option<Arc<FileDiff>>,
}

impl Header {
    /// Looks at a change, with `context` unchanged lines around each changed one.
    pub fn of(change: &Change, context: usize) -> Self {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let mut facts = Vec::new();
        match (before, after) {
            // Its own fact says so.
            _ if change.is_submodule() => {}
            (None, Some(_)) => facts.push(Fact::Created),
            (Some(_), None) => facts.push(Fact::Deleted),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if let Some(from) = &change.from {
            facts.push(Fact::Renamed { from: from.clone() });
        }
        if let Some(now) = after {
            let was = before.map(|b| b.mode);
            if was.unwrap_or_default() != now.mode && (was.is_some() || !change.is_submodule()) {
                facts.push(Fact::Mode { before: was, after: now.mode });
            }
        }
        let link = |s: &FileState| s.mode == Mode::Symlink;
        let either = |is: &dyn Fn(&FileState) -> bool| before.is_some_and(is) || after.is_some_and(is);
        if either(&link) {
            let target =
                |s: Option<&FileState>| s.filter(|s| link(s)).map(|s| String::from_utf8_lossy(&s.bytes).into_owned());
            facts.push(Fact::Link { before: target(before), after: target(after) });
        }
        let submodule = |s: &FileState| s.mode == Mode::Submodule;
        if either(&submodule) {
            let read = |s: Option<&'_ FileState>| s.and_then(Submodule::of).map(|s| s.short().to_owned());
            let now = after.and_then(Submodule::of);
            facts.push(Fact::Submodule {
                before: read(before),
                after: read(after),
                dirty: now.is_some_and(|s| s.dirty),
                told: now.iter().flat_map(Submodule::told).map(str::to_owned).collect(),
            });
        }
        if either(&|s| !submodule(s) && diff::is_binary(&s.bytes)) {
            let facts_of =
                |s: Option<&FileState>| s.filter(|s| !submodule(s)).map(|s| (s.bytes.len(), Digest::of(&*s.bytes)));
            facts.push(Fact::Binary { before: facts_of(before), after: facts_of(after) });
        }
        let (old, new) = change.sides();
        let undivided = is_undivided(change);
        let diff = match compared(change) {
            Compared::Nothing => {
                let (path, (suspicions, standing)) = (change.path.clone(), Default::default());
                return Self { path, facts, whole: true, undivided, suspicions, standing, diff: None };
            }
            Compared::Apart => FileDiff::apart(old, new, context),
            Compared::Lines => FileDiff::of(old, new, context),
        };
        if std::str::from_utf8(old).is_err() || std::str::from_utf8(new).is_err() {
            facts.push(Fact::NotUtf8);
        }
        if let (Some(before), Some(after)) = (ends(&diff.old), ends(&diff.new))
            && before != after
        {
            facts.push(Fact::Ends { before, after });
        }
        // A link's target never has one.
        if diff.new.last().is_some_and(|l| l.end == End::Missing) && !after.is_some_and(link) {
            facts.push(Fact::NoFinalNewline);
        }
        if after.or(before).is_some_and(|s| s.bytes.is_empty()) {
            facts.push(Fact::Empty);
        }
        if diff.coarse {
            facts.push(Fact::Coarse);
        }
        let added = |line: usize| {
            let at = diff.ops.partition_point(|op| op.new.end < line);
            diff.ops.get(at).is_some_and(|op| op.kind != OpKind::Equal && op.new.contains(&(line - 1)))
        };
        let text = String::from_utf8_lossy(new);
        let reads = Reads::of(change.path.as_str());
        let suspicions = suspicious_in(&text, reads, added);
        let standing = suspicious_in(&text, reads, |line| !added(line));
        let modes = before.zip(after).is_some_and(|(b, a)| b.mode != a.mode);
        let empty = before.is_some() != after.is_some() && diff.rows.is_empty();
        let whole = change.from.is_some() || modes || undivided || empty;
        Self { path: change.path.clone(), facts, whole, undivided, suspicions, standing, diff: Some(Arc::new(diff)) }
    }
}

impl Change {
    /// The bytes before and after; none where there is no file.
    pub fn bytes(&self) -> (&[u8], &[u8]) {
        fn bytes(state: &Option<FileState>) -> &[u8] {
            state.as_ref().map_or(&[], |s| &s.bytes)
        }
        (bytes(&self.before), bytes(&self.after))
    }

    /// [`Change::bytes`] whose lines are shown; none of what has no lines. It looks into both: what has a
    /// [`FileDiff`] already asks for the bytes, for that refers to nothing in the others.
    pub fn sides(&self) -> (&[u8], &[u8]) {
        fn lines<'a>(state: &Option<FileState>, bytes: &'a [u8]) -> &'a [u8] {
            state.as_ref().filter(|s| has_lines(s)).map_or(&[], |_| bytes)
        }
        let (old, new) = self.bytes();
        (lines(&self.before, old), lines(&self.after, new))
    }

    /// Bytes of both sides together, also of those that have no lines.
    pub fn size(&self) -> usize {
        [&self.before, &self.after].into_iter().flatten().map(|s| s.bytes.len()).sum()
    }

    /// Lines it adds and removes. Keeps no rows: what a list of many files needs.
    pub fn stats(&self) -> Stats {
        let (old, new) = self.sides();
        match compared(self) {
            Compared::Nothing => Stats::default(),
            Compared::Apart => Stats { added: diff::lines::split(new).len(), removed: diff::lines::split(old).len() },
            Compared::Lines => diff::count(old, new),
        }
    }
}

/// True for what can be shown line by line; a link's target is its line. A submodule is told by its commit.
fn has_lines(state: &FileState) -> bool {
    state.mode != Mode::Submodule && !diff::is_binary(&state.bytes)
}

/// True for a change that is taken or left as one: a side is a link, a submodule, or cannot be read.
pub(super) fn is_undivided(change: &Change) -> bool {
    [&change.before, &change.after].into_iter().flatten().any(|s| s.mode == Mode::Symlink || !has_lines(s))
}

/// How the lines of two sides are compared.
enum Compared {
    /// Neither side has lines.
    Nothing,
    /// They are lines of different things: all go, all come.
    Apart,
    /// Line by line.
    Lines,
}

fn compared(change: &Change) -> Compared {
    let states = || [&change.before, &change.after].into_iter().flatten();
    if states().count() > 0 && !states().any(has_lines) {
        return Compared::Nothing;
    }
    let links = states().all(|s| s.mode == Mode::Symlink && has_lines(s));
    if is_undivided(change) && !links { Compared::Apart } else { Compared::Lines }
}

fn ends(lines: &diff::Lines) -> Option<Ends> {
    let crlf = lines.iter().filter(|l| l.end == End::CrLf).count();
    let lf = lines.iter().filter(|l| l.end == End::Lf).count();
    match (lf, crlf) {
        (0, 0) => None,
        (_, 0) => Some(Ends::Lf),
        (0, _) => Some(Ends::CrLf),
        (_, _) => Some(Ends::Mixed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{change::submodule, prose::What};

    fn change(before: Option<FileState>, after: Option<FileState>) -> Change {
        Change { path: RelPath::parse("a").unwrap(), from: None, before, after }
    }

    #[test]
    fn what_lines_cannot_show_is_a_fact() {
        let text = |s: &str| Some(FileState::regular(s));
        let as_mode = |s: &str, mode| Some(FileState { mode, ..FileState::regular(s) });
        let facts = |before, after| Header::of(&change(before, after), 3).facts;
        assert_eq!(facts(None, text("")), [Fact::Created, Fact::Empty]);
        assert_eq!(facts(text("a\n"), None), [Fact::Deleted]);
        assert_eq!(
            facts(None, as_mode("a\n", Mode::Executable)),
            [Fact::Created, Fact::Mode { before: None, after: Mode::Executable }]
        );
        assert_eq!(facts(text("a\n"), text("a\nb")), [Fact::NoFinalNewline]);
        assert_eq!(facts(text("a\r\nb\r\n"), text("a\nb\n")), [Fact::Ends { before: Ends::CrLf, after: Ends::Lf }]);
        assert_eq!(
            facts(text("a\n"), as_mode("../b", Mode::Symlink)),
            [
                Fact::Mode { before: Some(Mode::Regular), after: Mode::Symlink },
                Fact::Link { before: None, after: Some("../b".into()) }
            ]
        );
        assert_eq!(facts(text("a\n"), Some(FileState::regular(b"caf\xe9 noir\n".to_vec()))), [Fact::NotUtf8]);
        let renamed = Change { from: Some(RelPath::parse("b").unwrap()), ..change(text("a\n"), text("a\n")) };
        assert_eq!(Header::of(&renamed, 3).facts, [Fact::Renamed { from: RelPath::parse("b").unwrap() }]);
    }

    #[test]
    fn a_submodule_is_told_by_its_commits_and_taken_whole() {
        let at = |digit: &str, told: &[String]| Some(submodule::state(&digit.repeat(40), false, told));
        let told = ["> a subject".to_owned()];
        let header = Header::of(&change(at("1", &[]), at("2", &told)), 3);
        let (before, after) = (Some("1".repeat(10)), Some("2".repeat(10)));
        assert_eq!(header.facts, [Fact::Submodule { before, after, dirty: false, told: told.to_vec() }]);
        assert!(header.whole && header.diff.is_none());
        let gone = Header::of(&change(at("1", &[]), None), 3).facts;
        let fact = Fact::Submodule { before: Some("1".repeat(10)), after: None, dirty: false, told: vec![] };
        assert_eq!(gone, [fact]);
        assert_eq!(change(None, at("1", &told)).stats(), Stats::default());
    }

    #[test]
    fn only_added_lines_are_suspected() {
        let before = Some(FileState::regular("old\u{202e}\n"));
        let after = Some(FileState::regular("new\u{200b}\nold\u{202e}\n"));
        let header = Header::of(&change(before, after), 3);
        assert_eq!(header.suspicions, [Suspicion { line: 1, col: 4, what: What::Invisible('\u{200b}') }]);
        assert_eq!(header.standing, [Suspicion { line: 2, col: 4, what: What::Bidi('\u{202e}') }]);
    }

    #[test]
    fn what_was_a_link_is_shown_and_suspected_by_its_lines() {
        let link = |target: &str| Some(FileState { mode: Mode::Symlink, ..FileState::regular(target) });
        let file = Some(FileState::regular("a\nif x\u{202e} {\n"));
        let header = Header::of(&change(link("a"), file.clone()), 3);
        let diff = header.diff.as_ref().unwrap();
        assert_eq!((diff.stats, change(link("a"), file).stats()), (diff.stats, Stats { added: 2, removed: 1 }));
        assert!(header.whole && header.undivided);
        assert_eq!(header.suspicions, [Suspicion { line: 2, col: 5, what: What::Bidi('\u{202e}') }]);
        let odd = Header::of(&change(link("a"), link("\u{200b}a")), 3);
        assert_eq!(odd.suspicions, [Suspicion { line: 1, col: 1, what: What::Invisible('\u{200b}') }]);
        // Text in place of what cannot be read, and the other way round.
        let (text, blob) = (Some(FileState::regular("a\n")), Some(FileState::regular("\0")));
        assert_eq!(change(blob.clone(), text.clone()).stats(), Stats { added: 1, removed: 0 });
        assert_eq!(change(text, blob).stats(), Stats { added: 0, removed: 1 });
    }

    #[test]
    fn a_binary_file_is_told_by_size_and_digest() {
        let header = Header::of(&change(None, Some(FileState::regular("a\0b"))), 3);
        assert_eq!(header.diff, None);
        assert_eq!(header.facts, [Fact::Created, Fact::Binary { before: None, after: Some((3, Digest::of("a\0b"))) }]);
    }
}
