//! Which dependencies a change of a manifest adds, takes away, or moves to another version.
//!
//! It knows npm's, Cargo's, Python's and Go's manifests. It resolves nothing: what is told is what the
//! manifest asks for, not what will be installed.

use std::{collections::BTreeMap, fmt};

use serde_json::Value as Json;
use toml::Value as Toml;

use crate::domain::change::{Change, FileState};

/// One dependency of one manifest, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// For what it is taken in, where that is not the usual: `dev`, `build`.
    pub kind: String,
    /// What was asked for; none when it is new.
    pub before: Option<String>,
    /// What is asked for; none when it goes.
    pub after: Option<String>,
}

impl fmt::Display for Dependency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.kind.is_empty() {
            write!(f, " ({})", self.kind)?;
        }
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, " new {after}"),
            (Some(before), None) => write!(f, " {before} → gone"),
            (Some(before), Some(after)) => write!(f, " {before} → {after}"),
            (None, None) => Ok(()),
        }
    }
}

/// What is asked for, by name and kind.
type Asked = BTreeMap<(String, String), String>;
type Read = fn(&str) -> Result<Asked, String>;

/// The dependencies that a change touches; nothing for a file that is no manifest.
///
/// # Errors
/// Why a manifest cannot be read, in words.
pub fn dependencies(change: &Change) -> Result<Vec<Dependency>, String> {
    let Some(read) = reader(change.path.name()) else { return Ok(Vec::new()) };
    let side = |state: &Option<FileState>| match state {
        None => Ok(Asked::new()),
        Some(state) => read(state.text().ok_or("it is not UTF-8")?),
    };
    let after = side(&change.after)?;
    // What was there may have been broken: then all of it counts as new.
    let before = side(&change.before).unwrap_or_default();
    let mut out = Vec::new();
    let mut names: Vec<&(String, String)> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    for key in names {
        let (was, is) = (before.get(key), after.get(key));
        if was != is {
            let (name, kind) = key.clone();
            out.push(Dependency { name, kind, before: was.cloned(), after: is.cloned() });
        }
    }
    Ok(out)
}

fn reader(name: &str) -> Option<Read> {
    match name {
        "package.json" => Some(npm),
        "Cargo.toml" => Some(cargo),
        "pyproject.toml" => Some(python),
        "go.mod" => Some(go),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => Some(requirements),
        _ => None,
    }
}

fn npm(text: &str) -> Result<Asked, String> {
    if text.trim().is_empty() {
        return Ok(Asked::new());
    }
    let json: Json = serde_json::from_str(text).map_err(|e| format!("it is no JSON: {e}"))?;
    let mut out = Asked::new();
    for (section, kind) in [
        ("dependencies", ""),
        ("devDependencies", "dev"),
        ("peerDependencies", "peer"),
        ("optionalDependencies", "optional"),
    ] {
        for (name, version) in json.get(section).and_then(Json::as_object).into_iter().flatten() {
            let version = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
            out.insert((name.clone(), kind.to_owned()), version);
        }
    }
    Ok(out)
}

fn table(text: &str) -> Result<toml::Table, String> {
    text.parse().map_err(|e: toml::de::Error| format!("it is no TOML: {}", e.message()))
}

fn cargo(text: &str) -> Result<Asked, String> {
    let manifest = table(text)?;
    let mut out = Asked::new();
    let mut take = |from: &toml::Table, note: &str| {
        for (section, kind) in [("dependencies", ""), ("dev-dependencies", "dev"), ("build-dependencies", "build")] {
            let kind = [note, kind].into_iter().filter(|k| !k.is_empty()).collect::<Vec<_>>().join(" ");
            for (name, value) in from.get(section).and_then(Toml::as_table).into_iter().flatten() {
                out.insert((name.clone(), kind.clone()), asked(value));
            }
        }
    };
    take(&manifest, "");
    if let Some(workspace) = manifest.get("workspace").and_then(Toml::as_table) {
        take(workspace, "workspace");
    }
    for (target, value) in manifest.get("target").and_then(Toml::as_table).into_iter().flatten() {
        if let Some(value) = value.as_table() {
            take(value, target);
        }
    }
    Ok(out)
}

