//! Accounts to try the contract on, and the way through the gate.

use std::{
    env,
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
};

use jiff::Timestamp;
use kiro_tui::{
    adapters::cloud::MemoryCloud,
    domain::{
        cloud::{
            Account, ChangeSet, Stack, StackEvent,
            action::{CloudAction, How, Performed, Preparation},
        },
        gate::{Approved, Decision, Identity, Shown, Verdict, Via, judge},
    },
    ports::cloud::{Cloud, CloudError},
};
use serde_json::{Value, json};

/// The variable that says that an emulator listens there.
pub const ENDPOINT: &str = "KIRO_TUI_TEST_CLOUD_ENDPOINT";

pub struct World {
    pub cloud: Box<dyn Cloud>,
    /// For what has to be arranged there by other means.
    pub memory: Option<MemoryCloud>,
}

/// The test on every account there is.
pub fn each<Fut: Future<Output = ()>>(test: impl Fn(World) -> Fut) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let memory = MemoryCloud::default();
    runtime.block_on(test(World { cloud: Box::new(memory.clone()), memory: Some(memory) }));
    #[cfg(feature = "aws")]
    if let Ok(endpoint) = env::var(ENDPOINT) {
        let cloud = kiro_tui::adapters::cloud::AwsCloud::new(Default::default(), Some(endpoint));
        runtime.block_on(test(World { cloud: Box::new(cloud), memory: None }));
    }
    let _ = env::var(ENDPOINT);
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// A name that no other test has.
pub fn fresh(what: &str) -> String {
    format!("{what}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A yes to exactly this.
pub fn approved(action: CloudAction) -> Approved<CloudAction> {
    let shown = Shown::new(action);
    let by = Identity { name: "Ada".into(), email: "ada@example.org".into() };
    let decision = Decision {
        subject: kiro_tui::domain::gate::Subject::Cloud,
        digest: shown.digest(),
        verdict: Verdict::Approve,
        by,
        at: Timestamp::UNIX_EPOCH,
        via: Via::Keyboard,
    };
    judge(shown, decision).unwrap()
}

/// A template of a bucket and a role, with what the tests vary.
pub fn template(bucket: &str, actions: &[&str]) -> Value {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions,
        "Resource": "arn:aws:s3:::photos/*"}]});
    json!({
        "Parameters": {"Stage": {"Type": "String"}},
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}},
            "Role": {"Type": "AWS::IAM::Role", "Properties": {
                "RoleName": format!("{bucket}-role"),
                "AssumeRolePolicyDocument": trust,
                "Policies": [{"PolicyName": "own", "PolicyDocument": policy}]}}
        },
        "Outputs": {"BucketName": {"Value": {"Ref": "Bucket"}}, "StageIs": {"Value": {"Ref": "Stage"}}}
    })
}

impl World {
    pub async fn account(&self) -> Account {
        self.cloud.identity().await.unwrap()
    }

    pub async fn preparation(&self, stack: &str, set: &str, template: &Value) -> Preparation {
        Preparation {
            account: self.account().await,
            stack: stack.to_owned(),
            change_set: set.to_owned(),
            template: template.to_string(),
            bucket: None,
            parameters: vec![("Stage".into(), "test".into())],
            secrets: Vec::new(),
            capabilities: vec!["CAPABILITY_NAMED_IAM".into()],
            assets: Vec::new(),
            commit: "0123abcd".into(),
            how: How::Template,
        }
    }

    pub async fn perform(&self, action: CloudAction) -> Result<Performed, CloudError> {
        self.cloud.perform(approved(action)).await
    }

    /// Makes a change set and describes it.
    pub async fn prepare(&self, preparation: Preparation) -> Result<ChangeSet, CloudError> {
        let (stack, set) = (preparation.stack.clone(), preparation.change_set.clone());
        self.perform(CloudAction::Prepare(Box::new(preparation))).await?;
        Ok(self.cloud.change_set(&stack, &set).await?.expect("the change set was made"))
    }

    pub async fn deploy(&self, set: ChangeSet) -> Result<Performed, CloudError> {
        self.perform(CloudAction::Deploy { set: Box::new(set), commit: "0123abcd".into() }).await
    }

    /// Waits until nothing is under way; gives the stack and all its events.
    pub async fn settled(&self, stack: &str) -> (Stack, Vec<StackEvent>) {
        for _ in 0..600 {
            let events = self.cloud.events(stack, None).await.unwrap();
            let now = self.cloud.stack(stack).await.unwrap().expect("the stack is there");
            if !now.status.ends_with("IN_PROGRESS") {
                return (now, events);
            }
            tokio::task::yield_now().await;
        }
        panic!("the stack {stack} does not settle");
    }

    /// A stack that is there.
    pub async fn deployed(&self, stack: &str, template: &Value) -> Stack {
        let set = self.prepare(self.preparation(stack, "first", template).await).await.unwrap();
        self.deploy(set).await.unwrap();
        self.settled(stack).await.0
    }
}
