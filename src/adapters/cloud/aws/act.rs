//! What has an effect. Each begins with who we are now, and with what is there now: anything else
//! than was approved is refused, and nothing is sent.

use std::{env, time::Duration};

use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter};
use aws_sdk_lambda::types::{InvocationType, LogType};
use backon::{ExponentialBuilder, Retryable};
use tokio::time::Instant;

use super::{
    session::Session,
    signed::{Request, S3},
    stacks::{INLINE, absent},
};
use crate::{
    domain::{
        cloud::{
            Account, ChangeSet, Stack,
            action::{CloudAction, How, Performed, Preparation},
            remains::Remains,
        },
        digest::Digest,
        gate::Approved,
        prose,
        stack::nested,
    },
    ports::cloud::{CloudError, CloudErrorKind},
};

/// The most of a function's answer that is kept, in bytes.
const ANSWER: usize = 256 * 1024;

impl Session {
    /// `remains` is what goes with the stack that is to be deleted, read just now.
    pub(super) async fn perform(
        &self,
        action: Approved<CloudAction>,
        remains: Option<Remains>,
    ) -> Result<Performed, CloudError> {
        let (action, decision) = action.into_parts();
        self.still(action.account()).await?;
        // AWS takes a request of this name once, should it be sent by somebody again.
        let token = decision.digest.to_string();
        match action {
            CloudAction::Prepare(preparation) => self.prepare(&preparation, &token).await?,
            CloudAction::Deploy { set, .. } => self.deploy(&set, &token).await?,
            CloudAction::CancelUpdate { stack, .. } => {
                self.throttled(|| async {
                    let call = self.once.cfn.cancel_update_stack().stack_name(&stack).client_request_token(&token);
                    call.send().await.map(drop).map_err(|e| self.why("cloudformation:CancelUpdateStack").of(e))
                })
                .await?;
            }
            CloudAction::CancelCreate { id, .. } => self.cancel_create(&id, &token).await?,
            CloudAction::DropChangeSet { stack, change_set, .. } => {
                self.throttled(|| async {
                    let mut call = self.once.cfn.delete_change_set().change_set_name(&change_set);
                    if !change_set.starts_with("arn:") {
                        call = call.stack_name(&stack);
                    }
                    call.send().await.map(drop).map_err(|e| self.why("cloudformation:DeleteChangeSet").of(e))
                })
                .await?;
            }
            CloudAction::DeleteStack { stack, resources, becomes, unlisted, .. } => {
                let is_it = remains.is_some_and(|now| now.is(&resources, &becomes, unlisted));
                self.delete(&stack, is_it, &token).await?;
            }
            CloudAction::ContinueRollback { stack, .. } => {
                self.throttled(|| async {
                    let call = self.once.cfn.continue_update_rollback().stack_name(&stack).client_request_token(&token);
                    call.send().await.map(drop).map_err(|e| self.why("cloudformation:ContinueUpdateRollback").of(e))
                })
                .await?;
            }
            CloudAction::Invoke { function, payload, .. } => return self.invoke(&function, payload).await,
        }
        Ok(Performed::Accepted)
    }

    /// Who we are is still who it was approved for.
    async fn still(&self, approved: &Account) -> Result<(), CloudError> {
        let now = self.identity_now().await?;
        if now == *approved {
            return Ok(());
        }
        let tell = |a: &Account| format!("{} in account {}, {}", a.who(), a.id, a.region);
        let words = format!("approved for {}, but this is {}", tell(approved), tell(&now));
        Err(self.why("sts:GetCallerIdentity").say(CloudErrorKind::Moved, &words))
    }

    /// Sends again what AWS said it did not take.
    async fn throttled<F, Fut>(&self, send: F) -> Result<(), CloudError>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<(), CloudError>>,
    {
        let waits = ExponentialBuilder::default().with_min_delay(Duration::from_millis(500)).with_max_times(4);
        send.retry(waits).when(|e| e.kind == CloudErrorKind::Throttled).await
    }

