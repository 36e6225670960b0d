//! What a CDK app left in `cdk.out`: its stacks, their templates and assets, and what it could not
//! find out.
//!
//! Read from the text of `manifest.json` and the asset manifests, and from nothing else. It is
//! untrusted: names of files that lead out of the assembly are refused.

use serde_json::Value;

use crate::domain::path::RelPath;

/// One stack of an assembly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssemblyStack {
    /// Its id in the app, which its command line takes: `Thumbnails`, `Prod/Thumbnails`.
    pub id: String,
    /// Its name in the account.
    pub name: String,
    /// Its template's file, relative to the assembly.
    pub template: String,
    /// Its asset manifest, relative to the assembly.
    pub assets: Option<String>,
    /// The stacks of the same assembly that have to be there first, by their ids.
    pub depends: Vec<String>,
    /// The account and the region that it is made for; `unknown` is any.
    pub environment: (String, String),
}

/// A whole assembly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assembly {
    /// Its stacks, by id.
    pub stacks: Vec<AssemblyStack>,
    /// Context that has to be looked up in an account first, each in words.
    pub missing: Vec<String>,
    /// Assemblies of stages inside, relative to this one.
    pub nested: Vec<String>,
}

/// What one asset needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestAsset {
    /// Its id.
    pub id: String,
    /// Its file or directory, relative to the assembly.
    pub path: String,
    /// True for a container image.
    pub image: bool,
}

fn inside(path: &str) -> Result<String, String> {
    RelPath::parse(path).map(|p| p.to_string()).map_err(|e| format!("the assembly names a file that is not in it: {e}"))
}

fn json(text: &str, file: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|e| format!("{file} of the assembly is not JSON: {e}"))
}

impl Assembly {
    /// Reads `manifest.json`.
    ///
    /// # Errors
    /// One line: what of it cannot be read.
    pub fn parse(manifest: &str) -> Result<Self, String> {
        let manifest = json(manifest, "manifest.json")?;
        let mut found = Self::default();
        let artifacts = || manifest.get("artifacts").and_then(Value::as_object).into_iter().flatten();
        let shown = |id: &str| {
            let (_, artifact) = artifacts().find(|(i, _)| *i == id)?;
            let is_stack = artifact.get("type").and_then(Value::as_str) == Some("aws:cloudformation:stack");
            let name = artifact.get("displayName").and_then(Value::as_str).unwrap_or(id);
            is_stack.then(|| name.to_owned())
        };
        for (id, artifact) in artifacts() {
            let properties = artifact.get("properties");
            let text = |key: &str| properties.and_then(|p| p.get(key)).and_then(Value::as_str);
            match artifact.get("type").and_then(Value::as_str) {
                Some("aws:cloudformation:stack") => {
                    let template = inside(text("templateFile").ok_or("a stack of the assembly has no template")?)?;
                    let assets = artifact.get("dependencies").and_then(Value::as_array).into_iter().flatten();
                    let assets = assets.filter_map(Value::as_str).find(|d| d.ends_with(".assets"));
                    let assets = match assets {
                        Some(name) => manifest
                            .pointer(&format!(
                                "/artifacts/{}/properties/file",
                                name.replace('~', "~0").replace('/', "~1")
                            ))
                            .and_then(Value::as_str)
                            .map(inside)
                            .transpose()?,
                        None => None,
                    };
                    let environment = artifact.get("environment").and_then(Value::as_str).unwrap_or_default();
                    let environment = environment.strip_prefix("aws://").unwrap_or("unknown/unknown");
                    let (account, region) = environment.split_once('/').unwrap_or((environment, "unknown"));
                    let others = artifact.get("dependencies").and_then(Value::as_array).into_iter().flatten();
                    found.stacks.push(AssemblyStack {
                        id: shown(id).unwrap_or_else(|| id.clone()),
                        name: text("stackName").unwrap_or(id).to_owned(),
                        template,
                        assets,
                        depends: others.filter_map(Value::as_str).filter_map(shown).collect(),
                        environment: (account.to_owned(), region.to_owned()),
                    });
                }
                Some("cdk:cloud-assembly") => {
                    if let Some(dir) = text("directoryName") {
                        found.nested.push(inside(dir)?);
                    }
                }
                Some(_) | None => {}
            }
        }
        for missing in manifest.get("missing").and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| missing.get(key).and_then(Value::as_str).unwrap_or_default();
            let what = match text("provider") {
                "vpc-provider" => "a VPC",
                "availability-zones" => "the availability zones",
                "ssm" => "a parameter of Systems Manager",
                "hosted-zone" => "a hosted zone of Route 53",
                "ami" => "a machine image",
                "load-balancer" | "load-balancer-listener" => "a load balancer",
                "security-group" => "a security group",
                "key-provider" => "a key of KMS",
                _ => "something",
            };
            found.missing.push(format!("{what} ({})", text("key")));
        }
        found.stacks.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(found)
    }
}

