use jiff::tz::TimeZone;

use super::*;
use crate::{
    domain::{
        cloud::{
            Account, Drift, Profile,
            sight::{AppSeen, FunctionSeen, Trouble},
        },
        journal::{Entry, Start},
        session::State,
        wire::Event,
    },
    ui::{keys::Action, panels::ActivityPanel, testing::*, update::perform},
};

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

fn snapshot(name: &str, content: String) {
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, content);
    });
}

fn account() -> Account {
    Account {
        id: "123456789012".into(),
        arn: "arn:aws:sts::123456789012:assumed-role/Deployer/ada".into(),
        region: "eu-west-1".into(),
        profile: Some("dev".into()),
    }
}

fn expired() -> Trouble {
    Trouble {
        brief: "expired".into(),
        why: "sts:GetCallerIdentity in eu-west-1 as profile dev: the security token included in the request is expired"
            .into(),
        remedy: "sign in again with `aws sso login --profile dev`, or set new keys, then try again".into(),
        asked: true,
    }
}

fn identity(account: Option<Account>, trouble: Option<Trouble>) -> Event {
    Event::Seen(Box::new(Seen::Identity { account, trouble }))
}

/// A spec with AWS, opened.
fn with_aws(columns: u16, rows: u16) -> (Model, Vec<Request>) {
    let mut model = model(columns, rows);
    let requests = opened(&mut model);
    (model, requests)
}

fn opened(model: &mut Model) -> Vec<Request> {
    let mut state = State::default();
    let entries = [Entry::Started(Start { aws: true, ..start() })].into_iter().chain(ready());
    for entry in entries {
        let record = crate::domain::journal::Record { seq: state.seq + 1, at: jiff::Timestamp::UNIX_EPOCH, entry };
        state.apply(&record).unwrap();
    }
    let mut requests = tell(model, Event::Opened(Box::new(state)));
    model.bench.activity = ActivityPanel::in_zone(TimeZone::UTC);
    requests.extend(tell(model, Event::Waiting));
    requests
}

#[test]
fn pages_of_the_account() {
    page("account", |model| {
        opened(model);
        tell(model, identity(Some(account()), None));
        press(model, "@");
        places(model);
    });
    page("account_expired", |model| {
        opened(model);
        tell(model, identity(None, Some(expired())));
        press(model, "@");
        tell(model, identity(None, Some(expired())));
    });
    page("functions", |model| {
        opened(model);
        perform(model, Action::ShowFunctions);
        tell(model, functions());
    });
    page("drift", |model| {
        opened(model);
        perform(model, Action::ShowDrift);
        tell(model, drift());
    });
    page("apps", |model| {
        opened(model);
        press(model, "1D");
        tell(model, apps(&[("infra", &["Prod/Thumbs", "Test/Thumbs"]), ("template.yaml", &[])]));
    });
}

fn places(model: &mut Model) {
    let profiles = vec![
        Profile { name: "dev".into(), region: Some("eu-west-1".into()) },
        Profile { name: "prod\u{1b}[2J".into(), region: None },
    ];
    let place = Place { profile: Some("dev".into()), region: None };
    tell(model, Event::Seen(Box::new(Seen::Places { place, profiles, trouble: None })));
}

#[test]
fn who_we_are_is_asked_when_a_spec_with_aws_opens_and_never_else() {
    let (_, requests) = with_aws(80, 24);
    assert!(requests.contains(&look(Sight::Identity)), "{requests:?}");
    let mut without = model(80, 24);
    let requests = open(&mut without, ready());
    assert!(!requests.iter().any(|r| matches!(r, Request::Send(Command::Look(_)))), "{requests:?}");
    let requests = press(&mut without, "@");
    assert!(requests.is_empty() && without.overlays.is_empty(), "{requests:?}");
}

#[test]
fn the_header_says_who_and_where_at_every_size_or_what_is_in_the_way() {
    let quiet = Trouble { brief: "no credentials".into(), asked: false, ..expired() };
    let cases = [
        ("asked", None),
        ("known", Some(identity(Some(account()), None))),
        ("expired", Some(identity(None, Some(expired())))),
        ("nobody", Some(identity(None, Some(quiet)))),
        ("no part", Some(identity(None, None))),
    ];
    for (columns, rows) in SIZES {
        let mut out = String::new();
        for (name, event) in &cases {
            let (mut model, _) = with_aws(columns, rows);
            event.iter().for_each(|e| drop(tell(&mut model, e.clone())));
            out.push_str(&format!("--- {name}\n{}\n", row(&draw(&mut model), 0)));
        }
        let line = |name: &str| out.lines().skip_while(|l| *l != format!("--- {name}")).nth(1).unwrap();
        assert!(line("known").contains("123456789012"), "the account is whole at {columns}: {out}");
        assert!(line("expired").contains("✗ AWS: expired"), "{columns}: {out}");
        assert!(line("nobody").contains("! AWS: no credentials"), "{columns}: {out}");
        assert!(line("asked").contains("AWS …"), "{columns}: {out}");
        assert!(columns < 80 || line("known").contains("eu-west-1 Deployer"), "{columns}: {out}");
        assert!(line("known").contains("● Exe"), "the phase at hand stays: {out}");
        snapshot(&format!("account_header_{columns}x{rows}"), out);
    }
}

