//! Roles with all their policies, what policies permit, and what Access Analyzer says of one.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    session::Session,
    signed::{ANALYZER, Request},
    stacks::absent,
};
use crate::{
    domain::cloud::{AnalyzerFinding, Role, Simulated},
    ports::cloud::{CloudError, CloudErrorKind},
};

/// More pages than any policy has findings.
const PAGES: usize = 20;

impl Session {
    pub(super) async fn role(&self, name: &str) -> Result<Option<Role>, CloudError> {
        // An ARN may have a path before the name.
        let name = name.rsplit('/').next().unwrap_or(name);
        let found = match self.iam.get_role().role_name(name).send().await {
            Ok(found) => found,
            Err(e) => return absent(self.why("iam:GetRole").of(e)),
        };
        let Some(role) = found.role else { return Ok(None) };
        let mut policies = Vec::new();
        let mut pages = self.iam.list_role_policies().role_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            for policy in page.map_err(|e| self.why("iam:ListRolePolicies").of(e))?.policy_names {
                let got = self.iam.get_role_policy().role_name(name).policy_name(&policy).send().await;
                let got = got.map_err(|e| self.why("iam:GetRolePolicy").of(e))?;
                policies.push((policy, decoded(&got.policy_document)));
            }
        }
        let mut pages = self.iam.list_attached_role_policies().role_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| self.why("iam:ListAttachedRolePolicies").of(e))?;
            for attached in page.attached_policies.unwrap_or_default() {
                let arn = attached.policy_arn.unwrap_or_default();
                policies.push((arn.clone(), self.managed(&arn).await?));
            }
        }
        Ok(Some(Role {
            name: role.role_name,
            arn: role.arn,
            trust: role.assume_role_policy_document.as_deref().map(decoded).unwrap_or_default(),
            policies,
            boundary: role.permissions_boundary.and_then(|b| b.permissions_boundary_arn),
        }))
    }

    async fn managed(&self, arn: &str) -> Result<String, CloudError> {
        let got = self.iam.get_policy().policy_arn(arn).send().await.map_err(|e| self.why("iam:GetPolicy").of(e))?;
        let version = got.policy.and_then(|p| p.default_version_id).unwrap_or_else(|| "v1".to_owned());
        let got = self.iam.get_policy_version().policy_arn(arn).version_id(version).send().await;
        let got = got.map_err(|e| self.why("iam:GetPolicyVersion").of(e))?;
        Ok(got.policy_version.and_then(|v| v.document).as_deref().map(decoded).unwrap_or_default())
    }

    pub(super) async fn simulate(
        &self,
        policies: &[String],
        actions: &[String],
        resources: &[String],
    ) -> Result<Vec<Simulated>, CloudError> {
        let mut pages = self
            .iam
            .simulate_custom_policy()
            .set_policy_input_list(Some(policies.to_vec()))
            .set_action_names(Some(actions.to_vec()))
            .set_resource_arns((!resources.is_empty()).then(|| resources.to_vec()))
            .into_paginator()
            .send();
        let mut all = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| self.why("iam:SimulateCustomPolicy").of(e))?;
            all.extend(page.evaluation_results.unwrap_or_default().into_iter().map(|r| Simulated {
                action: r.eval_action_name,
                resource: r.eval_resource_name.unwrap_or_else(|| "*".to_owned()),
                decision: r.eval_decision.as_str().to_owned(),
            }));
        }
        Ok(all)
    }

    pub(super) async fn analyze(&self, policy: &str) -> Result<Option<Vec<AnalyzerFinding>>, CloudError> {
        const CALL: &str = "access-analyzer:ValidatePolicy";
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            #[serde(default)]
            findings: Vec<Finding>,
            #[serde(default)]
            next_token: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[derive(Default)]
        struct Finding {
            finding_type: String,
            issue_code: String,
            finding_details: String,
            learn_more_link: String,
        }
        let kind = if names_a_principal(policy) { "RESOURCE_POLICY" } else { "IDENTITY_POLICY" };
        let (mut all, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES {
            let next = token.take().map(|t| format!("&nextToken={}", encoded(&t))).unwrap_or_default();
            let path = format!("/policy/validation?maxResults=100{next}");
            let body = json!({ "policyDocument": policy, "policyType": kind });
            let Some(page) = self.analyzer::<Page>(CALL, path, &body).await? else { return Ok(None) };
            all.extend(page.findings.into_iter().map(|f| AnalyzerFinding {
                kind: f.finding_type,
                code: f.issue_code,
                text: f.finding_details,
                link: f.learn_more_link,
            }));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        Ok(Some(all))
    }

    pub(super) async fn gains(&self, before: &str, after: &str) -> Result<Option<Vec<String>>, CloudError> {
        const CALL: &str = "access-analyzer:CheckNoNewAccess";
        #[derive(Deserialize)]
        struct Answer {
            result: String,
            #[serde(default)]
            message: String,
            #[serde(default)]
            reasons: Vec<Reason>,
        }
        #[derive(Deserialize)]
        struct Reason {
            #[serde(default)]
            description: String,
        }
        let kind = if names_a_principal(after) { "RESOURCE_POLICY" } else { "IDENTITY_POLICY" };
        let body = json!({ "existingPolicyDocument": before, "newPolicyDocument": after, "policyType": kind });
        let path = "/policy/check-no-new-access".to_owned();
        let Some(answer) = self.analyzer::<Answer>(CALL, path, &body).await? else { return Ok(None) };
        if answer.result == "PASS" {
            return Ok(Some(Vec::new()));
        }
        let described: Vec<String> =
            answer.reasons.into_iter().map(|r| r.description).filter(|d| !d.is_empty()).collect();
        Ok(Some(if described.is_empty() { vec![answer.message] } else { described }))
    }

    /// What Access Analyzer answers; nothing where the service does not exist and nobody knows the call.
    async fn analyzer<T: DeserializeOwned>(
        &self,
        call: &'static str,
        path: String,
        body: &Value,
    ) -> Result<Option<T>, CloudError> {
        let request = Request {
            service: &ANALYZER,
            call,
            method: "POST",
            path,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string().into_bytes(),
        };
        let answer = match self.signed.send_coded(&request).await {
            Ok(answer) => answer,
            Err((code, e)) if e.kind == CloudErrorKind::NotFound || is_unknown(&code) => return Ok(None),
            Err((_, e)) => return Err(e),
        };
        let read = serde_json::from_slice(&answer);
        read.map(Some).map_err(|e| self.why(call).say(CloudErrorKind::Other, &format!("unreadable answer: {e}")))
    }
}

fn is_unknown(code: &str) -> bool {
    ["UnknownOperation", "InvalidAction", "UnsupportedOperation", "NotImplemented", "NoSuchBucket"]
        .iter()
        .any(|known| code.starts_with(known))
}

/// A policy of a resource says who; one of an identity does not.
fn names_a_principal(policy: &str) -> bool {
    let value: Value = serde_json::from_str(policy).unwrap_or_default();
    let of_one = |s: &Value| s.get("Principal").is_some() || s.get("NotPrincipal").is_some();
    match value.get("Statement") {
        Some(Value::Array(all)) => all.iter().any(of_one),
        Some(one) => of_one(one),
        None => false,
    }
}

/// IAM hands out documents with `%22` for quotes.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|h| u8::from_str_radix(h, 16).ok());
        match code {
            Some(code) => {
                out.push(code);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encoded(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    text.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_as_they_were_written() {
        let document =
            r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}],"é":"100%"}"#;
        assert_eq!(decoded(&encoded(document)), document);
        assert_eq!(decoded("plain % é %zz"), "plain % é %zz");
        assert!(names_a_principal(document) && !names_a_principal(r#"{"Statement":{"Effect":"Allow"}}"#));
    }
}
