//! Stacks within a stack: where their templates lie, and those that can be read.
//!
//! Reads through what the caller gives. Always holds: it ends, however templates name each other; a
//! stack whose template is not read is said, with where that is.

use std::collections::BTreeSet;

use super::{Template, Value, packaging::is_local, template::Resource, text};

/// More stacks, and deeper ones, are not read.
const MOST: usize = 100;
const DEEPEST: usize = 5;

/// One stack within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inner {
    /// The logical ids that lead to it: `Network`, `Network/Subnets`.
    pub path: String,
    /// The file of its template.
    pub file: String,
    /// That template's text.
    pub text: String,
    /// The same, read.
    pub template: Template,
}

/// The stacks within a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// Those whose templates are there, outer ones before inner ones.
    pub read: Vec<Inner>,
    /// Those whose templates are not, and why.
    pub unread: Vec<(String, String)>,
}

impl Inside {
    /// Its template.
    pub fn template(&self, path: &str) -> Option<&Template> {
        self.read.iter().find(|inner| inner.path == path).map(|inner| &inner.template)
    }
}

/// What is to be said of those that are not read, a line each; one that is not read on either side has one.
pub fn notes(before: &Inside, after: &Inside) -> Vec<String> {
    let known = |path: &str| after.unread.iter().any(|(p, _)| p == path);
    let all = after.unread.iter().chain(before.unread.iter().filter(|(path, _)| !known(path)));
    all.map(|(path, why)| format!("{path}: {why}, so what is in it is not reviewed")).collect()
}

/// The stacks that can be held against each other, by their paths: on either side, and not read on
/// neither. One that is there and cannot be read would look new, or gone.
pub fn paths<'a>(before: &'a Inside, after: &'a Inside) -> BTreeSet<&'a str> {
    let unread: BTreeSet<&str> = before.unread.iter().chain(&after.unread).map(|(path, _)| path.as_str()).collect();
    let below =
        |path: &str| unread.iter().any(|u| path == *u || path.strip_prefix(u).is_some_and(|r| r.starts_with('/')));
    before.read.iter().chain(&after.read).map(|i| i.path.as_str()).filter(|path| !below(path)).collect()
}

/// True for a resource that is a stack of its own.
pub fn is_stack(resource: &Resource) -> bool {
    matches!(resource.kind.as_str(), "AWS::CloudFormation::Stack" | "AWS::Serverless::Application")
}

/// True for a template's text that may have stacks inside.
pub fn has_any(template: &str) -> bool {
    template.contains("AWS::CloudFormation::Stack") || template.contains("AWS::Serverless::Application")
}

/// The stacks within the template of a file. `read` gives a file's text by its path.
pub fn inside(file: &str, of: &Template, read: &dyn Fn(&str) -> Option<String>) -> Inside {
    let mut out = Inside::default();
    walk(file, "", of, 0, read, &mut out);
    out
}

fn walk(file: &str, above: &str, of: &Template, depth: usize, read: &dyn Fn(&str) -> Option<String>, out: &mut Inside) {
    for resource in of.resources.iter().filter(|r| is_stack(r)) {
        let path = format!("{above}{}", resource.id);
        if depth >= DEEPEST || out.read.len() + out.unread.len() >= MOST {
            out.unread.push((path, "stacks lie in each other too deep, or there are too many".to_owned()));
            return;
        }
        let found = named(resource).and_then(|name| {
            let at = beside(file, name).ok_or_else(|| format!("its template {name} lies outside"))?;
            let text = read(&at).ok_or_else(|| format!("its template {at} is not there"))?;
            let template = Template::parse(&text).map_err(|fault| format!("its template {at}: {fault}"))?;
            Ok(Inner { path: path.clone(), file: at, text, template })
        });
        match found {
            Ok(inner) => {
                let (at, template) = (inner.file.clone(), inner.template.clone());
                out.read.push(inner);
                walk(&at, &format!("{path}/"), &template, depth + 1, read, out);
            }
            Err(why) => out.unread.push((path, why)),
        }
    }
}

