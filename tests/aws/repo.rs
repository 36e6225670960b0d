//! A repository with a template, and the program in it.

use std::{
    io::Read as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use crate::{
    emulator::{self, Emulator},
    terminal::{Launch, Place, git, write},
};

/// The exit code of what waits for an approval.
pub const SHOWN: i32 = 7;

/// The emulator that the tests share as long as one of them runs.
pub fn emulator() -> Option<Arc<Emulator>> {
    static SHARED: Mutex<Weak<Emulator>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = shared.upgrade() {
        return Some(running);
    }
    let started = Arc::new(Emulator::found()?);
    *shared = Arc::downgrade(&started);
    Some(started)
}

/// A template that stays under way until [`Repo::signal`].
pub fn waiting(bucket: &str) -> String {
    format!(
        r#"{{"Resources":{{
  "Bucket":{{"Type":"AWS::S3::Bucket","Properties":{{"BucketName":"{bucket}"}}}},
  "Handle":{{"Type":"AWS::CloudFormation::WaitConditionHandle"}},
  "Wait":{{"Type":"AWS::CloudFormation::WaitCondition","DependsOn":"Bucket",
    "Properties":{{"Handle":{{"Ref":"Handle"}},"Timeout":"600"}}}},
  "Queue":{{"Type":"AWS::SQS::Queue","DependsOn":"Wait"}}}}}}
"#
    )
}

/// What was printed and how it ended.
pub struct Said {
    pub code: i32,
    pub text: String,
}

impl Said {
    fn of(out: Output) -> Self {
        let text = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
        Self { code: out.status.code().unwrap_or(-1), text: text.into_owned() }
    }

    #[track_caller]
    pub fn digest(&self) -> String {
        assert_eq!(self.code, SHOWN, "{}", self.text);
        let line = self.text.lines().rev().find_map(|l| l.trim().strip_prefix("--approve "));
        line.unwrap_or_else(|| panic!("no digest in\n{}", self.text)).to_owned()
    }

    pub fn has(&self, words: &[&str]) -> bool {
        self.text.lines().any(|l| words.iter().all(|w| l.contains(w)))
    }
}

pub struct Repo {
    pub place: Place,
    pub root: PathBuf,
    url: String,
}

impl Repo {
    /// A repository of this name, which is the stack's too, with the account at this URL.
    pub fn new(name: &str, url: &str, files: &[(&str, &str)]) -> Self {
        let place = Place::new();
        let root = place.repository(name, files);
        Self { place, root, url: url.to_owned() }
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiro-tui"));
        command.env_clear().envs(self.place.environment()).envs(emulator::variables(&self.url));
        command.current_dir(&self.root).args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        let child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Running::of(child)
    }

    pub fn deploy(&self, more: &[&str]) -> Said {
        self.run(&[&["aws", "deploy"], more].concat())
    }

    /// Goes to the change set that waits, and gives its digest.
    #[track_caller]
    pub fn prepared(&self, more: &[&str]) -> String {
        let first = self.deploy(more).digest();
        self.deploy(&[more, &["--approve", &first]].concat()).digest()
    }

    /// The program in a terminal.
    pub fn terminal(&self) -> Launch<'_> {
        let mut launch = Launch::new(&self.place, &["--dir", self.root.to_str().unwrap()]);
        for (name, value) in emulator::variables(&self.url) {
            launch = launch.variable(&name, &value);
        }
        launch
    }

    pub fn commit(&self, path: &str, text: &str) {
        write(&self.root, path, text);
        git(&self.root, &["add", "-A"]);
        git(&self.root, &["commit", "-q", "-m", "Another template"]);
    }
}

/// Lets what waits in a stack go on, as soon as it waits.
pub fn signal(emulator: &Emulator, stack: &str) {
    emulator.python(&format!(
        r#"
import boto3, json, time, urllib.request
cfn = boto3.client('cloudformation')
for _ in range(600):
    there = cfn.describe_stack_events(StackName={stack:?})['StackEvents']
    handle = [e['PhysicalResourceId'] for e in there if e['LogicalResourceId'] == 'Handle' and e.get('PhysicalResourceId')]
    if handle and any(e['LogicalResourceId'] == 'Wait' for e in there):
        break
    time.sleep(0.1)
body = json.dumps({{'Status': 'SUCCESS', 'UniqueId': 'a', 'Data': 'd', 'Reason': 'r'}}).encode()
urllib.request.urlopen(urllib.request.Request(handle[0], data=body, method='PUT', headers={{'Content-Type': ''}}))
"#
    ));
}

/// A program under way, and what it has printed until now. Dropping it kills it.
pub struct Running {
    child: Child,
    printed: Arc<(Mutex<(String, bool)>, Condvar)>,
}

impl Running {
    fn of(mut child: Child) -> Self {
        let mut out = child.stdout.take().unwrap();
        let printed = Arc::new((Mutex::new((String::new(), false)), Condvar::new()));
        let kept = printed.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = out.read(&mut buffer).unwrap_or(0);
                let mut printed = kept.0.lock().unwrap();
                match read {
                    0 => printed.1 = true,
                    n => printed.0.push_str(&String::from_utf8_lossy(&buffer[..n])),
                }
                kept.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self { child, printed }
    }

    #[track_caller]
    fn until(&self, wanted: impl Fn(&(String, bool)) -> bool, what: &str) -> String {
        let end = Instant::now() + Duration::from_secs(120);
        let mut printed = self.printed.0.lock().unwrap();
        while !wanted(&printed) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !printed.1, "{what} does not come:\n{}", printed.0);
            printed = self.printed.1.wait_timeout(printed, left).unwrap().0;
        }
        printed.0.clone()
    }

    /// Waits until this was printed.
    #[track_caller]
    pub fn prints(&self, words: &str) {
        self.until(|(text, _)| text.contains(words), words);
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    #[track_caller]
    pub fn ends(mut self) -> Said {
        let text = self.until(|(_, over)| *over, "its end");
        let status: ExitStatus = self.child.wait().unwrap();
        Said { code: status.code().unwrap_or(-1), text }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
