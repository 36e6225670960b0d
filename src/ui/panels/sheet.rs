//! A file's difference as rows that are laid out only when they come into view.
//!
//! What is known of all rows is where each begins: one number for those items that take more than one
//! row. Everything else is made for the screen at hand, and remembered for the next frame.
//!
//! Always holds: [`Sheet::view`] gives the rows that [`super::lines::Sides::rows`] would have given there.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{
    lines::Look,
    pane::{Row, Tag, hits},
    shown::Shown,
    strip::Strips,
};
use crate::{
    domain::{
        diff::{FileDiff, Item, RowKind},
        prose::clean_bytes,
    },
    ui::style::Styles,
};

/// Rows that are remembered.
const KEPT: usize = 2048;

/// How a sheet is laid out; [`Look`] with its own values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) styles: Styles,
    pub(super) columns: usize,
    pub(super) split: bool,
    pub(super) wrap: bool,
    pub(super) prose: bool,
    pub(super) shift: usize,
    pub(super) no_spaces: bool,
    pub(super) open: Vec<Range<usize>>,
    pub(super) unfold: String,
    pub(super) file: usize,
}

impl Format {
    fn look(&self) -> Look<'_> {
        Look {
            styles: &self.styles,
            columns: self.columns,
            split: self.split,
            wrap: self.wrap,
            prose: self.prose,
            shift: self.shift,
            open: &self.open,
            no_spaces: self.no_spaces,
            unfold: &self.unfold,
            file: self.file,
        }
    }
}

/// An item that takes more than one row.
#[derive(Clone, Copy, Debug)]
struct Tall {
    item: usize,
    /// Rows more than items, this one included.
    extra: usize,
}

/// One file's difference.
#[derive(Debug)]
pub(super) struct Sheet {
    shown: Arc<Shown>,
    diff: Arc<FileDiff>,
    format: Format,
    items: Vec<Item>,
    tall: Vec<Tall>,
    strips: Strips,
    drawn: HashMap<usize, Row>,
}

impl Sheet {
    /// Finds out where each row begins; nothing for a change without lines, or whose lines are not compared
    /// yet.
    pub(super) fn of(shown: &Arc<Shown>, format: Format) -> Option<Self> {
        let diff = Arc::clone(shown.diff()?);
        let (strips, mut tall, mut extra) = (Strips::default(), Vec::new(), 0);
        let sides = shown.sides(&diff);
        let look = format.look();
        let items = sides.items(&look);
        if look.wrap {
            for (item, what) in items.iter().enumerate() {
                let more = sides.height(what, &look, &strips).saturating_sub(1);
                if more > 0 {
                    extra += more;
                    tall.push(Tall { item, extra });
                }
            }
        }
        Some(Self { shown: Arc::clone(shown), diff, format, items, tall, strips, drawn: HashMap::new() })
    }

    /// True when it is of exactly this change, laid out like this.
    pub(super) fn is_of(&self, shown: &Arc<Shown>, format: &Format) -> bool {
        Arc::ptr_eq(&self.shown, shown) && self.format == *format
    }

    /// Which of several files it is.
    pub(super) fn file(&self) -> usize {
        self.format.file
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.start(self.items.len())
    }

    /// The first row of an item.
    fn start(&self, item: usize) -> usize {
        let before = self.tall.partition_point(|t| t.item < item);
        item + before.checked_sub(1).and_then(|i| self.tall.get(i)).map_or(0, |t| t.extra)
    }

    /// The item a row belongs to.
    fn item_at(&self, row: usize) -> usize {
        // The last row of a tall item is its index and all extra rows up to it.
        let before = self.tall.partition_point(|t| t.item + t.extra < row);
        let extra = before.checked_sub(1).and_then(|i| self.tall.get(i)).map_or(0, |t| t.extra);
        let next = self.tall.get(before).map_or(usize::MAX, |t| t.item);
        (row - extra.min(row)).min(next)
    }

    /// What a row stands for.
    pub(super) fn tag(&self, row: usize) -> Tag {
        self.items.get(self.item_at(row)).map_or(Tag::None, |item| self.tag_of(item))
    }

    fn tag_of(&self, item: &Item) -> Tag {
        let line = |row: usize, new: bool| {
            let what = self.diff.rows.get(row);
            Tag::Diff {
                row,
                new: what.filter(|_| new).and_then(|r| r.right()).map(|l| l + 1),
                changed: what.is_some_and(|r| r.kind != RowKind::Equal),
            }
        };
        match item {
            Item::Hunk(index) => Tag::Hunk(*index),
            Item::Fold(rows) | Item::Spaces(rows) => Tag::Fold(rows.clone()),
            Item::Row(row) | Item::Right(row) => line(*row, true),
            Item::Left(row) => line(*row, false),
            Item::MovedTo(block) => Tag::Moved { block: *block, new: true },
            Item::MovedFrom(block) => Tag::Moved { block: *block, new: false },
        }
    }

