//! Checks of the design, by itself and against the first document.

use super::{Finding, Severity, Spec, dangling};
use crate::domain::spec::{kind::File, trace::answers};

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
    for requirement in spec.requirements() {
        // In a bug analysis the defect itself is what the other two groups answer.
        let silent = !answers(&design.mentions, &requirement.id)
            && !design.properties.iter().any(|p| answers(&p.validates, &requirement.id));
        if silent && spec.first.as_ref().is_some_and(|f| f.bugfix.is_none()) {
            out.push(Finding {
                code: "requirement-not-in-design",
                severity: Severity::Warning,
                document: File::Design,
                line: 1,
                what: format!(
                    "the design never names requirement {}",
                    named(&requirement.id.to_string(), &requirement.title)
                ),
                why: "What the design does not answer is decided while coding, where nobody reviews it.",
                todo: format!("Say how {} is met, and name it (`Requirement {}`).", requirement.id, requirement.id),
            });
        }
    }
}

fn named(id: &str, title: &str) -> String {
    if title.is_empty() { id.to_owned() } else { format!("{id} ({title})") }
}
