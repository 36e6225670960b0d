//! What a new set of statements permits that the old one did not, and the other way round.
//!
//! Always holds: what is not surely permitted before counts as widened, what is not surely permitted
//! after as narrowed. Whether a `Deny` elsewhere takes a right away again is not asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Effect, Grant, Set, Side, Statement};

/// More parts of one statement are not told apart.
const MOST_PARTS: usize = 1_024;
/// More names in a sentence are counted instead.
const MOST_NAMED: usize = 6;

/// Which way a change goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Less is permitted.
    Narrowed,
    /// Something more and something less, or nobody can tell.
    Changed,
    /// More is permitted.
    Widened,
}

impl Class {
    /// True when something is permitted that was not before.
    pub fn widens(self) -> bool {
        self != Self::Narrowed
    }

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Narrowed => "narrowed",
            Self::Changed => "changed",
            Self::Widened => "widened",
        }
    }
}

/// A statement before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementChange {
    /// Which question it answers.
    pub side: Side,
    /// Whose it is.
    pub holder: String,
    /// The logical id of the resource that carries it.
    pub carrier: String,
    /// Which way it goes.
    pub class: Class,
    /// The statement before, if there was one.
    pub before: Option<Statement>,
    /// The statement after, if there is one.
    pub after: Option<Statement>,
    /// It in a sentence.
    pub sentence: String,
}

/// What differs between two sets, whoever carries it. What is only written otherwise differs in
/// nothing.
pub fn changes(before: &[Grant], after: &[Grant]) -> Vec<StatementChange> {
    let mut groups = BTreeMap::<(Side, &str), (Vec<&Grant>, Vec<&Grant>)>::new();
    for grant in before {
        groups.entry((grant.side, &grant.holder)).or_default().0.push(grant);
    }
    for grant in after {
        groups.entry((grant.side, &grant.holder)).or_default().1.push(grant);
    }
    let mut out = Vec::new();
    for ((side, _), (old, new)) in groups {
        if side == Side::Boundary { boundary(&old, &new, &mut out) } else { group(&old, &new, &mut out) }
    }
    out
}

fn group(old: &[&Grant], new: &[&Grant], out: &mut Vec<StatementChange>) {
    let other = |grant: &&&Grant, side: &[&Grant]| !side.iter().any(|g| alike(&g.statement, &grant.statement));
    let mut gone: Vec<&Grant> = old.iter().filter(|g| other(g, new)).copied().collect();
    let come: Vec<&Grant> = new.iter().filter(|g| other(g, old)).copied().collect();
    for grant in come {
        let same_name = |g: &&Grant| g.statement.sid.is_some() && g.statement.sid == grant.statement.sid;
        let partner = gone
            .iter()
            .position(|g| same_name(g) && g.statement.akin(&grant.statement))
            .or_else(|| gone.iter().position(|g| g.statement.akin(&grant.statement)));
        let partner = partner.map(|at| gone.remove(at));
        let gained = beyond(&grant.statement, old);
        let lost = partner.map(|p| beyond(&p.statement, new)).unwrap_or_default();
        out.extend(told(partner, Some(grant), &gained, &lost));
    }
    for grant in gone {
        let lost = beyond(&grant.statement, new);
        out.extend(told(Some(grant), None, &[], &lost));
    }
}

/// Equal but for the name, which means nothing.
fn alike(a: &Statement, b: &Statement) -> bool {
    let nameless = |s: &Statement| (s.effect, s.conditions.is_empty());
    nameless(a) == nameless(b)
        && a.actions == b.actions
        && a.resources == b.resources
        && a.principals == b.principals
        && a.conditions == b.conditions
}

/// The parts of a statement that none of these covers.
fn beyond(statement: &Statement, these: &[&Grant]) -> Vec<Statement> {
    if these.iter().any(|g| g.statement.covers(statement)) {
        return Vec::new();
    }
    match statement.parts(MOST_PARTS) {
        None => vec![statement.clone()],
        Some(parts) => parts.into_iter().filter(|part| !these.iter().any(|g| g.statement.covers(part))).collect(),
    }
}

fn told(old: Option<&Grant>, new: Option<&Grant>, gained: &[Statement], lost: &[Statement]) -> Option<StatementChange> {
    let at = new.or(old)?;
    let (more, less) = match at.statement.effect {
        Effect::Allow => (gained, lost),
        Effect::Deny => (lost, gained),
    };
    let class = match (more.is_empty(), less.is_empty()) {
        (true, true) => return None,
        (false, true) => Class::Widened,
        (true, false) => Class::Narrowed,
        (false, false) => Class::Changed,
    };
    let mut sentence = String::new();
    if let Some(joined) = join(gained) {
        sentence = said(at, &joined, true, old.is_some());
        if let Some(old) = old {
            sentence.push_str(&loosened(&old.statement, &joined));
        }
    }
    if let Some(joined) = join(lost) {
        let text = said(at, &joined, false, new.is_some());
        sentence = if sentence.is_empty() { text } else { format!("{sentence}; {text}") };
    }
    Some(StatementChange {
        side: at.side,
        holder: at.holder.clone(),
        carrier: at.carrier.clone(),
        class,
        before: old.map(|g| g.statement.clone()),
        after: new.map(|g| g.statement.clone()),
        sentence,
    })
}

