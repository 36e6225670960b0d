//! Mermaid blocks as diagrams of text, laid out in the background.
//!
//! [`drawn`] answers at once: with the diagram when it is there, else with nothing, and has it laid out
//! by a thread of its own; [`super::syntax::generation`] grows when it is. What the library cannot
//! draw, or not in the columns there are, stays as it is written.
//!
//! The library's layouts take long where many edges cross, and it may have loops without an end. No
//! thread can be stopped, so the program has a process lay them out that the kernel ends ([`lay_out_by`]);
//! the shape that is known never to end is not even tried.
//!
//! Always holds: the caller never waits; a diagram is cleaned and fits its columns; a fault or an
//! endless loop in the library costs the diagram and nothing else.

use std::{
    collections::{BTreeSet, HashMap},
    panic::catch_unwind,
    sync::{
        Arc, Mutex, OnceLock,
        mpsc::{Sender, channel},
    },
};

use super::syntax::announce;
use crate::domain::{
    digest::Digest,
    prose::{clean, expand_tabs, layout::TAB, width::width},
};

/// The lines of a diagram.
pub(super) type Lines = Arc<Vec<String>>;

/// What laying a diagram out came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Drawn {
    /// It is there.
    Lines(Lines),
    /// It would be, in so many columns.
    Needs(usize),
}

/// The name of the thread, whose faults are caught and are none of the terminal's.
pub const THREAD: &str = "diagrams";

/// Larger sources are not drawn, in bytes; nor diagrams of more lines.
const LARGEST: usize = 16 * 1024;
const TALLEST: usize = 400;
/// Columns in which a diagram that does not fit is measured.
const WIDEST: usize = 400;
/// Diagrams that are remembered.
const KEPT: usize = 64;

type Key = (Digest, usize);

#[derive(Default)]
struct Store {
    /// `None` while it is laid out, and where it could not be.
    known: HashMap<Key, Option<Drawn>>,
    order: Vec<Key>,
}

/// What lays a diagram out in so many columns, apart from this process.
pub type Painter = fn(&str, usize) -> Option<Vec<String>>;

static PAINTER: OnceLock<Painter> = OnceLock::new();
static WORKER: OnceLock<Option<Sender<(Key, String)>>> = OnceLock::new();
static STORE: OnceLock<Mutex<Store>> = OnceLock::new();

/// The diagram of a source in so many columns, if that is known by now.
pub(super) fn drawn(source: &str, columns: usize) -> Option<Drawn> {
    if source.len() > LARGEST {
        return None;
    }
    let key = (Digest::of(source), columns);
    let mut store = STORE.get_or_init(Mutex::default).lock().ok()?;
    if let Some(known) = store.known.get(&key) {
        return known.clone();
    }
    WORKER.get_or_init(start).as_ref()?.send((key, source.to_owned())).ok()?;
    if store.order.len() >= KEPT {
        let oldest = store.order.remove(0);
        store.known.remove(&oldest);
    }
    store.known.insert(key, None);
    store.order.push(key);
    None
}

/// From now on diagrams are laid out by this.
pub fn lay_out_by(painter: Painter) {
    // The first one stays: there is one program.
    let _ = PAINTER.set(painter);
}

fn start() -> Option<Sender<(Key, String)>> {
    let (send, receive) = channel::<(Key, String)>();
    let work = move || {
        while let Ok((key, source)) = receive.recv() {
            let painter = PAINTER.get().copied().unwrap_or(lay_out);
            let laid_out = |columns| {
                let lines = catch_unwind(|| painter(&source, columns)).ok().flatten();
                lines.and_then(|lines| fitting(lines, columns))
            };
            let needs = |lines: Vec<String>| Drawn::Needs(lines.iter().map(|l| width(l)).max().unwrap_or(0));
            let drawn = match laid_out(key.1) {
                Some(lines) => Some(Drawn::Lines(Arc::new(lines))),
                None => laid_out(WIDEST).map(needs),
            };
            if drawn.is_none() {
                continue;
            }
            if let Ok(mut store) = STORE.get_or_init(Mutex::default).lock()
                && let Some(place) = store.known.get_mut(&key)
            {
                *place = drawn;
                announce();
            }
        }
    };
    std::thread::Builder::new().name(THREAD.into()).spawn(work).ok()?;
    Some(send)
}

