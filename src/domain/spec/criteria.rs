//! Acceptance criteria: the numbered or bulleted items under a requirement or in a bug analysis.
//!
//! Criteria are numbered by their place in the list, as the format has it, unless the numbers as
//! written rise on their own (then a reader goes by those) or ids are written out (`3.2 …`).

use serde::Serialize;

use super::{
    ears::{self, Pattern},
    refs::ReqId,
    text::{Line, Span, is_rule, squeeze},
};

/// One acceptance criterion, or one clause of a bug analysis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Criterion {
    /// Its id, such as `3.2`.
    pub id: ReqId,
    /// Its text, white space squeezed.
    pub text: String,
    /// Its first line, from 1.
    pub line: usize,
    /// From its number to the end of its text.
    pub span: Span,
    /// The sentence form.
    pub pattern: Pattern,
    /// The number the list gives it, where that differs from the number in its id.
    pub written: Option<u32>,
}

/// Reads numbered items, or where there are none and `bullets` says so, bulleted ones.
pub(super) fn collect(lines: &[&Line<'_>], id: &ReqId, bullets: bool) -> Vec<Criterion> {
    let explicit: Vec<Item> = items(lines, |l| explicit(l, Some(id)));
    if !explicit.is_empty() {
        return explicit.into_iter().map(|i| i.criterion(None)).collect();
    }
    let ordered = |l: &Line<'_>| {
        let (marker, _) = l.item()?;
        let number = marker.trim_end_matches(['.', ')']).parse().ok()?;
        Some((id.item(number), marker.len()))
    };
    let mut found = items(lines, ordered);
    if found.is_empty() && bullets {
        found = items(lines, |l| l.item().map(|(marker, _)| (id.item(0), marker.len())));
    }
    let written: Vec<u32> = found.iter().filter_map(|i| i.id.parts().last().copied()).collect();
    let rising = written.windows(2).all(|w| matches!(w, [a, b] if a < b)) && !written.contains(&0);
    found
        .into_iter()
        .zip(1..)
        .map(|(mut item, place)| {
            let number = item.id.parts().last().copied();
            if rising {
                return item.criterion(number.filter(|n| *n != place));
            }
            item.id = id.item(place);
            item.criterion(number.filter(|n| *n != place && *n != 0))
        })
        .collect()
}

/// An id written out before its text: `1.1 WHEN`, `- **1.1** WHEN`, `1.1. WHEN`, `AC1.1:`.
pub(super) fn explicit(line: &Line<'_>, of: Option<&ReqId>) -> Option<(ReqId, usize)> {
    let text = line.text.trim_start();
    let inner = match line.item() {
        Some((marker, rest)) if marker.len() == 1 => rest,
        _ => text,
    };
    let inner = inner.trim_start_matches(['*', '_', '`', '[', '(']);
    let inner = inner.strip_prefix(" ] ").or_else(|| inner.strip_prefix("x] ")).unwrap_or(inner);
    let (id, rest) = ReqId::read(inner)?;
    let text_after = rest.trim_start_matches(['*', '_', '`', '.', ':', ')', ']']);
    if id.parts().len() < 2 || !(text_after.is_empty() || text_after.starts_with(char::is_whitespace)) {
        return None;
    }
    if of.is_some_and(|of| !(of.covers(&id) || (id.series().is_empty() && id.parts().starts_with(of.parts())))) {
        return None;
    }
    let used = (text_after.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let id = of.map_or(id.clone(), |of| id.parts().iter().skip(of.parts().len()).fold(of.clone(), |a, p| a.item(*p)));
    Some((id, used))
}

struct Item {
    id: ReqId,
    line: usize,
    span: Span,
    text: String,
}

impl Item {
    fn criterion(self, written: Option<u32>) -> Criterion {
        let text = squeeze(&self.text);
        let pattern = ears::classify(&text).pattern;
        Criterion { id: self.id, text, line: self.line, span: self.span, pattern, written }
    }
}

/// Items that `start` recognises (it gives the id and the marker's length), each with the lines
/// that go on with it: up to a blank line, a heading, or a line that stands as far left.
fn items(lines: &[&Line<'_>], start: impl Fn(&Line<'_>) -> Option<(ReqId, usize)>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    let mut column = None;
    let mut going = false;
    for line in lines {
        let begun = if line.plain && line.heading().is_none() { start(line) } else { None };
        // A list inside an item is part of the item.
        match begun.filter(|_| column.is_none_or(|c| line.indent() < c + 2)) {
            Some((id, used)) => {
                column = Some(column.map_or(line.indent(), |c: usize| c.min(line.indent())));
                let text = line.text.trim_start();
                let body = text.get(used..).unwrap_or("").trim();
                let at = line.span_of(text).start;
                out.push(Item {
                    id,
                    line: line.number,
                    span: Span::new(at, line.span_of(body).end.max(at + used)),
                    text: body.to_owned(),
                });
                going = true;
            }
            None => {
                let inside = !line.is_blank() && line.heading().is_none() && line.plain;
                going = going
                    && (inside
                        && !is_rule(line.text)
                        && (line.item().is_none() || line.indent() > column.unwrap_or(0)));
                if going && let Some(item) = out.last_mut() {
                    item.text.push(' ');
                    item.text.push_str(line.text.trim());
                    item.span.end = line.span_of(line.text.trim_end()).end;
                }
            }
        }
    }
    out
}