#[test]
fn the_header_says_how_it_stands_with_the_account_at_every_width_and_whatever_goes_on() {
    let long = Account {
        arn: account().arn.replace("Deployer", "AWSReservedSSO_AdministratorAccess_0123456789abcdef"),
        ..account()
    };
    let quiet = Trouble { brief: "no credentials".into(), asked: false, ..expired() };
    let cases = [
        ("AWS …", None),
        ("123456789012", Some(identity(Some(long), None))),
        ("✗ AWS", Some(identity(None, Some(expired())))),
        ("! AWS", Some(identity(None, Some(quiet)))),
    ];
    for columns in 60..=200 {
        for (words, event) in &cases {
            let (mut model, _) = with_aws(columns, 24);
            event.iter().for_each(|e| drop(tell(&mut model, e.clone())));
            for _ in 0..2 {
                let line = row(&draw(&mut model), 0);
                assert!(line.contains(words), "{columns}: {line}");
                // At work, which is told in the same line on a wide screen.
                record(&mut model, Entry::TaskStarted(crate::domain::phase::TaskId("2".into())));
            }
        }
    }
}

#[test]
fn the_window_says_it_whole_and_offers_profiles_and_regions_at_every_size() {
    for (columns, rows) in SIZES {
        let (mut model, _) = with_aws(columns, rows);
        tell(&mut model, identity(Some(account()), None));
        let asked = press(&mut model, "@");
        assert_eq!(sent(&asked), [Command::Look(Sight::Places)], "nobody is asked again");
        places(&mut model);
        let (mut model, _) = with_aws(columns, rows);
        tell(&mut model, identity(None, Some(expired())));
        press(&mut model, "@");
        tell(&mut model, identity(None, Some(expired())));
        let drawn = text(&draw(&mut model));
        if rows > 16 {
            let flat: String = drawn.replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains("is expired") && flat.contains("`aws sso login --profile dev`"), "{drawn}");
        }
    }
}

#[test]
fn a_profile_brings_its_region_and_a_region_keeps_the_profile() {
    let (mut model, _) = with_aws(120, 40);
    tell(&mut model, identity(Some(account()), None));
    press(&mut model, "@");
    places(&mut model);
    let chosen = press(&mut model, "/dev<enter>j<enter>");
    let place = |profile: &str, region: &str| Place { profile: Some(profile.into()), region: Some(region.into()) };
    assert_eq!(sent(&chosen), [Command::ChoosePlace(place("dev", "eu-west-1"))]);
    assert!(model.overlays.is_empty());
    press(&mut model, "@");
    let chosen = press(&mut model, "/eu-north<enter><enter>");
    assert_eq!(sent(&chosen), [Command::ChoosePlace(place("dev", "eu-north-1"))]);
    press(&mut model, "@");
    let chosen = press(&mut model, "/typed<enter><enter>eu-isoe-west-1<enter>");
    assert_eq!(sent(&chosen), [Command::ChoosePlace(place("dev", "eu-isoe-west-1"))]);
    press(&mut model, "@");
    let chosen = press(&mut model, "/typed<enter><enter>not one<enter>");
    assert!(sent(&chosen).is_empty() && model.notice.as_ref().unwrap().bad);
}

#[test]
fn another_place_forgets_who_we_were_until_it_is_known_anew() {
    let (mut model, _) = with_aws(120, 40);
    tell(&mut model, identity(Some(account()), None));
    record(&mut model, Entry::PlaceChosen(Place { profile: Some("prod".into()), region: None }));
    let header = row(&draw(&mut model), 0);
    assert!(!header.contains("123456789012") && header.contains("AWS …"), "{header}");
}

fn function(name: &str) -> crate::domain::cloud::Function {
    crate::domain::cloud::Function {
        name: name.into(),
        arn: format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}"),
        runtime: "nodejs22.x".into(),
        handler: "index.handler".into(),
        memory_mb: 1024,
        timeout_s: 30,
        code_bytes: 29_800_000,
        environment: vec!["RENDITION_BUCKET".into(), "TOPIC_ARN".into()],
        role: "arn:aws:iam::123456789012:role/Resizer".into(),
        state: "Active".into(),
        changed: "2026-11-25T10:00:00.000+0000".into(),
    }
}

