//! A text that is edited on the screen: line numbers, the text wrapped, and where the cursor is in it.

use ratatui::layout::{Position, Rect};

use super::{area, canvas::Canvas};
use crate::ui::model::editor::Editor;

/// Draws it over the whole area; tells where the cursor belongs.
pub(super) fn draw(editor: &Editor, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let (row, _) = editor.text.cursor();
    let changed = if editor.is_changed() { ", changed" } else { "" };
    let place = format!("line {} of {}{changed}", row + 1, editor.text.lines().len());
    let inner = canvas.window(area, &editor.title, &place).intersection(canvas.buf.area);
    area::draw(&editor.text, inner, true, canvas)
}
