//! Any keys at any size: nothing panics, and a yes names what is drawn and waits.

use proptest::prelude::*;

use super::*;

fn worlds() -> Vec<World> {
    let merge = |held: &[&str]| {
        let mut world = World::of(Story::merging(held));
        world.plan = Some(plan());
        world
    };
    let asked = Entry::Asked { call: "q".into(), question: "Which?".into(), options: vec!["a".into(), "b".into()] };
    let standing = Story::new(Autonomy::Batch)
        .approved(Doc::Requirements, REQUIREMENTS)
        .approved(Doc::Design, DESIGN_2)
        .then(Entry::StandingShown(standing()));
    vec![
        World::of(Story::default()),
        World::of(Story::new(Autonomy::Strict)),
        World::of(Story::design()),
        World::of(Story::design().decided(Subject::Design, Digest::of(DESIGN_2), Verdict::Approve)),
        World::of(
            Story::new(Autonomy::Strict)
                .drafting(Doc::Requirements)
                .streaming("submit_document", "{\"markdown\":\"# A\\n\\nb"),
        ),
        World::of(Story::planned(Autonomy::Strict)),
        World::of(Story::working().proposed(Proposal::Change(change()), &["x"])),
        World::of(Story::working().proposed(Proposal::Change(file("a", Some("x"), None)), &[])),
        World::of(Story::working().proposed(Proposal::Command(command()), &[])),
        World::of(Story::working().proposed(Proposal::Task(Box::new(claim())), &[])),
        World::of(Story::working().then(asked)),
        World::of(Story::working().streaming("write_file", "{\"path\":\"a\",\"content\":\"b\\nc")),
        World::of(standing),
        merge(&[]),
        merge(&["tests did not pass"]),
    ]
}

/// A decision that any panel sends is about what waits in this state, or about a part of the change
/// that does and that was amended just before.
fn judge(world: &World, intents: &[Intent]) {
    let mut amended = None;
    for intent in intents {
        match intent {
            Intent::Send(Command::Amend { from, proposal }) => {
                let waits = world.state.flow.waiting().expect("something waits");
                assert_eq!(*from, waits.digest);
                amended = Some(proposal.digest());
            }
            Intent::Send(Command::Decide { subject, digest, .. }) => match world.state.flow.waiting() {
                Some(waits) => {
                    assert_eq!(*subject, waits.subject);
                    assert_eq!(*digest, amended.unwrap_or(waits.digest));
                }
                None => {
                    assert_eq!(*subject, Subject::Standing);
                    assert_eq!(*digest, world.state.standing_shown.as_ref().unwrap().digest());
                }
            },
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn nothing_panics_and_only_what_waits_is_approved(
        steps in prop::collection::vec((0..15_usize, 0..Action::ALL.len(), 0..140_u16, 0..50_u16, 0..4_u8), 1..40),
    ) {
        let worlds = worlds();
        let mut panels: [Box<dyn Panel>; 4] = [
            Box::<SpecPanel>::default(),
            Box::<DocumentPanel>::default(),
            Box::new(DiffPanel::plain()),
            Box::new(activity()),
        ];
        for (world, action, width, height, times) in steps {
            let world = &worlds[world % worlds.len()];
            for panel in &mut panels {
                // The first act meets a panel that drew another state, or nothing.
                judge(world, &panel.act(Action::Approve, &world.ctx()));
                let buf = world.draw(panel.as_mut(), width, height);
                for _ in 0..=times {
                    judge(world, &panel.act(Action::ALL[action], &world.ctx()));
                }
                let intents = panel.act(Action::Approve, &world.ctx());
                judge(world, &intents);
                let unseen = width < 18 || height < 3;
                let sends = intents.iter().any(|i| matches!(i, Intent::Send(_)));
                prop_assert!(!(unseen && sends), "approved at {}x{}", width, height);
                prop_assert_eq!(buf.area, Rect::new(0, 0, width, height));
            }
        }
    }
}
