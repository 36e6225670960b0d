//! What the developer changes in the worktree past the program: theirs, put back or left open, and never
//! in a commit unanswered. On a real repository.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::Path;

use kiro_tui::domain::{
    change::{FileState, own::OwnChanges},
    gate::{Reviewable, Subject, Verdict, ledger},
    journal::{Entry, Proposal, Side, Spot, Start},
    path::RelPath,
    phase::{Autonomy, Merge, Own},
    turn::message::Message,
    wire::Command,
};
use serde_json::json;
use support::{
    job::{Job, Opening, Scripted, World, calls, git, put, reject, start},
    small,
};

/// Bytes that are no text.
const ODD: &[u8] = b"\xff\x00 mine\r\n";

fn open(world: &World) -> Job {
    world.start(Opening { tests: Some(small::TESTS.into()), ..Opening::of(Scripted::new(small::honest)) })
}

/// A job whose first change is at its gate.
async fn at_work(world: &World) -> Job {
    let mut job = open(world);
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Change).await;
    job
}

/// Goes out, changes the worktree, comes back.
async fn out(job: &mut Job, world: &World, change: impl FnOnce(&Path)) {
    job.act(Command::StepOut).await;
    change(&world.worktree(small::SPEC));
    job.act(Command::StepIn).await;
}

fn mine(root: &Path) {
    put(root, &[("README.md", "# Greeter, mine\n")]);
    std::fs::write(root.join("own.bin"), ODD).unwrap();
}

fn no() -> Verdict {
    Verdict::Reject { feedback: None }
}

async fn decide(job: &mut Job, verdict: Verdict) {
    let waiting = job.state().flow.waiting().unwrap_or_else(|| panic!("{}", job.story()));
    let (subject, digest) = (waiting.subject, waiting.digest);
    job.act(Command::Decide { subject, digest, verdict, remember: false, note: String::new() }).await;
}

fn read(world: &World, path: &str) -> Option<Vec<u8>> {
    std::fs::read(world.worktree(small::SPEC).join(path)).ok()
}

fn claimed(job: &Job) -> Vec<(String, bool, bool)> {
    let Some(Proposal::Task(claim)) = job.state().proposal.as_ref().map(|p| &p.proposal) else {
        panic!("{}", job.story())
    };
    claim.files.iter().map(|f| (f.path.to_string(), f.by_command, f.by_developer)).collect()
}

#[tokio::test]
async fn a_yes_makes_it_the_developers_part_of_the_task() {
    let world = small::world();
    let mut job = at_work(&world).await;
    out(&mut job, &world, mine).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    assert_eq!(job.state().own.len(), 2);
    decide(&mut job, Verdict::Approve).await;
    assert_eq!((job.waits(), job.state().flow.own), (Some(Subject::Change), Own::None), "{}", job.story());
    job.until_subject(Subject::Task).await;
    let told = job.state().conversation().iter().any(|m| {
        matches!(m, Message::User { text } if text.contains("The developer changed the worktree themselves")
            && text.contains("README.md was changed") && text.contains("+# Greeter, mine") && text.contains("own.bin was created"))
    });
    assert!(told, "the agent builds on it: {:#?}", job.state().conversation());
    let wanted = [("README.md", false, true), ("hello.txt", false, false), ("own.bin", false, true)];
    assert_eq!(claimed(&job), wanted.map(|(path, command, own)| (path.to_owned(), command, own)));
    job.yes().await;
    let shown = |what: &str| world.git(&["show", &format!("kiro/greeting:{what}")]);
    assert_eq!(shown("README.md"), "# Greeter, mine\n");
    let message = world.git(&["log", "-1", "--format=%B", "kiro/greeting"]);
    assert!(message.contains("Changed-by-developer: README.md, own.bin"), "{message}");
    let lines = ledger::read(&shown(".kiro/specs/greeting/approvals.jsonl")).unwrap();
    let own = lines.iter().find(|l| l.decision.subject == Subject::Own).expect("in the ledger as theirs");
    assert_eq!((own.about.as_str(), &own.decision.verdict), ("own changes: README.md, own.bin", &Verdict::Approve));
}

