//! Which way rights go.

use super::*;
use crate::domain::stack::iam::Class;

/// A role with one policy of these statements.
fn role(statements: &str) -> String {
    format!(
        "{{\"Resources\": {{\"Role\": {{\"Type\": \"AWS::IAM::Role\", \"Properties\": {{\"Policies\": [{{\"PolicyName\": \
         \"p\", \"PolicyDocument\": {{\"Statement\": [{statements}]}}}}]}}}}}}}}"
    )
}

fn ways(before: &str, after: &str) -> Vec<(Class, String)> {
    let diff = diff(before, after);
    diff.resources.iter().flat_map(|r| r.iam.iter()).map(|c| (c.class, c.sentence.clone())).collect()
}

/// The way that a role's statements go, taken together.
fn way(before: &str, after: &str) -> Option<Class> {
    let ways = ways(&role(before), &role(after));
    let all = |class| ways.iter().all(|w| w.0 == class);
    match ways.first() {
        None => None,
        Some((first, _)) if all(*first) => Some(*first),
        Some(_) => Some(Class::Changed),
    }
}

const GET: &str = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}"#;

#[test]
fn each_way_that_a_statement_can_go() {
    let (widened, narrowed, changed) = (Some(Class::Widened), Some(Class::Narrowed), Some(Class::Changed));
    let get = |from: &str, to: &str| GET.replace(from, to);
    let list = |actions: &str| GET.replace("\"s3:GetObject\"", actions);
    let under = |condition: &str| GET.replace("{\"Effect\"", &format!("{{\"Condition\": {condition}, \"Effect\""));
    let deny = |of: &str| of.replace("Allow", "Deny");
    for (before, after, expected, what) in [
        (String::new(), GET.into(), widened, "a new right"),
        (GET.into(), String::new(), narrowed, "a right that goes"),
        (GET.into(), get("GetObject", "Get*"), widened, "a wildcard over it"),
        (get("GetObject", "Get*"), GET.into(), narrowed, "a wildcard goes"),
        (GET.into(), get("GetObject", "PutObject"), changed, "another right"),
        (GET.into(), get("GetObject", "getobject"), None, "case of an action"),
        (GET.into(), list(r#"["s3:GetObject"]"#), None, "a list of one"),
        (GET.into(), list(r#"["s3:GetObject", "s3:PutObject"]"#), widened, "one more"),
        (GET.into(), get("a/*", "*"), widened, "every bucket"),
        (GET.into(), get("a/*", "A/*"), changed, "case of a resource"),
        (GET.into(), get("a/*", "a/in/*"), narrowed, "a part of it"),
        (GET.into(), get("a/*", "a/i?/*"), narrowed, "a part of it, with a character open"),
        (GET.into(), under(r#"{"Bool": {"aws:SecureTransport": "true"}}"#), narrowed, "a condition comes"),
        (under(r#"{"Bool": {"aws:SecureTransport": "true"}}"#), GET.into(), widened, "a condition goes"),
        (
            under(r#"{"StringEquals": {"k": ["a"]}}"#),
            under(r#"{"StringEquals": {"k": ["a", "b"]}}"#),
            widened,
            "one more value",
        ),
        (
            under(r#"{"StringNotEquals": {"k": ["a"]}}"#),
            under(r#"{"StringNotEquals": {"k": ["a", "b"]}}"#),
            narrowed,
            "one more value that must not be",
        ),
        (
            under(r#"{"StringLike": {"k": "a*"}}"#),
            under(r#"{"StringLike": {"k": "ab"}}"#),
            narrowed,
            "a narrower pattern",
        ),
        (deny(GET), String::new(), widened, "a prohibition goes"),
        (String::new(), deny(GET), narrowed, "a prohibition comes"),
        (deny(GET), deny(&get("GetObject", "*")), narrowed, "a wider prohibition"),
        (deny(&get("a/*", "*")), deny(GET), widened, "a smaller prohibition"),
        (GET.into(), get("\"Action\"", "\"NotAction\""), changed, "all but it"),
        (
            get("s3:GetObject", "iam:*").replace("\"Action\"", "\"NotAction\""),
            GET.into(),
            narrowed,
            "from all but another",
        ),
        (get("\"Resource\"", "\"NotResource\""), GET.into(), changed, "from all others to it"),
        (get("s3:GetObject", "*"), get("\"Action\"", "\"NotAction\""), narrowed, "from all to all but one"),
        (
            list(r#"["s3:*", "iam:*"]"#).replace("\"Action\"", "\"NotAction\""),
            list(r#"["iam:*"]"#).replace("\"Action\"", "\"NotAction\""),
            widened,
            "fewer exceptions",
        ),
    ] {
        assert_eq!(way(&before, &after), expected, "{what}:\n{before}\n{after}");
    }
}

#[test]
fn statements_that_are_joined_or_taken_apart_change_nothing() {
    let apart = format!("{GET}, {}", GET.replace("GetObject", "PutObject"));
    let joined = GET.replace("\"s3:GetObject\"", r#"["s3:PutObject", "s3:GetObject"]"#);
    assert_eq!(ways(&role(&apart), &role(&joined)), []);
    assert_eq!(ways(&role(&joined), &role(&apart)), []);
}

#[test]
fn a_statement_that_moves_into_a_policy_of_the_same_role_changes_nothing() {
    let moved = format!(
        "{{\"Resources\": {{\"Role\": {{\"Type\": \"AWS::IAM::Role\"}}, \"P\": {{\"Type\": \"AWS::IAM::Policy\", \
         \"Properties\": {{\"Roles\": [{{\"Ref\": \"Role\"}}], \"PolicyDocument\": {{\"Statement\": {GET}}}}}}}}}}}"
    );
    assert_eq!(ways(&role(GET), &moved), []);
    let other = moved.replace("{\"Ref\": \"Role\"}", "\"somebody\"");
    let ways = ways(&role(GET), &other);
    assert_eq!(ways.len(), 2, "{ways:#?}");
}

#[test]
fn sentences_say_who_what_and_on_what() {
    let sentences = |before: &str, after: &str| ways(before, after).into_iter().map(|w| w.1).collect::<Vec<_>>();
    assert_eq!(
        sentences(&role(GET), &role(&GET.replace("\"s3:GetObject\"", r#"["s3:GetObject", "s3:PutObject"]"#))),
        ["Role may now also s3:PutObject on arn:aws:s3:::a/*"]
    );
    let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    assert_eq!(sentences(&role(""), &role(all)), ["Role may now do everything on everything"]);
    let trust = |who: &str| {
        format!(
            "Resources: {{ R: {{ Type: AWS::IAM::Role, Properties: {{ AssumeRolePolicyDocument: {{ Statement: [{{ Effect: \
             Allow, Action: 'sts:AssumeRole', Principal: {who} }}] }} }} }} }}"
        )
    };
    let lambda = trust("{ Service: lambda.amazonaws.com }");
    assert_eq!(
        sentences(&lambda, &trust("'*'")),
        ["anyone may now also take the role R"],
        "the service is one of anyone"
    );
    assert_eq!(
        sentences(&lambda, &trust("{ Service: [lambda.amazonaws.com, ec2.amazonaws.com] }")),
        ["ec2.amazonaws.com may now also take the role R"]
    );
    let condition = GET.replace("{\"Effect\"", r#"{"Condition": {"Bool": {"aws:SecureTransport": "true"}}, "Effect""#);
    assert_eq!(
        sentences(&role(&condition), &role(GET)),
        ["Role may now also s3:GetObject on arn:aws:s3:::a/*, no longer only when Bool aws:SecureTransport"]
    );
}

#[test]
fn policies_of_resources_are_found_wherever_they_are() {
    for (resource, sentence) in [
        (
            r#""Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": {"Statement":
               {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}}"#,
            "anyone may now s3:GetObject on B",
        ),
        (
            r#""Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Fn::GetAtt": ["F", "Arn"]},
               "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}"#,
            "sns.amazonaws.com may now lambda:InvokeFunction on F",
        ),
        (
            r#""Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [{"Effect": "Allow",
               "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:Decrypt", "Resource": "*"}]}}"#,
            "arn:aws:iam::111122223333:root may now kms:Decrypt on It",
        ),
        (
            r#""Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyDocument":
               "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"logs:*\", \"Resource\": \"*\"}]}"}"#,
            "anyone may now logs:* on It",
        ),
        (
            r#""Type": "AWS::Invented::Thing", "Properties": {"Deep": [{"Rules": {"Statement": [{"Effect": "Allow",
               "Principal": {"AWS": "*"}, "Action": "x:Y"}]}}]}"#,
            "anyone may now x:Y on It",
        ),
        (
            r#""Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}"#,
            "It may now do everything on everything",
        ),
        (
            r#""Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/own"]}"#,
            "It may now (what the managed policy permits: arn:aws:iam::111122223333:policy/own) on everything",
        ),
    ] {
        let with = format!("{{\"Resources\": {{\"It\": {{{resource}}}}}}}");
        let ways = ways("{\"Resources\": {}}", &with);
        assert_eq!(ways, [(Class::Widened, sentence.to_owned())]);
    }
}

#[test]
fn a_statement_under_a_condition_of_the_template_is_read() {
    let with = role(&format!("{{\"Fn::If\": [\"Prod\", {GET}, {{\"Ref\": \"AWS::NoValue\"}}]}}"));
    let ways = ways(&role(""), &with);
    assert_eq!(ways.len(), 1);
    assert!(ways[0].1.ends_with("when Fn::If Prod true"), "{ways:#?}");
}

#[test]
fn what_bounds_a_role_counts_the_other_way() {
    let bounded =
        |by: &str| format!("{{\"Resources\": {{\"R\": {{\"Type\": \"AWS::IAM::Role\", \"Properties\": {{{by}}}}}}}}}");
    let some = bounded("\"PermissionsBoundary\": \"arn:aws:iam::111122223333:policy/limit\"");
    assert_eq!(ways(&bounded(""), &some)[0].0, Class::Narrowed);
    assert_eq!(ways(&some, &bounded(""))[0].0, Class::Widened);
    assert_eq!(ways(&some, &some.replace("limit", "other"))[0].0, Class::Changed);
}
