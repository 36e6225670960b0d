//! A text that is typed on the screen: its lines, the cursor, a selection, what can be taken back, what is looked
//! for.
//!
//! It knows no styles and draws nothing (`views/area.rs` does). What a key costs goes with what is in sight and
//! not with the text: nothing is kept of lines that are not shown.
//!
//! Always holds: there is at least one line, and none has a line end; the cursor and the selection's beginning
//! are at boundaries of characters; taking every step back gives the text that it began with.

mod keys;
mod rows;

use std::{cell::Cell, collections::VecDeque, ops::Range};

pub use self::rows::{TAB, column, rows};

/// Steps that can be taken back.
const STEPS: usize = 2_000;

/// A place in the text: line, and byte in it.
pub type At = (usize, usize);

/// One change of the text.
#[derive(Clone, Debug)]
struct Step {
    from: At,
    removed: String,
    inserted: String,
    /// The cursor before.
    cursor: At,
}

/// A text that is typed.
#[derive(Clone, Debug)]
pub struct Area {
    lines: Vec<String>,
    cursor: At,
    /// Where a selection begins.
    mark: Option<At>,
    /// The column that moves up and down keep to.
    goal: Option<usize>,
    /// Steps that were done, and of those that were taken back the next to do again last.
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// Steps between the text as it was set and as it is.
    since: usize,
    /// What was cut last.
    cut: String,
    /// What is shown where nothing is typed.
    placeholder: String,
    /// What is looked for.
    needle: String,
    /// The first row in sight, a line and a row of it, and the columns and rows there were, when it was drawn last.
    pub top: Cell<(usize, usize)>,
    /// See [`Area::top`].
    pub size: Cell<(usize, usize)>,
}

impl Area {
    /// A text with the cursor at its beginning.
    pub fn new(text: &str) -> Self {
        Self {
            lines: text.split('\n').map(str::to_owned).collect(),
            cursor: (0, 0),
            mark: None,
            goal: None,
            done: VecDeque::new(),
            undone: Vec::new(),
            since: 0,
            cut: String::new(),
            placeholder: String::new(),
            needle: String::new(),
            top: Cell::new((0, 0)),
            size: Cell::new((0, 0)),
        }
    }

    /// With words that are shown while nothing is typed.
    #[must_use]
    pub fn placeholder(mut self, words: &str) -> Self {
        words.clone_into(&mut self.placeholder);
        self
    }

    /// Words that are shown while nothing is typed.
    pub fn placeholder_text(&self) -> &str {
        &self.placeholder
    }

