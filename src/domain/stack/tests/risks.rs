//! What is dangerous, and what is not.

use super::*;
use crate::domain::stack::{Risk, risk};

/// The findings of one resource, by risk and code.
fn found(kind: &str, rest: &str) -> Vec<(Risk, String)> {
    let text =
        format!("{{\"Resources\": {{\"It\": {{\"Type\": \"{kind}\", \"DeletionPolicy\": \"Retain\", {rest}}}}}}}");
    risk::in_template(&parse(&text)).into_iter().map(|f| (f.risk, f.code)).collect()
}

#[test]
fn each_danger_is_found_and_its_harmless_neighbour_is_not() {
    use Risk::{Danger, Info, Warning};
    let ingress = |from: &str, to: &str, cidr: &str| {
        format!(
            "\"Properties\": {{\"SecurityGroupIngress\": [{{\"IpProtocol\": \"tcp\", \"FromPort\": {from}, \"ToPort\": {to}, \"CidrIp\": \"{cidr}\"}}]}}"
        )
    };
    let policy = |statement: &str| {
        format!("\"Properties\": {{\"PolicyDocument\": {{\"Statement\": [{statement}]}}, \"Bucket\": \"b\"}}")
    };
    let role = |statement: &str| {
        format!("\"Properties\": {{\"Policies\": [{{\"PolicyDocument\": {{\"Statement\": [{statement}]}}}}]}}")
    };
    let trust =
        |statement: &str| format!("\"Properties\": {{\"AssumeRolePolicyDocument\": {{\"Statement\": [{statement}]}}}}");
    let props = |p: &str| format!("\"Properties\": {{{p}}}");
    for (kind, rest, expected) in [
        ("AWS::EC2::SecurityGroup", ingress("22", "22", "0.0.0.0/0"), Some((Danger, "open-to-the-world"))),
        ("AWS::EC2::SecurityGroup", ingress("\"5000\"", "\"6000\"", "0.0.0.0/0"), Some((Danger, "open-to-the-world"))),
        ("AWS::EC2::SecurityGroup", ingress("443", "443", "0.0.0.0/0"), Some((Info, "open-to-the-world"))),
        ("AWS::EC2::SecurityGroup", ingress("8080", "8080", "0.0.0.0/0"), Some((Warning, "open-to-the-world"))),
        ("AWS::EC2::SecurityGroup", ingress("22", "22", "10.0.0.0/8"), None),
        (
            "AWS::EC2::SecurityGroupIngress",
            props("\"IpProtocol\": \"-1\", \"CidrIpv6\": \"::/0\""),
            Some((Danger, "open-to-the-world")),
        ),
        ("AWS::S3::Bucket", props("\"AccessControl\": \"PublicRead\""), Some((Danger, "public-acl"))),
        (
            "AWS::S3::Bucket",
            props(
                "\"PublicAccessBlockConfiguration\": {\"BlockPublicAcls\": true, \"BlockPublicPolicy\": false, \"IgnorePublicAcls\": true, \"RestrictPublicBuckets\": true}",
            ),
            Some((Danger, "public-access-not-blocked")),
        ),
        ("AWS::S3::Bucket", props(""), None),
        (
            "AWS::S3::BucketPolicy",
            policy(r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}"#),
            Some((Danger, "public-policy")),
        ),
        (
            "AWS::S3::BucketPolicy",
            policy(r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}"#),
            None,
        ),
        (
            "AWS::S3::BucketPolicy",
            policy(r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "a"}, "Action": "s3:GetObject", "Resource": "x"}"#),
            Some((Danger, "allow-not-principal")),
        ),
        (
            "AWS::Lambda::Permission",
            props(
                "\"FunctionName\": \"f\", \"Action\": \"lambda:InvokeFunction\", \"Principal\": \"s3.amazonaws.com\"",
            ),
            Some((Warning, "confused-deputy")),
        ),
        (
            "AWS::Lambda::Permission",
            props(
                "\"FunctionName\": \"f\", \"Action\": \"lambda:InvokeFunction\", \"Principal\": \"s3.amazonaws.com\", \"SourceArn\": \"a\"",
            ),
            None,
        ),
        ("AWS::Lambda::Url", props("\"AuthType\": \"NONE\""), Some((Danger, "url-without-auth"))),
        ("AWS::Lambda::Url", props("\"AuthType\": \"AWS_IAM\""), None),
        (
            "AWS::RDS::DBInstance",
            props("\"PubliclyAccessible\": \"true\", \"StorageEncrypted\": true"),
            Some((Danger, "public-database")),
        ),
        ("AWS::RDS::DBInstance", props(""), Some((Warning, "not-encrypted-at-rest"))),
        ("AWS::RDS::DBInstance", props("\"StorageEncrypted\": {\"Ref\": \"P\"}"), None),
        (
            "AWS::RDS::DBInstance",
            props("\"StorageEncrypted\": true, \"MasterUserPassword\": \"hunter2\""),
            Some((Danger, "secret-in-template")),
        ),
        (
            "AWS::RDS::DBInstance",
            props("\"StorageEncrypted\": true, \"MasterUserPassword\": \"{{resolve:secretsmanager:x}}\""),
            None,
        ),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#),
            Some((Danger, "wildcard-everything")),
        ),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}"#),
            Some((Danger, "wildcard-service")),
        ),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "s3:*", "Resource": "a"}"#),
            Some((Warning, "wildcard-service")),
        ),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "s3:Put*", "Resource": "a"}"#),
            Some((Warning, "wildcard-action")),
        ),
        ("AWS::IAM::Role", role(r#"{"Effect": "Allow", "Action": "s3:Get*", "Resource": "a"}"#), None),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}"#),
            Some((Warning, "wildcard-resource")),
        ),
        ("AWS::IAM::Role", role(r#"{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}"#), None),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#),
            Some((Danger, "allow-not-action")),
        ),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}"#),
            Some((Danger, "pass-any-role")),
        ),
        (
            "AWS::IAM::Role",
            role(
                r#"{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:r", "Condition": {"StringEquals": {"iam:PassedToService": "x"}}}"#,
            ),
            None,
        ),
        (
            "AWS::IAM::Role",
            role(r#"{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}"#),
            Some((Danger, "can-climb")),
        ),
        (
            "AWS::IAM::Role",
            trust(r#"{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}"#),
            Some((Danger, "role-for-anyone")),
        ),
        (
            "AWS::IAM::Role",
            trust(
                r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}"#,
            ),
            Some((Warning, "role-for-other-account")),
        ),
        (
            "AWS::IAM::Role",
            trust(
                r#"{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}"#,
            ),
            None,
        ),
        (
            "AWS::IAM::Role",
            trust(
                r#"{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "x"}}}"#,
            ),
            Some((Danger, "federation-without-subject")),
        ),
        (
            "AWS::ElasticLoadBalancingV2::Listener",
            props("\"Protocol\": \"HTTP\", \"DefaultActions\": [{\"Type\": \"forward\"}]"),
            Some((Warning, "not-encrypted-in-transit")),
        ),
        (
            "AWS::ElasticLoadBalancingV2::Listener",
            props("\"Protocol\": \"HTTP\", \"DefaultActions\": [{\"Type\": \"redirect\"}]"),
            None,
        ),
        (
            "AWS::Lambda::Function",
            props("\"Environment\": {\"Variables\": {\"DB_PASSWORD\": \"hunter2\", \"SECRET_ARN\": \"x\"}}"),
            Some((Warning, "secret-in-environment")),
        ),
        (
            "AWS::Lambda::Function",
            props("\"Environment\": {\"Variables\": {\"SLACK_TOKEN\": \"tok-1\", \"MAX_TOKENS\": \"400\"}}"),
            Some((Warning, "secret-in-environment")),
        ),
        (
            "AWS::Lambda::Function",
            props("\"Environment\": {\"Variables\": {\"SLACK_TOKEN\": {\"Ref\": \"Token\"}}}"),
            None,
        ),
    ] {
        let found = found(kind, &rest);
        let expected: Vec<(Risk, String)> = expected.into_iter().map(|(r, c)| (r, c.to_owned())).collect();
        assert_eq!(found, expected, "{kind} {rest}");
    }
}

