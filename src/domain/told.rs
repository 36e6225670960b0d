//! What of an account a model is told, as text: values in, words out.
//!
//! What always holds: a value of an environment variable is never in it, what looks like a secret is
//! blanked out, and no control character is left.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::domain::{
    cloud::{Function, LogLine, Role, Simulated, Stack, StackResource, Validation},
    policy::secrets,
    prose,
    stack::{Template, withheld},
};

/// Cleaned and without secrets.
pub fn clean(text: &str) -> String {
    let redacted = secrets::redact(text);
    let lines: Vec<_> = redacted.lines().map(prose::clean).collect();
    lines.join("\n")
}

fn pairs(out: &mut String, title: &str, all: &[(String, String)]) {
    for (name, value) in all {
        // Written like a setting, so that a telling name hides its value.
        let _ = writeln!(out, "{title} {name}={value}");
    }
}

/// A stack.
pub fn stack(stack: &Stack) -> String {
    let mut out = format!("stack {} ({})\nstatus {}\n", stack.name, stack.id, stack.status);
    if let Some(reason) = &stack.reason {
        let _ = writeln!(out, "because {reason}");
    }
    if let Some(changed) = stack.changed {
        let _ = writeln!(out, "last changed {changed}");
    }
    pairs(&mut out, "parameter", &stack.parameters);
    pairs(&mut out, "output", &stack.outputs);
    pairs(&mut out, "tag", &stack.tags);
    if !stack.capabilities.is_empty() {
        let _ = writeln!(out, "capabilities {}", stack.capabilities.join(", "));
    }
    clean(&out)
}

/// A stack's resources, one a line.
pub fn resources(all: &[StackResource]) -> String {
    let line = |r: &StackResource| {
        let reason = r.reason.as_ref().map(|why| format!(" — {why}")).unwrap_or_default();
        format!("{} {} {} {}{reason}\n", r.id, r.kind, r.status, r.physical)
    };
    let lines: String = all.iter().map(line).collect();
    clean(if lines.is_empty() { "(no resources)" } else { &lines })
}

/// A function.
pub fn function(f: &Function) -> String {
    let or = |text: &str| if text.is_empty() { "an image".to_owned() } else { text.to_owned() };
    clean(&format!(
        "function {} ({})\nruntime {}, handler {}\nmemory {} MB, time-out {} s, code {} bytes\nstate {}, last changed {}\n\
         role {}\nenvironment variables (names only): {}\n",
        f.name,
        f.arn,
        or(&f.runtime),
        or(&f.handler),
        f.memory_mb,
        f.timeout_s,
        f.code_bytes,
        f.state,
        f.changed,
        f.role,
        if f.environment.is_empty() { "none".to_owned() } else { f.environment.join(", ") },
    ))
}

/// Lines of a log.
pub fn logs(lines: &[LogLine]) -> String {
    if lines.is_empty() {
        return "(no lines in this time)".to_owned();
    }
    // A secret may lie across lines, such as a key in its armour.
    let text: String = lines.iter().map(|l| format!("{} {}\n", l.at, l.text)).collect();
    clean(&text)
}

/// A role with its policies.
pub fn role(role: &Role) -> String {
    let mut out = format!("role {} ({})\ntrust policy:\n{}\n", role.name, role.arn, pretty(&role.trust));
    if let Some(boundary) = &role.boundary {
        let _ = writeln!(out, "permissions boundary {boundary}");
    }
    for (name, document) in &role.policies {
        let _ = writeln!(out, "policy {name}:\n{}", pretty(document));
    }
    clean(&out)
}

fn pretty(document: &str) -> String {
    let value: Option<Value> = serde_json::from_str(document).ok();
    value.and_then(|v| serde_json::to_string_pretty(&v).ok()).unwrap_or_else(|| document.to_owned())
}

/// What AWS says of a template.
pub fn validation(v: &Validation) -> String {
    let mut out = "AWS accepts the template's form.\n".to_owned();
    for (name, default, description) in &v.parameters {
        let default = default.as_ref().map(|d| format!("={d}")).unwrap_or_default();
        let description = description.as_ref().map(|d| format!(" — {d}")).unwrap_or_default();
        let _ = writeln!(out, "parameter {name}{default}{description}");
    }
    if !v.capabilities.is_empty() {
        let why = v.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let _ = writeln!(out, "needs {}{why}", v.capabilities.join(", "));
    }
    clean(&out)
}

