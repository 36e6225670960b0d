//! What IAM Access Analyzer says of the policies that a template brings: of each new one, and of what one
//! that changes permits beyond the one of before. Asked where the account has it; that it could not be
//! asked is said and stands in nobody's way.
//!
//! AWS charges for the comparison, a fraction of a cent each, so that it is asked for few. What widens is
//! found without an account, too ([`crate::domain::stack::iam`]), and that is what makes a choice a
//! sensitive one.

use super::World;
use crate::domain::{
    cloud::Account,
    stack::{
        Template,
        policies::{self, Document},
    },
};

/// More policies than these are not asked about.
const MOST: usize = 40;
/// More policies than these are not compared.
const MOST_COMPARED: usize = 10;

/// Its findings about what is new in the template, each as a note.
pub(super) async fn findings(world: &World, account: &Account, base: Option<&str>, template: &str) -> Vec<String> {
    let of = |text: &str| Template::parse(text).map(|t| policies::documents(&t, &account.id, &account.region));
    let known = base.and_then(|text| of(text).ok()).unwrap_or_default();
    let all = of(template).unwrap_or_default();
    let fresh: Vec<&Document> = all.iter().filter(|d| !known.contains(d)).collect();
    let mut notes = Vec::new();
    for document in fresh.iter().take(MOST) {
        match world.cloud.analyze(&document.text).await {
            Ok(Some(found)) => {
                let serious = found.into_iter().filter(|f| f.kind != "SUGGESTION");
                notes.extend(
                    serious.map(|f| {
                        format!("Access Analyzer on {} ({}, {}): {}", document.resource, f.kind, f.code, f.text)
                    }),
                );
            }
            // There is none here.
            Ok(None) => return notes,
            Err(error) => {
                notes.push(format!("Access Analyzer was not asked: {}; {}", error.message, error.remedy));
                return notes;
            }
        }
    }
    if fresh.len() > MOST {
        notes.push(format!("Access Analyzer was asked about the first {MOST} of {} policies", fresh.len()));
    }
    gains(world, &changed(&known, &all), &mut notes).await;
    notes
}

/// The policies that differ from those of before, each with that. A resource with another number of them
/// is left out: which of them was which is not known.
fn changed<'a>(before: &'a [Document], after: &'a [Document]) -> Vec<(&'a Document, &'a Document)> {
    let of = |all: &'a [Document], resource: &str| -> Vec<&'a Document> {
        all.iter().filter(|d| d.resource == resource).collect()
    };
    let mut resources: Vec<&str> = after.iter().map(|d| d.resource.as_str()).collect();
    resources.dedup();
    let pairs = resources.into_iter().flat_map(|resource| {
        let (was, is) = (of(before, resource), of(after, resource));
        let same = was.len() == is.len();
        was.into_iter().zip(is).filter(move |(was, is)| same && was != is)
    });
    pairs.collect()
}

async fn gains(world: &World, changed: &[(&Document, &Document)], notes: &mut Vec<String>) {
    for (was, is) in changed.iter().take(MOST_COMPARED) {
        match world.cloud.gains(&was.text, &is.text).await {
            Ok(Some(more)) => notes.extend(
                more.iter()
                    .map(|what| format!("Access Analyzer on {}: more is permitted than before: {what}", is.resource)),
            ),
            Ok(None) => return,
            Err(error) => {
                let why = format!("{}; {}", error.message, error.remedy);
                notes.push(format!("Access Analyzer was not asked what is permitted beyond before: {why}"));
                return;
            }
        }
    }
    if changed.len() > MOST_COMPARED {
        notes.push(format!("Access Analyzer compared the first {MOST_COMPARED} of {} policies", changed.len()));
    }
}
