//! What is dangerous in the change itself: data that goes, names that are taken, protection turned off.

use super::{Finding, data};
use crate::domain::stack::{
    Risk, Value,
    diff::{Effect, Fate, ResourceDiff, Update},
    falsy,
    template::Resource,
    text, truthy,
};

/// Types that are made anew in the ordinary course of things, unnoticed.
const HARMLESS: &[&str] = &[
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::ECS::TaskDefinition",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

pub(super) fn harmless(kind: &str) -> bool {
    HARMLESS.contains(&kind) || kind.starts_with("Custom::")
}

/// Adds what is dangerous in how a resource changes.
pub(in crate::domain::stack) fn of_change(was: Option<&Resource>, resource: &mut ResourceDiff) {
    let mut out = Vec::new();
    let mut say = |risk, code: &str, path: Option<&str>, text: String, why: &str| {
        out.push(Finding {
            risk,
            code: code.to_owned(),
            resource: resource.id.clone(),
            path: path.map(str::to_owned),
            text,
            why: why.to_owned(),
        });
    };
    let kind_before = resource.kind_before.as_deref().unwrap_or(&resource.kind);
    let forced = resource.properties.iter().find(|p| p.update == Update::Replaces && p.because.is_none());
    if data::stateful(kind_before) {
        let verb = match resource.effect {
            Effect::Remove => "is removed",
            Effect::Replace => "is replaced",
            _ => "may be replaced",
        };
        match resource.fate {
            Some(Fate::Deleted) => {
                let risk = match resource.effect {
                    Effect::MayReplace => Risk::Warning,
                    _ if data::light(kind_before) => Risk::Warning,
                    _ => Risk::Danger,
                };
                let text = format!("{verb}, and the old one is deleted with what it holds");
                say(risk, "data-lost", None, text, "Neither DeletionPolicy nor UpdateReplacePolicy keeps it.");
            }
            Some(Fate::Snapshot) => {
                let text = format!("{verb}; a snapshot of the old one stays");
                say(Risk::Warning, "data-moved", None, text, "The new one is empty until the snapshot is restored.");
            }
            Some(Fate::Retained) => {
                let text = format!("{verb}; the old one stays outside the stack");
                let why = "It goes on costing, keeps its name, and no template speaks of it any more.";
                let risk = if resource.effect == Effect::Remove { Risk::Info } else { Risk::Warning };
                say(risk, "data-left", None, text, why);
            }
            None => {}
        }
    }
    if let (Some(from), Effect::Add) = (&resource.renamed_from, resource.effect) {
        say(
            if data::stateful(&resource.kind) { Risk::Danger } else { Risk::Warning },
            "renamed",
            None,
            format!("looks like {from} under another logical id"),
            "CloudFormation makes a new one and takes the old one away; where the name is given, the deploy fails \
             because it is taken.",
        );
    }
    if resource.effect == Effect::Replace && resource.kind_before.is_none() {
        let kept = was.and_then(|was| {
            let given = was.properties.iter().find(|(name, v)| name.ends_with("Name") && v.is_string())?;
            let changed = resource.properties.iter().any(|p| p.path == *given.0);
            let own = super::super::replace::update(&resource.kind, given.0) == Update::Replaces;
            (own && !changed).then(|| (given.0.clone(), text::value(given.1)))
        });
        if let (Some((name, value)), Some(forced)) = (kept, forced) {
            say(
                Risk::Danger,
                "name-taken",
                Some(&name),
                format!(
                    "{} forces a new one, which cannot have the name {value} while the old one has it",
                    forced.path
                ),
                "CloudFormation makes the new one before the old one goes, so this deploy fails.",
            );
        }
    }
    for property in &resource.properties {
        let last = property.path.rsplit('.').next().unwrap_or_default();
        let (was, is) = (property.before.as_ref(), property.after.as_ref());
        let off = truthy(was) && (is.is_none() || falsy(is));
        if off && matches!(last, "DeletionProtection" | "DeletionProtectionEnabled" | "EnableTerminationProtection") {
            let why = "Nothing stops a deletion by mistake any more.";
            say(Risk::Warning, "protection-off", Some(&property.path), "deletion protection is turned off".into(), why);
        }
        if matches!(property.path.as_str(), "DeletionPolicy" | "UpdateReplacePolicy")
            && data::stateful(&resource.kind)
            && kept(was)
            && !kept(is)
        {
            let text = format!("{} no longer keeps what it holds", property.path);
            let why = "The next removal or replacement deletes it.";
            say(Risk::Warning, "retention-off", Some(&property.path), text, why);
        }
        if last == "PointInTimeRecoveryEnabled" && off {
            let why = "What is deleted or damaged cannot be brought back.";
            say(Risk::Warning, "no-backups", Some(&property.path), "point-in-time recovery is turned off".into(), why);
        }
        if resource.kind == "AWS::Lambda::Function" && property.path == "Role" && property.because.is_none() {
            let text = format!("runs with another role: {}", is.map(text::value).unwrap_or_default());
            say(Risk::Warning, "another-role", Some("Role"), text, "What the code may do is what that role may do.");
        }
        if property.path.starts_with("PublicAccessBlockConfiguration") && is.is_none() {
            let why = "AWS's default blocks it for new buckets only where the account did not change that.";
            say(
                Risk::Warning,
                "public-access-block-gone",
                Some(&property.path),
                "public access is no longer blocked by the template".into(),
                why,
            );
        }
        if off && (last.contains("Encrypt") || last == "SqsManagedSseEnabled") {
            let why = "What is stored from now on can be read by whoever gets at the storage.";
            say(Risk::Danger, "encryption-off", Some(&property.path), format!("{last} is turned off"), why);
        }
        if property.path.starts_with("KmsMasterKeyId") && is.is_none() && was.is_some() {
            let why = "Messages are no longer encrypted with the key of before.";
            say(Risk::Warning, "encryption-off", Some(&property.path), "the KMS key is taken away".into(), why);
        }
    }
    resource.findings.extend(out);
}

fn kept(value: Option<&Value>) -> bool {
    matches!(value.and_then(Value::as_str), Some("Retain" | "RetainExceptOnCreate" | "Snapshot"))
}
