//! The screen from the model: pure drawing into a buffer.
//!
//! Always holds: whatever the size, nothing panics; the phase bar and the line that says what waits
//! are in sight from the smallest screen on.

mod area;
mod bench;
mod canvas;
mod editor;
mod footer;
mod form;
mod header;
mod home;
mod listing;
mod offers;
mod overlay;
mod status;
#[cfg(test)]
mod tests;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use self::canvas::Canvas;
use super::{
    model::{Model, SMALLEST, Screen},
    text,
};
use crate::config::theme::Role;

/// Draws the model and tells where the terminal's cursor belongs, if anywhere.
pub fn draw(model: &mut Model, buf: &mut Buffer) -> Option<Position> {
    let area = buf.area;
    let styles = model.config.styles.clone();
    buf.set_style(area, styles.get(Role::Text));
    model.areas.clear();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(area, &mut Canvas { buf, styles: &styles });
        return None;
    }
    let lines = status::lines(model, area.width);
    let [top, middle, said, bottom] = rows(area, lines.len());
    let mut canvas = Canvas { buf, styles: &styles };
    let mut cursor = match model.screen {
        Screen::Home => home::draw(model, middle, &mut canvas),
        Screen::New => form::draw(model, middle, &mut canvas),
        Screen::Workbench => {
            bench::draw(model, middle, &mut canvas);
            None
        }
    };
    // After the panels: which keys answer what waits is known once it is laid out.
    header::draw(model, top, &mut canvas);
    status::draw(&lines, said, &mut canvas);
    footer::waiting(model, bottom, &mut canvas);
    for at in 0..model.overlays.len() {
        cursor = overlay::draw(model, at, middle, &mut canvas);
    }
    cursor
}

/// The first line, the panels, the status of so many lines, the last line.
fn rows(area: Rect, status: usize) -> [Rect; 4] {
    let row = |y| Rect { y, height: 1, ..area };
    let end = (area.y + area.height).saturating_sub(1);
    let height = u16::try_from(status).unwrap_or(1).clamp(1, area.height / 2);
    let middle = Rect { y: area.y + 1, height: area.height.saturating_sub(2 + height), ..area };
    [row(area.y), middle, Rect { y: end.saturating_sub(height), height, ..area }, row(end)]
}

fn too_small(area: Rect, canvas: &mut Canvas<'_>) {
    let words = format!(
        "The terminal is too small: {} by {}, at least {} by {} are needed. Nothing is lost.",
        area.width, area.height, SMALLEST.0, SMALLEST.1
    );
    for (row, line) in text::wrap(&words, area.width.into()).iter().enumerate().take(area.height.into()) {
        canvas.put(Rect { y: area.y + row as u16, height: 1, ..area }, line, Role::Warn);
    }
}
