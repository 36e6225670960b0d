//! What every implementation of the cloud port does.

use kiro_tui::{
    domain::{
        cloud::{
            Account, Replacement, SetAction,
            action::{CloudAction, How, Performed},
            failure::{Failure, FoundBy, leaves_open},
            progress::reasons,
            remains::{Becomes, Left, Remains},
        },
        command::{CommandLine, Confinement},
    },
    ports::cloud::CloudErrorKind,
};
use serde_json::json;

use crate::support::{World, each, fresh, template};

#[test]
fn the_identity_is_remembered_and_forgotten_by_a_switch() {
    each(|world| async move {
        let first = world.account().await;
        assert!(first.id.len() == 12 && first.arn.contains(&first.id) && !first.region.is_empty(), "{first:?}");
        assert_eq!(world.account().await, first);
        let mut place = world.cloud.place();
        place.region = Some("eu-west-1".into());
        world.cloud.switch(place.clone());
        assert_eq!(world.cloud.place(), place);
        assert_eq!(world.account().await.region, "eu-west-1");
        assert!(!world.cloud.is_off());
    });
}

#[test]
fn what_is_not_there_is_said_to_be_not_there() {
    each(|World { cloud, .. }| async move {
        assert_eq!(cloud.stack("no-such-stack").await, Ok(None));
        assert_eq!(cloud.template("no-such-stack").await, Ok(None));
        assert_eq!(cloud.change_set("no-such-stack", "none").await, Ok(None));
        assert_eq!(cloud.function("no-such-function").await, Ok(None));
        assert_eq!(cloud.role("no-such-role").await, Ok(None));
        let missing = [
            cloud.resources("no-such-stack").await.unwrap_err(),
            cloud.events("no-such-stack", None).await.unwrap_err(),
            cloud.drift("no-such-stack").await.unwrap_err(),
            cloud.logs("no-such-function", 5, 10).await.unwrap_err(),
        ];
        for error in missing {
            assert_eq!(error.kind, CloudErrorKind::NotFound, "{error:?}");
            assert!(!error.remedy.is_empty() && !error.message.contains('\n'), "{error:?}");
        }
    });
}

#[test]
fn a_stack_is_made_from_a_change_set_and_followed_by_its_events() {
    each(|world| async move {
        let (stack, bucket) = (fresh("made"), fresh("made-bucket"));
        let text = template(&bucket, &["s3:GetObject"]);
        let set = world.prepare(world.preparation(&stack, "first", &text).await).await.unwrap();
        assert!(set.creates && set.execution == "AVAILABLE", "{set:?}");
        assert_eq!((set.stack.as_str(), set.name.as_str()), (stack.as_str(), "first"));
        assert_eq!(set.template, text.to_string());
        assert_eq!(set.parameters, [("Stage".to_owned(), "test".to_owned())]);
        let added: Vec<_> = set.changes.iter().map(|c| (c.id.as_str(), c.kind.as_str(), c.action)).collect();
        assert_eq!(added, [("Bucket", "AWS::S3::Bucket", SetAction::Add), ("Role", "AWS::IAM::Role", SetAction::Add)]);
        let again = world.cloud.change_set(&set.stack_id, &set.id).await.unwrap().unwrap();
        assert_eq!(again, set, "described the same by its id");
        assert_eq!(world.cloud.stack(&stack).await.unwrap().unwrap().status, "REVIEW_IN_PROGRESS");

        assert_eq!(world.deploy(set).await, Ok(Performed::Accepted));
        let (now, events) = world.settled(&stack).await;
        assert_eq!(now.status, "CREATE_COMPLETE");
        assert!(now.outputs.contains(&("BucketName".into(), bucket.clone())), "{:?}", now.outputs);
        assert!(now.parameters.contains(&("Stage".into(), "test".into())));
        let done = |id: &str| events.iter().position(|e| e.resource == id && e.status == "CREATE_COMPLETE");
        assert!(done("Bucket") < done(&stack) && done("Role") < done(&stack) && done("Bucket").is_some());
        assert!(events.is_sorted_by_key(|e| e.at), "oldest first");
        let after = world.cloud.events(&stack, Some(&events[1].id)).await.unwrap();
        assert_eq!(after, events[2..]);
        let last = &events.last().unwrap().id;
        assert_eq!(world.cloud.events(&stack, Some(last)).await.unwrap(), []);
        let resources = world.cloud.resources(&now.id).await.unwrap();
        let mut ids: Vec<_> = resources.iter().map(|r| (r.id.as_str(), r.kind.as_str())).collect();
        ids.sort_unstable();
        assert_eq!(ids, [("Bucket", "AWS::S3::Bucket"), ("Role", "AWS::IAM::Role")]);
        assert!(resources.iter().any(|r| r.physical == bucket));
        assert_eq!(world.cloud.template(&stack).await.unwrap(), Some(text.to_string()));
    });
}