    /// The lines, at least one.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The whole text.
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// True where nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.lines.len() < 2 && self.line(0).is_empty()
    }

    /// Where the cursor is.
    pub const fn cursor(&self) -> At {
        self.cursor
    }

    /// True where the text is another than it was at first.
    pub const fn is_changed(&self) -> bool {
        self.since > 0
    }

    /// What is selected.
    pub fn selection(&self) -> Option<(At, At)> {
        let mark = self.mark.filter(|mark| *mark != self.cursor)?;
        Some((mark.min(self.cursor), mark.max(self.cursor)))
    }

    /// A line; nothing for one that is not there.
    pub fn line(&self, row: usize) -> &str {
        self.lines.get(row).map_or("", String::as_str)
    }

    /// Puts the cursor at the beginning of a line, from 0, or of the last one.
    pub fn go_to_line(&mut self, row: usize) {
        self.put((row.min(self.last().0), 0));
    }

    /// Puts the cursor at the end of the text.
    pub fn go_to_end(&mut self) {
        self.put(self.last());
    }

    /// Puts text in at the cursor, in the place of what is selected, as one step.
    pub fn insert(&mut self, text: &str) {
        let (from, to) = self.selection().unwrap_or((self.cursor, self.cursor));
        self.replace(from, to, text);
    }

    /// Replaces the whole text, as one step.
    pub fn set(&mut self, text: &str) {
        self.replace((0, 0), self.last(), text);
    }

    /// Takes the last step back; false where there is none.
    pub fn undo(&mut self) -> bool {
        let Some(step) = self.done.pop_back() else { return false };
        let to = end(step.from, &step.inserted);
        self.splice(step.from, to, &step.removed);
        self.put(step.cursor);
        self.undone.push(step);
        self.since = self.since.saturating_sub(1);
        true
    }

    /// Does what was taken back last again; false where there is nothing.
    pub fn redo(&mut self) -> bool {
        let Some(step) = self.undone.pop() else { return false };
        let to = end(step.from, &step.removed);
        self.splice(step.from, to, &step.inserted);
        self.put(end(step.from, &step.inserted));
        self.done.push_back(step);
        self.since += 1;
        true
    }

    /// Looks for words from now on: letters match in either case unless there are capitals.
    pub fn look_for(&mut self, words: &str) {
        words.clone_into(&mut self.needle);
    }

    /// Where what is looked for stands in a stretch of a line, or reaches into it.
    pub fn hits(&self, line: &str, within: &Range<usize>) -> Vec<Range<usize>> {
        // Letters of either case may take more bytes than those that were typed.
        let more = self.needle.len() * 3;
        let boundary = |mut at: usize| {
            while !line.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let from = boundary(within.start.saturating_sub(more));
        let to = boundary((within.end + more).min(line.len()));
        let all = hits(line.get(from..to).unwrap_or_default(), &self.needle).into_iter();
        all.map(|hit| from + hit.start..from + hit.end).collect()
    }

    /// Goes to the next place of what is looked for, or to the one before; round at the ends. False where it is
    /// nowhere.
    pub fn search(&mut self, forward: bool) -> bool {
        let (row, at) = self.cursor;
        let count = self.lines.len();
        // The cursor's own line first behind the cursor, and last before it.
        let found = (0..=count).find_map(|step| {
            let row = if forward { (row + step) % count } else { (row + count - step % count) % count };
            let fits = |hit: &usize| match (step == 0, step == count, forward) {
                (true, _, true) => *hit > at,
                (true, _, false) => *hit < at,
                (_, true, true) => *hit <= at,
                (_, true, false) => *hit >= at,
                _ => true,
            };
            let mut starts = hits(self.line(row), &self.needle).into_iter().map(|hit| hit.start).filter(fits);
            let found = if forward { starts.next() } else { starts.next_back() };
            found.map(|at| (row, at))
        });
        found.into_iter().for_each(|at| self.put(at));
        found.is_some()
    }

    /// The end of the text.
    fn last(&self) -> At {
        let row = self.lines.len().saturating_sub(1);
        (row, self.line(row).len())
    }

    /// Puts the cursor somewhere, with nothing selected.
    fn put(&mut self, at: At) {
        (self.cursor, self.mark, self.goal) = (at, None, None);
    }

    /// Replaces a stretch as one step, and puts the cursor behind what is there now.
    fn replace(&mut self, from: At, to: At, text: &str) -> bool {
        if from == to && text.is_empty() {
            return false;
        }
        let cursor = self.cursor;
        let removed = self.splice(from, to, text);
        self.put(end(from, text));
        self.undone.clear();
        self.done.push_back(Step { from, removed, inserted: text.to_owned(), cursor });
        if self.done.len() > STEPS {
            self.done.pop_front();
        }
        self.since += 1;
        true
    }

    /// Replaces a stretch and tells what stood there.
    fn splice(&mut self, from: At, to: At, text: &str) -> String {
        let removed = self.between(from, to);
        if from.0 == to.0 && !text.contains('\n') {
            if let Some(line) = self.lines.get_mut(from.0) {
                line.replace_range(from.1..to.1, text);
            }
            return removed;
        }
        let head = self.line(from.0).get(..from.1).unwrap_or_default();
        let tail = self.line(to.0).get(to.1..).unwrap_or_default();
        let lines: Vec<String> = format!("{head}{text}{tail}").split('\n').map(str::to_owned).collect();
        self.lines.splice(from.0..=to.0, lines);
        removed
    }

    /// What stands between two places.
    fn between(&self, from: At, to: At) -> String {
        if from.0 == to.0 {
            return self.line(from.0).get(from.1..to.1).unwrap_or_default().to_owned();
        }
        let mut out = self.line(from.0).get(from.1..).unwrap_or_default().to_owned();
        for row in from.0 + 1..to.0 {
            out.push('\n');
            out.push_str(self.line(row));
        }
        out.push('\n');
        out.push_str(self.line(to.0).get(..to.1).unwrap_or_default());
        out
    }
}

/// Where a text ends that begins at `from`.
fn end(from: At, text: &str) -> At {
    match text.rsplit_once('\n') {
        Some((before, last)) => (from.0 + before.matches('\n').count() + 1, last.len()),
        None => (from.0, from.1 + text.len()),
    }
}

/// Where words stand in a line, one behind the other; letters match in either case unless there are capitals.
fn hits(line: &str, words: &str) -> Vec<Range<usize>> {
    if words.is_empty() {
        return Vec::new();
    }
    if words.chars().any(char::is_uppercase) {
        return line.match_indices(words).map(|(at, hit)| at..at + hit.len()).collect();
    }
    let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
    let stands = |rest: &str| {
        let mut chars = rest.char_indices();
        let fits = words.chars().all(|wanted| chars.next().is_some_and(|(_, c)| lower(c) == lower(wanted)));
        fits.then(|| chars.next().map_or(rest.len(), |(at, _)| at))
    };
    let (mut out, mut from) = (Vec::new(), 0);
    for (at, _) in line.char_indices() {
        if at >= from
            && let Some(len) = line.get(at..).and_then(stands)
        {
            out.push(at..at + len);
            from = at + len;
        }
    }
    out
}

#[cfg(test)]
mod tests;
