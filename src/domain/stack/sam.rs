//! What SAM makes of its resources, as far as roles, policies, events and data go.
//!
//! Names and properties are those that the transform gives, so that a deployed stack and its source
//! can be compared by eye; what is left out is said in a note. It is no replacement for the transform.

use serde_json::json;

use super::{Map, Template, Value, falsy, listed, template::Resource, text};

const BASIC: &str = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/// All resources of a template with SAM's replaced by what they become.
pub(super) fn expand(template: &Template, notes: &mut Vec<String>) -> Vec<Resource> {
    let mut out = Vec::new();
    for resource in &template.resources {
        let Some(kind) = resource.kind.strip_prefix("AWS::Serverless::") else {
            out.push(resource.clone());
            continue;
        };
        let mut source = resource.clone();
        if let Some(Value::Object(common)) = template.globals.get(kind) {
            source.properties = merged(common, &source.properties);
        }
        match kind {
            "Function" => function(&source, &mut out, notes),
            "StateMachine" => {
                role(&source, "states.amazonaws.com", &[], &mut out, notes);
                out.push(renamed(&source, "AWS::StepFunctions::StateMachine", &[("Name", "StateMachineName")]));
            }
            "SimpleTable" => out.push(table(&source)),
            "Api" => out.push(renamed(&source, "AWS::ApiGateway::RestApi", &[])),
            "HttpApi" => out.push(renamed(&source, "AWS::ApiGatewayV2::Api", &[])),
            "LayerVersion" => out.push(renamed(&source, "AWS::Lambda::LayerVersion", &[("ContentUri", "Content")])),
            "Application" => out.push(renamed(&source, "AWS::CloudFormation::Stack", &[("Location", "TemplateURL")])),
            other => {
                notes.push(format!("{}: what SAM makes of a {other} is not known here", source.id));
                out.push(source);
            }
        }
    }
    if !out.iter().any(|r| r.id == "ServerlessRestApi") && has_event(template, "Api", "RestApiId") {
        out.push(made("ServerlessRestApi", "AWS::ApiGateway::RestApi", json!({}), None));
    }
    if !out.iter().any(|r| r.id == "ServerlessHttpApi") && has_event(template, "HttpApi", "ApiId") {
        out.push(made("ServerlessHttpApi", "AWS::ApiGatewayV2::Api", json!({}), None));
    }
    out
}

/// True when an event of a kind names no API of its own.
fn has_event(template: &Template, kind: &str, names: &str) -> bool {
    let functions = template.resources.iter().filter(|r| r.kind == "AWS::Serverless::Function");
    functions.filter_map(|r| r.properties.get("Events")?.as_object()).flat_map(Map::values).any(|event| {
        event.get("Type").and_then(Value::as_str) == Some(kind)
            && event.get("Properties").and_then(|p| p.get(names)).is_none()
    })
}

/// A resource's properties over those that all have: mappings are joined, lists follow each other.
fn merged(common: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut out = common.clone();
    for (key, value) in own {
        let joined = match (common.get(key), value) {
            (Some(Value::Object(a)), Value::Object(b)) if text::call(a).is_none() && text::call(b).is_none() => {
                Value::Object(merged(a, b))
            }
            (Some(Value::Array(a)), Value::Array(b)) => Value::Array(a.iter().chain(b).cloned().collect()),
            _ => value.clone(),
        };
        out.insert(key.clone(), joined);
    }
    out
}

fn made(id: &str, kind: &str, properties: Value, by: Option<&Resource>) -> Resource {
    Resource {
        id: id.to_owned(),
        kind: kind.to_owned(),
        properties: match properties {
            Value::Object(map) => map.into_iter().filter(|(_, v)| !v.is_null()).collect(),
            _ => Map::new(),
        },
        condition: by.and_then(|r| r.condition.clone()),
        made_by: by.map(|r| r.id.clone()),
        line: by.and_then(|r| r.line),
        ..Resource::default()
    }
}

/// The same resource under the type it becomes, some of its properties by the names they get.
fn renamed(source: &Resource, kind: &str, names: &[(&str, &str)]) -> Resource {
    let mut out = Resource { kind: kind.to_owned(), ..source.clone() };
    for (from, to) in names {
        if let Some(value) = out.properties.remove(*from) {
            out.properties.insert((*to).to_owned(), value);
        }
    }
    // What became resources of their own, and what only SAM reads.
    for only in ["Events", "Policies", "FunctionUrlConfig", "EventInvokeConfig", "AutoPublishAlias", "Connectors"] {
        out.properties.remove(only);
    }
    out
}

