//! The emulator of AWS, on a free loopback port with a home of its own.
#![allow(dead_code, reason = "each test uses its part")]

use std::{
    env,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The account that the emulator is.
pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

/// Ends with the value, and with this process whatever becomes of it.
pub struct Emulator {
    child: Child,
    pub port: u16,
    python: PathBuf,
    pub home: tempfile::TempDir,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// Where it lies: named by `KIRO_TUI_MINISTACK`, or on the path.
pub fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os("KIRO_TUI_MINISTACK") {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join("ministack")).find(|p| p.is_file())
}

impl Emulator {
    /// None where there is none, which is said, and is a failure in CI.
    pub fn found() -> Option<Self> {
        match program() {
            Some(program) => Some(Self::start(&program)),
            None => {
                assert!(env::var_os("CI").is_none(), "in CI the emulator must be there: KIRO_TUI_MINISTACK");
                println!("skipped: no ministack on the path, and KIRO_TUI_MINISTACK is not set");
                None
            }
        }
    }

    pub fn start(program: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let home = tempfile::tempdir().unwrap();
        // The shell's input ends when this process does, and takes the emulator along.
        let script = r#""$0" >"$HOME/log" 2>&1 & pid=$!; cat >/dev/null; kill -9 $pid; wait $pid"#;
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(program).env("HOME", home.path()).env("GATEWAY_PORT", port.to_string());
        for (name, value) in [
            ("BIND_HOST", "127.0.0.1"),
            ("MINISTACK_HOST", "127.0.0.1"),
            ("LAMBDA_EXECUTOR", "local"),
            ("IOT_MTLS_ENABLED", "0"),
        ] {
            command.env(name, value);
        }
        let child = command.stdin(Stdio::piped()).spawn().unwrap();
        let emulator = Self { child, port, python: program.with_file_name("python3"), home };
        let end = Instant::now() + Duration::from_secs(120);
        while !emulator.is_healthy() {
            let log = std::fs::read_to_string(emulator.home.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < end, "ministack does not start:\n{log}");
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

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Takes the variables of this machine's account from a command, and gives it those of the emulator.
    pub fn environment(&self, command: &mut Command) {
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("AWS_") || name.starts_with("KIRO_TUI_") {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.home.path()).envs(variables(&self.url()));
    }

    /// A few lines of Python with boto3 against the account.
    #[track_caller]
    pub fn python(&self, script: &str) -> String {
        let mut command = Command::new(&self.python);
        self.environment(&mut command);
        let out = command.args(["-c", script]).output().unwrap();
        assert!(out.status.success(), "{script}\n{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }
}

/// The variables by which a program finds the account.
pub fn variables(url: &str) -> Vec<(String, String)> {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "AKIAKIROTUIDEMO00000"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("CDK_DISABLE_CLI_TELEMETRY", "1"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}
