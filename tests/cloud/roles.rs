//! Roles of the machine and of a container, by the services that hand their credentials out, on loopback:
//! asked for where a sign says so, and used as any other credentials.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use kiro_tui::{
    adapters::cloud::AwsCloud,
    domain::cloud::Place,
    ports::cloud::{Cloud as _, CloudErrorKind},
};

use crate::emulator::again;

const URL: &str = "KIRO_TUI_TEST_SERVICES";

/// The services of a machine and of AWS in one: metadata, a container's credentials, and who we are.
struct Services {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Services {
    fn new(role: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(request) = read(&mut stream) else { continue };
                let (status, more, body) = answer(&request, role);
                kept.lock().unwrap().push(request);
                let head =
                    format!("HTTP/1.1 {status} X\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).ok();
            }
        });
        Self { url, seen }
    }

    fn asked(&self, begins: &str) -> Vec<String> {
        self.seen.lock().unwrap().iter().filter(|r| r.starts_with(begins)).cloned().collect()
    }
}

fn read(stream: &mut TcpStream) -> Option<String> {
    let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut bytes).ok().filter(|n| *n > 0)?;
        request.extend_from_slice(&bytes[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_ascii_lowercase();
        let length = lower.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            return Some(text);
        }
    }
}

fn credentials(key: &str) -> String {
    format!(
        "{{\"Code\":\"Success\",\"Type\":\"AWS-HMAC\",\"LastUpdated\":\"2026-01-01T00:00:00Z\",\
         \"AccessKeyId\":\"{key}\",\"SecretAccessKey\":\"test-secret\",\"Token\":\"session-of-{key}\",\
         \"Expiration\":\"2099-01-01T00:00:00Z\"}}"
    )
}