fn table(source: &Resource) -> Resource {
    let mut out = renamed(source, "AWS::DynamoDB::Table", &[]);
    let key = out.properties.remove("PrimaryKey");
    let part = |name: &str| key.as_ref().and_then(|k| k.get(name)).cloned();
    let name = part("Name").unwrap_or_else(|| "id".into());
    let kind = match part("Type").as_ref().and_then(Value::as_str) {
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => "S",
    };
    out.properties.insert("KeySchema".into(), json!([{ "AttributeName": name, "KeyType": "HASH" }]));
    out.properties.insert("AttributeDefinitions".into(), json!([{ "AttributeName": name, "AttributeType": kind }]));
    out
}

fn function(source: &Resource, out: &mut Vec<Resource>, notes: &mut Vec<String>) {
    let mut lambda = renamed(source, "AWS::Lambda::Function", &[("CodeUri", "Code")]);
    if let Some(code) = lambda.properties.remove("InlineCode") {
        lambda.properties.insert("Code".into(), json!({ "ZipFile": code }));
    }
    if !source.properties.contains_key("Role") {
        let mut managed = vec![BASIC];
        if source.properties.contains_key("VpcConfig") {
            managed.push("arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole");
        }
        if source.get("Tracing").and_then(Value::as_str) == Some("Active") {
            managed.push("arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess");
        }
        let events = source.properties.get("Events").and_then(Value::as_object);
        for kind in events.into_iter().flat_map(Map::values).filter_map(|e| e.get("Type")?.as_str()) {
            managed.extend(match kind {
                "SQS" => Some("arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"),
                "DynamoDB" => Some("arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole"),
                "Kinesis" => Some("arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"),
                _ => None,
            });
        }
        managed.dedup();
        lambda.properties.insert("Role".into(), json!({ "Fn::GetAtt": [format!("{}Role", source.id), "Arn"] }));
        role(source, "lambda.amazonaws.com", &managed, out, notes);
    }
    let id = source.id.clone();
    out.push(lambda);
    if let Some(config) = source.properties.get("FunctionUrlConfig") {
        let mut url = config.clone();
        if let Value::Object(map) = &mut url {
            map.insert("TargetFunctionArn".into(), json!({ "Ref": id }));
        }
        let open = config.get("AuthType").and_then(Value::as_str) == Some("NONE");
        out.push(made(&format!("{id}Url"), "AWS::Lambda::Url", url, Some(source)));
        if open {
            let may = json!({ "Action": "lambda:InvokeFunctionUrl", "FunctionName": { "Ref": id }, "Principal": "*",
                "FunctionUrlAuthType": "NONE" });
            out.push(made(&format!("{id}UrlPublicPermissions"), "AWS::Lambda::Permission", may, Some(source)));
        }
    }
    if let Some(Value::Object(events)) = source.properties.get("Events") {
        events.iter().for_each(|(name, value)| event(source, name, value, out, notes));
    }
}

/// The role that SAM makes, with the policies that are asked for.
fn role(source: &Resource, service: &str, managed: &[&str], out: &mut Vec<Resource>, notes: &mut Vec<String>) {
    if source.properties.contains_key("Role") {
        return;
    }
    let id = format!("{}Role", source.id);
    let mut arns: Vec<Value> = managed.iter().map(|arn| Value::from(*arn)).collect();
    let mut inline = Vec::new();
    for (number, policy) in listed(source.properties.get("Policies")).into_iter().enumerate() {
        let mut add = |document: Value| {
            inline.push(json!({ "PolicyName": format!("{id}Policy{number}"), "PolicyDocument": document }));
        };
        match policy {
            Value::String(name) if name.starts_with("arn:") => arns.push(policy.clone()),
            Value::String(name) => arns.push(format!("arn:aws:iam::aws:policy/{name}").into()),
            Value::Object(map) if map.contains_key("Statement") => add(policy.clone()),
            Value::Object(map) => match map.iter().next() {
                Some((name, _)) if name == "Ref" || name.starts_with("Fn::") => arns.push(policy.clone()),
                Some((name, parameters)) => {
                    let statement = by_name(name, parameters);
                    if statement.is_none() {
                        notes.push(format!("{}: what the policy template {name} permits is not known here", source.id));
                    }
                    // An action that no service has: it is compared by its name, and shown.
                    let opaque = || {
                        json!({ "Effect": "Allow", "Action": format!("sam-policy-template:{name}"),
                        "Resource": text::value(parameters) })
                    };
                    add(json!({ "Version": "2012-10-17", "Statement": [statement.unwrap_or_else(opaque)] }));
                }
                None => {}
            },
            _ => notes.push(format!("{}: a policy is neither a name nor a document", source.id)),
        }
    }
    let trust = source.properties.get("AssumeRolePolicyDocument").cloned().unwrap_or_else(|| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": service } }] })
    });
    let mut properties = json!({ "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": arns, "Policies": inline });
    if let (Value::Object(map), Some(boundary)) = (&mut properties, source.properties.get("PermissionsBoundary")) {
        map.insert("PermissionsBoundary".into(), boundary.clone());
    }
    out.push(made(&id, "AWS::IAM::Role", properties, Some(source)));
}

