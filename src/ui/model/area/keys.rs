//! What the keys do that type: characters, moves, deletions, as shells and terminals have them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    Area, At,
    rows::{TAB, byte, column, row_of, rows},
};
use crate::domain::prose::width::graphemes;

impl Area {
    /// A key. True where it changed the text.
    pub fn input(&mut self, key: KeyEvent) -> bool {
        let (ctrl, alt) = (key.modifiers.contains(KeyModifiers::CONTROL), key.modifiers.contains(KeyModifiers::ALT));
        match (key.code, ctrl, alt) {
            (KeyCode::Enter, ..) | (KeyCode::Char('m'), true, false) => self.typed("\n"),
            (KeyCode::Tab, false, false) => {
                let at = self.column();
                self.typed(&" ".repeat(TAB - at % TAB))
            }
            (KeyCode::Char('\r' | '\n'), false, false) => self.typed("\n"),
            (KeyCode::Char(c), false, false) => self.typed(c.encode_utf8(&mut [0; 4])),
            (KeyCode::Backspace, _, true) | (KeyCode::Char('w'), true, false) | (KeyCode::Char('h'), false, true) => {
                self.delete(Self::word_back)
            }
            (KeyCode::Backspace, ..) | (KeyCode::Char('h'), true, false) => self.delete(Self::back),
            (KeyCode::Delete, _, true) | (KeyCode::Char('d'), false, true) => self.delete(Self::word_end),
            (KeyCode::Delete, ..) | (KeyCode::Char('d'), true, false) => self.delete(Self::forth),
            (KeyCode::Char('k'), true, false) => self.delete(|area| match area.line_end() {
                at if at == area.cursor => area.forth(),
                at => at,
            }),
            (KeyCode::Char('j'), true, false) => self.delete(|area| match area.cursor {
                (_, 0) => area.back(),
                (row, _) => (row, 0),
            }),
            (KeyCode::Char('x'), true, false) => self.selection().is_some() && self.delete(|area| area.cursor),
            (KeyCode::Char('y'), true, false) => {
                let cut = self.cut.clone();
                self.typed(&cut)
            }
            _ => {
                let Some((to, goal)) = self.aim(key.code, ctrl, alt) else { return false };
                let mark = key.modifiers.contains(KeyModifiers::SHIFT).then(|| self.mark.unwrap_or(self.cursor));
                (self.cursor, self.mark, self.goal) = (to, mark, goal);
                false
            }
        }
    }

    /// Where a key of moving leads, and the column to keep to.
    fn aim(&self, code: KeyCode, ctrl: bool, alt: bool) -> Option<(At, Option<usize>)> {
        let page = self.size.get().1.max(2) - 1;
        let to = match (code, ctrl, alt) {
            (KeyCode::Left, true, _) | (KeyCode::Char('b'), false, true) => self.word_back(),
            (KeyCode::Right, true, _) | (KeyCode::Char('f'), false, true) => self.word_end(),
            (KeyCode::Left, ..) | (KeyCode::Char('b'), true, false) => self.back(),
            (KeyCode::Right, ..) | (KeyCode::Char('f'), true, false) => self.forth(),
            (KeyCode::Home, true, _) | (KeyCode::Char('<'), _, true) => (0, 0),
            (KeyCode::End, true, _) | (KeyCode::Char('>'), _, true) => self.last(),
            (KeyCode::Home, ..) | (KeyCode::Char('a'), true, false) => (self.cursor.0, 0),
            (KeyCode::End, ..) | (KeyCode::Char('e'), true, false) => self.line_end(),
            (KeyCode::Up, true, _) => self.blank(false),
            (KeyCode::Down, true, _) => self.blank(true),
            (KeyCode::Up, ..) | (KeyCode::Char('p'), true, false) => return Some(self.by_rows(1, false)),
            (KeyCode::Down, ..) | (KeyCode::Char('n'), true, false) => return Some(self.by_rows(1, true)),
            (KeyCode::PageUp, ..) | (KeyCode::Char('v'), false, true) => return Some(self.by_rows(page, false)),
            (KeyCode::PageDown, ..) | (KeyCode::Char('v'), true, false) => return Some(self.by_rows(page, true)),
            _ => return None,
        };
        Some((to, None))
    }

