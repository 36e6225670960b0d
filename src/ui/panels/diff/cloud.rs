//! The account in the diff panel: what stands at its gate, how a deploy goes, and how it ended with
//! what can be done then.
//!
//! Always holds: what leads is who, where, and what is dangerous; failure reasons and what can be done
//! then stand above the events.

use super::{
    content::{CONFIRM, Content, Kind, Layout, REVIEW},
    resources, stacks,
};
use crate::{
    config::theme::Role,
    domain::{
        brief::{self, Line, Weight},
        cloud::{
            action::{CloudAction, Performed},
            desk::{AtGate, Came, CloudAsk, Desk, Going, Step},
            progress,
        },
        phase::{Cloud, Doc},
        policy::secrets::redact,
        session::State,
        wire::Command,
    },
    ui::{
        keys::Action,
        panels::{
            Ctx, Intent, notice,
            pane::{Row, Tag, ink, wrap_spans},
        },
    },
};

/// What can be done when a deploy has not come about, in the order of its numbers.
fn offers(desk: &Desk) -> Vec<(&'static str, CloudAsk)> {
    if desk.unmade.is_some() {
        return vec![
            ("let the agent mend it, in a task of its own", CloudAsk::Mend),
            ("put the change set away, which nobody can execute; that asks first", CloudAsk::CleanUp),
        ];
    }
    if desk.going.as_ref().is_some_and(Going::was_stopped) {
        let target = desk.target.clone().unwrap_or_default();
        return vec![("deploy it again; that shows it first", CloudAsk::Deploy(target))];
    }
    let mut offers = vec![("let the agent mend it, in a task of its own", CloudAsk::Mend)];
    // An update that was put back leaves nothing.
    if desk.failed().is_some_and(|(_, end)| progress::leaves_something(&end.status)) {
        offers.push(("put away what it left; that asks first", CloudAsk::CleanUp));
    }
    offers
}

/// What can be done about a deploy that has not come about, where that is what there is to see; the first is
/// number 1.
pub(in crate::ui) fn deploy_offers(state: &State) -> Vec<CloudAsk> {
    let is_there = state.unmade().is_some() || state.failed_deploy().is_some();
    let offers = if is_there { offers(&state.cloud) } else { Vec::new() };
    offers.into_iter().map(|(_, ask)| ask).collect()
}

/// Shows what there is of the account; false when there is nothing.
pub(super) fn show(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) -> bool {
    let desk = &ctx.state.cloud;
    match (ctx.state.flow.cloud, &desk.at_gate, &desk.going) {
        (Cloud::Review { .. } | Cloud::Doing { .. }, Some(at_gate), _) => gate(content, at_gate, ctx, layout),
        (Cloud::Running { .. }, _, Some(going)) => running(content, going, ctx, layout),
        (Cloud::Idle, ..) if layout.result => {
            content.facts.push(("In the account".to_owned(), Role::Title));
            let close = ctx.key(Action::Back, REVIEW);
            content.say("", &format!("{close} closes this"), Role::Dim, ctx, layout);
            last(content, ctx, layout);
        }
        (Cloud::Idle, ..) if ctx.state.unmade().is_some() => {
            content.kind = Kind::Offer;
            unmade(content, ctx, layout);
        }
        (Cloud::Idle, _, Some(going)) if ctx.state.failed_deploy().is_some() => {
            content.kind = Kind::Offer;
            over(content, going, ctx, layout);
            // The numbers once more where the tree ends: it may be long.
            let again: Vec<String> =
                offers(desk).iter().enumerate().map(|(at, (words, _))| format!("{} {words}", at + 1)).collect();
            content.blank();
            content.say("", &again.join("  ·  "), Role::Dim, ctx, layout);
        }
        _ => return false,
    }
    true
}

