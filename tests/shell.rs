//! The shell adapter against real processes, through the real program as its launcher.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use kiro_tui::{
    adapters::shell::{OUTPUT_CAP, ProcessShell},
    domain::{
        command::{CommandLine, Confinement, Exit, Outcome},
        gate::{Approved, Decision, Identity, Shown, Verdict, Via, judge},
        policy::command::{Risk, split},
    },
    ports::shell::{Shell, ShellError},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tempfile::TempDir;

fn approved(text: &str, timeout_s: u32, sandboxed: bool) -> Approved<CommandLine> {
    let confinement =
        if sandboxed { Confinement::Sandboxed } else { Confinement::Unsandboxed { reason: "test".into() } };
    let shown = Shown::new(CommandLine { text: text.into(), timeout_s, confinement });
    let decision = Decision {
        subject: kiro_tui::domain::gate::Subject::Command,
        digest: shown.digest(),
        verdict: Verdict::Approve,
        by: Identity { name: "Ada".into(), email: "ada@example.org".into() },
        at: Timestamp::UNIX_EPOCH,
        via: Via::Keyboard,
    };
    judge(shown, decision).unwrap()
}

struct Bench {
    dir: TempDir,
    shell: ProcessShell,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for part in ["root", "home/.ssh", "outside"] {
            std::fs::create_dir_all(dir.path().join(part)).unwrap();
        }
        std::fs::write(dir.path().join("home/.ssh/id"), "very secret").unwrap();
        std::fs::write(dir.path().join("home/notes"), "open").unwrap();
        let home = dir.path().join("home");
        Self { dir, shell: ProcessShell::new(env!("CARGO_BIN_EXE_kiro-tui").into(), Some(&home)) }
    }

    fn path(&self, part: &str) -> PathBuf {
        self.dir.path().join(part)
    }

    async fn try_run(&self, command: Approved<CommandLine>) -> (Result<Outcome, ShellError>, String) {
        let seen = Arc::new(Mutex::new(String::new()));
        let sink = seen.clone();
        let sink = Arc::new(move |text: &str| sink.lock().unwrap().push_str(text));
        let outcome = self.shell.run(self.path("root"), command, sink).await;
        let seen = seen.lock().unwrap().clone();
        (outcome, seen)
    }

    async fn run(&self, text: &str, sandboxed: bool) -> Outcome {
        self.try_run(approved(text, 60, sandboxed)).await.0.unwrap()
    }
}

/// The processes whose ids a command wrote, one a line; waits until there are `count`.
async fn pids(file: &Path, count: usize) -> Vec<i32> {
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.ends_with('\n') && text.lines().count() >= count {
            return text.lines().map(|l| l.trim().parse().unwrap()).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn alive(pid: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

/// Returns when none is alive; the test's own time limit says when that is too late.
async fn all_gone(pids: &[i32]) {
    let gone = async {
        while pids.iter().any(|p| alive(*p)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), gone).await.is_ok(), "{pids:?} still run");
}

#[tokio::test]
async fn output_is_merged_in_order_cleaned_and_streamed() {
    let bench = Bench::new();
    let text = r"printf 'one\n'; printf '\033[31mtwo\033[0m\n' >&2; printf 'three\r\n'; cat; exit 7";
    for sandboxed in [true, false] {
        let (outcome, seen) = bench.try_run(approved(text, 60, sandboxed)).await;
        let outcome = outcome.unwrap();
        assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::Code(7), "one\ntwo\nthree\n"));
        assert_eq!(seen, outcome.output);
        assert_eq!(outcome.omitted, 0);
    }
    let outcome = bench.run("kill -9 $$", true).await;
    assert_eq!(outcome.exit, Exit::Signal(9));
}

#[tokio::test]
async fn long_output_keeps_both_ends_and_counts_the_rest() {
    let bench = Bench::new();
    let outcome = bench.run("echo first; head -c 10485760 /dev/zero | tr '\\0' x; echo; echo last", true).await;
    assert!(outcome.succeeded());
    assert!(outcome.output.starts_with("first\n") && outcome.output.ends_with("\nlast\n"));
    assert!(outcome.output.len() < OUTPUT_CAP + 100);
    assert!(outcome.omitted > 10_000_000, "{}", outcome.omitted);
}

