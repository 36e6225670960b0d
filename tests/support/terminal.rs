//! The real program in a real terminal: a pseudoterminal of a given size, read through an emulator.
//!
//! Keys are pressed as a terminal sends them. Nothing sleeps: [`Terminal::until`] waits for what is
//! on the screen and is woken by each piece of output; when it takes too long, the test fails with
//! the screen as it is. Every program started here has a home, settings and state of its own and
//! sees no key of a model that the test does not give.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    fmt,
    io::{Read as _, Write},
    num::NonZeroU16,
    path::{Path, PathBuf},
    process::Command as Process,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long a condition may take to come true. Never waited for when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// The variables of this machine that a program started here may see.
const KEPT: [&str; 4] = ["PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH"];

/// A home, settings and state for programs, and a place for repositories.
pub struct Place {
    dir: tempfile::TempDir,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("kt").tempdir().expect("a directory");
        for name in ["home", "config", "state"] {
            std::fs::create_dir(dir.path().join(name)).expect("a directory");
        }
        Self { dir }
    }

    /// A path below it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The environment of every program, whole.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.path("home");
        let below = |name: &str| home.join(name).display().to_string();
        let mut all: Vec<(String, String)> =
            KEPT.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
        all.extend(
            [
                ("HOME", home.display().to_string()),
                ("XDG_CONFIG_HOME", below(".config")),
                ("XDG_STATE_HOME", below(".local/state")),
                ("XDG_DATA_HOME", below(".local/share")),
                ("XDG_CACHE_HOME", below(".cache")),
                ("KIRO_TUI_CONFIG_DIR", self.path("config").display().to_string()),
                ("KIRO_TUI_STATE_DIR", self.path("state").display().to_string()),
                ("GIT_CONFIG_GLOBAL", "/dev/null".to_owned()),
                ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
                ("GIT_TERMINAL_PROMPT", "0".to_owned()),
                ("TERM", "xterm-256color".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        all
    }

    /// A repository with these files in one commit on `main`.
    pub fn repository(&self, name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = self.path(name);
        std::fs::create_dir_all(&root).expect("a directory");
        git(&root, &["init", "-q", "-b", "main"]);
        git(&root, &["config", "user.name", "A Developer"]);
        git(&root, &["config", "user.email", "developer@example.org"]);
        for (path, text) in files {
            write(&root, path, text);
        }
        git(&root, &["add", "-A"]);
        git(&root, &["commit", "-q", "--allow-empty", "-m", "The project as it is"]);
        root
    }
}

/// Writes a file with the directories above it.
pub fn write(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    std::fs::create_dir_all(at.parent().expect("a parent")).expect("a directory");
    std::fs::write(at, text).expect("a file");
}

/// What git says, without the end of the line.
pub fn git(root: &Path, arguments: &[&str]) -> String {
    let mut git = Process::new("git");
    git.current_dir(root).env("GIT_CONFIG_GLOBAL", "/dev/null").args(arguments);
    let out = git.output().expect("git");
    assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
}

/// True when the demo's own tests can run here.
pub fn has_node() -> bool {
    Process::new("node").arg("--version").output().is_ok_and(|out| out.status.success())
}

/// A path on which every program of this machine's is but Node and what comes with it.
pub fn path_without_node(place: &Place) -> String {
    let bin = place.path("bin");
    std::fs::create_dir(&bin).expect("a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for entry in std::env::split_paths(&path).filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten() {
        let name = entry.file_name();
        if !["node", "nodejs", "npm", "npx"].iter().any(|node| name == *node) {
            // The first of a name is the one that is found.
            let _ = std::os::unix::fs::symlink(entry.path(), bin.join(name));
        }
    }
    bin.display().to_string()
}

struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// Nothing more will come.
    over: bool,
}

impl Seen {
    /// True between frames: the program marks where a frame begins and ends, and a terminal shows
    /// none before it is whole.
    fn is_whole(&self) -> bool {
        let last = |mark: &[u8]| self.raw.windows(mark.len()).rposition(|bytes| bytes == mark);
        last(b"\x1b[?2026h") <= last(b"\x1b[?2026l")
    }
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

fn lock(shared: &Shared) -> MutexGuard<'_, Seen> {
    shared.seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A picture of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The rows, without the blanks at their ends.
    pub rows: Vec<String>,
    /// The program has the alternate screen.
    pub alternate: bool,
}

impl Picture {
    fn of(screen: &vt100::Screen) -> Self {
        let columns = screen.size().1;
        let rows = screen.rows(0, columns.into()).map(|row| row.trim_end().to_owned()).collect();
        Self { rows, alternate: screen.alternate_screen() }
    }

    pub fn has(&self, words: &str) -> bool {
        self.rows.iter().any(|row| row.contains(words))
    }

    /// The first line: spec, phases, what the agent does.
    pub fn top(&self) -> &str {
        self.rows.first().map_or("", String::as_str)
    }

    /// The last line: what waits, and keys.
    pub fn bottom(&self) -> &str {
        self.rows.last().map_or("", String::as_str)
    }

    /// The line above: notices, and why the agent does not go on.
    pub fn status(&self) -> &str {
        let at = self.rows.len().saturating_sub(2);
        self.rows.get(at).map_or("", String::as_str)
    }

    /// All rows in one line, without frames and with single blanks: for words that are wrapped.
    pub fn flat(&self) -> String {
        let all = self.rows.join(" ");
        let text: String = all.chars().map(|c| if ('─'..='╿').contains(&c) { ' ' } else { c }).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "|{row}")?;
        }
        Ok(())
    }
}