#[test]
fn an_update_tells_what_is_replaced_and_why_and_keeps_parameters() {
    each(|world| async move {
        let (stack, bucket) = (fresh("update"), fresh("update-bucket"));
        world.deployed(&stack, &template(&bucket, &["s3:GetObject"])).await;
        let mut next = template(&bucket, &["s3:*"]);
        next["Resources"]["Bucket"]["Properties"]["BucketName"] = fresh("other-bucket").into();
        let mut preparation = world.preparation(&stack, "second", &next).await;
        // Not given: it keeps its value.
        preparation.parameters.clear();
        let set = world.prepare(preparation).await.unwrap();
        assert!(!set.creates);
        let change = |id: &str| set.changes.iter().find(|c| c.id == id).unwrap();
        let bucket = change("Bucket");
        // Which of the two, AWS and its emulator do not agree on.
        assert!(bucket.action == SetAction::Modify && bucket.replacement >= Replacement::Maybe, "{bucket:?}");
        assert!(bucket.details.iter().any(|d| d.name.contains("BucketName") && d.recreation != "Never"), "{bucket:?}");
        let role = change("Role");
        assert_eq!((role.action, role.replacement), (SetAction::Modify, Replacement::No), "{role:?}");
        assert!(role.details.iter().any(|d| d.name.contains("Policies")), "{role:?}");
        world.deploy(set).await.unwrap();
        let (now, _) = world.settled(&stack).await;
        assert_eq!(now.status, "UPDATE_COMPLETE");
        assert!(now.parameters.contains(&("Stage".into(), "test".into())), "{:?}", now.parameters);
    });
}

#[test]
fn a_change_set_without_changes_says_so() {
    each(|world| async move {
        let (stack, text) = (fresh("same"), template(&fresh("same-bucket"), &["s3:GetObject"]));
        world.deployed(&stack, &text).await;
        let set = world.prepare(world.preparation(&stack, "again", &text).await).await.unwrap();
        assert_eq!(set.status, "FAILED");
        assert!(set.reason.as_deref().unwrap().contains("didn't contain changes"), "{:?}", set.reason);
        assert!(world.deploy(set).await.is_err());
    });
}

#[test]
fn what_moved_since_it_was_shown_is_not_executed() {
    each(|world| async move {
        let stack = fresh("moved");
        let first = template(&fresh("moved-bucket"), &["s3:GetObject"]);
        let shown = world.prepare(world.preparation(&stack, "set", &first).await).await.unwrap();
        // Somebody makes another one of the same name.
        let (account, change_set) = (world.account().await, "set".to_owned());
        world.perform(CloudAction::DropChangeSet { account, stack: stack.clone(), change_set }).await.unwrap();
        assert_eq!(world.cloud.change_set(&stack, "set").await, Ok(None));
        let wider = template(&fresh("moved-bucket"), &["s3:*"]);
        let now = world.prepare(world.preparation(&stack, "set", &wider).await).await.unwrap();
        assert_ne!(now, shown);
        let refused = world.deploy(shown.clone()).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Moved, "{refused:?}");
        // The same id with other contents, as a forged record might have it.
        let mut forged = now.clone();
        forged.changes.pop();
        assert_eq!(world.deploy(forged).await.unwrap_err().kind, CloudErrorKind::Moved);
        assert_eq!(world.cloud.stack(&stack).await.unwrap().unwrap().status, "REVIEW_IN_PROGRESS");
        world.deploy(now).await.unwrap();
        assert_eq!(world.settled(&stack).await.0.status, "CREATE_COMPLETE");
    });
}

