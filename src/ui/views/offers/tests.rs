use crate::{
    domain::{
        cloud::{
            Drift,
            desk::{Known, Step, Unmade},
            progress::{Reason, StackEnd},
            sight::{Seen, Trouble},
        },
        gate::{Reviewable as _, Subject},
        journal::{Entry, Start},
        phase::{Run, TaskId},
        session::State,
        wire::Event,
    },
    ui::{
        keys::Action,
        model::{
            Model,
            listing::{Kind, Listing},
            overlay::Overlay,
        },
        panels::tests::cloud::deploy,
        testing::*,
        update::perform,
    },
};

/// A spec with AWS whose tasks are all done.
fn done(columns: u16) -> Model {
    let mut model = model(columns, 24);
    let mut state = State::default();
    for entry in std::iter::once(Entry::Started(Start { aws: true, ..start() })).chain(ready()) {
        let record = crate::domain::journal::Record { seq: state.seq + 1, at: jiff::Timestamp::UNIX_EPOCH, entry };
        state.apply(&record).unwrap();
    }
    state.flow.done.extend(["1", "2", "3"].map(|id| TaskId(id.into())));
    tell(&mut model, Event::Opened(Box::new(state)));
    tell(&mut model, Event::Waiting);
    let account = Some(deploy().account().clone());
    tell(&mut model, Event::Seen(Box::new(Seen::Identity { account, trouble: None })));
    model
}

fn begun(model: &mut Model) {
    let digest = deploy().digest();
    let step = Step::Action(Box::new(deploy()));
    let (why, notes, base) = (String::new(), Vec::new(), None);
    record(model, Entry::CloudProposed { step, why, notes, base, known: Known::default() });
    record(model, approved(Subject::Cloud, digest));
    record(model, Entry::CloudBegun { digest, after: None });
    record(model, Entry::CloudRunning { digest });
}

fn ended(model: &mut Model, status: &str, succeeded: bool) {
    let reason = Reason { resource: "Uploads".into(), kind: "AWS::S3::Bucket".into(), text: "taken".into() };
    let end = StackEnd { status: status.into(), succeeded, reasons: vec![reason], ..StackEnd::default() };
    record(model, Entry::CloudEnded { digest: deploy().digest(), end });
    tell(model, Event::Waiting);
}

fn last(model: &mut Model) -> String {
    draw(model);
    row(&draw(model), model.size.1 - 1)
}

#[test]
fn the_last_line_names_what_can_be_done_about_a_deploy_first() {
    let mut model = done(120);
    assert_eq!(
        last(&mut model),
        " plan the merge   C go on   alt-D deploy   alt-B infrastructure   alt-t other stack   ? keys"
    );
    begun(&mut model);
    assert_eq!(last(&mut model), " deploy of Thumbnails under way   alt-s stop it   ctrl-c stop following   ? keys");
    ended(&mut model, "ROLLBACK_COMPLETE", false);
    let keys = "1 let the agent mend it   2 clean up   C plan the merge";
    let line = last(&mut model);
    assert!(line.starts_with(&format!(" deploy of Thumbnails failed   {keys}")), "{line}");
    perform(&mut model, Action::PanelActivity);
    let line = last(&mut model);
    assert!(line.contains("failed   alt-m let the agent mend it   alt-c clean up"), "{line}");
    for (columns, rows) in [(60, 16), (80, 24)] {
        model.size = (columns, rows);
        let line = last(&mut model);
        assert!(line.contains("alt-m mend it   alt-c clean up"), "{line}");
    }
    // Each of the keys does what its words say.
    for key in ["<alt-m>", "<alt-c>"] {
        assert_eq!(sent(&press(&mut model, key)).len(), 1, "{key}");
    }
    // Nothing is left of an update that was put back.
    let mut model = done(120);
    begun(&mut model);
    ended(&mut model, "UPDATE_ROLLBACK_COMPLETE", false);
    assert!(!last(&mut model).contains("clean up"));
    let mut model = done(120);
    begun(&mut model);
    ended(&mut model, "UPDATE_COMPLETE", true);
    let line = last(&mut model);
    assert!(line.contains("C go on   D deploy again   alt-f functions   alt-d drift"), "{line}");
}

