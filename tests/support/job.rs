//! One agent with a repository of its own, driven by commands.

use std::{
    path::{Path, PathBuf},
    process::Command as Process,
    sync::{Arc, Mutex},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kiro_tui::{
    adapters::{
        files::DiskFiles,
        model::{Pace, ReplayModel},
        shell::ProcessShell,
        vcs::GitRepo,
    },
    agent::{
        Options, Ports,
        host::{Defaults, Host},
    },
    app::demo,
    domain::{
        gate::{Verdict, Via},
        journal::{Record, Start},
        path::RelPath,
        phase::Autonomy,
        policy::rules::Rules,
        session::State,
        spec::Depth,
        wire::{Command, Event},
    },
    ports::{
        clock::Clock,
        context::{Context, Gathered},
        files::Files,
        journal::{JournalError, JournalStore, Loaded},
        model::Model,
    },
};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
};

struct Ticking(Mutex<i64>);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let mut at = self.0.lock().unwrap();
        *at += 1;
        Timestamp::from_second(1_800_000_000 + *at).unwrap()
    }
}

struct NoContext;

impl Context for NoContext {
    fn gather(&self, _: &Start, _: &[RelPath]) -> BoxFuture<'_, Gathered> {
        Box::pin(async { Gathered::default() })
    }
}

/// Records that outlive the agent that wrote them.
#[derive(Clone, Default)]
pub struct Kept(pub Arc<Mutex<Vec<Record>>>);

impl JournalStore for Kept {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        Ok(Loaded { records: self.0.lock().unwrap().clone(), torn: 0 })
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        self.0.lock().unwrap().push(record.clone());
        Ok(())
    }
}

pub struct Job {
    _dir: tempfile::TempDir,
    root: PathBuf,
    commands: Sender<Command>,
    events: Receiver<Event>,
    state: State,
    pub refused: Vec<String>,
    pub kept: Kept,
    host: JoinHandle<()>,
}

impl Job {
    pub fn demo() -> Self {
        Self::new(Arc::new(ReplayModel::new(demo::cassette(), Pace::Instant)), |root| {
            demo::prepare(root).unwrap();
        })
    }

    pub fn new(model: Arc<dyn Model>, seed: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repo");
        seed(&root);
        let repo = GitRepo::open_with(&root, dir.path().join("worktrees")).unwrap();
        let (tell, events) = mpsc::channel(100_000);
        let kept = Kept::default();
        let journal = kept.clone();
        let ports = Ports {
            model: Ok(model),
            vcs: Arc::new(repo),
            shell: Arc::new(ProcessShell::new(env!("CARGO_BIN_EXE_kiro-tui").into(), None)),
            clock: Arc::new(Ticking(Mutex::new(0))),
            files: Arc::new(|root| Arc::new(DiskFiles::new(root)) as Arc<dyn Files>),
            journal: Arc::new(move |_| Ok(Box::new(journal.clone()) as Box<dyn JournalStore>)),
            context: Arc::new(|_| Arc::new(NoContext)),
            summaries: Arc::new(|| Ok(Vec::new())),
            tell: Arc::new(move |event| tell.try_send(event).unwrap()),
        };
        let options =
            Options { tests: None, test_timeout_s: 120, test_attempts: 2, rules: Rules::new(), via: Via::Keyboard };
        let defaults = Defaults { depth: Depth::Standard, autonomy: Autonomy::Strict, aws: false };
        let (commands, receive) = mpsc::channel(16);
        let host = tokio::spawn(Host::new(ports, options, defaults).run(receive));
        Self { _dir: dir, root, commands, events, state: State::default(), refused: Vec::new(), kept, host }
    }

    pub async fn send(&self, command: Command) {
        self.commands.send(command).await.unwrap();
    }

    /// Folds events in until the developer is next.
    pub async fn until_waiting(&mut self) {
        loop {
            match self.events.recv().await.expect("the agent is gone") {
                Event::Waiting => return,
                Event::Opened(state) => self.state = *state,
                Event::Recorded(record) => {
                    self.state.apply(&record).unwrap();
                }
                Event::Refused(why) => self.refused.push(why),
                Event::Stopped => panic!("the agent stopped\n{}", self.story()),
                Event::Specs(_)
                | Event::Closed
                | Event::Streaming(_)
                | Event::Retrying { .. }
                | Event::Output(_)
                | Event::Plan(_)
                | Event::Worktree(_) => {}
            }
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let out = Process::new("git").current_dir(&self.root).args(arguments).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// The activity, for a failing test.
    pub fn story(&self) -> String {
        let lines: Vec<String> = self.state.activity.iter().map(|a| format!("{:?} {}", a.tone, a.text)).collect();
        format!("{}\nhalt: {:?}\nrefused: {:?}", lines.join("\n"), self.state.halt, self.refused)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.host.abort();
    }
}

fn decide(state: &State, verdict: Verdict) -> Command {
    let waiting = state.flow.waiting().expect("nothing waits");
    let (subject, digest) = (waiting.subject, waiting.digest);
    Command::Decide { subject, digest, verdict, remember: false, note: String::new() }
}

/// Yes to what waits.
pub fn approve(state: &State) -> Command {
    decide(state, Verdict::Approve)
}

/// No to what waits, with words.
pub fn reject(state: &State, words: &str) -> Command {
    decide(state, Verdict::Reject { feedback: Some(words.into()) })
}
