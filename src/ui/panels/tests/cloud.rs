//! The account in the diff panel: its gate, a deploy that goes on, one that failed; and what a key
//! sends then.

use super::{pictures::page, *};
use crate::domain::{
    cloud::assembly::AssemblyStack,
    cloud::{
        Account, ChangeSet, Replacement, SetAction, SetChange, SetDetail, StackEvent,
        action::{Asset, CloudAction, How, Performed, Preparation},
        desk::{CloudAsk, Known, Step, StepDone, Unmade},
        prepare,
        progress::{Reason, StackEnd},
        remains::Becomes,
    },
};

const BASE: &str = r#"{"Resources":{"Uploads":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"uploads"}}}}"#;
const NEW: &str = r#"{"Resources":{"Uploads":{"Type":"AWS::S3::Bucket","Properties":{"BucketName":"photos"}},
 "Role":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow",
 "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]},"Policies":[{"PolicyName":"p",
 "PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}}]}}}}"#;

fn account() -> Account {
    Account {
        id: "123456789012".into(),
        arn: "arn:aws:sts::123456789012:assumed-role/Deployer/ada".into(),
        region: "eu-west-1".into(),
        profile: Some("prod\u{1b}[31m".into()),
    }
}

fn proposed(action: CloudAction, notes: &[&str]) -> Story {
    Story::new(Autonomy::Strict).then(Entry::CloudProposed {
        step: Step::Action(Box::new(action)),
        why: "executes exactly this change set".into(),
        notes: notes.iter().map(|n| (*n).to_owned()).collect(),
        base: Some(BASE.into()),
        known: Known::default(),
    })
}

fn preparation() -> CloudAction {
    let stack = AssemblyStack {
        id: "Thumbnails".into(),
        name: "Thumbnails".into(),
        template: "t".into(),
        assets: None,
        depends: Vec::new(),
        environment: (String::new(), String::new()),
    };
    let how = How::Cdk(prepare::deploy("", true, &account(), &stack, "kiro-0123456-89abcdef", &[]));
    CloudAction::Prepare(Box::new(Preparation {
        account: account(),
        stack: "Thumbnails".into(),
        change_set: "kiro-0123456-89abcdef".into(),
        template: NEW.into(),
        bucket: None,
        parameters: vec![("Stage".into(), "prod".into())],
        secrets: Vec::new(),
        capabilities: vec!["CAPABILITY_IAM".into()],
        assets: vec![Asset { id: "a".into(), path: "asset.0123".into(), bytes: 29_800_000 }],
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        how,
    }))
}

fn set() -> ChangeSet {
    let detail = SetDetail {
        attribute: "Properties".into(),
        name: "BucketName".into(),
        recreation: "Always".into(),
        cause: "DirectModification".into(),
        before: Some("uploads".into()),
        after: Some("photos".into()),
    };
    let change = |id: &str, kind: &str, action, replacement, details| SetChange {
        id: id.into(),
        physical: String::new(),
        kind: kind.into(),
        action,
        replacement,
        policy: String::new(),
        details,
    };
    ChangeSet {
        account: account(),
        stack: "Thumbnails".into(),
        stack_id: "arn:stack".into(),
        name: "kiro-0123456-89abcdef".into(),
        id: "arn:set".into(),
        creates: false,
        status: "CREATE_COMPLETE".into(),
        execution: "AVAILABLE".into(),
        reason: None,
        changes: vec![
            change("Role", "AWS::IAM::Role", SetAction::Add, Replacement::No, vec![]),
            change("Uploads", "AWS::S3::Bucket", SetAction::Modify, Replacement::Yes, vec![detail]),
        ],
        parameters: vec![],
        capabilities: vec!["CAPABILITY_IAM".into()],
        tags: vec![],
        options: vec![],
        template: NEW.into(),
        nested: vec![],
    }
}

pub(in crate::ui) fn deploy() -> CloudAction {
    CloudAction::Deploy { set: Box::new(set()), commit: "0123456789abcdef".into() }
}

fn event(n: i64, resource: &str, kind: &str, status: &str, reason: Option<&str>) -> StackEvent {
    StackEvent {
        id: format!("e{n}"),
        at: Timestamp::from_second(1_700_008_900 + n).unwrap(),
        stack: "arn:stack".into(),
        resource: resource.into(),
        physical: if resource == "Thumbnails" { "arn:stack".into() } else { String::new() },
        kind: kind.into(),
        status: status.into(),
        reason: reason.map(str::to_owned),
    }
}

