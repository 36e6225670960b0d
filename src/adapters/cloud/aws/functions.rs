//! Lambda functions and their logs. Values of environment variables are never taken over.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{
    session::Session,
    signed::{LOGS, Request},
    stacks::absent,
};
use crate::{
    domain::cloud::{Function, LogLine},
    ports::cloud::{CloudError, CloudErrorKind},
};

/// How many pages of a log are looked through for its newest lines.
const PAGES: usize = 40;

impl Session {
    /// A function, and the name of its log group.
    pub(super) async fn function(&self, name: &str) -> Result<Option<(Function, String)>, CloudError> {
        // Not GetFunction: its answer has a URL with which anybody could fetch the code.
        let found = match self.lambda.get_function_configuration().function_name(name).send().await {
            Ok(found) => found,
            Err(e) => return absent(self.why("lambda:GetFunctionConfiguration").of(e)),
        };
        let unsigned = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let mut environment: Vec<String> =
            found.environment.and_then(|e| e.variables).unwrap_or_default().into_keys().collect();
        environment.sort();
        let name = found.function_name.unwrap_or_default();
        let group = found.logging_config.and_then(|l| l.log_group).unwrap_or_else(|| format!("/aws/lambda/{name}"));
        let function = Function {
            name,
            arn: found.function_arn.unwrap_or_default(),
            runtime: found.runtime.map(|r| r.as_str().to_owned()).unwrap_or_default(),
            handler: found.handler.unwrap_or_default(),
            memory_mb: unsigned(found.memory_size),
            timeout_s: unsigned(found.timeout),
            code_bytes: u64::try_from(found.code_size).unwrap_or(0),
            environment,
            role: found.role.unwrap_or_default(),
            state: found.state.map(|s| s.as_str().to_owned()).unwrap_or_default(),
            changed: found.last_modified.unwrap_or_default(),
        };
        Ok(Some((function, group)))
    }

    pub(super) async fn logs(&self, function: &str, minutes: u32, limit: usize) -> Result<Vec<LogLine>, CloudError> {
        const CALL: &str = "logs:FilterLogEvents";
        let Some((_, group)) = self.function(function).await? else {
            let words = format!("there is no function {function}");
            return Err(self.why("lambda:GetFunctionConfiguration").say(CloudErrorKind::NotFound, &words));
        };
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            #[serde(default)]
            events: Vec<Event>,
            #[serde(default)]
            next_token: Option<String>,
        }
        #[derive(Deserialize)]
        struct Event {
            #[serde(default)]
            timestamp: i64,
            #[serde(default)]
            message: String,
        }
        let since = Timestamp::now().as_millisecond() - i64::from(minutes) * 60_000;
        let mut kept: VecDeque<LogLine> = VecDeque::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES {
            let mut body = json!({ "logGroupName": group, "startTime": since });
            if let (Some(token), Some(body)) = (token.take(), body.as_object_mut()) {
                body.insert("nextToken".into(), token.into());
            }
            let request = Request {
                service: &LOGS,
                call: CALL,
                method: "POST",
                path: "/".into(),
                headers: vec![
                    ("content-type", "application/x-amz-json-1.1".into()),
                    ("x-amz-target", "Logs_20140328.FilterLogEvents".into()),
                ],
                body: body.to_string().into_bytes(),
            };
            let answer = match self.signed.send(&request).await {
                Ok(answer) => answer,
                // A function that never ran has no log.
                Err(e) if e.kind == CloudErrorKind::NotFound => return Ok(Vec::new()),
                Err(e) => return Err(e),
            };
            let page: Page = serde_json::from_slice(&answer)
                .map_err(|e| self.why(CALL).say(CloudErrorKind::Other, &format!("unreadable answer: {e}")))?;
            for event in page.events {
                let at = Timestamp::from_millisecond(event.timestamp).unwrap_or_default();
                kept.push_back(LogLine { at, text: event.message.trim_end().to_owned() });
                // The oldest go: what a reader of a log is after is its end.
                if kept.len() > limit {
                    kept.pop_front();
                }
            }
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        Ok(kept.into())
    }
}
