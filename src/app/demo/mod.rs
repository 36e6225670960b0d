//! The demo: a recorded job, played through the ordinary model port in an ordinary repository.
//!
//! Nothing of the engine knows of it. It makes a repository with the seed files, and a recording
//! from the scenes in [`content`].

pub mod content;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use git2::{Repository, RepositoryInitOptions, Signature};

use crate::{
    adapters::model::{Cassette, Exchange},
    domain::{
        journal::Start,
        path::SpecName,
        phase::{Autonomy, Order},
        spec::{Depth, SpecKind},
        turn::message::{Reply, Stop, ToolCall, Usage},
    },
    ports::model::Scene,
};

/// The form as it is filled in when the demo opens.
///
/// # Errors
/// Never with the content that is compiled in; its test says so.
pub fn start() -> Result<Start> {
    Ok(Start {
        name: SpecName::parse(content::SPEC_NAME)?,
        need: content::NEED.to_owned(),
        constraints: String::new(),
        documents: vec!["docs/uploads.md".to_owned()],
        aws_references: Vec::new(),
        kind: SpecKind::Feature,
        order: Order::RequirementsFirst,
        depth: Depth::Standard,
        autonomy: Autonomy::Strict,
        aws: true,
    })
}

/// The recording.
pub fn cassette() -> Cassette {
    let scenes = content::scenes();
    let exchanges = scenes.into_iter().flat_map(|scene| {
        let name = scene.name;
        scene.replies.into_iter().zip(0..).map(move |(reply, step)| {
            let id = |n: usize| format!("{}-{step}-{n}", name.replace(' ', "-"));
            let calls = reply.calls.into_iter().enumerate();
            let calls: Vec<ToolCall> =
                calls.map(|(n, (tool, arguments))| ToolCall { id: id(n), name: tool, arguments }).collect();
            let output: usize = reply.text.len() + calls.iter().map(|c| c.arguments.to_string().len()).sum::<usize>();
            let reply = Reply { text: reply.text, reasoning: reply.reasoning, calls, stop: Stop::End };
            // A recording written by hand has no provider's count; four bytes a token is the usual guess.
            let usage = Usage { input: 0, output: (output / 4) as u64, cached: 0 };
            Exchange { scene: Scene { name: name.to_owned(), step }, reply, usage, error: None }
        })
    });
    Cassette::new(exchanges.collect())
}

/// Makes the demo's repository in `dir`, which must be empty or not there, or be one that the demo
/// made before: then it is opened as it is.
///
/// # Errors
/// When the directory holds something else, or cannot be written.
pub fn prepare(dir: &Path) -> Result<PathBuf> {
    let made_before = dir.join(".git").exists() && dir.join("docs/uploads.md").exists();
    if made_before {
        return Ok(dir.to_path_buf());
    }
    let shown = dir.display();
    std::fs::create_dir_all(dir).with_context(|| format!("{shown} cannot be made"))?;
    if std::fs::read_dir(dir).with_context(|| format!("{shown} cannot be read"))?.next().is_some() {
        bail!("{shown} is not empty; give the demo an empty directory, or none");
    }
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").no_reinit(true);
    let repo = Repository::init_opts(dir, &options)?;
    name_somebody(&repo)?;
    for (path, text) in content::SEED {
        let at = dir.join(path);
        if let Some(parent) = at.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&at, text).with_context(|| format!("{} cannot be written", at.display()))?;
    }
    let mut index = repo.index()?;
    for (path, _) in content::SEED {
        index.add_path(Path::new(path))?;
    }
    index.write()?;
    let tree = repo.find_tree(index.write_tree()?)?;
    let who = repo.signature().or_else(|_| Signature::now("Demo", "demo@localhost"))?;
    repo.commit(Some("HEAD"), &who, &who, "Photo uploads: the bucket and its documentation", &tree, &[])?;
    Ok(dir.to_path_buf())
}

/// The demo must run where git has never been set up: an identity is set in the demo's own
/// repository when there is none.
fn name_somebody(repo: &Repository) -> Result<()> {
    let mut config = repo.config()?;
    let missing = |key: &str| repo.config().and_then(|c| c.get_string(key)).map_or(true, |v| v.trim().is_empty());
    if missing("user.name") {
        config.set_str("user.name", "Demo Developer")?;
    }
    if missing("user.email") {
        config.set_str("user.email", "demo@localhost")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recording_has_every_scene_once() {
        assert!(start().is_ok());
        let cassette = cassette();
        for scene in content::scenes() {
            for step in 0..scene.replies.len() {
                let scene = Scene { name: scene.name.to_owned(), step: step as u32 };
                assert!(cassette.get(&scene).is_some(), "{scene:?}");
            }
        }
    }

    #[test]
    fn the_repository_is_made_once_and_never_over_something_else() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("demo");
        prepare(&at).unwrap();
        let repo = Repository::open(&at).unwrap();
        assert!(repo.statuses(None).unwrap().is_empty());
        assert_eq!(repo.head().unwrap().shorthand().unwrap(), "main");
        assert!(prepare(&at).is_ok(), "opened again");
        let other = dir.path().join("other");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("mine"), "x").unwrap();
        assert!(prepare(&other).unwrap_err().to_string().contains("not empty"));
    }
}
