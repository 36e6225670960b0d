//! YAML into values: tags become what they are short for, aliases what they stand for.
//!
//! It builds from the parser's events with a stack of its own, so that depth is a number that is
//! compared and not the program's stack. Always holds: no more than [`MOST_NODES`] values come out of
//! a text, however its aliases multiply.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::{Fault, Map, Value};

/// Deeper nesting than this is no template.
pub(super) const DEEPEST: usize = 64;
/// More values than this are no template: 1 MB, the most that CloudFormation takes, holds fewer.
pub(super) const MOST_NODES: usize = 200_000;

/// Where the keys of the two outer levels stand, `("Resources", "Bucket")` for the inner one.
pub(super) type Lines = BTreeMap<(String, String), u32>;

enum Open {
    List { items: Vec<Value>, tag: Option<String>, anchor: usize },
    Map { map: Map<String, Value>, key: Option<String>, merged: Vec<Value>, tag: Option<String>, anchor: usize },
}

/// What has been built of a text.
#[derive(Default)]
struct Build {
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Value, usize, usize)>,
    nodes: usize,
    root: Option<Value>,
    lines: Lines,
}

/// The value of a text.
pub(super) fn read(text: &str) -> Result<(Value, Lines), Fault> {
    let mut build = Build::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => return Err(Fault::at(number(error.marker().line()), error.info())),
        };
        let line = number(span.start.line());
        build.take(event, line).map_err(|what| Fault::at(line, what))?;
    }
    match build.root {
        Some(root) => Ok((root, build.lines)),
        None => Err(Fault::new("it is empty")),
    }
}

/// Where the keys of the two outer levels stand, as far as the text can be read.
pub(super) fn lines(text: &str) -> Lines {
    let mut build = Build::default();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        if build.take(event, number(span.start.line())).is_err() {
            break;
        }
    }
    build.lines
}

fn number(line: usize) -> u32 {
    u32::try_from(line.max(1)).unwrap_or(u32::MAX)
}

impl Build {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), String> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err("a second document begins; a template is one document".to_owned())
            }
            Event::DocumentStart(_) => Ok(()),
            Event::Alias(anchor) => {
                let Some((value, nodes, depth)) = self.anchors.get(&anchor).cloned() else {
                    return Err("an alias leads into what it stands in".to_owned());
                };
                self.count(nodes)?;
                if self.open.len() + depth > DEEPEST {
                    return Err(too_deep());
                }
                self.put(value, 0, nodes, line)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1)?;
                let value = scalar(&text, style, tag.as_deref())?;
                self.put(value, anchor, 1, line)
            }
            Event::SequenceStart(anchor, tag) => {
                self.deeper()?;
                self.open.push(Open::List { items: Vec::new(), tag: short(tag.as_deref())?, anchor });
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                self.deeper()?;
                let tag = short(tag.as_deref())?;
                self.open.push(Open::Map { map: Map::new(), key: None, merged: Vec::new(), tag, anchor });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(line),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MOST_NODES { Err(format!("it holds more than {MOST_NODES} values")) } else { Ok(()) }
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.count(1)?;
        if self.open.len() >= DEEPEST { Err(too_deep()) } else { Ok(()) }
    }

    fn close(&mut self, line: u32) -> Result<(), String> {
        let (value, tag, anchor) = match self.open.pop() {
            Some(Open::List { items, tag, anchor }) => (Value::Array(items), tag, anchor),
            Some(Open::Map { mut map, merged, tag, anchor, .. }) => {
                for from in merged {
                    let list = if let Value::Array(list) = from { list } else { vec![from] };
                    for one in list {
                        let Value::Object(one) = one else { return Err("`<<` takes mappings only".to_owned()) };
                        for (key, value) in one {
                            map.entry(key).or_insert(value);
                        }
                    }
                }
                (Value::Object(map), tag, anchor)
            }
            None => return Err("something ends that did not begin".to_owned()),
        };
        let value = match tag {
            Some(name) => intrinsic(&name, value),
            None => value,
        };
        let nodes = if anchor == 0 { 1 } else { size(&value).0 };
        self.put(value, anchor, nodes, line)
    }

    fn put(&mut self, value: Value, anchor: usize, nodes: usize, line: u32) -> Result<(), String> {
        if anchor != 0 {
            // What is kept for aliases counts too: anchors within anchors keep it again and again.
            self.count(nodes)?;
            self.anchors.insert(anchor, (value.clone(), nodes, size(&value).1));
        }
        let depth = self.open.len();
        let outer = match self.open.first() {
            Some(Open::Map { key: Some(key), .. }) if depth == 2 => key.clone(),
            _ => String::new(),
        };
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List { items, .. }) => items.push(value),
            Some(Open::Map { map, key, merged, .. }) => match key.take() {
                None => {
                    let name = match value {
                        Value::String(name) => name,
                        Value::Bool(_) | Value::Number(_) => value.to_string(),
                        Value::Null => "null".to_owned(),
                        Value::Array(_) | Value::Object(_) => return Err("a key has to be a plain word".to_owned()),
                    };
                    if map.contains_key(&name) {
                        return Err(format!("the key {name} stands twice; only one of the two would count"));
                    }
                    if depth <= 2 {
                        self.lines.insert((outer, name.clone()), line);
                    }
                    *key = Some(name);
                }
                Some(name) if name == "<<" => merged.push(value),
                Some(name) => drop(map.insert(name, value)),
            },
        }
        Ok(())
    }
}

