//! What is seen of a stack for the developer: its functions, its drift, and what could be deployed.
//!
//! Reads files and the account. Always holds: what the files alone can tell is told without an account;
//! values of a function's environment are never read.

use std::sync::Arc;

use super::{
    deploy::{World, bundle, find},
    stacks,
};
use crate::{
    domain::{
        cloud::{
            desk::Desk,
            sight::{AppSeen, FunctionSeen, Seen, Trouble},
        },
        covered,
        stack::{
            Template,
            assembly::Assembly,
            packaging::{self, Code},
        },
    },
    ports::{
        cloud::{Cloud, CloudError, CloudErrorKind},
        files::Files,
    },
};

/// The stacks that are meant, and the others that are known: the one that is named, else the one that was
/// spoken of last, else what the apps make, else the one that is named after the repository.
fn meant(desk: &Desk, world: &World, named: Option<String>, assemblies: &[Made]) -> (Vec<String>, Vec<String>) {
    let made = names(assemblies);
    let spoken_of = || desk.stack.as_ref().map(|(name, _)| name.clone());
    let deployed = || desk.going.as_ref().map(|going| going.deployment.stack.clone());
    let known = [spoken_of(), deployed()].into_iter().flatten().chain(made.iter().cloned());
    let meant = match named.or_else(spoken_of).or_else(deployed) {
        Some(one) => vec![one],
        None if made.is_empty() => vec![world.stack.clone()],
        None => made.clone(),
    };
    let mut others: Vec<String> = Vec::new();
    for name in known {
        if !meant.contains(&name) && !others.contains(&name) {
            others.push(name);
        }
    }
    (meant, others)
}

fn names(assemblies: &[Made]) -> Vec<String> {
    assemblies.iter().flat_map(|m| m.assembly.stacks.iter().map(|s| s.name.clone())).collect()
}

/// The stacks that the apps of a checkout make, as they were synthesised last.
pub fn stacks_of(files: &Arc<dyn Files>) -> Vec<String> {
    names(&made(files))
}

/// A CDK app's assembly, and where it lies.
struct Made {
    app: String,
    at: String,
    assembly: Assembly,
}

fn made(files: &Arc<dyn Files>) -> Vec<Made> {
    let Ok(apps) = find::apps(files.as_ref()) else { return Vec::new() };
    let folders = apps.into_iter().filter_map(|app| match app {
        find::App::Cdk(folder) => Some(folder),
        find::App::Template(_) => None,
    });
    let one = |folder: String| {
        let at = stacks::output(&folder, files, files);
        let assembly = stacks::assembly(files, &at).ok()?;
        let app = if folder.is_empty() { ".".to_owned() } else { folder };
        Some(Made { app, at, assembly })
    };
    folders.filter_map(one).collect()
}

/// The functions of the stacks that are meant, deployed or not.
pub(super) async fn functions(world: World, desk: Desk, of: Option<String>, has_account: bool) -> Seen {
    let (files, cloud) = (world.files.clone(), world.cloud.clone());
    let named = desk.target.as_ref().and_then(|t| t.app.clone());
    // Packing takes a while, and nothing waits for it.
    let looking = move || {
        let assemblies = made(&files);
        let (stacks, others) = meant(&desk, &world, of, &assemblies);
        let here: Vec<_> = stacks.iter().map(|stack| bundles(&files, &assemblies, named.as_deref(), stack)).collect();
        (stacks, others, here)
    };
    let (stacks, others, here) = match tokio::task::spawn_blocking(looking).await {
        Ok(found) => found,
        Err(error) => {
            let remedy = "try again".to_owned();
            let trouble = Trouble { brief: "failed".into(), why: error.to_string(), remedy, asked: false };
            let (stacks, functions, others) = (Vec::new(), Vec::new(), Vec::new());
            return Seen::Functions { stacks, functions, others, trouble: Some(trouble) };
        }
    };
    let mut functions = Vec::new();
    let mut in_the_way: Option<Trouble> = None;
    for (stack, mut here) in stacks.iter().zip(here) {
        if has_account && in_the_way.is_none() {
            in_the_way = deployed(cloud.as_ref(), stack, &mut here).await.err();
        }
        functions.append(&mut here);
    }
    Seen::Functions { stacks, functions, others, trouble: in_the_way }
}

/// What the files say of a stack's functions: which there are, and what their bundles weigh. Those of an
/// assembly, else of the template that is named or is the only one.
fn bundles(files: &Arc<dyn Files>, assemblies: &[Made], named: Option<&str>, stack: &str) -> Vec<FunctionSeen> {
    let mut out = Vec::new();
    for made in assemblies {
        for of in made.assembly.stacks.iter().filter(|s| s.name == stack) {
            weighed(files, &format!("{}{}", made.at, of.file), &of.template, stack, &mut out);
        }
    }
    if assemblies.is_empty()
        && let Ok(find::App::Template(path)) = find::chosen(files.as_ref(), named)
        && let Ok(Some(text)) = find::text(files.as_ref(), &path)
        && let Ok(template) = Template::parse(&text)
    {
        weighed(files, path.as_str(), &template, stack, &mut out);
    }
    out
}