#[tokio::test]
async fn a_no_asks_once_more_and_puts_every_byte_back() {
    let world = small::world();
    let mut job = at_work(&world).await;
    out(&mut job, &world, mine).await;
    decide(&mut job, no()).await;
    assert_eq!(job.waits(), Some(Subject::PutBack), "{}", job.story());
    assert_eq!(read(&world, "own.bin").as_deref(), Some(ODD), "nothing is gone by the first no");
    decide(&mut job, no()).await;
    assert_eq!(job.waits(), Some(Subject::Own), "no to the putting back keeps it");
    decide(&mut job, no()).await;
    decide(&mut job, Verdict::Approve).await;
    assert_eq!((job.waits(), job.state().flow.own), (Some(Subject::Change), Own::None), "{}", job.story());
    assert_eq!(read(&world, "README.md").as_deref(), Some(&b"# Greeter\n"[..]));
    assert_eq!(read(&world, "own.bin"), None);
    let kept = job.kept.0.lock().unwrap().iter().any(|record| {
        matches!(&record.entry, Entry::OwnFound { changes } if changes.iter().any(|c| c.after.as_ref().is_some_and(|s| *s.bytes == *ODD)))
    });
    assert!(kept, "what was destroyed is in the journal");
    job.until_subject(Subject::Task).await;
    assert_eq!(claimed(&job), [("hello.txt".to_owned(), false, false)]);
}

#[tokio::test]
async fn what_is_left_open_asks_before_the_task_is_closed() {
    let world = small::world();
    let mut job = at_work(&world).await;
    out(&mut job, &world, mine).await;
    let digest = job.state().flow.waiting().unwrap().digest;
    job.act(Command::LeaveOwn { digest }).await;
    assert_eq!(job.waits(), Some(Subject::Change), "work goes on");
    let on_the_way = job.until_subject(Subject::Own).await;
    assert!(!on_the_way.contains(&Subject::Task), "{on_the_way:?}");
    // More is changed meanwhile: it is one with what was open.
    out(&mut job, &world, |root| put(root, &[("README.md", "# Greeter\n"), ("third.txt", "3\n")])).await;
    let names: Vec<String> = job.state().own.iter().map(|c| c.path.to_string()).collect();
    assert_eq!(names, ["own.bin", "third.txt"], "what is as it was before is no change");
    decide(&mut job, Verdict::Approve).await;
    job.until_subject(Subject::Task).await;
    assert_eq!(claimed(&job).len(), 3);
}

#[tokio::test]
async fn a_finished_task_is_claimed_again_with_the_files_as_they_are() {
    let world = small::world();
    let mut job = at_work(&world).await;
    job.until_subject(Subject::Task).await;
    out(&mut job, &world, |root| put(root, &[("more.txt", "mine\n")])).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    assert!(job.state().proposal.is_none(), "the claim was made without it");
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(job.waits(), Some(Subject::Command), "the tests run again: {}", job.story());
    job.until_subject(Subject::Task).await;
    assert!(claimed(&job).contains(&("more.txt".to_owned(), false, true)));
    job.yes().await;
    assert_eq!(world.git(&["show", "kiro/greeting:more.txt"]), "mine\n");
}

