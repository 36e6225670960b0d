//! Files that a template names on this machine: CloudFormation cannot reach them before they are
//! packaged.

use super::{Template, Value};

/// Kinds of resources and the properties of theirs that may be a path: what `sam package` and
/// `aws cloudformation package` upload.
const PATHS: &[(&str, &str)] = &[
    ("AWS::Serverless::Function", "CodeUri"),
    ("AWS::Serverless::LayerVersion", "ContentUri"),
    ("AWS::Serverless::Api", "DefinitionUri"),
    ("AWS::Serverless::HttpApi", "DefinitionUri"),
    ("AWS::Serverless::StateMachine", "DefinitionUri"),
    ("AWS::Serverless::Application", "Location"),
    ("AWS::Serverless::GraphQLApi", "SchemaUri"),
    ("AWS::Lambda::Function", "Code"),
    ("AWS::Lambda::LayerVersion", "Content"),
    ("AWS::CloudFormation::Stack", "TemplateURL"),
    ("AWS::StepFunctions::StateMachine", "DefinitionS3Location"),
];

/// True for a text that is a path, and no address.
pub(super) fn is_local(path: &str) -> bool {
    !path.contains("://")
}

/// What is not packaged: the resource, its property, and the path. A path is a text that is no address.
pub fn unpackaged(template: &Template) -> Vec<(String, String, String)> {
    let local = |value: Option<&Value>| match value {
        Some(Value::String(path)) if is_local(path) => Some(path.clone()),
        _ => None,
    };
    let shared = template.globals.get("Function").and_then(|f| f.get("CodeUri"));
    let mut found = Vec::new();
    for resource in &template.resources {
        for (_, property) in PATHS.iter().filter(|(kind, _)| *kind == resource.kind) {
            let own = resource.properties.get(*property);
            let whole = resource.kind == "AWS::Serverless::Function";
            let bare = own.is_none() && !["InlineCode", "ImageUri"].iter().any(|p| resource.get(p).is_some());
            let path = local(own.or(shared.filter(|_| whole && bare)));
            found.extend(path.map(|path| (resource.id.clone(), (*property).to_owned(), path)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let found = unpackaged(&Template::parse(text).unwrap());
        found.into_iter().map(|(id, property, path)| format!("{id}.{property}={path}")).collect()
    }

    #[test]
    fn a_path_is_told_from_an_address_in_both_languages() {
        let sam = "Transform: AWS::Serverless-2016-10-31
Globals: { Function: { CodeUri: shared/ } }
Resources:
  Own: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: ./src } }
  Shared: { Type: 'AWS::Serverless::Function' }
  Inline: { Type: 'AWS::Serverless::Function', Properties: { InlineCode: 'x' } }
  Packaged: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: 's3://b/k' } }
  Mapped:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri:
        Bucket: b
        Key: k
  Layer: { Type: 'AWS::Serverless::LayerVersion', Properties: { ContentUri: layer } }
";
        assert_eq!(names(sam), ["Own.CodeUri=./src", "Shared.CodeUri=shared/", "Layer.ContentUri=layer"]);
        let json = r#"{"Resources":{"F":{"Type":"AWS::Lambda::Function","Properties":{"Code":"./dist"}},
            "G":{"Type":"AWS::Lambda::Function","Properties":{"Code":{"ZipFile":"x"}}},
            "N":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"inner.yaml"}},
            "M":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://b.s3.amazonaws.com/t"}}}}"#;
        assert_eq!(names(json), ["F.Code=./dist", "N.TemplateURL=inner.yaml"]);
    }
}
