//! Specs that lie in the repository already: opened where their files stand, nothing approved
//! without a record, Kiro's own files left alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::sync::Arc;

use kiro_tui::domain::{
    gate::Subject,
    path::SpecName,
    phase::{Doc, DocState, Merge, Order},
    spec::SpecKind,
    wire::Command,
};
use support::{
    job::{Job, Kept, Opening, Scripted, Without, World, put, shell, start},
    small,
};

const DIR: &str = ".kiro/specs/greeting";
const CONFIG: &str = "{\"specId\": \"1\",\"workflowType\":\"requirements-first\", \"specType\": \"feature\"}";
const META: &str = "{ \"kept\":  [1,2] }\n";

fn in_dir<'a>(files: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    files.iter().map(|(name, text)| (format!("{DIR}/{name}"), *text)).collect()
}

fn put_spec(world: &World, files: &[(&str, &str)]) {
    let files = in_dir(files);
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), *t)).collect();
    put(world.root(), &files);
}

fn commit(world: &World) {
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", "Spec"]);
}

fn opening() -> Opening {
    Opening { tests: Some(small::TESTS.into()), ..Opening::of(Scripted::new(small::honest)) }
}

async fn open(world: &World) -> Job {
    let mut job = world.start(opening());
    job.act(Command::Open(SpecName::parse(small::SPEC).unwrap())).await;
    assert!(!job.closed, "{:?}", job.refused);
    job
}

const ALL: [(&str, &str); 5] = [
    ("requirements.md", small::REQUIREMENTS),
    ("design.md", small::DESIGN),
    ("tasks.md", small::TASKS),
    (".config.kiro", CONFIG),
    ("tasks.meta.json", META),
];

fn kiros_own(world: &World) {
    for (name, text) in [(".config.kiro", CONFIG), ("tasks.meta.json", META)] {
        assert_eq!(std::fs::read_to_string(world.root().join(DIR).join(name)).unwrap(), text);
    }
}

#[tokio::test]
async fn committed_files_wait_from_the_top_and_go_through_to_the_merge() {
    let world = small::world();
    put_spec(&world, &ALL);
    commit(&world);
    let mut job = open(&world).await;
    assert!(Doc::ALL.iter().all(|d| !job.state().flow.doc(*d).is_approved()));
    let asked = job.until_subject(Subject::Merge).await;
    assert_eq!(asked[..3], [Subject::Requirements, Subject::Design, Subject::Tasks], "{asked:?}");
    kiros_own(&world);
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());
    kiros_own(&world);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
    let tasks = std::fs::read_to_string(world.root().join(DIR).join("tasks.md")).unwrap();
    assert_eq!(tasks, small::TASKS.replace("[ ]", "[x]"));
}

#[tokio::test]
async fn uncommitted_files_are_taken_up_and_the_merge_says_what_is_in_its_way() {
    let world = small::world();
    put_spec(&world, &ALL);
    let mut job = open(&world).await;
    assert_eq!(job.waits(), Some(Subject::Requirements));
    // The merge cannot come over the unticked list that nobody committed; it says so and waits.
    let mut guard = 0;
    while job.state().halt.as_ref().is_none_or(|h| !h.why.contains("uncommitted")) {
        guard += 1;
        assert!(guard < 40, "{}", job.story());
        match job.waits() {
            Some(_) => job.yes().await,
            None => job.act(Command::Continue).await,
        }
    }
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("tasks.md") && halt.why.contains("aside"), "{}", halt.why);
    assert!(!halt.why.contains("design.md"), "what is the same is not in the way: {}", halt.why);
    std::fs::remove_file(world.root().join(DIR).join("tasks.md")).unwrap();
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());
    kiros_own(&world);
    assert!(
        world.git(&["status", "--porcelain"]).lines().all(|l| l.ends_with(".config.kiro") || l.ends_with("meta.json"))
    );
}

/// A job up to its approved documents, whose journal is then lost: only the branch is left.
async fn branch_only(world: &mut World) {
    let mut job = world.start(opening());
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Task).await;
    job.yes().await;
    job.quit().await;
    world.git(&["worktree", "remove", "--force", world.worktree(small::SPEC).to_str().unwrap()]);
    world.kept = Kept::default();
}

