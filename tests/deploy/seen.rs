//! What the developer sees of the account beside a deploy: functions, drift, apps, and what Access
//! Analyzer says.

use super::*;

const FUNCTION: &str = r#"{"Resources":{"Resizer":{"Type":"AWS::Lambda::Function","Properties":{"FunctionName":"resizer",
"Runtime":"nodejs22.x","Handler":"i.h","MemorySize":256,"Timeout":7,
"Environment":{"Variables":{"SECRET":"hunter2hunter2"}}}}}}"#;

#[tokio::test]
async fn a_functions_call_is_bound_to_its_event_account_and_region_and_its_answer_stays() {
    let (world, cloud) = (World::with(&[("template.json", FUNCTION)]), MemoryCloud::default());
    cloud.profile("other", "111111111111");
    let mut job = prepared(&world, &cloud).await;
    let Seen::Functions { functions, .. } = job.look(Sight::Functions).await else { panic!() };
    assert!(functions.iter().all(|f| f.deployed.is_none()), "it is not deployed yet: {functions:?}");
    job.yes().await;
    assert!(matches!(job.state().cloud.result, Some((Came::End, _))), "{:?}", job.state().cloud.result);
    let seen = job.look(Sight::Functions).await;
    assert!(!format!("{seen:?}").contains("hunter2"), "{seen:?}");
    let Seen::Functions { stacks, functions, trouble: None, .. } = seen else { panic!() };
    assert_eq!((stacks, functions.len()), (vec!["repo".to_owned()], 1));
    let function = functions[0].deployed.as_ref().unwrap();
    assert_eq!((functions[0].id.as_str(), function.memory_mb, function.timeout_s), ("Resizer", 256, 7));
    assert_eq!(function.environment, ["SECRET"]);

    let call = |event: &str| Command::Cloud(CloudAsk::Invoke { function: "resizer".into(), payload: event.into() });
    job.act(call("not json")).await;
    assert!(job.state().halt.as_ref().unwrap().why.contains("not JSON"), "{}", job.story());
    job.act(call("{\"n\": 1}")).await;
    let one = support::job::approve(job.state());
    assert_eq!((job.waits(), count(&cloud, "InvokeFunction")), (Some(Subject::Cloud), 0));
    job.act(Command::ChoosePlace(Place { profile: Some("other".into()), region: None })).await;
    job.act(call("{\"n\": 1}")).await;
    job.act(one.clone()).await;
    assert_eq!(count(&cloud, "InvokeFunction"), 0, "the same event elsewhere is another thing");
    job.act(Command::ChoosePlace(Place::default())).await;
    job.act(call("{\"n\": 2}")).await;
    job.act(one).await;
    assert_eq!(count(&cloud, "InvokeFunction"), 0, "another event is another thing");
    cloud.answers("resizer", "{\"n\": 3}", None);
    job.yes().await;
    assert_eq!(count(&cloud, "InvokeFunction"), 1);
    let (_, answer) = job.state().cloud.answered.clone().unwrap();
    assert!(matches!(answer, Performed::Answered { payload, error: None, .. } if payload == "{\"n\": 3}"));
    assert!(matches!(job.state().cloud.result, Some((Came::Answer, _))));
    // What it answers may be anything: the journal has no more of it than the screen.
    job.act(call("{\"n\": 4}")).await;
    cloud.answers("resizer", "{\"password\": \"correct-horse-1\"}", None);
    job.yes().await;
    let (_, answer) = job.state().cloud.answered.clone().unwrap();
    assert!(matches!(&answer, Performed::Answered { payload, .. } if payload.contains("password")), "{answer:?}");
    let written: Vec<_> = job.kept.0.lock().unwrap().iter().map(|r| serde_json::to_string(r).unwrap()).collect();
    assert!(!written.concat().contains("correct-horse"), "{answer:?}");
    // Who called what, and where, is in the decision that is recorded.
    let about = &job.state().decisions.last().unwrap().about;
    assert!(
        about.contains("test call of function") && about.contains("account 000000000000, us-east-1, as ada"),
        "{about}"
    );
}

#[tokio::test]
async fn drift_is_looked_at_by_property_and_what_stands_in_its_way_is_said() {
    let (world, cloud) = (world(), MemoryCloud::default());
    let mut job = prepared(&world, &cloud).await;
    job.yes().await;
    let drifted = Drift {
        id: "Queue".into(),
        physical: "q".into(),
        kind: "AWS::SQS::Queue".into(),
        status: "MODIFIED".into(),
        differences: vec![("/VisibilityTimeout".into(), "30".into(), "60".into(), "NOT_EQUAL".into())],
    };
    let by = ("/Environment/Variables/API_TOKEN".into(), "s3kr1t-was".into(), "s3kr1t-is".into(), "NOT_EQUAL".into());
    let mut both = drifted.clone();
    both.differences.push(by);
    cloud.drifted("repo", vec![both]);
    let Seen::Drift { stacks, trouble: None, .. } = job.look(Sight::Drift).await else { panic!() };
    assert_eq!((stacks[0].0.as_str(), stacks[0].1.len()), ("repo", 2));
    let seen = stacks[0].1.iter().find(|d| d.id == drifted.id).unwrap();
    assert_eq!(seen.differences[0], drifted.differences[0]);
    let told = format!("{stacks:?}");
    assert!(!told.contains("s3kr1t") && told.contains("‹hidden, changed›"), "{told}");
    cloud.fail("cloudformation:DetectStackDrift", CloudErrorKind::Denied, 1);
    let Seen::Drift { trouble: Some(trouble), .. } = job.look(Sight::Drift).await else { panic!() };
    assert_eq!(trouble.brief, "denied");
}

