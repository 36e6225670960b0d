//! A keymap: from files to the chords of each context.
//!
//! Files are layered, the inherited one first. In a layer the `"none"` entries take chords away, then
//! the others are added. What always holds of a loaded keymap: no chord begins another in the same
//! context, no chord keeps a character from being typed where text is typed, and the actions nobody
//! can do without have a key everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::context::Context;
use super::stroke::{Stroke, parse_chord, show_chord};
use crate::config::error::{ConfigError, ConfigErrors, quoted};
use crate::config::library::{Library, Link};
use crate::config::tree::{Entry, Source, Value};

const SHIPPED: &[(&str, &str)] = &[
    ("default", include_str!("../../../keymaps/default.toml")),
    ("vim", include_str!("../../../keymaps/vim.toml")),
    ("emacs", include_str!("../../../keymaps/emacs.toml")),
];

/// The actions that must always have a key: without one a developer is locked in.
const NEEDED: [Action; 4] = [Action::CancelAgent, Action::Quit, Action::Back, Action::Help];

/// The shipped keymaps; the caller adds the user's own files.
pub fn shipped() -> Library {
    Library::new("keymap", SHIPPED)
}

/// What a sequence of strokes means in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The whole of a chord.
    Action(Action),
    /// The beginning of a chord.
    Prefix,
    /// Nothing.
    Nothing,
}

#[derive(Clone, Debug)]
struct Binding {
    action: Action,
    layer: usize,
    at: usize,
}

/// The chords of one context.
#[derive(Clone, Debug, Default)]
struct Chords {
    // Sorted, so that every chord with a given beginning stands in one run: a trie without nodes.
    live: BTreeMap<Vec<Stroke>, Binding>,
    /// Chords that are to do nothing here, whatever they do outside.
    silent: BTreeSet<Vec<Stroke>>,
}

impl Chords {
    fn below<'a>(&'a self, start: &[Stroke]) -> impl Iterator<Item = (&'a Vec<Stroke>, &'a Binding)> {
        self.live.range(start.to_vec()..).take_while(move |(chord, _)| chord.starts_with(start))
    }
}

/// The chords of every context.
#[derive(Clone, Debug)]
pub struct Keymap {
    contexts: BTreeMap<Context, Chords>,
    counts: bool,
}

impl Keymap {
    /// Loads the keymap `name`, with `own` (the user's overrides) on top.
    ///
    /// # Errors
    /// Every mistake in any of the files, with its place and the name that was probably meant.
    pub fn load(library: &Library, name: &str, own: Option<Source>) -> Result<Self, ConfigErrors> {
        let mut links = library.chain(name)?;
        if let Some(source) = own {
            let entries = source.parse()?;
            if let Some(entry) = entries.iter().find(|e| e.key == "inherits") {
                let what = "overrides lie on top of the keymap that `ui.keymap` names; they inherit nothing";
                return Err(source.error(entry.at, what, None).into());
            }
            links.push(Link { source, entries });
        }
        let mut loading = Loading { links: &links, contexts: BTreeMap::new(), counts: false, errors: Vec::new() };
        for (layer, link) in links.iter().enumerate() {
            loading.layer(layer, link);
        }
        loading.conflicts();
        loading.needed();
        let Loading { contexts, counts, errors, .. } = loading;
        ConfigErrors::check(errors)?;
        Ok(Self { contexts, counts })
    }

    /// True when digits that are not bound are counts.
    pub const fn counts(&self) -> bool {
        self.counts
    }

    /// What the strokes mean with these contexts active, the innermost first.
    pub(super) fn find(&self, strokes: &[Stroke], contexts: &[Context]) -> Found {
        for (context, typing) in order(contexts) {
            let Some(chords) = self.contexts.get(&context) else { continue };
            if typing && strokes.first().is_some_and(|s| s.typed().is_some()) {
                continue;
            }
            if let Some((chord, binding)) = chords.below(strokes).find(|(_, b)| !typing || b.action.everywhere()) {
                return if chord.len() == strokes.len() { Found::Action(binding.action) } else { Found::Prefix };
            }
            if chords.silent.contains(strokes) {
                return Found::Nothing;
            }
        }
        Found::Nothing
    }

    /// Every chord that begins with `start` and can be reached, with its context and action; the
    /// innermost context first.
    pub(super) fn reachable<'a>(
        &'a self,
        start: &[Stroke],
        contexts: &[Context],
    ) -> Vec<(Context, &'a [Stroke], Action)> {
        let mut rows = Vec::new();
        for (context, _) in order(contexts) {
            let Some(chords) = self.contexts.get(&context) else { continue };
            for (chord, binding) in chords.below(start) {
                let known = rows.iter().any(|(_, c, _)| *c == chord.as_slice());
                if !known && self.reaches(chord, binding.action, contexts) {
                    rows.push((context, chord.as_slice(), binding.action));
                }
            }
        }
        rows
    }

    fn reaches(&self, chord: &[Stroke], action: Action, contexts: &[Context]) -> bool {
        (1..chord.len()).all(|n| chord.get(..n).is_some_and(|start| self.find(start, contexts) == Found::Prefix))
            && self.find(chord, contexts) == Found::Action(action)
    }
}

