//! Which property's change makes a resource anew.
//!
//! The table has a line for each type: its name, then what cannot be changed in place, `?` where it
//! depends on the value. It follows AWS's documentation of its resource types; a type with a line of
//! its own and no property on it never is made anew.

use std::{collections::BTreeMap, sync::LazyLock};

use super::diff::Update;

/// By the name of the type.
static TABLE: LazyLock<BTreeMap<&str, &str>> =
    LazyLock::new(|| include_str!("replacement.tsv").lines().filter_map(|line| line.split_once('\t')).collect());

/// What a change of this property does to a resource of this type. `path` is `Code.S3Key`.
pub(super) fn update(kind: &str, path: &str) -> Update {
    let Some(forced) = TABLE.get(kind) else {
        return if custom(kind) { Update::Maybe } else { Update::Unknown };
    };
    let mut found = Update::InPlace;
    for word in forced.split(' ').filter(|w| !w.is_empty()) {
        let (name, maybe) = word.strip_suffix('?').map_or((word, false), |name| (name, true));
        // `Listeners[0].Port` is below `Listeners.Port`, and `Listeners` as a whole may be it.
        if !overlaps(name, path) {
            continue;
        }
        let whole = below(name, path);
        found = found.max(if maybe || !whole { Update::Maybe } else { Update::Replaces });
    }
    found
}

/// A custom resource's provider decides: it does so by the physical id that it returns.
fn custom(kind: &str) -> bool {
    kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').map(|step| step.split('[').next().unwrap_or(step))
}

/// True when `path` is `name` or within it.
fn below(name: &str, path: &str) -> bool {
    let mut at = steps(path);
    steps(name).all(|step| at.next() == Some(step))
}

fn overlaps(name: &str, path: &str) -> bool {
    steps(name).zip(steps(path)).all(|(a, b)| a == b)
}