#[tokio::test]
async fn several_apps_and_stacks_are_told_without_an_account_and_bundles_are_weighed() {
    let stack = |n: u8, asset: &str| {
        format!(
            "{{\"Resources\":{{\"Fn{n}\":{{\"Type\":\"AWS::Lambda::Function\",\"Metadata\":{{\"aws:asset:path\":\"{asset}\"}}}}}}}}"
        )
    };
    let manifest = r#"{"version":"55.0.0","artifacts":{
        "One":{"type":"aws:cloudformation:stack","properties":{"templateFile":"One.template.json"}},
        "Two":{"type":"aws:cloudformation:stack","properties":{"templateFile":"Two.template.json"}}}}"#;
    let world = World::with(&[
        ("a/cdk.json", "{}"),
        ("a/cdk.out/manifest.json", manifest),
        ("a/cdk.out/One.template.json", &stack(1, "asset.1")),
        ("a/cdk.out/Two.template.json", &stack(2, "asset.2")),
        ("a/cdk.out/asset.1/index.mjs", "0123456789"),
        ("b/cdk.json", "{}"),
    ]);
    let cloud = MemoryCloud::default();
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    let Seen::Apps(apps) = job.look(Sight::Apps).await else { panic!() };
    let found: Vec<_> = apps.iter().map(|a| (a.app.as_str(), a.stacks.join(" "))).collect();
    assert_eq!(found, [("a", "One Two".to_owned()), ("b", String::new())]);
    assert!(cloud.calls().is_empty(), "{:?}", cloud.calls());
    cloud.fail("cloudformation:", CloudErrorKind::Expired, 1);
    let Seen::Functions { functions, trouble: Some(trouble), .. } = job.look(Sight::Functions).await else { panic!() };
    let bundles: Vec<_> = functions.iter().map(|f| (f.stack.as_str(), f.id.as_str(), f.bundle)).collect();
    assert_eq!(bundles, [("One", "Fn1", Some(10)), ("Two", "Fn2", None)], "the files are told all the same");
    assert_eq!((trouble.brief.as_str(), cloud.calls().len()), ("expired", 1), "one question is enough");
}

#[tokio::test]
async fn bundles_of_sam_and_of_plain_templates_are_weighed_as_they_would_go_up() {
    let sam = "Transform: AWS::Serverless-2016-10-31
Resources:
  Own: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: src/, Handler: a.b, Runtime: python3.12 } }
  Built: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: src/, Handler: a.b, Runtime: python3.12 } }
  Image: { Type: 'AWS::Serverless::Function', Properties: { PackageType: Image }, Metadata: { DockerContext: image } }
  Up: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Bucket: b, S3Key: k } } }
";
    let code = "x".repeat(30_000);
    let files = [
        ("app/template.yaml", sam),
        ("app/src/a.py", code.as_str()),
        ("app/.aws-sam/build/Built/a.py", "0123456789"),
        ("app/image/Dockerfile", "FROM x"),
    ];
    let (world, cloud) = (World::with(&files), MemoryCloud::default());
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    let Seen::Functions { functions, .. } = job.look(Sight::Functions).await else { panic!() };
    let found: Vec<_> = functions.iter().map(|f| (f.id.as_str(), f.bundle, f.zip.is_some())).collect();
    assert_eq!(
        found,
        [("Own", Some(30_000), true), ("Built", Some(10), true), ("Image", Some(6), false), ("Up", None, false)]
    );
    assert!(functions[0].zip.unwrap() < 1_000, "{:?}", functions[0]);
    assert!(functions[2].image.as_deref().unwrap().contains("Dockerfile in image"), "{:?}", functions[2]);
    // Not packaged, it is not sent; how much it would be is said.
    job.act(deploy()).await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("Own.CodeUri is src/ (30 kB, ") && halt.why.contains("as a zip)"), "{halt:?}");
    assert_eq!(count(&cloud, "CreateChangeSet"), 0);
}

#[tokio::test]
async fn templates_are_made_through_the_gate_and_nothing_follows() {
    let world = World::with(&[("cdk.json", "{}"), ("node_modules/.bin/cdk", "x")]);
    let cloud = MemoryCloud::default();
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(Command::Cloud(CloudAsk::Synthesise { app: None })).await;
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
    let at_gate = job.state().cloud.at_gate.clone().unwrap();
    assert!(at_gate.step.about().contains("cdk synth"), "{}", at_gate.step.about());
    let no = reject(job.state(), "");
    job.act(no).await;
    assert_eq!((job.waits(), job.state().cloud.stage.clone()), (None, None));
    assert!(cloud.calls().is_empty(), "{:?}", cloud.calls());
}