    async fn prepare(&self, preparation: &Preparation, token: &str) -> Result<(), CloudError> {
        const CALL: &str = "cloudformation:CreateChangeSet";
        if let How::Cdk(_) = preparation.how {
            return Err(self
                .why(CALL)
                .say(CloudErrorKind::Invalid, "this change set is made by the project's CDK command"));
        }
        let there = self.stack(&preparation.stack).await?;
        let there: Option<Stack> = there.filter(|s| s.status != "REVIEW_IN_PROGRESS");
        let url = match preparation.template.len() > INLINE {
            true => Some(self.upload(preparation).await?),
            false => None,
        };
        let parameters = self.parameters(preparation, there.as_ref(), url.as_deref()).await?;
        self.make_room(preparation).await?;
        let capabilities = preparation.capabilities.iter().map(|c| Capability::from(c.as_str())).collect();
        self.throttled(|| async {
            let call = self
                .once
                .cfn
                .create_change_set()
                .stack_name(&preparation.stack)
                .change_set_name(&preparation.change_set)
                .change_set_type(if there.is_some() { ChangeSetType::Update } else { ChangeSetType::Create })
                .set_template_url(url.clone())
                .set_template_body(url.is_none().then(|| preparation.template.clone()))
                .set_parameters(Some(parameters.clone()))
                .set_capabilities(Some(Vec::clone(&capabilities)))
                .set_include_nested_stacks(nested::has_any(&preparation.template).then_some(true))
                .description(format!("kiro-tui, commit {}", preparation.commit))
                .client_token(token);
            call.send().await.map(drop).map_err(|e| self.why(CALL).of(e))
        })
        .await?;
        let mut wait = Duration::from_millis(200);
        // The caller's time limit ends this.
        loop {
            let call = self.cfn.describe_change_set().stack_name(&preparation.stack);
            let now = call.change_set_name(&preparation.change_set).send().await;
            let now = now.map_err(|e| self.why("cloudformation:DescribeChangeSet").of(e))?;
            match now.status.as_ref().map(aws_sdk_cloudformation::types::ChangeSetStatus::as_str) {
                Some("CREATE_PENDING" | "CREATE_IN_PROGRESS") => tokio::time::sleep(wait).await,
                Some(_) | None => return Ok(()),
            }
            wait = (wait * 2).min(Duration::from_secs(4));
        }
    }

    /// Takes away the change set of this name that AWS failed to make before, or that the stack outran: it
    /// cannot be executed, and is in the way of the next try.
    async fn make_room(&self, preparation: &Preparation) -> Result<(), CloudError> {
        const CALL: &str = "cloudformation:DeleteChangeSet";
        let (stack, name) = (&preparation.stack, &preparation.change_set);
        let status = || async {
            let found = self.cfn.describe_change_set().stack_name(stack).change_set_name(name).send().await;
            match found {
                Ok(found) => Ok(Some((found.status, found.execution_status))),
                Err(e) => absent(self.why("cloudformation:DescribeChangeSet").of(e)),
            }
        };
        let void = |(status, execution): &(_, _)| {
            *status == Some(ChangeSetStatus::Failed) || *execution == Some(ExecutionStatus::Obsolete)
        };
        if !status().await?.as_ref().is_some_and(void) {
            return Ok(());
        }
        self.throttled(|| async {
            let call = self.once.cfn.delete_change_set().stack_name(stack).change_set_name(name);
            call.send().await.map(drop).map_err(|e| self.why(CALL).of(e))
        })
        .await?;
        // The caller's time limit ends this.
        while status().await?.is_some() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }

    /// Those given, secret ones from the variables that were named; and of the stack's others, those that the new template still has keep their values.
    async fn parameters(
        &self,
        preparation: &Preparation,
        there: Option<&Stack>,
        url: Option<&str>,
    ) -> Result<Vec<Parameter>, CloudError> {
        let given = preparation.parameters.iter();
        let mut all: Vec<Parameter> =
            given.map(|(k, v)| Parameter::builder().parameter_key(k).parameter_value(v).build()).collect();
        for (name, variable) in &preparation.secrets {
            let Ok(value) = env::var(variable) else {
                let words = format!("the variable {variable}, which parameter {name} is taken from, is not set");
                return Err(self.why("cloudformation:CreateChangeSet").say(CloudErrorKind::Invalid, &words));
            };
            all.push(Parameter::builder().parameter_key(name).parameter_value(value).build());
        }
        let mut others: Vec<&String> = there.iter().flat_map(|s| &s.parameters).map(|(name, _)| name).collect();
        let given = || preparation.parameters.iter().chain(&preparation.secrets);
        others.retain(|name| !given().any(|(given, _)| given == *name));
        if others.is_empty() {
            return Ok(all);
        }
        let call = self.cfn.get_template_summary().set_template_url(url.map(str::to_owned));
        let call = call.set_template_body(url.is_none().then(|| preparation.template.clone()));
        let summary = call.send().await.map_err(|e| self.why("cloudformation:GetTemplateSummary").of(e))?;
        let declared: Vec<String> =
            summary.parameters.unwrap_or_default().into_iter().filter_map(|p| p.parameter_key).collect();
        all.extend(
            others
                .into_iter()
                .filter(|name| declared.contains(name))
                .map(|name| Parameter::builder().parameter_key(name).use_previous_value(true).build()),
        );
        Ok(all)
    }

    /// Puts the template where AWS can read it, named after its bytes.
    async fn upload(&self, preparation: &Preparation) -> Result<String, CloudError> {
        const CALL: &str = "s3:PutObject";
        let Some(bucket) = &preparation.bucket else {
            let words = format!(
                "the template has {} bytes; one of more than {INLINE} has to go through a bucket, and none was named",
                preparation.template.len()
            );
            return Err(self.why(CALL).say(CloudErrorKind::Invalid, &words));
        };
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if bucket.is_empty() || !bucket.chars().all(fine) || bucket.contains("..") {
            return Err(self.why(CALL).say(CloudErrorKind::Invalid, &format!("`{bucket}` is no bucket's name")));
        }
        let path = format!("/{bucket}/kiro-tui/{}.template", Digest::of(&preparation.template));
        let request = Request {
            service: &S3,
            call: CALL,
            method: "PUT",
            path: path.clone(),
            headers: vec![
                ("content-type", "text/plain; charset=utf-8".into()),
                // A bucket of that name in somebody else's account must not get it.
                ("x-amz-expected-bucket-owner", preparation.account.id.clone()),
            ],
            body: preparation.template.clone().into_bytes(),
        };
        self.signed.send(&request).await?;
        Ok(format!("{}{path}", self.signed.base(&S3)))
    }