#[test]
fn what_was_approved_for_another_account_or_region_is_not_done() {
    each(|world| async move {
        let stack = fresh("elsewhere");
        let text = template(&fresh("elsewhere-bucket"), &["s3:GetObject"]);
        for change in 0..2 {
            let mut preparation = world.preparation(&stack, "set", &text).await;
            match change {
                0 => preparation.account.id = "999999999999".into(),
                _ => preparation.account.region = "ap-south-1".into(),
            }
            let refused = world.perform(CloudAction::Prepare(Box::new(preparation))).await.unwrap_err();
            assert_eq!(refused.kind, CloudErrorKind::Moved, "{refused:?}");
        }
        let set = world.prepare(world.preparation(&stack, "set", &text).await).await.unwrap();
        let mut place = world.cloud.place();
        place.region = Some("eu-west-1".into());
        world.cloud.switch(place);
        let refused = world.deploy(set).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Moved, "{refused:?}");
    });
}

#[test]
fn a_failure_rolls_back_and_only_its_remains_can_be_deleted() {
    each(|world| async move {
        let stack = fresh("fails");
        let mut text = template(&fresh("fails-bucket"), &["s3:GetObject"]);
        // A function that is not there.
        text["Resources"]["Url"] = json!({"Type": "AWS::Lambda::Url", "DependsOn": "Bucket", "Properties": {
            "TargetFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:no-such", "AuthType": "NONE"}});
        if let Some(memory) = &world.memory {
            memory.failing("Url", "there is no such function");
        }
        let set = world.prepare(world.preparation(&stack, "set", &text).await).await.unwrap();
        world.deploy(set).await.unwrap();
        let (now, events) = world.settled(&stack).await;
        assert_eq!(now.status, "ROLLBACK_COMPLETE");
        let failed = events.iter().find(|e| e.status == "CREATE_FAILED" && e.resource == "Url").unwrap();
        assert!(failed.reason.as_deref().is_some_and(|r| !r.is_empty()), "{failed:?}");
        assert!(events.iter().any(|e| e.resource == "Bucket" && e.status == "DELETE_COMPLETE"));

        let account = world.account().await;
        let delete = |left: &Remains| deletion(&account, &stack, left);
        let other =
            Left { id: "X".into(), kind: "AWS::S3::Bucket".into(), physical: "x".into(), becomes: Becomes::Deleted };
        let others = Remains { left: vec![other], ..Remains::default() };
        assert_eq!(world.perform(delete(&others)).await.unwrap_err().kind, CloudErrorKind::Moved);
        let left = world.cloud.remains(&stack).await.unwrap();
        assert!(!left.unlisted && left.notes.is_empty(), "{left:?}");
        world.perform(delete(&left)).await.unwrap();
        let gone = world.cloud.stack(&stack).await.unwrap();
        assert!(gone.is_none_or(|s| s.status.starts_with("DELETE_")));
    });
}

#[test]
fn what_is_found_wrong_before_anything_is_made_is_told_apart_from_the_events() {
    each(|world| async move {
        let taken = fresh("taken-bucket");
        world.deployed(&fresh("taken"), &template(&taken, &["s3:GetObject"])).await;
        let stack = fresh("conflict");
        let text = json!({"Resources": {"Copy": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": taken}}}});
        if let Some(memory) = &world.memory {
            let found = Failure {
                resource: "Copy".into(),
                kind: "AWS::S3::Bucket".into(),
                by: FoundBy::Validation("NAME_CONFLICT_VALIDATION".into()),
                path: "/Resources/Copy".into(),
                text: "the name is taken".into(),
                warns: false,
            };
            memory.is_wrong(found, true);
        }
        let mut preparation = world.preparation(&stack, "set", &text).await;
        preparation.parameters.clear();
        let set = world.prepare(preparation).await.unwrap();
        world.deploy(set).await.unwrap();
        let (now, events) = world.settled(&stack).await;
        assert_eq!(now.status, "ROLLBACK_COMPLETE");
        assert!(leaves_open(&reasons(&events)), "{events:?}");
        let found = world.cloud.failures(&stack, None, events[0].at).await.unwrap().unwrap();
        let copy = found.iter().find(|f| f.resource == "Copy").unwrap();
        assert_eq!(copy.by, FoundBy::Validation("NAME_CONFLICT_VALIDATION".into()), "{found:?}");
        assert!(copy.path.starts_with("/Resources/Copy") && !copy.text.is_empty() && !copy.warns, "{copy:?}");
        // Of what came later nothing is told.
        let later = events.last().unwrap().at + jiff::SignedDuration::from_hours(1);
        assert_eq!(world.cloud.failures(&stack, None, later).await, Ok(Some(Vec::new())));
        let gone = world.cloud.failures(&fresh("nowhere"), None, later).await.unwrap_err();
        assert_eq!(gone.kind, CloudErrorKind::NotFound);
    });
}

fn deletion(account: &Account, stack: &str, left: &Remains) -> CloudAction {
    let (resources, becomes, unlisted) = (left.resources(), left.becomes(), left.unlisted);
    CloudAction::DeleteStack { account: account.clone(), stack: stack.to_owned(), resources, becomes, unlisted }
}

#[test]
fn what_goes_with_a_stack_and_what_stays_is_read_from_its_template() {
    each(|world| async move {
        let stack = fresh("leaves");
        let mut text = template(&fresh("leaves-bucket"), &["s3:GetObject"]);
        text["Resources"]["Bucket"]["DeletionPolicy"] = json!("Retain");
        world.deployed(&stack, &text).await;
        let left = world.cloud.remains(&stack).await.unwrap();
        let told: Vec<_> = left.left.iter().map(|l| (l.id.as_str(), l.kind.as_str(), l.becomes)).collect();
        let want = [("Bucket", "AWS::S3::Bucket", Becomes::Retained), ("Role", "AWS::IAM::Role", Becomes::Deleted)];
        assert_eq!((told, left.unlisted), (want.to_vec(), false));
        assert!(left.left.iter().all(|l| !l.physical.is_empty()) && left.notes.is_empty(), "{left:?}");
        assert_eq!(world.cloud.remains(&fresh("nowhere")).await.unwrap_err().kind, CloudErrorKind::NotFound);
    });
}

/// A bucket, and something that waits for a signal from outside.
fn waiting(bucket: &str) -> serde_json::Value {
    json!({"Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}},
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": "Bucket",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600"}}}})
}

