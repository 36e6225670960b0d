//! Checks of the design, by itself and against the first document.

use super::{Finding, Severity, Spec, dangling, listed};
use crate::domain::spec::{
    demands::{Rule, demands},
    design::Design,
    kind::File,
    refs::ReqId,
    trace::answers,
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(design) = &spec.design else { return };
    let mut seen: Vec<u32> = Vec::new();
    for property in &design.properties {
        let whose = format!("Property {}", property.number);
        let mut add = |code, severity, what, why, todo: String| {
            out.push(Finding { code, severity, document: File::Design, line: property.line, what, why, todo });
        };
        if seen.contains(&property.number) {
            add(
                "duplicate-id",
                Severity::Error,
                format!("{whose} is there twice"),
                "A test that names it could mean either.",
                "Renumber one of the two.".to_owned(),
            );
        }
        seen.push(property.number);
        if property.validates.is_empty() {
            add(
                "property-validates-nothing",
                Severity::Warning,
                format!("{whose} does not say which criteria it validates"),
                "A property that answers to nothing cannot be judged, nor missed when it goes.",
                "Add `**Validates: Requirements N.M**`.".to_owned(),
            );
        }
        dangling(spec, &property.validates, File::Design, &whose, out);
    }
}

/// What only a whole design can be held to.
pub(super) fn complete(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(design) = &spec.design else { return };
    unnamed(spec, design, out);
    unvalidated(spec, design, out);
}

/// Requirements that the design never names: each by itself, or once when it names none at all.
fn unnamed(spec: &Spec, design: &Design, out: &mut Vec<Finding>) {
    // In a bug analysis the defect itself is what the other two groups answer.
    if spec.first.as_ref().is_none_or(|f| f.bugfix.is_some()) {
        return;
    }
    let named = |id: &ReqId| {
        answers(&design.mentions, id)
            || answers(&design.asides, id)
            || design.properties.iter().any(|p| answers(&p.validates, id))
    };
    let all = spec.requirements();
    let left: Vec<_> = all.iter().filter(|r| !named(&r.id)).collect();
    let mut add = |what, todo| {
        out.push(Finding {
            code: "requirement-not-in-design",
            severity: Severity::Warning,
            document: File::Design,
            line: 1,
            what,
            why: "What the design does not answer is decided while coding, where nobody reviews it.",
            todo,
        });
    };
    if let ([one, _, ..], true) = (&left[..], left.len() == all.len()) {
        let what = format!("the design names none of the {} requirements", all.len());
        return add(what, format!("Say of each how it is met, and name it (`Requirement {}`).", one.id));
    }
    for requirement in left {
        let id = &requirement.id;
        let what = format!("the design never names requirement {}", titled(&id.to_string(), &requirement.title));
        add(what, format!("Say how {id} is met, and name it (`Requirement {id}`)."));
    }
}

/// Requirements that no property validates, where the design states properties at all: told once.
fn unvalidated(spec: &Spec, design: &Design, out: &mut Vec<Finding>) {
    // A light design needs none, and an exhaustive one is held to one for each requirement.
    let asked = demands(spec.kind, spec.depth, File::Design).iter().any(|d| matches!(d.rule, Rule::Properties(_)));
    let Some(last) = design.properties.last() else { return };
    if !asked || spec.first.as_ref().is_none_or(|f| f.bugfix.is_some()) {
        return;
    }
    let validated = |id| design.properties.iter().any(|p| answers(&p.validates, id));
    let left: Vec<&ReqId> = spec.requirements().iter().map(|r| &r.id).filter(|id| !validated(id)).collect();
    if left.is_empty() || design.properties.iter().all(|p| p.validates.is_empty()) {
        return;
    }
    out.push(Finding {
        code: "requirement-without-property",
        severity: Severity::Info,
        document: File::Design,
        line: last.line,
        what: format!("no property validates {}", listed(&left)),
        why: "What no property states is tested by examples alone, or not at all.",
        todo: "State a property for each, or say in the testing strategy how it is checked instead.".to_owned(),
    });
}

fn titled(id: &str, title: &str) -> String {
    if title.is_empty() { id.to_owned() } else { format!("{id} ({title})") }
}