fn functions() -> Event {
    let seen = |id: &str, deployed, bundle: Option<u64>| {
        let zip = bundle.map(|n| n / 3);
        FunctionSeen { stack: "Thumbnails".into(), id: id.into(), deployed, bundle, zip, image: None }
    };
    Event::Seen(Box::new(Seen::Functions {
        stacks: vec!["Thumbnails".into()],
        functions: vec![
            seen("ResizerC2DB078C", Some(function("Thumbnails-ResizerC2DB078C-\u{1b}[2JX")), Some(30_100_000)),
            seen("ReporterA0B1C2D3", None, Some(5_120)),
        ],
        others: vec!["Data".into()],
        trouble: None,
    }))
}

#[test]
fn the_functions_of_the_stack_at_every_size() {
    for (columns, rows) in SIZES {
        let (mut model, _) = with_aws(columns, rows);
        let asked = perform(&mut model, Action::ShowFunctions);
        assert_eq!(sent(&asked), [Command::Look(Sight::Functions)]);
        tell(&mut model, functions());
    }
}

#[test]
fn a_function_is_called_with_an_event_that_is_kept_for_the_next_time() {
    let (mut model, _) = with_aws(80, 24);
    perform(&mut model, Action::ShowFunctions);
    tell(&mut model, functions());
    press(&mut model, "<enter>");
    assert!(text(&draw(&mut model)).contains("with which event?"));
    let called = press(&mut model, "<backspace><backspace>[1]<ctrl-s>");
    let name = "Thumbnails-ResizerC2DB078C-\u{1b}[2JX".to_owned();
    let ask = |payload: &str| Command::Cloud(CloudAsk::Invoke { function: name.clone(), payload: payload.into() });
    assert_eq!(sent(&called), [ask("[1]")]);
    perform(&mut model, Action::ShowFunctions);
    tell(&mut model, functions());
    assert_eq!(sent(&press(&mut model, "<enter><ctrl-s>")), [ask("[1]")], "the event of before");
    perform(&mut model, Action::ShowFunctions);
    tell(&mut model, functions());
    press(&mut model, "j<enter>");
    assert!(model.notice.as_ref().is_some_and(|n| n.bad), "what is not deployed is not called");
}

fn drift() -> Event {
    let drift = |id: &str, status: &str, differences| Drift {
        id: id.into(),
        physical: format!("{id}-1"),
        kind: "AWS::SQS::Queue".into(),
        status: status.into(),
        differences,
    };
    let key = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
    let differences = vec![
        ("/VisibilityTimeout".to_owned(), "30".to_owned(), "60".to_owned(), "NOT_EQUAL".to_owned()),
        ("/Tags/0".to_owned(), String::new(), key, "ADD".to_owned()),
    ];
    let drifts = vec![
        drift("Queue", "MODIFIED", differences),
        drift("Old", "DELETED", Vec::new()),
        drift("Fine", "IN_SYNC", Vec::new()),
        drift("Odd", "NOT_CHECKED", Vec::new()),
    ];
    Event::Seen(Box::new(Seen::Drift {
        stacks: vec![("Thumbnails".into(), drifts)],
        others: vec!["Data".into()],
        trouble: None,
    }))
}

#[test]
fn drift_at_every_size_and_without_secrets() {
    for (columns, rows) in SIZES {
        let (mut model, _) = with_aws(columns, rows);
        let asked = perform(&mut model, Action::ShowDrift);
        assert_eq!(sent(&asked), [Command::Look(Sight::Drift)]);
        assert!(text(&draw(&mut model)).contains("AWS looks"));
        tell(&mut model, drift());
        let drawn = text(&draw(&mut model));
        assert!(!drawn.contains("AKIAABCD"), "{drawn}");
    }
}

#[test]
fn a_property_that_drifted_becomes_a_comment_of_the_document_that_names_it() {
    let (mut model, _) = with_aws(80, 24);
    perform(&mut model, Action::ShowDrift);
    tell(&mut model, drift());
    let comments = [press(&mut model, "F"), press(&mut model, "c"), press(&mut model, "jj<enter>")];
    let of = |requests: &Vec<Request>| match &sent(requests)[..] {
        [Command::Comment { anchor, text }] => (anchor.doc, text.clone()),
        other => panic!("{other:?}"),
    };
    let (doc, text) = of(&comments[0]);
    assert_eq!(doc, Doc::Design);
    assert!(text.contains("Queue (AWS::SQS::Queue) of stack Thumbnails") && text.contains("is `60`"), "{text}");
    assert_eq!(of(&comments[1]).0, Doc::Tasks);
    assert!(of(&comments[2]).1.contains("Old (AWS::SQS::Queue)"), "{:?}", comments[2]);
}

