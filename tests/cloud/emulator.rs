//! Starts the emulator and runs the contract against it, in this program once more.

use std::{
    env,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use kiro_tui::{
    adapters::model::{GenaiModel, ModelConfig},
    domain::turn::message::Message,
    ports::model::{Model, ModelEvent, Request, Scene},
};

use crate::support::ENDPOINT;

/// The emulator; ends with the value, and with this process whatever becomes of it.
struct Emulator {
    child: Child,
    port: u16,
    _home: tempfile::TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os("KIRO_TUI_MINISTACK") {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join("ministack")).find(|p| p.is_file())
}

impl Emulator {
    fn start(program: &PathBuf) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let home = tempfile::tempdir().unwrap();
        // The shell's input ends when this process does, and takes the emulator along.
        let script = r#""$0" >"$HOME/log" 2>&1 & pid=$!; cat >/dev/null; kill $pid; wait $pid"#;
        let child = Command::new("sh")
            .args(["-c", script])
            .arg(program)
            .env("HOME", home.path())
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("LAMBDA_EXECUTOR", "local")
            .env("IOT_MTLS_ENABLED", "0")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let emulator = Self { child, port, _home: home };
        let end = Instant::now() + Duration::from_secs(60);
        while !emulator.is_healthy() {
            let log = || std::fs::read_to_string(emulator._home.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "ministack does not start:\n{}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        emulator
    }

    fn is_healthy(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let asked = stream.write_all(b"GET /_ministack/health HTTP/1.0\r\nHost: localhost\r\n\r\n");
        let mut answer = String::new();
        asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains(" 200")
    }
}

/// This program once more, with the tests of a name and the environment of an account.
pub fn again(filter: &str, home: &std::path::Path, more: &[(&str, &str)]) {
    let mut command = Command::new(env::current_exe().unwrap());
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("HOME", home).env("AWS_EC2_METADATA_DISABLED", "true").envs(more.iter().copied());
    let out = command.args([filter, "--include-ignored", "--test-threads", "4"]).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    assert!(!text.contains(" 0 passed"), "no test has the name {filter}:\n{text}");
}

pub const KEYS: [(&str, &str); 3] =
    [("AWS_ACCESS_KEY_ID", "AKIAKIROTUITEST00000"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")];

#[test]
fn the_contract_holds_on_the_emulator() {
    if env::var_os(ENDPOINT).is_some() {
        return;
    }
    let Some(program) = program() else {
        println!("skipped: no ministack on the path, and KIRO_TUI_MINISTACK is not set; only the memory was tried");
        return;
    };
    let emulator = Emulator::start(&program);
    let endpoint = format!("http://127.0.0.1:{}", emulator.port);
    let home = tempfile::tempdir().unwrap();
    let environment = [&KEYS[..], &[(ENDPOINT, endpoint.as_str())]].concat();
    again("contract::", home.path(), &environment);
    again("emulator::bedrock", home.path(), &environment);
}

/// On the one thread that the agent has: looking credentials up must not need another.
#[test]
#[ignore = "needs the emulator; run by `the_contract_holds_on_the_emulator`"]
fn bedrock_speaks_with_the_same_credentials() {
    let mut config = ModelConfig::new("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0");
    config.endpoint = env::var(ENDPOINT).ok();
    let model = GenaiModel::new(config).unwrap();
    let request = Request {
        scene: Scene { name: "test".into(), step: 0 },
        system: "Be short.".into(),
        messages: vec![Message::User { text: "Hello".into() }],
        tools: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let events: Vec<_> = runtime.block_on(async move { model.stream(request).collect().await });
    let text: String = events
        .iter()
        .filter_map(|e| match e {
            Ok(ModelEvent::Text(t)) => Some(t.as_str()),
            _ => None,
        })
        .collect();
    assert!(!text.is_empty() && matches!(events.last(), Some(Ok(ModelEvent::End { .. }))), "{events:?}");
}
