//! A document while the agent writes it.
//!
//! What can no longer change is rendered once; only the open end is rendered again. It cannot be
//! judged: there is no digest here.
//!
//! Always holds: the rows are those of rendering the whole text so far.

use super::render::{Colours, markdown};
use crate::{
    domain::{
        prose::{closed_prefix, markdown::parse_from},
        session::Partial,
        turn::partial::PartialField,
    },
    ui::{panels::pane::Row, style::Styles},
};

/// The tool that hands a document in, and the argument that holds it.
pub(in crate::ui::panels) const TOOL: &str = "submit_document";
pub(in crate::ui::panels) const FIELD: &str = "markdown";

/// The text so far, and its rows.
#[derive(Debug, Default)]
pub(super) struct Live {
    call: Option<(String, PartialField)>,
    columns: usize,
    /// What the rows that are kept were made from.
    seen: String,
    closed: usize,
    /// Lines in the closed part.
    lines: usize,
    /// Rows of it, the first of all.
    kept: usize,
    seq: u64,
}

impl Live {
    /// Lets go of what was made before.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Makes `rows`, which are those it made the last time or were forgotten, the rows of what has
    /// arrived. True when that is the document itself and not talk before it.
    pub(super) fn lay_out(
        &mut self,
        rows: &mut Vec<Row>,
        partial: &Partial,
        seq: u64,
        columns: usize,
        styles: &Styles,
    ) -> bool {
        let call = partial.calls.iter().rev().find(|(_, name, _)| name == TOOL);
        let text = match call {
            Some((id, _, raw)) => {
                if self.call.as_ref().is_none_or(|(known, _)| known != id) {
                    self.call = Some((id.clone(), PartialField::new(FIELD)));
                }
                let field = self.call.as_mut().and_then(|(_, field)| field.update(raw));
                field.unwrap_or_default().to_owned()
            }
            None => {
                self.call = None;
                partial.text.clone()
            }
        };
        let goes_on = columns == self.columns && text.starts_with(&self.seen) && self.seq <= seq;
        if !goes_on {
            (self.columns, self.closed, self.lines) = (columns, 0, 0);
            self.kept = 0;
        }
        rows.truncate(self.kept);
        self.seq = seq;
        let open = text.get(self.closed..).unwrap_or_default();
        let more = closed_prefix(open);
        if more > 0 {
            let part = open.get(..more).unwrap_or_default();
            rows.extend(markdown(&parse_from(part, self.lines + 1), columns, &Colours::default(), styles));
            self.lines += part.matches('\n').count();
            self.closed += more;
            self.kept = rows.len();
        }
        let tail = text.get(self.closed..).unwrap_or_default();
        rows.extend(markdown(&parse_from(tail, self.lines + 1), columns, &Colours::default(), styles));
        self.seen = text;
        call.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journal::Delta;
    use crate::ui::panels::tests::styles;

    #[test]
    fn piece_by_piece_is_the_same_as_the_whole() {
        let text = "# A\n\nSome *text* here.\n\n- one\n- two\n\n```rust\nfn a() {}\n```\n\nEnd é.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let raw = serde_json::json!({ FIELD: text }).to_string();
        let styles = styles();
        let (mut live, mut partial) = (Live::default(), Partial::default());
        let mut rows = Vec::new();
        for c in raw.chars() {
            partial.take(&Delta::Call { id: "c".into(), name: TOOL.into(), more: c.to_string() });
            live.lay_out(&mut rows, &partial, 1, 40, &styles);
        }
        let whole = markdown(&parse_from(text, 1), 40, &Colours::default(), &styles);
        let lines = |rows: &[Row]| rows.iter().map(|r| (r.text(), r.tag.clone())).collect::<Vec<_>>();
        assert_eq!(lines(&rows), lines(&whole));
        assert!(live.closed > 0, "nothing was kept");
    }

    #[test]
    fn talk_is_shown_until_the_document_comes() {
        let (mut live, mut partial) = (Live::default(), Partial::default());
        partial.take(&Delta::Text("Let me think".into()));
        let mut rows = Vec::new();
        let document = live.lay_out(&mut rows, &partial, 1, 40, &styles());
        assert!(rows[0].text().contains("Let me think") && !document);
        partial.take(&Delta::Call { id: "c".into(), name: TOOL.into(), more: "{\"markdown\":\"# D".into() });
        let document = live.lay_out(&mut rows, &partial, 2, 40, &styles());
        assert!(rows[0].text().contains("# D") && document);
    }
}
