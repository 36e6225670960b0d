//! What is hidden of a template's values before anybody sees them: secrets by their name; and, from
//! the model, every value of an environment. What only looks like a secret is for those who show it.
//!
//! A difference is made without them ([`super::compare`]), so that screen, text and JSON have the same; the
//! developer sees what a variable is set to, since that can decide what runs, unless it is a secret or
//! nothing says what it is called. What is approved is bound to the true bytes, which are elsewhere. Always
//! holds: names stay; a reference stays, since it is no value; of two values that differ one can see that
//! they do.

use super::{Map, Value, falsy, parameters, text};
use crate::domain::secret;

/// What stands for a value that is hidden.
pub const HIDDEN: &str = "‹hidden›";
/// What stands for one that is hidden and is another one than before.
pub const CHANGED: &str = "‹hidden, changed›";

/// Settings of a machine that builds, which lie beside its variables.
const SETTINGS: &[&str] = &[
    "Certificate",
    "ComputeType",
    "DockerServer",
    "Fleet",
    "Image",
    "ImagePullCredentialsType",
    "PrivilegedMode",
    "RegistryCredential",
    "Type",
];

/// Who is to read it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// No value of an environment goes there.
    Model,
    Developer,
}

/// Where in a template a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// Somewhere, below this name.
    Named(&'a str),
    /// In what holds an environment, beside settings of a machine.
    Environment,
    /// Among variables.
    Variables,
    /// In a list of variables, where each says its name beside its value.
    Item,
    /// It is a variable: nothing of it is shown.
    Variable,
}

/// A value of a template whole, or the whole of it.
pub fn whole(value: &Value) -> Value {
    one(For::Model, Place::Named(""), value, None)
}

/// The values of a property without what is hidden, before and after.
pub fn pair(path: &str, before: Option<&Value>, after: Option<&Value>) -> (Option<Value>, Option<Value>) {
    let (who, place) = (For::Developer, place(For::Developer, path));
    (before.map(|v| one(who, place, v, None)), after.map(|v| one(who, place, v, before)))
}

/// The same for values as AWS writes them: as words, or as JSON.
pub fn words(path: &str, before: &str, after: &str) -> (String, String) {
    let read = |text: &str| match text.trim_start().starts_with(['{', '[']) {
        true => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
        false => Value::from(text),
    };
    let (was, is) = (read(before), read(after));
    let of = |text: &str, value: Value, other: Option<&Value>| {
        let shown = one(For::Developer, place(For::Developer, path), &value, other);
        // What nothing is hidden of stays as it was written.
        if text.is_empty() || shown == value { text.to_owned() } else { text::whole(&shown) }
    };
    let shown = of(before, was.clone(), None);
    (shown, of(after, is, Some(&was).filter(|_| !before.is_empty())))
}

/// Something of a template that is no resource: a parameter, an output.
pub fn entry(section: &str, name: &str, value: &Value) -> Value {
    of_entry(For::Model, section, name, value, None)
}

/// The same before and after.
pub(super) fn entries(
    section: &str,
    name: &str,
    before: Option<&Value>,
    after: Option<&Value>,
) -> (Option<Value>, Option<Value>) {
    let of = |v: &Value, other| of_entry(For::Developer, section, name, v, other);
    (before.map(|v| of(v, None)), after.map(|v| of(v, before)))
}

fn of_entry(who: For, section: &str, name: &str, value: &Value, other: Option<&Value>) -> Value {
    let echoes = |v: &Value| v.get("NoEcho").is_none_or(|on| falsy(Some(on)));
    let hides = match section {
        "Parameters" => secret::is_name(name) || !echoes(value) || other.is_some_and(|o| !echoes(o)),
        "Outputs" => secret::is_name(name),
        _ => false,
    };
    match value {
        Value::Object(map) if hides => {
            let each = map.iter().map(|(key, value)| {
                let place = match key.as_str() {
                    "Default" | "Value" | "AllowedValues" => Place::Variable,
                    _ => Place::Named(""),
                };
                (key.clone(), one(who, place, value, other.and_then(|o| o.get(key))))
            });
            Value::Object(each.collect())
        }
        _ => one(who, Place::Named(name), value, other),
    }
}

/// Where a path leads: `Environment.Variables.TOKEN`, `ContainerDefinitions[0].Environment[1].Value`, and
/// `/ContainerDefinitions/0/Environment/1/Value` as AWS writes it.
fn place(who: For, path: &str) -> Place<'_> {
    let steps = path.split(['.', '/', '[', ']']).filter(|s| !s.is_empty());
    steps.fold(Place::Named(""), |at, step| match step.bytes().all(|b| b.is_ascii_digit()) {
        true => item(at),
        false => below(who, at, step),
    })
}