    fn typed(&mut self, text: &str) -> bool {
        let (from, to) = self.selection().unwrap_or((self.cursor, self.cursor));
        self.replace(from, to, text)
    }

    /// Deletes what is selected, else from the cursor to a place. More than a character can be put in again.
    fn delete(&mut self, to: impl Fn(&Self) -> At) -> bool {
        let (from, to) = self.selection().unwrap_or_else(|| {
            let to = to(self);
            (to.min(self.cursor), to.max(self.cursor))
        });
        let gone = self.between(from, to);
        if gone.chars().nth(1).is_some() {
            self.cut = gone;
        }
        self.replace(from, to, "")
    }

    /// The rows of a line in the columns that there are.
    fn rows_of(&self, row: usize) -> Vec<std::ops::Range<usize>> {
        let columns = self.size.get().0;
        rows(self.line(row), if columns == 0 { usize::MAX } else { columns })
    }

    /// The column of the cursor in its row.
    fn column(&self) -> usize {
        let rows = self.rows_of(self.cursor.0);
        rows.get(row_of(&rows, self.cursor.1)).map_or(0, |row| column(self.line(self.cursor.0), row, self.cursor.1))
    }

    /// So many rows up or down, and the column that is kept to.
    fn by_rows(&self, by: usize, down: bool) -> (At, Option<usize>) {
        let goal = self.goal.unwrap_or_else(|| self.column());
        let (mut row, at) = self.cursor;
        let mut all = self.rows_of(row);
        let mut nth = row_of(&all, at);
        for _ in 0..by {
            if down && nth + 1 < all.len() {
                nth += 1;
            } else if down && row + 1 < self.lines.len() {
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
        let at = all.get(nth).map_or(0, |range| byte(self.line(row), range, goal));
        ((row, at), Some(goal))
    }

    fn line_end(&self) -> At {
        (self.cursor.0, self.line(self.cursor.0).len())
    }

    /// One character back, over the beginning of a line to the end of the one before.
    fn back(&self) -> At {
        let (row, at) = self.cursor;
        if at == 0 {
            return row.checked_sub(1).map_or((row, 0), |row| (row, self.line(row).len()));
        }
        let before = self.line(row).get(..at).unwrap_or_default();
        (row, graphemes(before).last().map_or(0, |(from, ..)| from))
    }

    /// One character on, over the end of a line to the beginning of the next.
    fn forth(&self) -> At {
        let (row, at) = self.cursor;
        let behind = self.line(row).get(at..).unwrap_or_default();
        match graphemes(behind).next() {
            Some((_, to, _)) => (row, at + to),
            None if row + 1 < self.lines.len() => (row + 1, 0),
            None => (row, at),
        }
    }

    /// The beginning of the word before, or the end of the line before.
    fn word_back(&self) -> At {
        let (row, at) = self.cursor;
        if at == 0 {
            return self.back();
        }
        let before = self.line(row).get(..at).unwrap_or_default();
        let trimmed = before.trim_end();
        let word = trimmed.chars().next_back().map(kind);
        let kept = trimmed.trim_end_matches(|c| Some(kind(c)) == word);
        (row, kept.len())
    }

    /// The end of the next word, or the beginning of the next line.
    fn word_end(&self) -> At {
        let (row, at) = self.cursor;
        let behind = self.line(row).get(at..).unwrap_or_default();
        if behind.is_empty() {
            return self.forth();
        }
        let trimmed = behind.trim_start();
        let word = trimmed.chars().next().map(kind);
        let rest = trimmed.trim_start_matches(|c| Some(kind(c)) == word);
        (row, at + behind.len() - rest.len())
    }

    /// The next empty line, or the one before; else the end.
    fn blank(&self, down: bool) -> At {
        let empty = |row: &usize| self.line(*row).trim().is_empty();
        let row = self.cursor.0;
        let found = if down { (row + 1..self.lines.len()).find(empty) } else { (0..row).rev().find(empty) };
        match (found, down) {
            (Some(row), _) => (row, 0),
            (None, true) => self.last(),
            (None, false) => (0, 0),
        }
    }
}

/// What belongs together as a word.
fn kind(c: char) -> u8 {
    if c.is_whitespace() {
        0
    } else if c.is_alphanumeric() || c == '_' {
        1
    } else {
        2
    }
}
