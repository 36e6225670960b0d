//! The transition function.

use super::{
    Answer, Autonomy, By, Cloud, CloudItem, CloudKind, Doc,
    DocState::{Approved, Drafting, Missing, Review, Saving, Stale},
    Effect, Event, ItemKind, Merge, Own, Refused, Run, TaskId, Workflow,
};
use crate::domain::digest::Digest;

type Next = Result<(Workflow, Vec<Effect>), Refused>;

/// What `event` makes of `now`.
///
/// # Errors
/// [`Refused`], and then nothing has changed.
pub fn step(now: &Workflow, event: &Event) -> Next {
    let mut next = now.clone();
    let mut stops = Vec::new();
    match event {
        Event::DraftAsked(doc) => draft_asked(&mut next, *doc)?,
        Event::DraftDone { doc, rev } => match now.doc(*doc) {
            Drafting { .. } => next.set(*doc, Review { rev: *rev }),
            Missing | Review { .. } | Saving { .. } | Approved { .. } | Stale { .. } => return Err(Refused::NotNow),
        },
        Event::DraftFailed(doc) => match now.doc(*doc) {
            Drafting { over } => next.set(*doc, over.map_or(Missing, |rev| Review { rev })),
            Missing | Review { .. } | Saving { .. } | Approved { .. } | Stale { .. } => return Err(Refused::NotNow),
        },
        Event::Edited { doc, rev } => edited(&mut next, *doc, *rev)?,
        Event::Found { doc, rev, recorded } => found(&mut next, *doc, *rev, *recorded)?,
        Event::Judged { doc, rev, by, answer } => judged(&mut next, *doc, *rev, *by, *answer)?,
        Event::Saved { doc, ticked } => match now.doc(*doc) {
            Saving { rev } => {
                next.set(*doc, Approved { rev });
                if *doc == Doc::Tasks {
                    next.done.clone_from(ticked);
                }
            }
            Missing | Drafting { .. } | Review { .. } | Approved { .. } | Stale { .. } => return Err(Refused::NotNow),
        },
        Event::SaveFailed(doc) => match now.doc(*doc) {
            Saving { rev } => next.set(*doc, Review { rev }),
            Missing | Drafting { .. } | Review { .. } | Approved { .. } | Stale { .. } => return Err(Refused::NotNow),
        },
        Event::AutonomySet(autonomy) => {
            next.autonomy = *autonomy;
            next.standing = None;
        }
        Event::StandingJudged { digest, answer } => standing_judged(&mut next, *digest, *answer)?,
        Event::TaskStarted(task) => {
            if !now.documents_approved() {
                return Err(Refused::UpstreamNotApproved);
            }
            let free = matches!(now.run, Run::Idle | Run::Halted { .. }) && now.is_quiet();
            if !free || now.done.contains(task) {
                return Err(Refused::NotNow);
            }
            next.run = Run::Working { task: task.clone() };
            next.merge = Merge::No;
        }
        // What is committed with a task is answered before.
        Event::Proposed(item) if item.kind == ItemKind::Task && now.own != Own::None => return Err(Refused::NotNow),
        Event::Proposed(_) if now.own.is_busy() => return Err(Refused::NotNow),
        Event::Proposed(item) => match &now.run {
            Run::Working { task } => next.run = Run::Pending { task: task.clone(), item: *item },
            Run::Idle | Run::Pending { .. } | Run::Doing { .. } | Run::Halted { .. } => return Err(Refused::NotNow),
        },
        Event::Amended { from, to } => match &mut next.run {
            Run::Pending { item, .. } if item.kind == ItemKind::Task => return Err(Refused::NotNow),
            Run::Pending { item, .. } if item.digest == *from => item.digest = *to,
            Run::Pending { .. } => return Err(Refused::Moved),
            Run::Idle | Run::Working { .. } | Run::Doing { .. } | Run::Halted { .. } => return Err(Refused::NotNow),
        },
        Event::ItemJudged { digest, by, answer, remember } => {
            item_judged(&mut next, *digest, *by, *answer, *remember)?;
        }
        Event::ItemDone { digest, tasks } => item_done(&mut next, *digest, *tasks)?,
        Event::ItemFailed { digest } => match &now.run {
            Run::Doing { task, item } if item.digest == *digest => next.run = Run::Working { task: task.clone() },
            Run::Doing { .. } | Run::Idle | Run::Working { .. } | Run::Pending { .. } | Run::Halted { .. } => {
                return Err(Refused::NotNow);
            }
        },
        Event::TaskHalted => match &now.run {
            Run::Working { task } | Run::Pending { task, .. } => next.run = Run::Halted { task: task.clone() },
            Run::Idle | Run::Doing { .. } | Run::Halted { .. } => return Err(Refused::NotNow),
        },
        Event::MergeShown { digest, held } => {
            may_end(now)?;
            next.merge = Merge::Review { digest: *digest, held: *held };
        }
        Event::NothingToMerge => {
            may_end(now)?;
            next.merge = Merge::Merged { digest: None };
        }
        Event::Overridden { .. } if now.cloud != Cloud::Idle || now.own.is_busy() => return Err(Refused::NotNow),
        Event::Overridden { digest } => match now.merge {
            Merge::Review { digest: shown, .. } if shown != *digest => return Err(Refused::Moved),
            Merge::Review { digest, held: true } => next.merge = Merge::Review { digest, held: false },
            Merge::Review { held: false, .. } | Merge::No | Merge::Merging { .. } | Merge::Merged { .. } => {
                return Err(Refused::NotNow);
            }
        },
        Event::CloudProposed(item) => cloud_proposed(&mut next, *item)?,
        Event::CloudJudged { digest, by, answer, remember } => {
            cloud_judged(&mut next, *digest, *by, *answer, *remember)?;
        }
        Event::CloudDone { digest } | Event::CloudFailed { digest } => {
            let (_, behind) = cloud_doing(now, *digest)?;
            next.cloud = Cloud::after(behind);
        }
        Event::CloudRunning { digest } => match cloud_doing(now, *digest)? {
            (CloudItem { kind: CloudKind::Act, .. }, _) => next.cloud = Cloud::Running { digest: *digest },
            (CloudItem { kind: CloudKind::Local | CloudKind::Prepare, .. }, _) => return Err(Refused::NotNow),
        },
        Event::CloudFollowed { digest } => {
            if now.cloud != Cloud::Idle || !now.may_deploy() || now.due().is_some() {
                return Err(Refused::NotNow);
            }
            next.cloud = Cloud::Running { digest: *digest };
        }
        Event::CloudEnded { digest } => match now.cloud {
            Cloud::Running { digest: running } if running == *digest => next.cloud = Cloud::Idle,
            Cloud::Idle | Cloud::Review { .. } | Cloud::Doing { .. } | Cloud::Running { .. } => {
                return Err(Refused::NotNow);
            }
        },
        Event::PlaceChosen => match now.cloud {
            // What would be done there is withdrawn; a command on this machine is nobody's.
            Cloud::Review { item, behind: None } if item.kind != CloudKind::Local => next.cloud = Cloud::Idle,
            Cloud::Idle | Cloud::Review { behind: None, .. } => {}
            // What goes on in an account is followed as who began it.
            Cloud::Review { .. } | Cloud::Doing { .. } | Cloud::Running { .. } => return Err(Refused::NotNow),
        },
        Event::OwnFound { digest } => own_found(&mut next, *digest)?,
        Event::OwnGone => match now.own {
            Own::None | Own::PuttingBack { .. } => return Err(Refused::NotNow),
            Own::Review { .. } | Own::Open { .. } | Own::Back { .. } => next.own = Own::None,
        },
        Event::OwnLeft { digest } => match now.own {
            Own::Review { digest: shown } if shown == *digest => next.own = Own::Open { digest: shown },
            Own::Review { .. } => return Err(Refused::Moved),
            Own::None | Own::Open { .. } | Own::Back { .. } | Own::PuttingBack { .. } => return Err(Refused::NotNow),
        },
        Event::OwnJudged { digest, by, answer, back } => own_judged(&mut next, *digest, *by, *answer, *back)?,
        Event::PutBackJudged { digest, by, answer } => put_back_judged(&mut next, *digest, *by, *answer)?,
        Event::PutBackDone { digest } => match now.own {
            Own::PuttingBack { digest: doing, .. } if doing == *digest => next.own = Own::None,
            Own::None | Own::Review { .. } | Own::Open { .. } | Own::Back { .. } | Own::PuttingBack { .. } => {
                return Err(Refused::NotNow);
            }
        },
        Event::PutBackFailed { digest } => match now.own {
            Own::PuttingBack { digest: doing, of } if doing == *digest => next.own = Own::Review { digest: of },
            Own::None | Own::Review { .. } | Own::Open { .. } | Own::Back { .. } | Own::PuttingBack { .. } => {
                return Err(Refused::NotNow);
            }
        },
        Event::MergeJudged { digest, answer, rework } => merge_judged(&mut next, *digest, *answer, rework)?,
        Event::Merged => match now.merge {
            Merge::Merging { digest } => next.merge = Merge::Merged { digest: Some(digest) },
            Merge::No | Merge::Review { .. } | Merge::Merged { .. } => return Err(Refused::NotNow),
        },
        Event::MergeFailed => match now.merge {
            Merge::Merging { .. } => next.merge = Merge::No,
            Merge::No | Merge::Review { .. } | Merge::Merged { .. } => return Err(Refused::NotNow),
        },
        Event::Cancelled => stops = cancelled(&mut next),
    }
    // What became due by this event is its effect; what was due before is under way already.
    let due = next.due();
    if due != now.due() {
        stops.extend(due);
    }
    Ok((next, stops))
}

