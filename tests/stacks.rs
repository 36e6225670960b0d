//! The infrastructure review through the agent: real repository, worktree and files, no account.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use kiro_tui::domain::{
    gate::Subject,
    stack::{Risk, diff::Effect},
    wire::Command,
};
use support::job::{Job, put};

const STACK: &str = include_str!("../src/domain/stack/tests/thumbnails/Thumbnails.template.json");
const MANIFEST: &str = include_str!("../src/domain/stack/tests/thumbnails/manifest.json");
const ASSETS: &str = include_str!("../src/domain/stack/tests/thumbnails/Thumbnails.assets.json");

#[tokio::test]
async fn the_worktree_s_assembly_is_held_against_the_checkout_s() {
    let mut job = Job::demo();
    job.act(Command::New(kiro_tui::app::demo::start().unwrap())).await;
    job.until_subject(Subject::Tasks).await;
    let seq = job.state().seq;

    // Nothing was synthesised yet: that is said, with what to do.
    job.review_stacks().await;
    assert_eq!(job.stacks.len(), 1, "{}", job.story());
    assert!(job.stacks[0].notes[0].contains("npx cdk synth"), "{:?}", job.stacks[0].notes);

    let worktree = job.root().parent().unwrap().join("worktrees/image-thumbnails");
    assert!(worktree.join("cdk.json").exists());
    let wider = STACK.replace("\"photo-uploads-\"", "\"pictures-\"").replace("\"s3:GetObject\"", "\"s3:*\"");
    let common = [("cdk.out/manifest.json", MANIFEST), ("cdk.out/Thumbnails.assets.json", ASSETS)];
    put(job.root(), &common);
    put(job.root(), &[("cdk.out/Thumbnails.template.json", STACK)]);
    put(&worktree, &common);
    put(&worktree, &[("cdk.out/Thumbnails.template.json", &wider)]);
    job.review_stacks().await;
    let diff = &job.stacks[0];
    assert_eq!((diff.name.as_str(), diff.worst()), ("Thumbnails", Risk::Warning));
    assert_eq!(diff.count(Effect::Replace), 1);
    let rights: Vec<&str> = diff.widened().map(|(_, c)| c.sentence.as_str()).collect();
    assert_eq!(rights, ["ResizerServiceRoleE2D7EDB8 may now also s3:* on ${Uploads4F6EB0FD.Arn}/incoming/*"]);
    // It is a look and nothing more.
    assert_eq!(job.state().seq, seq, "{}", job.story());
    assert_eq!(job.waits(), Some(Subject::Tasks));
}
