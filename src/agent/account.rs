//! The model's tools for the account: they read, and that is all there is.
//!
//! Each is one of [`Look`]'s few kinds, and every kind is answered by reading methods of the port;
//! nothing here has an approval, so nothing here can change an account. They exist in specs with AWS
//! on and a port that is not off. A permission rule for `cloud` that denies or asks about one of the
//! operations behind a tool refuses it: a model's look at an account is not worth waking somebody, and
//! the developer can allow it in words or do it themselves.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use super::session::{Session, Stopped};
use crate::{
    domain::{
        policy::rules::{Capability, Effect},
        told,
        turn::message::{ToolCall, ToolSpec},
        wire::Command,
    },
    ports::cloud::{Cloud, CloudError},
};

/// The most lines of a log that are told.
const LINES: usize = 200;
/// The most minutes of a log.
const MINUTES: u32 = 24 * 60;
/// The most policies, actions or resources of one question.
const MOST: usize = 50;

const NAMES: [&str; 8] = [
    "describe_stack",
    "stack_resources",
    "stack_template",
    "function_configuration",
    "function_logs",
    "role_policies",
    "validate_template",
    "simulate_policy",
];

/// What a model wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Stack(String),
    Resources(String),
    Template(String),
    Function(String),
    Logs(String, u32),
    Role(String),
    Validate(String),
    Simulate { policies: Vec<String>, actions: Vec<String>, resources: Vec<String> },
}

/// True for a tool of this file.
pub(super) fn is_one(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The tools as they are described to a model.
pub(super) fn specs() -> Vec<ToolSpec> {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let list =
        |about: &str| json!({ "type": "array", "items": { "type": "string" }, "maxItems": MOST, "description": about });
    let stack = || json!({ "stack": text("The stack's name or ARN.") });
    let function = || text("The function's name or ARN.");
    let one = |name: &str, description: &str, properties: Value, required: &[&str]| ToolSpec {
        name: name.to_owned(),
        description: format!("{description} Reads the AWS account and changes nothing."),
        schema: json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false }),
    };
    vec![
        one("describe_stack", "A stack's status, parameters, outputs and tags.", stack(), &["stack"]),
        one("stack_resources", "A stack's resources with their types and physical ids.", stack(), &["stack"]),
        one("stack_template", "The template of a deployed stack, as JSON.", stack(), &["stack"]),
        one(
            "function_configuration",
            "A Lambda function's configuration; of its environment the names only.",
            json!({ "function": function() }),
            &["function"],
        ),
        one(
            "function_logs",
            "The newest lines of a Lambda function's log.",
            json!({ "function": function(),
                "minutes": { "type": "integer", "minimum": 1, "maximum": MINUTES, "description": "How far back; 60 if not given." } }),
            &["function"],
        ),
        one(
            "role_policies",
            "An IAM role's trust policy and all its policies.",
            json!({ "role": text("The role's name or ARN.") }),
            &["role"],
        ),
        one(
            "validate_template",
            "What CloudFormation says of a template's form.",
            json!({ "template": text("The template's whole text, JSON or YAML.") }),
            &["template"],
        ),
        one(
            "simulate_policy",
            "Whether IAM policies would permit actions on resources.",
            json!({ "policies": list("Policy documents, each as JSON text."), "actions": list("Actions such as s3:GetObject."),
                "resources": list("ARNs; everything if not given.") }),
            &["policies", "actions"],
        ),
    ]
}

