//! Checks of each document against what the spec's depth demands of it.

use super::{Finding, Severity, Spec};
use crate::domain::spec::{
    bugfix::Group,
    demands::{Demand, Rule, demands},
    ears::Pattern,
    kind::File,
    requirements::Requirement,
    tasks::Task,
    text::Section,
    trace::answers,
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Finding>) {
    for file in [File::Requirements, File::Bugfix, File::Design, File::Tasks] {
        let Some(sections) = sections(spec, file) else { continue };
        for demand in demands(spec.kind, spec.depth, file) {
            for (line, what) in unmet(spec, sections, demand) {
                out.push(Finding {
                    code: "depth-demands",
                    severity: Severity::Warning,
                    document: file,
                    line,
                    what,
                    why: "The depth chosen for this spec asks for it.",
                    todo: demand.todo(),
                });
            }
        }
    }
}

/// The sections of a file that is there.
fn sections(spec: &Spec, file: File) -> Option<&[Section]> {
    match file {
        File::Requirements | File::Bugfix => {
            spec.first.as_ref().filter(|f| f.file == file).map(|f| f.sections.as_slice())
        }
        File::Design => spec.design.as_ref().map(|d| d.sections.as_slice()),
        File::Tasks => spec.tasks.as_ref().map(|t| t.sections.as_slice()),
    }
}

/// True where the condition of a criterion is that something fails, whatever key word it has.
fn fails(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "fail",
        "error",
        "invalid",
        "unavailable",
        "missing",
        "denied",
        "timeout",
        "times out",
        "timed out",
        "exceed",
        "corrupt",
        "cannot",
        "unauthor",
        "not found",
        "insufficient",
        "lost",
        "unreachable",
        "interrupted",
        "rejected",
        "conflict",
        "malformed",
        "crash",
    ];
    let text = text.to_lowercase();
    let (condition, _) = text.split_once(" shall ").unwrap_or((&text, ""));
    let first = condition.trim_start_matches(|c: char| !c.is_alphabetic());
    ["when ", "while ", "if "].iter().any(|w| first.starts_with(w)) && WORDS.iter().any(|w| condition.contains(w))
}

/// That there are so many of what there should be more of.
fn fewer(found: usize, least: usize, one: &str, many: &str) -> String {
    match found {
        0 => format!("there is no {one}"),
        1 => format!("there is only 1 {one}, where {least} are asked for"),
        found => format!("there are only {found} {many}, where {least} are asked for"),
    }
}

