//! What holds for any template.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::domain::stack::diff::Effect;

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-z*:/.$ {}!-]{0,8}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        Just(json!({"Ref": "R0"})),
        Just(json!({"Fn::GetAtt": ["R1", "Arn"]})),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[A-Z][a-z]{0,4}", inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn statements() -> impl Strategy<Value = Value> {
    let actions = prop::sample::subsequence(vec!["s3:GetObject", "s3:Get*", "s3:*", "sns:Publish", "*"], 1..3);
    let on = prop::sample::subsequence(vec!["arn:aws:s3:::a", "arn:aws:s3:::a/*", "*"], 1..3);
    let effect = prop::sample::select(vec!["Allow", "Deny"]);
    let key = prop::sample::select(vec!["Action", "NotAction"]);
    (effect, key, actions, on)
        .prop_map(|(effect, key, actions, on)| json!({"Effect": effect, key: actions, "Resource": on}))
}

fn templates() -> impl Strategy<Value = Value> {
    let kinds = vec!["AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::X::Y"];
    let plain = (prop::sample::select(kinds), prop::collection::btree_map("[A-Z][a-z]{1,4}", values(), 0..4))
        .prop_map(|(kind, properties)| json!({"Type": kind, "Properties": properties}));
    let role = prop::collection::vec(statements(), 0..3).prop_map(|statements| {
        json!({"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": statements}}]}})
    });
    let resource = prop_oneof![3 => plain, 1 => role];
    prop::collection::vec(resource, 0..5).prop_map(|resources| {
        let each = resources.into_iter().enumerate().map(|(i, r)| (format!("R{i}"), r));
        json!({"Resources": each.collect::<Map<String, Value>>()})
    })
}

proptest! {
    #[test]
    fn no_text_is_too_much(text in "\\PC{0,200}", yaml in "([a-z&*!{}\\[\\]:,\"'#|>-]| |\n){0,120}") {
        let _ = Template::parse(&text);
        let _ = Template::parse(&yaml);
        let _ = Template::parse(&format!("Resources:\n  A:\n    Type: B\n    Properties:\n      {yaml}"));
    }

    #[test]
    fn a_template_differs_in_nothing_from_itself_and_is_read_the_same_again(value in templates()) {
        let template = parse(&value.to_string());
        prop_assert!(compare("S", Some(&template), Some(&template)).is_empty());
        let pretty = parse(&serde_json::to_string_pretty(&value).unwrap());
        prop_assert!(compare("S", Some(&template), Some(&pretty)).is_empty());
    }

    #[test]
    fn what_one_way_adds_the_other_way_removes(a in templates(), b in templates()) {
        let (a, b) = (parse(&a.to_string()), parse(&b.to_string()));
        let ids = |diff: &StackDiff, effect| {
            let mut ids: Vec<String> =
                diff.resources.iter().filter(|r| r.effect == effect).map(|r| r.id.clone()).collect();
            ids.sort();
            ids
        };
        let (there, back) = (compare("S", Some(&a), Some(&b)), compare("S", Some(&b), Some(&a)));
        prop_assert_eq!(ids(&there, Effect::Add), ids(&back, Effect::Remove));
        prop_assert_eq!(ids(&there, Effect::Remove), ids(&back, Effect::Add));
        // What is widened one way is narrowed the other way, or cannot be told.
        let widened = there.widened().count();
        let narrowed = back.resources.iter().flat_map(|r| &r.iam)
            .filter(|c| c.class != crate::domain::stack::iam::Class::Widened).count();
        prop_assert_eq!(widened > 0, narrowed > 0);
        // The worst comes first, and the review has all of it.
        prop_assert!(there.resources.windows(2).all(|w| w[0].risk >= w[1].risk));
        let blocks = crate::domain::stack::review::blocks(&there, None);
        prop_assert!(there.resources.iter().all(|r| blocks.iter().any(|b| b.name == r.id)));
    }
}