/// Anything below a changed document loses its approval, and with it the standing permission and a
/// merge that was planned.
fn unsettle(next: &mut Workflow, doc: Doc) {
    for below in next.order.downstream(doc) {
        if let Some(rev) = next.doc(below).rev() {
            next.set(below, Stale { rev });
        }
    }
    if doc != Doc::Tasks {
        next.standing = None;
    }
    next.merge = Merge::No;
}

fn draft_asked(next: &mut Workflow, doc: Doc) -> Result<(), Refused> {
    if !next.upstream_drafted(doc) {
        return Err(Refused::UpstreamNotApproved);
    }
    if !next.is_quiet() {
        return Err(Refused::NotNow);
    }
    next.set(doc, Drafting { over: next.doc(doc).rev() });
    unsettle(next, doc);
    Ok(())
}

fn edited(next: &mut Workflow, doc: Doc, rev: Digest) -> Result<(), Refused> {
    if !next.is_quiet() || next.doc(doc) == Missing {
        return Err(Refused::NotNow);
    }
    next.set(doc, Review { rev });
    unsettle(next, doc);
    Ok(())
}

fn found(next: &mut Workflow, doc: Doc, rev: Digest, recorded: bool) -> Result<(), Refused> {
    if !next.is_quiet() {
        return Err(Refused::NotNow);
    }
    let state = match (next.upstream_approved(doc), recorded) {
        (true, true) => Approved { rev },
        (true, false) => Review { rev },
        (false, _) => Stale { rev },
    };
    if next.doc(doc) != state {
        next.set(doc, state);
        unsettle(next, doc);
    }
    Ok(())
}

