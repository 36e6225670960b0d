//! Finding what a repository brings into an account: a CDK app, or a template.

use super::{Look, No};
use crate::{
    domain::{
        cloud::{
            assembly::{self, Assembly, AssemblyStack},
            prepare::{self, ASSEMBLY},
        },
        path::RelPath,
    },
    ports::files::Files,
};

/// What the stack is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum App {
    /// A CDK app, in this directory; empty for the root.
    Cdk(String),
    /// A CloudFormation or SAM template.
    Template(RelPath),
}

impl App {
    /// Its name, as it is asked for.
    pub fn name(&self) -> &str {
        match self {
            Self::Cdk(dir) if dir.is_empty() => ".",
            Self::Cdk(dir) => dir,
            Self::Template(path) => path.as_str(),
        }
    }
}

/// Where templates usually lie, by their whole name or their end.
const TEMPLATES: &[&str] = &[
    "template.yaml",
    "template.yml",
    "template.json",
    "*/template.yaml",
    "*/template.yml",
    "*/template.json",
    "**/*.template.yaml",
    "**/*.template.yml",
    "**/*.template.json",
];
/// How many apps are looked at.
const MOST: usize = 40;

/// The apps and templates of a worktree, CDK first; where there is an app, templates in it are its own.
///
/// # Errors
/// When the files cannot be listed.
pub fn apps(files: &dyn Files) -> Result<Vec<App>, String> {
    let list = |glob: &str| files.list(Some(glob), MOST).map(|(paths, _)| paths).map_err(|e| e.to_string());
    let mut found: Vec<App> = Vec::new();
    for path in list("**/cdk.json")? {
        let dir = path.as_str().strip_suffix("cdk.json").unwrap_or_default().trim_end_matches('/');
        found.push(App::Cdk(dir.to_owned()));
    }
    if !found.is_empty() {
        return Ok(found);
    }
    for glob in TEMPLATES {
        for path in list(glob)? {
            let app = App::Template(path);
            if !found.contains(&app) && !app.name().contains(ASSEMBLY) {
                found.push(app);
            }
        }
    }
    Ok(found)
}

/// The one that is meant: the one that is named, or the only one there is.
///
/// # Errors
/// Why it cannot be told which, and what to do.
pub fn chosen(files: &dyn Files, wanted: Option<&str>) -> Result<App, (String, String)> {
    if let Some(wanted) = wanted {
        return named(files, wanted);
    }
    let mut all = apps(files).map_err(|why| (why, "mend it, then try again".to_owned()))?;
    match (all.pop(), all.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), _) => {
            let names: Vec<&str> = all.iter().chain([&last]).map(App::name).collect();
            let why = format!("there are several apps and templates here: {}", names.join(", "));
            Err((why, "say which: `kiro-tui aws deploy --app NAME`, or `deploy-with` on the screen".to_owned()))
        }
        (None, _) => {
            let why = "there is no CDK app (cdk.json) and no template (template.yaml, *.template.json) here".to_owned();
            Err((why, "name one: `kiro-tui aws deploy --app PATH`".to_owned()))
        }
    }
}

fn named(files: &dyn Files, wanted: &str) -> Result<App, (String, String)> {
    let trimmed = wanted.trim().trim_start_matches("./").trim_end_matches('/').trim_end_matches("cdk.json");
    let dir = trimmed.trim_end_matches('/');
    let at = |path: &str| RelPath::parse(path).ok().filter(|p| files.read(p).is_ok_and(|f| f.is_some()));
    let inside = if dir.is_empty() || dir == "." { "cdk.json".to_owned() } else { format!("{dir}/cdk.json") };
    if at(&inside).is_some() {
        return Ok(App::Cdk(if dir == "." { String::new() } else { dir.to_owned() }));
    }
    match at(dir) {
        Some(path) => Ok(App::Template(path)),
        None => {
            let why = format!("{wanted} is neither a directory with a cdk.json nor a template in this worktree");
            Err((why, "name one that is there".to_owned()))
        }
    }
}

pub(super) fn below(dir: &str, file: &str) -> Look<RelPath> {
    let path = if dir.is_empty() { file.to_owned() } else { format!("{dir}/{file}") };
    RelPath::parse(&path).map_err(|e| (e.to_string(), "give the app another place".to_owned()))
}

pub(in crate::agent) fn text(files: &dyn Files, path: &RelPath) -> Look<Option<String>> {
    let wrong = |why: String| (why, "mend it, then deploy again".to_owned());
    let Some(state) = files.read(path).map_err(|e| wrong(e.to_string()))? else { return Ok(None) };
    state.text().map(|t| Some(t.to_owned())).ok_or_else(|| wrong(format!("{path} is not UTF-8 text")))
}

pub(super) fn needed(files: &dyn Files, path: &RelPath) -> Look<String> {
    text(files, path)?.ok_or_else(|| (format!("{path} is not there"), "deploy again, to make it anew".to_owned()))
}

/// The project brings its own CDK command: in the app's directory or above it.
pub fn own_cli(files: &dyn Files, dir: &str) -> bool {
    let there =
        |dir: &str| below(dir, "node_modules/.bin/cdk").is_ok_and(|p| files.read(&p).is_ok_and(|f| f.is_some()));
    std::iter::successors(Some(dir), |d| d.rsplit_once('/').map(|(above, _)| above).or((!d.is_empty()).then_some("")))
        .any(there)
}

/// The directory at or above the app whose package.json names the CDK command.
pub(super) fn package_of(files: &dyn Files, dir: &str) -> Option<String> {
    let names_it = |dir: &str| {
        below(dir, "package.json")
            .ok()
            .and_then(|p| text(files, &p).ok().flatten())
            .is_some_and(|t| t.contains("\"aws-cdk\""))
    };
    std::iter::successors(Some(dir), |d| d.rsplit_once('/').map(|(above, _)| above).or((!d.is_empty()).then_some("")))
        .find(|d| names_it(d))
        .map(str::to_owned)
}

