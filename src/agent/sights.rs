//! What is seen of a stack for the developer: its functions, its drift, and what could be deployed.
//!
//! Reads files and the account. Always holds: what the files alone can tell is told without an account;
//! values of a function's environment are never read.

use std::sync::Arc;

use super::{
    deploy::{World, find},
    stacks,
};
use crate::{
    domain::{
        cloud::{
            desk::Desk,
            sight::{AppSeen, FunctionSeen, Seen, Trouble},
        },
        path::RelPath,
        stack::assembly::Assembly,
    },
    ports::{
        cloud::{Cloud, CloudError, CloudErrorKind},
        files::Files,
    },
};

/// The stacks that are meant: the one that was spoken of last, else what the app makes, else the one
/// that is named after the repository.
fn meant(desk: &Desk, world: &World, assemblies: &[Made]) -> Vec<String> {
    if let Some((name, _)) = &desk.stack {
        return vec![name.clone()];
    }
    if let Some(going) = &desk.going {
        return vec![going.deployment.stack.clone()];
    }
    let made: Vec<String> = assemblies.iter().flat_map(|m| m.assembly.stacks.iter().map(|s| s.name.clone())).collect();
    if made.is_empty() { vec![world.stack.clone()] } else { made }
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
pub(super) async fn functions(world: World, desk: Desk, has_account: bool) -> Seen {
    let assemblies = made(&world.files);
    let mut functions = Vec::new();
    let mut in_the_way: Option<Trouble> = None;
    let stacks = meant(&desk, &world, &assemblies);
    for stack in &stacks {
        let mut here = bundles(&world.files, &assemblies, stack);
        if has_account && in_the_way.is_none() {
            in_the_way = deployed(world.cloud.as_ref(), stack, &mut here).await.err();
        }
        functions.append(&mut here);
    }
    Seen::Functions { stacks, functions, trouble: in_the_way }
}

/// What the assembly says of a stack's functions: which there are, and what their bundles weigh.
fn bundles(files: &Arc<dyn Files>, assemblies: &[Made], stack: &str) -> Vec<FunctionSeen> {
    let mut out = Vec::new();
    for made in assemblies {
        for of in made.assembly.stacks.iter().filter(|s| s.name == stack) {
            for resource in of.template.resources.iter().filter(|r| r.kind == "AWS::Lambda::Function") {
                let asset = resource.metadata.get("aws:asset:path").and_then(serde_json::Value::as_str);
                let path = asset.and_then(|a| RelPath::parse(&format!("{}{a}", made.at)).ok());
                let bundle = path.and_then(|p| files.weigh(&p).ok().flatten());
                out.push(FunctionSeen { stack: stack.to_owned(), id: resource.id.clone(), deployed: None, bundle });
            }
        }
    }
    out
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
            None => out.push(FunctionSeen { stack: stack.to_owned(), id: resource.id, deployed: found, bundle: None }),
        }
    }
    Ok(())
}

/// How the stack that is meant has drifted.
pub(super) async fn drift(world: World, desk: Desk) -> Seen {
    let assemblies = made(&world.files);
    let stacks = meant(&desk, &world, &assemblies);
    let mut found = Vec::new();
    for stack in stacks {
        match world.cloud.drift(&stack).await {
            Ok(drifts) => found.push((stack, drifts)),
            Err(error) => return Seen::Drift { stacks: found, trouble: Some(trouble(error)) },
        }
    }
    Seen::Drift { stacks: found, trouble: None }
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
