//! The lists of a stack: its functions, its drift, and what could be deployed.
//!
//! Texts are as AWS and the files have them; cleaning is the view's business, secrets are taken
//! out here.

use super::{AccountView, Looked, Pick};
use crate::{
    config::theme::Role,
    domain::{
        brief::bytes,
        cloud::{
            Drift,
            desk::Target as Deploy,
            sight::{AppSeen, FunctionSeen, Trouble},
        },
        covered,
    },
    ui::model::listing::{Entry, Group, Target},
};

const FUNCTIONS: Group = Group { title: "Functions", columns: &["memory", "time-out", "runtime", "size", "here"] };
const DRIFTED: Group = Group { title: "Drifted", columns: &["how"] };
const OTHERS: Group = Group { title: "Other stacks: Enter looks at one", columns: &[] };
const APPS: Group = Group { title: "Apps, templates and stacks", columns: &["stack"] };

/// A property that has drifted, for a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// The logical id.
    pub id: String,
    /// What is to be said of it.
    pub words: String,
}

/// What is in the way, where something is; else what was counted.
fn summed(trouble: Option<&Trouble>, counted: String) -> String {
    match trouble {
        Some(trouble) => format!("{counted}; AWS: {}", trouble.brief),
        None => counted,
    }
}

/// What is in the way, as lines below an entry.
fn said(trouble: Option<&Trouble>) -> Vec<(&'static str, String)> {
    trouble.map(|t| vec![("AWS", t.why.clone()), ("do", t.remedy.clone())]).unwrap_or_default()
}

/// What stands for what could not be seen: why, and what to do.
fn unknown(group: &'static Group, trouble: &Trouble) -> Entry {
    Entry {
        group,
        mark: ("✗", Role::Error),
        name: String::new(),
        text: format!("not known: {}", trouble.brief),
        facts: Vec::new(),
        detail: said(Some(trouble)),
        target: Target::Nowhere,
        comment: None,
        thing: None,
    }
}

impl AccountView {
    /// The functions of the stack.
    pub fn function_list(&self) -> (Vec<Entry>, String) {
        let Looked::Seen((stacks, functions, others, trouble)) = &self.functions else {
            return (Vec::new(), "the stack is looked at".to_owned());
        };
        let several = stacks.len() > 1;
        let mut entries: Vec<Entry> = functions.iter().map(|f| function(f, several, trouble.as_ref())).collect();
        if let (true, Some(trouble)) = (entries.is_empty(), trouble) {
            entries.push(unknown(&FUNCTIONS, trouble));
        }
        entries.extend(others.iter().map(|stack| other(stack)));
        let counted = match functions.len() {
            0 => format!("no function in {}", stacks.join(", ")),
            1 => format!("1 function of {}", stacks.join(", ")),
            n => format!("{n} functions of {}", stacks.join(", ")),
        };
        (entries, summed(trouble.as_ref(), counted))
    }

    /// What has drifted.
    pub fn drift_list(&self) -> (Vec<Entry>, String) {
        let (stacks, others, trouble) = match &self.drift {
            Looked::Seen((stacks, others, trouble)) => (stacks, others, trouble.as_ref()),
            Looked::Asked | Looked::Never => {
                return (Vec::new(), "AWS looks; that may take a minute, and goes on when this is closed".to_owned());
            }
        };
        let mut entries = Vec::new();
        let (mut drifted, mut in_sync, mut unknown) = (0, 0, 0);
        for (stack, drifts) in stacks {
            for drift in drifts {
                match drift.status.as_str() {
                    "MODIFIED" | "DELETED" => drifted += 1,
                    "IN_SYNC" => in_sync += 1,
                    _ => unknown += 1,
                }
                properties(stack, drift, &mut entries);
            }
        }
        entries.extend(trouble.map(|trouble| self::unknown(&DRIFTED, trouble)));
        entries.extend(others.iter().map(|stack| other(stack)));
        if stacks.is_empty() && trouble.is_none() {
            return (entries, "which stack? AWS may look at each for a minute".to_owned());
        }
        let names: Vec<&str> = stacks.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        let counted = format!("{names}: {drifted} drifted, {in_sync} as the template says, {unknown} AWS cannot tell");
        (entries, summed(trouble, counted))
    }

    /// What could be deployed.
    ///
    /// `base` is what was asked for without saying which: its values stay.
    pub fn app_list(&self, base: &Deploy) -> (Vec<Entry>, String) {
        let targets = targets(&self.apps, base);
        let sum = format!("{} to choose from", targets.len());
        (targets.into_iter().map(app).collect(), sum)
    }
}

/// A stack that could be looked at instead.
fn other(stack: &str) -> Entry {
    Entry {
        group: &OTHERS,
        mark: ("▸", Role::Accent),
        name: String::new(),
        text: stack.to_owned(),
        facts: Vec::new(),
        detail: vec![("stack", stack.to_owned())],
        target: Target::Pick(Pick::Stack(stack.to_owned())),
        comment: None,
        thing: None,
    }
}

/// What would be deployed from here.
fn here_in_words(seen: &FunctionSeen) -> Option<String> {
    let zip = seen.zip.map(|n| format!(", {} as a zip", bytes(n))).unwrap_or_default();
    match (&seen.image, seen.bundle) {
        (Some(image), Some(n)) => Some(format!("a container image, {image}; {} go into its making", bytes(n))),
        (Some(image), None) => Some(format!("a container image, {image}")),
        (None, bundle) => bundle.map(|n| format!("the bundle has {}{zip}", bytes(n))),
    }
}