/// Lays a diagram out, here; nothing where it cannot be drawn or does not fit.
pub fn lay_out(source: &str, columns: usize) -> Option<Vec<String>> {
    if source.len() > LARGEST || is_endless(source) {
        return None;
    }
    let text = mermaid_text::render_with_width(source, Some(columns)).ok()?;
    fitting(text.trim_end().split('\n').map(str::to_owned).collect(), columns)
}

/// True where a group stands twice: the library goes round for ever in one that is inside itself.
fn is_endless(source: &str) -> bool {
    let mut seen = BTreeSet::new();
    let groups = source.split(['\n', ';']).filter_map(|l| l.trim_start().strip_prefix("subgraph"));
    groups.map(|rest| rest.split(['[', '%']).next().unwrap_or_default().trim()).any(|id| !seen.insert(id))
}

/// The lines as they can be drawn; nothing where they do not fit.
fn fitting(lines: Vec<String>, columns: usize) -> Option<Vec<String>> {
    let lines: Vec<String> = lines.iter().map(|l| expand_tabs(&clean(l.trim_end()), 0, TAB).into_owned()).collect();
    let lines: Vec<String> = lines.into_iter().skip_while(|l| l.is_empty()).collect();
    let fits = !lines.is_empty() && lines.len() <= TALLEST && lines.iter().all(|l| width(l) <= columns);
    fits.then_some(lines)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn flowcharts_and_sequences_are_drawn_with_all_that_they_name() {
        let flow = "graph LR\n  A[Upload] -->|s3 event| B{Image?}\n  B -->|yes| C[Resize]\n  B -->|no| D[Skip]\n";
        let lines = lay_out(flow, 100).unwrap().join("\n");
        for word in ["Upload", "s3 event", "Image?", "Resize", "Skip", "yes", "no"] {
            assert!(lines.contains(word), "{word}\n{lines}");
        }
        let sequence = "sequenceDiagram\n  participant U as User\n  participant S as Server\n  U->>S: GET /thumb\n  \
                        S-->>U: 200 OK\n";
        let lines = lay_out(sequence, 80).unwrap().join("\n");
        assert!(["User", "Server", "GET /thumb", "200 OK"].iter().all(|w| lines.contains(w)), "{lines}");
    }

    #[test]
    fn what_is_no_diagram_or_does_not_fit_is_none() {
        assert_eq!(lay_out("this is no diagram", 80), None);
        assert_eq!(lay_out("graph LR\n  A[a very long name of a node] --> B[another very long name]\n", 10), None);
        assert_eq!(drawn(&"x".repeat(LARGEST + 1), 80), None);
    }

    #[test]
    fn what_does_not_fit_says_in_how_many_columns_it_would() {
        let source = "graph LR\n  A[a long name of a node] --> B[another long name] --> C[and a third one]\n";
        let known = |columns| loop {
            match drawn(source, columns) {
                Some(drawn) => return drawn,
                None => std::thread::yield_now(),
            }
        };
        let Drawn::Needs(columns) = known(20) else { panic!("it fits") };
        assert!(columns > 20);
        assert!(matches!(known(columns), Drawn::Lines(_)));
    }

    #[test]
    fn a_group_within_itself_is_not_tried_and_others_are() {
        let inside = |id: &str| format!("graph LR\nsubgraph a\nsubgraph b\nsubgraph {id}\nx-->y\nend\nend\nend\n");
        assert_eq!(lay_out(&inside("a"), 80), None);
        assert!(lay_out(&inside("c"), 80).is_some());
        assert!(is_endless("graph LR\nsubgraph a[One]; subgraph a [Two]\n"));
        assert!(!is_endless("graph LR\nsubgraph a\nend\nsubgraph b\nend\n"));
    }

    proptest! {
        #[test]
        fn whatever_is_written_fits_is_clean_or_is_none(pieces in prop::collection::vec(prop::sample::select(vec![
            "graph LR\n", "flowchart TD\n", "sequenceDiagram\n", "A", "B", "[x]", "{y}", "((", "))", " --> ", " -.-> ", "|z|", "\n", "subgraph s\n",
            "end\n", "A->>B: hi\n", "loop x\n", "\u{1b}[31m", "図", "\u{202e}", "%%", ";", "&", "note over A: b\n", "\t", ":::c",
        ]), 0..30), columns in 8usize..90) {
            let source = pieces.concat();
            // A fault of the library is caught by the thread; here it is none of ours.
            if let Ok(Some(lines)) = std::panic::catch_unwind(|| lay_out(&source, columns)) {
                prop_assert!(lines.iter().all(|l| width(l) <= columns && !l.chars().any(char::is_control)));
            }
        }
    }
}