impl Look {
    /// What a call means.
    fn read(call: &ToolCall) -> Result<Self, String> {
        #[derive(Deserialize, Default)]
        #[serde(default, deny_unknown_fields)]
        struct Given {
            stack: String,
            function: String,
            minutes: Option<u32>,
            role: String,
            template: String,
            policies: Vec<String>,
            actions: Vec<String>,
            resources: Vec<String>,
        }
        let given: Given = serde_json::from_value(call.arguments.clone()).map_err(|e| e.to_string())?;
        let name = |text: String, what: &str| {
            let text = text.trim().to_owned();
            let fine = |c: char| c.is_ascii_alphanumeric() || "-_./:+=,@$*".contains(c);
            let odd = text.is_empty() || text.len() > 2048 || !text.chars().all(fine);
            if odd { Err(format!("`{what}` has to be a name or an ARN")) } else { Ok(text) }
        };
        Ok(match call.name.as_str() {
            "describe_stack" => Self::Stack(name(given.stack, "stack")?),
            "stack_resources" => Self::Resources(name(given.stack, "stack")?),
            "stack_template" => Self::Template(name(given.stack, "stack")?),
            "function_configuration" => Self::Function(name(given.function, "function")?),
            "function_logs" => {
                Self::Logs(name(given.function, "function")?, given.minutes.unwrap_or(60).clamp(1, MINUTES))
            }
            "role_policies" => Self::Role(name(given.role, "role")?),
            "validate_template" if given.template.trim().is_empty() => return Err("`template` is empty".into()),
            "validate_template" => Self::Validate(given.template),
            "simulate_policy" => {
                let (policies, actions, resources) = (given.policies, given.actions, given.resources);
                if policies.is_empty() || actions.is_empty() {
                    return Err("`policies` and `actions` each need an entry".into());
                }
                if [policies.len(), actions.len(), resources.len()].iter().any(|n| *n > MOST) {
                    return Err(format!("no more than {MOST} of each"));
                }
                Self::Simulate { policies, actions, resources }
            }
            other => return Err(format!("there is no tool `{other}`")),
        })
    }

    /// The operations behind it, as rules name them.
    fn operations(&self) -> &'static [&'static str] {
        match self {
            Self::Stack(_) => &["cloudformation:DescribeStacks"],
            Self::Resources(_) => &["cloudformation:ListStackResources"],
            Self::Template(_) => &["cloudformation:GetTemplate"],
            Self::Function(_) => &["lambda:GetFunctionConfiguration"],
            Self::Logs(..) => &["lambda:GetFunctionConfiguration", "logs:FilterLogEvents"],
            Self::Role(_) => &[
                "iam:GetRole",
                "iam:ListRolePolicies",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:GetPolicy",
                "iam:GetPolicyVersion",
            ],
            Self::Validate(_) => &["cloudformation:ValidateTemplate"],
            Self::Simulate { .. } => &["iam:SimulateCustomPolicy"],
        }
    }

    /// The answer, in words for the model.
    async fn answer(self, cloud: Arc<dyn Cloud>) -> Result<String, String> {
        let failed = |e: CloudError| told::clean(&format!("{}; {}", e.message, e.remedy));
        let none = |what: &str, name: &str| format!("There is no {what} `{name}` in this account and region.");
        let account = cloud.identity().await.map_err(failed)?;
        let words = match self {
            Self::Stack(name) => {
                told::stack(&cloud.stack(&name).await.map_err(failed)?.ok_or_else(|| none("stack", &name))?)
            }
            Self::Resources(name) => told::resources(&cloud.resources(&name).await.map_err(failed)?),
            Self::Template(name) => {
                let text = cloud.template(&name).await.map_err(failed)?.ok_or_else(|| none("stack", &name))?;
                told::template(&text)?
            }
            Self::Function(name) => {
                told::function(&cloud.function(&name).await.map_err(failed)?.ok_or_else(|| none("function", &name))?)
            }
            Self::Logs(name, minutes) => told::logs(&cloud.logs(&name, minutes, LINES).await.map_err(failed)?),
            Self::Role(name) => {
                told::role(&cloud.role(&name).await.map_err(failed)?.ok_or_else(|| none("role", &name))?)
            }
            Self::Validate(text) => told::validation(&cloud.validate(&text).await.map_err(failed)?),
            Self::Simulate { policies, actions, resources } => {
                told::simulated(&cloud.simulate(&policies, &actions, &resources).await.map_err(failed)?)
            }
        };
        Ok(format!("From AWS account {}, {}:\n{words}", account.id, account.region))
    }
}

