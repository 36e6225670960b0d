//! Keys: from a stroke in a stack of contexts to an [`Action`].
//!
//! Holds the only state there is, the chord and the count being typed. What an action does is the
//! update function's business. Look-up goes from the innermost context outwards and ends in
//! [`Context::Global`]; the help is made from the same table, so it cannot say anything else.

use std::{cell::RefCell, collections::HashMap};

mod action;
mod context;
mod keymap;
mod stroke;

pub use action::{Action, UnknownAction};
pub use context::Context;
pub use keymap::{Keymap, shipped};
pub use stroke::{Key, Stroke, StrokeError, parse_chord, show_chord};

use keymap::Found;

/// A count grows no further than this.
const MOST: u32 = 9_999;

/// What came of a stroke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// Do this.
    Action {
        /// What.
        action: Action,
        /// The number typed before it, with keymaps that count.
        count: Option<u32>,
    },
    /// A chord or a count has begun.
    Pending {
        /// What was typed so far.
        keys: String,
        /// How it can go on; empty for a count.
        next: Vec<HelpRow>,
    },
    /// A chord or a count was given up; the stroke is used up and types nothing.
    Broken {
        /// What was typed.
        keys: String,
    },
    /// The stroke means nothing here. Where text is typed it belongs to the text.
    None,
}

/// One line of help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// Where the keys are bound.
    pub context: Context,
    /// The chords, the handiest first. In [`Pressed::Pending`] only what is left to type.
    pub keys: Vec<String>,
    /// The action.
    pub action: Action,
    /// What it does.
    pub help: &'static str,
}

/// A keymap and what is being typed.
#[derive(Clone, Debug)]
pub struct Keys {
    keymap: Keymap,
    typed: Vec<Stroke>,
    count: Option<u32>,
    /// Handiest keys by contexts, made once: every frame asks for several of them.
    hints: RefCell<HashMap<Vec<Context>, HashMap<Action, String>>>,
}

impl Keys {
    /// Nothing typed yet.
    pub fn new(keymap: Keymap) -> Self {
        Self { keymap, typed: Vec::new(), count: None, hints: RefCell::default() }
    }

    /// Takes a stroke. `contexts` are the active ones, the innermost first, without the global one.
    pub fn press(&mut self, stroke: Stroke, contexts: &[Context]) -> Pressed {
        if self.counted(stroke, contexts) {
            return Pressed::Pending { keys: self.pending(), next: Vec::new() };
        }
        let begun = self.is_pending();
        self.typed.push(stroke);
        match self.keymap.find(&self.typed, contexts) {
            // Escape gives a count up before it closes anything.
            Found::Action(Action::Back) if self.typed.len() == 1 && self.count.is_some() => {
                Pressed::Broken { keys: self.take().0 }
            }
            Found::Action(action) => {
                let (_, count) = self.take();
                Pressed::Action { action, count }
            }
            Found::Prefix => Pressed::Pending { keys: self.pending(), next: self.continuations(contexts) },
            Found::Nothing => {
                let (keys, _) = self.take();
                match self.keymap.find(&[stroke], contexts) {
                    // Stopping the agent never waits for a chord to be sorted out.
                    Found::Action(action) if begun && action.everywhere() && action != Action::Back => {
                        Pressed::Action { action, count: None }
                    }
                    _ if begun => Pressed::Broken { keys },
                    _ => Pressed::None,
                }
            }
        }
    }

    /// What is typed and not yet used, as shown to the developer; empty when nothing is.
    pub fn pending(&self) -> String {
        let mut keys = self.count.map(|n| n.to_string()).unwrap_or_default();
        if !self.typed.is_empty() {
            if !keys.is_empty() {
                keys.push(' ');
            }
            keys.push_str(&show_chord(&self.typed));
        }
        keys
    }

    /// True while a chord or a count is open.
    pub const fn is_pending(&self) -> bool {
        !self.typed.is_empty() || self.count.is_some()
    }

    /// Forgets what is typed, as when a window opens by itself.
    pub fn reset(&mut self) {
        self.typed.clear();
        self.count = None;
    }