/// What policies say of actions.
pub fn simulated(all: &[Simulated]) -> String {
    let line = |s: &Simulated| format!("{} on {}: {}\n", s.action, s.resource, s.decision);
    clean(&all.iter().map(line).collect::<String>())
}

/// A template as JSON, without what is hidden of it ([`withheld`]).
///
/// # Errors
/// A template that cannot be read is not passed on: its secrets could not be told from the rest.
pub fn template(text: &str) -> Result<String, String> {
    let read = Template::parse(text).map_err(|fault| format!("the template cannot be read: {fault}"))?;
    let mut resources = Map::new();
    for resource in &read.resources {
        let mut one = Map::new();
        one.insert("Type".into(), resource.kind.clone().into());
        let mut text = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                one.insert(name.into(), value.clone().into());
            }
        };
        text("Condition", &resource.condition);
        text("DeletionPolicy", &resource.deletion_policy);
        text("UpdateReplacePolicy", &resource.update_replace_policy);
        if !resource.depends_on.is_empty() {
            one.insert("DependsOn".into(), resource.depends_on.clone().into());
        }
        one.insert("Properties".into(), withheld::whole(&Value::Object(resource.properties.clone())));
        resources.insert(resource.id.clone(), Value::Object(one));
    }
    let mut whole = Map::new();
    let sections = [
        ("Parameters", &read.parameters),
        ("Mappings", &read.mappings),
        ("Conditions", &read.conditions),
        ("Globals", &read.globals),
        ("Outputs", &read.outputs),
    ];
    if let Some(description) = &read.description {
        whole.insert("Description".into(), description.clone().into());
    }
    if !read.transforms.is_empty() {
        whole.insert("Transform".into(), json!(read.transforms));
    }
    for (name, section) in sections.into_iter().filter(|(_, section)| !section.is_empty()) {
        let kept = section.iter().map(|(entry, value)| (entry.clone(), withheld::entry(name, entry, value)));
        whole.insert(name.into(), Value::Object(kept.collect()));
    }
    whole.insert("Resources".into(), Value::Object(resources));
    let text = serde_json::to_string_pretty(&Value::Object(whole)).map_err(|e| e.to_string())?;
    Ok(clean(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_environment_are_in_no_template_that_is_told() {
        let yaml = "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      MemorySize: 256\n      \
                    Environment:\n        Variables:\n          PLAIN: s3kr1t-value\n          TABLE: !Ref Table\n          \
                    URL: !Join ['', [s3kr1t-join, !GetAtt A.B]]\n          PORT: 5432\n  T:\n    Type: AWS::ECS::TaskDefinition\n    \
                    Properties:\n      ContainerDefinitions:\n        - Environment:\n            - {Name: KEY, Value: s3kr1t-list}\n";
        let told = template(yaml).unwrap();
        assert!(!told.contains("s3kr1t") && !told.contains("5432"), "{told}");
        for kept in ["PLAIN", "TABLE", "\"Table\"", "\"KEY\"", "256", "AWS::ECS::TaskDefinition"] {
            assert!(told.contains(kept), "{kept}: {told}");
        }
        assert!(template("a: [").is_err(), "what cannot be read is not passed on");
    }

    #[test]
    fn secrets_and_control_characters_are_in_no_text() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let line = |text: &str| LogLine { at, text: text.into() };
        let told = logs(&[line("password=hunter2hunter2"), line("\u{1b}[2Jkey AKIAIOSFODNN7EXAMPLE")]);
        assert!(!told.contains("hunter2") && !told.contains("AKIAIOS") && !told.contains('\u{1b}'), "{told}");
        let told = stack(&Stack {
            name: "s".into(),
            id: "arn".into(),
            status: "CREATE_COMPLETE".into(),
            reason: None,
            changed: None,
            parameters: vec![("DbPassword".into(), "correct-horse".into()), ("Stage".into(), "dev".into())],
            outputs: Vec::new(),
            tags: Vec::new(),
            capabilities: Vec::new(),
            protected: false,
        });
        assert!(!told.contains("correct-horse") && told.contains("Stage=dev"), "{told}");
    }
}
