//! Permission rules: allow, ask or deny, by capability and pattern, in layers.
//!
//! Deny beats ask, ask beats allow, whichever layer says it. A project's own rules can only narrow:
//! an allow in the project's layer is a finding and has no effect, because whoever can change the
//! repository could else permit themselves anything. What no rule speaks of is asked. A rule whose
//! pattern cannot be read is an error, never skipped.

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

use super::command::{Part, Risk};

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Running a command; the pattern is matched with each simple command.
    Shell,
    /// Writing a file, by its path from the repository's root.
    FsWrite,
    /// Reading a file, by its path from the repository's root.
    FsRead,
    /// Fetching from the web, by URL.
    Web,
    /// Calling a cloud account, by `service:operation`.
    Cloud,
}

/// What a rule says, from the mildest to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Do it without asking.
    Allow,
    /// Ask the developer.
    Ask,
    /// Do not do it, and do not ask.
    Deny,
}

/// Whose rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Comes with the program.
    BuiltIn,
    /// The developer's own, outside of any repository.
    User,
    /// The repository's; can only narrow.
    Project,
    /// Given for the rest of this spec.
    Spec,
}

/// One rule as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it is about.
    pub capability: Capability,
    /// What it matches. For files, globs with `**`, `{a,b}` and `[abc]`; else text in which only `*`
    /// is special.
    #[serde(rename = "match")]
    pub matches: Vec<String>,
    /// What it does not match all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// What it says.
    pub effect: Effect,
}

/// A rule that cannot be read: nothing may be decided with the file it stands in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {number}: the pattern `{pattern}` cannot be read: {why}")]
pub struct RuleError {
    /// Which rule of its file, from 1.
    pub number: usize,
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub why: String,
}

/// Something about the rules that the developer should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose rule.
    pub scope: Scope,
    /// Which rule of its file, from 1.
    pub number: usize,
    /// What is the matter, for the screen.
    pub what: String,
}

/// Which rule decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Whose rule.
    pub scope: Scope,
    /// The pattern that matched.
    pub pattern: String,
}

/// What is to be done, and by which rule; without one, it is asked because nothing else was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// What is to be done.
    pub effect: Effect,
    /// By which rule.
    pub by: Option<Decided>,
    /// In words for the screen.
    pub why: String,
}

#[derive(Clone, Debug)]
enum Pattern {
    Text(String),
    Glob(GlobMatcher),
}

impl Pattern {
    fn read(capability: Capability, pattern: &str, number: usize) -> Result<Self, RuleError> {
        let error = |why: String| RuleError { number, pattern: pattern.to_owned(), why };
        if pattern.trim().is_empty() {
            return Err(error("it is empty".to_owned()));
        }
        match capability {
            Capability::FsRead | Capability::FsWrite => {
                let text = pattern.strip_prefix("./").unwrap_or(pattern);
                let glob = GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build();
                glob.map(|g| Self::Glob(g.compile_matcher())).map_err(|e| error(e.kind().to_string()))
            }
            Capability::Shell | Capability::Web | Capability::Cloud => Ok(Self::Text(pattern.to_owned())),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Text(pattern) => {
                // `git status *` is meant for `git status` too.
                star(pattern, text) || pattern.strip_suffix(" *").is_some_and(|bare| star(bare, text))
            }
            Self::Glob(glob) => glob.is_match(text),
        }
    }
}

/// Matches the whole text; `*` stands for anything, also nothing.
fn star(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(head) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let tail = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match left.find(piece).and_then(|at| left.get(at + piece.len()..)) {
            Some(after) => left = after,
            None => return false,
        }
    }
    left.ends_with(tail)
}

#[derive(Clone, Debug)]
struct Compiled {
    scope: Scope,
    capability: Capability,
    matches: Vec<(String, Pattern)>,
    exclude: Vec<Pattern>,
    effect: Effect,
}

/// Rules of all layers, ready to decide.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    compiled: Vec<Compiled>,
    findings: Vec<Finding>,
}