    /// Every key that works with these contexts, the innermost context first, one row an action.
    pub fn help(&self, contexts: &[Context]) -> Vec<HelpRow> {
        self.rows(&[], contexts)
    }

    /// The handiest key of an action with these contexts, for a hint on the screen.
    pub fn key_for(&self, action: Action, contexts: &[Context]) -> Option<String> {
        if let Some(known) = self.hints.borrow().get(contexts) {
            return known.get(&action).cloned();
        }
        let mut known = HashMap::new();
        for row in self.help(contexts) {
            // The innermost context comes first, and its first row counts, with a key or without.
            known.entry(row.action).or_insert_with(|| row.keys.into_iter().next());
        }
        let known: HashMap<Action, String> = known.into_iter().filter_map(|(a, key)| Some((a, key?))).collect();
        let key = known.get(&action).cloned();
        self.hints.borrow_mut().insert(contexts.to_vec(), known);
        key
    }

    /// Words of the agent's, with the key beside each action that they name between backticks: it does not
    /// know the keymap.
    pub fn with_keys(&self, words: &str, contexts: &[Context]) -> String {
        let (mut out, mut rest) = (String::new(), words);
        while let Some((before, after)) = rest.split_once('`')
            && let Some((name, behind)) = after.split_once('`')
        {
            let key = name.parse().ok().and_then(|action| self.key_for(action, contexts));
            out.push_str(before);
            out.push_str(&key.map_or_else(|| format!("`{name}`"), |key| format!("{key} ({name})")));
            rest = behind;
        }
        out + rest
    }

    /// The keymap.
    pub const fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    fn counted(&mut self, stroke: Stroke, contexts: &[Context]) -> bool {
        let Some(digit) = stroke.typed().and_then(|c| c.to_digit(10)) else { return false };
        let text = contexts.iter().any(|c| c.takes_text());
        if !self.keymap.counts() || !self.typed.is_empty() || text {
            return false;
        }
        let goes_on = self.count.is_some();
        if !goes_on && (digit == 0 || self.keymap.find(&[stroke], contexts) != Found::Nothing) {
            return false;
        }
        self.count = Some(self.count.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(MOST));
        true
    }

    fn take(&mut self) -> (String, Option<u32>) {
        let keys = self.pending();
        self.typed.clear();
        (keys, self.count.take())
    }

    fn continuations(&self, contexts: &[Context]) -> Vec<HelpRow> {
        self.rows(&self.typed, contexts)
    }

    fn rows(&self, start: &[Stroke], contexts: &[Context]) -> Vec<HelpRow> {
        let mut rows: Vec<(HelpRow, usize)> = Vec::new();
        let mut found = self.keymap.reachable(start, contexts);
        // Within a context: short chords first, and of those the plain characters.
        let place = |context: Context| contexts.iter().position(|c| *c == context).unwrap_or(usize::MAX);
        found.sort_by_key(|(context, chord, _)| {
            (place(*context), chord.len(), chord.iter().filter(|s| s.typed().is_none()).count())
        });
        for (context, chord, action) in found {
            let keys = show_chord(chord.get(start.len()..).unwrap_or_default());
            match rows.iter_mut().find(|(row, _)| row.action == action) {
                Some((row, _)) => row.keys.push(keys),
                None => {
                    rows.push((HelpRow { context, keys: vec![keys], action, help: action.help() }, place(context)));
                }
            }
        }
        rows.sort_by_key(|(row, place)| (*place, row.action));
        rows.into_iter().map(|(row, _)| row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_words_name_gets_its_key() {
        let keys = Keys::new(Keymap::load(&shipped(), "default", None).unwrap());
        let with = |words: &str| keys.with_keys(words, &[Context::Document]);
        assert_eq!(with("a line each by `deploy-with`, or `D"), "a line each by alt-t (deploy-with), or `D");
        assert_eq!(with("`git stash`, then `deploy-with`"), "`git stash`, then alt-t (deploy-with)");
        assert_eq!(with("nothing"), "nothing");
    }
}
