//! The first line: the spec, its phases, and what the agent is doing.

use ratatui::layout::Rect;

use super::canvas::{Canvas, Parts, columns, shifted};
use crate::{
    config::theme::Role,
    domain::{
        cloud::desk::{Purpose, Step},
        phase::{Doc, DocState, Effect, Merge, Run},
        session::State,
    },
    ui::{
        keys::Action,
        model::{Model, Screen},
        text,
    },
};

const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Draws it.
pub(super) fn draw(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let Some(state) = model.state.as_ref().filter(|_| model.screen == Screen::Workbench) else {
        let what = match model.screen {
            Screen::New => "new spec",
            Screen::Home | Screen::Workbench => "specs of this repository",
        };
        canvas.parts(shifted(area, 1), &vec![("kiro-tui".into(), Role::Title), (format!("   {what}"), Role::Dim)]);
        return;
    };
    let name = state.start.as_ref().map(|s| s.name.to_string()).unwrap_or_default();
    let phases = phases(state);
    let room = usize::from(area.width);
    let name = text::cut(&name, room / 4);
    let mut left: Parts = vec![(format!(" {name}  "), Role::Title)];
    let mut forms = vec![(" ─── ", Names::Whole), (" ", Names::Whole), (" ", Names::Short)];
    let used = columns(&left);
    // Who one is in the account, and where, is worth more than the names of phases that are not at hand.
    let who = account(model).map(|(forms, _)| forms).unwrap_or_default();
    if !who.is_empty() {
        forms.extend([(" ", Names::Now), (" ", Names::NowShort)]);
    }
    let bars: Vec<Parts> = forms.iter().map(|(between, names)| bar(&phases, between, *names)).collect();
    // What the agent does stands before it, where it stands here.
    let before = doing(model).filter(|_| model.is_wide()).map_or(0, |doing| text::width(&doing) + 3);
    let mut beside: Vec<usize> = who.iter().map(|form| before + text::width(&text::line(form)) + 3).collect();
    beside.extend(who.last().map(|form| text::width(form) + 3));
    if who.is_empty() {
        beside.push(0);
    }
    let fitting = beside.iter().find_map(|beside| bars.iter().find(|b| used + columns(b) + beside < room));
    left.extend(fitting.or(bars.last()).cloned().unwrap_or_default());
    let used = canvas.parts(area, &left);
    let rest = shifted(area, used + 2);
    right(model, state, rest, canvas);
}

fn right(model: &Model, state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    let autonomy = state.flow.autonomy;
    let depth = state.start.as_ref().map(|s| s.depth.to_string()).unwrap_or_default();
    let tokens = state.usage.input.saturating_add(state.usage.output);
    // Each in its forms, the longest first.
    let mut items: Vec<(Vec<String>, Role)> = account(model).into_iter().collect();
    if let Some(doing) = doing(model) {
        // Where there is little room the line of what happens says it; nothing goes before the account then.
        let least = items.first().and_then(|(forms, _)| forms.last()).map_or(0, |form| text::width(form) + 3);
        let first = model.is_wide() && text::width(&doing) + least < usize::from(area.width);
        items.insert(if first { 0 } else { items.len() }, (vec![doing], Role::Accent));
    }
    items.push((vec![format!("{autonomy} · {depth}")], Role::Dim));
    if tokens > 0 {
        items.push((vec![format!("{} tok", thousands(tokens))], Role::Dim));
    }
    if !model.config.model.is_empty() {
        items.push((vec![model.config.model.clone()], Role::Dim));
    }
    // As many as fit, from the most important on; the last one drawn ends at the edge.
    let room = usize::from(area.width).saturating_sub(1);
    let mut parts: Parts = Vec::new();
    for (forms, role) in items {
        let gap = if parts.is_empty() { 0 } else { 3 };
        let left = room.saturating_sub(columns(&parts) + gap);
        let fits = forms.iter().map(|words| text::line(words)).find(|words| text::width(words) <= left);
        let Some(words) = fits else { continue };
        if gap > 0 {
            parts.push((" ".repeat(gap), Role::Dim));
        }
        parts.push((words, role));
    }
    let gap = room.saturating_sub(columns(&parts));
    canvas.parts(shifted(area, u16::try_from(gap).unwrap_or(0)), &parts);
}

/// Who we are in AWS, where it is part of the spec.
fn account(model: &Model) -> Option<(Vec<String>, Role)> {
    let key = model.keys.key_for(Action::ShowAccount, &model.screen_contexts());
    model.account.forms(&key.unwrap_or_else(|| format!(":{}", Action::ShowAccount.name())))
}

