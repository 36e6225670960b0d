//! A new template against the old one: what is added, changed, made anew and removed.
//!
//! Always holds: a template against itself differs in nothing; a resource that is in one template only
//! is in the difference; the most dangerous comes first; no value is in it that is to be hidden.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Map, Risk, Template, Value,
    iam::{self, StatementChange},
    replace,
    risk::{self, Finding},
    template::Resource,
    text, withheld,
};

/// What a change of a property does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Update {
    /// The resource stays.
    InPlace,
    /// Nothing is known of this type.
    Unknown,
    /// It depends on the values, or on who provides the resource.
    Maybe,
    /// The resource is made anew.
    Replaces,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is created.
    Add,
    /// It is changed in place.
    Change,
    /// It may be made anew.
    MayReplace,
    /// It is removed from the stack.
    Remove,
    /// A new one is made, and the old one goes.
    Replace,
}

impl Effect {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Add => "added",
            Self::Change => "changed",
            Self::MayReplace => "replaced?",
            Self::Remove => "removed",
            Self::Replace => "REPLACED",
        }
    }

    /// True when the resource of before goes, or may go.
    pub fn ends_the_old(self) -> bool {
        matches!(self, Self::MayReplace | Self::Remove | Self::Replace)
    }
}

/// What becomes of the resource of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It stays, outside the stack.
    Retained,
    /// A snapshot of it stays.
    Snapshot,
    /// It is deleted.
    Deleted,
}

/// One property that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyDiff {
    /// Its path, `Code.S3Key`; a name alone for what is no property (`DeletionPolicy`).
    pub path: String,
    /// The value before.
    pub before: Option<Value>,
    /// The value after.
    pub after: Option<Value>,
    /// What the change does.
    pub update: Update,
    /// The resource whose replacement changes this value, where the template's text stays the same;
    /// both values are none then.
    pub because: Option<String>,
}

/// One resource that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDiff {
    /// Its logical id.
    pub id: String,
    /// Its type, after; before, where it is removed.
    pub kind: String,
    /// The type it had, where that changes.
    pub kind_before: Option<String>,
    /// The construct that it comes from, where CDK says so.
    pub construct: Option<String>,
    /// The line of the new template; of the old one, where it is removed.
    pub line: Option<u32>,
    /// What happens to it.
    pub effect: Effect,
    /// What becomes of the old one, where it goes or may go.
    pub fate: Option<Fate>,
    /// The logical id that the same thing had before.
    pub renamed_from: Option<String>,
    /// Which properties.
    pub properties: Vec<PropertyDiff>,
    /// Which permissions, the widened first.
    pub iam: Vec<StatementChange>,
    /// What is dangerous in it and comes with this change, the worst first.
    pub findings: Vec<Finding>,
    /// The worst of it.
    pub risk: Risk,
    /// The requirements that it serves, as the design or its metadata say.
    pub requirements: Vec<String>,
}

/// Something of a template that is no resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryDiff {
    /// `Parameters`.
    pub section: String,
    /// Its name.
    pub name: String,
    /// Before.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
    /// The resources that use it.
    pub used_by: Vec<String>,
}

/// A new template against the old one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDiff {
    /// The stack's name, as the caller gives it.
    pub name: String,
    /// Resources that differ, the most dangerous first.
    pub resources: Vec<ResourceDiff>,
    /// Parameters, outputs and the like that differ.
    pub entries: Vec<EntryDiff>,
    /// What is dangerous in the new template and was so before.
    pub standing: Vec<Finding>,
    /// What could not be known, a line each.
    pub notes: Vec<String>,
    /// Stacks inside, by their names in the account, that have reviews of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<String>,
}

impl StackDiff {
    /// True when nothing differs.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.entries.is_empty()
    }

    /// The worst of what comes with it.
    pub fn worst(&self) -> Risk {
        self.resources.iter().map(|r| r.risk).max().unwrap_or_default()
    }

    /// How many resources meet this effect.
    pub fn count(&self, effect: Effect) -> usize {
        self.resources.iter().filter(|r| r.effect == effect).count()
    }

    /// Every permission that is widened, with its resource.
    pub fn widened(&self) -> impl Iterator<Item = (&ResourceDiff, &StatementChange)> {
        self.resources.iter().flat_map(|r| r.iam.iter().map(move |c| (r, c))).filter(|(_, c)| c.class.widens())
    }
}

