//! Where each row of a file's difference begins, in one way of laying it out.
//!
//! It is what takes long to find of a large file, and needs nothing of the screen: the file is laid out
//! where it is compared. Rows are made by [`super::sheet`].
//!
//! Always holds: items and rows are those that [`super::lines::Sides::rows`] would give.

use std::ops::Range;

use super::{
    lines::{Look, Side, Sides},
    notes::{Note, Notes},
    strip::Strips,
};
use crate::{
    domain::{diff::Item, prose::Reads},
    ui::style::Styles,
};

/// How a sheet is laid out; [`Look`] with its own values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) styles: Styles,
    pub(super) columns: usize,
    pub(super) split: bool,
    pub(super) wrap: bool,
    pub(super) prose: bool,
    pub(super) reads: Reads,
    pub(super) shift: usize,
    pub(super) no_spaces: bool,
    pub(super) open: Vec<Range<usize>>,
    pub(super) unfold: String,
    pub(super) file: usize,
    /// What is written beside its lines.
    pub(super) notes: Vec<Note>,
    /// Lines of either side that stand in another file of the set.
    pub(super) away: Vec<(Side, Range<usize>)>,
}

impl Format {
    pub(super) fn look(&self) -> Look<'_> {
        Look {
            styles: &self.styles,
            columns: self.columns,
            split: self.split,
            wrap: self.wrap,
            prose: self.prose,
            reads: self.reads,
            shift: self.shift,
            open: &self.open,
            no_spaces: self.no_spaces,
            away: &self.away,
            unfold: &self.unfold,
            file: self.file,
        }
    }
}

/// An item that takes more than one row.
#[derive(Clone, Copy, Debug)]
struct Tall {
    item: u32,
    /// Rows more than items, this one included.
    extra: u32,
}

/// A file's difference laid out.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) format: Format,
    pub(super) items: Vec<Item>,
    tall: Vec<Tall>,
    pub(super) notes: Notes,
    pub(super) strips: Strips,
}

impl Laid {
    /// Finds out where each row begins.
    pub(super) fn of(sides: &Sides<'_>, format: Format) -> Self {
        let (strips, mut tall, mut extra) = (Strips::default(), Vec::new(), 0_u32);
        let look = format.look();
        let items = sides.items(&look);
        let notes = Notes::of(&format.notes, &items, format.columns, format.file, &format.styles);
        if look.wrap || !format.notes.is_empty() {
            for (item, what) in (0..).zip(&items) {
                let more = sides.height(what, &look, &strips).saturating_sub(1) + notes.rows(item as usize);
                if more > 0 {
                    extra = extra.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
                    tall.push(Tall { item, extra });
                }
            }
            tall.shrink_to_fit();
        }
        Self { format, items, tall, notes, strips }
    }

    /// The first row of an item.
    pub(super) fn start(&self, item: usize) -> usize {
        let before = self.tall.partition_point(|t| (t.item as usize) < item);
        item + before.checked_sub(1).and_then(|i| self.tall.get(i)).map_or(0, |t| t.extra as usize)
    }

    /// The item a row belongs to.
    pub(super) fn item_at(&self, row: usize) -> usize {
        // The last row of a tall item is its index and all extra rows up to it.
        let before = self.tall.partition_point(|t| t.item as usize + (t.extra as usize) < row);
        let extra = before.checked_sub(1).and_then(|i| self.tall.get(i)).map_or(0, |t| t.extra as usize);
        let next = self.tall.get(before).map_or(usize::MAX, |t| t.item as usize);
        (row - extra.min(row)).min(next)
    }
}
