//! Files that a template names on this machine: CloudFormation cannot reach them before they are
//! packaged. And where the code of its functions comes from.

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

/// Where the code of a function comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// From files of this machine: the path, as the template names it.
    Files(String),
    /// It is a container image; in words, what of, and the folder that it is built from, where it is here.
    Image(String, Option<String>),
    /// From somewhere else, or it stands in the template.
    Elsewhere,
}

/// The functions of a template, each with where its code comes from.
pub fn functions(template: &Template) -> Vec<(String, Code)> {
    let common = |property: &str| template.globals.get("Function").and_then(|f| f.get(property));
    let mut found = Vec::new();
    for resource in &template.resources {
        let sam = resource.kind == "AWS::Serverless::Function";
        if !sam && resource.kind != "AWS::Lambda::Function" {
            continue;
        }
        let property = |name: &str| resource.get(name).or_else(|| common(name).filter(|_| sam));
        let word = |name: &str| resource.metadata.get(name).and_then(Value::as_str);
        let uri = property(if sam { "ImageUri" } else { "Code.ImageUri" });
        let packaged = property("PackageType").and_then(Value::as_str) == Some("Image");
        let code = if packaged || uri.is_some() {
            let folder = word("aws:asset:path").or_else(|| word("DockerContext"));
            let recipe = word("aws:asset:dockerfile-path").or_else(|| word("Dockerfile")).unwrap_or("Dockerfile");
            let words = match (folder, uri) {
                (Some(folder), _) => format!("built by {recipe} in {folder}; its size is not known before that"),
                (None, Some(uri)) => super::text::value(uri),
                (None, None) => "nothing says from what".to_owned(),
            };
            Code::Image(words, folder.map(str::to_owned))
        } else {
            let path =
                if sam && resource.get("InlineCode").is_none() { property("CodeUri") } else { resource.get("Code") };
            match (word("aws:asset:path"), path) {
                (Some(asset), _) => Code::Files(asset.to_owned()),
                (None, Some(Value::String(path))) if is_local(path) => Code::Files(path.clone()),
                (None, _) => Code::Elsewhere,
            }
        };
        found.push((resource.id.clone(), code));
    }
    found
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

    const SAM: &str = "\
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { CodeUri: shared/ } }
Resources:
  Own: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: ./src } }
  Shared: { Type: 'AWS::Serverless::Function' }
  Inline: { Type: 'AWS::Serverless::Function', Properties: { InlineCode: 'x' } }
  Packaged: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: 's3://b/k' } }";

    fn names(text: &str) -> Vec<String> {
        let found = unpackaged(&Template::parse(text).unwrap());
        found.into_iter().map(|(id, property, path)| format!("{id}.{property}={path}")).collect()
    }

    #[test]
    fn a_path_is_told_from_an_address_in_both_languages() {
        let sam = format!(
            "{SAM}
  Mapped:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri:
        Bucket: b
        Key: k
  Layer: {{ Type: 'AWS::Serverless::LayerVersion', Properties: {{ ContentUri: layer }} }}
"
        );
        assert_eq!(names(&sam), ["Own.CodeUri=./src", "Shared.CodeUri=shared/", "Layer.ContentUri=layer"]);
        let json = r#"{"Resources":{"F":{"Type":"AWS::Lambda::Function","Properties":{"Code":"./dist"}},
            "G":{"Type":"AWS::Lambda::Function","Properties":{"Code":{"ZipFile":"x"}}},
            "N":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"inner.yaml"}},
            "M":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://b.s3.amazonaws.com/t"}}}}"#;
        assert_eq!(names(json), ["F.Code=./dist", "N.TemplateURL=inner.yaml"]);
    }

    #[test]
    fn code_is_of_files_of_an_image_or_of_elsewhere() {
        let more = "
  Built: { Type: 'AWS::Serverless::Function', Properties: { PackageType: Image },
           Metadata: { Dockerfile: Dockerfile.fn, DockerContext: ./image } }
  Pushed: { Type: 'AWS::Lambda::Function', Properties: { Code: { ImageUri: '1.dkr.ecr.eu-west-1.amazonaws.com/a:1' } } }
  Plain: { Type: 'AWS::Lambda::Function', Properties: { Code: dist } }
  Zip: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Bucket: b, S3Key: k } },
         Metadata: { 'aws:asset:path': asset.1 } }
";
        let found = functions(&Template::parse(&format!("{SAM}{more}")).unwrap());
        let of = |id: &str| found.iter().find(|(i, _)| i == id).map(|(_, code)| code.clone()).unwrap();
        let files = |path: &str| Code::Files(path.to_owned());
        assert_eq!((of("Own"), of("Shared")), (files("./src"), files("shared/")));
        assert_eq!((of("Plain"), of("Zip")), (files("dist"), files("asset.1")));
        assert_eq!((of("Inline"), of("Packaged")), (Code::Elsewhere, Code::Elsewhere));
        assert!(
            matches!(of("Built"), Code::Image(w, Some(at)) if w.contains("Dockerfile.fn in ./image") && at == "./image")
        );
        assert!(matches!(of("Pushed"), Code::Image(w, None) if w.ends_with("amazonaws.com/a:1")));
    }
}
