//! Data: encryption at rest and in transit, secrets in the open, what keeps it when its stack goes.

use super::{Finding, Into, network::number};
use crate::domain::{
    secret,
    stack::{Risk, Template, Value, falsy, listed, text, truthy},
};

/// What holds data that is gone when the resource is.
const STATEFUL: &[&str] = &[
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBInstance",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ECR::Repository",
    "AWS::EFS::FileSystem",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::Elasticsearch::Domain",
    "AWS::FSx::FileSystem",
    "AWS::Glue::Database",
    "AWS::Glue::Table",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::Logs::LogGroup",
    "AWS::MSK::Cluster",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::Neptune::DBInstance",
    "AWS::OpenSearchService::Domain",
    "AWS::QLDB::Ledger",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::Route53::HostedZone",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::Secret",
    "AWS::Timestream::Table",
];

/// Those of which losing one is felt less: what they hold is short-lived or can be made again.
const LIGHT: &[&str] =
    &["AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::SSM::Parameter", "AWS::Glue::Database", "AWS::Glue::Table"];

/// True for what holds data.
pub(super) fn stateful(kind: &str) -> bool {
    STATEFUL.contains(&kind)
}

/// True for data whose loss is felt less.
pub(super) fn light(kind: &str) -> bool {
    LIGHT.contains(&kind)
}

pub(super) fn check(into: &mut Into<'_>) {
    at_rest(into);
    in_transit(into);
    kept(into);
    secrets(into);
}

fn at_rest(into: &mut Into<'_>) {
    let resource = into.resource;
    let yes = |path: &str| truthy(resource.get(path));
    let has = |path: &str| resource.get(path).is_some();
    // A value that is known only at deploy is not accused.
    let off = |path: &str| match resource.get(path) {
        None => true,
        some => falsy(some),
    };
    let missing = match resource.kind.as_str() {
        "AWS::SQS::Queue" if falsy(resource.get("SqsManagedSseEnabled")) && !has("KmsMasterKeyId") => {
            "SqsManagedSseEnabled"
        }
        "AWS::RDS::DBInstance"
            if off("StorageEncrypted") && !has("DBClusterIdentifier") && !has("DBSnapshotIdentifier") =>
        {
            "StorageEncrypted"
        }
        "AWS::RDS::DBCluster" | "AWS::DocDB::DBCluster" | "AWS::Neptune::DBCluster"
            if off("StorageEncrypted") && !has("SnapshotIdentifier") =>
        {
            "StorageEncrypted"
        }
        "AWS::EFS::FileSystem" | "AWS::EC2::Volume" | "AWS::Redshift::Cluster" if off("Encrypted") => "Encrypted",
        "AWS::ElastiCache::ReplicationGroup" if off("AtRestEncryptionEnabled") => "AtRestEncryptionEnabled",
        "AWS::OpenSearchService::Domain" | "AWS::Elasticsearch::Domain" if off("EncryptionAtRestOptions.Enabled") => {
            "EncryptionAtRestOptions"
        }
        _ => "",
    };
    if !missing.is_empty() {
        into.say(
            Risk::Warning,
            "not-encrypted-at-rest",
            missing,
            "its data is not encrypted at rest",
            "Mostly it cannot be turned on later without making the resource anew.",
        );
    }
    if resource.kind == "AWS::KMS::Key" && !yes("EnableKeyRotation") && !has("KeySpec") {
        into.say(
            Risk::Info,
            "key-not-rotated",
            "EnableKeyRotation",
            "the key is not rotated",
            "One key material stays in use for as long as the key lives.",
        );
    }
}

fn in_transit(into: &mut Into<'_>) {
    let resource = into.resource;
    let word = |path: &str| resource.get(path).and_then(Value::as_str);
    match resource.kind.as_str() {
        "AWS::ElasticLoadBalancingV2::Listener" if word("Protocol") == Some("HTTP") => {
            let redirects = listed(resource.get("DefaultActions"))
                .into_iter()
                .all(|a| a.get("Type").and_then(Value::as_str) == Some("redirect"));
            if !redirects {
                plain("Protocol", "speaks HTTP without encryption", into);
            }
        }
        "AWS::ElastiCache::ReplicationGroup" if !truthy(resource.get("TransitEncryptionEnabled")) => {
            plain("TransitEncryptionEnabled", "speaks without encryption", into);
        }
        "AWS::OpenSearchService::Domain" if falsy(resource.get("DomainEndpointOptions.EnforceHTTPS")) => {
            plain("DomainEndpointOptions.EnforceHTTPS", "takes requests over HTTP", into);
        }
        "AWS::CloudFront::Distribution" => {
            let behaviors = listed(resource.get("DistributionConfig.CacheBehaviors"));
            let behaviors = behaviors.into_iter().chain(resource.get("DistributionConfig.DefaultCacheBehavior"));
            if behaviors.into_iter().any(|b| b.get("ViewerProtocolPolicy").and_then(Value::as_str) == Some("allow-all"))
            {
                plain("DistributionConfig", "serves over HTTP too (allow-all)", into);
            }
            let lowest = word("DistributionConfig.ViewerCertificate.MinimumProtocolVersion");
            if let Some(old @ ("SSLv3" | "TLSv1" | "TLSv1_2016" | "TLSv1.1_2016")) = lowest {
                plain("DistributionConfig.ViewerCertificate", &format!("takes {old}"), into);
            }
        }
        _ => {}
    }
}