#[tokio::test]
async fn it_has_no_terminal_no_input_and_no_secrets() {
    let bench = Bench::new();
    let outcome = bench
        .run("tty; (: < /dev/tty) 2>/dev/null || echo no tty; wc -c; echo $TERM; pwd; ps -o sid= -p $$ | tr -d ' '; echo $$", false)
        .await;
    let lines: Vec<&str> = outcome.output.lines().collect();
    let root = bench.path("root").canonicalize().unwrap();
    assert_eq!(lines[..5], ["not a tty", "no tty", "0", "dumb", root.to_str().unwrap()]);
    assert_eq!(lines[5], lines[6], "not a session of its own");
}

#[tokio::test]
async fn a_time_limit_ends_even_those_that_will_not_hear() {
    let bench = Bench::new();
    let file = bench.path("root/pids");
    let text = "trap '' TERM; echo $$ >>pids; \
         (trap '' TERM; sh -c 'echo $$ >>pids; while :; do sleep 1; done') & \
         setsid sh -c 'trap \"\" TERM HUP; echo $$ >>pids; while :; do sleep 1; done' & \
         echo started; while :; do sleep 1; done";
    for sandboxed in [true, false] {
        let _ = std::fs::remove_file(&file);
        let (outcome, _) = bench.try_run(approved(text, 2, sandboxed)).await;
        let outcome = outcome.unwrap();
        assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::TimedOut, "started\n"));
        all_gone(&pids(&file, 3).await).await;
    }
}

#[tokio::test]
async fn dropping_the_run_ends_everything() {
    let bench = Bench::new();
    let file = bench.path("root/pids");
    let text = "echo $$ >>pids; (trap '' TERM; echo; sh -c 'echo $$ >>pids; sleep 600') & \
         setsid sh -c 'echo $$ >>pids; sleep 600' & sleep 600";
    for sandboxed in [true, false] {
        let _ = std::fs::remove_file(&file);
        let run = bench.try_run(approved(text, 600, sandboxed));
        let started = tokio::select! {
            _ = run => panic!("it ended by itself"),
            started = pids(&file, 3) => started,
        };
        all_gone(&started).await;
    }
}

#[tokio::test]
async fn what_stays_behind_neither_holds_the_run_nor_outlives_it() {
    let bench = Bench::new();
    let text = "(echo $$ >/dev/null; setsid sh -c 'echo $$ >>pids; exec sleep 600' &) ; \
         while [ ! -s pids ]; do :; done; echo done";
    let outcome = bench.run(text, true).await;
    assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::Code(0), "done\n"));
    all_gone(&pids(&bench.path("root/pids"), 1).await).await;
}

#[tokio::test]
async fn closing_its_output_does_not_end_a_command() {
    let bench = Bench::new();
    let outcome = bench.run("exec >&- 2>&-; echo x >marker; exit 3", true).await;
    assert_eq!(outcome.exit, Exit::Code(3));
    assert!(bench.path("root/marker").exists());
    let (outcome, _) = bench.try_run(approved("exec >&- 2>&-; sleep 600", 1, true)).await;
    assert_eq!(outcome.unwrap().exit, Exit::TimedOut);
}

