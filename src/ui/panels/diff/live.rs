//! A change or command while the model still types it. It is provisional and has no digest.
//!
//! A file that is written anew is held against what is known of it: what the spec's last change left, or
//! what the model read. Where nothing is known all of its lines are shown as coming in; the proposal then
//! is compared with the file itself.

use super::content::{Content, Layout};
use crate::{
    config::theme::Role,
    domain::{
        diff::{FileDiff, RowKind},
        session::State,
        turn::{message::Message, partial::partial_string},
    },
    ui::panels::{
        Ctx,
        pane::{Row, Tag, ink, wrap_spans},
    },
};

/// Shows the call that is being typed; false when there is none to show.
pub(super) fn show(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) -> bool {
    let calls = &ctx.state.partial.calls;
    let Some((_, tool, raw)) = calls.iter().rev().find(|(_, tool, _)| known(tool)) else { return false };
    content.grows = true;
    let title = match (partial_string(raw, "path"), tool.as_str()) {
        (Some(path), "write_file") => format!("⠹ writing {path}"),
        (Some(path), _) => format!("⠹ editing {path}"),
        (None, "run_command") => "⠹ a command".to_owned(),
        (None, _) => "⠹ a change".to_owned(),
    };
    content.facts.push((title, Role::Title));
    content.facts.push(("provisional: still being written, cannot be approved".to_owned(), Role::Provisional));
    if let Some(text) = partial_string(raw, "content") {
        let path = partial_string(raw, "path").unwrap_or_default();
        let base = known_text(ctx.state, &path).filter(|base| base.len() + text.len() <= COMPARED);
        match base {
            Some(base) => compared(content, &base, &text, ctx, layout),
            None => lines(content, "+", &text, ctx, layout),
        }
    }
    if let Some(text) = partial_string(raw, "command") {
        lines(content, "$", &text, ctx, layout);
    }
    for (old, new) in edits(raw) {
        content.heading("edit", ctx);
        lines(content, "-", &old, ctx, layout);
        lines(content, "+", &new, ctx, layout);
    }
    true
}

/// The most that is compared for a frame, in bytes of both sides.
const COMPARED: usize = 128 * 1024;
/// Unchanged lines around what differs.
const AROUND: usize = 3;

/// What a file holds, as far as the spec has seen it.
fn known_text(state: &State, path: &str) -> Option<String> {
    let changed = state.applied.iter().rev().find(|a| a.change.path.as_str() == path);
    if let Some(applied) = changed {
        return applied.change.after.as_ref()?.text().map(str::to_owned);
    }
    let talk = state.conversation();
    let whole = |args: &serde_json::Value| {
        args.get("path").and_then(|p| p.as_str()) == Some(path)
            && args.get("from_line").is_none()
            && args.get("to_line").is_none()
    };
    let read = talk.iter().rev().find_map(|m| match m {
        Message::Assistant(reply) => reply.calls.iter().find(|c| c.name == "read_file" && whole(&c.arguments)),
        Message::User { .. } | Message::Tool { .. } => None,
    })?;
    talk.iter().find_map(|m| match m {
        Message::Tool { call, content, is_error: false } if *call == read.id => Some(content.clone()),
        Message::Tool { .. } | Message::User { .. } | Message::Assistant(_) => None,
    })
}

/// What has come, beside what is there. What is not written yet is not gone.
fn compared(content: &mut Content, base: &str, text: &str, ctx: &Ctx<'_>, layout: &Layout) {
    for (sign, words) in stretches(base, text) {
        match sign {
            "⋯" => content.say("", &format!("⋯ {words} ⋯"), Role::Dim, ctx, layout),
            sign => lines(content, sign, &words, ctx, layout),
        }
    }
}

/// Lines one after the other that have one sign.
type Runs<'a> = Vec<(&'static str, Vec<&'a str>)>;

fn flush<'a>(runs: &mut Runs<'a>, gone: &mut Vec<&'a str>, came: &mut Vec<&'a str>) {
    let both = [("-", std::mem::take(gone)), ("+", std::mem::take(came))];
    runs.extend(both.into_iter().filter(|(_, lines)| !lines.is_empty()));
}

