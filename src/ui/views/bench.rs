//! The workbench: where each panel is drawn.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::ui::{model::Model, panels::PanelId};

/// Draws the panels that are in sight.
pub(super) fn draw(model: &mut Model, area: Rect, canvas: &mut Canvas<'_>) {
    let areas = if model.is_wide() {
        let left = (area.width * 2 / 7).clamp(28, 48);
        let upper = area.height - area.height / 3;
        let column = Rect { width: left, ..area };
        vec![
            (PanelId::Spec, Rect { height: upper, ..column }),
            (PanelId::Activity, Rect { y: area.y + upper, height: area.height - upper, ..column }),
            (model.main, Rect { x: area.x + left, width: area.width - left, ..area }),
        ]
    } else {
        vec![(model.focus, area)]
    };
    let focus = model.focus;
    // The diff first: the others show how the files stand that it draws.
    let first = areas.iter().filter(|(id, _)| *id == PanelId::Diff);
    for (id, area) in first.chain(areas.iter().filter(|(id, _)| *id != PanelId::Diff)) {
        let Some((bench, ctx)) = model.desk(*id == focus) else { return };
        bench.panel(*id).draw(*area, canvas.buf, &ctx);
        if *id == PanelId::Diff {
            let marks = bench.diff.marks(ctx.state);
            model.mark_files(marks);
        }
    }
    model.areas = areas;
}
