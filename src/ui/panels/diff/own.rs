//! What the developer changed in the worktree past this program, at its gate: theirs, put back, or left
//! open.

use super::content::{Content, Kind, Layout, REVIEW};
use crate::{
    config::theme::Role,
    domain::{
        change::{Change, own::OwnChanges},
        gate::{Reviewable, Subject},
        phase::Own,
    },
    ui::{
        keys::Action,
        panels::{Ctx, Drawn},
    },
};

/// Shows them, where they wait; false where they do not.
pub(super) fn show(content: &mut Content, ctx: &Ctx<'_>, layout: &Layout) -> bool {
    let changes = &ctx.state.own;
    let back = match ctx.state.flow.own {
        Own::Review { .. } => false,
        Own::Back { .. } | Own::PuttingBack { .. } => true,
        Own::None | Own::Open { .. } => return false,
    };
    content.kind = Kind::Own;
    let (subject, digest) = match back {
        false => (Subject::Own, OwnChanges { changes: changes.clone() }.digest()),
        true => (Subject::PutBack, ctx.state.put_back().digest()),
    };
    content.drawn = Some(Drawn { subject, digest });
    let key = |action| ctx.key(action, REVIEW);
    let (yes, no, later) = (key(Action::Approve), key(Action::Reject), key(Action::Back));
    if back {
        content.facts.push(("Put your own changes back?".to_owned(), Role::Title));
        let text = format!(
            "{yes} puts the files back as they were before you changed them: what you wrote is gone from the disk, and \
             kept in the spec's journal only. Below is what {yes} does. {no} or {later} puts nothing back."
        );
        content.say("⚠ ", &text, Role::Danger, ctx, layout);
    } else {
        content.facts.push(("Changed past this program".to_owned(), Role::Title));
        let text = format!(
            "By you, or by another program: nothing that was approved here did it. {yes} makes it your own part of the \
             task, recorded as yours. {no} puts it back, and asks once more. {later} \
             leaves it open: no task is closed before you answer."
        );
        content.say("• ", &text, Role::Warn, ctx, layout);
    }
    let documents = changes.iter().filter(|c| c.path.is_kiro()).count();
    if documents > 0 && !back {
        let text = "What lies below .kiro goes into no task; a document that you changed there asks at its own gate.";
        content.say("• ", text, Role::Warn, ctx, layout);
    }
    // What a yes would do is shown: the way back.
    let all: Vec<Change> = changes.iter().map(|c| if back { c.undone() } else { c.clone() }).collect();
    let all = content.paired(&all.iter().collect::<Vec<_>>(), changes);
    let shown = content.look(all.iter(), ctx, layout);
    content.summary(&shown, ctx, layout);
    content.members(&shown, ctx, layout);
    true
}