/// Runs of lines by their sign; unchanged ones are shortened to what stands around a change.
fn stretches(base: &str, text: &str) -> Vec<(&'static str, String)> {
    // A line that is still being typed differs from any other.
    let (text, begun) = text.split_at(text.rfind('\n').map_or(0, |at| at + 1));
    let diff = FileDiff::of(base.as_bytes(), text.as_bytes(), 0);
    let (old, new): (Vec<&str>, Vec<&str>) = (base.split('\n').collect(), text.split('\n').collect());
    let written = diff.rows.iter().rposition(|row| row.right().is_some()).map_or(0, |last| last + 1);
    let mut runs = Runs::new();
    let (mut gone, mut came) = (Vec::new(), Vec::new());
    for row in diff.rows.iter().take(written) {
        let (left, right) = (row.left().and_then(|l| old.get(l)), row.right().and_then(|r| new.get(r)));
        if row.kind == RowKind::Equal {
            flush(&mut runs, &mut gone, &mut came);
            match runs.last_mut() {
                Some((" ", same)) => same.extend(right),
                Some(_) | None => runs.push((" ", right.into_iter().copied().collect())),
            }
        } else {
            gone.extend(left);
            came.extend(right);
        }
    }
    flush(&mut runs, &mut gone, &mut came);
    if !begun.is_empty() {
        runs.push(("+", vec![begun]));
    }
    let last = runs.len().saturating_sub(1);
    let mut out = Vec::new();
    for (at, (sign, lines)) in runs.into_iter().enumerate() {
        let (head, tail) = (if at == 0 { 0 } else { AROUND }, if at == last { 0 } else { AROUND });
        let hidden = lines.len().saturating_sub(head + tail);
        if sign != " " || hidden < 2 {
            out.push((sign, lines.join("\n")));
            continue;
        }
        let part = |from: usize, to: usize| lines.get(from..to).unwrap_or_default().join("\n");
        let (first, rest) = (part(0, head), part(lines.len() - tail, lines.len()));
        out.extend((head > 0).then_some((" ", first)));
        out.push(("⋯", format!("{hidden} unchanged lines")));
        out.extend((tail > 0).then_some((" ", rest)));
    }
    out
}

fn known(tool: &str) -> bool {
    matches!(tool, "write_file" | "edit_file" | "run_command")
}

fn lines(content: &mut Content, sign: &str, text: &str, ctx: &Ctx<'_>, layout: &Layout) {
    // Only the end is worth a frame: the whole is drawn once it is proposed.
    const LINES: usize = 500;
    let style = ctx.styles.get(Role::Provisional);
    let skip = text.split('\n').count().saturating_sub(LINES);
    if skip > 0 {
        content.say("", &format!("⋯ {skip} lines before ⋯"), Role::Dim, ctx, layout);
    }
    for line in text.split('\n').skip(skip) {
        let span = ink(line.trim_end_matches('\r'), style);
        for (nth, spans) in wrap_spans(vec![span], layout.columns.saturating_sub(2)).into_iter().enumerate() {
            let sign = ink(if nth == 0 { sign } else { " " }, style);
            let spans = [sign, ink(" ", style)].into_iter().chain(spans).collect();
            content.rows.push(Row::new(spans, Tag::None));
        }
    }
}

/// Old and new text of each edit that has begun to arrive.
fn edits(raw: &str) -> Vec<(String, String)> {
    let Some(start) = raw.find("\"edits\"") else { return Vec::new() };
    let rest = raw.get(start + 7..).unwrap_or_default();
    let (mut depth, mut text, mut escaped) = (0_u32, false, false);
    let mut out = Vec::new();
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            _ if text => {}
            '{' => {
                if depth == 1 {
                    let object = rest.get(at..).unwrap_or_default();
                    let part = |name| partial_string(object, name).unwrap_or_default();
                    out.push((part("old"), part("new")));
                }
                depth += 1;
            }
            '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && at > 0 && c == ']' {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_anew_is_held_against_what_is_there() {
        let base: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let begun: String = (1..=9).map(|n| if n == 8 { "eight\n".to_owned() } else { format!("{n}\n") }).collect();
        let shown = stretches(&base, &begun);
        let wanted = [("⋯", "4 unchanged lines"), (" ", "5\n6\n7"), ("-", "8"), ("+", "eight"), (" ", "9")];
        assert_eq!(shown, wanted.map(|(sign, text)| (sign, text.to_owned())), "what is not written yet is not gone");
        assert_eq!(stretches("a\n", ""), []);
        assert_eq!(stretches("", "a\nb"), [("+", "a".to_owned()), ("+", "b".to_owned())]);
        let moved = stretches("a\nb\nc\n", "c\n");
        assert_eq!(moved, [("-", "a\nb".to_owned()), (" ", "c".to_owned())]);
    }

    #[test]
    fn edits_are_read_as_far_as_they_have_come() {
        let raw = r#"{"path":"a","edits":[{"old":"x { [","new":"y\"}"},{"old":"second","new":"se"#;
        let expected = [("x { [".to_owned(), "y\"}".to_owned()), ("second".to_owned(), "se".to_owned())];
        assert_eq!(edits(raw), expected);
        for cut in 0..raw.len() {
            let _ = edits(&raw[..cut]);
        }
        assert!(edits(r#"{"path":"a"}"#).is_empty());
    }
}