/// The ids of stacks in the order in which they can be deployed: each after those it depends on, by
/// name where that leaves a choice. Those that depend on each other stand at the end.
pub fn order(stacks: &[AssemblyStack]) -> Vec<&str> {
    let mut left: Vec<&AssemblyStack> = stacks.iter().collect();
    left.sort_by(|a, b| a.id.cmp(&b.id));
    let mut out: Vec<&str> = Vec::new();
    while !left.is_empty() {
        let waits = |s: &AssemblyStack| {
            s.depends.iter().any(|d| !out.contains(&d.as_str()) && left.iter().any(|l| l.id == *d && l.id != s.id))
        };
        let at = left.iter().position(|s| !waits(s)).unwrap_or(0);
        out.push(&left.remove(at).id);
    }
    out
}

/// Reads an asset manifest. Templates, which are assets too, are left out.
///
/// # Errors
/// One line: what of it cannot be read.
pub fn assets(manifest: &str) -> Result<Vec<ManifestAsset>, String> {
    let manifest = json(manifest, "an asset manifest")?;
    let mut found = Vec::new();
    for (kind, image) in [("files", false), ("dockerImages", true)] {
        for (id, asset) in manifest.get(kind).and_then(Value::as_object).into_iter().flatten() {
            let source = asset.get("source");
            let at = ["path", "directory"].iter().find_map(|key| source?.get(key)?.as_str());
            let Some(path) = at else { continue };
            if path.ends_with(".template.json") {
                continue;
            }
            found.push(ManifestAsset { id: id.clone(), path: inside(path)?, image });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"{"version":"55.0.0","artifacts":{
        "Thumbs.assets":{"type":"cdk:asset-manifest","properties":{"file":"Thumbs.assets.json"}},
        "Thumbs":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region",
          "properties":{"templateFile":"Thumbs.template.json"},"dependencies":["Thumbs.assets"],"displayName":"Thumbs"},
        "Prod":{"type":"cdk:cloud-assembly","properties":{"directoryName":"assembly-Prod"}},
        "Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}}},
        "missing":[{"key":"vpc-provider:account=1","provider":"vpc-provider","props":{}}]}"#;

    #[test]
    fn stacks_assets_stages_and_what_is_missing() {
        let found = Assembly::parse(MANIFEST).unwrap();
        let stack = &found.stacks[0];
        assert_eq!((stack.id.as_str(), stack.name.as_str()), ("Thumbs", "Thumbs"));
        assert_eq!(stack.assets.as_deref(), Some("Thumbs.assets.json"));
        assert_eq!(found.nested, ["assembly-Prod"]);
        assert_eq!(found.missing, ["a VPC (vpc-provider:account=1)"]);
    }

    #[test]
    fn a_stack_comes_after_those_it_needs() {
        let one = |id: &str, name: &str, needs: &str| {
            format!(
                "\"{id}\":{{\"type\":\"aws:cloudformation:stack\",\"displayName\":\"{name}\",\
                 \"properties\":{{\"templateFile\":\"{id}.json\"}},\"dependencies\":[\"{needs}\",\"{id}.assets\"]}}"
            )
        };
        let all = [one("A", "App/Web", "B"), one("B", "Data", "C"), one("C", "Network", "none")].join(",");
        let found = Assembly::parse(&format!("{{\"artifacts\":{{{all}}}}}")).unwrap();
        assert_eq!(found.stacks[0].depends, ["Data"]);
        assert_eq!(order(&found.stacks), ["Network", "Data", "App/Web"]);
        let circle = [one("A", "A", "B"), one("B", "B", "A")].join(",");
        let found = Assembly::parse(&format!("{{\"artifacts\":{{{circle}}}}}")).unwrap();
        assert_eq!(order(&found.stacks).len(), 2, "what cannot be ordered is not lost");
    }

    #[test]
    fn a_file_that_leads_out_is_refused() {
        let out = MANIFEST.replace("Thumbs.template.json", "../../etc/passwd");
        assert!(Assembly::parse(&out).unwrap_err().contains("not in it"));
        let assets_out = r#"{"files":{"a":{"source":{"path":"../x"}}}}"#;
        assert!(assets(assets_out).is_err());
    }

    #[test]
    fn assets_leave_templates_out() {
        let text = r#"{"files":{"t":{"source":{"path":"T.template.json"}},"c":{"source":{"path":"asset.c"}}},
            "dockerImages":{"d":{"source":{"directory":"asset.d"}}}}"#;
        let found = assets(text).unwrap();
        assert_eq!(found.iter().map(|a| (a.id.as_str(), a.image)).collect::<Vec<_>>(), [("c", false), ("d", true)]);
    }
}