impl Session {
    /// Whether there is an account to look at.
    pub(super) fn has_account(&self) -> bool {
        self.start.aws && !self.ports.cloud.is_off()
    }

    /// Answers a call that looks at the account. A command that is not the session's own comes back;
    /// a turn that was stopped meanwhile leaves the call open.
    pub(super) async fn look_at_account(
        &mut self,
        call: &ToolCall,
        commands: &mut Receiver<Command>,
    ) -> Result<Option<Command>, Stopped> {
        let look = match Look::read(call) {
            Ok(look) => look,
            Err(why) => {
                let words = format!("The arguments of `{}` do not fit: {why}", call.name);
                self.attempt(format!("called {}: {words}", call.name))?;
                self.answer(call, Err(words))?;
                return Ok(None);
            }
        };
        for operation in look.operations() {
            let ruling = self.options.rules.decide(Capability::Cloud, operation);
            // Reading is permitted where no rule speaks of it, as it is for files.
            if ruling.by.is_some() && ruling.effect != Effect::Allow {
                let why = format!(
                    "{operation} is not done without the developer: {}. Ask them for what you need with ask_developer.",
                    ruling.why
                );
                self.attempt(format!("called {}: {why}", call.name))?;
                self.answer(call, Err(why))?;
                return Ok(None);
            }
        }
        let scene = self.state.wanted_scene();
        let as_whom = self.state.cloud.place.clone();
        let mut answering = Box::pin(look.clone().answer(self.ports.cloud.clone()));
        let answer = loop {
            tokio::select! {
                biased;
                taken = commands.recv() => {
                    let Some(taken) = taken else { return Ok(Some(Command::Quit)) };
                    if let Some(other) = self.take(taken)? {
                        return Ok(Some(other));
                    }
                    if self.state.halt.is_some() || self.state.wanted_scene() != scene {
                        return Ok(None);
                    }
                    // Half an answer from one account and half from another is none.
                    if self.state.cloud.place != as_whom {
                        return Ok(None);
                    }
                }
                answer = &mut answering => break answer,
            }
        };
        self.answer(call, answer)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: Value) -> ToolCall {
        ToolCall { id: "c".into(), name: name.into(), arguments }
    }

    #[test]
    fn every_tool_is_described_and_can_be_called_as_described() {
        let specs = specs();
        assert_eq!(specs.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), NAMES);
        for spec in specs {
            let mut arguments = serde_json::Map::new();
            for name in spec.schema["required"].as_array().unwrap() {
                let name = name.as_str().unwrap();
                let is_list = spec.schema["properties"][name]["type"] == "array";
                arguments.insert(name.to_owned(), if is_list { json!(["x"]) } else { json!("x") });
            }
            let look = Look::read(&call(&spec.name, Value::Object(arguments)));
            assert!(look.is_ok(), "{}: {look:?}", spec.name);
        }
    }

    #[test]
    fn only_operations_that_read_stand_behind_a_tool() {
        let x = || "x".to_owned();
        let all = [
            Look::Stack(x()),
            Look::Resources(x()),
            Look::Template(x()),
            Look::Function(x()),
            Look::Logs(x(), 1),
            Look::Role(x()),
            Look::Validate(x()),
            Look::Simulate { policies: vec![], actions: vec![], resources: vec![] },
        ];
        for operation in all.iter().flat_map(Look::operations) {
            let verb = operation.split_once(':').unwrap().1;
            let reads =
                ["Describe", "List", "Get", "Filter", "Validate", "Simulate"].iter().any(|v| verb.starts_with(v));
            assert!(reads, "{operation}");
        }
    }

    #[test]
    fn names_are_names() {
        for odd in ["", " ", "a b", "x\n", "x;y", "{}", "é"] {
            assert!(
                Look::read(&call("describe_stack", json!({"stack": odd}))).is_err() || odd.trim() == "x",
                "{odd:?}"
            );
        }
        assert!(Look::read(&call("describe_stack", json!({"stack": "x", "execute": true}))).is_err());
        assert!(Look::read(&call("delete_stack", json!({"stack": "x"}))).is_err());
    }
}