/// The functions of one template, which lies in `file`.
fn weighed(files: &Arc<dyn Files>, file: &str, template: &Template, stack: &str, out: &mut Vec<FunctionSeen>) {
    for (id, code) in packaging::functions(template) {
        let weight = |path: &str| Some(bundle::of(files, file, &id, path)).filter(|(bytes, _)| bytes.is_some());
        let (bundle, zip, image) = match code {
            Code::Files(path) => {
                let (bytes, zip) = weight(&path).unwrap_or_default();
                (bytes, zip, None)
            }
            Code::Image(words, folder) => {
                let bytes = folder.and_then(|path| weight(&path)).and_then(|(bytes, _)| bytes);
                (bytes, None, Some(words))
            }
            Code::Elsewhere => (None, None, None),
        };
        out.push(FunctionSeen { stack: stack.to_owned(), id, deployed: None, bundle, zip, image });
    }
}

/// Fills in what is deployed.
async fn deployed(cloud: &dyn Cloud, stack: &str, out: &mut Vec<FunctionSeen>) -> Result<(), Trouble> {
    let resources = match cloud.resources(stack).await {
        Ok(resources) => resources,
        // Not deployed yet: what the files say is all there is.
        Err(error) if error.kind == CloudErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(trouble(error)),
    };
    for resource in resources {
        if resource.kind != "AWS::Lambda::Function" || resource.physical.is_empty() {
            continue;
        }
        let found = cloud.function(&resource.physical).await.map_err(trouble)?;
        match out.iter_mut().find(|f| f.id == resource.id) {
            Some(known) => known.deployed = found,
            None => {
                let stack = stack.to_owned();
                out.push(FunctionSeen {
                    stack,
                    id: resource.id,
                    deployed: found,
                    bundle: None,
                    zip: None,
                    image: None,
                });
            }
        }
    }
    Ok(())
}

/// How the stack that is meant has drifted. Where that could be several, none is looked at, since each may
/// take a minute.
pub(super) async fn drift(world: World, desk: Desk, of: Option<String>) -> Seen {
    let files = world.files.clone();
    // Assemblies may be large, and nothing waits for it.
    let assemblies = tokio::task::spawn_blocking(move || made(&files)).await.unwrap_or_default();
    let (stacks, mut others) = meant(&desk, &world, of, &assemblies);
    let mut found = Vec::new();
    if stacks.len() > 1 {
        others.splice(0..0, stacks);
        return Seen::Drift { stacks: found, others, trouble: None };
    }
    for stack in stacks {
        match world.cloud.drift(&stack).await {
            Ok(drifts) => found.push((stack, drifts.into_iter().map(covered::drift).collect())),
            Err(error) => {
                found.push((stack, Vec::new()));
                return Seen::Drift { stacks: found, others, trouble: Some(trouble(error)) };
            }
        }
    }
    Seen::Drift { stacks: found, others, trouble: None }
}

/// What could be deployed from here: apps and templates, with their stacks as far as they are known.
pub(super) fn apps(world: &World) -> Seen {
    // What is in the way of reading them, the deploy itself says.
    let apps = find::apps(world.files.as_ref()).unwrap_or_default();
    let assemblies = made(&world.files);
    let seen = |app: find::App| {
        let name = app.name().to_owned();
        let of = assemblies.iter().find(|m| m.app == name);
        let stacks = of.map(|m| m.assembly.stacks.iter().map(|s| s.id.clone()).collect()).unwrap_or_default();
        AppSeen { app: name, stacks }
    };
    Seen::Apps(apps.into_iter().map(seen).collect())
}

/// An error, for a header and for a window.
pub(super) fn trouble(error: CloudError) -> Trouble {
    let brief = match error.kind {
        CloudErrorKind::Off => "off",
        CloudErrorKind::NoCredentials => "no credentials",
        CloudErrorKind::Expired => "expired",
        CloudErrorKind::Region => "no region",
        CloudErrorKind::Denied => "denied",
        CloudErrorKind::Throttled => "throttled",
        CloudErrorKind::Network => "unreachable",
        CloudErrorKind::NotFound | CloudErrorKind::Invalid | CloudErrorKind::Moved | CloudErrorKind::Other => "failed",
    };
    Trouble { brief: brief.into(), why: error.message, remedy: error.remedy, asked: true }
}