/// Holds the new template (none: the stack goes) against the old one (none: it is new).
pub fn compare(name: &str, before: Option<&Template>, after: Option<&Template>) -> StackDiff {
    let (old, _) = before.map(Template::expanded).unwrap_or_default();
    let (new, notes) = after.map(Template::expanded).unwrap_or_default();
    let mut diff = StackDiff { name: name.to_owned(), notes, ..StackDiff::default() };
    let by_id = |t: &Template| -> BTreeMap<String, Resource> {
        t.resources.iter().map(|r| (r.id.clone(), r.clone())).collect()
    };
    let (was, is) = (by_id(&old), by_id(&new));
    let ids: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut found = BTreeMap::<String, ResourceDiff>::new();
    for id in ids {
        if let Some(resource) = resource(was.get(id), is.get(id)) {
            found.insert(id.clone(), resource);
        }
    }
    follow(&was, &is, &mut found);
    renames(&was, &is, &mut found);
    for change in iam::changes(&iam::grants(&old), &iam::grants(&new)) {
        let carrier = change.carrier.clone();
        let at = found.entry(carrier.clone()).or_insert_with(|| {
            let known = is.get(&carrier).or_else(|| was.get(&carrier)).cloned().unwrap_or_default();
            started(&known, Effect::Change)
        });
        at.iam.push(change);
    }
    diff.entries = entries(&old, &new);
    let (brought, standing) = risk::findings(&old, &new);
    diff.standing = standing;
    for finding in brought {
        match found.get_mut(&finding.resource) {
            Some(at) => at.findings.push(finding),
            // What another part of the template makes dangerous stands beside what was so before.
            None => diff.standing.push(finding),
        }
    }
    for (id, resource) in &mut found {
        resource.fate = fate(was.get(id), is.get(id), resource.effect);
        risk::of_change(was.get(id), resource);
        resource.iam.sort_by_key(|c| (std::cmp::Reverse(c.class), c.sentence.clone()));
        resource.findings.sort_by_key(|f| (std::cmp::Reverse(f.risk), f.code.clone()));
        resource.risk = risk::worst(resource);
    }
    diff.resources = found.into_values().collect();
    diff.resources.sort_by(|a, b| (b.risk, b.effect).cmp(&(a.risk, a.effect)).then_with(|| a.id.cmp(&b.id)));
    diff.standing.sort_by(|a, b| b.risk.cmp(&a.risk).then_with(|| a.resource.cmp(&b.resource)));
    withhold(&mut diff);
    diff
}

/// Takes out what nobody is to see, when all that needs the values is done.
fn withhold(diff: &mut StackDiff) {
    for property in diff.resources.iter_mut().flat_map(|r| &mut r.properties) {
        let (before, after) = (property.before.take(), property.after.take());
        (property.before, property.after) = withheld::pair(&property.path, before.as_ref(), after.as_ref());
    }
    for entry in &mut diff.entries {
        let (before, after) = (entry.before.take(), entry.after.take());
        (entry.before, entry.after) = withheld::entries(&entry.section, &entry.name, before.as_ref(), after.as_ref());
    }
}

fn started(of: &Resource, effect: Effect) -> ResourceDiff {
    ResourceDiff {
        id: of.id.clone(),
        kind: of.kind.clone(),
        kind_before: None,
        construct: of.construct().map(str::to_owned),
        line: of.line,
        effect,
        fate: None,
        renamed_from: None,
        properties: Vec::new(),
        iam: Vec::new(),
        findings: Vec::new(),
        risk: Risk::Info,
        requirements: Vec::new(),
    }
}