fn judged(next: &mut Workflow, doc: Doc, rev: Digest, by: By, answer: Answer) -> Result<(), Refused> {
    let shown = match next.doc(doc) {
        Review { rev } | Stale { rev } => rev,
        Missing | Drafting { .. } | Saving { .. } | Approved { .. } => return Err(Refused::NotNow),
    };
    if shown != rev {
        return Err(Refused::Moved);
    }
    if !next.is_quiet() {
        return Err(Refused::NotNow);
    }
    match by {
        By::Developer => {}
        By::Standing if doc == Doc::Tasks && next.standing.is_some() && answer == Answer::Approve => {}
        By::Standing | By::Allowed => return Err(Refused::NotCovered),
    }
    match answer {
        Answer::Approve => {
            if !next.upstream_approved(doc) {
                return Err(Refused::UpstreamNotApproved);
            }
            next.set(doc, Saving { rev });
        }
        Answer::Reject { feedback: true } => {
            if !next.upstream_approved(doc) {
                return Err(Refused::UpstreamNotApproved);
            }
            next.set(doc, Drafting { over: Some(rev) });
            unsettle(next, doc);
        }
        Answer::Reject { feedback: false } => {
            next.set(doc, Missing);
            unsettle(next, doc);
        }
    }
    Ok(())
}

fn standing_judged(next: &mut Workflow, digest: Digest, answer: Answer) -> Result<(), Refused> {
    if next.autonomy != Autonomy::Batch {
        return Err(Refused::NotNow);
    }
    if !next.upstream_approved(Doc::Tasks) {
        return Err(Refused::UpstreamNotApproved);
    }
    match answer {
        Answer::Approve => next.standing = Some(digest),
        // Refusing it is the choice to be asked each time.
        Answer::Reject { .. } => {
            next.autonomy = Autonomy::Strict;
            next.standing = None;
        }
    }
    Ok(())
}