/// The file that its template is, as its own template names it; or where it is instead.
fn named(resource: &Resource) -> Result<&str, String> {
    if let Some(asset) = resource.metadata.get("aws:asset:path").and_then(Value::as_str) {
        return Ok(asset);
    }
    let property = if resource.kind == "AWS::Serverless::Application" { "Location" } else { "TemplateURL" };
    match resource.properties.get(property) {
        Some(Value::String(path)) if is_local(path) => Ok(path),
        Some(Value::String(address)) => Err(format!("its template is at {address}, not in the repository")),
        Some(other) => Err(format!("its template is {}, not in the repository", text::value(other))),
        None => Err("nothing says where its template is".to_owned()),
    }
}

/// A path that is named beside a file; none where it leads out.
pub fn beside(file: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains('\\') {
        return None;
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = Vec::new();
    for step in folder.split('/').chain(name.split('/')) {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    (!steps.is_empty()).then(|| steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTER: &str = "Resources:
  Net: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: ../net/net.yaml } }
  App: { Type: 'AWS::Serverless::Application', Properties: { Location: app.yaml } }
  Far: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: 'https://b.s3.amazonaws.com/t' } }
  Shared: { Type: 'AWS::Serverless::Application', Properties: { Location: { ApplicationId: a, SemanticVersion: '1' } } }
  Out: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: ../../etc/passwd } }
  Gone: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: gone.yaml } }
  Queue: { Type: 'AWS::SQS::Queue' }
";

    fn of(text: &str, read: &dyn Fn(&str) -> Option<String>) -> Inside {
        inside("infra/outer.yaml", &Template::parse(text).unwrap(), read)
    }

    #[test]
    fn files_are_read_beside_their_template_and_what_is_elsewhere_says_where() {
        let read = |path: &str| {
            let text = match path {
                "net/net.yaml" => {
                    "Resources: { Deep: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: deep.yaml } } }"
                }
                "net/deep.yaml" | "infra/app.yaml" => "Resources: { Q: { Type: 'AWS::SQS::Queue' } }",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let found = of(OUTER, &read);
        let files: Vec<_> = found.read.iter().map(|i| (i.path.as_str(), i.file.as_str())).collect();
        assert_eq!(files, [("Net", "net/net.yaml"), ("Net/Deep", "net/deep.yaml"), ("App", "infra/app.yaml")]);
        let notes = notes(&Inside::default(), &found);
        for (path, words) in [
            ("Far", "at https://b.s3.amazonaws.com/t, not in the repository, so what is in it is not reviewed"),
            ("Shared", "not in the repository"),
            ("Out", "../../etc/passwd lies outside"),
            ("Gone", "infra/gone.yaml is not there"),
        ] {
            assert!(
                notes.iter().any(|n| n.starts_with(&format!("{path}: ")) && n.contains(words)),
                "{path}: {notes:?}"
            );
        }
        assert_eq!(notes.len(), 4, "{notes:?}");
        // One that cannot be read on one side is held against nothing.
        let without = OUTER.replace("../net/net.yaml", "https://x/net.yaml");
        let other = of(&without, &read);
        assert_eq!(paths(&found, &other), BTreeSet::from(["App"]));
        assert_eq!(paths(&found, &Inside::default()), BTreeSet::from(["App", "Net", "Net/Deep"]));
    }

    #[test]
    fn a_template_that_names_itself_ends() {
        let own = "Resources:
  A: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: outer.yaml } }
  B: { Type: 'AWS::CloudFormation::Stack', Properties: { TemplateURL: outer.yaml } }
";
        let found = of(own, &|_| Some(own.to_owned()));
        assert!(found.read.len() <= MOST && found.unread.iter().any(|(_, why)| why.contains("too deep")));
        assert!(found.read.iter().all(|i| i.path.matches('/').count() < DEEPEST));
    }
}