fn resource(was: Option<&Resource>, is: Option<&Resource>) -> Option<ResourceDiff> {
    let (was, is) = match (was, is) {
        (None, None) => return None,
        (None, Some(new)) => {
            let mut properties = Vec::new();
            new.properties.iter().for_each(|(key, value)| brought(key, value, 0, &mut properties));
            attributes(&Resource::default(), new, &mut properties);
            return Some(ResourceDiff { properties, ..started(new, Effect::Add) });
        }
        (Some(old), None) => return Some(started(old, Effect::Remove)),
        (Some(was), Some(is)) => (was, is),
    };
    let mut properties = Vec::new();
    for key in was.properties.keys().chain(is.properties.keys().filter(|k| !was.properties.contains_key(*k))) {
        differ(key, was.properties.get(key), is.properties.get(key), 0, &mut properties);
    }
    for property in &mut properties {
        property.update = replace::update(&is.kind, &property.path);
    }
    attributes(was, is, &mut properties);
    let mut out = started(is, Effect::Change);
    if was.kind != is.kind {
        out.kind_before = Some(was.kind.clone());
        out.effect = Effect::Replace;
    } else if properties.is_empty() {
        return None;
    }
    for property in &properties {
        out.effect = out.effect.max(effect(property.update));
    }
    properties.sort_by_key(|p| std::cmp::Reverse(p.update));
    out.properties = properties;
    Some(out)
}

fn effect(update: Update) -> Effect {
    match update {
        Update::InPlace | Update::Unknown => Effect::Change,
        Update::Maybe => Effect::MayReplace,
        Update::Replaces => Effect::Replace,
    }
}

/// What is no property of the resource and says how the stack treats it.
fn attributes(was: &Resource, is: &Resource, out: &mut Vec<PropertyDiff>) {
    let text = |word: &Option<String>| word.clone().map(Value::from);
    let list = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        (!words.is_empty()).then(|| Value::from(words))
    };
    let part = |map: &Map<String, Value>| (!map.is_empty()).then(|| Value::Object(map.clone()));
    // What tools write there for themselves changes nothing that is deployed.
    let own = |map: &Map<String, Value>| {
        let kept = map.iter().filter(|(k, _)| !k.starts_with("aws:") && !k.starts_with("Sam"));
        part(&kept.map(|(k, v)| (k.clone(), v.clone())).collect())
    };
    for (path, before, after) in [
        ("DeletionPolicy", text(&was.deletion_policy), text(&is.deletion_policy)),
        ("UpdateReplacePolicy", text(&was.update_replace_policy), text(&is.update_replace_policy)),
        ("Condition", text(&was.condition), text(&is.condition)),
        ("DependsOn", list(&was.depends_on), list(&is.depends_on)),
        ("CreationPolicy and UpdatePolicy", part(&was.policies), part(&is.policies)),
        ("Metadata", own(&was.metadata), own(&is.metadata)),
    ] {
        if before != after {
            out.push(PropertyDiff { path: path.to_owned(), before, after, update: Update::InPlace, because: None });
        }
    }
}

/// True when two values mean the same: `30` and `"30"` do.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        (Value::Null, _) | (_, Value::Null) => a == b,
        _ => a == b || text::whole(a) == text::whole(b),
    }
}

/// Deeper differences are shown as a whole.
const DEEPEST: usize = 6;

fn differ(path: &str, before: Option<&Value>, after: Option<&Value>, depth: usize, out: &mut Vec<PropertyDiff>) {
    match (before, after) {
        (None, None) => return,
        (Some(a), Some(b)) if same(a, b) => return,
        (Some(Value::Object(a)), Some(Value::Object(b))) if depth < DEEPEST && fields(a) && fields(b) => {
            for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
                differ(&format!("{path}.{key}"), a.get(key), b.get(key), depth + 1, out);
            }
            return;
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if depth < DEEPEST && a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differ(&format!("{path}[{index}]"), Some(a), Some(b), depth + 1, out);
            }
            return;
        }
        _ => {}
    }
    let (before, after) = (before.cloned(), after.cloned());
    out.push(PropertyDiff { path: path.to_owned(), before, after, update: Update::Unknown, because: None });
}

