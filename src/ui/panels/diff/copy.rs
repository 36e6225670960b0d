//! What is copied: lines as they are in the file, and other things as they are.
//!
//! Always holds: of lines of a difference nothing is copied but their own bytes, on the side that is
//! asked for; no number, sign or mark that is drawn beside them.

use super::{DiffPanel, Kind};
use crate::{
    domain::{journal::Proposal, journal::Side},
    ui::panels::{
        Ctx,
        pane::{Row, Tag},
    },
};

impl DiffPanel {
    /// The text of what is selected, or of what the cursor is on. Of lines the after side, and the before
    /// side of those that go; what a selection spans that is folded is part of it.
    pub(super) fn copied(&mut self, ctx: &Ctx<'_>) -> String {
        let proposed = ctx.state.proposal.as_ref().map(|p| &p.proposal);
        if let (Kind::Command, Some(Proposal::Command(line))) = (self.content.kind, proposed) {
            return line.text.clone();
        }
        let rows = self.pane.selected();
        let mut lines: Vec<(usize, Side, usize)> = Vec::new();
        for row in rows.clone() {
            let file = self.content.rows.file(row);
            let Some(diff) = self.content.files.get(file).and_then(|f| f.diff()) else { continue };
            let old = |at: usize| diff.rows.get(at).and_then(|r| r.left());
            match self.content.rows.tag(row) {
                Tag::Diff { new: Some(line), .. } => lines.push((file, Side::After, line - 1)),
                Tag::Diff { row, new: None, .. } => lines.extend(old(row).map(|line| (file, Side::Before, line))),
                // By itself a hunk stands for what it makes of its lines.
                Tag::Hunk(hunk) if rows.len() == 1 => {
                    let new = diff.hunks.get(hunk).map_or(0..0, |h| h.new.clone());
                    lines.extend(new.map(|line| (file, Side::After, line)));
                }
                Tag::Fold(hidden) => {
                    let new = diff.rows.get(hidden).unwrap_or_default().iter().filter_map(|r| r.right());
                    lines.extend(new.map(|line| (file, Side::After, line)));
                }
                _ => {}
            }
        }
        lines.dedup();
        if !lines.is_empty() {
            return self.text_of(&lines);
        }
        if let (1, Tag::Comment { id, .. }) = (rows.len(), self.content.rows.tag(rows.start))
            && let Some(remark) = ctx.state.remarks.iter().find(|r| r.id == id)
        {
            return remark.text.clone();
        }
        if let (1, Tag::File, Some(file)) =
            (rows.len(), self.content.rows.tag(rows.start), self.content.files.get(self.content.rows.file(rows.start)))
        {
            return file.path().to_string();
        }
        let rows = self.content.rows.view(rows);
        rows.iter().map(Row::text).collect::<Vec<_>>().join("\n")
    }

    /// Lines of files, each with its own end but for the last.
    fn text_of(&self, lines: &[(usize, Side, usize)]) -> String {
        let mut out = Vec::new();
        for (nth, (file, side, line)) in lines.iter().enumerate() {
            let Some(shown) = self.content.files.get(*file) else { continue };
            let Some(diff) = shown.diff() else { continue };
            let (old, new) = shown.change().bytes();
            let (all, bytes) = if *side == Side::After { (&diff.new, new) } else { (&diff.old, old) };
            let Some(line) = all.get(*line) else { continue };
            let range = if nth + 1 == lines.len() { line.text.clone() } else { line.whole() };
            out.extend_from_slice(bytes.get(range).unwrap_or_default());
            // A last line without an end is followed by another's.
            if nth + 1 < lines.len() && line.end.is_empty() {
                out.push(b'\n');
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}
