//! Templates in both languages, and texts that are none.

use serde_json::json;

use super::*;

fn property(text: &str) -> serde_json::Value {
    let template = parse(&format!("Resources:\n  It:\n    Type: A\n    Properties:\n      P: {text}\n"));
    template.resources[0].properties["P"].clone()
}

#[test]
fn short_forms_become_long_ones() {
    for (short, long) in [
        ("!Ref A", json!({"Ref": "A"})),
        ("!GetAtt A.Arn", json!({"Fn::GetAtt": ["A", "Arn"]})),
        ("!GetAtt 'A.Outputs.B'", json!({"Fn::GetAtt": ["A", "Outputs.B"]})),
        ("!GetAtt [A, Arn]", json!({"Fn::GetAtt": ["A", "Arn"]})),
        ("{ Fn::GetAtt: A.Arn }", json!({"Fn::GetAtt": ["A", "Arn"]})),
        ("!Sub '${A}-x'", json!({"Fn::Sub": "${A}-x"})),
        ("!Sub ['${v}', { v: !Ref A }]", json!({"Fn::Sub": ["${v}", {"v": {"Ref": "A"}}]})),
        (
            "!If [C, !Ref A, !Join ['', [a, !GetAtt B.Arn]]]",
            json!({"Fn::If": ["C", {"Ref": "A"}, {"Fn::Join": ["", ["a", {"Fn::GetAtt": ["B", "Arn"]}]]}]}),
        ),
        ("!Base64\n        Fn::Sub: x", json!({"Fn::Base64": {"Fn::Sub": "x"}})),
        ("!Condition C", json!({"Condition": "C"})),
        ("!Select [0, !GetAZs '']", json!({"Fn::Select": [0, {"Fn::GetAZs": ""}]})),
        ("!ImportValue x", json!({"Fn::ImportValue": "x"})),
        ("!FindInMap [A, !Ref B, c]", json!({"Fn::FindInMap": ["A", {"Ref": "B"}, "c"]})),
        ("!Equals [1, '1']", json!({"Fn::Equals": [1, "1"]})),
        // Words that only some readers take for numbers or dates.
        ("012345678901", json!("012345678901")),
        ("2012-10-17", json!("2012-10-17")),
        ("1.10", json!("1.10")),
        ("1e999", json!("1e999")),
        ("-5", json!(-5)),
        ("yes", json!("yes")),
        ("True", json!(true)),
        ("~", json!(null)),
        ("'true'", json!("true")),
        ("!!str 5", json!("5")),
        ("|\n        line 1\n        line 2", json!("line 1\nline 2\n")),
    ] {
        assert_eq!(property(short), long, "{short}");
    }
}

#[test]
fn aliases_and_merge_keys_stand_for_what_they_name() {
    let template = parse(
        "
X: &x { a: 1, b: 2 }
Resources:
  It: { Type: A, Properties: { P: { <<: *x, b: 3 }, Q: *x } }
",
    );
    assert_eq!(template.resources[0].properties["P"], json!({"b": 3, "a": 1}));
    assert_eq!(template.resources[0].properties["Q"], json!({"a": 1, "b": 2}));
}

