//! A file's difference as rows that are laid out only when they come into view.
//!
//! What is known of all rows is where each begins: one number for those items that take more than one
//! row. Everything else is made for the screen at hand, and remembered for the next frame.
//!
//! Always holds: [`Sheet::view`] gives the rows that [`super::lines::Sides::rows`] would have given there.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::{
    find::{Needle, Place},
    laid::{Format, Laid},
    pane::{Row, Tag},
    shown::Shown,
    stops::Lie,
};
use crate::domain::{
    diff::{FileDiff, Item, RowKind},
    prose::clean,
};

/// Rows that are remembered: what is on a large screen, and a little more.
const KEPT: usize = 256;

/// One file's difference.
#[derive(Debug)]
pub(super) struct Sheet {
    shown: Arc<Shown>,
    diff: Arc<FileDiff>,
    laid: Laid,
    drawn: HashMap<usize, Row>,
}

impl Sheet {
    /// Finds out where each row begins, where that is not known; nothing for a change without lines, or whose
    /// lines are not compared yet.
    pub(super) fn of(shown: &Arc<Shown>, format: Format) -> Option<Self> {
        let diff = Arc::clone(shown.diff()?);
        let laid = shown.laid(&format).unwrap_or_else(|| Laid::of(&shown.sides(&diff), format));
        Some(Self { shown: Arc::clone(shown), diff, laid, drawn: HashMap::new() })
    }

    /// Itself for this layout, when it is of exactly this change and laid out like this, but for how far
    /// it is scrolled sideways: where that counts, lines are not broken, and no row is elsewhere for it.
    pub(super) fn again(mut self: Box<Self>, shown: &Arc<Shown>, format: &Format) -> Option<Box<Self>> {
        let shift = std::mem::replace(&mut self.laid.format.shift, format.shift);
        if shift != format.shift {
            self.drawn.clear();
        }
        (Arc::ptr_eq(&self.shown, shown) && self.laid.format == *format).then_some(self)
    }

    /// Which of several files it is.
    pub(super) fn file(&self) -> usize {
        self.laid.format.file
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.start(self.laid.items.len())
    }

    /// The first row of an item.
    fn start(&self, item: usize) -> usize {
        self.laid.start(item)
    }

    /// The item a row belongs to.
    fn item_at(&self, row: usize) -> usize {
        self.laid.item_at(row)
    }

    /// What a row stands for.
    pub(super) fn tag(&self, row: usize) -> Tag {
        let item = self.item_at(row);
        if let Some(note) = self.note(item, row) {
            return note.tag.clone();
        }
        self.laid.items.get(item).map_or(Tag::None, |item| self.tag_of(item))
    }

    /// The rows of an item that are its own, without the notes around them.
    fn own(&self, item: usize) -> Range<usize> {
        let (first, next) = (self.start(item), self.start(item + 1));
        match self.laid.notes.at(item) {
            Some(around) => first + around.above.len()..next - around.below.len(),
            None => first..next,
        }
    }

    /// The row of a note.
    fn note(&self, item: usize, row: usize) -> Option<&Row> {
        let around = self.laid.notes.at(item)?;
        let own = self.own(item);
        match row.checked_sub(own.end) {
            Some(below) => around.below.get(below),
            None => around.above.get(row.checked_sub(self.start(item))?),
        }
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
        self.laid.items.iter().position(|item| *item == wanted).map(|item| self.start(item))
    }

