//! Which calls of AWS stand in code, and which rights of a template none of them uses.
//!
//! It reads text by its words, no program: a call that is made through a variable or another library
//! is not seen. So what it says is a hint, and never dangerous by itself.

use std::collections::BTreeSet;

use super::{
    Risk, Template,
    iam::{self, Effect, Side},
    risk::Finding,
};

/// Calls as actions of IAM, in lower case: `s3:getobject`.
pub type Calls = BTreeSet<String>;

/// True for a file whose calls are understood, by its name; tests call what the program does not.
pub fn is_code(path: &str) -> bool {
    let end = path.rsplit('.').next().unwrap_or_default();
    let known = ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "py", "rs"].contains(&end);
    known && !path.split(['/', '.', '_']).any(|step| matches!(step, "test" | "tests" | "spec" | "node_modules"))
}

/// The calls in one file.
pub fn calls(path: &str, text: &str) -> Calls {
    let mut out = Calls::new();
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "jsx" | "tsx" => javascript(text, &mut out),
        "py" => python(text, &mut out),
        "rs" => rust(text, &mut out),
        _ => {}
    }
    out
}

/// The words of a text: letters, digits, `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// The names that follow a text, up to a character that no name has.
fn after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(before).filter_map(move |(at, _)| {
        let rest = text.get(at + before.len()..)?;
        let name = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next()?;
        (!name.is_empty()).then_some(name)
    })
}

/// `new GetObjectCommand(…)` where `@aws-sdk/client-s3` is named.
fn javascript(text: &str, out: &mut Calls) {
    let mut services: BTreeSet<&str> = after(text, "@aws-sdk/client-").collect();
    if text.contains("@aws-sdk/lib-dynamodb") {
        services.insert("dynamodb");
    }
    if text.contains("@aws-sdk/lib-storage") {
        services.insert("s3");
        add("s3", "PutObject", out);
    }
    for word in words(text) {
        if let Some(operation) = word.strip_suffix("Command").filter(|o| o.len() > 2) {
            services.iter().for_each(|service| add(service, operation, out));
        }
        for presented in ["paginate", "waitUntil"] {
            if let Some(operation) = word.strip_prefix(presented).filter(|o| !o.is_empty()) {
                services.iter().for_each(|service| add(service, operation, out));
            }
        }
    }
}

/// `client.get_object(…)` where `client("s3")` or `resource("s3")` stands.
fn python(text: &str, out: &mut Calls) {
    let mut services = BTreeSet::new();
    for call in ["client(\"", "client('", "resource(\"", "resource('"] {
        services.extend(after(text, call));
    }
    methods(text, &services, out);
}

/// `client.get_object()` where `aws_sdk_s3` is named.
fn rust(text: &str, out: &mut Calls) {
    let services: BTreeSet<&str> = after(text, "aws_sdk_").collect();
    methods(text, &services, out);
}

fn methods(text: &str, services: &BTreeSet<&str>, out: &mut Calls) {
    for method in after(text, ".") {
        let operation: String = method.split('_').collect();
        services.iter().for_each(|service| add(service, &operation, out));
    }
    // boto3's names for transfers.
    if services.contains("s3") {
        for (word, operation) in
            [("upload_file", "PutObject"), ("upload_fileobj", "PutObject"), ("download_file", "GetObject")]
        {
            if text.contains(word) {
                add("s3", operation, out);
            }
        }
    }
}

/// Libraries whose name is not the service's name in IAM.
const SERVICES: &[(&str, &str)] = &[
    ("bedrock-runtime", "bedrock"),
    ("bedrockruntime", "bedrock"),
    ("cloudwatch-logs", "logs"),
    ("cloudwatchlogs", "logs"),
    ("eventbridge", "events"),
    ("secrets-manager", "secretsmanager"),
    ("sfn", "states"),
    ("stepfunctions", "states"),
    ("cognito-identity-provider", "cognito-idp"),
    ("sesv2", "ses"),
];

