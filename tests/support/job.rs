//! One agent with a repository of its own, driven by commands.

use std::{
    path::{Path, PathBuf},
    process::Command as Process,
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt, future::BoxFuture, stream::BoxStream};
use jiff::Timestamp;
use kiro_tui::{
    adapters::{
        cloud::NoCloud,
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
        cloud::sight::{Seen, Sight},
        command::{CommandLine, Outcome},
        commit::MergePlan,
        gate::{Approved, Reviewable, Subject, Verdict, Via},
        journal::{Record, Start},
        path::{RelPath, SpecName},
        phase::{Autonomy, Order},
        policy::rules::Rules,
        session::State,
        spec::{Depth, SpecKind},
        stack::StackDiff,
        turn::message::{Reply, Stop, ToolCall, Usage},
        wire::{Command, Event},
    },
    ports::{
        clock::Clock,
        cloud::Cloud,
        context::{Context, Gathered},
        files::Files,
        journal::{JournalError, JournalStore, Loaded},
        model::{Model, ModelError, ModelEvent, Request, Scene},
        shell::{OutputSink, Shell, ShellError},
    },
};
use serde_json::Value;
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

    fn keep(&mut self, _: &str) -> Result<(), JournalError> {
        Ok(())
    }

    fn kept(&mut self) -> Result<String, JournalError> {
        Ok(String::new())
    }
}

/// A journal that ends: what comes after so many records is not written, or the last of them is
/// written and the program dies before anything follows.
struct Ends {
    kept: Kept,
    after: usize,
    written: bool,
}

impl JournalStore for Ends {
    fn load(&mut self) -> Result<Loaded, JournalError> {
        self.kept.load()
    }

    fn append(&mut self, record: &Record) -> Result<(), JournalError> {
        let count = self.kept.0.lock().unwrap().len();
        if count < self.after || (self.written && count == self.after) {
            self.kept.append(record)?;
        }
        if count < self.after { Ok(()) } else { Err(JournalError("the disk is full".into())) }
    }

    fn keep(&mut self, text: &str) -> Result<(), JournalError> {
        self.kept.keep(text)
    }

    fn kept(&mut self) -> Result<String, JournalError> {
        self.kept.kept()
    }
}

/// The real shell, in which some programs are not installed.
pub struct Without {
    pub shell: ProcessShell,
    pub missing: &'static [&'static str],
}

impl Shell for Without {
    fn sandbox(&self) -> Result<(), String> {
        self.shell.sandbox()
    }

    fn loopback(&self) -> Result<(), String> {
        self.shell.loopback()
    }

    fn has(&self, program: &str) -> bool {
        !self.missing.contains(&program) && self.shell.has(program)
    }

    fn run(
        &self,
        root: PathBuf,
        command: Approved<CommandLine>,
        output: OutputSink,
    ) -> BoxFuture<'static, Result<Outcome, ShellError>> {
        self.shell.run(root, command, output)
    }
}

type Brain = Box<dyn Fn(&Request) -> Reply + Send + Sync>;

/// A model that answers as a function of the request, and keeps every request.
pub struct Scripted {
    brain: Brain,
    pub requests: Mutex<Vec<Request>>,
}

impl Scripted {
    pub fn new(brain: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { brain: Box::new(brain), requests: Mutex::default() })
    }
}

impl Model for Scripted {
    fn name(&self) -> String {
        "scripted".into()
    }

    fn stream(&self, request: Request) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let reply = (self.brain)(&request);
        self.requests.lock().unwrap().push(request);
        let events = [Ok(ModelEvent::Text(reply.text.clone())), Ok(ModelEvent::End { reply, usage: Usage::default() })];
        futures_util::stream::iter(events).boxed()
    }
}

/// A reply with these calls; their ids tell the scene, the step and the place.
pub fn calls(request: &Request, calls: &[(&str, Value)]) -> Reply {
    let Scene { name, step } = &request.scene;
    let call = |(n, (tool, arguments)): (usize, &(&str, Value))| ToolCall {
        id: format!("{name} {step} {n} {}", request.messages.len()),
        name: (*tool).to_owned(),
        arguments: arguments.clone(),
    };
    let calls = calls.iter().enumerate().map(call).collect();
    Reply { text: "So.".into(), reasoning: String::new(), calls, stop: Stop::End }
}

/// A reply of words.
pub fn words(text: &str) -> Reply {
    Reply { text: text.into(), reasoning: String::new(), calls: Vec::new(), stop: Stop::End }
}

/// A repository with its journal; agents come and go.
pub struct World {
    dir: Arc<tempfile::TempDir>,
    root: PathBuf,
    pub kept: Kept,
}

