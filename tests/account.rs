//! A model that looks at the account, and one that would like to change it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod support;

use std::sync::Arc;

use kiro_tui::{
    adapters::cloud::MemoryCloud,
    domain::{
        cloud::{
            Function,
            sight::{Seen, Sight},
        },
        gate::Subject,
        journal::{Start, Tone},
        policy::rules::{Capability, Effect, Rule, Rules, Scope},
        turn::message::{Message, Reply},
        wire::Command,
    },
    ports::{cloud::CloudErrorKind, model::Request},
};
use serde_json::{Value, json};
use support::{
    job::{Job, Opening, Scripted, calls, start, words},
    small,
};

fn cloud() -> MemoryCloud {
    let cloud = MemoryCloud::default();
    cloud.function_is(Function {
        name: "thumbs".into(),
        arn: "arn:aws:lambda:us-east-1:000000000000:function:thumbs".into(),
        runtime: "nodejs22.x".into(),
        handler: "index.handler".into(),
        memory_mb: 512,
        timeout_s: 30,
        code_bytes: 9,
        environment: vec!["API_KEY".into()],
        role: "r".into(),
        state: "Active".into(),
        changed: "now".into(),
    });
    cloud.logged("thumbs", "started with password=hunter2hunter2");
    cloud
}

fn turn(request: &Request) -> usize {
    request.messages.iter().filter(|m| matches!(m, Message::Assistant(_))).count()
}

fn told(request: &Request) -> Vec<(String, bool)> {
    let one = |m: &Message| match m {
        Message::Tool { content, is_error, .. } => Some((content.clone(), *is_error)),
        _ => None,
    };
    request.messages.iter().filter_map(one).collect()
}