fn own_found(next: &mut Workflow, digest: Digest) -> Result<(), Refused> {
    // What is being done was approved for the worktree as it is; nobody is let out meanwhile.
    let doing = match next.due() {
        Some(Effect::Draft(_) | Effect::Work(_) | Effect::Follow { .. }) | None => false,
        Some(
            Effect::Save { .. }
            | Effect::Do { .. }
            | Effect::Merge { .. }
            | Effect::Cloud(_)
            | Effect::PutBack { .. }
            | Effect::AbortTurn
            | Effect::StopCommand,
        ) => true,
    };
    if doing || matches!(next.run, Run::Doing { .. }) {
        return Err(Refused::NotNow);
    }
    // A finished task was claimed without it, and is claimed again.
    if let Run::Pending { task, item } = &next.run
        && item.kind == ItemKind::Task
    {
        next.run = Run::Working { task: task.clone() };
    }
    next.own = Own::Review { digest };
    Ok(())
}

fn own_judged(next: &mut Workflow, digest: Digest, by: By, answer: Answer, back: Digest) -> Result<(), Refused> {
    let shown = match next.own {
        Own::Review { digest } => digest,
        Own::None | Own::Open { .. } | Own::Back { .. } | Own::PuttingBack { .. } => return Err(Refused::NotNow),
    };
    if shown != digest {
        return Err(Refused::Moved);
    }
    if by != By::Developer {
        return Err(Refused::NotCovered);
    }
    next.own = match answer {
        Answer::Approve => Own::None,
        Answer::Reject { .. } => Own::Back { digest: back, of: shown },
    };
    Ok(())
}

fn put_back_judged(next: &mut Workflow, digest: Digest, by: By, answer: Answer) -> Result<(), Refused> {
    let (shown, of) = match next.own {
        Own::Back { digest, of } => (digest, of),
        Own::None | Own::Review { .. } | Own::Open { .. } | Own::PuttingBack { .. } => return Err(Refused::NotNow),
    };
    if shown != digest {
        return Err(Refused::Moved);
    }
    if by != By::Developer {
        return Err(Refused::NotCovered);
    }
    // What goes on in the account may be using the files.
    if next.due().is_some() || next.cloud != Cloud::Idle {
        return Err(Refused::NotNow);
    }
    next.own = match answer {
        Answer::Approve => Own::PuttingBack { digest: shown, of },
        Answer::Reject { .. } => Own::Review { digest: of },
    };
    Ok(())
}

fn item_judged(next: &mut Workflow, digest: Digest, by: By, answer: Answer, remember: bool) -> Result<(), Refused> {
    if next.own.is_busy() {
        return Err(Refused::NotNow);
    }
    let (task, item) = match &next.run {
        Run::Pending { task, item } => (task.clone(), *item),
        Run::Idle | Run::Working { .. } | Run::Doing { .. } | Run::Halted { .. } => return Err(Refused::NotNow),
    };
    if item.digest != digest {
        return Err(Refused::Moved);
    }
    let covered = match by {
        By::Developer => true,
        By::Standing => next.standing.is_some() && !item.sensitive && answer == Answer::Approve && !remember,
        By::Allowed => {
            item.kind == ItemKind::Command && next.allowed.contains(&digest) && answer == Answer::Approve && !remember
        }
    };
    if !covered {
        return Err(Refused::NotCovered);
    }
    match answer {
        Answer::Approve => {
            if remember {
                if item.kind != ItemKind::Command {
                    return Err(Refused::NotCovered);
                }
                next.allowed.insert(digest);
            }
            next.run = Run::Doing { task, item };
        }
        Answer::Reject { .. } => next.run = Run::Working { task },
    }
    Ok(())
}

fn item_done(next: &mut Workflow, digest: Digest, tasks: Option<Digest>) -> Result<(), Refused> {
    let (task, item) = match &next.run {
        Run::Doing { task, item } => (task.clone(), *item),
        Run::Idle | Run::Working { .. } | Run::Pending { .. } | Run::Halted { .. } => return Err(Refused::NotNow),
    };
    if item.digest != digest {
        return Err(Refused::Moved);
    }
    match item.kind {
        ItemKind::Change | ItemKind::Command => next.run = Run::Working { task },
        ItemKind::Task => {
            next.done.insert(task);
            next.run = Run::Idle;
            // The tick is part of what was approved with the task, so the document stays approved.
            if let Some(rev) = tasks {
                next.set(Doc::Tasks, Approved { rev });
            }
        }
    }
    Ok(())
}

/// What is being done for the account, where it is this, and what goes on behind it.
fn cloud_doing(now: &Workflow, digest: Digest) -> Result<(CloudItem, Option<Digest>), Refused> {
    match now.cloud {
        Cloud::Doing { item, behind } if item.digest == digest => Ok((item, behind)),
        Cloud::Doing { .. } => Err(Refused::Moved),
        Cloud::Idle | Cloud::Review { .. } | Cloud::Running { .. } => Err(Refused::NotNow),
    }
}