#[test]
fn a_creation_that_goes_on_is_stopped_by_its_id_and_known_by_it_afterwards() {
    each(|world| async move {
        if let Some(memory) = &world.memory {
            memory.pace(1);
        }
        let stack = fresh("stopped");
        let mut preparation = world.preparation(&stack, "set", &waiting(&fresh("stopped-bucket"))).await;
        preparation.parameters.clear();
        let set = world.prepare(preparation).await.unwrap();
        let (account, id) = (set.account.clone(), set.stack_id.clone());
        let stop =
            |id: &str| CloudAction::CancelCreate { account: account.clone(), stack: stack.clone(), id: id.into() };
        assert_eq!(world.perform(stop(&id)).await.unwrap_err().kind, CloudErrorKind::Moved, "nothing goes on yet");
        world.deploy(set).await.unwrap();
        let bucket = |e: &kiro_tui::domain::cloud::StackEvent| e.resource == "Bucket" && e.status == "CREATE_COMPLETE";
        while !world.cloud.events(&id, None).await.unwrap().iter().any(bucket) {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.cloud.stack(&stack).await.unwrap().unwrap().status, "CREATE_IN_PROGRESS");
        world.perform(stop(&id)).await.unwrap();
        let own = |e: &kiro_tui::domain::cloud::StackEvent| e.physical == id && e.status == "DELETE_COMPLETE";
        while !world.cloud.events(&id, None).await.unwrap().iter().any(own) {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.cloud.stack(&stack).await, Ok(None), "its name is free");
        assert_eq!(world.cloud.stack(&id).await.unwrap().unwrap().status, "DELETE_COMPLETE");
        assert_eq!(world.perform(stop(&id)).await.unwrap_err().kind, CloudErrorKind::Moved);
    });
}

#[test]
fn a_change_set_that_could_not_be_made_is_not_in_the_way_of_the_next() {
    each(|world| async move {
        let (stack, text) = (fresh("retried"), template(&fresh("retried-bucket"), &["s3:GetObject"]));
        world.deployed(&stack, &text).await;
        let failed = world.prepare(world.preparation(&stack, "set", &text).await).await.unwrap();
        assert_eq!(failed.status, "FAILED");
        let wider = template(&fresh("retried-bucket"), &["s3:*"]);
        let set = world.prepare(world.preparation(&stack, "set", &wider).await).await.unwrap();
        assert_eq!(set.execution, "AVAILABLE", "{set:?}");
        assert_ne!(set.id, failed.id);
    });
}