fn pick(stacks: &[(String, AssemblyStack)], wanted: Option<&str>) -> Look<(String, AssemblyStack)> {
    let bare: Vec<AssemblyStack> = stacks.iter().map(|(_, s)| s.clone()).collect();
    let names = assembly::order(&bare).join(", ");
    if let Some(wanted) = wanted {
        let found = stacks.iter().find(|(_, s)| s.id == wanted || s.name == wanted).cloned();
        return found.ok_or_else(|| (format!("the app has no stack {wanted}"), format!("it has: {names}")));
    }
    match (stacks.first(), stacks.len()) {
        (Some(only), 1) => Ok(only.clone()),
        (Some(_), _) => Err((
            format!("the app has several stacks, to be deployed in this order: {names}"),
            "say which: `kiro-tui aws deploy --stack NAME`, or `deploy-with` on the screen".into(),
        )),
        (None, _) => Err(("the app has no stack".into(), "add one, then deploy again".into())),
    }
}

/// A stack of an assembly, and where that assembly lies.
pub struct Assembled {
    /// The directory of the assembly.
    pub at: String,
    /// The stack.
    pub stack: AssemblyStack,
    /// The stacks that have to be in the account before it, each with where its assembly lies.
    pub needs: Vec<(String, AssemblyStack)>,
}

/// How deep stages may lie in one another.
const DEEPEST: usize = 8;

/// Stacks, each with where its assembly lies, and what the app would have to look up.
type Whole = (Vec<(String, AssemblyStack)>, Vec<String>);

/// The assembly that the app in `dir` left, with those of its stages.
fn whole(files: &dyn Files, dir: &str) -> Look<Whole> {
    let wrong = |why: String| (why, "mend the app, then deploy again".to_owned());
    let out = below(dir, ASSEMBLY)?.to_string();
    let assembly = Assembly::parse(&needed(files, &below(&out, "manifest.json")?)?).map_err(wrong)?;
    let (mut stacks, mut missing) = (Vec::new(), Vec::new());
    let mut left = vec![(out, assembly, 0)];
    while let Some((at, assembly, depth)) = left.pop() {
        if depth > DEEPEST {
            return Err(wrong(format!("stages lie more than {DEEPEST} deep in one another")));
        }
        for nested in &assembly.nested {
            let inner = format!("{at}/{nested}");
            let manifest = needed(files, &below(&inner, "manifest.json")?)?;
            left.push((inner, Assembly::parse(&manifest).map_err(wrong)?, depth + 1));
        }
        stacks.extend(assembly.stacks.into_iter().map(|s| (at.clone(), s)));
        missing.extend(assembly.missing);
    }
    missing.sort();
    missing.dedup();
    Ok((stacks, missing))
}

/// How many stacks the app in `dir` was synthesised to.
pub(super) fn stacks(files: &dyn Files, dir: &str) -> Look<usize> {
    whole(files, dir).map(|(stacks, _)| stacks.len())
}

/// Why an app that has to look things up is not deployed, and what to do.
pub(super) fn looked_up(missing: &[String]) -> No {
    let named = if missing.is_empty() { String::new() } else { format!(": {}", missing.join("; ")) };
    let why = format!("the app looks things up in the account that are not in cdk.context.json{named}");
    (why, prepare::LOOK_UP.to_owned())
}

/// The same for an app whose command says that it has to.
pub(super) fn has_to_look_up(files: &dyn Files, dir: &str) -> No {
    looked_up(&whole(files, dir).map(|(_, missing)| missing).unwrap_or_default())
}

/// The stack that is meant, of the assembly that the app in `dir` left.
///
/// # Errors
/// Why it cannot be told, and what to do.
pub fn assembled(files: &dyn Files, dir: &str, wanted: Option<&str>) -> Look<Assembled> {
    let (stacks, missing) = whole(files, dir)?;
    if !missing.is_empty() {
        return Err(looked_up(&missing));
    }
    let (at, stack) = pick(&stacks, wanted)?;
    let needs = stacks.into_iter().filter(|(place, s)| *place == at && stack.depends.contains(&s.id)).collect();
    Ok(Assembled { at, stack, needs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::files::MemoryFiles;

    fn files(paths: &[&str]) -> MemoryFiles {
        MemoryFiles::new(paths.iter().map(|p| (*p, "x"))).unwrap()
    }

    #[test]
    fn the_only_one_is_taken_and_of_several_one_has_to_be_named() {
        assert_eq!(chosen(&files(&["cdk.json", "a.txt"]), None), Ok(App::Cdk(String::new())));
        assert_eq!(chosen(&files(&["infra/cdk.json", "template.yaml"]), None), Ok(App::Cdk("infra".into())));
        let template = RelPath::parse("template.yaml").unwrap();
        assert_eq!(chosen(&files(&["template.yaml", "src/x.ts"]), None), Ok(App::Template(template)));
        let two = files(&["a/cdk.json", "b/cdk.json"]);
        assert!(chosen(&two, None).unwrap_err().0.contains("a, b"));
        assert_eq!(chosen(&two, Some("./b/")), Ok(App::Cdk("b".into())));
        assert!(chosen(&two, Some("c")).is_err());
        assert!(chosen(&files(&["a.txt"]), None).unwrap_err().0.contains("no CDK app"));
        assert!(matches!(chosen(&files(&["x/stack.yml"]), Some("x/stack.yml")), Ok(App::Template(_))));
    }
}