/// The spinner and what is under way.
pub(super) fn doing(model: &Model) -> Option<String> {
    let effect = model.under_way()?;
    let state = model.state.as_ref()?;
    let spinner = SPINNER.get(model.spinner % SPINNER.len()).copied().unwrap_or_default();
    // The tool that is being called says more than the phase.
    let call = state.partial.calls.last().map(|(_, tool, _)| tool.replace('_', " "));
    let words = match effect {
        Effect::Draft(doc) => format!("drafting {}", doc.name()),
        Effect::Work(task) => match call {
            Some(tool) => format!("task {task}: {}", text::line(&tool)),
            None => format!("task {task}: thinking"),
        },
        Effect::Save { doc, .. } => format!("committing {}", doc.name()),
        Effect::Do { .. } => match state.proposal.as_ref().map(|p| p.proposal.about()) {
            Some(about) => format!("doing {}", text::cut(&text::line(&about), 24)),
            None => "doing what you approved".into(),
        },
        Effect::Merge { .. } => "merging".into(),
        Effect::Cloud(_) => match state.cloud.at_gate.as_ref().map(|g| &g.step) {
            Some(Step::Local { purpose: Purpose::Install, .. }) => "installing packages".into(),
            Some(Step::Local { purpose: Purpose::Synthesise, .. }) => "making the template".into(),
            Some(Step::Action(_)) | None => "at the account".into(),
        },
        Effect::PutBack { .. } => "putting your changes back".into(),
        Effect::Follow { .. } => {
            let going = state.cloud.going.as_ref();
            format!("deploying {}", text::cut(&text::line(going.map_or("", |g| &g.deployment.stack)), 24))
        }
        Effect::AbortTurn | Effect::StopCommand => "stopping".into(),
    };
    Some(format!("{spinner} {words}"))
}

fn thousands(tokens: u64) -> String {
    match tokens {
        0..=999 => tokens.to_string(),
        1_000..=999_999 => format!("{}.{}k", tokens / 1_000, tokens % 1_000 / 100),
        _ => format!("{}.{}M", tokens / 1_000_000, tokens % 1_000_000 / 100_000),
    }
}

/// A phase: its mark, its name, its short name, its count, and how it is drawn.
struct Phase {
    mark: &'static str,
    name: &'static str,
    count: Option<(usize, usize)>,
    role: Role,
}

fn phases(state: &State) -> Vec<Phase> {
    let flow = &state.flow;
    let current = flow.order.docs().into_iter().find(|d| !flow.doc(*d).is_approved());
    let mut phases = Vec::new();
    for doc in flow.order.docs() {
        let name = match doc {
            Doc::Requirements => "Requirements",
            Doc::Design => "Design",
            Doc::Tasks => "Tasks",
        };
        let (mark, role) = match flow.doc(doc) {
            DocState::Approved { .. } => ("✓", Role::PhaseDone),
            DocState::Stale { .. } => ("!", Role::PhaseStale),
            DocState::Drafting { .. } | DocState::Review { .. } | DocState::Saving { .. } => ("●", Role::PhaseNow),
            DocState::Missing if current == Some(doc) => ("●", Role::PhaseNow),
            DocState::Missing => ("○", Role::PhaseNext),
        };
        phases.push(Phase { mark, name, count: None, role });
    }
    let (done, all) = state.progress();
    let ready = flow.documents_approved();
    let merged = matches!(flow.merge, Merge::Merged { .. });
    let merging = matches!(flow.merge, Merge::Review { .. } | Merge::Merging { .. });
    let (mark, role) = match (&flow.run, ready) {
        (Run::Idle, true) if done == all || merging || merged => ("✓", Role::PhaseDone),
        (_, true) => ("●", Role::PhaseNow),
        (Run::Idle, false) if done > 0 => ("!", Role::PhaseStale),
        (Run::Idle, false) => ("○", Role::PhaseNext),
        (_, false) => ("!", Role::PhaseStale),
    };
    let count = (ready && all > 0).then_some((done, all));
    phases.push(Phase { mark, name: "Execute", count, role });
    let (mark, role) = match flow.merge {
        Merge::Merged { .. } => ("✓", Role::PhaseDone),
        Merge::Review { .. } | Merge::Merging { .. } => ("●", Role::PhaseNow),
        Merge::No if ready && done == all && flow.run == Run::Idle => ("●", Role::PhaseNow),
        Merge::No => ("○", Role::PhaseNext),
    };
    phases.push(Phase { mark, name: "Merge", count: None, role });
    phases
}

/// How much of the names of phases is shown.
#[derive(Clone, Copy)]
enum Names {
    Whole,
    Short,
    /// Of the phase at hand alone; the others are their marks.
    Now,
    /// The same, and that one short.
    NowShort,
}

fn bar(phases: &[Phase], between: &str, names: Names) -> Parts {
    let mut parts = Parts::new();
    for phase in phases {
        if !parts.is_empty() {
            parts.push((between.to_owned(), Role::PhaseNext));
        }
        let short = phase.name.get(..3).unwrap_or(phase.name);
        let name = match names {
            Names::Whole => format!(" {}", phase.name),
            Names::Short => format!(" {short}"),
            Names::Now if phase.role == Role::PhaseNow => format!(" {}", phase.name),
            Names::NowShort if phase.role == Role::PhaseNow => format!(" {short}"),
            Names::Now | Names::NowShort => String::new(),
        };
        let count = phase.count.map(|(done, all)| format!(" {done}/{all}")).unwrap_or_default();
        parts.push((format!("{}{name}{count}", phase.mark), phase.role));
    }
    parts
}