/// What SAM's policy templates permit: name, ARN with `{}` for the parameter, actions.
const TEMPLATES: &[(&str, &[&str], &str)] = &[
    (
        "S3ReadPolicy",
        &["arn:aws:s3:::${v}", "arn:aws:s3:::${v}/*"],
        "s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:GetLifecycleConfiguration",
    ),
    (
        "S3WritePolicy",
        &["arn:aws:s3:::${v}", "arn:aws:s3:::${v}/*"],
        "s3:PutObject s3:PutObjectAcl s3:PutLifecycleConfiguration",
    ),
    (
        "S3CrudPolicy",
        &["arn:aws:s3:::${v}", "arn:aws:s3:::${v}/*"],
        "s3:GetObject s3:ListBucket s3:GetBucketLocation s3:GetObjectVersion s3:PutObject s3:PutObjectAcl \
      s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration s3:DeleteObject",
    ),
    (
        "DynamoDBReadPolicy",
        &["arn:aws:dynamodb:*:*:table/${v}", "arn:aws:dynamodb:*:*:table/${v}/index/*"],
        "dynamodb:GetItem dynamodb:Scan dynamodb:Query dynamodb:BatchGetItem dynamodb:DescribeTable",
    ),
    (
        "DynamoDBWritePolicy",
        &["arn:aws:dynamodb:*:*:table/${v}", "arn:aws:dynamodb:*:*:table/${v}/index/*"],
        "dynamodb:PutItem dynamodb:UpdateItem dynamodb:BatchWriteItem",
    ),
    (
        "DynamoDBCrudPolicy",
        &["arn:aws:dynamodb:*:*:table/${v}", "arn:aws:dynamodb:*:*:table/${v}/index/*"],
        "dynamodb:GetItem dynamodb:DeleteItem dynamodb:PutItem dynamodb:Scan dynamodb:Query dynamodb:UpdateItem \
      dynamodb:BatchWriteItem dynamodb:BatchGetItem dynamodb:DescribeTable dynamodb:ConditionCheckItem",
    ),
    ("SQSSendMessagePolicy", &["arn:aws:sqs:*:*:${v}"], "sqs:SendMessage*"),
    (
        "SQSPollerPolicy",
        &["arn:aws:sqs:*:*:${v}"],
        "sqs:ChangeMessageVisibility sqs:ChangeMessageVisibilityBatch sqs:DeleteMessage sqs:DeleteMessageBatch \
      sqs:GetQueueAttributes sqs:ReceiveMessage",
    ),
    ("SNSPublishMessagePolicy", &["arn:aws:sns:*:*:${v}"], "sns:Publish"),
    ("LambdaInvokePolicy", &["arn:aws:lambda:*:*:function:${v}*"], "lambda:InvokeFunction"),
    ("StepFunctionsExecutionPolicy", &["arn:aws:states:*:*:stateMachine:${v}"], "states:StartExecution"),
    ("EventBridgePutEventsPolicy", &["arn:aws:events:*:*:event-bus/${v}"], "events:PutEvents"),
    ("AWSSecretsManagerGetSecretValuePolicy", &["${v}"], "secretsmanager:GetSecretValue"),
    (
        "SSMParameterReadPolicy",
        &["arn:aws:ssm:*:*:parameter/${v}"],
        "ssm:GetParameters ssm:GetParameter ssm:GetParametersByPath",
    ),
    ("KMSDecryptPolicy", &["arn:aws:kms:*:*:key/${v}"], "kms:Decrypt"),
    ("KMSEncryptPolicy", &["arn:aws:kms:*:*:key/${v}"], "kms:Encrypt"),
];

