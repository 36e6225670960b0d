//! A CDK cloud assembly: what `cdk synth` wrote into `cdk.out`, read from texts that the caller has.
//!
//! Also says which kinds of infrastructure a repository holds, by the names of its files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Fault, Template, Value, json, listed, nested};

/// More artifacts, assets and levels of nested stacks are not read.
const MOST: usize = 500;
const DEEPEST: usize = 5;

/// A stack of an assembly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Its name in the account.
    pub name: String,
    /// Its id in the app: `Stage/Stack`.
    pub id: String,
    /// The file of its template, relative to the assembly.
    pub file: String,
    /// The account, where the app says it.
    pub account: Option<String>,
    /// The region, where the app says it.
    pub region: Option<String>,
    /// The stacks that come first, by their ids.
    pub after: Vec<String>,
    /// Its template.
    pub template: Template,
    /// Stacks within it: the logical id that carries each, and its template.
    pub nested: Vec<(String, Template)>,
}

/// Something that is uploaded before a stack is deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Its hash.
    pub id: String,
    /// What it is called in the app.
    pub name: String,
    /// Where it lies, relative to the assembly.
    pub path: String,
    /// `zip`, `file` or `image`.
    pub packaging: String,
    /// Its size in bytes, where the caller knows it.
    pub bytes: Option<u64>,
}

/// What an app synthesised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assembly {
    /// The version of the format.
    pub version: String,
    /// Its stacks, in the order of the manifest.
    pub stacks: Vec<Stack>,
    /// What is uploaded, but for templates.
    pub assets: Vec<Asset>,
    /// What is missing or could not be read, and what to do about it, a line each.
    pub notes: Vec<String>,
}

impl Assembly {
    /// The whole of an assembly with each nested stack as one of its own: `Stack` and `Stack/Nested`.
    pub fn templates(&self) -> BTreeMap<String, &Template> {
        let mut out = BTreeMap::new();
        for stack in &self.stacks {
            out.insert(stack.name.clone(), &stack.template);
            out.extend(stack.nested.iter().map(|(id, template)| (format!("{}/{id}", stack.name), template)));
        }
        out
    }
}

/// Reads an assembly. `read` gives the text of a file by its path within the assembly, `size` the
/// bytes of a file or of all files in a folder.
pub fn read(read: &dyn Fn(&str) -> Option<String>, size: &dyn Fn(&str) -> Option<u64>) -> Result<Assembly, Fault> {
    let mut out = Assembly::default();
    manifest("", 0, read, size, &mut out)?;
    if out.stacks.is_empty() {
        out.notes.push("the app synthesised no stack".to_owned());
    }
    Ok(out)
}

