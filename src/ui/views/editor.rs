//! A text that is edited on the screen: line numbers, the text wrapped, and where the cursor is in it.

use ratatui::layout::{Position, Rect};

use super::canvas::Canvas;
use crate::{config::theme::Role, domain::prose::veil, ui::model::editor::Editor};

/// Draws it over the whole area; tells where the cursor belongs.
pub(super) fn draw(editor: &Editor, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    use ratatui::widgets::Widget as _;
    let at = editor.text.cursor();
    let changed = if editor.content() == editor.original() { "" } else { ", changed" };
    let place = format!("line {} of {}{changed}", at.0 + 1, editor.text.lines().len());
    let inner = canvas.window(area, &editor.title, &place).intersection(canvas.buf.area);
    if inner.is_empty() {
        return None;
    }
    editor.text.render(inner, canvas.buf);
    let danger = canvas.styles.get(Role::Danger);
    for position in inner.positions() {
        let Some(cell) = canvas.buf.cell_mut(position) else { continue };
        if let Some(picture) = cell.symbol().chars().next().and_then(veil::picture) {
            // The end of a line of another system is no reason to look twice.
            let style = if picture == '␍' { canvas.styles.get(Role::Dim) } else { danger };
            cell.set_char(picture).set_style(style);
        }
    }
    let (cursor, (top, _)) = (editor.text.screen_cursor(), editor.text.scroll_offset());
    let column = u16::try_from(cursor.col).unwrap_or(u16::MAX).saturating_add(editor.text.line_number_width());
    let row = u16::try_from(cursor.row).unwrap_or(u16::MAX).saturating_sub(top);
    Some(Position { x: inner.x + column.min(inner.width - 1), y: inner.y + row.min(inner.height - 1) })
}
