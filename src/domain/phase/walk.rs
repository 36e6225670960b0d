//! Every reachable state of a bounded model, and every edge between them.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::*;

fn digest(n: u8) -> Digest {
    Digest::of([n])
}

fn answers() -> [Answer; 3] {
    [Answer::Approve, Answer::Reject { feedback: true }, Answer::Reject { feedback: false }]
}

/// Two revisions of the design and one of the others, a task and a rework, an item of each kind and one amended.
fn alphabet() -> Vec<Event> {
    let mut all = vec![
        Event::Merged,
        Event::MergeFailed,
        Event::NothingToMerge,
        Event::Cancelled,
        Event::TaskHalted,
        Event::PlaceChosen,
        Event::AutonomySet(Autonomy::Strict),
        Event::AutonomySet(Autonomy::Batch),
    ];
    for doc in Doc::ALL {
        all.extend([Event::DraftAsked(doc), Event::DraftFailed(doc), Event::SaveFailed(doc)]);
        all.push(Event::Saved { doc, ticked: BTreeSet::new() });
        for (n, rev) in [(1, digest(1)), (2, digest(2))] {
            // One document in two revisions is enough to judge the wrong one; three times two would
            // only multiply the states.
            if n == 1 || doc == Doc::Design {
                all.extend([Event::DraftDone { doc, rev }, Event::Edited { doc, rev }]);
                for recorded in [true, false] {
                    all.push(Event::Found { doc, rev, recorded });
                }
            }
            for answer in answers() {
                for by in [By::Developer, By::Standing, By::Allowed] {
                    all.push(Event::Judged { doc, rev, by, answer });
                }
            }
        }
    }
    all.push(Event::TaskStarted(TaskId("1".into())));
    let items = [(ItemKind::Change, 3), (ItemKind::Command, 4), (ItemKind::Task, 5)];
    for (kind, n) in items {
        for sensitive in [true, false] {
            all.push(Event::Proposed(Item { kind, digest: digest(n), sensitive }));
        }
    }
    for n in [3, 4, 5, 6] {
        all.push(Event::ItemFailed { digest: digest(n) });
        all.push(Event::ItemDone { digest: digest(n), tasks: None });
        all.push(Event::Amended { from: digest(n), to: digest(6) });
        for answer in answers() {
            for by in [By::Developer, By::Standing, By::Allowed] {
                // Remembering is tried on the command and on what is none.
                let remembered: &[bool] = if n == 4 || n == 3 { &[true, false] } else { &[false] };
                for &remember in remembered {
                    all.push(Event::ItemJudged { digest: digest(n), by, answer, remember });
                }
            }
        }
    }
    for answer in answers() {
        all.push(Event::StandingJudged { digest: digest(7), answer });
    }
    for n in [8, 9] {
        for answer in answers() {
            all.push(Event::MergeJudged { digest: digest(n), answer, rework: TaskId("rework 1".into()) });
        }
        all.push(Event::Overridden { digest: digest(n) });
    }
    let cloud = [(CloudKind::Local, 10), (CloudKind::Prepare, 11), (CloudKind::Act, 12), (CloudKind::Act, 13)];
    for (kind, n) in cloud {
        let digest = digest(n);
        all.push(Event::CloudProposed(CloudItem { digest, kind }));
        all.extend([Event::CloudDone { digest }, Event::CloudFailed { digest }, Event::CloudRunning { digest }]);
        all.push(Event::CloudEnded { digest });
        for answer in answers() {
            for by in [By::Developer, By::Standing, By::Allowed] {
                for remember in [true, false] {
                    all.push(Event::CloudJudged { digest, by, answer, remember });
                }
            }
        }
    }
    all.push(Event::CloudFollowed { digest: digest(12) });
    for n in [14, 15] {
        all.extend([Event::OwnFound { digest: digest(n) }, Event::OwnLeft { digest: digest(n) }]);
        for by in [By::Developer, By::Standing, By::Allowed] {
            for answer in answers() {
                // 16 puts back 14, and 17 puts back 15.
                all.push(Event::OwnJudged { digest: digest(n), by, answer, back: digest(n + 2) });
                all.push(Event::PutBackJudged { digest: digest(n + 2), by, answer });
            }
        }
        all.extend([Event::PutBackDone { digest: digest(n + 2) }, Event::PutBackFailed { digest: digest(n + 2) }]);
    }
    all.push(Event::OwnGone);
    all.extend([true, false].map(|held| Event::MergeShown { digest: digest(8), held }));
    all
}

