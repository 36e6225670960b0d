//! One statement of a policy as data, and whether one permits all that another does.
//!
//! Always holds: [`Statement::covers`] says yes only when it is sure. A value that is only known when
//! the stack is deployed equals the same value and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::glob;
use crate::domain::stack::{Map, Value, listed, text};

/// Whether it permits or forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// It permits.
    Allow,
    /// It forbids, whatever else permits.
    Deny,
}

/// These, or all but these.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Set {
    /// True for all but these (`NotAction`).
    pub but: bool,
    /// Patterns, sorted.
    pub items: Vec<String>,
}

impl Set {
    /// These.
    pub fn of<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Self {
        let mut items: Vec<String> = items.into_iter().map(Into::into).collect();
        items.sort();
        items.dedup();
        Self { but: false, items }
    }

    /// True when everything is meant.
    pub fn everything(&self) -> bool {
        if self.but { self.items.is_empty() } else { self.items.iter().any(|i| i == "*") }
    }

    /// True when all that the other means is meant, for sure. Actions know no case.
    fn covers(&self, other: &Self, case: bool) -> bool {
        let wide = |pattern: &str, narrow: &str| glob::covers(pattern, narrow, case);
        match (self.but, other.but) {
            _ if self.everything() => true,
            (false, false) => other.items.iter().all(|n| self.items.iter().any(|w| wide(w, n))),
            // All but some is within these only if these are everything.
            (false, true) => false,
            (true, false) => other.items.iter().all(|n| self.items.iter().all(|w| !glob::meet(w, n, case))),
            (true, true) => self.items.iter().all(|w| other.items.iter().any(|n| wide(n, w))),
        }
    }

    /// True when something may be meant by both.
    fn meets(&self, other: &Self, case: bool) -> bool {
        match (self.but, other.but) {
            (false, false) => self.items.iter().any(|a| other.items.iter().any(|b| glob::meet(a, b, case))),
            (true, true) => true,
            (true, false) => other.items.iter().any(|n| !self.items.iter().any(|w| glob::covers(w, n, case))),
            (false, true) => other.meets(self, case),
        }
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// Its name, where it has one.
    pub sid: Option<String>,
    /// Whether it permits or forbids.
    pub effect: Effect,
    /// Who: `Service:lambda.amazonaws.com`, `AWS:arn:…`, `*` for anyone; nobody named in the policy of
    /// a role.
    pub principals: Set,
    /// What.
    pub actions: Set,
    /// On what.
    pub resources: Set,
    /// Under which conditions: operator, key, values.
    pub conditions: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Statement {
    /// Reads one. What has no effect permits, as the worse of the two.
    pub(super) fn read(map: &Map<String, Value>, default_resource: Option<&str>) -> Self {
        let effect = match map.get("Effect").and_then(Value::as_str) {
            Some("Deny") => Effect::Deny,
            _ => Effect::Allow,
        };
        let resources = match set(map, "Resource", "NotResource", texts) {
            Set { but: false, items } if items.is_empty() => Set::of(default_resource.map(str::to_owned)),
            set => set,
        };
        let conditions = map.get("Condition").and_then(Value::as_object).into_iter().flatten();
        let conditions = conditions.map(|(operator, keys)| {
            let keys = match keys {
                Value::Object(keys) if text::call(keys).is_none() => {
                    keys.iter().map(|(k, v)| (k.clone(), sorted(texts(v)))).collect()
                }
                other => BTreeMap::from([(text::whole(other), Vec::new())]),
            };
            (operator.clone(), keys)
        });
        Self {
            sid: map.get("Sid").and_then(Value::as_str).map(str::to_owned),
            effect,
            principals: set(map, "Principal", "NotPrincipal", principals),
            actions: set(map, "Action", "NotAction", texts),
            resources,
            conditions: conditions.collect(),
        }
    }

    /// True when everything that the other permits (or forbids) this one does, for sure.
    pub fn covers(&self, other: &Self) -> bool {
        self.effect == other.effect
            && self.actions.covers(&other.actions, false)
            && self.resources.covers(&other.resources, true)
            && (self.principals == other.principals || self.principals.covers(&other.principals, true))
            && conditions_cover(&self.conditions, &other.conditions)
    }

    /// True when both speak of some of the same things.
    pub(super) fn akin(&self, other: &Self) -> bool {
        self.effect == other.effect
            && (self.sid.is_some() && self.sid == other.sid
                || self.actions.meets(&other.actions, false)
                    && (self.resources.meets(&other.resources, true) || self.principals.meets(&other.principals, true)))
    }

    /// Its parts, each with one principal, action and resource, up to `most`.
    pub(super) fn parts(&self, most: usize) -> Option<Vec<Self>> {
        let split = |set: &Set| -> Vec<Set> {
            if set.but || set.items.is_empty() {
                vec![set.clone()]
            } else {
                set.items.iter().map(|i| Set::of([i.clone()])).collect()
            }
        };
        let (who, what, on) = (split(&self.principals), split(&self.actions), split(&self.resources));
        if who.len().checked_mul(what.len())?.checked_mul(on.len())? > most {
            return None;
        }
        let mut out = Vec::new();
        for principals in &who {
            for actions in &what {
                for resources in &on {
                    let (principals, actions, resources) = (principals.clone(), actions.clone(), resources.clone());
                    out.push(Self { principals, actions, resources, ..self.clone() });
                }
            }
        }
        Some(out)
    }
}

type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// True when whoever meets `narrow` meets `wide`, for sure: `wide` asks for nothing else, and for
/// each key takes at least the same values.
fn conditions_cover(wide: &Conditions, narrow: &Conditions) -> bool {
    wide.iter().all(|(operator, keys)| {
        keys.iter().all(|(key, taken)| {
            let Some(given) = narrow.get(operator).and_then(|k| k.get(key)) else { return false };
            if given == taken {
                return true;
            }
            match operator.as_str() {
                "StringEquals"
                | "StringEqualsIgnoreCase"
                | "ArnEquals"
                | "Bool"
                | "IpAddress"
                | "NumericEquals"
                | "DateEquals"
                | "BinaryEquals" => given.iter().all(|g| taken.contains(g)),
                "StringLike" | "ArnLike" => given.iter().all(|g| taken.iter().any(|t| glob::covers(t, g, true))),
                "StringNotEquals" | "StringNotLike" | "ArnNotEquals" | "ArnNotLike" | "NotIpAddress"
                | "NumericNotEquals" | "DateNotEquals" => taken.iter().all(|t| given.contains(t)),
                _ => false,
            }
        })
    })
}

fn set(map: &Map<String, Value>, these: &str, but: &str, read: fn(&Value) -> Vec<String>) -> Set {
    match (map.get(these), map.get(but)) {
        (None, Some(value)) => Set { but: true, items: sorted(read(value)) },
        (Some(value), _) => Set::of(read(value)),
        (None, None) => Set::default(),
    }
}

fn sorted(mut items: Vec<String>) -> Vec<String> {
    items.sort();
    items.dedup();
    items
}

fn texts(value: &Value) -> Vec<String> {
    listed(Some(value)).into_iter().map(text::whole).collect()
}

fn principals(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) if text::call(map).is_none() => map
            .iter()
            .flat_map(|(kind, who)| texts(who).into_iter().map(move |w| (kind, w)))
            .map(|(kind, who)| if kind == "AWS" && who == "*" { who } else { format!("{kind}:{who}") })
            .collect(),
        other => texts(other),
    }
}