/// Operations that need other rights than their name says.
const RIGHTS: &[(&str, &str, &[&str])] = &[
    ("s3", "listobjects", &["listbucket"]),
    ("s3", "listobjectsv2", &["listbucket"]),
    ("s3", "headobject", &["getobject"]),
    ("s3", "headbucket", &["listbucket"]),
    ("s3", "copyobject", &["getobject", "putobject"]),
    ("s3", "deleteobjects", &["deleteobject"]),
    ("s3", "createmultipartupload", &["putobject"]),
    ("s3", "uploadpart", &["putobject"]),
    ("lambda", "invoke", &["invokefunction"]),
    ("sqs", "sendmessagebatch", &["sendmessage"]),
    ("sqs", "deletemessagebatch", &["deletemessage"]),
    ("sns", "publishbatch", &["publish"]),
    ("bedrock", "converse", &["invokemodel"]),
    ("bedrock", "conversestream", &["invokemodelwithresponsestream"]),
    ("dynamodb", "get", &["getitem"]),
    ("dynamodb", "put", &["putitem"]),
    ("dynamodb", "update", &["updateitem"]),
    ("dynamodb", "delete", &["deleteitem"]),
    ("dynamodb", "batchget", &["batchgetitem"]),
    ("dynamodb", "batchwrite", &["batchwriteitem"]),
    ("dynamodb", "transactwriteitems", &["putitem", "updateitem", "deleteitem", "conditioncheckitem"]),
    ("dynamodb", "transactwrite", &["putitem", "updateitem", "deleteitem", "conditioncheckitem"]),
    ("dynamodb", "transactgetitems", &["getitem"]),
    ("ssm", "getparameter", &["getparameter"]),
];

fn add(service: &str, operation: &str, out: &mut Calls) {
    let service = SERVICES.iter().find(|(library, _)| *library == service).map_or(service, |(_, s)| s);
    let operation = operation.to_ascii_lowercase();
    match RIGHTS.iter().find(|(s, o, _)| *s == service && *o == operation) {
        Some((_, _, rights)) => out.extend(rights.iter().map(|r| format!("{service}:{r}"))),
        None => drop(out.insert(format!("{service}:{operation}"))),
    }
}

/// Services whose rights are used by AWS in the role's name, not by its code.
const BY_AWS: &[&str] = &["logs", "xray", "ec2", "kms", "sts", "cloudwatch", "lambda", "ecr", "ssmmessages"];

/// Rights that no call uses. Only services that some of the code calls are judged: a role of
/// something whose code was not given is not accused.
pub fn unused(template: &Template, calls: &Calls) -> Vec<Finding> {
    let (template, _) = template.expanded();
    let service = |action: &str| action.split(':').next().unwrap_or_default().to_owned();
    let called: BTreeSet<String> = calls.iter().map(|c| service(c)).collect();
    // Queues that Lambda reads, and what it sends failures to, are used by Lambda itself.
    let polled = template.resources.iter().any(|r| r.kind == "AWS::Lambda::EventSourceMapping");
    let sent = template
        .resources
        .iter()
        .any(|r| r.kind == "AWS::Lambda::EventInvokeConfig" || r.properties.contains_key("DeadLetterConfig"));
    let mut out = Vec::new();
    for grant in iam::grants(&template) {
        let statement = &grant.statement;
        if grant.side != Side::Identity || statement.effect != Effect::Allow || statement.actions.but {
            continue;
        }
        for action in &statement.actions.items {
            let lower = action.to_ascii_lowercase();
            let of = service(&lower);
            let by_aws = BY_AWS.contains(&of.as_str())
                || polled && matches!(of.as_str(), "sqs" | "kinesis" | "dynamodb")
                || sent && matches!(of.as_str(), "sqs" | "sns" | "events");
            if by_aws || !called.contains(&of) || !lower.contains(':') {
                continue;
            }
            let used: Vec<&String> = calls.iter().filter(|c| iam::matches(&lower, c)).collect();
            let (risk, code, text) = match used.as_slice() {
                [] => (
                    Risk::Info,
                    "unused-right",
                    format!("{} may {action}, and no call in the code needs it", grant.holder),
                ),
                [only] if lower.contains('*') => (
                    Risk::Info,
                    "right-wider-than-calls",
                    format!("{} may {action}, and the code calls {only} only", grant.holder),
                ),
                _ => continue,
            };
            out.push(Finding {
                risk,
                code: code.to_owned(),
                resource: grant.carrier.clone(),
                path: None,
                text,
                why: "What is not needed helps only whoever should not have it.".to_owned(),
            });
        }
    }
    out.dedup();
    out
}