fn answer(request: &str, role: bool) -> (u16, &'static str, String) {
    let line = request.lines().next().unwrap_or_default();
    let lower = request.to_ascii_lowercase();
    let trusted = lower.contains("x-aws-ec2-metadata-token: a-token");
    let path = line.split(' ').nth(1).unwrap_or_default().trim_end_matches('/');
    match (line.split(' ').next().unwrap_or_default(), path) {
        ("PUT", "/latest/api/token") => (200, "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "a-token".to_owned()),
        ("GET", path) if path.starts_with("/latest/") && !trusted => (401, "", String::new()),
        ("GET", "/latest/meta-data/placement/region") => (200, "", "eu-south-2".to_owned()),
        ("GET", "/latest/meta-data/iam/security-credentials") if role => (200, "", "builder".to_owned()),
        ("GET", "/latest/meta-data/iam/security-credentials/builder") if role => {
            (200, "", credentials("ASIAKIROTUIMACHINE00"))
        }
        ("GET", "/task") if lower.contains("authorization: of-the-task") => {
            (200, "", credentials("ASIAKIROTUITASK00000"))
        }
        ("POST", "") if request.contains("Action=AssumeRole") => {
            let body = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
                        <AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId>\
                        <Arn>arn:aws:sts::123456789012:assumed-role/Deployer/s</Arn></AssumedRoleUser><Credentials>\
                        <AccessKeyId>ASIAKIROTUIDEPLOYER0</AccessKeyId><SecretAccessKey>test-secret</SecretAccessKey>\
                        <SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
                        </Credentials></AssumeRoleResult></AssumeRoleResponse>";
            (200, "Content-Type: text/xml\r\n", body.to_owned())
        }
        ("POST", "") => {
            let body = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                        <GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/Builder/i-0abc</Arn>\
                        <UserId>A</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
                        </GetCallerIdentityResponse>";
            (200, "Content-Type: text/xml\r\n", body.to_owned())
        }
        _ => (404, "", String::new()),
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Needs the environment of [`roles_of_machines_and_containers_are_found_and_used`].
#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn in_place_of_keys_a_role_is_who_we_are() {
    let cloud = AwsCloud::new(Place::default(), std::env::var(URL).ok());
    assert!(cloud.has_signs(), "the header asks");
    let account = run(cloud.identity()).unwrap();
    assert_eq!((account.who(), account.region.as_str(), account.profile.as_deref()), ("Builder", "eu-south-2", None));
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn alone_a_machine_without_a_role_says_so() {
    let cloud = AwsCloud::new(Place::default(), std::env::var(URL).ok());
    assert!(cloud.has_signs());
    let error = run(cloud.identity()).unwrap_err();
    assert_eq!(error.kind, CloudErrorKind::NoCredentials, "{error:?}");
    assert!(!error.remedy.is_empty());
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn unasked_no_metadata_is_looked_for() {
    assert!(!AwsCloud::new(Place::default(), std::env::var(URL).ok()).has_signs(), "the header asks nobody");
}

#[test]
fn roles_of_machines_and_containers_are_found_and_used() {
    let home = tempfile::tempdir().unwrap();
    let machine = Services::new(true);
    let of = |services: &Services, more: &[(&str, &str)], filter: &str| {
        again(filter, home.path(), &[&[(URL, services.url.as_str())], more].concat());
    };
    let metadata = |url: &'static str, off: &'static str| {
        [("AWS_EC2_METADATA_SERVICE_ENDPOINT", url), ("AWS_EC2_METADATA_DISABLED", off)]
    };
    let leak = |url: &str| -> &'static str { Box::leak(url.to_owned().into_boxed_str()) };
    of(&machine, &metadata(leak(&machine.url), "false"), "roles::in_place_of_keys");
    assert!(!machine.asked("PUT /latest/api/token").is_empty(), "by a token, as IMDSv2 has it");
    let signed = machine.asked("POST / ");
    assert!(signed.len() == 1 && signed[0].contains("Credential=ASIAKIROTUIMACHINE00/"), "{signed:?}");
    assert!(signed[0].to_ascii_lowercase().contains("x-amz-security-token: session-of-asiakirotuimachine00"));

    let bare = Services::new(false);
    of(&bare, &metadata(leak(&bare.url), "false"), "roles::alone");
    assert!(bare.asked("POST / ").is_empty(), "nobody is asked as nobody");

    // Switched off, it is not asked, whatever else is named.
    let off = Services::new(true);
    of(&off, &metadata(leak(&off.url), "true"), "roles::unasked");
    assert!(off.seen.lock().unwrap().is_empty());

    let task = Services::new(true);
    let uri = format!("{}/task", task.url);
    let container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-task"),
        ("AWS_REGION", "eu-south-2"),
    ];
    of(&task, &container, "roles::in_place_of_keys");
    let signed = task.asked("POST / ");
    assert!(signed.len() == 1 && signed[0].contains("Credential=ASIAKIROTUITASK00000/"), "{signed:?}");
}

/// What a developer's machine has: keys of one profile, and a role that they may take.
const CONFIG: &str = "[profile dev]\nregion = us-east-1\n\n[profile deployer]\nrole_arn = arn:aws:iam::123456789012:role/Deployer\n\
                      source_profile = dev\nregion = eu-central-1\n\n[profile broken]\nrole_arn = \
                      arn:aws:iam::123456789012:role/Deployer\nsource_profile = nosuch\nregion = eu-central-1\n";
const KEYS: &str = "[dev]\naws_access_key_id = AKIAKIROTUIDEV000000\naws_secret_access_key = test\n";

fn as_profile(name: &str) -> AwsCloud {
    AwsCloud::new(Place { profile: Some(name.into()), ..Place::default() }, None)
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn chosen_by_its_profile_a_role_is_taken() {
    let account = run(as_profile("deployer").identity()).unwrap();
    assert_eq!((account.region.as_str(), account.profile.as_deref()), ("eu-central-1", Some("deployer")));
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn misspelt_a_profile_is_said_to_be_missing() {
    let error = run(as_profile("deploier").identity()).unwrap_err();
    assert!(error.message.contains("there is no profile deploier"), "{error:?}");
    assert!(error.remedy.contains("deployer, dev"), "{error:?}");
    let broken = as_profile("broken");
    for _ in 0..2 {
        let error = run(broken.identity()).unwrap_err();
        assert!(error.message.contains("nosuch") && !error.message.contains("already"), "{error:?}");
        assert!(error.remedy.contains("profile broken names in ~/.aws/config"), "{error:?}");
    }
}

#[test]
#[ignore = "needs an environment of its own, and gets it"]
fn nowhere_it_is_said_that_there_is_no_region() {
    let error = run(AwsCloud::new(Place::default(), None).identity()).unwrap_err();
    assert_eq!(error.kind, CloudErrorKind::Region, "{error:?}");
    assert!(error.message.contains("no AWS region is set") && error.remedy.contains("AWS_REGION"), "{error:?}");
}

#[test]
fn a_region_that_is_empty_is_none() {
    let home = tempfile::tempdir().unwrap();
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAKIROTUITEST00000"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "")];
    again("roles::nowhere", home.path(), &keys);
}

#[test]
fn profiles_are_used_as_they_say() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), KEYS).unwrap();
    let services = Services::new(false);
    let url = [
        ("AWS_ENDPOINT_URL", services.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKIAOTHER"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
    ];
    again("roles::chosen_by_its_profile", home.path(), &url);
    let asked = services.asked("POST / ");
    let [assume, who] = asked.as_slice() else { panic!("{asked:#?}") };
    assert!(assume.contains("Credential=AKIAKIROTUIDEV000000/") && assume.contains("/eu-central-1/sts/"), "{assume}");
    assert!(who.contains("Credential=ASIAKIROTUIDEPLOYER0/"), "{who}");
    again("roles::misspelt", home.path(), &url);
}
