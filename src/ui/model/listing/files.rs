//! The files of the set under review as entries: how much of each is accepted, and whether it was read.

use super::{Entry, Group, Target};
use crate::{config::theme::Role, domain::change::select::Taken, ui::panels::FileMark};

pub(super) const FILES: Group = Group { title: "Files", columns: &["lines", "read", "comments"] };

pub(super) fn marked(marks: &[FileMark]) -> Vec<Entry> {
    let entry = |mark: &FileMark| Entry {
        group: &FILES,
        mark: match mark.taken {
            Taken::All => ("x", Role::Ok),
            Taken::Part => ("-", Role::Warn),
            Taken::None => (" ", Role::Warn),
        },
        name: String::new(),
        text: mark.path.to_string(),
        facts: vec![
            format!("+{} −{}", mark.lines.0, mark.lines.1),
            if mark.reviewed { "✓ read".into() } else { String::new() },
            if mark.remarks == 0 { String::new() } else { format!("● {}", mark.remarks) },
        ],
        detail: vec![
            ("file", mark.path.to_string()),
            (
                "taken",
                match mark.taken {
                    Taken::All => "all of it".into(),
                    Taken::Part => "a part of it".into(),
                    Taken::None => "nothing of it".into(),
                },
            ),
            ("read", if mark.reviewed { "yes, as it is now".into() } else { "not yet".into() }),
        ],
        target: Target::File(mark.path.clone(), None),
        comment: None,
        thing: None,
    };
    marks.iter().map(entry).collect()
}
