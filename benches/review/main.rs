//! What a review of very large changes costs: `cargo bench --bench review`.
//!
//! The diff panel is drawn as the program draws it, from the state with a proposal to the cells of a
//! screen, and each measure is printed beside its budget. `delta` on the PATH shows the same input
//! whole and side by side in the same run, and `tuicr`, where it is there, in a terminal of its own; how many
//! times sooner the first screen is here is the measure that does not depend on the machine. It ends with an
//! error when it cannot measure, not when a budget is missed: a busy machine is no defect.
//!
//! `cargo bench --bench review -- large set hostile line text memory` is all of it; fewer names are less.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

mod input;
#[allow(dead_code, reason = "the other benchmark asks more of it")]
#[path = "../terminal/pty.rs"]
mod pty;
mod screen;
mod text;
mod tuicr;

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use crossterm::event::KeyCode;
use kiro_tui::ui::keys::Action;
use screen::{Screen, peak_kib, resident_kib};

/// What a key may wait, in milliseconds, when everything is laid out anew: nobody feels it.
const KEY: f64 = 50.0;

/// What a frame may take while something is compared: sixty a second.
const FRAME: f64 = 16.0;

/// Times that a first screen is drawn; the median counts.
const STARTS: usize = 7;

struct Row {
    what: String,
    value: f64,
    budget: f64,
    unit: &'static str,
    /// More is better.
    least: bool,
}

fn main() -> Result<()> {
    // Memory is measured in processes of their own: what one measure leaves behind is not another's.
    if let Some(what) = std::env::var_os("KIRO_TUI_BENCH_MEMORY") {
        return memory(&what.to_string_lossy());
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let mut rows = Vec::new();
    let parts: [(&str, Part); 6] =
        [("large", large), ("set", set), ("hostile", hostile), ("line", line), ("text", text), ("memory", memories)];
    for (_, part) in parts.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|w| w == name)) {
        part(&mut rows)?;
    }
    print(&rows);
    Ok(())
}

/// What was measured so far.
type Rows = Vec<Row>;

/// One part of the measures.
type Part = fn(&mut Rows) -> Result<()>;

fn row(rows: &mut Rows, what: &str, value: f64, budget: f64) {
    rows.push(Row { what: what.into(), value, budget, unit: "ms", least: false });
}

fn times(rows: &mut Rows, what: &str, value: f64, budget: f64, least: bool) {
    rows.push(Row { what: what.into(), value, budget, unit: "times", least });
}

/// A large file, beside what else shows it.
fn large(rows: &mut Rows) -> Result<()> {
    let large = input::large();
    let (old, new) = large.sides();
    println!("a file of {} lines, {} KiB before, {} KiB after", input::LINES, old.len() / 1024, new.len() / 1024);
    println!("first screen: from the change at its gate to its lines on a screen of 120 by 40, colours later");
    let firsts = (0..STARTS).map(|_| Screen::of(large.clone()).first()).collect::<Vec<_>>();
    let first = share(&mut firsts.iter().map(|f| f.lines).collect::<Vec<_>>(), 0.5);
    row(rows, "first screen", milliseconds(first), 100.0);
    let longest = firsts.iter().map(|f| f.longest).max().unwrap_or_default();
    row(rows, "  a frame meanwhile, the longest", milliseconds(longest), FRAME);
    match delta(old, new)? {
        Some(whole) => {
            println!("delta: two files to all of its side-by-side output, 120 columns, into a pipe");
            row(rows, "delta, all of it", milliseconds(whole), f64::INFINITY);
            times(rows, "first screen sooner than delta", whole.as_secs_f64() / first.as_secs_f64(), 30.0, true);
        }
        None => println!("delta is not on the PATH: nothing to compare with"),
    }
    match tuicr::first(old, new, "rest > 3") {
        Ok(Some(time)) => {
            println!("tuicr: a repository with the change in its worktree, from its start to the change's first lines");
            row(rows, "tuicr, from its start to its first lines", milliseconds(time), f64::INFINITY);
            times(rows, "first screen sooner than tuicr", time.as_secs_f64() / first.as_secs_f64(), 1.0, true);
        }
        Ok(None) => println!("tuicr is not on the PATH: not compared with it"),
        Err(why) => println!("tuicr could not be measured: {why:#}"),
    }
    let mut screen = Screen::of(large.clone());
    screen.first();
    for (what, action) in [
        ("a line further, p99", Action::Down),
        ("a page further, p99", Action::PageDown),
        ("a hunk further, p99", Action::NextHunk),
    ] {
        row(rows, what, milliseconds(share(&mut screen.steps(action, 600), 0.99)), 4.0);
    }
    row(rows, "to the end", milliseconds(screen.step(Action::Bottom)), 4.0);
    row(rows, "to unified", milliseconds(screen.step(Action::ToggleView)), KEY);
    row(rows, "a fold opened", milliseconds(screen.step(Action::ExpandContext)), KEY);
    row(rows, "a hunk left", milliseconds(screen.step(Action::ToggleHunk)), KEY);
    row(rows, "all of it left", milliseconds(screen.step(Action::ToggleAll)), KEY);
    Ok(())
}

