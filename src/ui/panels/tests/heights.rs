//! How many rows a line takes is told without laying it out: it has to be as many as it then has.

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{diff::FileDiff, prose::Reads},
    ui::panels::{laid::Format, lines::Sides, strip::Strips},
};

fn format(columns: usize, split: bool, prose: bool, reads: Reads) -> Format {
    Format {
        styles: World::of(Story::default()).styles,
        columns,
        split,
        wrap: true,
        prose,
        reads,
        shift: 0,
        no_spaces: false,
        open: Vec::new(),
        unfold: "Enter".into(),
        file: 0,
        notes: Vec::new(),
        away: Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_line_has_as_many_rows_as_was_told(
        lines in prop::collection::vec(("[a-c é図,]{0,40}", "([a-c é図　,\u{301}\u{a0}\t🎉]|👩\u{200d}💻|ℹ\u{fe0f}){0,30}"), 1..6),
        columns in 24..90_usize,
        split in any::<bool>(),
        prose in any::<bool>(),
        code in any::<bool>(),
    ) {
        let old: String = lines.iter().map(|(old, _)| format!("{old} end\n")).collect();
        let new: String = lines.iter().map(|(old, more)| format!("{old} end {more}\r\n")).collect();
        let diff = FileDiff::of(old.as_bytes(), new.as_bytes(), 3);
        let sides = Sides { old: old.as_bytes(), new: new.as_bytes(), diff: &diff, paint_old: None, paint_new: None };
        let format = format(columns, split, prose, if code { Reads::Code } else { Reads::Prose });
        let (look, strips) = (format.look(), Strips::default());
        for item in sides.items(&look) {
            let mut rows = Vec::new();
            sides.item(&item, 0..usize::MAX, &look, &strips, &mut rows);
            prop_assert_eq!(sides.height(&item, &look, &strips), rows.len(), "{:?}", item);
        }
    }
}
