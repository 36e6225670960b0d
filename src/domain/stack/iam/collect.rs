//! Where templates hold statements.

use std::collections::BTreeMap;

use super::{Effect, Grant, Set, Side, Statement};
use crate::domain::stack::{Map, Template, Value, json, listed, template::Resource, text};

/// All statements of a template.
pub fn grants(template: &Template) -> Vec<Grant> {
    let mut out = Vec::new();
    for resource in &template.resources {
        collect(resource, &mut out);
    }
    out
}

/// Types whose policy is about another resource: where that one is named.
const ABOUT: &[(&str, &str)] = &[
    ("AWS::S3::BucketPolicy", "Bucket"),
    ("AWS::S3::AccessPoint", "Bucket"),
    ("AWS::SQS::QueuePolicy", "Queues"),
    ("AWS::SQS::QueueInlinePolicy", "Queue"),
    ("AWS::SNS::TopicPolicy", "Topics"),
    ("AWS::SNS::TopicInlinePolicy", "TopicArn"),
    ("AWS::SecretsManager::ResourcePolicy", "SecretId"),
    ("AWS::Kinesis::ResourcePolicy", "ResourceArn"),
    ("AWS::Events::EventBusPolicy", "EventBusName"),
    ("AWS::EC2::VPCEndpoint", "ServiceName"),
];

fn collect(resource: &Resource, out: &mut Vec<Grant>) {
    let id = resource.id.as_str();
    let property = |name: &str| resource.properties.get(name);
    match resource.kind.as_str() {
        "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
            if let Some(trust) = property("AssumeRolePolicyDocument") {
                document(trust, resource, Side::Trust, id, Some(id), out);
            }
            for policy in listed(property("Policies")) {
                let inner = policy.get("PolicyDocument").unwrap_or(policy);
                document(inner, resource, Side::Identity, id, None, out);
            }
            for arn in listed(property("ManagedPolicyArns")) {
                out.push(grant(resource, Side::Identity, id, managed(&text::whole(arn))));
            }
            for group in listed(property("Groups")) {
                out.push(grant(resource, Side::Identity, id, opaque("what the group permits", &target(group))));
            }
            if let Some(boundary) = property("PermissionsBoundary") {
                out.push(grant(resource, Side::Boundary, id, managed(&text::whole(boundary))));
            }
        }
        "AWS::IAM::Policy"
        | "AWS::IAM::ManagedPolicy"
        | "AWS::IAM::RolePolicy"
        | "AWS::IAM::UserPolicy"
        | "AWS::IAM::GroupPolicy" => {
            let named = ["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"];
            let mut holders: Vec<String> = named.iter().flat_map(|n| listed(property(n))).map(target).collect();
            if holders.is_empty() {
                holders.push(id.to_owned());
            }
            for holder in holders {
                if let Some(inner) = property("PolicyDocument") {
                    document(inner, resource, Side::Identity, &holder, None, out);
                }
            }
        }
        "AWS::IAM::UserToGroupAddition" => {
            let group = property("GroupName").map(target).unwrap_or_default();
            for user in listed(property("Users")) {
                out.push(grant(resource, Side::Identity, &target(user), opaque("what the group permits", &group)));
            }
        }
        "AWS::SSO::PermissionSet" => {
            for arn in listed(property("ManagedPolicies")) {
                out.push(grant(resource, Side::Identity, id, managed(&text::whole(arn))));
            }
            if let Some(inner) = property("InlinePolicy") {
                document(inner, resource, Side::Identity, id, None, out);
            }
        }
        "AWS::Lambda::Permission" | "AWS::Lambda::LayerVersionPermission" => out.push(permission(resource)),
        "AWS::Events::EventBusPolicy" if property("Statement").is_none() => out.push(permission(resource)),
        kind => {
            let about = ABOUT.iter().find(|(k, _)| *k == kind).and_then(|(_, name)| property(name));
            let holders: Vec<String> =
                if about.is_some() { listed(about).into_iter().map(target).collect() } else { vec![id.to_owned()] };
            for (name, value) in &resource.properties {
                within(name, value, &mut |found| {
                    for holder in &holders {
                        document(found, resource, Side::Resource, holder, Some(holder), out);
                    }
                });
            }
        }
    }
}

/// Hands out every policy document within a value, also one that is written as text.
fn within(name: &str, value: &Value, take: &mut dyn FnMut(&Value)) {
    match value {
        Value::Object(map) if map.contains_key("Statement") => take(value),
        Value::Object(map) if name == "Statement" && map.contains_key("Effect") => take(value),
        Value::Object(map) => map.iter().for_each(|(name, inner)| within(name, inner, take)),
        Value::Array(items) => items.iter().for_each(|inner| within(name, inner, take)),
        Value::String(text) if name.contains("Polic") && text.trim_start().starts_with('{') => {
            if let Ok(inner) = json::read(text) {
                within(name, &inner, take);
            }
        }
        _ => {}
    }
}

fn grant(resource: &Resource, side: Side, holder: &str, statement: Statement) -> Grant {
    Grant { side, holder: holder.to_owned(), carrier: resource.id.clone(), statement }
}

