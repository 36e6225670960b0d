//! Apps of CDK: several stacks, stages, what they need of each other and of the account.

use super::*;

/// An app whose synthesis is a copy: what CDK would leave lies in `assembly`.
pub(super) fn app(files: &[(&str, &str)]) -> Option<World> {
    use std::os::unix::fs::PermissionsExt as _;
    if !std::process::Command::new("npx").arg("--version").output().is_ok_and(|out| out.status.success()) {
        println!("skipped: there is no npx here");
        return None;
    }
    let own = [(".gitignore", "node_modules\ncdk.out\n"), ("cdk.json", "{}")];
    let world = World::with(&[&own[..], files].concat());
    let bin = world.root().join("node_modules/.bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("cdk"), "#!/bin/sh\nrm -rf cdk.out && cp -r assembly cdk.out\n").unwrap();
    std::fs::set_permissions(bin.join("cdk"), std::fs::Permissions::from_mode(0o755)).unwrap();
    Some(world)
}

/// A manifest of stacks: id and what each needs.
pub(super) fn manifest(stacks: &[(&str, &str)], more: serde_json::Value) -> String {
    let mut artifacts = serde_json::Map::new();
    for (id, needs) in stacks {
        let file = id.replace('/', "");
        let dependencies = [needs.replace('/', ""), format!("{file}.assets")];
        artifacts.insert(
            file.clone(),
            json!({"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
                "properties": {"templateFile": format!("{file}.template.json"), "stackName": file},
                "dependencies": dependencies, "displayName": id}),
        );
        artifacts.insert(
            format!("{file}.assets"),
            json!({"type": "cdk:asset-manifest", "properties": {"file": format!("{file}.assets.json")}}),
        );
    }
    let mut all = json!({"version": "55.0.0", "artifacts": artifacts});
    for (name, value) in more.as_object().unwrap() {
        if name == "stage" {
            all["artifacts"]["Prod"] = value.clone();
        } else {
            all[name] = value.clone();
        }
    }
    all.to_string()
}

#[tokio::test]
async fn stacks_of_an_app_are_told_in_their_order_with_what_they_need() {
    let stage = json!({"stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}});
    let (root, prod) = (manifest(&[("Web", "Data"), ("Data", "")], stage), manifest(&[("Prod/Data", "")], json!({})));
    let asset = r#"{"files":{"c":{"source":{"path":"asset.c"}},"t":{"source":{"path":"Inner.nested.template.json"}}}}"#;
    let queue = |name: &str| format!(r#"{{"Resources":{{"{name}":{{"Type":"AWS::SQS::Queue"}}}}}}"#);
    let (web, data) = (queue("Web"), queue("Data"));
    let files = [
        ("assembly/manifest.json", root.as_str()),
        ("assembly/Web.template.json", &web),
        ("assembly/Web.assets.json", asset),
        ("assembly/asset.c/index.js", "0123456789"),
        ("assembly/Data.template.json", &data),
        ("assembly/Data.assets.json", "{}"),
        ("assembly/assembly-Prod/manifest.json", &prod),
        ("assembly/assembly-Prod/ProdData.template.json", &data),
        ("assembly/assembly-Prod/ProdData.assets.json", "{}"),
    ];
    let Some(world) = app(&files) else { return };
    let cloud = MemoryCloud::default();
    let mut job = world.start(opening(&cloud));
    let of = |stack: &str| Command::Cloud(CloudAsk::Deploy(Target { stack: Some(stack.into()), ..Target::default() }));
    job.act(Command::New(spec())).await;
    job.act(deploy()).await;
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("in this order: Data, Prod/Data, Web"), "{halt:?}");
    // Which there are is known now, and is offered at once.
    let offered = job.seen.iter().rev().find_map(|s| if let Seen::Apps(apps) = s { Some(apps.clone()) } else { None });
    assert_eq!(offered.unwrap()[0].stacks.len(), 3, "{:?}", job.seen);
    job.act(of("Web")).await;
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("Web needs stack Data first") && halt.remedy.contains("--stack Data"), "{halt:?}");
    // Into the account, by its template.
    let by_hand = Target { app: Some("assembly/Data.template.json".into()), ..Target::default() };
    job.act(Command::Cloud(CloudAsk::Deploy(Target { stack: Some("Data".into()), ..by_hand }))).await;
    job.yes().await;
    job.yes().await;
    assert_eq!(ended(&job).as_deref(), Some("CREATE_COMPLETE"), "{}", job.story());
    job.act(of("Web")).await;
    job.yes().await;
    let CloudAction::Prepare(p) = at_gate(&job).clone() else { panic!("{}", job.story()) };
    let assets: Vec<_> = p.assets.iter().map(|a| (a.path.as_str(), a.bytes)).collect();
    assert_eq!(assets, [("asset.c", 10)], "with its size, and without templates");
    let notes = job.state().cloud.at_gate.as_ref().unwrap().notes.clone();
    assert!(!notes.iter().any(|n| n.contains("otherwise")), "{notes:?}");
    let no = reject(job.state(), "");
    job.act(no).await;
    std::fs::write(world.root().join("assembly/Data.template.json"), queue("Other")).unwrap();
    world.git(&["commit", "-q", "-am", "Other data"]);
    job.act(of("Web")).await;
    job.yes().await;
    let notes = job.state().cloud.at_gate.as_ref().unwrap().notes.clone();
    assert!(notes.iter().any(|n| n.contains("stack Data, which it needs, is deployed otherwise")), "{notes:?}");
    let no = reject(job.state(), "");
    job.act(no).await;
    job.act(of("Prod/Data")).await;
    job.yes().await;
    let CloudAction::Prepare(p) = at_gate(&job) else { panic!("{}", job.story()) };
    assert_eq!(p.stack, "ProdData");
}

#[tokio::test]
async fn values_are_given_before_the_app_is_synthesised_and_are_recorded_after_it() {
    let template = r#"{"Parameters":{"Stage":{"Type":"String"},"Key":{"Type":"String","NoEcho":true}},
        "Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
    let text = manifest(&[("Web", "")], json!({}));
    let files = [
        ("assembly/manifest.json", text.as_str()),
        ("assembly/Web.template.json", template),
        ("assembly/Web.assets.json", "{}"),
    ];
    let Some(world) = app(&files) else { return };
    let cloud = MemoryCloud::default();
    let mut job = world.start(opening(&cloud));
    let with = |given: &[(&str, &str)]| {
        let parameters = given.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Command::Cloud(CloudAsk::Deploy(Target { parameters, ..Target::default() }))
    };
    let written = |job: &Job| serde_json::to_string(&*job.kept.0.lock().unwrap()).unwrap();
    job.act(Command::New(spec())).await;
    job.act(with(&[("Stage", "staging-7"), ("Key", "correct horse")])).await;
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("Key is secret (NoEcho)"), "{halt:?}");
    assert!(!written(&job).contains("correct horse"), "{}", written(&job));
    job.act(with(&[("Stage", "staging-7")])).await;
    assert_eq!(job.waits(), Some(Subject::Command), "{}", job.story());
    assert!(!written(&job).contains("staging-7"), "the template is not read yet");
    job.yes().await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("Key (String, secret)"), "{halt:?}");
}

