//! What the program costs a developer on a slow line: `cargo bench --bench terminal`.
//!
//! Drives the optimised program in a terminal of 80 by 24 against a local model and prints each
//! measure beside its budget. It ends with an error when the program cannot be driven, not when a
//! budget is missed: a busy machine is no defect.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail as tests do"
)]

#[path = "../../tests/support/provider.rs"]
mod provider;
mod pty;
mod scenario;

use std::{
    num::NonZeroU16,
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use pty::Pty;
use scenario::{HELP, HELP_SHOWN, RATE, SUBMIT, TOKENS};

const ROWS: NonZeroU16 = NonZeroU16::new(24).unwrap();
const COLS: NonZeroU16 = NonZeroU16::new(80).unwrap();
/// Starts, of which the median counts.
const STARTS: usize = 11;
const IDLE: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(500);
/// The need that is typed.
const NEED: &str = "Resize uploaded pictures so that lists of them load fast on a slow mobile network";

struct Row {
    what: &'static str,
    value: f64,
    budget: f64,
    unit: &'static str,
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (repository, home) = (folder.path().join("repository"), folder.path().join("home"));
    std::fs::create_dir_all(&home)?;
    scenario::repository(&repository)?;
    let model = scenario::provider();
    let start = || Pty::start(ROWS, COLS, scenario::program(&repository, &home, &model.url()));
    let mut rows = Vec::new();
    let mut row = |what, value, budget, unit| rows.push(Row { what, value, budget, unit });

    let mut frames = Vec::new();
    for _ in 0..STARTS {
        frames.push(start()?.first_frame()?);
    }
    row("first frame", milliseconds(share(&mut frames, 0.5)), 15.0, "ms");

    let screen = start()?;
    screen.first_frame()?;
    screen.settle(QUIET);
    row("resident memory, idle", screen.resident_kib()? as f64 / 1024.0, 30.0, "MiB");
    let (bytes, spent) = (screen.bytes(), screen.processor()?);
    thread::sleep(IDLE);
    row("bytes in 5 s idle", (screen.bytes() - bytes) as f64, 0.0, "B");
    row("processor in 5 s idle", milliseconds(screen.processor()? - spent), 0.0, "ms");

    let bytes = screen.bytes();
    let mut echoes = Vec::new();
    for end in 1..=NEED.len() {
        let (key, typed) = (&NEED[end - 1..end], &NEED[end.saturating_sub(10)..end]);
        let at = Instant::now();
        screen.send(key)?;
        if key == " " {
            // Not seen at the end of a line; the letter after it is.
            screen.settle(Duration::from_millis(20));
            continue;
        }
        // The text area may have wrapped the line: white space is no difference.
        let typed = typed.replace(' ', "");
        echoes.push(screen.wait("a typed letter", at, |text| bare(text).contains(&typed))?);
    }
    screen.settle(QUIET);
    row("bytes a typed key", (screen.bytes() - bytes) as f64 / NEED.len() as f64, 20.0, "B");
    row("key to echo, idle, p99", milliseconds(share(&mut echoes, 0.99)), 5.0, "ms");

    screen.send(SUBMIT)?;
    screen.wait("the model's first words", Instant::now(), |text| text.contains("word word"))?;
    let (bytes, spent, began) = (screen.bytes(), screen.processor()?, Instant::now());
    let stream = Duration::from_secs(TOKENS as u64) / RATE;
    // The keys are pressed in the second half, so that the first tells what a token alone costs.
    thread::sleep(stream / 2);
    let tokens = began.elapsed().as_secs_f64() * f64::from(RATE);
    let cost = (screen.processor()? - spent).as_secs_f64();
    row("bytes a streamed token", (screen.bytes() - bytes) as f64 / tokens, 25.0, "B");
    row("processor for 2,000 tokens", cost * TOKENS as f64 / tokens, 0.3, "s");
    let mut echoes = Vec::new();
    while began.elapsed() < stream.mul_f64(0.9) {
        for shown in [true, false] {
            let at = Instant::now();
            screen.send(HELP)?;
            echoes.push(screen.wait("the keys", at, |text| text.contains(HELP_SHOWN) == shown)?);
            thread::sleep(Duration::from_millis(60));
        }
    }
    row("key to echo, streaming, p99", milliseconds(share(&mut echoes, 0.99)), 10.0, "ms");
    print(&rows);
    Ok(())
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
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
    println!("{:<30} {:>10} {:>10}  unit", "", "measured", "budget");
    for Row { what, value, budget, unit } in rows {
        let mark = if value <= budget { "" } else { "  over" };
        println!("{what:<30} {value:>10.2} {budget:>10.2}  {unit}{mark}");
    }
}