#[test]
fn secret_parameters_come_from_a_variable_and_are_not_read_back() {
    each(|world| async move {
        let stack = fresh("secret");
        let mut text = template(&fresh("secret-bucket"), &["s3:GetObject"]);
        text["Parameters"]["Password"] = json!({"Type": "String", "NoEcho": true});
        let mut preparation = world.preparation(&stack, "set", &text).await;
        // Set wherever tests run.
        preparation.secrets = vec![("Password".into(), "PATH".into())];
        let set = world.prepare(preparation.clone()).await.unwrap();
        let hidden = ("Password".to_owned(), "****".to_owned());
        assert!(set.parameters.contains(&hidden), "{:?}", set.parameters);
        world.deploy(set).await.unwrap();
        let now = world.settled(&stack).await.0;
        assert!(now.parameters.contains(&hidden), "{:?}", now.parameters);
        if world.memory.is_none() {
            preparation.change_set = "other".into();
            preparation.secrets = vec![("Password".into(), "NO_SUCH_VARIABLE_HERE".into())];
            let error = world.prepare(preparation).await.unwrap_err();
            assert!(error.message.contains("NO_SUCH_VARIABLE_HERE"), "{error:?}");
        }
    });
}

#[test]
fn a_stack_in_use_is_not_deleted() {
    each(|world| async move {
        let stack = fresh("kept");
        world.deployed(&stack, &template(&fresh("kept-bucket"), &["s3:GetObject"])).await;
        let account = world.account().await;
        let action = deletion(&account, &stack, &world.cloud.remains(&stack).await.unwrap());
        assert_eq!(world.perform(action).await.unwrap_err().kind, CloudErrorKind::Invalid);
        assert_eq!(world.cloud.stack(&stack).await.unwrap().unwrap().status, "CREATE_COMPLETE");
        let cancel = CloudAction::CancelUpdate { account: account.clone(), stack: stack.clone() };
        assert_eq!(world.perform(cancel).await.unwrap_err().kind, CloudErrorKind::Invalid, "nothing is under way");
        let on = CloudAction::ContinueRollback { account, stack };
        assert_eq!(world.perform(on).await.unwrap_err().kind, CloudErrorKind::Invalid);
    });
}

#[test]
fn a_template_that_is_too_large_goes_through_a_bucket() {
    each(|world| async move {
        let (stack, bucket) = (fresh("large"), fresh("templates"));
        world.deployed(&fresh("holder"), &template(&bucket, &["s3:GetObject"])).await;
        let mut text = template(&fresh("large-bucket"), &["s3:GetObject"]);
        text["Metadata"] = json!({ "Padding": "x".repeat(60_000) });
        let mut preparation = world.preparation(&stack, "set", &text).await;
        let refused = world.prepare(preparation.clone()).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Invalid, "{refused:?}");
        assert!(refused.message.contains("bucket"), "{refused:?}");
        preparation.bucket = Some(bucket);
        let set = world.prepare(preparation).await.unwrap();
        assert_eq!(set.template, text.to_string());
        world.deploy(set).await.unwrap();
        assert_eq!(world.settled(&stack).await.0.status, "CREATE_COMPLETE");
    });
}

#[test]
fn what_the_shell_runs_is_not_done_here() {
    each(|world| async move {
        let mut preparation =
            world.preparation(&fresh("cdk"), "set", &template(&fresh("cdk-bucket"), &["s3:GetObject"])).await;
        let line = CommandLine { text: "npx cdk deploy".into(), timeout_s: 60, confinement: Confinement::Sandboxed };
        preparation.how = How::Cdk(line);
        let refused = world.perform(CloudAction::Prepare(Box::new(preparation))).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Invalid);
    });
}