#[test]
fn a_change_set_that_could_not_be_made_is_told_in_the_last_line_with_what_can_be_done() {
    let unmade = |model: &mut Model| {
        let reason = Reason { resource: "Uploads".into(), kind: "AWS::S3::Bucket".into(), text: "taken".into() };
        let (account, digest) = (deploy().account().clone(), deploy().digest());
        let (stack, change_set) = ("Thumbnails".to_owned(), "kiro-1".to_owned());
        let unmade = Some(Box::new(Unmade { account, stack, change_set, reasons: vec![reason] }));
        let (why, remedy) = ("it cannot be executed".to_owned(), "mend the cause".to_owned());
        let step = Step::Action(Box::new(deploy()));
        let (said, notes, base) = (String::new(), Vec::new(), None);
        record(model, Entry::CloudProposed { step, why: said, notes, base, known: Known::default() });
        record(model, approved(Subject::Cloud, digest));
        record(model, Entry::CloudBegun { digest, after: None });
        record(model, Entry::CloudFailed { digest: Some(digest), why, remedy, empty: false, unmade });
        tell(model, Event::Waiting);
    };
    let mut model = done(120);
    unmade(&mut model);
    let begins = " no change set for Thumbnails   1 let the agent mend it   2 clean up";
    let line = last(&mut model);
    assert!(line.starts_with(begins), "{line}");
    // The deploy before that is another matter.
    let mut model = done(120);
    begun(&mut model);
    ended(&mut model, "UPDATE_COMPLETE", true);
    unmade(&mut model);
    let line = last(&mut model);
    assert!(line.starts_with(begins), "{line}");
}

#[test]
fn what_would_be_refused_while_a_task_is_open_is_not_offered() {
    let mut model = done(120);
    begun(&mut model);
    ended(&mut model, "ROLLBACK_COMPLETE", false);
    model.state.as_mut().unwrap().flow.run = Run::Halted { task: TaskId("2".into()) };
    let line = last(&mut model);
    assert_eq!(line, " take it up again   C go on   alt-f functions   ? keys");
}

#[test]
fn nobody_is_offered_to_deploy_as_nobody() {
    let mut model = done(120);
    let trouble =
        Trouble { brief: "no credentials".into(), why: "none".into(), remedy: "sign in".into(), asked: false };
    tell(&mut model, Event::Seen(Box::new(Seen::Identity { account: None, trouble: Some(trouble) })));
    let line = last(&mut model);
    assert!(line.contains("@ why AWS is not known") && !line.contains(" deploy"), "{line}");
}

#[test]
fn an_empty_list_offers_nothing_but_its_end() {
    let mut model = done(80);
    for kind in [Kind::Functions, Kind::Drift, Kind::Places, Kind::Apps] {
        model.overlays = vec![Overlay::List(Box::new(Listing::given(kind, (Vec::new(), String::new()))))];
        let line = last(&mut model);
        assert_eq!(line.trim(), "q close");
        for key in ["space", "F ", "c ", "/", "j "] {
            assert!(!line.contains(&format!("   {key}")), "{key:?}: {line}");
        }
    }
    model.overlays.clear();
    perform(&mut model, Action::ListComments);
    let line = last(&mut model);
    assert!(!line.contains("delete") && !line.contains("go there"), "{line}");
    model.overlays.clear();
    perform(&mut model, Action::ShowDrift);
    let one = Drift {
        id: "Queue".into(),
        physical: "q".into(),
        kind: "AWS::SQS::Queue".into(),
        status: "DELETED".into(),
        differences: Vec::new(),
    };
    tell(
        &mut model,
        Event::Seen(Box::new(Seen::Drift { stacks: vec![("T".into(), vec![one])], others: vec![], trouble: None })),
    );
    let line = last(&mut model);
    assert!(line.contains("F comment on the design   c on the tasks"), "{line}");
}

#[test]
fn a_command_of_the_account_is_not_offered_to_be_edited() {
    use crate::domain::{
        cloud::desk::Purpose,
        command::{CommandLine, Confinement},
    };
    let mut model = done(120);
    let line = CommandLine { text: "npx cdk synth".into(), timeout_s: 60, confinement: Confinement::Sandboxed };
    let step = Step::Local { line, purpose: Purpose::Synthesise };
    let (why, notes, base) = (String::new(), Vec::new(), None);
    record(&mut model, Entry::CloudProposed { step, why, notes, base, known: Known::default() });
    tell(&mut model, Event::Waiting);
    let line = last(&mut model);
    assert!(line.contains("a run") && line.contains("r reject") && !line.contains("e edit"), "{line}");
}
