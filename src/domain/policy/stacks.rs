//! Sensitive choices in a template: every right that it widens, and what is dangerous in the change.

use super::sensitive::Sensitive;
use crate::domain::{
    change::{Change, FileState},
    stack::{
        Risk, StackDiff, Template,
        assembly::is_template,
        compare,
        diff::{Effect, Update},
    },
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
            return vec![Sensitive::new(fault.line, "infrastructure", why)];
        }
    };
    // One that could not be read before brings all of it.
    let before = text(&change.before).and_then(|t| Template::parse(&t).ok());
    let mut found = in_diff(&compare(path, before.as_ref(), Some(&after)));
    // The line of what is removed is one of the old text.
    for (sensitive, id) in &mut found {
        sensitive.line = sensitive.line.filter(|_| after.resource(id).is_some());
    }
    found.into_iter().map(|(sensitive, _)| sensitive).collect()
}

/// What a difference asks for, with the resource it is about: every right that is widened, every
/// resource that is made anew, and what is dangerous.
fn in_diff(diff: &StackDiff) -> Vec<(Sensitive, String)> {
    let mut found = Vec::new();
    for (resource, change) in diff.widened() {
        found.push((Sensitive::new(resource.line, "wider right", change.sentence.clone()), resource.id.clone()));
    }
    for resource in &diff.resources {
        let mut dangerous = false;
        for finding in resource.findings.iter().filter(|f| f.risk == Risk::Danger) {
            dangerous = true;
            let (what, why) = (finding.code.replace('-', " "), format!("{}: {}", resource.id, finding.text));
            found.push((Sensitive::new(resource.line, what, why), resource.id.clone()));
        }
        if !dangerous && matches!(resource.effect, Effect::Replace | Effect::MayReplace) {
            let forced = resource.properties.iter().find(|p| p.update == Update::Replaces || p.update == Update::Maybe);
            let by = forced.map(|p| format!(", by {}", p.path)).unwrap_or_default();
            let word = if resource.effect == Effect::Replace { "is" } else { "may be" };
            let why = format!("{} {word} made anew{by}", resource.id);
            found.push((Sensitive::new(resource.line, "replacement", why), resource.id.clone()));
        }
    }
    found
}

/// What the difference of a synthesised stack asks for, in words.
pub fn in_synthesised(diff: &StackDiff) -> Vec<String> {
    let found = in_diff(diff).into_iter();
    found.map(|(s, _)| format!("{} in the synthesised stack {}: {}", s.what, diff.name, s.why)).collect()
}

/// True for a command that makes the templates of a CDK app.
pub fn synthesises(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let makes = |w: &&str| matches!(*w, "synth" | "synthesize" | "deploy" | "diff");
    words.iter().position(|w| w.rsplit('/').next() == Some("cdk")).is_some_and(|at| words.iter().skip(at).any(makes))
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
    fn what_is_made_anew_asks_and_a_synthesised_stack_says_which() {
        let one = "Resources:\n  Fn:\n    Type: AWS::Lambda::Function\n    Properties: { FunctionName: a }\n";
        let other = one.replace("FunctionName: a", "FunctionName: b");
        let found = asked("t.yaml", Some(one), Some(&other));
        assert_eq!(found, [(Some(2), "replacement: Fn is made anew, by FunctionName".to_owned())]);
        let read = |text: &str| Template::parse(text).unwrap();
        let diff = compare("Thumbs", Some(&read(one)), Some(&read(&other)));
        let words = "replacement in the synthesised stack Thumbs: Fn is made anew, by FunctionName";
        assert_eq!(in_synthesised(&diff), [words]);
    }

    #[test]
    fn commands_that_synthesise_are_told_from_others() {
        for command in ["npx cdk synth --quiet", "cd infra && node_modules/.bin/cdk synth", "npx --no-install cdk diff"]
        {
            assert!(synthesises(command), "{command}");
        }
        for command in ["npm test", "echo cdk", "npx cdk list", "synth cdk"] {
            assert!(!synthesises(command), "{command}");
        }
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
