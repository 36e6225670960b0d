//! Colours of source code, found in the background and only as far as they are looked at.
//!
//! A [`Paint`] is asked line by line. It answers at once: with the colours when they are known, else
//! with nothing, and has a thread of its own find them from the beginning of the text to a little
//! beyond that line. [`generation`] grows when more are known, and [`more_known`] wakes.
//!
//! Always holds: the caller never waits; work for one text is bounded by [`BOUND`] and [`LONGEST`];
//! nothing is done for a text that is no longer shown.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicU64, Ordering},
        mpsc::{Sender, channel},
    },
};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};
use tokio::sync::Notify;

use crate::config::theme::Role;

/// What lies beyond stays plain, in bytes.
pub(super) const BOUND: usize = 1024 * 1024;
/// Longer lines stay plain, in bytes.
const LONGEST: usize = 2_000;
/// What the name of a language begins with where there is no file. No file's name does.
const FENCE: &str = "```";
/// Lines that are coloured beyond the one that was asked for.
const AHEAD: usize = 300;
/// Lines coloured before another text has its turn.
const TURN: usize = 512;

/// Part of a line that has a role. Small, since there are many.
type Piece = (u16, u16, Role);

/// What is known of a text by now.
#[derive(Default)]
struct Known {
    pieces: Vec<Piece>,
    /// Where the pieces of each line end.
    ends: Vec<usize>,
    /// Lines that were asked for.
    wanted: usize,
    /// The worker has it.
    queued: bool,
    /// No more will be known.
    done: bool,
    /// How the next line is to be read, and where it begins.
    state: Option<(ParseState, ScopeStack)>,
    at: usize,
}

/// Where a text's bytes lie.
pub(super) type Source = Arc<dyn AsRef<[u8]> + Send + Sync>;

struct Text {
    name: String,
    bytes: Source,
    known: Mutex<Known>,
}

/// The colours of a text.
#[derive(Clone)]
pub(super) struct Paint(Arc<Text>);

impl std::fmt::Debug for Paint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Paint({})", self.0.name)
    }
}

static WORKER: OnceLock<Option<Sender<Weak<Text>>>> = OnceLock::new();
static GENERATION: AtomicU64 = AtomicU64::new(0);
static NEWS: Notify = Notify::const_new();

/// A number that grows when colours of source code have become known.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Tells that more is known: a frame is worth drawing.
pub(super) fn announce() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    NEWS.notify_one();
}

/// Waits until more colours are known than when it was last waited for: then a frame is worth drawing.
pub async fn more_known() {
    NEWS.notified().await;
}

impl Paint {
    /// For code in a language, by the name that a fence has.
    pub(super) fn of_code(language: &str, code: &str) -> Option<Self> {
        let name = format!("{FENCE}{}", language.trim_matches(['{', '}', '.']));
        Self::of(&name, Arc::new(code.as_bytes().to_vec()))
    }

    /// For a file's text; nothing for what is not text.
    pub(super) fn of(path: &str, bytes: Source) -> Option<Self> {
        let text = (*bytes).as_ref();
        if text.is_empty() || std::str::from_utf8(text).is_err() {
            return None;
        }
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        Some(Self(Arc::new(Text { name, bytes, known: Mutex::default() })))
    }

    /// True when part of the text lies beyond what is coloured.
    pub(super) fn is_bounded(&self) -> bool {
        (*self.0.bytes).as_ref().len() > BOUND
    }

    /// The parts of a line, from 0, that have a role, in order; nothing while they are not known.
    pub(super) fn line(&self, index: usize) -> Option<Vec<(Range<usize>, Role)>> {
        let mut known = self.0.known.lock().ok()?;
        if let Some(end) = known.ends.get(index).copied() {
            let start = index.checked_sub(1).and_then(|i| known.ends.get(i).copied()).unwrap_or(0);
            let pieces = known.pieces.get(start..end).unwrap_or_default();
            return Some(pieces.iter().map(|(a, b, role)| (usize::from(*a)..usize::from(*b), *role)).collect());
        }
        if known.done {
            return None;
        }
        known.wanted = known.wanted.max(index + AHEAD);
        if !known.queued {
            let worker = WORKER.get_or_init(start).as_ref()?;
            known.queued = worker.send(Arc::downgrade(&self.0)).is_ok();
        }
        None
    }
}

