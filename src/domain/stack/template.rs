//! A CloudFormation or SAM template, read from JSON or YAML.
//!
//! Short forms of functions become the long ones (`!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`), so
//! that a template means the same in both languages. Resources of SAM stay as they are written in
//! [`Template::resources`]; [`Template::expanded`] has what they become.

use serde::{Deserialize, Serialize};

use super::{Fault, Map, Value, json, listed, sam, yaml};

/// Longer texts are not read: CloudFormation takes 1 MB at the most.
pub const LONGEST: usize = 4 << 20;
/// More resources are not read: CloudFormation takes 500.
pub const MOST_RESOURCES: usize = 2_000;

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What it says of itself.
    pub description: Option<String>,
    /// Macros that rewrite it, `AWS::Serverless-2016-10-31`.
    pub transforms: Vec<String>,
    /// Parameters.
    pub parameters: Map<String, Value>,
    /// Mappings.
    pub mappings: Map<String, Value>,
    /// Conditions.
    pub conditions: Map<String, Value>,
    /// Rules.
    pub rules: Map<String, Value>,
    /// Metadata of the whole.
    pub metadata: Map<String, Value>,
    /// What SAM's functions and tables have in common.
    pub globals: Map<String, Value>,
    /// Resources, as they stand.
    pub resources: Vec<Resource>,
    /// Outputs.
    pub outputs: Map<String, Value>,
}

/// One resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its logical id.
    pub id: String,
    /// `AWS::S3::Bucket`.
    pub kind: String,
    /// Its properties.
    pub properties: Map<String, Value>,
    /// The condition under which there is one.
    pub condition: Option<String>,
    /// What has to be there first.
    pub depends_on: Vec<String>,
    /// What becomes of it when it leaves the stack: `Retain`.
    pub deletion_policy: Option<String>,
    /// What becomes of the old one when it is replaced.
    pub update_replace_policy: Option<String>,
    /// Its metadata.
    pub metadata: Map<String, Value>,
    /// `CreationPolicy` and `UpdatePolicy`.
    pub policies: Map<String, Value>,
    /// The resource of the source that this one comes from, where SAM makes it.
    pub made_by: Option<String>,
    /// The line of the template, from 1.
    pub line: Option<u32>,
}

impl Resource {
    /// A property, by its path: `Code.S3Key`.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let mut steps = path.split('.');
        let first = self.properties.get(steps.next()?)?;
        steps.try_fold(first, |at, step| at.get(step))
    }

    /// The path of the construct it comes from, where CDK says so.
    pub fn construct(&self) -> Option<&str> {
        self.metadata.get("aws:cdk:path")?.as_str()
    }
}

