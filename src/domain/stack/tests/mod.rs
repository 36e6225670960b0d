//! Templates as people and tools write them.

mod differ;
mod permissions;
mod properties;
mod reading;
mod risks;
mod whole;

use super::{StackDiff, Template, compare};

/// The demo's stack, as CDK synthesises it.
const THUMBNAILS: &str = include_str!("thumbnails/Thumbnails.template.json");

fn parse(text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"))
}

/// Two templates against each other.
fn diff(before: &str, after: &str) -> StackDiff {
    compare("Stack", Some(&parse(before)), Some(&parse(after)))
}

/// What a difference says of its resources, a line each.
fn told(diff: &StackDiff) -> Vec<String> {
    let mut out = Vec::new();
    for r in &diff.resources {
        out.push(format!("{} {} {}", r.risk, r.effect.word(), r.id));
        out.extend(r.iam.iter().map(|c| format!("  {}: {}", c.class.word(), c.sentence)));
        out.extend(r.findings.iter().map(|f| format!("  {} {}: {}", f.risk, f.code, f.text)));
        for p in &r.properties {
            let value = |v: &Option<super::Value>| v.as_ref().map(super::text::value).unwrap_or_default();
            let because = p.because.as_ref().map(|b| format!(" because of {b}")).unwrap_or_default();
            out.push(format!("  {:?} {}: {} -> {}{because}", p.update, p.path, value(&p.before), value(&p.after)));
        }
    }
    out
}