#[tokio::test]
async fn a_sandboxed_command_writes_in_its_places_only() {
    let bench = Bench::new();
    let outside = bench.path("outside");
    std::fs::write(outside.join("kept"), "kept").unwrap();
    let text = format!(
        "echo in >here && mkdir d && mv here d/ && cat d/here; echo t >$TMPDIR/t && cat $TMPDIR/t; echo n >/dev/null && echo null; \
         echo x >{0}/new; echo x >>{0}/kept; rm {0}/kept; ln {0}/kept d/link && echo x >>d/link; truncate -s0 {0}/kept; \
         ln -s {0} way; echo x >way/new; mkdir {0}/dir; chmod 0 {0}/nothing",
        outside.display()
    );
    let outcome = bench.run(&format!("({text}) 2>/dev/null"), true).await;
    assert_eq!(outcome.output, "in\nt\nnull\n");
    assert_eq!(std::fs::read_to_string(outside.join("kept")).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    // The same command does all that when the developer let it run as they are.
    bench.run(&format!("echo x >{}/new", outside.display()), false).await;
    assert!(outside.join("new").exists());
}

#[tokio::test]
async fn a_sandboxed_command_cannot_read_credentials() {
    let bench = Bench::new();
    let home = bench.path("home");
    let text = format!(
        "cat {0}/notes; echo; ls {0}/.ssh; cat {0}/.ssh/id 2>/dev/null || echo denied; \
         ln -s {0}/.ssh/id l; cat l 2>/dev/null || echo denied; cat /proc/{1}/environ >/dev/null 2>&1 || echo denied; \
         cat /proc/$PPID/environ >/dev/null 2>&1 || echo denied",
        home.display(),
        std::process::id()
    );
    let outcome = bench.run(&text, true).await;
    assert_eq!(outcome.output, "open\nid\ndenied\ndenied\ndenied\ndenied\n");
    assert_eq!(bench.run(&format!("cat {}/.ssh/id", home.display()), false).await.output, "very secret");
}

/// What each of some attempts comes to: `worked`, or the name of the error.
const TRIES: &str = r#"
import errno, socket, sys, threading
port, datagrams, pid = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
def tries(name, f):
    try:
        f(); print(name, "worked")
    except OSError as e:
        print(name, errno.errorcode.get(e.errno, e))
def serves(family, host):
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind((host, 0)); listener.listen()
        def answer():
            peer, _ = listener.accept()
            peer.sendall(peer.recv(100).upper()); peer.close()
        thread = threading.Thread(target=answer); thread.start()
        with socket.create_connection(listener.getsockname()[:2]) as client:
            client.sendall(b"hello")
            assert client.recv(100) == b"HELLO"
        thread.join()
tries("serve", lambda: serves(socket.AF_INET, "127.0.0.1"))
tries("serve6", lambda: serves(socket.AF_INET6, "::1"))
tries("names", lambda: socket.getaddrinfo("localhost", 80))
tries("host", lambda: socket.create_connection(("127.0.0.1", port)))
tries("host udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", datagrams)))
tries("away", lambda: socket.create_connection(("192.0.2.1", 80)))
tries("unix", lambda: socket.socket(socket.AF_UNIX).connect("../outside/socket"))
tries("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
tries("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
tries("vsock", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
tries("audit", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9))
tries("pair", lambda: socket.socketpair())
import ctypes, os
tries("kill", lambda: os.kill(pid, 0))
def another():
    if ctypes.CDLL(None, use_errno=True).setns(os.open("/proc/self/ns/net", os.O_RDONLY), 0):
        raise OSError(ctypes.get_errno(), "")
tries("another network", another)
"#;

/// The same with the host's sockets beside: what it printed, and whether anything came through.
struct Around {
    listener: std::net::TcpListener,
    datagrams: std::net::UdpSocket,
    _socket: std::os::unix::net::UnixListener,
    command: String,
}

impl Around {
    fn new(bench: &Bench) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        datagrams.set_nonblocking(true).unwrap();
        let socket = std::os::unix::net::UnixListener::bind(bench.path("outside/socket")).unwrap();
        std::fs::write(bench.path("root/try.py"), TRIES).unwrap();
        let port = |address: std::io::Result<std::net::SocketAddr>| address.unwrap().port();
        let (tcp, udp) = (port(listener.local_addr()), port(datagrams.local_addr()));
        let command = format!("python3 try.py {tcp} {udp} {}", std::process::id());
        Self { listener, datagrams, _socket: socket, command }
    }

    fn heard(&self) -> (bool, bool) {
        (self.listener.accept().is_ok(), self.datagrams.recv(&mut [0; 8]).is_ok())
    }
}

const OUTSIDE: &str = "unix EACCES\npacket EACCES\nraw EPERM\nvsock EACCES\naudit EACCES\npair worked\nkill EPERM\nanother network EACCES\n";

#[tokio::test]
async fn a_sandboxed_command_has_a_loopback_of_its_own_and_reaches_nothing_else() {
    let bench = Bench::new();
    let around = Around::new(&bench);
    let printed = bench.run(&around.command, true).await.output;
    if bench.shell.loopback().is_ok() {
        let own = "serve worked\nserve6 worked\nnames worked\nhost ECONNREFUSED\nhost udp worked\naway ENETUNREACH\n";
        assert_eq!(printed, format!("{own}{OUTSIDE}"));
    } else {
        eprintln!("this system allows no network namespace: {:?}", bench.shell.loopback());
        assert!(printed.starts_with("serve EACCES\n"), "{printed}");
    }
    assert_eq!(around.heard(), (false, false), "nothing came through");
    let printed = bench.run(&around.command, false).await.output;
    assert!(printed.contains("host worked\n") && printed.contains("unix worked\n"), "{printed}");
    assert_eq!(around.heard(), (true, true), "the same command when the developer let it run as it is");
}

/// Where the kernel permits no namespace.
#[test]
fn without_a_network_of_its_own_a_command_has_no_socket() {
    let bench = Bench::new();
    let around = Around::new(&bench);
    let root = bench.path("root").canonicalize().unwrap();
    let bounds = serde_json::json!({"writable": [root], "hidden": [], "loopback": false}).to_string();
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_kiro-tui"))
        .args(["__confined", "exec", &bounds, &around.command])
        .current_dir(&root)
        .output()
        .unwrap();
    let printed = String::from_utf8(out.stderr).unwrap();
    let own = "serve EACCES\nserve6 EACCES\nnames worked\nhost EACCES\nhost udp EACCES\naway EACCES\n";
    assert_eq!(printed, format!("{own}{OUTSIDE}").replace("raw EPERM", "raw EACCES"));
    assert_eq!(around.heard(), (false, false));
}

#[tokio::test]
async fn what_cannot_start_is_an_error() {
    let bench = Bench::new();
    let sink = Arc::new(|_: &str| {});
    let nowhere = bench.shell.run(bench.path("nowhere"), approved("true", 5, true), sink.clone()).await;
    assert!(matches!(nowhere, Err(ShellError::Start(_))), "{nowhere:?}");
    let shell = ProcessShell::new(bench.path("no-such-program"), None);
    let missing = shell.run(bench.path("root"), approved("true", 5, false), sink).await;
    assert!(matches!(missing, Err(ShellError::Start(_))), "{missing:?}");
}

/// Random lines, read by the policy and run by the real `sh` with an `rm` that only leaves a mark:
/// whenever it ran, the policy must have seen a command that is not harmless.
#[test]
fn what_sh_runs_the_policy_has_seen() {
    let dir = tempfile::tempdir().unwrap();
    let (bin, work, mark) = (dir.path().join("bin"), dir.path().join("work"), dir.path().join("mark"));
    std::fs::create_dir_all(&bin).unwrap();
    for (name, script) in [("rm", "#!/bin/sh\n: >\"$MARK\"\n"), ("ls", "#!/bin/sh\necho rm -rf x\n")] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(bin.join(name), script).unwrap();
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    // Tokens that belong together, so that they meet.
    let groups: Vec<&[&str]> = vec![
        &["(", ")", "((", "))"],
        &["$(", ")", "$((", "))"],
        &["[[ ", " ]]", "||", "[ ", " ]"],
        &["$'", "'", "\\"],
        &["$\"", "\"", "\\", "'"],
        &["`", "\\", "$("],
        &["&>", "&>>", ">", "2>&1", ">&"],
        &["|", "|&", "&", "&&", "||", ";", "!"],
        &["<<E", "<<'E'", "<<-E", "\nE\n", "\n\tE\n", "<<<"],
        &["if ", " then ", " else ", " fi", ";", "\n"],
        &["case x in ", "x)", "*)", ";;", " esac", ";&"],
        &["${x:-", "}", "${", "$x", "x=", "$["],
        &["x=", "x=(", ")", "+=", "x[", "]"],
        &["\n", "\\\n", "\\", "#", "\t"],
        &["eval ", "ls", "echo ", "'", "\""],
        &["{ ", ";}", "}", "{", ","],
        &["<", "<(", ">(", ")", "0<"],
        &["$", "~", "*", "?", "@(", ")", "é"],
    ];
    let groups = proptest::sample::subsequence(groups, 1..3);
    let line = groups.prop_flat_map(|groups| {
        let tokens: Vec<&str> = groups.concat().into_iter().chain(["rm -rf x", "rm -rf x", "ls", " ", " "]).collect();
        proptest::collection::vec(proptest::sample::select(tokens), 2..9).prop_map(|t| t.concat())
    });
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let ran = std::cell::Cell::new(0);
    let result = runner.run(&line, |line| {
        // A function can call itself for ever.
        if line.contains("()") || line.contains("( )") {
            return Ok(());
        }
        let _ = std::fs::remove_dir_all(&work);
        let _ = std::fs::remove_file(&mark);
        std::fs::create_dir_all(&work).unwrap();
        std::process::Command::new("/bin/sh")
            .args(["-c", &line])
            .env_clear()
            .env("PATH", &bin)
            .env("MARK", &mark)
            .current_dir(&work)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let parts = split(&line);
        ran.set(ran.get() + u32::from(mark.exists()));
        prop_assert!(!mark.exists() || parts.iter().any(|p| p.risk >= Risk::Unknown), "{:?} {:?}", line, parts);
        Ok(())
    });
    result.unwrap();
    assert!(ran.get() > cases / 20, "hardly any line ran anything: {} of {cases}", ran.get());
}