impl Rules {
    /// No rules: everything is asked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the rules of one file.
    ///
    /// # Errors
    /// [`RuleError`] for the first pattern that cannot be read; no rule is added then.
    pub fn add(&mut self, scope: Scope, rules: &[Rule]) -> Result<(), RuleError> {
        let mut compiled = Vec::new();
        let mut findings = Vec::new();
        for (number, rule) in (1..).zip(rules) {
            let read = |p: &String| Pattern::read(rule.capability, p, number);
            let matches: Result<Vec<_>, _> = rule.matches.iter().map(|p| Ok((p.clone(), read(p)?))).collect();
            let exclude: Result<Vec<_>, _> = rule.exclude.iter().map(read).collect();
            let (matches, exclude) = (matches?, exclude?);
            let finding = |what: &str| Finding { scope, number, what: what.to_owned() };
            if scope == Scope::Project && rule.effect == Effect::Allow {
                findings.push(finding("a project's rule cannot allow anything; it is ignored"));
                continue;
            }
            if matches.is_empty() {
                findings.push(finding("it matches nothing"));
            }
            compiled.push(Compiled { scope, capability: rule.capability, matches, exclude, effect: rule.effect });
        }
        self.compiled.extend(compiled);
        self.findings.extend(findings);
        Ok(())
    }

    /// What the developer should know about the rules.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Decides about one path, URL or operation, or one simple command as text.
    pub fn decide(&self, capability: Capability, text: &str) -> Ruling {
        self.strictest(capability, text).unwrap_or_else(|| Ruling {
            effect: Effect::Ask,
            by: None,
            why: "no rule speaks of it".to_owned(),
        })
    }

    /// Decides about a command line that was taken apart: every part needs its own permission, and
    /// the strictest ruling stands. Parts known to read only, within the repository, need no rule;
    /// no rule allows what cannot be read.
    pub fn decide_command(&self, parts: &[Part]) -> Ruling {
        let rulings = parts.iter().map(|part| self.decide_part(part));
        // The first of equals: what a reader meets first.
        let strictest = rulings.reduce(|worst, next| if next.effect > worst.effect { next } else { worst });
        strictest.unwrap_or_else(|| Ruling {
            effect: Effect::Ask,
            by: None,
            why: "there is nothing to judge".to_owned(),
        })
    }

    fn decide_part(&self, part: &Part) -> Ruling {
        // Both as it is written and by its plain words, so that quotes hide nothing from a deny.
        let written = self.strictest(Capability::Shell, &part.text);
        let plain = if part.words.is_empty() { None } else { self.strictest(Capability::Shell, &part.words.join(" ")) };
        let ruling = match (written, plain) {
            (Some(a), Some(b)) => Some(if b.effect > a.effect { b } else { a }),
            (a, b) => a.or(b),
        };
        match (part.risk, ruling) {
            (_, Some(ruling)) if ruling.effect > Effect::Allow => ruling,
            (Risk::ReadOnly, ruling) => {
                ruling.unwrap_or_else(|| Ruling { effect: Effect::Allow, by: None, why: part.why.clone() })
            }
            (Risk::Unreadable, _) => Ruling { effect: Effect::Ask, by: None, why: part.why.clone() },
            (_, Some(ruling)) => ruling,
            (risk, None) => Ruling { effect: Effect::Ask, by: None, why: format!("{risk}: {}", part.why) },
        }
    }

    fn strictest(&self, capability: Capability, text: &str) -> Option<Ruling> {
        let rules = self.compiled.iter().filter(|r| r.capability == capability);
        let mut strictest: Option<Ruling> = None;
        for rule in rules.filter(|r| !r.exclude.iter().any(|e| e.matches(text))) {
            let Some((pattern, _)) = rule.matches.iter().find(|(_, p)| p.matches(text)) else { continue };
            if strictest.as_ref().is_none_or(|s| rule.effect > s.effect) {
                let verb = match rule.effect {
                    Effect::Allow => "allows",
                    Effect::Ask => "asks about",
                    Effect::Deny => "forbids",
                };
                let whose = match rule.scope {
                    Scope::BuiltIn => "a built-in rule",
                    Scope::User => "your rule",
                    Scope::Project => "the project's rule",
                    Scope::Spec => "your rule for this spec",
                };
                let why = format!("{whose} {verb} `{pattern}`");
                let by = Some(Decided { scope: rule.scope, pattern: pattern.clone() });
                strictest = Some(Ruling { effect: rule.effect, by, why });
            }
        }
        strictest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::command::split, *};

    fn rule(capability: Capability, pattern: &str, effect: Effect) -> Rule {
        Rule { capability, matches: vec![pattern.to_owned()], exclude: Vec::new(), effect }
    }

    fn rules(of: &[(Scope, &str, Effect)]) -> Rules {
        let mut rules = Rules::new();
        for (scope, pattern, effect) in of {
            rules.add(*scope, &[rule(Capability::Shell, pattern, *effect)]).unwrap();
        }
        rules
    }

    fn effect(rules: &Rules, line: &str) -> Effect {
        rules.decide_command(&split(line)).effect
    }

