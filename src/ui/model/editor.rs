//! A text that the developer edits on the screen: a document, or what is proposed.
//!
//! What is hidden in the text has a stand-in while it is edited ([`veil`]); everything else is the
//! text area's own.
//!
//! Always holds: what is handed in is what was there, changed by what was typed and nothing else.

use ratatui_textarea::{CursorMove, TextArea};

use super::form::dressed;
use crate::{
    config::theme::Role,
    domain::prose::veil::{unveil, veil},
    ui::{panels::EditFor, style::Styles},
};

/// Steps that can be taken back.
const STEPS: usize = 2_000;

/// A text that is being edited.
#[derive(Clone, Debug)]
pub struct Editor {
    /// What it is, with the text it started from.
    pub edit: EditFor,
    /// What is said above it.
    pub title: String,
    /// The text.
    pub text: TextArea<'static>,
    /// What was looked for last.
    pub find: String,
}

impl Editor {
    /// An editor of `text`, with the cursor at line `line`, from 1.
    ///
    /// # Errors
    /// Why it cannot be edited here, in a sentence.
    pub fn new(
        styles: &Styles,
        edit: EditFor,
        title: String,
        text: &str,
        line: Option<usize>,
    ) -> Result<Self, &'static str> {
        let veiled = veil(text).ok_or("it has private characters that cannot be edited here; edit it in $EDITOR")?;
        let mut area = dressed(styles, &veiled);
        area.set_line_number_style(styles.get(Role::Gutter));
        area.set_search_style(styles.get(Role::SearchMatch));
        area.set_max_histories(STEPS);
        let row = line.unwrap_or(1).saturating_sub(1);
        area.move_cursor(CursorMove::Jump(u16::try_from(row).unwrap_or(u16::MAX), 0));
        Ok(Self { edit, title, text: area, find: String::new() })
    }

    /// The text as it is now.
    pub fn content(&self) -> String {
        unveil(&self.text.lines().join("\n")).into_owned()
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
        self.text.insert_str(veiled);
        true
    }

    /// Replaces the whole text, as one step that can be taken back.
    pub fn replace(&mut self, text: &str) -> bool {
        let Some(veiled) = veil(text) else { return false };
        let at = self.text.cursor().0;
        self.text.select_all();
        self.text.insert_str(veiled);
        self.text.move_cursor(CursorMove::Jump(u16::try_from(at).unwrap_or(u16::MAX), 0));
        true
    }

    /// Marks `words` and goes to their next place; letters match in either case unless there are
    /// capitals. False when they are nowhere.
    pub fn look(&mut self, words: &str) -> bool {
        words.clone_into(&mut self.find);
        let escape = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c).then_some('\\');
        let literal: String = words.chars().flat_map(|c| escape(c).into_iter().chain([c])).collect();
        let any_case = if words.chars().any(char::is_uppercase) { "" } else { "(?i)" };
        let pattern = if words.is_empty() { String::new() } else { format!("{any_case}{literal}") };
        self.text.set_search_pattern(pattern).is_ok() && self.again(true)
    }

    /// Goes to the next place of what was looked for, or to the one before; round at the ends.
    pub fn again(&mut self, forward: bool) -> bool {
        if forward { self.text.search_forward(false) } else { self.text.search_back(false) }
    }
}