fn function(seen: &FunctionSeen, several: bool, trouble: Option<&Trouble>) -> Entry {
    let of = if several { format!("{}: ", seen.stack) } else { String::new() };
    let here = seen.bundle.map(bytes).unwrap_or_default();
    let mut detail = vec![("id", seen.id.clone()), ("stack", seen.stack.clone())];
    let Some(f) = &seen.deployed else {
        detail.extend(here_in_words(seen).map(|words| ("here", words)));
        let state = if trouble.is_some() { "not known" } else { "not deployed" };
        detail.push(("account", state.to_owned()));
        detail.extend(said(trouble));
        return Entry {
            group: &FUNCTIONS,
            mark: ("○", Role::PhaseNext),
            name: String::new(),
            text: format!("{of}{} ({state})", seen.id),
            facts: vec![String::new(), String::new(), String::new(), String::new(), here],
            detail,
            target: Target::Nowhere,
            comment: None,
            thing: None,
        };
    };
    detail.extend([
        ("runs", format!("{} {}  {} MB  at most {} s", f.runtime, f.handler, f.memory_mb, f.timeout_s)),
        ("names", if f.environment.is_empty() { "no variables".to_owned() } else { f.environment.join(" ") }),
        ("changed", format!("{}  {}", f.changed, f.state)),
        (
            "size",
            format!(
                "{} deployed{}",
                bytes(f.code_bytes),
                here_in_words(seen).map(|words| format!("; here: {words}")).unwrap_or_default()
            ),
        ),
        ("role", f.role.clone()),
        ("arn", f.arn.clone()),
    ]);
    detail.extend(said(trouble));
    Entry {
        group: &FUNCTIONS,
        mark: if f.state == "Active" || f.state.is_empty() { ("●", Role::Ok) } else { ("●", Role::PhaseNow) },
        name: String::new(),
        text: format!("{of}{}", f.name),
        facts: vec![
            format!("{} MB", f.memory_mb),
            format!("{} s", f.timeout_s),
            f.runtime.clone(),
            bytes(f.code_bytes),
            here,
        ],
        detail,
        target: Target::Pick(Pick::Invoke(f.name.clone())),
        comment: None,
        thing: None,
    }
}

/// An entry each property that differs.
fn properties(stack: &str, drift: &Drift, out: &mut Vec<Entry>) {
    let drift = &covered::drift(drift.clone());
    let head = [("id", drift.id.clone()), ("type", drift.kind.clone()), ("stack", stack.to_owned())];
    let entry = |how: &str, text: String, more: Vec<(&'static str, String)>, words: String| Entry {
        group: &DRIFTED,
        mark: ("≠", Role::Warn),
        name: drift.id.clone(),
        text,
        facts: vec![how.to_owned()],
        // What differs first: it may be long, and the rest is in the row.
        detail: more.into_iter().chain(head.iter().cloned()).chain([("name", drift.physical.clone())]).collect(),
        target: Target::Pick(Pick::Drifted(Drifted { id: drift.id.clone(), words })),
        comment: None,
        thing: None,
    };
    let what = format!("{} ({}) of stack {stack} has drifted", drift.id, drift.kind);
    let ask = "Say whether the template takes this over, or a deploy puts it back.";
    if drift.status == "DELETED" {
        let words = format!("{what}: it was deleted outside of the stack. {ask}");
        out.push(entry("deleted", "it is not there any more".into(), Vec::new(), words));
        return;
    }
    for (path, expected, actual, how) in &drift.differences {
        let word = match how.as_str() {
            "ADD" => "added",
            "REMOVE" => "removed",
            _ => "changed",
        };
        let text = format!("{path}: {} → {}", or_nothing(expected), or_nothing(actual));
        let words = format!(
            "{what}: {path} is `{}`, and the template says `{}`. {ask}",
            or_nothing(actual),
            or_nothing(expected)
        );
        let more = vec![("path", path.clone()), ("expect", expected.clone()), ("actual", actual.clone())];
        out.push(entry(word, text, more, words));
    }
    if drift.differences.is_empty() && drift.status == "MODIFIED" {
        let words = format!("{what}; AWS does not say in what. {ask}");
        out.push(entry("changed", "AWS does not say in what".into(), Vec::new(), words));
    }
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// Every choice there is.
pub(super) fn targets(apps: &[AppSeen], base: &Deploy) -> Vec<Deploy> {
    let one = |app: &AppSeen, stack: Option<&String>| Deploy {
        app: Some(app.app.clone()),
        stack: stack.cloned(),
        ..base.clone()
    };
    let each = |app: &AppSeen| -> Vec<Deploy> {
        if app.stacks.len() < 2 {
            return vec![one(app, None)];
        }
        app.stacks.iter().map(|stack| one(app, Some(stack))).collect()
    };
    apps.iter().flat_map(each).collect()
}

fn app(target: Deploy) -> Entry {
    let (app, stack) = (target.app.clone().unwrap_or_default(), target.stack.clone());
    let shown = if app == "." { "the app at the root".to_owned() } else { app };
    Entry {
        group: &APPS,
        mark: ("▸", Role::Accent),
        name: String::new(),
        text: shown.clone(),
        facts: vec![stack.clone().unwrap_or_default()],
        detail: [Some(("from", shown)), stack.map(|s| ("stack", s))].into_iter().flatten().collect(),
        target: Target::Pick(Pick::Deploy(Box::new(target))),
        comment: None,
        thing: None,
    }
}
