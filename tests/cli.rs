//! What the commands without a screen print, and how they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Parser;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use kiro_tui::{
    adapters::{
        journal::{self, FileJournal},
        vcs::GitRepo,
    },
    app::{
        completions, config,
        doctor::{self, Check, Level, Terminal},
        settings::{self, Environment, Places},
        status,
    },
    cli::{Cli, Global, exit},
    domain::{
        command::{CommandLine, Outcome},
        digest::Digest,
        gate::{Approved, Decision, Identity, Subject, Verdict, Via, ledger},
        journal::{Author, Entry, Record, Start},
        path::SpecName,
        phase::{Autonomy, Doc, Order},
        policy::rules::{Capability, Effect},
        spec::{Depth, SpecKind},
        wire::SpecSummary,
    },
    ports::{
        journal::JournalStore,
        shell::{OutputSink, Shell, ShellError},
        vcs::Vcs,
    },
};
use tempfile::TempDir;

/// A home, and a repository with one commit.
struct Place {
    dir: TempDir,
    env: Environment,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repo = git2::Repository::init_opts(
            dir.path().join("repo"),
            git2::RepositoryInitOptions::new().initial_head("main"),
        )
        .unwrap();
        let mut own = repo.config().unwrap();
        own.set_str("user.name", "Ada").unwrap();
        own.set_str("user.email", "ada@example.org").unwrap();
        let by = git2::Signature::now("Ada", "ada@example.org").unwrap();
        let tree = repo.find_tree(repo.index().unwrap().write_tree().unwrap()).unwrap();
        repo.commit(Some("HEAD"), &by, &by, "first", &tree, &[]).unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join(".config/kiro-tui")).unwrap();
        let places = Places { config: home.join(".config/kiro-tui"), state: home.join(".local/state/kiro-tui"), home };
        let variables = [("TERM", "xterm-256color"), ("LANG", "en_US.UTF-8"), ("ANTHROPIC_API_KEY", "sk-very-secret")];
        let variables: BTreeMap<String, String> = variables.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        Self { dir, env: Environment { variables, places } }
    }

    fn repo(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    fn set(&mut self, name: &str, value: &str) {
        self.env.variables.insert(name.to_owned(), value.to_owned());
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.repo().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn write_settings(&self, text: &str) {
        fs::write(self.env.places.config.join("config.toml"), text).unwrap();
    }

    fn journal(&self, name: &str, entries: Vec<Entry>) {
        let path = journal::path(&self.repo().join(".git/kiro-tui"), &SpecName::parse(name).unwrap());
        let mut journal = FileJournal::open(&path).unwrap();
        for (i, entry) in entries.into_iter().enumerate() {
            let at = Timestamp::from_second(2_000_000_000).unwrap();
            journal.append(&Record { seq: i as u64 + 1, at, entry }).unwrap();
        }
    }

    fn status(&self) -> Vec<SpecSummary> {
        let repo = GitRepo::open(&self.repo()).unwrap();
        status::summaries(&repo, &repo.private_dir()).unwrap()
    }

    fn doctor(&self, shell: &Here) -> Vec<Check> {
        let terminal = Terminal { attached: true, size: Some((120, 40)) };
        doctor::checks(&self.env, &self.repo(), &Global::default(), terminal, shell, false)
    }
}

fn start(name: &str) -> Start {
    Start {
        name: SpecName::parse(name).unwrap(),
        need: "resize".into(),
        constraints: String::new(),
        documents: Vec::new(),
        aws_references: Vec::new(),
        kind: SpecKind::Feature,
        order: Order::default(),
        depth: Depth::default(),
        autonomy: Autonomy::default(),
        aws: false,
    }
}

/// A machine with these programs.
struct Here {
    programs: &'static [&'static str],
    sandbox: Result<(), String>,
    loopback: Result<(), String>,
}

impl Here {
    fn new(programs: &'static [&'static str]) -> Self {
        Self { programs, sandbox: Ok(()), loopback: Ok(()) }
    }
}

impl Shell for Here {
    fn sandbox(&self) -> Result<(), String> {
        self.sandbox.clone()
    }

    fn loopback(&self) -> Result<(), String> {
        self.loopback.clone()
    }