    async fn deploy(&self, approved: &ChangeSet, token: &str) -> Result<(), CloudError> {
        const CALL: &str = "cloudformation:ExecuteChangeSet";
        let moved = |words: &str| Err(self.why(CALL).say(CloudErrorKind::Moved, words));
        let Some(now) = self.change_set(&approved.stack, &approved.id).await? else {
            return moved("the change set is not there any more");
        };
        if now != *approved {
            return moved(&format!("the change set is not what was approved: {}", difference(approved, &now)));
        }
        self.throttled(|| async {
            let call = self.once.cfn.execute_change_set().change_set_name(&approved.id).client_request_token(token);
            call.send().await.map(drop).map_err(|e| self.why(CALL).of(e))
        })
        .await
    }

    /// Deletes a stack whose creation is under way, and no other.
    async fn cancel_create(&self, id: &str, token: &str) -> Result<(), CloudError> {
        const CALL: &str = "cloudformation:DeleteStack";
        let why = || self.why(CALL);
        let Some(stack) = self.stack(id).await? else {
            return Err(why().say(CloudErrorKind::NotFound, &format!("there is no stack {id}")));
        };
        if stack.status != "CREATE_IN_PROGRESS" {
            let words = format!("{} is {}: its creation is not under way any more", stack.name, stack.status);
            return Err(why().say(CloudErrorKind::Moved, &words));
        }
        self.throttled(|| async {
            let call = self.once.cfn.delete_stack().stack_name(&stack.id).client_request_token(token);
            call.send().await.map(drop).map_err(|e| self.why(CALL).of(e))
        })
        .await
    }

    async fn delete(&self, name: &str, is_it: bool, token: &str) -> Result<(), CloudError> {
        const CALL: &str = "cloudformation:DeleteStack";
        let why = || self.why(CALL);
        let Some(stack) = self.stack(name).await? else {
            return Err(why().say(CloudErrorKind::NotFound, &format!("there is no stack {name}")));
        };
        if !stack.is_remains() {
            let words = format!("{name} is {}: only what a failed creation left is deleted here", stack.status);
            return Err(why().say(CloudErrorKind::Invalid, &words));
        }
        if stack.protected {
            return Err(why().say(CloudErrorKind::Moved, "the stack is protected from deletion now"));
        }
        if !is_it {
            let words = "the stack has other resources than were shown, or other things become of them";
            return Err(why().say(CloudErrorKind::Moved, words));
        }
        self.throttled(|| async {
            // By its id: another stack of the name is another stack.
            let call = self.once.cfn.delete_stack().stack_name(&stack.id).client_request_token(token);
            call.send().await.map(drop).map_err(|e| self.why(CALL).of(e))
        })
        .await
    }

    async fn invoke(&self, function: &str, payload: String) -> Result<Performed, CloudError> {
        let begun = Instant::now();
        let call = self.once.lambda.invoke().function_name(function).payload(payload.into_bytes().into());
        let call = call.invocation_type(InvocationType::RequestResponse).log_type(LogType::Tail);
        let answer = call.send().await.map_err(|e| self.why("lambda:InvokeFunction").of(e))?;
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let log = answer.log_result.and_then(|log| aws_smithy_types::base64::decode(log).ok()).unwrap_or_default();
        let bytes = answer.payload.map(aws_smithy_types::Blob::into_inner).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let kept = text.get(..text.floor_char_boundary(ANSWER)).unwrap_or_default();
        Ok(Performed::Answered {
            payload: prose::clean(kept).into_owned(),
            error: answer.function_error,
            log: prose::clean(&String::from_utf8_lossy(&log)).into_owned(),
            millis,
        })
    }
}

/// What differs, in a few words.
fn difference(was: &ChangeSet, now: &ChangeSet) -> String {
    let checks = [
        (was.account != now.account, "the account"),
        (was.id != now.id || was.stack_id != now.stack_id, "its id"),
        (was.status != now.status || was.execution != now.execution, "its status"),
        (was.changes != now.changes, "its changes"),
        (was.template != now.template, "its template"),
        (was.parameters != now.parameters, "its parameters"),
        (was.nested != now.nested, "a stack inside"),
    ];
    let named: Vec<&str> = checks.iter().filter(|(differs, _)| *differs).map(|(_, name)| *name).collect();
    if named.is_empty() { "its options".to_owned() } else { named.join(", ") }
}
