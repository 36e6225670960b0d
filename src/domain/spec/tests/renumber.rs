use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::domain::spec::{
    refs::{ReqId, Target},
    renumber::{Relink, Renumbering, relinks, rewritten},
    requirements::Requirements,
    tasks::Tasks,
};

/// Requirements with these criteria.
fn document(requirements: &[(&str, &[&str])]) -> String {
    let mut out = "# Requirements Document\n".to_owned();
    for (number, (title, criteria)) in requirements.iter().enumerate() {
        out.push_str(&format!("\n### Requirement {}: {title}\n\n#### Acceptance Criteria\n\n", number + 1));
        for (place, text) in criteria.iter().enumerate() {
            out.push_str(&format!("{}. {text}\n", place + 1));
        }
    }
    out
}

fn between(old: &str, new: &str) -> Renumbering {
    Renumbering::between(&Requirements::parse(old).requirements, &Requirements::parse(new).requirements)
}

const STORE: &str = "WHEN an order comes, THE Shop SHALL store it";
const REFUSE: &str = "IF the store is full, THEN THE Shop SHALL refuse the order";
const MAIL: &str = "WHEN an order is paid, THE Mailer SHALL send a receipt";
const KEEP: &str = "THE Archive SHALL keep receipts for 10 years";
const LOG: &str = "THE Shop SHALL log the number of every order";

fn old() -> String {
    document(&[("Orders", &[STORE, REFUSE, LOG]), ("Receipts", &[MAIL, KEEP])])
}

/// What becomes of a line of links.
fn after(new: &str, line: &str) -> (String, Vec<Relink>) {
    let renumbering = between(&old(), new);
    let links = relinks(line, |_| Some(&renumbering));
    (rewritten(line, &links), links)
}

#[test]
fn links_follow_their_criteria() {
    let put_in = document(&[
        ("Orders", &[STORE, "IF it is no order, THEN THE Shop SHALL say so", REFUSE, LOG]),
        ("Receipts", &[MAIL, KEEP]),
    ]);
    let taken_out = document(&[("Orders", &[STORE, LOG]), ("Receipts", &[MAIL, KEEP])]);
    let before = document(&[
        ("Payment", &["THE Till SHALL take cards"]),
        ("Orders", &[STORE, REFUSE, LOG]),
        ("Receipts", &[MAIL, KEEP]),
    ]);
    let reworded = document(&[
        ("Orders", &[STORE, "IF the store is full, THEN THE Shop SHALL turn the order down", LOG]),
        ("Receipts", &[MAIL, KEEP]),
    ]);
    for (new, line, want) in [
        (&put_in, "**Validates: Requirements 1.1, 1.2, 2.1**", "**Validates: Requirements 1.1, 1.3, 2.1**"),
        (&put_in, "**Validates: Requirements 1.2-1.3**", "**Validates: Requirements 1.3-1.4**"),
        (&put_in, "**Validates: Requirements 1.1–3**", "**Validates: Requirements 1.1, 1.3–4**"),
        (&put_in, "See Requirement 1.2 and requirement 2.", "See Requirement 1.3 and requirement 2."),
        (
            &put_in,
            "- [ ] 1. x\r\n  - _Requirements: 1.3 (a), R1.2_\r\n",
            "- [ ] 1. x\r\n  - _Requirements: 1.4 (a), R1.3_\r\n",
        ),
        (&put_in, "- [ ] 1. x\n  - _Requirements: 1, 2, All_\n", "- [ ] 1. x\n  - _Requirements: 1, 2, All_\n"),
        (&taken_out, "(Requirements 1.3, 2.1)", "(Requirements 1.2, 2.1)"),
        (&taken_out, "(Requirements 1.1-1.3)", "(Requirements 1.1-1.2)"),
        // What is gone is left for a person to decide.
        (&taken_out, "(Requirements 1.2)", "(Requirements 1.2)"),
        (&before, "- [ ] 2. x\n  - _Requirements: 1.1-1.3, 2_\n", "- [ ] 2. x\n  - _Requirements: 2.1-2.3, 3_\n"),
        (&reworded, "(Requirements 1.2, 2.2)", "(Requirements 1.2, 2.2)"),
        (&put_in, "Version 1.2 of Node.js", "Version 1.2 of Node.js"),
        (&put_in, "(Requirements 9.1, NFR-1)", "(Requirements 9.1, NFR-1)"),
    ] {
        assert_eq!(after(new, line).0, want, "{line}");
    }
    let (_, links) = after(&taken_out, "(Requirements 1.2)");
    assert_eq!((links[0].now.as_deref(), links[0].gone[0].0.to_string()), (None, "1.2".to_owned()));
    assert!(between(&old(), &old()).is_empty() && between(&old(), &reworded).is_empty());
    assert!(!between(&old(), &taken_out).is_empty());
}

