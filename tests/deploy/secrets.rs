//! No value that may be a secret is in a record, a file or an event, however it was given.

use super::*;

const NO_ECHO: &str = r#"{"Parameters":{"Stage":{"Type":"String"},"Password":{"Type":"String","NoEcho":true}},
    "Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":{"Ref":"Stage"}}}}}"#;

/// Every byte of the journal.
fn bytes(job: &Job) -> String {
    let kept = job.kept.0.lock().unwrap();
    kept.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect()
}

fn with(parameters: &[(&str, &str)]) -> Command {
    let parameters = parameters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Command::Cloud(CloudAsk::Deploy(Target { parameters, ..Target::default() }))
}

#[tokio::test]
async fn a_secret_that_was_given_openly_is_refused_and_was_never_written() {
    let (world, cloud) = (World::with(&[("template.json", NO_ECHO)]), MemoryCloud::default());
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    for (given, words) in [
        (&[("Stage", "dev"), ("Password", "correct horse")][..], "Password is secret (NoEcho)"),
        (&[("Stage", "dev"), ("Pasword", "correct horse")], "no parameter Pasword"),
    ] {
        job.act(with(given)).await;
        let halt = job.state().halt.clone().unwrap();
        assert!(halt.why.contains(words), "{halt:?}");
        let written = bytes(&job);
        assert!(!written.contains("correct horse"), "{written}");
        assert_eq!(job.waits(), None);
        // Once more by the word that goes on: the values are still at hand, and still refused.
        job.act(Command::Continue).await;
        assert!(job.state().halt.as_ref().unwrap().why.contains(words), "{}", job.story());
    }
    assert_eq!(count(&cloud, "CreateChangeSet"), 0);
    // Nor what looks like one and is not declared.
    let target = |stage: &str| Target {
        parameters: vec![("Stage".into(), stage.into())],
        secrets: vec![("Password".into(), "DB_PASSWORD".into())],
        ..Target::default()
    };
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
    job.act(Command::Cloud(CloudAsk::Deploy(target(token)))).await;
    assert!(job.state().halt.as_ref().unwrap().why.contains("Stage looks like a secret"), "{}", job.story());
    assert!(!bytes(&job).contains("ghp_"));
    // What is no secret is shown, and recorded with what is approved.
    job.act(Command::Cloud(CloudAsk::Deploy(target("staging-7")))).await;
    assert!(matches!(at_gate(&job), CloudAction::Prepare(p) if p.parameters == [("Stage".into(), "staging-7".into())]));
    assert!(bytes(&job).contains("staging-7"));
}

#[tokio::test]
async fn values_that_no_record_has_are_asked_for_again_after_a_death() {
    let (world, cloud) = (World::with(&[("template.json", NO_ECHO)]), MemoryCloud::default());
    let ask = || with(&[("Stage", "staging-7")]);
    // As if the account could not be asked when the values were given.
    cloud.fail("sts:GetCallerIdentity", CloudErrorKind::Expired, 1);
    let mut job = world.start(opening(&cloud));
    job.act(Command::New(spec())).await;
    job.act(ask()).await;
    assert!(!bytes(&job).contains("staging-7"), "{}", bytes(&job));
    job.quit().await;
    let mut job = world.start(opening(&cloud));
    job.act(Command::Open(spec().name)).await;
    job.act(Command::Continue).await;
    let halt = job.state().halt.clone().unwrap();
    assert!(halt.why.contains("parameter Stage is not known any more") && !halt.remedy.is_empty(), "{halt:?}");
    job.act(ask()).await;
    assert!(job.state().halt.as_ref().unwrap().why.contains("Password (String, secret)"), "{}", job.story());
}
