//! A text that is typed on the screen: its lines, the cursor, a selection, what can be taken back, what is looked
//! for.
//!
//! All of that is the text area's own; nothing else knows that library. It would break every line into rows
//! anew at each key, so it is kept from breaking any: `views/area.rs` lays out what is in sight, and up and down
//! go by those rows.
//!
//! Always holds: there is at least one line, and none has a line end; the cursor and the selection's beginning
//! are at boundaries of characters.

mod rows;

use std::{cell::Cell, ops::Range};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::{CursorMove, TextArea};

pub use self::rows::{TAB, column, rows};
use self::rows::{byte, row_of};

/// Steps that can be taken back.
const STEPS: usize = 2_000;

/// A place in the text: line, and byte in it.
pub type At = (usize, usize);

/// A text that is typed.
#[derive(Clone, Debug)]
pub struct Area {
    inner: TextArea<'static>,
    /// The text it began with.
    first: String,
    /// The column that moves up and down keep to, and where the last of them led.
    goal: Option<(usize, At)>,
    /// The first row in sight, a line and a row of it, when it was drawn last.
    pub top: Cell<(usize, usize)>,
    /// The columns and rows there were when it was drawn last.
    pub size: Cell<(usize, usize)>,
}

impl Area {
    /// A text with the cursor at its beginning.
    pub fn new(text: &str) -> Self {
        let mut inner = TextArea::new(text.split('\n').map(str::to_owned).collect());
        inner.set_max_histories(STEPS);
        Self { inner, first: text.to_owned(), goal: None, top: Cell::default(), size: Cell::default() }
    }

    /// With words that are shown while nothing is typed.
    #[must_use]
    pub fn placeholder(mut self, words: &str) -> Self {
        self.inner.set_placeholder_text(words);
        self
    }

    /// Words that are shown while nothing is typed.
    pub fn placeholder_text(&self) -> &str {
        self.inner.placeholder_text()
    }

    /// The lines, at least one.
    pub fn lines(&self) -> &[String] {
        self.inner.lines()
    }

    /// A line; nothing for one that is not there.
    pub fn line(&self, row: usize) -> &str {
        self.lines().get(row).map_or("", String::as_str)
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// True where nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> At {
        let at = self.inner.cursor();
        self.at((at.0, at.1))
    }

    /// True where the text is another than it was at first.
    pub fn is_changed(&self) -> bool {
        !self.lines().iter().map(String::as_str).eq(self.first.split('\n'))
    }

    /// What is selected.
    pub fn selection(&self) -> Option<(At, At)> {
        let (from, to) = self.inner.selection_range().filter(|(from, to)| from != to)?;
        Some((self.at(from), self.at(to)))
    }

    /// Puts the cursor at the beginning of a line, from 0, or of the last one.
    pub fn go_to_line(&mut self, row: usize) {
        self.inner.cancel_selection();
        self.jump(row.min(self.lines().len().saturating_sub(1)), 0);
    }

    /// Puts the cursor at the end of the text.
    pub fn go_to_end(&mut self) {
        self.inner.cancel_selection();
        self.inner.move_cursor(CursorMove::Bottom);
        self.inner.move_cursor(CursorMove::End);
    }

    /// Puts text in at the cursor, in the place of what is selected.
    pub fn insert(&mut self, text: &str) {
        self.inner.insert_str(text);
    }

    /// Replaces the whole text.
    pub fn set(&mut self, text: &str) {
        // The text area's own way to select all ends where its numbers do.
        self.go_to_line(0);
        self.inner.start_selection();
        self.inner.move_cursor(CursorMove::Bottom);
        self.inner.move_cursor(CursorMove::End);
        self.inner.insert_str(text);
    }

    /// Takes the last step back; false where there is none.
    pub fn undo(&mut self) -> bool {
        self.inner.undo()
    }

    /// Does what was taken back last again; false where there is nothing.
    pub fn redo(&mut self) -> bool {
        self.inner.redo()
    }