#[test]
fn lines_are_known_in_both_languages() {
    let yaml = parse("Resources:\n  A:\n    Type: X\n  B:\n    Type: Y\n");
    assert_eq!(yaml.resources.iter().map(|r| r.line).collect::<Vec<_>>(), [Some(2), Some(4)]);
    let json = parse("{\n \"Resources\": {\n  \"A\": {\"Type\": \"X\"},\n  \"B\": {\"Type\": \"Y\"}\n }\n}");
    assert_eq!(json.resources.iter().map(|r| r.line).collect::<Vec<_>>(), [Some(3), Some(4)]);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, said) in [
        ("", "it is empty"),
        ("- a", "a template is a mapping"),
        ("Resources: [a]", "line 1: Resources has to be a mapping"),
        ("Resources:\n  A: {}", "line 2: the resource A has no Type"),
        (
            "Resources:\n  A: { Type: X }\n  A: { Type: Y }",
            "line 3: the key A stands twice; only one of the two would count",
        ),
        ("{\"Resources\": {\"A\": 1,\n\"A\": 2}}", "line 2: the key A stands twice; only one of the two would count"),
        ("Resources:\n  A: !Unknown x", "line 2: `!Unknown` is no function of CloudFormation"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins; a template is one document"),
        ("{\"Resources\": {\"A\": {\"Type\": \"X\"", "line 1: EOF while parsing an object"),
        ("a: &a [*a]", "line 1: an alias leads into what it stands in"),
        ("? [a]\n: b", "line 1: a key has to be a plain word"),
    ] {
        let fault = Template::parse(text).unwrap_err().to_string();
        assert_eq!(fault, said, "{text}");
    }
}

#[test]
fn hostile_texts_end_soon() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let last = format!("*a{}", i - 1);
        bomb.push_str(&format!("a{i}: &a{i} [{}]\n", [last.as_str(); 10].join(", ")));
    }
    assert!(Template::parse(&bomb).unwrap_err().to_string().contains("it holds more than 200000 values"));
    let deep = format!("a: {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(Template::parse(&deep).is_err());
    let block: String = (0..500).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert!(Template::parse(&block).unwrap_err().to_string().contains("64 deep"));
    let json = format!("{{\"a\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(Template::parse(&json).is_err());
    let within = format!("a: {}x{}", (0..60).map(|i| format!("&n{i} [")).collect::<String>(), "]".repeat(60));
    let told = Template::parse(&format!("{within}\nb: [[[[[[*n0]]]]]]")).unwrap_err().to_string();
    assert!(told.contains("64 deep"), "{told}");
    assert!(Template::parse(&"x".repeat(5 << 20)).unwrap_err().to_string().contains("4 MB"));
}

#[test]
fn five_hundred_resources_are_an_ordinary_template() {
    let many = |policy: &str| {
        let each = (0..500).map(|i| {
            format!(
                "\"R{i}\": {{\"Type\": \"AWS::IAM::Role\", \"Properties\": {{\"Policies\": [{{\"PolicyDocument\": \
                 {{\"Statement\": [{{\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", \"{policy}\"], \"Resource\": \
                 {{\"Fn::GetAtt\": [\"R{}\", \"Arn\"]}}}}]}}}}]}}}}",
                (i + 1) % 500
            )
        });
        format!("{{\"Resources\": {{{}}}}}", each.collect::<Vec<_>>().join(","))
    };
    let diff = diff(&many("s3:PutObject"), &many("s3:*"));
    assert_eq!(diff.resources.len(), 500);
    assert_eq!(diff.widened().count(), 500);
}

#[test]
fn values_are_read_in_words() {
    for (value, words) in [
        (json!({"Ref": "A"}), "${A}"),
        (json!({"Fn::GetAtt": ["A", "Arn"]}), "${A.Arn}"),
        (json!({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":x"]]}), "arn:aws:x"),
        (json!({"Fn::Join": ["-", {"Ref": "List"}]}), "Join(-, ${List})"),
        (json!({"Fn::Sub": "arn:${AWS::Partition}:${A}"}), "arn:aws:${A}"),
        (json!({"Fn::Sub": ["${v}/${A}/${", {"v": {"Ref": "B"}}]}), "${B}/${A}/${"),
        (json!({"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}), "If(C, 1, ${AWS::NoValue})"),
        (json!([1, true, null, {"a": "b", "c": []}]), "[1, true, nothing, {a: b, c: []}]"),
    ] {
        assert_eq!(crate::domain::stack::text::value(&value), words);
    }
    assert!(crate::domain::stack::text::value(&json!("ä".repeat(5_000))).len() < 500);
}
