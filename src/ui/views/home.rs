//! The list of specs.

use jiff::Timestamp;
use ratatui::layout::{Position, Rect};

use super::canvas::{Canvas, Parts, centered, row, shifted, top};
use crate::{
    config::theme::Role,
    domain::{prose::width::wrap, wire::SpecSummary},
    ui::{
        keys::Action,
        model::{Model, WIDE},
        text,
    },
};

/// Draws it; the cursor is in the filter while that is typed.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let used = no_model(model, area, canvas);
    let area = Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area };
    let Some(specs) = &model.specs else {
        canvas.put(shifted(row(area, 1), 2), "reading the specs …", Role::Dim);
        return None;
    };
    if specs.is_empty() {
        welcome(model, area, canvas);
        return None;
    }
    let mut cursor = None;
    let mut list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if model.home.typing || !model.home.filter.is_empty() {
        let line = shifted(row(area, 0), 2);
        let used = canvas.parts(line, &vec![("/ ".into(), Role::Key), (model.home.filter.clone(), Role::Text)]);
        cursor =
            model.home.typing.then_some(Position { x: line.x + used.min(line.width.saturating_sub(1)), y: line.y });
        list = Rect { y: list.y + 1, height: list.height.saturating_sub(1), ..list };
    }
    let shown = model.listed();
    if shown.is_empty() {
        canvas.put(shifted(row(list, 0), 2), "no spec has this in its name", Role::Dim);
    }
    let names = names(&shown, list.width.into());
    let first = top(model.home.selected, shown.len(), list.height.into());
    for (at, spec) in shown.iter().enumerate().skip(first).take(list.height.into()) {
        let line = row(list, at - first);
        entry(model, spec, at == model.home.selected, names, line, canvas);
    }
    cursor
}

/// Without a model most of the program has nothing to work with: that is said whole, above all else,
/// and for as long as it is so. Gives the rows it took.
fn no_model(model: &Model, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    let Some(why) = &model.config.no_model else { return 0 };
    let mut lines = vec![("No model is ready".to_owned(), Role::Warn)];
    let room = usize::from(area.width).saturating_sub(4).max(20);
    let words = text::line(why);
    lines.extend(wrap(&words, room).into_iter().filter_map(|l| Some((words.get(l)?.to_owned(), Role::Text))));
    let most = usize::from(area.height / 2);
    for (at, (line, role)) in lines.iter().take(most).enumerate() {
        canvas.put(shifted(row(area, at), 2), line, *role);
    }
    u16::try_from(lines.len().min(most) + 1).unwrap_or(area.height)
}

/// What waits in the spec at the cursor, where its row has no room for all of it.
pub(super) fn cut_off(model: &Model, columns: usize) -> Option<String> {
    let shown = model.listed();
    let spec = *shown.get(model.home.selected)?;
    let (words, phase) = (text::line(&spec.waiting), text::line(&phase(spec)));
    let bar = if model.is_wide() { 12 + LABEL.len() } else { 0 };
    let when = if columns + 1 < CRAMPED { 0 } else { text::width(&ago(model.now, spec.changed_s)) };
    let before = 3 + names(&shown, columns + 1) + 2 + bar + text::width(&phase).max(PHASE);
    (before + text::width(&words) + when + 3 > columns + 1).then_some(words)
}

/// Before what waits, on a wide screen.
const LABEL: &str = "waits: ";
/// Columns of the phase with its count.
const PHASE: usize = 16;
/// Columns below which what waits leaves no room for when.
const CRAMPED: usize = 70;

/// Columns of the names.
fn names(shown: &[&SpecSummary], columns: usize) -> usize {
    let longest = shown.iter().map(|s| text::width(s.name.as_str())).max().unwrap_or(0);
    longest.clamp(12, columns * 3 / 10)
}

/// Where a spec stands, with its tasks.
fn phase(spec: &SpecSummary) -> String {
    let count = if spec.tasks == 0 { String::new() } else { format!(" {}/{}", spec.done, spec.tasks) };
    format!("{}{count}", text::line(&spec.phase))
}

fn entry(model: &Model, spec: &SpecSummary, selected: bool, names: usize, line: Rect, canvas: &mut Canvas<'_>) {
    let mark = if selected { "▸ " } else { "  " };
    let name = text::cut(spec.name.as_str(), names);
    let gap = " ".repeat(names.saturating_sub(text::width(&name)));
    let phase = if spec.phase == "merged" { Role::PhaseDone } else { Role::PhaseNow };
    let mut parts: Parts = vec![(format!(" {mark}"), Role::Accent), (format!("{name}{gap}  "), Role::Title)];
    // What waits is worth more than how far it is, and that more than when it was.
    let wide = line.width >= WIDE;
    if wide {
        parts.push((progress(spec) + "  ", Role::PhaseDone));
    }
    parts.push((format!("{:<PHASE$}", self::phase(spec)), phase));
    if !spec.waiting.is_empty() {
        let label = if wide { LABEL } else { "" };
        parts.push((format!("{label}{}", spec.waiting), Role::Waiting));
    } else if !spec.journaled {
        parts.push(("not opened here yet".into(), Role::Dim));
    }
    let cramped = usize::from(line.width) < CRAMPED && !spec.waiting.is_empty();
    let when = if cramped { String::new() } else { ago(model.now, spec.changed_s) };
    let room = line.width.saturating_sub(u16::try_from(text::width(&when)).unwrap_or(0) + 3);
    canvas.parts(Rect { width: room, ..line }, &parts);
    canvas.put(shifted(line, room + 1), &when, Role::Dim);
    if selected {
        canvas.wash(line, Role::Selection);
    }
}

/// Ten cells: three for the documents, six for the tasks, one for the merge.
fn progress(spec: &SpecSummary) -> String {
    let tasks = (spec.done.min(spec.tasks) * 6).checked_div(spec.tasks).unwrap_or(0);
    let full = spec.approved.min(3) + tasks + usize::from(spec.phase == "merged");
    let full = full.min(10);
    format!("{}{}", "█".repeat(full), "░".repeat(10 - full))
}

fn ago(now: Timestamp, then: i64) -> String {
    if then == 0 {
        return String::new();
    }
    match now.as_second().saturating_sub(then).max(0) {
        0..=59 => "just now".into(),
        s @ 60..=3_599 => format!("{} min ago", s / 60),
        s @ 3_600..=86_399 => format!("{} h ago", s / 3_600),
        s => format!("{} d ago", s / 86_400),
    }
}

fn welcome(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let key = |action| model.keys.key_for(action, &model.contexts()).unwrap_or_else(|| format!(":{action}"));
    let mut lines: Vec<Parts> = vec![
        vec![("No specs in this repository yet".into(), Role::Title)],
        Parts::new(),
        vec![("Describe a need. The agent drafts requirements, a design and tasks,".into(), Role::Text)],
        vec![("and then works: nothing goes further before you have approved it.".into(), Role::Text)],
        Parts::new(),
        vec![(format!("  {}", key(Action::NewSpec)), Role::Key), ("  describe a need".into(), Role::Text)],
    ];
    if model.config.demo {
        let demo = "  watch the demo, without a model and without a network";
        lines.push(vec![(format!("  {}", key(Action::WatchDemo)), Role::Key), (demo.into(), Role::Text)]);
    }
    let place = centered(area, 70, u16::try_from(lines.len()).unwrap_or(8));
    for (at, parts) in lines.iter().enumerate() {
        canvas.parts(shifted(row(place, at), 1), parts);
    }
}