#[tokio::test]
async fn context_that_is_missing_is_explained() {
    let missing = json!({"missing": [{"key": "vpc-provider:account=1", "provider": "vpc-provider", "props": {}}]});
    let text = manifest(&[("Look", "")], missing);
    let files = [("assembly/manifest.json", text.as_str()), ("assembly/Look.template.json", TEMPLATE)];
    let Some(world) = app(&files) else { return };
    // As the CDK command does where it has no credentials.
    let script = "#!/bin/sh\ncp -r assembly cdk.out\necho 'ERROR Need to perform AWS calls for account 1, but no \
                  credentials have been configured'\nexit 1\n";
    for fails in [true, false] {
        let cloud = MemoryCloud::default();
        if fails {
            std::fs::write(world.root().join("node_modules/.bin/cdk"), script).unwrap();
        } else {
            std::fs::write(world.root().join("node_modules/.bin/cdk"), "#!/bin/sh\ntrue\n").unwrap();
        }
        let world = &world;
        let mut job = world.start(opening(&cloud));
        job.act(if fails { Command::New(spec()) } else { Command::Open(spec().name) }).await;
        job.act(deploy()).await;
        job.yes().await;
        let halt = job.state().halt.clone().unwrap();
        assert!(halt.why.contains("a VPC (vpc-provider:account=1)"), "{halt:?}");
        assert!(halt.remedy.contains("cdk.context.json"), "{halt:?}");
        assert_eq!(job.waits(), None, "running it as the developer would not help");
        assert!(cloud.calls().is_empty(), "{:?}", cloud.calls());
        job.quit().await;
    }
}
