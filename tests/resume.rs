//! Killed anywhere, a job goes on where it was: the same result, nothing twice, nothing unapproved.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use std::{collections::BTreeSet, sync::Arc};

use kiro_tui::{
    adapters::model::{Pace, ReplayModel},
    app::demo,
    domain::{
        gate::{Decision, Subject, ledger},
        journal::Entry,
        path::SpecName,
        phase::Merge,
        wire::Command,
    },
};
use support::{
    job::{Job, Opening, Scripted, World, approve, start},
    small,
};

fn opening(ends: Option<(usize, bool)>) -> Opening {
    Opening { tests: Some(small::TESTS.into()), ends, ..Opening::of(Scripted::new(small::honest)) }
}

/// Says yes to everything until it is merged, or the journal ends.
async fn finish(job: &mut Job) {
    for _ in 0..80 {
        if job.closed || matches!(job.state().flow.merge, Merge::Merged { .. }) {
            return;
        }
        let command = if job.waits().is_some() { approve(job.state()) } else { Command::Continue };
        job.act(command).await;
    }
    panic!("it goes round\n{}", job.story());
}

struct Ended {
    tree: String,
    subjects: Vec<String>,
    records: usize,
}

fn ended(world: &World, spec: &str) -> Ended {
    let records = world.kept.0.lock().unwrap().clone();
    let decided: Vec<Decision> = records
        .iter()
        .filter_map(|r| match &r.entry {
            Entry::Decided { decision, .. } => Some(decision.clone()),
            _ => None,
        })
        .collect();
    let text = std::fs::read_to_string(world.root().join(format!(".kiro/specs/{spec}/approvals.jsonl"))).unwrap();
    let lines = ledger::read(&text).unwrap();
    let in_ledger: Vec<Decision> = lines.into_iter().map(|l| l.decision).collect();
    // The merge itself is decided after the last commit; all else is in the ledger once, in order.
    let before_merge: Vec<Decision> = decided.iter().filter(|d| d.subject != Subject::Merge).cloned().collect();
    assert_eq!(in_ledger, before_merge);
    let numbers: Vec<u64> = records.iter().map(|r| r.seq).collect();
    assert_eq!(numbers, (1..=records.len() as u64).collect::<Vec<_>>());
    Ended {
        tree: tree(world, spec),
        subjects: world.git(&["log", "--format=%s", "main"]).lines().map(str::to_owned).collect(),
        records: records.len(),
    }
}

/// The tree of the main branch without the ledger, whose times differ.
fn tree(world: &World, spec: &str) -> String {
    let ledger = format!(".kiro/specs/{spec}/approvals.jsonl");
    world.git(&["ls-tree", "-r", "main"]).lines().filter(|l| !l.ends_with(&ledger)).collect::<Vec<_>>().join("\n")
}

async fn whole() -> Ended {
    let world = small::world();
    let mut job = world.start(opening(None));
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    finish(&mut job).await;
    ended(&world, small::SPEC)
}

/// Runs until the journal ends, then opens the same repository and journal again.
async fn killed_at(after: usize, written: bool, whole: &Ended) {
    let world = small::world();
    let mut job = world.start(opening(Some((after, written))));
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    finish(&mut job).await;
    assert!(job.closed, "at {after}: it went on without a journal\n{}", job.story());
    job.quit().await;
    let before = snapshot(&world);

    let mut job = world.start(opening(None));
    let records = world.kept.0.lock().unwrap().len();
    let name = SpecName::parse(small::SPEC).unwrap();
    if records == 0 {
        job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    } else {
        job.act(Command::Open(name)).await;
        assert!(!job.closed, "at {after} {written}: {:?}", job.refused);
        only_approved(&world, &before, after);
    }
    finish(&mut job).await;
    let again = ended(&world, small::SPEC);
    assert_eq!(again.tree, whole.tree, "at {after} {written}\n{}", job.story());
    assert_eq!(again.subjects, whole.subjects, "at {after} {written}\n{}", job.story());
}

fn snapshot(world: &World) -> (String, String) {
    (world.git(&["rev-parse", "refs/heads/main"]), world.git(&["status", "--porcelain"]))
}

/// What opening did by itself: main moved only if the merge was approved.
fn only_approved(world: &World, before: &(String, String), after: usize) {
    let approved_merge = world
        .kept
        .0
        .lock()
        .unwrap()
        .iter()
        .any(|r| matches!(&r.entry, Entry::Decided { decision, .. } if decision.subject == Subject::Merge));
    if !approved_merge {
        assert_eq!(snapshot(world), *before, "at {after}");
    }
}

#[tokio::test]
async fn killed_after_any_record_it_ends_the_same() {
    let whole = whole().await;
    assert!(whole.records > 40, "{}", whole.records);
    for after in (1..whole.records).step_by(3) {
        killed_at(after, true, &whole).await;
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_written_stops_everything_and_nothing_is_done_twice() {
    let whole = whole().await;
    for after in (0..whole.records).step_by(3) {
        killed_at(after, false, &whole).await;
    }
}

#[tokio::test]
async fn nothing_follows_from_a_decision_that_could_not_be_written() {
    let world = small::world();
    let mut job = world.start(opening(None));
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Change).await;
    let records = world.kept.0.lock().unwrap().len();
    job.quit().await;
    // The opening itself writes nothing here: the journal has room for no decision.
    let mut job = world.start(opening(Some((records, false))));
    job.act(Command::Open(SpecName::parse(small::SPEC).unwrap())).await;
    assert_eq!(job.waits(), Some(Subject::Change));
    let branch = world.git(&["rev-parse", "kiro/greeting"]);
    job.yes().await;
    assert!(job.closed && job.refused.iter().any(|r| r.contains("the disk is full")), "{:?}", job.refused);
    assert!(!world.worktree(small::SPEC).join("hello.txt").exists());
    assert_eq!(world.git(&["rev-parse", "kiro/greeting"]), branch);
}

#[tokio::test]
async fn the_demo_killed_here_and_there_ends_the_same() {
    let model = || Opening::of(Arc::new(ReplayModel::new(demo::cassette(), Pace::Instant)));
    let world = || World::new(|root| drop(demo::prepare(root).unwrap()));
    let spec = demo::content::SPEC_NAME;
    let first = world();
    let mut job = first.start(model());
    job.act(Command::New(demo::start().unwrap())).await;
    finish(&mut job).await;
    let whole = ended(&first, spec);
    let points: BTreeSet<usize> = [whole.records / 2 + 1].into_iter().collect();
    for after in points {
        let world = world();
        let mut job = world.start(Opening { ends: Some((after, after % 2 == 0)), ..model() });
        job.act(Command::New(demo::start().unwrap())).await;
        finish(&mut job).await;
        job.quit().await;
        let mut job = world.start(model());
        job.act(Command::Open(SpecName::parse(spec).unwrap())).await;
        finish(&mut job).await;
        let again = ended(&world, spec);
        assert_eq!((again.tree, again.subjects), (whole.tree.clone(), whole.subjects.clone()), "at {after}");
    }
}