fn cloud_proposed(next: &mut Workflow, item: CloudItem) -> Result<(), Refused> {
    if !next.may_deploy() {
        return Err(Refused::UpstreamNotApproved);
    }
    let behind = match next.cloud {
        Cloud::Idle if next.is_quiet() => None,
        // A deploy that goes on can be stopped, and that asks too.
        Cloud::Running { digest } if item.kind == CloudKind::Act => Some(digest),
        Cloud::Idle | Cloud::Review { .. } | Cloud::Doing { .. } | Cloud::Running { .. } => {
            return Err(Refused::NotNow);
        }
    };
    next.cloud = Cloud::Review { item, behind };
    Ok(())
}

fn cloud_judged(next: &mut Workflow, digest: Digest, by: By, answer: Answer, remember: bool) -> Result<(), Refused> {
    if next.own.is_busy() {
        return Err(Refused::NotNow);
    }
    let (item, behind) = match next.cloud {
        Cloud::Review { item, behind } => (item, behind),
        Cloud::Idle | Cloud::Doing { .. } | Cloud::Running { .. } => return Err(Refused::NotNow),
    };
    if item.digest != digest {
        return Err(Refused::Moved);
    }
    let local = item.kind == CloudKind::Local;
    let covered = match by {
        By::Developer => local || !remember,
        // What touches an account is never covered by what was said before.
        By::Standing => false,
        By::Allowed => local && next.allowed.contains(&digest) && answer == Answer::Approve && !remember,
    };
    if !covered {
        return Err(Refused::NotCovered);
    }
    match answer {
        Answer::Approve => {
            if remember {
                next.allowed.insert(digest);
            }
            next.cloud = Cloud::Doing { item, behind };
        }
        Answer::Reject { .. } => next.cloud = Cloud::after(behind),
    }
    Ok(())
}

/// Whether all is approved, and nothing under way, so that a merge may be planned.
fn may_end(now: &Workflow) -> Result<(), Refused> {
    if !now.documents_approved() {
        return Err(Refused::UpstreamNotApproved);
    }
    if now.run != Run::Idle || !now.is_quiet() {
        return Err(Refused::NotNow);
    }
    Ok(())
}

fn merge_judged(next: &mut Workflow, digest: Digest, answer: Answer, rework: &TaskId) -> Result<(), Refused> {
    if next.cloud != Cloud::Idle || next.own.is_busy() {
        return Err(Refused::NotNow);
    }
    let (shown, held) = match next.merge {
        Merge::Review { digest, held } => (digest, held),
        Merge::No | Merge::Merging { .. } | Merge::Merged { .. } => return Err(Refused::NotNow),
    };
    if shown != digest {
        return Err(Refused::Moved);
    }
    match answer {
        Answer::Approve if held => return Err(Refused::Held),
        Answer::Approve => next.merge = Merge::Merging { digest },
        Answer::Reject { feedback } => {
            if feedback && next.done.contains(rework) {
                return Err(Refused::NotNow);
            }
            next.merge = Merge::No;
            if feedback {
                next.run = Run::Working { task: rework.clone() };
            }
        }
    }
    Ok(())
}

fn cancelled(next: &mut Workflow) -> Vec<Effect> {
    let mut stops = Vec::new();
    for doc in Doc::ALL {
        if let Drafting { over } = next.doc(doc) {
            next.set(doc, over.map_or(Missing, |rev| Review { rev }));
            stops.push(Effect::AbortTurn);
        }
    }
    match &next.run {
        Run::Working { task } | Run::Pending { task, .. } => {
            next.run = Run::Halted { task: task.clone() };
            stops.push(Effect::AbortTurn);
        }
        // A change or a commit is one step and has its approval: it ends by itself.
        Run::Doing { task, item } if item.kind == ItemKind::Command => {
            next.run = Run::Halted { task: task.clone() };
            stops.push(Effect::StopCommand);
        }
        Run::Doing { .. } | Run::Idle | Run::Halted { .. } => {}
    }
    match next.cloud {
        Cloud::Review { behind, .. } => next.cloud = Cloud::after(behind),
        Cloud::Doing { item: CloudItem { kind: CloudKind::Local | CloudKind::Prepare, .. }, behind } => {
            next.cloud = Cloud::after(behind);
            stops.push(Effect::StopCommand);
        }
        // What goes on in the account goes on; it is only not looked at any more.
        Cloud::Running { .. } => next.cloud = Cloud::Idle,
        // One request, which ends by itself.
        Cloud::Doing { item: CloudItem { kind: CloudKind::Act, .. }, .. } | Cloud::Idle => {}
    }
    stops
}