    fn has(&self, program: &str) -> bool {
        self.programs.contains(&program)
    }

    fn run(
        &self,
        _: PathBuf,
        _: Approved<CommandLine>,
        _: OutputSink,
    ) -> BoxFuture<'static, Result<Outcome, ShellError>> {
        Box::pin(async { Err(ShellError::Start("not here".into())) })
    }
}

fn text(out: Vec<u8>) -> String {
    String::from_utf8(out).unwrap()
}

fn find<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no check {name} in {checks:#?}"))
}

#[test]
fn status_derives_a_found_spec_from_its_folder() {
    let place = Place::new();
    place.write(".kiro/specs/login/requirements.md", "# R\n");
    place.write(".kiro/specs/crash/bugfix.md", "# B\n");
    place.write(".kiro/specs/crash/design.md", "# D\n");
    place.write(".kiro/specs/thumbs/tasks.md", "# T\n\n- [x] 1. One\n- [ ] 2. Two\n");
    let specs = place.status();
    let of = |name: &str| specs.iter().find(|s| s.name.as_str() == name).unwrap();
    assert_eq!(of("login").phase, "requirements");
    assert_eq!(of("crash").phase, "design");
    let thumbs = of("thumbs");
    assert_eq!((thumbs.phase.as_str(), thumbs.done, thumbs.tasks, thumbs.journaled), ("execute", 1, 2, false));
    assert!(specs.iter().all(|s| s.approved == 0 && s.waiting.is_empty() && s.changed_s > 0));
}

#[test]
fn approvals_on_record_count_only_for_exactly_these_bytes() {
    let place = Place::new();
    let text = "# R\n";
    let decision = Decision {
        subject: Subject::Requirements,
        digest: Digest::of(text),
        verdict: Verdict::Approve,
        by: Identity { name: "Ada".into(), email: "ada@example.org".into() },
        at: Timestamp::UNIX_EPOCH,
        via: Via::Keyboard,
    };
    let ledger = ledger::append("", "requirements r1", &decision, None).unwrap();
    place.write(".kiro/specs/login/requirements.md", text);
    place.write(&format!(".kiro/specs/login/{}", ledger::FILE), &ledger);
    assert_eq!(place.status()[0].approved, 1);
    place.write(".kiro/specs/login/requirements.md", "# R, changed\n");
    assert_eq!(place.status()[0].approved, 0);
}

#[test]
fn status_tells_what_waits_by_the_journal() {
    let place = Place::new();
    place.write(".kiro/specs/old/requirements.md", "# R\n");
    place.journal(
        "thumbs",
        vec![
            Entry::Started(start("thumbs")),
            Entry::DraftAsked(Doc::Requirements),
            Entry::Drafted { doc: Doc::Requirements, text: "# R\n".into(), author: Author::Agent },
        ],
    );
    let specs = place.status();
    assert_eq!(specs[0].name.as_str(), "thumbs", "the newest is first");
    let thumbs = &specs[0];
    assert_eq!((thumbs.phase.as_str(), thumbs.waiting.as_str()), ("requirements", "requirements r1 to approve"));
    assert!(thumbs.journaled && thumbs.changed_s == 2_000_000_000);

    place.journal(
        "halted",
        vec![
            Entry::Started(start("halted")),
            Entry::DraftAsked(Doc::Requirements),
            Entry::TurnFailed { why: "no connection\u{1b}[2J".into(), remedy: "continue".into() },
        ],
    );
    let mut out = Vec::new();
    status::run(&place.repo(), false, &mut out).unwrap();
    let table = text(out);
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[0].starts_with("SPEC") && rows.len() == 4, "{table}");
    assert!(table.contains("to go on: no connection") && !table.contains('\u{1b}'), "{table}");
}

