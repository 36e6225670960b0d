//! A document while the agent writes it.
//!
//! What can no longer change is rendered once, and again where colours of its code or its diagram have
//! come; only the open end is rendered with every piece, and has neither. It cannot be judged: there is
//! no digest here.
//!
//! Always holds: the rows are those of rendering the whole text so far.

use super::render::{self, Colours, markdown};
use crate::{
    domain::{
        prose::{self, closed_prefix, markdown::parse_from},
        session::Partial,
        turn::partial::PartialField,
    },
    ui::{
        panels::{diagram, pane::Row, syntax},
        style::Styles,
    },
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
    /// Its parts that have code, each with the first of its rows and how many there are.
    code: Vec<(Code, usize, usize)>,
    /// The colours and diagrams that were known when those were rendered.
    generation: u64,
    seq: u64,
}

/// A finished part with code.
#[derive(Debug)]
struct Code {
    blocks: Vec<prose::Block>,
    colours: Colours,
}

impl Code {
    fn rows(&self, columns: usize, styles: &Styles) -> Vec<Row> {
        let mut blocks = self.blocks.clone();
        render::diagrams(&mut blocks, columns, "mermaid, drawn", diagram::drawn);
        markdown(&blocks, columns, &self.colours, styles)
    }
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
        lively: bool,
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
            self.code.clear();
        }
        rows.truncate(self.kept);
        self.seq = seq;
        let generation = if lively { syntax::generation() } else { 0 };
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.paint(rows, columns, styles);
        }
        let open = text.get(self.closed..).unwrap_or_default();
        let more = closed_prefix(open);
        if more > 0 {
            let part = open.get(..more).unwrap_or_default();
            let blocks = parse_from(part, self.lines + 1);
            let first = rows.len();
            if lively && blocks.iter().any(|b| matches!(b.kind, prose::Kind::Code { .. })) {
                let code = Code { colours: Colours::of(&blocks), blocks };
                rows.extend(code.rows(columns, styles));
                self.code.push((code, first, rows.len() - first));
            } else {
                rows.extend(markdown(&blocks, columns, &Colours::default(), styles));
            }
            self.lines += part.matches('\n').count();
            self.closed += more;
            self.kept = rows.len();
        }
        let tail = text.get(self.closed..).unwrap_or_default();
        rows.extend(markdown(&parse_from(tail, self.lines + 1), columns, &Colours::default(), styles));
        self.seen = text;
        call.is_some()
    }

    /// Renders the parts with code again: more is known of them. A diagram has other rows than its source.
    fn paint(&mut self, rows: &mut Vec<Row>, columns: usize, styles: &Styles) {
        let (mut more, mut fewer) = (0, 0);
        for (code, first, count) in &mut self.code {
            *first = *first + more - fewer;
            let own = code.rows(columns, styles);
            more += own.len();
            fewer += *count;
            let before = *first..(*first + *count).min(rows.len());
            *count = own.len();
            rows.splice(before, own);
        }
        self.kept = self.kept + more - fewer;
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
            live.lay_out(&mut rows, &partial, 1, 40, false, &styles);
        }
        let whole = markdown(&parse_from(text, 1), 40, &Colours::default(), &styles);
        let lines = |rows: &[Row]| rows.iter().map(|r| (r.text(), r.tag.clone())).collect::<Vec<_>>();
        assert_eq!(lines(&rows), lines(&whole));
        assert!(live.closed > 0, "nothing was kept");
    }

    #[test]
    fn finished_code_gets_its_colours_and_diagrams_and_the_open_end_stays_plain() {
        let whole = "# A\n\n```js\nconst a = \"one\";\n```\n\nBetween.\n\n```mermaid\ngraph LR\n  A[Up] --> B[Down]\n```\n\nAfter.\n\n```js\nconst b = \"two\";\n";
        let styles = styles();
        let (mut live, mut partial, mut rows) = (Live::default(), Partial::default(), Vec::new());
        let raw = serde_json::json!({ FIELD: whole }).to_string();
        partial.take(&Delta::Call { id: "c".into(), name: TOOL.into(), more: raw });
        let shown = |rows: &[Row]| rows.iter().map(|r| r.text() + "\n").collect::<String>();
        let string = styles.get(crate::config::theme::Role::SyntaxString).fg;
        let coloured = |rows: &[Row]| -> String {
            let spans = rows.iter().flat_map(|r| &r.line.spans).filter(|s| s.style.fg == string);
            spans.map(|s| s.content.as_ref()).collect()
        };
        // They come when they come.
        while !(coloured(&rows).contains("one") && shown(&rows).contains("mermaid, drawn")) {
            live.lay_out(&mut rows, &partial, 1, 60, true, &styles);
            std::thread::yield_now();
        }
        assert!(!coloured(&rows).contains("two") && shown(&rows).contains("const b"), "{}", shown(&rows));
        let places: Vec<_> = ["one", "Between", "│ Up", "After", "const b"].map(|w| shown(&rows).find(w)).into();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}", shown(&rows));
        // And what comes later stands after it.
        let mut partial = Partial::default();
        let raw = serde_json::json!({ FIELD: format!("{whole}```\n\nThe end.\n") }).to_string();
        partial.take(&Delta::Call { id: "d".into(), name: TOOL.into(), more: raw });
        live.lay_out(&mut rows, &partial, 1, 60, true, &styles);
        assert!(shown(&rows).trim_end().ends_with("The end.") && shown(&rows).matches("Between").count() == 1);
    }

    #[test]
    fn talk_is_shown_until_the_document_comes() {
        let (mut live, mut partial) = (Live::default(), Partial::default());
        partial.take(&Delta::Text("Let me think".into()));
        let mut rows = Vec::new();
        let document = live.lay_out(&mut rows, &partial, 1, 40, false, &styles());
        assert!(rows[0].text().contains("Let me think") && !document);
        partial.take(&Delta::Call { id: "c".into(), name: TOOL.into(), more: "{\"markdown\":\"# D".into() });
        let document = live.lay_out(&mut rows, &partial, 2, 40, false, &styles());
        assert!(rows[0].text().contains("# D") && document);
    }
}
