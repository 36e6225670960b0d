//! A text that the developer edits on the screen: a document, or what is proposed.
//!
//! What is hidden in the text has a stand-in while it is edited ([`veil`]); everything else is the
//! text area's own.
//!
//! Always holds: what is handed in is what was there, changed by what was typed and nothing else.

use super::area::Area;
use crate::{
    domain::prose::veil::{unveil, veil},
    ui::panels::EditFor,
};

/// A text that is being edited.
#[derive(Clone, Debug)]
pub struct Editor {
    /// What it is, with the text it started from.
    pub edit: EditFor,
    /// What is said above it.
    pub title: String,
    /// The text.
    pub text: Area,
    /// It began with another text than that of what is edited: with words that were kept.
    kept: bool,
    /// What was looked for last.
    pub find: String,
}

impl Editor {
    /// An editor of `text`, with the cursor at line `line`, from 1.
    ///
    /// # Errors
    /// Why it cannot be edited here, in a sentence.
    pub fn new(edit: EditFor, title: String, text: &str, line: Option<usize>) -> Result<Self, &'static str> {
        let veiled = veil(text).ok_or("it has private characters that cannot be edited here; edit it in $EDITOR")?;
        let mut area = Area::new(&veiled);
        area.go_to_line(line.unwrap_or(1).saturating_sub(1));
        let mut editor = Self { edit, title, text: area, kept: false, find: String::new() };
        editor.kept = text != editor.original();
        Ok(editor)
    }

    /// True where the text is another than that of what is edited.
    pub fn is_changed(&self) -> bool {
        self.kept || self.text.is_changed()
    }

    /// The text as it is now.
    pub fn content(&self) -> String {
        unveil(&self.text.text()).into_owned()
    }

    /// The text it started from.
    pub fn original(&self) -> &str {
        match &self.edit {
            EditFor::Document { text, .. } | EditFor::Proposal { text, .. } => text,
        }
    }

    /// Puts text in at the cursor, in the place of a selection; false where it has characters that
    /// cannot be edited here.
    pub fn insert(&mut self, text: &str) -> bool {
        let Some(veiled) = veil(text) else { return false };
        self.text.insert(&veiled);
        true
    }

    /// Replaces the whole text, as one step that can be taken back.
    pub fn replace(&mut self, text: &str) -> bool {
        let Some(veiled) = veil(text) else { return false };
        let at = self.text.cursor().0;
        self.text.set(&veiled);
        self.text.go_to_line(at);
        true
    }

    /// Marks `words` and goes to their next place; letters match in either case unless there are
    /// capitals. False when they are nowhere.
    pub fn look(&mut self, words: &str) -> bool {
        words.clone_into(&mut self.find);
        self.text.look_for(words);
        self.again(true)
    }

    /// Goes to the next place of what was looked for, or to the one before; round at the ends.
    pub fn again(&mut self, forward: bool) -> bool {
        self.text.search(forward)
    }
}