#[test]
fn status_follows_a_spec_from_its_approvals_to_its_tasks() {
    let place = Place::new();
    let texts = [
        (Doc::Requirements, "# R\n"),
        (Doc::Design, "# D\n"),
        (Doc::Tasks, "- [x] 1. One\n- [ ] 2. Two\n- [ ] 3. Three\n"),
    ];
    let found = texts.map(|(doc, text)| Entry::Found { doc, text: text.into(), recorded: true });
    let mut entries = vec![Entry::Started(start("thumbs"))];
    entries.extend(found);
    place.journal("thumbs", entries);
    let thumbs = &place.status()[0];
    assert_eq!((thumbs.phase.as_str(), thumbs.approved, thumbs.done, thumbs.tasks), ("execute", 3, 1, 3));
    assert_eq!(thumbs.waiting, "task 2 to start");
    let done = texts.map(|(doc, text)| Entry::Found { doc, text: text.replace("[ ]", "[x]"), recorded: true });
    let mut entries = vec![Entry::Started(start("done"))];
    entries.extend(done);
    place.journal("done", entries);
    let specs = place.status();
    let done = specs.iter().find(|s| s.name.as_str() == "done").unwrap();
    assert_eq!((done.phase.as_str(), done.waiting.as_str()), ("merge", "the merge, to be planned"));
}

#[test]
fn a_damaged_journal_is_told_and_hides_nothing_else() {
    let place = Place::new();
    place.write(".kiro/specs/thumbs/design.md", "# D\n");
    let path = journal::path(&place.repo().join(".git/kiro-tui"), &SpecName::parse("thumbs").unwrap());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "not a journal\n").unwrap();
    let specs = place.status();
    assert_eq!((specs.len(), specs[0].phase.as_str(), specs[0].journaled), (1, "design", true));
    assert!(specs[0].waiting.contains("line 1"), "{}", specs[0].waiting);
}