fn by_name(name: &str, parameters: &Value) -> Option<Value> {
    let (_, resources, actions) = TEMPLATES.iter().find(|(known, _, _)| *known == name)?;
    let parameter = parameters.as_object()?.values().next()?;
    let resources: Vec<Value> =
        resources.iter().map(|pattern| json!({ "Fn::Sub": [pattern, { "v": parameter }] })).collect();
    let actions: Vec<&str> = actions.split_whitespace().collect();
    Some(json!({ "Effect": "Allow", "Action": actions, "Resource": resources }))
}

/// What an event of a function becomes: a permission for the one that sends it, or a mapping.
fn event(source: &Resource, name: &str, event: &Value, out: &mut Vec<Resource>, notes: &mut Vec<String>) {
    let id = format!("{}{name}", source.id);
    let target = json!({ "Fn::GetAtt": [source.id, "Arn"] });
    let property = |name: &str| event.get("Properties").and_then(|p| p.get(name)).cloned();
    let kind = event.get("Type").and_then(Value::as_str).unwrap_or_default();
    let mut permit = |service: &str, arn: Option<Value>, own_account: bool| {
        let mut may =
            json!({ "Action": "lambda:InvokeFunction", "FunctionName": { "Ref": source.id }, "Principal": service });
        if let Value::Object(map) = &mut may {
            if let Some(arn) = arn {
                map.insert("SourceArn".into(), arn);
            }
            if own_account {
                map.insert("SourceAccount".into(), json!({ "Ref": "AWS::AccountId" }));
            }
        }
        out.push(made(&format!("{id}Permission"), "AWS::Lambda::Permission", may, Some(source)));
    };
    let api = |named: Option<Value>, default: &str| {
        let api = named.unwrap_or_else(|| json!({ "Ref": default }));
        json!({ "Fn::Sub": ["arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${v}/*", { "v": api }] })
    };
    match kind {
        "S3" => permit("s3.amazonaws.com", None, true),
        "SNS" => {
            permit("sns.amazonaws.com", property("Topic"), false);
            let with = json!({ "Protocol": "lambda", "Endpoint": target, "TopicArn": property("Topic") });
            out.push(made(&id, "AWS::SNS::Subscription", with, Some(source)));
        }
        "Api" => permit("apigateway.amazonaws.com", Some(api(property("RestApiId"), "ServerlessRestApi")), false),
        "HttpApi" => permit("apigateway.amazonaws.com", Some(api(property("ApiId"), "ServerlessHttpApi")), false),
        "Schedule" | "ScheduleV2" | "EventBridgeRule" | "CloudWatchEvent" => {
            let off = falsy(property("Enabled").as_ref());
            let with = json!({ "EventPattern": property("Pattern"), "ScheduleExpression": property("Schedule"),
                "EventBusName": property("EventBusName"), "State": if off { "DISABLED" } else { "ENABLED" },
                "Targets": [{ "Arn": target, "Id": "0" }] });
            if kind == "ScheduleV2" {
                out.push(made(&id, "AWS::Scheduler::Schedule", with, Some(source)));
                notes.push(format!("{id}: the role with which the scheduler calls is not shown"));
            } else {
                permit("events.amazonaws.com", Some(json!({ "Fn::GetAtt": [id, "Arn"] })), false);
                out.push(made(&id, "AWS::Events::Rule", with, Some(source)));
            }
        }
        "SQS" | "DynamoDB" | "Kinesis" | "MSK" | "MQ" => {
            let arn = property("Queue").or_else(|| property("Stream")).or_else(|| property("Broker"));
            let with = json!({ "FunctionName": { "Ref": source.id }, "EventSourceArn": arn,
                "BatchSize": property("BatchSize"), "StartingPosition": property("StartingPosition") });
            out.push(made(&id, "AWS::Lambda::EventSourceMapping", with, Some(source)));
        }
        other => notes.push(format!("{id}: what SAM makes of an event {other} is not known here")),
    }
}
