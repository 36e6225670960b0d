//! The lists of what belongs together and of comments: a row an entry, and below them what the
//! entry at the cursor has in full.

use ratatui::layout::{Position, Rect};

use super::canvas::{Canvas, centered, row, shifted, top};
use crate::{
    config::theme::Role,
    ui::{
        keys::{Action, Context},
        model::{
            Model,
            listing::{Entry, Group, Kind, Listing},
        },
        text,
    },
};

/// The columns that an entry's text keeps before anything else is shown beside it.
const LEAST_TEXT: usize = 20;

/// A row of the list: a heading, or an entry by its place.
enum Line<'a> {
    Heading(&'static Group),
    Entry(usize, &'a Entry),
}

/// The widths of one group's columns.
struct Widths {
    name: usize,
    /// Of those facts that have room, in order.
    facts: Vec<usize>,
}

/// Draws a list; tells where the cursor belongs.
pub(super) fn draw(model: &Model, list: &Listing, area: Rect, canvas: &mut Canvas<'_>) -> Option<Position> {
    let margin = if area.height > 20 { 2 } else { 0 };
    let place = centered(area, area.width.saturating_sub(4).min(160), area.height.saturating_sub(margin));
    let name = match &list.kind {
        Kind::Trace => "What belongs together".to_owned(),
        Kind::Links(thing) => format!("What belongs to {}", text::line(&thing.to_string())),
        Kind::Comments => "Comments".to_owned(),
        Kind::Files => "Files under review".to_owned(),
        Kind::Outline(..) => "Sections".to_owned(),
        Kind::Places => "AWS: who you are, and where".to_owned(),
        Kind::Functions => "Functions".to_owned(),
        Kind::Drift => "Drift: what is there against its template".to_owned(),
        Kind::Apps => "Deploy which?".to_owned(),
    };
    let filtered = list.typing || !list.filter.is_empty();
    let title = if filtered { format!("{name} / {}", list.filter) } else { name.clone() };
    let inner = canvas.window(place, &title, &list.sum);
    let shown = list.shown();
    if shown.is_empty() {
        canvas.put(shifted(row(inner, 0), 1), &nothing(model, list), Role::Dim);
    }
    let mut below = (usize::from(inner.height) * 2 / 5).min(12);
    if list.kind.is_given() {
        // What a few entries leave free is for what there is to say of the one at the cursor.
        let groups = shown.chunk_by(|a, b| a.group == b.group).count();
        below = below.max(usize::from(inner.height).saturating_sub(shown.len() + groups + 1));
    }
    let above = usize::from(inner.height).saturating_sub(below + 1);
    let rows = Rect { height: u16::try_from(above).unwrap_or(inner.height), ..inner };
    entries(list, &shown, rows, canvas);
    if let Some(entry) = list.at_cursor() {
        canvas.put(row(inner, above), &"─".repeat(inner.width.into()), Role::Border);
        let from = u16::try_from(above + 1).unwrap_or(0).min(inner.height);
        let rest = Rect { y: inner.y + from, height: inner.height - from, ..inner };
        let from = if list.into.1 == list.selected { list.into.0 } else { 0 };
        detail(model, entry, from, rest, canvas);
    }
    let typed = text::width(&name) + 5 + text::width(&text::line(&list.filter));
    let column = place.x + u16::try_from(typed).unwrap_or(0);
    list.typing.then_some(Position { x: column.min(place.x + place.width.saturating_sub(2)), y: place.y })
}

fn nothing(model: &Model, list: &Listing) -> String {
    if !list.entries.is_empty() {
        return "nothing fits what is typed".to_owned();
    }
    match list.kind {
        Kind::Files => "there is no set of files to review".to_owned(),
        Kind::Links(_) => "nothing belongs to it yet".to_owned(),
        Kind::Trace => "there is nothing yet: no requirements are drafted".to_owned(),
        Kind::Outline(..) => "there are no headings".to_owned(),
        Kind::Places => "nothing is known of AWS".to_owned(),
        Kind::Functions | Kind::Drift => list.sum.clone(),
        Kind::Apps => "there is nothing to deploy".to_owned(),
        Kind::Comments => {
            let key = model.keys.key_for(Action::Comment, &[Context::Document]).unwrap_or_else(|| ":comment".into());
            format!("there are no comments; {key} on a line of a document makes one")
        }
    }
}

fn entries(list: &Listing, shown: &[&Entry], area: Rect, canvas: &mut Canvas<'_>) {
    let mut lines = Vec::new();
    let mut group = None;
    for (at, entry) in shown.iter().enumerate() {
        if group != Some(entry.group) {
            group = Some(entry.group);
            lines.push(Line::Heading(entry.group));
        }
        lines.push(Line::Entry(at, entry));
    }
    let cursor = lines.iter().position(|l| matches!(l, Line::Entry(at, _) if *at == list.selected)).unwrap_or(0);
    // The first entry brings its heading along.
    let first = if list.selected == 0 { 0 } else { top(cursor, lines.len(), area.height.into()) };
    let mut widths: Option<(&Group, Widths)> = None;
    for (nth, line) in lines.iter().skip(first).take(area.height.into()).enumerate() {
        let place = row(area, nth);
        let group = match line {
            Line::Heading(group) => *group,
            Line::Entry(_, entry) => entry.group,
        };
        if widths.as_ref().is_none_or(|(of, _)| *of != group) {
            widths = Some((group, measured(shown, group, area.width.into())));
        }
        let Some((_, widths)) = &widths else { continue };
        match line {
            Line::Heading(group) => {
                let facts = facts(group.columns, widths, shifted(place, 1), Role::Dim, canvas);
                canvas.put(Rect { width: facts, ..shifted(place, 1) }, group.title, Role::Title);
            }
            Line::Entry(at, entry) => {
                draw_entry(entry, widths, place, canvas);
                if *at == list.selected {
                    canvas.wash(place, Role::Selection);
                    canvas.put(place, "▸", Role::Accent);
                }
            }
        }
    }
}

fn measured(shown: &[&Entry], group: &Group, columns: usize) -> Widths {
    let of = || shown.iter().filter(|e| e.group == group);
    let widest =
        |texts: &mut dyn Iterator<Item = &String>| texts.map(|t| text::width(&text::line(t))).max().unwrap_or(0);
    let name = widest(&mut of().map(|e| &e.name)).min(20);
    let head = 3 + if name == 0 { 0 } else { name + 2 };
    let mut room = columns.saturating_sub(head + LEAST_TEXT + 1);
    let most = (columns / 4).max(12);
    let count = of().map(|e| e.facts.len()).max().unwrap_or(0);
    let mut facts = Vec::new();
    for nth in 0..count {
        let label = group.columns.get(nth).map_or(0, |label| text::width(label));
        let width = match widest(&mut of().filter_map(|e| e.facts.get(nth))) {
            0 => 0,
            width => width.max(label).min(most),
        };
        if width + 2 > room {
            break;
        }
        room -= if width == 0 { 0 } else { width + 2 };
        facts.push(width);
    }
    Widths { name, facts }
}

fn draw_entry(entry: &Entry, widths: &Widths, place: Rect, canvas: &mut Canvas<'_>) {
    let columns = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let (mark, role) = entry.mark;
    canvas.put(shifted(place, 1), mark, role);
    let mut rest = shifted(place, 3);
    if widths.name > 0 {
        canvas.put(Rect { width: columns(widths.name).min(rest.width), ..rest }, &entry.name, Role::Accent);
        rest = shifted(rest, columns(widths.name + 2));
    }
    let width = facts(&entry.facts, widths, rest, Role::Dim, canvas);
    canvas.put(Rect { width, ..rest }, &entry.text, Role::Text);
}

/// Puts what belongs to an entry at the right of a place and tells the columns left before it.
fn facts<T: AsRef<str>>(words: &[T], widths: &Widths, place: Rect, role: Role, canvas: &mut Canvas<'_>) -> u16 {
    let columns = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let used: usize = widths.facts.iter().filter(|w| **w > 0).map(|w| w + 2).sum();
    let before = place.width.saturating_sub(columns(used) + 1);
    let mut rest = shifted(place, before);
    for (fact, width) in words.iter().zip(&widths.facts).filter(|(_, w)| **w > 0) {
        rest = shifted(rest, 2);
        canvas.put(Rect { width: columns(*width).min(rest.width), ..rest }, fact.as_ref(), role);
        rest = shifted(rest, columns(*width));
    }
    before
}

/// What belongs to an entry, from a line on; where it does not fit, a key shows the rest.
fn detail(model: &Model, entry: &Entry, from: usize, area: Rect, canvas: &mut Canvas<'_>) {
    const LABEL: u16 = 9;
    let mut lines: Vec<(&str, String)> = Vec::new();
    let mut last = "";
    for (label, words) in &entry.detail {
        let wrapped = text::wrap(&text::block(words), usize::from(area.width.saturating_sub(LABEL + 1)).max(1));
        for (nth, line) in wrapped.into_iter().enumerate() {
            lines.push((if nth == 0 && *label != last { label } else { "" }, line));
        }
        last = label;
    }
    let height = usize::from(area.height);
    // Never past the end: as many lines as there is room for stay in sight.
    let from = from.min(lines.len().saturating_sub(height));
    let hidden = lines.len().saturating_sub(from + height);
    for (nth, (label, line)) in lines.iter().skip(from).take(height).enumerate() {
        let place = row(area, nth);
        // The last row says so when more would follow.
        if hidden > 0 && nth + 1 == height {
            let key = model.keys.key_for(Action::ExpandContext, &[Context::List]);
            let key = key.unwrap_or_else(|| format!(":{}", Action::ExpandContext.name()));
            let more = format!("… {} more lines: {key}", hidden + 1);
            canvas.put(shifted(place, LABEL), &more, Role::Dim);
            continue;
        }
        canvas.put(shifted(place, 1), label, Role::Dim);
        canvas.put(shifted(place, LABEL), line, Role::Text);
    }
}
