//! What was found at the cursor, whole: what, why it matters, what to do. It stands at the lower edge
//! of a panel, below what the panel shows.
//!
//! Always holds: it leaves rows for what it is about, and says so where not all of it has room.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    checked::mark,
    pane::{Row, Tag, ink, paragraph},
};
use crate::{config::theme::Role, domain::spec::checks::Finding, ui::style::Styles};

/// Rows that stay for what it is about.
const LEFT: usize = 4;

/// The rows of what was found, for a panel of so many; none where nothing was found or no room is. `all`
/// is the key of the list of all.
pub(super) fn rows(found: &[&Finding], columns: usize, height: usize, all: &str, styles: &Styles) -> Vec<Row> {
    // Half of the panel, but one finding has room where there is any.
    let most = (height / 2).max(9).min(height.saturating_sub(LEFT));
    if found.is_empty() || most < 4 || columns < 16 {
        return Vec::new();
    }
    let rule = || Row::new(vec![ink(&"─".repeat(columns), styles.get(Role::Border))], Tag::None);
    let mut rows = vec![rule()];
    for (at, finding) in found.iter().enumerate() {
        let before = rows.len();
        let (sign, role) = mark(finding.severity);
        let text = styles.get(Role::Text);
        paragraph(&finding.what, columns, &ink(&format!("{sign} "), styles.get(role)), text, &mut rows);
        for (label, words) in [("why    ", finding.why), ("to do  ", &finding.todo)] {
            paragraph(words, columns, &ink(&format!("  {label}"), styles.get(Role::Dim)), text, &mut rows);
        }
        let more = found.len() - at;
        let told = usize::from(more > 1);
        if rows.len() + told > most {
            // The first is told as far as it goes; the others are told whole or counted.
            rows.truncate(if at == 0 { most - 1 } else { before });
            let words = match (at, more) {
                (0, 1) => "… there is no room for the rest".to_owned(),
                (0, more) => format!("… there is no room for the rest, and {} more; {all} lists them", more - 1),
                (_, more) => format!("… {more} more in this line; {all} lists them"),
            };
            rows.push(Row::new(vec![ink(&words, styles.get(Role::Dim))], Tag::None));
            break;
        }
    }
    rows
}

/// Draws them at the lower edge and gives what is left above.
pub(super) fn draw(rows: &[Row], inner: Rect, buf: &mut Buffer) -> Rect {
    let taken = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(inner.height);
    let above = Rect { height: inner.height - taken, ..inner };
    for (y, row) in (above.bottom()..inner.bottom()).zip(rows) {
        buf.set_line(inner.x.saturating_add(1), y, &row.line, inner.width.saturating_sub(1));
    }
    above
}