fn running() -> Story {
    let digest = deploy().digest();
    proposed(deploy(), &["Uploads (AWS::S3::Bucket) is replaced"])
        .decided(Subject::Cloud, digest, Verdict::Approve)
        .then(Entry::CloudBegun { digest, after: None })
        .then(Entry::CloudRunning { digest })
        .then(Entry::CloudEvents(vec![
            event(0, "Thumbnails", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS", None),
            event(1, "Role", "AWS::IAM::Role", "CREATE_IN_PROGRESS", None),
            event(9, "Role", "AWS::IAM::Role", "CREATE_COMPLETE", None),
            event(10, "Uploads", "AWS::S3::Bucket", "UPDATE_FAILED", Some("photos \u{1b}[2Jexists already")),
        ]))
}

fn failed() -> Story {
    failed_as("ROLLBACK_COMPLETE")
}

fn failed_as(status: &str) -> Story {
    let end = StackEnd {
        status: status.into(),
        succeeded: false,
        reasons: vec![Reason {
            resource: "Uploads".into(),
            kind: "AWS::S3::Bucket".into(),
            text: "photos exists already".into(),
        }],
        outputs: vec![],
        unknown: None,
    };
    running()
        .then(Entry::CloudEvents(vec![event(
            20,
            "Thumbnails",
            "AWS::CloudFormation::Stack",
            "UPDATE_ROLLBACK_COMPLETE",
            None,
        )]))
        .then(Entry::CloudEnded { digest: deploy().digest(), end })
}

fn panel() -> Box<dyn Panel> {
    Box::new(DiffPanel::plain())
}

#[test]
fn cloud_prepare() {
    let world = World::of(proposed(preparation(), &["the template goes through a bucket"]));
    page("cloud_prepare", &world, panel, &[]);
}

#[test]
fn cloud_deploy() {
    let world = World::of(proposed(deploy(), &["Uploads (AWS::S3::Bucket) is replaced"]));
    page("cloud_deploy", &world, panel, &[]);
}

#[test]
fn cloud_running() {
    let world = World::of(running());
    page("cloud_running", &world, panel, &[]);
}

#[test]
fn cloud_failed() {
    page("cloud_failed", &World::of(failed()), panel, &[]);
}

fn unmade() -> Story {
    let reasons = vec![Reason {
        resource: "Uploads".into(),
        kind: "AWS::S3::Bucket".into(),
        text:
            "Properties/BucketName: photos\u{1b}[2J exists already (NAME_CONFLICT_VALIDATION, before anything was made)"
                .into(),
    }];
    let (stack, change_set) = ("Thumbnails".to_owned(), "kiro-0123456-89abcdef".to_owned());
    let digest = preparation().digest();
    let why = "change set kiro-0123456-89abcdef cannot be executed".to_owned();
    proposed(preparation(), &[])
        .decided(Subject::Cloud, digest, Verdict::Approve)
        .then(Entry::CloudBegun { digest, after: None })
        .then(Entry::CloudFailed {
            digest: Some(digest),
            why,
            remedy: "mend the cause, then deploy again".into(),
            empty: false,
            unmade: Some(Box::new(Unmade { account: account(), stack, change_set, reasons })),
        })
}

fn deletion() -> CloudAction {
    let resource = |id: &str, kind: &str, physical: &str| (id.to_owned(), kind.to_owned(), physical.to_owned());
    CloudAction::DeleteStack {
        account: account(),
        stack: "Thumbnails".into(),
        resources: vec![
            resource("Role", "AWS::IAM::Role", "Thumbnails-Role-1X"),
            resource("Sizes", "AWS::DynamoDB::Table", "Thumbnails-Sizes-7K"),
            resource("Uploads", "AWS::S3::Bucket", "photos\u{1b}[31m"),
        ],
        becomes: vec![Becomes::Deleted, Becomes::Retained, Becomes::Deleted],
        unlisted: false,
    }
}

#[test]
fn cloud_delete() {
    let world = World::of(proposed(deletion(), &["2 in it go with it, and what they hold; 1 stay in the account"]));
    page("cloud_delete", &world, panel, &[]);
}

#[test]
fn cloud_unmade() {
    page("cloud_unmade", &World::of(unmade()), panel, &[]);
}

#[test]
fn what_could_not_be_made_says_why_and_its_offers_are_asked_for_by_number() {
    let world = World::of(unmade());
    let mut over = panel();
    let seen = text(&world.draw(over.as_mut(), 80, 24));
    assert!(seen.contains("NAME_CONFLICT_VALIDATION") && seen.contains("Nothing was executed"), "{seen}");
    assert_eq!(over.act(Action::Answer1, &world.ctx()), [Intent::Send(Command::Cloud(CloudAsk::Mend))]);
    assert_eq!(over.act(Action::Answer2, &world.ctx()), [Intent::Send(Command::Cloud(CloudAsk::CleanUp))]);
}

#[test]
fn a_yes_names_what_was_drawn_and_an_offer_is_asked_for_by_its_number() {
    let world = World::of(proposed(deploy(), &[]));
    let mut at_gate = panel();
    assert_ne!(at_gate.act(Action::Approve, &world.ctx()).len(), 0, "unseen, it says why not");
    assert!(!matches!(at_gate.act(Action::Approve, &world.ctx())[0], Intent::Send(_)));
    world.draw(at_gate.as_mut(), 80, 24);
    let (subject, digest) = (Subject::Cloud, deploy().digest());
    let yes = Command::Decide { subject, digest, verdict: Verdict::Approve, remember: false, note: String::new() };
    assert_eq!(at_gate.act(Action::Approve, &world.ctx()), [Intent::Send(yes)]);
    assert!(!matches!(at_gate.act(Action::ApproveAlways, &world.ctx())[0], Intent::Send(_)), "never remembered");
    let world = World::of(failed());
    let mut over = panel();
    world.draw(over.as_mut(), 80, 24);
    assert_eq!(over.act(Action::Answer1, &world.ctx()), [Intent::Send(Command::Cloud(CloudAsk::Mend))]);
    assert_eq!(over.act(Action::Answer2, &world.ctx()), [Intent::Send(Command::Cloud(CloudAsk::CleanUp))]);
    // An update that was rolled back leaves nothing to put away.
    let world = World::of(failed_as("UPDATE_ROLLBACK_COMPLETE"));
    let mut over = panel();
    let seen = text(&world.draw(over.as_mut(), 80, 24));
    assert!(seen.contains("let the agent mend it") && !seen.contains("put away"), "{seen}");
    assert!(!matches!(over.act(Action::Answer2, &world.ctx())[..], [Intent::Send(_)]));
}

#[test]
fn why_it_failed_and_what_can_be_done_stand_above_the_events() {
    let seen = text(&World::of(failed()).draw(&mut DiffPanel::plain(), 80, 24));
    let rows = ["photos exists already", "1  let the agent mend it", "2  put away what it left", "resources"];
    let places: Vec<Option<usize>> = rows.iter().map(|words| seen.find(words)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{seen}");
}

fn answered() -> Story {
    let call = CloudAction::Invoke { account: account(), function: "resizer".into(), payload: "{}".into() };
    let digest = call.digest();
    let answer = Performed::Answered {
        payload: "{\"statusCode\": 200, \"body\": \"\u{1b}[31mok\"}".into(),
        error: None,
        log: "START\nthree sizes written\nREPORT Duration: 412.10 ms".into(),
        millis: 431,
    };
    proposed(call, &[])
        .decided(Subject::Cloud, digest, Verdict::Approve)
        .then(Entry::CloudBegun { digest, after: None })
        .then(Entry::CloudDone { digest, done: StepDone::Performed(answer) })
}

#[test]
fn cloud_answer() {
    page("cloud_answer", &World::of(answered()), panel, &[]);
}

#[test]
fn an_answer_stays_until_it_is_closed_and_one_of_before_is_not_shown() {
    let world = World::of(answered());
    let mut panel = DiffPanel::plain();
    let shown = |panel: &mut DiffPanel| text(&world.draw(panel, 80, 24));
    assert!(shown(&mut panel).contains("three sizes written"));
    assert!(panel.back());
    assert!(!shown(&mut panel).contains("closes this"));
    let mut later = DiffPanel::plain();
    later.close_result(&world.state);
    assert!(!shown(&mut later).contains("closes this"));
}

#[test]
fn the_gate_shows_the_review_with_the_requirements_that_a_resource_serves() {
    let with = NEW.replace("\"Role\":{", "\"Role\":{\"Metadata\":{\"Requirements\":\"1.2\"},");
    assert_ne!(with, NEW);
    let mut set = set();
    set.template = with;
    let action = CloudAction::Deploy { set: Box::new(set), commit: "0123456789abcdef".into() };
    let world = World::of(proposed(action, &[]));
    let mut panel = DiffPanel::plain();
    let seen = text(&world.draw(&mut panel, 120, 120));
    for words in [
        "account 123456789012, eu-west-1, as Deployer",
        "REPLACED",
        "for requirement 1.2",
        "widened",
        "AWS: BucketName: uploads → photos, makes it anew  (DirectModification)",
        "made from commit 0123456789abcdef",
    ] {
        assert!(seen.contains(words), "{words}\n{seen}");
    }
}

#[test]
fn values_of_an_environment_are_not_on_the_gate_and_that_they_differ_is() {
    let with = |value: &str| {
        format!(
            r#"{{"Resources":{{"F":{{"Type":"AWS::Lambda::Function","Properties":{{"Environment":{{"Variables":{{"API_TOKEN":"{value}"}}}}}}}}}}}}"#
        )
    };
    let mut set = set();
    set.template = with("s3kr1t-after");
    let mut change = set.changes[1].clone();
    change.details[0].name = "Environment/Variables/API_TOKEN".into();
    (change.details[0].before, change.details[0].after) = (Some("s3kr1t-was".into()), Some("s3kr1t-after".into()));
    set.changes = vec![SetChange { id: "F".into(), replacement: Replacement::Yes, ..change }];
    let entry = Entry::CloudProposed {
        step: Step::Action(Box::new(CloudAction::Deploy { set: Box::new(set), commit: "0123456789abcdef".into() })),
        why: String::new(),
        notes: Vec::new(),
        base: Some(with("s3kr1t-was")),
        known: Known::default(),
    };
    let world = World::of(Story::new(Autonomy::Strict).then(entry));
    let mut panel = DiffPanel::plain();
    text(&world.draw(&mut panel, 120, 60));
    panel.act(Action::Open, &world.ctx());
    for _ in 0..8 {
        let open = text(&world.draw(&mut panel, 120, 60)).contains("API_TOKEN: ‹hidden›");
        panel.act(if open { Action::Down } else { Action::Open }, &world.ctx());
        panel.act(Action::Down, &world.ctx());
    }
    let seen = text(&world.draw(&mut panel, 120, 60));
    assert!(!seen.contains("s3kr1t"), "{seen}");
    for words in [
        "Environment.Variables.API_TOKEN",
        "- ‹hidden›",
        "+ ‹hidden, changed›",
        "API_TOKEN: ‹hidden› → ‹hidden, changed›",
    ] {
        assert!(seen.contains(words), "{words}\n{seen}");
    }
}

#[test]
fn the_event_of_a_call_stands_at_the_gate_as_it_is_sent() {
    let shown = |payload: &str| {
        let call = CloudAction::Invoke { account: account(), function: "resizer".into(), payload: payload.into() };
        text(&World::of(proposed(call, &[])).draw(&mut DiffPanel::plain(), 80, 24))
    };
    let (one, other) =
        (shown("{\"password\": \"hunter2hunter2\u{1b}[2J\"}"), shown("{\"password\": \"hunter3hunter3\"}"));
    assert!(one.contains("hunter2hunter2") && !one.contains('\u{1b}'), "{one}");
    assert!(other.contains("hunter3hunter3"), "{other}");
}

#[test]
fn what_was_compared_is_kept_for_the_same_templates_alone() {
    let with = |base: Option<&str>, more: usize| {
        let entry = Entry::CloudProposed {
            step: Step::Action(Box::new(preparation())),
            why: String::new(),
            notes: Vec::new(),
            base: base.map(str::to_owned),
            known: Known::default(),
        };
        let note = || Entry::Noted { tone: crate::domain::journal::Tone::Info, text: String::new() };
        World::of((0..more).fold(Story::new(Autonomy::Strict).then(entry), |story, _| story.then(note())))
    };
    let mut panel = DiffPanel::plain();
    let mut seen = |world: World| text(&world.draw(&mut panel, 120, 120));
    let first = seen(with(Some(BASE), 0));
    assert!(first.contains("REPLACED"), "{first}");
    assert_eq!(seen(with(Some(BASE), 1)), first, "kept, and the same");
    let new = seen(with(None, 2));
    assert!(new.contains("added") && !new.contains("REPLACED"), "the same step against nothing: {new}");
}

/// A stack of so many resources, a fifth of them roles, with what `more` puts into each.
fn large(count: usize, more: &str) -> String {
    let of = |n: usize| match n % 5 {
        0 => format!(
            r#""Role{n}":{{"Type":"AWS::IAM::Role","Properties":{{"AssumeRolePolicyDocument":{{"Statement":[{{"Effect":"Allow",
            "Principal":{{"Service":"lambda.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}},"Policies":[{{"PolicyName":"p",
            "PolicyDocument":{{"Statement":[{{"Effect":"Allow","Action":["s3:GetObject"{more}],
            "Resource":"arn:aws:s3:::b{n}/*"}}]}}}}]}}}}"#
        ),
        1 => format!(
            r#""Bucket{n}":{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"b{n}","Tags":[{{"Key":"k","Value":"v"{}}}]}}}}"#,
            more.replace(",\"", ",\"K").replace('"', "").replace(',', ", \"X\": \"")
                + if more.is_empty() { "" } else { "\"" }
        ),
        2 => format!(
            r#""Fn{n}":{{"Type":"AWS::Lambda::Function","Properties":{{"Role":{{"Fn::GetAtt":["Role{}","Arn"]}},"Runtime":"nodejs22.x",
            "Code":{{"S3Bucket":"b","S3Key":"{}"}}}}}}"#,
            n - 2,
            more.len()
        ),
        3 => format!(
            r#""Queue{n}":{{"Type":"AWS::SQS::Queue","Properties":{{"VisibilityTimeout":{}}}}}"#,
            30 + more.len()
        ),
        _ => format!(r#""Topic{n}":{{"Type":"AWS::SNS::Topic","Properties":{{"TopicName":"t{n}{}"}}}}"#, more.len()),
    };
    format!("{{\"Resources\":{{{}}}}}", (0..count).map(of).collect::<Vec<_>>().join(","))
}