    /// How the line that a row is of lies.
    fn lie(&self, row: usize) -> Option<Lie> {
        let item = self.item_at(row);
        let sides = self.shown.sides(&self.diff);
        let lie = sides.lie(self.laid.items.get(item)?, &self.laid.format.look(), &self.laid.strips)?;
        Some(Lie { rows: self.own(item), ..lie })
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
            if let Some(note) = self.note(item, row) {
                let note = note.clone();
                self.drawn.insert(row, note);
                row += 1;
                continue;
            }
            let Range { start: first, end: next } = self.own(item);
            let part = row..next.min(rows.end);
            if part.clone().any(|row| !self.drawn.contains_key(&row)) {
                let mut made = Vec::new();
                let (sides, look) = (self.shown.sides(&self.diff), self.laid.format.look());
                if let Some(what) = self.laid.items.get(item) {
                    sides.item(what, part.start - first..part.end - first, &look, &self.laid.strips, &mut made);
                }
                self.drawn.extend(part.clone().zip(made));
            }
            row = part.end.max(row + 1);
        }
        out.extend(rows.map(|row| self.drawn.get(&row).cloned().unwrap_or_default()));
    }

    /// Forgets what was laid out: more colours are known, or it is out of view.
    fn repaint(&mut self) {
        self.drawn = HashMap::new();
    }

    /// The next row from one on, or the last one up to it, that stands for what fits.
    fn seek(&self, row: usize, forward: bool, fits: &dyn Fn(&Tag) -> bool) -> Option<usize> {
        let here = self.item_at(row.min(self.len().saturating_sub(1)));
        let within = |at: &usize| if forward { *at >= row } else { *at <= row };
        let fitting = |index: usize| {
            let own = self.own(index).start;
            let item = self.laid.items.get(index).filter(|item| within(&own) && fits(&self.tag_of(item))).map(|_| own);
            if self.laid.notes.at(index).is_none() {
                return item;
            }
            let mut rows = (self.start(index)..self.start(index + 1)).filter(within);
            let has = |at: &usize| self.note(index, *at).is_some_and(|note| fits(&note.tag)) || item == Some(*at);
            if forward { rows.find(has) } else { rows.rfind(has) }
        };
        if forward { (here..self.laid.items.len()).find_map(fitting) } else { (0..=here).rev().find_map(fitting) }
    }

    /// Adds the places of a text, the first row being one of the panel's.
    fn places(&self, start: usize, needle: &Needle, out: &mut Vec<Place>) {
        let sides = self.shown.sides(&self.diff);
        let look = self.laid.format.look();
        for (index, item) in self.laid.items.iter().enumerate() {
            match item {
                Item::Row(_) | Item::Left(_) | Item::Right(_) => {
                    let own = self.own(index);
                    let noted =
                        |row: &usize| self.note(index, *row).is_some_and(|n| !needle.hits(&n.text()).is_empty());
                    out.extend((self.start(index)..own.start).filter(noted).map(|row| Place::at(start + row, 1)));
                    if sides.texts(item, &look).iter().any(|line| needle.is_in(line)) {
                        out.push(Place::at(start + own.start, own.len()));
                    }
                    out.extend((own.end..self.start(index + 1)).filter(noted).map(|row| Place::at(start + row, 1)));
                }
                Item::Fold(rows) | Item::Spaces(rows) => {
                    let row = start + self.start(index);
                    let hidden = rows.clone().filter(|row| sides.has(*row, needle));
                    out.extend(hidden.map(|at| Place { row, rows: 1, hidden: Some((self.laid.format.file, at)) }));
                }
                Item::Hunk(_) | Item::MovedTo(_) | Item::MovedFrom(_) => {
                    if !needle.hits(&clean(&sides.words(item))).is_empty() {
                        out.push(Place::at(start + self.own(index).start, 1));
                    }
                }
            }
        }
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
    /// The parts that were in view last.
    seen: Range<usize>,
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

    /// How the line that a row is of lies; nothing where it is of none.
    pub(super) fn lie(&self, row: usize) -> Option<Lie> {
        let (part, at) = self.place(row)?;
        let (Part::Sheet(sheet), start) = (self.parts.get(part)?, self.starts.get(part)?) else { return None };
        let lie = sheet.lie(at)?;
        Some(Lie { rows: start + lie.rows.start..start + lie.rows.end, ..lie })
    }

    /// Which of several files a row belongs to.
    pub(super) fn file(&self, row: usize) -> usize {
        match self.place(row).and_then(|(part, _)| self.parts.get(part)) {
            Some(Part::Row(row)) => row.file,
            Some(Part::Sheet(sheet)) => sheet.laid.format.file,
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
            Part::Sheet(sheet) if sheet.laid.format.file == file => sheet.seek(0, true, same).map(|row| start + row),
            Part::Sheet(_) => None,
        })
    }

    /// Lays rows out.
    pub(super) fn view(&mut self, rows: Range<usize>) -> Vec<Row> {
        let mut out = Vec::new();
        let mut row = rows.start;
        let begin = self.place(row).map_or(0, |(part, _)| part);
        let mut seen = begin..begin;
        while row < rows.end.min(self.len) {
            let Some((part, at)) = self.place(row) else { break };
            seen.end = part + 1;
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
        // What was laid out of a file is of no use once it is out of view, and there may be many.
        for part in std::mem::replace(&mut self.seen, seen.clone()).filter(|part| !seen.contains(part)) {
            if let Some(Part::Sheet(sheet)) = self.parts.get_mut(part) {
                sheet.repaint();
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

    /// The places of a text, in order. `folded` tells which file a row stands for whose lines are folded
    /// away.
    pub(super) fn places(&self, needle: &Needle, folded: &dyn Fn(&Row) -> Option<Arc<Shown>>) -> Vec<Place> {
        let mut out = Vec::new();
        for (part, start) in self.parts.iter().zip(self.starts.iter().copied()) {
            match part {
                Part::Sheet(sheet) => sheet.places(start, needle, &mut out),
                Part::Row(row) => {
                    if !needle.hits(&row.text()).is_empty() {
                        out.push(Place::at(start, 1));
                    }
                    let Some(shown) = folded(row) else { continue };
                    let Some(diff) = shown.diff() else { continue };
                    let sides = shown.sides(diff);
                    let hidden = (0..diff.rows.len()).filter(|at| sides.has(*at, needle));
                    out.extend(hidden.map(|at| Place { row: start, rows: 1, hidden: Some((row.file, at)) }));
                }
            }
        }
        out
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
