//! Checks of requirements and bug analyses by themselves.

use std::collections::BTreeMap;

use super::{Finding, First, Severity, Spec, listed, words};
use crate::domain::spec::{
    bugfix::Group,
    criteria::Criterion,
    ears::{Pattern, classify},
    kind::File,
    refs::ReqId,
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Finding>) {
    let Some(first) = &spec.first else { return };
    duplicates(first, out);
    for requirement in &first.requirements {
        for (place, criterion) in (1..).zip(&requirement.criteria) {
            let current = first.bugfix.is_some() && requirement.id.parts() == [Group::Current.number()];
            form(first.file, criterion, place, current, out);
        }
    }
    subjects(first, out);
    if let Some(bugfix) = &first.bugfix {
        for group in [Group::Current, Group::Expected, Group::Unchanged] {
            match bugfix.group(group) {
                Some(found) if !found.criteria.is_empty() => {}
                found => out.push(missing(group, found.map_or(1, |f| f.line))),
            }
        }
        for clause in bugfix.group(Group::Unchanged).into_iter().flat_map(|g| &g.criteria) {
            if !words::is_foreign(&clause.text) && !clause.text.to_lowercase().contains("continue") {
                out.push(Finding {
                    code: "unchanged-form",
                    severity: Severity::Info,
                    document: File::Bugfix,
                    line: clause.line,
                    what: format!("{} does not say SHALL CONTINUE TO", clause.id),
                    why: "Behaviour that stays has to be told from behaviour that is new.",
                    todo: "Write: WHEN … THEN the system SHALL CONTINUE TO …".to_owned(),
                });
            }
        }
    } else if first.requirements.is_empty() {
        out.push(Finding {
            code: "no-requirements",
            severity: Severity::Error,
            document: first.file,
            line: 1,
            what: "no requirement was found".to_owned(),
            why: "Design and tasks have nothing to answer to.",
            todo: "Write `### Requirement 1: Title` with a numbered list under `#### Acceptance Criteria`.".to_owned(),
        });
    }
}

fn missing(group: Group, line: usize) -> Finding {
    let (code, name, heading) = match group {
        Group::Current => ("no-current-behaviour", "current", "### Current Behavior (Defect)"),
        Group::Expected => ("no-expected-behaviour", "expected", "### Expected Behavior (Correct)"),
        Group::Unchanged => ("no-unchanged-behaviour", "unchanged", "### Unchanged Behavior (Regression Prevention)"),
    };
    Finding {
        code,
        severity: Severity::Error,
        document: File::Bugfix,
        line,
        what: format!("there is no clause of {name} behaviour"),
        why: match group {
            Group::Current => "Without the defect's condition no test can show it.",
            Group::Expected => "Without the right behaviour nobody can tell when it is fixed.",
            Group::Unchanged => "A fix that may change anything else cannot be reviewed.",
        },
        todo: format!("Add `{heading}` with clauses {}.1, {}.2, …", group.number(), group.number()),
    }
}

fn duplicates(first: &First, out: &mut Vec<Finding>) {
    let criteria = first.requirements.iter().flat_map(|r| r.criteria.iter().map(|c| (&c.id, c.line)));
    let all = first.requirements.iter().map(|r| (&r.id, r.line)).chain(criteria);
    let mut seen: BTreeMap<&ReqId, usize> = BTreeMap::new();
    let mut doubled_roots: Vec<&ReqId> = Vec::new();
    for (id, line) in all {
        let Some(before) = seen.get(id) else {
            seen.insert(id, line);
            continue;
        };
        // A doubled requirement doubles its criteria: told once.
        if id.parts().len() == 1 {
            doubled_roots.push(id);
        } else if doubled_roots.iter().any(|root| root.covers(id)) {
            continue;
        }
        out.push(Finding {
            code: "duplicate-id",
            severity: Severity::Error,
            document: first.file,
            line,
            what: format!("{id} is the id of line {before} already"),
            why: "A link to this id could mean either.",
            todo: format!("Renumber one of the two {id}."),
        });
    }
}

