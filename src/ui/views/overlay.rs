//! What lies over the screen.

use ratatui::layout::{Position, Rect};

use super::{
    area,
    canvas::{Canvas, centered, row, shifted, top},
    editor, listing,
};
use crate::{
    config::theme::Role,
    ui::{
        keys::Action,
        model::{
            Model,
            overlay::{Help, Overlay, Palette, Prompt},
        },
        text,
    },
};

/// Draws the overlay at a place of the stack; tells where the cursor belongs.
pub(super) fn draw(model: &Model, at: usize, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    match model.overlays.get(at)? {
        Overlay::Help(it) => help(it, area, canvas),
        Overlay::Palette(it) => palette(model, it, area, canvas),
        Overlay::Prompt(it) => prompt(it, area, canvas),
        Overlay::Editor(it) => editor::draw(it, area, canvas),
        Overlay::Question { selected } => {
            question(model, *selected, area, canvas);
            None
        }
        Overlay::List(list) => listing::draw(model, list, area, canvas),
        Overlay::Notices { back } => {
            notices(model, *back, area, canvas);
            None
        }
        Overlay::Settings { top } => {
            let inner = canvas.window(inset(area), "Settings", "");
            let lines = model.config.settings.iter().skip(*top);
            let lines = lines.flat_map(|line| text::wrap(&text::line(line), usize::from(inner.width)));
            for (at, line) in lines.take(inner.height.into()).enumerate() {
                canvas.put(row(inner, at), &line, Role::Text);
            }
            None
        }
    }
}

fn inset(area: Rect) -> Rect {
    centered(
        area,
        area.width.saturating_sub(4).min(110),
        area.height.saturating_sub(if area.height > 20 { 4 } else { 0 }),
    )
}

fn help(help: &Help, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let rows = help.shown();
    let height = u16::try_from(rows.len() + 2).unwrap_or(u16::MAX).max(8);
    let place = inset(area);
    let place = centered(area, place.width, place.height.min(height.max(12)));
    let count = format!("{} of {}", rows.len(), help.rows.len());
    let title =
        if help.filter.is_empty() && !help.typing { "Keys".to_owned() } else { format!("Keys / {}", help.filter) };
    let inner = canvas.window(place, &title, &count);
    let does: Vec<Vec<String>> =
        rows.iter().map(|r| text::wrap(r.help, usize::from(inner.width.saturating_sub(25)))).collect();
    let (mut first, mut free) = (rows.len(), usize::from(inner.height));
    while let Some(lines) = first.checked_sub(1).and_then(|at| does.get(at)).filter(|lines| lines.len() <= free) {
        (first, free) = (first - 1, free - lines.len());
    }
    let first = help.top.min(first);
    let mut at = 0;
    for (entry, lines) in rows.iter().zip(&does).skip(first) {
        let line = row(inner, at);
        canvas.put(Rect { width: 22, ..shifted(line, 1) }, &entry.keys.join("  "), Role::Key);
        let mut used = 0;
        for (nth, words) in lines.iter().enumerate() {
            used = canvas.put(shifted(row(inner, at + nth), 24), words, Role::Text);
        }
        at += lines.len();
        if lines.len() > 1 {
            continue;
        }
        let rest = shifted(line, 24 + used + 2);
        let named = format!("{}  {}", entry.context.name(), entry.action.name());
        let gap = rest.width.saturating_sub(u16::try_from(text::width(&named)).unwrap_or(0) + 1);
        if text::width(&named) < usize::from(rest.width) {
            canvas.put(shifted(rest, gap), &named, Role::Dim);
        }
    }
    let column = place.x + 9 + u16::try_from(text::width(&text::line(&help.filter))).unwrap_or(0);
    help.typing.then_some(Position { x: column.min(place.x + place.width.saturating_sub(2)), y: place.y })
}

fn palette(model: &Model, palette: &Palette, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let place = Rect { height: area.height.min(16), ..centered(area, 72, area.height) };
    let found = palette.found();
    // What the one at the cursor does, whole.
    let does = found.get(palette.selected).map_or("nothing of this name", |action| action.help());
    let inner = canvas.window(place, &format!("Commands: {} found", found.len()), does);
    let query = shifted(row(inner, 0), 1);
    let used = canvas.put(query, &format!(": {}", palette.query), Role::Text);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let first = top(palette.selected, found.len(), list.height.into());
    for (at, action) in found.iter().enumerate().skip(first).take(list.height.into()) {
        let line = row(list, at - first);
        let key = model.keys.key_for(*action, &palette.contexts).unwrap_or_default();
        canvas.put(Rect { width: 24, ..shifted(line, 1) }, action.name(), Role::Title);
        let width = line.width.saturating_sub(36);
        canvas.put(Rect { width, ..shifted(line, 25) }, action.help(), Role::Text);
        canvas.put(shifted(line, line.width.saturating_sub(10)), &key, Role::Key);
        if at == palette.selected {
            canvas.wash(line, Role::Selection);
        }
    }
    Some(Position { x: (query.x + used).min(query.x + query.width.saturating_sub(1)), y: query.y })
}

