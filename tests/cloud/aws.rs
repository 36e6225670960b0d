//! What only the adapter to AWS can get wrong: when it speaks, to whom, how often, and what it says
//! of what went wrong. Against a server of canned answers on loopback.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use kiro_tui::{
    adapters::cloud::AwsCloud,
    domain::cloud::{Place, failure::FoundBy},
    ports::cloud::{Cloud, CloudError, CloudErrorKind},
};

use crate::emulator::{KEYS, again};

/// Answers requests one after the other, the last answer again and again; keeps the requests.
struct Canned {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    fn new(answers: &'static [(u16, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        thread::spawn(move || {
            for (n, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                let mut byte = [0; 4096];
                loop {
                    let read = stream.read(&mut byte).unwrap_or(0);
                    request.extend_from_slice(&byte[..read]);
                    let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        if read == 0 { break } else { continue }
                    };
                    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
                    if body.len() >= length.unwrap_or(0) || read == 0 {
                        break;
                    }
                }
                kept.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let (status, body) = answers[n.min(answers.len() - 1)];
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                stream.write_all(answer.as_bytes()).ok();
            }
        });
        Self { url, seen }
    }

    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

const WHO: (u16, &str) = (
    200,
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
     <Arn>arn:aws:sts::123456789012:assumed-role/Admin/ada</Arn><UserId>A</UserId><Account>123456789012</Account>\
     </GetCallerIdentityResult></GetCallerIdentityResponse>",
);
const THROTTLED: (u16, &str) = (
    400,
    "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>",
);
const EXPIRED: (u16, &str) = (
    403,
    "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the \
     request is expired</Message></Error></ErrorResponse>",
);
const DENIED: (u16, &str) = (
    403,
    "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: ada is not authorized to perform: \
     cloudformation:DescribeStacks</Message></Error></ErrorResponse>",
);

fn of(canned: &Canned) -> AwsCloud {
    AwsCloud::new(Place::default(), Some(canned.url.clone()))
}

fn is(error: &CloudError, kind: CloudErrorKind, remedy: &str) {
    assert_eq!(error.kind, kind, "{error:?}");
    assert!(error.remedy.contains(remedy), "{error:?}");
    assert!(!error.message.contains("test-secret") && !error.message.contains('\n'), "{error:?}");
}