    /// The first row of the other place of a block that moved.
    pub(super) fn other_place(&self, block: usize, new: bool) -> Option<usize> {
        let wanted = if new { Item::MovedFrom(block) } else { Item::MovedTo(block) };
        self.items.iter().position(|item| *item == wanted).map(|item| self.start(item))
    }

    /// Lays rows out.
    pub(super) fn view(&mut self, rows: Range<usize>, out: &mut Vec<Row>) {
        let rows = rows.start..rows.end.min(self.len());
        if self.drawn.len() > KEPT {
            self.drawn.clear();
        }
        let mut row = rows.start;
        while row < rows.end {
            let item = self.item_at(row);
            let (first, next) = (self.start(item), self.start(item + 1));
            let part = row..next.min(rows.end);
            if part.clone().any(|row| !self.drawn.contains_key(&row)) {
                let mut made = Vec::new();
                let (sides, look) = (self.shown.sides(&self.diff), self.format.look());
                if let Some(what) = self.items.get(item) {
                    sides.item(what, part.start - first..part.end - first, &look, &self.strips, &mut made);
                }
                self.drawn.extend(part.clone().zip(made));
            }
            row = part.end.max(row + 1);
        }
        out.extend(rows.map(|row| self.drawn.get(&row).cloned().unwrap_or_default()));
    }

    /// Forgets what was laid out: more colours are known.
    fn repaint(&mut self) {
        self.drawn.clear();
    }

    /// The next row from one on, or the last one up to it, that stands for what fits.
    fn seek(&self, row: usize, forward: bool, fits: &dyn Fn(&Tag) -> bool) -> Option<usize> {
        let here = self.item_at(row.min(self.len().saturating_sub(1)));
        let fitting = |(index, item): (usize, &Item)| fits(&self.tag_of(item)).then_some(index);
        let items = self.items.iter().enumerate();
        let found = if forward {
            items.skip(here).filter(|(index, _)| self.start(*index) >= row).find_map(fitting)
        } else {
            items.take(here + 1).rev().find_map(fitting)
        };
        found.map(|item| self.start(item))
    }

    /// The next row from one on, or the last one up to it, that has a text.
    fn find(&mut self, row: usize, forward: bool, text: &str) -> Option<usize> {
        let last = self.len().checked_sub(1)?;
        let here = self.item_at(row.min(last));
        let order: Box<dyn Iterator<Item = usize>> =
            if forward { Box::new(here..self.items.len()) } else { Box::new((0..=here).rev()) };
        for index in order {
            if !self.has(index, text) {
                continue;
            }
            let (first, next) = (self.start(index), self.start(index + 1));
            let part = if forward { first.max(row)..next } else { first..next.min(row + 1) };
            let mut rows = Vec::new();
            self.view(part.clone(), &mut rows);
            let fits = |r: &Row| !hits(&r.text(), text).is_empty();
            let at = if forward { rows.iter().position(fits) } else { rows.iter().rposition(fits) };
            match at {
                Some(at) => return Some(part.start + at),
                // It stands where the line was broken.
                None if index != here => return Some(first),
                None => {}
            }
        }
        None
    }

    /// True where an item's text may have it.
    fn has(&self, index: usize, text: &str) -> bool {
        let Some(item) = self.items.get(index) else { return false };
        let look = self.format.look();
        let sides = self.shown.sides(&self.diff);
        let texts = sides.texts(item, &look);
        if !texts.is_empty() {
            return texts.iter().any(|line| !hits(&clean_bytes(line), text).is_empty());
        }
        let mut rows = Vec::new();
        sides.item(item, 0..1, &look, &self.strips, &mut rows);
        rows.iter().any(|r| !hits(&r.text(), text).is_empty())
    }
}

#[derive(Debug)]
enum Part {
    Row(Row),
    Sheet(Box<Sheet>),
}

/// Rows of a panel: some made already, and files that are laid out as they come into view.
#[derive(Debug, Default)]
pub(super) struct Rows {
    parts: Vec<Part>,
    /// Where each part begins.
    starts: Vec<usize>,
    len: usize,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push(&mut self, row: Row) {
        self.starts.push(self.len);
        self.len += 1;
        self.parts.push(Part::Row(row));
    }

    pub(super) fn extend(&mut self, rows: impl IntoIterator<Item = Row>) {
        rows.into_iter().for_each(|row| self.push(row));
    }

    pub(super) fn push_sheet(&mut self, sheet: Box<Sheet>) {
        if sheet.len() > 0 {
            self.starts.push(self.len);
            self.len += sheet.len();
            self.parts.push(Part::Sheet(sheet));
        }
    }

    /// Takes the files out, in order: what is laid out as before need not be laid out again.
    pub(super) fn into_sheets(self) -> impl Iterator<Item = Box<Sheet>> {
        self.parts.into_iter().filter_map(|part| match part {
            Part::Sheet(sheet) => Some(sheet),
            Part::Row(_) => None,
        })
    }

    /// The part of a row, and the row within it.
    fn place(&self, row: usize) -> Option<(usize, usize)> {
        if row >= self.len {
            return None;
        }
        let part = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        Some((part, row - self.starts.get(part)?))
    }