fn plain(path: &str, text: &str, into: &mut Into<'_>) {
    into.say(Risk::Warning, "not-encrypted-in-transit", path, text, "Whoever is on the way can read and change it.");
}

fn kept(into: &mut Into<'_>) {
    let resource = into.resource;
    let policy = resource.deletion_policy.as_deref();
    if stateful(&resource.kind)
        && !light(&resource.kind)
        && !matches!(policy, Some("Retain" | "RetainExceptOnCreate" | "Snapshot"))
    {
        let database =
            policy.is_none() && matches!(resource.kind.as_str(), "AWS::RDS::DBCluster" | "AWS::RDS::DBInstance");
        if !database {
            into.say(
                Risk::Info,
                "goes-with-its-stack",
                "DeletionPolicy",
                "is deleted with its stack",
                "Without DeletionPolicy: Retain, removing it from the template deletes what it holds.",
            );
        }
    }
    match resource.kind.as_str() {
        "AWS::RDS::DBInstance" | "AWS::RDS::DBCluster" if number(resource.get("BackupRetentionPeriod")) == Some(0) => {
            into.say(
                Risk::Warning,
                "no-backups",
                "BackupRetentionPeriod",
                "keeps no backups",
                "What is deleted or damaged cannot be brought back.",
            );
        }
        "Custom::S3AutoDeleteObjects" => into.say(
            Risk::Warning,
            "empties-bucket",
            "BucketName",
            "empties the bucket before it is deleted",
            "CloudFormation would refuse to delete a bucket that holds something; this takes that away.",
        ),
        "AWS::Logs::LogGroup" if resource.get("RetentionInDays").is_none() => into.say(
            Risk::Info,
            "logs-kept-forever",
            "RetentionInDays",
            "logs are kept for ever",
            "They cost more each month, and hold what should be gone.",
        ),
        _ => {}
    }
}

/// True for a text that is the thing itself: not looked up somewhere, not empty.
fn literal(value: &Value) -> bool {
    matches!(value, Value::String(text) if !text.is_empty() && !text.contains("{{resolve:") && !text.starts_with("arn:"))
}

fn secrets(into: &mut Into<'_>) {
    let resource = into.resource;
    for name in ["MasterUserPassword", "AuthToken", "AdminPassword", "Password", "SecretString"] {
        if resource.properties.get(name).is_some_and(literal) {
            into.say(
                Risk::Danger,
                "secret-in-template",
                name,
                format!("{name} stands in the template"),
                "Everyone who can read the template or the stack can read it.",
            );
        }
    }
    let variables = resource.get("Environment.Variables").and_then(Value::as_object);
    for (name, value) in variables.into_iter().flatten() {
        if secret::is_name(name) && literal(value) {
            into.say(
                Risk::Warning,
                "secret-in-environment",
                "Environment.Variables",
                format!("{name} stands in the environment in the open"),
                "Everyone who can read the function's configuration can read it.",
            );
        }
    }
}

/// Secrets that are parameters and would be shown.
pub(super) fn parameters(template: &Template, out: &mut Vec<Finding>) {
    for (name, parameter) in &template.parameters {
        if secret::is_name(name) && !truthy(parameter.get("NoEcho")) {
            let kind = parameter.get("Type").map(text::value).unwrap_or_default();
            if kind == "String" {
                out.push(Finding {
                    risk: Risk::Warning,
                    code: "parameter-shown".into(),
                    resource: name.clone(),
                    path: Some("NoEcho".into()),
                    text: format!("the parameter {name} has no NoEcho"),
                    why: "Its value is shown to everyone who can see the stack.".into(),
                });
            }
        }
    }
}