struct Edge<'a> {
    from: &'a Workflow,
    event: &'a Event,
    next: &'a Workflow,
}

impl std::fmt::Display for Edge<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n  --{:?}->\n{:?}", self.from, self.event, self.next)
    }
}

/// The approvals an effect needs, seen from the state and event it came from.
fn check_effect(from: &Workflow, event: &Event, next: &Workflow, effect: &Effect) {
    // Formatted only when something is wrong: this runs a million times.
    let edge = Edge { from, event, next };
    match effect {
        Effect::Draft(doc) => {
            // A draft that waited for the developer's own changes goes on as it began.
            let goes_on = from.own.is_busy() && matches!(from.doc(*doc), DocState::Drafting { .. });
            let ahead = from.order == Order::Quick && (matches!(event, Event::DraftAsked(_)) || goes_on);
            assert!(from.upstream_approved(*doc) || ahead, "draft before its upstream: {edge}");
            assert!(from.upstream_drafted(*doc), "draft on what is not there or not current: {edge}");
        }
        Effect::Work(_) => {
            assert!(next.documents_approved(), "work without approved documents: {edge}");
        }
        Effect::Save { doc, rev } => {
            let Event::Judged { doc: judged, rev: shown, by, answer: Answer::Approve } = event else {
                panic!("saved without a yes: {edge}")
            };
            assert_eq!((judged, shown), (doc, rev), "saved what was not shown: {edge}");
            assert_eq!(from.doc(*doc).rev(), Some(*rev), "{edge}");
            assert!(from.upstream_approved(*doc), "{edge}");
            match by {
                By::Developer => {}
                By::Standing => assert!(*doc == Doc::Tasks && from.standing.is_some(), "{edge}"),
                By::Allowed => panic!("{edge}"),
            }
        }
        Effect::Do { task, item } => {
            let Event::ItemJudged { digest, by, answer: Answer::Approve, .. } = event else {
                panic!("done without a yes: {edge}")
            };
            assert_eq!(from.run, Run::Pending { task: task.clone(), item: *item }, "{edge}");
            assert_eq!(*digest, item.digest, "{edge}");
            match by {
                By::Developer => {}
                By::Standing => {
                    assert!(from.standing.is_some() && from.autonomy == Autonomy::Batch && !item.sensitive, "{edge}");
                }
                By::Allowed => {
                    assert!(item.kind == ItemKind::Command && from.allowed.contains(digest), "{edge}");
                }
            }
        }
        Effect::Merge { digest } => {
            assert!(
                matches!(event, Event::MergeJudged { digest: d, answer: Answer::Approve, .. } if d == digest),
                "{edge}"
            );
            assert_eq!(from.merge, Merge::Review { digest: *digest, held: false }, "{edge}");
            assert!(from.documents_approved() && from.run == Run::Idle, "{edge}");
        }
        Effect::Cloud(item) => {
            let Event::CloudJudged { digest, by, answer: Answer::Approve, remember } = event else {
                panic!("done in the account without a yes: {edge}")
            };
            assert!(matches!(from.cloud, Cloud::Review { item: shown, .. } if shown == *item), "{edge}");
            assert_eq!(*digest, item.digest, "{edge}");
            let local = item.kind == CloudKind::Local;
            match by {
                By::Developer => assert!(local || !remember, "an action on the account was remembered: {edge}"),
                By::Standing => panic!("a standing permission reached the account: {edge}"),
                By::Allowed => assert!(local && from.allowed.contains(digest), "{edge}"),
            }
            assert!(from.may_deploy() && !from.is_quiet(), "{edge}");
        }
        Effect::Follow { digest } => {
            let began = matches!(from.cloud, Cloud::Doing { item, .. } if item.digest == *digest && item.kind == CloudKind::Act);
            let behind = matches!(from.cloud, Cloud::Review { behind: Some(b), .. } | Cloud::Doing { behind: Some(b), .. } if b == *digest);
            let found = *event == Event::CloudFollowed { digest: *digest };
            assert!(began || behind || found, "followed what was never approved or found: {edge}");
        }
        Effect::PutBack { digest } => {
            let yes = Event::PutBackJudged { digest: *digest, by: By::Developer, answer: Answer::Approve };
            assert_eq!(*event, yes, "the developer's work was destroyed without a yes to that: {edge}");
            assert!(matches!(from.own, Own::Back { digest: shown, .. } if shown == *digest), "{edge}");
        }
        Effect::AbortTurn | Effect::StopCommand => assert_eq!(*event, Event::Cancelled, "{edge}"),
    }
}