/// Every value of what is new.
fn brought(path: &str, value: &Value, depth: usize, out: &mut Vec<PropertyDiff>) {
    match value {
        Value::Object(map) if depth < DEEPEST && !map.is_empty() && fields(map) => {
            map.iter().for_each(|(key, value)| brought(&format!("{path}.{key}"), value, depth + 1, out));
        }
        Value::Array(all) if depth < DEEPEST && all.iter().any(Value::is_object) => {
            all.iter().enumerate().for_each(|(n, value)| brought(&format!("{path}[{n}]"), value, depth + 1, out));
        }
        _ => {
            let after = Some(value.clone());
            out.push(PropertyDiff {
                path: path.to_owned(),
                before: None,
                after,
                update: Update::InPlace,
                because: None,
            });
        }
    }
}

/// True for a mapping of properties: no function, and no policy, whose statements are shown as such.
fn fields(map: &Map<String, Value>) -> bool {
    text::call(map).is_none() && !map.contains_key("Statement")
}

/// Replacements go on: who refers to what is made anew gets another value, though its text stays.
fn follow(
    was: &BTreeMap<String, Resource>,
    is: &BTreeMap<String, Resource>,
    found: &mut BTreeMap<String, ResourceDiff>,
) {
    let users = users(is);
    let mut due: Vec<(String, Effect)> = found
        .values()
        .filter(|r| matches!(r.effect, Effect::Replace | Effect::MayReplace))
        .map(|r| (r.id.clone(), r.effect))
        .collect();
    let mut done = BTreeSet::new();
    while let Some((id, effect)) = due.pop() {
        if !done.insert((id.clone(), effect)) {
            continue;
        }
        for (user, path) in users.get(id.as_str()).into_iter().flatten() {
            let (Some(old), Some(resource)) = (was.get(*user), is.get(*user)) else { continue };
            if old.kind != resource.kind || *user == id {
                continue;
            }
            let at = found.entry((*user).to_owned()).or_insert_with(|| started(resource, Effect::Change));
            if at.properties.iter().any(|p| p.path == *path && p.because.as_deref() == Some(&id)) {
                continue;
            }
            let update = replace::update(&resource.kind, path).min(Update::Maybe);
            at.properties.push(PropertyDiff {
                path: path.clone(),
                before: None,
                after: None,
                update,
                because: Some(id.clone()),
            });
            if update == Update::Maybe && at.effect == Effect::Change {
                at.effect = Effect::MayReplace;
                due.push(((*user).to_owned(), Effect::MayReplace));
            }
        }
    }
}

/// Who refers to whom: the referring resource and the property.
fn users(of: &BTreeMap<String, Resource>) -> BTreeMap<String, Vec<(&str, String)>> {
    let mut out = BTreeMap::<String, Vec<(&str, String)>>::new();
    for resource in of.values() {
        for (path, value) in &resource.properties {
            let mut names = BTreeSet::new();
            references(value, &mut names);
            for name in names {
                out.entry(name).or_default().push((&resource.id, path.clone()));
            }
        }
    }
    out
}

/// The names that a value refers to, resources and parameters.
pub(super) fn references(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        Value::Object(map) => {
            match text::call(map) {
                Some(("Ref" | "Condition", Value::String(name))) => drop(out.insert(name.clone())),
                Some(("GetAtt" | "If" | "FindInMap", Value::Array(parts))) => {
                    out.extend(parts.first().and_then(Value::as_str).map(str::to_owned));
                }
                Some(("Sub", Value::String(text))) => substituted(text, out),
                Some(("Sub", Value::Array(parts))) => {
                    parts.first().and_then(Value::as_str).into_iter().for_each(|text| substituted(text, out));
                }
                _ => {}
            }
            map.values().for_each(|inner| references(inner, out));
        }
        _ => {}
    }
}

fn substituted(text: &str, out: &mut BTreeSet<String>) {
    for part in text.split("${").skip(1) {
        let name = part.split('}').next().unwrap_or_default();
        let name = name.split('.').next().unwrap_or_default().trim();
        if !name.starts_with('!') && !name.is_empty() {
            out.insert(name.to_owned());
        }
    }
}

/// Properties that name a thing in the account: two resources cannot have the same.
const NAMES: &[&str] = &[
    "BucketName",
    "QueueName",
    "TopicName",
    "FunctionName",
    "RoleName",
    "TableName",
    "LogGroupName",
    "UserName",
    "GroupName",
    "ManagedPolicyName",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "StateMachineName",
    "SecretName",
    "Name",
    "UserPoolName",
    "ClusterName",
    "RepositoryName",
    "AlarmName",
    "ReplicationGroupId",
];