/// Needs credentials in the environment; run by [`the_adapter_tells_what_is_wrong`].
#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_throttling_is_waited_out_and_the_rest_is_told_at_once() {
    let canned = Canned::new(&[THROTTLED, THROTTLED, WHO]);
    let cloud = of(&canned);
    assert_eq!(canned.count(), 0, "nothing is asked before it is needed");
    let account = run(cloud.identity()).unwrap();
    assert_eq!(account.arn, "arn:aws:sts::123456789012:assumed-role/Admin", "without the session");
    assert_eq!((account.who(), canned.count()), ("Admin", 3));
    run(cloud.identity()).unwrap();
    assert_eq!(canned.count(), 3, "remembered");

    let canned = Canned::new(&[THROTTLED]);
    is(&run(of(&canned).identity()).unwrap_err(), CloudErrorKind::Throttled, "again");
    assert_eq!(canned.count(), 4, "bounded");

    for (answer, kind, remedy) in
        [(&[EXPIRED], CloudErrorKind::Expired, "sso login"), (&[DENIED], CloudErrorKind::Denied, "DescribeStacks")]
    {
        let canned = Canned::new(answer);
        is(&run(of(&canned).stack("x")).unwrap_err(), kind, remedy);
        assert_eq!(canned.count(), 1, "trying again would not help");
    }
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_a_network_that_is_gone_is_told() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cloud = AwsCloud::new(Place::default(), Some(format!("http://{gone}")));
    let named = format!("look whether http://{gone} ");
    is(&run(cloud.stack("x")).unwrap_err(), CloudErrorKind::Network, &named);
    let logs = run(cloud.analyze("{}")).unwrap_err();
    is(&logs, CloudErrorKind::Network, &named);
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_calls_signed_by_hand_carry_a_signature() {
    let canned = Canned::new(&[(
        200,
        "{\"findings\":[{\"findingType\":\"SECURITY_WARNING\",\"issueCode\":\"X\",\"findingDetails\":\"d\",\"learnMoreLink\":\"l\"}]}",
    )]);
    let found = run(of(&canned).analyze("{\"Statement\":[]}")).unwrap().unwrap();
    assert_eq!((found[0].kind.as_str(), found[0].code.as_str()), ("SECURITY_WARNING", "X"));
    let request = canned.seen.lock().unwrap()[0].to_ascii_lowercase();
    assert!(request.starts_with("post /policy/validation?maxresults=100 "), "{request}");
    assert!(request.contains("/us-east-1/access-analyzer/aws4_request"), "{request}");
    assert!(request.contains("x-amz-date: "), "{request}");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_two_policies_are_compared_and_a_no_is_told() {
    const FAIL: (u16, &str) = (
        200,
        "{\"result\":\"FAIL\",\"message\":\"The modified permissions grant new access\",\"reasons\":[\
         {\"description\":\"New access in the statement with index: 0.\",\"statementIndex\":0}]}",
    );
    let canned = Canned::new(&[FAIL, (200, "{\"result\":\"PASS\",\"message\":\"\"}"), DENIED_JSON, UNKNOWN]);
    let cloud = of(&canned);
    let compare = || run(cloud.gains("{\"Statement\":[]}", "{\"Statement\":[{\"Effect\":\"Allow\"}]}"));
    assert_eq!(compare().unwrap().unwrap(), ["New access in the statement with index: 0."]);
    assert_eq!(compare().unwrap(), Some(Vec::new()));
    is(&compare().unwrap_err(), CloudErrorKind::Denied, "CheckNoNewAccess");
    assert_eq!(compare().unwrap(), None, "there is none here");
    let request = canned.seen.lock().unwrap()[0].clone();
    assert!(request.starts_with("POST /policy/check-no-new-access "), "{request}");
    let sent: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(
        (&sent["policyType"], &sent["existingPolicyDocument"]),
        (&"IDENTITY_POLICY".into(), &"{\"Statement\":[]}".into())
    );
}

const DENIED_JSON: (u16, &str) = (
    403,
    "{\"__type\":\"AccessDeniedException\",\"message\":\"User: ada is not authorized to perform: \
     access-analyzer:CheckNoNewAccess\"}",
);
const UNKNOWN: (u16, &str) = (400, "{\"__type\":\"UnknownOperationException\",\"message\":\"\"}");

const PAGE_1: (u16, &str) = (
    200,
    "<DescribeChangeSetResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeChangeSetResult>\
     <ChangeSetName>n</ChangeSetName><ChangeSetId>arn:aws:cloudformation:us-east-1:1:changeSet/n/1</ChangeSetId>\
     <StackId>arn:aws:cloudformation:us-east-1:1:stack/s/1</StackId><StackName>s</StackName>\
     <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Parameters><member>\
     <ParameterKey>Password</ParameterKey><ParameterValue>hunter2</ParameterValue></member></Parameters><Changes>\
     <member><Type>Resource</Type><ResourceChange><Action>Add</Action><LogicalResourceId>Z</LogicalResourceId>\
     <ResourceType>AWS::SQS::Queue</ResourceType></ResourceChange></member></Changes><NextToken>more</NextToken>\
     </DescribeChangeSetResult></DescribeChangeSetResponse>",
);
const PAGE_2: (u16, &str) = (
    200,
    "<DescribeChangeSetResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeChangeSetResult>\
     <ChangeSetName>n</ChangeSetName><Changes><member><Type>Resource</Type><ResourceChange><Action>Add</Action>\
     <LogicalResourceId>A</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType></ResourceChange></member>\
     </Changes></DescribeChangeSetResult></DescribeChangeSetResponse>",
);
const STACKS: (u16, &str) = (
    200,
    "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks>\
     <member><StackName>s</StackName><StackStatus>REVIEW_IN_PROGRESS</StackStatus>\
     <CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
);
const TEMPLATE: (u16, &str) = (
    200,
    "<GetTemplateResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><GetTemplateResult>\
     <TemplateBody>{\"Parameters\":{\"Password\":{\"Type\":\"String\",\"NoEcho\":true}},\"Resources\":{}}</TemplateBody>\
     </GetTemplateResult></GetTemplateResponse>",
);

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_a_change_set_is_read_to_its_last_page_and_without_secrets() {
    let canned = Canned::new(&[PAGE_1, PAGE_2, WHO, STACKS, TEMPLATE]);
    let set = run(of(&canned).change_set("s", "n")).unwrap().unwrap();
    let ids: Vec<_> = set.changes.iter().map(|c| c.id.as_str()).collect();
    assert_eq!((ids, set.creates), (vec!["A", "Z"], true), "every page, in an order of its own");
    assert!(canned.seen.lock().unwrap()[1].contains("NextToken=more"));
    assert_eq!(set.parameters, [("Password".to_owned(), "****".to_owned())], "AWS hides it, and not every imitation");
}

const PARENT: (u16, &str) = (
    200,
    "<DescribeChangeSetResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeChangeSetResult>\
     <ChangeSetName>n</ChangeSetName><ChangeSetId>arn:aws:cloudformation:us-east-1:1:changeSet/n/1</ChangeSetId>\
     <StackId>arn:aws:cloudformation:us-east-1:1:stack/s/1</StackId><StackName>s</StackName>\
     <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>\
     <member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>Net</LogicalResourceId>\
     <PhysicalResourceId>arn:aws:cloudformation:us-east-1:1:stack/s-Net-X/1</PhysicalResourceId>\
     <ResourceType>AWS::CloudFormation::Stack</ResourceType>\
     <ChangeSetId>arn:aws:cloudformation:us-east-1:1:changeSet/n-Net/2</ChangeSetId></ResourceChange></member>\
     </Changes></DescribeChangeSetResult></DescribeChangeSetResponse>",
);
const CHILD: (u16, &str) = (
    200,
    "<DescribeChangeSetResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeChangeSetResult>\
     <ChangeSetName>n-Net</ChangeSetName><ChangeSetId>arn:aws:cloudformation:us-east-1:1:changeSet/n-Net/2</ChangeSetId>\
     <StackId>arn:aws:cloudformation:us-east-1:1:stack/s-Net-X/1</StackId><StackName>s-Net-X</StackName>\
     <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>\
     <member><Type>Resource</Type><ResourceChange><Action>Remove</Action><LogicalResourceId>Table</LogicalResourceId>\
     <ResourceType>AWS::DynamoDB::Table</ResourceType></ResourceChange></member>\
     </Changes></DescribeChangeSetResult></DescribeChangeSetResponse>",
);
const CHILD_1: (u16, &str) = (
    200,
    "<DescribeChangeSetResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeChangeSetResult>\
     <ChangeSetName>n-Net</ChangeSetName><ChangeSetId>arn:aws:cloudformation:us-east-1:1:changeSet/n-Net/2</ChangeSetId>\
     <StackId>arn:aws:cloudformation:us-east-1:1:stack/s-Net-X/1</StackId><StackName>s-Net-X</StackName>\
     <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><Changes>\
     <member><Type>Resource</Type><ResourceChange><Action>Add</Action><LogicalResourceId>Queue</LogicalResourceId>\
     <ResourceType>AWS::SQS::Queue</ResourceType></ResourceChange></member></Changes>\
     <NextToken>inside</NextToken></DescribeChangeSetResult></DescribeChangeSetResponse>",
);
const GONE: (u16, &str) = (
    404,
    "<ErrorResponse><Error><Type>Sender</Type><Code>ChangeSetNotFound</Code><Message>ChangeSet [n-Net] does not \
     exist</Message></Error></ErrorResponse>",
);
const ENDLESS: (u16, &str) = PAGE_1;

const FOUND_1: (u16, &str) = (
    200,
    "<DescribeEventsResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeEventsResult>\
     <OperationEvents><member><EventId>2</EventId><OperationId>op</OperationId><EventType>HOOK_INVOCATION_ERROR</EventType>\
     <LogicalResourceId>Bucket</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
     <Timestamp>2026-01-01T00:00:05Z</Timestamp><HookType>Acme::Crypt::Hook</HookType>\
     <HookStatus>HOOK_COMPLETE_FAILED</HookStatus><HookStatusReason>encrypt it</HookStatusReason>\
     <HookFailureMode>WARN</HookFailureMode></member><member><EventId>3</EventId><OperationId>other</OperationId>\
     <EventType>PROVISIONING_ERROR</EventType><LogicalResourceId>Old</LogicalResourceId>\
     <Timestamp>2025-12-31T00:00:00Z</Timestamp><ResourceStatusReason>of before</ResourceStatusReason></member>\
     </OperationEvents><NextToken>more</NextToken></DescribeEventsResult></DescribeEventsResponse>",
);
const FOUND_2: (u16, &str) = (
    200,
    "<DescribeEventsResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeEventsResult>\
     <OperationEvents><member><EventId>1</EventId><OperationId>op</OperationId><EventType>VALIDATION_ERROR</EventType>\
     <LogicalResourceId>Bucket</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
     <Timestamp>2025-12-31T23:59:59Z</Timestamp><ValidationFailureMode>FAIL</ValidationFailureMode>\
     <ValidationName>PROPERTY_VALIDATION</ValidationName><ValidationStatus>FAILED</ValidationStatus>\
     <ValidationStatusReason>no such property</ValidationStatusReason>\
     <ValidationPath>/Resources/Bucket/Properties/X</ValidationPath></member><member><EventId>4</EventId>\
     <OperationId>op</OperationId><EventType>VALIDATION_ERROR</EventType><ValidationStatus>SKIPPED</ValidationStatus>\
     <Timestamp>2026-01-01T00:00:06Z</Timestamp></member></OperationEvents></DescribeEventsResult>\
     </DescribeEventsResponse>",
);
const NO_SUCH_CALL: (u16, &str) = (
    400,
    "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>Could not find operation \
     DescribeEvents</Message></Error></ErrorResponse>",
);

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_events_of_operations_are_read_to_their_last_page_and_told_in_their_order() {
    let canned = Canned::new(&[FOUND_1, FOUND_2]);
    let since = "2026-01-01T00:00:00Z".parse().unwrap();
    let found = run(of(&canned).failures("s", None, since)).unwrap().unwrap();
    let told: Vec<_> = found.iter().map(|f| (&f.by, f.path.as_str(), f.text.as_str(), f.warns)).collect();
    let (check, hook) = (FoundBy::Validation("PROPERTY_VALIDATION".into()), FoundBy::Hook("Acme::Crypt::Hook".into()));
    // A check comes before the stack's first event, and belongs to its operation; what was before does not.
    let want = [(&check, "/Resources/Bucket/Properties/X", "no such property", false), (&hook, "", "encrypt it", true)];
    assert_eq!(told, want);
    let seen = canned.seen.lock().unwrap();
    assert!(seen[0].contains("Filters.FailedEvents=true") && seen[1].contains("NextToken=more"), "{seen:?}");

    let set = "arn:aws:cloudformation:us-east-1:1:changeSet/n/1";
    let canned = Canned::new(&[FOUND_2]);
    assert_eq!(run(of(&canned).failures("s", Some(set), since)).unwrap().unwrap().len(), 1, "whenever it was");
    assert!(canned.seen.lock().unwrap()[0].contains("changeSet%2Fn%2F1"));

    assert_eq!(run(of(&Canned::new(&[NO_SUCH_CALL])).failures("s", None, since)), Ok(None));
    let denied = run(of(&Canned::new(&[DENIED])).failures("s", None, since)).unwrap_err();
    is(&denied, CloudErrorKind::Denied, "cloudformation:DescribeEvents");
    let canned = Canned::new(&[FOUND_1]);
    run(of(&canned).failures("s", None, since)).unwrap();
    assert_eq!(canned.count(), 10, "without an end, it ends");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn with_keys_stacks_inside_are_described_whole_or_nothing_is() {
    let canned = Canned::new(&[PARENT, WHO, STACKS, TEMPLATE, CHILD, STACKS, TEMPLATE]);
    let set = run(of(&canned).change_set("s", "n")).unwrap().unwrap();
    let inside: Vec<_> = set.inside().into_iter().map(|(path, set)| (path, set.changes[0].id.as_str())).collect();
    assert_eq!(inside, [("Net".to_owned(), "Table")]);
    let asked = canned.seen.lock().unwrap()[4].clone();
    assert!(
        asked.contains("changeSet%2Fn-Net%2F2") && !asked.contains("&StackName="),
        "its ARN says where it is: {asked}"
    );

    let canned = Canned::new(&[PARENT, WHO, STACKS, TEMPLATE, GONE]);
    let error = run(of(&canned).change_set("s", "n")).unwrap_err();
    assert!(error.kind == CloudErrorKind::NotFound && error.message.contains("n-Net"), "{error:?}");

    // One inside has pages of its own.
    let canned = Canned::new(&[PARENT, WHO, STACKS, TEMPLATE, CHILD_1, CHILD, STACKS, TEMPLATE]);
    let set = run(of(&canned).change_set("s", "n")).unwrap().unwrap();
    let ids: Vec<_> = set.nested[0].changes.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["Queue", "Table"]);
    let asked = canned.seen.lock().unwrap()[5].clone();
    assert!(asked.contains("NextToken=inside") && asked.contains("changeSet%2Fn-Net%2F2"), "{asked}");

    let error = run(of(&Canned::new(&[ENDLESS])).change_set("s", "n")).unwrap_err();
    assert!(error.kind == CloudErrorKind::Invalid && error.message.contains("unseen"), "{error:?}");
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn without_keys_nothing_is_sent() {
    let canned = Canned::new(&[WHO]);
    let place = Place { profile: None, region: Some("eu-west-1".into()) };
    let cloud = AwsCloud::new(place, Some(canned.url.clone()));
    is(&run(cloud.identity()).unwrap_err(), CloudErrorKind::NoCredentials, "aws sso login");
    is(&run(cloud.analyze("{}")).unwrap_err(), CloudErrorKind::NoCredentials, "aws sso login");
    is(&run(of(&canned).identity()).unwrap_err(), CloudErrorKind::Region, "aws.region");
    cloud.switch(Place { profile: Some("nobody".into()), region: Some("eu-west-1".into()) });
    is(&run(cloud.identity()).unwrap_err(), CloudErrorKind::NoCredentials, "--profile nobody");
    cloud.switch(Place { profile: Some("sso".into()), region: Some("eu-west-1".into()) });
    let error = run(cloud.identity()).unwrap_err();
    assert!(matches!(error.kind, CloudErrorKind::NoCredentials | CloudErrorKind::Expired), "{error:?}");
    is(&error, error.kind, "aws sso login --profile sso");
    cloud.switch(Place { profile: Some("keys".into()), region: None });
    let account = run(cloud.identity()).unwrap();
    assert_eq!((account.region.as_str(), account.profile.as_deref()), ("eu-north-1", Some("keys")));
    assert_eq!(canned.count(), 1);
    let names: Vec<_> = run(cloud.profiles()).unwrap().into_iter().map(|p| p.name).collect();
    assert_eq!(names, ["keys", "sso"]);
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn chosen_by_name_a_profile_goes_before_keys_in_the_environment() {
    let canned = Canned::new(&[WHO]);
    let cloud = of(&canned);
    assert_eq!(run(cloud.identity()).unwrap().profile, None, "the environment's keys are nobody's profile");
    cloud.switch(Place { profile: Some("keys".into()), region: None });
    let account = run(cloud.identity()).unwrap();
    assert_eq!(account.profile.as_deref(), Some("keys"));
    let seen = canned.seen.lock().unwrap();
    assert!(seen[0].contains("Credential=AKIAKIROTUITEST00000/"), "{}", seen[0]);
    assert!(seen[1].contains("Credential=AKIAKIROTUITEST00001/"), "{}", seen[1]);
}

/// What `doctor` says of AWS, with these keys and that server for AWS.
fn doctor(canned: &Canned, home: &std::path::Path, network: bool) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kiro-tui"));
    for (name, _) in std::env::vars_os() {
        if ["AWS_", "KIRO_TUI_"].iter().any(|own| name.to_string_lossy().starts_with(own)) {
            command.env_remove(name);
        }
    }
    command.current_dir(home).env("HOME", home).env("AWS_ENDPOINT_URL", &canned.url).envs(KEYS).arg("doctor");
    let out = command.args(network.then_some("--network")).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn doctor_asks_who_we_are_when_it_is_told_to_and_says_how_to_sign_in() {
    let home = tempfile::tempdir().unwrap();
    let canned = Canned::new(&[WHO]);
    let said = doctor(&canned, home.path(), false);
    assert!(said.contains("keys in the environment (not tried; --network does)"), "{said}");
    assert_eq!(canned.count(), 0, "nobody is asked without --network");
    let said = doctor(&canned, home.path(), true);
    assert!(said.contains("account 123456789012, us-east-1, as Admin"), "{said}");
    assert_eq!(canned.count(), 1);
    let said = doctor(&Canned::new(&[EXPIRED]), home.path(), true);
    assert!(said.contains("warn  aws identity") && said.contains("aws sso login"), "{said}");
}

#[test]
fn the_adapter_tells_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    again("aws::with_keys", home.path(), &KEYS);
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let config = "[profile sso]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = Admin\n\
                  [sso-session work]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n\
                  [profile keys]\nregion = eu-north-1\naws_access_key_id = AKIAKIROTUITEST00001\n\
                  aws_secret_access_key = test-secret\n";
    std::fs::write(home.path().join(".aws/config"), config).unwrap();
    again("aws::without_keys", home.path(), &[]);
    again("aws::chosen", home.path(), &KEYS);
}
