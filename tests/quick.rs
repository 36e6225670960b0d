//! Quick specs: three drafts in a row, then three judgements in order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use kiro_tui::domain::{
    digest::Digest,
    gate::Subject,
    journal::Start,
    phase::{Doc, DocState, Merge, Order},
    wire::Command,
};
use support::{
    job::{Job, Opening, Scripted, World, reject, start},
    small,
};

fn quick() -> Start {
    Start { order: Order::Quick, ..start(small::SPEC, "Greet people.") }
}

fn job(world: &World) -> (Job, std::sync::Arc<Scripted>) {
    let model = Scripted::new(small::honest);
    let opening = Opening { tests: Some(small::TESTS.into()), ..Opening::of(model.clone()) };
    (world.start(opening), model)
}

#[tokio::test]
async fn three_drafts_come_without_waiting_and_each_is_judged_by_itself() {
    let world = small::world();
    let (mut job, model) = job(&world);
    job.act(Command::New(quick())).await;
    assert_eq!(job.waits(), Some(Subject::Requirements), "{}", job.story());
    for doc in Doc::ALL {
        assert!(matches!(job.state().flow.doc(doc), DocState::Review { .. }), "{doc:?}\n{}", job.story());
    }
    let told: Vec<String> = {
        let requests = model.requests.lock().unwrap();
        requests.iter().map(|r| format!("{}: {:?}", r.scene.name, r.messages.first())).collect()
    };
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told.iter().all(|t| t.contains("This spec is quick")), "{told:#?}");
    assert!(told[1].contains("Drafted requirements, not judged yet") && !told[1].contains("Approved requirements"));
    assert!(told[2].contains("Drafted design, not judged yet"), "{}", told[2]);
    assert!(!world.root().join(".kiro").exists(), "a draft is nobody's decision");
    let log = || world.git(&["log", "--format=%s", "kiro/greeting"]);

    job.act(Command::Continue).await;
    assert_eq!((job.waits(), job.state().task()), (Some(Subject::Requirements), None), "there is no way past a gate");
    let mut asked = vec![job.waits().unwrap()];
    for _ in 0..2 {
        job.yes().await;
        asked.push(job.waits().unwrap());
    }
    assert_eq!(asked, [Subject::Requirements, Subject::Design, Subject::Tasks]);
    assert_eq!(model.requests.lock().unwrap().len(), 3, "nothing was drafted twice");
    assert!(log().contains("approve design r1") && !log().contains("approve tasks"), "{}", log());
    job.until_subject(Subject::Merge).await;
    job.yes().await;
    assert!(matches!(job.state().flow.merge, Merge::Merged { .. }), "{}", job.story());
}

#[tokio::test]
async fn a_change_above_makes_what_is_below_stale_and_asks_again() {
    let world = small::world();
    let (mut job, model) = job(&world);
    job.act(Command::New(quick())).await;
    job.act(reject(job.state(), "Say it politely.")).await;
    assert_eq!(job.waits(), Some(Subject::Requirements), "{}", job.story());
    let stale = |job: &Job, doc| matches!(job.state().flow.doc(doc), DocState::Stale { .. });
    assert!(stale(&job, Doc::Design) && stale(&job, Doc::Tasks), "{}", job.story());
    assert_eq!(job.state().revisions(Doc::Requirements).len(), 2);
    assert_eq!(model.requests.lock().unwrap().len(), 4, "what is below is not drafted again unasked");
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Design));
    let text = format!("{}\nMore.\n", small::DESIGN);
    let over = Digest::of(small::DESIGN);
    job.act(Command::Edit { doc: Doc::Design, over, text }).await;
    assert_eq!(job.waits(), Some(Subject::Design));
    job.yes().await;
    assert_eq!(job.waits(), Some(Subject::Tasks));
    assert!(stale(&job, Doc::Tasks), "{}", job.story());
    job.yes().await;
    assert!(job.state().flow.documents_approved());
}

#[tokio::test]
async fn a_quick_spec_opened_again_waits_where_it_stood() {
    let world = small::world();
    let (mut first, _) = job(&world);
    first.act(Command::New(quick())).await;
    first.yes().await;
    first.quit().await;
    let (mut again, model) = job(&world);
    again.act(Command::Open(quick().name)).await;
    assert_eq!(again.waits(), Some(Subject::Design), "{}", again.story());
    again.yes().await;
    assert_eq!((again.waits(), model.requests.lock().unwrap().len()), (Some(Subject::Tasks), 0));
}