#[test]
fn functions_are_listed_called_and_their_logs_read_without_their_secrets() {
    each(|world| async move {
        let (stack, name) = (fresh("fn"), fresh("fn-name"));
        let mut text = template(&fresh("fn-bucket"), &["s3:GetObject"]);
        let code = "def handler(event, context):\n    print('seen', event['n'])\n    return {'n': event['n'] + 1}\n";
        text["Resources"]["Function"] = json!({"Type": "AWS::Lambda::Function", "DependsOn": "Role", "Properties": {
            "FunctionName": name, "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": code},
            "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "MemorySize": 256, "Timeout": 7,
            "Environment": {"Variables": {"SECRET": "hunter2hunter2", "STAGE": "test"}}}});
        world.deployed(&stack, &text).await;
        let functions = world.cloud.functions(&stack).await.unwrap();
        assert_eq!(functions.len(), 1);
        let function = &functions[0];
        assert_eq!((function.name.as_str(), function.runtime.as_str()), (name.as_str(), "python3.12"));
        assert_eq!((function.memory_mb, function.timeout_s), (256, 7));
        assert_eq!(function.environment, ["SECRET", "STAGE"]);
        assert!(function.code_bytes > 0 && !function.changed.is_empty());
        assert!(!format!("{function:?}").contains("hunter2"));
        assert_eq!(world.cloud.function(&function.arn).await.unwrap().as_ref(), Some(function));

        if let Some(memory) = &world.memory {
            memory.answers(&name, r#"{"n": 42}"#, None);
            memory.logged(&name, "seen 41");
        }
        let account = world.account().await;
        let invoke = CloudAction::Invoke { account, function: name.clone(), payload: r#"{"n": 41}"#.into() };
        let Ok(Performed::Answered { payload, error, log, .. }) = world.perform(invoke).await else { panic!() };
        let answer: serde_json::Value = serde_json::from_str(&payload).unwrap();
        assert_eq!((answer["n"].as_i64(), error), (Some(42), None));
        assert!(!log.is_empty());
        let lines = world.cloud.logs(&name, 60, 100).await.unwrap();
        assert!(lines.iter().any(|l| l.text.contains("seen 41")), "{lines:?}");
        let last = world.cloud.logs(&name, 60, 1).await.unwrap();
        assert_eq!(last.as_slice(), &lines[lines.len() - 1..], "the newest are kept");
    });
}

#[test]
fn a_role_is_read_with_who_may_take_it_and_what_it_may() {
    each(|world| async move {
        let bucket = fresh("role-bucket");
        world.deployed(&fresh("role"), &template(&bucket, &["s3:GetObject"])).await;
        let role = world.cloud.role(&format!("{bucket}-role")).await.unwrap().unwrap();
        let trust: serde_json::Value = serde_json::from_str(&role.trust).unwrap();
        assert_eq!(trust["Statement"][0]["Principal"]["Service"], "lambda.amazonaws.com");
        assert_eq!(role.policies.len(), 1);
        assert_eq!(role.policies[0].0, "own");
        let policy: serde_json::Value = serde_json::from_str(&role.policies[0].1).unwrap();
        assert_eq!(policy["Statement"][0]["Action"][0], "s3:GetObject");
        assert_eq!(world.cloud.role(&role.arn).await.unwrap(), Some(role));
    });
}

#[test]
fn templates_are_validated() {
    each(|World { cloud, .. }| async move {
        let good = cloud.validate(&template("some-bucket", &["s3:GetObject"]).to_string()).await.unwrap();
        assert!(good.parameters.iter().any(|(name, ..)| name == "Stage"), "{good:?}");
        assert!(good.capabilities.iter().any(|c| c.starts_with("CAPABILITY_")), "{good:?}");
        let bad = r#"{"Resources": {"X": {"Type": "Nonsense::Not::There"}}}"#;
        let error = cloud.validate(bad).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Invalid, "{error:?}");
    });
}

#[test]
fn policies_are_simulated() {
    each(|World { cloud, .. }| async move {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::photos/*"},
            {"Effect": "Deny", "Action": "s3:GetBucketPolicy", "Resource": "*"}]});
        let actions = ["s3:GetObject", "s3:PutObject", "s3:GetBucketPolicy"].map(str::to_owned);
        let resources = ["arn:aws:s3:::photos/a".to_owned()];
        let all = cloud.simulate(&[policy.to_string()], &actions, &resources).await.unwrap();
        let decisions: Vec<_> = all.iter().map(|s| (s.action.as_str(), s.decision.as_str())).collect();
        assert_eq!(
            decisions,
            [("s3:GetObject", "allowed"), ("s3:PutObject", "implicitDeny"), ("s3:GetBucketPolicy", "explicitDeny")]
        );
    });
}

#[test]
fn a_stack_that_nobody_touched_has_not_drifted() {
    each(|world| async move {
        let stack = fresh("still");
        world.deployed(&stack, &template(&fresh("still-bucket"), &["s3:GetObject"])).await;
        let drifts = world.cloud.drift(&stack).await.unwrap();
        assert_eq!(drifts.len(), 2);
        for drift in drifts {
            assert!(matches!(drift.status.as_str(), "IN_SYNC" | "NOT_CHECKED"), "{drift:?}");
        }
    });
}