/// Parts as one statement, for a sentence.
fn join(parts: &[Statement]) -> Option<Statement> {
    let mut out = parts.first()?.clone();
    let all = |of: fn(&Statement) -> &Set| Set {
        but: of(&out).but,
        ..Set::of(parts.iter().flat_map(|p| of(p).items.iter().cloned()))
    };
    (out.principals, out.actions, out.resources) = (all(|s| &s.principals), all(|s| &s.actions), all(|s| &s.resources));
    Some(out)
}

/// `Resizer may now also s3:PutObject on …`.
fn said(at: &Grant, what: &Statement, comes: bool, partly: bool) -> String {
    let who = match at.side {
        Side::Identity | Side::Boundary => at.holder.clone(),
        Side::Trust | Side::Resource => people(&what.principals),
    };
    let verb = match (what.effect, comes, partly) {
        (Effect::Allow, true, true) => "may now also",
        (Effect::Allow, true, false) => "may now",
        (Effect::Allow, false, _) => "may no longer",
        (Effect::Deny, true, _) => "is now forbidden to",
        (Effect::Deny, false, _) => "is no longer forbidden to",
    };
    let all = what.resources.everything() && what.actions.everything();
    let object = match at.side {
        Side::Trust => format!("take the role {}", at.holder),
        Side::Resource => format!("{} on {}", deeds(&what.actions), at.holder),
        Side::Identity | Side::Boundary if all => "do everything on everything".to_owned(),
        Side::Identity | Side::Boundary => format!("{} on {}", deeds(&what.actions), things(&what.resources)),
    };
    format!("{who} {verb} {object}{}", under(what))
}

/// The conditions that no longer hold anything back.
fn loosened(old: &Statement, new: &Statement) -> String {
    let gone: Vec<String> = old
        .conditions
        .iter()
        .flat_map(|(operator, keys)| keys.keys().map(move |k| (operator, k)))
        .filter(|(operator, key)| new.conditions.get(*operator).is_none_or(|k| !k.contains_key(*key)))
        .map(|(operator, key)| format!("{operator} {key}"))
        .collect();
    if gone.is_empty() { String::new() } else { format!(", no longer only when {}", gone.join(" and ")) }
}

fn boundary(old: &[&Grant], new: &[&Grant], out: &mut Vec<StatementChange>) {
    let (was, is) = (old.first(), new.first());
    let (class, sentence) = match (was, is) {
        (Some(a), Some(b)) if a.statement == b.statement => return,
        (Some(a), Some(b)) => {
            let widens = !a.statement.covers(&b.statement);
            let class = if widens { Class::Changed } else { Class::Narrowed };
            (class, format!("{} has another permissions boundary: {}", b.holder, deeds(&b.statement.actions)))
        }
        (Some(a), None) => (Class::Widened, format!("nothing bounds what {} may be given any more", a.holder)),
        (None, Some(b)) => (Class::Narrowed, format!("{} is bounded: {}", b.holder, deeds(&b.statement.actions))),
        (None, None) => return,
    };
    let Some(at) = is.or(was) else { return };
    out.push(StatementChange {
        side: Side::Boundary,
        holder: at.holder.clone(),
        carrier: at.carrier.clone(),
        class,
        before: was.map(|g| g.statement.clone()),
        after: is.map(|g| g.statement.clone()),
        sentence,
    });
}

/// Who, in words.
pub fn people(who: &Set) -> String {
    let each = |name: &String| match name.split_once(':') {
        _ if name == "*" => "anyone".to_owned(),
        Some(("Service", service)) => service.to_owned(),
        Some(("AWS", arn)) => arn.to_owned(),
        Some(("Federated", provider)) => format!("whoever {provider} signs in"),
        _ => name.clone(),
    };
    match (who.but, who.items.is_empty()) {
        (false, true) => "nobody".to_owned(),
        (true, true) => "anyone".to_owned(),
        (but, false) => {
            let named = some(who.items.iter().map(each).collect());
            if but { format!("anyone but {named}") } else { named }
        }
    }
}

/// What, in words.
pub fn deeds(what: &Set) -> String {
    match what {
        _ if what.everything() => "do everything".to_owned(),
        Set { but: true, items } => format!("do everything but {}", some(items.clone())),
        Set { items, .. } if items.is_empty() => "nothing".to_owned(),
        Set { items, .. } => some(items.clone()),
    }
}

/// On what, in words.
pub fn things(on: &Set) -> String {
    match on {
        _ if on.everything() => "everything".to_owned(),
        Set { but: true, items } => format!("everything but {}", some(items.clone())),
        Set { items, .. } if items.is_empty() => "nothing".to_owned(),
        Set { items, .. } => some(items.clone()),
    }
}

/// Under which conditions, in words; begins with a comma.
pub fn under(statement: &Statement) -> String {
    let each: Vec<String> = statement
        .conditions
        .iter()
        .flat_map(|(operator, keys)| keys.iter().map(move |(k, v)| (operator, k, v)))
        .map(|(operator, key, values)| format!("{operator} {key} {}", some(values.clone())))
        .collect();
    if each.is_empty() { String::new() } else { format!(", when {}", each.join(" and ")) }
}

fn some(names: Vec<String>) -> String {
    let more = names.len().saturating_sub(MOST_NAMED);
    let shown = names.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