#[tokio::test]
async fn a_branch_with_its_ledger_is_opened_where_it_stood() {
    let mut world = small::world();
    branch_only(&mut world).await;
    let mut job = open(&world).await;
    assert!(job.state().flow.documents_approved(), "{}", job.story());
    assert_eq!(job.state().progress(), (1, 2));
    assert_eq!(job.state().next_task().map(|t| t.0), Some("2".into()));
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());
}

/// As it is in the clone of a colleague: all of it is on the main branch, and nothing else is there.
#[tokio::test]
async fn what_was_merged_elsewhere_is_done() {
    let mut world = small::world();
    let mut job = world.start(opening());
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    job.quit().await;
    world.git(&["worktree", "remove", "--force", world.worktree(small::SPEC).to_str().unwrap()]);
    world.git(&["branch", "-D", &format!("kiro/{}", small::SPEC)]);
    world.kept = Kept::default();
    let before = world.git(&["rev-parse", "HEAD"]);
    let mut job = open(&world).await;
    assert_eq!(job.state().progress(), (2, 2));
    job.act(Command::Continue).await;
    assert_eq!(job.state().flow.merge, Merge::Merged { digest: None }, "{}", job.story());
    assert_eq!((job.waits(), job.state().halt.clone()), (None, None), "{}", job.story());
    assert_eq!(world.git(&["rev-parse", "HEAD"]), before);
}

#[tokio::test]
async fn what_was_merged_half_way_goes_on() {
    let mut world = small::world();
    branch_only(&mut world).await;
    world.git(&["merge", "-q", &format!("kiro/{}", small::SPEC)]);
    let mut job = open(&world).await;
    job.act(Command::PlanMerge).await;
    let halt = job.state().halt.clone().unwrap_or_else(|| panic!("{}", job.story()));
    assert!(halt.why.contains("on the main branch already"), "{halt:?}");
    assert_eq!(job.state().next_task().map(|t| t.0), Some("2".into()));
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { digest: Some(_) }), "{}", job.story());
}

#[tokio::test]
async fn an_older_copy_in_the_checkout_does_not_hide_the_branch() {
    let mut world = small::world();
    branch_only(&mut world).await;
    put_spec(&world, &[("requirements.md", "# Old\n")]);
    let job = open(&world).await;
    assert!(job.state().flow.documents_approved(), "{}", job.story());
}

#[tokio::test]
async fn a_broken_ledger_or_another_text_approves_nothing() {
    for broken in [true, false] {
        let mut world = small::world();
        branch_only(&mut world).await;
        world.git(&["switch", "-q", "kiro/greeting"]);
        let at = world.root().join(DIR).join(if broken { "approvals.jsonl" } else { "design.md" });
        let text = std::fs::read_to_string(&at).unwrap();
        let changed =
            if broken { text.lines().skip(1).map(|l| format!("{l}\n")).collect() } else { format!("{text}\nX\n") };
        std::fs::write(&at, changed).unwrap();
        commit(&world);
        world.git(&["switch", "-q", "main"]);
        let job = open(&world).await;
        let expected = if broken { Subject::Requirements } else { Subject::Design };
        assert_eq!(job.waits(), Some(expected), "{}", job.story());
        assert!(!job.state().flow.doc(Doc::Tasks).is_approved());
        assert_eq!(broken, job.story().contains("its approvals do not count"), "{}", job.story());
    }
}