fn manifest(
    folder: &str,
    depth: usize,
    read: &dyn Fn(&str) -> Option<String>,
    size: &dyn Fn(&str) -> Option<u64>,
    out: &mut Assembly,
) -> Result<(), Fault> {
    let path = format!("{folder}manifest.json");
    let text = read(&path).ok_or_else(|| Fault::new(format!("there is no {path}; synthesise the app: `cdk synth`")))?;
    let value = json::read(&text).map_err(|f| Fault { what: format!("{path}: {}", f.what), ..f })?;
    if let Some(version) = value.get("version").and_then(Value::as_str)
        && depth == 0
    {
        version.clone_into(&mut out.version);
    }
    for missing in listed(value.get("missing")).into_iter().take(MOST) {
        out.notes.push(lookup(missing));
    }
    let artifacts = value.get("artifacts").and_then(Value::as_object);
    for (id, artifact) in artifacts.into_iter().flatten().take(MOST) {
        let property = |name: &str| artifact.get("properties").and_then(|p| p.get(name)).and_then(Value::as_str);
        match artifact.get("type").and_then(Value::as_str) {
            Some("aws:cloudformation:stack") => stack(folder, id, artifact, read, out),
            Some("cdk:asset-manifest") => {
                if let Some(file) = property("file").and_then(|f| within(folder, f)) {
                    assets(folder, &file, read, size, out);
                }
            }
            Some("cdk:cloud-assembly") => {
                let Some(inner) = property("directoryName").and_then(|f| within(folder, f)) else { continue };
                if depth >= DEEPEST {
                    out.notes.push(format!("{inner}: assemblies lie in each other more than {DEEPEST} deep"));
                } else if let Err(fault) = manifest(&format!("{inner}/"), depth + 1, read, size, out) {
                    out.notes.push(fault.to_string());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A path in the assembly; none for one that leads out of it.
fn within(folder: &str, path: &str) -> Option<String> {
    let leaves = path.starts_with('/') || path.contains('\\') || path.split('/').any(|step| step == "..");
    (!leaves && !path.is_empty()).then(|| format!("{folder}{path}"))
}

fn stack(folder: &str, id: &str, artifact: &Value, read: &dyn Fn(&str) -> Option<String>, out: &mut Assembly) {
    let property = |name: &str| artifact.get("properties").and_then(|p| p.get(name)).and_then(Value::as_str);
    let shown = artifact.get("displayName").and_then(Value::as_str).unwrap_or(id);
    let Some(file) = property("templateFile").and_then(|f| within(folder, f)) else {
        out.notes.push(format!("{shown}: the manifest names no template of it within the assembly"));
        return;
    };
    let template = match template(&file, read) {
        Ok(template) => template,
        Err(why) => {
            out.notes.push(format!("{shown}: {why}"));
            return;
        }
    };
    let inside = nested::inside(&file, &template, read);
    let notes = nested::notes(&nested::Inside::default(), &inside);
    out.notes.extend(notes.into_iter().map(|note| format!("{shown}/{note}")));
    let nested = inside.read.into_iter().map(|inner| (inner.path, inner.template)).collect();
    let environment = artifact.get("environment").and_then(Value::as_str).unwrap_or_default();
    let mut parts = environment.trim_start_matches("aws://").split('/');
    let known = |part: Option<&str>| part.filter(|p| !p.is_empty() && !p.starts_with("unknown-")).map(str::to_owned);
    let (account, region) = (known(parts.next()), known(parts.next()));
    let after = listed(artifact.get("dependencies")).into_iter().filter_map(Value::as_str);
    out.stacks.push(Stack {
        name: property("stackName").unwrap_or(id).to_owned(),
        id: shown.to_owned(),
        file,
        account,
        region,
        after: after.filter(|d| !d.ends_with(".assets")).map(str::to_owned).collect(),
        template,
        nested,
    });
}

fn template(file: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Template, String> {
    let text = read(file).ok_or_else(|| format!("{file} is not there; synthesise the app again"))?;
    Template::parse(&text).map_err(|fault| format!("{file}: {fault}"))
}

fn assets(
    folder: &str,
    file: &str,
    read: &dyn Fn(&str) -> Option<String>,
    size: &dyn Fn(&str) -> Option<u64>,
    out: &mut Assembly,
) {
    let value = match read(file).ok_or_else(|| Fault::new("is not there")).and_then(|text| json::read(&text)) {
        Ok(value) => value,
        Err(fault) => {
            out.notes.push(format!("{file}: {fault}"));
            return;
        }
    };
    for (section, path_of) in [("files", "path"), ("dockerImages", "directory")] {
        for (id, asset) in value.get(section).and_then(Value::as_object).into_iter().flatten().take(MOST) {
            let source = asset.get("source");
            let word = |name: &str| source.and_then(|s| s.get(name)).and_then(Value::as_str);
            let Some(path) = word(path_of).and_then(|p| within(folder, p)) else { continue };
            // Templates are assets of their own stack; they are reviewed as what they are.
            if path.ends_with(".template.json") || out.assets.iter().any(|a| a.id == *id) {
                continue;
            }
            let packaging = if section == "files" { word("packaging").unwrap_or("file") } else { "image" };
            out.assets.push(Asset {
                id: id.clone(),
                name: asset.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned(),
                bytes: size(&path),
                path,
                packaging: packaging.to_owned(),
            });
        }
    }
}

/// A look-up whose answer the app did not have, in words.
fn lookup(missing: &Value) -> String {
    let props = missing.get("props");
    let word = |name: &str| props.and_then(|p| p.get(name)).and_then(Value::as_str).unwrap_or("?");
    let what = match missing.get("provider").and_then(Value::as_str).unwrap_or_default() {
        "availability-zones" => "the availability zones".to_owned(),
        "ssm" => format!("the parameter {}", word("parameterName")),
        "hosted-zone" => format!("the hosted zone {}", word("domainName")),
        "vpc-provider" => "a VPC".to_owned(),
        "ami" => "a machine image".to_owned(),
        "security-group" => format!("the security group {}", word("securityGroupId")),
        "load-balancer" | "load-balancer-listener" => "a load balancer".to_owned(),
        "key-provider" => format!("the KMS key {}", word("aliasName")),
        other => format!("`{other}`"),
    };
    format!(
        "the app looks up {what} in account {} and region {}, and the answer is not in cdk.context.json; until it is, \
         the template holds stand-ins. Run `cdk synth` once with credentials and commit cdk.context.json",
        word("account"),
        word("region")
    )
}

/// A kind of infrastructure in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A CDK app; the folder of its `cdk.json`, empty for the root.
    Cdk(String),
    /// A SAM application; the path of its template.
    Sam(String),
    /// A file that by its name may be a template of CloudFormation.
    Template(String),
}

/// What a list of paths holds, by their names alone.
pub fn detect<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<Source> {
    let paths: Vec<&str> = paths.into_iter().collect();
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let mut out = Vec::new();
    for path in &paths {
        let name = path.rsplit('/').next().unwrap_or(path);
        let outside = !path.split('/').any(|step| matches!(step, "node_modules" | "cdk.out" | ".aws-sam"));
        if !outside {
            continue;
        }
        if name == "cdk.json" {
            out.push(Source::Cdk(folder(path)));
        } else if may_be_template(path) {
            let sam = paths.iter().any(|p| p.ends_with("samconfig.toml") && folder(p) == folder(path));
            out.push(if sam { Source::Sam((*path).to_owned()) } else { Source::Template((*path).to_owned()) });
        }
    }
    out
}

/// True for a name that templates have.
fn may_be_template(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    let Some((stem, end)) = name.rsplit_once('.') else { return false };
    let language = matches!(end, "yaml" | "yml" | "json" | "template");
    let folders = ["cloudformation", "cfn", "sam", "stacks", "infra", "infrastructure"];
    let named = stem == "template" || stem.ends_with(".template") || stem.ends_with("-template") || end == "template";
    language && (named || lower.split('/').rev().skip(1).any(|step| folders.contains(&step)))
}

/// True for a text that is a template: by what it says, not by its name.
pub fn is_template(path: &str, text: &str) -> bool {
    let end = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(end.as_str(), "yaml" | "yml" | "json" | "template")
        && text.contains("Resources")
        && (text.contains("AWSTemplateFormatVersion") || text.contains("AWS::"))
}
