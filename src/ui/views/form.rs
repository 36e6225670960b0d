//! The form of a new spec.

use ratatui::layout::{Position, Rect};

use super::{
    area,
    canvas::{Canvas, Parts, columns, row, shifted},
};
use crate::{
    config::theme::Role,
    ui::model::{
        Model,
        form::{Field, Form},
    },
};

const LABELS: u16 = 18;

/// Draws it; the cursor is in the field that has the keys.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let form = model.form.as_ref()?;
    let heights = heights(form, area.height.saturating_sub(1));
    let mut y = area.y + 1;
    let mut cursor = None;
    for (field, height) in Field::ALL.into_iter().zip(heights) {
        let place = Rect { y, height, ..area }.intersection(area);
        y += height;
        let focused = form.focus == field;
        let mark = if focused { " ▸ " } else { "   " };
        let label = if focused { Role::Accent } else { Role::Dim };
        canvas.put(Rect { width: LABELS, ..row(place, 0) }, &format!("{mark}{}", field.label()), label);
        let value = shifted(place, LABELS);
        if let Some(text) = form.text(field) {
            let value = Rect { width: value.width.saturating_sub(1), ..value };
            let at = area::draw(text, value, false, canvas);
            if focused {
                for line in 0..place.height.into() {
                    canvas.put(shifted(row(place, line), LABELS - 2), "│", Role::BorderFocus);
                }
                cursor = at;
            }
        } else if let Some((choices, now)) = form.choices(field) {
            canvas.parts(value, &choice(&choices, now, focused, value.width.into()));
        }
    }
    cursor
}

/// Choices beside each other; where they do not fit, the one that is taken comes first.
fn choice(choices: &[&str], now: usize, focused: bool, room: usize) -> Parts {
    let role = |at| match (at == now, focused) {
        (true, true) => Role::Accent,
        (true, false) => Role::Text,
        (false, _) => Role::Dim,
    };
    let mark = |at| if at == now { "(•) " } else { "( ) " };
    let gap = |at| if at == 0 { "" } else { "   " };
    let all: Parts =
        choices.iter().enumerate().map(|(at, c)| (format!("{}{}{c}", gap(at), mark(at)), role(at))).collect();
    if columns(&all) <= room {
        return all;
    }
    let taken = choices.get(now).map(|c| (format!("‹ {c} ›"), role(now)));
    let others = (1..choices.len()).map(|step| (now + step) % choices.len());
    let others = others.filter_map(|at| choices.get(at).map(|c| (format!("  {c}"), role(at))));
    taken.into_iter().chain(others).collect()
}

/// The rows of each field: one at least, the rest for what is typed, most for what has the keys.
fn heights(form: &Form, rows: u16) -> [u16; 9] {
    let mut heights = [1u16; 9];
    let mut left = rows.saturating_sub(9);
    let wanted = |field: Field| match field {
        Field::Need => 6,
        Field::Constraints | Field::Documents | Field::References => 3,
        Field::Name | Field::Workflow | Field::Depth | Field::Autonomy | Field::Aws => 1,
    };
    let lines = |field: Field| u16::try_from(form.text(field).map_or(1, |t| t.lines().len())).unwrap_or(1);
    let at = |field: Field| Field::ALL.iter().position(|f| *f == field).unwrap_or(0);
    let focus_first = std::iter::once(form.focus).chain(Field::ALL);
    for field in focus_first {
        if wanted(field) == 1 {
            continue;
        }
        let more = (wanted(field).max(lines(field)) - 1).min(left).min(12);
        if let Some(height) = heights.get_mut(at(field)).filter(|h| **h == 1) {
            *height += more;
            left -= more;
        }
    }
    heights
}
