//! What is written beside the lines of a difference, on rows of its own: comments, and where a block
//! went to or came from.
//!
//! Always holds: a note stands at the one row and side that it names; where that is not shown, the note
//! is not either.

use std::collections::HashMap;

use super::{
    lines::Side,
    pane::{Row, Tag, ink, paragraph},
};
use crate::{
    config::theme::Role,
    domain::{diff::Item, prose::width::truncate},
    ui::style::Styles,
};

/// Something written at a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Note {
    /// The row of the difference, and on which side of it.
    pub(super) row: usize,
    pub(super) side: Side,
    /// Above the row; else below it.
    pub(super) above: bool,
    pub(super) role: Role,
    /// What it begins with.
    pub(super) head: String,
    pub(super) text: String,
    /// In as many rows as it takes; else in one.
    pub(super) whole: bool,
    pub(super) tag: Tag,
}

impl Note {
    fn rows(&self, columns: usize, file: usize, styles: &Styles) -> Vec<Row> {
        let style = styles.get(self.role);
        let head = ink(&self.head, style);
        let mut rows = Vec::new();
        if self.whole {
            paragraph(&self.text, columns, &head, style, &mut rows);
        } else {
            let text = ink(&self.text.replace(['\r', '\n'], " "), style);
            let room = columns.saturating_sub(head.width()).max(8);
            let text = ink(&truncate(&text.content, room), style);
            rows.push(Row::new(vec![head, text], Tag::None));
        }
        rows.into_iter().map(|row| Row { tag: self.tag.clone(), file, ..row }).collect()
    }
}

/// The rows around one item.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) above: Vec<Row>,
    pub(super) below: Vec<Row>,
}

/// The notes of a file, by the item that they stand at.
#[derive(Debug, Default)]
pub(super) struct Notes {
    items: HashMap<usize, Around>,
}

impl Notes {
    /// Lays notes out at the items of a file that show their rows.
    pub(super) fn of(notes: &[Note], items: &[Item], columns: usize, file: usize, styles: &Styles) -> Self {
        let mut out = Self::default();
        if notes.is_empty() {
            return out;
        }
        let mut wanted: HashMap<(usize, Side), Vec<&Note>> = HashMap::new();
        notes.iter().for_each(|note| wanted.entry((note.row, note.side)).or_default().push(note));
        for (index, item) in items.iter().enumerate() {
            let sides: &[(usize, Side)] = match item {
                Item::Row(row) => &[(*row, Side::Old), (*row, Side::New)],
                Item::Left(row) => &[(*row, Side::Old)],
                Item::Right(row) => &[(*row, Side::New)],
                Item::Hunk(_) | Item::Fold(_) | Item::Spaces(_) | Item::MovedTo(_) | Item::MovedFrom(_) => &[],
            };
            for note in sides.iter().filter_map(|place| wanted.get(place)).flatten() {
                let around = out.items.entry(index).or_default();
                let rows = if note.above { &mut around.above } else { &mut around.below };
                rows.extend(note.rows(columns, file, styles));
            }
        }
        out
    }

    pub(super) fn at(&self, item: usize) -> Option<&Around> {
        self.items.get(&item)
    }

    /// How many rows an item has besides its own.
    pub(super) fn rows(&self, item: usize) -> usize {
        self.at(item).map_or(0, |a| a.above.len() + a.below.len())
    }
}