    /// What a row stands for; nothing beyond the last.
    pub(super) fn tag(&self, row: usize) -> Tag {
        match self.place(row).and_then(|(part, at)| Some((self.parts.get(part)?, at))) {
            Some((Part::Row(row), _)) => row.tag.clone(),
            Some((Part::Sheet(sheet), at)) => sheet.tag(at),
            None => Tag::None,
        }
    }

    /// Which of several files a row belongs to.
    pub(super) fn file(&self, row: usize) -> usize {
        match self.place(row).and_then(|(part, _)| self.parts.get(part)) {
            Some(Part::Row(row)) => row.file,
            Some(Part::Sheet(sheet)) => sheet.format.file,
            None => 0,
        }
    }

    /// The first row of a file that stands for what another layout had under the cursor.
    pub(super) fn locate(&self, file: usize, tag: &Tag) -> Option<usize> {
        // The same side of a line first: side by side and unified do not have the same ones.
        let exact = self.locate_as(file, &|other| other == tag);
        exact.or_else(|| {
            self.locate_as(file, &|other| match (tag, other) {
                (Tag::Diff { row: a, .. }, Tag::Diff { row: b, .. }) => a == b,
                _ => false,
            })
        })
    }

    /// The first row of a file that stands for what fits.
    pub(super) fn first_of(&self, file: usize, fits: &dyn Fn(&Tag) -> bool) -> Option<usize> {
        self.locate_as(file, fits)
    }

    fn locate_as(&self, file: usize, same: &dyn Fn(&Tag) -> bool) -> Option<usize> {
        self.parts.iter().zip(&self.starts).find_map(|(part, start)| match part {
            Part::Row(row) => (row.file == file && same(&row.tag)).then_some(*start),
            Part::Sheet(sheet) if sheet.format.file == file => sheet.seek(0, true, same).map(|row| start + row),
            Part::Sheet(_) => None,
        })
    }

    /// Lays rows out.
    pub(super) fn view(&mut self, rows: Range<usize>) -> Vec<Row> {
        let mut out = Vec::new();
        let mut row = rows.start;
        while row < rows.end.min(self.len) {
            let Some((part, at)) = self.place(row) else { break };
            match self.parts.get_mut(part) {
                Some(Part::Row(one)) => {
                    out.push(one.clone());
                    row += 1;
                }
                Some(Part::Sheet(sheet)) => {
                    let to = sheet.len().min(at + rows.end - row);
                    sheet.view(at..to, &mut out);
                    row += to - at;
                }
                None => break,
            }
        }
        out
    }

    /// Forgets what was laid out of files.
    pub(super) fn repaint(&mut self) {
        for part in &mut self.parts {
            if let Part::Sheet(sheet) = part {
                sheet.repaint();
            }
        }
    }

    /// The next row after one, or the last before it, that stands for what fits.
    pub(super) fn seek(&self, from: usize, forward: bool, fits: &dyn Fn(&Tag) -> bool) -> Option<usize> {
        self.walk(from, forward, |part, start, at| match self.parts.get(part)? {
            Part::Row(row) => fits(&row.tag).then_some(start),
            Part::Sheet(sheet) => sheet.seek(at, forward, fits).map(|row| start + row),
        })
    }

    /// The next row after one, or the last before it, that has a text.
    pub(super) fn find(&mut self, from: usize, forward: bool, text: &str) -> Option<usize> {
        let mut parts = std::mem::take(&mut self.parts);
        let found = self.walk(from, forward, |part, start, at| match parts.get_mut(part)? {
            Part::Row(row) => (!hits(&row.text(), text).is_empty()).then_some(start),
            Part::Sheet(sheet) => sheet.find(at, forward, text).map(|row| start + row),
        });
        self.parts = parts;
        found
    }

    /// Asks the parts in order from a row on, without that row: each by its index, its first row, and
    /// the row within it to begin at.
    fn walk(
        &self,
        from: usize,
        forward: bool,
        mut ask: impl FnMut(usize, usize, usize) -> Option<usize>,
    ) -> Option<usize> {
        let begin = if forward { from.checked_add(1)? } else { from.min(self.len).checked_sub(1)? };
        let (here, at) = self.place(begin)?;
        let order: Box<dyn Iterator<Item = usize>> =
            if forward { Box::new(here..self.starts.len()) } else { Box::new((0..=here).rev()) };
        for part in order {
            let start = *self.starts.get(part)?;
            let end = self.starts.get(part + 1).copied().unwrap_or(self.len);
            let within = match (part == here, forward) {
                (true, _) => at,
                (false, true) => 0,
                (false, false) => end - start - 1,
            };
            let found = ask(part, start, within);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The other place of a block that moved, from one of its notes.
    pub(super) fn other_place(&self, row: usize) -> Option<usize> {
        let Tag::Moved { block, new } = self.tag(row) else { return None };
        let (part, _) = self.place(row)?;
        match self.parts.get(part)? {
            Part::Sheet(sheet) => Some(self.starts.get(part)? + sheet.other_place(block, new)?),
            Part::Row(_) => None,
        }
    }
}