/// What a table or a text asks for: the version, else where it is taken from.
fn asked(value: &Toml) -> String {
    let Some(table) = value.as_table() else { return value.as_str().map_or_else(|| value.to_string(), str::to_owned) };
    let mut words = Vec::new();
    for key in ["version", "git", "branch", "tag", "rev", "path", "url", "registry"] {
        if let Some(text) = table.get(key).and_then(Toml::as_str) {
            words.push(if key == "version" { text.to_owned() } else { format!("{key} {text}") });
        }
    }
    if table.get("workspace").and_then(Toml::as_bool) == Some(true) {
        words.push("of the workspace".to_owned());
    }
    for key in ["features", "extras"] {
        let named = table.get(key).and_then(Toml::as_array).into_iter().flatten().filter_map(Toml::as_str);
        let named: Vec<&str> = named.collect();
        if !named.is_empty() {
            words.push(format!("{key} {}", named.join(" ")));
        }
    }
    if words.is_empty() { "any".to_owned() } else { words.join(", ") }
}

fn python(text: &str) -> Result<Asked, String> {
    let manifest = table(text)?;
    let mut out = Asked::new();
    let list = |value: Option<&Toml>, kind: &str, out: &mut Asked| {
        for line in value.and_then(Toml::as_array).into_iter().flatten().filter_map(Toml::as_str) {
            let (name, version) = requirement(line);
            out.insert((name, kind.to_owned()), version);
        }
    };
    let get = |path: &[&str]| {
        path.iter()
            .try_fold(None::<&Toml>, |at, key| match at {
                None => manifest.get(*key).map(Some),
                Some(value) => value.get(*key).map(Some),
            })
            .flatten()
    };
    list(get(&["project", "dependencies"]), "", &mut out);
    list(get(&["build-system", "requires"]), "build", &mut out);
    for groups in [get(&["project", "optional-dependencies"]), get(&["dependency-groups"])] {
        for (group, value) in groups.and_then(Toml::as_table).into_iter().flatten() {
            list(Some(value), group, &mut out);
        }
    }
    let poetry = |value: Option<&Toml>, kind: &str, out: &mut Asked| {
        for (name, value) in value.and_then(Toml::as_table).into_iter().flatten() {
            out.insert((name.clone(), kind.to_owned()), asked(value));
        }
    };
    poetry(get(&["tool", "poetry", "dependencies"]), "", &mut out);
    poetry(get(&["tool", "poetry", "dev-dependencies"]), "dev", &mut out);
    for (group, value) in get(&["tool", "poetry", "group"]).and_then(Toml::as_table).into_iter().flatten() {
        poetry(value.get("dependencies"), group, &mut out);
    }
    Ok(out)
}

/// A requirement as pip reads it: its name and what is asked of it.
fn requirement(line: &str) -> (String, String) {
    let line = line.trim();
    let end = line.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    let rest = rest.trim();
    (name.to_owned(), if rest.is_empty() { "any".to_owned() } else { rest.to_owned() })
}

fn requirements(text: &str) -> Result<Asked, String> {
    let mut out = Asked::new();
    for line in text.replace("\\\n", " ").lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Hashes say which bytes, not which dependency.
        let line = line.split(" --hash").next().unwrap_or_default().trim();
        let entry = match line.strip_prefix('-') {
            // Where others are listed or taken from is worth as much as a name.
            Some(_) => (line.to_owned(), "option".to_owned()),
            None => requirement(line),
        };
        out.insert((entry.0, String::new()), entry.1);
    }
    Ok(out)
}

fn go(text: &str) -> Result<Asked, String> {
    let mut out = Asked::new();
    let mut block = String::new();
    for line in text.lines() {
        let (line, note) = line.split_once("//").unwrap_or((line, ""));
        let line = line.trim();
        let kind = if note.trim() == "indirect" { "indirect" } else { "" };
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [")"] => block.clear(),
            [what, "("] => block = (*what).to_owned(),
            ["require", name, version] => drop(out.insert(((*name).into(), kind.into()), (*version).into())),
            [name, version] if block == "require" => drop(out.insert(((*name).into(), kind.into()), (*version).into())),
            ["replace", rest @ ..] => replace(rest, &mut out),
            rest if block == "replace" => replace(rest, &mut out),
            _ => {}
        }
    }
    Ok(out)
}