fn prompt(prompt: &Prompt, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let rows = if prompt.purpose.one_line() { 1 } else { prompt.text.lines().len().clamp(5, 12) };
    let width = area.width.saturating_sub(4).min(100);
    let room = usize::from(width.saturating_sub(4));
    // What has no room in the frame stands inside, whole.
    let beyond = |words: &str| -> Vec<String> {
        let words = text::line(words);
        if text::width(&words) > room { text::wrap(&words, room) } else { Vec::new() }
    };
    let (asked, told) = (beyond(&prompt.title), beyond(&prompt.hint));
    let height = u16::try_from(rows + asked.len() + told.len() + 2).unwrap_or(7);
    // At the lower edge: what it is about stays in sight above.
    let place = centered(area, width, height);
    let place = Rect { y: area.y + area.height.saturating_sub(place.height), ..place };
    let hint = if told.is_empty() { prompt.hint.as_str() } else { "" };
    let inner = canvas.window(place, &prompt.title, hint);
    // A row for what is typed there is always.
    let spare = usize::from(inner.height).saturating_sub(1);
    let above = asked.len().min(spare);
    let below = told.len().min(spare - above);
    for (at, line) in asked.iter().take(above).enumerate() {
        canvas.put(shifted(row(inner, at), 1), line, Role::Title);
    }
    let last = usize::from(inner.height).saturating_sub(below);
    for (at, line) in told.iter().take(below).enumerate() {
        canvas.put(shifted(row(inner, last + at), 1), line, Role::Dim);
    }
    let from = u16::try_from(above).unwrap_or(0);
    let height = u16::try_from(last.saturating_sub(above)).unwrap_or(0);
    area::draw(&prompt.text, Rect { y: inner.y + from, height, ..inner }, false, canvas)
}

fn question(model: &Model, selected: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(question) = model.state.as_ref().and_then(|s| s.question.as_ref()) else { return };
    let width = area.width.saturating_sub(4).min(90);
    let words = text::wrap(&text::block(&question.text), usize::from(width.saturating_sub(4)));
    let mut entries: Vec<String> = question.options.iter().map(|o| text::line(o)).collect();
    entries.push("something else, in your own words".into());
    let wrapped: Vec<Vec<String>> =
        entries.iter().map(|e| text::wrap(e, usize::from(width.saturating_sub(8)))).collect();
    let needed = words.len() + 1 + wrapped.iter().map(Vec::len).sum::<usize>() + 2;
    let place = centered(area, width, u16::try_from(needed).unwrap_or(u16::MAX));
    let place = Rect { y: area.y + area.height.saturating_sub(place.height), ..place };
    let inner = canvas.window(place, "The agent asks", "");
    let options: usize = wrapped.iter().map(Vec::len).sum();
    // The options stay in sight; a long question gives way.
    let kept = usize::from(inner.height).saturating_sub(options + 1).max(1);
    let mut at = 0;
    for line in words.iter().take(kept) {
        canvas.put(shifted(row(inner, at), 1), line, Role::Text);
        at += 1;
    }
    at += 1;
    for (index, lines) in wrapped.iter().enumerate() {
        let action = Action::ALL.iter().find(|a| a.answer() == Some(index));
        let key = action.and_then(|a| model.keys.key_for(*a, &[crate::ui::keys::Context::Confirm])).unwrap_or_default();
        for (n, line) in lines.iter().enumerate() {
            let place = row(inner, at);
            if n == 0 {
                canvas.put(shifted(place, 2), &key, Role::Key);
            }
            canvas.put(shifted(place, 5), line, Role::Text);
            if index == selected {
                canvas.put(place, if n == 0 { "▸" } else { " " }, Role::Accent);
                canvas.wash(place, Role::Selection);
            }
            at += 1;
        }
    }
}

fn notices(model: &Model, back: usize, area: Rect, canvas: &mut Canvas<'_>) {
    let inner = canvas.window(inset(area), "Notices", "");
    if model.notices.is_empty() {
        canvas.put(shifted(row(inner, 0), 1), "nothing was said yet", Role::Dim);
    }
    // Whole, on as many lines as it takes: the status line shows only how a long one begins.
    let lines = model.said(usize::from(inner.width).saturating_sub(2));
    let height = usize::from(inner.height);
    let first = lines.len().saturating_sub(height).saturating_sub(back);
    for (at, (line, bad)) in lines.iter().skip(first).take(height).enumerate() {
        canvas.put(shifted(row(inner, at), 1), line, if *bad { Role::Error } else { Role::Text });
    }
}