fn too_deep() -> String {
    format!("it is nested more than {DEEPEST} deep")
}

/// How many values, and how deep.
fn size(value: &Value) -> (usize, usize) {
    let of = |mut parts: Vec<(usize, usize)>| {
        let nodes = parts.iter().map(|p| p.0).sum::<usize>() + 1;
        let depth = parts.drain(..).map(|p| p.1).max().unwrap_or(0) + 1;
        (nodes, depth)
    };
    match value {
        Value::Array(items) => of(items.iter().map(size).collect()),
        Value::Object(map) => of(map.values().map(size).collect()),
        _ => (1, 0),
    }
}

/// A tag of CloudFormation, without its `!`.
fn short(tag: Option<&Tag>) -> Result<Option<String>, String> {
    match tag {
        Some(tag) if tag.handle == "!" && KNOWN.contains(&tag.suffix.as_str()) => Ok(Some(tag.suffix.clone())),
        Some(tag) if tag.is_yaml_core_schema() || tag.suffix.is_empty() || tag.handle == "!" && tag.suffix == "!" => {
            Ok(None)
        }
        Some(tag) => Err(format!("`{tag}` is no function of CloudFormation")),
        None => Ok(None),
    }
}

const KNOWN: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// `!Name value` in the long form.
fn intrinsic(name: &str, value: Value) -> Value {
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        _ => format!("Fn::{name}"),
    };
    Value::Object(Map::from_iter([(key, value)]))
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, String> {
    let core = tag.filter(|t| t.is_yaml_core_schema()).map(|t| t.suffix.as_str());
    if let Some(name) = short(tag)? {
        return Ok(intrinsic(&name, Value::String(text.to_owned())));
    }
    let quoted = style != ScalarStyle::Plain || tag.is_some_and(|t| t.suffix.is_empty());
    if quoted || matches!(core, Some("str" | "binary" | "timestamp")) {
        return Ok(Value::String(text.to_owned()));
    }
    Ok(plain(text))
}

/// A word without quotes. What only looks like a number to some readers stays a word: an account's
/// id that begins with 0, a date.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if padded || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Value::String(text.to_owned());
    }
    // Only what is written back as it stood: 1e400 and 1.10 are words.
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(number) if number.to_string() == text => Value::Number(number),
        _ => Value::String(text.to_owned()),
    }
}