/// The contexts in the order of look-up, each with whether text is typed further in.
fn order(contexts: &[Context]) -> Vec<(Context, bool)> {
    let mut typing = false;
    let mut list = Vec::with_capacity(contexts.len() + 1);
    for context in contexts.iter().copied().filter(|c| *c != Context::Global).chain([Context::Global]) {
        list.push((context, typing));
        typing |= context.takes_text();
    }
    list
}

struct Loading<'a> {
    links: &'a [Link],
    contexts: BTreeMap<Context, Chords>,
    counts: bool,
    errors: Vec<ConfigError>,
}

impl Loading<'_> {
    fn layer(&mut self, layer: usize, link: &Link) {
        for entry in &link.entries {
            match (entry.key.as_str(), &entry.node.value) {
                ("counts", Value::Bool(on)) => self.counts = *on,
                ("counts", other) => {
                    let what = format!("`counts` is true or false, not {}", other.kind());
                    self.errors.push(link.source.error(entry.node.at, what, None));
                }
                (name, Value::Table(bindings)) => match Context::parse(name) {
                    Ok(context) => self.bindings(layer, link, context, bindings),
                    Err(meant) => {
                        let what = format!("there is no context called `{}`", quoted(name));
                        self.errors.push(link.source.error(entry.at, what, meant));
                    }
                },
                (name, other) => {
                    let what = format!("`{}` is {}; keys stand in the table of a context", quoted(name), other.kind());
                    self.errors.push(link.source.error(entry.at, what, Some("[global]")));
                }
            }
        }
    }

    fn bindings(&mut self, layer: usize, link: &Link, context: Context, bindings: &[Entry]) {
        let mut seen: BTreeMap<Vec<Stroke>, &str> = BTreeMap::new();
        let mut added = Vec::new();
        let chords = self.contexts.entry(context).or_default();
        for entry in bindings {
            match self::binding(link, context, entry) {
                Err(error) => self.errors.push(error),
                Ok((chord, action)) => {
                    if let Some(other) = seen.insert(chord.clone(), &entry.key) {
                        let what = format!("`{}` is bound twice, also as `{other}`", entry.key);
                        self.errors.push(link.source.error(entry.at, what, None));
                    } else if let Some(action) = action {
                        added.push((chord, Binding { action, layer, at: entry.at }));
                    } else {
                        chords.live.retain(|c, _| !c.starts_with(&chord));
                        chords.silent.insert(chord);
                    }
                }
            }
        }
        for (chord, binding) in added {
            chords.silent.retain(|s| !chord.starts_with(s));
            chords.live.insert(chord, binding);
        }
    }

    fn conflicts(&mut self) {
        for (context, chords) in &self.contexts {
            for (short, first) in &chords.live {
                for (long, second) in chords.below(short).filter(|(long, _)| long.len() > short.len()) {
                    // The later one is told about the earlier: it is the one that can be mended.
                    let later_is_long = (second.layer, second.at) > (first.layer, first.at);
                    let (this, other) = if later_is_long { (second, first) } else { (first, second) };
                    let (Some(here), Some(there)) = (self.links.get(this.layer), self.links.get(other.layer)) else {
                        continue;
                    };
                    let what = format!(
                        "in [{}] `{}` ({}) can never be pressed, since `{}` ({}) begins it; \"none\" takes a key away ({}:{})",
                        context.name(),
                        show_chord(long),
                        second.action,
                        show_chord(short),
                        first.action,
                        there.source.file,
                        there.source.position(other.at).0,
                    );
                    self.errors.push(here.source.error(this.at, what, None));
                }
            }
        }
    }

    fn needed(&mut self) {
        let Some(last) = self.links.last().filter(|_| self.errors.is_empty()) else { return };
        let global = self.contexts.get(&Context::Global);
        for action in NEEDED {
            let bound = |(chord, b): (&Vec<Stroke>, &Binding)| {
                b.action == action && chord.first().is_some_and(|s| s.typed().is_none())
            };
            if !global.is_some_and(|c| c.live.iter().any(bound)) {
                self.errors.push(ConfigError {
                    file: last.source.file.clone(),
                    line: None,
                    column: None,
                    what: format!("[global] leaves `{action}` without a key that works while text is typed"),
                    meant: None,
                });
            }
        }
    }
}

/// Reads one entry: the chord, and its action or nothing for `"none"`.
fn binding(link: &Link, context: Context, entry: &Entry) -> Result<(Vec<Stroke>, Option<Action>), ConfigError> {
    let chord = parse_chord(&entry.key).map_err(|e| link.source.error(entry.at, e.what, e.meant))?;
    let Value::Text(name) = &entry.node.value else {
        let what = format!("a key takes the name of an action, not {}", entry.node.value.kind());
        return Err(link.source.error(entry.node.at, what, None));
    };
    if name == "none" {
        return Ok((chord, None));
    }
    let action: Action = name.parse().map_err(|e: super::action::UnknownAction| {
        let what = format!("there is no action called `{}`", quoted(name));
        link.source.error(entry.node.at, what, e.meant)
    })?;
    if context.takes_text() && chord.first().is_some_and(|s| s.typed().is_some()) {
        let what = format!("`{}` could then not be typed in [{}]", entry.key, context.name());
        return Err(link.source.error(entry.at, what, None));
    }
    Ok((chord, Some(action)))
}