    #[test]
    fn deny_beats_ask_beats_allow_in_any_order() {
        let mut layers = vec![
            (Scope::User, "cargo *", Effect::Allow),
            (Scope::Project, "cargo r*", Effect::Ask),
            (Scope::User, "cargo run --x*", Effect::Deny),
        ];
        for _ in 0..layers.len() {
            layers.rotate_left(1);
            let rules = rules(&layers);
            assert_eq!(effect(&rules, "cargo test"), Effect::Allow);
            assert_eq!(effect(&rules, "cargo run"), Effect::Ask);
            assert_eq!(effect(&rules, "cargo run --xy"), Effect::Deny);
        }
    }

    #[test]
    fn a_project_only_narrows() {
        let rules = rules(&[(Scope::Project, "*", Effect::Allow), (Scope::Project, "ls *", Effect::Deny)]);
        assert_eq!(effect(&rules, "cargo test"), Effect::Ask);
        assert_eq!(effect(&rules, "ls src"), Effect::Deny);
        assert_eq!(rules.findings().len(), 1);
        assert_eq!((rules.findings()[0].scope, rules.findings()[0].number), (Scope::Project, 1));
    }

    #[test]
    fn every_part_needs_its_permission() {
        let rules = rules(&[(Scope::User, "cargo test *", Effect::Allow), (Scope::User, "rm *", Effect::Deny)]);
        assert_eq!(effect(&rules, "cargo test"), Effect::Allow);
        assert_eq!(effect(&rules, "cargo test --lib | tail -3"), Effect::Allow);
        assert_eq!(effect(&rules, "cargo test; touch x"), Effect::Ask);
        assert_eq!(effect(&rules, "cargo test $(touch x)"), Effect::Ask);
        assert_eq!(effect(&rules, "cargo test > x"), Effect::Ask);
        for hidden in ["cargo test && rm x", "cargo test $(rm x)", "'rm' x", "r\\m  x", "sh -c 'rm x'", "X=$(rm x)"] {
            assert_eq!(effect(&rules, hidden), Effect::Deny, "{hidden}");
        }
        let ruling = rules.decide_command(&split("ls; rm x"));
        assert_eq!(ruling.by, Some(Decided { scope: Scope::User, pattern: "rm *".into() }));
    }

    #[test]
    fn nothing_allows_what_cannot_be_read() {
        let rules = rules(&[(Scope::User, "*", Effect::Allow)]);
        assert_eq!(effect(&rules, "echo 'unclosed"), Effect::Ask);
        assert_eq!(effect(&rules, "rm -rf x"), Effect::Allow);
    }

    #[test]
    fn paths_are_globs_and_exclusions_hold() {
        let mut rules = Rules::new();
        let text = r#"
            [[rule]]
            capability = "fs_write"
            match = ["src/**/*.{rs,md}", "docs/*"]
            exclude = ["src/secret/**"]
            effect = "allow"
        "#;
        #[derive(Deserialize)]
        struct File {
            rule: Vec<Rule>,
        }
        rules.add(Scope::User, &toml::from_str::<File>(text).unwrap().rule).unwrap();
        let effect = |path| rules.decide(Capability::FsWrite, path).effect;
        assert_eq!(effect("src/a/b.rs"), Effect::Allow);
        assert_eq!(effect("docs/a.txt"), Effect::Allow);
        assert_eq!(effect("docs/a/b.txt"), Effect::Ask);
        assert_eq!(effect("src/secret/b.rs"), Effect::Ask);
        assert_eq!(rules.decide(Capability::FsRead, "src/a.rs").effect, Effect::Ask);
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_an_error() {
        let mut rules = Rules::new();
        let bad = [rule(Capability::FsWrite, "ok", Effect::Allow), rule(Capability::FsWrite, "a[", Effect::Deny)];
        assert_eq!(rules.add(Scope::User, &bad).unwrap_err().number, 2);
        assert_eq!(rules.decide(Capability::FsWrite, "ok").effect, Effect::Ask);
        assert!(rules.add(Scope::User, &[rule(Capability::Shell, " ", Effect::Deny)]).is_err());
    }

    proptest! {
        #[test]
        fn a_star_matches_like_its_plain_meaning(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            fn slow(p: &[u8], t: &[u8]) -> bool {
                match (p, t) {
                    ([], []) => true,
                    ([b'*', p @ ..], t) => (0..=t.len()).any(|i| slow(p, &t[i..])),
                    ([a, p @ ..], [b, t @ ..]) => a == b && slow(p, t),
                    _ => false,
                }
            }
            prop_assert_eq!(star(&pattern, &text), slow(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