/// What follows the rest when nothing else is shown: the last deploy and the last call.
pub(super) fn last(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) {
    let desk = &ctx.state.cloud;
    if desk.stage.is_some() {
        content.say("", "The account and the templates are looked at.", Role::PhaseNow, ctx, layout);
    }
    // What came about last stands first.
    let ended_last = matches!(desk.result, Some((Came::End, _)));
    if ended_last {
        ended(content, ctx, layout);
    }
    if let Some((CloudAction::Invoke { account, function, .. }, answer)) = &desk.answered {
        content.heading(&format!("Answer of {}", function.rsplit(':').next().unwrap_or(function)), ctx);
        content.say("@ ", &brief::place(account), Role::Dim, ctx, layout);
        answered(content, answer, ctx, layout);
    }
    if !ended_last {
        ended(content, ctx, layout);
    }
}

fn ended(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) {
    if let Some(going) = ctx.state.cloud.going.as_ref() {
        content.heading("Last in the account", ctx);
        over(content, going, ctx, layout);
    }
}

/// Does the offer of this number.
pub(super) fn offer(index: usize, ctx: &Ctx<'_>) -> Vec<Intent> {
    match offers(&ctx.state.cloud).into_iter().nth(index) {
        Some((_, ask)) => vec![Intent::Send(Command::Cloud(ask))],
        None => notice("there is no such answer"),
    }
}

fn gate(content: &mut Content, at_gate: &AtGate, ctx: &Ctx<'_>, layout: &Layout) {
    use crate::domain::gate::Reviewable;
    let local = matches!(at_gate.step, Step::Local { .. });
    content.kind = if local { Kind::Command } else { Kind::Cloud };
    content.drawn = Some(crate::ui::panels::Drawn { subject: at_gate.step.subject(), digest: at_gate.step.digest() });
    content.facts.push((brief::title(&at_gate.step), Role::Title));
    let doing = matches!(ctx.state.flow.cloud, Cloud::Doing { .. });
    if doing {
        content.facts.push(("⠹ under way".to_owned(), Role::PhaseNow));
    } else if !at_gate.notes.is_empty() {
        content.facts.push((format!("⚠ {}", at_gate.notes.len()), Role::Danger));
    }
    lines(content, &brief::head(at_gate), ctx, layout);
    let design = ctx.state.current(Doc::Design).map_or("", |d| d.text.as_str());
    let diffs = content.compared(brief::compared_from(at_gate, design), || brief::reviews(at_gate, design));
    for (index, (diff, set)) in diffs.iter().zip(brief::sets(at_gate)).enumerate() {
        stacks::one(content, index, diff, set, ctx, layout);
    }
    lines(content, &brief::rest(at_gate), ctx, layout);
    if doing && !ctx.output.is_empty() {
        content.heading("Output", ctx);
        content.grows = true;
        content.output(ctx.output, ctx, layout);
        return;
    }
    content.blank();
    if local && !doing {
        let key = |action| ctx.key(action, CONFIRM);
        let options = [
            format!("run it once ({})", key(Action::Approve)),
            format!("run it, and exactly this again in this spec without asking ({})", key(Action::ApproveAlways)),
            format!("reject it ({})", key(Action::Reject)),
        ];
        content.options(options.iter().map(String::as_str), ctx, layout);
    } else if !doing {
        let (yes, no) = (ctx.key(Action::Approve, REVIEW), ctx.key(Action::Reject, REVIEW));
        let words = format!("{yes} does exactly this, {no} does nothing; words with it go to the agent");
        content.say("", &words, Role::Dim, ctx, layout);
    }
}