#[tokio::test]
async fn a_yes_is_for_what_was_shown_and_outlives_the_program() {
    let world = small::world();
    let mut job = at_work(&world).await;
    out(&mut job, &world, mine).await;
    let shown = job.state().flow.waiting().unwrap().digest;
    job.quit().await;
    let mut job = open(&world);
    job.act(Command::Open(start(small::SPEC, "").name)).await;
    assert_eq!(job.state().flow.waiting().map(|w| (w.subject, w.digest)), Some((Subject::Own, shown)));
    put(&world.worktree(small::SPEC), &[("README.md", "# Changed again\n")]);
    decide(&mut job, Verdict::Approve).await;
    assert!(job.refused.iter().any(|why| why.contains("changed since it was shown")), "{:?}", job.refused);
    assert_ne!(job.state().flow.waiting().map(|w| w.digest), Some(shown));
    let now = OwnChanges { changes: job.state().own.clone() };
    assert_eq!(job.state().flow.waiting().map(|w| w.digest), Some(now.digest()));
    // A no to bytes that moved puts nothing back.
    decide(&mut job, no()).await;
    put(&world.worktree(small::SPEC), &[("README.md", "# And again\n")]);
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    assert_eq!(read(&world, "README.md").as_deref(), Some(&b"# And again\n"[..]));
    assert_eq!(read(&world, "own.bin").as_deref(), Some(ODD), "all of it or nothing");
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(job.state().flow.own, Own::None, "{}", job.story());
}

#[tokio::test]
async fn no_permission_answers_it_and_nothing_begins_while_the_developer_is_out() {
    let world = small::world();
    let mut job = open(&world);
    job.act(Command::New(Start { autonomy: Autonomy::Batch, ..start(small::SPEC, "Greet people.") })).await;
    job.until_subject(Subject::Standing).await;
    job.yes().await;
    // A script of the project is no known test runner, so it asks.
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
    job.act(Command::StepOut).await;
    job.yes().await;
    assert!(job.refused.iter().any(|why| why.contains("not while you are at work")), "{:?}", job.refused);
    mine(&world.worktree(small::SPEC));
    job.act(Command::StepIn).await;
    assert_eq!(job.waits(), Some(Subject::Own), "the standing permission does not answer it: {}", job.story());
    job.act(Command::Continue).await;
    assert_eq!(job.waits(), Some(Subject::Own));
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
}

#[tokio::test]
async fn nothing_changed_asks_nothing_and_a_document_asks_at_its_own_gate() {
    let world = small::world();
    let mut job = open(&world);
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    for _ in 0..3 {
        job.yes().await;
    }
    assert_eq!(job.waits(), None, "{}", job.story());
    out(&mut job, &world, |_| {}).await;
    assert_eq!(job.state().flow.own, Own::None);
    let design = ".kiro/specs/greeting/design.md";
    out(&mut job, &world, |root| put(root, &[(design, "# Design Document\n\n## Overview\n\nBy hand.\n")])).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(job.waits(), Some(Subject::Design), "{}", job.story());
    assert!(job.state().applied.is_empty(), "it goes into no task");
}

#[tokio::test]
async fn own_changes_after_the_last_task_hold_the_merge() {
    let world = small::world();
    let mut job = at_work(&world).await;
    job.until_subject(Subject::Merge).await;
    out(&mut job, &world, |root| put(root, &[("late.txt", "late\n")])).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    decide(&mut job, Verdict::Approve).await;
    job.act(Command::PlanMerge).await;
    assert_eq!(job.waits(), Some(Subject::Override), "{}", job.story());
    assert!(job.state().merge.held.iter().any(|why| why.contains("late.txt")), "{:?}", job.state().merge.held);
    // Nor is the work done when somebody merges the rest by hand.
    world.git(&["merge", "-q", "kiro/greeting"]);
    job.act(Command::PlanMerge).await;
    assert!(!matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());
    assert!(job.state().halt.as_ref().is_some_and(|h| h.why.contains("already")), "{}", job.story());
}

/// A comment and the no that it goes with can come in one breath.
#[tokio::test]
async fn a_comment_that_was_just_made_goes_with_the_no() {
    let world = small::world();
    let mut job = at_work(&world).await;
    let Some(Proposal::Change(change)) = job.state().proposal.as_ref().map(|p| p.proposal.clone()) else { panic!() };
    let spot = Spot {
        path: RelPath::parse("hello.txt").unwrap(),
        change: change.digest(),
        side: Side::After,
        lines: Some((1, 1)),
        quoted: "hello".into(),
    };
    let no = reject(job.state(), "Not so.");
    job.send(Command::Remark { spot, text: "Louder?".into() }).await;
    job.act(no).await;
    let said = "Not so.\n\nhello.txt, line 1 of your proposal:\n> hello\nLouder?";
    let last = &job.state().decisions.iter().rev().find(|n| n.decision.subject == Subject::Change).unwrap().decision;
    assert_eq!(last.verdict, Verdict::Reject { feedback: Some(said.into()) });
    assert_eq!(job.state().staged_remarks().count(), 0);
    assert_eq!(change.after, Some(FileState::regular("hello\n")));
}

