//! The whole job through the agent's commands and events: real repository, real processes, a
//! recording for a model. What a key or a headless line would send is sent here.
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
    journal::Author,
    phase::{Doc, DocState, Merge},
    wire::Command,
};
use support::job::{Job, approve, reject};

#[tokio::test]
async fn the_demo_runs_from_need_to_merge() {
    let mut job = Job::demo();
    job.send(Command::New(kiro_tui::app::demo::start().unwrap())).await;
    job.until_waiting().await;
    assert_eq!(job.state().flow.waiting().map(|w| w.subject), Some(Subject::Requirements), "{}", job.story());

    job.send(reject(job.state(), kiro_tui::app::demo::content::REVIEW)).await;
    job.until_waiting().await;
    assert_eq!(job.state().latest(Doc::Requirements).map(|r| r.number), Some(2));

    let mut asked = Vec::new();
    while !matches!(job.state().flow.merge, Merge::Merged { .. }) {
        match job.state().flow.waiting() {
            Some(waiting) => {
                asked.push(waiting.subject);
                let command = approve(job.state());
                job.send(command).await;
            }
            None => job.send(Command::Continue).await,
        }
        job.until_waiting().await;
        assert!(asked.len() < 60, "it goes round: {asked:?}\n{}", job.story());
        assert!(job.state().halt.is_none() || job.state().flow.waiting().is_some(), "{}", job.story());
    }

    let log = job.git(&["log", "--format=%s", "main"]);
    assert!(log.contains("approve requirements r2") && log.contains("approve tasks r1"), "{log}");
    assert_eq!(asked.iter().filter(|s| **s == Subject::Task).count(), 5, "{asked:?}");
    assert_eq!(job.git(&["status", "--porcelain"]), "");
    for (path, text) in kiro_tui::app::demo::content::FINAL_FILES {
        assert_eq!(&std::fs::read_to_string(job.root().join(path)).unwrap(), text, "{path}");
    }
    let ledger = std::fs::read_to_string(job.root().join(".kiro/specs/image-thumbnails/approvals.jsonl")).unwrap();
    let lines = kiro_tui::domain::gate::ledger::read(&ledger).unwrap();
    assert!(lines.len() >= asked.len(), "{} of {}", lines.len(), asked.len());
    let tasks = std::fs::read_to_string(job.root().join(".kiro/specs/image-thumbnails/tasks.md")).unwrap();
    assert!(!tasks.contains("[ ]"), "{tasks}");
}

#[tokio::test]
async fn the_revision_before_one_that_failed_can_be_edited_or_approved() {
    for edited in [true, false] {
        let mut job = Job::demo();
        job.send(Command::New(kiro_tui::app::demo::start().unwrap())).await;
        job.until_waiting().await;
        // The recording has a second revision and no third.
        for words in [kiro_tui::app::demo::content::REVIEW, "and once more"] {
            job.send(reject(job.state(), words)).await;
            job.until_waiting().await;
        }
        let state = job.state();
        assert!(state.halt.is_some() && state.flow.waiting().is_none(), "{}", job.story());
        let last = state.latest(Doc::Requirements).unwrap().clone();
        if edited {
            let (over, text) = (last.digest, format!("{}\nMine.\n", last.text));
            job.send(Command::Edit { doc: Doc::Requirements, over, text }).await;
        } else {
            job.send(Command::Cancel).await;
        }
        job.until_waiting().await;
        let now = job.state().latest(Doc::Requirements).unwrap().clone();
        assert_eq!((now.author == Author::Developer, now.number), (edited, last.number + usize::from(edited)));
        assert_eq!(job.state().flow.waiting().map(|w| w.digest), Some(now.digest), "{}", job.story());
        job.send(approve(job.state())).await;
        job.until_waiting().await;
        assert_eq!(job.state().flow.doc(Doc::Requirements), DocState::Approved { rev: now.digest }, "{}", job.story());
    }
}