/// Criteria that have nothing in common but their form.
fn criterion(n: usize) -> String {
    format!("WHEN event{n} comes, THE Part{n} SHALL answer{n} with value{n} at place{n}")
}

proptest! {
    /// Whatever is put in, taken out and moved: a link leads to the words it led to, or to nothing.
    #[test]
    fn a_link_never_changes_its_meaning(
        old in prop::collection::vec(prop::collection::vec(0..30_usize, 1..5), 1..5),
        keep in prop::collection::vec(any::<bool>(), 30),
        put in prop::collection::vec((0..4_usize, 0..5_usize), 0..4),
        links in prop::collection::vec((1..5_u32, 1..5_u32, prop::option::of(1..5_u32)), 1..6),
    ) {
        // Each criterion once.
        let mut seen = std::collections::BTreeSet::new();
        let old: Vec<Vec<usize>> =
            old.into_iter().map(|r| r.into_iter().filter(|n| seen.insert(*n)).collect::<Vec<_>>()).filter(|r| !r.is_empty()).collect();
        let mut new: Vec<Vec<usize>> = old.iter().map(|r| r.iter().copied().filter(|n| keep[*n]).collect()).collect();
        for (fresh, (requirement, place)) in put.into_iter().enumerate() {
            let at = requirement % new.len();
            let place = place.min(new[at].len());
            new[at].insert(place, 100 + fresh);
        }
        let text = |all: &[Vec<usize>]| {
            let criteria: Vec<Vec<String>> = all.iter().map(|r| r.iter().map(|n| criterion(*n)).collect()).collect();
            let refs: Vec<Vec<&str>> = criteria.iter().map(|r| r.iter().map(String::as_str).collect()).collect();
            document(&refs.iter().map(|r| ("Title", r.as_slice())).collect::<Vec<_>>())
        };
        let (old, new) = (text(&old), text(&new));
        let renumbering = between(&old, &new);
        let list: Vec<String> = links.iter().map(|(r, c, to)| match to {
            Some(to) if to > c => format!("{r}.{c}-{r}.{to}"),
            _ => format!("{r}.{c}"),
        }).collect();
        let plan = format!("# é Plan\n\n- [ ] 1. Work\n  - _Requirements: {}_\n", list.join(", "));
        let found = relinks(&plan, |_| Some(&renumbering));
        let now = rewritten(&plan, &found);
        let meaning = |plan: &str, first: &str| -> Vec<Vec<String>> {
            let first = Requirements::parse(first);
            let tasks = Tasks::parse(plan);
            tasks.tasks[0].requirements.iter().map(|r| {
                first.criteria().filter(|c| r.covers(&c.id)).map(|c| c.text.clone()).collect()
            }).collect()
        };
        let (was, is): (Vec<String>, Vec<String>) =
            (meaning(&plan, &old).concat(), meaning(&now, &new).concat());
        let alive: BTreeMap<String, ReqId> = Requirements::parse(&new).criteria().map(|c| (c.text.clone(), c.id.clone())).collect();
        // Every link that is not told to be gone leads to exactly the words it led to.
        for text in was.iter().filter(|t| alive.contains_key(*t)) {
            prop_assert!(is.contains(text), "{text}\n{plan}\n{now}\n{old}\n{new}");
        }
        // Nothing but ids has changed.
        let bare = |text: &str| text.replace(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | ' '), "");
        prop_assert_eq!(bare(&plan), bare(&now));
        for link in &found {
            prop_assert!(link.gone.iter().all(|(_, text)| !alive.contains_key(text)));
        }
    }
}

#[test]
fn a_target_in_words_is_no_link() {
    let plan = Tasks::parse("- [ ] 1. x\n  - _Requirements: everything_\n");
    assert!(matches!(plan.tasks[0].requirements[0].target, Target::Free(_)));
    let put_in = document(&[("Orders", &["THE Till SHALL take cards", STORE])]);
    assert_eq!(after(&put_in, "- [ ] 1. x\n  - _Requirements: everything 1.1_\n").1, []);
}