fn start() -> Option<Sender<Weak<Text>>> {
    let (send, receive) = channel::<Weak<Text>>();
    let again = send.clone();
    let work = move || {
        let set = two_face::syntax::extra_newlines();
        while let Ok(text) = receive.recv() {
            let Some(live) = text.upgrade() else { continue };
            if live.turn(&set) {
                // A text that is still wanted waits for its next turn behind the others.
                if again.send(text).is_err() {
                    break;
                }
            } else {
                announce();
            }
        }
    };
    std::thread::Builder::new().name("syntax".into()).spawn(work).ok()?;
    Some(send)
}

impl Text {
    /// Colours some lines; true when more are wanted.
    fn turn(&self, set: &SyntaxSet) -> bool {
        let Ok(mut known) = self.known.lock() else { return false };
        let (state, mut at) = (known.state.take(), known.at);
        // The screen asks while this goes on.
        drop(known);
        let text = std::str::from_utf8((*self.bytes).as_ref()).unwrap_or_default();
        let fresh = || syntax(set, &self.name, text).map(|s| (ParseState::new(s), ScopeStack::new()));
        let Some((mut parse, mut stack)) = state.or_else(fresh) else {
            return self.learn(Vec::new(), Vec::new(), None, at, true);
        };
        let mut roles: HashMap<Scope, Option<Role>> = HashMap::new();
        let (mut pieces, mut counts) = (Vec::new(), Vec::new());
        for line in text.get(at..).unwrap_or_default().split_inclusive('\n').take(TURN) {
            if at + line.len() > BOUND {
                return self.learn(pieces, counts, None, at, true);
            }
            let before = pieces.len();
            colour(line, &mut parse, &mut stack, set, &mut roles, &mut pieces);
            counts.push(pieces.len() - before);
            at += line.len();
        }
        self.learn(pieces, counts, Some((parse, stack)), at, at >= text.len())
    }

    fn learn(
        &self,
        pieces: Vec<Piece>,
        counts: Vec<usize>,
        state: Option<(ParseState, ScopeStack)>,
        at: usize,
        done: bool,
    ) -> bool {
        let Ok(mut known) = self.known.lock() else { return false };
        known.pieces.extend(pieces);
        for count in counts {
            let end = known.ends.last().copied().unwrap_or(0) + count;
            known.ends.push(end);
        }
        (known.state, known.at, known.done) = (state.filter(|_| !done), at, done);
        known.queued = !done && known.ends.len() < known.wanted;
        known.queued
    }
}

fn syntax<'a>(set: &'a SyntaxSet, name: &str, text: &str) -> Option<&'a SyntaxReference> {
    let extension = match name.rsplit_once('.').map_or(name, |(_, e)| e) {
        // Endings that say how a file is loaded and not what it is written in.
        "mjs" | "cjs" => "js",
        "mts" | "cts" => "ts",
        other => other,
    };
    let language = || set.find_syntax_by_token(name.strip_prefix(FENCE)?);
    let first = || set.find_syntax_by_first_line(text.lines().next().unwrap_or_default());
    language()
        .or_else(|| set.find_syntax_by_extension(name))
        .or_else(|| set.find_syntax_by_extension(extension))
        .or_else(first)
}

