//! Batch autonomy: a permission that was shown and recorded, and what asks all the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use kiro_tui::{
    domain::{
        gate::{Subject, Verdict, Via, ledger},
        journal::Start,
        phase::{Autonomy, Doc, Merge},
        policy::rules::{Capability, Effect, Rule, Rules, Scope},
        turn::message::Reply,
        wire::Command,
    },
    ports::model::Request,
};
use serde_json::json;
use support::{
    job::{Job, Opening, Scripted, World, approve, calls, put, reject, start},
    small,
};

fn batch() -> Start {
    Start { autonomy: Autonomy::Batch, ..start(small::SPEC, "Greet people.") }
}

fn job(world: &World, brain: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Job {
    // A script of the project is no known test runner: without a rule it would ask each time.
    let rule = Rule {
        capability: Capability::Shell,
        matches: vec![small::TESTS.into()],
        exclude: Vec::new(),
        effect: Effect::Allow,
    };
    let mut rules = Rules::new();
    rules.add(Scope::User, &[rule]).unwrap();
    world.start(Opening { tests: Some(small::TESTS.into()), rules, ..Opening::of(Scripted::new(brain)) })
}

/// Adds a dependency and a workflow before the rest of the first task.
fn sensitive(request: &Request) -> Reply {
    if request.scene.name != "task 1" {
        return small::honest(request);
    }
    let package = "{\n  \"dependencies\": {\n    \"left-pad\": \"1.3.0\"\n  }\n}\n";
    let workflow = "on: push\njobs: {}\n";
    let plan = [
        ("write_file", json!({"path": "package.json", "content": package, "why": ""})),
        ("write_file", json!({"path": ".github/workflows/ci.yml", "content": workflow, "why": ""})),
        ("write_file", json!({"path": "hello.txt", "content": "hello\n", "why": ""})),
        ("finish_task", json!({"summary": "Done."})),
    ];
    let at = (request.scene.step as usize).min(plan.len() - 1);
    calls(request, &plan[at..=at])
}

/// What a command wrote has been seen by nobody: the task that would commit it asks.
async fn copy_asks(job: &mut Job) {
    assert_eq!(job.waits(), Some(Subject::Task), "{}", job.story());
    let proposed = job.state().proposal.clone().unwrap();
    assert!(proposed.sensitive.iter().any(|s| s.contains("bye/copy.txt")), "{:?}", proposed.sensitive);
    job.yes().await;
}

#[tokio::test]
async fn a_granted_permission_carries_the_job_to_the_merge_and_every_use_is_recorded() {
    let world = small::world();
    let mut job = job(&world, small::honest);
    job.act(Command::New(batch())).await;
    assert_eq!(job.until_subject(Subject::Standing).await, [Subject::Requirements, Subject::Design]);
    let standing = job.state().standing_shown.clone().unwrap();
    assert!(job.state().revisions(Doc::Tasks).is_empty(), "nothing was drafted before the answer");
    job.yes().await;
    copy_asks(&mut job).await;
    assert_eq!(job.waits(), Some(Subject::Merge), "{}", job.story());
    assert_eq!(job.state().progress(), (2, 2));
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }));
    let text = std::fs::read_to_string(world.root().join(".kiro/specs/greeting/approvals.jsonl")).unwrap();
    let lines = ledger::read(&text).unwrap();
    let digest = kiro_tui::domain::gate::Reviewable::digest(&standing);
    for line in &lines {
        let by_hand = matches!(line.decision.subject, Subject::Requirements | Subject::Design | Subject::Standing)
            || line.about == "2 Say goodbye";
        let expected = if by_hand { Via::Keyboard } else { Via::Standing(digest) };
        assert_eq!(line.decision.via, expected, "{}", line.about);
    }
    let covered = lines.iter().filter(|l| matches!(l.decision.via, Via::Standing(_))).count();
    // tasks.md, three changes, a command, two test runs, a task.
    assert_eq!(covered, 8, "{:?}", lines.iter().map(|l| &l.about).collect::<Vec<_>>());
}

#[tokio::test]
async fn sensitive_choices_and_the_merge_still_ask() {
    let world = small::world();
    let mut job = job(&world, sensitive);
    job.act(Command::New(batch())).await;
    job.until_subject(Subject::Standing).await;
    job.yes().await;
    for path in ["package.json", ".github/workflows/ci.yml"] {
        assert_eq!(job.waits(), Some(Subject::Change), "{}", job.story());
        let proposed = job.state().proposal.clone().unwrap();
        assert_eq!(proposed.proposal.about(), path);
        assert!(!proposed.sensitive.is_empty());
        assert!(!world.worktree(small::SPEC).join(path).exists());
        job.yes().await;
    }
    copy_asks(&mut job).await;
    assert_eq!(job.waits(), Some(Subject::Merge), "{}", job.story());
}

#[tokio::test]
async fn an_edit_of_the_design_withdraws_it() {
    let world = small::world();
    let mut job = job(&world, sensitive);
    job.act(Command::New(batch())).await;
    job.until_subject(Subject::Standing).await;
    let granted = approve(job.state());
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Change));
    job.act(Command::Cancel).await;
    let over = job.state().flow.doc(Doc::Design).rev().unwrap();
    let text = format!("{}\nAnd one more.\n", small::DESIGN);
    job.act(Command::Edit { doc: Doc::Design, over, text }).await;
    assert_eq!(job.state().flow.standing, None);
    assert_eq!(job.waits(), Some(Subject::Design), "{}", job.story());
    // The permission that rested on the old design cannot be given again.
    let refused = job.refused.len();
    job.act(granted.clone()).await;
    job.yes().await;
    job.act(granted).await;
    assert_eq!(job.refused.len(), refused + 2, "{}", job.story());
    assert_eq!(job.waits(), Some(Subject::Tasks), "the tasks are judged by hand: {}", job.story());
}