fn replace(words: &[&str], out: &mut Asked) {
    if let Some(at) = words.iter().position(|w| *w == "=>") {
        let (left, right) = (words.get(..at).unwrap_or_default(), words.get(at + 1..).unwrap_or_default());
        out.insert((left.join(" "), "replace".to_owned()), right.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::path::RelPath;

    fn told(path: &str, before: Option<&str>, after: Option<&str>) -> Result<Vec<String>, String> {
        let state = |s: Option<&str>| s.map(FileState::regular);
        let path = RelPath::parse(path).unwrap();
        let change = Change { path, from: None, before: state(before), after: state(after) };
        dependencies(&change).map(|all| all.iter().map(Dependency::to_string).collect())
    }

    #[test]
    fn npm_dependencies_are_read() {
        let old = r#"{"dependencies":{"a":"1","b":"2"},"devDependencies":{"t":"5"}}"#;
        let new = r#"{"dependencies":{"a":"1","c":"file:../c"},"devDependencies":{"t":"6"}}"#;
        assert_eq!(
            told("x/package.json", Some(old), Some(new)).unwrap(),
            ["b 2 → gone", "c new file:../c", "t (dev) 5 → 6"]
        );
        assert_eq!(told("package.json", Some(old), None).unwrap().len(), 3);
        assert!(told("package.json", Some(old), Some("{")).unwrap_err().starts_with("it is no JSON"));
        assert_eq!(told("package.json", Some("{"), Some(r#"{"dependencies":{"a":"1"}}"#)).unwrap(), ["a new 1"]);
        assert!(told("other.json", None, Some("{")).unwrap().is_empty());
    }

    #[test]
    fn cargo_dependencies_are_read() {
        let old = "[dependencies]\nserde = \"1\"\n[workspace.dependencies]\nx = { path = \"x\" }\n";
        let new = "[dependencies]\nserde = { version = \"2\", features = [\"derive\"] }\nx.workspace = true\n\
                   [target.'cfg(unix)'.build-dependencies]\ny = { git = \"https://e.org/y\", rev = \"abc\" }\n";
        assert_eq!(
            told("Cargo.toml", Some(old), Some(new)).unwrap(),
            [
                "serde 1 → 2, features derive",
                "x new of the workspace",
                "x (workspace) path x → gone",
                "y (cfg(unix) build) new git https://e.org/y, rev abc",
            ]
        );
        assert!(told("Cargo.toml", None, Some("[")).unwrap_err().starts_with("it is no TOML"));
    }

    #[test]
    fn python_dependencies_are_read() {
        let new = "[project]\ndependencies = [\"httpx[http2]>=0.27 ; python_version > '3.8'\", \"rich\"]\n\
                   [project.optional-dependencies]\ndocs = [\"mkdocs==1\"]\n[build-system]\nrequires = [\"hatchling\"]\n\
                   [tool.poetry.group.test.dependencies]\npytest = \"^8\"\n";
        assert_eq!(
            told("pyproject.toml", None, Some(new)).unwrap(),
            [
                "hatchling (build) new any",
                "httpx new [http2]>=0.27 ; python_version > '3.8'",
                "mkdocs (docs) new ==1",
                "pytest (test) new ^8",
                "rich new any",
            ]
        );
        let old = "# all\nflask==2.0 # web\n-r base.txt\n";
        let new = "flask==3.0 \\\n  --hash=sha256:abc\n-r base.txt\n--index-url https://e.org\nnumpy>=1,<2\n";
        assert_eq!(
            told("requirements-dev.txt", Some(old), Some(new)).unwrap(),
            ["--index-url https://e.org new option", "flask ==2.0 → ==3.0", "numpy new >=1,<2"]
        );
    }

    #[test]
    fn go_dependencies_are_read() {
        let old = "module m\n\ngo 1.22\n\nrequire (\n\ta.org/x v1.0.0\n\tb.org/y v2.0.0 // indirect\n)\n";
        let new = "module m\n\ngo 1.22\n\nrequire a.org/x v1.1.0\nreplace a.org/x => ../x\n";
        assert_eq!(
            told("go.mod", Some(old), Some(new)).unwrap(),
            ["a.org/x v1.0.0 → v1.1.0", "a.org/x (replace) new ../x", "b.org/y (indirect) v2.0.0 → gone"]
        );
    }
}
