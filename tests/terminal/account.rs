//! When AWS is looked at, and as whom: not before a spec that has it opens, and then by keys.

use std::{
    io::{Read, Write},
    mem::MaybeUninit,
    net::TcpListener,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};

use crate::terminal::{Launch, Place};

/// Files of AWS in the program's home, and whether they are opened.
struct Watched(OwnedFd);

impl Watched {
    fn new(place: &Place) -> Self {
        let aws = place.path("home").join(".aws");
        std::fs::create_dir(&aws).unwrap();
        let config = "[default]\nregion = eu-west-1\n[profile dev]\nregion = eu-north-1\naws_access_key_id = AKIADEV\n\
                      aws_secret_access_key = s\n";
        let credentials = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n";
        let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        for (name, text) in [("config", config), ("credentials", credentials)] {
            std::fs::write(aws.join(name), text).unwrap();
            inotify::add_watch(&watch, aws.join(name), WatchFlags::OPEN | WatchFlags::ACCESS).unwrap();
        }
        Self(watch)
    }

    fn was_opened(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        Reader::new(&self.0, &mut buffer).next().is_ok()
    }
}

/// A server for AWS that says who asks, by the key that the request is signed with; and how often it
/// was asked.
fn aws() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let asked = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            asked.fetch_add(1, Ordering::SeqCst);
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !String::from_utf8_lossy(&request).contains("GetCallerIdentity") {
                match stream.read(&mut piece) {
                    Ok(read) if read > 0 => request.extend_from_slice(&piece[..read]),
                    _ => break,
                }
            }
            let dev = String::from_utf8_lossy(&request).contains("AKIADEV");
            let id = if dev { "222222222222" } else { "111111111111" };
            let body = format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::{id}:user/ada</Arn><UserId>A</UserId><Account>{id}</Account>\
                 </GetCallerIdentityResult></GetCallerIdentityResponse>"
            );
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length";
            write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).ok();
        }
    });
    (url, count)
}

const REQUIREMENTS: &str = "# Requirements Document\n\n## Introduction\n\nThumbnails.\n\n## Requirements\n\n### \
    Requirement 1: Thumbnails\n\n**User Story:** As a reader, I want thumbnails, so that pages load fast.\n\n#### \
    Acceptance Criteria\n\n1. WHEN an image arrives, THE Resizer SHALL make a thumbnail.\n";

#[test]
fn nothing_of_aws_is_looked_at_before_a_spec_that_has_it_opens() {
    let place = Place::new();
    let (watched, (url, count)) = (Watched::new(&place), aws());
    let root = place.repository("project", &[(".kiro/specs/thumbnails/requirements.md", REQUIREMENTS)]);
    let launch = |aws: &str| {
        let launch = Launch::new(&place, &["--dir", root.to_str().unwrap()]).variable("AWS_ENDPOINT_URL", &url);
        launch.variable("AWS_EC2_METADATA_DISABLED", "true").variable("KIRO_TUI_SPEC_AWS", aws).start()
    };
    // Off: never.
    let mut without = launch("false");
    without.shows("thumbnails");
    without.press("enter");
    without.waits("approve requirements");
    without.press("@");
    without.shows("AWS is no part of this spec");
    without.press("ctrl-q");
    without.ended();
    assert_eq!((watched.was_opened(), count.load(Ordering::SeqCst)), (false, 0));
    std::fs::remove_dir_all(root.join(".git/kiro-tui")).unwrap();

    // On: not at the start, and when the spec opens.
    let mut terminal = launch("true");
    terminal.shows("thumbnails");
    assert_eq!((watched.was_opened(), count.load(Ordering::SeqCst)), (false, 0));
    terminal.press("enter");
    terminal.until("who we are", |p| p.top().contains("111111111111 eu-west-1"));
    assert!(watched.was_opened() && count.load(Ordering::SeqCst) > 0);

    // By keys somebody else.
    terminal.press("@");
    terminal.until("the profiles", |p| p.has("Profiles") && p.has("dev"));
    terminal.type_text("/dev\nj\n");
    terminal.until("who we are then", |p| p.top().contains("222222222222 eu-north-1"));
    terminal.press("4");
    terminal.shows("you chose for AWS: profile dev, eu-north-1");
    terminal.crash();
    // Opened again it is who it was.
    let mut terminal = launch("true");
    terminal.shows("thumbnails");
    terminal.press("enter");
    terminal.until("who we were", |p| p.top().contains("222222222222 eu-north-1"));
}