/// The most memory that this process has had, in kB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

/// Measures and prints: `cargo test --release --lib -- --ignored --nocapture five_hundred`.
#[test]
#[ignore = "measures; run it by its name"]
fn five_hundred_resources_at_the_gate_are_described_and_drawn() {
    use std::time::Instant;
    let (old, new) = (large(500, ""), large(500, ",\"s3:PutObject\""));
    let template: serde_json::Value = serde_json::from_str(&new).unwrap();
    let mut set = set();
    set.template.clone_from(&new);
    set.changes = template["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, r)| SetChange {
            id: id.clone(),
            kind: r["Type"].as_str().unwrap().to_owned(),
            action: SetAction::Modify,
            ..set.changes[0].clone()
        })
        .collect();
    let proposed = Entry::CloudProposed {
        step: Step::Action(Box::new(CloudAction::Deploy { set: Box::new(set), commit: "0123456789abcdef".into() })),
        why: String::new(),
        notes: Vec::new(),
        base: Some(old.clone()),
        known: Known::default(),
    };
    println!(
        "templates of {} and {} bytes; {} bytes in the journal",
        old.len(),
        new.len(),
        serde_json::to_vec(&proposed).unwrap().len()
    );
    let memory = most_memory();
    let world = World::of(Story::new(Autonomy::Strict).then(proposed));
    let at_gate = world.state.cloud.at_gate.clone().unwrap();
    let begun = Instant::now();
    let reviews = crate::domain::brief::reviews(&at_gate, "");
    println!("compared in {:?}: {}", begun.elapsed(), crate::domain::stack::review::summary(&reviews[0]));
    assert_eq!(reviews[0].resources.len(), 500);
    let mut panel = DiffPanel::plain();
    for (columns, rows) in [(80, 24), (120, 40)] {
        let begun = Instant::now();
        world.draw(&mut panel, columns, rows);
        let first = begun.elapsed();
        let mut worst = std::time::Duration::ZERO;
        for key in [Action::PageDown, Action::Bottom, Action::Top].into_iter().cycle().take(60) {
            panel.act(key, &world.ctx());
            let begun = Instant::now();
            world.draw(&mut panel, columns, rows);
            worst = worst.max(begun.elapsed());
        }
        println!("{columns}x{rows}: laid out and drawn in {first:?}, drawn again after a key in {worst:?} at worst");
    }
    println!("memory: {} kB before, {} kB at most", memory, most_memory());
}