/// Adds the pieces of one line.
fn colour(
    line: &str,
    parse: &mut ParseState,
    stack: &mut ScopeStack,
    set: &SyntaxSet,
    roles: &mut HashMap<Scope, Option<Role>>,
    pieces: &mut Vec<Piece>,
) {
    if line.len() > LONGEST {
        return;
    }
    let Ok(ops) = parse.parse_line(line, set) else { return };
    let first = pieces.len();
    let mut at = 0;
    let end = line.trim_end_matches(['\n', '\r']).len();
    for (to, op) in ops.iter().map(|(i, op)| (end.min(*i), Some(op))).chain([(end, None)]) {
        if to > at {
            let role = stack
                .as_slice()
                .iter()
                .rev()
                .find_map(|scope| *roles.entry(*scope).or_insert_with(|| Role::of_scope(&scope.build_string())));
            let (from, until) = (u16::try_from(at).unwrap_or(u16::MAX), u16::try_from(to).unwrap_or(u16::MAX));
            let joined = pieces.len() > first;
            match (role, pieces.last_mut()) {
                (Some(role), Some((_, last, known))) if joined && *known == role && *last == from => *last = until,
                (Some(role), _) => pieces.push((from, until, role)),
                (None, _) => {}
            }
            at = to;
        }
        if let Some(op) = op {
            // A grammar that closes what it never opened leaves this line plain from here on.
            let _ = stack.apply(op);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paint(name: &str, text: &str) -> Paint {
        Paint::of(name, Arc::new(text.as_bytes().to_vec())).unwrap()
    }

    /// The colours of all lines, found here and now.
    fn lines(set: &SyntaxSet, name: &str, text: &str) -> Vec<Vec<(Range<usize>, Role)>> {
        let paint = paint(name, text);
        paint.0.known.lock().unwrap().wanted = usize::MAX;
        while paint.0.turn(set) {}
        (0..).map_while(|i| paint.line(i)).collect()
    }

    #[test]
    fn words_of_a_language_get_their_roles() {
        let set = two_face::syntax::extra_newlines();
        let text = "// note\nfn main() { let s = \"x\"; }\n";
        let painted = lines(&set, "a.rs", text);
        assert_eq!(painted[0], [(0..7, Role::SyntaxComment)]);
        let has = |word: &str, role| {
            let at = text.lines().nth(1).unwrap().find(word).unwrap();
            painted[1].iter().any(|(r, found)| r.contains(&at) && *found == role)
        };
        assert!(has("main", Role::SyntaxFunction) && has("\"x\"", Role::SyntaxString), "{painted:?}");
        assert!(lines(&set, "unknown.zzz", "plain\n").is_empty());
    }

    #[test]
    fn common_files_have_colours() {
        let set = two_face::syntax::extra_newlines();
        let names = [
            "a.js",
            "a.mjs",
            "a.cjs",
            "a.ts",
            "a.mts",
            "a.tsx",
            "a.py",
            "a.go",
            "a.java",
            "a.rb",
            "a.sh",
            "a.yaml",
            "a.json",
            "a.toml",
            "a.css",
            "a.html",
            "a.sql",
            "a.tf",
            "a.c",
            "a.cpp",
            "a.kt",
            "a.swift",
            "Dockerfile",
            "Makefile",
        ];
        let plain: Vec<&str> =
            names.into_iter().filter(|n| lines(&set, n, "x = \"a\" # 1\nFROM a\n").is_empty()).collect();
        assert!(plain.is_empty(), "{plain:?}");
    }

    #[test]
    fn long_lines_and_large_files_stay_plain() {
        let set = two_face::syntax::extra_newlines();
        let long = format!("let s = \"{}\";\nlet x = 1;\n", "a".repeat(LONGEST));
        let painted = lines(&set, "a.rs", &long);
        assert!(painted[0].is_empty() && !painted[1].is_empty());
        let text = "fn f() {}\n".repeat(BOUND / 10 + 50);
        assert_eq!(lines(&set, "a.rs", &text).len(), BOUND / 10);
        assert!(paint("a.rs", &text).is_bounded() && !paint("a.rs", "x").is_bounded());
    }

    #[test]
    fn only_what_is_looked_at_is_coloured_and_as_if_it_were_all() {
        let set = two_face::syntax::extra_newlines();
        let text = format!("/* open\n{}*/\nfn f() {{}}\n", "still a comment\n".repeat(3 * TURN));
        let paint = paint("a.rs", &text);
        paint.0.known.lock().unwrap().wanted = 1;
        assert!(!paint.0.turn(&set), "one turn is enough for one line");
        assert_eq!(paint.0.known.lock().unwrap().ends.len(), TURN);
        assert_eq!(paint.line(TURN - 1).unwrap(), [(0..15, Role::SyntaxComment)]);
        paint.0.known.lock().unwrap().wanted = usize::MAX;
        while paint.0.turn(&set) {}
        assert_eq!(paint.line(2 * TURN).unwrap(), [(0..15, Role::SyntaxComment)], "what was open stays open");
        assert!(paint.line(3 * TURN + 2).unwrap().iter().any(|(_, role)| *role == Role::SyntaxFunction));
    }
}