#[tokio::test]
async fn refused_it_asks_each_time() {
    let world = small::world();
    let mut job = job(&world, small::honest);
    job.act(Command::New(batch())).await;
    job.until_subject(Subject::Standing).await;
    let no = reject(job.state(), "each by itself");
    assert!(matches!(&no, Command::Decide { verdict: Verdict::Reject { .. }, .. }));
    job.act(no).await;
    assert_eq!(job.state().flow.autonomy, Autonomy::Strict);
    let asked = job.until_subject(Subject::Merge).await;
    // tasks.md, three changes, a command, two test runs, two tasks.
    assert_eq!(asked.len(), 9, "{asked:?}");
}

#[tokio::test]
async fn switched_to_in_the_middle_it_is_shown_before_the_next_task() {
    let world = small::world();
    let mut job = job(&world, small::honest);
    job.act(Command::New(start(small::SPEC, "Greet people."))).await;
    job.until_subject(Subject::Task).await;
    job.act(Command::SetAutonomy(Autonomy::Batch)).await;
    assert_eq!(job.waits(), Some(Subject::Task), "the switch alone permits nothing");
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Standing), "{}", job.story());
    job.yes().await;
    copy_asks(&mut job).await;
    assert_eq!(job.waits(), Some(Subject::Merge), "{}", job.story());
}

const MANIFEST: &str = r#"{"version":"55.0.0","artifacts":{"T":{"type":"aws:cloudformation:stack","properties":{"templateFile":"T.template.json"}}}}"#;
const STACK: &str = r#"{"Resources":{"Role":{"Type":"AWS::IAM::Role","Properties":{"Policies":[{"PolicyName":"p",
"PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}}]}},
"Fn":{"Type":"AWS::Lambda::Function","Properties":{"FunctionName":"a"}}}}"#;

/// A repository with a CDK app whose command is a script that copies what the task wrote.
fn app() -> World {
    let script = "mkdir -p cdk.out && cp manifest.txt cdk.out/manifest.json && cp stack.txt cdk.out/T.template.json\n";
    let world = World::with(&[
        ("README.md", "# Greeter\n"),
        ("check.sh", "true\n"),
        ("cdk.json", "{\"app\": \"node app.mjs\"}"),
        (".gitignore", "cdk.out\n"),
        ("manifest.txt", MANIFEST),
        ("stack.txt", STACK),
        ("bin/cdk", script),
    ]);
    put(world.root(), &[("cdk.out/manifest.json", MANIFEST), ("cdk.out/T.template.json", STACK)]);
    world
}

/// Changes the app in both tasks: its rights in the first, nothing of them in the second.
fn changes_the_app(request: &Request, synthesises: bool) -> Reply {
    let wider = STACK.replace("s3:GetObject", "s3:*").replace("\"a\"", "\"b\"");
    let app = |n: u8| json!({"path": "app.mjs", "content": format!("import 'aws-cdk-lib'; // {n}\n"), "why": ""});
    let synth = || ("run_command", json!({"command": "sh bin/cdk synth", "why": ""}));
    let mut plan = match request.scene.name.as_str() {
        "task 1" => {
            vec![("write_file", app(1)), ("write_file", json!({"path": "stack.txt", "content": wider, "why": ""}))]
        }
        "task 2" => vec![("write_file", app(2))],
        _ => return small::honest(request),
    };
    plan.extend(synthesises.then(synth));
    plan.push(("finish_task", json!({"summary": "Done."})));
    let at = (request.scene.step as usize).min(plan.len() - 1);
    calls(request, &plan[at..=at])
}

/// Yes to commands and changes until a task or the merge waits; why the task asks.
async fn at_task(job: &mut Job) -> Vec<String> {
    while matches!(job.waits(), Some(Subject::Command | Subject::Change)) {
        job.yes().await;
    }
    job.state().proposal.as_ref().map(|p| p.sensitive.clone()).unwrap_or_default()
}

#[tokio::test]
async fn what_a_synthesised_stack_widens_and_replaces_asks_once() {
    let world = app();
    let mut job = job(&world, |request| changes_the_app(request, true));
    job.act(Command::New(batch())).await;
    job.until_subject(Subject::Standing).await;
    job.yes().await;
    let asks = at_task(&mut job).await;
    assert_eq!(job.waits(), Some(Subject::Task), "{}", job.story());
    let words = "wider right in the synthesised stack T: Role may now also s3:* on everything";
    assert!(asks.iter().any(|a| a == words), "{asks:?}");
    assert!(asks.iter().any(|a| a.contains("replacement in the synthesised stack T: Fn is made anew")), "{asks:?}");
    job.yes().await;
    let asks = at_task(&mut job).await;
    assert_eq!(job.waits(), Some(Subject::Merge), "what was approved does not ask again: {asks:?}\n{}", job.story());
}

#[tokio::test]
async fn an_app_that_was_not_synthesised_since_it_changed_asks() {
    let world = app();
    let mut job = job(&world, |request| changes_the_app(request, false));
    job.act(Command::New(batch())).await;
    job.until_subject(Subject::Standing).await;
    job.yes().await;
    for _ in 0..2 {
        let asks = at_task(&mut job).await;
        assert_eq!(job.waits(), Some(Subject::Task), "{}", job.story());
        assert!(asks.iter().any(|a| a.contains("was not synthesised since")), "{asks:?}");
        job.yes().await;
    }
    assert_eq!(job.waits(), Some(Subject::Merge), "{}", job.story());
}