fn check_state(state: &Workflow) {
    for doc in Doc::ALL {
        let settled = matches!(state.doc(doc), DocState::Approved { .. } | DocState::Saving { .. });
        let above = state.order.upstream(doc).is_none_or(|u| state.doc(u).is_approved());
        assert!(!settled || above, "an approval outlived its upstream: {state:?}");
        let drafting = matches!(state.doc(doc), DocState::Drafting { .. });
        let drafted = if state.order == Order::Quick { state.upstream_drafted(doc) } else { above };
        assert!(!drafting || drafted, "a draft outlived its upstream: {state:?}");
    }
    let busy_docs = Doc::ALL
        .iter()
        .filter(|d| matches!(state.doc(**d), DocState::Drafting { .. } | DocState::Saving { .. }))
        .count();
    let busy_run = usize::from(matches!(state.run, Run::Working { .. } | Run::Pending { .. } | Run::Doing { .. }));
    let busy_merge = usize::from(matches!(state.merge, Merge::Merging { .. }));
    let busy_cloud = usize::from(state.cloud != Cloud::Idle);
    assert!(busy_docs + busy_run + busy_merge + busy_cloud <= 1, "two things at once: {state:?}");
    assert!(
        busy_cloud == 0 || state.may_deploy(),
        "the account is asked while documents or a task are open: {state:?}"
    );
    assert!(busy_run == 0 || state.documents_approved(), "execution without approved documents: {state:?}");
    assert!(
        matches!(state.merge, Merge::No) || state.documents_approved(),
        "a merge without approved documents: {state:?}"
    );
    let closes = |item: &Item| item.kind == ItemKind::Task;
    assert!(
        state.own == Own::None
            || !matches!(&state.run, Run::Pending { item, .. } | Run::Doing { item, .. } if closes(item)),
        "a task could be closed before the developer's own changes are answered: {state:?}"
    );
    assert!(
        !state.own.is_busy() || matches!(state.due(), None | Some(Effect::PutBack { .. } | Effect::Follow { .. })),
        "work goes on while the developer's own changes wait: {state:?}"
    );
    assert!(state.standing.is_none() || state.autonomy == Autonomy::Batch, "{state:?}");
    assert!(state.standing.is_none() || state.upstream_approved(Doc::Tasks), "standing outlived the design: {state:?}");
    assert!(state.waiting().is_none() || state.due().is_none(), "waits and works at once: {state:?}");
}

/// States by number, so that edges cost a pair of numbers each.
#[derive(Default)]
struct Found {
    number: HashMap<Workflow, usize>,
    states: Vec<Workflow>,
}

impl Found {
    fn number(&mut self, state: Workflow) -> usize {
        if let Some(n) = self.number.get(&state) {
            return *n;
        }
        let n = self.states.len();
        self.number.insert(state.clone(), n);
        self.states.push(state);
        n
    }
}

