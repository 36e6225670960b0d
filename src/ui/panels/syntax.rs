//! Colours of source code, found in the background.
//!
//! [`paint`] answers at once: with the colours when they are known, else with nothing, and has them
//! made by a thread of its own. [`generation`] grows when more are known, and [`more_known`] wakes.
//!
//! Always holds: the caller never waits; work for one file is bounded by [`LARGEST`] and [`LONGEST`].

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Sender, channel},
    },
};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};
use tokio::sync::Notify;

use crate::{config::theme::Role, domain::digest::Digest};

/// For each line of a text the parts that have a role, in order.
pub(super) type Painted = Arc<Vec<Vec<(Range<usize>, Role)>>>;

/// Larger texts stay plain, in bytes.
const LARGEST: usize = 400 * 1024;
/// Longer lines stay plain, in bytes.
const LONGEST: usize = 2_000;
/// Texts that are remembered.
const KEPT: usize = 64;

struct Job {
    key: Digest,
    name: String,
    text: String,
}

#[derive(Default)]
struct Store {
    /// `None` while it is being made.
    known: HashMap<Digest, Option<Painted>>,
    order: Vec<Digest>,
}

static WORKER: OnceLock<Option<Sender<Job>>> = OnceLock::new();
static STORE: OnceLock<Mutex<Store>> = OnceLock::new();
static GENERATION: AtomicU64 = AtomicU64::new(0);
static NEWS: Notify = Notify::const_new();

/// A number that grows when colours of source code have become known.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Relaxed)
}

/// Waits until more colours are known than when it was last waited for: then a frame is worth drawing.
pub async fn more_known() {
    NEWS.notified().await;
}

/// The colours of a file's text, if they are known by now.
pub(super) fn paint(path: &str, bytes: &[u8]) -> Option<Painted> {
    if bytes.is_empty() || bytes.len() > LARGEST {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let name = path.rsplit('/').next().unwrap_or(path);
    let key = Digest::of_fields([name.as_bytes(), bytes]);
    let mut store = STORE.get_or_init(Mutex::default).lock().ok()?;
    if let Some(known) = store.known.get(&key) {
        return known.clone();
    }
    let worker = WORKER.get_or_init(start).as_ref()?;
    worker.send(Job { key, name: name.to_owned(), text: text.to_owned() }).ok()?;
    if store.order.len() >= KEPT {
        let oldest = store.order.remove(0);
        store.known.remove(&oldest);
    }
    store.known.insert(key, None);
    store.order.push(key);
    None
}

fn start() -> Option<Sender<Job>> {
    let (send, receive) = channel::<Job>();
    let work = move || {
        let set = two_face::syntax::extra_newlines();
        while let Ok(job) = receive.recv() {
            let painted = Arc::new(lines(&set, &job.name, &job.text));
            if let Ok(mut store) = STORE.get_or_init(Mutex::default).lock()
                && let Some(place) = store.known.get_mut(&job.key)
            {
                *place = Some(painted);
                GENERATION.fetch_add(1, Ordering::Relaxed);
                NEWS.notify_one();
            }
        }
    };
    std::thread::Builder::new().name("syntax".into()).spawn(work).ok()?;
    Some(send)
}

/// The roles of every line of a text.
fn lines(set: &SyntaxSet, name: &str, text: &str) -> Vec<Vec<(Range<usize>, Role)>> {
    let extension = match name.rsplit_once('.').map_or(name, |(_, e)| e) {
        // Endings that say how a file is loaded and not what it is written in.
        "mjs" | "cjs" => "js",
        "mts" | "cts" => "ts",
        other => other,
    };
    let first = || set.find_syntax_by_first_line(text.lines().next().unwrap_or_default());
    let found = set.find_syntax_by_extension(name).or_else(|| set.find_syntax_by_extension(extension)).or_else(first);
    let Some(syntax) = found else { return Vec::new() };
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut roles: HashMap<Scope, Option<Role>> = HashMap::new();
    let mut out = Vec::new();
    for line in text.split_inclusive('\n') {
        let mut parts: Vec<(Range<usize>, Role)> = Vec::new();
        if line.len() <= LONGEST
            && let Ok(ops) = state.parse_line(line, set)
        {
            let mut at = 0;
            let end = line.trim_end_matches(['\n', '\r']).len();
            for (to, op) in ops.iter().map(|(i, op)| (end.min(*i), Some(op))).chain([(end, None)]) {
                if to > at {
                    let role = stack.as_slice().iter().rev().find_map(|scope| {
                        *roles.entry(*scope).or_insert_with(|| Role::of_scope(&scope.build_string()))
                    });
                    match (role, parts.last_mut()) {
                        (Some(role), Some((range, last))) if *last == role && range.end == at => range.end = to,
                        (Some(role), _) => parts.push((at..to, role)),
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
        out.push(parts);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(paint("a.rs", " ".repeat(LARGEST + 1).as_bytes()).is_none());
    }
}