/// Where the value of a key is.
fn below<'a>(who: For, at: Place<'a>, key: &'a str) -> Place<'a> {
    match at {
        // The name that a developer judges it by.
        Place::Variables if who == For::Developer => Place::Named(key),
        Place::Variable | Place::Variables => Place::Variable,
        Place::Item => match key {
            "Name" | "Key" | "Variable" | "Type" => Place::Named(""),
            _ => Place::Variable,
        },
        Place::Environment => match key {
            "Variables" | "EnvironmentVariables" => Place::Variables,
            key if SETTINGS.contains(&key) || who == For::Developer => Place::Named(key),
            _ => Place::Variable,
        },
        Place::Named(_) => match key {
            "Environment" => Place::Environment,
            "EnvironmentVariables" | "RuntimeEnvironmentVariables" => Place::Variables,
            _ => Place::Named(key),
        },
    }
}

/// Where an item of a list is.
fn item(at: Place<'_>) -> Place<'_> {
    match at {
        Place::Environment | Place::Variables => Place::Item,
        Place::Named(_) | Place::Item | Place::Variable => at,
    }
}

fn one(who: For, at: Place<'_>, value: &Value, other: Option<&Value>) -> Value {
    let hidden = || Value::from(if other.is_some_and(|other| other != value) { CHANGED } else { HIDDEN });
    match value {
        Value::String(word) if is_reference(word) => value.clone(),
        Value::String(word) => match at {
            // One word is a name of an environment, and none of its variables.
            Place::Environment => value.clone(),
            Place::Variable | Place::Variables | Place::Item => hidden(),
            Place::Named(name) if secret::is_name(name) && !word.starts_with("arn:") => hidden(),
            Place::Named(_) => value.clone(),
        },
        Value::Number(_) | Value::Bool(_) if at == Place::Variable => hidden(),
        Value::Null | Value::Number(_) | Value::Bool(_) => value.clone(),
        Value::Array(items) => list(who, item(at), items, other),
        Value::Object(map) => match (text::call(map), at) {
            (Some(("Ref" | "GetAtt" | "ImportValue" | "FindInMap" | "Condition", _)), _) => value.clone(),
            // One or the other, each where the whole stands.
            (Some(("If", Value::Array(items))), _) => {
                let them = other.and_then(|o| o.get("Fn::If"));
                Value::Object(Map::from_iter([("Fn::If".to_owned(), list(who, at, items, them))]))
            }
            // What is put together may have the value in it.
            (Some(_), Place::Environment | Place::Variables | Place::Item | Place::Variable) => hidden(),
            (Some(_), Place::Named(name)) if secret::is_name(name) => hidden(),
            (Some(_), Place::Named(_)) | (None, _) => Value::Object(fields(who, at, map, other)),
        },
    }
}

fn list(who: For, at: Place<'_>, items: &[Value], other: Option<&Value>) -> Value {
    let them = other.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let each = items.iter().enumerate().map(|(index, item)| {
        let same = named(item).and_then(|name| them.iter().find(|o| named(o) == Some(name)));
        one(who, at, item, same.or_else(|| them.get(index)))
    });
    Value::Array(each.collect())
}

fn fields(who: For, at: Place<'_>, map: &Map<String, Value>, other: Option<&Value>) -> Map<String, Value> {
    let name = named_in(map);
    let each = map.iter().map(|(key, value)| {
        let place = match (at, name, key.as_str()) {
            (Place::Named(_), Some(name), "Value") => Place::Named(name),
            (Place::Item, Some(name), "Value") if who == For::Developer => Place::Named(name),
            _ => below(who, at, key),
        };
        (key.clone(), one(who, place, value, other.and_then(|o| o.get(key))))
    });
    each.collect()
}

/// The name that stands beside a value.
fn named_in(map: &Map<String, Value>) -> Option<&str> {
    map.get("Value")?;
    ["Name", "Key", "Variable", "OptionName", "ParameterKey"].iter().find_map(|key| map.get(*key)?.as_str())
}

fn named(value: &Value) -> Option<&str> {
    named_in(value.as_object()?)
}

/// A text that says where the value is, or that it is hidden already.
fn is_reference(word: &str) -> bool {
    let looked_up = word.starts_with("{{resolve:") && word.ends_with("}}") && word.matches("{{").count() == 1;
    looked_up || word.is_empty() || [parameters::HIDDEN, HIDDEN, CHANGED].contains(&word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn after(path: &str, before: Value, after: Value) -> String {
        let (was, is) = pair(path, Some(&before), Some(&after));
        format!("{} -> {}", text::whole(&was.unwrap()), text::whole(&is.unwrap()))
    }

    #[test]
    fn a_secret_of_an_environment_is_hidden_wherever_it_stands_and_its_change_is_seen() {
        for path in [
            "Environment.Variables.API_TOKEN",
            // Nothing says what it is called.
            "ContainerDefinitions[0].Environment[1].Value",
            "/ContainerDefinitions/0/Environment/1/Value",
            "Environment.EnvironmentVariables[0].Value",
            "SourceConfiguration.ImageRepository.ImageConfiguration.RuntimeEnvironmentVariables[0].Value",
            "Environment.DB_PASSWORD",
            "MasterUserPassword",
        ] {
            assert_eq!(after(path, json!("one"), json!("two")), "‹hidden› -> ‹hidden, changed›", "{path}");
            assert_eq!(words(path, "one", "two"), (HIDDEN.to_owned(), CHANGED.to_owned()), "{path}");
        }
        let list =
            |value: &str| json!([{"Name": "NODE_OPTIONS", "Value": "-r x"}, {"Name": "B_KEY_TOKEN", "Value": value}]);
        let shown = after("ContainerDefinitions[0].Environment", list("one"), list("two"));
        assert_eq!(
            shown,
            "[{Name: NODE_OPTIONS, Value: -r x}, {Name: B_KEY_TOKEN, Value: ‹hidden›}] -> [{Name: NODE_OPTIONS, Value: -r \
             x}, {Name: B_KEY_TOKEN, Value: ‹hidden, changed›}]"
        );
        let joined = json!({"Fn::Join": ["", ["s3kr1t", {"Ref": "T"}]]});
        assert_eq!(after("Environment.Variables.URL_TOKEN", joined.clone(), joined), "‹hidden› -> ‹hidden›");
        let either = json!({"Fn::If": ["Prod", {"TOKEN": "s3kr1t"}, {"Ref": "AWS::NoValue"}]});
        assert!(!text::whole(&pair("Environment.Variables", None, Some(&either)).1.unwrap()).contains("s3kr1t"));
    }

    #[test]
    fn what_a_variable_is_set_to_is_seen_by_the_developer_and_not_by_the_model() {
        for (path, value) in [
            ("Environment.Variables.NODE_OPTIONS", json!("--require ./x.js")),
            ("Environment.Variables", json!({"LEVEL": "info", "PORT": 1, "ON": true})),
            ("Environment.SAGEMAKER_PROGRAM", json!("train.py")),
        ] {
            assert_eq!(pair(path, None, Some(&value)).1, Some(value.clone()), "{path}");
        }
        let told = whole(&json!({"Environment": {"Variables": {"LEVEL": "info", "PORT": 1}}}));
        assert_eq!(told, json!({"Environment": {"Variables": {"LEVEL": HIDDEN, "PORT": HIDDEN}}}));
    }

    #[test]
    fn names_and_references_stay() {
        for (path, value) in [
            ("Environment.Variables.TABLE", json!({"Ref": "Table"})),
            ("Environment.Variables.TABLE", json!("{{resolve:ssm:/table}}")),
            ("MasterUserPassword", json!("{{resolve:secretsmanager:x}}")),
            ("SecretArn", json!("arn:aws:secretsmanager:x")),
            ("Environment.ComputeType", json!("BUILD_GENERAL1_SMALL")),
            ("GenerateSecret", json!(true)),
            ("BucketName", json!("photos")),
            ("Tags", json!([{"Key": "Environment", "Value": "prod"}])),
            ("ContainerDefinitions[0].Secrets", json!([{"Name": "DB_PASSWORD", "ValueFrom": "arn:aws:ssm:x"}])),
        ] {
            assert_eq!(pair(path, None, Some(&value)).1, Some(value.clone()), "{path}");
        }
        assert_eq!(words("/BucketName", "{\"a\": 1}", ""), ("{\"a\": 1}".to_owned(), String::new()));
    }

    #[test]
    fn a_parameter_that_is_not_echoed_and_an_output_with_a_telling_name_have_no_value() {
        let (was, is) = (json!({"NoEcho": true, "Default": "one"}), json!({"NoEcho": "true", "Default": "two"}));
        let shown = entries("Parameters", "Plain", Some(&was), Some(&is));
        assert_eq!(text::whole(&shown.1.unwrap()), "{NoEcho: true, Default: ‹hidden, changed›}");
        assert_eq!(entry("Outputs", "DbPassword", &json!({"Value": "x"})), json!({"Value": HIDDEN}));
        let plain = json!({"Type": "String", "Default": "prod"});
        assert_eq!(entry("Parameters", "Stage", &plain), plain);
    }

    proptest! {
        #[test]
        fn nothing_below_variables_is_shown(name in "[A-Za-z_]{1,8}", value in "[a-z]{9,12}", deep in any::<bool>()) {
            let inner = if deep { json!([{ "Value": &value }]) } else { json!(&value) };
            let template = json!({"F": {"Environment": {"Variables": {&name: inner}}}});
            prop_assert!(!whole(&template).to_string().contains(&value));
        }
    }
}