/// One removed and one added that are the same thing under two logical ids.
fn renames(
    was: &BTreeMap<String, Resource>,
    is: &BTreeMap<String, Resource>,
    found: &mut BTreeMap<String, ResourceDiff>,
) {
    let gone: Vec<&Resource> = was.values().filter(|r| !is.contains_key(&r.id)).collect();
    let mut taken = BTreeSet::new();
    for new in is.values().filter(|r| !was.contains_key(&r.id)) {
        let named = |old: &Resource| {
            NAMES
                .iter()
                .any(|n| old.properties.get(*n).is_some_and(|a| new.properties.get(*n).is_some_and(|b| same(a, b))))
        };
        let alike = |old: &Resource| {
            named(old)
                || old.construct().is_some() && old.construct() == new.construct()
                || !old.properties.is_empty() && old.properties == new.properties
        };
        let old = gone.iter().find(|old| old.kind == new.kind && alike(old) && !taken.contains(&old.id));
        if let (Some(old), Some(at)) = (old, found.get_mut(&new.id)) {
            taken.insert(old.id.clone());
            at.renamed_from = Some(old.id.clone());
        }
    }
}

/// CloudFormation's own default when such a database leaves its stack without a policy.
pub fn keeps_a_snapshot(resource: &Resource) -> bool {
    resource.kind == "AWS::RDS::DBCluster"
        || resource.kind == "AWS::RDS::DBInstance" && !resource.properties.contains_key("DBClusterIdentifier")
}

/// What AWS does with the resource of before. The old template's policy counts for what leaves the
/// stack, the new one's for what is made anew in it.
fn fate(was: Option<&Resource>, is: Option<&Resource>, effect: Effect) -> Option<Fate> {
    let was = was.filter(|_| effect.ends_the_old())?;
    let policy = match is {
        None => was.deletion_policy.as_deref(),
        Some(is) => is.update_replace_policy.as_deref(),
    };
    Some(match policy {
        Some("Retain" | "RetainExceptOnCreate") => Fate::Retained,
        Some("Snapshot") => Fate::Snapshot,
        None if is.is_none() && keeps_a_snapshot(was) => Fate::Snapshot,
        _ => Fate::Deleted,
    })
}

fn entries(old: &Template, new: &Template) -> Vec<EntryDiff> {
    let mut out = Vec::new();
    for (section, was, is) in [
        ("Parameters", &old.parameters, &new.parameters),
        ("Conditions", &old.conditions, &new.conditions),
        ("Mappings", &old.mappings, &new.mappings),
        ("Rules", &old.rules, &new.rules),
        ("Outputs", &old.outputs, &new.outputs),
    ] {
        for name in was.keys().chain(is.keys().filter(|k| !was.contains_key(*k))) {
            let (before, after) = (was.get(name), is.get(name));
            let equal = matches!((before, after), (Some(a), Some(b)) if same(a, b));
            if !equal {
                let (before, after) = (before.cloned(), after.cloned());
                let used_by = if section == "Outputs" { Vec::new() } else { using(name, new) };
                out.push(EntryDiff { section: section.to_owned(), name: name.clone(), before, after, used_by });
            }
        }
    }
    let plain = |t: &Template| (!t.transforms.is_empty()).then(|| Value::from(t.transforms.clone()));
    if old.transforms != new.transforms {
        let (before, after) = (plain(old), plain(new));
        let used_by = Vec::new();
        out.push(EntryDiff { section: "Transform".into(), name: "Transform".into(), before, after, used_by });
    }
    out
}

/// The resources that use a parameter, condition or mapping.
fn using(name: &str, template: &Template) -> Vec<String> {
    let uses = |resource: &&Resource| {
        resource.condition.as_deref() == Some(name) || {
            let mut names = BTreeSet::new();
            resource.properties.values().for_each(|v| references(v, &mut names));
            names.contains(name)
        }
    };
    template.resources.iter().filter(uses).map(|r| r.id.clone()).collect()
}
