//! Templates in JSON, as far as an account in memory needs them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::wrong;
use crate::{
    domain::cloud::Validation,
    ports::cloud::{CloudError, CloudErrorKind},
};

/// Properties that are a resource's name: another one makes another resource.
const NAMES: &[&str] =
    &["BucketName", "FunctionName", "RoleName", "TopicName", "QueueName", "TableName", "LogGroupName", "UserName"];

/// A template, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    /// Name; default.
    pub(super) parameters: Vec<(String, Option<String>)>,
    /// Logical id; type; properties. In the order of the text.
    pub(super) resources: Vec<(String, String, Map<String, Value>)>,
    /// Name; value as written.
    pub(super) outputs: Vec<(String, Value)>,
}

impl Template {
    pub(super) fn read(text: &str) -> Result<Self, CloudError> {
        let invalid = |why: &str| wrong(CloudErrorKind::Invalid, format!("Template format error: {why}"));
        let value: Value = serde_json::from_str(text).map_err(|e| invalid(&format!("JSON not well-formed. {e}")))?;
        let section = |name: &str| value.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let resources = section("Resources");
        if resources.is_empty() {
            return Err(invalid("At least one Resources member must be defined."));
        }
        let mut all = Vec::new();
        for (id, resource) in resources {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !kind.starts_with("AWS::") && !kind.starts_with("Custom::") {
                return Err(invalid(&format!("Unrecognized resource types: [{kind}]")));
            }
            let properties = resource.get("Properties").and_then(Value::as_object).cloned().unwrap_or_default();
            all.push((id, kind, properties));
        }
        let default = |p: &Value| p.get("Default").map(plain);
        Ok(Self {
            parameters: section("Parameters").iter().map(|(name, p)| (name.clone(), default(p))).collect(),
            resources: all,
            outputs: section("Outputs")
                .into_iter()
                .map(|(n, o)| (n, o.get("Value").cloned().unwrap_or_default()))
                .collect(),
        })
    }

    pub(super) fn capabilities(&self) -> Vec<String> {
        let iam = |kind: &str| {
            matches!(kind, "AWS::IAM::Role" | "AWS::IAM::Policy" | "AWS::IAM::User" | "AWS::IAM::ManagedPolicy")
        };
        let named = |p: &Map<String, Value>| p.contains_key("RoleName") || p.contains_key("UserName");
        let all: Vec<_> = self.resources.iter().filter(|(_, kind, _)| iam(kind)).collect();
        match (all.is_empty(), all.iter().any(|(_, _, p)| named(p))) {
            (true, _) => Vec::new(),
            (false, true) => vec!["CAPABILITY_NAMED_IAM".to_owned()],
            (false, false) => vec!["CAPABILITY_IAM".to_owned()],
        }
    }

    pub(super) fn validation(&self) -> Validation {
        let capabilities = self.capabilities();
        let why = (!capabilities.is_empty()).then(|| "The following resource(s) require capabilities".to_owned());
        let parameters = self.parameters.iter().map(|(n, d)| (n.clone(), d.clone(), None)).collect();
        Validation { parameters, capabilities, why }
    }
}

/// The properties that differ, and whether one of them makes the resource anew.
pub(super) fn differing(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<(String, bool)> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    differs.map(|name| (name.clone(), NAMES.contains(&name.as_str()))).collect()
}

/// The name that a resource's properties give it.
pub(super) fn named(properties: &Map<String, Value>) -> Option<String> {
    NAMES.iter().find_map(|name| properties.get(*name)?.as_str().map(str::to_owned))
}

pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value with its references to parameters and resources filled in.
pub(super) fn resolved(value: &Value, known: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(map) => {
            let only = map.iter().next().filter(|_| map.len() == 1);
            match only.map(|(key, inner)| (key.as_str(), inner)) {
                Some(("Ref", Value::String(name))) => {
                    known.get(name).map_or_else(|| value.clone(), |v| v.clone().into())
                }
                Some(("Fn::GetAtt", Value::Array(path))) => {
                    let id = path.first().and_then(Value::as_str).unwrap_or_default();
                    known.get(id).map_or_else(|| value.clone(), |physical| format!("arn:{physical}").into())
                }
                _ => map.iter().map(|(k, v)| (k.clone(), resolved(v, known))).collect::<Map<_, _>>().into(),
            }
        }
        Value::Array(all) => all.iter().map(|v| resolved(v, known)).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}
