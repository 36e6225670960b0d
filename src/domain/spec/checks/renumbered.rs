//! Links that mean another criterion since the requirements were edited.

use super::{Finding, RENUMBERED, Severity, Spec};
use crate::domain::spec::{kind::File, renumber::Relink};

pub(super) fn check(spec: &Spec, out: &mut Vec<Finding>) {
    for (document, relinks) in [(File::Design, &spec.moved.design), (File::Tasks, &spec.moved.tasks)] {
        for relink in relinks {
            out.push(finding(document, relink));
        }
    }
}

fn finding(document: File, relink: &Relink) -> Finding {
    let moved = relink.moved.iter().map(|(was, now, text)| format!("{was} is {now} by now (\"{}\")", short(text)));
    let gone = relink.gone.iter().map(|(was, text)| format!("{was} was taken out (\"{}\")", short(text)));
    let told: Vec<String> = moved.chain(gone).collect();
    let mut what = told.iter().take(2).cloned().collect::<Vec<_>>().join("; ");
    if told.len() > 2 {
        what.push_str(&format!(" and {} more", told.len() - 2));
    }
    let todo = match &relink.now {
        Some(now) => {
            format!("Rewrite the link {} to {now}; the links of a document can be rewritten at once.", relink.was)
        }
        None => format!("Take {} out, or name what it serves now.", relink.was),
    };
    Finding {
        code: RENUMBERED,
        severity: Severity::Error,
        document,
        line: relink.line,
        what,
        why: "The link was written before the requirements were renumbered, and means another criterion now.",
        todo,
    }
}

fn short(text: &str) -> String {
    const MOST: usize = 48;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}