fn walk(order: Order, alphabet: &[Event]) -> (usize, usize) {
    let mut found = Found::default();
    found.number(Workflow::new(order, Autonomy::Strict));
    // Edges backwards, to see that every state can still reach a merge.
    let mut before: Vec<Vec<usize>> = Vec::new();
    let (mut at, mut edges) = (0, 0);
    while let Some(state) = found.states.get(at).cloned() {
        check_state(&state);
        assert!(step(&state, &Event::Cancelled).is_ok(), "cancel is refused: {state:?}");
        for event in alphabet {
            let Ok((next, effects)) = step(&state, event) else { continue };
            edges += 1;
            if let Event::OwnJudged { by, .. } | Event::PutBackJudged { by, .. } = event {
                assert_eq!(*by, By::Developer, "what the developer changed is answered by nobody else: {state:?}");
            }
            for effect in &effects {
                check_effect(&state, event, &next, effect);
            }
            // The effect of an event is what became due, no more and no less.
            let outward: Vec<&Effect> =
                effects.iter().filter(|e| !matches!(e, Effect::AbortTurn | Effect::StopCommand)).collect();
            let due = next.due();
            if due == state.due() {
                assert!(outward.is_empty(), "{state:?} {event:?}");
            } else {
                assert_eq!(outward, due.iter().collect::<Vec<_>>(), "{state:?} {event:?}");
            }
            if *event == Event::Cancelled {
                let atomic = match due {
                    None
                    | Some(Effect::Save { .. } | Effect::Merge { .. } | Effect::Do { .. } | Effect::PutBack { .. }) => {
                        true
                    }
                    Some(Effect::Cloud(item)) => item.kind == CloudKind::Act,
                    // What stands behind a gate is looked at again when the gate is left.
                    Some(Effect::Follow { .. }) => matches!(state.cloud, Cloud::Review { .. }),
                    Some(Effect::Draft(_) | Effect::Work(_) | Effect::AbortTurn | Effect::StopCommand) => false,
                };
                assert!(atomic, "still working after a cancel: {next:?}");
            }
            let to = found.number(next);
            before.resize_with(found.states.len(), Vec::new);
            before[to].push(at);
        }
        at += 1;
    }
    let is_merged = |n: &usize| matches!(found.states[*n].merge, Merge::Merged { .. });
    let mut queue: Vec<usize> = (0..found.states.len()).filter(is_merged).collect();
    let mut reaches: HashSet<usize> = queue.iter().copied().collect();
    while let Some(n) = queue.pop() {
        for earlier in &before[n] {
            if reaches.insert(*earlier) {
                queue.push(*earlier);
            }
        }
    }
    if let Some(stuck) = (0..found.states.len()).find(|n| !reaches.contains(n)) {
        panic!("no way from here to a merge: {:?}", found.states[stuck]);
    }
    (found.states.len(), edges)
}

/// True for what happens to the developer's own changes.
fn is_of_own(event: &Event) -> bool {
    use Event as E;
    matches!(
        event,
        E::OwnFound { .. }
            | E::OwnGone
            | E::OwnJudged { .. }
            | E::OwnLeft { .. }
            | E::PutBackJudged { .. }
            | E::PutBackDone { .. }
            | E::PutBackFailed { .. }
    )
}

/// Without the developer's own changes, which would multiply the states; they have a walk of their own.
fn keeps_the_gates(order: Order) {
    let mut alphabet = alphabet();
    alphabet.retain(|event| !is_of_own(event));
    let (states, edges) = walk(order, &alphabet);
    println!("{order:?}: {states} states, {edges} edges");
    assert!(states > 1_000, "the walk got nowhere: {states}");
}

/// With them, and without what has nothing to do with them.
fn keeps_the_gates_with_own_changes(order: Order) {
    use Event as E;
    let apart = |event: &Event| match event {
        E::StandingJudged { .. } | E::AutonomySet(_) | E::Amended { .. } | E::Found { .. } | E::Overridden { .. } => {
            true
        }
        E::CloudProposed(item) => item.kind != CloudKind::Act,
        E::CloudJudged { remember, .. } => *remember,
        E::ItemJudged { remember, by, .. } => *remember || *by != By::Developer,
        E::Judged { by, .. } => *by != By::Developer,
        E::Edited { doc, .. } => *doc != Doc::Design,
        _ => false,
    };
    let mut alphabet = alphabet();
    alphabet.retain(|event| !apart(event));
    let (states, edges) = walk(order, &alphabet);
    println!("{order:?} with own changes: {states} states, {edges} edges");
    assert!(states > 1_000, "the walk got nowhere: {states}");
}

#[test]
fn every_reachable_state_keeps_the_gates_with_own_changes() {
    keeps_the_gates_with_own_changes(Order::RequirementsFirst);
}