/// What is run, and how.
pub struct Launch<'a> {
    place: &'a Place,
    arguments: Vec<String>,
    size: (u16, u16),
    variables: Vec<(String, String)>,
}

impl<'a> Launch<'a> {
    /// `kiro-tui` with these arguments, in 80 columns and 24 rows.
    pub fn new(place: &'a Place, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|a| (*a).to_owned()).collect();
        Self { place, arguments, size: (80, 24), variables: Vec::new() }
    }

    /// Columns and rows.
    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    /// One more variable of the environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn start(self) -> Terminal {
        let (columns, rows) = self.size;
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudoterminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kiro-tui"));
        command.env_clear();
        for (name, value) in self.place.environment().into_iter().chain(self.variables) {
            command.env(name, value);
        }
        command.cwd(self.place.path("home"));
        command.args(&self.arguments);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let parser = vt100::Parser::new(within(rows), within(columns), 0);
        let seen = Mutex::new(Seen { parser, raw: Vec::new(), over: false });
        let shared = Arc::new(Shared { seen, changed: Condvar::new() });
        let sees = Arc::clone(&shared);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                // The end of the program is an error here, as a terminal that is gone is.
                let read = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = lock(&sees);
                match buffer.get(..read) {
                    Some(bytes) if read > 0 => {
                        seen.parser.process(bytes);
                        seen.raw.extend_from_slice(bytes);
                    }
                    _ => seen.over = true,
                }
                let over = seen.over;
                drop(seen);
                sees.changed.notify_all();
                if over {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().expect("the terminal can be written");
        Terminal { child, master: pair.master, writer, shared, ended: None }
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn within(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).expect("a size")
}

/// A running program and its terminal. Dropping it kills the program.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    shared: Arc<Shared>,
    ended: Option<ExitStatus>,
}

impl Terminal {
    /// The screen as it is.
    pub fn picture(&self) -> Picture {
        Picture::of(lock(&self.shared).parser.screen())
    }

    /// Every byte that the program has written.
    pub fn raw(&self) -> Vec<u8> {
        lock(&self.shared).raw.clone()
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn until(&self, what: &str, wanted: impl Fn(&Picture) -> bool) -> Picture {
        let end = Instant::now() + PATIENCE;
        let mut seen = lock(&self.shared);
        loop {
            let picture = Picture::of(seen.parser.screen());
            if seen.is_whole() && wanted(&picture) {
                return picture;
            }
            let left = end.saturating_duration_since(Instant::now());
            if seen.over || left.is_zero() {
                let why = if seen.over { "the program has ended" } else { "it takes too long" };
                drop(seen);
                panic!("{why}, waiting for: {what}\n{picture}");
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until these words are on the screen.
    #[track_caller]
    pub fn shows(&self, words: &str) -> Picture {
        self.until(&format!("`{words}`"), |picture| picture.has(words))
    }

    /// Waits until the last line has these words.
    #[track_caller]
    pub fn waits(&self, words: &str) -> Picture {
        self.until(&format!("`{words}` in the last line"), |picture| picture.bottom().contains(words))
    }

    /// Presses a key: `a`, `enter`, `ctrl-s`.
    #[track_caller]
    pub fn press(&mut self, key: &str) {
        let bytes = match key {
            "enter" => b"\r".to_vec(),
            "esc" => b"\x1b".to_vec(),
            "tab" => b"\t".to_vec(),
            "shift-tab" => b"\x1b[Z".to_vec(),
            "backspace" => b"\x7f".to_vec(),
            "up" => b"\x1b[A".to_vec(),
            "down" => b"\x1b[B".to_vec(),
            "right" => b"\x1b[C".to_vec(),
            "left" => b"\x1b[D".to_vec(),
            "f1" => b"\x1bOP".to_vec(),
            "pgdn" => b"\x1b[6~".to_vec(),
            _ => match key.strip_prefix("ctrl-").and_then(|letter| letter.bytes().next()) {
                Some(letter) => vec![letter & 0x1f],
                None => key.as_bytes().to_vec(),
            },
        };
        self.send(&bytes);
    }

    /// Types text, a line feed as enter.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.send(text.replace('\n', "\r").as_bytes());
    }

    /// Pastes text, as a terminal marks it.
    #[track_caller]
    pub fn paste(&mut self, text: &str) {
        self.send(format!("\x1b[200~{text}\x1b[201~").as_bytes());
    }

    #[track_caller]
    fn send(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).and_then(|()| self.writer.flush()).expect("the terminal takes keys");
    }

    /// Makes the terminal so large; the program is told by a signal.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut seen = lock(&self.shared);
        seen.parser.screen_mut().set_size(within(rows), within(columns));
        self.master.resize(size(columns, rows)).expect("the terminal can be resized");
    }

    /// Sends a signal to the program.
    pub fn kill(&self, signal: Signal) {
        let id = self.child.process_id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it runs");
        kill_process(id, signal).expect("the signal arrives");
    }

    /// Waits until the program has ended and all it wrote is read.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        if let Some(status) = &self.ended {
            return status.clone();
        }
        let end = Instant::now() + PATIENCE;
        let mut seen = lock(&self.shared);
        while !seen.over {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program does not end\n{}", Picture::of(seen.parser.screen()));
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(seen);
        let status = self.child.wait().expect("an exit status");
        self.ended = Some(status.clone());
        status
    }

    /// Ends the program at once, as a power failure would.
    pub fn crash(&mut self) {
        self.kill(Signal::KILL);
        self.ended();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // It may have ended by itself; either way nothing is left behind.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
