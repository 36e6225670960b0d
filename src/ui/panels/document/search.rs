//! Searching a document as it is drawn.
//!
//! Always holds: while something is looked for nothing is hidden; a line counts once for each row it is drawn
//! on.

use super::DocumentPanel;
use crate::ui::panels::pane::{Row, hits};

impl DocumentPanel {
    /// Marks `text` and goes to its next place; an empty text ends the search.
    pub fn search(&mut self, text: &str) {
        self.unfold_all(text);
        text.clone_into(&mut self.find);
        self.stands = None;
        if self.seek.is_none() {
            self.find_here();
        }
    }

    /// While something is looked for nothing is hidden: what is folded is laid out before it is searched.
    fn unfold_all(&mut self, text: &str) {
        let starts = self.find.is_empty() && !text.is_empty();
        if !self.find.is_empty() && text.is_empty() && !self.folded.is_empty() {
            // It ends: what is folded is hidden again, but for where it has led.
            self.goto = self.lines().map(|(first, _)| first);
        }
        if starts && self.view.is_of_changes() {
            self.open = std::iter::once(0..usize::MAX).collect();
        } else if !starts || self.folded.is_empty() {
            return;
        }
        self.goto = self.lines().map(|(first, _)| first);
        self.seek = Some(true);
    }

    /// Stays where it is found, else goes on to its next place.
    pub(super) fn find_here(&mut self) {
        let here = self.rows.get(self.pane.cursor).is_some_and(|r| !hits(&r.text(), &self.find).is_empty());
        if !here {
            self.find_next(true);
        }
    }

    pub(super) fn find_next(&mut self, forward: bool) {
        let Self { pane, rows, find, .. } = self;
        let fits = |r: &Row| !hits(&r.text(), find).is_empty();
        if !pane.seek(rows, forward, fits) {
            // Around the end.
            let at = if forward { rows.iter().position(fits) } else { rows.iter().rposition(fits) };
            at.into_iter().for_each(|i| pane.jump(i));
        }
    }

    /// Which of how many places is under the cursor, in words; nothing while nothing is searched for.
    pub(super) fn found(&mut self) -> String {
        if self.find.is_empty() {
            return String::new();
        }
        // What has no key is laid out anew for each frame.
        if self.key.is_none() {
            self.stands = None;
        }
        let Self { stands, rows, find, pane, .. } = self;
        let all = || rows.iter().enumerate().filter(|(_, row)| !hits(&row.text(), find).is_empty()).map(|(at, _)| at);
        let stands = stands.get_or_insert_with(|| all().collect());
        match (stands.binary_search(&pane.cursor), stands.len()) {
            (Ok(at), of) => format!("match {}/{of}", at + 1),
            (Err(_), 1) => "1 match".to_owned(),
            (Err(_), of) => format!("{of} matches"),
        }
    }
}