/// Line and words for each place where a demand is not met.
fn unmet(spec: &Spec, sections: &[Section], demand: &Demand) -> Vec<(usize, String)> {
    let requirements = spec.requirements();
    let each = |fits: &dyn Fn(&Requirement) -> bool, lacks: &str| {
        let unfit = requirements.iter().filter(|r| !fits(r));
        unfit.map(|r| (r.line, format!("requirement {} {lacks}", r.id))).collect::<Vec<_>>()
    };
    let lacks = |name: &str| format!("there is no section {name}");
    let whole = |fits: bool, lacks: String| if fits { Vec::new() } else { vec![(1, lacks)] };
    let unwanted = |r: &Requirement| {
        r.criteria.iter().any(|c| {
            fails(&c.text)
                || match c.pattern {
                    Pattern::Unwanted => true,
                    Pattern::Complex => c.text.split_whitespace().any(|w| w.eq_ignore_ascii_case("if")),
                    Pattern::Ubiquitous | Pattern::Event | Pattern::State | Pattern::Optional | Pattern::ForAll => {
                        false
                    }
                    // In other languages the condition is told by the key word alone.
                    Pattern::None => c.text.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case("if")),
                }
        })
    };
    let clauses = |group: Group| {
        spec.first.as_ref().and_then(|f| f.bugfix.as_ref()).and_then(|b| b.group(group)).map_or(0, |g| g.criteria.len())
    };
    let properties = spec.design.as_ref().map_or(&[][..], |d| d.properties.as_slice());
    let tasks = spec.tasks.as_ref();
    match demand.rule {
        Rule::Section(name, any) => {
            let found = sections.iter().map(|s| s.title.to_lowercase()).any(|t| any.iter().any(|a| t.contains(a)));
            whole(found, lacks(name))
        }
        Rule::Introduction(name, any) => {
            let titled = |s: &Section| any.iter().any(|a| s.title.to_lowercase().contains(a));
            // In another language it is known by its place: before the first requirement.
            let first = requirements.first().map_or(usize::MAX, |r| r.span.start);
            let before = |s: &Section| s.level == 2 && !s.title.is_ascii() && s.span.end <= first;
            whole(sections.iter().any(|s| titled(s) || before(s)), lacks(name))
        }
        Rule::Story => {
            // Derived and non-functional requirements have no user of their own.
            each(&|r| r.story.is_some() || !r.id.series().is_empty(), "has no user story")
        }
        Rule::Criteria(least) => {
            let lacks = match least {
                1 => "has no acceptance criterion".to_owned(),
                least => format!("has fewer than {least} acceptance criteria"),
            };
            each(&|r| r.criteria.len() >= least, &lacks)
        }
        Rule::UnwantedSomewhere => whole(
            requirements.is_empty() || requirements.iter().any(unwanted),
            "no criterion tells what can go wrong".to_owned(),
        ),
        Rule::UnwantedEach => each(&unwanted, "does not tell what can go wrong"),
        Rule::Unchanged(least) => {
            let found = clauses(Group::Unchanged);
            whole(
                found >= least,
                fewer(found, least, "clause of unchanged behaviour", "clauses of unchanged behaviour"),
            )
        }
        Rule::ExpectedEach => {
            let (current, expected) = (clauses(Group::Current), clauses(Group::Expected));
            whole(expected >= current, {
                format!("of current behaviour there are {current} clauses, of expected behaviour only {expected}")
            })
        }
        Rule::Properties(least) => {
            let found = properties.len();
            whole(found >= least, fewer(found, least, "correctness property", "correctness properties"))
        }
        Rule::PropertyEach => {
            let validated = |r: &Requirement| properties.iter().any(|p| answers(&p.validates, &r.id));
            each(&validated, "has no correctness property").into_iter().map(|(_, what)| (1, what)).collect()
        }
        Rule::Tasks => whole(tasks.is_none_or(|t| !t.tasks.is_empty()), "there is no task".to_owned()),
        Rule::Checkpoint => {
            whole(tasks.is_none_or(|t| t.tasks.iter().any(|t| t.is_checkpoint())), "there is no checkpoint".to_owned())
        }
        Rule::PropertyTask | Rule::PropertyTaskRequired => {
            let required = demand.rule == Rule::PropertyTaskRequired;
            let tested = |number: u32| {
                tasks.is_none_or(|all| {
                    all.tasks.iter().any(|t| t.properties.contains(&number) && !(required && all.is_optional(t)))
                })
            };
            let untested = properties.iter().filter(|p| !tested(p.number));
            let kind = if required { "required task" } else { "task" };
            untested.map(|p| (1, format!("Property {} has no {kind} that tests it", p.number))).collect()
        }
        Rule::Details => {
            let leaves = tasks.into_iter().flat_map(|t| t.leaves()).filter(|t| !t.is_checkpoint());
            // A link alone says nothing about the work.
            let link = |t: &Task, line: usize| t.requirements.iter().any(|r| r.line == line);
            let bare = leaves.filter(|t| t.details.iter().all(|d| link(t, d.line)));
            bare.map(|t| (t.line, format!("task {} has no details", t.id))).collect()
        }
        Rule::Waves => whole(tasks.is_none_or(|t| t.waves.is_some()), "there are no dependency waves".to_owned()),
    }
}