/// Many files.
fn set(rows: &mut Rows) -> Result<()> {
    let mut set = Screen::of_set(input::set());
    let first = set.first();
    row(rows, "first screen of 1,000 files", milliseconds(first.lines), 100.0);
    row(rows, "  a frame meanwhile, the longest", milliseconds(first.longest), FRAME);
    row(rows, "  all of them compared", milliseconds(first.whole), 2000.0);
    let pages = milliseconds(share(&mut set.steps(Action::PageDown, 600), 0.99));
    row(rows, "a page further in 1,000 files, p99", pages, 4.0);
    row(rows, "to unified in 1,000 files", milliseconds(set.step(Action::ToggleView)), KEY);
    row(rows, "a file folded of 1,000", milliseconds(set.step(Action::Collapse)), KEY);
    let mut uneven = Screen::of_set(input::uneven());
    uneven.first();
    for (what, action) in [
        ("to unified", Action::ToggleView),
        ("to cut lines", Action::Wrap),
        ("to wrapped lines", Action::Wrap),
        ("without white space", Action::HideSpace),
        ("a page further", Action::PageDown),
    ] {
        let time = milliseconds(uneven.step(action));
        row(rows, &format!("259 files, one of 10 MB, {what}"), time, KEY);
    }
    Ok(())
}

fn memories(rows: &mut Rows) -> Result<()> {
    println!("memory: the most that is resident while all is opened and paged through to the end and back");
    times(rows, "memory over the two files", measured("large")?, 4.0, false);
    times(rows, "memory over the 1,000 files", measured("set")?, 4.0, false);
    Ok(())
}

/// What takes a careless search long.
fn hostile(rows: &mut Rows) -> Result<()> {
    for (what, change) in input::hostile() {
        let mut screen = Screen::of(change);
        let first = screen.first();
        row(rows, &format!("first screen: {what}"), milliseconds(first.lines), 250.0);
        row(rows, "  a frame meanwhile, the longest", milliseconds(first.longest), FRAME);
        let pages = milliseconds(share(&mut screen.steps(Action::PageDown, 100), 0.99));
        row(rows, "  a page further, p99", pages, 4.0);
    }
    Ok(())
}

/// A very long line, both ways of moving in it.
fn line(rows: &mut Rows) -> Result<()> {
    let mut line = Screen::of(input::one_line());
    line.first();
    for view in ["side by side", "unified"] {
        for (what, action, toggle) in [
            ("a page down", Action::PageDown, None),
            ("a page up", Action::PageUp, Some(Action::Wrap)),
            ("to the right", Action::Right, None),
            ("to the left", Action::Left, Some(Action::Wrap)),
        ] {
            let time = milliseconds(share(&mut line.steps(action, 300), 0.99));
            row(rows, &format!("1 MB line {view}, {what}, p99"), time, 4.0);
            if let Some(toggle) = toggle {
                line.step(toggle);
            }
        }
        line.step(Action::ToggleView);
    }
    Ok(())
}