#[test]
fn protection_that_is_turned_off_is_told() {
    let with = |p: &str| format!("{{\"Resources\": {{\"It\": {{\"Type\": \"AWS::DynamoDB::Table\", {p}}}}}}}");
    for (before, after, code) in [
        ("\"Properties\": {\"DeletionProtectionEnabled\": true}", "\"Properties\": {}", "protection-off"),
        ("\"DeletionPolicy\": \"Retain\"", "\"DeletionPolicy\": \"Delete\"", "retention-off"),
        (
            "\"Properties\": {\"SSESpecification\": {\"SSEEncryptionEnabled\": true}}",
            "\"Properties\": {\"SSESpecification\": {\"SSEEncryptionEnabled\": false}}",
            "encryption-off",
        ),
    ] {
        let codes = |a: &str, b: &str| {
            let diff = diff(&with(a), &with(b));
            diff.resources.iter().flat_map(|r| r.findings.iter().map(|f| f.code.clone())).collect::<Vec<_>>()
        };
        assert!(codes(before, after).contains(&code.to_owned()), "{code}");
        assert!(!codes(after, before).contains(&code.to_owned()), "{code} the other way");
    }
}

#[test]
fn sam_becomes_roles_permissions_and_urls() {
    let sam = "
Transform: AWS::Serverless-2016-10-31
Globals: { Function: { Runtime: nodejs22.x, Environment: { Variables: { A: '1' } } } }
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.handler
      CodeUri: src/
      Environment: { Variables: { B: '2' } }
      FunctionUrlConfig: { AuthType: NONE }
      Policies:
        - S3ReadPolicy: { BucketName: !Ref Bucket }
        - AmazonS3FullAccess
        - UnheardOfPolicy: { X: y }
      Events:
        Up: { Type: S3, Properties: { Bucket: !Ref Bucket, Events: 's3:ObjectCreated:*' } }
        Odd: { Type: Carrier, Properties: {} }
  Bucket: { Type: AWS::S3::Bucket }
";
    let (template, notes) = parse(sam).expanded();
    let kinds: Vec<_> = template.resources.iter().map(|r| (r.id.as_str(), r.kind.as_str())).collect();
    assert_eq!(
        kinds,
        [
            ("ApiRole", "AWS::IAM::Role"),
            ("Api", "AWS::Lambda::Function"),
            ("ApiUrl", "AWS::Lambda::Url"),
            ("ApiUrlPublicPermissions", "AWS::Lambda::Permission"),
            ("ApiUpPermission", "AWS::Lambda::Permission"),
            ("Bucket", "AWS::S3::Bucket"),
        ]
    );
    assert_eq!(notes.len(), 2, "{notes:?}");
    let function = template.resource("Api").unwrap();
    assert_eq!(function.get("Environment.Variables").unwrap().as_object().unwrap().len(), 2);
    let told = told(&compare("S", None, Some(&parse(sam)))).join("\n");
    for part in [
        "ApiRole may now s3:GetBucketLocation, s3:GetLifecycleConfiguration, s3:GetObject, s3:GetObjectVersion, s3:ListBucket on arn:aws:s3:::${Bucket}, arn:aws:s3:::${Bucket}/*",
        "ApiRole may now s3-object-lambda:*, s3:* on everything",
        "anyone may now lambda:InvokeFunctionUrl on Api",
        "danger url-without-auth",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}