/// The submodule that the README's repository has, in its first state.
fn with_submodule() -> (World, String) {
    let world = small::world();
    let lib = world.outside().join("lib");
    std::fs::create_dir(&lib).unwrap();
    git(&lib, &["init", "-q", "-b", "main"]);
    git(&lib, &["config", "user.name", "Ada"]);
    git(&lib, &["config", "user.email", "ada@example.org"]);
    put(&lib, &[("lib.c", "1\n")]);
    git(&lib, &["add", "-A"]);
    git(&lib, &["commit", "-q", "-m", "lib: one"]);
    let from = lib.to_str().unwrap();
    world.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "vendor/lib"]);
    world.git(&["commit", "-q", "-m", "With a library"]);
    (world, git(&lib, &["rev-parse", "HEAD"]).trim().to_owned())
}

/// Checks the submodule out in the worktree, and moves it to a new commit.
fn move_library(root: &Path) -> String {
    git(root, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
    let lib = root.join("vendor/lib");
    git(&lib, &["config", "user.name", "Ada"]);
    git(&lib, &["config", "user.email", "ada@example.org"]);
    put(&lib, &[("lib.c", "2\n")]);
    git(&lib, &["commit", "-q", "-a", "-m", "lib: two"]);
    git(&lib, &["rev-parse", "HEAD"]).trim().to_owned()
}

fn at(job: &Job, world: &World) -> String {
    assert_eq!(job.state().flow.own, Own::None, "{}", job.story());
    git(&world.worktree(small::SPEC).join("vendor/lib"), &["rev-parse", "HEAD"]).trim().to_owned()
}

#[tokio::test]
async fn a_submodule_that_was_moved_is_put_back_or_committed_and_merged_as_that_commit() {
    let (world, one) = with_submodule();
    let mut job = at_work(&world).await;
    let mut two = String::new();
    out(&mut job, &world, |root| two = move_library(root)).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    assert!(job.state().own.len() == 1 && job.state().own[0].is_submodule(), "{:?}", job.state().own);
    decide(&mut job, no()).await;
    decide(&mut job, Verdict::Approve).await;
    assert_eq!((job.waits(), at(&job, &world)), (Some(Subject::Change), one), "{}", job.story());

    // Moved again, with something inside that is not committed: that is said, and stays out.
    let library = world.worktree(small::SPEC).join("vendor/lib");
    out(&mut job, &world, |_| {
        git(&library, &["checkout", "-q", &two]);
        put(&library, &[("loose.c", "3\n")]);
    })
    .await;
    decide(&mut job, no()).await;
    decide(&mut job, Verdict::Approve).await;
    assert!(job.refused.iter().any(|why| why.contains("would be lost")), "{:?}", job.refused);
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    decide(&mut job, Verdict::Approve).await;
    job.until_subject(Subject::Task).await;
    assert!(claimed(&job).contains(&("vendor/lib".to_owned(), false, true)), "{:?}", claimed(&job));
    job.yes().await;
    let entry = format!("160000 commit {two}\tvendor/lib\n");
    assert_eq!(world.git(&["ls-tree", "kiro/greeting", "vendor/lib"]), entry);

    // All that is left of it is what no commit can hold.
    job.until_subject(Subject::Task).await;
    assert!(!claimed(&job).iter().any(|(path, ..)| path == "vendor/lib"));
    let said = &job.state().proposal.as_ref().unwrap().sensitive;
    assert!(said.iter().any(|why| why.contains("vendor/lib is a submodule with something inside")), "{said:?}");
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    assert_eq!(world.git(&["ls-tree", "main", "vendor/lib"]), entry, "{}", job.story());
}

#[tokio::test]
async fn nothing_is_proposed_inside_a_submodule_since_no_commit_would_hold_it() {
    let (world, _) = with_submodule();
    let model = Scripted::new(|request| {
        if request.scene.name == "task 1" {
            let refused = request.messages.iter().any(|m| matches!(m, Message::Tool { is_error: true, .. }));
            if !refused {
                return calls(
                    request,
                    &[("write_file", json!({"path": "vendor/lib/lib.c", "content": "x\n", "why": "y"}))],
                );
            }
        }
        small::honest(request)
    });
    let mut job = world.start(Opening { tests: Some(small::TESTS.into()), ..Opening::of(model) });
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Task).await;
    assert_eq!(claimed(&job), [("hello.txt".to_owned(), false, false)]);
    let told = job.state().conversation().iter().any(|m| {
        matches!(m, Message::Tool { content, is_error: true, .. } if content.contains("`vendor/lib` is a submodule"))
    });
    assert!(told, "{:#?}", job.state().conversation());
}

