//! The same engine without a screen: JSON lines out, JSON lines in.
//!
//! Out, one object a line: `{"event":"…", …}`. In, one command a line, as
//! [`crate::domain::wire::Command`] is written in JSON. `"cancel"` and `"quit"` are taken at once; any
//! other command waits until the agent waits, so that prepared decisions can be piped in. Without a
//! decision it waits; at the end of input it stops as soon as the agent waits, everything saved.

use std::{
    io::{BufRead, Write},
    thread,
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    agent::{host::Host, ports::Tell},
    app::terminal::MakeAgent,
    domain::{
        covered,
        journal::Delta,
        phase::Merge,
        session::State,
        wire::{Command, Event},
    },
};

/// How a headless run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The spec is merged.
    Merged,
    /// Something waits for a decision, or could go on.
    Waiting,
    /// The spec could not be opened.
    NotOpened,
}

/// Runs one spec: `first` opens or starts it.
///
/// # Errors
/// When standard output cannot be written or a thread cannot be had.
pub fn run(
    first: Command,
    make: MakeAgent,
    input: impl BufRead + Send + 'static,
    output: &mut impl Write,
) -> Result<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (lines_in, lines) = mpsc::channel(64);
    thread::Builder::new()
        .name("input".into())
        .spawn(move || {
            for line in input.lines().map_while(Result::ok) {
                if lines_in.blocking_send(line).is_err() {
                    return;
                }
            }
        })
        .context("no thread for standard input")?;
    runtime.block_on(follow(first, make, lines, output))
}

async fn follow(
    first: Command,
    make: MakeAgent,
    mut lines: mpsc::Receiver<String>,
    output: &mut impl Write,
) -> Result<Ended> {
    let (tell, mut events) = mpsc::unbounded_channel();
    let tell: Tell = std::sync::Arc::new(move |event| {
        // Nobody is left to hear it only when this function has ended.
        let _gone = tell.send(event);
    });
    let (ports, options, defaults) = make(tell);
    let (commands, receive) = mpsc::channel(64);
    commands.send(first).await?;
    let host = Host::new(ports, options, defaults).run(receive);
    tokio::pin!(host);
    let mut state = State::default();
    let (mut waiting, mut input_ended, mut opened) = (false, false, false);
    let mut queue = std::collections::VecDeque::new();
    let mut running = true;
    while running || !events.is_empty() {
        if waiting {
            match queue.pop_front() {
                Some(command) => {
                    waiting = false;
                    commands.send(command).await?;
                }
                None if input_ended => {
                    waiting = false;
                    commands.send(Command::Quit).await?;
                }
                None => {}
            }
        }
        tokio::select! {
            biased;
            event = events.recv() => {
                let Some(event) = event else { break };
                match &event {
                    Event::Opened(whole) => {
                        opened = true;
                        state = (**whole).clone();
                    }
                    Event::Recorded(record) => {
                        if let Err(refused) = state.apply(record) {
                            write(output, &json!({"event": "refused", "why": refused.to_string()}))?;
                        }
                        waiting = false;
                    }
                    Event::Waiting => waiting = true,
                    Event::Closed => {
                        commands.send(Command::Quit).await?;
                    }
                    _ => {}
                }
                if let Some(value) = told(&event, &state) {
                    write(output, &value)?;
                }
            }
            () = &mut host, if running => running = false,
            line = lines.recv(), if !input_ended => match line {
                None => input_ended = true,
                Some(line) if line.trim().is_empty() => {}
                Some(line) => match serde_json::from_str::<Command>(&line) {
                    Ok(command @ (Command::Cancel | Command::Quit)) => commands.send(command).await?,
                    Ok(command) => queue.push_back(command),
                    Err(error) => {
                        write(output, &json!({"event": "refused", "why": format!("not a command: {error}")}))?;
                    }
                },
            },
        }
    }
    Ok(match state.flow.merge {
        _ if !opened => Ended::NotOpened,
        Merge::Merged { .. } => Ended::Merged,
        Merge::No | Merge::Review { .. } | Merge::Merging { .. } => Ended::Waiting,
    })
}

fn write(output: &mut impl Write, value: &Value) -> Result<()> {
    writeln!(output, "{value}").and_then(|()| output.flush()).context("standard output cannot be written")
}

/// An event as it is written.
pub(super) fn told(event: &Event, state: &State) -> Option<Value> {
    if matches!(event, Event::Files(changes) if changes.is_empty()) {
        return None;
    }
    Some(match event {
        Event::Specs(specs) => json!({"event": "specs", "specs": specs}),
        Event::Opened(state) => json!({
            "event": "opened",
            "spec": state.start.as_ref().map(|s| s.name.as_str()),
            "records": state.seq,
            "flow": state.flow,
            "halted": state.halt.as_ref().map(|h| json!({"why": h.why, "remedy": h.remedy})),
        }),
        Event::Closed => json!({"event": "closed"}),
        Event::Recorded(record) => json!({"event": "recorded", "record": covered::record(record)}),
        Event::Streaming(Delta::Text(text)) => json!({"event": "text", "text": text}),
        Event::Streaming(Delta::Reasoning(text)) => json!({"event": "reasoning", "text": text}),
        Event::Streaming(Delta::Call { name, more, .. }) => json!({"event": "call", "tool": name, "more": more}),
        Event::Retrying { why } => json!({"event": "retrying", "why": why}),
        Event::Output(text) => json!({"event": "output", "text": text}),
        Event::Stacks(stacks) => covered::json(json!({"event": "stacks", "stacks": stacks})),
        Event::Seen(seen) => covered::json(json!({"event": "seen", "seen": seen})),
        Event::Plan(plan) => json!({"event": "plan", "plan": plan}),
        Event::Files(changes) => json!({"event": "files", "changes": changes}),
        Event::SteppedOut => json!({"event": "stepped_out"}),
        // What is being written is a matter of the screen.
        Event::Kept(_) => return None,
        Event::Refused(why) => json!({"event": "refused", "why": why}),
        Event::Waiting => json!({
            "event": "waiting",
            "for": state.waiting().map(|w| json!({"subject": w.subject, "digest": w.digest})),
            "question": state.question.as_ref().map(|q| json!({"question": q.text, "options": q.options})),
            "halted": state.halt.as_ref().map(|h| json!({"why": h.why, "remedy": h.remedy})),
        }),
        Event::Worktree(path) => json!({"event": "worktree", "path": path}),
        Event::Stopped => json!({"event": "stopped"}),
    })
}
