//! What is dangerous in a template, and in a change of it, each with the reason. No account is asked.
//!
//! Always holds: a finding is about one resource and stands on what the template says; what depends
//! on values that are known only when it is deployed is not accused.

mod change;
mod data;
mod exposure;
mod network;
mod policy;

use std::collections::BTreeSet;

pub use policy::of_statement;
use serde::{Deserialize, Serialize};

pub(super) use self::change::of_change;
use super::{
    Risk, Template,
    diff::{Effect, ResourceDiff},
    iam::{self, Grant},
    template::Resource,
};

/// One thing that is dangerous, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad.
    pub risk: Risk,
    /// Its name, stable: `open-to-the-world`.
    pub code: String,
    /// The logical id of the resource.
    pub resource: String,
    /// The property, where it is one.
    pub path: Option<String>,
    /// What is so.
    pub text: String,
    /// Why it matters.
    pub why: String,
}

/// Where findings about one resource go.
struct Into<'a> {
    resource: &'a Resource,
    out: &'a mut Vec<Finding>,
}

impl Into<'_> {
    fn say(&mut self, risk: Risk, code: &str, path: &str, text: impl std::convert::Into<String>, why: &str) {
        self.out.push(Finding {
            risk,
            code: code.to_owned(),
            resource: self.resource.id.clone(),
            path: (!path.is_empty()).then(|| path.to_owned()),
            text: text.into(),
            why: why.to_owned(),
        });
    }
}

/// How bad it is to lose a resource of this kind with what it holds; none for what holds nothing.
pub fn of_loss(kind: &str) -> Option<Risk> {
    data::stateful(kind).then(|| if data::light(kind) { Risk::Warning } else { Risk::Danger })
}

/// Everything that is dangerous in an expanded template.
pub fn in_template(template: &Template) -> Vec<Finding> {
    let mut out = Vec::new();
    for resource in &template.resources {
        let mut into = Into { resource, out: &mut out };
        network::check(&mut into);
        exposure::check(&mut into);
        data::check(&mut into);
    }
    let grants = iam::grants(template);
    grants.iter().for_each(|grant| policy::check(grant, &mut out));
    data::parameters(template, &mut out);
    out
}

/// The findings that the new template brings, and those that were there before.
pub(super) fn findings(old: &Template, new: &Template) -> (Vec<Finding>, Vec<Finding>) {
    let key = |f: &Finding| (f.code.clone(), f.resource.clone(), f.text.clone());
    let known: BTreeSet<_> = in_template(old).iter().map(key).collect();
    let mut seen = BTreeSet::new();
    in_template(new).into_iter().filter(|f| seen.insert(key(f))).partition(|f| !known.contains(&key(f)))
}

/// The worst of a resource's change.
pub(super) fn worst(resource: &ResourceDiff) -> Risk {
    let found = resource.findings.iter().map(|f| f.risk);
    let rights = resource.iam.iter().map(of_statement);
    let bare = match resource.effect {
        Effect::Add | Effect::Change | Effect::Remove => Risk::Info,
        Effect::MayReplace | Effect::Replace if change::harmless(&resource.kind) => Risk::Info,
        Effect::MayReplace | Effect::Replace => Risk::Warning,
    };
    found.chain(rights).fold(bare, Risk::max)
}

/// Deterministic findings about one statement by itself.
pub fn in_grant(grant: &Grant) -> Vec<Finding> {
    let mut out = Vec::new();
    policy::check(grant, &mut out);
    out
}