fn apps(all: &[(&str, &[&str])]) -> Event {
    let app = |(app, stacks): &(&str, &[&str])| AppSeen {
        app: (*app).to_owned(),
        stacks: stacks.iter().map(|s| (*s).to_owned()).collect(),
    };
    Event::Seen(Box::new(Seen::Apps(all.iter().map(app).collect())))
}

#[test]
fn of_several_apps_or_stacks_one_is_chosen_and_of_one_nobody_is_asked() {
    let target = |app: Option<&str>, stack: Option<&str>| {
        let (app, stack) = (app.map(str::to_owned), stack.map(str::to_owned));
        Command::Cloud(CloudAsk::Deploy(Target { app, stack, ..Target::default() }))
    };
    for (columns, rows) in SIZES {
        let (mut model, _) = with_aws(columns, rows);
        assert_eq!(sent(&press(&mut model, "1D")), [Command::Look(Sight::Apps)]);
        assert_eq!(sent(&tell(&mut model, apps(&[(".", &["Thumbs"])]))), [target(None, None)]);
        assert_eq!(sent(&tell(&mut model, apps(&[]))), [target(None, None)], "why not is the agent's to say");
        let several = apps(&[("infra", &["Prod/Thumbs", "Test/Thumbs"]), ("template.yaml", &[])]);
        assert!(sent(&tell(&mut model, several)).is_empty());
        assert_eq!(sent(&press(&mut model, "j<enter>")), [target(Some("infra"), Some("Test/Thumbs"))]);
        assert!(model.overlays.is_empty());
    }
    let mut without = model(80, 24);
    open(&mut without, ready());
    assert_eq!(sent(&press(&mut without, "1D")), [target(None, None)], "refused with its reason");
}

#[test]
fn what_could_not_be_seen_says_why_and_what_to_do() {
    for action in [Action::ShowFunctions, Action::ShowDrift] {
        let (mut model, _) = with_aws(80, 24);
        perform(&mut model, action);
        let (stacks, others, trouble) = (Vec::new(), Vec::new(), Some(expired()));
        let seen = match action {
            Action::ShowDrift => Seen::Drift { stacks, others, trouble },
            _ => Seen::Functions { stacks: vec!["Thumbnails".into()], functions: Vec::new(), others, trouble },
        };
        tell(&mut model, Event::Seen(Box::new(seen)));
        let drawn = text(&draw(&mut model));
        let flat: String = drawn.replace(['│', '┃'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("not known: expired") && flat.contains("`aws sso login --profile dev`"), "{drawn}");
    }
}

#[test]
fn another_stack_is_looked_at_by_enter_and_stays_the_one_that_is_looked_at() {
    let (mut model, _) = with_aws(80, 24);
    perform(&mut model, Action::ShowDrift);
    tell(&mut model, drift());
    let drawn = text(&draw(&mut model));
    assert!(drawn.contains("Thumbnails: 2 drifted") && drawn.contains("Other stacks: Enter looks at one"), "{drawn}");
    let asked = press(&mut model, "/Data<enter><enter>");
    assert_eq!(sent(&asked), [Command::Look(Sight::DriftOf("Data".into()))]);
    assert!(text(&draw(&mut model)).contains("AWS looks"), "what is of another stack is not shown for it");
    press(&mut model, "<esc><esc>");
    assert_eq!(sent(&perform(&mut model, Action::ShowFunctions)), [Command::Look(Sight::FunctionsOf("Data".into()))]);
    tell(&mut model, functions());
    let asked = press(&mut model, "/Data<enter><enter>");
    assert_eq!(sent(&asked), [Command::Look(Sight::FunctionsOf("Data".into()))]);
    // Of several none is looked at unasked.
    let (mut model, _) = with_aws(80, 24);
    perform(&mut model, Action::ShowDrift);
    let others = vec!["Data".into(), "Web".into()];
    tell(&mut model, Event::Seen(Box::new(Seen::Drift { stacks: Vec::new(), others, trouble: None })));
    let drawn = text(&draw(&mut model));
    assert!(drawn.contains("which stack?") && drawn.contains("Web"), "{drawn}");
}

#[test]
fn what_could_be_meant_is_offered_with_what_was_said_already() {
    let (mut model, _) = with_aws(80, 24);
    let said = Target { parameters: vec![("Stage".into(), "prod".into())], ..Target::default() };
    record(&mut model, Entry::CloudAsked(CloudAsk::Deploy(said.clone())));
    let (why, remedy) = ("the app has several stacks".to_owned(), "say which".to_owned());
    record(&mut model, Entry::CloudFailed { digest: None, why, remedy, empty: false, unmade: None });
    tell(&mut model, apps(&[(".", &["Data", "Web"])]));
    let asked = press(&mut model, "j<enter>");
    let wanted = Target { app: Some(".".into()), stack: Some("Web".into()), ..said };
    assert_eq!(sent(&asked), [Command::Cloud(CloudAsk::Deploy(wanted))]);
}