/// Changes the worktree as from another terminal: the program is not told.
fn elsewhere(world: &World, change: impl FnOnce(&Path)) {
    change(&world.worktree(small::SPEC));
}

#[tokio::test]
async fn what_is_changed_from_another_terminal_comes_to_the_same_gate_before_the_task_does() {
    let world = small::world();
    let mut job = at_work(&world).await;
    elsewhere(&world, mine);
    let on_the_way = job.until_subject(Subject::Own).await;
    assert_eq!(on_the_way, [Subject::Change], "{}", job.story());
    let names: Vec<&str> = job.state().own.iter().map(|c| c.path.as_str()).collect();
    assert_eq!(names, ["README.md", "own.bin"], "and not what was approved");
    decide(&mut job, no()).await;
    decide(&mut job, Verdict::Approve).await;
    assert_eq!((read(&world, "README.md").as_deref(), read(&world, "own.bin")), (Some(&b"# Greeter\n"[..]), None));
    job.until_subject(Subject::Task).await;
    assert_eq!(claimed(&job), [("hello.txt".to_owned(), false, false)]);
    // With the task at its gate what was approved is committed, or nothing: then it asks.
    elsewhere(&world, |root| put(root, &[("hello.txt", "hello\nand mine\n")]));
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    assert_eq!(world.git(&["ls-tree", "kiro/greeting", "hello.txt"]), "", "nothing was committed");
    let own = &job.state().own[0];
    assert_eq!(own.before, Some(FileState::regular("hello\n")), "from what was approved to what is there");
    decide(&mut job, no()).await;
    decide(&mut job, Verdict::Approve).await;
    job.until_subject(Subject::Task).await;
    job.yes().await;
    assert_eq!(world.git(&["show", "kiro/greeting:hello.txt"]), "hello\n");
}

#[tokio::test]
async fn an_approved_change_that_is_undone_elsewhere_is_seen_and_can_be_put_back() {
    let world = small::world();
    let mut job = at_work(&world).await;
    elsewhere(&world, |root| put(root, &[("check.sh", "true\n")]));
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    decide(&mut job, Verdict::Approve).await;
    elsewhere(&world, |root| std::fs::remove_file(root.join("hello.txt")).unwrap());
    job.until_subject(Subject::Own).await;
    assert_eq!(job.state().own[0].before, Some(FileState::regular("hello\n")));
    decide(&mut job, no()).await;
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(read(&world, "hello.txt").as_deref(), Some(&b"hello\n"[..]));
    job.until_subject(Subject::Task).await;
    let wanted = [("check.sh".to_owned(), false, true), ("hello.txt".to_owned(), false, false)];
    assert_eq!(claimed(&job), wanted);
}