/// Makes these calls first, and is honest then; gives the job and what the model was told.
async fn look(
    cloud: &MemoryCloud,
    aws: bool,
    rules: Rules,
    tries: Vec<(&'static str, Value)>,
) -> (Job, Vec<(String, bool)>, Vec<String>) {
    let brain = move |request: &Request| -> Reply {
        match turn(request) {
            0 => calls(request, &tries),
            _ => small::honest(request),
        }
    };
    let model = Scripted::new(brain);
    let world = small::world();
    let opening = Opening { rules, cloud: Arc::new(cloud.clone()), ..Opening::of(model.clone()) };
    let mut job = world.start(opening);
    let mut start = start(small::SPEC, "Greet people.");
    start.aws = aws;
    job.act(Command::New(start)).await;
    assert_eq!(job.waits(), Some(Subject::Requirements), "{}", job.story());
    let requests = model.requests.lock().unwrap();
    let tools = requests[0].tools.iter().map(|t| t.name.clone()).collect();
    (job, told(requests.last().unwrap()), tools)
}

fn attempts(job: &Job) -> Vec<String> {
    job.state().activity.iter().filter(|a| a.tone == Tone::Attempt).map(|a| a.text.clone()).collect()
}

#[tokio::test]
async fn the_model_reads_the_account_without_its_secrets() {
    let cloud = cloud();
    let (job, told, tools) = look(
        &cloud,
        true,
        Rules::new(),
        vec![
            ("function_configuration", json!({"function": "thumbs"})),
            ("function_logs", json!({"function": "thumbs", "minutes": 5})),
            ("describe_stack", json!({"stack": "none-such"})),
        ],
    )
    .await;
    assert!(tools.iter().any(|t| t == "simulate_policy"), "{tools:?}");
    assert!(told[0].0.contains("From AWS account 000000000000, us-east-1") && told[0].0.contains("512 MB"), "{told:?}");
    assert!(told[0].0.contains("API_KEY") && !told[0].1);
    assert!(told[1].0.contains("started with") && !told[1].0.contains("hunter2"), "{told:?}");
    assert!(told[2].1 && told[2].0.contains("no stack `none-such`"), "{told:?}");
    assert!(attempts(&job).is_empty(), "{:?}", attempts(&job));
}

#[tokio::test]
async fn a_model_that_wants_to_change_the_account_gets_nowhere() {
    let cloud = cloud();
    let tries = vec![
        ("delete_stack", json!({"stack": "thumbs"})),
        ("execute_change_set", json!({"change_set": "x"})),
        ("invoke_function", json!({"function": "thumbs"})),
        ("deploy", json!({})),
        ("describe_stack", json!({"stack": "x", "action": "DeleteStack"})),
        ("describe_stack", json!({"stack": "x; aws cloudformation delete-stack"})),
        ("function_logs", json!({"function": "thumbs", "operation": "lambda:InvokeFunction"})),
    ];
    let count = tries.len();
    let (job, told, _) = look(&cloud, true, Rules::new(), tries).await;
    assert_eq!(told.len(), count);
    assert!(told.iter().all(|(_, is_error)| *is_error), "{told:?}");
    assert_eq!(attempts(&job).len(), count, "the developer sees each: {:?}", attempts(&job));
    assert!(cloud.calls().is_empty(), "{:?}", cloud.calls());
}

#[tokio::test]
async fn rules_for_the_account_are_obeyed() {
    for effect in [Effect::Deny, Effect::Ask] {
        let cloud = cloud();
        let mut rules = Rules::new();
        let rule = |pattern: &str, effect| Rule {
            capability: Capability::Cloud,
            matches: vec![pattern.into()],
            exclude: vec![],
            effect,
        };
        rules.add(Scope::User, &[rule("*", Effect::Allow)]).unwrap();
        rules.add(Scope::Project, &[rule("logs:*", effect)]).unwrap();
        let tries = vec![
            ("function_logs", json!({"function": "thumbs"})),
            ("function_configuration", json!({"function": "thumbs"})),
        ];
        let (job, told, _) = look(&cloud, true, rules, tries).await;
        assert!(
            told[0].1 && told[0].0.contains("logs:FilterLogEvents") && told[0].0.contains("ask_developer"),
            "{told:?}"
        );
        assert!(!told[1].1, "{told:?}");
        assert_eq!(attempts(&job).len(), 1);
        assert!(!cloud.calls().iter().any(|c| c.starts_with("logs:")), "{:?}", cloud.calls());
    }
}

#[tokio::test]
async fn without_aws_there_are_no_tools_and_not_one_call() {
    let cloud = cloud();
    let tries = vec![("describe_stack", json!({"stack": "x"}))];
    let (_, told, tools) = look(&cloud, false, Rules::new(), tries).await;
    assert!(!tools.iter().any(|t| t == "describe_stack"), "{tools:?}");
    assert!(told[0].1 && told[0].0.contains("There is no tool"), "{told:?}");
    assert!(cloud.calls().is_empty(), "{:?}", cloud.calls());
}

/// A spec that has not begun, on this account.
async fn quiet(cloud: &MemoryCloud, aws: bool) -> Job {
    let world = small::world();
    let model = Scripted::new(|_| words("Nothing."));
    let mut job = world.start(Opening { cloud: Arc::new(cloud.clone()), ..Opening::of(model) });
    job.act(Command::New(Start { aws, ..start(small::SPEC, "") })).await;
    job
}

#[tokio::test]
async fn who_we_are_is_told_and_where_nothing_says_so_nobody_is_asked() {
    let cloud = cloud();
    let mut job = quiet(&cloud, true).await;
    assert!(cloud.calls().is_empty(), "opening asks nobody: {:?}", cloud.calls());
    let Seen::Identity { account: Some(account), trouble: None } = job.look(Sight::Identity).await else { panic!() };
    assert_eq!((account.id.as_str(), account.who()), ("000000000000", "ada"));
    assert_eq!(cloud.calls(), ["sts:GetCallerIdentity"]);

    let without = self::cloud();
    let seen = quiet(&without, false).await.look(Sight::Identity).await;
    assert_eq!(seen, Seen::Identity { account: None, trouble: None }, "AWS is no part of it");
    without.unsigned();
    let Seen::Identity { account: None, trouble: Some(trouble) } =
        quiet(&without, true).await.look(Sight::Identity).await
    else {
        panic!()
    };
    assert!(!trouble.asked && trouble.brief == "no credentials" && trouble.remedy.contains("aws sso login"));
    assert!(without.calls().is_empty(), "not one call: {:?}", without.calls());
}

#[tokio::test]
async fn what_is_in_the_way_of_the_identity_is_one_word_and_one_remedy() {
    let kinds = [
        (CloudErrorKind::Expired, "expired"),
        (CloudErrorKind::NoCredentials, "no credentials"),
        (CloudErrorKind::Region, "no region"),
        (CloudErrorKind::Throttled, "throttled"),
        (CloudErrorKind::Network, "unreachable"),
        (CloudErrorKind::Denied, "denied"),
    ];
    for (kind, brief) in kinds {
        let cloud = cloud();
        cloud.fail("sts:", kind, 1);
        let mut job = quiet(&cloud, true).await;
        let Seen::Identity { account: None, trouble: Some(trouble) } = job.look(Sight::Identity).await else {
            panic!()
        };
        assert_eq!(trouble.brief, brief);
        assert!(trouble.asked && !trouble.why.is_empty() && !trouble.remedy.is_empty(), "{trouble:?}");
        // It is asked anew, and then it is known.
        assert!(matches!(job.look(Sight::Identity).await, Seen::Identity { account: Some(_), .. }));
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_reached_is_said_and_the_spec_goes_on() {
    let cloud = cloud();
    cloud.fail("sts:", CloudErrorKind::Expired, 9);
    let (job, told, _) = look(&cloud, true, Rules::new(), vec![("describe_stack", json!({"stack": "x"}))]).await;
    assert!(told[0].1, "{told:?}");
    assert_eq!(job.waits(), Some(Subject::Requirements));
}