/// Text that is typed: nobody feels a key, however long the text is. The text area takes note of where each line
/// is at each change, so that a key that types takes longer in a longer text, in proportion at most; laying it out
/// does not.
fn text(rows: &mut Rows) -> Result<()> {
    const KEYS: [(&str, KeyCode); 4] = [
        ("a letter", KeyCode::Char('x')),
        ("a line further up", KeyCode::Up),
        ("a new line", KeyCode::Enter),
        ("a letter gone", KeyCode::Backspace),
    ];
    let measured = |lines| {
        let mut text = text::Text::of(lines);
        KEYS.map(|(_, code)| milliseconds(share(&mut text.keys(code, 200), 0.5)))
    };
    let (small, large) = (measured(200), measured(20_000));
    for (((what, _), small), large) in KEYS.into_iter().zip(small).zip(large) {
        row(rows, &format!("20,000 lines of text, {what}"), large, FRAME);
        times(rows, "  over one in 200 lines", large / small, 100.0, false);
    }
    Ok(())
}

/// How long `delta` takes for its whole side-by-side output; nothing where there is no `delta`.
fn delta(old: &[u8], new: &[u8]) -> Result<Option<Duration>> {
    let folder = tempfile::tempdir()?;
    let (a, b) = (folder.path().join("old.rs"), folder.path().join("new.rs"));
    std::fs::write(&a, old)?;
    std::fs::write(&b, new)?;
    let mut times = Vec::new();
    for _ in 0..3 {
        let mut command = Command::new("delta");
        command.args(["--no-gitconfig", "--side-by-side", "--paging=never", "--width=120"]).args([&a, &b]);
        let at = Instant::now();
        let output = match command.stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("delta cannot be started"),
        };
        times.push(at.elapsed());
        // As diff(1) does, it ends with 1 where there are differences.
        if output.status.code() != Some(1) || output.stdout.len() < new.len() / 10 {
            bail!("delta failed: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(Some(share(&mut times, 0.5)))
}

/// What a process of its own says of memory: the most it grew by, over the size of both sides.
fn measured(what: &str) -> Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.env("KIRO_TUI_BENCH_MEMORY", what).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8(output.stdout)?;
    text.trim().parse().with_context(|| format!("no figure for the memory of {what}: {text:?}"))
}

fn memory(what: &str) -> Result<()> {
    // Colours load their grammars once, whatever is shown; a small file has them do it now.
    let mut small = Screen::of(input::small());
    small.first();
    small.coloured();
    let before = resident_kib()?;
    let (mut screen, bytes) = if what == "set" {
        let set = input::set();
        let bytes: usize = set.changes.iter().map(|c| c.sides().0.len() + c.sides().1.len()).sum();
        (Screen::of_set(set), bytes)
    } else {
        let change = input::large();
        let bytes = change.sides().0.len() + change.sides().1.len();
        (Screen::of(change), bytes)
    };
    screen.first();
    screen.coloured();
    screen.through();
    screen.step(Action::ToggleAll);
    screen.coloured();
    // The state's own copy of both sides is part of it, and what was needed for a moment only.
    println!("{}", (peak_kib()? - before) as f64 * 1024.0 / bytes as f64);
    Ok(())
}

/// The value below which this share of them lies.
fn share(times: &mut [Duration], share: f64) -> Duration {
    times.sort_unstable();
    let place = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len());
    times[place - 1]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn print(rows: &[Row]) {
    println!("{:<48} {:>10} {:>10}  unit", "", "measured", "budget");
    for Row { what, value, budget, unit, least } in rows {
        let kept = if *least { value >= budget } else { value <= budget };
        let mark = if kept { "" } else { "  over" };
        let budget = if budget.is_finite() { format!("{budget:.2}") } else { String::new() };
        println!("{what:<48} {value:>10.2} {budget:>10}  {unit}{mark}");
    }
}
