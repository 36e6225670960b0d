//! Sensitive choices in a template: every right that it widens, and what is dangerous in the change.

use super::sensitive::Sensitive;
use crate::domain::{
    change::{Change, FileState},
    stack::{Risk, Template, assembly::is_template, compare},
};

/// What a change of a template asks for; nothing for any other file. A template that cannot be read
/// asks, since what it permits cannot be known.
pub(super) fn in_change(change: &Change) -> Vec<Sensitive> {
    let text = |side: &Option<FileState>| side.as_ref().and_then(FileState::text).map(str::to_owned);
    let path = change.path.as_str();
    let Some(after) = text(&change.after).filter(|t| is_template(path, t)) else { return Vec::new() };
    let after = match Template::parse(&after) {
        Ok(template) => template,
        Err(fault) => {
            let why = format!("looks like a template, and cannot be read: {}", fault.what);
            return vec![Sensitive { line: fault.line, what: "infrastructure".into(), why }];
        }
    };
    // One that could not be read before brings all of it.
    let before = text(&change.before).and_then(|t| Template::parse(&t).ok());
    let diff = compare(path, before.as_ref(), Some(&after));
    let mut found = Vec::new();
    for (resource, change) in diff.widened() {
        found.push(Sensitive { line: resource.line, what: "wider right".into(), why: change.sentence.clone() });
    }
    for resource in &diff.resources {
        // The line of what is removed is one of the old text.
        let line = resource.line.filter(|_| after.resource(&resource.id).is_some());
        for finding in resource.findings.iter().filter(|f| f.risk == Risk::Danger) {
            let why = format!("{}: {}", resource.id, finding.text);
            found.push(Sensitive { line, what: finding.code.replace('-', " "), why });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::path::RelPath;

    fn asked(path: &str, before: Option<&str>, after: Option<&str>) -> Vec<(Option<u32>, String)> {
        let side = |s: &str| FileState::regular(s);
        let path = RelPath::parse(path).unwrap();
        let change = Change { path, from: None, before: before.map(side), after: after.map(side) };
        in_change(&change).into_iter().map(|s| (s.line, format!("{}: {}", s.what, s.why))).collect()
    }

    const ROLE: &str = "Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement: { Effect: Allow, Action: 's3:GetObject', Resource: !Sub '${Bucket.Arn}/*' }
  Bucket:
    Type: AWS::S3::Bucket
";

    #[test]
    fn a_wider_right_asks_and_a_narrower_one_does_not() {
        let wider = ROLE.replace("s3:GetObject", "s3:*Object");
        let expected = (Some(2), "wider right: Role may now also s3:*Object on ${Bucket.Arn}/*".to_owned());
        assert_eq!(asked("template.yaml", Some(ROLE), Some(&wider)), [expected]);
        assert_eq!(asked("template.yaml", Some(&wider), Some(ROLE)), []);
        assert_eq!(asked("notes.md", Some(ROLE), Some(&wider)), [], "no template by its name");
    }

    #[test]
    fn data_that_goes_and_what_cannot_be_read_ask() {
        let (without, _) = ROLE.split_once("  Bucket:").unwrap();
        let found = asked("infra/stack.yml", Some(ROLE), Some(without));
        assert_eq!(found[0].0, None);
        assert!(found[0].1.starts_with("data lost: Bucket: is removed"), "{found:?}");
        let broken = ROLE.replace("  Bucket:", "  Role:");
        let found = asked("t.yaml", Some(ROLE), Some(&broken));
        assert_eq!(found[0].0, Some(9));
        assert!(found[0].1.contains("the key Role stands twice"), "{found:?}");
    }
}