    /// Looks for words from now on: letters match in either case unless there are capitals.
    pub fn look_for(&mut self, words: &str) {
        let escape = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c).then_some('\\');
        let literal: String = words.chars().flat_map(|c| escape(c).into_iter().chain([c])).collect();
        let any_case = if words.chars().any(char::is_uppercase) { "" } else { "(?i)" };
        let pattern = if words.is_empty() { String::new() } else { format!("{any_case}{literal}") };
        // What is too long for a pattern is found nowhere.
        if self.inner.set_search_pattern(pattern).is_err() {
            drop(self.inner.set_search_pattern(""));
        }
    }

    /// Where what is looked for stands in a stretch of a line, or reaches into it.
    pub fn hits(&self, line: &str, within: &Range<usize>) -> Vec<Range<usize>> {
        let Some(pattern) = self.inner.search_pattern() else { return Vec::new() };
        // A match begins no further before the stretch than it is long; letters of either case differ in bytes.
        let more = pattern.as_str().len() * 3;
        let boundary = |mut at: usize| {
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let from = boundary(within.start.saturating_sub(more));
        let to = boundary((within.end + more).min(line.len()));
        let all = pattern.find_iter(line.get(from..to).unwrap_or_default());
        all.map(|hit| from + hit.start()..from + hit.end()).collect()
    }

    /// Goes to the next place of what is looked for, or to the one before; round at the ends. False where it is
    /// nowhere.
    pub fn search(&mut self, forward: bool) -> bool {
        if forward { self.inner.search_forward(false) } else { self.inner.search_back(false) }
    }

    /// A key. True where it typed or deleted; of one that puts in what was cut, where there was something.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        match self.rows_to_go(&key) {
            Some((by, down)) => {
                self.go_by_rows(by, down, key.modifiers.contains(KeyModifiers::SHIFT));
                false
            }
            None => self.inner.input(key),
        }
    }

    /// How many rows a key goes, and whether down.
    fn rows_to_go(&self, key: &KeyEvent) -> Option<(usize, bool)> {
        let (ctrl, alt) = (key.modifiers.contains(KeyModifiers::CONTROL), key.modifiers.contains(KeyModifiers::ALT));
        let page = self.size.get().1.max(2) - 1;
        match (key.code, ctrl, alt) {
            (KeyCode::Up, false, false) | (KeyCode::Char('p'), true, false) => Some((1, false)),
            (KeyCode::Down, false, false) | (KeyCode::Char('n'), true, false) => Some((1, true)),
            (KeyCode::PageUp, ..) | (KeyCode::Char('v'), false, true) => Some((page, false)),
            (KeyCode::PageDown, ..) | (KeyCode::Char('v'), true, false) => Some((page, true)),
            _ => None,
        }
    }

    /// Goes up or down in the column that the first of such moves had.
    fn go_by_rows(&mut self, by: usize, down: bool, select: bool) {
        let from = self.cursor();
        let goal = self.goal.filter(|(_, led)| *led == from).map_or_else(|| self.column(), |(goal, _)| goal);
        let (row, at) = self.by_rows(from, by, down, goal);
        match (select, self.inner.is_selecting()) {
            (true, false) => self.inner.start_selection(),
            (false, true) => self.inner.cancel_selection(),
            _ => {}
        }
        let chars = self.line(row).get(..at).unwrap_or_default().chars().count();
        self.jump(row, chars);
        self.goal = Some((goal, (row, at)));
    }

    /// So many rows up or down from a place.
    fn by_rows(&self, (mut row, at): At, by: usize, down: bool, goal: usize) -> At {
        let mut all = self.rows_of(row);
        let mut nth = row_of(&all, at);
        for _ in 0..by {
            if down && nth + 1 < all.len() {
                nth += 1;
            } else if down && row + 1 < self.lines().len() {
                (row, nth) = (row + 1, 0);
                all = self.rows_of(row);
            } else if !down && nth > 0 {
                nth -= 1;
            } else if !down && row > 0 {
                row -= 1;
                all = self.rows_of(row);
                nth = all.len().saturating_sub(1);
            }
        }
        (row, all.get(nth).map_or(0, |range| byte(self.line(row), range, goal)))
    }

    /// The rows of a line in the columns that there are.
    fn rows_of(&self, row: usize) -> Vec<Range<usize>> {
        let columns = self.size.get().0;
        rows(self.line(row), if columns == 0 { usize::MAX } else { columns })
    }

    /// The column of the cursor in its row.
    fn column(&self) -> usize {
        let (line, at) = self.cursor();
        let rows = self.rows_of(line);
        rows.get(row_of(&rows, at)).map_or(0, |row| column(self.line(line), row, at))
    }

    /// Puts the cursor at a character of a line. The text area's own jump reaches as far as its numbers do.
    fn jump(&mut self, row: usize, chars: usize) {
        let near = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        self.inner.move_cursor(CursorMove::Jump(near(row), 0));
        for _ in usize::from(near(row))..row {
            self.inner.move_cursor(CursorMove::Down);
        }
        if row <= usize::from(u16::MAX) {
            self.inner.move_cursor(CursorMove::Jump(near(row), near(chars)));
        }
        for _ in self.inner.cursor().1..chars {
            self.inner.move_cursor(CursorMove::Forward);
        }
    }

    /// A place that is told in characters.
    fn at(&self, (row, chars): (usize, usize)) -> At {
        let line = self.line(row);
        (row, line.char_indices().nth(chars).map_or(line.len(), |(at, _)| at))
    }
}

#[cfg(test)]
mod tests;