fn form(file: File, criterion: &Criterion, place: usize, current: bool, out: &mut Vec<Finding>) {
    let mut add = |code, severity, what: String, why, todo: String| {
        out.push(Finding { code, severity, document: file, line: criterion.line, what, why, todo });
    };
    let id = &criterion.id;
    if let Some(written) = criterion.written {
        // Renderers count the items of a list on from its first number, whatever is written.
        add(
            "number-and-place",
            Severity::Warning,
            format!("{id} is written as number {written} but stands {}", nth(place)),
            "A rendered list counts on from its first number: readers and links may mean different criteria.",
            "Number the list 1, 2, 3 … without gaps, and correct the links.".to_owned(),
        );
    }
    let ears = classify(&criterion.text);
    // The defect is told as it is: it need not, and should not, say SHALL.
    if !current && !words::is_foreign(&criterion.text) {
        if criterion.pattern == Pattern::None {
            add(
                "ears-form",
                Severity::Warning,
                format!("{id} has none of the EARS forms"),
                "A sentence without SHALL and a subject cannot be tested or assigned.",
                "Write: WHEN <event>, THE <subject> SHALL <response> (or IF … THEN, WHILE, WHERE, THE).".to_owned(),
            );
        } else if ears.subject.is_none() || ears.response.is_none() {
            let lacks = if ears.subject.is_none() { "who does it" } else { "what is done" };
            add(
                "ears-form",
                Severity::Warning,
                format!("{id} does not say {lacks}"),
                "A sentence without a subject or a response cannot be tested or assigned.",
                "Write: …, THE <subject> SHALL <response>.".to_owned(),
            );
        }
        if ears.then_missing {
            add(
                "if-without-then",
                Severity::Info,
                format!("{id} has IF but no THEN"),
                "Where the condition ends is left to the reader.",
                "Write: IF <condition>, THEN THE <subject> SHALL <response>.".to_owned(),
            );
        }
    }
    let vague = words::vague(&criterion.text);
    if !vague.is_empty() {
        let mut questions: Vec<&str> = Vec::new();
        for (_, question) in &vague {
            if !questions.contains(question) {
                questions.push(question);
            }
        }
        let found: Vec<String> = vague.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        add(
            "vague-word",
            Severity::Warning,
            format!("{id} says {}", listed(&found)),
            "No test can decide it, so any result would pass.",
            format!("Say {}, in terms that can be observed.", questions.join(" and ")),
        );
    }
}

/// A place in words: `second`, `12th`.
fn nth(place: usize) -> String {
    const WORDS: [&str; 9] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];
    if let Some(word) = place.checked_sub(1).and_then(|at| WORDS.get(at)) {
        return (*word).to_owned();
    }
    let end = match (place % 100, place % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{place}{end}")
}

/// Subjects that the glossary does not have; each once, where it first stands.
fn subjects(first: &First, out: &mut Vec<Finding>) {
    if first.glossary.is_empty() {
        return;
    }
    let terms: Vec<String> = first.glossary.iter().map(|t| plain(&t.name)).collect();
    let mut unknown: Vec<(String, String, usize, Vec<&ReqId>)> = Vec::new();
    for criterion in first.requirements.iter().flat_map(|r| &r.criteria) {
        let Some(subject) = classify(&criterion.text).subject else { continue };
        let key = plain(subject);
        let known = |term: &String| !term.is_empty() && (key.starts_with(term.as_str()) || *term == format!("{key}s"));
        if terms.iter().any(known) {
            continue;
        }
        match unknown.iter_mut().find(|(k, ..)| *k == key) {
            Some((_, _, _, ids)) => ids.push(&criterion.id),
            None => unknown.push((key, subject.to_owned(), criterion.line, vec![&criterion.id])),
        }
    }
    for (_, subject, line, ids) in unknown {
        out.push(Finding {
            code: "unknown-subject",
            severity: Severity::Warning,
            document: first.file,
            line,
            what: format!("\"{subject}\", the subject of {}, is not in the glossary", listed(&ids)),
            why: "Two names for one part, or one for two, make criteria that contradict unseen.",
            todo: format!("Define \"{subject}\" in the glossary, or use the term that is there."),
        });
    }
}

/// A name without case, spaces, underscores and hyphens.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