#[tokio::test]
async fn each_set_of_files_opens_at_its_phase() {
    let ticked = small::TASKS.replace("[ ] 1.", "[x] 1.");
    let design_first = "{\"workflowType\": \"design-first\", \"specType\": \"feature\"}";
    type Case<'a> = (&'a [(&'a str, &'a str)], SpecKind, Order, Subject);
    let (feature, first) = (SpecKind::Feature, Order::RequirementsFirst);
    let cases: [Case<'_>; 5] = [
        (&[("requirements.md", small::REQUIREMENTS)], feature, first, Subject::Requirements),
        (
            &[("requirements.md", small::REQUIREMENTS), ("design.md", small::DESIGN), ("tasks.md", &ticked)],
            feature,
            first,
            Subject::Requirements,
        ),
        (
            &[("design.md", small::DESIGN), ("requirements.md", small::REQUIREMENTS), (".config.kiro", design_first)],
            feature,
            Order::DesignFirst,
            Subject::Design,
        ),
        (&[("design.md", small::DESIGN)], feature, Order::DesignFirst, Subject::Design),
        (&[("bugfix.md", "# Bugfix Requirements Document\n")], SpecKind::Bugfix, first, Subject::Requirements),
    ];
    for (files, kind, order, waits) in cases {
        let world = small::world();
        put_spec(&world, files);
        let mut job = open(&world).await;
        let start = job.state().start.clone().unwrap();
        assert_eq!((start.kind, start.order, job.waits()), (kind, order, Some(waits)), "{files:?}");
        assert!(Doc::ALL.iter().all(|d| !job.state().flow.doc(*d).is_approved()));
        if files.len() == 1 {
            // What is missing is drafted when the developer asks for it, and not before.
            job.yes().await;
            let below = start.order.docs()[1];
            assert_eq!(job.state().flow.doc(below), DocState::Missing, "{}", job.story());
            job.act(Command::Continue).await;
            assert_eq!(job.waits(), Some(below.subject()), "{}", job.story());
        }
    }
}

#[tokio::test]
async fn a_half_ticked_list_goes_on_with_what_is_open() {
    let world = small::world();
    let ticked = small::TASKS.replace("[ ] 1.", "[x] 1.");
    put_spec(&world, &[ALL[0], ALL[1], ("tasks.md", &ticked)]);
    put(world.root(), &[("hello.txt", "hello\n")]);
    commit(&world);
    let mut job = open(&world).await;
    job.until_subject(Subject::Merge).await;
    let log = world.git(&["log", "--format=%s", "kiro/greeting"]);
    assert!(log.contains("greeting: 2 Say goodbye") && !log.contains("1 Say hello"), "{log}");
}

#[tokio::test]
async fn a_new_spec_does_not_start_over_one_that_lies_there() {
    let world = small::world();
    put_spec(&world, &ALL);
    let mut job = world.start(opening());
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    assert!(job.closed && job.refused.iter().any(|r| r.contains("already")), "{:?}", job.refused);
}

#[tokio::test]
async fn tests_that_cannot_run_hold_the_merge_until_an_override_is_on_the_branch() {
    let world = World::with(&[("README.md", "# Greeter\n"), ("a.test.mjs", "\n")]);
    let shell = Arc::new(Without { shell: shell(), missing: &["node"] });
    let mut job = world.start(Opening { tests: None, shell, ..opening() });
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Override).await;
    let held = job.state().flow.waiting().unwrap().digest;
    assert!(job.state().merge.held.iter().any(|h| h.contains("node")), "{:?}", job.state().merge.held);
    let main = world.git(&["rev-parse", "main"]);
    let merge = |digest| Command::Decide {
        subject: Subject::Merge,
        digest,
        verdict: kiro_tui::domain::gate::Verdict::Approve,
        remember: false,
        note: String::new(),
    };
    job.act(merge(held)).await;
    assert!(job.refused.last().is_some_and(|r| r.contains("override")), "{:?}", job.refused);
    // The override, and in the same breath a yes to what was shown before its record is on the branch.
    job.send(support::job::approve(job.state())).await;
    job.act(merge(held)).await;
    assert!(job.refused.last().is_some_and(|r| r.contains("not now")), "{:?}", job.refused);
    assert_eq!(world.git(&["rev-parse", "main"]), main);
    let ledger = world.git(&["show", "kiro/greeting:.kiro/specs/greeting/approvals.jsonl"]);
    assert!(ledger.contains("\"override\""), "{ledger}");
    assert_eq!(job.waits(), Some(Subject::Merge), "{}", job.story());
    assert_ne!(job.state().flow.waiting().unwrap().digest, held, "another commit, another plan");
    job.act(merge(held)).await;
    assert_eq!(world.git(&["rev-parse", "main"]), main, "the yes to the plan before is none to this one");
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());
    assert_ne!(world.git(&["rev-parse", "main"]), main);
}