#[tokio::test]
async fn what_a_command_changed_is_the_commands_also_after_a_restart() {
    let world = small::world();
    let mut job = at_work(&world).await;
    job.until_subject(Subject::Task).await;
    job.yes().await;
    while !matches!(job.state().proposal.as_ref().map(|p| &p.proposal), Some(Proposal::Task(_))) {
        assert_ne!(job.waits(), Some(Subject::Own), "{}", job.story());
        let command = if job.waits().is_some() { support::job::approve(job.state()) } else { Command::Continue };
        job.act(command).await;
        job.quit().await;
        job = open(&world);
        job.act(Command::Open(start(small::SPEC, "").name)).await;
    }
    assert!(claimed(&job).contains(&("bye/copy.txt".to_owned(), true, false)), "{:?}", claimed(&job));
}

#[tokio::test]
async fn what_is_changed_elsewhere_at_the_merge_is_answered_before_it_is_planned_again() {
    let world = small::world();
    let mut job = at_work(&world).await;
    job.until_subject(Subject::Merge).await;
    elsewhere(&world, |root| put(root, &[("late.txt", "late\n")]));
    job.act(Command::PlanMerge).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
}

/// The command writes over what somebody else had put there: it does not vouch for the file by that.
#[tokio::test]
async fn what_was_changed_elsewhere_before_a_command_is_not_the_commands() {
    let world = small::world();
    let mut job = at_work(&world).await;
    job.until_subject(Subject::Task).await;
    job.yes().await;
    job.until_subject(Subject::Command).await;
    elsewhere(&world, |root| put(root, &[("bye/copy.txt", "not a copy\n")]));
    job.yes().await;
    while matches!(job.waits(), Some(Subject::Change | Subject::Command)) {
        job.yes().await;
    }
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    let own: Vec<_> = job.state().own.iter().map(|c| (c.path.as_str(), c.after.clone())).collect();
    assert_eq!(own, [("bye/copy.txt", Some(FileState::regular("bye\n")))], "{}", job.story());
}

#[tokio::test]
async fn what_was_changed_while_the_program_was_not_there_asks_when_it_is_back() {
    let world = small::world();
    let mut job = at_work(&world).await;
    // It dies while the developer is out.
    job.act(Command::StepOut).await;
    mine(&world.worktree(small::SPEC));
    job.quit().await;
    let mut job = open(&world);
    job.act(Command::Open(start(small::SPEC, "").name)).await;
    assert_eq!(job.waits(), Some(Subject::Own), "{}", job.story());
    decide(&mut job, Verdict::Approve).await;
    assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
    job.quit().await;
    // Nothing new: nothing is asked.
    let mut job = open(&world);
    job.act(Command::Open(start(small::SPEC, "").name)).await;
    assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
    job.until_subject(Subject::Task).await;
    assert!(claimed(&job).contains(&("own.bin".to_owned(), false, true)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_cannot_be_named_stops_the_task_at_once_and_with_what_to_do() {
    use std::os::unix::ffi::OsStrExt;
    let world = small::world();
    let mut job = at_work(&world).await;
    let bad = world.worktree(small::SPEC).join(std::ffi::OsStr::from_bytes(b"bad\xff.js"));
    std::fs::write(&bad, "x\n").unwrap();
    while matches!(job.waits(), Some(Subject::Change | Subject::Command)) {
        job.yes().await;
    }
    let halt = job.state().halt.clone().unwrap_or_else(|| panic!("{}", job.story()));
    assert!(halt.why.contains("cannot be closed") && halt.why.contains("rename or delete it"), "{halt:?}");
    assert!(!halt.why.contains("the same call"), "{halt:?}");
    assert!(halt.remedy.contains("`shell`") && halt.remedy.contains("continue"), "{halt:?}");
    // Once it is gone the task is closed as if nothing had been.
    std::fs::remove_file(&bad).unwrap();
    job.act(Command::Continue).await;
    job.until_subject(Subject::Task).await;
    assert_eq!(claimed(&job), [("hello.txt".to_owned(), false, false)]);
}