#[tokio::test]
async fn what_access_analyzer_finds_stands_at_the_gate_and_that_it_says_no_stops_nothing() {
    use kiro_tui::domain::cloud::AnalyzerFinding;
    let role = r#"{"Resources":{"R":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":[
        {"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}]}}}}}"#;
    let notes = |job: &Job| job.state().cloud.at_gate.as_ref().unwrap().notes.join("\n");
    let cloud = MemoryCloud::default();
    let finding = |kind: &str| AnalyzerFinding {
        kind: kind.into(),
        code: "ANY_PRINCIPAL".into(),
        text: format!("a {kind} about everybody"),
        link: String::new(),
    };
    cloud.findings(vec![finding("SECURITY_WARNING"), finding("SUGGESTION")]);
    let world = World::with(&[("template.json", role)]);
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    assert!(notes(&job).contains("Access Analyzer on R (SECURITY_WARNING, ANY_PRINCIPAL)"), "{}", notes(&job));
    assert!(!notes(&job).contains("SUGGESTION"), "{}", notes(&job));
    let no = reject(job.state(), "");
    job.act(no).await;
    cloud.fail("access-analyzer:ValidatePolicy", CloudErrorKind::Denied, 1);
    job.act(deploy()).await;
    assert!(notes(&job).contains("Access Analyzer was not asked"), "{}", notes(&job));
    job.yes().await;
    assert!(at_gate_is_deploy(&job), "{}", job.story());
    // What is there already is not asked about again.
    job.yes().await;
    commit(&world, &role.replace("\"R\":", "\"Q\":{\"Type\":\"AWS::SQS::Queue\"},\"R\":"));
    let before = count(&cloud, "ValidatePolicy");
    job.act(deploy()).await;
    assert!(matches!(at_gate(&job), CloudAction::Prepare(_)), "{}", job.story());
    assert_eq!((count(&cloud, "ValidatePolicy"), count(&cloud, "CheckNoNewAccess")), (before, 0));
    // One that changes is held against the one of before; that it could not be is one note.
    let no = reject(job.state(), "");
    job.act(no).await;
    commit(&world, &role.replace("sts:AssumeRole", "sts:*"));
    cloud.gains(&["New access in the statement with index: 0."]);
    job.act(deploy()).await;
    assert!(notes(&job).contains("Access Analyzer on R: more is permitted than before: New access"), "{}", notes(&job));
    let no = reject(job.state(), "");
    job.act(no).await;
    cloud.fail("access-analyzer:CheckNoNewAccess", CloudErrorKind::Denied, 1);
    job.act(deploy()).await;
    let refusals = notes(&job).matches("was not asked what is permitted beyond before").count();
    assert_eq!((refusals, notes(&job).contains("New access")), (1, false), "{}", notes(&job));
}

#[tokio::test]
async fn of_several_stacks_one_is_chosen_and_the_others_are_named() {
    let manifest = r#"{"version":"55.0.0","artifacts":{
        "One":{"type":"aws:cloudformation:stack","properties":{"templateFile":"One.template.json"}},
        "Two":{"type":"aws:cloudformation:stack","properties":{"templateFile":"Two.template.json"}}}}"#;
    let world = World::with(&[
        ("cdk.json", "{}"),
        ("cdk.out/manifest.json", manifest),
        ("cdk.out/One.template.json", TEMPLATE),
        ("cdk.out/Two.template.json", TEMPLATE),
        ("two.template.json", TEMPLATE),
    ]);
    let cloud = MemoryCloud::default();
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    let Seen::Drift { stacks, others, trouble: None } = job.look(Sight::Drift).await else { panic!() };
    assert_eq!((stacks.len(), others), (0, vec!["One".to_owned(), "Two".to_owned()]));
    assert!(cloud.calls().is_empty(), "each would take a minute: {:?}", cloud.calls());
    let target = Target { app: Some("two.template.json".into()), stack: Some("Two".into()), ..Target::default() };
    job.act(Command::Cloud(CloudAsk::Deploy(target))).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    // Two was spoken of last, and One can be looked at.
    let Seen::Drift { stacks, others, .. } = job.look(Sight::Drift).await else { panic!() };
    assert_eq!((stacks[0].0.as_str(), others), ("Two", vec!["One".to_owned()]));
    let Seen::Drift { stacks, others, trouble } = job.look(Sight::DriftOf("One".into())).await else { panic!() };
    assert_eq!((stacks[0].0.as_str(), others), ("One", vec!["Two".to_owned()]));
    assert_eq!(trouble.unwrap().brief, "failed", "it is not deployed");
    let Seen::Functions { stacks, others, .. } = job.look(Sight::FunctionsOf("One".into())).await else { panic!() };
    assert_eq!((stacks, others), (vec!["One".to_owned()], vec!["Two".to_owned()]));
}