/// Every statement of a document.
fn document(value: &Value, from: &Resource, side: Side, holder: &str, about: Option<&str>, out: &mut Vec<Grant>) {
    let parsed;
    let value = match value {
        Value::String(text) => match json::read(text) {
            Ok(inner) => {
                parsed = inner;
                &parsed
            }
            Err(_) => {
                out.push(grant(from, side, holder, opaque("a policy that cannot be read", text)));
                return;
            }
        },
        other => other,
    };
    let statements = match value.get("Statement") {
        Some(statements) => listed(Some(statements)),
        None if value.get("Effect").is_some() => vec![value],
        None => {
            out.push(grant(
                from,
                side,
                holder,
                opaque("a policy that is known only when it is deployed", &text::whole(value)),
            ));
            return;
        }
    };
    let about = about.map(|id| format!("${{{id}}}"));
    let mut add = |map: &Map<String, Value>, under: Option<(&str, &str)>| {
        let mut statement = Statement::read(map, about.as_deref());
        if side == Side::Trust && statement.resources.items.is_empty() {
            statement.resources = Set::of([format!("${{{holder}}}")]);
        }
        if let Some((condition, word)) = under {
            let inner = BTreeMap::from([(condition.to_owned(), vec![word.to_owned()])]);
            statement.conditions.insert("Fn::If".to_owned(), inner);
        }
        out.push(grant(from, side, holder, statement));
    };
    for statement in statements {
        let Value::Object(map) = statement else { continue };
        match text::call(map) {
            None => add(map, None),
            Some(("If", Value::Array(parts))) => {
                let condition = parts.first().and_then(Value::as_str).unwrap_or("a condition");
                for (branch, word) in parts.iter().skip(1).zip(["true", "false"]) {
                    match branch {
                        Value::Object(inner) if text::call(inner).is_none() => add(inner, Some((condition, word))),
                        // `AWS::NoValue` is no statement.
                        _ => {}
                    }
                }
            }
            Some(_) => {
                let unread = Map::from_iter([("Action".to_owned(), Value::from(text::whole(statement)))]);
                add(&unread, None);
            }
        }
    }
}

/// A permission that is a resource of its own.
fn permission(resource: &Resource) -> Grant {
    let text_of = |name: &str| resource.properties.get(name).map(text::whole);
    let holder = ["FunctionName", "LayerVersionArn", "EventBusName"];
    let holder = holder.iter().find_map(|n| resource.properties.get(*n)).map(target).unwrap_or("default".to_owned());
    let who = text_of("Principal").unwrap_or_default();
    let who = match who.as_str() {
        "*" => who,
        service if service.contains(".amazonaws.com") => format!("Service:{service}"),
        account => format!("AWS:{account}"),
    };
    let mut conditions = BTreeMap::<String, BTreeMap<String, Vec<String>>>::new();
    for (name, operator, key) in [
        ("SourceArn", "ArnLike", "aws:SourceArn"),
        ("SourceAccount", "StringEquals", "aws:SourceAccount"),
        ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
        ("OrganizationId", "StringEquals", "aws:PrincipalOrgID"),
        ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
        ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
        ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
        ("Condition", "Condition", "Condition"),
    ] {
        if let Some(value) = text_of(name) {
            conditions.entry(operator.to_owned()).or_default().insert(key.to_owned(), vec![value]);
        }
    }
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principals: Set::of([who]),
        actions: Set::of(text_of("Action")),
        resources: Set::of([format!("${{{holder}}}")]),
        conditions,
    };
    grant(resource, Side::Resource, &holder, statement)
}

/// The resource that a value leads to, by its logical id; another value as its text.
pub(in crate::domain::stack) fn target(value: &Value) -> String {
    if let Value::Object(map) = value {
        match text::call(map) {
            Some(("Ref", Value::String(id))) => return id.clone(),
            Some(("GetAtt", Value::Array(path))) => {
                if let Some(Value::String(id)) = path.first() {
                    return id.clone();
                }
            }
            _ => {}
        }
    }
    text::whole(value)
}

/// What is known of a policy that AWS or somebody else manages.
fn managed(arn: &str) -> Statement {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    let everything = match name {
        "AdministratorAccess" => Some(Set::of(["*"])),
        // All but the account itself, by its own words.
        "PowerUserAccess" => {
            Some(Set { but: true, items: vec!["account:*".into(), "iam:*".into(), "organizations:*".into()] })
        }
        "IAMFullAccess" => Some(Set::of(["iam:*"])),
        "AmazonS3FullAccess" => Some(Set::of(["s3:*", "s3-object-lambda:*"])),
        "AmazonDynamoDBFullAccess" => Some(Set::of(["dynamodb:*"])),
        "AmazonSQSFullAccess" => Some(Set::of(["sqs:*"])),
        "AmazonSNSFullAccess" => Some(Set::of(["sns:*"])),
        "AWSLambda_FullAccess" => Some(Set::of(["lambda:*"])),
        "AmazonEC2FullAccess" => Some(Set::of(["ec2:*"])),
        "AWSLambdaBasicExecutionRole" => {
            Some(Set::of(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]))
        }
        _ => None,
    };
    let by_aws = arn.contains(":iam::aws:policy/");
    match everything.filter(|_| by_aws) {
        Some(actions) => Statement { actions, resources: Set::of(["*"]), sid: Some(name.to_owned()), ..opaque("", "") },
        None => opaque("what the managed policy permits", arn),
    }
}

/// A statement that can be compared with itself only.
fn opaque(what: &str, which: &str) -> Statement {
    Statement {
        sid: None,
        effect: Effect::Allow,
        principals: Set::default(),
        actions: Set::of([format!("({what}: {which})")]),
        resources: Set::of(["*"]),
        conditions: BTreeMap::new(),
    }
}
