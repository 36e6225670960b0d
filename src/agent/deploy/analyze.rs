//! What IAM Access Analyzer says of the policies that a template brings. Asked where the account has
//! it; that it could not be asked is said and stands in nobody's way.
//!
//! Only `ValidatePolicy` is asked, which costs nothing. `CheckNoNewAccess` costs money with every call,
//! and what widens is found without an account ([`crate::domain::stack::iam`]).

use super::World;
use crate::domain::{
    cloud::Account,
    stack::{Template, policies},
};

/// More policies than these are not asked about.
const MOST: usize = 40;

/// Its findings about what is new in the template, each as a note.
pub(super) async fn findings(world: &World, account: &Account, base: Option<&str>, template: &str) -> Vec<String> {
    let of = |text: &str| Template::parse(text).map(|t| policies::documents(&t, &account.id, &account.region));
    let known = base.and_then(|text| of(text).ok()).unwrap_or_default();
    let fresh: Vec<_> = of(template).unwrap_or_default().into_iter().filter(|d| !known.contains(d)).collect();
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
    notes
}
