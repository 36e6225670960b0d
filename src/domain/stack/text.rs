//! Values in words: a reference as `${Bucket}`, an attribute as `${Bucket.Arn}`, a join as its text.

use super::{Map, Value};

/// As much of a value as a line can hold.
pub const LONGEST: usize = 400;

/// A value on one line.
pub fn value(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    cut(out)
}

/// Without what no line can hold.
pub(super) fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A value whole, however long: what is compared.
pub(super) fn whole(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Null => out.push_str("nothing"),
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::Array(items) => {
            out.push('[');
            several(items, ", ", out);
            out.push(']');
        }
        Value::Object(map) => match call(map) {
            Some((name, argument)) => function(name, argument, out),
            None => {
                out.push('{');
                for (i, (key, value)) in map.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    out.push_str(key);
                    out.push_str(": ");
                    write(value, out);
                }
                out.push('}');
            }
        },
    }
}

fn several(items: &[Value], between: &str, out: &mut String) {
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { between });
        write(item, out);
    }
}

/// A function and its argument, when a mapping is one.
pub fn call(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = map.iter();
    match (entries.next(), entries.next()) {
        (Some((name, argument)), None) => {
            let name = name.as_str();
            let known = name == "Ref" || name == "Condition" && argument.is_string();
            if known { Some((name, argument)) } else { name.strip_prefix("Fn::").map(|n| (n, argument)) }
        }
        _ => None,
    }
}

fn function(name: &str, argument: &Value, out: &mut String) {
    match (name, argument) {
        ("Ref", Value::String(id)) => reference(id, out),
        ("GetAtt", Value::Array(path)) => {
            out.push_str("${");
            several(path, ".", out);
            out.push('}');
        }
        ("Join", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(between), Value::Array(items)] => several(items, between, out),
            _ => called(name, argument, out),
        },
        ("Sub", Value::String(text)) => out.push_str(&text.replace("${AWS::Partition}", "aws")),
        ("Sub", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(text), Value::Object(variables)] => substituted(text, variables, out),
            _ => called(name, argument, out),
        },
        _ => called(name, argument, out),
    }
}

fn reference(id: &str, out: &mut String) {
    if id == "AWS::Partition" {
        // One for all but the partitions of governments and China: an ARN reads better with it.
        out.push_str("aws");
    } else {
        out.push_str("${");
        out.push_str(id);
        out.push('}');
    }
}

fn called(name: &str, argument: &Value, out: &mut String) {
    out.push_str(name);
    out.push('(');
    match argument {
        Value::Array(items) => several(items, ", ", out),
        other => write(other, out),
    }
    out.push(')');
}

/// A text of `Fn::Sub` with its own variables in their places; those in their texts are left alone.
fn substituted(text: &str, variables: &Map<String, Value>, out: &mut String) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        match variables.get(name) {
            Some(value) => write(value, out),
            None => reference(name, out),
        }
        rest = tail;
    }
    out.push_str(rest);
}
