//! The stacks within the one at the gate: their templates as they are deployed and as they will be.
//!
//! Reads the worktree and the account, within bounds. Always holds: what is not compared is said, and
//! where it is; what an account does not tell stands in the way of nothing.

use std::sync::Arc;

use super::World;
use crate::{
    agent::stacks,
    domain::{
        change::FileState,
        cloud::{
            ChangeSet,
            desk::{Known, Within},
            progress::STACK,
        },
        path::RelPath,
        stack::{
            Template,
            nested::{self, Inner, Inside},
        },
    },
    ports::{
        cloud::{Cloud, CloudError},
        files::Files,
    },
};

/// More stacks, and deeper ones, are not asked about.
const MOST: usize = 50;
const DEEPEST: usize = 5;
/// More bytes of templates are not kept with what waits at the gate.
const BYTES: usize = 4 << 20;

/// The stacks within a template that is a file.
pub fn of_file(files: &Arc<dyn Files>, file: &str, template: &str) -> Inside {
    let Ok(template) = Template::parse(template) else { return Inside::default() };
    let read = |path: &str| {
        let path = RelPath::parse(path).ok()?;
        files.read(&path).ok()?.as_ref().and_then(FileState::text).map(str::to_owned)
    };
    nested::inside(file, &template, &read)
}

/// Those within a change set, as AWS has them.
pub(super) fn of_set(set: &ChangeSet) -> Inside {
    let mut out = Inside::default();
    for (path, inner) in set.inside() {
        take(&mut out, path, &inner.template);
    }
    out
}

/// Those that were prepared from files.
pub(super) fn of_prepared(prepared: &[Within]) -> Inside {
    let mut out = Inside::default();
    for within in prepared {
        if let Some(after) = &within.after {
            take(&mut out, within.path.clone(), after);
        }
    }
    out
}

/// Those within a deployed stack.
///
/// # Errors
/// When the account says nothing of its resources.
pub async fn deployed(cloud: &dyn Cloud, stack: &str) -> Result<Inside, CloudError> {
    let mut out = Inside::default();
    let mut left = vec![(String::new(), stack.to_owned(), 0)];
    while let Some((above, stack, depth)) = left.pop() {
        for resource in cloud.resources(&stack).await? {
            if resource.kind != STACK || resource.physical.is_empty() || resource.status == "DELETE_COMPLETE" {
                continue;
            }
            let path = format!("{above}{}", resource.id);
            if depth >= DEEPEST || out.read.len() + out.unread.len() >= MOST {
                out.unread.push((path, "stacks lie in each other too deep, or there are too many".to_owned()));
                continue;
            }
            match cloud.template(&resource.physical).await {
                Ok(Some(text)) => take(&mut out, path.clone(), &text),
                Ok(None) => {
                    out.unread.push((path, "the account has no template of it".to_owned()));
                    continue;
                }
                Err(error) => out.unread.push((path.clone(), format!("its deployed template: {}", error.message))),
            }
            left.push((format!("{path}/"), resource.physical, depth + 1));
        }
    }
    Ok(out)
}

fn take(out: &mut Inside, path: String, text: &str) {
    match Template::parse(text) {
        Ok(template) => out.read.push(Inner { path, file: String::new(), text: text.to_owned(), template }),
        Err(fault) => out.unread.push((path, format!("its template cannot be read: {fault}"))),
    }
}

/// What is known for the review of a template, and what of it has to be said. `base` is the deployed
/// stack with its template.
pub(super) async fn known(world: &World, after: Inside, base: Option<(&str, &str)>) -> (Known, Vec<String>) {
    let mut notes = nested::notes(&Inside::default(), &after);
    let mut known = Known { inside: Vec::new(), calls: stacks::calls(&world.files) };
    let before = match base {
        Some((stack, template)) if nested::has_any(template) => match deployed(world.cloud.as_ref(), stack).await {
            Ok(before) => before,
            Err(error) => {
                notes.push(format!("the stacks inside are not compared with the deployed ones: {}", error.message));
                return (known, notes);
            }
        },
        Some(_) | None => Inside::default(),
    };
    notes = nested::notes(&before, &after);
    let text = |side: &Inside, path: &str| side.read.iter().find(|i| i.path == path).map(|i| i.text.clone());
    let mut bytes = 0;
    for path in nested::paths(&before, &after) {
        let within = Within { path: path.to_owned(), before: text(&before, path), after: text(&after, path) };
        bytes += within.before.as_ref().map_or(0, String::len) + within.after.as_ref().map_or(0, String::len);
        if bytes > BYTES {
            notes.push(format!("{path} and what comes after it is not compared: the templates inside are too large"));
            break;
        }
        known.inside.push(within);
    }
    (known, notes)
}