/// How an agent is started.
pub struct Opening {
    pub model: Arc<dyn Model>,
    pub shell: Arc<dyn Shell>,
    pub tests: Option<String>,
    pub rules: Rules,
    pub cloud: Arc<dyn Cloud>,
    /// The setting `aws.bucket`.
    pub bucket: Option<String>,
    /// The journal takes so many records; the next is written or not, and then it fails.
    pub ends: Option<(usize, bool)>,
}

pub fn shell() -> ProcessShell {
    ProcessShell::new(env!("CARGO_BIN_EXE_kiro-tui").into(), None)
}

impl Opening {
    pub fn of(model: Arc<dyn Model>) -> Self {
        Self {
            model,
            shell: Arc::new(shell()),
            tests: None,
            rules: Rules::new(),
            cloud: Arc::new(NoCloud),
            bucket: None,
            ends: None,
        }
    }
}

impl World {
    pub fn new(seed: impl FnOnce(&Path)) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let root = dir.path().join("repo");
        seed(&root);
        Self { dir, root, kept: Kept::default() }
    }

    /// A repository with these files in one commit on `main`.
    pub fn with(files: &[(&str, &str)]) -> Self {
        Self::new(|root| {
            std::fs::create_dir(root).unwrap();
            git(root, &["init", "-q", "-b", "main"]);
            git(root, &["config", "user.name", "Ada"]);
            git(root, &["config", "user.email", "ada@example.org"]);
            put(root, files);
            git(root, &["add", "-A"]);
            git(root, &["commit", "-q", "-m", "Start"]);
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything around the repository lies in it too.
    pub fn outside(&self) -> &Path {
        self.dir.path()
    }

    pub fn worktree(&self, spec: &str) -> PathBuf {
        self.dir.path().join("worktrees").join(spec)
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.root, arguments)
    }

    pub fn start(&self, opening: Opening) -> Job {
        let repo = GitRepo::open_with(&self.root, self.dir.path().join("worktrees")).unwrap();
        let (tell, events) = mpsc::channel(100_000);
        let kept = self.kept.clone();
        let journal = kept.clone();
        let ends = opening.ends;
        let open_journal = move |_: &_| -> Result<Box<dyn JournalStore>, JournalError> {
            let kept = journal.clone();
            Ok(match ends {
                Some((after, written)) => Box::new(Ends { kept, after, written }),
                None => Box::new(kept),
            })
        };
        let seen = kept.0.lock().unwrap().len() as i64;
        let ports = Ports {
            model: Ok(opening.model),
            vcs: Arc::new(repo),
            shell: opening.shell,
            clock: Arc::new(Ticking(Mutex::new(seen * 10))),
            cloud: opening.cloud,
            files: Arc::new(|root| Arc::new(DiskFiles::new(root)) as Arc<dyn Files>),
            journal: Arc::new(open_journal),
            context: Arc::new(|_| Arc::new(NoContext)),
            summaries: Arc::new(|| Ok(Vec::new())),
            tell: Arc::new(move |event| tell.try_send(event).unwrap()),
        };
        let options = Options {
            bucket: opening.bucket,
            tests: opening.tests,
            test_timeout_s: 120,
            test_attempts: 2,
            rules: opening.rules,
            via: Via::Keyboard,
            follow_every: std::time::Duration::from_millis(20),
        };
        let defaults = Defaults { depth: Depth::Standard, autonomy: Autonomy::Strict, aws: false };
        let (commands, receive) = mpsc::channel(16);
        let host = tokio::spawn(Host::new(ports, options, defaults).run(receive));
        Job {
            _dir: self.dir.clone(),
            root: self.root.clone(),
            commands,
            events,
            state: State::default(),
            refused: Vec::new(),
            plan: None,
            stacks: Vec::new(),
            seen: Vec::new(),
            closed: false,
            kept,
            host,
        }
    }
}

/// Git's output.
pub fn git(root: &Path, arguments: &[&str]) -> String {
    let out = Process::new("git").current_dir(root).args(arguments).output().unwrap();
    String::from_utf8_lossy(&out.stdout).into_owned()
}

pub fn put(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let at = root.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    }
}

/// The form of a new spec.
pub fn start(name: &str, need: &str) -> Start {
    Start {
        name: SpecName::parse(name).unwrap(),
        need: need.into(),
        constraints: String::new(),
        documents: Vec::new(),
        aws_references: Vec::new(),
        kind: SpecKind::Feature,
        order: Order::RequirementsFirst,
        depth: Depth::Light,
        autonomy: Autonomy::Strict,
        aws: false,
    }
}