impl Template {
    /// Reads a text: JSON where it begins with a brace, YAML else.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault::new(format!("it has more than {} MB; CloudFormation takes 1 MB", LONGEST >> 20)));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (value, lines) = if text.trim_start().starts_with('{') {
            match json::read(text) {
                Ok(value) => (value, yaml::lines(text)),
                // A mapping of YAML may begin with a brace too.
                Err(fault) => yaml::read(text).map_err(|_| fault)?,
            }
        } else {
            yaml::read(text)?
        };
        Self::of(value, &lines)
    }

    fn of(value: Value, lines: &yaml::Lines) -> Result<Self, Fault> {
        let Value::Object(mut root) = value else { return Err(Fault::new("a template is a mapping")) };
        let here = |section: &str| lines.get(&(String::new(), section.to_owned())).copied();
        let mut section = |name: &str| match root.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map.into_iter().map(|(k, v)| (k, canonical(v))).collect()),
            Some(_) => Err(Fault { line: here(name), what: format!("{name} has to be a mapping") }),
        };
        let mut template = Self {
            parameters: section("Parameters")?,
            mappings: section("Mappings")?,
            conditions: section("Conditions")?,
            rules: section("Rules")?,
            metadata: section("Metadata")?,
            globals: section("Globals")?,
            outputs: section("Outputs")?,
            ..Self::default()
        };
        let resources = section("Resources")?;
        template.description = root.get("Description").and_then(Value::as_str).map(str::to_owned);
        template.transforms = listed(root.get("Transform")).into_iter().map(super::text::value).collect();
        if resources.len() > MOST_RESOURCES {
            return Err(Fault::new(format!("it has more than {MOST_RESOURCES} resources; CloudFormation takes 500")));
        }
        for (id, value) in resources {
            let line = lines.get(&("Resources".to_owned(), id.clone())).copied();
            template.resources.push(resource(id, value, line)?);
        }
        Ok(template)
    }

    /// A resource, as it stands.
    pub fn resource(&self, id: &str) -> Option<&Resource> {
        self.resources.iter().find(|r| r.id == id)
    }

    /// True when SAM rewrites it.
    pub fn is_sam(&self) -> bool {
        self.transforms.iter().any(|t| t.starts_with("AWS::Serverless"))
    }

    /// The template with what SAM makes of its resources, and what cannot be known of that, a line
    /// each.
    pub fn expanded(&self) -> (Self, Vec<String>) {
        let mut out = self.clone();
        let mut notes = Vec::new();
        if self.is_sam() {
            out.resources = sam::expand(self, &mut notes);
        }
        for other in self.transforms.iter().filter(|t| !t.starts_with("AWS::Serverless")) {
            if other != "AWS::LanguageExtensions" {
                notes.push(format!("the macro {other} rewrites this template; what it makes of it is not known here"));
            }
        }
        for looped in self.resources.iter().filter(|r| r.kind.is_empty()) {
            notes.push(format!("{} is a loop; what it makes is not known here", looped.id));
        }
        (out, notes)
    }
}

fn resource(id: String, value: Value, line: Option<u32>) -> Result<Resource, Fault> {
    let fault = |what: String| Fault { line, what };
    if id.starts_with("Fn::ForEach::") {
        return Ok(Resource {
            properties: Map::from_iter([("ForEach".to_owned(), value)]),
            id,
            line,
            ..Resource::default()
        });
    }
    let Value::Object(mut map) = value else { return Err(fault(format!("the resource {id} has to be a mapping"))) };
    let Some(Value::String(kind)) = map.remove("Type") else {
        return Err(fault(format!("the resource {id} has no Type")));
    };
    let mut part = |name: &str| match map.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(part)) => Ok(part),
        Some(_) => Err(fault(format!("{name} of {id} has to be a mapping"))),
    };
    let (properties, metadata) = (part("Properties")?, part("Metadata")?);
    let policies = ["CreationPolicy", "UpdatePolicy"];
    let policies = policies.into_iter().filter_map(|n| Some((n.to_owned(), map.get(n)?.clone()))).collect();
    // With the language extensions a policy may be a function: that is shown, and is not "Retain".
    let policy = |name: &str| map.get(name).map(super::text::value);
    Ok(Resource {
        condition: map.get("Condition").and_then(Value::as_str).map(str::to_owned),
        depends_on: listed(map.get("DependsOn")).into_iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        deletion_policy: policy("DeletionPolicy"),
        update_replace_policy: policy("UpdateReplacePolicy"),
        id,
        kind,
        properties,
        metadata,
        policies,
        made_by: None,
        line,
    })
}

/// The one way to write what can be written in two: `"A.B"` under `Fn::GetAtt` is a list.
fn canonical(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::Object(map) => {
            let short = map.len() == 1;
            let each = map.into_iter().map(|(key, value)| match (key.as_str(), value) {
                ("Fn::GetAtt", Value::String(path)) if short => {
                    let (id, attribute) = path.split_once('.').unwrap_or((&path, ""));
                    (key, Value::Array(vec![id.into(), attribute.into()]))
                }
                (_, value) => (key, canonical(value)),
            });
            Value::Object(each.collect())
        }
        plain => plain,
    }
}