fn lines(content: &mut Content, lines: &[Line], ctx: &Ctx<'_>, layout: &Layout) {
    for line in lines {
        let role = match line.weight {
            Weight::Heading => {
                content.heading(&line.text, ctx);
                continue;
            }
            Weight::Danger => Role::Danger,
            Weight::Warning => Role::Warn,
            Weight::Plain => Role::Text,
            Weight::Dim => Role::Dim,
            Weight::Code => {
                // Broken anywhere, not at spaces: wrapping must not swallow one.
                let span = ink(&line.text, ctx.styles.get(Role::Code));
                let mark = ink(line.mark, ctx.styles.get(Role::Accent));
                for spans in wrap_spans(vec![span], layout.columns.saturating_sub(2)) {
                    content.rows.push(Row::new(std::iter::once(mark.clone()).chain(spans).collect(), Tag::None));
                }
                continue;
            }
        };
        content.say(line.mark, &line.text, role, ctx, layout);
    }
}

fn running(content: &mut Content, going: &Going, ctx: &Ctx<'_>, layout: &Layout) {
    content.facts.push((format!("Stack {}", going.deployment.stack), Role::Title));
    content.facts.push(("⠹ under way".to_owned(), Role::PhaseNow));
    content.say("@ ", &brief::place(&going.deployment.account), Role::Warn, ctx, layout);
    for reason in progress::reasons(&going.events).iter().take(5) {
        let words = redact(&format!("{} ({}): {}", reason.resource, reason.kind, reason.text)).into_owned();
        content.say("⚠ ", &words, Role::Danger, ctx, layout);
    }
    // Above the tree: that may be long.
    let stop = ctx.key(Action::StopDeploy, REVIEW);
    let leaving = "leaving does not stop it: it goes on in the account, and is found again";
    let words =
        if going.deployment.deletes { leaving.to_owned() } else { format!("{stop} asks to stop it; {leaving}") };
    content.say("", &words, Role::Dim, ctx, layout);
    resources::show(content, going, ctx, layout);
}

fn over(content: &mut Content, going: &Going, ctx: &Ctx<'_>, layout: &Layout) {
    let Some((end, _)) = &going.ended else {
        let go = ctx.key(Action::Continue, REVIEW);
        let words = format!("{} goes on in the account; {go} follows it", going.deployment.stack);
        content.say("! ", &words, Role::Warn, ctx, layout);
        return;
    };
    if content.kind == Kind::Offer {
        content.facts.push((format!("Stack {}", going.deployment.stack), Role::Title));
        let word = if going.was_stopped() { "stopped, " } else { "" };
        content.facts.push((format!("✗ {word}{}", end.status), Role::Danger));
    }
    content.say("@ ", &brief::place(&going.deployment.account), Role::Dim, ctx, layout);
    lines(content, &brief::end(&going.deployment.stack, end), ctx, layout);
    if content.kind == Kind::Offer {
        content.blank();
        content.options(offers(&ctx.state.cloud).into_iter().map(|(words, _)| words), ctx, layout);
    }
    resources::show(content, going, ctx, layout);
}

fn unmade(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) {
    let Some(unmade) = &ctx.state.cloud.unmade else { return };
    content.facts.push((format!("Stack {}", unmade.stack), Role::Title));
    content.facts.push(("✗ no change set".to_owned(), Role::Danger));
    content.say("@ ", &brief::place(&unmade.account), Role::Dim, ctx, layout);
    lines(content, &brief::unmade(unmade), ctx, layout);
    content.say("", "Nothing was executed.", Role::Text, ctx, layout);
    content.blank();
    content.options(offers(&ctx.state.cloud).into_iter().map(|(words, _)| words), ctx, layout);
}
fn answered(content: &mut Content, answer: &Performed, ctx: &Ctx<'_>, layout: &Layout) {
    let Performed::Answered { payload, error, log, millis } = answer else { return };
    match error {
        Some(error) => content.say("✗ ", &format!("{error} after {millis} ms"), Role::Danger, ctx, layout),
        None => content.say("✓ ", &format!("{millis} ms"), Role::Ok, ctx, layout),
    }
    content.output(&redact(payload), ctx, layout);
    if !log.is_empty() {
        content.heading("The end of its log", ctx);
        content.output(&redact(log), ctx, layout);
    }
}
