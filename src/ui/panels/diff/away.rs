//! Blocks that moved from one file of a set to another: found once all files are compared, in the
//! background where there is much to look through.
//!
//! Always holds: a note names the file and the line of the other place as they are shown.

use std::{ops::Range, sync::Arc};

use super::{DiffPanel, content::Content};
use crate::{
    config::theme::Role,
    domain::diff::{Abroad, across},
    ui::panels::{
        later::Later,
        lines::Side,
        notes::Note,
        pane::Tag,
        shown::{AT_ONCE, Found, Shown, left_of},
    },
};

/// The blocks of a set, and of which files.
#[derive(Debug)]
pub(super) struct Away {
    files: Vec<Arc<Shown>>,
    blocks: Later<Vec<Abroad>>,
}

impl Away {
    /// Those of some files, all of them compared; what was found of the same ones before is kept.
    pub(super) fn of(files: &[Arc<Shown>], before: Option<Self>) -> Self {
        let same = |known: &Self| {
            known.files.len() == files.len() && known.files.iter().zip(files).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        before.filter(same).unwrap_or_else(|| {
            let all = files.to_vec();
            let little = files.iter().try_fold(AT_ONCE, |room, f| left_of(room, f.change())).is_some();
            let blocks = if little { Later::known(look(&all)) } else { Later::found_by(move || look(&all)) };
            Self { files: files.to_vec(), blocks }
        })
    }

    /// The blocks, where they are known by now.
    pub(super) fn known(&self) -> Option<&[Abroad]> {
        self.blocks.get().map(Vec::as_slice)
    }
}

fn look(files: &[Arc<Shown>]) -> Vec<Abroad> {
    // What is not compared by its lines has its place among the files all the same.
    let none = crate::domain::diff::FileDiff::default();
    let compared: Vec<_> = files
        .iter()
        .map(|file| match file.diff() {
            Some(diff) => {
                let (old, new) = file.change().bytes();
                (old, new, &**diff)
            }
            None => (&[][..], &[][..], &none),
        })
        .collect();
    across(&compared)
}

impl Content {
    /// The lines of a file that stand in another one of the set, and what is said of them.
    pub(super) fn away(&self, file: usize, found: &Found) -> (Vec<Note>, Vec<(Side, Range<usize>)>) {
        let blocks = self.away.as_ref().and_then(Away::known).unwrap_or_default();
        let Some(diff) = &found.header.diff else { return Default::default() };
        let (mut notes, mut lines) = (Vec::new(), Vec::new());
        let path = |at: usize| self.away.as_ref().and_then(|a| a.files.get(at)).map(|f| f.path().as_str());
        for block in blocks {
            let edited = if block.edited > 0 { format!(", {} edited", block.edited) } else { String::new() };
            let mut note = |row: Option<usize>, side, head: &str, text: String, tag| {
                notes.extend(row.map(|row| {
                    let head = head.to_owned();
                    Note {
                        row,
                        side,
                        above: true,
                        role: Role::HunkHeader,
                        head,
                        text: format!("{text}{edited}"),
                        whole: false,
                        tag,
                    }
                }));
            };
            let ((from, old), (to, new)) = (&block.from, &block.to);
            if *from == file {
                let row = diff.rows.iter().position(|r| r.left() == Some(old.start));
                let text = format!("{} lines moved to {}:{}", old.len(), path(*to).unwrap_or_default(), new.start + 1);
                note(row, Side::Old, "⇢ ", text, Tag::Away { file: *to, line: new.start, new: true });
                lines.push((Side::Old, old.clone()));
            }
            if *to == file {
                let row = diff.rows.iter().position(|r| r.right() == Some(new.start));
                let text = format!(
                    "{} lines moved here from {}:{}",
                    new.len(),
                    path(*from).unwrap_or_default(),
                    old.start + 1
                );
                note(row, Side::New, "⇠ ", text, Tag::Away { file: *from, line: old.start, new: false });
                lines.push((Side::New, new.clone()));
            }
        }
        (notes, lines)
    }
}

impl DiffPanel {
    /// Goes to a line of another file of the set, which is unfolded for it.
    pub(super) fn go_away(&mut self, file: usize, line: usize, new: bool) {
        let rows = self.content.files.get(file).and_then(|f| f.diff()).map(|d| &d.rows);
        let side = |r: &crate::domain::diff::Row| if new { r.right() } else { r.left() };
        let row = rows.and_then(|rows| rows.iter().position(|r| side(r) == Some(line)));
        if let Some(row) = row {
            self.uncover(file, row, new.then_some(line + 1));
        }
    }
}
