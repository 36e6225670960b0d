//! A change or command while the model still types it. It is provisional and has no digest.

use super::content::{Content, Layout};
use crate::{
    config::theme::Role,
    domain::turn::partial::partial_string,
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
        lines(content, "+", &text, ctx, layout);
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