#[test]
fn status_as_json_has_the_promised_shape() {
    let place = Place::new();
    place.journal("thumbs", vec![Entry::Started(start("thumbs"))]);
    let mut out = Vec::new();
    status::run(&place.repo(), true, &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let want = serde_json::json!({"specs": [{
        "name": "thumbs", "phase": "requirements", "waiting": "", "done": 0, "tasks": 0, "approved": 0,
        "journaled": true, "changed_s": 2_000_000_000,
    }]});
    assert_eq!(json, want);
}

#[test]
fn outside_of_a_repository_status_ends_with_its_code() {
    let dir = tempfile::tempdir().unwrap();
    let failure = status::run(dir.path(), false, &mut Vec::new()).unwrap_err();
    assert_eq!(failure.code, exit::REPOSITORY);
    assert!(failure.message.contains("git init"), "{failure}");
}

#[test]
fn config_shows_every_layer_and_no_secret() {
    let mut place = Place::new();
    place.write_settings("[model]\nname = \"mine\"\nheaders = { x-key = \"hunter2\" }\n[ui]\nbell = false\n");
    place.write(".kiro/kiro-tui.toml", "[tests]\ncommand = \"make test\"\n");
    place.set("KIRO_TUI_UI_WRAP", "false");
    let global = Cli::try_parse_from(["kiro-tui", "--model", "other"]).unwrap().global;
    let mut out = Vec::new();
    config::run(&place.env, &place.repo(), &global, true, &mut out).unwrap();
    let shown = text(out);
    assert!(!shown.contains("hunter2") && !shown.contains("sk-very-secret"), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let of = |key: &str| {
        let all = json["settings"].as_array().unwrap();
        all.iter().find(|s| s["key"] == key).unwrap_or_else(|| panic!("{key}")).clone()
    };
    assert_eq!((of("model.name")["value"].clone(), of("model.name")["layer"].clone()), ("other".into(), "flag".into()));
    assert_eq!((of("ui.bell")["layer"].clone(), of("ui.bell")["line"].clone()), ("user".into(), 5.into()));
    assert_eq!(of("ui.wrap")["from"], "KIRO_TUI_UI_WRAP");
    assert_eq!(of("tests.command")["layer"], "project");
    assert!(of("tests.command")["note"].as_str().unwrap().contains("asks"));
    assert_eq!(of("spec.depth")["layer"], "built-in");

    let mut out = Vec::new();
    config::run(&place.env, &place.repo(), &Global::default(), false, &mut out).unwrap();
    let table = text(out);
    let row = table.lines().find(|l| l.starts_with("model.name")).unwrap();
    assert!(row.contains("mine") && row.contains("config.toml:2"), "{row}");
}

#[test]
fn a_mistake_in_settings_has_its_place_and_code() {
    let place = Place::new();
    place.write_settings("[ui]\nthem = \"dark\"\n");
    let failure = config::run(&place.env, &place.repo(), &Global::default(), false, &mut Vec::new()).unwrap_err();
    assert_eq!(failure.code, exit::CONFIGURATION);
    assert!(failure.message.contains("config.toml:2:1") && failure.message.contains("theme"), "{failure}");
    // A name that no file has.
    place.write_settings("[ui]\ntheme = \"drak\"\n");
    let failure = config::run(&place.env, &place.repo(), &Global::default(), false, &mut Vec::new()).unwrap_err();
    assert!(failure.code == exit::CONFIGURATION && failure.message.contains("`dark`"), "{failure}");
}

#[test]
fn a_model_without_its_key_is_told_before_anything_starts() {
    let mut place = Place::new();
    let read = |place: &Place| settings::read(&place.env, None, Vec::new()).unwrap().settings().clone();
    assert_eq!(settings::model(&place.env, &read(&place)).unwrap().model, "claude-sonnet-4-5");
    place.set("ANTHROPIC_API_KEY", "");
    let failure = settings::model(&place.env, &read(&place)).unwrap_err();
    assert_eq!(failure.code, exit::NO_MODEL);
    assert!(failure.message.contains("ANTHROPIC_API_KEY") && failure.message.contains("demo"), "{failure}");
    place.write_settings("[model]\nprovider = \"ollama\"\nname = \"qwen3\"\nreasoning = \"low\"\nattempts = 2\n");
    let config = settings::model(&place.env, &read(&place)).unwrap();
    assert_eq!((config.provider.as_str(), config.attempts, config.reasoning.is_some()), ("ollama", 2, true));
    place.write_settings("[model]\nheaders = { a = \"Bearer ${NOT_SET}\" }\n");
    let failure = settings::model(&place.env, &read(&place)).unwrap_err();
    assert!(failure.code == exit::CONFIGURATION && failure.message.contains("NOT_SET"), "{failure}");
}

#[test]
fn permission_rules_keep_their_scope_and_strictness() {
    let place = Place::new();
    place.write_settings(
        "[[permissions.rules]]\ncapability = \"shell\"\nmatch = [\"cargo test*\"]\neffect = \"allow\"\n\
         [[permissions.rules]]\ncapability = \"filesystem\"\nmatch = [\"secrets/**\"]\neffect = \"deny\"\n",
    );
    place.write(".kiro/kiro-tui.toml", "[[permissions.rules]]\ncapability = \"shell\"\neffect = \"ask\"\n");
    let config = settings::read(&place.env, Some(&place.repo()), Vec::new()).unwrap();
    let rules = settings::rules(config.settings()).unwrap();
    assert_eq!(rules.decide(Capability::Shell, "cargo test --lib").effect, Effect::Ask, "the project narrows");
    assert_eq!(rules.decide(Capability::FsRead, "secrets/a/b").effect, Effect::Deny);
    assert_eq!(rules.decide(Capability::FsWrite, "secrets/a/b").effect, Effect::Deny);
    let config = settings::read(&place.env, None, Vec::new()).unwrap();
    let rules = settings::rules(config.settings()).unwrap();
    assert_eq!(rules.decide(Capability::Shell, "cargo test --lib").effect, Effect::Allow);
}

#[test]
fn doctor_finds_nothing_where_all_is_well() {
    let mut place = Place::new();
    place.set("AWS_PROFILE", "dev");
    place.set("AWS_REGION", "eu-west-1");
    let checks = place.doctor(&Here::new(&["git", "node", "aws"]));
    let bad: Vec<&Check> = checks.iter().filter(|c| c.level != Level::Ok).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    for name in ["git", "repository", "git identity", "records", "settings", "terminal", "colours", "locale", "model"] {
        assert_eq!(find(&checks, name).level, Level::Ok);
    }
    assert!(find(&checks, "aws").found.contains("dev"));
}

#[test]
fn doctor_names_what_is_wrong_and_how_to_mend_it() {
    let mut place = Place::new();
    place.write("package.json", "{}");
    place.write_settings("[spec]\naws = true\n");
    place.set("ANTHROPIC_API_KEY", "");
    place.set("TERM", "xterm-256color");
    place.set("TMUX", "/tmp/tmux");
    place.set("LANG", "C");
    let mut shell = Here::new(&["git"]);
    shell.sandbox = Err("no Landlock".into());
    let checks = place.doctor(&shell);
    for (name, level, remedy) in [
        ("model", Level::Fail, "ANTHROPIC_API_KEY"),
        ("tmux", Level::Warn, "tmux-256color"),
        ("locale", Level::Warn, "UTF-8"),
        ("sandbox", Level::Warn, "Landlock"),
        ("node", Level::Warn, "Node"),
        ("aws", Level::Warn, "aws sso login"),
    ] {
        let check = find(&checks, name);
        assert_eq!(check.level, level, "{check:?}");
        assert!(check.remedy.as_deref().unwrap().contains(remedy), "{check:?}");
    }
    assert!(checks.iter().all(|c| c.level == Level::Ok || c.remedy.is_some()));
}

#[test]
fn doctor_ends_by_what_it_found_and_prints_no_secret() {
    let mut place = Place::new();
    place.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    place.set("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI");
    let run = |place: &Place, dir: &Path, json: bool| {
        let mut out = Vec::new();
        let terminal = Terminal { attached: true, size: Some((120, 40)) };
        let shell = Here::new(&["git"]);
        let asked = doctor::Asked { json, ..doctor::Asked::default() };
        let ended = doctor::run(&place.env, dir, &Global::default(), terminal, &shell, asked, &mut out);
        (ended, text(out))
    };
    let (ended, shown) = run(&place, &place.repo(), false);
    assert_eq!(ended, Ok(()), "{shown}");
    for secret in ["AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", "sk-very-secret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let (ended, shown) = run(&place, elsewhere.path(), true);
    assert_eq!(ended.unwrap_err().code, exit::FAILURE);
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let repository = json["checks"].as_array().unwrap().iter().find(|c| c["name"] == "repository").unwrap().clone();
    assert_eq!(repository["level"], "fail");
    assert!(repository["remedy"].is_string() && repository["found"].is_string());
}

#[test]
fn doctor_judges_the_terminal() {
    let mut place = Place::new();
    let shell: Arc<dyn Shell> = Arc::new(Here::new(&["git"]));
    let level = |place: &Place, attached, size| {
        let terminal = Terminal { attached, size };
        let checks = doctor::checks(&place.env, &place.repo(), &Global::default(), terminal, shell.as_ref(), false);
        find(&checks, "terminal").level
    };
    assert_eq!(level(&place, true, Some((120, 40))), Level::Ok);
    assert_eq!(level(&place, true, Some((70, 20))), Level::Warn);
    assert_eq!(level(&place, true, Some((40, 10))), Level::Fail);
    assert_eq!(level(&place, false, None), Level::Warn);
    place.set("TERM", "dumb");
    assert_eq!(level(&place, true, Some((120, 40))), Level::Fail);
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let mut out = Vec::new();
        completions::run(shell.parse().unwrap(), &mut out).unwrap();
        let script = text(out);
        assert!(script.contains("kiro-tui") && script.contains("doctor") && script.contains("headless"), "{shell}");
    }
}

/// The program as the screen starts it for a diagram.
fn diagram(source: &str) -> std::process::Output {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    let mut program = Command::new(env!("CARGO_BIN_EXE_kiro-tui"));
    let pipes = program.args(["__diagram", "80"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = pipes.spawn().unwrap();
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_diagram_is_laid_out_by_a_process_that_the_kernel_ends_when_it_takes_too_long() {
    let out = diagram("graph LR\n  A[Upload] --> B[Resize]\n");
    let drawn = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && drawn.contains("Upload") && drawn.contains("Resize"), "{drawn}");
    assert!(!diagram("no diagram").status.success());
    // Every edge crosses every other one.
    let dense: String = (0..60).flat_map(|a| (0..60).map(move |b| format!("a{a}-->b{b}\n"))).collect();
    let out = diagram(&format!("graph LR\n{}", dense.get(..16_000).unwrap()));
    assert!(out.stdout.is_empty() && out.status.code().is_none(), "it was ended by a signal: {:?}", out.status);
}