#[test]
fn every_reachable_state_keeps_the_gates_with_own_changes_quick() {
    keeps_the_gates_with_own_changes(Order::Quick);
}

#[test]
fn every_reachable_state_keeps_the_gates() {
    keeps_the_gates(Order::RequirementsFirst);
}

#[test]
fn every_reachable_state_keeps_the_gates_design_first() {
    keeps_the_gates(Order::DesignFirst);
}

#[test]
fn every_reachable_state_keeps_the_gates_quick() {
    keeps_the_gates(Order::Quick);
}

#[test]
fn a_quick_spec_is_drafted_to_its_end_and_judged_in_order() {
    let mut flow = Workflow::new(Order::Quick, Autonomy::Strict);
    let mut take = |event: &Event| {
        let (next, _) = step(&flow, event)?;
        flow = next;
        Ok::<_, Refused>(flow.clone())
    };
    for (n, doc) in Doc::ALL.into_iter().enumerate() {
        take(&Event::DraftAsked(doc)).unwrap();
        let flow = take(&Event::DraftDone { doc, rev: digest(n as u8) }).unwrap();
        assert_eq!(flow.waiting().map(|w| w.subject), Some(Subject::Requirements), "the first is judged first");
        assert!(!flow.documents_approved());
    }
    let yes = |doc, n| Event::Judged { doc, rev: digest(n), by: By::Developer, answer: Answer::Approve };
    let saved = |doc| Event::Saved { doc, ticked: BTreeSet::new() };
    let task = Event::TaskStarted(TaskId("1".into()));
    assert_eq!(take(&yes(Doc::Design, 1)), Err(Refused::UpstreamNotApproved));
    assert_eq!(take(&yes(Doc::Requirements, 7)), Err(Refused::Moved));
    for (n, doc) in Doc::ALL.into_iter().enumerate() {
        assert_eq!(take(&task), Err(Refused::UpstreamNotApproved), "nothing runs before all three");
        take(&yes(doc, n as u8)).unwrap();
        take(&saved(doc)).unwrap();
    }
    take(&Event::Edited { doc: Doc::Requirements, rev: digest(9) }).unwrap();
    let after = take(&Event::Cancelled).unwrap();
    for (n, doc) in [(1, Doc::Design), (2, Doc::Tasks)] {
        assert_eq!(after.doc(doc), DocState::Stale { rev: digest(n) });
    }
    assert_eq!(take(&Event::DraftAsked(Doc::Tasks)), Err(Refused::UpstreamNotApproved), "not over a stale design");
    assert_eq!(take(&task), Err(Refused::UpstreamNotApproved));
}

#[test]
fn a_failed_draft_gives_back_the_revision_before() {
    let mut flow = Workflow::new(Order::RequirementsFirst, Autonomy::Strict);
    let first = digest(1);
    for event in [
        Event::DraftAsked(Doc::Requirements),
        Event::DraftDone { doc: Doc::Requirements, rev: first },
        Event::Judged {
            doc: Doc::Requirements,
            rev: first,
            by: By::Developer,
            answer: Answer::Reject { feedback: true },
        },
        Event::DraftFailed(Doc::Requirements),
    ] {
        flow = step(&flow, &event).unwrap().0;
    }
    assert_eq!(flow.doc(Doc::Requirements), DocState::Review { rev: first });
}

#[test]
fn a_spec_found_without_records_waits_from_the_top() {
    let mut flow = Workflow::new(Order::RequirementsFirst, Autonomy::Strict);
    for doc in Doc::ALL {
        flow = step(&flow, &Event::Found { doc, rev: digest(1), recorded: false }).unwrap().0;
    }
    assert_eq!(flow.waiting().map(|w| w.subject), Some(Subject::Requirements));
    assert_eq!(flow.doc(Doc::Tasks), DocState::Stale { rev: digest(1) });
    // A record on a document does not count while the one above has none.
    flow = step(&flow, &Event::Found { doc: Doc::Design, rev: digest(1), recorded: true }).unwrap().0;
    assert_eq!(flow.doc(Doc::Design), DocState::Stale { rev: digest(1) });
}