pub struct Job {
    _dir: Arc<tempfile::TempDir>,
    root: PathBuf,
    commands: Sender<Command>,
    events: Receiver<Event>,
    state: State,
    pub refused: Vec<String>,
    pub plan: Option<MergePlan>,
    pub stacks: Vec<StackDiff>,
    /// What was seen in the account, oldest first.
    pub seen: Vec<Seen>,
    /// The spec was closed: by a command, or because it could not go on.
    pub closed: bool,
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
        World::new(seed).start(Opening::of(model))
    }

    /// Sends a command and waits until the developer is next.
    pub async fn act(&mut self, command: Command) {
        self.send(command).await;
        self.until_waiting().await;
    }

    /// Yes to what waits.
    pub async fn yes(&mut self) {
        let command = approve(&self.state);
        self.act(command).await;
    }

    /// What waits at a gate, the standing permission included.
    pub fn waits(&self) -> Option<Subject> {
        let open = self.state.flow.autonomy == Autonomy::Batch && self.state.flow.standing.is_none();
        let standing = || (self.state.standing_shown.is_some() && open).then_some(Subject::Standing);
        self.state.flow.waiting().map(|w| w.subject).or_else(standing)
    }

    /// Says yes and goes on until this waits; what was approved on the way.
    pub async fn until_subject(&mut self, wanted: Subject) -> Vec<Subject> {
        let mut on_the_way = Vec::new();
        while self.waits() != Some(wanted) {
            on_the_way.extend(self.waits());
            let command = if self.waits().is_some() { approve(&self.state) } else { Command::Continue };
            self.act(command).await;
            assert!(on_the_way.len() < 60 && !self.closed, "{on_the_way:?}\n{}", self.story());
        }
        on_the_way
    }

    /// Ends this agent; everything that it held is let go.
    pub async fn quit(mut self) {
        self.send(Command::Quit).await;
        while self.events.recv().await.is_some() {}
    }

    pub async fn send(&self, command: Command) {
        self.commands.send(command).await.unwrap();
    }

    /// Folds events in until the developer is next.
    pub async fn until_waiting(&mut self) {
        self.until(|event| matches!(event, Event::Waiting)).await;
    }

    /// Folds events in until the account carries something out.
    pub async fn until_running(&mut self) {
        use kiro_tui::domain::journal::Entry;
        self.until(|event| matches!(event, Event::Recorded(r) if matches!(r.entry, Entry::CloudRunning { .. }))).await;
    }

    /// Asks for the infrastructure review and folds events in until it has come.
    pub async fn review_stacks(&mut self) {
        self.send(Command::ReviewStacks).await;
        self.send(Command::List).await;
        self.until_listed().await;
    }

    /// Looks at something in the account and folds events in until it is seen.
    pub async fn look(&mut self, sight: Sight) -> Seen {
        self.send(Command::Look(sight)).await;
        let before = self.seen.len();
        while self.seen.len() == before {
            let event = self.events.recv().await.expect("the agent is gone");
            self.take(event);
        }
        self.seen.last().unwrap().clone()
    }

    /// Folds events in until the list of specs has come.
    pub async fn until_listed(&mut self) {
        self.until(|event| matches!(event, Event::Specs(_))).await;
    }

    async fn until(&mut self, last: impl Fn(&Event) -> bool) {
        loop {
            let event = self.events.recv().await.expect("the agent is gone");
            if last(&event) {
                if let Event::Recorded(record) = &event {
                    self.state.apply(record).unwrap();
                }
                return;
            }
            let closes = matches!(event, Event::Closed);
            self.take(event);
            if closes {
                return;
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Opened(state) => {
                self.closed = false;
                self.state = *state;
            }
            Event::Closed => self.closed = true,
            Event::Streaming(delta) => self.state.stream(&delta),
            Event::Plan(plan) => self.plan = Some(*plan),
            Event::Recorded(record) => {
                self.state.apply(&record).unwrap();
            }
            Event::Stacks(stacks) => self.stacks = stacks,
            Event::Seen(seen) => self.seen.push(*seen),
            Event::Refused(why) => self.refused.push(why),
            Event::Stopped => panic!("the agent stopped\n{}", self.story()),
            Event::Files(_)
            | Event::SteppedOut
            | Event::Waiting
            | Event::Specs(_)
            | Event::Retrying { .. }
            | Event::Output(_)
            | Event::Kept(_)
            | Event::Worktree(_) => {}
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.root, arguments)
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
    let (subject, digest) = match (state.flow.waiting(), &state.standing_shown) {
        (Some(waiting), _) => (waiting.subject, waiting.digest),
        (None, Some(standing)) => (Subject::Standing, standing.digest()),
        (None, None) => panic!("nothing waits"),
    };
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
